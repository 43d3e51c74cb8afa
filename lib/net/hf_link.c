/*
 * hf_link.c - the connecting side: a DEALER and its monitor.
 */
#include "hf_link.h"

#include "hf_assert.h"
#include "hf_net_internal.h"
#include "hf_proc.h"

#define LINK_EVENTS                                                            \
    (ZMQ_EVENT_HANDSHAKE_SUCCEEDED | ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL |    \
     ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL | ZMQ_EVENT_HANDSHAKE_FAILED_AUTH |   \
     ZMQ_EVENT_DISCONNECTED)

#define SWAP_MS 10000 /* without a word: try the server's other key */

struct hf_link {
    zsock_t *sock;
    zsock_t *monitor;
    char endpoint[HF_ENDPOINT_BYTES];
    size_t frame_bytes_max;
    uint64_t retry_ms_min;
    uint64_t retry_ms_max;
    uint64_t retry_wait_ms;         /* after the last refusal */
    uint64_t retry_at_ms;           /* monotonic; 0: libzmq sees to it */
    uint8_t server_pk[HF_PK_BYTES]; /* that we connect to now */
    uint8_t first_pk[HF_PK_BYTES];
    uint8_t other_pk[HF_PK_BYTES]; /* counts until other_until_ms, wall */
    uint64_t other_until_ms;
    uint64_t swap_at_ms; /* monotonic; 0: not waiting */
    struct hf_link_state state;
};

static void
set_options(zsock_t *sock, const uint8_t server_pk[static 32],
            const struct hf_secret *mine, const struct hf_link_limits *limits,
            const char *endpoint)
{
    net_secure(sock, mine, limits);
    zsock_set_curve_serverkey_bin(sock, server_pk);
    zsock_set_ipv6(sock, net_is_ipv6(endpoint));
    zsock_set_immediate(sock, 1); /* queue only for a live connection */
    zsock_set_heartbeat_ivl(sock, limits->heartbeat_ms);
    zsock_set_heartbeat_timeout(sock, limits->heartbeat_wait_ms);
    /* The broker does not ping: it drops us after two silent rounds. */
    zsock_set_heartbeat_ttl(sock, 2 * limits->heartbeat_ms +
                                      limits->heartbeat_wait_ms);
    zsock_set_reconnect_ivl(sock, limits->retry_ms_min);
    zsock_set_reconnect_ivl_max(sock, limits->retry_ms_max);
}

enum hf_err
hf_link_open(const char *endpoint, const uint8_t server_pk[static 32],
             const struct hf_secret *mine, const struct hf_link_limits *limits,
             struct hf_link **ret_link)
{
    enum hf_err err = HF_ERR_NOMEM;
    struct hf_link *link = calloc(1, sizeof(*link));

    HF_ASSERT(limits->frame_bytes_max > 0);

    if (link == NULL)
        goto out;
    link->frame_bytes_max = limits->frame_bytes_max;
    link->retry_ms_min = (uint64_t)limits->retry_ms_min;
    link->retry_ms_max = (uint64_t)limits->retry_ms_max;
    link->sock = zsock_new(ZMQ_DEALER);
    if (link->sock == NULL)
        goto out;
    set_options(link->sock, server_pk, mine, limits, endpoint);
    link->monitor = net_watch(link->sock, LINK_EVENTS);
    if (link->monitor == NULL)
        goto out;
    if (strlen(endpoint) >= sizeof(link->endpoint) ||
        strncmp(endpoint, "tcp://", 6) != 0 ||
        zsock_connect(link->sock, "%s", endpoint) != 0) {
        err = HF_ERR_MALFORMED;
        goto out;
    }
    memcpy(link->endpoint, endpoint, strlen(endpoint));
    memcpy(link->server_pk, server_pk, HF_PK_BYTES);
    memcpy(link->first_pk, server_pk, HF_PK_BYTES);
    *ret_link = link;
    link = NULL; /* the caller's now */
    err = HF_OK;

out:
    hf_link_close(&link);
    return err;
}

void
hf_link_close(struct hf_link **link)
{
    if (*link == NULL)
        return;
    if ((*link)->sock != NULL)
        (void)zmq_socket_monitor(zsock_resolve((*link)->sock), NULL, 0);
    zsock_destroy(&(*link)->monitor);
    zsock_destroy(&(*link)->sock);
    free(*link);
    *link = NULL;
}

static bool
is_ready(struct hf_link *link, int event)
{
    return (zsock_events(link->sock) & event) != 0;
}

bool
hf_link_can_send(struct hf_link *link)
{
    return is_ready(link, ZMQ_POLLOUT);
}

/** Why a frame cannot be queued now. */
static enum hf_err
check_send(struct hf_link *link, size_t n)
{
    struct hf_link_state state;

    HF_ASSERT(n > 0);
    if (n > link->frame_bytes_max)
        return HF_ERR_LIMIT;
    if (hf_link_can_send(link))
        return HF_OK;
    hf_link_state(link, &state);
    return state.up ? HF_ERR_FULL : HF_ERR_UNREACHABLE;
}

enum hf_err
hf_link_send(struct hf_link *link, struct hf_bytes frame)
{
    enum hf_err err = check_send(link, frame.n);

    if (err)
        return err;
    if (zmq_send(zsock_resolve(link->sock), frame.p, frame.n, ZMQ_DONTWAIT) < 0)
        return errno == EAGAIN ? HF_ERR_UNREACHABLE : HF_ERR_IO;
    return HF_OK;
}

enum hf_err
hf_link_send_buf(struct hf_link *link, struct hf_buf *frame)
{
    zmq_msg_t msg;
    enum hf_err err = check_send(link, frame->n);

    if (err)
        return err;
    if (!net_take(frame, &msg))
        return HF_ERR_NOMEM;
    if (zmq_msg_send(&msg, zsock_resolve(link->sock), ZMQ_DONTWAIT) < 0) {
        err = errno == EAGAIN ? HF_ERR_UNREACHABLE : HF_ERR_IO;
        net_give_back(frame, &msg);
    }
    return err;
}

enum hf_err
hf_link_receive(struct hf_link *link, struct hf_frame *ret_frame)
{
    void *sock = zsock_resolve(link->sock);
    struct hf_frame frame = {0};
    zmq_msg_t *msg = net_msg(&frame);

    for (;;) {
        (void)zmq_msg_init(msg);
        if (zmq_msg_recv(msg, sock, ZMQ_DONTWAIT) < 0) {
            (void)zmq_msg_close(msg);
            return HF_ERR_NOT_FOUND;
        }
        if (!zmq_msg_more(msg) && zmq_msg_size(msg) > 0)
            break;
        /* No frame of ours has several parts, or none: drop it. */
        (void)zmq_msg_close(msg);
        net_skip_parts(sock);
    }
    hf_frame_move(ret_frame, &frame);
    link->state.last_contact_ms = hf_clock_wall_ms();
    return HF_OK;
}

/** libzmq never connects again after a refusal, but the registry may let us
 * in a moment later: then it is ours to do. */
static void
plan_retry(struct hf_link *link)
{
    link->retry_wait_ms *= 2;
    if (link->retry_wait_ms < link->retry_ms_min)
        link->retry_wait_ms = link->retry_ms_min;
    if (link->retry_wait_ms > link->retry_ms_max)
        link->retry_wait_ms = link->retry_ms_max;
    link->retry_at_ms = hf_clock_mono_ms() + link->retry_wait_ms;
}

static bool
has_other(const struct hf_link *link)
{
    return hf_clock_wall_ms() < link->other_until_ms;
}

static bool
is_on(const struct hf_link *link, const uint8_t pk[static HF_PK_BYTES])
{
    return memcmp(link->server_pk, pk, HF_PK_BYTES) == 0;
}

/** Connect anew, to whoever proves to have @pk. */
static void
connect_to(struct hf_link *link, const uint8_t pk[static HF_PK_BYTES])
{
    memcpy(link->server_pk, pk, HF_PK_BYTES);
    link->retry_at_ms = 0;
    link->state.up = false;
    (void)zsock_disconnect(link->sock, "%s", link->endpoint);
    zsock_set_curve_serverkey_bin(link->sock, link->server_pk);
    (void)zsock_connect(link->sock, "%s", link->endpoint);
    link->swap_at_ms = has_other(link) ? hf_clock_mono_ms() + SWAP_MS : 0;
}

void
hf_link_keys(struct hf_link *link, const uint8_t first_pk[static 32],
             const uint8_t other_pk[static 32], uint64_t other_until_ms)
{
    memcpy(link->first_pk, first_pk, HF_PK_BYTES);
    memcpy(link->other_pk, other_pk, HF_PK_BYTES);
    link->other_until_ms = other_until_ms;
    if (!is_on(link, link->first_pk) &&
        !(is_on(link, link->other_pk) && has_other(link)))
        connect_to(link, link->first_pk);
    else if (!link->state.up && has_other(link))
        link->swap_at_ms = hf_clock_mono_ms() + SWAP_MS;
}

/** No handshake for a while, or one that failed: the other key's turn. A key
 * whose time has passed counts no longer, also in a connection that stands. */
static uint64_t
swap(struct hf_link *link)
{
    const uint64_t now_ms = hf_clock_mono_ms();

    if (!is_on(link, link->first_pk) && !has_other(link))
        connect_to(link, link->first_pk);
    if (link->state.up || !has_other(link))
        link->swap_at_ms = 0;
    if (link->swap_at_ms == 0)
        return UINT64_MAX;
    if (now_ms < link->swap_at_ms)
        return link->swap_at_ms - now_ms;
    connect_to(link,
               is_on(link, link->first_pk) ? link->other_pk : link->first_pk);
    return SWAP_MS;
}

/** Soon, as this key got us nowhere; or when nobody has answered. */
static void
plan_swap(struct hf_link *link, uint64_t wait_ms)
{
    const uint64_t at_ms = hf_clock_mono_ms() + wait_ms;

    if (has_other(link) && (link->swap_at_ms == 0 || at_ms < link->swap_at_ms))
        link->swap_at_ms = at_ms;
}

static void
note_event(struct hf_link *link, int type)
{
    struct hf_link_state *state = &link->state;

    switch (type) {
    case ZMQ_EVENT_HANDSHAKE_SUCCEEDED:
        state->up = true;
        state->refused = false;
        state->session++;
        state->last_contact_ms = hf_clock_wall_ms();
        link->retry_at_ms = 0;
        link->retry_wait_ms = 0;
        link->swap_at_ms = 0;
        break;
    case ZMQ_EVENT_DISCONNECTED:
        if (state->up)
            state->last_contact_ms = hf_clock_wall_ms();
        state->up = false;
        plan_swap(link, SWAP_MS);
        break;
    default: /* the handshake failed */
        state->up = false;
        state->refused = true;
        if (link->retry_at_ms == 0)
            plan_retry(link);
        plan_swap(link, link->retry_ms_min);
        break;
    }
}

uint64_t
link_retry(struct hf_link *link)
{
    const uint64_t swap_ms = swap(link);
    uint64_t now_ms;

    if (link->retry_at_ms == 0)
        return swap_ms;
    now_ms = hf_clock_mono_ms();
    if (now_ms < link->retry_at_ms) {
        const uint64_t retry_ms = link->retry_at_ms - now_ms;

        return retry_ms < swap_ms ? retry_ms : swap_ms;
    }
    link->retry_at_ms = 0;
    (void)zsock_disconnect(link->sock, "%s", link->endpoint);
    (void)zsock_connect(link->sock, "%s", link->endpoint);
    return swap_ms;
}

void
hf_link_state(struct hf_link *link, struct hf_link_state *ret_state)
{
    struct net_event event;

    while (net_next_event(link->monitor, &event))
        note_event(link, event.type);
    (void)link_retry(link);
    *ret_state = link->state;
    if (ret_state->up)
        ret_state->last_contact_ms = hf_clock_wall_ms();
}

void *
link_socket(struct hf_link *link)
{
    return zsock_resolve(link->sock);
}

void *
link_monitor(struct hf_link *link)
{
    return zsock_resolve(link->monitor);
}
