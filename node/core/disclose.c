#include "disclose.h"

#include "hf_assert.h"
#include "vital.h"

static const struct consent *
consent_of(const struct step *s, const struct node_case *c,
           struct consent *room)
{
    if (hf_id_is_zero(&c->consent) || !consent_get(s->v, &c->consent, room))
        return NULL;
    return room;
}

void
disclose_gate(const struct step *s, const struct node_case *c,
              const struct hf_org *to, enum purpose purpose,
              uint32_t required, uint32_t allowed, uint32_t never,
              struct gate_out *ret)
{
    struct consent room;

    gate_out(consent_of(s, c, &room), to, purpose, c->held, required, allowed,
             never, s->now, ret);
}

void
disclose_add(struct body *b, enum part_type type, enum category c,
             struct hf_bytes bytes)
{
    HF_ASSERT(b->n < BODY_PARTS_MAX);
    b->part[b->n++] = (struct part){type, c, bytes};
}

void
disclose_parts(struct step *s, const struct node_case *c,
               const struct hf_org *to, enum purpose purpose,
               uint32_t categories, struct body *b)
{
    uint8_t *packed = step_alloc(s, PROOF_BYTES(PROOF_ITEMS_MAX));
    struct consent room;
    struct proof proof;
    struct hf_bytes json;

    HF_ASSERT(consent_of(s, c, &room) != NULL); /* the gate said yes */
    consent_proof(&room, to, purpose, categories, s->now, &proof);
    disclose_add(b, PART_PROOF, CATEGORY_NONE,
                 (struct hf_bytes){packed, proof_pack(&proof, packed)});
    for (enum category k = CATEGORY_IDENTITY; k < CATEGORY_END; k++) {
        if (!(categories & CATEGORY_BIT(k)))
            continue;
        if (section_get(s->v, &c->id, k, &json))
            disclose_add(b, PART_SECTION, k, step_copy(s, json));
    }
}

enum disclose_result
disclose_referral(struct step *s, struct live *l, struct draft *ret)
{
    const struct terms *t = &l->o.terms;
    struct node_vital vital;
    struct node_case c;
    struct gate_out gate;

    *ret = (struct draft){.event = EVENT_DISCLOSE, .is_automatic = true};
    if (!case_get(s->v, &l->o.case_id, &c))
        return DISCLOSE_NOTHING;
    if (vital_get(s->v, &l->o.id, &vital))
        return vital_disclose(s, &vital, &c, &ret->body) ? DISCLOSE_OK
                                                         : DISCLOSE_NOTHING;
    disclose_gate(s, &c, &l->o.peer, PURPOSE_REFERRAL, t->required,
                  t->allowed, 0, &gate);
    if (gate.missing != 0) {
        step_alarm(s, "disclose_refused", l->o.kind, &l->o.id, &l->o.peer,
                   REASON_NO_CONSENT);
        return DISCLOSE_REFUSED;
    }
    if (gate.sends == 0)
        return DISCLOSE_NOTHING;
    disclose_parts(s, &c, &l->o.peer, PURPOSE_REFERRAL, gate.sends,
                   &ret->body);
    return DISCLOSE_OK;
}
