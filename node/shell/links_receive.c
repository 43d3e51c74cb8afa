/* What brokers say, as work for the deciding thread. */
#include "hf_assert.h"
#include "hf_log.h"
#include "hf_proc.h"
#include "links_internal.h"

#define FRAMES_A_WAKE 32
#define RETRY_MS      30000 /* after "try later" */

static void
complain(const struct link *k, const char *what, enum hf_err err)
{
    hf_log(HF_LOG_WARN, "frame_bad", "broker=%s frame=%s why=%s",
           k->broker.id.s, what, hf_err_text(err));
}

/* A piece of work from this link; NULL, and the link broken, without memory:
 * what is not taken now comes again. */
static struct work *
new_work(struct link *k, enum work_type type, struct hf_bytes bytes)
{
    struct work *w = work_new(type);

    if (w == NULL || !hf_buf_add(&w->bytes, bytes.p, bytes.n)) {
        work_free(w);
        hf_log(HF_LOG_ERROR, "no_memory", "broker=%s", k->broker.id.s);
        return NULL;
    }
    w->link = k->place;
    w->session = k->session;
    w->broker = k->broker.id;
    return w;
}

static void
receive_deliver(struct link *k, struct hf_bytes in)
{
    struct frame_deliver f;
    enum hf_err err = frame_read_deliver(in, &f);

    if (err) {
        complain(k, "deliver", err);
        return;
    }
    for (size_t i = 0; i < f.n; i++) {
        struct work *w = new_work(k, WORK_ENVELOPE, f.envelope[i]);

        if (w == NULL)
            return;
        w->token = f.token[i];
        work_push(k->owner->host.queue, w);
    }
}

static void
note_clock(struct links *l, uint64_t at_ms)
{
    l->said_ms = at_ms;
    l->said_boot_ms = hf_clock_boot_ms();
}

static void
receive_custody(struct link *k, struct hf_bytes in)
{
    struct frame_custody f;
    enum hf_err err = frame_read_custody(in, &f);

    if (!err && !frame_verify_custody(&f, &k->broker))
        err = HF_ERR_SIGNATURE;
    if (err) {
        complain(k, "custody", err);
        return;
    }
    note_clock(k->owner, f.at_ms);
    k->submit_ms = hf_clock_mono_ms();
    if (k->n_unanswered > 0)
        k->n_unanswered--;
    if (k->is_sweeping)
        links_sweep_at(k, k->submit_ms);
    for (size_t i = 0; i < f.n; i++) {
        struct work *w = new_work(k, WORK_CUSTODY, (struct hf_bytes){0});

        if (w == NULL)
            return;
        w->envelope = f.item[i].envelope;
        w->code = f.item[i].code;
        if (w->code != CUSTODY_TAKEN)
            links_sweep_at(k, hf_clock_mono_ms() + RETRY_MS);
        work_push(k->owner->host.queue, w);
    }
}

/* The newest of what is offered between two looks; older ones are in it. */
static void
receive_registry(struct link *k, const struct shelf_doc *doc)
{
    struct links *l = k->owner;
    const struct registry *r = l->host.held->r;

    if (r != NULL && doc->version <= registry_latest(r))
        return;
    hf_buf_clear(&l->offered);
    if (!hf_buf_add(&l->offered, doc->bytes.p, doc->bytes.n))
        complain(k, "registry", HF_ERR_NOMEM);
}

static void
receive_shelf(struct link *k, struct hf_bytes in)
{
    struct hf_bytes docs;
    enum hf_err err = frame_read_shelf(in, &docs);

    while (!err && docs.n > 0) {
        const uint8_t *begin = docs.p;
        struct shelf_doc doc;
        struct work *w;

        err = shelf_unpack(&docs, &doc);
        if (err)
            break;
        if (doc.kind == SHELF_REGISTRY) {
            receive_registry(k, &doc);
            continue;
        }
        if (doc.kind == SHELF_PACK) {
            k->owner->host.on_pack(k->owner->host.noded, &doc);
            continue;
        }
        if (hf_org_eq(&doc.owner, k->owner->host.self))
            continue; /* our own, come back */
        w = new_work(k, WORK_DOC,
                     (struct hf_bytes){begin, (size_t)(docs.p - begin)});
        if (w == NULL)
            return;
        work_push(k->owner->host.queue, w);
    }
    if (err)
        complain(k, "shelf", err);
}

static void
receive_synced(struct link *k, struct hf_bytes in)
{
    struct frame_synced synced;
    enum hf_err err = frame_read_synced(in, &synced);

    if (err) {
        complain(k, "synced", err);
        return;
    }
    note_clock(k->owner, synced.at_ms);
    links_begin_work(k, &synced);
}

static void
receive_bad(struct link *k, struct hf_bytes in)
{
    enum hf_err why = HF_OK;
    enum hf_err err = frame_read_bad(in, &why);

    hf_log(HF_LOG_WARN, "broker_said_bad", "broker=%s why=%s", k->broker.id.s,
           hf_err_text(err ? err : why));
}

static void
receive_frame(struct link *k, struct hf_bytes in)
{
    switch (frame_type(in)) {
    case FRAME_DELIVER:
        receive_deliver(k, in);
        break;
    case FRAME_CUSTODY:
        receive_custody(k, in);
        break;
    case FRAME_SHELF:
        receive_shelf(k, in);
        break;
    case FRAME_SYNCED:
        receive_synced(k, in);
        break;
    case FRAME_BAD:
        receive_bad(k, in);
        break;
    case FRAME_HELLO:
    case FRAME_SUBMIT:
    case FRAME_FETCH:
    case FRAME_ACK:
    case FRAME_SYNC:
    default:
        complain(k, "unknown", HF_ERR_MALFORMED);
        break;
    }
}

void
links_receive(void *link)
{
    struct link *k = link;
    struct hf_frame frame;

    links_check_state(k);
    for (int i = 0; i < FRAMES_A_WAKE; i++) {
        /* Not taken from the library, it slows the broker down. */
        if (work_is_full(k->owner->host.queue) ||
            hf_link_receive(k->hf, &frame) != HF_OK)
            return;
        receive_frame(k, frame.bytes);
        hf_frame_release(&frame);
    }
}
