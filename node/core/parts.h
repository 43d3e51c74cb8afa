/*
 * parts.h - fixed layouts of what a new holder gets besides the sections: the
 * consent as the gates use it, and the facts that rules look at.
 *
 * Only facts that stem from disclosed categories go along. Internal.
 */
#ifndef NODE_CORE_PARTS_H
#define NODE_CORE_PARTS_H

#include "consent.h"
#include "facts.h"

#define PARTS_FACTS_BYTES 121
#define PARTS_CONSENT_BYTES(scopes) (46u + (size_t)(scopes)*570u)
/** Room above it for every withdrawal that is still to come. */
#define PARTS_CONSENT_VERSION_MAX (UINT32_C(1) << 31)

void parts_facts_pack(const struct facts *f, uint32_t categories,
                      uint8_t out[static PARTS_FACTS_BYTES]);
/** parts_facts_left: what remains of @f where only @categories are held. */
struct facts parts_facts_left(const struct facts *f, uint32_t categories);
/** parts_facts_unpack: false for what no sender of ours writes. */
bool parts_facts_unpack(struct hf_bytes in, struct facts *ret);
/** parts_facts_renew: facts of @categories as they are now given; the others
 * stay. */
void parts_facts_renew(struct facts *f, const struct facts *given,
                       uint32_t categories);
size_t parts_consent_pack(const struct consent *c, uint8_t *out);
/** parts_consent_unpack: false also for one that could not be used or told of
 * further on: consent_check(), and every field as its own decoder takes it. */
bool parts_consent_unpack(struct hf_bytes in, struct consent *ret);

/** parts_card: what a receiver may see before it accepts. @sends: categories
 * that will follow; groups are told only with `vulnerability`. */
void parts_card(const struct facts *f, uint32_t sends, uint64_t now_ms,
                struct card *ret);

/** parts_card_left: what remains of a card where only @categories are held. */
void parts_card_left(struct card *c, uint32_t categories);

#endif /* NODE_CORE_PARTS_H */
