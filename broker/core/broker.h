/*
 * broker.h - what a broker decides: custody, mailboxes, credit, time limits.
 *
 * A state machine without I/O, clock, randomness or allocation after
 * broker_new(). One event in, a bounded list of effects out; the caller
 * carries the effects out in order, before the next event. The simulator
 * drives the same functions with virtual time.
 *
 * Durable before audible: nothing that another party could act on is asked
 * for before the SAVED event of the commit that holds it. Storage is only
 * ever written by effects (SAVE, SAVE_SHELF, DELETE; tickets rise; the store
 * reports saves in order, and deletes in order, each). It is read
 * through a view of what is committed.
 *
 * The bulk of a queue stays in the store. The core keeps counters of each
 * mailbox, a cursor into each of its lanes, and the rows that are on their way
 * to somebody ("out"). A row is a group of at most 64 envelopes of one mailbox
 * and lane that one commit wrote; rows are read, and deleted, as a whole.
 *
 * Life of a row (per mailbox; the table is total, what it lacks is ignored):
 *
 *   state     event                         becomes
 *   stored    credit of who fetches it      out: DELIVER, or SUBMIT to a peer
 *   stored    a TICK after its time         out: NOTICE for each late envelope
 *   out       ACK, CUSTODY (taken)          out, less these; the last: going
 *   out       CUSTODY (never)               out: NOTICE for these
 *   out       CUSTODY (try later)           out, sent again after a pause
 *   out       SAVED of a NOTICE             out, less this one; the last: going
 *   out       unanswered for a while        out, sent again
 *   out       LINK_DOWN                     stored (partial acks are forgotten)
 *   going     DELETED                       forgotten
 */
#ifndef BROKER_H
#define BROKER_H

#include "envelope.h"
#include "frame.h"
#include "hf_types.h"
#include "registry.h"
#include "shelf.h"

#define BROKER_LANES            3
#define BROKER_ROW_MAX          64 /* envelopes a row */
#define BROKER_HOMES_MAX        REGISTRY_HOMES_MAX
#define BROKER_EFFECTS_MAX      160

/** An organisation or a broker: who is at the end of a link, whose mailbox. */
struct broker_who {
    struct hf_org id;
    bool is_broker;
};

/** Ceilings and times; broker_conf_default() fills them. */
struct broker_conf {
    struct hf_org self;     /* our broker id */
    size_t boxes_max;       /* mailboxes */
    size_t links_max;       /* connections, both directions */
    size_t rows_max;        /* rows out at a time; >= 32 * links_max */
    size_t batches_max;     /* SUBMITs waiting for their commit */
    size_t waiting_max;     /* envelopes in these */
    uint64_t box_count_max; /* envelopes a mailbox */
    uint64_t box_bytes_max;
    uint64_t quota_count; /* a sender's envelopes a quota_period_ms */
    uint64_t quota_bytes;
    uint64_t quota_period_ms;
    uint32_t restricted_count; /* the same for suspended and left members, and
                                * for all while the registry is stale */
    uint64_t resend_ms;        /* unanswered so long: sent again */
    uint64_t pause_ms;         /* after a peer's "try later" */
    uint64_t sweep_ms;         /* between two searches for expired rows */
    uint32_t forward_window;   /* envelopes on their way to a peer broker */
};

/** One row as the view shows it; spans are borrowed until the effects of the
 * step are carried out. */
struct broker_row {
    uint64_t seq;            /* rises with each commit; never 0 */
    uint64_t expires_min_ms; /* the earliest expiry in it, wall time */
    uint32_t bytes;          /* of all its envelopes */
    uint8_t n;
    struct hf_bytes envelope[BROKER_ROW_MAX];
};

/** What is committed. Functions are pure reads. */
struct broker_view {
    void *ctx;
    /** next_row: the first row of this mailbox and lane with seq > @after. */
    bool (*next_row)(void *ctx, const struct broker_who *box, unsigned lane,
                     uint64_t after, struct broker_row *ret_row);
};

/** One submitted envelope, already peeked at. */
struct broker_item {
    struct hf_bytes envelope;
    bool is_malformed; /* envelope_peek refused it; h is not set */
    struct envelope_header h;
};

enum broker_event_type {
    BROKER_TICK,        /* time passed; deliveries happen here */
    BROKER_LINK_UP,     /* link, who, is_outbound */
    BROKER_LINK_DOWN,   /* link */
    BROKER_HELLO,       /* link, hello */
    BROKER_SUBMIT,      /* link, batch, items, n_items */
    BROKER_FETCH,       /* link, credit */
    BROKER_ACK,         /* link, ack */
    BROKER_CUSTODY,     /* link (outbound), custody; its signature is good */
    BROKER_SHELF,       /* link (0: our own command), doc, verified */
    BROKER_SYNC,        /* link, haves */
    BROKER_NOTICE_MADE, /* token, items[0]: the notice, signed; or none */
    BROKER_SAVED,       /* ticket */
    BROKER_SAVE_FAILED, /* ticket, why */
    BROKER_DELETED,     /* ticket: this and all deletes before it */
    BROKER_LOADED_BOX,  /* who, count, bytes: add to what is known; of a
                         * snapshot that is older than the first DELETE */
    BROKER_LOADED_DOC,  /* doc without bytes */
    BROKER_REGISTRY,    /* registry: borrowed until the next such event */
    BROKER_DRAIN        /* take no more custody; deliver on */
};

struct broker_event {
    enum broker_event_type type;
    uint64_t now_ms;  /* monotonic */
    uint64_t wall_ms; /* for validity and expiry */
    uint64_t link;    /* the shell's handle; never 0 for a link */
    struct broker_who who;
    bool is_outbound;
    struct frame_hello hello;
    uint32_t batch;
    const struct broker_item *items;
    size_t n_items;
    uint32_t credit;
    const struct frame_ack *ack;
    const struct frame_custody *custody;
    const struct shelf_doc *doc;
    struct hf_bytes haves; /* frame_next_have() */
    uint64_t token;
    uint64_t ticket;
    enum hf_err why;
    uint64_t count;
    uint64_t bytes;
    const struct registry *registry;
};

enum broker_effect_type {
    BROKER_DO_SAVE,       /* ticket, puts, n */
    BROKER_DO_SAVE_SHELF, /* ticket, doc: in the place of an older one */
    BROKER_DO_DELETE,     /* ticket, box, lane, seq, keep: the row becomes
                           * its envelopes whose bits are in keep; 0: goes */
    BROKER_DO_CUSTODY,    /* link, batch, codes, n: the answer to a SUBMIT */
    BROKER_DO_DELIVER,    /* link, tokens, envelopes, n */
    BROKER_DO_SUBMIT,     /* link (outbound), batch, envelopes, n */
    BROKER_DO_GREET,      /* link (outbound): HELLO, then SYNC with all held */
    BROKER_DO_BROADCAST,  /* kind, owner: SHELF to every link but `link` */
    BROKER_DO_SYNC,       /* link, haves: answer with what broker_sync_next()
                           * says, then SYNCED */
    BROKER_DO_INSTALL,    /* a newer registry is stored: load it, REGISTRY */
    BROKER_DO_NOTICE,     /* token, to, notice: sign it, NOTICE_MADE */
    BROKER_DO_CLOSE       /* link, why: BAD, then end the connection */
};

/** One envelope to store: once, in every mailbox named. */
struct broker_put {
    struct hf_bytes envelope;
    uint64_t expires_ms;
    uint8_t lane;
    uint8_t n_boxes;
    struct broker_who box[BROKER_HOMES_MAX];
};

struct broker_code {
    struct hf_id envelope;
    enum custody_code code;
};

/** Arrays are the core's own and stay until the next step; envelopes are
 * borrowed from the event or from the view. */
struct broker_effect {
    enum broker_effect_type type;
    uint64_t link;
    uint64_t ticket;
    uint32_t batch;
    size_t n;
    const struct broker_put *puts;
    const struct broker_code *codes;
    const uint64_t *tokens;
    const struct hf_bytes *envelopes;
    const struct shelf_doc *doc;
    struct broker_who box;
    uint8_t lane;
    uint64_t seq;
    uint64_t keep;
    enum shelf_kind kind;
    struct hf_org owner;
    struct hf_bytes haves;
    uint64_t token;
    struct hf_org to; /* of a notice */
    struct notice notice;
    enum hf_err why;
};

struct broker_effects {
    size_t n;
    struct broker_effect v[BROKER_EFFECTS_MAX];
};

struct broker;

struct broker_conf broker_conf_default(const struct hf_org *self);

/** broker_new: all the memory it will ever have; NULL when there is none. */
struct broker *broker_new(const struct broker_conf *conf,
                          const struct broker_view *view);
void broker_free(struct broker *b); /* NULL is fine */

/**
 * broker_step: one event; never fails, a refusal is an effect.
 *
 * Every event is legal in every state: late, repeated and unknown ones are
 * ignored or answered. Deliveries, resends and expiries happen at TICK only:
 * feed what arrived, then TICK, and again while broker_wake_ms() is due.
 */
void broker_step(struct broker *b, const struct broker_event *ev,
                 struct broker_effects *ret_effects);

/** broker_wake_ms: monotonic time of the next TICK; 0: at once. */
uint64_t broker_wake_ms(const struct broker *b);

/** broker_sync_begin: take note of what a link holds. broker_sync_next: the
 * next document that it lacks; @cursor starts at 0. */
void broker_sync_begin(struct broker *b, struct hf_bytes haves);
bool broker_sync_next(const struct broker *b, size_t *cursor,
                      enum shelf_kind *ret_kind, struct hf_org *ret_owner);

/** broker_doc_version: of what we hold; 0: nothing. */
uint64_t broker_doc_version(const struct broker *b, enum shelf_kind kind,
                            const struct hf_org *owner);

/** broker_handle: of the connection that @who made to us; 0: none. */
uint64_t broker_handle(const struct broker *b, const struct broker_who *who);

/** broker_next_link: handles of all connections, both directions; @cursor
 * starts at 0; 0 at the end. */
uint64_t broker_next_link(const struct broker *b, size_t *cursor);

struct broker_stats {
    size_t n_links;    /* connected */
    size_t n_boxes;    /* with something in them */
    uint64_t n_queued; /* envelopes in all mailboxes */
    uint64_t queued_bytes;
    size_t n_rows_out;
    uint64_t n_taken; /* since the start: custody given */
    uint64_t n_refused;
    uint64_t n_delivered; /* acknowledged by who fetched them */
    uint64_t n_expired;
    uint32_t registry_version;
    bool is_stale; /* the registry: only what a person is owed is taken */
    bool is_draining;
};
void broker_stats(const struct broker *b, struct broker_stats *ret_stats);

/** broker_next_box: mailboxes with something in them; @cursor starts at 0. */
bool broker_next_box(const struct broker *b, size_t *cursor,
                     struct broker_who *ret_who, uint64_t *ret_count);

/** broker_check: walks all state and asserts every invariant; slow. */
void broker_check(const struct broker *b);

#endif /* BROKER_H */
