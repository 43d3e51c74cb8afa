/* Who referred is told of what was sent on, and what was sent on ends with what
 * it was part of. */
#include "disclose.h"
#include "lifecycle.h"
#include "onward.h"
#include "parts.h"
#include "trail.h"

/* ---- who referred is told ---- */

/* How far y is, in steps that are worth telling; 0: not sent yet. */
static uint8_t
step_of(const struct node_object *y)
{
    const uint64_t asked = LIFECYCLE_IN(STATE_SENT) |
                           LIFECYCLE_IN(STATE_RECEIVED) |
                           LIFECYCLE_IN(STATE_ON_HOLD);
    const uint64_t taken =
        LIFECYCLE_IN(STATE_ACCEPTED) | LIFECYCLE_IN(STATE_SCHEDULED) |
        LIFECYCLE_IN(STATE_NO_SHOW) |
        LIFECYCLE_IN(STATE_APPOINTMENT_CANCELLED) |
        LIFECYCLE_IN(STATE_IN_SERVICE);

    if (y->n[SIDE_FIRST] == 0)
        return 0;
    if (y->state == STATE_CANCEL_PENDING)
        return y->onward_told; /* nothing new yet */
    return (asked & LIFECYCLE_IN(y->state)) != 0   ? 1
           : (taken & LIFECYCLE_IN(y->state)) == 0 ? 4
           : y->sections != 0                      ? 3
                                                   : 2;
}

static bool
is_part(const struct node_object *o, const struct hf_id *x)
{
    return o->kind == OBJECT_REFERRAL && o->side == SIDE_FIRST &&
           hf_id_eq(&o->terms.part_of, x);
}

static bool
is_owed(const struct node_object *y)
{
    return !hf_id_is_zero(&y->terms.part_of) && y->side == SIDE_FIRST &&
           step_of(y) != y->onward_told;
}

void
onward_changed(struct step *s, const struct node_object *y)
{
    if (y->kind != OBJECT_REFERRAL || !is_owed(y))
        return;
    due_put(s->v, s->now, &y->terms.part_of, DUE_ONWARD);
    s->again = true;
}

static void
append_note(struct step *s, struct live *x, const struct node_object *y)
{
    const struct onward_note note = {.referral = y->id,
                                     .to = y->peer,
                                     .service = y->terms.service,
                                     .family = y->terms.family,
                                     .need = y->terms.need,
                                     .state = y->state,
                                     .reason = y->reason,
                                     .categories = y->sections};
    struct draft d = {.event = EVENT_ONWARD, .is_automatic = true};
    uint8_t *packed = step_alloc(s, ONWARD_NOTE_BYTES);

    onward_note_pack(&note, packed);
    disclose_add(&d.body, PART_ONWARD, CATEGORY_NONE,
                 (struct hf_bytes){packed, ONWARD_NOTE_BYTES});
    live_append(s, x, &d);
}

bool
onward_tell(struct step *s, struct live *x)
{
    struct hf_id at = {{0}};
    struct node_object y;
    bool told = false;

    while (object_next_of_case(s->v, &x->o.id, &at, &y)) {
        if (!is_part(&y, &x->o.id) || !is_owed(&y) ||
            !live_may(s, x, EVENT_ONWARD, 0))
            continue;
        append_note(s, x, &y);
        y.onward_told = step_of(&y);
        object_put(s->v, &y, y.changed_ms);
        told = true;
    }
    return told;
}

/* The note in the @n-th entry of x's second side; false: it has none. */
static bool
note_at(const struct node_view *v, const struct node_object *x, uint32_t n,
        struct onward_note *ret, uint64_t *ret_at_ms)
{
    uint8_t bytes[ENTRY_BYTES], sig[ENTRY_SIG_BYTES];
    struct entry e;
    struct part p;

    if (!chain_get(v, &x->id, SIDE_SECOND, n, 0, bytes, sig) ||
        entry_unpack((struct hf_bytes){bytes, ENTRY_BYTES}, &e) != HF_OK ||
        e.event != EVENT_ONWARD ||
        !body_part_get(v, &x->id, SIDE_SECOND, n, 0, &p) ||
        p.type != PART_ONWARD || !onward_note_unpack(p.bytes, ret))
        return false;
    *ret_at_ms = e.at_ms;
    return true;
}

static bool
is_told(const struct onward_told *list, size_t n, const struct hf_id *referral)
{
    for (size_t i = 0; i < n; i++)
        if (hf_id_eq(&list[i].note.referral, referral))
            return true;
    return false;
}

size_t
onward_notes(const struct node_view *v, const struct node_object *x,
             struct onward_told ret[static ONWARD_NOTES_MAX])
{
    size_t n = 0;

    if (x->kind != OBJECT_REFERRAL || x->side != SIDE_FIRST)
        return 0;
    for (uint32_t k = x->n[SIDE_SECOND]; k > 0 && n < ONWARD_NOTES_MAX; k--)
        if (note_at(v, x, k, &ret[n].note, &ret[n].at_ms) &&
            !is_told(ret, n, &ret[n].note.referral))
            n++;
    return n;
}

/* ---- x ends ---- */

/* What came to an end of its own stays: it is the last receiver's record. */
bool
onward_is_open(enum state state)
{
    const uint64_t ended =
        LIFECYCLE_IN(STATE_COMPLETED) | LIFECYCLE_IN(STATE_FAILED) |
        LIFECYCLE_IN(STATE_CLOSED) | LIFECYCLE_IN(STATE_DECLINED) |
        LIFECYCLE_IN(STATE_REJECTED) | LIFECYCLE_IN(STATE_EXPIRED) |
        LIFECYCLE_IN(STATE_LAPSED) | LIFECYCLE_IN(STATE_CANCELLED) |
        LIFECYCLE_IN(STATE_VOID) | LIFECYCLE_IN(STATE_RECALLED);

    return (ended & LIFECYCLE_IN(state)) == 0;
}

void
onward_end(struct step *s, const struct hf_id *x)
{
    const struct draft d = {.event = EVENT_RECALL,
                            .reason = REASON_CONSENT_WITHDRAWN,
                            .is_automatic = true};
    struct hf_id at = {{0}};
    struct node_object y;
    struct live l;

    while (object_next_of_case(s->v, x, &at, &y)) {
        if (!is_part(&y, x) || !live_load(s, &y.id, &l))
            continue;
        if (y.n[SIDE_FIRST] > 0 && onward_is_open(y.state) &&
            live_may(s, &l, EVENT_RECALL, 0)) {
            live_append(s, &l, &d);
            live_settle(s, &l);
        }
        onward_erase(s, &l, CATEGORY_ALL, true);
    }
}

void
onward_erase(struct step *s, struct live *y, uint32_t categories, bool is_whole)
{
    const uint32_t sections = y->o.sections; /* until they answer */

    if (is_whole) {
        live_drop_all(s, y);
        decision_del(s->v, &y->o.terms.decision);
        trail_del(s->v, &y->o.terms.decision);
        memset(&y->o.proof, 0, sizeof(y->o.proof));
    } else {
        live_drop_sections(s, y, SIDE_FIRST, categories);
        parts_card_left(&y->o.card, CATEGORY_ALL & ~categories);
    }
    y->o.sections = sections;
    object_put(s->v, &y->o, y->was_changed_ms);
}
