#include "work.h"

#include <stdlib.h>

#include "hf_assert.h"

struct work *
work_new(enum work_type type)
{
    struct work *w = calloc(1, sizeof(*w));

    if (w == NULL)
        return NULL;
    w->type = type;
    w->why = "";
    hf_buf_init(&w->bytes, SHELF_SMALL_MAX + ENVELOPE_BYTES_MAX);
    return w;
}

void
work_free(struct work *w)
{
    if (w == NULL)
        return;
    hf_buf_free(&w->bytes);
    free(w);
}

void
work_push(struct work_queue *q, struct work *w)
{
    w->next = NULL;
    if (q->last == NULL)
        q->first = w;
    else
        q->last->next = w;
    q->last = w;
    q->n++;
    q->bytes += w->bytes.n;
}

void
work_push_front(struct work_queue *q, struct work *w)
{
    w->next = q->first;
    q->first = w;
    if (q->last == NULL)
        q->last = w;
    q->n++;
    q->bytes += w->bytes.n;
}

struct work *
work_pop(struct work_queue *q)
{
    struct work *w = q->first;

    if (w == NULL)
        return NULL;
    HF_ASSERT(q->n > 0);
    HF_ASSERT(q->bytes >= w->bytes.n);
    q->first = w->next;
    if (q->first == NULL)
        q->last = NULL;
    w->next = NULL;
    q->n--;
    q->bytes -= w->bytes.n;
    return w;
}

bool
work_is_full(const struct work_queue *q)
{
    return q->n >= WORK_QUEUE_MAX || q->bytes >= WORK_QUEUE_BYTES_MAX;
}

void
work_clear(struct work_queue *q)
{
    for (struct work *w = work_pop(q); w != NULL; w = work_pop(q))
        work_free(w);
}
