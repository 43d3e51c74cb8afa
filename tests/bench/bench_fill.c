/*
 * bench_fill: a node's store as it is after years: `bench_fill DIR CASES
 * REFERRALS OWNER`. DIR has been initialised and no daemon runs.
 *
 * Each case has three sections, a consent with its document, an owner; each
 * referral both chains of two entries, traces, its place in every index; one
 * in five came in, one in twenty is open and has its task. Ids rise, with a
 * random tail, so that filling takes minutes.
 */
#include <stdio.h>
#include <stdlib.h>

#include "bench.h"
#include "deadline.h"
#include "hf_proc.h"
#include "node_store.h"
#include "step.h"
#include "store_key.h"

#define A_COMMIT 500u
#define MINUTE   UINT64_C(60000)
#define DAY      (UINT64_C(24) * 60 * MINUTE)
#define BEGUN_MS UINT64_C(1700000000000)

static struct node_store *store;
static const struct node_view *view;
static struct own_keys keys;
static struct node_crypto crypto;
static struct node_config config;
static struct node_effects *out;
static uint64_t chance = 1;

static uint64_t
draw(void)
{
    uint64_t z = chance += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

/* Rising with @i of @n, else random. */
static struct hf_id
id_of(uint64_t i, uint64_t n)
{
    const uint64_t head = (UINT64_MAX / (n + 1)) * (i + 1);
    const uint64_t tail = draw() | 1;
    struct hf_id id;

    for (int k = 0; k < 8; k++) {
        id.b[k] = (uint8_t)(head >> (56 - 8 * k));
        id.b[8 + k] = (uint8_t)(tail >> (8 * k));
    }
    return id;
}

static struct hf_bytes
text(const char *s)
{
    return (struct hf_bytes){(const uint8_t *)s, strlen(s)};
}

static void
set_name(struct hf_name *n, const char *s)
{
    memset(n, 0, sizeof(*n));
    (void)snprintf(n->s, sizeof(n->s), "%s", s);
}

static void
set_org(struct hf_org *o, const char *s)
{
    memset(o, 0, sizeof(*o));
    (void)snprintf(o->s, sizeof(o->s), "%s", s);
}

/* ---- a case ---- */

static void
add_consent(const struct node_case *c)
{
    struct consent consent;

    memset(&consent, 0, sizeof(consent));
    consent.id = c->consent;
    consent.case_id = c->id;
    consent.version = 1;
    consent.state = CONSENT_GIVEN;
    consent.given_ms = c->created_ms;
    consent.n_scopes = 1;
    set_name(&consent.scope[0].id, "all");
    consent.scope[0].categories = CATEGORY_BIT(CATEGORY_IDENTITY);
    consent.scope[0].purposes = PURPOSE_BIT(PURPOSE_REFERRAL);
    consent.scope[0].n_recipients = 1;
    set_org(&consent.scope[0].recipient[0], "clinic-kbl");
    consent_put(view, &consent, text("{\"method\":\"written\"}"));
}

static void
add_case(uint64_t i, uint64_t n, const char *owner, struct hf_id *ret)
{
    struct node_case c;
    char name[128];

    memset(&c, 0, sizeof(c));
    c.id = *ret = id_of(i, n);
    c.consent = id_of(i, n);
    c.stage = i % 4 == 0 ? STAGE_IN_ASSISTANCE : STAGE_CLOSED;
    c.facts.stage = c.stage;
    c.holder = config.org;
    c.epoch = 1;
    memcpy(c.facts.origin, "AF", 2);
    c.held = CATEGORY_BIT(CATEGORY_IDENTITY) | CATEGORY_BIT(CATEGORY_CONTACT) |
             CATEGORY_BIT(CATEGORY_HEALTH);
    set_name(&c.owner, i % 50 == 0 ? owner : "somebody-else");
    c.created_ms = c.changed_ms = BEGUN_MS + i * MINUTE;
    (void)snprintf(name, sizeof(name),
                   "{\"given_name\":\"Given %llu\",\"family_name\":\"Family\","
                   "\"birth_date\":\"1990-01-01\"}",
                   (unsigned long long)i);
    section_put(view, &c.id, CATEGORY_IDENTITY, text(name));
    section_put(view, &c.id, CATEGORY_CONTACT,
                text("{\"ways\":[{\"kind\":\"phone\",\"value\":\"+93700\"}]}"));
    section_put(view, &c.id, CATEGORY_HEALTH,
                text("{\"conditions\":[{\"icd\":\"E11\",\"since\":2021}]}"));
    add_consent(&c);
    case_put(view, &c);
}

/* ---- a referral ---- */

static void
add_entries(const struct node_object *o)
{
    static const enum event events[2][2] = {{EVENT_SEND, EVENT_DISCLOSE},
                                            {EVENT_RECEIVE, EVENT_ACCEPT}};
    uint8_t bytes[ENTRY_BYTES], sig[ENTRY_SIG_BYTES];

    memset(sig, 1, sizeof(sig));
    for (int side = 0; side < 2; side++)
        for (uint32_t k = 1; k <= 2; k++) {
            struct entry e;

            memset(&e, 0, sizeof(e));
            e.kind = OBJECT_REFERRAL;
            e.event = events[side][k - 1];
            e.role = ROLE_AUTOMATIC;
            e.object = o->id;
            e.author = side == (int)o->side ? config.org : o->peer;
            e.peer = side == (int)o->side ? o->peer : config.org;
            e.n = k;
            e.at_ms = o->created_ms + k * MINUTE;
            entry_pack(&e, bytes);
            chain_put(view, &o->id, (enum side)side, k, 0, bytes, sig);
        }
}

static void
add_trace(const struct node_object *o)
{
    struct node_trace t;

    memset(&t, 0, sizeof(t));
    t.by = o->peer;
    t.stage = TRACE_DELIVERED;
    t.n = 2;
    t.at_ms = o->created_ms + 3 * MINUTE;
    trace_put(view, &o->id, &t);
}

/* Open ones are as people leave them: some overdue, some due soon. */
static void
set_state(struct node_object *o, uint64_t i, uint64_t now_ms)
{
    const bool is_open = i % 20 == 0;

    o->state = !is_open      ? STATE_CLOSED
               : i % 40 == 0 ? STATE_RECEIVED
                             : STATE_ACCEPTED;
    if (!is_open)
        return;
    o->created_ms = now_ms - draw() % (10 * DAY);
    o->decide_ms = o->created_ms + 7 * DAY;
    o->contact_ms = o->created_ms + 14 * DAY;
    o->report_ms = o->created_ms + 30 * DAY;
    o->met_ms[0] = o->created_ms + MINUTE;
    if (o->state == STATE_ACCEPTED)
        o->met_ms[1] = o->created_ms + 2 * MINUTE;
}

static void
add_referral(uint64_t i, uint64_t n, uint64_t now_ms, const char *owner,
             const struct hf_id *case_id)
{
    static const char *const services[] = {"primary_health_care", "tvet",
                                           "counselling", "shelter"};
    struct node_event ev = {.type = NODE_EV_START, .now_ms = now_ms};
    struct node_env env = {.config = &config, .view = view, .crypto = &crypto};
    struct step step = {
        .env = &env, .ev = &ev, .v = view, .out = out, .now = now_ms};
    struct node_object o;

    memset(&o, 0, sizeof(o));
    o.kind = OBJECT_REFERRAL;
    o.id = id_of(i, n);
    o.side = i % 5 == 0 ? SIDE_SECOND : SIDE_FIRST;
    set_org(&o.peer, i % 3 == 0 ? "clinic-kbl" : "tvet-hrt");
    if (o.side == SIDE_FIRST)
        o.case_id = *case_id;
    set_name(&o.terms.service, services[i % 4]);
    set_name(&o.terms.family, "health");
    o.terms.urgency = URGENCY_NORMAL;
    set_name(&o.owner, i % 50 == 0 ? owner : "somebody-else");
    o.n[0] = o.n[1] = o.applied[0] = o.applied[1] = 2;
    o.acked = o.sent = 2;
    o.created_ms = BEGUN_MS + i * (MINUTE / 4);
    set_state(&o, i, now_ms);
    o.changed_ms = o.created_ms + 5 * MINUTE;
    object_put(view, &o, 0);
    if (o.side == SIDE_FIRST)
        object_link(view, case_id, &o.id);
    add_entries(&o);
    add_trace(&o);
    if (o.state != STATE_CLOSED)
        deadline_settle(&step, &o);
    out->n = out->used = 0;
}

/* ---- all of it ---- */

static void
begin(void)
{
    if (node_store_begin(store, true) != HF_OK)
        bench_die("no transaction");
}

static bool
commit(void)
{
    const enum hf_err err = node_store_commit(store);

    if (err == HF_ERR_FULL && node_store_grow(store) == HF_OK)
        return false; /* the same again */
    if (err != HF_OK)
        bench_die("commit: %s", hf_err_text(err));
    return true;
}

/* Cases from..until with their referrals, in one commit. */
static void
add_some(uint64_t from, uint64_t until, uint64_t cases, uint64_t referrals,
         const char *owner, uint64_t now_ms)
{
    const uint64_t a_case = referrals / cases;

    for (uint64_t i = from; i < until; i++) {
        struct hf_id id;

        add_case(i, cases, owner, &id);
        for (uint64_t k = 0; k < a_case; k++)
            add_referral(i * a_case + k, referrals, now_ms, owner, &id);
    }
}

static void
open_store(const char *dir)
{
    struct hf_secret *key = NULL;
    struct fault fault = {0};

    if (!store_key_load(dir, "", &key, &fault) ||
        !own_keys_load(dir, &key, &keys, &fault) ||
        !node_store_open(dir, &keys, &store, &fault))
        bench_die("%s", fault.text);
    view = node_store_view(store);
    crypto = own_keys_crypto(&keys);
}

int
main(int argc, char **argv)
{
    uint64_t cases, referrals, now_ms;
    double began;

    if (argc != 6 || hf_crypto_start() != HF_OK)
        bench_die("usage: bench_fill DIR ORG CASES REFERRALS OWNER");
    cases = strtoull(argv[3], NULL, 10);
    referrals = strtoull(argv[4], NULL, 10);
    if (cases == 0 || referrals < cases)
        bench_die("at least one referral a case");
    set_org(&config.org, argv[2]);
    out = calloc(1, sizeof(*out));
    if (out == NULL)
        bench_die("no memory");
    open_store(argv[1]);
    began = bench_now();
    now_ms = hf_clock_wall_ms();
    for (uint64_t i = 0; i < cases; i += A_COMMIT) {
        const uint64_t until = i + A_COMMIT < cases ? i + A_COMMIT : cases;
        const uint64_t was = chance;

        do {
            chance = was;
            begin();
            add_some(i, until, cases, referrals, argv[5], now_ms);
        } while (!commit());
    }
    printf("filled: %llu cases, %llu referrals, %.0f s\n",
           (unsigned long long)cases, (unsigned long long)referrals,
           bench_now() - began);
    node_store_close(store);
    own_keys_clear(&keys);
    free(out);
    return 0;
}
