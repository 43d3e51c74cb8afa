/* A case that comes back: what is newer comes along, what was here stays; and
 * what goes to a former holder afterwards. */
#include "core_fixture.h"
#include "parts.h"

static struct core_node *h, *n, *m; /* holder, new holder, a third */
static struct hf_id case_id;

static void
begin(void)
{
    case_id = core_begin_custody(&h, &n, &m);
}

TestSuite(transfer_back, .init = begin, .fini = core_end);

static unsigned
holders(void)
{
    return core_is_holder(h, case_id) + core_is_holder(n, case_id) +
           core_is_holder(m, case_id);
}

/* ---- there and back ---- */

static int
open_transfer(const struct core_node *k)
{
    const struct node_case c = core_case_of(k, case_id);

    return !hf_id_is_zero(&c.open_transfer);
}

Test(transfer_back, back_counts_the_epoch_on_and_brings_what_is_newer)
{
    (void)core_move(h, n, case_id);
    core_set_section(n, case_id, CATEGORY_PLAN, "{\"plan\":\"of n\"}");
    (void)core_move(n, h, case_id);
    cr_expect(core_is_holder(h, case_id));
    cr_expect(eq(uint, holders(), 1));
    cr_expect(eq(u32, core_case_of(h, case_id).epoch, 3));
    cr_expect(eq(u32, core_case_of(n, case_id).epoch, 3));
    cr_expect(
        core_section_is(h, case_id, CATEGORY_PLAN, "{\"plan\":\"of n\"}"));
    cr_expect(
        core_section_is(h, case_id, CATEGORY_MHPSS, "{\"canary\":\"mhpss\"}"),
        "what it never gave away is there still");
}

Test(transfer_back,
     back_that_comes_to_nothing_takes_nothing_that_was_here_before)
{
    struct hf_id id;

    (void)core_move(h, n, case_id);
    core_set_section(n, case_id, CATEGORY_PLAN, "{\"plan\":\"of n\"}");
    cr_assert(eq(int, core_try_offer(n, h, case_id, 0), 0));
    core_run();
    id = n->reply.id;
    core_does(h, id, EVENT_ACCEPT, REASON_NONE);
    core_does(n, id, EVENT_RELEASE, REASON_NONE);
    cr_expect(core_holds(h, "of n"), "beside the transfer");
    cr_expect(
        core_section_is(h, case_id, CATEGORY_PLAN, "{\"canary\":\"plan\"}"));
    core_does(n, id, EVENT_WITHDRAW, REASON_MADE_IN_ERROR);
    expect_state(h, id, STATE_RECALLED);
    cr_expect(eq(uint, core_object(h, id).erase_answered, 1));
    expect_no(core_holds(h, "of n"));
    cr_expect(
        core_section_is(h, case_id, CATEGORY_PLAN, "{\"canary\":\"plan\"}"));
    cr_expect(
        core_section_is(h, case_id, CATEGORY_MHPSS, "{\"canary\":\"mhpss\"}"));
    cr_expect(zero(int, open_transfer(h)));
    cr_expect(core_is_holder(n, case_id));
    (void)core_move(n, h, case_id);
    cr_expect(core_is_holder(h, case_id));
}

Test(transfer_back, release_and_amendment_in_one_envelope_are_both_kept)
{
    const struct hf_id id = core_offer(h, n, case_id);
    struct node_command c = core_event_cmd(id, EVENT_AMEND, REASON_NONE);

    core_does(n, id, EVENT_ACCEPT, REASON_NONE);
    core->has_no_prekey[1] = true; /* n is away */
    cr_assert(eq(int, core_event(h, id, EVENT_RELEASE, REASON_NONE), 0));
    c.sections = CAT(SKILLS);
    c.section[CATEGORY_SKILLS] = core_text("{\"x\":\"amended\"}");
    core_do(h, &c);
    core->has_no_prekey[1] = false;
    core_wait(HOUR_MS);
    expect_state(n, id, STATE_RELEASED);
    cr_expect(
        core_section_is(n, case_id, CATEGORY_SKILLS, "{\"x\":\"amended\"}"));
    cr_expect(
        core_section_is(n, case_id, CATEGORY_PLAN, "{\"canary\":\"plan\"}"));
}

Test(transfer_back, back_brings_what_is_left_when_some_was_withdrawn_meanwhile)
{
    struct hf_id id;

    (void)core_move(h, n, case_id);
    core_set_section(n, case_id, CATEGORY_PLAN, "{\"plan\":\"of n\"}");
    cr_assert(eq(int, core_try_offer(n, h, case_id, 0), 0));
    core_run();
    id = n->reply.id;
    core_does(h, id, EVENT_ACCEPT, REASON_NONE);
    core_does(n, id, EVENT_RELEASE, REASON_NONE);
    cr_assert(eq(int, core_withdraw(n, case_id, "ask", true), 0));
    core_run();
    core_does(h, id, EVENT_ARRIVE, REASON_NONE);
    core_does(n, id, EVENT_HAND_OVER, REASON_NONE);
    expect_state(h, id, STATE_HANDED_OVER);
    cr_expect(
        core_section_is(h, case_id, CATEGORY_PLAN, "{\"plan\":\"of n\"}"));
}

/* ---- after a restore ---- */

Test(transfer_back,
     restored_giver_reads_and_does_not_write_until_all_have_answered)
{
    struct node_command set = {.type = CMD_CASE_SET, .sections = CAT(PLAN)};
    struct hf_id fresh;

    core_backup(h);
    (void)core_move(h, n, case_id);
    core_restore(h, true);
    set.case_id = case_id;
    set.section[CATEGORY_PLAN] = core_text("{}");
    cr_expect(eq(int, core_ask(h, &set), 75), "it may be n's by now");
    cr_expect(
        core_section_is(h, case_id, CATEGORY_PLAN, "{\"canary\":\"plan\"}"));
    core->now_ms += MINUTE_MS;
    fresh = core_case(h, CAT(IDENTITY));
    set.case_id = fresh;
    core_do(h, &set);
    core_wait(HOUR_MS);
    set.case_id = case_id;
    cr_expect(eq(int, core_ask(h, &set), 1), "it is");
    cr_expect(eq(str, h->reply.code, (char *)"not_holder"));
}

/* ---- supplements ---- */

static void
supplement(struct core_node *k, struct hf_id id, enum category category,
           const char *json)
{
    struct node_command c = core_event_cmd(id, EVENT_SUPPLEMENT, REASON_NONE);

    c.sections = CATEGORY_BIT(category);
    c.section[category] = core_text(json);
    core_do(k, &c);
    core_run();
}

Test(transfer_back, supplement_never_takes_the_place_of_what_is_newer)
{
    const struct hf_id id = core_move(h, n, case_id);

    core_set_section(n, case_id, CATEGORY_HEALTH, "{\"x\":\"newer\"}");
    supplement(h, id, CATEGORY_HEALTH, "{\"x\":\"late\"}");
    cr_expect(
        core_section_is(n, case_id, CATEGORY_HEALTH, "{\"x\":\"newer\"}"));
    cr_expect(core_holds(n, "late"), "it lies beside the transfer");
}

Test(transfer_back, supplement_back_needs_consent_to_feedback)
{
    const struct hf_id id = core_move(h, n, case_id);
    struct node_command c = core_event_cmd(id, EVENT_SUPPLEMENT, REASON_NONE);

    c.sections = CAT(PLAN);
    c.section[CATEGORY_PLAN] = core_text("{\"x\":\"back\"}");
    cr_expect(eq(int, core_ask(n, &c), 1));
    cr_expect(eq(str, n->reply.code, (char *)"no_consent"));
    c.sections = 0;
    c.text = core_text("arrived well");
    cr_expect(eq(int, core_ask(n, &c), 1), "words, too");
}

Test(transfer_back, supplement_goes_back_within_consent_and_is_erased_with_it)
{
    struct consent c = {.state = CONSENT_GIVEN};
    struct hf_id id;

    case_id = core_case(h, CATEGORY_ALL);
    core_scope(&c, "all", CAT(PLAN) | CAT(IDENTITY),
               PURPOSE_BIT(PURPOSE_OFFER) | PURPOSE_BIT(PURPOSE_TRANSFER) |
                   PURPOSE_BIT(PURPOSE_FEEDBACK),
               &h->org, &n->org, NULL);
    (void)core_consent(h, case_id, &c);
    id = core_move(h, n, case_id);
    supplement(n, id, CATEGORY_PLAN, "{\"x\":\"back\"}");
    cr_expect(core_holds(h, "back"));
    cr_expect(
        core_section_is(h, case_id, CATEGORY_PLAN, "{\"canary\":\"plan\"}"),
        "our own record stays as it was");
    cr_assert(eq(int, core_withdraw(n, case_id, NULL, true), 0));
    core_run();
    expect_no(core_holds(h, "\"back\""));
}

/* ---- custody that both signed ---- */

Test(transfer_back, both_sign_the_same_custody)
{
    const struct hf_id id = core_move(h, n, case_id);
    const struct node_object o = core_object(h, id);
    struct hf_hash tag;
    struct part p;

    registry_custody_tag(&case_id, 1, &tag);
    cr_assert(
        body_part_get(h->env.view, &id, SIDE_FIRST, o.n[SIDE_FIRST], 0, &p));
    cr_expect(eq(int, (int)p.type, PART_CUSTODY));
    cr_expect(zero(int, memcmp(p.bytes.p, tag.b, HF_HASH_BYTES)));
    cr_assert(
        body_part_get(h->env.view, &id, SIDE_SECOND, o.n[SIDE_SECOND], 0, &p));
    cr_expect(eq(int, (int)p.type, PART_CUSTODY));
    cr_expect(zero(int, memcmp(p.bytes.p, tag.b, HF_HASH_BYTES)));
}

Test(transfer_back, of_another_custody_is_not_taken_over)
{
    const struct hf_id id = core_release(h, n, case_id);
    struct core_forger f = core_forge(OBJECT_TRANSFER, id, &h->org, &n->org);
    struct body b = {.n = 0};
    struct hf_hash wrong;

    core_does(n, id, EVENT_ARRIVE, REASON_NONE);
    registry_custody_tag(&case_id, 7, &wrong);
    core_part(&b, PART_CUSTODY, CATEGORY_NONE, wrong.b, HF_HASH_BYTES);
    core_forge_after(&f, n);
    core_forge_entry(
        &f,
        (struct entry){.event = EVENT_HAND_OVER,
                       .seen = core_object(n, id).n[SIDE_SECOND],
                       .seen_hash = core_object(n, id).last[SIDE_SECOND]},
        &b);
    core_forge_send(&f, n, &h->org);
    expect_state(n, id, STATE_ARRIVED);
    expect_no(core_is_holder(n, case_id));
    core_forge_end(&f);
}

Test(transfer_back, asks_where_the_person_is_only_after_a_month)
{
    const struct hf_id id = core_release(h, n, case_id);

    cr_expect(eq(int, core_event(n, id, EVENT_QUERY, REASON_NOT_ARRIVED), 1));
    cr_expect(eq(str, n->reply.code, (char *)"too_early"));
    core_wait(31 * DAY_MS);
    core_does(n, id, EVENT_QUERY, REASON_NOT_ARRIVED);
    expect_state(h, id, STATE_RELEASED);
}

Test(transfer_back, is_held_again_by_who_was_restored_to_before_both)
{
    core_backup(h);
    (void)core_move(h, n, case_id);
    (void)core_move(n, h, case_id);
    core_restore(h, true);
    core_wait(40 * DAY_MS);
    cr_expect(core_is_holder(h, case_id));
    cr_expect(eq(uint, holders(), 1));
    cr_expect(eq(u32, core_case_of(h, case_id).epoch, 3));
}

Test(transfer_back, is_held_again_by_who_was_restored_to_between)
{
    (void)core_move(h, n, case_id);
    core_backup(h);
    (void)core_move(n, h, case_id);
    core_restore(h, true);
    core_wait(40 * DAY_MS);
    cr_expect(core_is_holder(h, case_id));
    cr_expect(eq(uint, holders(), 1));
    cr_expect(eq(u32, core_case_of(h, case_id).epoch, 3));
}
