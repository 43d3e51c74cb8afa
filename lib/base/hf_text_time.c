/* Times, durations and sizes as text. Our own calendar arithmetic: strptime
 * accepts 30 February and timegm consults the environment. */
#include "hf_text.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#include "hf_assert.h"

#define SECOND_MS UINT64_C(1000)
#define MINUTE_MS (60 * SECOND_MS)
#define HOUR_MS   (60 * MINUTE_MS)
#define DAY_MS    (24 * HOUR_MS)
#define TEN_YEARS (3653 * DAY_MS)

struct unit {
    const char *name;
    uint64_t factor;
};

/* Largest first, for the formatters. */
static const struct unit duration_units[] = {
    {"d", DAY_MS}, {"h", HOUR_MS}, {"m", MINUTE_MS}, {"s", SECOND_MS}};
static const struct unit size_units[] = {{"TiB", UINT64_C(1) << 40},
                                         {"GiB", UINT64_C(1) << 30},
                                         {"MiB", UINT64_C(1) << 20},
                                         {"KiB", UINT64_C(1) << 10},
                                         {"B", 1}};

struct civil {
    unsigned year, month, day; /* month and day from 1 */
};

static bool
is_leap(unsigned year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static unsigned
days_in_month(unsigned year, unsigned month)
{
    static const uint8_t days[] = {31, 28, 31, 30, 31, 30,
                                   31, 31, 30, 31, 30, 31};

    HF_ASSERT(month >= 1);
    HF_ASSERT(month <= 12);
    return month == 2 && is_leap(year) ? 29 : days[month - 1];
}

/* Days from 0000-03-01, in years that begin in March, so that the leap day is
 * the last day of a year and months have a linear rule. */
static uint64_t
days_of(struct civil c)
{
    const uint64_t y = c.month > 2 ? c.year : c.year - 1;
    const uint64_t m = c.month > 2 ? c.month - 3 : c.month + 9;

    return y * 365 + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + c.day - 1;
}

static uint64_t
epoch_days(void)
{
    return days_of((struct civil){1970, 1, 1});
}

/* The inverse, by 400-year eras. */
static struct civil
civil_of(uint64_t unix_days)
{
    const uint64_t days = unix_days + epoch_days();
    const uint64_t era = days / 146097;
    const uint64_t doe = days % 146097;
    const uint64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    const uint64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    const uint64_t m = (5 * doy + 2) / 153;
    struct civil c;

    c.day = (unsigned)(doy - (153 * m + 2) / 5 + 1);
    c.month = (unsigned)(m < 10 ? m + 3 : m - 9);
    c.year = (unsigned)(era * 400 + yoe + (c.month <= 2 ? 1 : 0));
    return c;
}

/* Exactly @n digits at *@text, moved past; at least @min, at most @max. */
static bool
digits(const char **text, unsigned n, unsigned min, unsigned max, unsigned *ret)
{
    unsigned value = 0;

    for (unsigned i = 0; i < n; i++) {
        const char c = (*text)[i];

        if (c < '0' || c > '9')
            return false;
        value = value * 10 + (unsigned)(c - '0');
    }
    if (value < min || value > max)
        return false;
    *text += n;
    *ret = value;
    return true;
}

static bool
literal(const char **text, char c)
{
    if (**text != c)
        return false;
    (*text)++;
    return true;
}

static bool
read_date(const char **text, uint64_t *ret_ms)
{
    struct civil c;

    if (!digits(text, 4, 1970, 9999, &c.year) || !literal(text, '-') ||
        !digits(text, 2, 1, 12, &c.month) || !literal(text, '-') ||
        !digits(text, 2, 1, days_in_month(c.year, c.month), &c.day))
        return false;
    *ret_ms = (days_of(c) - epoch_days()) * DAY_MS;
    return true;
}

/* ".123456": one digit or more; what is finer than a millisecond is cut. */
static bool
read_fraction(const char **text, uint64_t *ret_ms)
{
    uint64_t ms = 0;
    uint64_t weight = 100;
    unsigned digit;

    if (!literal(text, '.')) {
        *ret_ms = 0;
        return true;
    }
    if (!digits(text, 1, 0, 9, &digit))
        return false;
    do {
        ms += digit * weight;
        weight /= 10;
    } while (digits(text, 1, 0, 9, &digit));
    *ret_ms = ms;
    return true;
}

static bool
read_clock(const char **text, uint64_t *ret_ms)
{
    unsigned hour;
    unsigned minute;
    unsigned second;
    uint64_t fraction_ms;

    /* A leap second (":60") has no instant of its own in a uint64_t. */
    if (!digits(text, 2, 0, 23, &hour) || !literal(text, ':') ||
        !digits(text, 2, 0, 59, &minute) || !literal(text, ':') ||
        !digits(text, 2, 0, 59, &second) || !read_fraction(text, &fraction_ms))
        return false;
    *ret_ms =
        hour * HOUR_MS + minute * MINUTE_MS + second * SECOND_MS + fraction_ms;
    return true;
}

/* "Z", "+01:00", "-03:30": how far local time is ahead of or behind UTC. */
static bool
read_offset(const char **text, bool *ret_is_ahead, uint64_t *ret_ms)
{
    unsigned hour;
    unsigned minute;

    *ret_is_ahead = true;
    *ret_ms = 0;
    if (literal(text, 'Z') || literal(text, 'z'))
        return true;
    if (literal(text, '-'))
        *ret_is_ahead = false;
    else if (!literal(text, '+'))
        return false;
    if (!digits(text, 2, 0, 23, &hour) || !literal(text, ':') ||
        !digits(text, 2, 0, 59, &minute))
        return false;
    *ret_ms = hour * HOUR_MS + minute * MINUTE_MS;
    return true;
}

bool
hf_time_parse(const char *text, uint64_t *ret_ms)
{
    uint64_t ms;
    uint64_t clock_ms;
    uint64_t offset_ms;
    bool is_ahead;

    if (!read_date(&text, &ms))
        return false;
    if (*text == '\0') {
        *ret_ms = ms;
        return true;
    }
    if (!literal(&text, 'T') && !literal(&text, 't'))
        return false;
    if (!read_clock(&text, &clock_ms) ||
        !read_offset(&text, &is_ahead, &offset_ms) || *text != '\0')
        return false;
    ms += clock_ms;
    if (is_ahead && offset_ms > ms)
        return false; /* before 1970 */
    *ret_ms = is_ahead ? ms - offset_ms : ms + offset_ms;
    return true;
}

const char *
hf_time_format(uint64_t ms, char out[static HF_TIME_TEXT_BYTES])
{
    const struct civil c = civil_of(ms / DAY_MS);
    const unsigned of_day = (unsigned)(ms % DAY_MS / SECOND_MS);
    const unsigned fraction = (unsigned)(ms % SECOND_MS);
    int n;

    n = snprintf(out, HF_TIME_TEXT_BYTES, "%04u-%02u-%02uT%02u:%02u:%02u",
                 c.year, c.month, c.day, of_day / 3600, of_day / 60 % 60,
                 of_day % 60);
    HF_ASSERT(n > 0);
    HF_ASSERT(n + 6 <= HF_TIME_TEXT_BYTES);
    if (fraction != 0)
        n += snprintf(out + n, 5, ".%03u", fraction);
    out[n] = 'Z';
    out[n + 1] = '\0';
    return out;
}

const char *
hf_time_format_local(uint64_t ms, char out[static HF_TIME_TEXT_BYTES])
{
    const time_t seconds = (time_t)(ms / SECOND_MS);
    struct tm tm;

    if (localtime_r(&seconds, &tm) == NULL ||
        strftime(out, HF_TIME_TEXT_BYTES, "%Y-%m-%d %H:%M", &tm) == 0)
        return hf_time_format(ms, out);
    return out;
}

/* "24h": digits, then exactly one of the units; the product at most @max. */
static bool
read_amount(const char *text, const struct unit *units, size_t n_units,
            uint64_t max, uint64_t *ret)
{
    const size_t n_digits = strspn(text, "0123456789");
    char number[21];
    uint64_t value;

    if (n_digits == 0 || n_digits >= sizeof(number))
        return false;
    memcpy(number, text, n_digits);
    number[n_digits] = '\0';
    for (size_t i = 0; i < n_units; i++) {
        if (strcmp(text + n_digits, units[i].name) != 0)
            continue;
        if (!hf_parse_u64(number, 0, max / units[i].factor, &value))
            return false;
        *ret = value * units[i].factor;
        return true;
    }
    return false;
}

/* In the largest unit that leaves no rest. */
static const char *
format_amount(uint64_t value, const struct unit *units, size_t n_units,
              char out[static HF_TIME_TEXT_BYTES])
{
    size_t i = 0;
    int n;

    while (i + 1 < n_units &&
           (value < units[i].factor || value % units[i].factor != 0))
        i++;
    n = snprintf(out, HF_TIME_TEXT_BYTES, "%" PRIu64 "%s",
                 value / units[i].factor, units[i].name);
    HF_ASSERT(n > 0);
    HF_ASSERT(n < HF_TIME_TEXT_BYTES);
    return out;
}

#define N_UNITS(units) (sizeof(units) / sizeof((units)[0]))

bool
hf_duration_parse(const char *text, uint64_t *ret_ms)
{
    return read_amount(text, duration_units, N_UNITS(duration_units), TEN_YEARS,
                       ret_ms);
}

const char *
hf_duration_format(uint64_t ms, char out[static HF_TIME_TEXT_BYTES])
{
    return format_amount(ms, duration_units, N_UNITS(duration_units), out);
}

bool
hf_size_parse(const char *text, uint64_t *ret_bytes)
{
    return read_amount(text, size_units, N_UNITS(size_units), UINT64_MAX,
                       ret_bytes);
}

const char *
hf_size_format(uint64_t bytes, char out[static HF_TIME_TEXT_BYTES])
{
    return format_amount(bytes, size_units, N_UNITS(size_units), out);
}
