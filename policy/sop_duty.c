#include <stdlib.h>

#include "sop_internal.h"

void
sop_duties_free(struct sop_duties *d)
{
    free(d->follow_up);
    free(d->threshold);
    free(d->calendars);
    free(d->access);
    free(d->closure);
    free(d->budget);
    free(d->document);
    memset(d, 0, sizeof(*d));
}

#define GETTER(name, type, list, count)                                        \
    bool name(const struct sop_pack *p, size_t i, struct type *ret)            \
    {                                                                          \
        if (i >= p->duties.count)                                              \
            return false;                                                      \
        *ret = p->duties.list[i];                                              \
        return true;                                                           \
    }

GETTER(sop_follow_up_at, sop_follow_up, follow_up, n_follow_up)
GETTER(sop_threshold_at, sop_threshold, threshold, n_thresholds)
GETTER(sop_calendar_at, sop_calendar, calendars, n_calendars)
GETTER(sop_access_at, sop_access, access, n_access)
GETTER(sop_closure_at, sop_closure, closure, n_closure)
GETTER(sop_budget_at, sop_budget, budget, n_budgets)
GETTER(sop_document_at, sop_document, document, n_documents)

bool
sop_consent_rule(const struct sop_pack *p, struct sop_consent_rule *ret)
{
    *ret = p->duties.consent;
    return ret->is_given;
}

bool
sop_first_contact(const struct sop_pack *p, const struct hf_name *code,
                  struct sop_first_contact *ret)
{
    for (size_t i = 0; i < p->n_services; i++)
        if (hf_name_eq(&p->service[i].def.code, code) &&
            p->service[i].has_first_contact) {
            *ret = p->service[i].first_contact;
            return true;
        }
    *ret = p->duties.first_contact;
    return p->duties.has_first_contact;
}

uint64_t
sop_follow_up_due(const struct sop_follow_up *u, uint64_t from_ms, size_t k)
{
    uint64_t ms = u->after_ms;

    if (k > 0 && u->every_ms == 0)
        return 0;
    if (k > UINT32_MAX)
        return 0;
    ms += k * u->every_ms;
    if (u->until_ms != 0 && ms > u->until_ms)
        return 0;
    return from_ms + ms;
}

bool
sop_follow_up_for(const struct sop_follow_up *u, uint32_t groups)
{
    return (u->groups == 0 || (u->groups & groups) != 0) &&
           (u->except & groups) == 0;
}

static bool
is_met(const struct sop_threshold *t, uint8_t score)
{
    if (score == 0)
        return false;
    return (t->below != 0 && score - 1 < t->below) ||
           (t->above != 0 && score - 1 > t->above);
}

bool
sop_threshold_met(const struct sop_threshold *t,
                  const uint8_t score[static SCORE_END])
{
    if (!t->is_any)
        return is_met(t, score[t->of]);
    for (size_t i = 0; i < SCORE_END; i++)
        if (is_met(t, score[i]))
            return true;
    return false;
}
