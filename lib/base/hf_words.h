/*
 * hf_words.h - bytes as words, for people to compare over the telephone.
 *
 * A byte is one of 256 words. Bytes at even places take theirs from a list of
 * short words (three to five letters), those at odd places from one of long
 * words (six to eight), so that a word left out or two exchanged are noticed.
 * Within a list no two words begin with the same four letters.
 */
#ifndef HF_WORDS_H
#define HF_WORDS_H

#include "hf_types.h"

/** HF_WORDS_BYTES: room for the words of @n bytes, spaces, and a NUL. */
#define HF_WORDS_BYTES(n) ((n)*9 + 1)

/** hf_words: "acorn velocity bench ..." of @n bytes into @out, which has
 * HF_WORDS_BYTES(n). Returns @out. */
const char *hf_words(const uint8_t *p, size_t n, char *out);

#endif /* HF_WORDS_H */
