#include "peer_docs.h"

#include "hf_assert.h"

#define KEY_BYTES (1 + HF_ORG_BYTES)

_Static_assert(SHELF_SERVICES < 0xf0, "the shell's own marks begin there");

static struct hf_bytes
key_of(enum shelf_kind kind, const struct hf_org *owner,
       uint8_t out[static KEY_BYTES])
{
    out[0] = (uint8_t)kind;
    memcpy(out + 1, owner->s, HF_ORG_BYTES);
    return (struct hf_bytes){out, KEY_BYTES};
}

bool
peer_docs_get(struct node_store *s, enum shelf_kind kind,
              const struct hf_org *owner, struct hf_buf *buf,
              struct shelf_doc *ret)
{
    uint8_t key[KEY_BYTES];
    struct hf_bytes in;

    hf_buf_clear(buf);
    if (!node_store_read(s, NODE_SHELF, key_of(kind, owner, key), buf))
        return false;
    in = hf_buf_bytes(buf);
    return shelf_unpack(&in, ret) == HF_OK;
}

static bool
keep(struct node_store *s, const struct shelf_doc *doc)
{
    const struct node_view *v = node_store_view(s);
    uint8_t key[KEY_BYTES];
    struct hf_buf buf;
    bool is_packed;

    hf_buf_init(&buf, SHELF_SMALL_MAX + 1024);
    is_packed = shelf_pack(doc, &buf);
    if (is_packed)
        v->put(v->ctx, NODE_SHELF, key_of(doc->kind, &doc->owner, key), NULL,
               hf_buf_bytes(&buf));
    hf_buf_free(&buf);
    return is_packed;
}

enum hf_err
peer_docs_put(struct node_store *s, const struct registry *r,
              const struct shelf_doc *doc)
{
    struct shelf_doc old;
    struct hf_buf buf;
    enum hf_err err;

    if (r == NULL || doc->kind == SHELF_REGISTRY)
        return HF_ERR_FORBIDDEN;
    hf_buf_init(&buf, SHELF_SMALL_MAX + 1024);
    if (peer_docs_get(s, doc->kind, &doc->owner, &buf, &old) &&
        old.version >= doc->version) {
        err = HF_ERR_EXISTS;
        goto out;
    }
    err = shelf_verify(doc, r);
    if (!err && !keep(s, doc))
        err = HF_ERR_LIMIT;

out:
    hf_buf_free(&buf);
    return err;
}

bool
peer_docs_publish(struct node_store *s, const struct hf_secret *op,
                  const struct hf_org *self, uint64_t now_ms,
                  struct hf_bytes json)
{
    struct shelf_doc doc = {.kind = SHELF_SERVICES,
                            .owner = *self,
                            .version = now_ms,
                            .bytes = json};
    struct shelf_doc old;
    struct hf_buf buf;

    /* Versions rise, whatever the clock does. */
    hf_buf_init(&buf, SHELF_SMALL_MAX + 1024);
    if (peer_docs_get(s, SHELF_SERVICES, self, &buf, &old) &&
        old.version >= doc.version)
        doc.version = old.version + 1;
    hf_buf_free(&buf);
    shelf_sign(&doc, op);
    return keep(s, &doc);
}

bool
peer_docs_prekey(struct node_store *s, const struct registry *r,
                 const struct hf_org *peer, uint64_t now_ms, struct prekey *ret)
{
    struct shelf_doc doc;
    struct prekey k;
    struct hf_buf buf;
    bool is_good;

    if (r == NULL)
        return false;
    hf_buf_init(&buf, SHELF_SMALL_MAX + 1024);
    is_good = peer_docs_get(s, SHELF_PREKEY, peer, &buf, &doc) &&
              shelf_verify(&doc, r) == HF_OK && prekey_unpack(doc.bytes, &k) &&
              hf_org_eq(&k.org, peer) && now_ms < k.until_ms;
    hf_buf_free(&buf);
    if (is_good)
        *ret = k;
    return is_good;
}

bool
peer_docs_haves(struct node_store *s, struct hf_buf *out)
{
    const struct node_view *v = node_store_view(s);
    uint8_t from[KEY_BYTES + 1] = {0};
    size_t n_from = 1;
    struct hf_bytes key;
    struct hf_bytes value;

    while (v->seek(v->ctx, NODE_SHELF, (struct hf_bytes){from, n_from}, &key,
                   &value)) {
        struct shelf_doc doc;
        struct frame_have have;

        if (key.n != KEY_BYTES || key.p[0] > SHELF_SERVICES)
            break; /* the shell's own marks come after all documents */
        memcpy(from, key.p, KEY_BYTES);
        from[KEY_BYTES] = 0;
        n_from = sizeof(from);
        if (shelf_unpack(&value, &doc) != HF_OK)
            continue;
        memset(&have, 0, sizeof(have));
        have.kind = doc.kind;
        have.owner = doc.owner;
        have.version = doc.version;
        if (!hf_buf_add(out, &have, sizeof(have)))
            return false;
    }
    return true;
}
