#include "hf_archive.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "hf_assert.h"
#include "hf_file.h"
#include "hf_guard.h"
#include "hf_text.h"

#define LABEL_SECRET "handoff/1 archive secret"
#define LABEL_BODY   "handoff/1 archive body"
#define LABEL_HEAD   "handoff/1 archive head"
#define CLEAR_BYTES  (HF_ARCHIVE_HEAD_BYTES - HF_KEY_BYTES - HF_BOX_BYTES)
#define AD_BYTES     (HF_HASH_BYTES + 8 + 1)

static const uint8_t magic_bytes[8] = "HFARCH1\n";

struct hf_archive {
    int fd;
    const uint8_t *key;
    struct hf_hash head;
    uint64_t index; /* of the chunk in hand */
    uint64_t done;
    bool is_last; /* reading: the chunk in hand ends it */
    size_t at;    /* reading: consumed of the chunk */
    size_t n;     /* bytes of the chunk in clear */
    hf_archive_progress *progress;
    void *ctx;
    uint8_t plain[HF_CHUNK_BYTES];
    uint8_t sealed[HF_CHUNK_BYTES + HF_BOX_BYTES];
};

/* ---- head ---- */

/* Two keys of one agreement, each bound to all that stands in clear. */
static bool
derive(const struct hf_secret *mine, const uint8_t *theirs,
       const uint8_t *clear, uint8_t *ret_secret, uint8_t *ret_body)
{
    const struct hf_bytes span = {clear, CLEAR_BYTES};
    uint8_t *shared = hf_guard_alloc(HF_KEY_BYTES);
    bool is_ok = false;

    _Static_assert(sizeof(struct hf_hash) == HF_KEY_BYTES, "a hash is a key");
    if (shared != NULL && hf_dh(mine, theirs, shared)) {
        hf_hash_keyed(shared, LABEL_SECRET, &span, 1,
                      (struct hf_hash *)ret_secret);
        hf_hash_keyed(shared, LABEL_BODY, &span, 1, (struct hf_hash *)ret_body);
        is_ok = true;
    }
    hf_guard_free(shared);
    return is_ok;
}

bool
hf_archive_seal(const struct hf_archive_head *h, const uint8_t *secret,
                uint8_t out[static HF_ARCHIVE_HEAD_BYTES], uint8_t *ret_body)
{
    uint8_t *wrap = hf_guard_alloc(HF_KEY_BYTES);
    struct hf_secret *eph = NULL;
    uint8_t *p = out;
    bool is_ok = false;

    if (wrap == NULL || hf_secret_new(HF_KEY_DH, &eph) != HF_OK)
        goto out;
    hf_put_bytes(&p, magic_bytes, sizeof(magic_bytes));
    hf_put_u64(&p, h->made_ms);
    hf_put_u64(&p, h->serial);
    hf_put_bytes(&p, h->owner.s, HF_ORG_BYTES);
    hf_secret_public(eph, p);
    p += HF_PK_BYTES;
    hf_put_bytes(&p, h->recovery, HF_PK_BYTES);
    HF_ASSERT(p == out + CLEAR_BYTES);
    is_ok = derive(eph, h->recovery, out, wrap, ret_body);
    if (is_ok)
        hf_box_seal(wrap, (struct hf_bytes){out, CLEAR_BYTES},
                    (struct hf_bytes){secret, HF_KEY_BYTES}, p);

out:
    hf_secret_free(eph);
    hf_guard_free(wrap);
    return is_ok;
}

enum hf_err
hf_archive_peek(const uint8_t in[static HF_ARCHIVE_HEAD_BYTES],
                struct hf_archive_head *ret)
{
    const uint8_t *p = in + sizeof(magic_bytes);
    struct hf_archive_head h;

    if (memcmp(in, magic_bytes, sizeof(magic_bytes)) != 0)
        return HF_ERR_MALFORMED;
    h.made_ms = hf_get_u64(&p);
    h.serial = hf_get_u64(&p);
    hf_get_bytes(&p, h.owner.s, HF_ORG_BYTES);
    p += HF_PK_BYTES;
    hf_get_bytes(&p, h.recovery, HF_PK_BYTES);
    if (h.owner.s[HF_ORG_BYTES - 1] != '\0')
        return HF_ERR_MALFORMED;
    *ret = h;
    return HF_OK;
}

enum hf_err
hf_archive_open(const uint8_t in[static HF_ARCHIVE_HEAD_BYTES],
                const struct hf_secret *recovery, uint8_t *ret_secret,
                uint8_t *ret_body)
{
    const uint8_t *eph = in + sizeof(magic_bytes) + 8 + 8 + HF_ORG_BYTES;
    uint8_t *wrap = hf_guard_alloc(HF_KEY_BYTES);
    uint8_t pk[HF_PK_BYTES];
    enum hf_err err = HF_OK;

    if (wrap == NULL)
        return HF_ERR_NOMEM;
    hf_secret_public(recovery, pk);
    if (memcmp(in, magic_bytes, sizeof(magic_bytes)) != 0)
        err = HF_ERR_MALFORMED;
    else if (!hf_equal(pk, eph + HF_PK_BYTES, HF_PK_BYTES))
        err = HF_ERR_UNTRUSTED;
    else if (!derive(recovery, eph, in, wrap, ret_body) ||
             !hf_box_open(wrap, (struct hf_bytes){in, CLEAR_BYTES},
                          (struct hf_bytes){in + CLEAR_BYTES,
                                            HF_KEY_BYTES + HF_BOX_BYTES},
                          ret_secret))
        err = HF_ERR_SIGNATURE;
    hf_guard_free(wrap);
    return err;
}

/* ---- chunks ---- */

struct hf_archive *
hf_archive_new(int fd, const uint8_t head[static HF_ARCHIVE_HEAD_BYTES],
               const uint8_t *body, hf_archive_progress *progress, void *ctx)
{
    const struct hf_bytes span = {head, HF_ARCHIVE_HEAD_BYTES};
    struct hf_archive *a = calloc(1, sizeof(*a));

    if (a == NULL)
        return NULL;
    a->fd = fd;
    a->key = body;
    a->progress = progress;
    a->ctx = ctx;
    hf_hash(LABEL_HEAD, &span, 1, &a->head);
    return a;
}

void
hf_archive_free(struct hf_archive *a)
{
    if (a == NULL)
        return;
    hf_wipe(a, sizeof(*a));
    free(a);
}

static struct hf_bytes
make_ad(const struct hf_archive *a, bool is_last, uint8_t ad[static AD_BYTES])
{
    uint8_t *p = ad;

    hf_put_bytes(&p, a->head.b, HF_HASH_BYTES);
    hf_put_u64(&p, a->index);
    hf_put_u8(&p, is_last ? 1 : 0);
    return (struct hf_bytes){ad, AD_BYTES};
}

static void
tell(struct hf_archive *a, size_t n)
{
    a->done += n;
    if (a->progress != NULL)
        a->progress(a->ctx, a->done);
}

static enum hf_err
flush(struct hf_archive *a, bool is_last)
{
    uint8_t length[4], ad[AD_BYTES];
    uint8_t *p = length;
    enum hf_err err;

    hf_put_u32(&p, (uint32_t)(a->n + HF_BOX_BYTES));
    hf_box_seal(a->key, make_ad(a, is_last, ad),
                (struct hf_bytes){a->plain, a->n}, a->sealed);
    err = hf_file_write_all(a->fd, length, sizeof(length));
    if (!err)
        err = hf_file_write_all(a->fd, a->sealed, a->n + HF_BOX_BYTES);
    if (err)
        return err;
    a->index++;
    tell(a, a->n);
    a->n = 0;
    return HF_OK;
}

static enum hf_err
add(struct hf_archive *a, const void *bytes, size_t n)
{
    const uint8_t *p = bytes;

    while (n > 0) {
        const size_t room = sizeof(a->plain) - a->n;
        const size_t now = n < room ? n : room;

        memcpy(a->plain + a->n, p, now);
        a->n += now;
        p += now;
        n -= now;
        if (a->n == sizeof(a->plain)) {
            enum hf_err err = flush(a, false);

            if (err)
                return err;
        }
    }
    return HF_OK;
}

/* Exactly @size bytes: what grew meanwhile is left out, what shrank fails. */
static enum hf_err
add_from(struct hf_archive *a, int fd, uint64_t size)
{
    uint8_t bytes[16384];
    enum hf_err err = HF_OK;

    while (!err && size > 0) {
        const size_t want = size < sizeof(bytes) ? (size_t)size : sizeof(bytes);
        const ssize_t got = read(fd, bytes, want);

        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return HF_ERR_IO;
        err = add(a, bytes, (size_t)got);
        size -= (uint64_t)got;
    }
    hf_wipe(bytes, sizeof(bytes));
    return err;
}

enum hf_err
hf_archive_put(struct hf_archive *a, const char *name, const char *path)
{
    const size_t n = strlen(name);
    uint8_t head[1 + HF_ARCHIVE_NAME_BYTES + 8];
    uint8_t *p = head;
    struct stat st;
    enum hf_err err;
    int fd;

    HF_ASSERT(n > 0);
    HF_ASSERT(n < HF_ARCHIVE_NAME_BYTES);
    fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0)
        return errno == ENOENT ? HF_ERR_NOT_FOUND : HF_ERR_IO;
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
        (void)close(fd);
        return HF_ERR_IO;
    }
    hf_put_u8(&p, (uint8_t)n);
    hf_put_bytes(&p, name, n);
    hf_put_u64(&p, (uint64_t)st.st_size);
    err = add(a, head, (size_t)(p - head));
    if (!err)
        err = add_from(a, fd, (uint64_t)st.st_size);
    (void)close(fd);
    return err;
}

enum hf_err
hf_archive_end(struct hf_archive *a)
{
    enum hf_err err = add(a, "", 1);

    return err ? err : flush(a, true);
}

/* ---- reading ---- */

/* All @n bytes; a file that ends before is cut short. */
static enum hf_err
read_all(int fd, void *out, size_t n)
{
    uint8_t *p = out;

    while (n > 0) {
        const ssize_t got = read(fd, p, n);

        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return HF_ERR_IO;
        if (got == 0)
            return HF_ERR_SIGNATURE;
        p += got;
        n -= (size_t)got;
    }
    return HF_OK;
}

static enum hf_err
refill(struct hf_archive *a)
{
    uint8_t length[4], ad[AD_BYTES];
    const uint8_t *p = length;
    struct hf_bytes box = {a->sealed, 0};
    enum hf_err err;

    if (a->is_last)
        return HF_ERR_SIGNATURE; /* more was promised than there is */
    err = read_all(a->fd, length, sizeof(length));
    if (err)
        return err;
    box.n = hf_get_u32(&p);
    if (box.n < HF_BOX_BYTES || box.n > sizeof(a->sealed))
        return HF_ERR_SIGNATURE;
    err = read_all(a->fd, a->sealed, box.n);
    if (err)
        return err;
    if (!hf_box_open(a->key, make_ad(a, false, ad), box, a->plain)) {
        if (!hf_box_open(a->key, make_ad(a, true, ad), box, a->plain))
            return HF_ERR_SIGNATURE;
        a->is_last = true;
    }
    a->index++;
    a->at = 0;
    a->n = box.n - HF_BOX_BYTES;
    tell(a, a->n);
    return HF_OK;
}

enum hf_err
hf_archive_get(struct hf_archive *a, void *out, size_t n)
{
    uint8_t *p = out;

    while (n > 0) {
        const size_t left = a->n - a->at;
        const size_t now = n < left ? n : left;

        if (left == 0) {
            enum hf_err err = refill(a);

            if (err)
                return err;
            continue;
        }
        memcpy(p, a->plain + a->at, now);
        a->at += now;
        p += now;
        n -= now;
    }
    return HF_OK;
}

enum hf_err
hf_archive_next(struct hf_archive *a, char name[static HF_ARCHIVE_NAME_BYTES],
                uint64_t *ret_size)
{
    uint8_t size[8];
    const uint8_t *p = size;
    uint8_t n = 0;
    enum hf_err err = hf_archive_get(a, &n, 1);

    if (err)
        return err;
    if (n == 0)
        return a->is_last && a->at == a->n ? HF_ERR_NOT_FOUND
                                           : HF_ERR_SIGNATURE;
    if (n >= HF_ARCHIVE_NAME_BYTES)
        return HF_ERR_SIGNATURE;
    err = hf_archive_get(a, name, n);
    if (!err)
        err = hf_archive_get(a, size, sizeof(size));
    if (err)
        return err;
    name[n] = '\0';
    *ret_size = hf_get_u64(&p);
    return strlen(name) == n ? HF_OK : HF_ERR_SIGNATURE;
}

/* ---- small files ---- */

enum hf_err
hf_boxfile_write(const char *path, const char magic[static 8],
                 const uint8_t *key, struct hf_bytes plain)
{
    const struct hf_bytes ad = {(const uint8_t *)magic, 8};
    struct hf_buf buf;
    enum hf_err err = HF_ERR_NOMEM;
    uint8_t *room;

    hf_buf_init(&buf, 8 + plain.n + HF_BOX_BYTES);
    if (hf_buf_add(&buf, magic, 8)) {
        room = hf_buf_grow(&buf, plain.n + HF_BOX_BYTES);
        if (room != NULL) {
            hf_box_seal(key, ad, plain, room);
            err = hf_file_write(path, buf.p, buf.n, 0600);
        }
    }
    hf_buf_free(&buf);
    return err;
}

enum hf_err
hf_boxfile_read(const char *path, const char magic[static 8],
                const uint8_t *key, struct hf_buf *plain)
{
    const struct hf_bytes ad = {(const uint8_t *)magic, 8};
    struct hf_buf buf;
    enum hf_err err;
    uint8_t *room;

    hf_buf_init(&buf, 8 + plain->max + HF_BOX_BYTES);
    err = hf_file_read(path, &buf);
    if (!err && (buf.n < 8 + HF_BOX_BYTES || memcmp(buf.p, magic, 8) != 0))
        err = HF_ERR_SIGNATURE;
    if (!err) {
        const struct hf_bytes box = {buf.p + 8, buf.n - 8};

        room = hf_buf_grow(plain, box.n - HF_BOX_BYTES);
        if (room == NULL && box.n > HF_BOX_BYTES)
            err = HF_ERR_NOMEM;
        else if (!hf_box_open(key, ad, box, room))
            err = HF_ERR_SIGNATURE;
    }
    hf_buf_free(&buf);
    return err;
}
