/*
 * spool_lmdb_read.c - rows and documents out of the LMDB spool.
 *
 * LMDB has no page checksums, so every offset is checked against the value it
 * points into; a row that does not hold together is passed over.
 */
#include "hf_assert.h"
#include "hf_text.h"
#include "spool_lmdb.h"

enum hf_err
spool_read_begin(struct spool *s)
{
    if (s->read != NULL)
        return HF_OK;
    s->read_commit = 0;
    return hf_txn_begin(s->store, false, &s->read);
}

void
spool_read_end(struct spool *s)
{
    hf_txn_abort(&s->read);
    s->read_commit = 0;
}

/** The bytes that a row's offsets point into. Rows of one commit are mostly
 * read together, so its group is kept at hand. */
static bool
find_bytes(struct spool *s, enum row_where where, struct hf_bytes key,
           uint64_t seq, struct hf_bytes *ret_bytes)
{
    uint64_t commit = seq >> SEQ_PART_BITS;
    uint8_t group[8];

    if (where == ROW_OWN)
        return hf_txn_get(s->read, TABLE_OWN, key, ret_bytes) == HF_OK;
    if (s->read_commit != commit) {
        spool_put_be(group, commit);
        s->read_commit = 0;
        if (hf_txn_get(s->read, TABLE_GROUPS, (struct hf_bytes){group, 8},
                       &s->read_group) != HF_OK)
            return false;
        s->read_commit = commit;
    }
    *ret_bytes = s->read_group;
    return true;
}

static bool
fill_row(struct spool *s, struct hf_bytes key, struct hf_bytes value,
         struct broker_row *ret_row)
{
    struct row_item items[BROKER_ROW_MAX];
    struct hf_bytes bytes;
    enum row_where where;
    size_t n;

    if (!spool_row_decode(value, &where, &n, items))
        return false;
    ret_row->seq = spool_get_be(key.p + key.n - 8);
    if (!find_bytes(s, where, key, ret_row->seq, &bytes))
        return false;
    ret_row->n = (uint8_t)n;
    ret_row->bytes = 0;
    ret_row->expires_min_ms = UINT64_MAX;
    for (size_t i = 0; i < n; i++) {
        if (items[i].bytes == 0 || items[i].offset > bytes.n ||
            items[i].bytes > bytes.n - items[i].offset)
            return false;
        ret_row->envelope[i] =
            (struct hf_bytes){bytes.p + items[i].offset, items[i].bytes};
        ret_row->bytes += items[i].bytes;
        if (items[i].expires_ms < ret_row->expires_min_ms)
            ret_row->expires_min_ms = items[i].expires_ms;
    }
    return true;
}

bool
spool_next_row(struct spool *s, const struct broker_who *box, unsigned lane,
               uint64_t after, struct broker_row *ret_row)
{
    if (spool_read_begin(s) != HF_OK)
        return false;
    for (;;) {
        struct row_key from;
        struct hf_bytes key;
        struct hf_bytes value;
        size_t n;

        spool_key(&from, box, lane);
        n = from.n;
        spool_key_seq(&from, after + 1);
        if (hf_txn_seek(s->read, TABLE_ROWS, spool_key_bytes(&from), &key,
                        &value) != HF_OK ||
            key.n != from.n || memcmp(key.p, from.b, n) != 0)
            return false;
        if (fill_row(s, key, value, ret_row))
            return true;
        after = spool_get_be(key.p + n);
    }
}

enum hf_err
spool_doc(struct spool *s, enum shelf_kind kind, const struct hf_org *owner,
          struct shelf_doc *ret_doc)
{
    uint8_t key[1 + HF_ORG_BYTES];
    struct hf_bytes value;
    enum hf_err err = spool_read_begin(s);

    key[0] = (uint8_t)kind;
    memcpy(key + 1, owner->s, HF_ORG_BYTES);
    if (!err)
        err = hf_txn_get(s->read, TABLE_SHELF,
                         (struct hf_bytes){key, sizeof(key)}, &value);
    return err ? err : shelf_unpack(&value, ret_doc);
}

/** The mailbox of a row key; false when it cannot be one of ours. */
static bool
read_box(struct hf_bytes key, struct broker_who *ret_box)
{
    size_t n = key.n < 11 ? 0 : key.n - 11; /* kind, NUL, lane, seq */

    if (n == 0 || n >= HF_ORG_BYTES || (key.p[0] != 'b' && key.p[0] != 'o'))
        return false;
    *ret_box = (struct broker_who){.is_broker = key.p[0] == 'b'};
    memcpy(ret_box->id.s, key.p + 1, n);
    return true;
}

/** The key right after @key, in @next. */
static struct hf_bytes
after_key(struct hf_bytes key, uint8_t next[static HF_STORE_KEY_MAX])
{
    size_t n = key.n < HF_STORE_KEY_MAX ? key.n : HF_STORE_KEY_MAX - 1;

    memcpy(next, key.p, n);
    next[n] = 0;
    return (struct hf_bytes){next, n + 1};
}

struct tally {
    struct broker_who box;
    uint64_t count;
    uint64_t bytes;
};

static void
load_rows(struct spool *s, spool_box_fn *box_fn, void *arg)
{
    const struct hf_bytes first = {NULL, 0};
    struct tally t = {0};
    struct hf_bytes key;
    struct hf_bytes value;
    enum hf_err err = hf_txn_seek(s->read, TABLE_ROWS, first, &key, &value);

    for (; !err; err = hf_txn_next(s->read, TABLE_ROWS, &key, &value)) {
        struct row_item items[BROKER_ROW_MAX];
        struct broker_who box;
        enum row_where where;
        size_t n;

        if (!read_box(key, &box) || !spool_row_decode(value, &where, &n, items))
            continue;
        if (t.count > 0 && (t.box.is_broker != box.is_broker ||
                            !hf_org_eq(&t.box.id, &box.id))) {
            box_fn(arg, &t.box, t.count, t.bytes);
            t = (struct tally){0};
        }
        t.box = box;
        t.count += n;
        for (size_t i = 0; i < n; i++)
            t.bytes += items[i].bytes;
    }
    if (t.count > 0)
        box_fn(arg, &t.box, t.count, t.bytes);
}

enum hf_err
spool_load(struct spool *s, spool_box_fn *box_fn, spool_doc_fn *doc_fn,
           void *arg)
{
    uint8_t next[HF_STORE_KEY_MAX];
    struct hf_bytes from = {next, 0};
    struct hf_bytes key;
    struct hf_bytes value;
    enum hf_err err;

    spool_read_end(s);
    err = spool_read_begin(s);
    if (err)
        return err;
    while (hf_txn_seek(s->read, TABLE_SHELF, from, &key, &value) == HF_OK) {
        struct shelf_doc doc;

        from = after_key(key, next);
        if (shelf_unpack(&value, &doc) == HF_OK)
            doc_fn(arg, &doc);
    }
    load_rows(s, box_fn, arg);
    spool_read_end(s);
    return HF_OK;
}
