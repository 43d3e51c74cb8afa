#include "hf_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "hf_assert.h"

#define READ_STEP_BYTES 65536

static enum hf_err
err_of_errno(void)
{
    switch (errno) {
    case ENOENT:
        return HF_ERR_NOT_FOUND;
    case ENOSPC:
    case EDQUOT:
        return HF_ERR_FULL;
    case ENOMEM:
        return HF_ERR_NOMEM;
    default:
        return HF_ERR_IO;
    }
}

static ssize_t
read_some(int fd, void *p, size_t n)
{
    ssize_t got;

    do {
        got = read(fd, p, n);
    } while (got < 0 && errno == EINTR);
    return got;
}

/* Append until the end of the file. A full buffer is probed with one more
 * byte, because the size that fstat gave may be out of date. */
static enum hf_err
read_to_end(int fd, struct hf_buf *buf)
{
    for (;;) {
        const size_t room = buf->max - buf->n;
        const size_t step = room < READ_STEP_BYTES ? room : READ_STEP_BYTES;
        uint8_t probe;
        uint8_t *p;
        ssize_t got;

        if (step == 0) {
            got = read_some(fd, &probe, 1);
            return got == 0 ? HF_OK : got < 0 ? HF_ERR_IO : HF_ERR_FULL;
        }
        p = hf_buf_grow(buf, step);
        if (p == NULL)
            return HF_ERR_NOMEM;
        got = read_some(fd, p, step);
        buf->n -= step - (size_t)(got < 0 ? 0 : got);
        if (got < 0)
            return HF_ERR_IO;
        if (got == 0)
            return HF_OK;
    }
}

enum hf_err
hf_file_read(const char *path, struct hf_buf *buf)
{
    const size_t n_before = buf->n;
    enum hf_err err;
    struct stat st;
    int fd;

    /* Not blocking, so that a FIFO put in our way is refused, not awaited. */
    fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0)
        return errno == ENOENT ? HF_ERR_NOT_FOUND : HF_ERR_IO;
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
        err = HF_ERR_IO;
    else
        err = read_to_end(fd, buf);
    (void)close(fd);
    if (err) {
        buf->n = n_before;
        buf->failed = true;
    }
    return err;
}

enum hf_err
hf_file_write_all(int fd, const void *p, size_t n)
{
    const uint8_t *at = p;

    while (n > 0) {
        const ssize_t done = write(fd, at, n);

        if (done < 0 && errno == EINTR)
            continue;
        if (done < 0)
            return err_of_errno();
        at += done;
        n -= (size_t)done;
    }
    return HF_OK;
}

enum hf_err
hf_file_sync_dir(const char *path)
{
    const char *slash = strrchr(path, '/');
    enum hf_err err = HF_OK;
    char *dir;
    int fd;

    if (slash == NULL)
        dir = strdup(".");
    else
        dir = strndup(path, slash == path ? 1 : (size_t)(slash - path));
    if (dir == NULL)
        return HF_ERR_NOMEM;
    fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    free(dir);
    if (fd < 0)
        return HF_ERR_IO;
    if (fsync(fd) != 0)
        err = HF_ERR_IO;
    (void)close(fd);
    return err;
}

/* The new content, safe on the disk under a name that nobody reads yet. */
static enum hf_err
write_new(const char *path, const void *p, size_t n, mode_t mode)
{
    enum hf_err err = HF_OK;
    int fd;

    if (unlink(path) != 0 && errno != ENOENT)
        return HF_ERR_IO;
    fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode);
    if (fd < 0)
        return err_of_errno();
    if (fchmod(fd, mode) != 0) /* whatever the umask says */
        err = HF_ERR_IO;
    if (!err)
        err = hf_file_write_all(fd, p, n);
    if (!err && fsync(fd) != 0)
        err = err_of_errno();
    if (close(fd) != 0 && !err)
        err = err_of_errno();
    if (err)
        (void)unlink(path);
    return err;
}

enum hf_err
hf_file_write(const char *path, const void *p, size_t n, mode_t mode)
{
    char fresh[PATH_MAX];
    enum hf_err err;
    const int len = snprintf(fresh, sizeof(fresh), "%s.new", path);

    if (len < 0 || (size_t)len >= sizeof(fresh))
        return HF_ERR_IO;
    err = write_new(fresh, p, n, mode);
    if (err)
        return err;
    if (rename(fresh, path) != 0) {
        (void)unlink(fresh);
        return HF_ERR_IO;
    }
    return hf_file_sync_dir(path);
}

const char *
hf_path(char *out, size_t out_bytes, const char *dir, const char *name)
{
    const int n = snprintf(out, out_bytes, "%s/%s", dir, name);

    HF_ASSERT(n > 0);
    HF_ASSERT((size_t)n < out_bytes);
    return out;
}

enum hf_err
hf_mkdir(const char *path)
{
    struct stat st;

    if (mkdir(path, 0700) == 0)
        return HF_OK;
    if (errno != EEXIST)
        return err_of_errno();
    if (stat(path, &st) != 0 || !S_ISDIR(st.st_mode))
        return HF_ERR_IO;
    return HF_OK;
}
