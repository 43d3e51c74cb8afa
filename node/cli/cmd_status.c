/* status: links, queues, ages and alarms, as the node knows them. */
#include <string.h>
#include <unistd.h>

#include "cli_conn.h"
#include "cli_out.h"
#include "cmd.h"

#define WATCH_SECONDS 2

/* "waiting_for_prekey" as "waiting for prekey". */
static void
as_words(const char *key, char out[static 32])
{
    (void)snprintf(out, 32, "%s", key);
    for (char *p = out; *p != '\0'; p++)
        if (*p == '_')
            *p = ' ';
}

static void
print_map(FILE *out, const char *label, const json_t *map)
{
    const char *key;
    json_t *value;
    bool first = true;

    json_object_foreach((json_t *)(uintptr_t)map, key, value)
    {
        char at[CLI_OUT_TIME], words[32];

        as_words(key, words);
        if (json_is_integer(value))
            cli_out_fieldf(out, first ? label : "", "%-18s %lld", words,
                           (long long)json_integer_value(value));
        else if (json_is_string(value))
            cli_out_fieldf(out, first ? label : "", "%-18s %s", words,
                           cli_out_time(json_string_value(value), at));
        else if (json_is_null(value))
            cli_out_fieldf(out, first ? label : "", "%-18s -", words);
        else
            continue;
        first = false;
    }
}

static void
print_status(FILE *out, const json_t *j)
{
    json_t *item;
    size_t i;

    cli_out_field(out, "Organisation", cli_out_text(j, "org"));
    json_array_foreach(json_object_get(j, "brokers"), i, item)
    {
        char at[CLI_OUT_TIME];

        cli_out_fieldf(out, i == 0 ? "Brokers" : "",
                       "%-18s %-5s last contact %s", cli_out_text(item, "name"),
                       cli_out_true(item, "up") ? "up" : "DOWN",
                       cli_out_time(cli_out_text(item, "last_contact"), at));
    }
    print_map(out, "Queues", json_object_get(j, "queues"));
    print_map(out, "Ages", json_object_get(j, "ages"));
    json_array_foreach(json_object_get(j, "alarms"), i, item) cli_out_fieldf(
        out, i == 0 ? "Alarms" : "", "%s: %s; %s", cli_out_text(item, "level"),
        cli_out_text(item, "what"), cli_out_text(item, "mend"));
    if (json_array_size(json_object_get(j, "alarms")) == 0)
        cli_out_field(out, "Alarms", "none");
}

int
cmd_status(struct cli *c)
{
    int status;

    for (;;) {
        json_t *answer = NULL;

        status = cli_get(c, "/status", &answer);
        if (status == 0 && cli_has(c, "watch") && !c->json &&
            isatty(STDOUT_FILENO))
            fputs("\033[H\033[2J", c->out);
        if (status == 0 && !cli_say(c, answer))
            print_status(c->out, answer);
        json_decref(answer);
        if (status != 0 || !cli_has(c, "watch") || c->json)
            return status;
        (void)fflush(c->out);
        (void)sleep(WATCH_SECONDS);
    }
}
