#include "journal.h"

#include "hf_assert.h"
#include "hf_text.h"

enum what { WHAT_LOCK = 1, WHAT_ROW };

#define KEY_BYTES  8
#define HEAD_BYTES (HF_ORG_BYTES + 8)
#define FIXED      (8 + 1)         /* of a row: when, what */
#define ROW_FIXED  (FIXED + 1 + 2) /* ... table, length of the key */
#define VALUE_MAX  4096u

/* The counter stands before all rows: no serial's key is that short. */
static const uint8_t counter_key[1] = {0};
#define COUNTER ((struct hf_bytes){counter_key, sizeof(counter_key)})

static struct hf_bytes
key_of(uint64_t serial, uint8_t out[static KEY_BYTES])
{
    for (int i = 0; i < KEY_BYTES; i++)
        out[i] = (uint8_t)(serial >> (56 - 8 * i));
    return (struct hf_bytes){out, KEY_BYTES};
}

uint64_t
journal_last(const struct node_view *v)
{
    struct hf_bytes row;
    const uint8_t *p;

    if (!v->get(v->ctx, NODE_JOURNAL, COUNTER, &row) || row.n != 8)
        return 0;
    p = row.p;
    return hf_get_u64(&p);
}

static void
append(const struct node_view *v, const uint8_t *row, size_t n)
{
    const uint64_t serial = journal_last(v) + 1;
    uint8_t key[KEY_BYTES];
    uint8_t count[8];
    uint8_t *p = count;

    hf_put_u64(&p, serial);
    v->put(v->ctx, NODE_JOURNAL, COUNTER, NULL,
           (struct hf_bytes){count, sizeof(count)});
    v->put(v->ctx, NODE_JOURNAL, key_of(serial, key), NULL,
           (struct hf_bytes){row, n});
}

void
journal_lock(const struct node_view *v, uint64_t now_ms,
             const struct node_lock *lock)
{
    uint8_t row[FIXED + HF_ID_BYTES + 1];
    uint8_t *p = row;

    hf_put_u64(&p, now_ms);
    hf_put_u8(&p, WHAT_LOCK);
    hf_put_bytes(&p, lock->id.b, HF_ID_BYTES);
    hf_put_u8(&p, (uint8_t)lock->category);
    append(v, row, sizeof(row));
}

void
journal_row(const struct node_view *v, uint64_t now_ms, enum node_table t,
            struct hf_bytes key, struct hf_bytes value)
{
    uint8_t row[ROW_FIXED + VALUE_MAX];
    uint8_t *p = row;

    HF_ASSERT(key.n + value.n <= VALUE_MAX); /* small records of the core */
    hf_put_u64(&p, now_ms);
    hf_put_u8(&p, WHAT_ROW);
    hf_put_u8(&p, (uint8_t)t);
    hf_put_u16(&p, (uint16_t)key.n);
    hf_put_bytes(&p, key.p, key.n);
    hf_put_bytes(&p, value.p, value.n);
    append(v, row, (size_t)(p - row));
}

/* The first row with this serial or a later one. */
static bool
at_or_after(const struct node_view *v, uint64_t serial, uint64_t *ret_serial,
            struct hf_bytes *ret_row)
{
    uint8_t from[KEY_BYTES];
    struct hf_bytes key;

    if (!v->seek(v->ctx, NODE_JOURNAL, key_of(serial, from), &key, ret_row) ||
        key.n != KEY_BYTES)
        return false;
    *ret_serial = 0;
    for (int i = 0; i < KEY_BYTES; i++)
        *ret_serial = *ret_serial << 8 | key.p[i];
    return true;
}

void
journal_prune(const struct node_view *v, uint64_t before_ms, size_t n_max)
{
    uint8_t key[KEY_BYTES];
    struct hf_bytes row;
    uint64_t serial;

    for (size_t i = 0; i < n_max && at_or_after(v, 1, &serial, &row); i++) {
        const uint8_t *p = row.p;

        if (row.n < FIXED || hf_get_u64(&p) >= before_ms)
            return;
        v->del(v->ctx, NODE_JOURNAL, key_of(serial, key));
    }
}

/* ---- the file ---- */

bool
journal_pack(const struct node_view *v, const struct hf_org *owner,
             struct hf_buf *out)
{
    uint8_t head[12];
    uint8_t *p = head;
    uint64_t serial = 0;
    struct hf_bytes row;

    hf_put_u64(&p, journal_last(v));
    (void)hf_buf_add(out, owner->s, HF_ORG_BYTES);
    (void)hf_buf_add(out, head, 8);
    while (at_or_after(v, serial + 1, &serial, &row)) {
        p = head;
        hf_put_u64(&p, serial);
        hf_put_u32(&p, (uint32_t)row.n);
        (void)hf_buf_add(out, head, sizeof(head));
        (void)hf_buf_add(out, row.p, row.n);
    }
    return !out->failed;
}

bool
journal_head(struct hf_bytes file, struct hf_org *ret_owner, uint64_t *ret_last)
{
    const uint8_t *p = file.p;

    if (file.n < HEAD_BYTES)
        return false;
    hf_get_bytes(&p, ret_owner->s, HF_ORG_BYTES);
    *ret_last = hf_get_u64(&p);
    return true;
}

static bool
replay_lock(const struct node_view *v, struct hf_bytes what)
{
    struct node_lock lock;

    if (what.n != HF_ID_BYTES + 1 || what.p[HF_ID_BYTES] >= LOCK_END)
        return false;
    memcpy(lock.id.b, what.p, HF_ID_BYTES);
    lock.category = (enum category)what.p[HF_ID_BYTES];
    v->shred(v->ctx, &lock);
    return true;
}

static bool
replay_row(const struct node_view *v, struct hf_bytes what)
{
    const uint8_t *p = what.p;
    struct hf_bytes key, value;
    unsigned t;

    if (what.n < 3)
        return false;
    t = hf_get_u8(&p);
    key.n = hf_get_u16(&p);
    if (t >= NODE_TABLES || key.n == 0 || key.n > what.n - 3)
        return false;
    key.p = p;
    value = (struct hf_bytes){p + key.n, what.n - 3 - key.n};
    v->put(v->ctx, (enum node_table)t, key, NULL, value);
    return true;
}

static bool
replay_one(const struct node_view *v, struct hf_bytes row)
{
    const uint8_t *p = row.p + 8;
    struct hf_bytes what;

    if (row.n < FIXED)
        return false;
    what = (struct hf_bytes){row.p + FIXED, row.n - FIXED};
    switch (hf_get_u8(&p)) {
    case WHAT_LOCK:
        return replay_lock(v, what);
    case WHAT_ROW:
        return replay_row(v, what);
    default:
        return false;
    }
}

bool
journal_replay(const struct node_view *v, struct hf_bytes file, uint64_t after)
{
    const uint8_t *p = file.p + HEAD_BYTES;
    size_t left = file.n - HEAD_BYTES;

    if (file.n < HEAD_BYTES)
        return false;
    while (left > 0) {
        struct hf_bytes row;
        uint64_t serial;

        if (left < 12)
            return false;
        serial = hf_get_u64(&p);
        row.n = hf_get_u32(&p);
        row.p = p;
        if (row.n > left - 12)
            return false;
        if (serial > after && !replay_one(v, row))
            return false;
        p += row.n;
        left -= 12 + row.n;
    }
    return true;
}
