/* Unit tests of what the packs in force say together, of the ladder, and of
 * the working hours of both ends. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>

#include "hf_text.h"
#include "sop_force.h"

#define DAY_MS UINT64_C(86400000)
#define HEAD(name, version, level, from)                                       \
    "pack: " name "\nversion: " version "\ntitle: t\nlevel: " level            \
    "\neffective: { from: " from " }\n"                                        \
    "services:\n  - { code: near, family: f, required: [identity] }\n"         \
    "rules:\n  - { id: one, source: own, service: near,"                       \
    " when: { needs: [health.general] } }\n"

static struct sop_findings findings;
static struct sop_book *book;
static struct sop_pack *pack[4];
static size_t n_packs;
static struct facts facts;
static struct sop_force force;

static void
add(const char *text)
{
    const struct hf_bytes yaml = {(const uint8_t *)text, strlen(text)};

    cr_assert(n_packs < 4);
    cr_assert(
        eq(int, (int)sop_pack_load(yaml, &findings, &pack[n_packs]), HF_OK),
        "%u: %s", findings.item[0].line, findings.item[0].what);
    cr_assert(sop_book_add(book, pack[n_packs++]));
}

static uint64_t
at(const char *time)
{
    uint64_t ms = 0;

    cr_assert(hf_time_parse(time, &ms));
    return ms;
}

static void
begin(void)
{
    book = sop_book_new();
    n_packs = 0;
    memset(&facts, 0, sizeof(facts));
    strcpy(facts.origin, "AF");
    force = (struct sop_force){book, &facts, at("2026-11-02T09:00:00Z")};
}

static void
end(void)
{
    sop_book_free(book);
    while (n_packs > 0)
        sop_pack_free(pack[--n_packs]);
}

TestSuite(sop_force, .init = begin, .fini = end);

Test(sop_force, schedules_add_up_and_a_local_one_replaces_its_id)
{
    struct sop_follow_up u;

    add(HEAD(
        "n", "1", "national",
        "2025-01-01") "follow_up:\n  - { id: call, what: call, after: 30d }\n"
                      "  - { id: end, what: report, after: 540d }\n"
                      "  - { id: vot, what: visit, after: 7d, groups: "
                      "[trafficking] }\n");
    add(HEAD(
        "l", "1", "local",
        "2025-01-01") "follow_up:\n  - { id: call, what: call, after: 10d }\n");
    cr_assert(sop_force_follow_up(&force, 0, &u));
    cr_expect(eq(str, u.id.s, "call"));
    cr_expect(eq(u64, u.after_ms, 10 * DAY_MS));
    cr_assert(sop_force_follow_up(&force, 1, &u));
    cr_expect(eq(str, u.id.s, "end"));
    cr_expect(not(sop_force_follow_up(&force, 2, &u)));
    facts.groups = GROUP_BIT(GROUP_TRAFFICKING);
    cr_assert(sop_force_follow_up(&force, 2, &u));
    cr_expect(eq(str, u.id.s, "vot"));
}

Test(sop_force, an_age_of_consent_is_the_most_local_packs)
{
    struct sop_consent_rule rule;

    add(HEAD("n", "1", "national",
             "2025-01-01") "consent: { methods: [written], age: 18 }\n");
    add(HEAD("l", "1", "local",
             "2025-01-01") "consent: { methods: [written], age: 15 }\n");
    cr_assert(sop_force_consent(&force, &rule));
    cr_expect(eq(uint, rule.age, 15));
}

Test(sop_force, a_local_pack_that_says_no_age_does_not_hide_a_general_one)
{
    struct sop_consent_rule rule;

    add(HEAD("n", "1", "national",
             "2025-01-01") "consent: { methods: [written], age: 16, "
                           "renew: 90d, shelter: 14d }\n");
    add(HEAD("l", "1", "local",
             "2025-01-01") "consent: { methods: [verbal_witnessed] }\n");
    cr_assert(sop_force_consent(&force, &rule));
    cr_expect(eq(uint, rule.age, 16));
    cr_expect(eq(u64, rule.shelter_ms, 14 * DAY_MS));
    cr_expect(eq(u64, rule.renew_ms, 0), "the local one asks by no time");
    cr_expect(not(rule.written));
}

Test(sop_force, waits_of_a_transfer_are_each_the_most_local_packs)
{
    struct sop_transfer_rule rule;

    sop_force_transfer(&force, &rule);
    cr_expect(zero(u64, rule.request_ms + rule.query_ms));
    add(HEAD("n", "1", "national",
             "2025-01-01") "transfer: { request: 5d, query: 20d }\n");
    add(HEAD("l", "1", "local", "2025-01-01") "transfer: { request: 48h }\n");
    sop_force_transfer(&force, &rule);
    cr_expect(eq(u64, rule.request_ms, 2 * DAY_MS));
    cr_expect(eq(u64, rule.query_ms, 20 * DAY_MS));
}

Test(sop_force, an_age_of_consent_that_no_law_has_is_an_error)
{
    static const char text[] =
        HEAD("n", "1", "national",
             "2025-01-01") "consent: { methods: [written], age: 9 }\n";
    const struct hf_bytes yaml = {(const uint8_t *)text, sizeof(text) - 1};
    struct sop_pack *p = NULL;

    cr_expect(eq(int, (int)sop_pack_load(yaml, &findings, &p),
                 HF_ERR_MALFORMED));
    cr_expect(eq(uint, findings.item[0].line, 10));
}

Test(sop_force, only_the_newest_version_in_force_speaks)
{
    struct sop_closure c;

    add(HEAD("n", "1", "national",
             "2025-01-01") "closure:\n  - { reason: lost_contact, attempts: 3, "
                           "over: 30d }\n");
    add(HEAD("n", "2", "national",
             "2026-12-01") "closure:\n  - { reason: lost_contact, attempts: 5, "
                           "over: 60d }\n");
    cr_assert(sop_force_closure(&force, CLOSE_LOST_CONTACT, &c));
    cr_expect(eq(u8, c.attempts, 3));
    force.now_ms = at("2026-12-01");
    cr_assert(sop_force_closure(&force, CLOSE_LOST_CONTACT, &c));
    cr_expect(eq(u8, c.attempts, 5));
    cr_expect(not(sop_force_closure(&force, CLOSE_DIED, &c)));
}

Test(sop_force, a_pack_for_another_country_is_silent)
{
    struct sop_closure c;
    const char *const foreign =
        "pack: x\nversion: 1\ntitle: t\nlevel: national\n"
        "applies: { origins: [IQ] }\neffective: { from: 2025-01-01 }\n"
        "services:\n  - { code: near, family: f, required: [identity] }\n"
        "rules:\n  - { id: one, source: own, service: near,"
        " when: { needs: [health.general] } }\n"
        "closure:\n  - { reason: died, approval: true }\n";

    add(foreign);
    cr_expect(not(sop_force_closure(&force, CLOSE_DIED, &c)));
    strcpy(facts.origin, "IQ");
    cr_expect(sop_force_closure(&force, CLOSE_DIED, &c));
    force.book = NULL;
    cr_expect(not(sop_force_closure(&force, CLOSE_DIED, &c)));
}

Test(sop_force, the_most_local_pack_speaks_of_roles_and_of_keeping)
{
    const struct sop_pack *who;
    uint32_t reads = 0;

    cr_expect(eq(u64, sop_force_keep(&force), 0));
    add(HEAD("n", "1", "national",
             "2025-01-01") "need_to_know:\n  - { role: health, reads: "
                           "[identity, health] }\n"
                           "documentation:\n  - { what: plan, keep: 1825d }\n"
                           "  - { what: outcome, keep: 365d }\n");
    cr_expect(eq(u64, sop_force_keep(&force), 1825 * DAY_MS));
    add(HEAD(
        "l", "1", "local",
        "2025-01-01") "need_to_know:\n  - { role: health, reads: [identity] }\n"
                      "documentation:\n  - { what: case_file, keep: 730d }\n");
    cr_expect(eq(u64, sop_force_keep(&force), 730 * DAY_MS));
    cr_assert(sop_force_access(&force, ROLE_HEALTH, &reads, &who));
    cr_expect(eq(u32, reads, CATEGORY_BIT(CATEGORY_IDENTITY)));
    cr_expect(eq(str, (char *)sop_pack_name(who), "l"));
    cr_expect(not(sop_force_access(&force, ROLE_AUDITOR, &reads, NULL)));
    cr_assert(sop_force_access_at(&force, ROLE_HEALTH, 1, &reads, &who));
    cr_expect(eq(str, (char *)sop_pack_name(who), "n"));
    cr_expect(not(sop_force_access_at(&force, ROLE_HEALTH, 2, &reads, &who)));
}

/* ---- ladders ---- */

Test(sop_force, without_a_word_the_ladder_is_that_of_the_urgency)
{
    struct sop_ladder l;

    sop_force_ladder(&force, URGENCY_EMERGENCY, &l);
    cr_assert(eq(u8, l.n, 4));
    cr_expect(eq(int, (int)l.rung[0].who, RUNG_FOCAL_POINT));
    cr_expect(eq(u64, l.rung[0].after_ms, 0));
    cr_expect(eq(u64, l.rung[3].after_ms, 3600000));
    cr_expect(eq(u64, l.rung[3].every_ms, 7 * DAY_MS));
}

Test(sop_force, a_packs_ladder_holds_for_the_urgencies_it_names)
{
    struct sop_ladder l;

    add(HEAD(
        "n", "1", "national",
        "2025-01-01") "ladder:\n  - { rung: focal_point, urgency: normal }\n"
                      "  - { rung: committee, after: 5d, every: 7d, urgency: "
                      "normal }\n");
    sop_force_ladder(&force, URGENCY_NORMAL, &l);
    cr_assert(eq(u8, l.n, 2));
    cr_expect(eq(int, (int)l.rung[1].who, RUNG_COMMITTEE));
    cr_expect(eq(u64, l.rung[1].after_ms, 5 * DAY_MS));
    sop_force_ladder(&force, URGENCY_URGENT, &l);
    cr_expect(eq(u8, l.n, 4));
}

static void
refused(const char *text, const char *what)
{
    const struct hf_bytes yaml = {(const uint8_t *)text, strlen(text)};
    struct sop_pack *p = NULL;

    cr_expect(ne(int, (int)sop_pack_load(yaml, &findings, &p), HF_OK));
    cr_expect_not_null(strstr(findings.item[0].what, what), "%s",
                       findings.item[0].what);
    sop_pack_free(p);
}

Test(sop_force, ladders_and_calendars_that_contradict_themselves_are_refused)
{
    refused(HEAD("n", "1", "national",
                 "2025-01-01") "ladder:\n  - { rung: focal_point, after: 2d }\n"
                               "  - { rung: supervisor, after: 1d }\n",
            "not later than the rung before");
    refused(HEAD("n", "1", "national",
                 "2025-01-01") "ladder:\n  - { rung: focal_point, after: 1d, "
                               "every: 1d }\n"
                               "  - { rung: supervisor, after: 2d }\n",
            "only the last may say every");
    refused(HEAD("n", "1", "national",
                 "2025-01-01") "calendars:\n"
                               "  - { id: a, time_zone: UTC, days: [mon], "
                               "from: \"08:00\","
                               " until: \"16:00\", countries: [AT] }\n"
                               "  - { id: b, time_zone: UTC, days: [mon], "
                               "from: \"08:00\","
                               " until: \"16:00\", countries: [DE, AT] }\n",
            "calendar a is that of AT");
}

/* ---- working hours of both ends ---- */

#define BOTH_ENDS                                                              \
    "calendars:\n"                                                             \
    "  - { id: kabul, time_zone: Asia/Kabul, countries: [AF],"                 \
    " days: [sat, sun, mon, tue, wed, thu], from: \"08:00\","                  \
    " until: \"16:00\" }\n"                                                    \
    "  - { id: vienna, time_zone: Europe/Vienna, countries: [AT],"             \
    " days: [mon, tue, wed, thu, fri], from: \"09:00\", until: \"17:00\","     \
    " holidays: [2026-12-08] }\n"

static const char *country;
static bool
next(void *ctx, const struct hf_name *code, bool is_first, struct service *ret)
{
    (void)ctx;
    if (!is_first)
        return false;
    memset(ret, 0, sizeof(*ret));
    strcpy(ret->org.s, "org-1");
    memcpy(ret->country, country, 3);
    ret->code = *code;
    ret->accepting = true;
    ret->capacity = -1;
    ret->assured_ms = force.now_ms;
    return true;
}

static void
decided_by(const char *where, const char *now, const char *decide,
           enum urgency urgency)
{
    const struct sop_services services = {.next = next};
    const struct sop_request req = {
        .need = {"health.general"}, .urgency = urgency, .now_ms = at(now)};
    struct sop_decision d;
    char text[HF_TIME_TEXT_BYTES];

    country = where;
    sop_route(book, &req, &services, &d);
    cr_assert(eq(int, d.outcome, SOP_CHOSEN));
    cr_expect(
        eq(str, (char *)hf_time_format(d.decide_ms, text), (char *)decide),
        "%s from %s", where, now);
}

Test(sop_force, clocks_keep_the_hours_of_the_providers_country)
{
    add(HEAD("n", "1", "national", "2025-01-01") BOTH_ENDS);
    /* Seven days on is a Friday: a day off in Kabul, a working day in Vienna,
     * whose holiday is the Tuesday. */
    decided_by("AF", "2026-11-27T10:00:00Z", "2026-12-05T03:30:00Z", 0);
    decided_by("AT", "2026-11-27T10:00:00Z", "2026-12-04T10:00:00Z", 0);
    decided_by("AT", "2026-12-01T10:00:00Z", "2026-12-09T08:00:00Z", 0);
    decided_by("DE", "2026-12-01T10:00:00Z", "2026-12-08T10:00:00Z", 0);
    decided_by("AF", "2026-12-03T10:00:00Z", "2026-12-04T10:00:00Z",
               URGENCY_URGENT);
}

Test(sop_force, working_time_adds_up_over_nights_and_days_off)
{
    struct sop_calendar c;
    const uint64_t hour = 3600000;

    add(HEAD("n", "1", "national", "2025-01-01") BOTH_ENDS);
    cr_assert(sop_force_calendar(&force, "AT", &c));
    cr_expect(eq(str, c.id.s, "vienna"));
    /* Monday 15:00 in Vienna: two hours left, then Wednesday's, as Tuesday is
     * a holiday. */
    cr_expect(eq(u64, sop_calendar_add(&c, at("2026-12-07T14:00:00Z"), hour),
                 at("2026-12-07T15:00:00Z")));
    cr_expect(eq(u64,
                 sop_calendar_add(&c, at("2026-12-07T14:00:00Z"), 3 * hour),
                 at("2026-12-09T09:00:00Z")));
    cr_expect(eq(u64, sop_calendar_add(&c, at("2026-12-08T01:00:00Z"), 0),
                 at("2026-12-09T08:00:00Z")));
    cr_expect(eq(u64, sop_calendar_add(&c, 0, 4000 * 8 * hour), UINT64_MAX));
    cr_expect(not(sop_force_calendar(&force, "IQ", &c)));
}

/* ---- the book ---- */

static void
begin_named(uint8_t hash)
{
    struct hf_hash h;

    memset(h.b, hash, sizeof(h.b));
    sop_pack_set_hash(pack[n_packs - 1], &h);
}

Test(sop_force, the_registrys_dates_narrow_those_of_the_file)
{
    struct sop_term t = {.from_ms = at("2026-12-01"),
                         .until_ms = at("2027-01-01")};
    const struct sop_pack *found[SOP_PACKS_MAX];

    add(HEAD("n", "1", "national", "2025-01-01"));
    cr_expect(eq(sz, sop_force_packs(&force, found), 1));
    sop_book_set_term(book, pack[0], &t);
    cr_expect(eq(sz, sop_force_packs(&force, found), 0));
    force.now_ms = at("2026-12-31");
    cr_expect(eq(sz, sop_force_packs(&force, found), 1));
    t = (struct sop_term){.is_idle = true};
    sop_book_set_term(book, pack[0], &t);
    cr_expect(eq(sz, sop_force_packs(&force, found), 0));
    sop_book_set_term(book, pack[0], NULL);
    cr_expect(eq(sz, sop_force_packs(&force, found), 1));
}

Test(sop_force, a_book_holds_every_version_and_sixteen_names)
{
    static char text[4096];
    struct sop_pack *many[SOP_BOOK_MAX + 1];
    size_t n = 0;

    for (int i = 0; i <= SOP_PACKS_MAX; i++) {
        (void)snprintf(text, sizeof(text),
                       "pack: p%d\nversion: 1\ntitle: t\nlevel: local\n"
                       "effective: { from: 2025-01-01 }\nservices:\n"
                       "  - { code: s, family: f, required: [identity] }\n"
                       "rules:\n  - { id: r, source: own, service: s,"
                       " when: { needs: [health.general] } }\n",
                       i);
        cr_assert(eq(int,
                     (int)sop_pack_load(
                         (struct hf_bytes){(uint8_t *)text, strlen(text)},
                         &findings, &many[n]),
                     HF_OK));
        cr_expect(eq(int, sop_book_add(book, many[n]), i < SOP_PACKS_MAX));
        n++;
    }
    add(HEAD("p0", "2", "local", "2025-01-01"));
    cr_expect(eq(sz, sop_book_count(book), SOP_PACKS_MAX + 1));
    cr_expect(not(sop_book_decides(book, many[0], force.now_ms)));
    cr_expect(sop_book_decides(book, pack[0], force.now_ms));
    while (n > 0)
        sop_pack_free(many[--n]);
}

/* One that calls itself the same version, from before the committee's. */
Test(sop_force, two_files_of_one_version_are_told_apart_by_their_hash)
{
    struct sop_term idle = {.is_idle = true};
    const struct hf_name name = {"n"};
    struct hf_hash h;

    add(HEAD("n", "1", "national", "2025-01-01"));
    begin_named(1);
    add(HEAD("n", "1", "national", "2025-01-01") "# other\n");
    begin_named(2);
    sop_book_set_term(book, pack[0], &idle);
    cr_expect(sop_book_decides(book, pack[1], force.now_ms));
    memset(h.b, 1, sizeof(h.b));
    cr_expect_not_null(sop_book_find(book, &name, &h), "still checked by");
}
