/* Unit tests of lib/crypto: everything fails closed, and nothing signed or
 * sealed for one use serves another. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "hf_crypto.h"
#include "hf_file.h"
#include "hf_text.h"

static const uint8_t seed[HF_KEY_BYTES] = {1, 2, 3};
static const uint8_t key[HF_KEY_BYTES] = {9, 8, 7};
static const struct hf_bytes nothing = {NULL, 0};
static char dir[64];
static char path[128];

static struct hf_bytes
text(const char *s)
{
    return (struct hf_bytes){(const uint8_t *)s, strlen(s)};
}

static struct hf_secret *
secret_of(enum hf_key_use use)
{
    struct hf_secret *secret = NULL;

    cr_assert(eq(int, hf_secret_from_seed(use, seed, &secret), HF_OK));
    return secret;
}

static void
begin(void)
{
    cr_assert(eq(int, hf_crypto_start(), HF_OK));
    strcpy(dir, "/tmp/hf-crypto-XXXXXX");
    cr_assert(ne(ptr, mkdtemp(dir), NULL));
    hf_path(path, sizeof(path), dir, "key");
}

static void
end(void)
{
    char command[128];

    snprintf(command, sizeof(command), "rm -r %s", dir);
    cr_expect(eq(int, system(command), 0));
}

TestSuite(hf_crypto, .init = begin, .fini = end);

Test(hf_crypto, a_hasher_gives_the_hash_of_its_pieces_and_goes_on)
{
    static uint8_t in[1000];
    struct hf_hasher h;
    struct hf_hash one;
    struct hf_hash two;
    size_t n = 0;

    for (size_t i = 0; i < sizeof(in); i++)
        in[i] = (uint8_t)(i * 7);
    hf_hasher_begin(&h, "label");
    for (size_t more = 0; n + more <= sizeof(in); n += more++) {
        hf_hasher_add(&h, (struct hf_bytes){in + n, more});
        hf_hasher_end(&h, &one);
        hf_hash("label", &(struct hf_bytes){in, n + more}, 1, &two);
        cr_expect(hf_hash_eq(&one, &two), "after %zu bytes", n + more);
    }
    cr_expect(gt(sz, n, 900));
}

Test(hf_crypto, the_hash_is_blake2b_over_label_nul_and_spans)
{
    const struct hf_bytes joined = {(const uint8_t *)"abc", 3};
    const struct hf_bytes apart[] = {text("a"), nothing, text("bc")};
    char hex[HF_HEX_BYTES(HF_HASH_BYTES)];
    struct hf_hash one;
    struct hf_hash two;

    hf_hash("label", &joined, 1, &one);
    hf_hash("label", apart, 3, &two);
    cr_expect(hf_hash_eq(&one, &two));
    /* printf 'label\0abc' | b2sum -l 256 */
    cr_expect(
        eq(str, (char *)hf_hex(one.b, HF_HASH_BYTES, hex),
           "77847c45e96dce8fb33038fd2bfcd55a4cd6edd46060a45416893be9ade991a6"));
}

Test(hf_crypto, hashes_under_another_label_or_key_differ)
{
    const struct hf_bytes in = text("abc");
    const uint8_t other[HF_KEY_BYTES] = {9, 8, 6};
    struct hf_hash h[5];

    hf_hash("label", &in, 1, &h[0]);
    hf_hash("labe", &in, 1, &h[1]);
    hf_hash("labelabc", NULL, 0, &h[2]);
    hf_hash_keyed(key, "label", &in, 1, &h[3]);
    hf_hash_keyed(other, "label", &in, 1, &h[4]);
    for (int i = 0; i < 5; i++) {
        for (int j = 0; j < i; j++)
            cr_expect(not(hf_hash_eq(&h[i], &h[j])), "%d %d", i, j);
    }
}

Test(hf_crypto, a_signature_verifies_only_as_it_was_made)
{
    struct hf_secret *secret = secret_of(HF_KEY_SIGN);
    struct hf_secret *stranger = NULL;
    const struct hf_bytes in[] = {text("to"), text(" kabul")};
    const struct hf_bytes other = text("to herat");
    uint8_t pk[HF_PK_BYTES];
    uint8_t their_pk[HF_PK_BYTES];
    uint8_t sig[HF_SIG_BYTES];

    cr_assert(eq(int, hf_secret_new(HF_KEY_SIGN, &stranger), HF_OK));
    hf_secret_public(secret, pk);
    hf_secret_public(stranger, their_pk);
    hf_sign(secret, "handoff/1 envelope", in, 2, sig);

    cr_expect(hf_verify(pk, "handoff/1 envelope", in, 2, sig));
    cr_expect(not(hf_verify(pk, "handoff/1 receipt", in, 2, sig)), "label");
    cr_expect(not(hf_verify(pk, "handoff/1 envelope", in, 1, sig)), "less");
    cr_expect(not(hf_verify(pk, "handoff/1 envelope", &other, 1, sig)));
    cr_expect(not(hf_verify(their_pk, "handoff/1 envelope", in, 2, sig)));
    hf_secret_free(secret);
    hf_secret_free(stranger);
}

Test(hf_crypto, a_signature_with_any_bit_flipped_fails)
{
    struct hf_secret *secret = secret_of(HF_KEY_SIGN);
    const struct hf_bytes in = text("abc");
    uint8_t pk[HF_PK_BYTES];
    uint8_t sig[HF_SIG_BYTES];

    hf_secret_public(secret, pk);
    hf_sign(secret, "l", &in, 1, sig);
    for (unsigned bit = 0; bit < HF_SIG_BYTES * 8; bit++) {
        sig[bit / 8] ^= (uint8_t)(1u << (bit % 8));
        cr_assert(not(hf_verify(pk, "l", &in, 1, sig)), "bit %u", bit);
        sig[bit / 8] ^= (uint8_t)(1u << (bit % 8));
    }
    cr_expect(hf_verify(pk, "l", &in, 1, sig));
    hf_secret_free(secret);
}

/* S + L is the same scalar: a second signature of the same bytes, were it
 * taken. */
Test(hf_crypto, a_malleated_signature_is_refused)
{
    static const uint8_t order[32] = {
        0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7,
        0xa2, 0xde, 0xf9, 0xde, 0x14, 0,    0,    0,    0,    0,    0,
        0,    0,    0,    0,    0,    0,    0,    0,    0,    0x10};
    struct hf_secret *secret = secret_of(HF_KEY_SIGN);
    const struct hf_bytes in = text("abc");
    uint8_t pk[HF_PK_BYTES];
    uint8_t sig[HF_SIG_BYTES];
    unsigned carry = 0;

    hf_secret_public(secret, pk);
    hf_sign(secret, "l", &in, 1, sig);
    cr_assert(hf_verify(pk, "l", &in, 1, sig));
    for (int i = 0; i < 32; i++) {
        carry += (unsigned)sig[32 + i] + order[i];
        sig[32 + i] = (uint8_t)carry;
        carry >>= 8;
    }
    cr_expect(eq(u32, carry, 0), "it still fits");
    cr_expect(not(hf_verify(pk, "l", &in, 1, sig)));
    hf_secret_free(secret);
}

Test(hf_crypto, long_messages_are_signed_like_short_ones)
{
    struct hf_secret *secret = secret_of(HF_KEY_SIGN);
    static uint8_t big[100000];
    struct hf_bytes in = {big, sizeof(big)};
    uint8_t pk[HF_PK_BYTES];
    uint8_t sig[HF_SIG_BYTES];

    hf_secret_public(secret, pk);
    for (in.n = 2040; in.n < 2050; in.n++) {
        hf_sign(secret, "label", &in, 1, sig);
        cr_expect(hf_verify(pk, "label", &in, 1, sig));
    }
    in.n = sizeof(big);
    hf_sign(secret, "label", &in, 1, sig);
    cr_expect(hf_verify(pk, "label", &in, 1, sig));
    big[99999] ^= 1;
    cr_expect(not(hf_verify(pk, "label", &in, 1, sig)));
    hf_secret_free(secret);
}

Test(hf_crypto, keys_made_from_a_seed_match_the_published_vectors)
{
    /* RFC 8032 7.1 test 1 and RFC 7748 6.1 (Alice). */
    uint8_t ed[HF_KEY_BYTES];
    uint8_t x[HF_KEY_BYTES];
    uint8_t pk[HF_PK_BYTES];
    uint8_t curve[HF_KEY_BYTES];
    char hex[HF_HEX_BYTES(HF_PK_BYTES)];
    struct hf_secret *secret = NULL;

    cr_assert(hf_unhex("9d61b19deffd5a60ba844af492ec2cc4"
                       "4449c5697b326919703bac031cae7f60",
                       ed, HF_KEY_BYTES));
    cr_assert(eq(int, hf_secret_from_seed(HF_KEY_SIGN, ed, &secret), HF_OK));
    hf_secret_public(secret, pk);
    cr_expect(eq(str, (char *)hf_hex(pk, HF_PK_BYTES, hex),
                 "d75a980182b10ab7d54bfed3c964073a"
                 "0ee172f3daa62325af021a68f707511a"));
    hf_secret_free(secret);

    cr_assert(hf_unhex("77076d0a7318a57d3c16c17251b26645"
                       "df4c2f87ebc0992ab177fba51db92c2a",
                       x, HF_KEY_BYTES));
    cr_assert(eq(int, hf_secret_from_seed(HF_KEY_DH, x, &secret), HF_OK));
    hf_secret_public(secret, pk);
    cr_expect(eq(str, (char *)hf_hex(pk, HF_PK_BYTES, hex),
                 "8520f0098930a754748b7ddcb43ef75a"
                 "0dbf3a0d26381af4eba4a98eaa9b4e6a"));
    hf_secret_curve(secret, curve);
    cr_expect(memcmp(curve, x, HF_KEY_BYTES) == 0, "the raw scalar");
    hf_secret_free(secret);
}

Test(hf_crypto, both_ends_agree_on_a_shared_key_and_nobody_else)
{
    struct hf_secret *a = NULL;
    struct hf_secret *b = NULL;
    uint8_t pk_a[HF_PK_BYTES];
    uint8_t pk_b[HF_PK_BYTES];
    uint8_t ab[HF_KEY_BYTES];
    uint8_t ba[HF_KEY_BYTES];

    cr_assert(eq(int, hf_secret_new(HF_KEY_DH, &a), HF_OK));
    cr_assert(eq(int, hf_secret_new(HF_KEY_DH, &b), HF_OK));
    hf_secret_public(a, pk_a);
    hf_secret_public(b, pk_b);
    cr_assert(hf_dh(a, pk_b, ab));
    cr_assert(hf_dh(b, pk_a, ba));
    cr_expect(hf_equal(ab, ba, sizeof(ab)));
    cr_assert(hf_dh(a, pk_a, ba));
    cr_expect(not(hf_equal(ab, ba, sizeof(ab))));
    hf_secret_free(a);
    hf_secret_free(b);
}

Test(hf_crypto, small_order_public_keys_are_refused)
{
    struct hf_secret *secret = secret_of(HF_KEY_DH);
    uint8_t pk[HF_PK_BYTES] = {0};
    uint8_t shared[HF_KEY_BYTES];

    memset(shared, 0x5a, sizeof(shared));
    cr_expect(not(hf_dh(secret, pk, shared)));
    pk[0] = 1;
    cr_expect(not(hf_dh(secret, pk, shared)));
    cr_expect(eq(u8, shared[0], 0x5a), "untouched on failure");
    cr_expect(eq(u8, shared[31], 0x5a), "untouched on failure");
    hf_secret_free(secret);
}

Test(hf_crypto, a_key_file_is_private_and_comes_back)
{
    struct hf_secret *secret = NULL;
    struct hf_secret *back = NULL;
    uint8_t pk[HF_PK_BYTES];
    uint8_t pk_back[HF_PK_BYTES];
    struct stat st;

    umask(0);
    cr_assert(eq(int, hf_secret_new(HF_KEY_SIGN, &secret), HF_OK));
    cr_assert(eq(int, hf_secret_store(path, secret), HF_OK));
    cr_assert(eq(int, stat(path, &st), 0));
    cr_expect(eq(int, (int)(st.st_mode & 07777), 0600));
    cr_expect(eq(int, (int)st.st_size, 33));
    cr_assert(eq(int, hf_secret_load(path, HF_KEY_SIGN, &back), HF_OK));
    hf_secret_public(secret, pk);
    hf_secret_public(back, pk_back);
    cr_expect(memcmp(pk, pk_back, HF_PK_BYTES) == 0);
    hf_secret_free(secret);
    hf_secret_free(back);
}

/* Another seed than secret_of()'s. */
static struct hf_secret *
wrap_of(uint8_t first)
{
    const uint8_t bytes[HF_KEY_BYTES] = {first, 5, 6};
    struct hf_secret *wrap = NULL;

    cr_assert(eq(int, hf_secret_from_seed(HF_KEY_BOX, bytes, &wrap), HF_OK));
    return wrap;
}

static bool
file_has_seed(void)
{
    struct hf_buf buf;
    bool found = false;

    hf_buf_init(&buf, 256);
    cr_assert(eq(int, hf_file_read(path, &buf), HF_OK));
    for (size_t i = 0; i + HF_KEY_BYTES <= buf.n; i++)
        found |= memcmp(buf.p + i, seed, HF_KEY_BYTES) == 0;
    hf_buf_free(&buf);
    return found;
}

Test(hf_crypto, a_sealed_key_file_opens_under_its_key_only)
{
    struct hf_secret *secret = secret_of(HF_KEY_SIGN), *back = NULL;
    struct hf_secret *wrap = wrap_of(1), *other = wrap_of(2);
    uint8_t pk[HF_PK_BYTES], pk_back[HF_PK_BYTES];

    cr_assert(eq(int, hf_secret_store_under(path, secret, wrap), HF_OK));
    cr_expect(not(file_has_seed()));
    cr_expect(eq(int, hf_secret_load(path, HF_KEY_SIGN, &back), HF_ERR_SEAL));
    cr_expect(eq(int, hf_secret_load_under(path, HF_KEY_SIGN, other, &back),
                 HF_ERR_SEAL));
    cr_expect(eq(int, hf_secret_load_under(path, HF_KEY_DH, wrap, &back),
                 HF_ERR_MALFORMED),
              "of another use");
    cr_assert(
        eq(int, hf_secret_load_under(path, HF_KEY_SIGN, wrap, &back), HF_OK));
    hf_secret_public(secret, pk);
    hf_secret_public(back, pk_back);
    cr_expect(memcmp(pk, pk_back, HF_PK_BYTES) == 0);
    hf_secret_free(back);
    hf_secret_free(secret);
    hf_secret_free(wrap);
    hf_secret_free(other);
}

Test(hf_crypto, a_key_file_in_clear_is_sealed_and_overwritten_where_it_lay)
{
    static const uint8_t zero[33];
    struct hf_secret *secret = secret_of(HF_KEY_DH), *back = NULL;
    struct hf_secret *wrap = wrap_of(1);
    uint8_t was[33];
    char old[160];

    cr_assert(eq(int, hf_secret_store(path, secret), HF_OK));
    snprintf(old, sizeof(old), "%s.old", path); /* another name of its bytes */
    cr_assert(eq(int, link(path, old), 0));
    cr_assert(eq(int, hf_secret_seal_file(path, HF_KEY_DH, wrap), HF_OK));
    cr_expect(not(file_has_seed()));
    cr_assert(
        eq(int, hf_secret_load_under(path, HF_KEY_DH, wrap, &back), HF_OK));
    FILE *f = fopen(old, "rb");
    cr_assert(eq(sz, fread(was, 1, sizeof(was), f), sizeof(was)));
    cr_expect(eq(int, memcmp(was, zero, sizeof(was)), 0));
    (void)fclose(f);
    cr_expect(eq(int, hf_secret_seal_file(path, HF_KEY_DH, wrap), HF_OK),
              "again: nothing");
    hf_secret_free(back);
    hf_secret_free(secret);
    hf_secret_free(wrap);
}

Test(hf_crypto, a_key_file_is_never_overwritten)
{
    struct hf_secret *secret = secret_of(HF_KEY_BOX);
    struct hf_secret *back = NULL;
    char fresh[160];

    cr_assert(eq(int, hf_secret_store(path, secret), HF_OK));
    hf_secret_free(secret);
    cr_assert(eq(int, hf_secret_new(HF_KEY_BOX, &secret), HF_OK));
    cr_expect(eq(int, hf_secret_store(path, secret), HF_ERR_EXISTS));
    snprintf(fresh, sizeof(fresh), "%s.new", path);
    cr_expect(ne(int, access(fresh, F_OK), 0), "no second copy is left");
    cr_assert(eq(int, hf_secret_load(path, HF_KEY_BOX, &back), HF_OK));
    cr_expect(memcmp(hf_secret_key(back), seed, HF_KEY_BYTES) == 0);
    hf_secret_free(secret);
    hf_secret_free(back);
}

Test(hf_crypto, a_key_file_that_others_may_read_is_refused)
{
    struct hf_secret *secret = secret_of(HF_KEY_SIGN);
    struct hf_secret *back = NULL;
    char other[128];

    cr_assert(eq(int, hf_secret_store(path, secret), HF_OK));
    chmod(path, 0640);
    cr_expect(
        eq(int, hf_secret_load(path, HF_KEY_SIGN, &back), HF_ERR_FORBIDDEN));
    chmod(path, 0604);
    cr_expect(
        eq(int, hf_secret_load(path, HF_KEY_SIGN, &back), HF_ERR_FORBIDDEN));
    chmod(path, 0400);
    cr_expect(eq(int, hf_secret_load(path, HF_KEY_SIGN, &back), HF_OK));
    hf_secret_free(back);

    hf_path(other, sizeof(other), dir, "link");
    cr_assert(eq(int, symlink(path, other), 0));
    cr_expect(
        eq(int, hf_secret_load(other, HF_KEY_SIGN, &back), HF_ERR_FORBIDDEN));
    cr_expect(
        eq(int, hf_secret_load(dir, HF_KEY_SIGN, &back), HF_ERR_FORBIDDEN));
    hf_secret_free(secret);
}

Test(hf_crypto, a_key_file_of_another_use_or_length_is_refused)
{
    struct hf_secret *secret = secret_of(HF_KEY_SIGN);
    struct hf_secret *back = NULL;
    uint8_t bytes[40] = {HF_KEY_SIGN};

    cr_expect(
        eq(int, hf_secret_load(path, HF_KEY_SIGN, &back), HF_ERR_NOT_FOUND));
    cr_assert(eq(int, hf_secret_store(path, secret), HF_OK));
    cr_expect(
        eq(int, hf_secret_load(path, HF_KEY_DH, &back), HF_ERR_MALFORMED));
    for (size_t n = 0; n < sizeof(bytes); n++) {
        const enum hf_err want = n == 33 ? HF_OK : HF_ERR_MALFORMED;

        cr_assert(eq(int, hf_file_write(path, bytes, n, 0600), HF_OK));
        cr_expect(eq(int, hf_secret_load(path, HF_KEY_SIGN, &back), want));
    }
    hf_secret_free(back);
    hf_secret_free(secret);
}

Test(hf_crypto, a_passphrase_gives_the_same_key_with_the_same_salt_only)
{
    const uint8_t salt[HF_SALT_BYTES] = {1};
    const uint8_t pepper[HF_SALT_BYTES] = {2};
    struct hf_secret *s[3] = {NULL};

    cr_assert(eq(int,
                 hf_secret_from_passphrase(HF_KEY_BOX, text("correct horse"),
                                           salt, &s[0]),
                 HF_OK));
    cr_assert(eq(int,
                 hf_secret_from_passphrase(HF_KEY_BOX, text("correct horse"),
                                           salt, &s[1]),
                 HF_OK));
    cr_assert(eq(int,
                 hf_secret_from_passphrase(HF_KEY_BOX, text("correct horse"),
                                           pepper, &s[2]),
                 HF_OK));
    cr_expect(hf_equal(hf_secret_key(s[0]), hf_secret_key(s[1]), HF_KEY_BYTES));
    cr_expect(
        not(hf_equal(hf_secret_key(s[0]), hf_secret_key(s[2]), HF_KEY_BYTES)));
    for (int i = 0; i < 3; i++)
        hf_secret_free(s[i]);
}

Test(hf_crypto, a_box_opens_with_its_key_and_its_context_only)
{
    const struct hf_bytes in = text("the plain text");
    const struct hf_bytes ad = text("case 7");
    const uint8_t other[HF_KEY_BYTES] = {1};
    uint8_t sealed[14 + HF_BOX_BYTES];
    uint8_t again[14 + HF_BOX_BYTES];
    struct hf_bytes box = {sealed, sizeof(sealed)};
    uint8_t out[14];

    hf_box_seal(key, ad, in, sealed);
    hf_box_seal(key, ad, in, again);
    cr_expect(memcmp(sealed, again, sizeof(sealed)) != 0, "a fresh nonce");
    cr_assert(hf_box_open(key, ad, box, out));
    cr_expect(memcmp(out, in.p, in.n) == 0);

    memset(out, 0x5a, sizeof(out));
    cr_expect(not(hf_box_open(other, ad, box, out)));
    cr_expect(not(hf_box_open(key, text("case 8"), box, out)));
    cr_expect(not(hf_box_open(key, nothing, box, out)));
    for (size_t n = 0; n < sizeof(sealed); n++) {
        box.n = n;
        cr_expect(not(hf_box_open(key, ad, box, out)), "cut at %zu", n);
    }
    box.n = sizeof(sealed);
    for (unsigned bit = 0; bit < sizeof(sealed) * 8; bit++) {
        sealed[bit / 8] ^= (uint8_t)(1u << (bit % 8));
        cr_assert(not(hf_box_open(key, ad, box, out)), "bit %u", bit);
        sealed[bit / 8] ^= (uint8_t)(1u << (bit % 8));
    }
    for (size_t i = 0; i < sizeof(out); i++)
        cr_assert(eq(u8, out[i], 0x5a), "untouched on failure");
}

Test(hf_crypto, nothing_can_be_boxed_and_streamed_too)
{
    uint8_t sealed[64];
    uint8_t out[1] = {0x5a};
    size_t n = 7;

    hf_box_seal(key, nothing, nothing, sealed);
    cr_expect(hf_box_open(key, nothing, (struct hf_bytes){sealed, HF_BOX_BYTES},
                          out));
    cr_expect(not(hf_box_open(key, nothing, nothing, out)));
    hf_stream_seal(key, nothing, nothing, sealed);
    n = hf_stream_sealed_bytes(0);
    cr_expect(eq(sz, n, 41));
    cr_expect(hf_stream_open(key, nothing, (struct hf_bytes){sealed, n}, out));
    cr_expect(not(hf_stream_open(key, nothing, nothing, out)));
    cr_expect(eq(u8, out[0], 0x5a));
}

Test(hf_crypto, the_sizes_of_a_stream_are_inverse_to_each_other)
{
    size_t back = 0;
    size_t n_legal = 0;

    for (size_t n = 0; n < 3 * HF_CHUNK_BYTES; n++) {
        cr_assert(hf_stream_plain_bytes(hf_stream_sealed_bytes(n), &back));
        cr_assert(eq(sz, back, n));
    }
    for (size_t n = 0; n < 3 * HF_CHUNK_BYTES; n++) {
        if (hf_stream_plain_bytes(n, &back)) {
            cr_assert(eq(sz, hf_stream_sealed_bytes(back), n));
            n_legal++;
        }
    }
    /* header and first tag; then 17 lengths at each of two chunk borders */
    cr_expect(eq(sz, n_legal, 3 * HF_CHUNK_BYTES - 41 - 2 * 17));
}

static void
stream_round_trip(size_t n)
{
    const struct hf_bytes ad = text("to kabul");
    const size_t sealed_n = hf_stream_sealed_bytes(n);
    uint8_t *plain = malloc(n + 1);
    uint8_t *sealed = malloc(sealed_n);
    uint8_t *out = malloc(n + 1);
    struct hf_bytes in = {sealed, sealed_n};

    for (size_t i = 0; i < n; i++)
        plain[i] = (uint8_t)(i * 13 + i / 256);
    hf_stream_seal(key, ad, (struct hf_bytes){plain, n}, sealed);
    memset(out, 0, n + 1);
    cr_assert(hf_stream_open(key, ad, in, out), "%zu", n);
    cr_assert(memcmp(plain, out, n) == 0);

    memset(out, 0x5a, n + 1);
    cr_expect(not(hf_stream_open(key, text("to herat"), in, out)));
    for (size_t at = 0; at < sealed_n; at += sealed_n / 7 + 1) {
        sealed[at] ^= 0x10;
        cr_expect(not(hf_stream_open(key, ad, in, out)), "%zu", at);
        sealed[at] ^= 0x10;
    }
    sealed[sealed_n - 1] ^= 1; /* the very last byte */
    cr_expect(not(hf_stream_open(key, ad, in, out)));
    sealed[sealed_n - 1] ^= 1;
    in.n--;
    cr_expect(not(hf_stream_open(key, ad, in, out)), "cut short");
    for (size_t i = 0; i <= n; i++)
        cr_assert(eq(u8, out[i], 0x5a), "untouched on failure");
    free(plain);
    free(sealed);
    free(out);
}

Test(hf_crypto, streams_of_every_shape_survive_and_bad_ones_leave_no_trace)
{
    stream_round_trip(1);
    stream_round_trip(2048);
    stream_round_trip(HF_CHUNK_BYTES - 1);
    stream_round_trip(HF_CHUNK_BYTES);
    stream_round_trip(HF_CHUNK_BYTES + 1);
    stream_round_trip(2 * HF_CHUNK_BYTES);
    stream_round_trip(3 * HF_CHUNK_BYTES + 5);
}

Test(hf_crypto, a_stream_cut_at_a_chunk_border_does_not_pass_for_whole)
{
    const size_t chunk = HF_CHUNK_BYTES + 17;
    const size_t n = 3 * HF_CHUNK_BYTES;
    static uint8_t plain[3 * HF_CHUNK_BYTES];
    static uint8_t sealed[24 + 3 * (HF_CHUNK_BYTES + 17)];
    static uint8_t out[3 * HF_CHUNK_BYTES];
    static uint8_t swap[HF_CHUNK_BYTES + 17];

    hf_stream_seal(key, nothing, (struct hf_bytes){plain, n}, sealed);
    memset(out, 0x5a, sizeof(out));
    for (size_t i = 1; i < 3; i++)
        cr_expect(not(hf_stream_open(
            key, nothing, (struct hf_bytes){sealed, 24 + i * chunk}, out)));
    memcpy(swap, sealed + 24, chunk);
    memcpy(sealed + 24, sealed + 24 + chunk, chunk);
    memcpy(sealed + 24 + chunk, swap, chunk);
    cr_expect(
        not(hf_stream_open(key, nothing,
                           (struct hf_bytes){sealed, sizeof(sealed)}, out)),
        "chunks exchanged");
    for (size_t i = 0; i < sizeof(out); i++)
        cr_assert(eq(u8, out[i], 0x5a));
}
