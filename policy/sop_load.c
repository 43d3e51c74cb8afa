#include <stdlib.h>

#include "hf_assert.h"
#include "hf_text.h"
#include "sop_raw.h"

const char *const sop_clock_word[CLOCK_END] = {"deliver", "decide", "contact",
                                               "report"};

void
sop_read_name(const struct sop_at *at, const char *key, const char *text,
              struct hf_name *ret)
{
    if (!hf_name_parse(text, ret))
        SOP_WRONG(at, key,
                  "'%s' is no name: letters, digits, - _ . and at most 31 of "
                  "them",
                  text);
}

uint64_t
sop_read_duration(const struct sop_at *at, const char *path, const char *text,
                  uint64_t max_ms)
{
    uint64_t ms = 0;

    if (text == NULL)
        return 0;
    if (!hf_duration_parse(text, &ms) || ms == 0)
        SOP_WRONG(at, path, "'%s' is no duration: 30m, 24h, 14d", text);
    else if (ms > max_ms)
        SOP_WRONG(at, path, "'%s' is longer than %s", text,
                  max_ms == SOP_CLOCK_MAX_MS ? "a year" : "ten years");
    return ms;
}

uint64_t
sop_read_time(const struct sop_at *at, const char *path, const char *text)
{
    uint64_t ms = 0;

    if (text != NULL && !hf_time_parse(text, &ms))
        SOP_WRONG(at, path, "'%s' is no date: 2026-11-02", text);
    return ms;
}

uint8_t
sop_read_hundredths(const struct sop_at *at, const char *path, const char *text,
                    uint8_t none)
{
    const size_t n = text != NULL ? strlen(text) : 0;
    uint64_t v = 0;
    char digits[5];

    if (text == NULL)
        return none;
    if (n == 4 && text[1] == '.') {
        hf_say(digits, sizeof(digits), "%c%s", text[0], text + 2);
        if (hf_parse_u64(digits, 0, 100, &v))
            return (uint8_t)v;
    }
    SOP_WRONG(at, path, "'%s' is no score: 0.00 to 1.00, two places", text);
    return none;
}

uint8_t
sop_read_countries(const struct sop_at *at, const char *path,
                   const struct raw_list *list,
                   struct country ret[static SOP_PLACES_MAX])
{
    HF_ASSERT(list->n <= SOP_PLACES_MAX);
    for (size_t i = 0; i < list->n; i++) {
        if (hf_country_ok(list->item[i]) && strlen(list->item[i]) < 4)
            hf_say(ret[i].s, sizeof(ret[i].s), "%s", list->item[i]);
        else
            sop_find(at->f, SOP_ERROR, sop_child(sop_node(at->node, path), i),
                     at->rule,
                     "'%s' is no country: two letters of ISO 3166, or XXA",
                     list->item[i]);
    }
    return (uint8_t)list->n;
}

static void
read_needs(const struct sop_at *at, const struct raw_list *list,
           struct sop_when *w)
{
    for (size_t i = 0; i < list->n; i++) {
        const size_t need = sop_need_index(list->item[i]);

        if (need < SOP_NEEDS_MAX)
            w->need[need / 32] |= UINT32_C(1) << (need % 32);
        else
            sop_find(at->f, SOP_ERROR,
                     sop_child(sop_node(at->node, "when.needs"), i), at->rule,
                     "unknown need '%s'", list->item[i]);
    }
}

static void
read_age(const struct sop_at *at, const struct raw_age *age, struct sop_when *w)
{
    const uint32_t min = age->min != NULL ? *age->min : 0;
    const uint32_t max = age->max != NULL ? *age->max : 150;

    if (max > 150 || min > 150)
        SOP_WRONG(at, "when.age", "an age is at most 150");
    else if (min > max)
        SOP_WRONG(at, "when.age",
                  "can never match: the lowest age is above the highest");
    w->has_age = true;
    w->age_min = (uint16_t)min;
    w->age_max = (uint16_t)max;
}

/* Words that say what a place is like; a rule's must be said of some place. */
static uint32_t
read_words(const struct sop_at *at, const char *path,
           const struct raw_list *list, struct sop_pack *p, bool is_new)
{
    uint32_t set = 0;

    for (size_t i = 0; i < list->n; i++) {
        struct hf_name word = {{0}};
        size_t k = 0;

        sop_read_name(at, path, list->item[i], &word);
        while (k < p->n_words && !hf_name_eq(&p->word[k], &word))
            k++;
        if (k == p->n_words && !is_new) {
            SOP_WRONG(at, path,
                      "can never match: '%s' is said of no place of the pack",
                      list->item[i]);
        } else if (k == SOP_WORDS_MAX) {
            SOP_WRONG(at, path, "more than %d words about places",
                      SOP_WORDS_MAX);
        } else {
            if (k == p->n_words)
                p->word[p->n_words++] = word;
            set |= UINT32_C(1) << k;
        }
    }
    return set;
}

static uint32_t
read_scenarios(const struct sop_at *at, const struct raw_list *list,
               const struct sop_pack *p)
{
    uint32_t set = 0;

    for (size_t i = 0; i < list->n; i++) {
        size_t k = 0;

        while (k < p->n_scenarios &&
               !hf_name_is(&p->scenario[k].id, list->item[i]))
            k++;
        if (k < p->n_scenarios)
            set |= UINT32_C(1) << k;
        else
            SOP_WRONG(at, "when.scenarios", "this pack has no scenario '%s'",
                      list->item[i]);
    }
    return set;
}

static void
read_measures(const struct sop_at *at, const struct raw_when *raw,
              struct sop_when *w)
{
    w->within_ms = sop_read_duration(at, "when.incident.within",
                                     raw->incident.within, SOP_CLOCK_MAX_MS);
    w->after_ms = sop_read_duration(at, "when.incident.after",
                                    raw->incident.after, SOP_CLOCK_MAX_MS);
    if (w->within_ms != 0 && w->after_ms >= w->within_ms)
        SOP_WRONG(at, "when.incident",
                  "can never match: within is not later than after");
    if (raw->score == NULL)
        return;
    w->has_score = 1;
    w->score_of = (uint8_t)(raw->score->of - 1);
    w->score_from =
        sop_read_hundredths(at, "when.score.from", raw->score->from, 0);
    w->score_until =
        sop_read_hundredths(at, "when.score.until", raw->score->until, 101);
    if (w->score_from >= w->score_until)
        SOP_WRONG(at, "when.score", "can never match: from is not below until");
}

static void
read_when(const struct sop_at *at, const struct raw_when *raw,
          struct sop_pack *p, struct sop_when *w)
{
    read_needs(at, &raw->needs, w);
    w->groups = raw->groups;
    w->stages = raw->stages;
    w->families = (uint8_t)raw->families;
    w->sex = (enum sex)raw->sex;
    if (raw->age != NULL)
        read_age(at, raw->age, w);
    w->n_countries =
        sop_read_countries(at, "when.countries", &raw->countries, w->country);
    w->n_hosts = sop_read_countries(at, "when.hosts", &raw->hosts, w->host);
    HF_ASSERT(raw->provinces.n <= SOP_PLACES_MAX);
    w->n_provinces = (uint8_t)raw->provinces.n;
    for (size_t i = 0; i < raw->provinces.n; i++)
        sop_read_name(at, "when.provinces", raw->provinces.item[i],
                      &w->province[i]);
    w->community = read_words(at, "when.community", &raw->community, p, false);
    w->structural =
        read_words(at, "when.structural", &raw->structural, p, false);
    w->scenarios = read_scenarios(at, &raw->scenarios, p);
    read_measures(at, raw, w);
}

static uint16_t
read_code(const struct sop_at *at, const struct sop_pack *p, const char *key,
          const char *code)
{
    const uint16_t i = sop_service_index(p, code);

    if (i == SOP_NO_SERVICE)
        SOP_WRONG(at, key, "this pack has no service '%s'", code);
    return i;
}

static void
add_fallback(const struct sop_at *at, const struct sop_pack *p, const char *key,
             const char *code, struct sop_rule *r)
{
    const uint16_t i = read_code(at, p, key, code);

    if (i == SOP_NO_SERVICE)
        return;
    if (i == r->service)
        SOP_WRONG(at, key, "the fallback is the service itself");
    for (size_t k = 0; k < r->n_fallbacks; k++)
        if (r->fallback[k] == i)
            SOP_WRONG(at, key, "the fallback %s is named twice", code);
    HF_ASSERT(r->n_fallbacks < SOP_FALLBACKS_MAX);
    r->fallback[r->n_fallbacks++] = i;
}

static void
read_services_of(const struct sop_at *at, const struct raw_rule *raw,
                 const struct sop_pack *p, struct sop_rule *r)
{
    r->service = read_code(at, p, "service", raw->service);
    if (raw->fallback != NULL && raw->fallbacks.n > 0)
        SOP_WRONG(at, "fallbacks", "give either fallback or fallbacks");
    else if (raw->fallback != NULL)
        add_fallback(at, p, "fallback", raw->fallback, r);
    else
        for (size_t i = 0; i < raw->fallbacks.n; i++)
            add_fallback(at, p, "fallbacks", raw->fallbacks.item[i], r);
}

static void
read_clocks(const struct sop_at *at, const struct raw_rule *raw,
            const struct sop_pack *p, struct sop_rule *r)
{
    for (size_t i = 0; i < CLOCK_END; i++) {
        char path[32];

        hf_say(path, sizeof(path), "clocks.%s", sop_clock_word[i]);
        r->clock_ms[i] =
            sop_read_duration(at, path, raw->clocks.word[i], SOP_CLOCK_MAX_MS);
    }
    r->by_decision = raw->clocks.run_from == RAW_DECISION;
    r->by_incident = raw->clocks.run_from == RAW_INCIDENT;
    r->calendar = sop_read_calendar(at, "clocks.calendar", raw->clocks.calendar,
                                    &p->duties);
}

static void
read_money(const struct sop_at *at, const struct raw_cost *raw,
           const struct sop_pack *p, struct sop_rule *r)
{
    size_t k = 0;

    if (raw == NULL)
        return;
    if (raw->max != NULL) {
        r->has_cost = true;
        r->cost_max = *raw->max;
    }
    if (raw->approval_above != NULL) {
        r->has_approval_above = true;
        r->approval_above = *raw->approval_above;
    }
    r->payer = (enum sop_payer)raw->payer;
    if (raw->budget == NULL)
        return;
    while (k < p->duties.n_budgets &&
           !hf_name_is(&p->duties.budget[k].id, raw->budget))
        k++;
    if (k == p->duties.n_budgets)
        SOP_WRONG(at, "cost.budget", "this pack has no budget '%s'",
                  raw->budget);
    r->budget = (uint8_t)(k + 1);
}

/* What is preferred is named; the rest follows in its usual order. */
static void
read_prefer(const struct sop_at *at, const struct raw_prefer *raw,
            struct sop_rule *r)
{
    uint32_t seen = 0;
    size_t n = 0;

    for (size_t i = 0; i < raw->n && n < PREFER_END; i++) {
        const uint32_t bit = UINT32_C(1) << (raw->item[i] - 1);

        if ((seen & bit) != 0)
            SOP_WRONG(at, "prefer", "a preference is named twice");
        else
            r->prefer[n++] = (uint8_t)(raw->item[i] - 1);
        seen |= bit;
    }
    for (uint8_t k = 0; k < PREFER_END; k++)
        if ((seen >> k & 1) == 0)
            r->prefer[n++] = k;
    HF_ASSERT(n == PREFER_END);
}

static void
read_rule(const struct hf_yaml_node *node, const struct raw_rule *raw,
          struct sop_pack *p, struct sop_findings *f, struct sop_rule *ret)
{
    const struct sop_at at = {node, raw->id, f};

    sop_read_name(&at, "id", raw->id, &ret->id);
    ret->line = node->line;
    hf_say(ret->clause, sizeof(ret->clause), "%s", raw->source);
    read_when(&at, &raw->when, p, &ret->when);
    read_services_of(&at, raw, p, ret);
    ret->urgency =
        raw->urgency != 0 ? (enum urgency)raw->urgency : URGENCY_NORMAL;
    read_clocks(&at, raw, p, ret);
    ret->on_send = raw->disclose == RAW_ON_SEND;
    ret->approval = raw->approval == RAW_SUPERVISOR;
    ret->expires = raw->expire == RAW_TRUE;
    ret->is_final = raw->final == RAW_TRUE;
    ret->hands_on = raw->otherwise == RAW_GENERAL;
    ret->least = 1;
    if (raw->capacity.least != NULL && *raw->capacity.least > 1000)
        SOP_WRONG(&at, "capacity.least", "more than 1000 places");
    else if (raw->capacity.least != NULL)
        ret->least = (int32_t)*raw->capacity.least;
    ret->stated = raw->capacity.stated == RAW_TRUE;
    read_money(&at, raw->cost, p, ret);
    read_prefer(&at, &raw->prefer, ret);
}

static void
read_service(const struct hf_yaml_node *node, const struct raw_service *raw,
             const struct sop_duties *d, struct sop_findings *f,
             struct sop_pack_service *ret)
{
    const struct sop_at at = {node, "", f};

    sop_read_name(&at, "code", raw->code, &ret->def.code);
    sop_read_name(&at, "family", raw->family, &ret->def.family);
    ret->def.required = raw->required;
    ret->def.allowed = raw->allowed;
    ret->def.never = raw->never;
    ret->def.sensitive = raw->sensitive == RAW_TRUE;
    ret->ceiling_ms =
        sop_read_duration(&at, "ceiling", raw->ceiling, SOP_CLOCK_MAX_MS);
    ret->has_first_contact = raw->first_contact != NULL;
    if (raw->first_contact != NULL) {
        const struct sop_at in = {sop_node(node, "first_contact"), "", f};

        sop_read_first_contact(&in, raw->first_contact, d, &ret->first_contact);
    }
}

static void
read_head(const struct hf_yaml_node *root, const struct raw_pack *raw,
          struct sop_findings *f, struct sop_pack *p)
{
    const struct sop_at at = {root, "", f};

    sop_read_name(&at, "pack", raw->pack, &p->name);
    p->version = raw->version;
    if (p->version == 0)
        SOP_WRONG(&at, "version", "versions begin with 1");
    hf_say(p->title, sizeof(p->title), "%s", raw->title);
    p->level = (enum sop_level)raw->level;
    p->n_origins = sop_read_countries(&at, "applies.origins",
                                      &raw->applies.origins, p->origin);
    p->n_hosts =
        sop_read_countries(&at, "applies.hosts", &raw->applies.hosts, p->host);
    p->from_ms = sop_read_time(&at, "effective.from", raw->effective.from);
    p->until_ms = sop_read_time(&at, "effective.until", raw->effective.until);
    if (p->until_ms != 0 && p->until_ms <= p->from_ms)
        SOP_WRONG(&at, "effective.until",
                  "can never be in force: it ends before it begins");
}

static void
read_places(const struct hf_yaml_node *root, const struct raw_pack *raw,
            struct sop_findings *f, struct sop_pack *p)
{
    const struct hf_yaml_node *list = hf_yaml_find(root, "places");

    for (size_t i = 0; i < raw->n_places; i++) {
        const struct raw_place *from = &raw->places[i];
        const struct sop_at at = {sop_child(list, i), "", f};
        struct sop_place *to = &p->place[i];

        sop_read_name(&at, "province", from->province, &to->province);
        if (sop_place(p, &to->province) != NULL)
            SOP_WRONG(&at, "province", "the place %s is described twice",
                      from->province);
        to->community = read_words(&at, "community", &from->community, p, true);
        to->structural =
            read_words(&at, "structural", &from->structural, p, true);
        p->n_places++;
    }
}

static void
read_all_scenarios(const struct hf_yaml_node *root, const struct raw_pack *raw,
                   struct sop_findings *f, struct sop_pack *p)
{
    const struct hf_yaml_node *list = hf_yaml_find(root, "scenarios");

    for (size_t i = 0; i < raw->n_scenarios; i++) {
        const struct raw_scenario *from = &raw->scenarios[i];
        const struct sop_at at = {sop_child(list, i), "", f};

        sop_read_name(&at, "id", from->id, &p->scenario[i].id);
        for (size_t k = 0; k < i; k++)
            if (hf_name_eq(&p->scenario[k].id, &p->scenario[i].id))
                SOP_WRONG(&at, "id", "two scenarios have this id");
        read_when(&at, &from->when, p, &p->scenario[i].when);
        p->n_scenarios++;
    }
}

static struct sop_pack *
pack_new(const struct raw_pack *raw)
{
    struct sop_pack *p = calloc(1, sizeof(*p));

    if (p == NULL)
        return NULL;
    p->service = calloc(raw->n_services, sizeof(*p->service));
    p->rule = calloc(raw->n_rules, sizeof(*p->rule));
    p->scenario = calloc((size_t)raw->n_scenarios + 1, sizeof(*p->scenario));
    p->place = calloc((size_t)raw->n_places + 1, sizeof(*p->place));
    if (p->service == NULL || p->rule == NULL || p->scenario == NULL ||
        p->place == NULL) {
        sop_pack_free(p);
        return NULL;
    }
    return p;
}

static enum hf_err
build(const struct hf_yaml_node *root, const struct raw_pack *raw,
      struct sop_findings *f, struct sop_pack **ret_pack)
{
    const struct hf_yaml_node *services = hf_yaml_find(root, "services");
    const struct hf_yaml_node *rules = hf_yaml_find(root, "rules");
    struct sop_pack *p = pack_new(raw);
    enum hf_err err;

    if (p == NULL)
        return HF_ERR_NOMEM;
    read_head(root, raw, f, p);
    err = sop_read_named(root, raw, f, &p->duties);
    if (!err)
        err = sop_read_duties(root, raw, f, &p->duties);
    if (err) {
        sop_pack_free(p);
        return err;
    }
    for (size_t i = 0; i < raw->n_services; i++) {
        read_service(sop_child(services, i), &raw->services[i], &p->duties, f,
                     &p->service[i]);
        p->n_services++;
    }
    read_places(root, raw, f, p);
    read_all_scenarios(root, raw, f, p);
    for (size_t i = 0; i < raw->n_rules; i++) {
        read_rule(sop_child(rules, i), &raw->rules[i], p, f, &p->rule[i]);
        p->n_rules++;
    }
    *ret_pack = p;
    return HF_OK;
}

enum hf_err
sop_pack_load(struct hf_bytes yaml, struct sop_findings *ret_findings,
              struct sop_pack **ret_pack)
{
    struct hf_yaml_node *root = NULL;
    struct sop_pack *p = NULL;
    void *raw = NULL;
    enum hf_err err;

    memset(ret_findings, 0, sizeof(*ret_findings));
    err = sop_raw_load(yaml, &sop_raw_pack_schema, ret_findings, &root, &raw);
    if (!err)
        err = build(root, raw, ret_findings, &p);
    if (!err && !sop_has_errors(ret_findings))
        sop_check(p, root, ret_findings);
    if (!err && sop_has_errors(ret_findings))
        err = HF_ERR_MALFORMED;
    if (!err) {
        *ret_pack = p;
        p = NULL;
    }
    sop_pack_free(p);
    sop_raw_free(&sop_raw_pack_schema, raw);
    hf_yaml_free(root);
    HF_ASSERT(err != HF_ERR_MALFORMED || sop_has_errors(ret_findings));
    return err;
}
