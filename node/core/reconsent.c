#include "reconsent.h"

#include "row.h"
#include "sop_force.h"
#include "vital.h"

struct known {
    struct node_reconsent next; /* due_ms 0: nothing */
    uint64_t plan_ms;           /* amended then, and not asked yet; 0: no */
    uint64_t shelter_ms;        /* in a shelter since then; 0: no */
};

static void
load(const struct node_view *v, const struct hf_id *id, struct known *ret)
{
    const struct row_key k = row_id(id);

    if (!row_get(v, NODE_RECONSENT, &k, ret, sizeof(*ret)))
        memset(ret, 0, sizeof(*ret));
    ret->next.case_id = *id;
}

/* The most local pack in force that says something of consent. */
static struct sop_consent_rule
rule_of(const struct step *s, const struct node_case *c)
{
    const struct sop_force f = {s->env->sops, &c->facts, s->now};
    struct sop_consent_rule rule;

    if (!sop_force_consent(&f, &rule))
        memset(&rule, 0, sizeof(rule));
    return rule;
}

static void
sooner(struct node_reconsent *r, uint64_t due_ms, enum task_what why)
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
    const struct sop_consent_rule rule = rule_of(s, c);
    struct consent consent;

    k->next.due_ms = 0;
    if (!hf_org_eq(&c->holder, step_me(s)) || c->stage >= STAGE_CLOSED ||
        !consent_get(s->v, &c->consent, &consent) ||
        consent.state != CONSENT_GIVEN)
        return;
    sooner(&k->next, k->plan_ms, TASK_CONSENT_PLAN);
    if (k->shelter_ms != 0)
        sooner(&k->next,
               after(k->shelter_ms > consent.given_ms ? k->shelter_ms
                                                      : consent.given_ms,
                     rule.shelter_ms),
               TASK_CONSENT_SHELTER);
    for (int i = 0; i < consent.n_scopes; i++)
        if (!consent.scope[i].withdrawn)
            sooner(&k->next, consent.scope[i].until_ms, TASK_CONSENT_EXPIRES);
    sooner(&k->next, after(consent.given_ms, rule.renew_ms),
           TASK_CONSENT_RENEW);
}

/* One task at a time: the one that was is answered, or not yet to be asked. */
static void
set_task(struct step *s, const struct node_case *c, const struct known *k,
         const struct node_reconsent *was)
{
    struct node_task t;

    if (was->due_ms == k->next.due_ms && was->why == k->next.why)
        return;
    if (was->due_ms != 0)
        task_cancel_of_case(s, &c->id, was->why);
    if (k->next.due_ms == 0)
        return;
    memset(&t, 0, sizeof(t));
    t.case_id = c->id;
    t.what = k->next.why;
    t.due_ms = k->next.due_ms;
    (void)task_make(s, &t, NULL);
}

static void
store(struct step *s, const struct node_case *c, struct known *k)
{
    const struct node_reconsent was = k->next;
    const struct row_key key = row_id(&c->id);

    find_next(s, c, k);
    set_task(s, c, k, &was);
    row_put(s->v, NODE_RECONSENT, &key, NULL, k, sizeof(*k));
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
    vital_asked(s, c);
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
reconsent_shelter(struct step *s, const struct hf_id *case_id,
                  uint64_t since_ms)
{
    struct node_case c;
    struct known k;

    if (!case_get(s->v, case_id, &c))
        return;
    load(s->v, case_id, &k);
    if (since_ms != 0 && k.shelter_ms != 0)
        return;
    k.shelter_ms = since_ms;
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
