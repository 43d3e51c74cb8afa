#include "programme.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "check.h"
#include "hf_assert.h"
#include "net.h"
#include "people.h"
#include "post.h"
#include "programme_internal.h"
#include "task.h"

#define BROKERS    5
#define COUNTRIES  6
#define QUIET_DAYS 130
#define MONTH_MS   (30 * DAY_MS)
#define SILENCE_MS (2 * DAY_MS) /* weekends and nights of an office */

const struct programme_service programme_service[PROGRAMME_SERVICES] = {
    {"clinic", "health.general"},
    {"training", "training.vocational"},
    {"shelter", "housing.emergency"},
    {"documents", "documentation.identity"},
    {"counselling", "mhpss.counselling"},
    {"placement", "employment.placement"},
    {"legal", "legal.aid"},
    {"child", "child.protection"},
};

static const char pack_text[] =
    "pack: programme\n"
    "version: 1\n"
    "title: for a programme in the simulator\n"
    "level: international\n"
    "effective: { from: 2025-01-01 }\n"
    "services:\n"
    "  - { code: clinic, family: health, required: [identity],\n"
    "      allowed: [contact, health], never: [protection] }\n"
    "  - { code: training, family: employment, required: [contact],\n"
    "      allowed: [skills, education] }\n"
    "  - { code: shelter, family: housing, required: [],\n"
    "      allowed: [identity, contact, housing, vulnerability] }\n"
    "  - { code: documents, family: documentation, required: [identity],\n"
    "      allowed: [contact, documentation] }\n"
    "  - { code: counselling, family: mhpss, required: [contact],\n"
    "      allowed: [mhpss, health], sensitive: true }\n"
    "  - { code: placement, family: employment, required: [contact],\n"
    "      allowed: [skills, education, economic] }\n"
    "  - { code: legal, family: legal, required: [identity],\n"
    "      allowed: [contact, documentation] }\n"
    "  - { code: child, family: protection, required: [identity],\n"
    "      allowed: [contact, family, vulnerability], sensitive: true }\n"
    "rules:\n"
    "  - { id: health, source: own, when: { needs: [health.general] },\n"
    "      service: clinic, expire: true }\n"
    "  - { id: training, source: own,\n"
    "      when: { needs: [training.vocational] }, service: training,\n"
    "      approval: supervisor, expire: true }\n"
    "  - { id: shelter, source: own,\n"
    "      when: { needs: [housing.emergency] }, service: shelter,\n"
    "      urgency: urgent, disclose: on_send, expire: true,\n"
    "      clocks: { decide: 12h, contact: 24h, report: 14d } }\n"
    "  - { id: documents, source: own,\n"
    "      when: { needs: [documentation.identity] },\n"
    "      service: documents }\n"
    "  - { id: counselling, source: own,\n"
    "      when: { needs: [mhpss.counselling] }, service: counselling,\n"
    "      urgency: urgent }\n"
    "  - { id: placement, source: own,\n"
    "      when: { needs: [employment.placement] }, service: placement,\n"
    "      expire: true }\n"
    "  - { id: legal, source: own, when: { needs: [legal.aid] },\n"
    "      service: legal, clocks: { decide: 10d, report: 60d } }\n"
    "  - { id: child, source: own, when: { needs: [child.protection] },\n"
    "      service: child, urgency: urgent, expire: true }\n";

/* ---- who takes part ---- */

static const struct {
    const char *word;
    enum org_kind kind;
    uint8_t n, service[DESK_SERVICES_MAX];
} providers[] = {
    {"clinic", ORG_CLINIC, 2, {0, 4}},
    {"training", ORG_TRAINING_CENTRE, 2, {1, 5}},
    {"shelter", ORG_SHELTER, 2, {2, 7}},
    {"ministry", ORG_MINISTRY, 2, {3, 6}},
    {"ngo", ORG_NGO, 4, {2, 4, 6, 5}},
    {"hospital", ORG_HOSPITAL, 1, {0}},
    {"children", ORG_CHILD_PROTECTION, 1, {7}},
};
#define PROVIDERS (sizeof(providers) / sizeof(providers[0]))

static const char *const country_of_origin[COUNTRIES] = {"AF", "IQ", "NG",
                                                         "GE", "BD", "SN"};
static const char *const country_of_host[] = {"AT", "DE", "GR", "BE"};

static void
set_desk(struct world *w, unsigned i, enum desk_kind kind, unsigned country,
         const char *word)
{
    struct desk *d = &w->programme->desk[i];
    const char *code = kind == DESK_COMMITTEE ? "AT"
                       : kind == DESK_HOST    ? country_of_host[country % 4]
                                              : country_of_origin[country];

    d->kind = kind;
    d->country = country;
    d->pace = 1 + (unsigned)world_chance(w, 4);
    d->silent_in = world_chance(w, 6) == 0 ? 3 : 12;
    memcpy(w->org[i].country, code, 2);
    snprintf(w->name[i], WORLD_NAME, "n%02u-%s-%c%c", i, word, code[0] | 32,
             code[1] | 32);
    w->org[i].kind = ORG_IOM_OFFICE;
    world_add_home(w, i, country % w->n_brokers);
    if (i % 3 == 0 && w->n_brokers > 1) /* some have two */
        world_add_home(w, i, (country + 1) % w->n_brokers);
}

static void
make(struct world *w)
{
    struct programme *p = w->programme;
    const unsigned hosts = 1 + p->o.orgs / 9;
    unsigned i = 0;

    for (unsigned b = 0; b < w->n_brokers; b++)
        snprintf(w->name[w->n_nodes + b], WORLD_NAME, "broker%u", b);
    set_desk(w, i, DESK_COMMITTEE, 0, "committee");
    w->org[i].kind = ORG_COMMITTEE;
    w->org[i].duties = DUTY_BIT(DUTY_FIGURES) | DUTY_BIT(DUTY_EVIDENCE) |
                       DUTY_BIT(DUTY_ESCALATION);
    for (i++; i <= hosts; i++)
        set_desk(w, i, DESK_HOST, i, "host");
    for (unsigned c = 0; c < p->n_countries; c++)
        set_desk(w, i++, DESK_ORIGIN, c, "origin");
    for (unsigned n = 0; i < w->n_nodes; i++, n++) {
        const size_t what = n / p->n_countries % PROVIDERS;

        set_desk(w, i, DESK_PROVIDER, n % p->n_countries, providers[what].word);
        w->org[i].kind = providers[what].kind;
        p->desk[i].n_services = providers[what].n;
        memcpy(p->desk[i].service, providers[what].service,
               sizeof(p->desk[i].service));
    }
}

/* ---- orders ---- */

void
programme_name(struct hf_name *n, const char *s)
{
    memset(n, 0, sizeof(*n));
    snprintf(n->s, sizeof(n->s), "%.*s", (int)sizeof(n->s) - 1, s);
}

struct order *
programme_order(struct world *w, enum node_command_type type)
{
    struct order *o = calloc(1, sizeof(*o));

    HF_ASSERT(o != NULL);
    o->c.type = type;
    programme_name(&o->c.user, world_chance(w, 2) == 0 ? "amina" : "bilal");
    return o;
}

bool
programme_give(struct world *w, unsigned node, struct order *o)
{
    if (!knot_is_up(w->node[node])) {
        free(o);
        return false;
    }
    knot_command(w, w->node[node], &o);
    return true;
}

uint64_t
programme_days(struct world *w, unsigned from, unsigned until)
{
    return from * DAY_MS + world_chance(w, (until - from) * DAY_MS + 1);
}

/* ---- what knots tell ---- */

/* By code, for the report. */
static void
count_refusal(struct programme *p, const struct node_reply *r)
{
    size_t i = 0;

    while (i < PROGRAMME_CODES && p->refusal[i].n > 0 &&
           strcmp(p->refusal[i].code, r->code) != 0)
        i++;
    if (r->status == 0 || i == PROGRAMME_CODES)
        return;
    memcpy(p->refusal[i].code, r->code, sizeof(r->code));
    p->refusal[i].n++;
}

void
programme_reply(struct world *w, struct knot *k, const struct node_reply *r)
{
    struct programme *p = w->programme;

    p->n_answers++;
    p->n_done += r->status == 0;
    count_refusal(p, r);
    world_trace(w, "%s answers %d %s", world_name(w, knot_index(k)), r->status,
                r->code);
    if (r->status == 70)
        world_fail(w, "%s: internal: %s", world_name(w, knot_index(k)),
                   r->message);
    persons_reply(w, knot_index(k), r);
}

static void
services_arrive(struct world *w, struct task *t)
{
    knot_services(w, w->node[t->who], (unsigned)t->handle);
}

void
programme_publish(struct world *w, struct knot *k)
{
    const unsigned from = knot_index(k);
    struct desk *d = &w->programme->desk[from];

    d->is_published = true;
    d->version++;
    for (unsigned i = 0; i < w->n_nodes; i++)
        if (i != from && w->programme->desk[i].kind != DESK_PROVIDER)
            world_later(w, world_chance(w, HOUR_MS), services_arrive, i)
                ->handle = from;
}

bool
programme_has_services(const struct world *w, unsigned node)
{
    return w->programme->desk[node].is_published;
}

void
programme_services(struct world *w, unsigned from, struct node_event *ev)
{
    const struct desk *d = &w->programme->desk[from];

    ev->peer = w->org[from].id;
    ev->n_services = d->n_services;
    ev->services = d->offered;
    ev->document = (struct hf_bytes){(const uint8_t *)"[]", 2};
    ev->version = d->version;
}

void
programme_alarm(struct world *w, struct knot *k, const char *event,
                const struct hf_id *object)
{
    (void)k;
    (void)object;
    w->programme->n_alarms++;
    w->programme->n_deadlines += strcmp(event, "deadline_passed") == 0;
}

/* ---- what goes wrong ---- */

static void
part_some(struct world *w)
{
    const unsigned a = (unsigned)world_chance(w, w->n_nodes + w->n_brokers);
    const unsigned b = w->n_nodes + (unsigned)world_chance(w, w->n_brokers);
    const uint64_t ms =
        world_chance(w, world_chance(w, 5) == 0 ? 3 * DAY_MS : 2 * HOUR_MS);

    world_part(w, a, b, ms);
}

static void
right_again(struct world *w, struct task *t)
{
    knot_jump(w, w->node[t->who], 0);
}

static void
jump(struct world *w, unsigned node)
{
    const int64_t by_ms = (int64_t)(HOUR_MS + world_chance(w, 4 * DAY_MS));

    w->programme->n_jumps++;
    knot_jump(w, w->node[node], world_chance(w, 2) == 0 ? by_ms : -by_ms);
    world_later(w, world_chance(w, 2 * DAY_MS), right_again, node);
}

static void
come_back(struct world *w, unsigned node)
{
    struct programme *p = w->programme;

    if (world_chance(w, 8) == 0) {
        p->n_restores++;
        knot_restore(w, w->node[node], true);
    } else {
        knot_backup(w, w->node[node]);
    }
}

static void
go_away(struct world *w, unsigned node)
{
    w->programme->n_away++;
    knot_crash_for(w, w->node[node], "and is away for long",
                   programme_days(w, 5, 75));
}

/* About once an hour, somewhere; in parts of a thousand. */
static void
mischief(struct world *w, struct task *t)
{
    const unsigned node = (unsigned)world_chance(w, w->n_nodes);
    const uint64_t what = world_chance(w, 1000);

    (void)t;
    if (w->is_calm)
        return;
    if (what < 100) {
        w->programme->n_crashes++;
        knot_crash(w, w->node[node], "for no reason");
    } else if (what < 130) {
        post_crash(w, w->broker[world_chance(w, w->n_brokers)]);
    } else if (what < 250) {
        part_some(w);
    } else if (what < 265) {
        come_back(w, node);
    } else if (what < 275) {
        jump(w, node);
    } else if (what < 277) {
        go_away(w, node);
    } else {
        net_cut(w);
    }
    world_later(w, world_chance(w, 2 * HOUR_MS), mischief, 0);
}

static void
tend(struct world *w, struct task *t)
{
    knot_tend_prekey(w, w->node[t->who]);
    world_later(w, DAY_MS, tend, t->who);
}

static void
begin(struct world *w)
{
    for (unsigned i = 0; i < w->n_nodes; i++) {
        for (unsigned j = 0; j < w->n_nodes; j++)
            if (i != j)
                knot_meet(w, w->node[i], j);
        world_later(w, world_chance(w, DAY_MS), tend, i);
    }
    staff_begin(w);
    persons_begin(w);
    world_later(w, 2 * HOUR_MS, mischief, 0);
}

/* ---- a whole run ---- */

static struct world *running;

struct world *
programme_running(void)
{
    return running;
}

static double
wall(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static struct programme *
new_programme(const struct programme_options *o)
{
    struct programme *p = calloc(1, sizeof(*p));

    HF_ASSERT(p != NULL);
    p->o = *o;
    p->n_countries = o->orgs < 12 ? 1 : o->orgs < 24 ? 2 : COUNTRIES;
    p->person = calloc(o->cases, sizeof(p->person[0]));
    HF_ASSERT(p->person != NULL);
    p->shape = (struct world_shape){
        .n_nodes = o->orgs,
        .n_brokers = o->orgs < 12 ? 2 : BROKERS,
        .pack = pack_text,
        .figures_ms = MONTH_MS,
        .retry_ms = 3 * MINUTE_MS,
        .ledger_steps = 20000,
        .node_steps = 2000000,
        .figure_steps = 50021,
        .has_ageing_prekeys = true,
        .make = make,
        .begin = begin,
    };
    return p;
}

void
programme_free(struct programme *p)
{
    if (p == NULL)
        return;
    free(p->person);
    free(p->look);
    free(p->claim);
    free(p);
}

static void
say_month(const struct world *w, uint64_t month, double began)
{
    fprintf(stderr,
            "month %2llu: %llu steps, %zu envelopes, %llu of %llu commands "
            "done, %.0f s\n",
            (unsigned long long)month, (unsigned long long)w->steps,
            ledger_count(w), (unsigned long long)w->programme->n_done,
            (unsigned long long)w->programme->n_answers, wall() - began);
}

/* I-11: nothing that is overdue is silent. Each open task past its due instant
 * has been said to somebody, and no ladder stands still. */
static void
check_ladders(struct world *w)
{
    for (unsigned i = 0; i < w->n_nodes && !w->has_failed; i++) {
        const struct node_view *v = disk_view(knot_disk(w->node[i]));
        const uint64_t now_ms = knot_now(w, w->node[i]);
        struct node_task t;

        if (knot_env(w->node[i])->is_clock_doubtful)
            continue;
        if (task_first_next(v, &t) && t.next_ms + HOUR_MS < now_ms)
            world_fail(w, "%s: the ladder of %s %s stands still",
                       world_name(w, i), task_text(t.what), world_id(&t.id));
        memset(&t, 0, sizeof(t));
        while (task_next_due(v, &t) && t.due_ms + SILENCE_MS < now_ms) {
            w->programme->n_overdue++;
            if (t.rung == 0)
                world_fail(w, "%s: %s %s is overdue in silence",
                           world_name(w, i), task_text(t.what),
                           world_id(&t.id));
        }
    }
}

/* Busy months, then calm until nothing is owed: true when it came to that. */
static bool
play(struct world *w, double began, unsigned *ret_days)
{
    for (uint64_t m = 1; m <= w->programme->o.months && !w->has_failed; m++) {
        world_run(w, w->began_ms + m * MONTH_MS);
        say_month(w, m, began);
    }
    w->is_calm = true;
    world_run(w, w->now_ms + HOUR_MS);
    for (*ret_days = 1; !w->has_failed && *ret_days <= QUIET_DAYS;
         ++*ret_days) {
        world_run(w, w->now_ms + DAY_MS);
        if (check_settled(w, *ret_days == QUIET_DAYS))
            break;
    }
    if (w->has_failed)
        return false;
    ledger_check(w);
    check_nodes(w);
    custody_check(w);
    check_ladders(w);
    return !w->has_failed;
}

static void
count_states(struct world *w, uint64_t count[OBJECT_END][STATE_END])
{
    memset(count, 0, sizeof(count[0]) * OBJECT_END);
    for (unsigned i = 0; i < w->n_nodes; i++) {
        struct hf_id id = {{0}};
        struct node_object o;

        while (object_next(disk_view(knot_disk(w->node[i])), &id, &o))
            if (o.side == SIDE_FIRST)
                count[o.kind][o.state]++;
    }
}

static void
say_states(struct world *w)
{
    uint64_t count[OBJECT_END][STATE_END];

    count_states(w, count);
    for (int kind = 1; kind < OBJECT_END; kind++) {
        printf("  %ss:", object_kind_text((enum object_kind)kind));
        for (int s = 1; s < STATE_END; s++)
            if (count[kind][s] > 0)
                printf(" %llu %s", (unsigned long long)count[kind][s],
                       state_text((enum state)s));
        printf("\n");
    }
}

static void
report(struct world *w, bool ok, unsigned days, double seconds)
{
    const struct programme *p = w->programme;
    const double virtual_days =
        (double)(w->now_ms - w->began_ms) / (double)DAY_MS;

    printf("programme seed %llu %s: %u organisations, %u brokers, %u cases, "
           "%u months; settled after %u days; digest %016llx\n",
           (unsigned long long)w->seed, ok ? "ok" : "FAILED", w->n_nodes,
           w->n_brokers, p->o.cases, p->o.months, days,
           (unsigned long long)w->digest);
    printf("  %llu of %llu commands done, %zu envelopes, %llu withdrawals "
           "asked, %llu moved on, %llu alarms of deadlines, %llu tasks overdue "
           "in the end\n",
           (unsigned long long)p->n_done, (unsigned long long)p->n_answers,
           ledger_count(w), (unsigned long long)p->n_withdrawn,
           (unsigned long long)p->n_moves, (unsigned long long)p->n_deadlines,
           (unsigned long long)p->n_overdue);
    printf("  %llu crashes, %llu restores, %llu times away for weeks, %llu "
           "clock jumps\n",
           (unsigned long long)p->n_crashes, (unsigned long long)p->n_restores,
           (unsigned long long)p->n_away, (unsigned long long)p->n_jumps);
    say_states(w);
    printf("  refused:");
    for (size_t i = 0; i < PROGRAMME_CODES && p->refusal[i].n > 0; i++)
        printf(" %llu %s", (unsigned long long)p->refusal[i].n,
               p->refusal[i].code);
    printf("\n  speed: %.0f s, %.1f virtual days/s, %.0f steps/s (%llu "
           "steps)\n",
           seconds, virtual_days / seconds, (double)w->steps / seconds,
           (unsigned long long)w->steps);
}

bool
programme_run(const struct programme_options *o, uint64_t *ret_digest)
{
    struct programme *p = new_programme(o);
    struct world *w = world_new(&p->shape, o->seed, o->prints, p);
    const double began = wall();
    unsigned days;
    bool ok;

    running = w;
    ok = play(w, began, &days);
    report(w, ok, days, wall() - began);
    *ret_digest = w->digest;
    running = NULL;
    world_free(w);
    return ok;
}
