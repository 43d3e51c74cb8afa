/* slip make, enter, list: neutral paper for the person to carry, and what they
 * say with it. */
#include <string.h>

#include "cli_conn.h"
#include "cli_out.h"
#include "cmd.h"

/* Nothing on it says who made it, what for, or for whom: whoever finds it in a
 * pocket learns that its bearer has a code. */
static void
print_paper(struct cli *c, const json_t *j)
{
    fprintf(c->out,
            "\n"
            "    %s\n"
            "\n"
            "    Good once, until %.10s.\n"
            "\n"
            "    Say or show it at any office that works with this paper.\n"
            "    It lets you say one of three things:\n"
            "\n"
            "      1  what was arranged took place\n"
            "      2  nobody called\n"
            "      3  I take back what I agreed to\n"
            "         (you are asked first who you are)\n"
            "\n"
            "    You need not say why. It costs nothing.\n"
            "    You may also throw it away.\n"
            "\n",
            cli_out_text(j, "code"), cli_out_text(j, "until"));
}

int
cmd_slip_make(struct cli *c)
{
    json_t *body = json_pack("{s:s}", "of", c->arg[0]);
    json_t *answer = NULL;
    const int status = cli_post(c, "/slips", body, &answer);

    json_decref(body);
    if (status == 0 && !cli_say(c, answer))
        print_paper(c, answer);
    json_decref(answer);
    return status;
}

int
cmd_slip_enter(struct cli *c)
{
    json_t *body = json_pack("{s:s,s:s}", "code", c->arg[0], "what",
                             cli_value(c, "what"));
    json_t *answer = NULL;
    int status;

    if (cli_has(c, "checked"))
        (void)json_object_set_new(body, "checked",
                                  json_string(cli_value(c, "checked")));
    status = cli_post(c, "/slips/enter", body, &answer);
    json_decref(body);
    if (status == 0 && !cli_say(c, answer))
        fprintf(c->out, "%s: %s\n", cli_out_text(answer, "slip"),
                strcmp(cli_out_text(answer, "state"), "done") == 0
                    ? "done"
                    : "passed on to who made it (handoff slip list)");
    json_decref(answer);
    return status;
}

int
cmd_slip_list(struct cli *c)
{
    static const struct cli_col cols[] = {{"SLIP", false},
                                          {"WHAT", true},
                                          {"STATE", false},
                                          {"BY", true},
                                          {"AT", false}};
    json_t *answer = NULL, *item;
    const int status = cli_get(c, "/slips", &answer);
    struct cli_table *t;
    size_t i;

    if (status != 0 || cli_say(c, answer)) {
        json_decref(answer);
        return status;
    }
    t = cli_table_new(cols, 5);
    json_array_foreach(json_object_get(answer, "items"), i, item)
    {
        char id[CLI_OUT_ID], at[CLI_OUT_TIME];
        const char *cells[] = {cli_out_id(cli_out_text(item, "slip"), id),
                               cli_out_text(item, "what"),
                               cli_out_text(item, "state"),
                               cli_out_text(item, "by"),
                               cli_out_time(cli_out_text(item, "at"), at)};

        cli_table_row(t, cells);
    }
    cli_table_print(t, c->out, "No slips were taken here.");
    cli_table_free(t);
    json_decref(answer);
    return 0;
}
