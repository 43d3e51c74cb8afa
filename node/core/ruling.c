#include "ruling.h"

#include "claim.h"

#define PAGE 64 /* cases ruled in one step */

static const struct registry_ruling *
ruling_of(const struct step *s, const struct node_case *c)
{
    struct hf_hash tag;

    if (s->env->registry == NULL || s->env->registry->n_rulings == 0)
        return NULL;
    registry_custody_tag(&c->id, c->epoch, &tag);
    return registry_ruling(s->env->registry, &tag);
}

/* Nothing can be said in a ruled transfer any more: what it owed, it owes, but
 * neither side can move custody with it. */
static void
end_transfer(struct step *s, const struct hf_id *id)
{
    struct live l;

    if (hf_id_is_zero(id) || !live_load(s, id, &l))
        return;
    l.o.is_ruled = 1;
    live_settle(s, &l);
}

/* False where there is no ruling that is news to us. */
static bool
apply(struct step *s, struct node_case *c)
{
    const struct registry_ruling *r = ruling_of(s, c);
    const struct hf_id open = c->open_transfer;

    if (r == NULL || r->epoch <= c->epoch)
        return false;
    if (hf_org_eq(&r->holder, step_me(s)))
        claim_moved(s, &c->id, c->epoch, true);
    c->holder = r->holder;
    c->epoch = r->epoch;
    c->open_transfer = (struct hf_id){{0}};
    c->changed_ms = s->now;
    case_put(s->v, c);
    end_transfer(s, &open);
    step_alarm(s, "custody_ruled", OBJECT_TRANSFER, &open, &c->holder,
               REASON_NONE);
    return true;
}

void
ruling_apply_all(struct step *s)
{
    static const struct hf_id none;
    struct hf_id at = {{0}};
    struct node_case c;
    int n = 0;

    if (s->env->registry == NULL || s->env->registry->n_rulings == 0)
        return;
    while (n < PAGE && case_next(s->v, &at, &c))
        n += apply(s, &c);
    if (n < PAGE)
        return;
    due_put(s->v, s->now, &none, DUE_RULINGS); /* what was ruled is done */
    s->again = true;
}
