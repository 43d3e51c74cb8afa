/*
 * inbound.h - the receiver's gate: what arrived is held against consent, SOP
 * and tombstones before a byte of it is kept (I-1). Internal.
 */
#ifndef NODE_CORE_INBOUND_H
#define NODE_CORE_INBOUND_H

#include "live.h"

/** inbound_gate: REASON_NONE when the sections in @b, written by the peer, may
 * be kept now. */
enum reason inbound_gate(struct step *s, const struct live *l,
                         const struct body *b);

/** inbound_proof: our share of the consent that @b came under: as its sender
 * says it, or, of a person who was sent on, as whoever referred has signed it
 * (onward.h). Of what we wrote ourselves, the peer's. */
bool inbound_proof(struct step *s, const struct live *l, const struct body *b,
                   struct proof *ret);

/** inbound_sections: CATEGORY_BIT set of the sections in @b. */
uint32_t inbound_sections(const struct body *b);

/** inbound_files: CATEGORY_BIT set of the attachments that @b announces. */
uint32_t inbound_files(const struct body *b);

/** inbound_terms: of a referral, also before its `send` had its effect. */
bool inbound_terms(struct step *s, const struct live *l, struct terms *ret);

/** inbound_sop: what the SOP that decided allows; false: we do not have it. */
bool inbound_sop(const struct step *s, const struct terms *t,
                 uint32_t *ret_categories);

/** inbound_emergency: whether a rule for emergencies decided, by the SOP as we
 * hold it and not as @t says. */
bool inbound_emergency(const struct step *s, const struct terms *t);

#endif /* NODE_CORE_INBOUND_H */
