#include "node_store.h"

#include <limits.h>
#include <stdlib.h>

#include "hf_assert.h"
#include "hf_file.h"
#include "hf_log.h"
#include "hf_proc.h"
#include "hf_store.h"
#include "hf_text.h"
#include "journal.h"
#include "keystore.h"

enum row_kind { ROW_OWN, ROW_LOCKED };

#define LOCK_BYTES (HF_ID_BYTES + 1)
#define HEAD_MAX   (1 + LOCK_BYTES)
#define AD_MAX     (1 + HEAD_MAX + HF_STORE_KEY_MAX)
#define MARK_FIXED 20 /* epoch, count, number of the dead */
#define GROW_AT(m) ((m) / 4 * 3)

struct node_store {
    struct hf_store *store;
    struct hf_txn *txn;
    struct keystore *keystore;
    const struct own_keys *keys;
    struct node_view view;
    enum hf_err err;       /* the transaction's first failure */
    uint64_t marked_epoch; /* what the store knows of the keystore */
    uint64_t n_bad;
    uint64_t map_used, map_max;
    struct hf_buf plain; /* the value given out last; wiped */
    size_t n_key;        /* the key given out last by seek */
    uint8_t key[HF_STORE_KEY_MAX + 1];
};

static const char *const tables[] = {
#define X(name, text) text,
    NODE_TABLE_MAP(X)
#undef X
};

/* Rows of the shell's own table that are no shelf documents start so. */
static const uint8_t mark_key[] = {0xf0, 'k', 'e', 'y', 's'};
#define MARK_KEY ((struct hf_bytes){mark_key, sizeof(mark_key)})

static void
fail(struct node_store *s, enum hf_err err)
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
        fail(s, err);
    if (err || row.n < head + HF_BOX_BYTES) {
        s->n_bad++;
        return false;
    }
    room = hf_buf_grow(out, row.n - head - HF_BOX_BYTES);
    if (room == NULL) {
        fail(s, HF_ERR_NOMEM);
        return false;
    }
    if (hf_box_open(box_key, make_ad(t, row.p, head, key, ad),
                    (struct hf_bytes){row.p + head, row.n - head}, room))
        return true;
    out->n -= row.n - head - HF_BOX_BYTES;
    s->n_bad++;
    return false;
}

static void
wipe_plain(struct node_store *s)
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
        fail(s, err);
    return !err && open_row(s, t, key, row, out);
}

static bool
view_get(void *ctx, enum node_table t, struct hf_bytes key,
         struct hf_bytes *ret)
{
    struct node_store *s = ctx;

    wipe_plain(s);
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
        fail(s, err);
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
        fail(s, err);
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
            fail(s, err);
        if (err)
            return false;
        memcpy(s->key, key.p, key.n);
        s->n_key = key.n;
        wipe_plain(s);
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
        fail(s, err);
    else if (keystore_mark(s->keystore).n_dead != n_dead)
        journal_lock(&s->view, hf_clock_wall_ms(), lock);
}

/* ---- transactions ---- */

enum hf_err
node_store_begin(struct node_store *s, bool is_write)
{
    HF_ASSERT(s->txn == NULL);
    s->err = HF_OK;
    return hf_txn_begin(s->store, is_write, &s->txn);
}

const struct node_view *
node_store_view(struct node_store *s)
{
    return &s->view;
}

enum hf_err
node_store_err(const struct node_store *s)
{
    return s->err;
}

void
node_store_abort(struct node_store *s)
{
    if (s->txn == NULL)
        return;
    wipe_plain(s);
    hf_txn_abort(&s->txn);
    if (s->keystore != NULL && keystore_rollback(s->keystore) != HF_OK)
        s->n_bad++; /* out of step until the next start, which mends it */
}

static void
put_mark(struct node_store *s)
{
    const struct keystore_mark mark = keystore_mark(s->keystore);
    uint8_t fixed[MARK_FIXED];
    uint8_t *p = fixed;
    struct hf_buf buf;

    hf_buf_init(&buf, NODE_STORE_VALUE_MAX);
    hf_put_u64(&p, mark.epoch);
    hf_put_u64(&p, mark.count);
    hf_put_u32(&p, mark.n_dead);
    if (hf_buf_add(&buf, fixed, sizeof(fixed)) &&
        hf_buf_add(&buf, mark.dead, mark.n_dead * sizeof(*mark.dead)))
        view_put(s, NODE_SHELF, MARK_KEY, NULL, hf_buf_bytes(&buf));
    else
        fail(s, HF_ERR_NOMEM);
    hf_buf_free(&buf);
}

/* The new keys first, then the rows under them: a row is never durable before
 * its key. A key without rows is behind the mark and is cut. */
static enum hf_err
commit_both(struct node_store *s)
{
    const bool has_keys = keystore_is_changed(s->keystore);

    if (has_keys)
        put_mark(s);
    if (!s->err && has_keys)
        fail(s, keystore_sync(s->keystore));
    if (s->err)
        return s->err;
    fail(s, hf_txn_commit(&s->txn));
    if (!s->err && has_keys)
        keystore_committed(s->keystore);
    return s->err;
}

/* Destroy what the commit marked, then tell the store that it is done. Should
 * anything fail here, node_store_tend() and the next start try again. */
static void
shred_now(struct node_store *s)
{
    enum hf_err err = keystore_rewrite(s->keystore);

    if (err)
        hf_log(HF_LOG_ERROR, "shred_failed", "why=%s", hf_err_text(err));
    if (keystore_mark(s->keystore).epoch == s->marked_epoch)
        return;
    hf_log(HF_LOG_INFO, "shredded", "epoch=%llu",
           (unsigned long long)keystore_mark(s->keystore).epoch);
    if (node_store_begin(s, true) != HF_OK)
        return;
    put_mark(s);
    err = s->err ? s->err : hf_txn_commit(&s->txn);
    if (err)
        hf_txn_abort(&s->txn);
    else
        s->marked_epoch = keystore_mark(s->keystore).epoch;
}

enum hf_err
node_store_commit(struct node_store *s)
{
    enum hf_err err;

    HF_ASSERT(s->txn != NULL);
    wipe_plain(s);
    err = commit_both(s);
    if (err) {
        hf_txn_abort(&s->txn);
        if (keystore_rollback(s->keystore) != HF_OK)
            s->n_bad++;
        return err;
    }
    if (keystore_must_rewrite(s->keystore))
        shred_now(s);
    return HF_OK;
}

enum hf_err
node_store_grow(struct node_store *s)
{
    HF_ASSERT(s->txn == NULL);
    return hf_store_grow(s->store);
}

uint64_t
node_store_count(struct node_store *s, enum node_table t)
{
    HF_ASSERT(s->txn != NULL);
    return hf_txn_count(s->txn, (unsigned)t);
}

enum hf_err
node_store_copy(struct node_store *s, const char *dir)
{
    char path[PATH_MAX];
    enum hf_err err;

    HF_ASSERT(s->txn == NULL);
    err = hf_store_copy(s->store, hf_path(path, sizeof(path), dir, "store"));
    return err ? err : keystore_copy(s->keystore, dir);
}

/* In the shell's table, under a key that no document and no backup has. */
static const struct hf_bytes time_key = {(const uint8_t *)"time", 4};

enum hf_err
node_store_note_time(struct node_store *s, uint64_t ms)
{
    const enum hf_err err = node_store_begin(s, true);
    uint8_t bytes[8], *p = bytes;

    if (err)
        return err;
    hf_put_u64(&p, ms);
    s->view.put(s->view.ctx, NODE_SHELF, time_key, NULL,
                (struct hf_bytes){bytes, sizeof(bytes)});
    return node_store_commit(s);
}

uint64_t
node_store_time(struct node_store *s)
{
    uint64_t ms = 0;
    struct hf_bytes row;

    if (node_store_begin(s, false) != HF_OK)
        return 0;
    if (s->view.get(s->view.ctx, NODE_SHELF, time_key, &row) && row.n == 8) {
        const uint8_t *p = row.p;

        ms = hf_get_u64(&p);
    }
    node_store_abort(s);
    return ms;
}

void
node_store_tend(struct node_store *s)
{
    HF_ASSERT(s->txn == NULL);
    hf_store_check_readers(s->store);
    if (keystore_must_rewrite(s->keystore))
        shred_now(s);
    hf_store_headroom(s->store, &s->map_used, &s->map_max);
}

void
node_store_state(struct node_store *s, struct node_store_state *ret)
{
    *ret = (struct node_store_state){.map_used = s->map_used,
                                     .map_max = s->map_max,
                                     .n_bad = s->n_bad,
                                     .owes_shred =
                                         keystore_must_rewrite(s->keystore)};
}

/* ---- open ---- */

/* What the store knows of the keystore; zero when there was no commit yet. */
static enum hf_err
load_mark(struct node_store *s, struct hf_buf *buf, struct keystore_mark *ret)
{
    const uint8_t *p;
    enum hf_err err = node_store_begin(s, false);

    *ret = (struct keystore_mark){0};
    if (err)
        return err;
    if (node_store_read(s, NODE_SHELF, MARK_KEY, buf)) {
        p = buf->p;
        if (buf->n < MARK_FIXED) {
            fail(s, HF_ERR_MALFORMED);
        } else {
            ret->epoch = hf_get_u64(&p);
            ret->count = hf_get_u64(&p);
            ret->n_dead = hf_get_u32(&p);
            ret->dead = (const uint32_t *)(const void *)p;
        }
        if (buf->n != MARK_FIXED + ret->n_dead * sizeof(*ret->dead))
            fail(s, HF_ERR_MALFORMED);
    }
    if (s->n_bad > 0)
        fail(s, HF_ERR_MALFORMED); /* sealed with another store key */
    err = s->err;
    hf_txn_abort(&s->txn);
    return err;
}

/* A store that holds nothing but knows a keystore has its first commit: from
 * then on a missing keystore is a loss and not a beginning. */
static enum hf_err
mark_first(struct node_store *s)
{
    enum hf_err err = node_store_begin(s, true);

    if (err)
        return err;
    put_mark(s);
    err = s->err ? s->err : hf_txn_commit(&s->txn);
    if (err)
        hf_txn_abort(&s->txn);
    else
        s->marked_epoch = keystore_mark(s->keystore).epoch;
    return err;
}

static bool
open_keystore(struct node_store *s, const char *dir, struct fault *fault)
{
    struct keystore_mark mark;
    struct hf_buf buf;
    enum hf_err err;
    bool is_ok = true;

    hf_buf_init(&buf, NODE_STORE_VALUE_MAX);
    err = load_mark(s, &buf, &mark);
    if (err) {
        is_ok = fault_set(fault, FAULT_DATA,
                          "%s/store: %s; it was not made with this "
                          "keys/store.key: restore both from one backup",
                          dir, hf_err_text(err));
        goto out;
    }
    err = keystore_open(dir, s->keys->store, &mark, &s->keystore);
    if (err) {
        is_ok = fault_set(fault, FAULT_DATA,
                          "%s/keystore: %s; restore keystore and store from "
                          "one backup",
                          dir, hf_err_text(err));
        goto out;
    }
    s->marked_epoch = mark.epoch;
    if (keystore_must_rewrite(s->keystore))
        shred_now(s);
    if (keystore_mark(s->keystore).epoch != s->marked_epoch) {
        err = mark_first(s);
        if (err)
            is_ok = fault_set(fault, FAULT_NOT_NOW, "%s/store: %s; make room",
                              dir, hf_err_text(err));
    }

out:
    hf_buf_free(&buf);
    return is_ok;
}

static bool
open_lmdb(struct node_store *s, const char *dir, struct fault *fault)
{
    char path[PATH_MAX];
    enum hf_err err;

    _Static_assert(sizeof(tables) / sizeof(tables[0]) == NODE_TABLES,
                   "a name a table");
    hf_path(path, sizeof(path), dir, "store");
    err = hf_store_open(path, tables, NODE_TABLES, NODE_STORE_MAP_BYTES,
                        NODE_STORE_MAP_MAX_BYTES, &s->store);
    if (err == HF_OK)
        return true;
    if (err == HF_ERR_MALFORMED)
        return fault_set(fault, FAULT_DATA,
                         "%s: not a store, or damaged; restore the backup",
                         path);
    return fault_set(fault, err == HF_ERR_FULL ? FAULT_NOT_NOW : FAULT_INTERNAL,
                     "%s: %s; look at the disk and the folder's owner", path,
                     hf_err_text(err));
}

bool
node_store_open(const char *dir, const struct own_keys *keys,
                struct node_store **ret, struct fault *fault)
{
    struct node_store *s = calloc(1, sizeof(*s));

    if (s == NULL)
        return fault_set(fault, FAULT_INTERNAL, "%s: out of memory", dir);
    s->keys = keys;
    s->view = (struct node_view){.ctx = s,
                                 .get = view_get,
                                 .put = view_put,
                                 .del = view_del,
                                 .seek = view_seek,
                                 .shred = view_shred};
    hf_buf_init(&s->plain, NODE_STORE_VALUE_MAX);
    if (!open_lmdb(s, dir, fault) || !open_keystore(s, dir, fault)) {
        node_store_close(s);
        return false;
    }
    hf_store_headroom(s->store, &s->map_used, &s->map_max);
    *ret = s;
    return true;
}

void
node_store_close(struct node_store *s)
{
    if (s == NULL)
        return;
    node_store_abort(s);
    keystore_close(s->keystore);
    hf_store_close(s->store);
    hf_buf_free(&s->plain);
    free(s);
}
