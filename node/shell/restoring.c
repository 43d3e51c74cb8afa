#include "restoring.h"

#include <errno.h>
#include <limits.h>
#include <unistd.h>

#include "hf_archive.h"
#include "hf_file.h"
#include "hf_log.h"
#include "hf_text.h"
#include "journal.h"
#include "prekeys.h"
#include "streams.h"

static const char *
mark_path(const char *dir, char out[static PATH_MAX])
{
    return hf_path(out, PATH_MAX, dir, BACKUP_RESTORED);
}

bool
restoring_is_due(const char *dir)
{
    char path[PATH_MAX];

    return access(mark_path(dir, path), F_OK) == 0;
}

static bool
read_mark(const char *dir, uint64_t *ret_after, struct fault *fault)
{
    char path[PATH_MAX];
    struct hf_buf buf;
    const uint8_t *p;
    enum hf_err err;

    hf_buf_init(&buf, 64);
    err = hf_file_read(mark_path(dir, path), &buf);
    if (!err && buf.n != 8)
        err = HF_ERR_MALFORMED;
    p = buf.p;
    if (!err)
        *ret_after = hf_get_u64(&p);
    hf_buf_free(&buf);
    return !err ||
           fault_set(fault, FAULT_DATA, "%s: %s; restore the backup again",
                     path, hf_err_text(err));
}

/* The journal must be ours and reach at least as far as the backup itself. */
static bool
read_journal(const char *dir, const struct hf_org *self,
             const struct own_keys *keys, uint64_t after, struct hf_buf *plain,
             struct fault *fault)
{
    char path[PATH_MAX];
    struct hf_org owner;
    uint64_t last = 0;
    enum hf_err err =
        hf_boxfile_read(hf_path(path, sizeof(path), dir, BACKUP_JOURNAL),
                        BACKUP_JOURNAL_MAGIC, keys->journal, plain);

    if (!err && (!journal_head(hf_buf_bytes(plain), &owner, &last) ||
                 !hf_org_eq(&owner, self)))
        err = HF_ERR_UNTRUSTED;
    if (!err && last < after)
        err = HF_ERR_ROLLBACK;
    return !err || fault_set(fault, FAULT_DATA,
                             "%s: %s; bring the .tombstones file that lies "
                             "beside the newest backup",
                             path, hf_err_text(err));
}

static enum hf_err
replay(struct node_store *store, struct hf_bytes journal, uint64_t after)
{
    const struct node_view *v = node_store_view(store);
    enum hf_err err;

    do {
        err = node_store_begin(store, true);
        if (err)
            return err;
        if (!journal_replay(v, journal, after)) {
            node_store_abort(store);
            return HF_ERR_MALFORMED;
        }
        streams_restart(v);
        err = node_store_commit(store);
    } while (err == HF_ERR_FULL && node_store_grow(store) == HF_OK);
    return err;
}

bool
restoring_apply(const char *dir, const struct hf_org *self,
                struct node_store *store, const struct own_keys *keys,
                struct fault *fault)
{
    struct hf_buf plain;
    uint64_t after = 0;
    enum hf_err err = HF_OK;
    bool is_ok;

    hf_buf_init(&plain, BACKUP_JOURNAL_MAX);
    is_ok = read_mark(dir, &after, fault) &&
            read_journal(dir, self, keys, after, &plain, fault);
    if (is_ok)
        err = prekeys_discard(dir);
    if (is_ok && !err)
        err = replay(store, hf_buf_bytes(&plain), after);
    hf_buf_free(&plain);
    if (err)
        return fault_set(
            fault, err == HF_ERR_FULL ? FAULT_NOT_NOW : FAULT_INTERNAL,
            "%s: the restore cannot be finished: %s", dir, hf_err_text(err));
    if (is_ok)
        hf_log(HF_LOG_INFO, "restored", "after=%llu",
               (unsigned long long)after);
    return is_ok;
}

enum hf_err
restoring_done(const char *dir)
{
    char path[PATH_MAX];

    if (unlink(mark_path(dir, path)) != 0 && errno != ENOENT)
        return HF_ERR_IO;
    return hf_file_sync_dir(path);
}
