#include "batch.h"

#include <stdlib.h>

#include "awaiting.h"
#include "hf_assert.h"
#include "hf_crypto.h"
#include "peer_docs.h"
#include "servicedoc.h"

#define STEP_STACK (512u * 1024u) /* the deepest, with sanitizers, needs 320 */

#define SEALED_MAX (24u * 1024u * 1024u)

enum hf_err
batch_init(struct batch *b)
{
    b->effects = calloc(1, sizeof(*b->effects));
    hf_buf_init(&b->sealed, SEALED_MAX);
    b->wake_ms = UINT64_MAX;
    return b->effects == NULL ? HF_ERR_NOMEM : HF_OK;
}

void
batch_clear(struct batch *b)
{
    work_clear(&b->done);
    hf_buf_free(&b->sealed);
    if (b->effects != NULL)
        hf_wipe(b->effects->arena, sizeof(b->effects->arena));
    free(b->effects);
    b->effects = NULL;
}

static void
empty(struct batch *b)
{
    if (b->effects->used > 0)
        hf_wipe(b->effects->arena, b->effects->used);
    b->effects->n = 0;
    b->effects->used = 0;
    b->n_envelopes = 0;
    b->publishes = false;
    hf_buf_clear(&b->sealed);
}

void
batch_forget(struct batch *b)
{
    HF_ASSERT(b->done.first == NULL);
    empty(b);
}

static bool
has_room(const struct batch *b)
{
    const struct node_effects *fx = b->effects;

    return NODE_EFFECTS_MAX - fx->n >= NODE_STEP_EFFECTS_MIN &&
           NODE_ARENA_BYTES - fx->used >= NODE_STEP_ARENA_MIN;
}

/* The same instant and seed however often the transaction is done again. */
static struct node_event
event_of(struct work *w, enum node_event_type type)
{
    struct node_event ev;

    memset(&ev, 0, sizeof(ev));
    ev.type = type;
    ev.now_ms = w->now_ms;
    memcpy(ev.seed, w->seed, sizeof(ev.seed));
    return ev;
}

/* The answer is composed while the store is as the command left it. */
static void
settle_answer(struct batch *b, struct work *w, size_t first_effect)
{
    for (size_t i = first_effect; i < b->effects->n; i++) {
        const struct node_effect *fx = &b->effects->item[i];

        if (fx->type == NODE_DO_REPLY &&
            fx->u.reply.ticket == w->command.ticket)
            api_settle(w->req, &b->env, &fx->u.reply, w->now_ms);
    }
}

static void
step_api(struct batch *b, struct work *w)
{
    struct node_event ev = event_of(w, NODE_EV_COMMAND);
    const size_t first_effect = b->effects->n;

    if (w->api == WORK_API_NEW) {
        switch (api_handle(w->req, &b->env, &b->status, w->now_ms, &w->command,
                           &w->shell)) {
        case API_ANSWERED:
            w->api = WORK_API_ANSWERED;
            w->req = NULL;
            break;
        case API_COMMAND:
            w->api = WORK_API_COMMAND;
            w->command.ticket = ++b->last_ticket;
            break;
        case API_SHELL:
            w->api = WORK_API_SHELL;
            break;
        }
    }
    if (w->api != WORK_API_COMMAND)
        return;
    ev.command = &w->command;
    node_step(&b->env, &ev, b->effects);
    settle_answer(b, w, first_effect);
}

/* Whether it waits now, or goes on waiting: where there is room for it. */
static bool
park(struct batch *b, struct work *w)
{
    const uint64_t now_ms = b->opening->now_ms;
    const enum parked_pool pool = w->awaits_pack         ? PARKED_PACK
                                  : b->opening->is_known ? PARKED_MEMBER
                                                         : PARKED_STRANGER;

    if (!w->is_stored)
        return parked_put(b->store, pool, &w->from, now_ms,
                          hf_buf_bytes(&w->bytes));
    if (parked_is_over(&w->parked, now_ms)) {
        w->why = "waited_too_long";
        return false;
    }
    parked_again(b->store, &w->parked, pool, &w->from, now_ms,
                 hf_buf_bytes(&w->bytes));
    return true;
}

static void
step_envelope(struct batch *b, struct work *w)
{
    struct node_event ev = event_of(w, NODE_EV_CONTENT);
    enum opening_verdict verdict;

    b->opening->now_ms = b->env.is_clock_doubtful ? 0 : w->now_ms;
    verdict =
        opening_open(b->opening, b->env.registry, hf_buf_bytes(&w->bytes), &ev);

    w->why = b->opening->why;
    w->n_taken_out = b->opening->n_taken_out;
    w->from = ev.header.sender;
    w->envelope = ev.header.id;
    w->awaits_pack = verdict == OPENING_EVENT &&
                     awaiting_pack(&ev, b->env.sops, b->now_ms);
    w->is_parked =
        (verdict == OPENING_WAIT || w->awaits_pack) && park(b, w);
    /* No room: the sender may seal it again, later, if it is one we know. */
    if (verdict == OPENING_WAIT && !w->is_parked &&
        b->opening->is_registry_stale && b->opening->is_known)
        ev.type = NODE_EV_UNOPENABLE;
    else if (verdict != OPENING_EVENT || w->is_parked)
        ev.type = NODE_EV_TICK;
    w->is_unopenable = ev.type == NODE_EV_UNOPENABLE;
    if (ev.type != NODE_EV_TICK)
        node_step(&b->env, &ev, b->effects);
    if (w->is_stored && !w->is_parked)
        parked_del(b->store, &w->parked);
    opening_wipe(b->opening);
}

static void
step_services(struct batch *b, struct work *w, const struct shelf_doc *doc)
{
    struct node_event ev = event_of(w, NODE_EV_SERVICES);
    struct service *services = calloc(SERVICEDOC_MAX, sizeof(*services));

    if (services == NULL) {
        w->why = "no_memory";
        return;
    }
    ev.peer = doc->owner;
    ev.version = doc->version;
    ev.document = doc->bytes;
    ev.services = services;
    if (servicedoc_read(doc->bytes, &doc->owner, doc->version, services,
                        &ev.n_services))
        node_step(&b->env, &ev, b->effects);
    else
        w->why = "malformed_services";
    free(services);
}

static void
step_doc(struct batch *b, struct work *w)
{
    struct hf_bytes in = hf_buf_bytes(&w->bytes);
    struct node_event ev = event_of(w, NODE_EV_PEER);
    struct shelf_doc doc;
    enum hf_err err = shelf_unpack(&in, &doc);

    if (!err) {
        w->from = doc.owner;
        err = peer_docs_put(b->store, b->env.registry, &doc);
    }
    if (err) {
        w->why = err == HF_ERR_EXISTS ? "" : hf_err_text(err);
        return;
    }
    if (doc.kind == SHELF_SERVICES) {
        step_services(b, w, &doc);
    } else {
        ev.peer = doc.owner;
        ev.version = doc.version;
        node_step(&b->env, &ev, b->effects);
    }
}

static void
step_custody(struct batch *b, struct work *w)
{
    struct node_event ev = event_of(w, NODE_EV_CUSTODY);

    ev.header.id = w->envelope;
    ev.broker = w->broker;
    ev.is_taken = w->code == CUSTODY_TAKEN;
    ev.is_final = w->code == CUSTODY_NOT_YOURS ||
                  w->code == CUSTODY_MALFORMED || w->code == CUSTODY_EXPIRED;
    node_step(&b->env, &ev, b->effects);
}

static void
step(struct batch *b, struct work *w)
{
    struct node_event ev;

    if (w->now_ms == 0) {
        w->now_ms = b->now_ms;
        hf_random(w->seed, sizeof(w->seed));
    }
    switch (w->type) {
    case WORK_API:
        step_api(b, w);
        break;
    case WORK_ENVELOPE:
        step_envelope(b, w);
        break;
    case WORK_CUSTODY:
        step_custody(b, w);
        break;
    case WORK_DOC:
        step_doc(b, w);
        break;
    case WORK_NOTICE:
        ev = event_of(w, NODE_EV_NOTIFIED);
        ev.task = w->envelope;
        ev.rung = (uint8_t)w->token;
        node_step(&b->env, &ev, b->effects);
        break;
    case WORK_START:
    case WORK_RESTORED:
    case WORK_TICK:
        ev = event_of(w, w->type == WORK_START      ? NODE_EV_START
                         : w->type == WORK_RESTORED ? NODE_EV_RESTORED
                                                    : NODE_EV_TICK);
        node_step(&b->env, &ev, b->effects);
        break;
    }
}

static void
seal(struct batch *b, const struct node_send *send)
{
    struct batch_envelope *e = &b->envelope[b->n_envelopes++];
    enum hf_err err;

    *e = (struct batch_envelope){.id = send->envelope,
                                 .to = send->to,
                                 .lane = send->lane,
                                 .at = b->sealed.n};
    err =
        sealing_seal(b->sealing, b->env.registry, send, b->now_ms, &b->sealed);
    /* Not sealed: the obligation stays in its chain, whose clock brings it up
     * again; the caller says so in the log. */
    if (err)
        b->sealed.n = e->at;
    e->n = b->sealed.n - e->at;
}

static void
publish(struct batch *b)
{
    struct hf_buf json;

    hf_buf_init(&json, NODE_STORE_VALUE_MAX);
    if (node_store_read(b->store, NODE_SERVICE_DOCS,
                        (struct hf_bytes){(const uint8_t *)b->sealing->self->s,
                                          HF_ORG_BYTES},
                        &json))
        b->publishes =
            peer_docs_publish(b->store, b->keys->operation, b->sealing->self,
                              b->now_ms, hf_buf_bytes(&json));
    hf_buf_free(&json);
}

/* What must be in the same commit as its reason. */
static void
settle(struct batch *b)
{
    for (size_t i = 0; i < b->effects->n; i++) {
        const struct node_effect *fx = &b->effects->item[i];

        if (fx->type == NODE_DO_SEND)
            seal(b, &fx->u.send);
        else if (fx->type == NODE_DO_FORGET)
            sealing_forget(b->sealing, &fx->u.forget);
        else if (fx->type == NODE_DO_PUBLISH)
            publish(b);
    }
}

/* One try; *ret_n: how many pieces were stepped before the room ran out. */
static enum hf_err
attempt(struct batch *b, struct work_queue *taken, size_t *ret_n)
{
    enum hf_err err = node_store_begin(b->store, true);
    uint64_t wake_ms;

    *ret_n = 0;
    empty(b);
    if (err)
        return err;
    /* After a failure the view finds nothing: who was asked then would answer
     * that a user or a case is not known, and mean it. */
    for (struct work *w = taken->first;
         w != NULL && has_room(b) && node_store_err(b->store) == HF_OK;
         w = w->next) {
        step(b, w);
        ++*ret_n;
    }
    HF_ASSERT(*ret_n > 0);
    settle(b);
    wake_ms = node_wake_ms(&b->env);
    err = node_store_commit(b->store);
    if (!err)
        b->wake_ms = wake_ms;
    return err;
}

static void
put_back(struct work_queue *taken, size_t n_keep, struct work_queue *queue)
{
    struct work *rest[BATCH_MAX];
    struct work_queue kept = {0};
    size_t n_rest = 0;

    for (size_t i = 0; taken->first != NULL; i++) {
        struct work *w = work_pop(taken);

        if (i < n_keep)
            work_push(&kept, w);
        else
            rest[n_rest++] = w;
    }
    while (n_rest > 0)
        work_push_front(queue, rest[--n_rest]);
    *taken = kept;
}

enum hf_err
batch_run(struct batch *b, struct work_queue *queue, uint64_t now_ms)
{
    const size_t n_max = b->n_careful > 0 ? 1 : BATCH_MAX;
    size_t n_stepped = 0;
    enum hf_err err;

    HF_ASSERT(b->done.first == NULL);
    HF_ASSERT(queue->first != NULL);
    while (queue->first != NULL && b->done.n < n_max)
        work_push(&b->done, work_pop(queue));
    b->now_ms = now_ms;
    do {
        err = attempt(b, &b->done, &n_stepped);
    } while (err == HF_ERR_FULL && node_store_grow(b->store) == HF_OK);
    hf_wipe_stack(STEP_STACK); /* structs of cases were in steps' frames */
    if (b->n_careful > 0)
        b->n_careful--;
    if (!err) {
        put_back(&b->done, n_stepped, queue);
        return HF_OK;
    }
    empty(b);
    if (b->done.n == 1)
        return err;
    b->n_careful = b->done.n;
    put_back(&b->done, 0, queue);
    return HF_OK;
}
