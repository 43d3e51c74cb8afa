#include "reviewer.h"

#include "push.h"
#include "reach.h"

#define MINUTE_MS    (60ull * 1000)
#define TRIES_MAX    10u /* a minute, 2, 4 ... 17 hours */
#define ROOM_EFFECTS 16u /* that a step keeps for others */

uint64_t
reviewer_wait_ms(uint8_t *tries)
{
    const uint64_t wait = MINUTE_MS << *tries;

    if (*tries < TRIES_MAX)
        (*tries)++;
    return wait;
}

bool
reviewer_may_send(const struct step *s, const struct hf_org *to)
{
    return NODE_EFFECTS_MAX - s->out->n >= ROOM_EFFECTS &&
           reach_of(s, to) == REACH_ALL &&
           s->env->peer_until_ms(s->env->peer_ctx, to) > s->now;
}

bool
reviewer_is(const struct step *s, const struct hf_org *org)
{
    const struct registry_org *o = step_member(s, org);

    return o != NULL && registry_has_duty(o, DUTY_REVIEW) &&
           o->via.s[0] == '\0';
}

void
reviewer_facts(const struct step *s, const struct review_notice *n,
               struct hf_hash *ret)
{
    uint8_t doc[REVIEW_NOTICE_BYTES];

    review_notice_pack(n, doc);
    step_hash(s, REVIEW_FACTS_LABEL, doc, REVIEW_FACTS_BYTES, ret);
}

void
reviewer_refuse(struct step *s, struct node_inbox *in,
                const struct hf_id *referral, enum reason why)
{
    in->status = DELIVERY_REFUSED;
    in->reason = why;
    step_alarm(s, "review_refused", OBJECT_REFERRAL, referral, &in->from, why);
}

/* Its envelope is known on one of the two sides only. */
void
reviewer_receipted(struct step *s, const struct hf_org *from,
                   const struct node_out *out, const struct content_receipt *r)
{
    struct node_review here, was;
    struct node_asked t;

    if (told_get(s->v, &out->review, &t) && hf_org_eq(&t.reviewer, from) &&
        hf_id_eq(&t.envelope, &out->id)) {
        t.is_receipted = r->status == DELIVERY_OK;
        t.refused = r->reason;
        told_put(s->v, &t);
    }
    if (!review_get(s->v, &out->review, &here) ||
        !hf_org_eq(&here.notice.from, from) ||
        !hf_id_eq(&here.envelope, &out->id))
        return;
    was = here;
    here.is_receipted = r->status == DELIVERY_OK;
    here.refused = r->reason;
    if (r->status != DELIVERY_UNOPENABLE && here.next_ms != 0) {
        due_del(s->v, here.next_ms, &here.id, DUE_REVIEW_SAY);
        here.next_ms = 0; /* they have it, or do not want it */
    }
    review_put(s->v, &here, &was);
}

void
reviewer_begin(struct step *s)
{
    static const struct hf_id first;

    reviewer_page(s, &first);
    if (!reviewer_is(s, step_me(s)))
        reviewer_page_here(s, &first);
}
