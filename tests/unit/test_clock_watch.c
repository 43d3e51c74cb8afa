/* Unit tests of node/shell/clock_watch: a wall clock two years back, two years
 * on, at the start and jumping while the node runs; who settles it; and the
 * small corrections of NTP. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "clock_watch.h"

#define T0   UINT64_C(1790000000000)
#define HOUR UINT64_C(3600000)
#define DAY  (24 * HOUR)
#define YEAR (365 * DAY)
#define BOOT UINT64_C(5000)

static struct clock_watch w;

static void
begin(void)
{
    clock_watch_begin(&w, T0, BOOT, T0 - HOUR / 2, 0);
    cr_assert(eq(int, (int)w.doubt, CLOCK_SURE));
    cr_assert(not(clock_watch_look(&w, T0, BOOT, 0)));
    cr_assert(eq(u64, w.now_ms, T0));
}

TestSuite(clock_watch, .init = begin);

static void
jump(uint64_t wall_ms)
{
    cr_expect(clock_watch_look(&w, wall_ms, BOOT + HOUR, 0));
    cr_expect(eq(int, (int)w.doubt, CLOCK_JUMPED));
    cr_expect(eq(u64, w.now_ms, T0 + HOUR), "time goes on as it was");
    cr_expect(not(clock_watch_look(&w, wall_ms + HOUR, BOOT + 2 * HOUR, 0)));
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
    cr_expect(clock_watch_look(&w, T0 + 3 * HOUR, BOOT + 3 * HOUR, 0));
    cr_expect(eq(int, (int)w.doubt, CLOCK_SURE));
    cr_expect(eq(u64, w.now_ms, T0 + 3 * HOUR));
}

Test(clock_watch, believes_the_new_time_when_a_broker_does)
{
    const uint64_t wall = T0 + 2 * YEAR + 2 * HOUR;

    jump(T0 + 2 * YEAR);
    cr_expect(not(clock_watch_look(&w, wall, BOOT + 3 * HOUR, T0)),
              "another broker's word changes nothing");
    cr_expect(clock_watch_look(&w, wall, BOOT + 3 * HOUR, wall - HOUR / 2));
    cr_expect(eq(int, (int)w.doubt, CLOCK_SURE));
    cr_expect(eq(u64, w.now_ms, wall));
}

Test(clock_watch, believes_the_new_time_when_an_admin_does)
{
    const uint64_t wall = T0 - 2 * YEAR;

    jump(wall);
    clock_watch_confirm(&w, wall, BOOT + 3 * HOUR);
    cr_expect(not(clock_watch_look(&w, wall + 1, BOOT + 3 * HOUR + 1, T0)),
              "whatever brokers say");
    cr_expect(eq(int, (int)w.doubt, CLOCK_SURE));
    cr_expect(eq(u64, w.now_ms, wall + 1));
}

Test(clock_watch, small_corrections_are_followed_and_do_not_add_up)
{
    for (uint64_t i = 1; i < 1000; i++) {
        cr_assert(not(
            clock_watch_look(&w, T0 + i * (HOUR + 1000), BOOT + i * HOUR, 0)));
        cr_assert(eq(u64, w.now_ms, T0 + i * (HOUR + 1000)));
    }
}

Test(clock_watch, a_night_of_sleep_is_no_jump)
{
    cr_expect(not(clock_watch_look(&w, T0 + 9 * HOUR, BOOT + 9 * HOUR, 0)));
}

/* ---- at the start ---- */

Test(clock_watch, that_starts_two_years_back_goes_on_from_the_record)
{
    clock_watch_begin(&w, T0 - 2 * YEAR, BOOT, T0, 0);
    cr_expect(eq(int, (int)w.doubt, CLOCK_BEHIND));
    cr_expect(eq(u64, w.now_ms, T0));
    cr_expect(not(clock_watch_look(&w, T0 - 2 * YEAR + HOUR, BOOT + HOUR, 0)));
    cr_expect(eq(u64, w.now_ms, T0 + HOUR));
    cr_expect(clock_watch_look(&w, T0 + 2 * HOUR, BOOT + 2 * HOUR, 0));
    cr_expect(eq(int, (int)w.doubt, CLOCK_SURE), "it was set");
}

Test(clock_watch, that_starts_before_the_registry_was_vouched_for_is_behind)
{
    clock_watch_begin(&w, T0 - YEAR, BOOT, 0, T0);
    cr_expect(eq(int, (int)w.doubt, CLOCK_BEHIND));
    cr_expect(eq(u64, w.now_ms, T0));
}

Test(clock_watch, that_starts_two_years_on_is_in_doubt_until_a_broker_agrees)
{
    clock_watch_begin(&w, T0 + 2 * YEAR, BOOT, T0, T0 - DAY);
    cr_expect(eq(int, (int)w.doubt, CLOCK_AHEAD));
    cr_expect(not(clock_watch_look(&w, T0 + 2 * YEAR, BOOT, 0)));
    cr_expect(clock_watch_look(&w, T0 + 2 * YEAR, BOOT, T0 + 2 * YEAR));
    cr_expect(eq(int, (int)w.doubt, CLOCK_SURE), "it had only been off");
}

Test(clock_watch, that_starts_two_years_on_against_a_broker_keeps_the_record)
{
    clock_watch_begin(&w, T0 + 2 * YEAR, BOOT, T0, 0);
    cr_expect(
        clock_watch_look(&w, T0 + 2 * YEAR + HOUR, BOOT + HOUR, T0 + 2 * HOUR));
    cr_expect(eq(int, (int)w.doubt, CLOCK_OPPOSED));
    cr_expect(eq(u64, w.now_ms, T0 + HOUR));
    cr_expect(
        clock_watch_look(&w, T0 + 3 * HOUR, BOOT + 2 * HOUR, T0 + 3 * HOUR));
    cr_expect(eq(int, (int)w.doubt, CLOCK_SURE), "it was set");
}

Test(clock_watch, that_starts_two_years_on_and_is_set_right_is_sure)
{
    clock_watch_begin(&w, T0 + 2 * YEAR, BOOT, T0, 0);
    cr_expect(clock_watch_look(&w, T0 + 2 * HOUR, BOOT + 2 * HOUR, 0));
    cr_expect(eq(int, (int)w.doubt, CLOCK_SURE));
    cr_expect(eq(u64, w.now_ms, T0 + 2 * HOUR));
}

Test(clock_watch, after_a_week_off_a_fresh_registry_is_word_enough)
{
    clock_watch_begin(&w, T0 + 20 * DAY, BOOT, T0, T0 + 19 * DAY);
    cr_expect(eq(int, (int)w.doubt, CLOCK_SURE));
}

Test(clock_watch, days_ahead_shows_only_beside_a_broker)
{
    clock_watch_begin(&w, T0 + 5 * DAY, BOOT, T0, 0);
    cr_expect(eq(int, (int)w.doubt, CLOCK_SURE), "a long weekend");
    cr_expect(clock_watch_look(&w, T0 + 5 * DAY, BOOT, T0));
    cr_expect(eq(int, (int)w.doubt, CLOCK_OPPOSED));
}

/* Otherwise one broker could stop every deadline whenever it liked. */
Test(clock_watch, that_agrees_with_its_record_needs_no_broker)
{
    cr_expect(not(clock_watch_look(&w, T0 + 1000, BOOT + 1000, T0 + YEAR)));
    cr_expect(eq(u64, w.now_ms, T0 + 1000));
}
