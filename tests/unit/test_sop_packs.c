/* The ready packs load without a finding, and their case tables pass. Also
 * what a table says when it is wrong. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>

#include "sop_cases.h"

#define FILE_MAX (512 * 1024)

static uint8_t text[FILE_MAX];
static struct sop_findings findings;
static struct sop_case_results results;
static struct sop_book *book;
static struct sop_pack *pack[2];
static const char *const names[2] = {"af-national", "avrr-international"};

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
    for (size_t i = 0; i < 2; i++) {
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
    sop_pack_free(pack[0]);
    sop_pack_free(pack[1]);
}

TestSuite(sop_packs, .init = begin, .fini = end);

Test(sop_packs, pass_their_tables_of_cases)
{
    for (size_t i = 0; i < 2; i++) {
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

    for (size_t i = 0; i < 2; i++)
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
