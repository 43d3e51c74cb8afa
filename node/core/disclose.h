/*
 * disclose.h - the sender's gate: sections of a case, cut to what the SOP
 * needs and consent covers now, as the body of an entry (I-1, R-4).
 *
 * Nothing is serialised before the gate has said yes. Internal.
 */
#ifndef NODE_CORE_DISCLOSE_H
#define NODE_CORE_DISCLOSE_H

#include "live.h"

enum disclose_result {
    DISCLOSE_OK,      /* the draft is ready */
    DISCLOSE_NOTHING, /* nothing is needed or nothing is held: no entry */
    DISCLOSE_REFUSED  /* a required category is not covered */
};

/** disclose_case: the case that @o, of which we are the first side, is about;
 * of one that sends a person on, what it is part of, as a case (onward.h). */
bool disclose_case(const struct step *s, const struct node_object *o,
                   struct node_case *ret);
/** disclose_consent: what @c goes to @to by; NULL: nothing. */
const struct consent *disclose_consent(const struct step *s,
                                       const struct node_case *c,
                                       const struct hf_org *to,
                                       struct consent *room);
/** disclose_cover: the categories that it lets go for @purpose, now. */
uint32_t disclose_cover(const struct step *s, const struct node_case *c,
                        const struct hf_org *to, enum purpose purpose);

/** disclose_gate: what may go to @to for this case, service and purpose. */
void disclose_gate(const struct step *s, const struct node_case *c,
                   const struct hf_org *to, enum purpose purpose,
                   uint32_t required, uint32_t allowed, uint32_t never,
                   struct gate_out *ret);

/** disclose_proof: the peer's share of the consent for @categories into @b, and
 * in a referral what it may send on (grant.h).
 * disclose_parts: that, and the sections. Spans in the arena. */
void disclose_proof(struct step *s, const struct live *l,
                    const struct node_case *c, enum purpose purpose,
                    uint32_t categories, struct body *b);
void disclose_parts(struct step *s, const struct live *l,
                    const struct node_case *c, enum purpose purpose,
                    uint32_t categories, struct body *b);

/** disclose_referral: a `disclose` entry for an accepted referral. */
enum disclose_result disclose_referral(struct step *s, struct live *l,
                                       struct draft *ret);

/** disclose_still_may: whether the body of our @n-th entry may go now, which
 * was gated when it was written: it is sealed anew until it is acknowledged. */
bool disclose_still_may(const struct step *s, const struct live *l,
                        uint32_t n);

/** disclose_add: one part; asserts that there is room. */
void disclose_add(struct body *b, enum part_type type, enum category c,
                  struct hf_bytes bytes);

#endif /* NODE_CORE_DISCLOSE_H */
