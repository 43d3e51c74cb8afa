/*
 * hf_store_internal.h - what the files of lib/store share; for them only.
 */
#ifndef HF_STORE_INTERNAL_H
#define HF_STORE_INTERNAL_H

#include <limits.h>
#include <lmdb.h>
#include <pthread.h>
#include <stdatomic.h>

#include "hf_assert.h"
#include "hf_store.h"

struct hf_store {
    MDB_env *env;
    MDB_dbi dbi[HF_STORE_TABLES_MAX];
    size_t n_tables;
    size_t map_bytes; /* at the start */
    size_t map_max_bytes;
    const char *const *tables; /* names, the caller's for ever */
    char dir[PATH_MAX];
    atomic_bool is_disk_full; /* a write met ENOSPC since the last grow */

    /* LMDB's map may only be resized while no transaction is open. */
    pthread_mutex_t gate;
    pthread_cond_t gate_changed;
    unsigned n_open; /* transactions; under gate */
    bool is_growing; /* under gate: new transactions wait */
};

struct hf_txn {
    struct hf_store *store;
    MDB_txn *txn;
    bool is_write;
    enum hf_err dead; /* what killed it; HF_OK while it lives */
    MDB_cursor *cursors[HF_STORE_TABLES_MAX]; /* opened when first needed */
};

/** hf_store_err: LMDB's code as ours; remembers a full disk. */
enum hf_err hf_store_err(struct hf_store *store, int rc);
/** hf_store_sync_file: fsync of a file and of its folder. */
enum hf_err hf_store_sync_file(const char *path);
/** hf_store_reopen: the environment of store->dir, closed before. */
enum hf_err hf_store_reopen(struct hf_store *store);
/** hf_store_close_gate: no transaction is open, and none begins, until
 * hf_store_open_gate(). HF_ERR_BUSY, and the gate is open, if one does not end
 * within HF_STORE_GROW_WAIT_MS. */
enum hf_err hf_store_close_gate(struct hf_store *store);
void hf_store_open_gate(struct hf_store *store);
/** hf_store_enter / hf_store_leave: count a transaction in and out. */
void hf_store_enter(struct hf_store *store);
void hf_store_leave(struct hf_store *store);

#endif /* HF_STORE_INTERNAL_H */
