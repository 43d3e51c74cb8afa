/* Unit tests of node/cli/cli_args: what a command line comes to. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <string.h>

#include "cli_args.h"
#include "cli_when.h"

static struct cli c;
static struct cli_wrong bad;
static enum cli_wish wish;
static char words[1024];
static char *argv[64];
static int argc;

/* "refer HC-1 --need a": one blank between words. */
static bool
parse(const char *line)
{
    memset(&c, 0, sizeof(c));
    memset(&bad, 0, sizeof(bad));
    wish = CLI_RUN;
    argc = 1;
    argv[0] = (char *)"handoff";
    (void)snprintf(words, sizeof(words), "%s", line);
    for (char *w = strtok(words, " "); w != NULL; w = strtok(NULL, " "))
        argv[argc++] = w;
    argv[argc] = NULL;
    return cli_args_parse(&c, argc, argv, &wish, &bad);
}

Test(cli_args, one_and_two_word_commands_are_found)
{
    cr_assert(parse("status"));
    cr_expect(eq(str, (char *)c.verb->name, "status"));
    cr_assert(parse("case show HC-1"));
    cr_expect(eq(str, (char *)c.verb->name, "case show"));
    cr_expect(eq(str, (char *)c.arg[0], "HC-1"));
    cr_assert(parse("tasks"));
    cr_expect(eq(str, (char *)c.verb->name, "tasks"));
    cr_assert(parse("withdrawal answer HW-1 --erased"));
    cr_expect(eq(str, (char *)c.verb->name, "withdrawal answer"));
}

Test(cli_args, global_options_may_stand_anywhere)
{
    cr_assert(parse("-C /x --json case --user amina show --yes HC-1"));
    cr_expect(eq(str, (char *)c.verb->name, "case show"));
    cr_expect(eq(str, (char *)c.dir, "/x"));
    cr_expect(eq(str, (char *)c.user, "amina"));
    cr_expect(c.json);
    cr_expect(c.yes);
    cr_assert(parse("case show HC-1 -C /y --user=demo"));
    cr_expect(eq(str, (char *)c.dir, "/y"));
    cr_expect(eq(str, (char *)c.user, "demo"));
    cr_assert(parse("-C/z status"));
    cr_expect(eq(str, (char *)c.dir, "/z"));
}

Test(cli_args, several_needs_come_as_words_or_repeated)
{
    size_t i = 0;

    cr_assert(parse("refer HC-1 hc-2 --need health.general x.y HC-3 "
                    "--need=a.b"));
    cr_expect(eq(sz, c.n_args, 3));
    cr_expect(
        eq(str, (char *)cli_next_value(&c, "need", &i), "health.general"));
    cr_expect(eq(str, (char *)cli_next_value(&c, "need", &i), "x.y"));
    cr_expect(eq(str, (char *)cli_next_value(&c, "need", &i), "a.b"));
    cr_expect(cli_next_value(&c, "need", &i) == NULL);
}

Test(cli_args, roles_may_be_split_by_commas)
{
    size_t i = 0;

    cr_assert(parse("user add amina --role case_manager,health supervisor"));
    cr_expect(eq(sz, c.n_args, 1));
    cr_expect(eq(str, (char *)cli_next_value(&c, "role", &i), "case_manager"));
    cr_expect(eq(str, (char *)cli_next_value(&c, "role", &i), "health"));
    cr_expect(eq(str, (char *)cli_next_value(&c, "role", &i), "supervisor"));
}

Test(cli_args, what_is_wrong_is_said_in_one_phrase)
{
    static const struct {
        const char *line;
        const char *what;
    } cases[] = {
        {"", "no command given"},
        {"dance", "unknown command dance"},
        {"case dance", "unknown command case dance"},
        {"case", "case needs a command"},
        {"--dance list", "unknown option --dance, or before its command"},
        {"list --dance", "list has no option --dance"},
        {"list -x", "unknown option -x"},
        {"show", "show needs ID"},
        {"show HR-1 HR-2", "show does not take HR-2"},
        {"decline HR-1", "decline needs --reason R"},
        {"decline HR-1 --reason", "--reason needs a value"},
        {"decline HR-1 --reason --json", "--reason needs a value"},
        {"decline HR-1 --reason=", "--reason needs a value"},
        {"decline HR-1 --reason a --reason b", "--reason is given twice"},
        {"list --in=yes", "--in takes no value"},
        {"status --user", "--user needs a value"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        cr_expect(parse(cases[i].line) == false, "%s", cases[i].line);
        cr_expect(eq(str, bad.what, (char *)cases[i].what));
        cr_expect(bad.hint[0] != '\0', "no hint for: %s", cases[i].line);
    }
}

Test(cli_args, an_error_knows_of_json_wherever_it_stands)
{
    cr_expect(parse("dance --json") == false);
    cr_expect(c.json);
}

Test(cli_args, help_needs_nothing_else)
{
    cr_assert(parse("refer --help"));
    cr_expect(eq(int, (int)wish, CLI_HELP));
    cr_expect(eq(str, (char *)c.verb->name, "refer"));
    cr_assert(parse("case --help"));
    cr_expect(eq(int, (int)wish, CLI_HELP));
    cr_expect(eq(str, (char *)c.arg[0], "case"));
    cr_assert(parse("--help"));
    cr_expect(eq(int, (int)wish, CLI_HELP));
    cr_assert(parse("score add --help"));
    cr_expect(eq(int, (int)wish, CLI_HELP));
}

Test(cli_args, later_commands_are_known_however_they_are_called)
{
    cr_assert(parse("audit declines HC-1 --whatever 3"));
    cr_expect(c.verb->run == NULL);
    cr_assert(parse("audit verify"));
    cr_expect(c.verb->run == NULL);
}

Test(cli_args, two_dashes_end_the_options)
{
    cr_assert(parse("case show -- --json"));
    cr_expect(eq(str, (char *)c.arg[0], "--json"));
    cr_expect(c.json == false);
}

Test(cli_args, every_command_names_options_that_exist)
{
    const struct cli_verb *v;
    size_t n = 0;

    for (size_t i = 0; (v = cli_verb_at(i)) != NULL; i++) {
        size_t pos = 0;
        bool needed;

        while (cli_args_next_opt(v, &pos, &needed) != NULL)
            n++;
        cr_expect(v->help[0] != '\0');
        cr_expect(strlen(v->name) + strlen(v->args) <= 30, "%s", v->name);
    }
    cr_expect(n > 100);
}

Test(cli_args, an_offer_and_a_request_differ_in_what_to_means)
{
    bool needed;

    cr_expect(
        eq(str, (char *)cli_args_opt("to=USER!", 8, &needed)->value, "USER"));
    cr_expect(needed);
    cr_expect(eq(str, (char *)cli_args_opt("to", 2, &needed)->value, "ORG"));
    cr_expect(needed == false);
}

Test(cli_when, times_are_taken_as_people_type_them)
{
    const uint64_t now = 1762100000000; /* 2025-11-02T16:13:20Z */
    char out[HF_TIME_TEXT_BYTES];

    setenv("TZ", "Asia/Kabul", 1);
    cr_assert(cli_when_parse("2026-11-25 10:00", CLI_AHEAD, now, out));
    cr_expect(eq(str, out, "2026-11-25T05:30:00Z"));
    cr_assert(cli_when_parse("2026-11-25", CLI_AHEAD, now, out));
    cr_expect(eq(str, out, "2026-11-25"));
    cr_assert(cli_when_parse("2026-11-25T10:00:00+04:30", CLI_AHEAD, now, out));
    cr_expect(eq(str, out, "2026-11-25T10:00:00+04:30"));
    cr_assert(cli_when_parse("24h", CLI_AHEAD, now, out));
    cr_expect(eq(str, out, "2025-11-03T16:13:20Z"));
    cr_assert(cli_when_parse("24h", CLI_BACK, now, out));
    cr_expect(eq(str, out, "2025-11-01T16:13:20Z"));
    cr_expect(cli_when_parse("tomorrow", CLI_AHEAD, now, out) == false);
    cr_expect(cli_when_parse("2026-02-30 10:00", CLI_AHEAD, now, out) == false);
}
