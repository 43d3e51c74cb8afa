#include "sop_internal.h"

#define MINUTE_MS INT64_C(60000)
#define HOUR_MS   (60 * MINUTE_MS)
#define DAY_MS    (24 * HOUR_MS)

/* Standard time in minutes east of UTC, and whether the EU's summer time is
 * kept. The C library's zones depend on the machine, which the engine must
 * not; a zone that is not here is given with its offset. */
static const struct zone {
    const char *name;
    int16_t offset_min;
    bool is_summer_time;
} zones[] = {
    {"UTC", 0, false},
    {"Africa/Abidjan", 0, false},
    {"Africa/Accra", 0, false},
    {"Africa/Addis_Ababa", 180, false},
    {"Africa/Banjul", 0, false},
    {"Africa/Conakry", 0, false},
    {"Africa/Dakar", 0, false},
    {"Africa/Khartoum", 120, false},
    {"Africa/Lagos", 60, false},
    {"Africa/Mogadishu", 180, false},
    {"Africa/Nairobi", 180, false},
    {"Africa/Niamey", 60, false},
    {"Africa/Tunis", 60, false},
    {"Asia/Baghdad", 180, false},
    {"Asia/Colombo", 330, false},
    {"Asia/Dhaka", 360, false},
    {"Asia/Dushanbe", 300, false},
    {"Asia/Kabul", 270, false},
    {"Asia/Karachi", 300, false},
    {"Asia/Kathmandu", 345, false},
    {"Asia/Tashkent", 300, false},
    {"Asia/Tbilisi", 240, false},
    {"Asia/Tehran", 210, false},
    {"Asia/Yerevan", 240, false},
    {"Europe/Athens", 120, true},
    {"Europe/Belgrade", 60, true},
    {"Europe/Berlin", 60, true},
    {"Europe/Brussels", 60, true},
    {"Europe/Istanbul", 180, false},
    {"Europe/London", 0, true},
    {"Europe/Madrid", 60, true},
    {"Europe/Paris", 60, true},
    {"Europe/Rome", 60, true},
    {"Europe/Stockholm", 60, true},
    {"Europe/Tirane", 60, true},
    {"Europe/Vienna", 60, true},
};

bool
sop_calendar_zone(const char *name, int16_t *ret_offset_min,
                  bool *ret_is_summer_time)
{
    for (size_t i = 0; i < sizeof(zones) / sizeof(zones[0]); i++)
        if (strcmp(zones[i].name, name) == 0) {
            *ret_offset_min = zones[i].offset_min;
            *ret_is_summer_time = zones[i].is_summer_time;
            return true;
        }
    return false;
}

static bool
is_leap(int64_t year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

/* 1970-01-01 was a Thursday; Monday is 0. */
static int64_t
weekday(int64_t day)
{
    return (day % 7 + 7 + 3) % 7;
}

/* The last Sunday of March (or October, 214 days later) in @year, as a day
 * since 1970; @first is the first day of that year. */
static int64_t
last_sunday(int64_t first, int64_t year, bool is_october)
{
    const int64_t end =
        first + 89 + (is_leap(year) ? 1 : 0) + (is_october ? 214 : 0);

    return end - (weekday(end) + 1) % 7;
}

/* From 01:00 UTC of the last Sunday of March to that of October. */
static bool
is_summer(int64_t at_ms)
{
    const int64_t day = at_ms / DAY_MS;
    int64_t year = 1970 + day / 366, first;

    for (;;) {
        first = 365 * (year - 1970) + (year - 1969) / 4 - (year - 1901) / 100 +
                (year - 1601) / 400;
        if (day < first + 365 + (is_leap(year) ? 1 : 0))
            break;
        year++;
    }
    return at_ms >= last_sunday(first, year, false) * DAY_MS + HOUR_MS &&
           at_ms < last_sunday(first, year, true) * DAY_MS + HOUR_MS;
}

static int64_t
local(const struct sop_calendar *c, uint64_t at_ms)
{
    const int64_t at = (int64_t)at_ms;

    return at + c->offset_min * MINUTE_MS +
           (c->is_summer_time && is_summer(at) ? HOUR_MS : 0);
}

static bool
is_working_day(const struct sop_calendar *c, int64_t day)
{
    if ((c->days >> weekday(day) & 1) == 0)
        return false;
    for (size_t i = 0; i < c->n_holidays; i++)
        if ((int64_t)(c->holiday_ms[i] / (uint64_t)DAY_MS) == day)
            return false;
    return true;
}

bool
sop_calendar_is_open(const struct sop_calendar *c, uint64_t at_ms)
{
    const int64_t at = local(c, at_ms);
    const int64_t minute = (at % DAY_MS + DAY_MS) % DAY_MS / MINUTE_MS;

    return minute >= c->from_min && minute < c->until_min &&
           is_working_day(c, (at - minute * MINUTE_MS) / DAY_MS);
}

uint64_t
sop_calendar_next(const struct sop_calendar *c, uint64_t at_ms)
{
    const int64_t now = local(c, at_ms);
    const int64_t today = now / DAY_MS;

    if (sop_calendar_is_open(c, at_ms))
        return at_ms;
    for (int64_t day = today; day < today + 400; day++) {
        const int64_t opens = day * DAY_MS + c->from_min * MINUTE_MS;
        uint64_t at;

        if (opens < now || !is_working_day(c, day))
            continue;
        /* What summer time is there, not here, counts. */
        at = (uint64_t)((int64_t)at_ms + (opens - now));
        return (uint64_t)((int64_t)at + opens - local(c, at));
    }
    return at_ms;
}

bool
sop_calendar_is_of(const struct sop_calendar *c, const char *country)
{
    for (size_t i = 0; i < c->n_countries; i++)
        if (strncmp(c->country[i].s, country, sizeof(c->country[i].s)) == 0)
            return true;
    return false;
}

/* How long it stays open, from an instant when it is. */
static uint64_t
stays_open(const struct sop_calendar *c, uint64_t at_ms)
{
    const int64_t now = local(c, at_ms);
    const int64_t until =
        now / DAY_MS * DAY_MS + (int64_t)c->until_min * MINUTE_MS;

    return (uint64_t)(until - now);
}

uint64_t
sop_calendar_add(const struct sop_calendar *c, uint64_t from_ms,
                 uint64_t open_ms)
{
    uint64_t at = sop_calendar_next(c, from_ms);

    for (int day = 0; day < 400 && sop_calendar_is_open(c, at); day++) {
        const uint64_t left = stays_open(c, at);

        if (open_ms <= left)
            return at + open_ms;
        open_ms -= left;
        at = sop_calendar_next(c, at + left);
    }
    return UINT64_MAX;
}
