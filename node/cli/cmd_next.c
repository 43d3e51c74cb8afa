/* next: on with the provider that the SOP proposes. The old referral is given
 * up and closed, the new one names it; each step by the rules of the node, so
 * that the same command goes on with what stopped half way. */
#include <string.h>

#include "cli_conn.h"
#include "cli_out.h"
#include "cmd.h"

static int
event(struct cli *c, const char *id, const char *word, const char *reason)
{
    json_t *body = json_pack("{s:s}", "event", word), *answer = NULL;
    struct cli_path p;
    int status;

    if (reason != NULL)
        (void)json_object_set_new(body, "reason", json_string(reason));
    else
        (void)json_object_set_new(body, "unmet", json_false());
    cli_path_begin(&p, "/objects");
    cli_path_add(&p, id);
    cli_path_add(&p, "events");
    status = cli_post(c, p.text, body, &answer);
    json_decref(body);
    json_decref(answer);
    return status;
}

/* Ended already, so that it need only be closed. */
static bool
said_no(const char *state)
{
    static const char *const words[] = {"declined", "rejected", "expired",
                                        "lapsed", "failed"};

    for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
        if (strcmp(state, words[i]) == 0)
            return true;
    return false;
}

static int
may_go_on(struct cli *c, const json_t *old)
{
    const json_t *next = json_object_get(old, "next");
    const json_t *missing = json_object_get(next, "missing_consent");
    const char *need = cli_out_text(next, "need");

    if (next == NULL)
        return cli_fail(c, 1, "no_next", "handoff show ID",
                        "no other provider is to be asked for %s: it is %s",
                        cli_out_text(old, "id"), cli_out_text(old, "state"));
    if (cli_out_text(next, "to")[0] == '\0')
        return cli_fail(c, 1, "no_provider",
                        "handoff close ID --unmet yes, then handoff unmet add",
                        "by the SOP nobody else can serve %s now", need);
    if (json_array_size(missing) > 0)
        return cli_fail(c, 1, "no_consent",
                        "handoff consent amend CASE --file F",
                        "%s needs what no consent covers for it: %s first",
                        cli_out_text(next, "to"),
                        json_string_value(json_array_get(missing, 0)));
    return 0;
}

static int
refer(struct cli *c, const json_t *old)
{
    json_t *body = json_pack(
        "{s:s,s:s,s:s}", "case", cli_out_text(old, "case"), "need",
        cli_out_text(json_object_get(old, "next"), "need"), "replaces",
        cli_out_text(old, "id"));
    json_t *answer = NULL;
    const int status = cli_post(c, "/referrals", body, &answer);

    json_decref(body);
    if (status == 0 && !cli_say(c, answer))
        fprintf(c->out, "%s  %s  to %s  for %s\n",
                cli_out_text(answer, "referral"), cli_out_text(answer, "state"),
                cli_out_text(answer, "to"), cli_out_text(answer, "service"));
    json_decref(answer);
    return status;
}

int
cmd_next(struct cli *c)
{
    json_t *old = NULL;
    struct cli_path p;
    char what[160];
    int status;

    cli_path_begin(&p, "/objects");
    cli_path_add(&p, c->arg[0]);
    status = cli_get(c, p.text, &old);
    if (status == 0)
        status = may_go_on(c, old);
    if (status == 0) {
        const json_t *next = json_object_get(old, "next");

        (void)snprintf(what, sizeof(what),
                       "give up on %.31s and refer to %.31s for %.31s",
                       cli_out_text(old, "to"), cli_out_text(next, "to"),
                       cli_out_text(next, "service"));
        status = cli_sure(c, what);
    }
    if (status == 0 && !said_no(cli_out_text(old, "state")))
        status = event(c, cli_out_text(old, "id"), "abandon", "no_response");
    if (status == 0)
        status = event(c, cli_out_text(old, "id"), "close", NULL);
    if (status == 0)
        status = refer(c, old);
    json_decref(old);
    return status;
}
