/*
 * parked.h - envelopes that cannot be judged before a newer registry or a pack
 * is here, or ours is fresh again: kept unopened, acknowledged to the broker,
 * so that what may pass at all times is not behind them.
 *
 *   NODE_PARKED      pool 1 | sender 32 | hash of the bytes 32: bytes
 *   NODE_PARKED_USE  the same key: first parked ms (0: the clock was in doubt)
 *                    pool 1 | sender 32 (zero: the pool): rows 8 | bytes 8
 *
 * By the hash: another envelope under the id of one that waits stands beside
 * it. Each pool has room of its own, and in it each sender whose signature was
 * good; what nobody vouches for shares one small pool. All functions work
 * inside the store's transaction. Rows begin again with every start, registry,
 * and day.
 */
#ifndef NODE_SHELL_PARKED_H
#define NODE_SHELL_PARKED_H

#include "node_store.h"

enum parked_pool {
    PARKED_STRANGER = 1, /* no known key made its signature */
    PARKED_MEMBER,       /* signed by a key of its sender that we know */
    PARKED_PACK,         /* opened once; its SOP pack is awaited */
    PARKED_POOLS
};

/* A sender may not give an envelope longer; the prekey is gone then. */
#define PARKED_MAX_MS (46ull * 24 * 3600 * 1000)

struct parked_limit {
    uint64_t rows, bytes;             /* of the pool */
    uint64_t sender_rows, sender_bytes; /* of one sender in it */
};
extern const struct parked_limit parked_limits[PARKED_POOLS];

#define PARKED_KEY_BYTES (1 + HF_ORG_BYTES + HF_HASH_BYTES)

/** A row's place; zero: before all of them. */
struct parked_row {
    uint8_t key[PARKED_KEY_BYTES];
    uint64_t first_ms; /* 0: not known */
};

/** parked_put: false when the pool or the sender's part of it is full. The
 * same bytes twice are one row, as old as the first. */
bool parked_put(struct node_store *s, enum parked_pool pool,
                const struct hf_org *sender, uint64_t now_ms,
                struct hf_bytes bytes);
void parked_del(struct node_store *s, const struct parked_row *row);
/** parked_again: @row is to go on waiting, in @pool now if there is room. Its
 * time runs from @now_ms (0: in doubt) if it does not run yet. */
void parked_again(struct node_store *s, const struct parked_row *row,
                  enum parked_pool pool, const struct hf_org *sender,
                  uint64_t now_ms, struct hf_bytes bytes);
/** parked_is_over: it has waited too long; never by a clock in doubt (0). */
bool parked_is_over(const struct parked_row *row, uint64_t now_ms);
/** parked_next: the first one after *at (zero: of all) into @out, emptied
 * before; *at moves to it. */
bool parked_next(struct node_store *s, struct parked_row *at,
                 struct hf_buf *out);

#endif /* NODE_SHELL_PARKED_H */
