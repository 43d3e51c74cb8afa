/* Evidence of a fork reaches the committee: once, from either end, whatever is
 * lost; without bodies; and what is no fork changes nothing there. */
#include "core_fixture.h"

#include "fork.h"

static struct core_node *s, *r, *committee;
static struct hf_id case_id;

static void
begin(void)
{
    struct consent c = {.state = CONSENT_GIVEN};

    core_begin(3, 1);
    s = &core->node[0];
    r = &core->node[1];
    committee = &core->node[2];
    core->org[2].duties = DUTY_BIT(DUTY_EVIDENCE);
    core_publish(&r->org, "primary_health_care", "microfinance", NULL);
    case_id = core_case(s, CATEGORY_ALL);
    core_scope(&c, "all", CATEGORY_ALL, PURPOSE_BIT(PURPOSE_REFERRAL),
               &r->org, NULL);
    (void)core_consent(s, case_id, &c);
}

TestSuite(forks, .init = begin, .fini = core_end);

/* r comes back as a clone, does not know it, and goes on differently. */
static struct hf_id
fork_r(void)
{
    struct node_command c = core_refer_cmd(case_id, "health.general");
    struct hf_id id;

    core_do(s, &c);
    id = s->reply.id;
    core_run();
    core_does(r, id, EVENT_ACCEPT, REASON_NONE);
    core_backup(r);
    core_does(r, id, EVENT_ATTEND, REASON_NONE);
    core_restore(r, false);
    core->now_ms += MINUTE_MS;
    (void)core_event(r, id, EVENT_FAIL, REASON_OTHER);
    return id;
}

static size_t
held(const struct core_node *n)
{
    return disk_rows(n->disk, NODE_FORKS);
}

/* Letters of evidence so far. */
static size_t
told(void)
{
    static struct content got;
    size_t n = 0;

    for (size_t i = 0; i < core->n_letters; i++)
        n += content_decode(hf_buf_bytes(&core->letter[i].bytes), &got) ==
                 HF_OK &&
             got.type == CONTENT_FORK;
    return n;
}

/* ---- on its way ---- */

Test(forks, reach_the_committee_once_from_each_end)
{
    const struct hf_id id = fork_r();
    struct node_fork f;

    core_wait(60 * DAY_MS);
    cr_expect(eq(sz, told(), 2), "one from each end");
    cr_assert(eq(sz, held(committee), 1), "of one fork");
    memset(&f, 0, sizeof(f));
    cr_assert(fork_next(committee->env.view, &f));
    cr_expect(hf_org_eq(&f.author, &r->org));
    cr_expect(hf_org_eq(&f.peer, &s->org));
    cr_expect(hf_id_eq(&f.object, &id));
    cr_expect(eq(u32, f.n, core_object(s, id).fork[SIDE_SECOND]));
    cr_expect(ne(int, memcmp(f.entry[0], f.entry[1], ENTRY_BYTES), 0));
    cr_expect(eq(uint, core_alarms(committee, "chain_forked"), 1));
    cr_expect(eq(uint, core_alarms(committee, "fork_refused"), 0));
}

Test(forks, wait_for_the_committees_node_to_be_there)
{
    core->has_no_prekey[2] = true;
    (void)fork_r();
    core_wait(3 * DAY_MS);
    cr_expect(eq(sz, told(), 0));
    core->has_no_prekey[2] = false;
    core_wait(10 * DAY_MS);
    cr_expect(eq(sz, held(committee), 1));
}

Test(forks, are_not_told_again_once_receipted)
{
    (void)fork_r();
    core_run();
    cr_assert(eq(sz, held(committee), 1));
    disk_free(committee->disk); /* what it got and said is lost */
    committee->disk = disk_new();
    committee->env.view = disk_view(committee->disk);
    core_wait(60 * DAY_MS);
    cr_expect(eq(sz, held(committee), 0), "receipted is done");
}

Test(forks, that_were_lost_on_the_way_are_told_again)
{
    (void)fork_r();
    for (int i = 0; i < 50 && told() < 2; i++) {
        for (size_t k = 0; k < core->n_letters; k++)
            if (!core->letter[k].is_gone &&
                !hf_org_eq(&core->letter[k].h.recipient, &committee->org))
                core_deliver(k);
        core_tick(s);
        core_tick(r);
    }
    cr_assert(eq(sz, told(), 2));
    core_lose();
    core_wait(20 * DAY_MS);
    cr_expect(eq(sz, held(committee), 0), "it is still on its way");
    core_wait(30 * DAY_MS);
    cr_expect(eq(sz, held(committee), 1));
}

Test(forks, carry_two_entries_and_nothing_else)
{
    static struct content got;

    (void)fork_r();
    core_wait(DAY_MS);
    cr_assert(eq(sz, told(), 2));
    for (size_t i = 0; i < core->n_letters; i++) {
        const struct hf_bytes in = hf_buf_bytes(&core->letter[i].bytes);

        if (content_decode(in, &got) != HF_OK || got.type != CONTENT_FORK)
            continue;
        cr_expect(lt(sz, in.n, 2 * (ENTRY_BYTES + ENTRY_SIG_BYTES) + 32));
        expect_no(memmem(in.p, in.n, case_id.b, HF_ID_BYTES) != NULL);
        expect_no(memmem(in.p, in.n, "canary", 6) != NULL);
    }
}

/* ---- accusations ---- */

struct accusation {
    struct entry e[2];
    uint8_t bytes[2][ENTRY_BYTES], sig[2][ENTRY_SIG_BYTES];
};

/* r used number 3 twice, in object @k. */
static struct accusation
accuse(uint32_t k)
{
    struct accusation a;

    memset(&a, 0, sizeof(a));
    for (int i = 0; i < 2; i++) {
        a.e[i] = (struct entry){.kind = OBJECT_REFERRAL,
                                .event = EVENT_ATTEND,
                                .role = ROLE_AUTOMATIC,
                                .author = r->org,
                                .peer = s->org,
                                .n = 3,
                                .at_ms = core->now_ms + (uint64_t)i,
                                .happened_ms = core->now_ms};
        memset(a.e[i].object.b, 7, HF_ID_BYTES);
        memcpy(a.e[i].object.b, &k, sizeof(k));
        memset(a.e[i].prev.b, 1, HF_HASH_BYTES);
    }
    return a;
}

static void
sign_both(struct accusation *a)
{
    for (int i = 0; i < 2; i++) {
        const struct hf_bytes span = {a->bytes[i], ENTRY_BYTES};

        entry_pack(&a->e[i], a->bytes[i]);
        core_sign_as(&a->e[i].author, ENTRY_LABEL, &span, 1, a->sig[i]);
    }
}

static void
say_to(struct core_node *to, struct accusation *a, const struct hf_org *from)
{
    struct content c = {.type = CONTENT_FORK};
    struct node_send send = {.to = to->org,
                             .created_ms = core->now_ms,
                             .expires_ms = core->now_ms + DAY_MS,
                             .content = &c};
    const struct core_node sender = {.org = *from};

    for (int i = 0; i < 2; i++) {
        c.u.fork.entry[i].bytes = (struct hf_bytes){a->bytes[i], ENTRY_BYTES};
        c.u.fork.entry[i].sig = (struct hf_bytes){a->sig[i], ENTRY_SIG_BYTES};
    }
    core->draws++;
    memcpy(send.envelope.b, &core->draws, sizeof(core->draws));
    send.envelope.b[15] = 0xfa;
    core_post(&sender, &send);
    core_deliver(core->n_letters - 1);
    core_lose(); /* receipts */
}

static void
expect_refused(struct accusation *a, const struct hf_org *from,
               const char *why)
{
    const unsigned before = core_alarms(committee, "fork_refused");

    say_to(committee, a, from);
    cr_expect(eq(sz, held(committee), 0), "%s", why);
    cr_expect(eq(uint, core_alarms(committee, "fork_refused"), before + 1),
              "%s", why);
}

Test(forks, that_are_none_are_refused_and_change_nothing)
{
    struct accusation a = accuse(1);

    sign_both(&a);
    a.sig[1][5] ^= 1;
    expect_refused(&a, &s->org, "not signed by its author");
    a = accuse(1);
    sign_both(&a);
    core_sign_as(&s->org, ENTRY_LABEL,
                 &(struct hf_bytes){a.bytes[0], ENTRY_BYTES}, 1, a.sig[0]);
    expect_refused(&a, &s->org, "signed by the accuser");
    a = accuse(1);
    a.e[1] = a.e[0];
    sign_both(&a);
    expect_refused(&a, &s->org, "one entry twice");
    a = accuse(1);
    a.e[1].n++;
    sign_both(&a);
    expect_refused(&a, &s->org, "two numbers");
    a = accuse(1);
    a.e[1].object.b[9]++;
    sign_both(&a);
    expect_refused(&a, &s->org, "two objects");
    a = accuse(1);
    a.e[1].author = s->org;
    a.e[1].peer = r->org;
    sign_both(&a);
    expect_refused(&a, &s->org, "two authors");
    a = accuse(1);
    sign_both(&a);
    expect_refused(&a, &core->org[3].id, "no end of it");
    say_to(committee, &a, &s->org);
    cr_expect(eq(sz, held(committee), 1), "but this is one");
}

Test(forks, are_taken_by_the_committee_alone)
{
    struct accusation a = accuse(1);

    sign_both(&a);
    say_to(r, &a, &s->org);
    cr_expect(eq(sz, held(r), 0));
    cr_expect(eq(uint, core_alarms(r, "fork_refused"), 1));
}

Test(forks, of_one_reporter_leave_room_for_the_others)
{
    struct accusation a;

    for (uint32_t k = 1; k <= FORKS_OF_ORG_MAX + 3; k++) {
        a = accuse(k);
        sign_both(&a);
        say_to(committee, &a, &r->org);
        say_to(committee, &a, &r->org); /* again: the same row */
    }
    cr_expect(eq(sz, held(committee), FORKS_OF_ORG_MAX));
    say_to(committee, &a, &s->org);
    cr_expect(eq(sz, held(committee), FORKS_OF_ORG_MAX + 1));
}
