/*
 * tombstone.h - what a withdrawal leaves for good: what comes later under a
 * withdrawn scope is refused, also where nothing was ever held (I-2).
 *
 * A scope that was withdrawn does not come back in any version of its consent,
 * so a tombstone holds whatever version a sender claims. A narrowed consent
 * goes on: there only what was given under an older version is refused.
 * Internal to the core.
 */
#ifndef NODE_CORE_TOMBSTONE_H
#define NODE_CORE_TOMBSTONE_H

#include "step.h"

/** tombstone_lay: for what @w names; one only ever covers more. */
void tombstone_lay(struct step *s, const struct scopes_withdrawn *w);

/** tombstone_knows: all of it was withdrawn here before, in this version or a
 * later one, as far or further: whoever it concerns has been told. Without it
 * three holders in a circle would tell each other for ever. */
bool tombstone_knows(const struct step *s, const struct scopes_withdrawn *w);

/** tombstone_under: the categories of @p that are withdrawn. */
uint32_t tombstone_under(const struct step *s, const struct proof *p);

/** tombstone_onward: the categories of @p, the share of one who may get it
 * onward, that an amendment took from @to alone. */
uint32_t tombstone_onward(const struct step *s, const struct proof *p,
                          const struct hf_org *to);

/** tombstone_erased: the whole of this consent was withdrawn, to be erased. */
bool tombstone_erased(const struct step *s, const struct hf_id *consent);

#endif /* NODE_CORE_TOMBSTONE_H */
