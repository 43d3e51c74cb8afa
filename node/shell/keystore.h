/*
 * keystore.h - the keys of cases and objects, outside the store, so that a
 * shredded one is gone for good (node/DESIGN.md, "At rest").
 *
 *   DIR/keystore          head | records, appended only
 *   DIR/keystore.epoch.0  the epoch key that wraps the records, in the file
 *   DIR/keystore.epoch.1  of the epoch's parity; the other one is zero
 *
 * A record is (id, category, wrapped key), sealed under a key made of the
 * epoch key and the store key and bound to its place. A new key is on the disk
 * before the store's commit that uses it. The store keeps the mark: epoch,
 * number of records that count, their hash, and those that must go. So what a
 * crash left behind the mark is cut, and anything missing or altered before it
 * is refused: by one hash over the file, since half a million boxes took
 * seconds to open. A box is opened, and so checked, when its key is used.
 *
 * Shred: the caller's commit marks records as dead; keystore_rewrite() makes a
 * new file without them under a new epoch key, renames it into place and
 * overwrites the old epoch key. Killed anywhere, opening with the mark rolls it
 * forward or shows it as still to be done.
 *
 * Keys stay wrapped in the file; a lookup unwraps one into guarded memory. One
 * thread.
 */
#ifndef NODE_SHELL_KEYSTORE_H
#define NODE_SHELL_KEYSTORE_H

#include "hf_buf.h"
#include "hf_crypto.h"
#include "view.h"

#define KEYSTORE_RECORDS_MAX 16000000u

struct keystore;

/** What the store has to know of the keystore; zero: nothing yet. */
struct keystore_mark {
    uint64_t epoch;
    uint64_t count;     /* records that count; later ones are no one's */
    struct hf_hash sum; /* over those records as they lie in the file */
    uint32_t n_dead;
    const uint32_t *dead; /* numbers of records to be destroyed; borrowed */
};

/**
 * keystore_open: the keystore in @dir, made if @mark is zero and none is there.
 *
 * @store  the node's store key (BOX); borrowed as long as the keystore is open
 *
 * HF_ERR_NOT_FOUND  the store knows of one but it is not there
 * HF_ERR_MALFORMED  head, epoch key or a record that counts is altered or cut
 * HF_ERR_ROLLBACK   of another epoch than the store's
 * HF_ERR_IO, HF_ERR_FULL, HF_ERR_NOMEM
 */
HF_NODISCARD enum hf_err keystore_open(const char *dir,
                                       const struct hf_secret *store,
                                       const struct keystore_mark *mark,
                                       struct keystore **ret);
void keystore_close(struct keystore *ks); /* NULL is fine */

/** keystore_get: the key of @lock, in guarded memory until the next call here.
 * HF_ERR_NOT_FOUND: never made, or shredded. HF_ERR_MALFORMED, HF_ERR_IO. */
HF_NODISCARD enum hf_err keystore_get(struct keystore *ks,
                                      const struct node_lock *lock,
                                      const uint8_t **ret_key);
/** keystore_need: the same, but makes the key if there is none. HF_ERR_LIMIT,
 * HF_ERR_NOMEM too. */
HF_NODISCARD enum hf_err keystore_need(struct keystore *ks,
                                       const struct node_lock *lock,
                                       const uint8_t **ret_key);
/** keystore_kill: forget the key of @lock (category NONE: all of that id);
 * destroyed by keystore_rewrite() after the commit. HF_ERR_NOMEM. */
HF_NODISCARD enum hf_err keystore_kill(struct keystore *ks,
                                       const struct node_lock *lock);

/** keystore_is_changed: keys were made or killed since the last commit. */
bool keystore_is_changed(const struct keystore *ks);
/** keystore_mark: to be kept by the commit that follows; dead is borrowed. */
struct keystore_mark keystore_mark(const struct keystore *ks);
/** keystore_sync: append what was made and fsync it; before the commit. */
HF_NODISCARD enum hf_err keystore_sync(struct keystore *ks);
/** keystore_committed / keystore_rollback: how the commit went. */
void keystore_committed(struct keystore *ks);
HF_NODISCARD enum hf_err keystore_rollback(struct keystore *ks);

/** keystore_must_rewrite: dead keys are still in the file. */
bool keystore_must_rewrite(const struct keystore *ks);
/** keystore_rewrite: destroy the dead keys; then, also after a failure, the
 * store is to be given the new mark: a swap may have been done. To be called
 * again while keystore_must_rewrite(). Nothing may be uncommitted. */
HF_NODISCARD enum hf_err keystore_rewrite(struct keystore *ks);

/** keystore_copy: its two files into @dir, as they count now; fsynced.
 * keystore_uncopy: destroy such a copy: the epoch key is overwritten. */
HF_NODISCARD enum hf_err keystore_copy(struct keystore *ks, const char *dir);
HF_NODISCARD enum hf_err keystore_uncopy(const char *dir);

#endif /* NODE_SHELL_KEYSTORE_H */
