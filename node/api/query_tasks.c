/* What is to be done: tasks by due instant, and `tasks done`. */
#include <stdio.h>

#include "api_internal.h"
#include "deadline.h"
#include "ladder.h"
#include "reviewer.h"
#include "task.h"

static void
put_object(json_t *j, const struct node_object *o)
{
    api_put_id(j, "object", api_prefix(o->kind), &o->id);
    api_put_text(j, "kind", object_kind_text(o->kind));
    api_put_text(j, "state", state_text(o->state));
    api_put_text(j, "direction", o->side == SIDE_FIRST ? "out" : "in");
}

/* Who is to do it: we, or the one whose clock it is. */
static void
put_doer(const struct api_call *c, json_t *j, const struct node_task *t,
         const struct node_object *o)
{
    const char *who = c->env->config->org.s;
    struct node_asked asked;
    bool is_theirs = false;

    if (o != NULL && deadline_is_theirs(o, t->what)) {
        who = o->peer.s;
        is_theirs = true;
    } else if (t->what == TASK_REVIEW_OVERDUE &&
               reviewer_elsewhere(c->env->view, &t->object, &asked)) {
        who = asked.reviewer.s;
        is_theirs = true;
    }
    api_put_text(j, "by", who);
    api_put_bool(j, "ours", !is_theirs);
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
        put_object(j, o);
    else
        api_put_text(j, "kind", hf_id_is_zero(&t->case_id) ? "node" : "case");
    if (o != NULL && t->rung >= RUNG_NEXT_PROVIDER && api_asks_next(c, o))
        api_put_next(c, j, o);
    put_doer(c, j, t, o);
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

/* ---- pages ---- */

/* Two walks by due instant, merged: all open tasks, or one's own and, of a
 * supervisor, what climbed as far as to them. */
struct walk {
    bool is_mine, only_unassigned;
    uint64_t until_ms; /* due before that */
    size_t rows;       /* looked at */
    bool has[2];
    struct node_task head[2];
};

static bool
is_before(const struct node_task *a, const struct node_task *b)
{
    return a->due_ms != b->due_ms
               ? a->due_ms < b->due_ms
               : memcmp(a->id.b, b->id.b, HF_ID_BYTES) < 0;
}

static void
step_first(struct api_call *c, struct walk *w)
{
    struct node_task *t = &w->head[0];

    w->rows++;
    w->has[0] = (w->is_mine
                     ? task_next_of_owner(c->env->view, &c->req->user, t)
                     : task_next_due(c->env->view, t)) &&
                t->due_ms < w->until_ms;
}

static void
step_climbed(struct api_call *c, struct walk *w)
{
    struct node_task *t = &w->head[1];

    do {
        w->rows++;
        w->has[1] =
            task_next_due(c->env->view, t) && t->due_ms < c->now_ms;
    } while (w->has[1] && w->rows < API_SCAN_MAX &&
             (t->rung < RUNG_SUPERVISOR ||
              hf_name_eq(&t->owner, &c->req->user)));
}

static void
walk_begin(struct api_call *c, struct walk *w, const struct node_task *at)
{
    w->head[0] = w->head[1] = *at;
    w->has[1] = false;
    step_first(c, w);
    if (w->is_mine && (c->roles & ROLE_BIT(ROLE_SUPERVISOR)) != 0)
        step_climbed(c, w);
}

/* The next one into *ret; false: no more. */
static bool
walk_next(struct api_call *c, struct walk *w, struct node_task *ret)
{
    const int i =
        !w->has[0] || (w->has[1] && is_before(&w->head[1], &w->head[0]));

    if (!w->has[i])
        return false;
    *ret = w->head[i];
    if (i == 0)
        step_first(c, w);
    else
        step_climbed(c, w);
    return true;
}

/* A scan that met its ceiling may stop at one that did not climb so far. */
static bool
passes(struct api_call *c, const struct walk *w, const struct node_task *t,
       struct node_object *o, bool *ret_has_object)
{
    if (w->is_mine && !hf_name_eq(&t->owner, &c->req->user) &&
        t->rung < RUNG_SUPERVISOR)
        return false;
    return !(w->only_unassigned && t->owner.s[0] != '\0') &&
           is_shown(c, t, o, ret_has_object);
}

/* A cursor is the last one of a page: "DUE/ID", both in hex. */
static bool
read_cursor(struct api_call *c, struct node_task *at)
{
    const char *text = api_arg(c, "cursor");
    uint8_t due[8];
    char head[17];

    memset(at, 0, sizeof(*at));
    if (text == NULL)
        return true;
    if (strlen(text) == 16 + 1 + 2 * HF_ID_BYTES && text[16] == '/') {
        memcpy(head, text, 16);
        head[16] = '\0';
        if (hf_unhex(head, due, sizeof(due)) &&
            hf_unhex(text + 17, at->id.b, HF_ID_BYTES)) {
            for (size_t i = 0; i < sizeof(due); i++)
                at->due_ms = at->due_ms << 8 | due[i];
            return true;
        }
    }
    (void)api_refuse(c, EX_USAGE, "bad_parameter", NULL, "",
                     "this cursor was not given by a list of tasks");
    return false;
}

static void
put_next(json_t *o, const struct node_task *last)
{
    char hex[HF_HEX_BYTES(HF_ID_BYTES)], next[80];

    (void)snprintf(next, sizeof(next), "%016llx/%s",
                   (unsigned long long)last->due_ms,
                   hf_hex(last->id.b, HF_ID_BYTES, hex));
    api_put_text(o, "next", next);
}

enum api_verdict
query_tasks(struct api_call *c)
{
    struct walk w = {.is_mine = api_arg_flag(c, "mine"),
                     .only_unassigned = api_arg_flag(c, "unassigned")};
    json_t *list, *o;
    struct node_object object;
    struct node_task t;
    bool has_object;
    size_t limit;

    if (!api_arg_limit(c, &limit) || !read_cursor(c, &t))
        return API_ANSWERED;
    w.until_ms = c->now_ms + (api_arg_flag(c, "overdue") ? 0 : TASK_LEAD_MS);
    list = json_array();
    walk_begin(c, &w, &t);
    /* one at least, so that the next page begins further on */
    for (bool first = true; json_array_size(list) < limit &&
                            (first || w.rows < API_SCAN_MAX) &&
                            walk_next(c, &w, &t);
         first = false)
        if (passes(c, &w, &t, &object, &has_object))
            (void)json_array_append_new(
                list, task_of(c, &t, has_object ? &object : NULL));
    o = json_object();
    (void)json_object_set_new(o, "items", list);
    if (w.has[0] || w.has[1])
        put_next(o, &t);
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
