/* Silence is somebody's task, shows as unanswered, and is chased by hand; each
 * version of a consent is signed (I-11, R-1). */
#include "chase.h"
#include "core_fixture.h"
#include "history.h"
#include "task.h"

static struct core_node *a, *b, *c;
static struct hf_id case_id, consent_id;

static void
begin(void)
{
    const uint32_t all = PURPOSE_BIT(PURPOSE_REFERRAL) |
                         PURPOSE_BIT(PURPOSE_TRANSFER) |
                         PURPOSE_BIT(PURPOSE_OFFER);
    struct consent con = {.state = CONSENT_GIVEN};

    core_begin(3, 0);
    a = &core->node[0];
    b = &core->node[1];
    c = &core->node[2];
    core_publish(&b->org, "primary_health_care", NULL);
    case_id = core_case(a, CATEGORY_ALL);
    core_scope(&con, "all", CATEGORY_ALL, all, &b->org, &c->org, NULL);
    consent_id = core_consent(a, case_id, &con);
}

TestSuite(chase, .init = begin, .fini = core_end);

/* a told b, b told c, and c is away. */
static struct hf_id
silence(struct hf_id *ret_below)
{
    struct hf_id at = {{0}};
    struct node_object o;

    (void)core_move(a, b, case_id);
    (void)core_move(b, c, case_id);
    core->has_no_prekey[2] = true;
    cr_assert(eq(int, core_withdraw(a, case_id, NULL, true), 0));
    core_run();
    memset(ret_below, 0, sizeof(*ret_below));
    while (object_next(b->env.view, &at, &o))
        if (o.kind == OBJECT_WITHDRAWAL && o.side == SIDE_FIRST)
            *ret_below = o.id;
    cr_assert(eq(uint, core_withdrawals(b, SIDE_SECOND, &at), 1));
    return at;
}

static bool
has_task(struct core_node *n, struct hf_id id, struct node_task *t)
{
    return task_find(n->env.view, &case_id, &id, TASK_CHASE_WITHDRAWAL, t);
}

static int
said(struct core_node *n, struct hf_id id, const struct hf_org *by,
     enum event event, enum reason basis)
{
    struct node_command cmd = core_event_cmd(id, event, basis);

    cmd.on_behalf = *by;
    cmd.flags = ENTRY_PHONE;
    cmd.details = core_text("{\"spoke_to\":\"the director\"}");
    return core_ask(n, &cmd);
}

Test(chase, whoever_is_told_is_a_task_until_the_answer)
{
    struct hf_id below;
    const struct hf_id above = silence(&below);
    struct node_task t;

    (void)above;
    cr_assert(has_task(b, below, &t));
    cr_expect(eq(u64, t.due_ms, core_object(b, below).created_ms + CHASE_MS));
    core->has_no_prekey[2] = false;
    core_wait(HOUR_MS);
    expect_state(b, below, STATE_ANSWERED);
    cr_expect(not(has_task(b, below, &t)));
}

Test(chase, silence_of_a_month_shows_and_ends_when_the_node_is_back)
{
    struct hf_id below;
    const struct hf_id above = silence(&below);
    struct node_object o;

    core_wait(30 * DAY_MS);
    o = core_object(b, below);
    cr_expect(chase_is_overdue(&o, core->now_ms));
    expect_state(a, above, STATE_PARTIAL);
    core->has_no_prekey[2] = false;
    core_wait(HOUR_MS);
    expect_state(a, above, STATE_ANSWERED);
    expect_no(core_holds(c, "canary"));
}

Test(chase, what_was_said_by_telephone_lets_those_above_be_answered)
{
    struct hf_id below;
    const struct hf_id above = silence(&below);
    struct node_object o;
    struct node_task t;

    cr_assert(eq(int, said(b, below, &c->org, EVENT_ERASED, REASON_NONE), 0),
              "%s", b->reply.message);
    core_run();
    expect_state(b, below, STATE_ASKED);
    o = core_object(b, below);
    cr_expect(not(chase_is_overdue(&o, core->now_ms + 30 * DAY_MS)));
    cr_expect(not(has_task(b, below, &t)));
    expect_state(a, above, STATE_ANSWERED);
    core->has_no_prekey[2] = false;
    core_wait(HOUR_MS);
    expect_state(b, below, STATE_ANSWERED);
    expect_no(core_holds(c, "canary"), "it is told all the same");
}

Test(chase, says_only_what_the_one_who_was_told_has_said)
{
    struct hf_id below;

    (void)silence(&below);
    cr_expect(eq(int, said(b, below, &a->org, EVENT_ERASED, REASON_NONE), 65));
    cr_expect(eq(int, said(b, below, &c->org, EVENT_KEPT, REASON_NONE), 65),
              "kept has a basis");
    cr_expect(
        eq(int, said(b, below, &c->org, EVENT_KEPT, REASON_MEDICAL_RECORD), 0));
    cr_expect(eq(int, (int)core_object(b, below).by_hand_basis,
                 REASON_MEDICAL_RECORD));
}

/* ---- history ---- */

static void
expect_signed(uint32_t version, enum history_action action)
{
    const struct hf_bytes none = {NULL, 0};
    struct hf_bytes row, part;
    struct history h;
    uint8_t sig[64];

    cr_assert(
        history_get(a->env.view, &consent_id, version, &row, &h));
    part = (struct hf_bytes){row.p, HISTORY_BYTES};
    core_sign_as(&a->org, HISTORY_LABEL, &part, 1, sig);
    cr_expect(zero(int, memcmp(sig, row.p + HISTORY_BYTES, 64)));
    cr_expect(eq(int, (int)h.action, (int)action));
    cr_expect(eq(u32, h.version, version));
    cr_expect(eq(str, h.user.s, (char *)"ana"));
    (void)none;
}

Test(chase, each_version_of_a_consent_is_signed)
{
    struct consent con = {.state = CONSENT_GIVEN};
    struct node_command amend = {.type = CMD_CONSENT_AMEND,
                                 .case_id = case_id,
                                 .consent = &con,
                                 .details = core_text("{}")};

    expect_signed(1, HISTORY_GIVEN);
    core_scope(&con, "all", CATEGORY_ALL, PURPOSE_BIT(PURPOSE_REFERRAL),
               &b->org, NULL);
    core_do(a, &amend);
    expect_signed(2, HISTORY_AMENDED);
    cr_assert(eq(int, core_withdraw(a, case_id, NULL, true), 0));
    expect_signed(3, HISTORY_WITHDRAWN);
}
