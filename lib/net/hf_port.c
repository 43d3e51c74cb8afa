/*
 * hf_port.c - the listening side: a ROUTER, and who is connected to it.
 *
 * Peers lie in an open-addressed table by routing id. libzmq has no call that
 * ends one connection of a ROUTER, so a drop shuts the descriptor down that
 * the peer's first frame came from, if it still leads to the same address.
 */
#include "hf_port.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include "hf_assert.h"
#include "hf_net_internal.h"

#define ROUTING_ID_BYTES 5   /* a zero byte and a number, as assigned */
#define RETIRED          256 /* ended connections whose late frames we drop */

struct peer {
    uint32_t serial; /* 0: free slot */
    uint32_t rid;
    int fd;
    struct sockaddr_storage address;
    char user[HF_USER_BYTES];
};

struct hf_port {
    zsock_t *sock;
    zsock_t *monitor;
    char endpoint[HF_ENDPOINT_BYTES];
    struct peer *peers; /* n_slots, a power of two, over twice peers_max */
    size_t n_slots;
    size_t n_peers;
    size_t peers_max;
    uint32_t next_serial;
    uint32_t retired[RETIRED];
    size_t n_retired; /* ever; the ring's position */
    size_t frame_bytes_max;
    int sweep_fd; /* ended; look for its peers; -1: none */
};

static size_t
slot_of(const struct hf_port *port, uint32_t rid)
{
    return (rid * UINT32_C(2654435769)) & (port->n_slots - 1);
}

static struct peer *
find_rid(struct hf_port *port, uint32_t rid)
{
    size_t i = slot_of(port, rid);

    while (port->peers[i].serial != 0) {
        if (port->peers[i].rid == rid)
            return &port->peers[i];
        i = (i + 1) & (port->n_slots - 1);
    }
    return NULL;
}

static struct peer *
find_handle(struct hf_port *port, uint64_t handle)
{
    struct peer *p = find_rid(port, (uint32_t)handle);

    return p != NULL && p->serial == handle >> 32 ? p : NULL;
}

static uint64_t
handle_of(const struct peer *p)
{
    return (uint64_t)p->serial << 32 | p->rid;
}

static struct peer *
insert(struct hf_port *port, uint32_t rid)
{
    size_t i = slot_of(port, rid);

    HF_ASSERT(port->n_peers < port->peers_max);
    while (port->peers[i].serial != 0)
        i = (i + 1) & (port->n_slots - 1);
    port->peers[i] = (struct peer){.rid = rid, .fd = -1};
    port->peers[i].serial = port->next_serial++;
    if (port->next_serial == UINT32_C(1) << 31) /* handles are below 2^63 */
        port->next_serial = 1;
    port->n_peers++;
    return &port->peers[i];
}

/** Take @p out and close the gap, so that every probe still finds its end. */
static void
retire(struct hf_port *port, struct peer *p)
{
    size_t mask = port->n_slots - 1;
    size_t gap = (size_t)(p - port->peers);

    port->retired[port->n_retired++ % RETIRED] = p->rid;
    port->n_peers--;
    for (size_t i = (gap + 1) & mask; port->peers[i].serial != 0;
         i = (i + 1) & mask) {
        size_t home = slot_of(port, port->peers[i].rid);

        if (((i - home) & mask) >= ((i - gap) & mask)) {
            port->peers[gap] = port->peers[i];
            gap = i;
        }
    }
    port->peers[gap].serial = 0;
}

static bool
is_retired(const struct hf_port *port, uint32_t rid)
{
    size_t n = port->n_retired < RETIRED ? port->n_retired : RETIRED;

    for (size_t i = 0; i < n; i++)
        if (port->retired[i] == rid)
            return true;
    return false;
}

static bool
peer_address(int fd, struct sockaddr_storage *ret_address)
{
    socklen_t n = sizeof(*ret_address);

    memset(ret_address, 0, sizeof(*ret_address));
    return fd >= 0 && getpeername(fd, (struct sockaddr *)ret_address, &n) == 0;
}

/** Whether the descriptor still is this peer's connection. */
static bool
is_connected(const struct peer *p)
{
    struct sockaddr_storage now;

    return peer_address(p->fd, &now) &&
           memcmp(&now, &p->address, sizeof(now)) == 0;
}

/** As bound: zsock_endpoint() would still say port 0. */
static void
note_endpoint(struct hf_port *port)
{
    char *endpoint = zsock_last_endpoint(port->sock);

    (void)snprintf(port->endpoint, sizeof(port->endpoint), "%s",
                   endpoint == NULL ? "" : endpoint);
    free(endpoint);
}

enum hf_err
hf_port_open(const char *endpoint, const struct hf_secret *mine,
             const struct hf_link_limits *limits, size_t peers_max,
             struct hf_port **ret_port)
{
    enum hf_err err = HF_ERR_NOMEM;
    struct hf_port *port = calloc(1, sizeof(*port));

    HF_ASSERT(peers_max > 0);

    if (port == NULL)
        goto out;
    port->sweep_fd = -1;
    port->next_serial = 1;
    port->frame_bytes_max = limits->frame_bytes_max;
    port->peers_max = peers_max;
    for (port->n_slots = 16; port->n_slots <= 2 * peers_max;)
        port->n_slots *= 2;
    port->peers = calloc(port->n_slots, sizeof(*port->peers));
    port->sock = zsock_new(ZMQ_ROUTER);
    if (port->peers == NULL || port->sock == NULL)
        goto out;
    net_secure(port->sock, mine, limits);
    zsock_set_curve_server(port->sock, 1);
    zsock_set_zap_domain(port->sock, "handoff");
    zsock_set_zap_enforce_domain(port->sock, 1);
    zsock_set_router_mandatory(port->sock, 1);
    zsock_set_router_handover(port->sock, 0);
    zsock_set_ipv6(port->sock, net_is_ipv6(endpoint));
    zsock_set_backlog(port->sock, 512);
    port->monitor = net_watch(port->sock, ZMQ_EVENT_DISCONNECTED);
    if (port->monitor == NULL)
        goto out;
    if (zsock_bind(port->sock, "%s", endpoint) < 0) {
        err = errno == EADDRINUSE ? HF_ERR_EXISTS : HF_ERR_MALFORMED;
        goto out;
    }
    note_endpoint(port);
    *ret_port = port;
    port = NULL; /* the caller's now */
    err = HF_OK;

out:
    hf_port_close(&port);
    return err;
}

void
hf_port_close(struct hf_port **port)
{
    if (*port == NULL)
        return;
    if ((*port)->sock != NULL)
        (void)zmq_socket_monitor(zsock_resolve((*port)->sock), NULL, 0);
    zsock_destroy(&(*port)->monitor);
    zsock_destroy(&(*port)->sock);
    free((*port)->peers);
    free(*port);
    *port = NULL;
}

const char *
hf_port_endpoint(const struct hf_port *port)
{
    return port->endpoint;
}

static void
shut(int fd, const struct sockaddr_storage *address)
{
    struct sockaddr_storage now;

    if (peer_address(fd, &now) && memcmp(&now, address, sizeof(now)) == 0)
        (void)shutdown(fd, SHUT_RDWR);
}

/** The peer of a frame; a new one is entered. NULL: drop the frame. */
static struct peer *
peer_of(struct hf_port *port, uint32_t rid, zmq_msg_t *payload, bool *ret_new)
{
    const char *user = zmq_msg_gets(payload, "User-Id");
    struct peer *p = find_rid(port, rid);
    struct sockaddr_storage address;
    int fd;

    *ret_new = p == NULL;
    if (user == NULL || user[0] == '\0' || strlen(user) >= HF_USER_BYTES)
        return NULL;
    if (p != NULL)
        return strcmp(p->user, user) == 0 ? p : NULL;
    if (is_retired(port, rid))
        return NULL;
    fd = zmq_msg_get(payload, ZMQ_SRCFD);
    if (!peer_address(fd, &address))
        return NULL; /* ended before its first frame was read */
    if (port->n_peers == port->peers_max) {
        shut(fd, &address);
        return NULL;
    }
    p = insert(port, rid);
    p->fd = fd;
    p->address = address;
    memcpy(p->user, user, strlen(user) + 1);
    return p;
}

/** Frame 0; false when it is no routing id that the ROUTER assigned. */
static bool
read_rid(void *sock, uint32_t *ret_rid, bool *ret_none)
{
    uint8_t id[ROUTING_ID_BYTES + 1];
    int n = zmq_recv(sock, id, sizeof(id), ZMQ_DONTWAIT);

    *ret_none = n < 0;
    if (n != ROUTING_ID_BYTES || id[0] != 0)
        return false;
    memcpy(ret_rid, id + 1, sizeof(*ret_rid));
    return true;
}

enum hf_err
hf_port_receive(struct hf_port *port, struct hf_port_frame *ret_frame)
{
    void *sock = zsock_resolve(port->sock);

    for (;;) {
        zmq_msg_t *msg = net_msg(&ret_frame->frame);
        struct peer *p = NULL;
        uint32_t rid = 0;
        bool none;

        if (!read_rid(sock, &rid, &none)) {
            if (none)
                return HF_ERR_NOT_FOUND;
            net_skip_parts(sock);
            continue;
        }
        (void)zmq_msg_init(msg);
        if (zsock_rcvmore(sock) && zmq_msg_recv(msg, sock, ZMQ_DONTWAIT) > 0 &&
            !zmq_msg_more(msg))
            p = peer_of(port, rid, msg, &ret_frame->is_new);
        if (p == NULL) {
            (void)zmq_msg_close(msg);
            net_skip_parts(sock);
            continue;
        }
        ret_frame->peer = handle_of(p);
        memcpy(ret_frame->user, p->user, sizeof(p->user));
        ret_frame->frame.bytes =
            (struct hf_bytes){zmq_msg_data(msg), zmq_msg_size(msg)};
        return HF_OK;
    }
}

bool
hf_port_gone(struct hf_port *port, uint64_t *ret_peer)
{
    struct net_event event;

    for (;;) {
        /* The descriptor's number may be another connection's by now. */
        for (size_t i = 0; port->sweep_fd >= 0 && i < port->n_slots; i++) {
            struct peer *p = &port->peers[i];

            if (p->serial != 0 && p->fd == port->sweep_fd && !is_connected(p)) {
                *ret_peer = handle_of(p);
                retire(port, p);
                return true;
            }
        }
        port->sweep_fd = -1;
        if (!net_next_event(port->monitor, &event))
            return false;
        if (event.type == ZMQ_EVENT_DISCONNECTED)
            port->sweep_fd = event.value;
    }
}

const char *
hf_port_user(struct hf_port *port, uint64_t peer)
{
    const struct peer *p = find_handle(port, peer);

    return p == NULL ? NULL : p->user;
}

/** Frame 0 of an answer; then the payload cannot fail to be queued. */
static enum hf_err
begin_send(struct hf_port *port, uint64_t peer, size_t n)
{
    struct peer *p = find_handle(port, peer);
    uint8_t id[ROUTING_ID_BYTES] = {0};

    HF_ASSERT(n > 0);
    if (p == NULL)
        return HF_ERR_UNREACHABLE;
    if (n > port->frame_bytes_max)
        return HF_ERR_LIMIT;
    memcpy(id + 1, &p->rid, sizeof(p->rid));
    if (zmq_send(zsock_resolve(port->sock), id, sizeof(id),
                 ZMQ_SNDMORE | ZMQ_DONTWAIT) >= 0)
        return HF_OK;
    if (errno == EAGAIN)
        return HF_ERR_FULL;
    retire(port, p);
    return HF_ERR_UNREACHABLE;
}

enum hf_err
hf_port_send(struct hf_port *port, uint64_t peer, struct hf_bytes frame)
{
    enum hf_err err = begin_send(port, peer, frame.n);

    if (err)
        return err;
    if (zmq_send(zsock_resolve(port->sock), frame.p, frame.n, ZMQ_DONTWAIT) < 0)
        return HF_ERR_IO;
    return HF_OK;
}

enum hf_err
hf_port_send_buf(struct hf_port *port, uint64_t peer, struct hf_buf *frame)
{
    zmq_msg_t msg;
    enum hf_err err = begin_send(port, peer, frame->n);

    if (err)
        return err;
    if (!net_take(frame, &msg))
        return HF_ERR_NOMEM;
    if (zmq_msg_send(&msg, zsock_resolve(port->sock), ZMQ_DONTWAIT) < 0) {
        net_give_back(frame, &msg);
        return HF_ERR_IO;
    }
    return HF_OK;
}

void
hf_port_drop(struct hf_port *port, uint64_t peer)
{
    struct peer *p = find_handle(port, peer);

    if (p == NULL)
        return;
    shut(p->fd, &p->address);
    retire(port, p);
}

void *
port_socket(struct hf_port *port)
{
    return zsock_resolve(port->sock);
}

void *
port_monitor(struct hf_port *port)
{
    return zsock_resolve(port->monitor);
}
