/* Unit tests of node/api/consentfile: what a person agreed to, word by word,
 * and who is meant by a kind of organisation. */
#include "consentfile.h"
#include "file_fixture.h"

#define DAY_MS UINT64_C(86400000)

static struct registry_org orgs[] = {
    {.id = {"clinic-kbl"},
     .kind = ORG_CLINIC,
     .country = "AF",
     .status = MEMBER_ACTIVE},
    {.id = {"iom-af"},
     .kind = ORG_IOM_OFFICE,
     .country = "AF",
     .status = MEMBER_ACTIVE},
    {.id = {"moe-af"},
     .kind = ORG_MINISTRY,
     .country = "AF",
     .status = MEMBER_SUSPENDED},
    {.id = {"mowa-af"},
     .kind = ORG_MINISTRY,
     .country = "AF",
     .status = MEMBER_ACTIVE},
    {.id = {"tvet-hrt"},
     .kind = ORG_TRAINING_CENTRE,
     .country = "AF",
     .status = MEMBER_ACTIVE},
};
static struct registry registry;
static struct consent consent;
static struct filecheck_error error;

static void
begin(void)
{
    registry.n_orgs = sizeof(orgs) / sizeof(*orgs);
    registry.orgs = orgs;
}

TestSuite(consentfile, .init = begin);

#define HEAD "'given_at':'2026-11-02','given_by':'self',"
#define SCOPE(more)                                                            \
    "{" HEAD "'scopes':[{'id':'a','categories':['identity'],"                  \
    "'recipients':[{'org':'iom-af'}],'purposes':['transfer']" more "}]}"

static const char *
complaint(const char *text)
{
    json_t *json = fixture_json(text);
    const bool ok = consentfile_check(json, false, &registry, &consent, &error);

    json_decref(json);
    return ok ? NULL : error.path;
}

Test(consentfile, takes_every_sample)
{
    static const char *const names[] = {"consent-ordinary",
                                        "consent-arabic-names", "consent-child",
                                        "consent-single-name"};

    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
        json_t *json = fixture_file(names[i]);

        cr_expect(consentfile_check(json, false, &registry, &consent, &error),
                  "%s: %s %s", names[i], error.path, error.what);
        json_decref(json);
    }
}

Test(consentfile, the_sample_covers_everything_but_mental_health)
{
    json_t *json = fixture_file("consent-ordinary");
    const struct hf_org to = {"iom-af"};
    uint32_t cover;

    cr_assert(consentfile_check(json, false, &registry, &consent, &error));
    cover = consent_cover(&consent, &to, PURPOSE_TRANSFER, consent.given_ms);
    cr_expect(eq(u32, cover & CATEGORY_BIT(CATEGORY_MHPSS), 0));
    cr_expect(ne(u32, cover & CATEGORY_BIT(CATEGORY_HEALTH), 0));
    cr_expect(ne(u32, cover & CATEGORY_BIT(CATEGORY_IDENTITY), 0));
    json_decref(json);
}

Test(consentfile, resolves_a_kind_to_the_active_members_at_signing)
{
    json_t *json = fixture_json(
        "{" HEAD "'scopes':[{'id':'a','categories':['identity'],'recipients':"
        "[{'kind':'ministry','country':'AF'}],'purposes':['referral']}]}");
    json_t *members;

    cr_assert(consentfile_check(json, false, &registry, &consent, &error),
              "%s %s", error.path, error.what);
    cr_expect(eq(int, consent.scope[0].n_recipients, 1));
    cr_expect(eq(str, consent.scope[0].recipient[0].s, "mowa-af"));
    cr_expect(consent.scope[0].by_kind);
    members = json_object_get(
        json_array_get(
            json_object_get(json_array_get(json_object_get(json, "scopes"), 0),
                            "recipients"),
            0),
        "members");
    cr_expect(eq(sz, json_array_size(members), 1), "the record names them");
    json_decref(json);
}

Test(consentfile, never_gives_a_sensitive_category_to_a_kind)
{
    static const char *const sensitive[] = {"health", "mhpss", "protection",
                                            "vulnerability"};

    for (size_t i = 0; i < 4; i++) {
        char text[256];

        (void)snprintf(text, sizeof(text),
                       "{" HEAD "'scopes':[{'id':'a','categories':['%s'],"
                       "'recipients':[{'kind':'ministry','country':'AF'}],"
                       "'purposes':['referral']}]}",
                       sensitive[i]);
        cr_assert(ne(ptr, (void *)complaint(text), NULL));
        cr_expect(eq(str, error.path, "scopes.0.recipients"));
    }
}

Test(consentfile, a_date_as_until_means_through_that_day)
{
    uint64_t first;

    cr_assert(hf_time_parse("2027-12-31", &first));
    cr_assert(eq(ptr, (void *)complaint(SCOPE(",'until':'2027-12-31'")), NULL));
    cr_expect(eq(u64, consent.scope[0].until_ms, first + DAY_MS));
    cr_assert(eq(ptr,
                 (void *)complaint(SCOPE(",'until':'2027-12-31T00:00:00Z'")),
                 NULL));
    cr_expect(eq(u64, consent.scope[0].until_ms, first));
}

Test(consentfile, names_the_field_that_is_wrong)
{
    static const struct {
        const char *text, *path;
    } wrong[] = {
        {"{'given_by':'self'}", ""},
        {"{'given_at':'2026-11-02'}", ""},
        {"{" HEAD "'scope':[]}", "scope"},
        {"{" HEAD "'scopes':[]}", "scopes"},
        {"{" HEAD "'method':'shouted'}", "method"},
        {"{" HEAD "'method':'verbal_witnessed','scopes':[]}", ""},
        {"{'given_at':'2026-11-02','given_by':'guardian'}", ""},
        {"{'given_at':'2026-11-02','given_by':'guardian',"
         "'authority':{'name':'X'}}",
         "authority"},
        {SCOPE(",'until':'2026-13-01'"), "scopes.0.until"},
        {SCOPE(",'from':'2027-01-01','until':'2026-01-01'"), "scopes.0.until"},
        {SCOPE(",'recipient':'x'"), "scopes.0.recipient"},
        {"{" HEAD "'scopes':[{'id':'a','categories':['names'],'recipients':"
         "[{'org':'iom-af'}],'purposes':['transfer']}]}",
         "scopes.0.categories.0"},
        {"{" HEAD "'scopes':[{'id':'a','categories':['identity'],'recipients':"
         "[{'org':'iom-af'}],'purposes':['transfers']}]}",
         "scopes.0.purposes.0"},
        {"{" HEAD "'scopes':[{'id':'a','categories':['identity'],'recipients':"
         "[{'org':'nobody'}],'purposes':['transfer']}]}",
         "scopes.0.recipients.0.org"},
        {"{" HEAD "'scopes':[{'id':'a','categories':['identity'],'recipients':"
         "[{'kind':'bank','country':'AF'}],'purposes':['transfer']}]}",
         "scopes.0.recipients.0"},
        {"{" HEAD "'scopes':[{'id':'a','categories':['identity'],'recipients':"
         "[{'kind':'friends','country':'AF'}],'purposes':['transfer']}]}",
         "scopes.0.recipients.0.kind"},
    };

    for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
        const char *path = complaint(wrong[i].text);

        cr_assert(ne(ptr, (void *)path, NULL), "%s", wrong[i].text);
        cr_expect(eq(str, (char *)path, (char *)wrong[i].path), "%s",
                  wrong[i].text);
    }
}

Test(consentfile, refuses_two_scopes_with_one_id)
{
    json_t *json = fixture_json(SCOPE(""));
    json_t *scopes = json_object_get(json, "scopes");

    (void)json_array_append_new(scopes,
                                json_deep_copy(json_array_get(scopes, 0)));
    cr_expect(not(consentfile_check(json, false, &registry, &consent, &error)));
    cr_expect(eq(str, error.path, "scopes.1.id"));
    json_decref(json);
}

Test(consentfile, a_refusal_needs_no_scopes)
{
    json_t *json = fixture_json("{'given_at':'2026-11-02','given_by':'self'}");

    cr_expect(consentfile_check(json, true, &registry, &consent, &error));
    cr_expect(eq(int, (int)consent.state, CONSENT_REFUSED));
    cr_expect(not(consentfile_check(json, false, &registry, &consent, &error)));
    json_decref(json);
}

Test(consentfile, without_a_registry_only_the_form_is_checked)
{
    json_t *json = fixture_json(SCOPE(""));

    cr_expect(consentfile_check(json, false, NULL, &consent, &error));
    json_decref(json);
    json = fixture_file("consent-arabic-names");
    cr_expect(consentfile_check(json, false, NULL, &consent, &error));
    json_decref(json);
}
