/* A case ends: what the SOP asks for first, who is told of a death, what an
 * inquiry keeps. Rules of closure are those of the packs in policy/sop. */
#include "close.h"
#include "core_fixture.h"
#include "task.h"

static struct core_node *s, *r;
static struct hf_id case_id;
static const struct hf_id none;

static void
begin(void)
{
    struct consent c = {.state = CONSENT_GIVEN};

    core_begin(3, 0);
    s = &core->node[0];
    r = &core->node[1];
    core_publish(&r->org, "primary_health_care", NULL);
    case_id = core_case(s, CATEGORY_ALL);
    core_scope(&c, "all", CATEGORY_ALL,
               PURPOSE_BIT(PURPOSE_REFERRAL) | PURPOSE_BIT(PURPOSE_OFFER) |
                   PURPOSE_BIT(PURPOSE_TRANSFER),
               &r->org, &core->node[2].org, NULL);
    (void)core_consent(s, case_id, &c);
}

TestSuite(close, .init = begin, .fini = core_end);

static int
ask(const char *user, enum node_command_type type, enum sop_close reason,
    bool yes)
{
    struct node_command c = {.type = type,
                             .user = core_name(user),
                             .case_id = case_id,
                             .close_for = reason,
                             .is_reviewed = yes,
                             .is_on = yes};

    return core_ask(s, &c);
}

#define close_case(reason) ask("ana", CMD_CASE_CLOSE, (reason), true)
#define expect_stage(want)                                                     \
    cr_expect(eq(str, (char *)stage_text(core_case_of(s, case_id).stage),      \
                 (char *)stage_text(want)))

static struct hf_id
refer(void)
{
    return core_refer(s, case_id, "health.general");
}

static bool
has_task(const struct core_node *n, struct hf_id of_case, struct hf_id object,
         enum task_what what)
{
    struct node_task t;

    return task_find(n->env.view, &of_case, &object, what, &t);
}

Test(close, every_reason_closes_or_says_what_it_needs)
{
    for (enum sop_close why = CLOSE_NONE + 1; why < CLOSE_END; why++) {
        int status = close_case(why);

        if (why == CLOSE_TRANSFERRED || why == CLOSE_LOST_CONTACT) {
            cr_expect(eq(int, status, 1), "%s", close_word(why));
            expect_stage(STAGE_PRE_DEPARTURE);
            continue;
        }
        cr_expect(zero(int, status), "%s: %s", close_word(why),
                  s->reply.message);
        if (core_case_of(s, case_id).stage != STAGE_CLOSED) /* wants two */
            cr_expect(zero(int, ask("sam", CMD_CASE_CLOSE, why, true)));
        expect_stage(STAGE_CLOSED);
        cr_expect(eq(int, core_case_of(s, case_id).closed_for, (int)why));
        cr_expect(eq(int, close_case(why), 1), "it is closed");
        cr_expect(zero(int, ask("ana", CMD_CASE_REOPEN, CLOSE_NONE, true)));
        expect_stage(STAGE_PRE_DEPARTURE);
    }
}

Test(close, an_exit_review_comes_first)
{
    const struct hf_id id = refer();

    cr_expect(eq(int, ask("ana", CMD_CASE_CLOSE, CLOSE_LEFT_AREA, false), 1));
    cr_expect(eq(str, s->reply.code, "exit_review"), "a referral is open");
    core_does(s, id, EVENT_CANCEL, REASON_NO_LONGER_NEEDED);
    cr_expect(zero(int, ask("ana", CMD_CASE_CLOSE, CLOSE_LEFT_AREA, false)));
    cr_expect(zero(int, ask("ana", CMD_CASE_REOPEN, CLOSE_NONE, true)));
    cr_expect(
        eq(int, ask("ana", CMD_CASE_CLOSE, CLOSE_SUPPORT_ENDED, false), 1),
        "the SOP asks for one whatever is open");
    cr_expect(zero(int, close_case(CLOSE_SUPPORT_ENDED)));
}

Test(close, where_the_sop_says_so_another_person_agrees)
{
    cr_expect(zero(int, close_case(CLOSE_CONDUCT)));
    expect_stage(STAGE_PRE_DEPARTURE);
    cr_expect(has_task(s, case_id, none, TASK_CLOSE_APPROVE));
    cr_expect(zero(int, close_case(CLOSE_CONDUCT)), "saying it twice");
    expect_stage(STAGE_PRE_DEPARTURE);
    cr_expect(zero(int, ask("sam", CMD_CASE_CLOSE, CLOSE_SECURITY, true)));
    expect_stage(STAGE_PRE_DEPARTURE); /* sam says something else */
    cr_expect(zero(int, close_case(CLOSE_SECURITY)));
    expect_stage(STAGE_CLOSED);
    expect_no(has_task(s, case_id, none, TASK_CLOSE_APPROVE));
}

Test(close, lost_contact_takes_attempts_over_time)
{
    const struct hf_id id = refer();

    core_does(r, id, EVENT_ACCEPT, REASON_NONE);
    for (int i = 0; i < 5; i++) {
        cr_expect(eq(int, close_case(CLOSE_LOST_CONTACT), 1));
        cr_expect(eq(str, s->reply.code, "attempts"));
        core_does(r, id, EVENT_CONTACT, REASON_ATTEMPT);
        core_wait(i < 4 ? 10 * DAY_MS : 0);
    }
    cr_expect(eq(int, close_case(CLOSE_LOST_CONTACT), 1), "40 days of 60");
    core_wait(20 * DAY_MS);
    core_does(r, id, EVENT_CONTACT, REASON_ATTEMPT);
    cr_expect(zero(int, close_case(CLOSE_LOST_CONTACT)));
    cr_expect(zero(int, ask("sam", CMD_CASE_CLOSE, CLOSE_LOST_CONTACT, true)));
    expect_stage(STAGE_CLOSED);
}

Test(close, a_death_is_told_to_everybody_and_stops_what_is_pending)
{
    const struct hf_id id = refer();
    struct node_object o;

    core_does(r, id, EVENT_ACCEPT, REASON_NONE);
    cr_expect(zero(int, close_case(CLOSE_DIED)));
    expect_stage(STAGE_PRE_DEPARTURE);
    cr_expect(zero(int, ask("sam", CMD_CASE_CLOSE, CLOSE_DIED, true)));
    core_run();
    expect_stage(STAGE_CLOSED);
    expect_state(r, id, STATE_CANCEL_PENDING);
    o = core_object(r, id);
    cr_expect(o.reason == REASON_DIED);
    cr_expect(has_task(r, none, id, TASK_DEATH_NOTICE));
    expect_no(has_task(r, none, id, TASK_CONTACT));
    expect_no(has_task(s, case_id, id, TASK_CONTACT));
    cr_expect(has_task(s, case_id, none, TASK_TELL_FAMILY));
    cr_expect(has_task(s, case_id, none, TASK_TELL_AUTHORITIES));
}

Test(close, whoever_learns_of_a_death_first_tells_the_case_manager)
{
    const struct hf_id id = refer();

    core_does(r, id, EVENT_ACCEPT, REASON_NONE);
    core_does(r, id, EVENT_FAIL, REASON_DIED);
    cr_expect(has_task(s, case_id, id, TASK_DEATH_NOTICE));
}

Test(close, a_death_ends_an_offer_and_reaches_the_last_holder)
{
    struct core_node *n = &core->node[2];
    struct node_command c = {
        .type = CMD_TRANSFER_OFFER, .case_id = case_id, .to = n->org};
    struct hf_id id;

    core_do(s, &c);
    core_run();
    id = s->reply.id;
    cr_expect(zero(int, close_case(CLOSE_DIED)));
    cr_expect(zero(int, ask("sam", CMD_CASE_CLOSE, CLOSE_DIED, true)));
    core_run();
    expect_state(n, id, STATE_RECALLED);
    cr_expect(core_object(n, id).reason == REASON_DIED);
}

/* Many members were told of many withdrawals; all of them come first. */
Test(close, a_death_is_told_however_much_was_withdrawn_before)
{
    const struct hf_id id = refer();
    struct node_object w;

    disk_begin(s->disk);
    for (unsigned i = 1; i <= 200; i++) {
        memset(&w, 0, sizeof(w));
        w.kind = OBJECT_WITHDRAWAL;
        w.id.b[1] = (uint8_t)i;
        w.peer = r->org;
        w.case_id = case_id;
        w.state = STATE_ANSWERED;
        w.created_ms = w.changed_ms = core->now_ms;
        object_put(s->env.view, &w, 0);
        object_link(s->env.view, &case_id, &w.id);
    }
    disk_commit(s->disk);
    cr_expect(zero(int, ask("ana", CMD_CASE_CLOSE, CLOSE_DIED, true)));
    if (core_case_of(s, case_id).stage != STAGE_CLOSED)
        cr_expect(zero(int, ask("sam", CMD_CASE_CLOSE, CLOSE_DIED, true)));
    core_run();
    expect_state(r, id, STATE_CANCELLED);
}

Test(close, hold_keeps_from_archive_and_shred)
{
    struct node_command c = {.type = CMD_CASE_SHRED, .case_id = case_id};

    cr_expect(zero(int, close_case(CLOSE_LEFT_AREA)));
    cr_expect(zero(int, ask("sam", CMD_CASE_HOLD, CLOSE_NONE, true)));
    core_wait(4000 * DAY_MS);
    expect_stage(STAGE_CLOSED);
    cr_expect(eq(int, core_ask(s, &c), 1));
    cr_expect(eq(str, s->reply.code, "on_hold"));
    cr_expect(zero(int, ask("sam", CMD_CASE_HOLD, CLOSE_NONE, false)));
    core_run();
    expect_stage(STAGE_ARCHIVED);
    cr_expect(eq(int, ask("ana", CMD_CASE_REOPEN, CLOSE_NONE, true), 1));
    cr_expect(zero(int, core_ask(s, &c)));
}

Test(close, a_clock_in_doubt_sends_nothing_to_the_archive)
{
    cr_expect(zero(int, close_case(CLOSE_LEFT_AREA)));
    s->env.is_clock_doubtful = true;
    core_wait(4000 * DAY_MS);
    expect_stage(STAGE_CLOSED);
    s->env.is_clock_doubtful = false;
    core_run();
    expect_stage(STAGE_ARCHIVED);
}

static int
offer(void)
{
    struct node_command c = {.type = CMD_TRANSFER_OFFER,
                             .case_id = case_id,
                             .to = core->node[2].org};

    return core_ask(s, &c);
}

static int
set_stage(void)
{
    struct node_command c = {.type = CMD_CASE_STAGE,
                             .case_id = case_id,
                             .stage = STAGE_PLANNING};

    return core_ask(s, &c);
}

static unsigned
matters(void)
{
    struct hf_id at = {{0}};
    struct node_object o;
    unsigned n = 0;

    while (object_next_of_case(s->env.view, &case_id, &at, &o))
        n++;
    return n;
}

Test(close, nothing_begins_in_a_closed_case)
{
    struct node_command refer = core_refer_cmd(case_id, "health.general");
    struct hf_id draft;

    refer.is_draft = true;
    core_do(s, &refer);
    draft = s->reply.id;
    refer.is_draft = false;
    cr_expect(zero(int, close_case(CLOSE_LEFT_AREA)));
    cr_expect(eq(int, core_ask(s, &refer), 1));
    cr_expect(eq(str, s->reply.code, "wrong_stage"));
    cr_expect(eq(uint, matters(), 1), "not even as a draft");
    cr_expect(eq(int, core_event(s, draft, EVENT_SEND, REASON_NONE), 1));
    cr_expect(eq(str, s->reply.code, "wrong_stage"));
    cr_expect(eq(int, offer(), 1));
    cr_expect(eq(str, s->reply.code, "wrong_stage"));
    cr_expect(eq(int, set_stage(), 1), "that would reopen it");
    expect_stage(STAGE_CLOSED);
    cr_expect(zero(int, ask("ana", CMD_CASE_REOPEN, CLOSE_NONE, true)));
    cr_expect(zero(int, core_ask(s, &refer)), "%s", s->reply.message);
    cr_expect(zero(int, offer()));
}

Test(close, nothing_begins_for_somebody_who_died)
{
    struct node_case c = core_case_of(s, case_id);

    c.is_dead = 1; /* as a new holder said; it is not closed yet */
    disk_begin(s->disk);
    case_put(s->env.view, &c);
    disk_commit(s->disk);
    cr_expect(eq(int, offer(), 1));
    cr_expect(eq(str, s->reply.code, "died"));
}

Test(close, what_is_in_the_archive_is_not_changed)
{
    struct node_command c = {.type = CMD_CASE_SET,
                             .case_id = case_id,
                             .sections = CATEGORY_BIT(CATEGORY_NOTES)};

    c.section[CATEGORY_NOTES] = core_text("{}");
    cr_expect(zero(int, close_case(CLOSE_LEFT_AREA)));
    cr_expect(zero(int, core_ask(s, &c)), "a closed one is written up");
    core_wait(4000 * DAY_MS);
    expect_stage(STAGE_ARCHIVED);
    cr_expect(eq(int, core_ask(s, &c), 1));
    cr_expect(eq(str, s->reply.code, "archived"));
    cr_expect(eq(int, set_stage(), 1));
    expect_stage(STAGE_ARCHIVED);
}

/* The longest that any pack in force says of anything. */
Test(close, the_sops_retention_sends_it_to_the_archive)
{
    cr_expect(zero(int, close_case(CLOSE_LEFT_AREA)));
    core_wait(3649 * DAY_MS);
    expect_stage(STAGE_CLOSED);
    core_wait(2 * DAY_MS);
    expect_stage(STAGE_ARCHIVED);
}
