#include "bare.h"
#include "claim.h"
#include "deadline.h"
#include "fork.h"
#include "push_internal.h"
#include "reviewer.h"

#define REFUSED_MS (60ull * 60 * 1000) /* a broker that has no route */
#define TRIES_MAX  10                  /* a minute, 2, 4, ... 17 hours */

/* Settled: forget the sealed bytes and the row. */
static void
forget(struct step *s, const struct node_out *out)
{
    due_del(s->v, out->expires_ms + DAY_MS, &out->id, DUE_OUTBOX);
    out_del(s->v, &out->id);
    step_effect(s, NODE_DO_FORGET)->u.forget = out->id;
}

/* Store what changed in the sending state; nothing that a reader would call a
 * change of the object. */
static void
save(struct step *s, struct live *l)
{
    push_owed(s, l);
    object_put(s->v, &l->o, l->was_changed_ms);
    deadline_settle(s, &l->o);
}

/* ---- receipts ---- */

/* What the envelope was answered with, and how far its chain is held. */
static struct content_receipt
receipt_of(struct step *s, const struct node_inbox *in)
{
    struct content_receipt r = {.envelope = in->envelope,
                                .status = in->status,
                                .reason = in->reason,
                                .at_ms = in->at_ms};
    struct node_object o;

    if (!hf_id_is_zero(&in->object) && object_get(s->v, &in->object, &o) &&
        hf_org_eq(&o.peer, &in->from)) {
        r.object = in->object;
        r.have_n = o.n[side_other(o.side)];
        r.have_hash = o.last[side_other(o.side)];
        push_trace(s, &in->object, TRACE_ACK, step_me(s), &in->envelope,
                   in->reason, r.have_n);
    }
    return r;
}

/* What this step had to say of the same object, in an envelope that is no
 * larger for it: `receive` is made of what it is the receipt of. Both leave
 * after the same commit as they would have done apart. */
static bool
goes_along(struct step *s, const struct hf_org *to,
           const struct content_receipt *r)
{
    struct content_push *p = s->small == NULL ? NULL : &s->small->u.push;

    if (p == NULL || r->status == DELIVERY_UNOPENABLE ||
        !hf_org_eq(&s->small_to, to) || !hf_id_eq(&p->object, &r->object) ||
        !hf_id_is_zero(&p->told.envelope))
        return false;
    p->have_n = r->have_n;
    p->have_hash = r->have_hash;
    p->told = *r;
    return true;
}

void
push_receipt(struct step *s, const struct node_inbox *in)
{
    static const struct hf_id none;
    struct content_receipt r;
    struct content *c;

    if (!push_is_ready(s, &in->from, REACH_RIGHTS))
        return; /* its duplicate will ask again */
    r = receipt_of(s, in);
    if (goes_along(s, &in->from, &r))
        return;
    c = step_content(s, CONTENT_RECEIPT);
    c->u.receipts.n = 1;
    c->u.receipts.item[0] = r;
    /* Two that cannot open each other's envelopes would answer each other's
     * answers for ever: this one is known by its lane, which nothing else
     * uses, and is not answered. */
    (void)push_content(
        s, &in->from, c,
        in->status == DELIVERY_UNOPENABLE ? LANE_BULK : LANE_URGENT, &none, 0);
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
    push_resend_at(s, l, try_again_ms(s, l));
}

/* The peer lacks some of it, or could not open it. A body that it refuses has
 * come: it knows why. */
static bool
is_to_go_again(struct live *l, const struct node_out *out, enum delivery status)
{
    if (status != DELIVERY_UNOPENABLE)
        bare_clear_to(&l->o, l->o.side, out->bodies);
    return l->o.acked < l->o.sent ||
           (out->bodies > 0 && status == DELIVERY_UNOPENABLE);
}

void
push_receipted(struct step *s, const struct hf_org *from,
               const struct content_receipt *r)
{
    struct node_out out;
    struct live l;

    if (!out_get(s->v, &r->envelope, &out) || !hf_org_eq(&out.to, from))
        return; /* settled before, or not ours */
    push_trace(s, &out.object, stage_of(r->status), from, &out.id, r->reason,
               r->have_n);
    forget(s, &out);
    if (!hf_id_is_zero(&out.fork))
        fork_receipted(s, from, &out, r->status);
    if (out.is_claims)
        claims_receipted(s, from, &out, r->status);
    if (!hf_id_is_zero(&out.review))
        reviewer_receipted(s, from, &out, r);
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
        if (is_to_go_again(&l, &out, r->status)) {
            l.o.sent = l.o.acked;
            push_resend_at(s, &l, try_again_ms(s, &l));
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
    push_resend_at(s, &l,
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
        push_trace(s, &out.object, TRACE_CUSTODY, broker, envelope, REASON_NONE,
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
    push_trace(s, &out.object, TRACE_EXPIRED, broker, envelope, REASON_NONE,
               out.n);
    lose(s, &out, 0);
}

/* ---- time ---- */

void
push_soon(struct step *s, const struct hf_id *object)
{
    struct live l;

    if (!live_load(s, object, &l))
        return;
    push_resend_at(s, &l, s->now);
    object_put(s->v, &l.o, l.was_changed_ms);
}

/* The newest envelope's time is not up: only what came after it is owed. */
static bool
is_on_its_way(struct step *s, struct live *l)
{
    struct node_out out;

    if (hf_id_is_zero(&l->o.envelope) || !out_get(s->v, &l->o.envelope, &out) ||
        s->now >= out.expires_ms + DAY_MS)
        return false;
    push_owed(s, l);
    if (l->o.resend_ms == 0 && l->o.acked < l->o.n[l->o.side])
        push_resend_at(s, l, out.expires_ms + DAY_MS);
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
    push_trace(s, &l->o.id, TRACE_UNCONFIRMED, step_me(s), &out->id,
               REASON_NONE, out->n);
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
        return;        /* a row of before */
    l.o.resend_ms = 0; /* its due row was taken */
    if (!hf_id_is_zero(&l.o.copy_for)) {
        push_copy(s, &l);
        object_put(s->v, &l.o, l.was_changed_ms);
        return;
    }
    if (live_awaits_copy(s, &l) && self_get(s->v, &self)) {
        push_ask_object(s, &l.o, &self.restored);
        push_resend_at(s, &l, s->now + COPY_MS);
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
