#include "store_key.h"

#include <limits.h>
#include <unistd.h>

#include "hf_credential.h"
#include "hf_file.h"
#include "hf_pass.h"

static bool
load_credential(const char *path, struct hf_secret **ret, struct fault *fault)
{
    const enum hf_err err = hf_credential_key(path, HF_KEY_BOX, ret);

    if (!err)
        return true;
    return fault_set(fault, FAULT_DATA,
                     "%s: %s; the credential holds the bytes of a "
                     "keys/store.key",
                     path, hf_err_text(err));
}

static bool
load_file(const char *path, struct hf_secret **ret, struct fault *fault)
{
    const enum hf_err err = hf_secret_load(path, HF_KEY_BOX, ret);

    return err == HF_OK || fault_key(fault, path, err);
}

static bool
read_passphrase(const char *path, bool is_ours, struct hf_pass **ret,
                struct fault *fault)
{
    enum hf_err err = hf_pass_read(path, is_ours, ret);

    if (err == HF_OK)
        return true;
    return fault_set(fault,
                     err == HF_ERR_FORBIDDEN ? FAULT_FORBIDDEN : FAULT_CONFIG,
                     "%s: %s; it holds the passphrase in its first line, "
                     "and nobody else may read it",
                     path, hf_err_text(err));
}

static bool
find_passphrase(const char *dir, const char *file, struct hf_pass **ret,
                struct fault *fault)
{
    char path[PATH_MAX];
    enum hf_err err;

    if (hf_credential("handoff-passphrase", path))
        return read_passphrase(path, false, ret, fault);
    if (file[0] != '\0')
        return read_passphrase(file, true, ret, fault);
    err = hf_pass_ask("Passphrase of this node: ", ret);
    if (err == HF_OK)
        return true;
    return fault_set(
        fault, FAULT_CONFIG, "%s: its key lies under a passphrase; %s", dir,
        err == HF_ERR_NOT_FOUND ? "there is no terminal to ask at: give the "
                                  "credential handoff-passphrase, or set "
                                  "passphrase_file"
                                : "none was given");
}

static bool
load_sealed(const char *dir, const char *path, const char *file,
            struct hf_secret **ret, struct fault *fault)
{
    struct hf_pass *pass = NULL;
    enum hf_err err;

    if (!find_passphrase(dir, file, &pass, fault))
        return false;
    err = hf_pass_load(path, pass, ret);
    hf_pass_free(pass);
    switch ((int)err) {
    case HF_OK:
        return true;
    case HF_ERR_SIGNATURE:
        return fault_set(fault, FAULT_FORBIDDEN,
                         "%s: not the passphrase it lies under", path);
    case HF_ERR_NOMEM:
        return fault_set(fault, FAULT_NOT_NOW,
                         "%s: a passphrase takes 64 MiB of memory for a "
                         "moment, which are not there",
                         path);
    default:
        return fault_set(fault, FAULT_DATA, "%s: %s; restore the backup", path,
                         hf_err_text(err));
    }
}

bool
store_key_load(const char *dir, const char *passphrase_file,
               struct hf_secret **ret, struct fault *fault)
{
    char keys[PATH_MAX];
    char path[PATH_MAX];

    if (hf_credential("handoff-store-key", path))
        return load_credential(path, ret, fault);
    hf_path(keys, sizeof(keys), dir, "keys");
    if (access(hf_path(path, sizeof(path), keys, "store.key"), F_OK) == 0)
        return load_file(path, ret, fault);
    if (access(hf_path(path, sizeof(path), keys, "store.sealed"), F_OK) == 0)
        return load_sealed(dir, path, passphrase_file, ret, fault);
    return fault_set(fault, FAULT_NOT_FOUND,
                     "%s: neither store.key nor store.sealed, and no "
                     "credential handoff-store-key; run `handoff -C %s init` "
                     "first",
                     keys, dir);
}

enum hf_err
store_key_renew(struct hf_secret **key)
{
    struct hf_secret *fresh = NULL;
    enum hf_err err =
        hf_secret_from_seed(HF_KEY_BOX, hf_secret_key(*key), &fresh);

    hf_secret_free(*key);
    *key = fresh;
    return err;
}
