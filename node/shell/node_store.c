/* Transactions over rows and keystore: which of them is durable first. */
#include "node_store.h"

#include <limits.h>

#include "hf_assert.h"
#include "hf_file.h"
#include "hf_log.h"
#include "hf_text.h"
#include "node_store_internal.h"

enum hf_err
node_store_begin(struct node_store *s, bool is_write)
{
    HF_ASSERT(s->txn == NULL);
    s->err = HF_OK;
    return hf_txn_begin(s->store, is_write, &s->txn);
}

const struct node_view *
node_store_view(struct node_store *s)
{
    return &s->view;
}

enum hf_err
node_store_err(const struct node_store *s)
{
    return s->err;
}

void
node_store_abort(struct node_store *s)
{
    if (s->txn == NULL)
        return;
    node_store_wipe(s);
    hf_txn_abort(&s->txn);
    if (s->keystore != NULL && keystore_rollback(s->keystore) != HF_OK)
        s->n_bad++; /* out of step until the next start, which mends it */
}

void
node_store_put_mark(struct node_store *s)
{
    const struct keystore_mark mark = keystore_mark(s->keystore);
    uint8_t fixed[MARK_FIXED];
    uint8_t *p = fixed;
    struct hf_buf buf;

    hf_buf_init(&buf, NODE_STORE_VALUE_MAX);
    hf_put_u64(&p, mark.epoch);
    hf_put_u64(&p, mark.count);
    hf_put_bytes(&p, mark.sum.b, sizeof(mark.sum.b));
    hf_put_u32(&p, mark.n_dead);
    if (hf_buf_add(&buf, fixed, sizeof(fixed)) &&
        hf_buf_add(&buf, mark.dead, mark.n_dead * sizeof(*mark.dead)))
        s->view.put(s->view.ctx, NODE_SHELF, MARK_KEY, NULL,
                    hf_buf_bytes(&buf));
    else
        node_store_fail(s, HF_ERR_NOMEM);
    hf_buf_free(&buf);
}

/* The new keys first, then the rows under them: a row is never durable before
 * its key. A key without rows is behind the mark and is cut. */
static enum hf_err
commit_both(struct node_store *s)
{
    const bool has_keys = keystore_is_changed(s->keystore);

    if (has_keys)
        node_store_put_mark(s);
    if (!s->err && has_keys)
        node_store_fail(s, keystore_sync(s->keystore));
    if (s->err)
        return s->err;
    node_store_fail(s, hf_txn_commit(&s->txn));
    if (!s->err && has_keys)
        keystore_committed(s->keystore);
    return s->err;
}

enum hf_err
node_store_mark_now(struct node_store *s)
{
    enum hf_err err = node_store_begin(s, true);

    if (err)
        return err;
    node_store_put_mark(s);
    err = s->err ? s->err : hf_txn_commit(&s->txn);
    if (err)
        hf_txn_abort(&s->txn);
    else
        s->marked_epoch = keystore_mark(s->keystore).epoch;
    return err;
}

void
node_store_shred(struct node_store *s)
{
    const enum hf_err err = keystore_rewrite(s->keystore);

    if (err)
        hf_log(HF_LOG_ERROR, "shred_failed", "why=%s", hf_err_text(err));
    if (keystore_mark(s->keystore).epoch == s->marked_epoch)
        return;
    hf_log(HF_LOG_INFO, "shredded", "epoch=%llu",
           (unsigned long long)keystore_mark(s->keystore).epoch);
    if (node_store_mark_now(s) != HF_OK)
        return; /* the next start finds that it is done */
}

enum hf_err
node_store_commit(struct node_store *s)
{
    enum hf_err err;

    HF_ASSERT(s->txn != NULL);
    node_store_wipe(s);
    err = commit_both(s);
    if (err) {
        hf_txn_abort(&s->txn);
        if (keystore_rollback(s->keystore) != HF_OK)
            s->n_bad++;
        return err;
    }
    if (keystore_must_rewrite(s->keystore))
        node_store_shred(s);
    return HF_OK;
}

enum hf_err
node_store_grow(struct node_store *s)
{
    HF_ASSERT(s->txn == NULL);
    return hf_store_grow(s->store);
}

uint64_t
node_store_count(struct node_store *s, enum node_table t)
{
    HF_ASSERT(s->txn != NULL);
    return hf_txn_count(s->txn, (unsigned)t);
}

enum hf_err
node_store_copy(struct node_store *s, const char *dir)
{
    char path[PATH_MAX];
    enum hf_err err;

    HF_ASSERT(s->txn == NULL);
    err = hf_store_copy(s->store, hf_path(path, sizeof(path), dir, "store"));
    return err ? err : keystore_copy(s->keystore, dir);
}

/* In the shell's table, under a key that no document and no backup has. */
static const struct hf_bytes time_key = {(const uint8_t *)"time", 4};

enum hf_err
node_store_note_time(struct node_store *s, uint64_t ms)
{
    const enum hf_err err = node_store_begin(s, true);
    uint8_t bytes[8], *p = bytes;

    if (err)
        return err;
    hf_put_u64(&p, ms);
    s->view.put(s->view.ctx, NODE_SHELF, time_key, NULL,
                (struct hf_bytes){bytes, sizeof(bytes)});
    return node_store_commit(s);
}

uint64_t
node_store_time(struct node_store *s)
{
    uint64_t ms = 0;
    struct hf_bytes row;

    if (node_store_begin(s, false) != HF_OK)
        return 0;
    if (s->view.get(s->view.ctx, NODE_SHELF, time_key, &row) && row.n == 8) {
        const uint8_t *p = row.p;

        ms = hf_get_u64(&p);
    }
    node_store_abort(s);
    return ms;
}

void
node_store_tend(struct node_store *s)
{
    HF_ASSERT(s->txn == NULL);
    hf_store_check_readers(s->store);
    if (keystore_must_rewrite(s->keystore))
        node_store_shred(s);
    hf_store_headroom(s->store, &s->map_used, &s->map_max);
}

void
node_store_state(struct node_store *s, struct node_store_state *ret)
{
    *ret = (struct node_store_state){.map_used = s->map_used,
                                     .map_max = s->map_max,
                                     .n_bad = s->n_bad,
                                     .owes_shred =
                                         keystore_must_rewrite(s->keystore)};
}
