/* The decision that a referral carries: its form, what it says and what it does
 * not, and that one which does not fit harms nothing. */
#include "core_fixture.h"

#include "along.h"
#include "decision.h"
#include "trail.h"

static struct core_node *s, *r;
static struct hf_id case_id;

static void
begin(void)
{
    struct consent c = {.state = CONSENT_GIVEN};

    core_begin(2, 2);
    s = &core->node[0];
    r = &core->node[1];
    core_publish(&r->org, "primary_health_care", "counselling", NULL);
    core_publish(&core->org[2].id, "primary_health_care", NULL);
    case_id = core_case(s, CATEGORY_ALL);
    core_scope(&c, "all", CATEGORY_ALL, PURPOSE_BIT(PURPOSE_REFERRAL), &r->org,
               NULL);
    (void)core_consent(s, case_id, &c);
}

TestSuite(along, .init = begin, .fini = core_end);

static struct hf_id
refer_for(const char *need)
{
    struct node_command c = core_refer_cmd(case_id, need);

    core_do(s, &c);
    core_run();
    expect_state(r, s->reply.id, STATE_RECEIVED);
    return s->reply.id;
}

static struct hf_id
refer(void)
{
    return refer_for("health.general");
}

static struct decision
came(struct hf_id id)
{
    const struct node_object o = core_object(r, id);
    struct decision d;

    cr_assert(along_find(r->env.view, &o, &d));
    return d;
}

/* The part as @n keeps it, copied. */
static struct hf_bytes
kept(const struct core_node *n, struct hf_id id)
{
    static uint8_t room[2][DECISION_BYTES_MAX];
    static unsigned turn;
    struct part p;

    for (unsigned i = 0; i < BODY_PARTS_MAX; i++)
        if (body_part_get(n->env.view, &id, SIDE_FIRST, 1, i, &p) &&
            p.type == PART_DECISION) {
            cr_assert(le(sz, p.bytes.n, DECISION_BYTES_MAX));
            turn ^= 1;
            memcpy(room[turn], p.bytes.p, p.bytes.n);
            return (struct hf_bytes){room[turn], p.bytes.n};
        }
    return (struct hf_bytes){NULL, 0};
}

static bool
alarmed(const struct core_node *n, const char *event)
{
    for (unsigned i = 0; i < n->n_alarms; i++)
        if (strcmp(n->alarm[i], event) == 0)
            return true;
    return false;
}

Test(along, explains_the_terms_it_came_with)
{
    const struct hf_id id = refer();
    const struct terms t = core_object(r, id).terms;
    const struct decision d = came(id);
    const struct hf_bytes there = kept(s, id), here = kept(r, id);
    struct hf_id object;

    cr_expect(hf_id_eq(&d.id, &t.decision));
    cr_expect(hf_hash_eq(&d.pack[0].hash, &t.pack_hash));
    cr_expect(eq(u32, d.pack[0].version, t.pack_version));
    cr_expect(eq(str, (char *)d.rule.s, "health-general"));
    cr_expect(ne(chr, d.clause[0], '\0'));
    cr_expect(eq(u64, d.decide_ms, t.decide_ms));
    cr_expect(gt(u8, d.n_packs, 1), "the others that stood, too");
    cr_expect(eq(u32, d.sends & t.required, t.required));
    cr_assert(gt(sz, here.n, 0));
    cr_expect(eq(sz, there.n, here.n));
    cr_expect(eq(int, memcmp(there.p, here.p, here.n), 0), "the same bytes");
    cr_assert(along_of(r->env.view, &t.decision, &object));
    cr_expect(hf_id_eq(&object, &id));
    cr_expect(not(alarmed(r, "decision_ignored")));
    cr_expect(not(along_of(s->env.view, &t.decision, &object)),
              "who made it has it itself");
}

Test(along, counts_others_and_names_none)
{
    const struct hf_id id = refer();
    const struct decision d = came(id);
    const struct hf_bytes b = kept(r, id);
    unsigned others = 0;

    for (int k = 0; k < PASSED_END; k++)
        others += d.passed[k];
    cr_expect(eq(uint, others, 1));
    cr_expect(core_holds(s, core->org[2].id.s));
    cr_expect(memmem(b.p, b.n, core->org[2].id.s, 5) == NULL);
}

Test(along, tells_no_sensitive_record_that_the_service_can_do_without)
{
    const struct decision d = came(refer_for("mhpss.counselling"));

    cr_expect(ne(u32, d.allowed & CATEGORY_SENSITIVE & ~d.required, 0));
    cr_expect(eq(u32, d.sends & CATEGORY_SENSITIVE & ~d.required, 0));
    cr_expect(eq(u32, d.sends & d.never, 0));
}

Test(along, goes_with_what_else_came)
{
    const struct hf_id id = refer();
    const struct node_object o = core_object(r, id);
    struct hf_id object;
    struct decision d;

    core_does(r, id, EVENT_DECLINE, REASON_NO_CAPACITY);
    cr_expect(not(along_of(r->env.view, &o.terms.decision, &object)));
    cr_expect(not(along_find(r->env.view, &o, &d)));
    cr_expect(eq(sz, kept(r, id).n, 0));
}

/* ---- a hostile sender ---- */

/* A new referral from s with these terms, and what claims to explain them. */
static struct hf_id
forge(const struct terms *t, const struct card *card, struct hf_bytes decision)
{
    static uint8_t terms_room[TERMS_BYTES], card_room[CARD_BYTES];
    const struct entry e = {.event = EVENT_SEND};
    struct body b = {.n = 0};
    struct core_forger f;
    struct hf_id id;

    core->draws++;
    memset(id.b, 0x5a, sizeof(id.b));
    memcpy(id.b, &core->draws, sizeof(core->draws));
    f = core_forge(OBJECT_REFERRAL, id, &s->org, &r->org);
    terms_pack(t, terms_room);
    card_pack(card, card_room);
    core_part(&b, PART_TERMS, CATEGORY_NONE, terms_room, TERMS_BYTES);
    core_part(&b, PART_CARD, CATEGORY_NONE, card_room, CARD_BYTES);
    core_part(&b, PART_DECISION, CATEGORY_NONE, decision.p, decision.n);
    core_forge_entry(&f, e, &b);
    core_forge_send(&f, r, &s->org);
    core_forge_end(&f);
    return id;
}

/* It is taken in as a referral all the same, and the record is not believed. */
static void
expect_ignored(const struct node_object *like, const struct decision *lie,
               size_t n)
{
    struct terms t = like->terms;
    uint8_t room[DECISION_BYTES_MAX];
    struct decision d = *lie, found;
    struct node_object o;
    size_t full;

    core->draws++;
    memcpy(t.decision.b, &core->draws, sizeof(core->draws));
    if (hf_id_eq(&d.id, &like->terms.decision))
        d.id = t.decision;
    full = decision_pack(&d, room);
    r->n_alarms = 0;
    o = core_object(r, forge(&t, &like->card,
                             (struct hf_bytes){room, n < full ? n : full}));
    cr_expect(ne(int, (int)o.state, (int)STATE_NONE));
    cr_expect(eq(str, (char *)o.terms.rule.s, (char *)like->terms.rule.s));
    cr_expect(alarmed(r, "decision_ignored"));
    cr_expect(not(along_find(r->env.view, &o, &found)));
}

Test(along, what_does_not_fit_the_terms_is_ignored)
{
    const struct hf_id id = refer();
    const struct node_object o = core_object(r, id);
    const struct decision good = came(id);
    struct decision d = good;

    d.pack[0].hash.b[3] ^= 1;
    expect_ignored(&o, &d, SIZE_MAX);
    d = good;
    d.pack[0].version++;
    expect_ignored(&o, &d, SIZE_MAX);
    d = good;
    d.decide_ms += 1000;
    expect_ignored(&o, &d, SIZE_MAX);
    d = good;
    d.rule = core_name("another-rule");
    expect_ignored(&o, &d, SIZE_MAX);
    d = good;
    d.id.b[0] ^= 1;
    expect_ignored(&o, &d, SIZE_MAX);
    expect_ignored(&o, &good, 40);
    expect_ignored(&o, &good, 0);
}

Test(along, an_id_that_stands_for_another_decision_is_not_taken)
{
    const struct hf_id id = refer();
    const struct node_object o = core_object(r, id);
    const struct hf_bytes same = kept(r, id);
    struct node_object second;
    struct decision d;
    struct hf_id object;

    second = core_object(r, forge(&o.terms, &o.card, same));
    cr_expect(alarmed(r, "decision_ignored"));
    cr_expect(not(along_find(r->env.view, &second, &d)));
    cr_assert(along_of(r->env.view, &o.terms.decision, &object));
    cr_expect(hf_id_eq(&object, &id));
}

/* ---- the form ---- */

static struct hf_name
long_name(size_t i)
{
    char text[HF_NAME_BYTES];

    (void)snprintf(text, sizeof(text), "%02zu-abcdefghijklmnopqrstuvwxyz12", i);
    return core_name(text);
}

Test(along, is_cut_to_its_bound_and_says_so)
{
    struct decision d, back;
    uint8_t room[DECISION_BYTES_MAX];
    size_t n;

    memset(&d, 0, sizeof(d));
    d.id.b[0] = 1;
    d.need = d.service = d.rule = long_name(0);
    memset(d.clause, 'x', sizeof(d.clause) - 1);
    d.n_packs = DECISION_PACKS_MAX;
    d.n_rules = DECISION_RULES_MAX;
    d.more_rules = 3;
    for (size_t i = 0; i < 16; i++)
        d.pack[i].name = d.aside[i] = long_name(i);
    n = decision_pack(&d, room);
    cr_expect(le(sz, n, DECISION_BYTES_MAX));
    cr_assert(decision_unpack((struct hf_bytes){room, n}, &back));
    cr_expect(eq(int, memcmp(&back, &d, sizeof(d)), 0));
    cr_expect(eq(int, back.n_packs + back.more_packs, DECISION_PACKS_MAX));
    cr_expect(eq(int, back.n_rules + back.more_rules, DECISION_RULES_MAX + 3));
    cr_expect(ge(u8, back.n_packs, 8));
}

Test(along, has_one_encoding_and_no_other)
{
    struct decision d = came(refer()), back;
    uint8_t room[DECISION_BYTES_MAX + 1], again[DECISION_BYTES_MAX];
    const size_t n = decision_pack(&d, room);

    for (size_t i = 0; i < n; i++)
        cr_expect(not(decision_unpack((struct hf_bytes){room, i}, &back)),
                  "cut at %zu", i);
    room[n] = 0;
    cr_expect(not(decision_unpack((struct hf_bytes){room, n + 1}, &back)));
    for (size_t bit = 0; bit < n * 8; bit++) {
        room[bit / 8] ^= (uint8_t)(1u << bit % 8);
        if (decision_unpack((struct hf_bytes){room, n}, &back)) {
            cr_assert(eq(sz, decision_pack(&back, again), n), "bit %zu", bit);
            cr_expect(eq(int, memcmp(again, room, n), 0), "bit %zu", bit);
        }
        room[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
}

/* ---- what stays at the sender: the gate's inputs ---- */

static void
amend(const struct consent *c)
{
    struct node_command cmd = {.type = CMD_CONSENT_AMEND,
                               .case_id = case_id,
                               .consent = c,
                               .details = core_text("{}")};

    core_do(s, &cmd);
}

/* Decided again of what was kept, whatever consent says by now. */
static void
expect_same_gate(struct hf_id id)
{
    static struct trail_gate inputs;
    const struct hf_id decision = core_object(s, id).terms.decision;
    struct node_decision d;
    struct gate_out gate;

    cr_assert(decision_get(s->env.view, &decision, &d));
    cr_assert(trail_gate_get(s->env.view, &decision, &inputs));
    trail_gate_replay(&inputs, &d.sop.service, &gate);
    cr_expect(eq(int, memcmp(&gate, &d.gate, sizeof(gate)), 0));
    cr_expect(ne(u32, gate.sends, 0));
    inputs.held &= ~gate.sends;
    trail_gate_replay(&inputs, &d.sop.service, &gate);
    cr_expect(ne(int, memcmp(&gate, &d.gate, sizeof(gate)), 0),
              "it does depend on them");
}

Test(along, the_gate_decides_again_after_consent_has_changed)
{
    const struct hf_id id = refer();
    struct consent c = {.state = CONSENT_GIVEN};

    expect_same_gate(id);
    core_scope(&c, "less", CAT(IDENTITY), PURPOSE_BIT(PURPOSE_REFERRAL),
               &core->org[2].id, NULL);
    amend(&c);
    core_run();
    expect_same_gate(id);
}

Test(along, the_gate_keeps_no_other_recipient)
{
    static struct trail_gate inputs;
    struct consent c = {.state = CONSENT_GIVEN};
    struct hf_id decision;

    core_scope(&c, "both", CATEGORY_ALL, PURPOSE_BIT(PURPOSE_REFERRAL),
               &core->org[2].id, &r->org, NULL);
    core_scope(&c, "other", CAT(HOUSING), PURPOSE_BIT(PURPOSE_REFERRAL),
               &core->org[3].id, NULL);
    amend(&c);
    decision = core_object(s, refer()).terms.decision;
    cr_assert(trail_gate_get(s->env.view, &decision, &inputs));
    cr_assert(eq(u8, inputs.consent.n_scopes, 1));
    cr_expect(eq(u8, inputs.consent.scope[0].n_recipients, 1));
    cr_expect(hf_org_eq(&inputs.consent.scope[0].recipient[0], &r->org));
}
