/*
 * hf_net_internal.h - what the files of lib/net share about ZeroMQ: frames,
 * monitors and the options that every socket of ours must set.
 */
#ifndef HF_NET_INTERNAL_H
#define HF_NET_INTERNAL_H

#include <czmq.h>

#include "hf_link.h"
#include "hf_port.h"

/** net_secure: CURVE keys of @mine and every limit, explicitly. */
void net_secure(zsock_t *sock, const struct hf_secret *mine,
                const struct hf_link_limits *limits);

/** net_watch: a monitor of @sock as a PAIR to read; NULL on failure. */
zsock_t *net_watch(zsock_t *sock, int events);

struct net_event {
    int type;  /* ZMQ_EVENT_* */
    int value; /* mostly a descriptor */
};

/** net_next_event: false when there is none now. */
bool net_next_event(zsock_t *monitor, struct net_event *ret_event);

/** net_msg: the library's message inside a frame. */
zmq_msg_t *net_msg(struct hf_frame *frame);

/** net_skip_parts: throw away the remaining parts of a message that has too
 * many. */
void net_skip_parts(void *sock);
/** net_take: a message that owns the memory of @buf, which becomes empty. */
bool net_take(struct hf_buf *buf, zmq_msg_t *ret_msg);

/** net_give_back: after a failed send: the bytes return to @buf. */
void net_give_back(struct hf_buf *buf, zmq_msg_t *msg);

/** net_is_ipv6: whether an endpoint names a bracketed IPv6 address. */
bool net_is_ipv6(const char *endpoint);

/* What hf_loop polls. */
void *link_socket(struct hf_link *link);
void *link_monitor(struct hf_link *link);
/** link_retry: connect again after a refusal, when it is time; else how long
 * until then; UINT64_MAX: nothing to do. */
uint64_t link_retry(struct hf_link *link);
void *port_socket(struct hf_port *port);
void *port_monitor(struct hf_port *port);

#endif /* HF_NET_INTERNAL_H */
