/* Tests of lib/net over real loopback sockets: CURVE, who is let in, and that
 * nobody gets another's frames. They wait, with a ceiling, for events. */
#include <sys/socket.h>
#include <netinet/in.h>
#include <unistd.h>
#include <zmq.h>

#include "hf_allow.h"
#include "hf_loop.h"
#include "hf_proc.h"
#include "proto_fixture.h"

#define PATIENCE_MS 5000

static struct hf_secret *broker_key;
static uint8_t broker_pk[HF_PK_BYTES];
static struct hf_port *port;
static struct hf_link_limits limits;

static void
allow(const char *const *users, size_t n)
{
    struct hf_allow_entry e[4] = {0};

    for (size_t i = 0; i < n; i++) {
        struct hf_secret *k = fixture_secret(HF_KEY_DH, (uint8_t)(10 + i));

        hf_secret_public(k, e[i].pk);
        (void)snprintf(e[i].user, sizeof(e[i].user), "%s", users[i]);
        hf_secret_free(k);
    }
    cr_assert(eq(int, (int)hf_allow_set(e, n), HF_OK));
}

static void
begin(void)
{
    static const char *const users[] = {"o:north", "o:south"};

    cr_assert(eq(int, (int)hf_crypto_start(), HF_OK));
    cr_assert(eq(int, (int)hf_net_start(1), HF_OK));
    cr_assert(eq(int, (int)hf_allow_start(), HF_OK));
    allow(users, 2);
    limits = hf_link_limits();
    limits.retry_ms_min = 20;
    limits.retry_ms_max = 100;
    limits.handshake_ms = 300;
    broker_key = fixture_secret(HF_KEY_DH, 1);
    hf_secret_public(broker_key, broker_pk);
    cr_assert(eq(int,
                 (int)hf_port_open("tcp://127.0.0.1:0", broker_key, &limits,
                                   8, &port),
                 HF_OK));
}

static void
end(void)
{
    hf_port_close(&port);
    hf_secret_free(broker_key);
    hf_allow_stop();
    hf_net_stop();
}

TestSuite(link, .init = begin, .fini = end, .timeout = 60);

static struct hf_link *
connect_as(uint8_t key_seed)
{
    struct hf_secret *k = fixture_secret(HF_KEY_DH, key_seed);
    struct hf_link *link = NULL;

    cr_assert(eq(int,
                 (int)hf_link_open(hf_port_endpoint(port), broker_pk, k,
                                   &limits, &link),
                 HF_OK));
    hf_secret_free(k);
    return link;
}

static bool
wait_up(struct hf_link *link, bool is_up, uint64_t wait_ms)
{
    uint64_t until = hf_clock_mono_ms() + wait_ms;
    struct hf_link_state state;

    do {
        hf_link_state(link, &state);
        if (state.up == is_up)
            return true;
        (void)usleep(1000);
    } while (hf_clock_mono_ms() < until);
    return false;
}

static bool
receive(struct hf_port_frame *f, uint64_t wait_ms)
{
    uint64_t until = hf_clock_mono_ms() + wait_ms;
    uint64_t gone;

    do {
        if (hf_port_receive(port, f) == HF_OK)
            return true;
        (void)hf_port_gone(port, &gone);
        (void)usleep(1000);
    } while (hf_clock_mono_ms() < until);
    return false;
}

static bool
receive_link(struct hf_link *link, struct hf_frame *f, uint64_t wait_ms)
{
    uint64_t until = hf_clock_mono_ms() + wait_ms;

    do {
        if (hf_link_receive(link, f) == HF_OK)
            return true;
        (void)usleep(1000);
    } while (hf_clock_mono_ms() < until);
    return false;
}

static void
send_text(struct hf_link *link, const char *text)
{
    cr_assert(wait_up(link, true, PATIENCE_MS));
    cr_assert(eq(int, (int)hf_link_send(link, fixture_text(text)), HF_OK));
}

Test(link, both_ways_with_the_user_that_the_table_names)
{
    struct hf_link *link = connect_as(10);
    struct hf_port_frame f = {0};
    struct hf_frame back = {0};
    struct hf_buf out;

    send_text(link, "hello");
    cr_assert(receive(&f, PATIENCE_MS));
    cr_expect(eq(str, f.user, "o:north"));
    cr_expect(f.is_new);
    cr_expect(eq(sz, f.frame.bytes.n, 5));
    hf_frame_release(&f.frame);
    hf_buf_init(&out, 100);
    cr_assert(hf_buf_add(&out, "back", 4));
    cr_assert(eq(int, (int)hf_port_send_buf(port, f.peer, &out), HF_OK));
    cr_expect(eq(sz, out.n, 0), "taken");
    cr_assert(receive_link(link, &back, PATIENCE_MS));
    cr_expect(eq(int, memcmp(back.bytes.p, "back", 4), 0));
    hf_frame_release(&back);
    send_text(link, "again");
    cr_assert(receive(&f, PATIENCE_MS));
    cr_expect(not(f.is_new));
    hf_frame_release(&f.frame);
    hf_link_close(&link);
}

Test(link, an_unknown_key_is_refused)
{
    struct hf_link *link = connect_as(99);
    struct hf_port_frame f = {0};
    struct hf_link_state state;

    cr_expect(not(wait_up(link, true, 500)));
    hf_link_state(link, &state);
    cr_expect(state.refused);
    cr_expect(eq(int, (int)hf_link_send(link, fixture_text("x")),
                 HF_ERR_UNREACHABLE));
    cr_expect(not(receive(&f, 50)));
    cr_expect(gt(u64, hf_allow_refused(), 0));
    hf_link_close(&link);
}

Test(link, who_was_refused_gets_in_when_the_registry_lets_it)
{
    static const char *const users[] = {"o:north", "o:south", "o:west"};
    struct hf_link *link = connect_as(12);
    struct hf_port_frame f = {0};

    cr_expect(not(wait_up(link, true, 200)));
    allow(users, 3);
    send_text(link, "hello");
    cr_assert(receive(&f, PATIENCE_MS));
    cr_expect(eq(str, f.user, "o:west"));
    hf_frame_release(&f.frame);
    hf_link_close(&link);
}

Test(link, another_server_than_the_registry_names_is_refused)
{
    struct hf_secret *k = fixture_secret(HF_KEY_DH, 10);
    struct hf_link *link = NULL;

    broker_pk[0] ^= 1;
    cr_assert(eq(int,
                 (int)hf_link_open(hf_port_endpoint(port), broker_pk, k,
                                   &limits, &link),
                 HF_OK));
    cr_expect(not(wait_up(link, true, 500)));
    hf_secret_free(k);
    hf_link_close(&link);
}

/* The registry lists the broker's next key; it still serves with the one
 * before, until that counts no longer. */
Test(link, a_server_that_changes_its_key_is_found_by_either)
{
    struct hf_secret *k = fixture_secret(HF_KEY_DH, 10);
    struct hf_link *link = NULL;
    uint8_t next_pk[HF_PK_BYTES];

    memcpy(next_pk, broker_pk, sizeof(next_pk));
    next_pk[0] ^= 1;
    cr_assert(eq(int,
                 (int)hf_link_open(hf_port_endpoint(port), next_pk, k, &limits,
                                   &link),
                 HF_OK));
    cr_expect(not(wait_up(link, true, 500)));
    hf_link_keys(link, next_pk, broker_pk, hf_clock_wall_ms() + 30000);
    cr_assert(wait_up(link, true, 25000));
    hf_link_keys(link, next_pk, broker_pk, hf_clock_wall_ms() + 1000);
    cr_expect(wait_up(link, true, 100), "the connection stays");
    cr_expect(wait_up(link, false, 5000), "until its key's time is over");
    cr_expect(not(wait_up(link, true, 1000)));
    hf_link_keys(link, broker_pk, next_pk, 0);
    cr_expect(wait_up(link, true, 10000));
    hf_secret_free(k);
    hf_link_close(&link);
}

/* A DEALER without CURVE, or with credentials in clear. */
static void
try_plain(bool with_plain)
{
    void *ctx = zmq_ctx_new();
    void *sock = zmq_socket(ctx, ZMQ_DEALER);
    struct hf_port_frame f = {0};
    int linger = 0;

    (void)zmq_setsockopt(sock, ZMQ_LINGER, &linger, sizeof(linger));
    if (with_plain) {
        (void)zmq_setsockopt(sock, ZMQ_PLAIN_USERNAME, "north", 5);
        (void)zmq_setsockopt(sock, ZMQ_PLAIN_PASSWORD, "x", 1);
    }
    cr_assert(eq(int, zmq_connect(sock, hf_port_endpoint(port)), 0));
    (void)zmq_send(sock, "hello", 5, ZMQ_DONTWAIT);
    cr_expect(not(receive(&f, 500)));
    (void)zmq_close(sock);
    (void)zmq_ctx_term(ctx);
}

Test(link, the_null_mechanism_is_refused)
{
    try_plain(false);
}

Test(link, the_plain_mechanism_is_refused)
{
    try_plain(true);
}

Test(link, a_chosen_routing_id_gets_nobodys_frames)
{
    struct hf_link *north = connect_as(10);
    struct hf_secret *k = fixture_secret(HF_KEY_DH, 11);
    struct hf_port_frame f = {0};
    struct hf_frame back = {0};
    uint8_t pk[HF_PK_BYTES];
    uint8_t sk[HF_KEY_BYTES];
    uint8_t id[5] = {1, 2, 3, 4, 5};
    void *ctx = zmq_ctx_new();
    void *thief = zmq_socket(ctx, ZMQ_DEALER);
    char got[16];
    uint32_t rid;

    send_text(north, "hello");
    cr_assert(receive(&f, PATIENCE_MS));
    hf_frame_release(&f.frame);
    rid = (uint32_t)f.peer;

    /* South is a member, but says it is the connection of north. libzmq's own
     * client may not begin an id with zero: the nearest it can do. */
    memcpy(id + 1, &rid, sizeof(rid));
    hf_secret_public(k, pk);
    hf_secret_curve(k, sk);
    (void)zmq_setsockopt(thief, ZMQ_ROUTING_ID, id, sizeof(id));
    (void)zmq_setsockopt(thief, ZMQ_CURVE_SERVERKEY, broker_pk, 32);
    (void)zmq_setsockopt(thief, ZMQ_CURVE_PUBLICKEY, pk, 32);
    (void)zmq_setsockopt(thief, ZMQ_CURVE_SECRETKEY, sk, 32);
    cr_assert(eq(int, zmq_connect(thief, hf_port_endpoint(port)), 0));
    (void)zmq_send(thief, "it is me", 8, 0);
    {
        struct hf_port_frame g = {0};

        cr_expect(not(receive(&g, 300)), "an id of its own is no peer");
    }
    cr_assert(eq(int,
                 (int)hf_port_send(port, f.peer, fixture_text("secret")),
                 HF_OK));
    cr_assert(receive_link(north, &back, PATIENCE_MS));
    hf_frame_release(&back);
    cr_expect(lt(int, zmq_recv(thief, got, sizeof(got), ZMQ_DONTWAIT), 0));
    (void)zmq_close(thief);
    (void)zmq_ctx_term(ctx);
    hf_secret_free(k);
    hf_link_close(&north);
}

Test(link, a_dropped_peer_is_disconnected_and_may_not_come_back_unlisted)
{
    static const char *const users[] = {"o:north"};
    struct hf_link *south = connect_as(11);
    struct hf_port_frame f = {0};

    send_text(south, "hello");
    cr_assert(receive(&f, PATIENCE_MS));
    hf_frame_release(&f.frame);
    allow(users, 1);
    hf_port_drop(port, f.peer);
    cr_expect(eq(int, (int)hf_port_send(port, f.peer, fixture_text("x")),
                 HF_ERR_UNREACHABLE));
    cr_expect(wait_up(south, false, PATIENCE_MS));
    cr_expect(not(wait_up(south, true, 300)));
    hf_link_close(&south);
}

Test(link, a_closed_peer_is_gone_and_comes_back_as_another)
{
    struct hf_link *link = connect_as(10);
    struct hf_port_frame f = {0};
    uint64_t gone = 0;
    uint64_t first;

    send_text(link, "hello");
    cr_assert(receive(&f, PATIENCE_MS));
    hf_frame_release(&f.frame);
    first = f.peer;
    hf_link_close(&link);
    for (int i = 0; i < PATIENCE_MS && !hf_port_gone(port, &gone); i++)
        (void)usleep(1000);
    cr_expect(eq(u64, gone, first));
    link = connect_as(10);
    send_text(link, "hello");
    cr_assert(receive(&f, PATIENCE_MS));
    cr_expect(f.is_new);
    cr_expect(ne(u64, f.peer, first));
    hf_frame_release(&f.frame);
    hf_link_close(&link);
}

Test(link, connects_again_by_itself_and_says_so)
{
    struct hf_link *link = connect_as(10);
    struct hf_port_frame f = {0};
    struct hf_link_state state;
    uint64_t session;

    send_text(link, "hello");
    hf_link_state(link, &state);
    session = state.session;
    cr_assert(receive(&f, PATIENCE_MS));
    hf_frame_release(&f.frame);
    hf_port_drop(port, f.peer);
    for (int i = 0; i < PATIENCE_MS && state.session == session; i++) {
        hf_link_state(link, &state);
        (void)usleep(1000);
    }
    cr_expect(gt(u64, state.session, session));
    hf_link_close(&link);
}

Test(link, an_oversized_frame_is_refused)
{
    struct hf_link_limits small = limits;
    struct hf_link *link = connect_as(10);
    struct hf_port_frame f = {0};
    static uint8_t big[4096];
    struct hf_secret *k = fixture_secret(HF_KEY_DH, 1);
    struct hf_port *tight = NULL;

    hf_link_close(&link);
    small.frame_bytes_max = 1000;
    cr_assert(eq(int,
                 (int)hf_port_open("tcp://127.0.0.1:0", k, &small, 8,
                                   &tight),
                 HF_OK));
    hf_port_close(&port);
    port = tight;
    link = connect_as(10);
    cr_assert(wait_up(link, true, PATIENCE_MS));
    cr_assert(eq(int,
                 (int)hf_link_send(
                     link, (struct hf_bytes){big, sizeof(big)}),
                 HF_OK));
    cr_expect(not(receive(&f, 300)));
    hf_secret_free(k);
    hf_link_close(&link);
}

static size_t n_called;

static void
on_queue(void *arg)
{
    while (hf_queue_pop(arg) != NULL)
        n_called++;
}

Test(link, a_loop_wakes_for_queues_and_links)
{
    struct hf_queue *q = NULL;
    struct hf_loop *loop = NULL;
    int x;

    cr_assert(eq(int, (int)hf_queue_new(2, &q), HF_OK));
    cr_assert(eq(int, (int)hf_loop_new(&loop), HF_OK));
    cr_assert(eq(int, (int)hf_loop_add_queue(loop, q, on_queue, q), HF_OK));
    cr_expect(eq(sz, hf_loop_wait(loop, 10), 0));
    cr_assert(hf_queue_push(q, &x));
    cr_assert(hf_queue_push(q, &x));
    cr_expect(not(hf_queue_push(q, &x)), "full");
    cr_expect(eq(sz, hf_loop_wait(loop, PATIENCE_MS), 1));
    cr_expect(eq(sz, n_called, 2));
    hf_loop_remove(loop, q);
    cr_assert(hf_queue_push(q, &x));
    cr_expect(eq(sz, hf_loop_wait(loop, 10), 0));
    hf_loop_free(&loop);
    hf_queue_free(&q);
}
