/*
 * bench_setup.c - a broker with a registry, ready to be measured.
 */
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "bench.h"
#include "envelope.h"
#include "hf_file.h"
#include "hf_proc.h"
#include "registry_edit.h"
#include "request.h"

/* WIRE.md: the clear header. */
#define AT_ID        8
#define AT_RECIPIENT 56

static int
remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st;
    (void)type;
    (void)ftw;
    return remove(path);
}

void
bench_remove(const char *dir)
{
    (void)nftw(dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static struct hf_org
org(const char *text)
{
    struct hf_org o;

    if (!hf_org_parse(text, &o))
        bench_die("%s is no id", text);
    return o;
}

/** Run the program and wait; its output goes nowhere. */
static void
run_program(char *const *argv)
{
    int status = 0;
    pid_t pid = fork();

    if (pid == 0) {
        int fd = open("/dev/null", O_WRONLY);

        (void)dup2(fd, STDOUT_FILENO);
        (void)execv(argv[0], argv);
        _exit(127);
    }
    if (pid < 0 || waitpid(pid, &status, 0) != pid || status != 0)
        bench_die("%s %s failed", argv[0], argv[3]);
}

static struct join_request
read_request(const char *dir)
{
    struct join_request r;
    struct hf_yaml_error error;
    struct hf_buf text;
    char path[PATH_MAX];

    hf_buf_init(&text, REQUEST_BYTES_MAX);
    if (hf_file_read(hf_path(path, sizeof(path), dir, "request.yaml"), &text) !=
            HF_OK ||
        request_parse(hf_buf_bytes(&text), &r, &error) != HF_OK)
        bench_die("%s cannot be read", path);
    hf_buf_free(&text);
    return r;
}

static struct registry_org
member(const char *id, const struct hf_secret *link)
{
    struct registry_org o = {.kind = ORG_CLINIC,
                             .country = "AF",
                             .level = "local",
                             .status = MEMBER_ACTIVE};

    o.id = org(id);
    (void)snprintf(o.name, sizeof(o.name), "%s", id);
    if (link != NULL) {
        hf_random(o.identity_pk, sizeof(o.identity_pk));
        hf_random(o.op[0].pk, sizeof(o.op[0].pk));
        o.op[0].from_ms = 1;
        o.n_op = 1;
        hf_secret_public(link, o.link_pk);
        o.home[0] = org("eu");
        o.n_homes = 1;
    }
    return o;
}

static void
put(struct registry_edit *e, const struct registry_org *o)
{
    enum hf_err err = registry_edit_put_org(e, o);

    if (err)
        bench_die("registry: %s: %s", o->id.s, hf_err_text(err));
}

static void
put_members(struct registry_edit *e, struct bench_broker *b)
{
    char id[32];

    for (size_t i = 0; i < PRODUCERS; i++) {
        struct registry_org o;

        (void)snprintf(id, sizeof(id), "p%zu", i);
        o = member(id, b->producer[i]);
        put(e, &o);
    }
    for (size_t i = 0; i < CONSUMERS; i++) {
        struct registry_org o;

        (void)snprintf(id, sizeof(id), "h%zu", i);
        o = member(id, b->consumer[i]);
        put(e, &o);
    }
    for (size_t i = 0; i < b->n_mailboxes; i++) {
        struct registry_org o;

        (void)snprintf(id, sizeof(id), "m%05zu", i);
        o = member(id, NULL);
        (void)snprintf(id, sizeof(id), "h%zu", i % CONSUMERS);
        o.via = org(id);
        put(e, &o);
    }
}

static void
make_registry(struct bench_broker *b, const char *path)
{
    struct join_request r = read_request(b->dir);
    struct registry_root root = {.expires_ms =
                                     hf_clock_wall_ms() + 86400000000};
    struct registry_edit *e = NULL;
    struct hf_secret *key = NULL;
    struct hf_buf set;

    memcpy(b->link_pk, r.broker.link_pk, HF_PK_BYTES);
    (void)snprintf(b->endpoint, sizeof(b->endpoint), "%s", r.broker.endpoint);
    if (hf_secret_new(HF_KEY_SIGN, &key) != HF_OK)
        bench_die("no key");
    for (size_t i = 0; i < REGISTRY_ROLES; i++) {
        root.role[i].threshold = 1;
        root.role[i].n = 1;
        hf_secret_public(key, root.role[i].pk[0]);
    }
    hf_buf_init(&set, REGISTRY_BYTES_MAX);
    r.broker.operated_by = org("p0");
    if (registry_edit_open((struct hf_bytes){NULL, 0}, &e) != HF_OK ||
        registry_edit_root(e, &root) != HF_OK ||
        registry_edit_put_broker(e, &r.broker) != HF_OK)
        bench_die("registry: not begun");
    put_members(e, b);
    if (registry_edit_sign(e, REGISTRY_ROOT, key) != HF_OK ||
        registry_edit_sign(e, REGISTRY_ORGS, key) != HF_OK ||
        registry_edit_encode(e, &set) != HF_OK ||
        hf_file_write(path, set.p, set.n, 0600) != HF_OK)
        bench_die("registry: not signed");
    registry_edit_free(e);
    hf_secret_free(key);
    hf_buf_free(&set);
}

/** What a benchmark must not meet: quotas. */
static void
lift_quotas(const char *dir)
{
    static const char more[] = "quota-count: 1000000000\n"
                               "quota-size: 1024GiB\n"
                               "mailbox-count: 100000000\n"
                               "mailbox-size: 1024GiB\n";
    struct hf_buf text;
    char path[PATH_MAX];

    hf_buf_init(&text, 65536);
    hf_path(path, sizeof(path), dir, "broker.yaml");
    if (hf_file_read(path, &text) != HF_OK ||
        !hf_buf_add(&text, more, sizeof(more) - 1) ||
        hf_file_write(path, text.p, text.n, 0600) != HF_OK)
        bench_die("%s cannot be written", path);
    hf_buf_free(&text);
}

void
bench_broker_new(struct bench_broker *b, const char *program, const char *dir,
                 size_t n_mailboxes)
{
    char set[PATH_MAX];

    *b = (struct bench_broker){.n_mailboxes = n_mailboxes};
    (void)snprintf(b->program, sizeof(b->program), "%s", program);
    hf_path(b->dir, sizeof(b->dir), dir, "broker");
    hf_path(set, sizeof(set), dir, "bench.set");
    bench_remove(b->dir);
    for (size_t i = 0; i < PRODUCERS; i++)
        if (hf_secret_new(HF_KEY_DH, &b->producer[i]) != HF_OK)
            bench_die("no key");
    for (size_t i = 0; i < CONSUMERS; i++)
        if (hf_secret_new(HF_KEY_DH, &b->consumer[i]) != HF_OK)
            bench_die("no key");
    run_program((char *[]){b->program, "-C", b->dir, "init", "--name", "eu",
                           "--operator", "p0", "--listen", "127.0.0.1:0",
                           NULL});
    make_registry(b, set);
    lift_quotas(b->dir);
    run_program(
        (char *[]){b->program, "-C", b->dir, "init", "--registry", set, NULL});
    bench_broker_start(b);
}

void
bench_broker_start(struct bench_broker *b)
{
    b->pid = fork();
    if (b->pid == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        (void)execl(b->program, b->program, "-C", b->dir, (char *)NULL);
        _exit(127);
    }
    if (b->pid < 0)
        bench_die("cannot start %s", b->program);
}

void
bench_broker_stop(struct bench_broker *b, int signal)
{
    if (b->pid <= 0)
        return;
    (void)kill(b->pid, signal);
    (void)waitpid(b->pid, NULL, 0);
    b->pid = 0;
}

void
bench_broker_free(struct bench_broker *b)
{
    bench_broker_stop(b, SIGTERM);
    for (size_t i = 0; i < PRODUCERS; i++)
        hf_secret_free(b->producer[i]);
    for (size_t i = 0; i < CONSUMERS; i++)
        hf_secret_free(b->consumer[i]);
    bench_remove(b->dir);
}

struct hf_link *
bench_connect(const struct bench_broker *b, const struct hf_secret *key)
{
    struct hf_link_limits limits = hf_link_limits();
    struct hf_link_state state;
    struct hf_link *link = NULL;
    double until = bench_now() + 20;

    limits.retry_ms_min = 5;
    limits.retry_ms_max = 5;
    limits.send_frames_max = 1024;
    limits.receive_frames_max = 4096;
    if (hf_link_open(b->endpoint, b->link_pk, key, &limits, &link) != HF_OK)
        bench_die("no link to %s", b->endpoint);
    do {
        (void)usleep(200);
        hf_link_state(link, &state);
    } while (!state.up && bench_now() < until);
    if (!state.up)
        bench_die("%s does not answer", b->endpoint);
    return link;
}

size_t
bench_envelope(const char *sender, uint8_t out[static ENVELOPE_ROOM])
{
    static const uint8_t content[ENVELOPE_ROOM];
    struct prekey k = {.until_ms = UINT64_MAX};
    struct hf_secret *op = NULL;
    struct hf_secret *dh = NULL;
    struct hf_buf buf;
    size_t n = 0;

    if (hf_secret_new(HF_KEY_SIGN, &op) != HF_OK ||
        hf_secret_new(HF_KEY_DH, &dh) != HF_OK)
        bench_die("no key");
    k.org = org("m00000");
    k.id.b[0] = 1;
    hf_secret_public(dh, k.pk);
    hf_buf_init(&buf, ENVELOPE_ROOM);
    for (size_t more = 0; n < 1024; more += 16) {
        struct envelope_header h = {.lane = LANE_NORMAL,
                                    .epoch = 1,
                                    .seq = 1,
                                    .floor = 1,
                                    .created_ms = hf_clock_wall_ms()};

        h.id.b[0] = 1;
        h.sender = org(sender);
        h.recipient = k.org;
        h.expires_ms = h.created_ms + 86400000;
        hf_buf_clear(&buf);
        if (envelope_seal(&h, op, &k, (struct hf_bytes){content, more + 16},
                          true, &buf) != HF_OK)
            bench_die("cannot seal");
        n = buf.n;
    }
    memcpy(out, buf.p, n);
    hf_buf_free(&buf);
    hf_secret_free(op);
    hf_secret_free(dh);
    return n;
}

void
bench_address(uint8_t *envelope, uint64_t id, size_t mailbox)
{
    uint64_t mixed = id * UINT64_C(0x9e3779b97f4a7c15);

    memcpy(envelope + AT_ID, &mixed, 8);
    memcpy(envelope + AT_ID + 8, &id, 8);
    (void)snprintf((char *)envelope + AT_RECIPIENT, HF_ORG_BYTES, "m%05u",
                   (unsigned)mailbox);
}
