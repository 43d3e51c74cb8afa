/* What happens to a draft until it is shared: approval, `send`, `cancel`. */
#include "along.h"
#include "disclose.h"
#include "hf_text.h"
#include "onward.h"
#include "proxy.h"
#include "reach.h"
#include "refer.h"
#include "vital.h"

static void
trace_local(struct step *s, const struct live *l, enum event event)
{
    struct node_trace t;

    memset(&t, 0, sizeof(t));
    t.stage = TRACE_LOCAL;
    t.by = *step_me(s);
    t.user = s->cmd->user;
    t.n = (uint32_t)event;
    t.reason = s->cmd->reason;
    t.at_ms = s->now;
    trace_put(s->v, &l->o.id, &t);
}

void
refer_store(struct step *s, struct live *l, enum state state, enum event event)
{
    l->o.state = state;
    l->o.changed_ms = s->now;
    object_put(s->v, &l->o, l->was_changed_ms);
    l->was_changed_ms = l->o.changed_ms;
    l->is_new = false;
    trace_local(s, l, event);
}

bool
refer_needs_approval(const struct step *s, const struct live *l)
{
    struct node_vital vital;
    struct node_decision d;

    if (vital_get(s->v, &l->o.id, &vital))
        return vital_waits(s, l); /* instead of the SOP's */
    return decision_get(s->v, &l->o.terms.decision, &d) && d.sop.approval;
}

static void
refuse_onward(struct step *s, const struct node_case *c,
              const struct hf_org *to, uint32_t lacks)
{
    struct node_reply error = {.status = 0};

    onward_refuse(s, c, to, lacks, &error);
    error.ticket = s->cmd->ticket;
    *step_reply(s) = error;
}

bool
refer_covered(struct step *s, const struct node_case *c,
              const struct hf_org *to)
{
    if (disclose_cover(s, c, to, PURPOSE_REFERRAL) != 0)
        return true;
    if (onward_is_view(c)) {
        refuse_onward(s, c, to, 0);
        return false;
    }
    step_refuse(s, 1, "no_consent",
                "ask for consent: handoff consent give CASE --file F",
                "no consent lets anything go to %.31s for a referral", to->s);
    return false;
}

/* Clocks run from `send`, not from the draft; those of an incident do not wait
 * for a signature. */
static void
shift_clocks(struct step *s, struct terms *t, uint64_t by_ms)
{
    uint64_t *const clocks[] = {&t->deliver_ms, &t->decide_ms, &t->contact_ms,
                                &t->report_ms};
    struct node_decision d;
    const bool by_incident =
        decision_get(s->v, &t->decision, &d) && d.sop.from_incident;

    for (size_t i = 0; i < (by_incident ? 1 : 4); i++)
        if (*clocks[i] != 0)
            *clocks[i] += by_ms;
}

/* What the committee lets this member send, and that one receive. */
static bool
allowed(struct step *s, const struct live *l)
{
    const struct hf_org *keeper = proxy_keeper(s, &l->o.peer);

    if (keeper != NULL && !l->o.is_local) {
        step_refuse(s, 1, "no_node",
                    "refer to whoever keeps its node: they enter what it says",
                    "%.31s has no node; %.31s keeps it", l->o.peer.s,
                    keeper->s);
        return false;
    }
    if (reach_may(s, step_me(s), &l->o.peer, OBJECT_REFERRAL,
                  &l->o.terms.family))
        return true;
    step_refuse(s, 1, "not_allowed", "handoff registry show says who may",
                "the registry lets no referral for %.31s go from here to %.31s",
                l->o.terms.family.s, l->o.peer.s);
    return false;
}

/* Custody; or a referral that can be sent on, still. */
static bool
holds_case(struct step *s, const struct live *l, struct node_case *c)
{
    struct node_reply error = {.status = 0};

    if (!hf_id_is_zero(&l->o.terms.part_of)) {
        if (onward_may_begin(s, &l->o.terms.part_of, &error) &&
            disclose_case(s, &l->o, c))
            return true;
        error.ticket = s->cmd->ticket;
        *step_reply(s) = error;
        return false;
    }
    if (case_get(s->v, &l->o.case_id, c) && hf_org_eq(&c->holder, step_me(s)))
        return true;
    step_refuse(s, 1, "not_holder", "",
                "custody of the case is not here any more");
    return false;
}

static bool
gate_again(struct step *s, struct live *l)
{
    struct node_vital vital;
    struct gate_out gate;
    struct node_case c;

    if (!allowed(s, l))
        return false;
    if (!holds_case(s, l, &c))
        return false;
    if (vital_get(s->v, &l->o.id, &vital))
        return vital_counts(s, &vital, vital.a.approver);
    if (!ask_goes_on(s, &c))
        return false;
    disclose_gate(s, &c, &l->o.peer, PURPOSE_REFERRAL, l->o.terms.required,
                  l->o.terms.allowed, 0, &gate);
    if (gate.missing != 0 && onward_is_view(&c)) {
        refuse_onward(s, &c, &l->o.peer, gate.missing);
        return false;
    }
    if (gate.missing != 0) {
        step_refuse(s, 1, "no_consent",
                    "ask for consent: handoff consent amend CASE --file F",
                    "what the SOP requires is not covered for %.31s any more",
                    l->o.peer.s);
        return false;
    }
    /* the card was made with the draft; consent may have ended since */
    if (!(gate.sends & CATEGORY_BIT(CATEGORY_VULNERABILITY)))
        l->o.card.groups = 0;
    return refer_covered(s, &c, &l->o.peer);
}

bool
refer_send(struct step *s, struct live *l)
{
    uint8_t *terms = step_alloc(s, TERMS_BYTES);
    uint8_t *card = step_alloc(s, CARD_BYTES);
    const uint64_t sent_ms =
        s->cmd->happened_ms != 0 ? s->cmd->happened_ms : s->now;
    struct draft d = {.event = EVENT_SEND,
                      .flags = s->cmd->flags & ENTRY_LATER,
                      .happened_ms = s->cmd->happened_ms};

    if (!gate_again(s, l))
        return false;
    if (!live_may(s, l, EVENT_SEND, l->o.terms.on_send ? ENTRY_ON_SEND : 0)) {
        step_refuse(s, 75, "awaits_copy", "wait for it, or call them",
                    "after the restore %.31s has not yet said whether it has "
                    "this referral",
                    l->o.peer.s);
        return false;
    }
    if (sent_ms > l->o.created_ms)
        shift_clocks(s, &l->o.terms, sent_ms - l->o.created_ms);
    if (l->o.terms.on_send)
        d.flags |= ENTRY_ON_SEND;
    terms_pack(&l->o.terms, terms);
    card_pack(&l->o.card, card);
    disclose_add(&d.body, PART_TERMS, CATEGORY_NONE,
                 (struct hf_bytes){terms, TERMS_BYTES});
    disclose_add(&d.body, PART_CARD, CATEGORY_NONE,
                 (struct hf_bytes){card, CARD_BYTES});
    along_add(s, &l->o, &d.body);
    if (s->cmd->later.n > 0)
        disclose_add(&d.body, PART_DETAILS, CATEGORY_NONE,
                     step_copy(s, s->cmd->later));
    live_append(s, l, &d);
    live_settle(s, l);
    vital_sent(s, l);
    return true;
}

static bool
same_author(struct step *s, const struct live *l)
{
    if (!hf_name_eq(&l->o.author, &s->cmd->user))
        return false;
    step_refuse(s, 77, "own_draft", "ask a colleague with the role supervisor",
                "who wrote a referral does not decide on it");
    return true;
}

/* An attestation that would not count with it is not approved either. */
static bool
may_approve(struct step *s, const struct live *l)
{
    struct node_vital vital;

    return !vital_get(s->v, &l->o.id, &vital) ||
           vital_counts(s, &vital, ROLE_SUPERVISOR);
}

static void
wrong_draft_state(struct step *s, const struct live *l)
{
    char id[HF_ID_TEXT_BYTES];

    step_refuse(s, 1, "wrong_state", "", "%s is %s; %s is not possible then",
                ask_id(OBJECT_REFERRAL, &l->o.id, id), state_text(l->o.state),
                event_text(s->cmd->event));
}

static void
draft_send(struct step *s, struct live *l)
{
    if (l->o.state == STATE_DRAFT && refer_needs_approval(s, l)) {
        step_refuse(s, 1, "needs_approval", "handoff submit ID",
                    "the SOP asks for approval before this is sent");
        return;
    }
    if (refer_send(s, l))
        ask_done(s, l);
}

void
refer_draft_event(struct step *s, struct live *l)
{
    const enum state state = l->o.state;
    const bool waits = state == STATE_AWAITING_APPROVAL;
    enum state then = STATE_NONE;

    switch ((int)s->cmd->event) {
    case EVENT_SUBMIT:
        then = state == STATE_DRAFT ? STATE_AWAITING_APPROVAL : STATE_NONE;
        break;
    case EVENT_APPROVE:
        if (waits && (same_author(s, l) || !may_approve(s, l)))
            return;
        then = waits ? STATE_APPROVED : STATE_NONE;
        break;
    case EVENT_REFUSE:
        if (waits && same_author(s, l))
            return;
        then = waits ? STATE_DRAFT : STATE_NONE;
        break;
    case EVENT_CANCEL:
        then = state == STATE_CANCELLED ? STATE_NONE : STATE_CANCELLED;
        break;
    case EVENT_SEND:
        if (state == STATE_DRAFT || state == STATE_APPROVED) {
            draft_send(s, l);
            return;
        }
        break;
    default:
        break;
    }
    if (then == STATE_NONE) {
        wrong_draft_state(s, l);
        return;
    }
    refer_store(s, l, then, s->cmd->event);
    if (then == STATE_APPROVED && vital_waits(s, l)) {
        vital_approved(s, l);
        if (!refer_send(s, l)) /* at once: it is an emergency */
            return;
    }
    ask_done(s, l);
}
