#include "parked.h"

#include "hf_assert.h"
#include "hf_text.h"

#define PARKED_LABEL "handoff/1 parked"
#define USE_KEY      (1 + HF_ORG_BYTES)
#define MIB          (1024ull * 1024)

const struct parked_limit parked_limits[PARKED_POOLS] = {
    /* Whoever invents one name invents many: by name is no limit here. */
    [PARKED_STRANGER] = {128, 16 * MIB, 128, 16 * MIB},
    [PARKED_MEMBER] = {2048, 512 * MIB, 256, 32 * MIB},
    [PARKED_PACK] = {512, 128 * MIB, 64, 16 * MIB},
};

struct use {
    uint64_t rows, bytes;
};

static struct hf_bytes
key_span(const uint8_t *key)
{
    return (struct hf_bytes){key, PARKED_KEY_BYTES};
}

static void
make_key(enum parked_pool pool, const struct hf_org *sender,
         struct hf_bytes bytes, uint8_t key[static PARKED_KEY_BYTES])
{
    struct hf_hash hash;

    hf_hash(PARKED_LABEL, &bytes, 1, &hash);
    key[0] = (uint8_t)pool;
    memcpy(key + 1, sender->s, HF_ORG_BYTES);
    memcpy(key + 1 + HF_ORG_BYTES, hash.b, HF_HASH_BYTES);
}

static struct use
get_use(const struct node_view *v, const uint8_t *key)
{
    struct use u = {0, 0};
    struct hf_bytes row;

    if (v->get(v->ctx, NODE_PARKED_USE, (struct hf_bytes){key, USE_KEY},
               &row) &&
        row.n == sizeof(u)) {
        const uint8_t *p = row.p;

        u.rows = hf_get_u64(&p);
        u.bytes = hf_get_u64(&p);
    }
    return u;
}

static void
put_use(const struct node_view *v, const uint8_t *key, struct use u)
{
    uint8_t bytes[sizeof(u)], *p = bytes;
    const struct hf_bytes span = {key, USE_KEY};

    hf_put_u64(&p, u.rows);
    hf_put_u64(&p, u.bytes);
    if (u.rows == 0)
        v->del(v->ctx, NODE_PARKED_USE, span);
    else
        v->put(v->ctx, NODE_PARKED_USE, span, NULL,
               (struct hf_bytes){bytes, sizeof(bytes)});
}

static bool
fits(struct use u, size_t n, uint64_t rows, uint64_t bytes)
{
    return u.rows < rows && n <= bytes && u.bytes <= bytes - n;
}

/* The pool's row first, then the sender's; false: nothing was counted. */
static bool
count_in(const struct node_view *v, const uint8_t *key, size_t n)
{
    const struct parked_limit *limit = &parked_limits[key[0]];
    const uint8_t all[USE_KEY] = {key[0]};
    struct use pool = get_use(v, all);
    struct use own = get_use(v, key);

    if (!fits(pool, n, limit->rows, limit->bytes) ||
        !fits(own, n, limit->sender_rows, limit->sender_bytes))
        return false;
    put_use(v, all, (struct use){pool.rows + 1, pool.bytes + n});
    put_use(v, key, (struct use){own.rows + 1, own.bytes + n});
    return true;
}

static void
count_out_of(const struct node_view *v, const uint8_t *key, size_t n)
{
    struct use u = get_use(v, key);

    u.rows -= u.rows > 0 ? 1 : 0;
    u.bytes -= u.bytes > n ? n : u.bytes;
    put_use(v, key, u);
}

static void
put_age(const struct node_view *v, const uint8_t *key, uint64_t first_ms)
{
    uint8_t bytes[8], *p = bytes;

    hf_put_u64(&p, first_ms);
    v->put(v->ctx, NODE_PARKED_USE, key_span(key), NULL,
           (struct hf_bytes){bytes, sizeof(bytes)});
}

static uint64_t
get_age(const struct node_view *v, const uint8_t *key)
{
    struct hf_bytes row;
    const uint8_t *p;

    if (!v->get(v->ctx, NODE_PARKED_USE, key_span(key), &row) || row.n != 8)
        return 0;
    p = row.p;
    return hf_get_u64(&p);
}

bool
parked_put(struct node_store *s, enum parked_pool pool,
           const struct hf_org *sender, uint64_t now_ms, struct hf_bytes bytes)
{
    const struct node_view *v = node_store_view(s);
    uint8_t key[PARKED_KEY_BYTES];
    struct hf_bytes there;

    HF_ASSERT(pool > 0);
    HF_ASSERT(pool < PARKED_POOLS);
    make_key(pool, sender, bytes, key);
    if (v->get(v->ctx, NODE_PARKED_USE, key_span(key), &there))
        return true;
    if (!count_in(v, key, bytes.n))
        return false;
    v->put(v->ctx, NODE_PARKED, key_span(key), NULL, bytes);
    put_age(v, key, now_ms);
    return true;
}

void
parked_del(struct node_store *s, const struct parked_row *row)
{
    const struct node_view *v = node_store_view(s);
    const uint8_t all[USE_KEY] = {row->key[0]};
    struct hf_bytes there;
    size_t n;

    if (!v->get(v->ctx, NODE_PARKED, key_span(row->key), &there))
        return;
    n = there.n;
    count_out_of(v, all, n);
    count_out_of(v, row->key, n);
    v->del(v->ctx, NODE_PARKED, key_span(row->key));
    v->del(v->ctx, NODE_PARKED_USE, key_span(row->key));
}

void
parked_again(struct node_store *s, const struct parked_row *row,
             enum parked_pool pool, const struct hf_org *sender,
             uint64_t now_ms, struct hf_bytes bytes)
{
    const uint64_t first_ms = row->first_ms != 0 ? row->first_ms : now_ms;

    if (row->key[0] != (uint8_t)pool &&
        parked_put(s, pool, sender, first_ms, bytes))
        parked_del(s, row);
    else if (first_ms != row->first_ms)
        put_age(node_store_view(s), row->key, first_ms);
}

bool
parked_is_over(const struct parked_row *row, uint64_t now_ms)
{
    return now_ms != 0 && row->first_ms != 0 && now_ms > row->first_ms &&
           now_ms - row->first_ms > PARKED_MAX_MS;
}

bool
parked_next(struct node_store *s, struct parked_row *at, struct hf_buf *out)
{
    const struct node_view *v = node_store_view(s);
    uint8_t from[PARKED_KEY_BYTES + 1] = {0};
    struct hf_bytes key, value;

    hf_buf_clear(out);
    memcpy(from, at->key, PARKED_KEY_BYTES);
    if (!v->seek(v->ctx, NODE_PARKED, (struct hf_bytes){from, sizeof(from)},
                 &key, &value) ||
        key.n != PARKED_KEY_BYTES || !hf_buf_add(out, value.p, value.n))
        return false;
    memcpy(at->key, key.p, PARKED_KEY_BYTES);
    at->first_ms = get_age(v, at->key);
    return true;
}
