#include "chain.h"

#include "hf_assert.h"
#include "lifecycle.h"

const char *
chain_why_text(enum chain_why why)
{
    static const char *const texts[] = {
        [CHAIN_VALID] = "valid",
        [CHAIN_WAITS] = "waits for an entry that is not here",
        [CHAIN_NOT_ALLOWED] = "not allowed in the state it was made in",
        [CHAIN_SEEN_FELL] = "names an older peer entry than one before it",
        [CHAIN_FORKED] = "its author's chain is forked here",
        [CHAIN_CIRCULAR] = "names an entry that names it",
    };

    return texts[why];
}

/* The fold of @side's chain up to its entry @upto. From a fork on nothing
 * counts, except a recall in either branch. */
static struct chain_sum
sum_at(const struct chain_pair *p, enum side side, uint32_t upto)
{
    const uint32_t fork = p->fork[side];
    struct chain_sum sum;

    if (fork == 0 || upto < fork)
        return p->sum[side][upto];
    sum = p->sum[side][fork - 1];
    if (p->fork_recall[side])
        sum.events |= UINT64_C(1) << EVENT_RECALL;
    return sum;
}

/* Entries of @side that can still count: those before a fork. */
static uint32_t
countable(const struct chain_pair *p, enum side side)
{
    const uint32_t fork = p->fork[side];

    return fork != 0 && fork - 1 < p->n[side] ? fork - 1 : p->n[side];
}

static enum chain_why
judge_one(const struct chain_pair *p, enum side side, uint32_t n)
{
    const struct chain_item *item = &p->item[side][n - 1];
    const struct chain_sum mine = p->sum[side][n - 1];
    const struct chain_sum peer = sum_at(p, side_other(side), item->seen);
    const bool is_first = side == SIDE_FIRST;
    struct chain_pair as = *p;

    /* A ruling stands in no chain: what was written before it stays as it
     * was judged. */
    as.ruled = false;
    if (item->seen < mine.seen)
        return CHAIN_SEEN_FELL;
    if (!lifecycle_allows(&as, side, item->event, is_first ? &mine : &peer,
                          is_first ? &peer : &mine))
        return CHAIN_NOT_ALLOWED;
    return CHAIN_VALID;
}

/* Judge the next entry of @side if all that it names is judged already. */
static bool
advance(struct chain_pair *p, enum side side, uint32_t done[2])
{
    const enum side peer = side_other(side);
    struct chain_item *item;
    uint32_t n = done[side] + 1;

    if (n > countable(p, side))
        return false;
    item = &p->item[side][n - 1];
    if (item->seen > p->n[peer])
        return false; /* waits */
    if (item->seen > done[peer] && done[peer] < countable(p, peer))
        return false; /* later in this run, or never */
    item->why = judge_one(p, side, n);
    p->sum[side][n] = p->sum[side][n - 1];
    if (item->why == CHAIN_VALID)
        lifecycle_fold(p->kind, side, n, item, &p->sum[side][n]);
    if (item->seen > p->sum[side][n].seen)
        p->sum[side][n].seen = item->seen;
    done[side] = n;
    return true;
}

/* What stopped before its end: it waits for what is not held, or stands in a
 * circle of names. */
static void
settle_rest(struct chain_pair *p, const uint32_t done[2])
{
    bool waits = false;

    for (enum side s = SIDE_FIRST; s <= SIDE_SECOND; s++)
        for (uint32_t i = done[s]; i < countable(p, s); i++)
            waits |= p->item[s][i].seen > p->n[side_other(s)];
    for (enum side s = SIDE_FIRST; s <= SIDE_SECOND; s++) {
        for (uint32_t i = done[s]; i < p->n[s]; i++) {
            const bool forked = p->fork[s] != 0 && i + 1 >= p->fork[s];

            p->item[s][i].why = forked  ? CHAIN_FORKED
                                : waits ? CHAIN_WAITS
                                        : CHAIN_CIRCULAR;
            p->sum[s][i + 1] = p->sum[s][i];
        }
    }
}

void
chain_judge(struct chain_pair *p)
{
    uint32_t done[2] = {0, 0};

    HF_ASSERT(p->kind > OBJECT_NONE && p->kind < OBJECT_END);
    p->sum[0][0] = (struct chain_sum){0};
    p->sum[1][0] = (struct chain_sum){0};
    while (advance(p, SIDE_FIRST, done) || advance(p, SIDE_SECOND, done))
        continue;
    settle_rest(p, done);
}

enum state
chain_state(const struct chain_pair *p)
{
    const struct chain_sum first = sum_at(p, SIDE_FIRST, p->n[0]);
    const struct chain_sum second = sum_at(p, SIDE_SECOND, p->n[1]);

    return lifecycle_state(p, &first, &second);
}

static bool
last_waits(const struct chain_pair *p, enum side side)
{
    const enum chain_why why =
        p->n[side] == 0 ? CHAIN_VALID : p->item[side][p->n[side] - 1].why;

    return why == CHAIN_WAITS || why == CHAIN_CIRCULAR;
}

bool
chain_may(const struct chain_pair *p, enum side side, enum event event,
          uint16_t flags)
{
    const struct chain_sum first = sum_at(p, SIDE_FIRST, p->n[0]);
    const struct chain_sum second = sum_at(p, SIDE_SECOND, p->n[1]);
    struct chain_pair as = *p;

    if (p->n[side] >= ENTRY_NUMBERS_MAX)
        return false;
    if (p->fork[side] != 0 && event != EVENT_RECALL)
        return false;
    /* nothing new can be judged behind an own entry that waits */
    if (last_waits(p, side) && event != EVENT_RECALL)
        return false;
    if (event == EVENT_SEND)
        as.on_send = (flags & ENTRY_ON_SEND) != 0;
    return lifecycle_allows(&as, side, event, &first, &second);
}

bool
chain_must_erase(const struct chain_pair *p)
{
    const struct chain_sum second = sum_at(p, SIDE_SECOND, p->n[1]);

    return lifecycle_must_erase(p->kind, chain_state(p), second.reached);
}

bool
chain_was_to_erase(const struct chain_pair *p)
{
    struct chain_sum first = sum_at(p, SIDE_FIRST, p->n[0]);
    const struct chain_sum second = sum_at(p, SIDE_SECOND, p->n[1]);

    first.events &= ~(UINT64_C(1) << EVENT_CLOSE);
    return lifecycle_must_erase(p->kind, lifecycle_state(p, &first, &second),
                                second.reached);
}

bool
chain_has(const struct chain_pair *p, enum side side, enum event event)
{
    return (sum_at(p, side, p->n[side]).events & (UINT64_C(1) << event)) != 0;
}

enum state
chain_own(const struct chain_pair *p)
{
    const enum state own = sum_at(p, SIDE_SECOND, p->n[1]).own;

    return own == STATE_NONE ? STATE_SENT : own;
}

/* Not why a contact was tried, nor on what basis something is kept: of these
 * only a withdrawal is made. */
static bool
gives_reason(const struct chain_pair *p, const struct chain_item *item)
{
    const bool aside = item->event == EVENT_CONTACT ||
                       item->event == EVENT_ERASED ||
                       item->event == EVENT_KEPT;

    return item->why == CHAIN_VALID && item->reason != REASON_NONE &&
           (p->kind == OBJECT_WITHDRAWAL || !aside);
}

static uint32_t
last_reason(const struct chain_pair *p, enum side side)
{
    uint32_t n = p->n[side];

    while (n > 0 && !gives_reason(p, &p->item[side][n - 1]))
        n--;
    return n;
}

enum reason
chain_reason(const struct chain_pair *p)
{
    const uint32_t first = last_reason(p, SIDE_FIRST);
    const uint32_t second = last_reason(p, SIDE_SECOND);
    const struct chain_item *a, *b;

    if (first == 0 && second == 0)
        return REASON_NONE;
    if (second == 0)
        return p->item[SIDE_FIRST][first - 1].reason;
    b = &p->item[SIDE_SECOND][second - 1];
    if (first == 0)
        return b->reason;
    a = &p->item[SIDE_FIRST][first - 1];
    if (b->seen >= first)
        return b->reason;
    if (a->seen >= second)
        return a->reason;
    return lifecycle_is_seconds(p->kind, chain_state(p)) ? b->reason
                                                         : a->reason;
}

bool
chain_is_final(const struct chain_pair *p)
{
    return lifecycle_is_final(p->kind, chain_state(p));
}
