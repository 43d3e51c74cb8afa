/* Both chains arrive in the end (I-5), once (I-6), whatever the letters do:
 * lost, repeated, out of order, forged; and the nodes come to rest. */
#include "core_fixture.h"

static struct core_node *s, *r;
static struct hf_id case_id;

static void
begin(void)
{
    case_id = core_begin_pair(&s, &r);
}

TestSuite(sync, .init = begin, .fini = core_end);

static struct hf_id
refer(bool is_draft)
{
    struct node_command c = core_refer_cmd(case_id, "health.general");

    c.is_draft = is_draft;
    core_do(s, &c);
    return s->reply.id;
}

static size_t
letters_in(uint64_t ms)
{
    const size_t before = core->n_letters;

    core_wait(ms);
    return core->n_letters - before;
}

/* ---- duplicates, order, loss ---- */

Test(sync, takes_a_letter_once_and_answers_a_copy_the_same)
{
    const struct hf_id id = refer(false);
    const size_t first = core->n_letters - 1;
    struct node_object before;

    core_deliver(first);
    before = core_object(r, id);
    for (int i = 0; i < 5; i++) {
        core->now_ms += MINUTE_MS;
        core_deliver(first);
    }
    cr_expect(eq(u32, core_object(r, id).n[1], before.n[1]));
    cr_expect(eq(u64, core_object(r, id).changed_ms, before.changed_ms));
    core_run();
    core_expect_same(s, r, id);
}

Test(sync, takes_letters_in_any_order)
{
    const struct hf_id id = refer(false);
    size_t from;

    core_run();
    from = core->n_letters;
    cr_assert(eq(int, core_event(r, id, EVENT_ACCEPT, REASON_NONE), 0));
    cr_assert(eq(int, core_event(r, id, EVENT_ATTEND, REASON_NONE), 0));
    cr_assert(eq(int, core_event(r, id, EVENT_COMPLETE, REASON_MET), 0));
    for (size_t i = core->n_letters; i-- > from;)
        core_deliver(i);
    core_wait(HOUR_MS);
    core_expect_same(s, r, id);
    expect_state(s, id, STATE_COMPLETED);
}

Test(sync, sends_again_what_was_lost)
{
    const struct hf_id id = refer(false);

    core_lose();
    core_wait(60 * DAY_MS);
    expect_state(s, id, STATE_RECEIVED);
    core_expect_same(s, r, id);
}

Test(sync, needs_no_receipt_to_learn_that_a_letter_came)
{
    const struct hf_id id = refer(false);
    struct hf_buf bare;

    core_deliver(core->n_letters - 1); /* answered by a receipt and a push */
    for (size_t i = 0; i < core->n_letters; i++) {
        struct core_letter *l = &core->letter[i];

        cr_assert(eq(int, (int)content_decode(hf_buf_bytes(&l->bytes),
                                              &core->content),
                     HF_OK));
        l->is_gone |= core->content.type == CONTENT_RECEIPT;
        if (core->content.type != CONTENT_PUSH)
            continue;
        core->content.u.push.told = (struct content_receipt){0};
        hf_buf_init(&bare, CONTENT_BYTES_MAX);
        cr_assert(eq(int, (int)content_encode(&core->content, &bare), HF_OK));
        hf_buf_free(&l->bytes);
        l->bytes = bare;
    }
    core_run();
    cr_expect(eq(u32, core_object(s, id).acked, 1));
    core_wait(60 * DAY_MS);
    core_expect_same(s, r, id);
}

Test(sync, is_quiet_once_all_is_known)
{
    const struct hf_id id = refer(false);

    core_run();
    core_does(r, id, EVENT_ACCEPT, REASON_NONE);
    core_run();
    core_expect_same(s, r, id);
    cr_expect(eq(sz, letters_in(90 * DAY_MS), 0));
}

Test(sync, calls_an_envelope_unconfirmed_only_when_its_time_is_up)
{
    const struct hf_id id = refer(false);

    core_lose();
    core_wait(DAY_MS);
    cr_expect(eq(uint, core_object(s, id).is_unconfirmed, 0));
    core_wait(29 * DAY_MS);
    cr_expect(eq(uint, core_object(s, id).is_unconfirmed, 0));
    cr_expect(eq(uint, core_alarms(s, "unconfirmed"), 0));
    core_wait(2 * DAY_MS);
    cr_expect(eq(uint, core_alarms(s, "unconfirmed"), 1));
    core_expect_same(s, r, id);
}

Test(sync, waits_for_a_prekey_and_sends_when_it_comes)
{
    struct node_event ev = {.type = NODE_EV_PEER};
    struct hf_id id;

    core->has_no_prekey[1] = true;
    id = refer(false);
    cr_expect(eq(sz, core_pending(r), 0));
    cr_expect(core_object(s, id).waits_prekey);
    core->has_no_prekey[1] = false;
    ev.peer = r->org;
    (void)core_step(s, &ev);
    core_tick(s);
    cr_expect(eq(sz, core_pending(r), 1));
    core_lose();
    s->n_alarms = 0;
    core_wait(DAY_MS);
    cr_expect(eq(uint, core_object(s, id).is_unconfirmed, 0),
              "the wait of before is over");
}

Test(sync, does_not_race_with_a_broker_that_says_expired_at_once)
{
    const struct hf_id id = refer(false);
    struct node_event ev = {.type = NODE_EV_NOTICE};
    const size_t before = core->n_letters;

    for (int i = 0; i < 50; i++) {
        const struct hf_id envelope = core_object(s, id).envelope;

        if (hf_id_is_zero(&envelope))
            break;
        ev = (struct node_event){.type = NODE_EV_NOTICE,
                                 .broker = core->org[2].id};
        ev.header.id = envelope;
        (void)core_step(s, &ev);
        core_tick(s);
    }
    cr_expect(lt(sz, core->n_letters - before, 3));
    core_wait(HOUR_MS);
    core_expect_same(s, r, id);
}

Test(sync, seals_again_what_could_not_be_opened_but_ever_more_rarely)
{
    const struct hf_id id = refer(false);
    size_t sent = 0, seen = 0;

    for (int hour = 0; hour < 48; hour++) {
        for (; seen < core->n_letters; seen++) {
            struct node_event ev = {.type = NODE_EV_UNOPENABLE};

            if (!hf_org_eq(&core->letter[seen].h.recipient, &r->org))
                continue;
            core->letter[seen].is_gone = true;
            ev.header = core->letter[seen].h;
            (void)core_step(r, &ev);
            sent++;
        }
        core_wait(HOUR_MS);
    }
    cr_expect(gt(sz, sent, 1), "it is sent again");
    cr_expect(lt(sz, sent, 30), "%zu times in two days", sent);
    core_wait(30 * DAY_MS);
    core_expect_same(s, r, id);
}

/* ---- hostile ---- */

static struct core_forger
forger(struct hf_id id)
{
    struct core_forger f = core_forge(OBJECT_REFERRAL, id, &s->org, &r->org);

    core_forge_after(&f, r);
    return f;
}

Test(sync, numbers_far_ahead_are_not_kept)
{
    const struct hf_id id = refer(false);
    struct core_forger f;

    core_run();
    f = forger(id);
    for (uint32_t i = 0; i < CONTENT_ENTRIES_MAX; i++)
        core_forge_entry(&f,
                         (struct entry){.event = EVENT_CANCEL,
                                        .n = 449 + i},
                         NULL);
    core_forge_send(&f, r, &s->org);
    cr_expect(eq(u32, core_object(r, id).n[0], 1));
    cr_expect(eq(sz, disk_rows(r->disk, NODE_CHAINS), 2));
    core_forge_end(&f);
}

Test(sync, an_entry_that_names_what_is_not_there_waits)
{
    const struct hf_id id = refer(false);
    struct core_forger f;

    core_run();
    f = forger(id);
    core_forge_entry(&f,
                     (struct entry){.event = EVENT_VOID,
                                    .seen = 40,
                                    .seen_hash = {{1}}},
                     NULL);
    core_forge_entry(&f, (struct entry){.event = EVENT_RECALL}, NULL);
    core_forge_send(&f, r, &s->org);
    expect_state(r, id, STATE_RECEIVED);
    core_forge_end(&f);
}

Test(sync, a_full_chain_of_512_entries_is_taken)
{
    const struct hf_id id = refer(false);
    struct core_forger f;

    core_run();
    f = forger(id);
    for (int push = 0; push < 9; push++) {
        for (uint32_t i = 0; i < CONTENT_ENTRIES_MAX &&
                             f.n < ENTRY_NUMBERS_MAX;
             i++)
            core_forge_entry(&f, (struct entry){.event = EVENT_CLOSE}, NULL);
        core_forge_send(&f, r, &s->org);
    }
    cr_expect(eq(u32, core_object(r, id).n[0], ENTRY_NUMBERS_MAX));
    expect_state(r, id, STATE_RECEIVED);
    core_does(r, id, EVENT_ACCEPT, REASON_NONE);
    core_forge_end(&f);
}

Test(sync, an_object_of_another_peer_is_not_touched)
{
    const struct hf_id id = refer(false);
    const struct hf_org third = core->org[2].id;
    struct core_forger f = core_forge(OBJECT_REFERRAL, id, &third, &r->org);

    core_run();
    core_forge_entry(&f, (struct entry){.event = EVENT_SEND}, NULL);
    core_forge_send(&f, r, &third);
    cr_expect(eq(u32, core_object(r, id).n[0], 1));
    cr_expect(eq(str, core_object(r, id).peer.s, s->org.s));
    core_forge_end(&f);
}

Test(sync, an_entry_of_others_opens_nothing)
{
    const struct hf_id id = {{0x77}};
    const struct hf_org third = core->org[2].id;
    struct core_forger f = core_forge(OBJECT_REFERRAL, id, &third, &s->org);

    core_forge_entry(&f, (struct entry){.event = EVENT_SEND}, NULL);
    core_forge_send(&f, r, &third);
    cr_expect(eq(int, (int)core_object(r, id).kind, 0), "made for s, not us");
    core_forge_end(&f);
    f = core_forge(OBJECT_REFERRAL, id, &third, &r->org);
    core_forge_entry(&f, (struct entry){.event = EVENT_REQUEST}, NULL);
    core_forge_send(&f, r, &third);
    cr_expect(eq(int, (int)core_object(r, id).kind, 0), "no such opening");
    core_forge_end(&f);
}

Test(sync, two_opening_entries_are_a_fork)
{
    const struct hf_id id = refer(false);
    struct core_forger f = core_forge(OBJECT_REFERRAL, id, &s->org, &r->org);

    core_run();
    core_forge_entry(&f,
                     (struct entry){.event = EVENT_SEND,
                                    .flags = ENTRY_ON_SEND},
                     NULL);
    core_forge_send(&f, r, &s->org);
    cr_expect(eq(uint, core_object(r, id).is_forked, 1));
    cr_expect(eq(u32, core_object(r, id).fork[0], 1));
    core_forge_end(&f);
}

Test(sync, an_unknown_object_is_said_to_be_unknown)
{
    struct node_send send = {.created_ms = core->now_ms,
                             .expires_ms = core->now_ms + DAY_MS};
    static struct content ask;

    ask = (struct content){.type = CONTENT_ASK};
    ask.u.ask.kind = OBJECT_REFERRAL;
    ask.u.ask.object.b[0] = 5;
    ask.u.ask.ask.b[0] = 6;
    send.to = r->org;
    send.envelope.b[0] = 0xdd;
    send.content = &ask;
    core_post(s, &send);
    core_deliver(core->n_letters - 1);
    cr_assert(eq(sz, core_pending(s), 1), "the asker is waiting");
    core_run();
    cr_expect(eq(sz, letters_in(10 * DAY_MS), 0));
}

Test(sync, whoever_asks_and_asks_gets_one_copy_a_minute)
{
    const struct hf_id id = refer(false);
    static struct content ask;
    size_t before;

    core_run();
    before = core->n_letters;
    ask = (struct content){.type = CONTENT_ASK};
    ask.u.ask.kind = OBJECT_REFERRAL;
    ask.u.ask.object = id;
    for (uint8_t i = 1; i <= 30; i++) {
        struct node_send send = {.created_ms = core->now_ms,
                                 .expires_ms = core->now_ms + DAY_MS,
                                 .to = s->org,
                                 .content = &ask};

        ask.u.ask.ask.b[0] = i;
        send.envelope.b[0] = 0xdd;
        send.envelope.b[1] = i;
        core_post(r, &send);
        core_deliver(core->n_letters - 1);
    }
    cr_expect(eq(sz, core->n_letters - before, 30 + 1));
    core_wait(10 * MINUTE_MS);
    cr_expect(lt(sz, core->n_letters - before, 30 + 8), "and one more, later");
}

Test(sync, a_peer_without_a_prekey_is_asked_when_it_has_one)
{
    struct node_event ev = {.type = NODE_EV_PEER};
    struct hf_id id;

    core_backup(s);
    id = refer(false);
    core_run();
    core->has_no_prekey[1] = true;
    core_restore(s, true);
    core_wait(DAY_MS);
    cr_expect(eq(u32, core_object(s, id).n[0], 0));
    core->has_no_prekey[1] = false;
    ev.peer = r->org;
    (void)core_step(s, &ev);
    core_wait(DAY_MS);
    core_expect_same(s, r, id);
    expect_state(s, id, STATE_RECEIVED);
    (void)core_step(s, &ev);
    cr_expect(eq(sz, core_pending(r), 0), "once a restore");
}
