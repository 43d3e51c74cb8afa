/*
 * budget.h - what a person has had from a budget of the SOP. Internal
 * to the core.
 */
#ifndef NODE_CORE_BUDGET_H
#define NODE_CORE_BUDGET_H

#include "step.h"

/** budget_spent: what this case's referrals have taken from @d's budget, minor
 * units: those that are open, served, or wait to be sent; not those that came
 * to nothing. */
uint64_t budget_spent(const struct step *s, const struct node_case *c,
                      const struct sop_decision *d);

/** budget_allows: whether @d stays within what its budget gives a person.
 * Beyond it, @is_reasoned lets it go, with a supervisor's approval (d->approval
 * is set then); else false, and *r says what is left. Never in an emergency. */
bool budget_allows(const struct step *s, const struct node_case *c,
                   struct sop_decision *d, bool is_reasoned,
                   struct node_reply *r);

#endif /* NODE_CORE_BUDGET_H */
