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
#include "hf_text.h"

#define PREKEYS_MAX 64 /* a wild clock must not fill the disk */
#define NAME_BYTES  (16 + 1 + 16 + 1 + 32 + 4 + 1)

struct own_prekey {
    struct prekey public;
    struct hf_secret *secret;
};

struct prekeys {
    char dir[PATH_MAX];
    struct hf_org self;
    size_t n;
    struct own_prekey key[PREKEYS_MAX]; /* oldest first */
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
name_of(const struct prekey *k, char out[static NAME_BYTES])
{
    put_hex_u64(k->from_ms, out);
    out[16] = '-';
    put_hex_u64(k->until_ms, out + 17);
    out[33] = '-';
    hf_hex(k->id.b, HF_ID_BYTES, out + 34);
    memcpy(out + 66, ".key", 5);
}

static bool
parse_name(const char *name, struct prekey *ret)
{
    char id[HF_HEX_BYTES(HF_ID_BYTES)] = {0};

    if (strlen(name) != NAME_BYTES - 1 || name[16] != '-' || name[33] != '-' ||
        strcmp(name + 66, ".key") != 0)
        return false;
    memcpy(id, name + 34, 32);
    return get_hex_u64(name, &ret->from_ms) &&
           get_hex_u64(name + 17, &ret->until_ms) &&
           hf_unhex(id, ret->id.b, HF_ID_BYTES);
}

/* In place first, so that the bytes do not outlive the name. */
static enum hf_err
destroy_file(const struct prekeys *p, const struct prekey *k)
{
    static const uint8_t zero[1 + HF_KEY_BYTES];
    char name[NAME_BYTES];
    char path[PATH_MAX];
    enum hf_err err;
    int fd;

    name_of(k, name);
    hf_path(path, sizeof(path), p->dir, name);
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
    for (; i > 0 && p->key[i - 1].public.from_ms > k->public.from_ms; i--)
        p->key[i] = p->key[i - 1];
    p->key[i] = *k;
}

static enum hf_err
load_one(struct prekeys *p, const char *name)
{
    struct own_prekey k = {.public.org = p->self};
    char path[PATH_MAX];
    enum hf_err err;

    if (!parse_name(name, &k.public))
        return HF_OK; /* not one of ours: a key half written, a stray file */
    if (p->n == PREKEYS_MAX)
        return HF_ERR_LIMIT;
    err = hf_secret_load(hf_path(path, sizeof(path), p->dir, name), HF_KEY_DH,
                         &k.secret);
    if (err == HF_ERR_MALFORMED)
        return destroy_file(p, &k.public); /* its destruction was cut short */
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
make_one(struct prekeys *p, uint64_t now_ms)
{
    struct own_prekey k = {.public = {.org = p->self,
                                      .from_ms = now_ms,
                                      .until_ms = now_ms + PREKEYS_VALID_MS}};
    char name[NAME_BYTES];
    char path[PATH_MAX];
    enum hf_err err;

    if (p->n == PREKEYS_MAX)
        return HF_ERR_LIMIT;
    hf_random(k.public.id.b, HF_ID_BYTES);
    err = hf_secret_new(HF_KEY_DH, &k.secret);
    if (err)
        return err;
    hf_secret_public(k.secret, k.public.pk);
    name_of(&k.public, name);
    err = hf_secret_store(hf_path(path, sizeof(path), p->dir, name), k.secret);
    if (err)
        hf_secret_free(k.secret);
    else
        add_sorted(p, &k);
    return err;
}

static enum hf_err
destroy_old(struct prekeys *p, uint64_t now_ms)
{
    size_t i = 0;

    while (i < p->n) {
        struct own_prekey *k = &p->key[i];
        enum hf_err err;

        if (now_ms < k->public.until_ms + PREKEYS_KEEP_MS) {
            i++;
            continue;
        }
        err = destroy_file(p, &k->public);
        if (err)
            return err;
        hf_secret_free(k->secret);
        memmove(k, k + 1, (p->n - i - 1) * sizeof(*k));
        p->n--;
    }
    return HF_OK;
}

enum hf_err
prekeys_tend(struct prekeys *p, uint64_t now_ms, bool *ret_made)
{
    enum hf_err err = HF_OK;

    *ret_made = false;
    /* The new one first: there is always one to show. */
    if (p->n == 0 || now_ms >= prekeys_newest(p)->from_ms + PREKEYS_EVERY_MS) {
        err = make_one(p, now_ms);
        *ret_made = err == HF_OK;
    }
    return err ? err : destroy_old(p, now_ms);
}

bool
prekeys_open(const char *dir, const struct hf_org *self, uint64_t now_ms,
             struct prekeys **ret, struct fault *fault)
{
    struct prekeys *p = calloc(1, sizeof(*p));
    enum hf_err err = HF_ERR_NOMEM;
    bool is_made;

    if (p != NULL) {
        p->self = *self;
        err = hf_mkdir(hf_path(p->dir, sizeof(p->dir), dir, "prekeys"));
        if (!err)
            err = load_all(p);
        if (!err)
            err = prekeys_tend(p, now_ms, &is_made);
    }
    if (!err) {
        *ret = p;
        return true;
    }
    prekeys_close(p);
    return fault_set(fault,
                     err == HF_ERR_FORBIDDEN ? FAULT_FORBIDDEN
                     : err == HF_ERR_FULL    ? FAULT_NOT_NOW
                                             : FAULT_INTERNAL,
                     "%s/prekeys: %s; look at its owner and at the disk", dir,
                     hf_err_text(err));
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
                              .version = k->from_ms,
                              .bytes = {bytes, PREKEY_BYTES}};
    shelf_sign(ret, op);
}
