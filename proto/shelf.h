/*
 * shelf.h - small signed public documents that brokers keep and hand on.
 *
 * One mechanism for all that must reach every member and names nobody: the
 * registry set, members' signed prekeys, their published services, the
 * committee's SOP packs. A document is (kind, owner, version, bytes,
 * signature); a broker keeps the newest of each (kind, owner), hands it to
 * whoever lacks it, and pushes it on change. The registry set proves itself,
 * and a pack is proved by its hash in the registry, so that anybody may bring
 * it; the others are signed with their owner's operation key over label
 * "handoff/1 shelf", kind, owner, version and bytes.
 */
#ifndef PROTO_SHELF_H
#define PROTO_SHELF_H

#include "envelope.h"
#include "hf_buf.h"
#include "hf_crypto.h"
#include "hf_types.h"
#include "registry.h"

#define SHELF_LABEL     "handoff/1 shelf"
#define SHELF_DOC_MAX   REGISTRY_BYTES_MAX
#define SHELF_PACK_MAX  (512u * 1024u)
#define SHELF_SMALL_MAX (256u * 1024u) /* every other kind */

enum shelf_kind {
    SHELF_REGISTRY = 1, /* owner: empty; version: registry_latest */
    SHELF_PREKEY,       /* packed prekey, PREKEY_BYTES */
    SHELF_SERVICES,     /* JSON array of HSDS services */
    SHELF_PACK          /* YAML; owner: shelf_pack_name(); version: 1 */
};

struct shelf_doc {
    enum shelf_kind kind;
    struct hf_org owner;
    uint64_t version; /* rises; ms of making for all but the registry */
    struct hf_bytes bytes;
    uint8_t sig[HF_SIG_BYTES]; /* zero for registry and packs */
};

/** shelf_pack: append kind u8, owner 32, version u64, sig 64, length u32,
 * bytes. shelf_unpack: one document from the front of *in, which moves on;
 * bytes borrowed. shelf_pack refuses what shelf_unpack would refuse. */
bool shelf_pack(const struct shelf_doc *d, struct hf_buf *out);
HF_NODISCARD enum hf_err shelf_unpack(struct hf_bytes *in,
                                      struct shelf_doc *ret_d);
void shelf_sign(struct shelf_doc *d, const struct hf_secret *op);
/** shelf_verify: signature by the owner's key of that time, owner active
 * (of a prekey: listed), and a prekey is the owner's own; a pack is one that
 * the registry lists, to the last byte. HF_ERR_UNTRUSTED, HF_ERR_SIGNATURE,
 * HF_ERR_MALFORMED. Not for SHELF_REGISTRY. */
HF_NODISCARD enum hf_err shelf_verify(const struct shelf_doc *d,
                                      const struct registry *r);

/** shelf_pack_name: under which a pack lies on the shelf: the first 31 hex
 * digits of its hash. shelf_pack_doc: as a document; bytes borrowed. */
struct hf_org shelf_pack_name(const struct hf_hash *hash);
struct shelf_doc shelf_pack_doc(struct hf_bytes yaml);

#define PREKEY_BYTES 96 /* org 32, id 16, pk 32, from u64, until u64 */
void prekey_pack(const struct prekey *k, uint8_t out[static PREKEY_BYTES]);
HF_NODISCARD bool prekey_unpack(struct hf_bytes in, struct prekey *ret);

#endif /* PROTO_SHELF_H */
