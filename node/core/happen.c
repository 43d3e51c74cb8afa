/* One event on a shared object, as a person asks for it: permission, reason,
 * what the row needs, validity; then the entry. */
#include "ask.h"
#include "chase.h"
#include "custody.h"
#include "disclose.h"
#include "feedback.h"
#include "hf_assert.h"
#include "hf_text.h"
#include "people.h"
#include "proxy.h"
#include "reason.h"
#include "said.h"
#include "vital.h"

/* Events that only the node itself writes. */
static bool
is_automatic(const struct live *l, enum event event)
{
    if (l->is_proxied && event != EVENT_REJECT)
        return false; /* no node does it there */
    if (l->o.kind == OBJECT_WITHDRAWAL)
        return event == EVENT_PARTIAL;
    return event == EVENT_RECEIVE || event == EVENT_REJECT ||
           event == EVENT_ONWARD || event == EVENT_ERASED ||
           event == EVENT_KEPT || event == EVENT_PARTIAL;
}

static void
too_early(struct step *s, const char *what, const char *hint, uint64_t due_ms)
{
    char due[HF_TIME_TEXT_BYTES];

    step_refuse(s, 1, "too_early", hint, "%s is due only at %s", what,
                hf_time_format(due_ms, due));
}

static bool
may_expire(struct step *s, const struct live *l)
{
    if (l->o.kind == OBJECT_REFERRAL && !l->o.terms.expires) {
        step_refuse(
            s, 1, "no_expiry", "handoff abandon ID --reason no_response",
            "rule %.31s does not let this referral expire", l->o.terms.rule.s);
        return false;
    }
    if (s->env->is_clock_doubtful) {
        step_refuse(s, 75, "clock_in_doubt",
                    "set the clock, or say that it is right: handoff clock "
                    "confirm",
                    "the clock of this node is in doubt: deadlines wait");
        return false;
    }
    if (l->o.decide_ms == 0 || s->now < l->o.decide_ms) {
        too_early(s, "the answer",
                  l->o.kind == OBJECT_TRANSFER
                      ? "wait, or take it back: handoff transfer withdraw ID"
                      : "wait, or agree with them: handoff cancel ID",
                  l->o.decide_ms);
        return false;
    }
    return true;
}

static bool
may_fail(struct step *s, const struct live *l)
{
    if (s->cmd->reason != REASON_COULD_NOT_CONTACT ||
        chain_has(&l->pair, SIDE_SECOND, EVENT_CONTACT))
        return true;
    step_refuse(s, 1, "no_attempt",
                "handoff contact ID --attempt --channel phone",
                "could_not_contact needs a contact attempt on record");
    return false;
}

/* N asks where the person is only after some time: journeys are put off. */
static bool
may_query(struct step *s, const struct live *l)
{
    if (s->now >= l->o.report_ms)
        return true;
    too_early(s, "a query", "wait, or call them", l->o.report_ms);
    return false;
}

static bool
needs_when(struct step *s, const char *option)
{
    if (s->cmd->when_ms != 0)
        return true;
    step_refuse(s, 65, "no_time", "", "%s needs a time: %s",
                event_text(s->cmd->event), option);
    return false;
}

/* A year typed wrongly would put a deadline, or an appointment, into the past,
 * and at once tell supervisor and committee. Within a day it may be meant. */
static bool
when_is_ahead(struct step *s)
{
    const uint64_t day_ms = UINT64_C(86400000), when_ms = s->cmd->when_ms;
    const uint64_t said_ms =
        s->cmd->happened_ms != 0 ? s->cmd->happened_ms : s->now;
    char text[HF_TIME_TEXT_BYTES];

    if (when_ms == 0 || when_ms + day_ms >= said_ms)
        return true;
    step_refuse(s, 65, "bad_time", "give a later one",
                "%s for %s: that is over", event_text(s->cmd->event),
                hf_time_format(when_ms, text));
    return false;
}

/* "Other" alone tells the one who referred nothing. */
static bool
other_has_words(struct step *s)
{
    if (s->cmd->reason != REASON_OTHER || s->cmd->text.n > 0)
        return true;
    step_refuse(s, 65, "no_words", "add --text T, which only they can read",
                "reason other needs words");
    return false;
}

/* Only of a case that is held here, and only the transfer that is open: two
 * of one case may both have come to life again by late entries (I-4). */
static bool
may_move(struct step *s, const struct live *l)
{
    char id[HF_ID_TEXT_BYTES];
    struct node_case c;

    if (!case_get(s->v, &l->o.case_id, &c) ||
        !hf_org_eq(&c.holder, step_me(s))) {
        step_refuse(s, 1, "not_holder", "", "custody of the case is not here");
        return false;
    }
    if (hf_id_is_zero(&c.open_transfer) || hf_id_eq(&c.open_transfer, &l->o.id))
        return true;
    step_refuse(s, 1, "transfer_open",
                "withdraw one of them: handoff transfer withdraw ID",
                "transfer %s of this case is open",
                ask_id(OBJECT_TRANSFER, &c.open_transfer, id));
    return false;
}

static bool
may_take(struct step *s, const struct live *l)
{
    if (transfer_may_take_over(s, l))
        return true;
    step_refuse(s, 1, "no_case",
                "handoff transfer refuse ID --reason check_failed",
                "the case has not come, or is not with %.31s", l->o.peer.s);
    return false;
}

/* The column "needs" of the tables, as far as a program can check it. */
static bool
has_needs(struct step *s, const struct live *l)
{
    const bool referral = l->o.kind == OBJECT_REFERRAL;

    switch ((int)s->cmd->event) {
    case EVENT_EXPIRE:
        return may_expire(s, l);
    case EVENT_FAIL:
        return may_fail(s, l);
    case EVENT_RELEASE:
        return may_move(s, l);
    case EVENT_HAND_OVER:
        return may_move(s, l) && custody_is_sure(s);
    case EVENT_TAKE_OVER:
        return may_take(s, l);
    case EVENT_QUERY:
        return may_query(s, l);
    case EVENT_WAITLIST:
        return needs_when(s, "--until DATE") && when_is_ahead(s);
    case EVENT_SCHEDULE:
    case EVENT_RESCHEDULE:
        return needs_when(s, "--when T") && when_is_ahead(s);
    case EVENT_ACCEPT:
        return when_is_ahead(s);
    case EVENT_DECLINE:
        return !referral || other_has_words(s);
    case EVENT_REDIRECT:
        if (referral && !other_has_words(s))
            return false;
        if (!referral || s->cmd->to.s[0] != '\0')
            return true;
        step_refuse(s, 65, "no_org", "",
                    "redirect names an organisation: "
                    "--to ORG");
        return false;
    default:
        return true;
    }
}

static bool
may_happen(struct step *s, const struct live *l)
{
    const enum event event = s->cmd->event;
    char id[HF_ID_TEXT_BYTES];

    if (is_automatic(l, event)) {
        step_refuse(s, 1, "automatic", "", "%s happens by itself",
                    event_text(event));
        return false;
    }
    if (l->o.kind == OBJECT_TRANSFER && event == EVENT_OFFER) {
        step_refuse(s, 64, "own_command",
                    "handoff transfer offer CASE --to ORG",
                    "an offer passes the gates of its own command");
        return false;
    }
    if (live_may(s, l, event, s->cmd->flags) || proxy_needs_receive(s, l))
        return true;
    if (chain_may(&l->pair, l->o.side, event, s->cmd->flags)) {
        step_refuse(s, 75, "awaits_copy", "wait for it, or call them",
                    "after the restore %.31s has not yet returned its copy of "
                    "%s",
                    l->o.peer.s, ask_id(l->o.kind, &l->o.id, id));
        return false;
    }
    step_refuse(s, 1, "wrong_state", "handoff show ID --trace says how it came",
                "%s is %s; %s is not possible then",
                ask_id(l->o.kind, &l->o.id, id), state_text(l->o.state),
                event_text(event));
    return false;
}

static bool
disclose_by_hand(struct step *s, struct live *l, struct draft *d)
{
    const enum disclose_result result = disclose_referral(s, l, d);

    if (result == DISCLOSE_OK)
        return true;
    step_refuse(s, 1, result == DISCLOSE_REFUSED ? "no_consent" : "nothing",
                "handoff consent show CASE",
                result == DISCLOSE_REFUSED
                    ? "a section that the SOP requires is not covered by "
                      "consent"
                    : "there is nothing to disclose");
    return false;
}

static bool
fill(struct step *s, struct live *l, struct draft *d)
{
    const struct node_command *c = s->cmd;

    *d = (struct draft){.event = c->event,
                        .reason = c->reason,
                        .flags = c->flags & ENTRY_FLAGS_ALL,
                        .when_ms = c->when_ms,
                        .happened_ms = c->happened_ms};
    if (c->event == EVENT_CONTACT && c->reason == REASON_REACHED)
        d->flags |= ENTRY_REACHED;
    if (c->event == EVENT_DISCLOSE) {
        if (!disclose_by_hand(s, l, d))
            return false;
        d->is_automatic = false;
        return true;
    }
    if (!feedback_may_go(s, l) ||
        ((c->event == EVENT_RELEASE || c->event == EVENT_HAND_OVER) &&
         !transfer_allowed(s, l)))
        return false;
    ask_own_parts(s, &d->body);
    if (c->event == EVENT_CLOSE && l->o.kind == OBJECT_REFERRAL)
        said_pass(s, l, &d->body);
    if (c->event == EVENT_HAND_OVER || c->event == EVENT_TAKE_OVER)
        return transfer_custody(s, l, d);
    if (l->o.kind == OBJECT_TRANSFER &&
        (c->event == EVENT_RELEASE || c->event == EVENT_AMEND ||
         c->event == EVENT_SUPPLEMENT))
        return transfer_sections(s, l, d);
    return true;
}

static void
take_owner(struct step *s, struct live *l)
{
    if (l->is_proxied)
        return; /* theirs to say, and no user of this node */
    if (s->cmd->user_name.s[0] != '\0')
        l->o.owner = s->cmd->user_name;
    else if (s->cmd->event == EVENT_ACCEPT && l->o.owner.s[0] == '\0')
        l->o.owner = s->cmd->user;
}

/* Whoever is to look after it here. */
static bool
knows_user(struct step *s, const struct live *l)
{
    const struct hf_name *name = &s->cmd->user_name;

    if (l->is_proxied || name->s[0] == '\0' ||
        hf_name_eq(name, &s->cmd->user) || people_is_user(s, name))
        return true;
    step_refuse(s, 66, "no_such_user", "handoff user list shows them",
                "no active user %.31s", name->s);
    return false;
}

void
ask_event(struct step *s)
{
    char room[NODE_MESSAGE_BYTES];
    const char *wrong;
    struct draft d;
    struct live l;

    if (!live_load(s, &s->cmd->object, &l)) {
        step_refuse(s, 66, "no_such_thing", "handoff list shows them",
                    "nothing with this id here");
        return;
    }
    if (s->cmd->event == EVENT_APPROVE && vital_confirm(s, &l))
        return;
    if (chase_by_hand(s, &l) ||
        (s->cmd->on_behalf.s[0] != '\0' && !proxy_begin(s, &l)))
        return;
    if (!ask_permitted(s, l.o.kind,
                       l.is_proxied ? side_other(l.o.side) : l.o.side))
        return;
    wrong = reason_check(l.o.kind, s->cmd->event, s->cmd->reason, room,
                         sizeof(room));
    if (wrong != NULL) {
        step_refuse(s, 65, "bad_reason", "", "%s", wrong);
        return;
    }
    if (l.o.n[0] + l.o.n[1] == 0) {
        if (happened_fits(s, l.o.created_ms))
            refer_draft_event(s, &l);
        return;
    }
    if (!may_happen(s, &l) || !has_needs(s, &l) || !ask_words_fit(s) ||
        !knows_user(s, &l) || !happened_fits(s, happened_start(s, &l)) ||
        !fill(s, &l, &d))
        return;
    if (!body_fits(&d.body)) {
        step_refuse(s, 65, "too_long", "less words; a supplement can follow",
                    "this is more than one envelope holds");
        return;
    }
    take_owner(s, &l);
    if (proxy_needs_receive(s, &l))
        proxy_receive(s, &l, &d);
    live_append(s, &l, &d);
    l.is_proxied = false; /* what follows is ours again */
    live_settle(s, &l);
    ask_done(s, &l);
}
