/*
 * hf_loop.c - one zmq_poll over everything a thread watches.
 */
#include "hf_loop.h"

#include <limits.h>

#include "hf_assert.h"
#include "hf_net_internal.h"

struct watched {
    zmq_pollitem_t item[2]; /* the socket and, of links and ports, a monitor */
    size_t n;
    struct hf_link *link; /* or NULL */
    hf_loop_fn *fn;       /* NULL: removed, to be taken out after the round */
    void *arg;
};

struct hf_loop {
    struct watched watched[HF_LOOP_MAX];
    size_t n;
};

enum hf_err
hf_loop_new(struct hf_loop **ret_loop)
{
    struct hf_loop *loop = calloc(1, sizeof(*loop));

    if (loop == NULL)
        return HF_ERR_NOMEM;
    *ret_loop = loop;
    return HF_OK;
}

void
hf_loop_free(struct hf_loop **loop)
{
    free(*loop);
    *loop = NULL;
}

static enum hf_err
add(struct hf_loop *loop, void *sock, void *monitor, int fd, hf_loop_fn *fn,
    void *arg)
{
    struct watched *w;

    HF_ASSERT(fn != NULL);
    if (loop->n == HF_LOOP_MAX)
        return HF_ERR_LIMIT;
    w = &loop->watched[loop->n++];
    *w = (struct watched){.n = monitor == NULL ? 1 : 2, .fn = fn, .arg = arg};
    w->item[0] =
        (zmq_pollitem_t){.socket = sock, .fd = fd, .events = ZMQ_POLLIN};
    w->item[1] = (zmq_pollitem_t){.socket = monitor, .events = ZMQ_POLLIN};
    return HF_OK;
}

enum hf_err
hf_loop_add_link(struct hf_loop *loop, struct hf_link *link, hf_loop_fn *fn,
                 void *arg)
{
    enum hf_err err =
        add(loop, link_socket(link), link_monitor(link), 0, fn, arg);

    if (!err)
        loop->watched[loop->n - 1].link = link;
    return err;
}

enum hf_err
hf_loop_add_port(struct hf_loop *loop, struct hf_port *port, hf_loop_fn *fn,
                 void *arg)
{
    return add(loop, port_socket(port), port_monitor(port), 0, fn, arg);
}

enum hf_err
hf_loop_add_queue(struct hf_loop *loop, struct hf_queue *queue, hf_loop_fn *fn,
                  void *arg)
{
    return add(loop, NULL, NULL, hf_queue_fd(queue), fn, arg);
}

enum hf_err
hf_loop_add_fd(struct hf_loop *loop, int fd, hf_loop_fn *fn, void *arg)
{
    return add(loop, NULL, NULL, fd, fn, arg);
}

void
hf_loop_remove(struct hf_loop *loop, const void *arg)
{
    for (size_t i = 0; i < loop->n; i++)
        if (loop->watched[i].arg == arg)
            loop->watched[i].fn = NULL;
}

static void
sweep(struct hf_loop *loop)
{
    size_t kept = 0;

    for (size_t i = 0; i < loop->n; i++)
        if (loop->watched[i].fn != NULL)
            loop->watched[kept++] = loop->watched[i];
    loop->n = kept;
}

/** Links that were refused want to try again in between. */
static uint64_t
shorten(struct hf_loop *loop, uint64_t wait_ms)
{
    for (size_t i = 0; i < loop->n; i++) {
        uint64_t retry_ms = loop->watched[i].link == NULL
                                ? UINT64_MAX
                                : link_retry(loop->watched[i].link);

        if (retry_ms < wait_ms)
            wait_ms = retry_ms;
    }
    return wait_ms;
}

size_t
hf_loop_wait(struct hf_loop *loop, uint64_t wait_ms)
{
    zmq_pollitem_t items[2 * HF_LOOP_MAX];
    size_t n_items = 0;
    size_t n_called = 0;
    size_t n_watched;
    long wait;

    sweep(loop);
    wait_ms = shorten(loop, wait_ms);
    wait = wait_ms > INT_MAX ? -1 : (long)wait_ms;
    n_watched = loop->n; /* what a callback adds waits for the next round */
    for (size_t i = 0; i < n_watched; i++)
        for (size_t j = 0; j < loop->watched[i].n; j++)
            items[n_items++] = loop->watched[i].item[j];
    if (zmq_poll(items, (int)n_items, wait) <= 0)
        return 0;
    n_items = 0;
    for (size_t i = 0; i < n_watched; i++) {
        const struct watched *w = &loop->watched[i];
        bool is_ready = false;

        for (size_t j = 0; j < w->n; j++)
            is_ready |= items[n_items++].revents != 0;
        if (is_ready && w->fn != NULL) {
            w->fn(w->arg);
            n_called++;
        }
    }
    return n_called;
}
