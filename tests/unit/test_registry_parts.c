/* Unit tests of proto/registry: what orgs says of a member beyond its name:
 * keys that change, what it may send and receive, duties, vetting, rulings. */
#include "registry_fixture.h"

#include "registry_internal.h"
#include "shelf.h"

#define DAY_MS (UINT64_C(24) * 3600 * 1000)

static struct hf_buf a;
static struct registry *r;
static struct registry_edit *e;

static void
begin(void)
{
    fixture_start();
    hf_buf_init(&a, REGISTRY_BYTES_MAX);
    e = fixture_signed_network();
}

static void
end(void)
{
    hf_buf_free(&a);
    registry_free(r);
    registry_edit_free(e);
}

TestSuite(registry_parts, .init = begin, .fini = end);

/* Have orgs signed, and what a node makes of the set. */
static void
publish(void)
{
    const struct hf_bytes nothing = {NULL, 0};

    fixture_sign(e, REGISTRY_ORGS, 0);
    fixture_sign(e, REGISTRY_ORGS, 1);
    registry_free(r);
    r = NULL;
    cr_assert(eq(int,
                 (int)registry_accept(fixture_bytes(e, &a), nothing, T0, &r),
                 HF_OK));
}

static const struct registry_org *
find(const char *id)
{
    const struct hf_org org = fixture_org(id);
    const struct registry_org *o = registry_org(r, &org);

    cr_assert(o != NULL);
    return o;
}

/* The clinic with keys of @seed; the fixture's is 40. */
static struct registry_org
fresh_clinic(uint8_t seed)
{
    struct registry_org o = fixture_member("clinic-kbl", seed);

    o.op[0].from_ms = T0;
    return o;
}

static enum hf_err
rotate(uint8_t seed, bool is_stolen)
{
    const struct registry_org o = fresh_clinic(seed);
    const struct registry_change change = {.from_ms = T0,
                                           .overlap_ms = 14 * DAY_MS,
                                           .link_overlap_ms = 14 * DAY_MS,
                                           .is_stolen = is_stolen,
                                           .is_vouched = true};

    return registry_edit_rotate(e, &o, &change);
}

Test(registry_parts, rotation_loses_no_letter_under_way)
{
    const struct registry_org old = fixture_member("clinic-kbl", 40);
    struct hf_secret *before = fixture_secret(HF_KEY_SIGN, 41);
    struct shelf_doc doc = {.kind = SHELF_SERVICES,
                            .version = T0 + DAY_MS,
                            .bytes = {(const uint8_t *)"[]", 2}};
    const struct registry_org *clinic;
    const uint8_t *keys[REGISTRY_OP_KEYS_MAX];

    doc.owner = fixture_org("clinic-kbl");
    shelf_sign(&doc, before); /* by the old key, a day after the new began */
    hf_secret_free(before);
    cr_assert(eq(int, (int)rotate(60, false), HF_OK));
    publish();
    clinic = find("clinic-kbl");
    cr_expect(eq(sz, registry_op_keys(clinic, T0 + DAY_MS, keys), 2));
    cr_expect(keys[0] == clinic->op[0].pk, "the younger one first");
    cr_expect(eq(int, (int)shelf_verify(&doc, r), HF_OK));
    cr_expect(eq(sz, registry_op_keys(clinic, T0 + 14 * DAY_MS, keys), 1));
    cr_expect(registry_op_key(clinic, T0 - 1) != NULL, "history stays");
    cr_expect(registry_link_counts(clinic, old.link_pk, T0 + 14 * DAY_MS - 1));
    cr_expect(not(registry_link_counts(clinic, old.link_pk, T0 + 14 * DAY_MS)));
    cr_expect(registry_link_counts(clinic, clinic->link_pk, T0 + 99 * DAY_MS));
    for (int by_hand = 0; by_hand < 2; by_hand++) {
        struct registry_link *links = r->links;
        const struct registry_org *org;
        const struct registry_broker *broker;

        r->links = by_hand ? NULL : links;
        registry_by_link(r, old.link_pk, &org, &broker);
        cr_expect(org == clinic, "found by its old key, too");
        r->links = links;
    }
}

Test(registry_parts, stolen_keys_count_for_nothing_at_any_time)
{
    const struct registry_org old = fixture_member("clinic-kbl", 40);
    const struct registry_org *clinic;

    cr_assert(eq(int, (int)rotate(60, true), HF_OK));
    publish();
    clinic = find("clinic-kbl");
    cr_expect(registry_op_key(clinic, T0 - 1) == NULL);
    cr_expect(registry_op_key(clinic, T0) == clinic->op[0].pk);
    cr_expect(not(registry_link_counts(clinic, old.link_pk, T0)));
    cr_expect(eq(int, (int)rotate(40, false), HF_ERR_FORBIDDEN),
              "they do not come back");
}

Test(registry_parts, rotation_is_refused_that_changes_nothing_or_too_little)
{
    struct registry_org o = fresh_clinic(40);
    struct registry_change change = {.from_ms = T0, .is_stolen = true};

    cr_expect(eq(int, (int)rotate(40, false), HF_ERR_EXISTS));
    fixture_pk(HF_KEY_SIGN, 61, o.op[0].pk);
    cr_expect(
        eq(int, (int)registry_edit_rotate(e, &o, &change), HF_ERR_FORBIDDEN),
        "the stolen link key stays");
    o.id = fixture_org("nobody");
    cr_expect(
        eq(int, (int)registry_edit_rotate(e, &o, &change), HF_ERR_NOT_FOUND));
}

Test(registry_parts, new_keys_let_no_suspended_member_in)
{
    const struct hf_org clinic = fixture_org("clinic-kbl");

    cr_assert(eq(int, (int)registry_edit_suspend(e, &clinic), HF_OK));
    fixture_sign(e, REGISTRY_SUSPEND, 0);
    cr_assert(eq(int, (int)rotate(60, true), HF_OK));
    publish();
    cr_expect(eq(int, (int)registry_status(r, &clinic), MEMBER_SUSPENDED));
    cr_assert(
        eq(int, (int)registry_edit_status(e, &clinic, MEMBER_ACTIVE), HF_OK));
    publish();
    cr_expect(eq(int, (int)registry_status(r, &clinic), MEMBER_ACTIVE));
}

/* The af broker with keys of @seed; the fixture's is 20. */
static struct registry_broker
fresh_broker(uint8_t seed)
{
    struct registry_broker b = fixture_broker("af", seed);

    b.op[0].from_ms = T0;
    (void)snprintf(b.endpoint, sizeof(b.endpoint), "tcp://127.0.0.1:7777");
    return b;
}

/* The identity key of seed @before signs for the one that @b asks for. */
static void
sign_for(struct registry_broker *b, uint8_t before)
{
    struct hf_secret *k = fixture_secret(HF_KEY_SIGN, before);

    registry_succeed(&b->id, k, b->identity_pk, T0, &b->succession);
    hf_secret_free(k);
}

static bool
says(const char *text)
{
    hf_buf_clear(&a);
    cr_assert(registry_summary(r, &a));
    cr_assert(hf_buf_add(&a, "", 1));
    return strstr((const char *)a.p, text) != NULL;
}

Test(registry_parts, a_broker_keeps_its_former_keys)
{
    const struct registry_broker old = fixture_broker("af", 20);
    struct registry_broker b = fresh_broker(80);
    const struct registry_change change = {
        .from_ms = T0, .overlap_ms = DAY_MS, .link_overlap_ms = 90 * DAY_MS};
    const struct registry_broker *af;
    const uint8_t *keys[REGISTRY_OP_KEYS_MAX];

    memcpy(b.identity_pk, old.identity_pk, HF_PK_BYTES);
    cr_assert(eq(int, (int)registry_edit_rotate_broker(e, &b, &change), HF_OK));
    publish();
    af = registry_broker(r, &old.id);
    cr_assert(af != NULL);
    cr_expect(strcmp(af->endpoint, "tcp://127.0.0.1:7777") == 0);
    cr_expect(eq(sz, registry_broker_keys(af, T0 - 1, keys), 1));
    cr_expect(memcmp(keys[0], old.op[0].pk, 32) == 0, "what it signed counts");
    cr_expect(eq(sz, registry_broker_keys(af, T0, keys), 2));
    cr_expect(memcmp(keys[0], b.op[0].pk, 32) == 0, "the younger one first");
    cr_expect(eq(sz, registry_broker_keys(af, T0 + DAY_MS, keys), 1));
    cr_expect(registry_broker_link(af, b.link_pk, T0));
    cr_expect(registry_broker_link(af, old.link_pk, T0 + 90 * DAY_MS - 1));
    cr_expect(not(registry_broker_link(af, old.link_pk, T0 + 90 * DAY_MS)));
    {
        const struct registry_org *o;
        const struct registry_broker *found;

        registry_by_link(r, old.link_pk, &o, &found);
        cr_expect(found == af, "found by its old link key");
    }
    cr_expect(eq(int, (int)registry_edit_rotate_broker(e, &b, &change),
                 HF_ERR_EXISTS));
}

Test(registry_parts, stolen_keys_of_a_broker_never_count)
{
    const struct registry_broker old = fixture_broker("af", 20);
    struct registry_broker b = fresh_broker(80);
    struct registry_change change = {.from_ms = T0, .is_stolen = true};
    const struct registry_broker *af;
    const uint8_t *keys[REGISTRY_OP_KEYS_MAX];

    sign_for(&b, 20);
    cr_expect(eq(int, (int)registry_edit_rotate_broker(e, &b, &change),
                 HF_ERR_UNTRUSTED),
              "the thief can sign for its own key");
    change.is_vouched = true;
    cr_assert(eq(int, (int)registry_edit_rotate_broker(e, &b, &change), HF_OK));
    publish();
    af = registry_broker(r, &old.id);
    cr_expect(eq(sz, registry_broker_keys(af, T0 - 1, keys), 0));
    cr_expect(eq(sz, registry_broker_keys(af, T0, keys), 1));
    cr_expect(not(registry_broker_link(af, old.link_pk, T0)));
    cr_expect(af->succession.is_vouched);
    cr_expect(says("VOUCHED by who signs this list"));
}

Test(registry_parts, the_key_before_signs_for_the_next_one)
{
    struct registry_broker b = fresh_broker(80);
    const struct registry_change change = {.from_ms = T0, .overlap_ms = DAY_MS};

    cr_expect(eq(int, (int)registry_edit_rotate_broker(e, &b, &change),
                 HF_ERR_UNTRUSTED),
              "nobody signed for it");
    sign_for(&b, 99);
    cr_expect(eq(int, (int)registry_edit_rotate_broker(e, &b, &change),
                 HF_ERR_UNTRUSTED),
              "somebody else did");
    sign_for(&b, 20);
    b.succession.at_ms++;
    cr_expect(eq(int, (int)registry_edit_rotate_broker(e, &b, &change),
                 HF_ERR_UNTRUSTED),
              "it signed for another day");
    sign_for(&b, 20);
    cr_assert(eq(int, (int)registry_edit_rotate_broker(e, &b, &change), HF_OK));
    publish();
    cr_expect(says("that key signed for this one"));
    cr_expect(not(says("VOUCHED")));
}

/* The secretary writes into the list what the key before never signed. */
Test(registry_parts, who_signs_the_list_checks_the_succession)
{
    struct registry_broker b = fresh_broker(80);
    struct hf_secret *k = fixture_committee(REGISTRY_ORGS, 0);

    sign_for(&b, 99);
    memcpy(b.succession.before_pk, fixture_broker("af", 20).identity_pk, 32);
    cr_assert(eq(int, (int)registry_edit_put_broker(e, &b), HF_OK));
    cr_expect(eq(int, (int)registry_edit_sign(e, REGISTRY_ORGS, k),
                 HF_ERR_SIGNATURE));
    hf_secret_free(k);
}

Test(registry_parts, three_years_of_keys_are_listed)
{
    uint8_t seed = 60;

    for (int i = 0; i < REGISTRY_OP_KEYS_MAX + 2; i++, seed += 3)
        cr_assert(eq(int, (int)rotate(seed, false), HF_OK));
    publish();
    cr_expect(eq(sz, find("clinic-kbl")->n_op, REGISTRY_OP_KEYS_MAX));
}

Test(registry_parts, broker_is_suspended_and_reinstated)
{
    const struct hf_org eu = fixture_org("eu"), nobody = fixture_org("x");

    cr_assert(eq(int, (int)registry_edit_suspend(e, &eu), HF_OK));
    fixture_sign(e, REGISTRY_SUSPEND, 0);
    cr_assert(eq(int, (int)registry_edit_figures(e, 3, 1000), HF_OK));
    publish();
    cr_expect(eq(int, (int)registry_status(r, &eu), MEMBER_SUSPENDED),
              "and stays so in the next orgs");
    cr_expect(eq(int, (int)registry_status(r, &nobody), MEMBER_NONE));
    cr_expect(eq(int, (int)registry_edit_status(e, &eu, MEMBER_LEFT),
                 HF_ERR_FORBIDDEN));
    cr_assert(eq(int, (int)registry_edit_status(e, &eu, MEMBER_ACTIVE), HF_OK));
    publish();
    cr_expect(eq(int, (int)registry_status(r, &eu), MEMBER_ACTIVE));
}

Test(registry_parts, managers_attest_only_while_the_list_says_so)
{
    cr_assert(eq(int, (int)registry_edit_figures(e, 3, 1000), HF_OK));
    publish();
    cr_expect(not(r->may_managers_attest), "unless it says so");
    cr_assert(eq(int, (int)registry_edit_attest(e, true), HF_OK));
    publish();
    cr_expect(r->may_managers_attest);
    cr_assert(eq(int, (int)registry_edit_attest(e, false), HF_OK));
    publish();
    cr_expect(not(r->may_managers_attest));
}

Test(registry_parts, flows_hold_objects_and_families)
{
    const struct hf_name health = {"health"}, tvet = {"tvet"}, odd = {"odd"};
    struct registry_org o = fixture_member("clinic-kbl", 40);
    unsigned bit = 9, other = 9;

    cr_assert(eq(int, (int)registry_edit_family(e, &health, &bit), HF_OK));
    cr_assert(eq(int, (int)registry_edit_family(e, &tvet, &other), HF_OK));
    cr_expect(bit == 0 && other == 1);
    o.may_send =
        (struct registry_flow){.is_limited = true,
                               .objects = REGISTRY_OBJECT_BIT(OBJECT_REFERRAL),
                               .families = UINT64_C(1) << bit};
    o.may_receive =
        (struct registry_flow){.is_limited = true, .families = UINT64_MAX};
    cr_assert(eq(int, (int)registry_edit_put_org(e, &o), HF_OK));
    publish();
    {
        const struct registry_org *c = find("clinic-kbl");

        cr_expect(registry_may_send(r, c, OBJECT_REFERRAL, &health));
        cr_expect(registry_may_send(r, c, OBJECT_REFERRAL, NULL));
        cr_expect(not(registry_may_send(r, c, OBJECT_REFERRAL, &tvet)));
        cr_expect(not(registry_may_send(r, c, OBJECT_REFERRAL, &odd)));
        cr_expect(not(registry_may_send(r, c, OBJECT_TRANSFER, NULL)));
        cr_expect(not(registry_may_receive(r, c, OBJECT_REFERRAL, &health)));
        cr_expect(registry_may_receive(r, c, OBJECT_WITHDRAWAL, NULL),
                  "nobody can forbid these");
        c = find("iom-at");
        cr_expect(registry_may_send(r, c, OBJECT_TRANSFER, NULL));
        cr_expect(registry_may_receive(r, c, OBJECT_REFERRAL, &odd));
    }
}

Test(registry_parts, flow_has_one_encoding)
{
    struct registry_org o = fixture_member("clinic-kbl", 40);

    o.may_send = (struct registry_flow){.is_limited = true,
                                        .objects = REGISTRY_OBJECTS_ALL,
                                        .families = UINT64_MAX};
    cr_expect(eq(int, (int)registry_edit_put_org(e, &o), HF_ERR_MALFORMED),
              "everything is no limit");
    o.may_send = (struct registry_flow){.is_limited = true, .objects = 8};
    cr_expect(eq(int, (int)registry_edit_put_org(e, &o), HF_ERR_MALFORMED));
    o.may_send = (struct registry_flow){.is_limited = true, .families = 1};
    cr_assert(eq(int, (int)registry_edit_put_org(e, &o), HF_OK));
    {
        struct hf_secret *s = fixture_committee(REGISTRY_ORGS, 0);

        cr_expect(eq(int, (int)registry_edit_sign(e, REGISTRY_ORGS, s),
                     HF_ERR_MALFORMED),
                  "a family that was never named");
        hf_secret_free(s);
    }
}

Test(registry_parts, duties_and_vetting)
{
    struct registry_org o = fixture_member("clinic-kbl", 40);

    o.duties = DUTY_BIT(DUTY_REVIEW) | DUTY_BIT(DUTY_FIGURES);
    cr_expect(eq(int, (int)registry_edit_put_org(e, &o), HF_ERR_MALFORMED),
              "who reviews stands apart");
    o.duties = DUTY_BIT(DUTY_END);
    cr_expect(eq(int, (int)registry_edit_put_org(e, &o), HF_ERR_MALFORMED));
    o.duties = DUTY_BIT(DUTY_REVIEW);
    (void)snprintf(o.vetting, sizeof(o.vetting), "visited");
    cr_expect(eq(int, (int)registry_edit_put_org(e, &o), HF_ERR_MALFORMED),
              "without a date");
    o.vetted_ms = T0 - DAY_MS;
    cr_assert(eq(int, (int)registry_edit_put_org(e, &o), HF_OK));
    publish();
    cr_expect(registry_has_duty(find("clinic-kbl"), DUTY_REVIEW));
    cr_expect(not(registry_has_duty(find("clinic-kbl"), DUTY_FIGURES)));
    cr_expect(
        eq(str, (char *)(uintptr_t)find("clinic-kbl")->vetting, "visited"));
    cr_expect(eq(u64, find("clinic-kbl")->vetted_ms, T0 - DAY_MS));
}

Test(registry_parts, ruling_is_found_by_who_knows_the_case)
{
    const struct hf_id case_id = {{1, 2, 3}}, other = {{1, 2, 4}};
    struct registry_ruling ruling = {.epoch = 3, .at_ms = T0};
    struct hf_hash tag;

    ruling.holder = fixture_org("iom-at");
    registry_custody_tag(&case_id, 2, &ruling.tag);
    cr_assert(eq(int, (int)registry_edit_rule(e, &ruling), HF_OK));
    cr_expect(eq(int, (int)registry_edit_rule(e, &ruling), HF_ERR_EXISTS));
    for (uint32_t epoch = 10; epoch < 30; epoch++) {
        struct registry_ruling more = ruling;

        registry_custody_tag(&other, epoch, &more.tag);
        more.epoch = epoch + 1;
        cr_assert(eq(int, (int)registry_edit_rule(e, &more), HF_OK));
    }
    publish();
    registry_custody_tag(&case_id, 2, &tag);
    cr_assert(registry_ruling(r, &tag) != NULL);
    cr_expect(eq(str, (char *)(uintptr_t)registry_ruling(r, &tag)->holder.s,
                 "iom-at"));
    cr_expect(eq(u32, registry_ruling(r, &tag)->epoch, 3));
    registry_custody_tag(&case_id, 3, &tag);
    cr_expect(registry_ruling(r, &tag) == NULL, "that custody goes on");
    registry_custody_tag(&other, 20, &tag);
    cr_assert(registry_ruling(r, &tag) != NULL);
    cr_expect(eq(u32, registry_ruling(r, &tag)->epoch, 21));
}

Test(registry_parts, ageing_comes_a_month_before_the_end)
{
    struct registry_root root = fixture_root();

    for (size_t i = REGISTRY_TIMESTAMP; i < REGISTRY_ROLES; i++)
        root.role[i] = (struct registry_role_keys){.n = 0};
    registry_edit_free(e);
    e = fixture_signed_network();
    cr_assert(eq(int, (int)registry_edit_root(e, &root), HF_OK));
    fixture_sign(e, REGISTRY_ROOT, 0);
    fixture_sign(e, REGISTRY_ROOT, 1);
    cr_assert(eq(int,
                 (int)registry_edit_expiry(e, REGISTRY_ORGS, T0 + 100 * DAY_MS),
                 HF_OK));
    publish();
    cr_expect(eq(int, (int)registry_fresh(r, T0 + 69 * DAY_MS), REGISTRY_FRESH),
              "a root without timestamp keys asks for none");
    cr_expect(
        eq(int, (int)registry_fresh(r, T0 + 70 * DAY_MS), REGISTRY_AGEING));
    cr_expect(
        eq(int, (int)registry_fresh_role(r, T0 + 70 * DAY_MS), REGISTRY_ORGS));
    cr_expect(
        eq(int, (int)registry_fresh(r, T0 + 100 * DAY_MS), REGISTRY_STALE));
}

Test(registry_parts, each_document_is_shown_in_full)
{
    const struct hf_org clinic = fixture_org("clinic-kbl");
    char words[REGISTRY_WORDS_BYTES];
    struct registry_root root;
    struct hf_hash hash;

    cr_assert(eq(int, (int)registry_edit_suspend(e, &clinic), HF_OK));
    fixture_sign(e, REGISTRY_SUSPEND, 0);
    cr_assert(eq(int, (int)registry_edit_timestamp(e, T0, T0 + 9), HF_OK));
    for (int role = 0; role < REGISTRY_ROLES; role++) {
        hf_buf_clear(&a);
        cr_assert(eq(int,
                     (int)registry_edit_show(e, (enum registry_role)role, &a),
                     HF_OK));
        cr_assert(hf_buf_add(&a, "", 1));
        cr_assert(
            eq(int, (int)registry_edit_hash(e, (enum registry_role)role, &hash),
               HF_OK));
        (void)hf_words(hash.b, REGISTRY_WORDS, words);
        cr_expect(strstr((const char *)a.p, words) != NULL);
        if (role == REGISTRY_ROOT) {
            cr_assert(eq(int, (int)registry_edit_get_root(e, &root), HF_OK));
            (void)registry_words(root.role[REGISTRY_ORGS].pk[2], words);
            cr_expect(strstr((const char *)a.p, words) != NULL);
        }
        if (role == REGISTRY_ORGS)
            cr_expect(strstr((const char *)a.p, "AF, local), active") != NULL,
                      "what orgs says, not what suspend makes of it");
        if (role == REGISTRY_SUSPEND)
            cr_expect(strstr((const char *)a.p, "clinic-kbl is SUSPENDED") !=
                      NULL);
    }
}

/* Every optional part once. */
Test(registry_parts, recorded_with_all_parts_is_still_accepted)
{
    const struct hf_org eu = fixture_org("eu");
    const struct hf_name health = {"health"};
    struct registry_ruling ruling = {.epoch = 2, .at_ms = T0};
    struct registry_org o = fresh_clinic(60);
    const struct registry_change change = {.from_ms = T0,
                                           .overlap_ms = DAY_MS,
                                           .link_overlap_ms = DAY_MS,
                                           .is_vouched = true};
    struct registry_broker af = fresh_broker(80);
    const struct hf_bytes nothing = {NULL, 0};
    unsigned bit;

    cr_assert(eq(int, (int)registry_edit_rotate(e, &o, &change), HF_OK));
    sign_for(&af, 20);
    cr_assert(
        eq(int, (int)registry_edit_rotate_broker(e, &af, &change), HF_OK));
    cr_assert(
        eq(int, (int)registry_edit_status(e, &eu, MEMBER_SUSPENDED), HF_OK));
    cr_assert(eq(int, (int)registry_edit_family(e, &health, &bit), HF_OK));
    o = fixture_member("iom-at", 30);
    o.duties = DUTY_BIT(DUTY_REVIEW);
    o.may_send = (struct registry_flow){.is_limited = true, .families = 1};
    o.may_receive.is_limited = true;
    o.may_receive.objects = REGISTRY_OBJECT_BIT(OBJECT_TRANSFER);
    o.vetted_ms = T0;
    (void)snprintf(o.vetting, sizeof(o.vetting), "visited");
    cr_assert(eq(int, (int)registry_edit_put_org(e, &o), HF_OK));
    ruling.holder = o.id;
    registry_custody_tag(&(struct hf_id){{7}}, 1, &ruling.tag);
    cr_assert(eq(int, (int)registry_edit_rule(e, &ruling), HF_OK));
    publish();
    cr_assert(eq(int, (int)registry_edit_timestamp(e, T0, T0 + DAY_MS), HF_OK));
    fixture_sign(e, REGISTRY_TIMESTAMP, 1);
    (void)fixture_bytes(e, &a);
    fixture_golden("registry_parts", a.p, a.n);
    registry_free(r);
    r = NULL;
    cr_expect(eq(int, (int)registry_accept(hf_buf_bytes(&a), nothing, T0, &r),
                 HF_OK));
}

/* ---- packs ---- */

static struct registry_pack
some_pack(const char *name, uint32_t version, uint8_t hash)
{
    struct registry_pack p = {.version = version, .from_ms = T0};

    (void)snprintf(p.name.s, sizeof(p.name.s), "%s", name);
    memset(p.hash.b, hash, sizeof(p.hash.b));
    return p;
}

static int
put_pack(const char *name, uint32_t version, uint8_t hash)
{
    const struct registry_pack p = some_pack(name, version, hash);

    return (int)registry_edit_put_pack(e, &p);
}

Test(registry_parts, packs_are_listed_by_hash_in_one_order)
{
    struct hf_hash hash;

    cr_assert(eq(int, put_pack("b-pack", 2, 1), HF_OK));
    cr_assert(eq(int, put_pack("b-pack", 1, 2), HF_OK));
    cr_assert(eq(int, put_pack("a-pack", 7, 3), HF_OK));
    publish();
    cr_assert(eq(sz, r->n_packs, 3));
    cr_expect(eq(str, r->pack[0].name.s, "a-pack"));
    cr_expect(eq(u32, r->pack[1].version, 1));
    memset(hash.b, 1, sizeof(hash.b));
    cr_assert_not_null(registry_pack(r, &hash));
    cr_expect(eq(u32, registry_pack(r, &hash)->version, 2));
    memset(hash.b, 9, sizeof(hash.b));
    cr_expect_null(registry_pack(r, &hash));
    cr_expect(says("SOP pack a-pack, version 7"));
}

Test(registry_parts, one_version_of_a_pack_is_one_file)
{
    struct registry_pack p = some_pack("a-pack", 1, 1);
    const struct hf_name name = {"a-pack"};

    cr_assert(eq(int, put_pack("a-pack", 1, 1), HF_OK));
    cr_expect(eq(int, put_pack("a-pack", 1, 2), HF_ERR_EXISTS));
    cr_expect(eq(int, put_pack("a-pack", 2, 1), HF_ERR_EXISTS));
    cr_expect(eq(int, put_pack("a-pack", 0, 3), HF_ERR_MALFORMED));
    p.until_ms = T0; /* ends as it begins */
    cr_expect(eq(int, (int)registry_edit_put_pack(e, &p), HF_ERR_MALFORMED));
    p.until_ms = T0 + 1; /* other dates for the same file */
    cr_assert(eq(int, (int)registry_edit_put_pack(e, &p), HF_OK));
    publish();
    cr_assert(eq(sz, r->n_packs, 1));
    cr_expect(eq(u64, r->pack[0].until_ms, T0 + 1));
    cr_assert(eq(int, (int)registry_edit_drop_pack(e, &name, 1), HF_OK));
    cr_expect(
        eq(int, (int)registry_edit_drop_pack(e, &name, 1), HF_ERR_NOT_FOUND));
    publish();
    cr_expect(eq(sz, r->n_packs, 0));
}

Test(registry_parts, only_a_listed_pack_is_good_on_the_shelf)
{
    const struct hf_bytes yaml = {(const uint8_t *)"pack: x\n", 8};
    struct registry_pack p = some_pack("x", 1, 1);
    struct shelf_doc d = shelf_pack_doc(yaml);

    cr_assert(eq(int, put_pack("y", 1, 2), HF_OK));
    publish();
    cr_expect(eq(int, (int)shelf_verify(&d, r), HF_ERR_UNTRUSTED), "unlisted");
    registry_pack_hash(yaml, &p.hash);
    cr_assert(eq(int, (int)registry_edit_put_pack(e, &p), HF_OK));
    publish();
    cr_expect(eq(int, (int)shelf_verify(&d, r), HF_OK));
    d.bytes.n--;
    cr_expect(eq(int, (int)shelf_verify(&d, r), HF_ERR_UNTRUSTED), "changed");
}
