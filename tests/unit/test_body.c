/* Unit tests of proto/body: parts, and the fixed layouts among them. */
#include "proto_fixture.h"

#include "body.h"
#include "grant.h"

static uint8_t big[PART_BYTES_MAX + 1];

static struct card
some_card(void)
{
    struct card c = {.urgency = URGENCY_URGENT,
                     .age_band = AGE_25_59,
                     .sex = SEX_FEMALE,
                     .language = {"prs", "de"},
                     .country = "AF",
                     .groups = GROUP_BIT(GROUP_SINGLE_PARENT),
                     .quarter = 2026 * 4 + 3,
                     .family_band = 2,
                     .wishes = CARD_WISH_FEMALE,
                     .interpreter = "ps"};

    c.service = fixture_name("health.general");
    c.need[0] = fixture_name("health.chronic");
    c.need[1] = fixture_name("mhpss.counselling");
    (void)snprintf(c.province.s, sizeof(c.province.s), "%s", "H\xc4\x93rat");
    return c;
}

static struct terms
some_terms(void)
{
    struct terms t = {.urgency = URGENCY_NORMAL,
                      .on_send = true,
                      .decide_ms = T0,
                      .contact_ms = T0 + 1,
                      .pack_version = 7,
                      .required = CATEGORY_BIT(CATEGORY_IDENTITY),
                      .allowed = CATEGORY_BIT(CATEGORY_NOTES)};

    memset(t.service_id, 9, sizeof(t.service_id));
    t.service = fixture_name("health.general");
    t.family = fixture_name("health");
    t.need = fixture_name("health.chronic");
    t.pack = fixture_name("af-national");
    t.rule = fixture_name("H-3");
    return t;
}

static struct proof
some_proof(uint8_t n)
{
    struct proof p = {.version = 3, .n = n};

    memset(p.consent.b, 5, sizeof(p.consent.b));
    for (size_t i = 0; i < n; i++) {
        p.item[i].scope = fixture_name("s1");
        p.item[i].categories = CATEGORY_BIT(CATEGORY_HEALTH);
        p.item[i].purposes = PURPOSE_BIT(PURPOSE_REFERRAL);
        p.item[i].until_ms = T0 + i;
    }
    return p;
}

static struct case_head
some_case(void)
{
    struct case_head h = {.epoch = 2,
                          .origin = "AF",
                          .host = "AT",
                          .stage = STAGE_ARRIVED,
                          .number = {"AT/2026/00017"}};

    memset(h.id.b, 6, sizeof(h.id.b));
    return h;
}

static struct scopes_withdrawn
some_scopes(uint8_t n)
{
    struct scopes_withdrawn s = {.version = 4,
                                 .erase = true,
                                 .n = n,
                                 .categories = CATEGORY_BIT(CATEGORY_MHPSS)};

    memset(s.consent.b, 1, sizeof(s.consent.b));
    memset(s.object.b, 2, sizeof(s.object.b));
    memset(s.mark.b, 3, sizeof(s.mark.b));
    for (size_t i = 0; i < n; i++)
        s.scope[i] = fixture_name("s1");
    return s;
}

static struct grant
some_grant(void)
{
    struct grant g = {.from = {"iom-af"},
                      .by = {"clinic-kbl"},
                      .to = {"hospital-kbl"},
                      .at_ms = T0,
                      .proof = some_proof(2)};

    memset(g.referral.b, 4, sizeof(g.referral.b));
    return g;
}

/* With a signature of sevens. */
static size_t
pack_grant(const struct grant *g, uint8_t *out)
{
    const size_t n = grant_pack(g, out);

    memset(out + n, 7, GRANT_SIG_BYTES);
    return n + GRANT_SIG_BYTES;
}

static bool
unpack_grant(struct hf_bytes in, struct grant *ret)
{
    struct hf_bytes what;
    const uint8_t *sig;

    return grant_unpack(in, ret, &what, &sig);
}

static struct onward_note
some_note(void)
{
    struct onward_note n = {.to = {"hospital-kbl"},
                            .state = STATE_DECLINED,
                            .reason = REASON_NO_CAPACITY,
                            .categories = CATEGORY_BIT(CATEGORY_HEALTH)};

    memset(n.referral.b, 8, sizeof(n.referral.b));
    n.service = fixture_name("rehabilitation");
    n.family = fixture_name("health");
    n.need = fixture_name("health.disability");
    return n;
}

static size_t
pack_note(const struct onward_note *n, uint8_t *out)
{
    onward_note_pack(n, out);
    return ONWARD_NOTE_BYTES;
}

static struct body
some_body(void)
{
    struct body b = {.n = 3};

    memset(b.salt, 0xaa, sizeof(b.salt));
    b.part[0] =
        (struct part){PART_TEXT, CATEGORY_NONE, fixture_text("because")};
    b.part[1] = (struct part){PART_SECTION, CATEGORY_HEALTH,
                              fixture_text("{\"conditions\":[]}")};
    b.part[2] = (struct part){PART_DETAILS, CATEGORY_NONE, {NULL, 0}};
    return b;
}

Test(body, unpacks_to_the_parts_that_were_packed)
{
    const struct body b = some_body();
    uint8_t *p = malloc(body_bytes(&b));
    struct body out;

    body_pack(&b, p);
    cr_assert(eq(int,
                 (int)body_unpack((struct hf_bytes){p, body_bytes(&b)}, &out),
                 HF_OK));

    cr_assert(eq(sz, out.n, 3));
    cr_expect(memcmp(out.salt, b.salt, BODY_SALT_BYTES) == 0);
    for (size_t i = 0; i < 3; i++) {
        cr_expect(eq(int, (int)out.part[i].type, (int)b.part[i].type));
        cr_expect(eq(int, (int)out.part[i].category, (int)b.part[i].category));
        cr_expect(eq(sz, out.part[i].bytes.n, b.part[i].bytes.n));
    }
    cr_expect(memcmp(out.part[0].bytes.p, "because", 7) == 0);
    cr_expect(body_find(&out, PART_SECTION) == &out.part[1]);
    cr_expect(body_find(&out, PART_CARD) == NULL);
    free(p);
}

Test(body, has_the_bytes_it_always_had)
{
    const struct body b = some_body();
    const struct card c = some_card();
    const struct terms t = some_terms();
    const struct proof pr = some_proof(2);
    const struct case_head h = some_case();
    const struct scopes_withdrawn s = some_scopes(2);
    const struct grant g = some_grant();
    const struct onward_note note = some_note();
    uint8_t out[4096];
    size_t n;

    body_pack(&b, out);
    fixture_golden("body", out, body_bytes(&b));
    card_pack(&c, out);
    fixture_golden("card", out, CARD_BYTES);
    terms_pack(&t, out);
    fixture_golden("terms", out, TERMS_BYTES);
    n = proof_pack(&pr, out);
    fixture_golden("proof", out, n);
    case_head_pack(&h, out);
    fixture_golden("case_head", out, CASE_HEAD_BYTES);
    n = scopes_pack(&s, out);
    fixture_golden("scopes", out, n);
    n = pack_grant(&g, out);
    fixture_golden("grant", out, n);
    n = pack_note(&note, out);
    fixture_golden("onward", out, n);
}

Test(body, cut_anywhere_is_refused_or_a_shorter_list_of_whole_parts)
{
    const struct body b = some_body();
    const size_t n = body_bytes(&b);
    uint8_t *p = malloc(n);
    size_t accepted = 0;

    body_pack(&b, p);
    for (size_t cut = 0; cut < n; cut++) {
        uint8_t *copy = fixture_copy(p, cut);
        struct body out;

        if (body_unpack((struct hf_bytes){copy, cut}, &out) == HF_OK) {
            accepted++;
            cr_expect(eq(sz, body_bytes(&out), cut));
        }
        free(copy);
    }
    cr_expect(eq(sz, accepted, 3), "after the salt, and after two parts");
    free(p);
}

Test(body, names_a_category_with_sections_and_only_with_them)
{
    uint8_t b[BODY_SALT_BYTES + 6] = {0};
    struct body out;
    const struct hf_bytes in = {b, sizeof(b)};

    b[BODY_SALT_BYTES] = PART_SECTION;
    cr_expect(eq(int, (int)body_unpack(in, &out), HF_ERR_MALFORMED));
    b[BODY_SALT_BYTES + 1] = CATEGORY_HEALTH;
    cr_expect(eq(int, (int)body_unpack(in, &out), HF_OK));
    b[BODY_SALT_BYTES + 1] = CATEGORY_END;
    cr_expect(eq(int, (int)body_unpack(in, &out), HF_ERR_MALFORMED));
    b[BODY_SALT_BYTES] = PART_TEXT;
    b[BODY_SALT_BYTES + 1] = CATEGORY_HEALTH;
    cr_expect(eq(int, (int)body_unpack(in, &out), HF_ERR_MALFORMED));
    b[BODY_SALT_BYTES] = PART_END;
    b[BODY_SALT_BYTES + 1] = CATEGORY_NONE;
    cr_expect(eq(int, (int)body_unpack(in, &out), HF_ERR_MALFORMED));
}

Test(body, over_a_limit_does_not_fit)
{
    struct body b = some_body(), out;
    uint8_t many[BODY_SALT_BYTES + 6 * (BODY_PARTS_MAX + 1)] = {0};

    cr_expect(body_fits(&b));
    b.part[0].bytes = (struct hf_bytes){big, sizeof(big)};
    cr_expect(not(body_fits(&b)), "one part too long");
    for (size_t i = 0; i < 7; i++)
        b.part[i] =
            (struct part){PART_TEXT, CATEGORY_NONE, {big, PART_BYTES_MAX}};
    b.n = 7;
    cr_expect(not(body_fits(&b)), "all of them too long");

    for (size_t i = 0; i <= BODY_PARTS_MAX; i++)
        many[BODY_SALT_BYTES + 6 * i] = PART_TEXT;
    cr_expect(eq(int,
                 (int)body_unpack((struct hf_bytes){many, sizeof(many)}, &out),
                 HF_ERR_LIMIT));
    cr_expect(eq(
        int, (int)body_unpack((struct hf_bytes){many, sizeof(many) - 6}, &out),
        HF_OK));
}

/* Each fixed layout: what one mutation leaves acceptable packs to the same
 * bytes, and any other length is refused. */
#define LAYOUT_TEST(name, type, max, some, pack_to, unpack)                    \
    Test(body, name##_has_one_encoding)                                        \
    {                                                                          \
        const struct type v = some;                                            \
        uint8_t b[max], again[max];                                            \
        size_t bytes, accepted = 0;                                            \
        struct type out;                                                       \
                                                                               \
        bytes = pack_to(&v, b);                                                \
        for (size_t n = 0; n < bytes; n++) {                                   \
            uint8_t *copy = fixture_copy(b, n);                                \
                                                                               \
            cr_expect(not(unpack((struct hf_bytes){copy, n}, &out)));          \
            free(copy);                                                        \
        }                                                                      \
        for (int i = 0; i < 20000; i++) {                                      \
            size_t n;                                                          \
            uint8_t *m = fixture_mutate(b, bytes, &n);                         \
                                                                               \
            if (unpack((struct hf_bytes){m, n}, &out)) {                       \
                accepted++;                                                    \
                cr_assert(eq(sz, pack_to(&out, again), n));                    \
                cr_assert(memcmp(again, m, n) == 0);                           \
            }                                                                  \
            free(m);                                                           \
        }                                                                      \
        cr_expect(gt(sz, accepted, 0));                                        \
        cr_expect(unpack((struct hf_bytes){b, bytes}, &out));                  \
    }

static size_t
pack_card(const struct card *c, uint8_t *out)
{
    card_pack(c, out);
    return CARD_BYTES;
}

static size_t
pack_terms(const struct terms *t, uint8_t *out)
{
    terms_pack(t, out);
    return TERMS_BYTES;
}

static size_t
pack_case(const struct case_head *h, uint8_t *out)
{
    case_head_pack(h, out);
    return CASE_HEAD_BYTES;
}

LAYOUT_TEST(card, card, CARD_BYTES, some_card(), pack_card, card_unpack)
LAYOUT_TEST(terms, terms, TERMS_BYTES, some_terms(), pack_terms, terms_unpack)
LAYOUT_TEST(proof, proof, PROOF_BYTES(PROOF_ITEMS_MAX), some_proof(3),
            proof_pack, proof_unpack)
LAYOUT_TEST(case_head, case_head, CASE_HEAD_BYTES, some_case(), pack_case,
            case_head_unpack)
LAYOUT_TEST(scopes, scopes_withdrawn, SCOPES_BYTES(SCOPES_MAX), some_scopes(5),
            scopes_pack, scopes_unpack)
LAYOUT_TEST(onward_note, onward_note, ONWARD_NOTE_BYTES, some_note(), pack_note,
            onward_note_unpack)

Test(body, only_a_narrowed_consent_names_who_lost_it)
{
    struct scopes_withdrawn s = some_scopes(0), out;
    uint8_t b[SCOPES_BYTES(SCOPES_MAX)];

    s.onward = (struct hf_org){"hospital-kbl"};
    cr_expect(
        not(scopes_unpack((struct hf_bytes){b, scopes_pack(&s, b)}, &out)));
    s.narrowed = true;
    cr_expect(scopes_unpack((struct hf_bytes){b, scopes_pack(&s, b)}, &out));
    cr_expect(hf_org_eq(&out.onward, &s.onward));
}

/* What was signed packs to the same bytes again; nothing but three different
 * organisations, and a share of something. */
Test(body, grant_has_one_encoding)
{
    const struct grant g = some_grant();
    uint8_t b[GRANT_PART_MAX], again[GRANT_PART_MAX];
    const size_t n = pack_grant(&g, b);
    struct grant out, odd;

    for (size_t cut = 0; cut < n; cut++)
        cr_expect(not(unpack_grant((struct hf_bytes){b, cut}, &out)));
    for (int i = 0; i < 20000; i++) {
        size_t m_n;
        uint8_t *m = fixture_mutate(b, n, &m_n);

        if (unpack_grant((struct hf_bytes){m, m_n}, &out)) {
            const size_t signed_n = grant_pack(&out, again);

            cr_assert(eq(sz, signed_n + GRANT_SIG_BYTES, m_n));
            cr_assert(memcmp(again, m, signed_n) == 0);
        }
        free(m);
    }
    cr_assert(unpack_grant((struct hf_bytes){b, n}, &out));
    cr_expect(eq(u32, out.proof.version, 3));
    odd = g;
    odd.to = odd.by;
    cr_expect(not(
        unpack_grant((struct hf_bytes){b, pack_grant(&odd, b)}, &out)));
    odd = g;
    odd.to = odd.from;
    cr_expect(not(
        unpack_grant((struct hf_bytes){b, pack_grant(&odd, b)}, &out)));
    odd = g;
    odd.proof.n = 0;
    cr_expect(not(
        unpack_grant((struct hf_bytes){b, pack_grant(&odd, b)}, &out)));
}

static struct file_head
some_file(void)
{
    struct file_head f = {.bytes = 2 * FILE_CHUNK_BYTES + 1, .chunks = 4};

    memset(f.id.b, 5, HF_ID_BYTES);
    memset(f.root.b, 6, HF_HASH_BYTES);
    memcpy(f.name, "x-ray.png", 10);
    return f;
}

/* Its three hashes stand for themselves. */
static size_t
pack_file(const struct file_head *f, uint8_t *out)
{
    file_head_pack(f, out);
    memset(out + FILE_HEAD_BYTES, 7, 3 * HF_HASH_BYTES);
    return FILE_HEAD_BYTES + 3 * HF_HASH_BYTES;
}

Test(body, a_file_is_not_named_by_what_moves_a_cursor)
{
    static const char *const names[] = {"a\x1b[2J", "a\x7f",
                                        "a\xc2\x9b"
                                        "2J",
                                        "a\xe2\x80\xaegnp.exe",
                                        "a\xe2\x81\xa6x"};
    uint8_t b[FILE_HEAD_BYTES + 4 * HF_HASH_BYTES];

    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
        struct file_head f = some_file(), out;

        memset(f.name, 0, sizeof(f.name));
        memcpy(f.name, names[i], strlen(names[i]));
        cr_expect(
            not(file_head_unpack((struct hf_bytes){b, pack_file(&f, b)}, &out)),
            "name %zu", i);
    }
}

Test(body, file_head_says_how_many_hashes_follow)
{
    struct file_head f = some_file(), out;
    uint8_t b[FILE_HEAD_BYTES + 4 * HF_HASH_BYTES];
    const size_t n = pack_file(&f, b);

    cr_assert(file_head_unpack((struct hf_bytes){b, n}, &out));
    cr_expect(eq(u64, out.bytes, f.bytes));
    cr_expect(eq(u32, out.chunks, 4));
    cr_expect(eq(str, out.name, (char *)"x-ray.png"));
    for (size_t i = 0; i < sizeof(b); i++)
        if (i != n)
            cr_expect(not(file_head_unpack((struct hf_bytes){b, i}, &out)));
    f.chunks = 2;
    (void)pack_file(&f, b);
    cr_expect(not(file_head_unpack((struct hf_bytes){b, n}, &out)),
              "fewer than its data");
    f = some_file();
    f.bytes = FILE_BYTES_MAX + 1ull;
    (void)pack_file(&f, b);
    cr_expect(not(file_head_unpack((struct hf_bytes){b, n}, &out)));
    f = some_file();
    f.name[FILE_NAME_BYTES - 1] = 'x';
    (void)pack_file(&f, b);
    cr_expect(not(file_head_unpack((struct hf_bytes){b, n}, &out)));
}

Test(body, card_has_no_gaps_in_its_lists_and_no_free_text)
{
    struct card c = some_card(), out;
    uint8_t b[CARD_BYTES];
    const struct hf_bytes in = {b, sizeof(b)};

    c.need[3] = fixture_name("housing.emergency");
    card_pack(&c, b);
    cr_expect(not(card_unpack(in, &out)), "a gap before the fourth need");
    c = some_card();
    memcpy(c.need[0].s, "Ali has diabetes", 17);
    card_pack(&c, b);
    cr_expect(not(card_unpack(in, &out)), "a sentence is no word");
    c = some_card();
    c.wishes = 4;
    card_pack(&c, b);
    cr_expect(not(card_unpack(in, &out)), "an unknown wish");
}
