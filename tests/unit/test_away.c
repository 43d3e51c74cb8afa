/* A member that was away: after 37 days every envelope is there and opens
 * unchanged; after 60 days everything that is still owed comes, sealed anew.
 * A real core over a real store, real prekeys and envelopes; the broker is a
 * row of bytes that drops what has expired. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include "hf_file.h"
#include "opening.h"
#include "peer_docs.h"
#include "prekeys.h"
#include "registry_fixture.h"
#include "sealing.h"
#include "shell_fixture.h"

#define DAY      (UINT64_C(24) * 3600 * 1000)
#define DAYS_MAX 64
#define MAIL_MAX 512

static char dir[] = "/tmp/hf-away-XXXXXX";
static struct registry *r;
static struct own_keys keys; /* of iom-at */
static struct node_crypto crypto;
static struct node_config config;
static struct node_store *store;
static struct sealing sealing;
static struct node_env env;
static struct node_effects *fx;
static struct prekeys *prekeys; /* of clinic-kbl */
static struct opening opening;
static struct hf_org iom, clinic;
static uint64_t now_ms;
static uint64_t draws;
static uint64_t published; /* version of the prekey the IOM's node holds */
static struct node_reply reply;

/* The clinic's mailbox at its broker. */
static struct mail {
    struct envelope_header h;
    struct hf_buf bytes;
    bool is_gone;
} mail[MAIL_MAX];
static size_t n_mail;

static uint64_t
peer_until(void *ctx, const struct hf_org *peer)
{
    struct prekey k;

    (void)ctx;
    return peer_docs_prekey(store, r, peer, now_ms, &k) ? k.until_ms : 0;
}

static void
begin(void)
{
    struct fault fault = {0};

    fixture_start();
    iom = fixture_org("iom-at");
    clinic = fixture_org("clinic-kbl");
    shell_folder(dir);
    r = shell_registry();
    shell_keys(&keys, 31);
    cr_assert(node_store_open(dir, &keys, &store, &fault), "%s", fault.text);
    now_ms = T0;
    prekeys = shell_prekeys(dir, "clinic", &clinic);
    sealing_init(&sealing, &iom, &keys, store);
    opening_init(&opening, &clinic, prekeys);
    crypto = own_keys_crypto(&keys);
    config = (struct node_config){.org = iom, .kind = ORG_IOM_OFFICE};
    env = (struct node_env){.config = &config,
                            .view = node_store_view(store),
                            .crypto = &crypto,
                            .registry = r,
                            .peer_until_ms = peer_until,
                            .is_signed = opening_is_signed,
                            .is_said = opening_is_said};
    fx = calloc(1, sizeof(*fx));
}

static void
end(void)
{
    for (size_t i = 0; i < n_mail; i++)
        hf_buf_free(&mail[i].bytes);
    free(fx);
    sealing_clear(&sealing);
    opening_clear(&opening);
    prekeys_close(prekeys);
    node_store_close(store);
    own_keys_clear(&keys);
    registry_free(r);
    shell_folder_end(dir);
}

/* ---- the IOM's node ---- */

static void
seal(const struct node_send *send)
{
    struct mail *m = &mail[n_mail++];

    cr_assert(lt(sz, n_mail, MAIL_MAX));
    hf_buf_init(&m->bytes, 1 << 20);
    cr_assert(eq(int, (int)sealing_seal(&sealing, r, send, now_ms, &m->bytes),
                 HF_OK));
    cr_assert(
        eq(int, (int)envelope_peek(hf_buf_bytes(&m->bytes), &m->h), HF_OK));
}

/* One event in one transaction; envelopes reach the broker after it. */
static bool
step(struct node_event *ev)
{
    bool again = false;

    ev->now_ms = now_ms;
    draws++;
    memcpy(ev->seed, &draws, sizeof(draws));
    fx->n = fx->used = 0;
    cr_assert(eq(int, (int)node_store_begin(store, true), HF_OK));
    node_step(&env, ev, fx);
    for (size_t i = 0; i < fx->n; i++) {
        if (fx->item[i].type == NODE_DO_SEND)
            seal(&fx->item[i].u.send);
        else if (fx->item[i].type == NODE_DO_FORGET)
            sealing_forget(&sealing, &fx->item[i].u.forget);
        else if (fx->item[i].type == NODE_DO_REPLY)
            reply = fx->item[i].u.reply;
        else if (fx->item[i].type == NODE_DO_AGAIN)
            again = true;
    }
    cr_assert(eq(int, (int)node_store_commit(store), HF_OK));
    return again;
}

static uint64_t
wake_ms(void)
{
    uint64_t ms;

    cr_assert(eq(int, (int)node_store_begin(store, false), HF_OK));
    ms = node_wake_ms(&env);
    node_store_abort(store);
    return ms;
}

static void
tick(void)
{
    for (int i = 0; i < 2000; i++) {
        struct node_event ev = {.type = NODE_EV_TICK};

        if (!step(&ev) && wake_ms() > now_ms)
            return;
    }
    cr_fatal("never comes to rest");
}

/* The broker has them; what is not in the mailbox by itself. */
static void
take_custody(size_t from)
{
    for (size_t i = from; i < n_mail; i++) {
        struct node_event ev = {.type = NODE_EV_CUSTODY, .is_taken = true};

        ev.header.id = mail[i].h.id;
        ev.broker = fixture_org("eu");
        (void)step(&ev);
    }
}

/* Something new for the clinic: a request for a case. */
static struct hf_id
ask(uint64_t day)
{
    const size_t before = n_mail;
    struct node_command c = {.type = CMD_TRANSFER_REQUEST, .to = clinic};
    struct node_event ev = {.type = NODE_EV_COMMAND, .command = &c};

    snprintf(c.user.s, sizeof(c.user.s), "ana");
    snprintf(c.number.s, sizeof(c.number.s), "AT-%u", (unsigned)day);
    (void)step(&ev);
    cr_assert(eq(int, reply.status, 0), "%s", reply.message);
    take_custody(before);
    return reply.id;
}

static void
add_user(void)
{
    struct node_command c = {.type = CMD_USER_ADD,
                             .is_node_owner = true,
                             .roles = ROLE_BIT(ROLE_CASE_MANAGER)};
    struct node_event ev = {.type = NODE_EV_COMMAND, .command = &c};

    snprintf(c.user.s, sizeof(c.user.s), "root");
    snprintf(c.user_name.s, sizeof(c.user_name.s), "ana");
    (void)step(&ev);
    cr_assert(eq(int, reply.status, 0), "%s", reply.message);
}

/* ---- the clinic's node ---- */

/* It runs for a moment: its newest prekey reaches the shelf. */
static void
be_there(void)
{
    struct hf_secret *op = fixture_secret(HF_KEY_SIGN, 41);
    struct node_event ev = {.type = NODE_EV_PEER, .peer = clinic};
    uint8_t bytes[PREKEY_BYTES];
    struct shelf_doc doc;
    bool is_made;

    cr_assert(eq(int, (int)prekeys_tend(prekeys, now_ms, &is_made), HF_OK));
    prekeys_doc(prekeys, op, bytes, &doc);
    hf_secret_free(op);
    if (doc.version == published)
        return;
    published = doc.version;
    cr_assert(eq(int, (int)node_store_begin(store, true), HF_OK));
    cr_assert(eq(int, (int)peer_docs_put(store, r, &doc), HF_OK));
    cr_assert(eq(int, (int)node_store_commit(store), HF_OK));
    (void)step(&ev);
    tick();
}

/* Does this envelope open, and is it about @object? */
static bool
brings(const struct mail *m, const struct hf_id *object)
{
    struct node_event ev = {0};

    return !m->is_gone &&
           opening_open(&opening, r, hf_buf_bytes(&m->bytes), &ev) ==
               OPENING_EVENT &&
           ev.type == NODE_EV_CONTENT && ev.content->type == CONTENT_PUSH &&
           hf_id_eq(&ev.content->u.push.object, object);
}

static size_t
envelopes_of(const struct hf_id *object)
{
    size_t n = 0;

    for (size_t i = 0; i < n_mail; i++)
        n += brings(&mail[i], object);
    return n;
}

/* The broker drops what has expired, day by day; the sender's clock runs. */
static void
let_a_day_pass(void)
{
    const uint64_t tomorrow = now_ms + DAY;

    while (wake_ms() <= tomorrow) {
        const size_t before = n_mail;

        now_ms = wake_ms() > now_ms ? wake_ms() : now_ms;
        tick();
        take_custody(before);
    }
    now_ms = tomorrow;
    for (size_t i = 0; i < n_mail; i++)
        mail[i].is_gone |= mail[i].h.expires_ms <= now_ms;
}

TestSuite(away, .init = begin, .fini = end);

Test(away, for_37_days_it_gets_every_envelope_unchanged)
{
    struct hf_id object[DAYS_MAX];
    size_t n_sealed;

    add_user();
    be_there();
    for (int day = 0; day < 6; day++) /* its prekey is six days old ... */
        let_a_day_pass();
    be_there(); /* ... when it was last seen */
    for (uint64_t day = 0; day < 37; day++) {
        object[day] = ask(day);
        let_a_day_pass();
    }
    n_sealed = n_mail;
    cr_assert(eq(sz, n_sealed, 37), "one each, none sealed again");
    be_there();
    for (size_t day = 0; day < 37; day++) {
        cr_expect(not(mail[day].is_gone), "day %zu was dropped", day);
        cr_expect(eq(sz, envelopes_of(&object[day]), 1), "day %zu", day);
    }
}

Test(away, for_60_days_it_gets_everything_that_is_owed_sealed_anew)
{
    struct hf_id object[DAYS_MAX];

    add_user();
    be_there();
    for (uint64_t day = 0; day < 60; day++) {
        object[day] = ask(day);
        let_a_day_pass();
    }
    for (size_t i = 0; i < n_mail; i++)
        cr_assert(mail[i].is_gone, "all of them ran out with the prekey");
    be_there();
    for (size_t day = 0; day < 60; day++)
        cr_expect(eq(sz, envelopes_of(&object[day]), 1), "day %zu", day);
}

Test(away, while_nothing_can_be_sealed_the_wait_is_counted)
{
    struct hf_org peer = {{0}};
    struct hf_id object = {{0}}, asked;
    struct node_object o;
    uint64_t since = 0;

    add_user();
    be_there();
    for (uint64_t day = 0; day < 46; day++)
        let_a_day_pass();
    asked = ask(46);
    for (uint64_t day = 0; day < 8; day++)
        let_a_day_pass();
    cr_assert(eq(int, (int)node_store_begin(store, false), HF_OK));
    cr_assert(waiting_next(env.view, &peer, &object, &since));
    cr_expect(hf_id_eq(&object, &asked));
    cr_expect(eq(u64, since, T0 + 46 * DAY));
    cr_assert(object_get(env.view, &asked, &o));
    cr_expect(eq(int, o.waits_prekey, 4), "at once, a day, three, a week");
    node_store_abort(store);
    be_there();
    cr_assert(eq(int, (int)node_store_begin(store, false), HF_OK));
    peer = (struct hf_org){{0}};
    object = (struct hf_id){{0}};
    cr_expect(not(waiting_next(env.view, &peer, &object, &since)));
    node_store_abort(store);
}
