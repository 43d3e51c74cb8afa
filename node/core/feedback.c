#include "feedback.h"

#include "disclose.h"
#include "said.h"
#include "tombstone.h"
#include "vital.h"

/* Words in these are about the person; in others about an appointment, or why
 * something cannot be done. A report always is. */
static bool
is_feedback(const struct live *l, enum side author, enum event event,
            bool has_text, bool has_report)
{
    if (l->o.kind == OBJECT_TRANSFER)
        return event == EVENT_SUPPLEMENT && (has_text || has_report);
    if (l->o.kind != OBJECT_REFERRAL || author != SIDE_SECOND)
        return false;
    return has_report ||
           (has_text && (event == EVENT_NOTE || event == EVENT_COMPLETE));
}

/* What a report on this referral would tell of, of the sensitive kind. */
static uint32_t
needed(const struct live *l)
{
    const enum category family = category_parse(l->o.terms.family.s);
    const uint32_t bit = family == CATEGORY_NONE ? 0 : CATEGORY_BIT(family);

    return (l->o.sections | bit) & CATEGORY_SENSITIVE;
}

/* ---- referrals ---- */

/* At the provider, by the proof. */
static bool
proof_covers(const struct step *s, const struct live *l)
{
    const struct proof *p = &l->o.proof;
    uint32_t cover = 0;

    if (hf_id_is_zero(&p->consent))
        return l->o.sections != 0; /* attested */
    for (int i = 0; i < p->n; i++)
        if ((p->item[i].purposes & PURPOSE_BIT(PURPOSE_FEEDBACK)) != 0 &&
            (p->item[i].until_ms == 0 || s->now < p->item[i].until_ms))
            cover |= p->item[i].categories;
    cover &= ~tombstone_under(s, p);
    return cover != 0 && (needed(l) & ~cover) == 0;
}

/* After a restore the case, or what it is part of, is known only once its
 * entries had their effect: then it was kept before. */
static bool
is_unknown(const struct node_object *o)
{
    return hf_id_is_zero(&o->case_id) && hf_id_is_zero(&o->terms.part_of);
}

/* At whoever referred, by the consent, or by the share of it that a person was
 * sent on under. */
static enum reason
consent_covers(const struct step *s, const struct live *l,
               const struct hf_org *provider)
{
    const struct consent *consent;
    struct node_vital vital;
    struct consent room;
    struct node_case c;
    uint32_t cover;

    if (is_unknown(&l->o) || vital_get(s->v, &l->o.id, &vital))
        return REASON_NONE;
    if (!disclose_case(s, &l->o, &c) ||
        (consent = disclose_consent(s, &c, provider, &room)) == NULL)
        return REASON_NO_CONSENT;
    cover = consent_cover(consent, provider, PURPOSE_FEEDBACK, s->now);
    if (cover != 0 && (needed(l) & ~cover) == 0)
        return REASON_NONE;
    return consent_withdrawn(consent, provider, PURPOSE_FEEDBACK) != 0
               ? REASON_CONSENT_WITHDRAWN
               : REASON_NO_CONSENT;
}

/* ---- transfers ---- */

/* After a hand-over both have the consent: the giver's late words go as the
 * profile did, the holder's are feedback to the host country. */
static enum reason
supplement_covered(const struct step *s, const struct live *l,
                   enum side author)
{
    const struct hf_org *holder =
        l->o.side == SIDE_SECOND ? step_me(s) : &l->o.peer;
    const struct hf_org *giver =
        l->o.side == SIDE_SECOND ? &l->o.peer : step_me(s);
    struct consent consent;
    struct node_case c;
    uint32_t cover;

    if (!case_get(s->v, &l->o.case_id, &c) ||
        !consent_get(s->v, &c.consent, &consent))
        return REASON_NO_CONSENT;
    cover = author == SIDE_FIRST
                ? consent_cover(&consent, holder, PURPOSE_TRANSFER, s->now)
                : consent_cover(&consent, holder, PURPOSE_FEEDBACK, s->now) |
                      consent_cover(&consent, giver, PURPOSE_FEEDBACK, s->now);
    if (cover != 0)
        return REASON_NONE;
    return consent.state == CONSENT_WITHDRAWN ? REASON_CONSENT_WITHDRAWN
                                              : REASON_NO_CONSENT;
}

/* ---- both ways ---- */

bool
feedback_still_may(const struct step *s, const struct live *l,
                   enum event event, bool has_text, bool has_report)
{
    if (l->o.kind == OBJECT_REFERRAL && l->o.side == SIDE_FIRST)
        return event != EVENT_CLOSE || !has_report ||
               said_covered(s, &l->o.case_id, &l->o.peer);
    if (!is_feedback(l, l->o.side, event, has_text, has_report))
        return true;
    return l->o.kind == OBJECT_REFERRAL
               ? proof_covers(s, l)
               : supplement_covered(s, l, l->o.side) == REASON_NONE;
}

bool
feedback_may_go(struct step *s, const struct live *l)
{
    const struct node_command *c = s->cmd;

    if (feedback_still_may(s, l, c->event, c->text.n > 0, c->report.n > 0))
        return true;
    step_refuse(s, 1, "no_consent",
                "leave the words out, or ask for consent with purpose "
                "feedback",
                "no consent lets %.31s be told more than what was done",
                l->o.peer.s);
    return false;
}

enum reason
feedback_inbound(const struct step *s, const struct live *l, enum event event,
                 const struct body *b)
{
    const enum side author = side_other(l->o.side);

    if (!is_feedback(l, author, event, body_find(b, PART_TEXT) != NULL,
                     body_find(b, PART_REPORT) != NULL))
        return REASON_NONE;
    return l->o.kind == OBJECT_REFERRAL
               ? consent_covers(s, l, &l->o.peer)
               : supplement_covered(s, l, author);
}
