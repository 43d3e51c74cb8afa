/*
 * row.h - keys and rows of the store: what keeps rows is made of it.
 *
 * A key is put together from fields, numbers big-endian so that byte order is
 * number order. A record is a struct's bytes behind a version byte, without
 * the zeros at its end, which come back when it is read.
 * Internal to the core.
 */
#ifndef NODE_CORE_ROW_H
#define NODE_CORE_ROW_H

#include "view.h"

#define ROW_KEY_MAX 160

struct row_key {
    uint8_t b[ROW_KEY_MAX];
    size_t n;
};

/** row_add, row_number: one more field; asserts that it fits. */
void row_add(struct row_key *k, const void *p, size_t n);
void row_number(struct row_key *k, uint64_t v, size_t bytes);
/** row_number_at: a number of a key that was read. */
uint64_t row_number_at(const uint8_t *p, size_t bytes);
/** row_id, row_text: a key that begins with an id or a word. */
struct row_key row_id(const struct hf_id *id);
struct row_key row_text(const char *text);
/** row_span: the key as bytes, borrowed from @k. */
struct hf_bytes row_span(const struct row_key *k);
bool row_begins(struct hf_bytes key, const struct row_key *prefix);

/** row_unwrap: a record out of a row; false for a longer one or another
 * version. */
bool row_unwrap(struct hf_bytes row, void *ret, size_t n);
bool row_get(const struct node_view *v, enum node_table t,
             const struct row_key *k, void *ret, size_t n);
/** row_put: @lock NULL: under the node's own key. */
void row_put(const struct node_view *v, enum node_table t,
             const struct row_key *k, const struct node_lock *lock,
             const void *p, size_t n);
/** row_del_all: every row of @t whose key begins with @prefix. */
void row_del_all(const struct node_view *v, enum node_table t,
                 const struct row_key *prefix);

#endif /* NODE_CORE_ROW_H */
