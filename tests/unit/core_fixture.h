/*
 * core_fixture.h - a few nodes in one process: node_step() over a store in
 * memory, the envelopes between them as encoded bytes in a row of letters that
 * a test may keep back, repeat or forge. Tests only.
 *
 * A span that the store lends is freed at its next call, so that ASan sees who
 * kept one too long. A signature is a hash under the author's name: a test can
 * sign for anybody, and core_push() takes out what is not signed, as the shell
 * does.
 */
#ifndef TESTS_CORE_FIXTURE_H
#define TESTS_CORE_FIXTURE_H

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <dirent.h>
#include <stdarg.h>
#include <stdio.h>

#include "node.h"
#include "permit.h"
#include "proto_fixture.h"
#include "sim/disk.c"
#include "sim/disk.h"

#define CORE_NODES_MAX   4
#define CORE_ORGS_MAX    40
#define CORE_LETTERS_MAX 2048
#define CORE_ALARMS_MAX  256
#define CORE_STORM       600 /* letters that one story never needs */
#define MINUTE_MS        (60ull * 1000)
#define HOUR_MS          (60 * MINUTE_MS)
#define DAY_MS           (24 * HOUR_MS)
#define CAT(x)           CATEGORY_BIT(CATEGORY_##x)

/** An envelope on its way, or one that was. */
struct core_letter {
    struct envelope_header h;
    struct hf_buf bytes; /* the content, encoded */
    bool is_gone;        /* delivered or thrown away */
};

struct core_node {
    struct hf_org org;
    struct disk *disk;
    struct disk *backup;
    struct node_config config;
    struct node_crypto crypto;
    struct node_env env;
    struct node_reply reply; /* the last one */
    unsigned n_replies;
    unsigned n_alarms;
    const char *alarm[CORE_ALARMS_MAX]; /* the first ones */
};

struct core {
    uint64_t now_ms;
    uint64_t draws;
    struct registry registry;
    struct registry_org org[CORE_ORGS_MAX];
    struct sop_pack *pack[SOP_PACKS_MAX];
    size_t n_packs;
    struct sop_book *book;
    size_t n_nodes;
    struct core_node node[CORE_NODES_MAX];
    bool has_no_prekey[CORE_ORGS_MAX]; /* nobody can seal to it now */
    size_t n_letters;
    struct core_letter letter[CORE_LETTERS_MAX];
    size_t n_delivered;
    struct node_effects out;
    struct content content;
};

static struct core *core; /* the world of the running test */

/* ---- the environment ---- */

static inline void
core_hash(void *ctx, const char *label, const struct hf_bytes *spans,
          size_t n, struct hf_hash *ret)
{
    (void)ctx;
    hf_hash(label, spans, n, ret);
}

static inline void
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

static inline void
core_index(void *ctx, const char *label, const struct hf_bytes *spans,
           size_t n, struct hf_hash *ret)
{
    uint8_t sig[64];

    core_sign_as(&((struct core_node *)ctx)->org, label, spans, n, sig);
    memcpy(ret->b, sig, HF_HASH_BYTES);
}

static inline bool
core_slow(void *ctx, const char *label, const struct hf_org *salt,
          struct hf_bytes in, struct hf_hash *ret)
{
    const struct hf_bytes spans[] = {
        {(const uint8_t *)salt->s, HF_ORG_BYTES}, in};

    (void)ctx;
    hf_hash(label, spans, 2, ret);
    return true;
}

static inline void
core_sign(void *ctx, const char *label, const struct hf_bytes *spans,
          size_t n, uint8_t ret_sig[static 64])
{
    core_sign_as(&((struct core_node *)ctx)->org, label, spans, n, ret_sig);
}

static inline bool
core_verify(const struct registry *r, const struct entry *e,
            struct hf_bytes bytes, const uint8_t sig[static 64])
{
    uint8_t good[64];

    (void)r;
    core_sign_as(&e->author, ENTRY_LABEL, &bytes, 1, good);
    return memcmp(sig, good, sizeof(good)) == 0;
}

static inline uint64_t
core_peer_until(void *ctx, const struct hf_org *peer)
{
    (void)ctx;
    for (size_t i = 0; i < core->registry.n_orgs; i++)
        if (hf_org_eq(&core->org[i].id, peer))
            return core->has_no_prekey[i] ? 0 : core->now_ms + 30 * DAY_MS;
    return 0;
}

static inline void
core_add_org(const char *id, enum org_kind kind)
{
    struct registry_org *o = &core->org[core->registry.n_orgs++];

    cr_assert(core->registry.n_orgs <= CORE_ORGS_MAX);
    cr_assert(hf_org_parse(id, &o->id));
    o->kind = kind;
    o->status = MEMBER_ACTIVE;
}

static inline struct hf_bytes
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

static inline void
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

static inline void
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

static inline void core_add_users(struct core_node *n);

static inline struct core_node *
core_add_node(size_t org)
{
    struct core_node *n = &core->node[core->n_nodes++];

    n->org = core->org[org].id;
    n->disk = disk_new();
    n->config = (struct node_config){.org = n->org,
                                     .kind = core->org[org].kind};
    n->crypto = (struct node_crypto){n, core_hash, core_index, core_slow,
                                       core_sign};
    n->env = (struct node_env){.config = &n->config,
                               .view = disk_view(n->disk),
                               .crypto = &n->crypto,
                               .registry = &core->registry,
                               .sops = core->book,
                               .peer_ctx = n,
                               .peer_until_ms = core_peer_until,
                               .is_signed = core_verify};
    core_add_users(n);
    return n;
}

/** core_begin: organisations "org-a", "org-b", ... with a node each, then
 * @n_others without one. */
static inline void
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

static inline void
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

static inline void
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

static inline void
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

/* What holds after every step, whatever came in. */
static inline void
core_check(const struct core_node *n)
{
    char why[200];

    cr_assert(node_check(&n->env, why, sizeof(why)), "%s: %s", n->org.s, why);
}

static inline bool
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

static inline void
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

/* ---- letters ---- */

static inline struct core_node *
core_node_of(const struct hf_org *org)
{
    for (size_t i = 0; i < core->n_nodes; i++)
        if (hf_org_eq(&core->node[i].org, org))
            return &core->node[i];
    return NULL;
}

static inline bool
core_is_signed(const struct content_entry *ce, struct entry *ret)
{
    uint8_t sig[64];

    if (entry_unpack(ce->bytes, ret) != HF_OK)
        return false;
    core_sign_as(&ret->author, ENTRY_LABEL, &ce->bytes, 1, sig);
    return ce->sig.n == 64 && memcmp(ce->sig.p, sig, 64) == 0;
}

/* What the shell takes out before the core sees it. */
static inline void
core_filter(struct content_push *p)
{
    size_t kept = 0;

    for (size_t i = 0; i < p->n; i++) {
        struct content_entry ce = p->entry[i];
        struct entry e;
        struct hf_hash h;

        if (!core_is_signed(&ce, &e))
            continue;
        hf_hash(BODY_LABEL, &ce.body, 1, &h);
        if (ce.body.n > 0 && !hf_hash_eq(&h, &e.body))
            ce.body = (struct hf_bytes){NULL, 0};
        p->entry[kept++] = ce;
    }
    p->n = kept;
}

/** core_deliver: a copy of letter @i reaches its recipient. */
static inline void
core_deliver(size_t i)
{
    struct core_letter *l = &core->letter[i];
    struct core_node *to = core_node_of(&l->h.recipient);
    struct node_event ev = {.type = NODE_EV_CONTENT};
    struct hf_buf bytes;

    l->is_gone = true;
    core->n_delivered++;
    if (to == NULL)
        return;
    /* decoded spans point into bytes that are gone after the step */
    hf_buf_init(&bytes, CONTENT_BYTES_MAX);
    cr_assert(hf_buf_add(&bytes, l->bytes.p, l->bytes.n));
    cr_assert(eq(int,
                 (int)content_decode(hf_buf_bytes(&bytes), &core->content),
                 HF_OK));
    if (core->content.type == CONTENT_PUSH)
        core_filter(&core->content.u.push);
    for (int k = 0; core->content.type == CONTENT_FORK && k < 2; k++) {
        struct content_entry *ce = &core->content.u.fork.entry[k];
        struct entry e;

        if (!core_is_signed(ce, &e))
            *ce = (struct content_entry){.body = {NULL, 0}};
    }
    ev.header = l->h;
    ev.content = &core->content;
    (void)core_step(to, &ev);
    hf_buf_free(&bytes);
}

/** core_lose: every letter that is on its way is lost. */
static inline void
core_lose(void)
{
    for (size_t i = 0; i < core->n_letters; i++)
        core->letter[i].is_gone = true;
}

/** core_run: letters and what is due now, until all is quiet. */
static inline void
core_run(void)
{
    const size_t before = core->n_delivered;
    bool is_quiet = false;

    while (!is_quiet) {
        is_quiet = true;
        for (size_t i = 0; i < core->n_letters; i++) {
            if (core->letter[i].is_gone)
                continue;
            core_deliver(i);
            is_quiet = false;
        }
        for (size_t i = 0; i < core->n_nodes; i++)
            if (node_wake_ms(&core->node[i].env) <= core->now_ms) {
                core_tick(&core->node[i]);
                is_quiet = false;
            }
        cr_assert(core->n_delivered - before < CORE_STORM,
                  "a storm of letters");
    }
}

/** core_wait: time passes, from one due instant to the next. */
static inline void
core_wait(uint64_t ms)
{
    const uint64_t until = core->now_ms + ms;

    core_run();
    for (;;) {
        uint64_t next = UINT64_MAX;

        for (size_t i = 0; i < core->n_nodes; i++) {
            const uint64_t wake = node_wake_ms(&core->node[i].env);

            next = wake < next ? wake : next;
        }
        if (next > until)
            break;
        core->now_ms = next > core->now_ms ? next : core->now_ms;
        core_run();
    }
    core->now_ms = until;
}

/** core_pending: letters on their way to node @to. */
static inline size_t
core_pending(const struct core_node *to)
{
    size_t n = 0;

    for (size_t i = 0; i < core->n_letters; i++)
        n += !core->letter[i].is_gone &&
             hf_org_eq(&core->letter[i].h.recipient, &to->org);
    return n;
}

/* ---- commands ---- */

static inline struct hf_name
core_name(const char *text)
{
    struct hf_name n;

    cr_assert(hf_name_parse(text, &n));
    return n;
}

static inline struct hf_bytes
core_text(const char *text)
{
    return (struct hf_bytes){(const uint8_t *)text, strlen(text)};
}

/** core_ask: the command's status; the reply is in n->reply. */
static inline int
core_ask(struct core_node *n, struct node_command *c)
{
    struct node_event ev = {.type = NODE_EV_COMMAND, .command = c};
    const unsigned before = n->n_replies;

    c->ticket = 7;
    if (c->user.s[0] == '\0')
        c->user = core_name("ana");
    (void)core_step(n, &ev);
    cr_assert(eq(uint, n->n_replies, before + 1), "one reply a command");
    cr_assert(eq(u64, n->reply.ticket, 7));
    return n->reply.status;
}

/* The same, where the test goes on only if it worked. */
static inline void
core_do(struct core_node *n, struct node_command *c)
{
    const int status = core_ask(n, c);

    cr_assert(eq(int, status, 0), "%s: %s", n->reply.code, n->reply.message);
}

static inline void
core_add_user(struct core_node *n, const char *name, uint32_t roles)
{
    struct node_command c = {.type = CMD_USER_ADD,
                             .user = core_name("root"),
                             .is_node_owner = true,
                             .user_name = core_name(name),
                             .roles = roles};

    core_do(n, &c);
}

/* ana does everything but approve her own; sam supervises; kim sees health. */
static inline void
core_add_users(struct core_node *n)
{
    core_add_user(n, "ana", ROLE_BIT(ROLE_CASE_MANAGER) |
                                ROLE_BIT(ROLE_SUPERVISOR));
    core_add_user(n, "sam", ROLE_BIT(ROLE_SUPERVISOR));
    core_add_user(n, "kim", ROLE_BIT(ROLE_FOCAL_POINT));
}

/** core_case: sections of @held, each the JSON {"canary":"CATEGORY"}. */
static inline struct hf_id
core_case(struct core_node *n, uint32_t held)
{
    struct node_command c = {.type = CMD_CASE_NEW, .sections = held};
    char json[CATEGORY_END][40];

    c.facts.birth_year = 1990;
    c.facts.sex = SEX_FEMALE;
    memcpy(c.facts.origin, "AF", 3);
    memcpy(c.facts.host, "AT", 3);
    c.facts.province = core_name("Kabul");
    memcpy(c.facts.language[0], "prs", 4);
    c.facts.groups = GROUP_BIT(GROUP_TRAFFICKING);
    c.number = core_name("AT-1");
    for (int k = 1; k < CATEGORY_END; k++) {
        (void)snprintf(json[k], sizeof(json[k]), "{\"canary\":\"%s\"}",
                       category_text((enum category)k));
        c.section[k] = core_text(json[k]);
    }
    core_do(n, &c);
    return n->reply.id;
}

/** core_scope: add a scope to a consent; recipients end with NULL. */
static inline void
core_scope(struct consent *c, const char *id, uint32_t categories,
           uint32_t purposes, ...)
{
    struct consent_scope *s = &c->scope[c->n_scopes++];
    const struct hf_org *to;
    va_list ap;

    s->id = core_name(id);
    s->categories = categories;
    s->purposes = purposes;
    va_start(ap, purposes);
    while ((to = va_arg(ap, const struct hf_org *)) != NULL)
        s->recipient[s->n_recipients++] = *to;
    va_end(ap);
}

static inline struct hf_id
core_consent(struct core_node *n, struct hf_id case_id, struct consent *c)
{
    struct node_command cmd = {.type = CMD_CONSENT_GIVE,
                               .case_id = case_id,
                               .consent = c,
                               .details = core_text("{\"by\":\"guardian\"}")};

    core_do(n, &cmd);
    return n->reply.id;
}

/** core_publish: @by offers these codes, up to a NULL, to everybody. */
static inline void
core_publish(const struct hf_org *by, ...)
{
    struct service sv[8];
    const char *code;
    size_t n = 0;
    va_list ap;

    memset(sv, 0, sizeof(sv));
    va_start(ap, by);
    while ((code = va_arg(ap, const char *)) != NULL) {
        sv[n].org = *by;
        sv[n].id[0] = (uint8_t)(n + 1);
        sv[n].code = core_name(code);
        sv[n].accepting = true;
        sv[n].capacity = -1;
        sv[n++].assured_ms = core->now_ms;
    }
    va_end(ap);
    for (size_t i = 0; i < core->n_nodes; i++) {
        struct node_event ev = {.type = NODE_EV_SERVICES,
                                .peer = *by,
                                .n_services = n,
                                .services = sv,
                                .document = core_text("{}"),
                                .version = 1};

        (void)core_step(&core->node[i], &ev);
    }
}

static inline struct node_command
core_refer_cmd(struct hf_id case_id, const char *need)
{
    return (struct node_command){
        .type = CMD_REFER, .case_id = case_id, .need = core_name(need)};
}

static inline struct node_command
core_event_cmd(struct hf_id object, enum event event, enum reason reason)
{
    struct node_command c = {.type = CMD_EVENT,
                             .object = object,
                             .event = event,
                             .reason = reason};

    if (event == EVENT_SCHEDULE || event == EVENT_WAITLIST ||
        event == EVENT_RESCHEDULE)
        c.when_ms = core->now_ms + DAY_MS;
    return c;
}

/** core_event: one event on an object, by ana; its status. core_does: the same
 * where it must work, and all that follows from it. */
static inline int
core_event(struct core_node *n, struct hf_id object, enum event event,
           enum reason reason)
{
    struct node_command c = core_event_cmd(object, event, reason);

    return core_ask(n, &c);
}

static inline void
core_does(struct core_node *n, struct hf_id object, enum event event,
          enum reason reason)
{
    const int status = core_event(n, object, event, reason);

    cr_assert(eq(int, status, 0), "%s: %s: %s", event_text(event),
              n->reply.code, n->reply.message);
    core_run();
}

static inline int
core_withdraw(struct core_node *n, struct hf_id case_id, const char *scope,
              bool erase)
{
    struct node_command c = {.type = CMD_CONSENT_WITHDRAW,
                             .case_id = case_id,
                             .erase = erase};

    if (scope != NULL) {
        c.n_scopes = 1;
        c.scope[0] = core_name(scope);
    }
    return core_ask(n, &c);
}

/* ---- looking ---- */

static inline struct node_object
core_object(const struct core_node *n, struct hf_id id)
{
    struct node_object o;

    memset(&o, 0, sizeof(o));
    (void)object_get(n->env.view, &id, &o);
    return o;
}

static inline enum state
core_state(const struct core_node *n, struct hf_id id)
{
    return core_object(n, id).state;
}

#define expect_no(cond, ...)                                                   \
    cr_expect(zero(int, (int)(cond)), ##__VA_ARGS__)

#define expect_state(n, id, want)                                              \
    cr_expect(eq(str, (char *)state_text(core_state((n), (id))),               \
                 (char *)state_text(want)))

static inline struct node_case
core_case_of(const struct core_node *n, struct hf_id id)
{
    struct node_case c;

    memset(&c, 0, sizeof(c));
    (void)case_get(n->env.view, &id, &c);
    return c;
}

/** core_alarms: how often it said @event. */
static inline unsigned
core_alarms(const struct core_node *n, const char *event)
{
    unsigned count = 0;

    for (unsigned i = 0; i < n->n_alarms; i++)
        count += strcmp(n->alarm[i], event) == 0;
    return count;
}

/** core_holds: whether any row of @n's store has @text in it. */
static inline bool
core_holds(const struct core_node *n, const char *text)
{
    return disk_holds(n->disk, text, strlen(text));
}

/** core_went: whether any letter carried @text. */
static inline bool
core_went(const char *text)
{
    for (size_t i = 0; i < core->n_letters; i++)
        if (memmem(core->letter[i].bytes.p, core->letter[i].bytes.n, text,
                   strlen(text)) != NULL)
            return true;
    return false;
}

/** core_children: withdrawals of which this node is @side. */
static inline unsigned
core_withdrawals(const struct core_node *n, enum side side,
                 struct hf_id *ret_last)
{
    struct hf_id at = {{0}};
    struct node_object o;
    unsigned count = 0;

    while (object_next(n->env.view, &at, &o))
        if (o.kind == OBJECT_WITHDRAWAL && o.side == side) {
            count++;
            if (ret_last != NULL)
                *ret_last = o.id;
        }
    return count;
}

/* ---- restore ---- */

static inline void
core_backup(struct core_node *n)
{
    disk_free(n->backup);
    n->backup = disk_copy(n->disk);
}

/** core_restore: the node comes back with its backup; @knows: and says so. */
static inline void
core_restore(struct core_node *n, bool knows)
{
    struct node_event ev = {.type = NODE_EV_RESTORED};

    disk_free(n->disk);
    n->disk = disk_copy(n->backup);
    n->env.view = disk_view(n->disk);
    if (knows)
        (void)core_step(n, &ev);
}

/* ---- forging ---- */

/** A hostile author's chain: entries signed in its name, linked to each
 * other. */
struct core_forger {
    struct content c;
    struct hf_org author, peer;
    uint32_t n;
    struct hf_hash last;
    uint8_t bytes[CONTENT_ENTRIES_MAX][ENTRY_BYTES];
    uint8_t sig[CONTENT_ENTRIES_MAX][ENTRY_SIG_BYTES];
    uint8_t *body[CONTENT_ENTRIES_MAX];
};

static inline struct core_forger
core_forge(enum object_kind kind, struct hf_id object,
           const struct hf_org *author, const struct hf_org *peer)
{
    struct core_forger f = {.author = *author, .peer = *peer};

    f.c.type = CONTENT_PUSH;
    f.c.u.push.kind = kind;
    f.c.u.push.object = object;
    return f;
}

/** core_forge_after: go on behind the author's real chain, as @n holds it. */
static inline void
core_forge_after(struct core_forger *f, const struct core_node *n)
{
    const struct node_object o = core_object(n, f->c.u.push.object);
    const int side = hf_org_eq(&n->org, &f->author) ? (int)o.side
                                                     : (int)side_other(o.side);

    f->n = o.n[side];
    f->last = o.last[side];
}

/** core_forge_entry: fill what @e leaves open, link, sign, add; @b may be
 * NULL. Lives until core_forge_end(). */
static inline void
core_forge_entry(struct core_forger *f, struct entry e, const struct body *b)
{
    struct content_push *p = &f->c.u.push;
    const struct hf_bytes span = {f->bytes[p->n], ENTRY_BYTES};
    struct content_entry *ce = &p->entry[p->n];

    e.kind = e.kind == OBJECT_NONE ? p->kind : e.kind;
    e.object = p->object;
    e.author = f->author;
    e.peer = f->peer;
    e.role = ROLE_AUTOMATIC;
    e.n = e.n == 0 ? f->n + 1 : e.n;
    e.prev = e.n == 1 ? (struct hf_hash){{0}} : f->last;
    e.at_ms = e.happened_ms = core->now_ms;
    *ce = (struct content_entry){.body = {NULL, 0}};
    if (b != NULL) {
        ce->body.n = body_bytes(b);
        f->body[p->n] = malloc(ce->body.n);
        body_pack(b, f->body[p->n]);
        ce->body.p = f->body[p->n];
        hf_hash(BODY_LABEL, &ce->body, 1, &e.body);
    }
    entry_pack(&e, f->bytes[p->n]);
    core_sign_as(&f->author, ENTRY_LABEL, &span, 1, f->sig[p->n]);
    ce->bytes = span;
    ce->sig = (struct hf_bytes){f->sig[p->n], ENTRY_SIG_BYTES};
    hf_hash(ENTRY_LABEL, &span, 1, &f->last);
    f->n = e.n;
    p->n++;
}

/** core_forge_send: the push reaches @to as if @from had sent it. */
static inline void
core_forge_send(struct core_forger *f, struct core_node *to,
                const struct hf_org *from)
{
    struct node_send send = {.to = to->org,
                             .created_ms = core->now_ms,
                             .expires_ms = core->now_ms + DAY_MS,
                             .content = &f->c};
    const struct core_node sender = {.org = *from};

    core->draws++;
    memcpy(send.envelope.b, &core->draws, sizeof(core->draws));
    send.envelope.b[15] = 0xee;
    core_post(&sender, &send);
    core_deliver(core->n_letters - 1);
    f->c.u.push.n = 0;
}

static inline void
core_forge_end(struct core_forger *f)
{
    for (int i = 0; i < CONTENT_ENTRIES_MAX; i++)
        free(f->body[i]);
}

/** core_seen: the hash of the @n-th entry of @side, as @node holds it. */
static inline struct hf_hash
core_seen(const struct core_node *node, struct hf_id object, enum side side,
          uint32_t n)
{
    uint8_t bytes[ENTRY_BYTES], sig[ENTRY_SIG_BYTES];
    const struct hf_bytes span = {bytes, ENTRY_BYTES};
    struct hf_hash h;

    cr_assert(chain_get(node->env.view, &object, side, n, 0, bytes, sig));
    hf_hash(ENTRY_LABEL, &span, 1, &h);
    return h;
}

/* ---- bodies ---- */

static inline void
core_part(struct body *b, enum part_type type, enum category c,
          const void *p, size_t n)
{
    b->part[b->n++] = (struct part){type, c, {p, n}};
}

#endif /* TESTS_CORE_FIXTURE_H */
