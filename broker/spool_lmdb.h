/*
 * spool_lmdb.h - keys and values of the LMDB spool, for its three files.
 *
 *   rows    mailbox | lane u8 | seq u64 BE  ->  where u8 | n u8 |
 *           n x (offset u32, bytes u32, expires u64)
 *   groups  commit u64 BE -> n u32 | n x (key bytes u8, row key) | envelopes
 *   left    commit u64 BE -> rows left u32 | rows at first u32 | made u64
 *   own     row key -> envelopes of a row that outlived its group
 *   shelf   kind u8 | owner -> shelf_pack()
 *   meta    "commit" -> last commit u64
 *
 * A mailbox is 'b' or 'o', its owner's id, and a NUL. seq is the commit
 * shifted, plus the part when a mailbox got more than one row of it.
 */
#ifndef SPOOL_LMDB_H
#define SPOOL_LMDB_H

#include "hf_store.h"
#include "spool.h"

#define ROW_KEY_MAX   (1 + HF_ORG_BYTES + 1 + 8)
#define SEQ_PART_BITS 4
#define ROW_HEAD      2
#define ROW_ITEM      16
#define ROW_BYTES_MAX (ROW_HEAD + BROKER_ROW_MAX * ROW_ITEM)
#define LEFT_BYTES    16

_Static_assert(SPOOL_PUTS_MAX / BROKER_ROW_MAX < 1 << SEQ_PART_BITS,
               "the rows of one mailbox in one commit can be numbered");

enum spool_table {
    TABLE_ROWS,
    TABLE_GROUPS,
    TABLE_LEFT,
    TABLE_OWN,
    TABLE_SHELF,
    TABLE_META,
    TABLES
};

enum row_where { ROW_IN_GROUP = 0, ROW_OWN = 1 };

struct row_key {
    uint8_t n;
    uint8_t b[ROW_KEY_MAX];
};

/** An envelope of the batch in one of its mailboxes. */
struct spool_ref {
    struct row_key key; /* without seq */
    uint16_t put;
};

struct spool {
    struct hf_store *store;
    uint64_t bytes_max;
    uint64_t commit;    /* the last one */
    bool is_full;       /* puts are refused */
    uint64_t n_commits; /* since the start */

    const struct broker_put *puts[SPOOL_PUTS_MAX];
    uint32_t offset[SPOOL_PUTS_MAX];
    size_t n_puts;
    size_t put_bytes;
    struct spool_ref refs[SPOOL_PUTS_MAX * BROKER_HOMES_MAX];
    size_t n_refs;
    struct spool_delete deletes[SPOOL_DELETES_MAX];
    size_t n_deletes;
    const struct shelf_doc *docs[SPOOL_DOCS_MAX];
    size_t n_docs;
    uint64_t gone[SPOOL_DELETES_MAX]; /* commits whose rows went */
    size_t n_gone;
    uint64_t tidy_from;

    struct hf_txn *read;
    uint64_t read_commit; /* whose group is at hand in this read; 0: none */
    struct hf_bytes read_group;
};

/* spool_lmdb.c */
void spool_key(struct row_key *k, const struct broker_who *box, unsigned lane);
void spool_key_seq(struct row_key *k, uint64_t seq);
struct hf_bytes spool_key_bytes(const struct row_key *k);
void spool_put_be(uint8_t out[static 8], uint64_t v);
uint64_t spool_get_be(const uint8_t in[static 8]);

/** One envelope of a row's value. */
struct row_item {
    uint32_t offset;
    uint32_t bytes;
    uint64_t expires_ms;
};
/** spool_row_decode: false when the value cannot be one of ours. */
bool spool_row_decode(struct hf_bytes value, enum row_where *ret_where,
                      size_t *ret_n, struct row_item *ret_items);
size_t spool_row_encode(enum row_where where, size_t n,
                        const struct row_item *items,
                        uint8_t out[static ROW_BYTES_MAX]);

#endif /* SPOOL_LMDB_H */
