#include "grant.h"

#include "field.h"
#include "hf_assert.h"
#include "hf_text.h"

size_t
grant_pack(const struct grant *g,
           uint8_t out[static GRANT_BYTES(PROOF_ITEMS_MAX)])
{
    uint8_t *p = out;

    hf_put_bytes(&p, g->from.s, HF_ORG_BYTES);
    hf_put_bytes(&p, g->by.s, HF_ORG_BYTES);
    hf_put_bytes(&p, g->to.s, HF_ORG_BYTES);
    hf_put_bytes(&p, g->referral.b, HF_ID_BYTES);
    hf_put_u64(&p, g->at_ms);
    p += proof_pack(&g->proof, p);
    HF_ASSERT((size_t)(p - out) == GRANT_BYTES(g->proof.n));
    return (size_t)(p - out);
}

/* Three organisations: who may send on gains nothing by a grant to itself, and
 * who referred has it all. */
static bool
grant_ok(const struct grant *g)
{
    return field_org(&g->from) && field_org(&g->by) && field_org(&g->to) &&
           !hf_org_eq(&g->from, &g->by) && !hf_org_eq(&g->from, &g->to) &&
           !hf_org_eq(&g->by, &g->to) && !hf_id_is_zero(&g->referral) &&
           field_time(g->at_ms) && g->proof.n > 0;
}

bool
grant_unpack(struct hf_bytes part, struct grant *ret,
             struct hf_bytes *ret_signed, const uint8_t **ret_sig)
{
    const size_t least = GRANT_BYTES(1) + GRANT_SIG_BYTES;
    const uint8_t *p = part.p;
    struct hf_bytes proof;
    struct grant g;

    if (part.n < least || part.n > GRANT_PART_MAX)
        return false;
    hf_get_bytes(&p, g.from.s, HF_ORG_BYTES);
    hf_get_bytes(&p, g.by.s, HF_ORG_BYTES);
    hf_get_bytes(&p, g.to.s, HF_ORG_BYTES);
    hf_get_bytes(&p, g.referral.b, HF_ID_BYTES);
    g.at_ms = hf_get_u64(&p);
    proof = (struct hf_bytes){
        p, part.n - GRANT_SIG_BYTES - (size_t)(p - part.p)};
    if (!proof_unpack(proof, &g.proof) || !grant_ok(&g))
        return false;
    *ret = g;
    *ret_signed = (struct hf_bytes){part.p, part.n - GRANT_SIG_BYTES};
    *ret_sig = part.p + part.n - GRANT_SIG_BYTES;
    return true;
}

void
onward_note_pack(const struct onward_note *n,
                 uint8_t out[static ONWARD_NOTE_BYTES])
{
    uint8_t *p = out;

    hf_put_bytes(&p, n->referral.b, HF_ID_BYTES);
    hf_put_bytes(&p, n->to.s, HF_ORG_BYTES);
    hf_put_bytes(&p, n->service.s, HF_NAME_BYTES);
    hf_put_bytes(&p, n->family.s, HF_NAME_BYTES);
    hf_put_bytes(&p, n->need.s, HF_NAME_BYTES);
    hf_put_u8(&p, (uint8_t)n->state);
    hf_put_u16(&p, (uint16_t)n->reason);
    hf_put_u32(&p, n->categories);
    HF_ASSERT(p == out + ONWARD_NOTE_BYTES);
}

bool
onward_note_unpack(struct hf_bytes in, struct onward_note *ret)
{
    const uint8_t *p = in.p;
    struct onward_note n;

    if (in.n != ONWARD_NOTE_BYTES)
        return false;
    hf_get_bytes(&p, n.referral.b, HF_ID_BYTES);
    hf_get_bytes(&p, n.to.s, HF_ORG_BYTES);
    hf_get_bytes(&p, n.service.s, HF_NAME_BYTES);
    hf_get_bytes(&p, n.family.s, HF_NAME_BYTES);
    hf_get_bytes(&p, n.need.s, HF_NAME_BYTES);
    n.state = (enum state)hf_get_u8(&p);
    n.reason = (enum reason)hf_get_u16(&p);
    n.categories = hf_get_u32(&p);
    if (hf_id_is_zero(&n.referral) || !field_org(&n.to) ||
        n.service.s[0] == '\0' || !field_name(&n.service) ||
        !field_name(&n.family) || !field_name(&n.need) ||
        state_text(n.state)[0] == '\0' || n.reason >= REASON_END ||
        (n.categories & ~CATEGORY_ALL) != 0)
        return false;
    *ret = n;
    return true;
}
