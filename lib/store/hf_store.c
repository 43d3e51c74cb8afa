/* The environment. Flags, and why: no NOSYNC, NOMETASYNC or WRITEMAP, since a
 * commit is a promise and a stray pointer must not reach the file; NOTLS, so
 * that a read transaction is not tied to a thread that may read twice; not
 * NORDAHEAD, since our stores fit in memory on the machines we have in mind
 * and a broker that catches up reads in order. No table is DUPSORT: 0.9.24 has
 * bugs there. */
#include "hf_store.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "hf_file.h"
#include "hf_store_internal.h"

enum hf_err
hf_store_err(struct hf_store *store, int rc)
{
    switch (rc) {
    case MDB_SUCCESS:
        return HF_OK;
    case MDB_NOTFOUND:
        return HF_ERR_NOT_FOUND;
    case MDB_KEYEXIST:
    case EEXIST:
        return HF_ERR_EXISTS;
    case ENOSPC:
    case EDQUOT:
        /* Full like the map, but growing the map would not help. */
        atomic_store(&store->is_disk_full, true);
        return HF_ERR_FULL;
    case MDB_MAP_FULL:
    case MDB_MAP_RESIZED: /* hf_store_grow() takes up the new size */
        return HF_ERR_FULL;
    case MDB_TXN_FULL:
    case MDB_READERS_FULL:
    case MDB_DBS_FULL:
    case MDB_BAD_VALSIZE:
        return HF_ERR_LIMIT;
    case MDB_INVALID:
    case MDB_VERSION_MISMATCH:
    case MDB_CORRUPTED:
    case MDB_PAGE_NOTFOUND:
    case MDB_INCOMPATIBLE:
        return HF_ERR_MALFORMED;
    case ENOMEM:
        return HF_ERR_NOMEM;
    case EAGAIN:
    case EBUSY:
        return HF_ERR_BUSY;
    default:
        return HF_ERR_IO;
    }
}

void
hf_store_enter(struct hf_store *store)
{
    (void)pthread_mutex_lock(&store->gate);
    while (store->is_growing)
        (void)pthread_cond_wait(&store->gate_changed, &store->gate);
    store->n_open++;
    (void)pthread_mutex_unlock(&store->gate);
}

void
hf_store_leave(struct hf_store *store)
{
    (void)pthread_mutex_lock(&store->gate);
    HF_ASSERT(store->n_open > 0);
    store->n_open--;
    if (store->n_open == 0)
        (void)pthread_cond_broadcast(&store->gate_changed);
    (void)pthread_mutex_unlock(&store->gate);
}

static size_t
round_to_pages(size_t bytes)
{
    const size_t page = (size_t)sysconf(_SC_PAGESIZE);

    return (bytes + page - 1) / page * page;
}

static int
open_tables(struct hf_store *store)
{
    MDB_txn *txn = NULL;
    int rc;

    rc = mdb_txn_begin(store->env, NULL, 0, &txn);
    if (rc != 0)
        return rc;
    for (size_t i = 0; i < store->n_tables && rc == 0; i++)
        rc = mdb_dbi_open(txn, store->tables[i], MDB_CREATE, &store->dbi[i]);
    if (rc != 0) {
        mdb_txn_abort(txn);
        return rc;
    }
    return mdb_txn_commit(txn);
}

static enum hf_err
open_env(struct hf_store *store)
{
    int dead = 0;
    int rc;

    rc = mdb_env_create(&store->env);
    if (rc != 0)
        return hf_store_err(store, rc);
    rc = mdb_env_set_maxdbs(store->env, (MDB_dbi)store->n_tables);
    HF_ASSERT(rc == 0);
    rc = mdb_env_set_mapsize(store->env, round_to_pages(store->map_bytes));
    if (rc == 0)
        rc = mdb_env_open(store->env, store->dir, MDB_NOTLS, 0600);
    if (rc == 0) /* a reader that was killed would keep its pages for ever */
        rc = mdb_reader_check(store->env, &dead);
    return hf_store_err(store, rc);
}

/* A new table in a store whose map is full needs a page. */
static enum hf_err
open_or_grow(struct hf_store *store)
{
    enum hf_err err = open_env(store);

    while (!err) {
        const int rc = open_tables(store);

        err = hf_store_err(store, rc);
        if (err != HF_ERR_FULL)
            return err;
        err = hf_store_grow(store);
    }
    return err;
}

static bool
init_gate(struct hf_store *store)
{
    if (pthread_mutex_init(&store->gate, NULL) != 0)
        return false;
    if (pthread_cond_init(&store->gate_changed, NULL) != 0) {
        (void)pthread_mutex_destroy(&store->gate);
        return false;
    }
    return true;
}

enum hf_err
hf_store_open(const char *dir, const char *const *tables, size_t n_tables,
              size_t map_bytes, size_t map_max_bytes,
              struct hf_store **ret_store)
{
    struct hf_store *store;
    enum hf_err err;

    HF_ASSERT(n_tables > 0);
    HF_ASSERT(n_tables <= HF_STORE_TABLES_MAX);
    HF_ASSERT(map_bytes <= map_max_bytes);
    HF_ASSERT(strlen(dir) < PATH_MAX - 32);
    err = hf_mkdir(dir);
    if (err)
        return err == HF_ERR_NOT_FOUND ? HF_ERR_IO : err;
    store = calloc(1, sizeof(*store));
    if (store == NULL)
        return HF_ERR_NOMEM;
    if (!init_gate(store)) {
        free(store);
        return HF_ERR_NOMEM;
    }
    store->n_tables = n_tables;
    store->tables = tables;
    store->map_bytes = map_bytes;
    store->map_max_bytes = round_to_pages(map_max_bytes);
    (void)snprintf(store->dir, sizeof(store->dir), "%s", dir);
    err = open_or_grow(store);
    if (err) {
        hf_store_close(store);
        return err;
    }
    *ret_store = store; /* the caller's now */
    return HF_OK;
}

void
hf_store_close(struct hf_store *store)
{
    if (store == NULL)
        return;
    HF_ASSERT(store->n_open == 0);
    if (store->env != NULL)
        mdb_env_close(store->env);
    (void)pthread_cond_destroy(&store->gate_changed);
    (void)pthread_mutex_destroy(&store->gate);
    free(store);
}

static enum hf_err
resize(struct hf_store *store)
{
    MDB_envinfo info;
    size_t bytes;

    if (atomic_exchange(&store->is_disk_full, false))
        return HF_ERR_FULL;
    HF_ASSERT(mdb_env_info(store->env, &info) == 0);
    if (info.me_mapsize >= store->map_max_bytes)
        return HF_ERR_FULL;
    bytes = info.me_mapsize > store->map_max_bytes / 2
                ? store->map_max_bytes
                : round_to_pages(info.me_mapsize * 2);
    return hf_store_err(store, mdb_env_set_mapsize(store->env, bytes));
}

enum hf_err
hf_store_close_gate(struct hf_store *store)
{
    enum hf_err err = HF_OK;
    struct timespec until;
    int rc = 0;

    (void)clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += HF_STORE_GROW_WAIT_MS / 1000;

    (void)pthread_mutex_lock(&store->gate);
    while (store->is_growing)
        (void)pthread_cond_wait(&store->gate_changed, &store->gate);
    store->is_growing = true;
    while (store->n_open > 0 && rc == 0)
        rc = pthread_cond_clockwait(&store->gate_changed, &store->gate,
                                    CLOCK_MONOTONIC, &until);
    if (store->n_open > 0)
        err = HF_ERR_BUSY;
    (void)pthread_mutex_unlock(&store->gate);
    if (err)
        hf_store_open_gate(store);
    return err;
}

void
hf_store_open_gate(struct hf_store *store)
{
    (void)pthread_mutex_lock(&store->gate);
    store->is_growing = false;
    (void)pthread_cond_broadcast(&store->gate_changed);
    (void)pthread_mutex_unlock(&store->gate);
}

enum hf_err
hf_store_grow(struct hf_store *store)
{
    enum hf_err err = hf_store_close_gate(store);

    if (err)
        return err;
    err = resize(store);
    hf_store_open_gate(store);
    return err;
}

enum hf_err
hf_store_reopen(struct hf_store *store)
{
    return open_or_grow(store);
}

/* Pages on LMDB's free list: each record begins with its count. */
static size_t
count_free_pages(struct hf_store *store)
{
    MDB_cursor *cursor = NULL;
    MDB_txn *txn = NULL;
    MDB_val key;
    MDB_val value;
    size_t n_free = 0;

    if (mdb_txn_begin(store->env, NULL, MDB_RDONLY, &txn) != 0)
        return 0;
    if (mdb_cursor_open(txn, 0, &cursor) == 0) { /* 0 is the free list */
        while (mdb_cursor_get(cursor, &key, &value, MDB_NEXT) == 0) {
            size_t n = 0;

            if (value.mv_size >= sizeof(n))
                memcpy(&n, value.mv_data, sizeof(n));
            n_free += n;
        }
        mdb_cursor_close(cursor);
    }
    mdb_txn_abort(txn);
    return n_free;
}

void
hf_store_headroom(struct hf_store *store, uint64_t *ret_used, uint64_t *ret_max)
{
    MDB_envinfo info;
    MDB_stat stat;
    size_t n_pages;
    size_t n_free;

    hf_store_enter(store);
    n_free = count_free_pages(store);
    HF_ASSERT(mdb_env_info(store->env, &info) == 0);
    HF_ASSERT(mdb_env_stat(store->env, &stat) == 0);
    hf_store_leave(store);
    n_pages = info.me_last_pgno + 1;
    /* The two were not read at one instant; never wrap around. */
    *ret_used =
        (uint64_t)(n_pages > n_free ? n_pages - n_free : 0) * stat.ms_psize;
    *ret_max = store->map_max_bytes;
}

/* mdb_env_copy2 does not sync what it wrote. */
enum hf_err
hf_store_sync_file(const char *path)
{
    enum hf_err err = HF_OK;
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);

    if (fd < 0)
        return HF_ERR_IO;
    if (fsync(fd) != 0)
        err = HF_ERR_IO;
    (void)close(fd);
    return err ? err : hf_file_sync_dir(path);
}

enum hf_err
hf_store_copy(struct hf_store *store, const char *dir)
{
    char path[PATH_MAX];
    enum hf_err err;

    if (strlen(dir) + sizeof("/data.mdb") > sizeof(path))
        return HF_ERR_IO;
    err = hf_mkdir(dir);
    if (err)
        return err;
    hf_store_enter(store);
    err = hf_store_err(store, mdb_env_copy2(store->env, dir, MDB_CP_COMPACT));
    hf_store_leave(store);
    if (err)
        return err;
    return hf_store_sync_file(hf_path(path, sizeof(path), dir, "data.mdb"));
}

void
hf_store_check_readers(struct hf_store *store)
{
    int n_dead = 0;

    /* On an error the dead keep their slots until the next minute. */
    (void)mdb_reader_check(store->env, &n_dead);
}
