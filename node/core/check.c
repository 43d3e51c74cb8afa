/* node_check(): every object held against its chains, every task against its
 * indices. Reads only. */
#include "ask.h"
#include "deadline.h"
#include "hf_text.h"
#include "reviewer.h"
#include "task.h"

static bool
complain(char *why, size_t why_bytes, const struct node_object *o,
         const char *what)
{
    char id[HF_ID_TEXT_BYTES];

    hf_say(why, why_bytes, "%s: %s", ask_id(o->kind, &o->id, id), what);
    return false;
}

static bool
is_linked(const struct node_view *v, const struct node_object *o)
{
    uint64_t ms = o->changed_ms;
    struct hf_id at = o->id;
    struct node_object found;

    /* the walker starts behind a row: begin just before this one */
    for (int i = HF_ID_BYTES - 1; i >= 0 && at.b[i]-- == 0; i--)
        continue;
    return object_next_changed(v, &ms, &at, &found) &&
           hf_id_eq(&found.id, &o->id);
}

static bool
check_chains(struct step *s, const struct node_object *o, char *why,
             size_t why_bytes)
{
    struct live l;

    if (!live_load(s, &o->id, &l))
        return complain(why, why_bytes, o, "cannot be loaded");
    for (int side = 0; side < 2; side++) {
        const uint32_t n = o->n[side];

        if (n > 0 && !hf_hash_eq(&o->last[side], &l.hash[side][n - 1]))
            return complain(why, why_bytes, o,
                            "the last entry is not the one on record");
        if (o->applied[side] > n)
            return complain(why, why_bytes, o,
                            "more entries had an effect than are held");
    }
    if (o->n[0] + o->n[1] > 0 && chain_state(&l.pair) != o->state)
        return complain(why, why_bytes, o,
                        "its state is not that of its chains");
    if (o->acked > o->n[o->side])
        return complain(why, why_bytes, o,
                        "the peer acknowledged more than there is");
    return true;
}

static bool
check_owed(const struct step *s, const struct node_object *o, char *why,
           size_t why_bytes)
{
    (void)s;
    if (o->acked < o->n[o->side] && o->resend_ms == 0)
        return complain(why, why_bytes, o,
                        "the peer lacks entries and nothing is due");
    return true;
}

/* A disclosure without a verdict is somebody's to review, and they are told. */
static bool
check_reviews(const struct node_view *v, char *why, size_t why_bytes)
{
    struct hf_id at = {{0}};
    struct node_vital vital;
    struct node_asked t;

    while (told_next_open(v, &at)) {
        if (told_get(v, &at, &t) && t.is_open && t.verdict.at_ms == 0 &&
            (t.reviewer.s[0] == '\0') == (t.next_ms == 0) &&
            vital_get(v, &at, &vital) && vital.sent_ms != 0 &&
            vital.reviewed_ms == 0)
            continue;
        hf_say(why, why_bytes, "a review is open, and is not to be");
        return false;
    }
    return true;
}

bool
node_check(const struct node_env *env, char *why, size_t why_bytes)
{
    struct step s = {.env = env, .v = env->view};
    struct hf_id at = {{0}};
    struct node_object o;

    while (object_next(env->view, &at, &o)) {
        if (!is_linked(env->view, &o))
            return complain(why, why_bytes, &o, "it is not in the list");
        if (!check_chains(&s, &o, why, why_bytes) ||
            !check_owed(&s, &o, why, why_bytes))
            return false;
        if (!deadline_check(env->view, &o))
            return complain(why, why_bytes, &o,
                            "a clock runs and is nobody's task");
    }
    return check_reviews(env->view, why, why_bytes) &&
           task_check(env->view, why, why_bytes);
}
