/* The core's view of the store: each row sealed on its way in, opened on its
 * way out. */
#include "hf_assert.h"
#include "hf_crypto.h"
#include "hf_proc.h"
#include "journal.h"
#include "node_store_internal.h"

enum row_kind { ROW_OWN, ROW_LOCKED };

#define LOCK_BYTES (HF_ID_BYTES + 1)
#define HEAD_MAX   (1 + LOCK_BYTES)
#define AD_MAX     (1 + HEAD_MAX + HF_STORE_KEY_MAX)

void
node_store_fail(struct node_store *s, enum hf_err err)
{
    if (s->err == HF_OK)
        s->err = err;
}

static struct hf_bytes
make_ad(enum node_table t, const uint8_t *head, size_t n_head,
        struct hf_bytes key, uint8_t out[static AD_MAX])
{
    HF_ASSERT(n_head <= HEAD_MAX);
    HF_ASSERT(key.n <= HF_STORE_KEY_MAX);
    out[0] = (uint8_t)t;
    memcpy(out + 1, head, n_head);
    memcpy(out + 1 + n_head, key.p, key.n);
    return (struct hf_bytes){out, 1 + n_head + key.n};
}

/* The key that a row's head names. HF_ERR_NOT_FOUND: it was shredded. */
static enum hf_err
key_of_row(struct node_store *s, struct hf_bytes row, size_t *ret_head,
           const uint8_t **ret_key)
{
    struct node_lock lock = {0};

    if (row.n >= 1 && row.p[0] == ROW_OWN) {
        *ret_head = 1;
        *ret_key = s->keys->rows;
        return HF_OK;
    }
    if (row.n < HEAD_MAX || row.p[0] != ROW_LOCKED)
        return HF_ERR_MALFORMED;
    memcpy(lock.id.b, row.p + 1, HF_ID_BYTES);
    lock.category = (enum category)row.p[1 + HF_ID_BYTES];
    *ret_head = HEAD_MAX;
    return keystore_get(s->keystore, &lock, ret_key);
}

static bool
open_row(struct node_store *s, enum node_table t, struct hf_bytes key,
         struct hf_bytes row, struct hf_buf *out)
{
    const uint8_t *box_key = NULL;
    uint8_t ad[AD_MAX];
    enum hf_err err;
    size_t head = 0;
    uint8_t *room;

    err = key_of_row(s, row, &head, &box_key);
    if (err == HF_ERR_NOT_FOUND)
        return false;
    if (err == HF_ERR_IO)
        node_store_fail(s, err);
    if (err || row.n < head + HF_BOX_BYTES) {
        s->n_bad++;
        return false;
    }
    room = hf_buf_grow(out, row.n - head - HF_BOX_BYTES);
    if (room == NULL) {
        node_store_fail(s, HF_ERR_NOMEM);
        return false;
    }
    if (hf_box_open(box_key, make_ad(t, row.p, head, key, ad),
                    (struct hf_bytes){row.p + head, row.n - head}, room))
        return true;
    out->n -= row.n - head - HF_BOX_BYTES;
    s->n_bad++;
    return false;
}

void
node_store_wipe(struct node_store *s)
{
    if (s->plain.n > 0)
        hf_wipe(s->plain.p, s->plain.n);
    hf_buf_clear(&s->plain);
}

bool
node_store_read(struct node_store *s, enum node_table t, struct hf_bytes key,
                struct hf_buf *out)
{
    struct hf_bytes row;
    enum hf_err err;

    HF_ASSERT(s->txn != NULL);
    if (s->err)
        return false;
    err = hf_txn_get(s->txn, (unsigned)t, key, &row);
    if (err && err != HF_ERR_NOT_FOUND)
        node_store_fail(s, err);
    return !err && open_row(s, t, key, row, out);
}

static bool
view_get(void *ctx, enum node_table t, struct hf_bytes key,
         struct hf_bytes *ret)
{
    struct node_store *s = ctx;

    node_store_wipe(s);
    if (!node_store_read(s, t, key, &s->plain))
        return false;
    *ret = hf_buf_bytes(&s->plain);
    return true;
}

static void
view_put(void *ctx, enum node_table t, struct hf_bytes key,
         const struct node_lock *lock, struct hf_bytes value)
{
    struct node_store *s = ctx;
    const uint8_t *box_key = s->keys->rows;
    uint8_t head[HEAD_MAX] = {ROW_OWN};
    uint8_t ad[AD_MAX];
    size_t n_head = 1;
    enum hf_err err = HF_OK;
    uint8_t *room;

    HF_ASSERT(s->txn != NULL);
    HF_ASSERT(key.n > 0);
    HF_ASSERT(key.n <= HF_STORE_KEY_MAX);
    if (s->err)
        return;
    if (lock != NULL) {
        head[0] = ROW_LOCKED;
        memcpy(head + 1, lock->id.b, HF_ID_BYTES);
        head[1 + HF_ID_BYTES] = (uint8_t)lock->category;
        n_head = HEAD_MAX;
        err = keystore_need(s->keystore, lock, &box_key);
    }
    if (!err && value.n > NODE_STORE_VALUE_MAX)
        err = HF_ERR_LIMIT;
    if (!err)
        err = hf_txn_reserve(s->txn, (unsigned)t, key,
                             n_head + value.n + HF_BOX_BYTES, &room);
    if (err) {
        node_store_fail(s, err);
        return;
    }
    memcpy(room, head, n_head);
    hf_box_seal(box_key, make_ad(t, head, n_head, key, ad), value,
                room + n_head);
    if (t == NODE_TOMBSTONES || t == NODE_SHREDDED)
        journal_row(&s->view, hf_clock_wall_ms(), t, key, value);
}

static void
view_del(void *ctx, enum node_table t, struct hf_bytes key)
{
    struct node_store *s = ctx;
    enum hf_err err;

    HF_ASSERT(s->txn != NULL);
    if (s->err)
        return;
    err = hf_txn_del(s->txn, (unsigned)t, key);
    if (err && err != HF_ERR_NOT_FOUND)
        node_store_fail(s, err);
}

static bool
view_seek(void *ctx, enum node_table t, struct hf_bytes from,
          struct hf_bytes *ret_key, struct hf_bytes *ret_value)
{
    struct node_store *s = ctx;
    struct hf_bytes key;
    struct hf_bytes row;
    enum hf_err err;

    HF_ASSERT(s->txn != NULL);
    HF_ASSERT(from.n < sizeof(s->key));
    /* @from may be the key given out last. */
    if (from.n > 0)
        memmove(s->key, from.p, from.n);
    s->n_key = from.n;
    while (!s->err) {
        err = hf_txn_seek(s->txn, (unsigned)t,
                          (struct hf_bytes){s->key, s->n_key}, &key, &row);
        if (err && err != HF_ERR_NOT_FOUND)
            node_store_fail(s, err);
        if (err)
            return false;
        memcpy(s->key, key.p, key.n);
        s->n_key = key.n;
        node_store_wipe(s);
        if (open_row(s, t, key, row, &s->plain)) {
            *ret_key = (struct hf_bytes){s->key, s->n_key};
            *ret_value = hf_buf_bytes(&s->plain);
            return true;
        }
        if (s->n_key == HF_STORE_KEY_MAX)
            return false;       /* no table has keys that long */
        s->key[s->n_key++] = 0; /* the least key after this one */
    }
    return false;
}

static void
view_shred(void *ctx, const struct node_lock *lock)
{
    struct node_store *s = ctx;
    uint32_t n_dead;
    enum hf_err err;

    HF_ASSERT(s->txn != NULL);
    if (s->err)
        return;
    n_dead = keystore_mark(s->keystore).n_dead;
    err = keystore_kill(s->keystore, lock);
    if (err)
        node_store_fail(s, err);
    else if (keystore_mark(s->keystore).n_dead != n_dead)
        journal_lock(&s->view, hf_clock_wall_ms(), lock);
}

struct node_view
node_store_rows(struct node_store *s)
{
    return (struct node_view){.ctx = s,
                              .get = view_get,
                              .put = view_put,
                              .del = view_del,
                              .seek = view_seek,
                              .shred = view_shred};
}
