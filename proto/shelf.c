#include "shelf.h"

#include "field.h"
#include "hf_assert.h"
#include "hf_text.h"

/* kind, owner, version: what the signature covers besides the bytes */
#define SHELF_HEAD_BYTES  (1 + HF_ORG_BYTES + 8)
#define SHELF_FIXED_BYTES (SHELF_HEAD_BYTES + HF_SIG_BYTES + 4)

static void
pack_head(const struct shelf_doc *d, uint8_t out[static SHELF_HEAD_BYTES])
{
    uint8_t *p = out;

    hf_put_u8(&p, (uint8_t)d->kind);
    hf_put_bytes(&p, d->owner.s, HF_ORG_BYTES);
    hf_put_u64(&p, d->version);
    HF_ASSERT(p == out + SHELF_HEAD_BYTES);
}

static size_t
bytes_max_of(enum shelf_kind kind)
{
    if (kind == SHELF_PACK)
        return SHELF_PACK_MAX;
    return kind == SHELF_REGISTRY ? SHELF_DOC_MAX : SHELF_SMALL_MAX;
}

/* The registry proves itself and belongs to nobody; everything else names an
 * owner and is signed. */
static bool
head_is_sound(const struct shelf_doc *d)
{
    if (d->version == 0)
        return false;
    switch (d->kind) {
    case SHELF_REGISTRY:
        return field_all_zero(d->owner.s, HF_ORG_BYTES) &&
               field_all_zero(d->sig, HF_SIG_BYTES) && d->version <= UINT32_MAX;
    case SHELF_PACK:
        return field_org(&d->owner) && d->version == 1 &&
               field_all_zero(d->sig, HF_SIG_BYTES);
    case SHELF_PREKEY:
    case SHELF_SERVICES:
        return field_org(&d->owner) && field_time(d->version);
    }
    return false;
}

bool
shelf_pack(const struct shelf_doc *d, struct hf_buf *out)
{
    uint8_t *p;

    if (!head_is_sound(d) || d->bytes.n > bytes_max_of(d->kind))
        return false;
    p = hf_buf_grow(out, SHELF_FIXED_BYTES + d->bytes.n);
    if (p == NULL)
        return false;
    pack_head(d, p);
    p += SHELF_HEAD_BYTES;
    hf_put_bytes(&p, d->sig, HF_SIG_BYTES);
    hf_put_u32(&p, (uint32_t)d->bytes.n);
    if (d->bytes.n > 0)
        hf_put_bytes(&p, d->bytes.p, d->bytes.n);
    return true;
}

enum hf_err
shelf_unpack(struct hf_bytes *in, struct shelf_doc *ret_d)
{
    struct field_rest rest = {in->p, in->n};
    const uint8_t *p = field_take(&rest, SHELF_FIXED_BYTES);
    struct shelf_doc d;
    uint32_t n;

    if (p == NULL)
        return HF_ERR_MALFORMED;
    d.kind = (enum shelf_kind)hf_get_u8(&p);
    hf_get_bytes(&p, d.owner.s, HF_ORG_BYTES);
    d.version = hf_get_u64(&p);
    hf_get_bytes(&p, d.sig, HF_SIG_BYTES);
    n = hf_get_u32(&p);
    if (!head_is_sound(&d))
        return HF_ERR_MALFORMED;
    if (n > bytes_max_of(d.kind))
        return HF_ERR_LIMIT;
    d.bytes = (struct hf_bytes){field_take(&rest, n), n};
    if (d.bytes.p == NULL)
        return HF_ERR_MALFORMED;

    *ret_d = d;
    *in = (struct hf_bytes){rest.p, rest.n};
    return HF_OK;
}

void
shelf_sign(struct shelf_doc *d, const struct hf_secret *op)
{
    uint8_t head[SHELF_HEAD_BYTES];
    const struct hf_bytes spans[] = {{head, sizeof(head)}, d->bytes};

    HF_ASSERT(d->kind != SHELF_REGISTRY && d->kind != SHELF_PACK);
    pack_head(d, head);
    hf_sign(op, SHELF_LABEL, spans, 2, d->sig);
}

static bool
is_own_prekey(const struct shelf_doc *d)
{
    struct prekey k;

    return prekey_unpack(d->bytes, &k) && hf_org_eq(&k.org, &d->owner);
}

struct hf_org
shelf_pack_name(const struct hf_hash *hash)
{
    char hex[HF_HEX_BYTES(HF_HASH_BYTES)];
    struct hf_org name = {{0}};

    memcpy(name.s, hf_hex(hash->b, HF_HASH_BYTES, hex), HF_ORG_BYTES - 1);
    return name;
}

struct shelf_doc
shelf_pack_doc(struct hf_bytes yaml)
{
    struct shelf_doc d = {.kind = SHELF_PACK, .version = 1, .bytes = yaml};
    struct hf_hash hash;

    registry_pack_hash(yaml, &hash);
    d.owner = shelf_pack_name(&hash);
    return d;
}

static enum hf_err
verify_pack(const struct shelf_doc *d, const struct registry *r)
{
    struct hf_org name;
    struct hf_hash hash;

    registry_pack_hash(d->bytes, &hash);
    name = shelf_pack_name(&hash);
    return hf_org_eq(&name, &d->owner) && registry_pack(r, &hash) != NULL
               ? HF_OK
               : HF_ERR_UNTRUSTED;
}

enum hf_err
shelf_verify(const struct shelf_doc *d, const struct registry *r)
{
    uint8_t head[SHELF_HEAD_BYTES];
    const struct hf_bytes spans[] = {{head, sizeof(head)}, d->bytes};
    const struct registry_org *owner;
    const uint8_t *keys[REGISTRY_OP_KEYS_MAX];

    HF_ASSERT(d->kind != SHELF_REGISTRY);
    if (d->kind == SHELF_PACK)
        return verify_pack(d, r);
    if (d->kind == SHELF_PREKEY && !is_own_prekey(d))
        return HF_ERR_MALFORMED;
    owner = registry_org(r, &d->owner);
    /* Recall and withdrawal are sealed to members of any standing. */
    if (owner == NULL ||
        (owner->status != MEMBER_ACTIVE && d->kind != SHELF_PREKEY))
        return HF_ERR_UNTRUSTED;
    if (registry_op_keys(owner, d->version, keys) == 0)
        return HF_ERR_UNTRUSTED;
    pack_head(d, head);
    if (!registry_op_verify(owner, d->version, SHELF_LABEL, spans, 2, d->sig))
        return HF_ERR_SIGNATURE;
    return HF_OK;
}

void
prekey_pack(const struct prekey *k, uint8_t out[static PREKEY_BYTES])
{
    uint8_t *p = out;

    hf_put_bytes(&p, k->org.s, HF_ORG_BYTES);
    hf_put_bytes(&p, k->id.b, HF_ID_BYTES);
    hf_put_bytes(&p, k->pk, HF_PK_BYTES);
    hf_put_u64(&p, k->from_ms);
    hf_put_u64(&p, k->until_ms);
    HF_ASSERT(p == out + PREKEY_BYTES);
}

bool
prekey_unpack(struct hf_bytes in, struct prekey *ret)
{
    const uint8_t *p = in.p;
    struct prekey k;

    if (in.n != PREKEY_BYTES)
        return false;
    hf_get_bytes(&p, k.org.s, HF_ORG_BYTES);
    hf_get_bytes(&p, k.id.b, HF_ID_BYTES);
    hf_get_bytes(&p, k.pk, HF_PK_BYTES);
    k.from_ms = hf_get_u64(&p);
    k.until_ms = hf_get_u64(&p);
    if (!field_org(&k.org) || hf_id_is_zero(&k.id) ||
        field_all_zero(k.pk, HF_PK_BYTES) || k.from_ms >= k.until_ms ||
        !field_time(k.until_ms))
        return false;
    *ret = k;
    return true;
}
