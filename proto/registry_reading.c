#include "registry_reading.h"

#include <stdlib.h>

#include "field.h"
#include "hf_assert.h"

enum hf_err
reading_start(struct reading *r, const ProtobufCMessageDescriptor *type,
              struct hf_bytes in, size_t max, size_t fields_max)
{
    struct scan scan = {.fields_left = fields_max};

    *r = (struct reading){NULL, NULL, NULL};
    if (in.n > max)
        return HF_ERR_LIMIT;
    if (in.n == 0)
        return HF_ERR_MALFORMED;
    /* Each bytes field takes two bytes or more, so this always suffices. */
    scan.spans_max = in.n / 2 < fields_max ? in.n / 2 : fields_max;
    scan.spans = calloc(scan.spans_max + 1, sizeof(*scan.spans));
    if (scan.spans == NULL)
        return HF_ERR_NOMEM;
    if (!scan_message(&scan, type, in)) {
        free(scan.spans);
        return scan.fields_left == 0 ? HF_ERR_ENDLESS : HF_ERR_MALFORMED;
    }
    r->pb = protobuf_c_message_unpack(type, NULL, in.n, in.p);
    if (r->pb == NULL) {
        free(scan.spans);
        return HF_ERR_NOMEM; /* its form was checked above */
    }
    r->spans = scan.spans;
    r->at = scan.spans;
    return HF_OK;
}

void
reading_end(struct reading *r)
{
    if (r->pb != NULL)
        protobuf_c_message_free_unpacked(r->pb, NULL);
    free(r->spans);
}

bool
reading_fixed(struct reading *r, void *out, size_t n)
{
    const struct hf_bytes *span = r->at++;

    if (span->n != n)
        return false;
    memcpy(out, span->p, n);
    return true;
}

bool
reading_optional(struct reading *r, void *out, size_t n)
{
    memset(out, 0, n);
    if (r->at->n == 0) {
        r->at++;
        return true;
    }
    return reading_fixed(r, out, n) && !field_all_zero(out, n);
}

bool
reading_text(struct reading *r, char *out, size_t n)
{
    const struct hf_bytes *span = r->at++;

    if (span->n >= n || memchr(span->p, 0, span->n) != NULL)
        return false;
    memset(out, 0, n);
    memcpy(out, span->p, span->n);
    return true;
}

ProtobufCBinaryData
reading_data(const void *p, size_t n)
{
    return (ProtobufCBinaryData){.len = n, .data = (uint8_t *)(uintptr_t)p};
}

ProtobufCBinaryData
reading_as_text(const char *s)
{
    return reading_data(s, strlen(s));
}

ProtobufCBinaryData
reading_as_optional(const void *p, size_t n)
{
    return reading_data(p, field_all_zero(p, n) ? 0 : n);
}

enum hf_err
reading_pack(const ProtobufCMessage *pb, size_t max, struct hf_buf *out)
{
    const size_t n = protobuf_c_message_get_packed_size(pb);
    uint8_t *p;

    if (n > max)
        return HF_ERR_LIMIT;
    p = hf_buf_grow(out, n);
    if (p == NULL)
        return HF_ERR_NOMEM;
    HF_ASSERT(protobuf_c_message_pack(pb, p) == n);
    return HF_OK;
}

bool
registry_doc_head_ok(uint32_t version, uint64_t expires_ms)
{
    return version >= 1 && version <= REGISTRY_VERSION_MAX && expires_ms >= 1 &&
           field_time(expires_ms);
}
