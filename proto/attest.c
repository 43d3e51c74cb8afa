#include "attest.h"

#include "hf_assert.h"
#include "hf_text.h"

bool
attest_counts(const struct attest *a, bool by_managers)
{
    if (a->role == ROLE_MENTAL_HEALTH)
        return true;
    if (a->ground != GROUND_LIFE_AT_RISK)
        return false;
    return a->role == ROLE_HEALTH ||
           (by_managers && a->role == ROLE_CASE_MANAGER &&
            a->approver == ROLE_SUPERVISOR);
}

void
attest_pack(const struct attest *a, uint8_t out[static ATTEST_BYTES])
{
    uint8_t *p = out;

    hf_put_u8(&p, (uint8_t)a->ground);
    hf_put_u8(&p, (uint8_t)a->role);
    hf_put_u8(&p, (uint8_t)a->approver);
    hf_put_u64(&p, a->at_ms);
    hf_put_u32(&p, a->categories);
    HF_ASSERT(p == out + ATTEST_BYTES);
}

static bool
is_form(const struct attest *a)
{
    return a->ground > GROUND_NONE && a->ground < GROUND_END &&
           a->role > ROLE_NONE && a->role < ROLE_END &&
           a->approver < ROLE_END && a->categories != 0 &&
           (a->categories & ~CATEGORY_ALL) == 0;
}

bool
attest_unpack(struct hf_bytes in, struct attest *ret, struct hf_bytes *ret_json)
{
    const uint8_t *p = in.p;
    struct attest a;

    if (in.n < ATTEST_BYTES || in.n > ATTEST_BYTES + ATTEST_JSON_BYTES)
        return false;
    a.ground = (enum ground)hf_get_u8(&p);
    a.role = (enum role)hf_get_u8(&p);
    a.approver = (enum role)hf_get_u8(&p);
    a.at_ms = hf_get_u64(&p);
    a.categories = hf_get_u32(&p);
    if (!is_form(&a))
        return false;
    *ret = a;
    *ret_json = (struct hf_bytes){in.p + ATTEST_BYTES, in.n - ATTEST_BYTES};
    return true;
}
