/* consent give, amend, refuse, show, status, withdraw. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "cli_conn.h"
#include "cli_out.h"
#include "cli_yaml.h"
#include "cmd.h"
#include "hf_proc.h"
#include "hf_text.h"

static const char *
consent_path(struct cli_path *p, const char *id, const char *more)
{
    cli_path_begin(p, "/cases");
    cli_path_add(p, id);
    cli_path_add(p, "consent");
    if (more != NULL)
        cli_path_add(p, more);
    return p->text;
}

/* Those whom an amendment or a withdrawal takes something from. */
static void
print_told(struct cli *c, const json_t *answer)
{
    char *told = cli_out_join(json_object_get(answer, "told"));

    if (json_array_size(json_object_get(answer, "told")) > 0)
        cli_out_field(c->out, "Told", told);
    free(told);
}

static bool
is_effect(const char *word)
{
    return strcmp(word, "erase") == 0 || strcmp(word, "stop") == 0;
}

/* The consent file with what is to be done with it. */
static int
record(struct cli *c, const char *action)
{
    struct cli_file file = {.json = NULL};
    const char *effect = cli_value(c, "effect");
    struct cli_path p;
    json_t *answer = NULL;
    int status;

    if (effect != NULL && !is_effect(effect))
        return cli_fail(c, EX_USAGE, "usage", "erase or stop",
                        "--effect %.40s is unknown", effect);
    status = cli_file_load(c, cli_value(c, "file"), &file);
    if (status != 0)
        return status;
    if (!json_is_object(file.json)) {
        status = cli_fail(c, EX_DATAERR, "malformed", "mend the file",
                          "%s:1: a consent file is a map of fields", file.path);
        cli_file_free(&file);
        return status;
    }
    (void)json_object_set_new(file.json, "action", json_string(action));
    if (effect != NULL)
        (void)json_object_set_new(file.json, "effect", json_string(effect));
    c->file = &file;
    status = cli_post(c, consent_path(&p, c->arg[0], NULL), file.json, &answer);
    c->file = NULL;
    cli_file_free(&file);
    if (status == 0 && !cli_say(c, answer)) {
        fprintf(
            c->out, "%s version %lld: %s\n", cli_out_text(answer, "consent"),
            (long long)json_integer_value(json_object_get(answer, "version")),
            cli_out_text(answer, "state"));
        print_told(c, answer);
    }
    json_decref(answer);
    return status;
}

int
cmd_consent_give(struct cli *c)
{
    return record(c, "give");
}

int
cmd_consent_amend(struct cli *c)
{
    return record(c, "amend");
}

int
cmd_consent_refuse(struct cli *c)
{
    return record(c, "refuse");
}

/* "iom-af", or "clinic in AF", as consent files write recipients. */
static char *
recipients_text(const json_t *scope)
{
    const json_t *list = json_object_get(scope, "recipients");
    char *text = NULL;
    size_t size = 0, i;
    FILE *f = open_memstream(&text, &size);
    json_t *r;

    if (f == NULL)
        return NULL;
    json_array_foreach(list, i, r)
    {
        if (i > 0)
            fputs(", ", f);
        if (json_is_string(r))
            fputs(json_string_value(r), f);
        else if (cli_out_text(r, "org")[0] != '\0')
            fputs(cli_out_text(r, "org"), f);
        else
            fprintf(f, "every %s in %s", cli_out_text(r, "kind"),
                    cli_out_text(r, "country"));
    }
    (void)fclose(f);
    return text;
}

static bool
is_past(const json_t *scope, const char *key)
{
    uint64_t ms;

    return hf_time_parse(cli_out_text(scope, key), &ms) &&
           ms <= hf_clock_wall_ms();
}

static const char *
scope_state(const json_t *scope)
{
    const json_t *withdrawn = json_object_get(scope, "withdrawn");

    if (json_is_true(withdrawn) || json_is_string(withdrawn))
        return "withdrawn";
    if (is_past(scope, "until"))
        return "expired";
    if (cli_out_text(scope, "from")[0] != '\0' && !is_past(scope, "from"))
        return "not yet";
    return "covers";
}

static void
print_scope(struct cli *c, const json_t *scope)
{
    char *categories = cli_out_join(json_object_get(scope, "categories"));
    char *purposes = cli_out_join(json_object_get(scope, "purposes"));
    char *recipients = recipients_text(scope);
    char from[CLI_OUT_TIME], until[CLI_OUT_TIME];

    fprintf(c->out, "\n");
    cli_out_fieldf(c->out, "Scope", "%s (%s)", cli_out_text(scope, "id"),
                   scope_state(scope));
    cli_out_field(c->out, "  data", categories);
    cli_out_field(c->out, "  to", recipients);
    cli_out_field(c->out, "  for", purposes);
    cli_out_field(c->out, "  from",
                  cli_out_first_day(cli_out_text(scope, "from"), from));
    cli_out_field(c->out, "  until",
                  cli_out_last_day(cli_out_text(scope, "until"), until));
    free(categories);
    free(purposes);
    free(recipients);
}

/* Who decided and how, as it was recorded. */
static void
print_version(struct cli *c, const json_t *v)
{
    static const struct {
        const char *key, *label;
    } fields[] = {
        {"method", "  method"},           {"language", "  language"},
        {"interpreter", "  interpreter"}, {"form", "  form"},
        {"witness", "  witness"},         {"restrictions", "  limits"}};
    const json_t *authority = json_object_get(v, "authority");
    char at[CLI_OUT_TIME];

    fprintf(c->out, "  %s  version %lld  %s\n",
            cli_out_time(cli_out_text(v, "at"), at),
            (long long)json_integer_value(json_object_get(v, "version")),
            cli_out_text(v, "state"));
    cli_out_field(c->out, "  given by", cli_out_text(v, "given_by"));
    if (cli_out_text(authority, "name")[0] != '\0')
        cli_out_fieldf(c->out, "  authority", "%s, %s%s%s",
                       cli_out_text(authority, "name"),
                       cli_out_text(authority, "relation"),
                       cli_out_text(authority, "document")[0] ? ", " : "",
                       cli_out_text(authority, "document"));
    for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
        const json_t *value = json_object_get(v, fields[i].key);

        cli_out_field(c->out, fields[i].label,
                      json_is_object(value) ? cli_out_text(value, "name")
                                            : cli_out_text(v, fields[i].key));
    }
}

/* Who put it down, and whether the signature under it holds. */
static void
print_signature(struct cli *c, const json_t *v)
{
    char at[CLI_OUT_TIME];

    if (cli_out_true(v, "unsigned"))
        cli_out_field(c->out, "  signature", "none came with the case");
    if (cli_out_text(v, "signature")[0] == '\0')
        return;
    cli_out_fieldf(c->out, "  recorded", "%s, %s at %s",
                   cli_out_time(cli_out_text(v, "recorded_at"), at),
                   cli_out_text(v, "recorded_by")[0] != '\0'
                       ? cli_out_text(v, "recorded_by")
                       : "by itself",
                   cli_out_text(v, "org"));
    cli_out_field(c->out, "  signature",
                  cli_out_true(v, "verifies") ? "good" : "DOES NOT VERIFY");
}

static void
print_history(struct cli *c, const json_t *history)
{
    json_t *item;
    size_t i;

    if (json_array_size(history) > 0)
        fputs("\nHistory\n", c->out);
    json_array_foreach(history, i, item)
    {
        print_version(c, item);
        print_signature(c, item);
    }
}

static void
print_state(struct cli *c, const json_t *j)
{
    const json_t *again = json_object_get(j, "ask_again");
    char due[CLI_OUT_TIME];

    cli_out_fieldf(c->out, "State", "%s%s", cli_out_text(j, "state"),
                   cli_out_true(j, "expired") ? ", EXPIRED" : "");
    if (again != NULL)
        cli_out_fieldf(c->out, "Ask again", "%s, %s%s",
                       cli_out_time(cli_out_text(again, "due"), due),
                       cli_out_text(again, "what"),
                       cli_out_true(again, "overdue") ? ", OVERDUE" : "");
}

static int
get(struct cli *c, json_t **ret)
{
    struct cli_path p;

    return cli_get(c, consent_path(&p, c->arg[0], NULL), ret);
}

int
cmd_consent_show(struct cli *c)
{
    json_t *answer = NULL, *scope;
    size_t i;
    const int status = get(c, &answer);

    if (status == 0 && !cli_say(c, answer)) {
        cli_out_field(c->out, "Case", cli_out_text(answer, "case"));
        cli_out_field(c->out, "Consent", cli_out_text(answer, "consent"));
        print_state(c, answer);
        json_array_foreach(json_object_get(answer, "scopes"), i, scope)
            print_scope(c, scope);
        print_history(c, json_object_get(answer, "history"));
    }
    json_decref(answer);
    return status;
}

static bool
covers_alike(const json_t *a, const json_t *b)
{
    return strcmp(cli_out_text(a, "to"), cli_out_text(b, "to")) == 0 &&
           json_equal(json_object_get(a, "categories"),
                      json_object_get(b, "categories"));
}

/* The purposes for which the @i-th recipient is given the same; none when a
 * line before has said it. */
static json_t *
purposes_like(const json_t *covers, size_t i)
{
    const json_t *first = json_array_get(covers, i), *item;
    json_t *list = json_array();

    for (size_t k = 0; (item = json_array_get(covers, k)) != NULL; k++) {
        if (!covers_alike(item, first))
            continue;
        if (k < i)
            break;
        (void)json_array_append(list, json_object_get(item, "purpose"));
    }
    return list;
}

/* What may go to whom now, by the node's own reckoning. */
static void
print_covers(struct cli *c, const json_t *covers)
{
    const json_t *item;

    if (json_array_size(covers) == 0)
        cli_out_field(c->out, "Covers", "nothing");
    for (size_t i = 0; (item = json_array_get(covers, i)) != NULL; i++) {
        json_t *list = purposes_like(covers, i);
        char *purposes = cli_out_join(list);
        char *data = cli_out_join(json_object_get(item, "categories"));

        if (json_array_size(list) > 0) {
            cli_out_field(c->out, i == 0 ? "Covers" : "\nCovers",
                          cli_out_text(item, "to"));
            cli_out_field(c->out, "  data", data);
            cli_out_field(c->out, "  for", purposes);
        }
        json_decref(list);
        free(purposes);
        free(data);
    }
}

int
cmd_consent_status(struct cli *c)
{
    json_t *answer = NULL, *item;
    size_t i;
    const int status = get(c, &answer);

    if (status == 0 && !cli_say(c, answer)) {
        print_state(c, answer);
        print_covers(c, json_object_get(answer, "covers"));
        json_array_foreach(json_object_get(answer, "scopes"), i, item)
        {
            if (strcmp(scope_state(item), "covers") != 0)
                cli_out_fieldf(c->out, "Not covered", "scope %s: %s",
                               cli_out_text(item, "id"), scope_state(item));
        }
    }
    json_decref(answer);
    return status;
}

/* Of a case; at a provider of what came with a referral. */
static const char *
withdraw_path(struct cli_path *p, const char *id)
{
    if (strncasecmp(id, "HR-", 3) != 0)
        return consent_path(p, id, "withdraw");
    cli_path_begin(p, "/objects");
    cli_path_add(p, id);
    cli_path_add(p, "withdraw");
    return p->text;
}

/* What is over, and what is not: by scopes, `state` alone would say "given". */
static void
print_withdrawn(struct cli *c, const json_t *answer, const char *effect)
{
    const bool stands = strcmp(cli_out_text(answer, "state"), "given") == 0;
    const char *scope = cli_value(c, "scope");
    size_t i = 0;

    cli_out_field(c->out, "Consent", cli_out_text(answer, "consent"));
    if (scope == NULL)
        cli_out_field(c->out, "Withdrawn", "all of it");
    for (bool is_first = true;
         (scope = cli_next_value(c, "scope", &i)) != NULL; is_first = false)
        cli_out_fieldf(c->out, is_first ? "Withdrawn" : "", "scope %s", scope);
    cli_out_field(c->out, "Effect",
                  strcmp(effect, "stop") == 0
                      ? "nothing more is sent or used"
                      : "who was given it is asked to destroy it");
    if (cli_has(c, "scope"))
        cli_out_field(c->out, "The rest",
                      stands ? "stands (handoff consent show CASE)"
                             : "nothing is left: the consent is withdrawn");
}

int
cmd_consent_withdraw(struct cli *c)
{
    const char *effect = cli_value(c, "effect");
    json_t *body, *answer = NULL, *scopes = json_array();
    struct cli_path p;
    const char *scope;
    size_t i = 0;
    int status;

    effect = effect != NULL ? effect : "erase";
    if (!is_effect(effect)) {
        json_decref(scopes);
        return cli_fail(c, EX_USAGE, "usage", "erase or stop",
                        "--effect %.40s is unknown", effect);
    }
    while ((scope = cli_next_value(c, "scope", &i)) != NULL)
        (void)json_array_append_new(scopes, json_string(scope));
    body = json_pack("{s:s}", "effect", effect);
    if (json_array_size(scopes) > 0) /* left out: the whole consent */
        (void)json_object_set(body, "scopes", scopes);
    json_decref(scopes);
    status = cli_post(c, withdraw_path(&p, c->arg[0]), body, &answer);
    json_decref(body);
    if (status == 0 && !cli_say(c, answer)) {
        print_withdrawn(c, answer, effect);
        print_told(c, answer);
        cli_out_fieldf(c->out, "Withdrawals", "%zu (handoff withdrawals)",
                       json_array_size(json_object_get(answer, "withdrawals")));
    }
    json_decref(answer);
    return status;
}
