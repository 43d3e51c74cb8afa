/*
 * broker_check.c - every invariant of the state, walked; for the simulator
 * and the tests.
 */
#include "broker_internal.h"

static void
check_row(const struct broker *b, uint32_t i)
{
    const struct row *r = &b->rows[i];

    HF_ASSERT(r->box < b->n_boxes);
    HF_ASSERT(r->lane < BROKER_LANES);
    HF_ASSERT(r->n > 0);
    HF_ASSERT(r->n <= BROKER_ROW_MAX);
    HF_ASSERT((r->unsent & ~r->left) == 0);
    HF_ASSERT((r->noticed & ~r->left) == 0);
    HF_ASSERT((r->noticed & r->unsent) == 0);
    HF_ASSERT(broker_row_find(b, r->box, r->lane, r->seq) == i);
    if (r->state == ROW_OUT) {
        HF_ASSERT(r->left != 0);
        HF_ASSERT(r->link != NONE || r->noticed != 0);
        HF_ASSERT(r->unsent == 0 || r->link == NONE || r->is_resend);
    } else {
        HF_ASSERT(r->ticket != 0);
        HF_ASSERT(!r->is_resend);
    }
    if (!r->is_shared) {
        HF_ASSERT(r->link != NONE);
        HF_ASSERT(b->links[r->link].handle != 0);
    }
}

static void
check_rows(const struct broker *b)
{
    size_t n = 0;
    size_t n_shared = 0;
    size_t n_listed = 0;

    for (uint32_t i = 0; i < b->n_rows_used; i++) {
        if (b->rows[i].state == ROW_FREE)
            continue;
        check_row(b, i);
        n++;
        n_shared += b->rows[i].is_shared;
    }
    HF_ASSERT(n == b->n_rows);
    HF_ASSERT(n <= b->conf.rows_max);
    HF_ASSERT(n_shared == b->n_shared_rows);
    for (uint32_t i = b->out.first; i != NONE; i = b->rows[i].next) {
        HF_ASSERT(b->rows[i].state == ROW_OUT);
        n_listed++;
    }
    for (uint32_t i = b->going.first; i != NONE; i = b->rows[i].next) {
        uint32_t next = b->rows[i].next;

        HF_ASSERT(b->rows[i].state == ROW_GOING);
        HF_ASSERT(next == NONE || b->rows[next].ticket > b->rows[i].ticket);
        n_listed++;
    }
    HF_ASSERT(n_listed == n);
}

static void
check_queues(const struct broker *b, uint32_t i)
{
    const struct link *l = &b->links[i];

    for (unsigned lane = 0; lane < BROKER_LANES; lane++) {
        uint32_t last = NONE;

        for (uint32_t box = l->first[lane]; box != NONE;
             box = b->boxes[box].lane[lane].next) {
            HF_ASSERT(b->boxes[box].lane[lane].is_queued);
            HF_ASSERT(broker_box_fetcher(b, box) == i);
            last = box;
        }
        HF_ASSERT(l->last[lane] == last);
    }
}

static void
check_links(const struct broker *b)
{
    for (uint32_t i = 0; i < b->conf.links_max; i++) {
        const struct link *l = &b->links[i];
        size_t n_own = 0;
        size_t n_out = 0;

        for (uint32_t j = 0; j < b->n_rows_used; j++) {
            const struct row *r = &b->rows[j];

            if (r->state == ROW_FREE || r->link != i)
                continue;
            n_own += !r->is_shared;
            if (r->state == ROW_OUT)
                n_out += (size_t)__builtin_popcountll(r->left & ~r->unsent &
                                                      ~r->noticed);
        }
        HF_ASSERT(n_own == l->n_rows);
        HF_ASSERT(n_own <= LINK_ROWS_OWN);
        HF_ASSERT(n_out == l->n_out);
        HF_ASSERT(l->handle != 0 || (n_own == 0 && n_out == 0));
        HF_ASSERT(l->handle == 0 || broker_link_find(b, l->handle) == i);
        if (l->handle != 0)
            check_queues(b, i);
    }
}

static void
check_boxes(const struct broker *b)
{
    HF_ASSERT(b->n_boxes <= b->conf.boxes_max);
    for (uint32_t i = 0; i < b->n_boxes; i++) {
        const struct box *x = &b->boxes[i];

        HF_ASSERT(broker_box_find(b, &x->who) == i);
        HF_ASSERT(x->keeper < b->n_boxes);
        HF_ASSERT(x->n_homes <= BROKER_HOMES_MAX);
        HF_ASSERT(x->link_in == NONE || b->links[x->link_in].box == i);
        HF_ASSERT(x->link_out == NONE || b->links[x->link_out].box == i);
        for (unsigned lane = 0; lane < BROKER_LANES; lane++)
            for (uint32_t r = x->lane[lane].resend; r != NONE;
                 r = b->rows[r].next_resend) {
                HF_ASSERT(b->rows[r].state == ROW_OUT);
                HF_ASSERT(b->rows[r].is_resend);
                HF_ASSERT(b->rows[r].box == i);
            }
    }
}

static void
check_pending(const struct broker *b)
{
    uint64_t last = 0;
    size_t n_waiting = 0;

    HF_ASSERT(b->n_pending <= b->conf.batches_max);
    HF_ASSERT(b->n_notices <= NOTICES_MAX);
    for (size_t i = 0; i < b->n_pending; i++) {
        size_t at = (b->first_pending + i) % b->conf.batches_max;
        const struct pending *p = &b->pending[at];

        n_waiting += p->n;
        if (p->ticket == 0)
            continue;
        HF_ASSERT(p->ticket > last);
        HF_ASSERT(p->n <= FRAME_BATCH_MAX);
        last = p->ticket;
    }
    HF_ASSERT(n_waiting == b->n_waiting);
    HF_ASSERT(n_waiting <= b->conf.waiting_max);
}

void
broker_check(const struct broker *b)
{
    HF_ASSERT(b->fx == NULL);
    check_boxes(b);
    check_rows(b);
    check_links(b);
    check_pending(b);
}
