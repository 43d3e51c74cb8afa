/* Readings of sensitive categories: recorded, asked why, found again. */
#include "api_fixture.h"

#include "access.h"
#include "files_internal.h"
#include "hf_text.h"
#include "row.h"
#include "score.h"
#include "task.h"

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

/* Both parts of a survey, as score.h keeps them. */
static void
put_survey(void)
{
    static const char open[] = "{\"1\": 4}", mind[] = "{\"29\": 2}";
    const struct node_score s = {.set = {"rss-2017"}, .at_ms = NOW - DAY_MS};
    uint8_t scores[2 + sizeof(mind)] = {50, 60};
    uint8_t bytes[sizeof(s) + sizeof(open)];
    struct row_key k = row_id(&row.id);

    memcpy(bytes, &s, sizeof(s));
    memcpy(bytes + sizeof(s), open, sizeof(open) - 1);
    memcpy(scores + 2, mind, sizeof(mind) - 1);
    row_number(&k, s.at_ms, 8);
    row_number(&k, 0, 1);
    fixture.view.put(fixture.view.ctx, NODE_SCORES, row_span(&k), NULL,
                     (struct hf_bytes){bytes, sizeof(s) + sizeof(open) - 1});
    k.b[k.n - 1] = 1;
    fixture.view.put(fixture.view.ctx, NODE_SCORES, row_span(&k), NULL,
                     (struct hf_bytes){scores, 2 + sizeof(mind) - 1});
}

/* A copy that leaves something out is no copy: it is refused, or whole. */
Test(access, a_copy_for_the_person_is_whole_where_a_reason_is_asked_for)
{
    put_survey();
    get(path("/export"), "other");
    cr_assert(eq(int, answer.http, 200), "%s", answer.text);
    cr_expect(ne(ptr, strstr(answer.text, "\"29\":2"), NULL));
    fixture.config.is_why_required = true;
    get(path("/export"), "other");
    cr_assert(eq(int, answer.http, 200), "%s", answer.text);
    cr_expect(shows("health"));
    cr_expect(ne(ptr, strstr(answer.text, "\"29\":2"), NULL));
    cr_expect(eq(int, (int)fixture.command.type, CMD_ACCESS), "on record");
    fixture.config.reads[ROLE_CASE_MANAGER] =
        CATEGORY_ALL & ~CATEGORY_BIT(CATEGORY_MHPSS);
    get(path("/export"), "other");
    cr_expect(eq(int, exit_of(), 77), "part of a survey is hidden from it");
}

Test(access, what_is_in_the_archive_a_supervisor_looks_at_and_nobody_else)
{
    static const char *const all[] = {"/consent", "/plan", "/scores",
                                      "/report?kind=final", "/export"};

    fixture_user("sup", ROLE_BIT(ROLE_SUPERVISOR));
    row.stage = STAGE_ARCHIVED;
    case_put(&fixture.view, &row);
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        get(path(all[i]), "cm");
        cr_expect(eq(int, exit_of(), 77), "%s", all[i]);
        get(path(all[i]), "sup");
        cr_expect(eq(int, answer.http, 200), "%s", all[i]);
    }
    get(path(""), "cm");
    cr_expect(not(shows("identity")), "its own, once");
    get("/cases", "cm");
    cr_assert(eq(sz, n_items(), 1));
    cr_expect(eq(ptr, strstr(answer.text, "Zarghuna"), NULL));
    get(path(""), "sup");
    cr_expect(shows("health"));
    get("/cases", "sup");
    cr_expect(ne(ptr, strstr(answer.text, "Zarghuna"), NULL));
}

/* A referral of the case for mental-health care, which a nurse may not know
 * of, and the task to read its answer; both are a colleague's. */
static const char *
put_confidential(void)
{
    static char id[HF_ID_TEXT_BYTES];
    struct node_task t = {.what = TASK_DECIDE, .due_ms = NOW - 5};
    struct node_object o;

    memset(&o, 0, sizeof(o));
    memset(o.id.b, 4, HF_ID_BYTES);
    o.kind = OBJECT_REFERRAL;
    o.side = SIDE_FIRST;
    o.state = STATE_SENT;
    o.case_id = row.id;
    o.peer = (struct hf_org){"ward-kbl"};
    o.owner = (struct hf_name){"other"};
    o.terms.service = (struct hf_name){"psychiatric_care"};
    o.terms.required = CATEGORY_BIT(CATEGORY_MHPSS);
    o.changed_ms = NOW;
    object_put(&fixture.view, &o, 0);
    t.id.b[0] = 9;
    t.case_id = row.id;
    t.object = o.id;
    task_put(&fixture.view, &t, NULL);
    return hf_id_format("HR", &o.id, id);
}

Test(access, what_a_role_may_not_know_is_in_no_list_nor_shown)
{
    static const char *const told[] = {"ward-kbl", "psychiatric_care"};
    char one[64];

    (void)snprintf(one, sizeof(one), "/objects/%s", put_confidential());
    fixture_user("nurse", ROLE_BIT(ROLE_HEALTH) | ROLE_BIT(ROLE_INTEGRATION));
    get("/objects", "nurse");
    cr_assert(eq(sz, n_items(), 1), "that there is something, all may know");
    for (size_t i = 0; i < 2; i++)
        cr_expect(eq(ptr, strstr(answer.text, told[i]), NULL), "%s", told[i]);
    get("/tasks", "nurse");
    cr_expect(eq(sz, n_items(), 0));
    get(one, "nurse");
    cr_expect(eq(int, exit_of(), 77));
    get("/objects", "cm");
    for (size_t i = 0; i < 2; i++)
        cr_expect(ne(ptr, strstr(answer.text, told[i]), NULL), "%s", told[i]);
    get("/tasks", "cm");
    cr_expect(eq(sz, n_items(), 1));
    get(one, "cm");
    cr_expect(eq(int, answer.http, 200));
}

/* Of ids a reviewer is told as much as somebody without a role, but of what
 * was disclosed without consent. */
Test(access, a_reviewer_does_not_learn_which_ids_there_are)
{
    static const char *const asks[] = {"", "/events", "/assign", "/review"};
    static const char *const none = "/objects/HR-00000000000000000000000000";
    char one[64], path[96], said[2][600];

    (void)snprintf(one, sizeof(one), "/objects/%s", put_confidential());
    fixture_user("rev", ROLE_BIT(ROLE_REVIEWER));
    for (size_t i = 0; i < 4; i++) {
        for (int k = 0; k < 2; k++) {
            (void)snprintf(path, sizeof(path), "%s%s", k == 0 ? one : none,
                           asks[i]);
            if (i == 0)
                get(path, "rev");
            else
                post(path, "rev",
                     i == 1   ? "{'event':'cancel'}"
                     : i == 2 ? "{'to':'cm'}"
                              : "{'upheld':true}");
            (void)snprintf(said[k], sizeof(said[k]), "%.599s", answer.text);
            cr_expect(eq(int, exit_of(), i < 3 ? 77 : 66), "%s: %s", path,
                      answer.text);
        }
        cr_expect(eq(str, said[0], said[1]));
    }
}

/* Attached to a referral that anybody may know of. */
static const char *
put_file(uint8_t last, enum category category)
{
    static char path_of[64];
    char id[HF_ID_TEXT_BYTES];
    struct node_object o;
    struct node_file f;

    memset(&o, 0, sizeof(o));
    memset(o.id.b, 5, HF_ID_BYTES);
    o.kind = OBJECT_REFERRAL;
    o.side = SIDE_FIRST;
    o.state = STATE_SENT;
    o.case_id = row.id;
    o.changed_ms = NOW;
    object_put(&fixture.view, &o, 0);
    memset(&f, 0, sizeof(f));
    f.id.b[0] = 1;
    f.id.b[HF_ID_BYTES - 1] = last;
    f.object = f.lock = o.id;
    f.category = category;
    f.bytes = 10;
    file_put(&fixture.view, &f);
    (void)snprintf(path_of, sizeof(path_of), "/attachments/%s",
                   hf_id_format("HA", &f.id, id));
    return path_of;
}

Test(access, a_file_is_for_who_may_read_its_category)
{
    const char *file = put_file(1, CATEGORY_MHPSS);

    fixture_user("nurse", ROLE_BIT(ROLE_HEALTH) | ROLE_BIT(ROLE_INTEGRATION));
    get(file, "nurse");
    cr_expect(eq(int, exit_of(), 77), "%s", answer.text);
    get(file, "cm");
    cr_expect(eq(int, exit_of(), 75), "it has not come as a whole yet");
}

Test(access, of_two_files_with_one_beginning_none_is_guessed)
{
    char begin[64];

    (void)put_file(1, CATEGORY_HEALTH);
    (void)snprintf(begin, sizeof(begin), "%.20s", put_file(2, CATEGORY_HEALTH));
    get(begin, "cm");
    cr_expect(eq(int, exit_of(), 66));
    cr_expect(ne(ptr, strstr(answer.text, "ambiguous"), NULL), "%s",
              answer.text);
}

Test(access, a_name_is_for_who_may_read_who_it_is)
{
    fixture.config.reads[ROLE_HEALTH] = CATEGORY_BIT(CATEGORY_HEALTH);
    get("/cases", "nurse");
    cr_assert(eq(sz, n_items(), 1));
    cr_expect(eq(ptr, strstr(answer.text, "Zarghuna"), NULL));
    get("/cases", "cm");
    cr_expect(ne(ptr, strstr(answer.text, "Zarghuna"), NULL));
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
