/* Unit tests of broker/core: what goes on to the other broker, what comes to
 * its end, and the documents that every broker is to have. */
#include "broker_fixture.h"

TestSuite(broker_forward, .init = begin, .fini = end);

Test(broker_forward, forwards_to_the_recipients_home_and_deletes_on_custody)
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

Test(broker_forward, tries_again_when_a_peer_is_full)
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

Test(broker_forward, stores_for_both_homes_of_a_recipient)
{
    struct broker_item it = envelope("north", "both", LANE_NORMAL, 60000);

    link_up(NORTH, "north", false, false);
    submit(NORTH, 1, &it, 1);
    commit(HF_OK);
    cr_expect(eq(sz, n_rows_stored(), 2));
}

Test(broker_forward, does_not_forward_what_a_peer_sent)
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

Test(broker_forward, tells_the_sender_when_the_time_passes)
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

Test(broker_forward, only_the_late_ones_of_a_row_expire)
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
    feed((struct broker_event){.type = BROKER_NOTICE_MADE,
                               .token =
                                   told[find_told(BROKER_DO_NOTICE, 0)].token,
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

Test(broker_forward, keeps_the_newest_document_and_passes_it_on)
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

Test(broker_forward, stores_a_document_that_several_links_bring_once)
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

Test(broker_forward, keeps_packs_by_their_names_and_brings_who_lacks_them)
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
