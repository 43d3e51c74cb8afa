/* The committee's SOPs in the orgs document: by hash, with their dates. */
#include "registry_edit_internal.h"

#include "field.h"
#include "hf_assert.h"
#include "hf_text.h"

#define PACK_LABEL "handoff/1 sop"

void
registry_pack_hash(struct hf_bytes file, struct hf_hash *ret)
{
    hf_hash(PACK_LABEL, &file, 1, ret);
}

const struct registry_pack *
registry_pack(const struct registry *r, const struct hf_hash *hash)
{
    for (size_t i = 0; i < r->n_packs; i++)
        if (hf_hash_eq(&r->pack[i].hash, hash))
            return &r->pack[i];
    return NULL;
}

bool
registry_check_pack(const struct registry_pack *p)
{
    return field_name(&p->name) && p->name.s[0] != '\0' && p->version > 0 &&
           !field_hash_is_zero(&p->hash) && field_time(p->from_ms) &&
           (p->until_ms == 0 ||
            (field_time(p->until_ms) && p->until_ms > p->from_ms));
}

static int
compare(const struct hf_name *name, uint32_t version,
        const struct registry_pack *p)
{
    const int order = memcmp(name->s, p->name.s, HF_NAME_BYTES);

    if (order != 0 || version == p->version)
        return order;
    return version < p->version ? -1 : 1;
}

int
registry_pack_order(const struct registry_pack *a,
                    const struct registry_pack *b)
{
    return compare(&a->name, a->version, b);
}

bool
registry_packs_ok(const struct registry *r)
{
    for (size_t i = 0; i < r->n_packs; i++) {
        const struct registry_pack *p = &r->pack[i];

        if (!registry_check_pack(p) ||
            (i > 0 && compare(&p->name, p->version, &r->pack[i - 1]) <= 0))
            return false;
        for (size_t k = 0; k < i; k++)
            if (hf_hash_eq(&r->pack[k].hash, &p->hash))
                return false;
    }
    return true;
}

/* Where it is, or would be. */
static size_t
find(const struct registry *r, const struct hf_name *name, uint32_t version,
     bool *ret_found)
{
    size_t i = 0;

    while (i < r->n_packs && compare(name, version, &r->pack[i]) > 0)
        i++;
    *ret_found = i < r->n_packs && compare(name, version, &r->pack[i]) == 0;
    return i;
}

enum hf_err
registry_edit_put_pack(struct registry_edit *e, const struct registry_pack *p)
{
    struct registry_pack pack = *p;
    struct registry *r;
    enum hf_err err;
    bool found;
    size_t at;

    if (!hf_name_parse(p->name.s, &pack.name) || !registry_check_pack(&pack))
        return HF_ERR_MALFORMED;
    err = registry_edit_begin_orgs(e);
    if (err)
        return err;
    r = e->orgs;
    at = find(r, &pack.name, pack.version, &found);
    for (size_t i = 0; i < r->n_packs; i++)
        if ((found && i == at) != hf_hash_eq(&r->pack[i].hash, &pack.hash))
            return HF_ERR_EXISTS; /* one version, one file */
    if (!found) {
        if (r->n_packs == REGISTRY_PACKS_MAX)
            return HF_ERR_LIMIT;
        memmove(&r->pack[at + 1], &r->pack[at],
                (r->n_packs - at) * sizeof(r->pack[0]));
        r->n_packs++;
    }
    r->pack[at] = pack;
    return HF_OK;
}

enum hf_err
registry_edit_drop_pack(struct registry_edit *e, const struct hf_name *name,
                        uint32_t version)
{
    enum hf_err err = registry_edit_begin_orgs(e);
    struct registry *r;
    bool found;
    size_t at;

    if (err)
        return err;
    r = e->orgs;
    at = find(r, name, version, &found);
    if (!found)
        return HF_ERR_NOT_FOUND;
    HF_ASSERT(r->n_packs > 0);
    r->n_packs--;
    memmove(&r->pack[at], &r->pack[at + 1],
            (r->n_packs - at) * sizeof(r->pack[0]));
    return HF_OK;
}
