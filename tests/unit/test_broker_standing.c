/* Unit tests of broker/core: what the registry says of members and brokers, or
 * does not say any more, and who may send each other what. */
#include "broker_fixture.h"

TestSuite(broker_standing, .init = begin, .fini = end);

Test(broker_standing, suspended_members_get_and_send_urgent_and_small_only)
{
    struct broker_item it[2];

    it[0] = envelope("north", "hub", LANE_NORMAL, 60000);
    it[1] = envelope("north", "hub", LANE_URGENT, 60000);
    reg.orgs[1].status = MEMBER_SUSPENDED;
    feed((struct broker_event){.type = BROKER_REGISTRY, .registry = &reg});
    link_up(NORTH, "north", false, false);
    submit(NORTH, 1, it, 2);
    commit(HF_OK);
    cr_expect(eq(int, code_of(NORTH, 0), CUSTODY_NO_ROUTE));
    cr_expect(eq(int, code_of(NORTH, 1), CUSTODY_TAKEN));
    link_up(HUB, "hub", false, false);
    fetch(HUB, 10);
    cr_expect(find_told(BROKER_DO_DELIVER, HUB) >= 0);
}

/* Nobody has vouched for the registry for so long that a suspension may have
 * been held back: what a person is owed passes, the rest waits at its sender,
 * and what was taken before is delivered (its recipient keeps it unopened). */
Test(broker_standing, on_a_stale_registry_takes_only_what_a_person_is_owed)
{
    struct broker_item it[4];
    struct shelf_doc prekey = {.kind = SHELF_PREKEY, .version = 1};
    struct shelf_doc services = {.kind = SHELF_SERVICES, .version = 1};
    struct broker_stats stats;

    link_up(NORTH, "north", false, false);
    it[0] = envelope("north", "hub", LANE_NORMAL, 60000);
    submit(NORTH, 1, it, 1);
    commit(HF_OK);
    cr_expect(eq(int, code_of(NORTH, 0), CUSTODY_TAKEN));

    reg.expires_ms[REGISTRY_ORGS] = wall_ms;
    it[0] = envelope("north", "hub", LANE_NORMAL, 60000);
    it[1] = envelope("north", "hub", LANE_URGENT, 60000);
    it[2] = envelope("north", "south", LANE_URGENT, 60000);
    it[3] =
        envelope_of("north", "hub", LANE_URGENT, 60000, ENVELOPE_SMALL_MAX + 1);
    submit(NORTH, 2, it, 4);
    commit(HF_OK);
    cr_expect(eq(int, code_of(NORTH, 0), CUSTODY_STALE));
    cr_expect(eq(int, code_of(NORTH, 1), CUSTODY_TAKEN));
    cr_expect(eq(int, code_of(NORTH, 2), CUSTODY_TAKEN));
    cr_expect(eq(int, code_of(NORTH, 3), CUSTODY_STALE));
    broker_stats(core, &stats);
    cr_expect(stats.is_stale);

    link_up(HUB, "hub", false, false);
    fetch(HUB, 10);
    cr_expect(eq(sz, count_told(BROKER_DO_DELIVER), 2),
              "the urgent one, and what was taken before");

    prekey.owner = services.owner = fixture_org("north");
    feed((struct broker_event){
        .type = BROKER_SHELF, .link = NORTH, .doc = &services});
    cr_expect(eq(sz, n_unsaved, 0));
    feed((struct broker_event){
        .type = BROKER_SHELF, .link = NORTH, .doc = &prekey});
    cr_expect(eq(sz, n_unsaved, 1), "withdrawals are sealed to prekeys");

    reg.expires_ms[REGISTRY_ORGS] = UINT64_MAX;
    submit(NORTH, 3, it, 1);
    commit(HF_OK);
    cr_expect(eq(int, code_of(NORTH, 0), CUSTODY_TAKEN), "nothing was lost");
}

Test(broker_standing, on_a_stale_registry_counts_what_passes)
{
    struct broker_conf conf = small_conf();
    struct broker_item it[3];

    broker_free(core);
    free(reg.orgs);
    reg = (struct registry){0};
    conf.restricted_count = 1;
    begin_with(&conf);
    link_up(NORTH, "north", false, false);
    for (int i = 0; i < 3; i++)
        it[i] = envelope("north", "hub", LANE_URGENT, 60000);
    submit(NORTH, 1, it, 2);
    commit(HF_OK);
    cr_expect(eq(int, code_of(NORTH, 1), CUSTODY_TAKEN));
    reg.expires_ms[REGISTRY_ROOT] = wall_ms;
    it[0] = envelope("north", "hub", LANE_URGENT, 60000);
    submit(NORTH, 2, it, 3);
    commit(HF_OK);
    cr_expect(eq(int, code_of(NORTH, 0), CUSTODY_TAKEN),
              "what went before does not count");
    cr_expect(eq(int, code_of(NORTH, 2), CUSTODY_QUOTA));
}

/* A peer broker that holds a stale registry has not refused for good. */
Test(broker_standing, what_a_stale_peer_refuses_is_sent_again)
{
    struct frame_custody c = {.batch = 1, .n = 1};
    struct broker_item it = envelope("north", "south", LANE_NORMAL, 60000);

    link_up(NORTH, "north", false, false);
    link_up(AF, "af", true, true);
    submit(NORTH, 1, &it, 1);
    commit(HF_OK);
    cr_assert(find_told(BROKER_DO_SUBMIT, AF) >= 0);
    c.item[0].envelope = it.h.id;
    c.item[0].code = CUSTODY_STALE;
    c.batch = told[find_told(BROKER_DO_SUBMIT, AF)].batch;
    n_told = 0;
    feed((struct broker_event){
        .type = BROKER_CUSTODY, .link = AF, .custody = &c});
    cr_expect(lt(int, find_told(BROKER_DO_NOTICE, 0), 0));
    now_ms += 6000;
    tick();
    cr_expect(find_told(BROKER_DO_SUBMIT, AF) >= 0);
}

Test(broker_standing, who_may_send_each_other_nothing_has_withdrawals_only)
{
    struct broker_item it[2];
    struct registry_flow *in = &reg.orgs[1].may_receive;
    struct registry_flow *out = &reg.orgs[1].may_send;

    link_up(NORTH, "north", false, false);
    *in = *out =
        (struct registry_flow){.is_limited = true, .families = UINT64_MAX};
    it[0] = envelope("north", "hub", LANE_NORMAL, 60000);
    it[1] = envelope("north", "hub", LANE_URGENT, 60000);
    submit(NORTH, 1, it, 2);
    commit(HF_OK);
    cr_expect(eq(int, code_of(NORTH, 0), CUSTODY_NO_ROUTE));
    cr_expect(eq(int, code_of(NORTH, 1), CUSTODY_TAKEN));

    /* What the hub sends may be answered. */
    out->objects = REGISTRY_OBJECT_BIT(OBJECT_REFERRAL);
    out->families = 1;
    submit(NORTH, 2, it, 1);
    commit(HF_OK);
    cr_expect(eq(int, code_of(NORTH, 0), CUSTODY_TAKEN));

    /* But not when they have no family of services in common. */
    reg.orgs[3].may_receive = (struct registry_flow){
        .is_limited = true, .objects = out->objects, .families = 2};
    it[0] = envelope("north", "hub", LANE_NORMAL, 60000);
    submit(NORTH, 3, it, 1);
    commit(HF_OK);
    cr_expect(eq(int, code_of(NORTH, 0), CUSTODY_NO_ROUTE));

    reg.orgs[1].duties = DUTY_BIT(DUTY_FIGURES);
    submit(NORTH, 4, it, 1);
    commit(HF_OK);
    cr_expect(eq(int, code_of(NORTH, 0), CUSTODY_TAKEN),
              "figures go to the committee");
}

Test(broker_standing, counts_what_suspended_members_get)
{
    struct broker_conf conf = small_conf();
    struct broker_item it[2];

    broker_free(core);
    free(reg.orgs);
    reg = (struct registry){0};
    conf.restricted_count = 1;
    begin_with(&conf);
    reg.orgs[1].status = MEMBER_LEFT;
    feed((struct broker_event){.type = BROKER_REGISTRY, .registry = &reg});
    it[0] = envelope("north", "hub", LANE_URGENT, 60000);
    it[1] = envelope("north", "hub", LANE_URGENT, 60000);
    link_up(NORTH, "north", false, false);
    submit(NORTH, 1, it, 2);
    commit(HF_OK);
    cr_expect(eq(int, code_of(NORTH, 0), CUSTODY_TAKEN));
    cr_expect(eq(int, code_of(NORTH, 1), CUSTODY_QUOTA));
}

Test(broker_standing, a_suspended_broker_has_no_link_and_is_sent_nothing)
{
    struct broker_item it[1];

    reg.broker[0].is_suspended = true;
    feed((struct broker_event){.type = BROKER_REGISTRY, .registry = &reg});
    link_up(70, "af", true, false);
    cr_expect(find_told(BROKER_DO_CLOSE, 70) >= 0);
    it[0] = envelope("north", "south", LANE_URGENT, 60000);
    link_up(NORTH, "north", false, false);
    submit(NORTH, 1, it, 1);
    commit(HF_OK);
    cr_expect(eq(int, code_of(NORTH, 0), CUSTODY_NO_ROUTE), "south is at af");
}

Test(broker_standing, closes_the_link_of_who_leaves_the_registry)
{
    link_up(NORTH, "north", false, false);
    reg.orgs[3] = reg.orgs[4];
    reg.n_orgs = 4;
    feed((struct broker_event){.type = BROKER_REGISTRY, .registry = &reg});
    tick();
    cr_expect(find_told(BROKER_DO_CLOSE, NORTH) >= 0);
}
