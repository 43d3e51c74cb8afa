/* Unit tests of proto/registry_edit_diff: what a signer is shown first, against
 * the set in force. */
#include "registry_fixture.h"

#include "registry_internal.h"

#define DAY_MS (UINT64_C(24) * 3600 * 1000)

static struct hf_buf a, held;
static struct registry_edit *e;

static void
begin(void)
{
    fixture_start();
    hf_buf_init(&a, REGISTRY_BYTES_MAX);
    hf_buf_init(&held, REGISTRY_BYTES_MAX);
    e = fixture_signed_network();
    (void)fixture_bytes(e, &held);
}

static void
end(void)
{
    hf_buf_free(&a);
    hf_buf_free(&held);
    registry_edit_free(e);
}

TestSuite(registry_changes, .init = begin, .fini = end);

static const char *
changes(enum registry_role role)
{
    hf_buf_clear(&a);
    cr_assert(eq(int,
                 (int)registry_edit_changes(e, role, hf_buf_bytes(&held), &a),
                 HF_OK));
    cr_assert(hf_buf_add(&a, "", 1));
    return (const char *)a.p;
}

static void
expect_shown(enum registry_role role, const char *text)
{
    const char *all = changes(role);

    cr_expect(strstr(all, text) != NULL, "%s in\n%s", text, all);
}

Test(registry_changes, name_keys_that_come_and_go_with_their_words)
{
    struct registry_org o = fixture_member("clinic-kbl", 60);
    const struct registry_change change = {
        .from_ms = T0, .overlap_ms = DAY_MS, .is_vouched = true};
    struct registry_org other = fixture_member("tvet-hrt", 70);
    struct hf_org gone = fixture_org("iom-at");
    char words[REGISTRY_WORDS_BYTES], line[REGISTRY_WORDS_BYTES + 8];

    cr_assert(eq(int, (int)registry_edit_rotate(e, &o, &change), HF_OK));
    cr_assert(eq(int, (int)registry_edit_put_org(e, &other), HF_OK));
    cr_assert(eq(int, (int)registry_edit_drop(e, &gone), HF_OK));
    (void)snprintf(line, sizeof(line), "+     %s",
                   registry_words(o.op[0].pk, words));
    expect_shown(REGISTRY_ORGS, line);
    (void)snprintf(line, sizeof(line), "+     %s",
                   registry_words(o.link_pk, words));
    expect_shown(REGISTRY_ORGS, line);
    expect_shown(REGISTRY_ORGS, "  member clinic-kbl: The clinic-kbl");
    expect_shown(REGISTRY_ORGS, "+   VOUCHED by who signs this list");
    expect_shown(REGISTRY_ORGS, "+ member tvet-hrt: The tvet-hrt");
    expect_shown(REGISTRY_ORGS, "- member iom-at: The iom-at");
    cr_expect(strstr(changes(REGISTRY_ORGS), "broker eu") == NULL,
              "what stays is not among them");
}

/* The same lines in another order say something else. */
Test(registry_changes, show_periods_that_change_places)
{
    struct registry_org o = fixture_member("clinic-kbl", 40);

    o.n_op = 2;
    o.op[1] = o.op[0];
    fixture_pk(HF_KEY_SIGN, 61, o.op[1].pk);
    o.op[1].until_ms = T0 + DAY_MS;
    cr_assert(eq(int, (int)registry_edit_put_org(e, &o), HF_OK));
    fixture_sign(e, REGISTRY_ORGS, 0);
    fixture_sign(e, REGISTRY_ORGS, 1);
    (void)fixture_bytes(e, &held);
    o.op[0].until_ms = T0 + DAY_MS;
    o.op[1].until_ms = 0;
    cr_assert(eq(int, (int)registry_edit_put_org(e, &o), HF_OK));
    expect_shown(REGISTRY_ORGS, "    operation key");
    expect_shown(REGISTRY_ORGS, "-     from ");
    expect_shown(REGISTRY_ORGS, "+     from ");
}

Test(registry_changes, tell_who_may_attest_a_life_at_risk)
{
    cr_assert(eq(int, (int)registry_edit_attest(e, true), HF_OK));
    expect_shown(REGISTRY_ORGS,
                 "- life at risk: attested by professionals only");
    expect_shown(REGISTRY_ORGS,
                 "+ life at risk: attested by professionals; by case manager "
                 "and supervisor, too");
}

Test(registry_changes, are_against_what_is_in_force)
{
    const struct hf_org clinic = fixture_org("clinic-kbl");
    struct registry_root root = fixture_root();
    char words[REGISTRY_WORDS_BYTES], line[REGISTRY_WORDS_BYTES + 8];

    cr_assert(eq(int, (int)registry_edit_suspend(e, &clinic), HF_OK));
    expect_shown(REGISTRY_SUSPEND, "+   clinic-kbl is SUSPENDED");
    fixture_sign(e, REGISTRY_SUSPEND, 0);
    (void)fixture_bytes(e, &held);
    cr_assert(
        eq(int, (int)registry_edit_status(e, &clinic, MEMBER_ACTIVE), HF_OK));
    expect_shown(REGISTRY_ORGS, "AF, local), suspended");
    expect_shown(REGISTRY_ORGS, "AF, local), active");

    root.role[REGISTRY_ORGS].threshold = 1;
    fixture_pk(HF_KEY_SIGN, 200, root.role[REGISTRY_ORGS].pk[2]);
    cr_assert(eq(int, (int)registry_edit_root(e, &root), HF_OK));
    expect_shown(REGISTRY_ROOT, "- orgs: 2 of these 3 keys");
    expect_shown(REGISTRY_ROOT, "+ orgs: 1 of these 3 keys");
    fixture_pk(HF_KEY_SIGN, 200, root.role[REGISTRY_ORGS].pk[2]);
    (void)snprintf(line, sizeof(line), "+   %s",
                   registry_words(root.role[REGISTRY_ORGS].pk[2], words));
    expect_shown(REGISTRY_ROOT, line);
}

Test(registry_changes, of_what_is_older_or_another_are_not_shown)
{
    struct registry_edit *theirs = NULL;
    const struct hf_org clinic = fixture_org("clinic-kbl");
    const struct hf_org iom = fixture_org("iom-at");

    cr_assert(
        eq(int, (int)registry_edit_open(hf_buf_bytes(&held), &theirs), HF_OK));
    cr_assert(
        eq(int, (int)registry_edit_status(theirs, &iom, MEMBER_LEFT), HF_OK));
    fixture_sign(theirs, REGISTRY_ORGS, 0);
    fixture_sign(theirs, REGISTRY_ORGS, 1);
    (void)fixture_bytes(theirs, &held);
    registry_edit_free(theirs);
    cr_expect(eq(int,
                 (int)registry_edit_changes(e, REGISTRY_ORGS,
                                            hf_buf_bytes(&held), &a),
                 HF_ERR_ROLLBACK),
              "an older one");
    cr_assert(
        eq(int, (int)registry_edit_status(e, &clinic, MEMBER_LEFT), HF_OK));
    cr_expect(eq(int,
                 (int)registry_edit_changes(e, REGISTRY_ORGS,
                                            hf_buf_bytes(&held), &a),
                 HF_ERR_ROLLBACK),
              "another one of the same version");
}

Test(registry_changes, against_the_registry_of_others_are_not_shown)
{
    struct registry_root root = fixture_root();
    struct registry_edit *theirs = NULL;

    cr_assert(eq(int, (int)registry_edit_open((struct hf_bytes){0}, &theirs),
                 HF_OK));
    root.expires_ms++;
    cr_assert(eq(int, (int)registry_edit_root(theirs, &root), HF_OK));
    (void)fixture_bytes(theirs, &held);
    registry_edit_free(theirs);
    cr_expect(eq(int,
                 (int)registry_edit_changes(e, REGISTRY_ORGS,
                                            hf_buf_bytes(&held), &a),
                 HF_ERR_UNTRUSTED));
}

Test(registry_changes, a_name_cannot_draw_on_the_signers_screen)
{
    static const char *const names[] = {"Clinic\n+ member thief: The thief",
                                        "\033[2K\rClinic",
                                        "Clinic \xe2\x80\xae"
                                        "evitca",
                                        "Clinic \xc2\x9b"
                                        "2K",
                                        "Clinic \xe2\x81\xa6x",
                                        "Clinic\xe2\x80\xa8+ member"};
    struct registry_org o = fixture_member("clinic-kbl", 40);

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        memset(o.name, 0, sizeof(o.name));
        (void)snprintf(o.name, sizeof(o.name), "%s", names[i]);
        cr_expect(eq(int, (int)registry_edit_put_org(e, &o), HF_ERR_MALFORMED),
                  "name %zu", i);
    }
    (void)snprintf(o.name, sizeof(o.name), "%s",
                   "\xda\xa9\xd9\x84\xdb\x8c\xd9\x86\xdb\x8c\xda\xa9");
    cr_expect(eq(int, (int)registry_edit_put_org(e, &o), HF_OK));
}

Test(registry_changes, name_packs_with_the_words_of_their_files)
{
    struct registry_pack p = {.version = 2, .from_ms = T0};
    char words[REGISTRY_WORDS_BYTES], line[REGISTRY_WORDS_BYTES + 16];

    strcpy(p.name.s, "af-national");
    memset(p.hash.b, 7, sizeof(p.hash.b));
    cr_assert(eq(int, (int)registry_edit_put_pack(e, &p), HF_OK));
    expect_shown(REGISTRY_ORGS, "+ SOP pack af-national, version 2");
    (void)snprintf(line, sizeof(line), "+   in words: %s",
                   hf_words(p.hash.b, REGISTRY_WORDS, words));
    expect_shown(REGISTRY_ORGS, line);
}
