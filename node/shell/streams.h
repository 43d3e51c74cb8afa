/*
 * streams.h - numbers of envelopes: one rising sequence for each (peer, lane)
 * since the last restore, and the floor below which all are settled.
 *
 * Rows of NODE_STREAMS, inside the open transaction:
 *   0 | org | lane              -> epoch u64, last seq u64
 *   1 | org | lane | seq (BE)   -> envelope id, until it is settled
 */
#ifndef NODE_SHELL_STREAMS_H
#define NODE_SHELL_STREAMS_H

#include "envelope.h"
#include "view.h"

/** streams_number: set epoch, seq and floor of @h from its id, recipient and
 * lane; a stream begins with @h->epoch, which the caller drew at random. */
void streams_number(const struct node_view *v, struct envelope_header *h);
/** streams_restart: after a restore: each stream begins anew, with another
 * epoch: numbers used since the backup are never used again. */
void streams_restart(const struct node_view *v);
/** streams_settle: this one is done; the floor may rise. One of another epoch
 * changes nothing. */
void streams_settle(const struct node_view *v,
                    const struct envelope_header *h);

#endif /* NODE_SHELL_STREAMS_H */
