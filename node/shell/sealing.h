/*
 * sealing.h - from a send that the core asked for to a sealed envelope, inside
 * the transaction that holds the reason for it.
 */
#ifndef NODE_SHELL_SEALING_H
#define NODE_SHELL_SEALING_H

#include "node.h"
#include "node_store.h"

/** Where envelopes are made: who we are and what we hold; all borrowed. */
struct sealing {
    const struct hf_org *self;
    const struct own_keys *keys;
    struct node_store *store;
    struct hf_buf plain; /* wiped after each use */
};

void sealing_init(struct sealing *s, const struct hf_org *self,
                  const struct own_keys *keys, struct node_store *store);
void sealing_clear(struct sealing *s);

/**
 * sealing_seal: number, encode, seal; keep the bytes in NODE_SEALED and append
 * them to @out. It expires no later than the prekey it is sealed to.
 *
 * HF_ERR_NOT_FOUND  the peer has no prekey that may be sealed to
 * HF_ERR_LIMIT      too large; HF_ERR_NOMEM; HF_ERR_FORBIDDEN (a bad prekey)
 */
HF_NODISCARD enum hf_err sealing_seal(struct sealing *s,
                                      const struct registry *r,
                                      const struct node_send *send,
                                      uint64_t now_ms, struct hf_buf *out);
/** sealing_forget: an envelope is settled; its bytes go. */
void sealing_forget(struct sealing *s, const struct hf_id *envelope);

#endif /* NODE_SHELL_SEALING_H */
