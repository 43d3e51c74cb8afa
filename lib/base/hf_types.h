/*
 * hf_types.h - the few plain types that every module shares.
 *
 * Structs of fixed-width fields, copied by assignment. Nothing here owns
 * memory. Times are milliseconds since 1970-01-01 UTC in a uint64_t, named
 * *_ms; 0 means "none" where a field says so.
 */
#ifndef HF_TYPES_H
#define HF_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define HF_ID_BYTES   16
#define HF_HASH_BYTES 32
#define HF_ORG_BYTES  32 /* NUL-padded; so at most 31 characters */
#define HF_NAME_BYTES 32 /* NUL-padded vocabulary words, user names */

/** A borrowed span of bytes; p may be NULL when n is 0. */
struct hf_bytes {
    const uint8_t *p;
    size_t n;
};

/** 128 random bits: cases, referrals, consents, envelopes, ... */
struct hf_id {
    uint8_t b[HF_ID_BYTES];
};

struct hf_hash {
    uint8_t b[HF_HASH_BYTES];
};

/** An organisation's id, e.g. "iom-at": [a-z0-9][a-z0-9-]*, NUL-padded, so
 * that two ids are equal exactly when their bytes are. */
struct hf_org {
    char s[HF_ORG_BYTES];
};

/** A word of a closed or pack-defined vocabulary, or a user; NUL-padded. */
struct hf_name {
    char s[HF_NAME_BYTES];
};

static inline bool
hf_id_eq(const struct hf_id *a, const struct hf_id *b)
{
    return memcmp(a->b, b->b, HF_ID_BYTES) == 0;
}

static inline bool
hf_id_is_zero(const struct hf_id *a)
{
    static const struct hf_id zero;
    return memcmp(a->b, zero.b, HF_ID_BYTES) == 0;
}

static inline bool
hf_hash_eq(const struct hf_hash *a, const struct hf_hash *b)
{
    return memcmp(a->b, b->b, HF_HASH_BYTES) == 0;
}

static inline bool
hf_org_eq(const struct hf_org *a, const struct hf_org *b)
{
    return memcmp(a->s, b->s, HF_ORG_BYTES) == 0;
}

static inline bool
hf_name_eq(const struct hf_name *a, const struct hf_name *b)
{
    return memcmp(a->s, b->s, HF_NAME_BYTES) == 0;
}

/** hf_name_is: whether @a is the word @text. */
static inline bool
hf_name_is(const struct hf_name *a, const char *text)
{
    return strncmp(a->s, text, HF_NAME_BYTES) == 0;
}

#endif /* HF_TYPES_H */
