/* Disclosure in a vital interest: who attests, what goes, what the
 * receiver checks, what follows. */
#include "core_fixture.h"

#include "vital.h"

#define HELD                                                                   \
    (CAT(IDENTITY) | CAT(CONTACT) | CAT(HEALTH) | CAT(MHPSS) | CAT(ECONOMIC))

static struct core_node *a, *b;
static struct hf_id case_id;
static struct registry others; /* b's, where it differs */
static const char words[] = "{\"by\":\"Dr. K.\",\"text\":\"WORDS\"}";

static void
begin(void)
{
    core_begin(2, 1);
    a = &core->node[0];
    b = &core->node[1];
    core_add_user(a, "psy", ROLE_BIT(ROLE_MENTAL_HEALTH));
    core_add_user(a, "doc", ROLE_BIT(ROLE_HEALTH));
    core_add_user(a, "rev", ROLE_BIT(ROLE_REVIEWER));
    core_publish(&b->org, "hospital_emergency", "primary_health_care", NULL);
    case_id = core_case(a, HELD);
}

TestSuite(vital, .init = begin, .fini = core_end);

static int
refer_need(const char *need, const char *user, enum ground ground,
           enum role role, bool has_attempts)
{
    const struct attest at = {.ground = ground, .role = role};
    struct node_command c = core_refer_cmd(case_id, need);

    c.user = core_name(user);
    c.attest = &at;
    c.has_attempts = has_attempts;
    c.details = core_text(words);
    return core_ask(a, &c);
}

static int
refer(const char *user, enum ground ground, enum role role)
{
    return refer_need("health.emergency", user, ground, role, false);
}

Test(vital, without_consent_an_emergency_is_refused)
{
    struct node_command c = core_refer_cmd(case_id, "health.emergency");

    cr_expect(eq(int, core_ask(a, &c), 1));
}

Test(vital, only_a_mental_health_professional_attests_that_somebody_cannot)
{
    cr_expect(eq(int, refer("doc", GROUND_UNABLE_TO_CONSENT, ROLE_HEALTH), 77));
    cr_expect(
        eq(int, refer("psy", GROUND_UNABLE_TO_CONSENT, ROLE_MENTAL_HEALTH), 0));
}

Test(vital, a_clinician_attests_a_life_at_risk)
{
    cr_expect(eq(int, refer("doc", GROUND_LIFE_AT_RISK, ROLE_HEALTH), 0));
}

Test(vital, nobody_attests_in_a_role_that_they_have_not)
{
    cr_expect(
        eq(int, refer("ana", GROUND_LIFE_AT_RISK, ROLE_MENTAL_HEALTH), 77));
    cr_expect(
        eq(int, refer("doc", GROUND_LIFE_AT_RISK, ROLE_MENTAL_HEALTH), 77));
}

Test(vital, a_case_manager_does_not_attest_unless_the_committee_permits_it)
{
    cr_expect(eq(int,
                 refer_need("health.emergency", "ana", GROUND_LIFE_AT_RISK,
                            ROLE_CASE_MANAGER, true),
                 77));
}

Test(vital, only_an_emergency_rule_lets_data_go)
{
    cr_expect(eq(int,
                 refer_need("health.general", "psy", GROUND_LIFE_AT_RISK,
                            ROLE_MENTAL_HEALTH, false),
                 1));
    cr_expect(eq(str, a->reply.code, "no_emergency_rule"));
}

Test(vital, no_stated_urgency_makes_a_rule_one_for_emergencies)
{
    const struct attest at = {.ground = GROUND_LIFE_AT_RISK,
                              .role = ROLE_MENTAL_HEALTH};
    struct node_command c = core_refer_cmd(case_id, "health.general");

    c.user = core_name("psy");
    c.attest = &at;
    c.details = core_text(words);
    c.urgency = URGENCY_EMERGENCY;
    cr_expect(eq(int, core_ask(a, &c), 1));
    cr_expect(eq(str, a->reply.code, "no_emergency_rule"));
    core_run();
    expect_no(core_went("canary"));
}

/* A `send` as a's modified program would write it, with one section: @k, where
 * @attested are. */
static void
forge_section(const struct terms *terms, uint8_t number, uint32_t attested,
              enum category k, const char *json)
{
    const struct hf_id id = {{7, number}};
    const struct attest at = {.ground = GROUND_LIFE_AT_RISK,
                              .role = ROLE_MENTAL_HEALTH,
                              .at_ms = core->now_ms,
                              .categories = attested};
    struct core_forger f = core_forge(OBJECT_REFERRAL, id, &a->org, &b->org);
    const struct entry send = {.event = EVENT_SEND, .flags = ENTRY_ON_SEND};
    const struct entry disclose = {.event = EVENT_DISCLOSE};
    const struct card c = core_object(a, a->reply.id).card;
    uint8_t t[TERMS_BYTES], card[CARD_BYTES];
    uint8_t packed[ATTEST_BYTES + sizeof(words) - 1];
    struct body first = {.n = 0}, second = {.n = 0};

    terms_pack(terms, t);
    card_pack(&c, card);
    attest_pack(&at, packed);
    memcpy(packed + ATTEST_BYTES, words, sizeof(words) - 1);
    core_part(&first, PART_TERMS, CATEGORY_NONE, t, sizeof(t));
    core_part(&first, PART_CARD, CATEGORY_NONE, card, sizeof(card));
    core_part(&second, PART_ATTEST, CATEGORY_NONE, packed, sizeof(packed));
    core_part(&second, PART_SECTION, k, json, strlen(json));
    core_forge_entry(&f, send, &first);
    core_forge_entry(&f, disclose, &second);
    core_forge_send(&f, b, &a->org);
    core_forge_end(&f);
}

/* What is attested is in order, but for @terms. */
static void
forge_send(const struct terms *terms, uint8_t number, const char *json)
{
    forge_section(terms, number, CAT(IDENTITY), CATEGORY_IDENTITY, json);
}

/* Of an ordinary referral whose user said that it is an emergency. */
static struct terms
stated_terms(void)
{
    struct node_command c = core_refer_cmd(case_id, "health.general");
    struct consent con = {.state = CONSENT_GIVEN};

    core_scope(&con, "all", HELD, PURPOSE_BIT(PURPOSE_REFERRAL), &b->org, NULL);
    (void)core_consent(a, case_id, &con);
    c.urgency = URGENCY_EMERGENCY;
    c.is_draft = true;
    core_do(a, &c);
    return core_object(a, a->reply.id).terms;
}

Test(vital, a_receiver_asks_its_own_sop_whether_the_rule_is_for_emergencies)
{
    const struct terms stated = stated_terms();
    struct terms t;

    cr_assert(eq(int, stated.urgency, URGENCY_EMERGENCY));
    cr_assert(eq(int, refer("psy", GROUND_LIFE_AT_RISK, ROLE_MENTAL_HEALTH),
                 0));
    t = core_object(a, a->reply.id).terms;
    forge_send(&t, 1, "{\"x\":\"in order\"}");
    cr_assert(core_holds(b, "in order"), "the forgery is a good one");
    forge_send(&stated, 2, "{\"x\":\"stated\"}");
    expect_no(core_holds(b, "stated"), "an emergency by word alone");
    t.pack = stated.pack;
    t.pack_hash = stated.pack_hash;
    t.service = stated.service;
    t.rule = core_name("health-emergency");
    forge_send(&t, 3, "{\"x\":\"elsewhere\"}");
    expect_no(core_holds(b, "elsewhere"), "the rule leads not there");
}

/* Two limits, and each holds by itself. */
Test(vital, a_receiver_takes_what_was_attested_and_the_rule_names_and_no_more)
{
    struct terms t;

    cr_assert(eq(int, refer("psy", GROUND_LIFE_AT_RISK, ROLE_MENTAL_HEALTH),
                 0));
    t = core_object(a, a->reply.id).terms;
    forge_section(&t, 1, CAT(IDENTITY) | CAT(HEALTH), CATEGORY_HEALTH,
                  "{\"x\":\"in order\"}");
    cr_assert(core_holds(b, "in order"), "the forgery is a good one");
    forge_section(&t, 2, CAT(IDENTITY), CATEGORY_HEALTH,
                  "{\"x\":\"unattested\"}");
    expect_no(core_holds(b, "unattested"), "the rule alone names it");
    forge_section(&t, 3, CAT(IDENTITY) | CAT(MHPSS), CATEGORY_MHPSS,
                  "{\"x\":\"unnamed\"}");
    expect_no(core_holds(b, "unnamed"), "the attestation alone names it");
}

Test(vital, only_what_the_rules_service_names_goes_with_the_attestation)
{
    struct hf_id id;

    cr_assert(
        eq(int, refer("psy", GROUND_LIFE_AT_RISK, ROLE_MENTAL_HEALTH), 0));
    id = a->reply.id;
    core_run();
    expect_state(b, id, STATE_RECEIVED);
    cr_expect(eq(u32, core_object(b, id).sections,
                 CAT(IDENTITY) | CAT(CONTACT) | CAT(HEALTH)));
    cr_expect(core_went("WORDS"));
    expect_no(core_went("\"canary\":\"mhpss\""));
    expect_no(core_went("\"canary\":\"economic\""));
}

/* Both ends, as the registries that they hold say. */
static struct hf_id
by_managers(bool sender, bool receiver)
{
    struct node_command approve;
    struct hf_id id;

    others = core->registry;
    others.may_managers_attest = receiver;
    b->env.registry = &others;
    core->registry.may_managers_attest = sender;
    cr_assert(eq(int,
                 refer_need("health.emergency", "ana", GROUND_LIFE_AT_RISK,
                            ROLE_CASE_MANAGER, true),
                 0));
    id = a->reply.id;
    core_run();
    cr_assert(eq(sz, core_pending(b), 0));
    expect_state(a, id, STATE_AWAITING_APPROVAL);
    approve = core_event_cmd(id, EVENT_APPROVE, REASON_NONE);
    cr_expect(eq(int, core_ask(a, &approve), 77), "not one's own");
    approve = core_event_cmd(id, EVENT_APPROVE, REASON_NONE);
    approve.user = core_name("sam");
    core_do(a, &approve);
    core_run();
    return id;
}

Test(vital, at_night_a_case_manager_and_a_supervisor_attest_with_attempts)
{
    struct node_command confirm;
    struct node_vital v;
    struct hf_id id;

    core->registry.may_managers_attest = true;
    cr_expect(eq(int,
                 refer_need("health.emergency", "ana", GROUND_LIFE_AT_RISK,
                            ROLE_CASE_MANAGER, false),
                 65));
    id = by_managers(true, true);
    expect_state(b, id, STATE_RECEIVED);
    confirm = core_event_cmd(id, EVENT_APPROVE, REASON_NONE);
    confirm.user = core_name("kim");
    cr_expect(eq(int, core_ask(a, &confirm), 77));
    confirm.user = core_name("psy");
    core_do(a, &confirm);
    cr_assert(vital_get(a->env.view, &id, &v));
    cr_expect(eq(str, v.confirmed_by.s, "psy"));
    cr_expect(eq(int, core_ask(a, &confirm), 1), "once");
}

/* The committee takes the permission back while a draft waits. */
Test(vital, what_staff_attested_is_looked_at_again_when_it_is_sent)
{
    struct node_command c;
    struct node_vital v;
    struct hf_id id;

    core->registry.may_managers_attest = true;
    cr_assert(eq(int,
                 refer_need("health.emergency", "ana", GROUND_LIFE_AT_RISK,
                            ROLE_CASE_MANAGER, true),
                 0));
    id = a->reply.id;
    core->registry.may_managers_attest = false;
    c = core_event_cmd(id, EVENT_APPROVE, REASON_NONE);
    c.user = core_name("sam");
    cr_expect(eq(int, core_ask(a, &c), 77));
    cr_expect(eq(str, a->reply.code, "not_permitted"));
    expect_state(a, id, STATE_AWAITING_APPROVAL);
    cr_assert(vital_get(a->env.view, &id, &v));
    cr_expect(eq(int, (int)v.a.approver, ROLE_NONE), "nothing was changed");
    cr_assert(eq(sz, core_pending(b), 0));
    core->registry.may_managers_attest = true;
    c = core_event_cmd(id, EVENT_APPROVE, REASON_NONE);
    c.user = core_name("sam");
    core_do(a, &c);
    core_run();
    expect_state(b, id, STATE_RECEIVED);
}

Test(vital, even_then_nobody_attests_that_somebody_cannot_consent)
{
    core->registry.may_managers_attest = true;
    cr_expect(eq(int,
                 refer_need("health.emergency", "ana", GROUND_UNABLE_TO_CONSENT,
                            ROLE_CASE_MANAGER, true),
                 77));
}

Test(vital, a_receiver_refuses_an_attestation_that_does_not_count)
{
    const struct hf_id id = by_managers(true, false);

    expect_state(b, id, STATE_REJECTED);
    expect_no(core_holds(b, "canary"));
    expect_no(core_holds(b, "WORDS"));
}

Test(vital, what_was_attested_goes_when_the_sections_go)
{
    struct hf_id id;

    cr_assert(eq(int, refer("psy", GROUND_LIFE_AT_RISK, ROLE_MENTAL_HEALTH),
                 0));
    id = a->reply.id;
    core_run();
    cr_expect(core_holds(b, "WORDS"));
    core_does(b, id, EVENT_DECLINE, REASON_NO_CAPACITY);
    expect_no(core_holds(b, "WORDS"));
    expect_no(core_holds(b, "canary"));
    cr_expect(core_holds(a, "WORDS"), "the review needs it");
}

static int
review(struct hf_id id, const char *user, bool is_upheld)
{
    struct node_command c = {
        .type = CMD_REVIEW, .object = id, .is_upheld = is_upheld};

    c.user = core_name(user);
    return core_ask(a, &c);
}

static uint64_t
figure(enum state state)
{
    struct figure_cell c;

    memset(&c, 0, sizeof(c));
    while (cell_next(a->env.view, &c))
        if (c.state == state && strcmp(c.service.s, "vital_interest") == 0)
            return c.count;
    return 0;
}

Test(vital, a_reviewer_who_had_no_part_in_it_says_once_whether_it_was_right)
{
    struct hf_id id;

    cr_assert(
        eq(int, refer("psy", GROUND_LIFE_AT_RISK, ROLE_MENTAL_HEALTH), 0));
    id = a->reply.id;
    core_run();
    cr_expect(eq(u64, figure(STATE_REVIEW_DUE), 1));
    cr_expect(eq(int, review(id, "ana", true), 77));
    cr_expect(eq(int, review(id, "rev", false), 0));
    cr_expect(eq(u64, figure(STATE_NOT_UPHELD), 1));
    cr_expect(eq(u64, figure(STATE_REVIEW_DUE), 0));
    cr_expect(eq(int, review(id, "rev", true), 1));
}

Test(vital, who_attested_does_not_review)
{
    core_add_user(a, "both",
                  ROLE_BIT(ROLE_MENTAL_HEALTH) | ROLE_BIT(ROLE_REVIEWER));
    cr_assert(
        eq(int, refer("both", GROUND_LIFE_AT_RISK, ROLE_MENTAL_HEALTH), 0));
    cr_expect(eq(int, review(a->reply.id, "both", true), 77));
}

Test(vital, a_review_that_is_late_is_counted_as_overdue_until_it_comes)
{
    struct hf_id id;

    cr_assert(
        eq(int, refer("psy", GROUND_LIFE_AT_RISK, ROLE_MENTAL_HEALTH), 0));
    id = a->reply.id;
    core_wait(8 * DAY_MS);
    cr_expect(eq(u64, figure(STATE_REVIEW_OVERDUE), 1));
    cr_expect(eq(int, review(id, "rev", true), 0));
    cr_expect(eq(u64, figure(STATE_REVIEW_OVERDUE), 0));
    cr_expect(eq(u64, figure(STATE_UPHELD), 1));
}

Test(vital, an_ordinary_referral_has_nothing_to_review)
{
    const struct hf_id none = {{9}};

    cr_expect(eq(int, review(none, "rev", true), 66));
}
