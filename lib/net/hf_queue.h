/*
 * hf_queue.h - hand pointers from one thread to another.
 *
 * Bounded, first in first out. What a pointer leads to belongs to the queue's
 * other side from the push on. Watch it with hf_loop_add_queue(), or wait.
 */
#ifndef HF_QUEUE_H
#define HF_QUEUE_H

#include "hf_err.h"
#include "hf_types.h"

struct hf_queue;

HF_NODISCARD enum hf_err hf_queue_new(size_t max, struct hf_queue **ret_queue);
void hf_queue_free(struct hf_queue **queue); /* not what is in it */

/** hf_queue_push: from any thread; false when full. */
bool hf_queue_push(struct hf_queue *queue, void *item);
/** hf_queue_pop: NULL when empty. */
void *hf_queue_pop(struct hf_queue *queue);
/** hf_queue_wait: like pop, but sleeps until there is one or @wait_ms have
 * passed (UINT64_MAX: for ever). */
void *hf_queue_wait(struct hf_queue *queue, uint64_t wait_ms);
/** hf_queue_fd: readable while the queue is not empty. */
int hf_queue_fd(const struct hf_queue *queue);

#endif /* HF_QUEUE_H */
