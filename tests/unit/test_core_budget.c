/* What a person may have from a budget of the SOP is counted. */
#include "core_fixture.h"

#include "budget.h"

static struct core_node *s, *r;
static struct hf_id case_id;

/* The pack health-continuity gives 2000.00 EUR a person for the journey. */
static void
offer(const struct hf_org *by, uint32_t cost_minor)
{
    struct service sv;

    memset(&sv, 0, sizeof(sv));
    sv.org = *by;
    sv.id[0] = 1;
    sv.code = core_name("medication_bridge");
    sv.accepting = true;
    sv.capacity = -1;
    sv.cost_minor = cost_minor;
    sv.assured_ms = core->now_ms;
    for (size_t i = 0; i < core->n_nodes; i++) {
        struct node_event ev = {.type = NODE_EV_SERVICES,
                                .peer = *by,
                                .n_services = 1,
                                .services = &sv,
                                .document = core_text("{}"),
                                .version = 1};

        (void)core_step(&core->node[i], &ev);
    }
}

static void
begin(void)
{
    const struct sop_term idle = {.is_idle = true};
    struct consent c = {.state = CONSENT_GIVEN};

    core_begin(2, 1);
    for (size_t i = 0; i < core->n_packs; i++) /* one pack alone */
        if (strcmp(sop_pack_name(core->pack[i]), "health-continuity") != 0)
            sop_book_set_term(core->book, core->pack[i], &idle);
    s = &core->node[0];
    r = &core->node[1];
    case_id = core_case(s, CATEGORY_ALL);
    core_scope(&c, "medical",
               CAT(IDENTITY) | CAT(CONTACT) | CAT(HEALTH) | CAT(TRAVEL) |
                   CAT(WISHES),
               PURPOSE_BIT(PURPOSE_REFERRAL), &r->org, &core->org[2].id, NULL);
    (void)core_consent(s, case_id, &c);
    offer(&r->org, 150000);
}

TestSuite(budget, .init = begin, .fini = core_end);

static struct hf_id
refer(const char *reason)
{
    struct node_command c = core_refer_cmd(case_id, "health.medication");

    c.text = core_text(reason);
    (void)core_ask(s, &c);
    return s->reply.id;
}

Test(budget, a_second_service_beyond_it_is_refused_with_what_is_left)
{
    const struct hf_id id = refer("");

    cr_assert(eq(int, s->reply.status, 0), "%s", s->reply.message);
    core_run();
    expect_state(s, id, STATE_RECEIVED);
    (void)refer("");
    cr_expect(eq(int, s->reply.status, 1));
    cr_expect(eq(str, s->reply.code, "over_budget"));
    cr_expect_not_null(strstr(s->reply.message, "500.00 EUR left"));
}

Test(budget, with_a_reason_a_supervisor_decides)
{
    struct hf_id id;

    (void)refer("");
    core_run();
    id = refer("the escort fell ill");
    cr_assert(eq(int, s->reply.status, 0), "%s", s->reply.message);
    expect_state(s, id, STATE_AWAITING_APPROVAL);
}

Test(budget, what_came_to_nothing_took_nothing)
{
    const struct hf_id id = refer("");

    core_run();
    core_does(s, id, EVENT_CANCEL, REASON_NO_LONGER_NEEDED);
    core_run();
    expect_state(s, id, STATE_CANCELLED);
    (void)refer("");
    cr_expect(eq(int, s->reply.status, 0), "%s", s->reply.message);
}

/* Declined and closed: another provider may have what it would have cost. */
Test(budget, what_was_closed_without_a_report_took_nothing)
{
    const struct hf_id id = refer("");

    core_run();
    core_does(r, id, EVENT_DECLINE, REASON_NO_CAPACITY);
    core_does(s, id, EVENT_CLOSE, REASON_NONE);
    expect_state(s, id, STATE_CLOSED);
    offer(&core->org[2].id, 150000);
    (void)refer("");
    cr_expect(eq(int, s->reply.status, 0), "%s", s->reply.message);
}

Test(budget, what_was_served_and_closed_is_spent)
{
    const struct hf_id id = refer("");

    core_run();
    core_does(r, id, EVENT_ACCEPT, REASON_NONE);
    core_does(r, id, EVENT_ATTEND, REASON_NONE);
    core_does(r, id, EVENT_COMPLETE, REASON_MET);
    core_does(s, id, EVENT_CLOSE, REASON_NONE);
    (void)refer("");
    cr_expect(eq(str, s->reply.code, "over_budget"));
}

Test(budget, an_emergency_asks_for_no_money)
{
    struct node_command c = core_refer_cmd(case_id, "health.medication");

    (void)refer("");
    core_run();
    c.urgency = URGENCY_EMERGENCY;
    cr_expect(eq(int, core_ask(s, &c), 0), "%s", s->reply.message);
}
