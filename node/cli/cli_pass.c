#include "cli_pass.h"

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
