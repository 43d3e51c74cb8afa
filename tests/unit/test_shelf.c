/* Unit tests of proto/shelf: public documents, whose they are, and who may put
 * them there. */
#include "registry_fixture.h"

#include "shelf.h"

static struct hf_buf buf;
static struct registry *r;
static struct hf_secret *op;
static uint8_t prekey_bytes[PREKEY_BYTES];

static struct prekey
some_prekey(void)
{
    struct prekey k = {.from_ms = T0, .until_ms = T0 + 1000};

    k.org = fixture_org("clinic-kbl");
    memset(k.id.b, 5, 16);
    fixture_pk(HF_KEY_DH, 77, k.pk);
    return k;
}

static void
begin(void)
{
    struct registry_edit *e;
    struct prekey k;

    fixture_start();
    k = some_prekey();
    hf_buf_init(&buf, REGISTRY_BYTES_MAX * 2);
    e = fixture_signed_network();
    cr_assert(eq(int, (int)registry_edit_preview(e, &r), HF_OK));
    registry_edit_free(e);
    op = fixture_secret(HF_KEY_SIGN, 41); /* of clinic-kbl */
    prekey_pack(&k, prekey_bytes);
}

static void
end(void)
{
    hf_buf_free(&buf);
    registry_free(r);
    hf_secret_free(op);
}

TestSuite(shelf, .init = begin, .fini = end);

static struct shelf_doc
some_doc(void)
{
    struct shelf_doc d = {.kind = SHELF_PREKEY,
                          .version = T0,
                          .bytes = {prekey_bytes, PREKEY_BYTES}};

    d.owner = fixture_org("clinic-kbl");
    shelf_sign(&d, op);
    return d;
}

Test(shelf, prekey_has_one_encoding)
{
    const struct prekey k = some_prekey();
    struct prekey got;
    uint8_t again[PREKEY_BYTES];
    const struct hf_bytes in = {prekey_bytes, PREKEY_BYTES};

    fixture_golden("prekey", prekey_bytes, PREKEY_BYTES);
    cr_assert(prekey_unpack(in, &got));
    cr_expect(hf_id_eq(&got.id, &k.id));
    cr_expect(eq(u64, got.until_ms, T0 + 1000));
    prekey_pack(&got, again);
    cr_expect(memcmp(again, prekey_bytes, PREKEY_BYTES) == 0);
    cr_expect(not(prekey_unpack((struct hf_bytes){prekey_bytes, 95}, &got)));
    memset(prekey_bytes + 48, 0, 32);
    cr_expect(not(prekey_unpack(in, &got)), "no key");
    prekey_pack(&k, prekey_bytes);
    memcpy(prekey_bytes + 88, prekey_bytes + 80, 8);
    cr_expect(not(prekey_unpack(in, &got)), "over before it began");
}

Test(shelf, document_comes_back_and_verifies)
{
    const struct shelf_doc d = some_doc();
    struct shelf_doc got;
    struct hf_bytes walk;

    cr_assert(shelf_pack(&d, &buf));
    cr_assert(shelf_pack(&d, &buf));
    walk = hf_buf_bytes(&buf);
    cr_assert(eq(int, (int)shelf_unpack(&walk, &got), HF_OK));
    cr_assert(eq(int, (int)shelf_unpack(&walk, &got), HF_OK));
    cr_expect(eq(sz, walk.n, 0));
    cr_expect(eq(int, (int)shelf_verify(&got, r), HF_OK));
    cr_expect(eq(int, (int)shelf_unpack(&walk, &got), HF_ERR_MALFORMED));
}

Test(shelf, document_with_any_bit_flipped_does_not_verify)
{
    const struct shelf_doc d = some_doc();

    cr_assert(shelf_pack(&d, &buf));
    for (size_t bit = 0; bit < buf.n * 8; bit++) {
        struct hf_bytes walk = hf_buf_bytes(&buf);
        struct shelf_doc got;

        buf.p[bit / 8] ^= (uint8_t)(1u << (bit % 8));
        if (shelf_unpack(&walk, &got) == HF_OK && got.kind != SHELF_REGISTRY)
            cr_assert(ne(int, (int)shelf_verify(&got, r), HF_OK), "bit %zu",
                      bit);
        buf.p[bit / 8] ^= (uint8_t)(1u << (bit % 8));
    }
}

Test(shelf, document_cut_anywhere_is_refused)
{
    const struct shelf_doc d = some_doc();

    cr_assert(shelf_pack(&d, &buf));
    for (size_t n = 0; n < buf.n; n++) {
        uint8_t *copy = fixture_copy(buf.p, n);
        struct hf_bytes walk = {copy, n};
        struct shelf_doc got;

        cr_assert(eq(int, (int)shelf_unpack(&walk, &got), HF_ERR_MALFORMED));
        cr_assert(eq(sz, walk.n, n), "the walk has not moved");
        free(copy);
    }
}

Test(shelf, document_counts_only_from_an_active_owner)
{
    struct shelf_doc d = some_doc();
    struct hf_secret *other = fixture_secret(HF_KEY_SIGN, 31);
    bool found = false;

    for (size_t i = 0; i < r->n_orgs; i++) {
        if (!hf_org_eq(&r->orgs[i].id, &d.owner))
            continue;
        found = true;
        r->orgs[i].status = MEMBER_SUSPENDED;
        cr_expect(eq(int, (int)shelf_verify(&d, r), HF_OK),
                  "a recall must be sealed to it");
        r->orgs[i].status = MEMBER_ACTIVE;
        r->orgs[i].op[0].revoked = true;
        cr_expect(eq(int, (int)shelf_verify(&d, r), HF_ERR_UNTRUSTED));
        r->orgs[i].op[0].revoked = false;
        r->orgs[i].op[0].from_ms = T0 + 1;
        cr_expect(eq(int, (int)shelf_verify(&d, r), HF_ERR_UNTRUSTED));
        r->orgs[i].op[0].from_ms = T0;
        cr_expect(eq(int, (int)shelf_verify(&d, r), HF_OK));
    }
    cr_expect(found);
    shelf_sign(&d, other);
    cr_expect(eq(int, (int)shelf_verify(&d, r), HF_ERR_SIGNATURE));
    d.owner = fixture_org("iom-at");
    shelf_sign(&d, other);
    cr_expect(eq(int, (int)shelf_verify(&d, r), HF_ERR_MALFORMED),
              "the prekey of somebody else");
    d.kind = SHELF_SERVICES;
    d.bytes = fixture_text("[]");
    shelf_sign(&d, other);
    cr_expect(eq(int, (int)shelf_verify(&d, r), HF_OK));
    for (size_t i = 0; i < r->n_orgs; i++)
        r->orgs[i].status = MEMBER_SUSPENDED;
    cr_expect(eq(int, (int)shelf_verify(&d, r), HF_ERR_UNTRUSTED),
              "services of a suspended member");
    d.owner = fixture_org("nobody");
    cr_expect(eq(int, (int)shelf_verify(&d, r), HF_ERR_UNTRUSTED));
    hf_secret_free(other);
}

Test(shelf, refuses_to_pack_what_it_would_refuse_to_unpack)
{
    struct shelf_doc d = some_doc();
    uint8_t *big = calloc(1, SHELF_SMALL_MAX + 1);

    d.version = 0;
    cr_expect(not(shelf_pack(&d, &buf)));
    d = some_doc();
    d.owner = (struct hf_org){""};
    cr_expect(not(shelf_pack(&d, &buf)), "nobody's");
    d = some_doc();
    d.kind = SHELF_REGISTRY;
    cr_expect(not(shelf_pack(&d, &buf)), "a registry is nobody's");
    d = some_doc();
    d.bytes = (struct hf_bytes){big, SHELF_SMALL_MAX + 1};
    cr_expect(not(shelf_pack(&d, &buf)));
    cr_expect(eq(sz, buf.n, 0));
    d.bytes.n--;
    cr_expect(shelf_pack(&d, &buf));
    free(big);
}
