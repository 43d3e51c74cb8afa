#include "title.h"

#include "disclose.h"
#include "hf_assert.h"

/* A part as it was read; the links borrow from the body. */
struct title {
    struct hf_hash tag;
    uint32_t first;
    uint32_t n;
    const uint8_t *link;
};

static const uint8_t no_link[TITLE_LINK_BYTES];

static bool
is_ruled(const uint8_t *link)
{
    return memcmp(link, no_link, TITLE_LINK_BYTES) == 0;
}

static uint32_t
get_u32(const uint8_t *p)
{
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 |
           (uint32_t)p[3] << 24;
}

static void
put_u32(uint8_t *p, uint32_t v)
{
    for (int i = 0; i < 4; i++)
        p[i] = (uint8_t)(v >> (8 * i));
}

static bool
read_title(const struct body *b, struct title *ret)
{
    const struct part *p = body_find(b, PART_TITLE);

    if (p == NULL || p->bytes.n < TITLE_HEAD_BYTES)
        return false;
    memcpy(ret->tag.b, p->bytes.p, HF_HASH_BYTES);
    ret->first = get_u32(p->bytes.p + HF_HASH_BYTES);
    ret->n = p->bytes.p[TITLE_HEAD_BYTES - 1];
    ret->link = p->bytes.p + TITLE_HEAD_BYTES;
    return ret->first > 0 && ret->n <= TITLE_LINKS_MAX &&
           p->bytes.n == TITLE_HEAD_BYTES + ret->n * TITLE_LINK_BYTES;
}

/* ---- what is kept ---- */

/* The newest entry of that event as a side of a link. */
static bool
fill_side(const struct step *s, const struct live *l, enum side side,
          enum event event, uint8_t *out)
{
    struct part p;

    for (uint32_t n = l->o.n[side]; n > 0; n--) {
        if (l->item[side][n - 1].event != event ||
            l->item[side][n - 1].why != CHAIN_VALID)
            continue;
        if (!body_part_get(s->v, &l->o.id, side, n, BODY_PART_HEAD, &p) ||
            p.bytes.n < BODY_SALT_BYTES)
            return false;
        memcpy(out + ENTRY_BYTES + ENTRY_SIG_BYTES, p.bytes.p,
               BODY_SALT_BYTES);
        return chain_get(s->v, &l->o.id, side, n, 0, out, out + ENTRY_BYTES);
    }
    return false;
}

/* Whether the body of @e is nothing but the tag of that custody. */
static bool
names(const struct step *s, const struct entry *e, const uint8_t *salt,
      const struct hf_id *id, uint32_t epoch)
{
    uint8_t packed[BODY_SALT_BYTES + 64];
    struct body b = {.n = 1};
    struct hf_hash tag, hash;

    registry_custody_tag(id, epoch, &tag);
    memcpy(b.salt, salt, BODY_SALT_BYTES);
    b.part[0] =
        (struct part){PART_CUSTODY, CATEGORY_NONE, {tag.b, HF_HASH_BYTES}};
    HF_ASSERT(body_bytes(&b) <= sizeof(packed));
    body_pack(&b, packed);
    step_hash(s, BODY_LABEL, packed, body_bytes(&b), &hash);
    return hf_hash_eq(&hash, &e->body);
}

/* A restored giver counts its epochs anew, in the order in which copies come:
 * what was signed says which one it was. */
static uint32_t
epoch_of(const struct step *s, const struct node_case *c, const uint8_t *side)
{
    struct entry e;

    if (entry_unpack((struct hf_bytes){side, ENTRY_BYTES}, &e) != HF_OK)
        return 0;
    for (uint32_t epoch = c->epoch + TITLE_LINKS_MAX; epoch > 0; epoch--)
        if (names(s, &e, side + ENTRY_BYTES + ENTRY_SIG_BYTES, &c->id, epoch))
            return epoch;
    return 0;
}

uint32_t
title_keep(struct step *s, const struct live *l, const struct node_case *c)
{
    uint8_t link[TITLE_LINK_BYTES];
    uint32_t epoch;

    if (!fill_side(s, l, SIDE_FIRST, EVENT_HAND_OVER, link) ||
        !fill_side(s, l, SIDE_SECOND, EVENT_TAKE_OVER,
                   link + TITLE_SIDE_BYTES))
        return c->epoch;
    epoch = epoch_of(s, c, link);
    if (epoch == 0)
        return c->epoch;
    title_put(s->v, &c->id, epoch, link);
    return epoch;
}

static bool
has_ruling(const struct step *s, const struct hf_id *id, uint32_t epoch)
{
    struct hf_hash tag;
    const struct registry_ruling *r;

    registry_custody_tag(id, epoch, &tag);
    r = s->env->registry == NULL ? NULL
                                 : registry_ruling(s->env->registry, &tag);
    return r != NULL && r->epoch == epoch + 1;
}

void
title_add(struct step *s, const struct node_case *c, struct body *b)
{
    uint8_t *part = step_alloc(s, TITLE_BYTES_MAX);
    uint8_t *at = part + TITLE_HEAD_BYTES;
    struct hf_hash tag;
    uint32_t first = c->epoch, n = 0;

    /* As far back as they reach without a gap. */
    while (first > 1 && n < TITLE_LINKS_MAX &&
           (has_ruling(s, &c->id, first - 1) ||
            title_get(s->v, &c->id, first - 1, at))) {
        first--;
        n++;
    }
    for (uint32_t i = 0; i < n; i++, at += TITLE_LINK_BYTES)
        if (has_ruling(s, &c->id, first + i) ||
            !title_get(s->v, &c->id, first + i, at))
            memset(at, 0, TITLE_LINK_BYTES);
    registry_custody_tag(&c->id, c->epoch, &tag);
    memcpy(part, tag.b, HF_HASH_BYTES);
    put_u32(part + HF_HASH_BYTES, first);
    part[TITLE_HEAD_BYTES - 1] = (uint8_t)n;
    disclose_add(b, PART_TITLE, CATEGORY_NONE,
                 (struct hf_bytes){part, (size_t)(at - part)});
}

/* ---- what is shown ---- */

static bool
read_side(const struct step *s, const uint8_t *p, enum event event,
          const struct hf_id *id, uint32_t epoch, struct entry *ret)
{
    const struct hf_bytes bytes = {p, ENTRY_BYTES};

    return s->env->registry != NULL && entry_unpack(bytes, ret) == HF_OK &&
           ret->kind == OBJECT_TRANSFER && ret->event == event &&
           names(s, ret, p + ENTRY_BYTES + ENTRY_SIG_BYTES, id, epoch) &&
           s->env->is_signed(s->env->registry, ret, bytes, p + ENTRY_BYTES);
}

/* Who gave custody @epoch, and to whom. A ruling says only the latter, and
 * against one no link counts: it was written by whom the committee replaced. */
static bool
read_link(const struct step *s, const uint8_t *link, const struct hf_id *id,
          uint32_t epoch, struct hf_org *ret_giver, struct hf_org *ret_taker)
{
    struct entry hand, take;
    struct hf_hash tag;

    memset(ret_giver, 0, sizeof(*ret_giver));
    if (has_ruling(s, id, epoch)) {
        registry_custody_tag(id, epoch, &tag);
        *ret_taker = registry_ruling(s->env->registry, &tag)->holder;
        return true;
    }
    if (is_ruled(link) ||
        !read_side(s, link, EVENT_HAND_OVER, id, epoch, &hand) ||
        !read_side(s, link + TITLE_SIDE_BYTES, EVENT_TAKE_OVER, id, epoch,
                   &take) ||
        !hf_id_eq(&hand.object, &take.object) ||
        !hf_org_eq(&hand.author, &take.peer) ||
        !hf_org_eq(&hand.peer, &take.author))
        return false;
    *ret_giver = hand.author;
    *ret_taker = take.author;
    return true;
}

/* From link to link: who took is who gives next. */
static bool
leads_to(const struct step *s, const struct title *t, const struct hf_id *id,
         const struct hf_org *from, const struct node_case *held)
{
    struct hf_org giver, taker, holder = {""};

    for (uint32_t i = 0; i < t->n; i++) {
        const uint32_t epoch = t->first + i;

        if (held != NULL && epoch == held->epoch)
            holder = held->holder;
        if (!read_link(s, t->link + i * TITLE_LINK_BYTES, id, epoch, &giver,
                       &taker) ||
            (giver.s[0] != '\0' && holder.s[0] != '\0' &&
             !hf_org_eq(&giver, &holder)))
            return false;
        holder = taker;
    }
    return t->n == 0 || hf_org_eq(&holder, from);
}

bool
title_fits(struct step *s, const struct body *b, const struct hf_id *id,
           uint32_t epoch, const struct hf_org *from,
           const struct node_case *held)
{
    struct hf_hash tag;
    struct title t;

    registry_custody_tag(id, epoch, &tag);
    if (!read_title(b, &t) || !hf_hash_eq(&t.tag, &tag) || epoch < t.first ||
        epoch - t.first != t.n)
        return false;
    if (held != NULL ? t.first > held->epoch
                     : t.first > 1 && t.n < TITLE_LINKS_MAX)
        return false; /* not from where it is known */
    return leads_to(s, &t, id, from, held);
}

void
title_take(struct step *s, const struct body *b, const struct hf_id *id)
{
    struct title t;

    if (!read_title(b, &t))
        return;
    for (uint32_t i = 0; i < t.n; i++)
        if (!is_ruled(t.link + i * TITLE_LINK_BYTES))
            title_put(s->v, id, t.first + i, t.link + i * TITLE_LINK_BYTES);
}
