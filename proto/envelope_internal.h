/*
 * envelope_internal.h - the layout of an envelope's clear front, and what
 * envelope.c (seal, open), envelope_header.c (the clear header) and
 * envelope_notice.c (a broker's notice) share.
 */
#ifndef PROTO_ENVELOPE_INTERNAL_H
#define PROTO_ENVELOPE_INTERNAL_H

#include "envelope.h"

/* Every bare entry, receipt, or both, and a bare entry with a name, fits. */
#define CONTROL_FLOOR 496u

/* Offsets in the clear header; WIRE.md draws them. Everything before AT_WRAP
 * is bound into the key that wraps the content key, everything before AT_BODY
 * into the body's encryption, and all of it into the signature. */
#define WRAP_BYTES (HF_KEY_BYTES + HF_ONCE_BYTES)
enum {
    AT_VERSION = 0,
    AT_SUITE = 1,
    AT_LANE = 2,
    AT_SIZE_CLASS = 3,
    AT_REGISTRY = 4,
    AT_ID = 8,
    AT_SENDER = 24,
    AT_RECIPIENT = 56,
    AT_EPOCH = 88,
    AT_SEQ = 96,
    AT_FLOOR = 104,
    AT_CREATED = 112,
    AT_EXPIRES = 120,
    AT_BODY_BYTES = 128,
    AT_PREKEY = 132,
    AT_ONE_TIME = 148, /* reserved for a one-time prekey: zero */
    AT_EPHEMERAL = 164,
    AT_WRAP = 196,
    AT_COMMIT = AT_WRAP + WRAP_BYTES,
    AT_BODY = AT_COMMIT + HF_HASH_BYTES,
    AT_END = AT_BODY + HF_HASH_BYTES
};
_Static_assert(AT_END == ENVELOPE_HEADER_BYTES, "WIRE.md's figure");

#define NOTICE_BYTES (HF_ID_BYTES + HF_ORG_BYTES + 1 + 8)
#define FRONT_BYTES  (ENVELOPE_HEADER_BYTES + HF_SIG_BYTES)

/** envelope_pack_clear: the clear fields of @h, up to AT_PREKEY.
 * envelope_is_clear_sound: whether they may stand there. */
void envelope_pack_clear(const struct envelope_header *h, uint8_t *header);
bool envelope_is_clear_sound(const struct envelope_header *h);
/** envelope_hash_body: what AT_BODY commits to. envelope_is_committed: whether
 * an envelope's body is the one that its header names. */
void envelope_hash_body(struct hf_bytes body, struct hf_hash *ret);
bool envelope_is_committed(struct hf_bytes in);
/** envelope_sign: the signature behind the header. */
void envelope_sign(const struct hf_secret *op, uint8_t *front);

#endif /* PROTO_ENVELOPE_INTERNAL_H */
