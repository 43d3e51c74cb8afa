#include "erase.h"

#include "match.h"
#include "onward.h"
#include "parts.h"

bool
erase_next(const struct step *s, const struct hf_id *to, struct hf_id *at,
           struct node_object *ret)
{
    while (object_next_of_case(s->v, to, at, ret))
        if (ret->kind != OBJECT_WITHDRAWAL)
            return true;
    return false;
}

/* The category that a family of services is about, if it is a sensitive one. */
static uint32_t
family_bit(const struct node_object *o)
{
    const enum category c = category_parse(o->terms.family.s);

    return c == CATEGORY_NONE ? 0 : CATEGORY_BIT(c) & CATEGORY_SENSITIVE;
}

/* ---- objects ---- */

/* What a clinic wrote down of its own treatment: reports and notes of a
 * service that began. */
static bool
has_clinical_record(const struct step *s, const struct live *l)
{
    const uint32_t care =
        CATEGORY_BIT(CATEGORY_HEALTH) | CATEGORY_BIT(CATEGORY_MHPSS);
    struct part p;

    if (l->o.kind != OBJECT_REFERRAL || l->o.side != SIDE_SECOND ||
        (family_bit(&l->o) & care) == 0 ||
        !(chain_has(&l->pair, SIDE_SECOND, EVENT_ATTEND) ||
          chain_has(&l->pair, SIDE_SECOND, EVENT_COMPLETE)))
        return false;
    for (uint32_t n = 1; n <= l->o.n[SIDE_SECOND]; n++)
        for (unsigned i = 0; i < BODY_PARTS_MAX; i++)
            if (body_part_get(s->v, &l->o.id, SIDE_SECOND, n, i, &p) &&
                (p.type == PART_REPORT || p.type == PART_TEXT))
                return true;
    return false;
}

/* What one object brought us. */
static void
erase_object(struct step *s, const struct hf_id *id, uint32_t categories,
             bool is_whole)
{
    struct live l;

    if (!live_load(s, id, &l))
        return;
    if (l.o.side == SIDE_FIRST) { /* what a new holder gave back */
        if (l.o.kind == OBJECT_TRANSFER)
            live_drop_sections(s, &l, SIDE_SECOND, categories);
        else if (!hf_id_is_zero(&l.o.terms.part_of))
            onward_erase(s, &l, categories, is_whole);
        return;
    }
    if (!is_whole && (l.o.sections & categories) == 0)
        return;
    if (!is_whole && (l.o.sections & ~categories) != 0) {
        live_drop_sections(s, &l, SIDE_FIRST, l.o.sections & categories);
        live_drop_case(s, &l);
        l.o.sections &= ~categories;
        parts_card_left(&l.o.card, CATEGORY_ALL & ~categories);
    } else if (has_clinical_record(s, &l)) {
        live_drop_peer(s, &l);
    } else {
        live_drop_all(s, &l);
    }
    object_put(s->v, &l.o, l.was_changed_ms);
}

/* What providers reported to us on a case that is not our own. */
static void
erase_reports(struct step *s, const struct hf_id *id, uint32_t categories,
              bool is_whole)
{
    struct live l;
    uint32_t sections;
    struct card card;

    if (!live_load(s, id, &l) || l.o.side != SIDE_FIRST ||
        (!is_whole && (family_bit(&l.o) & categories) == 0))
        return;
    sections = l.o.sections; /* what they were given, until they answer */
    card = l.o.card;
    live_drop_peer(s, &l);
    l.o.sections = sections;
    if (!is_whole)
        l.o.card = card;
    object_put(s->v, &l.o, l.was_changed_ms);
}

/* ---- cases ---- */

void
erase_case(struct step *s, const struct hf_id *case_id, uint32_t categories,
           bool is_whole)
{
    const struct node_lock beside = {*case_id, LOCK_BESIDE};
    struct hf_id at = {{0}};
    struct node_object o;
    struct node_case c;

    if (!case_get(s->v, case_id, &c) || c.from.s[0] == '\0')
        return;
    for (enum category k = CATEGORY_IDENTITY; k < CATEGORY_END; k++)
        if (c.held & categories & CATEGORY_BIT(k))
            section_del(s->v, case_id, k);
    c.held &= ~categories;
    c.facts = parts_facts_left(&c.facts, CATEGORY_ALL & ~categories);
    if (categories & CATEGORY_BIT(CATEGORY_IDENTITY))
        memset(&c.number, 0, sizeof(c.number));
    match_number(s, &c);
    match_person(s, &c);
    if (is_whole)
        s->v->shred(s->v->ctx, &beside); /* the consent's documents */
    c.changed_ms = s->now;
    case_put(s->v, &c);
    while (erase_next(s, case_id, &at, &o))
        erase_reports(s, &o.id, categories, is_whole);
}

void
erase_received(struct step *s, const struct scopes_withdrawn *w)
{
    struct hf_id at = {{0}};
    struct node_object o;

    if (!w->erase || w->onward.s[0] != '\0')
        return; /* the latter is about what somebody else got */
    while (erase_next(s, &w->consent, &at, &o)) {
        erase_object(s, &o.id, w->categories, w->whole);
        if (o.kind == OBJECT_TRANSFER && !hf_id_is_zero(&o.case_id))
            erase_case(s, &o.case_id, w->categories, w->whole);
    }
}

enum reason
erase_left(struct step *s, const struct scopes_withdrawn *w)
{
    struct hf_id at = {{0}};
    struct consent consent;
    struct node_object o;
    struct node_case c;
    struct live l;

    if (consent_get(s->v, &w->consent, &consent) &&
        case_get(s->v, &consent.case_id, &c) && (c.held & w->categories) != 0)
        return REASON_LEGAL_OBLIGATION;
    while (erase_next(s, &w->consent, &at, &o))
        if ((w->whole || (family_bit(&o) & w->categories) != 0) &&
            live_load(s, &o.id, &l) && has_clinical_record(s, &l))
            return REASON_MEDICAL_RECORD;
    return REASON_NONE;
}
