/* Unit tests of node/api/servicefile: HSDS fields to what routing reads. */
#include "file_fixture.h"
#include "servicefile.h"

#define NOW       UINT64_C(1795000000000)
#define ONE(more) "{'services':[{'name':'N','code':'c'" more "}]}"

static const struct hf_org org = {"clinic-kbl"};
static struct service services[SERVICEFILE_SERVICES_MAX];
static size_t n;
static struct filecheck_error error;

static const char *
complaint(const char *text)
{
    json_t *json = fixture_json(text);
    const bool ok = servicefile_check(json, &org, NOW, services, &n, &error);

    json_decref(json);
    return ok ? NULL : error.path;
}

Test(servicefile, takes_every_sample)
{
    static const char *const names[] = {
        "services-clinic-kbl", "services-tvet-hrt", "services-mowa-af"};

    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
        json_t *json = fixture_file(names[i]);

        cr_expect(servicefile_check(json, &org, NOW, services, &n, &error),
                  "%s: %s %s", names[i], error.path, error.what);
        json_decref(json);
    }
}

Test(servicefile, reads_what_routing_needs)
{
    json_t *json = fixture_file("services-clinic-kbl");
    const struct service *s = &services[0];
    char uuid[SERVICEFILE_UUID_BYTES];

    cr_assert(servicefile_check(json, &org, NOW, services, &n, &error));
    cr_assert(eq(sz, n, 3));
    cr_expect(eq(str, (char *)s->org.s, "clinic-kbl"));
    cr_expect(eq(str, (char *)s->code.s, "primary_health_care"));
    cr_expect(eq(str, (char *)servicefile_uuid_text(s->id, uuid),
                 "3f6a1c52-7d0e-4b8e-9a51-0c2d7be41f01"));
    cr_expect(s->accepting);
    cr_expect(eq(i32, s->capacity, 12));
    cr_expect(eq(int, s->n_provinces, 3));
    cr_expect(eq(str, (char *)s->province[0].s, "Kabul"));
    cr_expect(eq(int, s->n_languages, 2));
    cr_expect(s->has_female_practitioner);
    cr_expect(s->has_male_practitioner);
    cr_expect(eq(u64, s->assured_ms, NOW));
    cr_expect(eq(int, (int)services[2].only_sex, SEX_FEMALE));
    cr_expect(eq(int, services[2].age_min, 12));
    cr_expect(not(services[2].has_male_practitioner));
    json_decref(json);
}

Test(servicefile, an_inactive_service_does_not_accept)
{
    cr_assert(eq(ptr, (void *)complaint(ONE(",'status':'inactive'")), NULL));
    cr_expect(not(services[0].accepting));
    cr_assert(eq(ptr, (void *)complaint(ONE(",'accepting':false")), NULL));
    cr_expect(not(services[0].accepting));
    cr_assert(eq(ptr, (void *)complaint(ONE("")), NULL));
    cr_expect(services[0].accepting);
    cr_expect(eq(i32, services[0].capacity, -1), "not said");
}

Test(servicefile, finds_the_code_in_an_attribute)
{
    cr_assert(eq(ptr,
                 (void *)complaint(
                     "{'services':[{'name':'N','attributes':[{'taxonomy_term':"
                     "{'code':'counselling'}}]}]}"),
                 NULL));
    cr_expect(eq(str, services[0].code.s, "counselling"));
}

Test(servicefile, gives_the_same_id_to_the_same_service)
{
    json_t *json = fixture_json(ONE(""));
    uint8_t id[16];

    cr_assert(servicefile_check(json, &org, NOW, services, &n, &error));
    memcpy(id, services[0].id, 16);
    cr_expect(
        ne(ptr,
           (void *)filecheck_string(
               json_array_get(json_object_get(json, "services"), 0), "id"),
           NULL),
        "the document says so");
    json_decref(json);
    cr_assert(eq(ptr, (void *)complaint(ONE("")), NULL));
    cr_expect(eq(int, memcmp(id, services[0].id, 16), 0));
}

Test(servicefile, takes_the_lowest_price_and_all_free_places)
{
    cr_assert(eq(ptr,
                 (void *)complaint(
                     ONE(",'cost_options':[{'amount':12.5},{'amount':3}],"
                         "'capacities':[{'available':2},{'available':5}]")),
                 NULL));
    cr_expect(eq(u32, services[0].cost_minor, 300));
    cr_expect(eq(i32, services[0].capacity, 7));
}

Test(servicefile, names_the_field_that_is_wrong)
{
    static const struct {
        const char *text, *path;
    } wrong[] = {
        {"[]", ""},
        {"{'service':[]}", "services"},
        {"{'services':[{'code':'c'}]}", "services.0"},
        {"{'services':[{'name':'N'}]}", "services.0"},
        {ONE(",'id':'17'"), "services.0.id"},
        {ONE(",'status':'open'"), "services.0.status"},
        {ONE(",'minimum_age':-1"), "services.0.minimum_age"},
        {ONE(",'minimum_age':20,'maximum_age':10"), "services.0"},
        {ONE(",'languages':['english please']"), "services.0.languages.0"},
        {ONE(",'languages':[{'name':'Dari'}]"), "services.0.languages.0"},
        {ONE(",'practitioners':['all']"), "services.0.practitioners.0"},
        {ONE(",'only_sex':'unknown'"), "services.0.only_sex"},
        {ONE(",'capacities':[{'available':'many'}]"),
         "services.0.capacities.0.available"},
        {ONE(",'assured_date':'lately'"), "services.0.assured_date"},
        {"{'services':[{'name':'N','code':'c'},{'name':'N','code':'c'}]}",
         "services.1.id"},
    };

    for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
        const char *path = complaint(wrong[i].text);

        cr_assert(ne(ptr, (void *)path, NULL), "%s", wrong[i].text);
        cr_expect(eq(str, (char *)path, (char *)wrong[i].path), "%s",
                  wrong[i].text);
    }
}

static bool
is_shelter(void *ctx, const struct hf_name *code)
{
    (void)ctx;
    return strcmp(code->s, "shelter") == 0;
}

Test(servicefile, publishes_no_address_of_what_is_sensitive)
{
    json_t *json = fixture_json(
        "{'services':["
        "{'name':'A','code':'shelter','phones':[{'number':'1'}],"
        "'service_at_locations':[{'location':{'addresses':[{'city':'K'}],"
        "'accessibility':[{'description':'wheelchair'}]}}]},"
        "{'name':'B','code':'c','confidential':true,'address':'here'},"
        "{'name':'C','code':'c','address':'there','capacities':"
        "[{'available':2,'maximum':9,'unit':{'name':'beds'}}]}]}");
    json_t *list = json_object_get(json, "services"), *a, *b, *c;

    cr_assert(servicefile_check(json, &org, NOW, services, &n, &error));
    servicefile_hide(json, services, n, is_shelter, NULL);
    a = json_array_get(list, 0);
    b = json_array_get(list, 1);
    c = json_array_get(list, 2);
    cr_expect_null(json_object_get(a, "service_at_locations"));
    cr_expect_not_null(json_object_get(a, "phones"));
    cr_expect(
        eq(int, json_boolean_value(json_object_get(a, "confidential")), 1));
    cr_expect(eq(str,
                 (char *)json_string_value(json_object_get(a, "accessibility")),
                 "wheelchair"));
    cr_expect_null(json_object_get(b, "address"));
    cr_expect_not_null(json_object_get(c, "address"));
    cr_expect(eq(int, services[0].access, ACCESS_WHEELCHAIR));
    cr_expect(eq(i32, services[2].capacity_max, 9));
    cr_expect(eq(str, (char *)services[2].unit.s, "beds"));
    json_decref(json);
}
