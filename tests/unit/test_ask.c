/* The preview's question: which consent is missing, in words and as a scope. */
#include "api_fixture.h"

#define CAT(x) CATEGORY_BIT(CATEGORY_##x)

#include "api_internal.h"

static struct node_case row;
static struct node_decision d;
static struct consent consent;

static void
begin(void)
{
    fixture_begin();
    row.id.b[0] = 1;
    row.consent.b[0] = 2;
    row.held = CAT(IDENTITY) | CAT(HEALTH) | CAT(FAMILY);
    case_put(&fixture.view, &row);
    d.case_id = row.id;
    d.sop.to = (struct hf_org){"clinic-kbl"};
    d.sop.service.code = (struct hf_name){"general_health"};
    d.sop.service.required = CAT(IDENTITY) | CAT(HEALTH);
    d.sop.service.allowed = CAT(FAMILY) | CAT(SKILLS);
    consent.id = row.consent;
    consent.case_id = row.id;
    consent.version = 1;
    consent.state = CONSENT_GIVEN;
    consent.n_scopes = 1;
    consent.scope[0].id = (struct hf_name){"s1"};
    consent.scope[0].n_recipients = 1;
    consent.scope[0].recipient[0] = d.sop.to;
}

static void
cover(uint32_t categories, uint32_t purposes)
{
    consent.scope[0].categories = categories;
    consent.scope[0].purposes = purposes;
    consent_put(&fixture.view, &consent, (struct hf_bytes){NULL, 0});
}

static json_t *
asked(void)
{
    const struct api_call c = {.env = &fixture.env, .now_ms = NOW};
    json_t *o = json_object();

    api_put_ask(&c, o, &d);
    json_decref(answer.json); /* freed by the fixture */
    answer.json = o;
    return json_object_get(o, "ask_consent");
}

static char *
list(const char *key)
{
    static char text[200];
    json_t *item;
    size_t i;

    text[0] = '\0';
    json_array_foreach(json_object_get(asked(), key), i, item)
    {
        strcat(text, i > 0 ? " " : "");
        strcat(text, json_string_value(item));
    }
    return text;
}

TestSuite(ask, .init = begin, .fini = fixture_end);

Test(ask, nothing_is_asked_when_all_is_covered)
{
    cover(CAT(IDENTITY) | CAT(HEALTH) | CAT(FAMILY),
          PURPOSE_BIT(PURPOSE_REFERRAL));
    cr_expect(eq(ptr, asked(), NULL));
}

Test(ask, without_any_consent_all_that_the_service_needs_is_asked)
{
    cr_expect(eq(str, list("required"), "identity health"));
    cr_expect(eq(str, list("useful"), "family"), "skills are not held");
}

Test(ask, what_the_sop_never_takes_is_not_asked)
{
    d.sop.service.never = CAT(FAMILY);
    cr_expect(eq(str, list("useful"), ""));
}

Test(ask, the_words_name_who_gives_what_to_whom_and_that_it_can_be_taken_back)
{
    static const char *const parts[] = {"that iom-af gives", "clinic-kbl",
                                        "family and health", "general_health",
                                        "report back",       "take this back"};
    const char *words;

    cover(CAT(IDENTITY), PURPOSE_BIT(PURPOSE_REFERRAL));
    words = json_string_value(json_object_get(asked(), "words"));
    cr_assert(ne(ptr, (void *)words, NULL));
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
        cr_expect(ne(ptr, strstr(words, parts[i]), NULL), "%s", parts[i]);
}

Test(ask, feedback_is_not_asked_again_where_it_is_covered)
{
    json_t *purposes;

    cover(CAT(IDENTITY),
          PURPOSE_BIT(PURPOSE_REFERRAL) | PURPOSE_BIT(PURPOSE_FEEDBACK));
    purposes = json_object_get(json_object_get(asked(), "scope"), "purposes");
    cr_expect(eq(sz, json_array_size(purposes), 1));
}

Test(ask, the_scope_is_one_that_a_consent_file_takes)
{
    json_t *scope = json_object_get(asked(), "scope");
    json_t *to = json_array_get(json_object_get(scope, "recipients"), 0);
    struct hf_name id;

    cr_expect(
        hf_name_parse(json_string_value(json_object_get(scope, "id")), &id));
    cr_expect(eq(str, (char *)json_string_value(json_object_get(to, "org")),
                 "clinic-kbl"));
}
