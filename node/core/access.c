#include "access.h"

#include "hf_assert.h"
#include "row.h"

#define KEY_BYTES  12 /* time, serial: both counted down, newest first */
#define SWEEP_ROWS 4  /* old rows that go with each new one */

static struct row_key
key_of(uint64_t ms, uint32_t serial)
{
    struct row_key k = {.n = 0};

    row_number(&k, UINT64_MAX - ms, 8);
    row_number(&k, UINT32_MAX - serial, 4);
    return k;
}

/* The first row at or behind @key. */
static bool
seek(const struct node_view *v, const struct row_key *key, uint64_t *ret_ms,
     uint32_t *ret_serial, struct hf_bytes *ret_row)
{
    struct hf_bytes at;

    if (!v->seek(v->ctx, NODE_ACCESS, row_span(key), &at, ret_row) ||
        at.n != KEY_BYTES)
        return false;
    *ret_ms = UINT64_MAX - row_number_at(at.p, 8);
    *ret_serial = (uint32_t)(UINT32_MAX - row_number_at(at.p + 8, 4));
    return true;
}

static void
sweep(const struct node_view *v, uint64_t now_ms)
{
    struct row_key key;
    struct hf_bytes row;
    uint64_t ms;
    uint32_t serial;

    if (now_ms <= ACCESS_KEEP_MS)
        return;
    for (int i = 0; i < SWEEP_ROWS; i++) {
        key = key_of(now_ms - ACCESS_KEEP_MS, UINT32_MAX);
        if (!seek(v, &key, &ms, &serial, &row))
            return;
        key = key_of(ms, serial);
        v->del(v->ctx, NODE_ACCESS, row_span(&key));
    }
}

void
access_put(const struct node_view *v, const struct node_access *a)
{
    struct row_key key = key_of(a->at_ms, UINT32_MAX);
    struct hf_bytes last;
    uint32_t serial = 0, found;
    uint64_t ms;

    HF_ASSERT(a->what == ACCESS_SHOW || a->what == ACCESS_EXPORT);
    HF_ASSERT(memchr(a->why, '\0', sizeof(a->why)) != NULL);
    if (seek(v, &key, &ms, &found, &last) && ms == a->at_ms)
        serial = found + 1;
    key = key_of(a->at_ms, serial);
    row_put(v, NODE_ACCESS, &key, NULL, a, sizeof(*a));
    sweep(v, a->at_ms);
}

bool
access_next(const struct node_view *v, uint64_t *ms, uint32_t *serial,
            struct node_access *ret)
{
    struct row_key key = {.n = 0}; /* the very first */
    struct hf_bytes row;

    if (*ms != UINT64_MAX) {
        key = key_of(*ms, *serial);
        row_add(&key, "", 1); /* just behind the last */
    }
    return seek(v, &key, ms, serial, &row) &&
           row_unwrap(row, ret, sizeof(*ret));
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
