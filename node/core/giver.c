#include "giver.h"

#include "sop_force.h"

#define AHEAD_MS (14ull * 3600 * 1000) /* a date of today, east of here */

#define CHILD_ALONE                                                            \
    (GROUP_BIT(GROUP_UNACCOMPANIED_CHILD) | GROUP_BIT(GROUP_SEPARATED_CHILD))

/* The organisation's own word, else that of the most local pack that speaks for
 * this person, else the Convention's. */
static uint32_t
consent_age(const struct step *s, const struct node_case *c)
{
    const struct sop_force f = {s->env->sops, &c->facts, s->now};
    struct sop_consent_rule rule;

    if (s->env->config->consent_age != 0)
        return s->env->config->consent_age;
    return sop_force_consent(&f, &rule) && rule.age != 0 ? rule.age
                                                         : NODE_CONSENT_AGE;
}

/* A child's age when consent was given; of unknown age only when the case says
 * that it is a child. */
static bool
is_child(const struct step *s, const struct node_case *c, uint64_t given_ms,
         uint32_t *ret_age)
{
    const uint32_t limit = consent_age(s, c);

    *ret_age = facts_age(&c->facts, given_ms);
    if (*ret_age == UINT32_MAX)
        return (c->facts.groups & CHILD_ALONE) != 0;
    return *ret_age < limit;
}

/* A child would be of age on a day to come, and decide alone today. */
static bool
is_ahead(struct step *s)
{
    if (s->cmd->consent->given_ms <= s->now + AHEAD_MS)
        return false;
    step_refuse(s, 65, "bad_time", "given_at: when the person decided",
                "given_at is still to come");
    return true;
}

bool
giver_refuses(struct step *s, const struct node_case *c)
{
    const enum consent_giver giver = s->cmd->giver;
    uint32_t age;

    if (is_ahead(s))
        return true;
    if (s->cmd->type == CMD_CONSENT_REFUSE ||
        !is_child(s, c, s->cmd->consent->given_ms, &age))
        return false;
    if (giver == GIVER_SELF) {
        step_refuse(s, 1, "child",
                    "given_by: guardian, legal_representative or "
                    "best_interest, with their authority",
                    "a child does not consent alone: somebody with legal "
                    "authority decides, and the child is heard");
        return true;
    }
    if ((c->facts.groups & CHILD_ALONE) != 0 &&
        (giver == GIVER_GUARDIAN || giver == GIVER_LEGAL_REPRESENTATIVE) &&
        !s->cmd->has_document) {
        step_refuse(s, 1, "best_interest",
                    "given_by: best_interest, or name the document in "
                    "authority",
                    "for a child alone the decision follows the best interest "
                    "determination");
        return true;
    }
    return false;
}
