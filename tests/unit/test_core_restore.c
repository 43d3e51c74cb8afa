/* After a restore a node learns from its peers what it wrote itself, writes
 * nothing twice, and comes to rest; a clone forks, which both ends see (I-5).
 */
#include "core_fixture.h"

static struct core_node *s, *r;
static struct hf_id case_id;

static void
begin(void)
{
    case_id = core_begin_pair(&s, &r);
}

TestSuite(restore, .init = begin, .fini = core_end);

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

/* ---- restore ---- */

Test(restore, after_a_restore_learns_its_own_chain_from_the_peer)
{
    struct hf_id id;

    id = refer(false);
    core_run();
    core_backup(r);
    core_does(r, id, EVENT_ACCEPT, REASON_NONE);
    core_does(r, id, EVENT_ATTEND, REASON_NONE);
    core_restore(r, true);
    cr_expect(eq(int, core_event(r, id, EVENT_DECLINE, REASON_NO_CAPACITY), 75),
              "no chain grows before its copy has come");
    core_wait(2 * HOUR_MS);
    expect_state(r, id, STATE_IN_SERVICE);
    core_expect_same(s, r, id);
    cr_expect(eq(uint, core_object(s, id).is_forked, 0));
    core_does(r, id, EVENT_COMPLETE, REASON_MET);
    expect_state(s, id, STATE_COMPLETED);
}

Test(restore, after_a_restore_goes_on_with_what_the_peer_never_got)
{
    const struct hf_id id = refer(false);

    core_lose();
    core_backup(s);
    core_restore(s, true);
    core_wait(2 * HOUR_MS);
    expect_state(r, id, STATE_RECEIVED);
    core_expect_same(s, r, id);
}

/* What was on its way when the sender was lost comes after its ask: the peer
 * does not take it beside what the restored node writes under that number. */
Test(restore, what_was_on_its_way_before_a_restore_does_not_fork_the_chain)
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

Test(restore, a_draft_survives_a_restore)
{
    const struct hf_id id = refer(true);

    core_backup(s);
    core_restore(s, true);
    (void)core_event(s, id, EVENT_SEND, REASON_NONE);
    core_wait(2 * HOUR_MS);
    (void)core_event(s, id, EVENT_SEND, REASON_NONE);
    core_wait(2 * HOUR_MS);
    expect_state(r, id, STATE_RECEIVED);
    core_expect_same(s, r, id);
}

Test(restore, a_draft_that_was_sent_after_the_backup_is_not_sent_twice)
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
    core_expect_same(s, r, id);
}

Test(restore, an_object_lost_in_a_restore_is_not_answered_anew)
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
    core_expect_same(s, r, id);
    expect_state(s, id, STATE_RECEIVED);
}

Test(restore, an_echo_of_its_ask_does_not_end_the_scan_of_a_restored_node)
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
    core_expect_same(s, r, id);
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

Test(restore, both_ends_see_a_fork_and_the_same_state)
{
    const struct hf_id id = fork_r(EVENT_FAIL);

    core_wait(10 * DAY_MS);
    cr_expect(eq(uint, core_object(s, id).is_forked, 1));
    cr_expect(eq(uint, core_object(r, id).is_forked, 1));
    expect_state(s, id, STATE_ACCEPTED);
    expect_state(r, id, STATE_ACCEPTED);
}

Test(restore, a_forked_chain_comes_to_rest)
{
    (void)fork_r(EVENT_FAIL);
    core_wait(3 * DAY_MS);
    cr_expect(lt(sz, letters_in(10 * DAY_MS), 10), "for ever again");
}

/* The copy brings entries of the branch that is not ours, which never fit
 * behind what we hold: it has come all the same. */
Test(restore, a_copy_of_a_forked_chain_is_not_asked_for_without_end)
{
    const struct hf_id id = refer(false);

    core_run();
    core_does(r, id, EVENT_ACCEPT, REASON_NONE);
    core_run();
    core_backup(r);
    core_does(r, id, EVENT_ATTEND, REASON_NONE);
    core_does(r, id, EVENT_COMPLETE, REASON_MET);
    core_run();
    core_restore(r, false);
    core->now_ms += MINUTE_MS;
    core_does(r, id, EVENT_FAIL, REASON_OTHER);
    core_wait(DAY_MS);
    cr_assert(eq(uint, core_object(r, id).is_forked, 1));
    cr_assert(lt(u32, core_object(r, id).n[1], core_object(s, id).n[1]));
    core_backup(r);
    core_restore(r, true);
    core_wait(DAY_MS);
    cr_expect(lt(sz, letters_in(10 * DAY_MS), 10), "for ever again");
}

Test(restore, a_recall_counts_in_a_forked_chain)
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

/* A broker gave the ask up while its peer was away: what the backup did not
 * know of would never be asked for. */
Test(restore, what_was_asked_in_vain_is_asked_again_with_the_next_prekey)
{
    struct node_event ev = {.type = NODE_EV_PEER, .peer = r->org};
    struct hf_id id;

    core_backup(s);
    id = refer(false);
    core_run();
    core_restore(s, true);
    core_tick(s);
    core_lose();
    core_wait(DAY_MS);
    cr_assert(eq(u32, core_object(s, id).n[0], 0));
    (void)core_step(s, &ev);
    core_wait(DAY_MS);
    core_expect_same(s, r, id);
    (void)core_step(s, &ev);
    cr_expect(eq(sz, core_pending(r), 0), "all has come");
}

/* ---- both ends ---- */

Test(restore, two_that_were_restored_find_each_other_again)
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
    core_expect_same(s, r, id);
    expect_state(r, id, STATE_ACCEPTED);
}

Test(restore, a_copy_that_could_not_be_opened_is_made_again)
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
    core_expect_same(s, r, id);
    expect_state(r, id, STATE_RECEIVED);
}

Test(restore, two_that_cannot_open_each_others_envelopes_do_not_storm)
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
