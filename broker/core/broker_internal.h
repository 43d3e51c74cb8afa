/*
 * broker_internal.h - the state that the files of broker/core share.
 */
#ifndef BROKER_INTERNAL_H
#define BROKER_INTERNAL_H

#include "broker.h"
#include "broker_map.h"
#include "hf_assert.h"

#define NONE UINT32_MAX

#define RECENT_WAYS    8
#define RECENT_SETS    64  /* 512 ids remembered of each link's user */
#define LINK_ROWS_OWN  32  /* rows that every link may always have out */
#define PENDING_OWN    512 /* SUBMITs a link may have waiting for commits */
#define OUT_BATCHES    32  /* SUBMITs to a peer broker without their CUSTODY */
#define FRAMES_A_STEP  16  /* DELIVERs and SUBMITs a TICK makes */
#define NOTICES_MAX    64  /* being signed or saved */
#define SWEEP_A_STEP   512 /* rows looked at */
#define SWEEP_PAUSE_MS 20  /* between two steps of one sweep */

/** What the registry says of a mailbox's owner. */
enum box_standing {
    BOX_UNKNOWN, /* in no registry: gets nothing, sends nothing */
    BOX_ACTIVE,
    BOX_RESTRICTED /* suspended or left: lane 0, small, few */
};

struct box_lane {
    uint64_t cursor; /* rows up to this seq were read */
    uint32_t resend; /* first row out with unsent items, or NONE */
    uint32_t next;   /* in the queue of the link that fetches it */
    bool is_queued;
};

struct box {
    struct broker_who who;
    enum box_standing standing;
    bool is_listed; /* in the registry now */
    const struct registry_org *org; /* its entry there, a member's; or NULL */
    bool is_local;  /* we are one of its homes */
    uint8_t n_homes;
    uint32_t home[BROKER_HOMES_MAX]; /* boxes of its other home brokers */
    uint32_t keeper;   /* box of who keeps its node; itself without `via` */
    uint32_t link_in;  /* its own connection to us, or NONE */
    uint32_t link_out; /* ours to it (brokers), or NONE */
    int64_t count;     /* negative only while the store is being counted */
    int64_t bytes;
    uint64_t quota_from_ms; /* start of the period below */
    uint64_t spent_count;
    uint64_t spent_bytes;
    uint64_t doc[SHELF_SERVICES + 1]; /* version held, by kind; 0: none */
    struct box_lane lane[BROKER_LANES];
};

/** An id that a link submitted, and the commit that holds it. */
struct recent {
    struct hf_id id;
    uint64_t ticket; /* 0: free; RECENT_STORED once committed */
};
#define RECENT_STORED UINT64_MAX

struct recents {
    struct recent way[RECENT_SETS][RECENT_WAYS];
    uint8_t turn[RECENT_SETS]; /* next to give up */
};

/** A SUBMIT of ours to a peer broker. */
struct out_batch {
    uint32_t number; /* 0: free */
    size_t n;
    uint64_t token[BROKER_ROW_MAX];
};

struct out_batches {
    uint32_t link; /* NONE: free */
    struct out_batch v[OUT_BATCHES];
};

/** A connection, or (handle 0) what is remembered of the last one. */
struct link {
    uint64_t handle;
    uint32_t box;
    bool is_outbound;
    bool is_active; /* in the queue of links with work */
    uint32_t next_active;
    uint32_t window;    /* credit */
    uint32_t n_out;     /* envelopes sent and not answered */
    uint32_t n_rows;    /* rows out that it owns */
    uint32_t n_pending; /* SUBMITs waiting for their commit */
    uint64_t paused_until_ms;
    uint64_t up_at; /* serial of the connection, for choosing a victim */
    uint32_t first[BROKER_LANES]; /* mailboxes that may have rows to send */
    uint32_t last[BROKER_LANES];
    uint32_t next_batch;
    struct recents *recents; /* inbound; lazily touched memory */
    struct out_batches *out; /* outbound */
};

enum row_state { ROW_FREE, ROW_OUT, ROW_GOING };

/** A row on its way: bit i of the masks is its envelope i. */
struct row {
    enum row_state state;
    uint8_t lane;
    uint8_t n;
    bool is_resend;      /* in its lane's resend list */
    bool is_shared;      /* not of its link's own share */
    uint32_t generation; /* tokens of earlier uses do not match */
    uint32_t box;
    uint32_t link; /* NONE while only notices are being made of it */
    uint64_t seq;
    uint64_t left;    /* not answered */
    uint64_t unsent;  /* of those, to be sent (again) */
    uint64_t noticed; /* of those, being turned into a notice */
    uint32_t bytes;   /* of what is left, as far as that is known */
    uint32_t trimmed; /* bytes of those that became notices */
    uint64_t sent_ms;
    uint64_t ticket; /* of its DELETE */
    uint32_t next;   /* by age (out) or by ticket (going); free list */
    uint32_t prev;
    uint32_t next_resend;
};

/** A list of rows, oldest first. */
struct row_list {
    uint32_t first;
    uint32_t last;
};

/** One envelope of a SUBMIT that waits for its commit. */
struct waiting {
    struct broker_code code;
    uint32_t box[BROKER_HOMES_MAX];
    uint32_t bytes;
    uint8_t n_boxes; /* 0: not stored by this one */
    uint8_t lane;
    bool is_repeat;  /* an earlier, undecided SUBMIT stores it */
};

/** A SUBMIT (or a notice of ours) that waits for its commit. */
struct pending {
    uint64_t ticket; /* 0: free */
    uint64_t handle; /* the connection that asked */
    uint64_t token;  /* notice: the envelope it replaces */
    uint32_t link;   /* NONE: a notice */
    uint32_t batch;
    uint32_t first;  /* of its n in the ring of waiting envelopes */
    uint32_t n;
};

/** A shelf document that waits for its commit. */
struct pending_doc {
    uint64_t ticket; /* 0: free */
    enum shelf_kind kind;
    uint32_t box; /* owner; NONE for the registry */
    struct hf_org pack; /* its name; else empty */
    uint64_t version;
    uint64_t from; /* link that brought it */
};
#define PENDING_DOCS_MAX 64
/* Four times what one registry lists: what it drops stays until a restart of
 * an empty store, so that what waits for an old version finds it. */
#define BROKER_PACKS_MAX (4 * REGISTRY_PACKS_MAX)

struct frame_scratch {
    uint64_t token[FRAME_BATCH_MAX];
    struct hf_bytes envelope[FRAME_BATCH_MAX];
};

struct broker {
    struct broker_conf conf;
    struct broker_view view;
    uint64_t now_ms;
    uint64_t wall_ms;
    uint64_t next_ticket;
    uint64_t next_serial;
    const struct registry *registry;
    uint64_t registry_doc; /* shelf version of the registry held */
    bool is_stale; /* nobody vouches for the registry: rights pass only */
    bool is_draining;

    struct box *boxes;
    size_t n_boxes; /* never shrinks */
    struct broker_map by_who;

    struct link *links;
    struct broker_map by_handle;
    struct out_batches *out_pool; /* REGISTRY_BROKERS_MAX */
    uint32_t active_first;        /* links with work, in turn */
    uint32_t active_last;

    struct row *rows;
    struct broker_map by_place;
    uint32_t free_row;
    uint32_t n_rows_used; /* entries that ever were in use */
    size_t n_rows;        /* not free */
    size_t n_shared_rows; /* beyond LINK_ROWS_OWN of their links */
    struct row_list out;
    struct row_list going;

    struct pending *pending; /* ring in order of tickets */
    size_t first_pending;
    size_t n_pending;
    struct waiting *waiting; /* ring, as the one above */
    size_t n_waiting;
    struct pending_doc docs[PENDING_DOCS_MAX];

    size_t n_notices;
    size_t sweep_box;
    unsigned sweep_lane;
    uint64_t sweep_after;
    uint64_t sweep_at_ms; /* next look */
    uint64_t *sync_have;  /* versions, [box][kind]; box n: the registry */
    size_t n_packs;       /* SOP packs on the shelf; they have no mailbox */
    struct hf_org pack[BROKER_PACKS_MAX];
    bool sync_pack[BROKER_PACKS_MAX];
    bool must_close;      /* links that the registry no longer knows */
    bool is_starved;      /* a link waits for a free row */

    uint64_t n_taken;
    uint64_t n_refused;
    uint64_t n_delivered;
    uint64_t n_expired;

    struct broker_effects *fx; /* of the running step */
    struct broker_put put[FRAME_BATCH_MAX];
    struct broker_code code[FRAME_BATCH_MAX];
    struct frame_scratch frame[FRAMES_A_STEP];
    size_t n_frames;
};

/* broker.c */
struct broker_effect *broker_ask(struct broker *b,
                                 enum broker_effect_type type);
size_t broker_room(const struct broker *b); /* effects left in this step */
uint64_t broker_ticket(struct broker *b);

/* broker_box.c */
uint32_t broker_box_find(const struct broker *b, const struct broker_who *who);
/** broker_box_need: find or make; NONE when the table is full. */
uint32_t broker_box_need(struct broker *b, const struct broker_who *who);
void broker_box_registry(struct broker *b, const struct registry *r);
/** broker_box_freshness: look at the registry's age; b->is_stale is set. */
void broker_box_freshness(struct broker *b);
/** broker_box_fetcher: the link that fetches this mailbox now, or NONE. */
uint32_t broker_box_fetcher(const struct broker *b, uint32_t box);
bool broker_box_spend(struct broker *b, struct box *x, size_t bytes);

/* broker_link.c */
uint32_t broker_link_find(const struct broker *b, uint64_t handle);
void broker_link_up(struct broker *b, const struct broker_event *ev);
void broker_link_down(struct broker *b, uint32_t link);
/** broker_link_unpause: links whose pause is over have work again. */
void broker_link_unpause(struct broker *b);
void broker_link_hello(struct broker *b, uint32_t link,
                       const struct frame_hello *hello);
void broker_link_fetch(struct broker *b, uint32_t link, uint32_t credit);
/** broker_link_ready: this lane of a mailbox may have something to send. */
void broker_link_ready(struct broker *b, uint32_t box, unsigned lane);
/** broker_link_ready_all: every mailbox that this link fetches. */
void broker_link_ready_all(struct broker *b, uint32_t link);
/** broker_link_pop: take the first mailbox of a lane's queue out. */
uint32_t broker_link_pop(struct broker *b, uint32_t link, unsigned lane);
/** broker_link_requeue: all queues anew, after who fetches what changed. */
void broker_link_requeue(struct broker *b);
void broker_link_close_unknown(struct broker *b);
void broker_link_wake(struct broker *b, uint32_t link);
bool broker_link_has_work(const struct broker *b, uint32_t link);
uint32_t broker_link_take_active(struct broker *b);

/* broker_row.c */
uint32_t broker_row_find(const struct broker *b, uint32_t box, unsigned lane,
                         uint64_t seq);
/** broker_row_new: NONE when @link (or, NONE, the pool) has its share. */
uint32_t broker_row_new(struct broker *b, uint32_t box, unsigned lane,
                        const struct broker_row *v, uint32_t link);
uint64_t broker_row_token(const struct broker *b, uint32_t row, unsigned i);
/** broker_row_of: false for tokens of rows that are no longer out. */
bool broker_row_of(const struct broker *b, uint64_t token, uint32_t *ret_row,
                   unsigned *ret_i);
/** broker_row_settle: envelope @i is done with; the last one: DELETE. */
void broker_row_settle(struct broker *b, uint32_t row, unsigned i);
/** broker_row_retry: envelope @i is to be sent again. */
void broker_row_retry(struct broker *b, uint32_t row, unsigned i);
void broker_row_sent(struct broker *b, uint32_t row, uint64_t mask);
/** broker_row_abandon: back into the store, to be read again. */
void broker_row_abandon(struct broker *b, uint32_t row);
void broker_row_deleted(struct broker *b, uint64_t ticket);
void broker_row_resend_old(struct broker *b);
/** broker_row_queue: into its lane's list of rows with unsent envelopes; and
 * out of it. */
void broker_row_queue(struct broker *b, uint32_t row);
void broker_row_unqueue(struct broker *b, uint32_t row);
/** broker_row_notice: envelope @i, of @bytes, is being turned into a notice. */
void broker_row_notice(struct broker *b, uint32_t row, unsigned i,
                       size_t bytes);

/* broker_submit.c */
void broker_submit(struct broker *b, uint32_t link,
                   const struct broker_event *ev);
void broker_submit_notice(struct broker *b, const struct broker_event *ev);
void broker_submit_done(struct broker *b, uint64_t ticket, bool is_saved);

/* broker_send.c */
void broker_send_pump(struct broker *b);
void broker_send_ack(struct broker *b, uint32_t link,
                     const struct frame_ack *ack);
void broker_send_custody(struct broker *b, uint32_t link,
                         const struct frame_custody *c);

/* broker_expire.c */
/** broker_expire_item: never to be delivered: tell its sender; false when
 * that has to wait, NOTICES_MAX are being made. */
bool broker_expire_item(struct broker *b, uint32_t row, unsigned i,
                        struct hf_bytes envelope, uint8_t why);
void broker_expire_sweep(struct broker *b);

/* broker_shelf.c */
void broker_shelf_offer(struct broker *b, const struct broker_event *ev);
void broker_shelf_loaded(struct broker *b, const struct shelf_doc *doc);
bool broker_shelf_done(struct broker *b, uint64_t ticket, bool is_saved);

#endif /* BROKER_INTERNAL_H */
