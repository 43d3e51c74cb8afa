/* By when it is to be decided, met and reported: a rule's durations, raised by
 * urgency, moved into working hours, as instants. */
#include "hf_assert.h"
#include "sop_internal.h"

#define HOUR_MS UINT64_C(3600000)
#define DAY_MS  (24 * HOUR_MS)

void
sop_default_clocks(enum urgency urgency, uint64_t from_ms, uint64_t *ret_decide,
                   uint64_t *ret_contact, uint64_t *ret_report)
{
    uint64_t decide = 7 * DAY_MS, contact = 14 * DAY_MS, report = 30 * DAY_MS;

    if (urgency == URGENCY_EMERGENCY) {
        decide = HOUR_MS;
        contact = 4 * HOUR_MS;
        report = 3 * DAY_MS;
    } else if (urgency == URGENCY_URGENT) {
        decide = DAY_MS;
        contact = 3 * DAY_MS;
        report = 14 * DAY_MS;
    }
    *ret_decide = from_ms + decide;
    *ret_contact = from_ms + contact;
    *ret_report = from_ms + report;
}

static uint64_t
min_ms(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* Durations first: the rule's, the urgency's where the rule is silent; a
 * raised urgency only ever shortens. Then instants: what has passed since an
 * incident is gone from each, and what is over is due now. */
static void
set_durations(const struct sop_pack *p, const struct sop_rule *r,
              uint16_t service, bool is_raised, enum urgency urgency,
              uint64_t ms[static CLOCK_END])
{
    uint64_t ceiling;

    HF_ASSERT(service < p->n_services);
    ceiling = p->service[service].ceiling_ms;
    sop_default_clocks(urgency, 0, &ms[CLOCK_DECIDE], &ms[CLOCK_CONTACT],
                       &ms[CLOCK_REPORT]);
    for (size_t i = CLOCK_DECIDE; i < CLOCK_END; i++)
        if (r->clock_ms[i] != 0)
            ms[i] = is_raised ? min_ms(ms[i], r->clock_ms[i]) : r->clock_ms[i];
    if (ceiling != 0) {
        ms[CLOCK_CONTACT] = min_ms(ms[CLOCK_CONTACT], ceiling);
        ms[CLOCK_DECIDE] = min_ms(ms[CLOCK_DECIDE], ceiling);
    }
    ms[CLOCK_DELIVER] = r->clock_ms[CLOCK_DELIVER];
    if (ms[CLOCK_DELIVER] == 0 || is_raised)
        ms[CLOCK_DELIVER] = ms[CLOCK_DECIDE] / 4;
}

/* Whose working hours these clocks keep: those that the rule names, also of an
 * urgent one, but not when it was made more urgent than the rule; else, for
 * normal urgency, those of offices in the provider's country, or the pack's. In
 * an emergency the clock is the clock. NULL: none.
 */
static const struct sop_calendar *
calendar_of(const struct sop_pack *p, const struct sop_rule *r,
            enum urgency urgency, const char *country)
{
    const struct sop_duties *d = &p->duties;

    HF_ASSERT(r->calendar <= d->n_calendars && d->calendar <= d->n_calendars);
    if (urgency == URGENCY_EMERGENCY)
        return NULL;
    if (r->calendar != 0 && urgency == r->urgency)
        return &d->calendars[r->calendar - 1];
    if (urgency != URGENCY_NORMAL)
        return NULL;
    for (size_t i = 0; i < d->n_calendars; i++)
        if (sop_calendar_is_of(&d->calendars[i], country))
            return &d->calendars[i];
    return d->calendar != 0 ? &d->calendars[d->calendar - 1] : NULL;
}

/* A clock that would run out while the office is closed runs out when it
 * opens, but never past the ceiling of the service. */
static void
to_working_hours(const struct sop_calendar *c, uint64_t ceiling, uint64_t from,
                 uint64_t ms[static CLOCK_END])
{
    for (size_t i = CLOCK_DECIDE; i < CLOCK_END; i++) {
        ms[i] = sop_calendar_next(c, ms[i]);
        if (ceiling != 0 && i != CLOCK_REPORT)
            ms[i] = min_ms(ms[i], from + ceiling);
    }
}

void
sop_set_clocks(const struct sop_pack *p, const struct sop_rule *r,
               const struct sop_request *req, uint16_t service,
               const char *country, struct sop_decision *d)
{
    const struct sop_calendar *calendar =
        calendar_of(p, r, d->urgency, country);
    const bool has_incident = req->incident_ms != 0 &&
                              req->incident_ms < req->now_ms && !r->by_decision;
    const uint64_t from = has_incident ? req->incident_ms : req->now_ms;
    uint64_t ms[CLOCK_END] = {0};

    set_durations(p, r, service, d->urgency != r->urgency, d->urgency, ms);
    for (size_t i = 0; i < CLOCK_END; i++)
        ms[i] += i == CLOCK_DELIVER ? req->now_ms : from;
    if (calendar != NULL) {
        to_working_hours(calendar, p->service[service].ceiling_ms, from, ms);
        d->calendar = calendar->id;
    }
    for (size_t i = 0; i < CLOCK_END; i++)
        if (ms[i] < req->now_ms)
            ms[i] = req->now_ms;
    d->from_incident = has_incident;
    d->deliver_ms = min_ms(ms[CLOCK_DELIVER], ms[CLOCK_DECIDE]);
    d->decide_ms = ms[CLOCK_DECIDE];
    d->contact_ms = ms[CLOCK_CONTACT];
    d->report_ms = ms[CLOCK_REPORT];
}
