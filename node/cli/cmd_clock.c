/* clock confirm: an admin says that this machine's clock is right. */
#include <stdio.h>

#include "cli_conn.h"
#include "cli_out.h"
#include "cmd.h"
#include "hf_proc.h"
#include "hf_text.h"

int
cmd_clock_confirm(struct cli *c)
{
    char now[HF_TIME_TEXT_BYTES], what[128];
    json_t *body, *answer = NULL;
    int status;

    hf_time_format(hf_clock_wall_ms(), now);
    (void)snprintf(what, sizeof(what),
                   "deadlines pass by this machine's clock, which says %s",
                   now);
    status = cli_sure(c, what);
    if (status != 0)
        return status;
    body = json_object();
    status = cli_post(c, "/clock/confirm", body, &answer);
    json_decref(body);
    if (status == 0 && !cli_say(c, answer)) {
        char at[CLI_OUT_TIME];

        fprintf(c->out, "The node goes by its clock again: %s.\n",
                cli_out_time(cli_out_text(answer, "at"), at));
    }
    json_decref(answer);
    return status;
}
