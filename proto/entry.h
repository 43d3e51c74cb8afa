/*
 * entry.h - one entry of a chain: a fixed layout, signed.
 *
 * Every shared object (referral, transfer, withdrawal) has two chains, one per
 * organisation. The bytes below are what is hashed and signed, under the label
 * "handoff/1 entry"; they are stored and sent as they are, never re-encoded.
 * Text and data travel beside an entry as its body (body.h), bound by a salted
 * hash, so that they can be erased while the chain stays.
 *
 *   offset size
 *        0    1  version, 1
 *        1    1  kind of object (vocab.h)
 *        2    1  event
 *        3    1  role of the staff member; ROLE_AUTOMATIC for the node
 *        4    2  flags (ENTRY_*)
 *        6    2  reason
 *        8   16  object id
 *       24   32  author, organisation id, NUL-padded
 *       56   32  peer
 *       88    4  n: number in the author's chain, from 1
 *       92    4  seen: number of the last peer entry the author held, or 0
 *       96   32  hash of the author's entry n - 1, zero for n = 1
 *      128   32  hash of the peer's entry `seen`, zero for 0
 *      160    8  at, UTC ms: when it was recorded
 *      168    8  happened at, UTC ms
 *      176    8  when: appointment, until, travel date; 0 for none
 *      184   32  hash of the body, zero for none
 *      216       end; integers little-endian
 *
 * No I/O, no allocation, no cryptography: cores use this.
 */
#ifndef PROTO_ENTRY_H
#define PROTO_ENTRY_H

#include "hf_err.h"
#include "hf_types.h"
#include "vocab.h"

#define ENTRY_BYTES       216
#define ENTRY_SIG_BYTES   64
#define ENTRY_LABEL       "handoff/1 entry"
#define ENTRY_NUMBERS_MAX 512 /* entries of one author in one object */

/* Opening entries fix what the state function needs to know for ever. */
#define ENTRY_ON_SEND     0x0001 /* send: sections go with it */
#define ENTRY_TRAVEL_NONE 0x0002 /* offer: nobody travels */
#define ENTRY_REACHED     0x0004 /* contact: the person was reached */
#define ENTRY_PROXIED     0x0008 /* recorded by `via` for its author */
#define ENTRY_PHONE       0x0010 /* how what happened elsewhere came to us */
#define ENTRY_PAPER       0x0020
#define ENTRY_IN_PERSON   0x0040
#define ENTRY_UNMET       0x0080 /* close: a need stays unmet */
#define ENTRY_FLAGS_ALL   0x00ff
/* How an entry came here that was not made where and when it happened. */
#define ENTRY_LATER                                                            \
    (ENTRY_PROXIED | ENTRY_PHONE | ENTRY_PAPER | ENTRY_IN_PERSON)

struct entry {
    enum object_kind kind;
    enum event event;
    enum role role;
    uint16_t flags;
    enum reason reason;
    struct hf_id object;
    struct hf_org author;
    struct hf_org peer;
    uint32_t n;
    uint32_t seen;
    struct hf_hash prev;
    struct hf_hash seen_hash;
    uint64_t at_ms;
    uint64_t happened_ms;
    uint64_t when_ms;
    struct hf_hash body; /* zero: no body */
};

/** entry_pack: the fixed layout above; cannot fail. */
void entry_pack(const struct entry *e, uint8_t out[static ENTRY_BYTES]);

/**
 * entry_unpack: check form and ranges (known words, padded organisation ids,
 * n >= 1, zero hashes exactly where the layout says), not signatures.
 *
 * HF_ERR_MALFORMED  anything else; *ret_e untouched
 */
HF_NODISCARD enum hf_err entry_unpack(struct hf_bytes in,
                                      struct entry *ret_e);

#endif /* PROTO_ENTRY_H */
