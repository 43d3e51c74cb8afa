/* How a person fares: the plan with its clocks, surveys and their trend, and
 * the reports that are made of them. */
#include "api_internal.h"
#include "follow.h"
#include "scoreset.h"
#include "sop_force.h"
#include "task.h"

static const char *const score_name[SCORE_END] = {
    [SCORE_COMPOSITE] = "composite",
    [SCORE_ECONOMIC] = "economic",
    [SCORE_SOCIAL] = "social",
    [SCORE_PSYCHOSOCIAL] = "psychosocial"};

static enum api_verdict
say(struct api_call *c, json_t *o, const struct node_case *row, uint32_t shown)
{
    return api_say_read(c, o, OBJECT_NONE, &row->id, shown,
                        api_is_own_case(c, row));
}

/* ---- tasks ---- */

static json_t *
task_item(const struct api_call *c, const struct node_task *t)
{
    json_t *o = json_object();

    api_put_id(o, "task", "HK", &t->id);
    api_put_text(o, "what", task_text(t->what));
    api_put_time(o, "due", t->due_ms);
    api_put_time(o, "done", t->done_ms);
    api_put_bool(o, "overdue", t->done_ms == 0 && t->due_ms < c->now_ms);
    return o;
}

static bool
is_follow_up(enum task_what what)
{
    return what == TASK_FIRST_CONTACT || what == TASK_PLAN ||
           what == TASK_FOLLOW_UP || what == TASK_SURVEY ||
           what == TASK_SIX_MONTH_REPORT || what == TASK_FINAL_REPORT ||
           what == TASK_EXIT_REVIEW;
}

/* Those of follow-up: done, or due by @until_ms. */
static json_t *
tasks_of(const struct api_call *c, const struct node_case *row,
         uint64_t until_ms)
{
    json_t *list = json_array();
    struct node_task t;

    memset(&t, 0, sizeof(t));
    while (json_array_size(list) < API_LIST_MAX &&
           task_next_of_case(c->env->view, &row->id, &t))
        if (is_follow_up(t.what) && (t.due_ms <= until_ms || t.done_ms != 0))
            (void)json_array_append_new(list, task_item(c, &t));
    return list;
}

/* ---- the plan ---- */

static void
put_plan_clocks(const struct api_call *c, json_t *o,
                const struct node_case *row)
{
    struct node_follow f;
    uint64_t from_ms;

    (void)follow_get(c->env->view, &row->id, &f);
    from_ms = f.arrived_ms != 0 ? f.arrived_ms : f.begun_ms;
    api_put_time(o, "established", row->facts.plan_ms);
    api_put_time(o, "arrived", f.arrived_ms);
    api_put_time(o, "due", from_ms == 0 ? 0 : from_ms + FOLLOW_PLAN_MS);
    api_put_bool(o, "overdue",
                 row->facts.plan_ms == 0 && from_ms != 0 &&
                     from_ms + FOLLOW_PLAN_MS < c->now_ms);
}

static uint32_t
put_plan(struct api_call *c, json_t *o, const struct node_case *row)
{
    const uint32_t bit = CATEGORY_BIT(CATEGORY_PLAN);
    const bool may = (api_reads_case(c, row) & bit) != 0;
    struct hf_bytes json;

    if (may && section_get(c->env->view, &row->id, CATEGORY_PLAN, &json))
        api_put_json(o, "plan", json);
    else
        (void)json_object_set_new(o, "plan", json_null());
    (void)json_object_set_new(o, "withheld",
                              api_categories(may ? 0 : row->held & bit));
    return may ? row->held & bit : 0;
}

enum api_verdict
query_follow_plan(struct api_call *c)
{
    struct node_case row;
    uint32_t shown;
    json_t *o;

    if (!api_find_open_case(c, c->req->part[1], &row))
        return API_ANSWERED;
    o = json_object();
    api_put_id(o, "case", "HC", &row.id);
    api_put_text(o, "stage", stage_text(row.stage));
    shown = put_plan(c, o, &row);
    put_plan_clocks(c, o, &row);
    (void)json_object_set_new(o, "follow_up",
                              tasks_of(c, &row, c->now_ms + TASK_LEAD_MS));
    return say(c, o, &row, shown);
}

/* ---- surveys ---- */

static void
put_scores(json_t *o, const uint8_t score[static SCORE_END])
{
    json_t *scores = json_object();

    for (int k = 0; k < SCORE_END; k++)
        (void)json_object_set_new(
            scores, score_name[k],
            score[k] == 0 ? json_null() : json_real((score[k] - 1) / 100.0));
    (void)json_object_set_new(o, "scores", scores);
}

/* Against the one before, where both are known. */
static void
put_trend(json_t *o, const uint8_t score[static SCORE_END],
          const uint8_t before[static SCORE_END])
{
    json_t *trend = json_object();

    for (int k = 0; k < SCORE_END; k++)
        if (score[k] != 0 && before[k] != 0)
            (void)json_object_set_new(
                trend, score_name[k],
                json_real(((int)score[k] - (int)before[k]) / 100.0));
    (void)json_object_set_new(o, "trend", trend);
}

/* R-33, where no pack in force has thresholds. */
static const struct sop_threshold usual[] = {
    {{"usual-under-033"},
     true,
     SCORE_COMPOSITE,
     33,
     0,
     "intensified support; look at the plan together"},
    {{"usual-under-050"},
     true,
     SCORE_COMPOSITE,
     50,
     0,
     "more support is likely needed"},
    {{"usual-over-066"},
     false,
     SCORE_COMPOSITE,
     0,
     66,
     "lighter support may do"},
};

static void
add_prompt(json_t *list, const struct sop_threshold *t,
           const uint8_t score[static SCORE_END])
{
    json_t *o, *of;

    if (!sop_threshold_met(t, score))
        return;
    o = json_object();
    of = json_array();
    for (int k = 0; k < SCORE_END; k++) {
        uint8_t one[SCORE_END] = {0};

        one[k] = score[k];
        if (sop_threshold_met(t, one))
            (void)json_array_append_new(of, json_string(score_name[k]));
    }
    api_put_text(o, "id", t->id.s);
    (void)json_object_set_new(o, "of", of);
    api_put_text(o, "prompt", t->prompt);
    (void)json_array_append_new(list, o);
}

/* For the case manager to weigh; nothing is referred by it. */
static json_t *
prompts_of(const struct api_call *c, const struct node_case *row,
           const uint8_t score[static SCORE_END])
{
    const struct sop_force force = {c->env->sops, &row->facts, c->now_ms};
    json_t *list = json_array();
    struct sop_threshold t;
    size_t n = 0;

    while (sop_force_threshold(&force, n, &t)) {
        add_prompt(list, &t, score);
        n++;
    }
    for (size_t i = 0; n == 0 && i < sizeof(usual) / sizeof(usual[0]); i++)
        add_prompt(list, &usual[i], score);
    return list;
}

static void
put_survey(json_t *o, const struct node_score *s)
{
    api_put_text(o, "set", s->set.s);
    api_put_u64(o, "version", s->version);
    api_put_time(o, "at", s->at_ms);
    api_put_text(o, "by", s->by.s);
    api_put_bool(o, "unofficial", !s->is_official);
    api_put_u64(o, "dont_know", s->dont_know);
    api_put_u64(o, "not_applicable", s->not_applicable);
    api_put_u64(o, "elements", s->n_elements);
    api_put_bool(o, "flagged", s->is_flagged);
}

static json_t *
merged(json_t *answers, struct hf_bytes json)
{
    json_t *more = json_loadb((const char *)json.p, json.n, 0, NULL);

    (void)json_object_update(answers, more);
    json_decref(more);
    return answers;
}

/* One survey as far as this user may see it; the scores it leaves known. */
static json_t *
survey_item(struct api_call *c, const struct node_case *row,
            struct node_score *s, bool with_mind, bool *ret_shown)
{
    json_t *o = json_object(), *answers = json_object();
    struct hf_bytes json;

    put_survey(o, s);
    if (score_answers(c->env->view, &row->id, s->at_ms, &json))
        answers = merged(answers, json);
    if (with_mind &&
        score_mind(c->env->view, &row->id, s->at_ms, s->score, &json)) {
        answers = merged(answers, json);
        *ret_shown = true;
    }
    (void)json_object_set_new(o, "answers", answers);
    put_scores(o, s->score);
    (void)json_object_set_new(o, "prompts", prompts_of(c, row, s->score));
    return o;
}

/* All surveys, oldest first. */
static json_t *
surveys_of(struct api_call *c, const struct node_case *row, bool *ret_shown)
{
    const bool with_mind =
        (api_reads_case(c, row) & CATEGORY_BIT(CATEGORY_MHPSS)) != 0;
    uint8_t before[SCORE_END] = {0};
    json_t *list = json_array();
    struct node_score s;
    uint64_t at_ms = 0;

    while (json_array_size(list) < API_LIST_MAX &&
           score_next(c->env->view, &row->id, &at_ms, &s)) {
        json_t *item = survey_item(c, row, &s, with_mind, ret_shown);

        put_trend(item, s.score, before);
        memcpy(before, s.score, sizeof(before));
        (void)json_array_append_new(list, item);
    }
    return list;
}

static uint32_t
put_surveys(struct api_call *c, json_t *o, const char *key,
            const struct node_case *row)
{
    const uint32_t bit = CATEGORY_BIT(CATEGORY_MHPSS);
    const uint32_t hidden = bit & ~api_reads_case(c, row);
    bool shown = false;

    (void)json_object_set_new(o, key, surveys_of(c, row, &shown));
    (void)json_object_set_new(o, "withheld", api_categories(hidden));
    return shown ? bit : 0;
}

void
api_put_surveys(struct api_call *c, json_t *o, const struct node_case *row)
{
    bool shown = false;

    (void)json_object_set_new(o, "surveys", surveys_of(c, row, &shown));
}

enum api_verdict
query_scores(struct api_call *c)
{
    struct node_case row;
    uint32_t shown;
    json_t *o;

    if (!api_find_open_case(c, c->req->part[1], &row))
        return API_ANSWERED;
    o = json_object();
    api_put_id(o, "case", "HC", &row.id);
    shown = put_surveys(c, o, "items", &row);
    return say(c, o, &row, shown);
}

/* ---- reports ---- */

static json_t *
referral_item(const struct node_object *r)
{
    json_t *o = json_object();

    api_put_id(o, "referral", "HR", &r->id);
    api_put_text(o, "need", r->terms.need.s);
    api_put_text(o, "service", r->terms.service.s);
    api_put_text(o, "to", r->peer.s);
    api_put_text(o, "state", state_text(r->state));
    api_put_text(o, "outcome", reason_text(r->reason));
    api_put_time(o, "made", r->created_ms);
    api_put_time(o, "changed", r->changed_ms);
    return o;
}

/* Ours, but for what this user may not know of; how many those are. */
static json_t *
referrals_of(struct api_call *c, const struct node_case *row,
             uint64_t *ret_hidden)
{
    json_t *list = json_array();
    struct hf_id id = {{0}};
    struct node_object o;

    *ret_hidden = 0;
    while (json_array_size(list) < API_LIST_MAX &&
           object_next_of_case(c->env->view, &row->id, &id, &o)) {
        if (o.kind != OBJECT_REFERRAL || o.side != SIDE_FIRST)
            continue;
        if (api_sees(c, &o))
            (void)json_array_append_new(list, referral_item(&o));
        else
            ++*ret_hidden;
    }
    return list;
}

static bool
read_kind(struct api_call *c, const char **ret_kind)
{
    *ret_kind = api_arg(c, "kind");
    if (*ret_kind != NULL && (strcmp(*ret_kind, "six_month") == 0 ||
                              strcmp(*ret_kind, "final") == 0))
        return true;
    (void)api_refuse(c, EX_USAGE, "bad_parameter", NULL, "",
                     "kind must be six_month or final");
    return false;
}

enum api_verdict
query_follow_report(struct api_call *c)
{
    uint64_t hidden;
    struct node_case row;
    const char *kind;
    uint32_t shown;
    json_t *o, *plan;

    if (!read_kind(c, &kind) || !api_find_open_case(c, c->req->part[1], &row))
        return API_ANSWERED;
    o = json_object();
    plan = json_object();
    api_put_text(o, "report", kind);
    api_put_id(o, "case", "HC", &row.id);
    api_put_text(o, "number", row.number.s);
    api_put_text(o, "by", c->env->config->org.s);
    api_put_text(o, "case_manager", row.owner.s);
    api_put_time(o, "made_at", c->now_ms);
    api_put_text(o, "stage", stage_text(row.stage));
    put_plan_clocks(c, o, &row);
    shown = put_plan(c, plan, &row);
    (void)json_object_set(o, "plan", json_object_get(plan, "plan"));
    json_decref(plan);
    shown |= put_surveys(c, o, "surveys", &row);
    (void)json_object_set_new(o, "referrals", referrals_of(c, &row, &hidden));
    api_put_u64(o, "referrals_withheld", hidden);
    (void)json_object_set_new(o, "follow_up", tasks_of(c, &row, c->now_ms));
    return say(c, o, &row, shown);
}
