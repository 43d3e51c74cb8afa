#include "along.h"

#include "disclose.h"
#include "hf_assert.h"
#include "row.h"
#include "trail.h"
#include "vital.h"

/* ---- at the sender ---- */

static void
add_pack(struct decision *d, const struct hf_name *name, uint32_t version,
         const struct hf_hash *hash)
{
    struct decision_sop *p = &d->pack[d->n_packs];

    HF_ASSERT(d->n_packs < DECISION_PACKS_MAX);
    p->name = *name;
    p->version = version;
    p->hash = *hash;
    d->n_packs++;
}

/* The pack that decided, then the others that stood. */
static void
add_packs(const struct step *s, const struct terms *t, struct decision *d)
{
    struct sop_trail trail;

    add_pack(d, &t->pack, t->pack_version, &t->pack_hash);
    if (!trail_get(s->v, &t->decision, &trail))
        return;
    for (size_t i = 0; i < trail.n_packs && i < SOP_PACKS_MAX; i++) {
        if (hf_name_eq(&trail.pack[i].name, &t->pack))
            continue;
        if (d->n_packs == DECISION_PACKS_MAX)
            d->more_packs++;
        else
            add_pack(d, &trail.pack[i].name, trail.pack[i].version,
                     &trail.pack[i].hash);
    }
}

/* Of the deciding pack, which the receiver checks by, the rules before the one
 * that decided: whoever reads the pack knows them. Of others how many. */
static void
add_rules(const struct sop_decision *sop, struct decision *d)
{
    for (size_t i = 0; i < sop->n_rules; i++) {
        const struct hf_name *rule = &sop->rule_seen[i].rule;

        if (rule->s[0] == '\0' || sop->rule_seen[i].matched ||
            hf_name_eq(rule, &d->rule))
            continue;
        if (d->n_rules < DECISION_RULES_MAX &&
            hf_name_eq(&sop->rule_seen[i].pack, &d->pack[0].name))
            d->aside[d->n_rules++] = *rule;
        else
            d->more_rules++;
    }
}

static void
add_candidates(const struct sop_decision *sop, struct decision *d)
{
    for (size_t i = 0; i < sop->n_candidates; i++) {
        const struct sop_candidate *c = &sop->candidate[i];

        HF_ASSERT(c->passed < PASSED_END);
        if (c->chosen)
            d->fit = c->fit;
        else
            d->passed[c->passed != PASSED_NONE ? c->passed
                                               : PASSED_RANKED_LOWER]++;
    }
}

/* What is to come. That this case has a sensitive record which the service can
 * do without is not told before it goes. */
static uint32_t
sends_of(const struct step *s, const struct node_object *o, uint32_t never)
{
    const struct terms *t = &o->terms;
    struct gate_out gate = {.sends = 0};
    struct node_vital vital;
    struct node_case c;

    if (vital_get(s->v, &o->id, &vital))
        gate.sends = vital.a.categories & (t->required | t->allowed) & ~never;
    else if (disclose_case(s, o, &c))
        disclose_gate(s, &c, &o->peer, PURPOSE_REFERRAL, t->required,
                      t->allowed, never, &gate);
    return gate.sends & (t->required | ~CATEGORY_SENSITIVE);
}

static void
add_terms(const struct terms *t, struct decision *d)
{
    d->id = t->decision;
    d->urgency = t->urgency;
    d->deliver_ms = t->deliver_ms;
    d->decide_ms = t->decide_ms;
    d->contact_ms = t->contact_ms;
    d->report_ms = t->report_ms;
    d->required = t->required;
    d->allowed = t->allowed;
    d->need = t->need;
    d->service = t->service;
    d->rule = t->rule;
}

void
along_add(struct step *s, const struct node_object *o, struct body *b)
{
    uint8_t *packed;
    struct node_decision from;
    struct decision d;
    size_t n;

    if (!decision_get(s->v, &o->terms.decision, &from))
        return;
    memset(&d, 0, sizeof(d));
    add_terms(&o->terms, &d);
    d.at_ms = from.at_ms;
    d.is_override = from.is_override != 0;
    d.is_fallback = from.sop.is_fallback;
    d.never = from.sop.service.never;
    d.sends = sends_of(s, o, d.never);
    memcpy(d.clause, from.sop.clause, sizeof(d.clause));
    add_packs(s, &o->terms, &d);
    add_rules(&from.sop, &d);
    add_candidates(&from.sop, &d);
    packed = step_alloc(s, DECISION_BYTES_MAX);
    n = decision_pack(&d, packed);
    disclose_add(b, PART_DECISION, CATEGORY_NONE,
                 (struct hf_bytes){packed, n});
}

/* ---- at the receiver ---- */

/* Size and form, and that it is about these terms: it may explain what was
 * signed, and say nothing else. */
static bool
fits(const struct terms *t, struct hf_bytes part, struct decision *ret)
{
    struct decision about;

    if (!decision_unpack(part, ret))
        return false;
    memcpy(&about, ret, sizeof(about));
    add_terms(t, &about);
    return memcmp(&about, ret, sizeof(about)) == 0 &&
           hf_name_eq(&ret->pack[0].name, &t->pack) &&
           ret->pack[0].version == t->pack_version &&
           hf_hash_eq(&ret->pack[0].hash, &t->pack_hash);
}

bool
along_of(const struct node_view *v, const struct hf_id *decision,
         struct hf_id *ret_object)
{
    const struct row_key k = row_id(decision);

    return row_get(v, NODE_ALONG, &k, ret_object, sizeof(*ret_object));
}

/* An id that stands for another decision here is not its sender's to give. */
static bool
is_taken(const struct step *s, const struct node_object *o)
{
    struct node_decision own;
    struct hf_id other;

    return decision_get(s->v, &o->terms.decision, &own) ||
           (along_of(s->v, &o->terms.decision, &other) &&
            !hf_id_eq(&other, &o->id));
}

void
along_take(struct step *s, const struct node_object *o, const struct body *b)
{
    const struct node_lock lock = {o->id, LOCK_BESIDE};
    const struct part *p = body_find(b, PART_DECISION);
    struct row_key k;
    struct decision d;

    if (p == NULL || o->side != SIDE_SECOND)
        return;
    if (!fits(&o->terms, p->bytes, &d) || is_taken(s, o)) {
        step_alarm(s, "decision_ignored", o->kind, &o->id, &o->peer,
                   REASON_CHECK_FAILED);
        return;
    }
    k = row_id(&o->terms.decision);
    row_put(s->v, NODE_ALONG, &k, &lock, &o->id, sizeof(o->id));
}

void
along_drop(struct step *s, const struct node_object *o)
{
    const struct row_key k = row_id(&o->terms.decision);
    struct hf_id object;

    if (along_of(s->v, &o->terms.decision, &object) &&
        hf_id_eq(&object, &o->id))
        s->v->del(s->v->ctx, NODE_ALONG, row_span(&k));
}

bool
along_find(const struct node_view *v, const struct node_object *o,
           struct decision *ret)
{
    struct hf_id object;

    if (!along_of(v, &o->terms.decision, &object) || !hf_id_eq(&object, &o->id))
        return false;
    for (uint32_t n = 1; n <= o->n[SIDE_FIRST]; n++)
        for (unsigned i = 0; i < BODY_PARTS_MAX; i++) {
            struct part p;

            if (body_part_get(v, &o->id, SIDE_FIRST, n, i, &p) &&
                p.type == PART_DECISION && fits(&o->terms, p.bytes, ret))
                return true;
        }
    return false;
}
