/*
 * awaiting.h - referrals whose SOP pack is still on its way.
 *
 * A receiver checks a referral against the version that decided it. Where that
 * has not come yet the envelope is kept (parked.h), and looked at again when a
 * pack comes, with each registry, and each minute; after
 * half of the time to deliver, an hour at most, the core gets it all the same
 * and rejects it (sop_unknown), so that the sender knows. What is about a
 * recall never waits.
 */
#ifndef NODE_SHELL_AWAITING_H
#define NODE_SHELL_AWAITING_H

#include "node.h"

#define AWAITING_MAX_MS (UINT64_C(3600) * 1000)

/** awaiting_pack: whether @ev, a verified content, should wait now. */
bool awaiting_pack(const struct node_event *ev, const struct sop_book *book,
                   uint64_t now_ms);

#endif /* NODE_SHELL_AWAITING_H */
