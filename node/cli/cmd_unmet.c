/* unmet add and list, feedback add and list, audit unmet. */
#include <stdlib.h>
#include <string.h>

#include "cli_conn.h"
#include "cli_csv.h"
#include "cli_i18n.h"
#include "cli_out.h"
#include "cli_when.h"
#include "cli_yaml.h"
#include "cmd.h"

/* What stands in the file; options go before it. */
static int
body_of(struct cli *c, struct cli_file *file, json_t **ret)
{
    static const char *const options[] = {"need", "reason", "place", "text",
                                          "kind"};
    const char *path = cli_value(c, "file");
    int status = path == NULL ? 0 : cli_file_load(c, path, file);

    if (status != 0)
        return status;
    *ret = path == NULL ? json_object() : json_copy(file->json);
    for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++)
        if (cli_value(c, options[i]) != NULL &&
            json_object_set_new(*ret, options[i],
                                json_string(cli_value(c, options[i]))) != 0)
            return cli_fail(c, EX_USAGE, "usage", "UTF-8, please",
                            "--%s is no text", options[i]);
    return 0;
}

static int
post(struct cli *c, const char *path, bool has_case, json_t **ret)
{
    struct cli_file file = {.json = NULL};
    json_t *body = NULL;
    int status = body_of(c, &file, &body);

    if (status == 0 && has_case)
        (void)json_object_set_new(body, "case", json_string(c->arg[0]));
    if (status == 0 && cli_has(c, "confidential"))
        (void)json_object_set_new(body, "confidential", json_true());
    if (file.json != NULL)
        c->file = &file;
    if (status == 0)
        status = cli_post(c, path, body, ret);
    c->file = NULL;
    json_decref(body);
    cli_file_free(&file);
    return status;
}

int
cmd_unmet_add(struct cli *c)
{
    json_t *answer = NULL;
    int status;

    if (!cli_has(c, "file") && (!cli_has(c, "need") || !cli_has(c, "reason")))
        return cli_fail(c, EX_USAGE, "usage", "handoff unmet add --help",
                        "unmet add needs --need N and --reason R, or --file F");
    status = post(c, "/unmet", true, &answer);
    if (status == 0 && !cli_say(c, answer))
        fprintf(c->out, "%s: on record\n", cli_out_text(answer, "case"));
    json_decref(answer);
    return status;
}

int
cmd_unmet_list(struct cli *c)
{
    static const struct cli_col cols[] = {
        {CLI_N("CASE"), false}, {CLI_N("NEED"), true},   {CLI_N("PLACE"), true},
        {CLI_N("WHY"), true},   {CLI_N("TIMES"), false}, {"", true}};
    json_t *answer = NULL, *item;
    struct cli_table *t;
    struct cli_path p;
    size_t i;
    int status;

    cli_path_begin(&p, "/unmet");
    cli_path_query(&p, "case", c->n_args > 0 ? c->arg[0] : NULL);
    cli_path_query(&p, "open", cli_has(c, "open") ? "1" : NULL);
    status = cli_get_list(c, p.text, &answer);
    if (status != 0 || cli_say(c, answer)) {
        json_decref(answer);
        return status;
    }
    t = cli_table_new(cols, 6);
    json_array_foreach(json_object_get(answer, "items"), i, item)
    {
        char id[CLI_OUT_ID], times[16];
        const char *cells[] = {
            cli_out_id(cli_out_text(item, "case"), id),
            cli_out_text(item, "need"),
            cli_out_text(item, "place"),
            cli_out_text(item, "reason"),
            times,
            cli_out_text(item, "met")[0] != '\0' ? "met later" : ""};

        (void)snprintf(
            times, sizeof(times), "%lld",
            (long long)json_integer_value(json_object_get(item, "times")));
        cli_table_row(t, cells);
    }
    cli_table_print(t, c->out, CLI_N("No unmet needs."));
    cli_table_free(t);
    if (cli_out_text(answer, "next")[0] != '\0')
        fprintf(c->out, "More: --cursor %s\n", cli_out_text(answer, "next"));
    json_decref(answer);
    return 0;
}

int
cmd_feedback_add(struct cli *c)
{
    struct cli_path p;
    json_t *answer = NULL;
    int status;

    cli_path_begin(&p, "/objects");
    cli_path_add(&p, c->arg[0]);
    cli_path_add(&p, "feedback");
    status = post(c, p.text, false, &answer);
    if (status == 0 && !cli_say(c, answer))
        fprintf(c->out,
                cli_has(c, "confidential")
                    ? "%s: on record, in confidence;\nonly the committee "
                      "counts it\n"
                    : "%s: on record;\nthe provider reads it when you close "
                      "the referral\n",
                cli_out_text(answer, "id"));
    json_decref(answer);
    return status;
}

int
cmd_feedback_list(struct cli *c)
{
    json_t *answer = NULL, *item;
    struct cli_path p;
    size_t i;
    int status;

    cli_path_begin(&p, "/feedback");
    cli_path_query(&p, "case", c->n_args > 0 ? c->arg[0] : NULL);
    status = cli_get_list(c, p.text, &answer);
    if (status != 0 || cli_say(c, answer)) {
        json_decref(answer);
        return status;
    }
    json_array_foreach(json_object_get(answer, "items"), i, item)
    {
        char at[CLI_OUT_TIME], id[CLI_OUT_ID];

        fprintf(c->out, "%s  %s  %s  %s%s\n",
                cli_out_time(cli_out_text(item, "at"), at),
                cli_out_id(cli_out_text(item, "referral"), id),
                cli_out_text(item, "about"), cli_out_text(item, "kind"),
                cli_out_true(item, "confidential") ? ", in confidence" : "");
        cli_out_field(c->out, "", cli_out_text(item, "text"));
    }
    if (json_array_size(json_object_get(answer, "items")) == 0)
        fputs("No feedback.\n", c->out);
    if (cli_out_text(answer, "next")[0] != '\0')
        fprintf(c->out, "More: --cursor %s\n", cli_out_text(answer, "next"));
    json_decref(answer);
    return 0;
}

static void
print_counts(struct cli *c, const json_t *items, const struct cli_col *cols,
             const char *const keys[static 4], const char *none)
{
    struct cli_table *t = cli_table_new(cols, 4);
    json_t *item;
    size_t i;

    json_array_foreach(items, i, item)
    {
        char count[64], *end;
        const long long n = json_integer_value(json_object_get(item, "count"));
        const long long later =
            json_integer_value(json_object_get(item, "met_later"));
        const char *cells[] = {cli_out_text(item, keys[0]),
                               cli_out_text(item, keys[1]),
                               cli_out_text(item, keys[2]), count};

        end = count + snprintf(count, sizeof(count), "%5lld", n);
        if (later > 0)
            (void)snprintf(end, sizeof(count) - (size_t)(end - count),
                           " (%lld later)", later);
        cli_table_row(t, cells);
    }
    cli_table_print(t, c->out, none);
    cli_table_free(t);
}

/* Needs and what persons said, one under the other: a line has the columns of
 * the one or of the other. */
static int
write_unmet(struct cli *c, const json_t *answer)
{
    static const char *const keys[] = {"need",  "place",   "reason",
                                       "about", "service", "kind",
                                       "count", "met_later"};
    json_t *lines = json_copy(json_object_get(answer, "items"));
    int status;

    (void)json_array_extend(lines, json_object_get(answer, "feedback"));
    status = cli_csv_write(c, keys, sizeof(keys) / sizeof(keys[0]), lines);
    json_decref(lines);
    return status;
}

int
cmd_audit_unmet(struct cli *c)
{
    static const struct cli_col needs[] = {{CLI_N("NEED"), true},
                                           {CLI_N("PLACE"), true},
                                           {CLI_N("WHY"), true},
                                           {"UNMET", false}};
    static const struct cli_col said[] = {
        {"ABOUT", true}, {"SERVICE", true}, {"WHAT", true}, {"COUNT", false}};
    static const char *const need_keys[] = {"need", "place", "reason", ""};
    static const char *const said_keys[] = {"about", "service", "kind", ""};
    json_t *answer = NULL;
    struct cli_path p;
    int status;

    cli_path_begin(&p, "/audit/unmet");
    status = cli_path_span(c, &p);
    if (status == 0)
        status = cli_get(c, p.text, &answer);
    if (status == 0 && cli_has(c, "csv"))
        status = write_unmet(c, answer);
    if (status == 0 && !cli_say(c, answer)) {
        const json_t *feedback = json_object_get(answer, "feedback");

        print_counts(c, json_object_get(answer, "items"), needs, need_keys,
                     CLI_N("No unmet needs."));
        if (json_array_size(feedback) > 0) {
            fputc('\n', c->out);
            print_counts(c, feedback, said, said_keys, "");
        }
    }
    json_decref(answer);
    return status;
}
