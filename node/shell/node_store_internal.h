/*
 * node_store_internal.h - what the files of node_store share: node_store.c
 * (transactions), node_store_rows.c (rows, sealed and opened), and
 * node_store_open.c (open, close).
 */
#ifndef NODE_SHELL_NODE_STORE_INTERNAL_H
#define NODE_SHELL_NODE_STORE_INTERNAL_H

#include "hf_store.h"
#include "keystore.h"
#include "node_store.h"

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

/* What the store knows of the keystore: a row of the shell's own table, under
 * a key that no shelf document has. */
#define MARK_KEY                                                               \
    ((struct hf_bytes){(const uint8_t[]){0xf0, 'k', 'e', 'y', 's'}, 5})
#define MARK_FIXED (16 + HF_HASH_BYTES + 4) /* epoch, count, sum, n_dead */

/** node_store_fail: the transaction's first failure stands. */
void node_store_fail(struct node_store *s, enum hf_err err);
/** node_store_wipe: the value given out last. */
void node_store_wipe(struct node_store *s);
/** node_store_rows: get, put, del, seek and shred of a view. */
struct node_view node_store_rows(struct node_store *s);
/** node_store_put_mark: into the open transaction. node_store_mark_now: in one
 * of its own. */
void node_store_put_mark(struct node_store *s);
HF_NODISCARD enum hf_err node_store_mark_now(struct node_store *s);
/** node_store_shred: destroy what the commit marked, then tell the store that
 * it is done. Should anything fail here, node_store_tend() and the next start
 * try again. */
void node_store_shred(struct node_store *s);

#endif /* NODE_SHELL_NODE_STORE_INTERNAL_H */
