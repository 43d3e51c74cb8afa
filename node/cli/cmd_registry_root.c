/* registry new, root, renew, timestamp: who signs what, and until when. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"
#include "cli_out.h"
#include "cmd.h"
#include "cmd_registry.h"
#include "hf_proc.h"
#include "hf_text.h"

#define DAY_MS             (24ull * 3600 * 1000)
#define VALID_DEFAULT_MS   (365 * DAY_MS)
#define VOUCHED_DEFAULT_MS (7 * DAY_MS)

/* The keys of option @name; none given: those that @ret has. */
static int
read_keys(struct cli *c, const char *name, struct registry_role_keys *ret)
{
    struct registry_role_keys keys = {.n = 0};
    const char *hex;
    size_t i = 0;

    while ((hex = cli_next_value(c, name, &i)) != NULL) {
        if (keys.n == REGISTRY_KEYS_MAX)
            return cli_fail(c, EX_USAGE, "usage", "give fewer",
                            "more than %d keys", REGISTRY_KEYS_MAX);
        if (!hf_unhex(hex, keys.pk[keys.n++], HF_PK_BYTES))
            return cli_fail(c, EX_USAGE, "usage",
                            "64 hex digits, as registry key prints them",
                            "--%s %.70s is no public key", name, hex);
    }
    if (keys.n > 0) {
        keys.threshold = ret->threshold;
        *ret = keys;
    }
    return 0;
}

/* None given: what it was, or as many as there are. */
static int
read_threshold(struct cli *c, const char *name, struct registry_role_keys *keys)
{
    const char *text = cli_value(c, name);
    uint64_t n = keys->threshold;

    if (text != NULL && !hf_parse_u64(text, 1, keys->n, &n))
        return cli_fail(c, EX_USAGE, "usage", "at least 1, at most all",
                        "--%s %.20s does not fit %zu keys", name, text,
                        keys->n);
    keys->threshold = (uint32_t)(n > keys->n ? keys->n : n);
    return 0;
}

static int
read_valid(struct cli *c, uint64_t fallback_ms, uint64_t *ret_until_ms)
{
    const char *text = cli_value(c, "valid");
    uint64_t valid_ms = fallback_ms;

    if (text != NULL && !hf_duration_parse(text, &valid_ms))
        return cli_fail(c, EX_USAGE, "usage", "such as 365d",
                        "--valid %.20s is no time", text);
    *ret_until_ms = hf_clock_wall_ms() + valid_ms;
    return 0;
}

static bool
is_key_of(const struct registry_role_keys *keys,
          const uint8_t pk[static HF_PK_BYTES])
{
    for (size_t i = 0; i < keys->n; i++)
        if (hf_equal(keys->pk[i], pk, HF_PK_BYTES))
            return true;
    return false;
}

/* A timestamp key lies on a machine that is online: it may do nothing else. */
static int
check_timestamp_keys(struct cli *c, const struct registry_root *root)
{
    const struct registry_role_keys *online = &root->role[REGISTRY_TIMESTAMP];

    for (size_t i = 0; i < online->n; i++)
        for (size_t role = 0; role < REGISTRY_TIMESTAMP; role++)
            if (is_key_of(&root->role[role], online->pk[i]))
                return cli_fail(c, EX_USAGE, "usage",
                                "make it a key of its own: registry key",
                                "a timestamp key has another role, too");
    return 0;
}

/* Options over what @root holds: nothing at first, later the newest root. */
static int
read_root(struct cli *c, struct registry_root *root, bool is_first)
{
    struct registry_role_keys *role = root->role;
    int status = read_keys(c, "root-key", &role[REGISTRY_ROOT]);

    if (status == 0)
        status = read_threshold(c, "threshold", &role[REGISTRY_ROOT]);
    if (is_first)
        role[REGISTRY_ORGS] = role[REGISTRY_ROOT];
    if (status == 0)
        status = read_keys(c, "orgs-key", &role[REGISTRY_ORGS]);
    if (status == 0)
        status = read_threshold(c, "orgs-threshold", &role[REGISTRY_ORGS]);
    /* Any one of those who sign the members may suspend. */
    if (is_first)
        role[REGISTRY_SUSPEND] = role[REGISTRY_ORGS];
    if (status == 0)
        status = read_keys(c, "suspend-key", &role[REGISTRY_SUSPEND]);
    role[REGISTRY_SUSPEND].threshold = role[REGISTRY_SUSPEND].n > 0 ? 1 : 0;
    if (status == 0)
        status = read_keys(c, "timestamp-key", &role[REGISTRY_TIMESTAMP]);
    role[REGISTRY_TIMESTAMP].threshold = role[REGISTRY_TIMESTAMP].n > 0 ? 1 : 0;
    if (status == 0)
        status = check_timestamp_keys(c, root);
    if (status == 0)
        status = read_valid(c, VALID_DEFAULT_MS, &root->expires_ms);
    return status;
}

static int
set_figures(struct cli *c, struct registry_edit *e)
{
    const char *threshold = cli_value(c, "figures-threshold");
    const char *period = cli_value(c, "figures-period");
    uint64_t n = 10, ms = 7 * DAY_MS;
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

/* What only the committee may permit. */
static int
set_attest(struct cli *c, struct registry_edit *e)
{
    const char *said = cli_value(c, "managers-attest");
    enum hf_err err;

    if (said == NULL)
        return 0;
    if (strcmp(said, "yes") != 0 && strcmp(said, "no") != 0)
        return cli_fail(c, EX_USAGE, "usage", "yes or no",
                        "--managers-attest %.40s is unknown", said);
    err = registry_edit_attest(e, strcmp(said, "yes") == 0);
    return err ? cmd_registry_failed(c, c->arg[0], err) : 0;
}

static int
say_root(struct cli *c, struct registry_edit *e,
         const struct registry_root *root)
{
    struct registry_tally t = {.version = 0};
    json_t *j;

    (void)!registry_edit_tally(e, REGISTRY_ROOT, &t);
    j = json_pack("{s:s,s:I,s:I,s:I}", "file", c->arg[0], "version",
                  (json_int_t)t.version, "keys",
                  (json_int_t)root->role[REGISTRY_ROOT].n, "threshold",
                  (json_int_t)root->role[REGISTRY_ROOT].threshold);
    if (!cli_say(c, j)) {
        fprintf(c->out, "%s: root %u, %u of %zu must sign\n", c->arg[0],
                (unsigned)t.version,
                (unsigned)root->role[REGISTRY_ROOT].threshold,
                root->role[REGISTRY_ROOT].n);
        if (t.old_need > 0)
            fprintf(c->out, "and %zu of those of root %u\n", t.old_need,
                    (unsigned)t.version - 1);
    }
    json_decref(j);
    return 0;
}

int
cmd_registry_new(struct cli *c)
{
    struct registry_root root = {.version = 0};
    struct registry_edit *e = NULL;
    enum hf_err err;
    int status;

    root.role[REGISTRY_ROOT].threshold = 1; /* the parser wants one given */
    status = read_root(c, &root, true);
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
        status = set_attest(c, e);
    if (status == 0)
        status = cmd_registry_save(c, c->arg[0], e);
    if (status == 0)
        status = say_root(c, e, &root);
    registry_edit_free(e);
    return status;
}

int
cmd_registry_root(struct cli *c)
{
    struct registry_root root = {.version = 0};
    struct registry_edit *e = NULL;
    int status = cmd_registry_open(c, c->arg[0], &e);
    enum hf_err err;

    if (status != 0)
        return status;
    err = registry_edit_get_root(e, &root);
    if (!err) {
        status = read_root(c, &root, false);
        if (status == 0)
            err = registry_edit_root(e, &root);
    }
    if (err)
        status = cmd_registry_failed(c, c->arg[0], err);
    if (status == 0)
        status = cmd_registry_save(c, c->arg[0], e);
    if (status == 0)
        status = say_root(c, e, &root);
    registry_edit_free(e);
    return status;
}

int
cmd_registry_renew(struct cli *c)
{
    struct registry_edit *e = NULL;
    uint64_t until_ms = 0;
    int status = read_valid(c, VALID_DEFAULT_MS, &until_ms);
    enum hf_err err;

    if (status == 0)
        status = cmd_registry_open(c, c->arg[0], &e);
    if (status != 0)
        return status;
    err = registry_edit_expiry(e, REGISTRY_ORGS, until_ms);
    if (err)
        status = cmd_registry_failed(c, c->arg[0], err);
    if (status == 0)
        status = set_attest(c, e);
    return cmd_registry_finish(c, e, status, REGISTRY_ORGS);
}

static int
sign_timestamp(struct cli *c, struct registry_edit *e)
{
    struct hf_secret *secret = NULL;
    struct registry_edit *before = NULL;
    enum hf_err err;
    int status;

    if (!cli_has(c, "key"))
        return 0;
    status = cmd_registry_secret(c, cli_value(c, "key"), &secret);
    if (status != 0)
        return status;
    status = cmd_registry_copy(c, e, &before);
    err = status == 0 ? registry_edit_sign(e, REGISTRY_TIMESTAMP, secret)
                      : HF_OK;
    hf_secret_free(secret);
    if (err)
        status = cmd_registry_failed(c, c->arg[0], err);
    if (status == 0)
        status = cmd_registry_ask(c, before, 1u << REGISTRY_TIMESTAMP);
    registry_edit_free(before);
    return status;
}

int
cmd_registry_timestamp(struct cli *c)
{
    struct registry_edit *e = NULL;
    uint64_t until_ms = 0;
    int status = read_valid(c, VOUCHED_DEFAULT_MS, &until_ms);
    enum hf_err err;

    if (status == 0)
        status = cmd_registry_open(c, c->arg[0], &e);
    if (status != 0)
        return status;
    err = registry_edit_timestamp(e, hf_clock_wall_ms(), until_ms);
    if (err == HF_ERR_FORBIDDEN)
        status =
            cli_fail(c, EX_REFUSED, "draft", "have it signed first",
                     "%s: what is not signed cannot be vouched for", c->arg[0]);
    else if (err)
        status = cmd_registry_failed(c, c->arg[0], err);
    if (status == 0)
        status = sign_timestamp(c, e);
    return cmd_registry_finish(c, e, status, REGISTRY_TIMESTAMP);
}
