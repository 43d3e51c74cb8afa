/*
 * reason.h - which reasons an event takes, and whether it must have one.
 *
 * Tables of node/DESIGN.md, column "needs". Internal to the core.
 */
#ifndef NODE_CORE_REASON_H
#define NODE_CORE_REASON_H

#include "vocab.h"

/** reason_check: NULL when fine; else a sentence that names what is allowed,
 * written into @room. */
const char *reason_check(enum object_kind kind, enum event event,
                         enum reason reason, char *room, size_t room_bytes);

#endif /* NODE_CORE_REASON_H */
