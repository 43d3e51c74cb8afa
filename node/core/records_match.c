/* What finds a case: its number, its person, its household. */
#include "records.h"
#include "row.h"

/* ---- a row is two keys, one after the other ---- */

static struct row_key
two(const void *a, size_t a_bytes, const struct hf_id *b)
{
    struct row_key k = {.n = 0};

    row_add(&k, a, a_bytes);
    row_add(&k, b->b, HF_ID_BYTES);
    return k;
}

/* The second key of the first row behind @b; false when there is none. */
static bool
next_of_two(const struct node_view *v, enum node_table t, const void *a,
            size_t a_bytes, struct hf_id *b)
{
    struct row_key k = two(a, a_bytes, b);
    struct row_key prefix = {.n = 0};
    struct hf_bytes key, row;

    row_add(&prefix, a, a_bytes);
    row_add(&k, "", 1);
    if (!v->seek(v->ctx, t, row_span(&k), &key, &row) ||
        !row_begins(key, &prefix) || key.n != a_bytes + HF_ID_BYTES)
        return false;
    memcpy(b->b, key.p + a_bytes, HF_ID_BYTES);
    return true;
}

/* ---- numbers and persons, by keyed hash ---- */

void
match_put(const struct node_view *v, const struct hf_hash *index,
          const struct hf_id *case_id)
{
    const struct row_key k = two(index->b, HF_HASH_BYTES, case_id);

    v->put(v->ctx, NODE_MATCHES, row_span(&k), NULL,
           (struct hf_bytes){case_id->b, HF_ID_BYTES});
}

void
match_del(const struct node_view *v, const struct hf_hash *index,
          const struct hf_id *case_id)
{
    const struct row_key k = two(index->b, HF_HASH_BYTES, case_id);

    v->del(v->ctx, NODE_MATCHES, row_span(&k));
}

bool
match_next(const struct node_view *v, const struct hf_hash *index,
           struct hf_id *ret_case)
{
    return next_of_two(v, NODE_MATCHES, index->b, HF_HASH_BYTES, ret_case);
}

/* ---- one person or two ---- */

void
pair_put(const struct node_view *v, const struct hf_id *a,
         const struct hf_id *b, const struct node_pair *p)
{
    const struct row_key ab = two(a->b, HF_ID_BYTES, b);
    const struct row_key ba = two(b->b, HF_ID_BYTES, a);

    row_put(v, NODE_PAIRS, &ab, NULL, p, sizeof(*p));
    row_put(v, NODE_PAIRS, &ba, NULL, p, sizeof(*p));
}

bool
pair_get(const struct node_view *v, const struct hf_id *a,
         const struct hf_id *b, struct node_pair *ret)
{
    const struct row_key k = two(a->b, HF_ID_BYTES, b);

    return row_get(v, NODE_PAIRS, &k, ret, sizeof(*ret));
}

void
pairs_del(const struct node_view *v, const struct hf_id *a)
{
    struct hf_id b = {{0}};

    while (next_of_two(v, NODE_PAIRS, a->b, HF_ID_BYTES, &b)) {
        const struct row_key ab = two(a->b, HF_ID_BYTES, &b);
        const struct row_key ba = two(b.b, HF_ID_BYTES, a);

        v->del(v->ctx, NODE_PAIRS, row_span(&ab));
        v->del(v->ctx, NODE_PAIRS, row_span(&ba));
    }
}

/* ---- households ---- */

void
household_put(const struct node_view *v, const struct hf_id *household,
              const struct hf_id *case_id)
{
    const struct row_key k = two(household->b, HF_ID_BYTES, case_id);

    v->put(v->ctx, NODE_HOUSEHOLDS, row_span(&k), NULL,
           (struct hf_bytes){case_id->b, HF_ID_BYTES});
}

void
household_del(const struct node_view *v, const struct hf_id *household,
              const struct hf_id *case_id)
{
    const struct row_key k = two(household->b, HF_ID_BYTES, case_id);

    v->del(v->ctx, NODE_HOUSEHOLDS, row_span(&k));
}

bool
household_next(const struct node_view *v, const struct hf_id *household,
               struct hf_id *ret_case)
{
    return next_of_two(v, NODE_HOUSEHOLDS, household->b, HF_ID_BYTES, ret_case);
}
