/* A broker's notice: an envelope whose body is in clear, signed by the
 * broker.*/
#include "envelope_internal.h"
#include "field.h"
#include "hf_assert.h"
#include "hf_text.h"
#include "pad.h"
#include "registry.h"

enum hf_err
notice_make(struct envelope_header *h, const struct hf_secret *op,
            const struct notice *n, struct hf_buf *out)
{
    uint8_t *front, *p;
    struct hf_hash hash;

    h->suite = SUITE_NOTICE;
    h->size_class = pad_size_class(NOTICE_BYTES);
    h->body_bytes = NOTICE_BYTES;
    HF_ASSERT(envelope_is_clear_sound(h));
    HF_ASSERT(n->why == NOTICE_EXPIRED || n->why == NOTICE_NO_ROUTE);

    front = hf_buf_grow(out, FRONT_BYTES + NOTICE_BYTES);
    if (front == NULL)
        return HF_ERR_NOMEM;
    memset(front, 0, FRONT_BYTES);
    envelope_pack_clear(h, front);
    p = front + FRONT_BYTES;
    hf_put_bytes(&p, n->envelope.b, HF_ID_BYTES);
    hf_put_bytes(&p, n->recipient.s, HF_ORG_BYTES);
    hf_put_u8(&p, n->why);
    hf_put_u64(&p, n->at_ms);
    HF_ASSERT(p == front + FRONT_BYTES + NOTICE_BYTES);
    envelope_hash_body((struct hf_bytes){front + FRONT_BYTES, NOTICE_BYTES},
                       &hash);
    memcpy(front + AT_BODY, hash.b, HF_HASH_BYTES);
    envelope_sign(op, front);
    return HF_OK;
}

static bool
is_of_broker(struct hf_bytes in, const struct envelope_header *h,
             const struct registry_broker *broker)
{
    const uint8_t *keys[REGISTRY_OP_KEYS_MAX];
    const size_t n = registry_broker_keys(broker, h->created_ms, keys);

    for (size_t i = 0; i < n && hf_org_eq(&h->sender, &broker->id); i++)
        if (envelope_verify_outer(in, keys[i]))
            return true;
    return false;
}

enum hf_err
notice_read(struct hf_bytes in, const struct registry_broker *broker,
            struct notice *ret_n)
{
    struct envelope_header h;
    struct notice n;
    const uint8_t *p;
    const enum hf_err err = envelope_peek(in, &h);

    if (err)
        return err;
    if (h.suite != SUITE_NOTICE)
        return HF_ERR_MALFORMED;
    if (!is_of_broker(in, &h, broker))
        return HF_ERR_SIGNATURE;
    if (!envelope_is_committed(in))
        return HF_ERR_COMMITMENT;
    p = in.p + FRONT_BYTES;
    hf_get_bytes(&p, n.envelope.b, HF_ID_BYTES);
    hf_get_bytes(&p, n.recipient.s, HF_ORG_BYTES);
    n.why = hf_get_u8(&p);
    n.at_ms = hf_get_u64(&p);
    if (hf_id_is_zero(&n.envelope) || !field_org(&n.recipient) ||
        (n.why != NOTICE_EXPIRED && n.why != NOTICE_NO_ROUTE) ||
        !field_time(n.at_ms))
        return HF_ERR_MALFORMED;
    *ret_n = n;
    return HF_OK;
}
