/* Unit tests of lib/store: what is committed stays, what is not is gone, and
 * the map grows when it must. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "hf_file.h"
#include "hf_store.h"

#define MIB (1024 * 1024)

enum { A, B };
static const char *const tables[] = {"a", "b", "c"};
static struct hf_store *store;
static struct hf_txn *txn;
static char dir[64];
static char path[128];

static struct hf_bytes
text(const char *s)
{
    return (struct hf_bytes){(const uint8_t *)s, strlen(s)};
}

static void
open_sized(size_t first, size_t max)
{
    cr_assert(
        eq(int, hf_store_open(path, tables, 3, first, max, &store), HF_OK));
}

static void
begin_txn(bool is_write)
{
    cr_assert(eq(int, hf_txn_begin(store, is_write, &txn), HF_OK));
}

static void
put(unsigned table, const char *key, const char *value)
{
    cr_assert(eq(int, hf_txn_put(txn, table, text(key), text(value)), HF_OK));
}

static void
commit(void)
{
    cr_assert(eq(int, hf_txn_commit(&txn), HF_OK));
    cr_assert(eq(ptr, txn, NULL));
}

static bool
holds(unsigned table, const char *key, const char *value)
{
    struct hf_bytes v;

    return hf_txn_get(txn, table, text(key), &v) == HF_OK &&
           v.n == strlen(value) && memcmp(v.p, value, v.n) == 0;
}

static bool
is_at(const char *from, const char *key)
{
    struct hf_bytes k;
    struct hf_bytes v;

    if (hf_txn_seek(txn, A, text(from), &k, &v) != HF_OK)
        return key == NULL;
    return key != NULL && k.n == strlen(key) && memcmp(k.p, key, k.n) == 0;
}

static void
begin(void)
{
    strcpy(dir, "/tmp/hf-store-XXXXXX");
    cr_assert(ne(ptr, mkdtemp(dir), NULL));
    hf_path(path, sizeof(path), dir, "db");
    open_sized(MIB, 64 * MIB);
}

static void
end(void)
{
    char command[128];

    hf_txn_abort(&txn);
    hf_store_close(store);
    snprintf(command, sizeof(command), "rm -r %s", dir);
    cr_expect(eq(int, system(command), 0));
}

TestSuite(hf_store, .init = begin, .fini = end);

Test(hf_store, what_was_committed_is_there_after_reopening)
{
    begin_txn(true);
    put(A, "k", "in a");
    put(B, "k", "in b");
    put(B, "empty", "");
    commit();
    hf_store_close(store);
    store = NULL;
    open_sized(MIB, 64 * MIB);
    begin_txn(false);
    cr_expect(holds(A, "k", "in a"));
    cr_expect(holds(B, "k", "in b"));
    cr_expect(holds(B, "empty", ""));
    cr_expect(eq(u64, hf_txn_count(txn, A), 1));
    cr_expect(eq(u64, hf_txn_count(txn, B), 2));
}

Test(hf_store, an_abort_leaves_nothing_behind)
{
    begin_txn(true);
    put(A, "k", "old");
    put(A, "gone", "x");
    commit();
    begin_txn(true);
    put(A, "k", "new");
    put(A, "more", "x");
    cr_expect(eq(int, hf_txn_del(txn, A, text("gone")), HF_OK));
    cr_expect(holds(A, "k", "new"), "a transaction sees itself");
    hf_txn_abort(&txn);
    cr_expect(eq(ptr, txn, NULL));
    hf_txn_abort(&txn); /* again: nothing happens */
    begin_txn(false);
    cr_expect(holds(A, "k", "old"));
    cr_expect(holds(A, "gone", "x"));
    cr_expect(not(holds(A, "more", "x")));
}

Test(hf_store, a_reader_sees_its_snapshot_whatever_is_committed)
{
    struct hf_txn *reader = NULL;
    struct hf_txn *swap;

    begin_txn(true);
    put(A, "k", "old");
    commit();
    cr_assert(eq(int, hf_txn_begin(store, false, &reader), HF_OK));
    begin_txn(true);
    put(A, "k", "new");
    commit();
    swap = txn;
    txn = reader;
    cr_expect(holds(A, "k", "old"));
    hf_txn_abort(&txn);
    txn = swap;
    begin_txn(false);
    cr_expect(holds(A, "k", "new"));
}

Test(hf_store, a_kill_in_mid_transaction_loses_that_transaction_only)
{
    pid_t pid;
    int status;

    hf_store_close(store); /* an environment does not cross a fork */
    store = NULL;
    pid = fork();
    if (pid == 0) {
        if (hf_store_open(path, tables, 3, MIB, 64 * MIB, &store) != HF_OK ||
            hf_txn_begin(store, true, &txn) != HF_OK ||
            hf_txn_put(txn, A, text("kept"), text("1")) != HF_OK ||
            hf_txn_commit(&txn) != HF_OK ||
            hf_txn_begin(store, true, &txn) != HF_OK ||
            hf_txn_put(txn, A, text("lost"), text("1")) != HF_OK)
            _exit(1);
        kill(getpid(), SIGKILL);
    }
    cr_assert(eq(int, waitpid(pid, &status, 0), pid));
    cr_assert(ne(int, WIFSIGNALED(status), 0));
    open_sized(MIB, 64 * MIB);
    begin_txn(true); /* the dead writer's lock does not stop us */
    cr_expect(holds(A, "kept", "1"));
    cr_expect(not(holds(A, "lost", "1")));
}

/* Rewrite one row of 20 kB until the map is full; how often that went well. */
static int
rewrite(int times)
{
    static uint8_t value[20000];
    const struct hf_bytes v = {value, sizeof(value)};
    enum hf_err err = HF_OK;
    int i = 0;

    while (i < times) {
        begin_txn(true);
        err = hf_txn_put(txn, A, text("k"), v);
        if (!err)
            err = hf_txn_commit(&txn);
        hf_txn_abort(&txn);
        if (err)
            return i;
        i++;
    }
    return i;
}

Test(hf_store, the_slot_of_a_reader_that_was_killed_is_freed)
{
    int fds[2];
    int status;
    char byte;
    pid_t pid;

    hf_store_close(store);
    store = NULL;
    cr_assert(eq(int, pipe(fds), 0));
    pid = fork();
    if (pid == 0) {
        if (hf_store_open(path, tables, 3, MIB, 64 * MIB, &store) != HF_OK ||
            hf_txn_begin(store, false, &txn) != HF_OK ||
            write(fds[1], "r", 1) != 1)
            _exit(1);
        for (;;)
            pause();
    }
    cr_assert(eq(int, (int)read(fds[0], &byte, 1), 1));
    open_sized(MIB, 64 * MIB); /* while the reader lives */
    cr_assert(eq(int, kill(pid, SIGKILL), 0));
    cr_assert(eq(int, waitpid(pid, &status, 0), pid));
    cr_expect(rewrite(500) < 500, "its snapshot keeps every page");
    hf_store_check_readers(store);
    cr_expect(eq(int, rewrite(500), 500));
}

Test(hf_store, seeks_find_the_next_row_in_byte_order)
{
    struct hf_bytes k;
    struct hf_bytes v;

    begin_txn(true);
    cr_expect(is_at("", NULL), "empty table");
    cr_expect(eq(int, hf_txn_last(txn, A, &k, &v), HF_ERR_NOT_FOUND));
    put(A, "b", "1");
    put(A, "a\xff", "2");
    put(A, "bb", "3");
    put(B, "zz", "another table");
    cr_expect(is_at("", "a\xff"));
    cr_expect(is_at("a", "a\xff"));
    cr_expect(is_at("b", "b"));
    cr_expect(is_at("ba", "bb"));
    cr_expect(is_at("bb", "bb"));
    cr_expect(is_at("bc", NULL));
    cr_assert(eq(int, hf_txn_last(txn, A, &k, &v), HF_OK));
    cr_expect(eq(sz, k.n, 2));
    cr_expect(eq(u8, k.p[1], 'b'));
    cr_expect(eq(int, hf_txn_del(txn, A, text("bb")), HF_OK));
    cr_expect(eq(int, hf_txn_del(txn, A, text("bb")), HF_ERR_NOT_FOUND));
    cr_expect(is_at("ba", NULL));
    commit();
}

Test(hf_store, walks_from_row_to_row_over_many_pages)
{
    struct hf_bytes k, v;
    enum hf_err err;
    uint32_t n = 0;

    begin_txn(true);
    for (uint32_t i = 0; i < 3000; i++) {
        char key[16];

        snprintf(key, sizeof(key), "%06u", i * 2);
        put(A, key, "some value that fills a page soon");
    }
    put(B, "zz", "another table");
    commit();
    begin_txn(false);
    err = hf_txn_seek(txn, A, text("000001"), &k, &v);
    for (; !err; err = hf_txn_next(txn, A, &k, &v)) {
        char key[16];

        n++;
        snprintf(key, sizeof(key), "%06u", n * 2);
        cr_assert(eq(sz, k.n, 6));
        cr_assert(eq(int, memcmp(k.p, key, 6), 0), "row %u", n);
    }
    cr_expect(eq(int, err, HF_ERR_NOT_FOUND));
    cr_expect(eq(u32, n, 2999));
    cr_expect(eq(int, hf_txn_next(txn, A, &k, &v), HF_ERR_NOT_FOUND));
    hf_txn_abort(&txn);
}

Test(hf_store, appends_must_rise_and_reserved_room_is_filled)
{
    uint8_t *room = NULL;

    begin_txn(true);
    cr_expect(eq(int, hf_txn_append(txn, A, text("b"), text("1")), HF_OK));
    cr_expect(eq(int, hf_txn_append(txn, A, text("c"), text("2")), HF_OK));
    cr_expect(
        eq(int, hf_txn_append(txn, A, text("a"), text("3")), HF_ERR_EXISTS));
    cr_expect(
        eq(int, hf_txn_append(txn, A, text("c"), text("3")), HF_ERR_EXISTS));
    cr_assert(eq(int, hf_txn_reserve(txn, B, text("r"), 5, &room), HF_OK));
    memcpy(room, "12345", 5);
    commit();
    begin_txn(false);
    cr_expect(eq(u64, hf_txn_count(txn, A), 2));
    cr_expect(holds(A, "c", "2"), "a refused append changes nothing");
    cr_expect(holds(B, "r", "12345"));
}

Test(hf_store, keys_have_one_to_511_bytes)
{
    static uint8_t long_key[HF_STORE_KEY_MAX + 1];
    struct hf_bytes key = {long_key, HF_STORE_KEY_MAX};
    struct hf_bytes v;

    begin_txn(true);
    cr_expect(eq(int, hf_txn_put(txn, A, key, text("x")), HF_OK));
    key.n++;
    cr_expect(eq(int, hf_txn_put(txn, A, key, text("x")), HF_ERR_LIMIT));
    cr_expect(eq(int, hf_txn_get(txn, A, key, &v), HF_ERR_LIMIT));
    cr_expect(eq(int, hf_txn_put(txn, A, text(""), text("x")), HF_ERR_LIMIT));
    cr_expect(eq(int, hf_txn_get(txn, A, text("no"), &v), HF_ERR_NOT_FOUND));
    commit(); /* a key refused is no write half done */
}

/* Rows of 100 kB until the store has had enough; returns how many went in. */
static int
fill(int from, enum hf_err *ret_err)
{
    static uint8_t value[100000];
    enum hf_err err = HF_OK;
    int i = from;

    while (!err && i < 10000) {
        char key[16];

        snprintf(key, sizeof(key), "%08d", i);
        cr_assert(eq(int, hf_txn_begin(store, true, &txn), HF_OK));
        err = hf_txn_put(txn, A, text(key),
                         (struct hf_bytes){value, sizeof(value)});
        if (err) {
            cr_expect(
                eq(int, hf_txn_put(txn, A, text("x"), text("y")), (int)err),
                "a dead transaction stays dead");
            cr_expect(eq(int, hf_txn_commit(&txn), (int)err));
        } else {
            err = hf_txn_commit(&txn);
        }
        i += err ? 0 : 1;
    }
    *ret_err = err;
    return i;
}

Test(hf_store, a_full_map_kills_the_transaction_and_growing_cures_it)
{
    enum hf_err err;
    int n = fill(0, &err);

    cr_assert(eq(int, err, HF_ERR_FULL));
    cr_expect(n > 3 && n < 11, "%d", n);
    cr_assert(eq(int, hf_store_grow(store), HF_OK));
    cr_expect(fill(n, &err) > n + 3);
    while (hf_store_grow(store) == HF_OK)
        n = fill(n, &err);
    cr_expect(n > 600, "%d rows in 64 MiB", n);
    cr_expect(eq(int, hf_store_grow(store), HF_ERR_FULL), "at the ceiling");
    begin_txn(false);
    cr_expect(ge(u64, hf_txn_count(txn, A), (uint64_t)n));
}

Test(hf_store, a_grown_store_reopens_with_a_small_first_size)
{
    enum hf_err err;
    int n = fill(0, &err);

    cr_assert(eq(int, hf_store_grow(store), HF_OK));
    n = fill(n, &err);
    hf_store_close(store);
    store = NULL;
    open_sized(MIB, 64 * MIB);
    begin_txn(false);
    cr_expect(eq(u64, hf_txn_count(txn, A), (uint64_t)n));
    hf_txn_abort(&txn);
    cr_assert(eq(int, hf_store_grow(store), HF_OK));
    cr_expect(fill(n, &err) > n);
}

Test(hf_store, growing_with_a_transaction_open_is_refused_in_the_end)
{
    begin_txn(false);
    cr_expect(eq(int, hf_store_grow(store), HF_ERR_BUSY));
    hf_txn_abort(&txn);
    cr_expect(eq(int, hf_store_grow(store), HF_OK));
}

Test(hf_store, headroom_falls_with_rows_and_comes_back_with_deletes)
{
    uint64_t empty;
    uint64_t full;
    uint64_t after;
    uint64_t max;
    enum hf_err err;
    const int n = fill(0, &err);

    hf_store_headroom(store, &full, &max);
    cr_expect(eq(u64, max, 64 * MIB));
    cr_expect(full > (uint64_t)n * 100000);
    /* Deletes need pages themselves. */
    cr_assert(eq(int, hf_store_grow(store), HF_OK));
    begin_txn(true);
    for (int i = 0; i < n; i++) {
        char key[16];

        snprintf(key, sizeof(key), "%08d", i);
        cr_assert(eq(int, hf_txn_del(txn, A, text(key)), HF_OK));
    }
    commit();
    hf_store_headroom(store, &after, &max);
    cr_expect(after < full / 4, "%lu of %lu", (long)after, (long)full);
    empty = after;
    cr_expect(empty > 0);
}

Test(hf_store, a_copy_is_whole_and_holds_nothing_that_was_deleted)
{
    char copy[128];
    char file[160];
    struct stat st;
    enum hf_err err;
    const int n = fill(0, &err);

    cr_assert(eq(int, hf_store_grow(store), HF_OK));
    begin_txn(true);
    for (int i = 1; i < n; i++) {
        char key[16];

        snprintf(key, sizeof(key), "%08d", i);
        cr_assert(eq(int, hf_txn_del(txn, A, text(key)), HF_OK));
    }
    put(B, "k", "v");
    commit();
    hf_path(copy, sizeof(copy), dir, "copy");
    cr_assert(eq(int, hf_store_copy(store, copy), HF_OK));
    cr_expect(eq(int, hf_store_copy(store, copy), HF_ERR_EXISTS));
    hf_path(file, sizeof(file), copy, "data.mdb");
    cr_assert(eq(int, stat(file, &st), 0));
    cr_expect(st.st_size < 300000, "%ld", (long)st.st_size);
    hf_store_close(store);
    store = NULL;
    strcpy(path, copy);
    open_sized(MIB, 64 * MIB);
    begin_txn(false);
    cr_expect(holds(B, "k", "v"));
    cr_expect(eq(u64, hf_txn_count(txn, A), 1));
}

Test(hf_store, what_is_not_a_store_is_refused)
{
    static uint8_t junk[8192];
    char other[128];
    char file[160];
    struct hf_store *s = NULL;

    memset(junk, 0x5a, sizeof(junk));
    hf_path(other, sizeof(other), dir, "junk");
    cr_assert(eq(int, hf_mkdir(other), HF_OK));
    hf_path(file, sizeof(file), other, "data.mdb");
    cr_assert(eq(int, hf_file_write(file, junk, sizeof(junk), 0600), HF_OK));
    cr_expect(eq(int, hf_store_open(other, tables, 3, MIB, MIB, &s),
                 HF_ERR_MALFORMED));
    cr_expect(eq(int, hf_store_open("/nonexistent/db", tables, 3, MIB, MIB, &s),
                 HF_ERR_IO));
    cr_expect(eq(ptr, s, NULL));
}

/* A model: which of 256 one-byte keys are there. */
static bool model[256];

static int
model_next(unsigned from)
{
    while (from < 256 && !model[from])
        from++;
    return from < 256 ? (int)from : -1;
}

static void
random_step(unsigned *seed, const uint8_t *value)
{
    const uint8_t key = (uint8_t)rand_r(seed);
    const struct hf_bytes k = {&key, 1};
    struct hf_bytes found_k;
    struct hf_bytes found_v;
    enum hf_err err;
    int want;

    switch (rand_r(seed) % 4) {
    case 0: /* from one byte to several pages */
        err = hf_txn_put(
            txn, A, k,
            (struct hf_bytes){value, 1 + (size_t)rand_r(seed) % 9000});
        cr_assert(eq(int, err, HF_OK));
        model[key] = true;
        break;
    case 1:
        err = hf_txn_del(txn, A, k);
        cr_assert(eq(int, err, model[key] ? HF_OK : HF_ERR_NOT_FOUND));
        model[key] = false;
        break;
    default:
        err = hf_txn_seek(txn, A, k, &found_k, &found_v);
        want = model_next(key);
        cr_assert(eq(int, err, want >= 0 ? HF_OK : HF_ERR_NOT_FOUND));
        if (want >= 0)
            cr_assert(eq(int, found_k.p[0], want));
        break;
    }
}

Test(hf_store, seeks_between_writes_agree_with_a_model)
{
    static uint8_t value[9001];
    static bool before[256];
    unsigned seed = 7;

    for (int round = 0; round < 200; round++) {
        memcpy(before, model, sizeof(model));
        begin_txn(true);
        for (int i = 0; i < 200; i++)
            random_step(&seed, value);
        if (round % 10 == 9) { /* empty the table, cursor and all */
            for (unsigned i = 0; i < 256; i++) {
                const uint8_t key = (uint8_t)i;

                if (model[i])
                    cr_assert(eq(int,
                                 hf_txn_del(txn, A, (struct hf_bytes){&key, 1}),
                                 HF_OK));
                model[i] = false;
            }
            cr_assert(is_at("", NULL));
        }
        if (rand_r(&seed) % 3 == 0) {
            hf_txn_abort(&txn);
            memcpy(model, before, sizeof(model));
        } else {
            enum hf_err err = hf_txn_commit(&txn);

            if (err == HF_ERR_FULL) { /* the free list needs pages too */
                memcpy(model, before, sizeof(model));
                err = hf_store_grow(store);
            }
            cr_assert(eq(int, err, HF_OK));
        }
        if (round == 0) /* room for 256 rows of three pages, twice */
            while (hf_store_grow(store) == HF_OK)
                ;
    }
}

static void *
read_for_ever(void *stop)
{
    while (!__atomic_load_n((bool *)stop, __ATOMIC_ACQUIRE)) {
        struct hf_txn *mine = NULL;
        struct hf_bytes v;
        uint64_t n_a;

        if (hf_txn_begin(store, false, &mine) != HF_OK)
            return "begin failed";
        n_a = hf_txn_count(mine, A);
        if (hf_txn_count(mine, B) != n_a)
            return "half a commit was seen";
        if (n_a > 0 && hf_txn_get(mine, A, text("00000000"), &v) != HF_OK)
            return "a row is missing";
        hf_txn_abort(&mine);
    }
    return NULL;
}

Test(hf_store, a_reading_thread_and_growth_do_not_disturb_each_other)
{
    static uint8_t value[30000];
    bool stop = false;
    pthread_t reader[2];
    void *complaint;
    int n_grown = 0;

    for (int i = 0; i < 2; i++)
        cr_assert(
            eq(int, pthread_create(&reader[i], NULL, read_for_ever, &stop), 0));
    for (int i = 0; i < 400;) {
        char key[16];
        enum hf_err err;

        snprintf(key, sizeof(key), "%08d", i);
        begin_txn(true);
        err = hf_txn_put(txn, A, text(key),
                         (struct hf_bytes){value, sizeof(value)});
        if (!err)
            err = hf_txn_put(txn, B, text(key), text("x"));
        if (!err)
            err = hf_txn_commit(&txn);
        hf_txn_abort(&txn);
        if (err == HF_ERR_FULL) {
            cr_assert(eq(int, hf_store_grow(store), HF_OK));
            n_grown++;
        } else {
            cr_assert(eq(int, err, HF_OK));
            i++;
        }
    }
    __atomic_store_n(&stop, true, __ATOMIC_RELEASE);
    for (int i = 0; i < 2; i++) {
        cr_assert(eq(int, pthread_join(reader[i], &complaint), 0));
        cr_expect(eq(ptr, complaint, NULL), "%s", (char *)complaint);
    }
    cr_expect(n_grown >= 3);
}
