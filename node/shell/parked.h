/*
 * parked.h - envelopes that cannot be judged before a newer registry is here,
 * or ours is fresh again: kept unopened, acknowledged to the broker, so that
 * what may pass at all times is not behind them.
 *
 * Rows of NODE_PARKED, at most PARKED_MAX; they begin again with every start,
 * registry, and day. All but parked_max work inside the store's transaction.
 */
#ifndef NODE_SHELL_PARKED_H
#define NODE_SHELL_PARKED_H

#include "node_store.h"

#define PARKED_MAX 2048

/** parked_put: false when there is no room. The same one twice is one. */
bool parked_put(struct node_store *s, const struct hf_id *envelope,
                struct hf_bytes bytes);
void parked_del(struct node_store *s, const struct hf_id *envelope);
/** parked_next: the first one after *at (zero: of all) into @out, emptied
 * before; *at moves to it. */
bool parked_next(struct node_store *s, struct hf_id *at, struct hf_buf *out);

#endif /* NODE_SHELL_PARKED_H */
