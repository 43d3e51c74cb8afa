/*
 * disk.h - a node's store: sorted rows with transactions, as node/core wants
 * them (view.h).
 *
 * What is written after disk_begin() can be read at once and is gone after
 * disk_abort(). Shredding takes the rows under a key away. A span that was
 * lent is freed at the next call, so that a sanitizer sees who kept it too
 * long.
 */
#ifndef SIM_DISK_H
#define SIM_DISK_H

#include "view.h"

struct disk;

struct disk *disk_new(void);
void disk_free(struct disk *d);
/** disk_copy: of what is committed. */
struct disk *disk_copy(struct disk *d);

void disk_begin(struct disk *d);
void disk_commit(struct disk *d);
void disk_abort(struct disk *d);
bool disk_is_open(const struct disk *d);

const struct node_view *disk_view(struct disk *d);

/** disk_touched: the i-th row written since disk_begin() or the last
 * disk_commit() in table @t; false at the end. A key may come twice. */
bool disk_touched(const struct disk *d, enum node_table t, size_t *i,
                  struct hf_bytes *ret_key);
/** disk_keep: what lies beside every backup: @from's rows of this table. */
void disk_keep(struct disk *d, struct disk *from, enum node_table t);
/** disk_holds: whether any row has @text in it. */
bool disk_holds(const struct disk *d, const char *text, size_t n);
size_t disk_rows(const struct disk *d, enum node_table t);

#endif /* SIM_DISK_H */
