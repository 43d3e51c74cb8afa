/* A broker as strangers meet it: mechanisms that it does not speak, crowds and
 * floods, frames that are too large. Others get through all the while. */
#include "link_fixture.h"

TestSuite(floods, .init = begin, .fini = end, .timeout = 200);

/* ---- mechanisms ---- */

/* The first failure that a client's monitor tells. */
static int
handshake_of(bool with_plain)
{
    void *ctx = zmq_ctx_new();
    void *sock = zmq_socket(ctx, ZMQ_DEALER);
    void *monitor = zmq_socket(ctx, ZMQ_PAIR);
    const int linger = 0, wait = 5000;
    int event = 0;

    (void)zmq_setsockopt(sock, ZMQ_LINGER, &linger, sizeof(linger));
    (void)zmq_setsockopt(monitor, ZMQ_LINGER, &linger, sizeof(linger));
    (void)zmq_setsockopt(monitor, ZMQ_RCVTIMEO, &wait, sizeof(wait));
    if (with_plain) {
        (void)zmq_setsockopt(sock, ZMQ_PLAIN_USERNAME, "victim", 6);
        (void)zmq_setsockopt(sock, ZMQ_PLAIN_PASSWORD, "x", 1);
    }
    cr_assert(eq(int,
                 zmq_socket_monitor(sock, "inproc://seen",
                                    ZMQ_EVENT_HANDSHAKE_SUCCEEDED |
                                        ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL |
                                        ZMQ_EVENT_HANDSHAKE_FAILED_AUTH |
                                        ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL),
                 0));
    cr_assert(eq(int, zmq_connect(monitor, "inproc://seen"), 0));
    cr_assert(eq(int, zmq_connect(sock, eu.endpoint), 0));
    {
        uint8_t head[6];
        uint16_t number = 0;

        if (zmq_recv(monitor, head, sizeof(head), 0) == 6) {
            memcpy(&number, head, sizeof(number));
            event = number;
        }
    }
    (void)zmq_close(monitor);
    (void)zmq_close(sock);
    (void)zmq_ctx_term(ctx);
    return event;
}

/* libzmq says the one or the other, by which of the two ends was first; an
 * unlisted key is told apart: HANDSHAKE_FAILED_AUTH. */
static bool
is_cut_off(int event)
{
    return event == ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL ||
           event == ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL;
}

Test(floods, the_null_mechanism_is_cut_off_at_the_greeting)
{
    cr_expect(is_cut_off(handshake_of(false)));
    cr_expect(lt(u64, time_victim(), PATIENCE_MS));
}

Test(floods, the_plain_mechanism_is_cut_off_at_the_greeting)
{
    cr_expect(is_cut_off(handshake_of(true)));
    cr_expect(lt(u64, time_victim(), PATIENCE_MS));
}

/* ---- floods ---- */

static int
connect_raw(void)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(port)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (fd >= 0 && connect(fd, (struct sockaddr *)&at, sizeof(at)) != 0) {
        (void)close(fd);
        fd = -1;
    }
    return fd;
}

/* As many as the limit on files lets be open at both ends. */
static size_t
crowd(void)
{
    struct rlimit files;

    cr_assert(eq(int, getrlimit(RLIMIT_NOFILE, &files), 0));
    return files.rlim_cur > SILENT + 500 ? SILENT : 2000;
}

Test(floods, thousands_of_silent_peers_keep_nobody_out)
{
    const size_t n = crowd();
    int *fd = calloc(n, sizeof(*fd));
    size_t n_open = 0;
    uint64_t took;

    cr_log_info("%zu silent peers", n);
    for (size_t i = 0; i < n; i++) {
        fd[i] = connect_raw();
        n_open += fd[i] >= 0;
    }
    cr_expect(eq(sz, n_open, n));
    took = time_victim();
    cr_expect(lt(u64, took, PATIENCE_MS), "%llu ms", (unsigned long long)took);
    for (size_t i = 0; i < n; i++)
        if (fd[i] >= 0)
            (void)close(fd[i]);
    free(fd);
}

Test(floods, floods_of_handshakes_keep_nobody_out)
{
    /* ZMTP 3.0, CURVE, client; then a HELLO full of nothing. */
    uint8_t greeting[64] = {0xff, 0, 0, 0,   0,   0,   0,   0,  1,
                            0x7f, 3, 0, 'C', 'U', 'R', 'V', 'E'};
    uint8_t hello[202] = {4, 200, 5, 'H', 'E', 'L', 'L', 'O', 1};
    struct hf_link *unlisted[16];
    int fd[FLOOD];
    uint64_t took;

    for (size_t i = 0; i < 16; i++)
        unlisted[i] = connect_as((uint8_t)(200 + i));
    for (int i = 0; i < FLOOD; i++) {
        fd[i] = connect_raw();
        cr_assert(fd[i] >= 0);
        (void)send(fd[i], greeting, sizeof(greeting), MSG_NOSIGNAL);
        (void)send(fd[i], hello, sizeof(hello), MSG_NOSIGNAL);
    }
    took = time_victim();
    cr_expect(lt(u64, took, PATIENCE_MS), "%llu ms", (unsigned long long)took);
    for (int i = 0; i < FLOOD; i++)
        (void)close(fd[i]);
    for (size_t i = 0; i < 16; i++)
        hf_link_close(&unlisted[i]);
}

Test(floods, an_oversized_frame_ends_its_own_link_only)
{
    struct hf_link *victim = connect_as(32);
    struct hf_secret *k = fixture_secret(HF_KEY_DH, 42);
    struct hf_link_limits limits = hf_link_limits();
    struct hf_link *thief = NULL;
    uint8_t *big = calloc(1, FRAME_BYTES_MAX + 1);

    say_hello(victim);
    limits.frame_bytes_max = 2 * (size_t)FRAME_BYTES_MAX;
    limits.retry_ms_min = limits.retry_ms_max = 60000;
    cr_assert(eq(int,
                 (int)hf_link_open(eu.endpoint, eu.link_pk, k, &limits, &thief),
                 HF_OK));
    say_hello(thief);
    cr_assert(eq(
        int,
        (int)hf_link_send(thief, (struct hf_bytes){big, FRAME_BYTES_MAX + 1}),
        HF_OK));
    cr_expect(wait_up(thief, false, PATIENCE_MS));
    cr_expect(eq(int, (int)submit(victim, "victim", "thief", LANE_NORMAL, 10),
                 CUSTODY_TAKEN));
    hf_link_close(&victim);
    hf_link_close(&thief);
    hf_secret_free(k);
    free(big);
}
