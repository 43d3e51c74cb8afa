/*
 * sim_enumerate: every history of up to N x N entries of the three lifecycles,
 * the product's chains (node/core/chain.h) against the model (model.h).
 *
 * A history is a pair of chains, each entry with what its author had seen.
 * Each is met once, whatever the order in which it could have been written:
 * an entry of the second side is appended only when somebody of that side has
 * seen the first side's last entry; any other pair comes from taking the first
 * side's last entry away. Histories grow by every entry that counts, and by up
 * to --invalid entries that do not.
 *
 * At each history are compared: the verdict of every entry, the state, whether
 * destruction is due, whether it is final, and for each side and each event
 * there is whether it may be appended. Then: unless it is final, somebody who
 * has seen everything can change the state; what is judged while part of it is
 * still on the way stays judged so; a fork at every number. Last, long chains
 * that name anything, as no honest author would write them.
 *
 *   sim_enumerate [--depth N] [--invalid N] [--only referral|transfer|...]
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "chain.h"
#include "hf_assert.h"
#include "model.h"

#define DEPTH_MAX        8
#define FORK_MAY_MAX     6 /* every event is tried in forks up to this length */
#define RANDOM_HISTORIES 20000
#define KINDS_MAX        16 /* findings printed: one of each kind */

struct pair {
    struct chain_pair p;
    struct chain_item item[2][DEPTH_MAX + 1];
    struct chain_sum sum[2][DEPTH_MAX + 2];
};

struct run {
    struct model m;
    const char *name;
    unsigned depth;
    unsigned invalid_max;
    unsigned invalid; /* in the history at hand */
    unsigned long histories, entries, mays, forks, partial;
    unsigned findings;
    unsigned n_kinds;
    char kind[KINDS_MAX][160]; /* of findings already printed */
};

/* ---- words ---- */

static void
print_history(const struct run *r)
{
    for (unsigned x = 0; x < 2; x++) {
        printf("    %s:", x == 0 ? "first " : "second");
        for (unsigned i = 0; i < r->m.n[x]; i++)
            printf(" %u %s%s (seen %u)%s", i + 1,
                   event_text(r->m.entry[x][i].event),
                   r->m.entry[x][i].reached ? "/reached" : "",
                   r->m.entry[x][i].seen, i + 1 < r->m.n[x] ? "," : "");
        if (r->m.fork[x] != 0)
            printf("  FORKED at %u%s", r->m.fork[x],
                   r->m.fork_recall[x] ? " with a recall" : "");
        printf("\n");
    }
}

static void
finding(struct run *r, const char *what, const char *product, const char *model)
{
    char kind[160];

    r->findings++;
    snprintf(kind, sizeof(kind), "%s: product says %s, model says %s", what,
             product, model);
    for (unsigned i = 0; i < r->n_kinds; i++)
        if (strcmp(r->kind[i], kind) == 0)
            return;
    if (r->n_kinds == KINDS_MAX)
        return;
    memcpy(r->kind[r->n_kinds++], kind, sizeof(kind));
    printf("%s: %s\n", r->name, kind);
    print_history(r);
}

static const char *
state_word(enum state s)
{
    return s == STATE_NONE ? "nothing" : state_text(s);
}

static const char *
verdict_word(enum model_verdict v)
{
    static const char *const words[] = {"unknown", "counts",      "waits",
                                        "fell",    "not allowed", "forked",
                                        "circular"};

    return v < sizeof(words) / sizeof(words[0]) ? words[v] : "?";
}

static enum model_verdict
verdict_of(enum chain_why why)
{
    switch (why) {
    case CHAIN_VALID:
        return MODEL_COUNTS;
    case CHAIN_WAITS:
        return MODEL_WAITS;
    case CHAIN_NOT_ALLOWED:
        return MODEL_NOT_ALLOWED;
    case CHAIN_SEEN_FELL:
        return MODEL_FELL;
    case CHAIN_FORKED:
        return MODEL_FORKED;
    case CHAIN_CIRCULAR:
        return MODEL_CIRCULAR;
    }
    return MODEL_UNKNOWN;
}

/* ---- the product's side ---- */

/* The first @n[x] entries of each chain, judged. The scratch is left as the
 * last judgement left it: nothing of it may shine through. */
static void
judge(struct pair *q, const struct model *m, const unsigned n[2])
{
    q->p.kind = m->kind;
    q->p.on_send = m->on_send;
    q->p.travel_none = m->travel_none;
    q->p.ruled = m->ruled;
    for (unsigned x = 0; x < 2; x++) {
        q->p.n[x] = n[x];
        q->p.fork[x] = m->fork[x];
        q->p.fork_recall[x] = m->fork_recall[x];
        q->p.item[x] = q->item[x];
        q->p.sum[x] = q->sum[x];
        for (unsigned i = 0; i < n[x]; i++) {
            q->item[x][i].event = m->entry[x][i].event;
            q->item[x][i].seen = m->entry[x][i].seen;
            /* entered on behalf, by telephone: judged as any other */
            q->item[x][i].flags = (i + x) % 2 == 0 ? ENTRY_LATER : 0;
            if (m->entry[x][i].reached)
                q->item[x][i].flags |= ENTRY_REACHED;
            q->item[x][i].reason = REASON_NONE;
        }
    }
    chain_judge(&q->p);
}

/* ---- what is held against each other ---- */

static void
compare_verdicts(struct run *r, struct pair *q)
{
    char what[80];

    for (unsigned x = 0; x < 2; x++)
        for (unsigned i = 0; i < r->m.n[x]; i++) {
            const enum model_verdict ours = model_verdict(&r->m, x, i + 1);
            const enum model_verdict theirs = verdict_of(q->item[x][i].why);

            r->entries++;
            /* A recall in a forked branch counts; what it is called is free.*/
            if (ours == theirs || (ours == MODEL_FORKED &&
                                   r->m.entry[x][i].event == EVENT_RECALL))
                continue;
            snprintf(what, sizeof(what), "entry %u of side %u", i + 1, x);
            finding(r, what, verdict_word(theirs), verdict_word(ours));
        }
}

static void
compare_state(struct run *r, struct pair *q)
{
    const enum state ours = model_state(&r->m);
    const enum state theirs = chain_state(&q->p);

    if (ours != theirs)
        finding(r, "state", state_word(theirs), state_word(ours));
    /* a withdrawal is answered, what it asks for is said in its body */
    if (r->m.kind != OBJECT_WITHDRAWAL &&
        model_must_erase(&r->m) != chain_must_erase(&q->p))
        finding(r, "destruction",
                chain_must_erase(&q->p) ? "required" : "not required",
                model_must_erase(&r->m) ? "required" : "not required");
    if (model_is_terminal(r->m.kind, ours) != chain_is_final(&q->p))
        finding(r, "final", chain_is_final(&q->p) ? "yes" : "no",
                model_is_terminal(r->m.kind, ours) ? "yes" : "no");
}

static void
compare_may(struct run *r, struct pair *q)
{
    bool ours[EVENT_END];
    char what[80];

    for (unsigned x = 0; x < 2; x++) {
        model_may(&r->m, x, ours);
        for (int e = EVENT_NONE + 1; e < EVENT_END; e++) {
            const bool theirs =
                chain_may(&q->p, (enum side)x, (enum event)e, 0);

            r->mays++;
            if (ours[e] == theirs)
                continue;
            snprintf(what, sizeof(what), "may side %u %s in %s", x,
                     event_text((enum event)e), state_word(model_state(&r->m)));
            finding(r, what, theirs ? "yes" : "no", ours[e] ? "yes" : "no");
        }
    }
}

/* Somebody who has seen everything can append an entry that changes the
 * state; asked of the product alone. */
static void
check_way_out(struct run *r, struct pair *q)
{
    const enum state now = chain_state(&q->p);
    struct pair next;
    unsigned n[2];

    if (now == STATE_NONE || chain_is_final(&q->p))
        return;
    for (unsigned x = 0; x < 2; x++)
        for (int e = EVENT_NONE + 1; e < EVENT_END; e++) {
            if (!chain_may(&q->p, (enum side)x, (enum event)e, 0))
                continue;
            r->m.entry[x][r->m.n[x]] = (struct model_entry){
                .event = (enum event)e, .seen = r->m.n[1 - x]};
            n[x] = r->m.n[x] + 1;
            n[1 - x] = r->m.n[1 - x];
            judge(&next, &r->m, n);
            if (chain_state(&next.p) != now)
                return;
        }
    finding(r, "way out", "nobody can leave", state_word(now));
}

/* Only part has arrived: what can be judged is judged as it is in the end,
 * the rest waits. */
static void
check_partial(struct run *r, const struct pair *whole)
{
    static struct pair part;
    unsigned n[2];

    for (n[0] = 0; n[0] <= r->m.n[0]; n[0]++)
        for (n[1] = 0; n[1] <= r->m.n[1]; n[1]++) {
            bool waits[2] = {false, false};

            judge(&part, &r->m, n);
            r->partial++;
            for (unsigned x = 0; x < 2; x++)
                for (unsigned i = 0; i < n[x]; i++) {
                    const enum chain_why why = part.item[x][i].why;

                    if (r->m.entry[x][i].seen > n[1 - x])
                        waits[x] = true;
                    if (waits[x] ? why != CHAIN_WAITS
                                 : why != whole->item[x][i].why)
                        finding(r, "order of arrival",
                                verdict_word(verdict_of(why)),
                                waits[x] ? "waits" : "as in the end");
                }
        }
}

static void
check_forks(struct run *r)
{
    static struct pair q;

    for (unsigned x = 0; x < 2; x++)
        for (unsigned f = 1; f <= r->m.n[x]; f++)
            for (int recall = 0; recall < 2; recall++) {
                bool has_recall = false;

                for (unsigned i = f; i <= r->m.n[x]; i++)
                    has_recall |= r->m.entry[x][i - 1].event == EVENT_RECALL;
                if (has_recall && recall == 0)
                    continue; /* a recall in the branch at hand is one */
                r->m.fork[x] = f;
                r->m.fork_recall[x] = recall != 0;
                model_forget(&r->m);
                judge(&q, &r->m, r->m.n);
                compare_verdicts(r, &q);
                compare_state(r, &q);
                if (r->m.n[0] + r->m.n[1] <= FORK_MAY_MAX)
                    compare_may(r, &q);
                r->forks++;
            }
    memset(r->m.fork, 0, sizeof(r->m.fork));
    memset(r->m.fork_recall, 0, sizeof(r->m.fork_recall));
    model_forget(&r->m);
}

/* A custody ruling at any moment: what was written before stays as it was
 * judged, nothing may follow. */
static void
check_ruled(struct run *r)
{
    static struct pair q;

    if (r->m.kind != OBJECT_TRANSFER)
        return;
    r->m.ruled = true;
    model_forget(&r->m);
    judge(&q, &r->m, r->m.n);
    compare_verdicts(r, &q);
    compare_state(r, &q);
    compare_may(r, &q);
    r->m.ruled = false;
    model_forget(&r->m);
}

/* ---- growing histories ---- */

static unsigned
most_seen(const struct run *r, unsigned x)
{
    unsigned most = 0;

    for (unsigned i = 0; i < r->m.n[x]; i++)
        if (r->m.entry[x][i].seen > most)
            most = r->m.entry[x][i].seen;
    return most;
}

static void explore(struct run *r);

static void
grow_by(struct run *r, unsigned x, struct model_entry e)
{
    r->m.entry[x][r->m.n[x]++] = e;
    model_forget(&r->m);
    explore(r);
    r->m.n[x]--;
    model_forget(&r->m);
}

/* Every entry that would count if its author had seen @seen of its peer;
 * and, where one more that does not is wanted, one of those. */
static void
grow_at(struct run *r, unsigned x, unsigned seen)
{
    const unsigned peer_n = r->m.n[1 - x];
    bool may[EVENT_END];
    int probe = EVENT_NONE;

    r->m.n[1 - x] = seen;
    model_forget(&r->m);
    model_may(&r->m, x, may);
    r->m.n[1 - x] = peer_n;
    model_forget(&r->m);

    for (int e = EVENT_NONE + 1; e < EVENT_END; e++) {
        if (may[e])
            grow_by(r, x, (struct model_entry){(enum event)e, seen, false});
        if (may[e] && e == EVENT_CONTACT)
            grow_by(r, x, (struct model_entry){(enum event)e, seen, true});
    }
    if (r->invalid >= r->invalid_max)
        return;
    /* a different one in different histories, so that all have their turn */
    probe = EVENT_NONE + 1 + (int)(r->histories % (EVENT_END - 1));
    while (may[probe])
        probe = probe + 1 < EVENT_END ? probe + 1 : EVENT_NONE + 1;
    r->invalid++;
    grow_by(r, x, (struct model_entry){(enum event)probe, seen, false});
    r->invalid--;
}

/* An entry that says its author had seen less than it said before. */
static void
grow_fallen(struct run *r, unsigned x, unsigned most)
{
    bool may[EVENT_END];

    if (r->invalid >= r->invalid_max || most == 0)
        return;
    r->invalid++;
    model_may(&r->m, x, may);
    for (int e = EVENT_NONE + 1; e < EVENT_END; e++)
        if (may[e]) {
            grow_by(r, x, (struct model_entry){(enum event)e, most - 1, false});
            break;
        }
    r->invalid--;
}

static void
grow(struct run *r, unsigned x)
{
    const unsigned peer_n = r->m.n[1 - x];
    const unsigned most = most_seen(r, x);

    if (r->m.n[x] >= r->depth)
        return;
    /* the second side waits for its turn: see the head of this file */
    for (unsigned seen = x == 0 ? most : peer_n; seen <= peer_n; seen++)
        grow_at(r, x, seen);
    if (x == 0 || most == peer_n)
        grow_fallen(r, x, most);
}

static void
explore(struct run *r)
{
    struct pair q;

    r->histories++;
    judge(&q, &r->m, r->m.n);
    compare_verdicts(r, &q);
    compare_state(r, &q);
    compare_may(r, &q);
    check_way_out(r, &q);
    check_partial(r, &q);
    check_ruled(r);
    if (r->invalid == 0)
        check_forks(r);
    grow(r, 0);
    grow(r, 1);
}

/* ---- what no honest author writes ---- */

static uint64_t
draw(uint64_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return *seed;
}

/* Long chains of entries that name anything: what is not held, what names
 * them in turn. A circle must end and must count for nothing; where there is
 * none, both agree on every verdict. */
static void
check_random(struct run *r, uint64_t *seed)
{
    static struct pair q;
    bool is_circular = false;

    for (unsigned x = 0; x < 2; x++)
        r->m.n[x] = (unsigned)(draw(seed) % (DEPTH_MAX + 1));
    for (unsigned x = 0; x < 2; x++)
        for (unsigned i = 0, seen = 0; i < r->m.n[x]; i++) {
            const unsigned room = r->m.n[1 - x] + 1;

            if (draw(seed) % 4 == 0)
                seen = (unsigned)(draw(seed) % (room + 1));
            else if (draw(seed) % 2 == 0 && seen < room)
                seen++;
            r->m.entry[x][i] = (struct model_entry){
                (enum event)(1 + draw(seed) % (EVENT_END - 1)), seen,
                draw(seed) % 2 == 0};
        }
    model_forget(&r->m);
    judge(&q, &r->m, r->m.n);
    for (unsigned x = 0; x < 2; x++)
        for (unsigned i = 1; i <= r->m.n[x]; i++)
            is_circular |= model_verdict(&r->m, x, i) == MODEL_CIRCULAR ||
                           q.item[x][i - 1].why == CHAIN_CIRCULAR;
    r->histories++;
    if (is_circular)
        return;
    compare_verdicts(r, &q);
    compare_state(r, &q);
}

/* ---- the program ---- */

static unsigned
enumerate(const char *name, enum object_kind kind, bool flag, unsigned depth,
          unsigned invalid_max)
{
    static struct run r;
    const clock_t began = clock();
    uint64_t seed = UINT64_C(0x9e3779b97f4a7c15);

    memset(&r, 0, sizeof(r));
    r.name = name;
    r.depth = depth;
    r.invalid_max = invalid_max;
    r.m.kind = kind;
    r.m.on_send = kind == OBJECT_REFERRAL && flag;
    r.m.travel_none = kind == OBJECT_TRANSFER && flag;
    explore(&r);
    for (unsigned long i = 0; i < RANDOM_HISTORIES; i++)
        check_random(&r, &seed);
    printf("%-18s %8lu histories %9lu verdicts %10lu questions %8lu forks "
           "%9lu partial  %u findings  %.1f s\n",
           name, r.histories, r.entries, r.mays, r.forks, r.partial, r.findings,
           (double)(clock() - began) / CLOCKS_PER_SEC);
    return r.findings;
}

static const struct lifecycle {
    const char *name;
    enum object_kind kind;
    bool flag;
} lifecycles[] = {{"referral", OBJECT_REFERRAL, false},
                  {"referral/on_send", OBJECT_REFERRAL, true},
                  {"transfer", OBJECT_TRANSFER, false},
                  {"transfer/none", OBJECT_TRANSFER, true},
                  {"withdrawal", OBJECT_WITHDRAWAL, false}};

int
main(int argc, char **argv)
{
    unsigned depth = 4;
    unsigned invalid_max = 1;
    unsigned findings = 0;
    const char *only = "";

    for (int i = 1; i + 1 < argc; i += 2) {
        if (strcmp(argv[i], "--depth") == 0)
            depth = (unsigned)strtoul(argv[i + 1], NULL, 10);
        else if (strcmp(argv[i], "--invalid") == 0)
            invalid_max = (unsigned)strtoul(argv[i + 1], NULL, 10);
        else if (strcmp(argv[i], "--only") == 0)
            only = argv[i + 1];
    }
    if (depth < 1 || depth > DEPTH_MAX || argc % 2 == 0) {
        fprintf(stderr,
                "usage: sim_enumerate [--depth 1..%d] [--invalid N] "
                "[--only referral|transfer|withdrawal]\n",
                DEPTH_MAX);
        return 64;
    }
    setvbuf(stdout, NULL, _IOLBF, 0);
    for (size_t i = 0; i < sizeof(lifecycles) / sizeof(lifecycles[0]); i++)
        if (strncmp(lifecycles[i].name, only, strlen(only)) == 0)
            findings += enumerate(lifecycles[i].name, lifecycles[i].kind,
                                  lifecycles[i].flag, depth, invalid_max);
    return findings == 0 ? 0 : 1;
}
