#include "profile.h"

#include "history.h"
#include "household.h"
#include "inbound.h"
#include "live_internal.h"
#include "match.h"
#include "parts.h"
#include "title.h"

/* Sections in @categories that still lie beside some entry of H. */
static uint32_t
copies_left(const struct step *s, const struct live *l, uint32_t categories)
{
    uint32_t left = 0;
    struct part p;

    for (uint32_t n = 1; n <= l->o.n[SIDE_FIRST] + ENTRIES_AHEAD; n++)
        for (unsigned i = 0;
             i < BODY_PARTS_MAX &&
             body_part_get(s->v, &l->o.id, SIDE_FIRST, n, BODY_PART_HEAD, &p);
             i++)
            if (body_part_get(s->v, &l->o.id, SIDE_FIRST, n, i, &p) &&
                (p.type == PART_SECTION || p.type == PART_FILE))
                left |= CATEGORY_BIT(p.category);
    return left & categories;
}

/* Of one entry only: one that came with it may not have had its effect yet. A
 * key goes with the last row under it. */
static void
drop_copies(struct step *s, struct live *l, uint32_t n, uint32_t categories)
{
    uint32_t left;
    struct part p;

    for (unsigned i = 0; i < BODY_PARTS_MAX; i++)
        if (body_part_get(s->v, &l->o.id, SIDE_FIRST, n, i, &p) &&
            p.type == PART_SECTION && (categories & CATEGORY_BIT(p.category)))
            body_part_del(s->v, &l->o.id, SIDE_FIRST, n, i);
    left = copies_left(s, l, categories);
    for (enum category k = CATEGORY_IDENTITY; k < CATEGORY_END; k++) {
        const struct node_lock lock = {l->o.id, k};

        if (categories & ~left & CATEGORY_BIT(k))
            s->v->shred(s->v->ctx, &lock);
    }
}

/* Into the case, under its own keys; the copies that came with the entry go. */
static void
keep_sections(struct step *s, struct live *l, uint32_t n, const struct body *b,
              struct node_case *c, uint32_t categories)
{
    for (size_t i = 0; i < b->n; i++)
        if (b->part[i].type == PART_SECTION &&
            (categories & CATEGORY_BIT(b->part[i].category)))
            section_put(s->v, &c->id, b->part[i].category, b->part[i].bytes);
    c->held |= categories;
    drop_copies(s, l, n, categories);
    if (categories & CATEGORY_BIT(CATEGORY_IDENTITY))
        match_person(s, c);
}

/* Whether @id is no other case's: whoever knows the id of a consent could
 * otherwise put its own in its place with a case that it offers. */
static bool
is_consent_of(const struct step *s, const struct hf_id *id,
              const struct hf_id *case_id)
{
    struct consent held;

    return !consent_get(s->v, id, &held) || hf_id_eq(&held.case_id, case_id);
}

/* No consent passes: what it does not cover does not. */
static bool
consent_may_come(const struct step *s, const struct body *b,
                 const struct hf_id *case_id)
{
    const struct part *packed = body_find(b, PART_CONSENT);
    struct consent c;

    return packed == NULL || (parts_consent_unpack(packed->bytes, &c) &&
                              is_consent_of(s, &c.id, case_id));
}

static bool
history_may_come(struct step *s, const struct body *b,
                 const struct hf_id *case_id)
{
    const struct part *packed = body_find(b, PART_CONSENT);
    struct consent c;

    if (packed == NULL)
        return body_find(b, PART_HISTORY) == NULL;
    return parts_consent_unpack(packed->bytes, &c) &&
           history_fits(s, b, &c, case_id);
}

static void
keep_consent(struct step *s, struct live *l, const struct body *b,
             struct node_case *c)
{
    const struct part *packed = body_find(b, PART_CONSENT);
    const struct part *json = history_document(b);
    const struct hf_bytes none = {NULL, 0};
    struct consent consent, held;

    if (packed == NULL || !parts_consent_unpack(packed->bytes, &consent) ||
        !is_consent_of(s, &consent.id, &c->id))
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
    history_take(s, b, &consent);
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

/* ---- release ---- */

/* A release we cannot take: what came with it goes, react() declines. */
static void
refuse_release(struct step *s, struct live *l, uint32_t n, const struct body *b,
               enum reason why)
{
    drop_copies(s, l, n, inbound_sections(b));
    l->o.refused = why;
}

/* A case that this node does not know, or no more. */
static void
make_case(struct step *s, struct live *l, uint32_t n, const struct body *b,
          const struct case_head *head, const struct facts *facts,
          struct node_case *c)
{
    memset(c, 0, sizeof(*c));
    c->id = head->id;
    c->created_ms = s->now;
    c->owner = l->o.owner;
    c->from = l->o.peer;
    c->stage = head->stage;
    c->facts = *facts;
    c->number = head->number;
    shredded_del(s->v, &c->id); /* of another transfer */
    match_number(s, c);
    keep_consent(s, l, b, c);
    keep_sections(s, l, n, b, c, inbound_sections(b));
}

/* Ours by what came out of a backup: since then we may have given it away, and
 * the copy that says so may still come. The title has our own signature. */
static bool
is_forgotten(const struct step *s, const struct case_head *head,
             const struct node_case *c)
{
    struct node_self self;

    return self_get(s->v, &self) && !hf_id_is_zero(&self.restored) &&
           c->created_ms <= self.restored_ms && head->epoch > c->epoch;
}

/* Whether the peer may say that it holds a case that we know: never one that
 * is ours (I-4), nor one that another transfer is bringing; whoever we did not
 * know as its holder took it over since, and its title says so. */
static bool
may_release_known(struct step *s, const struct live *l,
                  const struct case_head *head, const struct node_case *c)
{
    struct live other;

    if (head->epoch < c->epoch ||
        (hf_org_eq(&c->holder, step_me(s)) && !is_forgotten(s, head, c)))
        return false;
    if (!hf_id_eq(&c->open_transfer, &l->o.id) &&
        live_load(s, &c->open_transfer, &other) &&
        !chain_is_final(&other.pair))
        return false;
    return hf_org_eq(&c->holder, &l->o.peer) || head->epoch > c->epoch;
}

static bool
may_release(struct step *s, const struct live *l, const struct body *b,
            const struct case_head *head, const struct node_case *c)
{
    return (!l->o.had_case || may_release_known(s, l, head, c)) &&
           title_fits(s, b, &head->id, head->epoch, &l->o.peer,
                      l->o.had_case ? c : NULL) &&
           consent_may_come(s, b, &head->id);
}

static void
take_release(struct step *s, struct live *l, uint32_t n, const struct body *b)
{
    struct case_head head;
    struct facts facts;
    struct node_case c;

    if (!read_head(b, &head, &facts)) {
        refuse_release(s, l, n, b, REASON_INSUFFICIENT_INFORMATION);
        return;
    }
    l->o.had_case = case_get(s->v, &head.id, &c);
    if (!may_release(s, l, b, &head, &c)) {
        refuse_release(s, l, n, b, REASON_CHECK_FAILED);
        return;
    }
    if (!history_may_come(s, b, &head.id)) {
        refuse_release(s, l, n, b, REASON_BAD_HISTORY);
        return;
    }
    if (!l->o.had_case)
        make_case(s, l, n, b, &head, &facts, &c);
    title_take(s, b, &head.id);
    c.holder = l->o.peer;
    c.epoch = head.epoch;
    c.open_transfer = l->o.id;
    c.changed_ms = s->now;
    if (!hf_id_is_zero(&l->o.terms.household) && hf_id_is_zero(&c.household))
        household_set(s, &c, &l->o.terms.household);
    l->o.case_id = c.id;
    object_link(s->v, &c.id, &l->o.id);
    l->o.sections |= inbound_sections(b);
    l->o.erase_answered = 0;
    case_put(s->v, &c);
    match_say(s, &c, &l->o.id);
}

/* ---- amend and supplement ---- */

/* An amendment is the holder's and counts. A supplement comes when the case is
 * ours: it never takes the place of what we have, but lies beside it. */
static void
take_more(struct step *s, struct live *l, uint32_t n, const struct body *b,
          enum event event)
{
    uint32_t enters = inbound_sections(b);
    struct node_case c;

    l->o.sections |= enters | inbound_files(b);
    if (!case_get(s->v, &l->o.case_id, &c))
        return;
    if (event == EVENT_SUPPLEMENT)
        enters &= ~c.held;
    else if (l->o.had_case)
        enters = 0;
    if (enters == 0)
        return;
    keep_sections(s, l, n, b, &c, enters);
    c.changed_ms = s->now;
    case_put(s->v, &c);
}

/* What a new holder gives back lies beside the transfer; a withdrawal finds it
 * by its consent. */
static void
came_back(struct step *s, struct live *l, const struct body *b)
{
    const struct part *p = body_find(b, PART_PROOF);
    struct proof proof;

    if (p != NULL && proof_unpack(p->bytes, &proof))
        object_link(s->v, &proof.consent, &l->o.id);
}

static void
came(struct step *s, struct live *l, uint32_t n, const struct body *b,
     enum event event)
{
    /* withdrawn, too, while it waited behind a gap */
    const bool must_go =
        chain_must_erase(&l->pair) || inbound_gate(s, l, b) != REASON_NONE;
    const struct part *p = body_find(b, PART_PROOF);

    if (must_go)
        drop_copies(s, l, n, inbound_sections(b));
    else if (event == EVENT_RELEASE)
        take_release(s, l, n, b);
    else
        take_more(s, l, n, b, event);
    if (p != NULL && !must_go && proof_unpack(p->bytes, &l->o.proof))
        object_link(s->v, &l->o.proof.consent, &l->o.id);
}

void
profile_came(struct step *s, struct live *l, enum side side, uint32_t n,
             enum event event)
{
    const size_t mark = s->out->used;
    const struct part *p;
    struct body b;

    if (!live_body(s, l, side, n, &b)) {
        /* consent ended before it could go: without the case no transfer */
        if (event == EVENT_RELEASE && l->o.side == SIDE_SECOND &&
            l->o.refused == REASON_NONE)
            l->o.refused = REASON_INSUFFICIENT_INFORMATION;
        return;
    }
    p = body_find(&b, PART_PROOF);
    if (side == SIDE_SECOND) {
        if (l->o.side == SIDE_FIRST)
            came_back(s, l, &b);
    } else if (l->o.side == SIDE_SECOND) {
        came(s, l, n, &b, event);
    } else {
        l->o.sections |= inbound_sections(&b) | inbound_files(&b);
        if (p != NULL && !proof_unpack(p->bytes, &l->o.proof))
            memset(&l->o.proof, 0, sizeof(l->o.proof));
    }
    s->out->used = mark;
}

/* ---- custody has moved, or will not ---- */

/* What is left of a body: some of it may have been withdrawn since. */
static void
rest_of(struct step *s, const struct live *l, uint32_t n, struct body *ret)
{
    struct part p;

    memset(ret, 0, sizeof(*ret));
    for (unsigned i = 0; i < BODY_PARTS_MAX; i++) {
        if (!body_part_get(s->v, &l->o.id, SIDE_FIRST, n, i, &p))
            continue;
        p.bytes = step_copy(s, p.bytes);
        ret->part[ret->n++] = p;
    }
}

/* One entry's parts into the case; those of a later one after it. */
static void
adopt(struct step *s, struct live *l, uint32_t n, struct node_case *c)
{
    struct case_head head;
    struct facts facts;
    struct body b;

    rest_of(s, l, n, &b);
    if (read_head(&b, &head, &facts)) {
        parts_facts_renew(&c->facts, &facts, inbound_sections(&b));
        if (!chain_has(&l->pair, SIDE_SECOND, EVENT_ARRIVE))
            c->stage = c->facts.stage = head.stage;
        if (head.number.s[0] != '\0') {
            c->number = head.number;
            match_number(s, c);
        }
    }
    keep_consent(s, l, &b, c);
    keep_sections(s, l, n, &b, c, inbound_sections(&b));
}

void
profile_adopt(struct step *s, struct live *l, struct node_case *c)
{
    const size_t mark = s->out->used;
    struct entry e;

    for (uint32_t n = 1; l->o.had_case && n <= l->o.n[SIDE_FIRST]; n++) {
        live_entry(s, l, SIDE_FIRST, n, &e);
        if (l->item[SIDE_FIRST][n - 1].why == CHAIN_VALID &&
            (e.event == EVENT_RELEASE || e.event == EVENT_AMEND))
            adopt(s, l, n, c);
        s->out->used = mark;
    }
    /* c->from stays what it was: perhaps our own */
}

/* A case that only this transfer brought: with it all that lies under its
 * keys, the consent as it was given, too. */
static void
destroy_case(struct step *s, struct node_case *c)
{
    const struct node_lock all = {c->id, CATEGORY_NONE};

    for (enum category k = CATEGORY_IDENTITY; k < CATEGORY_END; k++)
        section_del(s->v, &c->id, k);
    if (!hf_id_is_zero(&c->consent) && is_consent_of(s, &c->consent, &c->id))
        consent_del(s->v, &c->consent);
    match_forget(s, c);
    title_del(s->v, &c->id);
    if (!hf_id_is_zero(&c->household))
        household_del(s->v, &c->household, &c->id);
    case_del(s->v, &c->id);
    s->v->shred(s->v->ctx, &all);
}

void
profile_destroy(struct step *s, struct live *l)
{
    struct node_case c;

    if (!hf_id_is_zero(&l->o.case_id) && case_get(s->v, &l->o.case_id, &c) &&
        hf_org_eq(&c.holder, &l->o.peer) &&
        hf_id_eq(&c.open_transfer, &l->o.id)) {
        if (!l->o.had_case) {
            destroy_case(s, &c);
        } else {
            c.open_transfer = (struct hf_id){{0}};
            c.changed_ms = s->now;
            case_put(s->v, &c);
        }
    }
    live_drop_peer(s, l);
}
