/* Envelopes on their way, the trace, services, figures, what is due. */
#include "hf_assert.h"
#include "hf_text.h"
#include "records.h"
#include "row.h"

/* ---- decisions, outbox, trace, services ---- */

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

static struct row_key
service_key(const struct hf_name *code, const struct hf_org *org,
            const uint8_t uuid[static 16])
{
    struct row_key k = {.n = 0};

    row_add(&k, code->s, HF_NAME_BYTES);
    row_add(&k, org->s, HF_ORG_BYTES);
    row_add(&k, uuid, 16);
    return k;
}

void
service_put(const struct node_view *v, const struct service *sv)
{
    const struct row_key k = service_key(&sv->code, &sv->org, sv->id);

    row_put(v, NODE_SERVICES, &k, NULL, sv, sizeof(*sv));
}

void
service_del(const struct node_view *v, const struct service *sv)
{
    const struct row_key k = service_key(&sv->code, &sv->org, sv->id);

    v->del(v->ctx, NODE_SERVICES, row_span(&k));
}

bool
service_get(const struct node_view *v, const struct hf_name *code,
            const struct hf_org *org, const uint8_t uuid[static 16],
            struct service *ret)
{
    const struct row_key k = service_key(code, org, uuid);

    return row_get(v, NODE_SERVICES, &k, ret, sizeof(*ret));
}

bool
service_next(const struct node_view *v, const struct hf_name *code,
             struct hf_org *org, uint8_t uuid[static 16], struct service *ret)
{
    const bool all = code->s[0] == '\0';
    struct row_key prefix = {.n = 0};
    struct row_key k = service_key(all ? &ret->code : code, org, uuid);
    struct hf_bytes key, row;

    if (!all)
        row_add(&prefix, code->s, HF_NAME_BYTES);
    row_add(&k, "", 1);
    if (!v->seek(v->ctx, NODE_SERVICES, row_span(&k), &key, &row) ||
        !row_begins(key, &prefix) || !row_unwrap(row, ret, sizeof(*ret)))
        return false;
    *org = ret->org;
    memcpy(uuid, ret->id, 16);
    return true;
}

/* Which services a member has, so that to replace them nobody else's are
 * looked at: code and UUID of each, in one row behind its document's key. */
#define SERVICE_REF_BYTES (HF_NAME_BYTES + 16)

static struct row_key
services_key(const struct hf_org *org)
{
    struct row_key k = {.n = 0};

    row_add(&k, org->s, HF_ORG_BYTES);
    row_number(&k, 1, 1);
    return k;
}

void
services_clear(const struct node_view *v, const struct hf_org *org)
{
    const struct row_key k = services_key(org);
    uint8_t refs[SERVICES_OF_ORG_MAX * SERVICE_REF_BYTES];
    struct hf_bytes row;
    size_t n;

    if (!v->get(v->ctx, NODE_SERVICE_DOCS, row_span(&k), &row) ||
        row.n > sizeof(refs))
        return;
    n = row.n / SERVICE_REF_BYTES;
    memcpy(refs, row.p, row.n);
    for (size_t i = 0; i < n; i++) {
        const uint8_t *ref = refs + i * SERVICE_REF_BYTES;
        struct service sv;

        memset(&sv, 0, sizeof(sv));
        memcpy(sv.code.s, ref, HF_NAME_BYTES);
        sv.org = *org;
        memcpy(sv.id, ref + HF_NAME_BYTES, sizeof(sv.id));
        service_del(v, &sv);
    }
    v->del(v->ctx, NODE_SERVICE_DOCS, row_span(&k));
}

void
services_note(const struct node_view *v, const struct hf_org *org,
              const struct service *services, size_t n)
{
    const struct row_key k = services_key(org);
    uint8_t refs[SERVICES_OF_ORG_MAX * SERVICE_REF_BYTES], *p = refs;

    for (size_t i = 0; i < n && i < SERVICES_OF_ORG_MAX; i++) {
        if (!hf_org_eq(&services[i].org, org))
            continue;
        hf_put_bytes(&p, services[i].code.s, HF_NAME_BYTES);
        hf_put_bytes(&p, services[i].id, sizeof(services[i].id));
    }
    v->put(v->ctx, NODE_SERVICE_DOCS, row_span(&k), NULL,
           (struct hf_bytes){refs, (size_t)(p - refs)});
}

void
service_doc_put(const struct node_view *v, const struct hf_org *org,
                struct hf_bytes json)
{
    v->put(v->ctx, NODE_SERVICE_DOCS,
           (struct hf_bytes){(const uint8_t *)org->s, HF_ORG_BYTES}, NULL,
           json);
}

/* ---- figures ---- */

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

/* ---- what is due, and who waits for a prekey ---- */

static struct row_key
due_key(uint64_t ms, const struct hf_id *object, enum due_what what)
{
    struct row_key k = {.n = 0};

    row_number(&k, ms, 8);
    row_add(&k, object->b, HF_ID_BYTES);
    row_number(&k, (uint64_t)what, 1);
    return k;
}

void
due_put(const struct node_view *v, uint64_t ms, const struct hf_id *object,
        enum due_what what)
{
    const struct row_key k = due_key(ms, object, what);
    const uint8_t one = 1;

    v->put(v->ctx, NODE_DUE, row_span(&k), NULL, (struct hf_bytes){&one, 1});
}

void
due_del(const struct node_view *v, uint64_t ms, const struct hf_id *object,
        enum due_what what)
{
    const struct row_key k = due_key(ms, object, what);

    v->del(v->ctx, NODE_DUE, row_span(&k));
}

static bool
due_from(const struct node_view *v, struct hf_bytes from, uint64_t *ret_ms,
         struct hf_id *ret_object, enum due_what *ret_what)
{
    struct hf_bytes key, row;

    if (!v->seek(v->ctx, NODE_DUE, from, &key, &row) ||
        key.n != 8 + HF_ID_BYTES + 1)
        return false;
    *ret_ms = row_number_at(key.p, 8);
    memcpy(ret_object->b, key.p + 8, HF_ID_BYTES);
    *ret_what = (enum due_what)key.p[8 + HF_ID_BYTES];
    return true;
}

bool
due_first(const struct node_view *v, uint64_t *ret_ms, struct hf_id *ret_object,
          enum due_what *ret_what)
{
    return due_from(v, (struct hf_bytes){NULL, 0}, ret_ms, ret_object,
                    ret_what);
}

bool
due_first_paused(const struct node_view *v, uint64_t *ret_ms,
                 struct hf_id *ret_object, enum due_what *ret_what)
{
    struct row_key from = {.n = 0};

    row_number(&from, DUE_PAUSED, 8);
    return due_from(v, row_span(&from), ret_ms, ret_object, ret_what);
}

static struct row_key
waiting_key(const struct hf_org *peer, const struct hf_id *object)
{
    struct row_key k = {.n = 0};

    row_add(&k, peer->s, HF_ORG_BYTES);
    row_add(&k, object->b, HF_ID_BYTES);
    return k;
}

void
waiting_put(const struct node_view *v, const struct hf_org *peer,
            const struct hf_id *object, uint64_t since_ms)
{
    const struct row_key k = waiting_key(peer, object);

    row_put(v, NODE_WAITING, &k, NULL, &since_ms, sizeof(since_ms));
}

uint64_t
waiting_since(const struct node_view *v, const struct hf_org *peer,
              const struct hf_id *object)
{
    const struct row_key k = waiting_key(peer, object);
    uint64_t since_ms = 0;

    return row_get(v, NODE_WAITING, &k, &since_ms, sizeof(since_ms)) ? since_ms
                                                                     : 0;
}

bool
waiting_next(const struct node_view *v, struct hf_org *peer,
             struct hf_id *object, uint64_t *ret_since_ms)
{
    struct row_key k = waiting_key(peer, object);
    struct hf_bytes key, row;

    row_add(&k, "", 1);
    if (!v->seek(v->ctx, NODE_WAITING, row_span(&k), &key, &row) ||
        key.n != HF_ORG_BYTES + HF_ID_BYTES ||
        !row_unwrap(row, ret_since_ms, sizeof(*ret_since_ms)))
        return false;
    memcpy(peer->s, key.p, HF_ORG_BYTES);
    memcpy(object->b, key.p + HF_ORG_BYTES, HF_ID_BYTES);
    return true;
}

void
waiting_del(const struct node_view *v, const struct hf_org *peer,
            const struct hf_id *object)
{
    const struct row_key k = waiting_key(peer, object);

    v->del(v->ctx, NODE_WAITING, row_span(&k));
}

bool
waiting_first(const struct node_view *v, const struct hf_org *peer,
              struct hf_id *ret_object)
{
    struct row_key prefix = {.n = 0};
    struct hf_bytes key, row;

    row_add(&prefix, peer->s, HF_ORG_BYTES);
    if (!v->seek(v->ctx, NODE_WAITING, row_span(&prefix), &key, &row) ||
        !row_begins(key, &prefix) || key.n != prefix.n + HF_ID_BYTES)
        return false;
    memcpy(ret_object->b, key.p + prefix.n, HF_ID_BYTES);
    return true;
}

/* ---- the node itself ---- */

bool
self_get(const struct node_view *v, struct node_self *ret)
{
    const struct row_key k = row_text("self");

    return row_get(v, NODE_META, &k, ret, sizeof(*ret));
}

void
self_put(const struct node_view *v, const struct node_self *s)
{
    const struct row_key k = row_text("self");

    row_put(v, NODE_META, &k, NULL, s, sizeof(*s));
}

static struct row_key
asked_key(const struct hf_org *peer)
{
    struct row_key k = row_text("asked");

    row_add(&k, peer->s, HF_ORG_BYTES);
    return k;
}

bool
asked_all(const struct node_view *v, const struct hf_org *peer,
          const struct hf_id *ask)
{
    const struct row_key k = asked_key(peer);
    struct hf_id last;

    return row_get(v, NODE_META, &k, &last, sizeof(last)) &&
           hf_id_eq(&last, ask);
}

void
asked_all_put(const struct node_view *v, const struct hf_org *peer,
              const struct hf_id *ask)
{
    const struct row_key k = asked_key(peer);

    row_put(v, NODE_META, &k, NULL, ask, sizeof(*ask));
}

struct answer {
    struct hf_id ask;
    uint32_t shared;
};

static struct row_key
answered_key(const struct hf_org *peer)
{
    struct row_key k = row_text("answered");

    row_add(&k, peer->s, HF_ORG_BYTES);
    return k;
}

bool
answered(const struct node_view *v, const struct hf_org *peer,
         const struct hf_id *ask, uint32_t *ret_shared)
{
    const struct row_key k = answered_key(peer);
    struct answer a;

    if (!row_get(v, NODE_META, &k, &a, sizeof(a)) || !hf_id_eq(&a.ask, ask))
        return false;
    *ret_shared = a.shared;
    return true;
}

void
answered_put(const struct node_view *v, const struct hf_org *peer,
             const struct hf_id *ask, uint32_t shared)
{
    const struct row_key k = answered_key(peer);
    struct answer a;

    memset(&a, 0, sizeof(a));
    a.ask = *ask;
    a.shared = shared;
    row_put(v, NODE_META, &k, NULL, &a, sizeof(a));
}

static struct row_key
lost_key(const struct hf_org *peer)
{
    struct row_key k = row_text("lost");

    row_add(&k, peer->s, HF_ORG_BYTES);
    return k;
}

uint64_t
lost_get(const struct node_view *v, const struct hf_org *peer)
{
    const struct row_key k = lost_key(peer);
    uint64_t ms = 0;

    (void)row_get(v, NODE_META, &k, &ms, sizeof(ms));
    return ms;
}

void
lost_put(const struct node_view *v, const struct hf_org *peer, uint64_t ms)
{
    const struct row_key k = lost_key(peer);

    row_put(v, NODE_META, &k, NULL, &ms, sizeof(ms));
}

static struct row_key
scan_key(const struct hf_id *ask)
{
    struct row_key k = row_text("scan");

    row_add(&k, ask->b, HF_ID_BYTES);
    return k;
}

bool
scan_get(const struct node_view *v, const struct hf_id *ask,
         struct node_scan *ret)
{
    const struct row_key k = scan_key(ask);

    return row_get(v, NODE_META, &k, ret, sizeof(*ret));
}

void
scan_put(const struct node_view *v, const struct node_scan *s)
{
    const struct row_key k = scan_key(&s->ask);

    row_put(v, NODE_META, &k, NULL, s, sizeof(*s));
}

void
scan_del(const struct node_view *v, const struct hf_id *ask)
{
    const struct row_key k = scan_key(ask);

    v->del(v->ctx, NODE_META, row_span(&k));
}
