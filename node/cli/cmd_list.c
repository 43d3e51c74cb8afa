/* list, tasks, withdrawals: what there is and what is to be done. */
#include <string.h>

#include "cli_conn.h"
#include "cli_i18n.h"
#include "cli_out.h"
#include "cli_when.h"
#include "cli_yaml.h"
#include "cmd.h"

#define FLAG(c, name) (cli_has((c), (name)) ? "1" : NULL)

static const char *
due_text(const json_t *item, char at[static CLI_OUT_TIME])
{
    const char *due = cli_out_text(item, "due");

    if (cli_out_true(item, "overdue"))
        return "OVERDUE";
    if (cli_out_true(item, "waiting_for_prekey"))
        return "(no prekey)";
    if (cli_out_text(item, "waiting_for")[0] != '\0')
        return "(cannot go)";
    return due[0] != '\0' ? cli_out_day(due, at) : "";
}

static void
list_row(struct cli_table *t, const json_t *item)
{
    const bool in = strcmp(cli_out_text(item, "direction"), "in") == 0;
    const char *urgency = cli_out_text(item, "urgency");
    char id[CLI_OUT_ID], at[CLI_OUT_TIME], due[CLI_OUT_TIME];
    const char *cells[] = {cli_out_id(cli_out_text(item, "id"), id),
                           cli_out_text(item, "state"),
                           in ? "<" : ">",
                           cli_out_text(item, in ? "from" : "to"),
                           cli_out_text(item, "service"),
                           strcmp(urgency, "normal") == 0 ? "" : urgency,
                           due_text(item, due),
                           cli_out_day(cli_out_text(item, "at"), at)};

    if (strcmp(cli_out_text(item, "kind"), "transfer") == 0)
        cells[4] = "(case)";
    cli_table_row(t, cells);
}

int
cmd_list(struct cli *c)
{
    static const struct cli_col cols[] = {{CLI_N("ID"), false},
                                          {CLI_N("STATE"), CLI_CUT_LAST},
                                          {"", false},
                                          {CLI_N("PEER"), true},
                                          {CLI_N("SERVICE"), true},
                                          {"!", CLI_CUT_LAST},
                                          {CLI_N("DUE"), false},
                                          {CLI_N("CHANGED"), false}};
    char since[HF_TIME_TEXT_BYTES];
    json_t *answer = NULL, *item;
    struct cli_table *t;
    struct cli_path p;
    const char *when;
    size_t i;
    int status = cli_when(c, "since", CLI_BACK, since, &when);

    if (status != 0)
        return status;
    cli_path_begin(&p, "/objects");
    cli_path_query(&p, "kind", "referral,transfer");
    if (cli_has(c, "in") != cli_has(c, "out"))
        cli_path_query(&p, "direction", cli_has(c, "in") ? "in" : "out");
    cli_path_query(&p, "state", cli_value(c, "state"));
    cli_path_query(&p, "overdue", FLAG(c, "overdue"));
    cli_path_query(&p, "mine", FLAG(c, "mine"));
    cli_path_query(&p, "unassigned", FLAG(c, "unassigned"));
    cli_path_query(&p, "since", when);
    status = cli_get_list(c, p.text, &answer);
    if (status != 0 || cli_say(c, answer)) {
        json_decref(answer);
        return status;
    }
    t = cli_table_new(cols, 8);
    json_array_foreach(json_object_get(answer, "items"), i, item)
        list_row(t, item);
    cli_table_print(t, c->out, CLI_N("Nothing here."));
    cli_table_free(t);
    if (cli_out_text(answer, "next")[0] != '\0')
        fprintf(c->out, "More: --cursor %s\n", cli_out_text(answer, "next"));
    json_decref(answer);
    return 0;
}

/* Beneath the table: whom the SOP would ask where nobody answered. */
static void
print_proposals(FILE *out, const json_t *items)
{
    const json_t *item;
    size_t i;

    json_array_foreach(items, i, item)
    {
        const json_t *next = json_object_get(item, "next");
        const char *to = cli_out_text(next, "to");
        char id[CLI_OUT_ID];

        if (next == NULL)
            continue;
        (void)cli_out_id(cli_out_text(item, "object"), id);
        if (to[0] == '\0')
            fprintf(out, "%s: nobody else by the SOP; handoff close %s "
                         "--unmet yes\n", id, id);
        else
            fprintf(out, "%s: next %s, by the SOP; handoff next %s\n", id, to,
                    id);
    }
}

/* "12-10 08:15"; "OVERDUE 12-10", where the minute says little. */
static const char *
task_due(const json_t *item, char out[static CLI_OUT_TIME + 8])
{
    char at[CLI_OUT_TIME], *time;

    (void)cli_out_day(cli_out_text(item, "due"), at);
    if (cli_out_true(item, "overdue") && (time = strchr(at, ' ')) != NULL)
        *time = '\0';
    (void)snprintf(out, CLI_OUT_TIME + 8, "%s%s",
                   cli_out_true(item, "overdue") ? "OVERDUE " : "", at);
    return out;
}

int
cmd_tasks(struct cli *c)
{
    static const struct cli_col cols[] = {
        {CLI_N("TASK"), false}, {CLI_N("WHAT"), true}, {CLI_N("BY"), true},
        {CLI_N("NAME"), true},  {CLI_N("OF"), false},  {CLI_N("DUE"), false}};
    json_t *answer = NULL, *item;
    struct cli_table *t;
    struct cli_path p;
    size_t i;
    int status;

    cli_path_begin(&p, "/tasks");
    cli_path_query(&p, "overdue", FLAG(c, "overdue"));
    cli_path_query(&p, "mine", FLAG(c, "mine"));
    cli_path_query(&p, "unassigned", FLAG(c, "unassigned"));
    status = cli_get_list(c, p.text, &answer);
    if (status != 0 || cli_say(c, answer)) {
        json_decref(answer);
        return status;
    }
    t = cli_table_new(cols, 6);
    json_array_foreach(json_object_get(answer, "items"), i, item)
    {
        const char *of = cli_out_text(item, "object");
        char id[CLI_OUT_ID], of_id[CLI_OUT_ID], due[CLI_OUT_TIME + 8];
        const char *cells[] = {
            cli_out_id(cli_out_text(item, "task"), id),
            cli_out_text(item, "what"),
            cli_out_true(item, "ours") ? cli_tr(CLI_N("us"))
                                       : cli_out_text(item, "by"),
            cli_out_text(item, "name"),
            cli_out_id(of[0] ? of : cli_out_text(item, "case"), of_id),
            task_due(item, due)};

        cli_table_row(t, cells);
    }
    cli_table_print(t, c->out, CLI_N("Nothing to do."));
    cli_table_free(t);
    print_proposals(c->out, json_object_get(answer, "items"));
    json_decref(answer);
    return 0;
}

int
cmd_tasks_done(struct cli *c)
{
    const char *path = cli_value(c, "file");
    struct cli_file file = {.json = NULL};
    json_t *body = json_object(), *answer = NULL;
    struct cli_path p;
    int status = path == NULL ? 0 : cli_file_load(c, path, &file);

    if (status == 0 && path != NULL) {
        (void)json_object_set(body, "report", file.json);
        c->file = &file;
    }
    if (status == 0) {
        cli_path_begin(&p, "/tasks");
        cli_path_add(&p, c->arg[0]);
        cli_path_add(&p, "done");
        status = cli_post(c, p.text, body, &answer);
    }
    if (status == 0 && !cli_say(c, answer))
        fprintf(c->out, "%s  done\n", cli_out_text(answer, "task"));
    json_decref(answer);
    json_decref(body);
    c->file = NULL;
    cli_file_free(&file);
    return status;
}

/* "kept: medical_record", "erased, by hand". */
static const char *
answer_text(const json_t *item, char *room, size_t n)
{
    const char *basis = cli_out_text(item, "basis");

    (void)snprintf(room, n, "%s%s%s%s", cli_out_text(item, "answer"),
                   basis[0] != '\0' ? ": " : "", basis,
                   cli_out_true(item, "by_hand") ? ", by hand" : "");
    return room;
}

int
cmd_withdrawals(struct cli *c)
{
    static const struct cli_col cols[] = {
        {CLI_N("WITHDRAWAL"), false}, {"", false},
        {CLI_N("PEER"), true},        {CLI_N("EFFECT"), false},
        {CLI_N("STATE"), false},      {CLI_N("ANSWER"), true},
        {CLI_N("CHANGED"), false}};
    json_t *answer = NULL, *item;
    struct cli_table *t;
    struct cli_path p;
    size_t i;
    int status;

    cli_path_begin(&p, "/withdrawals");
    cli_path_query(&p, "open", FLAG(c, "open"));
    status = cli_get_list(c, p.text, &answer);
    if (status != 0 || cli_say(c, answer)) {
        json_decref(answer);
        return status;
    }
    t = cli_table_new(cols, 7);
    json_array_foreach(json_object_get(answer, "items"), i, item)
    {
        const bool in = strcmp(cli_out_text(item, "direction"), "in") == 0;
        char id[CLI_OUT_ID], at[CLI_OUT_TIME], words[64];
        const char *cells[] = {cli_out_id(cli_out_text(item, "id"), id),
                               in ? "<" : ">",
                               cli_out_text(item, "peer"),
                               cli_out_text(item, "effect"),
                               cli_out_text(item, "state"),
                               answer_text(item, words, sizeof(words)),
                               cli_out_day(cli_out_text(item, "at"), at)};

        cli_table_row(t, cells);
    }
    cli_table_print(t, c->out, CLI_N("No withdrawals."));
    cli_table_free(t);
    json_decref(answer);
    return 0;
}
