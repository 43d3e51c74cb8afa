/* case new, show, list, set, stage, assign, shred. */
#include <stdlib.h>
#include <string.h>

#include "cli_conn.h"
#include "cli_i18n.h"
#include "cli_out.h"
#include "cli_when.h"
#include "cli_yaml.h"
#include "cmd.h"

/* "/cases/HC-..." and perhaps one part more. */
static const char *
case_path(struct cli_path *p, const char *id, const char *more)
{
    cli_path_begin(p, "/cases");
    cli_path_add(p, id);
    if (more != NULL)
        cli_path_add(p, more);
    return p->text;
}

int
cmd_send_file(struct cli *c, const char *method, const char *path,
          json_t **ret_json)
{
    struct cli_file file = {.json = NULL};
    struct cli_answer a = {.json = NULL};
    int status = cli_file_load(c, cli_value(c, "file"), &file);

    if (status != 0)
        return status;
    c->file = &file;
    status = cli_conn_call(c, method, path, file.json, &a);
    if (status == 0 && a.status != 0)
        status = cli_conn_refused(c, &a);
    if (status == 0)
        *ret_json = json_incref(a.json);
    c->file = NULL;
    cli_answer_free(&a);
    cli_file_free(&file);
    return status;
}

int
cmd_case_new(struct cli *c)
{
    json_t *answer = NULL;
    const int status = cmd_send_file(c, "POST", "/cases", &answer);

    if (status == 0 && !cli_say(c, answer))
        fprintf(c->out, "%s opened\n", cli_out_text(answer, "case"));
    json_decref(answer);
    return status;
}

int
cmd_case_set(struct cli *c)
{
    struct cli_path p;
    json_t *answer = NULL;
    const int status =
        cmd_send_file(c, "PUT", case_path(&p, c->arg[0], NULL), &answer);

    if (status == 0 && !cli_say(c, answer))
        fprintf(c->out, "%s changed\n", cli_out_text(answer, "case"));
    json_decref(answer);
    return status;
}

int
cmd_case_stage(struct cli *c)
{
    struct cli_path p;
    json_t *answer = NULL;
    json_t *body = json_pack("{s:s}", "stage", c->arg[1]);
    const int status =
        cli_post(c, case_path(&p, c->arg[0], "stage"), body, &answer);

    json_decref(body);
    if (status == 0 && !cli_say(c, answer))
        fprintf(c->out, "%s is at stage %s\n", cli_out_text(answer, "case"),
                cli_out_text(answer, "stage"));
    json_decref(answer);
    return status;
}

static void
print_assigned(struct cli *c, const char *until)
{
    char at[CLI_OUT_TIME];

    fprintf(c->out, "%s is %s's ", c->arg[0], cli_value(c, "to"));
    if (until == NULL)
        fputs("now\n", c->out);
    else
        fprintf(c->out, "until %s\n", cli_out_time(until, at));
}

int
cmd_case_assign(struct cli *c)
{
    const bool is_case = strncasecmp(c->arg[0], "HC-", 3) == 0;
    char until[HF_TIME_TEXT_BYTES];
    const char *when;
    struct cli_path p;
    json_t *answer = NULL, *body;
    int status;

    status = cli_when(c, "until", CLI_AHEAD, until, &when);
    if (status != 0)
        return status;
    cli_path_begin(&p, is_case ? "/cases" : "/objects");
    cli_path_add(&p, c->arg[0]);
    cli_path_add(&p, "assign");
    body = json_pack("{s:s}", "to", cli_value(c, "to"));
    if (when != NULL)
        (void)json_object_set_new(body, "until", json_string(when));
    status = cli_post(c, p.text, body, &answer);
    json_decref(body);
    if (status == 0 && !cli_say(c, answer))
        print_assigned(c, when);
    json_decref(answer);
    return status;
}

int
cmd_case_shred(struct cli *c)
{
    struct cli_path p;
    json_t *answer = NULL;
    json_t *body = json_object();
    const int status =
        cli_post(c, case_path(&p, c->arg[0], "shred"), body, &answer);

    json_decref(body);
    if (status == 0 && !cli_say(c, answer))
        fprintf(c->out, "%s is shredded: no key of it is left here\n",
                cli_out_text(answer, "case"));
    json_decref(answer);
    return status;
}

static void
print_transfers(struct cli *c, const json_t *transfers)
{
    static const struct cli_col cols[] = {{CLI_N("TRANSFER"), false},
                                          {CLI_N("FROM"), true},
                                          {CLI_N("TO"), true},
                                          {"STATE", false},
                                          {CLI_N("WHEN"), false}};
    struct cli_table *t = cli_table_new(cols, 5);
    json_t *item;
    size_t i;

    json_array_foreach(transfers, i, item)
    {
        char at[CLI_OUT_TIME], id[CLI_OUT_ID];
        const char *cells[] = {id, cli_out_text(item, "from"),
                               cli_out_text(item, "to"),
                               cli_out_text(item, "state"),
                               cli_out_time(cli_out_text(item, "at"), at)};

        cells[0] = cli_out_id(cli_out_text(item, "id"), id);
        cli_table_row(t, cells);
    }
    fputs("\nCustody\n", c->out);
    cli_table_print(t, c->out, "  Opened here; never transferred.");
    cli_table_free(t);
}

static void
print_owner(struct cli *c, const json_t *j)
{
    const char *then = cli_out_text(j, "owner_then");
    char at[CLI_OUT_TIME];

    if (cli_out_text(j, "owner_until")[0] == '\0')
        cli_out_field(c->out, CLI_N("Case manager"), cli_out_text(j, "owner"));
    else
        cli_out_fieldf(c->out, CLI_N("Case manager"), "%s until %s, then %s",
                       cli_out_text(j, "owner"),
                       cli_out_time(cli_out_text(j, "owner_until"), at),
                       then[0] != '\0' ? then : "nobody");
}

static void
print_household(struct cli *c, const json_t *j)
{
    char *members = cli_out_join(json_object_get(j, "members"));

    cli_out_field(c->out, CLI_N("Household"), cli_out_text(j, "household"));
    if (cli_out_text(j, "household")[0] != '\0')
        cli_out_field(c->out, "", members);
    free(members);
}

/* Perhaps one person: for the case manager to say. */
static void
print_duplicates(struct cli *c, const json_t *j)
{
    json_t *item;
    size_t i;

    json_array_foreach(json_object_get(j, "duplicates"), i, item)
    {
        char *by = cli_out_join(json_object_get(item, "by"));
        const char *verdict = cli_out_text(item, "verdict");

        if (strcmp(verdict, "open") == 0)
            cli_out_fieldf(c->out, CLI_N("Same person?"),
                           "%s, by %s: say handoff case same, or case "
                           "different",
                           cli_out_text(item, "case"), by);
        else
            cli_out_fieldf(c->out,
                           strcmp(verdict, "same") == 0 ? "Same person"
                                                        : "Not the same",
                           "%s", cli_out_text(item, "case"));
        free(by);
    }
}

static void
print_case(struct cli *c, const json_t *j)
{
    const json_t *custody = json_object_get(j, "custody");
    char *withheld = cli_out_join(json_object_get(j, "withheld"));
    char at[CLI_OUT_TIME];

    cli_out_field(c->out, CLI_N("Case"), cli_out_text(j, "case"));
    cli_out_field(c->out, CLI_N("Number"), cli_out_text(j, "number"));
    cli_out_field(c->out, CLI_N("Stage"), cli_out_text(j, "stage"));
    cli_out_field(c->out, CLI_N("Closed for"), cli_out_text(j, "closed_for"));
    if (cli_out_text(j, "close_asked")[0] != '\0')
        cli_out_fieldf(
            c->out, CLI_N("To be closed"), "%s, says %s; a supervisor agrees",
            cli_out_text(j, "close_asked"), cli_out_text(j, "close_asked_by"));
    if (cli_out_true(j, "hold"))
        cli_out_field(c->out, CLI_N("On hold"), "for an inquiry");
    cli_out_fieldf(
        c->out, CLI_N("Custody"), "%s (epoch %lld)",
        cli_out_text(custody, "holder"),
        (long long)json_integer_value(json_object_get(custody, "epoch")));
    print_owner(c, j);
    if (cli_out_text(j, "origin")[0] != '\0')
        cli_out_fieldf(c->out, CLI_N("Return"), "from %s to %s",
                       cli_out_text(j, "host")[0] ? cli_out_text(j, "host")
                                                  : "?",
                       cli_out_text(j, "origin"));
    print_household(c, j);
    print_duplicates(c, j);
    cli_out_field(c->out, CLI_N("Handed by"), cli_out_text(j, "from"));
    cli_out_field(c->out, CLI_N("Consent"), cli_out_text(j, "consent"));
    if (cli_out_text(j, "changed")[0] != '\0')
        cli_out_field(c->out, CLI_N("Changed"),
                      cli_out_time(cli_out_text(j, "changed"), at));
    if (json_array_size(json_object_get(j, "withheld")) > 0)
        cli_out_fieldf(c->out, CLI_N("Not for you"), "%s", withheld);
    free(withheld);
    fputc('\n', c->out);
    cli_out_data(c->out, 0, json_object_get(j, "sections"));
    if (cli_has(c, "custody"))
        print_transfers(c, json_object_get(j, "transfers"));
}

int
cmd_case_show(struct cli *c)
{
    struct cli_path p;
    json_t *answer = NULL;
    int status;

    (void)case_path(&p, c->arg[0], NULL);
    cli_path_query(&p, "custody", cli_has(c, "custody") ? "1" : NULL);
    cli_path_query(&p, "why", cli_value(c, "why"));
    status = cli_get(c, p.text, &answer);
    if (status == 0 && !cli_say(c, answer))
        print_case(c, answer);
    json_decref(answer);
    return status;
}

static int
newer(const void *a, const void *b)
{
    return strcmp(cli_out_text(*(json_t *const *)b, "changed"),
                  cli_out_text(*(json_t *const *)a, "changed"));
}

/* The store has them by id, which says nothing to anybody. */
static json_t *
newest_first(const json_t *items)
{
    const size_t n = json_array_size(items);
    json_t **sorted = calloc(n + 1, sizeof(json_t *));
    json_t *list = json_array();

    for (size_t i = 0; sorted != NULL && i < n; i++)
        sorted[i] = json_array_get(items, i);
    if (sorted != NULL)
        qsort(sorted, n, sizeof(json_t *), newer);
    for (size_t i = 0; sorted != NULL && i < n; i++)
        (void)json_array_append(list, sorted[i]);
    free(sorted);
    return list;
}

/* Whom it may be a second case of is in case show. */
static const char *
name_of(const json_t *item, char room[static 128])
{
    if (!cli_out_true(item, "duplicate"))
        return cli_out_text(item, "name");
    (void)snprintf(room, 128, "(twice?) %s", cli_out_text(item, "name"));
    return room;
}

int
cmd_case_list(struct cli *c)
{
    static const struct cli_col cols[] = {{CLI_N("CASE"), false},
                                          {CLI_N("NUMBER"), true},
                                          {CLI_N("NAME"), true},
                                          {CLI_N("STAGE"), false},
                                          {CLI_N("HOLDER"), true}};
    struct cli_table *t;
    struct cli_path p;
    json_t *answer = NULL, *items, *item;
    size_t i;
    int status;

    cli_path_begin(&p, "/cases");
    cli_path_query(&p, "stage", cli_value(c, "stage"));
    cli_path_query(&p, "holder", cli_value(c, "holder"));
    cli_path_query(&p, "mine", cli_has(c, "mine") ? "1" : NULL);
    cli_path_query(&p, "unassigned", cli_has(c, "unassigned") ? "1" : NULL);
    status = cli_get_list(c, p.text, &answer);
    if (status != 0 || cli_say(c, answer)) {
        json_decref(answer);
        return status;
    }
    t = cli_table_new(cols, 5);
    items = newest_first(json_object_get(answer, "items"));
    json_array_foreach(items, i, item)
    {
        char id[CLI_OUT_ID], room[128];
        const char *cells[] = {
            cli_out_id(cli_out_text(item, "case"), id),
            cli_out_text(item, "number"),
            name_of(item, room),
            cli_out_text(item, "stage"), cli_out_text(item, "holder")};

        cli_table_row(t, cells);
    }
    cli_table_print(t, c->out, CLI_N("No cases."));
    cli_table_free(t);
    json_decref(items);
    json_decref(answer);
    return 0;
}
