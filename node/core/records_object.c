/* Referrals, transfers, withdrawals: the record, its chains and bodies. */
#include "hf_assert.h"
#include "hf_text.h"
#include "records.h"
#include "row.h"

/* ---- objects ---- */

bool
object_get(const struct node_view *v, const struct hf_id *id,
           struct node_object *ret)
{
    const struct row_key k = row_id(id);

    return row_get(v, NODE_OBJECTS, &k, ret, sizeof(*ret));
}

static struct row_key
by_time_key(uint64_t ms, const struct hf_id *id)
{
    struct row_key k = {.n = 0};

    row_number(&k, UINT64_MAX - ms, 8); /* newest first */
    row_add(&k, id->b, HF_ID_BYTES);
    return k;
}

void
object_link(const struct node_view *v, const struct hf_id *to,
            const struct hf_id *object)
{
    struct row_key k = row_id(to);

    row_add(&k, object->b, HF_ID_BYTES);
    v->put(v->ctx, NODE_BY_CASE, row_span(&k), NULL,
           (struct hf_bytes){object->b, HF_ID_BYTES});
}

void
object_put(const struct node_view *v, const struct node_object *o,
           uint64_t was_ms)
{
    const struct row_key k = row_id(&o->id);
    const struct row_key now = by_time_key(o->changed_ms, &o->id);

    row_put(v, NODE_OBJECTS, &k, NULL, o, sizeof(*o));
    if (was_ms != 0 && was_ms != o->changed_ms) {
        const struct row_key was = by_time_key(was_ms, &o->id);

        v->del(v->ctx, NODE_BY_TIME, row_span(&was));
    }
    if (was_ms != o->changed_ms)
        v->put(v->ctx, NODE_BY_TIME, row_span(&now), NULL,
               (struct hf_bytes){o->id.b, HF_ID_BYTES});
    if (was_ms == 0 && !hf_id_is_zero(&o->case_id))
        object_link(v, &o->case_id, &o->id);
}

bool
object_next(const struct node_view *v, struct hf_id *id,
            struct node_object *ret)
{
    struct row_key k = row_id(id);
    struct hf_bytes key, row;

    row_add(&k, "", 1);
    if (!v->seek(v->ctx, NODE_OBJECTS, row_span(&k), &key, &row) ||
        !row_unwrap(row, ret, sizeof(*ret)))
        return false;
    *id = ret->id;
    return true;
}

bool
object_next_changed(const struct node_view *v, uint64_t *ms, struct hf_id *id,
                    struct node_object *ret)
{
    struct row_key k = by_time_key(*ms, id);
    struct hf_bytes key, row;

    if (*ms != UINT64_MAX || !hf_id_is_zero(id))
        row_add(&k, "", 1);
    if (!v->seek(v->ctx, NODE_BY_TIME, row_span(&k), &key, &row) ||
        key.n != 8 + HF_ID_BYTES)
        return false;
    *ms = UINT64_MAX - row_number_at(key.p, 8);
    memcpy(id->b, key.p + 8, HF_ID_BYTES);
    return object_get(v, id, ret);
}

/* A link may point to an object that this very step is still making: it is
 * passed over, not the end. */
bool
object_next_of_case(const struct node_view *v, const struct hf_id *case_id,
                    struct hf_id *id, struct node_object *ret)
{
    const struct row_key prefix = row_id(case_id);
    struct hf_bytes key, row;

    do {
        struct row_key k = prefix;

        row_add(&k, id->b, HF_ID_BYTES);
        row_add(&k, "", 1);
        if (!v->seek(v->ctx, NODE_BY_CASE, row_span(&k), &key, &row) ||
            !row_begins(key, &prefix) || key.n != 2 * HF_ID_BYTES)
            return false;
        memcpy(id->b, key.p + HF_ID_BYTES, HF_ID_BYTES);
    } while (!object_get(v, id, ret));
    return true;
}

/* ---- chains and bodies ---- */

static struct row_key
chain_key(const struct hf_id *object, enum side side, uint32_t n,
          unsigned branch)
{
    struct row_key k = row_id(object);

    row_number(&k, (uint64_t)side, 1);
    row_number(&k, n, 4);
    row_number(&k, branch, 1);
    return k;
}

bool
chain_get(const struct node_view *v, const struct hf_id *object, enum side side,
          uint32_t n, unsigned branch, uint8_t ret_entry[static ENTRY_BYTES],
          uint8_t ret_sig[static ENTRY_SIG_BYTES])
{
    const struct row_key k = chain_key(object, side, n, branch);
    struct hf_bytes row;

    if (!v->get(v->ctx, NODE_CHAINS, row_span(&k), &row) ||
        row.n != ENTRY_BYTES + ENTRY_SIG_BYTES)
        return false;
    memcpy(ret_entry, row.p, ENTRY_BYTES);
    memcpy(ret_sig, row.p + ENTRY_BYTES, ENTRY_SIG_BYTES);
    return true;
}

void
chain_put(const struct node_view *v, const struct hf_id *object, enum side side,
          uint32_t n, unsigned branch, const uint8_t entry[static ENTRY_BYTES],
          const uint8_t sig[static ENTRY_SIG_BYTES])
{
    const struct row_key k = chain_key(object, side, n, branch);
    uint8_t row[ENTRY_BYTES + ENTRY_SIG_BYTES];

    memcpy(row, entry, ENTRY_BYTES);
    memcpy(row + ENTRY_BYTES, sig, ENTRY_SIG_BYTES);
    v->put(v->ctx, NODE_CHAINS, row_span(&k), NULL,
           (struct hf_bytes){row, sizeof(row)});
}

static struct row_key
body_key(const struct hf_id *object, enum side side, uint32_t n, unsigned i)
{
    struct row_key k = chain_key(object, side, n, 0);

    row_number(&k, i, 1);
    return k;
}

bool
body_part_get(const struct node_view *v, const struct hf_id *object,
              enum side side, uint32_t n, unsigned i, struct part *ret_part)
{
    const struct row_key k = body_key(object, side, n, i);
    struct hf_bytes row;

    if (!v->get(v->ctx, NODE_BODIES, row_span(&k), &row) || row.n < 2)
        return false;
    ret_part->type = (enum part_type)row.p[0];
    ret_part->category = (enum category)row.p[1];
    ret_part->bytes = (struct hf_bytes){row.p + 2, row.n - 2};
    return true;
}

void
body_part_put(const struct node_view *v, const struct hf_id *object,
              enum side side, uint32_t n, unsigned i, const struct part *part,
              const struct node_lock *lock, uint8_t *scratch)
{
    const struct row_key k = body_key(object, side, n, i);

    HF_ASSERT(part->bytes.n <= PART_BYTES_MAX);
    scratch[0] = (uint8_t)part->type;
    scratch[1] = (uint8_t)part->category;
    if (part->bytes.n > 0)
        memcpy(scratch + 2, part->bytes.p, part->bytes.n);
    v->put(v->ctx, NODE_BODIES, row_span(&k), lock,
           (struct hf_bytes){scratch, part->bytes.n + 2});
}

void
body_part_del(const struct node_view *v, const struct hf_id *object,
              enum side side, uint32_t n, unsigned i)
{
    const struct row_key k = body_key(object, side, n, i);

    v->del(v->ctx, NODE_BODIES, row_span(&k));
}

void
bodies_del(const struct node_view *v, const struct hf_id *object)
{
    const struct row_key k = row_id(object);

    row_del_all(v, NODE_BODIES, &k);
}
