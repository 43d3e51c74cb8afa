/* Sealing: XChaCha20-Poly1305 for records, secretstream for what is long. */
#include "hf_crypto_internal.h"

#define NONCE_BYTES  crypto_aead_xchacha20poly1305_ietf_NPUBBYTES
#define TAG_BYTES    crypto_aead_xchacha20poly1305_ietf_ABYTES
#define HEADER_BYTES crypto_secretstream_xchacha20poly1305_HEADERBYTES
#define EXTRA_BYTES  crypto_secretstream_xchacha20poly1305_ABYTES
#define SEALED_CHUNK (HF_CHUNK_BYTES + EXTRA_BYTES)

_Static_assert(HF_BOX_BYTES == NONCE_BYTES + TAG_BYTES, "box layout");
_Static_assert(HF_KEY_BYTES == crypto_aead_xchacha20poly1305_ietf_KEYBYTES,
               "box key");
_Static_assert(HF_KEY_BYTES == crypto_secretstream_xchacha20poly1305_KEYBYTES,
               "stream key");

static void
seal(const uint8_t *key, const uint8_t nonce[static NONCE_BYTES],
     struct hf_bytes ad, struct hf_bytes in, uint8_t *out)
{
    HF_MUST(crypto_aead_xchacha20poly1305_ietf_encrypt(
        out, NULL, in.p, in.n, ad.p, ad.n, NULL, nonce, key));
}

/* libsodium zeroes its output when the tag is wrong; ours is promised to stay
 * as it was, so ask it (with no output) for the verdict first. */
static bool
open_checked(const uint8_t *key, const uint8_t nonce[static NONCE_BYTES],
             struct hf_bytes ad, struct hf_bytes in, uint8_t *out)
{
    const size_t n = in.n - TAG_BYTES;

    if (crypto_aead_xchacha20poly1305_ietf_decrypt_detached(
            NULL, NULL, in.p, n, in.p + n, ad.p, ad.n, nonce, key) != 0)
        return false;
    if (n == 0)
        return true;
    HF_MUST(crypto_aead_xchacha20poly1305_ietf_decrypt_detached(
        out, NULL, in.p, n, in.p + n, ad.p, ad.n, nonce, key));
    return true;
}

void
hf_box_seal(const uint8_t key[static HF_KEY_BYTES], struct hf_bytes ad,
            struct hf_bytes in, uint8_t *out)
{
    randombytes_buf(out, NONCE_BYTES);
    seal(key, out, ad, in, out + NONCE_BYTES);
}

bool
hf_box_open(const uint8_t key[static HF_KEY_BYTES], struct hf_bytes ad,
            struct hf_bytes in, uint8_t *out)
{
    if (in.n < HF_BOX_BYTES)
        return false;
    return open_checked(
        key, in.p, ad,
        (struct hf_bytes){in.p + NONCE_BYTES, in.n - NONCE_BYTES}, out);
}

static const uint8_t no_nonce[NONCE_BYTES];

void
hf_once_seal(const uint8_t key[static HF_KEY_BYTES], struct hf_bytes ad,
             struct hf_bytes in, uint8_t *out)
{
    seal(key, no_nonce, ad, in, out);
}

bool
hf_once_open(const uint8_t key[static HF_KEY_BYTES], struct hf_bytes ad,
             struct hf_bytes in, uint8_t *out)
{
    return in.n >= HF_ONCE_BYTES && open_checked(key, no_nonce, ad, in, out);
}

/* Nothing at all is one empty chunk, so that its end is authentic too. */
static size_t
n_chunks(size_t plain_bytes)
{
    if (plain_bytes == 0)
        return 1;
    return (plain_bytes - 1) / HF_CHUNK_BYTES + 1;
}

size_t
hf_stream_sealed_bytes(size_t plain_bytes)
{
    return HEADER_BYTES + plain_bytes + n_chunks(plain_bytes) * EXTRA_BYTES;
}

bool
hf_stream_plain_bytes(size_t sealed_bytes, size_t *ret)
{
    size_t body;
    size_t rest;

    if (sealed_bytes < HEADER_BYTES + EXTRA_BYTES)
        return false;
    body = sealed_bytes - HEADER_BYTES;
    rest = body % SEALED_CHUNK;
    /* A last chunk with nothing in it is legal only when it is the first. */
    if (rest != 0 && rest <= EXTRA_BYTES && body > EXTRA_BYTES)
        return false;
    *ret = body - ((body - 1) / SEALED_CHUNK + 1) * EXTRA_BYTES;
    HF_ASSERT(hf_stream_sealed_bytes(*ret) == sealed_bytes);
    return true;
}

static size_t
chunk_bytes(size_t left)
{
    return left < HF_CHUNK_BYTES ? left : HF_CHUNK_BYTES;
}

void
hf_stream_seal(const uint8_t key[static HF_KEY_BYTES], struct hf_bytes ad,
               struct hf_bytes in, uint8_t *out)
{
    crypto_secretstream_xchacha20poly1305_state state;
    size_t left = in.n;

    HF_MUST(crypto_secretstream_xchacha20poly1305_init_push(&state, out, key));
    out += HEADER_BYTES;
    for (;;) {
        const size_t n = chunk_bytes(left);
        const bool is_last = n == left;

        HF_MUST(crypto_secretstream_xchacha20poly1305_push(
            &state, out, NULL, in.p, n, ad.p, ad.n,
            is_last ? crypto_secretstream_xchacha20poly1305_TAG_FINAL
                    : crypto_secretstream_xchacha20poly1305_TAG_MESSAGE));
        if (is_last)
            break;
        in.p += n;
        out += n + EXTRA_BYTES;
        left -= n;
    }
    sodium_memzero(&state, sizeof(state));
}

/* Open all chunks: each into @scratch, or one after the other to @out. */
static bool
open_chunks(const uint8_t *key, struct hf_bytes ad, struct hf_bytes in,
            size_t plain_bytes, uint8_t *scratch, uint8_t *out)
{
    crypto_secretstream_xchacha20poly1305_state state;
    const uint8_t *at = in.p + HEADER_BYTES;
    size_t left = plain_bytes;
    bool is_good;

    is_good =
        crypto_secretstream_xchacha20poly1305_init_pull(&state, in.p, key) == 0;
    while (is_good) {
        const size_t n = chunk_bytes(left);
        const bool is_last = n == left;
        uint8_t tag = 0;

        is_good = crypto_secretstream_xchacha20poly1305_pull(
                      &state, scratch != NULL ? scratch : out, NULL, &tag, at,
                      n + EXTRA_BYTES, ad.p, ad.n) == 0;
        is_good =
            is_good &&
            tag == (is_last
                        ? crypto_secretstream_xchacha20poly1305_TAG_FINAL
                        : crypto_secretstream_xchacha20poly1305_TAG_MESSAGE);
        if (is_last)
            break;
        if (scratch == NULL)
            out += n;
        at += n + EXTRA_BYTES;
        left -= n;
    }
    sodium_memzero(&state, sizeof(state));
    return is_good;
}

/* The output must stay untouched if any chunk is bad, be it the last: so look
 * at all of them before writing. What fits one chunk, nearly everything that
 * is sent, is opened only once and copied. */
bool
hf_stream_open(const uint8_t key[static HF_KEY_BYTES], struct hf_bytes ad,
               struct hf_bytes in, uint8_t *out)
{
    uint8_t scratch[HF_CHUNK_BYTES];
    size_t n;
    bool is_good;

    if (!hf_stream_plain_bytes(in.n, &n))
        return false;
    is_good = open_chunks(key, ad, in, n, scratch, NULL);
    if (is_good && n > 0 && n <= HF_CHUNK_BYTES) {
        memcpy(out, scratch, n);
    } else if (is_good && n > HF_CHUNK_BYTES) {
        is_good = open_chunks(key, ad, in, n, NULL, out);
        HF_ASSERT(is_good); /* the same bytes, a moment later */
    }
    sodium_memzero(scratch, chunk_bytes(n));
    return is_good;
}
