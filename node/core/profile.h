/*
 * profile.h - what a transfer brings to its new holder, and what comes back:
 * where it is kept until custody has moved, and how it goes when it does not.
 *
 * A case that only this transfer brought lies under its own keys from the
 * release on, and goes as a whole when the transfer comes to nothing. One that
 * was here before keeps what it had: what comes lies beside the transfer, and
 * enters the case with take_over. Internal to the core.
 */
#ifndef NODE_CORE_PROFILE_H
#define NODE_CORE_PROFILE_H

#include "live.h"

/** profile_came: the effect of a valid release, amend or supplement. */
void profile_came(struct step *s, struct live *l, enum side side, uint32_t n,
                  enum event event);
/** profile_adopt: second side, take_over: what lay beside the transfer enters
 * @c, which the caller stores. */
void profile_adopt(struct step *s, struct live *l, struct node_case *c);
/** profile_destroy: second side: all that this transfer brought, and nothing
 * that was here before. */
void profile_destroy(struct step *s, struct live *l);

#endif /* NODE_CORE_PROFILE_H */
