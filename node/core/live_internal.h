/*
 * live_internal.h - what the files of live share: live.c (load, judge,
 * settle), live_chain.c (entries come to a chain), live_body.c (bodies).
 */
#ifndef NODE_CORE_LIVE_INTERNAL_H
#define NODE_CORE_LIVE_INTERNAL_H

#include "live.h"

#define ENTRIES_AHEAD 64u /* held beyond a gap, at most */

/** live_writer: whose chain is written now: our own, but for a member that we
 * keep the node of. */
enum side live_writer(const struct live *l);
/** live_judge: fields of the record that the state function needs, then the
 * verdicts. */
void live_judge(struct live *l);
/** live_set_item: an entry as chain.h judges it; its hash must be set. */
void live_set_item(struct live *l, enum side side, const struct entry *e);
/** live_read_entry: a stored entry, and its hash unless @ret_hash is NULL. */
void live_read_entry(struct step *s, const struct hf_id *object, enum side side,
                     uint32_t n, struct entry *ret_e, struct hf_hash *ret_hash);
/** live_note_opening: if it is the first side's opening entry, its flags say
 * how the rest is judged. */
void live_note_opening(struct live *l, enum side side, const struct entry *e);
/** live_body_came: the body of a valid entry that had its effect without. */
void live_body_came(struct step *s, struct live *l, enum side side,
                    const struct entry *e);
/** live_store_body: its parts, each under its lock. */
void live_store_body(struct step *s, struct live *l, enum side side, uint32_t n,
                     const struct body *b);
/** live_drop_body: every part beside one entry; its locks stay. */
void live_drop_body(struct step *s, const struct live *l, enum side side,
                    uint32_t n);

#endif /* NODE_CORE_LIVE_INTERNAL_H */
