#include "people.h"

#include "ask.h"
#include "hf_text.h"
#include "task.h"

#define PAGE 64 /* rows a step */

static const struct hf_name nobody;
static const struct hf_id no_object;

bool
people_is_user(const struct step *s, const struct hf_name *name)
{
    struct node_user u;

    return user_get(s->v, name, &u) && !u.is_disabled;
}

static bool
is_here(const struct step *s, const struct node_user *u)
{
    return !u->is_disabled && u->absent_ms <= s->now;
}

struct hf_name
people_supervisor(const struct step *s)
{
    struct hf_name at = {{0}}, away = {{0}};
    struct node_user u;

    while (user_next(s->v, &at, &u)) {
        if (u.is_disabled || !(u.roles & ROLE_BIT(ROLE_SUPERVISOR)))
            continue;
        if (is_here(s, &u))
            return u.name;
        if (away.s[0] == '\0')
            away = u.name;
    }
    return away; /* all of them are: better theirs than nobody's */
}

struct hf_name
people_focal(const struct step *s)
{
    const struct hf_name *focal = &s->env->config->focal_point;

    return focal->s[0] != '\0' && people_is_user(s, focal) ? *focal : nobody;
}

/* ---- one row put right ---- */

/* True if it changed. A loan that is over ends first, so that what comes back
 * to somebody who has left goes on to the supervisor at once. */
static bool
put_right(const struct step *s, struct hf_name *owner, struct node_loan *loan)
{
    const struct node_loan was = *loan;
    const struct hf_name had = *owner;
    struct node_user u;

    if (loan->until_ms != 0 && loan->until_ms <= s->now) {
        *owner = loan->back_to;
        *loan = (struct node_loan){.until_ms = 0};
    }
    if (owner->s[0] == '\0' || !user_get(s->v, owner, &u))
        return memcmp(&was, loan, sizeof(was)) != 0;
    if (u.is_disabled) {
        *owner = people_supervisor(s);
    } else if (u.absent_ms > s->now && loan->until_ms == 0) {
        *loan = (struct node_loan){u.name, u.absent_ms};
        *owner = u.stand_in.s[0] != '\0' && people_is_user(s, &u.stand_in)
                     ? u.stand_in
                     : people_supervisor(s);
    }
    return memcmp(&was, loan, sizeof(was)) != 0 || !hf_name_eq(&had, owner);
}

static void
watch(struct step *s, const struct node_loan *loan, const struct hf_id *id)
{
    if (loan->until_ms != 0)
        due_put(s->v, loan->until_ms, id, DUE_OWNER);
}

static void
right_case(struct step *s, struct node_case *c)
{
    if (!put_right(s, &c->owner, &c->loan))
        return;
    case_put(s->v, c);
    task_assign(s, &c->id, &no_object, &c->owner);
    watch(s, &c->loan, &c->id);
}

static void
right_object(struct step *s, struct node_object *o)
{
    if (!put_right(s, &o->owner, &o->loan))
        return;
    object_put(s->v, o, o->changed_ms);
    task_assign(s, &o->case_id, &o->id, &o->owner);
    watch(s, &o->loan, &o->id);
}

void
people_due(struct step *s, const struct hf_id *id)
{
    struct node_object o;
    struct node_case c;

    if (case_get(s->v, id, &c))
        right_case(s, &c);
    else if (object_get(s->v, id, &o))
        right_object(s, &o);
}

void
people_page(struct step *s, const struct hf_id *at, bool objects)
{
    struct hf_id id = *at;
    struct node_object o;
    struct node_case c;

    for (int i = 0; i < PAGE; i++) {
        if (objects ? !object_next(s->v, &id, &o) : !case_next(s->v, &id, &c))
            return;
        if (objects)
            right_object(s, &o);
        else
            right_case(s, &c);
    }
    due_put(s->v, s->now, &id, objects ? DUE_OBJECT_OWNERS : DUE_CASE_OWNERS);
    s->again = true;
}

void
people_changed(struct step *s)
{
    static const struct hf_id first;

    due_put(s->v, s->now, &first, DUE_CASE_OWNERS);
    due_put(s->v, s->now, &first, DUE_OBJECT_OWNERS);
    s->again = true;
}

/* ---- commands ---- */

static bool
is_user(struct step *s, const struct hf_name *name)
{
    if (people_is_user(s, name))
        return true;
    step_refuse(s, 66, "no_such_user", "handoff user list shows them",
                "no active user %.31s", name->s);
    return false;
}

static bool
is_ahead(struct step *s)
{
    char text[HF_TIME_TEXT_BYTES];

    if (s->cmd->when_ms == 0 || s->cmd->when_ms > s->now)
        return true;
    step_refuse(s, 65, "bad_time", "give a later one", "--until %s is over",
                hf_time_format(s->cmd->when_ms, text));
    return false;
}

/* For a time: it comes back to whom it was taken from for good. */
static void
assign(struct step *s, struct hf_name *owner, struct node_loan *loan)
{
    const uint64_t until_ms = s->cmd->when_ms;

    if (until_ms == 0)
        loan->back_to = nobody;
    else if (loan->until_ms == 0)
        loan->back_to = *owner;
    loan->until_ms = until_ms;
    *owner = s->cmd->user_name;
    (void)put_right(s, owner, loan);
}

static void
assign_object(struct step *s)
{
    struct live l;

    if (!live_load(s, &s->cmd->object, &l)) {
        step_refuse(s, 66, "no_such_thing", "", "nothing with this id");
        return;
    }
    assign(s, &l.o.owner, &l.o.loan);
    object_put(s->v, &l.o, l.was_changed_ms);
    task_assign(s, &l.o.case_id, &l.o.id, &l.o.owner);
    watch(s, &l.o.loan, &l.o.id);
    ask_done(s, &l);
}

void
ask_case_assign(struct step *s)
{
    struct node_case c;

    if (!ask_permitted(s, OBJECT_NONE, SIDE_FIRST) ||
        !is_user(s, &s->cmd->user_name) || !is_ahead(s))
        return;
    if (!hf_id_is_zero(&s->cmd->object)) {
        assign_object(s);
        return;
    }
    if (!ask_case(s, false, &c))
        return;
    assign(s, &c.owner, &c.loan);
    c.changed_ms = s->now;
    case_put(s->v, &c);
    task_assign(s, &c.id, &no_object, &c.owner);
    watch(s, &c.loan, &c.id);
    step_reply(s)->id = c.id;
}

/* One's own absence is anybody's to say; others' a supervisor's. */
static bool
may_be_absent(struct step *s)
{
    if (hf_name_eq(&s->cmd->user, &s->cmd->user_name) ||
        (s->roles & (ROLE_BIT(ROLE_SUPERVISOR) | ROLE_BIT(ROLE_ADMIN))))
        return true;
    step_refuse(s, 77, "not_permitted", "ask a supervisor",
                "who is away is said by themselves, or by a supervisor");
    return false;
}

void
ask_user_absent(struct step *s)
{
    const struct hf_name *in = &s->cmd->stand_in;
    struct node_user u;

    if (!may_be_absent(s) || !is_user(s, &s->cmd->user_name) ||
        (in->s[0] != '\0' && !is_user(s, in)))
        return;
    if (hf_name_eq(in, &s->cmd->user_name)) {
        step_refuse(s, 65, "same_user", "name another one, or none",
                    "nobody stands in for themselves");
        return;
    }
    (void)user_get(s->v, &s->cmd->user_name, &u);
    /* an instant that is over: back again, and so is the work */
    u.absent_ms = s->cmd->when_ms > s->now ? s->cmd->when_ms : 0;
    u.stand_in = u.absent_ms != 0 ? *in : nobody;
    user_put(s->v, &u);
    people_changed(s);
    (void)step_reply(s);
}
