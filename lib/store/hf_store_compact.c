/* The file without its free pages: LMDB never gives any back by itself. */
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "hf_file.h"
#include "hf_store_internal.h"

/* Where the copy is made: on the same disk, outside the environment. */
static const char *
copy_path(const struct hf_store *store, char out[static PATH_MAX],
          const char *name)
{
    const int n = snprintf(out, PATH_MAX, "%s.new%s", store->dir, name);

    HF_ASSERT(n > 0 && n < PATH_MAX);
    return out;
}

static void
remove_copy(const struct hf_store *store)
{
    char path[PATH_MAX];

    (void)unlink(copy_path(store, path, "/data.mdb"));
    (void)rmdir(copy_path(store, path, ""));
}

/* A rename is what decides; before it the old file stands, after it the new
 * one, and as nobody wrote they hold the same. */
static enum hf_err
put_in_place(struct hf_store *store)
{
    char from[PATH_MAX], to[PATH_MAX];
    enum hf_err err = HF_OK;

    copy_path(store, from, "/data.mdb");
    hf_path(to, sizeof(to), store->dir, "data.mdb");
    mdb_env_close(store->env);
    store->env = NULL;
    if (rename(from, to) != 0)
        err = HF_ERR_IO;
    else
        err = hf_file_sync_dir(to);
    /* Without its store a process can only start again. */
    HF_ASSERT(hf_store_reopen(store) == HF_OK);
    return err;
}

enum hf_err
hf_store_compact(struct hf_store *store)
{
    char dir[PATH_MAX];
    enum hf_err err;

    remove_copy(store); /* of a process that was killed */
    err = hf_store_copy(store, copy_path(store, dir, ""));
    if (!err)
        err = hf_store_close_gate(store);
    if (!err) {
        err = put_in_place(store);
        hf_store_open_gate(store);
    }
    remove_copy(store);
    return err;
}

uint64_t
hf_store_file_bytes(const struct hf_store *store, bool is_copy)
{
    char path[PATH_MAX];
    struct stat st;

    if (is_copy)
        copy_path(store, path, "/data.mdb");
    else
        hf_path(path, sizeof(path), store->dir, "data.mdb");
    return stat(path, &st) == 0 && st.st_size > 0 ? (uint64_t)st.st_size : 0;
}
