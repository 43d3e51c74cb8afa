/*
 * noded_internal.h - what the files of the daemon share; for them only.
 *
 * noded.c         the loop and its clocks
 * noded_open.c    start and stop
 * noded_release.c what follows a commit, or its failure
 */
#ifndef NODE_SHELL_NODED_INTERNAL_H
#define NODE_SHELL_NODED_INTERNAL_H

#include <limits.h>

#include "backups.h"
#include "batch.h"
#include "clock_watch.h"
#include "hf_loop.h"
#include "hf_queue.h"
#include "links.h"
#include "noded.h"
#include "notify.h"
#include "policies.h"
#include "settings.h"

struct noded {
    char dir[PATH_MAX];
    struct settings settings;
    struct own_keys keys;
    struct node_crypto crypto;
    struct held_registry held;
    struct policies policies;
    struct node_store *store;
    struct prekeys *prekeys;
    struct backups backups;
    struct sealing sealing;
    struct opening opening;
    struct batch batch;
    struct work_queue queue;  /* to be done */
    bool must_unpark;         /* what waits in the store is looked at again */
    uint8_t awaits_from;      /* the first pool in which some of it waits for
                                 a pack; 0: none does */
    struct parked_row unpark_at; /* so far */
    uint64_t unpark_ms;       /* monotonic; when that began by itself */
    struct hf_loop *loop;
    struct links *links;
    struct hf_queue *inbox;   /* requests from the server's thread */
    struct api *api;
    struct clock_watch clock;
    struct notify notify;
    bool has_notice;          /* one may be on record */
    int signal_fd;            /* -1: none */
    bool is_net_started;
    bool must_stop;
    bool must_start;     /* START is not committed yet */
    bool has_tick;       /* one is in the queue */
    bool wants_tick;     /* the core has more to do */
    uint64_t recorded_ms; /* the latest time that the store has on record */
    uint64_t tick_ms;    /* monotonic; none before it */
    uint64_t tend_ms;    /* monotonic; next minute's work */
    uint64_t look_ms;    /* monotonic; status is older than that: look anew */
    enum hf_err failing; /* why commits fail */
};

/** noded_take_registry: check and use a set; what follows from it. */
HF_NODISCARD enum hf_err noded_take_registry(struct noded *n,
                                             struct hf_bytes set);
/** noded_take_pack: a pack from the shelf (links.h). */
void noded_take_pack(void *noded, const struct shelf_doc *doc);
/** noded_peer_until_ms: for the core; inside a transaction. */
uint64_t noded_peer_until_ms(void *ctx, const struct hf_org *peer);
/** noded_unpark: envelopes that wait in the store are to be looked at again. */
void noded_unpark(struct noded *n);
/** noded_note_doubt: the clock is in doubt now, or no more. */
void noded_note_doubt(struct noded *n);
/** noded_post: for the server's thread. */
void noded_post(void *ctx, struct api_request *req);
void noded_on_inbox(void *noded);  /* hf_loop_fn */
void noded_on_signal(void *noded); /* hf_loop_fn */

/** noded_release: let out what a commit made true. noded_drop: it failed. */
void noded_release(struct noded *n);
void noded_drop(struct noded *n, enum hf_err why);

/** noded_publish_prekey: to all brokers that are up. */
void noded_publish_prekey(struct noded *n);

#endif /* NODE_SHELL_NODED_INTERNAL_H */
