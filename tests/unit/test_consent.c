/* Unit tests of policy/consent: what a consent covers, and what of it one
 * recipient is shown. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "consent.h"

#define HEALTH   CATEGORY_BIT(CATEGORY_HEALTH)
#define IDENTITY CATEGORY_BIT(CATEGORY_IDENTITY)
#define CONTACT  CATEGORY_BIT(CATEGORY_CONTACT)
#define REFERRAL PURPOSE_BIT(PURPOSE_REFERRAL)

static const struct hf_org clinic = {"clinic-kbl"};
static const struct hf_org school = {"tvet-hrt"};
static struct consent c;

static struct consent_scope *
add(const char *id, uint32_t categories, uint32_t purposes)
{
    struct consent_scope *s = &c.scope[c.n_scopes++];

    strncpy(s->id.s, id, HF_NAME_BYTES - 1);
    s->categories = categories;
    s->purposes = purposes;
    s->n_recipients = 1;
    s->recipient[0] = clinic;
    return s;
}

static void
begin(void)
{
    memset(&c, 0, sizeof(c));
    c.state = CONSENT_GIVEN;
    c.version = 3;
    c.id.b[0] = 7;
}

TestSuite(consent, .init = begin);

static uint32_t
cover(uint64_t now_ms)
{
    return consent_cover(&c, &clinic, PURPOSE_REFERRAL, now_ms);
}

Test(consent, covers_nothing_when_none_is_recorded)
{
    cr_expect(eq(u32, consent_cover(NULL, &clinic, PURPOSE_REFERRAL, 1), 0));
}

Test(consent, covers_only_the_named_recipient_and_purpose)
{
    add("a", IDENTITY | HEALTH, REFERRAL);

    cr_expect(eq(u32, cover(10), IDENTITY | HEALTH));
    cr_expect(eq(u32, consent_cover(&c, &school, PURPOSE_REFERRAL, 10), 0));
    cr_expect(eq(u32, consent_cover(&c, &clinic, PURPOSE_FEEDBACK, 10), 0));
}

Test(consent, covers_nothing_for_a_purpose_out_of_range)
{
    add("a", IDENTITY, UINT32_MAX);

    cr_expect(eq(u32, consent_cover(&c, &clinic, (enum purpose)99, 10), 0));
    cr_expect(eq(u32, consent_cover(&c, &clinic, PURPOSE_NONE, 10), 0));
}

Test(consent, begins_at_from_and_ends_just_before_until)
{
    struct consent_scope *s = add("a", IDENTITY, REFERRAL);

    s->from_ms = 100;
    s->until_ms = 200;
    cr_expect(eq(u32, cover(99), 0));
    cr_expect(eq(u32, cover(100), IDENTITY));
    cr_expect(eq(u32, cover(199), IDENTITY));
    cr_expect(eq(u32, cover(200), 0));
}

Test(consent, withdrawn_in_part_leaves_the_other_scopes)
{
    add("a", IDENTITY, REFERRAL);
    add("b", HEALTH, REFERRAL)->withdrawn = true;

    cr_expect(eq(u32, cover(1), IDENTITY));
    cr_expect(
        eq(u32, consent_withdrawn(&c, &clinic, PURPOSE_REFERRAL), HEALTH));
}

Test(consent, refused_or_withdrawn_as_a_whole_covers_nothing)
{
    add("a", IDENTITY, REFERRAL);
    c.state = CONSENT_WITHDRAWN;
    cr_expect(eq(u32, cover(1), 0));
    cr_expect(
        eq(u32, consent_withdrawn(&c, &clinic, PURPOSE_REFERRAL), IDENTITY));
    c.state = CONSENT_REFUSED;
    cr_expect(eq(u32, cover(1), 0));
}

Test(consent, by_kind_never_covers_a_sensitive_category)
{
    add("a", CATEGORY_ALL, REFERRAL)->by_kind = true;

    cr_expect(eq(u32, cover(1), CATEGORY_ALL & ~CATEGORY_SENSITIVE));
}

Test(consent, proof_shows_only_this_recipients_share)
{
    struct proof p;

    add("a", IDENTITY | HEALTH | CONTACT,
        REFERRAL | PURPOSE_BIT(PURPOSE_STATISTICS))
        ->until_ms = 500;
    add("b", CATEGORY_ALL, REFERRAL)->recipient[0] = school;
    consent_proof(&c, &clinic, PURPOSE_REFERRAL, IDENTITY | HEALTH, 1, &p);

    cr_assert(eq(int, p.n, 1));
    cr_expect(hf_id_eq(&p.consent, &c.id));
    cr_expect(eq(u32, p.version, 3));
    cr_expect(hf_name_is(&p.item[0].scope, "a"));
    cr_expect(eq(u32, p.item[0].categories, IDENTITY | HEALTH));
    cr_expect(eq(u32, p.item[0].purposes, REFERRAL));
    cr_expect(eq(u64, p.item[0].until_ms, 500));
}

Test(consent, proof_prefers_the_scope_that_lasts_longest)
{
    struct proof p;

    add("short", IDENTITY, REFERRAL)->until_ms = 500;
    add("ever", IDENTITY | CONTACT, REFERRAL);
    add("long", IDENTITY, REFERRAL)->until_ms = 900;
    consent_proof(&c, &clinic, PURPOSE_REFERRAL, CATEGORY_ALL, 1, &p);

    cr_assert(eq(int, p.n, 1));
    cr_expect(hf_name_is(&p.item[0].scope, "ever"));
}

Test(consent, proof_has_room_for_one_scope_of_every_category)
{
    struct proof p;
    uint32_t shown = 0;

    for (uint32_t i = 1; i < CATEGORY_END; i++) {
        char id[8] = {'s', (char)('a' + i)};

        add(id, CATEGORY_BIT(i), REFERRAL);
    }
    consent_proof(&c, &clinic, PURPOSE_REFERRAL, CATEGORY_ALL, 1, &p);
    for (size_t i = 0; i < p.n; i++)
        shown |= p.item[i].categories;

    cr_expect(eq(int, p.n, CATEGORY_END - 1));
    cr_expect(eq(u32, shown, CATEGORY_ALL));
}

Test(consent, proof_is_empty_without_cover)
{
    struct proof p;

    add("a", HEALTH, REFERRAL)->until_ms = 5;
    consent_proof(&c, &clinic, PURPOSE_REFERRAL, HEALTH, 5, &p);
    cr_expect(eq(int, p.n, 0));
}

Test(consent, proof_is_the_same_bytes_for_the_same_question)
{
    struct proof p, q;

    memset(&p, 0xAA, sizeof(p));
    memset(&q, 0x55, sizeof(q));
    add("a", IDENTITY, REFERRAL);
    consent_proof(&c, &clinic, PURPOSE_REFERRAL, IDENTITY, 1, &p);
    consent_proof(&c, &clinic, PURPOSE_REFERRAL, IDENTITY, 1, &q);
    cr_expect(eq(int, memcmp(&p, &q, sizeof(p)), 0));
}

Test(consent, check_accepts_a_plain_consent)
{
    add("a", IDENTITY, REFERRAL);
    cr_expect_null(consent_check(&c));
}

/* One mistake at a time: the word that the sentence must contain. */
static void
wrong(const char *word)
{
    const char *what = consent_check(&c);

    cr_assert_not_null(what, "nothing was said about: %s", word);
    cr_expect_not_null(strstr(what, word), "'%s' lacks '%s'", what, word);
    begin();
    add("a", IDENTITY, REFERRAL);
}

Test(consent, check_names_each_mistake)
{
    wrong("at least one scope");
    c.state = (enum consent_state)0;
    wrong("given, refused or withdrawn");
    c.version = 0;
    wrong("version");
    c.scope[0].categories = 0;
    wrong("no data category");
    c.scope[0].categories = 1;
    wrong("unknown data category");
    c.scope[0].purposes = 0;
    wrong("no purpose");
    c.scope[0].purposes = 1;
    wrong("unknown purpose");
    c.scope[0].n_recipients = 0;
    wrong("no recipient");
    c.scope[0].n_recipients = 17;
    wrong("more than 16");
    c.scope[0].recipient[0].s[0] = '\0';
    wrong("without a name");
    c.scope[0].from_ms = c.scope[0].until_ms = 9;
    wrong("ends before");
    c.scope[0].by_kind = true;
    c.scope[0].categories = HEALTH;
    wrong("by name, not by kind");
    c.scope[0].id.s[0] = '\0';
    wrong("no id");
    add("a", IDENTITY, REFERRAL);
    wrong("same id");
}
