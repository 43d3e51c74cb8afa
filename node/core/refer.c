/* A referral until it is shared: the plan, the draft, approval, `send`. */
#include <stdio.h>

#include "ask.h"
#include "disclose.h"
#include "hf_assert.h"
#include "hf_text.h"
#include "parts.h"
#include "permit.h"
#include "vital.h"
#include "reach.h"
#include "trail.h"

/* ---- the plan: SOP and gate, nothing changed ---- */

/* The service map as the engine asks for it: active members but ourselves. */
struct map_walk {
    const struct step *s;
    struct hf_org org;
    uint8_t uuid[16];
    struct service sv;
};

static bool
map_next(void *ctx, const struct hf_name *code, bool is_first,
         struct service *ret)
{
    static const struct hf_name any_family; /* its own at `send` */
    struct map_walk *w = ctx;

    if (is_first) {
        memset(&w->org, 0, sizeof(w->org));
        memset(w->uuid, 0, sizeof(w->uuid));
        memset(&w->sv, 0, sizeof(w->sv));
    }
    while (service_next(w->s->v, code, &w->org, w->uuid, &w->sv)) {
        if (step_member(w->s, &w->sv.org) == NULL ||
            !reach_may(w->s, step_me(w->s), &w->sv.org, OBJECT_REFERRAL,
                       &any_family))
            continue;
        *ret = w->sv;
        return true;
    }
    return false;
}

static bool
said_no(enum state state)
{
    return state == STATE_DECLINED || state == STATE_REJECTED ||
           state == STATE_EXPIRED || state == STATE_LAPSED ||
           state == STATE_FAILED;
}

/* What was tried for this need before. */
struct history {
    struct hf_id last; /* the newest that came to nothing; zero: none */
    uint64_t last_ms;
    struct hf_id open; /* one that said no and is not closed; zero: none */
};

/* Providers that were asked for this need and said no, closed or not. */
static void
gather_tried(const struct step *s, const struct node_case *c,
             struct sop_request *req, struct history *h)
{
    struct hf_id at = {{0}};
    struct node_object o;

    memset(h, 0, sizeof(*h));
    while (object_next_of_case(s->v, &c->id, &at, &o)) {
        const bool closed = o.state == STATE_CLOSED && o.met_ms[3] == 0;

        if (o.kind != OBJECT_REFERRAL || o.side != SIDE_FIRST ||
            !hf_name_eq(&o.terms.need, &req->need) ||
            !(said_no(o.state) || closed))
            continue;
        if (req->n_tried < SOP_TRIED_MAX)
            req->tried[req->n_tried++] = o.peer;
        if (!closed)
            h->open = o.id;
        if (o.created_ms >= h->last_ms) {
            h->last_ms = o.created_ms;
            h->last = o.id;
        }
    }
}

static void
fill_request(const struct step *s, const struct node_command *cmd,
             const struct node_case *c, struct sop_request *req,
             struct history *h)
{
    memset(req, 0, sizeof(*req));
    req->facts = c->facts;
    req->need = cmd->need;
    req->urgency = cmd->urgency;
    req->now_ms = s->now;
    req->incident_ms = cmd->incident_ms;
    req->wish_female = cmd->wish_female;
    req->wish_male = cmd->wish_male;
    memcpy(req->interpreter, cmd->interpreter, sizeof(req->interpreter));
    req->near = cmd->near;
    req->away = cmd->away;
    req->from = *step_me(s);
    req->to = cmd->to;
    gather_tried(s, c, req, h);
}

/* Another provider than the SOP's: it must offer the service, and the reason
 * stands in the decision. */
static bool
override(const struct node_command *cmd, struct node_decision *d)
{
    if (!sop_override(&d->sop, &cmd->to))
        return false;
    d->is_override = 1;
    return true;
}

static const char *
why_not(const struct sop_decision *sop, const struct hf_org *org)
{
    for (int i = 0; i < sop->n_candidates; i++)
        if (hf_org_eq(&sop->candidate[i].org, org))
            return sop->candidate[i].why;
    return "it offers no such service";
}

/* The organisation the command insists on. */
static bool
settle_provider(const struct step *s, const struct node_command *cmd,
                struct node_decision *d, struct node_reply *r)
{
    if (cmd->to.s[0] == '\0' ||
        (d->sop.outcome == SOP_CHOSEN && hf_org_eq(&d->sop.to, &cmd->to)))
        return true;
    if (step_member(s, &cmd->to) == NULL) {
        step_error(r, 66, "no_such_org", "handoff registry show lists members",
                   "no active organisation %.31s", cmd->to.s);
        return false;
    }
    if (d->sop.outcome == SOP_NO_RULE)
        return true; /* refused below, with that reason */
    if ((cmd->text.n > 0 || cmd->reason != REASON_NONE) && override(cmd, d))
        return true;
    step_error(r, 1, "not_by_sop",
               "add --override-reason to go against the SOP, or leave out --to",
               "the SOP does not choose %.31s: %.90s", cmd->to.s,
               why_not(&d->sop, &cmd->to));
    return false;
}

static bool
plan(const struct step *s, const struct node_command *cmd,
     struct node_decision *d, struct node_case *c, struct history *h,
     struct node_reply *r)
{
    struct map_walk walk = {.s = s};
    const struct sop_services services = {&walk, map_next};
    struct sop_request req;
    char id[HF_ID_TEXT_BYTES];

    memset(d, 0, sizeof(*d));
    if (!case_get(s->v, &cmd->case_id, c)) {
        step_error(r, 66, "no_such_case", "handoff case list shows them",
                   "no case %s here", ask_id(OBJECT_NONE, &cmd->case_id, id));
        return false;
    }
    if (!hf_org_eq(&c->holder, step_me(s))) {
        step_error(r, 1, "not_holder", "",
                   "custody of %s is with %.31s, not here",
                   ask_id(OBJECT_NONE, &c->id, id), c->holder.s);
        return false;
    }
    if (!sop_need_known(cmd->need.s)) {
        step_error(r, 65, "unknown_need", "policy/needs.yaml lists the needs",
                   "unknown need %.31s", cmd->need.s);
        return false;
    }
    fill_request(s, cmd, c, &req, h);
    sop_route(s->env->sops, &req, &services, &d->sop);
    if (!settle_provider(s, cmd, d, r))
        return false;
    d->case_id = c->id;
    d->at_ms = s->now;
    d->user = cmd->user;
    disclose_gate(s, c, &d->sop.to, PURPOSE_REFERRAL, d->sop.service.required,
                  d->sop.service.allowed, d->sop.service.never, &d->gate);
    return true;
}

bool
node_plan(const struct node_env *env, const struct node_command *c,
          uint64_t now_ms, struct node_decision *ret_d,
          struct node_reply *ret_reply)
{
    const struct step s = {.env = env, .v = env->view, .now = now_ms};
    struct node_case kase;
    struct history h;

    if (env->sops == NULL) {
        step_error(ret_reply, 78, "no_sop", "handoff policy install FILE",
                   "no SOP pack is installed");
        return false;
    }
    return plan(&s, c, ret_d, &kase, &h, ret_reply);
}

/* ---- from plan to draft ---- */

static const char *
name_categories(uint32_t set, char *room, size_t room_bytes)
{
    size_t n = 0;

    room[0] = '\0';
    for (enum category k = CATEGORY_IDENTITY; k < CATEGORY_END; k++)
        if ((set & CATEGORY_BIT(k)) && n < room_bytes)
            n += (size_t)snprintf(room + n, room_bytes - n, " %s",
                                  category_text(k));
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
    uint32_t cover = 0;
    struct consent consent;
    char names[120];

    if (consent_get(s->v, &c->consent, &consent))
        cover = consent_cover(&consent, &d->sop.to, PURPOSE_REFERRAL, s->now);
    if (required & ~cover)
        step_error(r, 1, "no_consent",
                   "ask for consent: handoff consent amend CASE --file F",
                   "rule %.31s needs what no consent covers for %.31s:%s",
                   d->sop.rule.s, d->sop.to.s,
                   name_categories(required & ~cover, names, sizeof(names)));
    else if ((required & ~c->held) && d->sop.urgency != URGENCY_EMERGENCY)
        step_error(
            r, 1, "not_held", "record it first: handoff case set CASE --file F",
            "rule %.31s needs what this case does not hold:%s", d->sop.rule.s,
            name_categories(required & ~c->held, names, sizeof(names)));
    return r->status == 0;
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
        step_error(r, 1, "no_provider",
                   "handoff route says why each was left out; record an unmet "
                   "need",
                   "rule %.31s: no provider can serve need %.31s now",
                   d->sop.rule.s, s->cmd->need.s);
    return r->status == 0 && (s->cmd->attest != NULL ? vital_plan(c, d, r)
                                                     : complete(s, d, c, r));
}

/* Even where the SOP needs no section, a card tells of a person: without any
 * consent for this recipient nothing goes. */
static bool
covered(struct step *s, const struct node_case *c, const struct hf_org *to)
{
    struct consent consent;

    if (consent_get(s->v, &c->consent, &consent) &&
        consent_cover(&consent, to, PURPOSE_REFERRAL, s->now) != 0)
        return true;
    step_refuse(s, 1, "no_consent",
                "ask for consent: handoff consent give CASE --file F",
                "no consent lets anything go to %.31s for a referral", to->s);
    return false;
}

static void
fill_terms(const struct node_command *cmd, const struct node_decision *d,
           const struct history *h, struct terms *t)
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

static void
store_draft(struct step *s, struct live *l, enum state state, enum event event)
{
    l->o.state = state;
    l->o.changed_ms = s->now;
    object_put(s->v, &l->o, l->was_changed_ms);
    l->was_changed_ms = l->o.changed_ms;
    l->is_new = false;
    trace_local(s, l, event);
}

/* What the decision was made of: this step's inputs, which nothing has changed
 * since. */
static void
keep_trail(const struct step *s, const struct node_case *c,
           const struct node_decision *d)
{
    struct map_walk walk = {.s = s};
    const struct sop_services services = {&walk, map_next};
    struct sop_request req;
    struct sop_trail trail;
    struct history h;

    fill_request(s, s->cmd, c, &req, &h);
    sop_trail_take(s->env->sops, &req, &services, &d->sop, &trail);
    trail_put(s->v, &d->id, &c->id, &trail);
}

static void
make_draft(struct step *s, const struct node_case *c, struct node_decision *d,
           const struct history *h, struct live *l)
{
    const struct hf_id id = step_fresh_id(s);

    d->id = step_fresh_id(s);
    d->object = id;
    live_make(s, OBJECT_REFERRAL, SIDE_FIRST, &id, &d->sop.to, l);
    l->o.case_id = c->id;
    l->o.author = s->cmd->user;
    l->o.owner = s->cmd->user;
    fill_terms(s->cmd, d, h, &l->o.terms);
    fill_card(s, c, d, &l->o.card);
    decision_put(s->v, d);
    keep_trail(s, c, d);
    store_draft(s, l, STATE_DRAFT, EVENT_DRAFT);
}

/* The next provider only once the last one's answer was read and closed. */
static bool
left_open(struct step *s, const struct history *h)
{
    char id[HF_ID_TEXT_BYTES];

    if (hf_id_is_zero(&h->open))
        return false;
    step_refuse(s, 1, "not_closed", "handoff close ID --unmet yes|no",
                "%s for the same need said no and is not closed yet",
                ask_id(OBJECT_REFERRAL, &h->open, id));
    return true;
}

static bool
too_many(struct step *s, const struct node_case *c)
{
    struct hf_id at = {{0}};
    struct node_object o;
    int n = 0;

    while (n < 96 && object_next_of_case(s->v, &c->id, &at, &o))
        n++;
    if (n < 96)
        return false;
    step_refuse(s, 75, "limit", "", "a case holds at most 96 open matters");
    return true;
}

static bool
needs_approval(const struct step *s, const struct live *l)
{
    struct node_vital vital;
    struct node_decision d;

    if (vital_get(s->v, &l->o.id, &vital))
        return vital_waits(s, l); /* instead of the SOP's */
    return decision_get(s->v, &l->o.terms.decision, &d) && d.sop.approval;
}

void
ask_refer(struct step *s)
{
    const bool is_vital = s->cmd->attest != NULL;
    struct node_decision d;
    struct node_reply error = {.status = 0};
    struct node_case c;
    struct history h;
    struct live l;

    if (is_vital ? !vital_may_refer(s)
                 : !ask_permitted(s, OBJECT_REFERRAL, SIDE_FIRST))
        return;
    if (s->env->sops == NULL) {
        step_refuse(s, 78, "no_sop", "handoff policy install FILE",
                    "no SOP pack is installed");
        return;
    }
    if (!plan(s, s->cmd, &d, &c, &h, &error) || !decided(s, &d, &c, &error)) {
        error.ticket = s->cmd->ticket;
        *step_reply(s) = error;
        return;
    }
    if ((!is_vital && (left_open(s, &h) || !covered(s, &c, &d.sop.to))) ||
        too_many(s, &c))
        return;
    make_draft(s, &c, &d, &h, &l);
    if (is_vital)
        vital_make(s, &l, d.gate.sends);
    if (s->cmd->is_draft) {
        ask_done(s, &l);
    } else if (needs_approval(s, &l)) {
        store_draft(s, &l, STATE_AWAITING_APPROVAL, EVENT_SUBMIT);
        ask_done(s, &l);
    } else if (refer_send(s, &l)) {
        ask_done(s, &l);
    }
}

/* ---- what happens to a draft ---- */

/* Clocks run from `send`, not from the draft. */
static void
shift_clocks(struct terms *t, uint64_t by_ms)
{
    uint64_t *const clocks[] = {&t->decide_ms, &t->contact_ms, &t->report_ms,
                                &t->deliver_ms};

    for (size_t i = 0; i < sizeof(clocks) / sizeof(clocks[0]); i++)
        if (*clocks[i] != 0)
            *clocks[i] += by_ms;
}

/* What the committee lets this member send, and that one receive. */
static bool
allowed(struct step *s, const struct live *l)
{
    if (reach_may(s, step_me(s), &l->o.peer, OBJECT_REFERRAL,
                  &l->o.terms.family))
        return true;
    step_refuse(s, 1, "not_allowed", "handoff registry show says who may",
                "the registry lets no referral for %.31s go from here to %.31s",
                l->o.terms.family.s, l->o.peer.s);
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
    if (!case_get(s->v, &l->o.case_id, &c) ||
        !hf_org_eq(&c.holder, step_me(s))) {
        step_refuse(s, 1, "not_holder", "",
                    "custody of the case is not here any more");
        return false;
    }
    if (vital_get(s->v, &l->o.id, &vital))
        return true; /* under its attestation */
    disclose_gate(s, &c, &l->o.peer, PURPOSE_REFERRAL, l->o.terms.required,
                  l->o.terms.allowed, 0, &gate);
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
    return covered(s, &c, &l->o.peer);
}

bool
refer_send(struct step *s, struct live *l)
{
    uint8_t *terms = step_alloc(s, TERMS_BYTES);
    uint8_t *card = step_alloc(s, CARD_BYTES);
    struct draft d = {.event = EVENT_SEND};

    if (!gate_again(s, l))
        return false;
    if (!live_may(s, l, EVENT_SEND, l->o.terms.on_send ? ENTRY_ON_SEND : 0)) {
        step_refuse(s, 75, "awaits_copy", "wait for it, or call them",
                    "after the restore %.31s has not yet said whether it has "
                    "this referral",
                    l->o.peer.s);
        return false;
    }
    shift_clocks(&l->o.terms, s->now - l->o.created_ms);
    if (l->o.terms.on_send)
        d.flags |= ENTRY_ON_SEND;
    terms_pack(&l->o.terms, terms);
    card_pack(&l->o.card, card);
    disclose_add(&d.body, PART_TERMS, CATEGORY_NONE,
                 (struct hf_bytes){terms, TERMS_BYTES});
    disclose_add(&d.body, PART_CARD, CATEGORY_NONE,
                 (struct hf_bytes){card, CARD_BYTES});
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
    if (l->o.state == STATE_DRAFT && needs_approval(s, l)) {
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
        if (waits && same_author(s, l))
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
    store_draft(s, l, then, s->cmd->event);
    if (then == STATE_APPROVED && vital_waits(s, l)) {
        vital_approved(s, l);
        if (!refer_send(s, l)) /* at once: it is an emergency */
            return;
    }
    ask_done(s, l);
}
