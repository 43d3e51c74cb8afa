/*
 * batch.h - one transaction: up to BATCH_MAX pieces of work through the core,
 * their envelopes sealed, one commit.
 *
 * Nothing leaves here before the commit: batch_run() only fills the lists that
 * its caller releases after HF_OK. When the map is full the transaction is
 * dropped, the map grows, and the same work is done again.
 */
#ifndef NODE_SHELL_BATCH_H
#define NODE_SHELL_BATCH_H

#include "node_store.h"
#include "opening.h"
#include "sealing.h"
#include "work.h"

#define BATCH_MAX 64

/** An envelope of this commit, to be submitted. */
struct batch_envelope {
    struct hf_id id;
    struct hf_org to;
    uint8_t lane;
    size_t at; /* in batch.sealed */
    size_t n;  /* 0: it could not be sealed */
};

struct batch {
    /* Borrowed; the caller keeps env's registry and packs current. */
    struct node_env env;
    struct node_store *store;
    struct sealing *sealing;
    struct opening *opening;
    const struct own_keys *keys;
    struct api_status status;

    /* What to release after HF_OK; valid until the next run. */
    struct work_queue done;
    struct node_effects *effects;
    struct hf_buf sealed;
    size_t n_envelopes;
    struct batch_envelope envelope[NODE_EFFECTS_MAX];
    bool publishes;   /* our service document changed */
    uint64_t wake_ms; /* node_wake_ms() as of the last commit */

    uint64_t last_ticket;
    uint64_t now_ms;
    size_t n_careful; /* that many are run one by one, after a failure */
};

/** batch_init: allocates what a batch needs, once. HF_ERR_NOMEM. */
HF_NODISCARD enum hf_err batch_init(struct batch *b);
void batch_clear(struct batch *b);

/**
 * batch_run: take the front of @queue and carry it through one commit.
 *
 * When a transaction of several pieces fails, all go back to @queue, to be run
 * one by one, so that a bad one does not hold up the others; b->done is empty
 * then. On an error it holds the one that failed: nothing of it happened.
 */
HF_NODISCARD enum hf_err batch_run(struct batch *b, struct work_queue *queue,
                                   uint64_t now_ms);

/** batch_forget: what was released is wiped; it held sections in clear. */
void batch_forget(struct batch *b);

#endif /* NODE_SHELL_BATCH_H */
