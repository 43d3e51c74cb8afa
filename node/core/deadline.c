#include "deadline.h"

#include "lifecycle.h"

#define DAY_MS (24ull * 3600 * 1000)
#define S(x)   LIFECYCLE_IN(STATE_##x)

#define UNDECIDED (S(SENT) | S(RECEIVED) | S(ON_HOLD))
#define WAITS                                                                  \
    (S(ACCEPTED) | S(SCHEDULED) | S(NO_SHOW) | S(APPOINTMENT_CANCELLED))

/* The states in which somebody still has to do it: later ones have answered
 * it, or stopped it. Who was asked to cancel still owes what it owed. */
static uint64_t
runs_in(const struct node_object *o, enum deadline k)
{
    const bool accepted = o->met_ms[DEADLINE_DECIDE] != 0;

    if (o->kind == OBJECT_TRANSFER)
        return k == DEADLINE_DECIDE    ? S(REQUESTED) | S(OFFERED)
               : k == DEADLINE_DELIVER ? 0
                                       : S(RELEASED) | S(DEPARTED);
    /* After a death nobody is called or waited for; who still has to
     * be told is. */
    if (o->state == STATE_CANCEL_PENDING && o->reason == REASON_DIED)
        return k == DEADLINE_DELIVER ? S(CANCEL_PENDING) : 0;
    switch (k) {
    case DEADLINE_DELIVER:
        return S(SENT) | S(CANCEL_PENDING);
    case DEADLINE_DECIDE:
        return UNDECIDED | S(CANCEL_PENDING);
    case DEADLINE_CONTACT:
        return WAITS | (accepted ? S(CANCEL_PENDING) : 0);
    case DEADLINE_REPORT:
        return WAITS | S(IN_SERVICE) | (accepted ? S(CANCEL_PENDING) : 0);
    case DEADLINES:
        break;
    }
    return 0;
}

bool
deadline_get(const struct node_object *o, enum deadline k, uint64_t *ret_due_ms,
             uint64_t *ret_met_ms, bool *ret_runs)
{
    const uint64_t due[DEADLINES] = {o->terms.deliver_ms, o->decide_ms,
                                     o->contact_ms, o->report_ms};

    *ret_due_ms = due[k];
    *ret_met_ms = o->met_ms[k];
    *ret_runs = o->met_ms[k] == 0 && o->kind != OBJECT_WITHDRAWAL &&
                (runs_in(o, k) & LIFECYCLE_IN(o->state)) != 0;
    return due[k] != 0;
}

const char *
deadline_text(const struct node_object *o, enum deadline k)
{
    static const char *const texts[DEADLINES] = {"deliver", "decide", "contact",
                                                 "report"};

    if (o->kind == OBJECT_TRANSFER && k == DEADLINE_REPORT)
        return "query";
    return (unsigned)k < DEADLINES ? texts[k] : "";
}

bool
deadline_is_over(const struct node_object *o, uint64_t now_ms)
{
    uint64_t due, met;
    bool runs;

    for (enum deadline k = DEADLINE_DELIVER; k < DEADLINES; k++)
        if (deadline_get(o, k, &due, &met, &runs) && runs && due < now_ms)
            return true;
    return false;
}

uint64_t
deadline_at(const struct entry *e)
{
    return e->happened_ms != 0 && e->happened_ms < e->at_ms ? e->happened_ms
                                                            : e->at_ms;
}

void
deadline_met(const struct step *s, struct node_object *o,
             const uint64_t was[static DEADLINES], enum side side,
             const struct entry *e)
{
    const bool in_doubt = s->env->is_clock_doubtful && side == o->side &&
                          e->at_ms == s->now && deadline_at(e) == e->at_ms;

    for (int k = 0; k < DEADLINES; k++) {
        if (o->met_ms[k] == was[k])
            continue;
        o->met_in_doubt &= (uint8_t)~(1u << k);
        if (in_doubt && o->met_ms[k] != 0)
            o->met_in_doubt |= (uint8_t)(1u << k);
    }
}

/* ---- tasks ---- */

/* A task that should be open; its due instant moves, or is set once. */
struct want {
    enum task_what what;
    uint64_t due_ms; /* 0: not to be open */
    bool is_once;
    bool is_held;
};

#define WANTS 6

static void
find_wants(uint64_t now_ms, const struct node_object *o,
           struct want w[static WANTS])
{
    static const enum task_what what[DEADLINES] = {TASK_DELIVER, TASK_DECIDE,
                                                   TASK_CONTACT, TASK_REPORT};

    for (enum deadline k = DEADLINE_DELIVER; k < DEADLINES; k++) {
        uint64_t due, met;
        bool runs;

        w[k] = (struct want){.what = what[k]};
        if (deadline_get(o, k, &due, &met, &runs) && runs)
            w[k].due_ms = due;
    }
    if (o->kind == OBJECT_TRANSFER) {
        w[DEADLINE_REPORT].what = TASK_QUERY;
        if (o->side == SIDE_FIRST)
            w[DEADLINE_REPORT].due_ms = 0; /* it is N who asks */
    }
    w[4] = (struct want){.what = TASK_PREKEY,
                         .due_ms = o->waits_prekey ? now_ms + DAY_MS : 0,
                         .is_once = true};
    w[5] = (struct want){.what = TASK_UNCONFIRMED,
                         .due_ms = o->is_unconfirmed ? now_ms : 0,
                         .is_once = true};
}

static struct want *
want_of(struct want w[static WANTS], const struct node_task *t)
{
    for (int i = 0; i < WANTS; i++)
        if (w[i].what == t->what)
            return &w[i];
    return NULL;
}

/* One that is open: it stays, for whom it is now, or goes. */
static void
keep_or_cancel(struct step *s, const struct node_object *o,
               const struct node_task *was, struct want *w)
{
    struct node_task t = *was;

    if (w->due_ms == 0 || (!w->is_once && w->due_ms != was->due_ms)) {
        task_cancel(s, was);
        return;
    }
    w->is_held = true;
    if (o->owner.s[0] == '\0' || hf_name_eq(&o->owner, &t.owner))
        return;
    t.owner = o->owner;
    task_put(s->v, &t, was);
}

void
deadline_settle(struct step *s, const struct node_object *o)
{
    struct want w[WANTS], *mine;
    struct node_task t;

    find_wants(s->now, o, w);
    memset(&t, 0, sizeof(t));
    while (task_next_of_object(s->v, &o->id, &t))
        if (t.done_ms == 0 && (mine = want_of(w, &t)) != NULL)
            keep_or_cancel(s, o, &t, mine);
    for (int i = 0; i < WANTS; i++) {
        if (w[i].due_ms == 0 || w[i].is_held)
            continue;
        memset(&t, 0, sizeof(t));
        t.case_id = o->case_id;
        t.object = o->id;
        t.what = w[i].what;
        t.due_ms = w[i].due_ms;
        t.owner = o->owner;
        (void)task_make(s, &t, NULL);
    }
}

/* Who receives acts, but on a request for a case: whoever holds it. Of whoever
 * cannot be reached it is the node that is waited for. */
bool
deadline_is_theirs(const struct node_object *o, enum task_what what)
{
    switch ((int)what) {
    case TASK_PREKEY:
    case TASK_UNCONFIRMED:
        return true;
    case TASK_DELIVER:
    case TASK_DECIDE:
    case TASK_CONTACT:
    case TASK_REPORT:
    case TASK_QUERY:
        return (o->side == SIDE_FIRST) != (o->state == STATE_REQUESTED);
    default:
        return false;
    }
}

bool
deadline_check(const struct node_view *v, const struct node_object *o)
{
    struct want w[WANTS];
    struct node_task t;

    find_wants(0, o, w);
    for (int i = 0; i < DEADLINES; i++)
        if (w[i].due_ms != 0 &&
            (!task_find(v, &o->case_id, &o->id, w[i].what, &t) ||
             t.due_ms != w[i].due_ms))
            return false;
    return true;
}
