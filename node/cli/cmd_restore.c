/* restore: a node's directory from a backup, whole or not at all. Offline; the
 * node's first start finishes it: it destroys again what was destroyed since
 * the backup, before it serves anything. */
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "backup.h"
#include "cli.h"
#include "cli_pass.h"
#include "cli_progress.h"
#include "cmd.h"
#include "hf_archive.h"
#include "hf_file.h"
#include "hf_guard.h"
#include "hf_proc.h"
#include "hf_text.h"

#define AHEAD_MS    (24ull * 3600 * 1000) /* a clock may be off by that */
#define PIECE_BYTES 65536u

/* What a backup may hold; a slash at the end: files in that folder. */
static const char *const known[] = {
    "handoff.yaml", "request.yaml",     "registry.set",
    "keystore",     "keystore.epoch.0", "keystore.epoch.1",
    "keys/",        "policy/",          "store/data.mdb"};

struct restore {
    struct cli *c;
    char fresh[PATH_MAX]; /* the directory until it is whole */
    char journal[PATH_MAX];
    int fd; /* of the backup; -1: none */
    struct hf_archive_head head;
    uint8_t bytes[HF_ARCHIVE_HEAD_BYTES];
    uint8_t *secret;      /* guarded: the store key */
    uint8_t *body;        /* guarded */
    struct hf_pass *pass; /* NULL: the store key goes into a file */
    bool is_begun;        /* the fresh directory is there */
};

static int
cannot_write(struct restore *r, const char *path, enum hf_err err)
{
    return cli_fail(r->c, err == HF_ERR_FULL ? EX_TEMPFAIL : EX_NOPERM,
                    "cannot_write", "check space and permissions", "%s: %s",
                    path, hf_err_text(err));
}

/* ---- what is checked before anything is written ---- */

static int
open_backup(struct restore *r)
{
    const char *path = r->c->arg[0];
    ssize_t n;

    r->fd = open(path, O_RDONLY | O_CLOEXEC);
    if (r->fd < 0)
        return cli_fail(r->c, EX_NOINPUT, "no_such_file", "check its name",
                        "%s: no such file", path);
    n = read(r->fd, r->bytes, sizeof(r->bytes));
    if (n != (ssize_t)sizeof(r->bytes) ||
        hf_archive_peek(r->bytes, &r->head) != HF_OK)
        return cli_fail(r->c, EX_DATAERR, "malformed", "",
                        "%s is no backup of a node", path);
    return 0;
}

/* Tombstones are kept for as long as that and no longer. */
static int
check_age(struct restore *r)
{
    const uint64_t now = hf_clock_wall_ms();
    char made[HF_TIME_TEXT_BYTES];

    (void)hf_time_format_local(r->head.made_ms, made);
    if (now > r->head.made_ms + BACKUP_VALID_MS)
        return cli_fail(r->c, EX_REFUSED, "backup_expired",
                        "use a newer one; it would bring back what was "
                        "destroyed since",
                        "%s was made %s: over 30 days ago", r->c->arg[0], made);
    if (r->head.made_ms > now + AHEAD_MS)
        return cli_fail(r->c, EX_REFUSED, "clock_wrong",
                        "set the clock of this machine",
                        "%s was made %s, says its head", r->c->arg[0], made);
    return 0;
}

static int
open_head(struct restore *r)
{
    const char *path = cli_value(r->c, "recovery-key");
    struct hf_secret *key = NULL;
    enum hf_err err = hf_secret_load(path, HF_KEY_DH, &key);

    if (err)
        return cli_fail(r->c,
                        err == HF_ERR_NOT_FOUND   ? EX_NOINPUT
                        : err == HF_ERR_FORBIDDEN ? EX_NOPERM
                                                  : EX_DATAERR,
                        "bad_recovery_key",
                        "it is the recovery.key that handoff init made; "
                        "chmod 600 it",
                        "%s: %s", path, hf_err_text(err));
    r->secret = hf_guard_alloc(HF_KEY_BYTES);
    r->body = hf_guard_alloc(HF_KEY_BYTES);
    err = r->secret == NULL || r->body == NULL
              ? HF_ERR_NOMEM
              : hf_archive_open(r->bytes, key, r->secret, r->body);
    hf_secret_free(key);
    if (err == HF_ERR_UNTRUSTED)
        return cli_fail(r->c, EX_DATAERR, "other_recovery_key",
                        "find the one that this node's backups are sealed to",
                        "%s is sealed to another recovery key", r->c->arg[0]);
    return err ? cli_fail(r->c, EX_DATAERR, "altered", "take another backup",
                          "%s: %s", r->c->arg[0], hf_err_text(err))
               : 0;
}

/* The journal must be this node's and of no earlier than the backup. */
static enum hf_err
read_journal(struct restore *r)
{
    uint8_t *key = hf_guard_alloc(sizeof(struct hf_hash));
    struct hf_buf plain;
    const uint8_t *p;
    enum hf_err err;

    if (key == NULL)
        return HF_ERR_NOMEM;
    hf_buf_init(&plain, BACKUP_JOURNAL_MAX);
    hf_hash_keyed(r->secret, BACKUP_JOURNAL_LABEL, NULL, 0,
                  (struct hf_hash *)key);
    err = hf_boxfile_read(r->journal, BACKUP_JOURNAL_MAGIC, key, &plain);
    hf_guard_free(key);
    if (!err && (plain.n < HF_ORG_BYTES + 8 ||
                 memcmp(plain.p, r->head.owner.s, HF_ORG_BYTES) != 0))
        err = HF_ERR_UNTRUSTED;
    p = plain.p == NULL ? NULL : plain.p + HF_ORG_BYTES;
    if (!err && hf_get_u64(&p) < r->head.serial)
        err = HF_ERR_ROLLBACK;
    hf_buf_free(&plain);
    return err;
}

static int
check_journal(struct restore *r)
{
    const char *given = cli_value(r->c, "tombstones");
    enum hf_err err;

    (void)snprintf(r->journal, sizeof(r->journal), "%s%s",
                   given != NULL ? given : r->c->arg[0],
                   given != NULL ? "" : "." BACKUP_JOURNAL);
    err = read_journal(r);
    if (err)
        return cli_fail(r->c, err == HF_ERR_NOT_FOUND ? EX_NOINPUT : EX_DATAERR,
                        err == HF_ERR_NOT_FOUND ? "no_tombstones"
                                                : "bad_tombstones",
                        "without it what was destroyed would come back: give "
                        "--tombstones FILE, the newest there is of this node",
                        "%s: %s", r->journal, hf_err_text(err));
    return 0;
}

static bool
is_empty(const char *dir)
{
    /* rmdir() is the question: it takes nothing but an empty folder. */
    return access(dir, F_OK) != 0 || rmdir(dir) == 0;
}

static int
name_fresh(struct restore *r)
{
    const int n =
        snprintf(r->fresh, sizeof(r->fresh), "%s.restoring", r->c->dir);

    return n > 0 && (size_t)n < sizeof(r->fresh) - 256
               ? 0
               : cli_fail(r->c, EX_DATAERR, "bad_value", "", "%s: too long",
                          r->c->dir);
}

/* Whether the new directory may take its place; @moves: make room for it. */
static int
clear_dir(struct restore *r, bool moves)
{
    char aside[PATH_MAX];

    if (cli_is_held(r->c))
        return cli_fail(r->c, EX_TEMPFAIL, "busy", "stop it first",
                        "the node of %s is running", r->c->dir);
    if (is_empty(r->c->dir))
        return 0;
    if (!cli_has(r->c, "aside"))
        return cli_fail(r->c, EX_REFUSED, "not_empty",
                        "name another directory, or add --aside",
                        "%s is there already", r->c->dir);
    if (!moves)
        return 0;
    (void)snprintf(aside, sizeof(aside), "%.*s.aside-%llu", PATH_MAX - 40,
                   r->c->dir, (unsigned long long)(hf_clock_wall_ms() / 1000));
    return rename(r->c->dir, aside) == 0 ? 0
                                         : cannot_write(r, aside, HF_ERR_IO);
}

/* ---- unpacking ---- */

static bool
is_known(const char *name)
{
    for (const char *p = name; *p != '\0'; p++)
        if (!((*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') ||
              (*p >= '0' && *p <= '9') || strchr("._-/", *p) != NULL))
            return false;
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        const size_t n = strlen(known[i]);

        if (strcmp(name, known[i]) == 0 && known[i][n - 1] != '/')
            return true;
        if (known[i][n - 1] == '/' && strncmp(name, known[i], n) == 0 &&
            name[n] != '\0' && name[n] != '.' && strchr(name + n, '/') == NULL)
            return true;
    }
    return false;
}

static enum hf_err
copy_out(struct hf_archive *a, int fd, uint64_t size)
{
    uint8_t *piece = malloc(PIECE_BYTES);
    enum hf_err err = piece == NULL ? HF_ERR_NOMEM : HF_OK;

    while (!err && size > 0) {
        const size_t n = size < PIECE_BYTES ? (size_t)size : PIECE_BYTES;

        err = hf_archive_get(a, piece, n);
        if (!err)
            err = hf_file_write_all(fd, piece, n);
        size -= n;
    }
    if (!err && fsync(fd) != 0)
        err = errno == ENOSPC ? HF_ERR_FULL : HF_ERR_IO;
    if (piece != NULL)
        hf_wipe(piece, PIECE_BYTES);
    free(piece);
    return err;
}

static enum hf_err
unpack_one(struct restore *r, struct hf_archive *a, const char *name,
           uint64_t size)
{
    char path[PATH_MAX];
    char folder[PATH_MAX];
    const char *slash = strchr(name, '/');
    enum hf_err err = HF_OK;
    int fd;

    if (!is_known(name))
        return HF_ERR_MALFORMED;
    if (slash != NULL) {
        (void)snprintf(path, sizeof(path), "%.*s", (int)(slash - name), name);
        err = hf_mkdir(hf_path(folder, sizeof(folder), r->fresh, path));
    }
    if (err)
        return err;
    fd = open(hf_path(path, sizeof(path), r->fresh, name),
              O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return errno == EEXIST ? HF_ERR_MALFORMED : HF_ERR_IO;
    err = copy_out(a, fd, size);
    if (close(fd) != 0 && !err)
        err = HF_ERR_IO;
    return err ? err : hf_file_sync_dir(path);
}

static enum hf_err
unpack_all(struct restore *r, struct hf_archive *a)
{
    char name[HF_ARCHIVE_NAME_BYTES];
    enum hf_err err = HF_OK;
    uint64_t size;

    while (!err) {
        err = hf_archive_next(a, name, &size);
        if (!err)
            err = unpack_one(r, a, name, size);
    }
    return err == HF_ERR_NOT_FOUND ? HF_OK : err;
}

static int
remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
    (void)st;
    (void)type;
    (void)at;
    return remove(path);
}

static void
remove_fresh(struct restore *r)
{
    (void)nftw(r->fresh, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static int
unpack(struct restore *r)
{
    struct cli_progress progress;
    struct hf_archive *a;
    struct stat st;
    enum hf_err err;

    remove_fresh(r); /* of a restore that was cut short */
    err = hf_mkdir(r->fresh);
    if (err)
        return cannot_write(r, r->fresh, err);
    r->is_begun = true;
    cli_progress_begin(&progress, r->c, "Unpacking",
                       fstat(r->fd, &st) == 0 ? (uint64_t)st.st_size : 0);
    a = hf_archive_new(r->fd, r->bytes, r->body, cli_progress_at, &progress);
    err = a == NULL ? HF_ERR_NOMEM : unpack_all(r, a);
    hf_archive_free(a);
    cli_progress_end(&progress);
    if (err == HF_ERR_SIGNATURE || err == HF_ERR_MALFORMED)
        return cli_fail(r->c, EX_DATAERR, "altered", "take another backup",
                        "%s is altered or cut short", r->c->arg[0]);
    return err ? cannot_write(r, r->fresh, err) : 0;
}

/* ---- what is not in the body ---- */

static int
write_store_key(struct restore *r)
{
    struct hf_secret *key = NULL;
    char keys[PATH_MAX], path[PATH_MAX];
    enum hf_err err = hf_secret_from_seed(HF_KEY_BOX, r->secret, &key);

    hf_path(path, sizeof(path), hf_path(keys, sizeof(keys), r->fresh, "keys"),
            r->pass == NULL ? "store.key" : "store.sealed");
    if (!err)
        err = hf_mkdir(keys);
    if (!err)
        err = r->pass == NULL ? hf_secret_store(path, key)
                              : hf_pass_store(path, key, r->pass);
    hf_secret_free(key);
    return err ? cannot_write(r, path, err) : 0;
}

static int
write_mark(struct restore *r)
{
    char path[PATH_MAX];
    struct hf_buf journal;
    uint8_t mark[8];
    uint8_t *p = mark;
    enum hf_err err;

    hf_buf_init(&journal, BACKUP_JOURNAL_MAX + 64);
    err = hf_file_read(r->journal, &journal);
    if (!err)
        err =
            hf_file_write(hf_path(path, sizeof(path), r->fresh, BACKUP_JOURNAL),
                          journal.p, journal.n, 0600);
    hf_buf_free(&journal);
    hf_put_u64(&p, r->head.serial);
    if (!err)
        err = hf_file_write(
            hf_path(path, sizeof(path), r->fresh, BACKUP_RESTORED), mark,
            sizeof(mark), 0600);
    return err ? cannot_write(r, r->fresh, err) : 0;
}

static int
put_in_place(struct restore *r)
{
    char made[HF_TIME_TEXT_BYTES];
    json_t *answer;

    if (rename(r->fresh, r->c->dir) != 0 ||
        hf_file_sync_dir(r->c->dir) != HF_OK)
        return cannot_write(r, r->c->dir, HF_ERR_IO);
    r->is_begun = false;
    answer =
        json_pack("{s:s,s:s,s:s}", "dir", r->c->dir, "org", r->head.owner.s,
                  "made", hf_time_format(r->head.made_ms, made));
    if (!cli_say(r->c, answer))
        fprintf(r->c->out,
                "%s as it was %s.\nStart it: it asks its peers for what has "
                "happened since.\nUntil they have answered, withdrawals and "
                "erasures go on, and what they\nhold a part of waits.\n",
                r->head.owner.s, hf_time_format_local(r->head.made_ms, made));
    json_decref(answer);
    return 0;
}

static int
run(struct restore *r)
{
    int status = name_fresh(r);

    if (status == 0)
        status = clear_dir(r, false);
    if (status == 0)
        status = open_backup(r);
    if (status == 0)
        status = check_age(r);
    if (status == 0)
        status = open_head(r);
    if (status == 0)
        status = check_journal(r);
    if (status == 0 && cli_pass_wanted(r->c))
        status = cli_pass_new(r->c, &r->pass);
    if (status == 0)
        status = unpack(r);
    if (status == 0)
        status = write_store_key(r);
    if (status == 0)
        status = write_mark(r);
    if (status == 0)
        status = clear_dir(r, true);
    return status == 0 ? put_in_place(r) : status;
}

int
cmd_restore(struct cli *c)
{
    struct restore r = {.c = c, .fd = -1};
    int status;

    if (c->dir == NULL)
        return cli_fail(c, EX_USAGE, "no_directory",
                        "give -C DIR or set HANDOFF_DIR",
                        "where to? no directory was named");
    status = run(&r);
    if (r.is_begun)
        remove_fresh(&r);
    if (r.fd >= 0)
        (void)close(r.fd);
    hf_pass_free(r.pass);
    hf_guard_free(r.secret);
    hf_guard_free(r.body);
    return status;
}
