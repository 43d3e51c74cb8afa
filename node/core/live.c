#include "live_internal.h"

#include "deadline.h"
#include "files.h"
#include "hf_assert.h"
#include "lifecycle.h"
#include "onward.h"
#include "proxy.h"
#include "push.h"

#define SETTLE_ROUNDS 8 /* automatic answers in a row, at most */

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
void
live_judge(struct live *l)
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
void
live_set_item(struct live *l, enum side side, const struct entry *e)
{
    const enum side peer = side_other(side);
    struct chain_item *item = &l->item[side][e->n - 1];
    const bool held = e->seen <= l->o.n[peer];
    const bool past_fork = l->o.fork[peer] != 0 && e->seen >= l->o.fork[peer];

    *item = (struct chain_item){.event = e->event,
                                .seen = e->seen,
                                .flags = e->flags,
                                .reason = e->reason};
    if (e->seen > 0 && held && !past_fork &&
        !hf_hash_eq(&e->seen_hash, &l->hash[peer][e->seen - 1]))
        item->seen = ENTRY_NUMBERS_MAX + 1;
}

void
live_read_entry(struct step *s, const struct hf_id *object, enum side side,
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
    live_read_entry(s, &l->o.id, side, n, ret, NULL);
}

/* The first side's opening entry says for ever how the rest is judged; nobody
 * else's entry does, whatever its flags. */
void
live_note_opening(struct live *l, enum side side, const struct entry *e)
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
            live_read_entry(s, &l->o.id, side, n, &e, &l->hash[side][n - 1]);
    for (enum side side = SIDE_FIRST; side <= SIDE_SECOND; side++) {
        for (uint32_t n = 1; n <= l->o.n[side]; n++) {
            live_read_entry(s, &l->o.id, side, n, &e, NULL);
            live_set_item(l, side, &e);
            live_note_opening(l, side, &e);
        }
    }
    live_judge(l);
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
    ret->is_proxied = false;
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
    ret->is_proxied = false;
    note_counted(ret);
    ret->o.kind = kind;
    ret->o.side = side;
    ret->o.id = *id;
    ret->o.peer = *peer;
    ret->o.created_ms = s->now;
    ret->o.is_local = proxy_is_ours(s, peer);
    (void)self_get(s->v, &self);
    ret->o.copied = self.restored; /* made after it: nothing to wait for */
    ret->pair = (struct chain_pair){.ruled = false};
    wire_up(ret);
    live_judge(ret);
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

    return !l->o.is_local && self_get(s->v, &self) &&
           !hf_id_is_zero(&self.restored) &&
           !hf_id_eq(&self.restored, &l->o.copied);
}

enum side
live_writer(const struct live *l)
{
    return l->is_proxied ? side_other(l->o.side) : l->o.side;
}

bool
live_may(const struct step *s, const struct live *l, enum event event,
         uint16_t flags)
{
    /* Withdrawals and erasure answers go on, restored or not: a fork freezes
     * everything but a recall, and an erasure has happened either way. */
    const bool always = event == EVENT_RECALL || l->o.kind == OBJECT_WITHDRAWAL;

    if (!always && live_awaits_copy(s, l))
        return false;
    return chain_may(&l->pair, live_writer(l), event, flags);
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
            (p.type == PART_SECTION || p.type == PART_FILE))
            body_part_del(s->v, &l->o.id, side, e->n, i);
}

static void
effect(struct step *s, struct live *l, enum side side, uint32_t n,
       const struct entry *e)
{
    kind_of(l)->apply(s, l, side, n, e);
    file_came(s, l, side, n, e->event);
}

void
live_body_came(struct step *s, struct live *l, enum side side,
               const struct entry *e)
{
    if (kind_of(l)->body_came != NULL)
        kind_of(l)->body_came(s, l, side, e->n, e->event);
    file_came(s, l, side, e->n, e->event);
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
        effect(s, l, side, n, &e);
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
    struct figure_cell c = {.kind = l->o.kind,
                            .state = state,
                            .reason = reason,
                            .service = *family};
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

void
live_settle(struct step *s, struct live *l)
{
    for (int round = 0;; round++) {
        HF_ASSERT(round < SETTLE_ROUNDS);
        look_for_recall(l, SIDE_FIRST);
        look_for_recall(l, SIDE_SECOND);
        read_chains(s, l);
        if (l->o.n[0] + l->o.n[1] > 0)
            l->o.reason = chain_reason(&l->pair);
        apply_all(s, l);
        l->o.state = live_state(l);
        if (!kind_of(l)->react(s, l))
            break;
    }
    count_anew(s, l);
    push_owed(s, l);
    l->o.changed_ms = s->now;
    object_put(s->v, &l->o, l->was_changed_ms);
    deadline_settle(s, &l->o);
    onward_changed(s, &l->o);
    l->is_new = false;
    note_counted(l);
}
