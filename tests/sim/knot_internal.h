/*
 * knot_internal.h - the state that the files of a node's shell share.
 */
#ifndef SIM_KNOT_INTERNAL_H
#define SIM_KNOT_INTERNAL_H

#include "check.h"
#include "clock_watch.h"
#include "frame.h"
#include "hf_assert.h"
#include "knot.h"

#define KNOT_PENDING_MAX 4096
#define KNOT_BATCH_MAX   8
#define KNOT_QUEUE_MAX   512

/* An event that waits for its batch. */
struct knot_job {
    struct node_event ev; /* without what it points to */
    struct order *order;  /* COMMAND */
    struct hf_buf bytes;  /* CONTENT: the envelope */
    uint64_t handle;      /* of the connection to acknowledge on */
    uint64_t token;
    unsigned from; /* SERVICES */
    struct knot_job *next;
};

/* A sealed envelope that no broker has taken yet. */
struct knot_pending {
    struct hf_id id;
    uint64_t handle; /* sent over this connection; 0: not */
    uint64_t sent_ms;
};

/* Tokens to acknowledge once what they stand for is committed. */
struct knot_owed {
    uint64_t handle;
    uint64_t token;
    struct hf_id envelope;
};

struct knot {
    unsigned index;
    struct hf_org org;
    struct disk *disk;
    struct disk *backup;
    struct node_config config;
    struct node_crypto crypto;
    struct node_env env;
    struct world *world;
    bool is_up;
    bool is_busy;      /* a batch waits for its commit */
    bool must_restore; /* RESTORED has not been committed yet */
    unsigned rollbacks;
    uint64_t incarnation;
    int64_t skew_ms;
    int64_t jump_ms; /* the wall clock is wrong by so much more */
    struct clock_watch clock;
    uint64_t noted_ms; /* the latest time that it had on record */
    uint64_t prekey_ms; /* when the newest was made */
    bool flush_queued;
    bool meets[WORLD_NODES_MAX];
    struct knot_job *first, **last;
    size_t n_jobs;
    uint64_t wake_ms;
    bool tick_queued;
    struct {
        uint64_t handle;
        unsigned broker;
    } link[WORLD_BROKERS_MAX];
    struct knot_pending pending[KNOT_PENDING_MAX];
    size_t n_pending;
    struct knot_owed owed[KNOT_BATCH_MAX];
    size_t n_owed;
    struct knot_job *done[KNOT_BATCH_MAX]; /* of the running batch */
    size_t n_done;
    struct content content;
    struct node_effects *out;
};

/* knot.c */
struct knot_job *knot_push(struct knot *k, enum node_event_type type);
struct knot_job *knot_pop(struct knot *k);
void knot_free_job(struct knot_job *j);
/** knot_push_tick: unless one waits already. */
void knot_push_tick(struct knot *k);
bool knot_is_signed(const struct content_entry *ce);

/* knot_step.c */
/** knot_wall: its wall clock, right or wrong. */
uint64_t knot_wall(const struct world *w, const struct knot *k);
/** knot_look: at the clocks; before every batch. */
void knot_look(struct world *w, struct knot *k);
void knot_wake_later(struct world *w, struct knot *k);
/** knot_run: begin a batch, if there is something and none runs. */
void knot_run(struct world *w, struct knot *k);

/* knot_send.c */
/** knot_seal: number, encode, close, store; inside the transaction. */
void knot_seal(struct world *w, struct knot *k, const struct node_send *send);
void knot_forget(struct knot *k, const struct hf_id *envelope);
void knot_add_pending(struct world *w, struct knot *k,
                      const struct hf_id *envelope);
void knot_drop_pending(struct knot *k, const struct hf_id *envelope);
/** knot_flush: submit what waits, over any connection that lives. */
void knot_flush(struct world *w, struct knot *k);
/** knot_acknowledge: what the committed batch stands for. */
void knot_acknowledge(struct world *w, struct knot *k);

#endif /* SIM_KNOT_INTERNAL_H */
