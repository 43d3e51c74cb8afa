/* The withdrawal's part of live.h: what is told has its effect, and is answered
 * when all that was told on has answered. node/DESIGN.md, "Withdrawal". */
#include "answer.h"

#include "ask.h"
#include "chase.h"
#include "custody.h"
#include "erase.h"
#include "push.h"
#include "withdrawal.h"

#define RESTORED_MS (60ull * 60 * 1000) /* until the next look, restored */

/* ---- who is still awaited ---- */

bool
answer_is_in(const struct node_object *o)
{
    return o->state == STATE_ANSWERED || o->by_hand != 0;
}

static bool
children_answered(const struct step *s, const struct live *l)
{
    struct hf_id at = {{0}};
    struct node_object o;

    while (object_next_of_case(s->v, &l->o.id, &at, &o))
        if (o.kind == OBJECT_WITHDRAWAL && o.side == SIDE_FIRST &&
            hf_id_eq(&o.parent, &l->o.id) && !answer_is_in(&o))
            return false;
    return true;
}

/* The same peer told the same twice, restored between: what the first waits
 * for, this one waits for. */
static bool
is_told_again(const struct step *s, const struct live *l)
{
    struct hf_id at = {{0}};
    struct node_object o;

    while (object_next_of_case(s->v, &l->o.scopes.consent, &at, &o)) {
        const bool before =
            o.created_ms < l->o.created_ms ||
            (o.created_ms == l->o.created_ms &&
             memcmp(o.id.b, l->o.id.b, HF_ID_BYTES) < 0);

        if (o.kind == OBJECT_WITHDRAWAL && o.side == SIDE_SECOND && before &&
            hf_org_eq(&o.peer, &l->o.peer) &&
            o.scopes.version == l->o.scopes.version &&
            o.state != STATE_ANSWERED)
            return true;
    }
    return false;
}

/* Of those whom we may have told before a restore one that has not returned
 * all that it shares with us; NULL: nobody. */
static const struct hf_org *
awaited_of(const struct step *s, const struct live *l, struct consent *c)
{
    if (!consent_get(s->v, &l->o.scopes.consent, c))
        return custody_awaited(s);
    for (int i = 0; i < c->n_scopes; i++)
        for (int k = 0; k < c->scope[i].n_recipients; k++)
            if (custody_awaits(s, &c->scope[i].recipient[k]))
                return &c->scope[i].recipient[k];
    return NULL;
}

static bool
may_have_told_more(struct step *s, const struct live *l)
{
    const struct hf_org *awaited;
    struct consent c;
    struct node_self self;
    struct entry e;

    if (!self_get(s->v, &self) || hf_id_is_zero(&self.restored))
        return false;
    live_entry(s, l, SIDE_FIRST, 1, &e);
    if (e.at_ms > self.restored_ms + RESTORED_MS ||
        (awaited = awaited_of(s, l, &c)) == NULL)
        return false;
    push_ask_again(s, awaited, &self.restored);
    due_put(s->v, s->now + RESTORED_MS, &l->o.id, DUE_ANSWER);
    return true;
}

/* ---- effects ---- */

/* Told by us before a restore: whom it was for, and whose case. */
static void
find_parent(struct step *s, struct live *l)
{
    struct consent c;

    if (hf_id_is_zero(&l->o.parent))
        l->o.parent = withdrawal_mark(s, &l->o.id, &l->o.scopes.mark);
    if (!hf_id_is_zero(&l->o.parent))
        object_link(s->v, &l->o.parent, &l->o.id);
    if (!hf_id_is_zero(&l->o.case_id) ||
        !consent_get(s->v, &l->o.scopes.consent, &c))
        return;
    l->o.case_id = c.case_id;
    object_link(s->v, &c.case_id, &l->o.id);
}

static void
apply_withdraw(struct step *s, struct live *l, uint32_t n)
{
    const struct part *p;
    struct withdrawal_told told;
    struct body b;

    if (!live_body(s, l, SIDE_FIRST, n, &b))
        return;
    p = body_find(&b, PART_SCOPES);
    if (p == NULL || !scopes_unpack(p->bytes, &l->o.scopes)) {
        step_alarm(s, "entry_invalid", l->o.kind, &l->o.id, &l->o.peer,
                   REASON_CHECK_FAILED);
        return;
    }
    object_link(s->v, &l->o.scopes.consent, &l->o.id);
    if (l->o.side == SIDE_FIRST)
        find_parent(s, l);
    else
        withdrawal_begin(s, &l->o.scopes, &l->o, NULL, &told);
}

/* What is withdrawn came behind the word that it is: until now nothing was
 * done, and nothing answered. */
static void
body_came(struct step *s, struct live *l, enum side side, uint32_t n,
          enum event event)
{
    if (side == SIDE_FIRST && event == EVENT_WITHDRAW &&
        hf_id_is_zero(&l->o.scopes.consent))
        apply_withdraw(s, l, n);
}

/* Something was answered: whoever waited for it may be answered now. */
void
answer_wake(struct step *s, const struct node_object *o)
{
    struct hf_id at = {{0}};
    struct node_object other;

    if (!hf_id_is_zero(&o->parent))
        due_put(s->v, s->now, &o->parent, DUE_ANSWER);
    while (object_next_of_case(s->v, &o->scopes.consent, &at, &other))
        if (other.kind == OBJECT_WITHDRAWAL && other.side == SIDE_SECOND &&
            other.state != STATE_ANSWERED && !hf_id_eq(&other.id, &o->id))
            due_put(s->v, s->now, &other.id, DUE_ANSWER);
    s->again = true;
}

static void
apply(struct step *s, struct live *l, enum side side, uint32_t n,
      const struct entry *e)
{
    (void)side;
    l->o.erase_basis_kept = e->event == EVENT_KEPT;
    if (e->event == EVENT_WITHDRAW)
        apply_withdraw(s, l, n);
    if (e->event == EVENT_ERASED || e->event == EVENT_KEPT) {
        chase_over(s, l);
        answer_wake(s, &l->o);
    }
}

/* ---- the answer ---- */

static bool
react(struct step *s, struct live *l)
{
    const bool asked = l->o.state == STATE_ASKED;
    enum event answer = EVENT_ERASED;
    enum reason why = REASON_NONE;

    /* What could not be read had no effect: nothing to answer, least of all
     * that something was kept. */
    if (l->o.side != SIDE_SECOND || (!asked && l->o.state != STATE_PARTIAL) ||
        hf_id_is_zero(&l->o.scopes.consent))
        return false;
    if (!children_answered(s, l) || is_told_again(s, l) ||
        may_have_told_more(s, l)) {
        answer = EVENT_PARTIAL;
    } else if (!l->o.scopes.erase) {
        answer = EVENT_KEPT;
        why = REASON_STOP;
    } else if ((why = erase_left(s, &l->o.scopes)) != REASON_NONE) {
        answer = EVENT_KEPT;
    }
    /* not twice, and not where our own chain is forked or not all here */
    if ((answer == EVENT_PARTIAL && !asked) || !live_may(s, l, answer, 0))
        return false;
    live_auto(s, l, answer, why);
    return true;
}

const struct live_kind withdrawal_kind = {apply, body_came, react};
