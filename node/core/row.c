#include "row.h"

#include "hf_assert.h"
#include "records.h"

/* A raised version refuses rows of an older layout instead of misreading
 * them. */
#define RECORD_VERSION 1

void
row_add(struct row_key *k, const void *p, size_t n)
{
    HF_ASSERT(k->n + n <= sizeof(k->b));
    if (n == 0)
        return; /* p may be NULL */
    memcpy(k->b + k->n, p, n);
    k->n += n;
}

/* Big-endian, so that byte order is number order. */
void
row_number(struct row_key *k, uint64_t v, size_t bytes)
{
    uint8_t b[8];

    for (size_t i = 0; i < bytes; i++)
        b[i] = (uint8_t)(v >> (8 * (bytes - 1 - i)));
    row_add(k, b, bytes);
}

uint64_t
row_number_at(const uint8_t *p, size_t bytes)
{
    uint64_t v = 0;

    for (size_t i = 0; i < bytes; i++)
        v = v << 8 | p[i];
    return v;
}

struct row_key
row_id(const struct hf_id *id)
{
    struct row_key k = {.n = 0};

    row_add(&k, id->b, HF_ID_BYTES);
    return k;
}

struct hf_bytes
row_span(const struct row_key *k)
{
    return (struct hf_bytes){k->b, k->n};
}

bool
row_begins(struct hf_bytes key, const struct row_key *prefix)
{
    return key.n >= prefix->n && memcmp(key.p, prefix->b, prefix->n) == 0;
}

struct row_key
row_text(const char *text)
{
    struct row_key k = {.n = 0};

    row_add(&k, text, strlen(text));
    return k;
}

bool
row_unwrap(struct hf_bytes row, void *ret, size_t n)
{
    if (row.n == 0 || row.n > n + 1 || row.p[0] != RECORD_VERSION)
        return false;
    memset(ret, 0, n);
    memcpy(ret, row.p + 1, row.n - 1);
    return true;
}

bool
row_get(const struct node_view *v, enum node_table t, const struct row_key *k,
        void *ret, size_t n)
{
    struct hf_bytes row;

    return v->get(v->ctx, t, row_span(k), &row) && row_unwrap(row, ret, n);
}

/* Large enough for the largest record; one at a time. */
union any_record {
    struct node_user user;
    struct node_case case_;
    struct node_object object;
    struct node_decision decision;
    struct consent consent;
    struct service service;
    struct node_fork fork;
};

void
row_put(const struct node_view *v, enum node_table t, const struct row_key *k,
        const struct node_lock *lock, const void *p, size_t n)
{
    uint8_t row[1 + sizeof(union any_record)];

    HF_ASSERT(n < sizeof(row));
    while (n > 0 && ((const uint8_t *)p)[n - 1] == 0)
        n--; /* most of a consent, or of a decision, is empty */
    row[0] = RECORD_VERSION;
    memcpy(row + 1, p, n);
    v->put(v->ctx, t, row_span(k), lock, (struct hf_bytes){row, n + 1});
}

void
row_del_all(const struct node_view *v, enum node_table t,
            const struct row_key *prefix)
{
    struct hf_bytes key, row;

    while (v->seek(v->ctx, t, row_span(prefix), &key, &row) &&
           row_begins(key, prefix)) {
        struct row_key k = {.n = 0};

        row_add(&k, key.p, key.n); /* borrowed: not to be deleted by itself */
        v->del(v->ctx, t, row_span(&k));
    }
}
