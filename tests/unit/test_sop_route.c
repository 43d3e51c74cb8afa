/* Unit tests of policy/sop_route, sop_match and sop_explain: which provider,
 * why, and always the same. */
#include "route_fixture.h"

TestSuite(sop_route, .init = begin, .fini = end);

Test(sop_route, chooses_a_provider_and_gives_the_rule_and_its_source)
{
    offer("clinic-kbl", "clinic");
    goes_to("clinic-kbl");

    cr_expect(eq(str, d.rule.s, "general"));
    cr_expect(eq(str, d.pack.s, "test"));
    cr_expect(eq(u32, d.pack_version, 2));
    cr_expect(eq(str, d.clause, "R-14, all six"));
    cr_expect(eq(str, d.service.code.s, "clinic"));
    cr_expect(eq(u32, d.service.never, CATEGORY_BIT(CATEGORY_MHPSS)));
    cr_expect(eq(int, d.service_id[0], 1));
    cr_expect(eq(int, d.urgency, URGENCY_NORMAL));
    cr_expect(d.expires);
    cr_expect(not(d.on_send));
    cr_expect(not(d.approval));
    cr_expect(not(d.is_fallback));
}

Test(sop_route, lists_the_rules_it_passed_over_and_why)
{
    offer("clinic-kbl", "clinic");
    route();

    cr_assert(eq(int, d.n_rules, 2));
    cr_expect(eq(str, d.rule_seen[0].rule.s, "girls"));
    cr_expect(not(d.rule_seen[0].matched));
    cr_expect(eq(str, d.rule_seen[0].why, "it is for another age"));
    cr_expect(d.rule_seen[1].matched);
}

Test(sop_route, takes_the_first_rule_that_matches)
{
    req.facts.sex = SEX_FEMALE;
    req.facts.birth_year = 2012;
    offer("clinic-kbl", "clinic");
    offer("ward-kbl", "ward");
    goes_to("ward-kbl");
    cr_expect(eq(str, d.rule.s, "girls"));
    cr_expect(d.approval);
}

Test(sop_route, passes_over_a_rule_for_another_sex_group_stage_or_place)
{
    static const char text[] =
        "pack: parts\nversion: 1\ntitle: t\nlevel: local\n"
        "effective: { from: 2025-01-01 }\n"
        "services:\n"
        "  - { code: clinic, family: health, required: [identity] }\n"
        "rules:\n"
        "  - { id: a, source: own, service: clinic,\n"
        "      when: { needs: [health.general], sex: female } }\n"
        "  - { id: b, source: own, service: clinic,\n"
        "      when: { needs: [health.general], groups: [gbv] } }\n"
        "  - { id: c, source: own, service: clinic,\n"
        "      when: { needs: [health.general], stages: [arrived] } }\n"
        "  - { id: d, source: own, service: clinic,\n"
        "      when: { needs: [health.general], countries: [IQ] } }\n"
        "  - { id: e, source: own, service: clinic,\n"
        "      when: { needs: [health.general], provinces: [herat] } }\n"
        "  - { id: f, source: own, service: clinic,\n"
        "      when: { needs: [health.general], age: { min: 60 } } }\n";
    struct sop_pack *p = load(text);

    cr_expect(eq(sz, findings.n, 0), "no rule hides another");
    cr_assert(sop_book_add(book, p));
    route();
    cr_expect(eq(str, d.rule.s, "general"), "none of the six");
    req.facts.birth_year = 1950;
    route();
    cr_expect(eq(str, d.rule.s, "f"));
    req.facts.province = (struct hf_name){"herat"};
    route();
    cr_expect(eq(str, d.rule.s, "e"));
    strcpy(req.facts.origin, "IQ");
    route();
    cr_expect(eq(str, d.rule.s, "d"));
    req.facts.stage = STAGE_ARRIVED;
    route();
    cr_expect(eq(str, d.rule.s, "c"));
    req.facts.groups = GROUP_BIT(GROUP_GBV) | GROUP_BIT(GROUP_PREGNANT);
    route();
    cr_expect(eq(str, d.rule.s, "b"));
    req.facts.sex = SEX_FEMALE;
    route();
    cr_expect(eq(str, d.rule.s, "a"));
    sop_book_free(book);
    book = sop_book_new();
    sop_pack_free(p);
}

Test(sop_route, does_not_guess_an_age)
{
    req.facts.sex = SEX_FEMALE;
    req.facts.birth_year = 0;
    offer("clinic-kbl", "clinic");
    route();
    cr_expect(eq(str, d.rule.s, "general"));
    cr_expect(
        eq(str, d.rule_seen[0].why, "it asks for an age, and none is known"));
}

Test(sop_route, has_no_rule_for_an_unknown_need_or_another_country)
{
    offer("clinic-kbl", "clinic");
    req.need = (struct hf_name){"health.magic"};
    route();
    cr_expect(eq(int, d.outcome, SOP_NO_RULE));
    memset(req.need.s, 'x', HF_NAME_BYTES);
    route();
    cr_expect(eq(int, d.outcome, SOP_NO_RULE), "an unterminated need");

    req.need = (struct hf_name){"health.general"};
    strcpy(req.facts.origin, "IQ");
    route();
    cr_expect(eq(int, d.outcome, SOP_NO_RULE));
    strcpy(req.facts.origin, "AF");
    strcpy(req.facts.host, "FR");
    route();
    cr_expect(eq(int, d.outcome, SOP_NO_RULE));
}

Test(sop_route, decides_by_a_pack_only_while_it_is_in_force)
{
    offer("clinic-kbl", "clinic");
    req.now_ms = UINT64_C(1735689600000); /* 2025-01-01 */
    route();
    cr_expect(eq(int, d.outcome, SOP_CHOSEN));
    req.now_ms--;
    route();
    cr_expect(eq(int, d.outcome, SOP_NO_RULE));
    cr_expect(eq(str, d.rule_seen[0].why, "the pack is not in force yet"));
    req.now_ms = UINT64_C(1798761600000); /* 2027-01-01 */
    route();
    cr_expect(eq(int, d.outcome, SOP_NO_RULE));
}

Test(sop_route, filters_by_language_unless_none_is_said)
{
    struct service *s = offer("clinic-kbl", "clinic");

    speak(s, "uz");
    goes_nowhere_because("speaks no common language");
    speak(s, "de-AT");
    goes_to("clinic-kbl");
    cr_expect(eq(str, d.candidate[0].why, "chosen: everywhere, speaks de"));
}

Test(sop_route, prefers_the_language_the_person_prefers)
{
    speak(offer("a-german", "clinic"), "de");
    speak(offer("b-dari", "clinic"), "prs");
    goes_to("b-dari");
}

Test(sop_route, filters_by_what_a_provider_can_do)
{
    struct service *s = offer("clinic-kbl", "clinic");

    s->accepting = false;
    goes_nowhere_because("takes nobody at present");
    s->accepting = true;
    s->capacity = 0;
    goes_nowhere_because("no place free");
    s->capacity = 1;
    s->cost_minor = 101;
    goes_nowhere_because("costs more than the rule allows");
    s->cost_minor = 100;
    s->n_provinces = 1;
    s->province[0] = (struct hf_name){"herat"};
    goes_nowhere_because("does not serve this province");
    s->province[0] = (struct hf_name){"kabul"};
    s->age_max = 35;
    goes_nowhere_because("not for this age");
    s->age_max = 36;
    s->only_sex = SEX_FEMALE;
    goes_nowhere_because("not for this sex");
    s->only_sex = SEX_MALE;
    goes_to("clinic-kbl");
    cr_expect(eq(str, d.candidate[0].why, "chosen: kabul, 1 free, costs"));
}

Test(sop_route, excludes_who_was_tried_and_who_asks)
{
    offer("clinic-a", "clinic");
    offer("clinic-b", "clinic");
    offer("iom-af", "clinic");
    req.n_tried = 1;
    req.tried[0] = (struct hf_org){"clinic-a"};
    goes_to("clinic-b");
    cr_expect(eq(int, d.n_candidates, 2), "the referring one is none");
    req.n_tried = 2;
    req.tried[1] = (struct hf_org){"clinic-b"};
    goes_nowhere_because("was asked before and said no");
}

Test(sop_route, falls_back_when_all_were_tried)
{
    offer("clinic-a", "clinic");
    offer("ward-kbl", "ward");
    goes_to("clinic-a");
    req.n_tried = 1;
    req.tried[0] = (struct hf_org){"clinic-a"};
    goes_to("ward-kbl");
    cr_expect(d.is_fallback);
    cr_expect(eq(str, d.service.code.s, "ward"));
    cr_expect(eq(u32, d.service.required, CATEGORY_BIT(CATEGORY_CONTACT)));
    cr_expect(eq(int, d.n_candidates, 2), "both services are listed");
}

Test(sop_route, keeps_the_first_service_when_nobody_serves_either)
{
    offer("clinic-a", "clinic")->accepting = false;
    offer("a-ward", "ward")->accepting = false;
    route();
    cr_expect(eq(int, d.n_candidates, 2));
    cr_expect(eq(str, d.candidate[0].org.s, "clinic-a"));
    cr_expect(eq(int, d.outcome, SOP_NO_PROVIDER));
    cr_expect(not(d.is_fallback));
    cr_expect(eq(str, d.service.code.s, "clinic"));
    cr_expect(eq(str, d.to.s, ""));
}

Test(sop_route, ignores_places_money_and_language_in_an_emergency)
{
    struct service *s = offer("rescue-kbl", "rescue");

    req.need = (struct hf_name){"health.emergency"};
    s->capacity = 0;
    s->cost_minor = 5000;
    speak(s, "uz");
    goes_to("rescue-kbl");
    cr_expect(d.on_send);
    cr_expect(eq(int, d.urgency, URGENCY_EMERGENCY));

    s->accepting = false;
    route();
    cr_expect(eq(int, d.outcome, SOP_NO_PROVIDER));
}

Test(sop_route, prefers_a_free_place_even_in_an_emergency)
{
    req.need = (struct hf_name){"health.emergency"};
    offer("a-full", "rescue")->capacity = 0;
    offer("b-free", "rescue")->capacity = 1;
    goes_to("b-free");
}

Test(sop_route, counts_wishes_before_everything_else)
{
    struct service *near;

    offer("a-male", "clinic")->has_male_practitioner = true;
    offer("b-female", "clinic")->has_female_practitioner = true;
    req.wish_female = 1;
    goes_to("b-female");
    req.wish_female = 0;
    req.wish_male = 1;
    goes_to("a-male");

    near = offer("c-herat", "clinic");
    near->n_provinces = 1;
    near->province[0] = (struct hf_name){"herat"};
    near->has_male_practitioner = true;
    req.near = (struct hf_name){"herat"};
    goes_to("c-herat");
    req.near = (struct hf_name){""};
    req.away = (struct hf_name){"herat"};
    goes_to("a-male");
}

Test(sop_route, takes_a_wished_organisation_only_if_it_can_serve)
{
    struct service *b;

    offer("a", "clinic");
    b = offer("b", "clinic");
    req.to = (struct hf_org){"b"};
    goes_to("b");
    b->capacity = 0;
    goes_to("a");
    cr_expect(eq(str, d.candidate[0].org.s, "b"), "still listed first");
    cr_expect(eq(str, d.candidate[0].why, "no place free"));
}

Test(sop_route, lets_stale_entries_sink)
{
    offer("a", "clinic")->assured_ms = NOW_MS - 181 * DAY;
    offer("b", "clinic");
    goes_to("b");
}

Test(sop_route, breaks_ties_by_the_organisations_id)
{
    offer("zeta", "clinic");
    offer("alpha", "clinic");
    goes_to("alpha");
}

Test(sop_route, keeps_the_best_when_there_are_more_than_it_can_list)
{
    for (size_t i = 0; i < 60; i++) {
        char org[8] = {'o', (char)('a' + i / 26), (char)('a' + i % 26)};

        offer(org, "clinic")->capacity = i == 57 ? 5 : 0;
    }
    goes_to("ocf");
    cr_expect(eq(int, d.n_candidates, SOP_CANDIDATES_MAX));
    cr_expect(eq(str, d.candidate[1].org.s, "oaa"));
}

Test(sop_route, gives_the_same_bytes_whatever_the_order_of_the_map)
{
    static struct sop_decision e;

    for (size_t i = 0; i < 50; i++) {
        char org[8] = {'o', (char)('a' + i * 7 % 26), (char)('a' + i % 26)};
        struct service *s = offer(org, i % 3 == 0 ? "ward" : "clinic");

        s->capacity = (int32_t)(i % 4) - 1;
        s->cost_minor = (uint32_t)(i * 37 % 150);
    }
    memset(&d, 0xAA, sizeof(d));
    route();
    memset(&e, 0x55, sizeof(e));
    is_backwards = true;
    sop_route(book, &req, &services, &e);
    cr_expect(eq(int, memcmp(&d, &e, sizeof(d)), 0));
}

static void
explain(struct hf_buf *out)
{
    hf_buf_init(out, 64 * 1024);
    sop_explain(&d, out);
    cr_assert(not(out->failed));
    cr_assert(hf_buf_add(out, "", 1));
}

Test(sop_route, explains_a_decision_in_lines_of_80_columns)
{
    struct hf_buf out;
    const char *text;

    for (size_t i = 0; i < 40; i++) {
        char org[32] = "an-organisation-of-name-";

        org[24] = (char)('a' + i % 26);
        org[25] = (char)('a' + i / 26);
        offer(org, i % 2 == 0 ? "clinic" : "ward")->capacity = (int)i % 3;
    }
    route();
    explain(&out);
    text = (const char *)out.p;
    cr_expect_not_null(strstr(text, "Because of rule general in pack test"));
    cr_expect_not_null(strstr(text, "Source: R-14, all six"));
    cr_expect_not_null(strstr(text, "decided by 2026-11-04T09:00:00Z"));
    cr_expect_not_null(strstr(text, "never: mhpss"));
    cr_expect_not_null(strstr(text, "no place free"));
    cr_expect_not_null(strstr(text, "girls: it is for another age"));
    while (*text != '\0') {
        const size_t n = strcspn(text, "\n");

        cr_expect(le(sz, n, 80), "%.*s", (int)n, text);
        text += n + (text[n] != '\0' ? 1 : 0);
    }
    hf_buf_free(&out);
}

Test(sop_route, explains_why_there_is_none)
{
    struct hf_buf out;

    route();
    explain(&out);
    cr_expect_not_null(strstr((const char *)out.p, "nobody can serve"));
    hf_buf_free(&out);
    req.need = (struct hf_name){"health.magic"};
    route();
    explain(&out);
    cr_expect_not_null(strstr((const char *)out.p, "no such need"));
    hf_buf_free(&out);
}
