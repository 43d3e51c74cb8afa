#include "sealing.h"

#include "hf_assert.h"
#include "peer_docs.h"
#include "streams.h"

void
sealing_init(struct sealing *s, const struct hf_org *self,
             const struct own_keys *keys, struct node_store *store)
{
    *s = (struct sealing){.self = self, .keys = keys, .store = store};
    hf_buf_init(&s->plain, CONTENT_BYTES_MAX);
}

void
sealing_clear(struct sealing *s)
{
    hf_buf_free(&s->plain);
}

static void
fill_header(const struct sealing *s, const struct registry *r,
            const struct node_send *send, const struct prekey *prekey,
            struct envelope_header *h)
{
    *h = (struct envelope_header){
        .lane = (enum envelope_lane)send->lane,
        .id = send->envelope,
        .sender = *s->self,
        .recipient = send->to,
        .created_ms = send->created_ms,
        .expires_ms = send->expires_ms < prekey->until_ms ? send->expires_ms
                                                          : prekey->until_ms,
        .registry_version = registry_latest(r)};
    hf_random(&h->epoch, sizeof(h->epoch));
    h->epoch |= 1; /* never 0 */
}

/* The core sends suspended and left members no more than this; it is held to
 * that here, as it is at every broker. */
static bool
may_go(const struct registry *r, const struct node_send *send, size_t bytes)
{
    return registry_status(r, &send->to) == MEMBER_ACTIVE ||
           (send->lane == LANE_URGENT && bytes <= ENVELOPE_SMALL_MAX);
}

enum hf_err
sealing_seal(struct sealing *s, const struct registry *r,
             const struct node_send *send, uint64_t now_ms, struct hf_buf *out)
{
    const struct node_view *v = node_store_view(s->store);
    const size_t n_before = out->n;
    struct envelope_header h;
    struct prekey prekey;
    enum hf_err err;

    HF_ASSERT(send->content != NULL);
    if (!peer_docs_prekey(s->store, r, &send->to, now_ms, &prekey))
        return HF_ERR_NOT_FOUND;
    fill_header(s, r, send, &prekey, &h);
    hf_buf_clear(&s->plain);
    err = content_encode(send->content, &s->plain);
    if (!err) {
        streams_number(v, &h);
        err = envelope_seal(&h, s->keys->operation, &prekey,
                            hf_buf_bytes(&s->plain), send->is_control, out);
        if (!err && !may_go(r, send, out->n - n_before)) {
            out->n = n_before;
            err = HF_ERR_FORBIDDEN;
        }
        if (err)
            streams_settle(v, &h); /* its number is simply never used */
    }
    hf_buf_free(&s->plain);
    if (err)
        return err;
    v->put(v->ctx, NODE_SEALED, (struct hf_bytes){h.id.b, HF_ID_BYTES}, NULL,
           (struct hf_bytes){out->p + n_before, out->n - n_before});
    return HF_OK;
}

void
sealing_forget(struct sealing *s, const struct hf_id *envelope)
{
    const struct node_view *v = node_store_view(s->store);
    const struct hf_bytes key = {envelope->b, HF_ID_BYTES};
    struct envelope_header h;
    struct hf_bytes row;

    if (!v->get(v->ctx, NODE_SEALED, key, &row))
        return;
    if (envelope_peek(row, &h) == HF_OK)
        streams_settle(v, &h);
    v->del(v->ctx, NODE_SEALED, key);
}
