#include "decision.h"

#include "field.h"
#include "hf_assert.h"
#include "hf_text.h"

#define DECISION_FORM 1 /* raised when the layout changes */

static void
put_text(uint8_t **p, const char *s, size_t room)
{
    const size_t n = strnlen(s, room - 1);

    hf_put_u8(p, (uint8_t)n);
    if (n > 0)
        hf_put_bytes(p, s, n);
}

static size_t
pack_bytes(const struct decision_sop *p)
{
    return 1 + strnlen(p->name.s, HF_NAME_BYTES) + 4 + HF_HASH_BYTES;
}

/* What has a length of its own, the two lists left out. */
static void
put_head(const struct decision *d, uint8_t **p)
{
    hf_put_u8(p, DECISION_FORM);
    hf_put_bytes(p, d->id.b, HF_ID_BYTES);
    hf_put_u64(p, d->at_ms);
    hf_put_u8(p, d->is_override ? 1 : 0);
    hf_put_u8(p, d->is_fallback ? 1 : 0);
    hf_put_u8(p, d->fit);
    hf_put_bytes(p, d->passed + 1, PASSED_END - 1);
    hf_put_u8(p, (uint8_t)d->urgency);
    hf_put_u64(p, d->deliver_ms);
    hf_put_u64(p, d->decide_ms);
    hf_put_u64(p, d->contact_ms);
    hf_put_u64(p, d->report_ms);
    hf_put_u32(p, d->required);
    hf_put_u32(p, d->allowed);
    hf_put_u32(p, d->never);
    hf_put_u32(p, d->sends);
    put_text(p, d->need.s, HF_NAME_BYTES);
    put_text(p, d->service.s, HF_NAME_BYTES);
    put_text(p, d->rule.s, HF_NAME_BYTES);
    put_text(p, d->clause, DECISION_CLAUSE_BYTES);
}

/* Two lists of at most 16, each with what it leaves out: the head's 330 bytes
 * and 16 packs of 68 do not fit, so the last go. Packs first: without their
 * hashes nobody can read the rules. */
static void
cut(struct decision *d, size_t used)
{
    size_t n = used + 4; /* two numbers a list */
    uint8_t packs = 0, rules = 0;

    while (packs < d->n_packs &&
           n + pack_bytes(&d->pack[packs]) <= DECISION_BYTES_MAX)
        n += pack_bytes(&d->pack[packs++]);
    while (rules < d->n_rules &&
           n + 1 + strlen(d->aside[rules].s) <= DECISION_BYTES_MAX)
        n += 1 + strlen(d->aside[rules++].s);
    d->more_packs = (uint8_t)(d->more_packs + d->n_packs - packs);
    d->more_rules = (uint8_t)(d->more_rules + d->n_rules - rules);
    memset(d->pack + packs, 0, (d->n_packs - packs) * sizeof(d->pack[0]));
    memset(d->aside + rules, 0,
           (d->n_rules - rules) * sizeof(d->aside[0]));
    d->n_packs = packs;
    d->n_rules = rules;
}

size_t
decision_pack(struct decision *d, uint8_t out[static DECISION_BYTES_MAX])
{
    uint8_t *p = out;

    HF_ASSERT(d->n_packs >= 1 && d->n_packs <= DECISION_PACKS_MAX);
    HF_ASSERT(d->n_rules <= DECISION_RULES_MAX);
    put_head(d, &p);
    cut(d, (size_t)(p - out));
    hf_put_u8(&p, d->n_packs);
    hf_put_u8(&p, d->more_packs);
    for (size_t i = 0; i < d->n_packs; i++) {
        put_text(&p, d->pack[i].name.s, HF_NAME_BYTES);
        hf_put_u32(&p, d->pack[i].version);
        hf_put_bytes(&p, d->pack[i].hash.b, HF_HASH_BYTES);
    }
    hf_put_u8(&p, d->n_rules);
    hf_put_u8(&p, d->more_rules);
    for (size_t i = 0; i < d->n_rules; i++)
        put_text(&p, d->aside[i].s, HF_NAME_BYTES);
    HF_ASSERT((size_t)(p - out) <= DECISION_BYTES_MAX);
    return (size_t)(p - out);
}

static bool
take_text(struct field_rest *rest, char *out, size_t room)
{
    const uint8_t *p;
    uint8_t n;

    if (!field_take_u8(rest, &n) || n >= room)
        return false;
    p = field_take(rest, n);
    if (p == NULL)
        return false;
    memset(out, 0, room);
    memcpy(out, p, n);
    return field_padded(out, room) && strlen(out) == n;
}

static bool
take_name(struct field_rest *rest, struct hf_name *ret)
{
    return take_text(rest, ret->s, HF_NAME_BYTES) && field_name(ret) &&
           ret->s[0] != '\0';
}

static bool
take_bytes(struct field_rest *rest, void *out, size_t n)
{
    const uint8_t *p = field_take(rest, n);

    if (p != NULL)
        memcpy(out, p, n);
    return p != NULL;
}

static bool
take_clocks(struct field_rest *rest, struct decision *d)
{
    return field_take_u64(rest, &d->deliver_ms) &&
           field_take_u64(rest, &d->decide_ms) &&
           field_take_u64(rest, &d->contact_ms) &&
           field_take_u64(rest, &d->report_ms) && field_time(d->deliver_ms) &&
           field_time(d->decide_ms) && field_time(d->contact_ms) &&
           field_time(d->report_ms);
}

static bool
take_sets(struct field_rest *rest, struct decision *d)
{
    return field_take_u32(rest, &d->required) &&
           field_take_u32(rest, &d->allowed) &&
           field_take_u32(rest, &d->never) &&
           field_take_u32(rest, &d->sends) &&
           ((d->required | d->allowed | d->never) & ~CATEGORY_ALL) == 0 &&
           (d->sends & ~(d->required | d->allowed)) == 0 &&
           (d->sends & d->never) == 0;
}

static bool
take_head(struct field_rest *rest, struct decision *d)
{
    uint8_t form, urgency;

    if (!field_take_u8(rest, &form) || form != DECISION_FORM ||
        !take_bytes(rest, d->id.b, HF_ID_BYTES) || hf_id_is_zero(&d->id) ||
        !field_take_u64(rest, &d->at_ms) || !field_time(d->at_ms) ||
        !field_take_bool(rest, &d->is_override) ||
        !field_take_bool(rest, &d->is_fallback) ||
        !field_take_u8(rest, &d->fit) || (d->fit & ~FIT_ALL) != 0 ||
        !take_bytes(rest, d->passed + 1, PASSED_END - 1) ||
        !field_take_u8(rest, &urgency) || urgency >= URGENCY_END)
        return false;
    d->urgency = (enum urgency)urgency;
    return take_clocks(rest, d) && take_sets(rest, d) &&
           take_name(rest, &d->need) && take_name(rest, &d->service) &&
           take_name(rest, &d->rule) &&
           take_text(rest, d->clause, sizeof(d->clause));
}

static bool
take_lists(struct field_rest *rest, struct decision *d)
{
    if (!field_take_u8(rest, &d->n_packs) || d->n_packs == 0 ||
        d->n_packs > DECISION_PACKS_MAX ||
        !field_take_u8(rest, &d->more_packs))
        return false;
    for (size_t i = 0; i < d->n_packs; i++)
        if (!take_name(rest, &d->pack[i].name) ||
            !field_take_u32(rest, &d->pack[i].version) ||
            !take_bytes(rest, d->pack[i].hash.b, HF_HASH_BYTES))
            return false;
    if (!field_take_u8(rest, &d->n_rules) ||
        d->n_rules > DECISION_RULES_MAX ||
        !field_take_u8(rest, &d->more_rules))
        return false;
    for (size_t i = 0; i < d->n_rules; i++)
        if (!take_name(rest, &d->aside[i]))
            return false;
    return rest->n == 0;
}

bool
decision_unpack(struct hf_bytes in, struct decision *ret)
{
    struct field_rest rest = {in.p, in.n};
    struct decision d;

    memset(&d, 0, sizeof(d));
    if (in.n > DECISION_BYTES_MAX || !take_head(&rest, &d) ||
        !take_lists(&rest, &d))
        return false;
    memcpy(ret, &d, sizeof(d)); /* compared as bytes, padding and all */
    return true;
}
