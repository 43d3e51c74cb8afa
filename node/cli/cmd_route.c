/* route and refer: where to, with which data, why; and doing it. */
#include <stdlib.h>
#include <string.h>

#include "cli_conn.h"
#include "cli_i18n.h"
#include "cli_out.h"
#include "cli_when.h"
#include "cli_yaml.h"
#include "cmd.h"
#include "cmd_route.h"

static void
set_text(json_t *body, const char *key, const char *text)
{
    if (text != NULL)
        (void)json_object_set_new(body, key, json_string(text));
}

/* What both commands ask, but for case and need. */
static int
request_body(struct cli *c, json_t **ret)
{
    char incident[HF_TIME_TEXT_BYTES];
    const char *when;
    const int status = cli_when(c, "incident-at", CLI_BACK, incident, &when);
    json_t *body, *wishes;
    const char *wish;
    size_t i = 0;

    if (status != 0)
        return status;
    body = json_object();
    wishes = json_array();
    set_text(body, "incident_at", when);
    set_text(body, "to", cli_value(c, "to"));
    set_text(body, "urgency", cli_value(c, "urgency"));
    set_text(body, "override_reason", cli_value(c, "override-reason"));
    set_text(body, "replaces", cli_value(c, "replaces"));
    while ((wish = cli_next_value(c, "wish", &i)) != NULL)
        (void)json_array_append_new(wishes, json_string(wish));
    (void)json_object_set_new(body, "wishes", wishes);
    if (cli_has(c, "draft"))
        (void)json_object_set_new(body, "draft", json_true());
    *ret = body;
    return 0;
}

/* "travel, family: not needed": all that is held back for the same reason as
 * the @i-th, if it is the first with that reason; else "". free() it. */
static char *
held_back_like(const json_t *withholds, size_t i)
{
    const char *why = cli_out_text(json_array_get(withholds, i), "why");
    char *text = NULL;
    size_t size = 0, k, n = 0;
    FILE *f = open_memstream(&text, &size);
    json_t *item;

    if (f == NULL)
        return NULL;
    json_array_foreach(withholds, k, item)
    {
        if (strcmp(cli_out_text(item, "why"), why) != 0)
            continue;
        if (k < i)
            break;
        fprintf(f, "%s%s", n++ > 0 ? ", " : "",
                cli_tr(cli_out_text(item, "category")));
    }
    if (n > 0)
        fprintf(f, ": %s", cli_tr(why));
    (void)fclose(f);
    return text;
}

static void
print_withheld(FILE *out, const json_t *withholds)
{
    for (size_t i = 0; i < json_array_size(withholds); i++) {
        char *text = held_back_like(withholds, i);

        cli_out_field(out, i == 0 ? CLI_N("Holds back") : "", text);
        free(text);
    }
}

static void
print_list(FILE *out, const char *label, const json_t *list, const char *more)
{
    char *text;

    if (json_array_size(list) == 0)
        return;
    text = cli_out_join(list);
    cli_out_fieldf(out, label, "%s%s", text == NULL ? "" : text, more);
    free(text);
}

/* The scope as a line of a consent file. */
static void
print_scope(FILE *out, const json_t *scope)
{
    const json_t *to = json_array_get(json_object_get(scope, "recipients"), 0);
    char *categories = cli_out_join(json_object_get(scope, "categories"));
    char *purposes = cli_out_join(json_object_get(scope, "purposes"));

    cli_out_fieldf(out, CLI_N("As a scope"),
                   "{ id: %s, categories: [%s], recipients: [{ org: %s }], "
                   "purposes: [%s], until: DATE }",
                   cli_out_text(scope, "id"), categories,
                   cli_out_text(to, "org"), purposes);
    free(categories);
    free(purposes);
}

/* Which consent would be needed, and how to ask for it. */
static void
print_ask(FILE *out, const json_t *j)
{
    const json_t *ask = json_object_get(j, "ask_consent");

    if (ask == NULL) {
        print_list(out, CLI_N("Ask consent"),
                   json_object_get(j, "missing_consent"), "");
        return;
    }
    print_list(out, CLI_N("Ask consent"), json_object_get(ask, "required"),
               ": nothing goes without it");
    print_list(out,
               json_array_size(json_object_get(ask, "required")) > 0
                   ? ""
                   : CLI_N("Ask consent"),
               json_object_get(ask, "useful"), ": would go along");
    cli_out_field(out, CLI_N("It is with"), cli_out_text(ask, "of"));
    cli_out_field(out, CLI_N("In words"), cli_out_text(ask, "words"));
    print_scope(out, json_object_get(ask, "scope"));
}

static void
print_rules(FILE *out, const json_t *rules)
{
    json_t *rule;
    size_t i;

    json_array_foreach(rules, i, rule)
    {
        const json_t *version = json_object_get(rule, "version");

        cli_out_fieldf(out, i == 0 ? CLI_N("Because") : "",
                       "rule %s of %s, version %lld%s%s",
                       cli_out_text(rule, "rule"), cli_out_text(rule, "pack"),
                       (long long)json_integer_value(version),
                       cli_out_text(rule, "clause")[0] ? ": " : "",
                       cli_out_text(rule, "clause"));
    }
}

static void
print_candidates(FILE *out, const json_t *candidates)
{
    json_t *item;
    size_t i;
    bool first = true;

    json_array_foreach(candidates, i, item)
    {
        cli_out_fieldf(out, first ? CLI_N("Looked at") : "", "%s: %s",
                       cli_out_text(item, "org"), cli_out_text(item, "why"));
        first = false;
    }
}

static void
print_clocks(FILE *out, const json_t *clocks)
{
    const char *key;
    json_t *value;
    bool first = true;

    json_object_foreach((json_t *)(uintptr_t)clocks, key, value)
    {
        char at[CLI_OUT_TIME];

        if (!json_is_string(value))
            continue;
        cli_out_fieldf(out, first ? CLI_N("Due") : "", "%-8s %s", key,
                       cli_out_time(json_string_value(value), at));
        first = false;
    }
}

void
cmd_route_print(FILE *out, const json_t *j)
{
    char *sends = cli_out_join(json_object_get(j, "sends"));
    const char *to = cli_out_text(j, "to");

    if (to[0] != '\0')
        cli_out_fieldf(out, CLI_N("Goes to"), "%s, for %s", to,
                       cli_out_text(j, "service"));
    else
        cli_out_field(out, CLI_N("Goes to"), "nobody: no provider fits");
    cli_out_field(out, "Urgency", cli_out_text(j, "urgency"));
    print_rules(out, json_object_get(j, "rules"));
    cli_out_field(out, CLI_N("Sends"), sends);
    print_withheld(out, json_object_get(j, "withholds"));
    print_ask(out, j);
    print_candidates(out, json_object_get(j, "candidates"));
    print_clocks(out, json_object_get(j, "clocks"));
    cli_out_field(out, CLI_N("Decision"), cli_out_text(j, "decision"));
    free(sends);
}

/* A run of several requests, each answered by itself. */
struct batch {
    struct cli *c;
    const char *path;
    json_t *items;
    size_t n;   /* how many there will be */
    int status; /* of the first that failed */
};

static void
fail_one(struct batch *b, const struct cli_answer *a, const char *case_id,
         const char *need)
{
    if (b->n == 1 || !b->c->json)
        b->status = cli_conn_refused(b->c, a);
    else
        fprintf(b->c->err, "handoff: %s %s: %s\n", case_id, need,
                cli_out_text(a->json, "detail"));
    (void)json_array_append_new(
        b->items, json_pack("{s:s,s:s,s:o}", "case", case_id, "need", need,
                            "error", cli_conn_problem(a)));
}

/* False: the node could not be asked, and asking on is no use. */
static bool
ask_one(struct batch *b, json_t *body, const char *case_id, const char *need)
{
    struct cli_answer a = {.json = NULL};
    int status;

    (void)json_object_set_new(body, "case", json_string(case_id));
    (void)json_object_set_new(body, "need", json_string(need));
    status = cli_conn_call(b->c, "POST", b->path, body, &a);
    if (status != 0) {
        b->status = status;
        cli_answer_free(&a);
        return false;
    }
    if (a.status != 0) {
        const int was = b->status;

        fail_one(b, &a, case_id, need);
        b->status = was != 0 ? was : a.status;
    } else if (a.json != NULL) {
        (void)json_array_append(b->items, a.json);
    }
    cli_answer_free(&a);
    return true;
}

static void
ask_all(struct batch *b, json_t *body)
{
    struct cli *c = b->c;

    for (size_t k = 0; k < c->n_args; k++) {
        const char *need;
        size_t i = 0;

        while ((need = cli_next_value(c, "need", &i)) != NULL)
            if (!ask_one(b, body, c->arg[k], need))
                return;
    }
}

static size_t
count(const struct cli *c)
{
    size_t n = 0, i = 0;

    while (cli_next_value(c, "need", &i) != NULL)
        n++;
    return n * c->n_args;
}

/* Every case with every need, under an attestation if there is one; @print
 * shows one answer. */
static int
run(struct cli *c, const char *path, json_t *attestation,
    void (*print)(FILE *out, const json_t *answer))
{
    struct batch b = {.c = c, .path = path, .n = count(c)};
    json_t *body = NULL, *all = NULL, *item;
    size_t i;
    int status = request_body(c, &body);

    if (status == 0)
        status = cli_when_later(c, body);
    if (status != 0) {
        json_decref(body);
        return status;
    }
    if (attestation != NULL) {
        (void)json_object_set_new(body, "vital_interest", json_true());
        (void)json_object_set(body, "attestation", attestation);
    }
    if (c->n_args > 1 && strcmp(path, "/referrals") == 0)
        (void)json_object_set_new(body, "together", json_true());
    b.items = json_array();
    ask_all(&b, body);
    json_decref(body);
    if (b.n == 1 && b.status == 0)
        (void)cli_say(c, json_array_get(b.items, 0));
    else if (b.n > 1 && json_array_size(b.items) > 0)
        (void)cli_say(c, all = json_pack("{s:O}", "items", b.items));
    if (!c->json)
        json_array_foreach(b.items, i, item)
        {
            if (json_object_get(item, "error") == NULL)
                print(c->out, item);
        }
    json_decref(all);
    json_decref(b.items);
    return b.status;
}

static void
print_route_block(FILE *out, const json_t *answer)
{
    cmd_route_print(out, answer);
    fputc('\n', out);
}

static void
print_referral(FILE *out, const json_t *j)
{
    fprintf(out, "%s  %s  to %s  for %s\n", cli_out_text(j, "referral"),
            cli_out_text(j, "state"), cli_out_text(j, "to"),
            cli_out_text(j, "service"));
}

int
cmd_route(struct cli *c)
{
    return run(c, "/route", NULL,
               count(c) == 1 ? cmd_route_print : print_route_block);
}

int
cmd_refer(struct cli *c)
{
    struct cli_file file = {.json = NULL};
    int status;

    if (!cli_has(c, "need"))
        return cli_fail(c, EX_USAGE, "usage", "see handoff refer --help",
                        "refer needs --need N");
    if (cli_has(c, "vital-interest") != cli_has(c, "attest"))
        return cli_fail(c, EX_USAGE, "usage", "see handoff refer --help",
                        "--vital-interest and --attest F go together");
    if (!cli_has(c, "attest"))
        return run(c, "/referrals", NULL, print_referral);
    status = cli_file_load(c, cli_value(c, "attest"), &file);
    if (status == 0) {
        c->file = &file;
        status = run(c, "/referrals", file.json, print_referral);
        c->file = NULL;
    }
    cli_file_free(&file);
    return status;
}
