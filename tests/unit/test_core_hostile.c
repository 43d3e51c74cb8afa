/* What a member that turned hostile may not do with an entry that it may
 * write: reach another's case or consent through a case of its own, plant what
 * cannot be told of again, or hide one thing behind many (I-2, I-4). */
#include "core_fixture.h"
#include "parts.h"
#include "title.h"

static struct core_node *s, *p, *q; /* holder, its provider, a third */
static struct hf_id case_id, consent_id;

#define BOTH                                                                   \
    (PURPOSE_BIT(PURPOSE_REFERRAL) | PURPOSE_BIT(PURPOSE_TRANSFER) |           \
     PURPOSE_BIT(PURPOSE_OFFER))

static void
begin(void)
{
    struct consent c = {.state = CONSENT_GIVEN};

    core_begin(3, 0);
    s = &core->node[0];
    p = &core->node[1];
    q = &core->node[2];
    core_publish(&p->org, "primary_health_care", "hospital_emergency", NULL);
    case_id = core_case(s, CATEGORY_ALL);
    core_scope(&c, "all", CATEGORY_ALL, BOTH, &s->org, &p->org, NULL);
    consent_id = core_consent(s, case_id, &c);
}

TestSuite(hostile, .init = begin, .fini = core_end);

static const struct hf_id evil_case = {{0x77}};

/* A consent as @by would have it: everything to itself, for ever. */
static struct consent
greedy(const struct core_node *by, struct hf_id id)
{
    struct consent c = {.id = id,
                        .case_id = evil_case,
                        .version = 1000,
                        .state = CONSENT_GIVEN,
                        .given_ms = T0};

    core_scope(&c, "mine", CATEGORY_ALL, BOTH, &by->org, NULL);
    return c;
}

/* @from offers and releases @kase to @to, which accepts; @c may be NULL. */
static struct core_forger
give(struct core_node *from, struct core_node *to, struct hf_id object,
     struct hf_id kase, uint32_t epoch, const struct consent *c)
{
    struct core_forger f =
        core_forge(OBJECT_TRANSFER, object, &from->org, &to->org);
    uint8_t head[CASE_HEAD_BYTES + PARTS_FACTS_BYTES] = {0};
    uint8_t packed[PARTS_CONSENT_BYTES(CONSENT_SCOPES_MAX)];
    uint8_t proof[PROOF_BYTES(PROOF_ITEMS_MAX)];
    uint8_t title[TITLE_HEAD_BYTES] = {0};
    struct hf_hash tag;
    const struct case_head h = {.id = kase, .epoch = epoch, .origin = "AF",
                                .host = "AT", .stage = STAGE_PRE_DEPARTURE};
    const struct facts facts = {.stage = STAGE_PRE_DEPARTURE};
    const struct proof pr = {.consent = c == NULL ? (struct hf_id){{9}} : c->id,
                             .version = 1,
                             .n = 1,
                             .item = {{.scope = {"x"},
                                       .categories = CATEGORY_ALL,
                                       .purposes =
                                           PURPOSE_BIT(PURPOSE_TRANSFER)}}};
    struct body b = {.n = 0};

    core_forge_entry(&f, (struct entry){.event = EVENT_OFFER}, NULL);
    core_forge_send(&f, to, &from->org);
    cr_assert(eq(int, core_event(to, object, EVENT_ACCEPT, REASON_NONE), 0));
    case_head_pack(&h, head);
    parts_facts_pack(&facts, 0, head + CASE_HEAD_BYTES);
    core_part(&b, PART_PROOF, CATEGORY_NONE, proof, proof_pack(&pr, proof));
    core_part(&b, PART_SECTION, CATEGORY_IDENTITY, "{\"x\":\"forged\"}", 14);
    core_part(&b, PART_CASE, CATEGORY_NONE, head, sizeof(head));
    /* As of this epoch, which is enough for the first, or a case known here. */
    registry_custody_tag(&kase, epoch, &tag);
    memcpy(title, tag.b, HF_HASH_BYTES);
    title[HF_HASH_BYTES] = (uint8_t)epoch;
    core_part(&b, PART_TITLE, CATEGORY_NONE, title, sizeof(title));
    if (c != NULL)
        core_part(&b, PART_CONSENT, CATEGORY_NONE, packed,
                  parts_consent_pack(c, packed));
    core_forge_entry(&f,
                     (struct entry){.event = EVENT_RELEASE,
                                    .seen = 1,
                                    .seen_hash =
                                        core_seen(to, object, SIDE_SECOND, 1)},
                     &b);
    core_forge_send(&f, to, &from->org);
    return f;
}

static struct consent
consent_at(const struct core_node *n, struct hf_id id)
{
    struct consent c;

    memset(&c, 0, sizeof(c));
    (void)consent_get(n->env.view, &id, &c);
    return c;
}

static void
expect_refused(const struct core_node *n, struct hf_id object)
{
    expect_state(n, object, STATE_DECLINED);
    expect_no(core_holds(n, "forged"));
}

/* ---- a consent of another case ---- */

Test(hostile, release_does_not_put_its_consent_in_anothers_place)
{
    const struct hf_id evil = {{0x66}};
    const struct consent c = greedy(p, consent_id);
    struct core_forger f = give(p, s, evil, evil_case, 1, &c);
    const struct consent held = consent_at(s, consent_id);

    cr_expect(eq(u32, held.version, 1));
    cr_expect(hf_id_eq(&held.case_id, &case_id));
    cr_expect(eq(str, (char *)held.scope[0].id.s, (char *)"all"));
    expect_refused(s, evil);
    core_forge_end(&f);
}

Test(hostile, release_withdrawn_does_not_take_anothers_consent_with_it)
{
    const struct hf_id evil = {{0x66}};
    const struct consent c = greedy(p, consent_id);
    struct core_forger f = give(p, s, evil, evil_case, 1, &c);

    core_forge_entry(&f,
                     (struct entry){.event = EVENT_WITHDRAW,
                                    .reason = REASON_MADE_IN_ERROR,
                                    .seen = 1,
                                    .seen_hash =
                                        core_seen(s, evil, SIDE_SECOND, 1)},
                     NULL);
    core_forge_send(&f, s, &p->org);
    core_run();
    cr_expect(eq(u32, consent_at(s, consent_id).version, 1), "it is there");
    cr_expect(eq(int, core_withdraw(s, case_id, NULL, true), 0), "%s",
              s->reply.message);
    core_forge_end(&f);
}

Test(hostile, case_with_the_consent_of_another_has_none)
{
    struct node_case k = core_case_of(s, case_id);
    struct consent c = consent_at(s, consent_id);
    struct node_command cmd = core_refer_cmd(case_id, "health.general");

    c.id = (struct hf_id){{0x55}};
    c.case_id = evil_case;
    disk_begin(s->disk);
    consent_put(s->env.view, &c, (struct hf_bytes){NULL, 0});
    k.consent = c.id;
    case_put(s->env.view, &k);
    disk_commit(s->disk);
    cr_expect(ne(int, core_ask(s, &cmd), 0), "covered by another's consent");
}

/* ---- a consent that cannot be used ---- */

static void
expect_no_release_of(const struct consent *c, uint8_t n)
{
    const struct hf_id evil = {{0x66, n}};
    struct core_forger f = give(p, s, evil, evil_case, 1, c);

    expect_refused(s, evil);
    cr_expect(eq(u32, consent_at(s, c->id).version, 0), "kept, %u", n);
    core_forge_end(&f);
}

Test(hostile, release_with_a_consent_that_could_not_be_told_of_is_refused)
{
    const struct hf_id id = {{0x31}};
    struct consent c = greedy(p, id);

    (void)strcpy(c.scope[0].id.s, "not\na name");
    expect_no_release_of(&c, 1);
    c = greedy(p, id);
    (void)strcpy(c.scope[0].recipient[0].s, "Not An Org");
    expect_no_release_of(&c, 2);
    c = greedy(p, id);
    c.scope[0].categories |= UINT32_C(1) << 31;
    expect_no_release_of(&c, 3);
    c = greedy(p, id);
    c.version = UINT32_MAX;
    expect_no_release_of(&c, 4);
    c = greedy(p, id);
    c.scope[0].until_ms = UINT64_MAX;
    expect_no_release_of(&c, 5);
    c = greedy(p, id);
    core_scope(&c, "mine", CATEGORY_ALL, BOTH, &p->org, NULL);
    expect_no_release_of(&c, 6);
}

Test(hostile, release_with_a_consent_in_order_is_taken)
{
    const struct hf_id evil = {{0x66}}, id = {{0x31}};
    const struct consent c = greedy(p, id);
    struct core_forger f = give(p, s, evil, evil_case, 1, &c);

    expect_state(s, evil, STATE_RELEASED);
    cr_expect(eq(u32, consent_at(s, id).version, 1000));
    cr_expect(core_holds(s, "forged"));
    core_forge_end(&f);
}

Test(hostile, withdrawal_that_cannot_be_read_is_not_answered_as_kept)
{
    const struct hf_id evil = {{0x57}};
    struct core_forger f =
        core_forge(OBJECT_WITHDRAWAL, evil, &s->org, &p->org);
    const struct scopes_withdrawn w = {.consent = consent_id,
                                       .version = 2,
                                       .n = 1,
                                       .scope = {{"not\na name"}},
                                       .categories = CAT(HEALTH),
                                       .erase = true};
    uint8_t packed[SCOPES_BYTES(SCOPES_MAX)];
    struct body body = {.n = 0};

    core_part(&body, PART_SCOPES, CATEGORY_NONE, packed,
              scopes_pack(&w, packed));
    core_forge_entry(&f,
                     (struct entry){.event = EVENT_WITHDRAW,
                                    .reason = REASON_ERASE},
                     &body);
    core_forge_send(&f, p, &s->org);
    core_run();
    expect_state(p, evil, STATE_ASKED);
    cr_expect(eq(u32, core_object(p, evil).n[SIDE_SECOND], 0));
    cr_expect(ge(uint, core_alarms(p, "entry_invalid"), 1));
    core_forge_end(&f);
}

/* ---- one behind many ---- */

/* As many links as a peer likes, all before the one that counts. */
static void
plant(struct core_node *n, struct hf_id to, const struct node_object *like)
{
    disk_begin(n->disk);
    for (unsigned i = 0; i < 300; i++) {
        const struct node_object o = {
            .id = {{0, 0, (uint8_t)(i >> 8), (uint8_t)i, 1}},
            .kind = like->kind,
            .side = like->side,
            .peer = like->peer,
            .created_ms = core->now_ms,
            .changed_ms = core->now_ms};

        object_put(n->env.view, &o, 0);
        object_link(n->env.view, &to, &o.id);
    }
    disk_commit(n->disk);
}

static struct hf_id
referred(void)
{
    const struct hf_id id = core_refer(s, case_id, "health.general");

    core_does(p, id, EVENT_ACCEPT, REASON_NONE);
    cr_assert(core_holds(p, "\"canary\":\"health\""));
    return id;
}

Test(hostile, erasure_is_not_hidden_from_behind_many_links)
{
    const struct hf_id id = referred();
    struct node_object o;

    /* at its end: no recall takes what the withdrawal missed */
    core_does(p, id, EVENT_ATTEND, REASON_NONE);
    core_does(p, id, EVENT_COMPLETE, REASON_MET);
    core_does(s, id, EVENT_CLOSE, REASON_NONE);
    cr_assert(core_holds(p, "\"canary\":\"health\""));
    o = core_object(p, id);
    plant(p, o.proof.consent, &o);
    cr_assert(eq(int, core_withdraw(s, case_id, NULL, true), 0));
    core_run();
    expect_no(core_holds(p, "canary"));
}

Test(hostile, who_is_to_be_told_is_not_hidden_behind_many_links)
{
    const struct hf_id id = referred();
    const struct node_object o = core_object(s, id);

    plant(s, case_id, &o);
    cr_assert(eq(int, core_withdraw(s, case_id, NULL, true), 0));
    cr_expect(eq(u32, s->reply.n, 1));
    core_run();
    expect_no(core_holds(p, "canary"));
}

/* ---- a case that another holds ---- */

Test(hostile, release_does_not_take_a_case_from_the_transfer_that_brings_it)
{
    const struct hf_id one = {{0x61}}, two = {{0x62}}, kase = {{0x71}};
    struct core_forger f = give(p, s, one, kase, 1, NULL);
    struct core_forger g = give(q, s, two, kase, 9, NULL);
    const struct node_case c = core_case_of(s, kase);

    expect_state(s, one, STATE_RELEASED);
    expect_state(s, two, STATE_DECLINED);
    cr_expect(hf_org_eq(&c.holder, &p->org));
    cr_expect(hf_id_eq(&c.open_transfer, &one));
    core_forge_end(&f);
    core_forge_end(&g);
}

/* Custody counts up when it moves: who did not hold the case that we know of
 * cannot without. */
Test(hostile, release_of_another_holders_case_needs_a_later_custody)
{
    const struct hf_id two = {{0x62}}, three = {{0x63}}, kase = {{0x71}};
    struct node_case c = core_case_of(s, case_id);
    struct core_forger f, g;

    c.id = kase;
    c.holder = p->org;
    c.epoch = 4;
    c.consent = (struct hf_id){{0}};
    disk_begin(s->disk);
    case_put(s->env.view, &c);
    disk_commit(s->disk);
    f = give(q, s, two, kase, 4, NULL);
    expect_refused(s, two);
    c = core_case_of(s, kase);
    cr_expect(hf_org_eq(&c.holder, &p->org));
    g = give(p, s, three, kase, 4, NULL);
    expect_state(s, three, STATE_RELEASED);
    core_forge_end(&f);
    core_forge_end(&g);
}
