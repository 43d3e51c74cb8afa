/*
 * broker_restore.c - a copy of the backup is made beside the spool, opened and
 * counted, and takes its place by a rename.
 */
#include "broker_restore.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "hf_file.h"
#include "hf_proc.h"
#include "spool.h"

#define PART "spool.restored" /* until it is whole */

static enum hf_err
say(char *error, enum hf_err err, const char *where, const char *what)
{
    (void)snprintf(error, HF_CONF_ERROR_BYTES, "%s: %s", where, what);
    return err;
}

static enum hf_err
copy_fd(int in, int out)
{
    static uint8_t part[1 << 16];
    ssize_t n;

    while ((n = read(in, part, sizeof(part))) > 0) {
        const enum hf_err err = hf_file_write_all(out, part, (size_t)n);

        if (err)
            return err;
    }
    return n < 0 || fsync(out) != 0 ? HF_ERR_IO : HF_OK;
}

static enum hf_err
copy_file(const char *from, const char *to, mode_t mode)
{
    const int in = open(from, O_RDONLY | O_CLOEXEC);
    int out = -1;
    enum hf_err err = in < 0 ? HF_ERR_NOT_FOUND : HF_OK;

    if (!err) {
        out = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
        err = out < 0 ? HF_ERR_IO : copy_fd(in, out);
    }
    if (in >= 0)
        (void)close(in);
    if (out >= 0)
        (void)close(out);
    return err ? err : hf_file_sync_dir(to);
}

static void
remove_part(const char *dir)
{
    char path[PATH_MAX];

    (void)unlink(hf_path(path, sizeof(path), dir, PART "/data.mdb"));
    (void)unlink(hf_path(path, sizeof(path), dir, PART "/lock.mdb"));
    (void)rmdir(hf_path(path, sizeof(path), dir, PART));
}

static void
on_box(void *arg, const struct broker_who *box, uint64_t count, uint64_t bytes)
{
    (void)box;
    (void)bytes;
    *(uint64_t *)arg += count;
}

static void
on_doc(void *arg, const struct shelf_doc *doc)
{
    (void)arg;
    (void)doc;
}

/** Whether the copy is a spool, and what is in it. */
static enum hf_err
look_into(const char *dir, uint64_t bytes_max, uint64_t *ret_queued)
{
    char path[PATH_MAX];
    struct spool *s = NULL;
    enum hf_err err =
        spool_open(hf_path(path, sizeof(path), dir, PART), bytes_max, &s);

    *ret_queued = 0;
    if (!err)
        err = spool_load(s, on_box, on_doc, ret_queued);
    spool_close(&s);
    return err;
}

/** A file of the backup that the folder lacks. */
static enum hf_err
take_missing(const char *dir, const char *from, const char *name, mode_t mode)
{
    char in[PATH_MAX];
    char out[PATH_MAX];
    enum hf_err err;

    hf_path(in, sizeof(in), from, name);
    hf_path(out, sizeof(out), dir, name);
    if (access(out, F_OK) == 0)
        return HF_OK;
    err = copy_file(in, out, mode);
    return err == HF_ERR_NOT_FOUND ? HF_OK : err;
}

static enum hf_err
put_in_place(const char *dir)
{
    char from[PATH_MAX];
    char to[PATH_MAX];
    enum hf_err err = hf_mkdir(hf_path(to, sizeof(to), dir, "spool"));

    hf_path(from, sizeof(from), dir, PART "/data.mdb");
    hf_path(to, sizeof(to), dir, "spool/data.mdb");
    if (!err && rename(from, to) != 0)
        err = HF_ERR_IO;
    return err ? err : hf_file_sync_dir(to);
}

static enum hf_err
copy_spool(const char *dir, const char *from, char *error)
{
    char in[PATH_MAX];
    char out[PATH_MAX];
    enum hf_err err;

    remove_part(dir);
    err = hf_mkdir(hf_path(out, sizeof(out), dir, PART));
    if (!err)
        err = copy_file(hf_path(in, sizeof(in), from, "spool/data.mdb"),
                        hf_path(out, sizeof(out), dir, PART "/data.mdb"), 0600);
    if (err == HF_ERR_NOT_FOUND)
        return say(error, err, from, "no backup of a broker here");
    return err ? say(error, err, dir, "cannot write; make room") : HF_OK;
}

enum hf_err
broker_restore(const char *dir, const char *from, bool is_sure,
               uint64_t *ret_queued, char error[static HF_CONF_ERROR_BYTES])
{
    char path[PATH_MAX];
    struct broker_file f;
    int holder = 0;
    enum hf_err err = hf_mkdir(dir);

    if (err)
        return say(error, err, dir, "cannot be made");
    err = hf_proc_lock(dir, &holder);
    if (err)
        return say(error, err, dir, "a broker runs here; stop it first");
    if (!is_sure &&
        access(hf_path(path, sizeof(path), dir, "spool/data.mdb"), F_OK) == 0)
        return say(error, HF_ERR_EXISTS, dir,
                   "has a queue, which would be lost; add --yes");
    err = copy_spool(dir, from, error);
    if (!err)
        err = take_missing(dir, from, "broker.yaml", 0600);
    if (!err)
        err = broker_conf_load(dir, &f, error);
    if (!err) {
        err = look_into(dir, f.spool_bytes, ret_queued);
        if (err)
            (void)say(error, HF_ERR_MALFORMED, from, "holds no spool");
    }
    if (!err)
        err = take_missing(dir, from, "registry.set", 0644);
    if (!err) {
        err = put_in_place(dir);
        if (err)
            (void)say(error, err, dir, "cannot put the spool in place");
    }
    remove_part(dir);
    return err;
}
