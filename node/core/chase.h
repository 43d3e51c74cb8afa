/*
 * chase.h - a withdrawal that is not answered: it becomes somebody's task,
 * climbs the ladder, shows as `unanswered`, and is chased by hand (I-11).
 *
 * What somebody says on the telephone is not the peer's answer and never
 * stands in its chain: it is on record here with who said it, and lets those
 * go on who waited for it. The peer's own answer, when it comes, counts.
 * Internal to the core, but for chase_is_overdue().
 */
#ifndef NODE_CORE_CHASE_H
#define NODE_CORE_CHASE_H

#include "live.h"

#define CHASE_MS (3ull * 24 * 3600 * 1000) /* until it counts as unanswered */

/** chase_begin: @l was told; somebody looks after its answer. */
void chase_begin(struct step *s, const struct live *l);
/** chase_over: the peer has answered. */
void chase_over(struct step *s, struct live *l);
/** chase_by_hand: the command says what the peer said by other means; replied.
 * False when the command is not for that. */
bool chase_by_hand(struct step *s, struct live *l);

/** chase_is_overdue: asked long ago, and neither answered nor chased. */
bool chase_is_overdue(const struct node_object *o, uint64_t now_ms);

#endif /* NODE_CORE_CHASE_H */
