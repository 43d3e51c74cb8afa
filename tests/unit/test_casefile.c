/* Unit tests of node/api/casefile: what a case file may say, where a complaint
 * points, and which facts rules see of it. */
#include "casefile.h"
#include "file_fixture.h"

#define YEAR_MS (UINT64_C(365) * 24 * 3600 * 1000)

static struct casefile file;
static struct filecheck_error error;

/* The complaint's path about @text, "" for one about the whole, NULL: none.
 * Sections of @file are gone afterwards. */
static const char *
complaint(const char *text)
{
    json_t *json = fixture_json(text);
    const bool ok = casefile_check(json, NULL, &file, &error);

    json_decref(json);
    return ok ? NULL : error.path;
}

static bool
is_fine(const char *text)
{
    const char *path = complaint(text);

    if (path != NULL)
        cr_log_warn("%s: %s", error.path, error.what);
    return path == NULL;
}

#define EXPECT_PATH(text, path)                                                \
    do {                                                                       \
        const char *p_ = complaint(text);                                      \
        cr_expect(p_ != NULL && strcmp(p_, (path)) == 0, "%s: %s", (text),     \
                  p_ == NULL ? "(none)" : p_);                                 \
    } while (0)

Test(casefile, takes_every_sample)
{
    static const char *const names[] = {"case-ordinary", "case-arabic-names",
                                        "case-child", "case-single-name"};

    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
        json_t *json = fixture_file(names[i]);

        cr_expect(casefile_check(json, NULL, &file, &error), "%s: %s %s",
                  names[i], error.path, error.what);
        json_decref(json);
    }
}

Test(casefile, needs_no_more_than_an_origin_and_one_name)
{
    cr_expect(is_fine("{'origin':'AF','identity':{'name':'Gulzar'}}"));
    cr_expect(is_fine("{'origin':'XXA'}"));
    EXPECT_PATH("{'host':'AT'}", "");
    EXPECT_PATH("{'origin':'AF','identity':{'sex':'male'}}", "identity");
    EXPECT_PATH("['origin']", "");
}

Test(casefile, refuses_keys_at_the_top_that_it_does_not_know)
{
    EXPECT_PATH("{'origin':'AF','helth':{}}", "helth");
    EXPECT_PATH("{'origin':'AF','Nasir W.':{}}", "*");
}

Test(casefile, keeps_unknown_fields_of_a_section)
{
    json_t *json = fixture_json("{'origin':'AF','identity':{'name':'G',"
                                "'tattoo':{'where':[1,2]}},'notes':'text'}");

    cr_assert(casefile_check(json, NULL, &file, &error), "%s", error.what);
    cr_expect(
        eq(u32, file.sections,
           CATEGORY_BIT(CATEGORY_IDENTITY) | CATEGORY_BIT(CATEGORY_NOTES)));
    cr_expect(ne(
        ptr, json_object_get(file.section[CATEGORY_IDENTITY], "tattoo"), NULL));
    json_decref(json);
}

Test(casefile, names_the_field_that_is_wrong)
{
    static const struct {
        const char *text, *path;
    } wrong[] = {
        {"{'origin':'Afghanistan'}", "origin"},
        {"{'origin':'af'}", "origin"},
        {"{'origin':'AF','stage':'gone'}", "stage"},
        {"{'origin':'AF','number':'no spaces please'}", "number"},
        {"{'origin':'AF','identity':{'name':'G','birth_date':'1994-02-30'}}",
         "identity.birth_date"},
        {"{'origin':'AF','identity':{'name':'G','birth_date':'94'}}",
         "identity.birth_date"},
        {"{'origin':'AF','identity':{'name':'G','sex':'f'}}", "identity.sex"},
        {"{'origin':'AF','identity':{'name':'G','nationality':['AF','ZZ']}}",
         "identity.nationality.1"},
        {"{'origin':'AF','identity':{'name':'  '}}", "identity.name"},
        {"{'origin':'AF','contact':{'ways':[{'kind':'phone',"
         "'value':'0660 123'}]}}",
         "contact.ways.0.value"},
        {"{'origin':'AF','contact':{'ways':[{'kind':'email','value':'x'}]}}",
         "contact.ways.0.value"},
        {"{'origin':'AF','contact':{'ways':[{'value':'x'}]}}",
         "contact.ways.0"},
        {"{'origin':'AF','contact':{'languages':['prs','german!']}}",
         "contact.languages.1"},
        {"{'origin':'AF','travel':{'departure':'soon'}}", "travel.departure"},
        {"{'origin':'AF','travel':{'arrival_airport':'Kabul'}}",
         "travel.arrival_airport"},
        {"{'origin':'AF','family':{'size':0}}", "family.size"},
        {"{'origin':'AF','skills':[{'isco':'tailor'}]}", "skills.0.isco"},
        {"{'origin':'AF','health':{'conditions':[{'icd':'e 11'}]}}",
         "health.conditions.0.icd"},
        {"{'origin':'AF','vulnerability':{'groups':['poor']}}",
         "vulnerability.groups.0"},
        {"{'origin':'AF','vulnerability':{'screening':'2026'}}",
         "vulnerability.screening"},
        {"{'origin':'AF','wishes':{'practitioner':'any'}}",
         "wishes.practitioner"},
        {"{'origin':'AF','health':null}", "health"},
        {"{'origin':'AF','plan':7}", "plan"},
    };

    for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
        EXPECT_PATH(wrong[i].text, wrong[i].path);
}

Test(casefile, never_repeats_a_value_in_a_complaint)
{
    cr_assert(ne(ptr,
                 (void *)complaint("{'origin':'AF','identity':{'name':"
                                   "'Canary','sex':'Canary'}}"),
                 NULL));
    cr_expect(eq(ptr, strstr(error.what, "Canary"), NULL));
    cr_expect(eq(ptr, strstr(error.path, "Canary"), NULL));
}

Test(casefile, takes_dates_that_are_partly_known)
{
    static const struct {
        const char *text;
        uint16_t year;
        bool has_day;
    } dates[] = {{"'1994'", 1994, false},       {"'1994~'", 1994, false},
                 {"'1994-05'", 1994, false},    {"'1994-05-02'", 1994, true},
                 {"'1951-05-02?'", 1951, true}, {"1994", 1994, false}};

    for (size_t i = 0; i < sizeof(dates) / sizeof(*dates); i++) {
        char text[128];

        (void)snprintf(text, sizeof(text),
                       "{'origin':'AF','identity':{'name':'G',"
                       "'birth_date':%s}}",
                       dates[i].text);
        cr_expect(is_fine(text), "%s", text);
        cr_expect(eq(u16, file.facts.birth_year, dates[i].year));
        cr_expect(eq(int, file.facts.birth_ms != 0, dates[i].has_day), "%s",
                  text);
    }
}

Test(casefile, makes_the_facts_that_rules_see)
{
    json_t *json = fixture_file("case-ordinary");

    cr_assert(casefile_check(json, NULL, &file, &error));
    cr_expect(eq(str, file.facts.origin, "AF"));
    cr_expect(eq(str, file.facts.host, "AT"));
    cr_expect(eq(str, file.facts.province.s, "Kabul"));
    cr_expect(eq(str, file.facts.language[0], "prs"));
    cr_expect(eq(str, file.facts.language[2], "de"));
    cr_expect(eq(int, (int)file.facts.sex, SEX_MALE));
    cr_expect(eq(int, file.facts.family_band, 1));
    cr_expect(eq(int, (int)file.facts.stage, STAGE_PRE_DEPARTURE));
    cr_expect(eq(u32, file.facts.groups, GROUP_BIT(GROUP_CHRONIC_ILLNESS)));
    cr_expect(gt(u64, file.facts.travel_ms, 50 * YEAR_MS));
    cr_expect(eq(str, file.number.s, "AT-2026-004711"));
    json_decref(json);
}

Test(casefile, counts_the_person_to_the_family)
{
    cr_assert(is_fine("{'origin':'AF','family':{'members':[{},{},{}]}}"));
    cr_expect(eq(int, file.facts.family_band, 2));
    cr_assert(is_fine("{'origin':'AF','family':{'members':[{},{},{},{}]}}"));
    cr_expect(eq(int, file.facts.family_band, 3));
}

Test(casefile, a_change_keeps_the_facts_of_sections_it_does_not_give)
{
    const struct facts held = {.birth_year = 1990,
                               .sex = SEX_FEMALE,
                               .origin = "AF",
                               .groups = GROUP_BIT(GROUP_GBV),
                               .stage = STAGE_ARRIVED};
    json_t *json = fixture_json("{'vulnerability':{'groups':['disability']}}");

    cr_assert(casefile_check(json, &held, &file, &error), "%s", error.what);
    cr_expect(eq(u32, file.facts.groups, GROUP_BIT(GROUP_DISABILITY)));
    cr_expect(eq(int, file.facts.birth_year, 1990));
    cr_expect(eq(str, file.facts.origin, "AF"));
    cr_expect(eq(int, (int)file.facts.stage, STAGE_ARRIVED));
    json_decref(json);
}

Test(casefile, a_language_too_long_for_a_fact_is_cut_at_a_subtag)
{
    cr_assert(is_fine("{'origin':'AF','contact':"
                      "{'languages':['uz-Cyrl-AF-x-herat']}}"));
    cr_expect(eq(str, file.facts.language[0], "uz-Cyrl-AF"));
}

Test(casefile, refuses_what_does_not_fit)
{
    json_t *json = fixture_json("{'origin':'AF','notes':[]}");
    json_t *deep = json_object_get(json, "notes");

    for (int i = 0; i < 40; i++) {
        json_t *inner = json_array();

        (void)json_array_append_new(deep, inner);
        deep = inner;
    }
    cr_expect(not(casefile_check(json, NULL, &file, &error)));
    cr_expect(eq(str, error.path, "notes"));
    json_decref(json);

    json = fixture_json("{'origin':'AF','notes':[]}");
    for (int i = 0; i < 5000; i++)
        (void)json_array_append_new(json_object_get(json, "notes"),
                                    json_string("ten letters"));
    cr_expect(not(casefile_check(json, NULL, &file, &error)));
    cr_expect(eq(str, error.path, "notes"));
    json_decref(json);
}

Test(casefile, sections_alone_have_no_head)
{
    json_t *json = fixture_json("{'health':{'conditions':[]}}");

    cr_expect(casefile_sections(json, &file, &error));
    cr_expect(eq(u32, file.sections, CATEGORY_BIT(CATEGORY_HEALTH)));
    json_decref(json);
    json = fixture_json("{'origin':'AF'}");
    cr_expect(not(casefile_sections(json, &file, &error)));
    cr_expect(eq(str, error.path, "origin"));
    json_decref(json);
}
