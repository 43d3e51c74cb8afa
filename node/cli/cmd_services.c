/* services show, search, set: who offers what. */
#include <stdlib.h>
#include <string.h>

#include "cli_conn.h"
#include "cli_out.h"
#include "cli_yaml.h"
#include "cmd.h"

static const struct cli_col columns[] = {
    {"ORGANISATION", true}, {"SERVICE", true}, {"NAME", true},
    {"OPEN", false},        {"FREE", false},   {"DAYS OLD", false}};

static void
number_text(const json_t *item, const char *key, char out[static 24])
{
    const json_t *v = json_object_get(item, key);

    out[0] = '\0';
    if (json_is_integer(v))
        (void)snprintf(out, 24, "%lld", (long long)json_integer_value(v));
}

static void
print_table(struct cli *c, const json_t *items)
{
    struct cli_table *t = cli_table_new(columns, 6);
    json_t *item;
    size_t i;

    json_array_foreach(items, i, item)
    {
        const json_t *accepting = json_object_get(item, "accepting");
        char free_text[24], age[24];
        const char *cells[] = {cli_out_text(item, "organization"),
                               cli_out_text(item, "service"),
                               cli_out_text(item, "name"),
                               json_is_false(accepting) ? "no" : "yes",
                               free_text,
                               age};

        number_text(item, "capacity", free_text);
        number_text(item, "age_days", age);
        if (json_is_true(json_object_get(item, "stale")))
            (void)snprintf(age + strlen(age), sizeof(age) - strlen(age),
                           " stale");
        cli_table_row(t, cells);
    }
    cli_table_print(t, c->out, "No such service.");
    cli_table_free(t);
}

/* Of the organisation, or the service, that @which names. */
static json_t *
select_items(const json_t *answer, const char *which)
{
    json_t *items = json_array(), *item;
    size_t i;

    json_array_foreach(json_object_get(answer, "items"), i, item)
    {
        const char *id = cli_out_text(item, "id");

        if (which != NULL &&
            strcmp(cli_out_text(item, "organization"), which) != 0 &&
            (strlen(which) < 4 || strncasecmp(id, which, strlen(which)) != 0))
            continue;
        (void)json_array_append(items, item);
    }
    return items;
}

int
cmd_services_show(struct cli *c)
{
    const char *which = c->n_args > 0 ? c->arg[0] : NULL;
    json_t *answer = NULL, *items, *all;
    size_t i;
    json_t *item;
    int status = cli_get_list(c, "/services", &answer);

    if (status != 0)
        return status;
    items = select_items(answer, which);
    if (which != NULL && json_array_size(items) == 0)
        status = cli_fail(c, EX_NOINPUT, "no_such_service",
                          "handoff services search lists them",
                          "no service of, or called, %.60s", which);
    all = json_pack("{s:O}", "items", items);
    if (status == 0 && !cli_say(c, all)) {
        if (which == NULL)
            print_table(c, items);
        else
            json_array_foreach(items, i, item)
            {
                if (i > 0)
                    fputc('\n', c->out);
                cli_out_data(c->out, 0, item);
            }
    }
    json_decref(all);
    json_decref(items);
    json_decref(answer);
    return status;
}

int
cmd_services_search(struct cli *c)
{
    json_t *answer = NULL, *items, *all;
    struct cli_path p;
    int status;

    if (c->n_args > 0 && cli_has(c, "code"))
        return cli_fail(c, EX_USAGE, "usage", "give one of them",
                        "services search: SERVICE and --code are the same");
    cli_path_begin(&p, "/services");
    cli_path_query(&p, "code",
                   c->n_args > 0 ? c->arg[0] : cli_value(c, "code"));
    cli_path_query(&p, "place", cli_value(c, "place"));
    cli_path_query(&p, "language", cli_value(c, "language"));
    cli_path_query(&p, "age", cli_value(c, "age"));
    cli_path_query(&p, "sex", cli_value(c, "sex"));
    cli_path_query(&p, "accessibility", cli_value(c, "accessibility"));
    cli_path_query(&p, "cost", cli_value(c, "max-cost"));
    cli_path_query(&p, "capacity", cli_value(c, "capacity"));
    if (cli_has(c, "fresh"))
        cli_path_query(&p, "fresh", "yes");
    status = cli_get_list(c, p.text, &answer);
    if (status != 0)
        return status;
    items = select_items(answer, NULL);
    all = json_pack("{s:O}", "items", items);
    if (!cli_say(c, all))
        print_table(c, items);
    json_decref(all);
    json_decref(items);
    json_decref(answer);
    return 0;
}

int
cmd_services_set(struct cli *c)
{
    struct cli_file file = {.json = NULL};
    struct cli_path p;
    json_t *answer = NULL;
    int status = cli_file_load(c, cli_value(c, "file"), &file);

    if (status != 0)
        return status;
    c->file = &file;
    cli_path_begin(&p, "/services");
    cli_path_query(&p, "on_behalf", cli_value(c, "on-behalf"));
    status = cli_post(c, p.text, file.json, &answer);
    c->file = NULL;
    cli_file_free(&file);
    if (status == 0 && !cli_say(c, answer))
        fputs(cli_has(c, "on-behalf") ? "On this node's map.\n"
                                      : "Published to all members.\n",
              c->out);
    json_decref(answer);
    return status;
}
