#include "household.h"

#include "ask.h"
#include "hf_text.h"
#include "match.h"

void
household_set(struct step *s, struct node_case *c,
              const struct hf_id *household)
{
    if (!hf_id_is_zero(&c->household))
        household_del(s->v, &c->household, &c->id);
    c->household = *household;
    if (!hf_id_is_zero(household))
        household_put(s->v, household, &c->id);
}

static bool
held(struct step *s, const struct hf_id *id, struct node_case *ret)
{
    char room[HF_ID_TEXT_BYTES];

    if (!case_get(s->v, id, ret)) {
        step_refuse(s, 66, "no_such_case", "handoff case list shows them",
                    "no case %s here", ask_id(OBJECT_NONE, id, room));
        return false;
    }
    if (hf_org_eq(&ret->holder, step_me(s)))
        return true;
    step_refuse(s, 1, "not_holder", "", "custody of %s is with %.31s, not here",
                ask_id(OBJECT_NONE, id, room), ret->holder.s);
    return false;
}

/* The household that some of them have already: those that have none join it.
 * Two households are not made one by the way. */
static bool
choose(struct step *s, struct hf_id *ret)
{
    const struct node_command *cmd = s->cmd;
    struct node_case c;

    memset(ret, 0, sizeof(*ret));
    for (size_t i = 0; i < cmd->n_cases; i++) {
        if (!held(s, &cmd->cases[i], &c))
            return false;
        if (hf_id_is_zero(&c.household) || hf_id_eq(&c.household, ret))
            continue;
        if (!hf_id_is_zero(ret) && !cmd->is_apart) {
            step_refuse(s, 1, "two_households",
                        "handoff case link CASE --apart, then link them",
                        "these cases belong to different households");
            return false;
        }
        *ret = c.household;
    }
    return true;
}

static bool
has_room(struct step *s, const struct hf_id *household)
{
    struct hf_id at = {{0}};
    size_t n = s->cmd->n_cases;

    while (household_next(s->v, household, &at) && n <= HOUSEHOLD_MAX)
        n++;
    if (n <= HOUSEHOLD_MAX)
        return true;
    step_refuse(s, 65, "too_many", "", "a household has at most %d cases",
                HOUSEHOLD_MAX);
    return false;
}

void
ask_case_link(struct step *s)
{
    const struct node_command *cmd = s->cmd;
    static const struct hf_id none;
    struct hf_id household;
    struct node_case c;

    if (!ask_permitted(s, OBJECT_NONE, SIDE_FIRST) || !choose(s, &household))
        return;
    if (cmd->is_apart) {
        household = none;
    } else {
        if (cmd->n_cases < 2 && hf_id_is_zero(&household)) {
            step_refuse(s, 64, "one_case", "name all of its cases",
                        "a household has more than one case");
            return;
        }
        if (!has_room(s, &household))
            return;
        if (hf_id_is_zero(&household))
            household = step_fresh_id(s);
    }
    for (size_t i = 0; i < cmd->n_cases; i++) {
        if (!case_get(s->v, &cmd->cases[i], &c))
            continue;
        household_set(s, &c, &household);
        c.changed_ms = s->now;
        case_put(s->v, &c);
    }
    step_reply(s)->id = household;
}

void
ask_case_pair(struct step *s)
{
    struct node_case a, b;
    struct node_pair p;
    struct hf_id at = {{0}};
    unsigned by;

    if (!ask_permitted(s, OBJECT_NONE, SIDE_FIRST) || !ask_case(s, false, &a))
        return;
    if (hf_id_eq(&a.id, &s->cmd->other_id)) {
        step_refuse(s, 64, "usage", "name two cases",
                    "this is one case, named twice");
        return;
    }
    if (!case_get(s->v, &s->cmd->other_id, &b)) {
        step_refuse(s, 66, "no_such_case", "handoff case list shows them",
                    "the other case is not here");
        return;
    }
    while (match_next_other(s->v, &a, &at, &by) && !hf_id_eq(&at, &b.id))
        continue;
    if (!hf_id_eq(&at, &b.id) && !s->cmd->is_same) {
        step_refuse(s, 1, "no_match", "",
                    "nothing says that these two are one person");
        return;
    }
    memset(&p, 0, sizeof(p));
    p.is_same = s->cmd->is_same;
    p.user = s->cmd->user;
    p.at_ms = s->now;
    pair_put(s->v, &a.id, &b.id, &p);
    step_reply(s)->id = a.id;
}
