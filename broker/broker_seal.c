/*
 * broker_seal.c - the broker's keys, sealed: where the key for it comes from,
 * and what it seals.
 */
#include "broker_seal.h"

#include <unistd.h>

#include "hf_credential.h"
#include "hf_file.h"
#include "hf_proc.h"

static const struct {
    const char *name;
    enum hf_key_use use;
} files[] = {
    {"keys/identity.key", HF_KEY_SIGN}, {"keys/op.key", HF_KEY_SIGN},
    {"keys/link.key", HF_KEY_DH},       {"keys/next-identity.key", HF_KEY_SIGN},
    {"keys/next-op.key", HF_KEY_SIGN},  {"keys/next-link.key", HF_KEY_DH},
};
#define N_FILES (sizeof(files) / sizeof(files[0]))

static enum hf_err
say(char *error, enum hf_err err, const char *where, const char *what)
{
    (void)snprintf(error, HF_CONF_ERROR_BYTES, "%.200s: %s: %s", where,
                   hf_err_text(err), what);
    return err;
}

enum hf_err
broker_seal_key(const char *key_file, struct hf_secret **ret,
                char error[static HF_CONF_ERROR_BYTES])
{
    char path[PATH_MAX];
    enum hf_err err;

    *ret = NULL;
    if (hf_credential("handoff-broker-key", path)) {
        err = hf_credential_key(path, HF_KEY_BOX, ret);
        return err ? say(error, HF_ERR_MALFORMED, path,
                         "the credential holds the bytes of a key file made "
                         "by `seal`")
                   : HF_OK;
    }
    if (key_file[0] == '\0')
        return HF_OK;
    err = hf_secret_load(key_file, HF_KEY_BOX, ret);
    return err ? say(error, err == HF_ERR_MALFORMED ? err : HF_ERR_FORBIDDEN,
                     key_file,
                     "key-file of broker.yaml names the file that `seal` "
                     "made, of mode 0600 and this account")
               : HF_OK;
}

enum hf_err
broker_seal_load(const char *path, enum hf_key_use use,
                 const struct hf_secret *wrap, struct hf_secret **ret,
                 char error[static HF_CONF_ERROR_BYTES])
{
    const enum hf_err err = hf_secret_load_under(path, use, wrap, ret);

    if (err == HF_OK || err == HF_ERR_NOT_FOUND)
        return err;
    if (err == HF_ERR_SEAL && wrap == NULL)
        return say(error, HF_ERR_FORBIDDEN, path,
                   "it lies sealed: set key-file in broker.yaml, or give the "
                   "credential handoff-broker-key");
    if (err == HF_ERR_SEAL)
        return say(error, HF_ERR_FORBIDDEN, path,
                   "it lies sealed under another key");
    return say(error, HF_ERR_FORBIDDEN, path,
               "must be a key file of ours with mode 0600");
}

enum hf_err
broker_seal_files(const char *dir, const struct hf_secret *wrap,
                  char error[static HF_CONF_ERROR_BYTES])
{
    char path[PATH_MAX];
    enum hf_err err = HF_OK;

    for (size_t i = 0; i < N_FILES && !err; i++) {
        struct hf_secret *key = NULL;

        hf_path(path, sizeof(path), dir, files[i].name);
        err = broker_seal_load(path, files[i].use, wrap, &key, error);
        hf_secret_free(key);
        if (err == HF_ERR_NOT_FOUND)
            err = HF_OK;
    }
    for (size_t i = 0; i < N_FILES && !err; i++) {
        hf_path(path, sizeof(path), dir, files[i].name);
        if (access(path, F_OK) != 0)
            continue;
        err = hf_secret_seal_file(path, files[i].use, wrap);
        if (err)
            (void)say(error, err, path, "cannot be sealed");
    }
    return err;
}

enum hf_err
broker_seal(const char *dir, const char *file,
            char error[static HF_CONF_ERROR_BYTES])
{
    struct hf_secret *wrap = NULL;
    struct broker_file f;
    int holder = 0;
    enum hf_err err = hf_crypto_start();

    if (!err)
        err = broker_conf_load(dir, &f, error);
    if (err)
        return err == HF_ERR_NOT_FOUND
                   ? say(error, err, dir, "no broker here; run init")
                   : err;
    err = hf_proc_lock(dir, &holder);
    if (err)
        return say(error, err, dir, "a broker runs here; stop it first");
    err = hf_secret_load(file, HF_KEY_BOX, &wrap);
    if (err == HF_ERR_NOT_FOUND) {
        err = hf_secret_new(HF_KEY_BOX, &wrap);
        if (!err)
            err = hf_secret_store(file, wrap);
    }
    if (err)
        (void)say(error, err, file,
                  "is to be a key file that `seal` made, or "
                  "one that can be made");
    else
        err = broker_seal_files(dir, wrap, error);
    hf_secret_free(wrap);
    return err;
}
