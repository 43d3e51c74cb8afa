/* The ready packs load without a finding, and their case tables pass. Also
 * what a table says when it is wrong. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>

#include "hf_text.h"
#include "sop_cases.h"
#include "sop_duty.h"

#define FILE_MAX (512 * 1024)
#define DAY_MS   UINT64_C(86400000)

static uint8_t text[FILE_MAX];
static struct sop_findings findings;
static struct sop_case_results results;
static struct sop_book *book;
#define N_PACKS 7
static struct sop_pack *pack[N_PACKS];
static const char *const names[N_PACKS] = {
    "af-national", "avrr-international", "mhpss-levels",     "trafficking",
    "gbv-care",    "children-alone",     "health-continuity"};

static struct hf_bytes
read_file(const char *folder, const char *name)
{
    struct hf_bytes bytes = {text, 0};
    char path[512];
    FILE *f;

    (void)snprintf(path, sizeof(path), "%s/policy/sop/%s%s.yaml",
                   HANDOFF_SOURCE_DIR, folder, name);
    f = fopen(path, "rb");
    cr_assert_not_null(f, "%s", path);
    bytes.n = fread(text, 1, sizeof(text), f);
    (void)fclose(f);
    cr_assert(lt(sz, bytes.n, sizeof(text)));
    return bytes;
}

static void
begin(void)
{
    book = sop_book_new();
    for (size_t i = 0; i < N_PACKS; i++) {
        cr_assert(
            eq(int, sop_pack_load(read_file("", names[i]), &findings, &pack[i]),
               HF_OK),
            "%s:%u:%u %s", names[i], findings.item[0].line,
            findings.item[0].column, findings.item[0].what);
        cr_expect(eq(sz, findings.n, 0), "%s:%u:%u %s", names[i],
                  findings.item[0].line, findings.item[0].column,
                  findings.item[0].what);
        cr_assert(sop_book_add(book, pack[i]));
    }
}

static void
end(void)
{
    sop_book_free(book);
    for (size_t i = 0; i < N_PACKS; i++)
        sop_pack_free(pack[i]);
}

TestSuite(sop_packs, .init = begin, .fini = end);

Test(sop_packs, pass_their_tables_of_cases)
{
    for (size_t i = 0; i < N_PACKS; i++) {
        cr_assert(
            eq(int,
               sop_cases_run(read_file("cases/", names[i]), book, &results),
               HF_OK),
            "%s:%u %s", names[i], results.findings.item[0].line,
            results.findings.item[0].what);
        cr_expect(eq(sz, results.failed, 0), "%s:%u %s: %s", names[i],
                  results.item[0].line, results.item[0].name,
                  results.item[0].what);
        cr_expect(gt(sz, results.passed, 6));
    }
}

/* Every rule says which clause it carries out, or that it is our own. */
Test(sop_packs, name_the_clause_of_every_rule)
{
    for (size_t i = 0; i < N_PACKS; i++) {
        struct hf_bytes file = read_file("", names[i]);
        size_t n = 0;

        text[file.n] = '\0';
        for (char *p = (char *)text; (p = strstr(p, "\n    source: ")) != NULL;
             n++) {
            p += strlen("\n    source: ");
            cr_expect(strncmp(p, "M1 ", 3) == 0 || strncmp(p, "M2 ", 3) == 0 ||
                          strncmp(p, "M4 ", 3) == 0 ||
                          strncmp(p, "own", 3) == 0 || strncmp(p, "R-", 2) == 0,
                      "%s: %.40s", names[i], p);
        }
        cr_expect(eq(sz, n, sop_pack_rules(pack[i])));
    }
}

Test(sop_packs, have_a_table_for_every_need_of_the_national_pack)
{
    cr_assert(eq(int,
                 sop_cases_run(read_file("cases/", "af-national-families"),
                               book, &results),
                 HF_OK));
    cr_expect(eq(sz, results.failed, 0), "%s: %s", results.item[0].name,
              results.item[0].what);
    cr_expect(gt(sz, results.passed, 50));
}

/* each of the six contents has its place, and is there. */
Test(sop_packs, have_all_six_contents_of_an_sop)
{
    struct hf_name health;
    struct sop_service service;
    struct sop_consent_rule consent;
    struct sop_first_contact contact;
    struct sop_follow_up follow;
    struct sop_document document;

    cr_assert(hf_name_parse("primary_health_care", &health));
    cr_expect(sop_service(pack[0], &health, &service)); /* data */
    cr_expect(ne(uint, service.required, 0));
    cr_expect(sop_consent_rule(pack[0], &consent)); /* service, consent */
    cr_expect(consent.written);
    cr_expect(sop_first_contact(pack[0], &health, &contact));
    cr_expect(eq(u64, contact.call_back_ms, 3 * DAY_MS));
    cr_expect(sop_follow_up_at(pack[0], 0, &follow));
    cr_expect(sop_document_at(pack[0], 0, &document));
}

Test(sop_packs, follow_up_victims_of_trafficking_from_the_return)
{
    uint64_t due[16];
    size_t n = 0;
    struct sop_follow_up u;

    for (size_t i = 0; sop_follow_up_at(pack[0], i, &u); i++)
        for (size_t k = 0; u.what == FOLLOW_VISIT &&
                           sop_follow_up_due(&u, DAY_MS, k) != 0 && n < 16;
             k++) {
            cr_expect(sop_follow_up_for(&u, GROUP_BIT(GROUP_TRAFFICKING)));
            cr_expect(not(sop_follow_up_for(&u, 0)));
            cr_expect(eq(int, u.from, COUNT_FROM_RETURN));
            due[n++] = sop_follow_up_due(&u, DAY_MS, k) / DAY_MS - 1;
        }
    cr_assert(eq(sz, n, 6)); /* months 1, 2, 3; twice in 3 to 9; 12 */
    cr_expect(eq(u64, due[0], 30));
    cr_expect(eq(u64, due[2], 90));
    cr_expect(eq(u64, due[3], 150));
    cr_expect(eq(u64, due[4], 240));
    cr_expect(eq(u64, due[5], 360));
}

Test(sop_packs, prompt_by_scores_and_never_without_one)
{
    const uint8_t low[SCORE_END] = {61, 33, 0, 90}, none[SCORE_END] = {0};
    struct sop_threshold t;
    size_t n_low = 0;

    for (size_t i = 0; sop_threshold_at(pack[0], i, &t); i++) {
        n_low += sop_threshold_met(&t, low);
        cr_expect(not(sop_threshold_met(&t, none)), "%s", t.id.s);
    }
    cr_expect(eq(sz, n_low, 1)); /* economic 0.32; the composite is 0.60 */
}

Test(sop_packs, needs_have_the_signs_of_the_three_levels)
{
    cr_expect_not_null(sop_need_sign("mhpss.clinical", 3));
    cr_expect_not_null(sop_need_sign("mhpss.continuing", 3));
    cr_expect_not_null(sop_need_sign("mhpss.counselling", 5));
    cr_expect_not_null(sop_need_sign("mhpss.psychosocial", 1));
    cr_expect_null(sop_need_sign("mhpss.psychosocial", 2));
    cr_expect_null(sop_need_sign("food.water", 0));
}

Test(sop_packs, have_a_rule_for_every_need_somewhere)
{
    for (size_t i = 0; sop_need_at(i) != NULL; i++) {
        static const enum stage stages[] = {STAGE_PRE_DEPARTURE, STAGE_ARRIVED};

        for (size_t k = 0; k < 2; k++) {
            static struct sop_decision d;
            struct sop_request req = {.now_ms = UINT64_C(1793610000000),
                                      .facts = {.birth_year = 1990,
                                                .origin = "AF",
                                                .stage = stages[k]}};

            strncpy(req.need.s, sop_need_at(i), HF_NAME_BYTES - 1);
            sop_route(book, &req, NULL, &d);
            cr_expect(eq(int, d.outcome, SOP_NO_PROVIDER), "%s",
                      sop_need_at(i));
        }
    }
}

Test(sop_packs, let_protected_data_reach_no_ordinary_service)
{
    struct sop_service s;

    for (size_t i = 0; i < N_PACKS; i++)
        for (size_t k = 0; sop_service_at(pack[i], k, &s); k++)
            if ((s.allowed & CATEGORY_BIT(CATEGORY_PROTECTION)) != 0)
                cr_expect(s.sensitive, "%s", s.code.s);
}

Test(sop_packs, disclose_on_send_in_emergencies_only)
{
    for (size_t i = 0; sop_need_at(i) != NULL; i++) {
        static struct sop_decision d;
        struct sop_request req = {
            .now_ms = UINT64_C(1793610000000),
            .facts = {.birth_year = 1990, .origin = "AF"}};

        strncpy(req.need.s, sop_need_at(i), HF_NAME_BYTES - 1);
        sop_route(book, &req, NULL, &d);
        cr_expect(eq(int, d.on_send, d.urgency == URGENCY_EMERGENCY), "%s",
                  sop_need_at(i));
    }
}

static enum hf_err
run(const char *table)
{
    return sop_cases_run(
        (struct hf_bytes){(const uint8_t *)table, strlen(table)}, book,
        &results);
}

#define TABLE                                                                  \
    "table: t\npacks: [af-national]\nat: 2026-11-02\n"                         \
    "services:\n"                                                              \
    "  - { org: clinic, code: primary_health_care }\n"                         \
    "cases:\n"                                                                 \
    "  - name: a case\n"                                                       \
    "    need: health.general\n"                                               \
    "    person: { birth: 1990, origin: AF }\n"

Test(sop_packs, tables_say_which_case_failed_and_how)
{
    cr_assert(eq(int,
                 run(TABLE "    expect: { outcome: chosen, to: ward,\n"
                           "              decide: 3h, approval: true }\n"),
                 HF_OK));
    cr_expect(eq(sz, results.passed, 0));
    cr_expect(eq(sz, results.failed, 1));
    cr_assert(eq(sz, results.n, 3));
    cr_expect(eq(uint, results.item[0].line, 7));
    cr_expect(eq(str, results.item[0].name, "a case"));
    cr_expect(eq(str, results.item[0].what, "to: expected ward, got clinic"));
    cr_expect(
        eq(str, results.item[1].what, "approval: expected true, got false"));
    cr_expect(eq(str, results.item[2].what,
                 "decide: expected 3h, got 2026-11-05T00:00:00Z"));
}

Test(sop_packs, tables_are_refused_with_the_place)
{
    cr_expect(eq(int, run(TABLE "    expect: { outcome: perhaps }\n"),
                 HF_ERR_MALFORMED));
    cr_expect(eq(uint, results.findings.item[0].line, 10));
    cr_expect(eq(uint, results.findings.item[0].column, 24));

    cr_expect(eq(int,
                 run("table: t\npacks: [nowhere]\nat: 2026-11-02\n"
                     "cases:\n  - { name: n, need: n, person: {},\n"
                     "      expect: { outcome: chosen } }\n"),
                 HF_ERR_MALFORMED));
    cr_expect(eq(uint, results.findings.item[0].line, 2));
    cr_expect_not_null(strstr(results.findings.item[0].what, "nowhere"));
    cr_expect(eq(sz, results.passed + results.failed, 0));

    cr_expect(eq(int,
                 run(TABLE "    at: tomorrow\n"
                           "    expect: { outcome: chosen }\n"),
                 HF_ERR_MALFORMED));
    cr_expect(eq(uint, results.findings.item[0].line, 10));
}
