/* What is to be done: tasks by due instant, and `tasks done`. */
#include <stdlib.h>

#include "api_internal.h"
#include "ladder.h"
#include "reviewer.h"
#include "task.h"

/* Before the first task that is due later; times are texts of one length. */
void
api_insert_task(json_t *list, json_t *task)
{
    const char *due = filecheck_string(task, "due");
    size_t at = 0;

    while (at < json_array_size(list)) {
        const char *other = filecheck_string(json_array_get(list, at), "due");

        if (due != NULL && other != NULL && strcmp(due, other) < 0)
            break;
        at++;
    }
    (void)json_array_insert_new(list, at, task);
}

static void
put_object(struct api_call *c, json_t *j, const struct node_object *o)
{
    (void)c;
    api_put_id(j, "object", api_prefix(o->kind), &o->id);
    api_put_text(j, "kind", object_kind_text(o->kind));
    api_put_text(j, "state", state_text(o->state));
    api_put_text(j, "direction", o->side == SIDE_FIRST ? "out" : "in");
}

static json_t *
task_of(struct api_call *c, const struct node_task *t,
        const struct node_object *o)
{
    json_t *j = json_object();
    struct node_review r;
    struct node_case row;

    api_put_id(j, "task", "HK", &t->id);
    api_put_text(j, "what", task_text(t->what));
    if (o == NULL && review_get(c->env->view, &t->object, &r)) {
        api_put_id(j, "object", "HR", &r.notice.referral);
        api_put_text(j, "from", r.notice.from.s);
    }
    api_put_id(j, "case", "HC", &t->case_id);
    if (case_get(c->env->view, &t->case_id, &row))
        api_put_name(c, j, &row);
    if (o != NULL)
        put_object(c, j, o);
    else
        api_put_text(j, "kind", hf_id_is_zero(&t->case_id) ? "node" : "case");
    api_put_text(j, "owner", t->owner.s);
    api_put_time(j, "due", t->due_ms);
    api_put_bool(j, "overdue", t->due_ms < c->now_ms);
    api_put_text(j, "rung", rung_text(t->rung));
    api_put_text(j, "answered_by", task_answer(t->what));
    api_put_text(j, "reason", reason_text(t->reason));
    return j;
}

/* Whether this user may know of it, and the object that it is about. */
static bool
is_shown(struct api_call *c, const struct node_task *t, struct node_object *o,
         bool *ret_has_object)
{
    *ret_has_object =
        !hf_id_is_zero(&t->object) && object_get(c->env->view, &t->object, o);
    if (!permit_query(c->roles, PERMIT_OBJECTS))
        return t->what == TASK_VITAL_REVIEW;
    return !*ret_has_object || api_sees(c, o);
}

static void
add_task(struct api_call *c, json_t *list, const struct node_task *t)
{
    struct node_object o;
    bool has_object;

    if (is_shown(c, t, &o, &has_object))
        api_insert_task(list, task_of(c, t, has_object ? &o : NULL));
}

static void
add_all(struct api_call *c, json_t *list, uint64_t until_ms)
{
    struct node_task t;
    size_t rows = 0;

    memset(&t, 0, sizeof(t));
    while (rows++ < API_SCAN_MAX && json_array_size(list) < API_LIST_MAX &&
           task_next_due(c->env->view, &t) && t.due_ms < until_ms)
        add_task(c, list, &t);
}

/* What climbed as far as to the supervisor is each supervisor's, too. */
static void
add_climbed(struct api_call *c, json_t *list)
{
    struct node_task t;
    size_t rows = 0;

    memset(&t, 0, sizeof(t));
    while (rows++ < API_SCAN_MAX && json_array_size(list) < API_LIST_MAX &&
           task_next_due(c->env->view, &t) && t.due_ms < c->now_ms)
        if (t.rung >= RUNG_SUPERVISOR && !hf_name_eq(&t.owner, &c->req->user))
            add_task(c, list, &t);
}

static void
add_mine(struct api_call *c, json_t *list, uint64_t until_ms)
{
    struct node_task t;
    size_t rows = 0;

    memset(&t, 0, sizeof(t));
    while (rows++ < API_SCAN_MAX && json_array_size(list) < API_LIST_MAX &&
           task_next_of_owner(c->env->view, &c->req->user, &t) &&
           t.due_ms < until_ms)
        add_task(c, list, &t);
    if ((c->roles & ROLE_BIT(ROLE_SUPERVISOR)) != 0)
        add_climbed(c, list);
}

static void
drop_owned(json_t *list)
{
    for (size_t i = json_array_size(list); i-- > 0;)
        if (filecheck_string(json_array_get(list, i), "owner") != NULL)
            (void)json_array_remove(list, i);
}

enum api_verdict
query_tasks(struct api_call *c)
{
    const bool overdue = api_arg_flag(c, "overdue");
    const bool mine = api_arg_flag(c, "mine");
    const uint64_t until_ms = c->now_ms + (overdue ? 0 : TASK_LEAD_MS);
    json_t *list = json_array(), *o = json_object();

    if (mine)
        add_mine(c, list, until_ms);
    else
        add_all(c, list, until_ms);
    (void)json_object_set_new(o, "items", list);
    if (api_arg_flag(c, "unassigned"))
        drop_owned(list);
    return api_say(c, o);
}

/* ---- tasks done ---- */

/* A map of one's own; `done_at`, if given, is a time that has come. */
static bool
check_report(struct api_call *c, json_t *report)
{
    const json_t *at = json_object_get(report, "done_at");
    uint64_t ms;

    if (!json_is_object(report)) {
        (void)api_refuse(c, EX_DATAERR, "bad_input", "report", "",
                         "the file must be a map");
        return false;
    }
    if (at == NULL ||
        (json_is_string(at) && hf_time_parse(json_string_value(at), &ms) &&
         ms <= c->now_ms + API_AHEAD_MS))
        return true;
    (void)api_refuse(c, EX_DATAERR, "bad_input", "done_at",
                     "a date such as 2026-11-02, or a time",
                     "done_at must be a time that has come");
    return false;
}

enum api_verdict
command_task_done(struct api_call *c)
{
    json_t *report = json_object_get(c->req->json, "report");
    struct hf_id id;

    c->command->type = CMD_TASK_DONE;
    if (!api_find_task(c, c->req->part[1], &id))
        return API_ANSWERED;
    c->command->object = id;
    c->req->object = id;
    if (report == NULL || json_is_null(report))
        return API_COMMAND;
    if (json_is_false(json_object_get(report, "reached")))
        c->command->reason = REASON_ATTEMPT; /* closure rules count these */
    return check_report(c, report) &&
                   api_keep_json(c, report, &c->command->report)
               ? API_COMMAND
               : API_ANSWERED;
}
