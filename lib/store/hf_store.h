/*
 * hf_store.h - one LMDB environment with a fixed set of tables.
 *
 * The only user of <lmdb.h>. One writer at a time; the writer's transaction is
 * explicit. All durable: a commit returns after its fsync. The map grows by
 * itself: when a write meets MAP_FULL the transaction is dead (HF_ERR_FULL);
 * abort it, call hf_store_grow(), and do it again.
 *
 * After a write failed for any reason but HF_ERR_NOT_FOUND, HF_ERR_EXISTS or a
 * key that is too long, every further call on the transaction answers the same
 * error, hf_txn_commit() too, and nothing of it is kept.
 *
 * Threads: a transaction belongs to one thread at a time; a write transaction
 * to the thread that began it. Any number of readers beside the one writer. An
 * environment is opened once in a process.
 */
#ifndef HF_STORE_H
#define HF_STORE_H

#include "hf_err.h"
#include "hf_types.h"

#define HF_STORE_TABLES_MAX 64
#define HF_STORE_KEY_MAX    511

#define HF_STORE_GROW_WAIT_MS 5000

struct hf_store;
struct hf_txn;

/**
 * hf_store_open: the environment in folder @dir (made if missing, 0700).
 *
 * @tables    names, one LMDB database each; a table's index is its handle
 * @map_bytes first size of the map; @map_max_bytes its ceiling
 *
 * HF_ERR_IO, HF_ERR_NOMEM, HF_ERR_MALFORMED (not an LMDB file), HF_ERR_FULL
 */
HF_NODISCARD enum hf_err hf_store_open(const char *dir,
                                       const char *const *tables,
                                       size_t n_tables, size_t map_bytes,
                                       size_t map_max_bytes,
                                       struct hf_store **ret_store);
void hf_store_close(struct hf_store *store); /* NULL is fine */
/** hf_store_grow: double the map. Waits for the transactions of other threads;
 * the caller must have none open (HF_ERR_BUSY after HF_STORE_GROW_WAIT_MS).
 * HF_ERR_FULL at the ceiling, or when it was the disk that was full. */
HF_NODISCARD enum hf_err hf_store_grow(struct hf_store *store);
/** hf_store_headroom: bytes of the map in use, pages free for use again not
 * counted, and its ceiling. Walks the list of free pages: not for each event.
 */
void hf_store_headroom(struct hf_store *store, uint64_t *ret_used,
                       uint64_t *ret_max);
/** hf_store_copy: a hot, consistent, durable copy into the empty folder @dir,
 * made if missing, without the free pages: what was deleted is not in it.
 * HF_ERR_EXISTS if there is a copy. The map cannot grow meanwhile. */
HF_NODISCARD enum hf_err hf_store_copy(struct hf_store *store,
                                       const char *dir);
/**
 * hf_store_compact: the file without the pages that are free: a copy is made
 * beside it (DIR.new), synced, and takes its place. Others may read meanwhile;
 * nobody may write: call it on the thread that does. A crash leaves the one
 * file or the other, and both hold the same.
 *
 * HF_ERR_FULL  no room on the disk for a copy of what is in use
 * HF_ERR_BUSY  a reader did not end within HF_STORE_GROW_WAIT_MS
 * HF_ERR_IO
 */
HF_NODISCARD enum hf_err hf_store_compact(struct hf_store *store);
/** hf_store_file_bytes: size of the file on the disk; @is_copy: of the one
 * that hf_store_compact() is making; 0: there is none. */
uint64_t hf_store_file_bytes(const struct hf_store *store, bool is_copy);
/** hf_store_check_readers: free slots of dead processes; call each minute. */
void hf_store_check_readers(struct hf_store *store);

HF_NODISCARD enum hf_err hf_txn_begin(struct hf_store *store, bool is_write,
                                      struct hf_txn **ret_txn);
/** hf_txn_commit: ends the transaction in every case; durable on HF_OK. */
HF_NODISCARD enum hf_err hf_txn_commit(struct hf_txn **txn);
void hf_txn_abort(struct hf_txn **txn); /* *txn NULL is fine */

/** hf_txn_get: HF_ERR_NOT_FOUND; the value is borrowed until the next write
 * in this transaction or its end. */
HF_NODISCARD enum hf_err hf_txn_get(struct hf_txn *txn, unsigned table,
                                    struct hf_bytes key,
                                    struct hf_bytes *ret_value);
/** hf_txn_put: insert or replace; HF_ERR_LIMIT for a key that is empty or
 * longer than HF_STORE_KEY_MAX (so in all calls here). */
HF_NODISCARD enum hf_err hf_txn_put(struct hf_txn *txn, unsigned table,
                                    struct hf_bytes key,
                                    struct hf_bytes value);
/** hf_txn_reserve: room for @n bytes under @key, to be filled at once. */
HF_NODISCARD enum hf_err hf_txn_reserve(struct hf_txn *txn, unsigned table,
                                        struct hf_bytes key, size_t n,
                                        uint8_t **ret_room);
/** hf_txn_append: like put, for a key greater than every key in the table;
 * HF_ERR_EXISTS if it is not. */
HF_NODISCARD enum hf_err hf_txn_append(struct hf_txn *txn, unsigned table,
                                       struct hf_bytes key,
                                       struct hf_bytes value);
/** hf_txn_del: HF_ERR_NOT_FOUND if it is not there. */
HF_NODISCARD enum hf_err hf_txn_del(struct hf_txn *txn, unsigned table,
                                    struct hf_bytes key);
/** hf_txn_seek: the first row with key >= @from; an empty @from is the very
 * first row; HF_ERR_NOT_FOUND at the end.
 * Both spans are borrowed as in hf_txn_get. */
HF_NODISCARD enum hf_err hf_txn_seek(struct hf_txn *txn, unsigned table,
                                     struct hf_bytes from,
                                     struct hf_bytes *ret_key,
                                     struct hf_bytes *ret_value);
/** hf_txn_next: the row after the one that hf_txn_seek or hf_txn_next gave out
 * last in @table, of a transaction that has written nothing since: a walk from
 * page to page. */
HF_NODISCARD enum hf_err hf_txn_next(struct hf_txn *txn, unsigned table,
                                     struct hf_bytes *ret_key,
                                     struct hf_bytes *ret_value);
/** hf_txn_last: the row with the greatest key. */
HF_NODISCARD enum hf_err hf_txn_last(struct hf_txn *txn, unsigned table,
                                     struct hf_bytes *ret_key,
                                     struct hf_bytes *ret_value);
uint64_t hf_txn_count(struct hf_txn *txn, unsigned table);

#endif /* HF_STORE_H */
