#include "entry.h"

#include "field.h"
#include "hf_assert.h"
#include "hf_text.h"

#define ENTRY_VERSION 1

_Static_assert(EVENT_END <= UINT8_MAX, "events take one byte");
_Static_assert(REASON_END <= UINT16_MAX, "reasons take two bytes");

void
entry_pack(const struct entry *e, uint8_t out[static ENTRY_BYTES])
{
    uint8_t *p = out;

    hf_put_u8(&p, ENTRY_VERSION);
    hf_put_u8(&p, (uint8_t)e->kind);
    hf_put_u8(&p, (uint8_t)e->event);
    hf_put_u8(&p, (uint8_t)e->role);
    hf_put_u16(&p, e->flags);
    hf_put_u16(&p, (uint16_t)e->reason);
    hf_put_bytes(&p, e->object.b, HF_ID_BYTES);
    hf_put_bytes(&p, e->author.s, HF_ORG_BYTES);
    hf_put_bytes(&p, e->peer.s, HF_ORG_BYTES);
    hf_put_u32(&p, e->n);
    hf_put_u32(&p, e->seen);
    hf_put_bytes(&p, e->prev.b, HF_HASH_BYTES);
    hf_put_bytes(&p, e->seen_hash.b, HF_HASH_BYTES);
    hf_put_u64(&p, e->at_ms);
    hf_put_u64(&p, e->happened_ms);
    hf_put_u64(&p, e->when_ms);
    hf_put_bytes(&p, e->body.b, HF_HASH_BYTES);
    HF_ASSERT(p == out + ENTRY_BYTES);
}

static void
read_fields(const uint8_t *p, struct entry *e)
{
    const uint8_t *const begin = p;

    (void)hf_get_u8(&p); /* version, checked by the caller */
    e->kind = (enum object_kind)hf_get_u8(&p);
    e->event = (enum event)hf_get_u8(&p);
    e->role = (enum role)hf_get_u8(&p);
    e->flags = hf_get_u16(&p);
    e->reason = (enum reason)hf_get_u16(&p);
    hf_get_bytes(&p, e->object.b, HF_ID_BYTES);
    hf_get_bytes(&p, e->author.s, HF_ORG_BYTES);
    hf_get_bytes(&p, e->peer.s, HF_ORG_BYTES);
    e->n = hf_get_u32(&p);
    e->seen = hf_get_u32(&p);
    hf_get_bytes(&p, e->prev.b, HF_HASH_BYTES);
    hf_get_bytes(&p, e->seen_hash.b, HF_HASH_BYTES);
    e->at_ms = hf_get_u64(&p);
    e->happened_ms = hf_get_u64(&p);
    e->when_ms = hf_get_u64(&p);
    hf_get_bytes(&p, e->body.b, HF_HASH_BYTES);
    HF_ASSERT(p == begin + ENTRY_BYTES);
}

static bool
words_are_known(const struct entry *e)
{
    return e->kind > OBJECT_NONE && e->kind < OBJECT_END &&
           e->event > EVENT_NONE && e->event < EVENT_END &&
           e->role > ROLE_NONE && e->role < ROLE_END &&
           e->reason < REASON_END && (e->flags & ~ENTRY_FLAGS_ALL) == 0;
}

static bool
links_are_whole(const struct entry *e)
{
    return e->n >= 1 && e->n <= ENTRY_NUMBERS_MAX &&
           e->seen <= ENTRY_NUMBERS_MAX &&
           (e->n == 1) == field_hash_is_zero(&e->prev) &&
           (e->seen == 0) == field_hash_is_zero(&e->seen_hash);
}

enum hf_err
entry_unpack(struct hf_bytes in, struct entry *ret_e)
{
    struct entry e;

    if (in.n != ENTRY_BYTES || in.p[0] != ENTRY_VERSION)
        return HF_ERR_MALFORMED;
    read_fields(in.p, &e);
    if (!words_are_known(&e) || !links_are_whole(&e))
        return HF_ERR_MALFORMED;
    if (hf_id_is_zero(&e.object) || !field_org(&e.author) ||
        !field_org(&e.peer) || hf_org_eq(&e.author, &e.peer))
        return HF_ERR_MALFORMED;
    if (!field_time(e.at_ms) || !field_time(e.happened_ms) ||
        !field_time(e.when_ms))
        return HF_ERR_MALFORMED;

    *ret_e = e;
    return HF_OK;
}
