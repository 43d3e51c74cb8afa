#include "lifecycle.h"

#include "hf_assert.h"

_Static_assert(STATE_END <= 64, "a set of states is 64 bits");
_Static_assert(EVENT_END <= 64, "a set of events is 64 bits");

/* Short names for the tables: S(x) one state, then sets of states. */
#define S(x)   LIFECYCLE_IN(STATE_##x)
#define F      SIDE_FIRST
#define R      SIDE_SECOND
#define SAME   STATE_NONE
#define NOBODY S(NONE)

/* ---- Referral: the first side is S (refers), the second R (receives). ---- */

#define UNANSWERED (S(SENT) | S(RECEIVED) | S(ON_HOLD))
#define TAKEN                                                                  \
    (S(ACCEPTED) | S(SCHEDULED) | S(NO_SHOW) | S(APPOINTMENT_CANCELLED) |      \
     S(IN_SERVICE))
#define OPEN (UNANSWERED | TAKEN)
#define ENDED                                                                  \
    (S(COMPLETED) | S(FAILED) | S(REJECTED) | S(DECLINED) | S(EXPIRED) |       \
     S(LAPSED))
#define AFTER_SEND                                                             \
    (OPEN | ENDED | S(CANCEL_PENDING) | S(CANCELLED) | S(CLOSED) | S(VOID))

/* Rows marked by special_allows() need more than the state: see there. */
static const struct lifecycle_row referral_rows[] = {
    {F, EVENT_SEND, NOBODY, SAME},
    {F, EVENT_DISCLOSE, OPEN, SAME}, /* in `sent` only if on_send */
    {F, EVENT_CANCEL, OPEN, SAME},
    {F, EVENT_EXPIRE, UNANSWERED | S(CANCEL_PENDING), SAME},
    {F, EVENT_ABANDON, OPEN | S(CANCEL_PENDING), SAME},
    {F, EVENT_CLOSE, ENDED, SAME},
    {F, EVENT_RECALL, AFTER_SEND, SAME},
    {F, EVENT_VOID, UNANSWERED | S(CANCEL_PENDING), SAME},

    {R, EVENT_RECEIVE, S(SENT), STATE_RECEIVED},
    {R, EVENT_REJECT, S(SENT), STATE_REJECTED},
    {R, EVENT_ACCEPT, S(RECEIVED) | S(ON_HOLD), STATE_ACCEPTED},
    {R, EVENT_DECLINE, S(RECEIVED) | S(ON_HOLD), STATE_DECLINED},
    {R, EVENT_REDIRECT, S(RECEIVED) | S(ON_HOLD), STATE_DECLINED},
    {R, EVENT_WAITLIST, S(RECEIVED) | S(ON_HOLD), STATE_ON_HOLD},
    {R, EVENT_CONTACT,
     S(ACCEPTED) | S(ON_HOLD) | S(SCHEDULED) | S(NO_SHOW), SAME},
    {R, EVENT_SCHEDULE,
     S(ACCEPTED) | S(NO_SHOW) | S(APPOINTMENT_CANCELLED), STATE_SCHEDULED},
    {R, EVENT_RESCHEDULE, S(SCHEDULED), STATE_SCHEDULED},
    {R, EVENT_NO_SHOW, S(SCHEDULED), STATE_NO_SHOW},
    {R, EVENT_CANCEL_APPOINTMENT, S(SCHEDULED),
     STATE_APPOINTMENT_CANCELLED},
    {R, EVENT_ATTEND, S(ACCEPTED) | S(SCHEDULED) | S(NO_SHOW),
     STATE_IN_SERVICE},
    {R, EVENT_NOTE, S(IN_SERVICE), SAME},
    {R, EVENT_ONWARD,
     TAKEN | S(CANCEL_PENDING) | S(COMPLETED) | S(FAILED) | S(LAPSED) |
         S(CLOSED) | S(CANCELLED) | S(RECALLED),
     SAME},
    {R, EVENT_FAIL, TAKEN | S(ON_HOLD) | S(CANCEL_PENDING), STATE_FAILED},
    {R, EVENT_COMPLETE, S(ACCEPTED) | S(IN_SERVICE) | S(CANCEL_PENDING),
     STATE_COMPLETED},
    {R, EVENT_REOPEN, S(DECLINED) | S(COMPLETED) | S(FAILED), SAME},
    {R, EVENT_CONFIRM_CANCEL, S(CANCEL_PENDING), STATE_CANCELLED},
    {R, EVENT_ERASED,
     S(REJECTED) | S(DECLINED) | S(EXPIRED) | S(LAPSED) | S(CANCELLED) |
         S(VOID) | S(RECALLED),
     SAME},
    {R, EVENT_KEPT,
     S(REJECTED) | S(DECLINED) | S(EXPIRED) | S(LAPSED) | S(CANCELLED) |
         S(VOID) | S(RECALLED),
     SAME},
};

/* ---- Transfer: the first side is H (holder), the second N (new holder). -- */

#define UNDER_WAY (S(RELEASED) | S(DEPARTED))

static const struct lifecycle_row transfer_rows[] = {
    {R, EVENT_REQUEST, NOBODY, SAME},
    {F, EVENT_REFUSE_REQUEST, S(REQUESTED), SAME},
    {F, EVENT_OFFER, NOBODY | S(REQUESTED), SAME},
    {R, EVENT_ACCEPT, S(OFFERED), SAME},
    {R, EVENT_DECLINE,
     S(REQUESTED) | S(OFFERED) | S(ACCEPTED) | UNDER_WAY, SAME},
    {F, EVENT_EXPIRE, S(OFFERED), SAME},
    {F, EVENT_RELEASE, S(ACCEPTED), SAME},
    {F, EVENT_AMEND, UNDER_WAY | S(ARRIVED), SAME},
    {F, EVENT_DEPART, S(RELEASED), SAME},
    {F, EVENT_POSTPONE, S(RELEASED), SAME},
    {R, EVENT_QUERY, UNDER_WAY, SAME},
    {R, EVENT_ARRIVE, UNDER_WAY, SAME},
    {F, EVENT_NOT_DEPARTED, UNDER_WAY, SAME},
    {F, EVENT_WITHDRAW,
     S(OFFERED) | S(ACCEPTED) | UNDER_WAY | S(ARRIVED), SAME},
    {F, EVENT_HAND_OVER, S(ARRIVED) | S(RELEASED), SAME}, /* released: only
                                                   if nobody travels */
    {R, EVENT_TAKE_OVER, S(HANDING_OVER), SAME},
    {R, EVENT_REFUSE, S(HANDING_OVER), SAME},
    {F, EVENT_SUPPLEMENT, S(HANDED_OVER), SAME},
    {R, EVENT_SUPPLEMENT, S(HANDED_OVER), SAME},
    {R, EVENT_ERASED, S(DECLINED) | S(EXPIRED) | S(VOID) | S(RECALLED), SAME},
    {R, EVENT_KEPT, S(DECLINED) | S(EXPIRED) | S(VOID) | S(RECALLED), SAME},
};

/* ---- Withdrawal: the first side is G (tells), the second A (told). ---- */

static const struct lifecycle_row withdrawal_rows[] = {
    {F, EVENT_WITHDRAW, NOBODY, SAME},
    {R, EVENT_ERASED, S(ASKED) | S(PARTIAL), SAME},
    {R, EVENT_KEPT, S(ASKED) | S(PARTIAL), SAME},
    {R, EVENT_PARTIAL, S(ASKED) | S(PARTIAL), SAME},
};

static bool
has(const struct chain_sum *s, enum event e)
{
    return (s->events & (UINT64_C(1) << e)) != 0;
}

const struct lifecycle_row *
lifecycle_rows(enum object_kind kind, size_t *ret_n)
{
#define TABLE(t) (*ret_n = sizeof(t) / sizeof((t)[0]), t)
    switch (kind) {
    case OBJECT_REFERRAL:
        return TABLE(referral_rows);
    case OBJECT_TRANSFER:
        return TABLE(transfer_rows);
    case OBJECT_WITHDRAWAL:
        return TABLE(withdrawal_rows);
    case OBJECT_NONE:
    case OBJECT_END:
        break;
    }
    HF_BUG("an object has a kind");
    return NULL;
#undef TABLE
}

static const struct lifecycle_row *
row_of(enum object_kind kind, enum side author, enum event event)
{
    size_t n = 0;
    const struct lifecycle_row *rows = lifecycle_rows(kind, &n);

    for (size_t i = 0; i < n; i++)
        if (rows[i].author == author && rows[i].event == event)
            return &rows[i];
    return NULL;
}

/* "State after send", first that holds. */
static enum state
referral_state(const struct chain_sum *s, const struct chain_sum *r)
{
    const uint64_t settled = S(DECLINED) | S(FAILED) | S(REJECTED) |
                                     S(COMPLETED) | S(CANCELLED);
    const enum state own = r->own == STATE_NONE ? STATE_SENT : r->own;

    if (has(s, EVENT_RECALL))
        return STATE_RECALLED;
    if (!has(s, EVENT_SEND))
        return STATE_NONE;
    if (has(s, EVENT_VOID))
        return STATE_VOID;
    if (has(s, EVENT_CLOSE))
        return STATE_CLOSED;
    if (has(s, EVENT_ABANDON))
        return STATE_LAPSED;
    if (has(s, EVENT_EXPIRE))
        return STATE_EXPIRED;
    if (has(s, EVENT_CANCEL) && !(settled & LIFECYCLE_IN(own)))
        return STATE_CANCEL_PENDING;
    return own;
}

static enum state
travel_state(enum event last)
{
    return last == EVENT_DEPART ? STATE_DEPARTED : STATE_RELEASED;
}

static enum state
transfer_state(const struct chain_pair *p, const struct chain_sum *h,
               const struct chain_sum *n)
{
    if (p->ruled)
        return STATE_RULED;
    if (has(n, EVENT_TAKE_OVER))
        return STATE_HANDED_OVER;
    if (h->hand_over_n > n->refused_seen)
        return STATE_HANDING_OVER;
    if (has(h, EVENT_WITHDRAW))
        return STATE_RECALLED;
    if (has(n, EVENT_DECLINE) || has(h, EVENT_REFUSE_REQUEST))
        return STATE_DECLINED;
    if (has(h, EVENT_EXPIRE))
        return STATE_EXPIRED;
    if (has(n, EVENT_ARRIVE))
        return STATE_ARRIVED;
    if (has(h, EVENT_NOT_DEPARTED))
        return STATE_VOID;
    if (h->travel != EVENT_NONE)
        return travel_state(h->travel);
    if (has(n, EVENT_ACCEPT))
        return STATE_ACCEPTED;
    if (has(h, EVENT_OFFER))
        return STATE_OFFERED;
    return has(n, EVENT_REQUEST) ? STATE_REQUESTED : STATE_NONE;
}

static enum state
withdrawal_state(const struct chain_sum *g, const struct chain_sum *a)
{
    if (!has(g, EVENT_WITHDRAW))
        return STATE_NONE;
    if (has(a, EVENT_ERASED) || has(a, EVENT_KEPT))
        return STATE_ANSWERED;
    return has(a, EVENT_PARTIAL) ? STATE_PARTIAL : STATE_ASKED;
}

enum state
lifecycle_state(const struct chain_pair *p, const struct chain_sum *first,
                const struct chain_sum *second)
{
    switch (p->kind) {
    case OBJECT_REFERRAL:
        return referral_state(first, second);
    case OBJECT_TRANSFER:
        return transfer_state(p, first, second);
    case OBJECT_WITHDRAWAL:
        return withdrawal_state(first, second);
    case OBJECT_NONE:
    case OBJECT_END:
        break;
    }
    HF_BUG("an object has a kind");
    return STATE_NONE;
}

/* What a referral's rows need beyond the state. */
static bool
referral_allows(const struct chain_pair *p, enum event event, enum state state,
                const struct chain_sum *s, const struct chain_sum *r)
{
    const uint64_t own =
        LIFECYCLE_IN(r->own == STATE_NONE ? STATE_SENT : r->own);
    const bool pending = state == STATE_CANCEL_PENDING;

    if (event == EVENT_DISCLOSE)
        return state != STATE_SENT || p->on_send;
    if (event == EVENT_EXPIRE || event == EVENT_VOID)
        return !pending || !has(r, EVENT_ACCEPT);
    if (event == EVENT_FAIL && pending)
        return (own & (TAKEN | S(ON_HOLD))) != 0;
    if (event == EVENT_COMPLETE && pending)
        return (own & (S(ACCEPTED) | S(IN_SERVICE))) != 0;
    if (event == EVENT_ONWARD)
        return has(r, EVENT_ACCEPT);
    if (event == EVENT_REOPEN)
        return !has(s, EVENT_CLOSE) && !has(s, EVENT_CANCEL);
    if (event == EVENT_ERASED || event == EVENT_KEPT)
        return lifecycle_must_erase(OBJECT_REFERRAL, state, r->reached);
    return true;
}

bool
lifecycle_allows(const struct chain_pair *p, enum side author,
                 enum event event, const struct chain_sum *first,
                 const struct chain_sum *second)
{
    const struct lifecycle_row *row = row_of(p->kind, author, event);
    enum state state;

    if (row == NULL)
        return false;
    state = lifecycle_state(p, first, second);
    if (!(row->when & LIFECYCLE_IN(state)))
        return false;
    if (p->kind == OBJECT_REFERRAL)
        return referral_allows(p, event, state, first, second);
    if (p->kind == OBJECT_TRANSFER && event == EVENT_HAND_OVER)
        return state == STATE_ARRIVED || p->travel_none;
    return true;
}

/* The second side's own state, and what a reopen goes back to. */
static void
fold_own(const struct lifecycle_row *row, struct chain_sum *sum)
{
    const enum state was = sum->own == STATE_NONE ? STATE_SENT : sum->own;

    if (row->event == EVENT_REOPEN) {
        sum->own = sum->before;
        return;
    }
    if (row->own == STATE_NONE)
        return;
    if (row->own == STATE_DECLINED || row->own == STATE_FAILED ||
        row->own == STATE_COMPLETED)
        sum->before = was;
    sum->own = row->own;
}

void
lifecycle_fold(enum object_kind kind, enum side author, uint32_t n,
               const struct chain_item *item, struct chain_sum *sum)
{
    const struct lifecycle_row *row = row_of(kind, author, item->event);

    HF_ASSERT(row != NULL); /* it was judged valid */
    sum->events |= UINT64_C(1) << item->event;
    if (kind == OBJECT_REFERRAL && author == SIDE_SECOND)
        fold_own(row, sum);
    if (item->event == EVENT_RELEASE || item->event == EVENT_DEPART ||
        item->event == EVENT_POSTPONE)
        sum->travel = item->event;
    if (item->event == EVENT_HAND_OVER)
        sum->hand_over_n = n;
    if (item->event == EVENT_REFUSE)
        sum->refused_seen = item->seen;
    if (item->event == EVENT_ATTEND ||
        (item->event == EVENT_CONTACT && (item->flags & ENTRY_REACHED)))
        sum->reached = true;
}

bool
lifecycle_must_erase(enum object_kind kind, enum state state, bool reached)
{
    if (kind == OBJECT_REFERRAL && state == STATE_LAPSED)
        return !reached;
    if (kind == OBJECT_REFERRAL || kind == OBJECT_TRANSFER) {
        const struct lifecycle_row *row =
            row_of(kind, SIDE_SECOND, EVENT_ERASED);

        return (row->when & LIFECYCLE_IN(state)) != 0;
    }
    return state == STATE_ASKED || state == STATE_PARTIAL;
}

bool
lifecycle_is_final(enum object_kind kind, enum state state)
{
    const uint64_t final =
        kind == OBJECT_REFERRAL
            ? S(CANCELLED) | S(CLOSED) | S(RECALLED) | S(VOID)
        : kind == OBJECT_TRANSFER
            ? S(DECLINED) | S(EXPIRED) | S(VOID) | S(RECALLED) |
                  S(HANDED_OVER) | S(RULED)
            : S(ANSWERED);

    return (final & LIFECYCLE_IN(state)) != 0;
}

bool
lifecycle_is_seconds(enum object_kind kind, enum state state)
{
    const uint64_t seconds =
        kind == OBJECT_REFERRAL
            ? S(RECEIVED) | S(ON_HOLD) | S(REJECTED) | S(DECLINED) | TAKEN |
                  S(COMPLETED) | S(FAILED) | S(CANCELLED)
        : kind == OBJECT_TRANSFER
            ? S(REQUESTED) | S(ACCEPTED) | S(DECLINED) | S(ARRIVED) |
                  S(HANDED_OVER)
            : S(PARTIAL) | S(ANSWERED);

    return (seconds & LIFECYCLE_IN(state)) != 0;
}
