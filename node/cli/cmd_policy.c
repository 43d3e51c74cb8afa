/* policy show, explain, install, needs; reading a pack. */
#include <stdlib.h>
#include <string.h>

#include "cli_conn.h"
#include "cli_out.h"
#include "cmd.h"
#include "cmd_policy.h"
#include "cmd_route.h"
#include "hf_file.h"
#include "hf_yaml.h"

int
cmd_policy_load(struct cli *c, const char *path, struct sop_findings *findings,
                struct sop_pack **ret)
{
    struct hf_buf yaml;
    enum hf_err err;

    *ret = NULL;
    hf_buf_init(&yaml, HF_YAML_BYTES_MAX);
    err = hf_file_read(path, &yaml);
    if (err) {
        hf_buf_free(&yaml);
        return cli_fail(c, err == HF_ERR_FULL ? EX_DATAERR : EX_NOINPUT,
                        "no_such_file", "check its name", "%s: %s", path,
                        err == HF_ERR_NOT_FOUND ? "no such file"
                                                : hf_err_text(err));
    }
    err = sop_pack_load(hf_buf_bytes(&yaml), findings, ret);
    hf_buf_free(&yaml);
    if (err == HF_ERR_NOMEM)
        return cli_fail(c, EX_SOFTWARE, "internal", "", "out of memory");
    return 0;
}

static const char *
stands_of(const json_t *item, bool is_standing)
{
    return is_standing && strcmp(cli_out_text(item, "stands"), "in_force") == 0
               ? "in force"
               : cli_out_text(item, is_standing ? "stands" : "source");
}

int
cmd_policy_show(struct cli *c)
{
    static const struct cli_col cols[] = {{"PACK", true},    {"VERSION", false},
                                          {"SOURCE", false}, {"FROM", false},
                                          {"STANDS", false}, {"HASH", false}};
    const char *which = c->n_args > 0 ? c->arg[0] : NULL;
    json_t *answer = NULL, *shown = json_array(), *item, *all;
    struct cli_table *t;
    size_t i;
    int status = cli_get_list(c, "/policy", &answer);

    json_array_foreach(json_object_get(answer, "items"), i, item)
    {
        if (which == NULL || strcmp(cli_out_text(item, "pack"), which) == 0)
            (void)json_array_append(shown, item);
    }
    if (status == 0 && which != NULL && json_array_size(shown) == 0)
        status = cli_fail(c, EX_NOINPUT, "no_such_pack",
                          "handoff policy show lists them",
                          "no pack %.60s is in force", which);
    all = json_pack("{s:O}", "items", shown);
    if (status == 0 && !cli_say(c, all)) {
        t = cli_table_new(cols, 6);
        json_array_foreach(shown, i, item)
        {
            const json_t *v = json_object_get(item, "version");
            char version[24], hash[9], from[11];
            const char *cells[] = {cli_out_text(item, "pack"), version,
                                   stands_of(item, false),     from,
                                   stands_of(item, true),      hash};

            (void)snprintf(
                from, sizeof(from), "%.10s",
                cli_out_text(json_object_get(item, "effective"), "from"));
            (void)snprintf(hash, sizeof(hash), "%.8s",
                           cli_out_text(item, "hash"));
            (void)snprintf(version, sizeof(version), "%lld",
                           (long long)json_integer_value(v));
            cli_table_row(t, cells);
        }
        cli_table_print(t, c->out, "No pack is in force.");
        cli_table_free(t);
    }
    json_decref(all);
    json_decref(shown);
    json_decref(answer);
    return status;
}

int
cmd_policy_explain(struct cli *c)
{
    struct cli_path p;
    json_t *answer = NULL;
    int status;

    cli_path_begin(&p, "/decisions");
    cli_path_add(&p, c->arg[0]);
    if (cli_has(c, "replay"))
        cli_path_query(&p, "replay", "yes");
    status = cli_get(c, p.text, &answer);
    if (status == 0 && !cli_say(c, answer)) {
        const char *text = cli_out_text(answer, "text");

        cmd_route_print(c->out, answer);
        if (text[0] != '\0')
            fprintf(c->out, "\n%s", text);
        if (json_is_true(json_object_get(answer, "same")))
            fputs("\nDecided again of what was kept: the same bytes.\n",
                  c->out);
    }
    if (json_is_false(json_object_get(answer, "same")))
        status =
            cli_fail(c, EX_SOFTWARE, "not_the_same",
                     "tell the committee; keep the store as it is",
                     "decided again, %.40s comes out otherwise", c->arg[0]);
    json_decref(answer);
    return status;
}

/* The node does not know what the file was called. */
static int
refuse_pack(struct cli *c, const struct cli_answer *a)
{
    static const char anonymous[] = "the pack:";
    const char *detail = cli_out_text(a->json, "detail");
    const size_t n = sizeof(anonymous) - 1;

    if (strncmp(detail, anonymous, n) != 0)
        return cli_conn_refused(c, a);
    return cli_fail(c, a->status, cli_out_text(a->json, "code"),
                    cli_out_text(a->json, "hint"), "%s:%s", c->arg[0],
                    detail + n);
}

int
cmd_policy_install(struct cli *c)
{
    struct cli_answer a = {.json = NULL};
    struct hf_buf yaml;
    enum hf_err err;
    int status;

    hf_buf_init(&yaml, HF_YAML_BYTES_MAX);
    err = hf_file_read(c->arg[0], &yaml);
    if (err) {
        hf_buf_free(&yaml);
        return cli_fail(c, err == HF_ERR_FULL ? EX_DATAERR : EX_NOINPUT,
                        "no_such_file", "check its name", "%s: %s", c->arg[0],
                        hf_err_text(err));
    }
    status = cli_conn_bytes(c, "/policy", "application/yaml",
                            hf_buf_bytes(&yaml), &a);
    hf_buf_free(&yaml);
    if (status == 0 && a.status != 0)
        status = refuse_pack(c, &a);
    else if (status == 0 && !cli_say(c, a.json))
        fprintf(c->out, "%s is installed\n",
                cli_out_text(a.json, "pack")[0] ? cli_out_text(a.json, "pack")
                                                : c->arg[0]);
    cli_answer_free(&a);
    return status;
}

static json_t *
need_of(const char *need)
{
    json_t *signs = json_array();

    for (size_t i = 0; sop_need_sign(need, i) != NULL; i++)
        (void)json_array_append_new(signs, json_string(sop_need_sign(need, i)));
    return json_pack("{s:s,s:s,s:o}", "need", need, "text", sop_need_text(need),
                     "signs", signs);
}

int
cmd_policy_needs(struct cli *c)
{
    const char *which = c->n_args > 0 ? c->arg[0] : "";
    json_t *items = json_array(), *item, *all, *sign;
    size_t i, k;

    for (i = 0; sop_need_at(i) != NULL; i++)
        if (strncmp(sop_need_at(i), which, strlen(which)) == 0)
            (void)json_array_append_new(items, need_of(sop_need_at(i)));
    all = json_pack("{s:o}", "items", items);
    if (json_array_size(items) == 0) {
        json_decref(all);
        return cli_fail(c, EX_NOINPUT, "unknown_need",
                        "handoff policy needs lists them all",
                        "no need begins with %.60s", which);
    }
    if (!cli_say(c, all))
        json_array_foreach(items, i, item)
        {
            fprintf(c->out, "%s: %s\n", cli_out_text(item, "need"),
                    cli_out_text(item, "text"));
            json_array_foreach(json_object_get(item, "signs"), k, sign)
                fprintf(c->out, "  - %s\n", json_string_value(sign));
        }
    json_decref(all);
    return 0;
}
