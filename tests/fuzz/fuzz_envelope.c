/* Fuzzing of proto/envelope: any bytes, and the same bytes with body hash and
 * outer signature made good, as a hostile member could send them. */
#include <stdlib.h>
#include <string.h>

#include "envelope.h"
#include "registry.h"
#include "fuzz.h"
#include "hf_assert.h"

#define FRONT (ENVELOPE_HEADER_BYTES + HF_SIG_BYTES)

static struct hf_secret *sender, *prekey;
static uint8_t sender_pk[HF_PK_BYTES];

/* The keys of tests/vectors/envelope.hex. */
static void
start(void)
{
    uint8_t seed[HF_KEY_BYTES];

    if (sender != NULL)
        return;
    HF_ASSERT(hf_crypto_start() == HF_OK);
    memset(seed, 1, sizeof(seed));
    HF_ASSERT(hf_secret_from_seed(HF_KEY_SIGN, seed, &sender) == HF_OK);
    memset(seed, 3, sizeof(seed));
    HF_ASSERT(hf_secret_from_seed(HF_KEY_DH, seed, &prekey) == HF_OK);
    hf_secret_public(sender, sender_pk);
}

static void
try(struct hf_bytes in)
{
    struct envelope_header h;
    struct envelope_opened o;
    struct registry_broker broker = {.n_op = 1};
    struct notice n;
    struct hf_buf plain;

    hf_buf_init(&plain, 2 * ENVELOPE_BYTES_MAX);
    if (envelope_peek(in, &h) == HF_OK) {
        (void)envelope_prekey_id(in);
        if (envelope_open(in, sender_pk, prekey, &plain, &o) == HF_OK) {
            HF_ASSERT(hf_org_eq(&o.h.recipient, &h.recipient));
            HF_ASSERT(o.content.n <= plain.n);
        }
        memcpy(broker.op[0].pk, sender_pk, HF_PK_BYTES);
        broker.id = h.sender;
        (void)!notice_read(in, &broker, &n);
    }
    hf_buf_free(&plain);
}

static void
make_good(uint8_t *p, size_t n)
{
    const struct hf_bytes body = {p + FRONT, n - FRONT};
    const struct hf_bytes header = {p, ENVELOPE_HEADER_BYTES};
    struct hf_hash hash;

    hf_hash("handoff/1 envelope body", &body, 1, &hash);
    memcpy(p + ENVELOPE_HEADER_BYTES - HF_HASH_BYTES, hash.b, HF_HASH_BYTES);
    hf_sign(sender, ENVELOPE_LABEL, &header, 1, p + ENVELOPE_HEADER_BYTES);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t *copy;

    start();
    try((struct hf_bytes){data, size});
    if (size < FRONT)
        return 0;
    copy = malloc(size);
    HF_ASSERT(copy != NULL);
    memcpy(copy, data, size);
    make_good(copy, size);
    try((struct hf_bytes){copy, size});
    free(copy);
    return 0;
}
