/*
 * broker_expire.c - envelopes whose time passed in a mailbox: found by walking
 * the rows of all mailboxes in turn, a slice at a time, told to their senders
 * by a signed notice, and deleted once that notice is stored.
 */
#include "broker_internal.h"

/** Whether anybody is left to tell. Notices about notices are not made. */
static bool
has_sender(const struct broker *b, struct hf_bytes envelope,
           struct envelope_header *ret_h)
{
    uint32_t from;

    if (envelope_peek(envelope, ret_h) != HF_OK || ret_h->suite == SUITE_NOTICE)
        return false;
    from = broker_box_find(b, &(struct broker_who){.id = ret_h->sender});
    return from != NONE && b->boxes[from].standing != BOX_UNKNOWN;
}

bool
broker_expire_item(struct broker *b, uint32_t row, unsigned i,
                   struct hf_bytes envelope, uint8_t why)
{
    struct envelope_header h;
    struct broker_effect *fx;

    if (!has_sender(b, envelope, &h)) {
        b->rows[row].trimmed += (uint32_t)envelope.n;
        broker_row_settle(b, row, i);
        b->n_expired++;
        return true;
    }
    if (b->n_notices >= NOTICES_MAX)
        return false;
    broker_row_notice(b, row, i, envelope.n);
    b->n_notices++;
    b->n_expired++;
    fx = broker_ask(b, BROKER_DO_NOTICE);
    fx->token = broker_row_token(b, row, i);
    fx->to = h.sender;
    fx->notice = (struct notice){.envelope = h.id,
                                 .recipient = h.recipient,
                                 .why = why,
                                 .at_ms = b->wall_ms};
    return true;
}

/** The notices of a row first: a row that is out for nothing else goes back
 * as soon as none is being made of it. */
static void
expire_row(struct broker *b, uint32_t row, const struct broker_row *v)
{
    for (unsigned pass = 0; pass < 2; pass++) {
        for (unsigned i = 0; i < v->n; i++) {
            struct envelope_header h;
            bool can_tell = has_sender(b, v->envelope[i], &h);

            if (b->rows[row].state != ROW_OUT)
                return;
            if ((b->rows[row].left & ~b->rows[row].noticed) >> i & 1 &&
                can_tell == (pass == 0) &&
                (!can_tell || h.expires_ms <= b->wall_ms))
                (void)broker_expire_item(b, row, i, v->envelope[i],
                                         NOTICE_EXPIRED);
        }
    }
    if (b->rows[row].state == ROW_OUT && b->rows[row].noticed == 0)
        broker_row_abandon(b, row); /* the store's word was not exact */
}

static void
next_lane(struct broker *b)
{
    b->sweep_after = 0;
    if (++b->sweep_lane < BROKER_LANES)
        return;
    b->sweep_lane = 0;
    if (++b->sweep_box < b->n_boxes)
        return;
    b->sweep_box = 0;
    b->sweep_at_ms = b->now_ms + b->conf.sweep_ms;
}

void
broker_expire_sweep(struct broker *b)
{
    if (b->now_ms < b->sweep_at_ms)
        return;
    b->sweep_at_ms = b->now_ms + SWEEP_PAUSE_MS;
    if (b->n_boxes == 0) {
        b->sweep_at_ms = b->now_ms + b->conf.sweep_ms;
        return;
    }
    for (size_t looked = 0; looked < SWEEP_A_STEP; looked++) {
        const struct box *x = &b->boxes[b->sweep_box];
        struct broker_row v;
        uint32_t row;

        if (x->count <= 0 ||
            !b->view.next_row(b->view.ctx, &x->who, b->sweep_lane,
                              b->sweep_after, &v)) {
            next_lane(b);
            if (b->sweep_at_ms > b->now_ms + SWEEP_PAUSE_MS)
                return; /* once around */
            continue;
        }
        if (v.expires_min_ms <= b->wall_ms &&
            broker_row_find(b, (uint32_t)b->sweep_box, b->sweep_lane, v.seq) ==
                NONE) {
            if (b->n_notices + v.n > NOTICES_MAX ||
                broker_room(b) < v.n + 2u * FRAMES_A_STEP)
                return; /* the same row again */
            row = broker_row_new(b, (uint32_t)b->sweep_box, b->sweep_lane, &v,
                                 NONE);
            if (row == NONE)
                return;
            expire_row(b, row, &v);
        }
        b->sweep_after = v.seq;
    }
}
