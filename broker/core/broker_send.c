/*
 * broker_send.c - deliveries: frames made of what the mailboxes of a link
 * hold, the urgent lane first, mailboxes of a lane in turn; and the answers.
 */
#include "broker_internal.h"

#define ITEM_BYTES 12 /* token and length of one envelope in a DELIVER */

/** A frame being made for one link. */
struct filling {
    uint32_t link;
    struct frame_scratch *to;
    size_t n;
    size_t bytes;
};

enum fill {
    FILL_NEXT,  /* took what there was of a row: the next mailbox's turn */
    FILL_EMPTY, /* nothing more in this lane of the mailbox */
    FILL_STOP,  /* the frame, the credit, or the table of rows is full */
};

static bool
read_row(struct broker *b, uint32_t box, unsigned lane, uint64_t after,
         struct broker_row *ret_v)
{
    if (!b->view.next_row(b->view.ctx, &b->boxes[box].who, lane, after, ret_v))
        return false;
    HF_ASSERT(ret_v->seq > after);
    HF_ASSERT(ret_v->n > 0);
    HF_ASSERT(ret_v->n <= BROKER_ROW_MAX);
    return true;
}

/** A row that is out and has unsent envelopes, or NONE. */
static uint32_t
next_queued(struct broker *b, uint32_t link, uint32_t box, unsigned lane,
            struct broker_row *ret_v)
{
    for (;;) {
        uint32_t row = b->boxes[box].lane[lane].resend;

        if (row == NONE)
            return NONE;
        if (b->rows[row].link == link &&
            read_row(b, box, lane, b->rows[row].seq - 1, ret_v) &&
            ret_v->seq == b->rows[row].seq && ret_v->n == b->rows[row].n)
            return row;
        broker_row_abandon(b, row); /* another's, or lost from the store */
    }
}

static enum fill
next_row(struct broker *b, uint32_t link, uint32_t box, unsigned lane,
         struct broker_row *ret_v, uint32_t *ret_row)
{
    struct box_lane *x = &b->boxes[box].lane[lane];

    *ret_row = next_queued(b, link, box, lane, ret_v);
    if (*ret_row != NONE)
        return FILL_NEXT;
    do {
        if (!read_row(b, box, lane, x->cursor, ret_v))
            return FILL_EMPTY;
        x->cursor = ret_v->seq;
    } while (broker_row_find(b, box, lane, ret_v->seq) != NONE);
    *ret_row = broker_row_new(b, box, lane, ret_v, link);
    if (*ret_row == NONE) {
        x->cursor = ret_v->seq - 1;
        b->is_starved = true;
        return FILL_STOP;
    }
    b->rows[*ret_row].unsent = b->rows[*ret_row].left;
    broker_row_queue(b, *ret_row);
    return FILL_NEXT;
}

/** Whether an envelope must not be sent any more; then it is a notice now, or
 * (false in *ret_gone) has to wait for the makers of notices. */
static bool
is_over(struct broker *b, uint32_t row, unsigned i, const struct broker_row *v,
        bool *ret_gone)
{
    const struct box *x = &b->boxes[b->rows[row].box];
    struct envelope_header h;
    bool is_too_big = x->standing == BOX_RESTRICTED &&
                      v->envelope[i].n > ENVELOPE_SMALL_MAX;
    bool is_late = v->expires_min_ms <= b->wall_ms &&
                   (envelope_peek(v->envelope[i], &h) != HF_OK ||
                    h.expires_ms <= b->wall_ms);

    *ret_gone = (is_too_big || is_late) && broker_room(b) > FRAMES_A_STEP &&
                broker_expire_item(b, row, i, v->envelope[i], NOTICE_EXPIRED);
    /* A late one is better delivered than waiting: its time is a hint. */
    return is_too_big || *ret_gone;
}

static enum fill
fill_from(struct broker *b, struct filling *f, uint32_t box, unsigned lane)
{
    struct link *l = &b->links[f->link];
    struct broker_row v;
    uint32_t row;
    uint64_t sent = 0;
    bool is_full = false;
    bool is_stuck = false;
    enum fill got = next_row(b, f->link, box, lane, &v, &row);
    uint32_t credit = l->window - l->n_out;

    if (got != FILL_NEXT)
        return got;
    for (unsigned i = 0; i < v.n && !is_full; i++) {
        bool is_gone;

        if (b->rows[row].state != ROW_OUT)
            return FILL_NEXT; /* all of it was late */
        if ((b->rows[row].unsent >> i & 1) == 0)
            continue;
        if (is_over(b, row, i, &v, &is_gone)) {
            is_stuck |= !is_gone;
            continue;
        }
        is_full = f->n == FRAME_BATCH_MAX || credit == 0 ||
                  (f->n > 0 && f->bytes + v.envelope[i].n + ITEM_BYTES >
                                   FRAME_BATCH_BYTES_MAX);
        if (is_full)
            break;
        f->to->token[f->n] = broker_row_token(b, row, i);
        f->to->envelope[f->n++] = v.envelope[i];
        f->bytes += v.envelope[i].n + ITEM_BYTES;
        sent |= UINT64_C(1) << i;
        credit--;
    }
    if (sent != 0)
        broker_row_sent(b, row, sent);
    if (b->rows[row].state == ROW_OUT && b->rows[row].unsent == 0)
        broker_row_unqueue(b, row);
    if (is_full)
        return FILL_STOP;
    return is_stuck ? FILL_EMPTY : FILL_NEXT;
}

/** Fill from the first lane that has something, until the frame is full or
 * nothing is left of it. Lanes share no frame: over a link that breaks in the
 * middle of what is large, what is urgent gets through all the same. */
static void
fill(struct broker *b, struct filling *f)
{
    for (unsigned lane = 0; lane < BROKER_LANES && f->n == 0; lane++) {
        uint32_t box;

        while ((box = b->links[f->link].first[lane]) != NONE) {
            enum fill got = fill_from(b, f, box, lane);

            if (got == FILL_STOP)
                return;
            (void)broker_link_pop(b, f->link, lane);
            if (got == FILL_NEXT)
                broker_link_ready(b, box, lane); /* to the end */
            if (broker_room(b) <= FRAMES_A_STEP)
                return;
        }
    }
}

static struct out_batch *
free_batch(struct link *l)
{
    for (size_t i = 0; i < OUT_BATCHES; i++)
        if (l->out->v[i].number == 0)
            return &l->out->v[i];
    return NULL;
}

static void
note_batch(struct link *l, struct out_batch *batch, const struct filling *f)
{
    if (++l->next_batch == 0)
        l->next_batch = 1;
    batch->number = l->next_batch;
    batch->n = f->n;
    memcpy(batch->token, f->to->token, f->n * sizeof(f->to->token[0]));
}

/** One frame for a link; false when it has to wait for an answer first. */
static bool
send_frame(struct broker *b, uint32_t link)
{
    struct link *l = &b->links[link];
    struct filling f = {.link = link, .to = &b->frame[b->n_frames]};
    struct out_batch *batch = NULL;
    struct broker_effect *fx;

    if (l->is_outbound) {
        batch = free_batch(l);
        if (batch == NULL)
            return false;
    }
    fill(b, &f);
    if (f.n == 0)
        return !b->is_starved;
    if (batch != NULL)
        note_batch(l, batch, &f);
    fx = broker_ask(b, batch != NULL ? BROKER_DO_SUBMIT : BROKER_DO_DELIVER);
    fx->link = l->handle;
    fx->batch = batch != NULL ? batch->number : 0;
    fx->tokens = f.to->token;
    fx->envelopes = f.to->envelope;
    fx->n = f.n;
    b->n_frames++;
    return true;
}

void
broker_send_pump(struct broker *b)
{
    for (size_t turn = 0; turn < 4 * FRAMES_A_STEP; turn++) {
        uint32_t link;

        if (b->n_frames == FRAMES_A_STEP || broker_room(b) <= FRAMES_A_STEP)
            return;
        link = broker_link_take_active(b);
        if (link == NONE)
            return;
        if (broker_link_has_work(b, link) && send_frame(b, link))
            broker_link_wake(b, link);
    }
}

void
broker_send_ack(struct broker *b, uint32_t link, const struct frame_ack *ack)
{
    for (size_t i = 0; i < ack->n; i++) {
        uint32_t row;
        unsigned at;

        /* Only what was sent on this very link can be acknowledged on it. */
        if (!broker_row_of(b, ack->token[i], &row, &at) ||
            b->rows[row].link != link)
            continue;
        broker_row_settle(b, row, at);
        b->n_delivered++;
    }
}

/** A peer will never take it: its sender is told. */
static void
refused(struct broker *b, uint32_t row, unsigned at, uint8_t why)
{
    const struct row *r = &b->rows[row];
    struct broker_row v;

    if (read_row(b, r->box, r->lane, r->seq - 1, &v) && v.seq == r->seq)
        (void)broker_expire_item(b, row, at, v.envelope[at], why);
}

static void
answered(struct broker *b, uint32_t link, uint64_t token,
         enum custody_code code)
{
    uint32_t row;
    unsigned at;

    if (!broker_row_of(b, token, &row, &at) || b->rows[row].link != link)
        return;
    switch (code) {
    case CUSTODY_TAKEN:
        broker_row_settle(b, row, at);
        b->n_delivered++;
        break;
    case CUSTODY_EXPIRED:
        refused(b, row, at, NOTICE_EXPIRED);
        break;
    case CUSTODY_NO_ROUTE:
    case CUSTODY_NOT_YOURS:
    case CUSTODY_MALFORMED:
        refused(b, row, at, NOTICE_NO_ROUTE);
        break;
    case CUSTODY_QUOTA:
    case CUSTODY_FULL:
    case CUSTODY_STALE:
        b->links[link].paused_until_ms = b->now_ms + b->conf.pause_ms;
        broker_row_retry(b, row, at);
        break;
    }
}

void
broker_send_custody(struct broker *b, uint32_t link,
                    const struct frame_custody *c)
{
    struct link *l = &b->links[link];

    if (!l->is_outbound)
        return;
    for (size_t i = 0; i < OUT_BATCHES; i++) {
        struct out_batch *batch = &l->out->v[i];

        if (c->batch == 0 || batch->number != c->batch || batch->n != c->n)
            continue;
        batch->number = 0;
        for (size_t j = 0; j < batch->n; j++)
            answered(b, link, batch->token[j], c->item[j].code);
        broker_link_wake(b, link);
        return;
    }
}
