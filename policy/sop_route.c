#include "hf_assert.h"
#include "hf_text.h"
#include "sop_internal.h"

#define HOUR_MS UINT64_C(3600000)
#define DAY_MS  (24 * HOUR_MS)

static bool
has_text(const struct country *list, size_t n, const char *one)
{
    for (size_t i = 0; i < n; i++)
        if (strncmp(list[i].s, one, sizeof(list[i].s)) == 0)
            return true;
    return false;
}

static bool
has_province(const struct sop_when *w, const struct hf_name *one)
{
    for (size_t i = 0; i < w->n_provinces; i++)
        if (hf_name_eq(&w->province[i], one))
            return true;
    return false;
}

static bool
in_stages(uint32_t stages, enum stage stage)
{
    const int n = (int)stage;

    return n > STAGE_NONE && n < STAGE_END && (stages >> n & 1) != 0;
}

const char *
sop_rule_miss(const struct sop_rule *r, const struct facts *f, uint32_t age)
{
    const struct sop_when *w = &r->when;

    if (w->groups != 0 && (w->groups & f->groups) == 0)
        return "the person is in none of the groups that it names";
    if (w->has_age && age == UINT32_MAX)
        return "it asks for an age, and none is known";
    if (w->has_age && (age < w->age_min || age > w->age_max))
        return "it is for another age";
    if (w->sex != SEX_NONE && w->sex != f->sex)
        return "it is for another sex";
    if (w->stages != 0 && !in_stages(w->stages, f->stage))
        return "it is for another stage of the case";
    if (w->n_countries > 0 && !has_text(w->country, w->n_countries, f->origin))
        return "it is for other countries of origin";
    if (w->n_provinces > 0 && !has_province(w, &f->province))
        return "it is for other provinces";
    return NULL;
}

static const char *
pack_not_in_force(const struct sop_pack *p, uint64_t now_ms)
{
    if (now_ms < p->from_ms)
        return "the pack is not in force yet";
    if (p->until_ms != 0 && now_ms >= p->until_ms)
        return "the pack is no longer in force";
    return NULL;
}

static const char *
pack_not_for(const struct sop_pack *p, const struct sop_request *req)
{
    if (p->n_origins > 0 &&
        !has_text(p->origin, p->n_origins, req->facts.origin))
        return "the pack is for other countries of origin";
    if (p->n_hosts > 0 && !has_text(p->host, p->n_hosts, req->facts.host))
        return "the pack is for other host countries";
    return NULL;
}

/* Rules looked at are listed until the room is used; the one that matches
 * always is. */
static void
note_rule(struct sop_decision *d, const struct sop_pack *p,
          const struct hf_name *rule, const char *why)
{
    size_t i = d->n_rules;

    if (i == SOP_RULES_SEEN_MAX) {
        if (why != NULL)
            return;
        i--;
    }
    memset(&d->rule_seen[i], 0, sizeof(d->rule_seen[i]));
    d->rule_seen[i].pack = p->name;
    if (rule != NULL)
        d->rule_seen[i].rule = *rule;
    d->rule_seen[i].matched = why == NULL;
    sop_text(d->rule_seen[i].why, sizeof(d->rule_seen[i].why), "%s",
             why != NULL ? why : "it is the first that matches");
    d->n_rules = (uint8_t)(i + 1);
}

void
sop_default_clocks(enum urgency urgency, uint64_t from_ms, uint64_t *ret_decide,
                   uint64_t *ret_contact, uint64_t *ret_report)
{
    uint64_t decide = 7 * DAY_MS, contact = 14 * DAY_MS, report = 30 * DAY_MS;

    if (urgency == URGENCY_EMERGENCY) {
        decide = HOUR_MS;
        contact = 4 * HOUR_MS;
        report = 3 * DAY_MS;
    } else if (urgency == URGENCY_URGENT) {
        decide = DAY_MS;
        contact = 3 * DAY_MS;
        report = 14 * DAY_MS;
    }
    *ret_decide = from_ms + decide;
    *ret_contact = from_ms + contact;
    *ret_report = from_ms + report;
}

static uint64_t
min_ms(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* A person may raise the urgency a rule gives, not lower it. */
static enum urgency
urgency_of(const struct sop_rule *r, const struct sop_request *req)
{
    return req->urgency > r->urgency && req->urgency < URGENCY_END
               ? req->urgency
               : r->urgency;
}

/* Durations first: the rule's, the urgency's where the rule is silent; a
 * raised urgency only ever shortens. Then instants: what has passed since an
 * incident is gone from each, and what is over is due now. */
static void
set_clocks(const struct sop_pack *p, const struct sop_rule *r,
           const struct sop_request *req, uint16_t service,
           struct sop_decision *d)
{
    const bool has_incident =
        req->incident_ms != 0 && req->incident_ms < req->now_ms;
    const uint64_t from = has_incident ? req->incident_ms : req->now_ms;
    const bool is_raised = d->urgency != r->urgency;
    uint64_t ms[CLOCK_END] = {0};
    uint64_t ceiling;

    HF_ASSERT(service < p->n_services);
    ceiling = p->service[service].ceiling_ms;
    sop_default_clocks(d->urgency, 0, &ms[CLOCK_DECIDE], &ms[CLOCK_CONTACT],
                       &ms[CLOCK_REPORT]);
    for (size_t i = CLOCK_DECIDE; i < CLOCK_END; i++)
        if (r->clock_ms[i] != 0)
            ms[i] = is_raised ? min_ms(ms[i], r->clock_ms[i]) : r->clock_ms[i];
    if (ceiling != 0) {
        ms[CLOCK_CONTACT] = min_ms(ms[CLOCK_CONTACT], ceiling);
        ms[CLOCK_DECIDE] = min_ms(ms[CLOCK_DECIDE], ceiling);
    }
    ms[CLOCK_DELIVER] = r->clock_ms[CLOCK_DELIVER];
    if (ms[CLOCK_DELIVER] == 0 || is_raised)
        ms[CLOCK_DELIVER] = ms[CLOCK_DECIDE] / 4;
    for (size_t i = 0; i < CLOCK_END; i++)
        ms[i] += i == CLOCK_DELIVER ? req->now_ms : from;
    for (size_t i = 0; i < CLOCK_END; i++)
        if (ms[i] < req->now_ms)
            ms[i] = req->now_ms;
    d->deliver_ms = min_ms(ms[CLOCK_DELIVER], ms[CLOCK_DECIDE]);
    d->decide_ms = ms[CLOCK_DECIDE];
    d->contact_ms = ms[CLOCK_CONTACT];
    d->report_ms = ms[CLOCK_REPORT];
}

static void
collect(const struct sop_ask *ask, const struct sop_services *services,
        const struct hf_name *code, bool is_fallback, struct sop_ranking *r)
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
            sop_match(ask, &s, is_fallback, r);
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
            sop_text(c->why, sizeof(c->why), "%s: %s",
                     c->chosen ? "chosen" : "also possible", r->item[i].c.why);
    }
    d->n_candidates = (uint8_t)r->n;
    d->outcome = SOP_NO_PROVIDER;
    if (chosen < r->n) {
        d->outcome = SOP_CHOSEN;
        d->to = d->candidate[chosen].org;
        memcpy(d->service_id, d->candidate[chosen].service_id,
               sizeof(d->service_id));
    }
}

static void
decide(const struct sop_pack *p, const struct sop_rule *r,
       const struct sop_request *req, const struct sop_services *services,
       uint32_t age, struct sop_decision *d)
{
    struct sop_ranking ranking;
    struct sop_ask ask = {.req = req, .rule = r, .age = age};
    uint16_t service = r->service;

    memset(&ranking, 0, sizeof(ranking));
    d->urgency = urgency_of(r, req);
    ask.is_emergency = d->urgency == URGENCY_EMERGENCY;
    collect(&ask, services, &p->service[service].def.code, false, &ranking);
    if (first_fit(&ranking) == ranking.n && r->fallback != SOP_NO_SERVICE) {
        collect(&ask, services, &p->service[r->fallback].def.code, true,
                &ranking);
        if (first_fit(&ranking) < ranking.n)
            service = r->fallback;
    }
    set_candidates(&ranking, d);
    d->is_fallback = service != r->service;
    memcpy(&d->service, &p->service[service].def, sizeof(d->service));
    d->on_send = r->on_send;
    d->approval = r->approval;
    d->expires = r->expires;
    set_clocks(p, r, req, service, d);
    d->pack = p->name;
    d->pack_version = p->version;
    d->pack_hash = p->hash;
    d->rule = r->id;
    memcpy(d->clause, r->clause, sizeof(d->clause));
}

/* The first rule of @p that matches; NULL when none does. */
static const struct sop_rule *
find_rule(const struct sop_pack *p, const struct sop_request *req, size_t need,
          uint32_t age, struct sop_decision *d)
{
    for (size_t i = 0; i < p->n_rules; i++) {
        const struct sop_rule *r = &p->rule[i];
        const char *why;

        if (!sop_when_needs(&r->when, need))
            continue;
        why = sop_rule_miss(r, &req->facts, age);
        note_rule(d, p, &r->id, why);
        if (why == NULL)
            return r;
    }
    return NULL;
}

void
sop_route(const struct sop_book *book, const struct sop_request *req,
          const struct sop_services *services, struct sop_decision *ret)
{
    const uint32_t age = facts_age(&req->facts, req->now_ms);
    const struct sop_pack *p, *newest = NULL;
    size_t need = SOP_NEEDS_MAX;

    memset(ret, 0, sizeof(*ret));
    ret->outcome = SOP_NO_RULE;
    ret->need = req->need;
    if (req->need.s[HF_NAME_BYTES - 1] == '\0')
        need = sop_need_index(req->need.s);
    if (need == SOP_NEEDS_MAX)
        return;
    for (size_t i = 0; (p = sop_book_at(book, i)) != NULL; i++) {
        const struct sop_rule *r;
        const char *why = pack_not_in_force(p, req->now_ms);

        /* Older versions follow: the newest in force speaks for its pack. */
        if (newest != NULL && hf_name_eq(&newest->name, &p->name))
            continue;
        if (why == NULL) {
            newest = p;
            why = pack_not_for(p, req);
        }
        if (why != NULL) {
            note_rule(ret, p, NULL, why);
            continue;
        }
        r = find_rule(p, req, need, age, ret);
        if (r != NULL) {
            decide(p, r, req, services, age, ret);
            return;
        }
    }
}
