#include "frame.h"

#include "frame_internal.h"
#include "hf_assert.h"
#include "hf_text.h"

#define FRAME_HEAD_BYTES   2
#define CUSTODY_ITEM_BYTES (HF_ID_BYTES + 1)

_Static_assert(FRAME_BATCH_MAX <= UINT8_MAX, "counts take one byte");
_Static_assert(ENVELOPE_BYTES_MAX < FRAME_BATCH_BYTES_MAX,
               "one envelope always fits a batch");

/* Reasons on the wire have numbers of their own: enum hf_err may change. */
static const struct {
    uint8_t number;
    enum hf_err err;
} bad_codes[] = {
    {1, HF_ERR_MALFORMED},
    {2, HF_ERR_LIMIT},
    {3, HF_ERR_FORBIDDEN},
    {4, HF_ERR_UNTRUSTED},
    {5, HF_ERR_EXPIRED},
    {6, HF_ERR_ROLLBACK},
    {7, HF_ERR_SIGNATURE},
    {8, HF_ERR_FULL},
    {9, HF_ERR_BUSY},
    {10, HF_ERR_IO},
    /* What comes after is told as the one above that has its number. */
    {1, HF_ERR_UNKNOWN},
    {2, HF_ERR_JUMP},
    {2, HF_ERR_ENDLESS},
    {4, HF_ERR_SKIPPED},
    {4, HF_ERR_REPEATED},
    {4, HF_ERR_THRESHOLD},
    {5, HF_ERR_STALE},
};
#define BAD_CODES (sizeof(bad_codes) / sizeof(bad_codes[0]))
#define BAD_OTHER 10 /* any other trouble of the sender's own */

enum frame_type
frame_type(struct hf_bytes in)
{
    if (in.n < FRAME_HEAD_BYTES || in.n > FRAME_BYTES_MAX ||
        in.p[0] < FRAME_HELLO || in.p[0] > FRAME_BAD ||
        in.p[1] != FRAME_VERSION)
        return (enum frame_type)0;
    return (enum frame_type)in.p[0];
}

uint8_t *
frame_begin(struct hf_buf *out, enum frame_type type, size_t n)
{
    uint8_t *p;

    if (n > FRAME_BYTES_MAX - FRAME_HEAD_BYTES)
        return NULL;
    p = hf_buf_grow(out, FRAME_HEAD_BYTES + n);
    if (p == NULL)
        return NULL;
    hf_put_u8(&p, (uint8_t)type);
    hf_put_u8(&p, FRAME_VERSION);
    return p;
}

bool
frame_enter(struct hf_bytes in, enum frame_type type, struct field_rest *ret)
{
    if (frame_type(in) != type)
        return false;
    *ret =
        (struct field_rest){in.p + FRAME_HEAD_BYTES, in.n - FRAME_HEAD_BYTES};
    return true;
}

static bool
take_count(struct field_rest *rest, size_t *ret)
{
    uint8_t n;

    if (!field_take_u8(rest, &n) || n == 0 || n > FRAME_BATCH_MAX)
        return false;
    *ret = n;
    return true;
}

static bool
take_envelope(struct field_rest *rest, struct hf_bytes *ret)
{
    uint32_t n;

    if (!field_take_u32(rest, &n) || n == 0 || n > ENVELOPE_BYTES_MAX)
        return false;
    *ret = (struct hf_bytes){field_take(rest, n), n};
    return ret->p != NULL;
}

/* Bytes of @n envelopes with @extra bytes before each; 0 when over a limit. */
static size_t
envelopes_bytes(const struct hf_bytes *envelope, size_t n, size_t extra)
{
    size_t sum = 0;

    if (n == 0 || n > FRAME_BATCH_MAX)
        return 0;
    for (size_t i = 0; i < n; i++) {
        if (envelope[i].n == 0 || envelope[i].n > ENVELOPE_BYTES_MAX)
            return 0;
        sum += extra + 4 + envelope[i].n;
    }
    return sum <= FRAME_BATCH_BYTES_MAX ? sum : 0;
}

bool
frame_hello(struct hf_buf *out, const struct frame_hello *f)
{
    uint8_t *p = frame_begin(out, FRAME_HELLO, 5);

    if (p == NULL)
        return false;
    hf_put_u8(&p, f->is_broker ? 1 : 0);
    hf_put_u32(&p, f->registry_version);
    return true;
}

enum hf_err
frame_read_hello(struct hf_bytes in, struct frame_hello *ret)
{
    struct field_rest rest;
    struct frame_hello f;

    if (!frame_enter(in, FRAME_HELLO, &rest) ||
        !field_take_bool(&rest, &f.is_broker) ||
        !field_take_u32(&rest, &f.registry_version) || rest.n != 0)
        return HF_ERR_MALFORMED;
    *ret = f;
    return HF_OK;
}

bool
frame_submit(struct hf_buf *out, const struct frame_submit *f)
{
    const size_t n = envelopes_bytes(f->envelope, f->n, 0);
    uint8_t *p;

    if (n == 0)
        return false;
    p = frame_begin(out, FRAME_SUBMIT, 5 + n);
    if (p == NULL)
        return false;
    hf_put_u32(&p, f->batch);
    hf_put_u8(&p, (uint8_t)f->n);
    for (size_t i = 0; i < f->n; i++) {
        hf_put_u32(&p, (uint32_t)f->envelope[i].n);
        hf_put_bytes(&p, f->envelope[i].p, f->envelope[i].n);
    }
    return true;
}

enum hf_err
frame_read_submit(struct hf_bytes in, struct frame_submit *ret)
{
    struct field_rest rest;
    struct frame_submit f;

    if (!frame_enter(in, FRAME_SUBMIT, &rest) ||
        !field_take_u32(&rest, &f.batch) || !take_count(&rest, &f.n))
        return HF_ERR_MALFORMED;
    if (rest.n > FRAME_BATCH_BYTES_MAX)
        return HF_ERR_LIMIT;
    for (size_t i = 0; i < f.n; i++)
        if (!take_envelope(&rest, &f.envelope[i]))
            return HF_ERR_MALFORMED;
    if (rest.n != 0)
        return HF_ERR_MALFORMED;
    ret->batch = f.batch;
    ret->n = f.n;
    memcpy(ret->envelope, f.envelope, f.n * sizeof(f.envelope[0]));
    return HF_OK;
}

bool
frame_custody(struct hf_buf *out, const struct frame_custody *f,
              const struct hf_secret *op)
{
    const size_t n = 4 + HF_ORG_BYTES + 8 + 1 + f->n * CUSTODY_ITEM_BYTES;
    uint8_t *p;
    struct hf_bytes body;

    if (f->n == 0 || f->n > FRAME_BATCH_MAX)
        return false;
    p = frame_begin(out, FRAME_CUSTODY, n + HF_SIG_BYTES);
    if (p == NULL)
        return false;
    body = (struct hf_bytes){p, n};
    hf_put_u32(&p, f->batch);
    hf_put_bytes(&p, f->broker.s, HF_ORG_BYTES);
    hf_put_u64(&p, f->at_ms);
    hf_put_u8(&p, (uint8_t)f->n);
    for (size_t i = 0; i < f->n; i++) {
        hf_put_bytes(&p, f->item[i].envelope.b, HF_ID_BYTES);
        hf_put_u8(&p, (uint8_t)f->item[i].code);
    }
    HF_ASSERT(p == body.p + n);
    hf_sign(op, CUSTODY_LABEL, &body, 1, p);
    return true;
}

static bool
take_custody_item(struct field_rest *rest, struct hf_id *ret_envelope,
                  enum custody_code *ret_code)
{
    const uint8_t *p = field_take(rest, CUSTODY_ITEM_BYTES);

    if (p == NULL)
        return false;
    hf_get_bytes(&p, ret_envelope->b, HF_ID_BYTES);
    *ret_code = (enum custody_code)hf_get_u8(&p);
    return *ret_code >= CUSTODY_TAKEN && *ret_code <= CUSTODY_STALE;
}

enum hf_err
frame_read_custody(struct hf_bytes in, struct frame_custody *ret)
{
    struct field_rest rest;
    struct frame_custody f = {.n = 0};
    const uint8_t *broker, *sig;

    if (!frame_enter(in, FRAME_CUSTODY, &rest))
        return HF_ERR_MALFORMED;
    f.signed_bytes.p = rest.p;
    if (!field_take_u32(&rest, &f.batch))
        return HF_ERR_MALFORMED;
    broker = field_take(&rest, HF_ORG_BYTES);
    if (broker == NULL || !field_take_u64(&rest, &f.at_ms) ||
        !field_time(f.at_ms) || !take_count(&rest, &f.n))
        return HF_ERR_MALFORMED;
    memcpy(f.broker.s, broker, HF_ORG_BYTES);
    if (!field_org(&f.broker))
        return HF_ERR_MALFORMED;
    for (size_t i = 0; i < f.n; i++)
        if (!take_custody_item(&rest, &f.item[i].envelope, &f.item[i].code))
            return HF_ERR_MALFORMED;
    f.signed_bytes.n = (size_t)(rest.p - f.signed_bytes.p);
    sig = field_take(&rest, HF_SIG_BYTES);
    if (sig == NULL || rest.n != 0)
        return HF_ERR_MALFORMED;
    memcpy(f.sig, sig, HF_SIG_BYTES);
    *ret = f;
    return HF_OK;
}

bool
frame_verify_custody(const struct frame_custody *f,
                     const struct registry_broker *broker)
{
    const uint8_t *keys[REGISTRY_OP_KEYS_MAX];
    const size_t n = registry_broker_keys(broker, f->at_ms, keys);

    for (size_t i = 0; i < n && hf_org_eq(&f->broker, &broker->id); i++)
        if (hf_verify(keys[i], CUSTODY_LABEL, &f->signed_bytes, 1, f->sig))
            return true;
    return false;
}

bool
frame_fetch(struct hf_buf *out, uint32_t credit)
{
    uint8_t *p;

    if (credit > FRAME_CREDIT_MAX)
        return false;
    p = frame_begin(out, FRAME_FETCH, 4);
    if (p == NULL)
        return false;
    hf_put_u32(&p, credit);
    return true;
}

enum hf_err
frame_read_fetch(struct hf_bytes in, uint32_t *ret_credit)
{
    struct field_rest rest;
    uint32_t credit;

    if (!frame_enter(in, FRAME_FETCH, &rest) ||
        !field_take_u32(&rest, &credit) || rest.n != 0)
        return HF_ERR_MALFORMED;
    if (credit > FRAME_CREDIT_MAX)
        return HF_ERR_LIMIT;
    *ret_credit = credit;
    return HF_OK;
}

bool
frame_deliver(struct hf_buf *out, const struct frame_deliver *f)
{
    const size_t n = envelopes_bytes(f->envelope, f->n, 8);
    uint8_t *p;

    if (n == 0)
        return false;
    p = frame_begin(out, FRAME_DELIVER, 1 + n);
    if (p == NULL)
        return false;
    hf_put_u8(&p, (uint8_t)f->n);
    for (size_t i = 0; i < f->n; i++) {
        hf_put_u64(&p, f->token[i]);
        hf_put_u32(&p, (uint32_t)f->envelope[i].n);
        hf_put_bytes(&p, f->envelope[i].p, f->envelope[i].n);
    }
    return true;
}

enum hf_err
frame_read_deliver(struct hf_bytes in, struct frame_deliver *ret)
{
    struct field_rest rest;
    struct frame_deliver f;

    if (!frame_enter(in, FRAME_DELIVER, &rest) || !take_count(&rest, &f.n))
        return HF_ERR_MALFORMED;
    if (rest.n > FRAME_BATCH_BYTES_MAX)
        return HF_ERR_LIMIT;
    for (size_t i = 0; i < f.n; i++)
        if (!field_take_u64(&rest, &f.token[i]) ||
            !take_envelope(&rest, &f.envelope[i]))
            return HF_ERR_MALFORMED;
    if (rest.n != 0)
        return HF_ERR_MALFORMED;
    ret->n = f.n;
    memcpy(ret->token, f.token, f.n * sizeof(f.token[0]));
    memcpy(ret->envelope, f.envelope, f.n * sizeof(f.envelope[0]));
    return HF_OK;
}

bool
frame_ack(struct hf_buf *out, const struct frame_ack *f)
{
    uint8_t *p;

    if (f->n == 0 || f->n > FRAME_BATCH_MAX)
        return false;
    p = frame_begin(out, FRAME_ACK, 1 + f->n * 8);
    if (p == NULL)
        return false;
    hf_put_u8(&p, (uint8_t)f->n);
    for (size_t i = 0; i < f->n; i++)
        hf_put_u64(&p, f->token[i]);
    return true;
}

enum hf_err
frame_read_ack(struct hf_bytes in, struct frame_ack *ret)
{
    struct field_rest rest;
    struct frame_ack f;

    if (!frame_enter(in, FRAME_ACK, &rest) || !take_count(&rest, &f.n))
        return HF_ERR_MALFORMED;
    for (size_t i = 0; i < f.n; i++)
        if (!field_take_u64(&rest, &f.token[i]))
            return HF_ERR_MALFORMED;
    if (rest.n != 0)
        return HF_ERR_MALFORMED;
    ret->n = f.n;
    memcpy(ret->token, f.token, f.n * sizeof(f.token[0]));
    return HF_OK;
}

bool
frame_bad(struct hf_buf *out, enum hf_err why)
{
    uint8_t number = BAD_OTHER;
    uint8_t *p = frame_begin(out, FRAME_BAD, 1);

    if (p == NULL)
        return false;
    for (size_t i = 0; i < BAD_CODES; i++)
        if (bad_codes[i].err == why)
            number = bad_codes[i].number;
    hf_put_u8(&p, number);
    return true;
}

enum hf_err
frame_read_bad(struct hf_bytes in, enum hf_err *ret_why)
{
    struct field_rest rest;
    uint8_t number;

    if (!frame_enter(in, FRAME_BAD, &rest) || !field_take_u8(&rest, &number) ||
        rest.n != 0)
        return HF_ERR_MALFORMED;
    for (size_t i = 0; i < BAD_CODES; i++) {
        if (bad_codes[i].number == number) {
            *ret_why = bad_codes[i].err;
            return HF_OK;
        }
    }
    return HF_ERR_MALFORMED;
}
