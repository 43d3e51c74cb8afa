#include "hf_assert.h"
#include "hf_text.h"
#include "sop_internal.h"

/* Rules looked at are listed until the room is used; the one that matches
 * always is. */
static void
note_rule(struct sop_decision *d, const struct sop_pack *p,
          const struct hf_name *rule, bool matched, const char *why)
{
    size_t i = d->n_rules;

    if (i == SOP_RULES_SEEN_MAX) {
        if (!matched)
            return;
        i--;
    }
    memset(&d->rule_seen[i], 0, sizeof(d->rule_seen[i]));
    d->rule_seen[i].pack = p->name;
    if (rule != NULL)
        d->rule_seen[i].rule = *rule;
    d->rule_seen[i].matched = matched;
    hf_say(d->rule_seen[i].why, sizeof(d->rule_seen[i].why), "%s", why);
    d->n_rules = (uint8_t)(i + 1);
}

/* A person may raise the urgency a rule gives, not lower it. */
static enum urgency
urgency_of(const struct sop_rule *r, const struct sop_request *req)
{
    return req->urgency > r->urgency && req->urgency < URGENCY_END
               ? req->urgency
               : r->urgency;
}

static void
collect(const struct sop_ask *ask, const struct sop_services *services,
        const struct hf_name *code, uint8_t fallback, struct sop_ranking *r)
{
    struct service s;
    bool is_first = true;

    if (services == NULL)
        return;
    for (;;) {
        memset(&s, 0, sizeof(s));
        if (!services->next(services->ctx, code, is_first, &s))
            return;
        is_first = false;
        if (hf_name_eq(&s.code, code) && !hf_org_eq(&s.org, &ask->req->from))
            sop_match(ask, &s, fallback, r);
    }
}

/* The place of the one to choose; r->n when nobody fits. A wished provider
 * stands first in the list, also when it does not fit. */
static size_t
first_fit(const struct sop_ranking *r)
{
    size_t i = 0;

    while (i < r->n && !r->item[i].fits)
        i++;
    return i;
}

static void
set_candidates(const struct sop_ranking *r, struct sop_decision *d)
{
    const size_t chosen = first_fit(r);

    for (size_t i = 0; i < r->n; i++) {
        struct sop_candidate *c = &d->candidate[i];

        memcpy(c, &r->item[i].c, sizeof(*c));
        c->chosen = i == chosen;
        if (r->item[i].fits)
            hf_say(c->why, sizeof(c->why), "%s: %s",
                     c->chosen ? "chosen" : "also possible", r->item[i].c.why);
    }
    d->n_candidates = (uint8_t)r->n;
    d->outcome = SOP_NO_PROVIDER;
    if (chosen < r->n) {
        d->outcome = SOP_CHOSEN;
        d->to = d->candidate[chosen].org;
        d->cost_minor = r->item[chosen].cost;
        memcpy(d->service_id, d->candidate[chosen].service_id,
               sizeof(d->service_id));
    }
}

/* The service whose candidates were good enough: the rule's, or the first
 * fallback that somebody can give; the rule's when nobody can give any. */
static uint16_t
rank_all(const struct sop_pack *p, const struct sop_rule *r,
         const struct sop_ask *ask, const struct sop_services *services,
         struct sop_ranking *ranking)
{
    collect(ask, services, &p->service[r->service].def.code, 0, ranking);
    for (uint8_t i = 0; i < r->n_fallbacks && first_fit(ranking) == ranking->n;
         i++) {
        collect(ask, services, &p->service[r->fallback[i]].def.code,
                (uint8_t)(i + 1), ranking);
        if (first_fit(ranking) < ranking->n)
            return r->fallback[i];
    }
    return r->service;
}

static void
set_money(const struct sop_pack *p, const struct sop_rule *r,
          struct sop_decision *d)
{
    d->payer = r->payer;
    if (r->budget != 0)
        d->budget = p->duties.budget[r->budget - 1].id;
    if (r->has_approval_above && d->outcome == SOP_CHOSEN &&
        d->cost_minor > r->approval_above && d->urgency != URGENCY_EMERGENCY)
        d->approval = true;
}

static void
decide(const struct sop_pack *p, const struct sop_rule *r,
       const struct sop_request *req, const struct sop_services *services,
       uint32_t age, struct sop_decision *d)
{
    struct sop_ranking ranking;
    struct sop_ask ask = {.req = req, .rule = r, .age = age};
    uint16_t service;
    size_t chosen;

    memset(&ranking, 0, sizeof(ranking));
    d->urgency = urgency_of(r, req);
    ask.is_emergency = d->urgency == URGENCY_EMERGENCY;
    service = rank_all(p, r, &ask, services, &ranking);
    memset(d->candidate, 0, sizeof(d->candidate)); /* of a rule before it */
    set_candidates(&ranking, d);
    chosen = first_fit(&ranking);
    d->is_fallback = service != r->service;
    memcpy(&d->service, &p->service[service].def, sizeof(d->service));
    d->on_send = r->on_send;
    d->approval = r->approval;
    d->expires = r->expires;
    set_money(p, r, d);
    sop_set_clocks(p, r, req, service,
                   chosen < ranking.n ? ranking.item[chosen].country : "", d);
    d->pack = p->name;
    d->pack_version = p->version;
    d->pack_hash = p->hash;
    d->rule = r->id;
    memcpy(d->clause, r->clause, sizeof(d->clause));
}

/* A decision that is being made. */
struct routing {
    const struct sop_book *book;
    const struct sop_request *req;
    const struct sop_services *services;
    size_t need;
    uint32_t age;
    unsigned steps; /* rules held against the person */
    const struct sop_pack *pack[SOP_PACKS_MAX]; /* that may speak */
    size_t n_packs;
    const struct sop_pack *first_pack; /* of the first rule that handed on */
    const struct sop_rule *first;
    struct sop_decision *d;
};

/* The packs that may speak, most local first; why the others do not is in
 * the decision. */
static void
find_packs(struct routing *t)
{
    struct sop_standing standing[SOP_PACKS_MAX];
    const size_t n = sop_book_stand(t->book, t->req->now_ms, standing);

    for (size_t i = 0; i < n; i++) {
        const char *why =
            sop_pack_aside(&standing[i], &t->req->facts, t->req->now_ms);

        if (why != NULL)
            note_rule(t->d, standing[i].pack, NULL, false, why);
        else
            t->pack[t->n_packs++] = standing[i].pack;
    }
}

/* True when the decision is made. A rule that hands on and finds nobody
 * leaves it to the next that matches. */
static bool
try_rule(struct routing *t, const struct sop_pack *p, const struct sop_rule *r)
{
    static const char handed[] =
        "it matches, but nobody can serve: more general rules are asked";

    decide(p, r, t->req, t->services, t->age, t->d);
    if (t->d->outcome == SOP_NO_PROVIDER && r->hands_on) {
        note_rule(t->d, p, &r->id, false, handed);
        if (t->first == NULL) {
            t->first = r;
            t->first_pack = p;
        }
        return false;
    }
    note_rule(t->d, p, &r->id, true,
              r->is_final ? "it matches and may not be overridden"
                          : "it is the first that matches");
    return true;
}

/* The rules of one pack, the final ones or the others; the first that matches
 * decides or hands on. */
static bool
ask_pack(struct routing *t, const struct sop_pack *p, bool is_final)
{
    for (size_t i = 0; i < p->n_rules; i++) {
        const struct sop_rule *r = &p->rule[i];
        const char *why;

        if (!sop_when_needs(&r->when, t->need) || r->is_final != is_final)
            continue;
        t->steps++;
        why = sop_rule_miss(p, r, t->req, t->age);
        if (why == NULL)
            return try_rule(t, p, r);
        note_rule(t->d, p, &r->id, false, why);
    }
    return false;
}

/* Nobody could serve by any rule that matches: the first stands. */
static void
settle_unmet(struct routing *t)
{
    if (t->first == NULL) {
        t->d->outcome = SOP_NO_RULE;
        return;
    }
    decide(t->first_pack, t->first, t->req, t->services, t->age, t->d);
    note_rule(t->d, t->first_pack, &t->first->id, true,
              "it is the first that matched, and nobody could serve");
}

void
sop_route(const struct sop_book *book, const struct sop_request *req,
          const struct sop_services *services, struct sop_decision *ret)
{
    struct routing t = {.book = book,
                        .req = req,
                        .services = services,
                        .need = SOP_NEEDS_MAX,
                        .age = facts_age(&req->facts, req->now_ms),
                        .d = ret};
    bool done = false;

    memset(ret, 0, sizeof(*ret));
    ret->outcome = SOP_NO_RULE;
    ret->need = req->need;
    if (req->need.s[HF_NAME_BYTES - 1] == '\0')
        t.need = sop_need_index(req->need.s);
    if (t.need == SOP_NEEDS_MAX)
        return;
    find_packs(&t);
    /* What a general pack keeps to itself, most general first; then the rest,
     * most local first. */
    for (size_t i = t.n_packs; i-- > 0 && !done;)
        done = ask_pack(&t, t.pack[i], true);
    for (size_t i = 0; i < t.n_packs && !done; i++)
        done = ask_pack(&t, t.pack[i], false);
    if (!done)
        settle_unmet(&t);
    HF_ASSERT(t.steps <= SOP_STEPS_MAX);
}

bool
sop_override(struct sop_decision *d, const struct hf_org *org)
{
    for (size_t i = 0; i < d->n_candidates; i++) {
        struct sop_candidate *c = &d->candidate[i];

        if (!hf_org_eq(&c->org, org))
            continue;
        for (size_t k = 0; k < d->n_candidates; k++)
            d->candidate[k].chosen = k == i;
        d->to = c->org;
        memcpy(d->service_id, c->service_id, sizeof(d->service_id));
        d->outcome = SOP_CHOSEN;
        return true;
    }
    return false;
}

const char *
sop_payer_text(enum sop_payer payer)
{
    static const char *const text[PAYER_END] = {"", "returnee", "provider",
                                                "programme", "shared"};

    return (unsigned)payer < PAYER_END ? text[payer] : "";
}
