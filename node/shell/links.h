/*
 * links.h - the node's outbound links to its home brokers.
 *
 * After each connection: HELLO and SYNC, so that the registry and prekeys come
 * first; our own documents; and, when the broker says SYNCED, credit for
 * deliveries and every envelope that no broker has taken custody of yet. What
 * arrives becomes work (work.h); nothing is acknowledged here before the caller
 * says that its commit is done. At-most-once below, so all is repeated until
 * answered.
 */
#ifndef NODE_SHELL_LINKS_H
#define NODE_SHELL_LINKS_H

#include "clock_watch.h"
#include "held_registry.h"
#include "hf_loop.h"
#include "node_store.h"
#include "policies.h"
#include "prekeys.h"
#include "work.h"

#define LINKS_CREDIT   64 /* envelopes that may be on the way to us */
#define LINKS_RESET_MS 10000

/** What links need of the node; all borrowed. */
struct links_host {
    struct hf_loop *loop;
    struct work_queue *queue;
    struct node_store *store;
    const struct own_keys *keys;
    const struct prekeys *prekeys;
    const struct held_registry *held;
    const struct policies *policies;
    void (*on_pack)(void *noded, const struct shelf_doc *doc);
    void *noded;
    const struct hf_org *self;
    const struct clock_watch *clock;
};

struct links;

HF_NODISCARD enum hf_err links_new(const struct links_host *host,
                                   struct links **ret);
void links_free(struct links *l); /* NULL is fine */

/** links_follow: connect to the home brokers that the registry gives us,
 * leave those that it no longer does, and sync again. */
void links_follow(struct links *l);
/** links_reset: a commit failed: break all links and begin again a while
 * later, so that everything unanswered comes again. */
void links_reset(struct links *l);
/** links_tend: take in changes, repeat what is due; not in a transaction. */
void links_tend(struct links *l);
/** links_wake_ms: monotonic; when links_tend() has something to do. */
uint64_t links_wake_ms(const struct links *l);

/** links_submit: hand envelopes, sealed and committed, to every broker that is
 * up; those that cannot take them now get them later. */
void links_submit(struct links *l, const struct hf_bytes *envelopes, size_t n);
/** links_ack: an envelope's effect is durable; links_flush sends them. */
void links_ack(struct links *l, size_t link, uint64_t session, uint64_t token);
void links_flush(struct links *l);
/** links_publish: one of our documents, or the registry, to all brokers. */
void links_publish(struct links *l, const struct shelf_doc *doc);

/** links_offered: a registry that a broker handed us, to be looked at; false
 * when there is none. The bytes are borrowed until the next links_tend(). */
bool links_offered(struct links *l, struct hf_bytes *ret_set);

/** links_is_live: whether acknowledgements of that session still make sense. */
bool links_is_live(const struct links *l, size_t link, uint64_t session);

/** links_time_ms: the time now by what a broker last said; 0 when none has
 * within a day. */
uint64_t links_time_ms(const struct links *l);
/** links_status: fill in the brokers; how far our clocks are apart. */
void links_status(struct links *l, struct api_status *ret);

#endif /* NODE_SHELL_LINKS_H */
