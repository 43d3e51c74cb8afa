#include "access.h"

#include "hf_assert.h"

#define ROW_VERSION 1
#define KEY_BYTES   12 /* time, serial: both counted down, newest first */
#define SWEEP_ROWS  4  /* old rows that go with each new one */

static void
put_number(uint8_t *out, uint64_t v, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++)
        out[i] = (uint8_t)(v >> (8 * (bytes - 1 - i)));
}

static uint64_t
number_at(const uint8_t *p, size_t bytes)
{
    uint64_t v = 0;

    for (size_t i = 0; i < bytes; i++)
        v = v << 8 | p[i];
    return v;
}

static void
make_key(uint64_t ms, uint32_t serial, uint8_t out[static KEY_BYTES])
{
    put_number(out, UINT64_MAX - ms, 8);
    put_number(out + 8, UINT32_MAX - serial, 4);
}

/* The first row at or behind @key. */
static bool
seek(const struct node_view *v, const uint8_t *key, size_t key_bytes,
     uint64_t *ret_ms, uint32_t *ret_serial, struct hf_bytes *ret_row)
{
    struct hf_bytes at;

    if (!v->seek(v->ctx, NODE_ACCESS, (struct hf_bytes){key, key_bytes}, &at,
                 ret_row) ||
        at.n != KEY_BYTES)
        return false;
    *ret_ms = UINT64_MAX - number_at(at.p, 8);
    *ret_serial = (uint32_t)(UINT32_MAX - number_at(at.p + 8, 4));
    return true;
}

static void
sweep(const struct node_view *v, uint64_t now_ms)
{
    uint8_t key[KEY_BYTES];
    struct hf_bytes row;
    uint64_t ms;
    uint32_t serial;

    if (now_ms <= ACCESS_KEEP_MS)
        return;
    for (int i = 0; i < SWEEP_ROWS; i++) {
        make_key(now_ms - ACCESS_KEEP_MS, UINT32_MAX, key);
        if (!seek(v, key, sizeof(key), &ms, &serial, &row))
            return;
        make_key(ms, serial, key);
        v->del(v->ctx, NODE_ACCESS, (struct hf_bytes){key, sizeof(key)});
    }
}

void
access_put(const struct node_view *v, const struct node_access *a)
{
    uint8_t key[KEY_BYTES], row[1 + sizeof(*a)];
    struct hf_bytes last;
    uint32_t serial = 0, found;
    uint64_t ms;

    HF_ASSERT(a->what == ACCESS_SHOW || a->what == ACCESS_EXPORT);
    HF_ASSERT(memchr(a->why, '\0', sizeof(a->why)) != NULL);
    make_key(a->at_ms, UINT32_MAX, key);
    if (seek(v, key, sizeof(key), &ms, &found, &last) && ms == a->at_ms)
        serial = found + 1;
    make_key(a->at_ms, serial, key);
    row[0] = ROW_VERSION;
    memcpy(row + 1, a, sizeof(*a));
    v->put(v->ctx, NODE_ACCESS, (struct hf_bytes){key, sizeof(key)}, NULL,
           (struct hf_bytes){row, sizeof(row)});
    sweep(v, a->at_ms);
}

bool
access_next(const struct node_view *v, uint64_t *ms, uint32_t *serial,
            struct node_access *ret)
{
    uint8_t key[KEY_BYTES + 1] = {0}; /* one byte more: just behind the last */
    const bool is_first = *ms == UINT64_MAX;
    struct hf_bytes row;

    make_key(*ms, *serial, key);
    if (!seek(v, key, is_first ? 0 : sizeof(key), ms, serial, &row) ||
        row.n != 1 + sizeof(*ret) || row.p[0] != ROW_VERSION)
        return false;
    memcpy(ret, row.p + 1, sizeof(*ret));
    return true;
}

void
ask_access(struct step *s)
{
    struct node_access a;

    HF_ASSERT(s->cmd->access != NULL);
    a = *s->cmd->access;
    a.at_ms = s->now;
    a.user = s->cmd->user;
    a.roles = s->roles;
    access_put(s->v, &a);
    (void)step_reply(s);
}
