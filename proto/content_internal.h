/*
 * content_internal.h - what content_encode.c and content_decode.c share.
 */
#ifndef PROTO_CONTENT_INTERNAL_H
#define PROTO_CONTENT_INTERNAL_H

#include "content.h"

/** content_is_sound: what both directions demand: encode refuses what decode
 * would refuse. */
bool content_is_sound(const struct content *c);

#endif /* PROTO_CONTENT_INTERNAL_H */
