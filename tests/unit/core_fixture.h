/*
 * core_fixture.h - a few nodes in one process: node_step() over a store in
 * memory, the envelopes between them as encoded bytes in a row of letters that
 * a test may keep back, repeat or forge. Tests only.
 *
 * A span that the store lends is freed at its next call, so that ASan sees who
 * kept one too long. A signature is a hash under the author's name: a test can
 * sign for anybody, and core_push() takes out what is not signed, as the shell
 * does.
 *
 * core_fixture.c makes the world and steps it, core_fixture_letters.c brings
 * letters and lets time pass, core_fixture_ask.c asks as people do and looks,
 * core_fixture_forge.c writes what no honest node would.
 */
#ifndef TESTS_CORE_FIXTURE_H
#define TESTS_CORE_FIXTURE_H

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>

#include "node.h"
#include "permit.h"
#include "proto_fixture.h"
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

extern struct core *core; /* the world of the running test */

/* ---- the environment ---- */

void core_sign_as(const struct hf_org *org, const char *label,
                  const struct hf_bytes *spans, size_t n,
                  uint8_t ret[static 64]);
void core_add_org(const char *id, enum org_kind kind);
/** core_begin: organisations "org-a", "org-b", ... with a node each, then
 * @n_others without one. */
void core_begin(size_t n_nodes, size_t n_others);
void core_end(void);

/* ---- one step ---- */

void core_post(const struct core_node *n, const struct node_send *send);
/** core_check: what holds after every step, whatever came in. */
void core_check(const struct core_node *n);
/** core_step: @ev now, with a fresh seed; true when there is more to do at
 * once. core_tick: what is due at @n. */
bool core_step(struct core_node *n, struct node_event *ev);
void core_tick(struct core_node *n);

/* ---- letters ---- */

struct core_node *core_node_of(const struct hf_org *org);
/** core_deliver: a copy of letter @i reaches its recipient. */
void core_deliver(size_t i);
/** core_lose: every letter that is on its way is lost. */
void core_lose(void);
/** core_run: letters and what is due now, until all is quiet. */
void core_run(void);
/** core_wait: time passes, from one due instant to the next. */
void core_wait(uint64_t ms);
/** core_pending: letters on their way to node @to. */
size_t core_pending(const struct core_node *to);

/* ---- commands ---- */

struct hf_name core_name(const char *text);
struct hf_bytes core_text(const char *text);
/** core_ask: the command's status; the reply is in n->reply. */
int core_ask(struct core_node *n, struct node_command *c);
/** core_do: the same, where the test goes on only if it worked. */
void core_do(struct core_node *n, struct node_command *c);
void core_add_user(struct core_node *n, const char *name, uint32_t roles);
/** core_case: sections of @held, each the JSON {"canary":"CATEGORY"}. */
struct hf_id core_case(struct core_node *n, uint32_t held);
/** core_scope: add a scope to a consent; recipients end with NULL. */
void core_scope(struct consent *c, const char *id, uint32_t categories,
                uint32_t purposes, ...);
struct hf_id core_consent(struct core_node *n, struct hf_id case_id,
                          struct consent *c);
/** core_publish: @by offers these codes, up to a NULL, to everybody. */
void core_publish(const struct hf_org *by, ...);
struct node_command core_refer_cmd(struct hf_id case_id, const char *need);
struct node_command core_event_cmd(struct hf_id object, enum event event,
                                   enum reason reason);
/** core_event: one event on an object, by ana; its status. core_does: the same
 * where it must work, and all that follows from it. */
int core_event(struct core_node *n, struct hf_id object, enum event event,
               enum reason reason);
void core_does(struct core_node *n, struct hf_id object, enum event event,
               enum reason reason);
int core_withdraw(struct core_node *n, struct hf_id case_id, const char *scope,
                  bool erase);

/* ---- what stories begin with ---- */

/** core_refer: to whom the SOP says; what follows at once has followed. */
struct hf_id core_refer(struct core_node *n, struct hf_id case_id,
                        const char *need);
/** core_begin_pair: two nodes; the first holds a case, with consent to referral
 * of all of it to the second, which treats and lends. */
struct hf_id core_begin_pair(struct core_node **ret_first,
                             struct core_node **ret_second);
/** core_begin_custody: three nodes; the first holds a case that may pass
 * between them, but not protection and MHPSS; the third may be asked about
 * health. */
struct hf_id core_begin_custody(struct core_node **ret_first,
                                struct core_node **ret_second,
                                struct core_node **ret_third);
/** core_try_offer: the status; @flags: ENTRY_*. */
int core_try_offer(struct core_node *from, const struct core_node *to,
                   struct hf_id case_id, uint16_t flags);
/** core_offer: the case, received by @to. core_release: accepted and released.
 * core_move: and arrived and handed over: @to holds it. */
struct hf_id core_offer(struct core_node *from, struct core_node *to,
                        struct hf_id case_id);
struct hf_id core_release(struct core_node *from, struct core_node *to,
                          struct hf_id case_id);
struct hf_id core_move(struct core_node *from, struct core_node *to,
                       struct hf_id case_id);
/** core_amend: the consent that holds, by @c; what it takes away is to be
 * erased, too, if @erase says so. */
void core_amend(struct core_node *n, struct hf_id case_id,
                const struct consent *c, bool erase);

/* ---- looking ---- */

struct node_object core_object(const struct core_node *n, struct hf_id id);
enum state core_state(const struct core_node *n, struct hf_id id);
#define expect_no(cond, ...) cr_expect(zero(int, (int)(cond)), ##__VA_ARGS__)

#define expect_state(n, id, want)                                              \
    cr_expect(eq(str, (char *)state_text(core_state((n), (id))),               \
                 (char *)state_text(want)))
/** core_expect_same: both hold the same chains of @id, each acknowledged, in
 * the same state, and owe nothing. */
void core_expect_same(const struct core_node *a, const struct core_node *b,
                      struct hf_id id);
/** core_is_holder: as far as @n knows. */
bool core_is_holder(const struct core_node *n, struct hf_id case_id);
/** core_set_section: @c is @json from now on. core_section_is: whether it is.
 */
void core_set_section(struct core_node *n, struct hf_id case_id,
                      enum category c, const char *json);
bool core_section_is(const struct core_node *n, struct hf_id case_id,
                     enum category c, const char *json);
struct node_case core_case_of(const struct core_node *n, struct hf_id id);
/** core_alarms: how often it said @event. */
unsigned core_alarms(const struct core_node *n, const char *event);
/** core_holds: whether any row of @n's store has @text in it. */
bool core_holds(const struct core_node *n, const char *text);
/** core_went: whether any letter carried @text. */
bool core_went(const char *text);
/** core_withdrawals: withdrawals of which this node is @side. */
unsigned core_withdrawals(const struct core_node *n, enum side side,
                          struct hf_id *ret_last);

/* ---- restore ---- */

void core_backup(struct core_node *n);
/** core_restore: the node comes back with its backup; @knows: and says so. */
void core_restore(struct core_node *n, bool knows);

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
struct core_forger core_forge(enum object_kind kind, struct hf_id object,
                              const struct hf_org *author,
                              const struct hf_org *peer);
/** core_forge_after: go on behind the author's real chain, as @n holds it. */
void core_forge_after(struct core_forger *f, const struct core_node *n);
/** core_forge_entry: fill what @e leaves open, link, sign, add; @b may be
 * NULL. Lives until core_forge_end(). */
void core_forge_entry(struct core_forger *f, struct entry e,
                      const struct body *b);
/** core_forge_send: the push reaches @to as if @from had sent it. */
void core_forge_send(struct core_forger *f, struct core_node *to,
                     const struct hf_org *from);
void core_forge_end(struct core_forger *f);
/** core_seen: the hash of the @n-th entry of @side, as @node holds it. */
struct hf_hash core_seen(const struct core_node *node, struct hf_id object,
                         enum side side, uint32_t n);
void core_part(struct body *b, enum part_type type, enum category c,
               const void *p, size_t n);

#endif /* TESTS_CORE_FIXTURE_H */
