/*
 * hf_loop.h - wait for links, ports, queues and descriptors of one thread.
 *
 * Deliberately small: no timers (the caller knows when it wants to wake) and
 * no callbacks into itself; one wait, then the caller's functions of all that
 * is ready, in the order they were added.
 */
#ifndef HF_LOOP_H
#define HF_LOOP_H

#include "hf_link.h"
#include "hf_port.h"
#include "hf_queue.h"

#define HF_LOOP_MAX 64 /* things watched */

struct hf_loop;

typedef void hf_loop_fn(void *arg);

HF_NODISCARD enum hf_err hf_loop_new(struct hf_loop **ret_loop);
void hf_loop_free(struct hf_loop **loop);

/** hf_loop_add_*: call @fn with @arg when there is something to receive (or,
 * for a link or port, a change of state). HF_ERR_LIMIT: HF_LOOP_MAX. */
HF_NODISCARD enum hf_err hf_loop_add_link(struct hf_loop *loop,
                                          struct hf_link *link, hf_loop_fn *fn,
                                          void *arg);
HF_NODISCARD enum hf_err hf_loop_add_port(struct hf_loop *loop,
                                          struct hf_port *port, hf_loop_fn *fn,
                                          void *arg);
HF_NODISCARD enum hf_err hf_loop_add_queue(struct hf_loop *loop,
                                           struct hf_queue *queue,
                                           hf_loop_fn *fn, void *arg);
HF_NODISCARD enum hf_err hf_loop_add_fd(struct hf_loop *loop, int fd,
                                        hf_loop_fn *fn, void *arg);
/** hf_loop_remove: stop watching what was added with @arg; before closing it.
 * May be called from a callback. */
void hf_loop_remove(struct hf_loop *loop, const void *arg);

/** hf_loop_wait: at most @wait_ms (UINT64_MAX: for ever), then the callbacks.
 * A signal ends the wait. Returns how many were called. */
size_t hf_loop_wait(struct hf_loop *loop, uint64_t wait_ms);

#endif /* HF_LOOP_H */
