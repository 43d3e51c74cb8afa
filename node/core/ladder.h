/*
 * ladder.h - what happens when nobody does what is due (I-11).
 *
 * The SOP's ladder: at the due instant the focal point is reminded, then the
 * supervisor, then the next provider is proposed, then the committee counts
 * it; each once, the last again each week. What a task has reached is in its
 * record, in the commit that says it: a crash, a restart, months without power
 * or a clock that jumps repeat none and skip none. While the clock is in doubt
 * nobody climbs.
 */
#ifndef NODE_CORE_LADDER_H
#define NODE_CORE_LADDER_H

#include "sop_duty.h"
#include "task.h"

#define RUNGS (RUNG_COMMITTEE + 1) /* enum sop_rung_who, in their order */
const char *rung_text(unsigned rung); /* "" for none */

/** A row of NODE_NOTICES: the command of `notify:` is still to be run. */
struct node_notice {
    struct hf_id task;
    struct hf_id id;       /* what it is about: an object, else the task */
    enum object_kind kind; /* OBJECT_NONE: @id is the task's */
    enum urgency urgency;
    uint8_t rung;
    uint64_t at_ms;
};

/** ladder_tick: those that are to climb now, a page of them; true if there may
 * be more. Not to be called while the clock is in doubt. */
bool ladder_tick(struct step *s);
/** ladder_wake_ms: when the next one climbs; UINT64_MAX: none. */
uint64_t ladder_wake_ms(const struct node_view *v);
/** ladder_first_ms: when a new task's first rung comes. */
uint64_t ladder_first_ms(const struct step *s, const struct node_task *t);
/** ladder_leave: @t is done or cancelled; what it counted is taken back. */
void ladder_leave(struct step *s, const struct node_task *t);

/** notice_next: begin with *at zeroed and pass it on unchanged.
 * ladder_notified: the command for this one has been run. */
bool notice_next(const struct node_view *v, struct node_notice *at);
void ladder_notified(struct step *s, const struct hf_id *task, unsigned rung);

#endif /* NODE_CORE_LADDER_H */
