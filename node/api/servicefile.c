#include "servicefile.h"

#include <stdio.h>

/* ---- UUIDs ---- */

bool
servicefile_uuid(const char *text, uint8_t ret_id[static 16])
{
    static const uint8_t none[16];
    char hex[33];
    uint8_t id[16];
    size_t n = 0;

    if (text == NULL || strlen(text) != 36)
        return false;
    for (size_t i = 0; i < 36; i++) {
        const bool dash = i == 8 || i == 13 || i == 18 || i == 23;

        if (dash != (text[i] == '-'))
            return false;
        if (!dash)
            hex[n++] = text[i] >= 'A' && text[i] <= 'F'
                           ? (char)(text[i] - 'A' + 'a')
                           : text[i];
    }
    hex[n] = '\0';
    if (!hf_unhex(hex, id, sizeof(id)) || memcmp(id, none, sizeof(id)) == 0)
        return false;
    memcpy(ret_id, id, sizeof(id));
    return true;
}

const char *
servicefile_uuid_text(const uint8_t id[static 16],
                      char out[static SERVICEFILE_UUID_BYTES])
{
    char hex[HF_HEX_BYTES(16)];

    (void)hf_hex(id, 16, hex);
    (void)snprintf(out, SERVICEFILE_UUID_BYTES, "%.8s-%.4s-%.4s-%.4s-%.12s",
                   hex, hex + 8, hex + 12, hex + 16, hex + 20);
    return out;
}

/* FNV-1a, twice with different starts. Not for secrecy: an id that stays the
 * same when the file is published again. */
static void
make_uuid(const struct service *s, uint8_t ret_id[static 16])
{
    uint64_t half[2] = {UINT64_C(0xcbf29ce484222325),
                        UINT64_C(0x84222325cbf29ce4)};
    const struct hf_bytes spans[] = {
        {(const uint8_t *)s->org.s, sizeof(s->org.s)},
        {(const uint8_t *)s->code.s, sizeof(s->code.s)},
        {(const uint8_t *)s->title, sizeof(s->title)}};

    for (size_t h = 0; h < 2; h++)
        for (size_t k = 0; k < sizeof(spans) / sizeof(*spans); k++)
            for (size_t i = 0; i < spans[k].n; i++)
                half[h] = (half[h] ^ spans[k].p[i]) * UINT64_C(0x100000001b3);
    for (size_t i = 0; i < 16; i++)
        ret_id[i] = (uint8_t)(half[i / 8] >> (8 * (i % 8)));
    ret_id[6] = (uint8_t)((ret_id[6] & 0x0f) | 0x80); /* version 8 */
    ret_id[8] = (uint8_t)((ret_id[8] & 0x3f) | 0x80);
}

/* ---- fields ---- */

static bool
check_uuid(struct filecheck *at, json_t *value)
{
    uint8_t id[16];

    if (!servicefile_uuid(json_string_value(value), id))
        return filecheck_fail(at, "must be a UUID");
    return true;
}

static bool
check_title(struct filecheck *at, json_t *value)
{
    if (!filecheck_text(at, value))
        return false;
    if (json_string_length(value) >= SERVICE_TITLE_BYTES)
        return filecheck_fail(at, "is longer than 95 bytes");
    return true;
}

static bool
check_status(struct filecheck *at, json_t *value)
{
    static const char *const words[] = {"active", "inactive", "defunct",
                                        "temporarily closed"};
    const char *text = json_string_value(value);

    for (size_t i = 0; text != NULL && i < sizeof(words) / sizeof(*words); i++)
        if (strcmp(text, words[i]) == 0)
            return true;
    return filecheck_fail(at, "must be active, inactive, defunct or "
                              "temporarily closed");
}

static bool
check_age(struct filecheck *at, json_t *value)
{
    const double v = json_number_value(value);

    if (!json_is_number(value) || v < 0 || v > 150)
        return filecheck_fail(at, "must be an age in years, 0 to 150");
    return true;
}

static bool
check_practitioner(struct filecheck *at, json_t *value)
{
    const enum sex sex =
        json_is_string(value) ? sex_parse(json_string_value(value)) : SEX_NONE;

    if (sex != SEX_FEMALE && sex != SEX_MALE)
        return filecheck_fail(at, "must be female or male");
    return true;
}

static bool
check_practitioners(struct filecheck *at, json_t *value)
{
    return filecheck_list(at, value, check_practitioner);
}

static bool
check_only_sex(struct filecheck *at, json_t *value)
{
    if (!filecheck_sex(at, value))
        return false;
    if (sex_parse(json_string_value(value)) == SEX_UNKNOWN)
        return filecheck_fail(at, "must be female, male or other");
    return true;
}

/* HSDS: {"code": "prs", "name": "Dari"}; a plain tag will do. */
static bool
check_language_item(struct filecheck *at, json_t *value)
{
    static const struct filecheck_field fields[] = {
        {"code", filecheck_language}, {NULL, NULL}};

    if (json_is_string(value))
        return filecheck_language(at, value);
    if (!filecheck_map(at, value, fields, false))
        return false;
    if (json_object_get(value, "code") == NULL)
        return filecheck_fail(at, "needs a code, a language tag of BCP 47");
    return true;
}

static bool
check_languages(struct filecheck *at, json_t *value)
{
    if (json_array_size(value) > SERVICE_LANGUAGES_MAX)
        return filecheck_fail(at, "has more than 8 languages");
    return filecheck_list(at, value, check_language_item);
}

/* HSDS: {"name": "Kabul"}; a plain word will do. */
static bool
check_area_item(struct filecheck *at, json_t *value)
{
    static const struct filecheck_field fields[] = {{"name", filecheck_word},
                                                    {NULL, NULL}};

    if (json_is_string(value))
        return filecheck_word(at, value);
    if (!filecheck_map(at, value, fields, false))
        return false;
    if (json_object_get(value, "name") == NULL)
        return filecheck_fail(at, "needs a name, a province");
    return true;
}

static bool
check_areas(struct filecheck *at, json_t *value)
{
    if (json_array_size(value) > SERVICE_PROVINCES_MAX)
        return filecheck_fail(at, "has more than 8 provinces");
    return filecheck_list(at, value, check_area_item);
}

/* HSDS: {"name": "beds"}; a plain word will do. */
static bool
check_unit(struct filecheck *at, json_t *value)
{
    static const struct filecheck_field fields[] = {{"name", filecheck_text},
                                                    {NULL, NULL}};

    if (json_is_string(value))
        return filecheck_text(at, value);
    return filecheck_map(at, value, fields, false);
}

static bool
check_capacity_item(struct filecheck *at, json_t *value)
{
    static const struct filecheck_field fields[] = {
        {"available", filecheck_number},
        {"maximum", filecheck_number},
        {"unit", check_unit},
        {NULL, NULL}};

    return filecheck_map(at, value, fields, false);
}

static bool
check_capacities(struct filecheck *at, json_t *value)
{
    return filecheck_list(at, value, check_capacity_item);
}

static bool
check_cost_item(struct filecheck *at, json_t *value)
{
    static const struct filecheck_field fields[] = {
        {"amount", filecheck_number}, {NULL, NULL}};

    return filecheck_map(at, value, fields, false);
}

static bool
check_costs(struct filecheck *at, json_t *value)
{
    return filecheck_list(at, value, check_cost_item);
}

static const struct filecheck_field service_fields[] = {
    {"id", check_uuid},
    {"name", check_title},
    {"code", filecheck_word},
    {"status", check_status},
    {"accepting", filecheck_bool},
    {"confidential", filecheck_bool},
    {"minimum_age", check_age},
    {"maximum_age", check_age},
    {"assured_date", filecheck_time},
    {"only_sex", check_only_sex},
    {"practitioners", check_practitioners},
    {"languages", check_languages},
    {"service_areas", check_areas},
    {"capacities", check_capacities},
    {"cost_options", check_costs},
    {NULL, NULL}};

/* ---- taking it apart: everything below has passed its rule ---- */

/* The text of an item that is a text, or a map with it under @key. */
static const char *
text_of(json_t *item, const char *key)
{
    return json_is_string(item) ? json_string_value(item)
                                : filecheck_string(item, key);
}

static bool
take_code(struct filecheck *at, json_t *value, struct service *s)
{
    const char *code = filecheck_string(value, "code");
    json_t *attributes = json_object_get(value, "attributes");

    for (size_t i = 0; code == NULL && i < json_array_size(attributes); i++)
        code = filecheck_string(
            json_object_get(json_array_get(attributes, i), "taxonomy_term"),
            "code");
    if (code == NULL)
        return filecheck_fail(at, "needs a code: which service of the SOPs "
                                  "this is");
    if (!hf_name_parse(code, &s->code))
        return filecheck_fail(at, "has a code that is not one word");
    return true;
}

static void
take_lists(json_t *value, struct service *s)
{
    json_t *list = json_object_get(value, "languages");

    for (size_t i = 0; i < json_array_size(list); i++)
        filecheck_language_copy(text_of(json_array_get(list, i), "code"),
                                s->language[s->n_languages++], LANGUAGE_BYTES);
    list = json_object_get(value, "service_areas");
    for (size_t i = 0; i < json_array_size(list); i++)
        (void)!hf_name_parse(text_of(json_array_get(list, i), "name"),
                             &s->province[s->n_provinces++]);
    list = json_object_get(value, "practitioners");
    for (size_t i = 0; i < json_array_size(list); i++) {
        if (sex_parse(json_string_value(json_array_get(list, i))) == SEX_FEMALE)
            s->has_female_practitioner = true;
        else
            s->has_male_practitioner = true;
    }
}

/* Words of ours, in a list, or in a text beside others: "wheelchair; ramp".
 * HSDS has {"description": ...} at the locations. */
static uint8_t
access_of(const json_t *value)
{
    static const char *const breaks = ",; ";
    const char *text = json_string_value(value);
    uint8_t bits = 0;
    json_t *item;
    size_t i;

    if (json_is_object(value))
        return access_of(json_object_get(value, "description"));
    json_array_foreach((json_t *)value, i, item) bits |= access_of(item);
    while (text != NULL && *text != '\0') {
        const size_t n = strcspn(text, breaks);
        char word[32];

        (void)snprintf(word, sizeof(word), "%.*s", n < 31 ? (int)n : 31, text);
        bits |= service_access_bit(word);
        text += n + strspn(text + n, breaks);
    }
    return bits;
}

static void
take_access(const json_t *value, struct service *s)
{
    const json_t *places = json_object_get(value, "service_at_locations");

    s->access = access_of(json_object_get(value, "accessibility"));
    for (size_t i = 0; i < json_array_size(places); i++)
        s->access |= access_of(json_object_get(
            json_object_get(json_array_get(places, i), "location"),
            "accessibility"));
    s->confidential = json_is_true(json_object_get(value, "confidential"));
}

/* The first unit that is named; free places of several are added up all the
 * same, as it is one service. */
static void
take_unit(const json_t *capacities, struct service *s)
{
    double most = -1;

    for (size_t i = 0; i < json_array_size(capacities); i++) {
        json_t *item = json_array_get(capacities, i);
        const char *unit = text_of(json_object_get(item, "unit"), "name");
        const json_t *max = json_object_get(item, "maximum");

        if (unit != NULL && s->unit.s[0] == '\0')
            (void)!hf_name_parse(unit, &s->unit);
        if (max != NULL)
            most = (most < 0 ? 0 : most) + json_number_value(max);
    }
    s->capacity_max = most > 1e9 ? 1000000000 : (int32_t)most;
}

/* Free places are added up; the lowest price counts, as it can be chosen. */
static void
take_numbers(json_t *value, struct service *s)
{
    json_t *list = json_object_get(value, "capacities");
    double places = -1, cost = -1;

    for (size_t i = 0; i < json_array_size(list); i++) {
        json_t *v = json_object_get(json_array_get(list, i), "available");

        if (v != NULL)
            places = (places < 0 ? 0 : places) + json_number_value(v);
    }
    list = json_object_get(value, "cost_options");
    for (size_t i = 0; i < json_array_size(list); i++) {
        json_t *v = json_object_get(json_array_get(list, i), "amount");

        if (v != NULL && (cost < 0 || json_number_value(v) < cost))
            cost = json_number_value(v);
    }
    s->capacity = places > 1e9 ? 1000000000 : (int32_t)places;
    s->cost_minor = cost < 0     ? 0
                    : cost > 4e7 ? UINT32_MAX
                                 : (uint32_t)(cost * 100 + 0.5);
    s->age_min =
        (uint16_t)json_number_value(json_object_get(value, "minimum_age"));
    s->age_max =
        (uint16_t)json_number_value(json_object_get(value, "maximum_age"));
}

static bool
take_service(struct filecheck *at, json_t *value, const struct hf_org *org,
             uint64_t now_ms, struct service *s)
{
    const char *text;
    json_t *accepting = json_object_get(value, "accepting");
    char uuid[SERVICEFILE_UUID_BYTES], time[HF_TIME_TEXT_BYTES];
    const char *wrong;

    memset(s, 0, sizeof(*s));
    s->org = *org;
    if (!filecheck_map(at, value, service_fields, false) ||
        !take_code(at, value, s))
        return false;
    text = filecheck_string(value, "name");
    if (text == NULL)
        return filecheck_fail(at, "needs a name");
    memcpy(s->title, text, strlen(text));
    take_lists(value, s);
    take_numbers(value, s);
    take_unit(json_object_get(value, "capacities"), s);
    take_access(value, s);
    text = filecheck_string(value, "status");
    s->accepting = (text == NULL || strcmp(text, "active") == 0) &&
                   (accepting == NULL || json_is_true(accepting));
    s->assured_ms = now_ms;
    text = filecheck_string(value, "assured_date");
    if (text != NULL)
        (void)!hf_time_parse(text, &s->assured_ms);
    else
        (void)json_object_set_new(value, "assured_date",
                                  json_string(hf_time_format(now_ms, time)));
    text = filecheck_string(value, "only_sex");
    s->only_sex = text == NULL ? SEX_NONE : sex_parse(text);
    text = filecheck_string(value, "id");
    if (text != NULL) {
        (void)!servicefile_uuid(text, s->id);
    } else {
        make_uuid(s, s->id);
        (void)json_object_set_new(
            value, "id", json_string(servicefile_uuid_text(s->id, uuid)));
    }
    wrong = service_check(s);
    return wrong == NULL || filecheck_fail(at, wrong);
}

bool
servicefile_check(json_t *root, const struct hf_org *org, uint64_t now_ms,
                  struct service *ret, size_t *ret_n,
                  struct filecheck_error *error)
{
    struct filecheck at;
    json_t *list, *item;
    size_t i, n = 0;

    filecheck_begin(&at, error);
    if (!json_is_object(root))
        return filecheck_fail(&at, "the document must be a map with services");
    if (!filecheck_depth(&at, root))
        return false;
    list = json_object_get(root, "services");
    (void)filecheck_enter(&at, "services");
    if (!json_is_array(list))
        return filecheck_fail(&at, "must be a list of services");
    if (json_array_size(list) > SERVICEFILE_SERVICES_MAX)
        return filecheck_fail(&at, "has more than 64 services");
    json_array_foreach(list, i, item)
    {
        const size_t mark = filecheck_enter_item(&at, i);

        if (!take_service(&at, item, org, now_ms, &ret[i]))
            return false;
        for (size_t k = 0; k < i; k++)
            if (memcmp(ret[k].id, ret[i].id, sizeof(ret[i].id)) == 0)
                return filecheck_fail_at(&at, "id",
                                         "is that of a service above");
        filecheck_leave(&at, mark);
        n++;
    }
    *ret_n = n;
    return true;
}

/* What says where it is; phones stay, they are how one gets there, and so do
 * the words about access, which stand at the locations. */
static void
hide_place(json_t *service, uint8_t access)
{
    static const char *const keys[] = {"service_at_locations", "locations",
                                       "location", "addresses", "address"};
    char words[128]; /* all of them are 87 */
    size_t used = 0;

    for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++)
        (void)json_object_del(service, keys[i]);
    (void)json_object_set_new(service, "confidential", json_true());
    if (access == 0)
        return;
#define X(name, bit, text)                                                     \
    if ((access & (bit)) != 0)                                                 \
        used += (size_t)snprintf(words + used, sizeof(words) - used, "%s%s",   \
                                 used > 0 ? ", " : "", text);
    SERVICE_ACCESS_MAP(X)
#undef X
    (void)json_object_set_new(service, "accessibility", json_string(words));
}

void
servicefile_hide(json_t *root, const struct service *services, size_t n,
                 bool (*is_sensitive)(void *ctx, const struct hf_name *code),
                 void *ctx)
{
    json_t *list = json_object_get(root, "services"), *item;
    size_t i;

    json_array_foreach(list, i, item)
    {
        if (i < n &&
            (services[i].confidential || is_sensitive(ctx, &services[i].code)))
            hide_place(item, services[i].access);
    }
}
