#include "hf_buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "hf_assert.h"

#define CAP_FIRST 256

void
hf_buf_init(struct hf_buf *b, size_t max)
{
    *b = (struct hf_buf){.max = max};
}

static void
release(uint8_t *p, size_t cap)
{
    if (p == NULL)
        return;
    explicit_bzero(p, cap);
    free(p);
}

void
hf_buf_free(struct hf_buf *b)
{
    release(b->p, b->cap);
    hf_buf_init(b, b->max);
}

void
hf_buf_clear(struct hf_buf *b)
{
    b->n = 0;
    b->failed = false;
}

/* Not realloc: it would leave the old bytes behind, and they may be secret. */
static bool
enlarge(struct hf_buf *b, size_t need)
{
    size_t cap = b->cap < CAP_FIRST ? CAP_FIRST : b->cap;
    uint8_t *p;

    while (cap < need)
        cap = cap > b->max / 2 ? b->max : cap * 2;
    if (cap > b->max)
        cap = b->max > 0 ? b->max : 1;

    p = malloc(cap);
    if (p == NULL)
        return false;
    if (b->n > 0)
        memcpy(p, b->p, b->n);
    release(b->p, b->cap);
    b->p = p;
    b->cap = cap;
    return true;
}

uint8_t *
hf_buf_grow(struct hf_buf *b, size_t n)
{
    uint8_t *room;

    HF_ASSERT(b->n <= b->max);
    if (n > b->max - b->n) {
        b->failed = true;
        return NULL;
    }
    if ((b->p == NULL || n > b->cap - b->n) && !enlarge(b, b->n + n)) {
        b->failed = true;
        return NULL;
    }
    room = b->p + b->n;
    b->n += n;
    HF_ASSERT(b->n <= b->cap);
    return room;
}

bool
hf_buf_add(struct hf_buf *b, const void *p, size_t n)
{
    uint8_t *room;

    if (n == 0)
        return true;
    room = hf_buf_grow(b, n);
    if (room == NULL)
        return false;
    memcpy(room, p, n);
    return true;
}

bool
hf_buf_printf(struct hf_buf *b, const char *fmt, ...)
{
    const size_t n_before = b->n;
    va_list args;
    va_list again;
    uint8_t *room = NULL;
    int n;

    va_start(args, fmt);
    va_copy(again, args);
    n = vsnprintf(NULL, 0, fmt, args);
    if (n < 0)
        b->failed = true;
    else
        room = hf_buf_grow(b, (size_t)n + 1); /* the NUL goes again below */
    if (room != NULL) {
        (void)vsnprintf((char *)room, (size_t)n + 1, fmt, again);
        b->n = n_before + (size_t)n;
    }
    va_end(again);
    va_end(args);
    return room != NULL;
}

struct hf_bytes
hf_buf_bytes(const struct hf_buf *b)
{
    return (struct hf_bytes){.p = b->p, .n = b->n};
}
