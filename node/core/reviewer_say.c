/* The registry's reviewer: what it is told, and what it says. */
#include "ask.h"
#include "push.h"
#include "reviewer.h"
#include "task.h"

/* ---- a notice ---- */

/* Keyed, so that no member can choose one. */
static struct hf_id
id_of(const struct step *s, const struct review_notice *n)
{
    const struct hf_bytes spans[] = {
        {n->referral.b, HF_ID_BYTES},
        {(const uint8_t *)n->from.s, HF_ORG_BYTES}};
    struct hf_hash h;
    struct hf_id id;

    s->env->crypto->index(s->env->crypto->ctx, "handoff/1 review", spans, 2,
                          &h);
    memcpy(id.b, h.b, HF_ID_BYTES);
    return id;
}

static void
make_task(struct step *s, const struct node_review *r)
{
    struct node_task t;

    memset(&t, 0, sizeof(t));
    t.object = r->id;
    t.what = TASK_VITAL_REVIEW;
    t.due_ms = r->notice.due_ms;
    (void)task_make(s, &t, NULL);
}

static void
set_next(struct step *s, struct node_review *r, uint64_t ms)
{
    if (r->next_ms != 0)
        due_del(s->v, r->next_ms, &r->id, DUE_REVIEW_SAY);
    r->next_ms = ms;
    due_put(s->v, ms, &r->id, DUE_REVIEW_SAY);
    s->again |= ms == s->now;
}

/* The same again: who sent it does not know what we said, or we cancelled. */
static void
once_more(struct step *s, const struct node_review *was)
{
    struct node_review r = *was;

    if (r.verdict.at_ms == 0) {
        make_task(s, &r);
        return;
    }
    r.is_receipted = r.tries = 0;
    set_next(s, &r, s->now);
    review_put(s->v, &r, was);
}

static void
take(struct step *s, const struct review_notice *n, struct hf_bytes sig)
{
    struct node_review r;

    memset(&r, 0, sizeof(r));
    r.id = id_of(s, n);
    r.notice = *n;
    memcpy(r.sig, sig.p, REVIEW_SIG_BYTES);
    r.taken_ms = s->now;
    review_put(s->v, &r, NULL);
    make_task(s, &r);
}

static bool
is_same(const struct step *s, const struct review_notice *a,
        const struct review_notice *b)
{
    struct hf_hash ha, hb;

    reviewer_facts(s, a, &ha);
    reviewer_facts(s, b, &hb);
    return hf_hash_eq(&ha, &hb);
}

void
reviewer_notice(struct step *s, const struct hf_org *from,
                const struct content_signed *c, struct node_inbox *in)
{
    static const struct hf_id none;
    struct review_notice n;
    struct node_review held;

    if (!reviewer_is(s, step_me(s)))
        reviewer_refuse(s, in, &none, REASON_NOT_REVIEWER);
    else if (c->sig.n != REVIEW_SIG_BYTES ||
             !review_notice_unpack(c->bytes, &n) ||
             !hf_org_eq(&n.from, from) || !hf_org_eq(&n.reviewer, step_me(s)))
        reviewer_refuse(s, in, &none, REASON_CHECK_FAILED);
    else if (review_of(s->v, from, &n.referral, &held)) {
        if (is_same(s, &held.notice, &n))
            once_more(s, &held);
        else
            reviewer_refuse(s, in, &n.referral, REASON_CHECK_FAILED);
    } else if (review_open_of(s->v, from) >= REVIEWS_OF_ORG_MAX)
        reviewer_refuse(s, in, &n.referral, REASON_NO_CAPACITY);
    else
        take(s, &n, c->sig);
}

/* ---- a verdict ---- */

static void
sign(struct step *s, struct node_review *r)
{
    uint8_t doc[REVIEW_VERDICT_BYTES];
    const struct hf_bytes span = {doc, sizeof(doc)};

    r->verdict.is_upheld = s->cmd->is_upheld;
    r->verdict.referral = r->notice.referral;
    r->verdict.reviewer = *step_me(s);
    r->verdict.from = r->notice.from;
    reviewer_facts(s, &r->notice, &r->verdict.facts);
    r->verdict.at_ms = s->now;
    review_verdict_pack(&r->verdict, doc);
    s->env->crypto->sign(s->env->crypto->ctx, REVIEW_VERDICT_LABEL, &span, 1,
                         r->verdict_sig);
}

static void
decide(struct step *s, const struct node_review *was)
{
    const struct hf_bytes no_words = {NULL, 0};
    static const struct hf_id no_case;
    struct node_review r = *was;
    struct node_reply *reply;
    struct node_task t;

    sign(s, &r);
    r.user = s->cmd->user;
    set_next(s, &r, s->now);
    review_put(s->v, &r, was);
    if (s->cmd->text.n > 0)
        review_words_put(s->v, &r.id, s->cmd->text);
    if (task_find(s->v, &no_case, &r.id, TASK_VITAL_REVIEW, &t))
        task_finish(s, &t, REASON_NONE, no_words);
    reply = step_reply(s);
    reply->id = r.notice.referral;
    reply->kind = OBJECT_REFERRAL;
}

bool
reviewer_answer(struct step *s)
{
    struct node_review r;

    if (!review_get(s->v, &s->cmd->object, &r))
        return false;
    if (!reviewer_is(s, step_me(s)))
        step_refuse(s, 77, "not_reviewer", "",
                    "the registry gives the review to another member now");
    else if (r.verdict.at_ms != 0)
        step_refuse(s, 1, "reviewed", "", "it was reviewed before");
    else if (s->cmd->text.n > TEXT_BYTES_MAX)
        step_refuse(s, 65, "too_long", "shorten it",
                    "the reason is longer than %u bytes", TEXT_BYTES_MAX);
    else
        decide(s, &r);
    return true;
}

static struct hf_id
send_verdict(struct step *s, const struct node_review *r)
{
    struct content *c = step_content(s, CONTENT_REVIEW_VERDICT);
    uint8_t *doc = step_alloc(s, REVIEW_VERDICT_BYTES);
    const struct hf_bytes sig = {r->verdict_sig, REVIEW_SIG_BYTES};

    review_verdict_pack(&r->verdict, doc);
    c->u.signed_by.bytes = (struct hf_bytes){doc, REVIEW_VERDICT_BYTES};
    c->u.signed_by.sig = step_copy(s, sig);
    return push_content(s, &r->notice.from, c, LANE_NORMAL, &r->id, 0);
}

void
reviewer_say_due(struct step *s, const struct hf_id *id)
{
    struct node_review r, was;
    struct node_out out;

    if (!review_get(s->v, id, &r) || r.verdict.at_ms == 0 || r.next_ms == 0 ||
        r.next_ms > s->now)
        return; /* a row of before */
    was = r;
    if ((hf_id_is_zero(&r.envelope) || !out_get(s->v, &r.envelope, &out)) &&
        reviewer_may_send(s, &r.notice.from))
        r.envelope = send_verdict(s, &r);
    set_next(s, &r, s->now + reviewer_wait_ms(&r.tries));
    review_put(s->v, &r, &was);
}

/* ---- another registry ---- */

/* We are not asked any more: whoever is has been told. */
void
reviewer_page_here(struct step *s, const struct hf_id *from)
{
    static const struct hf_id no_case;
    struct node_review r;
    struct node_task t;
    int n = 0;

    memset(&r, 0, sizeof(r));
    r.notice.referral = *from;
    /* behind every member's of that one */
    memset(r.notice.from.s, hf_id_is_zero(from) ? 0 : 0x7f, HF_ORG_BYTES);
    while (n < REVIEWER_PAGE && review_next(s->v, &r)) {
        n++;
        if (task_find(s->v, &no_case, &r.id, TASK_VITAL_REVIEW, &t))
            task_cancel(s, &t);
    }
    if (n < REVIEWER_PAGE)
        return;
    due_put(s->v, s->now, &r.notice.referral, DUE_REVIEWS_HERE);
    s->again = true;
}
