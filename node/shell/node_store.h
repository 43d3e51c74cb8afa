/*
 * node_store.h - the node's rows in LMDB, sealed, as the core's view of them.
 *
 *   row   kind 0 | box                       under the node's own key
 *         kind 1 | id 16 | category | box    under the lock's key (keystore.h)
 *
 * A box is XChaCha20-Poly1305 and bound to table, key and what stands before
 * it, so that no row passes for another. A row whose key was shredded is not
 * there; one that should open and does not is counted (node_store_n_bad).
 *
 * One transaction at a time, one thread. Its first failure stands: later writes
 * do nothing and the commit answers it. New case keys are on the disk before
 * the commit that uses them; shredded ones are destroyed right after it.
 */
#ifndef NODE_SHELL_NODE_STORE_H
#define NODE_SHELL_NODE_STORE_H

#include "hf_buf.h"
#include "own_keys.h"
#include "view.h"

#define NODE_STORE_MAP_BYTES     (64ull * 1024 * 1024)
#define NODE_STORE_MAP_MAX_BYTES (64ull * 1024 * 1024 * 1024)
#define NODE_STORE_VALUE_MAX     (4u * 1024u * 1024u)

struct node_store;

/** node_store_open: DIR/store and the keystore; finishes a shred that a crash
 * cut short. @keys is borrowed. False with @fault set. */
HF_NODISCARD bool node_store_open(const char *dir, const struct own_keys *keys,
                                  struct node_store **ret, struct fault *fault);
void node_store_close(struct node_store *s); /* NULL is fine */

HF_NODISCARD enum hf_err node_store_begin(struct node_store *s, bool is_write);
/** node_store_view: for the core; works between begin and commit or abort. */
const struct node_view *node_store_view(struct node_store *s);
/** node_store_err: the transaction's first failure so far. */
enum hf_err node_store_err(const struct node_store *s);
/** node_store_commit: ends the transaction in every case; durable on HF_OK.
 * HF_ERR_FULL: nothing was kept; node_store_grow(), then do it all again. */
HF_NODISCARD enum hf_err node_store_commit(struct node_store *s);
void node_store_abort(struct node_store *s); /* none open: nothing */
HF_NODISCARD enum hf_err node_store_grow(struct node_store *s);

/** node_store_read: append a row's value to @out, which the view does not
 * touch; false when there is none. */
bool node_store_read(struct node_store *s, enum node_table t,
                     struct hf_bytes key, struct hf_buf *out);
uint64_t node_store_count(struct node_store *s, enum node_table t);

/** node_store_copy: store/data.mdb and the keystore's files, of one instant,
 * into the empty folder @dir; blocks until they are on the disk. The epoch key
 * is among them: see keystore_uncopy(). */
HF_NODISCARD enum hf_err node_store_copy(struct node_store *s, const char *dir);

/** node_store_note_time: what time it was, for the next start; a transaction
 * of its own. node_store_time: the latest noted; 0: none. */
HF_NODISCARD enum hf_err node_store_note_time(struct node_store *s,
                                              uint64_t ms);
uint64_t node_store_time(struct node_store *s);

/** node_store_tend: each minute, between transactions: dead readers, a shred
 * still owed, and how full the map is. */
void node_store_tend(struct node_store *s);

struct node_store_state {
    uint64_t map_used, map_max; /* bytes */
    uint64_t n_bad;             /* rows that did not open, since the start */
    bool owes_shred;            /* shredded keys not yet destroyed */
};
void node_store_state(struct node_store *s, struct node_store_state *ret);

#endif /* NODE_SHELL_NODE_STORE_H */
