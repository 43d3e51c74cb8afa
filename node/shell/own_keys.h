/*
 * own_keys.h - the secrets of this node that the daemon needs: operation and
 * link key from DIR/keys, the store key, and what is derived from that one.
 *
 * The identity key is not read: it certifies the others and is needed by the
 * command line only. All in guarded memory.
 */
#ifndef NODE_SHELL_OWN_KEYS_H
#define NODE_SHELL_OWN_KEYS_H

#include "fault.h"
#include "hf_crypto.h"
#include "view.h"

struct own_keys {
    struct hf_secret *operation; /* SIGN: envelopes, entries, prekeys */
    struct hf_secret *link;      /* DH: CURVE */
    struct hf_secret *store;     /* BOX: never used itself, only derived from */
    uint8_t *rows;  /* HF_KEY_BYTES: seals rows that no lock names */
    uint8_t *index; /* HF_KEY_BYTES: keyed hashes of names and numbers */
    uint8_t *prekeys; /* HF_KEY_BYTES: seals the private prekeys */
    uint8_t *journal; /* HF_KEY_BYTES: seals the journal beside backups */
};

/** own_keys_load: operation and link key from DIR/keys, and *@store, which is
 * taken in any case (store_key.h). False with @fault set; nothing to free. */
HF_NODISCARD bool own_keys_load(const char *dir, struct hf_secret **store,
                                struct own_keys *keys, struct fault *fault);
/** own_keys_init: of three given secrets, which are taken. HF_ERR_NOMEM. */
HF_NODISCARD enum hf_err own_keys_init(struct own_keys *keys,
                                       struct hf_secret *operation,
                                       struct hf_secret *link,
                                       struct hf_secret *store);
void own_keys_clear(struct own_keys *keys); /* a zeroed struct is fine */

/** own_keys_crypto: the core's pure functions; @keys is borrowed. */
struct node_crypto own_keys_crypto(struct own_keys *keys);

#endif /* NODE_SHELL_OWN_KEYS_H */
