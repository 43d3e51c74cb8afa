/*
 * deadline.h - the clocks of a referral or transfer: when they are due, what
 * met them, whether they run; and the tasks that follow from that.
 *
 * The due instants are computed once, by who refers or holds, and carried by
 * both; what meets them is in the chains. node/DESIGN.md, "Deadlines".
 */
#ifndef NODE_CORE_DEADLINE_H
#define NODE_CORE_DEADLINE_H

#include "task.h"

/** In the order of node_object.met_ms. */
enum deadline {
    DEADLINE_DELIVER,
    DEADLINE_DECIDE,
    DEADLINE_CONTACT,
    DEADLINE_REPORT, /* of a transfer: until N asks whether they departed */
    DEADLINES
};

/** deadline_get: due and met instants, and whether it still runs in the state
 * that @o is in; false: there is no such clock. */
bool deadline_get(const struct node_object *o, enum deadline k,
                  uint64_t *ret_due_ms, uint64_t *ret_met_ms, bool *ret_runs);
/** deadline_text: "deliver", "decide", ...; "query" for a transfer's last. */
const char *deadline_text(const struct node_object *o, enum deadline k);
bool deadline_is_over(const struct node_object *o, uint64_t now_ms);

/** deadline_at: when @e happened, by which clocks go: not after it was
 * recorded. */
uint64_t deadline_at(const struct entry *e);

/** deadline_settle: the open tasks of @o are those of its clocks that run, and
 * of what keeps it from its peer. */
void deadline_settle(struct step *s, const struct node_object *o);
/** deadline_is_theirs: task @what of @o is answered by the peer, not by us;
 * what no clock is about is ours. */
bool deadline_is_theirs(const struct node_object *o, enum task_what what);
/** deadline_check: each clock of @o that runs is an open task. */
bool deadline_check(const struct node_view *v, const struct node_object *o);

/** deadline_met: entry @e of @side has changed met_ms from @was. What answers a
 * clock stops it whatever the time; but that it was in time, our own clock
 * cannot say while it is in doubt. A peer's time is the peer's word, a time
 * that a person named is theirs. */
void deadline_met(const struct step *s, struct node_object *o,
                  const uint64_t was[static DEADLINES], enum side side,
                  const struct entry *e);

#endif /* NODE_CORE_DEADLINE_H */
