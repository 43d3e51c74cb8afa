#include "chase.h"

#include "answer.h"
#include "ask.h"
#include "lifecycle.h"
#include "proxy.h"
#include "reason.h"
#include "task.h"

static bool
find_task(const struct step *s, const struct live *l, struct node_task *ret)
{
    return task_find(s->v, &l->o.case_id, &l->o.id, TASK_CHASE_WITHDRAWAL,
                     ret);
}

void
chase_begin(struct step *s, const struct live *l)
{
    const struct node_task t = {.case_id = l->o.case_id,
                                .object = l->o.id,
                                .what = TASK_CHASE_WITHDRAWAL,
                                .due_ms = s->now + CHASE_MS};

    if (l->o.side == SIDE_FIRST && !answer_is_in(&l->o))
        (void)task_make(s, &t, NULL);
}

void
chase_over(struct step *s, struct live *l)
{
    const struct hf_bytes none = {NULL, 0};
    struct node_task t;

    if (l->o.side == SIDE_FIRST && find_task(s, l, &t))
        task_finish(s, &t, REASON_NONE, none);
}

bool
chase_is_overdue(const struct node_object *o, uint64_t now_ms)
{
    return o->kind == OBJECT_WITHDRAWAL && o->side == SIDE_FIRST &&
           !answer_is_in(o) && now_ms >= o->created_ms + CHASE_MS;
}

static void
trace_by_hand(struct step *s, const struct live *l)
{
    struct node_trace t;

    memset(&t, 0, sizeof(t));
    t.stage = TRACE_LOCAL;
    t.by = *step_me(s);
    t.user = s->cmd->user;
    t.n = (uint32_t)s->cmd->event;
    t.reason = s->cmd->reason;
    t.at_ms = s->now;
    trace_put(s->v, &l->o.id, &t);
}

static bool
may_be_said(struct step *s, const struct live *l)
{
    char room[NODE_MESSAGE_BYTES];
    const char *wrong =
        reason_check(l->o.kind, s->cmd->event, s->cmd->reason, room,
                     sizeof(room));

    if (!hf_org_eq(&s->cmd->on_behalf, &l->o.peer))
        step_refuse(s, 65, "not_the_peer", "",
                    "it is %.31s that was told; --on-behalf names another",
                    l->o.peer.s);
    else if (wrong != NULL)
        step_refuse(s, 65, "bad_reason", "", "%s", wrong);
    else if (l->o.state == STATE_ANSWERED)
        step_refuse(s, 1, "answered", "", "%.31s has answered itself",
                    l->o.peer.s);
    else if ((s->cmd->flags & ENTRY_LATER) == 0)
        step_refuse(s, 65, "no_means", "--by phone, paper or in_person",
                    "say how %.31s was reached", l->o.peer.s);
    else
        return ask_words_fit(s) && happened_fits(s, l->o.created_ms);
    return false;
}

bool
chase_by_hand(struct step *s, struct live *l)
{
    struct node_task t;

    if (l->o.kind != OBJECT_WITHDRAWAL || l->o.side != SIDE_FIRST ||
        s->cmd->on_behalf.s[0] == '\0' || l->o.is_local ||
        (s->cmd->event != EVENT_ERASED && s->cmd->event != EVENT_KEPT))
        return false;
    if (!ask_permitted(s, l->o.kind, l->o.side) || !may_be_said(s, l))
        return true;
    l->o.by_hand = (uint8_t)s->cmd->event;
    l->o.by_hand_basis = s->cmd->reason;
    if (find_task(s, l, &t))
        task_finish(s, &t, s->cmd->reason, s->cmd->details);
    trace_by_hand(s, l);
    object_put(s->v, &l->o, l->was_changed_ms);
    answer_wake(s, &l->o);
    ask_done(s, l);
    return true;
}
