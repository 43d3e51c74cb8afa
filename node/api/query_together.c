/* Cases that belong together: households, and what may be one person. */
#include "api_internal.h"
#include "match.h"

static const char *
verdict_of(const struct api_call *c, const struct hf_id *a,
           const struct hf_id *b)
{
    struct node_pair p;

    if (!pair_get(c->env->view, a, b, &p))
        return "open";
    return p.is_same ? "same" : "different";
}

void
api_put_duplicates(struct api_call *c, json_t *o, const struct node_case *row)
{
    json_t *list = json_array();
    struct hf_id at = {{0}};
    unsigned by;

    while (match_next_other(c->env->view, row, &at, &by)) {
        json_t *item = json_object(), *why = json_array();

        api_put_id(item, "case", "HC", &at);
        if (by & (1u << MATCH_NUMBER))
            (void)json_array_append_new(why, json_string("number"));
        if (by & (1u << MATCH_PERSON))
            (void)json_array_append_new(why, json_string("person"));
        (void)json_object_set_new(item, "by", why);
        api_put_text(item, "verdict", verdict_of(c, &row->id, &at));
        (void)json_array_append_new(list, item);
    }
    (void)json_object_set_new(o, "duplicates", list);
}

void
api_put_household(struct api_call *c, json_t *o, const struct node_case *row)
{
    json_t *list = json_array();
    struct hf_id at = {{0}};

    if (hf_id_is_zero(&row->household)) {
        json_decref(list);
        return;
    }
    api_put_id(o, "household", "HH", &row->household);
    while (household_next(c->env->view, &row->household, &at)) {
        char text[HF_ID_TEXT_BYTES];

        (void)json_array_append_new(list,
                                    json_string(hf_id_format("HC", &at, text)));
    }
    (void)json_object_set_new(o, "members", list);
}

/* ---- commands ---- */

/* "cases": the ids, all of them here. */
static bool
take_cases(struct api_call *c)
{
    json_t *list = json_object_get(c->req->json, "cases"), *item;
    struct node_case row;
    size_t i;

    if (!json_is_array(list) || json_array_size(list) == 0 ||
        json_array_size(list) > NODE_CASES_MAX) {
        (void)api_bad(c, "cases", "must be ids of cases, at most 32");
        return false;
    }
    json_array_foreach(list, i, item)
    {
        if (!json_is_string(item)) {
            (void)api_bad(c, "cases", "must be ids of cases, at most 32");
            return false;
        }
        if (!api_find_case(c, json_string_value(item), &row))
            return false;
        c->command->cases[c->command->n_cases++] = row.id;
    }
    return true;
}

enum api_verdict
command_case_link(struct api_call *c)
{
    c->command->type = CMD_CASE_LINK;
    if (!take_cases(c) || !api_body_bool(c, "apart", &c->command->is_apart))
        return API_ANSWERED;
    return API_COMMAND;
}

enum api_verdict
command_case_pair(struct api_call *c)
{
    const char *other = filecheck_string(c->req->json, "other");
    struct node_case row;

    if (!api_find_case(c, c->req->part[1], &row))
        return API_ANSWERED;
    c->req->case_id = c->command->case_id = row.id;
    c->command->type = CMD_CASE_PAIR;
    if (!api_need(c, "other") || !api_need(c, "same") ||
        !api_body_bool(c, "same", &c->command->is_same))
        return API_ANSWERED;
    if (other == NULL || !api_find_case(c, other, &row))
        return other == NULL ? api_bad(c, "other", "must be a case's id")
                             : API_ANSWERED;
    c->command->other_id = row.id;
    return API_COMMAND;
}
