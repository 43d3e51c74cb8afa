#include "body.h"

#include "field.h"
#include "hf_assert.h"
#include "hf_text.h"

#define PART_HEAD_BYTES 6 /* type, category, length */

size_t
body_bytes(const struct body *b)
{
    size_t n = BODY_SALT_BYTES;

    HF_ASSERT(b->n <= BODY_PARTS_MAX);
    for (size_t i = 0; i < b->n; i++)
        n += PART_HEAD_BYTES + b->part[i].bytes.n;
    return n;
}

static bool
part_is_known(unsigned type, unsigned category)
{
    if (type < PART_CARD || type >= PART_END || category >= CATEGORY_END)
        return false;
    return (type == PART_SECTION || type == PART_FILE) ==
           (category != CATEGORY_NONE);
}

bool
body_fits(const struct body *b)
{
    if (b->n > BODY_PARTS_MAX)
        return false;
    for (size_t i = 0; i < b->n; i++)
        if (b->part[i].bytes.n > PART_BYTES_MAX)
            return false;
    return body_bytes(b) <= BODY_BYTES_MAX;
}

void
body_pack(const struct body *b, uint8_t *out)
{
    uint8_t *p = out;

    HF_ASSERT(body_fits(b));
    hf_put_bytes(&p, b->salt, BODY_SALT_BYTES);
    for (size_t i = 0; i < b->n; i++) {
        const struct part *part = &b->part[i];

        HF_ASSERT(part_is_known(part->type, part->category));
        hf_put_u8(&p, (uint8_t)part->type);
        hf_put_u8(&p, (uint8_t)part->category);
        hf_put_u32(&p, (uint32_t)part->bytes.n);
        if (part->bytes.n > 0)
            hf_put_bytes(&p, part->bytes.p, part->bytes.n);
    }
    HF_ASSERT((size_t)(p - out) == body_bytes(b));
}

static enum hf_err
take_part(struct field_rest *rest, struct part *ret)
{
    uint8_t type, category;
    uint32_t n;
    const uint8_t *p;

    if (!field_take_u8(rest, &type) || !field_take_u8(rest, &category) ||
        !field_take_u32(rest, &n) || !part_is_known(type, category))
        return HF_ERR_MALFORMED;
    if (n > PART_BYTES_MAX)
        return HF_ERR_LIMIT;
    p = field_take(rest, n);
    if (p == NULL)
        return HF_ERR_MALFORMED;
    *ret = (struct part){.type = (enum part_type)type,
                         .category = (enum category)category,
                         .bytes = {p, n}};
    return HF_OK;
}

enum hf_err
body_unpack(struct hf_bytes in, struct body *ret_b)
{
    struct field_rest rest = {in.p, in.n};
    const uint8_t *salt = field_take(&rest, BODY_SALT_BYTES);
    struct body b = {.n = 0};

    if (in.n > BODY_BYTES_MAX)
        return HF_ERR_LIMIT;
    if (salt == NULL)
        return HF_ERR_MALFORMED;
    memcpy(b.salt, salt, BODY_SALT_BYTES);
    while (rest.n > 0) {
        enum hf_err err;

        if (b.n == BODY_PARTS_MAX)
            return HF_ERR_LIMIT;
        err = take_part(&rest, &b.part[b.n]);
        if (err)
            return err;
        b.n++;
    }
    *ret_b = b;
    return HF_OK;
}

const struct part *
body_find(const struct body *b, enum part_type type)
{
    for (size_t i = 0; i < b->n; i++)
        if (b->part[i].type == type)
            return &b->part[i];
    return NULL;
}

static void
put_bool(uint8_t **p, bool v)
{
    hf_put_u8(p, v ? 1 : 0);
}

/* Reads 0 or 1; anything else clears *ok. */
static bool
get_bool(const uint8_t **p, bool *ok)
{
    const uint8_t v = hf_get_u8(p);

    if (v > 1)
        *ok = false;
    return v == 1;
}

void
card_pack(const struct card *c, uint8_t out[static CARD_BYTES])
{
    uint8_t *p = out;

    hf_put_bytes(&p, c->service.s, HF_NAME_BYTES);
    for (size_t i = 0; i < CARD_NEEDS_MAX; i++)
        hf_put_bytes(&p, c->need[i].s, HF_NAME_BYTES);
    hf_put_u8(&p, (uint8_t)c->urgency);
    hf_put_u8(&p, (uint8_t)c->age_band);
    hf_put_u8(&p, (uint8_t)c->sex);
    for (size_t i = 0; i < CARD_LANGUAGES_MAX; i++)
        hf_put_bytes(&p, c->language[i], sizeof(c->language[i]));
    hf_put_bytes(&p, c->country, sizeof(c->country));
    hf_put_bytes(&p, c->province.s, HF_NAME_BYTES);
    hf_put_u32(&p, c->groups);
    hf_put_u16(&p, c->quarter);
    hf_put_u8(&p, c->family_band);
    hf_put_u8(&p, c->wishes);
    hf_put_bytes(&p, c->interpreter, sizeof(c->interpreter));
    HF_ASSERT(p == out + CARD_BYTES);
}

/* Lists are filled from the front: nothing may follow an empty place. */
static bool
card_lists_ok(const struct card *c)
{
    bool ended = false;

    for (size_t i = 0; i < CARD_NEEDS_MAX; i++) {
        const bool empty = c->need[i].s[0] == '\0';

        if (!field_name(&c->need[i]) || (ended && !empty))
            return false;
        ended = empty;
    }
    ended = false;
    for (size_t i = 0; i < CARD_LANGUAGES_MAX; i++) {
        const bool empty = c->language[i][0] == '\0';

        if (!field_padded(c->language[i], sizeof(c->language[i])) ||
            (ended && !empty))
            return false;
        ended = empty;
    }
    return true;
}

static bool
card_ok(const struct card *c)
{
    const uint32_t groups = (GROUP_BIT(GROUP_END) - 1) & ~UINT32_C(1);

    return field_name(&c->service) && card_lists_ok(c) &&
           c->urgency < URGENCY_END && c->age_band < AGE_END &&
           c->sex < SEX_END && field_padded(c->country, sizeof(c->country)) &&
           field_padded(c->province.s, HF_NAME_BYTES) &&
           (c->groups & ~groups) == 0 && c->family_band <= 3 &&
           (c->wishes & ~(CARD_WISH_FEMALE | CARD_WISH_MALE)) == 0 &&
           field_padded(c->interpreter, sizeof(c->interpreter));
}

bool
card_unpack(struct hf_bytes in, struct card *ret)
{
    const uint8_t *p = in.p;
    struct card c;

    if (in.n != CARD_BYTES)
        return false;
    hf_get_bytes(&p, c.service.s, HF_NAME_BYTES);
    for (size_t i = 0; i < CARD_NEEDS_MAX; i++)
        hf_get_bytes(&p, c.need[i].s, HF_NAME_BYTES);
    c.urgency = (enum urgency)hf_get_u8(&p);
    c.age_band = (enum age_band)hf_get_u8(&p);
    c.sex = (enum sex)hf_get_u8(&p);
    for (size_t i = 0; i < CARD_LANGUAGES_MAX; i++)
        hf_get_bytes(&p, c.language[i], sizeof(c.language[i]));
    hf_get_bytes(&p, c.country, sizeof(c.country));
    hf_get_bytes(&p, c.province.s, HF_NAME_BYTES);
    c.groups = hf_get_u32(&p);
    c.quarter = hf_get_u16(&p);
    c.family_band = hf_get_u8(&p);
    c.wishes = hf_get_u8(&p);
    hf_get_bytes(&p, c.interpreter, sizeof(c.interpreter));
    HF_ASSERT(p == in.p + CARD_BYTES);
    if (!card_ok(&c))
        return false;
    *ret = c;
    return true;
}

void
terms_pack(const struct terms *t, uint8_t out[static TERMS_BYTES])
{
    uint8_t *p = out;

    hf_put_bytes(&p, t->service_id, sizeof(t->service_id));
    hf_put_bytes(&p, t->service.s, HF_NAME_BYTES);
    hf_put_bytes(&p, t->family.s, HF_NAME_BYTES);
    hf_put_bytes(&p, t->need.s, HF_NAME_BYTES);
    hf_put_u8(&p, (uint8_t)t->urgency);
    put_bool(&p, t->on_send);
    put_bool(&p, t->expires);
    hf_put_u64(&p, t->decide_ms);
    hf_put_u64(&p, t->contact_ms);
    hf_put_u64(&p, t->report_ms);
    hf_put_u64(&p, t->deliver_ms);
    hf_put_bytes(&p, t->pack.s, HF_NAME_BYTES);
    hf_put_u32(&p, t->pack_version);
    hf_put_bytes(&p, t->pack_hash.b, HF_HASH_BYTES);
    hf_put_bytes(&p, t->rule.s, HF_NAME_BYTES);
    hf_put_bytes(&p, t->decision.b, HF_ID_BYTES);
    hf_put_u32(&p, t->required);
    hf_put_u32(&p, t->allowed);
    hf_put_bytes(&p, t->replaces.b, HF_ID_BYTES);
    hf_put_bytes(&p, t->part_of.b, HF_ID_BYTES);
    hf_put_bytes(&p, t->household.b, HF_ID_BYTES);
    HF_ASSERT(p == out + TERMS_BYTES);
}

static bool
terms_ok(const struct terms *t)
{
    return field_name(&t->service) && field_name(&t->family) &&
           field_name(&t->need) && t->urgency < URGENCY_END &&
           field_time(t->decide_ms) && field_time(t->contact_ms) &&
           field_time(t->report_ms) && field_time(t->deliver_ms) &&
           field_name(&t->pack) && field_name(&t->rule) &&
           (t->required & ~CATEGORY_ALL) == 0 &&
           (t->allowed & ~CATEGORY_ALL) == 0;
}

bool
terms_unpack(struct hf_bytes in, struct terms *ret)
{
    const uint8_t *p = in.p;
    struct terms t;
    bool ok = true;

    if (in.n != TERMS_BYTES)
        return false;
    hf_get_bytes(&p, t.service_id, sizeof(t.service_id));
    hf_get_bytes(&p, t.service.s, HF_NAME_BYTES);
    hf_get_bytes(&p, t.family.s, HF_NAME_BYTES);
    hf_get_bytes(&p, t.need.s, HF_NAME_BYTES);
    t.urgency = (enum urgency)hf_get_u8(&p);
    t.on_send = get_bool(&p, &ok);
    t.expires = get_bool(&p, &ok);
    t.decide_ms = hf_get_u64(&p);
    t.contact_ms = hf_get_u64(&p);
    t.report_ms = hf_get_u64(&p);
    t.deliver_ms = hf_get_u64(&p);
    hf_get_bytes(&p, t.pack.s, HF_NAME_BYTES);
    t.pack_version = hf_get_u32(&p);
    hf_get_bytes(&p, t.pack_hash.b, HF_HASH_BYTES);
    hf_get_bytes(&p, t.rule.s, HF_NAME_BYTES);
    hf_get_bytes(&p, t.decision.b, HF_ID_BYTES);
    t.required = hf_get_u32(&p);
    t.allowed = hf_get_u32(&p);
    hf_get_bytes(&p, t.replaces.b, HF_ID_BYTES);
    hf_get_bytes(&p, t.part_of.b, HF_ID_BYTES);
    hf_get_bytes(&p, t.household.b, HF_ID_BYTES);
    HF_ASSERT(p == in.p + TERMS_BYTES);
    if (!ok || !terms_ok(&t))
        return false;
    *ret = t;
    return true;
}

size_t
proof_pack(const struct proof *pr,
           uint8_t out[static PROOF_BYTES(PROOF_ITEMS_MAX)])
{
    uint8_t *p = out;

    HF_ASSERT(pr->n <= PROOF_ITEMS_MAX);
    hf_put_bytes(&p, pr->consent.b, HF_ID_BYTES);
    hf_put_u32(&p, pr->version);
    hf_put_u8(&p, pr->n);
    for (size_t i = 0; i < pr->n; i++) {
        hf_put_bytes(&p, pr->item[i].scope.s, HF_NAME_BYTES);
        hf_put_u32(&p, pr->item[i].categories);
        hf_put_u32(&p, pr->item[i].purposes);
        hf_put_u64(&p, pr->item[i].until_ms);
    }
    HF_ASSERT((size_t)(p - out) == PROOF_BYTES(pr->n));
    return (size_t)(p - out);
}

static bool
proof_item_ok(const struct proof_item *item)
{
    const uint32_t purposes = (PURPOSE_BIT(PURPOSE_END) - 1) & ~UINT32_C(1);

    return field_name(&item->scope) &&
           (item->categories & ~CATEGORY_ALL) == 0 &&
           (item->purposes & ~purposes) == 0 && field_time(item->until_ms);
}

bool
proof_unpack(struct hf_bytes in, struct proof *ret)
{
    const uint8_t *p = in.p;
    struct proof pr = {.n = 0};

    if (in.n < PROOF_BYTES(0))
        return false;
    hf_get_bytes(&p, pr.consent.b, HF_ID_BYTES);
    pr.version = hf_get_u32(&p);
    pr.n = hf_get_u8(&p);
    if (pr.n > PROOF_ITEMS_MAX || in.n != PROOF_BYTES(pr.n))
        return false;
    for (size_t i = 0; i < pr.n; i++) {
        hf_get_bytes(&p, pr.item[i].scope.s, HF_NAME_BYTES);
        pr.item[i].categories = hf_get_u32(&p);
        pr.item[i].purposes = hf_get_u32(&p);
        pr.item[i].until_ms = hf_get_u64(&p);
        if (!proof_item_ok(&pr.item[i]))
            return false;
    }
    *ret = pr;
    return true;
}

void
case_head_pack(const struct case_head *h, uint8_t out[static CASE_HEAD_BYTES])
{
    uint8_t *p = out;

    hf_put_bytes(&p, h->id.b, HF_ID_BYTES);
    hf_put_u32(&p, h->epoch);
    hf_put_bytes(&p, h->origin, sizeof(h->origin));
    hf_put_bytes(&p, h->host, sizeof(h->host));
    hf_put_u8(&p, (uint8_t)h->stage);
    hf_put_bytes(&p, h->number.s, HF_NAME_BYTES);
    HF_ASSERT(p == out + CASE_HEAD_BYTES);
}

bool
case_head_unpack(struct hf_bytes in, struct case_head *ret)
{
    const uint8_t *p = in.p;
    struct case_head h;

    if (in.n != CASE_HEAD_BYTES)
        return false;
    hf_get_bytes(&p, h.id.b, HF_ID_BYTES);
    h.epoch = hf_get_u32(&p);
    hf_get_bytes(&p, h.origin, sizeof(h.origin));
    hf_get_bytes(&p, h.host, sizeof(h.host));
    h.stage = (enum stage)hf_get_u8(&p);
    hf_get_bytes(&p, h.number.s, HF_NAME_BYTES);
    HF_ASSERT(p == in.p + CASE_HEAD_BYTES);
    if (hf_id_is_zero(&h.id) || !field_padded(h.origin, sizeof(h.origin)) ||
        !field_padded(h.host, sizeof(h.host)) || h.stage >= STAGE_END ||
        !field_padded(h.number.s, HF_NAME_BYTES))
        return false;
    *ret = h;
    return true;
}

void
file_head_pack(const struct file_head *f, uint8_t out[static FILE_HEAD_BYTES])
{
    uint8_t *p = out;

    hf_put_bytes(&p, f->id.b, HF_ID_BYTES);
    hf_put_u64(&p, f->bytes);
    hf_put_u32(&p, f->chunks);
    hf_put_bytes(&p, f->root.b, HF_HASH_BYTES);
    hf_put_bytes(&p, f->name, FILE_NAME_BYTES);
    HF_ASSERT(p == out + FILE_HEAD_BYTES);
}

bool
file_head_unpack(struct hf_bytes part, struct file_head *ret)
{
    const uint8_t *p = part.p;
    struct file_head f;
    uint64_t data;

    if (part.n < FILE_HEAD_BYTES)
        return false;
    hf_get_bytes(&p, f.id.b, HF_ID_BYTES);
    f.bytes = hf_get_u64(&p);
    f.chunks = hf_get_u32(&p);
    hf_get_bytes(&p, f.root.b, HF_HASH_BYTES);
    hf_get_bytes(&p, f.name, FILE_NAME_BYTES);
    HF_ASSERT(p == part.p + FILE_HEAD_BYTES);
    if (hf_id_is_zero(&f.id) || f.bytes == 0 || f.bytes > FILE_BYTES_MAX ||
        !field_padded(f.name, FILE_NAME_BYTES))
        return false;
    data = (f.bytes + FILE_CHUNK_BYTES - 1) / FILE_CHUNK_BYTES;
    if (part.n != FILE_HEAD_BYTES + data * HF_HASH_BYTES || f.chunks < data ||
        f.chunks > FILE_CHUNKS_MAX)
        return false;
    *ret = f;
    return true;
}

size_t
scopes_pack(const struct scopes_withdrawn *s,
            uint8_t out[static SCOPES_BYTES(SCOPES_MAX)])
{
    uint8_t *p = out;

    HF_ASSERT(s->n <= SCOPES_MAX);
    hf_put_bytes(&p, s->consent.b, HF_ID_BYTES);
    hf_put_bytes(&p, s->case_id.b, HF_ID_BYTES);
    hf_put_bytes(&p, s->object.b, HF_ID_BYTES);
    hf_put_bytes(&p, s->mark.b, HF_ID_BYTES);
    hf_put_u32(&p, s->version);
    put_bool(&p, s->erase);
    put_bool(&p, s->whole);
    put_bool(&p, s->narrowed);
    hf_put_bytes(&p, s->onward.s, HF_ORG_BYTES);
    hf_put_u32(&p, s->categories);
    hf_put_u8(&p, s->n);
    for (size_t i = 0; i < s->n; i++)
        hf_put_bytes(&p, s->scope[i].s, HF_NAME_BYTES);
    HF_ASSERT((size_t)(p - out) == SCOPES_BYTES(s->n));
    return (size_t)(p - out);
}

bool
scopes_unpack(struct hf_bytes in, struct scopes_withdrawn *ret)
{
    const uint8_t *p = in.p;
    struct scopes_withdrawn s = {.n = 0};
    bool ok = true;

    if (in.n < SCOPES_BYTES(0))
        return false;
    hf_get_bytes(&p, s.consent.b, HF_ID_BYTES);
    hf_get_bytes(&p, s.case_id.b, HF_ID_BYTES);
    hf_get_bytes(&p, s.object.b, HF_ID_BYTES);
    hf_get_bytes(&p, s.mark.b, HF_ID_BYTES);
    s.version = hf_get_u32(&p);
    s.erase = get_bool(&p, &ok);
    s.whole = get_bool(&p, &ok);
    s.narrowed = get_bool(&p, &ok);
    hf_get_bytes(&p, s.onward.s, HF_ORG_BYTES);
    s.categories = hf_get_u32(&p);
    s.n = hf_get_u8(&p);
    if (!ok || s.n > SCOPES_MAX || in.n != SCOPES_BYTES(s.n) ||
        (s.categories & ~CATEGORY_ALL) != 0 || (s.narrowed && s.whole) ||
        !field_org_or_empty(&s.onward) ||
        (s.onward.s[0] != '\0' && !s.narrowed))
        return false;
    for (size_t i = 0; i < s.n; i++) {
        hf_get_bytes(&p, s.scope[i].s, HF_NAME_BYTES);
        if (!field_name(&s.scope[i]))
            return false;
    }
    *ret = s;
    return true;
}
