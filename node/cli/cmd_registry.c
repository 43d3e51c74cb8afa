/* registry key, new, add, sign, merge, publish: the ceremony, on files. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli_conn.h"
#include "cli_out.h"
#include "cmd.h"
#include "cmd_registry.h"
#include "hf_file.h"
#include "hf_proc.h"
#include "hf_text.h"
#include "request.h"

#define VALID_DEFAULT_MS (365ull * 24 * 3600 * 1000)

const char *
cmd_registry_role(enum registry_role role)
{
    static const char *const names[] = {"root", "orgs", "suspend", "timestamp"};

    return role < REGISTRY_ROLES ? names[role] : "";
}

int
cmd_registry_failed(struct cli *c, const char *path, enum hf_err err)
{
    const bool bad =
        err != HF_ERR_NOMEM && err != HF_ERR_IO && err != HF_ERR_FULL;

    return cli_fail(c, bad ? EX_DATAERR : EX_SOFTWARE,
                    bad ? "malformed" : "internal",
                    bad ? "handoff registry show tells more" : "", "%s: %s",
                    path, hf_err_text(err));
}

int
cmd_registry_read(struct cli *c, const char *path, size_t max,
                  struct hf_buf *ret)
{
    enum hf_err err;

    hf_buf_init(ret, max);
    err = hf_file_read(path, ret);
    if (!err)
        return 0;
    hf_buf_free(ret);
    return cli_fail(c, err == HF_ERR_FULL ? EX_DATAERR : EX_NOINPUT,
                    "no_such_file", "check its name", "%s: %s", path,
                    err == HF_ERR_NOT_FOUND ? "no such file"
                                            : hf_err_text(err));
}

int
cmd_registry_open(struct cli *c, const char *path, struct registry_edit **ret)
{
    struct hf_buf set;
    enum hf_err err;
    const int status = cmd_registry_read(c, path, REGISTRY_BYTES_MAX, &set);

    if (status != 0)
        return status;
    err = set.n > 0 ? registry_edit_open(hf_buf_bytes(&set), ret)
                    : HF_ERR_MALFORMED;
    hf_buf_free(&set);
    return err ? cmd_registry_failed(c, path, err) : 0;
}

static int
save(struct cli *c, const char *path, struct registry_edit *e)
{
    struct hf_buf set;
    enum hf_err err;

    hf_buf_init(&set, REGISTRY_BYTES_MAX);
    err = registry_edit_encode(e, &set);
    if (!err)
        err = hf_file_write(path, set.p, set.n, 0644);
    hf_buf_free(&set);
    if (!err)
        return 0;
    return cli_fail(c, EX_SOFTWARE, "cannot_write",
                    "check space and permissions", "%s: %s", path,
                    hf_err_text(err));
}

int
cmd_registry_key(struct cli *c)
{
    const char *path = cli_value(c, "to");
    struct hf_secret *secret = NULL;
    uint8_t pk[HF_PK_BYTES];
    char hex[HF_HEX_BYTES(HF_PK_BYTES)], fp[REGISTRY_FINGERPRINT_BYTES];
    enum hf_err err = hf_secret_new(HF_KEY_SIGN, &secret);
    json_t *j;

    if (!err) {
        hf_secret_public(secret, pk);
        err = hf_secret_store(path, secret);
    }
    hf_secret_free(secret);
    if (err == HF_ERR_EXISTS)
        return cli_fail(c, EX_REFUSED, "exists", "choose another name",
                        "%s exists already", path);
    if (err)
        return cli_fail(c, EX_SOFTWARE, "cannot_write",
                        "check space and permissions", "%s: %s", path,
                        hf_err_text(err));
    (void)hf_hex(pk, HF_PK_BYTES, hex);
    (void)registry_fingerprint(pk, fp);
    j = json_pack("{s:s,s:s,s:s}", "public", hex, "fingerprint", fp, "file",
                  path);
    if (!cli_say(c, j))
        fprintf(c->out, "%s\n", hex);
    json_decref(j);
    return 0;
}

/* The keys of option @name; none given: those of @fallback. */
static int
read_keys(struct cli *c, const char *name,
          const struct registry_role_keys *fallback,
          struct registry_role_keys *ret)
{
    const char *hex;
    size_t i = 0;

    ret->n = 0;
    while ((hex = cli_next_value(c, name, &i)) != NULL) {
        if (ret->n == REGISTRY_KEYS_MAX)
            return cli_fail(c, EX_USAGE, "usage", "give fewer",
                            "more than %d keys", REGISTRY_KEYS_MAX);
        if (!hf_unhex(hex, ret->pk[ret->n++], HF_PK_BYTES))
            return cli_fail(c, EX_USAGE, "usage",
                            "64 hex digits, as registry key prints them",
                            "--%s %.70s is no public key", name, hex);
    }
    if (ret->n == 0 && fallback != NULL) {
        *ret = *fallback;
        return 0;
    }
    return 0;
}

static int
read_threshold(struct cli *c, const char *name, uint32_t fallback,
               struct registry_role_keys *keys)
{
    const char *text = cli_value(c, name);
    uint64_t n = fallback;

    if (text != NULL && !hf_parse_u64(text, 1, keys->n, &n))
        return cli_fail(c, EX_USAGE, "usage", "at least 1, at most all",
                        "--%s %.20s does not fit %zu keys", name, text,
                        keys->n);
    keys->threshold = (uint32_t)(n > keys->n ? keys->n : n);
    return 0;
}

static int
read_root(struct cli *c, struct registry_root *root)
{
    struct registry_role_keys *role = root->role;
    const char *valid = cli_value(c, "valid");
    uint64_t valid_ms = VALID_DEFAULT_MS;
    int status = read_keys(c, "root-key", NULL, &role[REGISTRY_ROOT]);

    if (status == 0)
        status = read_threshold(c, "threshold", 1, &role[REGISTRY_ROOT]);
    if (status == 0)
        status = read_keys(c, "orgs-key", &role[REGISTRY_ROOT],
                           &role[REGISTRY_ORGS]);
    if (status == 0)
        status =
            read_threshold(c, "orgs-threshold", role[REGISTRY_ROOT].threshold,
                           &role[REGISTRY_ORGS]);
    /* Any one of those who sign the members may suspend, and may vouch that
     * what is held is the newest. */
    role[REGISTRY_SUSPEND] = role[REGISTRY_ORGS];
    role[REGISTRY_SUSPEND].threshold = 1;
    role[REGISTRY_TIMESTAMP] = role[REGISTRY_SUSPEND];
    if (status == 0 && valid != NULL && !hf_duration_parse(valid, &valid_ms))
        status = cli_fail(c, EX_USAGE, "usage", "such as 365d",
                          "--valid %.20s is no time", valid);
    root->expires_ms = hf_clock_wall_ms() + valid_ms;
    return status;
}

static int
set_figures(struct cli *c, struct registry_edit *e)
{
    const char *threshold = cli_value(c, "figures-threshold");
    const char *period = cli_value(c, "figures-period");
    uint64_t n = 10, ms = 7ull * 24 * 3600 * 1000;
    enum hf_err err;

    if (threshold != NULL && !hf_parse_u64(threshold, 1, 1000, &n))
        return cli_fail(c, EX_USAGE, "usage", "1 to 1000",
                        "--figures-threshold %.20s does not do", threshold);
    if (period != NULL && !hf_duration_parse(period, &ms))
        return cli_fail(c, EX_USAGE, "usage", "such as 30s, 24h, 7d",
                        "--figures-period %.20s is no time", period);
    err = registry_edit_figures(e, (uint32_t)n, ms);
    return err ? cmd_registry_failed(c, c->arg[0], err) : 0;
}

int
cmd_registry_new(struct cli *c)
{
    struct registry_root root = {.version = 0};
    struct registry_edit *e = NULL;
    int status = read_root(c, &root);
    enum hf_err err;
    json_t *j;

    if (status != 0)
        return status;
    if (access(c->arg[0], F_OK) == 0)
        return cli_fail(c, EX_REFUSED, "exists", "choose another name",
                        "%s exists already", c->arg[0]);
    err = registry_edit_open((struct hf_bytes){NULL, 0}, &e);
    if (!err)
        err = registry_edit_root(e, &root);
    if (err)
        status = cmd_registry_failed(c, c->arg[0], err);
    if (status == 0)
        status = set_figures(c, e);
    if (status == 0)
        status = save(c, c->arg[0], e);
    registry_edit_free(e);
    if (status != 0)
        return status;
    j = json_pack("{s:s,s:I,s:I}", "file", c->arg[0], "keys",
                  (json_int_t)root.role[REGISTRY_ROOT].n, "threshold",
                  (json_int_t)root.role[REGISTRY_ROOT].threshold);
    if (!cli_say(c, j))
        fprintf(c->out, "%s: %u of %zu must sign\n", c->arg[0],
                (unsigned)root.role[REGISTRY_ROOT].threshold,
                root.role[REGISTRY_ROOT].n);
    json_decref(j);
    return 0;
}

/* The keys that signed so far go on counting for what they signed. */
static void
keep_old_keys(const struct registry_org *old, struct registry_org *org)
{
    for (size_t i = 0; i < old->n_op; i++) {
        if (hf_equal(old->op[i].pk, org->op[0].pk, HF_PK_BYTES)) {
            org->op[0] = old->op[i];
            continue;
        }
        if (org->n_op < REGISTRY_OP_KEYS_MAX)
            org->op[org->n_op++] = old->op[i];
    }
}

/* What a request does not say, and the committee does. */
static int
complete_org(struct cli *c, struct registry_edit *e, struct registry_org *org)
{
    const struct registry_org *old;
    struct registry *r = NULL;
    const char *home;
    size_t i = 0;
    int status = 0;

    if (cli_has(c, "committee"))
        org->duties = DUTY_BIT(DUTY_REVIEW) - 1;
    if (cli_has(c, "home"))
        org->n_homes = 0;
    while ((home = cli_next_value(c, "home", &i)) != NULL) {
        if (org->n_homes == REGISTRY_HOMES_MAX ||
            !hf_org_parse(home, &org->home[org->n_homes++]))
            return cli_fail(c, EX_USAGE, "usage", "ids of brokers, at most two",
                            "--home %.40s does not do", home);
    }
    if (org->n_homes == 0)
        return cli_fail(c, EX_USAGE, "no_home", "add --home BROKER",
                        "%s has no home broker", org->id.s);
    if (registry_edit_preview(e, &r) != HF_OK)
        return 0; /* nobody is in it yet */
    old = registry_org(r, &org->id);
    if (old != NULL &&
        !hf_equal(old->identity_pk, org->identity_pk, HF_PK_BYTES)) {
        char what[128];

        (void)snprintf(what, sizeof(what),
                       "%s is listed with another identity key", org->id.s);
        status = cli_sure(c, what);
    } else if (old != NULL) {
        keep_old_keys(old, org);
        org->duties |= old->duties;
    }
    registry_free(r);
    return status;
}

static int
add_request(struct cli *c, struct registry_edit *e, const char *path,
            struct join_request *req)
{
    struct hf_yaml_error error = {0, 0, ""};
    struct hf_buf text;
    enum hf_err err;
    int status = cmd_registry_read(c, path, REQUEST_BYTES_MAX, &text);

    if (status != 0)
        return status;
    err = request_parse(hf_buf_bytes(&text), req, &error);
    hf_buf_free(&text);
    if (err)
        return cli_fail(c, EX_DATAERR,
                        err == HF_ERR_SIGNATURE ? "signature" : "malformed",
                        "ask for the request again", "%s:%u: %s", path,
                        error.line > 0 ? error.line : 1,
                        error.what[0] ? error.what : hf_err_text(err));
    if (req->is_broker) {
        err = registry_edit_put_broker(e, &req->broker);
    } else {
        status = complete_org(c, e, &req->org);
        if (status != 0)
            return status;
        err = registry_edit_put_org(e, &req->org);
    }
    return err ? cmd_registry_failed(c, path, err) : 0;
}

int
cmd_registry_add(struct cli *c)
{
    json_t *items = json_array(), *all;
    struct registry_edit *e = NULL;
    int status = cmd_registry_open(c, c->arg[0], &e);

    for (size_t i = 1; i < c->n_args && status == 0; i++) {
        struct join_request req = {.is_broker = false};
        char fp[REGISTRY_FINGERPRINT_BYTES];
        const uint8_t *pk;

        status = add_request(c, e, c->arg[i], &req);
        if (status != 0)
            break;
        pk = req.is_broker ? req.broker.op_pk : req.org.identity_pk;
        (void)json_array_append_new(
            items, json_pack("{s:s,s:s,s:s}", "id",
                             req.is_broker ? req.broker.id.s : req.org.id.s,
                             "what", req.is_broker ? "broker" : "member",
                             "fingerprint", registry_fingerprint(pk, fp)));
    }
    if (status == 0)
        status = save(c, c->arg[0], e);
    all = json_pack("{s:O}", "items", items);
    if (status == 0 && !cli_say(c, all)) {
        json_t *item;
        size_t i;

        json_array_foreach(items, i, item) fprintf(
            c->out, "%s %s, key %s\n", cli_out_text(item, "what"),
            cli_out_text(item, "id"), cli_out_text(item, "fingerprint"));
    }
    json_decref(all);
    json_decref(items);
    registry_edit_free(e);
    return status;
}

/* Before a signature: whoever is named must be there. */
static int
check_named(struct cli *c, struct registry_edit *e)
{
    struct registry *r = NULL;
    int status = 0;

    if (registry_edit_preview(e, &r) != HF_OK)
        return 0; /* signing says what is wrong */
    for (size_t i = 0; i < r->n_orgs && status == 0; i++)
        for (size_t h = 0; h < r->orgs[i].n_homes && status == 0; h++)
            if (registry_broker(r, &r->orgs[i].home[h]) == NULL)
                status =
                    cli_fail(c, EX_DATAERR, "no_such_broker",
                             "registry add SET its request first",
                             "%s: %s names broker %s, which is not in it",
                             c->arg[0], r->orgs[i].id.s, r->orgs[i].home[h].s);
    registry_free(r);
    return status;
}

/* Sign, in memory, all that @secret may and has not yet. */
static int
sign_all(struct cli *c, struct registry_edit *e, const struct hf_secret *secret,
         json_t *ret_roles)
{
    size_t n_signed_before = 0;

    for (int role = 0; role < REGISTRY_ROLES; role++) {
        const enum hf_err err =
            registry_edit_sign(e, (enum registry_role)role, secret);

        if (err == HF_OK)
            (void)json_array_append_new(
                ret_roles,
                json_string(cmd_registry_role((enum registry_role)role)));
        else if (err == HF_ERR_EXISTS)
            n_signed_before++;
        else if (err != HF_ERR_NOT_FOUND && err != HF_ERR_UNTRUSTED)
            return cmd_registry_failed(c, c->arg[0], err);
    }
    if (json_array_size(ret_roles) == 0 && n_signed_before == 0)
        return cli_fail(c, EX_REFUSED, "not_a_signer",
                        "registry show names the keys that are",
                        "this key signs nothing in %s", c->arg[0]);
    return 0;
}

static int
ask_signer(struct cli *c, struct registry_edit *e)
{
    struct registry *r = NULL;
    struct hf_buf text;
    enum hf_err err;

    if (c->yes || !isatty(STDIN_FILENO) || !isatty(STDERR_FILENO))
        return cli_sure(c, "signing (registry show tells what)");
    hf_buf_init(&text, REGISTRY_BYTES_MAX);
    err = registry_edit_preview(e, &r);
    if (!err && !registry_summary(r, &text))
        err = HF_ERR_NOMEM;
    if (!err)
        fwrite(text.p, 1, text.n, c->err);
    registry_free(r);
    hf_buf_free(&text);
    if (err)
        return cmd_registry_failed(c, c->arg[0], err);
    return cli_sure(c, "sign what is shown above");
}

int
cmd_registry_sign(struct cli *c)
{
    const char *key = cli_value(c, "key");
    struct hf_secret *secret = NULL;
    struct registry_edit *e = NULL;
    json_t *roles = json_array(), *j;
    char *text;
    int status = cmd_registry_open(c, c->arg[0], &e);
    enum hf_err err = HF_OK;

    if (status == 0)
        err = hf_secret_load(key, HF_KEY_SIGN, &secret);
    if (err)
        status = cli_fail(c,
                          err == HF_ERR_NOT_FOUND   ? EX_NOINPUT
                          : err == HF_ERR_FORBIDDEN ? EX_NOPERM
                                                    : EX_DATAERR,
                          "bad_key", "a file that registry key made", "%s: %s",
                          key, hf_err_text(err));
    if (status == 0)
        status = check_named(c, e);
    if (status == 0)
        status = sign_all(c, e, secret, roles);
    if (status == 0 && json_array_size(roles) > 0)
        status = ask_signer(c, e);
    if (status == 0 && json_array_size(roles) > 0)
        status = save(c, c->arg[0], e);
    j = json_pack("{s:s,s:O}", "file", c->arg[0], "signed", roles);
    text = cli_out_join(roles);
    if (status == 0 && !cli_say(c, j))
        fprintf(c->out, "signed: %s\n", text != NULL ? text : "");
    free(text);
    json_decref(j);
    json_decref(roles);
    hf_secret_free(secret);
    registry_edit_free(e);
    return status;
}

int
cmd_registry_merge(struct cli *c)
{
    struct registry_edit *e = NULL;
    size_t n_taken = 0;
    int status = cmd_registry_open(c, c->arg[0], &e);
    json_t *j;

    for (size_t i = 1; i < c->n_args && status == 0; i++) {
        struct hf_buf other;
        size_t n = 0;
        enum hf_err err;

        status = cmd_registry_read(c, c->arg[i], REGISTRY_BYTES_MAX, &other);
        if (status != 0)
            break;
        err = registry_edit_merge(e, hf_buf_bytes(&other), &n);
        hf_buf_free(&other);
        if (err)
            status = cmd_registry_failed(c, c->arg[i], err);
        n_taken += n;
    }
    if (status == 0)
        status = save(c, c->arg[0], e);
    registry_edit_free(e);
    if (status != 0)
        return status;
    j = json_pack("{s:s,s:I}", "file", c->arg[0], "signatures",
                  (json_int_t)n_taken);
    if (!cli_say(c, j))
        fprintf(c->out, "%zu signature%s taken over\n", n_taken,
                n_taken == 1 ? "" : "s");
    json_decref(j);
    return 0;
}

int
cmd_registry_publish(struct cli *c)
{
    struct cli_answer a = {.json = NULL};
    struct hf_buf set;
    int status = cmd_registry_read(c, c->arg[0], REGISTRY_BYTES_MAX, &set);

    if (status != 0)
        return status;
    status = cli_conn_bytes(c, "/registry", "application/octet-stream",
                            hf_buf_bytes(&set), &a);
    hf_buf_free(&set);
    if (status == 0 && a.status != 0)
        status = cli_conn_refused(c, &a);
    else if (status == 0 && !cli_say(c, a.json))
        fputs("Handed to our brokers.\n", c->out);
    cli_answer_free(&a);
    return status;
}
