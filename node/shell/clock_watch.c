#include "clock_watch.h"

void
clock_watch_confirm(struct clock_watch *w, uint64_t wall_ms, uint64_t boot_ms)
{
    w->wall_ms = wall_ms;
    w->boot_ms = boot_ms;
}

bool
clock_watch_look(struct clock_watch *w, uint64_t wall_ms, uint64_t boot_ms)
{
    const bool was = w->is_parted;
    uint64_t due;

    if (w->wall_ms == 0)
        clock_watch_confirm(w, wall_ms, boot_ms);
    due = w->wall_ms + (boot_ms - w->boot_ms);
    w->apart_ms = wall_ms > due ? wall_ms - due : due - wall_ms;
    w->is_parted = w->apart_ms > CLOCK_WATCH_PART_MS;
    w->now_ms = w->is_parted ? due : wall_ms;
    if (!w->is_parted) /* small corrections add up to nothing */
        clock_watch_confirm(w, wall_ms, boot_ms);
    return w->is_parted != was;
}
