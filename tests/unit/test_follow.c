/* Follow-up: which tasks a case's schedules make, and when; what
 * a survey leaves behind. The packs of the fixture have no schedules, so R-32
 * counts. */
#include "core_fixture.h"

#include "follow.h"
#include "score.h"
#include "task.h"

#define DAY UINT64_C(86400000)

static struct core_node *node;
static struct hf_id case_id;

static void
begin(void)
{
    core_begin(1, 2);
    node = &core->node[0];
}

TestSuite(follow, .init = begin, .fini = core_end);

static void
open_case(enum stage stage)
{
    struct node_command c = {
        .type = CMD_CASE_NEW, .stage = stage, .sections = CAT(IDENTITY)};

    c.section[CATEGORY_IDENTITY] = core_text("{}");
    core_do(node, &c);
    case_id = node->reply.id;
}

static void
set_plan(uint64_t plan_ms)
{
    struct node_command c = {
        .type = CMD_CASE_SET, .case_id = case_id, .sections = CAT(PLAN)};

    c.section[CATEGORY_PLAN] = core_text("{}");
    c.facts.plan_ms = plan_ms;
    core_do(node, &c);
}

static int
add_score(uint64_t at_ms, uint8_t composite)
{
    struct node_score s = {.at_ms = at_ms, .n_elements = 29};
    struct node_command c = {
        .type = CMD_SCORE_ADD, .case_id = case_id, .score = &s};

    s.score[SCORE_COMPOSITE] = composite;
    s.score[SCORE_PSYCHOSOCIAL] = 31;
    c.details = core_text("{\"open\":1}");
    c.report = core_text("{\"mind\":1}");
    return core_ask(node, &c);
}

/* Open ones of @what; the due instant of the first. */
static unsigned
count(enum task_what what, uint64_t *ret_first_ms)
{
    struct node_task t;
    unsigned n = 0;

    memset(&t, 0, sizeof(t));
    while (task_next_due(node->env.view, &t))
        if (t.what == what && hf_id_eq(&t.case_id, &case_id) && n++ == 0 &&
            ret_first_ms != NULL)
            *ret_first_ms = t.due_ms;
    return n;
}

static void
close_stage(enum stage stage)
{
    struct node_case c = core_case_of(node, case_id);
    struct node_event ev = {.type = NODE_EV_START};

    c.stage = stage;
    disk_begin(node->disk);
    case_put(node->env.view, &c);
    disk_commit(node->disk);
    core_step(node, &ev);
}

Test(follow, nothing_is_asked_before_arrival)
{
    open_case(STAGE_PRE_DEPARTURE);
    set_plan(0);
    cr_expect(eq(uint, count(TASK_PLAN, NULL), 0));
    cr_expect(eq(uint, count(TASK_SURVEY, NULL), 0));
    cr_expect(core_case_of(node, case_id).facts.plan_ms == 0,
              "a draft is no plan yet");
}

Test(follow, arrived_means_contact_in_three_days_and_a_plan_in_a_month)
{
    const uint64_t now = core->now_ms;
    uint64_t due = 0;

    open_case(STAGE_ARRIVED);
    cr_expect(eq(uint, count(TASK_FIRST_CONTACT, &due), 1));
    cr_expect(due >= now + 3 * DAY && due < now + 4 * DAY);
    cr_expect(eq(uint, count(TASK_PLAN, &due), 1));
    cr_expect(due >= now + 30 * DAY && due < now + 31 * DAY);
    cr_expect(eq(uint, count(TASK_SURVEY, NULL), 1), "the baseline");
}

Test(follow, a_plan_ends_its_task_and_starts_the_schedules_month_by_month)
{
    uint64_t due = 0, plan_ms;

    open_case(STAGE_ARRIVED);
    set_plan(0);
    plan_ms = core_case_of(node, case_id).facts.plan_ms;
    cr_expect(plan_ms != 0);
    cr_expect(eq(uint, count(TASK_PLAN, NULL), 0));
    cr_expect(eq(uint, count(TASK_FOLLOW_UP, NULL), 0), "60 days are far");
    core_wait(30 * DAY);
    cr_expect(eq(uint, count(TASK_FOLLOW_UP, &due), 1));
    cr_expect(eq(u64, due, plan_ms + 60 * DAY));
    core_wait(150 * DAY);
    cr_expect(eq(uint, count(TASK_FOLLOW_UP, NULL), 3),
              "missed ones stay, the next one comes");
    cr_expect(eq(uint, count(TASK_SIX_MONTH_REPORT, &due), 1));
    cr_expect(eq(u64, due, plan_ms + 180 * DAY));
    cr_expect(eq(uint, count(TASK_FINAL_REPORT, NULL), 0));
    core_wait(400 * DAY);
    cr_expect(eq(uint, count(TASK_FINAL_REPORT, NULL), 1));
    cr_expect(eq(uint, count(TASK_FOLLOW_UP, NULL), 9), "and no more");
}

Test(follow, an_amended_plan_keeps_its_day)
{
    uint64_t plan_ms;

    open_case(STAGE_ARRIVED);
    set_plan(0);
    plan_ms = core_case_of(node, case_id).facts.plan_ms;
    core_wait(40 * DAY);
    set_plan(0);
    cr_expect(eq(u64, core_case_of(node, case_id).facts.plan_ms, plan_ms));
    cr_expect(eq(uint, count(TASK_FOLLOW_UP, NULL), 1));
}

Test(follow, another_day_of_the_plan_moves_what_is_open)
{
    uint64_t due = 0;

    open_case(STAGE_ARRIVED);
    set_plan(0);
    core_wait(40 * DAY);
    set_plan(core->now_ms);
    cr_expect(eq(uint, count(TASK_FOLLOW_UP, NULL), 0));
    core_wait(30 * DAY);
    cr_expect(eq(uint, count(TASK_FOLLOW_UP, &due), 1));
    cr_expect(
        eq(u64, due, core_case_of(node, case_id).facts.plan_ms + 60 * DAY));
}

Test(follow, a_trafficked_person_is_visited_from_the_return_on)
{
    struct node_command c = {.type = CMD_CASE_SET,
                             .sections = CAT(VULNERABILITY) | CAT(TRAVEL)};
    const uint64_t back_ms = core->now_ms;
    uint64_t due = 0;

    open_case(STAGE_ARRIVED);
    c.case_id = case_id;
    c.section[CATEGORY_VULNERABILITY] = core_text("{}");
    c.section[CATEGORY_TRAVEL] = core_text("{}");
    c.facts.groups = GROUP_BIT(GROUP_TRAFFICKING);
    c.facts.travel_ms = back_ms + DAY;
    core_do(node, &c);
    set_plan(0);
    cr_expect(eq(uint, count(TASK_FOLLOW_UP, &due), 1), "no calls besides");
    cr_expect(eq(u64, due, back_ms + 31 * DAY));
    core_wait(400 * DAY);
    cr_expect(eq(uint, count(TASK_FOLLOW_UP, NULL), 6), "3 + 2 + 1");
}

Test(follow, a_closed_case_is_not_followed)
{
    open_case(STAGE_ARRIVED);
    set_plan(0);
    core_wait(35 * DAY);
    cr_expect(eq(uint, count(TASK_FOLLOW_UP, NULL), 1));
    close_stage(STAGE_CLOSED);
    core_wait(100 * DAY); /* its due row comes up */
    cr_expect(eq(uint, count(TASK_FOLLOW_UP, NULL), 0));
    cr_expect(eq(uint, count(TASK_SURVEY, NULL), 0));
}

static int
ask(enum node_command_type type)
{
    struct node_command c = {.type = type,
                             .case_id = case_id,
                             .close_for = CLOSE_RETURNEE_CHOICE,
                             .is_reviewed = true};

    return core_ask(node, &c);
}

Test(follow, a_case_that_is_reopened_is_followed_again)
{
    open_case(STAGE_ARRIVED);
    set_plan(0);
    core_wait(35 * DAY);
    cr_assert(eq(int, ask(CMD_CASE_CLOSE), 0), "%s", node->reply.message);
    cr_expect(eq(uint, count(TASK_FOLLOW_UP, NULL), 0));
    core_wait(100 * DAY);
    cr_expect(eq(uint, count(TASK_FOLLOW_UP, NULL), 0));
    cr_assert(eq(int, ask(CMD_CASE_REOPEN), 0), "%s", node->reply.message);
    cr_expect(eq(uint, count(TASK_FOLLOW_UP, NULL), 0), "not what was missed");
    core_wait(60 * DAY);
    cr_expect(count(TASK_FOLLOW_UP, NULL) >= 1);
}

Test(follow, a_survey_answers_its_task_and_becomes_a_fact)
{
    struct node_score last;

    open_case(STAGE_ARRIVED);
    cr_assert(eq(int, add_score(core->now_ms - DAY, 41), 0));
    cr_expect(eq(uint, count(TASK_SURVEY, NULL), 0));
    cr_expect(eq(u8, core_case_of(node, case_id).facts.score[0], 41));
    cr_assert(score_last(node->env.view, &case_id, &last));
    cr_expect(eq(u8, last.score[SCORE_COMPOSITE], 0),
              "that lies under the lock of mhpss");
}

Test(follow, an_older_survey_does_not_replace_the_fact)
{
    open_case(STAGE_ARRIVED);
    cr_expect(eq(int, add_score(core->now_ms - DAY, 41), 0));
    cr_expect(eq(int, add_score(core->now_ms - 90 * DAY, 21), 0));
    cr_expect(eq(u8, core_case_of(node, case_id).facts.score[0], 41));
    cr_expect(eq(int, add_score(core->now_ms - DAY, 61), 1), "one an instant");
    cr_expect(eq(str, node->reply.code, "score_exists"));
}

Test(follow, the_psychosocial_part_goes_with_its_category)
{
    const struct node_lock lock = {case_id, CATEGORY_MHPSS};
    struct node_lock mind = lock;
    const uint64_t at_ms = core->now_ms - DAY;
    struct hf_bytes json;
    uint8_t score[SCORE_END] = {0};

    open_case(STAGE_ARRIVED);
    cr_expect(eq(int, add_score(at_ms, 41), 0));
    cr_expect(score_mind(node->env.view, &case_id, at_ms, score, &json));
    cr_expect(eq(u8, score[SCORE_COMPOSITE], 41));
    cr_expect(eq(u8, score[SCORE_PSYCHOSOCIAL], 31));
    mind.id = case_id;
    disk_begin(node->disk);
    node->env.view->shred(node->env.view->ctx, &mind);
    disk_commit(node->disk);
    cr_expect(not(score_mind(node->env.view, &case_id, at_ms, score, &json)));
    cr_expect(score_answers(node->env.view, &case_id, at_ms, &json));
    cr_expect(not(core_holds(node, "mind")));
}

Test(follow, nothing_of_it_outlives_the_case)
{
    struct node_command c = {.type = CMD_CASE_SHRED};
    struct node_follow f;
    struct node_score s;

    open_case(STAGE_ARRIVED);
    set_plan(0);
    cr_expect(eq(int, add_score(core->now_ms - DAY, 41), 0));
    c.case_id = case_id;
    core_do(node, &c);
    cr_expect(not(follow_get(node->env.view, &case_id, &f)));
    cr_expect(not(score_last(node->env.view, &case_id, &s)));
    cr_expect(eq(uint, count(TASK_FOLLOW_UP, NULL), 0));
    core_wait(100 * DAY);
}
