/* One entry of a chain, and what went with it, for a person to read. */
#include "cli_entry.h"

#include <string.h>

#include "cli_i18n.h"
#include "cli_out.h"

/* What an instant beside an entry is: when it is for, or until when. */
static const char *
when_label(const char *event)
{
    if (strcmp(event, "waitlist") == 0)
        return CLI_N("until");
    return strcmp(event, "accept") == 0 ? CLI_N("contact by") : CLI_N("for");
}

/* Said already in the line of the entry, or with a label of its own. */
static bool
is_told(const char *key)
{
    static const char *const keys[] = {"reached", "outcome", "until",
                                       "contact_by", "spoke_to"};

    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
        if (strcmp(key, keys[i]) == 0)
            return true;
    return false;
}

static bool
has_flag(const json_t *e, const char *flag)
{
    json_t *item;
    size_t i;

    json_array_foreach(json_object_get(e, "flags"), i, item)
    {
        if (strcmp(json_string_value(item), flag) == 0)
            return true;
    }
    return false;
}

/* What happened elsewhere, or was entered later than it happened. */
static void
add_later(json_t *more, const json_t *e)
{
    static const char *const ways[] = {"phone", "paper", "in_person"};
    const char *at = cli_out_text(e, "at");
    const char *happened = cli_out_text(e, "happened_at");
    const char *spoke_to =
        cli_out_text(json_object_get(e, "details"), "spoke_to");
    char text[CLI_OUT_TIME];

    if (happened[0] != '\0' && strcmp(at, happened) != 0)
        (void)json_object_set_new(more, cli_tr(CLI_N("happened")),
                                  json_string(cli_out_time(happened, text)));
    for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++)
        if (has_flag(e, ways[i]))
            (void)json_object_set_new(more, cli_tr(CLI_N("by")),
                                      json_string(ways[i]));
    if (has_flag(e, "proxied"))
        (void)json_object_set_new(more, cli_tr(CLI_N("entered")),
                                  json_string(cli_tr(CLI_N("for them"))));
    if (spoke_to[0] != '\0')
        (void)json_object_set_new(more, cli_tr(CLI_N("said by")),
                                  json_string(spoke_to));
}

/* The appointment, the words and the report that went with an entry. */
static void
print_more(FILE *out, const json_t *e)
{
    const char *when = cli_out_text(e, "when"), *key;
    json_t *more = json_object(), *value;
    char at[CLI_OUT_TIME];

    if (when[0] != '\0')
        (void)json_object_set_new(more,
                                  cli_tr(when_label(cli_out_text(e, "event"))),
                                  json_string(cli_out_time(when, at)));
    json_object_foreach(json_object_get(e, "details"), key, value)
    {
        if (!is_told(key))
            (void)json_object_set(more, key, value);
    }
    add_later(more, e);
    if (cli_out_text(e, "text")[0] != '\0')
        (void)json_object_set(more, cli_tr(CLI_N("in words")),
                              json_object_get(e, "text"));
    if (json_object_get(e, "report") != NULL)
        (void)json_object_set(more, cli_tr(CLI_N("report")),
                              json_object_get(e, "report"));
    cli_out_data(out, 6, more);
    json_decref(more);
}

void
cli_entry_print(FILE *out, const json_t *e)
{
    const json_t *valid = json_object_get(e, "valid");
    const char *reason = cli_out_text(e, "reason");
    char at[CLI_OUT_TIME];

    fprintf(out, "  %s  %-12s %lld %s", cli_out_time(cli_out_text(e, "at"), at),
            cli_out_text(e, "author"),
            (long long)json_integer_value(json_object_get(e, "n")),
            cli_out_text(e, "event"));
    if (reason[0] != '\0')
        fprintf(out, " (%s)", reason);
    if (cli_out_text(e, "role")[0] != '\0')
        fprintf(out, ", %s", cli_out_text(e, "role"));
    if (json_is_false(valid))
        fprintf(out, "  DOES NOT COUNT%s%s",
                cli_out_text(e, "why")[0] ? ": " : "", cli_out_text(e, "why"));
    fputc('\n', out);
    print_more(out, e);
}
