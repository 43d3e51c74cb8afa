/*
 * answer.h - the answers to a withdrawal: when one may be given, and whom an
 * answer that came lets go on. Internal to the core.
 */
#ifndef NODE_CORE_ANSWER_H
#define NODE_CORE_ANSWER_H

#include "live.h"

/** answer_is_in: answered in its chain, or by other means (chase.h). */
bool answer_is_in(const struct node_object *o);

/** answer_wake: @o was answered: look again at what waited for it. */
void answer_wake(struct step *s, const struct node_object *o);

#endif /* NODE_CORE_ANSWER_H */
