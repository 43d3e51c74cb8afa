#include "records.h"

#include "hf_assert.h"
#include "hf_text.h"

/* A raised version refuses rows of an older layout instead of misreading
 * them. */
#define RECORD_VERSION 1
#define KEY_BYTES_MAX  128

/* ---- keys ---- */

struct key {
    uint8_t b[KEY_BYTES_MAX];
    size_t n;
};

static void
key_add(struct key *k, const void *p, size_t n)
{
    HF_ASSERT(k->n + n <= sizeof(k->b));
    memcpy(k->b + k->n, p, n);
    k->n += n;
}

/* Big-endian, so that byte order is number order. */
static void
key_number(struct key *k, uint64_t v, size_t bytes)
{
    uint8_t b[8];

    for (size_t i = 0; i < bytes; i++)
        b[i] = (uint8_t)(v >> (8 * (bytes - 1 - i)));
    key_add(k, b, bytes);
}

static uint64_t
number_at(const uint8_t *p, size_t bytes)
{
    uint64_t v = 0;

    for (size_t i = 0; i < bytes; i++)
        v = v << 8 | p[i];
    return v;
}

static struct key
key_id(const struct hf_id *id)
{
    struct key k = {.n = 0};

    key_add(&k, id->b, HF_ID_BYTES);
    return k;
}

static struct hf_bytes
span(const struct key *k)
{
    return (struct hf_bytes){k->b, k->n};
}

static bool
begins_with(struct hf_bytes key, const struct key *prefix)
{
    return key.n >= prefix->n && memcmp(key.p, prefix->b, prefix->n) == 0;
}

/* ---- records: a version byte and the struct's bytes ---- */

static bool
unwrap(struct hf_bytes row, void *ret, size_t n)
{
    if (row.n != n + 1 || row.p[0] != RECORD_VERSION)
        return false;
    memcpy(ret, row.p + 1, n);
    return true;
}

static bool
record_get(const struct node_view *v, enum node_table t, const struct key *k,
           void *ret, size_t n)
{
    struct hf_bytes row;

    return v->get(v->ctx, t, span(k), &row) && unwrap(row, ret, n);
}

/* Large enough for the largest record; one at a time. */
union any_record {
    struct node_user user;
    struct node_case case_;
    struct node_object object;
    struct node_decision decision;
    struct consent consent;
    struct service service;
};

static void
record_put(const struct node_view *v, enum node_table t, const struct key *k,
           const struct node_lock *lock, const void *p, size_t n)
{
    uint8_t row[1 + sizeof(union any_record)];

    HF_ASSERT(n < sizeof(row));
    row[0] = RECORD_VERSION;
    memcpy(row + 1, p, n);
    v->put(v->ctx, t, span(k), lock, (struct hf_bytes){row, n + 1});
}

/* ---- users ---- */

bool
user_get(const struct node_view *v, const struct hf_name *name,
         struct node_user *ret)
{
    struct key k = {.n = 0};

    key_add(&k, name->s, HF_NAME_BYTES);
    return record_get(v, NODE_USERS, &k, ret, sizeof(*ret));
}

void
user_put(const struct node_view *v, const struct node_user *u)
{
    struct key k = {.n = 0};

    key_add(&k, u->name.s, HF_NAME_BYTES);
    record_put(v, NODE_USERS, &k, NULL, u, sizeof(*u));
}

bool
user_next(const struct node_view *v, struct hf_name *name,
          struct node_user *ret)
{
    struct key k = {.n = 0};
    struct hf_bytes key, row;

    key_add(&k, name->s, HF_NAME_BYTES);
    key_add(&k, "", 1); /* just after the last one */
    if (!v->seek(v->ctx, NODE_USERS, span(&k), &key, &row) ||
        !unwrap(row, ret, sizeof(*ret)))
        return false;
    *name = ret->name;
    return true;
}

/* ---- cases ---- */

bool
case_get(const struct node_view *v, const struct hf_id *id,
         struct node_case *ret)
{
    const struct key k = key_id(id);

    return record_get(v, NODE_CASES, &k, ret, sizeof(*ret));
}

void
case_put(const struct node_view *v, const struct node_case *c)
{
    const struct key k = key_id(&c->id);
    const struct node_lock lock = {c->id, CATEGORY_NONE};

    record_put(v, NODE_CASES, &k, &lock, c, sizeof(*c));
}

void
case_del(const struct node_view *v, const struct hf_id *id)
{
    const struct key k = key_id(id);

    v->del(v->ctx, NODE_CASES, span(&k));
}

bool
case_next(const struct node_view *v, struct hf_id *id, struct node_case *ret)
{
    struct key k = key_id(id);
    struct hf_bytes key, row;

    key_add(&k, "", 1);
    if (!v->seek(v->ctx, NODE_CASES, span(&k), &key, &row) ||
        !unwrap(row, ret, sizeof(*ret)))
        return false;
    *id = ret->id;
    return true;
}

static struct key
section_key(const struct hf_id *case_id, enum category c)
{
    struct key k = key_id(case_id);

    key_number(&k, (uint64_t)c, 1);
    return k;
}

bool
section_get(const struct node_view *v, const struct hf_id *case_id,
            enum category c, struct hf_bytes *ret_json)
{
    const struct key k = section_key(case_id, c);

    return v->get(v->ctx, NODE_SECTIONS, span(&k), ret_json);
}

void
section_put(const struct node_view *v, const struct hf_id *case_id,
            enum category c, struct hf_bytes json)
{
    const struct key k = section_key(case_id, c);
    const struct node_lock lock = {*case_id, c};

    v->put(v->ctx, NODE_SECTIONS, span(&k), &lock, json);
}

void
section_del(const struct node_view *v, const struct hf_id *case_id,
            enum category c)
{
    const struct key k = section_key(case_id, c);
    const struct node_lock lock = {*case_id, c};

    v->del(v->ctx, NODE_SECTIONS, span(&k));
    v->shred(v->ctx, &lock);
}

/* ---- consents and tombstones ---- */

bool
consent_get(const struct node_view *v, const struct hf_id *id,
            struct consent *ret)
{
    const struct key k = key_id(id);

    return record_get(v, NODE_CONSENTS, &k, ret, sizeof(*ret));
}

static struct key
consent_doc_key(const struct hf_id *id, uint32_t version)
{
    struct key k = key_id(id);

    key_number(&k, version, 4);
    return k;
}

bool
consent_doc_get(const struct node_view *v, const struct hf_id *id,
                uint32_t version, struct hf_bytes *ret_json)
{
    const struct key k = consent_doc_key(id, version);

    return v->get(v->ctx, NODE_CONSENT_DOCS, span(&k), ret_json);
}

void
consent_put(const struct node_view *v, const struct consent *c,
            struct hf_bytes json)
{
    const struct key k = key_id(&c->id);
    const struct key d = consent_doc_key(&c->id, c->version);
    const struct node_lock lock = {c->case_id, CATEGORY_NONE};

    record_put(v, NODE_CONSENTS, &k, &lock, c, sizeof(*c));
    if (json.n > 0)
        v->put(v->ctx, NODE_CONSENT_DOCS, span(&d), &lock, json);
}

/* Every row of @t whose key begins with @prefix. */
static void
del_all(const struct node_view *v, enum node_table t, const struct key *prefix)
{
    struct hf_bytes key, row;

    while (v->seek(v->ctx, t, span(prefix), &key, &row) &&
           begins_with(key, prefix)) {
        struct key k = {.n = 0};

        key_add(&k, key.p, key.n); /* borrowed: not to be deleted by itself */
        v->del(v->ctx, t, span(&k));
    }
}

void
consent_del(const struct node_view *v, const struct hf_id *id)
{
    const struct key k = key_id(id);

    v->del(v->ctx, NODE_CONSENTS, span(&k));
    del_all(v, NODE_CONSENT_DOCS, &k);
}

static struct key
tombstone_key(const struct hf_id *consent, const struct hf_name *scope)
{
    struct key k = key_id(consent);

    key_add(&k, scope->s, HF_NAME_BYTES);
    return k;
}

bool
tombstone_get(const struct node_view *v, const struct hf_id *consent,
              const struct hf_name *scope, struct node_tombstone *ret)
{
    const struct key k = tombstone_key(consent, scope);

    return record_get(v, NODE_TOMBSTONES, &k, ret, sizeof(*ret));
}

void
tombstone_put(const struct node_view *v, const struct node_tombstone *t)
{
    const struct key k = tombstone_key(&t->consent, &t->scope);

    record_put(v, NODE_TOMBSTONES, &k, NULL, t, sizeof(*t));
}

bool
tombstone_next(const struct node_view *v, struct node_tombstone *ret)
{
    struct key k = tombstone_key(&ret->consent, &ret->scope);
    struct hf_bytes key, row;

    key_add(&k, "", 1);
    return v->seek(v->ctx, NODE_TOMBSTONES, span(&k), &key, &row) &&
           unwrap(row, ret, sizeof(*ret));
}

bool
shredded_get(const struct node_view *v, const struct hf_id *id)
{
    const struct key k = key_id(id);
    struct hf_bytes row;

    return v->get(v->ctx, NODE_SHREDDED, span(&k), &row);
}

bool
shredded_next(const struct node_view *v, struct hf_id *id)
{
    struct key k = key_id(id);
    struct hf_bytes key, row;

    key_add(&k, "", 1);
    if (!v->seek(v->ctx, NODE_SHREDDED, span(&k), &key, &row) ||
        key.n != HF_ID_BYTES)
        return false;
    memcpy(id->b, key.p, HF_ID_BYTES);
    return true;
}

void
shredded_put(const struct node_view *v, const struct hf_id *id, uint64_t at_ms)
{
    const struct key k = key_id(id);

    record_put(v, NODE_SHREDDED, &k, NULL, &at_ms, sizeof(at_ms));
}

void
shredded_del(const struct node_view *v, const struct hf_id *id)
{
    const struct key k = key_id(id);

    v->del(v->ctx, NODE_SHREDDED, span(&k));
}

/* ---- objects ---- */

bool
object_get(const struct node_view *v, const struct hf_id *id,
           struct node_object *ret)
{
    const struct key k = key_id(id);

    return record_get(v, NODE_OBJECTS, &k, ret, sizeof(*ret));
}

static struct key
by_time_key(uint64_t ms, const struct hf_id *id)
{
    struct key k = {.n = 0};

    key_number(&k, UINT64_MAX - ms, 8); /* newest first */
    key_add(&k, id->b, HF_ID_BYTES);
    return k;
}

void
object_link(const struct node_view *v, const struct hf_id *to,
            const struct hf_id *object)
{
    struct key k = key_id(to);

    key_add(&k, object->b, HF_ID_BYTES);
    v->put(v->ctx, NODE_BY_CASE, span(&k), NULL,
           (struct hf_bytes){object->b, HF_ID_BYTES});
}

void
object_put(const struct node_view *v, const struct node_object *o,
           uint64_t was_ms)
{
    const struct key k = key_id(&o->id);
    const struct key now = by_time_key(o->changed_ms, &o->id);

    record_put(v, NODE_OBJECTS, &k, NULL, o, sizeof(*o));
    if (was_ms != 0 && was_ms != o->changed_ms) {
        const struct key was = by_time_key(was_ms, &o->id);

        v->del(v->ctx, NODE_BY_TIME, span(&was));
    }
    if (was_ms != o->changed_ms)
        v->put(v->ctx, NODE_BY_TIME, span(&now), NULL,
               (struct hf_bytes){o->id.b, HF_ID_BYTES});
    if (was_ms == 0 && !hf_id_is_zero(&o->case_id))
        object_link(v, &o->case_id, &o->id);
}

bool
object_next(const struct node_view *v, struct hf_id *id,
            struct node_object *ret)
{
    struct key k = key_id(id);
    struct hf_bytes key, row;

    key_add(&k, "", 1);
    if (!v->seek(v->ctx, NODE_OBJECTS, span(&k), &key, &row) ||
        !unwrap(row, ret, sizeof(*ret)))
        return false;
    *id = ret->id;
    return true;
}

bool
object_next_changed(const struct node_view *v, uint64_t *ms, struct hf_id *id,
                    struct node_object *ret)
{
    struct key k = by_time_key(*ms, id);
    struct hf_bytes key, row;

    if (*ms != UINT64_MAX || !hf_id_is_zero(id))
        key_add(&k, "", 1);
    if (!v->seek(v->ctx, NODE_BY_TIME, span(&k), &key, &row) ||
        key.n != 8 + HF_ID_BYTES)
        return false;
    *ms = UINT64_MAX - number_at(key.p, 8);
    memcpy(id->b, key.p + 8, HF_ID_BYTES);
    return object_get(v, id, ret);
}

/* A link may point to an object that this very step is still making: it is
 * passed over, not the end. */
bool
object_next_of_case(const struct node_view *v, const struct hf_id *case_id,
                    struct hf_id *id, struct node_object *ret)
{
    const struct key prefix = key_id(case_id);
    struct hf_bytes key, row;

    do {
        struct key k = prefix;

        key_add(&k, id->b, HF_ID_BYTES);
        key_add(&k, "", 1);
        if (!v->seek(v->ctx, NODE_BY_CASE, span(&k), &key, &row) ||
            !begins_with(key, &prefix) || key.n != 2 * HF_ID_BYTES)
            return false;
        memcpy(id->b, key.p + HF_ID_BYTES, HF_ID_BYTES);
    } while (!object_get(v, id, ret));
    return true;
}

/* ---- chains and bodies ---- */

static struct key
chain_key(const struct hf_id *object, enum side side, uint32_t n,
          unsigned branch)
{
    struct key k = key_id(object);

    key_number(&k, (uint64_t)side, 1);
    key_number(&k, n, 4);
    key_number(&k, branch, 1);
    return k;
}

bool
chain_get(const struct node_view *v, const struct hf_id *object,
          enum side side, uint32_t n, unsigned branch,
          uint8_t ret_entry[static ENTRY_BYTES],
          uint8_t ret_sig[static ENTRY_SIG_BYTES])
{
    const struct key k = chain_key(object, side, n, branch);
    struct hf_bytes row;

    if (!v->get(v->ctx, NODE_CHAINS, span(&k), &row) ||
        row.n != ENTRY_BYTES + ENTRY_SIG_BYTES)
        return false;
    memcpy(ret_entry, row.p, ENTRY_BYTES);
    memcpy(ret_sig, row.p + ENTRY_BYTES, ENTRY_SIG_BYTES);
    return true;
}

void
chain_put(const struct node_view *v, const struct hf_id *object,
          enum side side, uint32_t n, unsigned branch,
          const uint8_t entry[static ENTRY_BYTES],
          const uint8_t sig[static ENTRY_SIG_BYTES])
{
    const struct key k = chain_key(object, side, n, branch);
    uint8_t row[ENTRY_BYTES + ENTRY_SIG_BYTES];

    memcpy(row, entry, ENTRY_BYTES);
    memcpy(row + ENTRY_BYTES, sig, ENTRY_SIG_BYTES);
    v->put(v->ctx, NODE_CHAINS, span(&k), NULL,
           (struct hf_bytes){row, sizeof(row)});
}

static struct key
body_key(const struct hf_id *object, enum side side, uint32_t n, unsigned i)
{
    struct key k = chain_key(object, side, n, 0);

    key_number(&k, i, 1);
    return k;
}

bool
body_part_get(const struct node_view *v, const struct hf_id *object,
              enum side side, uint32_t n, unsigned i, struct part *ret_part)
{
    const struct key k = body_key(object, side, n, i);
    struct hf_bytes row;

    if (!v->get(v->ctx, NODE_BODIES, span(&k), &row) || row.n < 2)
        return false;
    ret_part->type = (enum part_type)row.p[0];
    ret_part->category = (enum category)row.p[1];
    ret_part->bytes = (struct hf_bytes){row.p + 2, row.n - 2};
    return true;
}

void
body_part_put(const struct node_view *v, const struct hf_id *object,
              enum side side, uint32_t n, unsigned i, const struct part *part,
              const struct hf_id *lock_id, uint8_t *scratch)
{
    const struct key k = body_key(object, side, n, i);
    const struct node_lock lock = {*lock_id, part->type == PART_ATTEST
                                                 ? BODY_ATTEST_LOCK
                                                 : part->category};

    HF_ASSERT(part->bytes.n <= PART_BYTES_MAX);
    scratch[0] = (uint8_t)part->type;
    scratch[1] = (uint8_t)part->category;
    if (part->bytes.n > 0)
        memcpy(scratch + 2, part->bytes.p, part->bytes.n);
    v->put(v->ctx, NODE_BODIES, span(&k), &lock,
           (struct hf_bytes){scratch, part->bytes.n + 2});
}

void
body_part_del(const struct node_view *v, const struct hf_id *object,
              enum side side, uint32_t n, unsigned i)
{
    const struct key k = body_key(object, side, n, i);

    v->del(v->ctx, NODE_BODIES, span(&k));
}

void
bodies_del(const struct node_view *v, const struct hf_id *object)
{
    const struct key k = key_id(object);

    del_all(v, NODE_BODIES, &k);
}

/* ---- decisions, outbox, trace, services ---- */

bool
decision_get(const struct node_view *v, const struct hf_id *id,
             struct node_decision *ret)
{
    const struct key k = key_id(id);

    return record_get(v, NODE_DECISIONS, &k, ret, sizeof(*ret));
}

void
decision_put(const struct node_view *v, const struct node_decision *d)
{
    const struct key k = key_id(&d->id);

    record_put(v, NODE_DECISIONS, &k, NULL, d, sizeof(*d));
}

void
decision_del(const struct node_view *v, const struct hf_id *id)
{
    const struct key k = key_id(id);

    v->del(v->ctx, NODE_DECISIONS, span(&k));
}

bool
out_get(const struct node_view *v, const struct hf_id *envelope,
        struct node_out *ret)
{
    const struct key k = key_id(envelope);

    return record_get(v, NODE_OUTBOX, &k, ret, sizeof(*ret));
}

void
out_put(const struct node_view *v, const struct node_out *o)
{
    const struct key k = key_id(&o->id);

    record_put(v, NODE_OUTBOX, &k, NULL, o, sizeof(*o));
}

void
out_del(const struct node_view *v, const struct hf_id *envelope)
{
    const struct key k = key_id(envelope);

    v->del(v->ctx, NODE_OUTBOX, span(&k));
}

bool
inbox_get(const struct node_view *v, const struct hf_id *envelope,
          struct node_inbox *ret)
{
    const struct key k = key_id(envelope);

    return record_get(v, NODE_INBOX, &k, ret, sizeof(*ret));
}

void
inbox_put(const struct node_view *v, const struct node_inbox *i)
{
    const struct key k = key_id(&i->envelope);

    record_put(v, NODE_INBOX, &k, NULL, i, sizeof(*i));
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
    }
    return "";
}

static struct key
trace_key(const struct hf_id *object, uint64_t at_ms, uint32_t serial)
{
    struct key k = key_id(object);

    key_number(&k, at_ms, 8);
    key_number(&k, serial, 4);
    return k;
}

void
trace_put(const struct node_view *v, const struct hf_id *object,
          const struct node_trace *t)
{
    uint32_t serial = 1;
    struct key k = trace_key(object, t->at_ms, serial);
    struct hf_bytes row;

    while (v->get(v->ctx, NODE_TRACE, span(&k), &row))
        k = trace_key(object, t->at_ms, ++serial);
    record_put(v, NODE_TRACE, &k, NULL, t, sizeof(*t));
}

bool
trace_next(const struct node_view *v, const struct hf_id *object,
           uint64_t *at_ms, uint32_t *serial, struct node_trace *ret)
{
    const struct key prefix = key_id(object);
    const struct key k = trace_key(object, *at_ms, *serial + 1);
    struct hf_bytes key, row;

    if (!v->seek(v->ctx, NODE_TRACE, span(&k), &key, &row) ||
        !begins_with(key, &prefix) || key.n != prefix.n + 12 ||
        !unwrap(row, ret, sizeof(*ret)))
        return false;
    *at_ms = number_at(key.p + prefix.n, 8);
    *serial = (uint32_t)number_at(key.p + prefix.n + 8, 4);
    return true;
}

static struct key
service_key(const struct hf_name *code, const struct hf_org *org,
            const uint8_t uuid[static 16])
{
    struct key k = {.n = 0};

    key_add(&k, code->s, HF_NAME_BYTES);
    key_add(&k, org->s, HF_ORG_BYTES);
    key_add(&k, uuid, 16);
    return k;
}

void
service_put(const struct node_view *v, const struct service *sv)
{
    const struct key k = service_key(&sv->code, &sv->org, sv->id);

    record_put(v, NODE_SERVICES, &k, NULL, sv, sizeof(*sv));
}

void
service_del(const struct node_view *v, const struct service *sv)
{
    const struct key k = service_key(&sv->code, &sv->org, sv->id);

    v->del(v->ctx, NODE_SERVICES, span(&k));
}

bool
service_get(const struct node_view *v, const struct hf_name *code,
            const struct hf_org *org, const uint8_t uuid[static 16],
            struct service *ret)
{
    const struct key k = service_key(code, org, uuid);

    return record_get(v, NODE_SERVICES, &k, ret, sizeof(*ret));
}

bool
service_next(const struct node_view *v, const struct hf_name *code,
             struct hf_org *org, uint8_t uuid[static 16],
             struct service *ret)
{
    const bool all = code->s[0] == '\0';
    struct key prefix = {.n = 0};
    struct key k = service_key(all ? &ret->code : code, org, uuid);
    struct hf_bytes key, row;

    if (!all)
        key_add(&prefix, code->s, HF_NAME_BYTES);
    key_add(&k, "", 1);
    if (!v->seek(v->ctx, NODE_SERVICES, span(&k), &key, &row) ||
        !begins_with(key, &prefix) || !unwrap(row, ret, sizeof(*ret)))
        return false;
    *org = ret->org;
    memcpy(uuid, ret->id, 16);
    return true;
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

static struct key
cell_key(const struct figure_cell *c)
{
    struct key k = {.n = 0};

    key_number(&k, (uint64_t)c->kind, 1);
    key_add(&k, c->from.s, HF_ORG_BYTES);
    key_add(&k, c->to.s, HF_ORG_BYTES);
    key_add(&k, c->service.s, HF_NAME_BYTES);
    key_number(&k, (uint64_t)c->state, 1);
    key_number(&k, (uint64_t)c->reason, 1);
    return k;
}

void
cell_add(const struct node_view *v, const struct figure_cell *c, int by)
{
    const struct key k = cell_key(c);
    struct figure_cell now = *c;

    now.count = 0;
    (void)record_get(v, NODE_CELLS, &k, &now, sizeof(now));
    HF_ASSERT(by > 0 || now.count > 0);
    now.count = by > 0 ? now.count + 1 : now.count - 1;
    if (now.count == 0)
        v->del(v->ctx, NODE_CELLS, span(&k));
    else
        record_put(v, NODE_CELLS, &k, NULL, &now, sizeof(now));
}

bool
cell_next(const struct node_view *v, struct figure_cell *at)
{
    struct key k = cell_key(at);
    struct hf_bytes key, row;

    if (at->kind != OBJECT_NONE)
        key_add(&k, "", 1);
    return v->seek(v->ctx, NODE_CELLS, span(&k), &key, &row) &&
           unwrap(row, at, sizeof(*at));
}

static struct key
figure_key(const struct hf_org *by, uint32_t serial)
{
    struct key k = {.n = 0};

    key_add(&k, by->s, HF_ORG_BYTES);
    key_number(&k, serial, 4);
    return k;
}

void
figure_put(const struct node_view *v, uint32_t serial,
           const struct figure_row *row)
{
    const struct key k = figure_key(&row->by, serial);

    record_put(v, NODE_FIGURES, &k, NULL, row, sizeof(*row));
}

void
figures_clear(const struct node_view *v, const struct hf_org *by)
{
    const struct key prefix = figure_key(by, 0);
    struct hf_bytes key, row;

    while (v->seek(v->ctx, NODE_FIGURES, span(&prefix), &key, &row) &&
           key.n == prefix.n && memcmp(key.p, by->s, HF_ORG_BYTES) == 0) {
        uint8_t copy[KEY_BYTES_MAX];

        memcpy(copy, key.p, key.n);
        v->del(v->ctx, NODE_FIGURES, (struct hf_bytes){copy, prefix.n});
    }
}

bool
figure_next(const struct node_view *v, struct hf_org *by, uint32_t *serial,
            struct figure_row *ret)
{
    struct key k = figure_key(by, *serial);
    struct hf_bytes key, row;

    key_add(&k, "", 1);
    if (!v->seek(v->ctx, NODE_FIGURES, span(&k), &key, &row) ||
        key.n != HF_ORG_BYTES + 4 || !unwrap(row, ret, sizeof(*ret)))
        return false;
    memcpy(by->s, key.p, HF_ORG_BYTES);
    *serial = (uint32_t)number_at(key.p + HF_ORG_BYTES, 4);
    return true;
}

/* ---- what is due, and who waits for a prekey ---- */

static struct key
due_key(uint64_t ms, const struct hf_id *object, enum due_what what)
{
    struct key k = {.n = 0};

    key_number(&k, ms, 8);
    key_add(&k, object->b, HF_ID_BYTES);
    key_number(&k, (uint64_t)what, 1);
    return k;
}

void
due_put(const struct node_view *v, uint64_t ms, const struct hf_id *object,
        enum due_what what)
{
    const struct key k = due_key(ms, object, what);
    const uint8_t one = 1;

    v->put(v->ctx, NODE_DUE, span(&k), NULL, (struct hf_bytes){&one, 1});
}

void
due_del(const struct node_view *v, uint64_t ms, const struct hf_id *object,
        enum due_what what)
{
    const struct key k = due_key(ms, object, what);

    v->del(v->ctx, NODE_DUE, span(&k));
}

bool
due_first(const struct node_view *v, uint64_t *ret_ms,
          struct hf_id *ret_object, enum due_what *ret_what)
{
    struct hf_bytes key, row;

    if (!v->seek(v->ctx, NODE_DUE, (struct hf_bytes){NULL, 0}, &key, &row) ||
        key.n != 8 + HF_ID_BYTES + 1)
        return false;
    *ret_ms = number_at(key.p, 8);
    memcpy(ret_object->b, key.p + 8, HF_ID_BYTES);
    *ret_what = (enum due_what)key.p[8 + HF_ID_BYTES];
    return true;
}

static struct key
waiting_key(const struct hf_org *peer, const struct hf_id *object)
{
    struct key k = {.n = 0};

    key_add(&k, peer->s, HF_ORG_BYTES);
    key_add(&k, object->b, HF_ID_BYTES);
    return k;
}

void
waiting_put(const struct node_view *v, const struct hf_org *peer,
            const struct hf_id *object, uint64_t since_ms)
{
    const struct key k = waiting_key(peer, object);

    record_put(v, NODE_WAITING, &k, NULL, &since_ms, sizeof(since_ms));
}

uint64_t
waiting_since(const struct node_view *v, const struct hf_org *peer,
              const struct hf_id *object)
{
    const struct key k = waiting_key(peer, object);
    uint64_t since_ms = 0;

    return record_get(v, NODE_WAITING, &k, &since_ms, sizeof(since_ms))
               ? since_ms
               : 0;
}

bool
waiting_next(const struct node_view *v, struct hf_org *peer,
             struct hf_id *object, uint64_t *ret_since_ms)
{
    struct key k = waiting_key(peer, object);
    struct hf_bytes key, row;

    key_add(&k, "", 1);
    if (!v->seek(v->ctx, NODE_WAITING, span(&k), &key, &row) ||
        key.n != HF_ORG_BYTES + HF_ID_BYTES ||
        !unwrap(row, ret_since_ms, sizeof(*ret_since_ms)))
        return false;
    memcpy(peer->s, key.p, HF_ORG_BYTES);
    memcpy(object->b, key.p + HF_ORG_BYTES, HF_ID_BYTES);
    return true;
}

void
waiting_del(const struct node_view *v, const struct hf_org *peer,
            const struct hf_id *object)
{
    const struct key k = waiting_key(peer, object);

    v->del(v->ctx, NODE_WAITING, span(&k));
}

bool
waiting_first(const struct node_view *v, const struct hf_org *peer,
              struct hf_id *ret_object)
{
    struct key prefix = {.n = 0};
    struct hf_bytes key, row;

    key_add(&prefix, peer->s, HF_ORG_BYTES);
    if (!v->seek(v->ctx, NODE_WAITING, span(&prefix), &key, &row) ||
        !begins_with(key, &prefix) || key.n != prefix.n + HF_ID_BYTES)
        return false;
    memcpy(ret_object->b, key.p + prefix.n, HF_ID_BYTES);
    return true;
}

/* ---- numbers ---- */

void
number_put(const struct node_view *v, const struct hf_hash *index,
           const struct hf_id *case_id)
{
    v->put(v->ctx, NODE_NUMBERS,
           (struct hf_bytes){index->b, HF_HASH_BYTES}, NULL,
           (struct hf_bytes){case_id->b, HF_ID_BYTES});
}

void
number_del(const struct node_view *v, const struct hf_hash *index)
{
    v->del(v->ctx, NODE_NUMBERS, (struct hf_bytes){index->b, HF_HASH_BYTES});
}

bool
number_get(const struct node_view *v, const struct hf_hash *index,
           struct hf_id *ret_case)
{
    struct hf_bytes row;

    if (!v->get(v->ctx, NODE_NUMBERS,
                (struct hf_bytes){index->b, HF_HASH_BYTES}, &row) ||
        row.n != HF_ID_BYTES)
        return false;
    memcpy(ret_case->b, row.p, HF_ID_BYTES);
    return true;
}

/* ---- the node itself ---- */

static struct key
key_text(const char *text)
{
    struct key k = {.n = 0};

    key_add(&k, text, strlen(text));
    return k;
}

bool
self_get(const struct node_view *v, struct node_self *ret)
{
    const struct key k = key_text("self");

    return record_get(v, NODE_META, &k, ret, sizeof(*ret));
}

void
self_put(const struct node_view *v, const struct node_self *s)
{
    const struct key k = key_text("self");

    record_put(v, NODE_META, &k, NULL, s, sizeof(*s));
}

static struct key
asked_key(const struct hf_org *peer)
{
    struct key k = key_text("asked");

    key_add(&k, peer->s, HF_ORG_BYTES);
    return k;
}

bool
asked_all(const struct node_view *v, const struct hf_org *peer,
          const struct hf_id *ask)
{
    const struct key k = asked_key(peer);
    struct hf_id last;

    return record_get(v, NODE_META, &k, &last, sizeof(last)) &&
           hf_id_eq(&last, ask);
}

void
asked_all_put(const struct node_view *v, const struct hf_org *peer,
              const struct hf_id *ask)
{
    const struct key k = asked_key(peer);

    record_put(v, NODE_META, &k, NULL, ask, sizeof(*ask));
}

static struct key
lost_key(const struct hf_org *peer)
{
    struct key k = key_text("lost");

    key_add(&k, peer->s, HF_ORG_BYTES);
    return k;
}

uint64_t
lost_get(const struct node_view *v, const struct hf_org *peer)
{
    const struct key k = lost_key(peer);
    uint64_t ms = 0;

    (void)record_get(v, NODE_META, &k, &ms, sizeof(ms));
    return ms;
}

void
lost_put(const struct node_view *v, const struct hf_org *peer, uint64_t ms)
{
    const struct key k = lost_key(peer);

    record_put(v, NODE_META, &k, NULL, &ms, sizeof(ms));
}

static struct key
scan_key(const struct hf_id *ask)
{
    struct key k = key_text("scan");

    key_add(&k, ask->b, HF_ID_BYTES);
    return k;
}

bool
scan_get(const struct node_view *v, const struct hf_id *ask,
         struct node_scan *ret)
{
    const struct key k = scan_key(ask);

    return record_get(v, NODE_META, &k, ret, sizeof(*ret));
}

void
scan_put(const struct node_view *v, const struct node_scan *s)
{
    const struct key k = scan_key(&s->ask);

    record_put(v, NODE_META, &k, NULL, s, sizeof(*s));
}

void
scan_del(const struct node_view *v, const struct hf_id *ask)
{
    const struct key k = scan_key(ask);

    v->del(v->ctx, NODE_META, span(&k));
}
