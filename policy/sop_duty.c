#include <stdlib.h>

#include "hf_assert.h"
#include "sop_internal.h"

#define MINUTE_MS UINT64_C(60000)
#define DAY_MS    (24 * 60 * MINUTE_MS)

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
    free(d->ladder);
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

void
sop_transfer_rule(const struct sop_pack *p, struct sop_transfer_rule *ret)
{
    *ret = p->duties.transfer;
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

static void
default_ladder(enum urgency urgency, struct sop_ladder *ret)
{
    static const uint64_t minutes[URGENCY_END][3] = {
        [URGENCY_NORMAL] = {24 * 60, 3 * 24 * 60, 7 * 24 * 60},
        [URGENCY_URGENT] = {4 * 60, 12 * 60, 24 * 60},
        [URGENCY_EMERGENCY] = {15, 30, 60}};
    const enum urgency u = urgency > URGENCY_NONE && urgency < URGENCY_END
                               ? urgency
                               : URGENCY_NORMAL;

    memset(ret, 0, sizeof(*ret));
    ret->n = 4;
    for (uint8_t i = 0; i < ret->n; i++) {
        ret->rung[i].who = (enum sop_rung_who)(RUNG_FOCAL_POINT + i);
        ret->rung[i].urgency = u;
        ret->rung[i].after_ms = i > 0 ? minutes[u][i - 1] * MINUTE_MS : 0;
    }
    ret->rung[3].every_ms = 7 * DAY_MS;
}

bool
sop_ladder(const struct sop_pack *p, enum urgency urgency,
           struct sop_ladder *ret)
{
    memset(ret, 0, sizeof(*ret));
    for (size_t i = 0; p != NULL && i < p->duties.n_ladder; i++) {
        const struct sop_rung *r = &p->duties.ladder[i];

        if (r->urgency != URGENCY_NONE && r->urgency != urgency)
            continue;
        HF_ASSERT(ret->n < SOP_RUNGS_MAX); /* as loading has seen to */
        ret->rung[ret->n++] = *r;
    }
    if (ret->n > 0)
        return true;
    default_ladder(urgency, ret);
    return false;
}

bool
sop_calendar_of(const struct sop_pack *p, const char *country,
                struct sop_calendar *ret)
{
    for (size_t i = 0; i < p->duties.n_calendars; i++)
        if (sop_calendar_is_of(&p->duties.calendars[i], country)) {
            *ret = p->duties.calendars[i];
            return true;
        }
    return false;
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
