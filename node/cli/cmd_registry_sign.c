/* registry sign: what is shown before a signature, and what it made true. */
#include <string.h>
#include <unistd.h>

#include "cli_conn.h"
#include "cli_out.h"
#include "cmd.h"
#include "cmd_registry.h"
#include "hf_file.h"

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

static long long
number(const json_t *j, const char *key)
{
    return (long long)json_integer_value(json_object_get(j, key));
}

/* How far it is now, with this signature. */
static void
print_tally(FILE *out, const json_t *document)
{
    fprintf(out, "signed: %s, now by %lld of the %lld needed",
            cli_out_text(document, "role"), number(document, "signatures"),
            number(document, "needed"));
    if (number(document, "old_needed") > 0)
        fprintf(out, ", and by %lld of the %lld of the root before",
                number(document, "old_signatures"),
                number(document, "old_needed"));
    fputc('\n', out);
}

static void
say_signed(struct cli *c, struct registry_edit *e, unsigned roles)
{
    json_t *names = json_array(), *documents = json_array(), *j, *item;
    size_t i;

    for (int k = 0; k < REGISTRY_ROLES; k++) {
        const enum registry_role role = (enum registry_role)k;

        if ((roles & 1u << k) == 0)
            continue;
        (void)json_array_append_new(names,
                                    json_string(cmd_registry_role(role)));
        (void)json_array_append_new(documents, cmd_registry_document(e, role));
    }
    j = json_pack("{s:s,s:o,s:O}", "file", c->arg[0], "signed", names,
                  "documents", documents);
    if (!cli_say(c, j)) {
        if (roles == 0)
            fputs("signed already, by this key or by enough others\n", c->out);
        json_array_foreach(documents, i, item) print_tally(c->out, item);
    }
    json_decref(j);
    json_decref(documents);
}

int
cmd_registry_sign(struct cli *c)
{
    struct hf_secret *secret = NULL;
    struct registry_edit *e = NULL, *before = NULL;
    unsigned roles = 0;
    int status = cmd_registry_open(c, c->arg[0], &e);

    if (status == 0)
        status = cmd_registry_copy(c, e, &before);
    if (status == 0)
        status = cmd_registry_secret(c, cli_value(c, "key"), &secret);
    if (status == 0)
        status = check_named(c, e);
    if (status == 0)
        status = sign_all(c, e, secret, &roles);
    if (status == 0 && roles != 0)
        status = cmd_registry_ask(c, before, roles);
    if (status == 0 && roles != 0)
        status = cmd_registry_save(c, c->arg[0], e);
    if (status == 0)
        say_signed(c, e, roles);
    hf_secret_free(secret);
    registry_edit_free(before);
    registry_edit_free(e);
    return status;
}
