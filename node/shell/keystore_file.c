/* The keystore's files: head, records, epoch keys, and the swap of a shred. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "hf_assert.h"
#include "hf_file.h"
#include "hf_guard.h"
#include "hf_text.h"
#include "keystore_internal.h"

#define LABEL_WRAP  "handoff/1 keystore wrap"
#define LABEL_HEAD  "handoff/1 keystore head"
#define LABEL_SUM   "handoff/1 keystore records"
#define AD_BYTES    (8 + 4 + HF_ID_BYTES + 1)
#define HEAD_SIGNED (KEYSTORE_HEAD_BYTES - HF_HASH_BYTES)
#define HEAD_SUM    (HEAD_SIGNED - HF_HASH_BYTES)

static const uint8_t head_magic[8] = "HFKEYS2\n";
static const uint8_t epoch_magic[8] = "HFEPOCH\n";

enum hf_err
keystore_errno(void)
{
    if (errno == ENOENT)
        return HF_ERR_NOT_FOUND;
    return errno == ENOSPC || errno == EDQUOT ? HF_ERR_FULL : HF_ERR_IO;
}

void
keystore_epoch_path(const struct keystore *ks, uint64_t epoch,
                    char out[static PATH_MAX])
{
    const int n =
        snprintf(out, PATH_MAX, "%s.epoch.%d", ks->path, (int)(epoch & 1));

    HF_ASSERT(n > 0);
    HF_ASSERT(n < PATH_MAX);
}

static void
new_path(const struct keystore *ks, char out[static PATH_MAX])
{
    const int n = snprintf(out, PATH_MAX, "%s.new", ks->path);

    HF_ASSERT(n > 0);
    HF_ASSERT(n < PATH_MAX);
}

enum hf_err
keystore_read_at(int fd, uint8_t *p, size_t n, off_t at)
{
    while (n > 0) {
        const ssize_t got = pread(fd, p, n, at);

        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return HF_ERR_IO;
        if (got == 0)
            return HF_ERR_MALFORMED;
        p += got;
        at += got;
        n -= (size_t)got;
    }
    return HF_OK;
}

static size_t
make_ad(uint64_t epoch, uint32_t number, const uint8_t *record,
        uint8_t ad[static AD_BYTES])
{
    uint8_t *p = ad;

    hf_put_u64(&p, epoch);
    hf_put_u32(&p, number);
    hf_put_bytes(&p, record, HF_ID_BYTES + 1);
    return AD_BYTES;
}

void
keystore_record_seal(const uint8_t *wrap, uint64_t epoch, uint32_t number,
                     const struct node_lock *lock, const uint8_t *key,
                     uint8_t out[static KEYSTORE_RECORD_BYTES])
{
    uint8_t ad[AD_BYTES];

    memcpy(out, lock->id.b, HF_ID_BYTES);
    out[HF_ID_BYTES] = (uint8_t)lock->category;
    hf_box_seal(wrap, (struct hf_bytes){ad, make_ad(epoch, number, out, ad)},
                (struct hf_bytes){key, HF_KEY_BYTES}, out + HF_ID_BYTES + 1);
}

bool
keystore_record_open(const uint8_t *wrap, uint64_t epoch, uint32_t number,
                     const uint8_t record[static KEYSTORE_RECORD_BYTES],
                     uint8_t *ret_key)
{
    uint8_t ad[AD_BYTES];

    return hf_box_open(
        wrap, (struct hf_bytes){ad, make_ad(epoch, number, record, ad)},
        (struct hf_bytes){record + HF_ID_BYTES + 1,
                          KEYSTORE_RECORD_BYTES - HF_ID_BYTES - 1},
        ret_key);
}

struct node_lock
keystore_record_lock(const uint8_t record[static KEYSTORE_RECORD_BYTES])
{
    struct node_lock lock = {.category = (enum category)record[HF_ID_BYTES]};

    memcpy(lock.id.b, record, HF_ID_BYTES);
    return lock;
}

enum hf_err
keystore_file_read(struct keystore *ks, uint32_t number, uint32_t n,
                   uint8_t *out)
{
    return keystore_read_at(ks->fd, out, (size_t)n * KEYSTORE_RECORD_BYTES,
                            keystore_offset(number));
}

/* Both the epoch key and the store key are needed to unwrap: what is left of
 * one of them alone opens nothing. */
static void
derive_wrap(const struct hf_secret *store, const uint8_t *epoch_key,
            uint8_t *wrap)
{
    const struct hf_bytes span = {hf_secret_key(store), HF_KEY_BYTES};

    hf_hash_keyed(epoch_key, LABEL_WRAP, &span, 1, (struct hf_hash *)wrap);
}

/* In place, so that the bytes that stood there are gone; made if missing. */
static enum hf_err
write_epoch_file(const struct keystore *ks, uint64_t epoch,
                 const uint8_t bytes[static KEYSTORE_EPOCH_BYTES])
{
    char path[PATH_MAX];
    enum hf_err err;
    int fd;

    keystore_epoch_path(ks, epoch, path);
    fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return keystore_errno();
    err = hf_file_write_all(fd, bytes, KEYSTORE_EPOCH_BYTES);
    if (!err && fsync(fd) != 0)
        err = HF_ERR_IO;
    if (close(fd) != 0 && !err)
        err = HF_ERR_IO;
    return err ? err : hf_file_sync_dir(path);
}

static enum hf_err
destroy_epoch(const struct keystore *ks, uint64_t epoch)
{
    static const uint8_t zero[KEYSTORE_EPOCH_BYTES];

    return write_epoch_file(ks, epoch, zero);
}

/* A new random epoch key: on the disk, and its wrap key to @wrap. */
static enum hf_err
make_epoch(const struct keystore *ks, uint64_t epoch, uint8_t *wrap)
{
    uint8_t bytes[KEYSTORE_EPOCH_BYTES];
    uint8_t *p = bytes;
    enum hf_err err;

    hf_put_bytes(&p, epoch_magic, sizeof(epoch_magic));
    hf_put_u64(&p, epoch);
    hf_random(p, HF_KEY_BYTES);
    err = write_epoch_file(ks, epoch, bytes);
    if (!err)
        derive_wrap(ks->store, p, wrap);
    hf_wipe(bytes, sizeof(bytes));
    return err;
}

static enum hf_err
load_epoch(struct keystore *ks)
{
    uint8_t bytes[KEYSTORE_EPOCH_BYTES];
    const uint8_t *p = bytes + sizeof(epoch_magic);
    char path[PATH_MAX];
    enum hf_err err;
    int fd;

    keystore_epoch_path(ks, ks->epoch, path);
    fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        return errno == ENOENT ? HF_ERR_MALFORMED : HF_ERR_IO;
    err = keystore_read_at(fd, bytes, sizeof(bytes), 0);
    (void)close(fd);
    if (!err && (memcmp(bytes, epoch_magic, sizeof(epoch_magic)) != 0 ||
                 hf_get_u64(&p) != ks->epoch))
        err = HF_ERR_MALFORMED;
    if (!err)
        derive_wrap(ks->store, p, ks->wrap);
    hf_wipe(bytes, sizeof(bytes));
    return err;
}

void
keystore_sum_begin(struct hf_hasher *sum)
{
    hf_hasher_begin(sum, LABEL_SUM);
}

static void
make_head(const uint8_t *wrap, uint64_t epoch, uint64_t base,
          const struct hf_hash *sum, uint8_t head[static KEYSTORE_HEAD_BYTES])
{
    const struct hf_bytes span = {head, HEAD_SIGNED};
    struct hf_hash mac;
    uint8_t *p = head;

    memset(head, 0, KEYSTORE_HEAD_BYTES);
    hf_put_bytes(&p, head_magic, sizeof(head_magic));
    hf_put_u64(&p, epoch);
    hf_put_u64(&p, base);
    memcpy(head + HEAD_SUM, sum->b, sizeof(sum->b));
    hf_hash_keyed(wrap, LABEL_HEAD, &span, 1, &mac);
    memcpy(head + HEAD_SIGNED, mac.b, sizeof(mac.b));
}

static enum hf_err
check_head(struct keystore *ks, const uint8_t head[static KEYSTORE_HEAD_BYTES])
{
    uint8_t good[KEYSTORE_HEAD_BYTES];
    const uint8_t *p = head + sizeof(head_magic);
    enum hf_err err;

    if (memcmp(head, head_magic, sizeof(head_magic)) != 0)
        return HF_ERR_MALFORMED;
    ks->epoch = hf_get_u64(&p);
    ks->base = hf_get_u64(&p);
    memcpy(ks->base_sum.b, head + HEAD_SUM, sizeof(ks->base_sum.b));
    if (ks->base > KEYSTORE_RECORDS_MAX)
        return HF_ERR_MALFORMED;
    err = load_epoch(ks);
    if (err)
        return err;
    make_head(ks->wrap, ks->epoch, ks->base, &ks->base_sum, good);
    return hf_equal(good, head, sizeof(good)) ? HF_OK : HF_ERR_MALFORMED;
}

enum hf_err
keystore_file_create(struct keystore *ks)
{
    uint8_t head[KEYSTORE_HEAD_BYTES];
    struct hf_hasher none;
    enum hf_err err;

    ks->epoch = 1;
    ks->base = 0;
    err = make_epoch(ks, ks->epoch, ks->wrap);
    if (err)
        return err;
    keystore_sum_begin(&none);
    hf_hasher_end(&none, &ks->base_sum);
    make_head(ks->wrap, ks->epoch, 0, &ks->base_sum, head);
    err = hf_file_write(ks->path, head, sizeof(head), 0600);
    if (err)
        return err;
    ks->fd = open(ks->path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
    return ks->fd < 0 ? HF_ERR_IO : HF_OK;
}

/* How many records count, and their hash: what the store's commits knew of, or,
 * when the crash fell between the swap and the store's new mark, what the swap
 * wrote. */
static enum hf_err
counted(const struct keystore *ks, const struct keystore_mark *mark,
        uint64_t *ret, struct hf_hash *ret_sum)
{
    if (mark->epoch == ks->epoch) {
        if (mark->count < ks->base || mark->count > KEYSTORE_RECORDS_MAX)
            return HF_ERR_MALFORMED;
        *ret = mark->count;
        *ret_sum = mark->sum;
        return HF_OK;
    }
    if (ks->epoch != mark->epoch + 1)
        return HF_ERR_ROLLBACK;
    *ret = ks->base;
    *ret_sum = ks->base_sum;
    return HF_OK;
}

enum hf_err
keystore_file_load(struct keystore *ks, const struct keystore_mark *mark,
                   struct hf_hash *ret_sum)
{
    uint8_t head[KEYSTORE_HEAD_BYTES];
    enum hf_err err;
    struct stat st;
    uint64_t n = 0;

    ks->fd = open(ks->path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
    if (ks->fd < 0)
        return keystore_errno();
    err = keystore_read_at(ks->fd, head, sizeof(head), 0);
    if (!err)
        err = check_head(ks, head);
    if (!err)
        err = counted(ks, mark, &n, ret_sum);
    if (err)
        return err;
    ks->n_file = (uint32_t)n;
    if (fstat(ks->fd, &st) != 0)
        return HF_ERR_IO;
    if (st.st_size < keystore_offset(ks->n_file))
        return HF_ERR_MALFORMED;
    if (st.st_size > keystore_offset(ks->n_file) &&
        (ftruncate(ks->fd, keystore_offset(ks->n_file)) != 0 ||
         fsync(ks->fd) != 0))
        return HF_ERR_IO;
    return HF_OK;
}

/* What takes the keystore's place. */
struct next {
    char path[PATH_MAX];
    int fd;
    uint8_t *wrap; /* guarded */
    uint32_t n;
    struct hf_hasher sum;
};

/* One chunk of records, unwrapped and wrapped anew as they are compacted. */
static enum hf_err
copy_chunk(struct keystore *ks, const uint8_t *is_dead, uint32_t from,
           uint32_t n, struct next *next)
{
    uint8_t in[KEYSTORE_CHUNK * KEYSTORE_RECORD_BYTES];
    uint8_t out[KEYSTORE_CHUNK * KEYSTORE_RECORD_BYTES];
    enum hf_err err = keystore_file_read(ks, from, n, in);
    size_t n_kept = 0;

    if (err)
        return err;
    ks->is_held = false; /* its place is used for unwrapping */
    for (uint32_t i = 0; i < n; i++) {
        const uint8_t *record = in + (size_t)i * KEYSTORE_RECORD_BYTES;
        const uint32_t number = from + i;
        const struct node_lock lock = keystore_record_lock(record);

        if ((is_dead[number / 8] >> (number % 8) & 1) != 0)
            continue;
        if (!keystore_record_open(ks->wrap, ks->epoch, number, record, ks->key))
            return HF_ERR_MALFORMED;
        keystore_record_seal(next->wrap, ks->epoch + 1, next->n, &lock, ks->key,
                             out + n_kept * KEYSTORE_RECORD_BYTES);
        n_kept++;
        next->n++;
    }
    n_kept *= KEYSTORE_RECORD_BYTES;
    hf_hasher_add(&next->sum, (struct hf_bytes){out, n_kept});
    return hf_file_write_all(next->fd, out, n_kept);
}

/* The whole new file, fsynced, under a name that nobody reads yet. */
static enum hf_err
write_next(struct keystore *ks, const uint8_t *is_dead, struct next *next)
{
    uint8_t head[KEYSTORE_HEAD_BYTES] = {0};
    enum hf_err err = hf_file_write_all(next->fd, head, sizeof(head));
    struct hf_hash sum;

    keystore_sum_begin(&next->sum);
    for (uint32_t at = 0; !err && at < ks->n_file; at += KEYSTORE_CHUNK) {
        const uint32_t left = ks->n_file - at;

        err = copy_chunk(ks, is_dead, at,
                         left < KEYSTORE_CHUNK ? left : KEYSTORE_CHUNK, next);
    }
    if (err)
        return err;
    hf_hasher_end(&next->sum, &sum);
    make_head(next->wrap, ks->epoch + 1, next->n, &sum, head);
    if (pwrite(next->fd, head, sizeof(head), 0) != (ssize_t)sizeof(head))
        return keystore_errno();
    return fsync(next->fd) == 0 ? HF_OK : HF_ERR_IO;
}

/* From here on the new file is the keystore. Should the old epoch key not be
 * destroyed now, keystore_file_tidy() does it. */
static enum hf_err
swap(struct keystore *ks, struct next *next)
{
    if (rename(next->path, ks->path) != 0)
        return keystore_errno();
    (void)close(ks->fd);
    ks->fd = next->fd;
    next->fd = -1; /* the keystore's now */
    ks->epoch++;
    ks->base = next->n;
    ks->n_file = next->n;
    ks->sum = next->sum;
    hf_hasher_end(&ks->sum, &ks->base_sum);
    memcpy(ks->wrap, next->wrap, HF_KEY_BYTES);
    return hf_file_sync_dir(ks->path);
}

enum hf_err
keystore_file_next(struct keystore *ks, const uint8_t *is_dead)
{
    struct next next = {.fd = -1, .wrap = hf_guard_alloc(HF_KEY_BYTES)};
    enum hf_err err = HF_ERR_NOMEM;

    if (next.wrap == NULL)
        goto out;
    err = make_epoch(ks, ks->epoch + 1, next.wrap);
    if (err)
        goto out;
    new_path(ks, next.path);
    next.fd = open(next.path,
                   O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (next.fd < 0) {
        err = keystore_errno();
        goto out;
    }
    err = write_next(ks, is_dead, &next);
    if (!err)
        err = swap(ks, &next);
    if (!err)
        err = destroy_epoch(ks, ks->epoch - 1);

out:
    if (next.fd >= 0) {
        (void)close(next.fd);
        (void)unlink(next.path);
    }
    hf_guard_free(next.wrap);
    return err;
}

enum hf_err
keystore_file_tidy(struct keystore *ks)
{
    static const uint8_t zero[KEYSTORE_EPOCH_BYTES];
    uint8_t bytes[KEYSTORE_EPOCH_BYTES];
    char path[PATH_MAX];
    enum hf_err err;
    int fd;

    new_path(ks, path);
    if (unlink(path) != 0 && errno != ENOENT)
        return HF_ERR_IO;
    keystore_epoch_path(ks, ks->epoch + 1, path);
    fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        return errno == ENOENT ? HF_OK : HF_ERR_IO;
    err = keystore_read_at(fd, bytes, sizeof(bytes), 0);
    (void)close(fd);
    if (err == HF_OK && memcmp(bytes, zero, sizeof(zero)) == 0)
        return HF_OK;
    hf_wipe(bytes, sizeof(bytes));
    return destroy_epoch(ks, ks->epoch + 1);
}
