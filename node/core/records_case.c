/* Users, cases, consents and what was withdrawn. */
#include "hf_assert.h"
#include "hf_text.h"
#include "records.h"
#include "row.h"

/* ---- users ---- */

bool
user_get(const struct node_view *v, const struct hf_name *name,
         struct node_user *ret)
{
    struct row_key k = {.n = 0};

    row_add(&k, name->s, HF_NAME_BYTES);
    return row_get(v, NODE_USERS, &k, ret, sizeof(*ret));
}

void
user_put(const struct node_view *v, const struct node_user *u)
{
    struct row_key k = {.n = 0};

    row_add(&k, u->name.s, HF_NAME_BYTES);
    row_put(v, NODE_USERS, &k, NULL, u, sizeof(*u));
}

bool
user_next(const struct node_view *v, struct hf_name *name,
          struct node_user *ret)
{
    struct row_key k = {.n = 0};
    struct hf_bytes key, row;

    row_add(&k, name->s, HF_NAME_BYTES);
    row_add(&k, "", 1); /* just after the last one */
    if (!v->seek(v->ctx, NODE_USERS, row_span(&k), &key, &row) ||
        !row_unwrap(row, ret, sizeof(*ret)))
        return false;
    *name = ret->name;
    return true;
}

/* ---- cases ---- */

bool
case_get(const struct node_view *v, const struct hf_id *id,
         struct node_case *ret)
{
    const struct row_key k = row_id(id);

    return row_get(v, NODE_CASES, &k, ret, sizeof(*ret));
}

static struct row_key
owner_key(const struct hf_name *owner, const struct hf_id *id)
{
    struct row_key k = {.n = 0};

    row_add(&k, owner->s, HF_NAME_BYTES);
    row_add(&k, id->b, HF_ID_BYTES);
    return k;
}

/* The index moves with the owner; who has none is found, too. */
static void
move_owner(const struct node_view *v, const struct hf_id *id,
           const struct hf_name *now)
{
    const struct row_key k =
        now == NULL ? (struct row_key){.n = 0} : owner_key(now, id);
    const uint8_t one = 1;
    struct node_case was;
    struct row_key old;

    if (case_get(v, id, &was)) {
        if (now != NULL && hf_name_eq(&was.owner, now))
            return;
        old = owner_key(&was.owner, id);
        v->del(v->ctx, NODE_CASES_OF, row_span(&old));
    }
    if (now != NULL)
        v->put(v->ctx, NODE_CASES_OF, row_span(&k), NULL,
               (struct hf_bytes){&one, 1});
}

void
case_put(const struct node_view *v, const struct node_case *c)
{
    const struct row_key k = row_id(&c->id);
    const struct node_lock lock = {c->id, CATEGORY_NONE};

    move_owner(v, &c->id, &c->owner);
    row_put(v, NODE_CASES, &k, &lock, c, sizeof(*c));
}

bool
case_next_of_owner(const struct node_view *v, const struct hf_name *owner,
                   struct hf_id *id, struct node_case *ret)
{
    struct row_key prefix = {.n = 0}, k;
    struct hf_bytes key, row;

    row_add(&prefix, owner->s, HF_NAME_BYTES);
    for (;;) {
        k = owner_key(owner, id);
        row_add(&k, "", 1);
        if (!v->seek(v->ctx, NODE_CASES_OF, row_span(&k), &key, &row) ||
            key.n != HF_NAME_BYTES + HF_ID_BYTES || !row_begins(key, &prefix))
            return false;
        memcpy(id->b, key.p + HF_NAME_BYTES, HF_ID_BYTES);
        if (case_get(v, id, ret)) /* else its key is gone */
            return true;
    }
}

void
case_del(const struct node_view *v, const struct hf_id *id)
{
    const struct row_key k = row_id(id);

    move_owner(v, id, NULL);
    v->del(v->ctx, NODE_CASES, row_span(&k));
}

bool
case_next(const struct node_view *v, struct hf_id *id, struct node_case *ret)
{
    struct row_key k = row_id(id);
    struct hf_bytes key, row;

    row_add(&k, "", 1);
    if (!v->seek(v->ctx, NODE_CASES, row_span(&k), &key, &row) ||
        !row_unwrap(row, ret, sizeof(*ret)))
        return false;
    *id = ret->id;
    return true;
}

static struct row_key
section_key(const struct hf_id *case_id, enum category c)
{
    struct row_key k = row_id(case_id);

    row_number(&k, (uint64_t)c, 1);
    return k;
}

bool
section_get(const struct node_view *v, const struct hf_id *case_id,
            enum category c, struct hf_bytes *ret_json)
{
    const struct row_key k = section_key(case_id, c);

    return v->get(v->ctx, NODE_SECTIONS, row_span(&k), ret_json);
}

void
section_put(const struct node_view *v, const struct hf_id *case_id,
            enum category c, struct hf_bytes json)
{
    const struct row_key k = section_key(case_id, c);
    const struct node_lock lock = {*case_id, c};

    v->put(v->ctx, NODE_SECTIONS, row_span(&k), &lock, json);
}

void
section_del(const struct node_view *v, const struct hf_id *case_id,
            enum category c)
{
    const struct row_key k = section_key(case_id, c);
    const struct node_lock lock = {*case_id, c};

    v->del(v->ctx, NODE_SECTIONS, row_span(&k));
    v->shred(v->ctx, &lock);
}

/* ---- consents and tombstones ---- */

bool
consent_get(const struct node_view *v, const struct hf_id *id,
            struct consent *ret)
{
    const struct row_key k = row_id(id);

    return row_get(v, NODE_CONSENTS, &k, ret, sizeof(*ret));
}

static struct row_key
consent_doc_key(const struct hf_id *id, uint32_t version)
{
    struct row_key k = row_id(id);

    row_number(&k, version, 4);
    return k;
}

bool
consent_doc_get(const struct node_view *v, const struct hf_id *id,
                uint32_t version, struct hf_bytes *ret_json)
{
    const struct row_key k = consent_doc_key(id, version);

    return v->get(v->ctx, NODE_CONSENT_DOCS, row_span(&k), ret_json);
}

void
consent_put(const struct node_view *v, const struct consent *c,
            struct hf_bytes json)
{
    const struct row_key k = row_id(&c->id);
    const struct row_key d = consent_doc_key(&c->id, c->version);
    const struct node_lock lock = {c->case_id, CATEGORY_NONE};
    const struct node_lock beside = {c->case_id, LOCK_BESIDE};

    row_put(v, NODE_CONSENTS, &k, &lock, c, sizeof(*c));
    if (json.n > 0)
        v->put(v->ctx, NODE_CONSENT_DOCS, row_span(&d), &beside, json);
}

void
consent_del(const struct node_view *v, const struct hf_id *id)
{
    const struct row_key k = row_id(id);

    v->del(v->ctx, NODE_CONSENTS, row_span(&k));
    row_del_all(v, NODE_CONSENT_DOCS, &k);
}

static struct row_key
tombstone_key(const struct hf_id *consent, const struct hf_name *scope)
{
    struct row_key k = row_id(consent);

    row_add(&k, scope->s, HF_NAME_BYTES);
    return k;
}

bool
tombstone_get(const struct node_view *v, const struct hf_id *consent,
              const struct hf_name *scope, struct node_tombstone *ret)
{
    const struct row_key k = tombstone_key(consent, scope);

    return row_get(v, NODE_TOMBSTONES, &k, ret, sizeof(*ret));
}

void
tombstone_put(const struct node_view *v, const struct node_tombstone *t)
{
    const struct row_key k = tombstone_key(&t->consent, &t->scope);

    row_put(v, NODE_TOMBSTONES, &k, NULL, t, sizeof(*t));
}

bool
tombstone_next(const struct node_view *v, struct node_tombstone *ret)
{
    struct row_key k = tombstone_key(&ret->consent, &ret->scope);
    struct hf_bytes key, row;

    row_add(&k, "", 1);
    return v->seek(v->ctx, NODE_TOMBSTONES, row_span(&k), &key, &row) &&
           row_unwrap(row, ret, sizeof(*ret));
}

bool
shredded_get(const struct node_view *v, const struct hf_id *id)
{
    const struct row_key k = row_id(id);
    struct hf_bytes row;

    return v->get(v->ctx, NODE_SHREDDED, row_span(&k), &row);
}

bool
shredded_next(const struct node_view *v, struct hf_id *id)
{
    struct row_key k = row_id(id);
    struct hf_bytes key, row;

    row_add(&k, "", 1);
    if (!v->seek(v->ctx, NODE_SHREDDED, row_span(&k), &key, &row) ||
        key.n != HF_ID_BYTES)
        return false;
    memcpy(id->b, key.p, HF_ID_BYTES);
    return true;
}

void
shredded_put(const struct node_view *v, const struct hf_id *id, uint64_t at_ms)
{
    const struct row_key k = row_id(id);

    row_put(v, NODE_SHREDDED, &k, NULL, &at_ms, sizeof(at_ms));
}

void
shredded_del(const struct node_view *v, const struct hf_id *id)
{
    const struct row_key k = row_id(id);

    v->del(v->ctx, NODE_SHREDDED, row_span(&k));
}
