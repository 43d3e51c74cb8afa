/*
 * clock_watch.h - which time the node goes by, and whether it is in doubt.
 *
 * A wall clock may be wrong when the node starts, and may jump while it runs.
 * Each look compares it with the boot clock, which does neither, with the
 * latest time that this node has on record, and with what brokers say. While
 * the two part by more than an hour the clock is in doubt: no deadline passes
 * (node.h), nothing is destroyed by it, and status says so at grade `stop`.
 *
 *   SURE     the wall clock
 *   JUMPED   it parted from the boot clock: the time before, and the boot clock
 *   BEHIND   it started before what is on record: from there by the boot clock
 *   AHEAD    it started a week after what is on record, and nobody has agreed
 *            yet: the wall clock; the machine may just have been off
 *   OPPOSED  it started, and a broker says another: as BEHIND
 *
 * It ends when the wall clock is back (JUMPED, BEHIND), when a broker's clock
 * agrees with it, or when an admin says that it is right.
 */
#ifndef NODE_SHELL_CLOCK_WATCH_H
#define NODE_SHELL_CLOCK_WATCH_H

#include <stdbool.h>
#include <stdint.h>

#define CLOCK_WATCH_PART_MS (3600u * 1000u)
#define CLOCK_WATCH_OFF_MS  (7ull * 24 * 3600 * 1000)

enum clock_doubt {
    CLOCK_SURE,
    CLOCK_JUMPED,
    CLOCK_BEHIND,
    CLOCK_AHEAD,
    CLOCK_OPPOSED
};

struct clock_watch {
    enum clock_doubt doubt;
    uint64_t now_ms;   /* the time to go by, as of the last look */
    uint64_t apart_ms; /* how far the wall clock is from it, or from what
                          opposes it */
    uint64_t wall_ms;  /* both clocks, when they were last believed */
    uint64_t boot_ms;
    uint64_t known_ms; /* on record at the start; 0: nothing */
    uint64_t known_boot_ms;
    bool is_confirmed; /* record, broker or admin have agreed since then */
};

/** clock_watch_begin: at the start.
 *
 * @known_ms    the latest time that is on record here; 0: none
 * @vouched_ms  when the committee last vouched for the registry held; 0: never
 */
void clock_watch_begin(struct clock_watch *w, uint64_t wall_ms,
                       uint64_t boot_ms, uint64_t known_ms,
                       uint64_t vouched_ms);

/** clock_watch_look: the time to go by. @said_ms: a broker's time now; 0: none
 * has said. True when the doubt has changed. */
bool clock_watch_look(struct clock_watch *w, uint64_t wall_ms, uint64_t boot_ms,
                      uint64_t said_ms);

/** clock_watch_confirm: an admin says that the wall clock is right; brokers
 * are not asked any more. */
void clock_watch_confirm(struct clock_watch *w, uint64_t wall_ms,
                         uint64_t boot_ms);

/** clock_doubt_text: a word for the log. */
const char *clock_doubt_text(enum clock_doubt d);

#endif /* NODE_SHELL_CLOCK_WATCH_H */
