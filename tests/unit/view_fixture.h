/*
 * view_fixture.h - a struct node_view over one sorted array, and a struct
 * node_crypto that only hashes. Tests only.
 */
#ifndef TESTS_VIEW_FIXTURE_H
#define TESTS_VIEW_FIXTURE_H

#include <stdlib.h>

#include "hf_assert.h"
#include "hf_crypto.h"
#include "view.h"

#define FIXTURE_ROWS_MAX 4096

struct fixture_row {
    enum node_table table;
    uint8_t *key, *value;
    size_t key_bytes, value_bytes;
};

struct fixture_store {
    size_t n;
    struct fixture_row row[FIXTURE_ROWS_MAX];
};

/* The place of (t, key), or where it would be. */
static inline size_t
fixture_place(const struct fixture_store *s, enum node_table t,
              struct hf_bytes key, bool *ret_is_there)
{
    size_t i = 0;

    *ret_is_there = false;
    for (; i < s->n; i++) {
        const struct fixture_row *r = &s->row[i];
        const size_t n = r->key_bytes < key.n ? r->key_bytes : key.n;
        int d = (int)r->table - (int)t;

        if (d == 0 && n > 0)
            d = memcmp(r->key, key.p, n);
        if (d == 0)
            d = r->key_bytes < key.n ? -1 : r->key_bytes > key.n;
        *ret_is_there = d == 0;
        if (d >= 0)
            break;
    }
    return i;
}

static inline uint8_t *
fixture_copy(struct hf_bytes b)
{
    uint8_t *p = malloc(b.n + 1);

    HF_ASSERT(p != NULL);
    if (b.n > 0)
        memcpy(p, b.p, b.n);
    return p;
}

static inline bool
fixture_seek(void *ctx, enum node_table t, struct hf_bytes from,
             struct hf_bytes *ret_key, struct hf_bytes *ret_value)
{
    const struct fixture_store *s = ctx;
    bool is_there;
    const size_t i = fixture_place(s, t, from, &is_there);

    if (i == s->n || s->row[i].table != t)
        return false;
    *ret_key = (struct hf_bytes){s->row[i].key, s->row[i].key_bytes};
    *ret_value = (struct hf_bytes){s->row[i].value, s->row[i].value_bytes};
    return true;
}

static inline bool
fixture_get(void *ctx, enum node_table t, struct hf_bytes key,
            struct hf_bytes *ret)
{
    const struct fixture_store *s = ctx;
    bool is_there;
    const size_t i = fixture_place(s, t, key, &is_there);

    if (is_there)
        *ret = (struct hf_bytes){s->row[i].value, s->row[i].value_bytes};
    return is_there;
}

static inline void
fixture_del(void *ctx, enum node_table t, struct hf_bytes key)
{
    struct fixture_store *s = ctx;
    bool is_there;
    const size_t i = fixture_place(s, t, key, &is_there);

    if (!is_there)
        return;
    free(s->row[i].key);
    free(s->row[i].value);
    s->n--;
    memmove(&s->row[i], &s->row[i + 1], (s->n - i) * sizeof(s->row[0]));
}

static inline void
fixture_put(void *ctx, enum node_table t, struct hf_bytes key,
            const struct node_lock *lock, struct hf_bytes value)
{
    struct fixture_store *s = ctx;
    const struct fixture_row row = {t, fixture_copy(key), fixture_copy(value),
                                    key.n, value.n};
    bool is_there;
    size_t i;

    (void)lock;
    fixture_del(ctx, t, key);
    HF_ASSERT(s->n < FIXTURE_ROWS_MAX);
    i = fixture_place(s, t, key, &is_there);
    memmove(&s->row[i + 1], &s->row[i], (s->n - i) * sizeof(s->row[0]));
    s->row[i] = row;
    s->n++;
}

static inline void
fixture_shred(void *ctx, const struct node_lock *lock)
{
    (void)ctx;
    (void)lock;
}

static inline void
fixture_clear(struct fixture_store *s)
{
    while (s->n > 0) {
        s->n--;
        free(s->row[s->n].key);
        free(s->row[s->n].value);
    }
}

static inline struct node_view
fixture_view(struct fixture_store *s)
{
    return (struct node_view){.ctx = s,
                              .get = fixture_get,
                              .put = fixture_put,
                              .del = fixture_del,
                              .seek = fixture_seek,
                              .shred = fixture_shred};
}

static inline void
fixture_hash(void *ctx, const char *label, const struct hf_bytes *spans,
             size_t n, struct hf_hash *ret)
{
    (void)ctx;
    hf_hash(label, spans, n, ret);
}

static inline void
fixture_sign(void *ctx, const char *label, const struct hf_bytes *spans,
             size_t n, uint8_t ret_sig[static 64])
{
    struct hf_hash h;

    fixture_hash(ctx, label, spans, n, &h);
    memset(ret_sig, 0, 64);
    memcpy(ret_sig, h.b, HF_HASH_BYTES);
}

static inline bool
fixture_slow(void *ctx, const char *label, const struct hf_org *salt,
          struct hf_bytes in, struct hf_hash *ret)
{
    const struct hf_bytes spans[] = {
        {(const uint8_t *)salt->s, HF_ORG_BYTES}, in};

    (void)ctx;
    hf_hash(label, spans, 2, ret);
    return true;
}

static inline struct node_crypto
fixture_crypto(void)
{
    return (struct node_crypto){
        .hash = fixture_hash, .index = fixture_hash, .slow = fixture_slow,
        .sign = fixture_sign};
}

#endif /* TESTS_VIEW_FIXTURE_H */
