/* Both chains arrive in the end (I-5), once (I-6), whatever the letters do:
 * lost, repeated, out of order, forked, restored; and the nodes come to rest.
 */
#include "core_fixture.h"

static struct core_node *s, *r;
static struct hf_id case_id;

static void
begin(void)
{
    struct consent c = {.state = CONSENT_GIVEN};

    core_begin(2, 1);
    s = &core->node[0];
    r = &core->node[1];
    core_publish(&r->org, "primary_health_care", "microfinance", NULL);
    case_id = core_case(s, CATEGORY_ALL);
    core_scope(&c, "all", CATEGORY_ALL, PURPOSE_BIT(PURPOSE_REFERRAL),
               &r->org, NULL);
    (void)core_consent(s, case_id, &c);
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

/* Both hold the same chains, each acknowledged, in the same state. */
static void
expect_same(struct hf_id id)
{
    const struct node_object a = core_object(s, id), b = core_object(r, id);

    for (int side = 0; side < 2; side++) {
        cr_expect(eq(u32, a.n[side], b.n[side]), "side %d", side);
        cr_expect(hf_hash_eq(&a.last[side], &b.last[side]), "side %d", side);
    }
    cr_expect(eq(int, (int)a.state, (int)b.state));
    cr_expect(eq(u32, a.acked, a.n[a.side]));
    cr_expect(eq(u32, b.acked, b.n[b.side]));
    cr_expect(eq(u64, a.resend_ms, 0), "s owes nothing any more");
    cr_expect(eq(u64, b.resend_ms, 0), "r owes nothing any more");
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
    expect_same(id);
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
    expect_same(id);
    expect_state(s, id, STATE_COMPLETED);
}

Test(sync, sends_again_what_was_lost)
{
    const struct hf_id id = refer(false);

    core_lose();
    core_wait(60 * DAY_MS);
    expect_state(s, id, STATE_RECEIVED);
    expect_same(id);
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
    expect_same(id);
}

Test(sync, is_quiet_once_all_is_known)
{
    const struct hf_id id = refer(false);

    core_run();
    core_does(r, id, EVENT_ACCEPT, REASON_NONE);
    core_run();
    expect_same(id);
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
    expect_same(id);
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
    expect_same(id);
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
    expect_same(id);
}

/* ---- restore ---- */

Test(sync, after_a_restore_learns_its_own_chain_from_the_peer)
{
    struct hf_id id;

    id = refer(false);
    core_run();
    core_backup(r);
    core_does(r, id, EVENT_ACCEPT, REASON_NONE);
    core_does(r, id, EVENT_ATTEND, REASON_NONE);
    core_restore(r, true);
    cr_expect(eq(int, core_event(r, id, EVENT_DECLINE, REASON_NO_CAPACITY),
                 75),
              "no chain grows before its copy has come");
    core_wait(2 * HOUR_MS);
    expect_state(r, id, STATE_IN_SERVICE);
    expect_same(id);
    cr_expect(eq(uint, core_object(s, id).is_forked, 0));
    core_does(r, id, EVENT_COMPLETE, REASON_MET);
    expect_state(s, id, STATE_COMPLETED);
}

Test(sync, after_a_restore_goes_on_with_what_the_peer_never_got)
{
    const struct hf_id id = refer(false);

    core_lose();
    core_backup(s);
    core_restore(s, true);
    core_wait(2 * HOUR_MS);
    expect_state(r, id, STATE_RECEIVED);
    expect_same(id);
}

/* What was on its way when the sender was lost comes after its ask: the peer
 * does not take it beside what the restored node writes under that number. */
Test(sync, what_was_on_its_way_before_a_restore_does_not_fork_the_chain)
{
    const struct hf_id id = refer(false);
    size_t late;

    core_run();
    core_backup(s);
    core->now_ms += MINUTE_MS;
    cr_assert(eq(int, core_event(s, id, EVENT_CANCEL, REASON_OTHER), 0));
    late = core->n_letters - 1;
    core->letter[late].is_gone = true; /* a broker has it */
    core->now_ms += MINUTE_MS;
    core_restore(s, true);
    core_run();
    core_does(s, id, EVENT_ABANDON, REASON_NO_RESPONSE);
    core_run();
    core_deliver(late);
    core_wait(DAY_MS);
    cr_expect(eq(u32, core_object(r, id).is_forked, 0));
    cr_expect(eq(u32, core_object(s, id).is_forked, 0));
    expect_state(r, id, STATE_LAPSED);
    expect_state(s, id, STATE_LAPSED);
}

Test(sync, a_draft_survives_a_restore)
{
    const struct hf_id id = refer(true);

    core_backup(s);
    core_restore(s, true);
    (void)core_event(s, id, EVENT_SEND, REASON_NONE);
    core_wait(2 * HOUR_MS);
    (void)core_event(s, id, EVENT_SEND, REASON_NONE);
    core_wait(2 * HOUR_MS);
    expect_state(r, id, STATE_RECEIVED);
    expect_same(id);
}

Test(sync, a_draft_that_was_sent_after_the_backup_is_not_sent_twice)
{
    const struct hf_id id = refer(true);

    core_backup(s);
    core_does(s, id, EVENT_SEND, REASON_NONE);
    core_restore(s, true);
    (void)core_event(s, id, EVENT_SEND, REASON_NONE);
    core_wait(2 * HOUR_MS);
    (void)core_event(s, id, EVENT_SEND, REASON_NONE);
    core_wait(2 * HOUR_MS);
    cr_expect(eq(uint, core_object(r, id).is_forked, 0));
    expect_state(s, id, STATE_RECEIVED);
    expect_same(id);
}

Test(sync, an_object_lost_in_a_restore_is_not_answered_anew)
{
    struct hf_id id;
    size_t i;

    core_backup(r);
    id = refer(false);
    i = core->n_letters - 1;
    core_deliver(i); /* r answers `receive`; its letter is still on its way */
    core->now_ms += MINUTE_MS;
    core_restore(r, true);
    core_deliver(i); /* a broker brings the same envelope again */
    core_wait(2 * HOUR_MS);
    cr_expect(eq(uint, core_object(s, id).is_forked, 0),
              "two different first entries of r");
    expect_same(id);
    expect_state(s, id, STATE_RECEIVED);
}

Test(sync, an_echo_of_its_ask_does_not_end_the_scan_of_a_restored_node)
{
    struct node_send send = {.created_ms = core->now_ms,
                             .expires_ms = core->now_ms + DAY_MS};
    static struct content ask;
    struct node_self self;
    const struct hf_id id = refer(false);

    core_lose();
    core_backup(s);
    core_restore(s, true);
    cr_assert(self_get(s->env.view, &self));
    ask = (struct content){.type = CONTENT_ASK};
    ask.u.ask.ask = self.restored;
    send.to = s->org;
    send.envelope.b[0] = 0xdd;
    send.content = &ask;
    core_post(&(struct core_node){.org = core->org[2].id}, &send);
    core_deliver(core->n_letters - 1);
    core_wait(2 * HOUR_MS);
    expect_same(id);
}

/* ---- forks ---- */

/* r comes back as a clone, does not know it, and goes on differently. */
static struct hf_id
fork_r(enum event then)
{
    const struct hf_id id = refer(false);

    core_run();
    core_does(r, id, EVENT_ACCEPT, REASON_NONE);
    core_backup(r);
    core_does(r, id, EVENT_ATTEND, REASON_NONE);
    core_restore(r, false);
    core->now_ms += MINUTE_MS;
    (void)core_event(r, id, then, REASON_OTHER);
    return id;
}

Test(sync, both_ends_see_a_fork_and_the_same_state)
{
    const struct hf_id id = fork_r(EVENT_FAIL);

    core_wait(10 * DAY_MS);
    cr_expect(eq(uint, core_object(s, id).is_forked, 1));
    cr_expect(eq(uint, core_object(r, id).is_forked, 1));
    expect_state(s, id, STATE_ACCEPTED);
    expect_state(r, id, STATE_ACCEPTED);
}

Test(sync, a_forked_chain_comes_to_rest)
{
    (void)fork_r(EVENT_FAIL);
    core_wait(3 * DAY_MS);
    cr_expect(lt(sz, letters_in(10 * DAY_MS), 10), "for ever again");
}

Test(sync, a_recall_counts_in_a_forked_chain)
{
    const struct hf_id id = refer(false);

    core_run();
    core_backup(s);
    core_does(s, id, EVENT_CANCEL, REASON_OTHER);
    core_restore(s, false);
    core->now_ms += MINUTE_MS;
    core_does(s, id, EVENT_RECALL, REASON_CONSENT_WITHDRAWN);
    core_wait(DAY_MS);
    expect_state(s, id, STATE_RECALLED);
    expect_state(r, id, STATE_RECALLED);
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
    expect_same(id);
    expect_state(s, id, STATE_RECEIVED);
    (void)core_step(s, &ev);
    cr_expect(eq(sz, core_pending(r), 0), "once a restore");
}

Test(sync, two_that_were_restored_find_each_other_again)
{
    struct hf_id id;

    core_backup(r);
    id = refer(false);
    core_run();
    core_does(r, id, EVENT_ACCEPT, REASON_NONE);
    core_backup(s);
    core_restore(r, true);
    core_tick(r);
    core_lose(); /* what r asked is lost with the s that would have answered */
    core_restore(s, true);
    core_wait(2 * DAY_MS);
    expect_same(id);
    expect_state(r, id, STATE_ACCEPTED);
}

Test(sync, a_copy_that_could_not_be_opened_is_made_again)
{
    struct node_event ev = {.type = NODE_EV_UNOPENABLE};
    struct hf_id id;
    size_t i;

    core_backup(r);
    id = refer(false);
    core_run();
    core_restore(r, true);
    core_tick(r);
    for (i = 0; i < core->n_letters; i++)
        if (!core->letter[i].is_gone)
            core_deliver(i); /* "of all that we share" */
    core_tick(s);
    i = core->n_letters - 1;
    cr_assert(eq(str, core->letter[i].h.recipient.s, r->org.s));
    core->letter[i].is_gone = true;
    ev.header = core->letter[i].h;
    (void)core_step(r, &ev);
    core_wait(DAY_MS);
    expect_same(id);
    expect_state(r, id, STATE_RECEIVED);
}

Test(sync, two_that_cannot_open_each_others_envelopes_do_not_storm)
{
    size_t seen = core->n_letters;

    (void)refer(false);
    for (int round = 0; round < 20; round++)
        for (const size_t end = core->n_letters; seen < end; seen++) {
            struct core_letter *l = &core->letter[seen];
            struct node_event ev = {.type = NODE_EV_UNOPENABLE};

            l->is_gone = true;
            ev.header = l->h;
            (void)core_step(core_node_of(&l->h.recipient), &ev);
        }
    cr_expect(le(sz, core->n_letters, 3), "%zu letters", core->n_letters);
}
