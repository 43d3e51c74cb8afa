/*
 * scan.h - is this exactly one encoding of a message, before it is unpacked?
 *
 * protobuf-c unpacks unknown fields at 28 times their size, recurses without a
 * limit and accepts many encodings of one message. This walk over the wire
 * form, driven by the generated descriptor, refuses all of that first: only
 * known field numbers, in ascending order, each required one exactly once, one
 * member of a oneof, right wire types, shortest varints, lengths within the
 * message, depth and number of fields bounded. What passes packs again to the
 * same bytes. Internal to proto: content_decode.c and registry_*.c.
 */
#ifndef PROTO_SCAN_H
#define PROTO_SCAN_H

#include <protobuf-c/protobuf-c.h>

#include "hf_types.h"

#define SCAN_DEPTH_MAX 4

struct scan {
    size_t fields_left;     /* budget; set by the caller */
    struct hf_bytes *spans; /* the bytes fields, in order; borrow from input */
    size_t n_spans;
    size_t spans_max;       /* more bytes fields than this: refused */
};

/** scan_message: only uint32, uint64, bytes and message fields may occur in
 * the types; anything else is refused. */
bool scan_message(struct scan *s, const ProtobufCMessageDescriptor *type,
                  struct hf_bytes in);

#endif /* PROTO_SCAN_H */
