#include "proxy.h"

#include "ask.h"
#include "hf_text.h"
#include "lifecycle.h"

const struct hf_org *
proxy_keeper(const struct step *s, const struct hf_org *org)
{
    const struct registry_org *o =
        s->env->registry == NULL ? NULL : registry_org(s->env->registry, org);

    return o == NULL || o->via.s[0] == '\0' ? NULL : &o->via;
}

bool
proxy_is_ours(const struct step *s, const struct hf_org *org)
{
    const struct hf_org *keeper = proxy_keeper(s, org);

    return keeper != NULL && hf_org_eq(keeper, step_me(s)) &&
           step_member(s, org) != NULL;
}

/* Why nothing can be entered here on behalf of the organisation; false: it
 * can. */
static bool
refuses(struct step *s, const struct live *l)
{
    const struct hf_org *org = &s->cmd->on_behalf;
    const struct hf_org *keeper = proxy_keeper(s, org);
    char id[HF_ID_TEXT_BYTES];

    if (step_member(s, org) == NULL) {
        step_refuse(s, 66, "no_such_org", "handoff registry show lists members",
                    "no active organisation %.31s", org->s);
    } else if (keeper == NULL) {
        step_refuse(s, 1, "has_node",
                    "leave out --on-behalf to record what you did yourself",
                    "%.31s has a node of its own and records its events there",
                    org->s);
    } else if (!hf_org_eq(keeper, step_me(s))) {
        step_refuse(s, 1, "not_keeper", "",
                    "the node of %.31s is kept by %.31s, not here", org->s,
                    keeper->s);
    } else if (!l->o.is_local || !hf_org_eq(&l->o.peer, org)) {
        step_refuse(s, 1, "other_org", "", "%s is with %.31s, not with %.31s",
                    ask_id(l->o.kind, &l->o.id, id), l->o.peer.s, org->s);
    } else {
        return false;
    }
    return true;
}

bool
proxy_begin(struct step *s, struct live *l)
{
    char id[HF_ID_TEXT_BYTES];

    if (refuses(s, l))
        return false;
    if (l->o.n[0] + l->o.n[1] == 0) {
        step_refuse(s, 1, "wrong_state", "handoff send ID",
                    "%s is a draft; nobody has been told of it",
                    ask_id(l->o.kind, &l->o.id, id));
        return false;
    }
    l->is_proxied = true;
    return true;
}

bool
proxy_needs_receive(const struct step *s, const struct live *l)
{
    size_t n;
    const struct lifecycle_row *row = lifecycle_rows(l->o.kind, &n);

    if (!l->is_proxied || l->o.kind != OBJECT_REFERRAL ||
        l->o.state != STATE_SENT)
        return false;
    for (size_t i = 0; i < n; i++)
        if (row[i].author == SIDE_SECOND && row[i].event == s->cmd->event &&
            (row[i].when & LIFECYCLE_IN(STATE_RECEIVED)))
            return true;
    return false;
}

void
proxy_receive(struct step *s, struct live *l, const struct draft *d)
{
    const struct draft receive = {.event = EVENT_RECEIVE,
                                  .flags = d->flags & ENTRY_LATER,
                                  .happened_ms = d->happened_ms};

    live_append(s, l, &receive);
}

/* ---- what happened elsewhere, and is entered later ---- */

bool
happened_fits(struct step *s, uint64_t start_ms)
{
    const uint64_t minute_ms = 60000, happened_ms = s->cmd->happened_ms;
    char text[HF_TIME_TEXT_BYTES];

    if (happened_ms == 0)
        return true;
    if (happened_ms > s->now) {
        step_refuse(s, 65, "bad_time", "when did it happen?",
                    "--happened-at %s is still to come",
                    hf_time_format(happened_ms, text));
        return false;
    }
    /* people enter minutes */
    if (happened_ms >= start_ms - start_ms % minute_ms)
        return true;
    step_refuse(s, 65, "bad_time", "handoff show ID --trace says when it began",
                "--happened-at is before it began, at %s",
                hf_time_format(start_ms, text));
    return false;
}

uint64_t
happened_start(struct step *s, const struct live *l)
{
    uint64_t start_ms = UINT64_MAX;
    struct entry e;

    for (enum side side = SIDE_FIRST; side <= SIDE_SECOND; side++) {
        if (l->o.n[side] == 0)
            continue;
        live_entry(s, l, side, 1, &e);
        start_ms = e.happened_ms < start_ms ? e.happened_ms : start_ms;
    }
    return start_ms == UINT64_MAX ? l->o.created_ms : start_ms;
}
