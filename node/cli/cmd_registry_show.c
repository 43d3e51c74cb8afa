/* registry show and verify: who is in a set, who signed it, whether it would
 * be trusted. */
#include <stdlib.h>

#include "cli.h"
#include "cli_out.h"
#include "cmd.h"
#include "cmd_registry.h"
#include "cmd_registry_packs.h"
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
duties_json(const struct registry_org *o)
{
    json_t *list = json_array();

    for (int d = DUTY_NONE + 1; d < DUTY_END; d++)
        if (registry_has_duty(o, (enum duty)d))
            (void)json_array_append_new(list,
                                        json_string(duty_text((enum duty)d)));
    return list;
}

/* null: everything. */
static json_t *
flow_json(const struct registry *r, const struct registry_flow *f)
{
    json_t *list;

    if (!f->is_limited)
        return json_null();
    list = json_array();
    for (int k = OBJECT_REFERRAL; k <= OBJECT_TRANSFER; k++)
        if (f->objects & REGISTRY_OBJECT_BIT(k))
            (void)json_array_append_new(
                list, json_string(object_kind_text((enum object_kind)k)));
    for (size_t i = 0; i < r->n_families && f->families != UINT64_MAX; i++)
        if (f->families >> i & 1)
            (void)json_array_append_new(list, json_string(r->family[i].s));
    return list;
}

static json_t *
time_json(uint64_t ms)
{
    char text[HF_TIME_TEXT_BYTES];

    return ms == 0 ? json_null() : json_string(hf_time_format(ms, text));
}

static json_t *
op_keys_json(const struct registry_key *keys, size_t n)
{
    json_t *list = json_array();

    for (size_t i = 0; i < n; i++) {
        const struct registry_key *k = &keys[i];
        char fp[REGISTRY_FINGERPRINT_BYTES];

        (void)json_array_append_new(
            list,
            json_pack("{s:s,s:o,s:o,s:b}", "fingerprint",
                      registry_fingerprint(k->pk, fp), "from",
                      time_json(k->from_ms), "until", time_json(k->until_ms),
                      "revoked", k->revoked ? 1 : 0));
    }
    return list;
}

/* null: the identity key has never changed. */
static json_t *
succession_json(const struct hf_org *id, const struct registry_succession *s,
                const uint8_t pk[static HF_PK_BYTES])
{
    char words[REGISTRY_WORDS_BYTES];

    if (s->at_ms == 0)
        return json_null();
    return json_pack("{s:s,s:o,s:s}", "before",
                     registry_words(s->before_pk, words), "at",
                     time_json(s->at_ms), "proof",
                     s->is_vouched                  ? "vouched"
                     : registry_succeeds(id, s, pk) ? "signed"
                                                    : "broken");
}

static json_t *
org_json(const struct registry *r, const struct registry_org *o)
{
    char fp[REGISTRY_FINGERPRINT_BYTES], words[REGISTRY_WORDS_BYTES];
    json_t *j = json_pack(
        "{s:s,s:s,s:s,s:s,s:s,s:s,s:o,s:b,s:s,s:s,s:s}", "id", o->id.s, "name",
        o->name, "kind", org_kind_text(o->kind), "country", o->country, "level",
        o->level, "status", member_status_text(o->status), "home",
        homes_json(o), "committee", registry_has_duty(o, DUTY_FIGURES) ? 1 : 0,
        "via", o->via.s, "fingerprint",
        registry_fingerprint(o->identity_pk, fp), "words",
        registry_words(o->identity_pk, words));

    (void)json_object_set_new(j, "duties", duties_json(o));
    (void)json_object_set_new(j, "may_send", flow_json(r, &o->may_send));
    (void)json_object_set_new(j, "may_receive", flow_json(r, &o->may_receive));
    (void)json_object_set_new(j, "operation", op_keys_json(o->op, o->n_op));
    (void)json_object_set_new(
        j, "succession",
        succession_json(&o->id, &o->succession, o->identity_pk));
    (void)json_object_set_new(j, "old_link_until",
                              time_json(o->old_link_until_ms));
    (void)json_object_set_new(j, "vetted", time_json(o->vetted_ms));
    (void)json_object_set_new(j, "vetting", json_string(o->vetting));
    return j;
}

static json_t *
orgs_json(const struct registry *r)
{
    json_t *list = json_array();

    for (size_t i = 0; i < r->n_orgs; i++)
        (void)json_array_append_new(list, org_json(r, &r->orgs[i]));
    return list;
}

static json_t *
rulings_json(const struct registry *r)
{
    json_t *list = json_array();

    for (size_t i = 0; i < r->n_rulings; i++) {
        const struct registry_ruling *ruling = &r->rulings[i];
        char hex[HF_HEX_BYTES(HF_HASH_BYTES)];

        (void)json_array_append_new(
            list,
            json_pack("{s:s,s:s,s:I,s:o}", "tag",
                      hf_hex(ruling->tag.b, HF_HASH_BYTES, hex), "holder",
                      ruling->holder.s, "epoch", (json_int_t)ruling->epoch,
                      "at", time_json(ruling->at_ms)));
    }
    return list;
}

static json_t *
role_json(const struct registry_root *root, enum registry_role role)
{
    const struct registry_role_keys *k = &root->role[role];
    json_t *keys = json_array();

    for (size_t i = 0; i < k->n; i++) {
        char hex[HF_HEX_BYTES(HF_PK_BYTES)], words[REGISTRY_WORDS_BYTES];

        (void)json_array_append_new(
            keys,
            json_pack("{s:s,s:s}", "public", hf_hex(k->pk[i], HF_PK_BYTES, hex),
                      "words", registry_words(k->pk[i], words)));
    }
    return json_pack("{s:s,s:I,s:o}", "role", cmd_registry_role(role),
                     "threshold", (json_int_t)k->threshold, "keys", keys);
}

static json_t *
roles_json(const struct registry_edit *e)
{
    json_t *list = json_array();
    struct registry_root root;

    if (registry_edit_get_root(e, &root) != HF_OK)
        return list;
    for (int i = 0; i < REGISTRY_ROLES; i++)
        (void)json_array_append_new(list,
                                    role_json(&root, (enum registry_role)i));
    return list;
}

static void
add_broker_keys(json_t *j, const struct registry_broker *b)
{
    (void)json_object_set_new(j, "operation", op_keys_json(b->op, b->n_op));
    (void)json_object_set_new(j, "old_link_until",
                              time_json(b->old_link_until_ms));
    (void)json_object_set_new(
        j, "succession",
        succession_json(&b->id, &b->succession, b->identity_pk));
}

static json_t *
brokers_json(const struct registry *r)
{
    json_t *list = json_array();

    for (size_t i = 0; i < r->n_brokers; i++) {
        const struct registry_broker *b = &r->broker[i];
        char fp[REGISTRY_FINGERPRINT_BYTES], words[REGISTRY_WORDS_BYTES];

        (void)json_array_append_new(
            list,
            json_pack("{s:s,s:s,s:s,s:s,s:s,s:s}", "id", b->id.s, "endpoint",
                      b->endpoint, "operated_by", b->operated_by.s, "status",
                      member_status_text(registry_status(r, &b->id)),
                      "fingerprint", registry_fingerprint(b->identity_pk, fp),
                      "words", registry_words(b->identity_pk, words)));
        add_broker_keys(json_array_get(list, i), b);
    }
    return list;
}

json_t *
cmd_registry_document(struct registry_edit *e, enum registry_role role)
{
    char until[HF_TIME_TEXT_BYTES], words[REGISTRY_WORDS_BYTES];
    struct registry_tally t;
    struct hf_hash hash;

    if (registry_edit_tally(e, role, &t) != HF_OK || t.version == 0 ||
        registry_edit_hash(e, role, &hash) != HF_OK)
        return NULL;
    return json_pack("{s:s,s:I,s:s,s:s,s:I,s:I,s:I,s:I,s:b}", "role",
                     cmd_registry_role(role), "version", (json_int_t)t.version,
                     "expires", hf_time_format(t.expires_ms, until), "words",
                     hf_words(hash.b, REGISTRY_WORDS, words), "signatures",
                     (json_int_t)t.have, "needed", (json_int_t)t.need,
                     "old_signatures", (json_int_t)t.old_have, "old_needed",
                     (json_int_t)t.old_need, "complete", t.is_complete ? 1 : 0);
}

static json_t *
documents_json(struct registry_edit *e)
{
    json_t *list = json_array();

    for (int role = 0; role < REGISTRY_ROLES; role++) {
        json_t *d = cmd_registry_document(e, (enum registry_role)role);

        if (d != NULL)
            (void)json_array_append_new(list, d);
    }
    return list;
}

static json_t *
set_json(struct registry_edit *e, const struct registry *r)
{
    char hex[HF_HEX_BYTES(HF_HASH_BYTES)], period[HF_TIME_TEXT_BYTES];

    return json_pack("{s:s,s:o,s:o,s:{s:I,s:s},s:b,s:o,s:o,s:o,s:o}", "root",
                     hf_hex(r->root_hash.b, HF_HASH_BYTES, hex), "documents",
                     documents_json(e), "roles", roles_json(e), "figures",
                     "threshold", (json_int_t)r->figures_threshold, "period",
                     hf_duration_format(r->figures_period_ms, period),
                     "managers_attest", r->may_managers_attest,
                     "brokers", brokers_json(r), "orgs", orgs_json(r),
                     "rulings", rulings_json(r), "packs",
                     cmd_registry_packs_json(r));
}

/* Every document in full, as its signers were shown it. */
static enum hf_err
print_set(struct registry_edit *e, FILE *out)
{
    struct hf_buf text;
    enum hf_err err = HF_OK;

    hf_buf_init(&text, 4 * REGISTRY_BYTES_MAX);
    for (int role = 0; role < REGISTRY_ROLES && !err; role++) {
        err = registry_edit_show(e, (enum registry_role)role, &text);
        if (err == HF_ERR_NOT_FOUND)
            err = HF_OK;
    }
    if (!err)
        fwrite(text.p, 1, text.n, out);
    hf_buf_free(&text);
    return err;
}

int
cmd_registry_show(struct cli *c)
{
    struct registry_edit *e = NULL;
    struct registry *r = NULL;
    enum hf_err err;
    int status = cmd_registry_open(c, c->arg[0], &e);

    if (status != 0)
        return status;
    err = registry_edit_preview(e, &r);
    if (!err) {
        json_t *j = set_json(e, r);

        if (!cli_say(c, j))
            err = print_set(e, c->out);
        json_decref(j);
    }
    if (err)
        status = cmd_registry_failed(c, c->arg[0], err);
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

static const char *
fresh_text(const struct registry *r, uint64_t now_ms)
{
    const enum registry_grade grade = registry_fresh(r, now_ms);

    return grade == REGISTRY_UNVOUCHED ? "nobody has vouched for it yet"
                                       : registry_grade_text(grade);
}

static void
say_verdict(struct cli *c, enum hf_err err, const struct registry *r)
{
    char hex[HF_HEX_BYTES(HF_HASH_BYTES)] = "",
         words[REGISTRY_WORDS_BYTES] = "";
    const char *fresh = r != NULL ? fresh_text(r, hf_clock_wall_ms()) : "";
    json_t *j;

    if (r != NULL) {
        (void)hf_hex(r->root_hash.b, HF_HASH_BYTES, hex);
        (void)hf_words(r->root_hash.b, REGISTRY_WORDS, words);
    }
    j = json_pack("{s:b,s:s,s:s,s:s,s:s,s:I}", "ok", err == HF_OK ? 1 : 0,
                  "why", verdict(err), "root", hex, "words", words, "fresh",
                  fresh, "version",
                  (json_int_t)(r != NULL ? r->version[REGISTRY_ORGS] : 0));
    if (!cli_say(c, j) && !err)
        fprintf(c->out, "%s %s (%s); its root is\n%s\n%s\n", c->arg[0],
                verdict(err), fresh, hex, words);
    json_decref(j);
}

int
cmd_registry_verify(struct cli *c)
{
    const char *held_path = cli_value(c, "held");
    struct registry *r = NULL;
    struct hf_buf set, held;
    enum hf_err err;
    int status;

    hf_buf_init(&held, REGISTRY_BYTES_MAX);
    if (held_path != NULL) {
        status = cmd_registry_read(c, held_path, REGISTRY_BYTES_MAX, &held);
        if (status != 0)
            return status;
    }
    status = cmd_registry_read(c, c->arg[0], REGISTRY_BYTES_MAX, &set);
    if (status != 0) {
        hf_buf_free(&held);
        return status;
    }
    err = registry_accept(hf_buf_bytes(&set), hf_buf_bytes(&held),
                          hf_clock_wall_ms(), &r);
    if (err == HF_ERR_EXISTS) /* the same as the held one */
        err = registry_load(hf_buf_bytes(&set), &r);
    say_verdict(c, err, r);
    if (err)
        fprintf(c->err, "handoff: %s: %s; registry show tells more\n",
                c->arg[0], verdict(err));
    registry_free(r);
    hf_buf_free(&set);
    hf_buf_free(&held);
    return err ? EX_DATAERR : 0;
}
