/* An envelope came: each content to what takes it, and the answer. */
#include "claim.h"
#include "figures.h"
#include "files.h"
#include "fork.h"
#include "live.h"
#include "node_internal.h"
#include "push.h"
#include "reach.h"
#include "reviewer.h"
#include "slip.h"

#define FORGET_MS (26ull * 60 * 60 * 1000) /* after an envelope's end */

/* Which side an object's first entry makes us; false when it cannot open, or
 * is not between @from and us. */
static bool
side_of_opening(const struct step *s, const struct entry *e,
                const struct hf_org *from, enum side *ret_side)
{
    static const struct {
        enum object_kind kind;
        enum event event;
        enum side author;
    } openings[] = {{OBJECT_REFERRAL, EVENT_SEND, SIDE_FIRST},
                    {OBJECT_TRANSFER, EVENT_OFFER, SIDE_FIRST},
                    {OBJECT_TRANSFER, EVENT_REQUEST, SIDE_SECOND},
                    {OBJECT_WITHDRAWAL, EVENT_WITHDRAW, SIDE_FIRST}};
    const bool ours = hf_org_eq(&e->author, step_me(s));
    enum side author = SIDE_FIRST;
    size_t i = 0;

    while (i < sizeof(openings) / sizeof(openings[0]) &&
           (openings[i].kind != e->kind || openings[i].event != e->event))
        i++;
    if (i == sizeof(openings) / sizeof(openings[0]) ||
        !hf_org_eq(ours ? &e->peer : &e->author, from) ||
        !hf_org_eq(ours ? &e->author : &e->peer, step_me(s)))
        return false;
    author = openings[i].author;
    *ret_side = ours ? author : side_other(author);
    return true;
}

/* What its peer began before our restore we may have answered before it: the
 * copy comes first, as for what the backup held. */
static void
await_copy(struct step *s, struct live *l, uint64_t began_ms)
{
    const uint64_t clocks_part_ms = 60ull * 60 * 1000;
    struct node_self self;

    if (!self_get(s->v, &self) || hf_id_is_zero(&self.restored) ||
        began_ms > self.restored_ms + clocks_part_ms)
        return;
    l->o.copied = (struct hf_id){{0}};
    l->o.resend_ms = s->now;
    due_put(s->v, s->now, &l->o.id, DUE_RESEND);
}

/* An object we do not know yet, if the push holds its beginning. */
static bool
open_object(struct step *s, const struct content_push *p,
            const struct hf_org *from, struct live *l)
{
    struct entry e;
    enum side side;

    for (size_t i = 0; i < p->n; i++) {
        if (entry_unpack(p->entry[i].bytes, &e) != HF_OK || e.n != 1 ||
            e.kind != p->kind || !hf_id_eq(&e.object, &p->object) ||
            !side_of_opening(s, &e, from, &side))
            continue;
        live_make(s, p->kind, side, &p->object, from, l);
        await_copy(s, l, e.at_ms);
        return true;
    }
    return false;
}

/* The peer's copy after our restore: complete once we hold as much of our own
 * chain as the peer does, or know that it is forked: what stands on the other
 * branch never fits behind ours, and would be asked for without end. */
static void
note_copy(struct step *s, struct live *l, const struct content_push *p)
{
    struct node_self self;

    if (!self_get(s->v, &self) || hf_id_is_zero(&self.restored) ||
        !hf_id_eq(&p->answers, &self.restored))
        return;
    if (l->o.n[l->o.side] < p->have_n && l->o.fork[l->o.side] == 0)
        return;
    l->o.copied = self.restored;
    /* an envelope that the backup knew of is not on its way any more */
    l->o.envelope = (struct hf_id){{0}};
    if (p->have_n < l->o.acked)
        l->o.acked = p->have_n; /* it was restored, too, and lost them */
    l->o.sent = l->o.acked;
}

static void
take_push(struct step *s, const struct hf_org *from,
          const struct content_push *p, struct node_inbox *in)
{
    struct live l;

    in->object = p->object;
    if (s->ev->header.created_ms < lost_get(s->v, from)) {
        /* Sealed before its maker lost, and asked for, what we hold: what it
         * brings the maker may not know any more, and would write again. */
        in->status = DELIVERY_UNOPENABLE;
        return;
    }
    if (!live_load(s, &p->object, &l)) {
        if (!open_object(s, p, from, &l)) {
            /* Its maker thinks that we hold the beginning: we lost it. An
             * answer without entries says that the maker does not, either. */
            if (p->n > 0 && hf_id_is_zero(&p->answers))
                push_ask_unknown(s, from, p->kind, &p->object);
            return;
        }
    } else if (!hf_org_eq(&l.o.peer, from) || l.o.kind != p->kind) {
        in->object = (struct hf_id){{0}};
        in->status = DELIVERY_REFUSED;
        in->reason = REASON_NOT_KNOWN;
        return;
    }
    for (size_t i = 0; i < p->n; i++)
        (void)live_take(s, &l, &p->entry[i]);
    push_have(s, &l, p->have_n, &p->have_hash);
    note_copy(s, &l, p);
    live_settle(s, &l);
    if (s->refused != REASON_NONE) {
        in->status = DELIVERY_REFUSED;
        in->reason = s->refused;
    }
}

/* Somebody lost what we share: note it at each object; the copies go out page
 * by page. */
static void
take_ask(struct step *s, const struct hf_org *from, const struct content_ask *a)
{
    struct node_scan scan;
    struct live l;

    if (a->shared > 0) {
        answered_put(s->v, from, &a->ask, a->shared - 1);
        return;
    }
    if (a->kind == OBJECT_NONE) {
        if (lost_get(s->v, from) < s->ev->header.created_ms)
            lost_put(s->v, from, s->ev->header.created_ms);
        if (scan_get(s->v, &a->ask, &scan))
            return; /* one scan an ask, whoever repeats it */
        memset(&scan, 0, sizeof(scan));
        scan.ask = a->ask;
        scan.peer = *from;
        scan_put(s->v, &scan);
        due_put(s->v, s->now, &scan.ask, DUE_SCAN);
        s->again = true;
        return;
    }
    if (!live_load(s, &a->object, &l) || !hf_org_eq(&l.o.peer, from) ||
        l.o.kind != a->kind) {
        push_unknown(s, from, a);
        return;
    }
    l.o.copy_for = a->ask;
    l.o.copy_at = 0;
    push_copy(s, &l);
    object_put(s->v, &l.o, l.was_changed_ms);
}

static void
take_content(struct step *s, const struct hf_org *from, const struct content *c,
             struct node_inbox *in)
{
    switch (c->type) {
    case CONTENT_PUSH:
        take_push(s, from, &c->u.push, in);
        break;
    case CONTENT_ASK:
        take_ask(s, from, &c->u.ask);
        break;
    case CONTENT_RECEIPT:
        for (size_t i = 0; i < c->u.receipts.n; i++)
            push_receipted(s, from, &c->u.receipts.item[i]);
        break;
    case CONTENT_FIGURES:
        figures_take(s, from, &c->u.figures);
        break;
    case CONTENT_CHUNK:
        file_take(s, from, &c->u.chunk);
        break;
    case CONTENT_SLIP:
        slip_take(s, from, &c->u.slip);
        break;
    case CONTENT_FORK:
        fork_take(s, from, &c->u.fork, in);
        break;
    case CONTENT_CLAIMS:
        claims_take(s, from, &c->u.claims, in);
        break;
    case CONTENT_REVIEW_NOTICE:
        reviewer_notice(s, from, &c->u.signed_by, in);
        break;
    case CONTENT_REVIEW_VERDICT:
        reviewer_verdict(s, from, &c->u.signed_by, in);
        break;
    }
}

/* When a copy would not be opened any more: it has expired, the shell drops it
 * a day later, and our prekey does not live longer. */
static uint64_t
forget_ms(const struct step *s, const struct envelope_header *h)
{
    const uint64_t last = s->now + NODE_TTL_MS + FORGET_MS;

    return h->expires_ms + FORGET_MS < last ? h->expires_ms + FORGET_MS : last;
}

void
node_take_envelope(struct step *s)
{
    const struct hf_org *from = &s->ev->header.sender;
    const struct content *c = s->ev->content;
    struct node_inbox in;

    /* a second copy of a chunk finds the first one; thousands of rows would
     * say no more */
    if (c->type == CONTENT_CHUNK && c->u.chunk.n == 0) {
        if (reach_takes(s, from, c))
            file_take(s, from, &c->u.chunk);
        return;
    }
    if (inbox_get(s->v, &s->ev->header.id, &in)) {
        if (hf_org_eq(&in.from, from) && push_is_receipted(c))
            push_receipt(s, &in);
        return;
    }
    memset(&in, 0, sizeof(in));
    in.envelope = s->ev->header.id;
    in.from = *from;
    in.status = DELIVERY_OK;
    in.at_ms = s->now;
    /* A receipt counts from anybody, and before what its sender did next. */
    if (c->type == CONTENT_PUSH && !hf_id_is_zero(&c->u.push.told.envelope))
        push_receipted(s, from, &c->u.push.told);
    if (reach_takes(s, from, c)) {
        take_content(s, from, c, &in);
    } else {
        in.status = DELIVERY_REFUSED;
        in.reason = REASON_NOT_ACCEPTING;
        step_alarm(s, "sender_restricted", OBJECT_NONE, &in.object, from,
                   in.reason);
    }
    inbox_put(s->v, &in);
    due_put(s->v, forget_ms(s, &s->ev->header), &in.envelope, DUE_INBOX);
    if (push_is_receipted(c))
        push_receipt(s, &in);
}

void
node_take_unopenable(struct step *s)
{
    struct node_inbox in;

    memset(&in, 0, sizeof(in));
    in.envelope = s->ev->header.id;
    in.from = s->ev->header.sender;
    in.status = DELIVERY_UNOPENABLE;
    in.at_ms = s->now;
    step_alarm(s, "unopenable", OBJECT_NONE, &in.object, &in.from, REASON_NONE);
    if (s->ev->header.lane != LANE_BULK) /* itself such an answer */
        push_receipt(s, &in);
}
