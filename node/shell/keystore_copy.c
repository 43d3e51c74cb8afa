/* Copies of the keystore for a backup, and their end. */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "hf_assert.h"
#include "hf_file.h"
#include "hf_guard.h"
#include "keystore_internal.h"

static enum hf_err
copy_records(struct keystore *ks, int fd)
{
    uint8_t chunk[KEYSTORE_CHUNK * KEYSTORE_RECORD_BYTES];
    uint8_t head[KEYSTORE_HEAD_BYTES];
    enum hf_err err = keystore_read_at(ks->fd, head, sizeof(head), 0);

    if (!err)
        err = hf_file_write_all(fd, head, sizeof(head));
    for (uint32_t at = 0; !err && at < ks->n_committed; at += KEYSTORE_CHUNK) {
        const uint32_t left = ks->n_committed - at;
        const uint32_t n = left < KEYSTORE_CHUNK ? left : KEYSTORE_CHUNK;

        err = keystore_file_read(ks, at, n, chunk);
        if (!err)
            err =
                hf_file_write_all(fd, chunk, (size_t)n * KEYSTORE_RECORD_BYTES);
    }
    if (!err && fsync(fd) != 0)
        err = HF_ERR_IO;
    return err;
}

static enum hf_err
copy_epoch(struct keystore *ks, const char *dir)
{
    uint8_t bytes[KEYSTORE_EPOCH_BYTES];
    char path[PATH_MAX];
    char to[PATH_MAX];
    enum hf_err err;
    int fd;

    keystore_epoch_path(ks, ks->epoch, path);
    fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        return keystore_errno();
    err = keystore_read_at(fd, bytes, sizeof(bytes), 0);
    (void)close(fd);
    if (!err)
        err =
            hf_file_write(hf_path(to, sizeof(to), dir, strrchr(path, '/') + 1),
                          bytes, sizeof(bytes), 0600);
    hf_wipe(bytes, sizeof(bytes));
    return err;
}

enum hf_err
keystore_copy(struct keystore *ks, const char *dir)
{
    char path[PATH_MAX];
    enum hf_err err;
    int fd;

    HF_ASSERT(!keystore_is_changed(ks));
    fd = open(hf_path(path, sizeof(path), dir, "keystore"),
              O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return keystore_errno();
    err = copy_records(ks, fd);
    if (close(fd) != 0 && !err)
        err = HF_ERR_IO;
    return err ? err : copy_epoch(ks, dir);
}

enum hf_err
keystore_uncopy(const char *dir)
{
    static const uint8_t zero[KEYSTORE_EPOCH_BYTES];
    static const char *const names[] = {"keystore.epoch.0", "keystore.epoch.1"};
    enum hf_err err = HF_OK;

    for (size_t i = 0; !err && i < sizeof(names) / sizeof(names[0]); i++) {
        char path[PATH_MAX];
        int fd = open(hf_path(path, sizeof(path), dir, names[i]),
                      O_WRONLY | O_CLOEXEC | O_NOFOLLOW);

        if (fd < 0 && errno == ENOENT)
            continue;
        if (fd < 0)
            return HF_ERR_IO;
        err = hf_file_write_all(fd, zero, sizeof(zero));
        if (!err && fsync(fd) != 0)
            err = HF_ERR_IO;
        (void)close(fd);
        if (!err && unlink(path) != 0)
            err = HF_ERR_IO;
    }
    return err;
}
