/* Unit tests of policy/gate: what goes out, what may come in, and why the
 * rest stays. Also the ages and languages that the rules ask about. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "consent.h"
#include "service.h"

#define HEALTH   CATEGORY_BIT(CATEGORY_HEALTH)
#define IDENTITY CATEGORY_BIT(CATEGORY_IDENTITY)
#define CONTACT  CATEGORY_BIT(CATEGORY_CONTACT)
#define SKILLS   CATEGORY_BIT(CATEGORY_SKILLS)
#define MHPSS    CATEGORY_BIT(CATEGORY_MHPSS)

static const struct hf_org clinic = {"clinic-kbl"};
static struct consent c;
static struct gate_out out;
static struct proof proof;

static void
begin(void)
{
    memset(&c, 0, sizeof(c));
    c.state = CONSENT_GIVEN;
    c.version = 1;
    c.n_scopes = 1;
    c.scope[0] =
        (struct consent_scope){.id = {"a"},
                               .categories = IDENTITY | CONTACT | HEALTH,
                               .purposes = PURPOSE_BIT(PURPOSE_REFERRAL),
                               .n_recipients = 1,
                               .recipient = {{"clinic-kbl"}}};
    memset(&proof, 0, sizeof(proof));
    proof.n = 1;
    proof.item[0] =
        (struct proof_item){.scope = {"a"},
                            .categories = IDENTITY | HEALTH,
                            .purposes = PURPOSE_BIT(PURPOSE_REFERRAL),
                            .until_ms = 1000};
}

TestSuite(gate, .init = begin);

static void
decide(uint32_t held, uint32_t required, uint32_t allowed, uint32_t never)
{
    gate_out(&c, &clinic, PURPOSE_REFERRAL, held, required, allowed, never, 500,
             &out);
}

static enum withheld_why
why(enum category category)
{
    return out.why[category];
}

Test(gate, sends_what_the_sop_needs_within_what_consent_covers)
{
    decide(CATEGORY_ALL, IDENTITY | CONTACT, HEALTH | MHPSS, 0);

    cr_expect(eq(u32, out.sends, IDENTITY | CONTACT | HEALTH));
    cr_expect(eq(u32, out.missing, 0));
    cr_expect(eq(int, why(CATEGORY_MHPSS), WITHHELD_NO_CONSENT));
    cr_expect(eq(int, why(CATEGORY_SKILLS), WITHHELD_NOT_NEEDED));
    cr_expect(eq(int, why(CATEGORY_HEALTH), WITHHELD_NONE));
}

Test(gate, names_the_required_category_that_consent_lacks)
{
    decide(CATEGORY_ALL, IDENTITY | SKILLS, 0, 0);

    cr_expect(eq(u32, out.sends, IDENTITY));
    cr_expect(eq(u32, out.missing, SKILLS));
}

Test(gate, does_not_ask_for_consent_to_what_it_does_not_hold)
{
    decide(IDENTITY, IDENTITY | SKILLS, 0, 0);

    cr_expect(eq(u32, out.missing, 0));
    cr_expect(eq(int, why(CATEGORY_SKILLS), WITHHELD_NOT_HELD));
}

Test(gate, never_beats_required_and_consent)
{
    decide(CATEGORY_ALL, HEALTH, HEALTH, HEALTH);

    cr_expect(eq(u32, out.sends, 0));
    cr_expect(eq(u32, out.missing, 0));
    cr_expect(eq(int, why(CATEGORY_HEALTH), WITHHELD_NEVER));
}

Test(gate, tells_withdrawn_from_never_given)
{
    c.scope[0].withdrawn = true;
    decide(CATEGORY_ALL, HEALTH | MHPSS, 0, 0);

    cr_expect(eq(u32, out.sends, 0));
    cr_expect(eq(u32, out.missing, HEALTH | MHPSS));
    cr_expect(eq(int, why(CATEGORY_HEALTH), WITHHELD_WITHDRAWN));
    cr_expect(eq(int, why(CATEGORY_MHPSS), WITHHELD_NO_CONSENT));
}

Test(gate, sends_nothing_without_a_consent)
{
    gate_out(NULL, &clinic, PURPOSE_REFERRAL, CATEGORY_ALL, IDENTITY, HEALTH, 0,
             1, &out);

    cr_expect(eq(u32, out.sends, 0));
    cr_expect(eq(u32, out.missing, IDENTITY));
}

Test(gate, sends_a_subset_of_every_set_for_all_combinations_of_one_category)
{
    for (uint32_t bits = 0; bits < 32; bits++) {
        c.scope[0].categories = (bits & 1) != 0 ? HEALTH : IDENTITY;
        decide((bits & 2) != 0 ? HEALTH : 0, (bits & 4) != 0 ? HEALTH : 0,
               (bits & 8) != 0 ? HEALTH : 0, (bits & 16) != 0 ? HEALTH : 0);
        cr_expect(eq(u32, out.sends & HEALTH,
                     (bits & 3) == 3 && (bits & 12) != 0 && (bits & 16) == 0
                         ? HEALTH
                         : 0),
                  "combination %u", bits);
    }
}

Test(gate, has_a_phrase_for_every_reason)
{
    for (int i = WITHHELD_NOT_NEEDED; i <= WITHHELD_NOT_HELD; i++)
        cr_expect(gt(sz, strlen(withheld_text((enum withheld_why)i)), 0));
    cr_expect(eq(str, (char *)withheld_text((enum withheld_why)99), ""));
}

Test(gate, lets_in_what_proof_and_sop_cover)
{
    cr_expect(
        eq(int,
           gate_in(&proof, PURPOSE_REFERRAL, HEALTH, IDENTITY | HEALTH, 0, 999),
           REASON_NONE));
    cr_expect(
        eq(int, gate_in(&proof, PURPOSE_REFERRAL, 0, 0, 0, 5000), REASON_NONE));
}

Test(gate, refuses_what_the_proof_does_not_cover)
{
    cr_expect(eq(
        int,
        gate_in(&proof, PURPOSE_REFERRAL, HEALTH | MHPSS, CATEGORY_ALL, 0, 10),
        REASON_NO_CONSENT));
    cr_expect(eq(int,
                 gate_in(&proof, PURPOSE_FEEDBACK, HEALTH, CATEGORY_ALL, 0, 10),
                 REASON_NO_CONSENT));
    cr_expect(
        eq(int,
           gate_in(&proof, PURPOSE_REFERRAL, HEALTH, CATEGORY_ALL, 0, 1000),
           REASON_NO_CONSENT),
        "until is over");
}

Test(gate, refuses_a_category_number_that_nobody_knows)
{
    proof.item[0].categories = UINT32_MAX;
    cr_expect(eq(
        int,
        gate_in(&proof, PURPOSE_REFERRAL, UINT32_C(1) << 31, UINT32_MAX, 0, 10),
        REASON_NO_CONSENT));
}

Test(gate, refuses_what_lies_under_a_tombstone_whatever_the_proof_says)
{
    cr_expect(
        eq(int,
           gate_in(&proof, PURPOSE_REFERRAL, HEALTH, CATEGORY_ALL, HEALTH, 10),
           REASON_CONSENT_WITHDRAWN));
}

Test(gate, refuses_what_the_sop_never_asked_for)
{
    cr_expect(eq(
        int,
        gate_in(&proof, PURPOSE_REFERRAL, HEALTH | IDENTITY, IDENTITY, 0, 10),
        REASON_CHECK_FAILED));
}

Test(gate, reads_no_item_beyond_the_room_of_a_proof)
{
    proof.n = 255;
    cr_expect(eq(int,
                 gate_in(&proof, PURPOSE_REFERRAL, MHPSS, CATEGORY_ALL, 0, 10),
                 REASON_NO_CONSENT));
}

/* 2026-11-02T00:00:00Z and dates of birth, in milliseconds. */
#define NOW_MS UINT64_C(1793577600000)

Test(facts, age_is_exact_where_the_date_is_known)
{
    /* 2008-11-02 and 2008-11-03: eighteen today, and tomorrow. */
    cr_expect(eq(u32,
                 facts_age(&(struct facts){.birth_ms = 1225584000000u,
                                           .birth_year = 2008},
                           NOW_MS),
                 18));
    cr_expect(eq(u32,
                 facts_age(&(struct facts){.birth_ms = 1225670400000u,
                                           .birth_year = 2008},
                           NOW_MS),
                 17));
}

Test(facts, age_goes_by_the_year_where_only_that_is_known)
{
    cr_expect(
        eq(u32, facts_age(&(struct facts){.birth_year = 1994}, NOW_MS), 32));
    cr_expect(eq(
        u32,
        facts_age(&(struct facts){.birth_ms = 1, .birth_year = 1944}, NOW_MS),
        82));
    cr_expect(eq(u32, facts_age(&(struct facts){0}, NOW_MS), UINT32_MAX));
    cr_expect(
        eq(u32, facts_age(&(struct facts){.birth_year = 2099}, NOW_MS), 0));
}

Test(service, knows_a_language_by_any_longer_form_of_its_tag)
{
    cr_expect(service_language("prs", "PRS"));
    cr_expect(service_language("prs", "prs-AF"));
    cr_expect(service_language("de-AT", "de"));
    cr_expect(not(service_language("prs", "pr")));
    cr_expect(not(service_language("de-AT", "de-DE")));
    cr_expect(not(service_language("", "")));
}

Test(service, check_names_what_is_wrong)
{
    struct service s = {.org = {"clinic-kbl"},
                        .id = {1},
                        .code = {"primary_health_care"},
                        .capacity = -1};

    cr_expect_null(service_check(&s));
    s.age_min = 30;
    s.age_max = 20;
    cr_expect_not_null(strstr(service_check(&s), "age"));
    s.age_max = 0;
    s.n_languages = 1;
    cr_expect_not_null(strstr(service_check(&s), "language"));
    s.n_languages = 0;
    s.capacity = -2;
    cr_expect_not_null(strstr(service_check(&s), "capacity"));
    memset(&s.id, 0, sizeof(s.id));
    cr_expect_not_null(strstr(service_check(&s), "UUID"));
}
