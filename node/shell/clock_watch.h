/*
 * clock_watch.h - a wall clock that jumps while the node runs moves no
 * deadline.
 *
 * Each look compares how far the wall clock and the boot clock have come since
 * they were last believed. When they part by more than an hour the node goes
 * on by the boot clock, from the time that it had: nothing falls due early or
 * late, and status says so, until the wall clock is back, or a broker's clock
 * agrees with it: then it was wrong before, and is believed from now on.
 */
#ifndef NODE_SHELL_CLOCK_WATCH_H
#define NODE_SHELL_CLOCK_WATCH_H

#include <stdbool.h>
#include <stdint.h>

#define CLOCK_WATCH_PART_MS (3600u * 1000u)

struct clock_watch {
    uint64_t wall_ms; /* both clocks when they were last believed; 0: never */
    uint64_t boot_ms;
    uint64_t now_ms;  /* the time to go by, as of the last look */
    uint64_t apart_ms;
    bool is_parted;
};

/** clock_watch_look: the time to go by. True when is_parted has changed. */
bool clock_watch_look(struct clock_watch *w, uint64_t wall_ms,
                      uint64_t boot_ms);

/** clock_watch_confirm: a broker's clock agrees with the wall clock now. */
void clock_watch_confirm(struct clock_watch *w, uint64_t wall_ms,
                         uint64_t boot_ms);

#endif /* NODE_SHELL_CLOCK_WATCH_H */
