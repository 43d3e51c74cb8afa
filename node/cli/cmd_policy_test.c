/* policy test: tables of cases against the packs that lie beside them.
 *
 * Packs lie in a folder, their tables in its folder "cases". Given is one of
 * the two folders, a table, or a pack (then the table of the same name). */
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
#include "hf_yaml.h"
#include "sop_cases.h"

#define TABLES_MAX 64

struct bench {
    struct cli *c;
    struct sop_book *book;
    size_t n_packs;
    struct sop_pack *pack[SOP_PACKS_MAX];
    size_t n_tables;
    char *table[TABLES_MAX];
    size_t passed, failed;
    json_t *failures;
};

bool
cmd_policy_is_table(const char *path)
{
    struct hf_yaml_error error;
    struct hf_yaml_node *root = NULL;
    bool yes;

    if (hf_yaml_load(path, &root, &error) != HF_OK)
        return false;
    yes = hf_yaml_find(root, "cases") != NULL;
    hf_yaml_free(root);
    return yes;
}

static int
add_pack(struct bench *b, const char *path)
{
    struct sop_findings *findings = calloc(1, sizeof(*findings));
    struct sop_pack *pack = NULL;
    int status;

    if (findings == NULL)
        return cli_fail(b->c, EX_SOFTWARE, "internal", "", "out of memory");
    status = cmd_policy_load(b->c, path, findings, &pack);
    if (status == 0 && pack == NULL)
        status = cli_fail(b->c, EX_DATAERR, "malformed",
                          "handoff policy check tells more", "%s:%u: %s", path,
                          findings->item[0].line, findings->item[0].what);
    if (status == 0 && b->n_packs < SOP_PACKS_MAX &&
        sop_book_add(b->book, pack)) {
        b->pack[b->n_packs++] = pack;
        pack = NULL;
    }
    sop_pack_free(pack);
    free(findings);
    return status;
}

/* All packs, or all tables, right in @dir. */
static int
gather(struct bench *b, const char *dir, bool tables)
{
    char pattern[PATH_MAX];
    glob_t files;
    int status = 0;

    (void)snprintf(pattern, sizeof(pattern), "%s/*.yaml", dir);
    if (glob(pattern, 0, NULL, &files) != 0)
        return 0;
    for (size_t i = 0; i < files.gl_pathc && status == 0; i++) {
        const char *path = files.gl_pathv[i];

        if (cmd_policy_is_table(path) != tables)
            continue;
        if (!tables)
            status = add_pack(b, path);
        else if (b->n_tables < TABLES_MAX)
            b->table[b->n_tables++] = strdup(path);
    }
    globfree(&files);
    return status;
}

static int
gather_dir(struct bench *b, const char *dir)
{
    char other[PATH_MAX];
    int status = gather(b, dir, false);

    if (status == 0)
        status = gather(b, dir, true);
    (void)snprintf(other, sizeof(other), "%s/cases", dir);
    if (status == 0)
        status = gather(b, other, true);
    (void)snprintf(other, sizeof(other), "%s/..", dir);
    if (status == 0 && b->n_packs == 0)
        status = gather(b, other, false);
    return status;
}

static int
gather_file(struct bench *b, const char *path)
{
    char copy[PATH_MAX], dir[PATH_MAX], other[PATH_MAX + 16];
    const char *base = strrchr(path, '/');
    int status;

    (void)snprintf(copy, sizeof(copy), "%s", path);
    (void)snprintf(dir, sizeof(dir), "%s", dirname(copy));
    base = base != NULL ? base + 1 : path;
    status = gather(b, dir, false);
    if (status != 0)
        return status;
    if (cmd_policy_is_table(path)) {
        b->table[b->n_tables++] = strdup(path);
        (void)snprintf(other, sizeof(other), "%s/..", dir);
        return gather(b, other, false);
    }
    (void)snprintf(other, sizeof(other), "%s/cases/%s", dir, base);
    if (!cmd_policy_is_table(other))
        return cli_fail(b->c, EX_NOINPUT, "no_such_table",
                        "give a table of cases, or a folder", "%s: no %s", path,
                        other);
    b->table[b->n_tables++] = strdup(other);
    return 0;
}

static void
note(struct bench *b, const char *path, unsigned line, const char *name,
     const char *what)
{
    (void)json_array_append_new(b->failures,
                                json_pack("{s:o,s:s,s:s}", "at",
                                          json_sprintf("%s:%u", path, line),
                                          "case", name, "what", what));
}

static int
run_table(struct bench *b, const char *path)
{
    struct sop_case_results *r = calloc(1, sizeof(*r));
    struct hf_buf yaml;
    enum hf_err err;

    hf_buf_init(&yaml, HF_YAML_BYTES_MAX);
    err = r == NULL ? HF_ERR_NOMEM : hf_file_read(path, &yaml);
    if (err == HF_OK)
        err = sop_cases_run(hf_buf_bytes(&yaml), b->book, r);
    hf_buf_free(&yaml);
    if (err == HF_ERR_MALFORMED) {
        note(b, path, r->findings.item[0].line, "",
             r->findings.n > 0 ? r->findings.item[0].what : "cannot be read");
        b->failed++;
    } else if (err == HF_OK) {
        b->passed += r->passed;
        b->failed += r->failed;
        for (size_t i = 0; i < r->n && i < SOP_FAILURES_MAX; i++)
            note(b, path, r->item[i].line, r->item[i].name, r->item[i].what);
    }
    free(r);
    if (err != HF_OK && err != HF_ERR_MALFORMED)
        return cli_fail(b->c, EX_SOFTWARE, "internal", "", "%s: %s", path,
                        hf_err_text(err));
    return 0;
}

static int
report(struct bench *b)
{
    json_t *answer =
        json_pack("{s:I,s:I,s:O}", "passed", (json_int_t)b->passed, "failed",
                  (json_int_t)b->failed, "failures", b->failures);
    json_t *item;
    size_t i;

    if (!cli_say(b->c, answer)) {
        json_array_foreach(b->failures, i, item)
            fprintf(b->c->out, "%s: %s: %s\n", cli_out_text(item, "at"),
                    cli_out_text(item, "case"), cli_out_text(item, "what"));
        fprintf(b->c->out, "%zu passed, %zu failed\n", b->passed, b->failed);
    }
    json_decref(answer);
    return b->failed > 0 ? EX_DATAERR : 0;
}

int
cmd_policy_test(struct cli *c)
{
    struct bench b = {.c = c, .book = sop_book_new()};
    const char *path = c->arg[0];
    struct stat st;
    int status = 0;

    b.failures = json_array();
    if (b.book == NULL)
        status = cli_fail(c, EX_SOFTWARE, "internal", "", "out of memory");
    else if (stat(path, &st) != 0)
        status = cli_fail(c, EX_NOINPUT, "no_such_file", "check its name",
                          "%s: no such file or folder", path);
    else
        status =
            S_ISDIR(st.st_mode) ? gather_dir(&b, path) : gather_file(&b, path);
    if (status == 0 && b.n_tables == 0)
        status = cli_fail(c, EX_NOINPUT, "no_such_table",
                          "tables lie in its folder cases",
                          "%s: no table of cases", path);
    for (size_t i = 0; i < b.n_tables && status == 0; i++)
        if (b.table[i] != NULL)
            status = run_table(&b, b.table[i]);
    if (status == 0)
        status = report(&b);
    for (size_t i = 0; i < b.n_tables; i++)
        free(b.table[i]);
    sop_book_free(b.book);
    for (size_t i = 0; i < b.n_packs; i++)
        sop_pack_free(b.pack[i]);
    json_decref(b.failures);
    return status;
}
