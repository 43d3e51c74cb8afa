#include "push_internal.h"

#include "bare.h"
#include "disclose.h"
#include "hf_assert.h"

#define WAIT_MS           (10ull * 60 * 1000) /* a peer without prekey */
#define PUSH_ROOM_BYTES   (CONTENT_BYTES_MAX + 128u * 1024u) /* of one push */
#define PUSH_ROOM_EFFECTS 16
#define BODIES_MAX        (CONTENT_BYTES_MAX - 64u * 1024u)
/* So short a body (who looks after it) fits into the smallest envelope beside
 * its entry: then nobody outside can tell it from a bare entry, or a receipt.
 */
#define SMALL_BODY 72u

/* ---- one envelope ---- */

static bool
is_review(const struct content *c)
{
    return c->type == CONTENT_REVIEW_NOTICE ||
           c->type == CONTENT_REVIEW_VERDICT;
}

bool
push_is_receipted(const struct content *c)
{
    return c->type == CONTENT_PUSH || c->type == CONTENT_FORK ||
           c->type == CONTENT_CLAIMS || is_review(c);
}

static bool
is_small(const struct content_push *p)
{
    size_t bodies = 0;

    for (size_t i = 0; i < p->n; i++)
        bodies += p->entry[i].body.n;
    return bodies <= SMALL_BODY;
}

struct hf_id
push_content(struct step *s, const struct hf_org *to, const struct content *c,
             enum envelope_lane lane, const struct hf_id *object, uint32_t n)
{
    const uint64_t until = s->env->peer_until_ms(s->env->peer_ctx, to);
    struct node_effect *e = step_effect(s, NODE_DO_SEND);
    struct node_out out;

    HF_ASSERT(until > s->now);
    e->u.send.envelope = step_fresh_id(s);
    e->u.send.to = *to;
    e->u.send.lane = (uint8_t)lane;
    e->u.send.is_control = c->type != CONTENT_PUSH || is_small(&c->u.push);
    e->u.send.created_ms = s->now;
    e->u.send.expires_ms =
        until < s->now + NODE_TTL_MS ? until : s->now + NODE_TTL_MS;
    e->u.send.content = c;

    memset(&out, 0, sizeof(out));
    out.id = e->u.send.envelope;
    out.to = *to;
    if (c->type == CONTENT_FORK)
        out.fork = *object; /* it settles nothing of the object itself */
    else if (is_review(c))
        out.review = *object; /* nor does this */
    else
        out.object = *object;
    out.lane = (uint8_t)lane;
    out.is_claims = c->type == CONTENT_CLAIMS;
    out.wants_receipt = push_is_receipted(c);
    out.created_ms = s->now;
    out.expires_ms = e->u.send.expires_ms;
    out.n = n;
    if (c->type == CONTENT_PUSH)
        out.answers = c->u.push.answers;
    out_put(s->v, &out);
    due_put(s->v, out.expires_ms + DAY_MS, &out.id, DUE_OUTBOX);
    return out.id;
}

bool
push_is_ready(const struct step *s, const struct hf_org *peer, enum reach least)
{
    return reach_of(s, peer) >= least &&
           s->env->peer_until_ms(s->env->peer_ctx, peer) > s->now;
}

void
push_trace(struct step *s, const struct hf_id *object, enum trace_stage stage,
           const struct hf_org *by, const struct hf_id *envelope,
           enum reason reason, uint32_t n)
{
    struct node_trace t;

    if (hf_id_is_zero(object))
        return;
    memset(&t, 0, sizeof(t));
    t.stage = stage;
    t.by = *by;
    t.envelope = *envelope;
    t.reason = reason;
    t.n = n;
    t.at_ms = s->now;
    trace_put(s->v, object, &t);
}

/* ---- the end of a chain ---- */

void
push_resend_at(struct step *s, struct live *l, uint64_t ms)
{
    if (l->o.resend_ms != 0)
        due_del(s->v, l->o.resend_ms, &l->o.id, DUE_RESEND);
    l->o.resend_ms = ms;
    if (ms != 0)
        due_put(s->v, ms, &l->o.id, DUE_RESEND);
}

/* How far up the ladder such a wait has come: at once, after a day, three
 * days, and each week. */
static uint8_t
waiting_rung(uint64_t waited_ms)
{
    const uint64_t weeks = waited_ms / (7 * DAY_MS);

    if (waited_ms < DAY_MS)
        return 1;
    if (waited_ms < 3 * DAY_MS)
        return 2;
    return weeks == 0 ? 3 : (uint8_t)(weeks < 200 ? 3 + weeks : 203);
}

/* The peer's node is off, or its registry entry is gone: nothing can be sealed
 * to it. Said again, louder, as time passes. */
void
push_waits(struct step *s, struct live *l)
{
    const bool is_prekey =
        strcmp(reach_waits_for(s->env, &l->o.peer), "prekey") == 0;
    uint64_t since = waiting_since(s->v, &l->o.peer, &l->o.id);
    uint8_t rung;

    if (since == 0) {
        since = s->now;
        waiting_put(s->v, &l->o.peer, &l->o.id, since);
    }
    rung = waiting_rung(s->now > since ? s->now - since : 0);
    if (rung > l->o.waits_prekey)
        step_alarm(s, is_prekey ? "waiting_for_prekey" : "waiting_for_member",
                   l->o.kind, &l->o.id, &l->o.peer, REASON_NONE);
    l->o.waits_prekey = rung;
    push_resend_at(s, l, s->now + WAIT_MS);
}

void
push_waits_no_more(struct step *s, struct live *l)
{
    if (l->o.waits_prekey == 0)
        return;
    l->o.waits_prekey = 0;
    waiting_del(s->v, &l->o.peer, &l->o.id);
}

/* What was sealed once may not go again: consent may have ended since. Then
 * the entry goes alone, and what still may go is disclosed anew. */
static struct hf_bytes
body_of(struct step *s, struct live *l, enum side side, uint32_t n)
{
    const struct hf_bytes none = {NULL, 0};

    if (side != l->o.side || disclose_still_may(s, l, n))
        return live_packed_body(s, l, side, n);
    if ((n > l->o.acked || bare_has(&l->o, side, n)) &&
        l->o.kind == OBJECT_REFERRAL && side == SIDE_FIRST &&
        l->item[side][n - 1].event == EVENT_DISCLOSE) {
        l->o.owes_disclose = 1;
        due_put(s->v, s->now, &l->o.id, DUE_ANSWER);
        s->again = true;
    }
    return none;
}

/* Put one stored entry into a push; false when it has no room. */
bool
push_add_entry(struct step *s, struct live *l, enum side side, uint32_t n,
               unsigned branch, struct content_push *p, size_t *bodies)
{
    struct content_entry *ce = &p->entry[p->n];
    uint8_t bytes[ENTRY_BYTES], sig[ENTRY_SIG_BYTES];
    const size_t mark = s->out->used;

    if (p->n == CONTENT_ENTRIES_MAX ||
        !chain_get(s->v, &l->o.id, side, n, branch, bytes, sig))
        return false;
    *ce = (struct content_entry){.body = {NULL, 0}};
    if (branch == 0)
        ce->body = body_of(s, l, side, n);
    if (p->n > 0 && *bodies + ce->body.n > BODIES_MAX) {
        s->out->used = mark;
        return false;
    }
    *bodies += ce->body.n;
    ce->bytes = step_copy(s, (struct hf_bytes){bytes, ENTRY_BYTES});
    ce->sig = step_copy(s, (struct hf_bytes){sig, ENTRY_SIG_BYTES});
    p->n++;
    return true;
}

/* Both branches of a fork, from its first entry on: the evidence. */
void
push_add_forks(struct step *s, struct live *l, struct content_push *p,
               size_t *bodies)
{
    for (enum side side = SIDE_FIRST; side <= SIDE_SECOND; side++) {
        if (l->o.fork[side] == 0)
            continue;
        for (uint32_t n = l->o.fork[side]; n <= l->o.n[side]; n++)
            for (unsigned branch = 0; branch < 2; branch++)
                (void)push_add_entry(s, l, side, n, branch, p, bodies);
    }
}

struct content *
push_begin(struct step *s, const struct live *l)
{
    const enum side peer = side_other(l->o.side);
    struct content *c = step_content(s, CONTENT_PUSH);

    c->u.push.kind = l->o.kind;
    c->u.push.object = l->o.id;
    c->u.push.have_n = l->o.n[peer];
    c->u.push.have_hash = l->o.last[peer];
    return c;
}

static enum envelope_lane
lane_of(const struct live *l, const struct content_push *p)
{
    if (is_small(p) || l->o.kind == OBJECT_WITHDRAWAL ||
        l->o.terms.urgency >= URGENCY_URGENT)
        return LANE_URGENT;
    return LANE_NORMAL;
}

static void
send_from(struct step *s, struct live *l, uint32_t from)
{
    const enum side mine = l->o.side;
    struct content *c = push_begin(s, l);
    size_t bodies = 0;
    uint32_t n = from;

    while (n <= l->o.n[mine] &&
           push_add_entry(s, l, mine, n, 0, &c->u.push, &bodies))
        n++;
    if (l->resend && l->o.is_forked)
        push_add_forks(s, l, &c->u.push, &bodies);
    l->o.sent = n - 1;
    l->o.envelope = push_content(s, &l->o.peer, c, lane_of(l, &c->u.push),
                                 &l->o.id, l->o.sent);
    if (is_small(&c->u.push)) {
        s->small = c;
        s->small_to = l->o.peer;
    }
    push_waits_no_more(s, l);
    push_resend_at(s, l,
                   s->out->item[s->out->n - 1].u.send.expires_ms + DAY_MS);
    push_trace(s, &l->o.id, TRACE_SEALED, step_me(s), &l->o.envelope,
               REASON_NONE, l->o.sent);
}

/* The newest of our entries from @from on that always passes; 0: none. */
static uint32_t
last_right(const struct live *l, uint32_t from)
{
    for (uint32_t n = l->o.n[l->o.side]; n >= from && n > 0; n--)
        if (reach_is_right(l->item[l->o.side][n - 1].event))
            return n;
    return 0;
}

/* One entry of a push that has to be small: its body only if it is a right and
 * has room. */
static bool
add_right(struct step *s, struct live *l, uint32_t n, struct content_push *p,
          size_t *bytes)
{
    const size_t bare = ENTRY_BYTES + ENTRY_SIG_BYTES + 16;
    size_t bodies = 0;
    struct content_entry *ce = &p->entry[p->n];

    if (*bytes + bare > REACH_BYTES_MAX ||
        !push_add_entry(s, l, l->o.side, n, 0, p, &bodies))
        return false;
    if (!reach_is_right(l->item[l->o.side][n - 1].event) ||
        *bytes + bare + ce->body.n > REACH_BYTES_MAX) {
        ce->body = (struct hf_bytes){NULL, 0};
        push_note_bare(s, l, n);
    }
    *bytes += bare + ce->body.n;
    return true;
}

/* To a member that gets nothing else: the newest right, and of what stands
 * before it as much as there is room for, without bodies. */
static void
send_rights(struct step *s, struct live *l, uint32_t from)
{
    const uint32_t right = last_right(l, from);
    struct content *c = push_begin(s, l);
    size_t bytes = 0;
    uint32_t n = from;

    (void)add_right(s, l, right, &c->u.push, &bytes);
    while (n <= right && (n == right || add_right(s, l, n, &c->u.push, &bytes)))
        n++;
    l->o.sent = n - 1;
    l->o.envelope =
        push_content(s, &l->o.peer, c, LANE_URGENT, &l->o.id, l->o.sent);
    push_waits_no_more(s, l);
    push_resend_at(s, l,
                   s->out->item[s->out->n - 1].u.send.expires_ms + DAY_MS);
    push_trace(s, &l->o.id, TRACE_SEALED, step_me(s), &l->o.envelope,
               REASON_NONE, l->o.sent);
}

/* A step that settles many objects sends what it has room for. */
bool
push_has_room(const struct step *s)
{
    return NODE_ARENA_BYTES - s->out->used >= PUSH_ROOM_BYTES &&
           NODE_EFFECTS_MAX - s->out->n >= PUSH_ROOM_EFFECTS;
}

void
push_owed(struct step *s, struct live *l)
{
    const uint32_t n = l->o.n[l->o.side];
    const bool evidence = l->resend && l->o.is_forked;
    uint32_t from = l->o.acked + 1;

    if (l->o.is_local) {
        l->o.acked = l->o.sent = n; /* there is no node to tell */
        return;
    }
    if (n <= l->o.acked && !evidence) {
        if (push_bodies(s, l)) {
            l->resend = false;
            return;
        }
        if (hf_id_is_zero(&l->o.copy_for))
            push_waits_no_more(s, l);
        if (l->o.resend_ms != 0 && hf_id_is_zero(&l->o.copy_for) &&
            !live_awaits_copy(s, l))
            push_resend_at(s, l, 0);
        return;
    }
    if (!l->resend && l->o.sent >= from)
        from = l->o.sent + 1; /* the rest is on its way */
    if (from > n && !evidence)
        return;
    if (!push_has_room(s)) {
        push_resend_at(s, l, s->now);
        s->again = true;
        return;
    }
    if (push_is_ready(s, &l->o.peer, REACH_ALL))
        send_from(s, l, from);
    else if (push_is_ready(s, &l->o.peer, REACH_RIGHTS) &&
             last_right(l, from) != 0)
        send_rights(s, l, from);
    else
        push_waits(s, l);
    l->resend = false;
}
