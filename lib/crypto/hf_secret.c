/* Secret keys: in guarded memory, and in files that are ours alone. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "hf_crypto_internal.h"
#include "hf_file.h"

#define SEALED_BIT   0x80
#define SEALED_BYTES (1 + HF_KEY_BYTES + HF_BOX_BYTES)
#define WRAP_LABEL   "handoff/1 own keys"
#define FILE_BYTES   (1 + HF_KEY_BYTES)

_Static_assert(HF_SALT_BYTES == crypto_pwhash_SALTBYTES, "Argon2id");

#define SLOW_OPS   1
#define SLOW_BYTES (32u * 1024u * 1024u)
#define PASSPHRASE_OPS   3
#define PASSPHRASE_BYTES (64U * 1024 * 1024)

static void
derive(struct hf_secret *secret)
{
    switch (secret->use) {
    case HF_KEY_SIGN:
        HF_MUST(crypto_sign_seed_keypair(secret->pk, secret->ed25519,
                                         secret->seed));
        break;
    case HF_KEY_DH:
        HF_MUST(crypto_scalarmult_base(secret->pk, secret->seed));
        break;
    case HF_KEY_BOX:
        break; /* a symmetric key has no public half */
    }
}

enum hf_err
hf_secret_from_seed(enum hf_key_use use,
                    const uint8_t seed[static HF_KEY_BYTES],
                    struct hf_secret **ret)
{
    struct hf_secret *secret = sodium_malloc(sizeof(*secret));

    if (secret == NULL)
        return HF_ERR_NOMEM;
    memset(secret, 0, sizeof(*secret));
    secret->use = use;
    memcpy(secret->seed, seed, HF_KEY_BYTES);
    derive(secret);
    HF_MUST(sodium_mprotect_readonly(secret));
    *ret = secret;
    return HF_OK;
}

enum hf_err
hf_secret_new(enum hf_key_use use, struct hf_secret **ret)
{
    uint8_t seed[HF_KEY_BYTES];
    enum hf_err err;

    randombytes_buf(seed, sizeof(seed));
    err = hf_secret_from_seed(use, seed, ret);
    sodium_memzero(seed, sizeof(seed));
    return err;
}

enum hf_err
hf_secret_from_passphrase(enum hf_key_use use, struct hf_bytes passphrase,
                          const uint8_t salt[static HF_SALT_BYTES],
                          struct hf_secret **ret)
{
    uint8_t seed[HF_KEY_BYTES];
    enum hf_err err = HF_ERR_NOMEM; /* the only way left for it to fail */

    if (crypto_pwhash(seed, sizeof(seed), (const char *)passphrase.p,
                      passphrase.n, salt, PASSPHRASE_OPS, PASSPHRASE_BYTES,
                      crypto_pwhash_ALG_ARGON2ID13) == 0)
        err = hf_secret_from_seed(use, seed, ret);
    sodium_memzero(seed, sizeof(seed));
    return err;
}

bool
hf_hash_slow(const char *label, struct hf_bytes salt, struct hf_bytes in,
             struct hf_hash *ret)
{
    struct hf_hash h;

    _Static_assert(HF_HASH_BYTES >= crypto_pwhash_SALTBYTES, "room for a salt");
    hf_hash(label, &salt, 1, &h);
    return crypto_pwhash(ret->b, HF_HASH_BYTES, (const char *)in.p, in.n, h.b,
                         SLOW_OPS, SLOW_BYTES,
                         crypto_pwhash_ALG_ARGON2ID13) == 0;
}

static bool
is_private_to_us(const struct stat *st)
{
    return S_ISREG(st->st_mode) && st->st_uid == geteuid() &&
           (st->st_mode & (S_IRWXG | S_IRWXO)) == 0;
}

static void
derive_wrap(const struct hf_secret *wrap, struct hf_hash *ret)
{
    hf_hash_keyed(hf_secret_key(wrap), WRAP_LABEL, NULL, 0, ret);
}

static enum hf_err
open_sealed(const uint8_t *bytes, enum hf_key_use use,
            const struct hf_secret *wrap, struct hf_secret **ret)
{
    uint8_t seed[HF_KEY_BYTES];
    struct hf_hash key;
    enum hf_err err = HF_ERR_SEAL;

    if (bytes[0] != (SEALED_BIT | (uint8_t)use))
        return HF_ERR_MALFORMED;
    if (wrap == NULL)
        return HF_ERR_SEAL;
    derive_wrap(wrap, &key);
    if (hf_box_open(key.b, (struct hf_bytes){bytes, 1},
                    (struct hf_bytes){bytes + 1, SEALED_BYTES - 1}, seed))
        err = hf_secret_from_seed(use, seed, ret);
    sodium_memzero(&key, sizeof(key));
    sodium_memzero(seed, sizeof(seed));
    return err;
}

/* One byte more is asked for than there may be, to see a file too long. */
static enum hf_err
read_file(int fd, enum hf_key_use use, const struct hf_secret *wrap,
          struct hf_secret **ret)
{
    uint8_t bytes[SEALED_BYTES + 1];
    enum hf_err err;
    ssize_t n;

    do {
        n = read(fd, bytes, sizeof(bytes));
    } while (n < 0 && errno == EINTR);
    if (n < 0)
        err = HF_ERR_IO;
    else if (n == SEALED_BYTES)
        err = open_sealed(bytes, use, wrap, ret);
    else if (n != FILE_BYTES || bytes[0] != (uint8_t)use)
        err = HF_ERR_MALFORMED;
    else
        err = hf_secret_from_seed(use, bytes + 1, ret);
    sodium_memzero(bytes, sizeof(bytes));
    return err;
}

enum hf_err
hf_secret_load(const char *path, enum hf_key_use use, struct hf_secret **ret)
{
    return hf_secret_load_under(path, use, NULL, ret);
}

enum hf_err
hf_secret_load_under(const char *path, enum hf_key_use use,
                     const struct hf_secret *wrap, struct hf_secret **ret)
{
    enum hf_err err;
    struct stat st;
    int fd;

    /* Check the open file, not the path: the path may change under us. */
    fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
    if (fd < 0 && errno == ENOENT)
        return HF_ERR_NOT_FOUND;
    if (fd < 0)
        return errno == ELOOP || errno == EACCES ? HF_ERR_FORBIDDEN : HF_ERR_IO;
    if (fstat(fd, &st) != 0)
        err = HF_ERR_IO;
    else if (!is_private_to_us(&st))
        err = HF_ERR_FORBIDDEN;
    else
        err = read_file(fd, use, wrap, ret);
    (void)close(fd);
    return err;
}

/* The file's bytes, in clear without @wrap; how many. */
static size_t
pack(const struct hf_secret *secret, const struct hf_secret *wrap,
     uint8_t bytes[static SEALED_BYTES])
{
    struct hf_hash key;

    bytes[0] = (uint8_t)secret->use;
    if (wrap == NULL) {
        memcpy(bytes + 1, secret->seed, HF_KEY_BYTES);
        return FILE_BYTES;
    }
    bytes[0] |= SEALED_BIT;
    derive_wrap(wrap, &key);
    hf_box_seal(key.b, (struct hf_bytes){bytes, 1},
                (struct hf_bytes){secret->seed, HF_KEY_BYTES}, bytes + 1);
    sodium_memzero(&key, sizeof(key));
    return SEALED_BYTES;
}

static enum hf_err
write_synced(const char *path, const struct hf_secret *secret,
             const struct hf_secret *wrap)
{
    uint8_t bytes[SEALED_BYTES];
    enum hf_err err;
    size_t n;
    int fd;

    fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return HF_ERR_IO;
    n = pack(secret, wrap, bytes);
    err = hf_file_write_all(fd, bytes, n);
    sodium_memzero(bytes, sizeof(bytes));
    if (!err && fsync(fd) != 0)
        err = HF_ERR_IO;
    if (close(fd) != 0 && !err)
        err = HF_ERR_IO;
    return err;
}

/* Written under another name and then linked, because link() neither
 * overwrites nor lets a crash leave half a key. */
enum hf_err
hf_secret_store(const char *path, const struct hf_secret *secret)
{
    return hf_secret_store_under(path, secret, NULL);
}

enum hf_err
hf_secret_store_under(const char *path, const struct hf_secret *secret,
                      const struct hf_secret *wrap)
{
    char fresh[PATH_MAX];
    enum hf_err err;
    const int n = snprintf(fresh, sizeof(fresh), "%s.new", path);

    if (n < 0 || (size_t)n >= sizeof(fresh))
        return HF_ERR_IO;
    if (unlink(fresh) != 0 && errno != ENOENT)
        return HF_ERR_IO;
    err = write_synced(fresh, secret, wrap);
    if (!err && link(fresh, path) != 0)
        err = errno == EEXIST ? HF_ERR_EXISTS : HF_ERR_IO;
    if (unlink(fresh) != 0 && !err)
        err = HF_ERR_IO;
    return err ? err : hf_file_sync_dir(path);
}

/* What the file held in clear is overwritten where it lay; the name has been
 * given to the sealed one by then. */
static enum hf_err
overwrite(int fd)
{
    static const uint8_t zero[FILE_BYTES];
    const bool is_done = lseek(fd, 0, SEEK_SET) == 0 &&
                         hf_file_write_all(fd, zero, sizeof(zero)) == HF_OK &&
                         fsync(fd) == 0;

    return is_done ? HF_OK : HF_ERR_IO;
}

enum hf_err
hf_secret_seal_file(const char *path, enum hf_key_use use,
                    const struct hf_secret *wrap)
{
    struct hf_secret *secret = NULL;
    char fresh[PATH_MAX];
    enum hf_err err = hf_secret_load(path, use, &secret);
    int fd;

    if (err == HF_ERR_SEAL)
        return HF_OK; /* it is already */
    if (err)
        return err;
    fd = open(path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0 ||
        snprintf(fresh, sizeof(fresh), "%s.new", path) >= (int)sizeof(fresh) ||
        (unlink(fresh) != 0 && errno != ENOENT))
        err = HF_ERR_IO;
    if (!err)
        err = write_synced(fresh, secret, wrap);
    if (!err && rename(fresh, path) != 0)
        err = HF_ERR_IO;
    if (!err)
        err = hf_file_sync_dir(path);
    if (!err)
        err = overwrite(fd);
    if (fd >= 0)
        (void)close(fd);
    hf_secret_free(secret);
    return err;
}

void
hf_secret_free(struct hf_secret *secret)
{
    sodium_free(secret); /* wipes; NULL is fine */
}

void
hf_secret_public(const struct hf_secret *secret,
                 uint8_t ret_pk[static HF_PK_BYTES])
{
    HF_ASSERT(secret->use != HF_KEY_BOX);
    memcpy(ret_pk, secret->pk, HF_PK_BYTES);
}

const uint8_t *
hf_secret_key(const struct hf_secret *secret)
{
    HF_ASSERT(secret->use == HF_KEY_BOX);
    return secret->seed;
}

void
hf_secret_curve(const struct hf_secret *secret,
                uint8_t ret_sk[static HF_KEY_BYTES])
{
    HF_ASSERT(secret->use == HF_KEY_DH);
    memcpy(ret_sk, secret->seed, HF_KEY_BYTES);
}
