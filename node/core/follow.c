#include "follow.h"

#include "row.h"
#include "score.h"
#include "sop_force.h"
#include "task.h"

#define DAY_MS UINT64_C(86400000)
/* Reports before this are the one at six months, later ones the final one. */
#define SIX_MONTHS_UNTIL_MS (300 * DAY_MS)
#define INSTANTS_MAX        400 /* of one schedule */

/* where no pack in force has a schedule of that kind that counts
 * from there. */
static const struct sop_follow_up usual[] = {
    {{"usual-calls"},
     FOLLOW_CALL,
     COUNT_FROM_PLAN,
     60 * DAY_MS,
     60 * DAY_MS,
     540 * DAY_MS,
     0,
     GROUP_BIT(GROUP_TRAFFICKING)},
    {{"usual-survey"},
     FOLLOW_SURVEY,
     COUNT_FROM_PLAN,
     90 * DAY_MS,
     90 * DAY_MS,
     540 * DAY_MS,
     0,
     0},
    {{"usual-six-months"},
     FOLLOW_REPORT,
     COUNT_FROM_PLAN,
     180 * DAY_MS,
     0,
     0,
     0,
     0},
    {{"usual-final"}, FOLLOW_REPORT, COUNT_FROM_PLAN, 540 * DAY_MS, 0, 0, 0, 0},
    {{"usual-months-1-3"},
     FOLLOW_VISIT,
     COUNT_FROM_RETURN,
     30 * DAY_MS,
     30 * DAY_MS,
     90 * DAY_MS,
     GROUP_BIT(GROUP_TRAFFICKING),
     0},
    {{"usual-months-3-9"},
     FOLLOW_VISIT,
     COUNT_FROM_RETURN,
     150 * DAY_MS,
     90 * DAY_MS,
     270 * DAY_MS,
     GROUP_BIT(GROUP_TRAFFICKING),
     0},
    {{"usual-month-12"},
     FOLLOW_VISIT,
     COUNT_FROM_RETURN,
     360 * DAY_MS,
     0,
     0,
     GROUP_BIT(GROUP_TRAFFICKING),
     0},
};

/* ---- the row ---- */

bool
follow_get(const struct node_view *v, const struct hf_id *case_id,
           struct node_follow *ret)
{
    const struct row_key k = row_id(case_id);

    memset(ret, 0, sizeof(*ret));
    return row_get(v, NODE_FOLLOW, &k, ret, sizeof(*ret));
}

static void
put(struct step *s, const struct hf_id *case_id, const struct node_follow *f)
{
    const struct row_key k = row_id(case_id);

    row_put(s->v, NODE_FOLLOW, &k, NULL, f, sizeof(*f));
}

static void
drop_due(struct step *s, const struct hf_id *case_id, struct node_follow *f)
{
    if (f->next_ms != 0)
        due_del(s->v, f->next_ms, case_id, DUE_FOLLOW);
    f->next_ms = 0;
}

void
follow_del(struct step *s, const struct hf_id *case_id)
{
    const struct row_key k = row_id(case_id);
    struct node_follow f;

    if (!follow_get(s->v, case_id, &f))
        return;
    drop_due(s, case_id, &f);
    s->v->del(s->v->ctx, NODE_FOLLOW, row_span(&k));
}

/* ---- what is due ---- */

static bool
is_followed(const struct step *s, const struct node_case *c)
{
    return hf_org_eq(&c->holder, step_me(s)) && c->stage >= STAGE_ARRIVED &&
           c->stage <= STAGE_FOLLOW_UP;
}

static enum task_what
what_of(const struct sop_follow_up *u)
{
    switch (u->what) {
    case FOLLOW_SURVEY:
        return TASK_SURVEY;
    case FOLLOW_REPORT:
        return u->after_ms < SIX_MONTHS_UNTIL_MS ? TASK_SIX_MONTH_REPORT
                                                 : TASK_FINAL_REPORT;
    case FOLLOW_CALL:
    case FOLLOW_VISIT:
        break;
    }
    return TASK_FOLLOW_UP;
}

static uint64_t
anchor(const struct node_case *c, const struct node_follow *f,
       enum sop_count_from from)
{
    switch (from) {
    case COUNT_FROM_PLAN:
        return c->facts.plan_ms;
    case COUNT_FROM_RETURN:
        return c->facts.travel_ms != 0 ? c->facts.travel_ms : f->arrived_ms;
    case COUNT_FROM_ARRIVAL:
        return f->arrived_ms;
    case COUNT_FROM_COMPLETION:
        return f->completed_ms;
    }
    return 0;
}

static void
make(struct step *s, const struct node_case *c, enum task_what what,
     uint64_t due_ms)
{
    struct node_task t;

    memset(&t, 0, sizeof(t));
    t.case_id = c->id;
    t.what = what;
    t.due_ms = due_ms;
    (void)task_make(s, &t, NULL); /* once: it may be open, or done */
}

/* The instants of one schedule that are near enough; when the next one is. */
static void
carry_out(struct step *s, const struct node_case *c, struct node_follow *f,
          const struct sop_follow_up *u, uint64_t *next_ms)
{
    const uint64_t from_ms = anchor(c, f, u->from);

    if (from_ms == 0)
        return;
    for (size_t k = 0; k < INSTANTS_MAX; k++) {
        const uint64_t due_ms = sop_follow_up_due(u, from_ms, k);

        if (due_ms == 0)
            return;
        if (due_ms < f->begun_ms)
            continue; /* somebody else's, then */
        if (due_ms > s->now + TASK_LEAD_MS) {
            if (due_ms - TASK_LEAD_MS < *next_ms)
                *next_ms = due_ms - TASK_LEAD_MS;
            return;
        }
        make(s, c, what_of(u), due_ms);
    }
}

/* Whether a pack in force has schedules of that kind that count from there. */
static bool
is_said(const struct sop_force *force, const struct sop_follow_up *mine)
{
    const enum task_what what = what_of(mine);
    struct sop_follow_up u;

    for (size_t i = 0; sop_force_follow_up(force, i, &u); i++)
        if (what_of(&u) == what && u.from == mine->from)
            return true;
    return false;
}

static void
carry_out_all(struct step *s, const struct node_case *c, struct node_follow *f,
              uint64_t *next_ms)
{
    const struct sop_force force = {s->env->sops, &c->facts, s->now};
    struct sop_follow_up u;

    for (size_t i = 0; sop_force_follow_up(&force, i, &u); i++)
        carry_out(s, c, f, &u, next_ms);
    for (size_t i = 0; i < sizeof(usual) / sizeof(usual[0]); i++)
        if (sop_follow_up_for(&usual[i], c->facts.groups) &&
            !is_said(&force, &usual[i]))
            carry_out(s, c, f, &usual[i], next_ms);
}

/* A plan within a month, and how the person is at its beginning. */
static void
ask_for_plan(struct step *s, const struct node_case *c,
             const struct node_follow *f)
{
    const struct hf_id none = {{0}};
    const uint64_t from_ms = f->arrived_ms != 0 ? f->arrived_ms : f->begun_ms;
    struct node_task t;
    struct node_score last;

    if (c->facts.plan_ms == 0)
        make(s, c, TASK_PLAN, from_ms + FOLLOW_PLAN_MS);
    else if (task_find(s->v, &c->id, &none, TASK_PLAN, &t))
        task_finish(s, &t, REASON_NONE, (struct hf_bytes){NULL, 0});
    if (!score_last(s->v, &c->id, &last))
        make(s, c, TASK_SURVEY, from_ms + FOLLOW_PLAN_MS);
}

static void
cancel_scheduled(struct step *s, const struct hf_id *case_id)
{
    static const enum task_what scheduled[] = {
        TASK_FOLLOW_UP, TASK_SURVEY, TASK_SIX_MONTH_REPORT, TASK_FINAL_REPORT};

    for (size_t i = 0; i < sizeof(scheduled) / sizeof(scheduled[0]); i++)
        task_cancel_of_case(s, case_id, scheduled[i]);
}

/* Somebody else follows the person now, or nobody. */
static void
end(struct step *s, const struct node_case *c, struct node_follow *f)
{
    if (f->begun_ms == 0)
        return;
    cancel_scheduled(s, &c->id);
    task_cancel_of_case(s, &c->id, TASK_PLAN);
    task_cancel_of_case(s, &c->id, TASK_FIRST_CONTACT);
    drop_due(s, &c->id, f);
    f->begun_ms = 0;
    put(s, &c->id, f);
}

void
follow_settle(struct step *s, const struct node_case *c)
{
    uint64_t next_ms = UINT64_MAX;
    struct node_follow f;

    (void)follow_get(s->v, &c->id, &f);
    if (!is_followed(s, c)) {
        end(s, c, &f);
        return;
    }
    if (f.begun_ms == 0) {
        f.begun_ms = s->now;
        if (f.arrived_ms == 0 && c->stage == STAGE_ARRIVED)
            make(s, c, TASK_FIRST_CONTACT, s->now + FOLLOW_CONTACT_MS);
    }
    if (f.plan_ms != c->facts.plan_ms && f.plan_ms != 0)
        cancel_scheduled(s, &c->id); /* it counts from another day now */
    f.plan_ms = c->facts.plan_ms;
    ask_for_plan(s, c, &f);
    carry_out_all(s, c, &f, &next_ms);
    drop_due(s, &c->id, &f);
    if (next_ms != UINT64_MAX) {
        f.next_ms = next_ms;
        due_put(s->v, next_ms, &c->id, DUE_FOLLOW);
    }
    put(s, &c->id, &f);
}

void
follow_arrived(struct step *s, const struct node_case *c, uint64_t at_ms)
{
    struct node_follow f;

    (void)follow_get(s->v, &c->id, &f);
    f.arrived_ms = at_ms;
    put(s, &c->id, &f);
    follow_settle(s, c);
}

void
follow_completed(struct step *s, const struct hf_id *case_id, uint64_t at_ms)
{
    struct node_follow f;
    struct node_case c;

    if (!case_get(s->v, case_id, &c) || !is_followed(s, &c))
        return;
    (void)follow_get(s->v, case_id, &f);
    f.completed_ms = at_ms;
    put(s, case_id, &f);
    follow_settle(s, &c);
}

void
follow_due(struct step *s, const struct hf_id *case_id)
{
    struct node_follow f;
    struct node_case c;

    if (!follow_get(s->v, case_id, &f))
        return;
    f.next_ms = 0; /* the row that brought us here is gone */
    put(s, case_id, &f);
    if (case_get(s->v, case_id, &c))
        follow_settle(s, &c);
}
