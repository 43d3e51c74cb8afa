/* The world of a test: organisations, packs, nodes; and one step of a node. */
#include "core_fixture.h"

#include <dirent.h>
#include <stdlib.h>

struct core *core;

static void
core_hash(void *ctx, const char *label, const struct hf_bytes *spans, size_t n,
          struct hf_hash *ret)
{
    (void)ctx;
    hf_hash(label, spans, n, ret);
}

void
core_sign_as(const struct hf_org *org, const char *label,
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
core_index(void *ctx, const char *label, const struct hf_bytes *spans, size_t n,
           struct hf_hash *ret)
{
    uint8_t sig[64];

    core_sign_as(&((struct core_node *)ctx)->org, label, spans, n, sig);
    memcpy(ret->b, sig, HF_HASH_BYTES);
}

static bool
core_slow(void *ctx, const char *label, const struct hf_org *salt,
          struct hf_bytes in, struct hf_hash *ret)
{
    const struct hf_bytes spans[] = {{(const uint8_t *)salt->s, HF_ORG_BYTES},
                                     in};

    (void)ctx;
    hf_hash(label, spans, 2, ret);
    return true;
}

static void
core_sign(void *ctx, const char *label, const struct hf_bytes *spans, size_t n,
          uint8_t ret_sig[static 64])
{
    core_sign_as(&((struct core_node *)ctx)->org, label, spans, n, ret_sig);
}

static bool
core_verify(const struct registry *r, const struct entry *e,
            struct hf_bytes bytes, const uint8_t sig[static 64])
{
    uint8_t good[64];

    (void)r;
    core_sign_as(&e->author, ENTRY_LABEL, &bytes, 1, good);
    return memcmp(sig, good, sizeof(good)) == 0;
}

static bool
core_said(const struct registry *r, const struct hf_org *org, uint64_t at_ms,
          const char *label, struct hf_bytes bytes,
          const uint8_t sig[static 64])
{
    uint8_t good[64];

    (void)at_ms;
    core_sign_as(org, label, &bytes, 1, good);
    return registry_org(r, org) != NULL && memcmp(sig, good, sizeof(good)) == 0;
}

static uint64_t
core_peer_until(void *ctx, const struct hf_org *peer)
{
    (void)ctx;
    for (size_t i = 0; i < core->registry.n_orgs; i++)
        if (hf_org_eq(&core->org[i].id, peer))
            return core->has_no_prekey[i] ? 0 : core->now_ms + 30 * DAY_MS;
    return 0;
}

void
core_add_org(const char *id, enum org_kind kind)
{
    struct registry_org *o = &core->org[core->registry.n_orgs++];

    cr_assert(core->registry.n_orgs <= CORE_ORGS_MAX);
    cr_assert(hf_org_parse(id, &o->id));
    o->kind = kind;
    o->status = MEMBER_ACTIVE;
}

static struct hf_bytes
core_read_file(const char *path, char *room, size_t room_bytes)
{
    FILE *f = fopen(path, "rb");
    size_t n;

    cr_assert(f != NULL, "%s", path);
    n = fread(room, 1, room_bytes, f);
    cr_assert(n < room_bytes);
    (void)fclose(f);
    return (struct hf_bytes){(const uint8_t *)room, n};
}

static void
core_add_pack(const char *name)
{
    static char room[256 * 1024];
    static struct sop_findings findings;
    char path[512];
    struct hf_bytes yaml;
    struct hf_hash hash;
    struct sop_pack **p = &core->pack[core->n_packs++];

    (void)snprintf(path, sizeof(path), HANDOFF_SOURCE_DIR "/policy/sop/%s",
                   name);
    yaml = core_read_file(path, room, sizeof(room));
    cr_assert(eq(int, (int)sop_pack_load(yaml, &findings, p), HF_OK));
    hf_hash("handoff/1 sop", &yaml, 1, &hash);
    sop_pack_set_hash(*p, &hash);
    cr_assert(sop_book_add(core->book, *p));
}

static void
core_add_packs(void)
{
    DIR *d = opendir(HANDOFF_SOURCE_DIR "/policy/sop");
    const struct dirent *e;

    cr_assert(d != NULL);
    core->book = sop_book_new();
    while ((e = readdir(d)) != NULL)
        if (strstr(e->d_name, ".yaml") != NULL)
            core_add_pack(e->d_name);
    (void)closedir(d);
}

/* ana does everything but approve her own; sam supervises; kim sees health. */
static void
core_add_users(struct core_node *n)
{
    core_add_user(n, "ana",
                  ROLE_BIT(ROLE_CASE_MANAGER) | ROLE_BIT(ROLE_SUPERVISOR));
    core_add_user(n, "sam", ROLE_BIT(ROLE_SUPERVISOR));
    core_add_user(n, "kim", ROLE_BIT(ROLE_FOCAL_POINT));
}

static struct core_node *
core_add_node(size_t org)
{
    struct core_node *n = &core->node[core->n_nodes++];

    n->org = core->org[org].id;
    n->disk = disk_new();
    n->config =
        (struct node_config){.org = n->org, .kind = core->org[org].kind};
    n->crypto =
        (struct node_crypto){n, core_hash, core_index, core_slow, core_sign};
    n->env = (struct node_env){.config = &n->config,
                               .view = disk_view(n->disk),
                               .crypto = &n->crypto,
                               .registry = &core->registry,
                               .sops = core->book,
                               .peer_ctx = n,
                               .peer_until_ms = core_peer_until,
                               .is_signed = core_verify,
                               .is_said = core_said};
    core_add_users(n);
    return n;
}

void
core_begin(size_t n_nodes, size_t n_others)
{
    char id[16];

    core = calloc(1, sizeof(*core));
    core->now_ms = T0;
    core->registry.orgs = core->org;
    core->registry.version[REGISTRY_ORGS] = 1;
    for (size_t i = 0; i < n_nodes + n_others; i++) {
        (void)snprintf(id, sizeof(id), i < 26 ? "org-%c" : "org-z%c",
                       (char)('a' + i % 26));
        core_add_org(id, i == 0 ? ORG_IOM_OFFICE : ORG_CLINIC);
    }
    core_add_packs();
    for (size_t i = 0; i < n_nodes; i++)
        (void)core_add_node(i);
}

void
core_end(void)
{
    for (size_t i = 0; i < core->n_letters; i++)
        hf_buf_free(&core->letter[i].bytes);
    for (size_t i = 0; i < core->n_nodes; i++) {
        disk_free(core->node[i].disk);
        disk_free(core->node[i].backup);
    }
    sop_book_free(core->book);
    for (size_t i = 0; i < core->n_packs; i++)
        sop_pack_free(core->pack[i]);
    free(core);
    core = NULL;
}

/* ---- one step ---- */

void
core_post(const struct core_node *n, const struct node_send *send)
{
    struct core_letter *l = &core->letter[core->n_letters++];

    cr_assert(core->n_letters < CORE_LETTERS_MAX, "too many letters");
    l->h = (struct envelope_header){.suite = SUITE_SEALED_1,
                                    .lane = (enum envelope_lane)send->lane,
                                    .id = send->envelope,
                                    .sender = n->org,
                                    .recipient = send->to,
                                    .created_ms = send->created_ms,
                                    .expires_ms = send->expires_ms};
    hf_buf_init(&l->bytes, CONTENT_BYTES_MAX);
    cr_assert(eq(int, (int)content_encode(send->content, &l->bytes), HF_OK));
}

static void
core_take_effects(struct core_node *n, bool *ret_again)
{
    for (size_t i = 0; i < core->out.n; i++) {
        const struct node_effect *e = &core->out.item[i];

        if (e->type == NODE_DO_SEND) {
            core_post(n, &e->u.send);
        } else if (e->type == NODE_DO_REPLY) {
            n->reply = e->u.reply;
            n->n_replies++;
        } else if (e->type == NODE_DO_ALARM) {
            if (n->n_alarms < CORE_ALARMS_MAX)
                n->alarm[n->n_alarms++] = e->u.alarm.event;
        } else if (e->type == NODE_DO_AGAIN) {
            *ret_again = true;
        }
    }
}

void
core_check(const struct core_node *n)
{
    char why[200];

    cr_assert(node_check(&n->env, why, sizeof(why)), "%s: %s", n->org.s, why);
}

bool
core_step(struct core_node *n, struct node_event *ev)
{
    bool again = false;

    ev->now_ms = core->now_ms;
    core->draws++;
    memcpy(ev->seed, &core->draws, sizeof(core->draws));
    core->out.n = core->out.used = 0;
    disk_begin(n->disk);
    node_step(&n->env, ev, &core->out);
    core_take_effects(n, &again);
    disk_commit(n->disk);
    core_check(n);
    return again;
}

void
core_tick(struct core_node *n)
{
    struct node_event ev = {.type = NODE_EV_TICK};

    for (int i = 0; i < 500; i++) {
        if (!core_step(n, &ev) && node_wake_ms(&n->env) > core->now_ms)
            return;
        ev = (struct node_event){.type = NODE_EV_TICK};
    }
    cr_fatal("%s never comes to rest", n->org.s);
}

/* ---- restore ---- */

void
core_backup(struct core_node *n)
{
    disk_free(n->backup);
    n->backup = disk_copy(n->disk);
}

void
core_restore(struct core_node *n, bool knows)
{
    struct node_event ev = {.type = NODE_EV_RESTORED};

    disk_free(n->disk);
    n->disk = disk_copy(n->backup);
    n->env.view = disk_view(n->disk);
    if (knows)
        (void)core_step(n, &ev);
}
