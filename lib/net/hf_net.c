/*
 * hf_net.c - library start, frames, and options common to links and ports.
 */
#include "hf_net.h"

#include <stdatomic.h>

#include "hf_assert.h"
#include "hf_net_internal.h"

_Static_assert(sizeof(zmq_msg_t) <= sizeof(((struct hf_frame *)0)->hold),
               "a ZeroMQ message fits into a frame");
_Static_assert(_Alignof(zmq_msg_t) <= _Alignof(struct hf_frame),
               "and is aligned in it");

enum hf_err
hf_net_start(int io_threads)
{
    HF_ASSERT(io_threads > 0);

    zsys_handler_set(NULL); /* signals are the shell's business */
    if (zsys_init() == NULL)
        return HF_ERR_NOMEM;
    zsys_handler_set(NULL);
    zsys_set_io_threads((size_t)io_threads);
    zsys_set_max_sockets(0); /* as many as the system allows */
    zsys_set_linger(0);
    return HF_OK;
}

void
hf_net_stop(void)
{
    zsys_shutdown();
}

zmq_msg_t *
net_msg(struct hf_frame *frame)
{
    return (zmq_msg_t *)(void *)frame->hold;
}

void
hf_frame_release(struct hf_frame *frame)
{
    if (frame->bytes.p != NULL)
        (void)zmq_msg_close(net_msg(frame));
    *frame = (struct hf_frame){0};
}

void
hf_frame_move(struct hf_frame *to, struct hf_frame *from)
{
    zmq_msg_t *msg = net_msg(to);

    (void)zmq_msg_init(msg);
    (void)zmq_msg_move(msg, net_msg(from));
    (void)zmq_msg_close(net_msg(from));
    *from = (struct hf_frame){0};
    to->bytes = (struct hf_bytes){zmq_msg_data(msg), zmq_msg_size(msg)};
}

struct hf_link_limits
hf_link_limits(void)
{
    return (struct hf_link_limits){
        .frame_bytes_max = (size_t)20 * 1024 * 1024,
        .send_frames_max = 64,
        .receive_frames_max = 64,
        .heartbeat_ms = 25000,
        .heartbeat_wait_ms = 15000,
        .handshake_ms = 5000,
        .retry_ms_min = 250,
        .retry_ms_max = 30000,
    };
}

void
net_secure(zsock_t *sock, const struct hf_secret *mine,
           const struct hf_link_limits *limits)
{
    uint8_t pk[HF_PK_BYTES];
    uint8_t sk[HF_KEY_BYTES];

    hf_secret_public(mine, pk);
    hf_secret_curve(mine, sk);
    zsock_set_curve_publickey_bin(sock, pk);
    zsock_set_curve_secretkey_bin(sock, sk);
    hf_wipe(sk, sizeof(sk));

    zsock_set_maxmsgsize(sock, (int)limits->frame_bytes_max);
    zsock_set_sndhwm(sock, limits->send_frames_max);
    zsock_set_rcvhwm(sock, limits->receive_frames_max);
    zsock_set_handshake_ivl(sock, limits->handshake_ms);
    zsock_set_linger(sock, 0);
}

zsock_t *
net_watch(zsock_t *sock, int events)
{
    static atomic_uint next;
    char name[64];
    zsock_t *monitor = zsock_new(ZMQ_PAIR);

    if (monitor == NULL)
        return NULL;
    (void)snprintf(name, sizeof(name), "inproc://hf-monitor-%u",
                   atomic_fetch_add(&next, 1));
    if (zmq_socket_monitor(zsock_resolve(sock), name, events) != 0 ||
        zsock_connect(monitor, "%s", name) != 0)
        zsock_destroy(&monitor);
    return monitor;
}

bool
net_next_event(zsock_t *monitor, struct net_event *ret_event)
{
    void *sock = zsock_resolve(monitor);
    uint8_t head[6];
    char address[HF_ENDPOINT_BYTES];
    uint16_t type;
    int32_t value;

    /* Two parts: event and value in host byte order, then the address. */
    if (zmq_recv(sock, head, sizeof(head), ZMQ_DONTWAIT) != sizeof(head))
        return false;
    (void)zmq_recv(sock, address, sizeof(address), ZMQ_DONTWAIT);
    memcpy(&type, head, sizeof(type));
    memcpy(&value, head + 2, sizeof(value));
    *ret_event = (struct net_event){.type = type, .value = value};
    return true;
}

static void
free_taken(void *data, void *hint)
{
    (void)hint;
    free(data);
}

bool
net_take(struct hf_buf *buf, zmq_msg_t *ret_msg)
{
    HF_ASSERT(buf->n > 0);

    if (zmq_msg_init_data(ret_msg, buf->p, buf->n, free_taken, NULL) != 0)
        return false;
    hf_buf_init(buf, buf->max);
    return true;
}

void
net_give_back(struct hf_buf *buf, zmq_msg_t *msg)
{
    /* The library frees what it took; this is rare enough to copy. */
    (void)hf_buf_add(buf, zmq_msg_data(msg), zmq_msg_size(msg));
    (void)zmq_msg_close(msg);
}

bool
net_is_ipv6(const char *endpoint)
{
    return strchr(endpoint, '[') != NULL;
}

void
net_skip_parts(void *sock)
{
    zmq_msg_t msg;

    while (zsock_rcvmore(sock)) {
        (void)zmq_msg_init(&msg);
        (void)zmq_msg_recv(&msg, sock, ZMQ_DONTWAIT);
        (void)zmq_msg_close(&msg);
    }
}
