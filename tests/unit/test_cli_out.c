/* Unit tests of node/cli/cli_out, cli_table, cli_yaml: text for a terminal of
 * 80 columns, and files with their lines. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cli.h"
#include "cli_entry.h"
#include "cli_out.h"
#include "cli_yaml.h"

static char *text;
static size_t size;
static FILE *out;

static void
begin(void)
{
    out = open_memstream(&text, &size);
}

static char *
printed(void)
{
    (void)fflush(out);
    return text;
}

static void
end(void)
{
    (void)fclose(out);
    free(text);
}

TestSuite(cli_out, .init = begin, .fini = end);

Test(cli_out, width_counts_cells_not_bytes)
{
    cr_expect(eq(sz, cli_out_width("Kabul"), 5));
    cr_expect(eq(sz, cli_out_width("Zürich"), 6));
    cr_expect(eq(sz, cli_out_width("فاطمه"), 5));
    cr_expect(eq(sz, cli_out_width("مُحَمَّد"), 4), "vowel signs take none");
    cr_expect(eq(sz, cli_out_width("北京"), 4));
    cr_expect(eq(sz, cli_out_width("\xff"), 1), "broken UTF-8 is one cell");
}

Test(cli_out, cut_never_splits_a_character)
{
    cr_expect(eq(sz, cli_out_cut("Zürich", 2), 3));
    cr_expect(eq(sz, cli_out_cut("北京", 3), 3));
}

Test(cli_out, nothing_reaches_the_terminal_that_could_steer_it)
{
    char *clean = cli_out_clean("a\033[2Jb\u202Ec\nd\xc2\x9b"
                                "e");

    cr_expect(eq(str, clean, "a?[2Jb?c d?e"));
    free(clean);
}

Test(cli_out, a_long_value_is_wrapped_under_itself)
{
    cli_out_field(out, "Because",
                  "one two three four five six seven eight nine ten eleven "
                  "twelve thirteen fourteen");
    cr_expect(eq(str, printed(),
                 "Because       one two three four five six seven eight nine "
                 "ten eleven twelve\n"
                 "              thirteen fourteen\n"));
}

Test(cli_out, an_empty_value_prints_nothing)
{
    cli_out_field(out, "Service", "");
    cr_expect(eq(str, printed(), ""));
}

static void
table(const char *name)
{
    static const struct cli_col cols[] = {
        {"ID", false}, {"NAME", true}, {"STATE", false}};
    struct cli_table *t = cli_table_new(cols, 3);
    const char *first[] = {"HR-4K2M9QXT", name, "sent"};
    const char *second[] = {"HR-1", "Ali", "completed"};

    cli_table_row(t, first);
    cli_table_row(t, second);
    cli_table_print(t, out, "nothing");
    cli_table_free(t);
}

Test(cli_out, columns_stand_under_each_other_in_any_script)
{
    table("مُحَمَّد");
    cr_expect(eq(str, printed(),
                 "ID           NAME  STATE\n"
                 "HR-4K2M9QXT  مُحَمَّد  sent\n"
                 "HR-1         Ali   completed\n"));
}

Test(cli_out, the_column_that_may_is_cut_to_the_line)
{
    char name[200];
    const char *line;

    memset(name, 'x', sizeof(name) - 1);
    name[sizeof(name) - 1] = '\0';
    table(name);
    for (line = printed(); *line != '\0'; line = strchr(line, '\n') + 1) {
        char one[256];

        (void)snprintf(one, sizeof(one), "%.*s",
                       (int)(strchr(line, '\n') - line), line);
        cr_expect(le(sz, cli_out_width(one), 80), "%s", one);
    }
    cr_expect(strstr(printed(), "x\u2026  sent") != NULL);
}

Test(cli_out, a_column_may_go_on_under_itself_and_another_is_cut_last)
{
    static const struct cli_col cols[] = {
        {"USER", false}, {"ROLES", CLI_WRAP}, {"STATE", CLI_CUT_LAST}};
    const char *row[] = {"ana",
                         "case_manager, supervisor, focal_point, health, "
                         "committee, auditor",
                         "appointment_cancelled"};
    struct cli_table *t = cli_table_new(cols, 3);

    cli_table_row(t, row);
    cli_table_print(t, out, "nothing");
    cli_table_free(t);
    cr_expect(
        eq(str, printed(),
           "USER  ROLES                                                STATE\n"
           "ana   case_manager, supervisor, focal_point, health,       "
           "appointment_cancelled\n"
           "      committee, auditor\n"));
}

Test(cli_out, an_entry_shows_the_appointment_the_words_and_the_report)
{
    json_t *e = json_pack(
        "{s:s,s:s,s:i,s:s,s:s,s:s,s:s,s:[s,s],s:{s:s,s:s},s:s,s:{s:s}}", "at",
        "2026-11-22T10:00:00Z", "author", "clinic", "n", 4, "event", "schedule",
        "role", "health", "happened_at", "2026-11-21T10:00:00Z", "when",
        "2026-12-03T09:00:00Z", "flags", "proxied", "phone", "details", "where",
        "room 3", "spoke_to", "Sima", "text", "come early", "report", "seen",
        "yes");

    (void)setenv("TZ", "UTC", 1);
    tzset();
    cli_entry_print(out, e);
    cr_expect(eq(str, printed(),
                 "  2026-11-22 10:00  clinic       4 schedule, health\n"
                 "      for              2026-12-03 09:00\n"
                 "      where            room 3\n"
                 "      happened         2026-11-21 10:00\n"
                 "      by               phone\n"
                 "      entered          for them\n"
                 "      said by          Sima\n"
                 "      in words         come early\n"
                 "      report\n"
                 "        seen             yes\n"));
    json_decref(e);
}

Test(cli_out, a_table_without_rows_says_so)
{
    static const struct cli_col cols[] = {{"ID", false}};
    struct cli_table *t = cli_table_new(cols, 1);

    cli_table_print(t, out, "Nothing here.");
    cr_expect(eq(str, printed(), "Nothing here.\n"));
    cli_table_free(t);
}

Test(cli_out, the_last_day_is_the_one_in_the_file)
{
    char at[CLI_OUT_TIME];

    cr_expect(eq(str, (char *)cli_out_last_day("2029-01-01T00:00:00Z", at),
                 "2028-12-31"));
    cr_expect(eq(str, (char *)cli_out_first_day("2026-11-02T00:00:00Z", at),
                 "2026-11-02"));
    cr_expect(eq(str, (char *)cli_out_last_day("", at), ""));
    (void)setenv("TZ", "UTC", 1);
    tzset();
    cr_expect(eq(str, (char *)cli_out_last_day("2029-01-01T08:15:00Z", at),
                 "2029-01-01 08:15"));
}

Test(cli_out, times_are_local)
{
    char at[CLI_OUT_TIME];

    setenv("TZ", "Asia/Kabul", 1);
    cr_expect(eq(str, (char *)cli_out_time("2026-11-02T18:00:00Z", at),
                 "2026-11-02 22:30"));
    cr_expect(eq(str, (char *)cli_out_time("2026-12-03", at), "2026-12-03"));
    cr_expect(eq(str, (char *)cli_out_time(NULL, at), "-"));
    cr_expect(eq(str, (char *)cli_out_time("\x1b[2J", at), "?[2J"),
              "a peer's text does not reach the terminal as it is");
}

Test(cli_out, nested_data_is_indented)
{
    json_t *j =
        json_pack("{s:s,s:[{s:s,s:b},{s:s}],s:[s,s],s:[]}", "given_name",
                  "Zahra", "ways", "kind", "phone", "safe", 1, "kind", "mail",
                  "languages", "prs", "de", "none");

    cli_out_data(out, 2, j);
    cr_expect(eq(str, printed(),
                 "  given_name       Zahra\n"
                 "  ways\n"
                 "    - kind             phone\n"
                 "      safe             yes\n"
                 "    - kind             mail\n"
                 "  languages        prs, de\n"
                 "  none             -\n"));
    json_decref(j);
}

Test(cli_out, a_long_text_in_data_is_wrapped_and_cleaned)
{
    json_t *j = json_pack("{s:s}", "remarks",
                          "one two three four five six seven\neight nine ten "
                          "eleven twelve thirteen");

    cli_out_data(out, 0, j);
    cr_expect(eq(str, printed(),
                 "remarks          one two three four five six seven eight "
                 "nine ten eleven twelve\n"
                 "                 thirteen\n"));
    json_decref(j);
}

/* ---- files ---- */

static char path[64];

static struct cli_file
load(const char *name, const char *content, int want)
{
    static struct cli c;
    struct cli_file file = {.json = NULL};
    FILE *f;

    c.out = c.err = out;
    (void)snprintf(path, sizeof(path), "/tmp/test-cli-%d-%s", (int)getpid(),
                   name);
    f = fopen(path, "w");
    cr_assert(f != NULL);
    fputs(content, f);
    (void)fclose(f);
    cr_expect(eq(int, cli_file_load(&c, path, &file), want));
    (void)unlink(path);
    return file;
}

Test(cli_out, yaml_becomes_json_by_the_core_schema)
{
    struct cli_file f =
        load("a.yaml",
             "a: 12\nb: 0.5\nc: true\nd: ~\ne: 007\nf: '12'\ng: +43\n"
             "number: 4711\nh: no\n",
             0);
    char *dump = json_dumps(f.json, JSON_COMPACT);

    cr_expect(eq(str, dump,
                 "{\"a\":12,\"b\":0.5,\"c\":true,\"d\":null,\"e\":\"007\","
                 "\"f\":\"12\",\"g\":\"+43\",\"number\":\"4711\","
                 "\"h\":\"no\"}"));
    free(dump);
    cli_file_free(&f);
}

Test(cli_out, a_pointer_finds_its_line)
{
    struct cli_file f =
        load("b.yaml",
             "origin: AF\nidentity:\n  given_name: A\n  birth_date: x\n"
             "contact:\n  ways:\n    - kind: phone\n    - kind: mail\n",
             0);

    cr_expect(eq(uint, cli_file_line(&f, "identity.birth_date"), 4));
    cr_expect(eq(uint, cli_file_line(&f, "contact.ways.1.kind"), 8));
    cr_expect(eq(uint, cli_file_line(&f, "contact.ways.1.value"), 8));
    cr_expect(eq(uint, cli_file_line(&f, "sections.identity"), 2));
    cr_expect(eq(uint, cli_file_line(&f, ""), 1));
    cli_file_free(&f);
}

Test(cli_out, json_files_are_read_as_json_and_know_their_lines)
{
    struct cli_file f = load("c.json", "{\n \"a\": 1,\n \"b\": [2]\n}\n", 0);

    cr_expect(eq(uint, cli_file_line(&f, "b.0"), 3));
    cli_file_free(&f);
}

Test(cli_out, broken_files_are_refused_with_their_line)
{
    struct cli_file f = load("d.json", "{\n \"a\": 1,\n", EX_DATAERR);

    cr_expect(strstr(printed(), "d.json:3: is not JSON") != NULL, "%s",
              printed());
    f = load("e.yaml", "a: 1\nb: [\n", EX_DATAERR);
    cr_expect(strstr(printed(), "e.yaml:3:") != NULL, "%s", printed());
    cli_file_free(&f);
}
