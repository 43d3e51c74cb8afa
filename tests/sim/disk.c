#include "disk.h"

#include <stdlib.h>

#include "hf_assert.h"

#define LEAF_MAX    256
#define LOCK_CHAINS 4096

/* A row with a lock is in the list of its lock's id, too: shredding finds it
 * there. */
struct row {
    struct hf_bytes key;
    struct hf_bytes value;
    bool has_lock;
    struct node_lock lock;
    enum node_table table;
    struct row *next, **at;
};

/* What a row was before it was written; NULL: not there. */
struct undo {
    enum node_table table;
    uint8_t *key;
    size_t key_n;
    struct row *was;
};

/* Sorted by key, in leaves of bounded size: an insertion moves few rows. */
struct leaf {
    size_t n;
    struct row *row[LEAF_MAX];
};
struct table {
    struct leaf **leaf;
    size_t n, max; /* leaves; none is empty */
    size_t rows;
};

/* Where a row is or would be: past the last leaf's end at the table's end. */
struct place {
    size_t leaf, at;
};

struct disk {
    struct node_view view;
    struct table table[NODE_TABLES];
    bool is_open;
    struct undo *undo;
    size_t n_undo, undo_max;
    uint8_t *lent[2];
    struct row *locked[LOCK_CHAINS];
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
static struct place
find(const struct table *t, struct hf_bytes key, bool *ret_is_it)
{
    size_t low = 0, high = t->n;
    const struct leaf *f;
    struct place p;

    while (low < high) { /* the first leaf whose last key is not below */
        const size_t mid = low + (high - low) / 2;

        f = t->leaf[mid];
        if (compare(f->row[f->n - 1]->key, key) < 0)
            low = mid + 1;
        else
            high = mid;
    }
    *ret_is_it = false;
    p = (struct place){low, 0};
    if (low == t->n)
        return p;
    f = t->leaf[low];
    for (high = f->n; p.at < high;) {
        const size_t mid = p.at + (high - p.at) / 2;

        if (compare(f->row[mid]->key, key) < 0)
            p.at = mid + 1;
        else
            high = mid;
    }
    *ret_is_it = compare(f->row[p.at]->key, key) == 0;
    return p;
}

static void
insert_leaf(struct table *t, size_t at)
{
    if (t->n == t->max) {
        t->max = t->max == 0 ? 16 : 2 * t->max;
        t->leaf = must(realloc(t->leaf, t->max * sizeof(t->leaf[0])));
    }
    memmove(t->leaf + at + 1, t->leaf + at, (t->n - at) * sizeof(t->leaf[0]));
    t->leaf[at] = must(calloc(1, sizeof(*t->leaf[at])));
    t->n++;
}

/* Half of a full leaf goes into a new one behind it. */
static struct place
split(struct table *t, struct place p)
{
    struct leaf *f = t->leaf[p.leaf], *g;
    const size_t half = LEAF_MAX / 2;

    insert_leaf(t, p.leaf + 1);
    g = t->leaf[p.leaf + 1];
    memcpy(g->row, f->row + half, (LEAF_MAX - half) * sizeof(f->row[0]));
    g->n = LEAF_MAX - half;
    f->n = half;
    return p.at <= half ? p : (struct place){p.leaf + 1, p.at - half};
}

static void
link_lock(struct disk *d, struct row *r)
{
    struct row **first;

    if (!r->has_lock)
        return;
    first = &d->locked[(r->lock.id.b[0] << 8 | r->lock.id.b[1]) % LOCK_CHAINS];
    r->next = *first;
    r->at = first;
    if (r->next != NULL)
        r->next->at = &r->next;
    *first = r;
}

static void
unlink_lock(struct row *r)
{
    if (!r->has_lock)
        return;
    *r->at = r->next;
    if (r->next != NULL)
        r->next->at = r->at;
}

static void
insert(struct disk *d, enum node_table table, struct place p, struct row *r)
{
    struct table *t = &d->table[table];
    struct leaf *f;

    if (p.leaf == t->n && t->n > 0)
        p = (struct place){t->n - 1, t->leaf[t->n - 1]->n};
    if (t->n == 0)
        insert_leaf(t, 0);
    if (t->leaf[p.leaf]->n == LEAF_MAX)
        p = split(t, p);
    f = t->leaf[p.leaf];
    memmove(f->row + p.at + 1, f->row + p.at,
            (f->n - p.at) * sizeof(f->row[0]));
    f->row[p.at] = r;
    f->n++;
    t->rows++;
    r->table = table;
    link_lock(d, r);
}

/* The row is the caller's then. */
static struct row *
take_out(struct disk *d, enum node_table table, struct place p)
{
    struct table *t = &d->table[table];
    struct leaf *f = t->leaf[p.leaf];
    struct row *r = f->row[p.at];

    f->n--;
    t->rows--;
    memmove(f->row + p.at, f->row + p.at + 1,
            (f->n - p.at) * sizeof(f->row[0]));
    unlink_lock(r);
    if (f->n > 0)
        return r;
    free(f);
    t->n--;
    memmove(t->leaf + p.leaf, t->leaf + p.leaf + 1,
            (t->n - p.leaf) * sizeof(t->leaf[0]));
    return r;
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

static struct row *
row_at(const struct disk *d, enum node_table t, struct place p)
{
    return d->table[t].leaf[p.leaf]->row[p.at];
}

static bool
view_get(void *ctx, enum node_table t, struct hf_bytes key,
         struct hf_bytes *ret)
{
    struct disk *d = ctx;
    bool is_it;
    const struct place at = find(&d->table[t], key, &is_it);
    struct hf_bytes got = {NULL, 0};

    if (is_it)
        got = (struct hf_bytes){dup_bytes(row_at(d, t, at)->value),
                                row_at(d, t, at)->value.n};
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
    struct place at = find(&d->table[t], key, &is_it);

    note(d, t, key, is_it ? take_out(d, t, at) : NULL);
    if (is_it) /* its leaf may have gone with it */
        at = find(&d->table[t], key, &is_it);
    insert(d, t, at, r);
    drop_lent(d);
}

static void
view_del(void *ctx, enum node_table t, struct hf_bytes key)
{
    struct disk *d = ctx;
    bool is_it;
    const struct place at = find(&d->table[t], key, &is_it);

    if (is_it)
        note(d, t, key, take_out(d, t, at));
    drop_lent(d);
}

static bool
view_seek(void *ctx, enum node_table t, struct hf_bytes from,
          struct hf_bytes *ret_key, struct hf_bytes *ret_value)
{
    struct disk *d = ctx;
    bool is_it;
    const struct place at = find(&d->table[t], from, &is_it);
    const struct row *r;

    drop_lent(d);
    if (at.leaf == d->table[t].n)
        return false;
    r = row_at(d, t, at);
    *ret_key = lend(d, 0, r->key);
    *ret_value = lend(d, 1, r->value);
    return true;
}

static void
view_shred(void *ctx, const struct node_lock *lock)
{
    struct disk *d = ctx;
    struct row *next;

    for (struct row *r = d->locked[(lock->id.b[0] << 8 | lock->id.b[1]) %
                                   LOCK_CHAINS];
         r != NULL; r = next) {
        bool is_it;

        next = r->next;
        if (!hf_id_eq(&r->lock.id, &lock->id) ||
            (lock->category != CATEGORY_NONE &&
             lock->category != r->lock.category))
            continue;
        note(d, r->table, r->key, r);
        (void)take_out(d, r->table,
                       find(&d->table[r->table], r->key, &is_it));
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
        const struct table *t = &d->table[u->table];
        const struct hf_bytes key = {u->key, u->key_n};
        bool is_it;
        struct place at = find(t, key, &is_it);

        if (is_it)
            row_free(take_out(d, u->table, at));
        at = find(t, key, &is_it);
        if (u->was != NULL)
            insert(d, u->table, at, u->was);
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
        for (size_t i = 0; i < d->table[t].n; i++) {
            for (size_t k = 0; k < d->table[t].leaf[i]->n; k++)
                row_free(d->table[t].leaf[i]->row[k]);
            free(d->table[t].leaf[i]);
        }
        free(d->table[t].leaf);
    }
    free(d->undo);
    free(d);
}

static void
copy_row(struct disk *to, enum node_table t, const struct row *r)
{
    bool is_it;
    const struct place at = find(&to->table[t], r->key, &is_it);

    if (!is_it)
        insert(to, t, at,
               row_new(r->key, r->value, r->has_lock ? &r->lock : NULL));
}

static void
copy_table(struct disk *to, const struct disk *from, enum node_table t)
{
    for (size_t i = 0; i < from->table[t].n; i++)
        for (size_t k = 0; k < from->table[t].leaf[i]->n; k++)
            copy_row(to, t, from->table[t].leaf[i]->row[k]);
}

struct disk *
disk_copy(struct disk *d)
{
    struct disk *c = disk_new();

    HF_ASSERT(!d->is_open);
    for (int t = 0; t < NODE_TABLES; t++)
        copy_table(c, d, (enum node_table)t);
    return c;
}

void
disk_keep(struct disk *d, struct disk *from, enum node_table t)
{
    HF_ASSERT(!d->is_open);
    copy_table(d, from, t);
}

bool
disk_holds(const struct disk *d, const char *text, size_t n)
{
    for (int t = 0; t < NODE_TABLES; t++)
        for (size_t i = 0; i < d->table[t].n; i++)
            for (size_t k = 0; k < d->table[t].leaf[i]->n; k++) {
                const struct hf_bytes v = d->table[t].leaf[i]->row[k]->value;

                if (memmem(v.p, v.n, text, n) != NULL)
                    return true;
            }
    return false;
}

size_t
disk_rows(const struct disk *d, enum node_table t)
{
    return d->table[t].rows;
}

const struct node_view *
disk_view(struct disk *d)
{
    return &d->view;
}
