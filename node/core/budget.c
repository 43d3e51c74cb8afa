#include "budget.h"

#include <inttypes.h>

#include "deadline.h"
#include "sop_duty.h"

/* Money that was not spent after all, or is not going to be. */
static bool
came_to_nothing(const struct node_object *o)
{
    switch ((int)o->state) {
    case STATE_CANCELLED:
    case STATE_REJECTED:
    case STATE_DECLINED:
    case STATE_EXPIRED:
    case STATE_LAPSED:
    case STATE_FAILED:
    case STATE_VOID:
    case STATE_RECALLED:
        return true;
    case STATE_CLOSED:
        return o->met_ms[DEADLINE_REPORT] == 0;
    default:
        return false;
    }
}

uint64_t
budget_spent(const struct step *s, const struct node_case *c,
             const struct sop_decision *d)
{
    struct hf_id at = {{0}};
    struct node_object o;
    uint64_t sum = 0;

    while (object_next_of_case(s->v, &c->id, &at, &o)) {
        struct node_decision other;

        if (o.kind == OBJECT_REFERRAL && o.side == SIDE_FIRST &&
            !came_to_nothing(&o) &&
            decision_get(s->v, &o.terms.decision, &other) &&
            hf_name_eq(&other.sop.pack, &d->pack) &&
            hf_name_eq(&other.sop.budget, &d->budget))
            sum += other.sop.cost_minor;
    }
    return sum;
}

static bool
find_budget(const struct step *s, const struct sop_decision *d,
            struct sop_budget *ret)
{
    const struct sop_pack *p =
        sop_book_find(s->env->sops, &d->pack, &d->pack_hash);

    for (size_t i = 0; p != NULL && sop_budget_at(p, i, ret); i++)
        if (hf_name_eq(&ret->id, &d->budget))
            return true;
    return false;
}

bool
budget_allows(const struct step *s, const struct node_case *c,
              struct sop_decision *d, bool is_reasoned, struct node_reply *r)
{
    struct sop_budget b;
    uint64_t spent, left;

    if (d->budget.s[0] == '\0' || d->cost_minor == 0 ||
        d->urgency == URGENCY_EMERGENCY || !find_budget(s, d, &b) ||
        b.per_person == 0)
        return true;
    spent = budget_spent(s, c, d);
    left = spent < b.per_person ? b.per_person - spent : 0;
    if (d->cost_minor <= left)
        return true;
    if (is_reasoned) {
        d->approval = true;
        return true;
    }
    step_error(r, 1, "over_budget",
               "give --override-reason, and a supervisor decides",
               "budget %.31s has %" PRIu64 ".%02" PRIu64 " %s left for this "
               "person, and %.31s costs %" PRIu32 ".%02" PRIu32,
               b.id.s, left / 100, left % 100, b.currency, d->service.code.s,
               d->cost_minor / 100, d->cost_minor % 100);
    return false;
}
