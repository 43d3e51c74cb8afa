/* Several at once: a household made or split, an event for all of its open
 * transfers; and whether two cases are of one person. Of each it is said what
 * became of it; one that is refused stops none of the others. */
#include <string.h>
#include <strings.h>

#include "cli_conn.h"
#include "cli_out.h"
#include "cmd.h"
#include "cmd_together.h"

/* ---- households ---- */

int
cmd_case_link(struct cli *c)
{
    json_t *list = json_array(), *body, *answer = NULL;
    int status;

    if (cli_has(c, "household") == cli_has(c, "apart")) {
        json_decref(list);
        return cli_fail(c, EX_USAGE, "usage", "give one of them",
                        "case link needs --household or --apart");
    }
    for (size_t i = 0; i < c->n_args; i++)
        (void)json_array_append_new(list, json_string(c->arg[i]));
    body = json_pack("{s:o,s:b}", "cases", list, "apart", cli_has(c, "apart"));
    status = cli_post(c, "/households", body, &answer);
    json_decref(body);
    if (status == 0 && !cli_say(c, answer)) {
        if (cli_has(c, "apart"))
            fprintf(c->out, "%zu cases, each alone now\n", c->n_args);
        else
            fprintf(c->out, "%s  %zu cases linked\n",
                    cli_out_text(answer, "household"), c->n_args);
    }
    json_decref(answer);
    return status;
}

/* ---- one person or two ---- */

static int
say_pair(struct cli *c, bool is_same)
{
    struct cli_path p;
    json_t *answer = NULL;
    json_t *body = json_pack("{s:s,s:b}", "other", c->arg[1], "same", is_same);
    int status;

    cli_path_begin(&p, "/cases");
    cli_path_add(&p, c->arg[0]);
    cli_path_add(&p, "pair");
    status = cli_post(c, p.text, body, &answer);
    json_decref(body);
    if (status == 0 && !cli_say(c, answer))
        fputs(is_same ? "noted: one person; nothing was merged\n"
                      : "noted: two persons\n",
              c->out);
    json_decref(answer);
    return status;
}

int
cmd_case_same(struct cli *c)
{
    return say_pair(c, true);
}

int
cmd_case_different(struct cli *c)
{
    return say_pair(c, false);
}

/* ---- the same for several ---- */

void
cmd_together_begin(struct cmd_together *t, struct cli *c, size_t n)
{
    *t = (struct cmd_together){.c = c, .n = n, .items = json_array()};
}

bool
cmd_together_one(struct cmd_together *t, const char *path, const json_t *body,
                 const char *key, const char *what)
{
    struct cli_answer a = {.json = NULL};
    const int status = cli_conn_call(t->c, "POST", path, body, &a);

    if (status != 0) {
        t->status = status;
        cli_answer_free(&a);
        return false;
    }
    if (a.status == 0) {
        (void)json_array_append(t->items, a.json);
        if (!t->c->json)
            t->print(t->c, a.json);
    } else {
        if (t->n == 1)
            (void)cli_conn_refused(t->c, &a);
        else
            fprintf(t->c->err, "handoff: %s: %s\n", what,
                    cli_out_text(a.json, "detail"));
        (void)json_array_append_new(
            t->items,
            json_pack("{s:s,s:o}", key, what, "error", cli_conn_problem(&a)));
        t->status = t->status != 0 ? t->status : a.status;
    }
    cli_answer_free(&a);
    return true;
}

int
cmd_together_end(struct cmd_together *t)
{
    json_t *all = NULL;

    if (t->n == 1 && t->status == 0)
        (void)cli_say(t->c, json_array_get(t->items, 0));
    else if (t->n > 1 && json_array_size(t->items) > 0)
        (void)cli_say(t->c, all = json_pack("{s:O}", "items", t->items));
    json_decref(all);
    json_decref(t->items);
    return t->status;
}

bool
cmd_together_is(const char *id)
{
    return strncasecmp(id, "HH-", 3) == 0;
}

static void
print_event(struct cli *c, const json_t *answer)
{
    fprintf(c->out, "%s  %s\n", cli_out_text(answer, "id"),
            cli_out_text(answer, "state"));
}

/* Members whose transfer has ended go their own way. */
static bool
is_over(const json_t *item)
{
    static const char *const over[] = {"declined", "expired",     "void",
                                       "recalled", "handed_over", "ruled"};

    for (size_t i = 0; i < sizeof(over) / sizeof(*over); i++)
        if (strcmp(cli_out_text(item, "state"), over[i]) == 0)
            return true;
    return false;
}

static json_t *
open_transfers(const json_t *list, bool also_over)
{
    json_t *ids = json_array(), *item;
    size_t i;

    json_array_foreach(json_object_get(list, "items"), i, item)
    {
        if (also_over || !is_over(item))
            (void)json_array_append_new(ids,
                                        json_string(cli_out_text(item, "id")));
    }
    return ids;
}

int
cmd_together_event(struct cli *c, const char *household, const char *event,
                   const json_t *body)
{
    struct cmd_together t;
    struct cli_path p;
    json_t *list = NULL, *ids, *id;
    size_t i;
    int status;

    cli_path_begin(&p, "/objects");
    cli_path_query(&p, "kind", "transfer");
    cli_path_query(&p, "household", household);
    status = cli_get_list(c, p.text, &list);
    if (status != 0)
        return status;
    ids = open_transfers(list, strcmp(event, "supplement") == 0);
    json_decref(list);
    if (json_array_size(ids) == 0) {
        json_decref(ids);
        return cli_fail(c, EX_NOINPUT, "not_found",
                        "handoff list shows transfers",
                        "no open transfer of this household here");
    }
    cmd_together_begin(&t, c, json_array_size(ids) + 1); /* always a list */
    t.print = print_event;
    json_array_foreach(ids, i, id)
    {
        cli_path_begin(&p, "/objects");
        cli_path_add(&p, json_string_value(id));
        cli_path_add(&p, "events");
        if (!cmd_together_one(&t, p.text, body, "id", json_string_value(id)))
            break;
    }
    json_decref(ids);
    return cmd_together_end(&t);
}
