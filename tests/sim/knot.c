#include "knot.h"

#include <stdlib.h>

#include "knot_internal.h"
#include "net.h"
#include "people.h"

#define CREDIT    32
#define PREKEY_MS (30 * DAY_MS)
#define PREKEY_LIFE_MS  (45 * DAY_MS)
#define PREKEY_EVERY_MS (7 * DAY_MS)
#define RESTART_MS      (10 * MINUTE_MS)

/* ---- keys: a hash under the organisation's name signs ---- */

static void
hash(void *ctx, const char *label, const struct hf_bytes *spans, size_t n,
     struct hf_hash *ret)
{
    (void)ctx;
    hf_hash(label, spans, n, ret);
}

static void
sign_as(const struct hf_org *org, const char *label,
        const struct hf_bytes *spans, size_t n, uint8_t ret[static 64])
{
    uint8_t key[HF_KEY_BYTES];
    struct hf_hash h;

    memcpy(key, org->s, HF_KEY_BYTES);
    hf_hash_keyed(key, label, spans, n, &h);
    memcpy(ret, h.b, HF_HASH_BYTES);
    memcpy(ret + HF_HASH_BYTES, h.b, HF_HASH_BYTES);
}

static void
index_hash(void *ctx, const char *label, const struct hf_bytes *spans, size_t n,
           struct hf_hash *ret)
{
    const struct knot *k = ctx;
    uint8_t sig[64];

    sign_as(&k->org, label, spans, n, sig);
    memcpy(ret->b, sig, HF_HASH_BYTES);
}

static bool
slow(void *ctx, const char *label, const struct hf_org *salt,
          struct hf_bytes in, struct hf_hash *ret)
{
    const struct hf_bytes spans[] = {
        {(const uint8_t *)salt->s, HF_ORG_BYTES}, in};

    (void)ctx;
    hf_hash(label, spans, 2, ret);
    return true;
}

static void
sign(void *ctx, const char *label, const struct hf_bytes *spans, size_t n,
     uint8_t ret_sig[static 64])
{
    const struct knot *k = ctx;

    sign_as(&k->org, label, spans, n, ret_sig);
}

static bool
is_signed(const struct registry *r, const struct entry *e,
          struct hf_bytes bytes, const uint8_t sig[static 64])
{
    uint8_t good[64];

    (void)r;
    sign_as(&e->author, ENTRY_LABEL, &bytes, 1, good);
    return memcmp(sig, good, sizeof(good)) == 0;
}

static bool
is_said(const struct registry *r, const struct hf_org *org, uint64_t at_ms,
        const char *label, struct hf_bytes bytes, const uint8_t sig[static 64])
{
    uint8_t good[64];

    (void)r;
    (void)at_ms;
    sign_as(org, label, &bytes, 1, good);
    return memcmp(sig, good, sizeof(good)) == 0;
}

bool
knot_is_signed(const struct content_entry *ce)
{
    struct entry e;

    return entry_unpack(ce->bytes, &e) == HF_OK && ce->sig.n == 64 &&
           is_signed(NULL, &e, ce->bytes, ce->sig.p);
}

static uint64_t
peer_until(void *ctx, const struct hf_org *peer)
{
    const struct knot *k = ctx;
    const unsigned i = world_org_index(k->world, peer);

    uint64_t now_ms, until_ms;

    if (i >= k->world->n_nodes || !k->meets[i])
        return 0;
    now_ms = knot_now(k->world, k);
    if (!k->world->shape->has_ageing_prekeys)
        return now_ms + PREKEY_MS;
    until_ms = k->world->node[i]->prekey_ms + PREKEY_LIFE_MS;
    return until_ms > now_ms ? until_ms : 0;
}

/* ---- the queue ---- */

void
knot_free_job(struct knot_job *j)
{
    free(j->order);
    hf_buf_free(&j->bytes);
    free(j);
}

struct knot_job *
knot_push(struct knot *k, enum node_event_type type)
{
    struct knot_job *j = calloc(1, sizeof(*j));

    HF_ASSERT(j != NULL);
    j->ev.type = type;
    hf_buf_init(&j->bytes, FRAME_BYTES_MAX);
    *k->last = j;
    k->last = &j->next;
    k->n_jobs++;
    return j;
}

struct knot_job *
knot_pop(struct knot *k)
{
    struct knot_job *j = k->first;

    if (j == NULL)
        return NULL;
    k->first = j->next;
    if (k->first == NULL)
        k->last = &k->first;
    k->n_jobs--;
    return j;
}

void
knot_push_tick(struct knot *k)
{
    if (k->tick_queued)
        return;
    k->tick_queued = true;
    knot_push(k, NODE_EV_TICK);
}

/* ---- what arrives ---- */

static void
custody_in(struct world *w, struct knot *k, struct hf_bytes frame)
{
    struct frame_custody f;
    const struct registry_broker *b;

    if (frame_read_custody(frame, &f) != HF_OK ||
        (b = registry_broker(&w->registry, &f.broker)) == NULL ||
        !frame_verify_custody(&f, b)) {
        world_fail(w, "a custody receipt that does not verify");
        return;
    }
    for (size_t i = 0; i < f.n; i++) {
        const enum custody_code code = f.item[i].code;
        struct knot_job *j = knot_push(k, NODE_EV_CUSTODY);

        j->ev.header.id = f.item[i].envelope;
        j->ev.broker = f.broker;
        j->ev.is_taken = code == CUSTODY_TAKEN;
        j->ev.is_final = code != CUSTODY_TAKEN && code != CUSTODY_QUOTA &&
                         code != CUSTODY_FULL;
    }
}

static void
deliver_in(struct world *w, struct knot *k, uint64_t handle,
           struct hf_bytes frame)
{
    struct frame_deliver f;

    if (frame_read_deliver(frame, &f) != HF_OK) {
        world_fail(w, "a delivery that cannot be read");
        return;
    }
    for (size_t i = 0; i < f.n && k->n_jobs < KNOT_QUEUE_MAX; i++) {
        struct knot_job *j = knot_push(
            k, world_odds(w, 150) ? NODE_EV_UNOPENABLE : NODE_EV_CONTENT);

        HF_ASSERT(hf_buf_add(&j->bytes, f.envelope[i].p, f.envelope[i].n));
        j->handle = handle;
        j->token = f.token[i];
    }
}

void
knot_frame(struct world *w, struct knot *k, uint64_t handle,
           struct hf_bytes frame)
{
    switch ((int)frame_type(frame)) {
    case FRAME_CUSTODY:
        custody_in(w, k, frame);
        break;
    case FRAME_DELIVER:
        deliver_in(w, k, handle, frame);
        break;
    case FRAME_BAD:
        break;
    default:
        world_fail(w, "a frame that a node does not expect");
        return;
    }
    knot_run(w, k);
}

void
knot_link_up(struct world *w, struct knot *k, uint64_t handle, unsigned broker)
{
    const struct frame_hello hello = {.registry_version = 1};
    struct hf_buf frame;

    k->link[broker].handle = handle;
    hf_buf_init(&frame, FRAME_BYTES_MAX);
    HF_ASSERT(frame_hello(&frame, &hello));
    net_send(w, handle, k->index, hf_buf_bytes(&frame));
    hf_buf_clear(&frame);
    HF_ASSERT(frame_fetch(&frame, CREDIT));
    net_send(w, handle, k->index, hf_buf_bytes(&frame));
    hf_buf_free(&frame);
    knot_flush(w, k);
}

void
knot_link_down(struct world *w, struct knot *k, uint64_t handle)
{
    (void)w;
    for (unsigned b = 0; b < w->n_brokers; b++)
        if (k->link[b].handle == handle)
            k->link[b].handle = 0;
    for (size_t i = 0; i < k->n_pending; i++)
        if (k->pending[i].handle == handle)
            k->pending[i].sent_ms = 0;
}

void
knot_command(struct world *w, struct knot *k, struct order **order)
{
    struct knot_job *j;

    if (!k->is_up || k->n_jobs >= KNOT_QUEUE_MAX) {
        free(*order); /* "node not reachable" */
        *order = NULL;
        return;
    }
    j = knot_push(k, NODE_EV_COMMAND);
    j->order = *order;
    *order = NULL;
    knot_run(w, k);
}

void
knot_services(struct world *w, struct knot *k, unsigned from)
{
    if (!k->is_up)
        return;
    knot_push(k, NODE_EV_SERVICES)->from = from;
    knot_run(w, k);
}

void
knot_meet(struct world *w, struct knot *k, unsigned peer)
{
    k->meets[peer] = true;
    if (!k->is_up)
        return;
    knot_push(k, NODE_EV_PEER)->ev.peer = w->org[peer].id;
    knot_run(w, k);
}

/* ---- life ---- */

/* What was sealed and not taken goes out again. */
static void
find_pending(struct world *w, struct knot *k)
{
    const struct node_view *v = disk_view(k->disk);
    struct hf_id id = {{0}};
    struct hf_bytes key, row;
    struct node_out out;

    while (v->seek(v->ctx, NODE_SEALED, (struct hf_bytes){id.b, HF_ID_BYTES},
                   &key, &row)) {
        HF_ASSERT(key.n == HF_ID_BYTES);
        memcpy(id.b, key.p, HF_ID_BYTES);
        if (!out_get(v, &id, &out))
            world_fail(w, "%s holds a sealed envelope that it does not know",
                       world_name(w, k->index));
        else if (out.custody_ms == 0)
            knot_add_pending(w, k, &id);
        for (int i = HF_ID_BYTES - 1; i >= 0 && ++id.b[i] == 0; i--)
            continue;
    }
}

void
knot_start(struct world *w, struct knot *k)
{
    HF_ASSERT(!k->is_up);
    k->is_up = true;
    k->skew_ms = (int64_t)world_chance(w, 4000) - 2000;
    if (k->clock.doubt == CLOCK_SURE && k->clock.now_ms > k->noted_ms)
        k->noted_ms = k->clock.now_ms; /* its store had it on record */
    clock_watch_begin(&k->clock, knot_wall(w, k), w->now_ms, k->noted_ms, 0);
    knot_look(w, k);
    world_trace(w, "%s starts", world_name(w, k->index));
    find_pending(w, k);
    if (k->must_restore)
        knot_push(k, NODE_EV_RESTORED);
    knot_push(k, NODE_EV_START);
    for (unsigned i = 0; i < w->n_nodes; i++) {
        if (i == k->index)
            continue;
        if (k->meets[i])
            knot_push(k, NODE_EV_PEER)->ev.peer = w->org[i].id;
        if (people_has_services(w, i))
            knot_push(k, NODE_EV_SERVICES)->from = i;
    }
    for (unsigned b = 0; b < w->org[k->index].n_homes; b++)
        net_want(w, k->index,
                 world_broker_index(w, &w->org[k->index].home[b]));
    knot_flush(w, k);
    knot_run(w, k);
}

static void
restart(struct world *w, struct task *t)
{
    struct knot *k = w->node[t->who];

    if (t->incarnation == k->incarnation && !k->is_up)
        knot_start(w, k);
}

static void
drop_all(struct knot *k)
{
    struct knot_job *j;

    while ((j = knot_pop(k)) != NULL)
        knot_free_job(j);
    for (size_t i = 0; i < k->n_done; i++)
        knot_free_job(k->done[i]);
    k->n_done = 0;
    k->n_owed = 0;
    k->n_pending = 0;
    k->out->n = k->out->used = 0;
    k->tick_queued = k->flush_queued = false;
    k->wake_ms = 0;
    memset(k->link, 0, sizeof(k->link));
}

void
knot_crash_for(struct world *w, struct knot *k, const char *when, uint64_t ms)
{
    if (!k->is_up)
        return;
    world_trace(w, "%s crashes %s", world_name(w, k->index), when);
    k->is_up = false;
    k->is_busy = false;
    k->incarnation++;
    if (disk_is_open(k->disk))
        disk_abort(k->disk);
    drop_all(k);
    net_gone(w, k->index);
    world_later(w, ms, restart, k->index)->incarnation = k->incarnation;
}

void
knot_crash(struct world *w, struct knot *k, const char *when)
{
    knot_crash_for(w, k, when, 500 + world_chance(w, RESTART_MS));
}

/* ---- clocks and prekeys ---- */

void
knot_jump(struct world *w, struct knot *k, int64_t by_ms)
{
    world_trace(w, "%s has a clock that is wrong by %lld s",
                world_name(w, k->index), (long long)(by_ms / 1000));
    k->jump_ms = by_ms;
    if (!k->is_up)
        return;
    knot_look(w, k);
    knot_push_tick(k); /* whatever is due by the new time */
    knot_run(w, k);
}

static void
hear_of_prekey(struct world *w, struct task *t)
{
    knot_meet(w, w->node[t->who], (unsigned)t->handle);
}

void
knot_tend_prekey(struct world *w, struct knot *k)
{
    const bool was_good = k->prekey_ms + PREKEY_LIFE_MS > w->now_ms;
    bool is_linked = false;

    for (unsigned b = 0; b < w->n_brokers; b++)
        is_linked |= k->link[b].handle != 0;
    if (!k->is_up || !is_linked || k->jump_ms != 0 ||
        w->now_ms < k->prekey_ms + PREKEY_EVERY_MS)
        return;
    k->prekey_ms = w->now_ms;
    for (unsigned i = 0; i < w->n_nodes && !was_good; i++)
        if (i != k->index)
            world_later(w, world_chance(w, HOUR_MS), hear_of_prekey, i)
                ->handle = k->index;
}

void
knot_backup(struct world *w, struct knot *k)
{
    if (disk_is_open(k->disk))
        return;
    world_trace(w, "%s makes a copy of its store", world_name(w, k->index));
    disk_free(k->backup);
    k->backup = disk_copy(k->disk);
}

void
knot_restore(struct world *w, struct knot *k, bool knows)
{
    struct disk *old;

    if (k->backup == NULL)
        return;
    knot_crash(w, k, knows ? "and is restored" : "and comes back as a clone");
    old = k->disk;
    k->disk = disk_copy(k->backup);
    if (knows) { /* tombstones lie beside the backups */
        disk_keep(k->disk, old, NODE_TOMBSTONES);
        disk_keep(k->disk, old, NODE_SHREDDED);
    }
    disk_free(old);
    k->env.view = disk_view(k->disk);
    k->must_restore = knows;
    k->rollbacks++;
    w->was_restored |= knows;
    w->was_cloned |= !knows;
    check_rolled_back(w, k);
}

struct knot *
knot_new(struct world *w, unsigned index)
{
    struct knot *k = calloc(1, sizeof(*k));

    HF_ASSERT(k != NULL);
    k->out = malloc(sizeof(*k->out));
    HF_ASSERT(k->out != NULL);
    k->out->n = k->out->used = 0;
    k->index = index;
    k->org = w->org[index].id;
    k->world = w;
    k->disk = disk_new();
    k->last = &k->first;
    k->incarnation = 1;
    k->prekey_ms = w->now_ms;
    k->config = (struct node_config){.org = k->org, .kind = w->org[index].kind};
    k->crypto = (struct node_crypto){k, hash, index_hash, slow, sign};
    k->env = (struct node_env){.config = &k->config,
                               .view = disk_view(k->disk),
                               .crypto = &k->crypto,
                               .registry = &w->registry,
                               .sops = w->book,
                               .peer_ctx = k,
                               .peer_until_ms = peer_until,
                               .is_signed = is_signed,
                               .is_said = is_said};
    return k;
}

void
knot_free(struct knot *k)
{
    drop_all(k);
    disk_free(k->disk);
    disk_free(k->backup);
    free(k->out);
    free(k);
}

bool
knot_is_up(const struct knot *k)
{
    return k->is_up;
}

bool
knot_is_idle(const struct knot *k)
{
    return !k->is_busy;
}

unsigned
knot_index(const struct knot *k)
{
    return k->index;
}

const struct hf_org *
knot_org(const struct knot *k)
{
    return &k->org;
}

struct disk *
knot_disk(struct knot *k)
{
    return k->disk;
}

const struct node_env *
knot_env(const struct knot *k)
{
    return &k->env;
}

uint64_t
knot_now(const struct world *w, const struct knot *k)
{
    struct clock_watch c = k->clock;

    (void)clock_watch_look(&c, knot_wall(w, k), w->now_ms, 0);
    return c.now_ms;
}

unsigned
knot_rollbacks(const struct knot *k)
{
    return k->rollbacks;
}
