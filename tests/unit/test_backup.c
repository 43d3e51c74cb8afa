/* Unit tests of backups, journal, restoring and `handoff restore`: what comes
 * back, what must not, and which files are refused. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "backups.h"
#include "cli.h"
#include "hf_file.h"
#include "hf_proc.h"
#include "journal.h"
#include "prekeys.h"
#include "restoring.h"
#include "shell_fixture.h"
#include "streams.h"

#define DAY    (UINT64_C(24) * 3600 * 1000)
#define CANARY "canary-Nasrin-Ahmadi"

static char top[] = "/tmp/hf-backup-XXXXXX";
static char dir[PATH_MAX];   /* the node's */
static char file[PATH_MAX];  /* the backup */
static char again[PATH_MAX]; /* the restored node's */
static char recovery[PATH_MAX];
static struct hf_org self;
static struct own_keys keys;
static struct node_store *store;
static struct backups backups;
static uint8_t recovery_pk[HF_PK_BYTES];
static const struct node_lock health = {{{1}}, CATEGORY_HEALTH};
static const struct node_lock contact = {{{1}}, CATEGORY_CONTACT};

static struct hf_bytes
text(const char *t)
{
    return (struct hf_bytes){(const uint8_t *)t, strlen(t)};
}

static const char *
below(const char *where, const char *name)
{
    static char out[PATH_MAX];

    return hf_path(out, sizeof(out), where, name);
}

static void
write_file(const char *path, const char *what)
{
    cr_assert(
        eq(int, (int)hf_file_write(path, what, strlen(what), 0600), HF_OK));
}

static void
make_keys(const char *where)
{
    struct hf_secret *op = NULL, *link = NULL, *key = NULL;
    char folder[PATH_MAX];

    cr_assert(eq(int, (int)hf_secret_new(HF_KEY_SIGN, &op), HF_OK));
    cr_assert(eq(int, (int)hf_secret_new(HF_KEY_DH, &link), HF_OK));
    cr_assert(eq(int, (int)hf_secret_new(HF_KEY_BOX, &key), HF_OK));
    hf_path(folder, sizeof(folder), where, "keys");
    cr_assert(eq(int, (int)hf_mkdir(folder), HF_OK));
    cr_assert(eq(int, (int)hf_secret_store(below(folder, "operation.key"), op),
                 HF_OK));
    cr_assert(
        eq(int, (int)hf_secret_store(below(folder, "link.key"), link), HF_OK));
    cr_assert(eq(int, (int)own_keys_init(&keys, op, link, key), HF_OK));
}

static void
begin(void)
{
    struct hf_secret *key = NULL;
    struct fault fault = {0};

    cr_assert(eq(int, (int)hf_crypto_start(), HF_OK));
    cr_assert(ne(ptr, mkdtemp(top), NULL));
    (void)hf_path(dir, sizeof(dir), top, "node");
    (void)hf_path(file, sizeof(file), top, "one.backup");
    (void)hf_path(again, sizeof(again), top, "again");
    (void)hf_path(recovery, sizeof(recovery), top, "recovery.key");
    cr_assert(eq(int, (int)hf_mkdir(dir), HF_OK));
    memcpy(self.s, "iom-at", 6);
    make_keys(dir);
    write_file(below(dir, "handoff.yaml"), "org: iom-at\n");
    cr_assert(eq(int, (int)hf_secret_new(HF_KEY_DH, &key), HF_OK));
    hf_secret_public(key, recovery_pk);
    cr_assert(eq(int, (int)hf_secret_store(recovery, key), HF_OK));
    hf_secret_free(key);
    cr_assert(node_store_open(dir, &keys, &store, &fault), "%s", fault.text);
    backups = (struct backups){
        .dir = dir, .self = &self, .store = store, .keys = &keys};
    cr_assert(eq(int, (int)backups_init(&backups), HF_OK));
}

static void
end(void)
{
    node_store_close(store);
    own_keys_clear(&keys);
    shell_folder_end(top);
}

static void
put(enum node_table t, const char *key, const struct node_lock *lock,
    const char *value)
{
    const struct node_view *v = node_store_view(store);

    cr_assert(eq(int, (int)node_store_begin(store, true), HF_OK));
    v->put(v->ctx, t, text(key), lock, text(value));
    cr_assert(eq(int, (int)node_store_commit(store), HF_OK));
}

static void
shred(const struct node_lock *lock)
{
    const struct node_view *v = node_store_view(store);

    cr_assert(eq(int, (int)node_store_begin(store, true), HF_OK));
    v->shred(v->ctx, lock);
    cr_assert(eq(int, (int)node_store_commit(store), HF_OK));
    backups_follow(&backups, hf_clock_wall_ms(), false);
}

static bool
has(struct node_store *s, enum node_table t, const char *key)
{
    const struct node_view *v = node_store_view(s);
    struct hf_bytes got;
    bool is_there;

    cr_assert(eq(int, (int)node_store_begin(s, false), HF_OK));
    is_there = v->get(v->ctx, t, text(key), &got);
    node_store_abort(s);
    return is_there;
}

/* What `handoff backup` does with the snapshot; @extra: one file more. */
static void
seal(const char *extra)
{
    char tmp[PATH_MAX];
    struct hf_buf head, body;
    struct hf_archive *a;
    static const char *const names[] = {"store/data.mdb", "keystore",
                                        "keystore.epoch.0", "keystore.epoch.1"};
    int fd;

    (void)hf_path(tmp, sizeof(tmp), dir, BACKUP_SNAPSHOT);
    hf_buf_init(&head, 4096);
    hf_buf_init(&body, 4096);
    cr_assert(eq(int, (int)hf_file_read(below(tmp, "head"), &head), HF_OK));
    cr_assert(eq(int, (int)hf_file_read(below(tmp, "body.key"), &body), HF_OK));
    fd = open(file, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    cr_assert(eq(int, (int)hf_file_write_all(fd, head.p, head.n), HF_OK));
    a = hf_archive_new(fd, head.p, body.p, NULL, NULL);
    cr_assert(eq(
        int, (int)hf_archive_put(a, "handoff.yaml", below(dir, "handoff.yaml")),
        HF_OK));
    cr_assert(
        eq(int,
           (int)hf_archive_put(a, "keys/link.key", below(dir, "keys/link.key")),
           HF_OK));
    if (extra != NULL)
        cr_assert(eq(int, (int)hf_archive_put(a, extra, recovery), HF_OK));
    for (size_t i = 0; i < 4; i++)
        if (access(below(tmp, names[i]), F_OK) == 0)
            cr_assert(eq(int,
                         (int)hf_archive_put(a, names[i], below(tmp, names[i])),
                         HF_OK));
    cr_assert(eq(int, (int)hf_archive_end(a), HF_OK));
    hf_archive_free(a);
    (void)close(fd);
    hf_buf_free(&head);
    hf_buf_free(&body);
}

static void
backup_at(uint64_t at_ms)
{
    cr_assert(eq(int, (int)backups_begin(&backups, recovery_pk, at_ms), HF_OK));
    seal(NULL);
    cr_assert(eq(int, (int)backups_done(&backups, file), HF_OK));
}

static int
restore(const char *tombstones)
{
    char *argv[] = {"handoff",
                    "-C",
                    again,
                    "--json",
                    "restore",
                    file,
                    "--recovery-key",
                    recovery,
                    tombstones == NULL ? NULL : "--tombstones",
                    (char *)(uintptr_t)tombstones,
                    NULL};
    FILE *null = fopen("/dev/null", "w");
    const int status =
        cli_main(tombstones == NULL ? 8 : 10, argv, null, stderr);

    (void)fclose(null);
    return status;
}

/* What the restored node's first start does, up to the core. */
static struct node_store *
first_start(struct own_keys *theirs)
{
    struct hf_secret *key = NULL, *op = NULL, *link = NULL;
    struct node_store *s = NULL;
    struct fault fault = {0};

    cr_assert(eq(
        int,
        (int)hf_secret_load(below(again, "keys/store.key"), HF_KEY_BOX, &key),
        HF_OK));
    cr_assert(eq(int, (int)hf_secret_new(HF_KEY_SIGN, &op), HF_OK));
    cr_assert(eq(int, (int)hf_secret_new(HF_KEY_DH, &link), HF_OK));
    cr_assert(eq(int, (int)own_keys_init(theirs, op, link, key), HF_OK));
    cr_assert(node_store_open(again, theirs, &s, &fault), "%s", fault.text);
    cr_assert(restoring_is_due(again));
    cr_assert(restoring_apply(again, &self, s, theirs, &fault), "%s",
              fault.text);
    return s;
}

static void
stop(struct node_store *s, struct own_keys *theirs)
{
    node_store_close(s);
    own_keys_clear(theirs);
}

TestSuite(backup, .init = begin, .fini = end);

Test(backup, gives_every_row_back)
{
    struct own_keys theirs;
    struct node_store *s;

    put(NODE_SECTIONS, "a", &health, CANARY);
    put(NODE_META, "m", NULL, "one");
    backup_at(hf_clock_wall_ms());
    cr_assert(eq(int, restore(NULL), 0));
    s = first_start(&theirs);
    cr_expect(has(s, NODE_SECTIONS, "a"));
    cr_expect(has(s, NODE_META, "m"));
    cr_assert(eq(int, (int)restoring_done(again), HF_OK));
    cr_expect(not(restoring_is_due(again)));
    stop(s, &theirs);
}

Test(backup, is_a_copy_of_one_instant)
{
    struct own_keys theirs;
    struct node_store *s;

    put(NODE_SECTIONS, "a", &health, CANARY);
    cr_assert(eq(int,
                 (int)backups_begin(&backups, recovery_pk, hf_clock_wall_ms()),
                 HF_OK));
    put(NODE_SECTIONS, "b", &contact, CANARY);
    seal(NULL);
    cr_assert(eq(int, (int)backups_done(&backups, file), HF_OK));
    cr_assert(eq(int, restore(NULL), 0));
    s = first_start(&theirs);
    cr_expect(has(s, NODE_SECTIONS, "a"));
    cr_expect(not(has(s, NODE_SECTIONS, "b")));
    stop(s, &theirs);
}

Test(backup, what_was_shredded_since_does_not_come_back)
{
    struct own_keys theirs;
    struct node_store *s;

    put(NODE_SECTIONS, "a", &health, CANARY);
    put(NODE_SECTIONS, "b", &contact, CANARY);
    backup_at(hf_clock_wall_ms());
    shred(&health);
    put(NODE_TOMBSTONES, "t", NULL, "withdrawn");
    put(NODE_SHREDDED, "s", NULL, "shredded");
    backups_follow(&backups, hf_clock_wall_ms(), false);
    cr_assert(eq(int, restore(NULL), 0));
    s = first_start(&theirs);
    cr_expect(not(has(s, NODE_SECTIONS, "a")));
    cr_expect(has(s, NODE_SECTIONS, "b"));
    cr_expect(has(s, NODE_TOMBSTONES, "t"));
    cr_expect(has(s, NODE_SHREDDED, "s"));
    stop(s, &theirs);
}

/* The backup's own keystore has the key; after the first start neither file of
 * the restored one opens it, whatever copy of the other there is. */
Test(backup, the_restored_keystore_has_another_epoch)
{
    struct own_keys theirs;
    struct hf_buf before, after;
    struct stat st;

    put(NODE_SECTIONS, "a", &health, CANARY);
    backup_at(hf_clock_wall_ms());
    shred(&health);
    cr_assert(eq(int, restore(NULL), 0));
    hf_buf_init(&before, 4096);
    hf_buf_init(&after, 4096);
    cr_assert(eq(int,
                 (int)hf_file_read(below(again, "keystore.epoch.1"), &before),
                 HF_OK));
    stop(first_start(&theirs), &theirs);
    cr_assert(eq(int,
                 (int)hf_file_read(below(again, "keystore.epoch.1"), &after),
                 HF_OK));
    for (size_t i = 0; i < after.n; i++)
        cr_expect(eq(int, after.p[i], 0));
    cr_expect(ne(int, memcmp(before.p, after.p, after.n), 0));
    cr_assert(eq(int, stat(below(again, "keystore"), &st), 0));
    cr_expect(eq(int, (int)st.st_size, 96), "a head and no record");
    hf_buf_free(&before);
    hf_buf_free(&after);
}

Test(backup, only_what_was_destroyed_after_the_backup_is_destroyed_again)
{
    struct own_keys theirs;
    struct node_store *s;

    put(NODE_SECTIONS, "a", &health, CANARY);
    shred(&health);
    put(NODE_SECTIONS, "a", &health, CANARY); /* a new key, rightly */
    backup_at(hf_clock_wall_ms());
    cr_assert(eq(int, restore(NULL), 0));
    s = first_start(&theirs);
    cr_expect(has(s, NODE_SECTIONS, "a"));
    stop(s, &theirs);
}

Test(backup, an_interrupted_first_start_does_it_again)
{
    struct own_keys theirs;
    struct node_store *s;

    put(NODE_SECTIONS, "a", &health, CANARY);
    backup_at(hf_clock_wall_ms());
    shred(&health);
    cr_assert(eq(int, restore(NULL), 0));
    stop(first_start(&theirs), &theirs);
    s = first_start(&theirs);
    cr_expect(not(has(s, NODE_SECTIONS, "a")));
    stop(s, &theirs);
}

Test(backup, a_shred_takes_the_waiting_snapshot_along)
{
    put(NODE_SECTIONS, "a", &health, CANARY);
    cr_assert(eq(int,
                 (int)backups_begin(&backups, recovery_pk, hf_clock_wall_ms()),
                 HF_OK));
    shred(&health);
    cr_expect(ne(int, access(below(dir, BACKUP_SNAPSHOT), F_OK), 0));
    cr_expect(eq(int, (int)backups_done(&backups, file), HF_ERR_NOT_FOUND));
}

Test(backup, a_snapshot_left_over_is_destroyed_at_the_next_start)
{
    cr_assert(eq(int,
                 (int)backups_begin(&backups, recovery_pk, hf_clock_wall_ms()),
                 HF_OK));
    cr_expect(eq(int, access(below(dir, BACKUP_SNAPSHOT), F_OK), 0));
    cr_assert(eq(int, (int)backups_init(&backups), HF_OK));
    cr_expect(ne(int, access(below(dir, BACKUP_SNAPSHOT), F_OK), 0));
}

Test(backup, is_refused_after_30_days)
{
    backup_at(hf_clock_wall_ms() - 31 * DAY);
    cr_expect(eq(int, restore(NULL), EX_REFUSED));
    cr_expect(ne(int, access(again, F_OK), 0));
}

Test(backup, is_refused_by_a_clock_that_is_behind_it)
{
    backup_at(hf_clock_wall_ms() + 2 * DAY);
    cr_expect(eq(int, restore(NULL), EX_REFUSED));
}

Test(backup, is_refused_without_its_tombstones)
{
    char path[PATH_MAX + 16];

    backup_at(hf_clock_wall_ms());
    snprintf(path, sizeof(path), "%s.tombstones", file);
    cr_assert(eq(int, unlink(path), 0));
    cr_expect(eq(int, restore(NULL), EX_NOINPUT));
}

Test(backup, is_refused_with_older_tombstones)
{
    char old[PATH_MAX];

    (void)hf_path(old, sizeof(old), top, "old");
    backup_at(hf_clock_wall_ms());
    cr_assert(eq(int, rename(below(dir, BACKUP_JOURNAL), old), 0));
    put(NODE_SECTIONS, "a", &health, CANARY);
    shred(&health);
    backup_at(hf_clock_wall_ms() + 1);
    cr_expect(eq(int, restore(old), EX_DATAERR));
    cr_expect(eq(int, restore(NULL), 0));
}

Test(backup, is_refused_with_the_tombstones_of_another_node)
{
    static const uint8_t other[HF_KEY_BYTES] = {3};
    char theirs[PATH_MAX];

    (void)hf_path(theirs, sizeof(theirs), top, "theirs");
    cr_assert(eq(int,
                 (int)hf_boxfile_write(theirs, BACKUP_JOURNAL_MAGIC, other,
                                       text("iom-at")),
                 HF_OK));
    backup_at(hf_clock_wall_ms());
    cr_expect(eq(int, restore(theirs), EX_DATAERR));
}

Test(backup, later_tombstones_serve_an_older_backup)
{
    struct own_keys theirs;
    struct node_store *s;
    char old[PATH_MAX];

    (void)hf_path(old, sizeof(old), top, "moved.backup");
    put(NODE_SECTIONS, "a", &health, CANARY);
    backup_at(hf_clock_wall_ms());
    cr_assert(eq(int, rename(file, old), 0)); /* carried away */
    shred(&health);
    memcpy(file, old, sizeof(old));
    cr_assert(eq(int, restore(below(dir, BACKUP_JOURNAL)), 0));
    s = first_start(&theirs);
    cr_expect(not(has(s, NODE_SECTIONS, "a")));
    stop(s, &theirs);
}

Test(backup, a_name_that_leads_elsewhere_is_refused)
{
    cr_assert(eq(int,
                 (int)backups_begin(&backups, recovery_pk, hf_clock_wall_ms()),
                 HF_OK));
    seal("keys/../../evil");
    cr_assert(eq(int, (int)backups_done(&backups, file), HF_OK));
    cr_expect(eq(int, restore(NULL), EX_DATAERR));
    cr_expect(ne(int, access(below(top, "evil"), F_OK), 0));
    cr_expect(ne(int, access(again, F_OK), 0), "nothing is left half done");
}

Test(backup, a_flipped_bit_is_refused_and_leaves_nothing)
{
    struct hf_buf buf;

    backup_at(hf_clock_wall_ms());
    hf_buf_init(&buf, 1 << 24);
    cr_assert(eq(int, (int)hf_file_read(file, &buf), HF_OK));
    buf.p[buf.n - 100] ^= 1;
    cr_assert(eq(int, (int)hf_file_write(file, buf.p, buf.n, 0600), HF_OK));
    hf_buf_free(&buf);
    cr_expect(eq(int, restore(NULL), EX_DATAERR));
    cr_expect(ne(int, access(again, F_OK), 0));
}

Test(backup, a_directory_that_is_there_is_not_touched)
{
    backup_at(hf_clock_wall_ms());
    cr_assert(eq(int, (int)hf_mkdir(again), HF_OK));
    write_file(below(again, "mine"), "mine");
    cr_expect(eq(int, restore(NULL), EX_REFUSED));
    cr_expect(eq(int, access(below(again, "mine"), F_OK), 0));
}

Test(backup, streams_begin_anew_after_a_restore)
{
    struct envelope_header h = {.epoch = 77, .lane = LANE_NORMAL};
    const struct node_view *v = node_store_view(store);
    struct envelope_header old;
    struct own_keys theirs;
    struct node_store *s;

    memcpy(h.recipient.s, "clinic-kbl", 10);
    cr_assert(eq(int, (int)node_store_begin(store, true), HF_OK));
    streams_number(v, &h);
    streams_number(v, &h);
    cr_assert(eq(int, (int)node_store_commit(store), HF_OK));
    old = h;
    backup_at(hf_clock_wall_ms());
    cr_assert(eq(int, restore(NULL), 0));
    s = first_start(&theirs);
    v = node_store_view(s);
    h.epoch = 78;
    cr_assert(eq(int, (int)node_store_begin(s, true), HF_OK));
    streams_number(v, &h);
    cr_expect(eq(u64, h.epoch, 78));
    cr_expect(eq(u64, h.seq, 1));
    streams_number(v, &h);
    streams_settle(v, &old); /* of the old epoch: the floor stays */
    streams_number(v, &h);
    cr_expect(eq(u64, h.floor, 1));
    cr_assert(eq(int, (int)node_store_commit(s), HF_OK));
    stop(s, &theirs);
}

Test(backup, a_restore_destroys_prekeys_that_it_finds)
{
    static const uint8_t seal_key[HF_KEY_BYTES] = {9};
    struct prekeys *p = NULL;
    struct own_keys theirs;
    struct hf_id was;
    struct fault fault = {0};

    backup_at(hf_clock_wall_ms());
    cr_assert(eq(int, restore(NULL), 0));
    cr_assert(prekeys_open(again, &self, seal_key, hf_clock_wall_ms(), true, &p,
                           &fault));
    was = prekeys_newest(p)->id;
    prekeys_close(p);
    stop(first_start(&theirs), &theirs);
    cr_assert(prekeys_open(again, &self, seal_key, hf_clock_wall_ms(), true, &p,
                           &fault));
    cr_expect(eq(ptr, (void *)prekeys_find(p, &was), NULL));
    prekeys_close(p);
}
