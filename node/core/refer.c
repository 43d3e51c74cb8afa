/* A referral from plan to draft: what is refused before anything is made. */
#include "budget.h"
#include "disclose.h"
#include "hf_assert.h"
#include "hf_text.h"
#include "onward.h"
#include "parts.h"
#include "permit.h"
#include "proxy.h"
#include "refer.h"
#include "vital.h"

#define MATTERS_MAX 96 /* of one case, in all its life */

static const char *
name_categories(uint32_t set, char *room, size_t room_bytes)
{
    room[0] = '\0';
    for (enum category k = CATEGORY_IDENTITY; k < CATEGORY_END; k++)
        if (set & CATEGORY_BIT(k))
            hf_say_more(room, room_bytes, " %s", category_text(k));
    return room;
}

/* What the SOP requires must be covered, held or not, and be held: a provider
 * that cannot work with what it gets declines days later. Only an emergency
 * goes with what there is. */
static bool
complete(struct step *s, const struct node_decision *d,
         const struct node_case *c, struct node_reply *r)
{
    const uint32_t required = d->sop.service.required;
    const uint32_t cover = disclose_cover(s, c, &d->sop.to, PURPOSE_REFERRAL);
    char names[120];

    if ((required & ~cover) && onward_is_view(c))
        onward_refuse(s, c, &d->sop.to, required & ~cover, r);
    else if (required & ~cover)
        step_error(r, 1, "no_consent",
                   "ask for consent: handoff consent amend CASE --file F",
                   "rule %.31s needs what no consent covers for %.31s:%s",
                   d->sop.rule.s, d->sop.to.s,
                   name_categories(required & ~cover, names, sizeof(names)));
    else if ((required & ~c->held) && d->sop.urgency != URGENCY_EMERGENCY)
        step_error(
            r, 1, "not_held",
            onward_is_view(c) ? "ask who referred to disclose it"
                              : "record it first: handoff case set CASE "
                                "--file F",
            "rule %.31s needs what this case does not hold:%s", d->sop.rule.s,
            name_categories(required & ~c->held, names, sizeof(names)));
    return r->status == 0;
}

/* Of a person who is to be sent on: among those that consent names, if any. */
static void
no_provider(const struct step *s, const struct node_decision *d,
            const struct node_case *c, struct node_reply *r)
{
    const bool is_onward = onward_is_view(c);
    struct grant grants[GRANTS_MAX];
    struct node_object x;

    if (is_onward && object_get(s->v, &c->id, &x) &&
        onward_grants(s->env, &x, grants) == 0)
        onward_refuse(s, c, &d->sop.to, 0, r);
    else
        step_error(r, 1, "no_provider",
                   is_onward
                       ? "of those that consent names; ask who referred to "
                         "refer the person"
                       : "handoff route says why each was left out; record "
                         "an unmet need",
                   "rule %.31s: no provider can serve need %.31s now",
                   d->sop.rule.s, s->cmd->need.s);
}

static bool
decided(struct step *s, struct node_decision *d, const struct node_case *c,
        struct node_reply *r)
{
    if (d->sop.outcome == SOP_NO_RULE)
        step_error(r, 1, "no_rule", "handoff policy show lists the rules",
                   "no SOP rule matches need %.31s for this case",
                   s->cmd->need.s);
    else if (d->sop.outcome == SOP_NO_PROVIDER)
        no_provider(s, d, c, r);
    if (r->status == 0 &&
        !budget_allows(s, c, &d->sop,
                       s->cmd->text.n > 0 || s->cmd->reason != REASON_NONE, r))
        return false;
    return r->status == 0 && (s->cmd->attest != NULL ? vital_plan(s, c, d, r)
                                                     : complete(s, d, c, r));
}

static void
fill_terms(const struct node_command *cmd, const struct node_decision *d,
           const struct refer_history *h, struct terms *t)
{
    memset(t, 0, sizeof(*t));
    memcpy(t->service_id, d->sop.service_id, sizeof(t->service_id));
    t->service = d->sop.service.code;
    t->family = d->sop.service.family;
    t->need = d->sop.need;
    t->urgency = d->sop.urgency;
    t->on_send = d->sop.on_send;
    t->expires = d->sop.expires;
    t->decide_ms = d->sop.decide_ms;
    t->contact_ms = d->sop.contact_ms;
    t->report_ms = d->sop.report_ms;
    t->deliver_ms = d->sop.deliver_ms;
    t->pack = d->sop.pack;
    t->pack_version = d->sop.pack_version;
    t->pack_hash = d->sop.pack_hash;
    t->rule = d->sop.rule;
    t->decision = d->id;
    t->required = d->sop.service.required;
    t->allowed = d->sop.service.allowed & ~d->sop.service.never;
    t->part_of = cmd->part_of;
    t->replaces = hf_id_is_zero(&cmd->replaces) ? h->last : cmd->replaces;
}

static void
fill_card(const struct step *s, const struct node_case *c,
          const struct node_decision *d, struct card *card)
{
    const struct node_command *cmd = s->cmd;

    parts_card(&c->facts, d->gate.sends, s->now, card);
    card->service = d->sop.service.code;
    card->need[0] = d->sop.need;
    card->urgency = d->sop.urgency;
    card->wishes = (uint8_t)((cmd->wish_female ? CARD_WISH_FEMALE : 0) |
                             (cmd->wish_male ? CARD_WISH_MALE : 0));
    memcpy(card->interpreter, cmd->interpreter, sizeof(card->interpreter));
}

static void
make_draft(struct step *s, const struct node_case *c, struct node_decision *d,
           const struct refer_history *h, struct live *l)
{
    const struct hf_id id = step_fresh_id(s);

    d->id = step_fresh_id(s);
    d->object = id;
    live_make(s, OBJECT_REFERRAL, SIDE_FIRST, &id, &d->sop.to, l);
    if (!onward_is_view(c))
        l->o.case_id = c->id;
    l->o.author = s->cmd->user;
    l->o.owner = s->cmd->user;
    fill_terms(s->cmd, d, h, &l->o.terms);
    if (s->cmd->is_together) /* a receiver sees that, and no more */
        l->o.terms.household = c->household;
    fill_card(s, c, d, &l->o.card);
    decision_put(s->v, d);
    refer_keep_trail(s, c, d);
    onward_link(s, &l->o);
    refer_store(s, l, STATE_DRAFT, EVENT_DRAFT);
}

/* The next provider only once the last one's answer was read and closed. */
static bool
left_open(struct step *s, const struct refer_history *h)
{
    char id[HF_ID_TEXT_BYTES];

    if (hf_id_is_zero(&h->open))
        return false;
    step_refuse(s, 1, "not_closed", "handoff close ID --unmet yes|no",
                "%s for the same need said no and is not closed yet",
                ask_id(OBJECT_REFERRAL, &h->open, id));
    return true;
}

/* Closed ones count, too: a step walks through all that a case ever had. */
static bool
too_many(struct step *s, const struct node_case *c)
{
    char id[HF_ID_TEXT_BYTES];
    struct hf_id at = {{0}};
    struct node_object o;
    int n = 0;

    while (n < MATTERS_MAX && object_next_of_case(s->v, &c->id, &at, &o))
        n++;
    if (n < MATTERS_MAX)
        return false;
    step_refuse(s, 1, "limit",
                "go on in a new case of the same person: handoff case new, "
                "then handoff case same CASE CASE",
                "case %s has had %d referrals, transfers and withdrawals, "
                "closed ones included; it takes no further referral",
                ask_id(OBJECT_NONE, &c->id, id), MATTERS_MAX);
    return true;
}

void
ask_refer(struct step *s)
{
    const bool is_onward = !hf_id_is_zero(&s->cmd->part_of);
    const bool is_vital = s->cmd->attest != NULL;
    struct node_decision d;
    struct node_reply error = {.status = 0};
    struct node_case c;
    struct refer_history h;
    struct live l;

    if (is_vital ? !vital_may_refer(s)
                 : !ask_permitted(s, OBJECT_REFERRAL,
                                  is_onward ? SIDE_SECOND : SIDE_FIRST))
        return;
    if (s->env->sops == NULL) {
        step_refuse(s, 78, "no_sop", "handoff policy install FILE",
                    "no SOP pack is installed");
        return;
    }
    if (!refer_plan(s, s->cmd, &d, &c, &h, &error) ||
        !decided(s, &d, &c, &error)) {
        error.ticket = s->cmd->ticket;
        *step_reply(s) = error;
        return;
    }
    if ((!is_vital && (!ask_goes_on(s, &c) || left_open(s, &h) ||
                       !refer_covered(s, &c, &d.sop.to))) ||
        too_many(s, &c) || !happened_fits(s, c.created_ms))
        return;
    make_draft(s, &c, &d, &h, &l);
    if (is_vital)
        vital_make(s, &l, d.gate.sends);
    if (s->cmd->is_draft) {
        ask_done(s, &l);
    } else if (refer_needs_approval(s, &l)) {
        refer_store(s, &l, STATE_AWAITING_APPROVAL, EVENT_SUBMIT);
        ask_done(s, &l);
    } else if (refer_send(s, &l)) {
        ask_done(s, &l);
    }
}
