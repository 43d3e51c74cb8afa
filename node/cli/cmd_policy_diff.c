/* policy diff: what a new version of a pack decides otherwise, over tables of
 * cases. Packs that lie beside A take part on both sides, but not those of the
 * same name. */
#include <glob.h>
#include <libgen.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cli.h"
#include "cli_out.h"
#include "cmd.h"
#include "cmd_policy.h"
#include "hf_file.h"
#include "hf_text.h"
#include "hf_yaml.h"
#include "sop_cases.h"

/* One side: a book, its packs, and what they decide, case by case. */
struct version {
    struct sop_book *book;
    size_t n_packs;
    struct sop_pack *pack[SOP_PACKS_MAX];
    json_t *cases; /* {"line", "case", "decision": {word: text}} */
};

static const char *
categories(uint32_t set, char *room, size_t n)
{
    size_t used = 0;

    room[0] = '\0';
    for (enum category k = CATEGORY_IDENTITY; k < CATEGORY_END; k++)
        if ((set & CATEGORY_BIT(k)) != 0 && used < n)
            used += (size_t)snprintf(room + used, n - used, "%s%s",
                                     used > 0 ? " " : "", category_text(k));
    return room;
}

static void
put(json_t *o, const char *key, const char *text)
{
    (void)json_object_set_new(o, key, json_string(text));
}

static void
put_due(json_t *o, const char *key, uint64_t due_ms, uint64_t at_ms)
{
    const uint64_t s = due_ms > at_ms ? (due_ms - at_ms) / 1000 : 0;

    (void)json_object_set_new(
        o, key,
        s % 3600 == 0 ? json_sprintf("%lluh", (unsigned long long)s / 3600)
                      : json_sprintf("%llum", (unsigned long long)s / 60));
}

static json_t *
words_of(const struct sop_decision *d, uint64_t at_ms)
{
    static const char *const outcome[] = {"", "chosen", "no_rule",
                                          "no_provider"};
    json_t *o = json_object();
    char room[256];

    put(o, "outcome", outcome[d->outcome]);
    put(o, "to", d->to.s);
    put(o, "service", d->service.code.s);
    put(o, "rule", d->rule.s);
    put(o, "source", d->clause);
    put(o, "urgency", urgency_text(d->urgency));
    put(o, "disclose", d->on_send ? "on_send" : "on_accept");
    put(o, "approval", d->approval ? "supervisor" : "none");
    put(o, "expire", d->expires ? "true" : "false");
    put(o, "fallback", d->is_fallback ? "true" : "false");
    put(o, "payer", sop_payer_text(d->payer));
    put(o, "budget", d->budget.s);
    put(o, "required", categories(d->service.required, room, sizeof(room)));
    put(o, "allowed", categories(d->service.allowed, room, sizeof(room)));
    put(o, "never", categories(d->service.never, room, sizeof(room)));
    put_due(o, "deliver", d->deliver_ms, at_ms);
    put_due(o, "decide", d->decide_ms, at_ms);
    put_due(o, "contact", d->contact_ms, at_ms);
    put_due(o, "report", d->report_ms, at_ms);
    return o;
}

static void
keep_case(void *ctx, unsigned line, const char *name, uint64_t at_ms,
          const struct sop_decision *d)
{
    struct version *v = ctx;

    (void)json_array_append_new(
        v->cases, json_pack("{s:i,s:s,s:o}", "line", (int)line, "case", name,
                            "decision", words_of(d, at_ms)));
}

static int
add_pack(struct cli *c, struct version *v, const char *path,
         const char *without)
{
    struct sop_findings *findings = calloc(1, sizeof(*findings));
    struct sop_pack *pack = NULL;
    int status;

    if (findings == NULL)
        return cli_fail(c, EX_SOFTWARE, "internal", "", "out of memory");
    status = cmd_policy_load(c, path, findings, &pack);
    if (status == 0 && pack == NULL)
        status = cli_fail(c, EX_DATAERR, "malformed",
                          "handoff policy check tells more", "%s:%u: %s", path,
                          findings->item[0].line, findings->item[0].what);
    if (status == 0 &&
        (without == NULL || strcmp(without, sop_pack_name(pack)) != 0) &&
        v->n_packs < SOP_PACKS_MAX && sop_book_add(v->book, pack)) {
        v->pack[v->n_packs++] = pack;
        pack = NULL;
    }
    sop_pack_free(pack);
    free(findings);
    return status;
}

/* The packs of @path's folder but those of the version's own name. */
static int
add_neighbours(struct cli *c, struct version *v, const char *path)
{
    char copy[PATH_MAX], pattern[PATH_MAX + 8];
    glob_t files;
    int status = 0;

    (void)snprintf(copy, sizeof(copy), "%s", path);
    (void)snprintf(pattern, sizeof(pattern), "%s/*.yaml", dirname(copy));
    if (glob(pattern, 0, NULL, &files) != 0)
        return 0;
    for (size_t i = 0; i < files.gl_pathc && status == 0; i++)
        if (!cmd_policy_is_table(files.gl_pathv[i]))
            status =
                add_pack(c, v, files.gl_pathv[i], sop_pack_name(v->pack[0]));
    globfree(&files);
    return status;
}

static int
decide_all(struct cli *c, struct version *v, const char *table)
{
    struct sop_findings *findings = calloc(1, sizeof(*findings));
    struct hf_buf yaml;
    enum hf_err err;
    int status = 0;

    hf_buf_init(&yaml, HF_YAML_BYTES_MAX);
    err = findings == NULL ? HF_ERR_NOMEM : hf_file_read(table, &yaml);
    if (err == HF_OK)
        err = sop_cases_decide(hf_buf_bytes(&yaml), v->book, findings,
                               keep_case, v);
    hf_buf_free(&yaml);
    if (err == HF_ERR_MALFORMED)
        status =
            cli_fail(c, EX_DATAERR, "malformed", "mend the table", "%s:%u: %s",
                     table, findings->item[0].line, findings->item[0].what);
    else if (err)
        status = cli_fail(c, EX_NOINPUT, "no_such_file", "check its name",
                          "%s: %s", table, hf_err_text(err));
    free(findings);
    return status;
}

static int
load(struct cli *c, struct version *v, const char *path)
{
    int status;

    v->book = sop_book_new();
    v->cases = json_array();
    if (v->book == NULL)
        return cli_fail(c, EX_SOFTWARE, "internal", "", "out of memory");
    status = add_pack(c, v, path, NULL);
    if (status == 0)
        status = add_neighbours(c, v, c->arg[0]);
    return status == 0 ? decide_all(c, v, cli_value(c, "cases")) : status;
}

static void
unload(struct version *v)
{
    sop_book_free(v->book);
    for (size_t i = 0; i < v->n_packs; i++)
        sop_pack_free(v->pack[i]);
    json_decref(v->cases);
}

/* What differs in one case, as {"what", "from", "to"}. */
static json_t *
compare(const json_t *a, json_t *b)
{
    json_t *changes = json_array(), *value;
    const char *key;

    json_object_foreach(b, key, value)
    {
        const char *was = cli_out_text(a, key), *is = json_string_value(value);

        if (strcmp(was, is) != 0)
            (void)json_array_append_new(
                changes,
                json_pack("{s:s,s:s,s:s}", "what", key, "from", was, "to", is));
    }
    return changes;
}

static void
print_case(struct cli *c, const json_t *item)
{
    json_t *change;
    size_t i;

    fprintf(c->out, "%s: %s\n", cli_out_text(item, "at"),
            cli_out_text(item, "case"));
    json_array_foreach(json_object_get(item, "changes"), i, change)
    {
        const char *was = cli_out_text(change, "from");
        const char *is = cli_out_text(change, "to");

        fprintf(c->out, "  %s: %s -> %s\n", cli_out_text(change, "what"),
                was[0] != '\0' ? was : "none", is[0] != '\0' ? is : "none");
    }
}

static void
report(struct cli *c, const struct version *a, const struct version *b)
{
    json_t *items = json_array(), *one, *answer;
    size_t i;

    json_array_foreach(a->cases, i, one)
    {
        const json_t *other = json_array_get(b->cases, i);
        json_t *changes = compare(json_object_get(one, "decision"),
                                  json_object_get(other, "decision"));

        if (json_array_size(changes) > 0)
            (void)json_array_append_new(
                items,
                json_pack("{s:s,s:o,s:O}", "case", cli_out_text(one, "case"),
                          "at",
                          json_sprintf("%s:%lld", cli_value(c, "cases"),
                                       (long long)json_integer_value(
                                           json_object_get(one, "line"))),
                          "changes", changes));
        json_decref(changes);
    }
    answer = json_pack("{s:I,s:O}", "cases",
                       (json_int_t)json_array_size(a->cases), "items", items);
    if (!cli_say(c, answer)) {
        json_array_foreach(items, i, one) print_case(c, one);
        fprintf(c->out, "%zu of %zu cases are decided otherwise.\n",
                json_array_size(items), json_array_size(a->cases));
    }
    json_decref(answer);
    json_decref(items);
}

int
cmd_policy_diff(struct cli *c)
{
    struct version a = {.book = NULL}, b = {.book = NULL};
    int status = load(c, &a, c->arg[0]);

    if (status == 0)
        status = load(c, &b, c->arg[1]);
    if (status == 0)
        report(c, &a, &b);
    unload(&a);
    unload(&b);
    return status;
}
