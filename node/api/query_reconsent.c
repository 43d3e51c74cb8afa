/* Consent to be asked for again, among the tasks. */
#include <string.h>

#include "api_internal.h"
#include "reconsent.h"

#define LEAD_MS UINT64_C(2592000000) /* 30 days ahead of the instant */

static json_t *
task_of(struct api_call *c, const struct node_case *row,
        const struct node_reconsent *r)
{
    const uint8_t word = (uint8_t)r->why;
    const struct hf_bytes spans[] = {{row->id.b, HF_ID_BYTES}, {&word, 1}};
    struct hf_hash hash;
    struct hf_id id;
    json_t *j = json_object();

    c->env->crypto->hash(c->env->crypto->ctx, "handoff/1 task", spans, 2,
                         &hash);
    memcpy(id.b, hash.b, HF_ID_BYTES);
    api_put_id(j, "task", "HK", &id);
    api_put_text(j, "what", reconsent_text(r->why));
    api_put_id(j, "case", "HC", &row->id);
    api_put_text(j, "kind", "case");
    api_put_text(j, "owner", row->owner.s);
    api_put_time(j, "due", r->due_ms);
    api_put_bool(j, "overdue", r->due_ms < c->now_ms);
    return j;
}

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

void
api_add_consent_tasks(struct api_call *c, json_t *list, bool overdue, bool mine)
{
    struct node_reconsent r;
    struct node_case row;

    memset(&r, 0, sizeof(r));
    while (json_array_size(list) < API_LIST_MAX &&
           reconsent_next(c->env->view, &r) &&
           r.due_ms < c->now_ms + (overdue ? 0 : LEAD_MS)) {
        if (!case_get(c->env->view, &r.case_id, &row) ||
            (mine && !hf_name_eq(&row.owner, &c->req->user)))
            continue;
        api_insert_task(list, task_of(c, &row, &r));
    }
}
