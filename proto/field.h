/*
 * field.h - what fields of fixed layouts may hold, shared by the decoders.
 *
 * Each check answers for bytes that came from a peer: never asserted on. Only
 * one encoding of each value passes. No I/O, no allocation: used by what cores
 * use. Internal to proto.
 */
#ifndef PROTO_FIELD_H
#define PROTO_FIELD_H

#include "hf_types.h"

/** Instants beyond the year 9999 are refused everywhere. */
#define FIELD_TIME_MAX_MS UINT64_C(253402300799999)

/** field_all_zero: every byte of @p is 0. */
bool field_all_zero(const void *p, size_t n);

/** field_padded: UTF-8 without control characters and direction marks, at most
 * @n - 1 bytes, followed by NULs only. Empty passes. */
bool field_padded(const char *s, size_t n);

/** field_org: [a-z0-9][a-z0-9-]*, NUL-padded; empty does not pass. */
bool field_org(const struct hf_org *org);
/** field_org_or_empty: ... or all zero. */
bool field_org_or_empty(const struct hf_org *org);
/** field_name: a word as hf_name_parse takes it, NUL-padded; empty passes. */
bool field_name(const struct hf_name *name);

static inline bool
field_time(uint64_t ms)
{
    return ms <= FIELD_TIME_MAX_MS;
}

static inline bool
field_hash_is_zero(const struct hf_hash *h)
{
    return field_all_zero(h->b, HF_HASH_BYTES);
}

/** Bytes still to be read; for layouts with variable parts. */
struct field_rest {
    const uint8_t *p;
    size_t n;
};

/** field_take: @n bytes from the front, or NULL when there are fewer. */
const uint8_t *field_take(struct field_rest *rest, size_t n);
bool field_take_u8(struct field_rest *rest, uint8_t *ret);
bool field_take_u32(struct field_rest *rest, uint32_t *ret);
bool field_take_u64(struct field_rest *rest, uint64_t *ret);
/** field_take_bool: 0 or 1, nothing else. */
bool field_take_bool(struct field_rest *rest, bool *ret);

#endif /* PROTO_FIELD_H */
