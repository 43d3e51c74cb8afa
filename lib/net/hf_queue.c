/*
 * hf_queue.c - a ring of pointers, a lock, and an eventfd that is readable
 * exactly while the ring is not empty.
 */
#include "hf_queue.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "hf_assert.h"

struct hf_queue {
    pthread_mutex_t lock;
    int fd;
    size_t max;
    size_t first;
    size_t n;
    void *items[];
};

enum hf_err
hf_queue_new(size_t max, struct hf_queue **ret_queue)
{
    struct hf_queue *q = calloc(1, sizeof(*q) + max * sizeof(q->items[0]));

    HF_ASSERT(max > 0);
    if (q == NULL)
        return HF_ERR_NOMEM;
    q->max = max;
    q->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (q->fd < 0) {
        free(q);
        return HF_ERR_IO;
    }
    (void)pthread_mutex_init(&q->lock, NULL);
    *ret_queue = q;
    return HF_OK;
}

void
hf_queue_free(struct hf_queue **queue)
{
    if (*queue == NULL)
        return;
    (void)close((*queue)->fd);
    (void)pthread_mutex_destroy(&(*queue)->lock);
    free(*queue);
    *queue = NULL;
}

bool
hf_queue_push(struct hf_queue *queue, void *item)
{
    static const uint64_t one = 1;
    bool ok;

    HF_ASSERT(item != NULL);
    pthread_mutex_lock(&queue->lock);
    ok = queue->n < queue->max;
    if (ok) {
        queue->items[(queue->first + queue->n) % queue->max] = item;
        queue->n++;
        if (queue->n == 1)
            HF_ASSERT(write(queue->fd, &one, sizeof(one)) == sizeof(one));
    }
    pthread_mutex_unlock(&queue->lock);
    return ok;
}

void *
hf_queue_pop(struct hf_queue *queue)
{
    uint64_t count;
    void *item = NULL;

    pthread_mutex_lock(&queue->lock);
    if (queue->n > 0) {
        item = queue->items[queue->first];
        queue->first = (queue->first + 1) % queue->max;
        queue->n--;
        if (queue->n == 0)
            HF_ASSERT(read(queue->fd, &count, sizeof(count)) == sizeof(count));
    }
    pthread_mutex_unlock(&queue->lock);
    return item;
}

void *
hf_queue_wait(struct hf_queue *queue, uint64_t wait_ms)
{
    struct pollfd p = {.fd = queue->fd, .events = POLLIN};
    void *item = hf_queue_pop(queue);
    int wait = wait_ms > INT_MAX ? -1 : (int)wait_ms;

    while (item == NULL) {
        int n = poll(&p, 1, wait);

        item = hf_queue_pop(queue);
        if (n == 0 || (n < 0 && errno != EINTR))
            break;
    }
    return item;
}

int
hf_queue_fd(const struct hf_queue *queue)
{
    return queue->fd;
}
