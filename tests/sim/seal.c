#include "seal.h"

#include "hf_assert.h"
#include "hf_text.h"
#include "pad.h"

#define FRONT_BYTES   (ENVELOPE_HEADER_BYTES + HF_SIG_BYTES)
#define CONTENT_FLOOR 2048u
#define CONTROL_FLOOR 496u

void
seal_close(struct envelope_header *h, struct hf_bytes content, bool is_control,
           struct hf_buf *out)
{
    const size_t plain =
        pad_bytes(4 + content.n, is_control ? CONTROL_FLOOR : CONTENT_FLOOR);
    struct envelope_header seen;
    const size_t at = out->n;
    uint8_t *p;

    h->suite = SUITE_SEALED_1;
    h->size_class = pad_size_class(plain);
    h->body_bytes = (uint32_t)hf_stream_sealed_bytes(plain);
    p = hf_buf_grow(out, FRONT_BYTES + h->body_bytes);
    HF_ASSERT(p != NULL);
    memset(p, 0, FRONT_BYTES + h->body_bytes);
    hf_put_u8(&p, 1);
    hf_put_u8(&p, (uint8_t)h->suite);
    hf_put_u8(&p, (uint8_t)h->lane);
    hf_put_u8(&p, h->size_class);
    hf_put_u32(&p, h->registry_version);
    hf_put_bytes(&p, h->id.b, HF_ID_BYTES);
    hf_put_bytes(&p, h->sender.s, HF_ORG_BYTES);
    hf_put_bytes(&p, h->recipient.s, HF_ORG_BYTES);
    hf_put_u64(&p, h->epoch);
    hf_put_u64(&p, h->seq);
    hf_put_u64(&p, h->floor);
    hf_put_u64(&p, h->created_ms);
    hf_put_u64(&p, h->expires_ms);
    hf_put_u32(&p, h->body_bytes);
    *p = 1; /* a prekey's id is not zero */
    p = out->p + at + FRONT_BYTES;
    hf_put_u32(&p, (uint32_t)content.n);
    hf_put_bytes(&p, content.p, content.n);
    HF_ASSERT(envelope_peek((struct hf_bytes){out->p + at, out->n - at},
                            &seen) == HF_OK);
}

struct hf_bytes
seal_open(struct hf_bytes in)
{
    const struct hf_bytes none = {NULL, 0};
    const uint8_t *p = in.p + FRONT_BYTES;
    uint32_t n;

    if (in.n < FRONT_BYTES + 4)
        return none;
    n = hf_get_u32(&p);
    if (n > in.n - FRONT_BYTES - 4)
        return none;
    return (struct hf_bytes){p, n};
}
