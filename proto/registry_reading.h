/*
 * registry_reading.h - one document being read or packed; only for
 * registry_doc*.c.
 *
 * Numbers come from the generated structs, bytes from the spans of the scan,
 * which lie in the input in the same order: each reading_* call takes the next
 * one. So what is read borrows nothing from the generator's copies.
 */
#ifndef PROTO_REGISTRY_READING_H
#define PROTO_REGISTRY_READING_H

#include "registry_internal.h"
#include "scan.h"

struct reading {
    struct hf_bytes *spans; /* owned */
    const struct hf_bytes *at;
    ProtobufCMessage *pb; /* owned */
};

/** reading_start: of a document of at most @max bytes, with at most as many
 * fields and bytes fields. reading_end() it when HF_OK.
 * HF_ERR_LIMIT, HF_ERR_ENDLESS (fields), HF_ERR_MALFORMED, HF_ERR_NOMEM. */
HF_NODISCARD enum hf_err reading_start(struct reading *r,
                                       const ProtobufCMessageDescriptor *type,
                                       struct hf_bytes in, size_t max,
                                       size_t fields_max);
void reading_end(struct reading *r);

HF_NODISCARD bool reading_fixed(struct reading *r, void *out, size_t n);
/** reading_optional: @n bytes, or none for all zero, which may not be written
 * out. */
HF_NODISCARD bool reading_optional(struct reading *r, void *out, size_t n);
HF_NODISCARD bool reading_text(struct reading *r, char *out, size_t n);

/* The same for packing: nothing is copied. */
ProtobufCBinaryData reading_data(const void *p, size_t n);
ProtobufCBinaryData reading_as_text(const char *s);
ProtobufCBinaryData reading_as_optional(const void *p, size_t n);
/** reading_pack: append. HF_ERR_LIMIT above @max bytes, HF_ERR_NOMEM. */
HF_NODISCARD enum hf_err reading_pack(const ProtobufCMessage *pb, size_t max,
                                      struct hf_buf *out);

/** registry_doc_head_ok: what every document begins with. */
bool registry_doc_head_ok(uint32_t version, uint64_t expires_ms);

#endif /* PROTO_REGISTRY_READING_H */
