/* Nobody takes a case from a member that cannot show how it came by it: whole
 * ways, and all the ways of making one up (I-4). */
#include "core_fixture.h"
#include "parts.h"
#include "title.h"

static struct core_node *a, *b, *c, *d; /* opens; holds; holds; is told lies */
static struct hf_id case_id;
static struct registry_ruling ruling;

static void
begin(void)
{
    struct consent given = {.state = CONSENT_GIVEN};

    core_begin(4, 1);
    a = &core->node[0];
    b = &core->node[1];
    c = &core->node[2];
    d = &core->node[3];
    case_id = core_case(a, CATEGORY_ALL);
    core_scope(&given, "all", CATEGORY_ALL & ~CATEGORY_SENSITIVE,
               PURPOSE_BIT(PURPOSE_OFFER) | PURPOSE_BIT(PURPOSE_TRANSFER),
               &a->org, &b->org, &c->org, &d->org, NULL);
    (void)core_consent(a, case_id, &given);
}

TestSuite(title, .init = begin, .fini = core_end);

static struct hf_id
accepted(struct core_node *from, struct core_node *to)
{
    struct node_command cmd = {.type = CMD_TRANSFER_OFFER,
                               .case_id = case_id,
                               .to = to->org};
    struct hf_id id;

    cr_assert(eq(int, core_ask(from, &cmd), 0), "%s", from->reply.message);
    core_run();
    id = from->reply.id;
    core_does(to, id, EVENT_ACCEPT, REASON_NONE);
    return id;
}

static void
hands_over(struct core_node *from, struct core_node *to)
{
    const struct hf_id id = accepted(from, to);

    core_does(from, id, EVENT_RELEASE, REASON_NONE);
    core_does(to, id, EVENT_ARRIVE, REASON_NONE);
    core_does(from, id, EVENT_HAND_OVER, REASON_NONE);
    expect_state(to, id, STATE_HANDED_OVER);
    core->now_ms += DAY_MS;
    core_run();
}

static bool
knows(const struct core_node *k)
{
    struct node_case row;

    return case_get(k->env.view, &case_id, &row);
}

/* ---- ways that are whole ---- */

Test(title, goes_along_from_holder_to_holder)
{
    uint8_t link[TITLE_LINK_BYTES];

    hands_over(a, b);
    hands_over(b, c);
    hands_over(c, d);
    for (uint32_t epoch = 1; epoch <= 3; epoch++)
        cr_expect(title_get(d->env.view, &case_id, epoch, link), "%u", epoch);
    cr_expect(eq(u32, core_case_of(d, case_id).epoch, 4));
    hands_over(d, a); /* who knows it as of epoch 2 */
    cr_expect(eq(u32, core_case_of(a, case_id).epoch, 5));
    hands_over(a, c);
    cr_expect(eq(u32, core_case_of(c, case_id).epoch, 6));
}

Test(title, stands_on_a_ruling_where_the_committee_made_a_holder)
{
    struct node_event ev = {.type = NODE_EV_START};

    hands_over(a, b);
    registry_custody_tag(&case_id, 2, &ruling.tag);
    ruling.holder = a->org;
    ruling.epoch = 3;
    core->registry.rulings = &ruling;
    core->registry.n_rulings = 1;
    (void)core_step(a, &ev);
    core_run();
    cr_assert(eq(u32, core_case_of(a, case_id).epoch, 3));
    hands_over(a, d);
    cr_expect(eq(u32, core_case_of(d, case_id).epoch, 4));
}

Test(title, goes_with_the_case_when_it_is_destroyed)
{
    const struct hf_id id = (hands_over(a, b), hands_over(b, c),
                             accepted(c, d));

    core_does(c, id, EVENT_RELEASE, REASON_NONE);
    cr_assert(ne(sz, disk_rows(d->disk, NODE_TITLES), 0));
    core_does(c, id, EVENT_WITHDRAW, REASON_MADE_IN_ERROR);
    cr_expect(eq(sz, disk_rows(d->disk, NODE_TITLES), 0));
    cr_expect(ne(sz, disk_rows(c->disk, NODE_TITLES), 0));
}

/* ---- ways that are made up ---- */

/* One side of a link, as @author would sign it. */
static void
forge_side(uint8_t *out, const struct hf_org *author, const struct hf_org *peer,
           enum event event, uint32_t epoch, const struct hf_org *signer)
{
    struct entry e = {.kind = OBJECT_TRANSFER, .event = event,
                      .role = ROLE_AUTOMATIC, .object = {{0x77}},
                      .author = *author, .peer = *peer, .n = 1,
                      .at_ms = core->now_ms, .happened_ms = core->now_ms};
    const struct hf_bytes span = {out, ENTRY_BYTES};
    struct body body = {.n = 0};
    uint8_t packed[64];
    struct hf_hash tag;

    registry_custody_tag(&case_id, epoch, &tag);
    core_part(&body, PART_CUSTODY, CATEGORY_NONE, tag.b, HF_HASH_BYTES);
    body_pack(&body, packed);
    hf_hash(BODY_LABEL, &(struct hf_bytes){packed, body_bytes(&body)}, 1,
            &e.body);
    entry_pack(&e, out);
    core_sign_as(signer, ENTRY_LABEL, &span, 1, out + ENTRY_BYTES);
    memcpy(out + ENTRY_BYTES + ENTRY_SIG_BYTES, body.salt, BODY_SALT_BYTES);
}

static void
forge_link(uint8_t *out, const struct core_node *from,
           const struct core_node *to, uint32_t epoch,
           const struct core_node *signer)
{
    forge_side(out, &from->org, &to->org, EVENT_HAND_OVER, epoch, &signer->org);
    forge_side(out + TITLE_SIDE_BYTES, &to->org, &from->org, EVENT_TAKE_OVER,
               epoch, &to->org);
}

static size_t
forge_title(uint8_t *out, uint32_t tagged, uint32_t first, uint8_t n)
{
    struct hf_hash tag;

    registry_custody_tag(&case_id, tagged, &tag);
    memset(out, 0, TITLE_HEAD_BYTES + n * TITLE_LINK_BYTES);
    memcpy(out, tag.b, HF_HASH_BYTES);
    out[HF_HASH_BYTES] = (uint8_t)first;
    out[TITLE_HEAD_BYTES - 1] = n;
    return TITLE_HEAD_BYTES + n * TITLE_LINK_BYTES;
}

/* What @liar releases to d, who accepted its offer. */
static void
forge_release(struct core_forger *f, uint32_t epoch, const uint8_t *title,
              size_t title_bytes)
{
    static uint8_t head[CASE_HEAD_BYTES + PARTS_FACTS_BYTES];
    static uint8_t proof[PROOF_BYTES(PROOF_ITEMS_MAX)];
    const struct case_head h0 = {.id = case_id, .epoch = epoch, .origin = "AF",
                                 .host = "AT", .stage = STAGE_PRE_DEPARTURE};
    const struct proof p = {.consent = {{9}}, .version = 1, .n = 1,
                            .item = {{.scope = {"x"},
                                      .categories = CATEGORY_ALL,
                                      .purposes =
                                          PURPOSE_BIT(PURPOSE_TRANSFER)}}};
    struct body body = {.n = 0};

    case_head_pack(&h0, head);
    core_part(&body, PART_PROOF, CATEGORY_NONE, proof, proof_pack(&p, proof));
    core_part(&body, PART_SECTION, CATEGORY_IDENTITY, "{\"x\":\"forged\"}",
              14);
    core_part(&body, PART_CASE, CATEGORY_NONE, head, sizeof(head));
    if (title != NULL)
        core_part(&body, PART_TITLE, CATEGORY_NONE, title, title_bytes);
    core_forge_entry(
        f,
        (struct entry){.event = EVENT_RELEASE, .seen = 1,
                       .seen_hash = core_seen(d, f->c.u.push.object,
                                              SIDE_SECOND, 1)},
        &body);
}

/* True: d took the case from @liar. */
static bool
is_taken(const struct core_node *liar, uint32_t epoch, const uint8_t *title,
         size_t title_bytes)
{
    const struct hf_id evil = {{0x66, (uint8_t)core->draws}};
    struct core_forger f =
        core_forge(OBJECT_TRANSFER, evil, &liar->org, &d->org);
    bool is_declined;

    core_forge_entry(&f, (struct entry){.event = EVENT_OFFER}, NULL);
    core_forge_send(&f, d, &liar->org);
    cr_assert(eq(int, core_event(d, evil, EVENT_ACCEPT, REASON_NONE), 0));
    forge_release(&f, epoch, title, title_bytes);
    core_forge_send(&f, d, &liar->org);
    is_declined = core_state(d, evil) == STATE_DECLINED;
    cr_expect(eq(int, is_declined, !core_holds(d, "forged")));
    core_forge_end(&f);
    return !is_declined;
}

Test(title, is_not_made_up_for_a_case_that_is_not_held_here)
{
    uint8_t t[TITLE_BYTES_MAX];

    hands_over(a, b);
    expect_no(is_taken(c, 99, NULL, 0), "no title");
    expect_no(is_taken(c, 99, t, forge_title(t, 99, 99, 0)), "no link");
    expect_no(is_taken(c, 99, t, forge_title(t, 99, 98, 1)), "a ruling");
    expect_no(is_taken(c, 99, t, forge_title(t, 2, 2, 0)), "another's tag");
    expect_no(is_taken(c, 3, t, forge_title(t, 3, 1, 1)), "too few");
    expect_no(is_taken(c, 3, t, forge_title(t, 3, 1, 2) - 1), "cut");
    expect_no(knows(d));
}

Test(title, is_signed_by_those_who_gave_and_took)
{
    uint8_t t[TITLE_BYTES_MAX];
    const size_t n = forge_title(t, 3, 1, 2);

    hands_over(a, b);
    cr_assert(title_get(b->env.view, &case_id, 1, t + TITLE_HEAD_BYTES));
    forge_link(t + TITLE_HEAD_BYTES + TITLE_LINK_BYTES, b, c, 2, c);
    expect_no(is_taken(c, 3, t, n), "b never signed");
    forge_link(t + TITLE_HEAD_BYTES + TITLE_LINK_BYTES, b, c, 3, b);
    expect_no(is_taken(c, 3, t, n), "another epoch");
    forge_link(t + TITLE_HEAD_BYTES + TITLE_LINK_BYTES, a, c, 2, a);
    expect_no(is_taken(c, 3, t, n), "a held it no more");
    forge_link(t + TITLE_HEAD_BYTES + TITLE_LINK_BYTES, b, c, 2, b);
    cr_expect(is_taken(c, 3, t, n), "and this is how it would be true");
}

/* Whoever gave a case away once may sign that again, to an accomplice. */
Test(title, leads_on_from_what_is_known_here)
{
    uint8_t t[TITLE_BYTES_MAX];
    struct node_case row;

    hands_over(a, d);
    hands_over(d, b);
    forge_title(t, 2, 1, 1);
    forge_link(t + TITLE_HEAD_BYTES, a, c, 1, a);
    expect_no(is_taken(c, 2, t, TITLE_HEAD_BYTES + TITLE_LINK_BYTES));
    forge_title(t, 4, 1, 3);
    forge_link(t + TITLE_HEAD_BYTES, a, c, 1, a);
    forge_link(t + TITLE_HEAD_BYTES + TITLE_LINK_BYTES, c, a, 2, c);
    forge_link(t + TITLE_HEAD_BYTES + 2 * TITLE_LINK_BYTES, a, c, 3, a);
    expect_no(is_taken(c, 4, t, TITLE_HEAD_BYTES + 3 * TITLE_LINK_BYTES));
    forge_title(t, 9, 8, 1);
    forge_link(t + TITLE_HEAD_BYTES, a, c, 8, a);
    expect_no(is_taken(c, 9, t, TITLE_HEAD_BYTES + TITLE_LINK_BYTES));
    row = core_case_of(d, case_id);
    cr_expect(hf_org_eq(&row.holder, &b->org));
    hands_over(b, d);
}

Test(title, of_who_was_replaced_by_a_ruling_does_not_count)
{
    uint8_t t[TITLE_BYTES_MAX];

    registry_custody_tag(&case_id, 1, &ruling.tag);
    ruling.holder = b->org;
    ruling.epoch = 2;
    core->registry.rulings = &ruling;
    core->registry.n_rulings = 1;
    forge_title(t, 2, 1, 1);
    forge_link(t + TITLE_HEAD_BYTES, a, c, 1, a);
    expect_no(is_taken(c, 2, t, TITLE_HEAD_BYTES + TITLE_LINK_BYTES));
}
