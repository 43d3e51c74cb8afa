/* The task store: made once, found by due instant, case, object and owner,
 * done or cancelled, bounded, gone with its case. */
#include "core_fixture.h"

#include "step.h"
#include "task.h"

static struct core_node *node;
static struct hf_id case_id;
static struct node_event event;
static struct node_command command;
static struct step step;

static void
begin(void)
{
    core_begin(1, 1);
    node = &core->node[0];
    case_id = core_case(node, CAT(IDENTITY));
    core->out.n = core->out.used = 0;
    command = (struct node_command){.user = core_name("kim")};
    step = (struct step){.env = &node->env,
                         .ev = &event,
                         .v = node->env.view,
                         .out = &core->out,
                         .now = core->now_ms,
                         .cmd = &command};
    disk_begin(node->disk);
}

static void
end(void)
{
    char why[200];

    cr_expect(task_check(node->env.view, why, sizeof(why)), "%s", why);
    disk_commit(node->disk);
    core_end();
}

TestSuite(task, .init = begin, .fini = end);

static struct hf_id
make(struct hf_id of, enum task_what what, uint64_t due_ms)
{
    struct node_task t;
    struct hf_id id;

    memset(&t, 0, sizeof(t));
    t.case_id = of;
    t.what = what;
    t.due_ms = due_ms;
    cr_assert(task_make(&step, &t, &id));
    return id;
}

static unsigned
count_due(void)
{
    struct node_task at;
    unsigned n = 0;

    memset(&at, 0, sizeof(at));
    while (task_next_due(node->env.view, &at))
        n++;
    return n;
}

static unsigned
count_case(void)
{
    struct node_task at;
    unsigned n = 0;

    memset(&at, 0, sizeof(at));
    while (task_next_of_case(node->env.view, &case_id, &at))
        n++;
    return n;
}

static const struct hf_bytes no_words = {NULL, 0};

Test(task, every_kind_has_a_word_of_its_own)
{
    for (enum task_what w = TASK_NONE + 1; w < TASK_WHATS; w++)
        cr_expect(eq(int, (int)task_parse(task_text(w)), (int)w));
    cr_expect(eq(int, (int)task_parse("nothing"), TASK_NONE));
}

Test(task, made_twice_is_one_task)
{
    const struct hf_id a = make(case_id, TASK_PLAN, T0 + DAY_MS);
    const struct hf_id b = make(case_id, TASK_PLAN, T0 + DAY_MS);
    const struct hf_id c = make(case_id, TASK_PLAN, T0 + 2 * DAY_MS);

    cr_expect(hf_id_eq(&a, &b));
    cr_expect(not(hf_id_eq(&a, &c)));
    cr_expect(eq(uint, count_due(), 2));
}

Test(task, it_belongs_to_who_has_the_case)
{
    const struct hf_id id = make(case_id, TASK_PLAN, T0 + DAY_MS);
    const struct hf_name ana = core_name("ana"), kim = core_name("kim");
    static const struct hf_id none;
    struct node_task t;

    cr_assert(task_get(node->env.view, &id, &t));
    cr_expect(eq(str, t.owner.s, "ana"));
    task_assign(&step, &case_id, &none, &kim);
    memset(&t, 0, sizeof(t));
    cr_expect(not(task_next_of_owner(node->env.view, &ana, &t)));
    memset(&t, 0, sizeof(t));
    cr_assert(task_next_of_owner(node->env.view, &kim, &t));
    cr_expect(hf_id_eq(&t.id, &id));
}

Test(task, the_earliest_comes_first)
{
    struct node_task at;

    (void)make(case_id, TASK_FOLLOW_UP, T0 + 3 * DAY_MS);
    (void)make(case_id, TASK_PLAN, T0 + DAY_MS);
    (void)make(case_id, TASK_SURVEY, T0 + 2 * DAY_MS);
    memset(&at, 0, sizeof(at));
    cr_assert(task_next_due(node->env.view, &at));
    cr_expect(eq(int, (int)at.what, TASK_PLAN));
    cr_assert(task_next_due(node->env.view, &at));
    cr_expect(eq(int, (int)at.what, TASK_SURVEY));
    cr_assert(task_next_due(node->env.view, &at));
    cr_expect(eq(int, (int)at.what, TASK_FOLLOW_UP));
    cr_expect(not(task_next_due(node->env.view, &at)));
}

Test(task, a_done_one_stays_with_its_case_and_stays_done)
{
    const struct hf_id id = make(case_id, TASK_PLAN, T0 + DAY_MS);
    struct hf_bytes words;
    struct node_task t;

    cr_assert(task_get(node->env.view, &id, &t));
    task_finish(&step, &t, REASON_NONE, core_text("{\"a\":1}"));
    (void)make(case_id, TASK_PLAN, T0 + DAY_MS);
    cr_expect(eq(uint, count_due(), 0));
    cr_expect(eq(uint, count_case(), 1));
    cr_assert(task_get(node->env.view, &id, &t));
    cr_expect(eq(u64, t.done_ms, T0));
    cr_expect(eq(str, t.done_by.s, "kim"));
    cr_assert(task_words(node->env.view, &id, &words));
    cr_expect(eq(sz, words.n, 7));
}

Test(task, a_cancelled_one_is_gone_and_can_come_again)
{
    (void)make(case_id, TASK_PLAN, T0 + DAY_MS);
    (void)make(case_id, TASK_SURVEY, T0 + DAY_MS);
    task_cancel_of_case(&step, &case_id, TASK_PLAN);
    cr_expect(eq(uint, count_due(), 1));
    (void)make(case_id, TASK_PLAN, T0 + DAY_MS);
    cr_expect(eq(uint, count_due(), 2));
    task_cancel_of_case(&step, &case_id, TASK_NONE);
    cr_expect(eq(uint, count_case(), 0));
}

Test(task, those_of_an_object_are_not_those_of_its_case)
{
    static const struct hf_id none;
    const struct hf_id object = {{9}};
    struct node_task t;

    memset(&t, 0, sizeof(t));
    t.case_id = case_id;
    t.object = object;
    t.what = TASK_DECIDE;
    t.due_ms = T0 + DAY_MS;
    cr_assert(task_make(&step, &t, NULL));
    (void)make(case_id, TASK_PLAN, T0 + DAY_MS);
    cr_expect(eq(uint, count_case(), 2));
    cr_expect(task_find(node->env.view, &case_id, &object, TASK_DECIDE, &t));
    cr_expect(
        not(task_find(node->env.view, &case_id, &none, TASK_DECIDE, &t)));
    task_cancel_of_case(&step, &case_id, TASK_NONE);
    cr_expect(eq(uint, count_case(), 1));
    task_cancel_of_object(&step, &object, TASK_NONE);
    cr_expect(eq(uint, count_case(), 0));
}

Test(task, there_is_a_ceiling_and_old_ones_make_room)
{
    struct node_task t;
    struct hf_id id;

    for (unsigned i = 1; i <= TASKS_OF_MAX; i++)
        id = make(case_id, TASK_FOLLOW_UP, T0 + i * DAY_MS);
    memset(&t, 0, sizeof(t));
    t.case_id = case_id;
    t.what = TASK_PLAN;
    t.due_ms = T0 + DAY_MS;
    cr_expect(not(task_make(&step, &t, NULL)));
    cr_expect(eq(uint, count_case(), TASKS_OF_MAX));
    cr_assert(task_get(node->env.view, &id, &t));
    task_finish(&step, &t, REASON_NONE, no_words);
    (void)make(case_id, TASK_PLAN, T0 + DAY_MS);
    cr_expect(eq(uint, count_case(), TASKS_OF_MAX));
    cr_expect(not(task_get(node->env.view, &id, &t)));
}

Test(task, they_go_with_their_case)
{
    const struct hf_id id = make(case_id, TASK_PLAN, T0 + DAY_MS);
    struct hf_bytes words;
    struct node_task t;

    cr_assert(task_get(node->env.view, &id, &t));
    task_finish(&step, &t, REASON_NONE, core_text("{}"));
    (void)make(case_id, TASK_SURVEY, T0 + DAY_MS);
    task_shred(&step, &case_id);
    cr_expect(eq(uint, count_case(), 0));
    cr_expect(not(task_words(node->env.view, &id, &words)));
}

/* ---- tasks done ---- */

static int
done(struct hf_id id, const char *user)
{
    struct node_command c = {.type = CMD_TASK_DONE,
                             .object = id,
                             .user = core_name(user),
                             .report = core_text("{\"text\":\"ok\"}")};
    int status;

    disk_commit(node->disk);
    status = core_ask(node, &c);
    disk_begin(node->disk);
    return status;
}

Test(task, whoever_cares_for_cases_says_that_it_is_done)
{
    const struct hf_id id = make(case_id, TASK_PLAN, T0 + DAY_MS);
    struct node_task t;

    cr_expect(eq(int, done(id, "sam"), 0));
    cr_assert(task_get(node->env.view, &id, &t));
    cr_expect(eq(str, t.done_by.s, "sam"));
    cr_expect(eq(int, done(id, "sam"), 1));
    cr_expect(eq(str, node->reply.code, "task_done"));
}

Test(task, others_only_finish_their_own)
{
    static const struct hf_id none;
    const struct hf_id id = make(case_id, TASK_PLAN, T0 + DAY_MS);
    const struct hf_name kim = core_name("kim");

    cr_expect(eq(int, done(id, "kim"), 77));
    task_assign(&step, &case_id, &none, &kim);
    cr_expect(eq(int, done(id, "kim"), 0));
}

Test(task, a_deadline_is_answered_and_not_finished_by_hand)
{
    const struct hf_id id = make(case_id, TASK_DECIDE, T0 + DAY_MS);

    cr_expect(eq(int, done(id, "ana"), 1));
    cr_expect(eq(str, node->reply.code, "answered_otherwise"));
    cr_expect(eq(int, done((struct hf_id){{7}}, "ana"), 66));
}
