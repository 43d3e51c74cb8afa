/*
 * broker_fixture.h - the broker's core with a store in memory and a registry
 * made by hand: brokers eu and af; north at eu, south at af, both at both,
 * hub at eu, leaf via hub. Tests only.
 */
#ifndef TESTS_BROKER_FIXTURE_H
#define TESTS_BROKER_FIXTURE_H

#include "broker.h"
#include "proto_fixture.h"

#define STORE_MAX 512
#define LOG_MAX   256
#define ITEMS_MAX 64

struct stored_row {
    bool is_used;
    struct broker_who box;
    unsigned lane;
    uint64_t seq;
    size_t n;
    struct hf_bytes envelope[BROKER_ROW_MAX];
    uint64_t expires[BROKER_ROW_MAX];
};

/* A save that the "disk" has not finished. */
struct unsaved {
    uint64_t ticket;
    size_t n;
    struct broker_put puts[FRAME_BATCH_MAX];
    bool is_doc;
};

static struct stored_row store[STORE_MAX];
static uint64_t store_seq = 1;
static struct unsaved unsaved[STORE_MAX];
static size_t n_unsaved;
static uint64_t deleted_ticket;
static struct broker *core;
static struct registry reg;
static uint64_t now_ms = 1000;
static uint64_t wall_ms = T0;

/* What other parties were told, in order; bytes stay (nothing is freed). */
static struct broker_effect told[LOG_MAX];
static uint64_t told_token[LOG_MAX][FRAME_BATCH_MAX];
static struct hf_bytes told_envelope[LOG_MAX][FRAME_BATCH_MAX];
static struct broker_code told_code[LOG_MAX][FRAME_BATCH_MAX];
static size_t n_told;

static inline bool
store_next(void *ctx, const struct broker_who *box, unsigned lane,
           uint64_t after, struct broker_row *ret)
{
    const struct stored_row *best = NULL;

    (void)ctx;
    for (size_t i = 0; i < STORE_MAX; i++) {
        const struct stored_row *r = &store[i];

        if (r->is_used && r->lane == lane && r->seq > after &&
            r->box.is_broker == box->is_broker &&
            hf_org_eq(&r->box.id, &box->id) &&
            (best == NULL || r->seq < best->seq))
            best = r;
    }
    if (best == NULL)
        return false;
    *ret = (struct broker_row){.seq = best->seq,
                               .n = (uint8_t)best->n,
                               .expires_min_ms = UINT64_MAX};
    for (size_t i = 0; i < best->n; i++) {
        ret->envelope[i] = best->envelope[i];
        ret->bytes += (uint32_t)best->envelope[i].n;
        if (best->expires[i] < ret->expires_min_ms)
            ret->expires_min_ms = best->expires[i];
    }
    return true;
}

static inline struct stored_row *
store_row(const struct broker_who *box, unsigned lane, uint64_t seq,
          bool or_new)
{
    struct stored_row *free_row = NULL;

    for (size_t i = 0; i < STORE_MAX; i++) {
        struct stored_row *r = &store[i];

        if (!r->is_used)
            free_row = r;
        else if (r->seq == seq && r->lane == lane &&
                 r->box.is_broker == box->is_broker &&
                 hf_org_eq(&r->box.id, &box->id))
            return r;
    }
    if (!or_new)
        return NULL;
    cr_assert(free_row != NULL);
    *free_row = (struct stored_row){
        .is_used = true, .box = *box, .lane = lane, .seq = seq};
    return free_row;
}

static inline void
store_put(const struct broker_put *put, uint64_t seq)
{
    for (size_t j = 0; j < put->n_boxes; j++) {
        struct stored_row *r = store_row(&put->box[j], put->lane, seq, true);

        cr_assert(r->n < BROKER_ROW_MAX);
        r->envelope[r->n] = put->envelope;
        r->expires[r->n++] = put->expires_ms;
    }
}

static inline void
store_delete(const struct broker_effect *fx)
{
    struct stored_row *r = store_row(&fx->box, fx->lane, fx->seq, false);
    size_t kept = 0;

    cr_assert(r != NULL, "a row is deleted once");
    for (size_t i = 0; i < r->n; i++) {
        if (!(fx->keep >> i & 1))
            continue;
        r->envelope[kept] = r->envelope[i];
        r->expires[kept++] = r->expires[i];
    }
    r->n = kept;
    r->is_used = kept > 0;
    deleted_ticket = fx->ticket;
}

static inline void
note(const struct broker_effect *fx)
{
    cr_assert(n_told < LOG_MAX);
    told[n_told] = *fx;
    for (size_t i = 0; i < fx->n; i++) {
        if (fx->tokens != NULL)
            told_token[n_told][i] = fx->tokens[i];
        if (fx->envelopes != NULL)
            told_envelope[n_told][i] = fx->envelopes[i];
        if (fx->codes != NULL)
            told_code[n_told][i] = fx->codes[i];
    }
    n_told++;
}

static inline void
perform(const struct broker_effect *fx)
{
    struct unsaved *u = &unsaved[n_unsaved];

    switch (fx->type) {
    case BROKER_DO_SAVE:
    case BROKER_DO_SAVE_SHELF:
        cr_assert(n_unsaved < STORE_MAX);
        *u = (struct unsaved){.ticket = fx->ticket};
        u->is_doc = fx->type == BROKER_DO_SAVE_SHELF;
        u->n = fx->puts != NULL ? fx->n : 0;
        if (u->n > 0)
            memcpy(u->puts, fx->puts, fx->n * sizeof(fx->puts[0]));
        n_unsaved++;
        break;
    case BROKER_DO_DELETE:
        store_delete(fx);
        break;
    default:
        note(fx);
        break;
    }
}

static inline void
feed(struct broker_event ev)
{
    static struct broker_effects fx;

    ev.now_ms = now_ms;
    ev.wall_ms = wall_ms;
    broker_step(core, &ev, &fx);
    for (size_t i = 0; i < fx.n; i++)
        perform(&fx.v[i]);
    broker_check(core);
}

static inline void
tick(void)
{
    int left = 100;

    do {
        feed((struct broker_event){.type = BROKER_TICK});
    } while (broker_wake_ms(core) == 0 && --left > 0);
    cr_assert(left > 0, "the core never comes to rest");
}

/* The disk finishes all it was given, as one commit, or fails. */
static inline void
commit(enum hf_err err)
{
    size_t n = n_unsaved;
    uint64_t seq = ++store_seq;

    n_unsaved = 0;
    for (size_t i = 0; i < n && !err; i++)
        for (size_t j = 0; j < unsaved[i].n; j++)
            store_put(&unsaved[i].puts[j], seq);
    for (size_t i = 0; i < n; i++)
        feed((struct broker_event){.type = err ? BROKER_SAVE_FAILED
                                               : BROKER_SAVED,
                                   .ticket = unsaved[i].ticket,
                                   .why = err});
    if (deleted_ticket != 0)
        feed((struct broker_event){.type = BROKER_DELETED,
                                   .ticket = deleted_ticket});
    tick();
}

static inline struct registry_org *
add_org(size_t i, const char *id, const char *home, const char *home2)
{
    struct registry_org *o = &reg.orgs[i];

    *o = (struct registry_org){.id = fixture_org(id),
                               .status = MEMBER_ACTIVE};
    o->home[o->n_homes++] = fixture_org(home);
    if (home2 != NULL)
        o->home[o->n_homes++] = fixture_org(home2);
    return o;
}

static inline void
make_registry(void)
{
    reg.orgs = calloc(5, sizeof(*reg.orgs));
    cr_assert(reg.orgs != NULL);
    /* Sorted by id, as an accepted one is. */
    (void)add_org(0, "both", "af", "eu");
    (void)add_org(1, "hub", "eu", NULL);
    add_org(2, "leaf", "eu", NULL)->via = fixture_org("hub");
    (void)add_org(3, "north", "eu", NULL);
    (void)add_org(4, "south", "af", NULL);
    reg.n_orgs = 5;
    reg.broker[0].id = fixture_org("af");
    reg.broker[1].id = fixture_org("eu");
    reg.n_brokers = 2;
    reg.version[REGISTRY_ROOT] = reg.version[REGISTRY_ORGS] = 1;
    reg.expires_ms[REGISTRY_ROOT] = UINT64_MAX;
    reg.expires_ms[REGISTRY_ORGS] = UINT64_MAX;
}

static inline struct broker_conf
small_conf(void)
{
    struct hf_org self = fixture_org("eu");
    struct broker_conf conf = broker_conf_default(&self);

    conf.boxes_max = 16;
    conf.links_max = 8;
    conf.rows_max = 512;
    conf.batches_max = 16;
    conf.waiting_max = 128;
    return conf;
}

static inline void
begin_with(const struct broker_conf *conf)
{
    struct broker_view view = {.next_row = store_next};

    cr_assert(eq(int, (int)hf_crypto_start(), HF_OK));
    make_registry();
    core = broker_new(conf, &view);
    cr_assert(core != NULL);
    feed((struct broker_event){.type = BROKER_REGISTRY, .registry = &reg});
    tick();
}

static inline void
begin(void)
{
    struct broker_conf conf = small_conf();

    begin_with(&conf);
}

/* Bytes of every envelope made. */
static uint8_t *made[LOG_MAX];
static size_t n_made;

static inline void
end(void)
{
    for (size_t i = 0; i < n_made; i++)
        free(made[i]);
    broker_free(core);
    free(reg.orgs);
}

static inline void
link_up(uint64_t link, const char *id, bool is_broker, bool is_outbound)
{
    struct broker_event ev = {
        .type = BROKER_LINK_UP, .link = link, .is_outbound = is_outbound};

    ev.who = (struct broker_who){fixture_org(id), is_broker};
    feed(ev);
    tick();
}

static inline void
fetch(uint64_t link, uint32_t credit)
{
    feed((struct broker_event){
        .type = BROKER_FETCH, .link = link, .credit = credit});
    tick();
}

/* A real envelope, so that it can be peeked at. Memory stays until the end. */
static inline struct broker_item
envelope_of(const char *from, const char *to, enum envelope_lane lane,
            uint64_t ttl_ms, size_t content_bytes)
{
    uint8_t *content = calloc(1, content_bytes);
    static uint8_t next_id;
    struct hf_secret *op = fixture_secret(HF_KEY_SIGN, 1);
    struct hf_secret *dh = fixture_secret(HF_KEY_DH, 2);
    struct prekey k = {.org = fixture_org(to), .until_ms = UINT64_MAX};
    struct hf_buf buf;
    struct broker_item it = {.h = {.lane = lane,
                                   .sender = fixture_org(from),
                                   .recipient = fixture_org(to),
                                   .epoch = 1,
                                   .seq = 1,
                                   .created_ms = T0,
                                   .expires_ms = wall_ms + ttl_ms}};

    it.h.id.b[0] = ++next_id;
    k.id.b[0] = 1;
    hf_secret_public(dh, k.pk);
    hf_buf_init(&buf, ENVELOPE_BYTES_MAX);
    cr_assert(eq(int,
                 (int)envelope_seal(&it.h, op, &k,
                                    (struct hf_bytes){content, content_bytes},
                                    true, &buf),
                 HF_OK));
    free(content);
    cr_assert(n_made < LOG_MAX);
    made[n_made] = fixture_copy(buf.p, buf.n);
    it.envelope = (struct hf_bytes){made[n_made++], buf.n};
    hf_buf_free(&buf);
    hf_secret_free(op);
    hf_secret_free(dh);
    return it;
}

static inline struct broker_item
envelope(const char *from, const char *to, enum envelope_lane lane,
         uint64_t ttl_ms)
{
    return envelope_of(from, to, lane, ttl_ms, 1);
}

static inline void
submit(uint64_t link, uint32_t batch, const struct broker_item *items, size_t n)
{
    feed((struct broker_event){.type = BROKER_SUBMIT,
                               .link = link,
                               .batch = batch,
                               .items = items,
                               .n_items = n});
}

/* The last thing of this kind that a link was told since @from; or -1. */
static inline int
find_told(enum broker_effect_type type, uint64_t link)
{
    for (size_t i = n_told; i-- > 0;)
        if (told[i].type == type && (link == 0 || told[i].link == link))
            return (int)i;
    return -1;
}

static inline size_t
count_told(enum broker_effect_type type)
{
    size_t n = 0;

    for (size_t i = 0; i < n_told; i++)
        n += told[i].type == type;
    return n;
}

static inline size_t
n_rows_stored(void)
{
    size_t n = 0;

    for (size_t i = 0; i < STORE_MAX; i++)
        n += store[i].is_used;
    return n;
}

static inline void
ack(uint64_t link, int i)
{
    struct frame_ack a = {.n = told[i].n};

    memcpy(a.token, told_token[i], a.n * sizeof(a.token[0]));
    feed((struct broker_event){.type = BROKER_ACK, .link = link, .ack = &a});
    tick();
}

static inline enum custody_code
code_of(uint64_t link, size_t item)
{
    int i = find_told(BROKER_DO_CUSTODY, link);

    cr_assert(i >= 0, "no answer");
    return told_code[i][item].code;
}

/* Links of a test, by who speaks on them. */
#define NORTH 1
#define HUB   2
#define BOTH  3
#define AF    9

#endif /* TESTS_BROKER_FIXTURE_H */
