/* Disclosures in a vital interest: shown beside their referral, read by the
 * reviewer, and what must follow as tasks. */
#include "api_internal.h"
#include "reviewer.h"

static void
put_attest(json_t *o, const struct attest *a, struct hf_bytes words)
{
    api_put_text(o, "ground", ground_text(a->ground));
    api_put_text(o, "role", role_text(a->role));
    api_put_text(o, "approver", role_text(a->approver));
    api_put_time(o, "at", a->at_ms);
    (void)json_object_set_new(o, "categories", api_categories(a->categories));
    if (words.n > 0)
        api_put_json(o, "attestation", words);
}

/* What became of it at the sender; names only of those who acted. */
static void
put_follow_up(const struct api_call *c, json_t *o, const struct node_vital *v)
{
    const bool waits = v->a.role == ROLE_CASE_MANAGER && v->confirmed_ms == 0;
    struct hf_bytes why;

    api_put_text(o, "by", v->by.s);
    api_put_text(o, "approved_by", v->approved_by.s);
    api_put_time(o, "sent", v->sent_ms);
    if (v->sent_ms != 0 && waits)
        api_put_time(o, "confirm_due", v->sent_ms + VITAL_CONFIRM_MS);
    api_put_text(o, "confirmed_by", v->confirmed_by.s);
    api_put_reviewer(c, o, &v->object);
    api_put_text(o, "reviewed_by", v->reviewed_by.s);
    api_put_time(o, "reviewed", v->reviewed_ms);
    if (vital_why(c->env->view, &v->object, &why))
        (void)json_object_set_new(o, "reason",
                                  json_stringn((const char *)why.p, why.n));
    if (v->reviewed_ms != 0)
        api_put_bool(o, "upheld", v->is_upheld != 0);
    else if (v->sent_ms != 0)
        api_put_time(o, "review_due", v->sent_ms + VITAL_REVIEW_MS);
}

/* At the receiver it lies beside the sections. */
static bool
put_received(struct api_call *c, json_t *o, const struct node_object *object,
             bool may_read)
{
    const struct hf_bytes no_words = {NULL, 0};
    struct hf_bytes words;
    struct attest a;
    struct part part;

    for (uint32_t n = 1; n <= object->n[SIDE_FIRST]; n++)
        for (unsigned i = 0; i < BODY_PARTS_MAX; i++)
            if (body_part_get(c->env->view, &object->id, SIDE_FIRST, n, i,
                              &part) &&
                part.type == PART_ATTEST &&
                attest_unpack(part.bytes, &a, &words)) {
                put_attest(o, &a, may_read ? words : no_words);
                return true;
            }
    return false;
}

bool
api_put_vital(struct api_call *c, json_t *j, const struct node_object *o,
              bool may_read)
{
    struct hf_bytes words = {NULL, 0};
    struct node_vital v;
    json_t *vital;
    bool found;

    if (o->kind != OBJECT_REFERRAL)
        return false;
    vital = json_object();
    found = o->side == SIDE_FIRST && vital_get(c->env->view, &o->id, &v);
    if (found) {
        if (!may_read || !vital_words(c->env->view, &o->id, &words))
            words.n = 0;
        put_attest(vital, &v.a, words);
        put_follow_up(c, vital, &v);
    } else if (o->side == SIDE_SECOND) {
        found = put_received(c, vital, o, may_read);
    }
    if (found)
        (void)json_object_set(j, "vital_interest", vital);
    json_decref(vital);
    return found;
}

/* For the reviewer, who sees nothing else of the case. */
enum api_verdict
query_vital(struct api_call *c)
{
    enum api_verdict verdict;
    struct node_review r;
    struct node_object o;
    json_t *j;

    if (api_find_review(c, c->req->part[1], api_arg(c, "from"), &r, &verdict))
        return verdict == API_COMMAND ? api_say(c, api_review(c, &r)) : verdict;
    if (!api_find_disclosure(c, c->req->part[1], &o))
        return API_ANSWERED;
    j = json_object();
    api_put_id(j, "id", "HR", &o.id);
    api_put_text(j, "to", o.peer.s);
    api_put_text(j, "need", o.terms.need.s);
    api_put_text(j, "pack", o.terms.pack.s);
    api_put_text(j, "rule", o.terms.rule.s);
    (void)api_put_vital(c, j, &o, true);
    return api_say_read(c, j, o.kind, &o.id, CATEGORY_BIT(CATEGORY_MHPSS),
                        false);
}

/* One of others, or else one of our own. */
enum api_verdict
command_review(struct api_call *c)
{
    const char *from = filecheck_string(c->req->json, "from");
    enum api_verdict verdict;
    struct node_review r;
    struct node_object o;

    c->command->type = CMD_REVIEW;
    if (!api_body_text(c, "reason", &c->command->text))
        return API_ANSWERED;
    if (api_find_review(c, c->req->part[1], from, &r, &verdict)) {
        if (verdict != API_COMMAND || !api_need(c, "upheld") ||
            !api_body_bool(c, "upheld", &c->command->is_upheld))
            return API_ANSWERED;
        c->command->object = r.id;
        c->req->object = r.notice.referral;
        c->req->kind = OBJECT_REFERRAL;
        return API_COMMAND;
    }
    if (!api_find_disclosure(c, c->req->part[1], &o) ||
        !api_need(c, "upheld") ||
        !api_body_bool(c, "upheld", &c->command->is_upheld))
        return API_ANSWERED;
    c->command->object = o.id;
    c->req->object = o.id;
    c->req->kind = o.kind;
    return API_COMMAND;
}
