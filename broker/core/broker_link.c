/*
 * broker_link.c - connections, and the queues of mailboxes that each of them
 * fetches: one a lane, served in turn, so that no mailbox starves another.
 */
#include "broker_internal.h"

uint32_t
broker_link_find(const struct broker *b, uint64_t handle)
{
    uint32_t i = broker_map_first(&b->by_handle, broker_map_mix(handle));

    while (i != BROKER_MAP_END && b->links[i].handle != handle)
        i = broker_map_next(&b->by_handle, i);
    return i == BROKER_MAP_END ? NONE : i;
}

uint64_t
broker_handle(const struct broker *b, const struct broker_who *who)
{
    uint32_t box = broker_box_find(b, who);

    if (box == NONE || b->boxes[box].link_in == NONE)
        return 0;
    return b->links[b->boxes[box].link_in].handle;
}

uint64_t
broker_next_link(const struct broker *b, size_t *cursor)
{
    while (*cursor < b->conf.links_max) {
        uint64_t handle = b->links[(*cursor)++].handle;

        if (handle != 0)
            return handle;
    }
    return 0;
}

static void
clear_queues(struct broker *b, struct link *l)
{
    for (unsigned lane = 0; lane < BROKER_LANES; lane++) {
        uint32_t box = l->first[lane];

        while (box != NONE) {
            struct box_lane *x = &b->boxes[box].lane[lane];

            box = x->next;
            x->is_queued = false;
            x->next = NONE;
        }
        l->first[lane] = NONE;
        l->last[lane] = NONE;
    }
}

static void
close_link(struct broker *b, uint64_t handle, enum hf_err why)
{
    struct broker_effect *fx = broker_ask(b, BROKER_DO_CLOSE);

    fx->link = handle;
    fx->why = why;
}

/** A slot for a user that has none: unused, or the one down longest. */
static uint32_t
choose_slot(const struct broker *b)
{
    uint32_t found = NONE;

    for (uint32_t i = 0; i < b->conf.links_max; i++) {
        const struct link *l = &b->links[i];

        if (l->handle != 0)
            continue;
        if (l->box == NONE)
            return i;
        if (found == NONE || l->up_at < b->links[found].up_at)
            found = i;
    }
    return found;
}

static uint32_t
slot_for(struct broker *b, uint32_t box, bool is_outbound)
{
    struct box *x = &b->boxes[box];
    uint32_t *at = is_outbound ? &x->link_out : &x->link_in;
    struct link *l;

    if (*at != NONE)
        return *at;
    *at = choose_slot(b);
    if (*at == NONE)
        return NONE;
    l = &b->links[*at];
    if (l->box != NONE) { /* forget whose it was */
        struct box *old = &b->boxes[l->box];

        *(l->is_outbound ? &old->link_out : &old->link_in) = NONE;
        if (l->out != NULL)
            l->out->link = NONE;
        l->out = NULL;
        memset(l->recents, 0, sizeof(*l->recents));
    }
    l->box = box;
    return *at;
}

/** Room for what an outbound link has submitted; kept with its slot. */
static bool
take_batches(struct broker *b, uint32_t link)
{
    struct link *l = &b->links[link];

    for (size_t i = 0; l->out == NULL && i < REGISTRY_BROKERS_MAX; i++)
        if (b->out_pool[i].link == NONE)
            l->out = &b->out_pool[i];
    if (l->out == NULL)
        return false;
    memset(l->out, 0, sizeof(*l->out));
    l->out->link = link;
    return true;
}

void
broker_link_up(struct broker *b, const struct broker_event *ev)
{
    uint32_t box = broker_box_find(b, &ev->who);
    uint32_t i;
    struct link *l;

    HF_ASSERT(ev->link != 0);
    if (box == NONE || b->boxes[box].standing == BOX_UNKNOWN ||
        (ev->is_outbound && !ev->who.is_broker)) {
        close_link(b, ev->link, HF_ERR_FORBIDDEN);
        return;
    }
    i = slot_for(b, box, ev->is_outbound);
    if (i == NONE) {
        close_link(b, ev->link, HF_ERR_LIMIT);
        return;
    }
    l = &b->links[i];
    if (l->handle == ev->link)
        return;
    if (l->handle != 0) { /* the newer connection is the live one */
        close_link(b, l->handle, HF_ERR_EXISTS);
        broker_link_down(b, i);
    }
    if (ev->is_outbound && !take_batches(b, i)) {
        close_link(b, ev->link, HF_ERR_LIMIT);
        return;
    }
    l->is_outbound = ev->is_outbound;
    l->handle = ev->link;
    l->up_at = b->next_serial++;
    l->window = ev->is_outbound ? b->conf.forward_window : 0;
    l->paused_until_ms = 0;
    for (unsigned lane = 0; lane < BROKER_LANES; lane++)
        l->first[lane] = l->last[lane] = NONE;
    broker_map_add(&b->by_handle, broker_map_mix(l->handle), i);
    if (ev->is_outbound)
        broker_ask(b, BROKER_DO_GREET)->link = l->handle;
    broker_link_ready_all(b, i);
}

void
broker_link_down(struct broker *b, uint32_t link)
{
    struct link *l = &b->links[link];

    for (uint32_t i = 0; i < b->n_rows_used; i++)
        if (b->rows[i].link == link && b->rows[i].state != ROW_FREE)
            broker_row_abandon(b, i);
    HF_ASSERT(l->n_rows == 0);
    clear_queues(b, l);
    broker_map_remove(&b->by_handle, broker_map_mix(l->handle), link);
    l->handle = 0;
    l->window = 0;
    l->n_out = 0;
    l->n_pending = 0;
    for (size_t i = 0; l->out != NULL && i < OUT_BATCHES; i++)
        l->out->v[i].number = 0;
}

void
broker_link_hello(struct broker *b, uint32_t link,
                  const struct frame_hello *hello)
{
    const struct link *l = &b->links[link];

    /* What it is, the handshake has said; a link that says otherwise is
     * wrongly set up, and better told than half served. */
    if (hello->is_broker != b->boxes[l->box].who.is_broker) {
        close_link(b, l->handle, HF_ERR_FORBIDDEN);
        broker_link_down(b, link);
    }
}

void
broker_link_fetch(struct broker *b, uint32_t link, uint32_t credit)
{
    struct link *l = &b->links[link];

    if (l->is_outbound || b->boxes[l->box].who.is_broker)
        return; /* a peer broker is sent to over our link to it */
    l->window = credit < FRAME_CREDIT_MAX ? credit : FRAME_CREDIT_MAX;
    broker_link_wake(b, link);
}

bool
broker_link_has_work(const struct broker *b, uint32_t link)
{
    const struct link *l = &b->links[link];

    if (l->handle == 0 || l->n_out >= l->window ||
        l->paused_until_ms > b->now_ms)
        return false;
    for (unsigned lane = 0; lane < BROKER_LANES; lane++)
        if (l->first[lane] != NONE)
            return true;
    return false;
}

void
broker_link_wake(struct broker *b, uint32_t link)
{
    struct link *l = &b->links[link];

    if (l->is_active || !broker_link_has_work(b, link))
        return;
    l->is_active = true;
    l->next_active = NONE;
    if (b->active_last == NONE)
        b->active_first = link;
    else
        b->links[b->active_last].next_active = link;
    b->active_last = link;
}

void
broker_link_unpause(struct broker *b)
{
    for (uint32_t i = 0; i < b->conf.links_max; i++) {
        struct link *l = &b->links[i];

        if (l->handle == 0 || l->paused_until_ms == 0 ||
            l->paused_until_ms > b->now_ms)
            continue;
        l->paused_until_ms = 0;
        broker_link_wake(b, i);
    }
}

uint32_t
broker_link_take_active(struct broker *b)
{
    uint32_t link = b->active_first;

    if (link == NONE)
        return NONE;
    b->active_first = b->links[link].next_active;
    if (b->active_first == NONE)
        b->active_last = NONE;
    b->links[link].is_active = false;
    return link;
}

/** Whether this lane may be fetched at all. */
static bool
is_open(const struct box *x, unsigned lane)
{
    return x->standing == BOX_ACTIVE ||
           (x->standing == BOX_RESTRICTED && lane == LANE_URGENT);
}

void
broker_link_ready(struct broker *b, uint32_t box, unsigned lane)
{
    struct box_lane *x = &b->boxes[box].lane[lane];
    uint32_t link = broker_box_fetcher(b, box);
    struct link *l;

    if (link == NONE || !is_open(&b->boxes[box], lane))
        return;
    if (!x->is_queued) {
        l = &b->links[link];
        x->is_queued = true;
        x->next = NONE;
        if (l->last[lane] == NONE)
            l->first[lane] = box;
        else
            b->boxes[l->last[lane]].lane[lane].next = box;
        l->last[lane] = box;
    }
    broker_link_wake(b, link);
}

uint32_t
broker_link_pop(struct broker *b, uint32_t link, unsigned lane)
{
    struct link *l = &b->links[link];
    uint32_t box = l->first[lane];
    struct box_lane *x;

    if (box == NONE)
        return NONE;
    x = &b->boxes[box].lane[lane];
    HF_ASSERT(x->is_queued);
    l->first[lane] = x->next;
    if (l->first[lane] == NONE)
        l->last[lane] = NONE;
    x->is_queued = false;
    x->next = NONE;
    return box;
}

void
broker_link_ready_all(struct broker *b, uint32_t link)
{
    for (uint32_t box = 0; box < b->n_boxes; box++) {
        if (broker_box_fetcher(b, box) != link)
            continue;
        for (unsigned lane = 0; lane < BROKER_LANES; lane++)
            broker_link_ready(b, box, lane);
    }
}

void
broker_link_requeue(struct broker *b)
{
    for (uint32_t i = 0; i < b->conf.links_max; i++)
        if (b->links[i].handle != 0)
            clear_queues(b, &b->links[i]);
    for (uint32_t box = 0; box < b->n_boxes; box++)
        for (unsigned lane = 0; lane < BROKER_LANES; lane++)
            broker_link_ready(b, box, lane);
}

void
broker_link_close_unknown(struct broker *b)
{
    b->must_close = false;
    for (uint32_t i = 0; i < b->conf.links_max; i++) {
        const struct link *l = &b->links[i];

        if (l->handle == 0 || b->boxes[l->box].standing != BOX_UNKNOWN)
            continue;
        if (broker_room(b) < BROKER_EFFECTS_MAX / 2) {
            b->must_close = true; /* the rest at the next TICK */
            return;
        }
        close_link(b, l->handle, HF_ERR_FORBIDDEN);
        broker_link_down(b, i);
    }
}
