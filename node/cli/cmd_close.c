/* case close with its exit review, reopen, hold. */
#include <string.h>

#include "cli_conn.h"
#include "cli_out.h"
#include "cmd.h"

static const char *
path_of(struct cli_path *p, const struct cli *c, const char *more)
{
    cli_path_begin(p, "/cases");
    cli_path_add(p, c->arg[0]);
    cli_path_add(p, more);
    return p->text;
}

static void
print_objects(struct cli *c, const char *head, const json_t *items)
{
    json_t *item;
    size_t i;

    if (json_array_size(items) > 0)
        fprintf(c->out, "%s\n", head);
    json_array_foreach(items, i, item)
    {
        char id[CLI_OUT_ID];

        fprintf(c->out, "  %s  %-21.21s  %-22.22s  %.19s\n",
                cli_out_id(cli_out_text(item, "id"), id),
                cli_out_text(item, "state"), cli_out_text(item, "service"),
                cli_out_text(item, "to"));
    }
}

static void
print_unmet(struct cli *c, const json_t *items)
{
    json_t *item;
    size_t i;

    if (json_array_size(items) > 0)
        fputs("Needs that were not met\n", c->out);
    json_array_foreach(items, i, item) fprintf(
        c->out, "  %-28.28s %-20.20s %.20s\n", cli_out_text(item, "need"),
        cli_out_text(item, "reason"), cli_out_text(item, "place"));
}

static void
print_review(struct cli *c, const json_t *j)
{
    print_objects(c, "Referrals still open", json_object_get(j, "open"));
    print_objects(c, "Going on at providers", json_object_get(j, "onward"));
    print_unmet(c, json_object_get(j, "unmet"));
}

static bool
has_open_ends(const json_t *j)
{
    return json_array_size(json_object_get(j, "open")) > 0 ||
           json_array_size(json_object_get(j, "onward")) > 0 ||
           json_array_size(json_object_get(j, "unmet")) > 0 ||
           cli_out_true(j, "exit_review");
}

static int
review(struct cli *c)
{
    struct cli_path p;
    json_t *answer = NULL;
    int status;

    (void)path_of(&p, c, "closing");
    cli_path_query(&p, "reason", cli_value(c, "reason"));
    status = cli_get(c, p.text, &answer);
    if (status == 0 && !c->json)
        print_review(c, answer);
    if (status == 0 && has_open_ends(answer))
        status = cli_sure(c, "close this case, with that left open");
    json_decref(answer);
    return status;
}

static void
print_closed(struct cli *c, const json_t *j)
{
    if (cli_out_text(j, "close_asked")[0] != '\0')
        fprintf(c->out, "%s waits for a supervisor to say the same\n",
                cli_out_text(j, "case"));
    else
        fprintf(c->out, "%s is %s%s\n", cli_out_text(j, "case"),
                cli_out_text(j, "stage"),
                cli_out_true(j, "hold") ? ", and on hold" : "");
}

static int
post(struct cli *c, const char *what, json_t *body)
{
    struct cli_path p;
    json_t *answer = NULL;
    const int status = cli_post(c, path_of(&p, c, what), body, &answer);

    json_decref(body);
    if (status == 0 && !cli_say(c, answer))
        print_closed(c, answer);
    json_decref(answer);
    return status;
}

int
cmd_case_close(struct cli *c)
{
    const int status = review(c);

    if (status != 0)
        return status;
    return post(c, "close",
                json_pack("{s:s,s:b}", "reason", cli_value(c, "reason"),
                          "reviewed", 1));
}

int
cmd_case_reopen(struct cli *c)
{
    return post(c, "reopen", json_object());
}

int
cmd_case_hold(struct cli *c)
{
    const bool on = strcmp(c->arg[1], "on") == 0;

    if (!on && strcmp(c->arg[1], "off") != 0)
        return cli_fail(c, EX_USAGE, "usage", "case hold CASE on|off",
                        "%.40s is neither on nor off", c->arg[1]);
    return post(c, "hold", json_pack("{s:b}", "on", (int)on));
}
