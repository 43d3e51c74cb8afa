/* The service map: search, and the documents as published. */
#include "api_internal.h"
#include "servicefile.h"

static json_t *
access_words(uint8_t bits)
{
    json_t *list = json_array();

#define X(name, bit, text)                                                     \
    if ((bits & (bit)) != 0)                                                   \
        (void)json_array_append_new(list, json_string(text));
    SERVICE_ACCESS_MAP(X)
#undef X
    return list;
}

static json_t *
service_of(struct api_call *c, const struct service *s)
{
    const uint64_t age_ms =
        c->now_ms > s->assured_ms ? c->now_ms - s->assured_ms : 0;
    char uuid[SERVICEFILE_UUID_BYTES];
    json_t *o = json_object();
    json_t *languages = json_array(), *provinces = json_array();
    json_t *practitioners = json_array();

    for (size_t i = 0; i < s->n_languages && i < SERVICE_LANGUAGES_MAX; i++)
        (void)json_array_append_new(languages, json_string(s->language[i]));
    for (size_t i = 0; i < s->n_provinces && i < SERVICE_PROVINCES_MAX; i++)
        (void)json_array_append_new(provinces, json_string(s->province[i].s));
    if (s->has_female_practitioner)
        (void)json_array_append_new(practitioners, json_string("female"));
    if (s->has_male_practitioner)
        (void)json_array_append_new(practitioners, json_string("male"));
    api_put_text(o, "id", servicefile_uuid_text(s->id, uuid));
    api_put_text(o, "organization", s->org.s);
    api_put_text(o, "service", s->code.s);
    api_put_text(o, "name", s->title);
    api_put_bool(o, "accepting", s->accepting);
    (void)json_object_set_new(o, "capacity",
                              s->capacity < 0 ? json_null()
                                              : json_integer(s->capacity));
    (void)json_object_set_new(
        o, "capacity_maximum",
        s->capacity_max <= 0 ? json_null() : json_integer(s->capacity_max));
    api_put_text(o, "capacity_unit", s->unit.s);
    (void)json_object_set_new(o, "accessibility", access_words(s->access));
    api_put_bool(o, "confidential", s->confidential);
    api_put_bool(o, "stale", age_ms > SERVICE_STALE_MS);
    api_put_u64(o, "age_days", age_ms / (24ull * 3600 * 1000));
    api_put_time(o, "assured_date", s->assured_ms);
    api_put_u64(o, "minimum_age", s->age_min);
    api_put_u64(o, "maximum_age", s->age_max);
    api_put_text(o, "only_sex", sex_text(s->only_sex));
    (void)json_object_set_new(o, "cost", json_real(s->cost_minor / 100.0));
    (void)json_object_set_new(o, "languages", languages);
    (void)json_object_set_new(o, "service_areas", provinces);
    (void)json_object_set_new(o, "practitioners", practitioners);
    return o;
}

/* The first code of the service table that sorts after @code. */
static bool
next_code(struct api_call *c, struct hf_name *code)
{
    const struct node_view *v = c->env->view;
    uint8_t after[HF_NAME_BYTES + HF_ORG_BYTES + 16 + 1];
    struct hf_bytes key, value;

    memset(after, 0xff, sizeof(after));
    memcpy(after, code->s, HF_NAME_BYTES);
    if (!v->seek(
            v->ctx, NODE_SERVICES,
            (struct hf_bytes){after, code->s[0] == '\0' ? 0 : sizeof(after)},
            &key, &value) ||
        key.n < HF_NAME_BYTES)
        return false;
    memcpy(code->s, key.p, HF_NAME_BYTES);
    return true;
}

struct service_filter {
    struct hf_name place;
    const char *language;
    uint64_t age, cost, capacity; /* UINT64_MAX: not asked */
    enum sex sex;
    uint8_t access;
    bool is_fresh; /* stale ones are left out */
    uint64_t now_ms;
};

static bool
is_eligible(const struct service_filter *f, const struct service *s)
{
    if (f->sex != SEX_NONE && s->only_sex != SEX_NONE && s->only_sex != f->sex)
        return false;
    if (f->age == UINT64_MAX)
        return true;
    return f->age >= s->age_min && (s->age_max == 0 || f->age <= s->age_max);
}

static bool
passes(const struct service_filter *f, const struct service *s)
{
    bool speaks = f->language == NULL;

    if (f->place.s[0] != '\0' && s->n_provinces > 0 &&
        !service_serves(s, &f->place))
        return false;
    if (!is_eligible(f, s) || (s->access & f->access) != f->access ||
        (f->cost != UINT64_MAX && s->cost_minor > f->cost * 100) ||
        (f->capacity != UINT64_MAX && s->capacity >= 0 &&
         (uint64_t)s->capacity < f->capacity) ||
        (f->is_fresh && s->assured_ms + SERVICE_STALE_MS < f->now_ms))
        return false;
    for (size_t i = 0;
         !speaks && i < s->n_languages && i < SERVICE_LANGUAGES_MAX; i++)
        speaks = service_language(f->language, s->language[i]);
    return speaks;
}

static void
add_services(struct api_call *c, const struct hf_name *code,
             const struct service_filter *f, json_t *list)
{
    struct hf_org org = {{0}};
    uint8_t uuid[16] = {0};
    struct service row;

    while (json_array_size(list) < API_SCAN_MAX &&
           service_next(c->env->view, code, &org, uuid, &row))
        if (passes(f, &row))
            (void)json_array_append_new(list, service_of(c, &row));
}

static bool
read_number(const struct api_call *c, const char *key, uint64_t *ret)
{
    const char *text = api_arg(c, key);

    *ret = UINT64_MAX;
    return text == NULL || hf_parse_u64(text, 0, 100000000, ret);
}

static bool
read_filter(const struct api_call *c, struct service_filter *f)
{
    const char *place = api_arg(c, "place"), *sex = api_arg(c, "sex");
    const char *access = api_arg(c, "accessibility");

    memset(f, 0, sizeof(*f));
    f->now_ms = c->now_ms;
    f->language = api_arg(c, "language");
    f->is_fresh = api_arg(c, "fresh") != NULL;
    if (sex != NULL)
        f->sex = sex_parse(sex);
    if (access != NULL)
        f->access = service_access_bit(access);
    return (place == NULL || hf_name_parse(place, &f->place)) &&
           (f->language == NULL || filecheck_language_ok(f->language)) &&
           (sex == NULL || f->sex != SEX_NONE) &&
           (access == NULL || f->access != 0) &&
           read_number(c, "age", &f->age) && read_number(c, "cost", &f->cost) &&
           read_number(c, "capacity", &f->capacity);
}

enum api_verdict
query_services(struct api_call *c)
{
    const char *text = api_arg(c, "code");
    struct hf_name code = {{0}};
    struct service_filter f;
    json_t *list, *o;

    if ((text != NULL && !hf_name_parse(text, &code)) || !read_filter(c, &f))
        return api_refuse(c, EX_USAGE, "bad_parameter", NULL,
                          "handoff services search --help",
                          "code and place are single words, language is a "
                          "tag of BCP 47, age, cost and capacity are numbers, "
                          "sex and accessibility words of the vocabulary");
    list = json_array();
    if (text != NULL)
        add_services(c, &code, &f, list);
    else
        while (json_array_size(list) < API_SCAN_MAX && next_code(c, &code))
            add_services(c, &code, &f, list);
    o = json_object();
    (void)json_object_set_new(o, "items", list);
    return api_say(c, o);
}

static void
add_document(const struct hf_org *org, struct hf_bytes json, json_t *list)
{
    json_t *o = json_object();
    json_t *document =
        json_loadb((const char *)json.p, json.n, JSON_REJECT_DUPLICATES, NULL);

    api_put_text(o, "organization", org->s);
    (void)json_object_set_new(o, "document",
                              document != NULL ? document : json_null());
    (void)json_array_append_new(list, o);
}

/* The documents as they were published: ours (own=yes), or all. */
enum api_verdict
query_service_documents(struct api_call *c)
{
    const struct node_view *v = c->env->view;
    const bool is_own = api_arg(c, "own") != NULL;
    const struct hf_org *me = &c->env->config->org;
    struct hf_bytes json;
    struct hf_org org = {{0}};
    json_t *list = json_array(), *o;

    if (is_own &&
        v->get(v->ctx, NODE_SERVICE_DOCS,
               (struct hf_bytes){(const uint8_t *)me->s, HF_ORG_BYTES}, &json))
        add_document(me, json, list);
    while (!is_own && json_array_size(list) < API_SCAN_MAX &&
           service_doc_next(v, &org, &json))
        add_document(&org, json, list);
    o = json_object();
    (void)json_object_set_new(o, "items", list);
    return api_say(c, o);
}
