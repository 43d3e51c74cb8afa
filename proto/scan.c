#include "scan.h"

#include "field.h"

enum { WIRE_VARINT = 0, WIRE_BYTES = 2 };

/* Shortest form only, 64 bits at most. */
static bool
take_varint(struct field_rest *rest, uint64_t *ret)
{
    uint64_t v = 0;

    for (unsigned shift = 0; shift < 70; shift += 7) {
        const uint8_t *p = field_take(rest, 1);

        if (p == NULL || (shift == 63 && *p > 1))
            return false;
        v |= (uint64_t)(*p & 0x7f) << shift;
        if ((*p & 0x80) == 0) {
            if (*p == 0 && shift > 0)
                return false;
            *ret = v;
            return true;
        }
    }
    return false;
}

static bool scan_level(struct scan *s, const ProtobufCMessageDescriptor *type,
                       struct hf_bytes in, unsigned depth);

static bool
scan_number(const ProtobufCFieldDescriptor *field, struct field_rest *rest)
{
    uint64_t v;

    if (!take_varint(rest, &v))
        return false;
    return field->type == PROTOBUF_C_TYPE_UINT64 || v <= UINT32_MAX;
}

static bool
scan_bytes(struct scan *s, const ProtobufCFieldDescriptor *field,
           struct field_rest *rest, unsigned depth)
{
    struct hf_bytes span;
    uint64_t n;

    if (!take_varint(rest, &n) || n > rest->n)
        return false;
    span = (struct hf_bytes){field_take(rest, (size_t)n), (size_t)n};
    if (field->type == PROTOBUF_C_TYPE_MESSAGE)
        return scan_level(s, field->descriptor, span, depth + 1);
    if (s->n_spans == s->spans_max)
        return false;
    s->spans[s->n_spans++] = span;
    return true;
}

static bool
scan_field(struct scan *s, const ProtobufCFieldDescriptor *field, unsigned wire,
           struct field_rest *rest, unsigned depth)
{
    if (s->fields_left == 0)
        return false;
    s->fields_left--;
    if (field->type == PROTOBUF_C_TYPE_UINT32 ||
        field->type == PROTOBUF_C_TYPE_UINT64)
        return wire == WIRE_VARINT && scan_number(field, rest);
    if (field->type == PROTOBUF_C_TYPE_BYTES ||
        field->type == PROTOBUF_C_TYPE_MESSAGE)
        return wire == WIRE_BYTES && scan_bytes(s, field, rest, depth);
    return false;
}

/* How many required fields a type has, and whether it has a oneof. */
static void
count_kinds(const ProtobufCMessageDescriptor *type, size_t *ret_required,
            size_t *ret_oneofs)
{
    *ret_required = 0;
    *ret_oneofs = 0;
    for (unsigned i = 0; i < type->n_fields; i++) {
        if (type->fields[i].label == PROTOBUF_C_LABEL_REQUIRED)
            ++*ret_required;
        if (type->fields[i].flags & PROTOBUF_C_FIELD_FLAG_ONEOF)
            *ret_oneofs = 1;
    }
}

static bool
scan_level(struct scan *s, const ProtobufCMessageDescriptor *type,
           struct hf_bytes in, unsigned depth)
{
    struct field_rest rest = {in.p, in.n};
    size_t required, oneofs, n_required = 0, n_oneofs = 0;
    uint64_t last = 0;

    if (depth > SCAN_DEPTH_MAX)
        return false;
    while (rest.n > 0) {
        const ProtobufCFieldDescriptor *field;
        uint64_t tag;

        if (!take_varint(&rest, &tag) || tag > UINT32_MAX)
            return false;
        field =
            protobuf_c_message_descriptor_get_field(type, (unsigned)(tag >> 3));
        if (field == NULL || tag >> 3 < last ||
            (tag >> 3 == last && field->label != PROTOBUF_C_LABEL_REPEATED))
            return false;
        last = tag >> 3;
        if (!scan_field(s, field, (unsigned)(tag & 7), &rest, depth))
            return false;
        if (field->label == PROTOBUF_C_LABEL_REQUIRED)
            n_required++;
        if (field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF)
            n_oneofs++;
    }
    count_kinds(type, &required, &oneofs);
    return n_required == required && n_oneofs == oneofs;
}

bool
scan_message(struct scan *s, const ProtobufCMessageDescriptor *type,
             struct hf_bytes in)
{
    s->n_spans = 0;
    return scan_level(s, type, in, 1);
}
