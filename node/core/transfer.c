/* The transfer's own part of live.h: effects of its entries, and what follows
 * by itself. node/DESIGN.md, "Case transfer". */
#include "ask.h"
#include "claim.h"
#include "close.h"
#include "deadline.h"
#include "disclose.h"
#include "follow.h"
#include "hf_assert.h"
#include "inbound.h"
#include "match.h"
#include "people.h"
#include "profile.h"
#include "reach.h"
#include "reconsent.h"
#include "said.h"
#include "sop_force.h"
#include "title.h"

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

/* H: somebody who arrived has a number that we may know. What came names it
 * to nobody who does not hold it. */
static void
apply_request(struct step *s, struct live *l, uint32_t n)
{
    const struct part *p;
    struct body b;
    struct hf_hash token;
    struct node_case c;

    if (l->o.side != SIDE_FIRST || !live_body(s, l, SIDE_SECOND, n, &b))
        return;
    p = body_find(&b, PART_LOOKUP);
    if (p == NULL || p->bytes.n != HF_HASH_BYTES)
        return;
    memcpy(token.b, p->bytes.p, HF_HASH_BYTES);
    if (match_find(s, &token, &c)) {
        l->o.case_id = c.id;
        object_link(s->v, &c.id, &l->o.id);
    }
}

/* Custody, stage and the one open transfer of the case. */
static void
apply_case(struct step *s, struct live *l, const struct entry *e)
{
    const bool is_first = l->o.side == SIDE_FIRST;
    struct node_case c;
    uint32_t epoch;

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
        epoch = title_keep(s, l, &c);
        claim_moved(s, &c.id, epoch, !is_first);
        if (epoch < c.epoch)
            return; /* of before a later one, whose copy came first */
        if (!is_first)
            profile_adopt(s, l, &c);
        c.holder = is_first ? l->o.peer : *step_me(s);
        c.epoch = epoch + 1;
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
        follow_arrived(s, &c, deadline_at(e));
    else
        follow_settle(s, &c);
    reconsent_settle(s, &c); /* whoever holds the case asks the person */
}

/* How long one waits for the other, where an SOP says so. Both ends look at the
 * same: the case once both have it, before that the countries of the two. */
static void
waits(const struct step *s, const struct live *l, const struct entry *e,
      struct sop_transfer_rule *ret)
{
    const struct registry *r = s->env->registry;
    const bool is_first = l->o.side == SIDE_FIRST;
    const struct registry_org *h =
        r == NULL ? NULL : registry_org(r, is_first ? step_me(s) : &l->o.peer);
    const struct registry_org *n =
        r == NULL ? NULL : registry_org(r, is_first ? &l->o.peer : step_me(s));
    struct sop_force f = {s->env->sops, NULL, e->at_ms};
    struct facts facts;
    struct node_case c;

    memset(&facts, 0, sizeof(facts));
    if (e->event != EVENT_REQUEST && e->event != EVENT_RELEASE &&
        case_get(s->v, &l->o.case_id, &c)) {
        facts = c.facts;
    } else if (h != NULL && n != NULL) {
        memcpy(facts.host, h->country, sizeof(facts.host));
        memcpy(facts.origin, n->country, sizeof(facts.origin));
    }
    f.facts = &facts;
    sop_force_transfer(&f, ret);
    if (ret->request_ms == 0)
        ret->request_ms = ANSWER_MS;
    if (ret->query_ms == 0)
        ret->query_ms = QUERY_MS;
}

/* The clocks of a transfer: H answers a request; N says that they arrived, and
 * asks when nobody did. */
static void
apply_clocks(const struct step *s, struct live *l, const struct entry *e)
{
    const uint64_t at_ms = deadline_at(e);
    const uint64_t from_ms = e->when_ms != 0 ? e->when_ms : at_ms;
    const bool stays = (l->o.flags & ENTRY_TRAVEL_NONE) != 0;
    struct sop_transfer_rule rule;

    waits(s, l, e, &rule);
    switch ((int)e->event) {
    case EVENT_REQUEST:
        l->o.decide_ms = e->at_ms + rule.request_ms;
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
        l->o.report_ms = from_ms + rule.query_ms;
        break;
    case EVENT_DEPART:
        l->o.contact_ms = from_ms + CONTACT_MS;
        l->o.report_ms = from_ms + rule.query_ms;
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
body_came(struct step *s, struct live *l, enum side side, uint32_t n,
          enum event event)
{
    switch ((int)event) {
    case EVENT_OFFER:
        apply_offer(s, l, n);
        break;
    case EVENT_REQUEST:
        apply_request(s, l, n);
        break;
    case EVENT_RELEASE:
    case EVENT_AMEND:
    case EVENT_SUPPLEMENT:
        profile_came(s, l, side, n, event);
        break;
    default:
        break;
    }
}

static void
apply(struct step *s, struct live *l, enum side side, uint32_t n,
      const struct entry *e)
{
    uint64_t was[DEADLINES];

    memcpy(was, l->o.met_ms, sizeof(was));
    apply_clocks(s, l, e);
    deadline_met(s, &l->o, was, side, e);
    if (e->reason == REASON_DIED && side != l->o.side)
        close_died(s, l);
    if (e->event == EVENT_SUPPLEMENT && side == l->o.side)
        said_passed_on(s, l);
    body_came(s, l, side, n, e->event);
    if (e->event == EVENT_ERASED || e->event == EVENT_KEPT) {
        if (l->o.side == SIDE_FIRST)
            l->o.sections = 0;
        l->o.erase_answered = 1;
    }
    apply_case(s, l, e);
}

/* ---- what follows by itself ---- */

/* What the last hand_over ends, as its author signed it. */
static bool
names_custody(const struct step *s, const struct live *l,
              const struct node_case *c)
{
    struct hf_hash tag;
    struct part p;

    registry_custody_tag(&c->id, c->epoch, &tag);
    for (uint32_t n = l->o.n[SIDE_FIRST]; n > 0; n--) {
        if (l->item[SIDE_FIRST][n - 1].event != EVENT_HAND_OVER)
            continue;
        return body_part_get(s->v, &l->o.id, SIDE_FIRST, n, 0, &p) &&
               p.type == PART_CUSTODY && p.bytes.n == HF_HASH_BYTES &&
               memcmp(p.bytes.p, tag.b, HF_HASH_BYTES) == 0;
    }
    return false;
}

bool
transfer_custody(struct step *s, const struct live *l, struct draft *d)
{
    struct hf_hash *tag = step_alloc(s, sizeof(*tag));
    struct node_case c;

    if (!case_get(s->v, &l->o.case_id, &c))
        return false;
    registry_custody_tag(&c.id, c.epoch, tag);
    d->body.n = 0;
    disclose_add(&d->body, PART_CUSTODY, CATEGORY_NONE,
                 (struct hf_bytes){tag->b, HF_HASH_BYTES});
    return true;
}

bool
transfer_may_take_over(const struct step *s, const struct live *l)
{
    struct node_case c;

    return !hf_id_is_zero(&l->o.case_id) &&
           case_get(s->v, &l->o.case_id, &c) &&
           hf_org_eq(&c.holder, &l->o.peer) && names_custody(s, l, &c);
}

static void
take_over(struct step *s, struct live *l)
{
    struct draft d = {.event = EVENT_TAKE_OVER, .is_automatic = true};

    if (transfer_may_take_over(s, l) && transfer_custody(s, l, &d))
        live_append(s, l, &d);
    else
        live_auto(s, l, EVENT_REFUSE, REASON_CHECK_FAILED);
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
        take_over(s, l);
        return true;
    }
    if (chain_must_erase(&l->pair) && !l->o.erase_answered) {
        profile_destroy(s, l);
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

const struct live_kind transfer_kind = {apply, body_came, react};
