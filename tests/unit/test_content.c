/* Unit tests of proto/content: each kind there and back, and that one content
 * has one encoding. */
#include "proto_fixture.h"

#include "body.h"
#include "content.h"

static struct hf_buf buf, again;
static struct content c, got;
static uint8_t entry[ENTRY_BYTES], sig[ENTRY_SIG_BYTES], body[3000];

static void
begin(void)
{
    hf_buf_init(&buf, 4 * CONTENT_BYTES_MAX);
    hf_buf_init(&again, 4 * CONTENT_BYTES_MAX);
    memset(entry, 0xe1, sizeof(entry));
    memset(sig, 0x51, sizeof(sig));
    memset(body, 0xb0, sizeof(body));
    memset(&c, 0, sizeof(c));
}

static void
end(void)
{
    hf_buf_free(&buf);
    hf_buf_free(&again);
}

TestSuite(content, .init = begin, .fini = end);

static void
make_push(size_t n)
{
    memset(&c, 0, sizeof(c));
    c.type = CONTENT_PUSH;
    c.u.push.kind = OBJECT_REFERRAL;
    memset(c.u.push.object.b, 1, 16);
    c.u.push.have_n = 4;
    memset(c.u.push.have_hash.b, 2, 32);
    c.u.push.n = n;
    for (size_t i = 0; i < n; i++) {
        c.u.push.entry[i].bytes = (struct hf_bytes){entry, sizeof(entry)};
        c.u.push.entry[i].sig = (struct hf_bytes){sig, sizeof(sig)};
        c.u.push.entry[i].body =
            (struct hf_bytes){body, i % 2 == 0 ? sizeof(body) : 0};
    }
}

static void
make_receipts(size_t n)
{
    memset(&c, 0, sizeof(c));
    c.type = CONTENT_RECEIPT;
    c.u.receipts.n = n;
    for (size_t i = 0; i < n; i++) {
        struct content_receipt *r = &c.u.receipts.item[i];

        memset(r->envelope.b, (int)i + 1, 16);
        r->status = DELIVERY_REFUSED;
        r->reason = REASON_NO_CONSENT;
        r->at_ms = T0;
        memset(r->object.b, 3, 16);
        r->have_n = (uint32_t)i;
        if (i > 0)
            memset(r->have_hash.b, 4, 32);
    }
}

static void
make_figures(size_t n)
{
    memset(&c, 0, sizeof(c));
    c.type = CONTENT_FIGURES;
    c.u.figures.from_ms = T0;
    c.u.figures.until_ms = T0 + 1;
    c.u.figures.threshold = 10;
    c.u.figures.n = n;
    for (size_t i = 0; i < n; i++) {
        struct figure_cell *cell = &c.u.figures.cell[i];

        cell->kind = OBJECT_TRANSFER;
        cell->from = fixture_org("iom-at");
        if (i % 2 == 0)
            cell->service = fixture_name("health.general");
        cell->state = STATE_SENT;
        cell->count = (uint64_t)i << 40;
    }
}

static void
make_ask(void)
{
    memset(&c, 0, sizeof(c));
    c.type = CONTENT_ASK;
    memset(c.u.ask.ask.b, 7, 16);
}

static void
make_slip(void)
{
    memset(&c, 0, sizeof(c));
    c.type = CONTENT_SLIP;
    memset(c.u.slip.ask.b, 7, 16);
    memset(c.u.slip.code, 9, SLIP_CODE_BYTES);
    c.u.slip.what = SLIP_WITHDRAW;
    c.u.slip.check = SLIP_DOCUMENT;
}

static void
make_fork(void)
{
    memset(&c, 0, sizeof(c));
    c.type = CONTENT_FORK;
    for (int i = 0; i < 2; i++) {
        c.u.fork.entry[i].bytes = (struct hf_bytes){entry, sizeof(entry)};
        c.u.fork.entry[i].sig = (struct hf_bytes){sig, sizeof(sig)};
    }
}

static void
make_review(enum content_type type, size_t n)
{
    memset(&c, 0, sizeof(c));
    c.type = type;
    c.u.signed_by.bytes = (struct hf_bytes){entry, n};
    c.u.signed_by.sig = (struct hf_bytes){sig, sizeof(sig)};
}

static enum hf_err
round_trip(void)
{
    enum hf_err err;

    hf_buf_clear(&buf);
    err = content_encode(&c, &buf);
    return err ? err : content_decode(hf_buf_bytes(&buf), &got);
}

/* Cut, mutated: refused, or the one encoding of something else. */
static void
expect_one_encoding(void)
{
    const struct hf_bytes in = hf_buf_bytes(&buf);

    for (size_t n = 0; n < in.n; n++) {
        uint8_t *copy = fixture_copy(in.p, n);

        cr_assert(eq(int, (int)content_decode((struct hf_bytes){copy, n}, &got),
                     HF_ERR_MALFORMED),
                  "cut %zu", n);
        free(copy);
    }
    for (int i = 0; i < 20000; i++) {
        size_t n;
        uint8_t *m = fixture_mutate(in.p, in.n, &n);

        if (content_decode((struct hf_bytes){m, n}, &got) == HF_OK) {
            hf_buf_clear(&again);
            cr_assert(eq(int, (int)content_encode(&got, &again), HF_OK));
            cr_assert(eq(sz, again.n, n));
            cr_assert(memcmp(again.p, m, n) == 0);
        }
        free(m);
    }
}

Test(content, push_comes_back_with_its_entries)
{
    make_push(3);
    cr_assert(eq(int, (int)round_trip(), HF_OK));
    cr_assert(eq(int, (int)got.type, CONTENT_PUSH));
    cr_assert(eq(sz, got.u.push.n, 3));
    cr_expect(eq(u32, got.u.push.have_n, 4));
    cr_expect(hf_hash_eq(&got.u.push.have_hash, &c.u.push.have_hash));
    cr_expect(hf_id_is_zero(&got.u.push.answers));
    for (size_t i = 0; i < 3; i++) {
        const struct content_entry *e = &got.u.push.entry[i];

        cr_expect(memcmp(e->bytes.p, entry, sizeof(entry)) == 0);
        cr_expect(memcmp(e->sig.p, sig, sizeof(sig)) == 0);
        cr_expect(eq(sz, e->body.n, i % 2 == 0 ? sizeof(body) : 0));
        cr_expect(e->bytes.p > buf.p && e->bytes.p < buf.p + buf.n,
                  "borrowed from the input");
    }
    expect_one_encoding();
}

static void
make_told(void)
{
    struct content_receipt *t = &c.u.push.told;

    make_push(1);
    memset(c.u.push.answers.b, 5, 16);
    memset(t->envelope.b, 9, 16);
    t->status = DELIVERY_REFUSED;
    t->reason = REASON_NO_CONSENT;
    t->at_ms = T0;
    t->object = c.u.push.object;
    t->have_n = c.u.push.have_n;
    t->have_hash = c.u.push.have_hash;
}

Test(content, push_brings_a_receipt_of_its_object)
{
    make_told();
    cr_assert(eq(int, (int)round_trip(), HF_OK));
    cr_expect(memcmp(&got.u.push.told, &c.u.push.told, sizeof(c.u.push.told)) ==
              0);
    cr_expect(hf_id_eq(&got.u.push.answers, &c.u.push.answers));
    expect_one_encoding();

    make_told();
    c.u.push.told.have_n++;
    cr_expect(eq(int, (int)round_trip(), HF_ERR_MALFORMED), "another end");
    make_told();
    c.u.push.told.object.b[3] ^= 1;
    cr_expect(eq(int, (int)round_trip(), HF_ERR_MALFORMED), "another object");
    make_told();
    c.u.push.told.status = DELIVERY_NONE;
    cr_expect(eq(int, (int)round_trip(), HF_ERR_MALFORMED), "of no status");
}

/* What is left out when it says nothing must not be there saying nothing. */
Test(content, push_with_an_id_of_zeros_is_refused)
{
    make_told();
    cr_assert(eq(int, (int)content_encode(&c, &buf), HF_OK));
    for (uint8_t byte = 5; byte <= 9; byte += 4) {
        uint8_t *at = memmem(
            buf.p, buf.n,
            (uint8_t[8]){byte, byte, byte, byte, byte, byte, byte, byte}, 8);

        cr_assert(ne(ptr, at, NULL));
        memset(at, 0, 16);
        cr_expect(eq(int, (int)content_decode(hf_buf_bytes(&buf), &got),
                     HF_ERR_MALFORMED));
        memset(at, byte, 16);
        cr_expect(
            eq(int, (int)content_decode(hf_buf_bytes(&buf), &got), HF_OK));
    }
}

Test(content, receipts_come_back)
{
    make_receipts(3);
    cr_assert(eq(int, (int)round_trip(), HF_OK));
    cr_assert(eq(sz, got.u.receipts.n, 3));
    cr_expect(eq(int, (int)got.u.receipts.item[2].status, DELIVERY_REFUSED));
    cr_expect(eq(int, (int)got.u.receipts.item[2].reason, REASON_NO_CONSENT));
    cr_expect(eq(u64, got.u.receipts.item[2].at_ms, T0));
    cr_expect(eq(u32, got.u.receipts.item[2].have_n, 2));
    expect_one_encoding();
}

static uint8_t piece[FILE_CHUNK_BYTES];

static void
make_chunk(uint32_t n, size_t bytes)
{
    memset(&c, 0, sizeof(c));
    c.type = CONTENT_CHUNK;
    memset(c.u.chunk.file.b, 9, 16);
    c.u.chunk.first = 3;
    c.u.chunk.n = n;
    c.u.chunk.bytes = (struct hf_bytes){piece, bytes};
}

Test(content, chunk_comes_back_and_is_asked_for)
{
    for (size_t i = 0; i < sizeof(piece); i++)
        piece[i] = (uint8_t)(i * 7);
    make_chunk(0, sizeof(piece));
    cr_assert(eq(int, (int)round_trip(), HF_OK));
    cr_assert(eq(int, (int)got.type, CONTENT_CHUNK));
    cr_expect(eq(u32, got.u.chunk.first, 3));
    cr_assert(eq(sz, got.u.chunk.bytes.n, sizeof(piece)));
    cr_expect(memcmp(got.u.chunk.bytes.p, piece, sizeof(piece)) == 0);
    make_chunk(CONTENT_CHUNKS_ASKED, 0);
    cr_assert(eq(int, (int)round_trip(), HF_OK));
    cr_expect(eq(u32, got.u.chunk.n, CONTENT_CHUNKS_ASKED));
    expect_one_encoding();
    make_chunk(0, 0);
    cr_expect(eq(int, (int)round_trip(), HF_OK), "gone");
}

Test(content, chunk_is_whole_and_an_ask_is_small)
{
    make_chunk(0, sizeof(piece) - 1);
    cr_expect(eq(int, (int)round_trip(), HF_ERR_MALFORMED));
    make_chunk(1, sizeof(piece));
    cr_expect(eq(int, (int)round_trip(), HF_ERR_MALFORMED));
    make_chunk(CONTENT_CHUNKS_ASKED + 1, 0);
    cr_expect(eq(int, (int)round_trip(), HF_ERR_MALFORMED));
    make_chunk(1, 0);
    c.u.chunk.first = FILE_CHUNKS_MAX;
    cr_expect(eq(int, (int)round_trip(), HF_ERR_MALFORMED));
    make_chunk(1, 0);
    memset(c.u.chunk.file.b, 0, 16);
    cr_expect(eq(int, (int)round_trip(), HF_ERR_MALFORMED));
}

Test(content, figures_come_back)
{
    make_figures(4);
    cr_assert(eq(int, (int)round_trip(), HF_OK));
    cr_assert(eq(sz, got.u.figures.n, 4));
    cr_expect(eq(str, got.u.figures.cell[0].from.s, "iom-at"));
    cr_expect(eq(str, got.u.figures.cell[0].service.s, "health.general"));
    cr_expect(eq(str, got.u.figures.cell[1].service.s, ""));
    cr_expect(eq(u64, got.u.figures.cell[3].count, UINT64_C(3) << 40));
    expect_one_encoding();
}

Test(content, ask_is_of_one_object_or_of_all)
{
    make_ask();
    cr_assert(eq(int, (int)round_trip(), HF_OK));
    cr_expect(eq(int, (int)got.u.ask.kind, OBJECT_NONE));
    expect_one_encoding();
    c.u.ask.kind = OBJECT_REFERRAL;
    cr_expect(eq(int, (int)round_trip(), HF_ERR_MALFORMED), "of which?");
    memset(c.u.ask.object.b, 9, 16);
    cr_expect(eq(int, (int)round_trip(), HF_OK));
    cr_expect(eq(u8, got.u.ask.object.b[0], 9));
    c.u.ask.kind = OBJECT_NONE;
    cr_expect(eq(int, (int)round_trip(), HF_ERR_MALFORMED));
}

Test(content, slip_says_something_or_answers)
{
    make_slip();
    cr_assert(eq(int, (int)round_trip(), HF_OK));
    cr_expect(eq(int, (int)got.u.slip.check, SLIP_DOCUMENT));
    expect_one_encoding();
    c.u.slip.answer = SLIP_ANSWER_END;
    cr_expect(eq(int, (int)round_trip(), HF_ERR_MALFORMED));
    make_slip();
    c.u.slip.what = (enum slip_what)0;
    cr_expect(eq(int, (int)round_trip(), HF_ERR_MALFORMED));
    make_slip();
    memset(c.u.slip.ask.b, 0, 16);
    cr_expect(eq(int, (int)round_trip(), HF_ERR_MALFORMED), "asked by whom?");
}

Test(content, fork_is_two_entries_without_bodies)
{
    make_fork();
    cr_assert(eq(int, (int)round_trip(), HF_OK));
    cr_expect(eq(sz, got.u.fork.entry[1].bytes.n, ENTRY_BYTES));
    cr_expect(eq(u8, got.u.fork.entry[1].sig.p[63], 0x51));
    expect_one_encoding();
    c.u.fork.entry[1].body = (struct hf_bytes){body, 1};
    cr_expect(eq(int, (int)round_trip(), HF_ERR_MALFORMED), "nothing more");
    make_fork();
    c.u.fork.entry[0].bytes.n--;
    cr_expect(eq(int, (int)round_trip(), HF_ERR_MALFORMED));
    make_fork();
    c.u.fork.entry[1].sig.n = 0;
    cr_expect(eq(int, (int)round_trip(), HF_ERR_MALFORMED));
}

Test(content, claims_are_tags_and_days)
{
    memset(&c, 0, sizeof(c));
    c.type = CONTENT_CLAIMS;
    c.u.claims.n = CONTENT_CLAIMS_MAX;
    for (size_t i = 0; i < CONTENT_CLAIMS_MAX; i++)
        c.u.claims.item[i] =
            (struct content_claim){{{1, (uint8_t)i}}, CLAIM_TAKES, 20000};
    cr_assert(eq(int, (int)round_trip(), HF_OK));
    cr_expect(eq(sz, got.u.claims.n, CONTENT_CLAIMS_MAX));
    cr_expect(eq(u8, got.u.claims.item[255].tag.b[1], 255));
    cr_expect(eq(u32, got.u.claims.item[255].day, 20000));
    c.u.claims.n = 1;
    cr_assert(eq(int, (int)round_trip(), HF_OK));
    expect_one_encoding();
    c.u.claims.item[0].what = CLAIM_END;
    cr_expect(eq(int, (int)round_trip(), HF_ERR_MALFORMED));
    c.u.claims.item[0].what = CLAIM_GIVES;
    c.u.claims.item[0].day = UINT32_MAX;
    cr_expect(eq(int, (int)round_trip(), HF_ERR_MALFORMED), "no such day");
    c.u.claims.n = 0;
    cr_expect(eq(int, (int)round_trip(), HF_ERR_MALFORMED), "says nothing");
}

Test(content, review_is_a_document_of_one_length_and_a_signature)
{
    make_review(CONTENT_REVIEW_VERDICT, REVIEW_VERDICT_BYTES);
    cr_assert(eq(int, (int)round_trip(), HF_OK));
    cr_expect(eq(int, (int)got.type, CONTENT_REVIEW_VERDICT));
    make_review(CONTENT_REVIEW_NOTICE, REVIEW_NOTICE_BYTES);
    cr_assert(eq(int, (int)round_trip(), HF_OK));
    cr_expect(eq(int, (int)got.type, CONTENT_REVIEW_NOTICE));
    cr_expect(eq(sz, got.u.signed_by.bytes.n, REVIEW_NOTICE_BYTES));
    cr_expect(eq(u8, got.u.signed_by.sig.p[63], 0x51));
    expect_one_encoding();
    make_review(CONTENT_REVIEW_NOTICE, REVIEW_VERDICT_BYTES);
    cr_expect(eq(int, (int)round_trip(), HF_ERR_MALFORMED), "the other one");
    make_review(CONTENT_REVIEW_NOTICE, REVIEW_NOTICE_BYTES);
    c.u.signed_by.sig.n = 0;
    cr_expect(eq(int, (int)round_trip(), HF_ERR_MALFORMED));
}

Test(content, fills_its_limits_and_no_more)
{
    make_push(CONTENT_ENTRIES_MAX);
    cr_expect(eq(int, (int)round_trip(), HF_OK));
    make_receipts(CONTENT_RECEIPTS_MAX);
    cr_expect(eq(int, (int)round_trip(), HF_OK));
    cr_expect(eq(sz, got.u.receipts.n, CONTENT_RECEIPTS_MAX));
    make_figures(CONTENT_CELLS_MAX);
    cr_expect(eq(int, (int)round_trip(), HF_OK));
    cr_expect(eq(sz, got.u.figures.n, CONTENT_CELLS_MAX));
    c.u.figures.n++;
    cr_expect(eq(int, (int)round_trip(), HF_ERR_MALFORMED));
}

Test(content, too_long_is_not_encoded)
{
    uint8_t *big = calloc(1, BODY_BYTES_MAX);

    make_push(2);
    c.u.push.entry[0].body = (struct hf_bytes){big, BODY_BYTES_MAX};
    cr_expect(eq(int, (int)round_trip(), HF_OK));
    c.u.push.entry[1].body = (struct hf_bytes){big, BODY_BYTES_MAX};
    cr_expect(eq(int, (int)round_trip(), HF_ERR_LIMIT));
    free(big);
}

static enum hf_err
decode_hex(const char *hex)
{
    uint8_t b[128];
    const size_t n = strlen(hex) / 2;

    cr_assert(hf_unhex(hex, b, n));
    return content_decode((struct hf_bytes){b, n}, &got);
}

#define Z16 "00000000000000000000000000000000"
#define N16 "07070707070707070707070707070707"

Test(content, in_another_encoding_is_refused)
{
    cr_expect(eq(int,
                 (int)decode_hex("1226"
                                 "0800"
                                 "1210" Z16 "1a10" N16),
                 HF_OK));
    cr_expect(eq(int,
                 (int)decode_hex("1227"
                                 "088000"
                                 "1210" Z16 "1a10" N16),
                 HF_ERR_MALFORMED),
              "a varint longer than need be");
    cr_expect(eq(int,
                 (int)decode_hex("12a600"
                                 "0800"
                                 "1210" Z16 "1a10" N16),
                 HF_ERR_MALFORMED),
              "a length longer than need be");
    cr_expect(eq(int,
                 (int)decode_hex("1226"
                                 "1210" Z16 "0800"
                                 "1a10" N16),
                 HF_ERR_MALFORMED),
              "fields out of order");
    cr_expect(eq(int,
                 (int)decode_hex("1228"
                                 "0800"
                                 "0800"
                                 "1210" Z16 "1a10" N16),
                 HF_ERR_MALFORMED),
              "a field twice");
    cr_expect(eq(int,
                 (int)decode_hex("1224"
                                 "1210" Z16 "1a10" N16),
                 HF_ERR_MALFORMED),
              "a field missing");
    cr_expect(eq(int,
                 (int)decode_hex("1228"
                                 "0800"
                                 "1210" Z16 "1a10" N16 "2000"),
                 HF_ERR_MALFORMED),
              "an unknown field");
    cr_expect(eq(int, (int)decode_hex("1a00"), HF_OK), "no receipts");
    cr_expect(eq(int,
                 (int)decode_hex("1226"
                                 "0800"
                                 "1210" Z16 "1a10" N16 "1a00"),
                 HF_ERR_MALFORMED),
              "two of a oneof");
    cr_expect(eq(int,
                 (int)decode_hex("1328"
                                 "0800"
                                 "1210" Z16 "1a10" N16 "14"),
                 HF_ERR_MALFORMED),
              "a group");
    cr_expect(eq(int, (int)decode_hex(""), HF_ERR_MALFORMED));
    cr_expect(eq(int, (int)got.type, 0));
}

Test(content, nested_without_end_is_refused)
{
    /* 1.5 kB of nesting overflows a small stack in protobuf-c. */
    uint8_t deep[4096];

    for (size_t i = 0; i < sizeof(deep); i += 2) {
        const size_t left = sizeof(deep) - i - 2;

        deep[i] = 0x0a;
        deep[i + 1] = (uint8_t)(left < 127 ? left : 127);
    }
    cr_expect(eq(
        int, (int)content_decode((struct hf_bytes){deep, sizeof(deep)}, &got),
        HF_ERR_MALFORMED));
}

Test(content, of_unknown_words_is_refused)
{
    make_receipts(1);
    c.u.receipts.item[0].status = DELIVERY_END;
    cr_expect(eq(int, (int)round_trip(), HF_ERR_MALFORMED));
    make_receipts(1);
    c.u.receipts.item[0].reason = REASON_END;
    cr_expect(eq(int, (int)round_trip(), HF_ERR_MALFORMED));
    make_push(1);
    c.u.push.kind = OBJECT_END;
    cr_expect(eq(int, (int)round_trip(), HF_ERR_MALFORMED));
    make_push(1);
    c.u.push.have_n = 0;
    cr_expect(eq(int, (int)round_trip(), HF_ERR_MALFORMED),
              "the hash of nothing held");
    make_push(1);
    c.u.push.entry[0].sig.n--;
    cr_expect(eq(int, (int)round_trip(), HF_ERR_MALFORMED));
}
