/*
 * links_internal.h - what the files of links share; for them only.
 *
 * links.c         which brokers, connect, tend, status
 * links_receive.c what brokers say
 * links_send.c    what we say
 */
#ifndef NODE_SHELL_LINKS_INTERNAL_H
#define NODE_SHELL_LINKS_INTERNAL_H

#include "links.h"

#define LINKS_MAX REGISTRY_HOMES_MAX
#define CLOCK_SAID_MS (24ull * 3600 * 1000) /* a word on the time counts */

struct link {
    struct links *owner;
    size_t place;          /* in links.link */
    bool is_used;
    struct registry_broker broker; /* as the registry said when we connected */
    struct hf_link *hf;    /* NULL while it waits to be opened again */
    uint64_t reopen_ms;    /* monotonic; valid while hf is NULL */
    bool is_up, is_refused;
    uint64_t hf_session;   /* hf_link's own count, to see a new one */
    uint64_t session;      /* ours: rises over all links and reopenings */
    bool is_synced;
    uint32_t batch;        /* number of the last SUBMIT */
    uint32_t n_unanswered; /* SUBMITs without their CUSTODY */
    uint64_t submit_ms;    /* monotonic; last SUBMIT or CUSTODY */
    uint64_t last_contact_ms;
    uint64_t greet_ms;     /* monotonic; sync again, as packs are missing on
                              one side; 0: none are */
    uint64_t greet_wait;   /* ... after so long */
    uint64_t sweep_ms;     /* monotonic; when to look at the outbox again */
    bool is_sweeping;      /* in the middle of it, at sweep_from */
    uint8_t sweep_from[HF_ID_BYTES + 1];
    size_t n_sweep_from;
    size_t n_acks;
    uint64_t ack[FRAME_BATCH_MAX];
};

struct links {
    struct links_host host;
    struct link link[LINKS_MAX];
    uint64_t last_session;
    uint64_t said_ms;      /* what time a broker last said; 0: none has */
    uint64_t said_boot_ms; /* and when, by the boot clock */
    struct hf_buf offered; /* a registry set from a broker */
    struct hf_buf frame;   /* being made; memory goes with the send */
};

/* links_receive.c */
void links_receive(void *link); /* hf_loop_fn */
void links_check_state(struct link *k);

/* links_send.c */
void links_greet(struct link *k);
void links_begin_work(struct link *k, const struct frame_synced *synced);
void links_send_acks(struct link *k);
/** links_sweep: submit the next page of envelopes without custody. */
void links_sweep(struct link *k);

/** links_sweep_at: look at the outbox no later than @mono_ms. */
void links_sweep_at(struct link *k, uint64_t mono_ms);

#endif /* NODE_SHELL_LINKS_INTERNAL_H */
