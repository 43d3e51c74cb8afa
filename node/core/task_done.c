/* `tasks done`: somebody says that a task is done. */
#include "ask.h"
#include "hf_text.h"
#include "task.h"

/* Its owner, or who cares for cases here. */
static bool
may_finish(const struct step *s, const struct node_task *t)
{
    const uint32_t care =
        ROLE_BIT(ROLE_CASE_MANAGER) | ROLE_BIT(ROLE_SUPERVISOR);

    return (s->roles & care) != 0 || hf_name_eq(&t->owner, &s->cmd->user);
}

void
ask_task_done(struct step *s)
{
    char id[HF_ID_TEXT_BYTES];
    struct node_task t;

    if (!ask_permitted(s, OBJECT_NONE, SIDE_FIRST))
        return;
    if (!task_get(s->v, &s->cmd->object, &t)) {
        step_refuse(s, 66, "no_such_task", "handoff tasks shows them",
                    "no task with this id here");
        return;
    }
    (void)hf_id_format("HK", &t.id, id);
    if (!may_finish(s, &t)) {
        step_refuse(s, 77, "not_permitted", "", "task %s is %.31s's", id,
                    t.owner.s[0] == '\0' ? "a case manager" : t.owner.s);
    } else if (t.done_ms != 0) {
        step_refuse(s, 1, "task_done", "", "task %s is done", id);
    } else if (task_answer(t.what)[0] != '\0') {
        step_refuse(s, 1, "answered_otherwise", task_answer(t.what),
                    "task %s (%s) ends when that is answered, not by hand", id,
                    task_text(t.what));
    } else if (ask_words_fit(s)) {
        /* tried in vain, or nothing */
        task_finish(s, &t, s->cmd->reason, s->cmd->report);
        step_reply(s)->id = t.id;
    }
}
