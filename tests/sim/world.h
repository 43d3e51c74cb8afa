/*
 * world.h - two brokers and three nodes in one process: one heap of things to
 * come, virtual time, one seed.
 *
 * Everything that happens is a task in the heap; tasks of one instant run in
 * the order in which they were made. All chance comes from one generator, so
 * that a seed is a world: the same seed gives the same trace, byte for byte.
 * Single-threaded; no clock is read.
 *
 *   world   the heap, chance, trace and digest; faults on and off
 *   net     connections that delay, lose, double, reorder and part
 *   disk    a node's store: what is not committed is gone after a crash
 *   knot    a node's shell around node_step(): batches, effects, restarts
 *   post    a broker's shell around broker_step(): commits, rows, restarts
 *   seal    envelopes with a true header and a clear body
 *   people  what they ask of the nodes, sensible and not
 *   check   what must hold, after each step and in the end
 */
#ifndef SIM_WORLD_H
#define SIM_WORLD_H

#include "hf_buf.h"
#include "hf_types.h"
#include "registry.h"
#include "sop.h"

#define WORLD_NODES   3
#define WORLD_BROKERS 2
#define WORLD_PARTIES (WORLD_NODES + WORLD_BROKERS) /* brokers after nodes */
#define WORLD_TRACE   40 /* lines kept for a failure */
#define WORLD_LINE    160

#define SECOND_MS UINT64_C(1000)
#define MINUTE_MS (60 * SECOND_MS)
#define HOUR_MS   (60 * MINUTE_MS)
#define DAY_MS    (24 * HOUR_MS)

struct world;
struct knot; /* a node */
struct post; /* a broker */
struct net;
struct people;
struct ledger;

/** Something to come. Its meaning is its function's; data is freed with it. */
struct task {
    uint64_t at_ms;
    uint64_t serial;
    void (*run)(struct world *w, struct task *t);
    unsigned who;         /* node, broker or party */
    uint64_t incarnation; /* of who: an older one's tasks mean nothing */
    uint64_t handle;      /* of a connection */
    struct hf_buf data;
};

struct world {
    uint64_t seed;
    uint64_t now_ms; /* true time, UTC */
    uint64_t began_ms;
    uint64_t chance;
    uint64_t serial;
    uint64_t steps; /* tasks run */
    struct task **heap;
    size_t n_tasks, tasks_max;

    bool is_calm;      /* faults and people have stopped */
    bool was_restored; /* some node came back from a backup */
    bool was_cloned;   /* ... or from an old copy, in silence */
    bool has_failed;
    bool prints; /* each line as it comes */
    char line[WORLD_TRACE][WORLD_LINE];
    uint64_t n_lines;
    uint64_t digest;

    struct registry registry;
    struct registry_org org[WORLD_NODES];
    struct hf_secret *broker_op[WORLD_BROKERS];
    struct sop_pack *pack;
    struct sop_book *book;
    struct knot *node[WORLD_NODES];
    struct post *broker[WORLD_BROKERS];
    struct net *net;
    struct people *people;
    struct ledger *ledger;
};

/** world_new: everybody made and about to start. Never NULL. */
struct world *world_new(uint64_t seed, bool prints);
void world_free(struct world *w);
/** world_run: until @until_ms of virtual time or a failure. */
void world_run(struct world *w, uint64_t until_ms);

/** world_chance: below @n. world_odds: true once in @n; never when calm. */
uint64_t world_chance(struct world *w, uint64_t n);
bool world_odds(struct world *w, uint64_t n);
void world_random(struct world *w, void *out, size_t n);

/** world_later: a task in @in_ms; to be filled by the caller at once. */
struct task *world_later(struct world *w, uint64_t in_ms,
                         void (*run)(struct world *w, struct task *t),
                         unsigned who);

/** world_trace: one line; counts in the digest. */
void world_trace(struct world *w, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/** world_fail: an invariant is broken: print seed, time and the last lines. */
void world_fail(struct world *w, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/** world_name: of a party. world_org_index: WORLD_NODES when nobody's. */
const char *world_name(const struct world *w, unsigned party);
unsigned world_org_index(const struct world *w, const struct hf_org *org);
/** world_id: the first digits of an id, for lines. */
const char *world_id(const struct hf_id *id);

#endif /* SIM_WORLD_H */
