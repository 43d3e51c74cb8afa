/* Unit tests of broker/core: what is taken, when that is said, who gets it in
 * what order, and who gets it again. */
#include "broker_fixture.h"

TestSuite(broker_core, .init = begin, .fini = end);

Test(broker_core, gives_custody_only_after_the_commit)
{
    struct broker_item it = envelope("north", "hub", LANE_NORMAL, 60000);

    link_up(NORTH, "north", false, false);
    submit(NORTH, 7, &it, 1);
    tick();
    cr_expect(eq(sz, count_told(BROKER_DO_CUSTODY), 0));
    commit(HF_OK);
    cr_expect(eq(int, code_of(NORTH, 0), CUSTODY_TAKEN));
    cr_expect(eq(u32, told[find_told(BROKER_DO_CUSTODY, NORTH)].batch, 7));
}

Test(broker_core, delivers_only_what_is_committed)
{
    struct broker_item it = envelope("north", "hub", LANE_NORMAL, 60000);

    link_up(NORTH, "north", false, false);
    link_up(HUB, "hub", false, false);
    fetch(HUB, 64);
    submit(NORTH, 1, &it, 1);
    tick();
    cr_expect(eq(sz, count_told(BROKER_DO_DELIVER), 0));
    commit(HF_OK);
    cr_assert(eq(sz, count_told(BROKER_DO_DELIVER), 1));
    ack(HUB, find_told(BROKER_DO_DELIVER, HUB));
    commit(HF_OK);
    cr_expect(eq(sz, n_rows_stored(), 0));
}

Test(broker_core, answers_a_full_disk_and_goes_on_delivering)
{
    struct broker_item a = envelope("north", "hub", LANE_NORMAL, 60000);
    struct broker_item b = envelope("north", "hub", LANE_NORMAL, 60000);

    link_up(NORTH, "north", false, false);
    submit(NORTH, 1, &a, 1);
    commit(HF_OK);
    submit(NORTH, 2, &b, 1);
    commit(HF_ERR_FULL);
    cr_expect(eq(int, code_of(NORTH, 0), CUSTODY_FULL));
    link_up(HUB, "hub", false, false);
    fetch(HUB, 64);
    cr_expect(eq(sz, count_told(BROKER_DO_DELIVER), 1));

    submit(NORTH, 3, &b, 1); /* what was refused is no repetition */
    commit(HF_OK);
    cr_expect(eq(int, code_of(NORTH, 0), CUSTODY_TAKEN));
    cr_expect(eq(sz, count_told(BROKER_DO_DELIVER), 2));
}

Test(broker_core, takes_a_repeated_envelope_once)
{
    struct broker_item it = envelope("north", "hub", LANE_NORMAL, 60000);

    link_up(NORTH, "north", false, false);
    submit(NORTH, 1, &it, 1);
    submit(NORTH, 2, &it, 1); /* before the first is decided */
    cr_expect(eq(sz, count_told(BROKER_DO_CUSTODY), 0));
    commit(HF_OK);
    cr_expect(eq(sz, count_told(BROKER_DO_CUSTODY), 2));
    cr_expect(eq(int, code_of(NORTH, 0), CUSTODY_TAKEN));
    submit(NORTH, 3, &it, 1);
    cr_expect(eq(sz, count_told(BROKER_DO_CUSTODY), 3), "at once: it is held");
    cr_expect(eq(sz, n_rows_stored(), 1));
}

Test(broker_core, a_repetition_of_a_failed_save_is_not_said_to_be_held)
{
    struct broker_item it = envelope("north", "hub", LANE_NORMAL, 60000);

    link_up(NORTH, "north", false, false);
    submit(NORTH, 1, &it, 1);
    submit(NORTH, 2, &it, 1);
    commit(HF_ERR_FULL);
    cr_expect(eq(sz, count_told(BROKER_DO_CUSTODY), 2));
    for (size_t i = 0; i < n_told; i++)
        if (told[i].type == BROKER_DO_CUSTODY)
            cr_expect(eq(int, told_code[i][0].code, CUSTODY_FULL));
}

Test(broker_core, refuses_another_organisations_sender)
{
    struct broker_item it = envelope("south", "hub", LANE_NORMAL, 60000);
    struct broker_item leaf = envelope("leaf", "north", LANE_NORMAL, 60000);

    link_up(NORTH, "north", false, false);
    link_up(HUB, "hub", false, false);
    submit(NORTH, 1, &it, 1);
    cr_expect(eq(int, code_of(NORTH, 0), CUSTODY_NOT_YOURS));
    submit(HUB, 1, &leaf, 1); /* hub keeps leaf's node */
    commit(HF_OK);
    cr_expect(eq(int, code_of(HUB, 0), CUSTODY_TAKEN));
}

Test(broker_core, refuses_unknown_recipients_late_and_broken_envelopes)
{
    struct broker_item it[3];

    it[0] = envelope("north", "nobody", LANE_NORMAL, 60000);
    it[1] = envelope("north", "hub", LANE_NORMAL, 0);
    it[2] = (struct broker_item){.is_malformed = true};
    link_up(NORTH, "north", false, false);
    submit(NORTH, 1, it, 3);
    cr_expect(eq(int, code_of(NORTH, 0), CUSTODY_NO_ROUTE));
    cr_expect(eq(int, code_of(NORTH, 1), CUSTODY_EXPIRED));
    cr_expect(eq(int, code_of(NORTH, 2), CUSTODY_MALFORMED));
    cr_expect(eq(sz, n_unsaved, 0));
}

Test(broker_core, delivers_the_urgent_lane_first)
{
    struct broker_item it[3];
    size_t frames = 0;

    it[0] = envelope("north", "hub", LANE_BULK, 60000);
    it[1] = envelope("north", "hub", LANE_NORMAL, 60000);
    it[2] = envelope("north", "hub", LANE_URGENT, 60000);
    link_up(NORTH, "north", false, false);
    submit(NORTH, 1, it, 3);
    commit(HF_OK);
    link_up(HUB, "hub", false, false);
    fetch(HUB, 64);
    for (size_t i = 0; i < n_told; i++) {
        if (told[i].type != BROKER_DO_DELIVER)
            continue;
        cr_expect(eq(sz, told[i].n, 1), "no frame has two lanes");
        cr_assert(lt(sz, frames, 3));
        cr_expect(told_envelope[i][0].p == it[2 - frames].envelope.p);
        frames++;
    }
    cr_expect(eq(sz, frames, 3));
}

Test(broker_core, keeps_to_the_credit_it_is_given)
{
    struct broker_item it[4];
    int i;

    for (size_t j = 0; j < 4; j++)
        it[j] = envelope("north", "hub", LANE_NORMAL, 60000);
    link_up(NORTH, "north", false, false);
    submit(NORTH, 1, it, 4);
    commit(HF_OK);
    link_up(HUB, "hub", false, false);
    cr_expect(eq(sz, count_told(BROKER_DO_DELIVER), 0));
    fetch(HUB, 3);
    i = find_told(BROKER_DO_DELIVER, HUB);
    cr_assert(eq(sz, told[i].n, 3));
    ack(HUB, i);
    cr_assert(eq(sz, count_told(BROKER_DO_DELIVER), 2));
    i = find_told(BROKER_DO_DELIVER, HUB);
    cr_expect(eq(sz, told[i].n, 1));
    cr_expect(told_envelope[i][0].p == it[3].envelope.p);
    ack(HUB, i);
    commit(HF_OK);
    cr_expect(eq(sz, n_rows_stored(), 0));
}

Test(broker_core, one_link_fetches_for_those_whose_node_it_keeps)
{
    struct broker_item it = envelope("north", "leaf", LANE_NORMAL, 60000);

    link_up(NORTH, "north", false, false);
    link_up(HUB, "hub", false, false);
    fetch(HUB, 64);
    submit(NORTH, 1, &it, 1);
    commit(HF_OK);
    cr_expect(find_told(BROKER_DO_DELIVER, HUB) >= 0);
}

Test(broker_core, an_ack_on_another_link_counts_for_nothing)
{
    struct broker_item it = envelope("north", "hub", LANE_NORMAL, 60000);

    link_up(NORTH, "north", false, false);
    link_up(HUB, "hub", false, false);
    fetch(HUB, 64);
    submit(NORTH, 1, &it, 1);
    commit(HF_OK);
    ack(NORTH, find_told(BROKER_DO_DELIVER, HUB));
    commit(HF_OK);
    cr_expect(eq(sz, n_rows_stored(), 1));
}

Test(broker_core, delivers_again_to_the_next_connection)
{
    struct broker_item it = envelope("north", "hub", LANE_NORMAL, 60000);
    int first;

    link_up(NORTH, "north", false, false);
    link_up(HUB, "hub", false, false);
    fetch(HUB, 64);
    submit(NORTH, 1, &it, 1);
    commit(HF_OK);
    first = find_told(BROKER_DO_DELIVER, HUB);
    feed((struct broker_event){.type = BROKER_LINK_DOWN, .link = HUB});
    link_up(HUB + 100, "hub", false, false);
    fetch(HUB + 100, 64);
    cr_assert(find_told(BROKER_DO_DELIVER, HUB + 100) > first);
    ack(HUB + 100, first); /* a token of the old connection */
    commit(HF_OK);
    cr_expect(eq(sz, n_rows_stored(), 1));
    ack(HUB + 100, find_told(BROKER_DO_DELIVER, HUB + 100));
    commit(HF_OK);
    cr_expect(eq(sz, n_rows_stored(), 0));
}

Test(broker_core, delivers_again_what_stays_unanswered)
{
    struct broker_item it = envelope("north", "hub", LANE_NORMAL, 3600000);

    link_up(NORTH, "north", false, false);
    link_up(HUB, "hub", false, false);
    fetch(HUB, 64);
    submit(NORTH, 1, &it, 1);
    commit(HF_OK);
    now_ms += 59000;
    tick();
    cr_expect(eq(sz, count_told(BROKER_DO_DELIVER), 1));
    now_ms += 2000;
    tick();
    cr_expect(eq(sz, count_told(BROKER_DO_DELIVER), 2));
    ack(HUB, find_told(BROKER_DO_DELIVER, HUB));
    commit(HF_OK);
    cr_expect(eq(sz, n_rows_stored(), 0));
}

Test(broker_core, the_newer_connection_of_a_member_replaces_the_older)
{
    link_up(HUB, "hub", false, false);
    link_up(HUB + 100, "hub", false, false);
    cr_expect(find_told(BROKER_DO_CLOSE, HUB) >= 0);
    cr_expect(find_told(BROKER_DO_CLOSE, HUB + 100) < 0);
}

Test(broker_core, draining_takes_no_more_and_delivers_on)
{
    struct broker_item it[2];

    it[0] = envelope("north", "hub", LANE_NORMAL, 60000);
    it[1] = envelope("north", "hub", LANE_NORMAL, 60000);
    link_up(NORTH, "north", false, false);
    submit(NORTH, 1, &it[0], 1);
    commit(HF_OK);
    feed((struct broker_event){.type = BROKER_DRAIN});
    submit(NORTH, 2, &it[1], 1);
    cr_expect(eq(int, code_of(NORTH, 0), CUSTODY_FULL));
    link_up(HUB, "hub", false, false);
    fetch(HUB, 10);
    cr_expect(find_told(BROKER_DO_DELIVER, HUB) >= 0);
}
