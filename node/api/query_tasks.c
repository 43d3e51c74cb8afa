/* What is to be done: tasks by due instant, and `tasks done`. */
#include <stdlib.h>

#include "api_internal.h"
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

/* ---- deadlines of referrals and transfers ---- */

static bool
clock_of_due(enum due_what what, enum api_clock *ret)
{
    if (what == DUE_DECIDE)
        *ret = API_CLOCK_DECIDE;
    else if (what == DUE_CONTACT)
        *ret = API_CLOCK_CONTACT;
    else if (what == DUE_REPORT)
        *ret = API_CLOCK_REPORT;
    else
        return false;
    return true;
}

static json_t *
clock_task(struct api_call *c, const struct node_object *o,
           enum api_clock clock, uint64_t due_ms)
{
    const uint8_t word = (uint8_t)clock;
    const struct hf_bytes spans[] = {{o->id.b, HF_ID_BYTES}, {&word, 1}};
    const bool knows_case = o->side == SIDE_FIRST || o->kind == OBJECT_TRANSFER;
    const struct hf_id none = {{0}};
    struct hf_hash hash;
    struct hf_id id;
    json_t *j = json_object();

    c->env->crypto->hash(c->env->crypto->ctx, "handoff/1 task", spans, 2,
                         &hash);
    memcpy(id.b, hash.b, HF_ID_BYTES);
    api_put_id(j, "task", "HK", &id);
    api_put_text(j, "what", api_clock_text(clock));
    api_put_id(j, "case", "HC", knows_case ? &o->case_id : &none);
    api_put_id(j, "object", api_prefix(o->kind), &o->id);
    api_put_text(j, "kind", object_kind_text(o->kind));
    api_put_text(j, "state", state_text(o->state));
    api_put_text(j, "direction", o->side == SIDE_FIRST ? "out" : "in");
    api_put_text(j, "owner", o->owner.s);
    api_put_time(j, "due", due_ms);
    api_put_bool(j, "overdue", due_ms < c->now_ms);
    return j;
}

/* A row of the due table: instant, object, what; the key is its content. */
static bool
due_next(struct api_call *c, uint8_t key[static 26], size_t *key_bytes,
         uint64_t *ret_ms, struct hf_id *ret_id, enum due_what *ret_what)
{
    const struct node_view *v = c->env->view;
    struct hf_bytes row, value;

    if (!v->seek(v->ctx, NODE_DUE, (struct hf_bytes){key, *key_bytes}, &row,
                 &value) ||
        row.n != 8 + HF_ID_BYTES + 1)
        return false;
    *ret_ms = 0;
    for (size_t i = 0; i < 8; i++)
        *ret_ms = *ret_ms << 8 | row.p[i];
    memcpy(ret_id->b, row.p + 8, HF_ID_BYTES);
    *ret_what = (enum due_what)row.p[8 + HF_ID_BYTES];
    memcpy(key, row.p, row.n);
    key[row.n] = 0; /* just after it */
    *key_bytes = row.n + 1;
    return true;
}

static void
add_clocks(struct api_call *c, json_t *list, bool overdue, bool mine)
{
    uint8_t key[26];
    size_t key_bytes = 0, rows = 0;
    uint64_t ms;
    struct hf_id id;
    enum due_what what;

    while (rows++ < 4 * API_SCAN_MAX && json_array_size(list) < API_LIST_MAX &&
           due_next(c, key, &key_bytes, &ms, &id, &what)) {
        enum api_clock clock;
        struct node_object o;
        uint64_t due, met;
        bool runs;

        if (overdue && ms >= c->now_ms)
            break;
        if (!clock_of_due(what, &clock) || !object_get(c->env->view, &id, &o) ||
            !api_clock(&o, clock, &due, &met, &runs) || !runs)
            continue;
        if ((mine && !hf_name_eq(&o.owner, &c->req->user)) || !api_sees(c, &o))
            continue;
        api_insert_task(list, clock_task(c, &o, clock, due));
    }
}

/* ---- tasks of the store ---- */

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

    api_put_id(j, "task", "HK", &t->id);
    api_put_text(j, "what", task_text(t->what));
    api_put_id(j, "case", "HC", &t->case_id);
    if (o != NULL)
        put_object(c, j, o);
    else
        api_put_text(j, "kind", hf_id_is_zero(&t->case_id) ? "node" : "case");
    api_put_text(j, "owner", t->owner.s);
    api_put_time(j, "due", t->due_ms);
    api_put_bool(j, "overdue", t->due_ms < c->now_ms);
    api_put_text(j, "reason", reason_text(t->reason));
    return j;
}

/* Whether this user may know of it, and the object that it is about. */
static bool
is_shown(struct api_call *c, const struct node_task *t, struct node_object *o,
         bool *ret_has_object)
{
    *ret_has_object = !hf_id_is_zero(&t->object) &&
                      object_get(c->env->view, &t->object, o);
    return !*ret_has_object || api_sees(c, o);
}

static void
add_stored(struct api_call *c, json_t *list, uint64_t until_ms, bool mine)
{
    const struct node_view *v = c->env->view;
    struct node_task t;
    size_t rows = 0;

    memset(&t, 0, sizeof(t));
    while (rows++ < API_SCAN_MAX && json_array_size(list) < API_LIST_MAX &&
           (mine ? task_next_of_owner(v, &c->req->user, &t)
                 : task_next_due(v, &t)) &&
           t.due_ms < until_ms) {
        struct node_object o;
        bool has_object;

        if (is_shown(c, &t, &o, &has_object))
            (void)json_array_append_new(
                list, task_of(c, &t, has_object ? &o : NULL));
    }
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
    json_t *list = json_array(), *o = json_object();

    add_stored(c, list, c->now_ms + (overdue ? 0 : TASK_LEAD_MS), mine);
    add_clocks(c, list, overdue, mine);
    api_add_vital_tasks(c, list, overdue, mine);
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
    if (at == NULL || (json_is_string(at) &&
                       hf_time_parse(json_string_value(at), &ms) &&
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
    return check_report(c, report) &&
                   api_keep_json(c, report, &c->command->report)
               ? API_COMMAND
               : API_ANSWERED;
}
