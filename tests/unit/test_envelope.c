/* Unit tests of proto/envelope: what opens, and all that must not. Offsets are
 * those of WIRE.md, written down a second time on purpose. */
#include "proto_fixture.h"
#include "registry.h"

#include "content.h"
#include "envelope.h"
#include "pad.h"

#define HEADER  308u
#define FRONT   (HEADER + 64u)
#define AT_SEND 24u
#define AT_RECV 56u
#define AT_PRE  132u
#define AT_EPH  164u
#define AT_WRAP 196u
#define AT_COMM 244u
#define AT_BODY 276u

static struct hf_secret *alice, *mallory, *prekey_secret, *other_prekey;
static uint8_t alice_pk[32], mallory_pk[32];
static struct prekey prekey;
static struct hf_buf sealed, plain;
static bool craft_two_keys; /* the stanza wraps another than the body's */
static size_t craft_cut;    /* bytes of plaintext left out at the end */

static void
begin(void)
{
    fixture_start();
    alice = fixture_secret(HF_KEY_SIGN, 1);
    mallory = fixture_secret(HF_KEY_SIGN, 2);
    prekey_secret = fixture_secret(HF_KEY_DH, 3);
    other_prekey = fixture_secret(HF_KEY_DH, 4);
    hf_secret_public(alice, alice_pk);
    hf_secret_public(mallory, mallory_pk);
    prekey.org = fixture_org("clinic-kbl");
    memset(prekey.id.b, 0x77, sizeof(prekey.id.b));
    hf_secret_public(prekey_secret, prekey.pk);
    prekey.from_ms = T0 - 1000;
    prekey.until_ms = T0 + 1000000;
    hf_buf_init(&sealed, 2 * ENVELOPE_BYTES_MAX);
    hf_buf_init(&plain, 2 * ENVELOPE_BYTES_MAX);
}

static void
end(void)
{
    hf_secret_free(alice);
    hf_secret_free(mallory);
    hf_secret_free(prekey_secret);
    hf_secret_free(other_prekey);
    hf_buf_free(&sealed);
    hf_buf_free(&plain);
}

TestSuite(envelope, .init = begin, .fini = end);

static struct envelope_header
some_header(void)
{
    struct envelope_header h = {.lane = LANE_NORMAL,
                                .epoch = 99,
                                .seq = 7,
                                .floor = 5,
                                .created_ms = T0,
                                .expires_ms = T0 + 5000,
                                .registry_version = 12};

    memset(h.id.b, 0x55, sizeof(h.id.b));
    h.sender = fixture_org("iom-at");
    h.recipient = fixture_org("clinic-kbl");
    return h;
}

static void
seal(struct hf_bytes content, bool is_control)
{
    struct envelope_header h = some_header();

    hf_buf_clear(&sealed);
    cr_assert(
        eq(int,
           (int)envelope_seal(&h, alice, &prekey, content, is_control, &sealed),
           HF_OK));
}

static enum hf_err
open_with(const uint8_t *pk, const struct hf_secret *secret)
{
    struct envelope_opened o;

    return envelope_open(hf_buf_bytes(&sealed), pk, secret, &plain, &o);
}

static enum hf_err
open_it(void)
{
    return open_with(alice_pk, prekey_secret);
}

/* The sender itself turns against us: all but @h's meaning is signed anew. */
static void
sign_again(const struct hf_secret *key, const char *label)
{
    const struct hf_bytes body = {sealed.p + FRONT, sealed.n - FRONT};
    const struct hf_bytes span = {sealed.p, HEADER};
    struct hf_hash hash;

    hf_hash("handoff/1 envelope body", &body, 1, &hash);
    memcpy(sealed.p + AT_BODY, hash.b, 32);
    hf_sign(key, label, &span, 1, sealed.p + HEADER);
}

/* Seal by hand, following WIRE.md, whatever @inner holds. */
static void
craft(struct hf_bytes inner)
{
    struct envelope_header h;
    const struct hf_secret *ephemeral = other_prekey;
    struct hf_bytes spans[2];
    uint8_t key[32], wrapped[32], shared[32], *p, *whole;
    struct hf_hash kek, commit, stream;
    uint8_t class = 0;
    const size_t n = inner.n - craft_cut;
    uint32_t body_bytes = (uint32_t)hf_stream_sealed_bytes(n);

    seal(fixture_text("x"), false);
    cr_assert(eq(int, (int)envelope_peek(hf_buf_bytes(&sealed), &h), HF_OK));
    while (((size_t)1 << class) < n)
        class ++;
    hf_random(key, sizeof(key));
    memcpy(wrapped, key, sizeof(key));
    wrapped[0] ^= craft_two_keys ? 1 : 0;
    sealed.n = FRONT;
    cr_assert(hf_buf_grow(&sealed, body_bytes) != NULL);
    sealed.p[3] = class;
    p = sealed.p + 128;
    hf_put_u32(&p, body_bytes);
    hf_secret_public(ephemeral, sealed.p + AT_EPH);
    cr_assert(hf_dh(ephemeral, prekey.pk, shared));
    spans[0] = (struct hf_bytes){sealed.p, AT_WRAP};
    spans[1] = (struct hf_bytes){prekey.pk, 32};
    hf_hash_keyed(shared, "handoff/1 envelope wrap", spans, 2, &kek);
    hf_once_seal(kek.b, spans[0], (struct hf_bytes){wrapped, 32},
                 sealed.p + AT_WRAP);
    hf_hash_keyed(key, "handoff/1 envelope commitment", spans, 1, &commit);
    memcpy(sealed.p + AT_COMM, commit.b, 32);
    hf_hash_keyed(key, "handoff/1 envelope stream", NULL, 0, &stream);
    whole = calloc(1, hf_stream_sealed_bytes(inner.n));
    hf_stream_seal(stream.b, (struct hf_bytes){sealed.p, AT_BODY}, inner,
                   whole);
    memcpy(sealed.p + FRONT, whole, body_bytes);
    free(whole);
    sign_again(alice, ENVELOPE_LABEL);
}

/* An inner plaintext of @n bytes: length, signature over sender, recipient, id,
 * length and content; content. */
static uint8_t *
inner_of(const char *sender, const char *recipient, uint8_t id_byte,
         const char *label, const struct hf_secret *key, size_t n)
{
    uint8_t *inner = calloc(1, n), *p = inner, said[84], *q = said;
    const struct hf_org s = fixture_org(sender), r = fixture_org(recipient);
    const struct hf_bytes spans[2] = {{said, 84}, fixture_text("hello")};

    hf_put_bytes(&q, s.s, 32);
    hf_put_bytes(&q, r.s, 32);
    memset(q, id_byte, 16);
    q += 16;
    hf_put_u32(&q, 5);
    hf_put_u32(&p, 5);
    hf_sign(key, label, spans, 2, p);
    memcpy(inner + 68, "hello", 5);
    return inner;
}

static enum hf_err
open_crafted(uint8_t *inner, size_t n)
{
    craft((struct hf_bytes){inner, n});
    free(inner);
    return open_it();
}

Test(envelope, opens_to_what_was_sealed)
{
    static const size_t sizes[] = {0,    1,     100,    1900,
                                   1901, 70000, 500000, CONTENT_BYTES_MAX};
    uint8_t *content = malloc(CONTENT_BYTES_MAX);

    for (size_t i = 0; i < CONTENT_BYTES_MAX; i++)
        content[i] = (uint8_t)(i * 31 >> 3);
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        struct envelope_opened o;

        seal((struct hf_bytes){content, sizes[i]}, i % 2 == 0);
        cr_assert(eq(int,
                     (int)envelope_open(hf_buf_bytes(&sealed), alice_pk,
                                        prekey_secret, &plain, &o),
                     HF_OK));
        cr_assert(eq(sz, o.content.n, sizes[i]));
        cr_expect(memcmp(o.content.p, content, sizes[i]) == 0);
        cr_expect(eq(u64, o.h.seq, 7));
        cr_expect(eq(u64, o.h.floor, 5));
        cr_expect(eq(u32, o.h.registry_version, 12));
        cr_expect(eq(str, o.h.sender.s, "iom-at"));
        cr_expect(eq(str, o.h.recipient.s, "clinic-kbl"));
        cr_expect(le(sz, sealed.n, ENVELOPE_BYTES_MAX));
    }
    free(content);
}

Test(envelope, over_the_limit_is_not_sealed)
{
    struct envelope_header h = some_header();
    uint8_t *content = calloc(1, CONTENT_BYTES_MAX + 1);

    cr_expect(
        eq(int,
           (int)envelope_seal(&h, alice, &prekey,
                              (struct hf_bytes){content, CONTENT_BYTES_MAX + 1},
                              false, &sealed),
           HF_ERR_LIMIT));
    cr_expect(eq(sz, sealed.n, 0));
    free(content);
}

Test(envelope, to_a_small_order_prekey_is_not_sealed)
{
    struct envelope_header h = some_header();

    memset(prekey.pk, 0, sizeof(prekey.pk));
    cr_expect(eq(int,
                 (int)envelope_seal(&h, alice, &prekey, fixture_text("x"),
                                    false, &sealed),
                 HF_ERR_POINT));
    cr_expect(eq(sz, sealed.n, 0), "nothing half made stays behind");
}

Test(envelope, looks_alike_whatever_small_thing_it_holds)
{
    struct envelope_header h;
    size_t n;

    seal(fixture_text(""), false);
    n = sealed.n;
    cr_assert(eq(int, (int)envelope_peek(hf_buf_bytes(&sealed), &h), HF_OK));
    cr_expect(eq(u8, h.size_class, 11));
    seal(fixture_text("a receipt, a card, an answer"), false);
    cr_expect(eq(sz, sealed.n, n));
    seal(fixture_text("control"), true);
    cr_assert(eq(int, (int)envelope_peek(hf_buf_bytes(&sealed), &h), HF_OK));
    cr_expect(eq(u8, h.size_class, 9));
}

Test(envelope, pads_by_padme_with_a_floor)
{
    cr_expect(eq(sz, pad_bytes(0, 512), 512));
    cr_expect(eq(sz, pad_bytes(512, 512), 512));
    cr_expect(eq(sz, pad_bytes(513, 512), 544));
    cr_expect(eq(sz, pad_bytes(2049, 2048), 2176));
    for (size_t n = 512; n < 2000000; n = n + n / 7 + 1) {
        const size_t p = pad_bytes(n, 512);

        cr_expect(ge(sz, p, n));
        cr_expect(le(sz, p, n + n * 12 / 100 + 1));
        cr_expect(eq(sz, pad_bytes(p, 512), p));
    }
    cr_expect(eq(u8, pad_size_class(1), 0));
    cr_expect(eq(u8, pad_size_class(2048), 11));
    cr_expect(eq(u8, pad_size_class(2049), 12));
}

Test(envelope, with_any_one_bit_flipped_is_refused, .timeout = 300)
{
    seal(fixture_text("a secret"), true);
    for (size_t bit = 0; bit < sealed.n * 8; bit++) {
        sealed.p[bit / 8] ^= (uint8_t)(1u << (bit % 8));
        cr_assert(ne(int, (int)open_it(), HF_OK), "bit %zu", bit);
        sealed.p[bit / 8] ^= (uint8_t)(1u << (bit % 8));
    }
    cr_expect(eq(int, (int)open_it(), HF_OK));
}

/* A broker that flips a bit has no key to sign with; the second column. A
 * sender that turns against us signs again: the third. */
Test(envelope, with_a_bit_flipped_says_which_check_it_failed)
{
    static const struct {
        const char *field;
        size_t at;
        enum hf_err broker, sender;
    } fields[] = {
        {"version", 0, HF_ERR_MALFORMED, HF_ERR_MALFORMED},
        {"suite", 1, HF_ERR_MALFORMED, HF_ERR_MALFORMED},
        {"lane", 2, HF_ERR_SIGNATURE, HF_ERR_SEAL},
        {"size class", 3, HF_ERR_MALFORMED, HF_ERR_MALFORMED},
        {"registry version", 4, HF_ERR_SIGNATURE, HF_ERR_SEAL},
        {"id", 8, HF_ERR_SIGNATURE, HF_ERR_SEAL},
        {"sender", AT_SEND, HF_ERR_SIGNATURE, HF_ERR_SEAL},
        {"recipient", AT_RECV, HF_ERR_SIGNATURE, HF_ERR_SEAL},
        {"epoch", 88, HF_ERR_SIGNATURE, HF_ERR_SEAL},
        {"sequence", 96, HF_ERR_SIGNATURE, HF_ERR_SEAL},
        {"floor", 104, HF_ERR_SIGNATURE, HF_ERR_SEAL},
        {"created", 112, HF_ERR_SIGNATURE, HF_ERR_SEAL},
        {"expires", 120, HF_ERR_SIGNATURE, HF_ERR_SEAL},
        {"body bytes", 128, HF_ERR_MALFORMED, HF_ERR_MALFORMED},
        {"prekey", AT_PRE, HF_ERR_SIGNATURE, HF_ERR_SEAL},
        {"one-time prekey", 148, HF_ERR_MALFORMED, HF_ERR_MALFORMED},
        {"ephemeral key", AT_EPH, HF_ERR_SIGNATURE, HF_ERR_SEAL},
        {"wrap", AT_WRAP, HF_ERR_SIGNATURE, HF_ERR_SEAL},
        {"key commitment", AT_COMM, HF_ERR_SIGNATURE, HF_ERR_COMMITMENT},
        {"body commitment", AT_BODY, HF_ERR_SIGNATURE, HF_OK},
        {"signature", HEADER, HF_ERR_SIGNATURE, HF_OK},
        {"stream header", FRONT, HF_ERR_COMMITMENT, HF_ERR_CHUNKS},
        {"body", FRONT + 40, HF_ERR_COMMITMENT, HF_ERR_CHUNKS},
    };

    for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
        seal(fixture_text("a secret"), false);
        sealed.p[fields[i].at] ^= 1;
        cr_expect(eq(int, (int)open_it(), (int)fields[i].broker), "%s",
                  fields[i].field);
        sign_again(alice, ENVELOPE_LABEL); /* makes the last two good */
        cr_expect(eq(int, (int)open_it(), (int)fields[i].sender),
                  "%s, signed again", fields[i].field);
    }
}

Test(envelope, whose_ephemeral_key_is_of_small_order_is_refused)
{
    seal(fixture_text("a secret"), false);
    memset(sealed.p + AT_EPH, 0, 32);
    sign_again(alice, ENVELOPE_LABEL);
    cr_expect(eq(int, (int)open_it(), HF_ERR_POINT));
    sealed.p[AT_EPH] = 1; /* the point of order 1, then one of order 8 */
    sign_again(alice, ENVELOPE_LABEL);
    cr_expect(eq(int, (int)open_it(), HF_ERR_POINT));
    memcpy(sealed.p + AT_EPH,
           "\xe0\xeb\x7a\x7c\x3b\x41\xb8\xae\x16\x56\xe3\xfa\xf1\x9f\xc4\x6a"
           "\xda\x09\x8d\xeb\x9c\x32\xb1\xfd\x86\x62\x05\x16\x5f\x49\xb8\x00",
           32);
    sign_again(alice, ENVELOPE_LABEL);
    cr_expect(eq(int, (int)open_it(), HF_ERR_POINT));
}

Test(envelope, cut_or_grown_is_refused)
{
    seal(fixture_text("a secret"), true);
    for (size_t n = 0; n < sealed.n; n++) {
        uint8_t *copy = fixture_copy(sealed.p, n);
        struct envelope_opened o;
        struct envelope_header h;

        cr_assert(ne(int,
                     (int)envelope_open((struct hf_bytes){copy, n}, alice_pk,
                                        prekey_secret, &plain, &o),
                     HF_OK));
        cr_assert(eq(int, (int)envelope_peek((struct hf_bytes){copy, n}, &h),
                     HF_ERR_MALFORMED));
        free(copy);
    }
    cr_assert(hf_buf_add(&sealed, "", 1));
    cr_expect(eq(int, (int)open_it(), HF_ERR_MALFORMED));
}

Test(envelope, opens_for_nobody_else)
{
    seal(fixture_text("a secret"), false);
    cr_expect(eq(int, (int)open_with(alice_pk, other_prekey), HF_ERR_SEAL));
    cr_expect(
        eq(int, (int)open_with(mallory_pk, prekey_secret), HF_ERR_SIGNATURE));
}

Test(envelope, signed_under_another_label_is_refused)
{
    seal(fixture_text("a secret"), false);
    sign_again(alice, "handoff/1 entry");
    cr_expect(eq(int, (int)open_it(), HF_ERR_SIGNATURE));
    sign_again(alice, ENVELOPE_INNER_LABEL);
    cr_expect(eq(int, (int)open_it(), HF_ERR_SIGNATURE));
    sign_again(alice, ENVELOPE_LABEL);
    cr_expect(eq(int, (int)open_it(), HF_OK));
}

Test(envelope, cannot_be_redirected_even_by_its_sender)
{
    struct hf_org other = fixture_org("tvet-hrt");

    seal(fixture_text("a secret"), false);
    memcpy(sealed.p + AT_RECV, other.s, 32);
    sign_again(alice, ENVELOPE_LABEL);
    cr_expect(eq(int, (int)open_it(), HF_ERR_SEAL));
}

Test(envelope, cannot_be_taken_over_by_another_sender)
{
    struct hf_org other = fixture_org("mallory");

    seal(fixture_text("a secret"), false);
    memcpy(sealed.p + AT_SEND, other.s, 32);
    sign_again(mallory, ENVELOPE_LABEL);
    cr_expect(eq(int, (int)open_with(mallory_pk, prekey_secret), HF_ERR_SEAL));
}

Test(envelope, with_the_stanza_of_another_is_refused)
{
    uint8_t stanza[AT_BODY - AT_PRE];
    struct envelope_header h = some_header();

    seal(fixture_text("one"), false);
    memcpy(stanza, sealed.p + AT_PRE, sizeof(stanza));
    memset(h.id.b, 0x66, sizeof(h.id.b));
    hf_buf_clear(&sealed);
    cr_assert(eq(int,
                 (int)envelope_seal(&h, alice, &prekey, fixture_text("two"),
                                    false, &sealed),
                 HF_OK));
    memcpy(sealed.p + AT_PRE, stanza, sizeof(stanza));
    sign_again(alice, ENVELOPE_LABEL);
    cr_expect(eq(int, (int)open_it(), HF_ERR_SEAL));
    seal(fixture_text("two"), false); /* even where all else is the same */
    memcpy(sealed.p + AT_PRE, stanza, sizeof(stanza));
    sign_again(alice, ENVELOPE_LABEL);
    cr_expect(eq(int, (int)open_it(), HF_ERR_CHUNKS));
}

/* The stanza gives one key, the commitment is to the body's. */
Test(envelope, with_two_content_keys_for_one_body_is_refused)
{
    craft_two_keys = true;
    cr_expect(eq(int,
                 (int)open_crafted(inner_of("iom-at", "clinic-kbl", 0x55,
                                            ENVELOPE_INNER_LABEL, alice, 2048),
                                   2048),
                 HF_ERR_COMMITMENT));
}

Test(envelope, that_commits_to_another_body_is_refused)
{
    seal(fixture_text("a secret"), false);
    sealed.p[AT_BODY] ^= 1;
    hf_sign(alice, ENVELOPE_LABEL, &(struct hf_bytes){sealed.p, HEADER}, 1,
            sealed.p + HEADER);
    cr_expect(eq(int, (int)open_it(), HF_ERR_COMMITMENT));
}

Test(envelope, with_chunks_swapped_or_repeated_is_refused)
{
    enum { CHUNK = HF_CHUNK_BYTES + 17, FIRST = FRONT + 24 };
    uint8_t *content = calloc(1, 200000), *keep = malloc(CHUNK);

    seal((struct hf_bytes){content, 200000}, false);
    memcpy(keep, sealed.p + FIRST, CHUNK);
    memcpy(sealed.p + FIRST, sealed.p + FIRST + CHUNK, CHUNK);
    sign_again(alice, ENVELOPE_LABEL);
    cr_expect(eq(int, (int)open_it(), HF_ERR_CHUNKS), "repeated");
    memcpy(sealed.p + FIRST + CHUNK, keep, CHUNK);
    sign_again(alice, ENVELOPE_LABEL);
    cr_expect(eq(int, (int)open_it(), HF_ERR_CHUNKS), "swapped");
    free(content);
    free(keep);
}

/* A chunk is left out, and all that the sender can sign is made to fit. */
Test(envelope, with_its_last_chunk_cut_off_is_refused)
{
    uint8_t *inner = inner_of("iom-at", "clinic-kbl", 0x55,
                              ENVELOPE_INNER_LABEL, alice, 3 * HF_CHUNK_BYTES);

    craft_cut = HF_CHUNK_BYTES;
    cr_expect(
        eq(int, (int)open_crafted(inner, 3 * HF_CHUNK_BYTES), HF_ERR_CHUNKS));
}

Test(envelope, made_by_hand_from_the_document_opens)
{
    cr_expect(eq(int,
                 (int)open_crafted(inner_of("iom-at", "clinic-kbl", 0x55,
                                            ENVELOPE_INNER_LABEL, alice, 2048),
                                   2048),
                 HF_OK));
}

Test(envelope, signed_inside_for_somebody_else_is_refused)
{
    cr_expect(eq(int,
                 (int)open_crafted(inner_of("iom-at", "tvet-hrt", 0x55,
                                            ENVELOPE_INNER_LABEL, alice, 2048),
                                   2048),
                 HF_ERR_READDRESSED),
              "another recipient");
    cr_expect(eq(int,
                 (int)open_crafted(inner_of("tvet-hrt", "clinic-kbl", 0x55,
                                            ENVELOPE_INNER_LABEL, alice, 2048),
                                   2048),
                 HF_ERR_READDRESSED),
              "another sender");
    cr_expect(eq(int,
                 (int)open_crafted(inner_of("iom-at", "clinic-kbl", 0x56,
                                            ENVELOPE_INNER_LABEL, alice, 2048),
                                   2048),
                 HF_ERR_READDRESSED),
              "another envelope");
}

Test(envelope, whose_inner_signature_is_bad_is_refused)
{
    cr_expect(
        eq(int,
           (int)open_crafted(inner_of("iom-at", "clinic-kbl", 0x55,
                                      ENVELOPE_INNER_LABEL, mallory, 2048),
                             2048),
           HF_ERR_READDRESSED));
    cr_expect(eq(int,
                 (int)open_crafted(inner_of("iom-at", "clinic-kbl", 0x55,
                                            ENVELOPE_LABEL, alice, 2048),
                                   2048),
                 HF_ERR_READDRESSED));
}

Test(envelope, padded_otherwise_is_refused)
{
    uint8_t *inner = inner_of("iom-at", "clinic-kbl", 0x55,
                              ENVELOPE_INNER_LABEL, alice, 2048);

    inner[2047] = 1;
    cr_expect(eq(int, (int)open_crafted(inner, 2048), HF_ERR_MALFORMED),
              "something in the padding");
    inner = inner_of("iom-at", "clinic-kbl", 0x55, ENVELOPE_INNER_LABEL, alice,
                     4096);
    cr_expect(eq(int, (int)open_crafted(inner, 4096), HF_ERR_MALFORMED),
              "more padding than there should be");
    inner = inner_of("iom-at", "clinic-kbl", 0x55, ENVELOPE_INNER_LABEL, alice,
                     2049);
    cr_expect(eq(int, (int)open_crafted(inner, 2049), HF_ERR_MALFORMED),
              "a length that PADME does not make");
    inner = inner_of("iom-at", "clinic-kbl", 0x55, ENVELOPE_INNER_LABEL, alice,
                     2048);
    memset(inner, 0xff, 4);
    cr_expect(eq(int, (int)open_crafted(inner, 2048), HF_ERR_MALFORMED),
              "a length beyond the end");
}

Test(envelope, recorded_long_ago_still_opens)
{
    struct envelope_opened o;

    if (getenv("HANDOFF_WRITE_VECTORS")) {
        seal(fixture_text("a golden envelope"), true);
        fixture_golden("envelope", sealed.p, sealed.n);
    }
    hf_buf_clear(&sealed);
    fixture_vector("envelope", &sealed);
    cr_assert(eq(int,
                 (int)envelope_open(hf_buf_bytes(&sealed), alice_pk,
                                    prekey_secret, &plain, &o),
                 HF_OK));
    cr_expect(eq(sz, o.content.n, 17));
    cr_expect(memcmp(o.content.p, "a golden envelope", 17) == 0);
}

Test(envelope, tells_which_prekey_it_needs)
{
    struct hf_id id;

    seal(fixture_text("x"), true);
    id = envelope_prekey_id(hf_buf_bytes(&sealed));
    cr_expect(hf_id_eq(&id, &prekey.id));
    cr_expect(envelope_verify_outer(hf_buf_bytes(&sealed), alice_pk));
    cr_expect(not(envelope_verify_outer(hf_buf_bytes(&sealed), mallory_pk)));
}

Test(envelope, notice_says_what_became_of_another)
{
    struct envelope_header h = some_header();
    struct notice n = {.why = NOTICE_EXPIRED, .at_ms = T0}, out;
    struct registry_broker broker = {.id = h.sender, .n_op = 1}, other;
    struct envelope_opened o;

    memcpy(broker.op[0].pk, alice_pk, 32);
    other = broker;
    memcpy(other.op[0].pk, mallory_pk, 32);
    h.seq = 0;
    h.floor = 0;
    memset(n.envelope.b, 8, sizeof(n.envelope.b));
    n.recipient = fixture_org("tvet-hrt");
    cr_assert(eq(int, (int)notice_make(&h, alice, &n, &sealed), HF_OK));
    cr_assert(eq(int, (int)notice_read(hf_buf_bytes(&sealed), &broker, &out),
                 HF_OK));
    cr_expect(hf_id_eq(&out.envelope, &n.envelope));
    cr_expect(eq(str, out.recipient.s, "tvet-hrt"));
    cr_expect(eq(u64, out.at_ms, T0));
    cr_expect(eq(int, (int)notice_read(hf_buf_bytes(&sealed), &other, &out),
                 HF_ERR_SIGNATURE));
    other.op[other.n_op++] = broker.op[0];
    cr_expect(eq(int, (int)notice_read(hf_buf_bytes(&sealed), &other, &out),
                 HF_OK),
              "by the key that it had before");
    other.op[1].until_ms = h.created_ms;
    cr_expect(eq(int, (int)notice_read(hf_buf_bytes(&sealed), &other, &out),
                 HF_ERR_SIGNATURE),
              "which had ended then");
    cr_expect(eq(int,
                 (int)envelope_open(hf_buf_bytes(&sealed), alice_pk,
                                    prekey_secret, &plain, &o),
                 HF_ERR_MALFORMED),
              "a notice is nothing to open");
    for (size_t bit = 0; bit < sealed.n * 8; bit++) {
        sealed.p[bit / 8] ^= (uint8_t)(1u << (bit % 8));
        cr_assert(ne(int,
                     (int)notice_read(hf_buf_bytes(&sealed), &broker, &out),
                     HF_OK),
                  "bit %zu", bit);
        sealed.p[bit / 8] ^= (uint8_t)(1u << (bit % 8));
    }
}
