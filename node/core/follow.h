/*
 * follow.h - follow-up of a case: which tasks its SOP's schedules make, and by
 * when.
 *
 * Whoever holds a case that has arrived plans within a month, calls or visits,
 * asks the survey, reports at six months and in the end, as the packs in force
 * say; of what none speaks, as R-32 does. Tasks are made a month ahead
 * (TASK_LEAD_MS), each once; a missed one climbs its ladder. When the case is
 * closed or handed over the open ones are gone. Internal to the core, but for
 * follow_get().
 */
#ifndef NODE_CORE_FOLLOW_H
#define NODE_CORE_FOLLOW_H

#include "step.h"

#define FOLLOW_PLAN_MS    (UINT64_C(30) * 86400000) /* arrived -> plan */
#define FOLLOW_CONTACT_MS (UINT64_C(3) * 86400000)  /* -> first contact */

/** What the schedules count from, and how far they have been carried out. */
struct node_follow {
    uint64_t begun_ms;     /* followed here since then; 0: not now */
    uint64_t arrived_ms;   /* 0: not known */
    uint64_t completed_ms; /* the last referral that was completed */
    uint64_t plan_ms;      /* that the open tasks were made for */
    uint64_t next_ms;      /* its row in NODE_DUE; 0: none */
};

/** follow_settle: after any change of stage, plan, groups or holder; the case
 * has been put. */
void follow_settle(struct step *s, const struct node_case *c);
/** follow_arrived: the person was met where they are now. */
void follow_arrived(struct step *s, const struct node_case *c, uint64_t at_ms);
/** follow_completed: a referral of this case. */
void follow_completed(struct step *s, const struct hf_id *case_id,
                      uint64_t at_ms);
/** follow_due: the next tasks are to be made. */
void follow_due(struct step *s, const struct hf_id *case_id);

bool follow_get(const struct node_view *v, const struct hf_id *case_id,
                struct node_follow *ret);
/** follow_del: the case was shredded. */
void follow_del(struct step *s, const struct hf_id *case_id);

#endif /* NODE_CORE_FOLLOW_H */
