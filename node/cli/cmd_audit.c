/* audit flows: how many went from where to where, in figures; audit access:
 * who read what of whom; audit exceptions: what does not fit together. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli_conn.h"
#include "cli_out.h"
#include "cli_when.h"
#include "cmd.h"
#include "hf_file.h"

static const char *const fields[] = {"from", "to", "service", "state",
                                     "reason"};
#define N_FIELDS (sizeof(fields) / sizeof(fields[0]))

/* The reason is there only where it was asked for, by `--by`. */
static size_t
n_fields(const json_t *items)
{
    const bool has =
        json_object_get(json_array_get(items, 0), "reason") != NULL;

    return has ? N_FIELDS : N_FIELDS - 1;
}

/* RFC 4180: quoted where it must be, quotes doubled. A leading sign that a
 * spreadsheet would take for a formula is quoted away, too. */
static bool
csv_cell(struct hf_buf *buf, const char *text)
{
    bool ok = hf_buf_add(buf, "\"", 1);

    if (strchr("=+-@", text[0]) != NULL && text[0] != '\0')
        ok = ok && hf_buf_add(buf, "'", 1);
    for (; *text != '\0' && ok; text++)
        ok =
            hf_buf_add(buf, *text == '"' ? "\"\"" : text, *text == '"' ? 2 : 1);
    return ok && hf_buf_add(buf, "\"", 1);
}

static int
write_csv(struct cli *c, const char *path, const json_t *items)
{
    const size_t n = n_fields(items);
    struct hf_buf buf;
    enum hf_err err;
    json_t *item;
    size_t i;

    hf_buf_init(&buf, 64u * 1024 * 1024);
    for (size_t k = 0; k < n; k++)
        (void)hf_buf_printf(&buf, "%s,", fields[k]);
    (void)hf_buf_printf(&buf, "count\r\n");
    json_array_foreach(items, i, item)
    {
        for (size_t k = 0; k < n; k++) {
            (void)csv_cell(&buf, cli_out_text(item, fields[k]));
            (void)hf_buf_add(&buf, ",", 1);
        }
        (void)hf_buf_printf(
            &buf, "%lld\r\n",
            (long long)json_integer_value(json_object_get(item, "count")));
    }
    err = buf.failed ? HF_ERR_NOMEM : hf_file_write(path, buf.p, buf.n, 0644);
    hf_buf_free(&buf);
    if (err)
        return cli_fail(c, EX_SOFTWARE, "cannot_write", "another --csv",
                        "%s: %s", path, hf_err_text(err));
    return 0;
}

static void
print_flows(struct cli *c, const json_t *items)
{
    static const struct cli_col whole[] = {
        {"FROM", true},  {"TO", true},     {"SERVICE", true},
        {"STATE", true}, {"REASON", true}, {"COUNT", false}};
    static const struct cli_col brief[] = {{"FROM", true},
                                           {"TO", true},
                                           {"SERVICE", true},
                                           {"STATE", true},
                                           {"COUNT", false}};
    const size_t n = n_fields(items);
    struct cli_table *t = cli_table_new(n == N_FIELDS ? whole : brief, n + 1);
    const char *cells[N_FIELDS + 1];
    const json_t *item;
    char count[24];
    size_t i;

    json_array_foreach(items, i, item)
    {
        for (size_t k = 0; k < n; k++)
            cells[k] = cli_out_text(item, fields[k]);
        (void)snprintf(
            count, sizeof(count), "%5lld",
            (long long)json_integer_value(json_object_get(item, "count")));
        cells[n] = count;
        cli_table_row(t, cells);
    }
    cli_table_print(t, c->out, "No figures yet.");
    cli_table_free(t);
}

int
cmd_audit_flows(struct cli *c)
{
    char from[HF_TIME_TEXT_BYTES], to[HF_TIME_TEXT_BYTES];
    const char *from_text, *to_text, *by;
    char all[160] = "";
    json_t *answer = NULL;
    struct cli_path p;
    size_t i = 0, n = 0;
    int status = cli_when(c, "from", CLI_BACK, from, &from_text);

    if (status == 0)
        status = cli_when(c, "to", CLI_BACK, to, &to_text);
    if (status != 0)
        return status;
    cli_path_begin(&p, "/audit/flows");
    cli_path_query(&p, "from", from_text);
    cli_path_query(&p, "to", to_text);
    while (n + 18 < sizeof(all) && (by = cli_next_value(c, "by", &i)) != NULL)
        n += (size_t)snprintf(all + n, sizeof(all) - n, "%s%.16s",
                              n == 0 ? "" : ",", by);
    cli_path_query(&p, "by", n == 0 ? NULL : all);
    status = cli_get_list(c, p.text, &answer);
    if (status == 0 && cli_has(c, "csv"))
        status =
            write_csv(c, cli_value(c, "csv"), json_object_get(answer, "items"));
    if (status == 0 && !cli_say(c, answer))
        print_flows(c, json_object_get(answer, "items"));
    json_decref(answer);
    return status;
}

static void
print_access(struct cli *c, const json_t *item)
{
    const char *id = cli_out_text(item, "case");
    const char *why = cli_out_text(item, "why");
    char *categories = cli_out_join(json_object_get(item, "categories"));
    char at[CLI_OUT_TIME], word[CLI_OUT_ID];

    if (id[0] == '\0')
        id = cli_out_text(item, "id");
    fprintf(c->out, "%s  %s  %s  %s\n",
            cli_out_time(cli_out_text(item, "at"), at), cli_out_id(id, word),
            cli_out_text(item, "what"), cli_out_text(item, "user"));
    cli_out_field(c->out, "  read", categories);
    cli_out_field(c->out, "  why", why[0] != '\0' ? why : "NOT SAID");
    free(categories);
}

int
cmd_audit_access(struct cli *c)
{
    char from[HF_TIME_TEXT_BYTES], to[HF_TIME_TEXT_BYTES];
    const char *from_text, *to_text;
    json_t *answer = NULL, *item;
    struct cli_path p;
    size_t i;
    int status = cli_when(c, "from", CLI_BACK, from, &from_text);

    if (status == 0)
        status = cli_when(c, "to", CLI_BACK, to, &to_text);
    if (status != 0)
        return status;
    cli_path_begin(&p, "/audit/access");
    cli_path_query(&p, "user", cli_value(c, "user"));
    cli_path_query(&p, "case", cli_value(c, "case"));
    cli_path_query(&p, "from", from_text);
    cli_path_query(&p, "to", to_text);
    status = cli_get_list(c, p.text, &answer);
    if (status == 0 && !cli_say(c, answer)) {
        json_array_foreach(json_object_get(answer, "items"), i, item)
            print_access(c, item);
        if (json_array_size(json_object_get(answer, "items")) == 0)
            fputs("Nobody has read anything sensitive.\n", c->out);
    }
    json_decref(answer);
    return status;
}

static void
print_claims(struct cli *c, const json_t *item, const json_t *evidence)
{
    char at[CLI_OUT_TIME], label[16];
    const json_t *claim;
    size_t i;

    fprintf(c->out, "%s  %.16s  %s\n",
            cli_out_time(cli_out_text(evidence, "at"), at),
            cli_out_text(evidence, "tag"), cli_out_text(item, "finding"));
    json_array_foreach(json_object_get(evidence, "claims"), i, claim)
    {
        (void)snprintf(label, sizeof(label), "  %s",
                       cli_out_text(claim, "claim"));
        cli_out_fieldf(c->out, label, "%s, %s", cli_out_text(claim, "by"),
                       cli_out_text(claim, "day"));
    }
}

static void
print_exception(struct cli *c, const json_t *item)
{
    const json_t *evidence = json_object_get(item, "evidence");
    char *between = cli_out_join(json_object_get(item, "between"));
    char at[CLI_OUT_TIME], word[CLI_OUT_ID];
    const json_t *entry;
    size_t i;

    if (json_object_get(evidence, "claims") != NULL) {
        free(between);
        print_claims(c, item, evidence);
        return;
    }
    fprintf(c->out, "%s  %s  %s\n",
            cli_out_time(cli_out_text(evidence, "at"), at),
            cli_out_id(cli_out_text(evidence, "id"), word),
            cli_out_text(item, "finding"));
    cli_out_field(c->out, "  between", between);
    if (json_object_get(evidence, "n") == NULL)
        cli_out_field(c->out, "  author", cli_out_text(evidence, "author"));
    else
        cli_out_fieldf(c->out, "  author", "%s, number %lld",
                       cli_out_text(evidence, "author"),
                       (long long)json_integer_value(
                           json_object_get(evidence, "n")));
    json_array_foreach(json_object_get(evidence, "entries"), i, entry)
        cli_out_fieldf(c->out, i == 0 ? "  one" : "  other", "%s, %.16s",
                       cli_out_text(entry, "event"),
                       cli_out_text(entry, "hash"));
    json_array_foreach(json_object_get(evidence, "verdicts"), i, entry)
        cli_out_fieldf(c->out, i == 0 ? "  one" : "  other", "%s, %s",
                       cli_out_true(entry, "upheld") ? "upheld" : "not upheld",
                       cli_out_time(cli_out_text(entry, "at"), at));
    cli_out_field(c->out, "  shown by", cli_out_text(evidence, "by"));
    free(between);
}

int
cmd_audit_exceptions(struct cli *c)
{
    json_t *answer = NULL, *item;
    int status;
    size_t i;

    status = cli_get_list(c, "/audit/exceptions", &answer);
    if (status == 0 && !cli_say(c, answer)) {
        json_array_foreach(json_object_get(answer, "items"), i, item)
            print_exception(c, item);
        if (json_array_size(json_object_get(answer, "items")) == 0)
            fputs("Everything fits together.\n", c->out);
    }
    json_decref(answer);
    return status;
}
