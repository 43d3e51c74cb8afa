#include "people.h"

#include <stdio.h>
#include <stdlib.h>

#include "check.h"
#include "hf_assert.h"
#include "programme.h"
#include "reason.h"

#define CASES_MAX 10 /* a node opens */
#define PAUSE_MS  (3 * MINUTE_MS)
#define RECENT    40 /* objects that people still care about */
#define SERVICES  3

static const char *const service_code[SERVICES] = {"clinic", "training",
                                                   "shelter"};
static const char *const needs[SERVICES] = {
    "health.general", "training.vocational", "housing.emergency"};

struct people {
    struct service service[WORLD_NODES_MAX][SERVICES];
    bool is_published[WORLD_NODES_MAX];
    uint64_t version[WORLD_NODES_MAX];
    unsigned n_cases[WORLD_NODES_MAX];
    uint64_t n_answers, n_done;
    uint64_t ticket;
};

static struct hf_bytes
text(const char *s)
{
    return (struct hf_bytes){(const uint8_t *)s, strlen(s)};
}

static void
set_name(struct hf_name *n, const char *s)
{
    memset(n, 0, sizeof(*n));
    snprintf(n->s, sizeof(n->s), "%s", s);
}

static struct order *
new_order(struct world *w, enum node_command_type type)
{
    struct order *o = calloc(1, sizeof(*o));

    HF_ASSERT(o != NULL);
    o->c.type = type;
    o->c.ticket = ++w->people->ticket;
    set_name(&o->c.user, world_chance(w, 2) == 0 ? "amina" : "bilal");
    return o;
}

static void
give(struct world *w, unsigned node, struct order *o)
{
    knot_command(w, w->node[node], &o);
}

/* ---- the beginning ---- */

static void
add_users(struct world *w, unsigned node)
{
    static const char *const users[] = {"amina", "bilal"};

    for (size_t i = 0; i < 2; i++) {
        struct order *o = new_order(w, CMD_USER_ADD);

        set_name(&o->c.user, "root");
        o->c.is_node_owner = true;
        set_name(&o->c.user_name, users[i]);
        o->c.roles = ROLE_BIT(ROLE_CASE_MANAGER) | ROLE_BIT(ROLE_SUPERVISOR) |
                     ROLE_BIT(ROLE_FOCAL_POINT);
        give(w, node, o);
    }
}

static void
offer_services(struct world *w, unsigned node)
{
    struct order *o = new_order(w, CMD_SERVICES_SET);

    for (unsigned i = 0; i < SERVICES; i++) {
        struct service *s = &o->service[i];

        s->org = w->org[node].id;
        s->id[0] = (uint8_t)(16 * node + i + 1);
        snprintf(s->title, sizeof(s->title), "%s of %s", service_code[i],
                 world_name(w, node));
        set_name(&s->code, service_code[i]);
        s->assured_ms = w->now_ms;
        s->accepting = world_chance(w, 8) != 0;
        s->capacity = -1;
        w->people->service[node][i] = *s;
    }
    o->c.services = o->service;
    o->c.n_services = SERVICES;
    o->c.details = text("[]");
    give(w, node, o);
}

static void
opening(struct world *w, struct task *t)
{
    struct node_user u;
    struct hf_name name;

    if (w->is_calm)
        return;
    set_name(&name, "bilal");
    if (!knot_is_up(w->node[t->who]) || !knot_is_idle(w->node[t->who])) {
        world_later(w, MINUTE_MS, opening, t->who);
        return;
    }
    if (!user_get(disk_view(knot_disk(w->node[t->who])), &name, &u)) {
        add_users(w, t->who);
        world_later(w, MINUTE_MS, opening, t->who);
        return;
    }
    if (world_chance(w, 30) == 0 || !w->people->is_published[t->who])
        offer_services(w, t->who);
    world_later(w, 10 * MINUTE_MS, opening, t->who);
}

static void
meet(struct world *w, struct task *t)
{
    knot_meet(w, w->node[t->who], (unsigned)t->handle);
}

/* ---- cases and consents ---- */

static void
fill_sections(struct world *w, struct order *o, uint32_t sections)
{
    o->c.sections = sections;
    for (int c = 1; c < CATEGORY_END; c++) {
        if ((sections & CATEGORY_BIT(c)) == 0)
            continue;
        snprintf(o->json[c], ORDER_JSON_BYTES, "{\"canary\":\"%s-%llu\"}",
                 category_text((enum category)c),
                 (unsigned long long)world_chance(w, 1000000));
        o->c.section[c] = text(o->json[c]);
    }
}

static struct order *
open_case(struct world *w, unsigned node)
{
    struct order *o;

    if (w->people->n_cases[node] >= CASES_MAX)
        return NULL;
    w->people->n_cases[node]++;
    o = new_order(w, CMD_CASE_NEW);
    o->c.stage = STAGE_PRE_DEPARTURE;
    snprintf(o->c.number.s, sizeof(o->c.number.s), "N-%u",
             w->people->n_cases[node]);
    o->c.facts.sex = SEX_FEMALE;
    memcpy(o->c.facts.origin, "AF", 2);
    memcpy(o->c.facts.host, "AT", 2);
    o->c.facts.birth_year = 1994;
    fill_sections(w, o,
                  CATEGORY_ALL & (uint32_t)(world_chance(w, 65536) |
                                            world_chance(w, 65536)));
    return o;
}

static void
fill_scope(struct world *w, struct consent *c, const char *id,
           uint32_t categories, uint32_t purposes)
{
    struct consent_scope *s = &c->scope[c->n_scopes++];

    set_name(&s->id, id);
    s->categories = categories;
    s->purposes = purposes;
    for (unsigned i = 0; i < w->n_nodes; i++)
        if (world_chance(w, 8) != 0)
            s->recipient[s->n_recipients++] = w->org[i].id;
    if (s->n_recipients == 0)
        s->recipient[s->n_recipients++] = w->org[0].id;
}

static struct order *
consent(struct world *w, const struct node_case *c)
{
    struct order *o = new_order(
        w, hf_id_is_zero(&c->consent) ? CMD_CONSENT_GIVE : CMD_CONSENT_AMEND);
    const uint32_t most =
        CATEGORY_ALL & ~CATEGORY_SENSITIVE & ~CATEGORY_BIT(CATEGORY_NOTES);
    const uint32_t purposes =
        PURPOSE_BIT(PURPOSE_OFFER) | PURPOSE_BIT(PURPOSE_ENQUIRY) |
        PURPOSE_BIT(PURPOSE_TRANSFER) | PURPOSE_BIT(PURPOSE_REFERRAL) |
        PURPOSE_BIT(PURPOSE_FEEDBACK);

    if (world_chance(w, 4) == 0 && !hf_id_is_zero(&c->consent))
        o->c.type = CMD_CONSENT_GIVE; /* again, after a withdrawal */
    o->c.case_id = c->id;
    o->consent.state = CONSENT_GIVEN;
    o->consent.given_ms = w->now_ms;
    fill_scope(w, &o->consent, "most", most, purposes);
    if (world_chance(w, 4) != 0)
        fill_scope(w, &o->consent, "health",
                   CATEGORY_BIT(CATEGORY_HEALTH) |
                       CATEGORY_BIT(CATEGORY_VULNERABILITY),
                   purposes);
    o->c.consent = &o->consent;
    o->c.details = text("{\"method\":\"written\"}");
    return o;
}

static struct order *
withdraw(struct world *w, const struct node_case *c)
{
    struct order *o = new_order(w, CMD_CONSENT_WITHDRAW);

    o->c.case_id = c->id;
    o->c.erase = world_chance(w, 3) != 0;
    if (world_chance(w, 2) == 0) {
        o->c.n_scopes = 1;
        set_name(&o->c.scope[0], "health");
    }
    return o;
}

/* ---- referrals and transfers ---- */

static struct order *
refer(struct world *w, const struct node_case *c)
{
    struct order *o = new_order(w, CMD_REFER);

    o->c.case_id = c->id;
    set_name(&o->c.need, needs[world_chance(w, SERVICES)]);
    o->c.is_draft = world_chance(w, 4) == 0;
    if (world_chance(w, 4) == 0)
        o->c.to = w->org[world_chance(w, w->n_nodes)].id;
    if (world_chance(w, 8) == 0)
        o->c.reason = REASON_OTHER; /* an override */
    return o;
}

static struct order *
offer(struct world *w, const struct node_case *c)
{
    struct order *o = new_order(w, CMD_TRANSFER_OFFER);

    o->c.case_id = c->id;
    o->c.to = w->org[world_chance(w, w->n_nodes)].id;
    if (world_chance(w, 2) == 0)
        o->c.flags = ENTRY_TRAVEL_NONE;
    else
        o->c.when_ms = w->now_ms + 10 * DAY_MS;
    return o;
}

static struct order *
request(struct world *w)
{
    struct order *o = new_order(w, CMD_TRANSFER_REQUEST);

    o->c.to = w->org[world_chance(w, w->n_nodes)].id;
    snprintf(o->c.number.s, sizeof(o->c.number.s), "N-%u",
             (unsigned)world_chance(w, CASES_MAX + 2));
    return o;
}

/* ---- events ---- */

/* A reason that the event takes, if a few tries find one. */
static enum reason
choose_reason(struct world *w, enum object_kind kind, enum event event)
{
    char room[256];

    if (reason_check(kind, event, REASON_NONE, room, sizeof(room)) == NULL &&
        world_chance(w, 2) == 0)
        return REASON_NONE;
    for (int i = 0; i < 200; i++) {
        const enum reason r =
            (enum reason)(1 + world_chance(w, REASON_END - 1));

        if (reason_check(kind, event, r, room, sizeof(room)) == NULL)
            return r;
    }
    return REASON_NONE;
}

/* An event that the lifecycle would allow now; EVENT_NONE: there is none. */
static enum event
choose_legal(struct world *w, struct knot *k, const struct node_object *o)
{
    static const enum event drafts[] = {EVENT_SUBMIT, EVENT_APPROVE,
                                        EVENT_REFUSE, EVENT_SEND,
                                        EVENT_SEND,   EVENT_CANCEL};
    enum event legal[EVENT_END];
    bool may[EVENT_END];
    struct model m;
    size_t n = 0;

    if (o->n[0] + o->n[1] == 0)
        return drafts[world_chance(w, sizeof(drafts) / sizeof(drafts[0]))];
    if (o->n[0] > MODEL_ENTRIES_MAX || o->n[1] > MODEL_ENTRIES_MAX)
        return EVENT_NONE;
    check_chains(disk_view(knot_disk(k)), o, &m);
    model_may(&m, (unsigned)o->side, may);
    for (int e = 1; e < EVENT_END; e++) {
        /* an end is not what people want first of all */
        const bool is_end = e == EVENT_RECALL || e == EVENT_VOID ||
                            e == EVENT_WITHDRAW || e == EVENT_ABANDON ||
                            e == EVENT_CANCEL || e == EVENT_NOT_DEPARTED ||
                            e == EVENT_EXPIRE;

        if (may[e] && (!is_end || world_chance(w, 6) == 0))
            legal[n++] = (enum event)e;
    }
    return n == 0 ? EVENT_NONE : legal[world_chance(w, n)];
}

static struct order *
happen(struct world *w, struct knot *k, const struct node_object *obj)
{
    enum event event = choose_legal(w, k, obj);
    struct order *o;

    if (event == EVENT_NONE || world_chance(w, 8) == 0)
        event = (enum event)(1 + world_chance(w, EVENT_END - 1));
    o = new_order(w, CMD_EVENT);
    o->c.object = obj->id;
    o->c.event = event;
    o->c.reason = choose_reason(w, obj->kind, event);
    if (event == EVENT_CONTACT && o->c.reason == REASON_REACHED)
        o->c.flags = ENTRY_REACHED;
    if (event == EVENT_SCHEDULE || event == EVENT_RESCHEDULE ||
        event == EVENT_WAITLIST || event == EVENT_DEPART)
        o->c.when_ms = w->now_ms + world_chance(w, 5 * DAY_MS);
    if (event == EVENT_REDIRECT)
        o->c.to = w->org[world_chance(w, w->n_nodes)].id;
    if ((event == EVENT_AMEND || event == EVENT_SUPPLEMENT) &&
        world_chance(w, 2) == 0)
        fill_sections(w, o, CATEGORY_BIT(CATEGORY_CONTACT));
    if (event == EVENT_COMPLETE || event == EVENT_NOTE)
        o->c.report = text("{\"outcome\":\"as told\"}");
    if (event == EVENT_DECLINE)
        o->c.text = text("in words");
    return o;
}

/* ---- choosing ---- */

static bool
choose_case(struct world *w, struct knot *k, struct node_case *ret)
{
    const struct node_view *v = disk_view(knot_disk(k));
    struct hf_id id = {{0}};
    struct node_case c;
    uint64_t n = 0;

    while (case_next(v, &id, &c))
        if (world_chance(w, ++n) == 0)
            *ret = c;
    return n > 0;
}

static bool
choose_object(struct world *w, struct knot *k, struct node_object *ret)
{
    const struct node_view *v = disk_view(knot_disk(k));
    uint64_t ms = UINT64_MAX;
    struct hf_id id = {{0}};
    struct node_object o;
    uint64_t n = 0;

    while (n < RECENT && object_next_changed(v, &ms, &id, &o))
        if (world_chance(w, ++n) == 0)
            *ret = o;
    return n > 0;
}

static struct order *
choose_order(struct world *w, unsigned node)
{
    struct knot *k = w->node[node];
    const uint64_t what = world_chance(w, 100);
    struct node_case c;
    struct node_object o;

    if (what < 8)
        return open_case(w, node);
    if (what >= 35 && choose_object(w, k, &o))
        return happen(w, k, &o);
    if (!choose_case(w, k, &c))
        return open_case(w, node);
    if (what < 13 || hf_id_is_zero(&c.consent))
        return consent(w, &c);
    if (what < 15)
        return withdraw(w, &c);
    if (what < 17)
        return request(w);
    if (what < 22)
        return offer(w, &c);
    return refer(w, &c);
}

static void
act(struct world *w, struct task *t)
{
    struct order *o = NULL;

    if (w->is_calm)
        return;
    world_later(w, world_chance(w, PAUSE_MS), act, t->who);
    if (!knot_is_up(w->node[t->who]) || !knot_is_idle(w->node[t->who]))
        return;
    o = choose_order(w, t->who);
    if (o != NULL)
        give(w, t->who, o);
}

/* ---- what comes back ---- */

void
people_reply(struct world *w, struct knot *k, const struct node_reply *r)
{
    if (w->programme != NULL) {
        programme_reply(w, k, r);
        return;
    }
    w->people->n_answers++;
    w->people->n_done += r->status == 0;
    world_trace(w, "%s answers %d %s", world_name(w, knot_index(k)), r->status,
                r->code);
    if (r->status == 70)
        world_fail(w, "%s: internal: %s", world_name(w, knot_index(k)),
                   r->message);
}

static void
services_arrive(struct world *w, struct task *t)
{
    knot_services(w, w->node[t->who], (unsigned)t->handle);
}

void
people_publish(struct world *w, struct knot *k)
{
    const unsigned from = knot_index(k);

    if (w->programme != NULL) {
        programme_publish(w, k);
        return;
    }
    w->people->is_published[from] = true;
    w->people->version[from]++;
    for (unsigned i = 0; i < w->n_nodes; i++)
        if (i != from)
            world_later(w, world_chance(w, MINUTE_MS), services_arrive, i)
                ->handle = from;
}

bool
people_has_services(const struct world *w, unsigned node)
{
    return w->programme != NULL ? programme_has_services(w, node)
                                : w->people->is_published[node];
}

void
people_services(struct world *w, unsigned from, struct node_event *ev)
{
    if (w->programme != NULL) {
        programme_services(w, from, ev);
        return;
    }
    ev->peer = w->org[from].id;
    ev->n_services = SERVICES;
    ev->services = w->people->service[from];
    ev->document = text("[]");
    ev->version = w->people->version[from];
}

void
people_counts(const struct world *w, uint64_t *ret_answers, uint64_t *ret_done)
{
    *ret_answers = w->people->n_answers;
    *ret_done = w->people->n_done;
}

/* ---- life ---- */

struct people *
people_new(struct world *w)
{
    struct people *p = calloc(1, sizeof(*p));

    (void)w;
    HF_ASSERT(p != NULL);
    return p;
}

void
people_free(struct people *p)
{
    free(p);
}

void
people_begin(struct world *w)
{
    for (unsigned i = 0; i < w->n_nodes; i++) {
        world_later(w, SECOND_MS, opening, i);
        world_later(w, 5 * MINUTE_MS, act, i);
        for (unsigned j = 0; j < w->n_nodes; j++)
            if (i != j)
                world_later(w, world_chance(w, 20 * MINUTE_MS), meet, i)
                    ->handle = j;
    }
}
