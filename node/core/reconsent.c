#include "reconsent.h"

#include "hf_assert.h"
#include "sop_duty.h"

/* Two rows a case: by id, what is known; by instant, what is to be asked. */
#define BY_CASE     'c'
#define BY_TIME     't'
#define KEY_MAX     (1 + 8 + HF_ID_BYTES + 1)
#define ROW_VERSION 1

struct known {
    struct node_reconsent next; /* due_ms 0: nothing */
    uint64_t plan_ms;           /* amended then, and not asked yet; 0: no */
    uint64_t shelter_ms;        /* in a shelter since then; 0: no */
};

const char *
reconsent_text(enum reconsent_why why)
{
    switch (why) {
    case RECONSENT_PLAN:
        return "consent_plan";
    case RECONSENT_SHELTER:
        return "consent_shelter";
    case RECONSENT_RENEW:
        return "consent_renew";
    case RECONSENT_EXPIRES:
        return "consent_expires";
    }
    return "";
}

static struct hf_bytes
case_key(const struct hf_id *id, uint8_t out[static KEY_MAX])
{
    out[0] = BY_CASE;
    memcpy(out + 1, id->b, HF_ID_BYTES);
    return (struct hf_bytes){out, 1 + HF_ID_BYTES};
}

static struct hf_bytes
time_key(const struct node_reconsent *r, uint8_t out[static KEY_MAX])
{
    out[0] = BY_TIME;
    for (int i = 0; i < 8; i++)
        out[1 + i] = (uint8_t)(r->due_ms >> (8 * (7 - i)));
    memcpy(out + 9, r->case_id.b, HF_ID_BYTES);
    return (struct hf_bytes){out, 9 + HF_ID_BYTES};
}

static bool
unwrap(struct hf_bytes row, void *ret, size_t n)
{
    if (row.n != n + 1 || row.p[0] != ROW_VERSION)
        return false;
    memcpy(ret, row.p + 1, n);
    return true;
}

static void
put(const struct node_view *v, struct hf_bytes key, const void *p, size_t n)
{
    uint8_t row[1 + sizeof(struct known)];

    HF_ASSERT(n < sizeof(row));
    row[0] = ROW_VERSION;
    memcpy(row + 1, p, n);
    v->put(v->ctx, NODE_RECONSENT, key, NULL, (struct hf_bytes){row, n + 1});
}

static void
load(const struct node_view *v, const struct hf_id *id, struct known *ret)
{
    uint8_t key[KEY_MAX];
    struct hf_bytes row;

    memset(ret, 0, sizeof(*ret));
    if (!v->get(v->ctx, NODE_RECONSENT, case_key(id, key), &row) ||
        !unwrap(row, ret, sizeof(*ret)))
        memset(ret, 0, sizeof(*ret));
    ret->next.case_id = *id;
}

/* The most local pack that says something of consent. */
static struct sop_consent_rule
rule_of(const struct step *s)
{
    const size_t n = s->env->sops == NULL ? 0 : sop_book_count(s->env->sops);
    struct sop_consent_rule rule;

    for (size_t i = 0; i < n; i++)
        if (sop_consent_rule(sop_book_at(s->env->sops, i), &rule))
            return rule;
    memset(&rule, 0, sizeof(rule));
    return rule;
}

static void
sooner(struct node_reconsent *r, uint64_t due_ms, enum reconsent_why why)
{
    if (due_ms == 0 || (r->due_ms != 0 && r->due_ms <= due_ms))
        return;
    r->due_ms = due_ms;
    r->why = why;
}

static uint64_t
after(uint64_t from_ms, uint64_t interval_ms)
{
    return from_ms == 0 || interval_ms == 0 ? 0 : from_ms + interval_ms;
}

static void
find_next(const struct step *s, const struct node_case *c, struct known *k)
{
    const struct sop_consent_rule rule = rule_of(s);
    struct consent consent;

    k->next.due_ms = 0;
    if (!hf_org_eq(&c->holder, step_me(s)) || c->stage >= STAGE_CLOSED ||
        !consent_get(s->v, &c->consent, &consent) ||
        consent.state != CONSENT_GIVEN)
        return;
    sooner(&k->next, k->plan_ms, RECONSENT_PLAN);
    if (k->shelter_ms != 0)
        sooner(&k->next,
               after(k->shelter_ms > consent.given_ms ? k->shelter_ms
                                                      : consent.given_ms,
                     rule.shelter_ms),
               RECONSENT_SHELTER);
    for (int i = 0; i < consent.n_scopes; i++)
        if (!consent.scope[i].withdrawn)
            sooner(&k->next, consent.scope[i].until_ms, RECONSENT_EXPIRES);
    sooner(&k->next, after(consent.given_ms, rule.renew_ms), RECONSENT_RENEW);
}

static void
store(struct step *s, const struct node_case *c, struct known *k)
{
    uint8_t key[KEY_MAX];

    if (k->next.due_ms != 0)
        s->v->del(s->v->ctx, NODE_RECONSENT, time_key(&k->next, key));
    find_next(s, c, k);
    if (k->next.due_ms != 0)
        put(s->v, time_key(&k->next, key), &k->next, sizeof(k->next));
    put(s->v, case_key(&c->id, key), k, sizeof(*k));
}

void
reconsent_settle(struct step *s, const struct node_case *c)
{
    struct known k;

    load(s->v, &c->id, &k);
    store(s, c, &k);
}

void
reconsent_given(struct step *s, const struct node_case *c)
{
    struct known k;

    load(s->v, &c->id, &k);
    k.plan_ms = 0;
    if (k.shelter_ms != 0)
        k.shelter_ms = s->now;
    store(s, c, &k);
}

void
reconsent_plan(struct step *s, const struct node_case *c)
{
    struct known k;

    load(s->v, &c->id, &k);
    if (k.plan_ms == 0)
        k.plan_ms = s->now;
    store(s, c, &k);
}

void
reconsent_shelter(struct step *s, const struct hf_id *case_id, bool stays)
{
    struct node_case c;
    struct known k;

    if (!case_get(s->v, case_id, &c))
        return;
    load(s->v, case_id, &k);
    if (stays && k.shelter_ms != 0)
        return;
    k.shelter_ms = stays ? s->now : 0;
    store(s, &c, &k);
}

bool
reconsent_get(const struct node_view *v, const struct hf_id *case_id,
              struct node_reconsent *ret)
{
    struct known k;

    load(v, case_id, &k);
    *ret = k.next;
    return ret->due_ms != 0;
}

bool
reconsent_next(const struct node_view *v, struct node_reconsent *at)
{
    uint8_t key[KEY_MAX];
    struct hf_bytes from = time_key(at, key), found, row;

    key[from.n++] = 0; /* just behind the last one */
    return v->seek(v->ctx, NODE_RECONSENT, from, &found, &row) &&
           found.n == 9 + HF_ID_BYTES && found.p[0] == BY_TIME &&
           unwrap(row, at, sizeof(*at));
}
