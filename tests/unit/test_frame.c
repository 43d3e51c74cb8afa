/* Unit tests of proto/frame: what crosses a link, there and back, and that no
 * bytes whatever do harm. */
#include "proto_fixture.h"

#include "frame.h"

static struct hf_secret *op;
static uint8_t op_pk[32];
static struct hf_buf out;
static uint8_t big[ENVELOPE_BYTES_MAX + 1];

static void
begin(void)
{
    fixture_start();
    op = fixture_secret(HF_KEY_SIGN, 1);
    hf_secret_public(op, op_pk);
    hf_buf_init(&out, FRAME_BYTES_MAX);
}

static void
end(void)
{
    hf_secret_free(op);
    hf_buf_free(&out);
}

TestSuite(frame, .init = begin, .fini = end);

/* Any reader on any bytes; returns how many took them. */
static int
read_all(struct hf_bytes in)
{
    static struct frame_submit submit;
    static struct frame_deliver deliver;
    static struct frame_custody custody;
    struct frame_hello hello;
    struct frame_ack ack;
    struct hf_bytes span;
    uint32_t n;
    struct frame_synced synced;
    enum hf_err why;

    return (frame_read_hello(in, &hello) == HF_OK) +
           (frame_read_submit(in, &submit) == HF_OK) +
           (frame_read_custody(in, &custody) == HF_OK) +
           (frame_read_fetch(in, &n) == HF_OK) +
           (frame_read_deliver(in, &deliver) == HF_OK) +
           (frame_read_ack(in, &ack) == HF_OK) +
           (frame_read_shelf(in, &span) == HF_OK) +
           (frame_read_sync(in, &span) == HF_OK) +
           (frame_read_synced(in, &synced) == HF_OK) +
           (frame_read_bad(in, &why) == HF_OK);
}

/* The one frame in @out: read by one reader, by none when cut or grown, and by
 * one at most when mutated. */
static void
expect_robust(void)
{
    const struct hf_bytes in = hf_buf_bytes(&out);

    cr_expect(eq(int, read_all(in), 1));
    for (size_t n = 0; n < in.n; n++) {
        uint8_t *copy = fixture_copy(in.p, n);

        cr_expect(eq(int, read_all((struct hf_bytes){copy, n}), 0), "cut %zu",
                  n);
        free(copy);
    }
    for (int i = 0; i < 5000; i++) {
        size_t n;
        uint8_t *m = fixture_mutate(in.p, in.n, &n);

        cr_expect(le(int, read_all((struct hf_bytes){m, n}), 1));
        free(m);
    }
    cr_assert(hf_buf_add(&out, "", 1));
    cr_expect(eq(int, read_all(hf_buf_bytes(&out)), 0), "grown");
    out.n--;
    out.p[1] = FRAME_VERSION + 1;
    cr_expect(eq(int, read_all(hf_buf_bytes(&out)), 0), "another version");
    cr_expect(eq(int, (int)frame_type(hf_buf_bytes(&out)), 0));
    out.p[1] = FRAME_VERSION;
}

Test(frame, hello_says_who_and_what_registry)
{
    const struct frame_hello f = {.is_broker = true, .registry_version = 77};
    struct frame_hello got;

    cr_assert(frame_hello(&out, &f));
    cr_assert(eq(int, (int)frame_read_hello(hf_buf_bytes(&out), &got), HF_OK));
    cr_expect(got.is_broker);
    cr_expect(eq(u32, got.registry_version, 77));
    cr_expect(eq(int, (int)frame_type(hf_buf_bytes(&out)), FRAME_HELLO));
    expect_robust();
    out.p[2] = 2;
    cr_expect(eq(int, read_all(hf_buf_bytes(&out)), 0), "2 is no boolean");
}

Test(frame, submit_carries_a_batch_of_envelopes)
{
    static struct frame_submit f = {.batch = 5, .n = 3}, got;

    f.envelope[0] = fixture_text("first");
    f.envelope[1] = fixture_text("second envelope");
    f.envelope[2] = fixture_text("3");
    cr_assert(frame_submit(&out, &f));
    cr_assert(eq(int, (int)frame_read_submit(hf_buf_bytes(&out), &got), HF_OK));
    cr_expect(eq(u32, got.batch, 5));
    cr_assert(eq(sz, got.n, 3));
    for (size_t i = 0; i < 3; i++) {
        cr_assert(eq(sz, got.envelope[i].n, f.envelope[i].n));
        cr_expect(memcmp(got.envelope[i].p, f.envelope[i].p, f.envelope[i].n) ==
                  0);
    }
    expect_robust();
}

Test(frame, batches_over_a_limit_are_not_made)
{
    static struct frame_submit f;
    static struct frame_deliver d;
    static struct frame_ack a;
    static struct frame_custody c;

    cr_expect(not(frame_submit(&out, &f)), "none");
    f.n = FRAME_BATCH_MAX + 1;
    cr_expect(not(frame_submit(&out, &f)), "too many");
    f.n = 1;
    f.envelope[0] = (struct hf_bytes){big, sizeof(big)};
    cr_expect(not(frame_submit(&out, &f)), "one too long");
    f.n = 2;
    f.envelope[0] = f.envelope[1] = (struct hf_bytes){big, sizeof(big) - 1};
    cr_expect(not(frame_submit(&out, &f)), "both together too long");
    d.n = 1;
    cr_expect(not(frame_deliver(&out, &d)), "an envelope of nothing");
    cr_expect(not(frame_ack(&out, &a)));
    a.n = FRAME_BATCH_MAX + 1;
    cr_expect(not(frame_ack(&out, &a)));
    cr_expect(not(frame_custody(&out, &c, op)));
    cr_expect(not(frame_fetch(&out, FRAME_CREDIT_MAX + 1)));
    cr_expect(not(frame_shelf(&out, NULL, 0)));
    cr_expect(eq(sz, out.n, 0), "and nothing is left behind");
}

Test(frame, custody_is_signed_by_the_broker)
{
    static struct frame_custody f = {.batch = 9, .at_ms = T0, .n = 2}, got;
    struct registry_broker eu = {.op = {{.from_ms = T0}}, .n_op = 1};
    struct registry_broker other;

    f.broker = eu.id = fixture_org("eu");
    memcpy(eu.op[0].pk, op_pk, 32);
    memset(f.item[0].envelope.b, 1, 16);
    f.item[0].code = CUSTODY_TAKEN;
    memset(f.item[1].envelope.b, 2, 16);
    f.item[1].code = CUSTODY_QUOTA;
    cr_assert(frame_custody(&out, &f, op));
    cr_assert(
        eq(int, (int)frame_read_custody(hf_buf_bytes(&out), &got), HF_OK));
    cr_expect(eq(u32, got.batch, 9));
    cr_expect(eq(str, got.broker.s, "eu"));
    cr_expect(eq(u64, got.at_ms, T0));
    cr_assert(eq(sz, got.n, 2));
    cr_expect(eq(int, (int)got.item[0].code, CUSTODY_TAKEN));
    cr_expect(eq(int, (int)got.item[1].code, CUSTODY_QUOTA));
    cr_expect(frame_verify_custody(&got, &eu));
    other = eu;
    other.op[0].pk[0] ^= 1;
    cr_expect(not(frame_verify_custody(&got, &other)));
    other = eu;
    other.id = fixture_org("af");
    cr_expect(not(frame_verify_custody(&got, &other)), "another broker");

    /* A key that was changed since; one that was too early, or too late. */
    other = eu;
    other.op[1] = other.op[0];
    other.op[1].until_ms = T0 + 1;
    other.op[0].pk[0] ^= 1;
    other.n_op = 2;
    cr_expect(frame_verify_custody(&got, &other));
    other.op[1].revoked = true;
    cr_expect(not(frame_verify_custody(&got, &other)));
    other.op[1].revoked = false;
    other.op[1].until_ms = T0;
    cr_expect(not(frame_verify_custody(&got, &other)));
    eu.op[0].from_ms = T0 + 1;
    cr_expect(not(frame_verify_custody(&got, &eu)));
    eu.op[0].from_ms = T0;
    expect_robust();
    for (size_t bit = 16; bit < out.n * 8; bit++) {
        out.p[bit / 8] ^= (uint8_t)(1u << (bit % 8));
        cr_assert(not(frame_read_custody(hf_buf_bytes(&out), &got) == HF_OK &&
                      frame_verify_custody(&got, &eu)),
                  "bit %zu", bit);
        out.p[bit / 8] ^= (uint8_t)(1u << (bit % 8));
    }
}

Test(frame, fetch_gives_credit_up_to_a_ceiling)
{
    uint32_t credit;

    cr_assert(frame_fetch(&out, FRAME_CREDIT_MAX));
    cr_assert(
        eq(int, (int)frame_read_fetch(hf_buf_bytes(&out), &credit), HF_OK));
    cr_expect(eq(u32, credit, FRAME_CREDIT_MAX));
    expect_robust();
    out.p[3] = 0xff;
    cr_expect(eq(int, (int)frame_read_fetch(hf_buf_bytes(&out), &credit),
                 HF_ERR_LIMIT));
}

Test(frame, deliver_and_ack_carry_the_brokers_tokens)
{
    static struct frame_deliver f = {.n = 2}, got;
    struct frame_ack ack = {.n = 2}, got_ack;

    f.token[0] = ack.token[0] = UINT64_MAX;
    f.token[1] = ack.token[1] = 3;
    f.envelope[0] = fixture_text("one");
    f.envelope[1] = fixture_text("two");
    cr_assert(frame_deliver(&out, &f));
    cr_assert(
        eq(int, (int)frame_read_deliver(hf_buf_bytes(&out), &got), HF_OK));
    cr_assert(eq(sz, got.n, 2));
    cr_expect(eq(u64, got.token[0], UINT64_MAX));
    cr_expect(memcmp(got.envelope[1].p, "two", 3) == 0);
    expect_robust();
    hf_buf_clear(&out);
    cr_assert(frame_ack(&out, &ack));
    cr_assert(
        eq(int, (int)frame_read_ack(hf_buf_bytes(&out), &got_ack), HF_OK));
    cr_expect(eq(u64, got_ack.token[0], UINT64_MAX));
    cr_expect(eq(u64, got_ack.token[1], 3));
    expect_robust();
}

Test(frame, shelf_carries_documents)
{
    struct shelf_doc docs[2] = {
        {.kind = SHELF_REGISTRY, .version = 4, .bytes = fixture_text("set")},
        {.kind = SHELF_SERVICES, .version = T0, .bytes = fixture_text("[]")}};
    struct hf_bytes walk;
    struct shelf_doc got;

    docs[1].owner = fixture_org("clinic-kbl");
    cr_assert(frame_shelf(&out, docs, 2));
    cr_assert(eq(int, (int)frame_read_shelf(hf_buf_bytes(&out), &walk), HF_OK));
    cr_assert(eq(int, (int)shelf_unpack(&walk, &got), HF_OK));
    cr_expect(eq(u64, got.version, 4));
    cr_assert(eq(int, (int)shelf_unpack(&walk, &got), HF_OK));
    cr_expect(eq(str, got.owner.s, "clinic-kbl"));
    cr_expect(eq(sz, walk.n, 0));
    docs[1].owner = (struct hf_org){""};
    hf_buf_clear(&out);
    cr_expect(not(frame_shelf(&out, docs, 2)));
    cr_expect(eq(sz, out.n, 0), "no half frame stays behind");
}

Test(frame, sync_names_what_is_held)
{
    struct frame_have have[2] = {{.kind = SHELF_REGISTRY, .version = 3},
                                 {.kind = SHELF_PREKEY, .version = T0}};
    struct hf_bytes walk;
    struct frame_have got;

    have[1].owner = fixture_org("iom-at");
    cr_assert(frame_sync(&out, NULL, 0));
    cr_assert(eq(int, (int)frame_read_sync(hf_buf_bytes(&out), &walk), HF_OK));
    cr_expect(eq(sz, walk.n, 0));
    hf_buf_clear(&out);
    cr_assert(frame_sync(&out, have, 2));
    cr_assert(eq(int, (int)frame_read_sync(hf_buf_bytes(&out), &walk), HF_OK));
    cr_assert(frame_next_have(&walk, &got));
    cr_expect(eq(u64, got.version, 3));
    cr_assert(frame_next_have(&walk, &got));
    cr_expect(eq(str, got.owner.s, "iom-at"));
    cr_expect(not(frame_next_have(&walk, &got)));
    out.p[2] = 9;
    cr_expect(eq(int, (int)frame_read_sync(hf_buf_bytes(&out), &walk),
                 HF_ERR_MALFORMED),
              "a kind that does not exist");
    have[0].owner = fixture_org("iom-at");
    cr_expect(not(frame_sync(&out, have, 2)), "the registry has no owner");
}

Test(frame, synced_and_bad_close_an_exchange)
{
    struct frame_synced said = {.registry_version = 12, .at_ms = T0}, got;
    enum hf_err why;

    cr_assert(frame_synced(&out, &said));
    cr_assert(eq(int, (int)frame_read_synced(hf_buf_bytes(&out), &got), HF_OK));
    cr_expect(eq(u32, got.registry_version, 12));
    cr_expect(eq(u64, got.at_ms, T0));
    cr_expect(eq(sz, got.n_packs, 0));
    expect_robust();
    hf_buf_clear(&out);
    said.n_packs = 2;
    said.pack[0] = fixture_org("0123456789abcdef");
    said.pack[1] = fixture_org("fedcba");
    cr_assert(frame_synced(&out, &said));
    cr_assert(eq(int, (int)frame_read_synced(hf_buf_bytes(&out), &got), HF_OK));
    cr_assert(eq(sz, got.n_packs, 2));
    cr_expect(hf_org_eq(&got.pack[1], &said.pack[1]));
    expect_robust();
    expect_robust();
    hf_buf_clear(&out);
    cr_assert(frame_bad(&out, HF_ERR_LIMIT));
    cr_assert(eq(int, (int)frame_read_bad(hf_buf_bytes(&out), &why), HF_OK));
    cr_expect(eq(int, (int)why, HF_ERR_LIMIT));
    expect_robust();
    hf_buf_clear(&out);
    cr_assert(frame_bad(&out, HF_ERR_NOMEM));
    cr_assert(eq(int, (int)frame_read_bad(hf_buf_bytes(&out), &why), HF_OK));
    cr_expect(eq(int, (int)why, HF_ERR_IO), "our troubles are not told");
    hf_buf_clear(&out);
    cr_assert(frame_bad(&out, HF_ERR_STALE));
    cr_assert(eq(int, (int)frame_read_bad(hf_buf_bytes(&out), &why), HF_OK));
    cr_expect(eq(int, (int)why, HF_ERR_EXPIRED), "the nearest that has one");
}
