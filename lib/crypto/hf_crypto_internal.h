/*
 * hf_crypto_internal.h - what the files of lib/crypto share; for them only.
 */
#ifndef HF_CRYPTO_INTERNAL_H
#define HF_CRYPTO_INTERNAL_H

#include <sodium.h>

#include "hf_assert.h"
#include "hf_crypto.h"

/* Lives in guarded memory, read-only once made. */
struct hf_secret {
    enum hf_key_use use;
    uint8_t seed[HF_KEY_BYTES]; /* what a file holds; DH: the scalar itself */
    uint8_t ed25519[crypto_sign_SECRETKEYBYTES]; /* SIGN only */
    uint8_t pk[HF_PK_BYTES];                     /* SIGN and DH */
};

_Static_assert(HF_PK_BYTES == crypto_sign_PUBLICKEYBYTES, "Ed25519");
_Static_assert(HF_PK_BYTES == crypto_scalarmult_BYTES, "X25519");
_Static_assert(HF_KEY_BYTES == crypto_sign_SEEDBYTES, "Ed25519");
_Static_assert(HF_KEY_BYTES == crypto_scalarmult_SCALARBYTES, "X25519");
_Static_assert(HF_SIG_BYTES == crypto_sign_BYTES, "Ed25519");

/* For calls that fail only when we misuse them. What depends on bytes that
 * somebody sent is answered with false instead. */
#define HF_MUST(call)                                                          \
    do {                                                                       \
        const int must_rc_ = (call);                                           \
        HF_ASSERT(must_rc_ == 0);                                              \
    } while (0)

#endif /* HF_CRYPTO_INTERNAL_H */
