/* Services: by code, organisation and UUID; all of one member's at once. */
#include "hf_text.h"
#include "records.h"
#include "row.h"

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

bool
service_doc_next(const struct node_view *v, struct hf_org *org,
                 struct hf_bytes *ret)
{
    struct row_key from = {.n = 0};
    struct hf_bytes key;

    row_add(&from, org->s, HF_ORG_BYTES);
    row_number(&from, 2, 1); /* behind the row of their services */
    if (!v->seek(v->ctx, NODE_SERVICE_DOCS, row_span(&from), &key, ret) ||
        key.n != HF_ORG_BYTES)
        return false;
    memcpy(org->s, key.p, HF_ORG_BYTES);
    return true;
}
