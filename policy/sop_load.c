#include <stdlib.h>

#include "hf_assert.h"
#include "hf_text.h"
#include "sop_raw.h"

const char *const sop_clock_word[CLOCK_END] = {"deliver", "decide", "contact",
                                               "report"};

/* The item of the file that is being read. */
struct place {
    const struct hf_yaml_node *node;
    const char *rule; /* its id, or "" */
    struct sop_findings *f;
};

#define WRONG(at, path, ...)                                                   \
    sop_find((at)->f, SOP_ERROR, sop_node((at)->node, path), (at)->rule,       \
             __VA_ARGS__)

static void
read_name(const struct place *at, const char *key, const char *text,
          struct hf_name *ret)
{
    if (!hf_name_parse(text, ret))
        WRONG(at, key,
              "'%s' is no name: letters, digits, - _ . and at most 31 of them",
              text);
}

static uint64_t
read_duration(const struct place *at, const char *path, const char *text)
{
    uint64_t ms = 0;

    if (text == NULL)
        return 0;
    if (!hf_duration_parse(text, &ms) || ms == 0)
        WRONG(at, path, "'%s' is no duration: 30m, 24h, 14d", text);
    else if (ms > SOP_CLOCK_MAX_MS)
        WRONG(at, path, "'%s' is longer than a year", text);
    return ms;
}

static uint64_t
read_time(const struct place *at, const char *path, const char *text)
{
    uint64_t ms = 0;

    if (text != NULL && !hf_time_parse(text, &ms))
        WRONG(at, path, "'%s' is no date: 2026-11-02", text);
    return ms;
}

static uint8_t
read_countries(const struct place *at, const char *path,
               const struct raw_list *list,
               struct country ret[static SOP_PLACES_MAX])
{
    HF_ASSERT(list->n <= SOP_PLACES_MAX);
    for (size_t i = 0; i < list->n; i++) {
        if (hf_country_ok(list->item[i]) && strlen(list->item[i]) < 4)
            sop_text(ret[i].s, sizeof(ret[i].s), "%s", list->item[i]);
        else
            sop_find(at->f, SOP_ERROR, sop_child(sop_node(at->node, path), i),
                     at->rule,
                     "'%s' is no country: two letters of ISO 3166, or XXA",
                     list->item[i]);
    }
    return (uint8_t)list->n;
}

static void
read_needs(const struct place *at, const struct raw_list *list,
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
read_age(const struct place *at, const struct raw_age *age, struct sop_when *w)
{
    const uint32_t min = age->min != NULL ? *age->min : 0;
    const uint32_t max = age->max != NULL ? *age->max : 150;

    if (max > 150 || min > 150)
        WRONG(at, "when.age", "an age is at most 150");
    else if (min > max)
        WRONG(at, "when.age",
              "can never match: the lowest age is above the highest");
    w->has_age = true;
    w->age_min = (uint16_t)min;
    w->age_max = (uint16_t)max;
}

static void
read_when(const struct place *at, const struct raw_when *raw,
          struct sop_when *w)
{
    read_needs(at, &raw->needs, w);
    w->groups = raw->groups;
    w->stages = raw->stages;
    w->sex = (enum sex)raw->sex;
    if (raw->age != NULL)
        read_age(at, raw->age, w);
    w->n_countries =
        read_countries(at, "when.countries", &raw->countries, w->country);
    HF_ASSERT(raw->provinces.n <= SOP_PLACES_MAX);
    w->n_provinces = (uint8_t)raw->provinces.n;
    for (size_t i = 0; i < raw->provinces.n; i++)
        read_name(at, "when.provinces", raw->provinces.item[i],
                  &w->province[i]);
}

static uint16_t
read_code(const struct place *at, const struct sop_pack *p, const char *key,
          const char *code)
{
    const uint16_t i = sop_service_index(p, code);

    if (i == SOP_NO_SERVICE)
        WRONG(at, key, "this pack has no service '%s'", code);
    return i;
}

static void
read_rule(const struct hf_yaml_node *node, const struct raw_rule *raw,
          const struct sop_pack *p, struct sop_findings *f,
          struct sop_rule *ret)
{
    const struct place at = {node, raw->id, f};

    read_name(&at, "id", raw->id, &ret->id);
    sop_text(ret->clause, sizeof(ret->clause), "%s", raw->source);
    read_when(&at, &raw->when, &ret->when);
    ret->service = read_code(&at, p, "service", raw->service);
    ret->fallback = SOP_NO_SERVICE;
    if (raw->fallback != NULL)
        ret->fallback = read_code(&at, p, "fallback", raw->fallback);
    if (raw->fallback != NULL && ret->fallback == ret->service &&
        ret->service != SOP_NO_SERVICE)
        WRONG(&at, "fallback", "the fallback is the service itself");
    ret->urgency =
        raw->urgency != 0 ? (enum urgency)raw->urgency : URGENCY_NORMAL;
    for (size_t i = 0; i < CLOCK_END; i++) {
        char path[32];

        sop_text(path, sizeof(path), "clocks.%s", sop_clock_word[i]);
        ret->clock_ms[i] = read_duration(&at, path, raw->clocks.word[i]);
    }
    ret->on_send = raw->disclose == RAW_ON_SEND;
    ret->approval = raw->approval == RAW_SUPERVISOR;
    ret->expires = raw->expire == RAW_TRUE;
    ret->has_cost = raw->cost != NULL;
    if (raw->cost != NULL)
        ret->cost_max = raw->cost->max;
}

static void
read_service(const struct hf_yaml_node *node, const struct raw_service *raw,
             struct sop_findings *f, struct sop_pack_service *ret)
{
    const struct place at = {node, "", f};

    read_name(&at, "code", raw->code, &ret->def.code);
    read_name(&at, "family", raw->family, &ret->def.family);
    ret->def.required = raw->required;
    ret->def.allowed = raw->allowed;
    ret->def.never = raw->never;
    ret->def.sensitive = raw->sensitive == RAW_TRUE;
    ret->ceiling_ms = read_duration(&at, "ceiling", raw->ceiling);
}

static void
read_head(const struct hf_yaml_node *root, const struct raw_pack *raw,
          struct sop_findings *f, struct sop_pack *p)
{
    const struct place at = {root, "", f};

    read_name(&at, "pack", raw->pack, &p->name);
    p->version = raw->version;
    if (p->version == 0)
        WRONG(&at, "version", "versions begin with 1");
    sop_text(p->title, sizeof(p->title), "%s", raw->title);
    p->level = (enum sop_level)raw->level;
    p->n_origins = read_countries(&at, "applies.origins", &raw->applies.origins,
                                  p->origin);
    p->n_hosts =
        read_countries(&at, "applies.hosts", &raw->applies.hosts, p->host);
    p->from_ms = read_time(&at, "effective.from", raw->effective.from);
    p->until_ms = read_time(&at, "effective.until", raw->effective.until);
    if (p->until_ms != 0 && p->until_ms <= p->from_ms)
        WRONG(&at, "effective.until",
              "can never be in force: it ends before it begins");
}

/* Follow-up and calendars are checked for their form; nothing decides by them
 * in version 1 of the language. */
static void
check_reserved(const struct hf_yaml_node *root, const struct raw_pack *raw,
               struct sop_findings *f)
{
    const struct hf_yaml_node *follow = hf_yaml_find(root, "follow_up");
    const struct hf_yaml_node *cal = hf_yaml_find(root, "calendars");
    struct hf_name name;

    for (size_t i = 0; i < raw->n_follow_up; i++) {
        const struct place at = {sop_child(follow, i), "", f};
        const struct raw_follow_up *u = &raw->follow_up[i];

        read_name(&at, "id", u->id, &name);
        (void)read_duration(&at, "after", u->after);
        (void)read_duration(&at, "every", u->every);
        (void)read_duration(&at, "until", u->until);
    }
    for (size_t i = 0; i < raw->n_calendars; i++) {
        const struct place at = {sop_child(cal, i), "", f};
        const struct raw_calendar *c = &raw->calendars[i];

        read_name(&at, "id", c->id, &name);
        for (size_t k = 0; k < c->holidays.n; k++)
            (void)read_time(&at, "holidays", c->holidays.item[k]);
    }
}

static struct sop_pack *
pack_new(size_t n_services, size_t n_rules)
{
    struct sop_pack *p = calloc(1, sizeof(*p));

    if (p == NULL)
        return NULL;
    p->service = calloc(n_services, sizeof(*p->service));
    p->rule = calloc(n_rules, sizeof(*p->rule));
    if (p->service == NULL || p->rule == NULL) {
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
    struct sop_pack *p = pack_new(raw->n_services, raw->n_rules);

    if (p == NULL)
        return HF_ERR_NOMEM;
    read_head(root, raw, f, p);
    for (size_t i = 0; i < raw->n_services; i++) {
        read_service(sop_child(services, i), &raw->services[i], f,
                     &p->service[i]);
        p->n_services++;
    }
    for (size_t i = 0; i < raw->n_rules; i++) {
        read_rule(sop_child(rules, i), &raw->rules[i], p, f, &p->rule[i]);
        p->n_rules++;
    }
    check_reserved(root, raw, f);
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
