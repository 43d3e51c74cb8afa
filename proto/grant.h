/*
 * grant.h - a person is sent on: what a provider may pass on to whom, and what
 * it tells whoever referred the person when it did.
 *
 * A grant is one other organisation's share of the consent, signed by whoever
 * referred the person. It goes to the provider beside the sections; with it,
 * instead of a proof of its own, the provider may send that share on (`terms`,
 * part of), and the last receiver checks who signed it, for which referral, by
 * whom and to whom. It says nothing about other recipients. No I/O, no
 * allocation: cores use this.
 */
#ifndef PROTO_GRANT_H
#define PROTO_GRANT_H

#include "body.h"

#define GRANT_LABEL     "handoff/1 grant"
#define GRANTS_MAX      8 /* that go with one referral */
#define GRANT_SIG_BYTES 64

struct grant {
    struct hf_org from;    /* who referred, and signs */
    struct hf_org by;      /* who may send on */
    struct hf_org to;
    struct hf_id referral; /* HR-... from @from to @by */
    uint64_t at_ms;        /* when it was signed */
    struct proof proof;    /* @to's share */
};
/** The most a grant has, with its signature behind it. */
#define GRANT_BYTES(n)  (120u + PROOF_BYTES(n))
#define GRANT_PART_MAX  (GRANT_BYTES(PROOF_ITEMS_MAX) + GRANT_SIG_BYTES)

/** grant_pack: what is signed; returns its length. */
size_t grant_pack(const struct grant *g,
                  uint8_t out[static GRANT_BYTES(PROOF_ITEMS_MAX)]);
/** grant_unpack: of a PART_GRANT's bytes, signature and all: what was signed,
 * and the signature over it, borrow from @part. */
HF_NODISCARD bool grant_unpack(struct hf_bytes part, struct grant *ret,
                               struct hf_bytes *ret_signed,
                               const uint8_t **ret_sig);

/** Where a person was sent on to, and how far that is: who referred has to be
 * able to say who has got what. */
struct onward_note {
    struct hf_id referral;  /* HR-... of the one that sends on */
    struct hf_org to;
    struct hf_name service; /* SOP service code */
    struct hf_name family;
    struct hf_name need;
    enum state state;
    enum reason reason;
    uint32_t categories;    /* that have gone so far */
};
#define ONWARD_NOTE_BYTES 151

void onward_note_pack(const struct onward_note *n,
                      uint8_t out[static ONWARD_NOTE_BYTES]);
HF_NODISCARD bool onward_note_unpack(struct hf_bytes in,
                                     struct onward_note *ret);

#endif /* PROTO_GRANT_H */
