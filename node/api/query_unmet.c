/* Needs that could not be met and what persons said: to record, to list, and
 * as the committee counts them. */
#include <stdlib.h>

#include "api_internal.h"
#include "said.h"
#include "unmet.h"

/* ---- commands ---- */

enum api_verdict
command_unmet_add(struct api_call *c)
{
    struct node_command *m = c->command;
    const char *reason = filecheck_string(c->req->json, "reason");
    const char *referral = filecheck_string(c->req->json, "referral");
    json_t *text = json_object_get(c->req->json, "text");
    struct node_object o;
    struct node_case row;

    m->type = CMD_UNMET_ADD;
    if (!api_body_case(c, &row) || !api_need(c, "need") ||
        !api_need(c, "reason") || !api_body_name(c, "need", &m->need) ||
        !api_body_name(c, "place", &m->near) ||
        !api_body_text(c, "text", &m->text))
        return API_ANSWERED;
    m->reason = reason == NULL ? REASON_NONE : reason_parse(reason);
    if (referral != NULL) {
        if (!api_find_object(c, referral, &o))
            return API_ANSWERED;
        m->object = o.id;
    }
    m->text.n = 0; /* kept as JSON beside the record, and nowhere else */
    return text == NULL || json_is_null(text) ||
                   api_keep_json(c, text, &m->details)
               ? API_COMMAND
               : API_ANSWERED;
}

enum api_verdict
command_feedback_add(struct api_call *c)
{
    struct node_command *m = c->command;
    const char *kind = filecheck_string(c->req->json, "kind");
    struct node_object o;

    m->type = CMD_FEEDBACK_ADD;
    if (!api_find_object(c, c->req->part[1], &o) || !api_need(c, "kind") ||
        !api_need(c, "text") || !api_body_text(c, "text", &m->text) ||
        !api_body_bool(c, "confidential", &m->is_confidential))
        return API_ANSWERED;
    m->text.n = 0;
    m->object = c->req->object = o.id;
    c->req->kind = o.kind;
    m->reason = kind == NULL ? REASON_NONE : reason_parse(kind);
    if (m->reason != REASON_COMPLAINT && m->reason != REASON_PRAISE &&
        m->reason != REASON_SUGGESTION)
        return api_bad(c, "kind", "must be complaint, praise or suggestion");
    return api_keep_json(c, json_object_get(c->req->json, "text"), &m->details)
               ? API_COMMAND
               : API_ANSWERED;
}

/* ---- lists ---- */

static json_t *
unmet_of(struct api_call *c, const struct node_unmet *u)
{
    json_t *o = json_object();
    struct hf_bytes words;

    api_put_id(o, "case", "HC", &u->case_id);
    api_put_text(o, "need", u->need.s);
    api_put_text(o, "reason", reason_text(u->reason));
    api_put_text(o, "place", u->place.s);
    api_put_id(o, "referral", "HR", &u->object);
    api_put_u64(o, "times", u->times);
    api_put_time(o, "since", u->first_ms);
    api_put_time(o, "at", u->last_ms);
    api_put_time(o, "met", u->met_ms);
    api_put_text(o, "user", u->user.s);
    if (api_reads_archive(c, &u->case_id) &&
        unmet_words(c->env->view, u, &words))
        api_put_json(o, "text", words);
    return o;
}

json_t *
api_unmet(struct api_call *c, const struct hf_id *case_id, bool open_only)
{
    json_t *list = json_array();
    struct node_unmet u;
    size_t rows = 0;

    memset(&u, 0, sizeof(u));
    if (case_id != NULL)
        u.case_id = *case_id;
    while (rows++ < API_SCAN_MAX && json_array_size(list) < API_LIST_MAX &&
           unmet_next(c->env->view, &u)) {
        if (case_id != NULL && !hf_id_eq(&u.case_id, case_id))
            break;
        if (!(open_only && u.met_ms != 0) &&
            api_knows_need(c, &u.case_id, &u.need))
            (void)json_array_append_new(list, unmet_of(c, &u));
    }
    return list;
}

/* The case that the parameter names; *ret_id NULL: all. */
static bool
arg_case(struct api_call *c, struct node_case *row, const struct hf_id **ret_id)
{
    const char *text = api_arg(c, "case");

    *ret_id = text == NULL ? NULL : &row->id;
    return text == NULL || api_find_case(c, text, row);
}

enum api_verdict
query_unmet(struct api_call *c)
{
    const struct hf_id *id;
    struct node_case row;
    json_t *o;

    if (!arg_case(c, &row, &id))
        return API_ANSWERED;
    o = json_object();
    (void)json_object_set_new(o, "items",
                              api_unmet(c, id, api_arg_flag(c, "open")));
    return api_say(c, o);
}

static json_t *
feedback_of(struct api_call *c, const struct node_said *f)
{
    json_t *o = json_object();
    struct hf_bytes words;

    api_put_id(o, "case", "HC", &f->case_id);
    api_put_id(o, "referral", "HR", &f->object);
    api_put_text(o, "about", f->about.s);
    api_put_text(o, "kind", reason_text(f->kind));
    api_put_bool(o, "confidential", f->is_confidential != 0);
    api_put_time(o, "at", f->at_ms);
    api_put_time(o, "passed_on", f->passed_ms);
    if (api_reads_archive(c, &f->case_id) &&
        said_words(c->env->view, f, &words))
        api_put_json(o, "text", words);
    return o;
}

enum api_verdict
query_feedback(struct api_call *c)
{
    const struct hf_id *id;
    struct node_said f;
    struct node_case row;
    json_t *list, *o;

    if (!arg_case(c, &row, &id))
        return API_ANSWERED;
    list = json_array();
    memset(&f, 0, sizeof(f));
    if (id != NULL)
        f.case_id = *id;
    while (json_array_size(list) < API_LIST_MAX &&
           said_next(c->env->view, &f) &&
           (id == NULL || hf_id_eq(&f.case_id, id))) {
        struct node_object object;

        /* in confidence: to the case manager, not to the house */
        if (f.is_confidential &&
            !permit_command(c->roles, CMD_FEEDBACK_ADD, OBJECT_NONE, SIDE_FIRST,
                            EVENT_NONE))
            continue;
        if (object_get(c->env->view, &f.object, &object) &&
            api_sees(c, &object))
            (void)json_array_append_new(list, feedback_of(c, &f));
    }
    o = json_object();
    (void)json_object_set_new(o, "items", list);
    return api_say(c, o);
}

/* ---- audit unmet ---- */

static const char *
text_of(json_t *item, const char *key)
{
    const char *text = filecheck_string(item, key);

    return text == NULL ? "" : text;
}

/* The item with the same words, or a new one. */
static json_t *
item_like(json_t *list, const struct figure_cell *cell, bool is_need)
{
    const char *what = is_need ? "need" : "service";
    const char *where = is_need ? cell->place.s : cell->to.s;
    json_t *item;
    size_t i;

    json_array_foreach(list, i, item)
    {
        if (strcmp(text_of(item, what), cell->service.s) == 0 &&
            strcmp(text_of(item, is_need ? "place" : "about"), where) == 0 &&
            strcmp(text_of(item, is_need ? "reason" : "kind"),
                   reason_text(cell->reason)) == 0)
            return item;
    }
    item = json_object();
    api_put_text(item, what, cell->service.s);
    api_put_text(item, is_need ? "place" : "about", where);
    api_put_text(item, is_need ? "reason" : "kind", reason_text(cell->reason));
    api_put_u64(item, "count", 0);
    if (is_need)
        api_put_u64(item, "met_later", 0);
    (void)json_array_append_new(list, item);
    return item;
}

static void
add_cell(json_t *needs, json_t *feedback, const struct figure_cell *cell)
{
    const bool is_need = cell->kind == FIGURE_UNMET;
    const char *key =
        is_need && cell->state == STATE_COMPLETED ? "met_later" : "count";
    json_t *item;

    if (!is_need && cell->kind != FIGURE_FEEDBACK)
        return;
    item = item_like(is_need ? needs : feedback, cell, is_need);
    api_put_u64(item, key,
                (uint64_t)json_integer_value(json_object_get(item, key)) +
                    cell->count);
}

enum api_verdict
query_audit_unmet(struct api_call *c)
{
    const bool sums = api_is_committee(c->env);
    uint64_t from_ms = 0, to_ms = UINT64_MAX;
    json_t *needs, *feedback, *o;
    struct figure_cell cell;
    struct figure_row row;
    struct hf_org by = {{0}};
    uint32_t serial = 0;

    if (!api_arg_time(c, "from", &from_ms) || !api_arg_time(c, "to", &to_ms))
        return API_ANSWERED;
    needs = json_array();
    feedback = json_array();
    memset(&cell, 0, sizeof(cell));
    while (!sums && cell_next(c->env->view, &cell))
        add_cell(needs, feedback, &cell);
    while (sums && figure_next(c->env->view, &by, &serial, &row))
        if (row.until_ms >= from_ms && row.from_ms <= to_ms)
            add_cell(needs, feedback, &row.cell);
    o = json_object();
    (void)json_object_set_new(o, "items", needs);
    (void)json_object_set_new(o, "feedback", feedback);
    api_put_text(o, "source", sums ? "reported" : "own");
    return api_say(c, o);
}
