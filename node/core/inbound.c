#include "inbound.h"

#include "onward.h"
#include "tombstone.h"
#include "vital.h"

static uint32_t
categories_of(const struct body *b, enum part_type type)
{
    uint32_t set = 0;

    for (size_t i = 0; i < b->n; i++)
        if (b->part[i].type == type)
            set |= CATEGORY_BIT(b->part[i].category);
    return set;
}

uint32_t
inbound_sections(const struct body *b)
{
    return categories_of(b, PART_SECTION);
}

uint32_t
inbound_files(const struct body *b)
{
    return categories_of(b, PART_FILE);
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

/* The very pack that decided; NULL: we do not have it. */
static const struct sop_pack *
pack_of(const struct step *s, const struct terms *t)
{
    return s->env->sops == NULL
               ? NULL
               : sop_book_find(s->env->sops, &t->pack, &t->pack_hash);
}

bool
inbound_sop(const struct step *s, const struct terms *t,
            uint32_t *ret_categories)
{
    const struct sop_pack *pack = pack_of(s, t);
    struct sop_service service;

    if (pack == NULL || !sop_service(pack, &t->service, &service))
        return false;
    *ret_categories = (service.required | service.allowed) & ~service.never;
    return true;
}

bool
inbound_emergency(const struct step *s, const struct terms *t)
{
    const struct sop_pack *pack = pack_of(s, t);

    return pack != NULL && t->urgency == URGENCY_EMERGENCY &&
           sop_rule_emergency(pack, &t->rule, &t->service);
}

bool
inbound_proof(struct step *s, const struct live *l, const struct body *b,
              struct proof *ret)
{
    const struct part *part = body_find(b, PART_PROOF);
    struct terms terms;

    if (l->o.kind == OBJECT_REFERRAL && inbound_terms(s, l, &terms) &&
        !hf_id_is_zero(&terms.part_of))
        return onward_proof(s, l, &terms, b, ret);
    return part != NULL && proof_unpack(part->bytes, ret);
}

enum reason
inbound_gate(struct step *s, const struct live *l, const struct body *b)
{
    const uint32_t sections = inbound_sections(b) | inbound_files(b);
    const bool is_attested =
        body_find(b, PART_PROOF) == NULL && body_find(b, PART_ATTEST) != NULL;
    uint32_t sop = CATEGORY_ALL;
    enum purpose purpose = PURPOSE_TRANSFER;
    struct proof proof;
    struct terms terms;

    if (sections == 0)
        return REASON_NONE;
    if (l->o.kind == OBJECT_REFERRAL && l->o.side == SIDE_FIRST)
        return (sections & ~l->o.sections) == 0 ? REASON_NONE
                                                : REASON_CHECK_FAILED;
    if (is_attested)
        return vital_inbound(s, l, body_find(b, PART_ATTEST)->bytes, sections);
    if (!inbound_proof(s, l, b, &proof))
        return REASON_NO_CONSENT;
    if (l->o.kind == OBJECT_TRANSFER && l->o.side == SIDE_FIRST)
        purpose = PURPOSE_FEEDBACK; /* from the new holder, back */
    if (l->o.kind == OBJECT_REFERRAL) {
        if (!inbound_terms(s, l, &terms))
            return REASON_INSUFFICIENT_INFORMATION;
        purpose = hf_id_is_zero(&terms.part_of) ? PURPOSE_REFERRAL
                                                : PURPOSE_ONWARD;
        if (!inbound_sop(s, &terms, &sop))
            return REASON_SOP_UNKNOWN;
    }
    return gate_in(&proof, purpose, sections, sop, tombstone_under(s, &proof),
                   s->now);
}
