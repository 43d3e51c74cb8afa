/*
 * spool_lmdb.c - the embedded spool: opening it, and its commits.
 *
 * One value holds all envelopes of a commit, so that storing them costs one
 * put whatever their number; one small row per mailbox says where they are.
 * The value goes with its last row.
 */
#include "spool.h"

#include <stdlib.h>

#include "hf_assert.h"
#include "hf_text.h"
#include "spool_lmdb.h"

static const char *const tables[TABLES] = {"rows", "groups", "left",
                                           "own",  "shelf",  "meta"};
static const struct hf_bytes meta_commit = {(const uint8_t *)"commit", 6};

/* Of the ceiling, what is kept for the deletes that make room again. */
#define RESERVE_SHARE 16
#define LOOK_EVERY    128 /* commits between two looks at the room left */

void
spool_put_be(uint8_t out[static 8], uint64_t v)
{
    for (int i = 7; i >= 0; i--, v >>= 8)
        out[i] = (uint8_t)v;
}

uint64_t
spool_get_be(const uint8_t in[static 8])
{
    uint64_t v = 0;

    for (int i = 0; i < 8; i++)
        v = v << 8 | in[i];
    return v;
}

void
spool_key(struct row_key *k, const struct broker_who *box, unsigned lane)
{
    size_t n = strnlen(box->id.s, HF_ORG_BYTES - 1);

    k->b[0] = box->is_broker ? 'b' : 'o';
    memcpy(k->b + 1, box->id.s, n);
    k->b[1 + n] = 0;
    k->b[2 + n] = (uint8_t)lane;
    k->n = (uint8_t)(3 + n);
}

void
spool_key_seq(struct row_key *k, uint64_t seq)
{
    HF_ASSERT(k->n + 8u <= ROW_KEY_MAX);
    spool_put_be(k->b + k->n, seq);
    k->n = (uint8_t)(k->n + 8);
}

struct hf_bytes
spool_key_bytes(const struct row_key *k)
{
    return (struct hf_bytes){k->b, k->n};
}

bool
spool_row_decode(struct hf_bytes value, enum row_where *ret_where,
                 size_t *ret_n, struct row_item *ret_items)
{
    const uint8_t *p = value.p;

    if (value.n < ROW_HEAD + ROW_ITEM || p[0] > ROW_OWN || p[1] == 0 ||
        p[1] > BROKER_ROW_MAX || value.n != ROW_HEAD + (size_t)p[1] * ROW_ITEM)
        return false;
    *ret_where = (enum row_where)hf_get_u8(&p);
    *ret_n = hf_get_u8(&p);
    for (size_t i = 0; i < *ret_n; i++) {
        ret_items[i].offset = hf_get_u32(&p);
        ret_items[i].bytes = hf_get_u32(&p);
        ret_items[i].expires_ms = hf_get_u64(&p);
    }
    return true;
}

size_t
spool_row_encode(enum row_where where, size_t n, const struct row_item *items,
                 uint8_t out[static ROW_BYTES_MAX])
{
    uint8_t *p = out;

    HF_ASSERT(n > 0);
    HF_ASSERT(n <= BROKER_ROW_MAX);
    hf_put_u8(&p, (uint8_t)where);
    hf_put_u8(&p, (uint8_t)n);
    for (size_t i = 0; i < n; i++) {
        hf_put_u32(&p, items[i].offset);
        hf_put_u32(&p, items[i].bytes);
        hf_put_u64(&p, items[i].expires_ms);
    }
    return (size_t)(p - out);
}

static enum hf_err
read_last_commit(struct spool *s)
{
    struct hf_txn *txn = NULL;
    struct hf_bytes value;
    enum hf_err err = hf_txn_begin(s->store, false, &txn);

    if (err)
        return err;
    err = hf_txn_get(txn, TABLE_META, meta_commit, &value);
    if (!err && value.n == 8)
        s->commit = spool_get_be(value.p);
    else if (!err)
        err = HF_ERR_MALFORMED;
    hf_txn_abort(&txn);
    return err == HF_ERR_NOT_FOUND ? HF_OK : err;
}

enum hf_err
spool_open(const char *dir, uint64_t bytes_max, struct spool **ret_spool)
{
    struct spool *s = calloc(1, sizeof(*s));
    enum hf_err err;

    if (s == NULL)
        return HF_ERR_NOMEM;
    s->bytes_max = bytes_max;
    /* The map is address space only: as large as it may ever get at once. */
    err = hf_store_open(dir, tables, TABLES, bytes_max, bytes_max, &s->store);
    if (!err)
        err = read_last_commit(s);
    if (err)
        spool_close(&s);
    else
        *ret_spool = s; /* the caller's now */
    return err;
}

void
spool_close(struct spool **spool)
{
    if (*spool == NULL)
        return;
    spool_read_end(*spool);
    hf_store_close((*spool)->store);
    free(*spool);
    *spool = NULL;
}

void
spool_forget(struct spool *s)
{
    s->n_puts = 0;
    s->put_bytes = 0;
    s->n_refs = 0;
    s->n_deletes = 0;
    s->n_docs = 0;
    s->n_gone = 0;
}

bool
spool_put(struct spool *s, const struct broker_put *puts, size_t n)
{
    if (n > SPOOL_PUTS_MAX - s->n_puts)
        return false;
    for (size_t i = 0; i < n; i++) {
        HF_ASSERT(puts[i].n_boxes > 0);
        for (size_t j = 0; j < puts[i].n_boxes; j++) {
            struct spool_ref *ref = &s->refs[s->n_refs++];

            spool_key(&ref->key, &puts[i].box[j], puts[i].lane);
            ref->put = (uint16_t)s->n_puts;
        }
        s->put_bytes += puts[i].envelope.n;
        s->puts[s->n_puts++] = &puts[i];
    }
    return true;
}

bool
spool_delete(struct spool *s, const struct spool_delete *deletes, size_t n)
{
    if (n > SPOOL_DELETES_MAX - s->n_deletes)
        return false;
    memcpy(s->deletes + s->n_deletes, deletes, n * sizeof(*deletes));
    s->n_deletes += n;
    return true;
}

bool
spool_shelf(struct spool *s, const struct shelf_doc *doc)
{
    if (s->n_docs == SPOOL_DOCS_MAX)
        return false;
    s->docs[s->n_docs++] = doc;
    return true;
}

/** By mailbox and lane, then in the order of arrival. */
static int
compare_refs(const void *a, const void *b)
{
    const struct spool_ref *x = a;
    const struct spool_ref *y = b;
    int order =
        memcmp(x->key.b, y->key.b, x->key.n < y->key.n ? x->key.n : y->key.n);

    if (order != 0)
        return order;
    if (x->key.n != y->key.n)
        return x->key.n < y->key.n ? -1 : 1;
    return x->put < y->put ? -1 : x->put > y->put;
}

/** How many of the sorted refs from @i on make one row. */
static size_t
run_length(const struct spool *s, size_t i)
{
    const struct row_key *k = &s->refs[i].key;
    size_t n = 1;

    while (i + n < s->n_refs && n < BROKER_ROW_MAX &&
           s->refs[i + n].key.n == k->n &&
           memcmp(s->refs[i + n].key.b, k->b, k->n) == 0)
        n++;
    return n;
}

static bool
is_same_box(const struct row_key *a, const struct row_key *b)
{
    return a->n == b->n && memcmp(a->b, b->b, a->n) == 0;
}

/** The rows of a commit, and their keys into the directory at @dir. */
static enum hf_err
write_rows(struct spool *s, struct hf_txn *txn, uint8_t *dir)
{
    enum hf_err err = HF_OK;
    unsigned part = 0;

    for (size_t i = 0, n; i < s->n_refs && !err; i += n) {
        struct row_item items[BROKER_ROW_MAX];
        uint8_t value[ROW_BYTES_MAX];
        struct row_key key = s->refs[i].key;

        n = run_length(s, i);
        part = i > 0 && is_same_box(&s->refs[i - 1].key, &key) ? part + 1 : 0;
        spool_key_seq(&key, s->commit << SEQ_PART_BITS | part);
        for (size_t j = 0; j < n; j++) {
            size_t put = s->refs[i + j].put;

            items[j].offset = s->offset[put];
            items[j].bytes = (uint32_t)s->puts[put]->envelope.n;
            items[j].expires_ms = s->puts[put]->expires_ms;
        }
        hf_put_u8(&dir, key.n);
        hf_put_bytes(&dir, key.b, key.n);
        err = hf_txn_put(
            txn, TABLE_ROWS, spool_key_bytes(&key),
            (struct hf_bytes){value,
                              spool_row_encode(ROW_IN_GROUP, n, items, value)});
    }
    return err;
}

static enum hf_err
write_left(struct hf_txn *txn, const uint8_t key[static 8], uint32_t left,
           uint32_t first, uint64_t made_ms)
{
    uint8_t value[LEFT_BYTES];
    uint8_t *p = value;

    hf_put_u32(&p, left);
    hf_put_u32(&p, first);
    hf_put_u64(&p, made_ms);
    return hf_txn_put(txn, TABLE_LEFT, (struct hf_bytes){key, 8},
                      (struct hf_bytes){value, sizeof(value)});
}

static enum hf_err
write_group(struct spool *s, struct hf_txn *txn, uint64_t wall_ms)
{
    uint8_t key[8];
    uint8_t *room;
    uint8_t *p;
    size_t dir_bytes = 4;
    uint32_t n_rows = 0;
    enum hf_err err;

    s->commit++;
    spool_put_be(key, s->commit);
    qsort(s->refs, s->n_refs, sizeof(s->refs[0]), compare_refs);
    for (size_t i = 0; i < s->n_refs; i += run_length(s, i)) {
        dir_bytes += 1u + s->refs[i].key.n + 8u;
        n_rows++;
    }
    err = hf_txn_reserve(txn, TABLE_GROUPS, (struct hf_bytes){key, 8},
                         dir_bytes + s->put_bytes, &room);
    if (err)
        return err;
    p = room + dir_bytes;
    for (size_t i = 0; i < s->n_puts; i++) {
        s->offset[i] = (uint32_t)(p - room);
        hf_put_bytes(&p, s->puts[i]->envelope.p, s->puts[i]->envelope.n);
    }
    p = room;
    hf_put_u32(&p, n_rows);
    err = write_rows(s, txn, p); /* other tables: the room stays where it is */
    if (!err)
        err = write_left(txn, key, n_rows, n_rows, wall_ms);
    if (!err)
        err =
            hf_txn_put(txn, TABLE_META, meta_commit, (struct hf_bytes){key, 8});
    return err;
}

/** A row that becomes the envelopes whose bits are in @keep. */
static enum hf_err
trim_row(struct hf_txn *txn, struct hf_bytes key, uint64_t keep,
         enum row_where where, size_t n, struct row_item *items)
{
    uint8_t value[ROW_BYTES_MAX];
    size_t kept = 0;

    for (size_t i = 0; i < n; i++)
        if (keep >> i & 1)
            items[kept++] = items[i];
    if (kept == 0)
        return HF_OK; /* not what the core saw: leave it as it is */
    return hf_txn_put(
        txn, TABLE_ROWS, key,
        (struct hf_bytes){value, spool_row_encode(where, kept, items, value)});
}

static enum hf_err
delete_row(struct spool *s, struct hf_txn *txn, const struct spool_delete *d)
{
    struct row_item items[BROKER_ROW_MAX];
    struct row_key key;
    struct hf_bytes value;
    enum row_where where;
    size_t n;
    enum hf_err err;

    spool_key(&key, &d->box, d->lane);
    spool_key_seq(&key, d->seq);
    err = hf_txn_get(txn, TABLE_ROWS, spool_key_bytes(&key), &value);
    if (err == HF_ERR_NOT_FOUND)
        return HF_OK; /* deleted already */
    if (err)
        return err;
    if (!spool_row_decode(value, &where, &n, items))
        return hf_txn_del(txn, TABLE_ROWS, spool_key_bytes(&key));
    if (d->keep != 0)
        return trim_row(txn, spool_key_bytes(&key), d->keep, where, n, items);
    if (where == ROW_IN_GROUP)
        s->gone[s->n_gone++] = d->seq >> SEQ_PART_BITS;
    else
        err = hf_txn_del(txn, TABLE_OWN, spool_key_bytes(&key));
    if (err && err != HF_ERR_NOT_FOUND)
        return err;
    return hf_txn_del(txn, TABLE_ROWS, spool_key_bytes(&key));
}

static int
compare_u64(const void *a, const void *b)
{
    uint64_t x;
    uint64_t y;

    memcpy(&x, a, sizeof(x));
    memcpy(&y, b, sizeof(y));
    return x < y ? -1 : x > y;
}

/** @n rows of a commit went: its value goes with the last. */
static enum hf_err
leave_group(struct hf_txn *txn, uint64_t commit, uint32_t n)
{
    uint8_t key[8];
    struct hf_bytes k = {key, sizeof(key)};
    struct hf_bytes value;
    const uint8_t *p;
    uint32_t left;
    uint32_t first;
    enum hf_err err;

    spool_put_be(key, commit);
    err = hf_txn_get(txn, TABLE_LEFT, k, &value);
    if (err)
        return err == HF_ERR_NOT_FOUND ? HF_OK : err;
    if (value.n != LEFT_BYTES)
        return HF_OK; /* damaged: keep the group rather than stop here */
    p = value.p;
    left = hf_get_u32(&p);
    first = hf_get_u32(&p);
    if (left > n)
        return write_left(txn, key, left - n, first, hf_get_u64(&p));
    err = hf_txn_del(txn, TABLE_GROUPS, k);
    return err ? err : hf_txn_del(txn, TABLE_LEFT, k);
}

static enum hf_err
write_deletes(struct spool *s, struct hf_txn *txn)
{
    enum hf_err err = HF_OK;

    for (size_t i = 0; i < s->n_deletes && !err; i++)
        err = delete_row(s, txn, &s->deletes[i]);
    qsort(s->gone, s->n_gone, sizeof(s->gone[0]), compare_u64);
    for (size_t i = 0, n; i < s->n_gone && !err; i += n) {
        for (n = 1; i + n < s->n_gone && s->gone[i + n] == s->gone[i];)
            n++;
        err = leave_group(txn, s->gone[i], (uint32_t)n);
    }
    return err;
}

static enum hf_err
write_docs(struct spool *s, struct hf_txn *txn)
{
    enum hf_err err = HF_OK;

    for (size_t i = 0; i < s->n_docs && !err; i++) {
        const struct shelf_doc *d = s->docs[i];
        uint8_t key[1 + HF_ORG_BYTES];
        struct hf_buf value;

        key[0] = (uint8_t)d->kind;
        memcpy(key + 1, d->owner.s, HF_ORG_BYTES);
        hf_buf_init(&value, SHELF_DOC_MAX + 4096);
        err = HF_ERR_NOMEM;
        if (shelf_pack(d, &value))
            err = hf_txn_put(txn, TABLE_SHELF,
                             (struct hf_bytes){key, sizeof(key)},
                             hf_buf_bytes(&value));
        hf_buf_free(&value);
    }
    return err;
}

static void
look_at_room(struct spool *s)
{
    uint64_t used;
    uint64_t max;

    if (s->n_commits++ % LOOK_EVERY != 0)
        return;
    spool_headroom(s, &used, &max);
    s->is_full = used > max - max / RESERVE_SHARE;
}

enum hf_err
spool_commit(struct spool *s, uint64_t wall_ms)
{
    uint64_t commit = s->commit;
    struct hf_txn *txn = NULL;
    enum hf_err err = HF_OK;

    look_at_room(s);
    if (s->n_puts > 0 && s->is_full)
        err = HF_ERR_FULL;
    if (!err)
        err = hf_txn_begin(s->store, true, &txn);
    if (!err)
        err = write_deletes(s, txn);
    if (!err && s->n_puts > 0)
        err = write_group(s, txn, wall_ms);
    if (!err)
        err = write_docs(s, txn);
    if (!err)
        err = hf_txn_commit(&txn);
    hf_txn_abort(&txn);
    if (err)
        s->commit = commit; /* its number was not used */
    spool_forget(s);
    return err;
}
