/*
 * hf_crypto.h - the cryptography handoff uses, behind names of our own.
 *
 * The only user of <sodium.h>. Every signature covers a label, so that nothing
 * signed under one label verifies under another; every hash covers one too.
 * Secrets live in guarded memory inside struct hf_secret. Verification and
 * opening fail closed: outputs are untouched on failure.
 */
#ifndef HF_CRYPTO_H
#define HF_CRYPTO_H

#include "hf_err.h"
#include "hf_types.h"

#define HF_PK_BYTES    32 /* Ed25519 or X25519 public key */
#define HF_SIG_BYTES   64
#define HF_KEY_BYTES   32 /* symmetric key */
#define HF_BOX_BYTES   40 /* XChaCha20-Poly1305 nonce + tag */
#define HF_ONCE_BYTES  16 /* of them the tag alone: hf_once_seal */
#define HF_CHUNK_BYTES 65536
#define HF_SALT_BYTES  16 /* of a passphrase; random, not secret */

enum hf_key_use { HF_KEY_SIGN, HF_KEY_DH, HF_KEY_BOX };

struct hf_secret; /* opaque: guarded memory, one use, cannot be copied */

/** hf_crypto_start: once, before anything here. */
HF_NODISCARD enum hf_err hf_crypto_start(void);
void hf_random(void *out, size_t n);
void hf_wipe(void *p, size_t n);
/** hf_wipe_stack: zero @n bytes of stack below the caller: what functions that
 * have returned left there. */
void hf_wipe_stack(size_t n);
/** hf_equal: constant time in @n. */
bool hf_equal(const void *a, const void *b, size_t n);

/** hf_hash: BLAKE2b-256 over label, 0x00, and the spans in order. Spans are
 * not delimited: callers hash fixed layouts or one variable part last. */
void hf_hash(const char *label, const struct hf_bytes *spans, size_t n_spans,
             struct hf_hash *ret);
/** hf_hash_keyed: the same, keyed with HF_KEY_BYTES. */
void hf_hash_keyed(const uint8_t key[static HF_KEY_BYTES], const char *label,
                   const struct hf_bytes *spans, size_t n_spans,
                   struct hf_hash *ret);

/** struct hf_hasher: a hash of bytes that come piece by piece. Plain memory, to
 * be copied as a value; not for secrets. hf_hasher_end tells the hash of what
 * was added so far, and more may be added after it; it is hf_hash() of it. */
struct hf_hasher {
    uint8_t state[384];
};
void hf_hasher_begin(struct hf_hasher *h, const char *label);
void hf_hasher_add(struct hf_hasher *h, struct hf_bytes bytes);
void hf_hasher_end(const struct hf_hasher *h, struct hf_hash *ret);

/* Keys. A file is 1 byte of use + 32 bytes of seed, mode 0600, ours. */
HF_NODISCARD enum hf_err hf_secret_new(enum hf_key_use use,
                                       struct hf_secret **ret);
/** hf_secret_from_seed: deterministic; for key files and tests. */
HF_NODISCARD enum hf_err hf_secret_from_seed(
    enum hf_key_use use, const uint8_t seed[static HF_KEY_BYTES],
    struct hf_secret **ret);
/** hf_secret_load: HF_ERR_FORBIDDEN unless a regular file of ours that nobody
 * else may read; HF_ERR_MALFORMED for another length or use; HF_ERR_NOT_FOUND;
 * HF_ERR_IO. */
HF_NODISCARD enum hf_err hf_secret_load(const char *path, enum hf_key_use use,
                                        struct hf_secret **ret);
/** hf_secret_load_under: the same, also of a file that is sealed under @wrap
 * (BOX); HF_ERR_SEAL: it is sealed, and not under @wrap, or that is NULL. */
HF_NODISCARD enum hf_err hf_secret_load_under(const char *path,
                                              enum hf_key_use use,
                                              const struct hf_secret *wrap,
                                              struct hf_secret **ret);
/** hf_secret_store_under: hf_secret_store, sealed under @wrap (BOX); NULL: in
 * clear. hf_secret_seal_file: what lies in clear is sealed under @wrap, and
 * overwritten; a crash leaves one or the other whole. Sealed: nothing. */
HF_NODISCARD enum hf_err hf_secret_store_under(const char *path,
                                               const struct hf_secret *secret,
                                               const struct hf_secret *wrap);
HF_NODISCARD enum hf_err hf_secret_seal_file(const char *path,
                                             enum hf_key_use use,
                                             const struct hf_secret *wrap);
/** hf_secret_store: HF_ERR_EXISTS rather than overwrite; fsynced. */
HF_NODISCARD enum hf_err hf_secret_store(const char *path,
                                         const struct hf_secret *secret);
/** hf_hash_slow: Argon2id, 32 MiB and some 30 ms, so that who guesses @in
 * pays for each guess; the same everywhere. False without that memory. */
HF_NODISCARD bool hf_hash_slow(const char *label, struct hf_bytes salt,
                               struct hf_bytes in, struct hf_hash *ret);

/** hf_secret_from_passphrase: Argon2id, 64 MiB and about 0.1 s; the same
 * passphrase and salt give the same secret. HF_ERR_NOMEM when there are not
 * 64 MiB. */
HF_NODISCARD enum hf_err hf_secret_from_passphrase(
    enum hf_key_use use, struct hf_bytes passphrase,
    const uint8_t salt[static HF_SALT_BYTES], struct hf_secret **ret);
void hf_secret_free(struct hf_secret *secret); /* wipes; NULL is fine */
/** hf_secret_public: the public half of a SIGN or DH secret. */
void hf_secret_public(const struct hf_secret *secret,
                      uint8_t ret_pk[static HF_PK_BYTES]);
/** hf_secret_key: the HF_KEY_BYTES of a BOX secret, borrowed until it is freed:
 * a view into guarded memory, so that no copy is needed. */
const uint8_t *hf_secret_key(const struct hf_secret *secret);
/** hf_secret_curve: the raw X25519 scalar of a DH secret for ZeroMQ CURVE,
 * 32 bytes; wipe it after use. */
void hf_secret_curve(const struct hf_secret *secret,
                     uint8_t ret_sk[static HF_KEY_BYTES]);

/** hf_sign: Ed25519 over label, 0x00, and the spans in order. */
void hf_sign(const struct hf_secret *secret, const char *label,
             const struct hf_bytes *spans, size_t n_spans,
             uint8_t ret_sig[static HF_SIG_BYTES]);
HF_NODISCARD bool hf_verify(const uint8_t pk[static HF_PK_BYTES],
                            const char *label, const struct hf_bytes *spans,
                            size_t n_spans,
                            const uint8_t sig[static HF_SIG_BYTES]);

/** hf_dh: X25519; false for small-order keys and an all-zero result. */
HF_NODISCARD bool hf_dh(const struct hf_secret *mine,
                        const uint8_t their_pk[static HF_PK_BYTES],
                        uint8_t ret_shared[static HF_KEY_BYTES]);

/** hf_box_seal: XChaCha20-Poly1305, random nonce first: in.n + HF_BOX_BYTES
 * bytes to @out. @ad is bound, not stored. hf_box_open is its inverse. */
void hf_box_seal(const uint8_t key[static HF_KEY_BYTES], struct hf_bytes ad,
                 struct hf_bytes in, uint8_t *out);
HF_NODISCARD bool hf_box_open(const uint8_t key[static HF_KEY_BYTES],
                              struct hf_bytes ad, struct hf_bytes in,
                              uint8_t *out);

/** hf_once_seal: the same under a key that seals this and nothing else, ever:
 * it needs no nonce, so only in.n + HF_ONCE_BYTES bytes. */
void hf_once_seal(const uint8_t key[static HF_KEY_BYTES], struct hf_bytes ad,
                  struct hf_bytes in, uint8_t *out);
HF_NODISCARD bool hf_once_open(const uint8_t key[static HF_KEY_BYTES],
                               struct hf_bytes ad, struct hf_bytes in,
                               uint8_t *out);

/** hf_stream_seal: secretstream in HF_CHUNK_BYTES chunks, FINAL tag on the
 * last; hf_stream_sealed_bytes(in.n) bytes to @out. */
size_t hf_stream_sealed_bytes(size_t plain_bytes);
HF_NODISCARD bool hf_stream_plain_bytes(size_t sealed_bytes, size_t *ret);
void hf_stream_seal(const uint8_t key[static HF_KEY_BYTES], struct hf_bytes ad,
                    struct hf_bytes in, uint8_t *out);
HF_NODISCARD bool hf_stream_open(const uint8_t key[static HF_KEY_BYTES],
                                 struct hf_bytes ad, struct hf_bytes in,
                                 uint8_t *out);

#endif /* HF_CRYPTO_H */
