/* Unit tests of proto/registry and proto/registry_edit: what a set must have
 * to be trusted, and a ceremony from the first key to a rotation. */
#include "registry_fixture.h"

#include "registry_internal.h"

static struct hf_buf a, b;
static struct registry *r;
static struct registry_edit *e;

static void
begin(void)
{
    fixture_start();
    hf_buf_init(&a, REGISTRY_BYTES_MAX);
    hf_buf_init(&b, REGISTRY_BYTES_MAX);
}

static void
end(void)
{
    hf_buf_free(&a);
    hf_buf_free(&b);
    registry_free(r);
    registry_edit_free(e);
}

TestSuite(registry, .init = begin, .fini = end);

static const struct hf_bytes nothing = {NULL, 0};

static enum hf_err
accept_it(struct hf_bytes set, struct hf_bytes held)
{
    registry_free(r);
    r = NULL;
    return registry_accept(set, held, T0, &r);
}

/* Not const, as eq(str, ...) wants it. */
static struct registry_org *
find(const char *id)
{
    const struct hf_org org = fixture_org(id);

    return (struct registry_org *)(uintptr_t)registry_org(r, &org);
}

static enum hf_err
status(const char *id, enum member_status s)
{
    const struct hf_org org = fixture_org(id);

    return registry_edit_status(e, &org, s);
}

static void
sign_orgs(void)
{
    fixture_sign(e, REGISTRY_ORGS, 0);
    fixture_sign(e, REGISTRY_ORGS, 1);
}

Test(registry, signed_by_enough_is_accepted)
{
    e = fixture_signed_network();
    cr_assert(eq(int, (int)accept_it(fixture_bytes(e, &a), nothing), HF_OK));
    cr_expect(eq(sz, r->n_orgs, 2));
    cr_expect(eq(sz, r->n_brokers, 2));
    cr_expect(eq(u32, r->version[REGISTRY_ROOT], 1));
    cr_expect(eq(u32, r->version[REGISTRY_ORGS], 1));
    cr_expect(eq(u32, registry_latest(r), 2));
    cr_assert(find("iom-at") != NULL);
    cr_expect(eq(str, find("iom-at")->name, "The iom-at"));
    cr_expect(eq(str, find("clinic-kbl")->home[0].s, "eu"));
    cr_expect(find("nobody") == NULL);
}

Test(registry, finds_who_has_a_link_key)
{
    const struct registry_org *org;
    const struct registry_broker *broker;
    uint8_t pk[32] = {0};

    e = fixture_signed_network();
    cr_assert(eq(int, (int)accept_it(fixture_bytes(e, &a), nothing), HF_OK));
    for (int by_hand = 0; by_hand < 2; by_hand++) {
        struct registry_link *links = r->links;

        if (by_hand)
            r->links = NULL; /* as a test that filled a struct itself */
        fixture_pk(HF_KEY_DH, 32, pk);
        registry_by_link(r, pk, &org, &broker);
        cr_expect(org == find("iom-at") && broker == NULL);
        fixture_pk(HF_KEY_DH, 22, pk);
        registry_by_link(r, pk, &org, &broker);
        cr_expect(org == NULL && broker == &r->broker[0]);
        pk[0] ^= 1;
        registry_by_link(r, pk, &org, &broker);
        cr_expect(org == NULL && broker == NULL);
        memset(pk, 0, sizeof(pk));
        registry_by_link(r, pk, &org, &broker);
        cr_expect(org == NULL && broker == NULL);
        r->links = links;
    }
}

Test(registry, names_the_operation_key_of_an_instant)
{
    struct registry_org o = fixture_member("iom-at", 30);

    o.n_op = 3;
    o.op[0].until_ms = T0 + 100;
    o.op[1] = (struct registry_key){.pk = {1}, .from_ms = T0 + 50};
    o.op[2] =
        (struct registry_key){.pk = {2}, .from_ms = T0 + 60, .revoked = true};
    cr_expect(registry_op_key(&o, T0 - 1001) == NULL);
    cr_expect(registry_op_key(&o, T0) == o.op[0].pk);
    cr_expect(registry_op_key(&o, T0 + 70) == o.op[1].pk, "the younger one");
    cr_expect(registry_op_key(&o, T0 + 100) == o.op[1].pk);
    o.op[0].revoked = true;
    cr_expect(registry_op_key(&o, T0) == NULL, "revoked: at no time");
}

Test(registry, unsigned_or_signed_by_too_few_is_not_trusted)
{
    e = fixture_network();
    cr_expect(eq(int, (int)accept_it(fixture_bytes(e, &a), nothing),
                 HF_ERR_UNTRUSTED));
    fixture_sign(e, REGISTRY_ORGS, 0);
    cr_expect(eq(int, (int)accept_it(fixture_bytes(e, &a), nothing),
                 HF_ERR_UNTRUSTED));
    fixture_sign(e, REGISTRY_ORGS, 1);
    cr_expect(eq(int, (int)accept_it(fixture_bytes(e, &a), nothing), HF_OK));
}

Test(registry, one_key_counts_once)
{
    const struct hf_bytes needle = {(const uint8_t *)"\x12\x64\x0a\x20", 4};
    struct hf_secret *s = fixture_committee(REGISTRY_ORGS, 0);
    uint8_t *first, *second, pk[32], sig[64];
    size_t found = 0, at[8];

    e = fixture_network();
    fixture_sign(e, REGISTRY_ORGS, 0);
    cr_expect(
        eq(int, (int)registry_edit_sign(e, REGISTRY_ORGS, s), HF_ERR_EXISTS));
    hf_secret_free(s);
    fixture_sign(e, REGISTRY_ORGS, 1);
    (void)fixture_bytes(e, &a);
    /* The last two signature records are those of orgs: make both the same. */
    for (size_t i = 0; i + 102 <= a.n && found < 8; i++)
        if (memcmp(a.p + i, needle.p, 4) == 0)
            at[found++] = i;
    cr_assert(ge(sz, found, 2));
    first = a.p + at[found - 2];
    second = a.p + at[found - 1];
    memcpy(pk, first + 4, 32);
    memcpy(sig, first + 38, 64);
    memcpy(second + 4, pk, 32);
    memcpy(second + 38, sig, 64);
    cr_expect(
        eq(int, (int)accept_it(hf_buf_bytes(&a), nothing), HF_ERR_REPEATED));
}

Test(registry, signature_of_one_role_counts_for_no_other)
{
    struct hf_secret *s = fixture_committee(REGISTRY_SUSPEND, 0);

    e = fixture_network();
    cr_expect(eq(int, (int)registry_edit_sign(e, REGISTRY_ORGS, s),
                 HF_ERR_UNTRUSTED));
    hf_secret_free(s);
}

Test(registry, root_without_thresholds_cannot_be_made)
{
    struct registry_root root = fixture_root();

    cr_assert(eq(int, (int)registry_edit_open(nothing, &e), HF_OK));
    root.role[REGISTRY_ORGS].threshold = 0;
    cr_expect(eq(int, (int)registry_edit_root(e, &root), HF_ERR_THRESHOLD));
    root = fixture_root();
    root.role[REGISTRY_ORGS].threshold = 4;
    cr_expect(eq(int, (int)registry_edit_root(e, &root), HF_ERR_THRESHOLD));
    root = fixture_root();
    memcpy(root.role[REGISTRY_ORGS].pk[1], root.role[REGISTRY_ORGS].pk[0], 32);
    cr_expect(eq(int, (int)registry_edit_root(e, &root), HF_ERR_REPEATED),
              "one key twice");
    root = fixture_root();
    root.expires_ms = 0;
    cr_expect(eq(int, (int)registry_edit_root(e, &root), HF_ERR_MALFORMED));
    root = fixture_root();
    root.role[REGISTRY_TIMESTAMP].threshold = 0;
    root.role[REGISTRY_TIMESTAMP].n = 0;
    cr_expect(eq(int, (int)registry_edit_root(e, &root), HF_OK),
              "no timestamp role at all");
}

Test(registry, nothing_newer_is_no_change)
{
    e = fixture_signed_network();
    (void)fixture_bytes(e, &a);
    cr_expect(eq(int, (int)accept_it(hf_buf_bytes(&a), hf_buf_bytes(&a)),
                 HF_ERR_EXISTS));
}

Test(registry, never_goes_back)
{
    e = fixture_signed_network();
    (void)fixture_bytes(e, &a);
    cr_assert(eq(int, (int)status("iom-at", MEMBER_LEFT), HF_OK));
    sign_orgs();
    (void)fixture_bytes(e, &b);
    cr_assert(
        eq(int, (int)accept_it(hf_buf_bytes(&b), hf_buf_bytes(&a)), HF_OK));
    cr_expect(eq(u32, r->version[REGISTRY_ORGS], 2));
    cr_expect(eq(int, (int)find("iom-at")->status, MEMBER_LEFT));
    cr_expect(eq(int, (int)accept_it(hf_buf_bytes(&a), hf_buf_bytes(&b)),
                 HF_ERR_ROLLBACK));
}

Test(registry, same_version_with_other_bytes_is_refused)
{
    struct registry_edit *other;

    e = fixture_network();
    other = fixture_network();
    sign_orgs();
    (void)fixture_bytes(e, &a);
    cr_assert(eq(int, (int)registry_edit_figures(other, 3, 1000), HF_OK));
    fixture_sign(other, REGISTRY_ORGS, 0);
    fixture_sign(other, REGISTRY_ORGS, 1);
    (void)fixture_bytes(other, &b);
    registry_edit_free(other);
    cr_expect(eq(int, (int)accept_it(hf_buf_bytes(&b), hf_buf_bytes(&a)),
                 HF_ERR_ROLLBACK));
    cr_expect(eq(int, (int)accept_it(hf_buf_bytes(&b), nothing), HF_OK));
}

Test(registry, expired_is_not_accepted_but_loads)
{
    e = fixture_network();
    cr_assert(eq(int, (int)registry_edit_expiry(e, REGISTRY_ORGS, T0), HF_OK));
    sign_orgs();
    (void)fixture_bytes(e, &a);
    cr_expect(
        eq(int, (int)accept_it(hf_buf_bytes(&a), nothing), HF_ERR_EXPIRED));
    cr_expect(eq(int, (int)registry_load(hf_buf_bytes(&a), &r), HF_OK));
}

Test(registry, whose_root_has_expired_is_not_accepted)
{
    struct registry_root root = fixture_root();

    e = fixture_signed_network();
    root.expires_ms = T0;
    cr_assert(eq(int, (int)registry_edit_root(e, &root), HF_OK));
    fixture_sign(e, REGISTRY_ROOT, 0);
    fixture_sign(e, REGISTRY_ROOT, 1);
    cr_expect(
        eq(int, (int)accept_it(fixture_bytes(e, &a), nothing), HF_ERR_EXPIRED));
}

Test(registry, load_still_checks_signatures)
{
    e = fixture_network();
    (void)fixture_bytes(e, &a);
    cr_expect(
        eq(int, (int)registry_load(hf_buf_bytes(&a), &r), HF_ERR_UNTRUSTED));
}

Test(registry, members_must_name_what_exists)
{
    struct registry_org o = fixture_member("tvet-hrt", 50);
    struct hf_secret *s = fixture_committee(REGISTRY_ORGS, 0);

    e = fixture_network();
    o.home[0] = fixture_org("nowhere");
    cr_assert(eq(int, (int)registry_edit_put_org(e, &o), HF_OK));
    cr_expect(
        eq(int, (int)registry_edit_sign(e, REGISTRY_ORGS, s), HF_ERR_UNKNOWN),
        "an unknown broker");
    o = fixture_member("tvet-hrt", 30);
    cr_assert(eq(int, (int)registry_edit_put_org(e, &o), HF_OK));
    cr_expect(
        eq(int, (int)registry_edit_sign(e, REGISTRY_ORGS, s), HF_ERR_MALFORMED),
        "the keys of another");
    o = fixture_member("eu", 50);
    cr_assert(eq(int, (int)registry_edit_put_org(e, &o), HF_OK));
    o.id = fixture_org("tvet-hrt");
    cr_assert(eq(int, (int)registry_edit_drop(e, &o.id), HF_OK));
    cr_expect(
        eq(int, (int)registry_edit_sign(e, REGISTRY_ORGS, s), HF_ERR_MALFORMED),
        "the id of a broker");
    o.id = fixture_org("eu");
    cr_assert(eq(int, (int)registry_edit_drop(e, &o.id), HF_OK));
    cr_expect(eq(int, (int)registry_edit_sign(e, REGISTRY_ORGS, s), HF_OK));
    hf_secret_free(s);
}

Test(registry, member_without_a_node_has_a_keeper)
{
    struct registry_org o = {
        .kind = ORG_NGO, .name = "Small NGO", .status = MEMBER_ACTIVE};

    e = fixture_network();
    o.id = fixture_org("small-ngo");
    cr_expect(eq(int, (int)registry_edit_put_org(e, &o), HF_ERR_MALFORMED),
              "neither keys nor keeper");
    o.via = fixture_org("iom-at");
    cr_assert(eq(int, (int)registry_edit_put_org(e, &o), HF_OK));
    sign_orgs();
    cr_assert(eq(int, (int)accept_it(fixture_bytes(e, &a), nothing), HF_OK));
    cr_expect(eq(str, find("small-ngo")->via.s, "iom-at"));
    fixture_pk(HF_KEY_DH, 60, o.link_pk);
    cr_expect(eq(int, (int)registry_edit_put_org(e, &o), HF_ERR_MALFORMED),
              "a link of its own");
}

Test(registry, member_in_bad_form_is_refused)
{
    struct registry_org o = fixture_member("x", 50);
    struct registry_broker broker = fixture_broker("y", 60);

    e = fixture_network();
    memcpy(o.country, "QQ", 3);
    cr_expect(eq(int, (int)registry_edit_put_org(e, &o), HF_ERR_MALFORMED));
    o = fixture_member("x", 50);
    o.kind = ORG_KIND_NONE;
    cr_expect(eq(int, (int)registry_edit_put_org(e, &o), HF_ERR_MALFORMED));
    o = fixture_member("x", 50);
    memcpy(o.level, "galactic", 9);
    cr_expect(eq(int, (int)registry_edit_put_org(e, &o), HF_ERR_MALFORMED));
    o = fixture_member("x", 50);
    o.op[0].until_ms = 1;
    cr_expect(eq(int, (int)registry_edit_put_org(e, &o), HF_ERR_MALFORMED));
    o = fixture_member("x", 50);
    o.n_homes = 2;
    o.home[1] = o.home[0];
    cr_expect(eq(int, (int)registry_edit_put_org(e, &o), HF_ERR_MALFORMED));
    (void)snprintf(broker.endpoint, sizeof(broker.endpoint), "udp://x:1");
    cr_expect(
        eq(int, (int)registry_edit_put_broker(e, &broker), HF_ERR_MALFORMED));
    (void)snprintf(broker.endpoint, sizeof(broker.endpoint), "tcp://x:99999");
    cr_expect(
        eq(int, (int)registry_edit_put_broker(e, &broker), HF_ERR_MALFORMED));
    (void)snprintf(broker.endpoint, sizeof(broker.endpoint), "tcp://:1");
    cr_expect(
        eq(int, (int)registry_edit_put_broker(e, &broker), HF_ERR_MALFORMED));
}

Test(registry, editing_what_is_signed_makes_the_next_version)
{
    struct registry_tally t;

    e = fixture_network();
    cr_assert(eq(int, (int)registry_edit_tally(e, REGISTRY_ORGS, &t), HF_OK));
    cr_expect(eq(u32, t.version, 1));
    cr_expect(eq(sz, t.have, 0));
    cr_expect(eq(sz, t.need, 2));
    fixture_sign(e, REGISTRY_ORGS, 0);
    cr_assert(eq(int, (int)registry_edit_figures(e, 5, 1000), HF_OK));
    cr_assert(eq(int, (int)registry_edit_tally(e, REGISTRY_ORGS, &t), HF_OK));
    cr_expect(eq(u32, t.version, 1), "a draft keeps its number");
    cr_expect(eq(sz, t.have, 0), "and loses its signatures");
    sign_orgs();
    cr_assert(eq(int, (int)registry_edit_tally(e, REGISTRY_ORGS, &t), HF_OK));
    cr_expect(t.is_complete);
    cr_assert(eq(int, (int)registry_edit_figures(e, 6, 1000), HF_OK));
    cr_assert(eq(int, (int)registry_edit_figures(e, 7, 1000), HF_OK));
    cr_assert(eq(int, (int)registry_edit_tally(e, REGISTRY_ORGS, &t), HF_OK));
    cr_expect(eq(u32, t.version, 2), "exactly one more");
    cr_expect(not(t.is_complete));
}

Test(registry, suspension_counts_at_once_and_stays)
{
    const struct hf_org clinic = fixture_org("clinic-kbl");

    e = fixture_signed_network();
    (void)fixture_bytes(e, &a);
    cr_assert(eq(int, (int)registry_edit_suspend(e, &clinic), HF_OK));
    fixture_sign(e, REGISTRY_SUSPEND, 1);
    (void)fixture_bytes(e, &b);
    cr_assert(
        eq(int, (int)accept_it(hf_buf_bytes(&b), hf_buf_bytes(&a)), HF_OK));
    cr_expect(eq(int, (int)find("clinic-kbl")->status, MEMBER_SUSPENDED));
    cr_expect(eq(u32, registry_latest(r), 3), "others see that it is newer");
    cr_expect(eq(int, (int)accept_it(hf_buf_bytes(&a), hf_buf_bytes(&b)),
                 HF_ERR_ROLLBACK),
              "leaving the suspension out");

    cr_assert(eq(int, (int)status("iom-at", MEMBER_LEFT), HF_OK));
    sign_orgs();
    cr_assert(
        eq(int, (int)accept_it(fixture_bytes(e, &a), hf_buf_bytes(&b)), HF_OK));
    cr_expect(eq(int, (int)find("clinic-kbl")->status, MEMBER_SUSPENDED),
              "the next orgs took it over");
    cr_assert(eq(int, (int)status("clinic-kbl", MEMBER_ACTIVE), HF_OK));
    sign_orgs();
    cr_assert(
        eq(int, (int)accept_it(fixture_bytes(e, &b), hf_buf_bytes(&a)), HF_OK));
    cr_expect(eq(int, (int)find("clinic-kbl")->status, MEMBER_ACTIVE));
}

Test(registry, suspends_only_members_of_a_published_list)
{
    struct hf_org clinic = fixture_org("clinic-kbl");

    e = fixture_network();
    cr_expect(
        eq(int, (int)registry_edit_suspend(e, &clinic), HF_ERR_FORBIDDEN));
    sign_orgs();
    clinic = fixture_org("nobody");
    cr_expect(
        eq(int, (int)registry_edit_suspend(e, &clinic), HF_ERR_NOT_FOUND));
}

Test(registry, timestamp_shows_what_is_withheld)
{
    const struct hf_org clinic = fixture_org("clinic-kbl");
    struct registry_set *set = NULL;

    e = fixture_network();
    cr_expect(eq(int, (int)registry_edit_timestamp(e, T0, T0 + 1000),
                 HF_ERR_FORBIDDEN),
              "nothing published to vouch for");
    sign_orgs();
    cr_assert(eq(int, (int)registry_edit_timestamp(e, T0, T0 + 1000), HF_OK));
    fixture_sign(e, REGISTRY_TIMESTAMP, 0);
    (void)fixture_bytes(e, &a);
    cr_assert(eq(int, (int)accept_it(hf_buf_bytes(&a), nothing), HF_OK));
    cr_expect(eq(u64, r->expires_ms[REGISTRY_TIMESTAMP], T0 + 1000));

    cr_assert(eq(int, (int)registry_edit_suspend(e, &clinic), HF_OK));
    fixture_sign(e, REGISTRY_SUSPEND, 0);
    cr_assert(
        eq(int, (int)registry_edit_timestamp(e, T0 + 1, T0 + 2000), HF_OK));
    fixture_sign(e, REGISTRY_TIMESTAMP, 0);
    cr_assert(
        eq(int, (int)accept_it(fixture_bytes(e, &b), hf_buf_bytes(&a)), HF_OK));
    cr_expect(eq(u32, r->version[REGISTRY_TIMESTAMP], 2));

    /* Whoever keeps the suspension from a newcomer is found out. */
    cr_assert(eq(int, (int)registry_set_parse(hf_buf_bytes(&b), &set), HF_OK));
    set->doc[REGISTRY_SUSPEND] = (struct registry_signed){.n = 0};
    hf_buf_clear(&a);
    cr_assert(eq(int, (int)registry_set_encode(set, &a), HF_OK));
    cr_expect(
        eq(int, (int)accept_it(hf_buf_bytes(&a), nothing), HF_ERR_ROLLBACK));
    free(set);
}

Test(registry, root_passes_on_only_with_both_crews)
{
    struct registry_root next = fixture_root();
    struct registry_tally t;
    struct registry_edit *alone = NULL;
    uint8_t seeds[3] = {201, 202, 203};
    struct hf_secret *s;

    e = fixture_signed_network();
    (void)fixture_bytes(e, &a);
    for (int i = 0; i < 3; i++)
        fixture_pk(HF_KEY_SIGN, seeds[i], next.role[REGISTRY_ROOT].pk[i]);
    cr_assert(eq(int, (int)registry_edit_root(e, &next), HF_OK));
    (void)fixture_bytes(e, &b);
    cr_assert(
        eq(int, (int)registry_edit_open(hf_buf_bytes(&b), &alone), HF_OK));
    for (int i = 0; i < 3; i++) {
        s = fixture_secret(HF_KEY_SIGN, seeds[i]);
        cr_assert(
            eq(int, (int)registry_edit_sign(alone, REGISTRY_ROOT, s), HF_OK));
        hf_secret_free(s);
    }
    cr_expect(eq(int,
                 (int)accept_it(fixture_bytes(alone, &b), hf_buf_bytes(&a)),
                 HF_ERR_UNTRUSTED),
              "the new crew alone");
    registry_edit_free(alone);
    fixture_sign(e, REGISTRY_ROOT, 0);
    fixture_sign(e, REGISTRY_ROOT, 1);
    cr_expect(eq(int, (int)accept_it(fixture_bytes(e, &b), hf_buf_bytes(&a)),
                 HF_ERR_UNTRUSTED),
              "the old crew alone");
    for (int i = 0; i < 2; i++) {
        s = fixture_secret(HF_KEY_SIGN, seeds[i]);
        cr_assert(eq(int, (int)registry_edit_sign(e, REGISTRY_ROOT, s), HF_OK));
        hf_secret_free(s);
    }
    cr_assert(eq(int, (int)registry_edit_tally(e, REGISTRY_ROOT, &t), HF_OK));
    cr_expect(t.is_complete && t.version == 2 && t.old_have == 2);
    cr_assert(
        eq(int, (int)accept_it(fixture_bytes(e, &b), hf_buf_bytes(&a)), HF_OK));
    cr_expect(eq(u32, r->version[REGISTRY_ROOT], 2));
    cr_expect(eq(int, (int)accept_it(hf_buf_bytes(&b), nothing), HF_OK),
              "newcomers follow from the first root");
    cr_expect(eq(int, (int)accept_it(hf_buf_bytes(&a), hf_buf_bytes(&b)),
                 HF_ERR_ROLLBACK));
}

Test(registry, roots_have_no_gaps)
{
    struct registry_root next = fixture_root();
    struct registry_set *set = NULL;

    e = fixture_signed_network();
    for (uint64_t v = 2; v <= 3; v++) {
        next.expires_ms += v;
        cr_assert(eq(int, (int)registry_edit_root(e, &next), HF_OK));
        fixture_sign(e, REGISTRY_ROOT, 0);
        fixture_sign(e, REGISTRY_ROOT, 1);
    }
    (void)fixture_bytes(e, &a);
    cr_assert(eq(int, (int)accept_it(hf_buf_bytes(&a), nothing), HF_OK));
    cr_assert(eq(int, (int)registry_set_parse(hf_buf_bytes(&a), &set), HF_OK));
    cr_assert(eq(sz, set->n_roots, 3));
    set->root[1] = set->root[2];
    set->n_roots = 2;
    cr_assert(eq(int, (int)registry_set_encode(set, &b), HF_OK));
    cr_expect(eq(int, (int)accept_it(hf_buf_bytes(&b), hf_buf_bytes(&a)),
                 HF_ERR_SKIPPED));
    set->root[0] = set->root[1];
    set->n_roots = 1;
    hf_buf_clear(&b);
    cr_assert(eq(int, (int)registry_set_encode(set, &b), HF_OK));
    cr_expect(eq(int, (int)accept_it(hf_buf_bytes(&b), hf_buf_bytes(&a)),
                 HF_ERR_EXISTS),
              "old history may be left out");
    free(set);
}

Test(registry, another_committee_cannot_take_over)
{
    struct registry_root usurper = fixture_root();
    struct registry_edit *other = NULL;
    const struct registry_broker eu = fixture_broker("eu", 10);
    struct hf_secret *s = fixture_secret(HF_KEY_SIGN, 230);

    e = fixture_signed_network();
    (void)fixture_bytes(e, &a);
    for (int role = 0; role < REGISTRY_ROLES; role++) {
        usurper.role[role].threshold = 1;
        usurper.role[role].n = 1;
        fixture_pk(HF_KEY_SIGN, 230, usurper.role[role].pk[0]);
    }
    cr_assert(eq(int, (int)registry_edit_open(nothing, &other), HF_OK));
    cr_assert(eq(int, (int)registry_edit_root(other, &usurper), HF_OK));
    cr_assert(eq(int, (int)registry_edit_put_broker(other, &eu), HF_OK));
    cr_assert(eq(int, (int)registry_edit_sign(other, REGISTRY_ROOT, s), HF_OK));
    cr_assert(eq(int, (int)registry_edit_sign(other, REGISTRY_ORGS, s), HF_OK));
    (void)fixture_bytes(other, &b);
    cr_expect(eq(int, (int)accept_it(hf_buf_bytes(&b), hf_buf_bytes(&a)),
                 HF_ERR_ROLLBACK),
              "another root 1");
    cr_assert(eq(int, (int)registry_edit_root(other, &usurper), HF_OK));
    cr_assert(eq(int, (int)registry_edit_sign(other, REGISTRY_ROOT, s), HF_OK));
    (void)fixture_bytes(other, &b);
    cr_expect(eq(int, (int)accept_it(hf_buf_bytes(&b), hf_buf_bytes(&a)),
                 HF_ERR_ROLLBACK));
    hf_secret_free(s);
    registry_edit_free(other);
}

Test(registry, signatures_of_copies_are_merged)
{
    struct registry_edit *copy = NULL;
    size_t taken = 9;

    e = fixture_network();
    (void)fixture_bytes(e, &a);
    cr_assert(eq(int, (int)registry_edit_open(hf_buf_bytes(&a), &copy), HF_OK));
    fixture_sign(e, REGISTRY_ORGS, 0);
    fixture_sign(copy, REGISTRY_ORGS, 2);
    (void)fixture_bytes(copy, &b);
    cr_assert(
        eq(int, (int)registry_edit_merge(e, hf_buf_bytes(&b), &taken), HF_OK));
    cr_expect(eq(sz, taken, 1));
    cr_expect(eq(int, (int)accept_it(fixture_bytes(e, &a), nothing), HF_OK));
    cr_assert(eq(int, (int)registry_edit_figures(copy, 3, 3), HF_OK));
    fixture_sign(copy, REGISTRY_ORGS, 1);
    (void)fixture_bytes(copy, &b);
    cr_assert(
        eq(int, (int)registry_edit_merge(e, hf_buf_bytes(&b), &taken), HF_OK));
    cr_expect(eq(sz, taken, 0), "a signature over other bytes");
    registry_edit_free(copy);
}

Test(registry, working_file_goes_on_where_it_was)
{
    struct registry_edit *again = NULL;
    struct registry_tally t;

    e = fixture_network();
    fixture_sign(e, REGISTRY_ORGS, 0);
    (void)fixture_bytes(e, &a);
    cr_assert(
        eq(int, (int)registry_edit_open(hf_buf_bytes(&a), &again), HF_OK));
    fixture_sign(again, REGISTRY_ORGS, 1);
    cr_assert(
        eq(int, (int)registry_edit_tally(again, REGISTRY_ORGS, &t), HF_OK));
    cr_expect(t.is_complete && t.have == 2 && t.version == 1);
    cr_expect(
        eq(int, (int)accept_it(fixture_bytes(again, &b), nothing), HF_OK));
    registry_edit_free(again);
}

Test(registry, summary_names_everybody_with_fingerprints)
{
    struct registry *draft = NULL;
    char fp[REGISTRY_FINGERPRINT_BYTES];
    const char *text;

    e = fixture_network();
    cr_assert(eq(int, (int)registry_edit_preview(e, &draft), HF_OK));
    cr_assert(registry_summary(draft, &b));
    cr_assert(hf_buf_add(&b, "", 1));
    text = (const char *)b.p;
    cr_expect(strstr(text, "member clinic-kbl: The clinic-kbl (clinic, AF") !=
              NULL);
    cr_expect(strstr(text, "broker eu at tcp://127.0.0.1:5555") != NULL);
    cr_expect(strstr(text, registry_fingerprint(draft->orgs[0].identity_pk,
                                                fp)) != NULL);
    cr_expect(eq(sz, strlen(fp), 39));
    registry_free(draft);
}

Test(registry, holds_as_many_members_as_it_says, .timeout = 300)
{
    struct registry_org o = fixture_member("m00000", 50);
    const struct registry_org *org;
    const struct registry_broker *broker;

    e = fixture_network();
    for (unsigned i = 2; i < REGISTRY_ORGS_MAX; i++) {
        (void)snprintf(o.id.s, sizeof(o.id.s), "m%05u", i);
        memcpy(o.identity_pk, &i, sizeof(i));
        memcpy(o.op[0].pk, &i, sizeof(i));
        memcpy(o.link_pk, &i, sizeof(i));
        cr_assert(eq(int, (int)registry_edit_put_org(e, &o), HF_OK));
    }
    (void)snprintf(o.id.s, sizeof(o.id.s), "one-more");
    cr_expect(eq(int, (int)registry_edit_put_org(e, &o), HF_ERR_LIMIT));
    sign_orgs();
    cr_assert(eq(int, (int)accept_it(fixture_bytes(e, &a), nothing), HF_OK));
    cr_expect(eq(sz, r->n_orgs, REGISTRY_ORGS_MAX));
    registry_by_link(r, r->orgs[12345].link_pk, &org, &broker);
    cr_expect(org == &r->orgs[12345]);
}

Test(registry, with_any_bit_flipped_is_never_accepted_as_something_else,
     .timeout = 300)
{
    struct registry *draft = NULL;
    size_t accepted = 0;

    e = fixture_signed_network();
    (void)fixture_bytes(e, &a);
    cr_assert(eq(int, (int)accept_it(hf_buf_bytes(&a), nothing), HF_OK));
    for (size_t bit = 0; bit < a.n * 8; bit++) {
        a.p[bit / 8] ^= (uint8_t)(1u << (bit % 8));
        if (registry_load(hf_buf_bytes(&a), &draft) == HF_OK) {
            accepted++;
            registry_free(draft);
        }
        a.p[bit / 8] ^= (uint8_t)(1u << (bit % 8));
    }
    cr_expect(eq(sz, accepted, 0), "as each has exactly its threshold");
}

Test(registry, set_cut_or_mutated_does_no_harm)
{
    e = fixture_signed_network();
    (void)fixture_bytes(e, &a);
    for (size_t n = 0; n < a.n; n++) {
        uint8_t *copy = fixture_copy(a.p, n);

        cr_assert(ne(int, (int)accept_it((struct hf_bytes){copy, n}, nothing),
                     HF_OK));
        free(copy);
    }
    for (int i = 0; i < 5000; i++) {
        struct registry_edit *m_edit = NULL;
        struct registry *draft = NULL;
        size_t n;
        uint8_t *m = fixture_mutate(a.p, a.n, &n);

        if (registry_edit_open((struct hf_bytes){m, n}, &m_edit) == HF_OK) {
            hf_buf_clear(&b);
            cr_assert(eq(int, (int)registry_edit_encode(m_edit, &b), HF_OK));
            cr_assert(eq(sz, b.n, n));
            cr_assert(memcmp(b.p, m, n) == 0, "one encoding of each set");
            (void)!registry_edit_preview(m_edit, &draft);
            registry_free(draft);
        }
        registry_edit_free(m_edit);
        free(m);
    }
}

Test(registry, recorded_long_ago_is_still_accepted)
{
    e = fixture_signed_network();
    (void)fixture_bytes(e, &a);
    fixture_golden("registry", a.p, a.n);
    cr_expect(eq(int, (int)accept_it(hf_buf_bytes(&a), nothing), HF_OK));
}
