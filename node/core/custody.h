/*
 * custody.h - after a restore: whether this node can have forgotten that a case
 * is no longer its own (I-4). Internal to the core.
 */
#ifndef NODE_CORE_CUSTODY_H
#define NODE_CORE_CUSTODY_H

#include "step.h"

/**
 * custody_is_sure: every member that can be written to has said what it shares
 * with us, and all of that has come back. Else 75 is replied, naming one of
 * those awaited, which is asked again.
 *
 * Whoever took a case over since the backup ran then, so that its prekey of
 * that time is valid still; members without one need not be awaited, and those
 * whom the committee suspended are not.
 */
bool custody_is_sure(struct step *s);

/** custody_of_is_sure: the same for one case: what was opened since the restore
 * nobody else can have. Until then it is read, and not written: what the new
 * holder wrote since the backup would be overwritten here. Referrals, consent
 * and withdrawals go on. */
bool custody_of_is_sure(struct step *s, const struct node_case *c);

/** custody_awaited: a member that has not yet said, or returned, all that it
 * shares with us since our restore; NULL: nobody. */
const struct hf_org *custody_awaited(const struct step *s);

/** custody_awaits: whether @org is one of them. */
bool custody_awaits(const struct step *s, const struct hf_org *org);

#endif /* NODE_CORE_CUSTODY_H */
