/* Bytes to contents. Numbers come from the generated structs; bytes from the
 * spans of the scan, which lie in the input in the same order. */
#include <stddef.h>
#include <stdlib.h>

#include "content_internal.h"
#include "handoff/v1/content.pb-c.h"
#include "hf_assert.h"
#include "hf_crypto.h"
#include "scan.h"

/* A cell has eight fields and four of bytes; nothing else is as many. */
#define FIELDS_MAX (CONTENT_CELLS_MAX * 9 + 64)
#define SPANS_MAX  (CONTENT_CELLS_MAX * 4 + 8)

_Static_assert(CONTENT_ENTRIES_MAX * 4 + 16 < FIELDS_MAX, "a push passes");
_Static_assert(CONTENT_RECEIPTS_MAX * 8 + 8 < FIELDS_MAX, "receipts pass");

struct cursor {
    const struct hf_bytes *span;
};

static bool
next_fixed(struct cursor *c, void *out, size_t n)
{
    const struct hf_bytes *span = c->span++;

    if (span->n != n)
        return false;
    memcpy(out, span->p, n);
    return true;
}

/* Text into a field of @n bytes, NUL-padded; a NUL inside is refused, as it
 * would make two encodings of one text. */
static bool
next_text(struct cursor *c, char *out, size_t n)
{
    const struct hf_bytes *span = c->span++;

    if (span->n >= n || memchr(span->p, 0, span->n) != NULL)
        return false;
    memset(out, 0, n);
    memcpy(out, span->p, span->n);
    return true;
}

/* One that says nothing is not sent: a zero here is malformed. */
static bool
next_id(struct cursor *c, struct hf_id *ret)
{
    return next_fixed(c, ret->b, HF_ID_BYTES) && !hf_id_is_zero(ret);
}

static bool
decode_told(const Handoff__V1__Told *pb, struct cursor *at,
            struct content_push *c)
{
    c->told = (struct content_receipt){.status = (enum delivery)pb->status,
                                       .reason = (enum reason)pb->reason,
                                       .at_ms = pb->at_ms,
                                       .object = c->object,
                                       .have_n = c->have_n,
                                       .have_hash = c->have_hash};
    return next_id(at, &c->told.envelope);
}

static bool
decode_push(const Handoff__V1__Push *pb, struct cursor *at,
            struct content_push *c)
{
    if (pb->n_entry > CONTENT_ENTRIES_MAX)
        return false;
    c->kind = (enum object_kind)pb->kind;
    c->have_n = pb->have_n;
    if (!next_fixed(at, c->object.b, HF_ID_BYTES) ||
        !next_fixed(at, c->have_hash.b, HF_HASH_BYTES))
        return false;
    c->answers = (struct hf_id){{0}};
    if (pb->has_answers && !next_id(at, &c->answers))
        return false;
    c->n = pb->n_entry;
    for (size_t i = 0; i < c->n; i++) {
        c->entry[i].bytes = *at->span++;
        c->entry[i].sig = *at->span++;
        c->entry[i].body = *at->span++;
    }
    c->told.envelope = (struct hf_id){{0}};
    return pb->told == NULL || decode_told(pb->told, at, c);
}

static bool
decode_ask(const Handoff__V1__Ask *pb, struct cursor *at, struct content_ask *c)
{
    c->kind = (enum object_kind)pb->kind;
    c->shared = pb->has_shared ? pb->shared : 0;
    return (!pb->has_shared || pb->shared != 0) &&
           next_fixed(at, c->object.b, HF_ID_BYTES) &&
           next_fixed(at, c->ask.b, HF_ID_BYTES);
}

static bool
decode_receipt(const Handoff__V1__Receipt *pb, struct cursor *at,
               struct content_receipt *c)
{
    c->status = (enum delivery)pb->status;
    c->reason = (enum reason)pb->reason;
    c->at_ms = pb->at_ms;
    c->have_n = pb->have_n;
    return next_fixed(at, c->envelope.b, HF_ID_BYTES) &&
           next_fixed(at, c->object.b, HF_ID_BYTES) &&
           next_fixed(at, c->have_hash.b, HF_HASH_BYTES);
}

static bool
decode_receipts(const Handoff__V1__Receipts *pb, struct cursor *at,
                struct content *c)
{
    if (pb->n_receipt > CONTENT_RECEIPTS_MAX)
        return false;
    c->u.receipts.n = pb->n_receipt;
    for (size_t i = 0; i < pb->n_receipt; i++)
        if (!decode_receipt(pb->receipt[i], at, &c->u.receipts.item[i]))
            return false;
    return true;
}

static bool
decode_cell(const Handoff__V1__Cell *pb, struct cursor *at,
            struct figure_cell *c)
{
    c->kind = (enum object_kind)pb->kind;
    c->state = (enum state)pb->state;
    c->reason = (enum reason)pb->reason;
    c->count = pb->count;
    return next_text(at, c->from.s, HF_ORG_BYTES) &&
           next_text(at, c->to.s, HF_ORG_BYTES) &&
           next_text(at, c->service.s, HF_NAME_BYTES) &&
           next_text(at, c->place.s, HF_NAME_BYTES);
}

static bool
decode_figures(const Handoff__V1__Figures *pb, struct cursor *at,
               struct content_figures *c)
{
    if (pb->n_cell > CONTENT_CELLS_MAX)
        return false;
    c->from_ms = pb->from_ms;
    c->until_ms = pb->until_ms;
    c->threshold = pb->threshold;
    c->n = pb->n_cell;
    for (size_t i = 0; i < c->n; i++)
        if (!decode_cell(pb->cell[i], at, &c->cell[i]))
            return false;
    return true;
}

static bool
decode_chunk(const Handoff__V1__Chunk *pb, struct cursor *at,
             struct content_chunk *c)
{
    c->first = pb->first;
    c->n = pb->n;
    if (!next_fixed(at, c->file.b, HF_ID_BYTES))
        return false;
    c->bytes = *at->span++;
    return true;
}

static bool
decode_slip(const Handoff__V1__Slip *pb, struct cursor *at,
            struct content_slip *c)
{
    if (!next_fixed(at, c->ask.b, HF_ID_BYTES) ||
        !next_fixed(at, c->code, SLIP_CODE_BYTES) ||
        pb->what >= SLIP_WHAT_END || pb->check >= SLIP_CHECK_END ||
        pb->answer >= SLIP_ANSWER_END)
        return false;
    c->what = (enum slip_what)pb->what;
    c->check = (enum slip_check)pb->check;
    c->answer = (enum slip_answer)pb->answer;
    return true;
}

static bool
decode_signed(struct cursor *at, struct content_signed *c)
{
    c->bytes = *at->span++;
    c->sig = *at->span++;
    return true;
}

static bool
decode_fork(struct cursor *at, struct content_fork *c)
{
    for (int i = 0; i < 2; i++) {
        c->entry[i].bytes = *at->span++;
        c->entry[i].sig = *at->span++;
        c->entry[i].body = (struct hf_bytes){NULL, 0};
    }
    return true;
}

static bool
decode_claims(const Handoff__V1__Claims *pb, struct cursor *at,
              struct content_claims *c)
{
    if (pb->n_claim > CONTENT_CLAIMS_MAX)
        return false;
    c->n = pb->n_claim;
    for (size_t i = 0; i < c->n; i++) {
        if (pb->claim[i]->what >= CLAIM_END ||
            !next_fixed(at, c->item[i].tag.b, HF_HASH_BYTES))
            return false;
        c->item[i].what = (enum custody_claim)pb->claim[i]->what;
        c->item[i].day = pb->claim[i]->day;
    }
    return true;
}

static bool
decode_what(const Handoff__V1__Content *pb, struct cursor *at,
            struct content *c)
{
    switch (pb->what_case) {
    case HANDOFF__V1__CONTENT__WHAT_PUSH:
        c->type = CONTENT_PUSH;
        return decode_push(pb->push, at, &c->u.push);
    case HANDOFF__V1__CONTENT__WHAT_ASK:
        c->type = CONTENT_ASK;
        return decode_ask(pb->ask, at, &c->u.ask);
    case HANDOFF__V1__CONTENT__WHAT_RECEIPTS:
        c->type = CONTENT_RECEIPT;
        return decode_receipts(pb->receipts, at, c);
    case HANDOFF__V1__CONTENT__WHAT_FIGURES:
        c->type = CONTENT_FIGURES;
        return decode_figures(pb->figures, at, &c->u.figures);
    case HANDOFF__V1__CONTENT__WHAT_CHUNK:
        c->type = CONTENT_CHUNK;
        return decode_chunk(pb->chunk, at, &c->u.chunk);
    case HANDOFF__V1__CONTENT__WHAT_SLIP:
        c->type = CONTENT_SLIP;
        return decode_slip(pb->slip, at, &c->u.slip);
    case HANDOFF__V1__CONTENT__WHAT_FORK:
        c->type = CONTENT_FORK;
        return decode_fork(at, &c->u.fork);
    case HANDOFF__V1__CONTENT__WHAT_CLAIMS:
        c->type = CONTENT_CLAIMS;
        return decode_claims(pb->claims, at, &c->u.claims);
    case HANDOFF__V1__CONTENT__WHAT_REVIEW_NOTICE:
        c->type = CONTENT_REVIEW_NOTICE;
        return decode_signed(at, &c->u.signed_by);
    case HANDOFF__V1__CONTENT__WHAT_REVIEW_VERDICT:
        c->type = CONTENT_REVIEW_VERDICT;
        return decode_signed(at, &c->u.signed_by);
    case HANDOFF__V1__CONTENT__WHAT__NOT_SET:
    case _HANDOFF__V1__CONTENT__WHAT__CASE_IS_INT_SIZE:
        break;
    }
    return false;
}

/* The library copies what it unpacks, and what it copies may be about a person:
 * nothing of it stays where it was freed. */
static void *
take_room(void *data, size_t n)
{
    size_t *p = n > SIZE_MAX - sizeof(max_align_t)
                    ? NULL
                    : malloc(sizeof(max_align_t) + n);

    (void)data;
    if (p == NULL)
        return NULL;
    *p = n;
    return (uint8_t *)p + sizeof(max_align_t);
}

static void
give_room(void *data, void *room)
{
    size_t *p;

    (void)data;
    if (room == NULL)
        return;
    p = (size_t *)(void *)((uint8_t *)room - sizeof(max_align_t));
    hf_wipe(room, *p);
    free(p);
}

static ProtobufCAllocator wiping = {take_room, give_room, NULL};

enum hf_err
content_decode(struct hf_bytes in, struct content *ret_c)
{
    struct hf_bytes spans[SPANS_MAX];
    struct scan scan = {
        .fields_left = FIELDS_MAX, .spans = spans, .spans_max = SPANS_MAX};
    struct cursor at = {spans};
    Handoff__V1__Content *pb;
    bool ok;

    ret_c->type = (enum content_type)0;
    if (in.n == 0 || in.n > CONTENT_BYTES_MAX ||
        !scan_message(&scan, &handoff__v1__content__descriptor, in))
        return HF_ERR_MALFORMED;
    pb = handoff__v1__content__unpack(&wiping, in.n, in.p);
    if (pb == NULL)
        return HF_ERR_NOMEM; /* its form was checked above */
    ok = decode_what(pb, &at, ret_c) && content_is_sound(ret_c);
    handoff__v1__content__free_unpacked(pb, &wiping);
    if (!ok) {
        ret_c->type = (enum content_type)0;
        return HF_ERR_MALFORMED;
    }
    HF_ASSERT(at.span == spans + scan.n_spans);
    return HF_OK;
}
