/*
 * hf_net.h - start and stop of the network library.
 *
 * lib/net is the only user of <czmq.h> and <zmq.h>. A link, port or loop
 * belongs to the thread that made it; hf_queue and hf_allow_set are the two
 * things that may be used from several.
 */
#ifndef HF_NET_H
#define HF_NET_H

#include "hf_err.h"
#include "hf_types.h"

/**
 * hf_net_start: once per process, after daemonizing and before the first
 * socket. Leaves signal handlers alone.
 *
 * @io_threads  1 is right for a node; a broker on two cores takes 2
 */
HF_NODISCARD enum hf_err hf_net_start(int io_threads);

/** hf_net_stop: after the last link, port and allow table are closed. */
void hf_net_stop(void);

/** A received frame: bytes borrowed from the library until the release. Not to
 * be copied: the bytes of a short frame lie inside it. hf_frame_move() it. */
struct hf_frame {
    struct hf_bytes bytes;
    uint64_t hold[8]; /* the library's message; no business of the caller */
};

/** hf_frame_release: give it back; a zeroed or released frame is fine. */
void hf_frame_release(struct hf_frame *frame);

/** hf_frame_move: @to takes over what @from held; @from is as if released. */
void hf_frame_move(struct hf_frame *to, struct hf_frame *from);

#endif /* HF_NET_H */
