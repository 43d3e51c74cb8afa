#include "clock_watch.h"

static uint64_t
apart(uint64_t a, uint64_t b)
{
    return a > b ? a - b : b - a;
}

static bool
is_near(uint64_t a, uint64_t b)
{
    return apart(a, b) <= CLOCK_WATCH_PART_MS;
}

static void
go_by(struct clock_watch *w, uint64_t ms, uint64_t boot_ms)
{
    w->wall_ms = ms;
    w->boot_ms = boot_ms;
    w->now_ms = ms;
}

/* A wall clock that agrees with the record is as good as confirmed. One that is
 * far ahead of it may be right: the machine was off. */
void
clock_watch_begin(struct clock_watch *w, uint64_t wall_ms, uint64_t boot_ms,
                  uint64_t known_ms, uint64_t vouched_ms)
{
    const uint64_t floor_ms = vouched_ms > known_ms ? vouched_ms : known_ms;
    const bool is_vouched =
        vouched_ms != 0 && wall_ms < vouched_ms + CLOCK_WATCH_OFF_MS;

    *w = (struct clock_watch){.known_ms = floor_ms, .known_boot_ms = boot_ms};
    w->apart_ms = floor_ms != 0 ? apart(wall_ms, floor_ms) : 0;
    if (wall_ms + CLOCK_WATCH_PART_MS < floor_ms) {
        w->doubt = CLOCK_BEHIND;
        go_by(w, floor_ms, boot_ms);
        return;
    }
    if (known_ms != 0 && !is_vouched && wall_ms > known_ms + CLOCK_WATCH_OFF_MS)
        w->doubt = CLOCK_AHEAD;
    w->is_confirmed = known_ms != 0 && is_near(wall_ms, known_ms);
    go_by(w, wall_ms, boot_ms);
}

/* Against a broker stands only a clock that nobody else has agreed with. */
static void
oppose(struct clock_watch *w, uint64_t wall_ms, uint64_t boot_ms,
       uint64_t said_ms)
{
    const uint64_t ran_ms = boot_ms - w->known_boot_ms;

    w->doubt = CLOCK_OPPOSED;
    w->apart_ms = apart(wall_ms, said_ms);
    go_by(w, w->known_ms != 0 ? w->known_ms + ran_ms : wall_ms, boot_ms);
}

static void
jump(struct clock_watch *w, uint64_t wall_ms, uint64_t boot_ms, uint64_t due_ms)
{
    if (w->doubt == CLOCK_AHEAD) { /* nothing was believed yet: judge anew */
        clock_watch_begin(w, wall_ms, boot_ms,
                          w->known_ms + (boot_ms - w->known_boot_ms), 0);
        return;
    }
    w->doubt = CLOCK_JUMPED;
    w->apart_ms = apart(wall_ms, due_ms);
    w->now_ms = due_ms;
}

bool
clock_watch_look(struct clock_watch *w, uint64_t wall_ms, uint64_t boot_ms,
                 uint64_t said_ms)
{
    const enum clock_doubt was = w->doubt;
    const uint64_t due_ms = w->wall_ms + (boot_ms - w->boot_ms);
    const bool is_opposed = said_ms != 0 && !is_near(wall_ms, said_ms);

    if (said_ms != 0 && !is_opposed) {
        clock_watch_confirm(w, wall_ms, boot_ms);
    } else if (w->doubt == CLOCK_SURE || w->doubt == CLOCK_AHEAD) {
        if (!is_near(wall_ms, due_ms))
            jump(w, wall_ms, boot_ms, due_ms);
        else if (is_opposed && !w->is_confirmed)
            oppose(w, wall_ms, boot_ms, said_ms);
        else /* small corrections add up to nothing */
            go_by(w, wall_ms, boot_ms);
    } else if (w->doubt != CLOCK_OPPOSED && is_near(wall_ms, due_ms)) {
        w->doubt = CLOCK_SURE;
        go_by(w, wall_ms, boot_ms);
    } else {
        w->now_ms = due_ms;
        w->apart_ms =
            apart(wall_ms,
                  w->doubt == CLOCK_OPPOSED && is_opposed ? said_ms : due_ms);
    }
    return w->doubt != was;
}

void
clock_watch_confirm(struct clock_watch *w, uint64_t wall_ms, uint64_t boot_ms)
{
    w->doubt = CLOCK_SURE;
    w->is_confirmed = true;
    w->apart_ms = 0;
    go_by(w, wall_ms, boot_ms);
}

const char *
clock_doubt_text(enum clock_doubt d)
{
    switch (d) {
    case CLOCK_SURE:
        return "no";
    case CLOCK_JUMPED:
        return "jumped";
    case CLOCK_BEHIND:
        return "behind";
    case CLOCK_AHEAD:
        return "ahead";
    case CLOCK_OPPOSED:
        return "opposed";
    }
    return "";
}
