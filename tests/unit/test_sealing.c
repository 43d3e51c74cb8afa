/* Unit tests of node/shell/sealing, opening, streams, prekeys and peer_docs:
 * from one node's store to another node's event. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include "body.h"
#include "hf_file.h"
#include "opening.h"
#include "peer_docs.h"
#include "prekeys.h"
#include "registry_fixture.h"
#include "sealing.h"
#include "shell_fixture.h"

#define DAY (UINT64_C(24) * 3600 * 1000)

static char dir[] = "/tmp/hf-sealing-XXXXXX";
static struct registry *r;
static struct own_keys keys; /* of iom-at */
static struct node_store *store;
static struct sealing sealing;
static struct prekeys *prekeys; /* of clinic-kbl */
static struct opening opening;
static struct hf_org iom;
static struct hf_org clinic;
static struct content content;
static uint8_t entry_bytes[2][ENTRY_BYTES];
static uint8_t entry_sig[2][ENTRY_SIG_BYTES];
static uint8_t body_bytes_of[64];
static struct hf_buf sealed;

static struct registry_org *
member(const char *id)
{
    const struct hf_org org = fixture_org(id);

    for (size_t i = 0; i < r->n_orgs; i++)
        if (hf_org_eq(&r->orgs[i].id, &org))
            return &r->orgs[i];
    cr_assert(false, "no such member");
    return NULL;
}

/* The clinic's prekey, as a broker brought it to the IOM's node. */
static void
deliver_prekey(void)
{
    struct hf_secret *op = fixture_secret(HF_KEY_SIGN, 41);
    uint8_t bytes[PREKEY_BYTES];
    struct shelf_doc doc;

    prekeys_doc(prekeys, op, bytes, &doc);
    hf_secret_free(op);
    cr_assert(eq(int, (int)node_store_begin(store, true), HF_OK));
    cr_assert(eq(int, (int)peer_docs_put(store, r, &doc), HF_OK));
    cr_expect(eq(int, (int)peer_docs_put(store, r, &doc), HF_ERR_EXISTS));
    cr_assert(eq(int, (int)node_store_commit(store), HF_OK));
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
    prekeys = shell_prekeys(dir, "clinic", &clinic);
    sealing_init(&sealing, &iom, &keys, store);
    opening_init(&opening, &clinic, prekeys);
    hf_buf_init(&sealed, 1 << 22);
}

static void
end(void)
{
    hf_buf_free(&sealed);
    sealing_clear(&sealing);
    opening_clear(&opening);
    prekeys_close(prekeys);
    node_store_close(store);
    own_keys_clear(&keys);
    registry_free(r);
    shell_folder_end(dir);
}

/* A push of two signed entries of the IOM's, the first with a body. */
static void
make_push(void)
{
    struct hf_hash zero = {{0}};

    content = (struct content){.type = CONTENT_PUSH};
    content.u.push =
        (struct content_push){.kind = OBJECT_REFERRAL, .object = {{7}}, .n = 2};
    memset(body_bytes_of, 5, sizeof(body_bytes_of));
    for (uint32_t i = 0; i < 2; i++) {
        struct hf_bytes span = {entry_bytes[i], ENTRY_BYTES};
        const struct hf_bytes body = {body_bytes_of, sizeof(body_bytes_of)};
        struct entry e = {.kind = OBJECT_REFERRAL,
                          .event = i == 0 ? EVENT_SEND : EVENT_CANCEL,
                          .role = ROLE_CASE_MANAGER,
                          .object = {{7}},
                          .author = iom,
                          .peer = clinic,
                          .n = i + 1,
                          .at_ms = T0,
                          .happened_ms = T0};

        if (i == 0)
            hf_hash(BODY_LABEL, &body, 1, &e.body);
        else
            memset(e.prev.b, 1, sizeof(zero.b));
        entry_pack(&e, entry_bytes[i]);
        hf_sign(keys.operation, ENTRY_LABEL, &span, 1, entry_sig[i]);
        content.u.push.entry[i] = (struct content_entry){
            .bytes = span, .sig = {entry_sig[i], ENTRY_SIG_BYTES}};
        if (i == 0)
            content.u.push.entry[i].body = body;
    }
}

static enum hf_err
seal_one(uint8_t id, uint64_t now_ms)
{
    const struct node_send send = {.envelope = {{id}},
                                   .to = clinic,
                                   .lane = LANE_NORMAL,
                                   .created_ms = now_ms,
                                   .expires_ms = now_ms + NODE_TTL_MS,
                                   .content = &content};
    enum hf_err err;

    hf_buf_clear(&sealed);
    cr_assert(eq(int, (int)node_store_begin(store, true), HF_OK));
    err = sealing_seal(&sealing, r, &send, now_ms, &sealed);
    cr_assert(eq(int, (int)node_store_commit(store), HF_OK));
    return err;
}

static enum opening_verdict
open_it(struct node_event *ev)
{
    *ev = (struct node_event){0};
    return opening_open(&opening, r, hf_buf_bytes(&sealed), ev);
}

TestSuite(sealing, .init = begin, .fini = end);

Test(sealing, what_one_node_seals_another_opens)
{
    struct node_event ev;

    deliver_prekey();
    make_push();
    cr_assert(eq(int, (int)seal_one(1, T0), HF_OK));
    cr_assert(eq(int, (int)open_it(&ev), OPENING_EVENT));
    cr_assert(eq(int, (int)ev.type, NODE_EV_CONTENT));
    cr_expect(eq(sz, ev.content->u.push.n, 2));
    cr_expect(eq(sz, ev.content->u.push.entry[0].body.n, 64));
    cr_expect(eq(u32, opening.n_taken_out, 0));
    cr_expect(eq(u64, ev.header.seq, 1));
}

Test(sealing, without_a_prekey_nothing_is_sealed)
{
    make_push();
    cr_expect(eq(int, (int)seal_one(1, T0), HF_ERR_NOT_FOUND));
    cr_expect(eq(sz, sealed.n, 0));
    deliver_prekey();
    cr_expect(
        eq(int, (int)seal_one(1, T0 + PREKEYS_VALID_MS), HF_ERR_NOT_FOUND),
        "its time is over");
}

Test(sealing, nothing_is_sealed_to_a_suspended_member_in_an_ordinary_lane)
{
    deliver_prekey();
    make_push();
    member("clinic-kbl")->status = MEMBER_SUSPENDED;
    cr_expect(eq(int, (int)seal_one(1, T0), HF_ERR_FORBIDDEN));
    cr_expect(eq(sz, sealed.n, 0));
    member("clinic-kbl")->op[0].revoked = true;
    cr_expect(eq(int, (int)seal_one(1, T0), HF_ERR_NOT_FOUND),
              "a revoked key's prekey counts for nothing");
}

Test(sealing, a_stale_registry_opens_only_what_a_person_is_owed)
{
    struct node_event ev;

    deliver_prekey();
    make_push();
    cr_assert(eq(int, (int)seal_one(1, T0), HF_OK));
    opening.is_registry_stale = true;
    cr_expect(eq(int, (int)open_it(&ev), OPENING_WAIT));
    content = (struct content){.type = CONTENT_RECEIPT};
    content.u.receipts.n = 1;
    content.u.receipts.item[0] = (struct content_receipt){
        .envelope = {{4}}, .status = DELIVERY_OK, .at_ms = T0};
    cr_assert(eq(int, (int)seal_one(2, T0), HF_OK));
    cr_expect(eq(int, (int)open_it(&ev), OPENING_EVENT));
}

Test(sealing, an_envelope_ends_with_its_prekey)
{
    struct envelope_header h;

    deliver_prekey();
    make_push();
    cr_assert(eq(int, (int)seal_one(1, T0 + PREKEYS_VALID_MS - DAY), HF_OK));
    cr_assert(eq(int, (int)envelope_peek(hf_buf_bytes(&sealed), &h), HF_OK));
    cr_expect(eq(u64, h.expires_ms, T0 + PREKEYS_VALID_MS));
}

Test(sealing, numbers_rise_and_the_floor_follows_what_is_settled)
{
    struct envelope_header h;
    uint64_t epoch = 0;

    deliver_prekey();
    make_push();
    for (uint8_t i = 1; i <= 3; i++) {
        cr_assert(eq(int, (int)seal_one(i, T0), HF_OK));
        cr_assert(
            eq(int, (int)envelope_peek(hf_buf_bytes(&sealed), &h), HF_OK));
        cr_expect(eq(u64, h.seq, i));
        cr_expect(eq(u64, h.floor, 1));
        cr_expect(i == 1 || h.epoch == epoch);
        epoch = h.epoch;
    }
    cr_assert(eq(int, (int)node_store_begin(store, true), HF_OK));
    sealing_forget(&sealing, &(struct hf_id){{1}});
    sealing_forget(&sealing, &(struct hf_id){{3}});
    sealing_forget(&sealing, &(struct hf_id){{3}});
    cr_assert(eq(int, (int)node_store_commit(store), HF_OK));
    cr_assert(eq(int, (int)seal_one(4, T0), HF_OK));
    cr_assert(eq(int, (int)envelope_peek(hf_buf_bytes(&sealed), &h), HF_OK));
    cr_expect(eq(u64, h.seq, 4));
    cr_expect(eq(u64, h.floor, 2), "the second is still on its way");
}

Test(sealing, entries_with_a_bad_signature_are_taken_out)
{
    struct node_event ev;

    deliver_prekey();
    make_push();
    entry_sig[0][10] ^= 1;
    cr_assert(eq(int, (int)seal_one(1, T0), HF_OK));
    cr_assert(eq(int, (int)open_it(&ev), OPENING_EVENT));
    cr_assert(eq(sz, ev.content->u.push.n, 1));
    cr_expect(eq(u32, opening.n_taken_out, 1));
    cr_expect(eq(int,
                 memcmp(ev.content->u.push.entry[0].bytes.p, entry_bytes[1],
                        ENTRY_BYTES),
                 0));
}

Test(sealing, evidence_with_a_bad_signature_is_emptied)
{
    struct content_entry e[2];
    struct node_event ev;

    deliver_prekey();
    make_push();
    memcpy(e, content.u.push.entry, sizeof(e));
    e[0].body = (struct hf_bytes){NULL, 0};
    content = (struct content){.type = CONTENT_FORK};
    memcpy(content.u.fork.entry, e, sizeof(e));
    cr_assert(eq(int, (int)seal_one(1, T0), HF_OK));
    cr_assert(eq(int, (int)open_it(&ev), OPENING_EVENT));
    cr_expect(eq(sz, ev.content->u.fork.entry[1].bytes.n, ENTRY_BYTES));
    cr_expect(eq(u32, opening.n_taken_out, 0));
    entry_sig[1][0] ^= 1;
    cr_assert(eq(int, (int)seal_one(2, T0), HF_OK));
    cr_assert(eq(int, (int)open_it(&ev), OPENING_EVENT));
    cr_expect(eq(sz, ev.content->u.fork.entry[0].bytes.n, ENTRY_BYTES));
    cr_expect(eq(sz, ev.content->u.fork.entry[1].bytes.n, 0));
    cr_expect(eq(sz, ev.content->u.fork.entry[1].sig.n, 0));
    cr_expect(eq(u32, opening.n_taken_out, 1));
}

/* A notice of the IOM's in the content, signed with @key. */
static void
make_notice(struct hf_secret *key, const char *label)
{
    static uint8_t doc[REVIEW_NOTICE_BYTES], sig[REVIEW_SIG_BYTES];
    const struct hf_bytes span = {doc, sizeof(doc)};
    struct review_notice n = {.ground = GROUND_LIFE_AT_RISK,
                              .by = REVIEW_BY_CLINICIAN,
                              .categories = CATEGORY_BIT(CATEGORY_HEALTH),
                              .referral = {{7}},
                              .from = iom,
                              .to = fixture_org("tvet-hrt"),
                              .reviewer = clinic,
                              .sent_ms = T0,
                              .due_ms = T0 + 1,
                              .at_ms = T0};

    review_notice_pack(&n, doc);
    hf_sign(key, label, &span, 1, sig);
    content = (struct content){.type = CONTENT_REVIEW_NOTICE};
    content.u.signed_by.bytes = span;
    content.u.signed_by.sig = (struct hf_bytes){sig, sizeof(sig)};
}

Test(sealing, a_review_that_its_sender_did_not_sign_is_emptied)
{
    struct hf_secret *other = fixture_secret(HF_KEY_SIGN, 41);
    struct node_event ev;

    deliver_prekey();
    make_notice(keys.operation, REVIEW_NOTICE_LABEL);
    cr_assert(eq(int, (int)seal_one(1, T0), HF_OK));
    cr_assert(eq(int, (int)open_it(&ev), OPENING_EVENT));
    cr_expect(eq(sz, ev.content->u.signed_by.sig.n, REVIEW_SIG_BYTES));
    cr_expect(eq(u32, opening.n_taken_out, 0));
    make_notice(other, REVIEW_NOTICE_LABEL);
    cr_assert(eq(int, (int)seal_one(2, T0), HF_OK));
    cr_assert(eq(int, (int)open_it(&ev), OPENING_EVENT));
    cr_expect(eq(sz, ev.content->u.signed_by.sig.n, 0), "another's key");
    make_notice(keys.operation, REVIEW_VERDICT_LABEL);
    cr_assert(eq(int, (int)seal_one(3, T0), HF_OK));
    cr_assert(eq(int, (int)open_it(&ev), OPENING_EVENT));
    cr_expect(eq(sz, ev.content->u.signed_by.sig.n, 0), "another's label");
    hf_secret_free(other);
}

Test(sealing, a_body_that_is_not_the_signed_one_is_taken_out)
{
    struct node_event ev;

    deliver_prekey();
    make_push();
    body_bytes_of[20] ^= 1;
    cr_assert(eq(int, (int)seal_one(1, T0), HF_OK));
    cr_assert(eq(int, (int)open_it(&ev), OPENING_EVENT));
    cr_expect(eq(sz, ev.content->u.push.n, 2));
    cr_expect(eq(sz, ev.content->u.push.entry[0].body.n, 0));
    cr_expect(eq(u32, opening.n_taken_out, 1));
}

Test(sealing, an_envelope_for_a_lost_prekey_is_called_unopenable)
{
    struct node_event ev;
    bool is_made;

    deliver_prekey();
    make_push();
    cr_assert(eq(int, (int)seal_one(1, T0), HF_OK));
    cr_assert(
        eq(int, (int)prekeys_tend(prekeys, T0 + 60 * DAY, &is_made), HF_OK));
    cr_expect(is_made);
    cr_assert(eq(int, (int)open_it(&ev), OPENING_EVENT));
    cr_expect(eq(int, (int)ev.type, NODE_EV_UNOPENABLE));
    cr_expect(eq(int, ev.header.id.b[0], 1));
}

Test(sealing, a_forged_header_gets_no_answer)
{
    struct node_event ev;

    deliver_prekey();
    make_push();
    cr_assert(eq(int, (int)seal_one(1, T0), HF_OK));
    member("iom-at")->op[0].pk[0] ^= 1;
    cr_expect(eq(int, (int)open_it(&ev), OPENING_DROP));
}

Test(sealing, a_stranger_waits_only_if_a_newer_registry_may_know_it)
{
    struct node_event ev;

    deliver_prekey();
    make_push();
    cr_assert(eq(int, (int)seal_one(1, T0), HF_OK));
    member("iom-at")->status = MEMBER_SUSPENDED;
    cr_expect(eq(int, (int)open_it(&ev), OPENING_DROP));
    r->version[REGISTRY_ORGS]--;
    cr_expect(eq(int, (int)open_it(&ev), OPENING_WAIT));
    cr_expect(eq(int,
                 (int)opening_open(&opening, NULL, hf_buf_bytes(&sealed), &ev),
                 OPENING_WAIT));
}

Test(sealing, only_a_good_signature_makes_who_waits_known)
{
    struct node_event ev;

    deliver_prekey();
    make_push();
    cr_assert(eq(int, (int)seal_one(1, T0), HF_OK));
    opening.is_registry_stale = true;
    cr_expect(eq(int, (int)open_it(&ev), OPENING_WAIT));
    cr_expect(opening.is_known);
    r->version[REGISTRY_ORGS]--;
    member("iom-at")->status = MEMBER_SUSPENDED;
    cr_expect(eq(int, (int)open_it(&ev), OPENING_WAIT));
    cr_expect(opening.is_known, "suspended, as far as we know");
    member("iom-at")->op[0].pk[0] ^= 1;
    cr_expect(eq(int, (int)open_it(&ev), OPENING_WAIT));
    cr_expect(not(opening.is_known), "anybody may have made it");
    member("iom-at")->status = MEMBER_ACTIVE;
    cr_expect(eq(int, (int)open_it(&ev), OPENING_WAIT));
    cr_expect(not(opening.is_known));
}

Test(sealing, an_envelope_that_comes_a_day_after_its_end_is_dropped)
{
    struct node_event ev;
    struct envelope_header h;

    deliver_prekey();
    make_push();
    cr_assert(eq(int, (int)seal_one(1, T0), HF_OK));
    cr_assert(eq(int, (int)envelope_peek(hf_buf_bytes(&sealed), &h), HF_OK));
    opening.now_ms = h.expires_ms + DAY;
    cr_expect(eq(int, (int)open_it(&ev), OPENING_EVENT));
    opening.now_ms++;
    cr_expect(eq(int, (int)open_it(&ev), OPENING_DROP));
    cr_expect(eq(str, (char *)opening.why, "expired"));
    opening.now_ms = 0;
    cr_expect(eq(int, (int)open_it(&ev), OPENING_EVENT), "a clock in doubt");
}

Test(sealing, another_nodes_envelope_is_dropped)
{
    struct node_event ev;

    deliver_prekey();
    make_push();
    cr_assert(eq(int, (int)seal_one(1, T0), HF_OK));
    opening.self = &iom;
    cr_expect(eq(int, (int)open_it(&ev), OPENING_DROP));
}

Test(sealing, a_brokers_notice_becomes_an_event)
{
    struct hf_secret *op = fixture_secret(HF_KEY_SIGN, 11);
    struct envelope_header h = {.lane = LANE_URGENT,
                                .id = {{9}},
                                .sender = fixture_org("eu"),
                                .recipient = clinic,
                                .epoch = 1,
                                .seq = 1,
                                .floor = 1,
                                .created_ms = T0,
                                .expires_ms = T0 + DAY,
                                .registry_version = 1};
    const struct notice n = {.envelope = {{3}},
                             .recipient = iom,
                             .why = NOTICE_EXPIRED,
                             .at_ms = T0};
    struct node_event ev;

    cr_assert(eq(int, (int)notice_make(&h, op, &n, &sealed), HF_OK));
    hf_secret_free(op);
    cr_assert(eq(int, (int)open_it(&ev), OPENING_EVENT));
    cr_expect(eq(int, (int)ev.type, NODE_EV_NOTICE));
    cr_expect(eq(int, ev.header.id.b[0], 3));
    r->broker[0].op[0].pk[0] ^= 1;
    r->broker[1].op[0].pk[0] ^= 1;
    cr_expect(eq(int, (int)open_it(&ev), OPENING_DROP));
}

Test(sealing, a_prekey_signed_by_another_is_not_kept)
{
    uint8_t bytes[PREKEY_BYTES];
    struct shelf_doc doc;

    prekeys_doc(prekeys, keys.operation, bytes, &doc);
    cr_assert(eq(int, (int)node_store_begin(store, true), HF_OK));
    cr_expect(eq(int, (int)peer_docs_put(store, r, &doc), HF_ERR_SIGNATURE));
    node_store_abort(store);
}

static int
n_prekey_files(void)
{
    char path[PATH_MAX];
    struct dirent *e;
    int n = 0;
    DIR *d;

    hf_path(path, sizeof(path), dir, "clinic/prekeys");
    d = opendir(path);
    cr_assert(ne(ptr, d, NULL));
    while ((e = readdir(d)) != NULL)
        n += e->d_name[0] != '.';
    closedir(d);
    return n;
}

Test(sealing, prekeys_come_weekly_and_are_destroyed_in_time)
{
    const struct hf_id first = prekeys_newest(prekeys)->id;
    struct fault fault = {0};
    char path[PATH_MAX];
    bool is_made;

    cr_assert(
        eq(int, (int)prekeys_tend(prekeys, T0 + 6 * DAY, &is_made), HF_OK));
    cr_expect(not(is_made));
    for (uint64_t day = 7; day <= 45; day += 7) {
        cr_assert(eq(int, (int)prekeys_tend(prekeys, T0 + day * DAY, &is_made),
                     HF_OK));
        cr_expect(is_made);
    }
    cr_expect(ne(ptr, (void *)prekeys_find(prekeys, &first), NULL));
    cr_expect(eq(int, n_prekey_files(), 7));
    cr_assert(
        eq(int, (int)prekeys_tend(prekeys, T0 + 46 * DAY, &is_made), HF_OK));
    cr_expect(eq(ptr, (void *)prekeys_find(prekeys, &first), NULL));
    cr_expect(eq(int, n_prekey_files(), 6));

    prekeys_close(prekeys);
    hf_path(path, sizeof(path), dir, "clinic");
    cr_assert(prekeys_open(path, &clinic, shell_seal, T0 + 46 * DAY, true,
                           &prekeys, &fault));
    cr_expect(eq(int, n_prekey_files(), 6), "all of them came back");
    cr_expect(eq(u64, prekeys_newest(prekeys)->from_ms, T0 + 42 * DAY));
}
