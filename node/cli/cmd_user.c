/* user add, list, role, disable: who may use this node. */
#include <stdlib.h>

#include "cli_conn.h"
#include "cli_out.h"
#include "cmd.h"

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
cmd_user_list(struct cli *c)
{
    static const struct cli_col cols[] = {
        {"USER", false}, {"ROLES", true}, {"LANGUAGE", false}, {"", false}};
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
        const char *cells[] = {
            cli_out_text(item, "name"), roles, cli_out_text(item, "language"),
            cli_out_true(item, "disabled") ? "disabled" : ""};

        cli_table_row(t, cells);
        free(roles);
    }
    cli_table_print(t, c->out, "No users yet.");
    cli_table_free(t);
    json_decref(answer);
    return 0;
}
