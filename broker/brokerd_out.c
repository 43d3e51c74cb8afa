/*
 * brokerd_out.c - the core's effects, carried out.
 */
#include "brokerd_internal.h"
#include "hf_assert.h"
#include "hf_log.h"
#include "hf_proc.h"

#define DOCS_A_FRAME_BYTES (512u * 1024u)

void
brokerd_out_drop(struct brokerd *d, uint64_t link)
{
    struct deferred down = {.type = BROKER_LINK_DOWN, .link = link};

    if ((link & OUTBOUND) == 0)
        hf_port_drop(d->port, link);
    brokerd_defer(d, &down);
}

void
brokerd_out_send(struct brokerd *d, uint64_t link, struct hf_buf *frame)
{
    enum hf_err err = HF_ERR_UNREACHABLE;
    struct peer *peer;

    if (frame->failed || frame->n == 0) {
        err = HF_ERR_NOMEM;
    } else if ((link & OUTBOUND) == 0) {
        err = hf_port_send_buf(d->port, link, frame);
    } else {
        peer = brokerd_peer_find(d, link);
        if (peer != NULL)
            err = hf_link_send_buf(peer->link, frame);
    }
    hf_buf_free(frame);
    /* A link that does not take what it asked for begins anew: what was lost
     * here is delivered again to the next connection. */
    if (err)
        brokerd_out_drop(d, link);
}

void
brokerd_out_bad(struct brokerd *d, uint64_t link, enum hf_err why)
{
    struct hf_buf out;

    hf_buf_init(&out, FRAME_BYTES_MAX);
    (void)frame_bad(&out, why);
    brokerd_out_send(d, link, &out);
}

static void
give(struct brokerd *d, struct writer_job *job)
{
    /* The core's limits on what waits for commits are below the queue's. */
    HF_ASSERT(writer_give(d->writer, job));
}

static void
out_save(struct brokerd *d, const struct broker_effect *fx)
{
    struct writer_job *job = writer_job(WRITER_PUT, fx->n);

    HF_ASSERT(job != NULL);
    HF_ASSERT(fx->n <= FRAME_BATCH_MAX);
    job->ticket = fx->ticket;
    job->n = fx->n;
    memcpy(job->puts, fx->puts, fx->n * sizeof(fx->puts[0]));
    /* The bytes stay where they are, in the frame that they came in. */
    if (d->notice != NULL) {
        job->buf = *d->notice;
        hf_buf_init(d->notice, job->buf.max);
    } else if (d->in_hand != NULL) {
        const uint8_t *at = d->in_hand->bytes.p;

        hf_frame_move(&job->frame, d->in_hand);
        HF_ASSERT(job->frame.bytes.p == at);
    }
    give(d, job);
}

static void
out_save_shelf(struct brokerd *d, const struct broker_effect *fx)
{
    struct writer_job *job = writer_job(WRITER_DOC, 0);

    HF_ASSERT(job != NULL);
    job->ticket = fx->ticket;
    job->doc = *fx->doc;
    hf_buf_init(&job->buf, SHELF_DOC_MAX);
    HF_ASSERT(hf_buf_add(&job->buf, fx->doc->bytes.p, fx->doc->bytes.n));
    job->doc.bytes = hf_buf_bytes(&job->buf);
    give(d, job);
}

void
brokerd_out_flush(struct brokerd *d)
{
    if (d->deletes != NULL)
        give(d, d->deletes);
    d->deletes = NULL;
}

/** Deletes of one round go together. */
static void
out_delete(struct brokerd *d, const struct broker_effect *fx)
{
    struct writer_job *job = d->deletes;

    if (job == NULL) {
        job = writer_job(WRITER_DELETE, FRAME_BATCH_MAX);
        HF_ASSERT(job != NULL);
        d->deletes = job;
    }
    job->deletes[job->n++] = (struct spool_delete){
        .box = fx->box, .lane = fx->lane, .seq = fx->seq, .keep = fx->keep};
    job->ticket = fx->ticket;
    if (job->n == FRAME_BATCH_MAX)
        brokerd_out_flush(d);
}

static void
out_custody(struct brokerd *d, const struct broker_effect *fx)
{
    struct frame_custody f;
    struct hf_buf out;

    f.batch = fx->batch;
    f.broker = d->conf.name;
    f.at_ms = hf_clock_wall_ms();
    f.n = fx->n;
    for (size_t i = 0; i < fx->n; i++) {
        f.item[i].envelope = fx->codes[i].envelope;
        f.item[i].code = fx->codes[i].code;
    }
    hf_buf_init(&out, FRAME_BYTES_MAX);
    (void)frame_custody(&out, &f, d->op);
    brokerd_out_send(d, fx->link, &out);
}

static void
out_envelopes(struct brokerd *d, const struct broker_effect *fx)
{
    struct hf_buf out;

    hf_buf_init(&out, FRAME_BYTES_MAX);
    if (fx->type == BROKER_DO_DELIVER) {
        struct frame_deliver f;

        f.n = fx->n;
        memcpy(f.token, fx->tokens, fx->n * sizeof(f.token[0]));
        memcpy(f.envelope, fx->envelopes, fx->n * sizeof(f.envelope[0]));
        (void)frame_deliver(&out, &f);
    } else {
        struct frame_submit f;

        f.batch = fx->batch;
        f.n = fx->n;
        memcpy(f.envelope, fx->envelopes, fx->n * sizeof(f.envelope[0]));
        (void)frame_submit(&out, &f);
    }
    brokerd_out_send(d, fx->link, &out);
}

static bool
add_doc(struct brokerd *d, enum shelf_kind kind, const struct hf_org *owner,
        struct shelf_doc *ret_doc)
{
    return spool_doc(d->spool, kind, owner, ret_doc) == HF_OK;
}

static void
send_docs(struct brokerd *d, uint64_t link, const struct shelf_doc *docs,
          size_t n)
{
    struct hf_buf out;

    if (n == 0)
        return;
    hf_buf_init(&out, FRAME_BYTES_MAX);
    (void)frame_shelf(&out, docs, n);
    brokerd_out_send(d, link, &out);
}

/** Those that the registry lists and we hold, so that a node brings the rest.
 */
static size_t
listed_packs(const struct brokerd *d,
             struct hf_org ret[static REGISTRY_PACKS_MAX])
{
    size_t n = 0;

    for (size_t i = 0; d->registry != NULL && i < d->registry->n_packs; i++) {
        ret[n] = shelf_pack_name(&d->registry->pack[i].hash);
        n += broker_doc_version(d->core, SHELF_PACK, &ret[n]) != 0;
    }
    return n;
}

static void
out_sync(struct brokerd *d, const struct broker_effect *fx)
{
    struct frame_synced synced = {.n_packs = 0};
    struct shelf_doc docs[FRAME_BATCH_MAX];
    struct hf_buf out;
    size_t cursor = 0;
    size_t n = 0;
    size_t bytes = 0;
    enum shelf_kind kind;
    struct hf_org owner;

    broker_sync_begin(d->core, fx->haves);
    while (broker_sync_next(d->core, &cursor, &kind, &owner)) {
        if (!add_doc(d, kind, &owner, &docs[n]))
            continue;
        bytes += docs[n++].bytes.n;
        if (n == FRAME_BATCH_MAX || bytes > DOCS_A_FRAME_BYTES) {
            send_docs(d, fx->link, docs, n);
            n = bytes = 0;
        }
    }
    send_docs(d, fx->link, docs, n);
    hf_buf_init(&out, FRAME_BYTES_MAX);
    synced.registry_version =
        d->registry == NULL ? 0 : registry_latest(d->registry);
    synced.at_ms = hf_clock_wall_ms();
    synced.n_packs = listed_packs(d, synced.pack);
    (void)frame_synced(&out, &synced);
    brokerd_out_send(d, fx->link, &out);
}

static bool
add_have(struct brokerd *d, struct hf_buf *haves, enum shelf_kind kind,
         const struct hf_org *owner)
{
    struct frame_have have = {.kind = kind, .owner = *owner};

    have.version = broker_doc_version(d->core, kind, owner);
    return have.version == 0 || hf_buf_add(haves, &have, sizeof(have));
}

/** What we hold, to a peer broker: it sends what we lack. */
void
brokerd_out_haves(struct brokerd *d, uint64_t link)
{
    static const struct hf_org nobody;
    struct hf_buf haves;
    struct hf_buf out;

    hf_buf_init(&haves, FRAME_BYTES_MAX);
    (void)add_have(d, &haves, SHELF_REGISTRY, &nobody);
    for (size_t i = 0; d->registry != NULL && i < d->registry->n_orgs; i++) {
        const struct hf_org *id = &d->registry->orgs[i].id;

        (void)add_have(d, &haves, SHELF_PREKEY, id);
        (void)add_have(d, &haves, SHELF_SERVICES, id);
    }
    for (size_t i = 0; d->registry != NULL && i < d->registry->n_packs; i++) {
        const struct hf_org name = shelf_pack_name(&d->registry->pack[i].hash);

        (void)add_have(d, &haves, SHELF_PACK, &name);
    }
    hf_buf_init(&out, FRAME_BYTES_MAX);
    (void)frame_sync(&out, (const struct frame_have *)(const void *)haves.p,
                     haves.n / sizeof(struct frame_have));
    hf_buf_free(&haves);
    brokerd_out_send(d, link, &out);
}

/** To a peer broker: who we are, and what we hold. */
static void
out_greet(struct brokerd *d, uint64_t link)
{
    struct frame_hello hello = {.is_broker = true};
    struct hf_buf out;

    if (d->registry != NULL)
        hello.registry_version = registry_latest(d->registry);
    hf_buf_init(&out, FRAME_BYTES_MAX);
    (void)frame_hello(&out, &hello);
    brokerd_out_send(d, link, &out);
    brokerd_out_haves(d, link);
}

static void
out_broadcast(struct brokerd *d, const struct broker_effect *fx)
{
    struct shelf_doc doc;
    size_t cursor = 0;
    uint64_t link;

    spool_read_end(d->spool); /* it was committed a moment ago */
    if (!add_doc(d, fx->kind, &fx->owner, &doc))
        return;
    while ((link = broker_next_link(d->core, &cursor)) != 0)
        if (link != fx->link)
            send_docs(d, link, &doc, 1);
}

void
brokerd_out_notice(struct brokerd *d, const struct deferred *what)
{
    struct envelope_header *h = &d->items[0].h;
    struct broker_event ev = {
        .type = BROKER_NOTICE_MADE, .token = what->token, .items = d->items};
    struct hf_buf out;
    uint64_t now = hf_clock_wall_ms();

    hf_buf_init(&out, ENVELOPE_BYTES_MAX);
    *h = (struct envelope_header){.suite = SUITE_NOTICE,
                                  .lane = LANE_URGENT,
                                  .sender = d->conf.name,
                                  .recipient = what->to,
                                  .epoch = 1,
                                  .seq = 1,
                                  .floor = 1,
                                  .created_ms = now,
                                  .expires_ms = now + NOTICE_LIFE_MS};
    hf_random(&h->id, sizeof(h->id));
    if (d->registry != NULL)
        h->registry_version = registry_latest(d->registry);
    if (notice_make(h, d->op, &what->notice, &out) == HF_OK) {
        d->items[0].envelope = hf_buf_bytes(&out);
        d->items[0].is_malformed = false;
        ev.n_items = 1;
    }
    d->notice = &out;
    brokerd_feed(d, &ev);
    d->notice = NULL;
    hf_buf_free(&out);
}

static void
out_close(struct brokerd *d, const struct broker_effect *fx)
{
    hf_log(HF_LOG_INFO, "link_closed", "why=\"%s\"", hf_err_text(fx->why));
    brokerd_out_bad(d, fx->link, fx->why);
    brokerd_out_drop(d, fx->link);
}

void
brokerd_out(struct brokerd *d, const struct broker_effect *fx)
{
    switch (fx->type) {
    case BROKER_DO_SAVE:
        out_save(d, fx);
        break;
    case BROKER_DO_SAVE_SHELF:
        out_save_shelf(d, fx);
        break;
    case BROKER_DO_DELETE:
        out_delete(d, fx);
        break;
    case BROKER_DO_CUSTODY:
        out_custody(d, fx);
        break;
    case BROKER_DO_DELIVER:
    case BROKER_DO_SUBMIT:
        out_envelopes(d, fx);
        break;
    case BROKER_DO_GREET:
        out_greet(d, fx->link);
        break;
    case BROKER_DO_BROADCAST:
        out_broadcast(d, fx);
        break;
    case BROKER_DO_SYNC:
        out_sync(d, fx);
        break;
    case BROKER_DO_INSTALL:
        d->must_install = true;
        break;
    case BROKER_DO_NOTICE:
        brokerd_defer(d, &(struct deferred){.type = BROKER_NOTICE_MADE,
                                            .token = fx->token,
                                            .to = fx->to,
                                            .notice = fx->notice});
        break;
    case BROKER_DO_CLOSE:
        out_close(d, fx);
        break;
    }
}
