/* The committee sees that two members claim one custody, or that one end says
 * nothing; and nothing else of a case (I-4). */
#include "core_fixture.h"

#include "claim.h"

static struct core_node *h, *n, *committee;
static struct hf_id case_id;
static struct registry_ruling ruling;

static void
begin(void)
{
    struct consent c = {.state = CONSENT_GIVEN};

    core_begin(4, 1);
    h = &core->node[0];
    n = &core->node[1];
    committee = &core->node[3];
    core->org[3].duties = DUTY_BIT(DUTY_EVIDENCE);
    core->registry.figures_period_ms = DAY_MS;
    for (size_t i = 0; i < 4; i++) {
        struct node_event ev = {.type = NODE_EV_START};

        (void)core_step(&core->node[i], &ev);
    }
    case_id = core_case(h, CATEGORY_ALL);
    core_scope(&c, "all", CATEGORY_ALL & ~CATEGORY_SENSITIVE,
               PURPOSE_BIT(PURPOSE_OFFER) | PURPOSE_BIT(PURPOSE_TRANSFER),
               &h->org, &n->org, NULL);
    (void)core_consent(h, case_id, &c);
}

TestSuite(claims, .init = begin, .fini = core_end);

static void
hands_over(struct core_node *from, struct core_node *to)
{
    struct node_command cmd = {.type = CMD_TRANSFER_OFFER,
                               .case_id = case_id,
                               .to = to->org};
    struct hf_id id;

    cr_assert(eq(int, core_ask(from, &cmd), 0), "%s", from->reply.message);
    core_run();
    id = from->reply.id;
    core_does(to, id, EVENT_ACCEPT, REASON_NONE);
    core_does(from, id, EVENT_RELEASE, REASON_NONE);
    core_does(to, id, EVENT_ARRIVE, REASON_NONE);
    core_does(from, id, EVENT_HAND_OVER, REASON_NONE);
    expect_state(to, id, STATE_HANDED_OVER);
}

static unsigned
filed(void)
{
    struct node_claim at;
    unsigned count = 0;

    memset(&at, 0, sizeof(at));
    while (filed_next(committee->env.view, &at))
        count++;
    return count;
}

/* Verdicts of that kind now. */
static unsigned
found(enum claims_verdict want)
{
    struct node_claim list[CLAIMS_OF_TAG_MAX];
    struct hf_hash tag = {{0}};
    unsigned count = 0;
    size_t k;

    while ((k = claims_next_tag(committee->env.view, &tag, list)) > 0)
        count += claims_judge(&core->registry, core->now_ms, list, k) == want;
    return count;
}

static struct hf_hash
tag_of(uint32_t epoch)
{
    struct hf_hash tag;

    registry_custody_tag(&case_id, epoch, &tag);
    return tag;
}

/* As a member could say it. */
static enum delivery
says(const struct core_node *who, const struct content_claims *c)
{
    struct content content = {.type = CONTENT_CLAIMS, .u.claims = *c};
    struct node_send send = {.to = committee->org,
                             .created_ms = core->now_ms,
                             .expires_ms = core->now_ms + DAY_MS,
                             .content = &content};
    const size_t before = core->n_letters;
    static struct content got;

    core->draws++;
    memcpy(send.envelope.b, &core->draws, sizeof(core->draws));
    send.envelope.b[15] = 0xec;
    core_post(who, &send);
    core_deliver(before);
    core_tick(committee);
    for (size_t i = before + 1; i < core->n_letters; i++)
        if (content_decode(hf_buf_bytes(&core->letter[i].bytes), &got) ==
                HF_OK &&
            got.type == CONTENT_RECEIPT)
            return got.u.receipts.item[0].status;
    return DELIVERY_NONE;
}

static enum delivery
says_one(const struct core_node *who, uint32_t epoch, enum custody_claim what)
{
    return says(who, &(struct content_claims){
                         1, {{tag_of(epoch), what, (uint32_t)(T0 / DAY_MS)}}});
}

Test(claims, of_both_ends_reach_the_committee_once_and_fit)
{
    hands_over(h, n);
    hands_over(n, h);
    core_wait(3 * DAY_MS);
    cr_expect(eq(uint, filed(), 6), "gives, takes, holds, twice");
    core_wait(60 * DAY_MS);
    cr_expect(eq(uint, filed(), 6));
    cr_expect(zero(uint, found(CLAIMS_TWICE)));
    cr_expect(zero(uint, found(CLAIMS_GAP)));
}

Test(claims, name_no_case_and_no_peer)
{
    const struct hf_id id = case_id;

    hands_over(h, n);
    core_wait(3 * DAY_MS);
    cr_assert(eq(uint, filed(), 3));
    cr_expect(zero(sz, disk_rows(committee->disk, NODE_CASES)));
    expect_no(disk_holds(committee->disk, (const char *)id.b, HF_ID_BYTES));
}

Test(claims, come_again_until_they_are_receipted)
{
    hands_over(h, n);
    core_lose();
    core->now_ms += DAY_MS;
    core_tick(h);
    core_tick(n);
    core_lose();
    cr_assert(zero(uint, filed()));
    core_wait(60 * DAY_MS);
    cr_expect(eq(uint, filed(), 3));
}

Test(claims, of_two_members_to_one_custody_are_shown)
{
    hands_over(h, n);
    core_wait(3 * DAY_MS);
    cr_expect(eq(int, (int)says_one(&core->node[2], 1, CLAIM_TAKES),
                 (int)DELIVERY_OK));
    cr_expect(eq(uint, found(CLAIMS_TWICE), 1), "taken by two");
    cr_expect(eq(uint, core_alarms(committee, "custody_twice"), 1));
    (void)says_one(&core->node[2], 2, CLAIM_GIVES);
    cr_expect(eq(uint, found(CLAIMS_TWICE), 2), "given by who does not hold");
}

Test(claims, of_one_end_only_are_a_gap_after_a_fortnight)
{
    (void)says_one(h, 1, CLAIM_GIVES);
    core_wait(13 * DAY_MS);
    cr_expect(zero(uint, found(CLAIMS_GAP)));
    core_wait(2 * DAY_MS);
    cr_expect(eq(uint, found(CLAIMS_GAP), 1));
    ruling = (struct registry_ruling){.tag = tag_of(1), .holder = n->org,
                                      .epoch = 2};
    core->registry.rulings = &ruling;
    core->registry.n_rulings = 1;
    cr_expect(zero(uint, found(CLAIMS_GAP)), "the committee ruled");
}

Test(claims, are_made_by_whom_a_ruling_makes_holder)
{
    struct node_event ev = {.type = NODE_EV_START};

    hands_over(h, n);
    core_wait(3 * DAY_MS);
    ruling = (struct registry_ruling){.tag = tag_of(2), .holder = h->org,
                                      .epoch = 3};
    core->registry.rulings = &ruling;
    core->registry.n_rulings = 1;
    (void)core_step(h, &ev);
    core_wait(3 * DAY_MS);
    cr_expect(eq(uint, filed(), 5));
    core_wait(30 * DAY_MS);
    cr_expect(zero(uint, found(CLAIMS_GAP) + found(CLAIMS_TWICE)));
}

Test(claims, of_a_ruled_holder_against_who_was_handed_the_case_are_twice)
{
    hands_over(h, n);
    core_wait(3 * DAY_MS);
    (void)says_one(&core->node[2], 1, CLAIM_TAKES);
    ruling = (struct registry_ruling){.tag = tag_of(1),
                                      .holder = core->node[2].org, .epoch = 2};
    core->registry.rulings = &ruling;
    core->registry.n_rulings = 1;
    cr_expect(eq(uint, found(CLAIMS_TWICE), 1));
}

Test(claims, of_one_member_have_a_ceiling_and_age_out)
{
    struct content_claims many = {.n = CONTENT_CLAIMS_MAX};
    enum delivery last = DELIVERY_OK;
    uint32_t made = 0;

    while (last == DELIVERY_OK && made < 2 * CLAIMS_OF_ORG_MAX) {
        for (size_t i = 0; i < many.n; i++, made++) {
            many.item[i] = (struct content_claim){{{0xf0}}, CLAIM_HOLDS, 1};
            memcpy(many.item[i].tag.b + 1, &made, sizeof(made));
        }
        last = says(n, &many);
    }
    cr_expect(eq(int, (int)last, (int)DELIVERY_REFUSED));
    cr_expect(eq(uint, filed(), CLAIMS_OF_ORG_MAX));
    cr_expect(eq(int, (int)says_one(h, 1, CLAIM_GIVES), (int)DELIVERY_OK),
              "another's place is its own");
    core->now_ms += CLAIM_KEEP_MS + DAY_MS;
    for (int day = 0; day < 80; day++, core->now_ms += DAY_MS)
        core_tick(committee);
    cr_expect(zero(uint, filed()));
    cr_expect(zero(u32, filed_count(committee->env.view, &n->org)));
}

Test(claims, are_refused_by_who_has_not_that_duty)
{
    core->org[3].duties = 0;
    cr_expect(eq(int, (int)says_one(h, 1, CLAIM_GIVES),
                 (int)DELIVERY_REFUSED));
    cr_expect(zero(uint, filed()));
}
