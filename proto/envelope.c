#include "envelope.h"

#include "content.h"
#include "envelope_internal.h"
#include "field.h"
#include "hf_assert.h"
#include "hf_text.h"
#include "pad.h"

#define KEK_LABEL       "handoff/1 envelope wrap"
#define COMMIT_LABEL    "handoff/1 envelope commitment"
#define STREAM_LABEL    "handoff/1 envelope stream"
#define BODY_HASH_LABEL "handoff/1 envelope body"

#define CONTENT_FLOOR 2048u

/* Head of the sealed plaintext. */
enum { IN_BYTES = 0, IN_SIG = 4, IN_CONTENT = IN_SIG + HF_SIG_BYTES };

static struct hf_bytes
header_until(const uint8_t *header, size_t n)
{
    return (struct hf_bytes){header, n};
}

/* The key that wraps the content key: keyed by the shared secret, bound to
 * every identity, the ephemeral key and the prekey itself. */
static void
derive_kek(const uint8_t shared[static HF_KEY_BYTES], const uint8_t *header,
           const uint8_t prekey_pk[static HF_PK_BYTES], struct hf_hash *ret)
{
    const struct hf_bytes spans[] = {header_until(header, AT_WRAP),
                                     {prekey_pk, HF_PK_BYTES}};

    hf_hash_keyed(shared, KEK_LABEL, spans, 2, ret);
}

static void
derive_stream_key(const uint8_t content_key[static HF_KEY_BYTES],
                  struct hf_hash *ret)
{
    hf_hash_keyed(content_key, STREAM_LABEL, NULL, 0, ret);
}

/* XChaCha20-Poly1305 does not commit to its key: without this, one body could
 * be made to open differently under two keys. */
static void
commit_to_key(const uint8_t content_key[static HF_KEY_BYTES],
              const uint8_t *header, struct hf_hash *ret)
{
    const struct hf_bytes span = header_until(header, AT_WRAP);

    hf_hash_keyed(content_key, COMMIT_LABEL, &span, 1, ret);
}

void
envelope_hash_body(struct hf_bytes body, struct hf_hash *ret)
{
    hf_hash(BODY_HASH_LABEL, &body, 1, ret);
}

/* Writes what stands between the clear fields and the body's hash. */
static enum hf_err
seal_stanza(uint8_t *header, const struct prekey *prekey,
            const uint8_t content_key[static HF_KEY_BYTES])
{
    struct hf_secret *ephemeral = NULL;
    uint8_t shared[HF_KEY_BYTES];
    struct hf_hash kek, commit;
    enum hf_err err = hf_secret_new(HF_KEY_DH, &ephemeral);

    if (err)
        return err;
    memcpy(header + AT_PREKEY, prekey->id.b, HF_ID_BYTES);
    memset(header + AT_ONE_TIME, 0, HF_ID_BYTES);
    hf_secret_public(ephemeral, header + AT_EPHEMERAL);
    if (!hf_dh(ephemeral, prekey->pk, shared)) {
        err = HF_ERR_POINT;
        goto out;
    }
    derive_kek(shared, header, prekey->pk, &kek);
    hf_once_seal(kek.b, header_until(header, AT_WRAP),
                 (struct hf_bytes){content_key, HF_KEY_BYTES},
                 header + AT_WRAP);
    commit_to_key(content_key, header, &commit);
    memcpy(header + AT_COMMIT, commit.b, HF_HASH_BYTES);
out:
    hf_wipe(shared, sizeof(shared));
    hf_wipe(&kek, sizeof(kek));
    hf_secret_free(ephemeral);
    return err;
}

/* What the inner signature covers: who says it to whom, in which envelope, and
 * the content. The first three stand in the header and nowhere else, so that
 * an envelope that was addressed anew does not verify. */
struct inner_spans {
    struct hf_bytes of[5];
};

static struct inner_spans
inner_spans(const struct envelope_header *h, const uint8_t *inner,
            struct hf_bytes content)
{
    return (struct inner_spans){
        {{(const uint8_t *)h->sender.s, HF_ORG_BYTES},
         {(const uint8_t *)h->recipient.s, HF_ORG_BYTES},
         {h->id.b, HF_ID_BYTES},
         {inner + IN_BYTES, IN_SIG - IN_BYTES},
         content}};
}

/* The plaintext that is sealed: length, signature, content, zeros. */
static void
pack_inner(const struct envelope_header *h, const struct hf_secret *op,
           struct hf_bytes content, uint8_t *out, size_t n)
{
    uint8_t *p = out;
    const struct inner_spans spans = inner_spans(h, out, content);

    HF_ASSERT(n >= IN_CONTENT + content.n);
    hf_put_u32(&p, (uint32_t)content.n);
    HF_ASSERT(p == out + IN_SIG);
    hf_sign(op, ENVELOPE_INNER_LABEL, spans.of, 5, out + IN_SIG);
    if (content.n > 0)
        memcpy(out + IN_CONTENT, content.p, content.n);
    memset(out + IN_CONTENT + content.n, 0, n - IN_CONTENT - content.n);
}

void
envelope_sign(const struct hf_secret *op, uint8_t *front)
{
    const struct hf_bytes span = header_until(front, ENVELOPE_HEADER_BYTES);

    hf_sign(op, ENVELOPE_LABEL, &span, 1, front + ENVELOPE_HEADER_BYTES);
}

static void
seal_body(uint8_t *front, const uint8_t content_key[static HF_KEY_BYTES],
          struct hf_bytes inner)
{
    uint8_t *body = front + FRONT_BYTES;
    struct hf_hash stream_key, body_hash;

    derive_stream_key(content_key, &stream_key);
    hf_stream_seal(stream_key.b, header_until(front, AT_BODY), inner, body);
    hf_wipe(&stream_key, sizeof(stream_key));
    envelope_hash_body((struct hf_bytes){body, hf_stream_sealed_bytes(inner.n)},
                       &body_hash);
    memcpy(front + AT_BODY, body_hash.b, HF_HASH_BYTES);
}

enum hf_err
envelope_seal(struct envelope_header *h, const struct hf_secret *op,
              const struct prekey *prekey, struct hf_bytes content,
              bool is_control, struct hf_buf *out)
{
    const size_t n = pad_bytes(IN_CONTENT + content.n,
                               is_control ? CONTROL_FLOOR : CONTENT_FLOOR);
    const size_t before = out->n;
    uint8_t content_key[HF_KEY_BYTES];
    struct hf_buf inner;
    uint8_t *plain, *front;
    enum hf_err err = HF_ERR_NOMEM;

    if (content.n > CONTENT_BYTES_MAX)
        return HF_ERR_LIMIT;
    h->suite = SUITE_SEALED_1;
    h->size_class = pad_size_class(n);
    h->body_bytes = (uint32_t)hf_stream_sealed_bytes(n);
    HF_ASSERT(envelope_is_clear_sound(h));
    HF_ASSERT(h->seq >= 1);
    HF_ASSERT(h->expires_ms <= prekey->until_ms);
    HF_ASSERT(hf_org_eq(&h->recipient, &prekey->org));
    HF_ASSERT(!hf_id_is_zero(&prekey->id));

    hf_buf_init(&inner, n);
    plain = hf_buf_grow(&inner, n);
    front = hf_buf_grow(out, FRONT_BYTES + h->body_bytes);
    if (plain == NULL || front == NULL)
        goto out;
    pack_inner(h, op, content, plain, n);
    hf_random(content_key, sizeof(content_key));
    envelope_pack_clear(h, front);
    err = seal_stanza(front, prekey, content_key);
    if (err)
        goto out;
    seal_body(front, content_key, hf_buf_bytes(&inner));
    envelope_sign(op, front);
out:
    if (err)
        out->n = before; /* nothing half made stays behind */
    hf_wipe(content_key, sizeof(content_key));
    hf_buf_free(&inner);
    return err;
}

bool
envelope_verify_outer(struct hf_bytes in, const uint8_t sender_op_pk[static 32])
{
    struct hf_bytes span;

    if (in.n < FRONT_BYTES)
        return false;
    span = header_until(in.p, ENVELOPE_HEADER_BYTES);
    return hf_verify(sender_op_pk, ENVELOPE_LABEL, &span, 1,
                     in.p + ENVELOPE_HEADER_BYTES);
}

bool
envelope_is_committed(struct hf_bytes in)
{
    struct hf_hash hash;

    envelope_hash_body(
        (struct hf_bytes){in.p + FRONT_BYTES, in.n - FRONT_BYTES}, &hash);
    return hf_equal(hash.b, in.p + AT_BODY, HF_HASH_BYTES);
}

/* The content key out of the stanza, its commitment checked. */
static enum hf_err
unwrap(const uint8_t *header, const struct hf_secret *prekey,
       uint8_t ret_key[static HF_KEY_BYTES])
{
    uint8_t shared[HF_KEY_BYTES], prekey_pk[HF_PK_BYTES];
    uint8_t content_key[HF_KEY_BYTES];
    struct hf_hash kek, commit;
    enum hf_err err = HF_ERR_SEAL;

    if (!hf_dh(prekey, header + AT_EPHEMERAL, shared))
        return HF_ERR_POINT;
    hf_secret_public(prekey, prekey_pk);
    derive_kek(shared, header, prekey_pk, &kek);
    if (hf_once_open(kek.b, header_until(header, AT_WRAP),
                     (struct hf_bytes){header + AT_WRAP, WRAP_BYTES},
                     content_key)) {
        commit_to_key(content_key, header, &commit);
        err = hf_equal(commit.b, header + AT_COMMIT, HF_HASH_BYTES)
                  ? HF_OK
                  : HF_ERR_COMMITMENT;
        if (!err)
            memcpy(ret_key, content_key, HF_KEY_BYTES);
        hf_wipe(content_key, sizeof(content_key));
    }
    hf_wipe(shared, sizeof(shared));
    hf_wipe(&kek, sizeof(kek));
    return err;
}

static enum hf_err
open_body(struct hf_bytes in, const struct hf_secret *prekey,
          struct hf_buf *plain)
{
    const struct hf_bytes body = {in.p + FRONT_BYTES, in.n - FRONT_BYTES};
    uint8_t content_key[HF_KEY_BYTES];
    struct hf_hash stream_key;
    enum hf_err err;
    uint8_t *out;
    size_t n;
    bool ok;

    if (!hf_stream_plain_bytes(body.n, &n))
        return HF_ERR_MALFORMED;
    err = unwrap(in.p, prekey, content_key);
    if (err)
        return err;
    out = hf_buf_grow(plain, n);
    if (out == NULL) {
        hf_wipe(content_key, sizeof(content_key));
        return HF_ERR_NOMEM;
    }
    derive_stream_key(content_key, &stream_key);
    ok = hf_stream_open(stream_key.b, header_until(in.p, AT_BODY), body, out);
    hf_wipe(&stream_key, sizeof(stream_key));
    hf_wipe(content_key, sizeof(content_key));
    return ok ? HF_OK : HF_ERR_CHUNKS;
}

/* The second signature: only for me, only this envelope, by this sender. */
static enum hf_err
check_inner(struct hf_bytes inner, const struct envelope_header *h,
            const uint8_t sender_op_pk[static 32], struct hf_bytes *ret)
{
    const uint8_t *p = inner.p + IN_BYTES;
    struct inner_spans spans;
    struct hf_bytes content;
    size_t n, end;

    if (inner.n < IN_CONTENT)
        return HF_ERR_MALFORMED;
    n = hf_get_u32(&p);
    if (n > CONTENT_BYTES_MAX || n > inner.n - IN_CONTENT)
        return HF_ERR_MALFORMED;
    content = (struct hf_bytes){inner.p + IN_CONTENT, n};
    spans = inner_spans(h, inner.p, content);
    if (!hf_verify(sender_op_pk, ENVELOPE_INNER_LABEL, spans.of, 5,
                   inner.p + IN_SIG))
        return HF_ERR_READDRESSED;
    end = IN_CONTENT + n;
    if ((pad_bytes(end, CONTROL_FLOOR) != inner.n &&
         pad_bytes(end, CONTENT_FLOOR) != inner.n) ||
        !field_all_zero(inner.p + end, inner.n - end))
        return HF_ERR_MALFORMED;
    *ret = content;
    return HF_OK;
}

enum hf_err
envelope_open(struct hf_bytes in, const uint8_t sender_op_pk[static 32],
              const struct hf_secret *prekey, struct hf_buf *plain,
              struct envelope_opened *ret_o)
{
    struct envelope_opened o;
    enum hf_err err;

    hf_buf_clear(plain);
    err = envelope_peek(in, &o.h);
    if (err)
        return err;
    if (o.h.suite != SUITE_SEALED_1)
        return HF_ERR_MALFORMED;
    if (!envelope_verify_outer(in, sender_op_pk))
        return HF_ERR_SIGNATURE;
    if (!envelope_is_committed(in))
        return HF_ERR_COMMITMENT;
    err = open_body(in, prekey, plain);
    if (err)
        return err;
    err = check_inner(hf_buf_bytes(plain), &o.h, sender_op_pk, &o.content);
    if (err)
        return err;
    *ret_o = o;
    return HF_OK;
}
