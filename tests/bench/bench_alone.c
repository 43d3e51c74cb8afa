/*
 * bench_alone.c - what a broker's parts do without the others: LMDB, the
 * spool's layout, CURVE, the disk.
 */
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

#include "bench.h"
#include "hf_allow.h"
#include "hf_file.h"
#include "hf_store.h"
#include "spool.h"

#define A_COMMIT 512

static uint8_t bytes_of_all[ENVELOPE_ROOM];

double
bench_lmdb_alone(const char *dir, size_t bytes, size_t a_commit, double seconds)
{
    static const char *const tables[] = {"t"};
    struct hf_store *store = NULL;
    char path[PATH_MAX];
    uint64_t n = 0;
    double begin;
    double end;

    bench_remove(hf_path(path, sizeof(path), dir, "lmdb"));
    if (hf_store_open(path, tables, 1, (size_t)1 << 35, (size_t)1 << 35,
                      &store) != HF_OK)
        bench_die("%s: no store", path);
    begin = bench_now();
    do {
        struct hf_txn *txn = NULL;
        enum hf_err err = hf_txn_begin(store, true, &txn);

        for (size_t i = 0; i < a_commit && !err; i++, n++) {
            uint8_t key[8];

            for (int j = 0; j < 8; j++)
                key[j] = (uint8_t)(n >> (56 - 8 * j));
            err = hf_txn_append(txn, 0, (struct hf_bytes){key, 8},
                                (struct hf_bytes){bytes_of_all, bytes});
        }
        if (err || hf_txn_commit(&txn) != HF_OK)
            bench_die("%s: cannot write", path);
        end = bench_now();
    } while (end - begin < seconds);
    hf_store_close(store);
    bench_remove(path);
    return (double)n / (end - begin);
}

static void
delete_all(struct spool *s, const struct broker_who *boxes, size_t n)
{
    struct broker_row row;

    spool_read_end(s);
    for (size_t i = 0; i < n; i++) {
        if (spool_next_row(s, &boxes[i], 1, 0, &row)) {
            struct spool_delete d = {
                .box = boxes[i], .lane = 1, .seq = row.seq};

            if (!spool_delete(s, &d, 1))
                bench_die("spool: too many deletes");
        }
    }
    spool_read_end(s);
}

double
bench_spool_alone(const char *dir, size_t bytes, size_t n_mailboxes,
                  bool with_delete, double seconds)
{
    static struct broker_put puts[A_COMMIT];
    struct broker_who boxes[A_COMMIT];
    struct spool *s = NULL;
    char path[PATH_MAX];
    uint64_t n = 0;
    double begin;
    double end;

    bench_remove(hf_path(path, sizeof(path), dir, "spool"));
    if (spool_open(path, UINT64_C(1) << 35, &s) != HF_OK)
        bench_die("%s: no spool", path);
    begin = bench_now();
    do {
        for (size_t i = 0; i < A_COMMIT; i++, n++) {
            puts[i] = (struct broker_put){.envelope = {bytes_of_all, bytes},
                                          .expires_ms = UINT64_MAX,
                                          .lane = 1,
                                          .n_boxes = 1};
            (void)snprintf(puts[i].box[0].id.s, HF_ORG_BYTES, "m%05u",
                           (unsigned)(n % n_mailboxes));
            boxes[i] = puts[i].box[0];
        }
        if (!spool_put(s, puts, A_COMMIT) || spool_commit(s, n) != HF_OK)
            bench_die("%s: cannot write", path);
        if (with_delete) /* goes with the next commit */
            delete_all(s, boxes,
                       n_mailboxes < A_COMMIT ? n_mailboxes : A_COMMIT);
        end = bench_now();
    } while (end - begin < seconds);
    spool_close(&s);
    bench_remove(path);
    return (double)n / (end - begin);
}

struct sender {
    const char *endpoint;
    const uint8_t *server_pk;
    const struct hf_secret *key;
    size_t frame_bytes;
    atomic_bool *stop;
    pthread_t thread;
};

static void *
send_frames(void *arg)
{
    struct sender *s = arg;
    struct hf_link_limits limits = hf_link_limits();
    struct hf_link *link = NULL;
    uint8_t *frame = calloc(1, s->frame_bytes);

    if (frame == NULL || hf_link_open(s->endpoint, s->server_pk, s->key,
                                      &limits, &link) != HF_OK)
        bench_die("no link");
    while (!atomic_load(s->stop))
        if (hf_link_send(link, (struct hf_bytes){frame, s->frame_bytes}) !=
            HF_OK)
            (void)usleep(100);
    hf_link_close(&link);
    free(frame);
    return NULL;
}

static uint64_t
receive_frames(struct hf_port *port, double seconds)
{
    double until = bench_now() + seconds;
    uint64_t n = 0;

    do {
        for (int i = 0; i < 256; i++) {
            struct hf_port_frame f = {0};

            if (hf_port_receive(port, &f) != HF_OK)
                break;
            hf_frame_release(&f.frame);
            n++;
        }
    } while (bench_now() < until);
    return n;
}

double
bench_curve_alone(size_t bytes, size_t a_frame, double seconds)
{
    struct hf_link_limits limits = hf_link_limits();
    struct hf_allow_entry entry = {.user = "o:bench"};
    struct sender senders[PRODUCERS];
    struct hf_secret *key = NULL;
    struct hf_port *port = NULL;
    uint8_t pk[HF_PK_BYTES];
    atomic_bool stop = false;
    uint64_t n;

    if (hf_secret_new(HF_KEY_DH, &key) != HF_OK || hf_allow_start() != HF_OK)
        bench_die("no key");
    hf_secret_public(key, pk);
    memcpy(entry.pk, pk, sizeof(pk));
    if (hf_allow_set(&entry, 1) != HF_OK ||
        hf_port_open("tcp://127.0.0.1:0", key, &limits, 8, &port) != HF_OK)
        bench_die("no port");
    for (size_t i = 0; i < PRODUCERS; i++) {
        senders[i] = (struct sender){hf_port_endpoint(port), pk,    key,
                                     bytes * a_frame,        &stop, 0};
        (void)pthread_create(&senders[i].thread, NULL, send_frames,
                             &senders[i]);
    }
    (void)receive_frames(port, 0.5);
    n = receive_frames(port, seconds);
    atomic_store(&stop, true);
    for (size_t i = 0; i < PRODUCERS; i++)
        (void)pthread_join(senders[i].thread, NULL);
    hf_port_close(&port);
    hf_allow_stop();
    hf_secret_free(key);
    return (double)(n * a_frame) / seconds;
}

static int
compare(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;

    return x < y ? -1 : x > y;
}

double
bench_sync_alone(const char *dir, double seconds)
{
    static double took[100000];
    char path[PATH_MAX];
    double until = bench_now() + seconds;
    size_t n = 0;
    int fd = open(hf_path(path, sizeof(path), dir, "sync"),
                  O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    if (fd < 0)
        bench_die("%s: cannot write", path);
    while (n < sizeof(took) / sizeof(took[0]) && bench_now() < until) {
        double begin = bench_now();

        if (write(fd, bytes_of_all, sizeof(bytes_of_all)) < 0 ||
            fdatasync(fd) != 0)
            bench_die("%s: cannot write", path);
        took[n++] = bench_now() - begin;
    }
    (void)close(fd);
    (void)unlink(path);
    qsort(took, n, sizeof(took[0]), compare);
    return n == 0 ? 0 : took[n / 2];
}
