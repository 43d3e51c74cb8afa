#include "live.h"

#include "hf_assert.h"
#include "hf_text.h"
#include "inbound.h"
#include "lifecycle.h"
#include "push.h"

#define BODY_HEAD       255u /* the part index that keeps salt and count */
#define ENTRIES_AHEAD   64u  /* held beyond a gap, at most */
#define SETTLE_ROUNDS   8    /* automatic answers in a row, at most */

static const struct live_kind *
kind_of(const struct live *l)
{
    switch (l->o.kind) {
    case OBJECT_REFERRAL:
        return &referral_kind;
    case OBJECT_TRANSFER:
        return &transfer_kind;
    case OBJECT_WITHDRAWAL:
        return &withdrawal_kind;
    case OBJECT_NONE:
    case OBJECT_END:
        break;
    }
    HF_BUG("an object has a kind");
    return NULL;
}

/* ---- loading and judging ---- */

static void
wire_up(struct live *l)
{
    l->pair.kind = l->o.kind;
    for (int side = 0; side < 2; side++) {
        l->pair.item[side] = l->item[side];
        l->pair.sum[side] = l->sum[side];
    }
}

/* Fields of the record that the state function needs, then the verdicts. */
static void
judge(struct live *l)
{
    l->pair.on_send = (l->o.flags & ENTRY_ON_SEND) != 0;
    l->pair.ruled = l->o.is_ruled != 0;
    l->pair.travel_none = (l->o.flags & ENTRY_TRAVEL_NONE) != 0;
    for (int side = 0; side < 2; side++) {
        l->pair.n[side] = l->o.n[side];
        l->pair.fork[side] = l->o.fork[side];
        l->pair.fork_recall[side] = l->o.fork_recall[side] != 0;
    }
    chain_judge(&l->pair);
}

/* An entry that names another branch of its peer's chain names one that is not
 * held: until the fork itself is on record it waits. */
static void
set_item(struct live *l, enum side side, const struct entry *e)
{
    const enum side peer = side_other(side);
    struct chain_item *item = &l->item[side][e->n - 1];
    const bool held = e->seen <= l->o.n[peer];
    const bool past_fork =
        l->o.fork[peer] != 0 && e->seen >= l->o.fork[peer];

    *item = (struct chain_item){.event = e->event,
                                .seen = e->seen,
                                .flags = e->flags,
                                .reason = e->reason};
    if (e->seen > 0 && held && !past_fork &&
        !hf_hash_eq(&e->seen_hash, &l->hash[peer][e->seen - 1]))
        item->seen = ENTRY_NUMBERS_MAX + 1;
}

static void
read_entry(struct step *s, const struct hf_id *object, enum side side,
           uint32_t n, struct entry *ret_e, struct hf_hash *ret_hash)
{
    uint8_t bytes[ENTRY_BYTES], sig[ENTRY_SIG_BYTES];
    const bool held = chain_get(s->v, object, side, n, 0, bytes, sig);

    HF_ASSERT(held);
    if (entry_unpack((struct hf_bytes){bytes, ENTRY_BYTES}, ret_e) != HF_OK)
        HF_BUG("a stored entry was checked before it was stored");
    if (ret_hash != NULL)
        step_hash(s, ENTRY_LABEL, bytes, ENTRY_BYTES, ret_hash);
}

void
live_entry(struct step *s, const struct live *l, enum side side, uint32_t n,
           struct entry *ret)
{
    HF_ASSERT(n >= 1);
    HF_ASSERT(n <= l->o.n[side]);
    read_entry(s, &l->o.id, side, n, ret, NULL);
}

/* The first side's opening entry says for ever how the rest is judged; nobody
 * else's entry does, whatever its flags. */
static void
note_opening(struct live *l, enum side side, const struct entry *e)
{
    const uint16_t flags = ENTRY_ON_SEND | ENTRY_TRAVEL_NONE;

    if (side == SIDE_FIRST && !l->is_opened &&
        (e->event == EVENT_SEND || e->event == EVENT_OFFER)) {
        l->o.flags = e->flags & flags;
        l->is_opened = true;
    }
}

/* All items anew: once after loading, and when a fork changes what `seen`
 * means. Hashes first, since items look at the peer's. */
static void
read_chains(struct step *s, struct live *l)
{
    struct entry e;

    l->is_opened = false;
    for (enum side side = SIDE_FIRST; side <= SIDE_SECOND; side++)
        for (uint32_t n = 1; n <= l->o.n[side]; n++)
            read_entry(s, &l->o.id, side, n, &e, &l->hash[side][n - 1]);
    for (enum side side = SIDE_FIRST; side <= SIDE_SECOND; side++) {
        for (uint32_t n = 1; n <= l->o.n[side]; n++) {
            read_entry(s, &l->o.id, side, n, &e, NULL);
            set_item(l, side, &e);
            note_opening(l, side, &e);
        }
    }
    judge(l);
}

/* A draft is nobody else's business: the figures begin with the first entry. */
static enum state
counted_state(const struct live *l)
{
    return l->o.n[0] + l->o.n[1] == 0 ? STATE_NONE : l->o.state;
}

static void
note_counted(struct live *l)
{
    l->was_changed_ms = l->o.changed_ms;
    l->was_state = counted_state(l);
    l->was_reason = l->o.reason;
    l->was_family = l->o.terms.family;
}

bool
live_load(struct step *s, const struct hf_id *id, struct live *ret)
{
    if (!object_get(s->v, id, &ret->o))
        return false;
    ret->is_new = false;
    ret->resend = false;
    note_counted(ret);
    ret->pair = (struct chain_pair){.ruled = false};
    wire_up(ret);
    read_chains(s, ret);
    return true;
}

void
live_make(struct step *s, enum object_kind kind, enum side side,
          const struct hf_id *id, const struct hf_org *peer, struct live *ret)
{
    struct node_self self = {.restored_ms = 0};

    memset(&ret->o, 0, sizeof(ret->o));
    ret->is_new = true;
    ret->is_opened = false;
    ret->resend = false;
    note_counted(ret);
    ret->o.kind = kind;
    ret->o.side = side;
    ret->o.id = *id;
    ret->o.peer = *peer;
    ret->o.created_ms = s->now;
    (void)self_get(s->v, &self);
    ret->o.copied = self.restored; /* made after it: nothing to wait for */
    ret->pair = (struct chain_pair){.ruled = false};
    wire_up(ret);
    judge(ret);
}

enum state
live_state(const struct live *l)
{
    return l->o.n[0] + l->o.n[1] == 0 ? l->o.state : chain_state(&l->pair);
}

bool
live_awaits_copy(const struct step *s, const struct live *l)
{
    struct node_self self;

    return self_get(s->v, &self) && !hf_id_is_zero(&self.restored) &&
           !hf_id_eq(&self.restored, &l->o.copied);
}

bool
live_may(const struct step *s, const struct live *l, enum event event,
         uint16_t flags)
{
    /* Withdrawals and erasure answers go on, restored or not: a fork freezes
     * everything but a recall, and an erasure has happened either way. */
    const bool always = event == EVENT_RECALL ||
                        l->o.kind == OBJECT_WITHDRAWAL;

    if (!always && live_awaits_copy(s, l))
        return false;
    return chain_may(&l->pair, l->o.side, event, flags);
}

/* ---- bodies ---- */

static const struct hf_id *
part_lock(const struct live *l, const struct part *part, enum side side)
{
    /* What we disclosed stays under the key of the case it is from. */
    if (part->type == PART_SECTION && side == SIDE_FIRST &&
        l->o.side == SIDE_FIRST && !hf_id_is_zero(&l->o.case_id))
        return &l->o.case_id;
    return &l->o.id;
}

static void
store_body(struct step *s, struct live *l, enum side side, uint32_t n,
           const struct body *b)
{
    uint8_t head[BODY_SALT_BYTES + 1];
    uint8_t *scratch = step_alloc(s, PART_BYTES_MAX + 2);
    const struct part salt = {(enum part_type)0, CATEGORY_NONE,
                              {head, sizeof(head)}};

    memcpy(head, b->salt, BODY_SALT_BYTES);
    head[BODY_SALT_BYTES] = (uint8_t)b->n;
    body_part_put(s->v, &l->o.id, side, n, BODY_HEAD, &salt, &l->o.id,
                  scratch);
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

/* ---- our own entries ---- */

static struct hf_hash
hash_at(const struct live *l, enum side side, uint32_t n)
{
    static const struct hf_hash zero;

    return n == 0 ? zero : l->hash[side][n - 1];
}

static void
hash_body(struct step *s, const struct body *b, struct hf_hash *ret)
{
    const size_t mark = s->out->used;
    const size_t n = body_bytes(b);
    uint8_t *packed = step_alloc(s, n);

    body_pack(b, packed);
    step_hash(s, BODY_LABEL, packed, n, ret);
    s->out->used = mark;
}

static void
fill_entry(struct step *s, struct live *l, const struct draft *d,
           struct entry *e)
{
    const enum side mine = l->o.side, peer = side_other(mine);

    *e = (struct entry){
        .kind = l->o.kind,
        .event = d->event,
        .role = d->is_automatic ? ROLE_AUTOMATIC : step_role(s),
        .flags = d->flags,
        .reason = d->reason,
        .object = l->o.id,
        .author = *step_me(s),
        .peer = l->o.peer,
        .n = l->o.n[mine] + 1,
        .seen = l->o.n[peer],
        .prev = hash_at(l, mine, l->o.n[mine]),
        .seen_hash = hash_at(l, peer, l->o.n[peer]),
        .at_ms = s->now,
        .happened_ms = d->happened_ms == 0 ? s->now : d->happened_ms,
        .when_ms = d->when_ms,
    };
}

static void
note_fork(struct step *s, struct live *l, enum side side, uint32_t n)
{
    if (l->o.fork[side] == 0 || n < l->o.fork[side])
        l->o.fork[side] = n;
    l->o.is_forked = 1;
    l->resend = true; /* the evidence goes to both */
    l->o.acked = 0;
    step_alarm(s, "chain_forked", l->o.kind, &l->o.id, &l->o.peer,
               REASON_NONE);
}

/* An entry of ours with this number came back, from behind a gap: it is of
 * another branch of our chain. Its body must not pass for the new one's. */
static void
step_aside(struct step *s, struct live *l, uint32_t n)
{
    const enum side mine = l->o.side;
    uint8_t bytes[ENTRY_BYTES], sig[ENTRY_SIG_BYTES];

    if (!chain_get(s->v, &l->o.id, mine, n, 0, bytes, sig))
        return;
    chain_put(s->v, &l->o.id, mine, n, 1, bytes, sig);
    for (unsigned i = 0; i < BODY_PARTS_MAX; i++)
        body_part_del(s->v, &l->o.id, mine, n, i);
    body_part_del(s->v, &l->o.id, mine, n, BODY_HEAD);
    note_fork(s, l, mine, n);
}

void
live_append(struct step *s, struct live *l, const struct draft *d)
{
    const enum side mine = l->o.side;
    uint8_t bytes[ENTRY_BYTES], sig[ENTRY_SIG_BYTES];
    const struct hf_bytes span = {bytes, ENTRY_BYTES};
    struct entry e;

    HF_ASSERT(live_may(s, l, d->event, d->flags));
    fill_entry(s, l, d, &e);
    step_aside(s, l, e.n);
    if (d->body.n > 0) {
        struct body b = d->body;

        step_fresh(s, b.salt, BODY_SALT_BYTES);
        hash_body(s, &b, &e.body);
        store_body(s, l, mine, e.n, &b);
    }
    note_opening(l, mine, &e);
    entry_pack(&e, bytes);
    s->env->crypto->sign(s->env->crypto->ctx, ENTRY_LABEL, &span, 1, sig);
    chain_put(s->v, &l->o.id, mine, e.n, 0, bytes, sig);
    step_hash(s, ENTRY_LABEL, bytes, ENTRY_BYTES, &l->hash[mine][e.n - 1]);
    l->o.n[mine] = e.n;
    l->o.last[mine] = l->hash[mine][e.n - 1];
    set_item(l, mine, &e);
    judge(l);
}

void
live_auto(struct step *s, struct live *l, enum event event, enum reason reason)
{
    const struct draft d = {
        .event = event, .reason = reason, .is_automatic = true};

    live_append(s, l, &d);
}

/* ---- entries that arrive ---- */

/* A number that is held already: the same entry again, or a fork. */
static void
take_again(struct step *s, struct live *l, enum side side,
           const struct content_entry *ce, const struct entry *e,
           const struct hf_hash *hash)
{
    uint8_t other[ENTRY_BYTES], sig[ENTRY_SIG_BYTES];

    if (hf_hash_eq(hash, &l->hash[side][e->n - 1]))
        return;
    if (chain_get(s->v, &l->o.id, side, e->n, 1, other, sig))
        return; /* this branch, or a third one: two are proof enough */
    chain_put(s->v, &l->o.id, side, e->n, 1, ce->bytes.p, ce->sig.p);
    note_fork(s, l, side, e->n);
    if (e->event == EVENT_RECALL)
        l->o.fork_recall[side] = 1;
}

/* Once a fork is known, a recall in either branch still counts. */
static void
look_for_recall(struct live *l, enum side side)
{
    if (l->o.fork[side] == 0)
        return;
    for (uint32_t n = l->o.fork[side]; n <= l->o.n[side]; n++)
        if (l->item[side][n - 1].event == EVENT_RECALL)
            l->o.fork_recall[side] = 1;
}

/* Entries may arrive out of order: what fills a gap lets the ones behind it
 * in, each checked against the hash of the one before. */
static void
advance(struct step *s, struct live *l, enum side side)
{
    uint8_t bytes[ENTRY_BYTES], sig[ENTRY_SIG_BYTES];
    struct entry e;

    while (l->o.n[side] < ENTRY_NUMBERS_MAX &&
           chain_get(s->v, &l->o.id, side, l->o.n[side] + 1, 0, bytes, sig)) {
        const uint32_t n = l->o.n[side] + 1;
        const struct hf_hash prev = hash_at(l, side, n - 1);

        read_entry(s, &l->o.id, side, n, &e, &l->hash[side][n - 1]);
        if (!hf_hash_eq(&e.prev, &prev))
            break; /* of another branch: wait for its beginning */
        l->o.n[side] = n;
        l->o.last[side] = l->hash[side][n - 1];
        set_item(l, side, &e);
    }
}

/* In any other entry nobody would look for them when they have to go. */
static bool
carries_sections(enum event event)
{
    return event == EVENT_DISCLOSE || event == EVENT_RELEASE ||
           event == EVENT_AMEND || event == EVENT_SUPPLEMENT;
}

/* The receiver's gate comes before the first byte is kept. */
static void
keep_body(struct step *s, struct live *l, enum side side,
          const struct entry *e, struct hf_bytes packed)
{
    struct body b;
    struct part head;

    if (packed.n == 0 || shredded_get(s->v, &l->o.id) ||
        body_unpack(packed, &b) != HF_OK)
        return;
    if (side != l->o.side) {
        const enum reason why =
            inbound_sections(&b) != 0 && !carries_sections(e->event)
                ? REASON_CHECK_FAILED
                : inbound_gate(s, l, &b);

        if (why != REASON_NONE) {
            l->o.refused = why;
            s->refused = why;
            return;
        }
    }
    if (!body_part_get(s->v, &l->o.id, side, e->n, BODY_HEAD, &head))
        store_body(s, l, side, e->n, &b);
}

/* Behind a gap: keep it until the gap is filled. A second one with the same
 * number replaces the first; whichever fits the hash before it stays. */
static void
take_new(struct step *s, struct live *l, enum side side,
         const struct content_entry *ce, const struct entry *e)
{
    uint8_t held[ENTRY_BYTES], sig[ENTRY_SIG_BYTES];

    if (chain_get(s->v, &l->o.id, side, e->n, 0, held, sig) &&
        memcmp(held, ce->bytes.p, ENTRY_BYTES) != 0)
        body_part_del(s->v, &l->o.id, side, e->n, BODY_HEAD);
    chain_put(s->v, &l->o.id, side, e->n, 0, ce->bytes.p, ce->sig.p);
    keep_body(s, l, side, e, ce->body);
    advance(s, l, side);
    if (l->o.fork[side] != 0 && e->event == EVENT_RECALL)
        l->o.fork_recall[side] = 1;
    if (l->o.n[side] < e->n && l->o.fork[side] == 0)
        push_ask(s, l);
}

static bool
belongs(const struct step *s, const struct live *l, const struct entry *e)
{
    const struct hf_org *me = step_me(s);

    if (e->kind != l->o.kind || !hf_id_eq(&e->object, &l->o.id))
        return false;
    return (hf_org_eq(&e->author, &l->o.peer) && hf_org_eq(&e->peer, me)) ||
           (hf_org_eq(&e->author, me) && hf_org_eq(&e->peer, &l->o.peer));
}

bool
live_take(struct step *s, struct live *l, const struct content_entry *ce)
{
    struct hf_hash hash;
    struct entry e;
    enum side side;

    if (entry_unpack(ce->bytes, &e) != HF_OK || !belongs(s, l, &e))
        return false;
    if (e.n > ENTRY_NUMBERS_MAX)
        return false;
    side = hf_org_eq(&e.author, step_me(s)) ? l->o.side
                                            : side_other(l->o.side);
    if (e.n > l->o.n[side] + ENTRIES_AHEAD)
        return true; /* too far ahead to keep; it will be sent again */
    step_hash(s, ENTRY_LABEL, ce->bytes.p, ENTRY_BYTES, &hash);
    if (e.n <= l->o.n[side])
        take_again(s, l, side, ce, &e, &hash);
    else
        take_new(s, l, side, ce, &e);
    return true;
}

/* ---- settling ---- */

/* Kept and reported, as evidence; but no section of it: it gave us none. */
static void
ignore_entry(struct step *s, struct live *l, enum side side,
             const struct entry *e)
{
    struct part p;

    step_alarm(s, "entry_invalid", l->o.kind, &l->o.id, &l->o.peer, e->reason);
    for (unsigned i = 0; side != l->o.side && i < BODY_PARTS_MAX; i++)
        if (body_part_get(s->v, &l->o.id, side, e->n, i, &p) &&
            p.type == PART_SECTION)
            body_part_del(s->v, &l->o.id, side, e->n, i);
}

/* Effects in an order that both ends could have seen: an entry after what its
 * author had seen. */
static bool
apply_next(struct step *s, struct live *l, enum side side)
{
    const enum side peer = side_other(side);
    const uint32_t n = l->o.applied[side] + 1;
    const struct chain_item *item;
    struct entry e;

    if (n > l->o.n[side])
        return false;
    item = &l->item[side][n - 1];
    if (item->why == CHAIN_WAITS || item->why == CHAIN_CIRCULAR ||
        item->why == CHAIN_FORKED)
        return false;
    if (item->seen > l->o.applied[peer] &&
        l->item[peer][l->o.applied[peer]].why != CHAIN_FORKED)
        return false;
    l->o.applied[side] = n;
    live_entry(s, l, side, n, &e);
    if (item->why == CHAIN_VALID)
        kind_of(l)->apply(s, l, side, n, &e);
    else
        ignore_entry(s, l, side, &e);
    return true;
}

static void
apply_all(struct step *s, struct live *l)
{
    while (apply_next(s, l, SIDE_FIRST) || apply_next(s, l, SIDE_SECOND))
        continue;
}

/* The committee's figures count each object once, in its present state. */
static void
count(struct step *s, const struct live *l, enum state state,
      enum reason reason, const struct hf_name *family, int by)
{
    struct figure_cell c = {.kind = l->o.kind, .state = state,
                            .reason = reason, .service = *family};
    const bool mine = l->o.side == SIDE_FIRST;

    if (state == STATE_NONE)
        return;
    c.from = mine ? *step_me(s) : l->o.peer;
    c.to = mine ? l->o.peer : *step_me(s);
    cell_add(s->v, &c, by);
}

/* Out of the cell that it was counted in, into the one it belongs to now. */
static void
count_anew(struct step *s, const struct live *l)
{
    const enum state state = counted_state(l);

    if (state == l->was_state && l->o.reason == l->was_reason &&
        hf_name_eq(&l->o.terms.family, &l->was_family))
        return;
    count(s, l, l->was_state, l->was_reason, &l->was_family, -1);
    count(s, l, state, l->o.reason, &l->o.terms.family, +1);
}

static void
set_due(struct step *s, struct live *l)
{
    const bool over = lifecycle_is_final(l->o.kind, l->o.state) ||
                      l->o.state == STATE_NONE;
    const struct {
        enum due_what what;
        uint64_t ms;
        bool met;
    } clocks[] = {
        {DUE_DECIDE, l->o.decide_ms, l->o.met_ms[1] != 0},
        {DUE_CONTACT, l->o.contact_ms, l->o.met_ms[2] != 0},
        {DUE_REPORT, l->o.report_ms, l->o.met_ms[3] != 0},
    };

    for (size_t i = 0; i < sizeof(clocks) / sizeof(clocks[0]); i++) {
        if (clocks[i].ms == 0)
            continue;
        if (over || clocks[i].met)
            due_del(s->v, clocks[i].ms, &l->o.id, clocks[i].what);
        else if (clocks[i].ms > s->now || l->is_new) /* else it has a row */
            due_put(s->v, clocks[i].ms, &l->o.id, clocks[i].what);
    }
}

void
live_settle(struct step *s, struct live *l)
{
    for (int round = 0;; round++) {
        HF_ASSERT(round < SETTLE_ROUNDS);
        look_for_recall(l, SIDE_FIRST);
        look_for_recall(l, SIDE_SECOND);
        read_chains(s, l);
        apply_all(s, l);
        l->o.state = live_state(l);
        if (!kind_of(l)->react(s, l))
            break;
    }
    count_anew(s, l);
    set_due(s, l);
    push_owed(s, l);
    l->o.changed_ms = s->now;
    object_put(s->v, &l->o, l->was_changed_ms);
    l->is_new = false;
    note_counted(l);
}
