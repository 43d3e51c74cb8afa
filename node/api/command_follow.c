/* Plans and surveys: files to commands. */
#include "api_internal.h"
#include "scoreset.h"

/* A score, say, has nothing of a plan in it; what stands beside is theirs. */
static bool
is_plan(const json_t *file)
{
    return json_object_get(file, "components") != NULL ||
           json_object_get(file, "established") != NULL ||
           json_object_get(file, "reviewed") != NULL;
}

/* A plan file is the section `plan` of a case file, and nothing else. */
enum api_verdict
command_follow_plan(struct api_call *c)
{
    json_t *plan = json_incref(c->req->json);
    json_t *file = json_pack("{s:O}", "plan", plan);
    enum api_verdict verdict;

    if (file == NULL || !json_is_object(plan)) {
        json_decref(file);
        json_decref(plan);
        return api_refuse(c, EX_DATAERR, "bad_input", NULL, "",
                          "a plan file is a map of fields");
    }
    if (!is_plan(plan)) {
        json_decref(file);
        json_decref(plan);
        return api_refuse(c, EX_DATAERR, "bad_input", NULL,
                          "a list of components, and perhaps established and "
                          "reviewed, both dates",
                          "this is no plan: it has no components, and no date "
                          "on which it was established or reviewed");
    }
    c->req->json = file;
    verdict = command_case_set(c);
    c->req->json = plan;
    json_decref(file);
    json_decref(plan);
    return verdict;
}

enum api_verdict
command_score(struct api_call *c)
{
    struct scoreset_result r;
    struct filecheck_error error;
    struct node_case row;
    bool ok;

    if (!api_find_case(c, c->req->part[1], &row))
        return API_ANSWERED;
    if (!scoreset_score(c->req->json, c->now_ms, &r, &error))
        return api_refuse_file(c, &error);
    c->req->score = r.score;
    c->req->score.by = c->req->user;
    c->req->score.made_ms = c->now_ms;
    c->req->case_id = row.id;
    c->command->type = CMD_SCORE_ADD;
    c->command->case_id = row.id;
    c->command->score = &c->req->score;
    ok = api_keep_json(c, r.open, &c->command->details) &&
         api_keep_json(c, r.mind, &c->command->report);
    scoreset_free(&r);
    return ok ? API_COMMAND : API_ANSWERED;
}
