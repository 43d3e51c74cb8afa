/* Every command that adds an event to a chain, of referrals, transfers and
 * withdrawals. What the options say becomes the fields of one request; whether
 * the event may be now, and by whom, is the node's to decide. */
#include <string.h>

#include "cli_conn.h"
#include "cli_out.h"
#include "cli_when.h"
#include "cli_yaml.h"
#include "cmd.h"
#include "cmd_together.h"

/* Options whose text goes into the field as it is. */
static const struct {
    const char *option;
    const char *field;
} texts[] = {{"reason", "reason"},   {"text", "text"},   {"to", "to"},
             {"channel", "channel"}, {"where", "where"}, {"contact", "contact"},
             {"bring", "bring"},     {"focal", "focal"}, {"manager", "manager"},
             {"outcome", "outcome"}};

/* Options that are a time. */
static const struct {
    const char *option;
    const char *field;
} times[] = {{"when", "when"},
             {"until", "when"},
             {"date", "when"},
             {"contact-by", "contact_by"}};

/* The event is the last word of the command, with "_" for "-". */
static void
event_name(const struct cli *c, char out[static 32])
{
    const char *space = strchr(c->verb->name, ' ');

    (void)snprintf(out, 32, "%s", space ? space + 1 : c->verb->name);
    for (char *p = out; *p != '\0'; p++)
        if (*p == '-')
            *p = '_';
}

static int
add_reached(struct cli *c, json_t *body)
{
    const bool reached = cli_has(c, "reached");

    if (strcmp(c->verb->name, "contact") != 0)
        return 0;
    if (reached == cli_has(c, "attempt"))
        return cli_fail(c, EX_USAGE, "usage", "give one of them",
                        "contact needs --reached or --attempt");
    (void)json_object_set_new(body, "reached", json_boolean(reached));
    return 0;
}

static int
add_unmet(struct cli *c, json_t *body)
{
    const char *unmet = cli_value(c, "unmet");

    if (unmet == NULL)
        return 0;
    if (strcmp(unmet, "yes") != 0 && strcmp(unmet, "no") != 0)
        return cli_fail(c, EX_USAGE, "usage", "yes or no",
                        "--unmet %.40s is neither", unmet);
    (void)json_object_set_new(body, "unmet",
                              json_boolean(strcmp(unmet, "yes") == 0));
    return 0;
}

static int
add_options(struct cli *c, json_t *body)
{
    int status = add_reached(c, body);

    if (status == 0)
        status = add_unmet(c, body);
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        const char *text = cli_value(c, texts[i].option);

        if (text != NULL &&
            json_object_set_new(body, texts[i].field, json_string(text)) != 0)
            return cli_fail(c, EX_USAGE, "usage", "UTF-8, please",
                            "--%s is no text", texts[i].option);
    }
    for (size_t i = 0; i < sizeof(times) / sizeof(times[0]) && status == 0;
         i++) {
        char text[HF_TIME_TEXT_BYTES];
        const char *when;

        status = cli_when(c, times[i].option, CLI_AHEAD, text, &when);
        if (status == 0 && when != NULL)
            (void)json_object_set_new(body, times[i].field, json_string(when));
    }
    return status;
}

/* What a file is to this event: sections of the case, or a report. */
static bool
takes_sections(const char *event)
{
    return strcmp(event, "amend") == 0 || strcmp(event, "supplement") == 0;
}

static int
add_file(struct cli *c, json_t *body, const char *event, struct cli_file *file)
{
    const char *path = cli_value(c, "file");
    int status;

    if (path == NULL)
        return 0;
    status = cli_file_load(c, path, file);
    if (status != 0)
        return status;
    (void)json_object_set(body, takes_sections(event) ? "sections" : "report",
                          file->json);
    c->file = file;
    return 0;
}

static int
post_event(struct cli *c, const char *id, const json_t *body)
{
    struct cli_path p;
    json_t *answer = NULL;
    int status;

    cli_path_begin(&p, "/objects");
    cli_path_add(&p, id);
    cli_path_add(&p, "events");
    status = cli_post(c, p.text, body, &answer);
    if (status == 0 && !cli_say(c, answer))
        fprintf(c->out, "%s  %s\n", cli_out_text(answer, "id"),
                cli_out_text(answer, "state"));
    json_decref(answer);
    return status;
}

int
cmd_event(struct cli *c)
{
    struct cli_file file = {.json = NULL};
    json_t *body = json_object();
    char event[32];
    int status;

    event_name(c, event);
    (void)json_object_set_new(body, "event", json_string(event));
    status = cli_when_later(c, body);
    if (status == 0)
        status = add_options(c, body);
    if (status == 0)
        status = add_file(c, body, event, &file);
    if (status == 0)
        status = cmd_together_is(c->arg[0])
                     ? cmd_together_event(c, c->arg[0], event, body)
                     : post_event(c, c->arg[0], body);
    json_decref(body);
    c->file = NULL;
    cli_file_free(&file);
    return status;
}

int
cmd_withdrawal_answer(struct cli *c)
{
    const char *basis = cli_value(c, "kept");
    json_t *body;
    int status;

    if (cli_has(c, "erased") == (basis != NULL))
        return cli_fail(c, EX_USAGE, "usage", "give one of them",
                        "withdrawal answer needs --erased or --kept BASIS");
    body = json_pack("{s:s}", "event", basis != NULL ? "kept" : "erased");
    if (basis != NULL)
        (void)json_object_set_new(body, "reason", json_string(basis));
    if (cli_has(c, "text"))
        (void)json_object_set_new(body, "text",
                                  json_string(cli_value(c, "text")));
    status = cli_when_later(c, body);
    if (status == 0)
        status = post_event(c, c->arg[0], body);
    json_decref(body);
    return status;
}

static void
print_transfer(struct cli *c, const json_t *j)
{
    fprintf(c->out, "%s  %s\n", cli_out_text(j, "transfer"),
            cli_out_text(j, "state"));
}

int
cmd_transfer_offer(struct cli *c)
{
    const char *travel = cli_value(c, "travel");
    char text[HF_TIME_TEXT_BYTES];
    struct cmd_together t;
    json_t *body;
    int status = 0;

    if (travel != NULL && strcmp(travel, "none") != 0)
        status = cli_when(c, "travel", CLI_AHEAD, text, &travel);
    if (status != 0)
        return status;
    body = json_pack("{s:s}", "to", cli_value(c, "to"));
    if (travel != NULL)
        (void)json_object_set_new(body, "travel", json_string(travel));
    status = cli_when_later(c, body);
    cmd_together_begin(&t, c, c->n_args);
    t.status = status;
    t.print = print_transfer;
    for (size_t i = 0; i < c->n_args && status == 0; i++) {
        (void)json_object_set_new(body, "case", json_string(c->arg[i]));
        if (!cmd_together_one(&t, "/transfers", body, "case", c->arg[i]))
            break;
    }
    json_decref(body);
    return cmd_together_end(&t);
}

int
cmd_transfer_request(struct cli *c)
{
    json_t *body, *answer = NULL;
    int status;

    body = json_pack("{s:s,s:s}", "from", cli_value(c, "from"), "number",
                     cli_value(c, "number"));
    status = cli_when_later(c, body);
    if (status == 0)
        status = cli_post(c, "/transfers/request", body, &answer);
    json_decref(body);
    if (status == 0 && !cli_say(c, answer))
        print_transfer(c, answer);
    json_decref(answer);
    return status;
}
