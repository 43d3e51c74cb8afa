/* One returnee after the other: the interview, consent, the offer, and, where
 * they arrive, plan, referrals, follow-up; some withdraw, some move on. */
#include <stdio.h>
#include <stdlib.h>

#include "hf_assert.h"
#include "programme_internal.h"

#define AGAIN_MS   (4 * HOUR_MS)
#define OFFERS_MAX 4
#define TRIES_MAX  3

/* Answers come in the middle of a commit: what follows is always later. */

/* What a person's task or order is about. */
enum what {
    ASK_OPEN = 1,
    ASK_CONSENT,
    ASK_OFFER,
    ASK_PLAN,
    ASK_STAGE,
    ASK_ASSIST,
    ASK_REFER,
    ASK_WITHDRAW,
    ASK_MOVE_ON,
    ASK_FOLLOW
};

static void live(struct world *w, struct task *t);

static void
later(struct world *w, uint32_t person, enum what what, uint64_t in_ms)
{
    struct task *t = world_later(w, in_ms, live, what);

    t->handle = person;
}

/* The order's ticket says whose it is and what. */
static void
give(struct world *w, unsigned node, struct order *o, uint32_t person,
     enum what what)
{
    o->c.ticket = (uint64_t)(person + 1) << 8 | (uint64_t)what;
    if (!programme_give(w, node, o))
        later(w, person, what, AGAIN_MS + world_chance(w, DAY_MS));
}

/* Where the case is held now; NOBODY. */
static unsigned
holder_of(const struct world *w, const struct person *p)
{
    const unsigned at[] = {p->host, p->origin, p->next};
    struct node_case c;

    for (size_t i = 0; i < sizeof(at) / sizeof(at[0]); i++)
        if (case_get(disk_view(knot_disk(w->node[at[i]])), &p->case_id, &c) &&
            hf_org_eq(&c.holder, &w->org[at[i]].id))
            return at[i];
    return NOBODY;
}

/* ---- the file ---- */

static void
fill_sections(struct world *w, struct order *o, uint32_t sections)
{
    o->c.sections = sections;
    for (int c = 1; c < CATEGORY_END; c++) {
        if ((sections & CATEGORY_BIT(c)) == 0)
            continue;
        snprintf(o->json[c], ORDER_JSON_BYTES, "{\"said\":\"%s-%llu\"}",
                 category_text((enum category)c),
                 (unsigned long long)world_chance(w, 1000000));
        o->c.section[c] =
            (struct hf_bytes){(const uint8_t *)o->json[c], strlen(o->json[c])};
    }
}

static void
open_case(struct world *w, uint32_t i)
{
    const struct person *p = &w->programme->person[i];
    struct order *o = programme_order(w, CMD_CASE_NEW);

    o->c.stage = STAGE_PRE_DEPARTURE;
    snprintf(o->c.number.s, sizeof(o->c.number.s), "N-%u", i);
    o->c.facts.sex = world_chance(w, 2) == 0 ? SEX_FEMALE : SEX_MALE;
    memcpy(o->c.facts.origin, w->org[p->origin].country, 2);
    memcpy(o->c.facts.host, w->org[p->host].country, 2);
    programme_name(&o->c.facts.province, w->org[p->origin].country);
    o->c.facts.birth_year = (uint16_t)(1950 + world_chance(w, 50));
    o->c.facts.family_band = (uint8_t)(1 + world_chance(w, 3));
    fill_sections(w, o, p->sections);
    give(w, p->host, o, i, ASK_OPEN);
}

static void
add_recipients(const struct world *w, const struct person *p,
               struct consent_scope *s)
{
    const unsigned offices[] = {p->host, p->origin, p->next};

    for (size_t i = 0; i < 3; i++)
        if (i == 0 || offices[i] != offices[i - 1])
            s->recipient[s->n_recipients++] = w->org[offices[i]].id;
    for (unsigned i = 0;
         i < w->n_nodes && s->n_recipients < CONSENT_RECIPIENTS_MAX; i++)
        if (w->programme->desk[i].kind == DESK_PROVIDER &&
            (w->programme->desk[i].country ==
                 w->programme->desk[p->origin].country ||
             w->programme->desk[i].country ==
                 w->programme->desk[p->next].country))
            s->recipient[s->n_recipients++] = w->org[i].id;
}

static void
add_scope(struct world *w, const struct person *p, struct consent *c,
          const char *id, uint32_t categories)
{
    struct consent_scope *s = &c->scope[c->n_scopes++];

    programme_name(&s->id, id);
    s->categories = categories;
    s->purposes =
        PURPOSE_BIT(PURPOSE_OFFER) | PURPOSE_BIT(PURPOSE_ENQUIRY) |
        PURPOSE_BIT(PURPOSE_TRANSFER) | PURPOSE_BIT(PURPOSE_REFERRAL) |
        PURPOSE_BIT(PURPOSE_FEEDBACK) | PURPOSE_BIT(PURPOSE_FOLLOW_UP);
    if (world_chance(w, 5) == 0)
        s->until_ms = w->now_ms + programme_days(w, 200, 400);
    add_recipients(w, p, s);
}

static void
consent(struct world *w, uint32_t i)
{
    const struct person *p = &w->programme->person[i];
    struct order *o = programme_order(w, CMD_CONSENT_GIVE);

    o->c.case_id = p->case_id;
    o->consent.state = CONSENT_GIVEN;
    o->consent.given_ms = w->now_ms;
    add_scope(w, p, &o->consent, "most",
              CATEGORY_ALL & ~CATEGORY_SENSITIVE &
                  ~CATEGORY_BIT(CATEGORY_NOTES));
    if (world_chance(w, 5) != 0)
        add_scope(w, p, &o->consent, "health",
                  CATEGORY_BIT(CATEGORY_HEALTH) | CATEGORY_BIT(CATEGORY_MHPSS) |
                      CATEGORY_BIT(CATEGORY_VULNERABILITY));
    o->c.consent = &o->consent;
    o->c.details =
        (struct hf_bytes){(const uint8_t *)"{\"method\":\"written\"}", 20};
    give(w, p->host, o, i, ASK_CONSENT);
}

/* ---- to the country of origin ---- */

static void
offer(struct world *w, uint32_t i)
{
    struct person *p = &w->programme->person[i];
    struct order *o;

    if (++p->offers > OFFERS_MAX || holder_of(w, p) != p->host)
        return;
    if (p->is_unannounced && p->offers < 3) {
        o = programme_order(w, CMD_TRANSFER_REQUEST);
        o->c.to = w->org[p->host].id;
        snprintf(o->c.number.s, sizeof(o->c.number.s), "N-%u", i);
        give(w, p->origin, o, i, ASK_OFFER);
        return;
    }
    o = programme_order(w, CMD_TRANSFER_OFFER);
    o->c.case_id = p->case_id;
    o->c.to = w->org[p->origin].id;
    if (world_chance(w, 12) == 0)
        o->c.flags = ENTRY_TRAVEL_NONE;
    else
        o->c.when_ms = w->now_ms + programme_days(w, 14, 50);
    give(w, p->host, o, i, ASK_OFFER);
}

/* From one office of origin to another. */
static void
move_on(struct world *w, uint32_t i)
{
    struct person *p = &w->programme->person[i];
    const unsigned from = holder_of(w, p);
    struct order *o;

    if (from != p->origin || p->next == p->origin)
        return;
    o = programme_order(w, CMD_TRANSFER_OFFER);
    o->c.case_id = p->case_id;
    o->c.to = w->org[p->next].id;
    o->c.flags = ENTRY_TRAVEL_NONE;
    w->programme->n_moves++;
    give(w, from, o, i, ASK_MOVE_ON);
}

void
persons_taken_over(struct world *w, unsigned node, const struct hf_id *case_id)
{
    const uint32_t i = custody_person(w->programme, case_id);
    struct person *p;

    if (i == NOBODY || w->is_calm)
        return;
    p = &w->programme->person[i];
    if (p->is_assisted || node == p->host)
        return;
    p->is_assisted = true;
    later(w, i, ASK_PLAN, programme_days(w, 2, 25));
    if (p->moves_on)
        later(w, i, ASK_MOVE_ON, programme_days(w, 40, 200));
}

/* ---- where they are ---- */

static void
stage(struct world *w, uint32_t i, enum stage to, enum what what)
{
    const struct person *p = &w->programme->person[i];
    const unsigned at = holder_of(w, p);
    struct order *o;

    if (at == NOBODY)
        return;
    o = programme_order(w, CMD_CASE_STAGE);
    o->c.case_id = p->case_id;
    o->c.stage = to;
    give(w, at, o, i, what);
}

static void
plan(struct world *w, uint32_t i)
{
    const struct person *p = &w->programme->person[i];
    const unsigned at = holder_of(w, p);
    struct order *o;

    if (at == NOBODY)
        return;
    o = programme_order(w, CMD_CASE_SET);
    o->c.case_id = p->case_id;
    fill_sections(w, o, CATEGORY_BIT(CATEGORY_PLAN));
    give(w, at, o, i, ASK_PLAN);
}

static void
refer(struct world *w, uint32_t i)
{
    struct person *p = &w->programme->person[i];
    const unsigned at = holder_of(w, p);
    struct person_need *n;
    struct order *o;

    if (at == NOBODY || p->n_needs == 0)
        return;
    if (p->n_referred == p->n_needs) {
        stage(w, i, STAGE_FOLLOW_UP, ASK_FOLLOW);
        return;
    }
    n = &p->need[p->n_referred++];
    n->tries++;
    o = programme_order(w, CMD_REFER);
    o->c.case_id = p->case_id;
    programme_name(&o->c.need, programme_service[n->service].need);
    give(w, at, o, i, ASK_REFER);
    later(w, i, ASK_ASSIST, programme_days(w, 5, 60));
}

void
persons_try_again(struct world *w, unsigned node, const struct node_object *o)
{
    const uint32_t i = custody_person(w->programme, &o->case_id);
    struct person *p;

    (void)node;
    if (i == NOBODY)
        return;
    p = &w->programme->person[i];
    for (unsigned k = 0; k < p->n_referred; k++)
        if (strcmp(programme_service[p->need[k].service].need,
                   o->terms.need.s) == 0 &&
            p->need[k].tries < TRIES_MAX) {
            struct person_need again = p->need[k];

            /* among those still to come, with the tries it has had */
            p->need[k] = p->need[--p->n_referred];
            p->need[p->n_referred] = again;
            later(w, i, ASK_ASSIST, programme_days(w, 1, 7));
            return;
        }
}

static void
withdraw(struct world *w, uint32_t i)
{
    struct person *p = &w->programme->person[i];
    const unsigned at = holder_of(w, p);
    struct order *o;

    if (at == NOBODY || hf_id_is_zero(&p->case_id)) {
        later(w, i, ASK_WITHDRAW, programme_days(w, 5, 30));
        return;
    }
    o = programme_order(w, CMD_CONSENT_WITHDRAW);
    o->c.case_id = p->case_id;
    o->c.erase = world_chance(w, 3) != 0;
    if (world_chance(w, 2) == 0) {
        o->c.n_scopes = 1;
        programme_name(&o->c.scope[0],
                       world_chance(w, 3) == 0 ? "most" : "health");
    }
    w->programme->n_withdrawn++;
    give(w, at, o, i, ASK_WITHDRAW);
}

/* ---- what comes next ---- */

static void
live(struct world *w, struct task *t)
{
    const uint32_t i = (uint32_t)t->handle;

    if (w->is_calm)
        return;
    switch ((enum what)t->who) {
    case ASK_OPEN:
        open_case(w, i);
        break;
    case ASK_CONSENT:
        consent(w, i);
        break;
    case ASK_OFFER:
        offer(w, i);
        break;
    case ASK_PLAN:
        plan(w, i);
        break;
    case ASK_STAGE:
        stage(w, i, STAGE_PLANNING, ASK_STAGE);
        break;
    case ASK_ASSIST:
    case ASK_REFER:
        refer(w, i);
        break;
    case ASK_WITHDRAW:
        withdraw(w, i);
        break;
    case ASK_MOVE_ON:
        move_on(w, i);
        break;
    case ASK_FOLLOW:
        stage(w, i, STAGE_FOLLOW_UP, ASK_FOLLOW);
        break;
    }
}

static void
opened(struct world *w, uint32_t i, unsigned node, const struct hf_id *id)
{
    struct person *p = &w->programme->person[i];

    p->case_id = *id;
    custody_opened(w, id, node, i);
    later(w, i, ASK_CONSENT, world_chance(w, 2 * DAY_MS));
    if (p->withdraws)
        later(w, i, ASK_WITHDRAW, programme_days(w, 10, 200));
}

void
persons_reply(struct world *w, unsigned node, const struct node_reply *r)
{
    const uint32_t i = (uint32_t)(r->ticket >> 8) - 1;
    const enum what what = (enum what)(r->ticket & 0xff);
    const bool done = r->status == 0;

    if (r->ticket == 0 || w->is_calm)
        return;
    HF_ASSERT(i < w->programme->o.cases);
    if (what == ASK_OPEN && done)
        opened(w, i, node, &r->id);
    else if (what == ASK_CONSENT && done)
        later(w, i, ASK_OFFER, programme_days(w, 1, 12));
    else if (what == ASK_PLAN && done)
        later(w, i, ASK_STAGE, world_chance(w, DAY_MS));
    else if (what == ASK_STAGE && done)
        later(w, i, ASK_ASSIST, programme_days(w, 1, 14));
    else if (what == ASK_OFFER)
        later(w, i, ASK_OFFER, programme_days(w, 20, 40));
    else if (!done && r->status == 75)
        later(w, i, what, programme_days(w, 1, 3));
}

/* ---- the beginning ---- */

static unsigned
pick_desk(struct world *w, enum desk_kind kind)
{
    for (;;) {
        const unsigned i = (unsigned)world_chance(w, w->n_nodes);

        if (w->programme->desk[i].kind == kind)
            return i;
    }
}

static void
make_person(struct world *w, struct person *p)
{
    p->host = pick_desk(w, DESK_HOST);
    p->origin = pick_desk(w, DESK_ORIGIN);
    p->moves_on = world_chance(w, 20) == 0;
    p->next = p->moves_on ? pick_desk(w, DESK_ORIGIN) : p->origin;
    p->is_unannounced = world_chance(w, 10) == 0;
    p->withdraws = world_chance(w, 12) == 0;
    p->sections = CATEGORY_BIT(CATEGORY_IDENTITY) |
                  CATEGORY_BIT(CATEGORY_CONTACT) |
                  CATEGORY_BIT(CATEGORY_TRAVEL) |
                  (CATEGORY_ALL & (uint32_t)world_chance(w, 131072));
    p->n_needs = (uint8_t)(1 + world_chance(w, PERSON_NEEDS_MAX));
    for (unsigned i = 0; i < p->n_needs; i++)
        p->need[i].service =
            (uint8_t)((world_chance(w, 3) + 3 * i) % PROGRAMME_SERVICES);
}

/* Opened evenly over the first two thirds. */
void
persons_begin(struct world *w)
{
    const struct programme_options *o = &w->programme->o;
    const uint64_t span_ms = o->months * 20 * DAY_MS;

    for (uint32_t i = 0; i < o->cases; i++) {
        make_person(w, &w->programme->person[i]);
        later(w, i, ASK_OPEN, DAY_MS + world_chance(w, span_ms));
    }
}
