/* plan show, plan set, score add, score show, case report. */
#include <string.h>
#include <unistd.h>

#include "cli_conn.h"
#include "cli_html.h"
#include "cli_out.h"
#include "cmd.h"

static const char *const score_names[] = {"composite", "economic", "social",
                                          "psychosocial"};
#define SCORES (sizeof(score_names) / sizeof(score_names[0]))

static const char *
path_of(struct cli *c, struct cli_path *p, const char *more)
{
    cli_path_begin(p, "/cases");
    cli_path_add(p, c->arg[0]);
    cli_path_add(p, more);
    cli_path_query(p, "why", cli_value(c, "why"));
    return p->text;
}

/* ---- the plan ---- */

static void
say_time(struct cli *c, const char *label, const json_t *j, const char *key,
         const char *also)
{
    const char *text = cli_out_text(j, key);
    char at[CLI_OUT_TIME];

    if (text[0] != '\0')
        cli_out_fieldf(c->out, label, "%s%s", cli_out_time(text, at), also);
}

static void
say_tasks(struct cli *c, const json_t *list)
{
    static const struct cli_col cols[] = {
        {"TASK", false}, {"WHAT", true}, {"DUE", false}, {"", false}};
    struct cli_table *t = cli_table_new(cols, 4);
    json_t *item;
    size_t i;

    json_array_foreach(list, i, item)
    {
        char id[CLI_OUT_ID], due[CLI_OUT_TIME];
        const bool done = cli_out_text(item, "done")[0] != '\0';
        const char *cells[] = {cli_out_id(cli_out_text(item, "task"), id),
                               cli_out_text(item, "what"),
                               cli_out_time(cli_out_text(item, "due"), due),
                               done                            ? "done"
                               : cli_out_true(item, "overdue") ? "OVERDUE"
                                                               : ""};

        cli_table_row(t, cells);
    }
    cli_table_print(t, c->out, "No follow-up is due.");
    cli_table_free(t);
}

static void
print_plan(struct cli *c, const json_t *j)
{
    const json_t *plan = json_object_get(j, "plan");
    const json_t *withheld = json_object_get(j, "withheld");

    say_time(c, "Arrived", j, "arrived", "");
    say_time(c, "Plan due", j, "due",
             cli_out_true(j, "overdue") ? "  OVERDUE" : "");
    say_time(c, "Established", j, "established", "");
    if (json_array_size(withheld) > 0)
        cli_out_field(c->out, "Plan", "hidden from your role");
    else if (json_is_null(plan))
        cli_out_field(c->out, "Plan", "none yet");
    else
        cli_out_data(c->out, 0, plan);
    fputc('\n', c->out);
    say_tasks(c, json_object_get(j, "follow_up"));
}

int
cmd_plan_show(struct cli *c)
{
    struct cli_path p;
    json_t *answer = NULL;
    const int status = cli_get(c, path_of(c, &p, "plan"), &answer);

    if (status == 0 && !cli_say(c, answer))
        print_plan(c, answer);
    json_decref(answer);
    return status;
}

int
cmd_plan_set(struct cli *c)
{
    struct cli_path p;
    json_t *answer = NULL;
    const int status = cmd_send_file(c, "PUT", path_of(c, &p, "plan"), &answer);

    if (status == 0 && !cli_say(c, answer))
        fprintf(c->out, "%s has this plan now\n", cli_out_text(answer, "case"));
    json_decref(answer);
    return status;
}

/* ---- surveys ---- */

/* "0.42 (+0.10)"; "-" where nothing is known. */
static void
score_cell(const json_t *survey, const char *name, char *out, size_t out_bytes)
{
    const json_t *score =
        json_object_get(json_object_get(survey, "scores"), name);
    const json_t *trend =
        json_object_get(json_object_get(survey, "trend"), name);

    if (!json_is_number(score))
        (void)snprintf(out, out_bytes, "-");
    else if (!json_is_number(trend))
        (void)snprintf(out, out_bytes, "%.2f", json_number_value(score));
    else
        (void)snprintf(out, out_bytes, "%.2f (%+.2f)", json_number_value(score),
                       json_number_value(trend));
}

static void
survey_row(struct cli_table *t, const json_t *s)
{
    char at[CLI_OUT_TIME], cell[SCORES][24];
    const char *cells[SCORES + 2];

    cells[0] = cli_out_time(cli_out_text(s, "at"), at);
    for (size_t i = 0; i < SCORES; i++) {
        score_cell(s, score_names[i], cell[i], sizeof(cell[i]));
        cells[i + 1] = cell[i];
    }
    cells[SCORES + 1] = cli_out_true(s, "flagged") ? "FLAGGED" : "";
    cli_table_row(t, cells);
}

/* What the last one leaves to think about. */
static void
say_last(struct cli *c, const json_t *s)
{
    json_t *prompt;
    size_t i;

    fprintf(c->out, "%s version %lld%s\n", cli_out_text(s, "set"),
            (long long)json_integer_value(json_object_get(s, "version")),
            cli_out_true(s, "unofficial") ? ", unofficial: equal weights" : "");
    fprintf(
        c->out, "%lld elements: %lld not known, %lld do not apply\n",
        (long long)json_integer_value(json_object_get(s, "elements")),
        (long long)json_integer_value(json_object_get(s, "dont_know")),
        (long long)json_integer_value(json_object_get(s, "not_applicable")));
    if (cli_out_true(s, "flagged"))
        fputs("So much is not known that the score says little.\n", c->out);
    json_array_foreach(json_object_get(s, "prompts"), i, prompt)
    {
        char *of = cli_out_join(json_object_get(prompt, "of"));

        cli_out_field(c->out, "Think about", cli_out_text(prompt, "prompt"));
        cli_out_field(c->out, "  because of", of);
        free(of);
    }
}

static void
print_surveys(struct cli *c, const json_t *j)
{
    static const struct cli_col cols[] = {
        {"ASKED", false},  {"COMPOSITE", false},    {"ECONOMIC", false},
        {"SOCIAL", false}, {"PSYCHOSOCIAL", false}, {"", false}};
    const json_t *items = json_object_get(j, "items");
    const size_t n = json_array_size(items);
    struct cli_table *t = cli_table_new(cols, SCORES + 2);
    json_t *item;
    size_t i;

    json_array_foreach(items, i, item) survey_row(t, item);
    cli_table_print(t, c->out, "No survey yet.");
    cli_table_free(t);
    if (n > 0)
        say_last(c, json_array_get(items, n - 1));
    if (json_array_size(json_object_get(j, "withheld")) > 0)
        fputs("Composite and psychosocial scores are hidden from your role.\n",
              c->out);
}

static int
show_surveys(struct cli *c)
{
    struct cli_path p;
    json_t *answer = NULL;
    const int status = cli_get(c, path_of(c, &p, "scores"), &answer);

    if (status == 0 && !cli_say(c, answer))
        print_surveys(c, answer);
    json_decref(answer);
    return status;
}

int
cmd_score_add(struct cli *c)
{
    struct cli_path p;
    json_t *answer = NULL;
    const int status =
        cmd_send_file(c, "POST", path_of(c, &p, "scores"), &answer);

    json_decref(answer);
    return status != 0 ? status : show_surveys(c);
}

int
cmd_score_show(struct cli *c)
{
    return show_surveys(c);
}

/* ---- reports ---- */

static void
put_facts(struct hf_buf *out, const json_t *j)
{
    static const char *const keys[] = {"case", "number", "by", "case_manager",
                                       "stage"};
    static const char *const times[] = {"made_at", "arrived", "established"};
    char at[CLI_OUT_TIME];

    cli_html_facts(out, true);
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
        cli_html_field(out, keys[i], cli_out_text(j, keys[i]));
    for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++)
        if (cli_out_text(j, times[i])[0] != '\0')
            cli_html_field(out, times[i],
                           cli_out_time(cli_out_text(j, times[i]), at));
    cli_html_facts(out, false);
}

static void
put_report(struct hf_buf *out, const json_t *j)
{
    static const char *const parts[] = {"plan", "referrals", "follow_up",
                                        "surveys"};
    const bool is_final = strcmp(cli_out_text(j, "report"), "final") == 0;

    cli_html_begin(out, is_final ? "Final report" : "Report at six months");
    put_facts(out, j);
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        cli_html_heading(out, parts[i]);
        cli_html_value(out, json_object_get(j, parts[i]));
    }
    cli_html_end(out);
}

int
cmd_case_report(struct cli *c)
{
    const char *to = cli_value(c, "to");
    json_t *answer = NULL, *said;
    struct cli_path p;
    int status;

    status = cmd_check_paper(c, to, "report");
    if (status != 0)
        return status;
    cli_path_begin(&p, "/cases");
    cli_path_add(&p, c->arg[0]);
    cli_path_add(&p, "report");
    cli_path_query(&p, "kind", cli_value(c, "kind"));
    cli_path_query(&p, "why", cli_value(c, "why"));
    status = cli_get(c, p.text, &answer);
    if (status == 0)
        status = cmd_write_paper(c, to, answer, put_report);
    said =
        json_pack("{s:s,s:s}", "case", cli_out_text(answer, "case"), "to", to);
    if (status == 0 && !cli_say(c, said))
        fprintf(c->out, "%s\n", to);
    json_decref(said);
    json_decref(answer);
    return status;
}
