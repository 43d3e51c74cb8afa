/*
 * lifecycle.h - the three lifecycles as tables.
 *
 * One row an event and author: the states that allow it, and how it folds. The
 * rows are the document: they follow, line by line, the tables of
 * node/DESIGN.md, and the enumeration in tests/sim holds them against a model
 * written apart from them.
 */
#ifndef NODE_CORE_LIFECYCLE_H
#define NODE_CORE_LIFECYCLE_H

#include "chain.h"

/** A set of states: bit STATE_x. Bit 0 (STATE_NONE) is "no entry yet". */
#define LIFECYCLE_IN(s) (UINT64_C(1) << (s))

struct lifecycle_row {
    enum side author;
    enum event event;
    uint64_t when; /* the states that allow it */
    enum state own;        /* second side's own state then (referral);
                              STATE_NONE: unchanged */
};

/** lifecycle_rows: the table of @kind, with its length. */
const struct lifecycle_row *lifecycle_rows(enum object_kind kind,
                                           size_t *ret_n);

/** lifecycle_state: the state that two folds give. */
enum state lifecycle_state(const struct chain_pair *p,
                           const struct chain_sum *first,
                           const struct chain_sum *second);

/** lifecycle_allows: whether @author may append @event given both folds. */
bool lifecycle_allows(const struct chain_pair *p, enum side author,
                      enum event event, const struct chain_sum *first,
                      const struct chain_sum *second);

/** lifecycle_fold: @sum after one more valid entry, the @n-th of @author. */
void lifecycle_fold(enum object_kind kind, enum side author, uint32_t n,
                    const struct chain_item *item, struct chain_sum *sum);

/** lifecycle_must_erase / lifecycle_is_final: of a state; @reached: a contact
 * took place (a referral lapsed before contact is destroyed). */
bool lifecycle_must_erase(enum object_kind kind, enum state state,
                          bool reached);
bool lifecycle_is_final(enum object_kind kind, enum state state);
/** lifecycle_is_seconds: a state that the second side's entries make. */
bool lifecycle_is_seconds(enum object_kind kind, enum state state);

#endif /* NODE_CORE_LIFECYCLE_H */
