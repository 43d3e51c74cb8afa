/* registry request and adopt: a node changes its own keys, in two steps with
 * the committee between them.
 *
 * The new keys lie in keys/next-*.key until the registry that the node holds
 * lists them: only then does whoever gets a message know them. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"
#include "cli_pass.h"
#include "cmd.h"
#include "cmd_registry.h"
#include "hf_file.h"
#include "hf_proc.h"
#include "hf_text.h"
#include "request.h"

enum { IDENTITY, OPERATION, LINK, N_KEYS };

static const struct {
    const char *name, *next;
    enum hf_key_use use;
} files[N_KEYS] = {
    {"keys/identity.key", "keys/next-identity.key", HF_KEY_SIGN},
    {"keys/operation.key", "keys/next-operation.key", HF_KEY_SIGN},
    {"keys/link.key", "keys/next-link.key", HF_KEY_DH}};

static int
bad_key(struct cli *c, const char *path, enum hf_err err)
{
    return cli_fail(c, err == HF_ERR_NOT_FOUND ? EX_NOINPUT : EX_NOPERM,
                    "bad_key", "handoff init makes them; chmod 600", "%s: %s",
                    path, hf_err_text(err));
}

/* The request that this node joined with, or changed its keys with last. */
static int
read_last(struct cli *c, struct join_request *ret)
{
    struct hf_yaml_error error = {0, 0, ""};
    char path[CLI_PATH_BYTES];
    struct hf_buf text;
    enum hf_err err;
    int status = cli_need_dir(c);

    if (status == 0)
        status = cmd_registry_read(c, cli_in_dir(c, "request.yaml", path),
                                   REQUEST_BYTES_MAX, &text);
    if (status != 0)
        return status;
    err = request_parse(hf_buf_bytes(&text), ret, &error);
    hf_buf_free(&text);
    if (err || ret->is_broker || ret->org.n_op != 1)
        return cli_fail(c, EX_DATAERR, "malformed",
                        "it must be the one that init made",
                        "%s: no request of a member with a node", path);
    return 0;
}

/* New ones, or those that were made for a request not answered yet. */
static int
make_next(struct cli *c, const struct hf_secret *wrap,
          struct hf_secret *key[N_KEYS])
{
    for (size_t i = 0; i < N_KEYS; i++) {
        const bool is_new = i != IDENTITY || cli_has(c, "new-identity");
        char path[CLI_PATH_BYTES];
        enum hf_err err;

        (void)cli_in_dir(c, is_new ? files[i].next : files[i].name, path);
        err = hf_secret_load_under(path, files[i].use, wrap, &key[i]);
        if (err == HF_ERR_NOT_FOUND && is_new) {
            err = hf_secret_new(files[i].use, &key[i]);
            if (!err)
                err = hf_secret_store_under(path, key[i], wrap);
        }
        if (err)
            return bad_key(c, path, err);
    }
    return 0;
}

static int
write_request(struct cli *c, const struct join_request *req,
              const struct hf_secret *identity)
{
    char path[CLI_PATH_BYTES], words[REGISTRY_WORDS_BYTES];
    struct hf_buf text;
    enum hf_err err;
    json_t *j;

    hf_buf_init(&text, REQUEST_BYTES_MAX);
    err = request_print(req, identity, &text);
    (void)cli_in_dir(c, "rotate.yaml", path);
    if (!err)
        err = hf_file_write(path, text.p, text.n, 0644);
    if (err) {
        hf_buf_free(&text);
        return cli_fail(c, EX_SOFTWARE, "cannot_write",
                        "check space and permissions", "%s: %s", path,
                        hf_err_text(err));
    }
    (void)registry_words(req->org.identity_pk, words);
    j = json_pack("{s:s,s:s,s:s,s:o}", "org", req->org.id.s, "file", path,
                  "words", words, "request",
                  json_stringn((const char *)text.p, text.n));
    if (!cli_say(c, j)) {
        fwrite(text.p, 1, text.n, c->out);
        fprintf(c->out,
                "# The identity key in words, for the committee:\n"
                "# %s\n",
                words);
    }
    json_decref(j);
    hf_buf_free(&text);
    return 0;
}

/* The identity key that is in use signs for the next one. */
static int
cross_sign(struct cli *c, const struct hf_secret *wrap,
           struct join_request *req)
{
    struct hf_secret *before = NULL;
    char path[CLI_PATH_BYTES];
    enum hf_err err;

    req->org.succession = (struct registry_succession){.at_ms = 0};
    if (!cli_has(c, "new-identity"))
        return 0;
    err = hf_secret_load_under(cli_in_dir(c, files[IDENTITY].name, path),
                               HF_KEY_SIGN, wrap, &before);
    if (err)
        return bad_key(c, path, err);
    registry_succeed(&req->org.id, before, req->org.identity_pk, req->made_ms,
                     &req->org.succession);
    hf_secret_free(before);
    return 0;
}

int
cmd_registry_request(struct cli *c)
{
    struct hf_secret *key[N_KEYS] = {NULL}, *wrap = NULL;
    struct join_request req = {.is_broker = false};
    int status = read_last(c, &req);

    if (status == 0)
        status = cli_store_key(c, "passphrase-file", &wrap);
    if (status == 0)
        status = make_next(c, wrap, key);
    if (status == 0) {
        req.made_ms = hf_clock_wall_ms();
        hf_secret_public(key[IDENTITY], req.org.identity_pk);
        status = cross_sign(c, wrap, &req);
    }
    if (status == 0) {
        hf_secret_public(key[OPERATION], req.org.op[0].pk);
        req.org.op[0].from_ms = req.made_ms;
        req.org.op[0].until_ms = 0;
        hf_secret_public(key[LINK], req.org.link_pk);
        status = write_request(c, &req, key[IDENTITY]);
    }
    for (size_t i = 0; i < N_KEYS; i++)
        hf_secret_free(key[i]);
    hf_secret_free(wrap);
    return status;
}

/* Whether the registry that the node holds lists @pk as that key of @org. */
static bool
is_listed(const struct registry_org *org, size_t which,
          const uint8_t pk[static HF_PK_BYTES])
{
    if (which == IDENTITY)
        return hf_equal(org->identity_pk, pk, HF_PK_BYTES);
    if (which == LINK)
        return hf_equal(org->link_pk, pk, HF_PK_BYTES);
    for (size_t i = 0; i < org->n_op; i++)
        if (!org->op[i].revoked && hf_equal(org->op[i].pk, pk, HF_PK_BYTES))
            return true;
    return false;
}

/* How many next keys there are; all must be listed. */
static int
check_next(struct cli *c, const struct hf_secret *wrap,
           const struct registry_org *org, size_t *ret_n)
{
    *ret_n = 0;
    for (size_t i = 0; i < N_KEYS; i++) {
        struct hf_secret *key = NULL;
        uint8_t pk[HF_PK_BYTES];
        char path[CLI_PATH_BYTES];
        enum hf_err err;

        (void)cli_in_dir(c, files[i].next, path);
        err = hf_secret_load_under(path, files[i].use, wrap, &key);
        if (err == HF_ERR_NOT_FOUND)
            continue;
        if (err)
            return bad_key(c, path, err);
        hf_secret_public(key, pk);
        hf_secret_free(key);
        if (!is_listed(org, i, pk))
            return cli_fail(c, EX_TEMPFAIL, "not_listed",
                            "wait for the registry that lists it",
                            "%s: not in the registry yet", path);
        ++*ret_n;
    }
    return 0;
}

static int
load_held(struct cli *c, struct registry **ret)
{
    char path[CLI_PATH_BYTES];
    struct hf_buf set;
    enum hf_err err;
    const int status = cmd_registry_read(c, cli_in_dir(c, "registry.set", path),
                                         REGISTRY_BYTES_MAX, &set);

    if (status != 0)
        return status;
    err = registry_load(hf_buf_bytes(&set), ret);
    hf_buf_free(&set);
    return err ? cmd_registry_failed(c, path, err) : 0;
}

/* One after the other; what an interruption left is taken up again. */
static int
move_keys(struct cli *c)
{
    char from[CLI_PATH_BYTES], to[CLI_PATH_BYTES];

    for (size_t i = 0; i < N_KEYS; i++) {
        (void)cli_in_dir(c, files[i].next, from);
        (void)cli_in_dir(c, files[i].name, to);
        if (access(from, F_OK) == 0 && rename(from, to) != 0)
            return cli_fail(c, EX_SOFTWARE, "cannot_write",
                            "check permissions, then again",
                            "%s: cannot be put in place", from);
    }
    (void)cli_in_dir(c, "rotate.yaml", from);
    (void)cli_in_dir(c, "request.yaml", to);
    if (access(from, F_OK) == 0)
        (void)rename(from, to); /* only the wishes of the next request */
    return 0;
}

int
cmd_registry_adopt(struct cli *c)
{
    struct join_request req = {.is_broker = false};
    const struct registry_org *org = NULL;
    struct hf_secret *wrap = NULL;
    struct registry *r = NULL;
    size_t n = 0;
    int status = read_last(c, &req);
    json_t *j;

    if (status == 0 && cli_is_held(c))
        return cli_fail(c, EX_TEMPFAIL, "busy", "stop it, adopt, start it",
                        "the node of %s is running", c->dir);
    if (status == 0)
        status = load_held(c, &r);
    if (status == 0)
        status = cli_store_key(c, "passphrase-file", &wrap);
    if (status == 0) {
        org = registry_org(r, &req.org.id);
        status = org != NULL
                     ? check_next(c, wrap, org, &n)
                     : cli_fail(c, EX_TEMPFAIL, "not_listed",
                                "wait for the registry that lists it",
                                "%s is not in the registry", req.org.id.s);
    }
    hf_secret_free(wrap);
    registry_free(r);
    if (status == 0 && n == 0)
        return cli_fail(c, EX_REFUSED, "nothing_new",
                        "registry request makes new keys", "%s has no new keys",
                        c->dir);
    if (status == 0)
        status = move_keys(c);
    if (status != 0)
        return status;
    j = json_pack("{s:s,s:I}", "org", req.org.id.s, "keys", (json_int_t)n);
    if (!cli_say(c, j))
        fprintf(c->out, "%zu new keys in place; start the node\n", n);
    json_decref(j);
    return 0;
}
