/* policy check: packs alone, beside each other, and beside a service map. */
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "cli_out.h"
#include "cli_yaml.h"
#include "cmd.h"
#include "cmd_policy.h"
#include "hf_text.h"
#include "sop_audit.h"

#define CODES_MAX 8192

struct check {
    struct cli *c;
    struct sop_findings *findings;
    json_t *list;
    struct sop_book *book;
    size_t n;
    struct sop_pack *pack[SOP_PACKS_MAX];
    const char *path[SOP_PACKS_MAX]; /* of the pack of this number */
    size_t n_codes;
    struct hf_name *code; /* that providers offer */
    bool ok;
};

/* The file of the pack that a finding names; else @path. */
static const char *
path_of(const struct check *k, const struct sop_finding *f, const char *path)
{
    for (size_t i = 0; i < k->n; i++)
        if (f->pack[0] != '\0' &&
            strcmp(sop_pack_name(k->pack[i]), f->pack) == 0)
            return k->path[i];
    return path;
}

static void
take_findings(struct check *k, const char *path)
{
    const size_t max = sizeof(k->findings->item) / sizeof(k->findings->item[0]);

    for (size_t i = 0; i < k->findings->n && i < max; i++) {
        const struct sop_finding *f = &k->findings->item[i];

        (void)json_array_append_new(
            k->list,
            json_pack("{s:s,s:s,s:o,s:i,s:s}", "level",
                      f->is_error ? "error" : "warning", "rule", f->rule, "at",
                      json_sprintf("%s:%u", path_of(k, f, path), f->line),
                      "column", (int)f->column, "what", f->what));
    }
    memset(k->findings, 0, sizeof(*k->findings));
}

static int
check_file(struct check *k, const char *path)
{
    struct sop_pack *pack = NULL;
    int status = cmd_policy_load(k->c, path, k->findings, &pack);

    if (status != 0)
        return status;
    take_findings(k, path);
    if (pack == NULL) {
        k->ok = false;
    } else if (k->n < SOP_PACKS_MAX && sop_book_add(k->book, pack)) {
        k->pack[k->n] = pack;
        k->path[k->n++] = path;
        pack = NULL;
    }
    sop_pack_free(pack);
    return 0;
}

/* A service's code, ours or that of an HSDS attribute. */
static const char *
code_of(const json_t *service)
{
    const char *code = cli_out_text(service, "code");
    const json_t *attributes = json_object_get(service, "attributes");

    for (size_t i = 0; code[0] == '\0' && i < json_array_size(attributes); i++)
        code = cli_out_text(
            json_object_get(json_array_get(attributes, i), "taxonomy_term"),
            "code");
    return code;
}

static int
load_codes(struct check *k, const char *path)
{
    struct cli_file file = {.json = NULL};
    const json_t *list;
    int status = cli_file_load(k->c, path, &file);

    if (status != 0)
        return status;
    list = json_object_get(file.json, "services");
    if (!json_is_array(list))
        list = json_object_get(file.json, "items"); /* services search --json */
    k->code = calloc(CODES_MAX, sizeof(*k->code));
    if (k->code == NULL || !json_is_array(list))
        status = cli_fail(k->c, EX_DATAERR, "malformed",
                          "give a service file, or services search --json",
                          "%s: no list of services", path);
    for (size_t i = 0; status == 0 && i < json_array_size(list); i++) {
        const json_t *service = json_array_get(list, i);
        const char *code = code_of(service);

        if (code[0] == '\0')
            code = cli_out_text(service, "service");
        if (k->n_codes < CODES_MAX && hf_name_parse(code, &k->code[k->n_codes]))
            k->n_codes++;
    }
    cli_file_free(&file);
    return status;
}

/* Only when every pack can be used: otherwise there is enough to mend. */
static int
check_together(struct check *k)
{
    const char *services = cli_value(k->c, "services");
    int status = 0;

    if (k->n > 1)
        sop_book_check(k->book, k->findings);
    take_findings(k, "packs");
    if (services != NULL)
        status = load_codes(k, services);
    for (size_t i = 0; services != NULL && status == 0 && i < k->n; i++) {
        sop_offer_check(k->pack[i], k->code, k->n_codes, k->findings);
        take_findings(k, k->path[i]);
    }
    return status;
}

static void
print_findings(FILE *out, const json_t *list)
{
    json_t *item;
    size_t i;

    json_array_foreach(list, i, item)
    {
        char *what = cli_out_clean(cli_out_text(item, "what"));

        fprintf(out, "%s:%lld: %s: %s%s%s%s\n", cli_out_text(item, "at"),
                (long long)json_integer_value(json_object_get(item, "column")),
                cli_out_text(item, "level"), what != NULL ? what : "",
                cli_out_text(item, "rule")[0] ? " (rule " : "",
                cli_out_text(item, "rule"),
                cli_out_text(item, "rule")[0] ? ")" : "");
        free(what);
    }
}

static int
report(struct check *k)
{
    struct cli *c = k->c;
    json_t *answer =
        json_pack("{s:b,s:O}", "ok", k->ok ? 1 : 0, "findings", k->list);

    if (!cli_say(c, answer)) {
        print_findings(c->out, k->list);
        if (k->ok)
            fprintf(c->out, "%zu pack%s can be used.\n", c->n_args,
                    c->n_args == 1 ? "" : "s");
    }
    json_decref(answer);
    if (!k->ok)
        fprintf(c->err, "handoff: %s: see the errors above; mend them\n",
                c->n_args == 1 ? "the pack cannot be used"
                               : "a pack cannot be used");
    return k->ok ? 0 : EX_DATAERR;
}

int
cmd_policy_check(struct cli *c)
{
    struct check k = {.c = c, .ok = true};
    int status = 0;

    k.findings = calloc(1, sizeof(*k.findings));
    k.book = sop_book_new();
    k.list = json_array();
    if (k.findings == NULL || k.book == NULL)
        status = cli_fail(c, EX_SOFTWARE, "internal", "", "out of memory");
    for (size_t i = 0; i < c->n_args && status == 0; i++)
        status = check_file(&k, c->arg[i]);
    if (status == 0 && k.ok)
        status = check_together(&k);
    if (status == 0)
        status = report(&k);
    sop_book_free(k.book);
    for (size_t i = 0; i < k.n; i++)
        sop_pack_free(k.pack[i]);
    json_decref(k.list);
    free(k.code);
    free(k.findings);
    return status;
}
