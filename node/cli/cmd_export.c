/* case export: the person's own copy, as JSON or as HTML for paper. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli_conn.h"
#include "cli_html.h"
#include "cli_i18n.h"
#include "cli_out.h"
#include "cmd.h"
#include "hf_file.h"

#define COPY_BYTES_MAX (64u * 1024 * 1024)

static void
put_time(struct hf_buf *out, const char *key, const json_t *j,
         const char *member)
{
    char at[CLI_OUT_TIME];

    if (cli_out_text(j, member)[0] != '\0')
        cli_html_field(out, key, cli_out_time(cli_out_text(j, member), at));
}

static void
put_head(struct hf_buf *out, const json_t *j)
{
    const json_t *by = json_object_get(j, "made_by");
    const json_t *custody = json_object_get(j, "custody");

    cli_html_note(out, cli_out_text(j, "warning"));
    cli_html_facts(out, true);
    cli_html_field(out, "made_by",
                   cli_out_text(by, "name")[0] ? cli_out_text(by, "name")
                                               : cli_out_text(by, "org"));
    put_time(out, "made_at", j, "made_at");
    cli_html_field(out, "case", cli_out_text(j, "case"));
    cli_html_field(out, "number", cli_out_text(j, "number"));
    cli_html_field(out, "stage", cli_out_text(j, "stage"));
    cli_html_field(out, "responsible", cli_out_text(custody, "holder"));
    cli_html_field(out, "handed_by", cli_out_text(custody, "from"));
    put_time(out, "opened", j, "opened");
    put_time(out, "changed", j, "changed");
    cli_html_facts(out, false);
}

static void
put_cell(struct hf_buf *out, const char *text, const char *more)
{
    cli_html_raw(out, "<td>");
    cli_html_text(out, text);
    if (more != NULL && more[0] != '\0') {
        cli_html_raw(out, "<br>");
        cli_html_text(out, more);
    }
    cli_html_raw(out, "</td>");
}

/* "scope-1 (version 2)": on which consent. */
static char *
basis_of(const json_t *share)
{
    const json_t *scopes = json_object_get(share, "scopes");
    char *text = NULL;
    size_t size = 0, i;
    FILE *f = open_memstream(&text, &size);
    json_t *item;

    if (f == NULL)
        return NULL;
    if (cli_out_text(share, "by")[0] != '\0')
        fprintf(f, "sent on by %s", cli_out_text(share, "by"));
    if (cli_out_text(share, "vital_interest")[0] != '\0')
        fprintf(f, "none: vital interest, %s",
                cli_out_text(share, "vital_interest"));
    json_array_foreach(scopes, i, item) fprintf(
        f, "%s%s", i > 0 ? ", " : "scope ", cli_out_text(item, "scope"));
    if (i > 0)
        fprintf(f, ", version %lld",
                (long long)json_integer_value(
                    json_object_get(share, "consent_version")));
    (void)fclose(f);
    return text;
}

static void
put_share(struct hf_buf *out, const json_t *share)
{
    const json_t *categories = json_object_get(share, "categories");
    char *data = cli_out_join(categories);
    char *also = cli_out_join(json_object_get(share, "also"));
    char *basis = basis_of(share);
    char at[CLI_OUT_TIME], consent[CLI_OUT_ID];

    cli_html_raw(out, "<tr>");
    put_cell(out, cli_out_time(cli_out_text(share, "at"), at), NULL);
    put_cell(out,
             cli_out_text(share, "name")[0] ? cli_out_text(share, "name")
                                            : cli_out_text(share, "org"),
             cli_out_text(share, "service"));
    if (json_array_size(categories) > 0)
        put_cell(out, data,
                 json_array_size(json_object_get(share, "also")) > 0 ? also
                                                                     : NULL);
    else
        put_cell(out, also, NULL);
    put_cell(out, cli_out_id(cli_out_text(share, "consent"), consent), basis);
    cli_html_raw(out, "</tr>\n");
    free(data);
    free(also);
    free(basis);
}

static void
put_shares(struct hf_buf *out, const json_t *shares)
{
    json_t *item;
    size_t i;

    cli_html_heading(out, "whom it was shared with");
    if (json_array_size(shares) == 0) {
        cli_html_raw(out, "<p>Nobody.</p>\n");
        return;
    }
    cli_html_raw(out, "<table><thead><tr><th>When</th><th>Whom</th>"
                      "<th>What</th><th>On which consent</th></tr></thead>"
                      "<tbody>\n");
    json_array_foreach(shares, i, item) put_share(out, item);
    cli_html_raw(out, "</tbody></table>\n");
}

/* What was said and done in a referral, a transfer or a withdrawal. */
static void
put_matter(struct hf_buf *out, const json_t *m)
{
    static const char *const words[] = {"reason", "text", "details", "report"};
    const char *service = cli_out_text(m, "service");
    json_t *e;
    size_t i;

    cli_html_raw(out, "<section><h3>");
    cli_html_text(out, cli_out_text(m, "id"));
    cli_html_raw(out, " &middot; ");
    cli_html_text(out, service[0] ? service : cli_out_text(m, "kind"));
    cli_html_raw(out, " &middot; ");
    cli_html_text(out, cli_out_text(m, "name")[0] ? cli_out_text(m, "name")
                                                  : cli_out_text(m, "org"));
    cli_html_raw(out, " &middot; ");
    cli_html_text(out, cli_out_text(m, "state"));
    cli_html_raw(out, "</h3><ul>\n");
    json_array_foreach(json_object_get(m, "chain"), i, e)
    {
        char at[CLI_OUT_TIME];

        cli_html_raw(out, "<li>");
        cli_html_text(out, cli_out_time(cli_out_text(e, "at"), at));
        cli_html_raw(out, " ");
        cli_html_text(out, cli_out_text(e, "author"));
        cli_html_raw(out, ": ");
        cli_html_text(out, cli_out_text(e, "event"));
        for (size_t k = 0; k < sizeof(words) / sizeof(words[0]); k++) {
            const json_t *value = json_object_get(e, words[k]);

            /* A transfer's `release` carries the consent, printed above. */
            if (value == NULL || json_is_null(value) ||
                json_object_get(value, "given_by") != NULL)
                continue;
            cli_html_raw(out, k == 0 ? ", " : "");
            cli_html_value(out, value);
        }
        cli_html_raw(out, "</li>\n");
    }
    cli_html_raw(out, "</ul></section>\n");
}

static json_t *
text_or_null(const char *text)
{
    return text[0] != '\0' ? json_string(text) : json_null();
}

/* Scopes with their last day as it was written. */
static void
say_days(json_t *scopes)
{
    char at[CLI_OUT_TIME];
    json_t *scope;
    size_t i;

    json_array_foreach(scopes, i, scope)
    {
        const char *day = cli_out_first_day(cli_out_text(scope, "from"), at);

        (void)json_object_set_new(scope, "from", text_or_null(day));
        day = cli_out_last_day(cli_out_text(scope, "until"), at);
        (void)json_object_set_new(scope, "until", text_or_null(day));
    }
}

/* The consent for reading: neither what a program adds up from it, nor the
 * bytes under a signature, which the .json copy has. */
static void
put_agreed(struct hf_buf *out, const json_t *consent)
{
    json_t *plain = json_deep_copy(consent), *version;
    size_t i;

    (void)json_object_del(plain, "covers");
    say_days(json_object_get(plain, "scopes"));
    json_array_foreach(json_object_get(plain, "history"), i, version)
    {
        (void)json_object_del(version, "signed");
        (void)json_object_del(version, "signature");
        say_days(json_object_get(version, "scopes"));
    }
    cli_html_value(out, plain);
    json_decref(plain);
}

static void
put_page(struct hf_buf *out, const json_t *j)
{
    const char *key;
    json_t *value;
    size_t i;

    (void)cli_i18n_use("en"); /* not all of it is translated */
    cli_html_begin(out, "Your record");
    put_head(out, j);
    json_object_foreach(json_object_get(j, "sections"), key, value)
    {
        cli_html_heading(out, key);
        cli_html_value(out, value);
    }
    if (json_array_size(json_object_get(j, "surveys")) > 0) {
        cli_html_heading(out, "surveys");
        cli_html_value(out, json_object_get(j, "surveys"));
    }
    put_shares(out, json_object_get(j, "shared_with"));
    cli_html_heading(out, "what you agreed to");
    put_agreed(out, json_object_get(j, "consent"));
    if (json_array_size(json_object_get(j, "matters")) > 0)
        cli_html_heading(out, "what happened");
    json_array_foreach(json_object_get(j, "matters"), i, value)
        put_matter(out, value);
    cli_html_raw(out, "<footer>You can withdraw consent at any time, in whole "
                      "or in part, through any organisation named here. You "
                      "can ask for a correction, and have this copy again."
                      "</footer>\n");
    cli_html_end(out);
}

static bool
ends_with(const char *text, const char *end)
{
    const size_t n = strlen(text), k = strlen(end);

    return n > k && strcasecmp(text + n - k, end) == 0;
}

int
cli_cannot_write(struct cli *c, const char *path, const char *hint,
                 enum hf_err err)
{
    if (err == HF_ERR_NOT_FOUND ||
        (err == HF_ERR_IO && (errno == ENOENT || errno == ENOTDIR)))
        return cli_fail(c, EX_NOINPUT, "not_found", hint,
                        "%s: there is no such folder", path);
    if (err == HF_ERR_FORBIDDEN ||
        (err == HF_ERR_IO && (errno == EACCES || errno == EPERM ||
                              errno == EROFS || errno == EISDIR)))
        return cli_fail(c, EX_NOPERM, "not_permitted", hint,
                        "%s: may not be written", path);
    return cli_fail(c, EX_SOFTWARE, "cannot_write", hint, "%s: %s", path,
                    hf_err_text(err));
}

int
cli_write_new(struct cli *c, const char *option, const char *path,
              const struct hf_buf *buf)
{
    char hint[48];
    const int fd =
        open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    const int error = errno;
    enum hf_err err = HF_ERR_IO;

    (void)snprintf(hint, sizeof(hint), "give another --%s", option);
    if (fd < 0 && error == EEXIST)
        return cli_fail(c, EX_DATAERR, "exists", hint,
                        "%s: is there already, and is not overwritten", path);
    if (fd >= 0) {
        err = hf_file_write_all(fd, buf->p, buf->n);
        if (!err && fsync(fd) != 0)
            err = HF_ERR_IO;
        (void)close(fd);
        if (err)
            (void)unlink(path);
    } else {
        errno = error;
    }
    return err ? cli_cannot_write(c, path, hint, err) : 0;
}

int
cmd_check_paper(struct cli *c, const char *path, const char *what)
{
    char hint[64];

    (void)snprintf(hint, sizeof(hint), "for example --to %s.html", what);
    if (!ends_with(path, ".html") && !ends_with(path, ".json"))
        return cli_fail(c, EX_USAGE, "usage", hint,
                        "%s: a %s is an .html or a .json file", path, what);
    if (access(path, F_OK) == 0)
        return cli_fail(c, EX_DATAERR, "exists", "give another --to",
                        "%s: is there already, and is not overwritten", path);
    return 0;
}

int
cmd_write_paper(struct cli *c, const char *path, const json_t *j,
                void (*page)(struct hf_buf *out, const json_t *j))
{
    struct hf_buf buf;
    char *text;
    int status;

    hf_buf_init(&buf, COPY_BYTES_MAX);
    if (ends_with(path, ".html")) {
        page(&buf, j);
    } else {
        text = json_dumps(j, JSON_INDENT(2));
        if (text == NULL || !hf_buf_add(&buf, text, strlen(text)) ||
            !hf_buf_add(&buf, "\n", 1))
            buf.failed = true;
        free(text);
    }
    if (buf.failed)
        status = cli_fail(c, EX_SOFTWARE, "internal", NULL, "out of memory");
    else
        status = cli_write_new(c, "to", path, &buf);
    hf_buf_free(&buf);
    return status;
}

int
cmd_case_export(struct cli *c)
{
    const char *path = cli_value(c, "to");
    json_t *answer = NULL, *said;
    struct cli_path p;
    int status;

    status = cmd_check_paper(c, path, "copy");
    if (status != 0)
        return status;
    cli_path_begin(&p, "/cases");
    cli_path_add(&p, c->arg[0]);
    cli_path_add(&p, "export");
    cli_path_query(&p, "why", cli_value(c, "why"));
    status = cli_get(c, p.text, &answer);
    if (status == 0)
        status = cmd_write_paper(c, path, answer, put_page);
    said = json_pack("{s:s,s:s}", "case", cli_out_text(answer, "case"), "to",
                     path);
    if (status == 0 && !cli_say(c, said)) {
        fprintf(c->out, "%s\n", path);
        cli_out_field(c->out, "Careful", cli_out_text(answer, "warning"));
    }
    json_decref(said);
    json_decref(answer);
    return status;
}
