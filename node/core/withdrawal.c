/* Withdrawal: its effects here, its way to the neighbours, and its part of
 * live.h. node/DESIGN.md, "Withdrawal". */
#include "withdrawal.h"

#include "disclose.h"
#include "hf_assert.h"
#include "lifecycle.h"
#include "parts.h"

#define VERSIONS_AHEAD 1024u /* of a consent, that a peer may know of */

static bool
names_scope(const struct scopes_withdrawn *w, const struct hf_name *scope)
{
    if (w->whole)
        return true;
    for (int i = 0; i < w->n; i++)
        if (hf_name_eq(&w->scope[i], scope))
            return true;
    return false;
}

/* What of @categories no scope in force lets @org have any more. */
static uint32_t
lost_by(const struct step *s, const struct consent *c,
        const struct hf_org *org, uint32_t categories)
{
    return categories &
           ~(consent_cover(c, org, PURPOSE_REFERRAL, s->now) |
             consent_cover(c, org, PURPOSE_TRANSFER, s->now));
}

/* Whether a neighbour is to be told: whoever gave us data, and whoever was a
 * recipient in a withdrawn scope. Others learn nothing of it. */
static bool
concerns(const struct consent *c, const struct scopes_withdrawn *w,
         const struct node_object *o)
{
    if (w->whole || o->side == SIDE_SECOND)
        return true;
    for (int i = 0; i < c->n_scopes; i++) {
        if (!names_scope(w, &c->scope[i].id))
            continue;
        for (int r = 0; r < c->scope[i].n_recipients; r++)
            if (hf_org_eq(&c->scope[i].recipient[r], &o->peer))
                return true;
    }
    return false;
}

/* ---- tombstones and our own consent record ---- */

static const struct hf_name whole; /* the scope of a tombstone for all */

static bool
is_known(const struct step *s, const struct scopes_withdrawn *w,
         const struct hf_name *scope)
{
    struct node_tombstone t;

    return tombstone_get(s->v, &w->consent, scope, &t) &&
           t.version >= w->version && (t.erase || !w->erase);
}

/* Whether all of it was withdrawn here before, as far or further: then whoever
 * concerns it has been told. Without this, three holders in a circle would
 * tell each other for ever. */
static bool
all_known(const struct step *s, const struct scopes_withdrawn *w)
{
    if (is_known(s, w, &whole))
        return true;
    for (int i = 0; !w->whole && i < w->n; i++)
        if (!is_known(s, w, &w->scope[i]))
            return false;
    return !w->whole;
}

/* A tombstone only ever covers more. */
static void
put_tombstone(struct step *s, const struct scopes_withdrawn *w,
              const struct hf_name *scope)
{
    struct node_tombstone t;

    if (!tombstone_get(s->v, &w->consent, scope, &t))
        memset(&t, 0, sizeof(t));
    t.consent = w->consent;
    t.scope = *scope;
    t.version = w->version > t.version ? w->version : t.version;
    t.categories |= w->categories;
    t.erase |= w->erase;
    t.at_ms = s->now;
    tombstone_put(s->v, &t);
}

static void
put_tombstones(struct step *s, const struct scopes_withdrawn *w)
{
    if (w->whole)
        put_tombstone(s, w, &whole);
    for (int i = 0; !w->whole && i < w->n; i++)
        put_tombstone(s, w, &w->scope[i]);
}

static void
mark_consent(struct step *s, const struct scopes_withdrawn *w)
{
    const struct hf_bytes none = {NULL, 0};
    struct consent c;

    if (!consent_get(s->v, &w->consent, &c))
        return;
    for (int i = 0; i < c.n_scopes; i++)
        if (names_scope(w, &c.scope[i].id))
            c.scope[i].withdrawn = true;
    if (w->whole)
        c.state = CONSENT_WITHDRAWN;
    if (w->version > c.version)
        c.version = w->version;
    consent_put(s->v, &c, none);
}

/* ---- data held here ---- */

/* The next referral or transfer under a case or consent. Withdrawals stand
 * there too, more of them with each: they are passed over, not counted. */
static bool
next_matter(const struct step *s, const struct hf_id *to, struct hf_id *at,
            struct node_object *ret)
{
    while (object_next_of_case(s->v, to, at, ret))
        if (ret->kind != OBJECT_WITHDRAWAL)
            return true;
    return false;
}

/* A case that came to us from somebody under this consent. */
static void
erase_case(struct step *s, const struct hf_id *case_id, uint32_t categories)
{
    struct node_case c;

    if (!case_get(s->v, case_id, &c) || c.from.s[0] == '\0')
        return;
    for (enum category k = CATEGORY_IDENTITY; k < CATEGORY_END; k++)
        if (c.held & categories & CATEGORY_BIT(k))
            section_del(s->v, case_id, k);
    c.held &= ~categories;
    c.facts = parts_facts_left(&c.facts, CATEGORY_ALL & ~categories);
    if (categories & CATEGORY_BIT(CATEGORY_IDENTITY))
        memset(&c.number, 0, sizeof(c.number));
    c.changed_ms = s->now;
    case_put(s->v, &c);
}

/* What one object brought us. */
static void
erase_object(struct step *s, const struct hf_id *id, uint32_t categories)
{
    struct live l;

    if (!live_load(s, id, &l) || l.o.side != SIDE_SECOND ||
        l.o.kind == OBJECT_WITHDRAWAL)
        return;
    live_drop_sections(s, &l, SIDE_FIRST, l.o.sections & categories);
    l.o.sections &= ~categories;
    object_put(s->v, &l.o, l.was_changed_ms);
}

static void
erase_here(struct step *s, const struct scopes_withdrawn *w)
{
    struct hf_id at = {{0}};
    struct node_object o;

    if (!w->erase)
        return;
    for (int i = 0; i < WITHDRAWAL_OBJECTS_MAX &&
                    next_matter(s, &w->consent, &at, &o);
         i++) {
        erase_object(s, &o.id, w->categories);
        if (o.kind == OBJECT_TRANSFER && !hf_id_is_zero(&o.case_id))
            erase_case(s, &o.case_id, w->categories);
    }
}

/* ---- neighbours ---- */

/* An open object that can no longer go on without what was withdrawn. The
 * rest of a profile is still covered unless the whole consent is gone. */
static bool
must_stop(const struct step *s, const struct node_object *o,
          const struct consent *c, const struct scopes_withdrawn *w)
{
    if (o->side != SIDE_FIRST || o->n[SIDE_FIRST] == 0)
        return false;
    if (o->kind == OBJECT_TRANSFER)
        return w->whole;
    return o->kind == OBJECT_REFERRAL && o->state != STATE_COMPLETED &&
           o->state != STATE_FAILED && o->state != STATE_CLOSED &&
           (w->whole || lost_by(s, c, &o->peer,
                                w->categories &
                                    (o->terms.required | o->sections)) != 0);
}

static void
stop_object(struct step *s, const struct node_object *o,
            const struct consent *c, const struct scopes_withdrawn *w)
{
    const struct draft d = {.event = o->kind == OBJECT_REFERRAL
                                         ? EVENT_RECALL
                                         : EVENT_WITHDRAW,
                            .reason = REASON_CONSENT_WITHDRAWN};
    struct live l;

    if (!must_stop(s, o, c, w) || !live_load(s, &o->id, &l) ||
        !live_may(s, &l, d.event, 0))
        return;
    live_append(s, &l, &d);
    live_settle(s, &l);
}

static void
tell(struct step *s, const struct node_object *o, const struct consent *c,
     const struct scopes_withdrawn *w, const struct hf_org *asked_by,
     struct hf_id *ret_id)
{
    uint8_t *packed = step_alloc(s, SCOPES_BYTES(SCOPES_MAX));
    const struct hf_id id = step_fresh_id(s);
    struct scopes_withdrawn theirs = *w;
    struct draft d = {.event = EVENT_WITHDRAW,
                      .reason = w->erase ? REASON_ERASE : REASON_STOP};
    struct live l;

    theirs.object = o->id;
    theirs.categories = lost_by(s, c, &o->peer, w->categories);
    if (o->kind != OBJECT_TRANSFER)
        theirs.case_id = (struct hf_id){{0}}; /* it does not know it */
    live_make(s, OBJECT_WITHDRAWAL, SIDE_FIRST, &id, &o->peer, &l);
    l.o.case_id = o->case_id;
    l.o.scopes = theirs;
    l.o.asked_by = *asked_by;
    object_link(s->v, &w->consent, &id);
    disclose_add(&d.body, PART_SCOPES, CATEGORY_NONE,
                 (struct hf_bytes){packed, scopes_pack(&theirs, packed)});
    live_append(s, &l, &d);
    live_settle(s, &l);
    *ret_id = id;
}

/* Neighbours already told in this run; a case has few. */
struct told {
    size_t n;
    struct hf_org org[WITHDRAWAL_OBJECTS_MAX];
};

static bool
told_already(struct told *t, const struct hf_org *org)
{
    for (size_t i = 0; i < t->n; i++)
        if (hf_org_eq(&t->org[i], org))
            return true;
    HF_ASSERT(t->n < WITHDRAWAL_OBJECTS_MAX);
    t->org[t->n++] = *org;
    return false;
}

/* Whether anything of the person went over this object, either way. */
static bool
shared(const struct node_object *o)
{
    if (o->kind == OBJECT_WITHDRAWAL || o->n[0] + o->n[1] == 0)
        return false;
    return o->sections != 0 || o->side == SIDE_FIRST ||
           o->kind == OBJECT_TRANSFER;
}

static unsigned
tell_all(struct step *s, const struct consent *c,
         const struct scopes_withdrawn *w, const struct hf_org *asked_by,
         struct hf_id *ret_first)
{
    struct told told = {.n = 0};
    struct hf_id at = {{0}}, id;
    struct node_object o;
    unsigned n = 0;

    for (int i = 0; i < WITHDRAWAL_OBJECTS_MAX &&
                    next_matter(s, &c->case_id, &at, &o);
         i++) {
        stop_object(s, &o, c, w);
        if (!shared(&o) || !concerns(c, w, &o) ||
            hf_org_eq(&o.peer, asked_by) || told_already(&told, &o.peer))
            continue;
        tell(s, &o, c, w, asked_by, &id);
        if (n++ == 0)
            *ret_first = id;
    }
    return n;
}

unsigned
withdrawal_begin(struct step *s, struct scopes_withdrawn *what,
                 const struct hf_org *asked_by, struct hf_id *ret_first)
{
    struct scopes_withdrawn here;
    unsigned n = 0;
    bool known;
    struct consent c;

    /* A version out of all proportion would leave no room for the next. */
    if (consent_get(s->v, &what->consent, &c) &&
        what->version > c.version + VERSIONS_AHEAD)
        what->version = c.version + 1;
    known = asked_by->s[0] != '\0' && all_known(s, what);
    put_tombstones(s, what);
    mark_consent(s, what);
    here = *what;
    if (consent_get(s->v, &what->consent, &c)) {
        if (!known)
            n = tell_all(s, &c, what, asked_by, ret_first);
        here.categories = lost_by(s, &c, step_me(s), what->categories);
    }
    erase_here(s, &here);
    return n;
}

/* ---- live_kind ---- */

static bool
children_answered(struct step *s, const struct live *l)
{
    struct hf_id at = {{0}};
    struct node_object o;

    while (object_next_of_case(s->v, &l->o.scopes.consent, &at, &o))
        if (o.kind == OBJECT_WITHDRAWAL && o.side == SIDE_FIRST &&
            o.scopes.version == l->o.scopes.version &&
            hf_org_eq(&o.asked_by, &l->o.peer) && o.state != STATE_ANSWERED)
            return false;
    return true;
}

static void
apply_withdraw(struct step *s, struct live *l, uint32_t n)
{
    const struct part *p;
    struct hf_id first;
    struct body b;

    if (!live_body(s, l, SIDE_FIRST, n, &b))
        return;
    p = body_find(&b, PART_SCOPES);
    if (p == NULL || !scopes_unpack(p->bytes, &l->o.scopes))
        return;
    object_link(s->v, &l->o.scopes.consent, &l->o.id);
    if (l->o.side == SIDE_SECOND)
        (void)withdrawal_begin(s, &l->o.scopes, &l->o.peer, &first);
}

/* One that was told by us has answered: whoever told us may be answered. */
static void
wake_parent(struct step *s, const struct live *l)
{
    struct hf_id at = {{0}};
    struct node_object o;

    if (l->o.side != SIDE_FIRST || l->o.asked_by.s[0] == '\0')
        return;
    while (object_next_of_case(s->v, &l->o.scopes.consent, &at, &o))
        if (o.kind == OBJECT_WITHDRAWAL && o.side == SIDE_SECOND &&
            hf_org_eq(&o.peer, &l->o.asked_by) && o.state != STATE_ANSWERED)
            due_put(s->v, s->now, &o.id, DUE_ANSWER);
    s->again = true;
}

static void
apply(struct step *s, struct live *l, enum side side, uint32_t n,
      const struct entry *e)
{
    (void)side;
    if (e->reason != REASON_NONE)
        l->o.reason = e->reason;
    l->o.erase_basis_kept = e->event == EVENT_KEPT;
    if (e->event == EVENT_WITHDRAW)
        apply_withdraw(s, l, n);
    else if (e->event == EVENT_ERASED || e->event == EVENT_KEPT)
        wake_parent(s, l);
}

/* The told side still holds what it collected itself, or what a later consent
 * covers: that is kept, and said. */
static bool
still_holds(const struct step *s, const struct live *l)
{
    struct node_case c;
    struct consent consent;

    return consent_get(s->v, &l->o.scopes.consent, &consent) &&
           case_get(s->v, &consent.case_id, &c) &&
           (c.held & l->o.scopes.categories) != 0;
}

static bool
react(struct step *s, struct live *l)
{
    const bool asked = l->o.state == STATE_ASKED;
    enum event answer = EVENT_ERASED;
    enum reason why = REASON_NONE;

    if (l->o.side != SIDE_SECOND || (!asked && l->o.state != STATE_PARTIAL))
        return false;
    if (!children_answered(s, l)) {
        answer = EVENT_PARTIAL;
    } else if (!l->o.scopes.erase) {
        answer = EVENT_KEPT;
        why = REASON_STOP;
    } else if (still_holds(s, l)) {
        answer = EVENT_KEPT;
        why = REASON_LEGAL_OBLIGATION;
    }
    /* not twice, and not where our own chain is forked or not all here */
    if ((answer == EVENT_PARTIAL && !asked) || !live_may(s, l, answer, 0))
        return false;
    live_auto(s, l, answer, why);
    return true;
}

const struct live_kind withdrawal_kind = {apply, react};
