/*
 * bench_gate: what the consent gate costs, at the sender and at the receiver.
 *
 * The largest usual case: every data category there is, asked of a consent
 * with 50 scopes of which each names 16 recipients, the right one last. Prints
 * the time of one decision; tests/bench/run gate adds the instructions that
 * callgrind counts in bench_gate_out() and bench_gate_in().
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "consent.h"

#define SCOPES 50
#define NOW    UINT64_C(1795000000000)

static const struct hf_org to = {"clinic-kbl"};
static struct consent consent;

/* What callgrind looks at: one decision a call. */
__attribute__((noinline)) void bench_gate_out(struct gate_out *ret,
                                              struct proof *proof);
__attribute__((noinline)) enum reason bench_gate_in(const struct proof *proof,
                                                    uint32_t sections);

void
bench_gate_out(struct gate_out *ret, struct proof *proof)
{
    gate_out(&consent, &to, PURPOSE_REFERRAL, CATEGORY_ALL, CATEGORY_ALL,
             CATEGORY_ALL, 0, NOW, ret);
    consent_proof(&consent, &to, PURPOSE_REFERRAL, ret->sends, NOW, proof);
}

enum reason
bench_gate_in(const struct proof *proof, uint32_t sections)
{
    return gate_in(proof, PURPOSE_REFERRAL, sections, CATEGORY_ALL, 0, NOW);
}

static void
fill(void)
{
    consent.version = 1;
    consent.state = CONSENT_GIVEN;
    consent.n_scopes = SCOPES;
    for (int i = 0; i < SCOPES; i++) {
        struct consent_scope *s = &consent.scope[i];
        const int category = 1 + i % (CATEGORY_END - 1);

        (void)snprintf(s->id.s, sizeof(s->id.s), "scope-%d", i);
        s->categories = CATEGORY_BIT(category);
        s->purposes = PURPOSE_BIT(PURPOSE_REFERRAL);
        s->until_ms = NOW + 1000 + (uint64_t)i;
        s->n_recipients = CONSENT_RECIPIENTS_MAX;
        for (int k = 0; k < CONSENT_RECIPIENTS_MAX; k++)
            (void)snprintf(s->recipient[k].s, HF_ORG_BYTES, "other-%d", k);
        s->recipient[CONSENT_RECIPIENTS_MAX - 1] = to;
    }
}

static double
seconds(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

int
main(int argc, char **argv)
{
    const long n = argc > 1 ? strtol(argv[1], NULL, 10) : 20000;
    struct gate_out gate;
    struct proof proof;
    double begin, out, in;
    long refused = 0;

    if (n <= 0) {
        fprintf(stderr, "usage: bench_gate [DECISIONS]\n");
        return 64;
    }
    fill();
    begin = seconds();
    for (long i = 0; i < n; i++)
        bench_gate_out(&gate, &proof);
    out = seconds() - begin;
    begin = seconds();
    for (long i = 0; i < n; i++)
        refused += bench_gate_in(&proof, gate.sends) != REASON_NONE;
    in = seconds() - begin;
    if (gate.sends != CATEGORY_ALL || refused != 0) {
        fprintf(stderr, "bench_gate: the gate did not say yes\n");
        return 70;
    }
    printf("gate, %d categories, %d scopes of %d recipients, %ld decisions\n",
           CATEGORY_END - 1, SCOPES, CONSENT_RECIPIENTS_MAX, n);
    printf("  sender, with proof: %8.2f us each\n", out / (double)n * 1e6);
    printf("  receiver:           %8.2f us each\n", in / (double)n * 1e6);
    return 0;
}
