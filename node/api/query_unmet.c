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

/* What a list is asked for: of which case, and how much of it. */
struct page {
    const struct hf_id *of; /* NULL: of all */
    size_t limit;
    size_t rows; /* looked at */
};

static bool
is_full(struct page *p, const json_t *list)
{
    return json_array_size(list) == p->limit || p->rows++ == API_SCAN_MAX;
}

static bool
is_of(const struct page *p, const struct hf_id *case_id)
{
    return p->of == NULL || hf_id_eq(p->of, case_id);
}

/* Behind *@at, which becomes the last one that was looked at; true: there is
 * more behind it. */
static bool
add_unmet(struct api_call *c, struct page *p, bool open_only,
          struct node_unmet *at, json_t *list)
{
    struct node_unmet u = *at;

    for (; unmet_next(c->env->view, &u) && is_of(p, &u.case_id); *at = u) {
        if (is_full(p, list))
            return true;
        if (!(open_only && u.met_ms != 0) &&
            api_knows_need(c, &u.case_id, &u.need))
            (void)json_array_append_new(list, unmet_of(c, &u));
    }
    return false;
}

json_t *
api_unmet(struct api_call *c, const struct hf_id *case_id)
{
    struct page p = {case_id, API_LIST_MAX, 0};
    json_t *list = json_array();
    struct node_unmet at;

    memset(&at, 0, sizeof(at));
    at.case_id = *case_id;
    (void)add_unmet(c, &p, true, &at, list);
    return list;
}

/* Begins a page: its case, where it says one, and its length. A cursor is the
 * last one of a page, "CASE/REST", the case in hex; *ret_rest NULL: none. */
static bool
begin_page(struct api_call *c, struct page *p, struct node_case *room,
           struct hf_id *at, const char **ret_rest)
{
    const size_t digits = 2 * HF_ID_BYTES;
    const char *of = api_arg(c, "case"), *cursor = api_arg(c, "cursor");
    char hex[HF_HEX_BYTES(HF_ID_BYTES)] = {0};

    *p = (struct page){of == NULL ? NULL : &room->id, 0, 0};
    *ret_rest = NULL;
    if ((of != NULL && !api_find_case(c, of, room)) ||
        !api_arg_limit(c, &p->limit))
        return false;
    if (p->of != NULL)
        *at = *p->of;
    if (cursor == NULL)
        return true;
    if (strlen(cursor) <= digits || cursor[digits] != '/')
        return api_bad_cursor(c);
    memcpy(hex, cursor, digits);
    *ret_rest = cursor + digits + 1;
    return (hf_unhex(hex, at->b, HF_ID_BYTES) && is_of(p, at)) ||
           api_bad_cursor(c);
}

static enum api_verdict
say_page(struct api_call *c, json_t *list, bool more, const struct hf_id *at,
         const char *rest)
{
    char hex[HF_HEX_BYTES(HF_ID_BYTES)], next[2 * sizeof(hex)];
    json_t *o = json_object();

    (void)json_object_set_new(o, "items", list);
    hf_say(next, sizeof(next), "%s/%s", hf_hex(at->b, HF_ID_BYTES, hex), rest);
    if (more)
        api_put_text(o, "next", next);
    return api_say(c, o);
}

enum api_verdict
query_unmet(struct api_call *c)
{
    struct node_case room;
    struct node_unmet at;
    const char *rest;
    struct page p;
    json_t *list;
    bool more;

    memset(&at, 0, sizeof(at));
    if (!begin_page(c, &p, &room, &at.case_id, &rest) ||
        (rest != NULL && !hf_name_parse(rest, &at.need) &&
         !api_bad_cursor(c)))
        return API_ANSWERED;
    list = json_array();
    more = add_unmet(c, &p, api_arg_flag(c, "open"), &at, list);
    return say_page(c, list, more, &at.case_id, at.need.s);
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

/* What was said in confidence is for the case manager, not for the house. */
static bool
may_hear(struct api_call *c, const struct node_said *f)
{
    struct node_object o;

    return (!f->is_confidential ||
            permit_command(c->roles, CMD_FEEDBACK_ADD, OBJECT_NONE, SIDE_FIRST,
                           EVENT_NONE)) &&
           object_get(c->env->view, &f->object, &o) && api_sees(c, &o);
}

static bool
add_said(struct api_call *c, struct page *p, struct node_said *at, json_t *list)
{
    struct node_said f = *at;

    for (; said_next(c->env->view, &f) && is_of(p, &f.case_id); *at = f) {
        if (is_full(p, list))
            return true;
        if (may_hear(c, &f))
            (void)json_array_append_new(list, feedback_of(c, &f));
    }
    return false;
}

enum api_verdict
query_feedback(struct api_call *c)
{
    char hex[HF_HEX_BYTES(HF_ID_BYTES)];
    struct node_case room;
    struct node_said at;
    const char *rest;
    struct page p;
    json_t *list;
    bool more;

    memset(&at, 0, sizeof(at));
    if (!begin_page(c, &p, &room, &at.case_id, &rest) ||
        (rest != NULL && !hf_unhex(rest, at.id.b, HF_ID_BYTES) &&
         !api_bad_cursor(c)))
        return API_ANSWERED;
    list = json_array();
    more = add_said(c, &p, &at, list);
    return say_page(c, list, more, &at.case_id,
                    hf_hex(at.id.b, HF_ID_BYTES, hex));
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
