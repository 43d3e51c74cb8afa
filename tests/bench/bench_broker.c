/*
 * bench_broker.c - a real broker process over loopback tcp and CURVE: how many
 * envelopes a second it takes durably, and takes, delivers and forgets; beside
 * what its parts do alone in the same run. Figures are printed and judged by
 * people; nothing passes or fails on time.
 *
 * The work is that of the peers it is compared with: 4 producers with 256
 * unanswered envelopes each, mailboxes in turn; end to end 4 consumers beside
 * them, producers pausing while 16384 envelopes are accepted and undelivered.
 */
#include <getopt.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

#include "bench.h"
#include "frame.h"
#include "hf_file.h"
#include "hf_proc.h"

#define WINDOW    256
#define AHEAD_MAX 16384
#define WARM_UP   0.5
#define BACKLOG   1000000

struct run {
    struct bench_broker *broker;
    size_t a_frame;
    size_t window;
    uint64_t stop_at; /* accepted; 0: until told */
    bool has_consumers;
    atomic_bool stop;
    atomic_uint_fast64_t accepted;
    atomic_uint_fast64_t refused;
    atomic_uint_fast64_t delivered;
    double *took; /* of each SUBMIT, window 1 */
    size_t n_took;
};

struct worker {
    struct run *run;
    size_t i;
    pthread_t thread;
    struct hf_link *link;
    uint8_t envelope[FRAME_BATCH_MAX][ENVELOPE_ROOM];
    size_t bytes;
    uint64_t next;
    size_t in_flight;
    struct hf_buf out;
};

static void
submit(struct worker *w)
{
    static atomic_uint_fast64_t ids;
    struct frame_submit f = {.n = w->run->a_frame};

    f.batch = (uint32_t)w->next;
    for (size_t i = 0; i < f.n; i++) {
        uint64_t id = atomic_fetch_add(&ids, 1) + 1;

        bench_address(w->envelope[i], id,
                      (size_t)(id % w->run->broker->n_mailboxes));
        f.envelope[i] = (struct hf_bytes){w->envelope[i], w->bytes};
    }
    w->next++;
    if (!frame_submit(&w->out, &f) ||
        hf_link_send_buf(w->link, &w->out) != HF_OK)
        bench_die("a SUBMIT could not be sent");
    w->in_flight += f.n;
}

/** Take in what answers are there; true if there was one. */
static bool
take_answers(struct worker *w)
{
    struct hf_frame frame = {0};
    bool any = false;

    while (hf_link_receive(w->link, &frame) == HF_OK) {
        struct frame_custody c;

        if (frame_read_custody(frame.bytes, &c) == HF_OK) {
            for (size_t i = 0; i < c.n; i++)
                atomic_fetch_add(c.item[i].code == CUSTODY_TAKEN
                                     ? &w->run->accepted
                                     : &w->run->refused,
                                 1);
            w->in_flight -= c.n;
            any = true;
        }
        hf_frame_release(&frame);
    }
    return any;
}

static bool
may_submit(const struct worker *w)
{
    const struct run *r = w->run;

    if (w->in_flight + r->a_frame > r->window)
        return false;
    if (r->stop_at != 0 && atomic_load(&r->accepted) >= r->stop_at)
        return false;
    return !r->has_consumers ||
           atomic_load(&r->accepted) < atomic_load(&r->delivered) + AHEAD_MAX;
}

static void
wait_a_little(void)
{
    (void)usleep(50);
}

static void *
produce(void *arg)
{
    struct worker *w = arg;
    char id[8];

    (void)snprintf(id, sizeof(id), "p%zu", w->i);
    w->bytes = bench_envelope(id, w->envelope[0]);
    for (size_t i = 1; i < FRAME_BATCH_MAX; i++)
        memcpy(w->envelope[i], w->envelope[0], w->bytes);
    hf_buf_init(&w->out, FRAME_BYTES_MAX);
    w->link = bench_connect(w->run->broker, w->run->broker->producer[w->i]);
    while (!atomic_load(&w->run->stop)) {
        bool any = take_answers(w);

        while (may_submit(w)) {
            submit(w);
            any = true;
        }
        if (!any)
            wait_a_little();
    }
    hf_link_close(&w->link);
    return NULL;
}

static void
take_delivery(struct worker *w, struct hf_bytes in)
{
    struct frame_deliver d;
    struct frame_ack a;

    if (frame_read_deliver(in, &d) != HF_OK)
        return;
    a.n = d.n;
    memcpy(a.token, d.token, d.n * sizeof(d.token[0]));
    if (!frame_ack(&w->out, &a) || hf_link_send_buf(w->link, &w->out) != HF_OK)
        bench_die("an ACK could not be sent");
    atomic_fetch_add(&w->run->delivered, d.n);
}

static void *
consume(void *arg)
{
    struct worker *w = arg;

    hf_buf_init(&w->out, FRAME_BYTES_MAX);
    w->link = bench_connect(w->run->broker, w->run->broker->consumer[w->i]);
    if (!frame_fetch(&w->out, FRAME_CREDIT_MAX) ||
        hf_link_send_buf(w->link, &w->out) != HF_OK)
        bench_die("a FETCH could not be sent");
    while (!atomic_load(&w->run->stop)) {
        struct hf_frame frame = {0};

        if (hf_link_receive(w->link, &frame) != HF_OK) {
            wait_a_little();
            continue;
        }
        take_delivery(w, frame.bytes);
        hf_frame_release(&frame);
    }
    hf_link_close(&w->link);
    return NULL;
}

static void
start(struct run *r, struct worker *workers, size_t n, void *(*fn)(void *))
{
    for (size_t i = 0; i < n; i++) {
        workers[i].run = r;
        workers[i].i = i;
        workers[i].in_flight = 0;
        if (pthread_create(&workers[i].thread, NULL, fn, &workers[i]) != 0)
            bench_die("no thread");
    }
}

static void
join(struct worker *workers, size_t n)
{
    for (size_t i = 0; i < n; i++)
        (void)pthread_join(workers[i].thread, NULL);
}

static struct worker producers[PRODUCERS];
static struct worker consumers[CONSUMERS];

/** Envelopes a second: accepted, or (with consumers) delivered. */
static double
measure(struct bench_broker *b, size_t a_frame, bool with_consumers,
        double seconds)
{
    struct run r = {.broker = b,
                    .a_frame = a_frame,
                    .window = WINDOW,
                    .has_consumers = with_consumers};
    atomic_uint_fast64_t *count = with_consumers ? &r.delivered : &r.accepted;
    uint64_t before;
    uint64_t n;
    double begin;

    if (with_consumers)
        start(&r, consumers, CONSUMERS, consume);
    start(&r, producers, PRODUCERS, produce);
    while (atomic_load(count) == 0)
        wait_a_little();
    (void)usleep((useconds_t)(WARM_UP * 1e6));
    before = atomic_load(count);
    begin = bench_now();
    (void)usleep((useconds_t)(seconds * 1e6));
    n = atomic_load(count) - before;
    seconds = bench_now() - begin;
    atomic_store(&r.stop, true);
    join(producers, PRODUCERS);
    if (with_consumers)
        join(consumers, CONSUMERS);
    if (atomic_load(&r.refused) > 0)
        printf("   (%llu refused)\n",
               (unsigned long long)atomic_load(&r.refused));
    return (double)n / seconds;
}

struct alone {
    double lmdb;
    double spool[2];
    double spool_delete[2];
    double curve[3];
    double sync_s;
};

static const size_t mailboxes[2] = {64, MAILBOXES_MAX};
static const size_t frames[3] = {1, 16, 64};

/** The better of two passes, before and after: the machine may be shared, and
 * what limits us is what it can do. */
static void
better(double *held, double now)
{
    if (now > *held)
        *held = now;
}

static void
measure_alone(struct alone *a, const char *dir, double seconds)
{
    const size_t bytes = 1024;
    double sync_s = bench_sync_alone(dir, seconds);

    if (a->sync_s == 0 || sync_s < a->sync_s)
        a->sync_s = sync_s;
    better(&a->lmdb, bench_lmdb_alone(dir, bytes, 256, seconds));
    for (int i = 0; i < 2; i++) {
        better(&a->spool[i],
               bench_spool_alone(dir, bytes, mailboxes[i], false, seconds));
        better(&a->spool_delete[i],
               bench_spool_alone(dir, bytes, mailboxes[i], true, seconds));
    }
    for (int i = 0; i < 3; i++)
        better(&a->curve[i], bench_curve_alone(bytes, frames[i], seconds));
}

static void
print_alone(const struct alone *a)
{
    printf("alone, the better of two passes\n");
    printf("  fdatasync of 2 KiB, p50                 %8.2f ms\n",
           a->sync_s * 1e3);
    printf("  LMDB, 256 puts a commit                 %8.0f /s\n", a->lmdb);
    for (int i = 0; i < 2; i++) {
        printf("  spool, %5zu mailboxes: put              %8.0f /s\n",
               mailboxes[i], a->spool[i]);
        printf("  spool, %5zu mailboxes: put and delete   %8.0f /s\n",
               mailboxes[i], a->spool_delete[i]);
    }
    for (int i = 0; i < 3; i++)
        printf("  CURVE, %2zu KiB frames                    %8.0f KiB/s\n",
               frames[i], a->curve[i]);
}

static double
slower(double x, double y)
{
    return x < y ? x : y;
}

/** Accepted, and end to end, a second: by mailboxes and frame. */
struct rates {
    double accept[2][3];
    double e2e[2][3];
};

static void
measure_broker(struct rates *r, const char *program, const char *dir,
               double seconds)
{
    struct bench_broker b;

    for (int m = 0; m < 2; m++) {
        for (int f = 0; f < 3; f++) {
            bench_broker_new(&b, program, dir, mailboxes[m]);
            r->e2e[m][f] = measure(&b, frames[f], true, seconds);
            bench_broker_free(&b);
            bench_broker_new(&b, program, dir, mailboxes[m]);
            r->accept[m][f] = measure(&b, frames[f], false, seconds);
            bench_broker_free(&b);
        }
    }
}

static void
print_broker(const struct rates *r, const struct alone *a)
{
    printf("\nbroker, envelopes of 1 KiB, 4 producers, window %d\n", WINDOW);
    printf("%9s %6s | %9s %6s | %9s %6s\n", "mailboxes", "/frame", "accept/s",
           "ratio", "e2e/s", "ratio");
    for (int m = 0; m < 2; m++)
        for (int f = 0; f < 3; f++)
            printf("%9zu %6zu | %9.0f %5.0f%% | %9.0f %5.0f%%\n", mailboxes[m],
                   frames[f], r->accept[m][f],
                   100 * r->accept[m][f] / slower(a->lmdb, a->curve[2]),
                   r->e2e[m][f],
                   100 * r->e2e[m][f] /
                       slower(a->spool_delete[m], a->curve[2] / 2));
    printf("ratio: accept to the slower of LMDB and CURVE alone (64 KiB "
           "frames);\n       e2e to the slower of put and delete and half of "
           "CURVE alone\n");
}

static int
compare(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;

    return x < y ? -1 : x > y;
}

/** One producer, one envelope at a time. */
static void
measure_latency(const char *program, const char *dir, double sync_s,
                double seconds)
{
    static double took[100000];
    struct bench_broker b;
    struct run r = {.broker = &b, .a_frame = 1, .window = 1};
    struct worker *w = &producers[0];
    size_t n = 0;
    double until;

    bench_broker_new(&b, program, dir, 64);
    w->run = &r;
    w->in_flight = 0;
    w->bytes = bench_envelope("p0", w->envelope[0]);
    hf_buf_init(&w->out, FRAME_BYTES_MAX);
    w->link = bench_connect(&b, b.producer[0]);
    until = bench_now() + seconds;
    while (n < sizeof(took) / sizeof(took[0]) && bench_now() < until) {
        double begin = bench_now();

        submit(w);
        while (!take_answers(w))
            continue;
        took[n++] = bench_now() - begin;
    }
    hf_link_close(&w->link);
    bench_broker_free(&b);
    qsort(took, n, sizeof(took[0]), compare);
    printf("\naccept, one at a time: p50 %.2f ms, p99 %.2f ms (one fdatasync "
           "%.2f ms)\n",
           took[n / 2] * 1e3, took[n * 99 / 100] * 1e3, sync_s * 1e3);
    (void)fflush(stdout);
}

/** A million queued: memory, and how soon after SIGKILL the first comes. */
static void
measure_backlog(const char *program, const char *dir)
{
    struct bench_broker b;
    struct run r = {
        .broker = &b, .a_frame = 64, .window = WINDOW, .stop_at = BACKLOG};
    struct run again = {.broker = &b, .has_consumers = true};
    double begin;
    double filled;
    long kib;

    bench_broker_new(&b, program, dir, 64);
    begin = bench_now();
    start(&r, producers, PRODUCERS, produce);
    while (atomic_load(&r.accepted) < BACKLOG)
        wait_a_little();
    filled = bench_now() - begin;
    atomic_store(&r.stop, true);
    join(producers, PRODUCERS);
    kib = bench_anonymous_kib(b.pid);
    bench_broker_stop(&b, SIGKILL);
    begin = bench_now();
    bench_broker_start(&b);
    start(&again, consumers, 1, consume);
    while (atomic_load(&again.delivered) == 0)
        wait_a_little();
    printf("\n%d queued (in %.1f s): %.1f MiB anonymous; SIGKILL, start to "
           "first delivery %.0f ms, then %.1f MiB\n",
           BACKLOG, filled, (double)kib / 1024, (bench_now() - begin) * 1e3,
           (double)bench_anonymous_kib(b.pid) / 1024);
    atomic_store(&again.stop, true);
    join(consumers, 1);
    bench_broker_free(&b);
}

static const struct option long_options[] = {
    {"broker", required_argument, NULL, 'b'},
    {"dir", required_argument, NULL, 'd'},
    {"seconds", required_argument, NULL, 's'},
    {NULL, 0, NULL, 0},
};

int
main(int argc, char **argv)
{
    const char *program = NULL;
    const char *dir = NULL;
    double seconds = 3;
    struct alone a = {0};
    struct rates r;
    int option;

    while ((option = getopt_long(argc, argv, "", long_options, NULL)) != -1) {
        if (option == 'b')
            program = optarg;
        else if (option == 'd')
            dir = optarg;
        else if (option == 's')
            seconds = strtod(optarg, NULL);
        else
            return 64;
    }
    if (program == NULL || dir == NULL || !(seconds > 0))
        bench_die("give --broker PROGRAM --dir DIR [--seconds S]");
    hf_proc_harden();
    if (hf_crypto_start() != HF_OK || hf_net_start(2) != HF_OK ||
        hf_mkdir(dir) != HF_OK)
        bench_die("%s: cannot begin", dir);
    measure_alone(&a, dir, seconds);
    measure_broker(&r, program, dir, seconds);
    measure_alone(&a, dir, seconds);
    print_alone(&a);
    print_broker(&r, &a);
    measure_latency(program, dir, a.sync_s, seconds);
    measure_backlog(program, dir);
    hf_net_stop();
    return 0;
}
