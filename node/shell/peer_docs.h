/*
 * peer_docs.h - other members' signed documents, kept in the store: prekeys
 * and service lists, the newest of each.
 *
 * All functions work inside the store's open transaction.
 */
#ifndef NODE_SHELL_PEER_DOCS_H
#define NODE_SHELL_PEER_DOCS_H

#include "frame.h"
#include "node_store.h"
#include "shelf.h"

/** peer_docs_put: verify and keep. HF_ERR_EXISTS: one as new is held, which is
 * no fault; otherwise what shelf_verify() says, or HF_ERR_FORBIDDEN for a
 * registry: it goes another way. */
HF_NODISCARD enum hf_err peer_docs_put(struct node_store *s,
                                       const struct registry *r,
                                       const struct shelf_doc *doc);

/** peer_docs_prekey: a peer's current prekey, verified again by the registry
 * as it is now; false when there is none that may be sealed to. */
bool peer_docs_prekey(struct node_store *s, const struct registry *r,
                      const struct hf_org *peer, uint64_t now_ms,
                      struct prekey *ret);

/** peer_docs_publish: keep @json as our own services document, signed, under
 * a new version. False when it is too large. */
bool peer_docs_publish(struct node_store *s, const struct hf_secret *op,
                       const struct hf_org *self, uint64_t now_ms,
                       struct hf_bytes json);
/** peer_docs_get: a held document; its bytes are in @buf. */
bool peer_docs_get(struct node_store *s, enum shelf_kind kind,
                   const struct hf_org *owner, struct hf_buf *buf,
                   struct shelf_doc *ret);

/** peer_docs_haves: append a struct frame_have of each to @out. */
bool peer_docs_haves(struct node_store *s, struct hf_buf *out);

#endif /* NODE_SHELL_PEER_DOCS_H */
