#include "disclose.h"

#include "feedback.h"
#include "hf_assert.h"
#include "onward.h"
#include "vital.h"

bool
disclose_case(const struct step *s, const struct node_object *o,
              struct node_case *ret)
{
    if (o->kind == OBJECT_REFERRAL && o->side == SIDE_FIRST &&
        !hf_id_is_zero(&o->terms.part_of))
        return onward_view(s, &o->terms.part_of, ret);
    return case_get(s->v, &o->case_id, ret);
}

const struct consent *
disclose_consent(const struct step *s, const struct node_case *c,
                 const struct hf_org *to, struct consent *room)
{
    if (onward_is_view(c))
        return onward_consent(s, c, to, room);
    if (hf_id_is_zero(&c->consent) || !consent_get(s->v, &c->consent, room))
        return NULL;
    return hf_id_eq(&room->case_id, &c->id) ? room : NULL;
}

uint32_t
disclose_cover(const struct step *s, const struct node_case *c,
               const struct hf_org *to, enum purpose purpose)
{
    struct consent room;

    return consent_cover(disclose_consent(s, c, to, &room), to, purpose,
                         s->now);
}

void
disclose_gate(const struct step *s, const struct node_case *c,
              const struct hf_org *to, enum purpose purpose,
              uint32_t required, uint32_t allowed, uint32_t never,
              struct gate_out *ret)
{
    struct consent room;

    gate_out(disclose_consent(s, c, to, &room), to, purpose, c->held, required,
             allowed, never, s->now, ret);
}

void
disclose_add(struct body *b, enum part_type type, enum category c,
             struct hf_bytes bytes)
{
    HF_ASSERT(b->n < BODY_PARTS_MAX);
    b->part[b->n++] = (struct part){type, c, bytes};
}

void
disclose_proof(struct step *s, const struct live *l, const struct node_case *c,
               enum purpose purpose, uint32_t categories, struct body *b)
{
    const struct hf_org *to = &l->o.peer;
    const struct consent *consent;
    struct consent room;
    struct proof proof;
    uint8_t *packed;

    if (onward_is_view(c)) {
        onward_add_grant(s, c, to, b); /* the share as it was signed */
        return;
    }
    consent = disclose_consent(s, c, to, &room);
    if (consent == NULL)
        return;
    packed = step_alloc(s, PROOF_BYTES(PROOF_ITEMS_MAX));
    consent_proof(consent, to, purpose, categories, s->now, &proof);
    disclose_add(b, PART_PROOF, CATEGORY_NONE,
                 (struct hf_bytes){packed, proof_pack(&proof, packed)});
    onward_add_grants(s, l, consent, categories, b);
}

static bool
section_of(const struct step *s, const struct node_case *c, enum category k,
           struct hf_bytes *ret_json)
{
    return onward_is_view(c) ? onward_section(s, c, k, ret_json)
                             : section_get(s->v, &c->id, k, ret_json);
}

void
disclose_parts(struct step *s, const struct live *l, const struct node_case *c,
               enum purpose purpose, uint32_t categories, struct body *b)
{
    struct hf_bytes json;

    disclose_proof(s, l, c, purpose, categories, b);
    for (enum category k = CATEGORY_IDENTITY; k < CATEGORY_END; k++) {
        if (!(categories & CATEGORY_BIT(k)))
            continue;
        if (section_of(s, c, k, &json))
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
    if (!disclose_case(s, &l->o, &c))
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
    disclose_parts(s, l, &c, PURPOSE_REFERRAL, gate.sends, &ret->body);
    return DISCLOSE_OK;
}

/* ---- sealed again ---- */

/* What stands in an entry's body that a gate looks at. */
struct gated {
    uint32_t sections, files; /* categories */
    bool card, text, report;
};

static struct gated
look(const struct step *s, const struct live *l, uint32_t n)
{
    struct gated g = {.sections = 0};
    struct part p;

    for (unsigned i = 0; i < BODY_PARTS_MAX; i++) {
        if (!body_part_get(s->v, &l->o.id, l->o.side, n, i, &p))
            continue;
        if (p.type == PART_SECTION)
            g.sections |= CATEGORY_BIT(p.category);
        if (p.type == PART_FILE)
            g.files |= CATEGORY_BIT(p.category);
        g.card |= p.type == PART_CARD;
        g.text |= p.type == PART_TEXT;
        g.report |= p.type == PART_REPORT;
    }
    return g;
}

/* What consent lets go to the peer now, as for what is sealed first. */
static uint32_t
cover_now(const struct step *s, const struct live *l, bool has_sections)
{
    const bool is_referral = l->o.kind == OBJECT_REFERRAL;
    const bool is_first = l->o.side == SIDE_FIRST;
    struct node_case c;
    uint32_t cover;

    if (is_referral && !is_first)
        return l->o.sections; /* R gives back of what it was given */
    if (!disclose_case(s, &l->o, &c))
        return 0;
    cover = disclose_cover(s, &c, &l->o.peer,
                           is_referral ? PURPOSE_REFERRAL
                           : is_first  ? PURPOSE_TRANSFER
                                       : PURPOSE_FEEDBACK);
    if (is_referral && has_sections)
        cover &= l->o.terms.required | l->o.terms.allowed;
    return cover;
}

bool
disclose_still_may(const struct step *s, const struct live *l, uint32_t n)
{
    const struct gated g = look(s, l, n);
    uint32_t goes = g.sections | g.files;
    bool has_card = g.card && l->o.kind == OBJECT_REFERRAL &&
                    l->o.side == SIDE_FIRST;
    struct node_vital vital;
    uint32_t cover;

    if (!feedback_still_may(s, l, l->item[l->o.side][n - 1].event, g.text,
                            g.report))
        return false;
    if (l->o.side == SIDE_FIRST && vital_get(s->v, &l->o.id, &vital)) {
        goes = g.files; /* an attestation lets the rest go, no file */
        has_card = false;
    }
    if (goes == 0 && !has_card)
        return true;
    cover = cover_now(s, l, goes != 0);
    return cover != 0 && (goes & ~cover) == 0;
}
