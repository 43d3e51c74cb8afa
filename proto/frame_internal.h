/*
 * frame_internal.h - what frame.c (greeting, envelopes) and frame_shelf.c
 * (documents) share.
 */
#ifndef PROTO_FRAME_INTERNAL_H
#define PROTO_FRAME_INTERNAL_H

#include "field.h"
#include "frame.h"

/** frame_begin: room in @out for a frame of @n body bytes, its head written;
 * NULL: no memory, or over FRAME_BYTES_MAX. */
uint8_t *frame_begin(struct hf_buf *out, enum frame_type type, size_t n);
/** frame_enter: the body of a frame of @type. */
bool frame_enter(struct hf_bytes in, enum frame_type type,
                 struct field_rest *ret);

#endif /* PROTO_FRAME_INTERNAL_H */
