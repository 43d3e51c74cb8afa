/* Transactions: rows in and out. */
#include <stdlib.h>

#include "hf_store_internal.h"

static MDB_val
val_of(struct hf_bytes bytes)
{
    /* LMDB never writes through it; its struct serves both directions. */
    return (MDB_val){.mv_size = bytes.n, .mv_data = (void *)(uintptr_t)bytes.p};
}

static struct hf_bytes
bytes_of(MDB_val val)
{
    return (struct hf_bytes){.p = val.mv_data, .n = val.mv_size};
}

enum hf_err
hf_txn_begin(struct hf_store *store, bool is_write, struct hf_txn **ret_txn)
{
    struct hf_txn *txn = calloc(1, sizeof(*txn));
    int rc;

    if (txn == NULL)
        return HF_ERR_NOMEM;
    hf_store_enter(store);
    rc = mdb_txn_begin(store->env, NULL, is_write ? 0 : MDB_RDONLY, &txn->txn);
    if (rc != 0) {
        hf_store_leave(store);
        free(txn);
        return hf_store_err(store, rc);
    }
    txn->store = store;
    txn->is_write = is_write;
    *ret_txn = txn; /* the caller's now */
    return HF_OK;
}

/* Cursors go first: LMDB frees those of a write transaction itself, but not
 * those of a read transaction. */
static void
close_cursors(struct hf_txn *txn)
{
    for (size_t i = 0; i < txn->store->n_tables; i++) {
        if (txn->cursors[i] != NULL)
            mdb_cursor_close(txn->cursors[i]);
    }
}

static void
release(struct hf_txn **txn)
{
    hf_store_leave((*txn)->store);
    free(*txn);
    *txn = NULL;
}

void
hf_txn_abort(struct hf_txn **txn)
{
    if (*txn == NULL)
        return;
    close_cursors(*txn);
    mdb_txn_abort((*txn)->txn);
    release(txn);
}

enum hf_err
hf_txn_commit(struct hf_txn **txn)
{
    enum hf_err err = (*txn)->dead;

    if (err) {
        hf_txn_abort(txn);
        return err;
    }
    close_cursors(*txn);
    err = hf_store_err((*txn)->store, mdb_txn_commit((*txn)->txn));
    release(txn);
    return err;
}

static bool
is_key_ok(struct hf_bytes key)
{
    return key.n > 0 && key.n <= HF_STORE_KEY_MAX;
}

/* What every call on a row answers before it asks LMDB. */
static enum hf_err
check(const struct hf_txn *txn, unsigned table, struct hf_bytes key)
{
    HF_ASSERT(table < txn->store->n_tables);
    if (txn->dead)
        return txn->dead;
    return is_key_ok(key) ? HF_OK : HF_ERR_LIMIT;
}

/* The end of every write: an error that leaves the transaction half done
 * kills it. "Not there" and "there already" leave it as it was. */
static enum hf_err
written(struct hf_txn *txn, int rc)
{
    const enum hf_err err = hf_store_err(txn->store, rc);

    if (err && err != HF_ERR_NOT_FOUND && err != HF_ERR_EXISTS)
        txn->dead = err;
    return err;
}

enum hf_err
hf_txn_get(struct hf_txn *txn, unsigned table, struct hf_bytes key,
           struct hf_bytes *ret_value)
{
    const enum hf_err err = check(txn, table, key);
    MDB_val k = val_of(key);
    MDB_val v;
    int rc;

    if (err)
        return err;
    rc = mdb_get(txn->txn, txn->store->dbi[table], &k, &v);
    if (rc == 0)
        *ret_value = bytes_of(v);
    return hf_store_err(txn->store, rc);
}

static enum hf_err
put(struct hf_txn *txn, unsigned table, struct hf_bytes key, MDB_val *value,
    unsigned flags)
{
    const enum hf_err err = check(txn, table, key);
    MDB_val k = val_of(key);

    HF_ASSERT(txn->is_write);
    if (err)
        return err;
    return written(txn,
                   mdb_put(txn->txn, txn->store->dbi[table], &k, value, flags));
}

enum hf_err
hf_txn_put(struct hf_txn *txn, unsigned table, struct hf_bytes key,
           struct hf_bytes value)
{
    MDB_val v = val_of(value);

    return put(txn, table, key, &v, 0);
}

enum hf_err
hf_txn_reserve(struct hf_txn *txn, unsigned table, struct hf_bytes key,
               size_t n, uint8_t **ret_room)
{
    MDB_val v = {.mv_size = n, .mv_data = NULL};
    const enum hf_err err = put(txn, table, key, &v, MDB_RESERVE);

    if (!err)
        *ret_room = v.mv_data;
    return err;
}

enum hf_err
hf_txn_append(struct hf_txn *txn, unsigned table, struct hf_bytes key,
              struct hf_bytes value)
{
    MDB_val v = val_of(value);

    return put(txn, table, key, &v, MDB_APPEND);
}

enum hf_err
hf_txn_del(struct hf_txn *txn, unsigned table, struct hf_bytes key)
{
    const enum hf_err err = check(txn, table, key);
    MDB_val k = val_of(key);

    HF_ASSERT(txn->is_write);
    if (err)
        return err;
    return written(txn, mdb_del(txn->txn, txn->store->dbi[table], &k, NULL));
}

/* A cursor kept per table: a scan that seeks from row to row stays on its
 * page, which LMDB finds without a walk from the root. */
static enum hf_err
cursor_get(struct hf_txn *txn, unsigned table, MDB_cursor_op op, MDB_val *key,
           struct hf_bytes *ret_key, struct hf_bytes *ret_value)
{
    MDB_val value;
    int rc = 0;

    HF_ASSERT(table < txn->store->n_tables);
    if (txn->dead)
        return txn->dead;
    if (txn->cursors[table] == NULL)
        rc = mdb_cursor_open(txn->txn, txn->store->dbi[table],
                             &txn->cursors[table]);
    if (rc == 0)
        rc = mdb_cursor_get(txn->cursors[table], key, &value, op);
    if (rc == 0) {
        *ret_key = bytes_of(*key);
        *ret_value = bytes_of(value);
    }
    return hf_store_err(txn->store, rc);
}

enum hf_err
hf_txn_seek(struct hf_txn *txn, unsigned table, struct hf_bytes from,
            struct hf_bytes *ret_key, struct hf_bytes *ret_value)
{
    MDB_val key = val_of(from);

    if (from.n > HF_STORE_KEY_MAX)
        return HF_ERR_LIMIT;
    return cursor_get(txn, table, from.n == 0 ? MDB_FIRST : MDB_SET_RANGE, &key,
                      ret_key, ret_value);
}

enum hf_err
hf_txn_next(struct hf_txn *txn, unsigned table, struct hf_bytes *ret_key,
            struct hf_bytes *ret_value)
{
    MDB_val key;

    return cursor_get(txn, table, MDB_NEXT, &key, ret_key, ret_value);
}

enum hf_err
hf_txn_last(struct hf_txn *txn, unsigned table, struct hf_bytes *ret_key,
            struct hf_bytes *ret_value)
{
    MDB_val key;

    return cursor_get(txn, table, MDB_LAST, &key, ret_key, ret_value);
}

uint64_t
hf_txn_count(struct hf_txn *txn, unsigned table)
{
    MDB_stat stat;

    HF_ASSERT(table < txn->store->n_tables);
    /* Fails only for a transaction that is dead, and then nothing is there. */
    if (mdb_stat(txn->txn, txn->store->dbi[table], &stat) != 0)
        return 0;
    return stat.ms_entries;
}
