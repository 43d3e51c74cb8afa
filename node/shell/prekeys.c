#include "prekeys.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "hf_assert.h"
#include "hf_file.h"
#include "hf_guard.h"
#include "hf_text.h"

#define PREKEYS_MAX  64 /* a wild clock must not fill the disk */
#define NAME_BYTES   (16 + 1 + 16 + 1 + 32 + 4 + 1)
#define SEALED_BYTES (HF_KEY_BYTES + HF_BOX_BYTES)
#define DAY_MS       (24ull * 3600 * 1000)

struct own_prekey {
    struct prekey public;
    uint64_t version; /* of its document; when it was made, or later */
    struct hf_secret *secret;
};

struct prekeys {
    char dir[PATH_MAX];
    struct hf_org self;
    const uint8_t *seal;
    size_t n;
    struct own_prekey key[PREKEYS_MAX]; /* by version */
};

static void
put_hex_u64(uint64_t v, char *out)
{
    uint8_t bytes[8];

    for (int i = 0; i < 8; i++)
        bytes[i] = (uint8_t)(v >> (56 - 8 * i));
    hf_hex(bytes, sizeof(bytes), out);
}

static bool
get_hex_u64(const char *text, uint64_t *ret)
{
    char part[HF_HEX_BYTES(8)] = {0};
    uint8_t bytes[8];
    uint64_t v = 0;

    memcpy(part, text, 16);
    if (!hf_unhex(part, bytes, sizeof(bytes)))
        return false;
    for (int i = 0; i < 8; i++)
        v = v << 8 | bytes[i];
    *ret = v;
    return true;
}

static void
name_of(const struct own_prekey *k, char out[static NAME_BYTES])
{
    put_hex_u64(k->version, out);
    out[16] = '-';
    put_hex_u64(k->public.until_ms, out + 17);
    out[33] = '-';
    hf_hex(k->public.id.b, HF_ID_BYTES, out + 34);
    memcpy(out + 66, ".key", 5);
}

/* Made that long before its end, whatever version it has. */
static bool
parse_name(const char *name, struct own_prekey *ret)
{
    char id[HF_HEX_BYTES(HF_ID_BYTES)] = {0};

    if (strlen(name) != NAME_BYTES - 1 || name[16] != '-' || name[33] != '-' ||
        strcmp(name + 66, ".key") != 0)
        return false;
    memcpy(id, name + 34, 32);
    if (!get_hex_u64(name, &ret->version) ||
        !get_hex_u64(name + 17, &ret->public.until_ms) ||
        !hf_unhex(id, ret->public.id.b, HF_ID_BYTES) ||
        ret->public.until_ms < PREKEYS_VALID_MS)
        return false;
    ret->public.from_ms = ret->public.until_ms - PREKEYS_VALID_MS;
    return true;
}

/* In place first, so that the bytes do not outlive the name. */
static enum hf_err
destroy_file(const char *dir, const char *name)
{
    static const uint8_t zero[SEALED_BYTES];
    char path[PATH_MAX];
    enum hf_err err;
    int fd;

    hf_path(path, sizeof(path), dir, name);
    fd = open(path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        return errno == ENOENT ? HF_OK : HF_ERR_IO;
    err = hf_file_write_all(fd, zero, sizeof(zero));
    if (!err && fsync(fd) != 0)
        err = HF_ERR_IO;
    if (close(fd) != 0 && !err)
        err = HF_ERR_IO;
    if (!err && unlink(path) != 0)
        err = HF_ERR_IO;
    return err ? err : hf_file_sync_dir(path);
}

static void
add_sorted(struct prekeys *p, const struct own_prekey *k)
{
    size_t i = p->n++;

    HF_ASSERT(i < PREKEYS_MAX);
    for (; i > 0 && p->key[i - 1].version > k->version; i--)
        p->key[i] = p->key[i - 1];
    p->key[i] = *k;
}

static struct hf_bytes
file_ad(const struct own_prekey *k)
{
    return (struct hf_bytes){k->public.id.b, HF_ID_BYTES};
}

static enum hf_err
unseal(const struct prekeys *p, struct own_prekey *k, struct hf_bytes sealed)
{
    static const uint8_t zero[SEALED_BYTES];
    uint8_t *seed;
    enum hf_err err;

    if (sealed.n != SEALED_BYTES || memcmp(sealed.p, zero, sealed.n) == 0)
        return HF_ERR_NOT_FOUND; /* its destruction was cut short */
    seed = hf_guard_alloc(HF_KEY_BYTES);
    if (seed == NULL)
        return HF_ERR_NOMEM;
    err = hf_box_open(p->seal, file_ad(k), sealed, seed)
              ? hf_secret_from_seed(HF_KEY_DH, seed, &k->secret)
              : HF_ERR_MALFORMED;
    hf_guard_free(seed);
    return err;
}

static enum hf_err
load_one(struct prekeys *p, const char *name)
{
    struct own_prekey k = {.public.org = p->self};
    char path[PATH_MAX];
    struct hf_buf buf;
    enum hf_err err;

    if (!parse_name(name, &k))
        return HF_OK; /* not one of ours: a key half written, a stray file */
    if (p->n == PREKEYS_MAX)
        return HF_ERR_LIMIT;
    hf_buf_init(&buf, SEALED_BYTES + 1);
    err = hf_file_read(hf_path(path, sizeof(path), p->dir, name), &buf);
    if (!err)
        err = unseal(p, &k, hf_buf_bytes(&buf));
    hf_buf_free(&buf);
    if (err == HF_ERR_NOT_FOUND)
        return destroy_file(p->dir, name);
    if (err)
        return err;
    hf_secret_public(k.secret, k.public.pk);
    add_sorted(p, &k);
    return HF_OK;
}

static enum hf_err
load_all(struct prekeys *p)
{
    enum hf_err err = HF_OK;
    DIR *dir = opendir(p->dir);
    const struct dirent *e;

    if (dir == NULL)
        return HF_ERR_IO;
    while (!err && (e = readdir(dir)) != NULL)
        err = load_one(p, e->d_name);
    (void)closedir(dir);
    return err;
}

static enum hf_err
write_sealed(const struct prekeys *p, const struct own_prekey *k)
{
    uint8_t *scalar = hf_guard_alloc(HF_KEY_BYTES);
    uint8_t sealed[SEALED_BYTES];
    char name[NAME_BYTES];
    char path[PATH_MAX];

    if (scalar == NULL)
        return HF_ERR_NOMEM;
    hf_secret_curve(k->secret, scalar);
    hf_box_seal(p->seal, file_ad(k), (struct hf_bytes){scalar, HF_KEY_BYTES},
                sealed);
    hf_guard_free(scalar);
    name_of(k, name);
    return hf_file_write(hf_path(path, sizeof(path), p->dir, name), sealed,
                         sizeof(sealed), 0600);
}

static enum hf_err
make_one(struct prekeys *p, uint64_t now_ms)
{
    struct own_prekey k = {.public = {.org = p->self,
                                      .from_ms = now_ms,
                                      .until_ms = now_ms + PREKEYS_VALID_MS},
                           .version = now_ms};
    enum hf_err err;

    if (p->n == PREKEYS_MAX)
        return HF_ERR_LIMIT;
    if (p->n > 0 && k.version <= p->key[p->n - 1].version)
        k.version = p->key[p->n - 1].version + 1;
    hf_random(k.public.id.b, HF_ID_BYTES);
    err = hf_secret_new(HF_KEY_DH, &k.secret);
    if (err)
        return err;
    hf_secret_public(k.secret, k.public.pk);
    err = write_sealed(p, &k);
    if (err)
        hf_secret_free(k.secret);
    else
        add_sorted(p, &k);
    return err;
}

/* Made while the clock was ahead: it must not live as long as it says. */
static enum hf_err
shorten(struct prekeys *p, struct own_prekey *k, uint64_t now_ms)
{
    char name[NAME_BYTES];
    char was[PATH_MAX], is[PATH_MAX];

    name_of(k, name);
    hf_path(was, sizeof(was), p->dir, name);
    k->public.until_ms = now_ms + PREKEYS_VALID_MS;
    k->public.from_ms = now_ms;
    name_of(k, name);
    if (rename(was, hf_path(is, sizeof(is), p->dir, name)) != 0)
        return HF_ERR_IO;
    return hf_file_sync_dir(is);
}

static enum hf_err
destroy_old(struct prekeys *p, uint64_t now_ms)
{
    size_t i = 0;

    while (i < p->n) {
        struct own_prekey *k = &p->key[i];
        enum hf_err err = HF_OK;
        char name[NAME_BYTES];

        if (now_ms < k->public.until_ms + PREKEYS_KEEP_MS) {
            if (k->public.from_ms > now_ms + DAY_MS)
                err = shorten(p, k, now_ms);
            if (err)
                return err;
            i++;
            continue;
        }
        name_of(k, name);
        err = destroy_file(p->dir, name);
        if (err)
            return err;
        hf_secret_free(k->secret);
        memmove(k, k + 1, (p->n - i - 1) * sizeof(*k));
        p->n--;
    }
    return HF_OK;
}

/* Weekly; and when the newest is from a future that did not come: what others
 * seal to it would stay readable until then. */
static bool
is_time(const struct prekeys *p, uint64_t now_ms)
{
    const struct prekey *newest;

    if (p->n == 0)
        return true;
    newest = prekeys_newest(p);
    return now_ms >= newest->from_ms + PREKEYS_EVERY_MS ||
           newest->from_ms > now_ms + DAY_MS;
}

enum hf_err
prekeys_tend(struct prekeys *p, uint64_t now_ms, bool *ret_made)
{
    enum hf_err err = HF_OK;

    *ret_made = false;
    /* The new one first: there is always one to show. */
    if (is_time(p, now_ms)) {
        err = make_one(p, now_ms);
        *ret_made = err == HF_OK;
    }
    return err ? err : destroy_old(p, now_ms);
}

enum hf_err
prekeys_discard(const char *dir)
{
    char path[PATH_MAX];
    struct own_prekey k;
    enum hf_err err = HF_OK;
    const struct dirent *e;
    DIR *d = opendir(hf_path(path, sizeof(path), dir, "prekeys"));

    if (d == NULL)
        return errno == ENOENT ? HF_OK : HF_ERR_IO;
    while (!err && (e = readdir(d)) != NULL)
        if (parse_name(e->d_name, &k))
            err = destroy_file(path, e->d_name);
    (void)closedir(d);
    return err;
}

bool
prekeys_open(const char *dir, const struct hf_org *self, const uint8_t *seal,
             uint64_t now_ms, bool is_sure, struct prekeys **ret,
             struct fault *fault)
{
    struct prekeys *p = calloc(1, sizeof(*p));
    enum hf_err err = HF_ERR_NOMEM;
    bool is_made;

    if (p != NULL) {
        p->self = *self;
        p->seal = seal;
        err = hf_mkdir(hf_path(p->dir, sizeof(p->dir), dir, "prekeys"));
        if (!err)
            err = load_all(p);
        if (!err && (is_sure || p->n == 0))
            err = prekeys_tend(p, now_ms, &is_made);
    }
    if (!err) {
        *ret = p;
        return true;
    }
    prekeys_close(p);
    return fault_set(fault,
                     err == HF_ERR_MALFORMED ? FAULT_DATA
                     : err == HF_ERR_FULL    ? FAULT_NOT_NOW
                                             : FAULT_INTERNAL,
                     "%s/prekeys: %s; %s", dir, hf_err_text(err),
                     err == HF_ERR_MALFORMED
                         ? "sealed under another store key: move the folder "
                           "aside, senders will seal again"
                         : "look at its owner and at the disk");
}

void
prekeys_close(struct prekeys *p)
{
    if (p == NULL)
        return;
    for (size_t i = 0; i < p->n; i++)
        hf_secret_free(p->key[i].secret);
    free(p);
}

const struct hf_secret *
prekeys_find(const struct prekeys *p, const struct hf_id *id)
{
    for (size_t i = 0; i < p->n; i++)
        if (hf_id_eq(&p->key[i].public.id, id))
            return p->key[i].secret;
    return NULL;
}

const struct prekey *
prekeys_newest(const struct prekeys *p)
{
    HF_ASSERT(p->n > 0);
    return &p->key[p->n - 1].public;
}

void
prekeys_doc(const struct prekeys *p, const struct hf_secret *op,
            uint8_t bytes[static PREKEY_BYTES], struct shelf_doc *ret)
{
    const struct prekey *k = prekeys_newest(p);

    prekey_pack(k, bytes);
    *ret = (struct shelf_doc){.kind = SHELF_PREKEY,
                              .owner = p->self,
                              .version = p->key[p->n - 1].version,
                              .bytes = {bytes, PREKEY_BYTES}};
    shelf_sign(ret, op);
}
