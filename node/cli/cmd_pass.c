/* passphrase: under which the store key lies; another one, or the first.
 *
 * The key stays the same, so nothing is sealed anew but its file, and keys that
 * lay in clear. Each step leaves a directory that starts: a new file takes the
 * old one's name whole, and a store.key in clear counts until it is gone. */
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "cli_out.h"
#include "cli_pass.h"
#include "cmd.h"
#include "hf_crypto.h"
#include "hf_file.h"

static const struct {
    const char *name;
    enum hf_key_use use;
} others[] = {{"keys/identity.key", HF_KEY_SIGN},
              {"keys/operation.key", HF_KEY_SIGN},
              {"keys/link.key", HF_KEY_DH},
              {"keys/next-identity.key", HF_KEY_SIGN},
              {"keys/next-operation.key", HF_KEY_SIGN},
              {"keys/next-link.key", HF_KEY_DH}};

static int
failed(struct cli *c, const char *path, enum hf_err err)
{
    return cli_fail(c, err == HF_ERR_FULL ? EX_TEMPFAIL : EX_NOPERM,
                    "cannot_write", "mend it and run it again: no key is lost",
                    "%s: %s", path, hf_err_text(err));
}

/* The new file beside the old one, then under its name. */
static int
put_sealed(struct cli *c, const struct hf_secret *key,
           const struct hf_pass *pass)
{
    char path[CLI_PATH_BYTES], fresh[CLI_PATH_BYTES];
    enum hf_err err = HF_OK;

    (void)cli_in_dir(c, "keys/store.sealed", path);
    (void)cli_in_dir(c, "keys/store.sealed.new", fresh);
    if (unlink(fresh) != 0 && access(fresh, F_OK) == 0)
        err = HF_ERR_IO;
    if (!err)
        err = hf_pass_store(fresh, key, pass);
    if (!err && rename(fresh, path) != 0)
        err = HF_ERR_IO;
    if (!err)
        err = hf_file_sync_dir(path);
    return err ? failed(c, path, err) : 0;
}

static int
seal_others(struct cli *c, const struct hf_secret *key)
{
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        char path[CLI_PATH_BYTES];
        const enum hf_err err = hf_secret_seal_file(
            cli_in_dir(c, others[i].name, path), others[i].use, key);

        if (err && err != HF_ERR_NOT_FOUND)
            return failed(c, path, err);
    }
    return 0;
}

/* Overwritten where it lies, then removed; the sealed one is on the disk. */
static int
destroy_clear(struct cli *c)
{
    static const uint8_t zero[1 + HF_KEY_BYTES];
    char path[CLI_PATH_BYTES];
    bool is_done;
    int fd = open(cli_in_dir(c, "keys/store.key", path),
                  O_WRONLY | O_CLOEXEC | O_NOFOLLOW);

    if (fd < 0)
        return access(path, F_OK) == 0 ? failed(c, path, HF_ERR_IO) : 0;
    is_done =
        hf_file_write_all(fd, zero, sizeof(zero)) == HF_OK && fsync(fd) == 0;
    (void)close(fd);
    is_done = is_done && unlink(path) == 0 && hf_file_sync_dir(path) == HF_OK;
    return is_done ? 0 : failed(c, path, HF_ERR_IO);
}

int
cmd_passphrase(struct cli *c)
{
    struct hf_secret *key = NULL;
    struct hf_pass *pass = NULL;
    int status = cli_need_dir(c);

    if (status == 0)
        status = cli_store_key(c, "old-passphrase-file", &key);
    if (status == 0 && key == NULL)
        status = cli_fail(c, EX_NOINPUT, "no_node",
                          "run it in a node's "
                          "directory",
                          "%s has no store key", c->dir);
    if (status == 0)
        status = cli_pass_new(c, &pass);
    if (status == 0)
        status = put_sealed(c, key, pass);
    if (status == 0)
        status = seal_others(c, key);
    if (status == 0)
        status = destroy_clear(c);
    hf_pass_free(pass);
    hf_secret_free(key);
    if (status == 0) {
        json_t *j = json_pack("{s:b}", "sealed", true);

        if (!cli_say(c, j))
            fputs("The node starts with the new passphrase from now on. If "
                  "passphrase_file\nor a credential holds the old one, change "
                  "it there, too. A backup opens\nwith its recovery key, as "
                  "before.\n",
                  c->out);
        json_decref(j);
    }
    return status;
}
