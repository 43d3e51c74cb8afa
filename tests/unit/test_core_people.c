/* Whose work it is, and members without a node: what is entered on their
 * behalf, when it happened, and which clocks that answers. */
#include "core_fixture.h"

static struct core_node *s;
static struct hf_org paper; /* a member without a node, kept by s */
static struct hf_id case_id;

static void
begin(void)
{
    struct consent c = {.state = CONSENT_GIVEN};

    core_begin(2, 1);
    s = &core->node[0];
    paper = core->org[2].id;
    core->org[2].via = s->org;
    core->has_no_prekey[2] = true;
    core_publish(&paper, "primary_health_care", NULL);
    case_id = core_case(s, CATEGORY_ALL);
    core_scope(&c, "all", CATEGORY_ALL, PURPOSE_BIT(PURPOSE_REFERRAL), &paper,
               &core->node[1].org, NULL);
    (void)core_consent(s, case_id, &c);
}

TestSuite(people, .init = begin, .fini = core_end);

static struct hf_id
refer(void)
{
    return core_refer(s, case_id, "health.general");
}

static struct node_command
on_paper(struct hf_id id, enum event event, enum reason reason)
{
    struct node_command c = core_event_cmd(id, event, reason);

    c.on_behalf = paper;
    c.flags = ENTRY_PHONE;
    return c;
}

static void
entry_at(struct hf_id id, enum side side, uint32_t n, struct entry *ret)
{
    uint8_t bytes[ENTRY_BYTES], sig[ENTRY_SIG_BYTES];

    cr_assert(chain_get(s->env.view, &id, side, n, 0, bytes, sig));
    cr_assert(entry_unpack((struct hf_bytes){bytes, ENTRY_BYTES}, ret) ==
              HF_OK);
}

Test(people, a_member_without_a_node_is_recorded_by_its_keeper)
{
    const struct hf_id id = refer();
    struct node_command c = on_paper(id, EVENT_ACCEPT, REASON_NONE);
    struct entry e;

    expect_state(s, id, STATE_SENT);
    cr_expect(core_pending(&core->node[1]) == 0);
    cr_expect(eq(u32, core->n_letters, 0), "nothing of it travels");
    core_do(s, &c);
    core_run();
    expect_state(s, id, STATE_ACCEPTED);
    entry_at(id, SIDE_SECOND, 1, &e);
    cr_expect(e.event == EVENT_RECEIVE, "it was told by then");
    entry_at(id, SIDE_SECOND, 2, &e);
    cr_expect(e.event == EVENT_ACCEPT);
    cr_expect(hf_org_eq(&e.author, &paper));
    cr_expect(hf_org_eq(&e.peer, &s->org));
    cr_expect(eq(u16, e.flags, ENTRY_PROXIED | ENTRY_PHONE));
    cr_expect(core_object(s, id).sections != 0, "what was told is on record");
    c = on_paper(id, EVENT_ATTEND, REASON_NONE);
    core_do(s, &c);
    c = on_paper(id, EVENT_COMPLETE, REASON_MET);
    core_do(s, &c);
    expect_state(s, id, STATE_COMPLETED);
    cr_expect(eq(u32, core->n_letters, 0));
    cr_expect(zero(uint, core_alarms(s, "waiting_for_prekey")));
}

Test(people, a_withdrawal_is_answered_on_paper_too)
{
    const struct hf_id id = refer();
    struct node_command c = on_paper(id, EVENT_ACCEPT, REASON_NONE);
    struct hf_id told;

    core_do(s, &c);
    cr_expect(zero(int, core_withdraw(s, case_id, NULL, true)));
    core_run();
    expect_state(s, id, STATE_RECALLED);
    cr_assert(eq(uint, core_withdrawals(s, SIDE_FIRST, &told), 1));
    expect_state(s, told, STATE_ASKED);
    c = on_paper(id, EVENT_ERASED, REASON_NONE);
    core_do(s, &c);
    c = on_paper(told, EVENT_ERASED, REASON_NONE);
    core_do(s, &c);
    expect_state(s, told, STATE_ANSWERED);
    cr_expect(eq(u32, core->n_letters, 0));
}

Test(people, on_behalf_of_others_is_refused)
{
    struct node_command c;
    struct hf_id id;

    core_publish(&core->node[1].org, "primary_health_care", NULL);
    core_publish(&paper, NULL);
    id = refer();
    c = on_paper(id, EVENT_ACCEPT, REASON_NONE);
    cr_expect(eq(int, core_ask(s, &c), 1));
    cr_expect(eq(str, s->reply.code, "other_org"));
    c.on_behalf = core->node[1].org;
    cr_expect(eq(int, core_ask(s, &c), 1));
    cr_expect(eq(str, s->reply.code, "has_node"));
    expect_state(s, id, STATE_RECEIVED);
}

Test(people, nobody_else_refers_to_a_member_without_a_node)
{
    core->org[2].via = core->node[1].org;
    struct node_command c = core_refer_cmd(case_id, "health.general");

    cr_expect(eq(int, core_ask(s, &c), 1));
    cr_expect(eq(str, s->reply.code, "no_node"));
    cr_expect(eq(u32, core->n_letters, 0));
}

Test(people, who_names_a_member_without_a_node_is_told_who_keeps_it)
{
    core->org[2].via = core->node[1].org;
    struct node_command c = core_refer_cmd(case_id, "legal.aid");

    c.to = paper; /* whose services only its keeper has on its map */
    cr_expect(eq(int, core_ask(s, &c), 1));
    cr_expect(eq(str, s->reply.code, "no_node"));
    cr_expect(ne(ptr, strstr(s->reply.message, core->node[1].org.s), NULL));
}

Test(people, a_member_without_a_node_holds_no_case)
{
    struct node_command c = {
        .type = CMD_TRANSFER_OFFER, .case_id = case_id, .to = paper};

    cr_expect(eq(int, core_ask(s, &c), 1));
    cr_expect(eq(str, s->reply.code, "no_node"));
}

Test(people, clocks_go_by_when_it_happened)
{
    const struct hf_id id = refer();
    struct node_command c = on_paper(id, EVENT_ACCEPT, REASON_NONE);
    struct node_object o = core_object(s, id);
    struct entry e;

    core_wait(2 * DAY_MS);
    c.happened_ms = core->now_ms + HOUR_MS;
    cr_expect(eq(int, core_ask(s, &c), 65), "still to come");
    c.happened_ms = o.created_ms - HOUR_MS;
    cr_expect(eq(int, core_ask(s, &c), 65), "before it began");
    expect_state(s, id, STATE_SENT);
    c.happened_ms = o.created_ms + HOUR_MS;
    core_do(s, &c);
    o = core_object(s, id);
    cr_expect(eq(u64, o.met_ms[1], c.happened_ms));
    entry_at(id, SIDE_SECOND, 2, &e);
    cr_expect(eq(u64, e.at_ms, core->now_ms), "order goes by the record");
}

Test(people, a_restored_keeper_goes_on_at_once)
{
    const struct hf_id id = refer();
    struct node_command c = on_paper(id, EVENT_ACCEPT, REASON_NONE);

    core_backup(s);
    core_restore(s, true);
    core_run();
    cr_expect(eq(int, core_ask(s, &c), 0), "there is no copy to wait for");
    expect_state(s, id, STATE_ACCEPTED);
}

/* ---- whose work it is ---- */

static int
ask_user(enum node_command_type type, const char *name, uint64_t until_ms,
         const char *to)
{
    struct node_command c = {.type = type,
                             .user = core_name("root"),
                             .is_node_owner = true,
                             .user_name = core_name(name),
                             .when_ms = until_ms};

    if (to != NULL)
        c.stand_in = core_name(to);
    return core_ask(s, &c);
}

static int
assign(const char *to, uint64_t until_ms)
{
    struct node_command c = {.type = CMD_CASE_ASSIGN,
                             .case_id = case_id,
                             .user_name = core_name(to),
                             .when_ms = until_ms};

    return core_ask(s, &c);
}

#define expect_owner(name)                                                     \
    cr_expect(eq(str, (char *)core_case_of(s, case_id).owner.s, (char *)(name)))

Test(people, lent_work_comes_back)
{
    cr_expect(zero(int, assign("kim", core->now_ms + DAY_MS)));
    expect_owner("kim");
    cr_expect(zero(int, assign("sam", core->now_ms + 2 * DAY_MS)));
    core_wait(DAY_MS + HOUR_MS);
    expect_owner("sam");
    core_wait(DAY_MS);
    expect_owner("ana");
    cr_expect(eq(int, assign("kim", core->now_ms), 65));
    cr_expect(eq(int, assign("nobody", 0), 66));
}

Test(people, somebody_stands_in_for_the_absent)
{
    const struct hf_id id = refer();

    cr_expect(zero(
        int, ask_user(CMD_USER_ABSENT, "ana", core->now_ms + DAY_MS, "kim")));
    core_run();
    expect_owner("kim");
    cr_expect(eq(str, (char *)core_object(s, id).owner.s, "kim"));
    cr_expect(zero(int, assign("ana", 0)), "the absent can be given work,");
    expect_owner("kim"); /* which somebody else does */
    core_wait(DAY_MS + HOUR_MS);
    expect_owner("ana");
    cr_expect(eq(str, (char *)core_object(s, id).owner.s, "ana"));
}

Test(people, what_a_disabled_user_held_is_the_supervisors)
{
    cr_expect(zero(int, assign("kim", 0)));
    cr_expect(zero(int, ask_user(CMD_USER_DISABLE, "ana", 0, NULL)));
    core_run();
    expect_owner("kim");
    cr_expect(zero(int, ask_user(CMD_USER_DISABLE, "kim", 0, NULL)));
    core_run();
    expect_owner("sam");
}

Test(people, a_loan_comes_back_to_the_supervisor_of_who_left)
{
    cr_expect(zero(int, assign("kim", core->now_ms + DAY_MS)));
    cr_expect(zero(int, ask_user(CMD_USER_DISABLE, "ana", 0, NULL)));
    core_run();
    expect_owner("kim");
    core_wait(DAY_MS + HOUR_MS);
    expect_owner("sam");
}

Test(people, many_rows_are_put_right_a_page_at_a_time)
{
    struct hf_id id[150];

    for (int i = 0; i < 150; i++)
        id[i] = core_case(s, CAT(IDENTITY));
    cr_expect(zero(int, ask_user(CMD_USER_DISABLE, "ana", 0, NULL)));
    core_run();
    for (int i = 0; i < 150; i++)
        cr_expect(eq(str, (char *)core_case_of(s, id[i]).owner.s, "sam"));
}

Test(people, what_arrives_is_the_focal_points)
{
    struct core_node *r = &core->node[1];
    struct hf_id id;

    core_publish(&r->org, "primary_health_care", NULL);
    core_publish(&paper, NULL);
    id = refer();
    cr_expect(eq(str, (char *)core_object(r, id).owner.s, ""));
    core_does(s, id, EVENT_CANCEL, REASON_NO_LONGER_NEEDED);
    r->config.focal_point = core_name("kim");
    id = refer();
    cr_expect(eq(str, (char *)core_object(r, id).owner.s, "kim"));
}
