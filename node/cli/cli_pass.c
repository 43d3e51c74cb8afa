#include "cli_pass.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

bool
cli_pass_wanted(const struct cli *c)
{
    return cli_has(c, "passphrase") || cli_has(c, "passphrase-file");
}

static int
check_length(struct cli *c, const struct hf_pass *pass)
{
    if (hf_pass_bytes(pass) >= HF_PASS_BYTES_MIN)
        return 0;
    return cli_fail(c, EX_DATAERR, "weak_passphrase",
                    "five words that have nothing to do with each other",
                    "a passphrase has at least %d characters",
                    HF_PASS_BYTES_MIN);
}

static int
read_file(struct cli *c, const char *path, struct hf_pass **ret)
{
    const enum hf_err err = hf_pass_read(path, true, ret);

    if (err == HF_OK)
        return 0;
    if (err == HF_ERR_NOT_FOUND)
        return cli_fail(c, EX_NOINPUT, "no_such_file", "check its name",
                        "%s: no such file", path);
    return cli_fail(c, err == HF_ERR_FORBIDDEN ? EX_NOPERM : EX_DATAERR,
                    "bad_passphrase_file",
                    "its first line is the passphrase; chmod 600 it", "%s: %s",
                    path, hf_err_text(err));
}

static int
ask_once(struct cli *c, const char *prompt, struct hf_pass **ret)
{
    const enum hf_err err = hf_pass_ask(prompt, ret);

    if (err == HF_OK)
        return 0;
    return cli_fail(c, EX_USAGE, "no_passphrase",
                    "run it at a terminal, or give --passphrase-file FILE",
                    "no passphrase was given");
}

static int
ask(struct cli *c, struct hf_pass **ret)
{
    struct hf_pass *first = NULL;
    struct hf_pass *again = NULL;
    int status = ask_once(c, "Passphrase for the node's store: ", &first);

    if (status == 0)
        status = check_length(c, first);
    if (status == 0)
        status = ask_once(c, "The same again: ", &again);
    if (status == 0 && !hf_pass_equal(first, again))
        status = cli_fail(c, EX_DATAERR, "passphrases_differ", "try again",
                          "the two were not the same");
    if (status == 0) {
        *ret = first;
        first = NULL; /* the caller's now */
    }
    hf_pass_free(first);
    hf_pass_free(again);
    return status;
}

int
cli_pass_new(struct cli *c, struct hf_pass **ret)
{
    const char *path = cli_value(c, "passphrase-file");
    int status;

    if (path == NULL)
        return ask(c, ret);
    status = read_file(c, path, ret);
    if (status == 0)
        status = check_length(c, *ret);
    if (status != 0) {
        hf_pass_free(*ret);
        *ret = NULL;
    }
    return status;
}

/* ---- the store key ---- */

static int
bad_key(struct cli *c, const char *path, enum hf_err err)
{
    if (err == HF_ERR_SIGNATURE)
        return cli_fail(c, EX_NOPERM, "wrong_passphrase", "try again",
                        "%s: not the passphrase it lies under", path);
    return cli_fail(c, err == HF_ERR_NOMEM ? EX_TEMPFAIL : EX_DATAERR,
                    "bad_key", "bring it back from a backup", "%s: %s", path,
                    hf_err_text(err));
}

static int
load_sealed(struct cli *c, const char *path, const char *file,
            struct hf_secret **ret)
{
    const char *from = cli_value(c, file);
    struct hf_pass *pass = NULL;
    int status = from != NULL ? read_file(c, from, &pass)
                              : ask_once(c, "Passphrase of this node: ", &pass);

    if (status == 0) {
        const enum hf_err err = hf_pass_load(path, pass, ret);

        status = err ? bad_key(c, path, err) : 0;
    }
    hf_pass_free(pass);
    return status;
}

/* A service's credential, if we run within one. */
static bool
find_credential(char path[static CLI_PATH_BYTES])
{
    const char *dir = getenv("CREDENTIALS_DIRECTORY");

    if (dir == NULL || dir[0] != '/')
        return false;
    (void)snprintf(path, CLI_PATH_BYTES, "%s/handoff-store-key", dir);
    return access(path, R_OK) == 0;
}

int
cli_store_key(struct cli *c, const char *file, struct hf_secret **ret)
{
    char path[CLI_PATH_BYTES];
    enum hf_err err;

    *ret = NULL;
    if (!find_credential(path))
        (void)cli_in_dir(c, "keys/store.key", path);
    err = hf_secret_load(path, HF_KEY_BOX, ret);
    if (err != HF_ERR_NOT_FOUND)
        return err ? bad_key(c, path, err) : 0;
    (void)cli_in_dir(c, "keys/store.sealed", path);
    if (access(path, F_OK) == 0)
        return load_sealed(c, path, file, ret);
    (void)cli_in_dir(c, "keys/operation.key", path);
    if (access(path, F_OK) != 0)
        return 0; /* no node: nothing lies under one */
    return cli_fail(c, EX_CONFIG, "no_store_key",
                    "run it with the service's credential "
                    "handoff-store-key",
                    "%s: its store key is not here", c->dir);
}
