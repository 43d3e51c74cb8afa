#include "inbound.h"

#include "tombstone.h"
#include "vital.h"

uint32_t
inbound_sections(const struct body *b)
{
    uint32_t set = 0;

    for (size_t i = 0; i < b->n; i++)
        if (b->part[i].type == PART_SECTION)
            set |= CATEGORY_BIT(b->part[i].category);
    return set;
}

bool
inbound_terms(struct step *s, const struct live *l, struct terms *ret)
{
    struct part p;

    if (l->o.terms.service.s[0] != '\0') {
        *ret = l->o.terms;
        return true;
    }
    for (unsigned i = 0; i < BODY_PARTS_MAX; i++)
        if (body_part_get(s->v, &l->o.id, SIDE_FIRST, 1, i, &p) &&
            p.type == PART_TERMS)
            return terms_unpack(p.bytes, ret);
    return false;
}

bool
inbound_sop(const struct step *s, const struct terms *t,
            uint32_t *ret_categories)
{
    const struct sop_pack *pack =
        s->env->sops == NULL
            ? NULL
            : sop_book_find(s->env->sops, &t->pack, &t->pack_hash);
    struct sop_service service;

    if (pack == NULL || !sop_service(pack, &t->service, &service))
        return false;
    *ret_categories = (service.required | service.allowed) & ~service.never;
    return true;
}

enum reason
inbound_gate(struct step *s, const struct live *l, const struct body *b)
{
    const uint32_t sections = inbound_sections(b);
    const struct part *part = body_find(b, PART_PROOF);
    uint32_t sop = CATEGORY_ALL;
    enum purpose purpose = PURPOSE_TRANSFER;
    struct proof proof;
    struct terms terms;

    if (sections == 0)
        return REASON_NONE;
    if (part == NULL && body_find(b, PART_ATTEST) != NULL)
        return vital_inbound(s, l, body_find(b, PART_ATTEST)->bytes, sections);
    if (part == NULL || !proof_unpack(part->bytes, &proof))
        return REASON_NO_CONSENT;
    if (l->o.kind == OBJECT_REFERRAL) {
        purpose = PURPOSE_REFERRAL;
        if (!inbound_terms(s, l, &terms))
            return REASON_INSUFFICIENT_INFORMATION;
        if (!inbound_sop(s, &terms, &sop))
            return REASON_SOP_UNKNOWN;
    }
    return gate_in(&proof, purpose, sections, sop, tombstone_under(s, &proof),
                   s->now);
}
