/* Time passed: each due row to what it wakes; none of them while the clock is
 * in doubt, if it is a deadline. */
#include "close.h"
#include "figures.h"
#include "files.h"
#include "follow.h"
#include "fork.h"
#include "ladder.h"
#include "live.h"
#include "node_internal.h"
#include "people.h"
#include "push.h"
#include "reviewer.h"
#include "ruling.h"
#include "slip.h"
#include "vital.h"

static void
settle_again(struct step *s, const struct hf_id *object)
{
    struct live l;

    if (live_load(s, object, &l))
        live_settle(s, &l);
}

static void
one_due(struct step *s, const struct hf_id *object, enum due_what what)
{
    switch (what) {
    case DUE_RESEND:
        push_due(s, object);
        break;
    case DUE_OUTBOX:
        push_out_due(s, object);
        break;
    case DUE_FIGURES:
        figures_due(s);
        break;
    case DUE_RULINGS:
        ruling_apply_all(s);
        break;
    case DUE_ANSWER:
        settle_again(s, object);
        break;
    case DUE_SCAN:
        node_scan_page(s, object);
        break;
    case DUE_INBOX:
        inbox_del(s->v, object);
        break;
    case DUE_FOLLOW:
        follow_due(s, object);
        break;
    case DUE_REVIEW:
        vital_due(s, object);
        break;
    case DUE_ARCHIVE:
        close_archive_due(s, object);
        break;
    case DUE_SLIP:
        slip_due(s, object);
        break;
    case DUE_OWNER:
        people_due(s, object);
        break;
    case DUE_CASE_OWNERS:
    case DUE_OBJECT_OWNERS:
        people_page(s, object, what == DUE_OBJECT_OWNERS);
        break;
    case DUE_FILE:
        file_due(s, object);
        break;
    case DUE_FORK:
        fork_due(s, object);
        break;
    case DUE_REVIEW_TELL:
        reviewer_tell_due(s, object);
        break;
    case DUE_REVIEW_SAY:
        reviewer_say_due(s, object);
        break;
    case DUE_REVIEWERS:
        reviewer_page(s, object);
        break;
    case DUE_REVIEWS_HERE:
        reviewer_page_here(s, object);
        break;
    case DUE_ONWARD:
        settle_again(s, object);
        break;
    }
}

/* What a clock that is in doubt must not set off. */
static bool
is_deadline(enum due_what what)
{
    switch (what) {
    case DUE_FIGURES:
    case DUE_REVIEW:
    case DUE_INBOX:
    case DUE_ARCHIVE:
    case DUE_FOLLOW:
    case DUE_SLIP:
        return true;
    case DUE_RESEND:
    case DUE_OUTBOX:
    case DUE_RULINGS:
    case DUE_ANSWER:
    case DUE_SCAN:
    case DUE_OWNER:
    case DUE_CASE_OWNERS:
    case DUE_OBJECT_OWNERS:
    case DUE_FILE:
    case DUE_FORK:
    case DUE_REVIEW_TELL:
    case DUE_REVIEW_SAY:
    case DUE_REVIEWERS:
    case DUE_REVIEWS_HERE:
    case DUE_ONWARD:
        return false;
    }
    return false;
}

/* Deadlines that came while the clock was in doubt are due as they were: some
 * not yet, if it had been ahead. */
static void
resume(struct step *s)
{
    struct hf_id object;
    enum due_what what;
    uint64_t ms;

    for (int i = 0; i < NODE_PAGE; i++) {
        if (!due_first_paused(s->v, &ms, &object, &what))
            return;
        due_del(s->v, ms, &object, what);
        due_put(s->v, ms & ~DUE_PAUSED, &object, what);
    }
    s->again = true;
}

void
node_tick(struct step *s)
{
    struct hf_id object;
    enum due_what what;
    uint64_t ms;

    if (!s->env->is_clock_doubtful) {
        resume(s);
        s->again |= ladder_tick(s);
    }
    for (int i = 0; i < NODE_PAGE && node_has_room(s); i++) {
        if (!due_first(s->v, &ms, &object, &what) || ms > s->now)
            return;
        due_del(s->v, ms, &object, what);
        if (s->env->is_clock_doubtful && is_deadline(what))
            due_put(s->v, ms | DUE_PAUSED, &object, what);
        else
            one_due(s, &object, what);
    }
    s->again = true;
}

uint64_t
node_wake_ms(const struct node_env *env)
{
    struct hf_id object;
    enum due_what what;
    uint64_t ms, wake = UINT64_MAX;

    if (!env->is_clock_doubtful) {
        if (due_first_paused(env->view, &ms, &object, &what))
            return 0;
        wake = ladder_wake_ms(env->view);
    }
    return due_first(env->view, &ms, &object, &what) && ms < wake ? ms : wake;
}
