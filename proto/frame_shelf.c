/* Frames about the shelf: its documents, what one has of them. */
#include "field.h"
#include "frame_internal.h"
#include "hf_text.h"

#define HAVE_BYTES (1 + HF_ORG_BYTES + 8)

_Static_assert(SHELF_DOC_MAX < FRAME_BYTES_MAX, "one document fits a frame");

bool
frame_shelf(struct hf_buf *out, const struct shelf_doc *docs, size_t n)
{
    const size_t start = out->n;
    bool ok = n > 0 && frame_begin(out, FRAME_SHELF, 0) != NULL;

    for (size_t i = 0; ok && i < n; i++)
        ok = shelf_pack(&docs[i], out) && out->n - start <= FRAME_BYTES_MAX;
    if (!ok)
        out->n = start; /* no half frame stays behind */
    return ok;
}

enum hf_err
frame_read_shelf(struct hf_bytes in, struct hf_bytes *ret_docs)
{
    struct field_rest rest;
    struct hf_bytes walk;

    if (!frame_enter(in, FRAME_SHELF, &rest) || rest.n == 0)
        return HF_ERR_MALFORMED;
    walk = (struct hf_bytes){rest.p, rest.n};
    while (walk.n > 0) {
        struct shelf_doc d;
        const enum hf_err err = shelf_unpack(&walk, &d);

        if (err)
            return err;
    }
    *ret_docs = (struct hf_bytes){rest.p, rest.n};
    return HF_OK;
}

static bool
have_is_sound(const struct frame_have *h)
{
    switch (h->kind) {
    case SHELF_REGISTRY:
        return field_all_zero(h->owner.s, HF_ORG_BYTES);
    case SHELF_PREKEY:
    case SHELF_SERVICES:
    case SHELF_PACK:
        return field_org(&h->owner);
    }
    return false;
}

bool
frame_sync(struct hf_buf *out, const struct frame_have *have, size_t n)
{
    uint8_t *p;

    if (n > FRAME_BYTES_MAX / HAVE_BYTES)
        return false;
    for (size_t i = 0; i < n; i++)
        if (!have_is_sound(&have[i]))
            return false;
    p = frame_begin(out, FRAME_SYNC, n * HAVE_BYTES);
    if (p == NULL)
        return false;
    for (size_t i = 0; i < n; i++) {
        hf_put_u8(&p, (uint8_t)have[i].kind);
        hf_put_bytes(&p, have[i].owner.s, HF_ORG_BYTES);
        hf_put_u64(&p, have[i].version);
    }
    return true;
}

bool
frame_next_have(struct hf_bytes *haves, struct frame_have *ret)
{
    struct field_rest rest = {haves->p, haves->n};
    const uint8_t *p = field_take(&rest, HAVE_BYTES);
    struct frame_have h;

    if (p == NULL)
        return false;
    h.kind = (enum shelf_kind)hf_get_u8(&p);
    hf_get_bytes(&p, h.owner.s, HF_ORG_BYTES);
    h.version = hf_get_u64(&p);
    if (!have_is_sound(&h))
        return false;
    *ret = h;
    *haves = (struct hf_bytes){rest.p, rest.n};
    return true;
}

enum hf_err
frame_read_sync(struct hf_bytes in, struct hf_bytes *ret_haves)
{
    struct field_rest rest;
    struct hf_bytes walk;
    struct frame_have h;

    if (!frame_enter(in, FRAME_SYNC, &rest))
        return HF_ERR_MALFORMED;
    walk = (struct hf_bytes){rest.p, rest.n};
    while (frame_next_have(&walk, &h))
        ;
    if (walk.n != 0)
        return HF_ERR_MALFORMED;
    *ret_haves = (struct hf_bytes){rest.p, rest.n};
    return HF_OK;
}

bool
frame_synced(struct hf_buf *out, const struct frame_synced *f)
{
    uint8_t *p;

    if (f->n_packs > REGISTRY_PACKS_MAX)
        return false;
    p = frame_begin(out, FRAME_SYNCED, 4 + 8 + 1 + f->n_packs * HF_ORG_BYTES);
    if (p == NULL)
        return false;
    hf_put_u32(&p, f->registry_version);
    hf_put_u64(&p, f->at_ms);
    hf_put_u8(&p, (uint8_t)f->n_packs);
    for (size_t i = 0; i < f->n_packs; i++)
        hf_put_bytes(&p, f->pack[i].s, HF_ORG_BYTES);
    return true;
}

enum hf_err
frame_read_synced(struct hf_bytes in, struct frame_synced *ret)
{
    struct field_rest rest;
    const uint8_t *p;

    memset(ret, 0, sizeof(*ret));
    if (!frame_enter(in, FRAME_SYNCED, &rest) ||
        !field_take_u32(&rest, &ret->registry_version) ||
        !field_take_u64(&rest, &ret->at_ms) || !field_time(ret->at_ms) ||
        (p = field_take(&rest, 1)) == NULL || *p > REGISTRY_PACKS_MAX)
        return HF_ERR_MALFORMED;
    ret->n_packs = *p;
    p = field_take(&rest, ret->n_packs * HF_ORG_BYTES);
    if (p == NULL || rest.n != 0)
        return HF_ERR_MALFORMED;
    for (size_t i = 0; i < ret->n_packs; i++) {
        hf_get_bytes(&p, ret->pack[i].s, HF_ORG_BYTES);
        if (!field_org(&ret->pack[i]))
            return HF_ERR_MALFORMED;
    }
    return HF_OK;
}
