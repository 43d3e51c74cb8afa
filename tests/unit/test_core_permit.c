/* Who may do what: every command by every role, and what is never left to a
 * role at all. */
#include "core_fixture.h"

static struct core_node *n;
static struct hf_id case_id;

static void
begin(void)
{
    core_begin(2, 0);
    n = &core->node[0];
    case_id = core_case(n, CAT(IDENTITY));
}

TestSuite(permit, .init = begin, .fini = core_end);

#define CARERS (ROLE_BIT(ROLE_CASE_MANAGER) | ROLE_BIT(ROLE_SUPERVISOR))
#define SERVERS                                                                \
    (CARERS | ROLE_BIT(ROLE_FOCAL_POINT) | ROLE_BIT(ROLE_HEALTH) |             \
     ROLE_BIT(ROLE_MENTAL_HEALTH))

Test(permit, lets_each_role_do_its_own_work_only)
{
    static const struct {
        enum node_command_type type;
        uint32_t roles;
    } rows[] = {
        {CMD_CASE_NEW, CARERS},
        {CMD_CASE_SET, CARERS},
        {CMD_CASE_STAGE, CARERS},
        {CMD_CASE_ASSIGN, SERVERS},
        {CMD_CONSENT_GIVE, CARERS},
        {CMD_CONSENT_AMEND, CARERS},
        {CMD_CONSENT_REFUSE, CARERS},
        {CMD_CONSENT_WITHDRAW, SERVERS},
        {CMD_REFER, CARERS},
        {CMD_TRANSFER_OFFER, CARERS},
        {CMD_TRANSFER_REQUEST, CARERS},
        {CMD_USER_ADD, ROLE_BIT(ROLE_ADMIN)},
        {CMD_USER_ROLE, ROLE_BIT(ROLE_ADMIN)},
        {CMD_USER_DISABLE, ROLE_BIT(ROLE_ADMIN)},
        {CMD_SERVICES_SET, ROLE_BIT(ROLE_ADMIN) | ROLE_BIT(ROLE_FOCAL_POINT) |
                               ROLE_BIT(ROLE_SUPERVISOR)},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
        for (int r = 1; r < ROLE_END; r++)
            cr_expect(eq(int,
                         permit_command(ROLE_BIT(r), rows[i].type,
                                        OBJECT_NONE, SIDE_FIRST, EVENT_NONE),
                         (rows[i].roles & ROLE_BIT(r)) != 0),
                      "command %d by %s", (int)rows[i].type,
                      role_text((enum role)r));
}

Test(permit, lets_a_provider_serve_and_a_supervisor_approve)
{
    for (int r = 1; r < ROLE_END; r++) {
        const uint32_t bit = ROLE_BIT(r);

        cr_expect(eq(int,
                     permit_command(bit, CMD_EVENT, OBJECT_REFERRAL,
                                    SIDE_SECOND, EVENT_ACCEPT),
                     (SERVERS & bit) != 0));
        cr_expect(eq(int,
                     permit_command(bit, CMD_EVENT, OBJECT_REFERRAL,
                                    SIDE_FIRST, EVENT_RECALL),
                     (CARERS & bit) != 0));
        cr_expect(eq(int,
                     permit_command(bit, CMD_EVENT, OBJECT_REFERRAL,
                                    SIDE_FIRST, EVENT_APPROVE),
                     r == ROLE_SUPERVISOR));
        for (int type = CMD_ATTACH; type <= CMD_ATTACH_DONE; type++) {
            const enum node_command_type t = (enum node_command_type)type;

            cr_expect(eq(int,
                         permit_command(bit, t, OBJECT_REFERRAL, SIDE_FIRST,
                                        EVENT_NONE),
                         (CARERS & bit) != 0));
            cr_expect(eq(int,
                         permit_command(bit, t, OBJECT_REFERRAL, SIDE_SECOND,
                                        EVENT_NONE),
                         (SERVERS & bit) != 0));
            cr_expect(eq(int,
                         permit_command(bit, t, OBJECT_TRANSFER, SIDE_SECOND,
                                        EVENT_NONE),
                         (CARERS & bit) != 0));
        }
        cr_expect(eq(int,
                     permit_command(bit, CMD_EVENT, OBJECT_TRANSFER,
                                    SIDE_SECOND, EVENT_TAKE_OVER),
                     (CARERS & bit) != 0));
    }
}

Test(permit, answers_77_and_changes_nothing_without_the_role)
{
    static const enum node_command_type all[] = {
        CMD_CASE_NEW,         CMD_CASE_SET,       CMD_CASE_STAGE,
        CMD_CASE_ASSIGN,      CMD_CONSENT_GIVE,   CMD_CONSENT_AMEND,
        CMD_CONSENT_REFUSE,   CMD_CONSENT_WITHDRAW, CMD_REFER,
        CMD_TRANSFER_OFFER,   CMD_TRANSFER_REQUEST, CMD_USER_ADD,
        CMD_USER_ROLE,        CMD_USER_DISABLE,   CMD_SERVICES_SET};
    struct consent consent = {.state = CONSENT_GIVEN};

    for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++) {
        struct node_command c = {.type = all[i],
                                 .case_id = case_id,
                                 .user = core_name("nobody"),
                                 .user_name = core_name("ana"),
                                 .consent = &consent};

        cr_expect(eq(int, core_ask(n, &c), 77), "command %d", (int)all[i]);
    }
    cr_expect(eq(sz, disk_rows(n->disk, NODE_CASES), 1));
    cr_expect(eq(sz, disk_rows(n->disk, NODE_CONSENTS), 0));
    cr_expect(eq(sz, core_pending(&core->node[1]), 0));
}

Test(permit, gives_a_disabled_user_nothing)
{
    struct node_command c = {.type = CMD_USER_DISABLE,
                             .user = core_name("root"),
                             .is_node_owner = true,
                             .user_name = core_name("ana")};
    struct node_command stage = {.type = CMD_CASE_STAGE,
                                 .case_id = case_id,
                                 .stage = STAGE_PLANNING};

    core_do(n, &c);
    cr_expect(eq(int, core_ask(n, &stage), 77));
    cr_expect(eq(u32, permit_roles(n->env.view, &c.user_name, false), 0));
}

static uint32_t
reads(uint32_t roles, bool of_case)
{
    static const struct facts somebody = {.origin = "AF"};
    const struct permit_what w = {.facts = &somebody, .of_case = of_case};

    return permit_categories(&n->env, core->now_ms, roles, &w);
}

Test(permit, gives_the_account_of_the_node_an_administrators_part_only)
{
    const struct hf_name root = core_name("root");
    const uint32_t roles = permit_roles(n->env.view, &root, true);

    cr_expect(eq(u32, roles, ROLE_BIT(ROLE_ADMIN)));
    expect_no(permit_query(roles, PERMIT_CASES));
    cr_expect(eq(u32, reads(roles, true), 0));
}

Test(permit, shows_each_role_the_categories_it_works_with)
{
    const uint32_t health = reads(ROLE_BIT(ROLE_HEALTH), true);

    cr_expect(eq(u32, reads(CARERS, true), CATEGORY_ALL));
    cr_expect(ne(u32, health & CAT(HEALTH), 0));
    cr_expect(eq(u32, health & (CAT(MHPSS) | CAT(PROTECTION) | CAT(NOTES)),
                 0));
    cr_expect(eq(u32, reads(ROLE_BIT(ROLE_FOCAL_POINT), true), 0),
              "of a case; what was sent to the service it reads");
    for (int r = ROLE_COMMITTEE; r < ROLE_END; r++)
        cr_expect(eq(u32,
                     reads(ROLE_BIT(r), true) | reads(ROLE_BIT(r), false),
                     0),
                  "%s", role_text((enum role)r));
}

Test(permit, lets_no_command_do_what_happens_by_itself)
{
    struct consent c = {.state = CONSENT_GIVEN};
    static const enum event automatic[] = {EVENT_RECEIVE, EVENT_REJECT,
                                           EVENT_ERASED, EVENT_KEPT,
                                           EVENT_ONWARD};
    struct node_command refer = core_refer_cmd(case_id, "health.general");

    case_id = refer.case_id = core_case(n, CATEGORY_ALL);
    core_publish(&core->node[1].org, "primary_health_care", NULL);
    core_scope(&c, "all", CATEGORY_ALL, PURPOSE_BIT(PURPOSE_REFERRAL),
               &core->node[1].org, NULL);
    (void)core_consent(n, case_id, &c);
    core_do(n, &refer);
    core_run();
    for (size_t i = 0; i < sizeof(automatic) / sizeof(*automatic); i++)
        cr_expect(ne(int,
                     core_event(&core->node[1], n->reply.id, automatic[i],
                                REASON_NONE),
                     0),
                  "%s", event_text(automatic[i]));
}
