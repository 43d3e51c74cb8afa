/* Unit tests of node/shell/clock_watch: a wall clock two years back, two years
 * on, jumping while the node runs, and the small corrections of NTP. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "clock_watch.h"

#define T0   UINT64_C(1790000000000)
#define HOUR UINT64_C(3600000)
#define YEAR (365 * 24 * HOUR)

static struct clock_watch w;

static void
begin(void)
{
    w = (struct clock_watch){0};
    cr_assert(not(clock_watch_look(&w, T0, 5000)));
    cr_assert(eq(u64, w.now_ms, T0));
}

TestSuite(clock_watch, .init = begin);

static void
jump(uint64_t wall_ms)
{
    cr_expect(clock_watch_look(&w, wall_ms, 5000 + HOUR));
    cr_expect(w.is_parted);
    cr_expect(eq(u64, w.now_ms, T0 + HOUR), "time goes on as it was");
    cr_expect(not(clock_watch_look(&w, wall_ms + HOUR, 5000 + 2 * HOUR)));
    cr_expect(eq(u64, w.now_ms, T0 + 2 * HOUR));
}

Test(clock_watch, two_years_on_moves_nothing)
{
    jump(T0 + 2 * YEAR);
    cr_expect(gt(u64, w.apart_ms, YEAR));
}

Test(clock_watch, two_years_back_moves_nothing)
{
    jump(T0 - 2 * YEAR);
    cr_expect(gt(u64, w.apart_ms, YEAR));
}

Test(clock_watch, comes_back_with_the_wall_clock)
{
    jump(T0 + 2 * YEAR);
    cr_expect(clock_watch_look(&w, T0 + 3 * HOUR, 5000 + 3 * HOUR));
    cr_expect(not(w.is_parted));
    cr_expect(eq(u64, w.now_ms, T0 + 3 * HOUR));
}

Test(clock_watch, believes_the_new_time_when_a_broker_does)
{
    jump(T0 + 2 * YEAR);
    clock_watch_confirm(&w, T0 + 2 * YEAR + 2 * HOUR, 5000 + 3 * HOUR);
    cr_expect(
        clock_watch_look(&w, T0 + 2 * YEAR + 2 * HOUR, 5000 + 3 * HOUR));
    cr_expect(not(w.is_parted));
    cr_expect(eq(u64, w.now_ms, T0 + 2 * YEAR + 2 * HOUR));
}

Test(clock_watch, small_corrections_are_followed_and_do_not_add_up)
{
    for (uint64_t i = 1; i < 1000; i++) {
        cr_assert(not(
            clock_watch_look(&w, T0 + i * (HOUR + 1000), 5000 + i * HOUR)));
        cr_assert(eq(u64, w.now_ms, T0 + i * (HOUR + 1000)));
    }
}

Test(clock_watch, a_night_of_sleep_is_no_jump)
{
    cr_expect(not(clock_watch_look(&w, T0 + 9 * HOUR, 5000 + 9 * HOUR)));
}
