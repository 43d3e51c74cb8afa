#include "close.h"

#include "ask.h"
#include "deadline.h"
#include "disclose.h"
#include "follow.h"
#include "hf_text.h"
#include "lifecycle.h"
#include "people.h"
#include "reconsent.h"
#include "refer.h"
#include "task.h"

#define OBJECTS_MAX 128 /* of one case */

static const struct hf_id none;

const char *
close_word(enum sop_close reason)
{
    switch (reason) {
#define X(name, number, text)                                                  \
    case name:                                                                 \
        return text;
        SOP_CLOSE_MAP(X)
#undef X
    case CLOSE_NONE:
    case CLOSE_END:
        break;
    }
    return "";
}

enum sop_close
close_parse(const char *word)
{
    for (enum sop_close r = CLOSE_NONE + 1; r < CLOSE_END; r++)
        if (strcmp(close_word(r), word) == 0)
            return r;
    return CLOSE_NONE;
}

/* ---- the SOP's rule ---- */

static void
note_attempt(uint64_t at_ms, uint32_t *n, uint64_t *first, uint64_t *last)
{
    *first = *n == 0 || at_ms < *first ? at_ms : *first;
    *last = at_ms > *last ? at_ms : *last;
    (*n)++;
}

static void
attempts_of_object(const struct node_view *v, const struct node_object *o,
                   uint32_t *n, uint64_t *first, uint64_t *last)
{
    uint8_t bytes[ENTRY_BYTES], sig[ENTRY_SIG_BYTES];
    struct entry e;

    for (uint32_t i = 1; i <= o->n[SIDE_SECOND]; i++)
        if (chain_get(v, &o->id, SIDE_SECOND, i, 0, bytes, sig) &&
            entry_unpack((struct hf_bytes){bytes, ENTRY_BYTES}, &e) == HF_OK &&
            e.event == EVENT_CONTACT && !(e.flags & ENTRY_REACHED))
            note_attempt(deadline_at(&e), n, first, last);
}

/* Contacts that providers recorded, and follow-ups that found nobody. */
uint32_t
close_attempts(const struct node_view *v, const struct hf_id *case_id,
               uint64_t *ret_over_ms)
{
    uint64_t first = 0, last = 0;
    struct hf_id at = {{0}};
    struct node_object o;
    struct node_task t;
    uint32_t n = 0;

    while (object_next_of_case(v, case_id, &at, &o))
        if (o.kind == OBJECT_REFERRAL)
            attempts_of_object(v, &o, &n, &first, &last);
    memset(&t, 0, sizeof(t));
    while (task_next_of_case(v, case_id, &t))
        if (t.done_ms != 0 && t.reason == REASON_ATTEMPT)
            note_attempt(t.done_ms, &n, &first, &last);
    *ret_over_ms = last - first;
    return n;
}

static bool
tried_enough(struct step *s, const struct node_case *c,
             const struct sop_closure *rule)
{
    const uint64_t day_ms = 24ull * 3600 * 1000;
    uint64_t over_ms;
    const uint32_t n = close_attempts(s->v, &c->id, &over_ms);

    if (n >= rule->attempts && over_ms >= rule->over_ms)
        return true;
    step_refuse(s, 1, "attempts",
                "handoff tasks done TASK --file F with reached: false",
                "the SOP asks for %u attempts to reach the person over %u "
                "days; on record: %u over %u",
                rule->attempts, (unsigned)(rule->over_ms / day_ms), n,
                (unsigned)(over_ms / day_ms));
    return false;
}

/* Two people: one asks, a supervisor agrees. */
static bool
is_agreed(const struct step *s, const struct node_case *c)
{
    return c->close_asked == (uint8_t)s->cmd->close_for &&
           !hf_name_eq(&c->close_asked_by, &s->cmd->user) &&
           (s->roles & ROLE_BIT(ROLE_SUPERVISOR)) != 0;
}

static void
ask_approval(struct step *s, struct node_case *c)
{
    struct node_task t;

    memset(&t, 0, sizeof(t));
    t.case_id = c->id;
    t.what = TASK_CLOSE_APPROVE;
    t.due_ms = s->now + CLOSE_APPROVE_MS;
    t.owner = people_supervisor(s);
    task_cancel_of_case(s, &c->id, TASK_CLOSE_APPROVE);
    (void)task_make(s, &t, NULL);
    c->close_asked = (uint8_t)s->cmd->close_for;
    c->close_asked_by = s->cmd->user;
    c->changed_ms = s->now;
    case_put(s->v, c);
    step_reply(s)->id = c->id;
}

/* ---- what stands in the way ---- */

static bool
is_here(struct step *s, const struct node_case *c)
{
    const bool held = hf_org_eq(&c->holder, step_me(s));
    char id[HF_ID_TEXT_BYTES];

    if (held == (s->cmd->close_for != CLOSE_TRANSFERRED))
        return true;
    step_refuse(s, 1, held ? "not_transferred" : "not_holder",
                held ? "handoff transfer hand-over ID" : "",
                held ? "case %s is held here; it was not handed over"
                     : "case %s is held by somebody else; only its holder "
                       "closes it",
                ask_id(OBJECT_NONE, &c->id, id));
    return false;
}

static bool
is_open_case(struct step *s, const struct node_case *c)
{
    char id[HF_ID_TEXT_BYTES];

    if (c->stage < STAGE_CLOSED)
        return true;
    step_refuse(s, 1, "wrong_stage", "", "case %s is %s",
                ask_id(OBJECT_NONE, &c->id, id), stage_text(c->stage));
    return false;
}

/* A death ends a transfer, too; only a hand-over under way has to end first. */
static bool
no_transfer(struct step *s, const struct node_case *c)
{
    char id[HF_ID_TEXT_BYTES];
    struct node_object o;

    if (!object_get(s->v, &c->open_transfer, &o) ||
        (s->cmd->close_for == CLOSE_DIED && o.state != STATE_HANDING_OVER))
        return true;
    step_refuse(s, 1, "transfer_open", "bring it to its end first",
                "%s of this case is %s",
                ask_id(OBJECT_TRANSFER, &c->open_transfer, id),
                state_text(o.state));
    return false;
}

static bool
was_reviewed(struct step *s, const struct node_case *c,
             const struct sop_closure *rule)
{
    struct hf_id at = {{0}};
    struct node_object o;
    unsigned open = 0;

    if (s->cmd->is_reviewed)
        return true;
    while (object_next_of_case(s->v, &c->id, &at, &o))
        open += o.kind == OBJECT_REFERRAL && o.side == SIDE_FIRST &&
                !lifecycle_is_final(o.kind, o.state);
    if (open == 0 && !rule->exit_review)
        return true;
    step_refuse(s, 1, "exit_review", "review them, then close with --yes",
                "%u referrals are open; the exit review lists them with the "
                "unmet needs",
                open);
    return false;
}

/* ---- the end ---- */

static struct sop_force
force_of(const struct step *s, const struct node_case *c)
{
    return (struct sop_force){s->env->sops, &c->facts, s->now};
}

static void
set_archive(struct step *s, const struct node_case *c)
{
    const struct sop_force f = force_of(s, c);
    const uint64_t keep_ms = sop_force_keep(&f);

    if (keep_ms != 0 && !c->is_held)
        due_put(s->v, c->closed_ms + keep_ms, &c->id, DUE_ARCHIVE);
}

static void
task_of_death(struct step *s, const struct hf_id *case_id,
              const struct hf_id *object, enum task_what what)
{
    struct node_task t;

    memset(&t, 0, sizeof(t));
    t.case_id = *case_id;
    t.object = *object;
    t.what = what;
    t.reason = REASON_DIED;
    t.due_ms = s->now + CLOSE_TELL_MS;
    (void)task_make(s, &t, NULL);
}

/* Which event tells the peer, in the state that the object is in; NONE: there
 * is nothing more to be said on this chain. */
static enum event
telling(const struct live *l)
{
    static const enum event referral[] = {EVENT_CANCEL, EVENT_CLOSE,
                                          EVENT_NONE};
    static const enum event transfer[] = {EVENT_SUPPLEMENT, EVENT_WITHDRAW,
                                          EVENT_DECLINE, EVENT_REFUSE_REQUEST,
                                          EVENT_NONE};
    const enum event *e = l->o.kind == OBJECT_REFERRAL ? referral : transfer;

    while (*e != EVENT_NONE && !chain_may(&l->pair, l->o.side, *e, 0))
        e++;
    return *e;
}

static void
tell(struct step *s, const struct hf_id *object)
{
    struct draft d = {.reason = REASON_DIED};
    struct live l;

    if (!live_load(s, object, &l))
        return;
    if (l.o.n[0] + l.o.n[1] == 0) {
        if (l.o.state != STATE_CANCELLED)
            refer_store(s, &l, STATE_CANCELLED, EVENT_CANCEL);
        return;
    }
    d.event = telling(&l);
    if (d.event == EVENT_NONE || !live_may(s, &l, d.event, 0))
        return;
    live_append(s, &l, &d);
    live_settle(s, &l);
}

static void
tell_everybody(struct step *s, const struct node_case *c)
{
    struct hf_id all[OBJECTS_MAX], at = {{0}};
    struct node_object o;
    size_t n = 0;

    /* first whom, then what: telling one changes what a walk would find */
    while (n < OBJECTS_MAX && object_next_of_case(s->v, &c->id, &at, &o))
        if (o.kind != OBJECT_WITHDRAWAL) /* they have no word for it */
            all[n++] = o.id;
    for (size_t i = 0; i < n; i++)
        tell(s, &all[i]); /* whose clocks stop with that */
    task_of_death(s, &c->id, &none, TASK_TELL_FAMILY);
    task_of_death(s, &c->id, &none, TASK_TELL_AUTHORITIES);
}

/* For the committee: how many, for what reason, where; never who. A case that
 * was closed twice counts twice, one that was opened again does not. */
static void
count(struct step *s, const struct node_case *c, int by)
{
    struct figure_cell cell;

    memset(&cell, 0, sizeof(cell));
    cell.kind = FIGURE_CLOSED;
    cell.from = *step_me(s);
    cell.state = STATE_CLOSED;
    cell.place = c->closed_place;
    (void)strncpy(cell.service.s, close_word((enum sop_close)c->closed_for),
                  HF_NAME_BYTES - 1);
    cell_add(s->v, &cell, by);
}

static void
close_it(struct step *s, struct node_case *c)
{
    c->was_stage = c->stage;
    c->stage = c->facts.stage = STAGE_CLOSED;
    c->closed_for = (uint8_t)s->cmd->close_for;
    c->closed_ms = c->changed_ms = s->now;
    c->closed_place = c->facts.province;
    count(s, c, +1);
    c->close_asked = CLOSE_NONE;
    c->is_dead |= s->cmd->close_for == CLOSE_DIED;
    case_put(s->v, c);
    task_cancel_of_case(s, &c->id, TASK_NONE);
    follow_settle(s, c);
    reconsent_settle(s, c);
    set_archive(s, c);
    if (s->cmd->close_for == CLOSE_DIED)
        tell_everybody(s, c);
    step_reply(s)->id = c->id;
}

void
ask_case_close(struct step *s)
{
    struct sop_closure rule;
    struct sop_force f;
    struct node_case c;

    if (!ask_permitted(s, OBJECT_NONE, SIDE_FIRST) || !ask_case(s, false, &c) ||
        !is_here(s, &c) || !is_open_case(s, &c) || !no_transfer(s, &c))
        return;
    memset(&rule, 0, sizeof(rule));
    f = force_of(s, &c);
    if (!sop_force_closure(&f, s->cmd->close_for, &rule))
        memset(&rule, 0, sizeof(rule));
    if (!tried_enough(s, &c, &rule) || !was_reviewed(s, &c, &rule))
        return;
    if (rule.approval && !is_agreed(s, &c))
        ask_approval(s, &c);
    else
        close_it(s, &c);
}

void
ask_case_reopen(struct step *s)
{
    char id[HF_ID_TEXT_BYTES];
    struct node_case c;

    if (!ask_permitted(s, OBJECT_NONE, SIDE_FIRST) || !ask_case(s, false, &c))
        return;
    if (c.stage != STAGE_CLOSED) {
        step_refuse(s, 1, "wrong_stage", "", "case %s is %s, not closed",
                    ask_id(OBJECT_NONE, &c.id, id), stage_text(c.stage));
        return;
    }
    c.stage = c.facts.stage = c.was_stage;
    if (c.closed_for != CLOSE_NONE)
        count(s, &c, -1);
    c.closed_for = CLOSE_NONE;
    c.closed_ms = 0;
    c.is_dead = 0;
    c.changed_ms = s->now;
    case_put(s->v, &c);
    task_cancel_of_case(s, &c.id, TASK_TELL_FAMILY);
    task_cancel_of_case(s, &c.id, TASK_TELL_AUTHORITIES);
    follow_settle(s, &c);
    reconsent_settle(s, &c);
    step_reply(s)->id = c.id;
}

void
ask_case_hold(struct step *s)
{
    struct node_case c;

    if (!ask_permitted(s, OBJECT_NONE, SIDE_FIRST) || !ask_case(s, false, &c))
        return;
    c.is_held = s->cmd->is_on;
    c.changed_ms = s->now;
    case_put(s->v, &c);
    if (!c.is_held && c.stage == STAGE_CLOSED)
        set_archive(s, &c);
    step_reply(s)->id = c.id;
}

void
close_archive_due(struct step *s, const struct hf_id *case_id)
{
    struct sop_force f;
    struct node_case c;

    if (!case_get(s->v, case_id, &c) || c.stage != STAGE_CLOSED || c.is_held)
        return;
    f = force_of(s, &c);
    if (sop_force_keep(&f) == 0 || c.closed_ms + sop_force_keep(&f) > s->now) {
        if (sop_force_keep(&f) != 0)
            set_archive(s, &c); /* the SOP keeps longer now */
        return;
    }
    c.stage = c.facts.stage = STAGE_ARCHIVED;
    c.changed_ms = s->now;
    case_put(s->v, &c);
}

void
close_died(struct step *s, struct live *l)
{
    struct node_case c;

    task_cancel_of_object(s, &l->o.id, TASK_NONE);
    if (case_get(s->v, &l->o.case_id, &c)) {
        if (l->o.kind == OBJECT_TRANSFER) {
            c.is_dead = 1;
            c.changed_ms = s->now;
            case_put(s->v, &c);
        }
        if (!hf_org_eq(&c.holder, step_me(s)))
            task_cancel_of_case(s, &c.id, TASK_NONE);
        if (c.stage < STAGE_CLOSED || !hf_org_eq(&c.holder, step_me(s)))
            task_of_death(s, &c.id, &l->o.id, TASK_DEATH_NOTICE);
    } else {
        task_of_death(s, &none, &l->o.id, TASK_DEATH_NOTICE);
    }
}
