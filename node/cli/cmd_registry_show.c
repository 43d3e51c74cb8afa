/* registry show and verify: who is in a set, who signed it, whether it would
 * be trusted. */
#include <stdlib.h>

#include "cli.h"
#include "cli_out.h"
#include "cmd.h"
#include "cmd_registry.h"
#include "hf_proc.h"
#include "hf_text.h"

static json_t *
homes_json(const struct registry_org *o)
{
    json_t *list = json_array();

    for (size_t i = 0; i < o->n_homes; i++)
        (void)json_array_append_new(list, json_string(o->home[i].s));
    return list;
}

static json_t *
orgs_json(const struct registry *r)
{
    json_t *list = json_array();

    for (size_t i = 0; i < r->n_orgs; i++) {
        const struct registry_org *o = &r->orgs[i];
        char fp[REGISTRY_FINGERPRINT_BYTES];

        (void)json_array_append_new(
            list,
            json_pack("{s:s,s:s,s:s,s:s,s:s,s:s,s:o,s:b,s:s,s:s}", "id",
                      o->id.s, "name", o->name, "kind", org_kind_text(o->kind),
                      "country", o->country, "level", o->level, "status",
                      member_status_text(o->status), "home", homes_json(o),
                      "committee", registry_has_duty(o, DUTY_FIGURES) ? 1 : 0, "via", o->via.s,
                      "fingerprint", registry_fingerprint(o->identity_pk, fp)));
    }
    return list;
}

static json_t *
brokers_json(const struct registry *r)
{
    json_t *list = json_array();

    for (size_t i = 0; i < r->n_brokers; i++) {
        const struct registry_broker *b = &r->broker[i];
        char fp[REGISTRY_FINGERPRINT_BYTES];

        (void)json_array_append_new(
            list, json_pack("{s:s,s:s,s:s,s:s}", "id", b->id.s, "endpoint",
                            b->endpoint, "operated_by", b->operated_by.s,
                            "fingerprint", registry_fingerprint(b->op_pk, fp)));
    }
    return list;
}

static json_t *
documents_json(struct registry_edit *e)
{
    json_t *list = json_array();

    for (int role = 0; role < REGISTRY_ROLES; role++) {
        struct registry_tally t;
        char until[HF_TIME_TEXT_BYTES];

        if (registry_edit_tally(e, (enum registry_role)role, &t) != HF_OK ||
            t.version == 0)
            continue;
        (void)json_array_append_new(
            list, json_pack("{s:s,s:I,s:s,s:I,s:I,s:b}", "role",
                            cmd_registry_role((enum registry_role)role),
                            "version", (json_int_t)t.version, "expires",
                            hf_time_format(t.expires_ms, until), "signatures",
                            (json_int_t)t.have, "needed", (json_int_t)t.need,
                            "complete", t.is_complete ? 1 : 0));
    }
    return list;
}

static json_t *
set_json(struct registry_edit *e, const struct registry *r)
{
    char hex[HF_HEX_BYTES(HF_HASH_BYTES)], period[HF_TIME_TEXT_BYTES];

    return json_pack("{s:s,s:o,s:{s:I,s:s},s:o,s:o}", "root",
                     hf_hex(r->root_hash.b, HF_HASH_BYTES, hex), "documents",
                     documents_json(e), "figures", "threshold",
                     (json_int_t)r->figures_threshold, "period",
                     hf_duration_format(r->figures_period_ms, period),
                     "brokers", brokers_json(r), "orgs", orgs_json(r));
}

/* The documents first, as they are what a signer looks for. */
static void
print_documents(FILE *out, const json_t *j)
{
    json_t *d;
    size_t i;

    json_array_foreach(json_object_get(j, "documents"), i, d) cli_out_fieldf(
        out, cli_out_text(d, "role"),
        "version %lld, signed by %lld of %lld needed%s",
        (long long)json_integer_value(json_object_get(d, "version")),
        (long long)json_integer_value(json_object_get(d, "signatures")),
        (long long)json_integer_value(json_object_get(d, "needed")),
        cli_out_true(d, "complete") ? "" : ": NOT COMPLETE");
    fputc('\n', out);
}

int
cmd_registry_show(struct cli *c)
{
    struct registry_edit *e = NULL;
    struct registry *r = NULL;
    struct hf_buf text;
    enum hf_err err;
    json_t *j = NULL;
    int status = cmd_registry_open(c, c->arg[0], &e);

    if (status != 0)
        return status;
    hf_buf_init(&text, REGISTRY_BYTES_MAX);
    err = registry_edit_preview(e, &r);
    if (!err && !registry_summary(r, &text))
        err = HF_ERR_NOMEM;
    if (err) {
        status = cmd_registry_failed(c, c->arg[0], err);
    } else {
        j = set_json(e, r);
        if (!cli_say(c, j)) {
            print_documents(c->out, j);
            fwrite(text.p, 1, text.n, c->out);
        }
    }
    json_decref(j);
    hf_buf_free(&text);
    registry_free(r);
    registry_edit_free(e);
    return status;
}

static const char *
verdict(enum hf_err err)
{
    switch ((int)err) {
    case HF_OK:
        return "would be trusted";
    case HF_ERR_UNTRUSTED:
        return "too few of those who must sign have signed";
    case HF_ERR_EXPIRED:
        return "has expired";
    case HF_ERR_MALFORMED:
        return "is no registry set, or breaks a rule of its form";
    default:
        return hf_err_text(err);
    }
}

int
cmd_registry_verify(struct cli *c)
{
    char hex[HF_HEX_BYTES(HF_HASH_BYTES)] = "";
    struct registry *r = NULL;
    struct hf_buf set;
    enum hf_err err;
    json_t *j;
    int status = cmd_registry_read(c, c->arg[0], REGISTRY_BYTES_MAX, &set);

    if (status != 0)
        return status;
    err = registry_accept(hf_buf_bytes(&set), (struct hf_bytes){NULL, 0},
                          hf_clock_wall_ms(), &r);
    if (!err)
        (void)hf_hex(r->root_hash.b, HF_HASH_BYTES, hex);
    j = json_pack("{s:b,s:s,s:s,s:I}", "ok", err == HF_OK ? 1 : 0, "why",
                  verdict(err), "root", hex, "version",
                  (json_int_t)(r != NULL ? r->version[REGISTRY_ORGS] : 0));
    if (!cli_say(c, j) && !err)
        fprintf(c->out, "%s %s; its root is\n%s\n", c->arg[0], verdict(err),
                hex);
    if (err)
        fprintf(c->err, "handoff: %s: %s; registry show tells more\n",
                c->arg[0], verdict(err));
    json_decref(j);
    registry_free(r);
    hf_buf_free(&set);
    return err ? EX_DATAERR : 0;
}
