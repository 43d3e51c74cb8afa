/* registry add, rotate: requests of members and brokers, and their keys. */
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
        status = cmd_registry_settings(c, e, &req->org);
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
