/* What the clock brings up, and who waits for a peer's prekey. */
#include "records.h"
#include "row.h"

static struct row_key
due_key(uint64_t ms, const struct hf_id *object, enum due_what what)
{
    struct row_key k = {.n = 0};

    row_number(&k, ms, 8);
    row_add(&k, object->b, HF_ID_BYTES);
    row_number(&k, (uint64_t)what, 1);
    return k;
}

void
due_put(const struct node_view *v, uint64_t ms, const struct hf_id *object,
        enum due_what what)
{
    const struct row_key k = due_key(ms, object, what);
    const uint8_t one = 1;

    v->put(v->ctx, NODE_DUE, row_span(&k), NULL, (struct hf_bytes){&one, 1});
}

void
due_del(const struct node_view *v, uint64_t ms, const struct hf_id *object,
        enum due_what what)
{
    const struct row_key k = due_key(ms, object, what);

    v->del(v->ctx, NODE_DUE, row_span(&k));
}

static bool
due_from(const struct node_view *v, struct hf_bytes from, uint64_t *ret_ms,
         struct hf_id *ret_object, enum due_what *ret_what)
{
    struct hf_bytes key, row;

    if (!v->seek(v->ctx, NODE_DUE, from, &key, &row) ||
        key.n != 8 + HF_ID_BYTES + 1)
        return false;
    *ret_ms = row_number_at(key.p, 8);
    memcpy(ret_object->b, key.p + 8, HF_ID_BYTES);
    *ret_what = (enum due_what)key.p[8 + HF_ID_BYTES];
    return true;
}

bool
due_first(const struct node_view *v, uint64_t *ret_ms, struct hf_id *ret_object,
          enum due_what *ret_what)
{
    return due_from(v, (struct hf_bytes){NULL, 0}, ret_ms, ret_object,
                    ret_what);
}

bool
due_first_paused(const struct node_view *v, uint64_t *ret_ms,
                 struct hf_id *ret_object, enum due_what *ret_what)
{
    struct row_key from = {.n = 0};

    row_number(&from, DUE_PAUSED, 8);
    return due_from(v, row_span(&from), ret_ms, ret_object, ret_what);
}

static struct row_key
waiting_key(const struct hf_org *peer, const struct hf_id *object)
{
    struct row_key k = {.n = 0};

    row_add(&k, peer->s, HF_ORG_BYTES);
    row_add(&k, object->b, HF_ID_BYTES);
    return k;
}

void
waiting_put(const struct node_view *v, const struct hf_org *peer,
            const struct hf_id *object, uint64_t since_ms)
{
    const struct row_key k = waiting_key(peer, object);

    row_put(v, NODE_WAITING, &k, NULL, &since_ms, sizeof(since_ms));
}

uint64_t
waiting_since(const struct node_view *v, const struct hf_org *peer,
              const struct hf_id *object)
{
    const struct row_key k = waiting_key(peer, object);
    uint64_t since_ms = 0;

    return row_get(v, NODE_WAITING, &k, &since_ms, sizeof(since_ms)) ? since_ms
                                                                     : 0;
}

bool
waiting_next(const struct node_view *v, struct hf_org *peer,
             struct hf_id *object, uint64_t *ret_since_ms)
{
    struct row_key k = waiting_key(peer, object);
    struct hf_bytes key, row;

    row_add(&k, "", 1);
    if (!v->seek(v->ctx, NODE_WAITING, row_span(&k), &key, &row) ||
        key.n != HF_ORG_BYTES + HF_ID_BYTES ||
        !row_unwrap(row, ret_since_ms, sizeof(*ret_since_ms)))
        return false;
    memcpy(peer->s, key.p, HF_ORG_BYTES);
    memcpy(object->b, key.p + HF_ORG_BYTES, HF_ID_BYTES);
    return true;
}

void
waiting_del(const struct node_view *v, const struct hf_org *peer,
            const struct hf_id *object)
{
    const struct row_key k = waiting_key(peer, object);

    v->del(v->ctx, NODE_WAITING, row_span(&k));
}

bool
waiting_first(const struct node_view *v, const struct hf_org *peer,
              struct hf_id *ret_object)
{
    struct row_key prefix = {.n = 0};
    struct hf_bytes key, row;

    row_add(&prefix, peer->s, HF_ORG_BYTES);
    if (!v->seek(v->ctx, NODE_WAITING, row_span(&prefix), &key, &row) ||
        !row_begins(key, &prefix) || key.n != prefix.n + HF_ID_BYTES)
        return false;
    memcpy(ret_object->b, key.p + prefix.n, HF_ID_BYTES);
    return true;
}
