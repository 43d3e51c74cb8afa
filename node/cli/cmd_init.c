/* init: a node's directory with its keys, and the registry that it trusts.
 *
 * handoff.yaml is written last: a directory without it is not initialised, and
 * init picks up the keys that an interrupted run left there. */
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli.h"
#include "cli_out.h"
#include "cli_pass.h"
#include "cmd.h"
#include "hf_crypto.h"
#include "hf_file.h"
#include "hf_proc.h"
#include "hf_text.h"
#include "request.h"

/* The store key first: the others lie sealed under it. */
enum { STORE, IDENTITY, OPERATION, LINK, N_KEYS };

static const struct {
    const char *name;
    enum hf_key_use use;
} key_files[N_KEYS] = {{"keys/store.key", HF_KEY_BOX},
                       {"keys/identity.key", HF_KEY_SIGN},
                       {"keys/operation.key", HF_KEY_SIGN},
                       {"keys/link.key", HF_KEY_DH}};

#define STORE_SEALED "keys/store.sealed"
#define RECOVERY_KEY "recovery.key"
#define RECOVERY_PUB "keys/recovery.pub"

struct init {
    struct cli *c;
    struct join_request request;
    struct hf_secret *key[N_KEYS];
    struct hf_pass *pass; /* the store key lies under it; NULL: in a file */
    struct hf_buf set;    /* of --registry; empty: none */
    struct registry *registry; /* it, accepted */
    bool is_held;              /* nothing newer than what is held */
    bool has_recovery;         /* a recovery key was made */
    struct hf_buf request_text;
};

static bool
is_initialised(const struct cli *c)
{
    char path[CLI_PATH_BYTES];

    return access(cli_in_dir(c, "handoff.yaml", path), F_OK) == 0;
}

static int
bad_option(struct cli *c, const char *name, const char *hint)
{
    return cli_fail(c, EX_DATAERR, "bad_value", hint, "--%s %.60s is unknown",
                    name, cli_value(c, name));
}

static int
read_homes(struct cli *c, struct registry_org *org)
{
    const char *home;
    size_t i = 0;

    while ((home = cli_next_value(c, "home", &i)) != NULL) {
        if (org->n_homes == REGISTRY_HOMES_MAX)
            return cli_fail(c, EX_USAGE, "usage", "name two",
                            "more than %d home brokers", REGISTRY_HOMES_MAX);
        if (!hf_org_parse(home, &org->home[org->n_homes++]))
            return cli_fail(c, EX_DATAERR, "bad_value",
                            "use a-z, 0-9 and -, at most 31",
                            "--home %.60s is no broker id", home);
    }
    return 0;
}

static int
read_level(struct cli *c, struct registry_org *org)
{
    static const char *const levels[] = {"local", "national", "international"};
    const char *level = cli_value(c, "level");

    if (level == NULL)
        return 0;
    for (size_t i = 0; i < sizeof(levels) / sizeof(levels[0]); i++) {
        if (strcmp(level, levels[i]) != 0)
            continue;
        (void)snprintf(org->level, sizeof(org->level), "%s", level);
        return 0;
    }
    return bad_option(c, "level", "local, national or international");
}

static int
read_figures(struct cli *c)
{
    const char *period = cli_value(c, "figures-period");
    const char *threshold = cli_value(c, "figures-threshold");
    uint64_t n;

    if (period != NULL && !hf_duration_parse(period, &n))
        return bad_option(c, "figures-period", "such as 30s, 24h, 7d");
    if (threshold != NULL && !hf_parse_u64(threshold, 1, 1000, &n))
        return bad_option(c, "figures-threshold", "1 to 1000");
    return 0;
}

static int
read_options(struct init *in)
{
    static const char *const needed[] = {"org", "name", "kind", "country"};
    struct cli *c = in->c;
    struct registry_org *org = &in->request.org;
    const char *name = cli_value(c, "name");
    int status;

    for (size_t i = 0; i < sizeof(needed) / sizeof(needed[0]); i++)
        if (!cli_has(c, needed[i]))
            return cli_fail(c, EX_USAGE, "usage", "see handoff init --help",
                            "init needs --%s", needed[i]);
    if (cli_has(c, "via") && (!hf_org_parse(cli_value(c, "via"), &org->via) ||
                              cli_has(c, "home") || cli_has(c, "registry")))
        return bad_option(c, "via",
                          "a member's id, and neither --home nor "
                          "--registry: it has no node");
    if (!hf_org_parse(cli_value(c, "org"), &org->id))
        return bad_option(c, "org", "use a-z, 0-9 and -, at most 31");
    if (strlen(name) >= sizeof(org->name) ||
        !hf_utf8_ok((const uint8_t *)name, strlen(name)) ||
        strpbrk(name, "\r\n\t") != NULL)
        return bad_option(c, "name", "one line of UTF-8, at most 127 bytes");
    (void)snprintf(org->name, sizeof(org->name), "%s", name);
    org->kind = org_kind_parse(cli_value(c, "kind"));
    if (org->kind == ORG_KIND_NONE)
        return bad_option(c, "kind", "ngo, clinic, ministry, iom_office, ...");
    if (!hf_country_ok(cli_value(c, "country")))
        return bad_option(c, "country", "ISO 3166, two capital letters");
    (void)snprintf(org->country, sizeof(org->country), "%s",
                   cli_value(c, "country"));
    status = read_level(c, org);
    if (status == 0)
        status = read_figures(c);
    return status != 0 ? status : read_homes(c, org);
}

static int
cannot_write(struct cli *c, const char *path, enum hf_err err)
{
    return cli_fail(c, err == HF_ERR_FULL ? EX_TEMPFAIL : EX_NOPERM,
                    "cannot_write", "check space and permissions", "%s: %s",
                    path, hf_err_text(err));
}

/* The folders above DIR, as mkdir -p makes them; DIR itself is ours alone. */
static void
make_parents(const char *dir)
{
    char path[CLI_PATH_BYTES];

    (void)snprintf(path, sizeof(path), "%s", dir);
    for (char *p = strchr(path + 1, '/'); p != NULL; p = strchr(p + 1, '/')) {
        *p = '\0';
        (void)mkdir(path, 0755); /* what fails shows when DIR is made */
        *p = '/';
    }
}

/* A new key, or the one that an interrupted init made. */
static enum hf_err
load_or_make(const char *path, enum hf_key_use use,
             const struct hf_secret *wrap, struct hf_secret **ret)
{
    enum hf_err err = hf_secret_load_under(path, use, wrap, ret);

    if (err != HF_ERR_NOT_FOUND)
        return err;
    err = hf_secret_new(use, ret);
    return err ? err : hf_secret_store_under(path, *ret, wrap);
}

static enum hf_err
seal_store_key(struct init *in, const char *path)
{
    enum hf_err err = hf_pass_load(path, in->pass, &in->key[STORE]);

    if (err != HF_ERR_NOT_FOUND)
        return err;
    err = hf_secret_new(HF_KEY_BOX, &in->key[STORE]);
    return err ? err : hf_pass_store(path, in->key[STORE], in->pass);
}

/* Without a node there is nothing to operate: only an identity, by which it
 * can ask for a node of its own later. */
static bool
has_node(const struct init *in)
{
    return in->request.org.via.s[0] == '\0';
}

static int
make_keys(struct init *in)
{
    const size_t begin = has_node(in) ? STORE : IDENTITY;
    const size_t end = has_node(in) ? N_KEYS : IDENTITY + 1;
    char path[CLI_PATH_BYTES];
    enum hf_err err;

    make_parents(in->c->dir);
    err = hf_mkdir(in->c->dir);
    if (err)
        return cannot_write(in->c, in->c->dir, err);
    err = hf_mkdir(cli_in_dir(in->c, "keys", path));
    for (size_t i = begin; i < end && err == HF_OK; i++) {
        const bool is_sealed = i == STORE && in->pass != NULL;

        (void)cli_in_dir(in->c, is_sealed ? STORE_SEALED : key_files[i].name,
                         path);
        err = is_sealed ? seal_store_key(in, path)
                        : load_or_make(path, key_files[i].use,
                                       i == STORE ? NULL : in->key[STORE],
                                       &in->key[i]);
    }
    return err ? cannot_write(in->c, path, err) : 0;
}

/* Backups are sealed to the public half; the private one opens them, here or
 * on another machine, and does not stay here. */
static int
make_recovery_key(struct init *in)
{
    char path[CLI_PATH_BYTES], pub[CLI_PATH_BYTES];
    char text[HF_HEX_BYTES(HF_PK_BYTES) + 1];
    struct hf_secret *key = NULL;
    uint8_t pk[HF_PK_BYTES];
    enum hf_err err;

    (void)cli_in_dir(in->c, RECOVERY_PUB, pub);
    if (access(pub, F_OK) == 0)
        return 0;
    (void)cli_in_dir(in->c, RECOVERY_KEY, path);
    err = load_or_make(path, HF_KEY_DH, NULL, &key);
    if (err)
        return cannot_write(in->c, path, err);
    hf_secret_public(key, pk);
    hf_secret_free(key);
    (void)hf_hex(pk, sizeof(pk), text);
    text[HF_HEX_BYTES(HF_PK_BYTES) - 1] = '\n';
    err = hf_file_write(pub, text, HF_HEX_BYTES(HF_PK_BYTES), 0600);
    return err ? cannot_write(in->c, pub, err) : 0;
}

static int
make_request(struct init *in)
{
    struct registry_org *org = &in->request.org;
    char path[CLI_PATH_BYTES];
    enum hf_err err;

    in->request.made_ms = hf_clock_wall_ms();
    org->status = MEMBER_ACTIVE;
    hf_secret_public(in->key[IDENTITY], org->identity_pk);
    if (has_node(in)) {
        org->n_op = 1;
        org->op[0].from_ms = in->request.made_ms;
        hf_secret_public(in->key[OPERATION], org->op[0].pk);
        hf_secret_public(in->key[LINK], org->link_pk);
    }
    err = request_print(&in->request, in->key[IDENTITY], &in->request_text);
    if (err)
        return cli_fail(in->c, EX_SOFTWARE, "internal", "",
                        "the request cannot be made: %s", hf_err_text(err));
    (void)cli_in_dir(in->c, "request.yaml", path);
    err = hf_file_write(path, in->request_text.p, in->request_text.n, 0644);
    return err ? cannot_write(in->c, path, err) : 0;
}

/* A double-quoted YAML scalar. */
static void
add_quoted(struct hf_buf *out, const char *key, const char *text)
{
    (void)hf_buf_printf(out, "%s: \"", key);
    for (; *text != '\0'; text++) {
        if (*text == '"' || *text == '\\')
            (void)hf_buf_add(out, "\\", 1);
        (void)hf_buf_add(out, text, 1);
    }
    (void)hf_buf_printf(out, "\"\n");
}

static int
make_config(struct init *in)
{
    const struct registry_org *org = &in->request.org;
    char path[CLI_PATH_BYTES];
    struct hf_buf text;
    enum hf_err err;

    hf_buf_init(&text, 16384);
    (void)hf_buf_printf(&text, "# Made by handoff init. Keys and meaning: "
                               "handoff-node --help-config\n");
    add_quoted(&text, "org", org->id.s);
    add_quoted(&text, "name", org->name);
    add_quoted(&text, "kind", org_kind_text(org->kind));
    add_quoted(&text, "country", org->country);
    if (org->level[0] != '\0')
        add_quoted(&text, "level", org->level);
    if (org->n_homes > 0)
        (void)hf_buf_printf(&text, "home: [%s%s%s]\n", org->home[0].s,
                            org->n_homes > 1 ? ", " : "",
                            org->n_homes > 1 ? org->home[1].s : "");
    if (cli_has(in->c, "figures-period"))
        (void)hf_buf_printf(&text, "figures_period: %s\n",
                            cli_value(in->c, "figures-period"));
    if (cli_has(in->c, "figures-threshold"))
        (void)hf_buf_printf(&text, "figures_threshold: %s\n",
                            cli_value(in->c, "figures-threshold"));
    (void)cli_in_dir(in->c, "handoff.yaml", path);
    err =
        text.failed ? HF_ERR_NOMEM : hf_file_write(path, text.p, text.n, 0600);
    hf_buf_free(&text);
    return err ? cannot_write(in->c, path, err) : 0;
}

static int
refuse_registry(struct cli *c, const char *path, enum hf_err err)
{
    static const char hint[] = "get it from the committee again";

    switch ((int)err) {
    case HF_ERR_UNTRUSTED:
        return cli_fail(c, EX_DATAERR, "untrusted", hint,
                        "%s: too few of those who must sign have signed", path);
    case HF_ERR_ROLLBACK:
        return cli_fail(c, EX_DATAERR, "rollback", hint,
                        "%s: older than, or at odds with, the one held", path);
    case HF_ERR_EXPIRED:
        return cli_fail(c, EX_DATAERR, "expired", hint, "%s: has expired",
                        path);
    default:
        return cli_fail(c, EX_DATAERR, "malformed", hint,
                        "%s: is no registry set: %s", path, hf_err_text(err));
    }
}

/* Check --registry before anything is changed. An equal one is fine. */
static int
check_registry(struct init *in)
{
    struct cli *c = in->c;
    const char *file = cli_value(c, "registry");
    char path[CLI_PATH_BYTES];
    struct hf_buf held;
    enum hf_err err;

    if (file == NULL)
        return 0;
    err = hf_file_read(file, &in->set);
    if (err)
        return cli_fail(c, err == HF_ERR_FULL ? EX_DATAERR : EX_NOINPUT,
                        "no_such_file", "check its name", "%s: %s", file,
                        err == HF_ERR_NOT_FOUND ? "no such file"
                                                : hf_err_text(err));
    hf_buf_init(&held, REGISTRY_BYTES_MAX);
    err = hf_file_read(cli_in_dir(c, "registry.set", path), &held);
    if (err == HF_OK || err == HF_ERR_NOT_FOUND)
        err = registry_accept(hf_buf_bytes(&in->set), hf_buf_bytes(&held),
                              hf_clock_wall_ms(), &in->registry);
    if (err == HF_ERR_EXISTS) {
        in->is_held = true;
        err = registry_load(hf_buf_bytes(&held), &in->registry);
    }
    hf_buf_free(&held);
    return err ? refuse_registry(c, file, err) : 0;
}

static int
install_registry(struct init *in)
{
    char path[CLI_PATH_BYTES];
    enum hf_err err;

    if (in->registry == NULL || in->is_held)
        return 0;
    (void)cli_in_dir(in->c, "registry.set", path);
    err = hf_file_write(path, in->set.p, in->set.n, 0600);
    return err ? cannot_write(in->c, path, err) : 0;
}

static void
report(struct init *in)
{
    struct cli *c = in->c;
    const struct hf_bytes text = hf_buf_bytes(&in->request_text);
    char path[CLI_PATH_BYTES], hex[HF_HEX_BYTES(HF_HASH_BYTES)] = "";
    char words[REGISTRY_WORDS_BYTES];
    json_t *j = json_pack("{s:s}", "dir", c->dir);

    (void)registry_words(in->request.org.identity_pk, words);

    if (in->registry != NULL)
        (void)hf_hex(in->registry->root_hash.b, HF_HASH_BYTES, hex);
    if (text.n > 0) {
        (void)json_object_set_new(j, "org", json_string(in->request.org.id.s));
        (void)json_object_set_new(j, "words", json_string(words));
        (void)json_object_set_new(j, "request",
                                  json_stringn((const char *)text.p, text.n));
        (void)json_object_set_new(
            j, "file", json_string(cli_in_dir(c, "request.yaml", path)));
    }
    if (in->registry != NULL)
        (void)json_object_set_new(
            j, "registry",
            json_pack("{s:I,s:s}", "version",
                      (json_int_t)in->registry->version[REGISTRY_ORGS], "root",
                      hex));
    if (in->has_recovery)
        (void)json_object_set_new(
            j, "recovery_key", json_string(cli_in_dir(c, RECOVERY_KEY, path)));
    if (!cli_say(c, j)) {
        fwrite(text.p != NULL ? (const char *)text.p : "", 1, text.n, c->out);
        if (text.n > 0)
            fprintf(c->out,
                    "# The identity key in words, for the committee:\n"
                    "# %s\n",
                    words);
        if (in->registry != NULL)
            fprintf(c->out,
                    "registry, members version %u: %s; its root is\n%s\n"
                    "Compare it with the committee's by telephone.\n",
                    (unsigned)in->registry->version[REGISTRY_ORGS],
                    in->is_held ? "held already" : "installed", hex);
        if (in->has_recovery)
            fprintf(c->out,
                    "# %s opens the backups of this node.\n"
                    "# Move it off this machine now, to two places that "
                    "outlive it.\n",
                    cli_in_dir(c, RECOVERY_KEY, path));
    }
    json_decref(j);
}

static int
run(struct init *in)
{
    struct cli *c = in->c;
    const bool initialised = is_initialised(c);
    int status;

    if (initialised && !cli_has(c, "registry"))
        return cli_fail(c, EX_REFUSED, "exists",
                        "use another directory, or add --registry FILE",
                        "%s is initialised already", c->dir);
    if (initialised && cli_is_held(c))
        return cli_fail(c, EX_TEMPFAIL, "busy",
                        "it gets newer registries by itself; or stop it",
                        "the node of %s is running", c->dir);
    if (!initialised)
        status = read_options(in);
    else
        status = 0;
    if (status == 0)
        status = check_registry(in);
    if (status == 0 && !initialised && cli_pass_wanted(c))
        status = cli_pass_new(c, &in->pass);
    if (status == 0 && !initialised) {
        status = make_keys(in);
        if (status == 0 && has_node(in)) {
            status = make_recovery_key(in);
            in->has_recovery = status == 0;
        }
        if (status == 0)
            status = make_request(in);
    }
    if (status == 0)
        status = install_registry(in);
    if (status == 0 && !initialised && has_node(in))
        status = make_config(in);
    if (status == 0)
        report(in);
    return status;
}

int
cmd_init(struct cli *c)
{
    struct init in = {.c = c};
    int status;

    if (c->dir == NULL)
        return cli_fail(c, EX_USAGE, "no_directory",
                        "give -C DIR or set HANDOFF_DIR",
                        "where to? no directory was named");
    hf_buf_init(&in.set, REGISTRY_BYTES_MAX);
    hf_buf_init(&in.request_text, REQUEST_BYTES_MAX);
    status = run(&in);
    for (size_t i = 0; i < N_KEYS; i++)
        hf_secret_free(in.key[i]);
    hf_pass_free(in.pass);
    registry_free(in.registry);
    hf_buf_free(&in.set);
    hf_buf_free(&in.request_text);
    return status;
}
