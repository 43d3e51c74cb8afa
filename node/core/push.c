#include "push.h"

#include "hf_assert.h"
#include "reach.h"

#define DAY_MS        (24ull * 3600 * 1000)
#define RETRY_MS      (60ull * 1000)        /* a peer that lacks entries */
#define WAIT_MS       (10ull * 60 * 1000)   /* a peer without prekey */
#define REFUSED_MS    (60ull * 60 * 1000)   /* a broker that has no route */
#define ASK_MS        (60ull * 1000)        /* between two asks */
#define COPY_MS       (60ull * 60 * 1000)   /* ... for a copy, restored */
#define TRIES_MAX     10                    /* a minute, 2, 4, ... 17 hours */
#define PUSH_ROOM_BYTES   (CONTENT_BYTES_MAX + 128u * 1024u) /* of one push */
#define PUSH_ROOM_EFFECTS 16
#define BODIES_MAX    (CONTENT_BYTES_MAX - 64u * 1024u)

/* ---- one envelope ---- */

struct hf_id
push_content(struct step *s, const struct hf_org *to, const struct content *c,
             enum envelope_lane lane, const struct hf_id *object, uint32_t n)
{
    const uint64_t until = s->env->peer_until_ms(s->env->peer_ctx, to);
    const bool wants_receipt = c->type == CONTENT_PUSH;
    struct node_effect *e = step_effect(s, NODE_DO_SEND);
    struct node_out out;

    HF_ASSERT(until > s->now);
    e->u.send.envelope = step_fresh_id(s);
    e->u.send.to = *to;
    e->u.send.lane = (uint8_t)lane;
    e->u.send.is_control = true;
    if (c->type == CONTENT_PUSH)
        for (size_t i = 0; i < c->u.push.n; i++)
            e->u.send.is_control &= c->u.push.entry[i].body.n == 0;
    e->u.send.created_ms = s->now;
    e->u.send.expires_ms =
        until < s->now + NODE_TTL_MS ? until : s->now + NODE_TTL_MS;
    e->u.send.content = c;

    memset(&out, 0, sizeof(out));
    out.id = e->u.send.envelope;
    out.to = *to;
    out.object = *object;
    out.lane = (uint8_t)lane;
    out.wants_receipt = wants_receipt;
    out.created_ms = s->now;
    out.expires_ms = e->u.send.expires_ms;
    out.n = n;
    if (c->type == CONTENT_PUSH)
        out.answers = c->u.push.answers;
    out_put(s->v, &out);
    due_put(s->v, out.expires_ms + DAY_MS, &out.id, DUE_OUTBOX);
    return out.id;
}

/* Settled: forget the sealed bytes and the row. */
static void
forget(struct step *s, const struct node_out *out)
{
    due_del(s->v, out->expires_ms + DAY_MS, &out->id, DUE_OUTBOX);
    out_del(s->v, &out->id);
    step_effect(s, NODE_DO_FORGET)->u.forget = out->id;
}

static bool
is_ready(const struct step *s, const struct hf_org *peer, enum reach least)
{
    return reach_of(s, peer) >= least &&
           s->env->peer_until_ms(s->env->peer_ctx, peer) > s->now;
}

static void
trace(struct step *s, const struct hf_id *object, enum trace_stage stage,
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

static void
set_resend(struct step *s, struct live *l, uint64_t ms)
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
static void
wait_for_prekey(struct step *s, struct live *l)
{
    uint64_t since = waiting_since(s->v, &l->o.peer, &l->o.id);
    uint8_t rung;

    if (since == 0) {
        since = s->now;
        waiting_put(s->v, &l->o.peer, &l->o.id, since);
    }
    rung = waiting_rung(s->now > since ? s->now - since : 0);
    if (rung > l->o.waits_prekey)
        step_alarm(s, "waiting_for_prekey", l->o.kind, &l->o.id, &l->o.peer,
                   REASON_NONE);
    l->o.waits_prekey = rung;
    set_resend(s, l, s->now + WAIT_MS);
}

static void
wait_no_more(struct step *s, struct live *l)
{
    if (l->o.waits_prekey == 0)
        return;
    l->o.waits_prekey = 0;
    waiting_del(s->v, &l->o.peer, &l->o.id);
}

/* Put one stored entry into a push; false when it has no room. */
static bool
add_entry(struct step *s, struct live *l, enum side side, uint32_t n,
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
        ce->body = live_packed_body(s, l, side, n);
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
static void
add_forks(struct step *s, struct live *l, struct content_push *p,
          size_t *bodies)
{
    for (enum side side = SIDE_FIRST; side <= SIDE_SECOND; side++) {
        if (l->o.fork[side] == 0)
            continue;
        for (uint32_t n = l->o.fork[side]; n <= l->o.n[side]; n++)
            for (unsigned branch = 0; branch < 2; branch++)
                (void)add_entry(s, l, side, n, branch, p, bodies);
    }
}

static struct content *
new_push(struct step *s, const struct live *l)
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
    bool bodies = false;

    for (size_t i = 0; i < p->n; i++)
        bodies |= p->entry[i].body.n > 0;
    if (!bodies || l->o.kind == OBJECT_WITHDRAWAL ||
        l->o.terms.urgency >= URGENCY_URGENT)
        return LANE_URGENT;
    return LANE_NORMAL;
}

static void
send_from(struct step *s, struct live *l, uint32_t from)
{
    const enum side mine = l->o.side;
    struct content *c = new_push(s, l);
    size_t bodies = 0;
    uint32_t n = from;

    while (n <= l->o.n[mine] &&
           add_entry(s, l, mine, n, 0, &c->u.push, &bodies))
        n++;
    if (l->resend && l->o.is_forked)
        add_forks(s, l, &c->u.push, &bodies);
    l->o.sent = n - 1;
    l->o.envelope = push_content(s, &l->o.peer, c, lane_of(l, &c->u.push),
                                 &l->o.id, l->o.sent);
    wait_no_more(s, l);
    set_resend(s, l, s->out->item[s->out->n - 1].u.send.expires_ms + DAY_MS);
    trace(s, &l->o.id, TRACE_SEALED, step_me(s), &l->o.envelope, REASON_NONE,
          l->o.sent);
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
        !add_entry(s, l, l->o.side, n, 0, p, &bodies))
        return false;
    if (!reach_is_right(l->item[l->o.side][n - 1].event) ||
        *bytes + bare + ce->body.n > REACH_BYTES_MAX)
        ce->body = (struct hf_bytes){NULL, 0};
    *bytes += bare + ce->body.n;
    return true;
}

/* To a member that gets nothing else: the newest right, and of what stands
 * before it as much as there is room for, without bodies. */
static void
send_rights(struct step *s, struct live *l, uint32_t from)
{
    const uint32_t right = last_right(l, from);
    struct content *c = new_push(s, l);
    size_t bytes = 0;
    uint32_t n = from;

    (void)add_right(s, l, right, &c->u.push, &bytes);
    while (n <= right &&
           (n == right || add_right(s, l, n, &c->u.push, &bytes)))
        n++;
    l->o.sent = n - 1;
    l->o.envelope = push_content(s, &l->o.peer, c, LANE_URGENT, &l->o.id,
                                 l->o.sent);
    wait_no_more(s, l);
    set_resend(s, l, s->out->item[s->out->n - 1].u.send.expires_ms + DAY_MS);
    trace(s, &l->o.id, TRACE_SEALED, step_me(s), &l->o.envelope, REASON_NONE,
          l->o.sent);
}

/* A step that settles many objects sends what it has room for. */
static bool
has_room(const struct step *s)
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

    if (n <= l->o.acked && !evidence) {
        if (hf_id_is_zero(&l->o.copy_for))
            wait_no_more(s, l);
        if (l->o.resend_ms != 0 && hf_id_is_zero(&l->o.copy_for) &&
            !live_awaits_copy(s, l))
            set_resend(s, l, 0);
        return;
    }
    if (!l->resend && l->o.sent >= from)
        from = l->o.sent + 1; /* the rest is on its way */
    if (from > n && !evidence)
        return;
    if (!has_room(s)) {
        set_resend(s, l, s->now);
        s->again = true;
        return;
    }
    if (is_ready(s, &l->o.peer, REACH_ALL))
        send_from(s, l, from);
    else if (is_ready(s, &l->o.peer, REACH_RIGHTS) && last_right(l, from) != 0)
        send_rights(s, l, from);
    else
        wait_for_prekey(s, l);
    l->resend = false;
}

/* Store what changed in the sending state; nothing that a reader would call a
 * change of the object. */
static void
save(struct step *s, struct live *l)
{
    push_owed(s, l);
    object_put(s->v, &l->o, l->was_changed_ms);
}

/* ---- copies and asks ---- */

/* The i-th entry of both chains laid end to end: the peer's own first, since
 * that is what it waits for. */
static bool
add_nth(struct step *s, struct live *l, uint32_t i, struct content_push *p,
        size_t *bodies)
{
    const enum side peer = side_other(l->o.side);

    if (i < l->o.n[peer])
        return add_entry(s, l, peer, i + 1, 0, p, bodies);
    return add_entry(s, l, l->o.side, i - l->o.n[peer] + 1, 0, p, bodies);
}

void
push_copy(struct step *s, struct live *l)
{
    const uint32_t all = l->o.n[0] + l->o.n[1];
    struct content *c;
    size_t bodies = 0;

    if (!is_ready(s, &l->o.peer, REACH_ALL)) {
        wait_for_prekey(s, l);
        return;
    }
    wait_no_more(s, l);
    c = new_push(s, l);
    c->u.push.answers = l->o.copy_for;
    while (l->o.copy_at < all &&
           add_nth(s, l, l->o.copy_at, &c->u.push, &bodies))
        l->o.copy_at++;
    if (l->o.copy_at >= all)
        add_forks(s, l, &c->u.push, &bodies);
    (void)push_content(s, &l->o.peer, c, LANE_NORMAL, &l->o.id, 0);
    if (l->o.copy_at < all) {
        set_resend(s, l, s->now);
        return;
    }
    l->o.copy_for = (struct hf_id){{0}};
    l->o.copy_at = 0;
    if (live_awaits_copy(s, l))
        set_resend(s, l, s->now + COPY_MS);
    else
        set_resend(s, l,
                   l->o.acked < l->o.n[l->o.side] ? s->now + RETRY_MS : 0);
}

void
push_unknown(struct step *s, const struct hf_org *to,
             const struct content_ask *a)
{
    static const struct hf_id none;
    struct content *c;

    if (!is_ready(s, to, REACH_ALL))
        return; /* it asks again */
    c = step_content(s, CONTENT_PUSH);
    c->u.push.kind = a->kind;
    c->u.push.object = a->object;
    c->u.push.answers = a->ask;
    (void)push_content(s, to, c, LANE_NORMAL, &none, 0);
}

static bool
send_ask(struct step *s, const struct hf_org *peer, enum object_kind kind,
         const struct hf_id *object, const struct hf_id *ask)
{
    static const struct hf_id none;
    struct content *c;

    if (!is_ready(s, peer, REACH_ALL))
        return false; /* asked again when the object's resend instant comes */
    c = step_content(s, CONTENT_ASK);
    c->u.ask.kind = kind;
    c->u.ask.object = *object;
    c->u.ask.ask = *ask;
    (void)push_content(s, peer, c, LANE_URGENT, &none, 0);
    return true;
}

void
push_ask_all(struct step *s, const struct hf_org *peer,
             const struct hf_id *ask)
{
    static const struct hf_id none;

    if (!asked_all(s->v, peer, ask) &&
        send_ask(s, peer, OBJECT_NONE, &none, ask))
        asked_all_put(s->v, peer, ask);
}

void
push_ask_again(struct step *s, const struct hf_org *peer,
               const struct hf_id *ask)
{
    static const struct hf_id none;

    if (send_ask(s, peer, OBJECT_NONE, &none, ask))
        asked_all_put(s->v, peer, ask);
}

bool
push_answer(struct step *s, const struct hf_org *asker, const struct hf_id *ask,
            uint32_t shared)
{
    static const struct hf_id none;
    struct content *c;

    if (!is_ready(s, asker, REACH_ALL))
        return false;
    c = step_content(s, CONTENT_ASK);
    c->u.ask.ask = *ask;
    c->u.ask.shared = shared + 1;
    (void)push_content(s, asker, c, LANE_NORMAL, &none, 0);
    return true;
}

void
push_ask_unknown(struct step *s, const struct hf_org *peer,
                 enum object_kind kind, const struct hf_id *object)
{
    const struct hf_id ask = step_fresh_id(s);

    (void)send_ask(s, peer, kind, object, &ask);
}

void
push_ask_object(struct step *s, const struct node_object *o,
                const struct hf_id *ask)
{
    (void)send_ask(s, &o->peer, o->kind, &o->id, ask);
}

void
push_ask(struct step *s, struct live *l)
{
    struct hf_id ask;

    if (l->o.asked_ms != 0 && s->now < l->o.asked_ms + ASK_MS)
        return;
    l->o.asked_ms = s->now;
    ask = step_fresh_id(s);
    push_ask_object(s, &l->o, &ask);
}

/* ---- receipts ---- */

void
push_receipt(struct step *s, const struct node_inbox *in)
{
    static const struct hf_id none;
    struct content *c;
    struct content_receipt *r;
    struct node_object o;

    if (!is_ready(s, &in->from, REACH_RIGHTS))
        return; /* its duplicate will ask again */
    c = step_content(s, CONTENT_RECEIPT);
    c->u.receipts.n = 1;
    r = &c->u.receipts.item[0];
    r->envelope = in->envelope;
    r->status = in->status;
    r->reason = in->reason;
    r->at_ms = in->at_ms;
    if (!hf_id_is_zero(&in->object) && object_get(s->v, &in->object, &o) &&
        hf_org_eq(&o.peer, &in->from)) {
        r->object = in->object;
        r->have_n = o.n[side_other(o.side)];
        r->have_hash = o.last[side_other(o.side)];
        trace(s, &in->object, TRACE_ACK, step_me(s), &in->envelope,
              in->reason, r->have_n);
    }
    /* Two that cannot open each other's envelopes would answer each other's
     * answers for ever: this one is known by its lane, which nothing else
     * uses, and is not answered. */
    (void)push_content(s, &in->from, c,
                       in->status == DELIVERY_UNOPENABLE ? LANE_BULK
                                                         : LANE_URGENT,
                       &none, 0);
}

static void
acknowledge(struct live *l, uint32_t n)
{
    if (n <= l->o.acked)
        return;
    l->o.acked = n;
    l->o.tries = 0;
}

/* What came to nothing is tried again, each time after twice as long: a peer
 * that lost its keys, or lies, is not worth an envelope a minute for ever. */
static uint64_t
try_again_ms(struct step *s, struct live *l)
{
    const uint64_t wait = RETRY_MS << l->o.tries;

    if (l->o.tries < TRIES_MAX)
        l->o.tries++;
    return s->now + wait;
}

void
push_have(struct step *s, struct live *l, uint32_t have_n,
          const struct hf_hash *have_hash)
{
    const enum side mine = l->o.side;

    if (have_n == 0 || l->o.fork[mine] != 0)
        return; /* forked: it may hold the other branch; receipts tell */
    if (have_n > l->o.n[mine] ||
        !hf_hash_eq(have_hash, &l->hash[mine][have_n - 1])) {
        push_ask(s, l); /* it holds another chain of ours than we do */
        return;
    }
    acknowledge(l, have_n);
}

static enum trace_stage
stage_of(enum delivery status)
{
    return status == DELIVERY_OK        ? TRACE_DELIVERED
           : status == DELIVERY_REFUSED ? TRACE_REFUSED
                                        : TRACE_UNOPENABLE;
}

/* A copy that did not come, or of which nothing could be kept: who asked may
 * not even know that there is something to ask for again. */
static void
copy_again(struct step *s, const struct node_out *out, struct live *l)
{
    if (hf_id_is_zero(&out->answers))
        return;
    l->o.copy_for = out->answers;
    l->o.copy_at = 0;
    set_resend(s, l, try_again_ms(s, l));
}

void
push_receipted(struct step *s, const struct hf_org *from,
               const struct content_receipt *r)
{
    struct node_out out;
    struct live l;

    if (!out_get(s->v, &r->envelope, &out) || !hf_org_eq(&out.to, from))
        return; /* settled before, or not ours */
    trace(s, &out.object, stage_of(r->status), from, &out.id, r->reason,
          r->have_n);
    forget(s, &out);
    if (!live_load(s, &out.object, &l))
        return;
    if (r->status == DELIVERY_REFUSED)
        step_alarm(s, "refused_by_peer", l.o.kind, &l.o.id, from, r->reason);
    if (hf_id_eq(&r->object, &l.o.id))
        push_have(s, &l, r->have_n, &r->have_hash);
    if (l.o.fork[l.o.side] != 0 && r->status != DELIVERY_UNOPENABLE)
        acknowledge(&l, out.n); /* a branch of ours, and the evidence */
    if (r->status == DELIVERY_UNOPENABLE || hf_id_is_zero(&r->object))
        copy_again(s, &out, &l);
    if (hf_id_eq(&l.o.envelope, &out.id)) {
        l.o.envelope = (struct hf_id){{0}};
        l.o.is_unconfirmed = 0;
        if (l.o.acked < l.o.sent) { /* it lacks some, or could not open it */
            l.o.sent = l.o.acked;
            set_resend(s, &l, try_again_ms(s, &l));
            object_put(s->v, &l.o, l.was_changed_ms);
            return;
        }
    }
    save(s, &l);
}

/* ---- brokers ---- */

/* The envelope will not arrive: what it carried is owed again, after @wait_ms
 * or, if 0, as its tries say. */
static void
lose(struct step *s, const struct node_out *out, uint64_t wait_ms)
{
    struct live l;

    forget(s, out);
    if (!live_load(s, &out->object, &l))
        return;
    copy_again(s, out, &l);
    if (!hf_id_eq(&l.o.envelope, &out->id)) {
        object_put(s->v, &l.o, l.was_changed_ms);
        return;
    }
    l.o.envelope = (struct hf_id){{0}};
    l.o.sent = l.o.acked;
    set_resend(s, &l,
               wait_ms != 0 ? s->now + wait_ms : try_again_ms(s, &l));
    object_put(s->v, &l.o, l.was_changed_ms);
}

void
push_custody(struct step *s, const struct hf_id *envelope,
             const struct hf_org *broker, bool is_taken, bool is_final)
{
    struct node_out out;

    if (!out_get(s->v, envelope, &out))
        return;
    if (is_taken) {
        trace(s, &out.object, TRACE_CUSTODY, broker, envelope, REASON_NONE,
              out.n);
        if (out.custody_ms == 0)
            out.custody_ms = s->now;
        if (out.wants_receipt)
            out_put(s->v, &out);
        else
            forget(s, &out);
    } else if (is_final) {
        step_alarm(s, "broker_refused", OBJECT_NONE, &out.object, &out.to,
                   REASON_NONE);
        lose(s, &out, REFUSED_MS);
    }
}

void
push_notice(struct step *s, const struct hf_id *envelope,
            const struct hf_org *broker)
{
    struct node_out out;

    if (!out_get(s->v, envelope, &out))
        return; /* a delivered receipt won */
    trace(s, &out.object, TRACE_EXPIRED, broker, envelope, REASON_NONE, out.n);
    lose(s, &out, 0);
}

/* ---- time ---- */

void
push_soon(struct step *s, const struct hf_id *object)
{
    struct live l;

    if (!live_load(s, object, &l))
        return;
    set_resend(s, &l, s->now);
    object_put(s->v, &l.o, l.was_changed_ms);
}

/* The newest envelope's time is not up: only what came after it is owed. */
static bool
is_on_its_way(struct step *s, struct live *l)
{
    struct node_out out;

    if (hf_id_is_zero(&l->o.envelope) ||
        !out_get(s->v, &l->o.envelope, &out) ||
        s->now >= out.expires_ms + DAY_MS)
        return false;
    push_owed(s, l);
    if (l->o.resend_ms == 0 && l->o.acked < l->o.n[l->o.side])
        set_resend(s, l, out.expires_ms + DAY_MS);
    object_put(s->v, &l->o, l->was_changed_ms);
    return true;
}

/* An envelope's time is up and nothing came back. What it carried is owed
 * again; its due row and its object's come up at the same instant, in either
 * order. */
static void
unconfirmed(struct step *s, struct live *l, const struct node_out *out)
{
    l->o.is_unconfirmed = 1;
    trace(s, &l->o.id, TRACE_UNCONFIRMED, step_me(s), &out->id, REASON_NONE,
          out->n);
    step_alarm(s, "unconfirmed", l->o.kind, &l->o.id, &l->o.peer, REASON_NONE);
    forget(s, out);
    l->o.envelope = (struct hf_id){{0}};
    l->resend = true;
}

void
push_due(struct step *s, const struct hf_id *object)
{
    struct node_out out;
    struct node_self self;
    struct live l;

    if (!live_load(s, object, &l) || l.o.resend_ms == 0 ||
        l.o.resend_ms > s->now)
        return; /* a row of before */
    l.o.resend_ms = 0; /* its due row was taken */
    if (!hf_id_is_zero(&l.o.copy_for)) {
        push_copy(s, &l);
        object_put(s->v, &l.o, l.was_changed_ms);
        return;
    }
    if (live_awaits_copy(s, &l) && self_get(s->v, &self)) {
        push_ask_object(s, &l.o, &self.restored);
        set_resend(s, &l, s->now + COPY_MS);
        object_put(s->v, &l.o, l.was_changed_ms);
        return;
    }
    if (is_on_its_way(s, &l))
        return;
    if (!hf_id_is_zero(&l.o.envelope) && out_get(s->v, &l.o.envelope, &out))
        unconfirmed(s, &l, &out);
    l.o.envelope = (struct hf_id){{0}};
    l.resend = true;
    save(s, &l);
}

void
push_out_due(struct step *s, const struct hf_id *envelope)
{
    struct node_out out;
    struct live l;

    if (!out_get(s->v, envelope, &out))
        return;
    if (live_load(s, &out.object, &l) && hf_id_eq(&l.o.envelope, &out.id)) {
        unconfirmed(s, &l, &out);
        save(s, &l);
        return;
    }
    lose(s, &out, 0);
}
