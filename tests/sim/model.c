/* See model.h. The comments quote the document; the code follows the quote. */
#include "model.h"

#include <string.h>

#include "hf_assert.h"

enum { S = 0, R = 1, H = 0, N = 1, G = 0, A = 1 };

/* What counts of one author, up to some number, in order. */
struct valid {
    unsigned n;
    unsigned number[MODEL_ENTRIES_MAX];
    const struct model_entry *entry[MODEL_ENTRIES_MAX];
};

/* Everything one may look at when asking for the state. */
struct situation {
    struct valid by[2];
    bool forked_recall; /* a recall in a forked branch */
    bool on_send;
    bool travel_none;
};

static bool
one_of(enum state s, const enum state *list)
{
    for (; *list != STATE_NONE; list++)
        if (*list == s)
            return true;
    return false;
}
#define IS(s, ...) one_of(s, (const enum state[]){__VA_ARGS__, STATE_NONE})

static bool
has(const struct valid *v, enum event event)
{
    for (unsigned i = 0; i < v->n; i++)
        if (v->entry[i]->event == event)
            return true;
    return false;
}

/* ---- referral ---- */

/* R's own state after the first @k of its entries that count. */
static enum state
own_state(const struct valid *r, unsigned k)
{
    if (k == 0)
        return STATE_SENT; /* "`sent` while R is silent" */
    switch ((int)r->entry[k - 1]->event) {
    case EVENT_RECEIVE:
        return STATE_RECEIVED;
    case EVENT_REJECT:
        return STATE_REJECTED;
    case EVENT_ACCEPT:
        return STATE_ACCEPTED;
    case EVENT_DECLINE:
    case EVENT_REDIRECT: /* "redirect = decline with a suggestion" */
        return STATE_DECLINED;
    case EVENT_WAITLIST:
        return STATE_ON_HOLD;
    case EVENT_SCHEDULE:
    case EVENT_RESCHEDULE:
        return STATE_SCHEDULED;
    case EVENT_NO_SHOW:
        return STATE_NO_SHOW;
    case EVENT_CANCEL_APPOINTMENT:
        return STATE_APPOINTMENT_CANCELLED;
    case EVENT_ATTEND:
        return STATE_IN_SERVICE;
    case EVENT_FAIL:
        return STATE_FAILED;
    case EVENT_COMPLETE:
        return STATE_COMPLETED;
    case EVENT_CONFIRM_CANCEL:
        return STATE_CANCELLED;
    case EVENT_REOPEN: /* "the state before" what it reopens */
        for (unsigned j = k - 1; j > 0; j--)
            if (r->entry[j - 1]->event == EVENT_DECLINE ||
                r->entry[j - 1]->event == EVENT_REDIRECT ||
                r->entry[j - 1]->event == EVENT_COMPLETE ||
                r->entry[j - 1]->event == EVENT_FAIL)
                return own_state(r, j - 1);
        return STATE_SENT;
    default: /* contact, note, onward, erased, kept: "same" */
        return own_state(r, k - 1);
    }
}

/* "State after `send`, first that holds". */
static enum state
referral_state(const struct situation *x)
{
    const struct valid *s = &x->by[S];
    const enum state own = own_state(&x->by[R], x->by[R].n);

    if (has(s, EVENT_RECALL) || x->forked_recall)
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
    if (has(s, EVENT_CANCEL) &&
        !IS(own, STATE_DECLINED, STATE_FAILED, STATE_REJECTED, STATE_COMPLETED,
            STATE_CANCELLED))
        return STATE_CANCEL_PENDING;
    return own;
}

/* "lapsed before contact": no contact(reached) and no attend. */
static bool
had_contact(const struct situation *x)
{
    for (unsigned i = 0; i < x->by[R].n; i++) {
        const struct model_entry *e = x->by[R].entry[i];

        if (e->event == EVENT_ATTEND ||
            (e->event == EVENT_CONTACT && e->reached))
            return true;
    }
    return false;
}

/* "Destruction is required on rejected, declined, expired, lapsed before
 * contact, cancelled, void, recalled". */
static bool
requires_destruction(const struct situation *x, enum state st)
{
    if (st == STATE_LAPSED)
        return !had_contact(x);
    return IS(st, STATE_REJECTED, STATE_DECLINED, STATE_EXPIRED,
              STATE_CANCELLED, STATE_VOID, STATE_RECALLED);
}

static bool
in_cancel_row(enum state st)
{
    return IS(st, STATE_SENT, STATE_RECEIVED, STATE_ON_HOLD, STATE_ACCEPTED,
              STATE_SCHEDULED, STATE_NO_SHOW, STATE_APPOINTMENT_CANCELLED,
              STATE_IN_SERVICE);
}

/* S's chain; "Drafting and approval stay local". */
static bool
s_may(const struct situation *x, enum state st, enum event event)
{
    const bool undecided =
        IS(st, STATE_SENT, STATE_RECEIVED, STATE_ON_HOLD) ||
        (st == STATE_CANCEL_PENDING && !has(&x->by[R], EVENT_ACCEPT));

    switch ((int)event) {
    case EVENT_SEND: /* "the shared chain begins at `send`" */
        return st == STATE_NONE;
    case EVENT_DISCLOSE:
        if (st == STATE_SENT)
            return x->on_send;
        return in_cancel_row(st);
    case EVENT_CANCEL:
        return in_cancel_row(st);
    case EVENT_EXPIRE:
    case EVENT_VOID:
        return undecided;
    case EVENT_ABANDON:
        return in_cancel_row(st) || st == STATE_CANCEL_PENDING;
    case EVENT_CLOSE:
        return IS(st, STATE_COMPLETED, STATE_FAILED, STATE_REJECTED,
                  STATE_DECLINED, STATE_EXPIRED, STATE_LAPSED);
    case EVENT_RECALL: /* "any after `send`, not recalled" */
        return st != STATE_NONE && st != STATE_RECALLED;
    default:
        return false;
    }
}

/* R's rows where R's own state and the shared one are the same thing. */
static bool
r_may_when(enum state st, enum event event)
{
    switch ((int)event) {
    case EVENT_RECEIVE:
    case EVENT_REJECT:
        return st == STATE_SENT;
    case EVENT_ACCEPT:
    case EVENT_DECLINE:
    case EVENT_REDIRECT:
    case EVENT_WAITLIST:
        return IS(st, STATE_RECEIVED, STATE_ON_HOLD);
    case EVENT_CONTACT:
        return IS(st, STATE_ACCEPTED, STATE_ON_HOLD, STATE_SCHEDULED,
                  STATE_NO_SHOW);
    case EVENT_SCHEDULE:
        return IS(st, STATE_ACCEPTED, STATE_NO_SHOW,
                  STATE_APPOINTMENT_CANCELLED);
    case EVENT_RESCHEDULE:
    case EVENT_NO_SHOW:
    case EVENT_CANCEL_APPOINTMENT:
        return st == STATE_SCHEDULED;
    case EVENT_ATTEND:
        return IS(st, STATE_ACCEPTED, STATE_SCHEDULED, STATE_NO_SHOW);
    case EVENT_NOTE:
        return st == STATE_IN_SERVICE;
    case EVENT_FAIL:
        return IS(st, STATE_ACCEPTED, STATE_ON_HOLD, STATE_SCHEDULED,
                  STATE_NO_SHOW, STATE_APPOINTMENT_CANCELLED, STATE_IN_SERVICE);
    case EVENT_COMPLETE:
        return IS(st, STATE_ACCEPTED, STATE_IN_SERVICE);
    default:
        return false;
    }
}

static bool
r_may(const struct situation *x, enum state st, enum event event)
{
    if (event == EVENT_ERASED || event == EVENT_KEPT)
        return requires_destruction(x, st);
    if (event == EVENT_ONWARD) /* "after `accept`, but on_hold, declined ..." */
        return has(&x->by[R], EVENT_ACCEPT) &&
               !IS(st, STATE_SENT, STATE_RECEIVED, STATE_ON_HOLD,
                   STATE_REJECTED, STATE_DECLINED, STATE_EXPIRED, STATE_VOID);
    if (event == EVENT_REOPEN)
        return IS(st, STATE_DECLINED, STATE_COMPLETED, STATE_FAILED) &&
               !has(&x->by[S], EVENT_CLOSE) && !has(&x->by[S], EVENT_CANCEL);
    if (st != STATE_CANCEL_PENDING)
        return r_may_when(st, event);
    /* "`complete`, `fail` where R's own state allows · `confirm_cancel`" */
    if (event == EVENT_CONFIRM_CANCEL)
        return true;
    return (event == EVENT_COMPLETE || event == EVENT_FAIL) &&
           r_may_when(own_state(&x->by[R], x->by[R].n), event);
}

/* ---- transfer ---- */

/* "last `hand_over` not named by a `refuse`": a refuse answers what its author
 * had seen. */
static bool
hand_over_stands(const struct situation *x)
{
    unsigned last = 0;

    for (unsigned i = 0; i < x->by[H].n; i++)
        if (x->by[H].entry[i]->event == EVENT_HAND_OVER)
            last = x->by[H].number[i];
    for (unsigned i = 0; i < x->by[N].n; i++)
        if (x->by[N].entry[i]->event == EVENT_REFUSE &&
            x->by[N].entry[i]->seen >= last)
            return false;
    return last != 0;
}

static enum state
transfer_state(const struct situation *x)
{
    const struct valid *h = &x->by[H];
    const struct valid *n = &x->by[N];

    if (has(n, EVENT_TAKE_OVER))
        return STATE_HANDED_OVER;
    if (hand_over_stands(x))
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
    for (unsigned i = h->n; i > 0; i--) {
        if (h->entry[i - 1]->event == EVENT_DEPART)
            return STATE_DEPARTED;
        if (h->entry[i - 1]->event == EVENT_RELEASE ||
            h->entry[i - 1]->event == EVENT_POSTPONE)
            return STATE_RELEASED;
    }
    if (has(n, EVENT_ACCEPT))
        return STATE_ACCEPTED;
    if (has(h, EVENT_OFFER))
        return STATE_OFFERED;
    return has(n, EVENT_REQUEST) ? STATE_REQUESTED : STATE_NONE;
}

static bool
h_may(const struct situation *x, enum state st, enum event event)
{
    switch ((int)event) {
    case EVENT_REFUSE_REQUEST:
        return st == STATE_REQUESTED;
    case EVENT_OFFER:
        return st == STATE_NONE || st == STATE_REQUESTED;
    case EVENT_EXPIRE:
        return st == STATE_OFFERED;
    case EVENT_RELEASE:
        return st == STATE_ACCEPTED;
    case EVENT_AMEND:
        return IS(st, STATE_RELEASED, STATE_DEPARTED, STATE_ARRIVED);
    case EVENT_DEPART: /* without travel it is skipped: the author's duty */
    case EVENT_POSTPONE:
        return st == STATE_RELEASED;
    case EVENT_NOT_DEPARTED:
        return IS(st, STATE_RELEASED, STATE_DEPARTED);
    case EVENT_WITHDRAW:
        return IS(st, STATE_OFFERED, STATE_ACCEPTED, STATE_RELEASED,
                  STATE_DEPARTED, STATE_ARRIVED);
    case EVENT_HAND_OVER:
        return st == STATE_ARRIVED || (st == STATE_RELEASED && x->travel_none);
    case EVENT_SUPPLEMENT:
        return st == STATE_HANDED_OVER;
    default:
        return false;
    }
}

static bool
n_may(const struct situation *x, enum state st, enum event event)
{
    switch ((int)event) {
    case EVENT_REQUEST:
        return st == STATE_NONE;
    case EVENT_ACCEPT:
        return st == STATE_OFFERED;
    case EVENT_DECLINE:
        return IS(st, STATE_REQUESTED, STATE_OFFERED, STATE_ACCEPTED,
                  STATE_RELEASED, STATE_DEPARTED);
    case EVENT_QUERY:
    case EVENT_ARRIVE:
        return IS(st, STATE_RELEASED, STATE_DEPARTED);
    case EVENT_TAKE_OVER:
    case EVENT_REFUSE:
        return st == STATE_HANDING_OVER;
    case EVENT_SUPPLEMENT:
        return st == STATE_HANDED_OVER;
    case EVENT_ERASED:
    case EVENT_KEPT:
        return requires_destruction(x, st);
    default:
        return false;
    }
}

/* ---- withdrawal ---- */

static enum state
withdrawal_state(const struct situation *x)
{
    if (has(&x->by[A], EVENT_ERASED) || has(&x->by[A], EVENT_KEPT))
        return STATE_ANSWERED;
    if (has(&x->by[A], EVENT_PARTIAL))
        return STATE_PARTIAL;
    return has(&x->by[G], EVENT_WITHDRAW) ? STATE_ASKED : STATE_NONE;
}

static bool
g_may(enum state st, enum event event)
{
    return event == EVENT_WITHDRAW && st == STATE_NONE;
}

static bool
a_may(enum state st, enum event event)
{
    return (event == EVENT_ERASED || event == EVENT_KEPT ||
            event == EVENT_PARTIAL) &&
           IS(st, STATE_ASKED, STATE_PARTIAL);
}

/* ---- two chains, one state ---- */

static enum state
state_in(enum object_kind kind, const struct situation *x)
{
    if (kind == OBJECT_REFERRAL)
        return referral_state(x);
    if (kind == OBJECT_TRANSFER)
        return transfer_state(x);
    return withdrawal_state(x);
}

static bool
may_in(enum object_kind kind, const struct situation *x, unsigned author,
       enum event event)
{
    const enum state st = state_in(kind, x);

    if (kind == OBJECT_REFERRAL)
        return author == S ? s_may(x, st, event) : r_may(x, st, event);
    if (kind == OBJECT_TRANSFER)
        return author == H ? h_may(x, st, event) : n_may(x, st, event);
    return author == G ? g_may(st, event) : a_may(st, event);
}

/* "both branches count for nothing, except a `recall` in either". An entry
 * that names a forked number does not say here which branch it means, so a
 * recall in either is taken as seen from the fork on. */
static bool
forked_recall_by(const struct model *m, unsigned upto)
{
    return m->kind == OBJECT_REFERRAL && m->fork[S] != 0 && m->fork_recall[S] &&
           upto >= m->fork[S];
}

/* The first @upto[x] entries of each author, less what does not count. False
 * when one of them is being worked out: a circle. */
static bool
look(struct model *m, const unsigned upto[2], struct situation *ret)
{
    memset(ret, 0, sizeof(*ret));
    ret->on_send = m->on_send;
    ret->travel_none = m->travel_none;
    ret->forked_recall = forked_recall_by(m, upto[S]);
    for (unsigned x = 0; x < 2; x++)
        for (unsigned i = 1; i <= upto[x]; i++) {
            const enum model_verdict v = model_verdict(m, x, i);
            struct valid *list = &ret->by[x];

            if (v == MODEL_WORKING || v == MODEL_CIRCULAR)
                return false;
            if (v != MODEL_COUNTS)
                continue;
            list->number[list->n] = i;
            list->entry[list->n++] = &m->entry[x][i - 1];
        }
    return true;
}

static enum model_verdict
work_out(struct model *m, unsigned author, unsigned number)
{
    const struct model_entry *e = &m->entry[author][number - 1];
    const unsigned peer = 1 - author;
    unsigned upto[2];
    struct situation x;

    /* "An entry that names a peer entry not yet held waits", "and so do all
     * after it on its chain". */
    if (e->seen > m->n[peer])
        return MODEL_WAITS;
    for (unsigned i = 1; i < number; i++)
        if (model_verdict(m, author, i) == MODEL_WAITS)
            return MODEL_WAITS;
    if (m->fork[author] != 0 && number >= m->fork[author])
        return MODEL_FORKED;
    /* What it names may itself name what is not held: then it waits, too. */
    for (unsigned i = 1; i <= e->seen; i++)
        if (model_verdict(m, peer, i) == MODEL_WAITS)
            return MODEL_WAITS;
    upto[author] = number - 1;
    upto[peer] = e->seen;
    if (!look(m, upto, &x))
        return MODEL_CIRCULAR;
    for (unsigned i = 1; i < number; i++)
        if (m->entry[author][i - 1].seen > e->seen)
            return MODEL_FELL;
    return may_in(m->kind, &x, author, e->event) ? MODEL_COUNTS
                                                 : MODEL_NOT_ALLOWED;
}

void
model_forget(struct model *m)
{
    memset(m->verdict, 0, sizeof(m->verdict));
}

enum model_verdict
model_verdict(struct model *m, unsigned author, unsigned number)
{
    enum model_verdict *v = &m->verdict[author][number - 1];

    HF_ASSERT(number >= 1);
    HF_ASSERT(number <= m->n[author]);
    if (*v == MODEL_UNKNOWN) {
        *v = MODEL_WORKING;
        *v = work_out(m, author, number);
    }
    return *v;
}

enum state
model_state(struct model *m)
{
    struct situation x;

    if (m->kind == OBJECT_TRANSFER && m->ruled)
        return STATE_RULED;
    if (!look(m, m->n, &x))
        return STATE_NONE;
    return state_in(m->kind, &x);
}

void
model_may(struct model *m, unsigned author, bool ret_may[EVENT_END])
{
    struct situation x;
    const bool known = look(m, m->n, &x) && !m->ruled;

    for (int e = 0; e < EVENT_END; e++)
        ret_may[e] = known && (m->fork[author] == 0 || e == EVENT_RECALL) &&
                     may_in(m->kind, &x, author, (enum event)e);
}

bool
model_must_erase(struct model *m)
{
    struct situation x;

    return m->kind != OBJECT_WITHDRAWAL && !m->ruled && look(m, m->n, &x) &&
           requires_destruction(&x, state_in(m->kind, &x));
}

bool
model_is_terminal(enum object_kind kind, enum state state)
{
    if (kind == OBJECT_REFERRAL)
        return IS(state, STATE_CANCELLED, STATE_CLOSED, STATE_RECALLED,
                  STATE_VOID);
    if (kind == OBJECT_TRANSFER)
        return IS(state, STATE_DECLINED, STATE_EXPIRED, STATE_VOID,
                  STATE_RECALLED, STATE_HANDED_OVER, STATE_RULED);
    return state == STATE_ANSWERED;
}
