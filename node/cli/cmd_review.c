/* review: a disclosure in a vital interest, by who had no part in it. */
#include <string.h>

#include "cli_conn.h"
#include "cli_out.h"
#include "cmd.h"

static const char *
object_path(struct cli_path *p, const char *id, const char *more)
{
    cli_path_begin(p, "/objects");
    cli_path_add(p, id);
    cli_path_add(p, more);
    return p->text;
}

/* Without a verdict: what there is to judge. */
static int
look(struct cli *c)
{
    struct cli_path p;
    json_t *answer = NULL;
    int status;

    (void)object_path(&p, c->arg[0], "attestation");
    cli_path_query(&p, "from", cli_value(c, "from"));
    cli_path_query(&p, "why", cli_value(c, "why"));
    status = cli_get(c, p.text, &answer);
    if (status == 0 && !cli_say(c, answer))
        cli_out_data(c->out, 0, answer);
    json_decref(answer);
    return status;
}

int
cmd_review(struct cli *c)
{
    const char *upheld = cli_value(c, "upheld");
    struct cli_path p;
    json_t *answer = NULL, *body;
    int status;

    if (upheld == NULL)
        return look(c);
    if (strcmp(upheld, "yes") != 0 && strcmp(upheld, "no") != 0)
        return cli_fail(c, EX_USAGE, "usage", "yes or no",
                        "--upheld %.40s is unknown", upheld);
    body = json_pack("{s:b,s:s*,s:s*}", "upheld", strcmp(upheld, "yes") == 0,
                     "from", cli_value(c, "from"), "reason",
                     cli_value(c, "reason"));
    status = cli_post(c, object_path(&p, c->arg[0], "review"), body, &answer);
    json_decref(body);
    if (status == 0 && !cli_say(c, answer))
        fprintf(c->out, "%s: %s\n", cli_out_text(answer, "id"),
                strcmp(upheld, "yes") == 0 ? "upheld" : "not upheld");
    json_decref(answer);
    return status;
}
