/*
 * spool.h - where a broker keeps what it took custody of.
 *
 * A small interface, so that another engine can stand behind it (a broker
 * links exactly one): a batch of puts, deletes and shelf documents is
 * gathered and committed as a whole; rows are read in order of their seq per
 * mailbox and lane. One thread writes, one thread reads; a read sees what was
 * committed when spool_read_begin() was called. spool_lmdb.c is the embedded
 * default; an engine on PostgreSQL would map a batch to one pipelined
 * transaction and the rows to a table with the same key.
 */
#ifndef SPOOL_H
#define SPOOL_H

#include "broker.h"

#define SPOOL_PUTS_MAX    512   /* envelopes a commit */
#define SPOOL_DELETES_MAX 4096  /* rows a commit */
#define SPOOL_DOCS_MAX    64    /* shelf documents a commit */
#define SPOOL_OLD_MS      60000 /* when what is left of a commit moves out */

struct spool;

/**
 * spool_open: the spool in folder @dir, made if missing.
 *
 * @bytes_max  ceiling of what it takes; deletes go on when it is reached
 *
 * HF_ERR_IO, HF_ERR_NOMEM, HF_ERR_MALFORMED (not a spool)
 */
HF_NODISCARD enum hf_err spool_open(const char *dir, uint64_t bytes_max,
                                    struct spool **ret_spool);
void spool_close(struct spool **spool); /* *spool NULL is fine */

/* Writing. What is gathered is borrowed until spool_commit() or
 * spool_forget(). False: the batch is full, commit first. */
bool spool_put(struct spool *s, const struct broker_put *puts, size_t n);

struct spool_delete {
    struct broker_who box;
    uint8_t lane;
    uint64_t seq;
    uint64_t keep; /* envelopes of the row that stay; 0: the row goes */
};
bool spool_delete(struct spool *s, const struct spool_delete *deletes,
                  size_t n);
bool spool_shelf(struct spool *s, const struct shelf_doc *doc);

/**
 * spool_commit: all or nothing, durable on HF_OK. Either way the batch is
 * empty afterwards.
 *
 * HF_ERR_FULL  no room for what was put
 */
HF_NODISCARD enum hf_err spool_commit(struct spool *s, uint64_t wall_ms);
void spool_forget(struct spool *s);

/** spool_tidy: let go of old values of which little is left; a slice of work,
 * for when there is nothing else to do. True: there may be more at once. */
bool spool_tidy(struct spool *s, uint64_t wall_ms);

/* Reading. */
HF_NODISCARD enum hf_err spool_read_begin(struct spool *s);
void spool_read_end(struct spool *s); /* fine when none was begun */

/** spool_next_row: as struct broker_view says; begins a read by itself. */
bool spool_next_row(struct spool *s, const struct broker_who *box,
                    unsigned lane, uint64_t after, struct broker_row *ret_row);
/** spool_doc: one shelf document; its bytes are borrowed until the read ends.
 * HF_ERR_NOT_FOUND. */
HF_NODISCARD enum hf_err spool_doc(struct spool *s, enum shelf_kind kind,
                                   const struct hf_org *owner,
                                   struct shelf_doc *ret_doc);

typedef void spool_box_fn(void *arg, const struct broker_who *box,
                          uint64_t count, uint64_t bytes);
typedef void spool_doc_fn(void *arg, const struct shelf_doc *doc);
/** spool_load: everything there is, for the start; before the first write. */
HF_NODISCARD enum hf_err spool_load(struct spool *s, spool_box_fn *box_fn,
                                    spool_doc_fn *doc_fn, void *arg);

/** spool_headroom: bytes used and their ceiling; walks the free list. */
void spool_headroom(struct spool *s, uint64_t *ret_used, uint64_t *ret_max);

/** spool_backup: a hot, consistent copy into the empty folder @dir; from any
 * thread. */
HF_NODISCARD enum hf_err spool_backup(struct spool *s, const char *dir);
/** spool_compact: give the disk back what is not in use, a copy at a time;
 * on the writing thread. Reads go on. HF_ERR_FULL, HF_ERR_BUSY, HF_ERR_IO. */
HF_NODISCARD enum hf_err spool_compact(struct spool *s);
/** spool_file_bytes: on the disk; @is_copy: of the copy being made. */
uint64_t spool_file_bytes(const struct spool *s, bool is_copy);

#endif /* SPOOL_H */
