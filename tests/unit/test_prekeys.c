/* Unit tests of node/shell/prekeys over months of an injected clock: which
 * envelopes somebody who took the node's disk and memory can open. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include "hf_file.h"
#include "prekeys.h"
#include "proto_fixture.h"
#include "shell_fixture.h"

#define DAY    (UINT64_C(24) * 3600 * 1000)
#define WINDOW (PREKEYS_VALID_MS + PREKEYS_KEEP_MS)
#define DAYS   240

static char dir[] = "/tmp/hf-prekeys-XXXXXX";
static const uint8_t seal[HF_KEY_BYTES] = {7};
static struct hf_org self;
static struct hf_org sender;
static struct hf_secret *op; /* the sender's */
static struct prekeys *prekeys;

/* Everything a broker ever carried to this node, kept by whoever kept it. */
static struct kept {
    uint64_t at_ms;
    struct hf_buf bytes;
} kept[DAYS];
static size_t n_kept;

static void
begin(void)
{
    struct fault fault = {0};

    fixture_start();
    shell_folder(dir);
    self = fixture_org("clinic-kbl");
    sender = fixture_org("iom-at");
    op = fixture_secret(HF_KEY_SIGN, 31);
    cr_assert(prekeys_open(dir, &self, seal, T0, true, &prekeys, &fault));
}

static void
end(void)
{
    for (size_t i = 0; i < n_kept; i++)
        hf_buf_free(&kept[i].bytes);
    prekeys_close(prekeys);
    hf_secret_free(op);
    shell_folder_end(dir);
}

static void
tend(uint64_t now_ms)
{
    bool is_made;

    cr_assert(eq(int, (int)prekeys_tend(prekeys, now_ms, &is_made), HF_OK));
}

static struct prekey
published(void)
{
    struct shelf_doc doc;
    uint8_t bytes[PREKEY_BYTES];
    struct prekey k;

    prekeys_doc(prekeys, op, bytes, &doc);
    cr_assert(prekey_unpack(doc.bytes, &k));
    return k;
}

static void
send(const struct prekey *to, uint64_t now_ms)
{
    static const char text[] = "diabetes, since 2021";
    struct envelope_header h = {.lane = LANE_NORMAL,
                                .sender = sender,
                                .recipient = self,
                                .epoch = 1,
                                .seq = n_kept + 1,
                                .floor = 1,
                                .created_ms = now_ms,
                                .expires_ms = to->until_ms,
                                .registry_version = 1};
    struct kept *k = &kept[n_kept++];

    cr_assert(le(sz, n_kept, DAYS));
    hf_random(h.id.b, HF_ID_BYTES);
    hf_buf_init(&k->bytes, 1 << 16);
    k->at_ms = now_ms;
    cr_assert(eq(int,
                 (int)envelope_seal(
                     &h, op, to,
                     (struct hf_bytes){(const uint8_t *)text, sizeof(text)},
                     false, &k->bytes),
                 HF_OK));
}

/* With what is in memory; and, since a thief may take the machine cold, with
 * what an open of the same folder finds. */
static bool
opens(const struct prekeys *with, const struct kept *k)
{
    const struct hf_id id = envelope_prekey_id(hf_buf_bytes(&k->bytes));
    const struct hf_secret *secret = prekeys_find(with, &id);
    uint8_t sender_pk[HF_PK_BYTES];
    struct envelope_opened o;
    struct hf_buf plain;
    bool is_open;

    if (secret == NULL)
        return false;
    hf_secret_public(op, sender_pk);
    hf_buf_init(&plain, 1 << 16);
    is_open = envelope_open(hf_buf_bytes(&k->bytes), sender_pk, secret, &plain,
                            &o) == HF_OK;
    hf_buf_free(&plain);
    return is_open;
}

static struct prekeys *
steal(uint64_t now_ms)
{
    struct prekeys *theirs = NULL;
    struct fault fault = {0};

    cr_assert(prekeys_open(dir, &self, seal, now_ms, true, &theirs, &fault),
              "%s", fault.text);
    return theirs;
}

static int
n_files(void)
{
    char path[PATH_MAX];
    struct dirent *e;
    int n = 0;
    DIR *d = opendir(hf_path(path, sizeof(path), dir, "prekeys"));

    cr_assert(ne(ptr, d, NULL));
    while ((e = readdir(d)) != NULL)
        n += e->d_name[0] != '.';
    closedir(d);
    return n;
}

TestSuite(prekeys, .init = begin, .fini = end);

Test(prekeys, a_thief_opens_nothing_older_than_the_window)
{
    size_t n_open = 0, n_shut = 0;

    for (uint64_t day = 0; day < DAYS; day++) {
        struct prekey k;

        tend(T0 + day * DAY);
        k = published();
        send(&k, T0 + day * DAY);
    }
    for (size_t i = 0; i < n_kept; i++) {
        const uint64_t age = T0 + (DAYS - 1) * DAY - kept[i].at_ms;
        const bool is_open = opens(prekeys, &kept[i]);

        cr_expect(not(is_open && age >= WINDOW), "%zu days old opens",
                  (size_t)(age / DAY));
        cr_expect(is_open || age > WINDOW - PREKEYS_EVERY_MS,
                  "%zu days old is lost", (size_t)(age / DAY));
        n_open += is_open ? 1 : 0;
        n_shut += is_open ? 0 : 1;
    }
    cr_expect(ge(sz, n_open, 39));
    cr_expect(ge(sz, n_shut, DAYS - 46));
}

Test(prekeys, the_disk_holds_no_more_than_the_memory)
{
    struct prekeys *theirs;

    for (uint64_t day = 0; day < 120; day++) {
        struct prekey k;

        tend(T0 + day * DAY);
        k = published();
        send(&k, T0 + day * DAY);
    }
    theirs = steal(T0 + 119 * DAY);
    for (size_t i = 0; i < n_kept; i++)
        cr_expect(eq(int, opens(theirs, &kept[i]), opens(prekeys, &kept[i])));
    prekeys_close(theirs);
    cr_expect(le(int, n_files(), 7));
}

/* A sender that heard of no newer prekey goes on with the one it has. */
Test(prekeys, an_old_prekey_opens_until_its_last_day_and_then_never)
{
    const struct prekey first = published();

    for (uint64_t day = 0; day < 45; day++) {
        tend(T0 + day * DAY);
        send(&first, T0 + day * DAY);
    }
    tend(T0 + WINDOW - 1);
    for (size_t i = 0; i < n_kept; i++)
        cr_expect(opens(prekeys, &kept[i]));
    tend(T0 + WINDOW);
    for (size_t i = 0; i < n_kept; i++)
        cr_expect(not(opens(prekeys, &kept[i])));
}

Test(prekeys, a_file_alone_opens_nothing_without_the_store_key)
{
    static const uint8_t other[HF_KEY_BYTES] = {8};
    struct prekeys *theirs = NULL;
    struct fault fault = {0};

    cr_expect(not(prekeys_open(dir, &self, other, T0, true, &theirs, &fault)));
    cr_expect(eq(int, fault.status, FAULT_DATA));
}

Test(prekeys, a_restore_discards_all_and_begins_anew)
{
    const struct prekey was = published();
    struct fault fault = {0};

    send(&was, T0);
    prekeys_close(prekeys);
    prekeys = NULL;
    cr_assert(eq(int, (int)prekeys_discard(dir), HF_OK));
    cr_expect(eq(int, n_files(), 0));
    cr_assert(prekeys_open(dir, &self, seal, T0, true, &prekeys, &fault));
    cr_expect(not(hf_id_eq(&prekeys_newest(prekeys)->id, &was.id)));
    cr_expect(not(opens(prekeys, &kept[0])));
}

Test(prekeys, versions_rise_when_the_clock_goes_back)
{
    uint8_t bytes[PREKEY_BYTES];
    struct shelf_doc ahead, later;

    tend(T0 + 730 * DAY);
    prekeys_doc(prekeys, op, bytes, &ahead);
    tend(T0 + DAY);
    prekeys_doc(prekeys, op, bytes, &later);
    cr_expect(gt(u64, later.version, ahead.version));
    cr_expect(eq(u64, prekeys_newest(prekeys)->until_ms,
                 T0 + DAY + PREKEYS_VALID_MS));
}

Test(prekeys, what_was_made_while_the_clock_was_ahead_dies_in_time)
{
    struct prekey ahead;
    struct prekeys *theirs;

    tend(T0 + 730 * DAY);
    ahead = published();
    tend(T0 + DAY);
    send(&ahead, T0 + DAY);
    tend(T0 + DAY + WINDOW - 1);
    cr_expect(opens(prekeys, &kept[0]));
    tend(T0 + DAY + WINDOW);
    cr_expect(not(opens(prekeys, &kept[0])));
    theirs = steal(T0 + DAY + WINDOW);
    cr_expect(not(opens(theirs, &kept[0])));
    prekeys_close(theirs);
}

Test(prekeys, a_destruction_cut_short_is_finished_at_the_next_start)
{
    static const uint8_t zero[HF_KEY_BYTES + HF_BOX_BYTES];
    char path[PATH_MAX];
    char name[PATH_MAX];
    struct fault fault = {0};
    struct dirent *e;
    DIR *d;

    prekeys_close(prekeys);
    prekeys = NULL;
    d = opendir(hf_path(path, sizeof(path), dir, "prekeys"));
    while ((e = readdir(d)) != NULL)
        if (e->d_name[0] != '.')
            cr_assert(eq(
                int,
                (int)hf_file_write(hf_path(name, sizeof(name), path, e->d_name),
                                   zero, sizeof(zero), 0600),
                HF_OK));
    closedir(d);
    cr_assert(prekeys_open(dir, &self, seal, T0, true, &prekeys, &fault));
    cr_expect(eq(int, n_files(), 1), "a new one in its place");
}
