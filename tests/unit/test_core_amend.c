/* What an amendment takes away travels like a withdrawal of it; what an older
 * consent let go is reached, too; any member takes a withdrawal (I-2). */
#include "core_fixture.h"

static struct core_node *a, *b, *c;
static struct hf_id case_id;

#define NEEDED (CAT(IDENTITY) | CAT(CONTACT) | CAT(HEALTH) | CAT(WISHES))
#define DATA                                                                   \
    (PURPOSE_BIT(PURPOSE_REFERRAL) | PURPOSE_BIT(PURPOSE_TRANSFER) |           \
     PURPOSE_BIT(PURPOSE_OFFER))

static void
fill(struct consent *con, bool to_b, bool has_health)
{
    memset(con, 0, sizeof(*con));
    con->state = CONSENT_GIVEN;
    core_scope(con, "care", CATEGORY_ALL & ~CATEGORY_SENSITIVE, DATA, &c->org,
               to_b ? &b->org : NULL, NULL);
    if (has_health)
        core_scope(con, "health", CAT(HEALTH), DATA, &c->org,
                   to_b ? &b->org : NULL, NULL);
}

static void
begin(void)
{
    struct consent con;

    core_begin(3, 1);
    a = &core->node[0];
    b = &core->node[1];
    c = &core->node[2];
    core_publish(&b->org, "primary_health_care", NULL);
    case_id = core_case(a, CATEGORY_ALL);
    fill(&con, true, true);
    (void)core_consent(a, case_id, &con);
}

TestSuite(amend, .init = begin, .fini = core_end);

static struct hf_id
referred(void)
{
    const struct hf_id id = core_refer(a, case_id, "health.general");

    core_does(b, id, EVENT_ACCEPT, REASON_NONE);
    cr_assert(core_holds(b, "\"canary\":\"health\""));
    return id;
}

Test(amend, that_takes_nothing_away_tells_nobody)
{
    struct consent con;

    (void)referred();
    fill(&con, true, true);
    core_amend(a, case_id, &con, true);
    cr_expect(eq(u32, a->reply.n, 0));
    cr_expect(eq(uint, core_withdrawals(b, SIDE_SECOND, NULL), 0));
}

Test(amend, that_drops_a_scope_is_a_withdrawal_of_it)
{
    const struct hf_id id = referred();
    struct consent con;

    fill(&con, true, false);
    core_amend(a, case_id, &con, true);
    cr_expect(eq(u32, a->reply.n, 1));
    expect_no(core_holds(b, "\"canary\":\"health\""));
    expect_state(b, id, STATE_RECALLED);
}

Test(amend, may_only_stop_what_it_drops)
{
    struct consent con;
    struct hf_id told;

    (void)referred();
    fill(&con, true, false);
    core_amend(a, case_id, &con, false);
    cr_assert(eq(uint, core_withdrawals(b, SIDE_SECOND, &told), 1));
    expect_state(a, told, STATE_ANSWERED);
    cr_expect(eq(int, (int)core_object(a, told).reason, REASON_STOP));
}

Test(amend, that_drops_a_scope_reaches_the_holders_behind_us)
{
    struct consent con;

    (void)referred(); /* by a, to b, before the case moved to c */
    (void)core_move(a, c, case_id);
    fill(&con, true, false);
    core_amend(c, case_id, &con, true);
    expect_no(core_holds(b, "\"canary\":\"health\""));
}

Test(amend, that_drops_a_recipient_reaches_that_one_only)
{
    struct consent con;

    (void)referred();
    (void)core_move(a, c, case_id);
    fill(&con, false, true);
    core_amend(c, case_id, &con, true);
    cr_expect(eq(uint, core_withdrawals(c, SIDE_FIRST, NULL), 0),
              "c gave b nothing");
    cr_expect(core_holds(c, "\"canary\":\"health\""));
}

Test(amend, that_drops_a_recipient_is_told_to_it)
{
    struct consent con;
    struct hf_id told;

    (void)referred();
    fill(&con, false, true);
    core_amend(a, case_id, &con, true);
    cr_assert(eq(uint, core_withdrawals(b, SIDE_SECOND, &told), 1));
    cr_expect(core_object(b, told).scopes.narrowed);
    expect_no(core_holds(b, "canary"));
    expect_state(a, told, STATE_ANSWERED);
}

Test(amend, may_bring_a_recipient_back)
{
    struct consent con;
    struct hf_id id;

    (void)referred();
    fill(&con, false, true);
    core_amend(a, case_id, &con, true);
    fill(&con, true, true);
    core_amend(a, case_id, &con, true);
    id = referred();
    expect_state(a, id, STATE_ACCEPTED);
}

Test(amend, refuses_what_went_before_a_recipient_was_dropped)
{
    const struct hf_id id = referred();
    const struct proof p = core_object(b, id).proof;
    struct core_forger f = core_forge(OBJECT_REFERRAL, id, &a->org, &b->org);
    uint8_t packed[PROOF_BYTES(PROOF_ITEMS_MAX)];
    struct body body = {.n = 0};
    struct entry e = {.event = EVENT_DISCLOSE};
    struct consent con;

    fill(&con, false, true);
    core_amend(a, case_id, &con, false);
    core_forge_after(&f, b);
    e.seen = core_object(b, id).n[SIDE_SECOND];
    e.seen_hash = core_seen(b, id, SIDE_SECOND, e.seen);
    core_part(&body, PART_PROOF, CATEGORY_NONE, packed,
              proof_pack(&p, packed));
    core_part(&body, PART_SECTION, CATEGORY_IDENTITY, "{\"x\":\"late\"}", 12);
    core_forge_entry(&f, e, &body);
    core_forge_send(&f, b, &a->org);
    expect_no(core_holds(b, "late"));
    core_forge_end(&f);
}

/* ---- consents before ---- */

static void
give(uint32_t n_scopes)
{
    struct consent con;

    fill(&con, true, n_scopes > 1);
    (void)core_consent(a, case_id, &con);
}

/* The same, served and closed: stopping leaves what was given. */
static void
served(void)
{
    const struct hf_id id = referred();

    core_does(b, id, EVENT_ATTEND, REASON_NONE);
    core_does(b, id, EVENT_COMPLETE, REASON_MET);
    core_does(a, id, EVENT_CLOSE, REASON_NONE);
}

Test(amend, a_withdrawal_reaches_what_an_older_consent_let_go)
{
    served();
    cr_assert(eq(int, core_withdraw(a, case_id, NULL, false), 0));
    core_run();
    give(1);
    cr_assert(core_holds(b, "\"canary\":\"health\""), "only stopped");
    cr_assert(eq(int, core_withdraw(a, case_id, NULL, true), 0));
    core_run();
    expect_no(core_holds(b, "canary"));
}

Test(amend, a_refusal_does_not_hide_an_older_consent)
{
    struct consent no = {.state = CONSENT_REFUSED};
    struct node_command cmd = {
        .type = CMD_CONSENT_REFUSE, .case_id = case_id, .consent = &no};

    served();
    cr_assert(eq(int, core_withdraw(a, case_id, NULL, false), 0));
    core_run();
    core_do(a, &cmd);
    cr_expect(eq(int, core_withdraw(a, case_id, NULL, true), 0), "%s",
              a->reply.message);
    core_run();
    expect_no(core_holds(b, "canary"));
}

Test(amend, a_whole_withdrawal_takes_what_a_dropped_scope_let_go)
{
    struct consent con;

    served();
    fill(&con, true, false);
    core_amend(a, case_id, &con, false);
    cr_assert(core_holds(b, "\"canary\":\"health\""));
    cr_assert(eq(int, core_withdraw(a, case_id, NULL, true), 0));
    core_run();
    expect_no(core_holds(b, "canary"));
}

/* ---- taken elsewhere ---- */

static int
withdraw_at(struct core_node *n, struct hf_id object, const char *scope)
{
    struct node_command cmd = {
        .type = CMD_CONSENT_WITHDRAW, .object = object, .erase = true};
    int status;

    cmd.user = core_name("kim");
    if (scope != NULL)
        cmd.scope[cmd.n_scopes++] = core_name(scope);
    status = core_ask(n, &cmd);
    core_run();
    return status;
}

Test(amend, a_provider_takes_a_withdrawal_and_all_learn_of_it)
{
    const struct hf_id id = referred();
    const struct hf_id consent = core_object(b, id).proof.consent;
    struct hf_id told;
    struct consent con;

    (void)core_move(a, c, case_id);
    cr_assert(eq(int, withdraw_at(b, id, NULL), 0), "%s", b->reply.message);
    expect_no(core_holds(b, "canary"));
    expect_no(core_holds(c, "canary"));
    cr_assert(eq(uint, core_withdrawals(b, SIDE_FIRST, &told), 1));
    expect_state(b, told, STATE_ANSWERED);
    cr_assert(consent_get(a->env.view, &consent, &con));
    cr_expect(eq(int, (int)con.state, CONSENT_WITHDRAWN));
}

Test(amend, a_provider_takes_a_withdrawal_of_one_scope)
{
    const struct hf_id id = referred();

    cr_assert(eq(int, withdraw_at(b, id, "health"), 0), "%s",
              b->reply.message);
    expect_no(core_holds(b, "\"canary\":\"health\""));
    cr_expect(eq(int, withdraw_at(b, id, "nonsense"), 66));
}
