/*
 * brokerd_internal.h - the state that the files of the broker's shell share.
 */
#ifndef BROKERD_INTERNAL_H
#define BROKERD_INTERNAL_H

#include <pthread.h>

#include "broker_writer.h"
#include "brokerd.h"
#include "hf_loop.h"

#define OUTBOUND        (UINT64_C(1) << 63) /* in the handle of a link */
#define FRAMES_A_ROUND  128
#define TICKS_A_ROUND   4
#define DEFERRED_MAX    512
#define NOTICE_LIFE_MS  (UINT64_C(14) * 86400000)
#define SEND_FRAMES_MAX 4400 /* FRAME_CREDIT_MAX and some */

/* The name of a connection, in the allow table: a letter, eight hex digits of
 * its key, a colon, an id. */
#define USER_MEMBER     'o'
#define USER_RESTRICTED 'r' /* suspended, or left */
#define USER_BROKER     'b'
#define USER_HEAD       10

/** Our link to another broker. */
struct peer {
    struct registry_broker b; /* as the registry lists it now */
    struct hf_link *link;     /* NULL: free entry */
    uint64_t session;
    uint64_t handle; /* of the session that the core knows; 0: down */
    struct brokerd *d;
};

/** What has to be fed to the core once the running effects are through. */
struct deferred {
    enum broker_event_type type; /* LINK_DOWN or NOTICE_MADE */
    uint64_t link;
    uint64_t token;
    struct hf_org to;
    struct notice notice;
};

/** What takes long, one at a time: brokerd_keep.c. */
struct keep {
    enum keep_kind { KEEP_NONE, KEEP_COMPACT, KEEP_BACKUP } kind;
    bool is_running;
    bool has_thread;
    pthread_t thread;
    struct hf_queue *done; /* the thread says so */
    struct hf_buf registry; /* what a backup takes along */
    char from[PATH_MAX];
    char to[PATH_MAX]; /* a backup's folder */
    enum hf_err result;
    uint64_t began_ms;
    uint64_t took_ms;
    uint64_t before; /* bytes of the file */
    uint64_t after;  /* of the new one */
    uint64_t of;     /* about as many will it have */
};

struct brokerd {
    char dir[PATH_MAX];
    struct broker_file conf;
    struct hf_secret *wrap; /* the keys lie sealed under it; NULL: in clear */
    struct hf_secret *op;
    struct hf_secret *link;
    struct spool *spool;
    struct writer *writer;
    struct broker *core;
    struct registry *registry;  /* NULL: none yet */
    struct hf_buf registry_set; /* the bytes it was made of */
    uint64_t allow_until_ms;    /* wall; then a replaced link key ends */
    struct hf_loop *loop;
    struct hf_port *port;
    struct peer peers[REGISTRY_BROKERS_MAX];
    int ctl_fd;
    struct brokerd *self; /* what the loop knows the control socket by */
    struct keep keep;
    uint64_t backup_ms; /* wall; of the last backup; 0: none */
    bool must_stop;
    bool must_restart; /* in the same process number, with other keys */
    bool must_install;
    uint64_t n_bad_frames;

    struct broker_effects fx;
    struct broker_item items[FRAME_BATCH_MAX];
    struct hf_frame *in_hand;   /* frame that the running event borrows from */
    struct hf_buf *notice;      /* the same for a notice */
    struct writer_job *deletes; /* gathered until the round ends; or NULL */
    struct deferred deferred[DEFERRED_MAX];
    size_t first_deferred;
    size_t n_deferred;
};

/* brokerd.c */
/** brokerd_feed: one event and its effects. */
void brokerd_feed(struct brokerd *d, struct broker_event *ev);
void brokerd_defer(struct brokerd *d, const struct deferred *what);

/* brokerd_in.c */
void brokerd_in_port(void *arg);
void brokerd_in_done(void *arg);
/** brokerd_in_frame: one frame of a link that the core knows. */
void brokerd_in_frame(struct brokerd *d, uint64_t link,
                      const struct registry_broker *peer,
                      struct hf_frame *frame);

/* brokerd_out.c */
void brokerd_out(struct brokerd *d, const struct broker_effect *fx);
/** brokerd_out_flush: hand over the deletes that were gathered. */
void brokerd_out_flush(struct brokerd *d);
/** brokerd_out_send: takes the frame's memory; drops a link that is stuck. */
void brokerd_out_send(struct brokerd *d, uint64_t link, struct hf_buf *frame);
void brokerd_out_notice(struct brokerd *d, const struct deferred *what);
/** brokerd_out_haves: what we hold, to a peer broker: it sends what we lack. */
void brokerd_out_haves(struct brokerd *d, uint64_t link);
void brokerd_out_bad(struct brokerd *d, uint64_t link, enum hf_err why);
void brokerd_out_drop(struct brokerd *d, uint64_t link);

/* brokerd_registry.c */
/** brokerd_registry_offer: a set from a file or a link, if it is newer. */
enum hf_err brokerd_registry_offer(struct brokerd *d, struct hf_bytes set,
                                   uint64_t link);
void brokerd_registry_install(struct brokerd *d);
enum hf_err brokerd_registry_file(struct brokerd *d);
/** brokerd_registry_tend: a replaced link key is taken for a while only. */
void brokerd_registry_tend(struct brokerd *d);
/** brokerd_registry_read_user: whose connection has this name.
 * brokerd_registry_is_user: whether the registry gives it now. */
bool brokerd_registry_read_user(const char *user, struct broker_who *ret_who);
bool brokerd_registry_is_user(const struct brokerd *d, const char *user);

/* brokerd_peer.c */
void brokerd_peer_update(struct brokerd *d);
void brokerd_peer_close(struct brokerd *d);
struct peer *brokerd_peer_find(struct brokerd *d, uint64_t handle);

/** brokerd_registry_self: what it says of this broker; NULL: nothing. */
const struct registry_broker *brokerd_registry_self(const struct brokerd *d);
/** brokerd_registry_adopt: put the next keys in place, as far as they are
 * listed; as broker_keys_adopt(). */
struct broker_adopted;
enum hf_err brokerd_registry_adopt(struct brokerd *d, bool with_link,
                                   struct broker_adopted *ret);

/* brokerd_keep.c */
HF_NODISCARD enum hf_err brokerd_keep_open(struct brokerd *d);
void brokerd_keep_close(struct brokerd *d);
/** brokerd_keep_start: HF_ERR_BUSY while another runs; HF_ERR_EXISTS: there is
 * something at @to already. */
HF_NODISCARD enum hf_err brokerd_keep_start(struct brokerd *d,
                                            enum keep_kind kind,
                                            const char *to);
/** brokerd_keep_done: of the writer's job. */
void brokerd_keep_done(struct brokerd *d, enum hf_err result);
/** brokerd_keep_answer: how far it is, or how it ended, as JSON. */
void brokerd_keep_answer(const struct brokerd *d, struct hf_buf *out);

/* brokerd_status.c */
void brokerd_status(struct brokerd *d, struct hf_buf *out);

/* brokerd_ctl.c */
HF_NODISCARD enum hf_err brokerd_ctl_open(struct brokerd *d);
void brokerd_ctl_close(struct brokerd *d);

#endif /* BROKERD_INTERNAL_H */
