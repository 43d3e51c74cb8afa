/* The clear header: its bytes, and what it may say before a key is touched. */
#include "envelope_internal.h"
#include "field.h"
#include "hf_assert.h"
#include "hf_text.h"
#include "pad.h"

#define ENVELOPE_VERSION 1

void
envelope_pack_clear(const struct envelope_header *h, uint8_t *header)
{
    uint8_t *p = header;

    hf_put_u8(&p, ENVELOPE_VERSION);
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
    HF_ASSERT(p == header + AT_PREKEY);
}

static void
unpack_clear(const uint8_t *header, struct envelope_header *h)
{
    const uint8_t *p = header + AT_SUITE;

    h->suite = (enum envelope_suite)hf_get_u8(&p);
    h->lane = (enum envelope_lane)hf_get_u8(&p);
    h->size_class = hf_get_u8(&p);
    h->registry_version = hf_get_u32(&p);
    hf_get_bytes(&p, h->id.b, HF_ID_BYTES);
    hf_get_bytes(&p, h->sender.s, HF_ORG_BYTES);
    hf_get_bytes(&p, h->recipient.s, HF_ORG_BYTES);
    h->epoch = hf_get_u64(&p);
    h->seq = hf_get_u64(&p);
    h->floor = hf_get_u64(&p);
    h->created_ms = hf_get_u64(&p);
    h->expires_ms = hf_get_u64(&p);
    h->body_bytes = hf_get_u32(&p);
    HF_ASSERT(p == header + AT_PREKEY);
}

bool
envelope_is_clear_sound(const struct envelope_header *h)
{
    return h->lane <= LANE_BULK && !hf_id_is_zero(&h->id) &&
           field_org(&h->sender) && field_org(&h->recipient) &&
           h->floor <= h->seq && h->created_ms <= h->expires_ms &&
           field_time(h->expires_ms);
}

/* A body length that envelope_seal makes: padded, and its class told truly. */
static bool
sealed_is_sound(const struct envelope_header *h, const uint8_t *header)
{
    size_t n;

    return h->seq >= 1 && hf_stream_plain_bytes(h->body_bytes, &n) &&
           n >= CONTROL_FLOOR && pad_bytes(n, CONTROL_FLOOR) == n &&
           h->size_class == pad_size_class(n) &&
           !field_all_zero(header + AT_PREKEY, HF_ID_BYTES) &&
           field_all_zero(header + AT_ONE_TIME, HF_ID_BYTES);
}

static bool
notice_is_sound(const struct envelope_header *h, const uint8_t *header)
{
    return h->body_bytes == NOTICE_BYTES &&
           h->size_class == pad_size_class(NOTICE_BYTES) &&
           field_all_zero(header + AT_PREKEY, AT_BODY - AT_PREKEY);
}

enum hf_err
envelope_peek(struct hf_bytes in, struct envelope_header *ret_h)
{
    struct envelope_header h;
    bool sound = false;

    if (in.n < FRONT_BYTES || in.n > ENVELOPE_BYTES_MAX ||
        in.p[AT_VERSION] != ENVELOPE_VERSION)
        return HF_ERR_MALFORMED;
    unpack_clear(in.p, &h);
    if (h.body_bytes != in.n - FRONT_BYTES || !envelope_is_clear_sound(&h))
        return HF_ERR_MALFORMED;
    switch (h.suite) {
    case SUITE_SEALED_1:
        sound = sealed_is_sound(&h, in.p);
        break;
    case SUITE_NOTICE:
        sound = notice_is_sound(&h, in.p);
        break;
    }
    if (!sound)
        return HF_ERR_MALFORMED;
    *ret_h = h;
    return HF_OK;
}

struct hf_id
envelope_prekey_id(struct hf_bytes in)
{
    struct hf_id id;

    HF_ASSERT(in.n >= FRONT_BYTES);
    memcpy(id.b, in.p + AT_PREKEY, HF_ID_BYTES);
    return id;
}
