/*
 * brokerd_in.c - frames and finished writes become events of the core.
 */
#include "brokerd_internal.h"
#include "hf_assert.h"
#include "hf_log.h"
#include "hf_proc.h"

static void
refuse(struct brokerd *d, uint64_t link, enum hf_err why)
{
    d->n_bad_frames++;
    brokerd_out_bad(d, link, why);
}

static void
in_submit(struct brokerd *d, uint64_t link, struct hf_frame *frame)
{
    struct frame_submit f;
    struct broker_event ev = {.type = BROKER_SUBMIT, .link = link};
    enum hf_err err = frame_read_submit(frame->bytes, &f);

    if (err) {
        refuse(d, link, err);
        return;
    }
    for (size_t i = 0; i < f.n; i++) {
        d->items[i].envelope = f.envelope[i];
        d->items[i].is_malformed =
            envelope_peek(f.envelope[i], &d->items[i].h) != HF_OK;
    }
    ev.batch = f.batch;
    ev.items = d->items;
    ev.n_items = f.n;
    d->in_hand = frame;
    brokerd_feed(d, &ev);
    d->in_hand = NULL;
}

static void
in_doc(struct brokerd *d, uint64_t link, const struct shelf_doc *doc)
{
    struct broker_event ev = {.type = BROKER_SHELF, .link = link, .doc = doc};

    if (doc->kind == SHELF_REGISTRY) {
        (void)brokerd_registry_offer(d, doc->bytes, link);
        return;
    }
    /* Looked up before it is verified: most of what comes is known. */
    if (d->registry == NULL ||
        broker_doc_version(d->core, doc->kind, &doc->owner) >= doc->version)
        return;
    if (shelf_verify(doc, d->registry) == HF_OK)
        brokerd_feed(d, &ev);
    else
        d->n_bad_frames++;
}

static void
in_shelf(struct brokerd *d, uint64_t link, struct hf_bytes in)
{
    struct hf_bytes docs;
    struct shelf_doc doc;
    enum hf_err err = frame_read_shelf(in, &docs);

    while (!err && docs.n > 0) {
        err = shelf_unpack(&docs, &doc);
        if (!err)
            in_doc(d, link, &doc);
    }
    if (err)
        refuse(d, link, err);
}

static enum hf_err
in_custody(struct brokerd *d, uint64_t link, const struct registry_broker *peer,
           struct hf_bytes in)
{
    struct frame_custody custody;
    struct broker_event ev = {
        .type = BROKER_CUSTODY, .link = link, .custody = &custody};
    enum hf_err err = frame_read_custody(in, &custody);

    if (err)
        return err;
    if (peer == NULL || !frame_verify_custody(&custody, peer))
        return HF_ERR_SIGNATURE;
    brokerd_feed(d, &ev);
    return HF_OK;
}

/** The small frames that are one event each. */
static enum hf_err
in_plain(struct brokerd *d, uint64_t link, struct hf_bytes in)
{
    struct broker_event ev = {.link = link};
    struct frame_ack ack;
    enum hf_err err = HF_ERR_FORBIDDEN; /* not for a broker to get */

    switch (frame_type(in)) {
    case FRAME_HELLO:
        ev.type = BROKER_HELLO;
        err = frame_read_hello(in, &ev.hello);
        break;
    case FRAME_FETCH:
        ev.type = BROKER_FETCH;
        err = frame_read_fetch(in, &ev.credit);
        break;
    case FRAME_ACK:
        ev.type = BROKER_ACK;
        ev.ack = &ack;
        err = frame_read_ack(in, &ack);
        break;
    case FRAME_SYNC:
        ev.type = BROKER_SYNC;
        err = frame_read_sync(in, &ev.haves);
        break;
    case FRAME_SUBMIT:
    case FRAME_CUSTODY:
    case FRAME_DELIVER:
    case FRAME_SHELF:
    case FRAME_SYNCED:
    case FRAME_BAD:
    default:
        break;
    }
    if (!err)
        brokerd_feed(d, &ev);
    return err;
}

void
brokerd_in_frame(struct brokerd *d, uint64_t link,
                 const struct registry_broker *peer, struct hf_frame *frame)
{
    struct hf_bytes in = frame->bytes;
    enum frame_type type = frame_type(in);
    enum hf_err err = HF_OK;

    if (type == FRAME_SUBMIT)
        in_submit(d, link, frame);
    else if (type == FRAME_SHELF)
        in_shelf(d, link, in);
    else if (type == FRAME_CUSTODY)
        err = in_custody(d, link, peer, in);
    else if (type == FRAME_BAD)
        hf_log(HF_LOG_WARN, "peer_refused", "link=%llx",
               (unsigned long long)link);
    else if (type == (enum frame_type)0)
        err = HF_ERR_MALFORMED;
    else if (type != FRAME_SYNCED)
        err = in_plain(d, link, in);
    if (err)
        refuse(d, link, err);
}

static void
in_port_frame(struct brokerd *d, struct hf_port_frame *f)
{
    struct broker_event up = {.type = BROKER_LINK_UP, .link = f->peer};

    if (f->is_new) {
        /* It may have waited since before its key was taken away. */
        if (!brokerd_registry_is_user(d, f->user) ||
            !brokerd_registry_read_user(f->user, &up.who)) {
            hf_port_drop(d->port, f->peer);
            return;
        }
        brokerd_feed(d, &up);
    }
    brokerd_in_frame(d, f->peer, NULL, &f->frame);
}

void
brokerd_in_port(void *arg)
{
    struct brokerd *d = arg;
    struct broker_event down = {.type = BROKER_LINK_DOWN};

    while (hf_port_gone(d->port, &down.link))
        brokerd_feed(d, &down);
    for (int i = 0; i < FRAMES_A_ROUND; i++) {
        struct hf_port_frame f = {0};

        if (hf_port_receive(d->port, &f) != HF_OK)
            break;
        in_port_frame(d, &f);
        hf_frame_release(&f.frame);
    }
}

void
brokerd_in_done(void *arg)
{
    struct brokerd *d = arg;
    struct writer_job *job;

    /* What is delivered from here on must see this commit. */
    spool_read_end(d->spool);
    while ((job = writer_take(d->writer)) != NULL) {
        struct broker_event ev = {.ticket = job->ticket, .why = job->result};

        if (job->kind == WRITER_COMPACT) {
            brokerd_keep_done(d, job->result);
            writer_free(job);
            continue;
        }
        if (job->kind == WRITER_DELETE)
            ev.type = BROKER_DELETED;
        else
            ev.type = job->result ? BROKER_SAVE_FAILED : BROKER_SAVED;
        brokerd_feed(d, &ev);
        writer_free(job);
    }
}
