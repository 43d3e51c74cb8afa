#include "live_internal.h"

#include "along.h"
#include "bare.h"
#include "files.h"
#include "hf_assert.h"
#include "hf_text.h"

#define BODY_ATTEST_LOCK CATEGORY_MHPSS    /* goes with the sections */
#define BODY_CASE_LOCK   CATEGORY_IDENTITY /* birth, sex, number */

/* What the peer wrote can go alone, and each section of it. */
static struct node_lock
part_lock(const struct live *l, const struct part *part, enum side side)
{
    struct node_lock lock = {l->o.id, CATEGORY_NONE};

    if (part->type == PART_SECTION)
        lock.category = part->category;
    else if (part->type == PART_ATTEST)
        lock.category = BODY_ATTEST_LOCK;
    else if (side != l->o.side)
        lock.category =
            part->type == PART_CASE ? BODY_CASE_LOCK : LOCK_BESIDE;
    /* What we disclosed stays under the key of the case it is from. */
    if ((part->type == PART_SECTION || part->type == PART_FILE) &&
        side == SIDE_FIRST && l->o.side == SIDE_FIRST) {
        if (!hf_id_is_zero(&l->o.case_id))
            lock.id = l->o.case_id;
        else if (!hf_id_is_zero(&l->o.terms.part_of))
            lock.id = l->o.terms.part_of; /* it goes with what brought it */
    }
    return lock;
}

void
live_store_body(struct step *s, struct live *l, enum side side, uint32_t n,
                const struct body *b)
{
    uint8_t head[BODY_SALT_BYTES + 1];
    uint8_t *scratch = step_alloc(s, PART_BYTES_MAX + 2);
    const struct part salt = {
        (enum part_type)0, CATEGORY_NONE, {head, sizeof(head)}};
    struct node_lock lock = part_lock(l, &salt, side);

    memcpy(head, b->salt, BODY_SALT_BYTES);
    head[BODY_SALT_BYTES] = (uint8_t)b->n;
    body_part_put(s->v, &l->o.id, side, n, BODY_PART_HEAD, &salt, &lock,
                  scratch);
    for (size_t i = 0; i < b->n; i++) {
        lock = part_lock(l, &b->part[i], side);
        body_part_put(s->v, &l->o.id, side, n, (unsigned)i, &b->part[i], &lock,
                      scratch);
    }
    s->out->used -= (PART_BYTES_MAX + 2 + 15) & ~(size_t)15;
}

void
live_keep_words(struct step *s, struct live *l, uint32_t n,
                struct hf_bytes json)
{
    const struct part words = {PART_DETAILS, CATEGORY_NONE, json};
    const struct node_lock lock = part_lock(l, &words, l->o.side);
    uint8_t *scratch = step_alloc(s, json.n + 2);

    if (json.n > 0)
        body_part_put(s->v, &l->o.id, l->o.side, n, BODY_PART_KEPT, &words,
                      &lock, scratch);
}

bool
live_body(struct step *s, const struct live *l, enum side side, uint32_t n,
          struct body *ret)
{
    struct part head;

    if (!body_part_get(s->v, &l->o.id, side, n, BODY_PART_HEAD, &head) ||
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

    if (!body_part_get(s->v, &l->o.id, side, n, BODY_PART_HEAD, &p) ||
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

/* The last entry that is held: some may wait behind a gap. */
static uint32_t
last_held(const struct step *s, const struct live *l, enum side side)
{
    uint8_t bytes[ENTRY_BYTES], sig[ENTRY_SIG_BYTES];
    uint32_t last = l->o.n[side];

    for (uint32_t n = last + 1; n <= l->o.n[side] + ENTRIES_AHEAD; n++)
        if (chain_get(s->v, &l->o.id, side, n, 0, bytes, sig))
            last = n;
    return last;
}

void
live_drop_sections(struct step *s, struct live *l, enum side side,
                   uint32_t categories)
{
    /* With the last section goes what a vital interest was attested by. */
    const bool attest_goes =
        side != l->o.side && (l->o.sections & ~categories) == 0;
    const uint32_t last = last_held(s, l, side);
    struct part p;

    if (side != l->o.side)
        bare_forget(&l->o, side); /* such a section may be in what is owed */
    for (uint32_t n = 1; n <= last; n++) {
        for (unsigned i = 0; i < BODY_PARTS_MAX; i++) {
            if (!body_part_get(s->v, &l->o.id, side, n, i, &p))
                continue;
            if (p.type == PART_SECTION
                    ? (categories & CATEGORY_BIT(p.category)) != 0
                    : attest_goes && p.type == PART_ATTEST)
                body_part_del(s->v, &l->o.id, side, n, i);
        }
    }
    if (side != l->o.side)
        file_drop(s, &l->o, categories);
    if (attest_goes)
        categories |= CATEGORY_BIT(BODY_ATTEST_LOCK);
    for (enum category c = CATEGORY_IDENTITY; c < CATEGORY_END; c++) {
        const struct node_lock lock = {l->o.id, c};

        if (categories & CATEGORY_BIT(c))
            s->v->shred(s->v->ctx, &lock);
    }
}

void
live_drop_body(struct step *s, const struct live *l, enum side side, uint32_t n)
{
    for (unsigned i = 0; i < BODY_PARTS_MAX; i++)
        body_part_del(s->v, &l->o.id, side, n, i);
    body_part_del(s->v, &l->o.id, side, n, BODY_PART_HEAD);
}

static void
drop_bodies(struct step *s, struct live *l, enum side side)
{
    const uint32_t last = last_held(s, l, side);

    bare_forget(&l->o, side);
    for (uint32_t n = 1; n <= last; n++)
        live_drop_body(s, l, side, n);
}

void
live_drop_peer(struct step *s, struct live *l)
{
    struct node_lock lock = {l->o.id, CATEGORY_NONE};

    file_drop(s, &l->o, CATEGORY_ALL);
    drop_bodies(s, l, side_other(l->o.side));
    along_drop(s, &l->o);
    for (int c = CATEGORY_NONE + 1; c < LOCK_END; c++) {
        lock.category = (enum category)c;
        s->v->shred(s->v->ctx, &lock);
    }
    l->o.sections = 0;
    memset(&l->o.card, 0, sizeof(l->o.card));
}

void
live_drop_all(struct step *s, struct live *l)
{
    const struct node_lock all = {l->o.id, CATEGORY_NONE};

    file_drop_all(s, &l->o.id);
    drop_bodies(s, l, l->o.side);
    live_drop_peer(s, l);
    s->v->shred(s->v->ctx, &all);
}

bool
live_holds_peer(const struct step *s, const struct live *l)
{
    const enum side peer = side_other(l->o.side);
    struct part p;

    for (uint32_t n = 1; n <= l->o.n[peer]; n++)
        if (body_part_get(s->v, &l->o.id, peer, n, BODY_PART_HEAD, &p))
            return true;
    return false;
}

void
live_drop_case(struct step *s, struct live *l)
{
    const struct node_lock lock = {l->o.id, BODY_CASE_LOCK};
    struct part p;

    for (uint32_t n = 1; n <= l->o.n[SIDE_FIRST]; n++)
        for (unsigned i = 0; i < BODY_PARTS_MAX; i++)
            if (body_part_get(s->v, &l->o.id, SIDE_FIRST, n, i, &p) &&
                (p.type == PART_CASE || p.type == PART_CARD))
                body_part_del(s->v, &l->o.id, SIDE_FIRST, n, i);
    s->v->shred(s->v->ctx, &lock);
}
