/* What this organisation is to look at as the registry's reviewer: what came,
 * and nothing else (reviewer.h). */
#include "api_internal.h"
#include "reviewer.h"

/* The notices whose referral begins like @text, of @from or of any member:
 * none, one, or 2 for more. */
static unsigned
count_reviews(const struct api_call *c, const char *text,
              const struct hf_org *from, struct node_review *ret)
{
    struct hf_id low, high;
    struct node_review at;
    size_t rows = 0;
    unsigned n = 0;

    if (!hf_id_parse_prefix("HR", text, &low, &high))
        return 0;
    memset(&at, 0, sizeof(at));
    at.notice.referral = low;
    while (n < 2 && rows++ < API_SCAN_MAX && review_next(c->env->view, &at) &&
           memcmp(at.notice.referral.b, high.b, HF_ID_BYTES) <= 0)
        if ((from->s[0] == '\0' || hf_org_eq(from, &at.notice.from)) &&
            n++ == 0)
            *ret = at;
    return n;
}

bool
api_find_review(struct api_call *c, const char *text, const char *member,
                struct node_review *ret, enum api_verdict *ret_verdict)
{
    struct hf_org from = {{0}};
    unsigned n;

    if (member != NULL && !hf_org_parse(member, &from)) {
        *ret_verdict = api_refuse(c, EX_DATAERR, "bad_input", "from", "",
                                  "this is not a member's id");
        return true;
    }
    if (member == NULL && api_is_object(c, text))
        return false;
    n = count_reviews(c, text, &from, ret);
    *ret_verdict = API_COMMAND;
    if (n > 1)
        *ret_verdict = api_refuse(c, EX_NOINPUT, "ambiguous", NULL,
                                  "give more characters, or --from ORG",
                                  "more than one referral begins like this");
    return n > 0;
}

static const char *
state_of(const struct api_call *c, const struct node_review *r)
{
    if (r->verdict.at_ms != 0)
        return state_text(r->verdict.is_upheld ? STATE_UPHELD
                                               : STATE_NOT_UPHELD);
    return state_text(r->notice.due_ms < c->now_ms ? STATE_REVIEW_OVERDUE
                                                   : STATE_REVIEW_DUE);
}

static void
put_verdict(struct api_call *c, json_t *o, const struct node_review *r)
{
    struct hf_bytes words;

    api_put_text(o, "reviewed_by", r->user.s);
    api_put_time(o, "reviewed", r->verdict.at_ms);
    api_put_bool(o, "upheld", r->verdict.is_upheld);
    if (review_words(c->env->view, &r->id, &words))
        (void)json_object_set_new(
            o, "reason", json_stringn((const char *)words.p, words.n));
    api_put_bool(o, "delivered", r->is_receipted != 0);
    if (!r->is_receipted)
        api_put_text(o, "refused", reason_text(r->refused));
}

json_t *
api_review(struct api_call *c, const struct node_review *r)
{
    const struct review_notice *n = &r->notice;
    json_t *j = json_object(), *o = json_object();

    api_put_id(j, "id", "HR", &n->referral);
    api_put_text(j, "kind", "review");
    api_put_text(j, "direction", "in");
    api_put_text(j, "state", state_of(c, r));
    api_put_bool(j, "overdue",
                 r->verdict.at_ms == 0 && n->due_ms < c->now_ms);
    api_put_text(j, "from", n->from.s);
    api_put_text(j, "to", n->to.s);
    api_put_time(j, "at", r->taken_ms);
    api_put_text(o, "ground", ground_text(n->ground));
    api_put_text(o, "attested_by", review_by_text(n->by));
    (void)json_object_set_new(o, "categories", api_categories(n->categories));
    api_put_time(o, "sent", n->sent_ms);
    if (r->verdict.at_ms == 0)
        api_put_time(o, "review_due", n->due_ms);
    else
        put_verdict(c, o, r);
    (void)json_object_set_new(j, "vital_interest", o);
    return j;
}

/* At the end that disclosed: who was told, and whether they know. */
void
api_put_reviewer(const struct api_call *c, json_t *o,
                 const struct hf_id *referral)
{
    struct node_asked t;

    if (!reviewer_elsewhere(c->env->view, referral, &t))
        return;
    api_put_text(o, "reviewer", t.reviewer.s);
    api_put_bool(o, "reviewer_told", t.is_receipted != 0 || !t.is_open);
    if (!t.is_receipted && t.is_open)
        api_put_text(o, "reviewer_refused", reason_text(t.refused));
    if (t.other.at_ms != 0)
        api_put_bool(o, "reviewer_said_both", true);
}
