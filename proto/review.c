#include "review.h"

#include "field.h"
#include "hf_assert.h"
#include "hf_text.h"

#define REVIEW_VERSION 1

_Static_assert(REVIEW_NOTICE_BYTES == 3 + 4 + HF_ID_BYTES + 3 * HF_ORG_BYTES +
                                          3 * 8,
               "a notice is as long as its fields");
_Static_assert(REVIEW_FACTS_BYTES == REVIEW_NOTICE_BYTES - 8,
               "when it was made stands last");
_Static_assert(REVIEW_VERDICT_BYTES == 2 + HF_ID_BYTES + 2 * HF_ORG_BYTES +
                                           HF_HASH_BYTES + 8,
               "a verdict is as long as its fields");

const char *
review_by_text(enum review_by by)
{
    static const char *const texts[REVIEW_BY_END] = {
        "", "mental_health_professional", "clinician",
        "case_manager_and_supervisor"};

    return (unsigned)by < REVIEW_BY_END ? texts[by] : "";
}

enum review_by
review_by_of(const struct attest *a)
{
    if (!attest_counts(a, true))
        return REVIEW_BY_NONE;
    return a->role == ROLE_MENTAL_HEALTH ? REVIEW_BY_MENTAL_HEALTH
           : a->role == ROLE_HEALTH      ? REVIEW_BY_CLINICIAN
                                         : REVIEW_BY_MANAGER;
}

void
review_notice_pack(const struct review_notice *n,
                   uint8_t out[static REVIEW_NOTICE_BYTES])
{
    uint8_t *p = out;

    hf_put_u8(&p, REVIEW_VERSION);
    hf_put_u8(&p, (uint8_t)n->ground);
    hf_put_u8(&p, (uint8_t)n->by);
    hf_put_u32(&p, n->categories);
    hf_put_bytes(&p, n->referral.b, HF_ID_BYTES);
    hf_put_bytes(&p, n->from.s, HF_ORG_BYTES);
    hf_put_bytes(&p, n->to.s, HF_ORG_BYTES);
    hf_put_bytes(&p, n->reviewer.s, HF_ORG_BYTES);
    hf_put_u64(&p, n->sent_ms);
    hf_put_u64(&p, n->due_ms);
    hf_put_u64(&p, n->at_ms);
    HF_ASSERT(p == out + REVIEW_NOTICE_BYTES);
}

static bool
is_notice(const struct review_notice *n)
{
    const struct attest attested = {
        .ground = n->ground,
        .role = n->by == REVIEW_BY_MENTAL_HEALTH ? ROLE_MENTAL_HEALTH
                : n->by == REVIEW_BY_CLINICIAN   ? ROLE_HEALTH
                                                 : ROLE_CASE_MANAGER,
        .approver = ROLE_SUPERVISOR};

    return n->ground > GROUND_NONE && n->ground < GROUND_END &&
           n->by > REVIEW_BY_NONE && n->by < REVIEW_BY_END &&
           attest_counts(&attested, true) && n->categories != 0 &&
           (n->categories & ~CATEGORY_ALL) == 0 &&
           !hf_id_is_zero(&n->referral) && field_org(&n->from) &&
           field_org(&n->to) && field_org(&n->reviewer) &&
           !hf_org_eq(&n->from, &n->to) &&
           !hf_org_eq(&n->reviewer, &n->from) &&
           !hf_org_eq(&n->reviewer, &n->to) && n->sent_ms != 0 &&
           n->sent_ms < n->due_ms && field_time(n->due_ms) &&
           n->at_ms != 0 && field_time(n->at_ms);
}

bool
review_notice_unpack(struct hf_bytes in, struct review_notice *ret)
{
    const uint8_t *p = in.p;
    struct review_notice n;

    if (in.n != REVIEW_NOTICE_BYTES || hf_get_u8(&p) != REVIEW_VERSION)
        return false;
    memset(&n, 0, sizeof(n));
    n.ground = (enum ground)hf_get_u8(&p);
    n.by = (enum review_by)hf_get_u8(&p);
    n.categories = hf_get_u32(&p);
    hf_get_bytes(&p, n.referral.b, HF_ID_BYTES);
    hf_get_bytes(&p, n.from.s, HF_ORG_BYTES);
    hf_get_bytes(&p, n.to.s, HF_ORG_BYTES);
    hf_get_bytes(&p, n.reviewer.s, HF_ORG_BYTES);
    n.sent_ms = hf_get_u64(&p);
    n.due_ms = hf_get_u64(&p);
    n.at_ms = hf_get_u64(&p);
    if (!is_notice(&n))
        return false;
    *ret = n;
    return true;
}

void
review_verdict_pack(const struct review_verdict *v,
                    uint8_t out[static REVIEW_VERDICT_BYTES])
{
    uint8_t *p = out;

    hf_put_u8(&p, REVIEW_VERSION);
    hf_put_u8(&p, v->is_upheld);
    hf_put_bytes(&p, v->referral.b, HF_ID_BYTES);
    hf_put_bytes(&p, v->reviewer.s, HF_ORG_BYTES);
    hf_put_bytes(&p, v->from.s, HF_ORG_BYTES);
    hf_put_bytes(&p, v->facts.b, HF_HASH_BYTES);
    hf_put_u64(&p, v->at_ms);
    HF_ASSERT(p == out + REVIEW_VERDICT_BYTES);
}

bool
review_verdict_unpack(struct hf_bytes in, struct review_verdict *ret)
{
    const uint8_t *p = in.p;
    struct review_verdict v;
    uint8_t upheld;

    if (in.n != REVIEW_VERDICT_BYTES || hf_get_u8(&p) != REVIEW_VERSION)
        return false;
    memset(&v, 0, sizeof(v));
    upheld = hf_get_u8(&p);
    v.is_upheld = upheld == 1;
    hf_get_bytes(&p, v.referral.b, HF_ID_BYTES);
    hf_get_bytes(&p, v.reviewer.s, HF_ORG_BYTES);
    hf_get_bytes(&p, v.from.s, HF_ORG_BYTES);
    hf_get_bytes(&p, v.facts.b, HF_HASH_BYTES);
    v.at_ms = hf_get_u64(&p);
    if (upheld > 1 || hf_id_is_zero(&v.referral) || !field_org(&v.reviewer) ||
        !field_org(&v.from) || hf_org_eq(&v.reviewer, &v.from) ||
        field_hash_is_zero(&v.facts) || v.at_ms == 0 || !field_time(v.at_ms))
        return false;
    *ret = v;
    return true;
}
