/* What the staff of an organisation do: each object that changes is looked at
 * by somebody, sooner or later, and once a week everything that is open. */
#include <stdlib.h>

#include "hf_assert.h"
#include "lifecycle.h"
#include "programme_internal.h"

#define LOOKS_FIRST 4096u
#define AGAIN_MS    (3 * HOUR_MS) /* the node was down or busy */

static const struct node_view *
view_of(const struct world *w, unsigned node)
{
    return disk_view(knot_disk(w->node[node]));
}

static uint64_t
hours(struct world *w, unsigned from, unsigned until)
{
    return from * HOUR_MS + world_chance(w, (until - from) * HOUR_MS + 1);
}

/* ---- orders ---- */

static struct order *
event_order(struct world *w, const struct node_object *obj, enum event event,
            enum reason reason)
{
    struct order *o = programme_order(w, CMD_EVENT);

    o->c.object = obj->id;
    o->c.event = event;
    o->c.reason = reason;
    return o;
}

static void
say(struct world *w, unsigned node, const struct node_object *obj,
    enum event event, enum reason reason)
{
    (void)programme_give(w, node, event_order(w, obj, event, reason));
}

static void
say_when(struct world *w, unsigned node, const struct node_object *obj,
         enum event event, uint64_t in_ms)
{
    struct order *o = event_order(w, obj, event, REASON_NONE);

    o->c.when_ms = w->now_ms + in_ms;
    (void)programme_give(w, node, o);
}

static void
say_report(struct world *w, unsigned node, const struct node_object *obj,
           enum event event, enum reason reason)
{
    static const char words[] = "{\"outcome\":\"as told\"}";
    struct order *o = event_order(w, obj, event, reason);

    o->c.report = (struct hf_bytes){(const uint8_t *)words, sizeof(words) - 1};
    (void)programme_give(w, node, o);
}

/* ---- a referral, at the one who refers ---- */

static void
give_up(struct world *w, unsigned node, const struct node_object *o)
{
    if (o->state != STATE_CANCEL_PENDING && o->terms.expires &&
        o->state != STATE_ACCEPTED)
        say(w, node, o, EVENT_EXPIRE, REASON_NONE);
    else if (o->state == STATE_CANCEL_PENDING || world_chance(w, 2) == 0)
        say(w, node, o, EVENT_ABANDON, REASON_NO_RESPONSE);
    else
        say(w, node, o, EVENT_CANCEL, REASON_NO_LONGER_NEEDED);
}

static void
close_it(struct world *w, unsigned node, const struct node_object *o)
{
    const bool came_to_nothing =
        o->state != STATE_COMPLETED || o->reason == REASON_NOT_MET;

    say(w, node, o, EVENT_CLOSE, REASON_NONE);
    if (came_to_nothing)
        persons_try_again(w, node, o);
}

static void
act_first(struct world *w, unsigned node, const struct node_object *o)
{
    switch ((int)o->state) {
    case STATE_DRAFT:
        say(w, node, o, world_chance(w, 8) == 0 ? EVENT_CANCEL : EVENT_SUBMIT,
            REASON_NONE);
        break;
    case STATE_AWAITING_APPROVAL:
        if (world_chance(w, 12) == 0)
            say(w, node, o, EVENT_REFUSE, REASON_OTHER);
        else
            say(w, node, o, EVENT_APPROVE, REASON_NONE);
        break;
    case STATE_APPROVED:
        say(w, node, o, EVENT_SEND, REASON_NONE);
        break;
    case STATE_COMPLETED:
    case STATE_FAILED:
    case STATE_DECLINED:
    case STATE_REJECTED:
    case STATE_EXPIRED:
    case STATE_LAPSED:
        close_it(w, node, o);
        break;
    default:
        give_up(w, node, o); /* patience is over */
        break;
    }
}

/* ---- a referral, at the one who serves ---- */

static void
decide(struct world *w, unsigned node, const struct node_object *o)
{
    static const enum reason no[] = {REASON_NO_CAPACITY, REASON_NOT_ELIGIBLE,
                                     REASON_INSUFFICIENT_INFORMATION,
                                     REASON_SERVICE_SUSPENDED};
    const uint64_t what = world_chance(w, 100);

    if (what < 78)
        say(w, node, o, EVENT_ACCEPT, REASON_NONE);
    else if (what < 92)
        say(w, node, o, EVENT_DECLINE,
            no[world_chance(w, sizeof(no) / sizeof(no[0]))]);
    else
        say_when(w, node, o, EVENT_WAITLIST, programme_days(w, 3, 20));
}

static void
begin_service(struct world *w, unsigned node, const struct node_object *o)
{
    const uint64_t what = world_chance(w, 100);

    if (what < 25 && o->state == STATE_ACCEPTED)
        say(w, node, o, EVENT_CONTACT, REASON_REACHED);
    else if (what < 35)
        say(w, node, o, EVENT_CONTACT, REASON_ATTEMPT);
    else if (what < 42)
        say(w, node, o, EVENT_FAIL,
            o->state == STATE_NO_SHOW ? REASON_DID_NOT_ATTEND
                                      : REASON_COULD_NOT_CONTACT);
    else if (what < 50)
        say(w, node, o, EVENT_ATTEND, REASON_NONE);
    else
        say_when(w, node, o, EVENT_SCHEDULE, programme_days(w, 1, 12));
}

static void
appointment(struct world *w, unsigned node, const struct node_object *o)
{
    const uint64_t what = world_chance(w, 100);

    if (what < 75)
        say(w, node, o, EVENT_ATTEND, REASON_NONE);
    else if (what < 87)
        say(w, node, o, EVENT_NO_SHOW, REASON_NONE);
    else if (what < 94)
        say_when(w, node, o, EVENT_RESCHEDULE, programme_days(w, 1, 9));
    else
        say(w, node, o, EVENT_CANCEL_APPOINTMENT, REASON_PROVIDER_CANCELLED);
}

static void
serve(struct world *w, unsigned node, const struct node_object *o)
{
    const uint64_t what = world_chance(w, 100);

    if (what < 25)
        say_report(w, node, o, EVENT_NOTE, REASON_NONE);
    else if (what < 33)
        say(w, node, o, EVENT_FAIL, REASON_COULD_NOT_PROVIDE);
    else
        say_report(w, node, o, EVENT_COMPLETE,
                   what < 75   ? REASON_MET
                   : what < 90 ? REASON_PARTLY_MET
                               : REASON_NOT_MET);
}

static void
act_second(struct world *w, unsigned node, const struct node_object *o)
{
    switch ((int)o->state) {
    case STATE_RECEIVED:
    case STATE_ON_HOLD:
        decide(w, node, o);
        break;
    case STATE_ACCEPTED:
    case STATE_NO_SHOW:
        begin_service(w, node, o);
        break;
    case STATE_APPOINTMENT_CANCELLED:
        say_when(w, node, o, EVENT_SCHEDULE, programme_days(w, 1, 12));
        break;
    case STATE_SCHEDULED:
        appointment(w, node, o);
        break;
    case STATE_IN_SERVICE:
        serve(w, node, o);
        break;
    case STATE_CANCEL_PENDING:
        say(w, node, o, EVENT_CONFIRM_CANCEL, REASON_NONE);
        break;
    default:
        break;
    }
}

/* ---- a transfer ---- */

static void
answer_request(struct world *w, unsigned node, const struct node_object *o)
{
    struct order *offer;

    if (world_chance(w, 10) == 0 || hf_id_is_zero(&o->case_id)) {
        say(w, node, o, EVENT_REFUSE_REQUEST, REASON_NOT_KNOWN);
        return;
    }
    offer = programme_order(w, CMD_TRANSFER_OFFER);
    offer->c.case_id = o->case_id;
    offer->c.to = o->peer;
    offer->c.flags = ENTRY_TRAVEL_NONE; /* they are there */
    (void)programme_give(w, node, offer);
}

static void
act_holder(struct world *w, unsigned node, const struct node_object *o)
{
    const bool travels = (o->flags & ENTRY_TRAVEL_NONE) == 0;

    switch ((int)o->state) {
    case STATE_REQUESTED:
        answer_request(w, node, o);
        break;
    case STATE_OFFERED:
        say(w, node, o, EVENT_EXPIRE, REASON_NONE);
        break;
    case STATE_ACCEPTED:
        say(w, node, o, EVENT_RELEASE, REASON_NONE);
        break;
    case STATE_RELEASED:
        if (!travels)
            say(w, node, o, EVENT_HAND_OVER, REASON_NONE);
        else if (world_chance(w, 10) == 0)
            say_when(w, node, o, EVENT_POSTPONE, programme_days(w, 7, 21));
        else if (world_chance(w, 40) == 0)
            say(w, node, o, EVENT_NOT_DEPARTED, REASON_CLIENT_REFUSED);
        else
            say_when(w, node, o, EVENT_DEPART, 0);
        break;
    case STATE_ARRIVED:
        say(w, node, o, EVENT_HAND_OVER, REASON_NONE);
        break;
    default:
        break;
    }
}

static void
act_taker(struct world *w, unsigned node, const struct node_object *o)
{
    switch ((int)o->state) {
    case STATE_OFFERED:
        if (world_chance(w, 14) == 0)
            say(w, node, o, EVENT_DECLINE, REASON_NO_CAPACITY);
        else
            say(w, node, o, EVENT_ACCEPT, REASON_NONE);
        break;
    case STATE_DEPARTED:
        if (world_chance(w, 12) == 0)
            say(w, node, o, EVENT_QUERY, REASON_NOT_ARRIVED);
        else
            say(w, node, o, EVENT_ARRIVE, REASON_NONE);
        break;
    case STATE_HANDING_OVER:
        say(w, node, o, EVENT_TAKE_OVER, REASON_NONE);
        break;
    default:
        break;
    }
}

static void
act_told(struct world *w, unsigned node, const struct node_object *o)
{
    if (o->state == STATE_ASKED || o->state == STATE_PARTIAL)
        say(w, node, o, EVENT_ERASED, REASON_NONE); /* by hand, at last */
}

static void
act(struct world *w, unsigned node, const struct node_object *o)
{
    const bool first = o->side == SIDE_FIRST;

    switch (o->kind) {
    case OBJECT_REFERRAL:
        (first ? act_first : act_second)(w, node, o);
        break;
    case OBJECT_TRANSFER:
        (first ? act_holder : act_taker)(w, node, o);
        break;
    case OBJECT_WITHDRAWAL:
        if (!first)
            act_told(w, node, o);
        break;
    case OBJECT_NONE:
    case OBJECT_END:
        break;
    }
}

/* ---- how long somebody takes ---- */

/* Never answered, and always the same ones. */
static bool
is_forgotten(const struct desk *d, const struct node_object *o)
{
    return d->kind == DESK_PROVIDER && o->side == SIDE_SECOND &&
           o->id.b[5] % d->silent_in == 0;
}

/* Whoever refers waits until the answer, or the report, is long due. */
static uint64_t
patience(struct world *w, const struct node_object *o)
{
    const bool undecided = o->state == STATE_SENT ||
                           o->state == STATE_RECEIVED ||
                           o->state == STATE_ON_HOLD;
    const uint64_t due = undecided ? o->decide_ms : o->report_ms;
    const uint64_t more =
        undecided ? programme_days(w, 1, 4) : programme_days(w, 20, 40);

    return (due > w->now_ms ? due - w->now_ms : 0) + more;
}

static uint64_t
delay_first(struct world *w, const struct node_object *o)
{
    switch ((int)o->state) {
    case STATE_DRAFT:
    case STATE_AWAITING_APPROVAL:
    case STATE_APPROVED:
        return hours(w, 1, 48);
    case STATE_COMPLETED:
    case STATE_FAILED:
    case STATE_DECLINED:
    case STATE_REJECTED:
    case STATE_EXPIRED:
    case STATE_LAPSED:
        return hours(w, 2, 120);
    default:
        return patience(w, o);
    }
}

static uint64_t
delay_second(struct world *w, const struct desk *d, const struct node_object *o)
{
    if (o->state == STATE_ON_HOLD)
        return (o->decide_ms > w->now_ms ? o->decide_ms - w->now_ms : 0) +
               hours(w, 1, 12);
    if (o->terms.urgency != URGENCY_NORMAL && o->state == STATE_RECEIVED)
        return MINUTE_MS + world_chance(w, d->pace * 4 * HOUR_MS);
    return hours(w, 2, 48 * d->pace);
}

static uint64_t
delay_transfer(struct world *w, const struct desk *d,
               const struct node_object *o)
{
    if (o->state == STATE_OFFERED && o->side == SIDE_FIRST)
        return (o->decide_ms > w->now_ms ? o->decide_ms - w->now_ms : 0) +
               programme_days(w, 2, 6);
    if (o->state == STATE_RELEASED && (o->flags & ENTRY_TRAVEL_NONE) == 0)
        return programme_days(w, 10, 40); /* until the flight */
    return hours(w, 2, 36 * d->pace);
}

static uint64_t
delay_of(struct world *w, unsigned node, const struct node_object *o)
{
    const struct desk *d = &w->programme->desk[node];

    if (o->kind == OBJECT_TRANSFER)
        return delay_transfer(w, d, o);
    if (o->kind == OBJECT_WITHDRAWAL)
        return programme_days(w, 21, 40); /* it answers itself, mostly */
    return o->side == SIDE_FIRST ? delay_first(w, o) : delay_second(w, d, o);
}

/* Nothing for a person to do: it is over, or it is the other end's turn. */
static bool
is_done_with(const struct node_object *o)
{
    if (lifecycle_is_final(o->kind, o->state) || o->state == STATE_CANCELLED)
        return true;
    if (o->kind == OBJECT_WITHDRAWAL)
        return o->side == SIDE_FIRST;
    return o->kind == OBJECT_REFERRAL && o->side == SIDE_SECOND &&
           o->state != STATE_CANCEL_PENDING &&
           (o->state < STATE_RECEIVED || o->state > STATE_IN_SERVICE);
}

/* ---- looking ---- */

static struct look *
find_look(const struct programme *p, unsigned node, const struct hf_id *object)
{
    uint32_t x;
    size_t at;

    memcpy(&x, object->b, sizeof(x));
    at = (x + node) % p->looks_max;
    while (p->look[at].is_taken &&
           (p->look[at].node != node || !hf_id_eq(&p->look[at].object, object)))
        at = (at + 1) % p->looks_max;
    return &p->look[at];
}

static struct look *
look_at(struct programme *p, unsigned node, const struct hf_id *object)
{
    struct look *l;

    if (2 * p->n_looks >= p->looks_max) {
        const struct programme was = *p;

        p->looks_max = was.looks_max == 0 ? LOOKS_FIRST : 2 * was.looks_max;
        p->look = calloc(p->looks_max, sizeof(p->look[0]));
        HF_ASSERT(p->look != NULL);
        for (size_t i = 0; i < was.looks_max; i++)
            if (was.look[i].is_taken)
                *find_look(p, was.look[i].node, &was.look[i].object) =
                    was.look[i];
        free(was.look);
    }
    l = find_look(p, node, object);
    if (!l->is_taken) {
        p->n_looks++;
        *l = (struct look){.is_taken = true, .node = node, .object = *object};
    }
    return l;
}

static void
look_now(struct world *w, struct task *t)
{
    struct hf_id id;
    struct node_object o;
    struct look *l;

    memcpy(id.b, t->data.p, HF_ID_BYTES);
    l = look_at(w->programme, t->who, &id);
    if (w->is_calm || l->serial != t->handle)
        return; /* it has changed since: somebody else looks */
    l->serial = 0;
    if (!object_get(view_of(w, t->who), &id, &o))
        return;
    if (o.state != (enum state)t->incarnation) {
        programme_object(w, w->node[t->who], &o);
        return;
    }
    if (knot_is_up(w->node[t->who]))
        act(w, t->who, &o);
}

void
programme_object(struct world *w, struct knot *k, const struct node_object *o)
{
    struct look *l;
    struct task *t;

    if (o->kind == OBJECT_TRANSFER && o->side == SIDE_SECOND &&
        o->state == STATE_HANDED_OVER)
        persons_taken_over(w, knot_index(k), &o->case_id);
    if (w->is_calm || is_done_with(o) ||
        is_forgotten(&w->programme->desk[knot_index(k)], o))
        return;
    l = look_at(w->programme, knot_index(k), &o->id);
    l->serial = ++w->programme->serial;
    t = world_later(w, delay_of(w, knot_index(k), o), look_now, knot_index(k));
    t->handle = l->serial;
    t->incarnation = (uint64_t)o->state;
    HF_ASSERT(hf_buf_add(&t->data, o->id.b, HF_ID_BYTES));
}

/* Whatever is open and nobody has on their desk. */
static void
weekly(struct world *w, struct task *t)
{
    struct knot *k = w->node[t->who];
    struct hf_id id = {{0}};
    struct node_object o;

    if (w->is_calm)
        return;
    world_later(w, 6 * DAY_MS + world_chance(w, 2 * DAY_MS), weekly, t->who);
    if (!knot_is_up(k) || !knot_is_idle(k))
        return;
    while (object_next(view_of(w, t->who), &id, &o))
        if (look_at(w->programme, t->who, &o.id)->serial == 0)
            programme_object(w, k, &o);
}

/* ---- users and services ---- */

static void
add_users(struct world *w, unsigned node)
{
    static const char *const users[] = {"amina", "bilal"};

    for (size_t i = 0; i < 2; i++) {
        struct order *o = programme_order(w, CMD_USER_ADD);

        programme_name(&o->c.user, "root");
        o->c.is_node_owner = true;
        programme_name(&o->c.user_name, users[i]);
        o->c.roles = ROLE_BIT(ROLE_CASE_MANAGER) | ROLE_BIT(ROLE_SUPERVISOR) |
                     ROLE_BIT(ROLE_FOCAL_POINT) | ROLE_BIT(ROLE_HEALTH) |
                     ROLE_BIT(ROLE_MENTAL_HEALTH);
        (void)programme_give(w, node, o);
    }
}

static void
offer_services(struct world *w, unsigned node)
{
    struct desk *d = &w->programme->desk[node];
    struct order *o = programme_order(w, CMD_SERVICES_SET);

    for (unsigned i = 0; i < d->n_services; i++) {
        struct service *s = &d->offered[i];

        memset(s, 0, sizeof(*s));
        s->org = w->org[node].id;
        s->id[0] = (uint8_t)(node + 1);
        s->id[1] = (uint8_t)(i + 1);
        programme_name(&s->code, programme_service[d->service[i]].code);
        memcpy(s->title, s->code.s, sizeof(s->code.s));
        s->assured_ms = w->now_ms;
        s->accepting = world_chance(w, 10) != 0;
        s->capacity = -1;
        s->n_provinces = 1;
        programme_name(&s->province[0], w->org[node].country);
        o->service[i] = *s;
    }
    o->c.services = o->service;
    o->c.n_services = d->n_services;
    o->c.details = (struct hf_bytes){(const uint8_t *)"[]", 2};
    (void)programme_give(w, node, o);
}

static void
open_desk(struct world *w, struct task *t)
{
    struct knot *k = w->node[t->who];
    const struct desk *d = &w->programme->desk[t->who];
    struct node_user u;
    struct hf_name name;

    if (w->is_calm)
        return;
    if (!knot_is_up(k) || !knot_is_idle(k)) {
        world_later(w, AGAIN_MS, open_desk, t->who);
        return;
    }
    programme_name(&name, "bilal");
    if (!user_get(view_of(w, t->who), &name, &u)) {
        add_users(w, t->who);
        world_later(w, MINUTE_MS, open_desk, t->who);
        return;
    }
    if (d->n_services > 0)
        offer_services(w, t->who);
    world_later(w, programme_days(w, 30, 90), open_desk, t->who);
}

void
staff_begin(struct world *w)
{
    for (unsigned i = 0; i < w->n_nodes; i++) {
        world_later(w, MINUTE_MS + world_chance(w, HOUR_MS), open_desk, i);
        world_later(w, world_chance(w, 7 * DAY_MS), weekly, i);
    }
}
