/* Contents to bytes. The generated structs borrow; the library does not write
 * to them while packing, hence the casts from const. */
#include <stdlib.h>

#include "content_internal.h"
#include "handoff/v1/content.pb-c.h"
#include "hf_assert.h"

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

/* @message: what @what says it is. Each of these is a pointer in one union, so
 * that any of its members can hold it. */
static enum hf_err
pack(Handoff__V1__Content__WhatCase what, void *message, struct hf_buf *buf)
{
    Handoff__V1__Content pb = HANDOFF__V1__CONTENT__INIT;
    size_t n;
    uint8_t *p;

    pb.what_case = what;
    pb.push = message;
    n = handoff__v1__content__get_packed_size(&pb);
    if (n > CONTENT_BYTES_MAX)
        return HF_ERR_LIMIT;
    p = hf_buf_grow(buf, n);
    if (p == NULL)
        return HF_ERR_NOMEM;
    HF_ASSERT(handoff__v1__content__pack(&pb, p) == n);
    return HF_OK;
}

static enum hf_err
encode_push(const struct content_push *c, struct hf_buf *buf)
{
    Handoff__V1__Push push = HANDOFF__V1__PUSH__INIT;
    Handoff__V1__Told told = HANDOFF__V1__TOLD__INIT;
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
    push.has_answers = !hf_id_is_zero(&c->answers);
    push.answers = data(c->answers.b, HF_ID_BYTES);
    push.n_entry = c->n;
    push.entry = list;
    told.envelope = data(c->told.envelope.b, HF_ID_BYTES);
    told.status = c->told.status;
    told.reason = c->told.reason;
    told.at_ms = c->told.at_ms;
    push.told = hf_id_is_zero(&c->told.envelope) ? NULL : &told;
    return pack(HANDOFF__V1__CONTENT__WHAT_PUSH, &push, buf);
}

static enum hf_err
encode_ask(const struct content_ask *c, struct hf_buf *buf)
{
    Handoff__V1__Ask ask = HANDOFF__V1__ASK__INIT;

    ask.kind = c->kind;
    ask.object = data(c->object.b, HF_ID_BYTES);
    ask.ask = data(c->ask.b, HF_ID_BYTES);
    ask.has_shared = c->shared != 0;
    ask.shared = c->shared;
    return pack(HANDOFF__V1__CONTENT__WHAT_ASK, &ask, buf);
}

static enum hf_err
encode_receipts(const struct content_receipt *item, size_t n,
                struct hf_buf *buf)
{
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
    return pack(HANDOFF__V1__CONTENT__WHAT_RECEIPTS, &receipts, buf);
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
    err = pack(HANDOFF__V1__CONTENT__WHAT_FIGURES, &figures, buf);
out:
    free(cell);
    free(list);
    return err;
}

static enum hf_err
encode_chunk(const struct content_chunk *c, struct hf_buf *buf)
{
    Handoff__V1__Chunk chunk = HANDOFF__V1__CHUNK__INIT;

    chunk.file = data(c->file.b, HF_ID_BYTES);
    chunk.first = c->first;
    chunk.n = c->n;
    chunk.bytes = data(c->bytes.p, c->bytes.n);
    return pack(HANDOFF__V1__CONTENT__WHAT_CHUNK, &chunk, buf);
}

static enum hf_err
encode_slip(const struct content_slip *c, struct hf_buf *buf)
{
    Handoff__V1__Slip slip = HANDOFF__V1__SLIP__INIT;

    slip.ask = data(c->ask.b, HF_ID_BYTES);
    slip.code = data(c->code, SLIP_CODE_BYTES);
    slip.what = c->what;
    slip.check = c->check;
    slip.answer = c->answer;
    return pack(HANDOFF__V1__CONTENT__WHAT_SLIP, &slip, buf);
}

static enum hf_err
encode_fork(const struct content_fork *c, struct hf_buf *buf)
{
    Handoff__V1__Fork fork = HANDOFF__V1__FORK__INIT;
    const struct content_entry *e = c->entry;

    fork.first = data(e[0].bytes.p, e[0].bytes.n);
    fork.first_signature = data(e[0].sig.p, e[0].sig.n);
    fork.second = data(e[1].bytes.p, e[1].bytes.n);
    fork.second_signature = data(e[1].sig.p, e[1].sig.n);
    return pack(HANDOFF__V1__CONTENT__WHAT_FORK, &fork, buf);
}

static enum hf_err
encode_claims(const struct content_claims *c, struct hf_buf *buf)
{
    Handoff__V1__Claims claims = HANDOFF__V1__CLAIMS__INIT;
    Handoff__V1__Claim claim[CONTENT_CLAIMS_MAX];
    Handoff__V1__Claim *list[CONTENT_CLAIMS_MAX];

    for (size_t i = 0; i < c->n; i++) {
        handoff__v1__claim__init(&claim[i]);
        claim[i].tag = data(c->item[i].tag.b, HF_HASH_BYTES);
        claim[i].what = c->item[i].what;
        claim[i].day = c->item[i].day;
        list[i] = &claim[i];
    }
    claims.n_claim = c->n;
    claims.claim = list;
    return pack(HANDOFF__V1__CONTENT__WHAT_CLAIMS, &claims, buf);
}

static enum hf_err
encode_signed(Handoff__V1__Content__WhatCase what,
              const struct content_signed *c, struct hf_buf *buf)
{
    Handoff__V1__Signed doc = HANDOFF__V1__SIGNED__INIT;

    doc.document = data(c->bytes.p, c->bytes.n);
    doc.signature = data(c->sig.p, c->sig.n);
    return pack(what, &doc, buf);
}

enum hf_err
content_encode(const struct content *c, struct hf_buf *buf)
{
    if (!content_is_sound(c))
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
    case CONTENT_CLAIMS:
        return encode_claims(&c->u.claims, buf);
    case CONTENT_REVIEW_NOTICE:
        return encode_signed(HANDOFF__V1__CONTENT__WHAT_REVIEW_NOTICE,
                             &c->u.signed_by, buf);
    case CONTENT_REVIEW_VERDICT:
        return encode_signed(HANDOFF__V1__CONTENT__WHAT_REVIEW_VERDICT,
                             &c->u.signed_by, buf);
    }
    return HF_ERR_MALFORMED;
}
