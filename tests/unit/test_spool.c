/* Unit tests of broker/spool: what a commit holds, what goes when, and what
 * is still there for the next process. */
#include <ftw.h>
#include <unistd.h>

#include "proto_fixture.h"
#include "spool.h"

static struct spool *s;
static char dir[64];
static uint8_t bytes[SPOOL_PUTS_MAX][64];

static const struct broker_who hub = {.id = {"hub"}};
static const struct broker_who north = {.id = {"north"}};
static const struct broker_who af = {.id = {"af"}, .is_broker = true};

static void
open_spool(void)
{
    cr_assert(eq(int, (int)spool_open(dir, UINT64_C(1) << 26, &s), HF_OK));
}

static void
begin(void)
{
    (void)snprintf(dir, sizeof(dir), "/tmp/handoff-spool-XXXXXX");
    cr_assert(mkdtemp(dir) != NULL);
    for (size_t i = 0; i < SPOOL_PUTS_MAX; i++)
        memset(bytes[i], (int)i, sizeof(bytes[i]));
    open_spool();
}

static int
remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st;
    (void)type;
    (void)ftw;
    return remove(path);
}

static void
end(void)
{
    spool_close(&s);
    (void)nftw(dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

TestSuite(spool, .init = begin, .fini = end);

static struct broker_put
put_for(const struct broker_who *box, size_t i)
{
    return (struct broker_put){.envelope = {bytes[i], sizeof(bytes[i])},
                               .expires_ms = T0 + i,
                               .lane = LANE_NORMAL,
                               .n_boxes = 1,
                               .box = {*box}};
}

static void
commit_at(uint64_t wall_ms)
{
    spool_read_end(s);
    cr_assert(eq(int, (int)spool_commit(s, wall_ms), HF_OK));
}

static void
delete(const struct broker_who *box, uint64_t seq, uint64_t keep)
{
    struct spool_delete d = {
        .box = *box, .lane = LANE_NORMAL, .seq = seq, .keep = keep};

    cr_assert(spool_delete(s, &d, 1));
    commit_at(T0);
}

static struct broker_row row;

static bool
next(const struct broker_who *box, uint64_t after)
{
    return spool_next_row(s, box, LANE_NORMAL, after, &row);
}

static uint64_t
used(void)
{
    uint64_t n;
    uint64_t max;

    spool_headroom(s, &n, &max);
    return n;
}

Test(spool, a_row_holds_what_one_commit_had_for_a_mailbox)
{
    struct broker_put puts[3] = {put_for(&hub, 5), put_for(&north, 6),
                                 put_for(&hub, 4)};

    cr_assert(spool_put(s, puts, 3));
    commit_at(T0);
    cr_assert(next(&hub, 0));
    cr_assert(eq(sz, row.n, 2));
    cr_expect(eq(int, row.envelope[0].p[0], 5), "in order of arrival");
    cr_expect(eq(int, row.envelope[1].p[0], 4));
    cr_expect(eq(u64, row.expires_min_ms, T0 + 4));
    cr_expect(eq(u32, row.bytes, 128));
    cr_expect(not(next(&hub, row.seq)));
    cr_assert(next(&north, 0));
    cr_expect(eq(int, row.envelope[0].p[0], 6));
    cr_expect(not(next(&af, 0)));
}

Test(spool, mailboxes_of_a_member_and_a_broker_of_one_name_are_two)
{
    struct broker_who hub_broker = hub;
    struct broker_put put = put_for(&hub, 1);

    hub_broker.is_broker = true;
    cr_assert(spool_put(s, &put, 1));
    commit_at(T0);
    cr_expect(not(next(&hub_broker, 0)));
}

Test(spool, an_envelope_for_two_mailboxes_is_in_both)
{
    struct broker_put put = put_for(&hub, 1);

    put.box[1] = af;
    put.n_boxes = 2;
    cr_assert(spool_put(s, &put, 1));
    commit_at(T0);
    cr_assert(next(&hub, 0));
    delete(&hub, row.seq, 0);
    cr_expect(not(next(&hub, 0)));
    cr_assert(next(&af, 0));
    cr_expect(eq(int, row.envelope[0].p[0], 1));
}

Test(spool, splits_a_large_commit_into_rows_of_64)
{
    size_t n = 0;
    uint64_t after = 0;

    for (size_t i = 0; i < SPOOL_PUTS_MAX; i++) {
        static struct broker_put puts[SPOOL_PUTS_MAX];

        puts[i] = put_for(&hub, i);
        cr_assert(spool_put(s, &puts[i], 1));
    }
    cr_expect(not(spool_put(s, &(struct broker_put){.n_boxes = 1}, 1)));
    commit_at(T0);
    while (next(&hub, after)) {
        cr_expect(eq(sz, row.n, 64));
        for (size_t i = 0; i < row.n; i++)
            cr_expect(eq(int, row.envelope[i].p[0], (uint8_t)n++));
        after = row.seq;
    }
    cr_expect(eq(sz, n, SPOOL_PUTS_MAX));
}

static uint64_t loaded_count;
static uint64_t loaded_bytes;
static size_t loaded_docs;

static void
on_box(void *arg, const struct broker_who *box, uint64_t count, uint64_t n)
{
    (void)arg;
    (void)box;
    loaded_count += count;
    loaded_bytes += n;
}

static void
on_doc(void *arg, const struct shelf_doc *doc)
{
    (void)arg;
    loaded_docs++;
    cr_expect(eq(u64, doc->version, 3));
}

Test(spool, the_next_process_finds_what_was_committed_and_nothing_else)
{
    struct broker_put puts[3] = {put_for(&hub, 1), put_for(&af, 2),
                                 put_for(&north, 3)};
    struct shelf_doc doc = {.kind = SHELF_PREKEY,
                            .owner = {"hub"},
                            .version = 3,
                            .bytes = {bytes[9], 10}};
    uint64_t seq;

    cr_assert(spool_put(s, puts, 2));
    cr_assert(spool_shelf(s, &doc));
    commit_at(T0);
    cr_assert(next(&hub, 0));
    seq = row.seq;
    cr_assert(spool_put(s, &puts[2], 1)); /* and then it is killed */
    spool_close(&s);
    open_spool();
    cr_assert(eq(int, (int)spool_load(s, on_box, on_doc, NULL), HF_OK));
    cr_expect(eq(u64, loaded_count, 2));
    cr_expect(eq(u64, loaded_bytes, 128));
    cr_expect(eq(sz, loaded_docs, 1));
    cr_expect(eq(int,
                 (int)spool_doc(s, SHELF_PREKEY, &hub.id, &doc), HF_OK));
    cr_expect(eq(sz, doc.bytes.n, 10));
    cr_assert(spool_put(s, puts, 1));
    commit_at(T0);
    cr_assert(next(&hub, seq), "numbers go on rising");
}

Test(spool, a_value_goes_with_its_last_row)
{
    struct broker_put puts[64];
    uint64_t before;
    static uint8_t big[100000];

    puts[0] = put_for(&north, 1);
    cr_assert(spool_put(s, puts, 1));
    commit_at(T0);
    before = used();
    for (size_t i = 0; i < 64; i++) {
        puts[i] = put_for(i < 32 ? &hub : &af, i);
        puts[i].envelope = (struct hf_bytes){big, sizeof(big)};
    }
    cr_assert(spool_put(s, puts, 64));
    commit_at(T0);
    cr_assert(next(&hub, 0));
    delete(&hub, row.seq, 0);
    cr_expect(gt(u64, used(), before + 6000000));
    cr_assert(next(&af, 0));
    delete(&af, row.seq, 0);
    cr_expect(lt(u64, used(), before + 1000000));
}

Test(spool, keeps_of_a_row_what_it_is_told_to)
{
    struct broker_put puts[3] = {put_for(&hub, 1), put_for(&hub, 2),
                                 put_for(&hub, 3)};

    cr_assert(spool_put(s, puts, 3));
    commit_at(T0);
    cr_assert(next(&hub, 0));
    delete(&hub, row.seq, 4 | 1);
    cr_assert(next(&hub, 0));
    cr_assert(eq(sz, row.n, 2));
    cr_expect(eq(int, row.envelope[0].p[0], 1));
    cr_expect(eq(int, row.envelope[1].p[0], 3));
    delete(&hub, row.seq, 0);
    delete(&hub, row.seq, 0); /* again: nothing */
    cr_expect(not(next(&hub, 0)));
}

Test(spool, stragglers_of_an_old_commit_move_out_and_its_value_goes)
{
    struct broker_put puts[64];
    static uint8_t big[100000];
    uint64_t before = used();

    for (size_t i = 0; i < 64; i++) {
        puts[i] = put_for(i < 63 ? &hub : &north, i);
        puts[i].envelope = (struct hf_bytes){big, sizeof(big)};
    }
    memset(big, 7, sizeof(big));
    cr_assert(spool_put(s, puts, 64));
    commit_at(T0);
    cr_assert(next(&hub, 0));
    delete(&hub, row.seq, 0);
    (void)spool_tidy(s, T0 + SPOOL_OLD_MS - 1);
    cr_expect(gt(u64, used(), before + 6000000), "not old yet");
    spool_read_end(s);
    (void)spool_tidy(s, T0 + SPOOL_OLD_MS);
    cr_expect(lt(u64, used(), before + 1000000));
    spool_close(&s);
    open_spool();
    cr_assert(next(&north, 0));
    cr_assert(eq(sz, row.envelope[0].n, sizeof(big)));
    cr_expect(eq(int, memcmp(row.envelope[0].p, big, sizeof(big)), 0));
    delete(&north, row.seq, 0);
    cr_expect(not(next(&north, 0)));
}

Test(spool, refuses_puts_when_full_and_goes_on_deleting)
{
    static uint8_t big[1000000];
    struct broker_put put = put_for(&hub, 1);
    enum hf_err err = HF_OK;
    uint64_t after = 0;

    put.envelope = (struct hf_bytes){big, sizeof(big)};
    for (int i = 0; i < 1000 && !err; i++) {
        spool_read_end(s);
        cr_assert(spool_put(s, &put, 1));
        err = spool_commit(s, T0);
    }
    cr_assert(eq(int, (int)err, HF_ERR_FULL));
    while (next(&hub, after)) {
        after = row.seq;
        delete(&hub, after, 0);
    }
    cr_expect(not(next(&hub, 0)));
}
