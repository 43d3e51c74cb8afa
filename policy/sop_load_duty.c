#include <stdlib.h>

#include "hf_assert.h"
#include "hf_text.h"
#include "sop_raw.h"

#define YEAR_MS      (UINT64_C(366) * 86400000)
#define TEN_YEARS_MS (UINT64_C(3653) * 86400000)
#define AGE_MIN 12 /* of consent, in any law that we know of */
#define AGE_MAX 21

/* What is being read of the lists at the top of a file. */
struct list {
    const struct hf_yaml_node *node;
    struct sop_findings *f;
};

static struct sop_at
item_at(const struct list *l, size_t i)
{
    return (struct sop_at){sop_child(l->node, i), "", l->f};
}

/* Names @n names of @size bytes apart, the first being @ids; a twin is told. */
static void
check_twins(const struct sop_at *at, const char *key, const void *ids,
            size_t size, size_t i)
{
    const struct hf_name *one = (const void *)((const uint8_t *)ids + i * size);

    for (size_t k = 0; k < i; k++) {
        const struct hf_name *other =
            (const void *)((const uint8_t *)ids + k * size);

        if (hf_name_eq(one, other))
            SOP_WRONG(at, key, "'%.31s' is there twice", one->s);
    }
}

/* ---- calendars and budgets ---- */

static uint16_t
read_clock_time(const struct sop_at *at, const char *key, const char *text)
{
    const size_t n = strlen(text);
    uint16_t hour, minute;

    if (n != 5 || text[2] != ':' || text[0] < '0' || text[0] > '2' ||
        text[1] < '0' || text[1] > '9' || text[3] < '0' || text[3] > '5' ||
        text[4] < '0' || text[4] > '9') {
        SOP_WRONG(at, key, "'%s' is no time of day: \"08:00\"", text);
        return 0;
    }
    hour = (uint16_t)((text[0] - '0') * 10 + text[1] - '0');
    minute = (uint16_t)((text[3] - '0') * 10 + text[4] - '0');
    if (hour > 24 || (hour == 24 && minute > 0))
        SOP_WRONG(at, key, "'%s' is no time of day: \"08:00\"", text);
    return (uint16_t)(hour * 60 + minute);
}

static void
read_zone(const struct sop_at *at, const struct raw_calendar *raw,
          struct sop_calendar *ret)
{
    const char *o = raw->offset;
    uint16_t minutes;

    hf_say(ret->zone, sizeof(ret->zone), "%s", raw->time_zone);
    if (o == NULL) {
        if (!sop_calendar_zone(raw->time_zone, &ret->offset_min,
                               &ret->is_summer_time))
            SOP_WRONG(at, "time_zone",
                      "time zone '%s' is not known: add its offset, \"+04:30\"",
                      raw->time_zone);
        return;
    }
    if (o[0] != '+' && o[0] != '-') {
        SOP_WRONG(at, "offset", "'%s' is no offset: \"+04:30\"", o);
        return;
    }
    minutes = read_clock_time(at, "offset", o + 1);
    if (minutes > 14 * 60)
        SOP_WRONG(at, "offset", "an offset is at most 14 hours");
    ret->offset_min = (int16_t)(o[0] == '-' ? -minutes : minutes);
}

static void
read_calendar(const struct sop_at *at, const struct raw_calendar *raw,
              struct sop_calendar *ret)
{
    sop_read_name(at, "id", raw->id, &ret->id);
    read_zone(at, raw, ret);
    ret->n_countries =
        sop_read_countries(at, "countries", &raw->countries, ret->country);
    ret->days = (uint8_t)raw->days;
    if (ret->days == 0)
        SOP_WRONG(at, "days", "no day is a working day");
    ret->from_min = read_clock_time(at, "from", raw->from);
    ret->until_min = read_clock_time(at, "until", raw->until);
    if (ret->from_min >= ret->until_min)
        SOP_WRONG(at, "until", "it closes before it opens");
    HF_ASSERT(raw->holidays.n <= SOP_HOLIDAYS_MAX);
    ret->n_holidays = (uint8_t)raw->holidays.n;
    for (size_t k = 0; k < raw->holidays.n; k++)
        ret->holiday_ms[k] =
            sop_read_time(at, "holidays", raw->holidays.item[k]);
}

uint8_t
sop_read_calendar(const struct sop_at *at, const char *path, const char *text,
                  const struct sop_duties *d)
{
    size_t i = 0;

    if (text == NULL)
        return 0;
    while (i < d->n_calendars && !hf_name_is(&d->calendars[i].id, text))
        i++;
    if (i == d->n_calendars) {
        SOP_WRONG(at, path, "this pack has no calendar '%s'", text);
        return 0;
    }
    return (uint8_t)(i + 1);
}

/* Two calendars of one country would leave open which one counts. */
static void
check_one_calendar(const struct sop_at *at, const struct sop_duties *d,
                   const struct sop_calendar *c)
{
    for (size_t i = 0; i < c->n_countries; i++)
        for (size_t k = 0; k < d->n_calendars; k++)
            if (sop_calendar_is_of(&d->calendars[k], c->country[i].s))
                SOP_WRONG(at, "countries", "calendar %.31s is that of %s",
                          d->calendars[k].id.s, c->country[i].s);
}

static void
read_budget(const struct sop_at *at, const struct raw_budget *raw,
            struct sop_budget *ret)
{
    bool is_code = strlen(raw->currency) == 3;

    sop_read_name(at, "id", raw->id, &ret->id);
    hf_say(ret->title, sizeof(ret->title), "%s", raw->title);
    hf_say(ret->currency, sizeof(ret->currency), "%s", raw->currency);
    for (size_t i = 0; i < 3 && is_code; i++)
        is_code = raw->currency[i] >= 'A' && raw->currency[i] <= 'Z';
    if (!is_code)
        SOP_WRONG(at, "currency", "'%s' is no currency of ISO 4217: EUR",
                  raw->currency);
    ret->per_person = raw->per_person;
    ret->total = raw->total;
    if (ret->total != 0 && ret->per_person > ret->total)
        SOP_WRONG(at, "per_person", "one person may take more than there is");
}

#define LIST(member, count)                                                    \
    d->member = calloc((size_t)(count) + 1, sizeof(*d->member));               \
    if (d->member == NULL)                                                     \
    return HF_ERR_NOMEM

enum hf_err
sop_read_named(const struct hf_yaml_node *root, const struct raw_pack *raw,
               struct sop_findings *f, struct sop_duties *d)
{
    const struct list calendars = {hf_yaml_find(root, "calendars"), f};
    const struct list budgets = {hf_yaml_find(root, "budgets"), f};
    const struct sop_at top = {root, "", f};

    LIST(calendars, raw->n_calendars);
    LIST(budget, raw->n_budgets);
    for (size_t i = 0; i < raw->n_calendars; i++) {
        const struct sop_at at = item_at(&calendars, i);

        read_calendar(&at, &raw->calendars[i], &d->calendars[i]);
        check_twins(&at, "id", &d->calendars[0].id, sizeof(d->calendars[0]), i);
        check_one_calendar(&at, d, &d->calendars[i]);
        d->n_calendars++;
    }
    for (size_t i = 0; i < raw->n_budgets; i++) {
        const struct sop_at at = item_at(&budgets, i);

        read_budget(&at, &raw->budgets[i], &d->budget[i]);
        check_twins(&at, "id", &d->budget[0].id, sizeof(d->budget[0]), i);
        d->n_budgets++;
    }
    d->calendar = sop_read_calendar(&top, "calendar", raw->calendar, d);
    return HF_OK;
}

/* ---- the duties ---- */

void
sop_read_first_contact(const struct sop_at *at,
                       const struct raw_first_contact *raw,
                       const struct sop_duties *d,
                       struct sop_first_contact *ret)
{
    ret->by = (enum role)raw->by;
    ret->call_back_ms =
        sop_read_duration(at, "call_back", raw->call_back, SOP_CLOCK_MAX_MS);
    ret->every_ms =
        sop_read_duration(at, "every", raw->every, SOP_CLOCK_MAX_MS);
    if (raw->attempts > 50)
        SOP_WRONG(at, "attempts", "more than 50 attempts");
    ret->attempts = (uint8_t)raw->attempts;
    ret->channels = raw->channels;
    ret->needs = raw->needs;
    ret->calendar = sop_read_calendar(at, "calendar", raw->calendar, d);
}

static void
read_follow_up(const struct sop_at *at, const struct raw_follow_up *raw,
               struct sop_follow_up *ret)
{
    sop_read_name(at, "id", raw->id, &ret->id);
    ret->what = (enum sop_follow_what)raw->what;
    ret->from =
        raw->from != 0 ? (enum sop_count_from)raw->from : COUNT_FROM_PLAN;
    ret->after_ms = sop_read_duration(at, "after", raw->after, TEN_YEARS_MS);
    ret->every_ms = sop_read_duration(at, "every", raw->every, TEN_YEARS_MS);
    ret->until_ms = sop_read_duration(at, "until", raw->until, TEN_YEARS_MS);
    ret->groups = raw->groups;
    ret->except = raw->except;
    if (ret->until_ms != 0 && ret->until_ms < ret->after_ms)
        SOP_WRONG(at, "until", "it ends before it begins");
    if (ret->every_ms != 0 && ret->until_ms == 0)
        SOP_WRONG(at, "every", "it never ends: add until");
    if ((ret->groups & ret->except) != 0)
        SOP_WRONG(at, "except", "a group is both included and left out");
}

static void
read_threshold(const struct sop_at *at, const struct raw_threshold *raw,
               struct sop_threshold *ret)
{
    sop_read_name(at, "id", raw->id, &ret->id);
    ret->is_any = raw->of == RAW_ANY_SCORE;
    ret->of = ret->is_any ? SCORE_COMPOSITE : (enum score)(raw->of - 1);
    ret->below = sop_read_hundredths(at, "below", raw->below, 0);
    ret->above = sop_read_hundredths(at, "above", raw->above, 0);
    hf_say(ret->prompt, sizeof(ret->prompt), "%s", raw->prompt);
    if ((raw->below == NULL) == (raw->above == NULL))
        SOP_WRONG(at, "of", "a threshold has either below or above");
}

static void
read_closure(const struct sop_at *at, const struct raw_closure *raw,
             struct sop_closure *ret)
{
    ret->reason = (enum sop_close)raw->reason;
    ret->exit_review = raw->exit_review == RAW_TRUE;
    ret->approval = raw->approval == RAW_TRUE;
    if (raw->attempts > 50)
        SOP_WRONG(at, "attempts", "more than 50 attempts");
    ret->attempts = (uint8_t)raw->attempts;
    ret->over_ms = sop_read_duration(at, "over", raw->over, TEN_YEARS_MS);
    if (ret->over_ms != 0 && ret->attempts == 0)
        SOP_WRONG(at, "over", "a span without attempts");
}

static void
read_document(const struct sop_at *at, const struct raw_document *raw,
              struct sop_document *ret)
{
    sop_read_name(at, "what", raw->what, &ret->what);
    ret->within_ms = sop_read_duration(at, "within", raw->within, TEN_YEARS_MS);
    ret->keep_ms = sop_read_duration(at, "keep", raw->keep, TEN_YEARS_MS);
}

static void
read_rung(const struct sop_at *at, const struct raw_rung *raw,
          struct sop_rung *ret)
{
    ret->who = (enum sop_rung_who)raw->who;
    ret->urgency = (enum urgency)raw->urgency;
    ret->after_ms = sop_read_duration(at, "after", raw->after, TEN_YEARS_MS);
    ret->every_ms = sop_read_duration(at, "every", raw->every, TEN_YEARS_MS);
}

/* A later rung of the same urgency is later, and only the last comes again. */
static void
check_rung(const struct sop_at *at, const struct sop_duties *d,
           const struct sop_rung *r)
{
    size_t n = 0;

    for (size_t i = 0; i < d->n_ladder; i++) {
        const struct sop_rung *a = &d->ladder[i];

        if (a->urgency != URGENCY_NONE && r->urgency != URGENCY_NONE &&
            a->urgency != r->urgency)
            continue;
        n++;
        if (a->after_ms >= r->after_ms)
            SOP_WRONG(at, "after", "it is not later than the rung before it");
        if (a->every_ms != 0)
            SOP_WRONG(at, "rung",
                      "the rung before it never stops: only the "
                      "last may say every");
    }
    if (n == SOP_RUNGS_MAX)
        SOP_WRONG(at, "rung", "a ladder has at most %d rungs", SOP_RUNGS_MAX);
}

static enum hf_err
read_ladder(const struct hf_yaml_node *root, const struct raw_pack *raw,
            struct sop_findings *f, struct sop_duties *d)
{
    const struct list ladder = {hf_yaml_find(root, "ladder"), f};

    LIST(ladder, raw->n_ladder);
    for (size_t i = 0; i < raw->n_ladder; i++) {
        const struct sop_at at = item_at(&ladder, i);

        read_rung(&at, &raw->ladder[i], &d->ladder[i]);
        check_rung(&at, d, &d->ladder[i]);
        d->n_ladder++;
    }
    return HF_OK;
}

static enum hf_err
read_follow_and_scores(const struct hf_yaml_node *root,
                       const struct raw_pack *raw, struct sop_findings *f,
                       struct sop_duties *d)
{
    const struct list follow = {hf_yaml_find(root, "follow_up"), f};
    const struct list scores = {hf_yaml_find(root, "scores"), f};

    LIST(follow_up, raw->n_follow_up);
    LIST(threshold, raw->n_thresholds);
    for (size_t i = 0; i < raw->n_follow_up; i++) {
        const struct sop_at at = item_at(&follow, i);

        read_follow_up(&at, &raw->follow_up[i], &d->follow_up[i]);
        check_twins(&at, "id", &d->follow_up[0].id, sizeof(d->follow_up[0]), i);
        d->n_follow_up++;
    }
    for (size_t i = 0; i < raw->n_thresholds; i++) {
        const struct sop_at at = item_at(&scores, i);

        read_threshold(&at, &raw->thresholds[i], &d->threshold[i]);
        check_twins(&at, "id", &d->threshold[0].id, sizeof(d->threshold[0]), i);
        d->n_thresholds++;
    }
    return HF_OK;
}

static enum hf_err
read_views_and_ends(const struct hf_yaml_node *root, const struct raw_pack *raw,
                    struct sop_findings *f, struct sop_duties *d)
{
    const struct list access = {hf_yaml_find(root, "need_to_know"), f};
    const struct list closure = {hf_yaml_find(root, "closure"), f};
    const struct list documents = {hf_yaml_find(root, "documentation"), f};

    LIST(access, raw->n_access);
    LIST(closure, raw->n_closure);
    LIST(document, raw->n_documents);
    for (size_t i = 0; i < raw->n_access; i++) {
        const struct sop_at at = item_at(&access, i);

        d->access[i].role = (enum role)raw->access[i].role;
        d->access[i].reads = raw->access[i].reads;
        for (size_t k = 0; k < i; k++)
            if (d->access[k].role == d->access[i].role)
                SOP_WRONG(&at, "role", "this role is there twice");
        d->n_access++;
    }
    for (size_t i = 0; i < raw->n_closure; i++) {
        const struct sop_at at = item_at(&closure, i);

        read_closure(&at, &raw->closure[i], &d->closure[i]);
        for (size_t k = 0; k < i; k++)
            if (d->closure[k].reason == d->closure[i].reason)
                SOP_WRONG(&at, "reason", "this reason is there twice");
        d->n_closure++;
    }
    for (size_t i = 0; i < raw->n_documents; i++) {
        const struct sop_at at = item_at(&documents, i);

        read_document(&at, &raw->documents[i], &d->document[i]);
        check_twins(&at, "what", &d->document[0].what, sizeof(d->document[0]),
                    i);
        d->n_documents++;
    }
    return HF_OK;
}

enum hf_err
sop_read_duties(const struct hf_yaml_node *root, const struct raw_pack *raw,
                struct sop_findings *f, struct sop_duties *d)
{
    enum hf_err err = read_follow_and_scores(root, raw, f, d);

    if (!err)
        err = read_views_and_ends(root, raw, f, d);
    if (!err)
        err = read_ladder(root, raw, f, d);
    if (!err && raw->first_contact != NULL) {
        const struct sop_at at = {sop_node(root, "first_contact"), "", f};

        d->has_first_contact = true;
        sop_read_first_contact(&at, raw->first_contact, d, &d->first_contact);
    }
    if (!err && raw->consent != NULL) {
        const struct sop_at at = {sop_node(root, "consent"), "", f};

        d->consent.is_given = true;
        d->consent.written = (raw->consent->methods & 1) != 0;
        d->consent.verbal_witnessed = (raw->consent->methods & 2) != 0;
        if (raw->consent->age != 0 &&
            (raw->consent->age < AGE_MIN || raw->consent->age > AGE_MAX))
            SOP_WRONG(&at, "age", "an age of consent from 12 to 21");
        d->consent.age = (uint8_t)raw->consent->age;
        d->consent.renew_ms =
            sop_read_duration(&at, "renew", raw->consent->renew, TEN_YEARS_MS);
        d->consent.shelter_ms = sop_read_duration(
            &at, "shelter", raw->consent->shelter, TEN_YEARS_MS);
    }
    if (!err && raw->transfer != NULL) {
        const struct sop_at at = {sop_node(root, "transfer"), "", f};

        d->transfer.request_ms = sop_read_duration(
            &at, "request", raw->transfer->request, YEAR_MS);
        d->transfer.query_ms =
            sop_read_duration(&at, "query", raw->transfer->query, YEAR_MS);
    }
    return err;
}
