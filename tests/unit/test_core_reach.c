/* I-8 and its exception in the core: suspended and left members get and send
 * recall, withdrawal, the answers and receipts, and nothing else; and what the
 * committee lets whom send. */
#include "core_fixture.h"
#include "reach.h"

static struct core_node *s, *r;
static struct hf_id case_id;

static void
begin(void)
{
    case_id = core_begin_pair(&s, &r);
}

TestSuite(reach, .init = begin, .fini = core_end);

static struct hf_id
refer(void)
{
    struct node_command c = core_refer_cmd(case_id, "health.general");

    core_do(s, &c);
    return s->reply.id;
}

static void
set_status(const struct core_node *n, enum member_status status)
{
    for (size_t i = 0; i < core->registry.n_orgs; i++)
        if (hf_org_eq(&core->org[i].id, &n->org))
            core->org[i].status = status;
}

/* Letters from @from on are small, and no section is in them. */
static void
expect_rights_only(size_t from)
{
    for (size_t i = from; i < core->n_letters; i++) {
        const struct hf_buf *b = &core->letter[i].bytes;

        cr_assert(eq(int,
                     (int)content_decode(hf_buf_bytes(b), &core->content),
                     HF_OK));
        cr_expect(reach_is_owed(&core->content), "letter %zu", i);
        cr_expect(lt(sz, b->n, 3300), "4 KiB when sealed and padded");
        cr_expect(memmem(b->p, b->n, "canary", 6) == NULL);
    }
}

static void
withdrawal_passes(enum member_status status)
{
    const struct hf_id id = refer();
    struct hf_id w;
    size_t from;

    core_run();
    core_does(r, id, EVENT_ACCEPT, REASON_NONE);
    cr_assert(core_holds(r, "canary"));
    set_status(r, status);
    from = core->n_letters;
    cr_assert(eq(int, core_withdraw(s, case_id, NULL, true), 0));
    core_run();
    cr_expect(gt(sz, core->n_letters, from));
    expect_rights_only(from);
    cr_expect(eq(u32, core_withdrawals(s, SIDE_FIRST, &w), 1));
    expect_state(s, w, STATE_ANSWERED);
    cr_expect(eq(u32, core_object(r, id).sections, 0), "erased there");
}

Test(reach, a_withdrawal_and_its_answer_pass_a_suspension)
{
    withdrawal_passes(MEMBER_SUSPENDED);
}

Test(reach, a_withdrawal_and_its_answer_pass_after_a_member_left)
{
    withdrawal_passes(MEMBER_LEFT);
}

Test(reach, nothing_else_goes_to_a_suspended_member)
{
    const struct hf_id id = refer();
    size_t from;

    core_run();
    set_status(r, MEMBER_SUSPENDED);
    from = core->n_letters;
    core_does(s, id, EVENT_CANCEL, REASON_OTHER);
    core_wait(HOUR_MS);
    cr_expect(eq(sz, core->n_letters, from), "it waits");
    cr_expect(gt(uint, core_alarms(s, "waiting_for_member"), 0));
    cr_expect(eq(uint, core_alarms(s, "waiting_for_prekey"), 0));
    cr_expect(eq(str, (char *)reach_waits_for(&s->env, &r->org), "suspended"));
    set_status(r, MEMBER_ACTIVE);
    cr_expect(eq(str, (char *)reach_waits_for(&s->env, &r->org), "prekey"));
    core_wait(HOUR_MS);
    cr_expect(gt(sz, core->n_letters, from), "reinstated, it gets it");
    expect_state(r, id, core_state(s, id));
}

Test(reach, a_recall_goes_with_what_stands_before_it_without_its_body)
{
    const struct hf_id id = refer();
    size_t from;

    core_lose(); /* the `send`, as far as the sender knows */
    set_status(r, MEMBER_SUSPENDED);
    from = core->n_letters;
    cr_assert(eq(int, core_withdraw(s, case_id, NULL, true), 0));
    core_wait(HOUR_MS);
    cr_expect(gt(sz, core->n_letters, from));
    expect_rights_only(from);
    cr_expect(eq(u32, core_object(r, id).n[0], core_object(s, id).n[0]),
              "the whole chain arrived");
    expect_state(s, id, STATE_RECALLED);
}

Test(reach, what_a_suspended_member_sends_beside_rights_is_refused)
{
    const struct hf_id id = refer();
    struct core_forger f =
        core_forge(OBJECT_REFERRAL, id, &r->org, &s->org);
    const struct entry accept = {.event = EVENT_ACCEPT, .seen = 1,
                                 .seen_hash = {{0}}};
    uint32_t held;

    core_run();
    held = core_object(s, id).n[1];
    set_status(r, MEMBER_SUSPENDED);
    core_forge_after(&f, s);
    struct entry e = accept;
    e.seen_hash = core_seen(s, id, SIDE_FIRST, 1);
    core_forge_entry(&f, e, NULL);
    core_forge_send(&f, s, &r->org);
    cr_expect(eq(u32, core_object(s, id).n[1], held));
    cr_expect(eq(u32, core_alarms(s, "sender_restricted"), 1));
    core_forge_end(&f);
}

Test(reach, a_suspended_member_that_knows_it_sends_nothing_either)
{
    const struct hf_id id = refer();
    size_t from;

    core_run();
    set_status(r, MEMBER_SUSPENDED);
    from = core->n_letters;
    cr_assert(eq(int, core_event(r, id, EVENT_ACCEPT, REASON_NONE), 0));
    core_wait(HOUR_MS);
    cr_expect(eq(sz, core->n_letters, from));
}

Test(reach, on_a_stale_registry_only_rights_go_out)
{
    const struct hf_id id = refer();
    size_t from;

    core_run();
    s->env.is_registry_stale = true;
    from = core->n_letters;
    core_does(s, id, EVENT_CANCEL, REASON_OTHER);
    cr_expect(eq(sz, core->n_letters, from));
    cr_assert(eq(int, core_withdraw(s, case_id, NULL, true), 0));
    cr_expect(gt(sz, core->n_letters, from));
    expect_rights_only(from);
}

Test(reach, who_is_in_no_registry_gets_nothing_and_nothing_of_it_is_taken)
{
    const struct hf_id id = refer();
    size_t from;

    core_run();
    core->registry.n_orgs = 1; /* only s is left */
    from = core->n_letters;
    cr_assert(eq(int, core_withdraw(s, case_id, NULL, true), 0));
    core_wait(HOUR_MS);
    cr_expect(eq(sz, core->n_letters, from));
    cr_expect(eq(int, (int)reach_of(&(struct step){.env = &s->env}, &r->org),
                 REACH_NONE));
    (void)id;
}

/* ---- what the committee lets whom send ---- */

static void
forbid(struct registry_flow *flow, enum object_kind kind)
{
    *flow = (struct registry_flow){.is_limited = true,
                                   .objects = REGISTRY_OBJECTS_ALL &
                                              ~REGISTRY_OBJECT_BIT(kind),
                                   .families = UINT64_MAX};
}

Test(reach, who_may_not_send_referrals_is_told_so)
{
    struct node_command c = core_refer_cmd(case_id, "health.general");

    forbid(&core->org[0].may_send, OBJECT_REFERRAL);
    cr_expect(ne(int, core_ask(s, &c), 0));
    cr_expect(eq(sz, core->n_letters, 0));
}

Test(reach, who_may_not_receive_referrals_rejects_them_as_not_accepting)
{
    const struct hf_id id = refer();

    forbid(&core->org[1].may_receive, OBJECT_REFERRAL);
    core_run();
    expect_state(s, id, STATE_REJECTED);
    cr_expect(eq(int, (int)core_object(s, id).reason, REASON_NOT_ACCEPTING));
}

static struct hf_id
offered(void)
{
    struct consent c = {.state = CONSENT_GIVEN};

    core_scope(&c, "all", CATEGORY_ALL,
               PURPOSE_BIT(PURPOSE_OFFER) | PURPOSE_BIT(PURPOSE_TRANSFER),
               &s->org, &r->org, NULL);
    core_amend(s, case_id, &c, false);
    return core_offer(s, r, case_id);
}

Test(reach, a_transfer_that_may_not_be_is_not_offered)
{
    struct node_command c = {.type = CMD_TRANSFER_OFFER, .case_id = case_id,
                             .to = r->org};

    forbid(&core->org[1].may_receive, OBJECT_TRANSFER);
    cr_expect(eq(int, core_ask(s, &c), 1));
    cr_expect(eq(str, s->reply.code, "not_allowed"));
}

/* The committee forbids it while it is under way: nothing more goes, and what
 * was released is taken back. */
Test(reach, a_transfer_that_may_not_be_any_more_goes_no_further)
{
    const struct hf_id id = offered();

    core_does(r, id, EVENT_ACCEPT, REASON_NONE);
    forbid(&core->org[1].may_receive, OBJECT_TRANSFER);
    cr_expect(eq(int, core_event(s, id, EVENT_RELEASE, REASON_NONE), 1));
    cr_expect(eq(str, s->reply.code, "not_allowed"));
    expect_no(core_holds(r, "canary"));
    core->org[1].may_receive = (struct registry_flow){.is_limited = false};
    core_does(s, id, EVENT_RELEASE, REASON_NONE);
    core_does(r, id, EVENT_ARRIVE, REASON_NONE);
    forbid(&core->org[0].may_send, OBJECT_TRANSFER);
    cr_expect(eq(int, core_event(s, id, EVENT_HAND_OVER, REASON_NONE), 1));
    cr_expect(eq(str, s->reply.code, "not_allowed"));
    expect_state(s, id, STATE_ARRIVED);
    core->org[0].may_send = (struct registry_flow){.is_limited = false};
    core_does(s, id, EVENT_HAND_OVER, REASON_NONE);
    expect_state(s, id, STATE_HANDED_OVER);
}

Test(reach, a_transfer_that_may_not_be_any_more_is_taken_back)
{
    const struct hf_id id = offered();

    core_does(r, id, EVENT_ACCEPT, REASON_NONE);
    core_does(s, id, EVENT_RELEASE, REASON_NONE);
    cr_assert(core_holds(r, "canary"));
    forbid(&core->org[0].may_send, OBJECT_TRANSFER);
    forbid(&core->org[1].may_receive, OBJECT_TRANSFER);
    core_does(s, id, EVENT_WITHDRAW, REASON_CLIENT_REFUSED);
    expect_state(s, id, STATE_RECALLED);
    expect_no(core_holds(r, "canary"));
}
