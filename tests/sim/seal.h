/*
 * seal.h - envelopes whose header is true and whose body lies open.
 *
 * Brokers and nodes see the bytes that WIRE.md draws, sizes and padding
 * included; only the cryptography is left out, which has tests of its own and
 * would draw randomness that a seed does not govern.
 */
#ifndef SIM_SEAL_H
#define SIM_SEAL_H

#include "envelope.h"

/** seal_close: append the envelope to @out; sets what envelope_seal() sets. */
void seal_close(struct envelope_header *h, struct hf_bytes content,
                bool is_control, struct hf_buf *out);
/** seal_open: the content, borrowed from @in; n = 0 if it is not one. */
struct hf_bytes seal_open(struct hf_bytes in);

#endif /* SIM_SEAL_H */
