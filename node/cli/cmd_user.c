/* user add, list, show, role, disable: who may use this node. */
#include <stdlib.h>

#include "cli_conn.h"
#include "cli_out.h"
#include "cli_when.h"
#include "cmd.h"
#include "hf_proc.h"

static json_t *
roles_json(const struct cli *c)
{
    json_t *roles = json_array();
    const char *role;
    size_t i = 0;

    while ((role = cli_next_value(c, "role", &i)) != NULL)
        (void)json_array_append_new(roles, json_string(role));
    return roles;
}

static int
post(struct cli *c, const char *path, json_t *body, const char *done)
{
    json_t *answer = NULL;
    const int status = cli_post(c, path, body, &answer);

    json_decref(body);
    if (status == 0 && !cli_say(c, answer))
        fprintf(c->out, "%s %s\n", c->arg[0], done);
    json_decref(answer);
    return status;
}

int
cmd_user_add(struct cli *c)
{
    json_t *body =
        json_pack("{s:s,s:o}", "name", c->arg[0], "roles", roles_json(c));

    if (body == NULL)
        return cli_fail(c, EX_USAGE, "usage", "UTF-8, please",
                        "the name is no text");
    if (cli_has(c, "language"))
        (void)json_object_set_new(body, "language",
                                  json_string(cli_value(c, "language")));
    return post(c, "/users", body, "added");
}

int
cmd_user_role(struct cli *c)
{
    struct cli_path p;

    cli_path_begin(&p, "/users");
    cli_path_add(&p, c->arg[0]);
    cli_path_add(&p, "role");
    return post(c, p.text, json_pack("{s:o}", "roles", roles_json(c)),
                "has these roles now");
}

int
cmd_user_disable(struct cli *c)
{
    struct cli_path p;

    cli_path_begin(&p, "/users");
    cli_path_add(&p, c->arg[0]);
    cli_path_add(&p, "disable");
    return post(c, p.text, json_object(), "disabled");
}

int
cmd_user_absent(struct cli *c)
{
    char until[HF_TIME_TEXT_BYTES];
    struct cli_path p;
    const char *when;
    uint64_t ms;
    json_t *body;
    int status = cli_when(c, "until", CLI_AHEAD, until, &when);

    if (status != 0)
        return status;
    cli_path_begin(&p, "/users");
    cli_path_add(&p, c->arg[0]);
    cli_path_add(&p, "absent");
    body = json_pack("{s:s}", "until", when);
    if (cli_has(c, "to"))
        (void)json_object_set_new(body, "to", json_string(cli_value(c, "to")));
    if (hf_time_parse(when, &ms) && ms <= hf_clock_wall_ms())
        return post(c, p.text, body, "is here; nothing is lent");
    return post(c, p.text, body,
                cli_has(c, "to") ? "is away; the work is lent until then"
                                 : "is away; nobody stands in (--to USER)");
}

/* What to know of a user besides roles, in a few words. */
static void
say_standing(const json_t *item, char out[static 80])
{
    char at[CLI_OUT_TIME];

    if (cli_out_true(item, "disabled"))
        (void)snprintf(out, 80, "disabled");
    else if (cli_out_text(item, "absent_until")[0] != '\0')
        (void)snprintf(out, 80, "away until %s%s%s",
                       cli_out_time(cli_out_text(item, "absent_until"), at),
                       cli_out_text(item, "stand_in")[0] ? ": " : "",
                       cli_out_text(item, "stand_in"));
    else
        out[0] = '\0';
}

int
cmd_user_list(struct cli *c)
{
    static const struct cli_col cols[] = {{"USER", false},
                                          {"ROLES", CLI_WRAP},
                                          {"LANGUAGE", false},
                                          {"", CLI_WRAP}};
    struct cli_table *t;
    json_t *answer = NULL, *item;
    size_t i;
    const int status = cli_get_list(c, "/users", &answer);

    if (status != 0 || cli_say(c, answer)) {
        json_decref(answer);
        return status;
    }
    t = cli_table_new(cols, 4);
    json_array_foreach(json_object_get(answer, "items"), i, item)
    {
        char *roles = cli_out_join(json_object_get(item, "roles"));
        char standing[80];
        const char *cells[] = {cli_out_text(item, "name"), roles,
                               cli_out_text(item, "language"), standing};

        say_standing(item, standing);
        cli_table_row(t, cells);
        free(roles);
    }
    cli_table_print(t, c->out, "No users yet.");
    cli_table_free(t);
    if (cli_out_text(answer, "next")[0] != '\0')
        fprintf(c->out, "More: --cursor %s\n", cli_out_text(answer, "next"));
    json_decref(answer);
    return 0;
}

/* "pack af-national v1, for AF" */
static void
say_source(const json_t *item, char out[static 160])
{
    const char *source = cli_out_text(item, "source");
    char *origins = cli_out_join(json_object_get(item, "origins"));
    char *hosts = cli_out_join(json_object_get(item, "hosts"));
    const json_int_t version =
        json_integer_value(json_object_get(item, "version"));

    if (strcmp(source, "pack") != 0)
        (void)snprintf(out, 160, "%s",
                       strcmp(source, "built_in") == 0 ? "built in" : source);
    else
        (void)snprintf(out, 160, "pack %s v%" JSON_INTEGER_FORMAT "%s%s%s%s",
                       cli_out_text(item, "pack"), version,
                       strcmp(origins, "-") == 0 ? "" : ", origin ",
                       strcmp(origins, "-") == 0 ? "" : origins,
                       strcmp(hosts, "-") == 0 ? "" : ", host ",
                       strcmp(hosts, "-") == 0 ? "" : hosts);
    free(origins);
    free(hosts);
}

static void
print_user(struct cli *c, const json_t *answer)
{
    char *roles = cli_out_join(json_object_get(answer, "roles"));
    char standing[80];
    json_t *item;
    size_t i;

    say_standing(answer, standing);
    fprintf(c->out, "%s\n", cli_out_text(answer, "name"));
    cli_out_field(c->out, "Roles", roles);
    cli_out_field(c->out, "Language", cli_out_text(answer, "language"));
    cli_out_field(c->out, "Standing", standing);
    if (cli_out_true(answer, "own"))
        cli_out_field(c->out, "This case", "is their own");
    fprintf(c->out, "\nReads, of a person to whom the first line fits:\n");
    json_array_foreach(json_object_get(answer, "reads"), i, item)
    {
        char *reads = cli_out_join(json_object_get(item, "categories"));
        char source[160];

        say_source(item, source);
        fprintf(c->out, "\n%s%s, by %s\n", cli_out_text(item, "role"),
                cli_out_true(item, "of_cases") ? "" : ", of what came to us",
                source);
        cli_out_field(c->out, "", reads);
        free(reads);
    }
    if (i == 0)
        fprintf(c->out, "\nnothing\n");
    free(roles);
}

int
cmd_user_show(struct cli *c)
{
    struct cli_path p;
    json_t *answer = NULL;
    int status;

    cli_path_begin(&p, "/users");
    cli_path_add(&p, c->arg[0]);
    if (cli_has(c, "case"))
        cli_path_query(&p, "case", cli_value(c, "case"));
    status = cli_get(c, p.text, &answer);
    if (status == 0 && !cli_say(c, answer))
        print_user(c, answer);
    json_decref(answer);
    return status;
}
