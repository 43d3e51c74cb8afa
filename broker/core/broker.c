/*
 * broker.c - life of the state, dispatch of events, effects.
 */
#include "broker.h"

#include <stdlib.h>
#include <string.h>

#include "broker_internal.h"

struct broker_conf
broker_conf_default(const struct hf_org *self)
{
    return (struct broker_conf){
        .self = *self,
        .boxes_max = REGISTRY_ORGS_MAX + 2 * REGISTRY_BROKERS_MAX,
        .links_max = 1024,
        .rows_max = 65536,
        .batches_max = 4096,
        .waiting_max = 32768,
        .box_count_max = 1000000,
        .box_bytes_max = UINT64_C(4) << 30,
        .quota_count = 200000,
        .quota_bytes = UINT64_C(2) << 30,
        .quota_period_ms = 3600000,
        .restricted_count = 500,
        .resend_ms = 60000,
        .pause_ms = 5000,
        .sweep_ms = 60000,
        .forward_window = 1024,
    };
}

static bool
alloc_links(struct broker *b)
{
    size_t n = b->conf.links_max;

    b->links = calloc(n, sizeof(*b->links));
    b->out_pool = calloc(REGISTRY_BROKERS_MAX, sizeof(*b->out_pool));
    if (b->links == NULL || b->out_pool == NULL ||
        !broker_map_init(&b->by_handle, n))
        return false;
    for (size_t i = 0; i < REGISTRY_BROKERS_MAX; i++)
        b->out_pool[i].link = NONE;
    for (size_t i = 0; i < n; i++) {
        b->links[i].box = NONE;
        for (unsigned lane = 0; lane < BROKER_LANES; lane++)
            b->links[i].first[lane] = b->links[i].last[lane] = NONE;
        b->links[i].recents = calloc(1, sizeof(struct recents));
        if (b->links[i].recents == NULL)
            return false;
    }
    return true;
}

struct broker *
broker_new(const struct broker_conf *conf, const struct broker_view *view)
{
    struct broker *b = calloc(1, sizeof(*b));

    HF_ASSERT(conf->rows_max >= conf->links_max * LINK_ROWS_OWN);
    HF_ASSERT(conf->rows_max < (1u << 24));
    HF_ASSERT(conf->batches_max > 0);
    HF_ASSERT(conf->waiting_max >= FRAME_BATCH_MAX);
    if (b == NULL)
        return NULL;
    b->conf = *conf;
    b->view = *view;
    b->next_ticket = 1;
    b->next_serial = 1;
    b->active_first = NONE;
    b->active_last = NONE;
    b->free_row = NONE;
    b->out = (struct row_list){NONE, NONE};
    b->going = (struct row_list){NONE, NONE};
    b->boxes = calloc(conf->boxes_max, sizeof(*b->boxes));
    b->rows = calloc(conf->rows_max, sizeof(*b->rows));
    b->pending = calloc(conf->batches_max, sizeof(*b->pending));
    b->waiting = calloc(conf->waiting_max, sizeof(*b->waiting));
    b->sync_have = calloc((conf->boxes_max + 1) * (SHELF_SERVICES + 1),
                          sizeof(*b->sync_have));
    if (b->boxes == NULL || b->rows == NULL || b->pending == NULL ||
        b->waiting == NULL || b->sync_have == NULL || !alloc_links(b) ||
        !broker_map_init(&b->by_who, conf->boxes_max) ||
        !broker_map_init(&b->by_place, conf->rows_max)) {
        broker_free(b);
        return NULL;
    }
    return b;
}

void
broker_free(struct broker *b)
{
    if (b == NULL)
        return;
    for (size_t i = 0; b->links != NULL && i < b->conf.links_max; i++)
        free(b->links[i].recents);
    free(b->links);
    free(b->out_pool);
    free(b->boxes);
    free(b->rows);
    free(b->pending);
    free(b->waiting);
    free(b->sync_have);
    broker_map_clear(&b->by_who);
    broker_map_clear(&b->by_handle);
    broker_map_clear(&b->by_place);
    free(b);
}

size_t
broker_room(const struct broker *b)
{
    return BROKER_EFFECTS_MAX - b->fx->n;
}

struct broker_effect *
broker_ask(struct broker *b, enum broker_effect_type type)
{
    struct broker_effect *fx;

    HF_ASSERT(broker_room(b) > 0);
    fx = &b->fx->v[b->fx->n++];
    *fx = (struct broker_effect){.type = type};
    return fx;
}

uint64_t
broker_ticket(struct broker *b)
{
    return b->next_ticket++;
}

static void
tick(struct broker *b)
{
    broker_box_freshness(b);
    if (b->must_close)
        broker_link_close_unknown(b);
    broker_link_unpause(b);
    broker_row_resend_old(b);
    broker_expire_sweep(b);
    broker_send_pump(b);
}

/** Events that a link brings; all need one that is up. */
static void
step_link(struct broker *b, const struct broker_event *ev)
{
    uint32_t link = broker_link_find(b, ev->link);

    if (link == NONE)
        return; /* closed already: what it said last no longer counts */
    if (ev->type == BROKER_LINK_DOWN)
        broker_link_down(b, link);
    else if (ev->type == BROKER_HELLO)
        broker_link_hello(b, link, &ev->hello);
    else if (ev->type == BROKER_SUBMIT)
        broker_submit(b, link, ev);
    else if (ev->type == BROKER_FETCH)
        broker_link_fetch(b, link, ev->credit);
    else if (ev->type == BROKER_ACK)
        broker_send_ack(b, link, ev->ack);
    else if (ev->type == BROKER_CUSTODY)
        broker_send_custody(b, link, ev->custody);
    else if (ev->type == BROKER_SYNC) {
        struct broker_effect *fx = broker_ask(b, BROKER_DO_SYNC);

        fx->link = ev->link;
        fx->haves = ev->haves;
    }
}

static void
step_store(struct broker *b, const struct broker_event *ev)
{
    bool is_saved = ev->type == BROKER_SAVED;

    if (!broker_shelf_done(b, ev->ticket, is_saved))
        broker_submit_done(b, ev->ticket, is_saved);
}

static void
loaded_box(struct broker *b, const struct broker_event *ev)
{
    uint32_t box = broker_box_need(b, &ev->who);

    if (box == NONE)
        return;
    b->boxes[box].count += (int64_t)ev->count;
    b->boxes[box].bytes += (int64_t)ev->bytes;
    for (unsigned lane = 0; lane < BROKER_LANES; lane++)
        broker_link_ready(b, box, lane);
}

static void
dispatch(struct broker *b, const struct broker_event *ev)
{
    switch (ev->type) {
    case BROKER_TICK:
        tick(b);
        break;
    case BROKER_LINK_UP:
        broker_link_up(b, ev);
        break;
    case BROKER_LINK_DOWN:
    case BROKER_HELLO:
    case BROKER_SUBMIT:
    case BROKER_FETCH:
    case BROKER_ACK:
    case BROKER_CUSTODY:
    case BROKER_SYNC:
        step_link(b, ev);
        break;
    case BROKER_SHELF:
        broker_shelf_offer(b, ev);
        break;
    case BROKER_NOTICE_MADE:
        broker_submit_notice(b, ev);
        break;
    case BROKER_SAVED:
    case BROKER_SAVE_FAILED:
        step_store(b, ev);
        break;
    case BROKER_DELETED:
        broker_row_deleted(b, ev->ticket);
        break;
    case BROKER_LOADED_BOX:
        loaded_box(b, ev);
        break;
    case BROKER_LOADED_DOC:
        broker_shelf_loaded(b, ev->doc);
        break;
    case BROKER_REGISTRY:
        broker_box_registry(b, ev->registry);
        break;
    case BROKER_DRAIN:
        b->is_draining = true;
        break;
    }
}

void
broker_step(struct broker *b, const struct broker_event *ev,
            struct broker_effects *ret_effects)
{
    ret_effects->n = 0;
    b->fx = ret_effects;
    b->n_frames = 0;
    b->now_ms = ev->now_ms;
    b->wall_ms = ev->wall_ms;
    dispatch(b, ev);
    b->fx = NULL;
}

uint64_t
broker_wake_ms(const struct broker *b)
{
    uint64_t wake = b->sweep_at_ms;

    if (b->active_first != NONE || b->must_close)
        return 0;
    if (b->out.first != NONE) {
        uint64_t due = b->rows[b->out.first].sent_ms + b->conf.resend_ms;

        if (due < wake)
            wake = due;
    }
    for (size_t i = 0; i < b->conf.links_max; i++) {
        const struct link *l = &b->links[i];

        if (l->handle != 0 && l->paused_until_ms > b->now_ms &&
            l->paused_until_ms < wake)
            wake = l->paused_until_ms;
    }
    return wake;
}

void
broker_stats(const struct broker *b, struct broker_stats *ret_stats)
{
    struct broker_stats s = {
        .n_rows_out = b->n_rows,
        .n_taken = b->n_taken,
        .n_refused = b->n_refused,
        .n_delivered = b->n_delivered,
        .n_expired = b->n_expired,
        .is_stale = b->is_stale,
        .is_draining = b->is_draining,
    };

    if (b->registry != NULL)
        s.registry_version = registry_latest(b->registry);
    for (size_t i = 0; i < b->conf.links_max; i++)
        s.n_links += b->links[i].handle != 0;
    for (size_t i = 0; i < b->n_boxes; i++) {
        if (b->boxes[i].count <= 0)
            continue;
        s.n_boxes++;
        s.n_queued += (uint64_t)b->boxes[i].count;
        if (b->boxes[i].bytes > 0)
            s.queued_bytes += (uint64_t)b->boxes[i].bytes;
    }
    *ret_stats = s;
}

bool
broker_next_box(const struct broker *b, size_t *cursor,
                struct broker_who *ret_who, uint64_t *ret_count)
{
    while (*cursor < b->n_boxes) {
        const struct box *x = &b->boxes[(*cursor)++];

        if (x->count > 0) {
            *ret_who = x->who;
            *ret_count = (uint64_t)x->count;
            return true;
        }
    }
    return false;
}
