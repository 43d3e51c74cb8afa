/* The transfer's own part of live.h: effects of its entries, and what follows
 * by itself. node/DESIGN.md, "Case transfer". */
#include "ask.h"
#include "close.h"
#include "deadline.h"
#include "follow.h"
#include "hf_assert.h"
#include "inbound.h"
#include "parts.h"
#include "people.h"
#include "reach.h"
#include "reconsent.h"
#include "said.h"

#define DAY_MS     (24ull * 3600 * 1000)
#define ANSWER_MS  (7 * DAY_MS)  /* to a request, where the SOP is silent */
#define CONTACT_MS (3 * DAY_MS)  /* from the arrival */
#define QUERY_MS   (30 * DAY_MS) /* from the departure; then N asks */

struct hf_id
transfer_mark(const struct step *s, const struct hf_id *object,
              const struct hf_id *id)
{
    const struct hf_bytes in = {object->b, HF_ID_BYTES};
    struct hf_id ret = *id;
    struct hf_hash pad;

    s->env->crypto->index(s->env->crypto->ctx, "handoff/1 case of transfer",
                          &in, 1, &pad);
    for (int i = 0; i < HF_ID_BYTES; i++)
        ret.b[i] ^= pad.b[i];
    return ret;
}

/* H, restored from before the offer: it comes back from N and says which case
 * it was of, so that custody follows it (I-4). */
static void
adopt_case(struct step *s, struct live *l, const struct terms *t)
{
    struct hf_id id;
    struct node_case c;

    if (l->o.side != SIDE_FIRST || !hf_id_is_zero(&l->o.case_id))
        return;
    memcpy(id.b, t->service_id, HF_ID_BYTES);
    id = transfer_mark(s, &l->o.id, &id);
    if (!case_get(s->v, &id, &c))
        return;
    l->o.case_id = c.id;
    object_link(s->v, &c.id, &l->o.id);
    if (hf_id_is_zero(&c.open_transfer) && !chain_is_final(&l->pair)) {
        c.open_transfer = l->o.id;
        case_put(s->v, &c);
    }
}

static void
apply_offer(struct step *s, struct live *l, uint32_t n)
{
    const struct part *p;
    struct terms terms;
    struct body b;

    if (l->o.side == SIDE_SECOND && l->o.owner.s[0] == '\0')
        l->o.owner = people_focal(s);
    if (!live_body(s, l, SIDE_FIRST, n, &b))
        return;
    p = body_find(&b, PART_CARD);
    if (p == NULL || !card_unpack(p->bytes, &l->o.card))
        memset(&l->o.card, 0, sizeof(l->o.card));
    p = body_find(&b, PART_TERMS);
    if (p != NULL && terms_unpack(p->bytes, &terms)) {
        l->o.terms = terms;
        l->o.decide_ms = terms.decide_ms;
        adopt_case(s, l, &terms);
    }
}

/* H: somebody who arrived names a number that we may know. */
static void
apply_request(struct step *s, struct live *l, uint32_t n)
{
    const struct part *p;
    struct body b;
    struct hf_hash index;
    struct hf_id case_id;

    if (l->o.side != SIDE_FIRST || !live_body(s, l, SIDE_SECOND, n, &b))
        return;
    p = body_find(&b, PART_TEXT);
    if (p == NULL)
        return;
    s->env->crypto->index(s->env->crypto->ctx, "handoff/1 number", &p->bytes,
                          1, &index);
    if (number_get(s->v, &index, &case_id)) {
        l->o.case_id = case_id;
        object_link(s->v, &case_id, &l->o.id);
    }
}

/* N: the sections go into the case, under its own keys; the copies that came
 * with the entry go. Those in @beside stay with the entry. */
static void
keep_sections(struct step *s, struct live *l, const struct body *b,
              uint32_t beside, struct node_case *c)
{
    const uint32_t sections = inbound_sections(b) & ~beside;

    for (size_t i = 0; i < b->n; i++)
        if (b->part[i].type == PART_SECTION &&
            (sections & CATEGORY_BIT(b->part[i].category)) != 0)
            section_put(s->v, &c->id, b->part[i].category,
                        b->part[i].bytes);
    c->held |= sections;
    live_drop_sections(s, l, SIDE_FIRST, sections);
}

/* The holder of today knows better than the one before: what comes late does
 * not replace what it holds, but stands beside it, to be read. */
static uint32_t
late(const struct step *s, const struct node_case *c, enum event event)
{
    return event == EVENT_SUPPLEMENT && hf_org_eq(&c->holder, step_me(s))
               ? c->held
               : 0;
}

static void
keep_consent(struct step *s, struct live *l, const struct body *b,
             struct node_case *c)
{
    const struct part *packed = body_find(b, PART_CONSENT);
    const struct part *json = body_find(b, PART_DETAILS);
    const struct hf_bytes none = {NULL, 0};
    struct consent consent, held;

    if (packed == NULL || !parts_consent_unpack(packed->bytes, &consent))
        return;
    consent.case_id = c->id;
    if (!consent_get(s->v, &consent.id, &held)) {
        if (!hf_id_eq(&c->consent, &consent.id))
            consent.previous = c->consent;
        consent_put(s->v, &consent, json == NULL ? none : json->bytes);
    } else if (held.version <= consent.version) {
        consent.previous = held.previous;
        consent_put(s->v, &consent, json == NULL ? none : json->bytes);
    }
    c->consent = consent.id;
    object_link(s->v, &consent.id, &l->o.id);
}

static bool
read_head(const struct body *b, struct case_head *ret_head,
          struct facts *ret_facts)
{
    const struct part *p = body_find(b, PART_CASE);

    return p != NULL && p->bytes.n == CASE_HEAD_BYTES + PARTS_FACTS_BYTES &&
           case_head_unpack((struct hf_bytes){p->bytes.p, CASE_HEAD_BYTES},
                            ret_head) &&
           parts_facts_unpack((struct hf_bytes){p->bytes.p + CASE_HEAD_BYTES,
                                                PARTS_FACTS_BYTES},
                              ret_facts);
}

/* A release we cannot take: what came with it goes, react() declines. */
static void
refuse_release(struct step *s, struct live *l, const struct body *b,
               enum reason why)
{
    live_drop_sections(s, l, SIDE_FIRST, inbound_sections(b));
    l->o.refused = why;
}

static void
apply_release_second(struct step *s, struct live *l, const struct body *b)
{
    struct case_head head;
    struct facts facts;
    struct node_case c;

    if (!read_head(b, &head, &facts)) {
        refuse_release(s, l, b, REASON_INSUFFICIENT_INFORMATION);
        return;
    }
    if (!case_get(s->v, &head.id, &c)) {
        memset(&c, 0, sizeof(c));
        c.id = head.id;
        c.created_ms = s->now;
        c.owner = l->o.owner;
    } else if (hf_org_eq(&c.holder, step_me(s)) || head.epoch < c.epoch) {
        /* A case that we hold is not anybody's to release (I-4). */
        refuse_release(s, l, b, REASON_CHECK_FAILED);
        return;
    } else {
        l->o.had_case = 1;
    }
    shredded_del(s->v, &c.id); /* of another transfer */
    c.stage = head.stage;
    c.facts = facts;
    c.number = head.number;
    c.holder = l->o.peer;
    if (!l->o.had_case) /* else it stays what it was: perhaps our own */
        c.from = l->o.peer;
    c.epoch = head.epoch;
    c.open_transfer = l->o.id;
    c.changed_ms = s->now;
    l->o.case_id = c.id;
    object_link(s->v, &c.id, &l->o.id);
    keep_consent(s, l, b, &c);
    keep_sections(s, l, b, 0, &c);
    l->o.sections |= inbound_sections(b);
    l->o.erase_answered = 0;
    case_put(s->v, &c);
}

/* release, amend, supplement: sections, and with the release the case. */
static void
apply_sections(struct step *s, struct live *l, enum side side, uint32_t n,
               enum event event)
{
    const size_t mark = s->out->used;
    const bool must_go = chain_must_erase(&l->pair);
    const struct part *p;
    struct node_case c;
    struct body b;

    if (side != SIDE_FIRST)
        return;
    if (!live_body(s, l, SIDE_FIRST, n, &b)) {
        /* consent ended before it could go: without the case no transfer */
        if (event == EVENT_RELEASE && l->o.side == SIDE_SECOND &&
            l->o.refused == REASON_NONE)
            l->o.refused = REASON_INSUFFICIENT_INFORMATION;
        return;
    }
    if (l->o.side == SIDE_FIRST) {
        l->o.sections |= inbound_sections(&b);
    } else if (must_go || inbound_gate(s, l, &b) != REASON_NONE) {
        /* withdrawn, too, while it waited behind a gap */
        live_drop_sections(s, l, SIDE_FIRST, inbound_sections(&b));
    } else if (event == EVENT_RELEASE) {
        apply_release_second(s, l, &b);
    } else if (case_get(s->v, &l->o.case_id, &c)) {
        keep_sections(s, l, &b, late(s, &c, event), &c);
        l->o.sections |= inbound_sections(&b);
        c.changed_ms = s->now;
        case_put(s->v, &c);
    }
    p = body_find(&b, PART_PROOF);
    if (p != NULL && !must_go && proof_unpack(p->bytes, &l->o.proof) &&
        l->o.side == SIDE_SECOND)
        object_link(s->v, &l->o.proof.consent, &l->o.id);
    s->out->used = mark;
}

/* Custody, stage and the one open transfer of the case. */
static void
apply_case(struct step *s, struct live *l, const struct entry *e)
{
    const bool is_first = l->o.side == SIDE_FIRST;
    struct node_case c;

    if (hf_id_is_zero(&l->o.case_id) ||
        !case_get(s->v, &l->o.case_id, &c))
        return;
    switch ((int)e->event) {
    case EVENT_DEPART:
        c.stage = STAGE_IN_TRANSIT;
        c.facts.travel_ms = e->when_ms != 0 ? e->when_ms : c.facts.travel_ms;
        break;
    case EVENT_POSTPONE:
        c.facts.travel_ms = e->when_ms != 0 ? e->when_ms : c.facts.travel_ms;
        break;
    case EVENT_ARRIVE:
        c.stage = STAGE_ARRIVED;
        if (is_first && hf_id_is_zero(&c.open_transfer) &&
            !chain_is_final(&l->pair))
            c.open_transfer = l->o.id; /* it beat our `not_departed` */
        break;
    case EVENT_TAKE_OVER:
        c.holder = is_first ? l->o.peer : *step_me(s);
        c.epoch++;
        c.open_transfer = (struct hf_id){{0}};
        break;
    case EVENT_DECLINE:
    case EVENT_REFUSE:
    case EVENT_REFUSE_REQUEST:
    case EVENT_EXPIRE:
    case EVENT_WITHDRAW:
    case EVENT_NOT_DEPARTED:
        if (is_first && chain_is_final(&l->pair) &&
            hf_id_eq(&c.open_transfer, &l->o.id))
            c.open_transfer = (struct hf_id){{0}};
        break;
    default:
        return;
    }
    c.changed_ms = s->now;
    case_put(s->v, &c);
    if (e->event == EVENT_ARRIVE)
        follow_arrived(s, &c, e->happened_ms != 0 ? e->happened_ms : e->at_ms);
    else
        follow_settle(s, &c);
    reconsent_settle(s, &c); /* whoever holds the case asks the person */
}

/* The clocks of a transfer: H answers a request; N says that they arrived, and
 * asks when nobody did. */
static void
apply_clocks(struct live *l, const struct entry *e)
{
    const uint64_t at_ms = deadline_at(e);
    const uint64_t from_ms = e->when_ms != 0 ? e->when_ms : at_ms;
    const bool stays = (l->o.flags & ENTRY_TRAVEL_NONE) != 0;

    switch ((int)e->event) {
    case EVENT_REQUEST:
        l->o.decide_ms = e->at_ms + ANSWER_MS;
        break;
    case EVENT_OFFER: /* its terms say by when it is to be decided */
        l->o.met_ms[DEADLINE_DECIDE] = 0;
        break;
    case EVENT_REFUSE_REQUEST:
    case EVENT_ACCEPT:
    case EVENT_DECLINE:
        l->o.met_ms[DEADLINE_DECIDE] = at_ms;
        break;
    case EVENT_RELEASE:
    case EVENT_POSTPONE:
        l->o.contact_ms = stays ? at_ms + CONTACT_MS : 0;
        l->o.report_ms = from_ms + QUERY_MS;
        break;
    case EVENT_DEPART:
        l->o.contact_ms = from_ms + CONTACT_MS;
        l->o.report_ms = from_ms + QUERY_MS;
        break;
    case EVENT_QUERY:
        l->o.met_ms[DEADLINE_REPORT] = at_ms;
        break;
    case EVENT_ARRIVE:
        l->o.met_ms[DEADLINE_CONTACT] = at_ms;
        break;
    default:
        break;
    }
}

static void
apply(struct step *s, struct live *l, enum side side, uint32_t n,
      const struct entry *e)
{
    apply_clocks(l, e);
    if (e->reason == REASON_DIED && side != l->o.side)
        close_died(s, l);
    if (e->event == EVENT_SUPPLEMENT && side == l->o.side)
        said_passed_on(s, l);
    switch ((int)e->event) {
    case EVENT_OFFER:
        apply_offer(s, l, n);
        break;
    case EVENT_REQUEST:
        apply_request(s, l, n);
        break;
    case EVENT_RELEASE:
    case EVENT_AMEND:
    case EVENT_SUPPLEMENT:
        apply_sections(s, l, side, n, e->event);
        break;
    case EVENT_ERASED:
    case EVENT_KEPT:
        if (l->o.side == SIDE_FIRST)
            l->o.sections = 0;
        l->o.erase_answered = 1;
        break;
    default:
        break;
    }
    apply_case(s, l, e);
}

/* ---- what follows by itself ---- */

/* What this transfer brought into a case that was here before it: sections,
 * what was read from them. The rest is what we kept when we gave it away. */
static void
give_back(struct step *s, const struct live *l, struct node_case *c)
{
    const uint32_t brought = c->held & l->o.sections;

    for (enum category k = CATEGORY_IDENTITY; k < CATEGORY_END; k++)
        if (brought & CATEGORY_BIT(k))
            section_del(s->v, &c->id, k);
    c->held &= ~brought;
    c->facts = parts_facts_left(&c->facts, c->held);
    if (hf_id_eq(&c->open_transfer, &l->o.id))
        c->open_transfer = (struct hf_id){{0}};
    c->changed_ms = s->now;
    case_put(s->v, c);
}

/* A case that came only with this transfer goes as a whole, and with its keys
 * all that lies under them. */
static void
forget_case(struct step *s, const struct node_case *c)
{
    const struct node_lock all = {c->id, CATEGORY_NONE};

    for (enum category k = CATEGORY_IDENTITY; k < CATEGORY_END; k++)
        section_del(s->v, &c->id, k);
    if (!hf_id_is_zero(&c->consent))
        consent_del(s->v, &c->consent);
    case_del(s->v, &c->id);
    s->v->shred(s->v->ctx, &all);
}

/* N destroys what this transfer brought. */
static void
destroy(struct step *s, struct live *l)
{
    struct node_case c;

    if (!hf_id_is_zero(&l->o.case_id) &&
        case_get(s->v, &l->o.case_id, &c) &&
        hf_org_eq(&c.holder, &l->o.peer) &&
        hf_id_eq(&c.open_transfer, &l->o.id)) {
        if (l->o.had_case)
            give_back(s, l, &c);
        else
            forget_case(s, &c);
    }
    live_drop_peer(s, l);
}

bool
transfer_may_take_over(const struct step *s, const struct live *l)
{
    struct node_case c;

    return !hf_id_is_zero(&l->o.case_id) &&
           case_get(s->v, &l->o.case_id, &c) &&
           hf_org_eq(&c.holder, &l->o.peer);
}

static bool
react_second(struct step *s, struct live *l)
{
    static const struct hf_name any;
    const enum state state = l->o.state;
    const bool came = state == STATE_RELEASED || state == STATE_DEPARTED;

    if (state == STATE_OFFERED && live_may(s, l, EVENT_DECLINE, 0) &&
        !reach_may(s, &l->o.peer, step_me(s), OBJECT_TRANSFER, &any)) {
        live_auto(s, l, EVENT_DECLINE, REASON_NOT_ACCEPTING);
        return true;
    }
    /* the release itself was refused, not an amendment to it */
    if (came && l->o.refused != REASON_NONE &&
        hf_id_is_zero(&l->o.case_id) && live_may(s, l, EVENT_DECLINE, 0)) {
        live_auto(s, l, EVENT_DECLINE, l->o.refused);
        return true;
    }
    if (state == STATE_HANDING_OVER &&
        chain_has(&l->pair, SIDE_SECOND, EVENT_ARRIVE) &&
        live_may(s, l, EVENT_TAKE_OVER, 0)) {
        if (transfer_may_take_over(s, l))
            live_auto(s, l, EVENT_TAKE_OVER, REASON_NONE);
        else
            live_auto(s, l, EVENT_REFUSE, REASON_CHECK_FAILED);
        return true;
    }
    if (chain_must_erase(&l->pair) && !l->o.erase_answered) {
        destroy(s, l);
        if (live_may(s, l, EVENT_ERASED, 0)) {
            live_auto(s, l, EVENT_ERASED, REASON_NONE);
            return true;
        }
    } else if (chain_must_erase(&l->pair) && live_holds_peer(s, l)) {
        live_drop_peer(s, l); /* came late, or with a copy */
    }
    return false;
}

static bool
react(struct step *s, struct live *l)
{
    return l->o.side == SIDE_SECOND && react_second(s, l);
}

const struct live_kind transfer_kind = {apply, react};
