/*
 * hf_port.h - the listening side: one CURVE ROUTER that nodes and brokers
 * connect to.
 *
 * A peer is one connection. Its handle is made from the routing id that the
 * ROUTER assigned, never from one that the client chose, and its user is what
 * the allow table (hf_allow.h) said of its key, read from payload frames. A
 * frame whose user is missing, or is not the one its connection began with,
 * is dropped. Handles are below 2^63 and are not used twice.
 */
#ifndef HF_PORT_H
#define HF_PORT_H

#include "hf_link.h"

#define HF_USER_BYTES     48 /* NUL-terminated text of the allow table */
#define HF_ENDPOINT_BYTES 128

struct hf_port;

/**
 * hf_port_open: bind to @endpoint. An allow table must be running.
 *
 * @endpoint   "tcp://address:port"; port 0: the kernel chooses one
 * @mine       our link key (DH); borrowed for the call
 * @peers_max  connections that may have a handle at a time; more are closed
 *
 * HF_ERR_EXISTS     the address is in use
 * HF_ERR_MALFORMED  no such form of endpoint, or not an address of ours
 * HF_ERR_NOMEM, HF_ERR_IO
 */
HF_NODISCARD enum hf_err hf_port_open(const char *endpoint,
                                      const struct hf_secret *mine,
                                      const struct hf_link_limits *limits,
                                      size_t peers_max,
                                      struct hf_port **ret_port);
void hf_port_close(struct hf_port **port); /* *port NULL is fine */

/** hf_port_endpoint: as bound, the port resolved. Borrowed. */
const char *hf_port_endpoint(const struct hf_port *port);

struct hf_port_frame {
    uint64_t peer; /* handle; never 0 */
    bool is_new;   /* the first frame of this connection */
    char user[HF_USER_BYTES];
    struct hf_frame frame; /* hf_frame_release() it */
};

/** hf_port_receive: the next frame of any peer. Never blocks.
 * HF_ERR_NOT_FOUND when there is none now. */
HF_NODISCARD enum hf_err hf_port_receive(struct hf_port *port,
                                         struct hf_port_frame *ret_frame);

/** hf_port_gone: a peer whose connection has ended since the last call; false
 * when there is no more. Its handle is dead. Call it after each wake-up. */
bool hf_port_gone(struct hf_port *port, uint64_t *ret_peer);

/** hf_port_user: whose connection that is, as the allow table said when it was
 * made; NULL: gone. Borrowed until the next call on the port. */
const char *hf_port_user(struct hf_port *port, uint64_t peer);

/**
 * hf_port_send / hf_port_send_buf: queue one frame for @peer, as hf_link_send.
 *
 * HF_ERR_FULL         its queue is full, it does not read fast enough
 * HF_ERR_UNREACHABLE  gone; the handle is dead
 */
HF_NODISCARD enum hf_err hf_port_send(struct hf_port *port, uint64_t peer,
                                      struct hf_bytes frame);
HF_NODISCARD enum hf_err hf_port_send_buf(struct hf_port *port, uint64_t peer,
                                          struct hf_buf *frame);

/** hf_port_drop: end that connection and forget the handle: revocation, or
 * an older connection of the same user. What it still sends is dropped. */
void hf_port_drop(struct hf_port *port, uint64_t peer);

#endif /* HF_PORT_H */
