/* chain state: the state that two exported chains give, offline. */
#include "cli.h"
#include "cli_chain.h"
#include "cli_out.h"
#include "cli_yaml.h"
#include "cmd.h"
#include "cmd_chain.h"
#include "hf_file.h"

/* --registry, else the one that the node of -C holds. */
int
cmd_chain_registry(struct cli *c, struct registry **ret)
{
    const char *path = cli_value(c, "registry");
    char own[CLI_PATH_BYTES];
    struct hf_buf set;
    enum hf_err err;

    if (path == NULL && c->dir == NULL)
        return cli_fail(c, EX_USAGE, "usage",
                        "give --registry F or -C DIR, or --unsigned",
                        "chain state needs a registry to check signatures");
    if (path == NULL)
        path = cli_in_dir(c, "registry.set", own);
    hf_buf_init(&set, REGISTRY_BYTES_MAX);
    err = hf_file_read(path, &set);
    if (err == HF_OK) {
        err = registry_load(hf_buf_bytes(&set), ret);
        hf_buf_free(&set);
        if (err)
            return cli_fail(c, EX_DATAERR, "bad_registry",
                            "another registry set", "%s: %s", path,
                            hf_err_text(err));
        return 0;
    }
    hf_buf_free(&set);
    return cli_fail(
        c, EX_NOINPUT, "no_such_file", "check its name", "%s: %s", path,
        err == HF_ERR_NOT_FOUND ? "no such file" : hf_err_text(err));
}

static void
print(FILE *out, const json_t *j)
{
    json_t *e;
    size_t i;

    cli_out_fieldf(out, "State", "%s%s", cli_out_text(j, "state"),
                   cli_out_true(j, "forked") ? " (forked)" : "");
    json_array_foreach(json_object_get(j, "entries"), i, e)
        fprintf(out, "  %s %-4lld %-20s %s\n", cli_out_text(e, "author"),
                (long long)json_integer_value(json_object_get(e, "n")),
                cli_out_text(e, "event"),
                cli_out_true(e, "valid") ? "counts" : cli_out_text(e, "why"));
}

static int
judge(struct cli *c, const struct cli_file *file, const struct registry *r)
{
    struct cli_chain chain = {.kind = OBJECT_NONE};
    struct cli_chain_error error = {"", ""};
    enum hf_err err = cli_chain_read(file->json, r, &chain, &error);
    int status = 0;

    if (!err)
        err = cli_chain_judge(&chain);
    if (err == HF_ERR_NOMEM) {
        status = cli_fail(c, EX_SOFTWARE, "internal", "", "out of memory");
    } else if (err) {
        const unsigned line = cli_file_line(file, error.pointer);

        status = cli_fail(
            c, EX_DATAERR, err == HF_ERR_SIGNATURE ? "signature" : "malformed",
            r != NULL ? "--unsigned looks at no signature" : "", "%s:%u: %s",
            file->path, line > 0 ? line : 1, error.what);
    } else {
        json_t *j = cli_chain_json(&chain);

        if (!cli_say(c, j))
            print(c->out, j);
        json_decref(j);
    }
    cli_chain_free(&chain);
    return status;
}

int
cmd_chain_state(struct cli *c)
{
    struct cli_file file = {.json = NULL};
    struct registry *r = NULL;
    int status = cli_file_load(c, c->arg[0], &file);

    if (status == 0 && !cli_has(c, "unsigned"))
        status = cmd_chain_registry(c, &r);
    if (status == 0)
        status = judge(c, &file, r);
    registry_free(r);
    cli_file_free(&file);
    return status;
}
