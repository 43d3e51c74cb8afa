#include "ladder.h"

#include "hf_assert.h"
#include "hf_text.h"
#include "row.h"
#include "sop_force.h"

#define PAGE    32 /* rungs a step */
#define WEEK_MS (7ull * 24 * 3600 * 1000)

const char *
rung_text(unsigned rung)
{
    static const char *const texts[RUNGS] = {"", "focal_point", "supervisor",
                                             "next_provider", "committee"};

    return rung < RUNGS ? texts[rung] : "";
}

static enum urgency
urgency_of(const struct node_object *o)
{
    return o == NULL || o->terms.urgency == URGENCY_NONE ? URGENCY_NORMAL
                                                         : o->terms.urgency;
}

/* ---- notices ---- */

static struct row_key
notice_key(const struct hf_id *task, unsigned rung)
{
    struct row_key k = row_id(task);

    row_number(&k, rung, 1);
    return k;
}

bool
notice_next(const struct node_view *v, struct node_notice *at)
{
    struct row_key k = notice_key(&at->task, at->rung);
    struct hf_bytes key, row;

    if (at->rung != 0)
        row_add(&k, "", 1); /* just behind it */
    return v->seek(v->ctx, NODE_NOTICES, row_span(&k), &key, &row) &&
           row_unwrap(row, at, sizeof(*at));
}

void
ladder_notified(struct step *s, const struct hf_id *task, unsigned rung)
{
    const struct row_key k = notice_key(task, rung);

    s->v->del(s->v->ctx, NODE_NOTICES, row_span(&k));
}

static void
notify(struct step *s, const struct node_task *t, const struct node_object *o)
{
    const struct row_key k = notice_key(&t->id, t->rung);
    struct node_notice n;

    if (!s->env->config->has_notify)
        return;
    memset(&n, 0, sizeof(n));
    n.task = t->id;
    n.id = o != NULL ? o->id : t->id;
    n.kind = o != NULL ? o->kind : OBJECT_NONE;
    n.urgency = urgency_of(o);
    n.rung = t->rung;
    n.at_ms = s->now;
    row_put(s->v, NODE_NOTICES, &k, NULL, &n, sizeof(n));
}

/* ---- the committee's count ---- */

/* Of an object under its pair and family; of a case under the kind of task. */
static void
count(struct step *s, const struct node_task *t, const struct node_object *o,
      int by)
{
    struct figure_cell c = {.kind = OBJECT_REFERRAL, .state = STATE_OVERDUE};
    const bool mine = o == NULL || o->side == SIDE_FIRST;

    c.from = mine ? *step_me(s) : o->peer;
    c.to = o == NULL ? *step_me(s) : mine ? o->peer : *step_me(s);
    if (o != NULL) {
        c.kind = o->kind;
        c.service = o->terms.family;
    } else if (!hf_name_parse(task_text(t->what), &c.service)) {
        HF_BUG("a task's word is a name");
    }
    cell_add(s->v, &c, by);
}

void
ladder_leave(struct step *s, const struct node_task *t)
{
    const bool has_object = !hf_id_is_zero(&t->object);
    struct node_object o;

    if (t->rung < RUNG_COMMITTEE)
        return;
    if (has_object && !object_get(s->v, &t->object, &o))
        return;
    count(s, t, has_object ? &o : NULL, -1);
}

/* ---- climbing ---- */

/* Which rungs there are: another provider is for who refers to propose; who
 * receives is reminded, and leaves the rest to who refers. */
static bool
has_rung(const struct node_task *t, const struct node_object *o, unsigned rung)
{
    if (rung == RUNG_NEXT_PROVIDER)
        return o != NULL && o->kind == OBJECT_REFERRAL &&
               o->side == SIDE_FIRST && t->what <= TASK_UNCONFIRMED;
    if (rung == RUNG_COMMITTEE)
        return o == NULL || o->side == SIDE_FIRST;
    return true;
}

/* What the pack that decided says; else what those in force do. */
static void
find_ladder(const struct step *s, const struct sop_force *f,
            const struct node_object *o, struct sop_ladder *ret)
{
    const struct sop_pack *pack = NULL;

    if (o != NULL && s->env->sops != NULL)
        pack = sop_book_find(s->env->sops, &o->terms.pack, &o->terms.pack_hash);
    if (pack == NULL || !sop_ladder(pack, urgency_of(o), ret))
        sop_force_ladder(f, urgency_of(o), ret);
}

/* In the working hours of this organisation's country, but for emergencies. */
static uint64_t
in_hours(const struct step *s, const struct sop_force *f,
         const struct node_object *o, uint64_t at_ms)
{
    const struct registry_org *me = step_member(s, step_me(s));
    struct sop_calendar hours;

    if (urgency_of(o) == URGENCY_EMERGENCY || me == NULL ||
        !sop_force_calendar(f, me->country, &hours))
        return at_ms;
    return sop_calendar_next(&hours, at_ms);
}

/* The next rung and when it comes; rung 0: there is none, and @at_ms is when
 * the last one is said again. */
struct step_up {
    unsigned rung;
    uint64_t at_ms;
};

static struct step_up
step_after(const struct step *s, const struct node_task *t,
           const struct node_object *o)
{
    struct facts facts;
    const struct sop_force force = {s->env->sops, &facts, s->now};
    uint64_t every_ms = WEEK_MS;
    struct sop_ladder ladder;
    struct node_case c;

    memset(&facts, 0, sizeof(facts));
    if (!hf_id_is_zero(&t->case_id) && case_get(s->v, &t->case_id, &c))
        facts = c.facts;
    find_ladder(s, &force, o, &ladder);
    for (unsigned i = 0; i < ladder.n; i++) {
        const struct sop_rung *r = &ladder.rung[i];

        if (!has_rung(t, o, r->who))
            continue;
        if (r->who > t->rung)
            return (struct step_up){
                r->who, in_hours(s, &force, o, t->due_ms + r->after_ms)};
        every_ms = r->every_ms != 0 ? r->every_ms : WEEK_MS;
    }
    return (struct step_up){0, in_hours(s, &force, o, s->now + every_ms)};
}

uint64_t
ladder_first_ms(const struct step *s, const struct node_task *t)
{
    struct node_object o;
    const bool has =
        !hf_id_is_zero(&t->object) && object_get(s->v, &t->object, &o);

    return step_after(s, t, has ? &o : NULL).at_ms;
}

/* Seen in lists of what changed, and in its trace. */
static void
touch(struct step *s, const struct node_task *t, struct node_object *o)
{
    const uint64_t was_ms = o->changed_ms;
    struct node_trace trace;

    memset(&trace, 0, sizeof(trace));
    trace.stage = TRACE_OVERDUE;
    trace.by = *step_me(s);
    trace.n = t->rung;
    trace.what = (uint8_t)t->what;
    trace.at_ms = s->now;
    trace_put(s->v, &o->id, &trace);
    o->changed_ms = s->now;
    object_put(s->v, o, was_ms);
}

static void
say(struct step *s, const struct node_task *t, const struct node_object *o)
{
    static const struct hf_org nobody;
    struct node_effect *e;

    step_alarm(s, "deadline_passed", o != NULL ? o->kind : OBJECT_NONE,
               o != NULL ? &o->id : &t->case_id, o != NULL ? &o->peer : &nobody,
               REASON_NONE);
    e = &s->out->item[s->out->n - 1];
    e->u.alarm.what = task_text(t->what);
    e->u.alarm.rung = rung_text(t->rung);
}

/* The next rung, or the last one again; not once for each week that nobody was
 * here. */
static void
climb(struct step *s, const struct node_task *was)
{
    struct node_task t = *was;
    struct node_object object, *o = NULL;
    struct step_up up;
    unsigned new;

    if (!hf_id_is_zero(&t.object) && object_get(s->v, &t.object, &object))
        o = &object;
    new = step_after(s, &t, o).rung;
    if (new != 0)
        t.rung = (uint8_t) new;
    else if (t.weeks < UINT8_MAX)
        t.weeks++;
    up = step_after(s, &t, o);
    t.next_ms = up.at_ms;
    task_put(s->v, &t, was);
    if (new == RUNG_COMMITTEE)
        count(s, &t, o, +1);
    if (o != NULL)
        touch(s, &t, o);
    say(s, &t, o);
    notify(s, &t, o);
}

bool
ladder_tick(struct step *s)
{
    struct node_task t;

    for (int i = 0; i < PAGE; i++) {
        if (!task_first_next(s->v, &t) || t.next_ms > s->now)
            return false;
        climb(s, &t);
    }
    return true;
}

uint64_t
ladder_wake_ms(const struct node_view *v)
{
    struct node_task t;

    return task_first_next(v, &t) ? t.next_ms : UINT64_MAX;
}
