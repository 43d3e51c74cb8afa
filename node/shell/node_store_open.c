/* Store and keystore are opened together: one must know of the other. */
#include <limits.h>
#include <stdlib.h>

#include "hf_file.h"
#include "hf_text.h"
#include "node_store_internal.h"

static const char *const tables[] = {
#define X(name, text) text,
    NODE_TABLE_MAP(X)
#undef X
};

/* What the store knows of the keystore; zero when there was no commit yet. */
static enum hf_err
load_mark(struct node_store *s, struct hf_buf *buf, struct keystore_mark *ret)
{
    const uint8_t *p;
    enum hf_err err = node_store_begin(s, false);

    *ret = (struct keystore_mark){0};
    if (err)
        return err;
    if (node_store_read(s, NODE_SHELF, MARK_KEY, buf)) {
        p = buf->p;
        if (buf->n < MARK_FIXED) {
            node_store_fail(s, HF_ERR_MALFORMED);
        } else {
            ret->epoch = hf_get_u64(&p);
            ret->count = hf_get_u64(&p);
            hf_get_bytes(&p, ret->sum.b, sizeof(ret->sum.b));
            ret->n_dead = hf_get_u32(&p);
            ret->dead = (const uint32_t *)(const void *)p;
        }
        if (buf->n != MARK_FIXED + ret->n_dead * sizeof(*ret->dead))
            node_store_fail(s, HF_ERR_MALFORMED);
    }
    if (s->n_bad > 0)
        node_store_fail(s,
                        HF_ERR_MALFORMED); /* sealed with another store key */
    err = s->err;
    hf_txn_abort(&s->txn);
    return err;
}

static bool
open_keystore(struct node_store *s, const char *dir, struct fault *fault)
{
    struct keystore_mark mark;
    struct hf_buf buf;
    enum hf_err err;
    bool is_ok = true;

    hf_buf_init(&buf, NODE_STORE_VALUE_MAX);
    err = load_mark(s, &buf, &mark);
    if (err) {
        is_ok = fault_set(fault, FAULT_DATA,
                          "%s/store: %s; it was not made with this "
                          "keys/store.key: restore both from one backup",
                          dir, hf_err_text(err));
        goto out;
    }
    err = keystore_open(dir, s->keys->store, &mark, &s->keystore);
    if (err) {
        is_ok = fault_set(fault, FAULT_DATA,
                          "%s/keystore: %s; restore keystore and store from "
                          "one backup",
                          dir, hf_err_text(err));
        goto out;
    }
    s->marked_epoch = mark.epoch;
    if (keystore_must_rewrite(s->keystore))
        node_store_shred(s);
    if (keystore_mark(s->keystore).epoch != s->marked_epoch) {
        /* A store that holds nothing but knows a keystore has its first
         * commit: from then on a missing keystore is a loss and not a
         * beginning. */
        err = node_store_mark_now(s);
        if (err)
            is_ok = fault_set(fault, FAULT_NOT_NOW, "%s/store: %s; make room",
                              dir, hf_err_text(err));
    }

out:
    hf_buf_free(&buf);
    return is_ok;
}

static bool
open_lmdb(struct node_store *s, const char *dir, struct fault *fault)
{
    char path[PATH_MAX];
    enum hf_err err;

    _Static_assert(sizeof(tables) / sizeof(tables[0]) == NODE_TABLES,
                   "a name a table");
    hf_path(path, sizeof(path), dir, "store");
    err = hf_store_open(path, tables, NODE_TABLES, NODE_STORE_MAP_BYTES,
                        NODE_STORE_MAP_MAX_BYTES, &s->store);
    if (err == HF_OK)
        return true;
    if (err == HF_ERR_MALFORMED)
        return fault_set(fault, FAULT_DATA,
                         "%s: not a store, or damaged; restore the backup",
                         path);
    return fault_set(fault, err == HF_ERR_FULL ? FAULT_NOT_NOW : FAULT_INTERNAL,
                     "%s: %s; look at the disk and the folder's owner", path,
                     hf_err_text(err));
}

bool
node_store_open(const char *dir, const struct own_keys *keys,
                struct node_store **ret, struct fault *fault)
{
    struct node_store *s = calloc(1, sizeof(*s));

    if (s == NULL)
        return fault_set(fault, FAULT_INTERNAL, "%s: out of memory", dir);
    s->keys = keys;
    s->view = node_store_rows(s);
    hf_buf_init(&s->plain, NODE_STORE_VALUE_MAX);
    if (!open_lmdb(s, dir, fault) || !open_keystore(s, dir, fault)) {
        node_store_close(s);
        return false;
    }
    hf_store_headroom(s->store, &s->map_used, &s->map_max);
    *ret = s;
    return true;
}

void
node_store_close(struct node_store *s)
{
    if (s == NULL)
        return;
    node_store_abort(s);
    keystore_close(s->keystore);
    hf_store_close(s->store);
    hf_buf_free(&s->plain);
    free(s);
}
