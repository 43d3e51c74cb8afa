#include "facts.h"

#define DAY_MS UINT64_C(86400000)

struct day {
    uint32_t year, month, day;
};

/* Days since 1970-01-01 to a civil date (H. Hinnant's algorithm), because the
 * C library's calendar functions consult the environment. */
static struct day
day_of(uint64_t ms)
{
    const uint64_t z = ms / DAY_MS + 719468;
    const uint64_t era = z / 146097;
    const uint64_t doe = z % 146097;
    const uint64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    const uint64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    const uint64_t mp = (5 * doy + 2) / 153;
    const uint64_t month = mp < 10 ? mp + 3 : mp - 9;

    return (struct day){.year =
                            (uint32_t)(yoe + era * 400 + (month <= 2 ? 1 : 0)),
                        .month = (uint32_t)month,
                        .day = (uint32_t)(doy - (153 * mp + 2) / 5 + 1)};
}

static uint32_t
years_between(struct day from, struct day to)
{
    uint32_t years;

    if (to.year < from.year)
        return 0;
    years = to.year - from.year;
    if (years > 0 && (to.month < from.month ||
                      (to.month == from.month && to.day < from.day)))
        years--;
    return years;
}

uint32_t
facts_age(const struct facts *f, uint64_t now_ms)
{
    const struct day now = day_of(now_ms);

    if (f->birth_ms > 1)
        return years_between(day_of(f->birth_ms), now);
    if (f->birth_year == 0)
        return UINT32_MAX;
    return now.year > f->birth_year ? now.year - f->birth_year : 0;
}
