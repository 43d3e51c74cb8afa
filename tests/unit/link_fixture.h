/*
 * link_fixture.h - a broker of its own process for a test, and links to it as
 * whoever holds a key. Tests only.
 */
#ifndef TESTS_LINK_FIXTURE_H
#define TESTS_LINK_FIXTURE_H

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
#include "hf_link.h"
#include "hf_net.h"
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

static inline void
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
static inline void
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
    cr_assert(eq(int, (int)hf_file_write(path, bytes.p, bytes.n, 0600), HF_OK));
    hf_buf_free(&set);
}

static inline void
put_member(const char *id, uint8_t seed, enum member_status status)
{
    struct registry_org o = fixture_member(id, seed);

    o.status = status;
    cr_assert(eq(int, (int)registry_edit_put_org(edit, &o), HF_OK));
}

static inline void
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
    cr_assert(
        eq(int, (int)registry_edit_open((struct hf_bytes){0}, &edit), HF_OK));
    cr_assert(eq(int, (int)registry_edit_root(edit, &root), HF_OK));
    cr_assert(eq(int, (int)registry_edit_put_broker(edit, &eu), HF_OK));
    put_member("victim", 30, MEMBER_ACTIVE);
    put_member("thief", 40, MEMBER_ACTIVE);
    put_member("lost", 50, MEMBER_SUSPENDED);
    fixture_sign(edit, REGISTRY_ROOT, 0);
    fixture_sign(edit, REGISTRY_ROOT, 2);
    publish();
}

static inline void
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

static inline void
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
static inline uint16_t
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

static inline void
begin(void)
{
    char listen[64], error[HF_CONF_ERROR_BYTES];
    const struct broker_init how = {
        .dir = dir, .name = "eu", .operated_by = "committee", .listen = listen};
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
    cr_assert(eq(int, (int)broker_init(&how, &out, error), HF_OK), "%s", error);
    make_registry();
    broker = fork(); /* before this process has threads */
    if (broker == 0)
        serve();
    ask_broker("status", &out);
    hf_buf_free(&out);
    cr_assert(eq(int, (int)hf_net_start(1), HF_OK));
}

static inline void
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

/* ---- a node's side ---- */

static inline struct hf_link *
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

static inline bool
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

static inline void
say(struct hf_link *link, struct hf_buf *frame)
{
    cr_assert(eq(int, (int)hf_link_send_buf(link, frame), HF_OK));
    hf_buf_free(frame);
}

static inline void
say_hello(struct hf_link *link)
{
    struct hf_buf out;

    cr_assert(wait_up(link, true, PATIENCE_MS));
    hf_buf_init(&out, FRAME_BYTES_MAX);
    cr_assert(frame_hello(&out, &(struct frame_hello){0}));
    say(link, &out);
}

/* One envelope of @sender's to @recipient, and what the broker says of it. */
static inline enum custody_code
submit(struct hf_link *link, const char *sender, const char *recipient,
       enum envelope_lane lane, size_t content_bytes)
{
    static uint8_t number;
    struct hf_secret *op = fixture_secret(HF_KEY_SIGN, 31);
    struct prekey prekey = {.id = {{1}}, .until_ms = UINT64_MAX};
    struct envelope_header h = {
        .lane = lane, .epoch = 1, .seq = 1, .floor = 1, .registry_version = 1};
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
                 (int)envelope_seal(&h, op, &prekey,
                                    (struct hf_bytes){content, content_bytes},
                                    true, &envelope),
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
static inline uint64_t
time_victim(void)
{
    const uint64_t began = hf_clock_mono_ms();
    struct hf_link *link = connect_as(32);

    say_hello(link);
    cr_expect(eq(int, (int)submit(link, "victim", "thief", LANE_NORMAL, 100),
                 CUSTODY_TAKEN));
    hf_link_close(&link);
    return hf_clock_mono_ms() - began;
}

#endif /* TESTS_LINK_FIXTURE_H */
