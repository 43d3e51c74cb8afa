/* A real broker on a loopback port, and who should not get through: keys that
 * are not listed, listed no longer or suspended, other mechanisms, claimed
 * routing ids, silence in thousands, frames without end. Each ends in its own
 * way, and the legitimate node is served meanwhile. */
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zmq.h>

#include "broker_ctl.h"
#include "broker_init.h"
#include "brokerd.h"
#include "envelope.h"
#include "frame.h"
#include "hf_file.h"
#include "hf_net.h"
#include "hf_link.h"
#include "hf_proc.h"
#include "registry_fixture.h"

#define PATIENCE_MS 30000 /* a sanitized build on a busy machine */
#define SILENT      10000
#define FLOOD       400
#define DAY_MS      (UINT64_C(24) * 3600 * 1000)

static char dir[] = "/tmp/hf-hostile-XXXXXX";
static pid_t broker;
static struct registry_edit *edit;
static struct registry_broker eu;
static uint16_t port;

/* ---- the broker ---- */

static void
read_key(const char *name, enum hf_key_use use, uint8_t *ret_pk)
{
    char path[PATH_MAX];
    struct hf_secret *k = NULL;

    hf_path(path, sizeof(path), dir, name);
    cr_assert(eq(int, (int)hf_secret_load(path, use, &k), HF_OK));
    hf_secret_public(k, ret_pk);
    hf_secret_free(k);
}

/* Sign what was changed and put it where the broker finds it. */
static void
publish(void)
{
    char path[PATH_MAX];
    struct hf_buf set;
    struct hf_bytes bytes;

    fixture_sign(edit, REGISTRY_ORGS, 0);
    fixture_sign(edit, REGISTRY_ORGS, 1);
    hf_buf_init(&set, REGISTRY_BYTES_MAX);
    bytes = fixture_bytes(edit, &set);
    hf_path(path, sizeof(path), dir, "registry.set");
    cr_assert(eq(int, (int)hf_file_write(path, bytes.p, bytes.n, 0600),
                 HF_OK));
    hf_buf_free(&set);
}

static void
put_member(const char *id, uint8_t seed, enum member_status status)
{
    struct registry_org o = fixture_member(id, seed);

    o.status = status;
    cr_assert(eq(int, (int)registry_edit_put_org(edit, &o), HF_OK));
}

static void
make_registry(void)
{
    struct registry_root root = fixture_root();

    root.expires_ms = hf_clock_wall_ms() + YEAR_MS;
    eu.id = fixture_org("eu");
    eu.operated_by = fixture_org("committee");
    (void)snprintf(eu.endpoint, sizeof(eu.endpoint), "tcp://127.0.0.1:%u",
                   (unsigned)port);
    read_key("keys/identity.key", HF_KEY_SIGN, eu.identity_pk);
    read_key("keys/op.key", HF_KEY_SIGN, eu.op[0].pk);
    eu.n_op = 1;
    read_key("keys/link.key", HF_KEY_DH, eu.link_pk);
    cr_assert(eq(int, (int)registry_edit_open((struct hf_bytes){0}, &edit),
                 HF_OK));
    cr_assert(eq(int, (int)registry_edit_root(edit, &root), HF_OK));
    cr_assert(eq(int, (int)registry_edit_put_broker(edit, &eu), HF_OK));
    put_member("victim", 30, MEMBER_ACTIVE);
    put_member("thief", 40, MEMBER_ACTIVE);
    put_member("lost", 50, MEMBER_SUSPENDED);
    fixture_sign(edit, REGISTRY_ROOT, 0);
    fixture_sign(edit, REGISTRY_ROOT, 2);
    publish();
}

static void
serve(void)
{
    char error[HF_CONF_ERROR_BYTES];
    struct brokerd *d = NULL;
    sigset_t stops;

    (void)prctl(PR_SET_PDEATHSIG, SIGKILL); /* should the test itself fail */
    sigemptyset(&stops);
    sigaddset(&stops, SIGTERM); /* as main() does, before any thread */
    (void)sigprocmask(SIG_BLOCK, &stops, NULL);
    if (brokerd_open(dir, &d, error) != HF_OK)
        _exit(1);
    brokerd_run(d);
    brokerd_close(&d);
    _exit(0);
}

static void
ask_broker(const char *word, struct hf_buf *out)
{
    const uint64_t until = hf_clock_mono_ms() + PATIENCE_MS;

    hf_buf_clear(out);
    while (broker_ctl_ask(dir, word, out) != HF_OK) {
        cr_assert(lt(u64, hf_clock_mono_ms(), until), "the broker is up");
        (void)usleep(20000);
    }
}

/* A port that nobody has now. */
static uint16_t
free_port(void)
{
    struct sockaddr_in at = {.sin_family = AF_INET};
    socklen_t n = sizeof(at);
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    cr_assert(eq(int, bind(fd, (struct sockaddr *)&at, n), 0));
    cr_assert(eq(int, getsockname(fd, (struct sockaddr *)&at, &n), 0));
    (void)close(fd);
    return ntohs(at.sin_port);
}

static void
begin(void)
{
    char listen[64], error[HF_CONF_ERROR_BYTES];
    const struct broker_init how = {.dir = dir,
                                    .name = "eu",
                                    .operated_by = "committee",
                                    .listen = listen};
    struct rlimit files;
    struct hf_buf out;

    cr_assert(eq(int, getrlimit(RLIMIT_NOFILE, &files), 0));
    files.rlim_cur = files.rlim_max;
    cr_assert(eq(int, setrlimit(RLIMIT_NOFILE, &files), 0));
    fixture_start();
    cr_assert(ne(ptr, mkdtemp(dir), NULL));
    port = free_port();
    (void)snprintf(listen, sizeof(listen), "127.0.0.1:%u", (unsigned)port);
    hf_buf_init(&out, 1 << 16);
    cr_assert(eq(int, (int)broker_init(&how, &out, error), HF_OK), "%s",
              error);
    make_registry();
    broker = fork(); /* before this process has threads */
    if (broker == 0)
        serve();
    ask_broker("status", &out);
    hf_buf_free(&out);
    cr_assert(eq(int, (int)hf_net_start(1), HF_OK));
}

static void
end(void)
{
    char command[64];
    int status = 1;

    hf_net_stop();
    (void)kill(broker, SIGTERM);
    (void)waitpid(broker, &status, 0);
    cr_expect(eq(int, status, 0), "the broker lived through it");
    registry_edit_free(edit);
    (void)snprintf(command, sizeof(command), "rm -rf %s", dir);
    cr_assert(eq(int, system(command), 0));
}

TestSuite(hostile, .init = begin, .fini = end, .timeout = 200);

/* ---- a node's side ---- */

static struct hf_link *
connect_as(uint8_t link_seed)
{
    struct hf_secret *k = fixture_secret(HF_KEY_DH, link_seed);
    struct hf_link_limits limits = hf_link_limits();
    struct hf_link *link = NULL;

    limits.retry_ms_min = 50;
    limits.retry_ms_max = 500;
    cr_assert(eq(int,
                 (int)hf_link_open(eu.endpoint, eu.link_pk, k, &limits, &link),
                 HF_OK));
    hf_secret_free(k);
    return link;
}

static bool
wait_up(struct hf_link *link, bool is_up, uint64_t wait_ms)
{
    const uint64_t until = hf_clock_mono_ms() + wait_ms;
    struct hf_link_state state;

    do {
        hf_link_state(link, &state);
        if (state.up == is_up)
            return true;
        (void)usleep(2000);
    } while (hf_clock_mono_ms() < until);
    return false;
}

static void
say(struct hf_link *link, struct hf_buf *frame)
{
    cr_assert(eq(int, (int)hf_link_send_buf(link, frame), HF_OK));
    hf_buf_free(frame);
}

static void
say_hello(struct hf_link *link)
{
    struct hf_buf out;

    cr_assert(wait_up(link, true, PATIENCE_MS));
    hf_buf_init(&out, FRAME_BYTES_MAX);
    cr_assert(frame_hello(&out, &(struct frame_hello){0}));
    say(link, &out);
}

/* One envelope of @sender's to @recipient, and what the broker says of it. */
static enum custody_code
submit(struct hf_link *link, const char *sender, const char *recipient,
       enum envelope_lane lane, size_t content_bytes)
{
    static uint8_t number;
    struct hf_secret *op = fixture_secret(HF_KEY_SIGN, 31);
    struct prekey prekey = {.id = {{1}}, .until_ms = UINT64_MAX};
    struct envelope_header h = {.lane = lane, .epoch = 1, .seq = 1,
                                .floor = 1, .registry_version = 1};
    const uint64_t until = hf_clock_mono_ms() + PATIENCE_MS;
    uint8_t *content = calloc(1, content_bytes + 1);
    struct hf_buf envelope, out;
    struct frame_submit f = {.batch = ++number, .n = 1};
    struct frame_custody c = {.n = 0};

    memset(h.id.b, number, sizeof(h.id.b));
    h.sender = fixture_org(sender);
    h.recipient = prekey.org = fixture_org(recipient);
    h.created_ms = hf_clock_wall_ms();
    h.expires_ms = h.created_ms + 3600000;
    fixture_pk(HF_KEY_DH, 77, prekey.pk);
    hf_buf_init(&envelope, ENVELOPE_BYTES_MAX);
    hf_buf_init(&out, FRAME_BYTES_MAX);
    cr_assert(eq(int,
                 (int)envelope_seal(
                     &h, op, &prekey,
                     (struct hf_bytes){content, content_bytes}, true,
                     &envelope),
                 HF_OK));
    f.envelope[0] = hf_buf_bytes(&envelope);
    cr_assert(frame_submit(&out, &f));
    say(link, &out);
    while (c.batch != number) {
        struct hf_frame in;

        cr_assert(lt(u64, hf_clock_mono_ms(), until), "no answer");
        if (hf_link_receive(link, &in) != HF_OK) {
            (void)usleep(2000);
            continue;
        }
        if (frame_type(in.bytes) == FRAME_CUSTODY)
            cr_assert(eq(int, (int)frame_read_custody(in.bytes, &c), HF_OK));
        hf_frame_release(&in);
    }
    cr_expect(frame_verify_custody(&c, &eu));
    hf_buf_free(&envelope);
    hf_secret_free(op);
    free(content);
    return c.item[0].code;
}

/* How long the victim needs to connect and have something in custody. */
static uint64_t
time_victim(void)
{
    const uint64_t began = hf_clock_mono_ms();
    struct hf_link *link = connect_as(32);

    say_hello(link);
    cr_expect(eq(int,
                 (int)submit(link, "victim", "thief", LANE_NORMAL, 100),
                 CUSTODY_TAKEN));
    hf_link_close(&link);
    return hf_clock_mono_ms() - began;
}

/* ---- keys ---- */

Test(hostile, a_key_that_is_in_no_registry_is_refused_at_the_handshake)
{
    struct hf_link *link = connect_as(99);
    struct hf_link_state state;

    cr_expect(not(wait_up(link, true, 2000)));
    hf_link_state(link, &state);
    cr_expect(state.refused);
    hf_link_close(&link);
}

Test(hostile, a_suspended_key_may_say_only_what_is_small_and_in_lane_0)
{
    struct hf_link *link = connect_as(52);

    say_hello(link);
    cr_expect(eq(int, (int)submit(link, "lost", "victim", LANE_NORMAL, 10),
                 CUSTODY_NO_ROUTE));
    cr_expect(eq(int, (int)submit(link, "lost", "victim", LANE_URGENT, 9000),
                 CUSTODY_NO_ROUTE));
    cr_expect(eq(int, (int)submit(link, "lost", "victim", LANE_URGENT, 10),
                 CUSTODY_TAKEN));
    hf_link_close(&link);
}

static void
reload(void)
{
    struct hf_buf out;

    publish();
    hf_buf_init(&out, 1 << 16);
    ask_broker("reload", &out);
    hf_buf_free(&out);
}

Test(hostile, a_suspension_ends_the_live_link_within_seconds)
{
    struct hf_link *link = connect_as(42);
    const struct hf_org thief = fixture_org("thief");

    say_hello(link);
    cr_expect(eq(int, (int)submit(link, "thief", "victim", LANE_NORMAL, 10),
                 CUSTODY_TAKEN));
    cr_assert(eq(int,
                 (int)registry_edit_status(edit, &thief, MEMBER_SUSPENDED),
                 HF_OK));
    reload();
    cr_expect(wait_up(link, false, 10000));
    say_hello(link); /* it comes back, and is held to what it may */
    cr_expect(eq(int, (int)submit(link, "thief", "victim", LANE_NORMAL, 10),
                 CUSTODY_NO_ROUTE));
    hf_link_close(&link);
}

Test(hostile, a_replaced_key_loses_its_link_and_gets_no_other)
{
    struct hf_link *link = connect_as(42);
    struct registry_org o = fixture_member("thief", 40);
    struct hf_link_state state;

    say_hello(link);
    cr_expect(eq(int, (int)submit(link, "thief", "victim", LANE_NORMAL, 10),
                 CUSTODY_TAKEN));
    fixture_pk(HF_KEY_DH, 60, o.link_pk);
    cr_assert(eq(int, (int)registry_edit_put_org(edit, &o), HF_OK));
    reload();
    cr_expect(wait_up(link, false, 10000));
    cr_expect(not(wait_up(link, true, 1500)));
    hf_link_state(link, &state);
    cr_expect(state.refused);
    hf_link_close(&link);
    link = connect_as(60);
    say_hello(link);
    cr_expect(eq(int, (int)submit(link, "thief", "victim", LANE_NORMAL, 10),
                 CUSTODY_TAKEN));
    hf_link_close(&link);
}

/* ---- freshness ---- */

static bool
status_says(const char *text)
{
    struct hf_buf out;
    bool found;

    hf_buf_init(&out, 1 << 16);
    ask_broker("status", &out);
    cr_assert(hf_buf_add(&out, "", 1));
    found = strstr((const char *)out.p, text) != NULL;
    hf_buf_free(&out);
    return found;
}

static bool
soon_says(const char *text)
{
    const uint64_t until = hf_clock_mono_ms() + PATIENCE_MS;

    while (!status_says(text)) {
        if (hf_clock_mono_ms() > until)
            return false;
        (void)usleep(20000);
    }
    return true;
}

/* A timestamp is good for so long, then nobody vouches any more. */
static void
vouch_for(uint64_t valid_ms)
{
    const uint64_t now = hf_clock_wall_ms();
    char path[PATH_MAX];
    struct hf_buf out;
    struct hf_bytes bytes;

    cr_assert(eq(int,
                 (int)registry_edit_timestamp(edit, now, now + valid_ms),
                 HF_OK));
    fixture_sign(edit, REGISTRY_TIMESTAMP, 0);
    hf_buf_init(&out, REGISTRY_BYTES_MAX);
    bytes = fixture_bytes(edit, &out);
    hf_path(path, sizeof(path), dir, "registry.set");
    cr_assert(eq(int, (int)hf_file_write(path, bytes.p, bytes.n, 0600),
                 HF_OK));
    ask_broker("reload", &out);
    hf_buf_free(&out);
}

Test(hostile, a_registry_that_is_held_back_stops_all_but_rights)
{
    struct hf_link *link = connect_as(32);

    cr_expect(soon_says("\"state\": \"unvouched\""));
    cr_expect(soon_says("nobody has vouched for the registry yet"));
    vouch_for(10 * DAY_MS);
    cr_expect(soon_says("\"state\": \"fresh\""));
    say_hello(link);
    cr_expect(eq(int, (int)submit(link, "victim", "thief", LANE_NORMAL, 10),
                 CUSTODY_TAKEN));
    vouch_for(3000);
    cr_expect(soon_says("the registry is stale"));
    cr_expect(status_says("\"level\": \"stop\""));
    cr_expect(eq(int, (int)submit(link, "victim", "thief", LANE_NORMAL, 10),
                 CUSTODY_STALE));
    cr_expect(eq(int, (int)submit(link, "victim", "thief", LANE_URGENT, 9000),
                 CUSTODY_STALE));
    cr_expect(eq(int, (int)submit(link, "victim", "thief", LANE_URGENT, 10),
                 CUSTODY_TAKEN));
    vouch_for(10 * DAY_MS);
    cr_expect(soon_says("\"state\": \"fresh\""));
    cr_expect(eq(int, (int)submit(link, "victim", "thief", LANE_NORMAL, 10),
                 CUSTODY_TAKEN));
    hf_link_close(&link);
}

/* ---- routing ids ---- */

static void
claims_the_victims_id(int handover)
{
    struct hf_link *victim = connect_as(32);
    struct hf_secret *k = fixture_secret(HF_KEY_DH, 42);
    void *ctx = zmq_ctx_new();
    void *thief = zmq_socket(ctx, handover ? ZMQ_ROUTER : ZMQ_DEALER);
    uint8_t pk[HF_PK_BYTES], sk[HF_KEY_BYTES];
    char got[64];
    const int linger = 0;

    say_hello(victim);
    (void)submit(victim, "victim", "thief", LANE_NORMAL, 10);
    hf_secret_public(k, pk);
    hf_secret_curve(k, sk);
    (void)zmq_setsockopt(thief, ZMQ_LINGER, &linger, sizeof(linger));
    (void)zmq_setsockopt(thief, ZMQ_ROUTING_ID, "victim", 6);
    if (handover)
        (void)zmq_setsockopt(thief, ZMQ_ROUTER_HANDOVER, &handover,
                             sizeof(handover));
    (void)zmq_setsockopt(thief, ZMQ_CURVE_SERVERKEY, eu.link_pk, 32);
    (void)zmq_setsockopt(thief, ZMQ_CURVE_PUBLICKEY, pk, 32);
    (void)zmq_setsockopt(thief, ZMQ_CURVE_SECRETKEY, sk, 32);
    cr_assert(eq(int, zmq_connect(thief, eu.endpoint), 0));
    (void)zmq_send(thief, "\1\1\0\0\0\0\0", 7, 0);
    (void)usleep(500000);
    cr_expect(eq(int, (int)submit(victim, "victim", "thief", LANE_NORMAL, 10),
                 CUSTODY_TAKEN),
              "its answer is still the victim's");
    cr_expect(lt(int, zmq_recv(thief, got, sizeof(got), ZMQ_DONTWAIT), 0));
    (void)zmq_close(thief);
    (void)zmq_ctx_term(ctx);
    hf_secret_free(k);
    hf_link_close(&victim);
}

Test(hostile, a_claimed_routing_id_gets_nothing_of_the_victims)
{
    claims_the_victims_id(0);
}

Test(hostile, a_claimed_routing_id_with_handover_gets_nothing_either)
{
    claims_the_victims_id(1);
}

Test(hostile, an_envelope_in_the_name_of_another_is_not_yours)
{
    struct hf_link *link = connect_as(42);

    say_hello(link);
    cr_expect(eq(int, (int)submit(link, "victim", "thief", LANE_NORMAL, 10),
                 CUSTODY_NOT_YOURS));
    hf_link_close(&link);
}

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

Test(hostile, the_null_mechanism_is_cut_off_at_the_greeting)
{
    cr_expect(is_cut_off(handshake_of(false)));
    cr_expect(lt(u64, time_victim(), PATIENCE_MS));
}

Test(hostile, the_plain_mechanism_is_cut_off_at_the_greeting)
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

Test(hostile, thousands_of_silent_peers_keep_nobody_out)
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
    cr_expect(lt(u64, took, PATIENCE_MS), "%llu ms",
              (unsigned long long)took);
    for (size_t i = 0; i < n; i++)
        if (fd[i] >= 0)
            (void)close(fd[i]);
    free(fd);
}

Test(hostile, floods_of_handshakes_keep_nobody_out)
{
    /* ZMTP 3.0, CURVE, client; then a HELLO full of nothing. */
    uint8_t greeting[64] = {0xff, 0, 0, 0, 0, 0, 0, 0, 1, 0x7f, 3, 0,
                            'C',  'U', 'R', 'V', 'E'};
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
    cr_expect(lt(u64, took, PATIENCE_MS), "%llu ms",
              (unsigned long long)took);
    for (int i = 0; i < FLOOD; i++)
        (void)close(fd[i]);
    for (size_t i = 0; i < 16; i++)
        hf_link_close(&unlisted[i]);
}

Test(hostile, an_oversized_frame_ends_its_own_link_only)
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
                 (int)hf_link_open(eu.endpoint, eu.link_pk, k, &limits,
                                   &thief),
                 HF_OK));
    say_hello(thief);
    cr_assert(eq(int,
                 (int)hf_link_send(thief, (struct hf_bytes){
                                              big, FRAME_BYTES_MAX + 1}),
                 HF_OK));
    cr_expect(wait_up(thief, false, PATIENCE_MS));
    cr_expect(eq(int, (int)submit(victim, "victim", "thief", LANE_NORMAL, 10),
                 CUSTODY_TAKEN));
    hf_link_close(&victim);
    hf_link_close(&thief);
    hf_secret_free(k);
    free(big);
}
