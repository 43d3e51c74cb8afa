/* Withdrawals as they are listed and shown: who was told, who answered, and
 * what was said by other means. */
#include "api_internal.h"
#include "chase.h"
#include "task.h"

/* What somebody said by telephone or on paper, and who noted it. */
static void
put_said(struct api_call *c, json_t *j, const struct node_object *o)
{
    struct node_task t = {.due_ms = 0};
    json_t *said = NULL;
    struct hf_bytes words;

    while (task_next_of_object(c->env->view, &o->id, &t))
        if (t.what == TASK_CHASE_WITHDRAWAL && t.done_ms != 0)
            break;
    if (t.what != TASK_CHASE_WITHDRAWAL || t.done_ms == 0)
        return;
    if (task_words(c->env->view, &t.id, &words))
        said = json_loadb((const char *)words.p, words.n, 0, NULL);
    if (said == NULL)
        said = json_object();
    api_put_text(said, "noted_by", t.done_by.s);
    api_put_time(said, "noted_at", t.done_ms);
    (void)json_object_set_new(j, "said", said);
}

static void
put_answer(struct api_call *c, json_t *j, const struct node_object *o)
{
    const bool by_hand = o->state != STATE_ANSWERED && o->by_hand != 0;

    const bool kept =
        by_hand ? o->by_hand == EVENT_KEPT : o->erase_basis_kept != 0;

    if (o->state == STATE_ANSWERED || by_hand) {
        api_put_text(j, "answer", kept ? "kept" : "erased");
        if (kept)
            api_put_text(j, "basis",
                         reason_text(by_hand ? o->by_hand_basis : o->reason));
    } else if (chase_is_overdue(o, c->now_ms)) {
        api_put_text(j, "answer", "unanswered");
    }
    if (o->side != SIDE_FIRST)
        return;
    api_put_time(j, "due", o->created_ms + CHASE_MS);
    api_put_bool(j, "by_hand", by_hand);
}

json_t *
api_withdrawal(struct api_call *c, const struct node_object *o)
{
    json_t *j = json_object();

    api_put_id(j, "id", "HW", &o->id);
    api_put_text(j, "peer", api_sees(c, o) ? o->peer.s : NULL);
    api_put_text(j, "direction", o->side == SIDE_FIRST ? "out" : "in");
    api_put_text(j, "state", state_text(o->state));
    api_put_text(j, "effect", o->scopes.erase ? "erase" : "stop");
    api_put_time(j, "at", o->created_ms);
    api_put_time(j, "changed", o->changed_ms);
    put_answer(c, j, o);
    return j;
}

void
api_put_withdrawal(struct api_call *c, json_t *j, const struct node_object *o)
{
    json_t *scopes = json_array();

    for (size_t i = 0; i < o->scopes.n && i < SCOPES_MAX; i++)
        (void)json_array_append_new(scopes, json_string(o->scopes.scope[i].s));
    api_put_id(j, "consent", "CO", &o->scopes.consent);
    api_put_text(j, "effect", o->scopes.erase ? "erase" : "stop");
    api_put_bool(j, "whole", o->scopes.whole);
    api_put_bool(j, "narrowed", o->scopes.narrowed);
    (void)json_object_set_new(j, "scopes", scopes);
    (void)json_object_set_new(j, "categories",
                              api_categories(o->scopes.categories));
    put_answer(c, j, o);
    if (o->by_hand != 0)
        put_said(c, j, o);
}
