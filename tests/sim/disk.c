#include "disk.h"

#include <stdlib.h>

#include "hf_assert.h"

struct row {
    struct hf_bytes key;
    struct hf_bytes value;
    bool has_lock;
    struct node_lock lock;
};

/* What a row was before it was written; NULL: not there. */
struct undo {
    enum node_table table;
    uint8_t *key;
    size_t key_n;
    struct row *was;
};

struct table {
    struct row **row; /* sorted by key */
    size_t n, max;
};

struct disk {
    struct node_view view;
    struct table table[NODE_TABLES];
    bool is_open;
    struct undo *undo;
    size_t n_undo, undo_max;
    uint8_t *lent[2];
};

static void *
must(void *p)
{
    HF_ASSERT(p != NULL);
    return p;
}

static uint8_t *
dup_bytes(struct hf_bytes b)
{
    uint8_t *p = must(malloc(b.n == 0 ? 1 : b.n));

    if (b.n > 0)
        memcpy(p, b.p, b.n);
    return p;
}

/* ---- rows ---- */

static struct row *
row_new(struct hf_bytes key, struct hf_bytes value,
        const struct node_lock *lock)
{
    struct row *r = must(calloc(1, sizeof(*r)));

    r->key = (struct hf_bytes){dup_bytes(key), key.n};
    r->value = (struct hf_bytes){dup_bytes(value), value.n};
    r->has_lock = lock != NULL;
    if (lock != NULL)
        r->lock = *lock;
    return r;
}

static void
row_free(struct row *r)
{
    if (r == NULL)
        return;
    free((void *)(uintptr_t)r->key.p);
    free((void *)(uintptr_t)r->value.p);
    free(r);
}

static int
compare(struct hf_bytes a, struct hf_bytes b)
{
    const size_t n = a.n < b.n ? a.n : b.n;
    const int c = n == 0 ? 0 : memcmp(a.p, b.p, n);

    if (c != 0)
        return c;
    return (a.n > b.n) - (a.n < b.n);
}

/* The first row with a key not below @key; whether it is that key. */
static size_t
find(const struct table *t, struct hf_bytes key, bool *ret_is_it)
{
    size_t low = 0, high = t->n;

    while (low < high) {
        const size_t mid = low + (high - low) / 2;

        if (compare(t->row[mid]->key, key) < 0)
            low = mid + 1;
        else
            high = mid;
    }
    *ret_is_it = low < t->n && compare(t->row[low]->key, key) == 0;
    return low;
}

static void
insert(struct table *t, size_t at, struct row *r)
{
    if (t->n == t->max) {
        t->max = t->max == 0 ? 64 : 2 * t->max;
        t->row = must(realloc(t->row, t->max * sizeof(t->row[0])));
    }
    memmove(t->row + at + 1, t->row + at, (t->n - at) * sizeof(t->row[0]));
    t->row[at] = r;
    t->n++;
}

static void
take_out(struct table *t, size_t at)
{
    t->n--;
    memmove(t->row + at, t->row + at + 1, (t->n - at) * sizeof(t->row[0]));
}

/* ---- writing ---- */

static void
note(struct disk *d, enum node_table t, struct hf_bytes key, struct row *was)
{
    HF_ASSERT(d->is_open);
    if (d->n_undo == d->undo_max) {
        d->undo_max = d->undo_max == 0 ? 64 : 2 * d->undo_max;
        d->undo = must(realloc(d->undo, d->undo_max * sizeof(d->undo[0])));
    }
    d->undo[d->n_undo++] = (struct undo){t, dup_bytes(key), key.n, was};
}

static void
drop_lent(struct disk *d)
{
    for (int i = 0; i < 2; i++) {
        free(d->lent[i]);
        d->lent[i] = NULL;
    }
}

static struct hf_bytes
lend(struct disk *d, int i, struct hf_bytes b)
{
    d->lent[i] = dup_bytes(b);
    return (struct hf_bytes){d->lent[i], b.n};
}

static bool
view_get(void *ctx, enum node_table t, struct hf_bytes key,
         struct hf_bytes *ret)
{
    struct disk *d = ctx;
    bool is_it;
    size_t at = find(&d->table[t], key, &is_it);
    struct hf_bytes got = {NULL, 0};

    if (is_it)
        got = (struct hf_bytes){dup_bytes(d->table[t].row[at]->value),
                                d->table[t].row[at]->value.n};
    drop_lent(d); /* after the key was used: it may have been lent by us */
    if (!is_it)
        return false;
    d->lent[0] = (uint8_t *)(uintptr_t)got.p;
    *ret = got;
    return true;
}

static void
view_put(void *ctx, enum node_table t, struct hf_bytes key,
         const struct node_lock *lock, struct hf_bytes value)
{
    struct disk *d = ctx;
    struct row *r = row_new(key, value, lock);
    bool is_it;
    const size_t at = find(&d->table[t], key, &is_it);

    note(d, t, key, is_it ? d->table[t].row[at] : NULL);
    if (is_it)
        d->table[t].row[at] = r;
    else
        insert(&d->table[t], at, r);
    drop_lent(d);
}

static void
view_del(void *ctx, enum node_table t, struct hf_bytes key)
{
    struct disk *d = ctx;
    bool is_it;
    const size_t at = find(&d->table[t], key, &is_it);

    if (is_it) {
        note(d, t, key, d->table[t].row[at]);
        take_out(&d->table[t], at);
    }
    drop_lent(d);
}

static bool
view_seek(void *ctx, enum node_table t, struct hf_bytes from,
          struct hf_bytes *ret_key, struct hf_bytes *ret_value)
{
    struct disk *d = ctx;
    bool is_it;
    const size_t at = find(&d->table[t], from, &is_it);
    const struct row *r;

    drop_lent(d);
    if (at == d->table[t].n)
        return false;
    r = d->table[t].row[at];
    *ret_key = lend(d, 0, r->key);
    *ret_value = lend(d, 1, r->value);
    return true;
}

static void
view_shred(void *ctx, const struct node_lock *lock)
{
    struct disk *d = ctx;

    for (int t = 0; t < NODE_TABLES; t++)
        for (size_t i = d->table[t].n; i > 0; i--) {
            struct row *r = d->table[t].row[i - 1];

            if (!r->has_lock || !hf_id_eq(&r->lock.id, &lock->id) ||
                (lock->category != CATEGORY_NONE &&
                 lock->category != r->lock.category))
                continue;
            note(d, (enum node_table)t, r->key, r);
            take_out(&d->table[t], i - 1);
        }
    drop_lent(d);
}

/* ---- transactions ---- */

void
disk_begin(struct disk *d)
{
    HF_ASSERT(!d->is_open);
    HF_ASSERT(d->n_undo == 0);
    d->is_open = true;
}

static void
forget_undo(struct disk *d)
{
    for (size_t i = 0; i < d->n_undo; i++)
        free(d->undo[i].key);
    d->n_undo = 0;
    d->is_open = false;
}

void
disk_commit(struct disk *d)
{
    HF_ASSERT(d->is_open);
    for (size_t i = 0; i < d->n_undo; i++)
        row_free(d->undo[i].was);
    forget_undo(d);
}

void
disk_abort(struct disk *d)
{
    HF_ASSERT(d->is_open);
    for (size_t i = d->n_undo; i > 0; i--) {
        const struct undo *u = &d->undo[i - 1];
        struct table *t = &d->table[u->table];
        bool is_it;
        const size_t at = find(t, (struct hf_bytes){u->key, u->key_n}, &is_it);

        if (is_it) {
            row_free(t->row[at]);
            take_out(t, at);
        }
        if (u->was != NULL)
            insert(t, at, u->was);
    }
    forget_undo(d);
}

bool
disk_is_open(const struct disk *d)
{
    return d->is_open;
}

bool
disk_touched(const struct disk *d, enum node_table t, size_t *i,
             struct hf_bytes *ret_key)
{
    for (; *i < d->n_undo; ++*i) {
        const struct undo *u = &d->undo[*i];

        if (u->table != t)
            continue;
        *ret_key = (struct hf_bytes){u->key, u->key_n};
        ++*i;
        return true;
    }
    return false;
}

/* ---- whole disks ---- */

struct disk *
disk_new(void)
{
    struct disk *d = must(calloc(1, sizeof(*d)));

    d->view = (struct node_view){d,        view_get,  view_put,
                                 view_del, view_seek, view_shred};
    return d;
}

void
disk_free(struct disk *d)
{
    if (d == NULL)
        return;
    if (d->is_open)
        disk_abort(d);
    drop_lent(d);
    for (int t = 0; t < NODE_TABLES; t++) {
        for (size_t i = 0; i < d->table[t].n; i++)
            row_free(d->table[t].row[i]);
        free(d->table[t].row);
    }
    free(d->undo);
    free(d);
}

static void
copy_table(struct disk *to, const struct disk *from, int t)
{
    for (size_t i = 0; i < from->table[t].n; i++) {
        const struct row *r = from->table[t].row[i];
        bool is_it;
        const size_t at = find(&to->table[t], r->key, &is_it);

        if (!is_it)
            insert(&to->table[t], at,
                   row_new(r->key, r->value, r->has_lock ? &r->lock : NULL));
    }
}

struct disk *
disk_copy(struct disk *d)
{
    struct disk *c = disk_new();

    HF_ASSERT(!d->is_open);
    for (int t = 0; t < NODE_TABLES; t++)
        copy_table(c, d, t);
    return c;
}

void
disk_keep(struct disk *d, struct disk *from, enum node_table t)
{
    HF_ASSERT(!d->is_open);
    copy_table(d, from, (int)t);
}

size_t
disk_rows(const struct disk *d, enum node_table t)
{
    return d->table[t].n;
}

const struct node_view *
disk_view(struct disk *d)
{
    return &d->view;
}
