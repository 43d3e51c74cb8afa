#include "parked.h"

static struct hf_bytes
key_of(const struct hf_id *envelope)
{
    return (struct hf_bytes){envelope->b, HF_ID_BYTES};
}

bool
parked_put(struct node_store *s, const struct hf_id *envelope,
           struct hf_bytes bytes)
{
    const struct node_view *v = node_store_view(s);

    if (node_store_count(s, NODE_PARKED) >= PARKED_MAX)
        return false;
    v->put(v->ctx, NODE_PARKED, key_of(envelope), NULL, bytes);
    return true;
}

void
parked_del(struct node_store *s, const struct hf_id *envelope)
{
    const struct node_view *v = node_store_view(s);

    v->del(v->ctx, NODE_PARKED, key_of(envelope));
}

bool
parked_next(struct node_store *s, struct hf_id *at, struct hf_buf *out)
{
    const struct node_view *v = node_store_view(s);
    uint8_t from[HF_ID_BYTES + 1] = {0};
    struct hf_bytes key, value;

    hf_buf_clear(out);
    memcpy(from, at->b, HF_ID_BYTES);
    if (!v->seek(v->ctx, NODE_PARKED, (struct hf_bytes){from, sizeof(from)},
                 &key, &value) ||
        key.n != HF_ID_BYTES || !hf_buf_add(out, value.p, value.n))
        return false;
    memcpy(at->b, key.p, HF_ID_BYTES);
    return true;
}
