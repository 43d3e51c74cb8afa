/* Unit tests of broker/core: what is taken, when that is said, who gets it in
 * what order, and what happens when they do not. */
#include "broker_fixture.h"

#define NORTH 1
#define HUB   2
#define BOTH  3
#define AF    9

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

Test(broker_core, forwards_to_the_recipients_home_and_deletes_on_custody)
{
    struct broker_item it = envelope("north", "south", LANE_NORMAL, 60000);
    struct frame_custody c = {.n = 1};
    int i;

    link_up(NORTH, "north", false, false);
    link_up(AF, "af", true, true);
    cr_expect(find_told(BROKER_DO_GREET, AF) >= 0);
    submit(NORTH, 1, &it, 1);
    commit(HF_OK);
    cr_expect(eq(int, code_of(NORTH, 0), CUSTODY_TAKEN));
    i = find_told(BROKER_DO_SUBMIT, AF);
    cr_assert(i >= 0);
    cr_expect(eq(sz, n_rows_stored(), 1), "held until the peer holds it");
    c.batch = told[i].batch;
    c.item[0].code = CUSTODY_TAKEN;
    feed((struct broker_event){
        .type = BROKER_CUSTODY, .link = AF, .custody = &c});
    commit(HF_OK);
    cr_expect(eq(sz, n_rows_stored(), 0));
}

Test(broker_core, tries_again_when_a_peer_is_full)
{
    struct broker_item it = envelope("north", "south", LANE_NORMAL, 600000);
    struct frame_custody c = {.n = 1};

    link_up(NORTH, "north", false, false);
    link_up(AF, "af", true, true);
    submit(NORTH, 1, &it, 1);
    commit(HF_OK);
    c.batch = told[find_told(BROKER_DO_SUBMIT, AF)].batch;
    c.item[0].code = CUSTODY_FULL;
    feed((struct broker_event){
        .type = BROKER_CUSTODY, .link = AF, .custody = &c});
    tick();
    cr_expect(eq(sz, count_told(BROKER_DO_SUBMIT), 1), "after a pause");
    now_ms += 6000;
    tick();
    cr_expect(eq(sz, count_told(BROKER_DO_SUBMIT), 2));
    cr_expect(eq(sz, n_rows_stored(), 1));
}

Test(broker_core, stores_for_both_homes_of_a_recipient)
{
    struct broker_item it = envelope("north", "both", LANE_NORMAL, 60000);

    link_up(NORTH, "north", false, false);
    submit(NORTH, 1, &it, 1);
    commit(HF_OK);
    cr_expect(eq(sz, n_rows_stored(), 2));
}

Test(broker_core, does_not_forward_what_a_peer_sent)
{
    struct broker_item home = envelope("south", "north", LANE_NORMAL, 60000);
    struct broker_item away = envelope("north", "south", LANE_NORMAL, 60000);

    link_up(AF, "af", true, false);
    submit(AF, 1, &away, 1);
    cr_expect(eq(int, code_of(AF, 0), CUSTODY_NO_ROUTE));
    submit(AF, 2, &home, 1);
    commit(HF_OK);
    cr_expect(eq(int, code_of(AF, 0), CUSTODY_TAKEN));
}

Test(broker_core, tells_the_sender_when_the_time_passes)
{
    struct broker_item it = envelope("north", "hub", LANE_NORMAL, 1000);
    struct broker_item word;
    int i;

    link_up(NORTH, "north", false, false);
    submit(NORTH, 1, &it, 1);
    commit(HF_OK);
    wall_ms += 2000;
    now_ms += 61000;
    tick();
    i = find_told(BROKER_DO_NOTICE, 0);
    cr_assert(i >= 0);
    cr_expect(hf_id_eq(&told[i].notice.envelope, &it.h.id));
    cr_expect(eq(int, told[i].notice.why, NOTICE_EXPIRED));
    cr_expect(eq(sz, n_rows_stored(), 1), "deleted after the notice is held");

    word = envelope("eu", "north", LANE_URGENT, 60000);
    feed((struct broker_event){.type = BROKER_NOTICE_MADE,
                               .token = told[i].token,
                               .items = &word,
                               .n_items = 1});
    commit(HF_OK);
    commit(HF_OK);
    cr_expect(eq(sz, n_rows_stored(), 1), "the notice, in north's mailbox");
    fetch(NORTH, 10);
    i = find_told(BROKER_DO_DELIVER, NORTH);
    cr_assert(i >= 0);
    cr_expect(told_envelope[i][0].p == word.envelope.p);
}

Test(broker_core, only_the_late_ones_of_a_row_expire)
{
    struct broker_item it[2];
    struct broker_item word;
    int i;

    it[0] = envelope("north", "hub", LANE_NORMAL, 1000);
    it[1] = envelope("north", "hub", LANE_NORMAL, 6000000);
    link_up(NORTH, "north", false, false);
    submit(NORTH, 1, it, 2);
    commit(HF_OK);
    wall_ms += 2000;
    now_ms += 61000;
    tick();
    cr_assert(eq(sz, count_told(BROKER_DO_NOTICE), 1));
    word = envelope("eu", "north", LANE_URGENT, 60000);
    feed((struct broker_event){
        .type = BROKER_NOTICE_MADE,
        .token = told[find_told(BROKER_DO_NOTICE, 0)].token,
        .items = &word,
        .n_items = 1});
    commit(HF_OK);
    commit(HF_OK);
    link_up(HUB, "hub", false, false);
    fetch(HUB, 10);
    i = find_told(BROKER_DO_DELIVER, HUB);
    cr_assert(i >= 0);
    cr_assert(eq(sz, told[i].n, 1));
    cr_expect(told_envelope[i][0].p == it[1].envelope.p);
}

Test(broker_core, suspended_members_get_and_send_urgent_and_small_only)
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
Test(broker_core, on_a_stale_registry_takes_only_what_a_person_is_owed)
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
    it[3] = envelope_of("north", "hub", LANE_URGENT, 60000,
                        ENVELOPE_SMALL_MAX + 1);
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

Test(broker_core, on_a_stale_registry_counts_what_passes)
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
Test(broker_core, what_a_stale_peer_refuses_is_sent_again)
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

Test(broker_core, who_may_send_each_other_nothing_has_withdrawals_only)
{
    struct broker_item it[2];
    struct registry_flow *in = &reg.orgs[1].may_receive;
    struct registry_flow *out = &reg.orgs[1].may_send;

    link_up(NORTH, "north", false, false);
    *in = *out = (struct registry_flow){.is_limited = true,
                                        .families = UINT64_MAX};
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

Test(broker_core, counts_what_suspended_members_get)
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

Test(broker_core, a_suspended_broker_has_no_link_and_is_sent_nothing)
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

Test(broker_core, closes_the_link_of_who_leaves_the_registry)
{
    link_up(NORTH, "north", false, false);
    reg.orgs[3] = reg.orgs[4];
    reg.n_orgs = 4;
    feed((struct broker_event){.type = BROKER_REGISTRY, .registry = &reg});
    tick();
    cr_expect(find_told(BROKER_DO_CLOSE, NORTH) >= 0);
}

Test(broker_core, keeps_the_newest_document_and_passes_it_on)
{
    struct shelf_doc doc = {.kind = SHELF_PREKEY, .version = 5};
    size_t cursor = 0;
    enum shelf_kind kind;
    struct hf_org owner;

    doc.owner = fixture_org("north");
    link_up(NORTH, "north", false, false);
    feed((struct broker_event){
        .type = BROKER_SHELF, .link = NORTH, .doc = &doc});
    cr_expect(eq(sz, count_told(BROKER_DO_BROADCAST), 0));
    commit(HF_OK);
    cr_expect(eq(sz, count_told(BROKER_DO_BROADCAST), 1));
    doc.version = 4;
    feed((struct broker_event){
        .type = BROKER_SHELF, .link = NORTH, .doc = &doc});
    cr_expect(eq(sz, n_unsaved, 0));
    broker_sync_begin(core, (struct hf_bytes){0});
    cr_assert(broker_sync_next(core, &cursor, &kind, &owner));
    cr_expect(eq(int, kind, SHELF_PREKEY));
    cr_expect(hf_org_eq(&owner, &doc.owner));
    cr_expect(not(broker_sync_next(core, &cursor, &kind, &owner)));
}

Test(broker_core, stores_a_document_that_several_links_bring_once)
{
    struct shelf_doc doc = {.kind = SHELF_REGISTRY, .version = 7};
    struct broker_event ev = {.type = BROKER_SHELF, .doc = &doc};

    link_up(NORTH, "north", false, false);
    link_up(HUB, "hub", false, false);
    ev.link = NORTH;
    feed(ev);
    ev.link = HUB;
    feed(ev);
    cr_expect(eq(sz, n_unsaved, 1));
    commit(HF_ERR_FULL);
    feed(ev);
    cr_expect(eq(sz, n_unsaved, 1), "when that failed it may come again");
    commit(HF_OK);
    cr_expect(eq(sz, count_told(BROKER_DO_INSTALL), 1));
    feed(ev);
    cr_expect(eq(sz, n_unsaved, 0));
    doc.version = 8;
    feed(ev);
    cr_expect(eq(sz, n_unsaved, 1));
    commit(HF_OK);
}

Test(broker_core, keeps_packs_by_their_names_and_brings_who_lacks_them)
{
    const struct hf_bytes yaml = {(const uint8_t *)"pack: x\n", 8};
    struct shelf_doc doc = shelf_pack_doc(yaml);
    struct frame_have have;
    size_t cursor = 0;
    enum shelf_kind kind;
    struct hf_org owner;
    struct hf_buf out;

    link_up(NORTH, "north", false, false);
    for (int i = 0; i < 2; i++)
        feed((struct broker_event){
            .type = BROKER_SHELF, .link = NORTH, .doc = &doc});
    cr_expect(eq(sz, n_unsaved, 1), "one that is on its way is not taken");
    commit(HF_OK);
    cr_expect(eq(sz, count_told(BROKER_DO_BROADCAST), 1));
    cr_expect(eq(u64, broker_doc_version(core, SHELF_PACK, &doc.owner), 1));
    broker_sync_begin(core, (struct hf_bytes){0});
    cr_assert(broker_sync_next(core, &cursor, &kind, &owner));
    cr_expect(eq(int, kind, SHELF_PACK));
    cr_expect(hf_org_eq(&owner, &doc.owner));
    memset(&have, 0, sizeof(have));
    have.kind = SHELF_PACK;
    have.owner = doc.owner;
    have.version = 1;
    hf_buf_init(&out, 1024);
    cr_assert(frame_sync(&out, &have, 1));
    broker_sync_begin(core, (struct hf_bytes){out.p + 2, out.n - 2});
    cursor = 0;
    cr_expect(not(broker_sync_next(core, &cursor, &kind, &owner)));
    hf_buf_free(&out);
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
