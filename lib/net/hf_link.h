/*
 * hf_link.h - an outbound, CURVE-authenticated link to one broker.
 *
 * A DEALER socket that connects, and connects again by itself with a growing
 * pause. Frames are single ZeroMQ parts. ZeroMQ alone is at-most-once: what
 * was queued when a connection broke is gone, so everything that matters is
 * sent again until it is answered. No routing id is ever set.
 *
 * A link belongs to one thread. Watch it with hf_loop_add_link(), or ask
 * hf_link_receive() now and then.
 */
#ifndef HF_LINK_H
#define HF_LINK_H

#include "hf_buf.h"
#include "hf_crypto.h"
#include "hf_net.h"

struct hf_link;

/** Limits of one link or port; hf_link_limits() gives the usual ones. */
struct hf_link_limits {
    size_t frame_bytes_max; /* a larger frame from the peer breaks the link */
    int send_frames_max;    /* queued here and not yet on the wire */
    int receive_frames_max; /* received and not yet taken */
    int heartbeat_ms;       /* silence before a ping */
    int heartbeat_wait_ms;  /* silence after a ping before the link is down */
    int handshake_ms;
    int retry_ms_min; /* pause before connecting again ... */
    int retry_ms_max; /* ... doubling up to this */
};

/** hf_link_limits: 20 MiB frames, 64 queued each way, a ping after 25 s, 15 s
 * for its answer, 5 s for the handshake, retries from 0.25 s to 30 s. */
struct hf_link_limits hf_link_limits(void);

struct hf_link_state {
    bool up;          /* handshake done, connection not lost since */
    uint64_t session; /* rises with each connection; 0: never was up. When
                       * it changes, begin again: HELLO, FETCH, SYNC */
    uint64_t last_contact_ms; /* wall time; now while up; 0: never */
    bool refused;             /* the last handshake failed: our key or theirs */
};

/**
 * hf_link_open: begin to connect to @endpoint; returns at once.
 *
 * @endpoint   "tcp://host:port"
 * @server_pk  the broker's link key, from the registry
 * @mine       our link key (DH); borrowed for the call
 *
 * HF_ERR_MALFORMED  no such form of endpoint
 * HF_ERR_NOMEM, HF_ERR_IO
 */
HF_NODISCARD enum hf_err hf_link_open(const char *endpoint,
                                      const uint8_t server_pk[static 32],
                                      const struct hf_secret *mine,
                                      const struct hf_link_limits *limits,
                                      struct hf_link **ret_link);
/**
 * hf_link_keys: the server changes its key. From now on it may prove itself
 * with @first_pk or, until @other_until_ms (wall), with @other_pk; each is
 * tried in turn. A connection that stands under one of them stays; one whose
 * key counts no longer ends, also when @other_until_ms comes.
 *
 * @other_until_ms  0: there is no other key
 */
void hf_link_keys(struct hf_link *link, const uint8_t first_pk[static 32],
                  const uint8_t other_pk[static 32], uint64_t other_until_ms);
/** hf_link_close: at once, unsent frames are dropped; *link NULL is fine. */
void hf_link_close(struct hf_link **link);

/**
 * hf_link_send: queue a copy of @frame. Never blocks.
 *
 * HF_ERR_FULL         the queue is full: stop, and go on when
 *                     hf_link_can_send() says so
 * HF_ERR_UNREACHABLE  not connected
 * HF_ERR_LIMIT        frame over frame_bytes_max
 */
HF_NODISCARD enum hf_err hf_link_send(struct hf_link *link,
                                      struct hf_bytes frame);
/** hf_link_send_buf: the same without a copy: on HF_OK the memory of @frame
 * is taken and the buffer is empty again; otherwise it is as it was. */
HF_NODISCARD enum hf_err hf_link_send_buf(struct hf_link *link,
                                          struct hf_buf *frame);
bool hf_link_can_send(struct hf_link *link);

/** hf_link_receive: the next frame; hf_frame_release() it. Never blocks.
 * HF_ERR_NOT_FOUND when there is none now. */
HF_NODISCARD enum hf_err hf_link_receive(struct hf_link *link,
                                         struct hf_frame *ret_frame);

/** hf_link_state: takes in what the library's monitor reported. Call it after
 * each wake-up, before receiving: a session may be a new one. */
void hf_link_state(struct hf_link *link, struct hf_link_state *ret_state);

#endif /* HF_LINK_H */
