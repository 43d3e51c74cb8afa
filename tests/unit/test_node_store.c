/* Unit tests of node/shell/node_store: rows are sealed, bound to their place,
 * and gone when their key is. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include "hf_file.h"
#include "hf_store.h"
#include "node_store.h"
#include "shell_fixture.h"

#define CANARY "canary-Nasrin-Ahmadi"

static char dir[] = "/tmp/hf-node-store-XXXXXX";
static struct own_keys keys;
static struct node_store *s;
static const struct node_view *v;
static const struct node_lock health = {{{1}}, CATEGORY_HEALTH};
static const struct node_lock contact = {{{1}}, CATEGORY_CONTACT};

static struct hf_bytes
text(const char *t)
{
    return (struct hf_bytes){(const uint8_t *)t, strlen(t)};
}

static void
open_store(void)
{
    struct fault fault = {0};

    cr_assert(node_store_open(dir, &keys, &s, &fault), "%s", fault.text);
    v = node_store_view(s);
}

static void
open_again(void)
{
    node_store_close(s);
    open_store();
}

static void
begin(void)
{
    shell_folder(dir);
    shell_keys(&keys, 31);
    open_store();
}

static void
end(void)
{
    node_store_close(s);
    own_keys_clear(&keys);
    shell_folder_end(dir);
}

static void
put(const char *key, const struct node_lock *lock, const char *value)
{
    v->put(v->ctx, NODE_SECTIONS, text(key), lock, text(value));
}

static void
put_committed(const char *key, const struct node_lock *lock, const char *value)
{
    cr_assert(eq(int, node_store_begin(s, true), HF_OK));
    put(key, lock, value);
    cr_assert(eq(int, node_store_commit(s), HF_OK));
}

/* Inside a transaction. */
static bool
holds(const char *key, const char *value)
{
    struct hf_bytes got;

    return v->get(v->ctx, NODE_SECTIONS, text(key), &got) &&
           got.n == strlen(value) && memcmp(got.p, value, got.n) == 0;
}

static bool
holds_now(const char *key, const char *value)
{
    bool is_there;

    cr_assert(eq(int, node_store_begin(s, false), HF_OK));
    is_there = holds(key, value);
    node_store_abort(s);
    return is_there;
}

static bool
is_on_disk(const char *what)
{
    char path[PATH_MAX];
    struct hf_buf b;
    bool found;

    hf_path(path, sizeof(path), dir, "store/data.mdb");
    hf_buf_init(&b, 1u << 28);
    cr_assert(eq(int, hf_file_read(path, &b), HF_OK));
    found = memmem(b.p, b.n, what, strlen(what)) != NULL;
    hf_buf_free(&b);
    return found;
}

TestSuite(node_store, .init = begin, .fini = end);

Test(node_store, gives_back_what_was_put_after_a_restart)
{
    put_committed("a", NULL, "own");
    put_committed("b", &health, "locked");
    open_again();
    cr_expect(holds_now("a", "own"));
    cr_expect(holds_now("b", "locked"));
}

Test(node_store, writes_no_value_in_clear)
{
    put_committed("key-in-clear", NULL, CANARY);
    put_committed("b", &health, CANARY);
    node_store_close(s);
    s = NULL;
    cr_expect(is_on_disk("key-in-clear"), "the control is found");
    cr_expect(not(is_on_disk("canary")));
    cr_expect(not(is_on_disk("Nasrin")));
    open_store();
}

Test(node_store, drops_all_of_an_aborted_transaction)
{
    put_committed("a", &health, "before");
    cr_assert(eq(int, node_store_begin(s, true), HF_OK));
    put("a", &health, "after");
    put("b", &contact, "new");
    v->shred(v->ctx, &health);
    cr_expect(not(holds("a", "after")));
    node_store_abort(s);
    cr_expect(holds_now("a", "before"));
    cr_expect(not(holds_now("b", "new")));
    open_again();
    cr_expect(holds_now("a", "before"));
}

Test(node_store, sees_its_own_writes_within_a_transaction)
{
    cr_assert(eq(int, node_store_begin(s, true), HF_OK));
    put("a", &health, "one");
    put("a", &health, "two");
    cr_expect(holds("a", "two"));
    v->del(v->ctx, NODE_SECTIONS, text("a"));
    cr_expect(not(holds("a", "two")));
    cr_assert(eq(int, node_store_commit(s), HF_OK));
}

Test(node_store, a_shredded_row_is_gone_from_get_and_seek)
{
    struct hf_bytes key;
    struct hf_bytes value;

    put_committed("a", &health, "gone");
    put_committed("b", &contact, "stays");
    cr_assert(eq(int, node_store_begin(s, true), HF_OK));
    v->shred(v->ctx, &health);
    cr_expect(not(holds("a", "gone")), "within the same transaction");
    cr_assert(eq(int, node_store_commit(s), HF_OK));

    for (int i = 0; i < 2; i++) {
        cr_expect(not(holds_now("a", "gone")));
        cr_assert(eq(int, node_store_begin(s, false), HF_OK));
        cr_assert(v->seek(v->ctx, NODE_SECTIONS, text(""), &key, &value));
        cr_expect(eq(sz, key.n, 1));
        cr_expect(eq(int, key.p[0], 'b'));
        node_store_abort(s);
        open_again();
    }
}

Test(node_store, a_shred_of_an_id_takes_all_its_categories)
{
    const struct node_lock all = {{{1}}, CATEGORY_NONE};

    put_committed("a", &health, "one");
    put_committed("b", &contact, "two");
    put_committed("c", NULL, "own");
    cr_assert(eq(int, node_store_begin(s, true), HF_OK));
    v->shred(v->ctx, &all);
    cr_assert(eq(int, node_store_commit(s), HF_OK));
    cr_expect(not(holds_now("a", "one")));
    cr_expect(not(holds_now("b", "two")));
    cr_expect(holds_now("c", "own"));
}

Test(node_store, what_is_put_after_a_shred_in_one_transaction_stays)
{
    put_committed("a", &health, "old");
    cr_assert(eq(int, node_store_begin(s, true), HF_OK));
    v->shred(v->ctx, &health);
    put("b", &health, "new");
    cr_assert(eq(int, node_store_commit(s), HF_OK));
    open_again();
    cr_expect(not(holds_now("a", "old")));
    cr_expect(holds_now("b", "new"));
}

Test(node_store, seeks_in_the_order_of_keys)
{
    struct hf_bytes key;
    struct hf_bytes value;

    put_committed("ab", &health, "1");
    put_committed("ac", NULL, "2");
    put_committed("b", NULL, "3");
    cr_assert(eq(int, node_store_begin(s, false), HF_OK));
    cr_assert(v->seek(v->ctx, NODE_SECTIONS, text("ac"), &key, &value));
    cr_expect(eq(int, value.p[0], '2'));
    cr_assert(v->seek(v->ctx, NODE_SECTIONS, text("ad"), &key, &value));
    cr_expect(eq(int, value.p[0], '3'));
    cr_expect(not(v->seek(v->ctx, NODE_SECTIONS, text("c"), &key, &value)));
    node_store_abort(s);
}

/* Copy the raw row of @from to @to, as somebody with the disk would. */
static void
move_row(const char *from, unsigned from_table, const char *to,
         unsigned to_table)
{
    static const char *const tables[] = {
#define X(name, word) word,
        NODE_TABLE_MAP(X)
#undef X
    };
    struct hf_store *raw = NULL;
    struct hf_txn *txn = NULL;
    char path[PATH_MAX];
    uint8_t copy[512];
    struct hf_bytes row;

    node_store_close(s);
    s = NULL;
    hf_path(path, sizeof(path), dir, "store");
    cr_assert(eq(int,
                 hf_store_open(path, tables, NODE_TABLES, 1 << 26, 1 << 28,
                               &raw),
                 HF_OK));
    cr_assert(eq(int, hf_txn_begin(raw, true, &txn), HF_OK));
    cr_assert(eq(int, hf_txn_get(txn, from_table, text(from), &row), HF_OK));
    memcpy(copy, row.p, row.n);
    row.p = copy;
    cr_assert(eq(int, hf_txn_put(txn, to_table, text(to), row), HF_OK));
    cr_assert(eq(int, hf_txn_commit(&txn), HF_OK));
    hf_store_close(raw);
    open_store();
}

Test(node_store, a_row_moved_to_another_key_does_not_open)
{
    struct node_store_state state;

    put_committed("a", NULL, "mine");
    put_committed("b", &health, "locked");
    move_row("a", NODE_SECTIONS, "c", NODE_SECTIONS);
    cr_expect(holds_now("a", "mine"));
    cr_expect(not(holds_now("c", "mine")));
    node_store_state(s, &state);
    cr_expect(eq(u64, state.n_bad, 1), "and it is noticed");
    move_row("b", NODE_SECTIONS, "d", NODE_SECTIONS);
    cr_expect(not(holds_now("d", "locked")));
}

Test(node_store, a_row_moved_to_another_table_does_not_open)
{
    struct hf_bytes got;

    put_committed("a", NULL, "mine");
    move_row("a", NODE_SECTIONS, "a", NODE_CASES);
    cr_assert(eq(int, node_store_begin(s, false), HF_OK));
    cr_expect(not(v->get(v->ctx, NODE_CASES, text("a"), &got)));
    node_store_abort(s);
}

Test(node_store, refuses_another_store_key)
{
    struct hf_secret *op = NULL;
    struct hf_secret *link = NULL;
    struct hf_secret *store = NULL;
    struct fault fault = {0};

    put_committed("a", &health, "x");
    node_store_close(s);
    s = NULL;
    own_keys_clear(&keys);
    cr_assert(eq(int, hf_secret_new(HF_KEY_SIGN, &op), HF_OK));
    cr_assert(eq(int, hf_secret_new(HF_KEY_DH, &link), HF_OK));
    cr_assert(eq(int, hf_secret_new(HF_KEY_BOX, &store), HF_OK));
    cr_assert(eq(int, own_keys_init(&keys, op, link, store), HF_OK));
    cr_expect(not(node_store_open(dir, &keys, &s, &fault)));
    cr_expect(eq(int, fault.status, FAULT_DATA));
    s = NULL;
}

Test(node_store, grows_when_it_is_full_and_does_it_again)
{
    static char big[1 << 20];
    char key[16];
    enum hf_err err = HF_OK;
    int n_grown = 0;

    memset(big, 'x', sizeof(big) - 1);
    for (int i = 0; i < 4; i++) {
        do {
            cr_assert(eq(int, node_store_begin(s, true), HF_OK));
            for (int k = 0; k < 20; k++) {
                snprintf(key, sizeof(key), "%d-%d", i, k);
                put(key, &health, big);
            }
            err = node_store_commit(s);
            n_grown += err == HF_ERR_FULL;
        } while (err == HF_ERR_FULL && node_store_grow(s) == HF_OK);
        cr_assert(eq(int, err, HF_OK));
    }
    cr_expect(gt(int, n_grown, 0), "80 MiB do not fit the first 64");
    cr_expect(holds_now("3-19", big));
    cr_expect(holds_now("0-0", big));
}
