/* A hostile side of a transfer cannot reach a case that is not its own, nor
 * make of an offer what it is not. */
#include "core_fixture.h"
#include "parts.h"

static struct core_node *h, *n, *m; /* holder, new holder, a third */
static struct hf_id case_id;

static void
begin(void)
{
    case_id = core_begin_custody(&h, &n, &m);
}

TestSuite(transfer_hostile, .init = begin, .fini = core_end);

Test(transfer_hostile, is_not_taken_over_without_the_case)
{
    struct core_forger f;
    struct hf_id id;

    cr_assert(eq(int, core_try_offer(h, n, case_id, ENTRY_TRAVEL_NONE), 0));
    core_run();
    id = h->reply.id;
    core_does(n, id, EVENT_ACCEPT, REASON_NONE);
    f = core_forge(OBJECT_TRANSFER, id, &h->org, &n->org);
    core_forge_after(&f, n);
    core_forge_entry(
        &f,
        (struct entry){.event = EVENT_RELEASE,
                       .seen = 1,
                       .seen_hash = core_seen(n, id, SIDE_SECOND, 1)},
        NULL);
    core_forge_entry(
        &f,
        (struct entry){.event = EVENT_HAND_OVER,
                       .seen = 1,
                       .seen_hash = core_seen(n, id, SIDE_SECOND, 1)},
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
    const struct case_head h0 = {.id = stolen,
                                 .epoch = epoch,
                                 .origin = "AF",
                                 .host = "AT",
                                 .stage = STAGE_PRE_DEPARTURE};
    const struct proof p = {
        .consent = {{9}},
        .version = 1,
        .n = 1,
        .item = {{.scope = {"x"},
                  .categories = CATEGORY_ALL,
                  .purposes = PURPOSE_BIT(PURPOSE_TRANSFER)}}};
    struct body b = {.n = 0};

    case_head_pack(&h0, head);
    core_part(&b, PART_PROOF, CATEGORY_NONE, proof, proof_pack(&p, proof));
    core_part(&b, PART_SECTION, CATEGORY_IDENTITY, "{\"x\":\"forged\"}", 14);
    core_part(&b, PART_CASE, CATEGORY_NONE, head, sizeof(head));
    core_forge_entry(f,
                     (struct entry){.event = EVENT_RELEASE,
                                    .seen = 1,
                                    .seen_hash = core_seen(
                                        n, f->c.u.push.object, SIDE_SECOND, 1)},
                     &b);
}

Test(transfer_hostile, cannot_take_a_case_from_its_holder_by_releasing_it_again)
{
    const struct hf_id one = core_release(h, n, case_id), evil = {{0x66}};
    struct core_forger f = core_forge(OBJECT_TRANSFER, evil, &m->org, &n->org);

    core_does(n, one, EVENT_ARRIVE, REASON_NONE);
    core_does(h, one, EVENT_HAND_OVER, REASON_NONE);
    cr_assert(core_is_holder(n, case_id));
    core_forge_entry(&f, (struct entry){.event = EVENT_OFFER}, NULL);
    core_forge_send(&f, n, &m->org);
    cr_assert(eq(int, core_event(n, evil, EVENT_ACCEPT, REASON_NONE), 0));
    forge_release(&f, case_id, 7);
    core_forge_send(&f, n, &m->org);
    cr_expect(core_is_holder(n, case_id), "custody moved by a forged release");
    expect_no(core_holds(n, "forged"));
    expect_state(n, evil, STATE_DECLINED);
    cr_expect(core_holds(n, "\"canary\":\"identity\""));
    core_forge_end(&f);
}

Test(transfer_hostile, survives_terms_of_another_family_in_the_offer)
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
    core_forge_entry(
        &f,
        (struct entry){.event = EVENT_OFFER,
                       .seen = 1,
                       .seen_hash = core_seen(n, n->reply.id, SIDE_SECOND, 1)},
        &b);
    core_forge_send(&f, n, &m->org);
    expect_state(n, n->reply.id, STATE_OFFERED);
    core_forge_end(&f);
}

Test(transfer_hostile, takes_travel_none_from_the_holders_offer_alone)
{
    const struct hf_id id = core_offer(h, n, case_id);
    struct core_forger f = core_forge(OBJECT_TRANSFER, id, &n->org, &h->org);

    core_forge_entry(
        &f, (struct entry){.event = EVENT_OFFER, .flags = ENTRY_TRAVEL_NONE},
        NULL);
    core_forge_send(&f, h, &n->org);
    cr_expect(eq(u16, core_object(h, id).flags & ENTRY_TRAVEL_NONE, 0));
    core_forge_end(&f);
}
