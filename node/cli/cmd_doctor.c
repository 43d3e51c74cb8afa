/* doctor: what can be wrong with a node, and how to mend it. Looks at the
 * files first, then asks the node, if it runs. */
#include <errno.h>
#include <glob.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "cli_conn.h"
#include "cli_out.h"
#include "cmd.h"
#include "hf_crypto.h"
#include "hf_file.h"
#include "hf_proc.h"
#include "hf_text.h"
#include "hf_yaml.h"
#include "registry.h"
#include "sop.h"

#define WARN_MS        (14ull * 24 * 3600 * 1000)
#define FREE_BYTES_MIN (256ull * 1024 * 1024)

enum level { INFO, WARN, STOP };

struct checkup {
    struct cli *c;
    json_t *findings;
    bool stops; /* something found keeps the node from working */
    struct hf_org org;
    uint8_t pk[3][HF_PK_BYTES]; /* identity, operation, link; zero: none */
};

__attribute__((format(printf, 4, 5))) static void
found(struct checkup *u, enum level level, const char *mend, const char *fmt,
      ...)
{
    static const char *const names[] = {"info", "warn", "stop"};
    char what[256];
    va_list args;

    va_start(args, fmt);
    (void)vsnprintf(what, sizeof(what), fmt, args);
    va_end(args);
    u->stops = u->stops || level == STOP;
    (void)json_array_append_new(u->findings, json_pack("{s:s,s:s,s:s}", "level",
                                                       names[level], "what",
                                                       what, "mend", mend));
}

static void
check_dir(struct checkup *u)
{
    struct statvfs fs;
    struct stat st;

    if (stat(u->c->dir, &st) != 0)
        return;
    if ((st.st_mode & (S_IRWXG | S_IRWXO)) != 0)
        found(u, WARN, "chmod 700 the directory",
              "others may look into the node's directory");
    if (statvfs(u->c->dir, &fs) == 0 &&
        (uint64_t)fs.f_bavail * fs.f_frsize < FREE_BYTES_MIN)
        found(u, WARN, "free some space, or move the directory",
              "less than 256 MiB are free on its disk");
}

static void
check_config(struct checkup *u)
{
    struct hf_yaml_error error = {0, 0, ""};
    struct hf_yaml_node *root = NULL;
    const struct hf_yaml_node *org;
    char path[CLI_PATH_BYTES];
    const enum hf_err err =
        hf_yaml_load(cli_in_dir(u->c, "handoff.yaml", path), &root, &error);

    if (err == HF_ERR_NOT_FOUND) {
        found(u, STOP, "handoff -C DIR init", "there is no handoff.yaml");
        return;
    }
    if (err) {
        found(u, STOP, "mend the file", "handoff.yaml:%u: %s", error.line,
              error.what);
        return;
    }
    org = hf_yaml_find(root, "org");
    if (org == NULL || org->text == NULL || !hf_org_parse(org->text, &u->org))
        found(u, STOP, "give the organisation's id as in the registry",
              "handoff.yaml has no valid org");
    hf_yaml_free(root);
}

/* No key file: under a passphrase, or with the service as a credential. */
static void
check_sealed(struct checkup *u)
{
    char path[CLI_PATH_BYTES];

    if (access(cli_in_dir(u->c, "keys/store.sealed", path), R_OK) != 0)
        found(u, WARN,
              "if it is no credential of the service, bring it back from a "
              "backup",
              "neither keys/store.key nor keys/store.sealed is here");
}

/* Without asking: a passphrase is the daemon's to ask for. NULL: not so. */
static struct hf_secret *
open_store_key(struct checkup *u)
{
    char path[CLI_PATH_BYTES];
    struct hf_secret *key = NULL;
    const enum hf_err err = hf_secret_load(
        cli_in_dir(u->c, "keys/store.key", path), HF_KEY_BOX, &key);

    if (!err && access(cli_in_dir(u->c, "keys/store.sealed", path), F_OK) == 0)
        found(u, WARN, "run handoff passphrase again: it was cut short",
              "keys/store.key lies in clear beside keys/store.sealed");
    return err ? NULL : key;
}

static void
check_keys(struct checkup *u)
{
    struct hf_secret *store = open_store_key(u);
    static const struct {
        const char *name;
        enum hf_key_use use;
    } keys[] = {{"identity", HF_KEY_SIGN},
                {"operation", HF_KEY_SIGN},
                {"link", HF_KEY_DH},
                {"store", HF_KEY_BOX}};
    char path[CLI_PATH_BYTES];

    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        char name[64];
        struct hf_secret *secret = NULL;
        enum hf_err err;

        (void)snprintf(name, sizeof(name), "keys/%s.key", keys[i].name);
        err = hf_secret_load_under(cli_in_dir(u->c, name, path), keys[i].use,
                                   store, &secret);
        if (err == HF_ERR_SEAL && store == NULL)
            continue; /* sealed, as it should be: not ours to look into */
        if (keys[i].use == HF_KEY_BOX && err == HF_ERR_NOT_FOUND)
            check_sealed(u);
        else if (err == HF_ERR_FORBIDDEN)
            found(u, STOP, "chmod 600 it, and run as the account it is of",
                  "%s may be read by others, or is not ours", name);
        else if (err)
            found(u, STOP, "bring it back from a backup; do not make a new one",
                  "%s: %s", name, hf_err_text(err));
        else if (i < 3)
            hf_secret_public(secret, u->pk[i]);
        if (!err && i < 3 && store == NULL)
            found(u, WARN, "run handoff passphrase",
                  "%s lies in clear: it is not under the passphrase", name);
        hf_secret_free(secret);
    }
    hf_secret_free(store);
    if (access(cli_in_dir(u->c, "recovery.key", path), F_OK) == 0)
        found(u, WARN, "move it off this machine, to two safe places",
              "recovery.key, which opens all backups, lies beside the node");
}

/* A key that could not be looked at is none of them. */
static bool
is_other(const uint8_t own[static HF_PK_BYTES],
         const uint8_t listed[static HF_PK_BYTES])
{
    static const uint8_t unknown[HF_PK_BYTES];

    return !hf_equal(own, unknown, HF_PK_BYTES) &&
           !hf_equal(own, listed, HF_PK_BYTES);
}

/* What the registry says of us must be what we are. */
static void
check_membership(struct checkup *u, const struct registry *r)
{
    const struct registry_org *org = registry_org(r, &u->org);
    const uint8_t *op;

    if (org == NULL) {
        found(u, STOP, "send request.yaml to the committee",
              "the registry does not list %s", u->org.s);
        return;
    }
    op = registry_op_key(org, hf_clock_wall_ms());
    if (is_other(u->pk[0], org->identity_pk) ||
        is_other(u->pk[2], org->link_pk) || op == NULL ||
        is_other(u->pk[1], op))
        found(u, STOP, "send request.yaml to the committee again",
              "the registry lists other keys of %s than ours", u->org.s);
    if (org->status != MEMBER_ACTIVE)
        found(u, STOP, "speak to the committee", "%s is %s", u->org.s,
              member_status_text(org->status));
    if (org->n_homes == 0)
        found(u, STOP, "ask the committee for a home broker",
              "the registry gives %s no home broker", u->org.s);
}

static void
check_expiry(struct checkup *u, const struct registry *r)
{
    const uint64_t now = hf_clock_wall_ms();

    for (int role = REGISTRY_ROOT; role <= REGISTRY_ORGS; role++) {
        char at[HF_TIME_TEXT_BYTES];

        if (r->version[role] == 0 || r->expires_ms[role] > now + WARN_MS)
            continue;
        (void)hf_time_format_local(r->expires_ms[role], at);
        found(u, r->expires_ms[role] <= now ? STOP : WARN,
              "ask the committee for a new registry",
              "the registry runs out: %s", at);
    }
}

static void
check_registry(struct checkup *u)
{
    char path[CLI_PATH_BYTES];
    struct registry *r = NULL;
    struct hf_buf set;
    enum hf_err err;

    hf_buf_init(&set, REGISTRY_BYTES_MAX);
    err = hf_file_read(cli_in_dir(u->c, "registry.set", path), &set);
    if (err == HF_ERR_NOT_FOUND)
        found(u, STOP, "handoff -C DIR init --registry FILE",
              "there is no registry yet");
    else if (err)
        found(u, STOP, "look at registry.set", "registry.set: %s",
              hf_err_text(err));
    else if ((err = registry_load(hf_buf_bytes(&set), &r)) != HF_OK)
        found(u, STOP, "handoff -C DIR init --registry FILE",
              "registry.set: %s", hf_err_text(err));
    if (r != NULL) {
        check_expiry(u, r);
        if (u->org.s[0] != '\0')
            check_membership(u, r);
    }
    registry_free(r);
    hf_buf_free(&set);
}

static void
check_pack(struct checkup *u, const char *path)
{
    struct sop_findings *findings = calloc(1, sizeof(*findings));
    struct sop_pack *pack = NULL;
    struct hf_buf yaml;

    hf_buf_init(&yaml, HF_YAML_BYTES_MAX);
    if (findings == NULL || hf_file_read(path, &yaml) ||
        sop_pack_load(hf_buf_bytes(&yaml), findings, &pack))
        found(u, STOP, "handoff policy check tells more",
              "policy/%s cannot be used", strrchr(path, '/') + 1);
    sop_pack_free(pack);
    hf_buf_free(&yaml);
    free(findings);
}

static void
check_policy(struct checkup *u)
{
    char pattern[CLI_PATH_BYTES];
    glob_t files;

    if (glob(cli_in_dir(u->c, "policy/*.yaml", pattern), 0, NULL, &files)) {
        found(u, WARN, "handoff policy install FILE",
              "no SOP pack is in force: nothing can be referred");
        return;
    }
    for (size_t i = 0; i < files.gl_pathc; i++)
        check_pack(u, files.gl_pathv[i]);
    globfree(&files);
}

/* Alarms of the node that we have looked for, and told, ourselves. */
static bool
is_found_on_disk(const char *what)
{
    static const char *const begins[] = {"no registry", "no SOP pack"};

    for (size_t i = 0; i < sizeof(begins) / sizeof(begins[0]); i++)
        if (strncmp(what, begins[i], strlen(begins[i])) == 0)
            return true;
    return false;
}

/* The node's own view. Its absence is a finding, too. */
static void
check_node(struct checkup *u)
{
    struct cli quiet = *u->c;
    struct cli_answer a = {.json = NULL};
    FILE *null = fopen("/dev/null", "w");
    json_t *item;
    size_t i;
    int status = EX_SOFTWARE;

    if (null != NULL) {
        quiet.out = quiet.err = null;
        status = cli_conn_call(&quiet, "GET", "/status", NULL, &a);
        (void)fclose(null);
    }
    if (status == EX_NOPERM || (status == 0 && a.status == EX_NOPERM))
        found(u, WARN, "ask who runs the node", "the node may not be asked");
    else if (status != 0)
        found(u, WARN, "handoff-node -C DIR", "the node is not running");
    json_array_foreach(json_object_get(a.json, "alarms"), i, item)
    {
        if (!is_found_on_disk(cli_out_text(item, "what")))
            (void)json_array_append(u->findings, item);
    }
    json_array_foreach(json_object_get(a.json, "brokers"), i, item)
    {
        if (!cli_out_true(item, "up"))
            found(u, WARN, "look at the network and at the broker",
                  "broker %s is not connected", cli_out_text(item, "name"));
    }
    cli_answer_free(&a);
}

int
cmd_doctor(struct cli *c)
{
    struct checkup u = {.c = c};
    json_t *answer, *item;
    size_t i;
    const int status = cli_need_dir(c);

    if (status != 0)
        return status;
    u.findings = json_array();
    check_dir(&u);
    check_config(&u);
    check_keys(&u);
    check_registry(&u);
    check_policy(&u);
    check_node(&u);
    answer =
        json_pack("{s:b,s:O}", "ok", json_array_size(u.findings) == 0 ? 1 : 0,
                  "findings", u.findings);
    if (!cli_say(c, answer)) {
        json_array_foreach(u.findings, i, item) cli_out_fieldf(
            c->out, cli_out_text(item, "level"), "%s; %s",
            cli_out_text(item, "what"), cli_out_text(item, "mend"));
        if (json_array_size(u.findings) == 0)
            fputs("All is well.\n", c->out);
    }
    json_decref(answer);
    json_decref(u.findings);
    return u.stops ? EX_CONFIG : 0;
}
