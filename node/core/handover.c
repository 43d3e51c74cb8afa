/* The commands of a case transfer: offer, request, and the gated sections that
 * go with release, amend and supplement. */
#include "ask.h"
#include "custody.h"
#include "disclose.h"
#include "hf_assert.h"
#include "hf_text.h"
#include "history.h"
#include "match.h"
#include "parts.h"
#include "proxy.h"
#include "reach.h"
#include "title.h"

/* Sensitive families stand on a blind card only with consent to enquire. */
static void
card_needs(struct step *s, const struct node_case *c, const struct hf_org *to,
           struct card *card)
{
    static const enum category families[] = {
        CATEGORY_HEALTH,  CATEGORY_MHPSS,     CATEGORY_PROTECTION,
        CATEGORY_HOUSING, CATEGORY_EDUCATION, CATEGORY_SKILLS,
        CATEGORY_ECONOMIC, CATEGORY_DOCUMENTATION};
    struct consent consent;
    uint32_t cover = 0;
    size_t n = 0;

    if (consent_get(s->v, &c->consent, &consent))
        cover = consent_cover(&consent, to, PURPOSE_ENQUIRY, s->now);
    for (size_t i = 0; i < sizeof(families) / sizeof(families[0]); i++) {
        const uint32_t bit = CATEGORY_BIT(families[i]);

        if (!(c->held & bit) || ((bit & CATEGORY_SENSITIVE) && !(cover & bit)))
            continue;
        if (n < CARD_NEEDS_MAX)
            (void)strncpy(card->need[n++].s, category_text(families[i]),
                          HF_NAME_BYTES - 1);
    }
}

/* Blind: region, quarter and family size; neither age nor sex nor language. */
static void
blind_card(struct step *s, const struct node_case *c, const struct hf_org *to,
           struct card *card)
{
    struct facts f = {.province = c->facts.province,
                      .travel_ms = c->facts.travel_ms,
                      .family_band = c->facts.family_band};

    if (s->cmd->when_ms != 0)
        f.travel_ms = s->cmd->when_ms;
    memcpy(f.origin, c->facts.origin, sizeof(f.origin));
    parts_card(&f, 0, s->now, card);
    card->age_band = AGE_NONE;
    card->sex = SEX_NONE;
    card_needs(s, c, to, card);
}

/* What the committee lets @from offer, and @to take. */
static bool
allowed(struct step *s, const struct hf_org *from, const struct hf_org *to)
{
    static const struct hf_name any;

    if (reach_may(s, from, to, OBJECT_TRANSFER, &any))
        return true;
    step_refuse(s, 1, "not_allowed", "handoff registry show says who may",
                "the registry lets no transfer go from %.31s to %.31s", from->s,
                to->s);
    return false;
}

bool
transfer_allowed(struct step *s, const struct live *l)
{
    return l->o.kind != OBJECT_TRANSFER || l->o.side != SIDE_FIRST ||
           allowed(s, step_me(s), &l->o.peer);
}

static bool
may_offer(struct step *s, const struct node_case *c, const struct hf_org *to)
{
    char id[HF_ID_TEXT_BYTES];
    struct consent consent;

    if (step_member(s, to) == NULL) {
        step_refuse(s, 66, "no_such_org", "handoff registry show lists members",
                    "no active organisation %.31s", to->s);
        return false;
    }
    if (hf_org_eq(to, step_me(s))) {
        step_refuse(s, 1, "own_org", "", "a case is not offered to oneself");
        return false;
    }
    if (proxy_keeper(s, to) != NULL) {
        step_refuse(s, 1, "no_node", "offer it to whoever keeps its node",
                    "%.31s has no node, and can hold no case", to->s);
        return false;
    }
    if (!allowed(s, step_me(s), to))
        return false;
    if (!hf_id_is_zero(&c->open_transfer)) {
        step_refuse(s, 1, "transfer_open",
                    "withdraw it first: handoff transfer withdraw ID",
                    "transfer %s of this case is open",
                    ask_id(OBJECT_TRANSFER, &c->open_transfer, id));
        return false;
    }
    if (consent_get(s->v, &c->consent, &consent) &&
        consent_cover(&consent, to, PURPOSE_OFFER, s->now) != 0)
        return true;
    step_refuse(s, 1, "no_consent",
                "ask for consent with purpose offer: handoff consent give",
                "no consent lets this case be offered to %.31s", to->s);
    return false;
}

/* A request of that organisation for that case, waiting for our offer. */
static bool
find_request(struct step *s, const struct node_case *c,
             const struct hf_org *to, struct live *l)
{
    struct hf_id at = {{0}};
    struct node_object o;

    while (object_next_of_case(s->v, &c->id, &at, &o))
        if (o.kind == OBJECT_TRANSFER && o.side == SIDE_FIRST &&
            o.state == STATE_REQUESTED && hf_org_eq(&o.peer, to))
            return live_load(s, &o.id, l);
    return false;
}

static void
append_offer(struct step *s, struct live *l, const struct node_case *c)
{
    uint8_t *card_bytes = step_alloc(s, CARD_BYTES);
    uint8_t *terms_bytes = step_alloc(s, TERMS_BYTES);
    struct draft d = {.event = EVENT_OFFER,
                      .flags =
                          s->cmd->flags & (ENTRY_TRAVEL_NONE | ENTRY_LATER),
                      .when_ms = s->cmd->when_ms,
                      .happened_ms = s->cmd->happened_ms};
    struct terms terms;
    struct card card;
    const struct hf_id mark = transfer_mark(s, &l->o.id, &c->id);
    uint64_t contact, report;

    memset(&terms, 0, sizeof(terms));
    terms.urgency = URGENCY_NORMAL;
    terms.household = c->household; /* that they belong together, no more */
    memcpy(terms.service_id, mark.b, sizeof(terms.service_id));
    sop_default_clocks(URGENCY_NORMAL, s->now, &terms.decide_ms, &contact,
                       &report);
    blind_card(s, c, &l->o.peer, &card);
    card_pack(&card, card_bytes);
    terms_pack(&terms, terms_bytes);
    disclose_add(&d.body, PART_CARD, CATEGORY_NONE,
                 (struct hf_bytes){card_bytes, CARD_BYTES});
    disclose_add(&d.body, PART_TERMS, CATEGORY_NONE,
                 (struct hf_bytes){terms_bytes, TERMS_BYTES});
    live_append(s, l, &d);
    /* blind: who was spoken with may be the person */
    live_keep_words(s, l, l->o.n[SIDE_FIRST], s->cmd->later);
    live_settle(s, l);
}

void
ask_transfer_offer(struct step *s)
{
    const struct hf_org *to = &s->cmd->to;
    struct node_case c;
    struct hf_id id;
    struct live l;

    if (!ask_permitted(s, OBJECT_TRANSFER, SIDE_FIRST) ||
        !ask_case(s, true, &c) || !ask_goes_on(s, &c) ||
        !may_offer(s, &c, to) ||
        !custody_is_sure(s) || !happened_fits(s, c.created_ms))
        return;
    if (!find_request(s, &c, to, &l)) {
        id = step_fresh_id(s);
        live_make(s, OBJECT_TRANSFER, SIDE_FIRST, &id, to, &l);
        l.o.case_id = c.id;
        l.o.author = s->cmd->user;
        l.o.owner = s->cmd->user;
    } else if (!live_may(s, &l, EVENT_OFFER, 0)) {
        step_refuse(s, 75, "awaits_copy", "", "waiting for the copy of %.31s",
                    to->s);
        return;
    }
    append_offer(s, &l, &c);
    c.open_transfer = l.o.id;
    c.changed_ms = s->now;
    case_put(s->v, &c);
    ask_done(s, &l);
}

void
ask_transfer_request(struct step *s)
{
    const struct hf_org *to = &s->cmd->to;
    struct hf_hash *token = step_alloc(s, sizeof(*token));
    struct draft d = {.event = EVENT_REQUEST,
                      .flags = s->cmd->flags & ENTRY_LATER,
                      .happened_ms = s->cmd->happened_ms};
    struct hf_id id;
    struct live l;

    if (!ask_permitted(s, OBJECT_TRANSFER, SIDE_SECOND))
        return;
    if (step_member(s, to) == NULL || hf_org_eq(to, step_me(s))) {
        step_refuse(s, 66, "no_such_org", "handoff registry show lists members",
                    "no other active organisation %.31s", to->s);
        return;
    }
    if (s->cmd->number.s[0] == '\0') {
        step_refuse(s, 65, "no_number", "", "a request names a number");
        return;
    }
    if (!allowed(s, to, step_me(s)) || !happened_fits(s, 0))
        return;
    if (!match_token(s, to, &s->cmd->number, token)) {
        step_refuse(s, 75, "no_memory", "try again", "no memory left now");
        return;
    }
    id = step_fresh_id(s);
    live_make(s, OBJECT_TRANSFER, SIDE_SECOND, &id, to, &l);
    l.o.author = l.o.owner = s->cmd->user;
    l.o.number = s->cmd->number;
    disclose_add(&d.body, PART_LOOKUP, CATEGORY_NONE,
                 (struct hf_bytes){token->b, HF_HASH_BYTES});
    live_append(s, &l, &d);
    live_keep_words(s, &l, l.o.n[SIDE_SECOND], s->cmd->later);
    live_settle(s, &l);
    ask_done(s, &l);
}

/* ---- sections ---- */

static void
add_case(struct step *s, const struct node_case *c, uint32_t categories,
         struct body *b)
{
    uint8_t *p = step_alloc(s, CASE_HEAD_BYTES + PARTS_FACTS_BYTES);
    struct case_head head;

    memset(&head, 0, sizeof(head));
    head.id = c->id;
    head.epoch = c->epoch;
    memcpy(head.origin, c->facts.origin, sizeof(head.origin));
    memcpy(head.host, c->facts.host, sizeof(head.host));
    head.stage = c->stage;
    if (categories & CATEGORY_BIT(CATEGORY_IDENTITY))
        head.number = c->number;
    case_head_pack(&head, p);
    parts_facts_pack(&c->facts, categories, p + CASE_HEAD_BYTES);
    disclose_add(b, PART_CASE, CATEGORY_NONE,
                 (struct hf_bytes){p, CASE_HEAD_BYTES + PARTS_FACTS_BYTES});
}

/* The new holder needs the consent itself: it will be the one who asks it
 * before anything goes on from there. */
static void
add_consent(struct step *s, const struct node_case *c, struct body *b)
{
    uint8_t *p = step_alloc(s, PARTS_CONSENT_BYTES(CONSENT_SCOPES_MAX));
    struct consent consent;
    struct hf_bytes json;

    if (!consent_get(s->v, &c->consent, &consent))
        return;
    disclose_add(b, PART_CONSENT, CATEGORY_NONE,
                 (struct hf_bytes){p, parts_consent_pack(&consent, p)});
    if (consent_doc_get(s->v, &consent.id, consent.version, &json))
        disclose_add(b, PART_DETAILS, CATEGORY_NONE, step_copy(s, json));
    history_add(s, &consent, b);
}

static bool
gate_sections(struct step *s, const struct node_case *c, const struct live *l,
              bool is_release, uint32_t wanted, struct gate_out *gate)
{
    const enum purpose purpose =
        l->o.side == SIDE_FIRST ? PURPOSE_TRANSFER : PURPOSE_FEEDBACK;

    disclose_gate(s, c, &l->o.peer, purpose, 0, wanted, 0, gate);
    if (gate->sends != 0 && (is_release || gate->sends == wanted))
        return true;
    step_refuse(s, 1, "no_consent",
                purpose == PURPOSE_TRANSFER
                    ? "ask for consent with purpose transfer"
                    : "ask for consent with purpose feedback",
                is_release ? "no consent covers any section for %.31s"
                           : "consent does not cover all of that for %.31s",
                l->o.peer.s);
    return false;
}

/* release takes all that consent covers; amend and supplement what the command
 * brings, after it has been stored in the case. */
bool
transfer_sections(struct step *s, struct live *l, struct draft *d)
{
    const bool is_release = d->event == EVENT_RELEASE;
    struct node_case c;
    struct gate_out gate;

    if (!is_release && s->cmd->sections == 0)
        return true; /* a supplement may be words only */
    if (!case_get(s->v, &l->o.case_id, &c)) {
        step_refuse(s, 66, "no_such_case", "", "the case is not here");
        return false;
    }
    if (!is_release)
        c.held |= s->cmd->sections & CATEGORY_ALL; /* kept if it may go */
    if (!gate_sections(s, &c, l, is_release,
                       is_release ? c.held : s->cmd->sections, &gate) ||
        (!is_release && !ask_sections(s, &c)))
        return false;
    disclose_parts(s, l, &c,
                   l->o.side == SIDE_FIRST ? PURPOSE_TRANSFER
                                           : PURPOSE_FEEDBACK,
                   gate.sends, &d->body);
    if (is_release) {
        add_case(s, &c, gate.sends, &d->body);
        add_consent(s, &c, &d->body);
        title_add(s, &c, &d->body);
    } else {
        c.changed_ms = s->now;
        match_person(s, &c);
        case_put(s->v, &c);
    }
    return true;
}
