/* registry key, merge, publish, and what the other commands share. */
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
cmd_registry_copy(struct cli *c, struct registry_edit *e,
                  struct registry_edit **ret)
{
    struct hf_buf set;
    enum hf_err err;

    hf_buf_init(&set, REGISTRY_BYTES_MAX);
    err = registry_edit_encode(e, &set);
    if (!err)
        err = registry_edit_open(hf_buf_bytes(&set), ret);
    hf_buf_free(&set);
    return err ? cmd_registry_failed(c, c->arg[0], err) : 0;
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
