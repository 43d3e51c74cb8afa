/*
 * proto_fixture.h - what the tests of proto share: keys from seeds, a seeded
 * generator, mutations, golden files. Tests only.
 */
#ifndef TESTS_PROTO_FIXTURE_H
#define TESTS_PROTO_FIXTURE_H

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "hf_buf.h"
#include "hf_crypto.h"
#include "hf_text.h"

#ifndef HANDOFF_SOURCE_DIR
#define HANDOFF_SOURCE_DIR "."
#endif

#define T0 UINT64_C(1790000000000) /* some instant in 2026 */

/* splitmix64: the same numbers in each run. */
static uint64_t fixture_state = 42;

static inline uint64_t
fixture_rand(void)
{
    uint64_t z = (fixture_state += UINT64_C(0x9e3779b97f4a7c15));

    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

static inline struct hf_secret *
fixture_secret(enum hf_key_use use, uint8_t seed_byte)
{
    uint8_t seed[HF_KEY_BYTES];
    struct hf_secret *s = NULL;

    memset(seed, seed_byte, sizeof(seed));
    cr_assert(eq(int, (int)hf_secret_from_seed(use, seed, &s), HF_OK));
    return s;
}

static inline struct hf_org
fixture_org(const char *text)
{
    struct hf_org o;

    cr_assert(hf_org_parse(text, &o));
    return o;
}

static inline struct hf_name
fixture_name(const char *text)
{
    struct hf_name n;

    cr_assert(hf_name_parse(text, &n));
    return n;
}

static inline struct hf_bytes
fixture_text(const char *s)
{
    return (struct hf_bytes){(const uint8_t *)s, strlen(s)};
}

/* A copy of exactly @n bytes on the heap, so that ASan sees the last one. */
static inline uint8_t *
fixture_copy(const uint8_t *p, size_t n)
{
    uint8_t *copy = malloc(n > 0 ? n : 1);

    cr_assert(copy != NULL);
    if (n > 0)
        memcpy(copy, p, n);
    return copy;
}

/* One to four random changes, the length included at times. */
static inline uint8_t *
fixture_mutate(const uint8_t *p, size_t n, size_t *ret_n)
{
    uint8_t *m = malloc(n + 8);

    cr_assert(m != NULL);
    memcpy(m, p, n);
    for (uint64_t left = 1 + fixture_rand() % 4; left > 0; left--) {
        const uint64_t r = fixture_rand();

        if (n > 0 && r % 8 == 0)
            n -= (size_t)(r >> 8) % (n < 4 ? n : 4);
        else if (n > 0)
            m[(r >> 8) % n] ^= (uint8_t)(1u << ((r >> 40) % 8));
    }
    *ret_n = n;
    return m;
}

/* The golden bytes of tests/vectors/NAME.hex; with HANDOFF_WRITE_VECTORS set
 * the file is written from @p instead (and the change committed with a word
 * on why the format changed). */
static inline void
fixture_golden(const char *name, const uint8_t *p, size_t n)
{
    char path[512];
    char *hex = malloc(HF_HEX_BYTES(n)), *line = malloc(HF_HEX_BYTES(n) + 2);
    FILE *f;

    cr_assert(hex != NULL);
    cr_assert(line != NULL);
    (void)hf_hex(p, n, hex);
    (void)snprintf(path, sizeof(path), "%s/tests/vectors/%s.hex",
                   HANDOFF_SOURCE_DIR, name);
    f = fopen(path, getenv("HANDOFF_WRITE_VECTORS") ? "w+" : "r");
    cr_assert(f != NULL, "%s", path);
    if (getenv("HANDOFF_WRITE_VECTORS")) {
        fprintf(f, "%s\n", hex);
        rewind(f);
    }
    cr_assert(fgets(line, (int)(HF_HEX_BYTES(n) + 2), f) != NULL);
    line[strcspn(line, "\n")] = '\0';
    cr_expect(strcmp(line, hex) == 0, "%s has changed", name);
    fclose(f);
    free(hex);
    free(line);
}

/* The bytes of tests/vectors/NAME.hex. */
static inline void
fixture_vector(const char *name, struct hf_buf *out)
{
    char path[512];
    FILE *f;
    int high, low;

    (void)snprintf(path, sizeof(path), "%s/tests/vectors/%s.hex",
                   HANDOFF_SOURCE_DIR, name);
    f = fopen(path, "r");
    cr_assert(f != NULL, "%s", path);
    while ((high = fgetc(f)) != EOF && high != '\n' &&
           (low = fgetc(f)) != EOF) {
        const char pair[3] = {(char)high, (char)low, '\0'};
        uint8_t byte;

        cr_assert(hf_unhex(pair, &byte, 1));
        cr_assert(hf_buf_add(out, &byte, 1));
    }
    fclose(f);
}

static inline void
fixture_start(void)
{
    cr_assert(eq(int, (int)hf_crypto_start(), HF_OK));
}

#endif /* TESTS_PROTO_FIXTURE_H */
