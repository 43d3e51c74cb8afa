/*
 * spool_lmdb_tidy.c - old commits of which little is left: what is left moves
 * to values of its own, so that one slow mailbox does not keep the envelopes
 * of all others on the disk.
 */
#include "hf_assert.h"
#include "hf_text.h"
#include "spool_lmdb.h"

#define LOOK_AT 256 /* commits a slice */
#define MOVE    16  /* of these, moved */

/** Copy one row's envelopes out of its group, if it still points there. */
static enum hf_err
move_row(struct hf_txn *txn, struct hf_bytes key, const uint8_t *group,
         size_t group_bytes)
{
    struct row_item items[BROKER_ROW_MAX];
    uint8_t row[ROW_BYTES_MAX];
    struct hf_bytes value;
    enum row_where where;
    uint8_t *room;
    size_t n;
    size_t sum = 0;
    enum hf_err err = hf_txn_get(txn, TABLE_ROWS, key, &value);

    if (err)
        return err == HF_ERR_NOT_FOUND ? HF_OK : err;
    if (!spool_row_decode(value, &where, &n, items))
        return HF_ERR_MALFORMED;
    if (where == ROW_OWN)
        return HF_OK;
    for (size_t i = 0; i < n; i++) {
        if (items[i].offset > group_bytes ||
            items[i].bytes > group_bytes - items[i].offset)
            return HF_ERR_MALFORMED;
        sum += items[i].bytes;
    }
    err = hf_txn_reserve(txn, TABLE_OWN, key, sum, &room);
    if (err)
        return err;
    sum = 0;
    for (size_t i = 0; i < n; i++) {
        memcpy(room + sum, group + items[i].offset, items[i].bytes);
        items[i].offset = (uint32_t)sum;
        sum += items[i].bytes;
    }
    return hf_txn_put(
        txn, TABLE_ROWS, key,
        (struct hf_bytes){row, spool_row_encode(ROW_OWN, n, items, row)});
}

static enum hf_err
move_group(struct hf_txn *txn, struct hf_bytes commit)
{
    struct hf_bytes group;
    const uint8_t *p;
    const uint8_t *end;
    uint32_t n;
    enum hf_err err = hf_txn_get(txn, TABLE_GROUPS, commit, &group);

    if (err || group.n < 4)
        return err ? err : HF_ERR_MALFORMED;
    p = group.p;
    end = group.p + group.n;
    /* The group lies in pages that this transaction does not change before
     * it deletes them: LMDB copies what it writes. */
    for (n = hf_get_u32(&p); n > 0 && !err; n--) {
        size_t key_bytes = p < end ? hf_get_u8(&p) : 0;

        if (key_bytes == 0 || key_bytes > (size_t)(end - p))
            return HF_ERR_MALFORMED;
        err = move_row(txn, (struct hf_bytes){p, key_bytes}, group.p, group.n);
        p += key_bytes;
    }
    if (!err)
        err = hf_txn_del(txn, TABLE_GROUPS, commit);
    if (!err)
        err = hf_txn_del(txn, TABLE_LEFT, commit);
    return err;
}

/** Whether moving frees more than it copies. */
static bool
is_worth_it(struct hf_bytes left, uint64_t wall_ms, bool *ret_old)
{
    const uint8_t *p = left.p;
    uint32_t n_left;
    uint32_t n_first;
    uint64_t made_ms;

    *ret_old = false;
    if (left.n != LEFT_BYTES)
        return false;
    n_left = hf_get_u32(&p);
    n_first = hf_get_u32(&p);
    made_ms = hf_get_u64(&p);
    *ret_old = made_ms + SPOOL_OLD_MS <= wall_ms;
    return *ret_old && n_left <= n_first / 2;
}

/** Walk the commits from the oldest; note those to be moved. */
static size_t
choose(struct spool *s, struct hf_txn *txn, uint64_t wall_ms,
       uint8_t moves[static MOVE][8], bool *ret_more)
{
    size_t n_moves = 0;

    *ret_more = true;
    for (size_t looked = 0; looked < LOOK_AT && n_moves < MOVE; looked++) {
        uint8_t from[8];
        struct hf_bytes key;
        struct hf_bytes value;
        bool is_old;

        spool_put_be(from, s->tidy_from);
        if (hf_txn_seek(txn, TABLE_LEFT, (struct hf_bytes){from, 8}, &key,
                        &value) != HF_OK ||
            key.n != 8) {
            *ret_more = false;
            break;
        }
        if (is_worth_it(value, wall_ms, &is_old))
            memcpy(moves[n_moves++], key.p, 8);
        if (!is_old) { /* the rest is younger still */
            *ret_more = false;
            break;
        }
        s->tidy_from = spool_get_be(key.p) + 1;
    }
    if (!*ret_more)
        s->tidy_from = 0;
    return n_moves;
}

bool
spool_tidy(struct spool *s, uint64_t wall_ms)
{
    uint8_t moves[MOVE][8];
    struct hf_txn *txn = NULL;
    enum hf_err err = hf_txn_begin(s->store, true, &txn);
    bool is_more;
    size_t n;

    if (err)
        return false;
    n = choose(s, txn, wall_ms, moves, &is_more);
    for (size_t i = 0; i < n && !err; i++)
        err = move_group(txn, (struct hf_bytes){moves[i], 8});
    if (n == 0 || err)
        hf_txn_abort(&txn);
    else
        err = hf_txn_commit(&txn);
    return !err && is_more;
}
