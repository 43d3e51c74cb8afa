#include "own_keys.h"

#include <limits.h>

#include "backup.h"
#include "hf_assert.h"
#include "hf_file.h"
#include "hf_guard.h"

#define LABEL_ROWS    "handoff/1 store rows"
#define LABEL_INDEX   "handoff/1 store index"
#define LABEL_PREKEYS "handoff/1 store prekeys"

/* The hash goes straight into guarded memory: the struct is its bytes. */
static uint8_t *
derive(const struct hf_secret *store, const char *label)
{
    struct hf_hash *key = hf_guard_alloc(sizeof(*key));

    _Static_assert(sizeof(struct hf_hash) == HF_KEY_BYTES, "a hash is a key");
    if (key == NULL)
        return NULL;
    hf_hash_keyed(hf_secret_key(store), label, NULL, 0, key);
    return key->b;
}

enum hf_err
own_keys_init(struct own_keys *keys, struct hf_secret *operation,
              struct hf_secret *link, struct hf_secret *store)
{
    *keys =
        (struct own_keys){.operation = operation, .link = link, .store = store};
    keys->rows = derive(store, LABEL_ROWS);
    keys->index = derive(store, LABEL_INDEX);
    keys->prekeys = derive(store, LABEL_PREKEYS);
    keys->journal = derive(store, BACKUP_JOURNAL_LABEL);
    if (keys->rows != NULL && keys->index != NULL && keys->prekeys != NULL &&
        keys->journal != NULL)
        return HF_OK;
    own_keys_clear(keys);
    return HF_ERR_NOMEM;
}

void
own_keys_clear(struct own_keys *keys)
{
    hf_guard_free(keys->rows);
    hf_guard_free(keys->index);
    hf_guard_free(keys->prekeys);
    hf_guard_free(keys->journal);
    hf_secret_free(keys->operation);
    hf_secret_free(keys->link);
    hf_secret_free(keys->store);
    *keys = (struct own_keys){0};
}

static bool
load(const char *dir, const char *name, enum hf_key_use use,
     const struct hf_secret *store, struct hf_secret **ret, struct fault *fault)
{
    char folder[PATH_MAX];
    char path[PATH_MAX];
    enum hf_err err;

    hf_path(folder, sizeof(folder), dir, "keys");
    err = hf_secret_load_under(hf_path(path, sizeof(path), folder, name), use,
                               store, ret);
    switch ((int)err) {
    case HF_OK:
        return true;
    case HF_ERR_NOT_FOUND:
        return fault_set(fault, FAULT_NOT_FOUND,
                         "%s: no such key; run `handoff -C %s init` first",
                         path, dir);
    case HF_ERR_SEAL:
        return fault_set(fault, FAULT_DATA,
                         "%s: sealed under another store key; restore both "
                         "from one backup",
                         path);
    default:
        return fault_key(fault, path, err);
    }
}

bool
own_keys_load(const char *dir, struct hf_secret **store, struct own_keys *keys,
              struct fault *fault)
{
    struct hf_secret *operation = NULL;
    struct hf_secret *link = NULL;
    struct hf_secret *taken = *store;

    *store = NULL;
    if (load(dir, "operation.key", HF_KEY_SIGN, taken, &operation, fault) &&
        load(dir, "link.key", HF_KEY_DH, taken, &link, fault)) {
        if (own_keys_init(keys, operation, link, taken) == HF_OK)
            return true;
        return fault_set(fault, FAULT_INTERNAL,
                         "keys: no guarded memory left; raise the limit of "
                         "locked memory (ulimit -l)");
    }
    hf_secret_free(operation);
    hf_secret_free(link);
    hf_secret_free(taken);
    return false;
}

static void
crypto_hash(void *ctx, const char *label, const struct hf_bytes *spans,
            size_t n, struct hf_hash *ret)
{
    (void)ctx;
    hf_hash(label, spans, n, ret);
}

static void
crypto_index(void *ctx, const char *label, const struct hf_bytes *spans,
             size_t n, struct hf_hash *ret)
{
    const struct own_keys *keys = ctx;

    hf_hash_keyed(keys->index, label, spans, n, ret);
}

static void
crypto_sign(void *ctx, const char *label, const struct hf_bytes *spans,
            size_t n, uint8_t ret_sig[static 64])
{
    const struct own_keys *keys = ctx;

    hf_sign(keys->operation, label, spans, n, ret_sig);
}

static bool
crypto_slow(void *ctx, const char *label, const struct hf_org *salt,
            struct hf_bytes in, struct hf_hash *ret)
{
    const struct hf_bytes org = {(const uint8_t *)salt->s, HF_ORG_BYTES};

    (void)ctx;
    return hf_hash_slow(label, org, in, ret);
}

struct node_crypto
own_keys_crypto(struct own_keys *keys)
{
    return (struct node_crypto){.ctx = keys,
                                .hash = crypto_hash,
                                .index = crypto_index,
                                .slow = crypto_slow,
                                .sign = crypto_sign};
}
