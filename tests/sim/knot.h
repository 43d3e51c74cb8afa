/*
 * knot.h - a node's shell around node_step(): a queue, batches in one
 * transaction, effects after the commit; it crashes between any two of them.
 */
#ifndef SIM_KNOT_H
#define SIM_KNOT_H

#include "disk.h"
#include "node.h"
#include "world.h"

#define ORDER_JSON_BYTES 96

/** A command with all that it points to. */
struct order {
    struct node_command c;
    struct consent consent;
    struct service service[4];
    char json[CATEGORY_END][ORDER_JSON_BYTES];
    char details[ORDER_JSON_BYTES];
};

struct knot *knot_new(struct world *w, unsigned index);
void knot_free(struct knot *k);
void knot_start(struct world *w, struct knot *k);
void knot_crash(struct world *w, struct knot *k, const char *when);
/** knot_crash_for: and it is back only after @ms. */
void knot_crash_for(struct world *w, struct knot *k, const char *when,
                    uint64_t ms);
/** knot_jump: its wall clock is wrong by @by_ms from now on; 0: right again. */
void knot_jump(struct world *w, struct knot *k, int64_t by_ms);
/** knot_tend_prekey: make one that is due; the others hear of it when the last
 * one had run out. */
void knot_tend_prekey(struct world *w, struct knot *k);

bool knot_is_up(const struct knot *k);
bool knot_is_idle(const struct knot *k); /* no transaction is open */
unsigned knot_index(const struct knot *k);
const struct hf_org *knot_org(const struct knot *k);
struct disk *knot_disk(struct knot *k);
const struct node_env *knot_env(const struct knot *k);
uint64_t knot_now(const struct world *w, const struct knot *k);
/** knot_rollbacks: how often it came back with an older store. */
unsigned knot_rollbacks(const struct knot *k);

/** knot_command: queue a command; the order is taken. */
void knot_command(struct world *w, struct knot *k, struct order **order);
/** knot_services: a provider's document has arrived. */
void knot_services(struct world *w, struct knot *k, unsigned from);
/** knot_meet: the prekey of @peer is known from now on. */
void knot_meet(struct world *w, struct knot *k, unsigned peer);

/** knot_backup: keep a copy. knot_restore: crash, and come back with it,
 * knowing it (a restore) or not (a clone). */
void knot_backup(struct world *w, struct knot *k);
void knot_restore(struct world *w, struct knot *k, bool knows);

void knot_link_up(struct world *w, struct knot *k, uint64_t handle,
                  unsigned broker);
void knot_link_down(struct world *w, struct knot *k, uint64_t handle);
void knot_frame(struct world *w, struct knot *k, uint64_t handle,
                struct hf_bytes frame);

#endif /* SIM_KNOT_H */
