/*
 * bare.h - entries that are held on both ends, but not their bodies.
 *
 * To a suspended member an entry goes without its body (reach.h). Which of
 * ours did, the object notes until the peer has confirmed the body; which of
 * the peer's came so, until the body comes or what it brought would have to
 * go: only then is a body taken for an entry that was there before, so that
 * nothing erased comes back. Internal to the core.
 */
#ifndef NODE_CORE_BARE_H
#define NODE_CORE_BARE_H

#include "records.h"

/** bare_set, bare_clear: entry @n, from 1, of @side. */
void bare_set(struct node_object *o, enum side side, uint32_t n);
void bare_clear(struct node_object *o, enum side side, uint32_t n);
bool bare_has(const struct node_object *o, enum side side, uint32_t n);
/** bare_next: the first one after @n; 0: none. */
uint32_t bare_next(const struct node_object *o, enum side side, uint32_t n);
/** bare_clear_to: all up to @n. bare_forget: all of @side. */
void bare_clear_to(struct node_object *o, enum side side, uint32_t n);
void bare_forget(struct node_object *o, enum side side);

#endif /* NODE_CORE_BARE_H */
