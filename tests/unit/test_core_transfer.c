/* A case's way from one holder to the next: custody is never with two (I-4),
 * what was released is destroyed where it must be, and a hostile side cannot
 * reach a case that is not its own. */
#include "core_fixture.h"
#include "match.h"
#include "parts.h"

static struct core_node *h, *n, *m; /* holder, new holder, a third */
static struct hf_id case_id;

static void
begin(void)
{
    struct consent c = {.state = CONSENT_GIVEN};

    core_begin(3, 1);
    h = &core->node[0];
    n = &core->node[1];
    m = &core->node[2];
    case_id = core_case(h, CATEGORY_ALL);
    core_scope(&c, "all", CATEGORY_ALL & ~(CAT(PROTECTION) | CAT(MHPSS)),
               PURPOSE_BIT(PURPOSE_OFFER) | PURPOSE_BIT(PURPOSE_TRANSFER),
               &h->org, &n->org, &m->org, NULL);
    core_scope(&c, "ask", CAT(HEALTH), PURPOSE_BIT(PURPOSE_ENQUIRY), &m->org,
               NULL);
    (void)core_consent(h, case_id, &c);
}

static bool
is_household(const struct core_node *k, struct hf_id id, struct hf_id want)
{
    const struct node_case c = core_case_of(k, id);

    return hf_id_eq(&c.household, &want);
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

static const struct hf_id nothing;

TestSuite(transfer, .init = begin, .fini = core_end);

static int
offer_to(struct core_node *from, struct hf_id kase, const struct core_node *to,
         uint16_t flags)
{
    struct node_command c = {.type = CMD_TRANSFER_OFFER,
                             .case_id = kase,
                             .to = to->org,
                             .flags = flags};

    return core_ask(from, &c);
}

static struct hf_id
offer(const struct core_node *to)
{
    cr_assert(eq(int, offer_to(h, case_id, to, 0), 0), "%s", h->reply.message);
    core_run();
    return h->reply.id;
}

static struct hf_id
released(const struct core_node *to)
{
    const struct hf_id id = offer(to);

    core_does(core_node_of(&to->org), id, EVENT_ACCEPT, REASON_NONE);
    core_does(h, id, EVENT_RELEASE, REASON_NONE);
    return id;
}

static bool
is_holder(const struct core_node *k)
{
    const struct node_case c = core_case_of(k, case_id);

    return hf_org_eq(&c.holder, &k->org);
}

static unsigned
holders(void)
{
    return is_holder(h) + is_holder(n) + is_holder(m);
}

Test(transfer, moves_custody_and_counts_the_epoch_up)
{
    const struct hf_id id = released(n);

    cr_expect(is_holder(h));
    core_does(n, id, EVENT_ARRIVE, REASON_NONE);
    cr_expect(is_holder(h), "accountable until the other has taken over");
    core_does(h, id, EVENT_HAND_OVER, REASON_NONE);
    expect_state(h, id, STATE_HANDED_OVER);
    expect_state(n, id, STATE_HANDED_OVER);
    cr_expect(is_holder(n));
    cr_expect(eq(uint, holders(), 1));
    cr_expect(eq(u32, core_case_of(h, case_id).epoch, 2));
    cr_expect(eq(u32, core_case_of(n, case_id).epoch, 2));
}

Test(transfer, offers_blind_and_releases_only_what_consent_covers)
{
    (void)offer(n);
    expect_no(core_went("canary"), "an offer carries no section");
    core_lose();
}

Test(transfer, leaves_withheld_categories_with_the_holder)
{
    (void)released(n);
    cr_expect(core_went("identity"));
    expect_no(core_went("\"canary\":\"protection\""));
    expect_no(core_went("\"canary\":\"mhpss\""));
    expect_no(core_holds(n, "\"canary\":\"mhpss\""));
}

Test(transfer, puts_a_sensitive_family_on_the_card_only_with_consent_to_enquire)
{
    const struct hf_id first = offer(n);
    struct hf_id second;

    for (int i = 0; i < CARD_NEEDS_MAX; i++)
        expect_no(hf_name_is(&core_object(n, first).card.need[i], "health"));
    core_does(n, first, EVENT_DECLINE, REASON_NO_CAPACITY);
    second = offer(m);
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
    id = released(n);
    expect_state(n, id, STATE_RELEASED);
    cr_expect(eq(str, core_case_of(n, case_id).number.s, (char *)""));
    expect_no(core_went("AT-1"));
}

Test(transfer, is_declined_and_the_case_may_be_offered_again)
{
    const struct hf_id id = offer(n);

    cr_expect(eq(int, offer_to(h, case_id, m, 0), 1), "one at a time");
    core_does(n, id, EVENT_DECLINE, REASON_NO_CAPACITY);
    expect_state(h, id, STATE_DECLINED);
    cr_expect(eq(int, offer_to(h, case_id, m, 0), 0));
}

Test(transfer, may_be_offered_again_after_a_take_over_was_refused_and_declined)
{
    const struct hf_id id = released(n);

    core_does(n, id, EVENT_ARRIVE, REASON_NONE);
    core_does(h, id, EVENT_HAND_OVER, REASON_NONE);
    cr_assert(is_holder(n), "arrived: taken over by itself");
    core_end();

    /* Nobody travels: the take-over is a command, and a decline that crossed
     * the hand-over counts once the hand-over is refused. */
    begin();
    cr_assert(eq(int, offer_to(h, case_id, n, ENTRY_TRAVEL_NONE), 0));
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
        cr_expect(eq(int, offer_to(h, case_id, m, 0), 0), "%s",
                  h->reply.message);
    }
}

Test(transfer, destroys_everything_when_it_is_withdrawn)
{
    const struct hf_id id = released(n);

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
    const struct hf_id one = released(n);
    struct hf_id two;

    cr_assert(eq(int, core_event(n, one, EVENT_ARRIVE, REASON_NONE), 0));
    core_lose(); /* it will be sent again, weeks later */
    cr_assert(eq(int, core_event(h, one, EVENT_NOT_DEPARTED, REASON_NONE), 0));
    core_lose();
    expect_state(h, one, STATE_VOID);
    two = released(m);
    core_does(m, two, EVENT_ARRIVE, REASON_NONE);
    core_wait(60 * DAY_MS);
    expect_state(h, one, STATE_ARRIVED);
    (void)core_event(h, one, EVENT_HAND_OVER, REASON_NONE);
    core_run();
    (void)core_event(h, two, EVENT_HAND_OVER, REASON_NONE);
    core_run();
    cr_expect(eq(uint, holders(), 1));
    cr_expect(is_holder(m), "the transfer that is open is the one that counts");
}

Test(transfer, leaves_one_holder_when_the_giver_is_restored)
{
    struct hf_id id;

    core_backup(h);
    id = released(n);
    core_does(n, id, EVENT_ARRIVE, REASON_NONE);
    core_does(h, id, EVENT_HAND_OVER, REASON_NONE);
    cr_assert(is_holder(n));
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
    id = released(n);
    core_does(n, id, EVENT_ARRIVE, REASON_NONE);
    core_does(h, id, EVENT_HAND_OVER, REASON_NONE);
    core->has_no_prekey[3] = true; /* it never had a node */
    core_restore(h, true);
    cr_expect(is_holder(h), "as far as it knows");
    cr_expect(eq(int, offer_to(h, case_id, m, 0), 75));
    cr_expect(eq(str, h->reply.code, "awaits_copy"));
    core_run();
    cr_expect(eq(int, offer_to(h, case_id, m, 0), 1));
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
    cr_expect(eq(int, offer_to(h, case_id, m, 0), 75));
    core_run(); /* n was asked again */
    cr_expect(eq(int, offer_to(h, case_id, m, 0), 75));
    core_run(); /* and m */
    cr_expect(eq(int, offer_to(h, case_id, m, 0), 0), "%s", h->reply.message);
}

Test(transfer, does_not_wait_for_who_is_suspended)
{
    core_backup(h);
    core->org[1].status = MEMBER_SUSPENDED;
    core->has_no_prekey[3] = true;
    core_restore(h, true);
    core_run();
    cr_expect(eq(int, offer_to(h, case_id, m, 0), 0), "%s", h->reply.message);
}

Test(transfer, is_not_taken_over_without_the_case)
{
    struct core_forger f;
    struct hf_id id;

    cr_assert(eq(int, offer_to(h, case_id, n, ENTRY_TRAVEL_NONE), 0));
    core_run();
    id = h->reply.id;
    core_does(n, id, EVENT_ACCEPT, REASON_NONE);
    f = core_forge(OBJECT_TRANSFER, id, &h->org, &n->org);
    core_forge_after(&f, n);
    core_forge_entry(&f,
                     (struct entry){.event = EVENT_RELEASE,
                                    .seen = 1,
                                    .seen_hash = core_seen(n, id, SIDE_SECOND,
                                                           1)},
                     NULL);
    core_forge_entry(&f,
                     (struct entry){.event = EVENT_HAND_OVER,
                                    .seen = 1,
                                    .seen_hash = core_seen(n, id, SIDE_SECOND,
                                                           1)},
                     NULL);
    core_forge_send(&f, n, &h->org);
    expect_state(n, id, STATE_HANDING_OVER);
    cr_expect(ne(int, core_event(n, id, EVENT_TAKE_OVER, REASON_NONE), 0),
              "custody of nothing");
    core_forge_end(&f);
}

/* ---- hostile ---- */

/* A release by m of a case that n holds. */
static void
forge_release(struct core_forger *f, struct hf_id stolen, uint32_t epoch)
{
    uint8_t head[CASE_HEAD_BYTES + PARTS_FACTS_BYTES] = {0};
    uint8_t proof[PROOF_BYTES(PROOF_ITEMS_MAX)];
    const struct case_head h0 = {.id = stolen, .epoch = epoch, .origin = "AF",
                                 .host = "AT", .stage = STAGE_PRE_DEPARTURE};
    const struct proof p = {.consent = {{9}},
                            .version = 1,
                            .n = 1,
                            .item = {{.scope = {"x"},
                                      .categories = CATEGORY_ALL,
                                      .purposes =
                                          PURPOSE_BIT(PURPOSE_TRANSFER)}}};
    struct body b = {.n = 0};

    case_head_pack(&h0, head);
    core_part(&b, PART_PROOF, CATEGORY_NONE, proof, proof_pack(&p, proof));
    core_part(&b, PART_SECTION, CATEGORY_IDENTITY, "{\"x\":\"forged\"}", 14);
    core_part(&b, PART_CASE, CATEGORY_NONE, head, sizeof(head));
    core_forge_entry(f,
                     (struct entry){.event = EVENT_RELEASE,
                                    .seen = 1,
                                    .seen_hash =
                                        core_seen(n, f->c.u.push.object,
                                                  SIDE_SECOND, 1)},
                     &b);
}

Test(transfer, cannot_take_a_case_from_its_holder_by_releasing_it_again)
{
    const struct hf_id one = released(n), evil = {{0x66}};
    struct core_forger f = core_forge(OBJECT_TRANSFER, evil, &m->org, &n->org);

    core_does(n, one, EVENT_ARRIVE, REASON_NONE);
    core_does(h, one, EVENT_HAND_OVER, REASON_NONE);
    cr_assert(is_holder(n));
    core_forge_entry(&f, (struct entry){.event = EVENT_OFFER}, NULL);
    core_forge_send(&f, n, &m->org);
    cr_assert(eq(int, core_event(n, evil, EVENT_ACCEPT, REASON_NONE), 0));
    forge_release(&f, case_id, 7);
    core_forge_send(&f, n, &m->org);
    cr_expect(is_holder(n), "custody moved by a forged release");
    expect_no(core_holds(n, "forged"));
    expect_state(n, evil, STATE_DECLINED);
    cr_expect(core_holds(n, "\"canary\":\"identity\""));
    core_forge_end(&f);
}

Test(transfer, survives_terms_of_another_family_in_the_offer)
{
    struct node_command c = {.type = CMD_TRANSFER_REQUEST,
                             .to = m->org,
                             .number = core_name("AT-9")};
    const struct terms t = {.family = {"health"}, .urgency = URGENCY_NORMAL};
    uint8_t packed[TERMS_BYTES];
    struct body b = {.n = 0};
    struct core_forger f;

    core_do(n, &c);
    f = core_forge(OBJECT_TRANSFER, n->reply.id, &m->org, &n->org);
    terms_pack(&t, packed);
    core_part(&b, PART_TERMS, CATEGORY_NONE, packed, sizeof(packed));
    core_forge_entry(&f,
                     (struct entry){.event = EVENT_OFFER,
                                    .seen = 1,
                                    .seen_hash =
                                        core_seen(n, n->reply.id, SIDE_SECOND,
                                                  1)},
                     &b);
    core_forge_send(&f, n, &m->org);
    expect_state(n, n->reply.id, STATE_OFFERED);
    core_forge_end(&f);
}

Test(transfer, takes_travel_none_from_the_holders_offer_alone)
{
    const struct hf_id id = offer(n);
    struct core_forger f = core_forge(OBJECT_TRANSFER, id, &n->org, &h->org);

    core_forge_entry(&f,
                     (struct entry){.event = EVENT_OFFER,
                                    .flags = ENTRY_TRAVEL_NONE},
                     NULL);
    core_forge_send(&f, h, &n->org);
    cr_expect(eq(u16, core_object(h, id).flags & ENTRY_TRAVEL_NONE, 0));
    core_forge_end(&f);
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
    cr_expect(eq(int, offer_to(h, case_id, m, 0), 0));
    core_run();
    expect_state(m, id, STATE_OFFERED);
    cr_expect(hf_id_eq(&h->reply.id, &id), "it answers the request");
}

Test(transfer, changes_nothing_when_an_amendment_is_refused)
{
    const struct hf_id id = released(n);
    struct node_command c = core_event_cmd(id, EVENT_AMEND, REASON_NONE);

    c.sections = CAT(MHPSS);
    c.section[CATEGORY_MHPSS] = core_text("{\"x\":\"newer\"}");
    cr_expect(eq(int, core_ask(h, &c), 1), "consent does not cover it");
    expect_no(core_holds(h, "newer"));
    cr_expect(core_holds(h, "\"canary\":\"mhpss\""));
}

Test(transfer, declines_what_its_gate_refused_also_when_departed_came_with_it)
{
    const struct hf_id id = offer(n);
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
    id = released(n);
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

/* ---- there and back ---- */

static struct hf_id
handed_over(struct core_node *from, struct core_node *to)
{
    struct hf_id id;

    cr_assert(eq(int, offer_to(from, case_id, to, 0), 0), "%s",
              from->reply.message);
    core_run();
    id = from->reply.id;
    core_does(to, id, EVENT_ACCEPT, REASON_NONE);
    core_does(from, id, EVENT_RELEASE, REASON_NONE);
    core_does(to, id, EVENT_ARRIVE, REASON_NONE);
    core_does(from, id, EVENT_HAND_OVER, REASON_NONE);
    expect_state(to, id, STATE_HANDED_OVER);
    return id;
}

static int
open_transfer(const struct core_node *k)
{
    const struct node_case c = core_case_of(k, case_id);

    return !hf_id_is_zero(&c.open_transfer);
}

static void
set_section(struct core_node *k, enum category c, const char *json)
{
    struct node_command cmd = {.type = CMD_CASE_SET,
                               .case_id = case_id,
                               .sections = CATEGORY_BIT(c)};

    cmd.section[c] = core_text(json);
    core_do(k, &cmd);
}

static bool
section_is(struct core_node *k, enum category c, const char *json)
{
    struct hf_bytes b;

    return section_get(k->env.view, &case_id, c, &b) &&
           b.n == strlen(json) && memcmp(b.p, json, b.n) == 0;
}

Test(transfer, back_counts_the_epoch_on_and_brings_what_is_newer)
{
    (void)handed_over(h, n);
    set_section(n, CATEGORY_PLAN, "{\"plan\":\"of n\"}");
    (void)handed_over(n, h);
    cr_expect(is_holder(h));
    cr_expect(eq(uint, holders(), 1));
    cr_expect(eq(u32, core_case_of(h, case_id).epoch, 3));
    cr_expect(eq(u32, core_case_of(n, case_id).epoch, 3));
    cr_expect(section_is(h, CATEGORY_PLAN, "{\"plan\":\"of n\"}"));
    cr_expect(section_is(h, CATEGORY_MHPSS, "{\"canary\":\"mhpss\"}"),
              "what it never gave away is there still");
}

Test(transfer, back_that_comes_to_nothing_takes_nothing_that_was_here_before)
{
    struct hf_id id;

    (void)handed_over(h, n);
    set_section(n, CATEGORY_PLAN, "{\"plan\":\"of n\"}");
    cr_assert(eq(int, offer_to(n, case_id, h, 0), 0));
    core_run();
    id = n->reply.id;
    core_does(h, id, EVENT_ACCEPT, REASON_NONE);
    core_does(n, id, EVENT_RELEASE, REASON_NONE);
    cr_expect(core_holds(h, "of n"), "beside the transfer");
    cr_expect(section_is(h, CATEGORY_PLAN, "{\"canary\":\"plan\"}"));
    core_does(n, id, EVENT_WITHDRAW, REASON_MADE_IN_ERROR);
    expect_state(h, id, STATE_RECALLED);
    cr_expect(eq(uint, core_object(h, id).erase_answered, 1));
    expect_no(core_holds(h, "of n"));
    cr_expect(section_is(h, CATEGORY_PLAN, "{\"canary\":\"plan\"}"));
    cr_expect(section_is(h, CATEGORY_MHPSS, "{\"canary\":\"mhpss\"}"));
    cr_expect(zero(int, open_transfer(h)));
    cr_expect(is_holder(n));
    (void)handed_over(n, h);
    cr_expect(is_holder(h));
}

Test(transfer, release_and_amendment_in_one_envelope_are_both_kept)
{
    const struct hf_id id = offer(n);
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
    cr_expect(section_is(n, CATEGORY_SKILLS, "{\"x\":\"amended\"}"));
    cr_expect(section_is(n, CATEGORY_PLAN, "{\"canary\":\"plan\"}"));
}

Test(transfer, back_brings_what_is_left_when_some_was_withdrawn_meanwhile)
{
    struct hf_id id;

    (void)handed_over(h, n);
    set_section(n, CATEGORY_PLAN, "{\"plan\":\"of n\"}");
    cr_assert(eq(int, offer_to(n, case_id, h, 0), 0));
    core_run();
    id = n->reply.id;
    core_does(h, id, EVENT_ACCEPT, REASON_NONE);
    core_does(n, id, EVENT_RELEASE, REASON_NONE);
    cr_assert(eq(int, core_withdraw(n, case_id, "ask", true), 0));
    core_run();
    core_does(h, id, EVENT_ARRIVE, REASON_NONE);
    core_does(n, id, EVENT_HAND_OVER, REASON_NONE);
    expect_state(h, id, STATE_HANDED_OVER);
    cr_expect(section_is(h, CATEGORY_PLAN, "{\"plan\":\"of n\"}"));
}

/* ---- after a restore ---- */

Test(transfer, restored_giver_reads_and_does_not_write_until_all_have_answered)
{
    struct node_command set = {.type = CMD_CASE_SET, .sections = CAT(PLAN)};
    struct hf_id fresh;

    core_backup(h);
    (void)handed_over(h, n);
    core_restore(h, true);
    set.case_id = case_id;
    set.section[CATEGORY_PLAN] = core_text("{}");
    cr_expect(eq(int, core_ask(h, &set), 75), "it may be n's by now");
    cr_expect(section_is(h, CATEGORY_PLAN, "{\"canary\":\"plan\"}"));
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

Test(transfer, supplement_never_takes_the_place_of_what_is_newer)
{
    const struct hf_id id = handed_over(h, n);

    set_section(n, CATEGORY_HEALTH, "{\"x\":\"newer\"}");
    supplement(h, id, CATEGORY_HEALTH, "{\"x\":\"late\"}");
    cr_expect(section_is(n, CATEGORY_HEALTH, "{\"x\":\"newer\"}"));
    cr_expect(core_holds(n, "late"), "it lies beside the transfer");
}

Test(transfer, supplement_back_needs_consent_to_feedback)
{
    const struct hf_id id = handed_over(h, n);
    struct node_command c = core_event_cmd(id, EVENT_SUPPLEMENT, REASON_NONE);

    c.sections = CAT(PLAN);
    c.section[CATEGORY_PLAN] = core_text("{\"x\":\"back\"}");
    cr_expect(eq(int, core_ask(n, &c), 1));
    cr_expect(eq(str, n->reply.code, (char *)"no_consent"));
    c.sections = 0;
    c.text = core_text("arrived well");
    cr_expect(eq(int, core_ask(n, &c), 1), "words, too");
}

Test(transfer, supplement_goes_back_within_consent_and_is_erased_with_it)
{
    struct consent c = {.state = CONSENT_GIVEN};
    struct hf_id id;

    case_id = core_case(h, CATEGORY_ALL);
    core_scope(&c, "all", CAT(PLAN) | CAT(IDENTITY),
               PURPOSE_BIT(PURPOSE_OFFER) | PURPOSE_BIT(PURPOSE_TRANSFER) |
                   PURPOSE_BIT(PURPOSE_FEEDBACK),
               &h->org, &n->org, NULL);
    (void)core_consent(h, case_id, &c);
    id = handed_over(h, n);
    supplement(n, id, CATEGORY_PLAN, "{\"x\":\"back\"}");
    cr_expect(core_holds(h, "back"));
    cr_expect(section_is(h, CATEGORY_PLAN, "{\"canary\":\"plan\"}"),
              "our own record stays as it was");
    cr_assert(eq(int, core_withdraw(n, case_id, NULL, true), 0));
    core_run();
    expect_no(core_holds(h, "\"back\""));
}

/* ---- custody that both signed ---- */

Test(transfer, both_sign_the_same_custody)
{
    const struct hf_id id = handed_over(h, n);
    const struct node_object o = core_object(h, id);
    struct hf_hash tag;
    struct part p;

    registry_custody_tag(&case_id, 1, &tag);
    cr_assert(body_part_get(h->env.view, &id, SIDE_FIRST, o.n[SIDE_FIRST], 0,
                            &p));
    cr_expect(eq(int, (int)p.type, PART_CUSTODY));
    cr_expect(zero(int, memcmp(p.bytes.p, tag.b, HF_HASH_BYTES)));
    cr_assert(body_part_get(h->env.view, &id, SIDE_SECOND, o.n[SIDE_SECOND],
                            0, &p));
    cr_expect(eq(int, (int)p.type, PART_CUSTODY));
    cr_expect(zero(int, memcmp(p.bytes.p, tag.b, HF_HASH_BYTES)));
}

Test(transfer, of_another_custody_is_not_taken_over)
{
    const struct hf_id id = released(n);
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
    expect_no(is_holder(n));
    core_forge_end(&f);
}

Test(transfer, asks_where_the_person_is_only_after_a_month)
{
    const struct hf_id id = released(n);

    cr_expect(eq(int, core_event(n, id, EVENT_QUERY, REASON_NOT_ARRIVED), 1));
    cr_expect(eq(str, n->reply.code, (char *)"too_early"));
    core_wait(31 * DAY_MS);
    core_does(n, id, EVENT_QUERY, REASON_NOT_ARRIVED);
    expect_state(h, id, STATE_RELEASED);
}

/* ---- one person, two cases ---- */

static struct hf_id
case_named(struct core_node *k, const char *json, const char *number)
{
    struct node_command c = {.type = CMD_CASE_NEW,
                             .sections = CAT(IDENTITY)};

    c.number = core_name(number);
    c.section[CATEGORY_IDENTITY] = core_text(json);
    core_do(k, &c);
    return k->reply.id;
}

static bool
looks_double(struct core_node *k, struct hf_id id)
{
    const struct node_case c = core_case_of(k, id);

    return match_is_open(k->env.view, &c);
}

Test(transfer, finds_a_person_again_however_the_name_is_written)
{
    static const char *const same[] = {
        "{\"given_name\":\"Zahr\\u00e2\",\"family_name\":\"AHMADI\","
        "\"birth_date\":\"1994-05-02\",\"sex\":\"female\"}",
        "{\"sex\":\"female\",\"x\":[{\"name\":\"no\"}],"
        "\"name\":\"Ahmadi, Zahra\",\"birth_date\":\"1994\"}"};
    static const char *const arabic[] = {
        "{\"name\":\"\u0623\u062d\u0645\u064e\u062f\u064a "
        "\u0641\u0627\u0637\u0645\u0629\",\"birth_date\":\"1990~\"}",
        "{\"given_name\":\"\u0641\u0627\u0637\u0645\u0647\","
        "\"family_name\":\"\u0627\u062d\u0645\u062f\u06cc\","
        "\"birth_date\":\"1990-01-01\"}"};
    struct hf_id a = case_named(m, same[0], "M-1"),
                 b = case_named(m, same[1], "M-2"),
                 c = case_named(m, arabic[0], "M-3"), d;

    cr_expect(looks_double(m, a));
    cr_expect(looks_double(m, b));
    expect_no(looks_double(m, c));
    d = case_named(m, arabic[1], "M-4");
    cr_expect(looks_double(m, c));
    cr_expect(looks_double(m, d));
}

Test(transfer, says_at_receipt_that_a_number_is_known_and_is_told_which)
{
    const struct hf_id own = case_named(n, "{\"name\":\"Somebody Else\"}",
                                        "AT-1");
    struct node_command say = {.type = CMD_CASE_PAIR,
                               .case_id = own,
                               .other_id = case_id};

    expect_no(looks_double(n, own));
    (void)released(n);
    cr_expect(eq(uint, core_alarms(n, "duplicate_found"), 1));
    cr_expect(looks_double(n, own));
    cr_expect(looks_double(n, case_id));
    core_do(n, &say);
    expect_no(looks_double(n, own), "two persons");
    expect_no(looks_double(n, case_id));
    cr_expect(eq(str, core_case_of(n, own).number.s, (char *)"AT-1"),
              "nothing is merged");
}

Test(transfer, holds_no_name_in_its_index)
{
    const struct node_view *v = m->env.view;
    struct hf_bytes key = {NULL, 0}, value;
    unsigned n = 0;
    uint8_t from[64] = {0};

    (void)case_named(m, "{\"name\":\"Plainword Otherword\"}", "M-1");
    while (v->seek(v->ctx, NODE_MATCHES,
                   (struct hf_bytes){from, key.n == 0 ? 0 : key.n + 1}, &key,
                   &value)) {
        cr_expect(eq(sz, key.n, HF_HASH_BYTES + HF_ID_BYTES));
        cr_expect(eq(sz, value.n, HF_ID_BYTES));
        cr_assert(lt(sz, key.n, sizeof(from)));
        memcpy(from, key.p, key.n);
        n++;
    }
    cr_expect(eq(uint, n, 2), "by number and by name");
}

/* ---- households ---- */

Test(transfer, household_travels_as_a_mark_and_members_stay_apart)
{
    struct consent con = {.state = CONSENT_GIVEN};
    const struct hf_id second = core_case(h, CAT(IDENTITY) | CAT(SKILLS));
    struct node_command link = {.type = CMD_CASE_LINK, .n_cases = 2};
    const struct hf_id first = case_id;
    struct hf_id household, a, b;

    core_scope(&con, "all", CAT(IDENTITY) | CAT(SKILLS),
               PURPOSE_BIT(PURPOSE_OFFER) | PURPOSE_BIT(PURPOSE_TRANSFER),
               &n->org, NULL);
    (void)core_consent(h, second, &con);
    link.cases[0] = first;
    link.cases[1] = second;
    core_do(h, &link);
    household = h->reply.id;
    cr_expect(is_household(h, second, household));
    a = released(n);
    case_id = second;
    b = released(n);
    cr_expect(is_household(n, first, household));
    cr_expect(is_household(n, second, household));
    /* what one withdraws is not the other's business */
    cr_assert(eq(int, core_withdraw(h, first, NULL, true), 0));
    core_run();
    expect_state(n, a, STATE_RECALLED);
    expect_state(n, b, STATE_RELEASED);
    cr_expect(section_is(n, CATEGORY_SKILLS, "{\"canary\":\"skills\"}"));
    cr_expect(is_household(n, second, household));
}

Test(transfer, household_is_linked_whole_or_not_at_all_and_may_split)
{
    struct node_command link = {.type = CMD_CASE_LINK, .n_cases = 2};
    const struct hf_id second = core_case(h, CAT(IDENTITY));

    link.cases[0] = case_id;
    link.cases[1] = (struct hf_id){{7}};
    cr_expect(eq(int, core_ask(h, &link), 66));
    cr_expect(is_household(h, case_id, nothing));
    link.n_cases = 1;
    cr_expect(eq(int, core_ask(h, &link), 64), "alone is no household");
    link.n_cases = 2;
    link.cases[1] = second;
    core_do(h, &link);
    link.is_apart = true;
    link.n_cases = 1;
    core_do(h, &link);
    cr_expect(is_household(h, case_id, nothing));
    cr_expect(hf_id_is_zero(&h->reply.id));
}

Test(transfer, back_is_held_again_by_who_was_restored_to_before_both)
{
    core_backup(h);
    (void)handed_over(h, n);
    (void)handed_over(n, h);
    core_restore(h, true);
    core_wait(40 * DAY_MS);
    cr_expect(is_holder(h));
    cr_expect(eq(uint, holders(), 1));
    cr_expect(eq(u32, core_case_of(h, case_id).epoch, 3));
}

Test(transfer, back_is_held_again_by_who_was_restored_to_between)
{
    (void)handed_over(h, n);
    core_backup(h);
    (void)handed_over(n, h);
    core_restore(h, true);
    core_wait(40 * DAY_MS);
    cr_expect(is_holder(h));
    cr_expect(eq(uint, holders(), 1));
    cr_expect(eq(u32, core_case_of(h, case_id).epoch, 3));
}
