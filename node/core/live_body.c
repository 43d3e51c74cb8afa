#include "live_internal.h"

#include "hf_assert.h"
#include "hf_text.h"

static const struct hf_id *
part_lock(const struct live *l, const struct part *part, enum side side)
{
    /* What we disclosed stays under the key of the case it is from. */
    if (part->type == PART_SECTION && side == SIDE_FIRST &&
        l->o.side == SIDE_FIRST && !hf_id_is_zero(&l->o.case_id))
        return &l->o.case_id;
    return &l->o.id;
}

void
live_store_body(struct step *s, struct live *l, enum side side, uint32_t n,
                const struct body *b)
{
    uint8_t head[BODY_SALT_BYTES + 1];
    uint8_t *scratch = step_alloc(s, PART_BYTES_MAX + 2);
    const struct part salt = {
        (enum part_type)0, CATEGORY_NONE, {head, sizeof(head)}};

    memcpy(head, b->salt, BODY_SALT_BYTES);
    head[BODY_SALT_BYTES] = (uint8_t)b->n;
    body_part_put(s->v, &l->o.id, side, n, BODY_HEAD, &salt, &l->o.id, scratch);
    for (size_t i = 0; i < b->n; i++)
        body_part_put(s->v, &l->o.id, side, n, (unsigned)i, &b->part[i],
                      part_lock(l, &b->part[i], side), scratch);
    s->out->used -= (PART_BYTES_MAX + 2 + 15) & ~(size_t)15;
}

bool
live_body(struct step *s, const struct live *l, enum side side, uint32_t n,
          struct body *ret)
{
    struct part head;

    if (!body_part_get(s->v, &l->o.id, side, n, BODY_HEAD, &head) ||
        head.bytes.n != BODY_SALT_BYTES + 1)
        return false;
    memset(ret, 0, sizeof(*ret));
    memcpy(ret->salt, head.bytes.p, BODY_SALT_BYTES);
    ret->n = head.bytes.p[BODY_SALT_BYTES];
    HF_ASSERT(ret->n <= BODY_PARTS_MAX);
    for (size_t i = 0; i < ret->n; i++) {
        struct part *p = &ret->part[i];

        if (!body_part_get(s->v, &l->o.id, side, n, (unsigned)i, p))
            return false; /* erased in part: the whole cannot be proved */
        p->bytes = step_copy(s, p->bytes);
    }
    return true;
}

struct hf_bytes
live_packed_body(struct step *s, const struct live *l, enum side side,
                 uint32_t n)
{
    const struct hf_bytes none = {NULL, 0};
    uint8_t *const begin = s->out->arena + s->out->used;
    uint8_t *at = begin;
    struct part p;
    size_t parts;

    if (!body_part_get(s->v, &l->o.id, side, n, BODY_HEAD, &p) ||
        p.bytes.n != BODY_SALT_BYTES + 1)
        return none;
    parts = p.bytes.p[BODY_SALT_BYTES];
    hf_put_bytes(&at, p.bytes.p, BODY_SALT_BYTES);
    for (size_t i = 0; i < parts; i++) {
        if (!body_part_get(s->v, &l->o.id, side, n, (unsigned)i, &p))
            return none; /* erased in part: the whole cannot be proved */
        HF_ASSERT((size_t)(at - begin) + p.bytes.n + 6 <= BODY_BYTES_MAX);
        HF_ASSERT((size_t)(at - s->out->arena) + p.bytes.n + 6 <=
                  NODE_ARENA_BYTES);
        hf_put_u8(&at, (uint8_t)p.type);
        hf_put_u8(&at, (uint8_t)p.category);
        hf_put_u32(&at, (uint32_t)p.bytes.n);
        hf_put_bytes(&at, p.bytes.p, p.bytes.n);
    }
    s->out->used += ((size_t)(at - begin) + 15) & ~(size_t)15;
    return (struct hf_bytes){begin, (size_t)(at - begin)};
}

void
live_drop_sections(struct step *s, struct live *l, enum side side,
                   uint32_t categories)
{
    /* With the last section goes what a vital interest was attested by. */
    const bool attest_goes =
        side != l->o.side && (l->o.sections & ~categories) == 0;
    struct part p;

    for (uint32_t n = 1; n <= l->o.n[side]; n++) {
        for (unsigned i = 0; i < BODY_PARTS_MAX; i++) {
            if (!body_part_get(s->v, &l->o.id, side, n, i, &p))
                continue;
            if (p.type == PART_SECTION
                    ? (categories & CATEGORY_BIT(p.category)) != 0
                    : attest_goes && p.type == PART_ATTEST)
                body_part_del(s->v, &l->o.id, side, n, i);
        }
    }
    if (attest_goes)
        categories |= CATEGORY_BIT(BODY_ATTEST_LOCK);
    for (enum category c = CATEGORY_IDENTITY; c < CATEGORY_END; c++) {
        const struct node_lock lock = {l->o.id, c};

        if (categories & CATEGORY_BIT(c))
            s->v->shred(s->v->ctx, &lock);
    }
}

void
live_drop_bodies(struct step *s, struct live *l, enum side side)
{
    struct part p;

    for (uint32_t n = 1; n <= l->o.n[side]; n++)
        for (unsigned i = 0; i < BODY_PARTS_MAX; i++)
            if (body_part_get(s->v, &l->o.id, side, n, i, &p))
                body_part_del(s->v, &l->o.id, side, n, i);
}
