#include "knot.h"

#include <stdlib.h>

#include "check.h"
#include "frame.h"
#include "hf_assert.h"
#include "net.h"
#include "people.h"
#include "seal.h"
#include "streams.h"

#define PENDING_MAX  4096
#define RESUBMIT_MS  MINUTE_MS
#define FLUSH_MS     (20 * SECOND_MS)
#define CREDIT       32
#define BATCH_MAX    8
#define PREKEY_MS    (30 * DAY_MS)
#define QUEUE_MAX    512

/* An event that waits for its batch. */
struct job {
    struct node_event ev; /* without what it points to */
    struct order *order;  /* COMMAND */
    struct hf_buf bytes;  /* CONTENT: the envelope */
    uint64_t handle;      /* of the connection to acknowledge on */
    uint64_t token;
    unsigned from;        /* SERVICES */
    struct job *next;
};

/* A sealed envelope that no broker has taken yet. */
struct pending {
    struct hf_id id;
    uint64_t handle; /* sent over this connection; 0: not */
    uint64_t sent_ms;
};

/* Tokens to acknowledge once what they stand for is committed. */
struct owed {
    uint64_t handle;
    uint64_t token;
    struct hf_id envelope;
};

struct knot {
    unsigned index;
    struct hf_org org;
    struct disk *disk;
    struct disk *backup;
    struct node_config config;
    struct node_crypto crypto;
    struct node_env env;
    struct world *world;
    bool is_up;
    bool is_busy;      /* a batch waits for its commit */
    bool must_restore; /* RESTORED has not been committed yet */
    unsigned rollbacks;
    uint64_t incarnation;
    int64_t skew_ms;
    bool meets[WORLD_NODES];
    struct job *first, **last;
    size_t n_jobs;
    uint64_t wake_ms;
    bool tick_queued;
    struct {
        uint64_t handle;
        unsigned broker;
    } link[WORLD_BROKERS];
    struct pending pending[PENDING_MAX];
    size_t n_pending;
    struct owed owed[BATCH_MAX];
    size_t n_owed;
    struct job *done[BATCH_MAX]; /* of the running batch */
    size_t n_done;
    struct content content;
    struct node_effects *out;
};

/* ---- keys: a hash under the organisation's name signs ---- */

static void
hash(void *ctx, const char *label, const struct hf_bytes *spans, size_t n,
     struct hf_hash *ret)
{
    (void)ctx;
    hf_hash(label, spans, n, ret);
}

static void
sign_as(const struct hf_org *org, const char *label,
        const struct hf_bytes *spans, size_t n, uint8_t ret[static 64])
{
    uint8_t key[HF_KEY_BYTES];
    struct hf_hash h;

    memcpy(key, org->s, HF_KEY_BYTES);
    hf_hash_keyed(key, label, spans, n, &h);
    memcpy(ret, h.b, HF_HASH_BYTES);
    memcpy(ret + HF_HASH_BYTES, h.b, HF_HASH_BYTES);
}

static void
index_hash(void *ctx, const char *label, const struct hf_bytes *spans,
           size_t n, struct hf_hash *ret)
{
    const struct knot *k = ctx;
    uint8_t sig[64];

    sign_as(&k->org, label, spans, n, sig);
    memcpy(ret->b, sig, HF_HASH_BYTES);
}

static void
sign(void *ctx, const char *label, const struct hf_bytes *spans, size_t n,
     uint8_t ret_sig[static 64])
{
    const struct knot *k = ctx;

    sign_as(&k->org, label, spans, n, ret_sig);
}

static bool
is_signed(const struct content_entry *ce)
{
    struct entry e;
    uint8_t sig[64];

    if (entry_unpack(ce->bytes, &e) != HF_OK)
        return false;
    sign_as(&e.author, ENTRY_LABEL, &ce->bytes, 1, sig);
    return ce->sig.n == sizeof(sig) &&
           memcmp(ce->sig.p, sig, sizeof(sig)) == 0;
}

static uint64_t
peer_until(void *ctx, const struct hf_org *peer)
{
    const struct knot *k = ctx;
    const unsigned i = world_org_index(k->world, peer);

    if (i >= WORLD_NODES || !k->meets[i])
        return 0;
    return knot_now(k->world, k) + PREKEY_MS;
}

/* ---- the queue ---- */

static void run_batch(struct world *w, struct knot *k);

static void
free_job(struct job *j)
{
    free(j->order);
    hf_buf_free(&j->bytes);
    free(j);
}

static struct job *
push_job(struct knot *k, enum node_event_type type)
{
    struct job *j = calloc(1, sizeof(*j));

    HF_ASSERT(j != NULL);
    j->ev.type = type;
    hf_buf_init(&j->bytes, FRAME_BYTES_MAX);
    *k->last = j;
    k->last = &j->next;
    k->n_jobs++;
    return j;
}

static struct job *
pop_job(struct knot *k)
{
    struct job *j = k->first;

    if (j == NULL)
        return NULL;
    k->first = j->next;
    if (k->first == NULL)
        k->last = &k->first;
    k->n_jobs--;
    return j;
}

static void
push_tick(struct knot *k)
{
    if (k->tick_queued)
        return;
    k->tick_queued = true;
    push_job(k, NODE_EV_TICK);
}

static void
wake(struct world *w, struct task *t)
{
    struct knot *k = w->node[t->who];

    if (t->incarnation != k->incarnation || t->at_ms != k->wake_ms)
        return;
    k->wake_ms = 0;
    push_tick(k);
    run_batch(w, k);
}

/* When its own clock says so; never at once, so that time passes. */
static void
wake_later(struct world *w, struct knot *k)
{
    uint64_t due = node_wake_ms(&k->env);
    struct task *t;

    if (due == UINT64_MAX || k->tick_queued)
        return;
    due = (uint64_t)((int64_t)due - k->skew_ms);
    if (due <= w->now_ms)
        due = w->now_ms + 1;
    if (k->wake_ms != 0 && k->wake_ms <= due)
        return;
    k->wake_ms = due;
    t = world_later(w, due - w->now_ms, wake, k->index);
    t->incarnation = k->incarnation;
}

/* ---- one step ---- */

static void
say_content(struct world *w, const struct knot *k, const struct job *j)
{
    static const char *const words[] = {"", "push", "ask", "receipt",
                                        "figures"};
    static const struct hf_id none;
    const struct content *c = &k->content;
    const struct hf_id *object =
        c->type == CONTENT_PUSH  ? &c->u.push.object
        : c->type == CONTENT_ASK ? &c->u.ask.object
        : c->type == CONTENT_RECEIPT && c->u.receipts.n > 0
            ? &c->u.receipts.item[0].object
            : &none;

    world_trace(w, "%s gets %s: %s of %s from %s", world_name(w, k->index),
                world_id(&j->ev.header.id), words[c->type], world_id(object),
                j->ev.header.sender.s);
}

/* What arrived, opened; false: nothing the core should hear of. */
static bool
open_job(struct world *w, struct knot *k, struct job *j)
{
    const struct hf_bytes in = hf_buf_bytes(&j->bytes);
    struct content_push *push = &k->content.u.push;
    struct notice notice;

    if (envelope_peek(in, &j->ev.header) != HF_OK)
        return false;
    if (j->ev.header.suite == SUITE_NOTICE) {
        const unsigned b = hf_org_eq(&j->ev.header.sender,
                                     &w->registry.broker[0].id) ? 0 : 1;

        if (notice_read(in, w->registry.broker[b].op_pk, &notice) != HF_OK)
            return false;
        j->ev.type = NODE_EV_NOTICE;
        j->ev.broker = j->ev.header.sender;
        j->ev.header.id = notice.envelope;
        return true;
    }
    if (j->ev.type == NODE_EV_UNOPENABLE) {
        world_trace(w, "%s cannot open %s", world_name(w, k->index),
                    world_id(&j->ev.header.id));
        return true;
    }
    if (content_decode(seal_open(in), &k->content) != HF_OK) {
        world_fail(w, "%s cannot decode what %s sent",
                   world_name(w, k->index), j->ev.header.sender.s);
        return false;
    }
    for (size_t i = 0; k->content.type == CONTENT_PUSH && i < push->n; i++)
        if (!is_signed(&push->entry[i]))
            world_fail(w, "%s sent an entry without its author's signature",
                       j->ev.header.sender.s);
    j->ev.content = &k->content;
    say_content(w, k, j);
    return true;
}

static void
seal_one(struct world *w, struct knot *k, const struct node_send *send)
{
    const struct node_view *v = disk_view(k->disk);
    struct envelope_header h = {.lane = (enum envelope_lane)send->lane,
                                .id = send->envelope,
                                .sender = k->org,
                                .recipient = send->to,
                                .created_ms = send->created_ms,
                                .expires_ms = send->expires_ms,
                                .registry_version = 1};
    struct hf_buf plain, sealed;

    hf_buf_init(&plain, CONTENT_BYTES_MAX);
    hf_buf_init(&sealed, ENVELOPE_BYTES_MAX);
    if (content_encode(send->content, &plain) != HF_OK) {
        world_fail(w, "%s made a content that cannot be encoded",
                   world_name(w, k->index));
        goto out;
    }
    world_random(w, &h.epoch, sizeof(h.epoch));
    h.epoch |= 1;
    streams_number(v, &h);
    seal_close(&h, hf_buf_bytes(&plain), send->is_control, &sealed);
    v->put(v->ctx, NODE_SEALED, (struct hf_bytes){h.id.b, HF_ID_BYTES}, NULL,
           hf_buf_bytes(&sealed));
    ledger_sealed(w, &h, send->content->type == CONTENT_PUSH);
out:
    hf_buf_free(&plain);
    hf_buf_free(&sealed);
}

static void
forget_one(struct knot *k, const struct hf_id *id)
{
    const struct node_view *v = disk_view(k->disk);
    const struct hf_bytes key = {id->b, HF_ID_BYTES};
    struct envelope_header h;
    struct hf_bytes row;

    if (!v->get(v->ctx, NODE_SEALED, key, &row))
        return;
    if (envelope_peek(row, &h) == HF_OK)
        streams_settle(v, &h);
    v->del(v->ctx, NODE_SEALED, key);
}

/* Sealing and forgetting belong to the transaction. */
static void
inside(struct world *w, struct knot *k, size_t from)
{
    for (size_t i = from; i < k->out->n; i++) {
        const struct node_effect *e = &k->out->item[i];

        if (e->type == NODE_DO_SEND)
            seal_one(w, k, &e->u.send);
        else if (e->type == NODE_DO_FORGET)
            forget_one(k, &e->u.forget);
    }
}

static void
step_job(struct world *w, struct knot *k, struct job *j)
{
    const size_t before = k->out->n;
    const bool is_content = j->bytes.n > 0;

    k->done[k->n_done++] = j;
    if (j->ev.type == NODE_EV_TICK)
        k->tick_queued = false;
    if (is_content && !open_job(w, k, j))
        return;
    if (j->order != NULL)
        j->ev.command = &j->order->c;
    if (j->ev.type == NODE_EV_SERVICES)
        people_services(w, j->from, &j->ev);
    if (is_content && k->n_owed < BATCH_MAX)
        k->owed[k->n_owed++] =
            (struct owed){j->handle, j->token, j->ev.header.id};
    j->ev.now_ms = knot_now(w, k);
    world_random(w, j->ev.seed, sizeof(j->ev.seed));
    node_step(&k->env, &j->ev, k->out);
    inside(w, k, before);
    check_step(w, k);
}

/* ---- sending ---- */

static struct hf_bytes
sealed_row(struct knot *k, const struct hf_id *id)
{
    const struct node_view *v = disk_view(k->disk);
    struct hf_bytes row;

    if (!v->get(v->ctx, NODE_SEALED, (struct hf_bytes){id->b, HF_ID_BYTES},
                &row))
        return (struct hf_bytes){NULL, 0};
    return row;
}

static void
drop_pending(struct knot *k, const struct hf_id *id)
{
    for (size_t i = 0; i < k->n_pending; i++)
        if (hf_id_eq(&k->pending[i].id, id)) {
            k->pending[i] = k->pending[--k->n_pending];
            return;
        }
}

static void
add_pending(struct world *w, struct knot *k, const struct hf_id *id)
{
    if (k->n_pending == PENDING_MAX) {
        world_fail(w, "%s has too many envelopes waiting for a broker",
                   world_name(w, k->index));
        return;
    }
    k->pending[k->n_pending++] = (struct pending){.id = *id};
}

static bool
is_due(const struct world *w, const struct pending *p)
{
    return p->sent_ms == 0 || w->now_ms >= p->sent_ms + RESUBMIT_MS;
}

/* One SUBMIT over one connection, of what is due. */
static void
submit(struct world *w, struct knot *k, uint64_t handle)
{
    struct frame_submit f = {.batch = (uint32_t)w->serial};
    struct hf_buf copy[FRAME_BATCH_MAX];
    struct hf_buf frame;

    for (size_t i = 0; i < k->n_pending && f.n < FRAME_BATCH_MAX;) {
        struct pending *p = &k->pending[i];
        struct hf_bytes row;

        if (!is_due(w, p)) {
            i++;
            continue;
        }
        row = sealed_row(k, &p->id);
        if (row.n == 0) { /* settled meanwhile */
            *p = k->pending[--k->n_pending];
            continue;
        }
        p->handle = handle;
        p->sent_ms = w->now_ms;
        hf_buf_init(&copy[f.n], ENVELOPE_BYTES_MAX);
        HF_ASSERT(hf_buf_add(&copy[f.n], row.p, row.n));
        f.envelope[f.n] = hf_buf_bytes(&copy[f.n]);
        f.n++;
        i++;
    }
    hf_buf_init(&frame, FRAME_BYTES_MAX);
    if (f.n > 0) {
        HF_ASSERT(frame_submit(&frame, &f));
        net_send(w, handle, k->index, hf_buf_bytes(&frame));
    }
    hf_buf_free(&frame);
    for (size_t i = 0; i < f.n; i++)
        hf_buf_free(&copy[i]);
}

/* Over any connection that lives. */
static void
flush(struct world *w, struct knot *k)
{
    const size_t at = world_chance(w, WORLD_BROKERS);

    for (size_t i = 0; i < WORLD_BROKERS && k->n_pending > 0; i++) {
        const size_t at_i = (at + i) % WORLD_BROKERS;

        if (k->link[at_i].handle != 0) {
            submit(w, k, k->link[at_i].handle);
            return;
        }
    }
}

static void
flush_again(struct world *w, struct task *t)
{
    struct knot *k = w->node[t->who];

    if (t->incarnation != k->incarnation)
        return;
    flush(w, k);
    world_later(w, FLUSH_MS, flush_again, k->index)->incarnation =
        k->incarnation;
}

static void
acknowledge(struct world *w, struct knot *k)
{
    for (size_t i = 0; i < k->n_owed; i++) {
        struct frame_ack f = {.n = 1, .token = {k->owed[i].token}};
        struct hf_buf frame;

        hf_buf_init(&frame, FRAME_BYTES_MAX);
        HF_ASSERT(frame_ack(&frame, &f));
        net_send(w, k->owed[i].handle, k->index, hf_buf_bytes(&frame));
        hf_buf_free(&frame);
    }
}

/* ---- batches ---- */

static void
release(struct world *w, struct knot *k, const struct node_effect *e)
{
    switch (e->type) {
    case NODE_DO_SEND:
        add_pending(w, k, &e->u.send.envelope);
        break;
    case NODE_DO_FORGET:
        drop_pending(k, &e->u.forget);
        break;
    case NODE_DO_REPLY:
        people_reply(w, k, &e->u.reply);
        break;
    case NODE_DO_PUBLISH:
        people_publish(w, k);
        break;
    case NODE_DO_ALARM:
        world_trace(w, "%s alarm %s %s", world_name(w, k->index),
                    e->u.alarm.event, world_id(&e->u.alarm.object));
        break;
    case NODE_DO_AGAIN:
        push_tick(k);
        break;
    }
}

/* What a broker's answer did is done with only now. */
static void
finish_jobs(struct world *w, struct knot *k)
{
    for (size_t i = 0; i < k->n_owed; i++)
        ledger_delivered(w, &k->owed[i].envelope);
    for (size_t i = 0; i < k->n_done; i++) {
        const struct node_event *ev = &k->done[i]->ev;

        if (ev->type == NODE_EV_NOTICE)
            ledger_notice(w, &ev->header.id);
        if (ev->type == NODE_EV_CUSTODY && (ev->is_taken || ev->is_final))
            drop_pending(k, &ev->header.id);
        if (ev->type == NODE_EV_RESTORED)
            k->must_restore = false;
        free_job(k->done[i]);
    }
    k->n_done = 0;
}

static void
commit(struct world *w, struct task *t)
{
    struct knot *k = w->node[t->who];

    if (t->incarnation != k->incarnation)
        return;
    if (world_odds(w, 400)) {
        knot_crash(w, k, "before its commit");
        return;
    }
    check_commit(w, k);
    disk_commit(k->disk);
    k->is_busy = false;
    finish_jobs(w, k);
    if (world_odds(w, 400)) {
        knot_crash(w, k, "after its commit");
        return;
    }
    acknowledge(w, k);
    for (size_t i = 0; i < k->out->n; i++) {
        release(w, k, &k->out->item[i]);
        if (world_odds(w, 1500)) {
            knot_crash(w, k, "between two effects");
            return;
        }
    }
    k->out->n = k->out->used = 0;
    k->n_owed = 0;
    flush(w, k);
    wake_later(w, k);
    run_batch(w, k);
}

static void
run_batch(struct world *w, struct knot *k)
{
    const size_t want = 1 + world_chance(w, BATCH_MAX);
    struct task *t;

    if (!k->is_up || k->is_busy || k->first == NULL || w->has_failed)
        return;
    k->is_busy = true;
    disk_begin(k->disk);
    HF_ASSERT(k->out->n == 0);
    for (size_t i = 0; i < want && k->first != NULL; i++) {
        if (NODE_EFFECTS_MAX - k->out->n < NODE_STEP_EFFECTS_MIN ||
            NODE_ARENA_BYTES - k->out->used < NODE_STEP_ARENA_MIN)
            break;
        step_job(w, k, pop_job(k));
    }
    t = world_later(w, 1 + world_chance(w, world_odds(w, 30) ? 3000 : 20),
                    commit, k->index);
    t->incarnation = k->incarnation;
}

/* ---- what arrives ---- */

static void
custody_in(struct world *w, struct knot *k, struct hf_bytes frame)
{
    struct frame_custody f;
    const struct registry_broker *b;

    if (frame_read_custody(frame, &f) != HF_OK ||
        (b = registry_broker(&w->registry, &f.broker)) == NULL ||
        !frame_verify_custody(&f, b->op_pk)) {
        world_fail(w, "a custody receipt that does not verify");
        return;
    }
    for (size_t i = 0; i < f.n; i++) {
        const enum custody_code code = f.item[i].code;
        struct job *j = push_job(k, NODE_EV_CUSTODY);

        j->ev.header.id = f.item[i].envelope;
        j->ev.broker = f.broker;
        j->ev.is_taken = code == CUSTODY_TAKEN;
        j->ev.is_final = code != CUSTODY_TAKEN && code != CUSTODY_QUOTA &&
                         code != CUSTODY_FULL;
    }
}

static void
deliver_in(struct world *w, struct knot *k, uint64_t handle,
           struct hf_bytes frame)
{
    struct frame_deliver f;

    if (frame_read_deliver(frame, &f) != HF_OK) {
        world_fail(w, "a delivery that cannot be read");
        return;
    }
    for (size_t i = 0; i < f.n && k->n_jobs < QUEUE_MAX; i++) {
        struct job *j = push_job(k, world_odds(w, 150) ? NODE_EV_UNOPENABLE
                                                       : NODE_EV_CONTENT);

        HF_ASSERT(hf_buf_add(&j->bytes, f.envelope[i].p, f.envelope[i].n));
        j->handle = handle;
        j->token = f.token[i];
    }
}

void
knot_frame(struct world *w, struct knot *k, uint64_t handle,
           struct hf_bytes frame)
{
    switch ((int)frame_type(frame)) {
    case FRAME_CUSTODY:
        custody_in(w, k, frame);
        break;
    case FRAME_DELIVER:
        deliver_in(w, k, handle, frame);
        break;
    case FRAME_BAD:
        break;
    default:
        world_fail(w, "a frame that a node does not expect");
        return;
    }
    run_batch(w, k);
}

void
knot_link_up(struct world *w, struct knot *k, uint64_t handle,
             unsigned broker)
{
    const struct frame_hello hello = {.registry_version = 1};
    struct hf_buf frame;

    k->link[broker].handle = handle;
    hf_buf_init(&frame, FRAME_BYTES_MAX);
    HF_ASSERT(frame_hello(&frame, &hello));
    net_send(w, handle, k->index, hf_buf_bytes(&frame));
    hf_buf_clear(&frame);
    HF_ASSERT(frame_fetch(&frame, CREDIT));
    net_send(w, handle, k->index, hf_buf_bytes(&frame));
    hf_buf_free(&frame);
    flush(w, k);
}

void
knot_link_down(struct world *w, struct knot *k, uint64_t handle)
{
    (void)w;
    for (unsigned b = 0; b < WORLD_BROKERS; b++)
        if (k->link[b].handle == handle)
            k->link[b].handle = 0;
    for (size_t i = 0; i < k->n_pending; i++)
        if (k->pending[i].handle == handle)
            k->pending[i].sent_ms = 0;
}

void
knot_command(struct world *w, struct knot *k, struct order **order)
{
    struct job *j;

    if (!k->is_up || k->n_jobs >= QUEUE_MAX) {
        free(*order); /* "node not reachable" */
        *order = NULL;
        return;
    }
    j = push_job(k, NODE_EV_COMMAND);
    j->order = *order;
    *order = NULL;
    run_batch(w, k);
}

void
knot_services(struct world *w, struct knot *k, unsigned from)
{
    if (!k->is_up)
        return;
    push_job(k, NODE_EV_SERVICES)->from = from;
    run_batch(w, k);
}

void
knot_meet(struct world *w, struct knot *k, unsigned peer)
{
    k->meets[peer] = true;
    if (!k->is_up)
        return;
    push_job(k, NODE_EV_PEER)->ev.peer = w->org[peer].id;
    run_batch(w, k);
}

/* ---- life ---- */

/* What was sealed and not taken goes out again. */
static void
find_pending(struct world *w, struct knot *k)
{
    const struct node_view *v = disk_view(k->disk);
    struct hf_id id = {{0}};
    struct hf_bytes key, row;
    struct node_out out;

    while (v->seek(v->ctx, NODE_SEALED, (struct hf_bytes){id.b, HF_ID_BYTES},
                   &key, &row)) {
        HF_ASSERT(key.n == HF_ID_BYTES);
        memcpy(id.b, key.p, HF_ID_BYTES);
        if (!out_get(v, &id, &out))
            world_fail(w, "%s holds a sealed envelope that it does not know",
                       world_name(w, k->index));
        else if (out.custody_ms == 0)
            add_pending(w, k, &id);
        for (int i = HF_ID_BYTES - 1; i >= 0 && ++id.b[i] == 0; i--)
            continue;
    }
}

void
knot_start(struct world *w, struct knot *k)
{
    HF_ASSERT(!k->is_up);
    k->is_up = true;
    k->skew_ms = (int64_t)world_chance(w, 4000) - 2000;
    world_trace(w, "%s starts", world_name(w, k->index));
    find_pending(w, k);
    if (k->must_restore)
        push_job(k, NODE_EV_RESTORED);
    push_job(k, NODE_EV_START);
    for (unsigned i = 0; i < WORLD_NODES; i++) {
        if (i == k->index)
            continue;
        if (k->meets[i])
            push_job(k, NODE_EV_PEER)->ev.peer = w->org[i].id;
        if (people_has_services(w, i))
            push_job(k, NODE_EV_SERVICES)->from = i;
    }
    for (unsigned b = 0; b < w->org[k->index].n_homes; b++) {
        const bool is_second = hf_org_eq(&w->org[k->index].home[b],
                                         &w->registry.broker[1].id);

        net_want(w, k->index, is_second ? 1 : 0);
    }
    world_later(w, FLUSH_MS, flush_again, k->index)->incarnation =
        k->incarnation;
    run_batch(w, k);
}

static void
restart(struct world *w, struct task *t)
{
    struct knot *k = w->node[t->who];

    if (t->incarnation == k->incarnation && !k->is_up)
        knot_start(w, k);
}

static void
drop_all(struct knot *k)
{
    struct job *j;

    while ((j = pop_job(k)) != NULL)
        free_job(j);
    for (size_t i = 0; i < k->n_done; i++)
        free_job(k->done[i]);
    k->n_done = 0;
    k->n_owed = 0;
    k->n_pending = 0;
    k->out->n = k->out->used = 0;
    k->tick_queued = false;
    k->wake_ms = 0;
    memset(k->link, 0, sizeof(k->link));
}

void
knot_crash(struct world *w, struct knot *k, const char *when)
{
    if (!k->is_up)
        return;
    world_trace(w, "%s crashes %s", world_name(w, k->index), when);
    k->is_up = false;
    k->is_busy = false;
    k->incarnation++;
    if (disk_is_open(k->disk))
        disk_abort(k->disk);
    drop_all(k);
    net_gone(w, k->index);
    world_later(w, 500 + world_chance(w, 10 * MINUTE_MS), restart, k->index)
        ->incarnation = k->incarnation;
}

void
knot_backup(struct world *w, struct knot *k)
{
    if (disk_is_open(k->disk))
        return;
    world_trace(w, "%s makes a copy of its store", world_name(w, k->index));
    disk_free(k->backup);
    k->backup = disk_copy(k->disk);
}

void
knot_restore(struct world *w, struct knot *k, bool knows)
{
    struct disk *old;

    if (k->backup == NULL)
        return;
    knot_crash(w, k, knows ? "and is restored" : "and comes back as a clone");
    old = k->disk;
    k->disk = disk_copy(k->backup);
    if (knows) /* tombstones lie beside the backups */
        disk_keep(k->disk, old, NODE_TOMBSTONES);
    disk_free(old);
    k->env.view = disk_view(k->disk);
    k->must_restore = knows;
    k->rollbacks++;
    w->was_restored |= knows;
    w->was_cloned |= !knows;
    check_rolled_back(w, k);
}

struct knot *
knot_new(struct world *w, unsigned index)
{
    struct knot *k = calloc(1, sizeof(*k));

    HF_ASSERT(k != NULL);
    k->out = malloc(sizeof(*k->out));
    HF_ASSERT(k->out != NULL);
    k->out->n = k->out->used = 0;
    k->index = index;
    k->org = w->org[index].id;
    k->world = w;
    k->disk = disk_new();
    k->last = &k->first;
    k->incarnation = 1;
    k->config = (struct node_config){.org = k->org,
                                     .kind = w->org[index].kind};
    k->crypto = (struct node_crypto){k, hash, index_hash, sign};
    k->env = (struct node_env){.config = &k->config,
                               .view = disk_view(k->disk),
                               .crypto = &k->crypto,
                               .registry = &w->registry,
                               .sops = w->book,
                               .peer_ctx = k,
                               .peer_until_ms = peer_until};
    return k;
}

void
knot_free(struct knot *k)
{
    drop_all(k);
    disk_free(k->disk);
    disk_free(k->backup);
    free(k->out);
    free(k);
}

bool
knot_is_up(const struct knot *k)
{
    return k->is_up;
}

bool
knot_is_idle(const struct knot *k)
{
    return !k->is_busy;
}

unsigned
knot_index(const struct knot *k)
{
    return k->index;
}

const struct hf_org *
knot_org(const struct knot *k)
{
    return &k->org;
}

struct disk *
knot_disk(struct knot *k)
{
    return k->disk;
}

const struct node_env *
knot_env(const struct knot *k)
{
    return &k->env;
}

uint64_t
knot_now(const struct world *w, const struct knot *k)
{
    return (uint64_t)((int64_t)w->now_ms + k->skew_ms);
}

unsigned
knot_rollbacks(const struct knot *k)
{
    return k->rollbacks;
}
