/* Unit tests of policy/sop_load and sop_check: every malformed pack is
 * refused with the line, the column and one sentence. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdlib.h>

#include "sop.h"

#define HEAD                                                                   \
    "pack: test\n"                                                             \
    "version: 1\n"                                                             \
    "title: a test\n"                                                          \
    "level: local\n"                                                           \
    "applies: { origins: [AF] }\n"                                             \
    "effective: { from: 2025-01-01 }\n"
#define SERVICES                                                               \
    "services:\n"                                                              \
    "  - { code: clinic, family: health, required: [identity] }\n"             \
    "  - { code: ward, family: health, required: [identity], ceiling: 72h }\n"
#define RULE_BEGIN                                                             \
    "rules:\n"                                                                 \
    "  - id: one\n"                                                            \
    "    source: own\n"
/* HEAD has 6 lines, SERVICES 3; so the first rule's id stands in line 11. */
#define RULE                                                                   \
    RULE_BEGIN "    when: { needs: [health.general] }\n"                       \
               "    service: clinic\n"                                         \
               "    fallback: ward\n"

static struct sop_findings f;

static enum hf_err
load(const char *text)
{
    struct sop_pack *p = NULL;
    const enum hf_err err = sop_pack_load(
        (struct hf_bytes){(const uint8_t *)text, strlen(text)}, &f, &p);

    cr_expect(eq(int, err == HF_OK, p != NULL));
    sop_pack_free(p);
    return err;
}

/* The first finding: level, place, and words that its sentence holds. */
static void
expect(const char *text, bool is_error, unsigned line, unsigned column,
       const char *words)
{
    const enum hf_err err = load(text);

    cr_expect(eq(int, err, is_error ? HF_ERR_MALFORMED : HF_OK), "%s", words);
    cr_assert(ge(sz, f.n, 1), "no finding for: %s", words);
    cr_expect(eq(int, f.item[0].is_error, is_error), "%s", f.item[0].what);
    cr_expect_not_null(strstr(f.item[0].what, words), "'%s' lacks '%s'",
                       f.item[0].what, words);
    cr_expect(eq(uint, f.item[0].line, line), "%s", f.item[0].what);
    cr_expect(eq(uint, f.item[0].column, column), "%s", f.item[0].what);
}

Test(sop_load, accepts_a_small_pack_without_a_word)
{
    cr_expect(eq(int, load(HEAD SERVICES RULE), HF_OK));
    cr_expect(eq(sz, f.n, 0), "%s", f.item[0].what);
}

Test(sop_load, gives_name_version_and_services_of_a_pack)
{
    static const char text[] = HEAD SERVICES RULE;
    const struct hf_name ward = {"ward"}, none = {"none"};
    struct sop_pack *p = NULL;
    struct sop_service s;

    cr_assert(
        eq(int,
           sop_pack_load((struct hf_bytes){(const uint8_t *)text, strlen(text)},
                         &f, &p),
           HF_OK));
    cr_expect(eq(str, (char *)sop_pack_name(p), "test"));
    cr_expect(eq(u32, sop_pack_version(p), 1));
    cr_assert(sop_service(p, &ward, &s));
    cr_expect(eq(u32, s.required, CATEGORY_BIT(CATEGORY_IDENTITY)));
    cr_expect(not(sop_service(p, &none, &s)));
    cr_expect(sop_service_at(p, 1, &s));
    cr_expect(not(sop_service_at(p, 2, &s)));
    sop_pack_free(p);
}

Test(sop_load, refuses_what_is_no_yaml_with_its_place)
{
    expect("pack: x\n\tversion: 1\n", true, 2, 1, "tab");
    expect("", true, 1, 1, "not a map");
    expect("- 1\n", true, 1, 1, "not a map");
    expect("pack: x\npack: y\n", true, 2, 1, "already");
    expect("pack: x\n---\npack: y\n", true, 2, 1, "second document");
}

Test(sop_load, refuses_anchors_aliases_and_tags)
{
    expect("pack: &a x\n", true, 1, 7, "anchors");
    expect("pack: x\ntitle: *a\n", true, 2, 8, "aliases");
    expect("pack: !!str x\n", true, 1, 7, "tags");
}

Test(sop_load, refuses_an_alias_bomb_before_it_unfolds)
{
    expect("a: &a [x, x, x, x, x, x, x, x, x]\n"
           "b: &b [*a, *a, *a, *a, *a, *a, *a, *a, *a]\n"
           "c: &c [*b, *b, *b, *b, *b, *b, *b, *b, *b]\n",
           true, 1, 4, "anchors");
}

Test(sop_load, refuses_a_file_larger_than_512_KiB)
{
    char *big = malloc(600 * 1024 + 1);

    cr_assert_not_null(big);
    memset(big, '#', 600 * 1024);
    big[600 * 1024] = '\0';
    expect(big, true, 0, 0, "512 KiB");
    free(big);
}

Test(sop_load, refuses_nesting_without_end)
{
    static char deep[4096];

    memset(deep, '[', sizeof(deep) - 1);
    expect(deep, true, 1, 33, "deeper");
}

Test(sop_load, names_an_unknown_a_missing_and_a_wrong_key)
{
    expect(HEAD "servises: []\n" SERVICES RULE, true, 7, 1, "servises");
    expect(HEAD SERVICES RULE_BEGIN "    service: clinic\n", true, 11, 5,
           "'when' is missing");
    expect(HEAD SERVICES RULE "    urgency: quick\n", true, 16, 14,
           "unknown word 'quick'");
    expect(HEAD SERVICES RULE "    expire: maybe\n", true, 16, 13,
           "unknown word 'maybe'");
    expect("pack: x\nversion: one\n", true, 2, 10, "not a whole number");
    expect(HEAD "services: 3\n", true, 7, 11, "wrong kind of value");
    expect(HEAD "services:\n"
                "  - { code: a, family: b, required: [identity, blood] }\n",
           true, 8, 48, "unknown word 'blood'");
}

Test(sop_load, names_words_that_mean_nothing)
{
    expect(HEAD SERVICES RULE_BEGIN
           "    when: { needs: [health.general, health.magic] }\n"
           "    service: clinic\n    fallback: ward\n",
           true, 13, 37, "unknown need 'health.magic'");
    expect(HEAD SERVICES RULE_BEGIN "    when: { needs: [health.general] }\n"
                                    "    service: hospital\n",
           true, 14, 14, "no service 'hospital'");
    expect(HEAD SERVICES RULE_BEGIN
           "    when: { needs: [health.general] }\n"
           "    service: clinic\n    fallback: nowhere\n",
           true, 15, 15, "no service 'nowhere'");
    expect(HEAD SERVICES RULE_BEGIN
           "    when: { needs: [health.general], countries: [Kabul] }\n"
           "    service: clinic\n    fallback: ward\n",
           true, 13, 50, "no country");
    expect(HEAD SERVICES RULE "    clocks: { decide: soon }\n", true, 16, 23,
           "no duration");
    expect(HEAD SERVICES RULE "    clocks: { decide: 400d }\n", true, 16, 23,
           "longer than a year");
}

Test(sop_load, names_a_pack_that_is_never_in_force)
{
    expect("pack: x\nversion: 0\ntitle: t\nlevel: local\n"
           "effective: { from: 2025-01-01, until: 2024-01-01 }\n" SERVICES RULE,
           true, 2, 10, "begin with 1");
    cr_assert(eq(sz, f.n, 2));
    cr_expect_not_null(strstr(f.item[1].what, "never be in force"));
    cr_expect(eq(uint, f.item[1].line, 5));
}

Test(sop_load, names_rules_that_can_never_match)
{
    expect(HEAD SERVICES RULE_BEGIN
           "    when: { needs: [health.general], age: { min: 9, max: 5 } }\n"
           "    service: clinic\n    fallback: ward\n",
           true, 13, 43, "can never match");
    expect(HEAD SERVICES RULE_BEGIN
           "    when: { needs: [health.general], countries: [IQ] }\n"
           "    service: clinic\n    fallback: ward\n",
           true, 13, 49, "can never match");
    expect(HEAD SERVICES RULE
           "  - id: two\n    source: own\n"
           "    when: { needs: [health.general], sex: female }\n"
           "    service: ward\n",
           true, 18, 11, "rule one before it takes every such case");
    cr_expect(eq(str, f.item[0].rule, "two"));
}

Test(sop_load, warns_of_a_rule_that_is_hidden_in_part)
{
    expect(HEAD SERVICES RULE
           "  - id: two\n    source: own\n"
           "    when: { needs: [health.general, health.child] }\n"
           "    service: ward\n",
           false, 18, 20, "never reached for health.general");
}

Test(sop_load, does_not_call_a_narrower_rule_before_a_wider_one_a_shadow)
{
    cr_expect(eq(int,
                 load(HEAD SERVICES RULE_BEGIN
                      "    when: { needs: [health.general], sex: female,\n"
                      "            provinces: [kabul], groups: [gbv] }\n"
                      "    service: clinic\n"
                      "  - id: two\n    source: own\n"
                      "    when: { needs: [health.general] }\n"
                      "    service: ward\n"),
                 HF_OK));
    cr_expect(eq(sz, f.n, 0), "%s", f.item[0].what);
}

Test(sop_load, names_twins_and_contradictions)
{
    expect(HEAD SERVICES RULE
           "  - id: one\n    source: own\n"
           "    when: { needs: [health.child] }\n    service: ward\n",
           true, 16, 9, "two rules have this id");
    expect(HEAD SERVICES
           "  - { code: ward, family: health, required: [identity] }\n" RULE,
           true, 10, 13, "defined twice");
    expect(HEAD
           "services:\n"
           "  - code: clinic\n    family: health\n"
           "    required: [identity]\n    never: [identity]\n"
           "  - { code: ward, family: health, required: [identity] }\n" RULE,
           true, 11, 12, "both requires and never takes identity");
    expect(HEAD SERVICES RULE_BEGIN "    when: { needs: [health.general] }\n"
                                    "    service: ward\n    fallback: ward\n",
           true, 15, 15, "the service itself");
}

Test(sop_load, names_clocks_that_are_too_long)
{
    expect(HEAD SERVICES RULE "    clocks: { decide: 8d, contact: 7d }\n", true,
           16, 23, "decide is longer than contact");
    expect(HEAD SERVICES RULE "    clocks: { decide: 1d, contact: 73h }\n",
           true, 16, 36, "ceiling of service ward");
    expect(HEAD "services:\n"
                "  - { code: clinic, family: health, required: [identity] }\n"
                "rules:\n"
                "  - id: one\n    source: own\n"
                "    when: { needs: [health.general] }\n"
                "    service: clinic\n    urgency: emergency\n"
                "    clocks: { decide: 30h, contact: 40h, report: 9d }\n",
           true, 15, 13, "too long for an emergency");
}

Test(sop_load, warns_of_missing_clocks_and_early_disclosure)
{
    expect(HEAD SERVICES RULE "    urgency: urgent\n"
                              "    clocks: { decide: 1d, contact: 2d }\n",
           false, 17, 13, "no clock report");
    expect(HEAD SERVICES RULE "    clocks: { decide: 1d, contact: 2d }\n"
                              "    disclose: on_send\n",
           false, 17, 15, "before anybody accepted");
}

Test(sop_load, warns_of_a_service_that_no_rule_leads_to)
{
    expect(HEAD SERVICES
           "  - { code: spare, family: health, required: [identity] }\n" RULE
           "    clocks: { decide: 1d, contact: 2d }\n",
           false, 10, 5, "no rule leads to service spare");
}

Test(sop_load, checks_the_form_of_follow_up_and_calendars)
{
    expect(HEAD SERVICES RULE "    clocks: { contact: 48h, decide: 1h }\n"
                              "follow_up:\n"
                              "  - { id: a, what: call, after: later }\n",
           true, 18, 33, "no duration");
    expect(HEAD SERVICES RULE "follow_up:\n"
                              "  - { id: a, what: dance, after: 3d }\n",
           true, 17, 20, "unknown word 'dance'");
}

Test(sop_load, says_only_what_a_terminal_may_show)
{
    expect(HEAD "services:\n"
                "  - { code: \"a\\e[31mb\", family: b, required: [identity] "
                "}\n",
           true, 8, 13, "control character");
}

Test(sop_load, knows_the_needs_of_the_one_list)
{
    size_t n = 0;

    while (sop_need_at(n) != NULL) {
        cr_expect(sop_need_known(sop_need_at(n)));
        cr_expect(gt(sz, strlen(sop_need_text(sop_need_at(n))), 0));
        cr_expect(lt(sz, strlen(sop_need_at(n)), HF_NAME_BYTES));
        n++;
    }
    cr_expect(ge(sz, n, 19));
    cr_expect(sop_need_known("mhpss.clinical"));
    cr_expect(not(sop_need_known("health")));
    cr_expect(not(sop_need_known("")));
}
