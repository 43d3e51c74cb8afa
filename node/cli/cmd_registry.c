/* registry key, sign, merge, publish, and what the other commands share. */
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

const char *
cmd_registry_role(enum registry_role role)
{
    static const char *const names[] = {"root", "orgs", "suspend", "timestamp"};

    return role < REGISTRY_ROLES ? names[role] : "";
}

/* The word of an error, for programs. */
static const char *
word_of(enum hf_err err)
{
    switch ((int)err) {
    case HF_ERR_LIMIT:
        return "too_large";
    case HF_ERR_ENDLESS:
        return "endless";
    case HF_ERR_SIGNATURE:
        return "signature";
    case HF_ERR_UNTRUSTED:
        return "untrusted";
    case HF_ERR_ROLLBACK:
        return "rollback";
    case HF_ERR_EXPIRED:
        return "expired";
    case HF_ERR_STALE:
        return "stale";
    case HF_ERR_SKIPPED:
        return "skipped_root";
    case HF_ERR_JUMP:
        return "version_jump";
    case HF_ERR_REPEATED:
        return "repeated_key";
    case HF_ERR_THRESHOLD:
        return "threshold";
    case HF_ERR_UNKNOWN:
        return "unknown_name";
    case HF_ERR_FORBIDDEN:
        return "not_a_suspension";
    default:
        return "malformed";
    }
}

int
cmd_registry_failed(struct cli *c, const char *path, enum hf_err err)
{
    const bool bad =
        err != HF_ERR_NOMEM && err != HF_ERR_IO && err != HF_ERR_FULL;

    return cli_fail(c, bad ? EX_DATAERR : EX_SOFTWARE,
                    bad ? word_of(err) : "internal",
                    !bad                       ? ""
                    : err == HF_ERR_MALFORMED ? "is it a registry set?"
                                              : "handoff registry show tells "
                                                "more", "%s: %s",
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

int
cmd_registry_save(struct cli *c, const char *path, struct registry_edit *e)
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
    char words[REGISTRY_WORDS_BYTES];
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
    (void)registry_words(pk, words);
    j = json_pack("{s:s,s:s,s:s,s:s}", "public", hex, "fingerprint", fp,
                  "words", words, "file", path);
    if (!cli_say(c, j)) {
        fprintf(c->out, "%s\n", hex); /* alone: scripts take it */
        if (isatty(STDERR_FILENO))
            fprintf(c->err, "in words: %s\n", words);
    }
    json_decref(j);
    return 0;
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

/* Sign, in memory, what lacks signatures and @secret may: a bit a role. Who
 * signs a suspension in the night does not sign the list of members again. */
static int
sign_all(struct cli *c, struct registry_edit *e, const struct hf_secret *secret,
         unsigned *ret_roles)
{
    size_t n_signed_before = 0;

    *ret_roles = 0;
    for (int role = 0; role < REGISTRY_ROLES; role++) {
        struct registry_tally t;
        enum hf_err err = registry_edit_tally(e, (enum registry_role)role, &t);

        if (!err && t.is_complete)
            err = HF_ERR_EXISTS;
        else if (!err)
            err = registry_edit_sign(e, (enum registry_role)role, secret);
        if (err == HF_OK)
            *ret_roles |= 1u << role;
        else if (err == HF_ERR_EXISTS)
            n_signed_before++;
        else if (err != HF_ERR_NOT_FOUND && err != HF_ERR_UNTRUSTED)
            return cmd_registry_failed(c, c->arg[0], err);
    }
    if (*ret_roles == 0 && n_signed_before == 0)
        return cli_fail(c, EX_REFUSED, "not_a_signer",
                        "registry show names the keys that are",
                        "this key signs nothing in %s", c->arg[0]);
    return 0;
}

/* The set that is in force: named, or the one that our node holds. False:
 * there is none to compare with; *ret_status says if that is an error. */
static bool
read_held(struct cli *c, struct hf_buf *ret, int *ret_status)
{
    const char *path = cli_value(c, "held");
    char ours[CLI_PATH_BYTES];
    struct registry *r = NULL;
    enum hf_err err;

    *ret_status = 0;
    if (path == NULL && c->dir != NULL &&
        access(cli_in_dir(c, "registry.set", ours), R_OK) == 0)
        path = ours;
    if (path == NULL)
        return false;
    *ret_status = cmd_registry_read(c, path, REGISTRY_BYTES_MAX, ret);
    if (*ret_status != 0)
        return false;
    err = registry_load(hf_buf_bytes(ret), &r);
    registry_free(r);
    if (!err)
        return true;
    hf_buf_free(ret);
    *ret_status = cmd_registry_failed(c, path, err);
    return false;
}

static enum hf_err
show_roles(struct registry_edit *e, unsigned roles, struct hf_bytes held,
           struct hf_buf *out)
{
    enum hf_err err = HF_OK;

    for (int i = 0; i < REGISTRY_ROLES && !err; i++) {
        const enum registry_role role = (enum registry_role)i;

        if (roles & 1u << i)
            err = held.n > 0 ? registry_edit_changes(e, role, held, out)
                             : registry_edit_show(e, role, out);
    }
    return err;
}

static int
print_roles(struct cli *c, struct registry_edit *e, unsigned roles,
            struct hf_bytes held)
{
    struct hf_buf text;
    enum hf_err err;

    hf_buf_init(&text, 4 * REGISTRY_BYTES_MAX);
    err = show_roles(e, roles, held, &text);
    if (!err && text.n > 0)
        fwrite(text.p, 1, text.n, c->err);
    hf_buf_free(&text);
    if (err == HF_ERR_ROLLBACK)
        return cli_fail(c, EX_DATAERR, "rollback",
                        "begin with the set that was published last",
                        "%s: older than what is in force, or another of its "
                        "version",
                        c->arg[0]);
    if (err == HF_ERR_UNTRUSTED)
        return cli_fail(c, EX_DATAERR, "other_committee",
                        "compare the words of both roots: registry verify",
                        "%s: the set in force has another root", c->arg[0]);
    return err ? cmd_registry_failed(c, c->arg[0], err) : 0;
}

/* The answer of a person who has read the changes. */
static int
ask_after_changes(struct cli *c, struct registry_edit *e, unsigned roles)
{
    const struct hf_bytes nothing = {NULL, 0};
    char answer[16];

    if (c->yes || !isatty(STDIN_FILENO) || !isatty(STDERR_FILENO))
        return cli_sure(c, "sign what is shown above");
    for (;;) {
        int status;

        fputs("Sign what changes above? yes, or all to read every document "
              "in full: ",
              c->err);
        if (fgets(answer, sizeof(answer), stdin) == NULL ||
            (strcmp(answer, "yes\n") != 0 && strcmp(answer, "all\n") != 0))
            return cli_fail(c, EX_REFUSED, "not_confirmed", "",
                            "nothing was done");
        if (answer[0] == 'y')
            return 0;
        status = print_roles(c, e, roles, nothing);
        if (status != 0)
            return status;
    }
}

int
cmd_registry_ask(struct cli *c, struct registry_edit *e, unsigned roles)
{
    struct hf_bytes nothing = {NULL, 0};
    struct hf_buf held;
    int status;

    if (!read_held(c, &held, &status)) {
        if (status != 0)
            return status;
        fputs("Nothing to compare with (--held, the set in force): all of "
              "it.\n",
              c->err);
        status = print_roles(c, e, roles, nothing);
        return status != 0 ? status : cli_sure(c, "sign what is shown above");
    }
    fputs("Against the registry in force, - goes and + comes:\n", c->err);
    status = print_roles(c, e, roles, hf_buf_bytes(&held));
    hf_buf_free(&held);
    if (status == 0 && cli_has(c, "full"))
        status = print_roles(c, e, roles, nothing);
    return status != 0 ? status : ask_after_changes(c, e, roles);
}

int
cmd_registry_secret(struct cli *c, const char *path, struct hf_secret **ret)
{
    const enum hf_err err = hf_secret_load(path, HF_KEY_SIGN, ret);

    if (!err)
        return 0;
    return cli_fail(c,
                    err == HF_ERR_NOT_FOUND   ? EX_NOINPUT
                    : err == HF_ERR_FORBIDDEN ? EX_NOPERM
                                              : EX_DATAERR,
                    "bad_key", "a file that registry key made", "%s: %s", path,
                    hf_err_text(err));
}

static void
say_signed(struct cli *c, struct registry_edit *e, unsigned roles)
{
    json_t *names = json_array(), *documents = json_array(), *j;
    char *text;

    for (int i = 0; i < REGISTRY_ROLES; i++) {
        const enum registry_role role = (enum registry_role)i;

        if ((roles & 1u << i) == 0)
            continue;
        (void)json_array_append_new(names,
                                    json_string(cmd_registry_role(role)));
        (void)json_array_append_new(documents, cmd_registry_document(e, role));
    }
    j = json_pack("{s:s,s:O,s:o}", "file", c->arg[0], "signed", names,
                  "documents", documents);
    text = cli_out_join(names);
    if (!cli_say(c, j))
        fprintf(c->out, "signed: %s\n", text != NULL ? text : "");
    free(text);
    json_decref(j);
    json_decref(names);
}

int
cmd_registry_sign(struct cli *c)
{
    struct hf_secret *secret = NULL;
    struct registry_edit *e = NULL;
    unsigned roles = 0;
    int status = cmd_registry_open(c, c->arg[0], &e);

    if (status == 0)
        status = cmd_registry_secret(c, cli_value(c, "key"), &secret);
    if (status == 0)
        status = check_named(c, e);
    if (status == 0)
        status = sign_all(c, e, secret, &roles);
    if (status == 0 && roles != 0)
        status = cmd_registry_ask(c, e, roles);
    if (status == 0 && roles != 0)
        status = cmd_registry_save(c, c->arg[0], e);
    if (status == 0)
        say_signed(c, e, roles);
    hf_secret_free(secret);
    registry_edit_free(e);
    return status;
}

static void
say_document(struct cli *c, struct registry_edit *e, enum registry_role role)
{
    json_t *j = cmd_registry_document(e, role);

    (void)json_object_set_new(j, "file", json_string(c->arg[0]));
    if (!cli_say(c, j))
        fprintf(c->out, "%s: %s version %lld, %lld of %lld signatures\n",
                c->arg[0], cli_out_text(j, "role"),
                (long long)json_integer_value(json_object_get(j, "version")),
                (long long)json_integer_value(json_object_get(j, "signatures")),
                (long long)json_integer_value(json_object_get(j, "needed")));
    json_decref(j);
}

int
cmd_registry_finish(struct cli *c, struct registry_edit *e, int status,
                    enum registry_role role)
{
    if (status == 0)
        status = cmd_registry_save(c, c->arg[0], e);
    if (status == 0)
        say_document(c, e, role);
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
        status = cmd_registry_save(c, c->arg[0], e);
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
    struct registry *r = NULL;
    struct hf_buf set;
    enum hf_err err;
    int status = cmd_registry_read(c, c->arg[0], REGISTRY_BYTES_MAX, &set);

    if (status != 0)
        return status;
    /* What is wrong with the set itself is said here, before the node compares
     * it with the one that it holds. */
    err = registry_load(hf_buf_bytes(&set), &r);
    registry_free(r);
    if (err) {
        hf_buf_free(&set);
        return cmd_registry_failed(c, c->arg[0], err);
    }
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
