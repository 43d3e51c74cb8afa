/* A withdrawal: its effects here and its way to the neighbours.
 * node/DESIGN.md, "Withdrawal". */
#include "withdrawal.h"

#include "chase.h"
#include "disclose.h"
#include "erase.h"
#include "history.h"
#include "onward.h"
#include "reconsent.h"
#include "tombstone.h"

#define VERSIONS_AHEAD 1024u /* of a consent, that a peer may know of */
#define CONSENTS_MAX   16    /* of one case, one after the other */
#define TOLD_MAX       256   /* remembered, so as not to tell them twice */

struct hf_id
withdrawal_mark(const struct step *s, const struct hf_id *object,
                const struct hf_id *parent)
{
    const struct hf_bytes in = {object->b, HF_ID_BYTES};
    struct hf_id ret = *parent;
    struct hf_hash pad;

    s->env->crypto->index(s->env->crypto->ctx,
                          "handoff/1 parent of withdrawal", &in, 1, &pad);
    for (int i = 0; i < HF_ID_BYTES; i++)
        ret.b[i] ^= pad.b[i];
    return ret;
}

/** One run: what is told, to whom it was. */
struct telling {
    const struct scopes_withdrawn *w;
    const struct consent *c;    /* as it is now; NULL: no record here */
    const struct consent *was;  /* who was a recipient */
    const struct node_object *parent;
    bool only_onward;           /* whom we sent the person on to, nobody else */
    struct hf_org told[TOLD_MAX];
    size_t n_told;
    struct withdrawal_told *ret;
};

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

static uint32_t
data_cover(const struct step *s, const struct consent *c,
           const struct hf_org *org)
{
    return consent_cover(c, org, PURPOSE_REFERRAL, s->now) |
           consent_cover(c, org, PURPOSE_TRANSFER, s->now);
}

uint32_t
withdrawal_lost(const struct step *s, const struct consent *c,
                const struct hf_org *org, uint32_t categories)
{
    return c == NULL ? categories : categories & ~data_cover(s, c, org);
}

/* A person whom we sent on. */
static bool
is_onward(const struct node_object *o)
{
    return o->kind == OBJECT_REFERRAL && o->side == SIDE_FIRST &&
           !hf_id_is_zero(&o->terms.part_of);
}

static bool
is_recipient(const struct consent *c, const struct scopes_withdrawn *w,
             const struct hf_org *org)
{
    for (int i = 0; c != NULL && i < c->n_scopes; i++) {
        if (!names_scope(w, &c->scope[i].id))
            continue;
        for (int r = 0; r < c->scope[i].n_recipients; r++)
            if (hf_org_eq(&c->scope[i].recipient[r], org))
                return true;
    }
    return false;
}

/* What this peer loses. Whom we sent the person on to has it by a share of the
 * consent that is not ours to read, but for what came with the referral. */
static uint32_t
lost_by(const struct step *s, const struct telling *t,
        const struct node_object *o)
{
    bool is_named;

    return is_onward(o) ? onward_withdrawn(s, o, t->w, &is_named)
                        : withdrawal_lost(s, t->c, &o->peer, t->w->categories);
}

/* The same, by all that was sent on to them. */
static uint32_t
lost_by_all(const struct step *s, const struct telling *t,
            const struct node_object *o, const struct hf_id *link)
{
    uint32_t lost = lost_by(s, t, o);
    struct hf_id at = {{0}};
    struct node_object other;

    while (is_onward(o) && erase_next(s, link, &at, &other))
        if (is_onward(&other) && hf_org_eq(&other.peer, &o->peer))
            lost |= lost_by(s, t, &other);
    return lost;
}

/* Whether a neighbour is to be told: whoever gave us data, whoever was a
 * recipient in a withdrawn scope, and whoever was given what it covered.
 * Others learn nothing of it. */
static bool
concerns(const struct step *s, const struct telling *t,
         const struct node_object *o)
{
    bool is_named = false;

    if (is_onward(o))
        return onward_withdrawn(s, o, t->w, &is_named) != 0 || is_named;
    if (t->w->whole || o->side == SIDE_SECOND ||
        (o->sections & t->w->categories) != 0)
        return true;
    return is_recipient(t->was, t->w, &o->peer);
}

/* ---- our own consent record ---- */

static void
mark_consent(struct step *s, const struct scopes_withdrawn *w)
{
    const struct hf_bytes none = {NULL, 0};
    struct consent c;
    bool is_newer;

    if (w->narrowed || !consent_get(s->v, &w->consent, &c))
        return;
    for (int i = 0; i < c.n_scopes; i++)
        if (names_scope(w, &c.scope[i].id))
            c.scope[i].withdrawn = true;
    if (w->whole)
        c.state = CONSENT_WITHDRAWN;
    is_newer = w->version > c.version;
    if (is_newer)
        c.version = w->version;
    consent_put(s->v, &c, none);
    if (is_newer)
        history_sign(s, &c, HISTORY_WITHDRAWN, none);
}

/* ---- neighbours ---- */

/* An open object that can no longer go on without what was withdrawn. The
 * rest of a profile is still covered unless the whole consent is gone. */
static bool
must_stop(const struct step *s, const struct telling *t,
          const struct node_object *o)
{
    if (o->side != SIDE_FIRST || o->n[SIDE_FIRST] == 0)
        return false;
    if (o->kind == OBJECT_TRANSFER)
        return t->w->whole;
    return o->state != STATE_COMPLETED && o->state != STATE_FAILED &&
           o->state != STATE_CLOSED &&
           (t->w->whole || (lost_by(s, t, o) &
                            (o->terms.required | o->sections)) != 0);
}

static void
stop_object(struct step *s, const struct telling *t,
            const struct node_object *o)
{
    const struct draft d = {.event = o->kind == OBJECT_REFERRAL
                                         ? EVENT_RECALL
                                         : EVENT_WITHDRAW,
                            .reason = REASON_CONSENT_WITHDRAWN};
    struct live l;

    if (!must_stop(s, t, o) || !live_load(s, &o->id, &l) ||
        !live_may(s, &l, d.event, 0))
        return;
    live_append(s, &l, &d);
    live_settle(s, &l);
}

static void
tell(struct step *s, struct telling *t, const struct node_object *o,
     uint32_t categories)
{
    uint8_t packed[SCOPES_BYTES(SCOPES_MAX)];
    const struct hf_id id = step_fresh_id(s);
    struct scopes_withdrawn theirs = *t->w;
    struct draft d = {.event = EVENT_WITHDRAW,
                      .reason = t->w->erase ? REASON_ERASE : REASON_STOP};
    struct live l;

    live_make(s, OBJECT_WITHDRAWAL, SIDE_FIRST, &id, &o->peer, &l);
    if (t->parent != NULL)
        l.o.parent = t->parent->id;
    if (is_onward(o)) /* there it is they themselves */
        memset(&theirs.onward, 0, sizeof(theirs.onward));
    theirs.object = o->id;
    theirs.categories = categories;
    theirs.mark = withdrawal_mark(s, &id, &l.o.parent);
    if (o->kind != OBJECT_TRANSFER)
        theirs.case_id = (struct hf_id){{0}}; /* it does not know it */
    l.o.case_id = o->case_id;
    l.o.scopes = theirs;
    object_link(s->v, &t->w->consent, &id);
    if (t->parent != NULL)
        object_link(s->v, &l.o.parent, &id);
    disclose_add(&d.body, PART_SCOPES, CATEGORY_NONE,
                 (struct hf_bytes){packed, scopes_pack(&theirs, packed)});
    live_append(s, &l, &d);
    live_settle(s, &l);
    chase_begin(s, &l);
    if (t->ret->n++ == 0)
        t->ret->first = id;
}

static bool
told_already(struct telling *t, const struct hf_org *org)
{
    for (size_t i = 0; i < t->n_told; i++)
        if (hf_org_eq(&t->told[i], org))
            return true;
    if (t->n_told < TOLD_MAX) /* beyond it: rather twice than not at all */
        t->told[t->n_told++] = *org;
    return false;
}

/* Whether anything of the person went over this object, either way. */
static bool
shared(const struct node_object *o)
{
    if (o->n[0] + o->n[1] == 0)
        return false;
    return o->sections != 0 || o->side == SIDE_FIRST ||
           o->kind == OBJECT_TRANSFER || o->proof.n != 0;
}

static void
tell_those_of(struct step *s, struct telling *t, const struct hf_id *link)
{
    struct hf_id at = {{0}};
    struct node_object o;

    while (erase_next(s, link, &at, &o)) {
        if (t->only_onward && !is_onward(&o))
            continue;
        stop_object(s, t, &o);
        if (!shared(&o) || !concerns(s, t, &o) ||
            (t->parent != NULL && hf_org_eq(&o.peer, &t->parent->peer)) ||
            told_already(t, &o.peer))
            continue;
        tell(s, t, &o, lost_by_all(s, t, &o, link));
    }
}

/* A version out of all proportion would leave no room for the next. */
static void
put_version_right(struct scopes_withdrawn *w, const struct consent *c)
{
    if (c != NULL && w->version > c->version + VERSIONS_AHEAD)
        w->version = c->version + 1;
}

static void
begin_one(struct step *s, struct scopes_withdrawn *what,
          const struct node_object *parent, const struct consent *was,
          struct withdrawal_told *ret)
{
    struct telling t = {.w = what, .parent = parent, .ret = ret};
    struct scopes_withdrawn here;
    struct consent c;
    bool known;

    if (consent_get(s->v, &what->consent, &c))
        put_version_right(what, &c);
    known = parent != NULL && tombstone_knows(s, what);
    tombstone_lay(s, what);
    mark_consent(s, what);
    if (consent_get(s->v, &what->consent, &c))
        t.c = &c;
    t.was = was != NULL ? was : t.c;
    /* a narrowed consent is between this holder and that recipient, and those
     * that it has sent the person on to */
    t.only_onward = what->narrowed;
    if (!known) {
        if (t.c != NULL && !what->narrowed)
            tell_those_of(s, &t, &c.case_id);
        tell_those_of(s, &t, &what->consent);
    }
    here = *what;
    if (!what->narrowed)
        here.categories =
            withdrawal_lost(s, t.c, step_me(s), what->categories);
    erase_received(s, &here);
}

/* Who has everything erased means also what an older consent let go and was
 * only stopped. */
static bool
next_older(const struct step *s, struct consent *c)
{
    const struct hf_id id = c->previous;

    return !hf_id_is_zero(&id) && consent_get(s->v, &id, c);
}

void
withdrawal_begin(struct step *s, struct scopes_withdrawn *what,
                 const struct node_object *parent, const struct consent *was,
                 struct withdrawal_told *ret)
{
    struct consent c;

    memset(ret, 0, sizeof(*ret));
    begin_one(s, what, parent, was, ret);
    if (!what->whole || !what->erase ||
        !consent_get(s->v, &what->consent, &c))
        return;
    for (int i = 0; i < CONSENTS_MAX && next_older(s, &c); i++) {
        struct scopes_withdrawn older = *what;

        older.consent = c.id;
        older.version = c.version + 1;
        if (c.state == CONSENT_WITHDRAWN && !tombstone_erased(s, &c.id))
            begin_one(s, &older, parent, NULL, ret);
    }
}

bool
withdrawal_find(const struct step *s, const struct node_case *c, bool erase,
                struct consent *ret)
{
    struct hf_id id = c->consent;

    for (int i = 0; i < CONSENTS_MAX && consent_get(s->v, &id, ret); i++) {
        if (ret->state == CONSENT_GIVEN ||
            (ret->state == CONSENT_WITHDRAWN && erase))
            return true;
        id = ret->previous;
    }
    return false;
}

void
withdrawal_of_case(struct step *s, const struct hf_id *case_id,
                   struct withdrawal_told *ret)
{
    struct scopes_withdrawn w = {.case_id = *case_id,
                                 .erase = true,
                                 .whole = true,
                                 .categories = CATEGORY_ALL};
    struct node_case kase;
    struct consent c;

    memset(ret, 0, sizeof(*ret));
    if (!case_get(s->v, case_id, &kase) ||
        !withdrawal_find(s, &kase, true, &c))
        return;
    w.consent = c.id;
    w.version = c.version + 1;
    for (int i = 0; i < c.n_scopes; i++)
        w.scope[w.n++] = c.scope[i].id;
    withdrawal_begin(s, &w, NULL, NULL, ret);
    if (case_get(s->v, case_id, &kase))
        reconsent_settle(s, &kase);
}

/* ---- amendments ---- */

static const struct consent_scope *
find_scope(const struct consent *c, const struct hf_name *id)
{
    for (int i = 0; i < c->n_scopes; i++)
        if (hf_name_eq(&c->scope[i].id, id))
            return &c->scope[i];
    return NULL;
}

/* Scopes that are not there any more; they are marked in @was. */
static void
gather_dropped(struct consent *was, const struct consent *now,
               struct scopes_withdrawn *w)
{
    for (int i = 0; i < was->n_scopes; i++) {
        struct consent_scope *sc = &was->scope[i];

        if (sc->withdrawn || find_scope(now, &sc->id) != NULL)
            continue;
        w->scope[w->n++] = sc->id;
        w->categories |= sc->categories;
        sc->withdrawn = true;
    }
}

/* The receiver of a referral may have sent the person on to somebody who is
 * left out now: it passes that on. */
static void
tell_left_out_onward(struct step *s, const struct telling *t,
                     const struct node_object *o, struct scopes_withdrawn *w)
{
    struct telling alone = {.w = w, .c = t->c, .was = t->was, .ret = t->ret};
    struct hf_org to[GRANTS_MAX];
    const size_t n = consent_onward(t->was, to);

    if (o->kind != OBJECT_REFERRAL || o->side != SIDE_FIRST ||
        o->sections == 0)
        return;
    for (size_t i = 0; i < n && i < GRANTS_MAX; i++) {
        w->onward = to[i];
        w->categories =
            consent_cover(t->was, &to[i], PURPOSE_ONWARD, s->now) &
            ~consent_cover(t->c, &to[i], PURPOSE_ONWARD, s->now) & o->sections;
        if (w->categories != 0)
            tell(s, &alone, o, w->categories);
    }
    memset(&w->onward, 0, sizeof(w->onward));
}

/* Neighbours that are left out of a scope that goes on. */
static void
tell_left_out(struct step *s, struct telling *t, struct scopes_withdrawn *w)
{
    struct hf_id at = {{0}};
    struct node_object o;

    while (erase_next(s, &t->c->case_id, &at, &o)) {
        tell_left_out_onward(s, t, &o, w);
        w->categories =
            data_cover(s, t->was, &o.peer) & ~data_cover(s, t->c, &o.peer);
        if (w->categories == 0 || !shared(&o))
            continue;
        stop_object(s, t, &o);
        if (!told_already(t, &o.peer))
            tell(s, t, &o, w->categories);
    }
}

void
withdrawal_amended(struct step *s, const struct consent *was,
                   const struct consent *now, bool erase,
                   struct withdrawal_told *ret)
{
    struct scopes_withdrawn w = {.consent = now->id,
                                 .case_id = now->case_id,
                                 .version = now->version,
                                 .erase = erase};
    struct consent left = *was;
    struct telling t = {.w = &w, .c = now, .was = &left, .ret = ret};

    memset(ret, 0, sizeof(*ret));
    gather_dropped(&left, now, &w);
    if (w.n > 0)
        withdrawal_begin(s, &w, NULL, was, ret);
    w.n = 0;
    w.narrowed = true;
    tell_left_out(s, &t, &w);
}
