/* No deadline passes in silence (I-11): which clock runs, what meets it, and
 * who climbs how far when nobody does anything. */
#include "core_fixture.h"

#include "deadline.h"
#include "ladder.h"
#include "task.h"

static struct core_node *s, *r;
static struct hf_id case_id;

#define MEDICAL (CAT(IDENTITY) | CAT(CONTACT) | CAT(HEALTH) | CAT(WISHES))

static void
begin(void)
{
    struct consent c = {.state = CONSENT_GIVEN};

    core_begin(2, 1);
    s = &core->node[0];
    r = &core->node[1];
    s->config.has_notify = true;
    core_publish(&r->org, "primary_health_care", "hospital_emergency", NULL);
    case_id = core_case(s, CATEGORY_ALL);
    core_scope(&c, "medical", MEDICAL, PURPOSE_BIT(PURPOSE_REFERRAL), &r->org,
               NULL);
    (void)core_consent(s, case_id, &c);
}

TestSuite(ladder, .init = begin, .fini = core_end);

static struct hf_id
refer(enum urgency urgency, uint64_t incident_ms)
{
    struct node_command c = core_refer_cmd(case_id, "health.general");

    c.urgency = urgency;
    c.incident_ms = incident_ms;
    core_do(s, &c);
    return s->reply.id;
}

static struct node_task
task_of(const struct core_node *n, struct hf_id id, enum task_what what)
{
    static const struct hf_id none;
    struct node_task t;

    if (!task_find(n->env.view, &none, &id, what, &t))
        memset(&t, 0, sizeof(t));
    return t;
}

static bool
has_task(const struct core_node *n, struct hf_id id, enum task_what what)
{
    return task_of(n, id, what).due_ms != 0;
}

/* Notices of one task, as "rung rung ...". */
static const char *
notices(const struct core_node *n, struct hf_id task)
{
    static char text[200];
    struct node_notice at;

    text[0] = '\0';
    memset(&at, 0, sizeof(at));
    while (notice_next(n->env.view, &at)) {
        if (!hf_id_eq(&at.task, &task))
            continue;
        (void)snprintf(text + strlen(text), sizeof(text) - strlen(text),
                       "%s%s", text[0] == '\0' ? "" : " ",
                       rung_text(at.rung));
    }
    return text;
}

/* Time passes for @n alone; what it sends is lost. */
static void
alone(struct core_node *n, uint64_t until_ms)
{
    while (node_wake_ms(&n->env) <= until_ms) {
        if (node_wake_ms(&n->env) > core->now_ms)
            core->now_ms = node_wake_ms(&n->env);
        core_tick(n);
        core_lose();
    }
    core->now_ms = until_ms;
}

static uint64_t
overdue_cells(const struct core_node *n)
{
    struct figure_cell at;
    uint64_t sum = 0;

    memset(&at, 0, sizeof(at));
    while (cell_next(n->env.view, &at))
        if (at.state == STATE_OVERDUE)
            sum += at.count;
    return sum;
}

/* ---- which clocks run ---- */

Test(ladder, what_is_open_are_the_clocks_that_run)
{
    const struct hf_id id = refer(URGENCY_URGENT, 0);

    cr_expect(has_task(s, id, TASK_DELIVER));
    cr_expect(has_task(s, id, TASK_DECIDE));
    expect_no(has_task(s, id, TASK_CONTACT));
    core_run();
    expect_no(has_task(s, id, TASK_DELIVER), "receive meets it");
    cr_expect(has_task(s, id, TASK_DECIDE));
    cr_expect(has_task(r, id, TASK_DECIDE), "both carry them");
    cr_expect(eq(u64, task_of(r, id, TASK_DECIDE).due_ms,
                 task_of(s, id, TASK_DECIDE).due_ms));
    core_does(r, id, EVENT_ACCEPT, REASON_NONE);
    expect_no(has_task(s, id, TASK_DECIDE));
    cr_expect(has_task(s, id, TASK_CONTACT));
    cr_expect(has_task(r, id, TASK_REPORT));
    cr_expect(eq(str, task_of(r, id, TASK_CONTACT).owner.s, "ana"));
    core_does(r, id, EVENT_ATTEND, REASON_NONE);
    expect_no(has_task(s, id, TASK_CONTACT));
    core_does(r, id, EVENT_COMPLETE, REASON_MET);
    expect_no(has_task(s, id, TASK_REPORT));
    expect_no(has_task(r, id, TASK_REPORT));
}

Test(ladder, an_attempt_is_no_contact)
{
    const struct hf_id id = refer(URGENCY_URGENT, 0);

    core_run();
    core_does(r, id, EVENT_ACCEPT, REASON_NONE);
    core_does(r, id, EVENT_CONTACT, REASON_ATTEMPT);
    cr_expect(has_task(r, id, TASK_CONTACT));
    core_does(r, id, EVENT_CONTACT, REASON_REACHED);
    expect_no(has_task(r, id, TASK_CONTACT));
    expect_no(has_task(s, id, TASK_CONTACT));
}

Test(ladder, each_end_of_a_referral_stops_all)
{
    static const enum event ends[] = {EVENT_RECALL, EVENT_VOID, EVENT_CANCEL};

    for (size_t i = 0; i < 3; i++) {
        const struct hf_id id = refer(URGENCY_URGENT, 0);

        core_run();
        core_does(s, id, ends[i],
                  ends[i] == EVENT_CANCEL ? REASON_DUPLICATE : REASON_NONE);
        expect_no(has_task(s, id, TASK_DECIDE), "%s", event_text(ends[i]));
        expect_no(has_task(r, id, TASK_DECIDE), "%s", event_text(ends[i]));
    }
}

Test(ladder, who_does_not_answer_a_cancel_still_owes_its_report)
{
    const struct hf_id id = refer(URGENCY_URGENT, 0);

    core_run();
    core_does(r, id, EVENT_ACCEPT, REASON_NONE);
    core_does(s, id, EVENT_CANCEL, REASON_DUPLICATE);
    expect_state(s, id, STATE_CANCEL_PENDING);
    cr_expect(has_task(s, id, TASK_REPORT));
    cr_expect(has_task(r, id, TASK_REPORT));
    core_does(r, id, EVENT_CONFIRM_CANCEL, REASON_NONE);
    expect_no(has_task(s, id, TASK_REPORT));
}

Test(ladder, a_waitlist_moves_the_decision)
{
    const struct hf_id id = refer(URGENCY_URGENT, 0);
    struct node_command c;

    core_run();
    c = core_event_cmd(id, EVENT_WAITLIST, REASON_NONE);
    c.when_ms = core->now_ms + 20 * DAY_MS;
    core_do(r, &c);
    core_run();
    cr_expect(eq(u64, task_of(s, id, TASK_DECIDE).due_ms, c.when_ms));
    cr_expect(eq(u64, task_of(r, id, TASK_DECIDE).due_ms, c.when_ms));
    core_wait(19 * DAY_MS);
    cr_expect(eq(uint, core_alarms(s, "deadline_passed"), 0));
}

Test(ladder, a_reopened_answer_is_owed_again)
{
    const struct hf_id id = refer(URGENCY_URGENT, 0);

    core_run();
    core_does(r, id, EVENT_DECLINE, REASON_NO_CAPACITY);
    expect_no(has_task(s, id, TASK_DECIDE));
    core_does(r, id, EVENT_REOPEN, REASON_OTHER);
    expect_state(s, id, STATE_RECEIVED);
    cr_expect(has_task(s, id, TASK_DECIDE));
    cr_expect(has_task(r, id, TASK_DECIDE));
    cr_expect(eq(u64, core_object(s, id).met_ms[DEADLINE_DECIDE], 0));
    core_does(r, id, EVENT_ACCEPT, REASON_NONE);
    core_does(r, id, EVENT_COMPLETE, REASON_MET);
    core_does(r, id, EVENT_REOPEN, REASON_OTHER);
    expect_no(has_task(s, id, TASK_DECIDE), "that answer stands");
    cr_expect(has_task(s, id, TASK_REPORT));
}

Test(ladder, an_incident_is_counted_from_however_long_the_draft_lay)
{
    const uint64_t incident = core->now_ms - 10 * HOUR_MS;
    struct node_command c = core_refer_cmd(case_id, "health.general");
    struct node_object o;
    struct hf_id id;

    c.urgency = URGENCY_URGENT;
    c.incident_ms = incident;
    c.is_draft = true;
    core_do(s, &c);
    id = s->reply.id;
    core->now_ms += 5 * HOUR_MS;
    core_does(s, id, EVENT_SEND, REASON_NONE);
    o = core_object(r, id);
    cr_expect(eq(u64, o.decide_ms, incident + 24 * HOUR_MS));
    cr_expect(eq(u64, o.contact_ms, incident + 72 * HOUR_MS));
}

/* ---- climbing ---- */

Test(ladder, a_silent_receiver_is_climbed_over_rung_by_rung)
{
    const struct hf_id id = refer(URGENCY_EMERGENCY, 0);
    struct node_task t = task_of(s, id, TASK_DECIDE);

    core_lose(); /* its node is off */
    alone(s, t.due_ms - 1);
    cr_expect(eq(str, (char *)notices(s, t.id), ""));
    alone(s, t.due_ms);
    cr_expect(eq(str, (char *)notices(s, t.id), "focal_point"));
    alone(s, t.due_ms + 15 * MINUTE_MS);
    cr_expect(eq(str, (char *)notices(s, t.id), "focal_point supervisor"));
    alone(s, t.due_ms + 30 * MINUTE_MS);
    cr_expect(eq(str, (char *)notices(s, t.id),
                 "focal_point supervisor next_provider"));
    cr_expect(eq(u64, overdue_cells(s), 1), "the other clock is further");
    alone(s, t.due_ms + HOUR_MS);
    cr_expect(eq(str, (char *)notices(s, t.id),
                 "focal_point supervisor next_provider committee"));
    cr_expect(eq(u64, overdue_cells(s), 2));
    t = task_of(s, id, TASK_DECIDE);
    cr_expect(eq(u64, t.next_ms, core->now_ms + 7 * DAY_MS));
    cr_expect(eq(uint, t.weeks, 0));
    alone(s, core->now_ms + 15 * DAY_MS);
    cr_expect(eq(uint, task_of(s, id, TASK_DECIDE).weeks, 2));
}

Test(ladder, a_notice_says_id_urgency_rung_and_is_run_once)
{
    const struct hf_id id = refer(URGENCY_EMERGENCY, 0);
    struct node_event ev = {.type = NODE_EV_NOTIFIED};
    struct node_notice n;

    core_lose();
    alone(s, task_of(s, id, TASK_DECIDE).due_ms);
    memset(&n, 0, sizeof(n));
    cr_assert(notice_next(s->env.view, &n));
    cr_expect(hf_id_eq(&n.id, &id));
    cr_expect(eq(int, (int)n.kind, OBJECT_REFERRAL));
    cr_expect(eq(int, (int)n.urgency, URGENCY_EMERGENCY));
    while (memset(&n, 0, sizeof(n)), notice_next(s->env.view, &n)) {
        ev.task = n.task;
        ev.rung = n.rung;
        (void)core_step(s, &ev);
    }
    core_tick(s);
    cr_expect(not(notice_next(s->env.view, &n)));
}

Test(ladder, without_a_command_nothing_is_kept_for_one)
{
    struct node_notice n;

    s->config.has_notify = false;
    (void)refer(URGENCY_EMERGENCY, 0);
    core_lose();
    alone(s, core->now_ms + DAY_MS);
    memset(&n, 0, sizeof(n));
    cr_expect(not(notice_next(s->env.view, &n)));
    cr_expect(gt(uint, core_alarms(s, "deadline_passed"), 3));
}

Test(ladder, three_months_off_is_each_rung_once)
{
    const struct hf_id id = refer(URGENCY_URGENT, 0);
    struct node_task t;

    core_run();
    core->now_ms += 90 * DAY_MS;
    core_tick(s);
    t = task_of(s, id, TASK_DECIDE);
    cr_expect(eq(str, (char *)notices(s, t.id),
                 "focal_point supervisor next_provider committee"));
    cr_expect(eq(uint, core_alarms(s, "deadline_passed"), 4));
    cr_expect(eq(u64, t.next_ms, core->now_ms + 7 * DAY_MS));
    core_tick(s);
    cr_expect(eq(uint, core_alarms(s, "deadline_passed"), 4));
}

Test(ladder, who_receives_is_reminded_and_leaves_the_rest)
{
    const struct hf_id id = refer(URGENCY_URGENT, 0);

    core_run();
    core->now_ms += 90 * DAY_MS;
    core_tick(r);
    cr_expect(eq(uint, core_alarms(r, "deadline_passed"), 2));
    cr_expect(eq(int, task_of(r, id, TASK_DECIDE).rung, RUNG_SUPERVISOR));
    cr_expect(eq(u64, overdue_cells(r), 0));
}

Test(ladder, an_answer_ends_it_and_what_was_counted)
{
    const struct hf_id id = refer(URGENCY_URGENT, 0);

    core_run();
    core->now_ms += 10 * DAY_MS;
    core_tick(s);
    core_run();
    cr_expect(eq(u64, overdue_cells(s), 1));
    core_does(r, id, EVENT_DECLINE, REASON_NO_CAPACITY);
    cr_expect(eq(u64, overdue_cells(s), 0));
    expect_no(has_task(s, id, TASK_DECIDE));
}

Test(ladder, in_doubt_of_the_clock_nobody_climbs)
{
    const struct hf_id id = refer(URGENCY_URGENT, 0);
    struct node_event ev = {.type = NODE_EV_TICK};

    core_run();
    core->now_ms += 90 * DAY_MS;
    s->env.is_clock_doubtful = true;
    (void)core_step(s, &ev);
    ev = (struct node_event){.type = NODE_EV_TICK};
    (void)core_step(s, &ev);
    cr_expect(eq(uint, core_alarms(s, "deadline_passed"), 0));
    cr_expect(gt(u64, node_wake_ms(&s->env), core->now_ms),
              "nor is it woken to");
    s->env.is_clock_doubtful = false;
    core_tick(s);
    cr_expect(eq(uint, core_alarms(s, "deadline_passed"), 4));
    (void)id;
}

Test(ladder, a_wait_for_a_prekey_climbs_too)
{
    struct hf_id id;

    core->has_no_prekey[1] = true;
    id = refer(URGENCY_NORMAL, 0);
    cr_expect(has_task(s, id, TASK_PREKEY));
    core_wait(3 * DAY_MS);
    cr_expect(eq(int, task_of(s, id, TASK_PREKEY).rung, RUNG_SUPERVISOR));
    core->has_no_prekey[1] = false;
    core_wait(HOUR_MS);
    expect_no(has_task(s, id, TASK_PREKEY));
}

Test(ladder, it_shows_in_what_changed_and_in_the_trace)
{
    const struct hf_id id = refer(URGENCY_URGENT, 0);
    uint64_t at_ms = 0;
    uint32_t serial = 0;
    struct node_trace t;
    unsigned rungs = 0;

    core_run();
    core->now_ms += 2 * DAY_MS;
    core_tick(s);
    cr_expect(eq(u64, core_object(s, id).changed_ms, core->now_ms));
    while (trace_next(s->env.view, &id, &at_ms, &serial, &t))
        rungs += t.stage == TRACE_OVERDUE && t.what == TASK_DECIDE;
    cr_expect(eq(uint, rungs, 4));
}
