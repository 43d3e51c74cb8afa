/*
 * broker_keys.c - asking for other keys, and putting them in place.
 */
#include "broker_keys.h"

#include <stdlib.h>
#include <unistd.h>

#include "broker_seal.h"
#include "hf_assert.h"
#include "hf_crypto.h"
#include "hf_file.h"
#include "hf_proc.h"
#include "request.h"

enum { IDENTITY, OPERATION, LINK, N_KEYS };

static const struct {
    const char *name;
    const char *next;
    enum hf_key_use use;
} files[N_KEYS] = {
    {"keys/identity.key", "keys/next-identity.key", HF_KEY_SIGN},
    {"keys/op.key", "keys/next-op.key", HF_KEY_SIGN},
    {"keys/link.key", "keys/next-link.key", HF_KEY_DH},
};

static enum hf_err
say(char *error, enum hf_err err, const char *where, const char *what)
{
    (void)snprintf(error, HF_CONF_ERROR_BYTES, "%.200s: %s: %s", where, what,
                   hf_err_text(err));
    return err;
}

static enum hf_err
make_next(const char *dir, const struct hf_secret *wrap, size_t which,
          bool is_new, struct hf_secret **ret, char *error)
{
    char path[PATH_MAX];
    enum hf_err err;

    hf_path(path, sizeof(path), dir,
            is_new ? files[which].next : files[which].name);
    err = broker_seal_load(path, files[which].use, wrap, ret, error);
    if (err == HF_ERR_NOT_FOUND && is_new) {
        err = hf_secret_new(files[which].use, ret);
        if (!err)
            err = hf_secret_store_under(path, *ret, wrap);
        if (err)
            (void)say(error, err, path, "cannot be made");
    } else if (err == HF_ERR_NOT_FOUND) {
        (void)say(error, err, path, "key cannot be used");
    }
    return err ? HF_ERR_FORBIDDEN : HF_OK;
}

/** The identity key that is in use signs for the next one. */
static enum hf_err
cross_sign(const char *dir, const struct hf_secret *wrap,
           struct join_request *r, char *error)
{
    struct hf_secret *before = NULL;
    enum hf_err err = make_next(dir, wrap, IDENTITY, false, &before, error);

    if (!err)
        registry_succeed(&r->broker.id, before, r->broker.identity_pk,
                         r->made_ms, &r->broker.succession);
    hf_secret_free(before);
    return err;
}

static enum hf_err
print_request(const char *dir, const struct broker_file *f,
              const struct hf_secret *wrap, bool new_identity,
              struct hf_secret *const key[N_KEYS], struct hf_buf *request,
              char *error)
{
    struct join_request r = {.is_broker = true, .made_ms = hf_clock_wall_ms()};
    enum hf_err err = HF_OK;

    r.broker.id = f->name;
    r.broker.operated_by = f->operated_by;
    memcpy(r.broker.endpoint, f->endpoint, sizeof(r.broker.endpoint));
    hf_secret_public(key[IDENTITY], r.broker.identity_pk);
    hf_secret_public(key[OPERATION], r.broker.op[0].pk);
    r.broker.op[0].from_ms = r.made_ms;
    r.broker.n_op = 1;
    hf_secret_public(key[LINK], r.broker.link_pk);
    if (new_identity)
        err = cross_sign(dir, wrap, &r, error);
    if (err)
        return err;
    err = request_print(&r, key[IDENTITY], request);
    return err ? say(error, err, dir, "cannot make the request") : HF_OK;
}

enum hf_err
broker_keys_request(const char *dir, bool new_identity, struct hf_buf *request,
                    char error[static HF_CONF_ERROR_BYTES])
{
    struct hf_secret *key[N_KEYS] = {NULL};
    struct hf_secret *wrap = NULL;
    struct broker_file f;
    char path[PATH_MAX];
    enum hf_err err = hf_crypto_start();

    if (!err)
        err = broker_conf_load(dir, &f, error);
    if (err)
        return err == HF_ERR_NOT_FOUND
                   ? say(error, err, dir, "no broker here; run init")
                   : err;
    err = broker_seal_key(f.key_file, &wrap, error);
    for (size_t i = 0; i < N_KEYS && !err; i++)
        err = make_next(dir, wrap, i, i != IDENTITY || new_identity, &key[i],
                        error);
    if (!err)
        err = print_request(dir, &f, wrap, new_identity, key, request, error);
    if (!err) {
        hf_path(path, sizeof(path), dir, "rotate.yaml");
        err = hf_file_write(path, request->p, request->n, 0644);
        if (err)
            (void)say(error, err, path, "cannot write");
    }
    for (size_t i = 0; i < N_KEYS; i++)
        hf_secret_free(key[i]);
    hf_secret_free(wrap);
    return err;
}

static bool
is_listed(const struct registry_broker *b, size_t which,
          const uint8_t pk[static HF_PK_BYTES])
{
    if (which == IDENTITY)
        return hf_equal(b->identity_pk, pk, HF_PK_BYTES);
    if (which == LINK)
        return hf_equal(b->link_pk, pk, HF_PK_BYTES);
    for (size_t i = 0; i < b->n_op; i++)
        if (!b->op[i].revoked && hf_equal(b->op[i].pk, pk, HF_PK_BYTES))
            return true;
    return false;
}

/** Which next keys there are; all must be listed. */
static enum hf_err
find_next(const char *dir, const struct hf_secret *wrap,
          const struct registry_broker *b, bool ret_is_there[static N_KEYS])
{
    for (size_t i = 0; i < N_KEYS; i++) {
        struct hf_secret *key = NULL;
        uint8_t pk[HF_PK_BYTES];
        char path[PATH_MAX];
        enum hf_err err = hf_secret_load_under(
            hf_path(path, sizeof(path), dir, files[i].next), files[i].use, wrap,
            &key);

        ret_is_there[i] = err == HF_OK;
        if (err == HF_ERR_NOT_FOUND)
            continue;
        if (err)
            return HF_ERR_FORBIDDEN;
        hf_secret_public(key, pk);
        hf_secret_free(key);
        if (!is_listed(b, i, pk))
            return HF_ERR_BUSY;
    }
    return HF_OK;
}

enum hf_err
broker_keys_adopt(const char *dir, const struct hf_secret *wrap,
                  const struct registry_broker *b, bool with_link,
                  struct broker_adopted *ret)
{
    const bool link_is_due = hf_clock_wall_ms() >= b->old_link_until_ms;
    bool is_there[N_KEYS];
    char from[PATH_MAX];
    char to[PATH_MAX];
    enum hf_err err = find_next(dir, wrap, b, is_there);

    *ret = (struct broker_adopted){.link_until_ms = b->old_link_until_ms};
    if (err)
        return err;
    if (!is_there[IDENTITY] && !is_there[OPERATION] && !is_there[LINK])
        return HF_ERR_NOT_FOUND;
    /* One after the other; what an interruption left is taken up again. */
    for (size_t i = 0; i < N_KEYS; i++) {
        if (!is_there[i])
            continue;
        if (i == LINK && !with_link && !link_is_due) {
            ret->link_waits = true;
            continue;
        }
        hf_path(from, sizeof(from), dir, files[i].next);
        hf_path(to, sizeof(to), dir, files[i].name);
        if (rename(from, to) != 0)
            return HF_ERR_IO;
        ret->is_link = ret->is_link || i == LINK;
        ret->n++;
    }
    return ret->n > 0 ? hf_file_sync_dir(to) : HF_OK;
}
