/*
 * journal.h - what a restore must do again: every key destroyed, every mark of
 * a shredded case and every tombstone, in order, with a serial number.
 *
 * A row of NODE_JOURNAL is in the commit of what it is about. The whole lies,
 * sealed under a key made of the store key, in a file beside each backup that
 * can still be restored (backups.h): a backup made before a shred is made good
 * by the file beside it before anything is served (I-9).
 *
 *   row    serial u64 (BE) -> at u64 | type u8 | what
 *   file   box of: owner 32 | last serial u64 | then per row: serial u64,
 *          length u32, bytes
 *
 * All but the file functions work inside the store's open transaction.
 */
#ifndef NODE_SHELL_JOURNAL_H
#define NODE_SHELL_JOURNAL_H

#include "backup.h"
#include "hf_buf.h"
#include "view.h"


/** journal_lock / journal_row: note that a key was destroyed, that a row was
 * put. */
void journal_lock(const struct node_view *v, uint64_t now_ms,
                  const struct node_lock *lock);
void journal_row(const struct node_view *v, uint64_t now_ms, enum node_table t,
                 struct hf_bytes key, struct hf_bytes value);
/** journal_last: the serial of the newest; 0: there is none. */
uint64_t journal_last(const struct node_view *v);
/** journal_prune: those older than @before_ms go, at most @n_max of them. */
void journal_prune(const struct node_view *v, uint64_t before_ms,
                   size_t n_max);

/** journal_pack: the file's clear text. False when it is over the ceiling. */
bool journal_pack(const struct node_view *v, const struct hf_org *owner,
                  struct hf_buf *out);
/** journal_head: whose it is and how far it goes; false when it is none. */
bool journal_head(struct hf_bytes file, struct hf_org *ret_owner,
                  uint64_t *ret_last);
/** journal_replay: do again what the file's rows after serial @after say: keys
 * are destroyed, rows put. False when it does not parse. */
bool journal_replay(const struct node_view *v, struct hf_bytes file,
                    uint64_t after);

#endif /* NODE_SHELL_JOURNAL_H */
