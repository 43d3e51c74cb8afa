/* Unit tests of what packs of several levels say together, of working hours,
 * and of what a pack says besides routing. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>

#include "hf_text.h"
#include "sop_audit.h"
#include "sop_duty.h"

#define NOW_MS UINT64_C(1793610000000) /* 2026-11-02T09:00:00Z, a Monday */

#define HEAD(name, level)                                                      \
    "pack: " name "\nversion: 1\ntitle: t\nlevel: " level                      \
    "\neffective: { from: 2025-01-01 }\n"
#define SERVICES                                                               \
    "services:\n"                                                              \
    "  - { code: near, family: f, required: [identity] }\n"                    \
    "  - { code: far, family: f, required: [identity] }\n"                     \
    "  - { code: last, family: f, required: [identity] }\n"
#define RULE(id, service, more)                                                \
    "rules:\n  - { id: " id ", source: own, service: " service more            \
    ", when: { needs: [health.general] } }\n"

static struct sop_findings findings;
static struct sop_decision d;
static const char *offers; /* the codes that org-1 offers */

static bool
next(void *ctx, const struct hf_name *code, bool is_first, struct service *ret)
{
    (void)ctx;
    if (!is_first || strstr(offers, code->s) == NULL)
        return false;
    memset(ret, 0, sizeof(*ret));
    strcpy(ret->org.s, "org-1");
    ret->code = *code;
    ret->id[0] = 1;
    ret->accepting = true;
    ret->capacity = -1;
    ret->assured_ms = NOW_MS;
    return true;
}
static const struct sop_services services = {.next = next};

static struct sop_pack *
load(const char *text)
{
    const struct hf_bytes yaml = {(const uint8_t *)text, strlen(text)};
    struct sop_pack *p = NULL;

    (void)!sop_pack_load(yaml, &findings, &p);
    return p;
}

static void
route(const char *a, const char *b)
{
    struct sop_pack *pack[2] = {load(a), load(b)};
    struct sop_book *book = sop_book_new();
    const struct sop_request req = {.need = {"health.general"},
                                    .now_ms = NOW_MS};

    cr_assert(pack[0] != NULL && pack[1] != NULL, "%s", findings.item[0].what);
    cr_assert(sop_book_add(book, pack[0]) && sop_book_add(book, pack[1]));
    sop_route(book, &req, &services, &d);
    memset(&findings, 0, sizeof(findings));
    sop_book_check(book, &findings);
    sop_book_free(book);
    sop_pack_free(pack[0]);
    sop_pack_free(pack[1]);
}

Test(sop_layers, the_most_local_rule_decides_alone)
{
    offers = "far";
    route(HEAD("l", "local") SERVICES RULE("one", "near", ""),
          HEAD("n", "national") SERVICES RULE("two", "far", ""));
    cr_expect(eq(int, d.outcome, SOP_NO_PROVIDER));
    cr_expect(eq(str, d.rule.s, "one"));
}

Test(sop_layers, a_rule_that_hands_on_leaves_it_to_the_general_one)
{
    offers = "far";
    route(HEAD("l", "local")
              SERVICES RULE("one", "near", ", otherwise: general"),
          HEAD("n", "national") SERVICES RULE("two", "far", ""));
    cr_expect(eq(int, d.outcome, SOP_CHOSEN));
    cr_expect(eq(str, d.rule.s, "two"));
    cr_assert(eq(uint, d.n_rules, 2));
    cr_expect_not_null(strstr(d.rule_seen[0].why, "nobody can serve"));
    cr_expect(d.rule_seen[1].matched);
}

Test(sop_layers, where_nobody_helps_the_first_rule_names_the_unmet_need)
{
    offers = "";
    route(HEAD("l", "local")
              SERVICES RULE("one", "near", ", otherwise: general"),
          HEAD("n", "national")
              SERVICES RULE("two", "far", ", otherwise: general"));
    cr_expect(eq(int, d.outcome, SOP_NO_PROVIDER));
    cr_expect(eq(str, d.rule.s, "one"));
    cr_expect(eq(str, d.service.code.s, "near"));
}

Test(sop_layers, a_final_rule_comes_before_local_ones_and_check_says_so)
{
    offers = "near far";
    route(HEAD("l", "local") SERVICES RULE("one", "near", ""),
          HEAD("n", "national") SERVICES RULE("two", "far", ", final: true"));
    cr_expect(eq(str, d.rule.s, "two"));
    cr_expect_not_null(strstr(findings.item[0].what, "never reached"));
    cr_expect(eq(str, findings.item[0].pack, "l"));
    cr_expect(gt(uint, findings.item[0].line, 0));
}

Test(sop_layers, fallbacks_are_asked_in_their_order)
{
    offers = "last far";
    route(HEAD("l", "local")
              SERVICES RULE("one", "near", ", fallbacks: [last, far]"),
          HEAD("n", "national") SERVICES RULE("two", "far", ""));
    cr_expect(eq(str, d.service.code.s, "last"));
    cr_expect(d.is_fallback);
}

Test(sop_layers, gaps_and_missing_providers_are_found)
{
    struct sop_pack *p = load(
        HEAD("n", "national") SERVICES RULE("two", "far", ", fallback: last"));
    const struct hf_name codes[] = {{"near"}};
    size_t n = 0;

    memset(&findings, 0, sizeof(findings));
    sop_offer_check(p, codes, 1, &findings);
    cr_expect(eq(sz, findings.n, 2));
    cr_expect_not_null(strstr(findings.item[1].what, "unmet need"));
    sop_pack_free(p);
    offers = "";
    route(HEAD("l", "local") SERVICES RULE("one", "near", ""),
          HEAD("n", "national") SERVICES RULE("two", "far", ""));
    for (size_t i = 0; i < 64 && i < findings.n; i++)
        n += strstr(findings.item[i].what, "no pack has a rule for") != NULL;
    cr_expect(gt(sz, n, 50));
}

/* ---- working hours ---- */

static uint64_t
at(const char *time)
{
    uint64_t ms = 0;

    cr_assert(hf_time_parse(time, &ms));
    return ms;
}

static void
opens(const struct sop_calendar *c, const char *from, const char *then)
{
    char text[HF_TIME_TEXT_BYTES];

    cr_expect(eq(str,
                 (char *)hf_time_format(sop_calendar_next(c, at(from)), text),
                 (char *)then));
}

Test(sop_layers, working_hours_keep_summer_time)
{
    struct sop_calendar c = {
        .days = 31, .from_min = 9 * 60, .until_min = 17 * 60};

    cr_assert(
        sop_calendar_zone("Europe/Vienna", &c.offset_min, &c.is_summer_time));
    opens(&c, "2026-03-27T12:00:00Z", "2026-03-27T12:00:00Z");
    opens(&c, "2026-03-27T17:00:00Z", "2026-03-30T07:00:00Z"); /* Friday on */
    opens(&c, "2026-10-23T16:00:00Z", "2026-10-26T08:00:00Z");
    opens(&c, "2026-07-01T06:59:00Z", "2026-07-01T07:00:00Z");
    cr_expect(sop_calendar_is_open(&c, at("2026-07-01T14:59:59Z")));
    cr_expect(not(sop_calendar_is_open(&c, at("2026-07-01T15:00:00Z"))));
    cr_assert(
        sop_calendar_zone("Asia/Kabul", &c.offset_min, &c.is_summer_time));
    c.holiday_ms[c.n_holidays++] = at("2026-11-03");
    opens(&c, "2026-11-02T13:00:00Z", "2026-11-04T04:30:00Z");
    cr_expect(not(
        sop_calendar_zone("Mars/Olympus", &c.offset_min, &c.is_summer_time)));
}

/* ---- what is refused ---- */

static void
refused(const char *more, const char *what)
{
    static char text[4096];

    (void)snprintf(text, sizeof(text), "%s%s",
                   HEAD("n", "local") SERVICES RULE("one", "near", ""), more);
    cr_expect_null(load(text), "%s", more);
    cr_assert(gt(sz, findings.n, 0), "%s", more);
    cr_expect_not_null(strstr(findings.item[0].what, what), "%s: %s", more,
                       findings.item[0].what);
    cr_expect(gt(uint, findings.item[0].line, 10), "%s", more);
    cr_expect(gt(uint, findings.item[0].column, 0), "%s", more);
}

Test(sop_layers, duties_that_make_no_sense_are_named_with_their_place)
{
    refused("calendar: office\n", "no calendar 'office'");
    refused("calendars:\n  - { id: a, time_zone: Mars, days: [mon],\n"
            "      from: \"08:00\", until: \"16:00\" }\n",
            "time zone 'Mars' is not known");
    refused("calendars:\n  - { id: a, time_zone: UTC, days: [mon],\n"
            "      from: \"16:00\", until: \"08:00\" }\n",
            "closes before it opens");
    refused("follow_up:\n  - { id: a, what: call, after: 30d, every: 30d }\n",
            "never ends");
    refused("follow_up:\n  - { id: a, what: call, after: 30d, until: 20d }\n",
            "ends before it begins");
    refused("scores:\n  - { id: a, of: any, prompt: t }\n",
            "either below or above");
    refused("scores:\n  - { id: a, of: any, below: \"1.5\", prompt: t }\n",
            "is no score");
    refused("budgets:\n  - { id: a, title: t, currency: Eur }\n",
            "no currency");
    refused("need_to_know:\n  - { role: health, reads: [health] }\n"
            "  - { role: health, reads: [identity] }\n",
            "there twice");
    refused("closure:\n  - { reason: bored }\n", "unknown word");
    refused("first_contact: { by: health, call_back: soon }\n", "no duration");
    refused("documentation:\n  - { what: plan, keep: 4000d }\n", "");
}
