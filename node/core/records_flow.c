/* What was decided, what is on its way out and came in, and the trace of it. */
#include "records.h"
#include "row.h"

bool
decision_get(const struct node_view *v, const struct hf_id *id,
             struct node_decision *ret)
{
    const struct row_key k = row_id(id);

    return row_get(v, NODE_DECISIONS, &k, ret, sizeof(*ret));
}

void
decision_put(const struct node_view *v, const struct node_decision *d)
{
    const struct row_key k = row_id(&d->id);

    row_put(v, NODE_DECISIONS, &k, NULL, d, sizeof(*d));
}

void
decision_del(const struct node_view *v, const struct hf_id *id)
{
    const struct row_key k = row_id(id);

    v->del(v->ctx, NODE_DECISIONS, row_span(&k));
}

bool
out_get(const struct node_view *v, const struct hf_id *envelope,
        struct node_out *ret)
{
    const struct row_key k = row_id(envelope);

    return row_get(v, NODE_OUTBOX, &k, ret, sizeof(*ret));
}

void
out_put(const struct node_view *v, const struct node_out *o)
{
    const struct row_key k = row_id(&o->id);

    row_put(v, NODE_OUTBOX, &k, NULL, o, sizeof(*o));
}

void
out_del(const struct node_view *v, const struct hf_id *envelope)
{
    const struct row_key k = row_id(envelope);

    v->del(v->ctx, NODE_OUTBOX, row_span(&k));
}

bool
inbox_get(const struct node_view *v, const struct hf_id *envelope,
          struct node_inbox *ret)
{
    const struct row_key k = row_id(envelope);

    return row_get(v, NODE_INBOX, &k, ret, sizeof(*ret));
}

void
inbox_put(const struct node_view *v, const struct node_inbox *i)
{
    const struct row_key k = row_id(&i->envelope);

    row_put(v, NODE_INBOX, &k, NULL, i, sizeof(*i));
}

void
inbox_del(const struct node_view *v, const struct hf_id *envelope)
{
    const struct row_key k = row_id(envelope);

    v->del(v->ctx, NODE_INBOX, row_span(&k));
}

const char *
trace_stage_text(enum trace_stage s)
{
    switch (s) {
    case TRACE_SEALED:
        return "sealed";
    case TRACE_CUSTODY:
        return "custody";
    case TRACE_DELIVERED:
        return "delivered";
    case TRACE_REFUSED:
        return "refused";
    case TRACE_UNOPENABLE:
        return "unopenable";
    case TRACE_EXPIRED:
        return "expired";
    case TRACE_UNCONFIRMED:
        return "unconfirmed";
    case TRACE_ACK:
        return "acknowledged";
    case TRACE_LOCAL:
        return "local";
    case TRACE_OVERDUE:
        return "overdue";
    case TRACE_CONFIRMED:
        return "person_confirmed";
    case TRACE_NOBODY_CALLED:
        return "nobody_called";
    case TRACE_WITHDREW:
        return "person_withdrew";
    }
    return "";
}

static struct row_key
trace_key(const struct hf_id *object, uint64_t at_ms, uint32_t serial)
{
    struct row_key k = row_id(object);

    row_number(&k, at_ms, 8);
    row_number(&k, serial, 4);
    return k;
}

/* The row under the object's id alone counts the others; at the ceiling the
 * oldest goes for each that comes. */
static void
trace_cap(const struct node_view *v, const struct hf_id *object)
{
    const struct row_key count_key = row_id(object);
    struct row_key k = trace_key(object, 0, 0);
    struct hf_bytes key, row;
    uint32_t n = 0;

    (void)row_get(v, NODE_TRACE, &count_key, &n, sizeof(n));
    if (n < TRACE_ROWS_MAX) {
        n++;
        row_put(v, NODE_TRACE, &count_key, NULL, &n, sizeof(n));
        return;
    }
    if (!v->seek(v->ctx, NODE_TRACE, row_span(&k), &key, &row) || key.n != k.n)
        return;
    memcpy(k.b, key.p, k.n);
    v->del(v->ctx, NODE_TRACE, row_span(&k));
}

void
trace_put(const struct node_view *v, const struct hf_id *object,
          const struct node_trace *t)
{
    uint32_t serial = 1;
    struct row_key k = trace_key(object, t->at_ms, serial);
    struct hf_bytes row;

    while (v->get(v->ctx, NODE_TRACE, row_span(&k), &row))
        k = trace_key(object, t->at_ms, ++serial);
    row_put(v, NODE_TRACE, &k, NULL, t, sizeof(*t));
    trace_cap(v, object);
}

bool
trace_next(const struct node_view *v, const struct hf_id *object,
           uint64_t *at_ms, uint32_t *serial, struct node_trace *ret)
{
    const struct row_key prefix = row_id(object);
    const struct row_key k = trace_key(object, *at_ms, *serial + 1);
    struct hf_bytes key, row;

    if (!v->seek(v->ctx, NODE_TRACE, row_span(&k), &key, &row) ||
        !row_begins(key, &prefix) || key.n != prefix.n + 12 ||
        !row_unwrap(row, ret, sizeof(*ret)))
        return false;
    *at_ms = row_number_at(key.p + prefix.n, 8);
    *serial = (uint32_t)row_number_at(key.p + prefix.n + 8, 4);
    return true;
}
