/* Referrals between two nodes: the way to `send`, what goes when, what is
 * destroyed, and what a hostile peer may put into a push. */
#include "core_fixture.h"

static struct core_node *s, *r;
static struct hf_id case_id;

/* A case with everything, a consent that lets the clinic have it all, and the
 * clinic's services on both maps. */
static void
begin(void)
{
    struct consent c = {.state = CONSENT_GIVEN};

    core_begin(2, 1);
    s = &core->node[0];
    r = &core->node[1];
    core_publish(&r->org, "primary_health_care", "hospital_emergency",
                 "microfinance", NULL);
    case_id = core_case(s, CATEGORY_ALL);
    core_scope(&c, "all", CATEGORY_ALL & ~CAT(VULNERABILITY),
               PURPOSE_BIT(PURPOSE_REFERRAL), &r->org, NULL);
    core_scope(&c, "groups", CAT(VULNERABILITY),
               PURPOSE_BIT(PURPOSE_REFERRAL), &r->org, NULL);
    (void)core_consent(s, case_id, &c);
}

TestSuite(referral, .init = begin, .fini = core_end);

static struct hf_id
refer(const char *need)
{
    return core_refer(s, case_id, need);
}

static struct hf_id
draft(const char *need)
{
    struct node_command c = core_refer_cmd(case_id, need);

    c.is_draft = true;
    core_do(s, &c);
    return s->reply.id;
}

Test(referral, goes_from_send_to_completed)
{
    const struct hf_id id = refer("health.general");

    expect_state(s, id, STATE_RECEIVED);
    core_does(r, id, EVENT_ACCEPT, REASON_NONE);
    core_does(r, id, EVENT_ATTEND, REASON_NONE);
    core_does(r, id, EVENT_COMPLETE, REASON_MET);
    expect_state(s, id, STATE_COMPLETED);
    core_does(s, id, EVENT_CLOSE, REASON_NONE);
    expect_state(r, id, STATE_CLOSED);
}

Test(referral, draft_is_sent_later)
{
    const struct hf_id id = draft("health.general");

    core_does(s, id, EVENT_SEND, REASON_NONE);
    expect_state(s, id, STATE_RECEIVED);
}

Test(referral, needs_another_person_where_the_rule_asks_for_approval)
{
    struct node_command c = core_refer_cmd(case_id, "finance.account");
    struct hf_id id;

    core_do(s, &c);
    id = s->reply.id;
    expect_state(s, id, STATE_AWAITING_APPROVAL);
    cr_expect(eq(int, core_event(s, id, EVENT_SEND, REASON_NONE), 1));
    cr_expect(eq(int, core_event(s, id, EVENT_APPROVE, REASON_NONE), 77),
              "its author may not approve it");
    c = core_event_cmd(id, EVENT_APPROVE, REASON_NONE);
    c.user = core_name("sam");
    core_do(s, &c);
    expect_state(s, id, STATE_APPROVED);
    core_does(s, id, EVENT_SEND, REASON_NONE);
    expect_state(r, id, STATE_RECEIVED);
}

Test(referral, draft_moves_through_its_own_states)
{
    const struct hf_id id = draft("finance.account");
    struct node_command refuse;

    cr_expect(eq(int, core_event(s, id, EVENT_SEND, REASON_NONE), 1),
              "the rule asks for approval");
    cr_expect(eq(int, core_event(s, id, EVENT_APPROVE, REASON_NONE), 1));
    core_does(s, id, EVENT_SUBMIT, REASON_NONE);
    cr_expect(eq(int, core_event(s, id, EVENT_SUBMIT, REASON_NONE), 1));
    cr_expect(eq(int, core_event(s, id, EVENT_REFUSE, REASON_NONE), 77),
              "its author may not refuse it either");
    refuse = core_event_cmd(id, EVENT_REFUSE, REASON_NONE);
    refuse.user = core_name("sam");
    core_do(s, &refuse);
    expect_state(s, id, STATE_DRAFT);
    core_does(s, id, EVENT_CANCEL, REASON_NO_LONGER_NEEDED);
    expect_state(s, id, STATE_CANCELLED);
    for (int e = 1; e < EVENT_END; e++)
        cr_expect(ne(int, core_event(s, id, (enum event)e, REASON_NONE), 0),
                  "%s after cancel", event_text((enum event)e));
    cr_expect(eq(sz, core_pending(r), 0), "nobody else heard of it");
}
