/*
 * pad.h - how long a sealed thing looks: PADME (Nikitin et al., 2019).
 *
 * Lengths keep only their leading bits, so that of L only O(log log L) bits
 * are seen, at no more than 12 % more bytes; a floor makes all small ones
 * alike.
 */
#ifndef PROTO_PAD_H
#define PROTO_PAD_H

#include "hf_types.h"

/** pad_bytes: the padded length of @n bytes, at least @floor (a length that
 * PADME leaves as it is); n <= SIZE_MAX / 2. */
size_t pad_bytes(size_t n, size_t floor);

/** pad_size_class: log2 of @n, rounded up; 0 for 0 and 1. */
uint8_t pad_size_class(size_t n);

#endif /* PROTO_PAD_H */
