/*
 * broker_row.c - rows on their way: who has them, what of them is unanswered,
 * and their end.
 *
 * A token names a row's place in the table, how often that place was used,
 * and the envelope: | generation 32 | place 24 | envelope 8 |.
 */
#include "broker_internal.h"

static uint64_t
bit(unsigned i)
{
    HF_ASSERT(i < BROKER_ROW_MAX);
    return UINT64_C(1) << i;
}

static uint64_t
all_of(unsigned n)
{
    HF_ASSERT(n > 0);
    return n == 64 ? UINT64_MAX : (UINT64_C(1) << n) - 1;
}

static unsigned
count(uint64_t mask)
{
    return (unsigned)__builtin_popcountll(mask);
}

static uint64_t
hash_place(uint32_t box, unsigned lane, uint64_t seq)
{
    return broker_map_mix(seq ^ broker_map_mix((uint64_t)box << 2 | lane));
}

static void
list_add(struct broker *b, struct row_list *list, uint32_t i)
{
    struct row *r = &b->rows[i];

    r->next = NONE;
    r->prev = list->last;
    if (list->last == NONE)
        list->first = i;
    else
        b->rows[list->last].next = i;
    list->last = i;
}

static void
list_remove(struct broker *b, struct row_list *list, uint32_t i)
{
    struct row *r = &b->rows[i];

    *(r->prev == NONE ? &list->first : &b->rows[r->prev].next) = r->next;
    *(r->next == NONE ? &list->last : &b->rows[r->next].prev) = r->prev;
}

uint32_t
broker_row_find(const struct broker *b, uint32_t box, unsigned lane,
                uint64_t seq)
{
    uint32_t i = broker_map_first(&b->by_place, hash_place(box, lane, seq));

    for (; i != BROKER_MAP_END; i = broker_map_next(&b->by_place, i)) {
        const struct row *r = &b->rows[i];

        if (r->seq == seq && r->box == box && r->lane == lane)
            return i;
    }
    return NONE;
}

static uint32_t
take_place(struct broker *b)
{
    uint32_t i = b->free_row;

    if (i != NONE)
        b->free_row = b->rows[i].next;
    else if (b->n_rows_used < b->conf.rows_max)
        i = b->n_rows_used++;
    return i;
}

uint32_t
broker_row_new(struct broker *b, uint32_t box, unsigned lane,
               const struct broker_row *v, uint32_t link)
{
    size_t shared_max = b->conf.rows_max - b->conf.links_max * LINK_ROWS_OWN;
    bool is_own = link != NONE && b->links[link].n_rows < LINK_ROWS_OWN;
    uint32_t generation;
    uint32_t i;
    struct row *r;

    HF_ASSERT(broker_row_find(b, box, lane, v->seq) == NONE);
    if (!is_own && b->n_shared_rows >= shared_max)
        return NONE;
    i = take_place(b);
    if (i == NONE)
        return NONE;
    r = &b->rows[i];
    generation = r->generation + 1;
    *r = (struct row){.state = ROW_OUT,
                      .lane = (uint8_t)lane,
                      .n = v->n,
                      .is_shared = !is_own,
                      .generation = generation,
                      .box = box,
                      .link = link,
                      .seq = v->seq,
                      .left = all_of(v->n),
                      .bytes = v->bytes,
                      .sent_ms = b->now_ms,
                      .next_resend = NONE};
    b->n_rows++;
    if (is_own)
        b->links[link].n_rows++;
    else
        b->n_shared_rows++;
    broker_map_add(&b->by_place, hash_place(box, lane, v->seq), i);
    list_add(b, &b->out, i);
    return i;
}

uint64_t
broker_row_token(const struct broker *b, uint32_t row, unsigned i)
{
    return (uint64_t)b->rows[row].generation << 32 | (uint64_t)row << 8 | i;
}

bool
broker_row_of(const struct broker *b, uint64_t token, uint32_t *ret_row,
              unsigned *ret_i)
{
    uint32_t place = (uint32_t)(token >> 8) & 0xffffff;
    unsigned i = (unsigned)token & 0xff;
    const struct row *r;

    if (place >= b->n_rows_used)
        return false;
    r = &b->rows[place];
    if (r->state != ROW_OUT || r->generation != token >> 32 || i >= r->n ||
        (r->left & bit(i)) == 0)
        return false;
    *ret_row = place;
    *ret_i = i;
    return true;
}

void
broker_row_unqueue(struct broker *b, uint32_t row)
{
    struct row *r = &b->rows[row];
    uint32_t *at = &b->boxes[r->box].lane[r->lane].resend;

    if (!r->is_resend)
        return;
    while (*at != row)
        at = &b->rows[*at].next_resend;
    *at = r->next_resend;
    r->next_resend = NONE;
    r->is_resend = false;
}

/** Its share goes back to the link or the pool. */
static void
disown(struct broker *b, struct row *r)
{
    if (!r->is_shared) {
        HF_ASSERT(b->links[r->link].n_rows > 0);
        b->links[r->link].n_rows--;
    } else {
        HF_ASSERT(b->n_shared_rows > 0);
        b->n_shared_rows--;
    }
}

static void
release(struct broker *b, uint32_t row)
{
    struct row *r = &b->rows[row];

    broker_row_unqueue(b, row);
    disown(b, r);
    broker_map_remove(&b->by_place, hash_place(r->box, r->lane, r->seq), row);
    HF_ASSERT(b->n_rows > 0);
    b->n_rows--;
    r->state = ROW_FREE;
    r->link = NONE;
    r->next = b->free_row;
    b->free_row = row;
}

/** What was sent and is unanswered counts against its link's credit. */
static uint64_t
on_the_way(const struct row *r)
{
    return r->left & ~r->unsent & ~r->noticed;
}

static void
ask_delete(struct broker *b, uint32_t row, uint64_t keep)
{
    struct row *r = &b->rows[row];
    struct box *x = &b->boxes[r->box];
    struct broker_effect *fx = broker_ask(b, BROKER_DO_DELETE);
    unsigned n_kept = keep == 0 ? 0 : count(keep);

    broker_row_unqueue(b, row);
    list_remove(b, &b->out, row);
    r->state = ROW_GOING;
    r->ticket = broker_ticket(b);
    list_add(b, &b->going, row);
    x->count -= r->n - n_kept;
    x->bytes -= keep == 0 ? r->bytes : r->trimmed;
    fx->ticket = r->ticket;
    fx->box = x->who;
    fx->lane = r->lane;
    fx->seq = r->seq;
    fx->keep = keep;
}

void
broker_row_settle(struct broker *b, uint32_t row, unsigned i)
{
    struct row *r = &b->rows[row];

    HF_ASSERT(r->state == ROW_OUT);
    HF_ASSERT((r->left & bit(i)) != 0);
    if (r->link != NONE && (on_the_way(r) & bit(i)) != 0) {
        HF_ASSERT(b->links[r->link].n_out > 0);
        b->links[r->link].n_out--;
        broker_link_wake(b, r->link);
    }
    r->left &= ~bit(i);
    r->unsent &= ~bit(i);
    r->noticed &= ~bit(i);
    if (r->left == 0)
        ask_delete(b, row, 0);
    else if (r->link == NONE && r->noticed == 0)
        ask_delete(b, row, r->left); /* it was out for the notices only */
}

void
broker_row_queue(struct broker *b, uint32_t row)
{
    struct row *r = &b->rows[row];
    struct box_lane *x = &b->boxes[r->box].lane[r->lane];

    HF_ASSERT(r->state == ROW_OUT);
    if (!r->is_resend) {
        r->is_resend = true;
        r->next_resend = x->resend;
        x->resend = row;
    }
    broker_link_ready(b, r->box, r->lane);
}

void
broker_row_notice(struct broker *b, uint32_t row, unsigned i, size_t bytes)
{
    struct row *r = &b->rows[row];

    HF_ASSERT((r->left & ~r->noticed & bit(i)) != 0);
    if (r->link != NONE && (on_the_way(r) & bit(i)) != 0) {
        HF_ASSERT(b->links[r->link].n_out > 0);
        b->links[r->link].n_out--;
        broker_link_wake(b, r->link);
    }
    r->noticed |= bit(i);
    r->unsent &= ~bit(i);
    r->trimmed += (uint32_t)bytes;
}

void
broker_row_retry(struct broker *b, uint32_t row, unsigned i)
{
    struct row *r = &b->rows[row];

    if (r->link == NONE || (on_the_way(r) & bit(i)) == 0)
        return;
    HF_ASSERT(b->links[r->link].n_out > 0);
    b->links[r->link].n_out--;
    r->unsent |= bit(i);
    broker_row_queue(b, row);
}

void
broker_row_sent(struct broker *b, uint32_t row, uint64_t mask)
{
    struct row *r = &b->rows[row];

    HF_ASSERT(r->link != NONE);
    HF_ASSERT((mask & r->left) == mask);
    r->unsent &= ~mask;
    b->links[r->link].n_out += count(mask);
    r->sent_ms = b->now_ms;
    list_remove(b, &b->out, row);
    list_add(b, &b->out, row);
}

void
broker_row_abandon(struct broker *b, uint32_t row)
{
    struct row *r = &b->rows[row];
    struct box_lane *x = &b->boxes[r->box].lane[r->lane];

    HF_ASSERT(r->state != ROW_FREE);
    if (r->state == ROW_GOING) { /* only its link goes; it ends by itself */
        disown(b, r);
        r->is_shared = true;
        b->n_shared_rows++;
        r->link = NONE;
        return;
    }
    if (r->link != NONE) {
        HF_ASSERT(b->links[r->link].n_out >= count(on_the_way(r)));
        b->links[r->link].n_out -= count(on_the_way(r));
    }
    if (x->cursor >= r->seq)
        x->cursor = r->seq - 1;
    list_remove(b, &b->out, row);
    release(b, row);
}

void
broker_row_deleted(struct broker *b, uint64_t ticket)
{
    while (b->going.first != NONE && b->rows[b->going.first].ticket <= ticket) {
        uint32_t row = b->going.first;
        struct row *r = &b->rows[row];
        struct box_lane *x = &b->boxes[r->box].lane[r->lane];

        list_remove(b, &b->going, row);
        if (r->left != 0 && x->cursor >= r->seq) {
            x->cursor = r->seq - 1; /* what was kept is to be read again */
            broker_link_ready(b, r->box, r->lane);
        }
        release(b, row);
    }
    if (!b->is_starved)
        return;
    b->is_starved = false;
    for (uint32_t i = 0; i < b->conf.links_max; i++)
        broker_link_wake(b, i);
}

void
broker_row_resend_old(struct broker *b)
{
    while (b->out.first != NONE) {
        uint32_t row = b->out.first;
        struct row *r = &b->rows[row];

        if (b->now_ms < r->sent_ms + b->conf.resend_ms)
            break;
        r->sent_ms = b->now_ms;
        list_remove(b, &b->out, row);
        list_add(b, &b->out, row);
        if (r->link == NONE || broker_box_fetcher(b, r->box) != r->link) {
            uint32_t box = r->box;
            unsigned lane = r->lane;

            /* Its notices got lost, or somebody else fetches it now. */
            broker_row_abandon(b, row);
            broker_link_ready(b, box, lane);
            continue;
        }
        b->links[r->link].n_out -= count(on_the_way(r));
        r->unsent = r->left & ~r->noticed;
        if (r->unsent != 0)
            broker_row_queue(b, row);
    }
}
