/*
 * bench.h - a broker to measure, and what its parts do alone.
 */
#ifndef BENCH_H
#define BENCH_H

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/types.h>

#include "hf_crypto.h"
#include "hf_link.h"
#include "hf_text.h"

#define PRODUCERS     4
#define CONSUMERS     4
#define MAILBOXES_MAX 10000
#define ENVELOPE_ROOM 2048

/** bench_die: our own trouble, not a result. */
#define bench_die(...)                                                         \
    do {                                                                       \
        fprintf(stderr, "bench: " __VA_ARGS__);                                \
        fputc('\n', stderr);                                                   \
        exit(70);                                                              \
    } while (0)

/** A broker process of its own, in a folder of its own. */
struct bench_broker {
    char program[PATH_MAX];
    char dir[PATH_MAX];
    size_t n_mailboxes;
    pid_t pid;
    char endpoint[256];
    uint8_t link_pk[HF_PK_BYTES];
    struct hf_secret *producer[PRODUCERS]; /* links of p0 ... */
    struct hf_secret *consumer[CONSUMERS]; /* links of h0 ... */
};

/** bench_broker_new: init, a registry with members p0..p3 that send and h0..h3
 * that keep the mailboxes m00000.. in turn; then started. */
void bench_broker_new(struct bench_broker *b, const char *program,
                      const char *dir, size_t n_mailboxes);
void bench_broker_start(struct bench_broker *b);
void bench_broker_stop(struct bench_broker *b, int signal);
void bench_broker_free(struct bench_broker *b); /* and its folder */
struct hf_link *bench_connect(const struct bench_broker *b,
                              const struct hf_secret *key);

/** bench_envelope: one that a broker takes, about 1 KiB; returns its bytes.
 * bench_address: give a copy another id and mailbox. */
size_t bench_envelope(const char *sender, uint8_t out[static ENVELOPE_ROOM]);
void bench_address(uint8_t *envelope, uint64_t id, size_t mailbox);

double bench_now(void); /* seconds */
/** bench_anonymous_kib: memory of a process that is not of a file. */
long bench_anonymous_kib(pid_t pid);
void bench_remove(const char *dir);

/* What the parts do alone, envelopes of @bytes a second. */
double bench_lmdb_alone(const char *dir, size_t bytes, size_t a_commit,
                        double seconds);
double bench_spool_alone(const char *dir, size_t bytes, size_t n_mailboxes,
                         bool with_delete, double seconds);
double bench_curve_alone(size_t bytes, size_t a_frame, double seconds);
/** bench_sync_alone: median seconds of a 4 KiB append and fdatasync. */
double bench_sync_alone(const char *dir, double seconds);

#endif /* BENCH_H */
