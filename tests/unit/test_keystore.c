/* Unit tests of node/shell/keystore: keys that survive, keys that do not, and
 * what is left after a death at any moment. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "hf_file.h"
#include "keystore_internal.h"
#include "shell_fixture.h"

static char dir[] = "/tmp/hf-keystore-XXXXXX";
static struct hf_secret *store;
static struct keystore *ks;
static struct keystore_mark mark; /* as a store would keep it */
static uint32_t marked_dead[64];

/* Deaths: the n-th of these calls from now on ends the process instead. 0:
 * never. They stand in the place of the C library's. */
static int die_at;

static void
step(void)
{
    if (die_at > 0 && --die_at == 0)
        _exit(9);
}

int
fsync(int fd)
{
    step();
    return (int)syscall(SYS_fsync, fd);
}

int
rename(const char *from, const char *to)
{
    step();
    return (int)syscall(SYS_rename, from, to);
}

int
ftruncate(int fd, off_t n)
{
    step();
    return (int)syscall(SYS_ftruncate, fd, n);
}

static struct node_lock
lock_of(uint8_t n, enum category c)
{
    return (struct node_lock){.id = {{n, 1, 2}}, .category = c};
}

static void
keep_mark(void)
{
    mark = keystore_mark(ks);
    for (uint32_t i = 0; i < mark.n_dead; i++)
        marked_dead[i] = mark.dead[i];
    mark.dead = marked_dead;
}

/* What a store does around its commit. */
static void
commit(void)
{
    cr_assert(eq(int, keystore_sync(ks), HF_OK));
    keep_mark();
    keystore_committed(ks);
}

static enum hf_err
open_again(void)
{
    keystore_close(ks);
    ks = NULL;
    return keystore_open(dir, store, &mark, &ks);
}

static void
begin(void)
{
    cr_assert(eq(int, hf_crypto_start(), HF_OK));
    shell_folder(dir);
    cr_assert(eq(int, hf_secret_new(HF_KEY_BOX, &store), HF_OK));
    cr_assert(eq(int, open_again(), HF_OK));
    keep_mark();
}

static void
end(void)
{
    keystore_close(ks);
    hf_secret_free(store);
    shell_folder_end(dir);
}

static void
need(uint8_t n, enum category c, uint8_t ret[static HF_KEY_BYTES])
{
    const struct node_lock lock = lock_of(n, c);
    const uint8_t *key = NULL;

    cr_assert(eq(int, keystore_need(ks, &lock, &key), HF_OK));
    memcpy(ret, key, HF_KEY_BYTES);
}

static bool
has(uint8_t n, enum category c, const uint8_t *expected)
{
    const struct node_lock lock = lock_of(n, c);
    const uint8_t *key = NULL;
    enum hf_err err = keystore_get(ks, &lock, &key);

    if (err == HF_ERR_NOT_FOUND)
        return false;
    cr_assert(eq(int, err, HF_OK));
    if (expected != NULL)
        cr_expect(eq(int, memcmp(key, expected, HF_KEY_BYTES), 0));
    return true;
}

static void
destroy(uint8_t n, enum category c)
{
    const struct node_lock lock = lock_of(n, c);

    cr_assert(eq(int, keystore_kill(ks, &lock), HF_OK));
}

static char *
path_of(const char *name)
{
    static char path[PATH_MAX];

    hf_path(path, sizeof(path), dir, name);
    return path;
}

static bool
file_holds(const char *name, const uint8_t *needle, size_t n)
{
    struct hf_buf b;
    bool found;

    hf_buf_init(&b, 1 << 24);
    if (hf_file_read(path_of(name), &b) != HF_OK)
        return false;
    found = memmem(b.p, b.n, needle, n) != NULL;
    hf_buf_free(&b);
    return found;
}

/* Bytes @n at @at of a file. */
static void
patch(const char *name, off_t at, const void *p, size_t n)
{
    const int fd = open(path_of(name), O_WRONLY);

    cr_assert(fd >= 0);
    cr_assert(eq(int, (int)pwrite(fd, p, n, at), (int)n));
    close(fd);
}

static off_t
size_of(const char *name)
{
    struct stat st;

    cr_assert(eq(int, stat(path_of(name), &st), 0));
    return st.st_size;
}

TestSuite(keystore, .init = begin, .fini = end);

Test(keystore, gives_the_same_key_again_after_a_restart)
{
    uint8_t a[HF_KEY_BYTES];
    uint8_t b[HF_KEY_BYTES];

    need(1, CATEGORY_HEALTH, a);
    need(1, CATEGORY_IDENTITY, b);
    cr_expect(ne(int, memcmp(a, b, sizeof(a)), 0));
    commit();

    cr_assert(eq(int, open_again(), HF_OK));
    cr_expect(has(1, CATEGORY_HEALTH, a));
    cr_expect(has(1, CATEGORY_IDENTITY, b));
    cr_expect(not(has(2, CATEGORY_HEALTH, NULL)));
}

Test(keystore, keeps_many_keys_apart)
{
    static uint8_t key[3000][HF_KEY_BYTES];

    for (int i = 0; i < 3000; i++) {
        struct node_lock lock = {.category = CATEGORY_NOTES};
        const uint8_t *k = NULL;

        memcpy(lock.id.b, &i, sizeof(i));
        cr_assert(eq(int, keystore_need(ks, &lock, &k), HF_OK));
        memcpy(key[i], k, HF_KEY_BYTES);
    }
    commit();
    cr_assert(eq(int, open_again(), HF_OK));
    for (int i = 0; i < 3000; i++) {
        struct node_lock lock = {.category = CATEGORY_NOTES};
        const uint8_t *k = NULL;

        memcpy(lock.id.b, &i, sizeof(i));
        cr_assert(eq(int, keystore_get(ks, &lock, &k), HF_OK));
        cr_assert(eq(int, memcmp(k, key[i], HF_KEY_BYTES), 0));
    }
}

Test(keystore, writes_no_key_in_clear)
{
    uint8_t key[HF_KEY_BYTES];

    need(1, CATEGORY_HEALTH, key);
    commit();
    cr_expect(not(file_holds("keystore", key, sizeof(key))));
    cr_expect(not(file_holds("keystore.epoch.1", key, sizeof(key))));
}

Test(keystore, forgets_what_a_rollback_undoes_and_revives_what_it_killed)
{
    uint8_t a[HF_KEY_BYTES];
    uint8_t b[HF_KEY_BYTES];

    need(1, CATEGORY_HEALTH, a);
    commit();
    need(2, CATEGORY_HEALTH, b);
    destroy(1, CATEGORY_HEALTH);
    cr_expect(not(has(1, CATEGORY_HEALTH, NULL)));
    cr_expect(eq(int, keystore_sync(ks), HF_OK)); /* and the commit fails */

    cr_assert(eq(int, keystore_rollback(ks), HF_OK));
    cr_expect(not(has(2, CATEGORY_HEALTH, NULL)));
    cr_expect(has(1, CATEGORY_HEALTH, a));
    cr_assert(eq(int, open_again(), HF_OK));
    cr_expect(not(has(2, CATEGORY_HEALTH, NULL)));
    cr_expect(has(1, CATEGORY_HEALTH, a));
}

Test(keystore, a_key_made_anew_after_a_kill_is_another_one)
{
    uint8_t a[HF_KEY_BYTES];
    uint8_t b[HF_KEY_BYTES];

    need(1, CATEGORY_HEALTH, a);
    commit();
    destroy(1, CATEGORY_HEALTH);
    need(1, CATEGORY_HEALTH, b);
    cr_expect(ne(int, memcmp(a, b, sizeof(a)), 0));
    commit();
    cr_assert(eq(int, keystore_rewrite(ks), HF_OK));
    keep_mark();

    cr_assert(eq(int, open_again(), HF_OK));
    cr_expect(has(1, CATEGORY_HEALTH, b));
}

/* The record as it lay in the file, and the epoch key that opened it. */
static uint8_t old_record[KEYSTORE_RECORD_BYTES];
static uint8_t old_epoch[HF_KEY_BYTES];

static void
remember_old(void)
{
    struct hf_buf b;

    hf_buf_init(&b, 1 << 20);
    cr_assert(eq(int, hf_file_read(path_of("keystore"), &b), HF_OK));
    memcpy(old_record, b.p + KEYSTORE_HEAD_BYTES, sizeof(old_record));
    hf_buf_clear(&b);
    cr_assert(eq(int, hf_file_read(path_of("keystore.epoch.1"), &b), HF_OK));
    memcpy(old_epoch, b.p + 16, sizeof(old_epoch));
    hf_buf_free(&b);
}

static void
expect_nowhere(void)
{
    struct dirent *e;
    DIR *d = opendir(dir);

    cr_assert(ne(ptr, d, NULL));
    while ((e = readdir(d)) != NULL) {
        if (e->d_name[0] == '.')
            continue;
        cr_expect(not(file_holds(e->d_name, old_epoch, sizeof(old_epoch))),
                  "%s holds the old epoch key", e->d_name);
        /* The nonce, the key and the tag; its id may be there again. */
        cr_expect(not(file_holds(e->d_name, old_record + 17,
                                 sizeof(old_record) - 17)),
                  "%s holds the shredded record", e->d_name);
    }
    closedir(d);
}

Test(keystore, a_shredded_key_is_in_no_file)
{
    uint8_t a[HF_KEY_BYTES];
    uint8_t b[HF_KEY_BYTES];

    need(1, CATEGORY_HEALTH, a);
    need(2, CATEGORY_HEALTH, b);
    commit();
    remember_old();
    cr_expect(file_holds("keystore.epoch.1", old_epoch, sizeof(old_epoch)),
              "the control is found");
    destroy(1, CATEGORY_NONE);
    commit();
    cr_assert(keystore_must_rewrite(ks));
    cr_assert(eq(int, keystore_rewrite(ks), HF_OK));
    keep_mark();

    cr_expect(not(keystore_must_rewrite(ks)));
    cr_expect(not(has(1, CATEGORY_HEALTH, NULL)));
    cr_expect(has(2, CATEGORY_HEALTH, b));
    expect_nowhere();
    cr_assert(eq(int, open_again(), HF_OK));
    cr_expect(has(2, CATEGORY_HEALTH, b));
    cr_expect(not(has(1, CATEGORY_HEALTH, NULL)));
}

Test(keystore, a_shred_of_a_case_takes_every_category_of_it)
{
    uint8_t key[HF_KEY_BYTES];

    for (int c = CATEGORY_NONE; c < CATEGORY_END; c++)
        need(1, (enum category)c, key);
    need(2, CATEGORY_NONE, key);
    destroy(1, CATEGORY_NONE);
    for (int c = CATEGORY_NONE; c < CATEGORY_END; c++)
        cr_expect(not(has(1, (enum category)c, NULL)));
    cr_expect(has(2, CATEGORY_NONE, key));
}

/* A child shreds and dies at its @n-th step; true when it lived. */
static bool
shred_and_die_at(int n)
{
    int status = 0;
    pid_t pid = fork();

    if (pid == 0) {
        if (keystore_open(dir, store, &mark, &ks) != HF_OK)
            _exit(1);
        die_at = n;
        _exit(keystore_rewrite(ks) == HF_OK ? 0 : 2);
    }
    cr_assert(eq(int, (int)waitpid(pid, &status, 0), (int)pid));
    cr_assert(eq(int, WIFEXITED(status) ? 1 : 0, 1));
    status = WEXITSTATUS(status);
    cr_assert(status == 0 || status == 9);
    return status == 0;
}

Test(keystore, a_shred_survives_a_death_at_every_step)
{
    uint8_t b[HF_KEY_BYTES];
    uint8_t a[HF_KEY_BYTES];
    bool lived = false;
    int n = 0;

    for (uint8_t round = 1; !lived; round++) {
        cr_assert(lt(int, round, 40));
        need(100, CATEGORY_HEALTH, b);
        need(round, CATEGORY_HEALTH, a);
        commit();
        destroy(round, CATEGORY_HEALTH);
        commit();
        keystore_close(ks);
        ks = NULL;

        lived = shred_and_die_at(round);
        n = round;
        cr_assert(eq(int, open_again(), HF_OK), "round %d", round);
        cr_expect(has(100, CATEGORY_HEALTH, b));
        cr_expect(not(has(round, CATEGORY_HEALTH, NULL)));
        if (keystore_must_rewrite(ks))
            cr_assert(eq(int, keystore_rewrite(ks), HF_OK));
        keep_mark();
        cr_expect(not(file_holds(mark.epoch % 2 == 0 ? "keystore.epoch.1"
                                                     : "keystore.epoch.0",
                                 (const uint8_t *)"HFEPOCH", 7)),
                  "the other epoch key is gone after round %d", round);
    }
    cr_expect(gt(int, n, 4), "there were steps to die at");
}

/* A child makes a key and dies at its @n-th step, the last of them the store's
 * commit; true when it lived. What it would have told the store comes back. */
static bool
add_and_die_at(int n, uint8_t id, struct keystore_mark *ret)
{
    uint8_t key[HF_KEY_BYTES];
    int status = 0;
    int pipes[2];
    pid_t pid;

    cr_assert(eq(int, pipe(pipes), 0));
    pid = fork();
    if (pid == 0) {
        if (keystore_open(dir, store, &mark, &ks) != HF_OK)
            _exit(1);
        need(id, CATEGORY_HEALTH, key);
        *ret = keystore_mark(ks);
        if (write(pipes[1], ret, sizeof(*ret)) != sizeof(*ret))
            _exit(1);
        die_at = n;
        if (keystore_sync(ks) != HF_OK)
            _exit(2);
        step();
        _exit(0);
    }
    cr_assert(eq(int, (int)waitpid(pid, &status, 0), (int)pid));
    cr_assert(eq(int, WIFEXITED(status) ? 1 : 0, 1));
    status = WEXITSTATUS(status);
    cr_assert(status == 0 || status == 9);
    cr_assert(eq(sz, (size_t)read(pipes[0], ret, sizeof(*ret)), sizeof(*ret)));
    close(pipes[0]);
    close(pipes[1]);
    ret->dead = NULL;
    return status == 0;
}

Test(keystore, a_new_key_is_whole_or_not_there_after_a_death_at_every_step)
{
    struct keystore_mark told;
    uint8_t a[HF_KEY_BYTES];
    bool lived = false;
    int n = 0;

    need(100, CATEGORY_HEALTH, a);
    commit();
    while (!lived) {
        cr_assert(lt(int, ++n, 20));
        keystore_close(ks);
        ks = NULL;
        lived = add_and_die_at(n, 1, &told);
        if (lived) {
            /* The store's commit went through, and nothing else did. */
            mark = told;
        }
        cr_assert(eq(int, open_again(), HF_OK), "died at %d", n);
        cr_expect(has(100, CATEGORY_HEALTH, a));
        cr_expect(eq(int, has(1, CATEGORY_HEALTH, NULL), lived));
        cr_expect(eq(u64, keystore_mark(ks).count, lived ? 2 : 1));
    }
    cr_expect(gt(int, n, 2), "there were steps to die at");
}

/* The same number, epoch and key: only the hash tells it from the one that
 * counts. */
Test(keystore, refuses_a_record_that_a_rollback_undid)
{
    uint8_t key[HF_KEY_BYTES];
    struct hf_buf undone;

    need(1, CATEGORY_HEALTH, key);
    commit();
    need(2, CATEGORY_HEALTH, key);
    cr_assert(eq(int, keystore_sync(ks), HF_OK));
    hf_buf_init(&undone, 1 << 20);
    cr_assert(eq(int, hf_file_read(path_of("keystore"), &undone), HF_OK));
    cr_assert(eq(int, keystore_rollback(ks), HF_OK));
    need(2, CATEGORY_HEALTH, key);
    commit();

    cr_assert(eq(int, open_again(), HF_OK), "what is made anew counts");
    cr_expect(has(2, CATEGORY_HEALTH, key));
    patch("keystore", keystore_offset(1), undone.p + keystore_offset(1),
          KEYSTORE_RECORD_BYTES);
    hf_buf_free(&undone);
    cr_expect(eq(int, open_again(), HF_ERR_MALFORMED));
}

static void
need_many(uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        struct node_lock lock = {.category = CATEGORY_NOTES};
        const uint8_t *k = NULL;

        memcpy(lock.id.b, &i, sizeof(i));
        cr_assert(eq(int, keystore_need(ks, &lock, &k), HF_OK));
    }
}

/* Between the swap and the store's new mark the head vouches for the records,
 * more of them than are hashed at a time. */
Test(keystore, checks_the_records_of_a_swap_that_the_store_has_not_heard_of)
{
    uint8_t key[HF_KEY_BYTES];

    need(200, CATEGORY_HEALTH, key);
    need_many(2 * KEYSTORE_CHUNK + 7);
    commit();
    destroy(200, CATEGORY_HEALTH);
    commit();
    cr_assert(eq(int, keystore_rewrite(ks), HF_OK)); /* the mark is not kept */

    cr_assert(eq(int, open_again(), HF_OK));
    cr_expect(eq(u64, keystore_mark(ks).count, 2 * KEYSTORE_CHUNK + 7));
    need(201, CATEGORY_HEALTH, key);
    commit(); /* goes on from the hash that was found */
    cr_assert(eq(int, open_again(), HF_OK));
    cr_expect(has(201, CATEGORY_HEALTH, key));

    mark.epoch--;
    patch("keystore", keystore_offset(2 * KEYSTORE_CHUNK + 3) + 60, "x", 1);
    cr_expect(eq(int, open_again(), HF_ERR_MALFORMED));
}

Test(keystore, refuses_a_head_whose_hash_was_altered)
{
    uint8_t key[HF_KEY_BYTES];

    need(1, CATEGORY_HEALTH, key);
    commit();
    patch("keystore", 40, "xxxx", 4);
    cr_expect(eq(int, open_again(), HF_ERR_MALFORMED));
}

Test(keystore, cuts_what_no_commit_counts_at_the_end_of_the_log)
{
    uint8_t a[HF_KEY_BYTES];
    uint8_t b[HF_KEY_BYTES];
    off_t size;

    need(1, CATEGORY_HEALTH, a);
    commit();
    size = size_of("keystore");
    need(2, CATEGORY_HEALTH, b);
    cr_assert(eq(int, keystore_sync(ks), HF_OK)); /* no commit: a crash */
    patch("keystore", size + KEYSTORE_RECORD_BYTES, "torn", 4);

    cr_assert(eq(int, open_again(), HF_OK));
    cr_expect(has(1, CATEGORY_HEALTH, a));
    cr_expect(not(has(2, CATEGORY_HEALTH, NULL)));
    cr_expect(eq(int, (int)size_of("keystore"), (int)size));
}

Test(keystore, refuses_an_altered_record_that_counts)
{
    uint8_t key[HF_KEY_BYTES];

    need(1, CATEGORY_HEALTH, key);
    need(2, CATEGORY_HEALTH, key);
    commit();
    patch("keystore", KEYSTORE_HEAD_BYTES + 50, "xxxx", 4);
    cr_expect(eq(int, open_again(), HF_ERR_MALFORMED));
}

Test(keystore, refuses_records_in_another_order)
{
    uint8_t key[HF_KEY_BYTES];
    struct hf_buf b;

    need(1, CATEGORY_HEALTH, key);
    need(2, CATEGORY_HEALTH, key);
    commit();
    hf_buf_init(&b, 1 << 20);
    cr_assert(eq(int, hf_file_read(path_of("keystore"), &b), HF_OK));
    patch("keystore", keystore_offset(0), b.p + keystore_offset(1),
          KEYSTORE_RECORD_BYTES);
    patch("keystore", keystore_offset(1), b.p + keystore_offset(0),
          KEYSTORE_RECORD_BYTES);
    hf_buf_free(&b);
    cr_expect(eq(int, open_again(), HF_ERR_MALFORMED));
}

Test(keystore, refuses_a_log_shorter_than_the_store_knows)
{
    uint8_t key[HF_KEY_BYTES];

    need(1, CATEGORY_HEALTH, key);
    commit();
    cr_assert(eq(int, truncate(path_of("keystore"), KEYSTORE_HEAD_BYTES), 0));
    cr_expect(eq(int, open_again(), HF_ERR_MALFORMED));
}

Test(keystore, refuses_a_missing_file_that_the_store_knows)
{
    uint8_t key[HF_KEY_BYTES];

    need(1, CATEGORY_HEALTH, key);
    commit();
    cr_assert(eq(int, unlink(path_of("keystore")), 0));
    cr_expect(eq(int, open_again(), HF_ERR_NOT_FOUND));
}

Test(keystore, refuses_another_store_key)
{
    uint8_t key[HF_KEY_BYTES];

    need(1, CATEGORY_HEALTH, key);
    commit();
    hf_secret_free(store);
    cr_assert(eq(int, hf_secret_new(HF_KEY_BOX, &store), HF_OK));
    cr_expect(eq(int, open_again(), HF_ERR_MALFORMED));
}

Test(keystore, refuses_one_that_is_older_than_the_store)
{
    mark.epoch = 7;
    cr_expect(eq(int, open_again(), HF_ERR_ROLLBACK));
}
