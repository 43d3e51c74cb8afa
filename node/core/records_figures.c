/* Figures: the cells that this node counts, and what a committee received. */
#include "hf_assert.h"
#include "records.h"
#include "row.h"

static struct row_key
cell_key(const struct figure_cell *c)
{
    struct row_key k = {.n = 0};

    row_number(&k, (uint64_t)c->kind, 1);
    row_add(&k, c->from.s, HF_ORG_BYTES);
    row_add(&k, c->to.s, HF_ORG_BYTES);
    row_add(&k, c->service.s, HF_NAME_BYTES);
    row_number(&k, (uint64_t)c->state, 1);
    row_number(&k, (uint64_t)c->reason, 1);
    row_add(&k, c->place.s, HF_NAME_BYTES);
    return k;
}

void
cell_add(const struct node_view *v, const struct figure_cell *c, int by)
{
    const struct row_key k = cell_key(c);
    struct figure_cell now = *c;

    now.count = 0;
    (void)row_get(v, NODE_CELLS, &k, &now, sizeof(now));
    HF_ASSERT(by > 0 || now.count > 0);
    now.count = by > 0 ? now.count + 1 : now.count - 1;
    if (now.count == 0)
        v->del(v->ctx, NODE_CELLS, row_span(&k));
    else
        row_put(v, NODE_CELLS, &k, NULL, &now, sizeof(now));
}

bool
cell_next(const struct node_view *v, struct figure_cell *at)
{
    struct row_key k = cell_key(at);
    struct hf_bytes key, row;

    if (at->kind != OBJECT_NONE)
        row_add(&k, "", 1);
    return v->seek(v->ctx, NODE_CELLS, row_span(&k), &key, &row) &&
           row_unwrap(row, at, sizeof(*at));
}

static struct row_key
figure_key(const struct hf_org *by, uint32_t serial)
{
    struct row_key k = {.n = 0};

    row_add(&k, by->s, HF_ORG_BYTES);
    row_number(&k, serial, 4);
    return k;
}

void
figure_put(const struct node_view *v, uint32_t serial,
           const struct figure_row *row)
{
    const struct row_key k = figure_key(&row->by, serial);

    row_put(v, NODE_FIGURES, &k, NULL, row, sizeof(*row));
}

void
figures_clear(const struct node_view *v, const struct hf_org *by)
{
    const struct row_key prefix = figure_key(by, 0);
    struct hf_bytes key, row;

    while (v->seek(v->ctx, NODE_FIGURES, row_span(&prefix), &key, &row) &&
           key.n == prefix.n && memcmp(key.p, by->s, HF_ORG_BYTES) == 0) {
        uint8_t copy[ROW_KEY_MAX];

        memcpy(copy, key.p, key.n);
        v->del(v->ctx, NODE_FIGURES, (struct hf_bytes){copy, prefix.n});
    }
}

bool
figure_next(const struct node_view *v, struct hf_org *by, uint32_t *serial,
            struct figure_row *ret)
{
    struct row_key k = figure_key(by, *serial);
    struct hf_bytes key, row;

    row_add(&k, "", 1);
    if (!v->seek(v->ctx, NODE_FIGURES, row_span(&k), &key, &row) ||
        key.n != HF_ORG_BYTES + 4 || !row_unwrap(row, ret, sizeof(*ret)))
        return false;
    memcpy(by->s, key.p, HF_ORG_BYTES);
    *serial = (uint32_t)row_number_at(key.p + HF_ORG_BYTES, 4);
    return true;
}
