/* Claims of custody: our own, by number; and what the committee filed, by tag,
 * by time, and how many of each member. One table, told apart by a letter. */
#include "hf_assert.h"
#include "records.h"
#include "row.h"

static struct row_key
own_key(uint32_t serial)
{
    struct row_key k = {.n = 0};

    row_add(&k, "o", 1);
    row_number(&k, serial, 4);
    return k;
}

static struct row_key
filed_key(const struct node_claim *c)
{
    struct row_key k = {.n = 0};

    row_add(&k, "f", 1);
    row_add(&k, c->tag.b, HF_HASH_BYTES);
    row_number(&k, (uint64_t)c->what, 1);
    row_add(&k, c->by.s, HF_ORG_BYTES);
    return k;
}

static struct row_key
time_key(const struct node_claim *c)
{
    const struct row_key filed = filed_key(c);
    struct row_key k = {.n = 0};

    row_add(&k, "t", 1);
    row_number(&k, c->at_ms, 8);
    row_add(&k, filed.b + 1, filed.n - 1);
    return k;
}

static struct row_key
count_key(const struct hf_org *by)
{
    struct row_key k = {.n = 0};

    row_add(&k, "n", 1);
    row_add(&k, by->s, HF_ORG_BYTES);
    return k;
}

void
telling_get(const struct node_view *v, struct node_telling *ret)
{
    const struct row_key k = row_text("telling");

    if (!row_get(v, NODE_META, &k, ret, sizeof(*ret)))
        memset(ret, 0, sizeof(*ret));
}

void
telling_put(const struct node_view *v, const struct node_telling *t)
{
    const struct row_key k = row_text("telling");

    row_put(v, NODE_META, &k, NULL, t, sizeof(*t));
}

void
claim_put(const struct node_view *v, uint32_t serial,
          const struct node_claim *c)
{
    const struct row_key k = own_key(serial);

    row_put(v, NODE_CLAIMS, &k, NULL, c, sizeof(*c));
}

bool
claim_next(const struct node_view *v, uint32_t *serial, struct node_claim *ret)
{
    struct row_key k = own_key(*serial);
    struct hf_bytes key, row;

    row_add(&k, "", 1);
    if (!v->seek(v->ctx, NODE_CLAIMS, row_span(&k), &key, &row) ||
        key.n != 5 || key.p[0] != 'o' || !row_unwrap(row, ret, sizeof(*ret)))
        return false;
    *serial = (uint32_t)row_number_at(key.p + 1, 4);
    return true;
}

bool
claim_del_before(const struct node_view *v, uint64_t ms)
{
    struct row_key k;
    struct node_claim c;
    uint32_t serial = 0;

    if (!claim_next(v, &serial, &c) || c.at_ms >= ms)
        return false;
    k = own_key(serial);
    v->del(v->ctx, NODE_CLAIMS, row_span(&k));
    return true;
}

uint32_t
filed_count(const struct node_view *v, const struct hf_org *by)
{
    const struct row_key k = count_key(by);
    uint32_t n = 0;

    (void)row_get(v, NODE_CLAIMS, &k, &n, sizeof(n));
    return n;
}

static void
count(const struct node_view *v, const struct hf_org *by, uint32_t n)
{
    const struct row_key k = count_key(by);

    row_put(v, NODE_CLAIMS, &k, NULL, &n, sizeof(n));
}

bool
filed_has(const struct node_view *v, const struct node_claim *c)
{
    const struct row_key k = filed_key(c);
    struct node_claim held;

    return row_get(v, NODE_CLAIMS, &k, &held, sizeof(held));
}

void
filed_put(const struct node_view *v, const struct node_claim *c)
{
    const struct row_key k = filed_key(c), t = time_key(c);

    row_put(v, NODE_CLAIMS, &k, NULL, c, sizeof(*c));
    row_put(v, NODE_CLAIMS, &t, NULL, c, sizeof(*c));
    count(v, &c->by, filed_count(v, &c->by) + 1);
}

bool
filed_next(const struct node_view *v, struct node_claim *at)
{
    struct row_key k = filed_key(at);
    struct hf_bytes key, row;

    row_add(&k, "", 1);
    return v->seek(v->ctx, NODE_CLAIMS, row_span(&k), &key, &row) &&
           key.p[0] == 'f' && row_unwrap(row, at, sizeof(*at));
}

bool
claim_unfile_before(const struct node_view *v, uint64_t ms)
{
    const struct row_key first = row_text("t");
    struct row_key k, t;
    struct hf_bytes key, row;
    struct node_claim c;
    uint32_t n;

    if (!v->seek(v->ctx, NODE_CLAIMS, row_span(&first), &key, &row) ||
        key.p[0] != 't' || !row_unwrap(row, &c, sizeof(c)) || c.at_ms >= ms)
        return false;
    k = filed_key(&c);
    t = time_key(&c);
    n = filed_count(v, &c.by);
    HF_ASSERT(n > 0);
    v->del(v->ctx, NODE_CLAIMS, row_span(&k));
    v->del(v->ctx, NODE_CLAIMS, row_span(&t));
    count(v, &c.by, n - 1);
    return true;
}
