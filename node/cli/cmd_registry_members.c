/* registry add, set, suspend, reinstate, remove, rotate, rule: the members. */
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "cli_out.h"
#include "cmd.h"
#include "cmd_registry.h"
#include "cmd_registry_packs.h"
#include "hf_proc.h"
#include "hf_text.h"
#include "request.h"

#define DAY_MS             (24ull * 3600 * 1000)
#define OVERLAP_DEFAULT_MS (14 * DAY_MS)
/* A broker proves itself with its link key: who is away while it changes must
 * find it afterwards, too. */
#define LINK_OVERLAP_MS (90 * DAY_MS)

/* One of the working set, or the status that says that it is not there. */
static int
find_member(struct cli *c, struct registry_edit *e, const char *id,
            struct registry_org *ret)
{
    const struct registry_org *listed = NULL;
    struct registry *r = NULL;
    struct hf_org org;

    if (!hf_org_parse(id, &org))
        return cli_fail(c, EX_USAGE, "usage", "such as clinic-kbl",
                        "%.40s is no id", id);
    if (registry_edit_preview(e, &r) == HF_OK)
        listed = registry_org(r, &org);
    if (listed != NULL)
        *ret = *listed;
    registry_free(r);
    if (listed == NULL)
        return cli_fail(c, EX_NOINPUT, "no_such_member",
                        "registry show lists them", "%s: no member %s",
                        c->arg[0], org.s);
    return 0;
}

/* What the committee says of a member. */

static int
read_duties(struct cli *c, struct registry_org *org)
{
    const char *word;
    size_t i = 0;

    if (cli_has(c, "committee"))
        org->duties = DUTY_BIT(DUTY_REVIEW) - 1;
    else if (cli_has(c, "duty"))
        org->duties = 0;
    while ((word = cli_next_value(c, "duty", &i)) != NULL) {
        const enum duty duty = duty_parse(word);

        if (duty == DUTY_NONE && strcmp(word, "none") != 0)
            return cli_fail(c, EX_USAGE, "usage",
                            "figures, evidence, witness, escalation, review",
                            "--duty %.40s is unknown", word);
        if (duty != DUTY_NONE)
            org->duties |= DUTY_BIT(duty);
    }
    if (registry_has_duty(org, DUTY_REVIEW) &&
        org->duties != DUTY_BIT(DUTY_REVIEW))
        return cli_fail(c, EX_USAGE, "usage", "choose another reviewer",
                        "%s: who reviews has no other duty", org->id.s);
    return 0;
}

static int
read_homes(struct cli *c, struct registry_org *org)
{
    const char *home;
    size_t i = 0;

    if (cli_has(c, "home"))
        org->n_homes = 0;
    while ((home = cli_next_value(c, "home", &i)) != NULL) {
        if (org->n_homes == REGISTRY_HOMES_MAX ||
            !hf_org_parse(home, &org->home[org->n_homes++]))
            return cli_fail(c, EX_USAGE, "usage", "ids of brokers, at most two",
                            "--home %.40s does not do", home);
    }
    if (org->n_homes == 0 && org->via.s[0] == '\0')
        return cli_fail(c, EX_USAGE, "no_home", "add --home BROKER",
                        "%s has no home broker", org->id.s);
    return 0;
}

/* Objects and families in one list; only some of one kind: all of the other. */
static int
read_flow(struct cli *c, struct registry_edit *e, const char *name,
          struct registry_flow *f)
{
    struct registry_flow flow = {.is_limited = true};
    bool is_nothing = false;
    const char *word;
    size_t i = 0;

    if (!cli_has(c, name))
        return 0;
    while ((word = cli_next_value(c, name, &i)) != NULL) {
        const enum object_kind kind = object_kind_parse(word);
        struct hf_name family;
        unsigned bit;
        enum hf_err err;

        is_nothing = is_nothing || strcmp(word, "nothing") == 0;
        if (strcmp(word, "all") == 0 || strcmp(word, "nothing") == 0)
            continue;
        if (kind == OBJECT_REFERRAL || kind == OBJECT_TRANSFER) {
            flow.objects |= REGISTRY_OBJECT_BIT(kind);
            continue;
        }
        if (kind != OBJECT_NONE || !hf_name_parse(word, &family))
            return cli_fail(c, EX_USAGE, "usage",
                            "all, nothing, referral, transfer, or families",
                            "--%s %.40s does not do", name, word);
        err = registry_edit_family(e, &family, &bit);
        if (err)
            return cmd_registry_failed(c, c->arg[0], err);
        flow.families |= UINT64_C(1) << bit;
    }
    if (flow.families == 0)
        flow.families = UINT64_MAX;
    if (flow.objects == 0 && !is_nothing)
        flow.objects = REGISTRY_OBJECTS_ALL;
    if (flow.objects == REGISTRY_OBJECTS_ALL && flow.families == UINT64_MAX)
        flow = (struct registry_flow){.is_limited = false};
    *f = flow;
    return 0;
}

static int
read_vetting(struct cli *c, struct registry_org *org)
{
    const char *text = cli_value(c, "vetting"), *on = cli_value(c, "vetted");
    uint64_t ms = hf_clock_wall_ms();

    if (text == NULL && on == NULL)
        return 0;
    if (text == NULL || text[0] == '\0' || strlen(text) >= REGISTRY_NOTE_BYTES)
        return cli_fail(c, EX_USAGE, "usage",
                        "--vetting \"by whom, how\", at most 159 bytes",
                        "%s: no text of the vetting", org->id.s);
    if (on != NULL && !hf_time_parse(on, &ms))
        return cli_fail(c, EX_USAGE, "usage", "such as 2026-11-02",
                        "--vetted %.40s is no date", on);
    memset(org->vetting, 0, sizeof(org->vetting));
    memcpy(org->vetting, text, strlen(text));
    org->vetted_ms = ms;
    return 0;
}

static int
read_settings(struct cli *c, struct registry_edit *e, struct registry_org *org)
{
    int status = read_duties(c, org);

    if (status == 0)
        status = read_homes(c, org);
    if (status == 0)
        status = read_flow(c, e, "may-send", &org->may_send);
    if (status == 0)
        status = read_flow(c, e, "may-receive", &org->may_receive);
    if (status == 0)
        status = read_vetting(c, org);
    return status;
}

int
cmd_registry_set(struct cli *c)
{
    struct registry_edit *e = NULL;
    struct registry_org org;
    int status = cmd_registry_open(c, c->arg[0], &e);

    if (status == 0)
        status = find_member(c, e, c->arg[1], &org);
    if (status == 0)
        status = read_settings(c, e, &org);
    if (status == 0) {
        const enum hf_err err = registry_edit_put_org(e, &org);

        if (err)
            status = cmd_registry_failed(c, c->arg[0], err);
    }
    if (status == 0)
        status = cmd_registry_save(c, c->arg[0], e);
    if (status == 0)
        status = cmd_registry_say(c, e, REGISTRY_ORGS);
    registry_edit_free(e);
    return status;
}

/* Requests. */

static int
read_request(struct cli *c, const char *path, struct join_request *req)
{
    struct hf_yaml_error error = {0, 0, ""};
    struct hf_buf text;
    enum hf_err err;
    int status = cmd_registry_read(c, path, REQUEST_BYTES_MAX, &text);

    if (status != 0)
        return status;
    err = request_parse(hf_buf_bytes(&text), req, &error);
    hf_buf_free(&text);
    if (err)
        return cli_fail(c, EX_DATAERR,
                        err == HF_ERR_SIGNATURE ? "signature" : "malformed",
                        "ask for the request again", "%s:%u: %s", path,
                        error.line > 0 ? error.line : 1,
                        error.what[0] ? error.what : hf_err_text(err));
    return 0;
}

/* Who is listed already keeps what the committee said of it, and its keys:
 * new ones come by rotate, so that the old ones are looked after. */
static int
take_over(struct cli *c, const struct registry_org *old,
          struct registry_org *org)
{
    bool same = hf_equal(old->identity_pk, org->identity_pk, HF_PK_BYTES) &&
                hf_equal(old->link_pk, org->link_pk, HF_PK_BYTES);
    bool listed = org->n_op == 0;

    for (size_t i = 0; i < old->n_op && org->n_op > 0; i++)
        listed = listed || hf_equal(old->op[i].pk, org->op[0].pk, HF_PK_BYTES);
    same = same && listed && hf_org_eq(&old->via, &org->via);
    if (!same && old->via.s[0] == '\0')
        return cli_fail(c, EX_REFUSED, "other_keys", "use registry rotate",
                        "%s is listed with other keys", org->id.s);
    if (old->via.s[0] == '\0') {
        memcpy(org->op, old->op, sizeof(org->op));
        org->n_op = old->n_op;
        memcpy(org->old_link_pk, old->old_link_pk, HF_PK_BYTES);
        org->old_link_until_ms = old->old_link_until_ms;
    }
    org->status = old->status;
    org->duties = old->duties;
    org->may_send = old->may_send;
    org->may_receive = old->may_receive;
    org->vetted_ms = old->vetted_ms;
    memcpy(org->vetting, old->vetting, sizeof(org->vetting));
    return 0;
}

/* The same of a broker: it moved, or has another operator. */
static int
take_over_broker(struct cli *c, const struct registry_broker *old,
                 struct registry_broker *b)
{
    struct registry_broker kept = *old;
    bool same = hf_equal(old->identity_pk, b->identity_pk, HF_PK_BYTES) &&
                hf_equal(old->link_pk, b->link_pk, HF_PK_BYTES);
    bool listed = false;

    for (size_t i = 0; i < old->n_op; i++)
        listed = listed || hf_equal(old->op[i].pk, b->op[0].pk, HF_PK_BYTES);
    if (!same || !listed)
        return cli_fail(c, EX_REFUSED, "other_keys", "use registry rotate",
                        "%s is listed with other keys", b->id.s);
    memcpy(kept.endpoint, b->endpoint, sizeof(kept.endpoint));
    kept.operated_by = b->operated_by;
    *b = kept;
    return 0;
}

static int
add_broker(struct cli *c, struct registry_edit *e, struct registry_broker *b)
{
    const struct registry_broker *old = NULL;
    struct registry *r = NULL;
    enum hf_err err;
    int status = 0;

    if (registry_edit_preview(e, &r) == HF_OK)
        old = registry_broker(r, &b->id);
    if (old != NULL)
        status = take_over_broker(c, old, b);
    registry_free(r);
    if (status != 0)
        return status;
    err = registry_edit_put_broker(e, b);
    return err ? cmd_registry_failed(c, c->arg[0], err) : 0;
}

static int
add_one(struct cli *c, struct registry_edit *e, struct join_request *req)
{
    const struct registry_org *old = NULL;
    struct registry *r = NULL;
    enum hf_err err;
    int status = 0;

    if (req->is_broker)
        return add_broker(c, e, &req->broker);
    if (registry_edit_preview(e, &r) == HF_OK)
        old = registry_org(r, &req->org.id);
    if (old != NULL)
        status = take_over(c, old, &req->org);
    registry_free(r);
    if (status == 0)
        status = read_settings(c, e, &req->org);
    if (status != 0)
        return status;
    err = registry_edit_put_org(e, &req->org);
    return err ? cmd_registry_failed(c, c->arg[0], err) : 0;
}

static json_t *
request_json(const struct join_request *req)
{
    const uint8_t *pk =
        req->is_broker ? req->broker.identity_pk : req->org.identity_pk;
    char fp[REGISTRY_FINGERPRINT_BYTES], words[REGISTRY_WORDS_BYTES];

    return json_pack("{s:s,s:s,s:s,s:s}", "id",
                     req->is_broker ? req->broker.id.s : req->org.id.s, "what",
                     req->is_broker ? "broker" : "member", "fingerprint",
                     registry_fingerprint(pk, fp), "words",
                     registry_words(pk, words));
}

/* What the signers compare by telephone with who asked. */
static void
say_requests(struct cli *c, json_t *items)
{
    json_t *all = json_pack("{s:O}", "items", items), *item;
    size_t i;

    if (!cli_say(c, all))
        json_array_foreach(items, i, item)
            fprintf(c->out, "%s %s, key %s\n  %s\n", cli_out_text(item, "what"),
                    cli_out_text(item, "id"), cli_out_text(item, "fingerprint"),
                    cli_out_text(item, "words"));
    json_decref(all);
}

typedef int take_request(struct cli *c, struct registry_edit *e,
                         struct join_request *req);

static int
with_requests(struct cli *c, take_request *take)
{
    json_t *items = json_array();
    struct registry_edit *e = NULL;
    int status = cmd_registry_open(c, c->arg[0], &e);

    for (size_t i = 1; i < c->n_args && status == 0; i++) {
        struct join_request req = {.is_broker = false};

        status = read_request(c, c->arg[i], &req);
        if (status == 0)
            status = take(c, e, &req);
        if (status == 0)
            (void)json_array_append_new(items, request_json(&req));
    }
    if (status == 0)
        status = cmd_registry_add_packs(c, e, items);
    if (status == 0)
        status = cmd_registry_save(c, c->arg[0], e);
    if (status == 0)
        say_requests(c, items);
    json_decref(items);
    registry_edit_free(e);
    return status;
}

int
cmd_registry_add(struct cli *c)
{
    if (c->n_args == 1 && !cli_has(c, "pack"))
        return cli_fail(c, EX_USAGE, "usage", "give requests or --pack FILE",
                        "nothing to add to %s", c->arg[0]);
    return with_requests(c, add_one);
}

static int
refuse_rotation(struct cli *c, const char *id, enum hf_err err)
{
    if (err == HF_ERR_NOT_FOUND)
        return cli_fail(c, EX_NOINPUT, "no_such_member", "use registry add",
                        "%s: no member or broker %s", c->arg[0], id);
    if (err == HF_ERR_EXISTS)
        return cli_fail(c, EX_REFUSED, "same_keys", "ask for a new request",
                        "these are the keys that %s has", id);
    if (err == HF_ERR_FORBIDDEN)
        return cli_fail(c, EX_REFUSED, "old_keys",
                        "every key must be new; ask for a new request",
                        "%s asks for a key that counts for nothing", id);
    if (err == HF_ERR_UNTRUSTED)
        return cli_fail(c, EX_REFUSED, "other_identity",
                        "meet them; then add --new-identity",
                        "%s asks with an identity key that the one before did "
                        "not sign for",
                        id);
    return cmd_registry_failed(c, c->arg[0], err);
}

static int
read_change(struct cli *c, const struct join_request *req,
            struct registry_change *ret)
{
    const char *overlap = cli_value(c, "overlap");

    *ret = (struct registry_change){.from_ms = hf_clock_wall_ms(),
                                    .overlap_ms = OVERLAP_DEFAULT_MS,
                                    .link_overlap_ms = req->is_broker
                                                           ? LINK_OVERLAP_MS
                                                           : OVERLAP_DEFAULT_MS,
                                    .is_stolen = cli_has(c, "stolen"),
                                    .is_vouched = cli_has(c, "new-identity")};
    if (overlap == NULL)
        return 0;
    if (!hf_duration_parse(overlap, &ret->overlap_ms))
        return cli_fail(c, EX_USAGE, "usage", "such as 14d",
                        "--overlap %.20s is no time", overlap);
    ret->link_overlap_ms = ret->overlap_ms;
    return 0;
}

static int
rotate_one(struct cli *c, struct registry_edit *e, struct join_request *req)
{
    const char *id = req->is_broker ? req->broker.id.s : req->org.id.s;
    struct registry_change change;
    enum hf_err err;
    int status = read_change(c, req, &change);

    if (status != 0)
        return status;
    err = req->is_broker ? registry_edit_rotate_broker(e, &req->broker, &change)
          : req->org.n_op == 1 ? registry_edit_rotate(e, &req->org, &change)
                               : HF_ERR_FORBIDDEN;
    return err ? refuse_rotation(c, id, err) : 0;
}

int
cmd_registry_rotate(struct cli *c)
{
    return with_requests(c, rotate_one);
}

/* Status. */

static int
for_each_id(struct cli *c,
            enum hf_err (*change)(struct registry_edit *e,
                                  const struct hf_org *id),
            enum registry_role role)
{
    struct registry_edit *e = NULL;
    int status = cmd_registry_open(c, c->arg[0], &e);

    for (size_t i = 1; i < c->n_args && status == 0; i++) {
        struct hf_org org = {""};
        const enum hf_err err =
            hf_org_parse(c->arg[i], &org) ? change(e, &org) : HF_ERR_NOT_FOUND;

        if (err == HF_ERR_NOT_FOUND)
            status = cli_fail(c, EX_NOINPUT, "no_such_member",
                              "registry show lists them", "%s: no member %.40s",
                              c->arg[0], c->arg[i]);
        else if (err == HF_ERR_FORBIDDEN)
            status = cli_fail(
                c, EX_REFUSED, "draft", "take the set that was published last",
                "%s: its members are a draft, not signed", c->arg[0]);
        else if (err)
            status = cmd_registry_failed(c, c->arg[0], err);
    }
    if (status == 0)
        status = cmd_registry_remove_packs(c, e);
    if (status == 0)
        status = cmd_registry_save(c, c->arg[0], e);
    if (status == 0)
        status = cmd_registry_say(c, e, role);
    registry_edit_free(e);
    return status;
}

int
cmd_registry_suspend(struct cli *c)
{
    return for_each_id(c, registry_edit_suspend, REGISTRY_SUSPEND);
}

static enum hf_err
reinstate(struct registry_edit *e, const struct hf_org *id)
{
    return registry_edit_status(e, id, MEMBER_ACTIVE);
}

int
cmd_registry_reinstate(struct cli *c)
{
    return for_each_id(c, reinstate, REGISTRY_ORGS);
}

/* A member stays listed, as what it signed must verify; a broker goes. */
static enum hf_err
leave(struct registry_edit *e, const struct hf_org *id)
{
    const enum hf_err err = registry_edit_status(e, id, MEMBER_LEFT);

    return err == HF_ERR_FORBIDDEN ? registry_edit_drop(e, id) : err;
}

int
cmd_registry_remove(struct cli *c)
{
    if (c->n_args == 1 && !cli_has(c, "pack"))
        return cli_fail(c, EX_USAGE, "usage",
                        "give ids, or --pack NAME:VERSION",
                        "nothing to remove from %s", c->arg[0]);
    return for_each_id(c, leave, REGISTRY_ORGS);
}

/* Rulings. */

static int
read_ruling(struct cli *c, struct registry_ruling *ruling)
{
    const char *text = cli_value(c, "case"), *to = cli_value(c, "to");
    struct hf_id id;
    uint64_t epoch;

    if (!hf_id_parse("HC", text, &id))
        return cli_fail(c, EX_USAGE, "usage", "the whole id, HC-...",
                        "--case %.40s is no case", text);
    if (!hf_parse_u64(cli_value(c, "epoch"), 1, UINT32_MAX - 1, &epoch))
        return cli_fail(c, EX_USAGE, "usage",
                        "the epoch that ends, as case show --custody says",
                        "--epoch %.20s does not do", cli_value(c, "epoch"));
    if (!hf_org_parse(to, &ruling->holder))
        return cli_fail(c, EX_USAGE, "usage", "such as iom-af",
                        "--to %.40s is no id", to);
    registry_custody_tag(&id, (uint32_t)epoch, &ruling->tag);
    ruling->epoch = (uint32_t)epoch + 1;
    ruling->at_ms = hf_clock_wall_ms();
    return 0;
}

int
cmd_registry_rule(struct cli *c)
{
    struct registry_ruling ruling = {.epoch = 0};
    struct registry_edit *e = NULL;
    int status = read_ruling(c, &ruling);
    enum hf_err err;

    if (status == 0)
        status = cmd_registry_open(c, c->arg[0], &e);
    if (status != 0)
        return status;
    err = registry_edit_rule(e, &ruling);
    if (err == HF_ERR_UNKNOWN)
        status = cli_fail(c, EX_NOINPUT, "no_such_member",
                          "registry show lists them", "%s: no member %s",
                          c->arg[0], ruling.holder.s);
    else if (err == HF_ERR_EXISTS)
        status = cli_fail(c, EX_REFUSED, "ruled",
                          "a wrong ruling is mended by one on the next epoch",
                          "%s: that custody was ruled on", c->arg[0]);
    else if (err)
        status = cmd_registry_failed(c, c->arg[0], err);
    if (status == 0)
        status = cmd_registry_save(c, c->arg[0], e);
    if (status == 0)
        status = cmd_registry_say(c, e, REGISTRY_ORGS);
    registry_edit_free(e);
    return status;
}
