/*
 * reason.h - which reasons an event takes, and whether it must have one.
 *
 * Tables of node/DESIGN.md, column "needs". Beside the core only the
 * API uses it, to say which words it would have taken.
 */
#ifndef NODE_CORE_REASON_H
#define NODE_CORE_REASON_H

#include "vocab.h"

/** reason_names: "must be one of A B C", or that the event takes none, written
 * into @room and returned. */
const char *reason_names(enum object_kind kind, enum event event, char *room,
                         size_t room_bytes);
/** reason_check: NULL when fine; else a sentence that names what is allowed,
 * written into @room. */
const char *reason_check(enum object_kind kind, enum event event,
                         enum reason reason, char *room, size_t room_bytes);

#endif /* NODE_CORE_REASON_H */
