#include "content.h"

#include <stddef.h>
#include <stdlib.h>

#include "body.h"
#include "field.h"
#include "handoff/v1/content.pb-c.h"
#include "hf_assert.h"
#include "hf_crypto.h"
#include "scan.h"

/* A cell has eight fields and four of bytes; nothing else is as many. */
#define FIELDS_MAX (CONTENT_CELLS_MAX * 9 + 64)
#define SPANS_MAX  (CONTENT_CELLS_MAX * 4 + 8)

_Static_assert(CONTENT_ENTRIES_MAX * 4 + 8 < FIELDS_MAX, "a push passes");
_Static_assert(CONTENT_RECEIPTS_MAX * 8 + 8 < FIELDS_MAX, "receipts pass");

/* What both directions demand: encode refuses what decode would refuse. */

static bool
is_object(enum object_kind kind, const struct hf_id *object)
{
    return kind > OBJECT_NONE && kind < OBJECT_END && !hf_id_is_zero(object);
}

static bool
is_position(uint32_t n, const struct hf_hash *hash)
{
    return n <= ENTRY_NUMBERS_MAX && (n == 0) == field_hash_is_zero(hash);
}

static bool
entry_ok(const struct content_entry *e)
{
    return e->bytes.n == ENTRY_BYTES && e->sig.n == ENTRY_SIG_BYTES &&
           e->body.n <= BODY_BYTES_MAX;
}

static bool
push_ok(const struct content_push *p)
{
    if (!is_object(p->kind, &p->object) ||
        !is_position(p->have_n, &p->have_hash) || p->n > CONTENT_ENTRIES_MAX)
        return false;
    for (size_t i = 0; i < p->n; i++)
        if (!entry_ok(&p->entry[i]))
            return false;
    return true;
}

static bool
ask_ok(const struct content_ask *a)
{
    const bool of_all = a->kind == OBJECT_NONE && hf_id_is_zero(&a->object);

    return (of_all || (is_object(a->kind, &a->object) && a->shared == 0)) &&
           !hf_id_is_zero(&a->ask);
}

static bool
receipt_ok(const struct content_receipt *r)
{
    return !hf_id_is_zero(&r->envelope) && r->status > DELIVERY_NONE &&
           r->status < DELIVERY_END && r->reason < REASON_END &&
           field_time(r->at_ms) && is_position(r->have_n, &r->have_hash) &&
           (r->have_n == 0 || !hf_id_is_zero(&r->object));
}

static bool
cell_ok(const struct figure_cell *c)
{
    const bool counts_object = c->kind > OBJECT_NONE && c->kind < OBJECT_END;

    return (counts_object || c->kind == FIGURE_UNMET ||
            c->kind == FIGURE_FEEDBACK) &&
           field_org_or_empty(&c->from) && field_org_or_empty(&c->to) &&
           field_name(&c->service) && field_name(&c->place) &&
           c->state < STATE_END && c->reason < REASON_END;
}

static bool
figures_ok(const struct content_figures *f)
{
    if (f->from_ms > f->until_ms || !field_time(f->until_ms) ||
        f->n > CONTENT_CELLS_MAX)
        return false;
    for (size_t i = 0; i < f->n; i++)
        if (!cell_ok(&f->cell[i]))
            return false;
    return true;
}

static bool
chunk_ok(const struct content_chunk *c)
{
    if (hf_id_is_zero(&c->file) || c->first >= FILE_CHUNKS_MAX)
        return false;
    if (c->n > 0)
        return c->n <= CONTENT_CHUNKS_ASKED && c->bytes.n == 0;
    return c->bytes.n == 0 || c->bytes.n == FILE_CHUNK_BYTES;
}

static bool
slip_ok(const struct content_slip *c)
{
    return !hf_id_is_zero(&c->ask) && (int)c->what > 0 &&
           c->what < SLIP_WHAT_END && c->check < SLIP_CHECK_END &&
           c->answer < SLIP_ANSWER_END;
}

static bool
fork_ok(const struct content_fork *f)
{
    return entry_ok(&f->entry[0]) && entry_ok(&f->entry[1]) &&
           f->entry[0].body.n == 0 && f->entry[1].body.n == 0;
}

static bool
content_ok(const struct content *c)
{
    switch (c->type) {
    case CONTENT_PUSH:
        return push_ok(&c->u.push);
    case CONTENT_ASK:
        return ask_ok(&c->u.ask);
    case CONTENT_RECEIPT:
        if (c->u.receipts.n > CONTENT_RECEIPTS_MAX)
            return false;
        for (size_t i = 0; i < c->u.receipts.n; i++)
            if (!receipt_ok(&c->u.receipts.item[i]))
                return false;
        return true;
    case CONTENT_FIGURES:
        return figures_ok(&c->u.figures);
    case CONTENT_CHUNK:
        return chunk_ok(&c->u.chunk);
    case CONTENT_SLIP:
        return slip_ok(&c->u.slip);
    case CONTENT_FORK:
        return fork_ok(&c->u.fork);
    }
    return false;
}

/* Encoding. The generated structs borrow; the library does not write to them
 * while packing, hence the casts from const. */

static ProtobufCBinaryData
data(const void *p, size_t n)
{
    return (ProtobufCBinaryData){.len = n, .data = (uint8_t *)(uintptr_t)p};
}

static ProtobufCBinaryData
text(const char *s)
{
    return data(s, strlen(s));
}

static enum hf_err
pack(const Handoff__V1__Content *pb, struct hf_buf *buf)
{
    const size_t n = handoff__v1__content__get_packed_size(pb);
    uint8_t *p;

    if (n > CONTENT_BYTES_MAX)
        return HF_ERR_LIMIT;
    p = hf_buf_grow(buf, n);
    if (p == NULL)
        return HF_ERR_NOMEM;
    HF_ASSERT(handoff__v1__content__pack(pb, p) == n);
    return HF_OK;
}

static enum hf_err
encode_push(const struct content_push *c, struct hf_buf *buf)
{
    Handoff__V1__Content pb = HANDOFF__V1__CONTENT__INIT;
    Handoff__V1__Push push = HANDOFF__V1__PUSH__INIT;
    Handoff__V1__Entry entry[CONTENT_ENTRIES_MAX];
    Handoff__V1__Entry *list[CONTENT_ENTRIES_MAX];

    for (size_t i = 0; i < c->n; i++) {
        const struct content_entry *e = &c->entry[i];

        handoff__v1__entry__init(&entry[i]);
        entry[i].entry = data(e->bytes.p, e->bytes.n);
        entry[i].signature = data(e->sig.p, e->sig.n);
        entry[i].body = data(e->body.p, e->body.n);
        list[i] = &entry[i];
    }
    push.kind = c->kind;
    push.object = data(c->object.b, HF_ID_BYTES);
    push.have_n = c->have_n;
    push.have_hash = data(c->have_hash.b, HF_HASH_BYTES);
    push.answers = data(c->answers.b, HF_ID_BYTES);
    push.n_entry = c->n;
    push.entry = list;
    pb.what_case = HANDOFF__V1__CONTENT__WHAT_PUSH;
    pb.push = &push;
    return pack(&pb, buf);
}

static enum hf_err
encode_ask(const struct content_ask *c, struct hf_buf *buf)
{
    Handoff__V1__Content pb = HANDOFF__V1__CONTENT__INIT;
    Handoff__V1__Ask ask = HANDOFF__V1__ASK__INIT;

    ask.kind = c->kind;
    ask.object = data(c->object.b, HF_ID_BYTES);
    ask.ask = data(c->ask.b, HF_ID_BYTES);
    ask.has_shared = c->shared != 0;
    ask.shared = c->shared;
    pb.what_case = HANDOFF__V1__CONTENT__WHAT_ASK;
    pb.ask = &ask;
    return pack(&pb, buf);
}

static enum hf_err
encode_receipts(const struct content_receipt *item, size_t n,
                struct hf_buf *buf)
{
    Handoff__V1__Content pb = HANDOFF__V1__CONTENT__INIT;
    Handoff__V1__Receipts receipts = HANDOFF__V1__RECEIPTS__INIT;
    Handoff__V1__Receipt receipt[CONTENT_RECEIPTS_MAX];
    Handoff__V1__Receipt *list[CONTENT_RECEIPTS_MAX];

    for (size_t i = 0; i < n; i++) {
        const struct content_receipt *r = &item[i];

        handoff__v1__receipt__init(&receipt[i]);
        receipt[i].envelope = data(r->envelope.b, HF_ID_BYTES);
        receipt[i].status = r->status;
        receipt[i].reason = r->reason;
        receipt[i].at_ms = r->at_ms;
        receipt[i].object = data(r->object.b, HF_ID_BYTES);
        receipt[i].have_n = r->have_n;
        receipt[i].have_hash = data(r->have_hash.b, HF_HASH_BYTES);
        list[i] = &receipt[i];
    }
    receipts.n_receipt = n;
    receipts.receipt = list;
    pb.what_case = HANDOFF__V1__CONTENT__WHAT_RECEIPTS;
    pb.receipts = &receipts;
    return pack(&pb, buf);
}

static void
fill_cell(const struct figure_cell *c, Handoff__V1__Cell *pb)
{
    handoff__v1__cell__init(pb);
    pb->kind = c->kind;
    pb->from = text(c->from.s);
    pb->to = text(c->to.s);
    pb->service = text(c->service.s);
    pb->state = c->state;
    pb->reason = c->reason;
    pb->count = c->count;
    pb->place = text(c->place.s);
}

static enum hf_err
encode_figures(const struct content_figures *c, struct hf_buf *buf)
{
    Handoff__V1__Content pb = HANDOFF__V1__CONTENT__INIT;
    Handoff__V1__Figures figures = HANDOFF__V1__FIGURES__INIT;
    Handoff__V1__Cell *cell = calloc(c->n + 1, sizeof(*cell));
    Handoff__V1__Cell **list = calloc(c->n + 1, sizeof(Handoff__V1__Cell *));
    enum hf_err err = HF_ERR_NOMEM;

    if (cell == NULL || list == NULL)
        goto out;
    for (size_t i = 0; i < c->n; i++) {
        fill_cell(&c->cell[i], &cell[i]);
        list[i] = &cell[i];
    }
    figures.from_ms = c->from_ms;
    figures.until_ms = c->until_ms;
    figures.threshold = c->threshold;
    figures.n_cell = c->n;
    figures.cell = list;
    pb.what_case = HANDOFF__V1__CONTENT__WHAT_FIGURES;
    pb.figures = &figures;
    err = pack(&pb, buf);
out:
    free(cell);
    free(list);
    return err;
}

static enum hf_err
encode_chunk(const struct content_chunk *c, struct hf_buf *buf)
{
    Handoff__V1__Content pb = HANDOFF__V1__CONTENT__INIT;
    Handoff__V1__Chunk chunk = HANDOFF__V1__CHUNK__INIT;

    chunk.file = data(c->file.b, HF_ID_BYTES);
    chunk.first = c->first;
    chunk.n = c->n;
    chunk.bytes = data(c->bytes.p, c->bytes.n);
    pb.what_case = HANDOFF__V1__CONTENT__WHAT_CHUNK;
    pb.chunk = &chunk;
    return pack(&pb, buf);
}

static enum hf_err
encode_slip(const struct content_slip *c, struct hf_buf *buf)
{
    Handoff__V1__Content pb = HANDOFF__V1__CONTENT__INIT;
    Handoff__V1__Slip slip = HANDOFF__V1__SLIP__INIT;

    slip.ask = data(c->ask.b, HF_ID_BYTES);
    slip.code = data(c->code, SLIP_CODE_BYTES);
    slip.what = c->what;
    slip.check = c->check;
    slip.answer = c->answer;
    pb.what_case = HANDOFF__V1__CONTENT__WHAT_SLIP;
    pb.slip = &slip;
    return pack(&pb, buf);
}

static enum hf_err
encode_fork(const struct content_fork *c, struct hf_buf *buf)
{
    Handoff__V1__Content pb = HANDOFF__V1__CONTENT__INIT;
    Handoff__V1__Fork fork = HANDOFF__V1__FORK__INIT;
    const struct content_entry *e = c->entry;

    fork.first = data(e[0].bytes.p, e[0].bytes.n);
    fork.first_signature = data(e[0].sig.p, e[0].sig.n);
    fork.second = data(e[1].bytes.p, e[1].bytes.n);
    fork.second_signature = data(e[1].sig.p, e[1].sig.n);
    pb.what_case = HANDOFF__V1__CONTENT__WHAT_FORK;
    pb.fork = &fork;
    return pack(&pb, buf);
}

enum hf_err
content_encode(const struct content *c, struct hf_buf *buf)
{
    if (!content_ok(c))
        return HF_ERR_MALFORMED;
    switch (c->type) {
    case CONTENT_PUSH:
        return encode_push(&c->u.push, buf);
    case CONTENT_ASK:
        return encode_ask(&c->u.ask, buf);
    case CONTENT_RECEIPT:
        return encode_receipts(c->u.receipts.item, c->u.receipts.n, buf);
    case CONTENT_FIGURES:
        return encode_figures(&c->u.figures, buf);
    case CONTENT_CHUNK:
        return encode_chunk(&c->u.chunk, buf);
    case CONTENT_SLIP:
        return encode_slip(&c->u.slip, buf);
    case CONTENT_FORK:
        return encode_fork(&c->u.fork, buf);
    }
    return HF_ERR_MALFORMED;
}

/* Decoding. Numbers come from the generated structs; bytes from the spans of
 * the scan, which lie in the input in the same order. */

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

static bool
decode_push(const Handoff__V1__Push *pb, struct cursor *at,
            struct content_push *c)
{
    if (pb->n_entry > CONTENT_ENTRIES_MAX)
        return false;
    c->kind = (enum object_kind)pb->kind;
    c->have_n = pb->have_n;
    if (!next_fixed(at, c->object.b, HF_ID_BYTES) ||
        !next_fixed(at, c->have_hash.b, HF_HASH_BYTES) ||
        !next_fixed(at, c->answers.b, HF_ID_BYTES))
        return false;
    c->n = pb->n_entry;
    for (size_t i = 0; i < c->n; i++) {
        c->entry[i].bytes = *at->span++;
        c->entry[i].sig = *at->span++;
        c->entry[i].body = *at->span++;
    }
    return true;
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
    ok = decode_what(pb, &at, ret_c) && content_ok(ret_c);
    handoff__v1__content__free_unpacked(pb, &wiping);
    if (!ok) {
        ret_c->type = (enum content_type)0;
        return HF_ERR_MALFORMED;
    }
    HF_ASSERT(at.span == spans + scan.n_spans);
    return HF_OK;
}
