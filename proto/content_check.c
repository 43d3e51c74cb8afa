/* What a content may hold. */
#include "content_internal.h"
#include "field.h"

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
receipt_ok(const struct content_receipt *r)
{
    return !hf_id_is_zero(&r->envelope) && r->status > DELIVERY_NONE &&
           r->status < DELIVERY_END && r->reason < REASON_END &&
           field_time(r->at_ms) && is_position(r->have_n, &r->have_hash) &&
           (r->have_n == 0 || !hf_id_is_zero(&r->object));
}

static bool
push_ok(const struct content_push *p)
{
    if (!is_object(p->kind, &p->object) ||
        !is_position(p->have_n, &p->have_hash) || p->n > CONTENT_ENTRIES_MAX)
        return false;
    if (!hf_id_is_zero(&p->told.envelope) &&
        (!receipt_ok(&p->told) || !hf_id_eq(&p->told.object, &p->object) ||
         p->told.have_n != p->have_n ||
         !hf_hash_eq(&p->told.have_hash, &p->have_hash)))
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
cell_ok(const struct figure_cell *c)
{
    const bool counts_object = c->kind > OBJECT_NONE && c->kind < OBJECT_END;

    return (counts_object || c->kind == FIGURE_UNMET ||
            c->kind == FIGURE_FEEDBACK || c->kind == FIGURE_CLOSED) &&
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

/* What they say is for who gets them to judge, and to refuse with a reason. */
static bool
signed_ok(const struct content_signed *c, size_t n)
{
    return c->bytes.n == n && c->sig.n == REVIEW_SIG_BYTES;
}

static bool
fork_ok(const struct content_fork *f)
{
    return entry_ok(&f->entry[0]) && entry_ok(&f->entry[1]) &&
           f->entry[0].body.n == 0 && f->entry[1].body.n == 0;
}

static bool
claims_ok(const struct content_claims *c)
{
    if (c->n == 0 || c->n > CONTENT_CLAIMS_MAX)
        return false;
    for (size_t i = 0; i < c->n; i++)
        if ((int)c->item[i].what <= 0 || c->item[i].what >= CLAIM_END ||
            !field_time(c->item[i].day * CLAIM_DAY_MS))
            return false;
    return true;
}

bool
content_is_sound(const struct content *c)
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
    case CONTENT_CLAIMS:
        return claims_ok(&c->u.claims);
    case CONTENT_REVIEW_NOTICE:
        return signed_ok(&c->u.signed_by, REVIEW_NOTICE_BYTES);
    case CONTENT_REVIEW_VERDICT:
        return signed_ok(&c->u.signed_by, REVIEW_VERDICT_BYTES);
    }
    return false;
}
