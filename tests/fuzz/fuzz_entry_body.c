/* Fuzzing of the fixed layouts: the first byte says which one the rest is;
 * what unpacks, packs again to the same bytes. */
#include <stdlib.h>
#include <string.h>

#include "body.h"
#include "entry.h"
#include "fuzz.h"
#include "grant.h"
#include "hf_assert.h"
#include "review.h"
#include "shelf.h"

#define ROOM SCOPES_BYTES(SCOPES_MAX)

/* Bytes written to @out; 0 when @in does not unpack. */
static size_t
first_half(uint8_t which, struct hf_bytes in, uint8_t *out)
{
    struct entry e;
    struct card c;
    struct terms t;
    struct prekey k;

    switch (which) {
    case 0:
        if (entry_unpack(in, &e) != HF_OK)
            return 0;
        entry_pack(&e, out);
        return ENTRY_BYTES;
    case 1:
        if (!card_unpack(in, &c))
            return 0;
        card_pack(&c, out);
        return CARD_BYTES;
    case 2:
        if (!terms_unpack(in, &t))
            return 0;
        terms_pack(&t, out);
        return TERMS_BYTES;
    default:
        if (!prekey_unpack(in, &k))
            return 0;
        prekey_pack(&k, out);
        return PREKEY_BYTES;
    }
}

static size_t
second_half(uint8_t which, struct hf_bytes in, uint8_t *out)
{
    struct proof p;
    struct case_head h;
    struct scopes_withdrawn s;

    switch (which) {
    case 4:
        return proof_unpack(in, &p) ? proof_pack(&p, out) : 0;
    case 5:
        if (!case_head_unpack(in, &h))
            return 0;
        case_head_pack(&h, out);
        return CASE_HEAD_BYTES;
    default:
        return scopes_unpack(in, &s) ? scopes_pack(&s, out) : 0;
    }
}

static size_t
sent_on(uint8_t which, struct hf_bytes in, uint8_t *out)
{
    struct onward_note n;
    struct hf_bytes what;
    const uint8_t *sig;
    struct grant g;
    size_t bytes;

    if (which == 11) {
        if (!onward_note_unpack(in, &n))
            return 0;
        onward_note_pack(&n, out);
        return ONWARD_NOTE_BYTES;
    }
    if (!grant_unpack(in, &g, &what, &sig))
        return 0;
    HF_ASSERT(what.n + GRANT_SIG_BYTES == in.n);
    bytes = grant_pack(&g, out);
    memcpy(out + bytes, sig, GRANT_SIG_BYTES);
    return bytes + GRANT_SIG_BYTES;
}

static void
try_body(struct hf_bytes in)
{
    struct body b;
    uint8_t *out;

    if (body_unpack(in, &b) != HF_OK)
        return;
    HF_ASSERT(body_fits(&b));
    HF_ASSERT(body_bytes(&b) == in.n);
    out = malloc(in.n);
    HF_ASSERT(out != NULL);
    body_pack(&b, out);
    HF_ASSERT(memcmp(out, in.p, in.n) == 0);
    free(out);
}

static size_t
review(uint8_t which, struct hf_bytes in, uint8_t *out)
{
    struct review_notice n;
    struct review_verdict v;

    if (which == 8 && review_notice_unpack(in, &n)) {
        review_notice_pack(&n, out);
        return REVIEW_NOTICE_BYTES;
    }
    if (which == 9 && review_verdict_unpack(in, &v)) {
        review_verdict_pack(&v, out);
        return REVIEW_VERDICT_BYTES;
    }
    return 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct hf_bytes in = {data + 1, size - 1};
    uint8_t out[ROOM];
    const uint8_t which = size == 0 ? 0 : data[0] % 12;
    size_t n;

    if (size == 0)
        return 0;
    if (which == 7) {
        try_body(in);
        return 0;
    }
    n = which < 4    ? first_half(which, in, out)
        : which < 7  ? second_half(which, in, out)
        : which < 10 ? review(which, in, out)
                     : sent_on(which, in, out);
    if (n > 0) {
        HF_ASSERT(n == in.n);
        HF_ASSERT(memcmp(out, in.p, n) == 0);
    }
    return 0;
}
