/* A case is shredded: what of it is left in the store, what may not bring it
 * back, and when it is refused. */
#include "core_fixture.h"

static struct core_node *s, *r; /* the case's holder, the next one */
static struct hf_id case_id;

static void
begin(void)
{
    struct consent c = {.state = CONSENT_GIVEN};

    core_begin(2, 1);
    s = &core->node[0];
    r = &core->node[1];
    core_publish(&r->org, "primary_health_care", NULL);
    case_id = core_case(s, CATEGORY_ALL);
    core_scope(&c, "all", CATEGORY_ALL,
               PURPOSE_BIT(PURPOSE_REFERRAL) | PURPOSE_BIT(PURPOSE_OFFER) |
                   PURPOSE_BIT(PURPOSE_TRANSFER),
               &s->org, &r->org, NULL);
    (void)core_consent(s, case_id, &c);
}

TestSuite(shred, .init = begin, .fini = core_end);

static int
shred(struct core_node *n)
{
    struct node_command c = {.type = CMD_CASE_SHRED, .case_id = case_id};

    return core_ask(n, &c);
}

static struct hf_id
refer_and_close(void)
{
    struct node_command c = core_refer_cmd(case_id, "health.general");
    struct hf_id id;

    core_do(s, &c);
    id = s->reply.id;
    core_run();
    core_does(r, id, EVENT_ACCEPT, REASON_NONE);
    core_does(r, id, EVENT_ATTEND, REASON_NONE);
    core_does(r, id, EVENT_COMPLETE, REASON_MET);
    core_does(s, id, EVENT_CLOSE, REASON_NONE);
    return id;
}

static struct hf_id
hand_over(void)
{
    struct node_command c = {.type = CMD_TRANSFER_OFFER,
                             .case_id = case_id,
                             .to = r->org};
    struct hf_id id;

    core_do(s, &c);
    id = s->reply.id;
    core_run();
    core_does(r, id, EVENT_ACCEPT, REASON_NONE);
    core_does(s, id, EVENT_RELEASE, REASON_NONE);
    core_does(r, id, EVENT_ARRIVE, REASON_NONE);
    core_does(s, id, EVENT_HAND_OVER, REASON_NONE);
    expect_state(s, id, STATE_HANDED_OVER);
    return id;
}

/* Rows that are not under a key that was destroyed: the store in memory drops
 * those on shred, as the real one cannot open them. */
static void
expect_nothing_of_the_person(const struct core_node *n)
{
    expect_no(core_holds(n, "canary"));
    expect_no(core_holds(n, "AT-1"));
    expect_no(core_holds(n, "guardian"));
    expect_no(core_holds(n, "prs"));
}

Test(shred, leaves_nothing_of_the_person_and_all_of_the_chains)
{
    const struct hf_id referral = refer_and_close();
    const struct hf_id transfer = hand_over();
    uint8_t entry[ENTRY_BYTES], sig[ENTRY_SIG_BYTES];

    cr_assert(core_holds(s, "canary"));
    cr_assert(eq(int, shred(s), 0), "%s", s->reply.message);
    core_run();
    expect_nothing_of_the_person(s);
    expect_state(s, referral, STATE_CLOSED);
    expect_state(s, transfer, STATE_HANDED_OVER);
    cr_expect(chain_get(s->env.view, &referral, SIDE_FIRST, 1, 0, entry, sig));
    cr_expect(eq(int, shred(s), 66));
    cr_expect(eq(str, s->reply.code, "shredded"));
    cr_expect(core_holds(r, "canary"), "the holder's file is another one");
}

Test(shred, a_case_opened_in_error_goes_at_once)
{
    cr_assert(eq(int, shred(s), 0), "%s", s->reply.message);
    expect_nothing_of_the_person(s);
}

Test(shred, is_refused_while_a_referral_is_open)
{
    struct node_command c = core_refer_cmd(case_id, "health.general");

    core_do(s, &c);
    core_run();
    cr_expect(eq(int, shred(s), 1));
    cr_expect(eq(str, s->reply.code, "referral_open"));
    cr_expect(core_holds(s, "canary"));
}

Test(shred, is_refused_while_a_transfer_is_open)
{
    struct node_command c = {.type = CMD_TRANSFER_OFFER,
                             .case_id = case_id,
                             .to = r->org};

    core_do(s, &c);
    core_run();
    cr_expect(eq(int, shred(s), 1));
    cr_expect(eq(str, s->reply.code, "transfer_open"));
}

Test(shred, is_refused_to_a_holder_who_has_not_closed_the_case)
{
    (void)refer_and_close();
    cr_expect(eq(int, shred(s), 1));
    cr_expect(eq(str, s->reply.code, "not_closed"));
}

Test(shred, needs_a_supervisor)
{
    struct node_command c = {.type = CMD_CASE_SHRED,
                             .case_id = case_id,
                             .user = core_name("kim")};

    cr_expect(eq(int, core_ask(s, &c), 77));
}

Test(shred, what_comes_again_does_not_bring_it_back)
{
    (void)refer_and_close();
    (void)hand_over();
    cr_assert(eq(int, shred(s), 0), "%s", s->reply.message);
    for (size_t i = 0; i < core->n_letters; i++)
        if (hf_org_eq(&core->letter[i].h.recipient, &s->org)) {
            hf_random(core->letter[i].h.id.b, HF_ID_BYTES);
            core_deliver(i);
        }
    core_run();
    expect_nothing_of_the_person(s);
}

/* What the journal beside the backups brings back before the core is told. */
static void
restore(struct core_node *n)
{
    struct node_event ev = {.type = NODE_EV_RESTORED};
    struct disk *lost = n->disk;

    n->disk = disk_copy(n->backup);
    n->env.view = disk_view(n->disk);
    disk_keep(n->disk, lost, NODE_SHREDDED);
    disk_keep(n->disk, lost, NODE_TOMBSTONES);
    disk_free(lost);
    (void)core_step(n, &ev);
    core_run();
}

Test(shred, a_restore_of_an_older_backup_shreds_again)
{
    (void)refer_and_close();
    (void)hand_over();
    core_backup(s);
    cr_assert(eq(int, shred(s), 0), "%s", s->reply.message);
    restore(s);
    expect_nothing_of_the_person(s);
    core_wait(DAY_MS);
    expect_nothing_of_the_person(s);
}

Test(shred, peers_copies_after_a_restore_bring_nothing_back)
{
    core_backup(s); /* of the time before anything was shared */
    (void)refer_and_close();
    (void)hand_over();
    cr_assert(eq(int, shred(s), 0), "%s", s->reply.message);
    restore(s);
    core_wait(3 * DAY_MS);
    cr_expect(gt(sz, disk_rows(s->disk, NODE_CHAINS), 5), "copies came");
    expect_nothing_of_the_person(s);
}

Test(shred, a_consent_withdrawn_after_the_backup_is_withdrawn_after_the_restore)
{
    struct consent c;
    struct hf_id consent;

    core_backup(s);
    cr_assert(eq(int, core_withdraw(s, case_id, NULL, true), 0));
    consent = s->reply.id;
    core_run();
    restore(s);
    cr_assert(consent_get(s->env.view, &consent, &c));
    cr_expect(eq(int, (int)c.state, CONSENT_WITHDRAWN));
}

Test(shred, a_new_transfer_may_bring_the_person_back)
{
    struct consent c = {.state = CONSENT_GIVEN};
    struct node_command cmd;
    struct hf_id id;

    (void)hand_over();
    cr_assert(eq(int, shred(s), 0), "%s", s->reply.message);
    core_scope(&c, "back", CATEGORY_ALL,
               PURPOSE_BIT(PURPOSE_OFFER) | PURPOSE_BIT(PURPOSE_TRANSFER),
               &s->org, &r->org, NULL);
    cmd = (struct node_command){.type = CMD_CONSENT_AMEND,
                                .case_id = case_id,
                                .consent = &c,
                                .details = core_text("{}")};
    core_do(r, &cmd);
    cmd = (struct node_command){
        .type = CMD_TRANSFER_OFFER, .case_id = case_id, .to = s->org};
    core_do(r, &cmd);
    id = r->reply.id;
    core_run();
    core_does(s, id, EVENT_ACCEPT, REASON_NONE);
    core_does(r, id, EVENT_RELEASE, REASON_NONE);
    cr_expect(core_holds(s, "canary"));
    cr_expect(eq(u32, core_case_of(s, case_id).held, CATEGORY_ALL));
}
