/* The node itself: its restores, whom it asked and who answered, its scans. */
#include "records.h"
#include "row.h"

bool
self_get(const struct node_view *v, struct node_self *ret)
{
    const struct row_key k = row_text("self");

    return row_get(v, NODE_META, &k, ret, sizeof(*ret));
}

void
self_put(const struct node_view *v, const struct node_self *s)
{
    const struct row_key k = row_text("self");

    row_put(v, NODE_META, &k, NULL, s, sizeof(*s));
}

static struct row_key
asked_key(const struct hf_org *peer)
{
    struct row_key k = row_text("asked");

    row_add(&k, peer->s, HF_ORG_BYTES);
    return k;
}

bool
asked_all(const struct node_view *v, const struct hf_org *peer,
          const struct hf_id *ask)
{
    const struct row_key k = asked_key(peer);
    struct hf_id last;

    return row_get(v, NODE_META, &k, &last, sizeof(last)) &&
           hf_id_eq(&last, ask);
}

void
asked_all_put(const struct node_view *v, const struct hf_org *peer,
              const struct hf_id *ask)
{
    const struct row_key k = asked_key(peer);

    row_put(v, NODE_META, &k, NULL, ask, sizeof(*ask));
}

struct answer {
    struct hf_id ask;
    uint32_t shared;
};

static struct row_key
answered_key(const struct hf_org *peer)
{
    struct row_key k = row_text("answered");

    row_add(&k, peer->s, HF_ORG_BYTES);
    return k;
}

bool
answered(const struct node_view *v, const struct hf_org *peer,
         const struct hf_id *ask, uint32_t *ret_shared)
{
    const struct row_key k = answered_key(peer);
    struct answer a;

    if (!row_get(v, NODE_META, &k, &a, sizeof(a)) || !hf_id_eq(&a.ask, ask))
        return false;
    *ret_shared = a.shared;
    return true;
}

void
answered_put(const struct node_view *v, const struct hf_org *peer,
             const struct hf_id *ask, uint32_t shared)
{
    const struct row_key k = answered_key(peer);
    struct answer a;

    memset(&a, 0, sizeof(a));
    a.ask = *ask;
    a.shared = shared;
    row_put(v, NODE_META, &k, NULL, &a, sizeof(a));
}

static struct row_key
lost_key(const struct hf_org *peer)
{
    struct row_key k = row_text("lost");

    row_add(&k, peer->s, HF_ORG_BYTES);
    return k;
}

uint64_t
lost_get(const struct node_view *v, const struct hf_org *peer)
{
    const struct row_key k = lost_key(peer);
    uint64_t ms = 0;

    (void)row_get(v, NODE_META, &k, &ms, sizeof(ms));
    return ms;
}

void
lost_put(const struct node_view *v, const struct hf_org *peer, uint64_t ms)
{
    const struct row_key k = lost_key(peer);

    row_put(v, NODE_META, &k, NULL, &ms, sizeof(ms));
}

static struct row_key
scan_key(const struct hf_id *ask)
{
    struct row_key k = row_text("scan");

    row_add(&k, ask->b, HF_ID_BYTES);
    return k;
}

bool
scan_get(const struct node_view *v, const struct hf_id *ask,
         struct node_scan *ret)
{
    const struct row_key k = scan_key(ask);

    return row_get(v, NODE_META, &k, ret, sizeof(*ret));
}

void
scan_put(const struct node_view *v, const struct node_scan *s)
{
    const struct row_key k = scan_key(&s->ask);

    row_put(v, NODE_META, &k, NULL, s, sizeof(*s));
}

void
scan_del(const struct node_view *v, const struct hf_id *ask)
{
    const struct row_key k = scan_key(ask);

    v->del(v->ctx, NODE_META, row_span(&k));
}
