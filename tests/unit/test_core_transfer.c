/* A case's way from one holder to the next: custody is never with two (I-4),
 * and what was released is destroyed where it must be. */
#include "core_fixture.h"

static struct core_node *h, *n, *m; /* holder, new holder, a third */
static struct hf_id case_id;
static const struct hf_id nothing;

static void
begin(void)
{
    case_id = core_begin_custody(&h, &n, &m);
}

TestSuite(transfer, .init = begin, .fini = core_end);

static unsigned
holders(void)
{
    return core_is_holder(h, case_id) + core_is_holder(n, case_id) +
           core_is_holder(m, case_id);
}

Test(transfer, moves_custody_and_counts_the_epoch_up)
{
    const struct hf_id id = core_release(h, n, case_id);

    cr_expect(core_is_holder(h, case_id));
    core_does(n, id, EVENT_ARRIVE, REASON_NONE);
    cr_expect(core_is_holder(h, case_id),
              "accountable until the other has taken over");
    core_does(h, id, EVENT_HAND_OVER, REASON_NONE);
    expect_state(h, id, STATE_HANDED_OVER);
    expect_state(n, id, STATE_HANDED_OVER);
    cr_expect(core_is_holder(n, case_id));
    cr_expect(eq(uint, holders(), 1));
    cr_expect(eq(u32, core_case_of(h, case_id).epoch, 2));
    cr_expect(eq(u32, core_case_of(n, case_id).epoch, 2));
}

Test(transfer, offers_blind_and_releases_only_what_consent_covers)
{
    (void)core_offer(h, n, case_id);
    expect_no(core_went("canary"), "an offer carries no section");
    core_lose();
}

Test(transfer, leaves_withheld_categories_with_the_holder)
{
    (void)core_release(h, n, case_id);
    cr_expect(core_went("identity"));
    expect_no(core_went("\"canary\":\"protection\""));
    expect_no(core_went("\"canary\":\"mhpss\""));
    expect_no(core_holds(n, "\"canary\":\"mhpss\""));
}

Test(transfer, puts_a_sensitive_family_on_the_card_only_with_consent_to_enquire)
{
    const struct hf_id first = core_offer(h, n, case_id);
    struct hf_id second;

    for (int i = 0; i < CARD_NEEDS_MAX; i++)
        expect_no(hf_name_is(&core_object(n, first).card.need[i], "health"));
    core_does(n, first, EVENT_DECLINE, REASON_NO_CAPACITY);
    second = core_offer(h, m, case_id);
    cr_expect(hf_name_is(&core_object(m, second).card.need[0], "health"));
    cr_expect(eq(int, (int)core_object(m, second).card.sex, SEX_NONE));
    cr_expect(eq(u32, core_object(m, second).card.groups, 0));
}

Test(transfer, keeps_the_number_back_where_identity_is_not_covered)
{
    struct consent c = {.state = CONSENT_GIVEN};
    struct node_command give = {.type = CMD_CONSENT_GIVE, .consent = &c};
    struct hf_id id;

    case_id = core_case(h, CATEGORY_ALL);
    core_scope(&c, "some", CAT(SKILLS),
               PURPOSE_BIT(PURPOSE_OFFER) | PURPOSE_BIT(PURPOSE_TRANSFER),
               &n->org, NULL);
    give.case_id = case_id;
    core_do(h, &give);
    id = core_release(h, n, case_id);
    expect_state(n, id, STATE_RELEASED);
    cr_expect(eq(str, core_case_of(n, case_id).number.s, (char *)""));
    expect_no(core_went("AT-1"));
}

Test(transfer, is_declined_and_the_case_may_be_offered_again)
{
    const struct hf_id id = core_offer(h, n, case_id);

    cr_expect(eq(int, core_try_offer(h, m, case_id, 0), 1), "one at a time");
    core_does(n, id, EVENT_DECLINE, REASON_NO_CAPACITY);
    expect_state(h, id, STATE_DECLINED);
    cr_expect(eq(int, core_try_offer(h, m, case_id, 0), 0));
}

Test(transfer, may_be_offered_again_after_a_take_over_was_refused_and_declined)
{
    const struct hf_id id = core_release(h, n, case_id);

    core_does(n, id, EVENT_ARRIVE, REASON_NONE);
    core_does(h, id, EVENT_HAND_OVER, REASON_NONE);
    cr_assert(core_is_holder(n, case_id), "arrived: taken over by itself");
    core_end();

    /* Nobody travels: the take-over is a command, and a decline that crossed
     * the hand-over counts once the hand-over is refused. */
    begin();
    cr_assert(eq(int, core_try_offer(h, n, case_id, ENTRY_TRAVEL_NONE), 0));
    core_run();
    {
        const struct hf_id two = h->reply.id;

        core_does(n, two, EVENT_ACCEPT, REASON_NONE);
        core_does(h, two, EVENT_RELEASE, REASON_NONE);
        cr_assert(eq(int, core_event(h, two, EVENT_HAND_OVER, REASON_NONE),
                     0));
        cr_assert(eq(int, core_event(n, two, EVENT_DECLINE,
                                     REASON_NO_CAPACITY),
                     0));
        core_run();
        expect_state(h, two, STATE_HANDING_OVER);
        core_does(n, two, EVENT_REFUSE, REASON_NO_CAPACITY);
        expect_state(h, two, STATE_DECLINED);
        cr_expect(eq(int, core_try_offer(h, m, case_id, 0), 0), "%s",
                  h->reply.message);
    }
}

Test(transfer, destroys_everything_when_it_is_withdrawn)
{
    const struct hf_id id = core_release(h, n, case_id);

    cr_assert(core_holds(n, "\"canary\":\"identity\""));
    cr_assert(core_holds(n, "guardian"));
    core_does(h, id, EVENT_WITHDRAW, REASON_CLIENT_REFUSED);
    expect_state(h, id, STATE_RECALLED);
    expect_no(core_holds(n, "canary"));
    expect_no(core_holds(n, "guardian"), "the consent as given goes too");
    cr_expect(eq(u32, core_case_of(n, case_id).epoch, 0));
}

Test(transfer, has_one_holder_though_an_arrival_comes_after_not_departed)
{
    const struct hf_id one = core_release(h, n, case_id);
    struct hf_id two;

    cr_assert(eq(int, core_event(n, one, EVENT_ARRIVE, REASON_NONE), 0));
    core_lose(); /* it will be sent again, weeks later */
    cr_assert(eq(int, core_event(h, one, EVENT_NOT_DEPARTED, REASON_NONE), 0));
    core_lose();
    expect_state(h, one, STATE_VOID);
    two = core_release(h, m, case_id);
    core_does(m, two, EVENT_ARRIVE, REASON_NONE);
    core_wait(60 * DAY_MS);
    expect_state(h, one, STATE_ARRIVED);
    (void)core_event(h, one, EVENT_HAND_OVER, REASON_NONE);
    core_run();
    (void)core_event(h, two, EVENT_HAND_OVER, REASON_NONE);
    core_run();
    cr_expect(eq(uint, holders(), 1));
    cr_expect(core_is_holder(m, case_id),
              "the transfer that is open is the one that counts");
}

Test(transfer, leaves_one_holder_when_the_giver_is_restored)
{
    struct hf_id id;

    core_backup(h);
    id = core_release(h, n, case_id);
    core_does(n, id, EVENT_ARRIVE, REASON_NONE);
    core_does(h, id, EVENT_HAND_OVER, REASON_NONE);
    cr_assert(core_is_holder(n, case_id));
    core_restore(h, true);
    core_wait(DAY_MS);
    expect_state(h, id, STATE_HANDED_OVER);
    cr_expect(eq(uint, holders(), 1), "two holders after a restore");
    cr_expect(eq(u32, core_case_of(h, case_id).epoch, 2));
}

/* What was handed over after the backup is not known here: until all have said
 * what they share with us, nothing is offered again. */
Test(transfer, is_offered_by_a_restored_giver_only_when_all_copies_came)
{
    struct hf_id id;

    core_backup(h);
    id = core_release(h, n, case_id);
    core_does(n, id, EVENT_ARRIVE, REASON_NONE);
    core_does(h, id, EVENT_HAND_OVER, REASON_NONE);
    core->has_no_prekey[3] = true; /* it never had a node */
    core_restore(h, true);
    cr_expect(core_is_holder(h, case_id), "as far as it knows");
    cr_expect(eq(int, core_try_offer(h, m, case_id, 0), 75));
    cr_expect(eq(str, h->reply.code, "awaits_copy"));
    core_run();
    cr_expect(eq(int, core_try_offer(h, m, case_id, 0), 1));
    cr_expect(eq(str, h->reply.code, "not_holder"));
    cr_expect(eq(uint, holders(), 1));
}

Test(transfer, goes_on_after_a_restore_though_an_ask_was_lost)
{
    core_backup(h);
    core->has_no_prekey[3] = true;
    core_restore(h, true);
    core_tick(h);
    core_lose();
    cr_expect(eq(int, core_try_offer(h, m, case_id, 0), 75));
    core_run(); /* n was asked again */
    cr_expect(eq(int, core_try_offer(h, m, case_id, 0), 75));
    core_run(); /* and m */
    cr_expect(eq(int, core_try_offer(h, m, case_id, 0), 0), "%s",
              h->reply.message);
}

Test(transfer, does_not_wait_for_who_is_suspended)
{
    core_backup(h);
    core->org[1].status = MEMBER_SUSPENDED;
    core->has_no_prekey[3] = true;
    core_restore(h, true);
    core_run();
    cr_expect(eq(int, core_try_offer(h, m, case_id, 0), 0), "%s",
              h->reply.message);
}

Test(transfer, is_offered_by_its_own_command_only)
{
    struct node_command c = {.type = CMD_TRANSFER_REQUEST,
                             .to = h->org,
                             .number = core_name("AT-1")};
    struct hf_id id;

    core_do(m, &c);
    core_run();
    id = m->reply.id;
    expect_state(h, id, STATE_REQUESTED);
    cr_expect(ne(int, core_event(h, id, EVENT_OFFER, REASON_NONE), 0),
              "an offer that passed no gate");
    cr_expect(eq(int, core_try_offer(h, m, case_id, 0), 0));
    core_run();
    expect_state(m, id, STATE_OFFERED);
    cr_expect(hf_id_eq(&h->reply.id, &id), "it answers the request");
}

Test(transfer, changes_nothing_when_an_amendment_is_refused)
{
    const struct hf_id id = core_release(h, n, case_id);
    struct node_command c = core_event_cmd(id, EVENT_AMEND, REASON_NONE);

    c.sections = CAT(MHPSS);
    c.section[CATEGORY_MHPSS] = core_text("{\"x\":\"newer\"}");
    cr_expect(eq(int, core_ask(h, &c), 1), "consent does not cover it");
    expect_no(core_holds(h, "newer"));
    cr_expect(core_holds(h, "\"canary\":\"mhpss\""));
}

Test(transfer, declines_what_its_gate_refused_also_when_departed_came_with_it)
{
    const struct hf_id id = core_offer(h, n, case_id);
    struct core_forger f = core_forge(OBJECT_TRANSFER, id, &h->org, &n->org);
    struct body b = {.n = 0};
    struct hf_hash seen;

    core_does(n, id, EVENT_ACCEPT, REASON_NONE);
    seen = core_seen(n, id, SIDE_SECOND, 1);
    core_part(&b, PART_SECTION, CATEGORY_HEALTH, "{\"x\":\"bare\"}", 12);
    core_forge_after(&f, n);
    core_forge_entry(&f,
                     (struct entry){.event = EVENT_RELEASE,
                                    .seen = 1,
                                    .seen_hash = seen},
                     &b);
    core_forge_entry(&f,
                     (struct entry){.event = EVENT_DEPART,
                                    .seen = 1,
                                    .seen_hash = seen},
                     NULL);
    core_forge_send(&f, n, &h->org);
    expect_no(core_holds(n, "bare"), "no proof came with it");
    expect_state(n, id, STATE_DECLINED);
    core_forge_end(&f);
}

static bool
is_of(const struct core_node *k, struct hf_id object, struct hf_id want)
{
    const struct node_object o = core_object(k, object);

    return hf_id_eq(&o.case_id, &want);
}

static bool
has_number(const struct core_node *k, struct hf_id object, const char *want)
{
    const struct node_object o = core_object(k, object);

    return hf_name_is(&o.number, want);
}

/* ---- requests ---- */

static struct hf_id
request(struct core_node *by, const char *number)
{
    struct node_command c = {.type = CMD_TRANSFER_REQUEST,
                             .to = h->org,
                             .number = core_name(number)};

    core_do(by, &c);
    core_run();
    return by->reply.id;
}

Test(transfer, request_shows_the_number_to_nobody_who_does_not_hold_it)
{
    const struct hf_id id = request(m, "GUESS-77");

    expect_no(core_went("GUESS-77"));
    expect_no(core_holds(h, "GUESS-77"));
    cr_expect(is_of(h, id, nothing));
    cr_expect(has_number(m, id, "GUESS-77"));
}

Test(transfer, request_says_the_same_whether_the_number_is_known_or_not)
{
    const struct hf_id known = request(m, "AT-1");
    const struct hf_id unknown = request(m, "AT-2");

    cr_expect(is_of(h, known, case_id));
    for (int i = 0; i < 2; i++) {
        const struct node_object o = core_object(m, i ? known : unknown);

        cr_expect(eq(int, (int)o.state, STATE_REQUESTED));
        cr_expect(eq(u32, o.n[SIDE_FIRST], 0), "a person answers");
        cr_expect(hf_id_is_zero(&o.case_id));
    }
    core_does(h, known, EVENT_REFUSE_REQUEST, REASON_NOT_KNOWN);
    expect_state(m, known, STATE_DECLINED);
}

Test(transfer, request_is_to_be_answered_in_a_week)
{
    const struct hf_id id = request(m, "AT-1");

    cr_expect(eq(u64, core_object(h, id).decide_ms,
                 core_object(m, id).decide_ms));
    cr_expect(le(u64, core_object(h, id).decide_ms, core->now_ms + 7 * DAY_MS));
    cr_expect(gt(u64, core_object(h, id).decide_ms, core->now_ms + 6 * DAY_MS));
}

/* Both ends hold it, as the registry hands packs to all. */
static void
add_pack(const char *text)
{
    static struct sop_findings findings;
    const struct hf_bytes yaml = {(const uint8_t *)text, strlen(text)};
    struct sop_pack **p = &core->pack[core->n_packs++];
    struct hf_hash hash;

    cr_assert(eq(int, (int)sop_pack_load(yaml, &findings, p), HF_OK), "%s",
              findings.item[0].what);
    hf_hash("handoff/1 sop", &yaml, 1, &hash);
    sop_pack_set_hash(*p, &hash);
    cr_assert(sop_book_add(core->book, *p));
}

#define WAITS(words)                                                           \
    "pack: waits\nversion: 1\ntitle: t\nlevel: local\n"                        \
    "effective: { from: 2020-01-01 }\n"                                        \
    "services:\n  - { code: near, family: f, required: [identity] }\n"         \
    "rules:\n  - { id: one, source: own, service: near,"                       \
    " when: { needs: [health.general] } }\ntransfer: " words "\n"

Test(transfer, waits_as_long_as_the_sop_says_at_both_ends)
{
    struct hf_id id;

    add_pack(WAITS("{ request: 48h, query: 10d }"));
    id = request(m, "AT-1");
    cr_expect(eq(u64, core_object(h, id).decide_ms,
                 core_object(m, id).decide_ms));
    cr_expect(le(u64, core_object(h, id).decide_ms, core->now_ms + 2 * DAY_MS));
    id = core_release(h, n, case_id);
    cr_expect(eq(u64, core_object(h, id).report_ms,
                 core_object(n, id).report_ms));
    cr_expect(eq(int, core_event(n, id, EVENT_QUERY, REASON_NOT_ARRIVED), 1));
    core_wait(11 * DAY_MS);
    core_does(n, id, EVENT_QUERY, REASON_NOT_ARRIVED);
}

Test(transfer, waits_as_usual_for_what_an_sop_does_not_say)
{
    struct hf_id id;

    add_pack(WAITS("{ query: 10d }"));
    id = request(m, "AT-1");
    cr_expect(gt(u64, core_object(h, id).decide_ms, core->now_ms + 6 * DAY_MS));
}
