#include "post.h"

#include <stdlib.h>

#include "check.h"
#include "net.h"
#include "post_internal.h"

#define TICKS_AT_ONCE 16
#define BOOT_MS       5000 /* the monotonic clock begins anywhere */
#define NOTICE_TTL_MS (14 * DAY_MS)

static void feed(struct world *w, struct post *p, struct broker_event *ev);
static void settle(struct world *w, struct post *p);

static void commit(struct world *w, struct task *t);

static void
begin_commit(struct world *w, struct post *p)
{
    struct task *t;

    if (p->n_group > 0 || p->n_jobs == 0)
        return;
    p->n_group = p->n_jobs;
    t = world_later(w, 1 + world_chance(w, world_odds(w, 20) ? 2000 : 15),
                    commit, p->index);
    t->incarnation = p->incarnation;
}

/* The first @n jobs leave the queue. */
static void
shift_jobs(struct post *p, size_t n)
{
    p->n_jobs -= n;
    memmove(p->job, p->job + n, p->n_jobs * sizeof(p->job[0]));
}

static void
commit(struct world *w, struct task *t)
{
    struct post *p = w->broker[t->who];
    const size_t n = p->n_group;
    struct post_job **group;
    const bool fails = world_odds(w, 200);

    if (t->incarnation != p->incarnation)
        return;
    group = calloc(n, sizeof(group[0]));
    HF_ASSERT(group != NULL);
    memcpy(group, p->job, n * sizeof(group[0]));
    shift_jobs(p, n);
    p->n_group = 0;
    for (size_t i = 0; i < n; i++) {
        if (group[i]->is_delete)
            post_delete(p, group[i]);
        else if (!fails)
            post_save(p, group[i]);
    }
    if (world_odds(w, 300)) /* durable, and nobody heard of it */
        post_crash(w, p);
    for (size_t i = 0; i < n; i++) {
        struct broker_event ev = {
            .type = BROKER_SAVED, .ticket = group[i]->ticket, .why = HF_ERR_IO};

        if (group[i]->is_delete)
            ev.type = BROKER_DELETED;
        else if (fails)
            ev.type = BROKER_SAVE_FAILED;
        if (p->is_up)
            feed(w, p, &ev);
        post_free_job(group[i]);
    }
    free(group);
    if (p->is_up)
        settle(w, p);
}

/* ---- effects ---- */

static unsigned
party_of(const struct post *p, uint64_t handle)
{
    for (size_t i = 0; i < POST_LINKS_MAX; i++)
        if (p->link[i].handle == handle)
            return p->link[i].party;
    return WORLD_PARTIES_MAX;
}

static void
send(struct world *w, struct post *p, uint64_t handle, struct hf_buf *frame)
{
    net_send(w, handle, w->n_nodes + p->index, hf_buf_bytes(frame));
    hf_buf_free(frame);
}

static void
do_custody(struct world *w, struct post *p, const struct broker_effect *fx)
{
    struct frame_custody f = {
        .batch = fx->batch, .broker = p->org, .at_ms = w->now_ms, .n = fx->n};
    const unsigned party = party_of(p, fx->link);
    struct hf_buf frame;

    for (size_t i = 0; i < fx->n; i++) {
        f.item[i].envelope = fx->codes[i].envelope;
        f.item[i].code = fx->codes[i].code;
        if (fx->codes[i].code == CUSTODY_TAKEN && party < w->n_nodes)
            ledger_custody(w, &fx->codes[i].envelope);
    }
    hf_buf_init(&frame, FRAME_BYTES_MAX);
    if (frame_custody(&frame, &f, w->broker_op[p->index]))
        send(w, p, fx->link, &frame);
    hf_buf_free(&frame);
}

static void
do_send(struct world *w, struct post *p, const struct broker_effect *fx)
{
    struct frame_deliver d = {.n = fx->n};
    struct frame_submit s = {.batch = fx->batch, .n = fx->n};
    struct hf_buf frame;
    bool ok;

    for (size_t i = 0; i < fx->n; i++)
        d.envelope[i] = s.envelope[i] = fx->envelopes[i];
    if (fx->type == BROKER_DO_DELIVER)
        memcpy(d.token, fx->tokens, fx->n * sizeof(d.token[0]));
    hf_buf_init(&frame, FRAME_BYTES_MAX);
    ok = fx->type == BROKER_DO_DELIVER ? frame_deliver(&frame, &d)
                                       : frame_submit(&frame, &s);
    HF_ASSERT(ok);
    send(w, p, fx->link, &frame);
}

static void
do_greet(struct world *w, struct post *p, uint64_t link)
{
    const struct frame_hello hello = {.is_broker = true, .registry_version = 1};
    struct hf_buf frame;

    hf_buf_init(&frame, FRAME_BYTES_MAX);
    HF_ASSERT(frame_hello(&frame, &hello));
    send(w, p, link, &frame);
}

static void
notice_made(struct world *w, struct task *t)
{
    struct post *p = w->broker[t->who];
    struct broker_item item = {.envelope = hf_buf_bytes(&t->data)};
    struct broker_event ev = {.type = BROKER_NOTICE_MADE,
                              .token = t->handle,
                              .items = &item,
                              .n_items = 1};

    if (t->incarnation != p->incarnation || !p->is_up)
        return;
    HF_ASSERT(envelope_peek(item.envelope, &item.h) == HF_OK);
    feed(w, p, &ev);
    settle(w, p);
}

static void
do_notice(struct world *w, struct post *p, const struct broker_effect *fx)
{
    struct envelope_header h = {.lane = LANE_URGENT,
                                .sender = p->org,
                                .recipient = fx->to,
                                .epoch = 1,
                                .seq = 1,
                                .created_ms = w->now_ms,
                                .expires_ms = w->now_ms + NOTICE_TTL_MS,
                                .registry_version = 1};
    struct task *t = world_later(w, 1, notice_made, p->index);

    t->incarnation = p->incarnation;
    t->handle = fx->token;
    world_random(w, h.id.b, HF_ID_BYTES);
    HF_ASSERT(notice_make(&h, w->broker_op[p->index], &fx->notice, &t->data) ==
              HF_OK);
    world_trace(w, "%s gives up %s for %s",
                world_name(w, w->n_nodes + p->index),
                world_id(&fx->notice.envelope), fx->notice.recipient.s);
}

static void
close_link(struct world *w, struct task *t)
{
    if (t->incarnation == w->broker[t->who]->incarnation)
        net_close(w, t->handle, w->n_nodes + t->who);
}

static void
do_close(struct world *w, struct post *p, uint64_t link)
{
    struct task *t = world_later(w, 1, close_link, p->index);

    t->incarnation = p->incarnation;
    t->handle = link;
}

static void
do_store(struct post *p, const struct broker_effect *fx)
{
    struct post_job *j = post_add_job(p, fx->ticket);

    j->is_delete = fx->type == BROKER_DO_DELETE;
    j->box = fx->box;
    j->lane = fx->lane;
    j->seq = fx->seq;
    j->keep = fx->keep;
    if (j->is_delete)
        return;
    j->n = fx->n;
    for (size_t i = 0; i < fx->n; i++) {
        j->put[i] = fx->puts[i];
        j->put[i].envelope = post_keep(fx->puts[i].envelope);
    }
}

static void
carry_out(struct world *w, struct post *p, const struct broker_effect *fx)
{
    switch (fx->type) {
    case BROKER_DO_SAVE:
    case BROKER_DO_DELETE:
        do_store(p, fx);
        break;
    case BROKER_DO_CUSTODY:
        do_custody(w, p, fx);
        break;
    case BROKER_DO_DELIVER:
    case BROKER_DO_SUBMIT:
        do_send(w, p, fx);
        break;
    case BROKER_DO_GREET:
        do_greet(w, p, fx->link);
        break;
    case BROKER_DO_NOTICE:
        do_notice(w, p, fx);
        break;
    case BROKER_DO_CLOSE:
        do_close(w, p, fx->link);
        break;
    case BROKER_DO_SAVE_SHELF:
    case BROKER_DO_BROADCAST:
    case BROKER_DO_SYNC:
    case BROKER_DO_INSTALL:
        world_fail(w, "a broker speaks of documents, and there are none");
        break;
    }
}

/* ---- events ---- */

static void
feed(struct world *w, struct post *p, struct broker_event *ev)
{
    ev->now_ms = BOOT_MS + w->now_ms - p->booted_ms;
    ev->wall_ms = w->now_ms;
    broker_step(p->core, ev, &p->fx);
    for (size_t i = 0; i < p->fx.n; i++)
        carry_out(w, p, &p->fx.v[i]);
    begin_commit(w, p);
}

static void
wake(struct world *w, struct task *t)
{
    struct post *p = w->broker[t->who];

    if (t->incarnation != p->incarnation || t->at_ms != p->wake_ms)
        return;
    p->wake_ms = 0;
    settle(w, p);
}

/* TICKs that are due now, and one in the heap for the next. */
static void
settle(struct world *w, struct post *p)
{
    struct broker_event tick = {.type = BROKER_TICK};
    uint64_t due = 0;
    struct task *t;

    for (int i = 0; i < TICKS_AT_ONCE; i++) {
        due = broker_wake_ms(p->core);
        if (due > BOOT_MS + w->now_ms - p->booted_ms)
            break;
        feed(w, p, &tick);
    }
    if (world_odds(w, 20))
        broker_check(p->core);
    due = due < BOOT_MS ? 0 : due - BOOT_MS + p->booted_ms;
    if (due <= w->now_ms)
        due = w->now_ms + 1;
    if (p->wake_ms != 0 && p->wake_ms <= due)
        return;
    p->wake_ms = due;
    t = world_later(w, due - w->now_ms, wake, p->index);
    t->incarnation = p->incarnation;
}

static struct broker_who
who_is(const struct world *w, unsigned party)
{
    struct broker_who who = {.is_broker = party >= w->n_nodes};

    who.id =
        who.is_broker ? w->broker[party - w->n_nodes]->org : w->org[party].id;
    return who;
}

void
post_link_up(struct world *w, struct post *p, uint64_t handle, unsigned party,
             bool is_outbound)
{
    struct broker_event ev = {.type = BROKER_LINK_UP,
                              .link = handle,
                              .who = who_is(w, party),
                              .is_outbound = is_outbound};
    size_t i = 0;

    while (i < POST_LINKS_MAX && p->link[i].handle != 0)
        i++;
    HF_ASSERT(i < POST_LINKS_MAX);
    p->link[i].handle = handle;
    p->link[i].party = party;
    feed(w, p, &ev);
    settle(w, p);
}

void
post_link_down(struct world *w, struct post *p, uint64_t handle)
{
    struct broker_event ev = {.type = BROKER_LINK_DOWN, .link = handle};

    for (size_t i = 0; i < POST_LINKS_MAX; i++)
        if (p->link[i].handle == handle)
            p->link[i].handle = 0;
    feed(w, p, &ev);
    settle(w, p);
}

static void
frame_in(struct world *w, struct post *p, struct hf_bytes frame,
         struct broker_event *ev)
{
    struct broker_item item[FRAME_BATCH_MAX];
    struct frame_submit submit;
    struct frame_ack ack;
    struct frame_custody custody;
    const unsigned party = party_of(p, ev->link);
    bool ok = true;

    memset(item, 0, sizeof(item));
    switch ((int)frame_type(frame)) {
    case FRAME_HELLO:
        ev->type = BROKER_HELLO;
        ok = frame_read_hello(frame, &ev->hello) == HF_OK;
        break;
    case FRAME_SUBMIT:
        ev->type = BROKER_SUBMIT;
        ok = frame_read_submit(frame, &submit) == HF_OK;
        ev->batch = submit.batch;
        ev->items = item;
        ev->n_items = submit.n;
        for (size_t i = 0; ok && i < submit.n; i++) {
            item[i].envelope = submit.envelope[i];
            item[i].is_malformed =
                envelope_peek(submit.envelope[i], &item[i].h) != HF_OK;
        }
        break;
    case FRAME_FETCH:
        ev->type = BROKER_FETCH;
        ok = frame_read_fetch(frame, &ev->credit) == HF_OK;
        break;
    case FRAME_ACK:
        ev->type = BROKER_ACK;
        ok = frame_read_ack(frame, &ack) == HF_OK;
        ev->ack = &ack;
        break;
    case FRAME_CUSTODY:
        ev->type = BROKER_CUSTODY;
        ok = party >= w->n_nodes && party < w->n_nodes + w->n_brokers &&
             frame_read_custody(frame, &custody) == HF_OK &&
             frame_verify_custody(
                 &custody, &w->registry.broker[party - w->n_nodes]);
        ev->custody = &custody;
        break;
    default:
        ok = false;
        break;
    }
    if (ok)
        feed(w, p, ev);
    else
        world_fail(w, "a frame that a broker cannot read");
}

void
post_frame(struct world *w, struct post *p, uint64_t handle,
           struct hf_bytes frame)
{
    struct broker_event ev = {.link = handle};

    frame_in(w, p, frame, &ev);
    settle(w, p);
}

/* ---- life ---- */

static void
load_boxes(struct world *w, struct post *p)
{
    for (size_t i = 0; i < p->n_held;) {
        struct broker_event ev = {.type = BROKER_LOADED_BOX,
                                  .who = p->held[i]->box};
        size_t j = i;

        for (; j < p->n_held && hf_org_eq(&p->held[j]->box.id, &ev.who.id) &&
               p->held[j]->box.is_broker == ev.who.is_broker;
             j++) {
            ev.count += p->held[j]->n;
            for (size_t k = 0; k < p->held[j]->n; k++)
                ev.bytes += p->held[j]->envelope[k].n;
        }
        feed(w, p, &ev);
        i = j;
    }
}

void
post_start(struct world *w, struct post *p)
{
    struct broker_conf conf = broker_conf_default(&p->org);
    struct broker_event ev = {.type = BROKER_REGISTRY,
                              .registry = &w->registry};

    HF_ASSERT(!p->is_up);
    conf.boxes_max = 2 * WORLD_PARTIES_MAX;
    conf.links_max = POST_LINKS_MAX;
    conf.rows_max = 64 * POST_LINKS_MAX;
    conf.batches_max = 128;
    p->is_up = true;
    p->booted_ms = w->now_ms;
    p->view = (struct broker_view){p, post_next_row};
    p->core = broker_new(&conf, &p->view);
    HF_ASSERT(p->core != NULL);
    world_trace(w, "%s starts with %zu rows",
                world_name(w, w->n_nodes + p->index), p->n_held);
    feed(w, p, &ev);
    load_boxes(w, p);
    settle(w, p);
    for (unsigned b = 0; b < w->n_brokers; b++)
        if (b != p->index)
            net_want(w, w->n_nodes + p->index, b);
}

static void
restart(struct world *w, struct task *t)
{
    struct post *p = w->broker[t->who];

    if (t->incarnation == p->incarnation)
        post_start(w, p);
}

void
post_crash(struct world *w, struct post *p)
{
    const size_t durable = world_chance(w, 2) == 0 ? p->n_group : 0;

    if (!p->is_up)
        return;
    world_trace(w, "%s crashes with %zu rows, %zu jobs",
                world_name(w, w->n_nodes + p->index), p->n_held, p->n_jobs);
    p->is_up = false;
    p->incarnation++;
    p->wake_ms = 0;
    memset(p->link, 0, sizeof(p->link));
    broker_free(p->core);
    p->core = NULL;
    for (size_t i = 0; i < p->n_jobs; i++) {
        if (i < durable && p->job[i]->is_delete)
            post_delete(p, p->job[i]);
        else if (i < durable)
            post_save(p, p->job[i]);
        post_free_job(p->job[i]);
    }
    p->n_jobs = p->n_group = 0;
    net_gone(w, w->n_nodes + p->index);
    ledger_check(w);
    world_later(w, 500 + world_chance(w, 5 * MINUTE_MS), restart, p->index)
        ->incarnation = p->incarnation;
}

struct post *
post_new(struct world *w, unsigned index)
{
    struct post *p = calloc(1, sizeof(*p));

    HF_ASSERT(p != NULL);
    p->index = index;
    p->org = w->registry.broker[index].id;
    p->incarnation = 1;
    return p;
}

void
post_free(struct post *p)
{
    broker_free(p->core);
    for (size_t i = 0; i < p->n_held; i++)
        post_free_row(p->held[i]);
    for (size_t i = 0; i < p->n_jobs; i++)
        post_free_job(p->job[i]);
    post_free_ids(p);
    free(p->held);
    free(p->job);
    free(p);
}

bool
post_is_up(const struct post *p)
{
    return p->is_up;
}
