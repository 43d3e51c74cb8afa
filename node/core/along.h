/*
 * along.h - the decision record that a referral carries (proto/decision.h):
 * made at `send`, taken and found again by its receiver.
 *
 * It explains, and rules nothing: a record that is missing or does not fit is
 * ignored. Internal, but for along_find().
 */
#ifndef NODE_CORE_ALONG_H
#define NODE_CORE_ALONG_H

#include "decision.h"
#include "step.h"

/** along_add: the record of @o's decision into @b; nothing where there is none
 * any more. The terms must be those that go. */
void along_add(struct step *s, const struct node_object *o, struct body *b);

/** along_take: what came beside a card. From now on it is found by its id; an
 * alarm `decision_ignored` where it does not fit the terms. */
void along_take(struct step *s, const struct node_object *o,
                const struct body *b);
/** along_drop: it goes with what else came. */
void along_drop(struct step *s, const struct node_object *o);

/** along_of: the referral that @decision came with; false: none here. */
HF_NODISCARD bool along_of(const struct node_view *v,
                           const struct hf_id *decision,
                           struct hf_id *ret_object);
/** along_find: the record that came with @o. */
HF_NODISCARD bool along_find(const struct node_view *v,
                             const struct node_object *o,
                             struct decision *ret);

#endif /* NODE_CORE_ALONG_H */
