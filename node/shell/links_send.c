/* What we say to brokers. */
#include <stdlib.h>

#include "hf_assert.h"
#include "hf_log.h"
#include "hf_proc.h"
#include "links_internal.h"
#include "peer_docs.h"
#include "records.h"

#define SWEEP_EVERY_MS     60000 /* repeated until a broker takes it */
#define SOON_MS            1000  /* the link was full */
#define GREET_AGAIN_MS     1000  /* packs are missing */
#define GREET_AGAIN_MAX_MS 600000
#define UNANSWERED_MAX     4
#define SWEEP_ROWS         256 /* rows looked at in one go */

/* Send what was made in l->frame; false: not now. */
static bool
send_frame(struct link *k, bool is_made, const char *what)
{
    struct hf_buf *frame = &k->owner->frame;
    enum hf_err err = is_made ? hf_link_send_buf(k->hf, frame) : HF_ERR_LIMIT;

    if (err)
        hf_buf_free(frame);
    if (err == HF_ERR_LIMIT || err == HF_ERR_IO || err == HF_ERR_NOMEM)
        hf_log(HF_LOG_ERROR, "frame_unsent", "broker=%s frame=%s why=%s",
               k->broker.id.s, what, hf_err_text(err));
    return err == HF_OK;
}

/* The registry first: a broker answers in the order of what we lack. */
static bool
add_haves(const struct links *l, struct hf_buf *out)
{
    const struct registry *r = l->host.held->r;
    struct frame_have have;
    bool is_good = true;

    memset(&have, 0, sizeof(have));
    have.kind = SHELF_REGISTRY;
    have.version = r == NULL ? 0 : registry_latest(r);
    if (r != NULL)
        is_good = hf_buf_add(out, &have, sizeof(have));
    if (is_good && node_store_begin(l->host.store, false) == HF_OK) {
        is_good = peer_docs_haves(l->host.store, out);
        node_store_abort(l->host.store);
    }
    return is_good;
}

/* Those of the committee's packs that we hold. */
static bool
add_packs(const struct links *l, struct hf_buf *out)
{
    const struct registry *r = l->host.held->r;
    struct frame_have have;
    bool is_good = true;

    memset(&have, 0, sizeof(have));
    have.kind = SHELF_PACK;
    have.version = 1;
    for (size_t i = 0; r != NULL && i < r->n_packs && is_good; i++) {
        have.owner = shelf_pack_name(&r->pack[i].hash);
        if (policies_holds(l->host.policies, &r->pack[i].hash))
            is_good = hf_buf_add(out, &have, sizeof(have));
    }
    return is_good;
}

static void
send_sync(struct link *k)
{
    struct links *l = k->owner;
    struct hf_buf haves;

    hf_buf_init(&haves, FRAME_BYTES_MAX);
    if (add_haves(l, &haves) && add_packs(l, &haves)) {
        (void)send_frame(
            k,
            frame_sync(&l->frame,
                       (const struct frame_have *)(const void *)haves.p,
                       haves.n / sizeof(struct frame_have)),
            "sync");
    }
    hf_buf_free(&haves);
}

static void
send_doc(struct link *k, const struct shelf_doc *doc)
{
    (void)send_frame(k, frame_shelf(&k->owner->frame, doc, 1), "shelf");
}

static void
send_own_docs(struct link *k)
{
    const struct links_host *host = &k->owner->host;
    uint8_t bytes[PREKEY_BYTES];
    struct shelf_doc doc;
    struct hf_buf buf;

    prekeys_doc(host->prekeys, host->keys->operation, bytes, &doc);
    send_doc(k, &doc);

    hf_buf_init(&buf, SHELF_SMALL_MAX + 1024);
    if (node_store_begin(host->store, false) == HF_OK) {
        if (peer_docs_get(host->store, SHELF_SERVICES, host->self, &buf, &doc))
            send_doc(k, &doc);
        node_store_abort(host->store);
    }
    hf_buf_free(&buf);
}

void
links_greet(struct link *k)
{
    const struct registry *r = k->owner->host.held->r;
    const struct frame_hello hello = {.registry_version =
                                          r == NULL ? 0 : registry_latest(r)};

    k->is_synced = false;
    (void)send_frame(k, frame_hello(&k->owner->frame, &hello), "hello");
    send_sync(k);
}

static bool
has_pack(const struct frame_synced *s, const struct hf_org *name)
{
    for (size_t i = 0; i < s->n_packs; i++)
        if (hf_org_eq(&s->pack[i], name))
            return true;
    return false;
}

/* A pack that we hold and the broker has not, whoever gave it to us; how
 * many. One that its registry does not list yet it drops, and gets again. */
static size_t
send_packs(struct link *k, const struct frame_synced *synced)
{
    const struct links_host *host = &k->owner->host;
    const struct registry *r = host->held->r;
    size_t n = 0;

    for (size_t i = 0; r != NULL && i < r->n_packs; i++) {
        const struct hf_org name = shelf_pack_name(&r->pack[i].hash);
        struct shelf_doc doc;
        struct hf_buf yaml;

        if (has_pack(synced, &name) ||
            !policies_holds(host->policies, &r->pack[i].hash))
            continue;
        hf_buf_init(&yaml, POLICIES_PACK_BYTES);
        if (policies_read(host->policies, &r->pack[i].hash, &yaml) == HF_OK) {
            doc = shelf_pack_doc(hf_buf_bytes(&yaml));
            send_doc(k, &doc);
        }
        hf_buf_free(&yaml);
        n++;
    }
    return n;
}

/* Packs come behind the registry that lists them, on either side: ask again
 * until nothing is missing, less and less often. */
static void
exchange_packs(struct link *k, const struct frame_synced *synced)
{
    const struct links_host *host = &k->owner->host;
    const size_t n_missing =
        send_packs(k, synced) + policies_lacks(host->policies, host->held->r);

    k->greet_ms = 0;
    if (n_missing == 0) {
        k->greet_wait = 0;
        return;
    }
    k->greet_wait = k->greet_wait == 0 ? GREET_AGAIN_MS : 2 * k->greet_wait;
    if (k->greet_wait > GREET_AGAIN_MAX_MS)
        k->greet_wait = GREET_AGAIN_MAX_MS;
    k->greet_ms = hf_clock_mono_ms() + k->greet_wait;
}

/* SYNCED: we know what the broker knows. Give it what it lacks of ours, ask
 * for what waits for us, and look at the whole outbox. */
void
links_begin_work(struct link *k, const struct frame_synced *synced)
{
    struct links *l = k->owner;
    const struct registry *r = l->host.held->r;
    struct shelf_doc doc;

    if (r != NULL && registry_latest(r) > synced->registry_version &&
        held_registry_doc(l->host.held, &doc))
        send_doc(k, &doc);
    send_own_docs(k);
    exchange_packs(k, synced);
    (void)send_frame(k, frame_fetch(&l->frame, LINKS_CREDIT), "fetch");
    k->is_synced = true;
    k->is_sweeping = false;
    k->sweep_ms = 0;
}

void
links_send_acks(struct link *k)
{
    struct frame_ack ack = {.n = k->n_acks};

    HF_ASSERT(k->n_acks > 0);
    memcpy(ack.token, k->ack, k->n_acks * sizeof(ack.token[0]));
    /* Should it not be sent, they are delivered again and acked then. */
    (void)send_frame(k, frame_ack(&k->owner->frame, &ack), "ack");
    k->n_acks = 0;
}

/* A broker keeps few SUBMITs of one link waiting for its commit. One that is
 * never answered must not stop us for good. */
static bool
may_submit(struct link *k)
{
    if (k->n_unanswered < UNANSWERED_MAX)
        return true;
    if (hf_clock_mono_ms() - k->submit_ms < SWEEP_EVERY_MS)
        return false;
    k->n_unanswered = 0;
    return true;
}

/* As many as one frame may hold; returns how many, 0: not now. */
static size_t
submit_some(struct link *k, const struct hf_bytes *envelopes, size_t n)
{
    struct frame_submit f = {.batch = k->batch + 1};
    size_t bytes = 0;

    if (!may_submit(k))
        return 0;
    while (f.n < n && f.n < FRAME_BATCH_MAX &&
           (f.n == 0 ||
            bytes + envelopes[f.n].n + 8 <= FRAME_BATCH_BYTES_MAX - 64)) {
        bytes += envelopes[f.n].n + 8;
        f.envelope[f.n] = envelopes[f.n];
        f.n++;
    }
    if (!send_frame(k, frame_submit(&k->owner->frame, &f), "submit"))
        return 0;
    k->batch++;
    k->n_unanswered++;
    k->submit_ms = hf_clock_mono_ms();
    return f.n;
}

static bool
submit_all(struct link *k, const struct hf_bytes *envelopes, size_t n)
{
    for (size_t at = 0; at < n;) {
        const size_t n_sent = submit_some(k, envelopes + at, n - at);

        if (n_sent == 0)
            return false;
        at += n_sent;
    }
    return true;
}

void
links_submit(struct links *l, const struct hf_bytes *envelopes, size_t n)
{
    for (size_t i = 0; i < LINKS_MAX; i++) {
        struct link *k = &l->link[i];

        if (!k->is_used || !k->is_synced)
            continue; /* the sweep after its SYNCED finds them */
        if (!submit_all(k, envelopes, n))
            links_sweep_at(k, hf_clock_mono_ms() + SOON_MS);
        else
            links_sweep_at(k, hf_clock_mono_ms() + SWEEP_EVERY_MS);
    }
}

void
links_publish(struct links *l, const struct shelf_doc *doc)
{
    for (size_t i = 0; i < LINKS_MAX; i++)
        if (l->link[i].is_used && l->link[i].is_up)
            send_doc(&l->link[i], doc);
}

/* One page of the outbox: envelopes that no broker has taken. */
struct page {
    size_t n;
    size_t at[FRAME_BATCH_MAX + 1];
    struct hf_buf bytes;
    bool is_end;
};

static bool
is_due(const struct node_view *v, struct hf_bytes key, uint64_t now_ms,
       struct hf_id *ret_id)
{
    struct node_out out;

    if (key.n != HF_ID_BYTES)
        return false;
    memcpy(ret_id->b, key.p, HF_ID_BYTES);
    return out_get(v, ret_id, &out) && out.custody_ms == 0 &&
           out.expires_ms > now_ms;
}

static void
read_page(struct link *k, struct page *p)
{
    struct node_store *store = k->owner->host.store;
    const struct node_view *v = node_store_view(store);
    const uint64_t now_ms = k->owner->host.clock->now_ms;

    for (int i = 0; i < SWEEP_ROWS && p->n < FRAME_BATCH_MAX; i++) {
        struct hf_bytes key;
        struct hf_bytes value;
        struct hf_id id;

        if (!v->seek(v->ctx, NODE_OUTBOX,
                     (struct hf_bytes){k->sweep_from, k->n_sweep_from}, &key,
                     &value)) {
            p->is_end = true;
            return;
        }
        HF_ASSERT(key.n <= HF_ID_BYTES);
        memcpy(k->sweep_from, key.p, key.n);
        k->sweep_from[key.n] = 0;
        k->n_sweep_from = key.n + 1;
        if (!is_due(v, key, now_ms, &id))
            continue;
        if (!node_store_read(store, NODE_SEALED,
                             (struct hf_bytes){id.b, HF_ID_BYTES}, &p->bytes))
            continue;
        p->at[++p->n] = p->bytes.n;
        if (p->bytes.n > FRAME_BATCH_BYTES_MAX)
            return;
    }
}

void
links_sweep(struct link *k)
{
    struct hf_bytes envelopes[FRAME_BATCH_MAX];
    struct page page = {.n = 0};

    if (!k->is_sweeping) {
        k->is_sweeping = true;
        k->n_sweep_from = 0;
        k->sweep_ms = 0; /* come again at once until the end is reached */
    }
    if (node_store_begin(k->owner->host.store, false) != HF_OK)
        return;
    hf_buf_init(&page.bytes, FRAME_BATCH_BYTES_MAX + ENVELOPE_BYTES_MAX);
    read_page(k, &page);
    node_store_abort(k->owner->host.store);
    for (size_t i = 0; i < page.n; i++)
        envelopes[i] = (struct hf_bytes){page.bytes.p + page.at[i],
                                         page.at[i + 1] - page.at[i]};
    if (!submit_all(k, envelopes, page.n)) {
        k->is_sweeping = false;
        k->sweep_ms = hf_clock_mono_ms() + SOON_MS;
    } else if (page.is_end) {
        k->is_sweeping = false;
        k->sweep_ms = hf_clock_mono_ms() + SWEEP_EVERY_MS;
    }
    hf_buf_free(&page.bytes);
}
