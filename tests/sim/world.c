#include "world.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "check.h"
#include "frame.h"
#include "hf_assert.h"
#include "knot.h"
#include "net.h"
#include "people.h"
#include "post.h"
#include "programme.h"

#define BEGIN_MS    UINT64_C(1767225600000) /* 2026-01-01 */
#define MISCHIEF_MS (20 * MINUTE_MS)
#define ROLLBACKS_MAX                                                          \
    3                    /* a world; each makes everybody exchange everything  \
                          */
#define LEDGER_STEPS 500 /* tasks between two looks at the ledger */
#define NODE_STEPS   5000

static const char *const names[] = {"clinic", "iom-af", "iom-at",
                                                 "af", "eu"};

static const char pack_text[] =
    "pack: sim\n"
    "version: 1\n"
    "title: for the simulator\n"
    "level: international\n"
    "effective: { from: 2025-01-01 }\n"
    "services:\n"
    "  - { code: clinic, family: health, required: [identity],\n"
    "      allowed: [contact, health], never: [protection] }\n"
    "  - { code: training, family: employment, required: [contact],\n"
    "      allowed: [skills, education] }\n"
    "  - { code: shelter, family: housing, required: [],\n"
    "      allowed: [identity, contact, housing, vulnerability] }\n"
    "rules:\n"
    "  - { id: health, source: own, when: { needs: [health.general] },\n"
    "      service: clinic }\n"
    "  - { id: training, source: own,\n"
    "      when: { needs: [training.vocational] }, service: training,\n"
    "      clocks: { decide: 6h, contact: 12h, report: 24h },\n"
    "      approval: supervisor, expire: true }\n"
    "  - { id: shelter, source: own,\n"
    "      when: { needs: [housing.emergency] }, service: shelter,\n"
    "      urgency: urgent, disclose: on_send, expire: true,\n"
    "      clocks: { decide: 2h, contact: 8h, report: 24h } }\n";

/* ---- chance ---- */

static uint64_t
draw(struct world *w)
{
    uint64_t z = w->chance += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

uint64_t
world_chance(struct world *w, uint64_t n)
{
    HF_ASSERT(n > 0);
    return draw(w) % n;
}

bool
world_odds(struct world *w, uint64_t n)
{
    return !w->is_calm && world_chance(w, n) == 0;
}

void
world_random(struct world *w, void *out, size_t n)
{
    uint8_t *p = out;

    for (size_t i = 0; i < n; i++)
        p[i] = (uint8_t)draw(w);
}

/* ---- the heap ---- */

static bool
is_before(const struct task *a, const struct task *b)
{
    return a->at_ms != b->at_ms ? a->at_ms < b->at_ms : a->serial < b->serial;
}

static void
sift_up(struct world *w, size_t i)
{
    while (i > 0 && is_before(w->heap[i], w->heap[(i - 1) / 2])) {
        struct task *t = w->heap[i];

        w->heap[i] = w->heap[(i - 1) / 2];
        w->heap[(i - 1) / 2] = t;
        i = (i - 1) / 2;
    }
}

static void
sift_down(struct world *w, size_t i)
{
    for (;;) {
        size_t least = i;

        for (size_t c = 2 * i + 1; c <= 2 * i + 2 && c < w->n_tasks; c++)
            if (is_before(w->heap[c], w->heap[least]))
                least = c;
        if (least == i)
            return;
        {
            struct task *t = w->heap[i];

            w->heap[i] = w->heap[least];
            w->heap[least] = t;
        }
        i = least;
    }
}

struct task *
world_later(struct world *w, uint64_t in_ms,
            void (*run)(struct world *w, struct task *t), unsigned who)
{
    struct task *t = calloc(1, sizeof(*t));

    HF_ASSERT(t != NULL);
    t->at_ms = w->now_ms + in_ms;
    t->serial = ++w->serial;
    t->run = run;
    t->who = who;
    hf_buf_init(&t->data, FRAME_BYTES_MAX);
    if (w->n_tasks == w->tasks_max) {
        w->tasks_max = w->tasks_max == 0 ? 256 : 2 * w->tasks_max;
        w->heap = realloc(w->heap, w->tasks_max * sizeof(w->heap[0]));
        HF_ASSERT(w->heap != NULL);
    }
    w->heap[w->n_tasks++] = t;
    sift_up(w, w->n_tasks - 1);
    return t;
}

static struct task *
pop(struct world *w)
{
    struct task *t = w->heap[0];

    w->heap[0] = w->heap[--w->n_tasks];
    if (w->n_tasks > 0)
        sift_down(w, 0);
    return t;
}

static void
free_task(struct task *t)
{
    hf_buf_free(&t->data);
    free(t);
}

void
world_run(struct world *w, uint64_t until_ms)
{
    while (!w->has_failed && w->n_tasks > 0 && w->heap[0]->at_ms <= until_ms) {
        struct task *t = pop(w);

        HF_ASSERT(t->at_ms >= w->now_ms);
        w->now_ms = t->at_ms;
        t->run(w, t);
        free_task(t);
        if (++w->steps % w->shape->ledger_steps == 0)
            ledger_check(w);
        if (w->steps % w->shape->node_steps == 0)
            check_nodes(w);
    }
    w->now_ms = until_ms;
}

/* ---- words ---- */

void
world_trace(struct world *w, const char *fmt, ...)
{
    char *line = w->line[w->n_lines++ % WORLD_TRACE];
    const uint64_t at = w->now_ms - w->began_ms;
    va_list ap;
    int n;

    n = snprintf(line, WORLD_LINE, "[%10llu.%03llu] ",
                 (unsigned long long)(at / 1000),
                 (unsigned long long)(at % 1000));
    va_start(ap, fmt);
    vsnprintf(line + n, WORLD_LINE - (size_t)n, fmt, ap);
    va_end(ap);
    for (const char *p = line; *p != '\0'; p++)
        w->digest = (w->digest ^ (uint8_t)*p) * UINT64_C(0x100000001b3);
    if (w->prints)
        printf("%s\n", line);
}

void
world_fail(struct world *w, const char *fmt, ...)
{
    const uint64_t n = w->n_lines < WORLD_TRACE ? w->n_lines : WORLD_TRACE;
    va_list ap;

    if (w->has_failed)
        return; /* what follows a failure says little */
    w->has_failed = true;
    printf("FAILED seed %llu at %llu ms: ", (unsigned long long)w->seed,
           (unsigned long long)(w->now_ms - w->began_ms));
    va_start(ap, fmt);
    vprintf(fmt, ap);
    va_end(ap);
    printf("\n");
    for (uint64_t i = w->n_lines - n; i < w->n_lines; i++)
        printf("  %s\n", w->line[i % WORLD_TRACE]);
    printf("again: tests/sim/run --seed %llu --trace (and the same --hours)\n",
           (unsigned long long)w->seed);
}

const char *
world_name(const struct world *w, unsigned party)
{
    return party < w->n_nodes + w->n_brokers ? w->name[party] : "nobody";
}

unsigned
world_org_index(const struct world *w, const struct hf_org *org)
{
    for (unsigned i = 0; i < w->n_nodes; i++)
        if (hf_org_eq(&w->org[i].id, org))
            return i;
    return w->n_nodes;
}

unsigned
world_broker_index(const struct world *w, const struct hf_org *id)
{
    for (unsigned i = 0; i < w->n_brokers; i++)
        if (hf_org_eq(&w->registry.broker[i].id, id))
            return i;
    return w->n_brokers;
}

const char *
world_id(const struct hf_id *id)
{
    static char text[4][12];
    static unsigned turn;
    char *t = text[turn++ % 4];

    snprintf(t, sizeof(text[0]), "%02x%02x%02x%02x", id->b[0], id->b[1],
             id->b[2], id->b[3]);
    return t;
}

/* ---- mischief ---- */

void
world_part(struct world *w, unsigned a, unsigned b, uint64_t ms)
{
    const uint64_t ways = world_chance(w, 3);

    if (a == b)
        return;
    if (ways != 0)
        net_part(w, a, b, ms);
    if (ways != 1)
        net_part(w, b, a, ms);
}

static void
part_some(struct world *w)
{
    const unsigned a = (unsigned)world_chance(w, w->n_nodes + w->n_brokers);
    const unsigned b = w->n_nodes + (unsigned)world_chance(w, w->n_brokers);
    const uint64_t ms = world_chance(w, HOUR_MS);

    world_part(w, a, b, ms);
}

static void
come_back(struct world *w, struct knot *k)
{
    /* A world has clones or restores: a clone forks, and then nobody can say
     * that a restore did not. */
    const bool clones = w->seed % 3 == 0;
    unsigned n = 0;

    for (unsigned i = 0; i < w->n_nodes; i++)
        n += knot_rollbacks(w->node[i]);
    if (n < ROLLBACKS_MAX && world_chance(w, 3) == 0)
        knot_restore(w, k, !clones);
    else
        knot_backup(w, k);
}

static void
mischief(struct world *w, struct task *t)
{
    const unsigned node = (unsigned)world_chance(w, w->n_nodes);

    (void)t;
    if (w->is_calm)
        return;
    switch (world_chance(w, 8)) {
    case 0:
        knot_crash(w, w->node[node], "for no reason");
        break;
    case 1:
        post_crash(w, w->broker[world_chance(w, w->n_brokers)]);
        break;
    case 2:
    case 3:
        part_some(w);
        break;
    case 4:
        come_back(w, w->node[node]);
        break;
    default:
        net_cut(w);
        break;
    }
    world_later(w, world_chance(w, MISCHIEF_MS), mischief, 0);
}

/* ---- making a world ---- */

void
world_set_org(struct hf_org *org, const char *text)
{
    memset(org, 0, sizeof(*org));
    memcpy(org->s, text, strnlen(text, sizeof(org->s) - 1));
}

void
world_add_home(struct world *w, unsigned node, unsigned broker)
{
    struct registry_org *o = &w->org[node];

    HF_ASSERT(o->n_homes < REGISTRY_HOMES_MAX);
    o->home[o->n_homes++] = w->registry.broker[broker].id;
}

static void
make_keys(struct world *w, unsigned i)
{
    uint8_t seed[HF_KEY_BYTES];

    memset(seed, (int)(i + 1), sizeof(seed));
    HF_ASSERT(hf_secret_from_seed(HF_KEY_SIGN, seed, &w->broker_op[i]) ==
              HF_OK);
    w->registry.broker[i].n_op = 1;
    hf_secret_public(w->broker_op[i], w->registry.broker[i].op[0].pk);
}

/* iom-at at home with eu, iom-af with af, the clinic with both. */
static void
make_small(struct world *w)
{
    for (unsigned i = 0; i < w->n_nodes + w->n_brokers; i++)
        snprintf(w->name[i], WORLD_NAME, "%s", names[i]);
    for (unsigned i = 0; i < w->n_nodes; i++) {
        w->org[i].kind = i == 0 ? ORG_CLINIC : ORG_IOM_OFFICE;
        memcpy(w->org[i].country, i == 2 ? "AT" : "AF", 2);
    }
    w->org[2].duties = DUTY_BIT(DUTY_EVIDENCE); /* and it is an end, too */
    world_add_home(w, 0, 0);
    world_add_home(w, 0, 1);
    world_add_home(w, 1, 0);
    world_add_home(w, 2, 1);
}

static void
begin_small(struct world *w)
{
    people_begin(w);
    world_later(w, HOUR_MS, mischief, 0);
}

const struct world_shape world_small = {.n_nodes = 3,
                                        .n_brokers = 2,
                                        .pack = pack_text,
                                        .figures_ms = DAY_MS,
                                        .retry_ms = 5 * SECOND_MS,
                                        .ledger_steps = 500,
                                        .node_steps = 5000,
                                        .figure_steps = 16,
                                        .make = make_small,
                                        .begin = begin_small};

/* Ids from names, once the shape has given these. */
static void
make_registry(struct world *w)
{
    struct registry *r = &w->registry;

    r->version[REGISTRY_ROOT] = r->version[REGISTRY_ORGS] = 1;
    r->expires_ms[REGISTRY_ROOT] = r->expires_ms[REGISTRY_ORGS] = UINT64_MAX;
    r->figures_period_ms = w->shape->figures_ms;
    r->figures_threshold = 1;
    r->n_brokers = w->n_brokers;
    r->n_orgs = w->n_nodes;
    r->orgs = w->org;
    for (unsigned i = 0; i < w->n_brokers; i++) {
        r->broker[i].link_pk[0] = (uint8_t)(100 + i);
        make_keys(w, i);
    }
    for (unsigned i = 0; i < w->n_nodes; i++) {
        w->org[i].status = MEMBER_ACTIVE;
        w->org[i].n_op = 1;
        w->org[i].link_pk[0] = (uint8_t)(i + 1);
    }
    for (unsigned i = 0; i < w->n_brokers; i++) {
        char id[HF_ORG_BYTES];

        snprintf(id, sizeof(id), "broker%u", i);
        world_set_org(&r->broker[i].id, id);
    }
    w->shape->make(w);
    for (unsigned i = 0; i < w->n_nodes; i++)
        world_set_org(&w->org[i].id, w->name[i]);
}

static void
make_book(struct world *w)
{
    static const struct hf_hash hash = {{1}};
    struct sop_findings findings;
    const struct hf_bytes yaml = {(const uint8_t *)w->shape->pack,
                                  strlen(w->shape->pack)};
    if (sop_pack_load(yaml, &findings, &w->pack) != HF_OK) {
        for (size_t i = 0; i < findings.n; i++)
            printf("pack %u: %s\n", findings.item[i].line,
                   findings.item[i].what);
        HF_BUG("the pack loads");
    }
    sop_pack_set_hash(w->pack, &hash);
    w->book = sop_book_new();
    HF_ASSERT(w->book != NULL);
    HF_ASSERT(sop_book_add(w->book, w->pack));
}

struct world *
world_new(const struct world_shape *shape, uint64_t seed, bool prints,
          struct programme *programme)
{
    struct world *w = calloc(1, sizeof(*w));

    HF_ASSERT(w != NULL);
    w->shape = shape;
    w->programme = programme;
    w->n_nodes = shape->n_nodes;
    w->n_brokers = shape->n_brokers;
    w->seed = seed;
    w->chance = seed * UINT64_C(0x2545f4914f6cdd1d) + 1;
    w->prints = prints;
    w->digest = UINT64_C(0xcbf29ce484222325);
    w->began_ms = w->now_ms = BEGIN_MS;
    make_registry(w);
    make_book(w);
    w->ledger = ledger_new();
    w->net = net_new(w);
    w->people = people_new(w);
    for (unsigned i = 0; i < w->n_nodes; i++)
        w->node[i] = knot_new(w, i);
    for (unsigned i = 0; i < w->n_brokers; i++)
        w->broker[i] = post_new(w, i);
    for (unsigned i = 0; i < w->n_brokers; i++)
        post_start(w, w->broker[i]);
    for (unsigned i = 0; i < w->n_nodes; i++)
        knot_start(w, w->node[i]);
    shape->begin(w);
    return w;
}

void
world_free(struct world *w)
{
    while (w->n_tasks > 0)
        free_task(pop(w));
    free(w->heap);
    for (unsigned i = 0; i < w->n_nodes; i++)
        knot_free(w->node[i]);
    for (unsigned i = 0; i < w->n_brokers; i++) {
        post_free(w->broker[i]);
        hf_secret_free(w->broker_op[i]);
    }
    people_free(w->people);
    programme_free(w->programme);
    net_free(w->net);
    ledger_free(w->ledger);
    sop_book_free(w->book);
    sop_pack_free(w->pack);
    free(w);
}
