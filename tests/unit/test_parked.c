/* Unit tests of node/shell/parked: who may wait, how many, how long. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include <stdio.h>
#include <stdlib.h>

#include "parked.h"
#include "shell_fixture.h"

#define NOW_MS UINT64_C(1793610000000)
#define DAY_MS (UINT64_C(24) * 3600 * 1000)

static char dir[] = "/tmp/hf-parked-XXXXXX";
static struct own_keys keys;
static struct node_store *s;
static const struct hf_org iom = {"iom-at"};
static const struct hf_org nrc = {"nrc-at"};

static void
begin(void)
{
    struct fault fault = {0};

    shell_folder(dir);
    shell_keys(&keys, 31);
    cr_assert(node_store_open(dir, &keys, &s, &fault), "%s", fault.text);
    cr_assert(eq(int, node_store_begin(s, true), HF_OK));
}

static void
end(void)
{
    node_store_abort(s);
    node_store_close(s);
    own_keys_clear(&keys);
    shell_folder_end(dir);
}

/* An envelope of its own for each @i. */
static bool
put(enum parked_pool pool, const struct hf_org *from, uint32_t i)
{
    return parked_put(s, pool, from, NOW_MS,
                      (struct hf_bytes){(const uint8_t *)&i, sizeof(i)});
}

static uint64_t
fill(enum parked_pool pool, const struct hf_org *from)
{
    uint32_t n = 0;

    while (n < 5000 && put(pool, from, n))
        n++;
    return n;
}

static uint64_t
n_rows(void)
{
    return node_store_count(s, NODE_PARKED);
}

TestSuite(parked, .init = begin, .fini = end);

Test(parked, another_envelope_of_the_same_id_stands_beside_the_first)
{
    uint8_t honest[64] = {1}, junk[64] = {1};
    struct parked_row at = {.first_ms = 0};
    struct hf_buf out;
    bool found = false;

    junk[63] = 9;
    hf_buf_init(&out, 1 << 20);
    cr_expect(parked_put(s, PARKED_MEMBER, &iom, NOW_MS,
                         (struct hf_bytes){honest, 64}));
    cr_expect(parked_put(s, PARKED_STRANGER, &iom, NOW_MS,
                         (struct hf_bytes){junk, 64}));
    cr_expect(parked_put(s, PARKED_MEMBER, &iom, NOW_MS,
                         (struct hf_bytes){junk, 64}));
    cr_expect(parked_put(s, PARKED_MEMBER, &iom, NOW_MS + 1,
                         (struct hf_bytes){honest, 64}));
    cr_expect(eq(u64, n_rows(), 3));
    while (parked_next(s, &at, &out)) {
        cr_expect(eq(u64, at.first_ms, NOW_MS));
        found = found || (out.n == 64 && memcmp(out.p, honest, 64) == 0);
    }
    cr_expect(found);
    hf_buf_free(&out);
}

Test(parked, strangers_fill_their_own_pool_only)
{
    const struct parked_limit *l = &parked_limits[PARKED_STRANGER];
    struct hf_org invented = {{0}};
    uint64_t n = 0;

    for (uint32_t i = 0; i < 1000; i++) {
        snprintf(invented.s, sizeof(invented.s), "org-%u", (unsigned)i);
        n += put(PARKED_STRANGER, &invented, i);
    }
    cr_expect(eq(u64, n, l->rows));
    cr_expect(put(PARKED_MEMBER, &iom, 1));
    cr_expect(put(PARKED_PACK, &iom, 1));
}

Test(parked, one_member_leaves_room_for_the_others)
{
    cr_expect(eq(u64, fill(PARKED_MEMBER, &iom),
                 parked_limits[PARKED_MEMBER].sender_rows));
    cr_expect(put(PARKED_MEMBER, &nrc, 1));
    cr_expect(eq(u64, fill(PARKED_PACK, &iom),
                 parked_limits[PARKED_PACK].sender_rows));
    cr_expect(put(PARKED_PACK, &nrc, 1));
}

Test(parked, bytes_count_too_and_what_goes_gives_its_room_back)
{
    static uint8_t big[1200 * 1024];
    struct parked_row at = {.first_ms = 0};
    struct hf_buf out;
    uint8_t n = 0;

    hf_buf_init(&out, 1 << 22);
    for (; n < 100; n++) {
        big[0] = n;
        if (!parked_put(s, PARKED_STRANGER, &iom, NOW_MS,
                        (struct hf_bytes){big, sizeof(big)}))
            break;
    }
    cr_expect(eq(u64, n, parked_limits[PARKED_STRANGER].bytes / sizeof(big)));
    cr_assert(parked_next(s, &at, &out));
    parked_del(s, &at);
    parked_del(s, &at);
    cr_expect(parked_put(s, PARKED_STRANGER, &iom, NOW_MS,
                         (struct hf_bytes){big, sizeof(big)}));
    at = (struct parked_row){.first_ms = 0};
    while (parked_next(s, &at, &out))
        parked_del(s, &at);
    cr_expect(eq(u64, n_rows(), 0));
    cr_expect(eq(u64, node_store_count(s, NODE_PARKED_USE), 0));
    hf_buf_free(&out);
}

Test(parked, none_waits_longer_than_46_days)
{
    struct parked_row row = {.first_ms = NOW_MS};

    cr_expect(not(parked_is_over(&row, NOW_MS + 46 * DAY_MS)));
    cr_expect(parked_is_over(&row, NOW_MS + 46 * DAY_MS + 1));
    cr_expect(not(parked_is_over(&row, 0)), "a clock in doubt");
    row.first_ms = 0;
    cr_expect(not(parked_is_over(&row, NOW_MS)), "it does not run yet");
}

Test(parked, its_time_runs_on_when_it_moves_to_another_pool)
{
    const struct hf_bytes bytes = {(const uint8_t *)"envelope", 8};
    struct parked_row at = {.first_ms = 0};
    struct hf_buf out;

    hf_buf_init(&out, 1 << 20);
    cr_assert(parked_put(s, PARKED_STRANGER, &iom, 0, bytes));
    cr_assert(parked_next(s, &at, &out));
    parked_again(s, &at, PARKED_STRANGER, &iom, NOW_MS, bytes);
    at = (struct parked_row){.first_ms = 0};
    cr_assert(parked_next(s, &at, &out));
    cr_expect(eq(u64, at.first_ms, NOW_MS), "the clock is sure now");
    parked_again(s, &at, PARKED_MEMBER, &iom, NOW_MS + DAY_MS, bytes);
    cr_expect(eq(u64, n_rows(), 1));
    at = (struct parked_row){.first_ms = 0};
    cr_assert(parked_next(s, &at, &out));
    cr_expect(eq(int, at.key[0], PARKED_MEMBER));
    cr_expect(eq(u64, at.first_ms, NOW_MS));
    hf_buf_free(&out);
}

/* How those that await a pack are looked at each minute, alone. */
Test(parked, a_walk_from_a_pool_meets_that_pool_only)
{
    struct parked_row at = {.key = {PARKED_PACK}};
    struct hf_buf out;
    uint32_t n = 0;

    hf_buf_init(&out, 1 << 20);
    for (uint32_t i = 0; i < 40; i++)
        cr_assert(put(PARKED_MEMBER, i % 2 == 0 ? &iom : &nrc, i));
    for (uint32_t i = 0; i < 5; i++)
        cr_assert(put(PARKED_PACK, i % 2 == 0 ? &iom : &nrc, i));
    for (; parked_next(s, &at, &out); n++)
        cr_expect(eq(int, at.key[0], PARKED_PACK));
    cr_expect(eq(u32, n, 5));
    hf_buf_free(&out);
}
