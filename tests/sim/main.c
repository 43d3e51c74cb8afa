/*
 * sim_world: one world a seed, from --seed on, until --steps worlds are done
 * or --seconds of wall time have passed (whichever is later, at least one).
 *
 * A world has --hours of people and faults; then they stop, and within 110
 * days (an envelope's life, its end noticed, sealed anew, twice over)
 * everything owed must have arrived. Prints one line a world, with the digest
 * of its trace: the same seed gives the same digest.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "check.h"
#include "hf_crypto.h"
#include "people.h"
#include "programme.h"
#include "world.h"

#define BUSY_HOURS 48
#define QUIET_DAYS 110

struct options {
    uint64_t seed;
    uint64_t steps;
    uint64_t hours;
    double seconds;
    bool prints;
    bool is_programme; /* with orgs, cases, months */
    unsigned orgs, cases, months;
    bool twice; /* each seed again: the digests must be the same */
};

/* An assertion of the product is a finding, too: say which world it was. */
static struct world *running;

static void
on_abort(int signal)
{
    (void)signal;
    world_fail(programme_running() != NULL ? programme_running() : running,
               "an assertion");
    _exit(1);
}

static double
wall(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static bool
run_programme(const struct options *o, uint64_t seed, uint64_t *ret_digest)
{
    const struct programme_options p = {seed, o->orgs, o->cases, o->months,
                                        o->prints};

    return programme_run(&p, ret_digest);
}

static bool
run_one(uint64_t seed, const struct options *o, uint64_t *ret_digest)
{
    struct world *w;
    uint64_t answers, done;
    unsigned day = 0;
    bool ok;

    if (o->is_programme)
        return run_programme(o, seed, ret_digest);
    w = world_new(&world_small, seed, o->prints, NULL);
    running = w;
    world_run(w, w->began_ms + o->hours * HOUR_MS);
    w->is_calm = true;
    world_run(w, w->now_ms + HOUR_MS / 2); /* figures are due at midnight */
    do {
        day++;
        world_run(w, w->now_ms + DAY_MS);
    } while (!w->has_failed && day < QUIET_DAYS &&
             !check_settled(w, day == QUIET_DAYS - 1));
    if (!w->has_failed) {
        ledger_check(w);
        check_nodes(w);
    }
    people_counts(w, &answers, &done);
    *ret_digest = w->digest;
    ok = !w->has_failed;
    printf("seed %llu %s: %llu steps, %llu lines, %llu of %llu commands "
           "done, settled on day %u%s%s, digest %016llx\n",
           (unsigned long long)seed, ok ? "ok" : "FAILED",
           (unsigned long long)w->steps, (unsigned long long)w->n_lines,
           (unsigned long long)done, (unsigned long long)answers, day,
           w->was_restored ? ", restored" : "", w->was_cloned ? ", cloned" : "",
           (unsigned long long)*ret_digest);
    world_free(w);
    return ok;
}

static bool
read_options(int argc, char **argv, struct options *o)
{
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--trace") == 0) {
            o->prints = true;
            continue;
        }
        if (strcmp(argv[i], "--twice") == 0) {
            o->twice = true;
            continue;
        }
        if (strcmp(argv[i], "--programme") == 0) {
            o->is_programme = true;
            continue;
        }
        if (i + 1 == argc)
            return false;
        if (strcmp(argv[i], "--seed") == 0)
            o->seed = strtoull(argv[++i], NULL, 10);
        else if (strcmp(argv[i], "--seconds") == 0)
            o->seconds = strtod(argv[++i], NULL);
        else if (strcmp(argv[i], "--hours") == 0)
            o->hours = strtoull(argv[++i], NULL, 10);
        else if (strcmp(argv[i], "--orgs") == 0)
            o->orgs = (unsigned)strtoul(argv[++i], NULL, 10);
        else if (strcmp(argv[i], "--cases") == 0)
            o->cases = (unsigned)strtoul(argv[++i], NULL, 10);
        else if (strcmp(argv[i], "--months") == 0)
            o->months = (unsigned)strtoul(argv[++i], NULL, 10);
        else if (strcmp(argv[i], "--steps") == 0)
            o->steps = strtoull(argv[++i], NULL, 10);
        else
            return false;
    }
    return o->orgs >= 5 && o->orgs <= WORLD_NODES_MAX - 2 && o->cases > 0 &&
           o->months > 0;
}

int
main(int argc, char **argv)
{
    struct options o = {.seed = 1,
                        .steps = 1,
                        .hours = BUSY_HOURS,
                        .orgs = 50,
                        .cases = 2000,
                        .months = 18};
    const double began = wall();
    uint64_t digest, again, n = 0;

    if (!read_options(argc, argv, &o) || hf_crypto_start() != HF_OK) {
        fprintf(stderr, "usage: sim_world [--seed N] [--seconds S] "
                        "[--steps WORLDS] [--hours H] [--twice] [--trace]\n"
                        "       sim_world --programme [--seed N] [--orgs 5-62] "
                        "[--cases N] [--months N] [--twice] [--trace]\n");
        return 64;
    }
    setvbuf(stdout, NULL, _IOLBF, 0);
    (void)signal(SIGABRT, on_abort);
    do {
        if (!run_one(o.seed + n, &o, &digest))
            return 1;
        if (o.twice && (!run_one(o.seed + n, &o, &again) || again != digest)) {
            printf("FAILED seed %llu: another run of it gave another trace\n",
                   (unsigned long long)(o.seed + n));
            return 1;
        }
        n++;
    } while (n < o.steps || wall() - began < o.seconds);
    printf("%llu worlds, %.1f s\n", (unsigned long long)n, wall() - began);
    return 0;
}
