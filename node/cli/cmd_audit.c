/* audit flows: how many went from where to where, in figures; audit access:
 * who read what of whom; audit exceptions: what does not fit together. */
#include <stdlib.h>
#include <string.h>

#include "cli_conn.h"
#include "cli_csv.h"
#include "cli_out.h"
#include "cli_when.h"
#include "cmd.h"

static const char *const fields[] = {"from",  "to",   "service", "state",
                                     "count", "kind", "reason"};
#define N_FIELDS (sizeof(fields) / sizeof(fields[0]))

/* "from,to": what is given with commas, or more than once. */
static bool
join_by(const struct cli *c, char room[static 64])
{
    const char *by;
    size_t i = 0, n = 0;

    room[0] = '\0';
    while ((by = cli_next_value(c, "by", &i)) != NULL) {
        if (n + strlen(by) + 2 > 64)
            return false;
        n += (size_t)snprintf(room + n, 64 - n, "%s%s", n > 0 ? "," : "", by);
    }
    return true;
}

static void
flow_row(struct cli_table *t, const json_t *item, bool has_reason)
{
    const json_t *n = json_object_get(item, "count");
    const char *kind = cli_out_text(item, "kind");
    char count[24], of[24];
    const char *cells[] = {cli_out_text(item, "from"),
                           cli_out_text(item, "to"),
                           cli_out_text(item, "service"),
                           cli_out_text(item, "state"),
                           has_reason ? cli_out_text(item, "reason") : count,
                           count};

    if (strcmp(kind, "referral") != 0) {
        (void)snprintf(of, sizeof(of), "(%.20s)", kind);
        cells[2] = of;
    }
    (void)snprintf(count, sizeof(count), "%5lld",
                   (long long)json_integer_value(n));
    cli_table_row(t, cells);
}

/* The reason is there only where it was asked for, by `--by`. */
static void
print_flows(FILE *out, const json_t *items)
{
    static const struct cli_col whole[] = {
        {"FROM", true},          {"TO", true},     {"SERVICE", true},
        {"STATE", CLI_CUT_LAST}, {"REASON", true}, {"COUNT", false}};
    static const struct cli_col brief[] = {{"FROM", true},
                                           {"TO", true},
                                           {"SERVICE", true},
                                           {"STATE", CLI_CUT_LAST},
                                           {"COUNT", false}};
    const bool has_reason =
        json_object_get(json_array_get(items, 0), "reason") != NULL;
    struct cli_table *t =
        has_reason ? cli_table_new(whole, 6) : cli_table_new(brief, 5);
    json_t *item;
    size_t i;

    json_array_foreach(items, i, item) flow_row(t, item, has_reason);
    cli_table_print(t, out, "No figures yet.");
    cli_table_free(t);
}

int
cmd_audit_flows(struct cli *c)
{
    json_t *answer = NULL;
    struct cli_path p;
    char by[64];
    int status;

    if (!join_by(c, by))
        return cli_fail(c, EX_USAGE, "usage", "from, to, service, state, ...",
                        "--by names too much");
    cli_path_begin(&p, "/audit/flows");
    status = cli_path_span(c, &p);
    if (status != 0)
        return status;
    cli_path_query(&p, "by", by[0] != '\0' ? by : NULL);
    status = cli_get_list(c, p.text, &answer);
    if (status == 0 && cli_has(c, "csv"))
        status = cli_csv_write(c, fields, N_FIELDS,
                               json_object_get(answer, "items"));
    if (status == 0 && !cli_say(c, answer))
        print_flows(c->out, json_object_get(answer, "items"));
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
    json_t *answer = NULL, *item;
    struct cli_path p;
    size_t i;
    int status;

    cli_path_begin(&p, "/audit/access");
    cli_path_query(&p, "user", cli_value(c, "user"));
    cli_path_query(&p, "case", cli_value(c, "case"));
    status = cli_path_span(c, &p);
    if (status != 0)
        return status;
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

/* A finding as a line of a spreadsheet: its evidence is in --json. */
static json_t *
exception_line(const json_t *item)
{
    static const char *const keys[] = {"at", "id", "tag", "author", "n", "by"};
    const json_t *evidence = json_object_get(item, "evidence");
    json_t *line = json_copy((json_t *)(uintptr_t)item);

    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
        if (json_object_get(evidence, keys[i]) != NULL)
            (void)json_object_set(line, keys[i],
                                  json_object_get(evidence, keys[i]));
    return line;
}

static int
write_exceptions(struct cli *c, const json_t *items)
{
    static const char *const keys[] = {"finding", "between", "at", "id",
                                       "tag",     "author",  "n",  "by"};
    json_t *lines = json_array(), *item;
    size_t i;
    int status;

    json_array_foreach(items, i, item)(void)
        json_array_append_new(lines, exception_line(item));
    status = cli_csv_write(c, keys, sizeof(keys) / sizeof(keys[0]), lines);
    json_decref(lines);
    return status;
}

int
cmd_audit_exceptions(struct cli *c)
{
    json_t *answer = NULL, *item;
    struct cli_path p;
    size_t i;
    int status;

    cli_path_begin(&p, "/audit/exceptions");
    status = cli_path_span(c, &p);
    if (status == 0)
        status = cli_get_list(c, p.text, &answer);
    if (status == 0 && cli_has(c, "csv"))
        status = write_exceptions(c, json_object_get(answer, "items"));
    if (status == 0 && !cli_say(c, answer)) {
        json_array_foreach(json_object_get(answer, "items"), i, item)
            print_exception(c, item);
        if (json_array_size(json_object_get(answer, "items")) == 0)
            fputs("Everything fits together.\n", c->out);
    }
    json_decref(answer);
    return status;
}
