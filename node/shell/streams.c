#include "streams.h"

#include "hf_assert.h"
#include "hf_text.h"

#define HEAD_KEY_BYTES (1 + HF_ORG_BYTES + 1)
#define OPEN_KEY_BYTES (HEAD_KEY_BYTES + 8)
#define HEAD_BYTES     16

static void
make_key(uint8_t kind, const struct envelope_header *h,
         uint8_t out[static HEAD_KEY_BYTES])
{
    out[0] = kind;
    memcpy(out + 1, h->recipient.s, HF_ORG_BYTES);
    out[1 + HF_ORG_BYTES] = (uint8_t)h->lane;
}

static struct hf_bytes
open_key(const struct envelope_header *h, uint64_t seq,
         uint8_t out[static OPEN_KEY_BYTES])
{
    make_key(1, h, out);
    for (int i = 0; i < 8; i++)
        out[HEAD_KEY_BYTES + i] = (uint8_t)(seq >> (56 - 8 * i));
    return (struct hf_bytes){out, OPEN_KEY_BYTES};
}

/* The lowest number not settled; there is one: that of @h itself. */
static uint64_t
find_floor(const struct node_view *v, const struct envelope_header *h)
{
    uint8_t from[OPEN_KEY_BYTES];
    struct hf_bytes key;
    struct hf_bytes value;
    uint64_t seq = 0;

    if (!v->seek(v->ctx, NODE_STREAMS, open_key(h, 0, from), &key, &value) ||
        key.n != OPEN_KEY_BYTES || memcmp(key.p, from, HEAD_KEY_BYTES) != 0)
        return h->seq;
    for (int i = 0; i < 8; i++)
        seq = seq << 8 | key.p[HEAD_KEY_BYTES + i];
    return seq;
}

void
streams_number(const struct node_view *v, struct envelope_header *h)
{
    uint8_t head_key[HEAD_KEY_BYTES];
    uint8_t key[OPEN_KEY_BYTES];
    uint8_t head[HEAD_BYTES];
    struct hf_bytes row;
    uint8_t *w = head;
    uint64_t last = 0;

    HF_ASSERT(h->epoch != 0);
    make_key(0, h, head_key);
    if (v->get(v->ctx, NODE_STREAMS,
               (struct hf_bytes){head_key, sizeof(head_key)}, &row) &&
        row.n == HEAD_BYTES) {
        const uint8_t *p = row.p;

        h->epoch = hf_get_u64(&p);
        last = hf_get_u64(&p);
    }
    h->seq = last + 1;
    hf_put_u64(&w, h->epoch);
    hf_put_u64(&w, h->seq);
    v->put(v->ctx, NODE_STREAMS, (struct hf_bytes){head_key, sizeof(head_key)},
           NULL, (struct hf_bytes){head, sizeof(head)});
    v->put(v->ctx, NODE_STREAMS, open_key(h, h->seq, key), NULL,
           (struct hf_bytes){h->id.b, HF_ID_BYTES});
    h->floor = find_floor(v, h);
}

void
streams_restart(const struct node_view *v)
{
    const struct hf_bytes first = {NULL, 0};
    uint8_t at[OPEN_KEY_BYTES];
    struct hf_bytes key, value;

    while (v->seek(v->ctx, NODE_STREAMS, first, &key, &value)) {
        HF_ASSERT(key.n <= sizeof(at));
        memcpy(at, key.p, key.n);
        v->del(v->ctx, NODE_STREAMS, (struct hf_bytes){at, key.n});
    }
}

static bool
is_of_epoch(const struct node_view *v, const struct envelope_header *h)
{
    uint8_t key[HEAD_KEY_BYTES];
    const uint8_t *p;
    struct hf_bytes row;

    make_key(0, h, key);
    if (!v->get(v->ctx, NODE_STREAMS, (struct hf_bytes){key, sizeof(key)},
                &row) ||
        row.n != HEAD_BYTES)
        return false;
    p = row.p;
    return hf_get_u64(&p) == h->epoch;
}

void
streams_settle(const struct node_view *v, const struct envelope_header *h)
{
    uint8_t key[OPEN_KEY_BYTES];

    if (!is_of_epoch(v, h))
        return;
    v->del(v->ctx, NODE_STREAMS, open_key(h, h->seq, key));
}
