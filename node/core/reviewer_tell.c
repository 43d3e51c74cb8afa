/* Who disclosed without consent: whom it tells, and what that one says. */
#include "push.h"
#include "reviewer.h"
#include "task.h"

#define WEEK_MS (7ull * 24 * 3600 * 1000)

/* ---- who ---- */

/* At neither end. */
static bool
may_review(const struct step *s, const struct hf_org *org,
           const struct hf_org *to)
{
    return reviewer_is(s, org) && !hf_org_eq(org, step_me(s)) &&
           !hf_org_eq(org, to);
}

static const struct hf_org *
pick(const struct step *s, const struct hf_org *to)
{
    static const struct hf_org nobody;
    const struct registry *r = s->env->registry;

    for (size_t i = 0; r != NULL && i < r->n_orgs; i++)
        if (may_review(s, &r->orgs[i].id, to))
            return &r->orgs[i].id;
    return &nobody;
}

static void
set_next(struct step *s, struct node_asked *t, uint64_t ms)
{
    if (t->next_ms != 0)
        due_del(s->v, t->next_ms, &t->object, DUE_REVIEW_TELL);
    t->next_ms = ms;
    if (ms != 0)
        due_put(s->v, ms, &t->object, DUE_REVIEW_TELL);
    s->again |= ms == s->now;
}

static void
cancel_task(struct step *s, const struct node_vital *v, enum task_what what)
{
    struct node_task t;

    if (task_find(s->v, &v->case_id, &v->object, what, &t))
        task_cancel(s, &t);
}

static void
make_task(struct step *s, const struct node_vital *v, enum task_what what)
{
    struct node_task t;

    memset(&t, 0, sizeof(t));
    t.case_id = v->case_id;
    t.object = v->object;
    t.what = what;
    t.due_ms = v->sent_ms + VITAL_REVIEW_MS;
    (void)task_make(s, &t, NULL);
}

/* Somebody of ours reviews it, or runs after the one who should have. */
static void
settle_tasks(struct step *s, const struct node_vital *v, bool is_elsewhere)
{
    cancel_task(s, v, is_elsewhere ? TASK_VITAL_REVIEW : TASK_REVIEW_OVERDUE);
    if (!is_elsewhere)
        make_task(s, v, TASK_VITAL_REVIEW);
    else if (v->is_review_overdue)
        make_task(s, v, TASK_REVIEW_OVERDUE);
}

void
reviewer_settle(struct step *s, const struct node_vital *v)
{
    struct node_object o;
    struct node_asked t;
    struct hf_org now;
    const bool is_known = told_get(s->v, &v->object, &t);

    if (!object_get(s->v, &v->object, &o) || (is_known && !t.is_open))
        return;
    now = *pick(s, &o.peer);
    if (!is_known) {
        memset(&t, 0, sizeof(t));
        t.object = v->object;
        t.is_open = 1;
    } else if (hf_org_eq(&now, &t.reviewer) ||
               may_review(s, &t.reviewer, &o.peer)) {
        return; /* who has it keeps it */
    }
    t.reviewer = now;
    t.at_ms = s->now;
    t.envelope = (struct hf_id){{0}};
    t.is_receipted = t.tries = 0;
    t.refused = REASON_NONE;
    set_next(s, &t, now.s[0] != '\0' ? s->now : 0);
    told_put(s->v, &t);
    settle_tasks(s, v, now.s[0] != '\0');
}

bool
reviewer_elsewhere(const struct node_view *v, const struct hf_id *object,
                   struct node_asked *ret)
{
    return told_get(v, object, ret) && ret->reviewer.s[0] != '\0';
}

void
reviewer_late(struct step *s, const struct node_vital *v)
{
    struct node_asked t;

    if (reviewer_elsewhere(s->v, &v->object, &t) && t.is_open)
        make_task(s, v, TASK_REVIEW_OVERDUE);
}

void
reviewer_end(struct step *s, const struct hf_id *object)
{
    struct node_asked t;

    if (!told_get(s->v, object, &t))
        return;
    t.is_open = 0;
    set_next(s, &t, 0);
    told_put(s->v, &t);
}

/* ---- telling ---- */

static void
fill_notice(const struct step *s, const struct node_vital *v,
            const struct node_asked *t, const struct hf_org *to,
            struct review_notice *ret)
{
    memset(ret, 0, sizeof(*ret));
    ret->ground = v->a.ground;
    ret->by = review_by_of(&v->a);
    ret->categories = v->a.categories;
    ret->referral = v->object;
    ret->from = *step_me(s);
    ret->to = *to;
    ret->reviewer = t->reviewer;
    ret->sent_ms = v->sent_ms;
    ret->due_ms = v->sent_ms + VITAL_REVIEW_MS;
    ret->at_ms = s->now;
}

static struct hf_id
send_notice(struct step *s, const struct node_vital *v,
            const struct node_asked *t, const struct hf_org *to)
{
    struct content *c = step_content(s, CONTENT_REVIEW_NOTICE);
    uint8_t *doc = step_alloc(s, REVIEW_NOTICE_BYTES);
    uint8_t *sig = step_alloc(s, REVIEW_SIG_BYTES);
    const struct hf_bytes span = {doc, REVIEW_NOTICE_BYTES};
    struct review_notice n;

    fill_notice(s, v, t, to, &n);
    review_notice_pack(&n, doc);
    s->env->crypto->sign(s->env->crypto->ctx, REVIEW_NOTICE_LABEL, &span, 1,
                         sig);
    c->u.signed_by.bytes = span;
    c->u.signed_by.sig = (struct hf_bytes){sig, REVIEW_SIG_BYTES};
    return push_content(s, &t->reviewer, c, LANE_NORMAL, &t->object, 0);
}

void
reviewer_tell_due(struct step *s, const struct hf_id *object)
{
    struct node_object o;
    struct node_vital v;
    struct node_asked t;
    struct node_out out;
    uint64_t wait_ms;

    if (!vital_get(s->v, object, &v) || !object_get(s->v, object, &o))
        return;
    reviewer_settle(s, &v);
    if (!told_get(s->v, object, &t) || !t.is_open || t.next_ms == 0 ||
        t.next_ms > s->now)
        return; /* a row of before */
    if ((hf_id_is_zero(&t.envelope) || !out_get(s->v, &t.envelope, &out)) &&
        reviewer_may_send(s, &t.reviewer))
        t.envelope = send_notice(s, &v, &t, &o.peer);
    /* Receipted, it is said again each week: who lost it, or has another of
     * ours that we lost in a restore, says so then. */
    wait_ms = t.is_receipted ? WEEK_MS : reviewer_wait_ms(&t.tries);
    set_next(s, &t, s->now + wait_ms);
    told_put(s->v, &t);
}

/* ---- what comes back ---- */

static void
second_verdict(struct step *s, struct node_asked *t,
               const struct review_verdict *v, struct hf_bytes sig,
               struct node_inbox *in)
{
    if (v->is_upheld == t->verdict.is_upheld)
        return; /* again */
    if (t->other.at_ms == 0) {
        t->other = *v;
        memcpy(t->other_sig, sig.p, REVIEW_SIG_BYTES);
        told_put(s->v, t);
        step_alarm(s, "review_conflict", OBJECT_REFERRAL, &t->object,
                   &t->reviewer, REASON_NONE);
    }
    reviewer_refuse(s, in, &t->object, REASON_DUPLICATE);
}

static bool
is_about(const struct step *s, const struct node_vital *vital,
         const struct node_asked *t, const struct review_verdict *v)
{
    struct review_notice n;
    struct node_object o;
    struct hf_hash facts;

    if (!object_get(s->v, &vital->object, &o))
        return false;
    fill_notice(s, vital, t, &o.peer, &n);
    reviewer_facts(s, &n, &facts);
    return hf_hash_eq(&facts, &v->facts);
}

/* Why it is not taken; REASON_NONE: it is. */
static enum reason
judge(struct step *s, const struct hf_org *from, const struct review_verdict *v,
      struct node_vital *vital, struct node_asked *t)
{
    if (!vital_get(s->v, &v->referral, vital) || vital->sent_ms == 0)
        return REASON_NOT_KNOWN;
    reviewer_settle(s, vital); /* who it is by the registry of now */
    if (!told_get(s->v, &v->referral, t) || !hf_org_eq(&t->reviewer, from))
        return REASON_NOT_REVIEWER;
    return is_about(s, vital, t, v) ? REASON_NONE : REASON_CHECK_FAILED;
}

void
reviewer_verdict(struct step *s, const struct hf_org *from,
                 const struct content_signed *c, struct node_inbox *in)
{
    static const struct hf_id none;
    struct review_verdict v;
    struct node_vital vital;
    struct node_asked t;
    enum reason why;

    if (c->sig.n != REVIEW_SIG_BYTES || !review_verdict_unpack(c->bytes, &v) ||
        !hf_org_eq(&v.reviewer, from) || !hf_org_eq(&v.from, step_me(s))) {
        reviewer_refuse(s, in, &none, REASON_CHECK_FAILED);
        return;
    }
    why = judge(s, from, &v, &vital, &t);
    if (why != REASON_NONE) {
        reviewer_refuse(s, in, &v.referral, why);
        return;
    }
    if (t.verdict.at_ms != 0) {
        second_verdict(s, &t, &v, c->sig, in);
        return;
    }
    t.verdict = v;
    memcpy(t.sig, c->sig.p, REVIEW_SIG_BYTES);
    t.is_open = 0;
    set_next(s, &t, 0);
    told_put(s->v, &t);
    vital_judged(s, &vital, v.is_upheld);
}

/* ---- another registry ---- */

void
reviewer_page(struct step *s, const struct hf_id *from)
{
    struct hf_id at = *from;
    struct node_vital v;
    struct node_asked t;
    int n = 0;

    while (n < REVIEWER_PAGE && told_next_open(s->v, &at)) {
        n++;
        if (vital_get(s->v, &at, &v))
            reviewer_settle(s, &v);
        /* Who could not be told before may be now. */
        if (told_get(s->v, &at, &t) && t.next_ms > s->now && !t.is_receipted) {
            set_next(s, &t, s->now);
            told_put(s->v, &t);
        }
    }
    if (n < REVIEWER_PAGE)
        return;
    due_put(s->v, s->now, &at, DUE_REVIEWERS);
    s->again = true;
}
