/* No section leaves a node, or is kept by one, without consent and SOP
 * (I-1, R-4); and nothing sensitive on a card. */
#include "core_fixture.h"

static struct core_node *s, *r;
static struct hf_id case_id, consent_id;

#define MEDICAL (CAT(IDENTITY) | CAT(CONTACT) | CAT(HEALTH) | CAT(WISHES))

static void
begin(void)
{
    struct consent c = {.state = CONSENT_GIVEN};

    core_begin(2, 1);
    s = &core->node[0];
    r = &core->node[1];
    core_publish(&r->org, "primary_health_care", "hospital_emergency",
                 "protection_services", "safe_shelter", NULL);
    case_id = core_case(s, CATEGORY_ALL);
    core_scope(&c, "medical", MEDICAL | CAT(MHPSS) | CAT(FAMILY),
               PURPOSE_BIT(PURPOSE_REFERRAL), &r->org, NULL);
    core_scope(&c, "groups", CAT(VULNERABILITY) | CAT(PROTECTION),
               PURPOSE_BIT(PURPOSE_REFERRAL), &r->org, NULL);
    consent_id = core_consent(s, case_id, &c);
}

TestSuite(gates, .init = begin, .fini = core_end);

static struct hf_id
refer(const char *need, bool is_draft)
{
    struct node_command c = core_refer_cmd(case_id, need);

    c.is_draft = is_draft;
    core_do(s, &c);
    return s->reply.id;
}

Test(gates, let_no_section_go_before_the_receiver_accepts)
{
    const struct hf_id id = refer("health.general", false);

    core_run();
    expect_state(s, id, STATE_RECEIVED);
    expect_no(core_went("canary"));
    core_does(r, id, EVENT_ACCEPT, REASON_NONE);
    cr_expect(core_went("\"canary\":\"health\""));
    cr_expect(core_holds(r, "\"canary\":\"health\""));
}

Test(gates, let_sections_go_with_send_where_the_rule_says_so)
{
    const struct hf_id id = refer("health.emergency", false);

    core_run();
    expect_state(s, id, STATE_RECEIVED);
    cr_expect(core_holds(r, "\"canary\":\"health\""));
}

Test(gates, cut_what_goes_to_what_the_rule_names)
{
    const struct hf_id id = refer("health.general", false);

    core_run();
    core_does(r, id, EVENT_ACCEPT, REASON_NONE);
    cr_expect(eq(u32, core_object(r, id).sections, MEDICAL));
    expect_no(core_went("\"canary\":\"mhpss\""),
              "covered, but not needed for this service");
    expect_no(core_went("\"canary\":\"protection\""));
}

Test(gates, refuse_to_refer_without_consent_for_what_is_required)
{
    struct node_command c = core_refer_cmd(case_id, "health.general");

    cr_assert(eq(int, core_withdraw(s, case_id, "medical", false), 0));
    core_lose();
    cr_expect(eq(int, core_ask(s, &c), 1));
    cr_expect(eq(str, s->reply.code, (char *)"no_consent"));
    cr_expect(eq(sz, core_pending(r), 0));
}

Test(gates, are_passed_again_when_a_draft_is_sent)
{
    const struct hf_id id = refer("health.general", true);

    cr_assert(eq(int, core_withdraw(s, case_id, "medical", false), 0));
    core_lose();
    cr_expect(eq(int, core_event(s, id, EVENT_SEND, REASON_NONE), 1));
    cr_expect(eq(sz, core_pending(r), 0));
    expect_state(s, id, STATE_DRAFT);
}

Test(gates, are_passed_again_when_sections_go)
{
    const struct hf_id id = refer("health.general", false);

    core_run();
    cr_assert(eq(int, core_event(r, id, EVENT_ACCEPT, REASON_NONE), 0));
    core->now_ms += MINUTE_MS;
    cr_assert(eq(int, core_withdraw(s, case_id, "medical", false), 0));
    core_run();
    expect_no(core_went("canary"), "withdrawn before the acceptance came");
    cr_expect(core_alarms(s, "disclose_refused") <= 1);
}

Test(gates, take_the_groups_off_a_card_whose_consent_ended)
{
    struct node_command c = core_refer_cmd(case_id, "protection.security");
    struct hf_id id;

    c.is_draft = true;
    core_do(s, &c);
    id = s->reply.id;
    cr_assert(ne(u32, core_object(s, id).card.groups, 0));
    cr_assert(eq(int, core_withdraw(s, case_id, "groups", false), 0));
    core_lose();
    core_does(s, id, EVENT_SUBMIT, REASON_NONE);
    c = core_event_cmd(id, EVENT_APPROVE, REASON_NONE);
    c.user = core_name("sam");
    core_do(s, &c);
    core_does(s, id, EVENT_SEND, REASON_NONE);
    expect_state(r, id, STATE_RECEIVED);
    cr_expect(eq(u32, core_object(r, id).card.groups, 0));
}

Test(gates, put_no_group_on_a_card_that_the_rule_does_not_ask_for)
{
    const struct hf_id id = refer("health.general", false);

    core_run();
    cr_expect(eq(u32, core_object(r, id).card.groups, 0));
    cr_expect(ne(int, (int)core_object(r, id).card.age_band, AGE_NONE));
}

Test(gates, let_nothing_go_after_the_scope_ran_out)
{
    struct consent c = {.state = CONSENT_GIVEN};
    struct node_command amend = {.type = CMD_CONSENT_AMEND,
                                 .case_id = case_id,
                                 .consent = &c,
                                 .details = core_text("{}")};
    struct hf_id id;

    core_scope(&c, "medical", MEDICAL, PURPOSE_BIT(PURPOSE_REFERRAL), &r->org,
               NULL);
    c.scope[0].until_ms = core->now_ms + HOUR_MS;
    core_do(s, &amend);
    id = refer("health.general", false);
    core_run();
    core->now_ms += 2 * HOUR_MS;
    core_does(r, id, EVENT_ACCEPT, REASON_NONE);
    expect_no(core_went("canary"));
    cr_expect(eq(uint, core_alarms(s, "disclose_refused"), 1));
}

Test(gates, keep_a_scope_withdrawn_through_two_amendments)
{
    struct consent without = {.state = CONSENT_GIVEN};
    struct consent with = {.state = CONSENT_GIVEN};
    struct node_command amend = {.type = CMD_CONSENT_AMEND,
                                 .case_id = case_id,
                                 .details = core_text("{}")};
    struct consent now;

    cr_assert(eq(int, core_withdraw(s, case_id, "medical", false), 0));
    core_scope(&without, "other", CAT(SKILLS), PURPOSE_BIT(PURPOSE_REFERRAL),
               &r->org, NULL);
    core_scope(&with, "medical", MEDICAL, PURPOSE_BIT(PURPOSE_REFERRAL),
               &r->org, NULL);
    amend.consent = &without;
    core_do(s, &amend);
    amend.consent = &with;
    cr_expect(eq(int, core_ask(s, &amend), 65), "not under its old name");
    cr_expect(eq(str, s->reply.code, (char *)"scope_withdrawn"));
    cr_assert(consent_get(s->env.view, &consent_id, &now));
    cr_expect(eq(u32, consent_cover(&now, &r->org, PURPOSE_REFERRAL,
                                    core->now_ms),
                 CAT(SKILLS)));
}

/* ---- the receiver's gate ---- */

static void
core_section(struct body *b, enum category c, const char *json)
{
    core_part(b, PART_SECTION, c, json, strlen(json));
}

/* A proof that covers @categories. */
static void
core_proof(struct body *b, uint32_t categories, uint8_t *room)
{
    struct proof p = {.consent = consent_id,
                      .version = 1,
                      .n = 1,
                      .item = {{.scope = {"medical"},
                                .categories = categories,
                                .purposes = PURPOSE_BIT(PURPOSE_REFERRAL)}}};

    core_part(b, PART_PROOF, CATEGORY_NONE, room, proof_pack(&p, room));
}

/* s's next entry with this body, as a hostile s would write it. */
static void
forge(struct hf_id id, enum event event, const struct body *b)
{
    struct core_forger f = core_forge(OBJECT_REFERRAL, id, &s->org, &r->org);
    struct entry e = {.event = event};

    core_forge_after(&f, r);
    e.seen = core_object(r, id).n[SIDE_SECOND];
    if (e.seen > 0)
        e.seen_hash = core_seen(r, id, SIDE_SECOND, e.seen);
    core_forge_entry(&f, e, b);
    core_forge_send(&f, r, &s->org);
    core_forge_end(&f);
}

static struct hf_id
accepted(void)
{
    const struct hf_id id = refer("health.general", false);

    core_run();
    core_does(r, id, EVENT_ACCEPT, REASON_NONE);
    return id;
}

Test(gates, keep_nothing_that_came_without_proof)
{
    const struct hf_id id = accepted();
    struct body b = {.n = 0};

    core_section(&b, CATEGORY_IDENTITY, "{\"x\":\"bare\"}");
    forge(id, EVENT_DISCLOSE, &b);
    expect_no(core_holds(r, "bare"));
    cr_expect(eq(u32, core_object(r, id).n[0], 3), "the chain is kept");
}

Test(gates, keep_nothing_beyond_the_proof)
{
    const struct hf_id id = accepted();
    uint8_t room[PROOF_BYTES(PROOF_ITEMS_MAX)];
    struct body b = {.n = 0};

    core_proof(&b, CAT(IDENTITY), room);
    core_section(&b, CATEGORY_IDENTITY, "{\"x\":\"ours\"}");
    core_section(&b, CATEGORY_HEALTH, "{\"x\":\"beyond\"}");
    forge(id, EVENT_DISCLOSE, &b);
    expect_no(core_holds(r, "beyond"));
    expect_no(core_holds(r, "\"ours\""), "all or nothing");
}

Test(gates, keep_nothing_that_the_rule_never_asked_for)
{
    const struct hf_id id = accepted();
    uint8_t room[PROOF_BYTES(PROOF_ITEMS_MAX)];
    struct body b = {.n = 0};

    core_proof(&b, CAT(ECONOMIC), room);
    core_section(&b, CATEGORY_ECONOMIC, "{\"x\":\"curious\"}");
    forge(id, EVENT_DISCLOSE, &b);
    expect_no(core_holds(r, "curious"));
}

Test(gates, keep_no_section_in_an_entry_that_has_none)
{
    const struct hf_id id = accepted();
    uint8_t room[PROOF_BYTES(PROOF_ITEMS_MAX)];
    struct body b = {.n = 0};

    core_proof(&b, CAT(IDENTITY), room);
    core_section(&b, CATEGORY_IDENTITY, "{\"x\":\"smuggled\"}");
    forge(id, EVENT_CANCEL, &b);
    expect_no(core_holds(r, "smuggled"));
}

Test(gates, keep_no_section_of_an_entry_that_does_not_count)
{
    struct node_command c = core_refer_cmd(case_id, "health.general");
    uint8_t room[PROOF_BYTES(PROOF_ITEMS_MAX)];
    struct body b = {.n = 0};
    struct hf_id id;

    core_do(s, &c);
    id = s->reply.id;
    core_run();
    core_does(r, id, EVENT_DECLINE, REASON_NO_CAPACITY);
    core_proof(&b, CAT(IDENTITY), room);
    core_section(&b, CATEGORY_IDENTITY, "{\"x\":\"too late\"}");
    forge(id, EVENT_DISCLOSE, &b);
    expect_state(r, id, STATE_DECLINED);
    expect_no(core_holds(r, "too late"));
}

Test(gates, destroy_what_came_when_the_referral_ends_before_its_time)
{
    const struct hf_id id = accepted();

    cr_assert(core_holds(r, "\"canary\":\"health\""));
    core_does(s, id, EVENT_ABANDON, REASON_NO_RESPONSE);
    expect_state(r, id, STATE_LAPSED);
    expect_no(core_holds(r, "canary"));
}

Test(gates, keep_what_was_given_when_the_service_took_place)
{
    const struct hf_id id = accepted();

    core_does(r, id, EVENT_ATTEND, REASON_NONE);
    core_does(s, id, EVENT_ABANDON, REASON_NO_RESPONSE);
    expect_state(r, id, STATE_LAPSED);
    cr_expect(core_holds(r, "\"canary\":\"health\""));
}

/* ---- what is said too much or too late ---- */

Test(gates, say_when_a_deadline_passed_while_the_node_was_down)
{
    const struct hf_id id = refer("health.general", false);
    uint64_t due;

    core_run();
    due = core_object(s, id).decide_ms;
    cr_assert(gt(u64, due, core->now_ms));
    core->now_ms = due + HOUR_MS; /* s was down; an event comes first */
    core_does(s, id, EVENT_DISCLOSE, REASON_NONE);
    core_tick(s);
    cr_expect(eq(uint, core_alarms(s, "deadline_passed"), 1));
}

Test(gates, let_no_deadline_pass_while_the_clock_is_in_doubt)
{
    const struct hf_id id = refer("health.general", false);

    core_run();
    s->env.is_clock_doubtful = true;
    core_wait(30 * DAY_MS);
    cr_expect(eq(uint, core_alarms(s, "deadline_passed"), 0));
    cr_expect(eq(int, core_event(s, id, EVENT_RECALL, REASON_CONSENT_WITHDRAWN),
                 0),
              "a recall goes on");
    s->env.is_clock_doubtful = false;
}

Test(gates, lose_no_deadline_that_came_while_the_clock_was_in_doubt)
{
    const struct hf_id id = refer("health.general", false);
    uint64_t due;

    core_run();
    due = core_object(s, id).decide_ms;
    s->env.is_clock_doubtful = true;
    core_wait(due + DAY_MS - core->now_ms);
    cr_expect(eq(int, core_event(s, id, EVENT_EXPIRE, REASON_NONE), 75),
              "nor by hand");
    s->env.is_clock_doubtful = false;
    core_wait(HOUR_MS);
    cr_expect(eq(uint, core_alarms(s, "deadline_passed"), 2),
              "two rungs: it has been for a day");
}

Test(gates, a_clock_that_was_ahead_takes_no_deadline_along)
{
    const struct hf_id id = refer("health.general", false);
    const uint64_t now = core->now_ms;

    core_run();
    s->env.is_clock_doubtful = true;
    core->now_ms = now + 730 * DAY_MS;
    core_tick(s);
    core->now_ms = now;
    s->env.is_clock_doubtful = false;
    core_tick(s);
    cr_expect(eq(uint, core_alarms(s, "deadline_passed"), 0));
    core_wait(core_object(s, id).decide_ms + HOUR_MS - now);
    cr_expect(eq(uint, core_alarms(s, "deadline_passed"), 1));
}

Test(gates, say_nothing_of_a_deadline_that_was_moved)
{
    const struct hf_id id = refer("health.general", false);
    struct node_command c;
    uint64_t due;

    core_run();
    due = core_object(s, id).decide_ms;
    c = core_event_cmd(id, EVENT_WAITLIST, REASON_NONE);
    c.when_ms = due + 10 * DAY_MS;
    core_do(r, &c);
    core_run();
    core_wait(due + HOUR_MS - core->now_ms);
    cr_expect(eq(uint, core_alarms(s, "deadline_passed"), 0));
    core_wait(10 * DAY_MS);
    cr_expect(ge(uint, core_alarms(s, "deadline_passed"), 1));
}

Test(gates, refuse_a_release_that_is_too_large_for_an_envelope)
{
    static char section[SECTION_BYTES_MAX], words[DETAILS_BYTES_MAX];
    struct node_command c = {.type = CMD_CASE_NEW, .sections = CATEGORY_ALL};
    struct consent con = {.state = CONSENT_GIVEN};
    struct hf_id id;
    char name[8];

    memset(section, 'x', sizeof(section));
    memset(words, 'y', sizeof(words));
    for (int k = 1; k < CATEGORY_END; k++)
        c.section[k] = (struct hf_bytes){(uint8_t *)section, sizeof(section)};
    core_do(s, &c);
    case_id = s->reply.id;
    for (int i = 0; i < CONSENT_SCOPES_MAX; i++) {
        (void)snprintf(name, sizeof(name), "s%d", i);
        core_scope(&con, name, CATEGORY_ALL,
                   PURPOSE_BIT(PURPOSE_OFFER) | PURPOSE_BIT(PURPOSE_TRANSFER),
                   &r->org, NULL);
    }
    c = (struct node_command){
        .type = CMD_CONSENT_GIVE,
        .case_id = case_id,
        .consent = &con,
        .details = {(uint8_t *)words, sizeof(words)}};
    core_do(s, &c);
    c = (struct node_command){
        .type = CMD_TRANSFER_OFFER, .case_id = case_id, .to = r->org};
    core_do(s, &c);
    id = s->reply.id;
    core_run();
    core_does(r, id, EVENT_ACCEPT, REASON_NONE);
    c = core_event_cmd(id, EVENT_RELEASE, REASON_NONE);
    c.report = (struct hf_bytes){(uint8_t *)words, sizeof(words)};
    c.text = (struct hf_bytes){(uint8_t *)words, TEXT_BYTES_MAX};
    c.details = (struct hf_bytes){(uint8_t *)words, sizeof(words)};
    cr_expect(eq(int, core_ask(s, &c), 65), "%s", s->reply.message);
    core_does(s, id, EVENT_RELEASE, REASON_NONE);
    expect_state(r, id, STATE_RELEASED);
}

Test(gates, a_deadline_or_appointment_of_the_past_is_a_typing_error)
{
    static const enum event events[] = {EVENT_WAITLIST, EVENT_ACCEPT,
                                        EVENT_SCHEDULE};
    const struct hf_id id = refer("health.general", false);

    core_run();
    for (size_t i = 0; i < sizeof(events) / sizeof(events[0]); i++) {
        struct node_command c = core_event_cmd(id, events[i], REASON_NONE);

        c.when_ms = core->now_ms - 2 * DAY_MS;
        cr_expect(eq(int, core_ask(r, &c), 65));
        cr_expect(eq(str, r->reply.code, (char *)"bad_time"));
        c.when_ms = core->now_ms + 2 * DAY_MS;
        cr_expect(zero(int, core_ask(r, &c)), "%s", r->reply.message);
    }
}

Test(gates, reason_other_tells_the_sender_nothing_without_words)
{
    const struct hf_id id = refer("health.general", false);
    struct node_command c = core_event_cmd(id, EVENT_DECLINE, REASON_OTHER);

    core_run();
    cr_expect(eq(int, core_ask(r, &c), 65));
    cr_expect(eq(str, r->reply.code, (char *)"no_words"));
    c.text = (struct hf_bytes){(const uint8_t *)"full", 4};
    cr_expect(zero(int, core_ask(r, &c)), "%s", r->reply.message);
}
