/* Unit tests of node/api over a real socket: the shapes of answers to queries,
 * and what a role does not see in them. */
#include "api_fixture.h"
#include "reviewer.h"
#include "row.h"
#include "said.h"
#include "task.h"
#include "unmet.h"

TestSuite(api_queries, .init = fixture_begin, .fini = fixture_end);

static void
make_task(const struct node_object *o, enum task_what what, uint64_t due_ms)
{
    struct node_task t;

    memset(&t, 0, sizeof(t));
    t.id.b[0] = (uint8_t)what;
    t.object = o->id;
    t.what = what;
    t.due_ms = due_ms;
    task_put(&fixture.view, &t, NULL);
}

Test(api_queries, a_case_shows_what_the_role_may_read_and_names_the_rest)
{
    char id[HF_ID_TEXT_BYTES], path[64];
    json_t *sections, *withheld;

    (void)snprintf(path, sizeof(path), "/cases/%s", hold_case(9, 9, id));
    get(path, "cm");
    cr_expect(eq(long, answer.http, 200));
    cr_expect(eq(str, text_of("case"), id));
    cr_expect(eq(str, text_of("stage"), "arrived"));
    sections = json_object_get(answer.json, "sections");
    cr_expect(eq(sz, json_object_size(sections), 2));
    cr_expect(
        eq(sz, json_array_size(json_object_get(answer.json, "withheld")), 0));
    cr_expect(eq(str,
                 (char *)json_string_value(json_object_get(
                     json_object_get(answer.json, "custody"), "holder")),
                 "iom-af"));
    fixture_user("fp2", ROLE_BIT(ROLE_HEALTH));
    get(path, "aud");
    cr_expect(eq(long, answer.http, 403));
    get(path, "nurse");
    cr_expect(eq(long, answer.http, 200));
    withheld = json_object_get(answer.json, "withheld");
    cr_expect(eq(sz, json_array_size(withheld), 0), "a nurse reads both");
}

Test(api_queries, who_may_read_nothing_is_not_told_which_ids_there_are)
{
    static const char event[] = "{'event':'accept'}";
    struct node_object o =
        make_object(OBJECT_REFERRAL, SIDE_SECOND, 3, STATE_RECEIVED);
    char id[HF_ID_TEXT_BYTES], path[64], here[sizeof(answer.text)];

    object_put(&fixture.view, &o, 0);
    fixture_user("adm", ROLE_BIT(ROLE_ADMIN));
    (void)snprintf(path, sizeof(path), "/objects/%s/events",
                   hf_id_format("HR", &o.id, id));
    post(path, "adm", event);
    cr_expect(eq(int, exit_of(), 77));
    memcpy(here, answer.text, sizeof(here));
    post("/objects/HR-0000000000000000000000000000/events", "adm", event);
    cr_expect(eq(str, answer.text, here));
    post("/objects/HR-0000000000000000000000000000/events", "fp", event);
    cr_expect(eq(int, exit_of(), 66));
}

Test(api_queries, an_id_of_something_else_is_named)
{
    get("/objects/HC-0000000000000000000000000000", "fp");
    cr_expect(eq(int, exit_of(), 66));
    cr_expect(ne(ptr,
                 strstr(answer.text, "the id of a case, not of a referral"),
                 NULL),
              "%s", answer.text);
}

Test(api_queries, withheld_names_what_the_role_hides)
{
    char id[HF_ID_TEXT_BYTES], path[64];
    struct node_case c;
    static const char text[] = "\"plain\"";
    json_t *withheld;

    (void)snprintf(path, sizeof(path), "/cases/%s", hold_case(9, 9, id));
    cr_assert(hf_id_parse("HC", id, &c.id));
    cr_assert(case_get(&fixture.view, &c.id, &c));
    c.held |= CATEGORY_BIT(CATEGORY_MHPSS);
    case_put(&fixture.view, &c);
    section_put(&fixture.view, &c.id, CATEGORY_MHPSS,
                (struct hf_bytes){(const uint8_t *)text, sizeof(text) - 1});
    get(path, "nurse");
    withheld = json_object_get(answer.json, "withheld");
    cr_assert(eq(sz, json_array_size(withheld), 1));
    cr_expect(eq(str, (char *)json_string_value(json_array_get(withheld, 0)),
                 "mhpss"));
    cr_expect(eq(ptr, strstr(answer.text, "plain"), NULL));
}

Test(api_queries, an_id_may_be_shortened_while_it_is_not_ambiguous)
{
    char one[HF_ID_TEXT_BYTES], two[HF_ID_TEXT_BYTES], path[64];

    (void)hold_case(9, 1, one);
    (void)hold_case(200, 1, two);
    (void)snprintf(path, sizeof(path), "/cases/%.7s", one);
    get(path, "cm");
    cr_expect(eq(long, answer.http, 200));
    cr_expect(eq(str, text_of("case"), one));

    (void)hold_case(9, 2, two);
    get(path, "cm");
    cr_expect(eq(long, answer.http, 404));
    cr_expect(eq(str, text_of("code"), "ambiguous"));
    cr_expect(ne(ptr, strstr(text_of("hint"), "ambiguous"), NULL));

    get("/cases/HC-ZZZZ", "cm");
    cr_expect(eq(int, exit_of(), 66));
    get("/cases/nonsense", "cm");
    cr_expect(eq(int, exit_of(), 66));
}

Test(api_queries, a_list_of_cases_comes_in_pages)
{
    char id[HF_ID_TEXT_BYTES], path[96];

    for (uint8_t i = 0; i < 5; i++)
        (void)hold_case(9, i, id);
    get("/cases?limit=2", "cm");
    cr_expect(eq(sz, n_items(), 2));
    cr_expect(eq(str, item_text(0, "name"), "Nasir W."));
    (void)snprintf(path, sizeof(path), "/cases?limit=3&cursor=%s",
                   text_of("next"));
    get(path, "cm");
    cr_expect(eq(sz, n_items(), 3));
    cr_expect(eq(str, text_of("next"), ""), "that was the last page");
    get("/cases?stage=closed", "cm");
    cr_expect(eq(sz, n_items(), 0));
    get("/cases?mine=1&holder=iom-af", "cm");
    cr_expect(eq(sz, n_items(), 5));
}

/* @path in pages of two: all @n items, each once, by what @key says of them. */
static void
expect_pages(const char *path, const char *user, const char *key, size_t n)
{
    char url[160], last[64] = "", next[80] = "";
    size_t seen = 0, pages = 0;

    do {
        (void)snprintf(url, sizeof(url), "%s?limit=2%s%s", path,
                       next[0] == '\0' ? "" : "&cursor=", next);
        get(url, user);
        cr_assert(eq(long, answer.http, 200), "%s", url);
        cr_expect(le(sz, n_items(), 2));
        for (size_t i = 0; i < n_items(); i++) {
            cr_expect(gt(int, strcmp(item_text(i, key), last), 0), "%s", url);
            (void)snprintf(last, sizeof(last), "%s", item_text(i, key));
        }
        seen += n_items();
        (void)snprintf(next, sizeof(next), "%s", text_of("next"));
    } while (next[0] != '\0' && ++pages < 10);
    cr_expect(eq(sz, seen, n), "%s", path);
    (void)snprintf(url, sizeof(url), "%s?cursor=%%20x", path);
    get(url, user);
    cr_expect(eq(int, exit_of(), 64), "%s", url);
    cr_expect(eq(str, text_of("code"), "bad_parameter"));
}

Test(api_queries, users_come_in_pages)
{
    fixture_user("zoe", ROLE_BIT(ROLE_HEALTH));
    expect_pages("/users", NULL, "name", 5);
}

static void
hold_pack(struct sop_book *book, const char *name)
{
    static struct sop_findings findings;
    struct sop_pack *p;
    struct hf_hash hash;
    struct hf_bytes yaml;
    char text[256];

    (void)snprintf(text, sizeof(text),
                   "pack: %s\nversion: 1\ntitle: t\nlevel: national\n"
                   "effective: { from: 2025-01-01 }\n"
                   "services:\n"
                   "  - { code: near, family: f, required: [identity] }\n"
                   "rules:\n  - { id: one, source: own, service: near,"
                   " when: { needs: [health.general] } }\n",
                   name);
    yaml = (struct hf_bytes){(const uint8_t *)text, strlen(text)};
    cr_assert(eq(int, (int)sop_pack_load(yaml, &findings, &p), HF_OK), "%s",
              findings.item[0].what);
    hf_hash("handoff/1 sop", &yaml, 1, &hash);
    sop_pack_set_hash(p, &hash);
    cr_assert(sop_book_add(book, p));
}

Test(api_queries, packs_come_in_pages)
{
    struct sop_book *book = sop_book_new();

    hold_pack(book, "a-first");
    hold_pack(book, "b-second");
    hold_pack(book, "c-third");
    fixture.env.sops = book;
    expect_pages("/policy", "cm", "pack", 3);
    get("/policy?cursor=4", "cm");
    cr_expect(eq(int, exit_of(), 64), "there are not so many");
    fixture.env.sops = NULL;
    for (size_t i = 0; i < 3; i++)
        sop_pack_free((struct sop_pack *)(uintptr_t)sop_book_at(book, i));
    sop_book_free(book);
}

/* A record as ask_unmet() leaves it. */
static void
hold_unmet(uint8_t of, const char *need)
{
    struct node_unmet u;
    struct row_key k;

    memset(&u, 0, sizeof(u));
    memset(u.case_id.b, 9, HF_ID_BYTES);
    u.case_id.b[HF_ID_BYTES - 1] = of;
    (void)snprintf(u.need.s, sizeof(u.need.s), "%s", need);
    k = row_id(&u.case_id);
    row_add(&k, u.need.s, HF_NAME_BYTES);
    row_add(&k, "r", 1);
    row_put(&fixture.view, NODE_UNMET, &k, NULL, &u, sizeof(u));
}

Test(api_queries, unmet_needs_come_in_pages_of_one_case_or_of_all)
{
    char first[HF_ID_TEXT_BYTES], second[HF_ID_TEXT_BYTES], path[160];

    (void)hold_case(9, 1, first);
    (void)hold_case(9, 2, second);
    hold_unmet(1, "education.enrolment");
    hold_unmet(1, "food.assistance");
    hold_unmet(1, "housing.emergency");
    hold_unmet(2, "legal.aid");
    hold_unmet(2, "training.vocational");
    expect_pages("/unmet", "cm", "need", 5);
    (void)snprintf(path, sizeof(path), "/unmet?limit=2&case=%s", first);
    get(path, "cm");
    cr_expect(eq(sz, n_items(), 2));
    (void)snprintf(path, sizeof(path), "/unmet?limit=2&case=%s&cursor=%s",
                   first, text_of("next"));
    get(path, "cm");
    cr_expect(eq(sz, n_items(), 1));
    cr_expect(eq(str, text_of("next"), ""), "what follows is of another case");
    get("/unmet?limit=1", "cm");
    (void)snprintf(path, sizeof(path), "/unmet?case=%s&cursor=%s", second,
                   text_of("next"));
    get(path, "cm");
    cr_expect(eq(int, exit_of(), 64), "a cursor of another case");
}

Test(api_queries, feedback_comes_in_pages)
{
    struct node_object o =
        make_object(OBJECT_REFERRAL, SIDE_FIRST, 3, STATE_COMPLETED);
    char id[HF_ID_TEXT_BYTES];
    struct node_said f;
    struct row_key k;

    (void)hold_case(9, 1, id);
    memset(&f, 0, sizeof(f));
    memset(f.case_id.b, 9, HF_ID_BYTES);
    f.case_id.b[HF_ID_BYTES - 1] = 1;
    f.kind = REASON_PRAISE;
    for (uint8_t i = 1; i <= 5; i++) {
        o.id.b[HF_ID_BYTES - 1] = i;
        object_put(&fixture.view, &o, 0);
        f.id.b[0] = i;
        f.object = o.id;
        k = row_id(&f.case_id);
        row_add(&k, f.id.b, HF_ID_BYTES);
        row_add(&k, "r", 1);
        row_put(&fixture.view, NODE_SAID, &k, NULL, &f, sizeof(f));
    }
    expect_pages("/feedback", "cm", "referral", 5);
}

Test(api_queries, lists_show_direction_by_side_and_what_is_overdue)
{
    struct node_object out =
        make_object(OBJECT_REFERRAL, SIDE_FIRST, 1, STATE_SENT);
    struct node_object in =
        make_object(OBJECT_TRANSFER, SIDE_SECOND, 2, STATE_OFFERED);

    out.decide_ms = NOW - 1;
    in.terms.service = (struct hf_name){""};
    object_put(&fixture.view, &out, 0);
    object_put(&fixture.view, &in, 0);
    get("/objects", "cm");
    cr_assert(eq(sz, n_items(), 2));
    cr_expect(eq(str, item_text(0, "direction"), "out"), "newest first");
    cr_expect(eq(str, item_text(0, "from"), "iom-af"));
    cr_expect(eq(str, item_text(0, "to"), "clinic-kbl"));
    cr_expect(eq(str, item_text(0, "service"), "primary_health_care"));
    cr_expect(is(json_object_get(item(0), "overdue"), JSON_TRUE));
    cr_expect(eq(str, item_text(1, "direction"), "in"));
    cr_expect(eq(str, item_text(1, "from"), "clinic-kbl"));
    cr_expect(is(json_object_get(item(1), "service"), JSON_NULL));
    get("/objects?overdue=1", "cm");
    cr_expect(eq(sz, n_items(), 1));
    get("/objects?kind=transfer&direction=in&state=offered", "cm");
    cr_expect(eq(sz, n_items(), 1));
    get("/objects?state=nowhere", "cm");
    cr_expect(eq(int, exit_of(), 64));
    get("/objects?limit=1", "cm");
    cr_expect(eq(sz, n_items(), 1));
    cr_expect(ne(str, text_of("next"), ""));
}

Test(api_queries, an_answered_clock_is_not_overdue)
{
    struct node_object o =
        make_object(OBJECT_REFERRAL, SIDE_SECOND, 1, STATE_DECLINED);

    o.decide_ms = NOW - 2;
    o.contact_ms = NOW - 1;
    o.met_ms[1] = NOW - 3;
    object_put(&fixture.view, &o, 0);
    get("/objects?overdue=1", "fp");
    cr_expect(eq(sz, n_items(), 0));
}

/* One entry of a chain, unsigned: enough to be judged. */
static void
add_entry(const struct node_object *o, enum side side, uint32_t n,
          uint32_t seen, enum event event)
{
    uint8_t bytes[ENTRY_BYTES], sig[ENTRY_SIG_BYTES] = {0};
    const bool first = side == SIDE_FIRST;
    struct entry e = {.kind = o->kind,
                      .event = event,
                      .role = ROLE_CASE_MANAGER,
                      .object = o->id,
                      .author = {"iom-af"},
                      .peer = {"clinic-kbl"},
                      .n = n,
                      .seen = seen,
                      .at_ms = NOW + n + seen,
                      .happened_ms = NOW};

    if (!first) {
        e.author = (struct hf_org){"clinic-kbl"};
        e.peer = (struct hf_org){"iom-af"};
    }
    if (n > 1)
        memset(e.prev.b, 1, HF_HASH_BYTES);
    if (seen > 0)
        memset(e.seen_hash.b, 2, HF_HASH_BYTES);
    entry_pack(&e, bytes);
    chain_put(&fixture.view, &o->id, side, n, 0, bytes, sig);
}

Test(api_queries, show_judges_both_chains_again_and_exports_them)
{
    struct node_object o =
        make_object(OBJECT_REFERRAL, SIDE_FIRST, 3, STATE_RECEIVED);
    char id[HF_ID_TEXT_BYTES], path[64];
    json_t *chain;

    o.n[0] = 1;
    o.n[1] = 2;
    memset(o.last[SIDE_FIRST].b, 2, HF_HASH_BYTES); /* as they have seen it */
    object_put(&fixture.view, &o, 0);
    add_entry(&o, SIDE_FIRST, 1, 0, EVENT_SEND);
    add_entry(&o, SIDE_SECOND, 1, 1, EVENT_RECEIVE);
    add_entry(&o, SIDE_SECOND, 2, 1, EVENT_ATTEND); /* not before accept */
    (void)snprintf(path, sizeof(path), "/objects/%s?trace=1",
                   hf_id_format("HR", &o.id, id));
    get(path, "cm");
    cr_assert(eq(long, answer.http, 200), "%s", answer.text);
    chain = json_object_get(answer.json, "chain");
    cr_assert(eq(sz, json_array_size(chain), 3));
    cr_expect(
        is(json_object_get(json_array_get(chain, 0), "valid"), JSON_TRUE));
    cr_expect(
        is(json_object_get(json_array_get(chain, 1), "valid"), JSON_TRUE));
    cr_expect(
        is(json_object_get(json_array_get(chain, 2), "valid"), JSON_FALSE));
    cr_expect(eq(sz, json_array_size(json_object_get(answer.json, "s")), 1));
    cr_expect(eq(sz, json_array_size(json_object_get(answer.json, "r")), 2));
    cr_expect(eq(str, text_of("disclose"), "on_accept"));
    cr_expect(is(json_object_get(answer.json, "receipts"), JSON_ARRAY));
    cr_expect(is(json_object_get(answer.json, "clocks"), JSON_ARRAY));
    cr_expect(is(json_object_get(answer.json, "card"), JSON_OBJECT));
}

/* The node waits with such an entry; so must what it shows of it. */
Test(api_queries, show_calls_no_entry_valid_that_names_another_branch)
{
    struct node_object o =
        make_object(OBJECT_REFERRAL, SIDE_FIRST, 3, STATE_SENT);
    char id[HF_ID_TEXT_BYTES], path[64];
    json_t *item;

    o.n[0] = o.n[1] = 1;
    memset(o.last[SIDE_FIRST].b, 3, HF_HASH_BYTES);
    object_put(&fixture.view, &o, 0);
    add_entry(&o, SIDE_FIRST, 1, 0, EVENT_SEND);
    add_entry(&o, SIDE_SECOND, 1, 1, EVENT_RECEIVE);
    (void)snprintf(path, sizeof(path), "/objects/%s",
                   hf_id_format("HR", &o.id, id));
    get(path, "cm");
    item = json_array_get(json_object_get(answer.json, "chain"), 1);
    cr_expect(is(json_object_get(item, "valid"), JSON_FALSE));
    cr_expect(ne(ptr, strstr(answer.text, "waits for an entry"), NULL));
}

Test(api_queries, a_receiver_reads_what_was_disclosed_and_never_the_case)
{
    struct node_object o =
        make_object(OBJECT_REFERRAL, SIDE_SECOND, 3, STATE_ACCEPTED);
    static const char health[] = "{\"conditions\":[]}";
    static const struct part part = {
        PART_SECTION,
        CATEGORY_HEALTH,
        {(const uint8_t *)health, sizeof(health) - 1}};
    static uint8_t scratch[PART_BYTES_MAX + 2];
    char id[HF_ID_TEXT_BYTES], path[64];

    o.n[0] = 1;
    object_put(&fixture.view, &o, 0);
    add_entry(&o, SIDE_FIRST, 1, 0, EVENT_SEND);
    body_part_put(&fixture.view, &o.id, SIDE_FIRST, 1, 4, &part,
                  &(struct node_lock){o.id, CATEGORY_HEALTH}, scratch);
    (void)snprintf(path, sizeof(path), "/objects/%s",
                   hf_id_format("HR", &o.id, id));
    get(path, "fp");
    cr_assert(eq(long, answer.http, 200));
    cr_expect(
        ne(ptr,
           json_object_get(json_object_get(answer.json, "sections"), "health"),
           NULL));
    cr_expect(eq(ptr, json_object_get(answer.json, "case"), NULL));
}

Test(api_queries, tasks_are_the_clocks_that_run)
{
    struct node_object o =
        make_object(OBJECT_REFERRAL, SIDE_SECOND, 4, STATE_RECEIVED);

    o.decide_ms = NOW - 5;
    o.report_ms = NOW + 5;
    object_put(&fixture.view, &o, 0);
    make_task(&o, TASK_DECIDE, o.decide_ms);
    make_task(&o, TASK_REPORT, NOW + 60 * DAY_MS); /* not yet */
    get("/tasks", "fp");
    cr_assert(eq(sz, n_items(), 1), "%s", answer.text);
    cr_expect(eq(str, item_text(0, "what"), "decide"));
    cr_expect(is(json_object_get(item(0), "overdue"), JSON_TRUE));
    cr_expect(eq(int, strncmp(item_text(0, "task"), "HK-", 3), 0));
    cr_expect(is(json_object_get(item(0), "ours"), JSON_TRUE));
}

/* Who referred waits for who received; a request waits for who holds. */
Test(api_queries, tasks_say_whose_they_are)
{
    struct node_object o =
        make_object(OBJECT_REFERRAL, SIDE_FIRST, 4, STATE_RECEIVED);

    object_put(&fixture.view, &o, 0);
    make_task(&o, TASK_CONTACT, NOW);
    make_task(&o, TASK_VITAL_CONFIRM, NOW + 1);
    o = make_object(OBJECT_TRANSFER, SIDE_SECOND, 5, STATE_REQUESTED);
    object_put(&fixture.view, &o, 0);
    make_task(&o, TASK_DECIDE, NOW + 2);
    get("/tasks", "fp");
    cr_assert(eq(sz, n_items(), 3), "%s", answer.text);
    cr_expect(eq(str, item_text(0, "by"), o.peer.s));
    cr_expect(is(json_object_get(item(0), "ours"), JSON_FALSE));
    cr_expect(is(json_object_get(item(1), "ours"), JSON_TRUE));
    cr_expect(eq(str, item_text(2, "by"), o.peer.s));
}

/* Page by page, all of them once, in the order of their instants. */
static size_t
walk_tasks(const char *query, const char *user)
{
    char path[200], last[40] = "";
    const char *next = "";
    size_t n = 0;

    for (int page = 0; next != NULL && page < 40; page++) {
        (void)snprintf(path, sizeof(path), "/tasks?limit=2%s%s%s", query,
                       next[0] == '\0' ? "" : "&cursor=", next);
        get(path, user);
        cr_assert(eq(long, answer.http, 200), "%s", answer.text);
        for (size_t i = 0; i < n_items(); i++) {
            cr_expect(le(int, strcmp(last, item_text(i, "due")), 0));
            (void)snprintf(last, sizeof(last), "%s", item_text(i, "due"));
        }
        n += n_items();
        next = json_string_value(json_object_get(answer.json, "next"));
    }
    return n;
}

Test(api_queries, tasks_come_page_by_page_and_all_of_them)
{
    struct node_object o =
        make_object(OBJECT_REFERRAL, SIDE_SECOND, 4, STATE_RECEIVED);
    struct node_task t;

    object_put(&fixture.view, &o, 0);
    for (uint8_t i = 1; i <= 9; i++) {
        memset(&t, 0, sizeof(t));
        t.id.b[0] = 0xa0;
        t.id.b[1] = i;
        t.object = o.id;
        t.what = TASK_DECIDE;
        t.due_ms = NOW - (uint64_t)(i / 3) * DAY_MS; /* three at one instant */
        t.owner = (struct hf_name){"fp"};
        if (i % 3 == 0)
            t.owner = (struct hf_name){"cm"};
        if (i == 6)
            memset(&t.owner, 0, sizeof(t.owner));
        t.rung = i < 4 ? RUNG_SUPERVISOR : 0;
        task_put(&fixture.view, &t, NULL);
    }
    cr_expect(eq(sz, walk_tasks("", "fp"), 9));
    cr_expect(eq(sz, walk_tasks("&mine=true", "fp"), 6));
    cr_expect(eq(sz, walk_tasks("&unassigned=true", "fp"), 1));
    cr_expect(eq(sz, walk_tasks("&overdue=true", "fp"), 7));
    fixture_user("su", ROLE_BIT(ROLE_SUPERVISOR));
    cr_expect(eq(sz, walk_tasks("&mine=true", "su"), 1),
              "what climbed and is due");
    get("/tasks?cursor=nonsense", "fp");
    cr_expect(eq(int, exit_of(), 64));
    get("/tasks?limit=501", "fp");
    cr_expect(eq(int, exit_of(), 64));
}

Test(api_queries, cases_of_one_are_found_by_their_owner)
{
    struct node_case c;

    for (uint8_t i = 1; i <= 5; i++) {
        memset(&c, 0, sizeof(c));
        c.id.b[0] = 0xc0;
        c.id.b[1] = i;
        c.holder = fixture.config.org;
        c.stage = STAGE_PLANNING;
        c.owner = (struct hf_name){"other"};
        case_put(&fixture.view, &c);
        if (i > 3)
            continue;
        c.owner = (struct hf_name){"cm"};
        case_put(&fixture.view, &c);
    }
    get("/cases?mine=true", "cm");
    cr_expect(eq(sz, n_items(), 3), "%s", answer.text);
    get("/cases?mine=true&limit=2", "cm");
    cr_assert(eq(sz, n_items(), 2), "%s", answer.text);
    cr_expect(ne(ptr, json_object_get(answer.json, "next"), NULL));
    memset(&c.owner, 0, sizeof(c.owner));
    case_put(&fixture.view, &c);
    get("/cases?unassigned=true", "cm");
    cr_expect(eq(sz, n_items(), 1));
    case_del(&fixture.view, &c.id);
    get("/cases?unassigned=true", "cm");
    cr_expect(zero(sz, n_items()));
}

static void
hold_figure(const char *by, const char *from, const char *to, uint32_t serial,
            uint64_t count)
{
    struct figure_row row;

    memset(&row, 0, sizeof(row));
    (void)snprintf(row.by.s, sizeof(row.by.s), "%s", by);
    (void)snprintf(row.cell.from.s, sizeof(row.cell.from.s), "%s", from);
    (void)snprintf(row.cell.to.s, sizeof(row.cell.to.s), "%s", to);
    row.cell.kind = OBJECT_REFERRAL;
    row.cell.service = (struct hf_name){"primary_health_care"};
    row.cell.state = STATE_COMPLETED;
    row.cell.count = count;
    row.from_ms = NOW - DAY_MS;
    row.until_ms = NOW;
    figure_put(&fixture.view, serial, &row);
}

Test(api_queries, the_committee_adds_up_what_the_referring_side_reports)
{
    fixture.config.kind = ORG_COMMITTEE;
    hold_figure("iom-af", "iom-af", "clinic-kbl", 1, 3);
    hold_figure("clinic-kbl", "iom-af", "clinic-kbl", 1, 3);
    hold_figure("iom-at", "iom-at", "clinic-kbl", 1, 2);
    get("/audit/flows", "aud");
    cr_assert(eq(sz, n_items(), 2), "%s", answer.text);
    cr_expect(eq(str, item_text(0, "from"), "iom-af"));
    cr_expect(
        eq(int, (int)json_integer_value(json_object_get(item(0), "count")), 3));
    get("/audit/flows?by=to,state", "aud");
    cr_assert(eq(sz, n_items(), 1));
    cr_expect(
        eq(int, (int)json_integer_value(json_object_get(item(0), "count")), 5));
    get("/audit/flows?by=person", "aud");
    cr_expect(eq(int, exit_of(), 64));
    get("/audit/flows", "fp");
    cr_expect(eq(int, exit_of(), 77));
}

static void
hold_fork(const char *author, uint8_t object)
{
    struct entry e = {.kind = OBJECT_REFERRAL,
                      .event = EVENT_ATTEND,
                      .role = ROLE_AUTOMATIC,
                      .n = 1,
                      .at_ms = NOW};
    struct node_fork f;

    memset(&f, 0, sizeof(f));
    (void)snprintf(f.by.s, sizeof(f.by.s), "iom-af");
    (void)snprintf(f.author.s, sizeof(f.author.s), "%s", author);
    f.peer = f.by;
    f.kind = OBJECT_REFERRAL;
    f.object.b[3] = object;
    f.n = 1;
    f.at_ms = NOW;
    e.author = f.author;
    e.peer = f.peer;
    e.object = f.object;
    for (int i = 0; i < 2; i++) {
        e.at_ms += (uint64_t)i;
        entry_pack(&e, f.entry[i]);
    }
    fork_put(&fixture.view, &f);
}

static void
hold_both_verdicts(uint8_t referral)
{
    struct node_asked t;

    memset(&t, 0, sizeof(t));
    t.object.b[3] = referral;
    (void)snprintf(t.reviewer.s, sizeof(t.reviewer.s), "rights-af");
    t.verdict.referral = t.object;
    t.verdict.reviewer = t.reviewer;
    (void)snprintf(t.verdict.from.s, sizeof(t.verdict.from.s), "iom-af");
    t.verdict.facts.b[0] = 1;
    t.verdict.at_ms = NOW;
    t.other = t.verdict;
    t.other.is_upheld = true;
    told_put(&fixture.view, &t);
}

Test(api_queries, reviewers_that_said_yes_and_no_are_listed_behind_forks)
{
    const json_t *list;
    char path[200];

    hold_fork("clinic-kbl", 1);
    for (uint8_t k = 1; k <= 3; k++)
        hold_both_verdicts(k);
    get("/audit/exceptions", "aud");
    cr_assert(eq(sz, n_items(), 4), "%s", answer.text);
    cr_expect(eq(str, item_text(1, "finding"), "review_conflict"));
    list = json_object_get(json_object_get(item(1), "evidence"), "verdicts");
    cr_expect(eq(sz, json_array_size(list), 2));
    get("/audit/exceptions?limit=1", "aud");
    for (int k = 1; k <= 3; k++) {
        cr_assert(eq(sz, n_items(), 1), "%s", answer.text);
        (void)snprintf(path, sizeof(path),
                       "/audit/exceptions?limit=1&cursor=%s",
                       json_string_value(json_object_get(answer.json, "next")));
        get(path, "aud");
    }
    cr_assert(eq(sz, n_items(), 1), "%s", answer.text);
    cr_expect(zero(ptr, json_object_get(answer.json, "next")));
    get("/audit/exceptions?cursor=review/x", "aud");
    cr_expect(eq(int, exit_of(), 64));
}

Test(api_queries, forks_are_listed_with_both_entries)
{
    const json_t *evidence, *one, *other;
    char path[200];

    hold_fork("clinic-kbl", 1);
    hold_fork("clinic-kbl", 2);
    hold_fork("iom-at", 1);
    get("/audit/exceptions", "aud");
    cr_assert(eq(sz, n_items(), 3), "%s", answer.text);
    cr_expect(eq(str, item_text(0, "finding"), "chain_forked"));
    evidence = json_object_get(item(0), "evidence");
    one = json_array_get(json_object_get(evidence, "entries"), 0);
    other = json_array_get(json_object_get(evidence, "entries"), 1);
    cr_expect(eq(sz, strlen(json_string_value(json_object_get(one, "entry"))),
                 2 * ENTRY_BYTES));
    cr_expect(ne(str, (char *)json_string_value(json_object_get(one, "hash")),
                 (char *)json_string_value(json_object_get(other, "hash"))));
    get("/audit/exceptions?limit=2", "aud");
    cr_assert(eq(sz, n_items(), 2), "%s", answer.text);
    (void)snprintf(path, sizeof(path), "/audit/exceptions?limit=2&cursor=%s",
                   json_string_value(json_object_get(answer.json, "next")));
    get(path, "aud");
    cr_assert(eq(sz, n_items(), 1), "%s", answer.text);
    cr_expect(zero(ptr, json_object_get(answer.json, "next")));
    get("/audit/exceptions?cursor=x", "aud");
    cr_expect(eq(int, exit_of(), 64));
    get("/audit/exceptions?from=2999-01-01", "aud");
    cr_expect(eq(sz, n_items(), 0), "%s", answer.text);
    get("/audit/exceptions?to=2999-01-01", "aud");
    cr_expect(eq(sz, n_items(), 3), "%s", answer.text);
    get("/audit/exceptions", "fp");
    cr_expect(eq(int, exit_of(), 77));
}

Test(api_queries, custody_that_two_claim_is_an_exception_and_pages)
{
    struct node_claim claim;
    const json_t *evidence;
    char path[160];

    for (uint8_t i = 0; i < 6; i++) {
        memset(&claim, 0, sizeof(claim));
        claim.tag.b[0] = (uint8_t)(i / 2 + 1); /* three tags, two ends each */
        claim.by = (struct hf_org){{i % 2 == 0 ? 'a' : 'b'}};
        claim.what = i < 2 && i % 2 == 0 ? CLAIM_GIVES : CLAIM_TAKES;
        claim.day = 20000;
        claim.at_ms = NOW;
        filed_put(&fixture.view, &claim);
    }
    get("/audit/exceptions", "aud");
    cr_assert(eq(sz, n_items(), 2), "%s", answer.text);
    cr_expect(eq(str, item_text(0, "finding"), "custody_twice"));
    evidence = json_object_get(item(0), "evidence");
    evidence = json_array_get(json_object_get(evidence, "claims"), 1);
    cr_expect(eq(str,
                 (char *)json_string_value(json_object_get(evidence, "day")),
                 "2024-10-04"));
    cr_expect(eq(str,
                 (char *)json_string_value(json_object_get(evidence, "claim")),
                 "takes"));
    get("/audit/exceptions?limit=1", "aud");
    cr_assert(eq(sz, n_items(), 1), "%s", answer.text);
    (void)snprintf(path, sizeof(path), "/audit/exceptions?limit=5&cursor=%s",
                   json_string_value(json_object_get(answer.json, "next")));
    get(path, "aud");
    cr_assert(eq(sz, n_items(), 1), "%s", answer.text);
    cr_expect(zero(ptr, json_object_get(answer.json, "next")));
}

/* Between two members' documents lies what else is known of the first. */
Test(api_queries, the_documents_of_every_member_are_given)
{
    static const char *const orgs[] = {"clinic-kbl", "tvet-hrt", "mowa-af"};
    struct service s;

    memset(&s, 0, sizeof(s));
    for (size_t i = 0; i < 3; i++) {
        memcpy(s.org.s, orgs[i], strlen(orgs[i]) + 1);
        services_note(&fixture.view, &s.org, &s, 1);
        service_doc_put(&fixture.view, &s.org,
                        (struct hf_bytes){(const uint8_t *)"[]", 2});
    }
    get("/services/documents", "fp");
    cr_assert(eq(sz, n_items(), 3), "%s", answer.text);
    cr_expect(eq(str, item_text(2, "organization"), "tvet-hrt"));
    get("/services/documents?own=yes", "fp");
    cr_expect(eq(sz, n_items(), 0));
}

Test(api_queries, services_are_found_by_code_place_and_language)
{
    struct service s;

    memset(&s, 0, sizeof(s));
    s.org = (struct hf_org){"clinic-kbl"};
    s.code = (struct hf_name){"primary_health_care"};
    s.id[0] = 7;
    s.assured_ms = NOW - 3 * DAY_MS;
    s.capacity = -1;
    s.n_provinces = 1;
    s.province[0] = (struct hf_name){"Kabul"};
    s.n_languages = 1;
    memcpy(s.language[0], "prs", 4);
    service_put(&fixture.view, &s);
    s.code = (struct hf_name){"hospital_outpatient"};
    s.id[0] = 8;
    service_put(&fixture.view, &s);
    get("/services", "fp");
    cr_assert(eq(sz, n_items(), 2), "%s", answer.text);
    cr_expect(eq(
        int, (int)json_integer_value(json_object_get(item(0), "age_days")), 3));
    get("/services?code=primary_health_care&place=Kabul&language=prs", "fp");
    cr_expect(eq(sz, n_items(), 1));
    get("/services?place=Herat", "fp");
    cr_expect(eq(sz, n_items(), 0));
}

Test(api_queries, status_tells_what_the_shell_knows)
{
    fixture.status.n_brokers = 1;
    fixture.status.broker[0].name = (struct hf_org){"af"};
    fixture.status.broker[0].up = true;
    fixture.status.queue_out = 4;
    get("/status", "fp");
    cr_expect(eq(str, text_of("org"), "iom-af"));
    cr_expect(
        eq(sz, json_array_size(json_object_get(answer.json, "brokers")), 1));
    cr_expect(eq(int,
                 (int)json_integer_value(json_object_get(
                     json_object_get(answer.json, "queues"), "out")),
                 4));
}

Test(api_queries, the_description_lists_every_path)
{
    json_t *paths;

    get("/openapi.json", NULL);
    cr_expect(eq(str, text_of("openapi"), "3.1.0"));
    paths = json_object_get(answer.json, "paths");
    cr_expect(ge(sz, json_object_size(paths), 25));
    cr_expect(
        ne(ptr, json_object_get(json_object_get(paths, "/cases/{case}"), "put"),
           NULL));
}
