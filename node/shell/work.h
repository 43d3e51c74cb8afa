/*
 * work.h - what waits for the deciding thread: requests, envelopes, receipts
 * and documents, in the order they came.
 *
 * A piece of work owns what it is about and is kept until the commit that
 * holds its effect: a transaction that must be done again finds it unchanged.
 */
#ifndef NODE_SHELL_WORK_H
#define NODE_SHELL_WORK_H

#include "api.h"
#include "frame.h"
#include "hf_buf.h"
#include "parked.h"

#define WORK_QUEUE_MAX       1024
#define WORK_QUEUE_BYTES_MAX (16u * 1024u * 1024u)

enum work_type {
    WORK_START,    /* once after start */
    WORK_RESTORED, /* the store came from a backup: before all else */
    WORK_TICK,     /* node_wake_ms() has come */
    WORK_API,      /* a request */
    WORK_ENVELOPE, /* delivered by a broker */
    WORK_CUSTODY,  /* a broker's word on one submitted envelope */
    WORK_DOC,      /* a shelf document of a peer */
    WORK_NOTICE    /* a notice was given: task in @envelope, rung in @token */
};

/** How far a request has come; a redone transaction does not ask again. */
enum work_api { WORK_API_NEW, WORK_API_ANSWERED, WORK_API_COMMAND,
                WORK_API_SHELL };

struct work {
    struct work *next;
    enum work_type type;
    uint64_t now_ms;      /* of its step; 0: not stepped yet */
    uint8_t seed[32];

    /* API */
    struct api_request *req; /* NULL once it is answered */
    enum work_api api;
    struct node_command command;
    struct api_shell shell;

    /* ENVELOPE, DOC: the bytes (a packed document) and where to acknowledge */
    struct hf_buf bytes;
    size_t link;
    uint64_t session;
    uint64_t token;
    /* ENVELOPE: what came of it, for the log and the acknowledgement */
    bool is_stored;       /* it comes from the store (parked.h) */
    struct parked_row parked; /* ... and there it is */
    bool is_parked;       /* kept there until a newer registry is here */
    bool awaits_pack;     /* ... or its SOP pack (awaiting.h) */
    bool is_unopenable;   /* the sender is told so, and why is set */
    const char *why;      /* dropped, or could not be opened; "" if neither */
    uint32_t n_taken_out; /* entries with a bad signature, bad bodies */
    struct hf_org from;

    /* ENVELOPE after its step, CUSTODY */
    struct hf_id envelope;
    struct hf_org broker;
    enum custody_code code;
};

struct work_queue {
    struct work *first;
    struct work *last;
    size_t n;
    size_t bytes; /* of what the pieces own */
};

/** work_new: NULL when there is no memory. */
struct work *work_new(enum work_type type);
void work_free(struct work *w); /* NULL is fine */

void work_push(struct work_queue *q, struct work *w);
void work_push_front(struct work_queue *q, struct work *w);
/** work_pop: NULL when empty. */
struct work *work_pop(struct work_queue *q);
/** work_is_full: whoever feeds it should wait. */
bool work_is_full(const struct work_queue *q);
void work_clear(struct work_queue *q);

#endif /* NODE_SHELL_WORK_H */
