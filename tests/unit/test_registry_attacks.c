/* Unit tests of proto/registry: what somebody might try who has the wire, a
 * broker, or one stolen key of the committee. Each attempt has an error of its
 * own, so that the alarm says what was tried. */
#include "registry_fixture.h"

#include "registry_internal.h"

static struct hf_buf a, b;
static struct registry *r;
static struct registry_edit *e;
static struct registry_set *set;

static void
begin(void)
{
    fixture_start();
    hf_buf_init(&a, REGISTRY_BYTES_MAX);
    hf_buf_init(&b, REGISTRY_BYTES_MAX + 1024);
}

static void
end(void)
{
    hf_buf_free(&a);
    hf_buf_free(&b);
    registry_free(r);
    registry_edit_free(e);
    free(set);
}

TestSuite(registry_attacks, .init = begin, .fini = end);

static const struct hf_bytes nothing = {NULL, 0};

static enum hf_err
accept_at(struct hf_bytes in, struct hf_bytes held, uint64_t now_ms)
{
    registry_free(r);
    r = NULL;
    return registry_accept(in, held, now_ms, &r);
}

static enum hf_err
accept_it(struct hf_bytes in, struct hf_bytes held)
{
    return accept_at(in, held, T0);
}

static void
take_apart(struct hf_bytes in)
{
    free(set);
    set = NULL;
    cr_assert(eq(int, (int)registry_set_parse(in, &set), HF_OK));
}

/* The set anew, to b. */
static struct hf_bytes
put_together(void)
{
    hf_buf_clear(&b);
    cr_assert(eq(int, (int)registry_set_encode(set, &b), HF_OK));
    return hf_buf_bytes(&b);
}

/* Put @doc where that of @role is, signed under @label by keys 0 .. n - 1 of
 * @crew. */
static void
plant(enum registry_role role, struct hf_bytes doc, const char *label,
      enum registry_role crew, int n)
{
    struct registry_signed *s =
        role == REGISTRY_ROOT ? &set->root[set->n_roots - 1] : &set->doc[role];

    *s = (struct registry_signed){.doc = doc};
    for (int i = 0; i < n; i++) {
        struct hf_secret *k = fixture_committee(crew, i);
        struct registry_sig sig;
        size_t at = s->n;

        hf_secret_public(k, sig.pk);
        hf_sign(k, label, &doc, 1, sig.sig);
        for (; at > 0 && memcmp(s->sig[at - 1].pk, sig.pk, 32) > 0; at--)
            s->sig[at] = s->sig[at - 1];
        s->sig[at] = sig;
        s->n++;
        hf_secret_free(k);
    }
}

static void
vouch(uint64_t made_ms, uint64_t expires_ms)
{
    cr_assert(
        eq(int, (int)registry_edit_timestamp(e, made_ms, expires_ms), HF_OK));
    fixture_sign(e, REGISTRY_TIMESTAMP, 0);
}

static void
suspend(const char *id)
{
    const struct hf_org org = fixture_org(id);

    cr_assert(eq(int, (int)registry_edit_suspend(e, &org), HF_OK));
    fixture_sign(e, REGISTRY_SUSPEND, 0);
}

Test(registry_attacks, rollback_of_any_document)
{
    e = fixture_signed_network();
    vouch(T0 - 10, T0 + 1000);
    (void)fixture_bytes(e, &a);
    suspend("clinic-kbl");
    vouch(T0, T0 + 2000);
    (void)fixture_bytes(e, &b);
    cr_assert(
        eq(int, (int)accept_it(hf_buf_bytes(&b), hf_buf_bytes(&a)), HF_OK));
    cr_expect(eq(int, (int)accept_it(hf_buf_bytes(&a), hf_buf_bytes(&b)),
                 HF_ERR_ROLLBACK));
}

Test(registry_attacks, freeze_by_an_expired_timestamp)
{
    e = fixture_signed_network();
    vouch(T0 - 1000, T0 + 10);
    (void)fixture_bytes(e, &a);
    cr_expect(
        eq(int, (int)accept_at(hf_buf_bytes(&a), nothing, T0 + 9), HF_OK));
    cr_expect(eq(int, (int)accept_at(hf_buf_bytes(&a), nothing, T0 + 10),
                 HF_ERR_STALE),
              "a newcomer cannot know what is withheld");
    suspend("clinic-kbl");
    cr_expect(
        eq(int, (int)accept_at(fixture_bytes(e, &b), hf_buf_bytes(&a), T0 + 20),
           HF_OK),
        "but nobody waits for a timestamp to hear of a suspension");
    cr_expect(eq(int, (int)registry_fresh(r, T0 + 20), REGISTRY_STALE));
    cr_expect(
        eq(int, (int)registry_fresh_role(r, T0 + 20), REGISTRY_TIMESTAMP));
}

Test(registry_attacks, freeze_by_an_old_timestamp_shows_in_grades)
{
    const uint64_t day = REGISTRY_AGEING_MS;

    e = fixture_signed_network();
    (void)fixture_bytes(e, &a);
    cr_assert(eq(int, (int)accept_it(hf_buf_bytes(&a), nothing), HF_OK));
    cr_expect(eq(int, (int)registry_fresh(r, T0), REGISTRY_UNVOUCHED),
              "nobody has vouched for it yet");
    vouch(T0, T0 + 7 * day);
    cr_assert(
        eq(int, (int)accept_it(fixture_bytes(e, &b), hf_buf_bytes(&a)), HF_OK));
    cr_expect(eq(int, (int)registry_fresh(r, T0 + day - 1), REGISTRY_FRESH));
    cr_expect(eq(int, (int)registry_fresh(r, T0 + day), REGISTRY_AGEING));
    cr_expect(
        eq(int, (int)registry_fresh(r, T0 + 7 * day - 1), REGISTRY_AGEING));
    cr_expect(eq(int, (int)registry_fresh(r, T0 + 7 * day), REGISTRY_STALE));
    cr_expect(eq(int, (int)accept_it(hf_buf_bytes(&a), hf_buf_bytes(&b)),
                 HF_ERR_ROLLBACK),
              "a timestamp once seen cannot be left out");
}

Test(registry_attacks, timestamp_names_the_newest_root_too)
{
    struct registry_root next = fixture_root();

    e = fixture_signed_network();
    next.expires_ms++;
    cr_assert(eq(int, (int)registry_edit_root(e, &next), HF_OK));
    fixture_sign(e, REGISTRY_ROOT, 0);
    fixture_sign(e, REGISTRY_ROOT, 1);
    vouch(T0, T0 + 1000);
    (void)fixture_bytes(e, &a);
    cr_assert(eq(int, (int)accept_it(hf_buf_bytes(&a), nothing), HF_OK));
    take_apart(hf_buf_bytes(&a));
    set->n_roots = 1;
    cr_expect(eq(int, (int)accept_it(put_together(), nothing), HF_ERR_ROLLBACK),
              "root 2 withheld");
}

/* Somebody has a key of the timestamp and signs the highest version. */
Test(registry_attacks, fast_forward_ends_at_what_the_root_allows)
{
    struct registry_timestamp t;
    struct registry_root next = fixture_root();
    struct hf_buf doc;

    e = fixture_signed_network();
    vouch(T0, T0 + 1000);
    (void)fixture_bytes(e, &a);
    take_apart(hf_buf_bytes(&a));
    cr_assert(eq(
        int,
        (int)registry_doc_read_timestamp(set->doc[REGISTRY_TIMESTAMP].doc, &t),
        HF_OK));
    hf_buf_init(&doc, 4096);
    t.version = REGISTRY_WINDOW + 1;
    cr_assert(eq(int, (int)registry_doc_write_timestamp(&t, &doc), HF_OK));
    plant(REGISTRY_TIMESTAMP, hf_buf_bytes(&doc),
          "handoff/1 registry timestamp", REGISTRY_TIMESTAMP, 1);
    cr_expect(
        eq(int, (int)accept_it(put_together(), hf_buf_bytes(&a)), HF_ERR_JUMP));
    hf_buf_clear(&doc);
    t.version = REGISTRY_WINDOW;
    cr_assert(eq(int, (int)registry_doc_write_timestamp(&t, &doc), HF_OK));
    plant(REGISTRY_TIMESTAMP, hf_buf_bytes(&doc),
          "handoff/1 registry timestamp", REGISTRY_TIMESTAMP, 1);
    cr_assert(eq(int, (int)accept_it(put_together(), hf_buf_bytes(&a)), HF_OK));
    hf_buf_free(&doc);

    /* The committee goes on from there: a root without the stolen key. */
    registry_edit_free(e);
    cr_assert(eq(int, (int)registry_edit_open(hf_buf_bytes(&b), &e), HF_OK));
    (void)fixture_bytes(e, &a);
    next.role[REGISTRY_TIMESTAMP].n = 1;
    fixture_pk(HF_KEY_SIGN, 240, next.role[REGISTRY_TIMESTAMP].pk[0]);
    cr_assert(eq(int, (int)registry_edit_root(e, &next), HF_OK));
    fixture_sign(e, REGISTRY_ROOT, 0);
    fixture_sign(e, REGISTRY_ROOT, 1);
    cr_assert(eq(int, (int)registry_edit_timestamp(e, T0, T0 + 99), HF_OK));
    {
        struct hf_secret *k = fixture_secret(HF_KEY_SIGN, 240);

        cr_assert(
            eq(int, (int)registry_edit_sign(e, REGISTRY_TIMESTAMP, k), HF_OK));
        hf_secret_free(k);
    }
    cr_expect(
        eq(int, (int)accept_it(fixture_bytes(e, &b), hf_buf_bytes(&a)), HF_OK),
        "nobody is locked out");
    cr_expect(eq(u32, r->version[REGISTRY_TIMESTAMP], REGISTRY_WINDOW + 1));
}

Test(registry_attacks, skipped_root)
{
    struct registry_root next = fixture_root();

    e = fixture_signed_network();
    (void)fixture_bytes(e, &a);
    for (uint64_t v = 2; v <= 3; v++) {
        next.expires_ms += v;
        cr_assert(eq(int, (int)registry_edit_root(e, &next), HF_OK));
        fixture_sign(e, REGISTRY_ROOT, 0);
        fixture_sign(e, REGISTRY_ROOT, 1);
    }
    take_apart(fixture_bytes(e, &b));
    set->root[1] = set->root[2];
    set->n_roots = 2;
    {
        struct hf_buf skipped;

        hf_buf_init(&skipped, REGISTRY_BYTES_MAX);
        cr_assert(eq(int, (int)registry_set_encode(set, &skipped), HF_OK));
        cr_expect(eq(int, (int)accept_it(hf_buf_bytes(&skipped), nothing),
                     HF_ERR_SKIPPED),
                  "within the set");
        set->root[0] = set->root[1];
        set->n_roots = 1;
        hf_buf_clear(&skipped);
        cr_assert(eq(int, (int)registry_set_encode(set, &skipped), HF_OK));
        cr_expect(eq(int,
                     (int)accept_it(hf_buf_bytes(&skipped), hf_buf_bytes(&a)),
                     HF_ERR_SKIPPED),
                  "between the held one and the set");
        hf_buf_free(&skipped);
    }
}

Test(registry_attacks, threshold_met_by_one_key_twice)
{
    e = fixture_signed_network();
    take_apart(fixture_bytes(e, &a));
    set->doc[REGISTRY_ORGS].sig[1] = set->doc[REGISTRY_ORGS].sig[0];
    cr_expect(
        eq(int, (int)accept_it(put_together(), nothing), HF_ERR_REPEATED));
    /* Listed twice in a root it would count for two: nor may it. */
    {
        struct registry_root root = fixture_root();

        memcpy(root.role[REGISTRY_ORGS].pk[1], root.role[REGISTRY_ORGS].pk[0],
               32);
        hf_buf_clear(&a);
        cr_expect(
            eq(int, (int)registry_doc_write_root(&root, &a), HF_ERR_MALFORMED),
            "the fixture's version is 0");
        root.version = 1;
        cr_expect(eq(int, (int)registry_edit_root(e, &root), HF_ERR_REPEATED));
    }
}

/* A root that somebody wrote by hand, as ours does not write such. */
static struct hf_bytes
root_with_threshold(uint8_t threshold)
{
    take_apart(fixture_bytes(e, &a));
    hf_buf_clear(&b);
    cr_assert(hf_buf_add(&b, set->root[0].doc.p, set->root[0].doc.n));
    /* version, expires, then role root: its threshold. */
    for (size_t i = 0; i + 3 < b.n; i++) {
        if (b.p[i] == 0x08 && b.p[i + 1] == 2 && b.p[i + 2] == 0x12) {
            b.p[i + 1] = threshold;
            break;
        }
    }
    return hf_buf_bytes(&b);
}

Test(registry_attacks, threshold_of_nobody)
{
    struct registry_root root;

    e = fixture_signed_network();
    cr_expect(eq(int,
                 (int)registry_doc_read_root(root_with_threshold(0), &root),
                 HF_ERR_THRESHOLD));
    cr_expect(eq(int,
                 (int)registry_doc_read_root(root_with_threshold(4), &root),
                 HF_ERR_THRESHOLD));
    cr_expect(eq(int,
                 (int)registry_doc_read_root(root_with_threshold(3), &root),
                 HF_OK));

    /* In a set, signed by all who should: also for another role than root. */
    {
        struct hf_buf doc;

        hf_buf_init(&doc, 4096);
        take_apart(fixture_bytes(e, &a));
        cr_assert(hf_buf_add(&doc, set->root[0].doc.p, set->root[0].doc.n));
        for (size_t i = 0; i + 3 < doc.n; i++) {
            if (doc.p[i] == 0x22 && doc.p[i + 2] == 0x08) { /* role orgs */
                doc.p[i + 3] = 0;
                break;
            }
        }
        plant(REGISTRY_ROOT, hf_buf_bytes(&doc), "handoff/1 registry root",
              REGISTRY_ROOT, 3);
        cr_expect(eq(int, (int)accept_it(put_together(), nothing),
                     HF_ERR_THRESHOLD));
        hf_buf_free(&doc);
    }
}

Test(registry_attacks, oversized_set)
{
    cr_assert(hf_buf_grow(&b, REGISTRY_BYTES_MAX + 1) != NULL);
    memset(b.p, 0x0a, b.n);
    cr_expect(eq(int, (int)accept_it(hf_buf_bytes(&b), nothing), HF_ERR_LIMIT));
}

/* Documents that go on and on: small on the wire, large in memory. */
Test(registry_attacks, endless_documents)
{
    struct registry_root root;
    struct registry_suspend s;
    struct registry_timestamp t;
    struct registry *orgs = calloc(1, sizeof(*orgs));
    static const uint8_t empty_field[] = {0x22, 0x00};

    cr_assert(orgs != NULL);
    for (size_t i = 0; i < 500 * 1000; i++)
        cr_assert(hf_buf_add(&b, empty_field, sizeof(empty_field)));
    cr_expect(eq(int, (int)registry_doc_read_suspend(hf_buf_bytes(&b), &s),
                 HF_ERR_ENDLESS));
    /* A root and a timestamp are too small to go on for long. */
    cr_expect(eq(int, (int)registry_doc_read_root(hf_buf_bytes(&b), &root),
                 HF_ERR_LIMIT));
    cr_expect(eq(int, (int)registry_doc_read_timestamp(hf_buf_bytes(&b), &t),
                 HF_ERR_LIMIT));
    for (size_t i = 0; i < b.n; i += 2)
        b.p[i] = 0x42; /* families without end, in orgs */
    while (b.n + sizeof(empty_field) <= REGISTRY_BYTES_MAX)
        cr_assert(hf_buf_add(&b, "\x42\x00", 2));
    cr_expect(eq(int, (int)registry_doc_read_orgs(hf_buf_bytes(&b), orgs),
                 HF_ERR_ENDLESS));
    for (size_t i = 0; i + 4 <= b.n; i += 4)
        memcpy(b.p + i, "\x0a\x02\x0a\x00", 4); /* roots, in a set */
    cr_expect(
        eq(int, (int)accept_it(hf_buf_bytes(&b), nothing), HF_ERR_ENDLESS));
    registry_free(orgs);
}

/* Lengths that promise more than there is. */
Test(registry_attacks, length_bombs)
{
    static const uint8_t bombs[][12] = {
        {0x0a, 0xff, 0xff, 0xff, 0xff, 0x0f},
        {0x0a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01},
        {0x0a, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80},
    };

    for (size_t i = 0; i < sizeof(bombs) / sizeof(bombs[0]); i++) {
        const struct hf_bytes in = {bombs[i], sizeof(bombs[i])};

        cr_expect(eq(int, (int)accept_it(in, nothing), HF_ERR_MALFORMED));
    }
}

Test(registry_attacks, more_members_and_keys_than_there_may_be)
{
    struct registry_root root = fixture_root();
    struct registry_org o = fixture_member("x", 50);

    e = fixture_signed_network();
    root.role[REGISTRY_ORGS].n = REGISTRY_KEYS_MAX + 1;
    cr_expect(eq(int, (int)registry_edit_root(e, &root), HF_ERR_LIMIT));
    o.n_op = REGISTRY_OP_KEYS_MAX + 1;
    cr_expect(eq(int, (int)registry_edit_put_org(e, &o), HF_ERR_MALFORMED));
    take_apart(fixture_bytes(e, &a));
    set->doc[REGISTRY_ORGS].n = 0;
    for (size_t i = 1; i < REGISTRY_ROOTS_MAX; i++)
        set->root[i] = set->root[0];
    set->n_roots = REGISTRY_ROOTS_MAX;
    set->doc[REGISTRY_ORGS] = (struct registry_signed){.n = 0};
    (void)put_together();
    hf_buf_clear(&a);
    cr_assert(hf_buf_add(&a, b.p, b.n));
    cr_assert(hf_buf_add(&a, b.p, b.n)); /* roots go on */
    cr_expect(eq(int, (int)accept_it(hf_buf_bytes(&a), nothing), HF_ERR_LIMIT));
}

Test(registry_attacks, signature_under_another_label)
{
    e = fixture_signed_network();
    take_apart(fixture_bytes(e, &a));
    plant(REGISTRY_ORGS, set->doc[REGISTRY_ORGS].doc,
          "handoff/1 registry timestamp", REGISTRY_ORGS, 2);
    cr_expect(
        eq(int, (int)accept_it(put_together(), nothing), HF_ERR_SIGNATURE));
    plant(REGISTRY_ORGS, set->doc[REGISTRY_ORGS].doc, "handoff/1 registry orgs",
          REGISTRY_SUSPEND, 2);
    cr_expect(
        eq(int, (int)accept_it(put_together(), nothing), HF_ERR_UNTRUSTED),
        "by keys of another role");
}

/* The one key that may suspend signs a document that makes a member active,
 * or one that does who knows what. */
Test(registry_attacks, suspend_that_tries_to_do_more)
{
    static const uint8_t more[] = {0x08, 1,    0x10, 0x80, 0x80,
                                   0x80, 0x80, 0x80, 0x80, 0x80,
                                   0x01, 0x18, 1,    0x28, 1};
    const struct hf_bytes doc = {more, sizeof(more)};
    struct hf_org clinic = fixture_org("clinic-kbl");

    e = fixture_signed_network();
    take_apart(fixture_bytes(e, &a));
    plant(REGISTRY_SUSPEND, doc, "handoff/1 registry suspend", REGISTRY_SUSPEND,
          1);
    cr_expect(
        eq(int, (int)accept_it(put_together(), nothing), HF_ERR_FORBIDDEN));
    plant(REGISTRY_SUSPEND, set->doc[REGISTRY_ORGS].doc,
          "handoff/1 registry suspend", REGISTRY_SUSPEND, 1);
    cr_expect(
        eq(int, (int)accept_it(put_together(), nothing), HF_ERR_FORBIDDEN),
        "a list of members");

    /* Who has left does not come back as suspended. */
    cr_assert(
        eq(int, (int)registry_edit_status(e, &clinic, MEMBER_LEFT), HF_OK));
    fixture_sign(e, REGISTRY_ORGS, 0);
    fixture_sign(e, REGISTRY_ORGS, 1);
    suspend("clinic-kbl");
    cr_assert(eq(int, (int)accept_it(fixture_bytes(e, &a), nothing), HF_OK));
    cr_expect(eq(int, (int)registry_status(r, &clinic), MEMBER_LEFT));
}

Test(registry_attacks, suspension_and_ruling_of_somebody_unknown)
{
    const struct hf_org nobody = fixture_org("nobody");
    struct registry_ruling ruling = {.tag = {{1}}, .epoch = 2, .at_ms = T0};
    struct registry_suspend s = {.version = 1,
                                 .expires_ms = T0 + 1000,
                                 .orgs_version = 1,
                                 .n = 1,
                                 .org = (struct hf_org *)(uintptr_t)&nobody};
    struct registry *orgs = calloc(1, sizeof(*orgs));
    struct hf_buf doc;

    cr_assert(orgs != NULL);
    e = fixture_signed_network();
    ruling.holder = nobody;
    cr_expect(eq(int, (int)registry_edit_rule(e, &ruling), HF_ERR_UNKNOWN));

    hf_buf_init(&doc, REGISTRY_BYTES_MAX);
    take_apart(fixture_bytes(e, &a));
    cr_assert(eq(int, (int)registry_doc_write_suspend(&s, &doc), HF_OK));
    plant(REGISTRY_SUSPEND, hf_buf_bytes(&doc), "handoff/1 registry suspend",
          REGISTRY_SUSPEND, 1);
    cr_expect(eq(int, (int)accept_it(put_together(), nothing), HF_ERR_UNKNOWN));

    take_apart(fixture_bytes(e, &a));
    cr_assert(eq(int,
                 (int)registry_doc_read_orgs(set->doc[REGISTRY_ORGS].doc, orgs),
                 HF_OK));
    orgs->rulings[0] = ruling;
    orgs->n_rulings = 1;
    hf_buf_clear(&doc);
    cr_assert(eq(int, (int)registry_doc_write_orgs(orgs, &doc), HF_OK));
    plant(REGISTRY_ORGS, hf_buf_bytes(&doc), "handoff/1 registry orgs",
          REGISTRY_ORGS, 2);
    cr_expect(eq(int, (int)accept_it(put_together(), nothing), HF_ERR_UNKNOWN));
    hf_buf_free(&doc);
    registry_free(orgs);
}

/* What was answered as "older than what is held" once, and is damage. */
Test(registry_attacks, damage_is_called_damage_beside_a_held_set)
{
    e = fixture_signed_network();
    (void)fixture_bytes(e, &a);
    (void)fixture_bytes(e, &b);
    for (size_t i = 0; i < b.n; i++) {
        b.p[i] ^= 0x10;
        cr_expect(ne(int, (int)accept_it(hf_buf_bytes(&b), hf_buf_bytes(&a)),
                     HF_ERR_ROLLBACK),
                  "byte %zu", i);
        b.p[i] ^= 0x10;
    }
}
