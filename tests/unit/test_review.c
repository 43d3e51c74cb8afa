/* Notices and verdicts of a review: one encoding each, and what is none. */
#include "proto_fixture.h"

#include "review.h"

#define expect_no(cond, ...)                                                   \
    cr_expect(zero(int, (int)(cond))__VA_OPT__(, ) __VA_ARGS__)

static struct review_notice n;
static struct review_verdict v;
static uint8_t bytes[REVIEW_NOTICE_BYTES + 1];

static void
begin(void)
{
    fixture_start();
    memset(&n, 0, sizeof(n));
    n.ground = GROUND_UNABLE_TO_CONSENT;
    n.by = REVIEW_BY_MENTAL_HEALTH;
    n.categories = CATEGORY_BIT(CATEGORY_IDENTITY) |
                   CATEGORY_BIT(CATEGORY_MHPSS);
    memset(n.referral.b, 7, HF_ID_BYTES);
    cr_assert(hf_org_parse("iom-af", &n.from));
    cr_assert(hf_org_parse("clinic-kbl", &n.to));
    cr_assert(hf_org_parse("rights-af", &n.reviewer));
    n.sent_ms = T0;
    n.due_ms = T0 + 604800000;
    n.at_ms = T0 + 1;
    memset(&v, 0, sizeof(v));
    v.is_upheld = true;
    v.referral = n.referral;
    v.reviewer = n.reviewer;
    v.from = n.from;
    memset(v.facts.b, 9, HF_HASH_BYTES);
    v.at_ms = T0 + 2;
}

TestSuite(review, .init = begin);

static bool
is_notice(size_t length)
{
    struct review_notice got;

    review_notice_pack(&n, bytes);
    return review_notice_unpack((struct hf_bytes){bytes, length}, &got);
}

static bool
is_verdict(size_t length)
{
    struct review_verdict got;

    review_verdict_pack(&v, bytes);
    return review_verdict_unpack((struct hf_bytes){bytes, length}, &got);
}

Test(review, packs_into_its_golden_bytes)
{
    struct review_verdict verdict;
    struct review_notice notice;

    review_notice_pack(&n, bytes);
    fixture_golden("review_notice", bytes, REVIEW_NOTICE_BYTES);
    cr_assert(review_notice_unpack(
        (struct hf_bytes){bytes, REVIEW_NOTICE_BYTES}, &notice));
    cr_expect(eq(int, memcmp(&notice, &n, sizeof(n)), 0));
    review_verdict_pack(&v, bytes);
    fixture_golden("review_verdict", bytes, REVIEW_VERDICT_BYTES);
    cr_assert(review_verdict_unpack(
        (struct hf_bytes){bytes, REVIEW_VERDICT_BYTES}, &verdict));
    cr_expect(eq(int, memcmp(&verdict, &v, sizeof(v)), 0));
}

Test(review, of_any_other_length_or_version_is_none)
{
    struct review_notice got;

    cr_expect(is_notice(REVIEW_NOTICE_BYTES));
    expect_no(is_notice(REVIEW_NOTICE_BYTES - 1));
    expect_no(is_notice(REVIEW_NOTICE_BYTES + 1));
    expect_no(is_notice(0));
    cr_expect(is_verdict(REVIEW_VERDICT_BYTES));
    expect_no(is_verdict(REVIEW_VERDICT_BYTES - 1));
    review_notice_pack(&n, bytes);
    bytes[0] = 2;
    expect_no(review_notice_unpack(
        (struct hf_bytes){bytes, REVIEW_NOTICE_BYTES}, &got));
}

#define EXPECT_NO_NOTICE(change)                                               \
    do {                                                                       \
        begin();                                                               \
        change;                                                                \
        expect_no(is_notice(REVIEW_NOTICE_BYTES), "%s", #change);              \
    } while (0)

Test(review, notice_says_only_what_can_be)
{
    EXPECT_NO_NOTICE(n.ground = GROUND_NONE);
    EXPECT_NO_NOTICE(n.ground = GROUND_END);
    EXPECT_NO_NOTICE(n.by = REVIEW_BY_NONE);
    EXPECT_NO_NOTICE(n.by = REVIEW_BY_END);
    EXPECT_NO_NOTICE(n.by = REVIEW_BY_CLINICIAN); /* not on that ground */
    EXPECT_NO_NOTICE(n.by = REVIEW_BY_MANAGER);
    EXPECT_NO_NOTICE(n.categories = 0);
    EXPECT_NO_NOTICE(n.categories |= 1u << 31);
    EXPECT_NO_NOTICE(memset(&n.referral, 0, sizeof(n.referral)));
    EXPECT_NO_NOTICE(memset(&n.from, 0, sizeof(n.from)));
    EXPECT_NO_NOTICE(n.to.s[0] = 'X');
    EXPECT_NO_NOTICE(n.to = n.from);
    EXPECT_NO_NOTICE(n.reviewer = n.from);
    EXPECT_NO_NOTICE(n.reviewer = n.to);
    EXPECT_NO_NOTICE(n.sent_ms = 0);
    EXPECT_NO_NOTICE(n.due_ms = n.sent_ms);
    EXPECT_NO_NOTICE(n.due_ms = UINT64_MAX);
    EXPECT_NO_NOTICE(n.at_ms = 0);
    EXPECT_NO_NOTICE(n.at_ms = UINT64_MAX);
}

#define EXPECT_NO_VERDICT(change)                                              \
    do {                                                                       \
        begin();                                                               \
        change;                                                                \
        expect_no(is_verdict(REVIEW_VERDICT_BYTES), "%s", #change);            \
    } while (0)

Test(review, verdict_says_only_what_can_be)
{
    struct review_verdict got;

    EXPECT_NO_VERDICT(memset(&v.referral, 0, sizeof(v.referral)));
    EXPECT_NO_VERDICT(memset(&v.facts, 0, sizeof(v.facts)));
    EXPECT_NO_VERDICT(v.reviewer = v.from);
    EXPECT_NO_VERDICT(v.from.s[0] = ' ');
    EXPECT_NO_VERDICT(v.at_ms = 0);
    EXPECT_NO_VERDICT(v.at_ms = UINT64_MAX);
    begin();
    review_verdict_pack(&v, bytes);
    bytes[1] = 2;
    expect_no(review_verdict_unpack(
        (struct hf_bytes){bytes, REVIEW_VERDICT_BYTES}, &got));
}

Test(review, by_whom_is_a_profession_that_counts)
{
    struct attest a = {.ground = GROUND_LIFE_AT_RISK,
                       .role = ROLE_MENTAL_HEALTH};

    cr_expect(eq(int, (int)review_by_of(&a), REVIEW_BY_MENTAL_HEALTH));
    a.role = ROLE_HEALTH;
    cr_expect(eq(int, (int)review_by_of(&a), REVIEW_BY_CLINICIAN));
    a.role = ROLE_CASE_MANAGER;
    cr_expect(eq(int, (int)review_by_of(&a), REVIEW_BY_NONE));
    a.approver = ROLE_SUPERVISOR;
    cr_expect(eq(int, (int)review_by_of(&a), REVIEW_BY_MANAGER));
    cr_expect(eq(str, (char *)review_by_text(REVIEW_BY_MANAGER),
                 "case_manager_and_supervisor"));
}
