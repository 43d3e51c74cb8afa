/*
 * hf_buf.h - growable bytes with a ceiling given at init.
 *
 * An append that would pass the ceiling (or finds no memory) fails, leaves the
 * content as it was, and sets `failed`, so that a run of appends may be
 * checked once at its end.
 */
#ifndef HF_BUF_H
#define HF_BUF_H

#include "hf_err.h"
#include "hf_types.h"

struct hf_buf {
    uint8_t *p;  /* NULL while empty */
    size_t n;    /* bytes used */
    size_t cap;  /* bytes allocated */
    size_t max;  /* n never passes this */
    bool failed; /* an append was refused since the last clear */
};

void hf_buf_init(struct hf_buf *b, size_t max);
/** hf_buf_free: wipes and releases; the buffer may be used again. */
void hf_buf_free(struct hf_buf *b);
/** hf_buf_clear: empty, memory kept, `failed` reset. */
void hf_buf_clear(struct hf_buf *b);
bool hf_buf_add(struct hf_buf *b, const void *p, size_t n);
/** hf_buf_grow: @n more bytes, uninitialised; NULL when refused. */
uint8_t *hf_buf_grow(struct hf_buf *b, size_t n);
bool hf_buf_printf(struct hf_buf *b, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/** hf_buf_bytes: the content as a span, borrowed until the next append. */
struct hf_bytes hf_buf_bytes(const struct hf_buf *b);

#endif /* HF_BUF_H */
