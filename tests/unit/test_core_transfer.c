/* A case's way from one holder to the next: custody is never with two (I-4),
 * what was released is destroyed where it must be, and a hostile side cannot
 * reach a case that is not its own. */
#include "core_fixture.h"

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
    uint8_t head[CASE_HEAD_BYTES + 113] = {0};
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
