/* Start-up, randomness, hashes, signatures and key agreement. */
#include "hf_crypto.h"

#include <stdlib.h>

#include "hf_crypto_internal.h"

_Static_assert(HF_HASH_BYTES == crypto_generichash_BYTES, "BLAKE2b-256");
_Static_assert(HF_KEY_BYTES == crypto_generichash_KEYBYTES, "keyed BLAKE2b");

/* What is signed is nearly always short: headers, receipts, hashes. */
#define ON_STACK_BYTES 2048

enum hf_err
hf_crypto_start(void)
{
    return sodium_init() < 0 ? HF_ERR_IO : HF_OK; /* no randomness, say */
}

void
hf_random(void *out, size_t n)
{
    randombytes_buf(out, n);
}

void
hf_wipe(void *p, size_t n)
{
    sodium_memzero(p, n);
}

void
hf_wipe_stack(size_t n)
{
    sodium_stackzero(n);
}

bool
hf_equal(const void *a, const void *b, size_t n)
{
    return sodium_memcmp(a, b, n) == 0;
}

static void
hash_spans(const uint8_t *key, size_t key_bytes, const char *label,
           const struct hf_bytes *spans, size_t n_spans, struct hf_hash *ret)
{
    crypto_generichash_state state;

    HF_MUST(crypto_generichash_init(&state, key, key_bytes, HF_HASH_BYTES));
    /* The label's own NUL is the 0x00 between it and the spans. */
    HF_MUST(crypto_generichash_update(&state, (const uint8_t *)label,
                                      strlen(label) + 1));
    for (size_t i = 0; i < n_spans; i++) {
        if (spans[i].n > 0)
            HF_MUST(crypto_generichash_update(&state, spans[i].p, spans[i].n));
    }
    HF_MUST(crypto_generichash_final(&state, ret->b, HF_HASH_BYTES));
    sodium_memzero(&state, sizeof(state));
}

void
hf_hash(const char *label, const struct hf_bytes *spans, size_t n_spans,
        struct hf_hash *ret)
{
    hash_spans(NULL, 0, label, spans, n_spans, ret);
}

_Static_assert(sizeof(crypto_generichash_state) == sizeof(struct hf_hasher),
               "the state fits; it is copied, as it may lie less aligned here");

void
hf_hasher_begin(struct hf_hasher *h, const char *label)
{
    crypto_generichash_state state;

    HF_MUST(crypto_generichash_init(&state, NULL, 0, HF_HASH_BYTES));
    HF_MUST(crypto_generichash_update(&state, (const uint8_t *)label,
                                      strlen(label) + 1));
    memcpy(h->state, &state, sizeof(state));
}

void
hf_hasher_add(struct hf_hasher *h, struct hf_bytes bytes)
{
    crypto_generichash_state state;

    if (bytes.n == 0)
        return;
    memcpy(&state, h->state, sizeof(state));
    HF_MUST(crypto_generichash_update(&state, bytes.p, bytes.n));
    memcpy(h->state, &state, sizeof(state));
}

void
hf_hasher_end(const struct hf_hasher *h, struct hf_hash *ret)
{
    crypto_generichash_state state;

    memcpy(&state, h->state, sizeof(state));
    HF_MUST(crypto_generichash_final(&state, ret->b, HF_HASH_BYTES));
}

void
hf_hash_keyed(const uint8_t key[static HF_KEY_BYTES], const char *label,
              const struct hf_bytes *spans, size_t n_spans, struct hf_hash *ret)
{
    hash_spans(key, HF_KEY_BYTES, label, spans, n_spans, ret);
}

/* Ed25519 reads its message twice, so it wants it in one piece. */
struct joined {
    uint8_t on_stack[ON_STACK_BYTES];
    uint8_t *heap; /* NULL: on_stack is used */
    uint8_t *p;
    size_t n;
};

static bool
join(struct joined *j, const char *label, const struct hf_bytes *spans,
     size_t n_spans)
{
    const size_t label_bytes = strlen(label) + 1;
    size_t n = label_bytes;
    uint8_t *at;

    for (size_t i = 0; i < n_spans; i++) {
        HF_ASSERT(spans[i].n <= SIZE_MAX - n);
        n += spans[i].n;
    }
    j->heap = n > ON_STACK_BYTES ? malloc(n) : NULL;
    if (n > ON_STACK_BYTES && j->heap == NULL)
        return false;
    j->p = j->heap != NULL ? j->heap : j->on_stack;
    j->n = n;
    memcpy(j->p, label, label_bytes);
    at = j->p + label_bytes;
    for (size_t i = 0; i < n_spans; i++) {
        if (spans[i].n == 0)
            continue;
        memcpy(at, spans[i].p, spans[i].n);
        at += spans[i].n;
    }
    return true;
}

static void
unjoin(struct joined *j)
{
    sodium_memzero(j->p, j->n);
    free(j->heap);
}

void
hf_sign(const struct hf_secret *secret, const char *label,
        const struct hf_bytes *spans, size_t n_spans,
        uint8_t ret_sig[static HF_SIG_BYTES])
{
    struct joined j;
    const bool has_memory = join(&j, label, spans, n_spans);

    HF_ASSERT(secret->use == HF_KEY_SIGN);
    /* Nobody could go on without a signature that was promised; a crash here
     * is one that the store makes safe. */
    HF_ASSERT(has_memory);
    HF_MUST(crypto_sign_detached(ret_sig, NULL, j.p, j.n, secret->ed25519));
    unjoin(&j);
}

bool
hf_verify(const uint8_t pk[static HF_PK_BYTES], const char *label,
          const struct hf_bytes *spans, size_t n_spans,
          const uint8_t sig[static HF_SIG_BYTES])
{
    struct joined j;
    bool is_good;

    if (!join(&j, label, spans, n_spans))
        return false;
    is_good = crypto_sign_verify_detached(sig, j.p, j.n, pk) == 0;
    unjoin(&j);
    return is_good;
}

bool
hf_dh(const struct hf_secret *mine, const uint8_t their_pk[static HF_PK_BYTES],
      uint8_t ret_shared[static HF_KEY_BYTES])
{
    uint8_t shared[crypto_scalarmult_BYTES];
    bool is_good;

    HF_ASSERT(mine->use == HF_KEY_DH);
    is_good = crypto_scalarmult(shared, mine->seed, their_pk) == 0;
    if (is_good)
        memcpy(ret_shared, shared, HF_KEY_BYTES);
    sodium_memzero(shared, sizeof(shared));
    return is_good;
}
