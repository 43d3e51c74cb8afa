/* The referral's own part of live.h: effects of its entries, and what follows
 * by itself. node/DESIGN.md, "Referral". */
#include "along.h"
#include "close.h"
#include "deadline.h"
#include "disclose.h"
#include "follow.h"
#include "hf_assert.h"
#include "inbound.h"
#include "live.h"
#include "onward.h"
#include "people.h"
#include "reach.h"
#include "reconsent.h"
#include "said.h"
#include "unmet.h"

#define OWES_CARD 2 /* of owes_disclose: no sections, the card only */

static bool
must_go(const struct live *l)
{
    return chain_must_erase(&l->pair) || chain_was_to_erase(&l->pair);
}

static void
take_card(struct live *l, const struct body *b)
{
    const struct part *p = body_find(b, PART_CARD);

    if (p != NULL && !card_unpack(p->bytes, &l->o.card))
        memset(&l->o.card, 0, sizeof(l->o.card));
}

/* `send`: what is asked for, and the card. */
static void
apply_send(struct step *s, struct live *l, uint32_t n)
{
    struct body b;
    const struct part *p;

    l->o.owes_disclose =
        l->o.side == SIDE_FIRST && (l->o.flags & ENTRY_ON_SEND);
    if (!live_body(s, l, SIDE_FIRST, n, &b))
        return;
    p = body_find(&b, PART_TERMS);
    if (p != NULL && terms_unpack(p->bytes, &l->o.terms)) {
        l->o.decide_ms = l->o.terms.decide_ms;
        l->o.contact_ms = l->o.terms.contact_ms;
        l->o.report_ms = l->o.terms.report_ms;
    }
    take_card(l, &b);
    along_take(s, &l->o, &b);
    onward_link(s, &l->o); /* after a restore */
}

/* R finds what it holds by the consent. S, restored from before the referral,
 * finds by it whose it is: a withdrawal has to reach it (I-2). */
static void
link_disclosed(struct step *s, struct live *l)
{
    struct consent consent;
    struct node_case c;

    if (l->o.side == SIDE_SECOND) {
        object_link(s->v, &l->o.proof.consent, &l->o.id);
        return;
    }
    l->o.owes_disclose = 0;
    onward_link(s, &l->o);
    if (!hf_id_is_zero(&l->o.case_id) ||
        !consent_get(s->v, &l->o.proof.consent, &consent) ||
        !case_get(s->v, &consent.case_id, &c))
        return;
    l->o.case_id = c.id;
    object_link(s->v, &c.id, &l->o.id);
}

/* Sections that arrive where R must hold none are dropped: a `disclose` that
 * lost a race, or one that a restore brought back. */
static void
apply_disclose(struct step *s, struct live *l, uint32_t n)
{
    const size_t mark = s->out->used;
    struct body b;

    if (!live_body(s, l, SIDE_FIRST, n, &b))
        return;
    if (l->o.side == SIDE_SECOND &&
        (must_go(l) || inbound_gate(s, l, &b) != REASON_NONE)) {
        /* withdrawn, too, while it waited behind a gap */
        live_drop_sections(s, l, SIDE_FIRST,
                           inbound_sections(&b) | inbound_files(&b));
        l->o.sections &= ~(inbound_sections(&b) | inbound_files(&b));
    } else {
        take_card(l, &b);
        along_take(s, &l->o, &b);
        l->o.sections |= inbound_sections(&b) | inbound_files(&b);
        l->o.erase_answered = 0;
        if (inbound_proof(s, l, &b, &l->o.proof))
            link_disclosed(s, l);
    }
    s->out->used = mark;
}

/* What was answered before and is not any more. */
static void
run_again(struct live *l, uint32_t n)
{
    const enum state own = l->sum[SIDE_SECOND][n].own;

    l->o.met_ms[DEADLINE_REPORT] = 0;
    if (own == STATE_RECEIVED || own == STATE_ON_HOLD)
        l->o.met_ms[DEADLINE_DECIDE] = 0;
}

/* Which clock an entry of R answers: by when it happened, not by when it was
 * written down. */
static void
apply_clocks(struct live *l, uint32_t n, const struct entry *e)
{
    const uint64_t at_ms = deadline_at(e);
    uint64_t *const met = l->o.met_ms;

    switch ((int)e->event) {
    case EVENT_RECEIVE:
    case EVENT_REJECT:
    case EVENT_CONFIRM_CANCEL:
        met[DEADLINE_DELIVER] = at_ms;
        break;
    case EVENT_ACCEPT:
        met[DEADLINE_DECIDE] = at_ms;
        if (e->when_ms != 0 && e->when_ms < l->o.contact_ms)
            l->o.contact_ms = e->when_ms;
        break;
    case EVENT_DECLINE:
    case EVENT_REDIRECT:
        met[DEADLINE_DECIDE] = at_ms;
        break;
    case EVENT_WAITLIST:
        if (e->when_ms != 0)
            l->o.decide_ms = e->when_ms;
        break;
    case EVENT_CONTACT:
        if ((e->flags & ENTRY_REACHED) && met[DEADLINE_CONTACT] == 0)
            met[DEADLINE_CONTACT] = at_ms;
        break;
    case EVENT_ATTEND:
        if (met[DEADLINE_CONTACT] == 0)
            met[DEADLINE_CONTACT] = at_ms;
        break;
    case EVENT_COMPLETE:
    case EVENT_FAIL:
        met[DEADLINE_REPORT] = at_ms;
        break;
    case EVENT_REOPEN:
        run_again(l, n);
        break;
    default:
        break;
    }
}

/* A stay in a shelter begins and ends: consent to it is asked again,
 * counted from when it began, not from when that was written down. */
static void
apply_shelter(struct step *s, const struct live *l, const struct entry *e)
{
    static const struct hf_name shelter = {"protection.shelter"};

    if (l->o.side != SIDE_FIRST || !hf_name_eq(&l->o.terms.need, &shelter))
        return;
    if (e->event == EVENT_ATTEND)
        reconsent_shelter(s, &l->o.case_id, deadline_at(e));
    else if (e->event == EVENT_COMPLETE || e->event == EVENT_FAIL)
        reconsent_shelter(s, &l->o.case_id, 0);
}

/* At S: a need that was unmet is met now, and others want to hear of it. */
static void
end_of_service(struct step *s, const struct live *l, const struct entry *e)
{
    if (e->event == EVENT_COMPLETE && e->reason == REASON_MET)
        unmet_met(s, &l->o.case_id, &l->o.terms.need);
    said_owed(s, &l->o);
}

/* Some follow-ups count from what was done for the person. */
static void
apply_completed(struct step *s, const struct live *l, const struct entry *e)
{
    if (l->o.side == SIDE_FIRST && e->event == EVENT_COMPLETE)
        follow_completed(s, &l->o.case_id, deadline_at(e));
}

static void
body_came(struct step *s, struct live *l, enum side side, uint32_t n,
          enum event event)
{
    if (event == EVENT_SEND)
        apply_send(s, l, n);
    else if (event == EVENT_DISCLOSE)
        apply_disclose(s, l, n);
    (void)side;
}

static void
apply(struct step *s, struct live *l, enum side side, uint32_t n,
      const struct entry *e)
{
    const bool is_first = l->o.side == SIDE_FIRST;
    uint64_t was[DEADLINES];

    memcpy(was, l->o.met_ms, sizeof(was));
    apply_clocks(l, n, e);
    deadline_met(s, &l->o, was, side, e);
    apply_shelter(s, l, e);
    apply_completed(s, l, e);
    if (e->reason == REASON_DIED && side != l->o.side)
        close_died(s, l);
    switch ((int)e->event) {
    case EVENT_SEND:
    case EVENT_DISCLOSE:
        body_came(s, l, side, n, e->event);
        break;
    case EVENT_RECEIVE:
        if (!is_first && l->o.owner.s[0] == '\0')
            l->o.owner = people_focal(s);
        break;
    case EVENT_ACCEPT:
        if (is_first && l->o.sections == 0)
            l->o.owes_disclose = 1;
        break;
    case EVENT_CLOSE:
        if (is_first && (e->flags & ENTRY_UNMET))
            unmet_of_referral(s, &l->o);
        break;
    case EVENT_COMPLETE:
    case EVENT_FAIL:
        if (is_first)
            end_of_service(s, l, e);
        break;
    case EVENT_REOPEN:
        l->o.erase_answered = 0;
        if (is_first && l->o.sections == 0)
            l->o.owes_disclose =
                chain_has(&l->pair, SIDE_SECOND, EVENT_ACCEPT) ? 1 : OWES_CARD;
        break;
    case EVENT_ERASED:
    case EVENT_KEPT:
        if (is_first)
            l->o.sections = 0;
        l->o.erase_answered = 1;
        break;
    default:
        break;
    }
}

/* ---- what follows by itself ---- */

/* A service that is not on our map is for a person to decide. */
static bool
is_accepting(const struct step *s, const struct terms *t)
{
    struct service sv;

    return !service_get(s->v, &t->service, step_me(s), t->service_id, &sv) ||
           sv.accepting;
}

static enum reason
why_reject(struct step *s, const struct live *l)
{
    uint32_t categories;

    if (l->o.refused != REASON_NONE)
        return l->o.refused;
    if (l->o.terms.service.s[0] == '\0')
        return REASON_INSUFFICIENT_INFORMATION;
    if (!inbound_sop(s, &l->o.terms, &categories))
        return REASON_SOP_UNKNOWN;
    if (((l->o.terms.required | l->o.terms.allowed) & ~categories) != 0)
        return REASON_SOP_UNKNOWN; /* it asks for more than its SOP names */
    if (!reach_may(s, &l->o.peer, step_me(s), OBJECT_REFERRAL,
                   &l->o.terms.family))
        return REASON_NOT_ACCEPTING;
    return is_accepting(s, &l->o.terms) ? REASON_NONE : REASON_NOT_ACCEPTING;
}

static bool
react_second(struct step *s, struct live *l)
{
    const enum state state = l->o.state, own = chain_own(&l->pair);

    if (state == STATE_SENT && live_may(s, l, EVENT_RECEIVE, 0)) {
        const enum reason why = why_reject(s, l);

        live_auto(s, l, why == REASON_NONE ? EVENT_RECEIVE : EVENT_REJECT,
                  why);
        return true;
    }
    if (state == STATE_CANCEL_PENDING &&
        (own == STATE_SENT || own == STATE_RECEIVED || own == STATE_ON_HOLD) &&
        live_may(s, l, EVENT_CONFIRM_CANCEL, 0)) {
        live_auto(s, l, EVENT_CONFIRM_CANCEL, REASON_NONE);
        return true;
    }
    if (must_go(l)) {
        onward_end(s, &l->o.id);
        if (live_holds_peer(s, l))
            live_drop_peer(s, l);
    }
    if (onward_tell(s, l))
        return true;
    if (!l->o.erase_answered && live_may(s, l, EVENT_ERASED, 0)) {
        live_auto(s, l, EVENT_ERASED, REASON_NONE);
        return true;
    }
    return false;
}

/* R destroyed the card when it declined, and asks for it by reopening. */
static bool
card_again(struct step *s, const struct live *l, struct draft *ret)
{
    uint8_t *card = step_alloc(s, CARD_BYTES);
    struct node_case c;

    if (!disclose_case(s, &l->o, &c) ||
        disclose_cover(s, &c, &l->o.peer, PURPOSE_REFERRAL) == 0)
        return false;
    *ret = (struct draft){.event = EVENT_DISCLOSE, .is_automatic = true};
    card_pack(&l->o.card, card);
    disclose_add(&ret->body, PART_CARD, CATEGORY_NONE,
                 (struct hf_bytes){card, CARD_BYTES});
    along_add(s, &l->o, &ret->body);
    return true;
}

static bool
react_first(struct step *s, struct live *l)
{
    const bool only_card = l->o.owes_disclose == OWES_CARD;
    struct draft d;

    if (!l->o.owes_disclose || !live_may(s, l, EVENT_DISCLOSE, 0))
        return false;
    l->o.owes_disclose = 0;
    if (only_card ? !card_again(s, l, &d)
                  : disclose_referral(s, l, &d) != DISCLOSE_OK)
        return false;
    live_append(s, l, &d);
    return true;
}

static bool
react(struct step *s, struct live *l)
{
    if (l->o.n[0] + l->o.n[1] == 0)
        return false; /* a draft: nothing is shared yet */
    return l->o.side == SIDE_FIRST ? react_first(s, l) : react_second(s, l);
}

const struct live_kind referral_kind = {apply, body_came, react};
