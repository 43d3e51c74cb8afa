/*
 * world.h - brokers and nodes in one process: one heap of things to come,
 * virtual time, one seed. A small world has two brokers and three nodes, a
 * programme (programme.h) fifty.
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

#define WORLD_NODES_MAX   64
#define WORLD_BROKERS_MAX 8
#define WORLD_PARTIES_MAX (WORLD_NODES_MAX + WORLD_BROKERS_MAX)
#define WORLD_NAME        24
#define WORLD_TRACE       40 /* lines kept for a failure */
#define WORLD_LINE        160

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
struct programme; /* the staff of a whole programme, instead of people */

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

/** What differs between a small world and a whole programme. */
struct world_shape {
    unsigned n_nodes, n_brokers;
    const char *pack;        /* SOP, as YAML */
    uint64_t figures_ms;     /* period */
    uint64_t retry_ms;       /* at most, between two tries to connect */
    /* tasks between two looks, each of which walks whole stores */
    uint64_t ledger_steps, node_steps, figure_steps;
    bool has_ageing_prekeys; /* else every prekey that is known is good */
    /* Organisations and brokers into w->org, w->registry.broker and w->home;
     * who acts, and what goes wrong. */
    void (*make)(struct world *w);
    void (*begin)(struct world *w);
};

struct world {
    const struct world_shape *shape;
    unsigned n_nodes, n_brokers; /* parties: brokers after nodes */
    char name[WORLD_PARTIES_MAX][WORLD_NAME];
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
    struct registry_org org[WORLD_NODES_MAX];
    struct hf_secret *broker_op[WORLD_BROKERS_MAX];
    struct sop_pack *pack;
    struct sop_book *book;
    struct knot *node[WORLD_NODES_MAX];
    struct post *broker[WORLD_BROKERS_MAX];
    struct net *net;
    struct people *people;
    struct programme *programme; /* NULL: a small world */
    struct ledger *ledger;
};

/** Two brokers, three nodes, and people who try everything. */
extern const struct world_shape world_small;

/** world_new: everybody made and about to start. Never NULL. @shape stays the
 * caller's; @programme is taken, for w->programme. */
struct world *world_new(const struct world_shape *shape, uint64_t seed,
                        bool prints, struct programme *programme);
void world_free(struct world *w);
/** world_run: until @until_ms of virtual time or a failure. */
void world_run(struct world *w, uint64_t until_ms);

/** world_chance: below @n. world_odds: true once in @n; never when calm. */
uint64_t world_chance(struct world *w, uint64_t n);
bool world_odds(struct world *w, uint64_t n);
void world_random(struct world *w, void *out, size_t n);

/** world_part: @a does not reach @b, or not the other way, or neither, for @ms.
 */
void world_part(struct world *w, unsigned a, unsigned b, uint64_t ms);

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

/** world_name: of a party. world_org_index: n_nodes when nobody's.
 * world_broker_index: n_brokers when nobody's. */
const char *world_name(const struct world *w, unsigned party);
unsigned world_org_index(const struct world *w, const struct hf_org *org);
unsigned world_broker_index(const struct world *w, const struct hf_org *id);
/** world_set_org: an id from text. world_add_home: the node's next one. */
void world_set_org(struct hf_org *org, const char *text);
void world_add_home(struct world *w, unsigned node, unsigned broker);
/** world_id: the first digits of an id, for lines. */
const char *world_id(const struct hf_id *id);

#endif /* SIM_WORLD_H */
