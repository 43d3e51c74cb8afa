/* A node's way out: sealing inside the transaction, submitting after it. */
#include "knot_internal.h"
#include "net.h"
#include "seal.h"
#include "streams.h"

#define RESUBMIT_MS MINUTE_MS
#define FLUSH_MS    (20 * SECOND_MS)

void
knot_seal(struct world *w, struct knot *k, const struct node_send *send)
{
    const struct node_view *v = disk_view(k->disk);
    const uint64_t until_ms = k->env.peer_until_ms(k, &send->to);
    struct envelope_header h = {.lane = (enum envelope_lane)send->lane,
                                .id = send->envelope,
                                .sender = k->org,
                                .recipient = send->to,
                                .created_ms = send->created_ms,
                                .expires_ms = until_ms < send->expires_ms
                                                  ? until_ms
                                                  : send->expires_ms,
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

void
knot_forget(struct knot *k, const struct hf_id *id)
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

void
knot_drop_pending(struct knot *k, const struct hf_id *id)
{
    for (size_t i = 0; i < k->n_pending; i++)
        if (hf_id_eq(&k->pending[i].id, id)) {
            k->pending[i] = k->pending[--k->n_pending];
            return;
        }
}

void
knot_add_pending(struct world *w, struct knot *k, const struct hf_id *id)
{
    if (k->n_pending == KNOT_PENDING_MAX) {
        world_fail(w, "%s has too many envelopes waiting for a broker",
                   world_name(w, k->index));
        return;
    }
    k->pending[k->n_pending++] = (struct knot_pending){.id = *id};
}

static bool
is_due(const struct world *w, const struct knot_pending *p)
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
        struct knot_pending *p = &k->pending[i];
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

static void
again(struct world *w, struct task *t)
{
    struct knot *k = w->node[t->who];

    if (t->incarnation != k->incarnation)
        return;
    k->flush_queued = false;
    knot_flush(w, k);
}

/* Until a broker has taken all; without a connection its coming does it. */
static void
flush_later(struct world *w, struct knot *k)
{
    if (k->flush_queued || k->n_pending == 0)
        return;
    k->flush_queued = true;
    world_later(w, FLUSH_MS, again, k->index)->incarnation = k->incarnation;
}

/* Over any connection that lives. */
void
knot_flush(struct world *w, struct knot *k)
{
    size_t at;

    if (k->n_pending == 0)
        return;
    at = world_chance(w, w->n_brokers);
    for (size_t i = 0; i < w->n_brokers && k->n_pending > 0; i++) {
        const size_t at_i = (at + i) % w->n_brokers;

        if (k->link[at_i].handle != 0) {
            submit(w, k, k->link[at_i].handle);
            flush_later(w, k);
            return;
        }
    }
}

void
knot_acknowledge(struct world *w, struct knot *k)
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
