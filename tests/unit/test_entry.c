/* Unit tests of proto/entry: one layout, one encoding of each entry. */
#include "proto_fixture.h"

#include "entry.h"

static struct entry
some_entry(void)
{
    struct entry e = {.kind = OBJECT_REFERRAL,
                      .event = EVENT_SEND,
                      .role = ROLE_CASE_MANAGER,
                      .flags = ENTRY_ON_SEND,
                      .n = 2,
                      .seen = 1,
                      .at_ms = T0,
                      .happened_ms = T0 - 1000,
                      .when_ms = 0};

    memset(e.object.b, 0x11, sizeof(e.object.b));
    e.author = fixture_org("iom-at");
    e.peer = fixture_org("clinic-kbl");
    memset(e.prev.b, 0x22, sizeof(e.prev.b));
    memset(e.seen_hash.b, 0x33, sizeof(e.seen_hash.b));
    memset(e.body.b, 0x44, sizeof(e.body.b));
    return e;
}

static enum hf_err
unpack(const struct entry *e)
{
    uint8_t b[ENTRY_BYTES];
    struct entry out;

    entry_pack(e, b);
    return entry_unpack((struct hf_bytes){b, sizeof(b)}, &out);
}

static bool
is_refused(struct entry e)
{
    return unpack(&e) == HF_ERR_MALFORMED;
}

Test(entry, unpacks_to_what_was_packed)
{
    const struct entry e = some_entry();
    uint8_t b[ENTRY_BYTES];
    struct entry out;

    entry_pack(&e, b);
    cr_assert(eq(int, (int)entry_unpack((struct hf_bytes){b, sizeof(b)}, &out),
                 HF_OK));

    cr_expect(eq(int, (int)out.kind, (int)e.kind));
    cr_expect(eq(int, (int)out.event, (int)e.event));
    cr_expect(eq(int, (int)out.role, (int)e.role));
    cr_expect(eq(u16, out.flags, e.flags));
    cr_expect(eq(u32, out.n, 2));
    cr_expect(eq(u32, out.seen, 1));
    cr_expect(hf_org_eq(&out.author, &e.author));
    cr_expect(hf_org_eq(&out.peer, &e.peer));
    cr_expect(hf_id_eq(&out.object, &e.object));
    cr_expect(hf_hash_eq(&out.prev, &e.prev));
    cr_expect(hf_hash_eq(&out.seen_hash, &e.seen_hash));
    cr_expect(hf_hash_eq(&out.body, &e.body));
    cr_expect(eq(u64, out.at_ms, T0));
    cr_expect(eq(u64, out.happened_ms, T0 - 1000));
}

Test(entry, has_the_bytes_it_always_had)
{
    const struct entry e = some_entry();
    uint8_t b[ENTRY_BYTES];

    entry_pack(&e, b);
    fixture_golden("entry", b, sizeof(b));
}

Test(entry, of_unknown_words_is_refused)
{
    struct entry e = some_entry();

    e.kind = OBJECT_END;
    cr_expect(is_refused(e));
    e = some_entry();
    e.kind = OBJECT_NONE;
    cr_expect(is_refused(e));
    e = some_entry();
    e.event = EVENT_END;
    cr_expect(is_refused(e));
    e = some_entry();
    e.role = ROLE_NONE;
    cr_expect(is_refused(e));
    e = some_entry();
    e.reason = REASON_END;
    cr_expect(is_refused(e));
    e = some_entry();
    e.flags = (uint16_t)(ENTRY_FLAGS_ALL + 1);
    cr_expect(is_refused(e));
}

Test(entry, has_a_zero_hash_exactly_where_nothing_came_before)
{
    struct entry e = some_entry();

    e.n = 1;
    cr_expect(is_refused(e), "a first entry with a predecessor");
    memset(e.prev.b, 0, sizeof(e.prev.b));
    cr_expect(eq(int, (int)unpack(&e), HF_OK));
    e.n = 0;
    cr_expect(is_refused(e), "numbers begin at 1");
    e.n = 2;
    cr_expect(is_refused(e), "a second entry without a predecessor");
    e = some_entry();
    e.seen = 0;
    cr_expect(is_refused(e), "the hash of nothing seen");
    memset(e.seen_hash.b, 0, sizeof(e.seen_hash.b));
    cr_expect(eq(int, (int)unpack(&e), HF_OK));
    e.seen = 3;
    cr_expect(is_refused(e), "seen without a hash");
}

Test(entry, names_two_organisations_in_their_one_form)
{
    struct entry e = some_entry();

    e.peer = e.author;
    cr_expect(is_refused(e), "with itself");
    e = some_entry();
    e.author.s[20] = 'x';
    cr_expect(is_refused(e), "something behind the padding");
    e = some_entry();
    e.author.s[0] = 'I';
    cr_expect(is_refused(e), "upper case");
    e = some_entry();
    memset(e.peer.s, 'a', sizeof(e.peer.s));
    cr_expect(is_refused(e), "no NUL");
    e = some_entry();
    memset(e.peer.s, 0, sizeof(e.peer.s));
    cr_expect(is_refused(e), "no peer");
    e = some_entry();
    memset(e.object.b, 0, sizeof(e.object.b));
    cr_expect(is_refused(e), "no object");
}

Test(entry, beyond_its_ceilings_is_refused)
{
    struct entry e = some_entry();

    e.n = ENTRY_NUMBERS_MAX;
    cr_expect(eq(int, (int)unpack(&e), HF_OK));
    e.n = ENTRY_NUMBERS_MAX + 1;
    cr_expect(is_refused(e));
    e = some_entry();
    e.at_ms = UINT64_MAX;
    cr_expect(is_refused(e));
}

Test(entry, of_another_length_or_version_is_refused)
{
    const struct entry e = some_entry();
    uint8_t b[ENTRY_BYTES + 1] = {0};
    struct entry out;

    entry_pack(&e, b);
    for (size_t n = 0; n <= ENTRY_BYTES + 1; n++) {
        uint8_t *copy = fixture_copy(b, n);
        const enum hf_err err = entry_unpack((struct hf_bytes){copy, n}, &out);

        cr_expect(
            eq(int, (int)err, n == ENTRY_BYTES ? HF_OK : HF_ERR_MALFORMED));
        free(copy);
    }
    b[0] = 2;
    cr_expect(eq(int,
                 (int)entry_unpack((struct hf_bytes){b, ENTRY_BYTES}, &out),
                 HF_ERR_MALFORMED));
}

Test(entry, packs_again_to_the_same_bytes_whatever_came)
{
    const struct entry e = some_entry();
    uint8_t b[ENTRY_BYTES], again[ENTRY_BYTES];
    size_t accepted = 0;

    entry_pack(&e, b);
    for (int i = 0; i < 20000; i++) {
        struct entry out;
        size_t n;
        uint8_t *m = fixture_mutate(b, sizeof(b), &n);

        if (entry_unpack((struct hf_bytes){m, n}, &out) == HF_OK) {
            accepted++;
            entry_pack(&out, again);
            cr_assert(memcmp(again, m, ENTRY_BYTES) == 0);
        }
        free(m);
    }
    cr_expect(gt(sz, accepted, 0), "hashes may hold anything");
}
