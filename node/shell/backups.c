#include "backups.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "hf_file.h"
#include "hf_guard.h"
#include "hf_log.h"
#include "hf_text.h"
#include "journal.h"
#include "keystore.h"

#define MARK      0xf1 /* first byte of our rows in the shell's own table */
#define KEY_BYTES 9
#define STALE_MS  (3600ull * 1000) /* nobody fetched the snapshot */
#define PRUNE_MS  (BACKUP_VALID_MS + 5ull * 24 * 3600 * 1000)
#define PRUNE_MAX 1024
#define NONE      UINT64_MAX

static const char *
in_tmp(const struct backups *b, const char *name, char out[static PATH_MAX])
{
    char tmp[PATH_MAX];

    return hf_path(out, PATH_MAX,
                   hf_path(tmp, sizeof(tmp), b->dir, BACKUP_SNAPSHOT), name);
}

/* ---- the snapshot ---- */

static enum hf_err
remove_file(const char *path)
{
    return unlink(path) == 0 || errno == ENOENT ? HF_OK : HF_ERR_IO;
}

/* The epoch key and the body key are overwritten; the rest opens nothing. */
static enum hf_err
destroy_snapshot(struct backups *b)
{
    static const uint8_t zero[HF_KEY_BYTES];
    static const char *const names[] = {"store/data.mdb", "store/lock.mdb",
                                        "keystore", "head", "body.key"};
    char path[PATH_MAX];
    enum hf_err err;

    b->pending_ms = 0;
    hf_path(path, sizeof(path), b->dir, BACKUP_SNAPSHOT);
    if (access(path, F_OK) != 0)
        return HF_OK;
    err = keystore_uncopy(path);
    if (!err && access(in_tmp(b, "body.key", path), F_OK) == 0)
        err = hf_file_write(path, zero, sizeof(zero), 0600);
    for (size_t i = 0; !err && i < sizeof(names) / sizeof(names[0]); i++)
        err = remove_file(in_tmp(b, names[i], path));
    if (!err && rmdir(in_tmp(b, "store", path)) != 0 && errno != ENOENT)
        err = HF_ERR_IO;
    hf_path(path, sizeof(path), b->dir, BACKUP_SNAPSHOT);
    if (!err && rmdir(path) != 0)
        err = HF_ERR_IO;
    return err;
}

static enum hf_err
write_head(struct backups *b, const struct hf_archive_head *h)
{
    uint8_t *body = hf_guard_alloc(HF_KEY_BYTES);
    uint8_t head[HF_ARCHIVE_HEAD_BYTES];
    char path[PATH_MAX];
    enum hf_err err;

    if (body == NULL)
        return HF_ERR_NOMEM;
    if (!hf_archive_seal(h, hf_secret_key(b->keys->store), head, body))
        err = HF_ERR_FORBIDDEN;
    else
        err = hf_file_write(in_tmp(b, "head", path), head, sizeof(head), 0600);
    if (!err)
        err = hf_file_write(in_tmp(b, "body.key", path), body, HF_KEY_BYTES,
                            0600);
    hf_guard_free(body);
    return err;
}

static uint64_t
last_serial(struct backups *b)
{
    uint64_t last = 0;

    if (node_store_begin(b->store, false) != HF_OK)
        return 0;
    last = journal_last(node_store_view(b->store));
    node_store_abort(b->store);
    return last;
}

/* Too old for any backup that a restore would take. */
static void
prune(struct backups *b, uint64_t now_ms)
{
    if (now_ms < PRUNE_MS || node_store_begin(b->store, true) != HF_OK)
        return;
    journal_prune(node_store_view(b->store), now_ms - PRUNE_MS, PRUNE_MAX);
    if (node_store_commit(b->store) != HF_OK)
        hf_log(HF_LOG_WARN, "backup_failed", "why=%s", "journal not pruned");
}

enum hf_err
backups_begin(struct backups *b, const uint8_t recovery[static 32],
              uint64_t now_ms)
{
    struct hf_archive_head h = {.made_ms = now_ms, .owner = *b->self};
    char path[PATH_MAX];
    enum hf_err err = destroy_snapshot(b);

    if (err)
        return err;
    prune(b, now_ms);
    memcpy(h.recovery, recovery, HF_PK_BYTES);
    h.serial = last_serial(b);
    err = hf_mkdir(hf_path(path, sizeof(path), b->dir, BACKUP_SNAPSHOT));
    if (!err)
        err = node_store_copy(b->store, path);
    if (!err)
        err = write_head(b, &h);
    if (err) {
        if (destroy_snapshot(b) != HF_OK)
            hf_log(HF_LOG_WARN, "backup_failed", "why=%s",
                   "left " BACKUP_SNAPSHOT);
        return err;
    }
    b->pending_ms = now_ms;
    b->pending = h.serial;
    return HF_OK;
}

/* ---- those that can be restored ---- */

static struct hf_bytes
key_of(uint64_t made_ms, uint8_t out[static KEY_BYTES])
{
    out[0] = MARK;
    for (int i = 0; i < 8; i++)
        out[1 + i] = (uint8_t)(made_ms >> (56 - 8 * i));
    return (struct hf_bytes){out, KEY_BYTES};
}

static void
remember(struct backups *b, uint64_t made_ms, const char *path, size_t n)
{
    struct backup *item;

    b->last_ms = made_ms;
    if (n == 0 || n >= BACKUPS_PATH_MAX)
        return;
    if (b->n == BACKUPS_MAX)
        memmove(&b->item[0], &b->item[1], --b->n * sizeof(b->item[0]));
    item = &b->item[b->n++];
    *item = (struct backup){.made_ms = made_ms, .followed = NONE};
    memcpy(item->path, path, n);
}

enum hf_err
backups_init(struct backups *b)
{
    const struct node_view *v = node_store_view(b->store);
    uint8_t from[KEY_BYTES + 1] = {MARK};
    size_t n_from = 1;
    struct hf_bytes key, value;
    enum hf_err err = destroy_snapshot(b);

    b->own = NONE;
    if (!err)
        err = node_store_begin(b->store, false);
    if (err)
        return err;
    while (v->seek(v->ctx, NODE_SHELF, (struct hf_bytes){from, n_from}, &key,
                   &value) &&
           key.n == KEY_BYTES && key.p[0] == MARK) {
        uint64_t made_ms = 0;

        for (int i = 0; i < 8; i++)
            made_ms = made_ms << 8 | key.p[1 + i];
        memcpy(from, key.p, KEY_BYTES);
        from[KEY_BYTES] = 0;
        n_from = sizeof(from);
        remember(b, made_ms, (const char *)value.p, value.n);
    }
    node_store_abort(b->store);
    return HF_OK;
}

/* The store's rows: the new one in, those that expired out. */
static enum hf_err
store_rows(struct backups *b, uint64_t made_ms, const char *path)
{
    const struct node_view *v = node_store_view(b->store);
    uint8_t key[KEY_BYTES];
    enum hf_err err = node_store_begin(b->store, true);

    if (err)
        return err;
    v->put(v->ctx, NODE_SHELF, key_of(made_ms, key), NULL,
           (struct hf_bytes){(const uint8_t *)path, strlen(path)});
    for (size_t i = 0; i < b->n; i++)
        if (b->item[i].made_ms + BACKUP_VALID_MS < made_ms)
            v->del(v->ctx, NODE_SHELF, key_of(b->item[i].made_ms, key));
    return node_store_commit(b->store);
}

enum hf_err
backups_done(struct backups *b, const char *path)
{
    const uint64_t made_ms = b->pending_ms;
    enum hf_err err;

    if (made_ms == 0)
        return HF_ERR_NOT_FOUND;
    if (strlen(path) + sizeof(".tombstones") > BACKUPS_PATH_MAX)
        return HF_ERR_LIMIT;
    err = destroy_snapshot(b);
    if (!err)
        err = store_rows(b, made_ms, path);
    if (err)
        return err;
    remember(b, made_ms, path, strlen(path));
    backups_follow(b, made_ms, true);
    return HF_OK;
}

/* ---- the journal beside them ---- */

static enum hf_err
pack(struct backups *b, struct hf_buf *out)
{
    enum hf_err err = node_store_begin(b->store, false);

    if (err)
        return err;
    if (!journal_pack(node_store_view(b->store), b->self, out))
        err = HF_ERR_LIMIT;
    if (!err)
        err = node_store_err(b->store);
    node_store_abort(b->store);
    return err;
}

/* A backup that was moved is followed no longer: the journal of a later one
 * serves it as well. A folder that is not there may come back. */
static bool
is_moved(const struct backup *item)
{
    char folder[BACKUPS_PATH_MAX];
    char *slash;

    (void)snprintf(folder, sizeof(folder), "%s", item->path);
    slash = strrchr(folder, '/');
    if (slash == NULL || slash == folder)
        return false;
    *slash = '\0';
    return access(item->path, F_OK) != 0 && access(folder, F_OK) == 0;
}

static void
follow_all(struct backups *b, uint64_t last, struct hf_bytes plain,
           uint64_t now_ms)
{
    char path[PATH_MAX];

    hf_path(path, sizeof(path), b->dir, BACKUP_JOURNAL);
    if (b->own != last && hf_boxfile_write(path, BACKUP_JOURNAL_MAGIC,
                                           b->keys->journal, plain) == HF_OK)
        b->own = last;
    b->n_behind = 0;
    for (size_t i = 0; i < b->n; i++) {
        struct backup *item = &b->item[i];

        if (item->made_ms + BACKUP_VALID_MS < now_ms ||
            item->followed == last || is_moved(item))
            continue;
        (void)snprintf(path, sizeof(path), "%s.tombstones", item->path);
        if (hf_boxfile_write(path, BACKUP_JOURNAL_MAGIC, b->keys->journal,
                             plain) == HF_OK)
            item->followed = last;
        else
            b->n_behind++;
    }
}

static bool
is_followed(const struct backups *b, uint64_t last)
{
    bool is_all = b->own == last;

    for (size_t i = 0; i < b->n; i++)
        is_all = is_all && b->item[i].followed == last;
    return is_all;
}

void
backups_follow(struct backups *b, uint64_t now_ms, bool is_retry)
{
    const uint64_t last = last_serial(b);
    struct hf_buf plain;

    if (b->pending_ms != 0 &&
        (last != b->pending || now_ms > b->pending_ms + STALE_MS) &&
        destroy_snapshot(b) != HF_OK)
        hf_log(HF_LOG_WARN, "backup_failed", "why=%s", "left " BACKUP_SNAPSHOT);
    if (is_followed(b, last) || (!is_retry && b->own == last))
        return;
    hf_buf_init(&plain, BACKUP_JOURNAL_MAX);
    if (pack(b, &plain) == HF_OK)
        follow_all(b, last, hf_buf_bytes(&plain), now_ms);
    hf_buf_free(&plain);
}

enum hf_err
backups_own_key(const char *dir, uint8_t ret[static HF_PK_BYTES])
{
    char keys[PATH_MAX];
    char path[PATH_MAX];
    char text[HF_HEX_BYTES(HF_PK_BYTES)] = {0};
    struct hf_buf buf;
    enum hf_err err;

    hf_path(keys, sizeof(keys), dir, "keys");
    hf_buf_init(&buf, HF_HEX_BYTES(HF_PK_BYTES));
    err = hf_file_read(hf_path(path, sizeof(path), keys, "recovery.pub"), &buf);
    if (!err && buf.n < sizeof(text) - 1)
        err = HF_ERR_MALFORMED;
    if (!err) {
        memcpy(text, buf.p, sizeof(text) - 1);
        if (!hf_unhex(text, ret, HF_PK_BYTES))
            err = HF_ERR_MALFORMED;
    }
    hf_buf_free(&buf);
    return err;
}
