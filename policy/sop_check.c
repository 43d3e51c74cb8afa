#include "hf_assert.h"
#include "hf_text.h"
#include "sop_internal.h"

#define HOUR_MS              UINT64_C(3600000)
#define EMERGENCY_CONTACT_MS (72 * HOUR_MS)
#define EMERGENCY_DECIDE_MS  (24 * HOUR_MS)

struct check {
    const struct sop_pack *p;
    const struct hf_yaml_node *services, *rules; /* lists of the file */
    struct sop_findings *f;
};

#define SAY(c, level, i, path, ...)                                            \
    sop_find((c)->f, level, sop_node(sop_child((c)->rules, i), path),          \
             (c)->p->rule[i].id.s, __VA_ARGS__)

static bool
leads_to(const struct sop_rule *r, size_t service)
{
    bool does = r->service == service;

    for (size_t i = 0; i < r->n_fallbacks; i++)
        does |= r->fallback[i] == service;
    return does;
}

static void
check_service(const struct check *c, size_t i)
{
    const struct sop_service *s = &c->p->service[i].def;
    const struct hf_yaml_node *at = sop_child(c->services, i);
    bool is_used = false;

    for (uint32_t k = 1; k < CATEGORY_END; k++) {
        const uint32_t bit = CATEGORY_BIT(k);

        if ((s->required & s->never & bit) != 0)
            sop_find(c->f, SOP_ERROR, sop_node(at, "never"), "",
                     "service %s both requires and never takes %s", s->code.s,
                     category_text((enum category)k));
        else if ((s->allowed & s->never & bit) != 0)
            sop_find(c->f, SOP_ERROR, sop_node(at, "never"), "",
                     "service %s both allows and never takes %s", s->code.s,
                     category_text((enum category)k));
    }
    for (size_t k = 0; k < i; k++)
        if (hf_name_eq(&c->p->service[k].def.code, &s->code))
            sop_find(c->f, SOP_ERROR, sop_node(at, "code"), "",
                     "service %s is defined twice", s->code.s);
    for (size_t k = 0; k < c->p->n_rules; k++)
        is_used |= leads_to(&c->p->rule[k], i);
    if (!is_used)
        sop_find(c->f, SOP_WARNING, at, "", "no rule leads to service %s",
                 s->code.s);
}

static void
check_clock_order(const struct check *c, size_t i,
                  const uint64_t ms[static CLOCK_END])
{
    for (size_t k = CLOCK_DECIDE; k < CLOCK_REPORT; k++) {
        char path[32];

        hf_say(path, sizeof(path), "clocks.%s", sop_clock_word[k]);
        if (ms[k] > ms[k + 1])
            SAY(c, SOP_ERROR, i, path, "the clock %s is longer than %s",
                sop_clock_word[k], sop_clock_word[k + 1]);
    }
    if (ms[CLOCK_DELIVER] > ms[CLOCK_DECIDE])
        SAY(c, SOP_ERROR, i, "clocks.deliver",
            "the clock deliver is longer than decide");
}

/* Where the rule is silent the engine keeps to the ceiling by itself. */
static void
check_ceiling(const struct check *c, size_t i, uint16_t service)
{
    const uint64_t contact_ms = c->p->rule[i].clock_ms[CLOCK_CONTACT];
    uint64_t ceiling_ms;

    HF_ASSERT(service < c->p->n_services);
    ceiling_ms = c->p->service[service].ceiling_ms;
    if (ceiling_ms != 0 && contact_ms > ceiling_ms)
        SAY(c, SOP_ERROR, i, "clocks.contact",
            "the clock contact is longer than the ceiling of service %s",
            c->p->service[service].def.code.s);
}

static void
check_clocks(const struct check *c, size_t i)
{
    const struct sop_rule *r = &c->p->rule[i];
    uint64_t ms[CLOCK_END] = {0};

    sop_default_clocks(r->urgency, 0, &ms[CLOCK_DECIDE], &ms[CLOCK_CONTACT],
                       &ms[CLOCK_REPORT]);
    for (size_t k = 0; k < CLOCK_END; k++) {
        if (r->clock_ms[k] != 0)
            ms[k] = r->clock_ms[k];
        else if (k != CLOCK_DELIVER && r->urgency != URGENCY_NORMAL)
            SAY(c, SOP_WARNING, i, "clocks",
                "no clock %s: the default of %s urgency holds",
                sop_clock_word[k], urgency_text(r->urgency));
    }
    check_clock_order(c, i, ms);
    check_ceiling(c, i, r->service);
    for (size_t k = 0; k < r->n_fallbacks; k++)
        check_ceiling(c, i, r->fallback[k]);
    if (r->urgency == URGENCY_EMERGENCY &&
        (ms[CLOCK_DECIDE] > EMERGENCY_DECIDE_MS ||
         ms[CLOCK_CONTACT] > EMERGENCY_CONTACT_MS))
        SAY(c, SOP_ERROR, i, "clocks",
            "too long for an emergency: decide within 24h, contact within 72h");
}

static bool
has_country(const struct country *list, size_t n, const struct country *one)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(list[i].s, one->s) == 0)
            return true;
    return false;
}

static void
check_countries(const struct check *c, size_t i)
{
    const struct sop_when *w = &c->p->rule[i].when;
    size_t n = 0;

    if (w->n_countries == 0 || c->p->n_origins == 0)
        return;
    for (size_t k = 0; k < w->n_countries; k++)
        n += has_country(c->p->origin, c->p->n_origins, &w->country[k]);
    if (n == 0)
        SAY(c, SOP_ERROR, i, "when.countries",
            "can never match: the pack applies to none of these countries");
}

static bool
sets_cover(uint32_t a, uint32_t b)
{
    return a == 0 || (b != 0 && (b & ~a) == 0);
}

static bool
countries_cover(const struct sop_when *a, const struct sop_when *b)
{
    if (a->n_countries == 0)
        return true;
    for (size_t i = 0; i < b->n_countries; i++)
        if (!has_country(a->country, a->n_countries, &b->country[i]))
            return false;
    return b->n_countries > 0;
}

static bool
provinces_cover(const struct sop_when *a, const struct sop_when *b)
{
    if (a->n_provinces == 0)
        return true;
    for (size_t i = 0; i < b->n_provinces; i++) {
        bool found = false;

        for (size_t k = 0; k < a->n_provinces; k++)
            found |= hf_name_eq(&a->province[k], &b->province[i]);
        if (!found)
            return false;
    }
    return b->n_provinces > 0;
}

static bool
hosts_cover(const struct sop_when *a, const struct sop_when *b)
{
    if (a->n_hosts == 0)
        return true;
    for (size_t i = 0; i < b->n_hosts; i++)
        if (!has_country(a->host, a->n_hosts, &b->host[i]))
            return false;
    return b->n_hosts > 0;
}

static bool
measures_cover(const struct sop_when *a, const struct sop_when *b)
{
    const bool a_asks = a->within_ms != 0 || a->after_ms != 0;
    const bool b_asks = b->within_ms != 0 || b->after_ms != 0;

    if (a->has_score &&
        !(b->has_score && a->score_of == b->score_of &&
          a->score_from <= b->score_from && a->score_until >= b->score_until))
        return false;
    if (!a_asks)
        return true;
    if (!b_asks || a->after_ms > b->after_ms)
        return false;
    return a->within_ms == 0 ||
           (b->within_ms != 0 && b->within_ms <= a->within_ms);
}

bool
sop_covers(const struct sop_when *a, const struct sop_when *b)
{
    if (!sets_cover(a->groups, b->groups) || !sets_cover(a->stages, b->stages))
        return false;
    if (a->has_age &&
        !(b->has_age && a->age_min <= b->age_min && a->age_max >= b->age_max))
        return false;
    if (a->sex != SEX_NONE && a->sex != b->sex)
        return false;
    if (!sets_cover(a->families, b->families) ||
        !sets_cover(a->community, b->community) ||
        !sets_cover(a->structural, b->structural) ||
        !sets_cover(a->scenarios, b->scenarios))
        return false;
    return measures_cover(a, b) && hosts_cover(a, b) && countries_cover(a, b) &&
           provinces_cover(a, b);
}

/* The first rule wins, so a rule behind a wider one for the same need is
 * never reached. */
static void
check_shadow(const struct check *c, size_t i)
{
    const struct sop_rule *r = &c->p->rule[i];
    const struct sop_rule *by = NULL;
    size_t n = 0, n_taken = 0, taken = 0;

    for (size_t need = 0; need < SOP_NEEDS_MAX; need++) {
        if (!sop_when_needs(&r->when, need))
            continue;
        n++;
        for (size_t k = 0; k < i; k++) {
            const struct sop_rule *a = &c->p->rule[k];

            if (sop_when_needs(&a->when, need) && a->is_final >= r->is_final &&
                sop_covers(&a->when, &r->when)) {
                by = a;
                taken = need;
                n_taken++;
                break;
            }
        }
    }
    HF_ASSERT(n_taken == 0 || by != NULL);
    if (n_taken == 0)
        return;
    if (n_taken == n)
        SAY(c, SOP_ERROR, i, "when",
            "can never match: rule %s before it takes every such case",
            by->id.s);
    else
        SAY(c, SOP_WARNING, i, "when.needs",
            "never reached for %s: rule %s comes first", sop_need_at(taken),
            by->id.s);
}

/* What a rule says that its own urgency or level takes back. */
static void
check_contradictions(const struct check *c, size_t i)
{
    const struct sop_rule *r = &c->p->rule[i];

    if (r->urgency == URGENCY_EMERGENCY && r->approval)
        SAY(c, SOP_WARNING, i, "approval",
            "an emergency waits for a supervisor before it is sent");
    if (r->urgency == URGENCY_EMERGENCY && (r->least > 1 || r->stated))
        SAY(c, SOP_WARNING, i, "capacity",
            "free places do not count in an emergency");
    if (r->urgency == URGENCY_EMERGENCY &&
        (r->has_cost || r->has_approval_above))
        SAY(c, SOP_WARNING, i, "cost", "cost does not count in an emergency");
    if (r->payer == PAYER_RETURNEE && r->budget != 0)
        SAY(c, SOP_WARNING, i, "cost",
            "the returnee pays, and yet a budget is named");
    if (r->has_cost && r->has_approval_above &&
        r->approval_above >= r->cost_max)
        SAY(c, SOP_WARNING, i, "cost.approval_above",
            "nothing is dearer: max already rules it out");
    if (r->is_final && c->p->level == LEVEL_LOCAL)
        SAY(c, SOP_WARNING, i, "final", "no pack is more local than this");
    if (r->hands_on && c->p->level == LEVEL_INTERNATIONAL)
        SAY(c, SOP_WARNING, i, "otherwise",
            "no pack is more general than this");
    if (r->by_incident && r->clock_ms[CLOCK_CONTACT] == 0)
        SAY(c, SOP_WARNING, i, "clocks",
            "clocks run from the incident, but none for the contact is given");
}

static void
check_rule(const struct check *c, size_t i)
{
    const struct sop_rule *r = &c->p->rule[i];

    for (size_t k = 0; k < i; k++)
        if (hf_name_eq(&c->p->rule[k].id, &r->id))
            SAY(c, SOP_ERROR, i, "id", "two rules have this id");
    check_clocks(c, i);
    check_countries(c, i);
    check_shadow(c, i);
    if (r->on_send && r->urgency != URGENCY_EMERGENCY)
        SAY(c, SOP_WARNING, i, "disclose",
            "data goes before anybody accepted, though it is no emergency");
    if (r->expires && r->urgency == URGENCY_EMERGENCY)
        SAY(c, SOP_WARNING, i, "expire", "an emergency may expire unanswered");
    check_contradictions(c, i);
}

/* A national pack is where a need without a rule becomes a case manager's
 * dead end; others may leave needs to it. */
static void
check_needs(const struct check *c, const struct hf_yaml_node *root)
{
    char list[96] = "";
    size_t n = 0;

    if (c->p->level != LEVEL_NATIONAL)
        return;
    for (size_t need = 0; sop_need_at(need) != NULL; need++) {
        bool has_rule = false;

        for (size_t k = 0; k < c->p->n_rules; k++)
            has_rule |= sop_when_needs(&c->p->rule[k].when, need);
        if (has_rule)
            continue;
        if (n < 3) {
            const size_t used = strlen(list);

            hf_say(list + used, sizeof(list) - used, "%s%s",
                     n > 0 ? ", " : "", sop_need_at(need));
        }
        n++;
    }
    if (n > 0)
        sop_find(c->f, SOP_WARNING, sop_node(root, "rules"), "",
                 "no rule for %zu needs: %s%s", n, list, n > 3 ? " ..." : "");
}

void
sop_check(const struct sop_pack *p, const struct hf_yaml_node *root,
          struct sop_findings *f)
{
    const struct check c = {.p = p,
                            .services = hf_yaml_find(root, "services"),
                            .rules = hf_yaml_find(root, "rules"),
                            .f = f};

    for (size_t i = 0; i < p->n_services; i++)
        check_service(&c, i);
    for (size_t i = 0; i < p->n_rules; i++)
        check_rule(&c, i);
    check_needs(&c, root);
}
