/* Readings of sensitive categories: recorded, asked why, found again. */
#include "api_fixture.h"

#include "access.h"
#include "hf_text.h"

static struct node_case row;

static void
begin(void)
{
    static const char health[] = "{\"conditions\": [{\"icd\": \"E11\"}]}";
    static const char identity[] = "{\"given_name\": \"Zarghuna\"}";

    fixture_begin();
    fixture_user("other", ROLE_BIT(ROLE_CASE_MANAGER));
    row.id.b[0] = 7;
    row.holder = fixture.config.org;
    row.owner = (struct hf_name){"cm"};
    row.held = CATEGORY_BIT(CATEGORY_HEALTH) | CATEGORY_BIT(CATEGORY_IDENTITY);
    case_put(&fixture.view, &row);
    section_put(&fixture.view, &row.id, CATEGORY_HEALTH,
                (struct hf_bytes){(const uint8_t *)health, strlen(health)});
    section_put(&fixture.view, &row.id, CATEGORY_IDENTITY,
                (struct hf_bytes){(const uint8_t *)identity, strlen(identity)});
}

static const char *
path(const char *query)
{
    static char text[160];
    char id[HF_ID_TEXT_BYTES];

    (void)snprintf(text, sizeof(text), "/cases/%s%s",
                   hf_id_format("HC", &row.id, id), query);
    return text;
}

static bool
shows(const char *category)
{
    return json_object_get(json_object_get(answer.json, "sections"),
                           category) != NULL;
}

TestSuite(access, .init = begin, .fini = fixture_end);

Test(access, reading_health_is_a_command_that_the_answer_waits_for)
{
    get(path("?why=blood%20test"), "nurse");
    cr_assert(eq(int, answer.http, 200));
    cr_expect(shows("health"));
    cr_assert(eq(int, (int)fixture.n_commands, 1));
    cr_expect(eq(int, (int)fixture.command.type, CMD_ACCESS));
}

Test(access, what_cannot_be_recorded_is_not_shown)
{
    fixture.reply.status = 75;
    get(path(""), "cm");
    cr_expect(eq(int, exit_of(), 75));
    cr_expect(not(shows("health")));
}

Test(access, reading_nothing_sensitive_is_no_command)
{
    row.held = CATEGORY_BIT(CATEGORY_IDENTITY);
    case_put(&fixture.view, &row);
    get(path(""), "cm");
    cr_expect(shows("identity"));
    cr_expect(eq(int, (int)fixture.n_commands, 0));
}

Test(access, a_reason_may_not_name_the_person)
{
    get(path("?why=for%20zarghuna"), "cm");
    cr_expect(eq(int, exit_of(), 65));
    cr_expect(not(shows("identity")));
    cr_expect(eq(int, (int)fixture.n_commands, 0));
}

Test(access, where_a_reason_is_asked_for_others_see_nothing_without_one)
{
    fixture.config.is_why_required = true;
    get(path(""), "other");
    cr_expect(not(shows("health")));
    cr_expect(shows("identity"));
    get(path("?why=night%20duty"), "other");
    cr_expect(shows("health"));
    get(path(""), "cm");
    cr_expect(shows("health"), "the owner needs none");
}

static void
record(uint64_t at_ms, const char *user, const char *why)
{
    struct node_access a = {.at_ms = at_ms, .what = ACCESS_SHOW};

    a.id = row.id;
    a.categories = CATEGORY_BIT(CATEGORY_HEALTH);
    a.reason = ACCESS_GIVEN;
    (void)snprintf(a.user.s, sizeof(a.user.s), "%s", user);
    (void)snprintf(a.why, sizeof(a.why), "%s", why);
    access_put(&fixture.view, &a);
}

Test(access, the_record_is_listed_newest_first_and_page_by_page)
{
    char cursor[128];

    record(NOW - 2, "nurse", "first");
    record(NOW - 1, "cm", "second");
    record(NOW - 1, "cm", "third");
    get("/audit/access?limit=2", "aud");
    cr_assert(eq(sz, n_items(), 2));
    cr_expect(eq(str, item_text(0, "why"), "third"));
    cr_expect(eq(str, item_text(1, "why"), "second"));
    (void)snprintf(cursor, sizeof(cursor), "/audit/access?limit=2&cursor=%s",
                   text_of("next"));
    get(cursor, "aud");
    cr_assert(eq(sz, n_items(), 1));
    cr_expect(eq(str, item_text(0, "why"), "first"));
    get("/audit/access?user=nurse", "aud");
    cr_expect(eq(sz, n_items(), 1));
}

Test(access, a_nurse_does_not_see_who_read)
{
    get("/audit/access", "nurse");
    cr_expect(eq(int, exit_of(), 77));
}

Test(access, rows_older_than_three_years_go)
{
    uint64_t ms = UINT64_MAX;
    uint32_t serial = 0;
    struct node_access a;

    record(NOW - ACCESS_KEEP_MS - 5, "nurse", "old");
    record(NOW - ACCESS_KEEP_MS + 5, "nurse", "not yet");
    record(NOW, "nurse", "new");
    cr_assert(access_next(&fixture.view, &ms, &serial, &a));
    cr_expect(eq(str, a.why, "new"));
    cr_assert(access_next(&fixture.view, &ms, &serial, &a));
    cr_expect(eq(str, a.why, "not yet"));
    cr_expect(not(access_next(&fixture.view, &ms, &serial, &a)));
}
