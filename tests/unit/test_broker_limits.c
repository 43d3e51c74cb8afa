/* Unit tests of broker/core: who takes much room, or none, stops nobody else.
 */
#include "broker_fixture.h"

Test(broker_limits, a_full_mailbox_does_not_stop_another, .fini = end)
{
    struct broker_conf conf = small_conf();
    struct broker_item it[3];

    conf.box_count_max = 1;
    begin_with(&conf);
    it[0] = envelope("north", "hub", LANE_NORMAL, 60000);
    it[1] = envelope("north", "hub", LANE_NORMAL, 60000);
    it[2] = envelope("north", "leaf", LANE_NORMAL, 60000);
    link_up(NORTH, "north", false, false);
    submit(NORTH, 1, it, 3);
    commit(HF_OK);
    cr_expect(eq(int, code_of(NORTH, 0), CUSTODY_TAKEN));
    cr_expect(eq(int, code_of(NORTH, 1), CUSTODY_QUOTA));
    cr_expect(eq(int, code_of(NORTH, 2), CUSTODY_TAKEN));
}

Test(broker_limits, a_sender_has_a_quota_a_period, .fini = end)
{
    struct broker_conf conf = small_conf();
    struct broker_item it[2];

    conf.quota_count = 1;
    begin_with(&conf);
    it[0] = envelope("north", "hub", LANE_NORMAL, 6000000);
    it[1] = envelope("north", "hub", LANE_NORMAL, 6000000);
    link_up(NORTH, "north", false, false);
    submit(NORTH, 1, it, 2);
    commit(HF_OK);
    cr_expect(eq(int, code_of(NORTH, 1), CUSTODY_QUOTA));
    now_ms += conf.quota_period_ms + 1;
    submit(NORTH, 2, &it[1], 1);
    commit(HF_OK);
    cr_expect(eq(int, code_of(NORTH, 0), CUSTODY_TAKEN));
}

Test(broker_limits, who_never_acknowledges_does_not_stop_the_others,
     .fini = end)
{
    struct broker_conf conf = small_conf();
    struct broker_item mine;

    conf.links_max = 2;
    conf.rows_max = 64; /* 32 rows a link, none to share */
    conf.quota_count = 1000;
    begin_with(&conf);
    link_up(HUB, "hub", false, false);
    fetch(HUB, 4096);
    link_up(NORTH, "north", false, false);
    fetch(NORTH, 64);
    for (size_t i = 0; i < 40; i++) {
        struct broker_item it = envelope("north", "hub", LANE_NORMAL, 600000);

        submit(NORTH, 1, &it, 1);
        commit(HF_OK);
    }
    cr_expect(eq(sz, count_told(BROKER_DO_DELIVER), 32));
    mine = envelope("north", "north", LANE_NORMAL, 600000);
    submit(NORTH, 2, &mine, 1);
    commit(HF_OK);
    cr_expect(find_told(BROKER_DO_DELIVER, NORTH) >= 0);
    ack(HUB, find_told(BROKER_DO_DELIVER, HUB));
    commit(HF_OK);
    cr_expect(eq(sz, count_told(BROKER_DO_DELIVER), 34), "one went, one came");
}
