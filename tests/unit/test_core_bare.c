/* Bodies that could not go to a suspended member: they follow when it is
 * reinstated, through the gates of that day, and only where the entry came
 * without; what was destroyed does not come back so. */
#include "bare.h"
#include "core_fixture.h"

static struct core_node *s, *r;
static struct hf_id case_id;

static void
begin(void)
{
    const uint32_t both =
        PURPOSE_BIT(PURPOSE_REFERRAL) | PURPOSE_BIT(PURPOSE_FEEDBACK);
    struct consent c = {.state = CONSENT_GIVEN};

    core_begin(2, 1);
    s = &core->node[0];
    r = &core->node[1];
    core_publish(&r->org, "primary_health_care", NULL);
    case_id = core_case(s, CATEGORY_ALL);
    core_scope(&c, "all", CATEGORY_ALL, both, &r->org, NULL);
    (void)core_consent(s, case_id, &c);
}

TestSuite(bare, .init = begin, .fini = core_end);

static struct hf_id
refer(void)
{
    return core_refer(s, case_id, "health.general");
}

/* Of s; both nodes hear it at once. */
static void
set_status(enum member_status status)
{
    core->org[0].status = status;
}

/* R says no, in words; they stay here, the answer that it erased goes. */
static void
declines(struct hf_id id)
{
    struct node_command c =
        core_event_cmd(id, EVENT_DECLINE, REASON_NO_CAPACITY);
    struct node_object here;

    c.text = core_text("canary words");
    set_status(MEMBER_SUSPENDED);
    core_do(r, &c);
    core_wait(HOUR_MS);
    expect_state(s, id, STATE_DECLINED);
    expect_no(core_went("canary words"));
    here = core_object(r, id);
    cr_expect(gt(u32, bare_next(&here, SIDE_SECOND, 0), 0), "owed");
}

static void
expect_settled(struct hf_id id)
{
    const struct node_object here = core_object(r, id);
    const size_t letters = core->n_letters;

    cr_expect(zero(u32, bare_next(&here, SIDE_SECOND, 0)));
    core_wait(100 * DAY_MS);
    cr_expect(zero(int, core_object(r, id).waits_prekey));
    for (size_t i = letters; i < core->n_letters; i++)
        expect_no(memmem(core->letter[i].bytes.p, core->letter[i].bytes.n,
                         "canary words", 12) != NULL);
}

Test(bare, words_that_had_to_stay_follow_when_the_member_is_reinstated)
{
    const struct hf_id id = refer();

    declines(id);
    cr_expect(gt(uint, core_alarms(r, "waiting_for_member"), 0), "said");
    core_wait(3 * DAY_MS);
    expect_no(core_went("canary words"));
    set_status(MEMBER_ACTIVE);
    core_wait(HOUR_MS);
    cr_expect(core_holds(s, "canary words"));
    expect_settled(id);
}

Test(bare, a_lost_envelope_with_them_is_sent_again)
{
    const struct hf_id id = refer();

    declines(id);
    set_status(MEMBER_ACTIVE);
    core->now_ms += HOUR_MS;
    core_tick(r);
    cr_expect(core_went("canary words"));
    core_lose();
    expect_no(core_holds(s, "canary words"));
    core_wait(40 * DAY_MS);
    cr_expect(core_holds(s, "canary words"));
    expect_settled(id);
}

Test(bare, a_report_that_nobody_agrees_to_any_more_does_not_follow)
{
    const struct hf_id id = refer();
    struct node_command c = core_event_cmd(id, EVENT_COMPLETE, REASON_MET);

    core_does(r, id, EVENT_ACCEPT, REASON_NONE);
    core_does(r, id, EVENT_ATTEND, REASON_NONE);
    set_status(MEMBER_SUSPENDED);
    c.report = core_text("{\"canary\":\"report\"}");
    core_do(r, &c);
    cr_assert(eq(int, core_withdraw(s, case_id, NULL, true), 0));
    core_wait(HOUR_MS);
    expect_state(s, id, STATE_RECALLED);
    set_status(MEMBER_ACTIVE);
    core_wait(3 * DAY_MS);
    expect_no(core_went("\"canary\":\"report\""));
    expect_settled(id);
}

Test(bare, words_do_not_come_back_to_a_case_shredded_meanwhile)
{
    const struct hf_id id = refer();
    struct node_command c = {.type = CMD_CASE_SHRED, .case_id = case_id};
    struct node_object o;
    struct node_case held;

    declines(id);
    held = core_case_of(s, case_id);
    held.holder = r->org; /* so that it may be shredded here */
    disk_begin(s->disk);
    case_put(s->env.view, &held);
    disk_commit(s->disk);
    core_does(s, id, EVENT_CLOSE, REASON_NONE);
    o = core_object(s, id);
    cr_expect(gt(u32, bare_next(&o, SIDE_SECOND, 0), 0));
    core_do(s, &c);
    o = core_object(s, id);
    cr_expect(zero(u32, bare_next(&o, SIDE_SECOND, 0)));
    set_status(MEMBER_ACTIVE);
    core_wait(HOUR_MS);
    cr_expect(core_went("canary words"), "R cannot know");
    expect_no(core_holds(s, "canary words"));
    expect_settled(id);
}

static bool
has_body(const struct core_node *n, struct hf_id id)
{
    struct part p;

    return body_part_get(n->env.view, &id, SIDE_FIRST, 1, BODY_PART_HEAD, &p);
}

/* The `send` as it came, in an envelope of today. */
static void
sends_again(const struct core_letter *was)
{
    static struct content c;
    struct node_send send = {.to = r->org,
                             .created_ms = core->now_ms,
                             .expires_ms = core->now_ms + DAY_MS,
                             .content = &c};

    cr_assert(eq(int,
                 (int)content_decode(hf_buf_bytes(&was->bytes), &c), HF_OK));
    cr_assert(gt(sz, c.u.push.entry[0].body.n, 0));
    core->draws++;
    memcpy(send.envelope.b, &core->draws, sizeof(core->draws));
    send.envelope.b[15] = 0xee;
    core_post(s, &send);
    core_deliver(core->n_letters - 1);
}

Test(bare, a_body_that_was_taken_once_and_destroyed_is_not_taken_again)
{
    const struct hf_id id = refer();

    cr_assert(has_body(r, id));
    core_does(r, id, EVENT_DECLINE, REASON_NO_CAPACITY);
    expect_no(has_body(r, id));
    sends_again(&core->letter[0]);
    expect_no(has_body(r, id));
    core_does(r, id, EVENT_REOPEN, REASON_OTHER);
    sends_again(&core->letter[0]);
    expect_no(has_body(r, id));
}

Test(bare, bits_are_set_and_found)
{
    static struct node_object o;

    cr_expect(zero(u32, bare_next(&o, SIDE_FIRST, 0)));
    bare_set(&o, SIDE_FIRST, 1);
    bare_set(&o, SIDE_FIRST, 9);
    bare_set(&o, SIDE_SECOND, ENTRY_NUMBERS_MAX);
    cr_expect(eq(u32, bare_next(&o, SIDE_FIRST, 0), 1));
    cr_expect(eq(u32, bare_next(&o, SIDE_FIRST, 1), 9));
    cr_expect(zero(u32, bare_next(&o, SIDE_FIRST, 9)));
    bare_clear_to(&o, SIDE_FIRST, 8);
    cr_expect(eq(u32, bare_next(&o, SIDE_FIRST, 0), 9));
    cr_expect(eq(u32, bare_next(&o, SIDE_SECOND, 0), ENTRY_NUMBERS_MAX));
    bare_clear(&o, SIDE_SECOND, ENTRY_NUMBERS_MAX);
    cr_expect(zero(u32, bare_next(&o, SIDE_SECOND, 0)));
}
