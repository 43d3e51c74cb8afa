/* A clock in doubt: what is done stops its clock, and says so where the time is
 * only our own doubtful one. */
#include "core_fixture.h"
#include "deadline.h"

static struct core_node *s, *r;
static struct hf_id id;

static void
begin(void)
{
    struct consent c = {.state = CONSENT_GIVEN};
    struct node_command refer;
    struct hf_id case_id;

    core_begin(2, 1);
    s = &core->node[0];
    r = &core->node[1];
    core_publish(&r->org, "primary_health_care", NULL);
    case_id = core_case(s, CATEGORY_ALL);
    core_scope(&c, "all", CATEGORY_ALL, PURPOSE_BIT(PURPOSE_REFERRAL),
               &r->org, NULL);
    (void)core_consent(s, case_id, &c);
    refer = core_refer_cmd(case_id, "health.general");
    core_do(s, &refer);
    id = s->reply.id;
    core_run();
}

TestSuite(doubt, .init = begin, .fini = core_end);

static uint8_t
marked(const struct core_node *n, enum deadline k)
{
    return (core_object(n, id).met_in_doubt >> k) & 1;
}

Test(doubt, our_own_time_is_marked_and_the_clock_stops)
{
    uint64_t due, met;
    struct node_object o;
    bool runs;

    r->env.is_clock_doubtful = true;
    core_does(r, id, EVENT_ACCEPT, REASON_NONE);
    o = core_object(r, id);
    cr_assert(deadline_get(&o, DEADLINE_DECIDE, &due, &met, &runs));
    cr_expect(ne(u64, met, 0));
    expect_no(runs);
    cr_expect(eq(u8, marked(r, DEADLINE_DECIDE), 1));
    expect_no(marked(r, DEADLINE_DELIVER), "sure when it received");
    expect_no(marked(s, DEADLINE_DECIDE), "its clock is right");
}

Test(doubt, the_time_of_a_peer_is_its_word)
{
    s->env.is_clock_doubtful = true;
    core_does(r, id, EVENT_ACCEPT, REASON_NONE);
    cr_expect(ne(u64, core_object(s, id).met_ms[DEADLINE_DECIDE], 0));
    expect_no(marked(s, DEADLINE_DECIDE));
}

Test(doubt, a_time_that_a_person_named_is_theirs)
{
    struct node_command c = core_event_cmd(id, EVENT_ATTEND, REASON_NONE);

    core_does(r, id, EVENT_ACCEPT, REASON_NONE);
    core_wait(3 * HOUR_MS);
    r->env.is_clock_doubtful = true;
    c.happened_ms = core->now_ms - HOUR_MS;
    core_do(r, &c);
    cr_expect(eq(u64, core_object(r, id).met_ms[DEADLINE_CONTACT],
                 core->now_ms - HOUR_MS));
    expect_no(marked(r, DEADLINE_CONTACT));
}
