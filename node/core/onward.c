#include "onward.h"

#include "disclose.h"
#include "inbound.h"
#include "lifecycle.h"
#include "tombstone.h"

/* ---- who referred ---- */

static void
add_grant(struct step *s, const struct live *l, const struct consent *c,
          const struct hf_org *to, uint32_t categories, struct body *b)
{
    uint8_t *packed;
    struct hf_bytes span;
    struct grant g;

    memset(&g, 0, sizeof(g));
    g.from = *step_me(s);
    g.by = l->o.peer;
    g.to = *to;
    g.referral = l->o.id;
    g.at_ms = s->now;
    consent_proof(c, to, PURPOSE_ONWARD,
                  categories & consent_cover(c, to, PURPOSE_ONWARD, s->now),
                  s->now, &g.proof);
    if (g.proof.n == 0)
        return;
    packed = step_alloc(s, GRANT_PART_MAX);
    span = (struct hf_bytes){packed, grant_pack(&g, packed)};
    s->env->crypto->sign(s->env->crypto->ctx, GRANT_LABEL, &span, 1,
                         packed + span.n);
    span.n += GRANT_SIG_BYTES;
    disclose_add(b, PART_GRANT, CATEGORY_NONE, span);
}

void
onward_add_grants(struct step *s, const struct live *l,
                  const struct consent *c, uint32_t categories, struct body *b)
{
    struct hf_org to[GRANTS_MAX];
    size_t n;

    if (c == NULL || l->o.kind != OBJECT_REFERRAL ||
        !hf_id_is_zero(&l->o.terms.part_of))
        return;
    n = consent_onward(c, to);
    for (size_t i = 0; i < n && i < GRANTS_MAX; i++)
        if (!hf_org_eq(&to[i], &l->o.peer) && !hf_org_eq(&to[i], step_me(s)))
            add_grant(s, l, c, &to[i], categories, b);
}

/* ---- grants, as they came ---- */

static bool
is_signed(const struct step *s, const struct grant *g, struct hf_bytes what,
          const uint8_t *sig)
{
    return step_member(s, &g->from) != NULL &&
           s->env->is_said(s->env->registry, &g->from, g->at_ms, GRANT_LABEL,
                           what, sig);
}

/* One that @x's other side made for us. */
static bool
read_grant(const struct node_env *env, const struct node_object *x,
           const struct part *p, struct grant *ret)
{
    struct hf_bytes what;
    const uint8_t *sig;

    return p->type == PART_GRANT &&
           grant_unpack(p->bytes, ret, &what, &sig) &&
           hf_org_eq(&ret->from, &x->peer) &&
           hf_org_eq(&ret->by, &env->config->org) &&
           hf_id_eq(&ret->referral, &x->id);
}

/* Where it is: all parts of all entries of the other side in one row. */
static bool
grant_at(const struct node_env *env, const struct node_object *x, unsigned at,
         struct grant *ret, struct hf_bytes *ret_part)
{
    struct part p;

    if (!body_part_get(env->view, &x->id, SIDE_FIRST, at / BODY_PARTS_MAX + 1,
                       at % BODY_PARTS_MAX, &p) ||
        !read_grant(env, x, &p, ret))
        return false;
    *ret_part = p.bytes;
    return true;
}

/* Of several for one receiver the newest counts: entries are in order. */
static bool
find_grant(const struct step *s, const struct node_object *x,
           const struct hf_org *to, struct grant *ret,
           struct hf_bytes *ret_part)
{
    struct grant g;

    for (unsigned at = x->n[SIDE_FIRST] * BODY_PARTS_MAX; at > 0; at--)
        if (grant_at(s->env, x, at - 1, &g, ret_part) && hf_org_eq(&g.to, to)) {
            *ret = g;
            return true;
        }
    return false;
}

static bool
is_among(const struct grant *list, size_t n, const struct hf_org *to)
{
    for (size_t i = 0; i < n; i++)
        if (hf_org_eq(&list[i].to, to))
            return true;
    return false;
}

size_t
onward_grants(const struct node_env *env, const struct node_object *x,
              struct grant ret[static GRANTS_MAX])
{
    struct hf_bytes part;
    size_t n = 0;

    for (unsigned at = x->n[SIDE_FIRST] * BODY_PARTS_MAX;
         at > 0 && n < GRANTS_MAX; at--)
        if (grant_at(env, x, at - 1, &ret[n], &part) &&
            !is_among(ret, n, &ret[n].to))
            n++;
    return n;
}

/* ---- x as a case ---- */

/* What was begun goes on after x came to a good end. */
static const uint64_t over =
    LIFECYCLE_IN(STATE_CANCEL_PENDING) | LIFECYCLE_IN(STATE_COMPLETED) |
    LIFECYCLE_IN(STATE_FAILED) | LIFECYCLE_IN(STATE_CLOSED);

/* Which sections are there, whatever @x's record says of files. */
static uint32_t
sections_held(const struct step *s, const struct node_object *x)
{
    uint32_t held = 0;
    struct part p;

    for (uint32_t n = 1; n <= x->n[SIDE_FIRST]; n++)
        for (unsigned i = 0; i < BODY_PARTS_MAX; i++)
            if (body_part_get(s->v, &x->id, SIDE_FIRST, n, i, &p) &&
                p.type == PART_SECTION)
                held |= CATEGORY_BIT(p.category);
    return held & x->sections;
}

/* The youngest age of a band, as a year of birth: a rule that asks for an age
 * asks for a band's. */
static uint16_t
birth_year(enum age_band band, uint64_t now_ms)
{
    static const uint8_t youngest[AGE_END] = {
        [AGE_5_11] = 5, [AGE_12_17] = 12, [AGE_18_24] = 18,
        [AGE_25_59] = 25, [AGE_60_UP] = 60};
    const struct facts epoch = {.birth_year = 1970};

    if (band == AGE_NONE || band == AGE_UNKNOWN || band >= AGE_END)
        return 0;
    return (uint16_t)(1970 + facts_age(&epoch, now_ms) - youngest[band]);
}

/* What the card said; a provider is not told more in a form that rules read. */
static void
facts_of(const struct card *card, uint64_t now_ms, struct facts *f)
{
    memset(f, 0, sizeof(*f));
    f->birth_year = birth_year(card->age_band, now_ms);
    f->sex = card->sex == SEX_UNKNOWN ? SEX_NONE : card->sex;
    memcpy(f->origin, card->country, sizeof(f->origin));
    f->province = card->province;
    memcpy(f->language, card->language, sizeof(f->language));
    f->groups = card->groups;
    f->family_band = card->family_band;
    f->stage = STAGE_IN_ASSISTANCE;
}

bool
onward_view(const struct step *s, const struct hf_id *x, struct node_case *ret)
{
    struct node_object o;

    if (!object_get(s->v, x, &o) || o.kind != OBJECT_REFERRAL ||
        o.side != SIDE_SECOND || o.is_forked ||
        !((ONWARD_TAKEN | over) & LIFECYCLE_IN(o.state)))
        return false;
    memset(ret, 0, sizeof(*ret));
    ret->id = o.id;
    ret->stage = STAGE_IN_ASSISTANCE;
    ret->holder = *step_me(s);
    ret->held = sections_held(s, &o);
    facts_of(&o.card, s->now, &ret->facts);
    ret->consent = o.proof.consent;
    ret->created_ms = o.created_ms;
    return true;
}

bool
onward_is_view(const struct node_case *c)
{
    return c->epoch == 0;
}

bool
onward_section(const struct step *s, const struct node_case *c,
               enum category category, struct hf_bytes *ret_json)
{
    struct node_object x;
    struct part p;

    if (!object_get(s->v, &c->id, &x))
        return false;
    for (uint32_t n = x.n[SIDE_FIRST]; n > 0; n--)
        for (unsigned i = 0; i < BODY_PARTS_MAX; i++) {
            if (!body_part_get(s->v, &x.id, SIDE_FIRST, n, i, &p) ||
                p.type != PART_SECTION || p.category != category)
                continue;
            *ret_json = p.bytes;
            return true;
        }
    return false;
}

/* ---- the grant as a consent ---- */

static void
add_scope(const struct proof_item *item, const struct hf_org *to,
          uint32_t categories, bool withdrawn, struct consent *c)
{
    const uint32_t feedback = PURPOSE_BIT(PURPOSE_FEEDBACK);
    struct consent_scope *sc = &c->scope[c->n_scopes];

    if (categories == 0)
        return;
    memset(sc, 0, sizeof(*sc));
    sc->id = item->scope;
    sc->categories = categories;
    sc->purposes = item->purposes & feedback;
    if (item->purposes & PURPOSE_BIT(PURPOSE_ONWARD))
        sc->purposes |= PURPOSE_BIT(PURPOSE_REFERRAL);
    sc->until_ms = item->until_ms;
    sc->withdrawn = withdrawn;
    sc->n_recipients = 1;
    sc->recipient[0] = *to;
    c->n_scopes++;
}

/* What is withdrawn of one item: of the receiver's share, or of ours. */
static uint32_t
gone_of(const struct step *s, const struct node_object *x,
        const struct grant *g, const struct proof_item *item)
{
    struct proof one = g->proof;

    one.n = 1;
    one.item[0] = *item;
    return tombstone_under(s, &one) | tombstone_under(s, &x->proof) |
           tombstone_onward(s, &one, &g->to);
}

static void
fill_consent(const struct step *s, const struct node_object *x,
             const struct grant *g, struct consent *ret)
{
    memset(ret, 0, sizeof(*ret));
    ret->id = g->proof.consent;
    ret->case_id = x->id;
    ret->version = g->proof.version;
    ret->state = CONSENT_GIVEN;
    ret->given_ms = g->at_ms;
    for (int i = 0; i < g->proof.n; i++) {
        const struct proof_item *item = &g->proof.item[i];
        const uint32_t gone = gone_of(s, x, g, item);

        add_scope(item, &g->to, item->categories & ~gone, false, ret);
        add_scope(item, &g->to, item->categories & gone, true, ret);
    }
}
_Static_assert(2 * PROOF_ITEMS_MAX <= CONSENT_SCOPES_MAX,
               "a grant, in force and withdrawn, is a consent's scopes");

const struct consent *
onward_consent(const struct step *s, const struct node_case *c,
               const struct hf_org *to, struct consent *room)
{
    struct node_object x;
    struct hf_bytes part;
    struct grant g;

    if (!object_get(s->v, &c->id, &x) || !find_grant(s, &x, to, &g, &part))
        return NULL;
    fill_consent(s, &x, &g, room);
    return room;
}

uint32_t
onward_cover(const struct step *s, const struct node_object *y)
{
    struct consent room;
    struct node_case c;

    if (hf_id_is_zero(&y->terms.part_of) ||
        !onward_view(s, &y->terms.part_of, &c))
        return 0;
    return consent_cover(onward_consent(s, &c, &y->peer, &room), &y->peer,
                         PURPOSE_REFERRAL, s->now);
}

uint32_t
onward_still(const struct node_env *env, uint64_t now_ms,
             const struct node_object *x, const struct hf_org *to)
{
    const struct step s = {.env = env, .v = env->view, .now = now_ms};
    struct consent room;
    struct node_case c;

    if (!onward_view(&s, &x->id, &c))
        return 0;
    return c.held & consent_cover(onward_consent(&s, &c, to, &room), to,
                                  PURPOSE_REFERRAL, now_ms);
}

void
onward_add_grant(struct step *s, const struct node_case *c,
                 const struct hf_org *to, struct body *b)
{
    struct node_object x;
    struct hf_bytes part;
    struct grant g;

    if (object_get(s->v, &c->id, &x) && find_grant(s, &x, to, &g, &part))
        disclose_add(b, PART_GRANT, CATEGORY_NONE, step_copy(s, part));
}

void
onward_link(struct step *s, const struct node_object *y)
{
    struct node_object x;

    if (hf_id_is_zero(&y->terms.part_of) || y->side != SIDE_FIRST)
        return;
    object_link(s->v, &y->terms.part_of, &y->id);
    if (object_get(s->v, &y->terms.part_of, &x) &&
        !hf_id_is_zero(&x.proof.consent))
        object_link(s->v, &x.proof.consent, &y->id);
}

/* ---- what a withdrawal takes from y's receiver ---- */

static bool
names_scope(const struct scopes_withdrawn *w, const struct hf_name *scope)
{
    for (int i = 0; i < w->n; i++)
        if (hf_name_eq(&w->scope[i], scope))
            return true;
    return false;
}

uint32_t
onward_withdrawn(const struct step *s, const struct node_object *y,
                 const struct scopes_withdrawn *w, bool *ret_named)
{
    uint32_t named = w->categories, share = 0;
    struct node_object x;
    struct node_case c;
    struct hf_bytes part;
    struct grant g;

    *ret_named = !w->narrowed || w->onward.s[0] == '\0' ||
                 hf_org_eq(&w->onward, &y->peer);
    if (!*ret_named)
        return 0;
    if (w->whole || !onward_view(s, &y->terms.part_of, &c) ||
        !object_get(s->v, &c.id, &x) || !find_grant(s, &x, &y->peer, &g, &part))
        return CATEGORY_ALL;
    for (int i = 0; i < g.proof.n; i++) {
        share |= g.proof.item[i].categories;
        if (names_scope(w, &g.proof.item[i].scope))
            named |= g.proof.item[i].categories;
    }
    *ret_named = (named & share) != 0;
    return named & share & ~onward_cover(s, y);
}

/* ---- the last receiver ---- */

bool
onward_proof(const struct step *s, const struct live *y, const struct terms *t,
             const struct body *b, struct proof *ret)
{
    const bool is_last = y->o.side == SIDE_SECOND;
    const struct hf_org *by = is_last ? &y->o.peer : step_me(s);
    const struct hf_org *to = is_last ? step_me(s) : &y->o.peer;
    const struct part *p = body_find(b, PART_GRANT);
    struct hf_bytes what;
    const uint8_t *sig;
    struct grant g;

    if (p == NULL || !grant_unpack(p->bytes, &g, &what, &sig) ||
        !hf_org_eq(&g.by, by) || !hf_org_eq(&g.to, to) ||
        !hf_id_eq(&g.referral, &t->part_of) || !is_signed(s, &g, what, sig))
        return false;
    *ret = g.proof;
    return true;
}
