#include "registry_internal.h"

#include <stdlib.h>

#include "hf_assert.h"

/* A plain struct of the documents of a set, signatures not looked at. */

bool
registry_suspend_one(struct registry *r, const struct hf_org *id)
{
    bool found;
    const size_t at = registry_find_org(r, id, &found);

    if (found) {
        if (r->orgs[at].status == MEMBER_ACTIVE)
            r->orgs[at].status = MEMBER_SUSPENDED;
        return true;
    }
    for (size_t i = 0; i < r->n_brokers; i++) {
        if (hf_org_eq(&r->broker[i].id, id)) {
            r->broker[i].is_suspended = true;
            return true;
        }
    }
    return false;
}

static enum hf_err
apply_suspend(struct hf_bytes doc, struct registry *r)
{
    struct registry_suspend s;
    enum hf_err err = registry_doc_read_suspend(doc, &s);

    /* The keys that sign here may do this one thing and no other. */
    if (err)
        return err == HF_ERR_MALFORMED ? HF_ERR_FORBIDDEN : err;
    r->version[REGISTRY_SUSPEND] = s.version;
    r->expires_ms[REGISTRY_SUSPEND] = s.expires_ms;
    /* Only over the orgs it was made for: a newer one says itself who is
     * active. */
    for (size_t i = 0; i < s.n; i++)
        if (s.orgs_version == r->version[REGISTRY_ORGS] &&
            !registry_suspend_one(r, &s.org[i]))
            err = HF_ERR_UNKNOWN;
    free(s.org);
    return err;
}

static bool
hash_is(struct hf_bytes doc, const struct hf_hash *hash)
{
    struct hf_hash h;

    registry_doc_hash(doc, &h);
    return hf_hash_eq(&h, hash);
}

/* What the timestamp vouched for must not be newer than what came with it, and
 * where it is the same version it must be the same bytes. */
static enum hf_err
apply_timestamp(struct registry_set *set, struct registry *r)
{
    struct registry_timestamp t;
    enum hf_err err =
        registry_doc_read_timestamp(set->doc[REGISTRY_TIMESTAMP].doc, &t);

    if (err)
        return err;
    r->version[REGISTRY_TIMESTAMP] = t.version;
    r->expires_ms[REGISTRY_TIMESTAMP] = t.expires_ms;
    r->vouched_ms = t.made_ms;
    if (t.root_version > r->version[REGISTRY_ROOT] ||
        (t.root_version == r->version[REGISTRY_ROOT] &&
         !hash_is(set->root[set->n_roots - 1].doc, &t.root_hash)))
        return HF_ERR_ROLLBACK;
    if (t.orgs_version > r->version[REGISTRY_ORGS] ||
        t.suspend_version > r->version[REGISTRY_SUSPEND])
        return HF_ERR_ROLLBACK;
    if (t.orgs_version == r->version[REGISTRY_ORGS] &&
        !hash_is(set->doc[REGISTRY_ORGS].doc, &t.orgs_hash))
        return HF_ERR_ROLLBACK;
    if (t.suspend_version > 0 &&
        t.suspend_version == r->version[REGISTRY_SUSPEND] &&
        !hash_is(set->doc[REGISTRY_SUSPEND].doc, &t.suspend_hash))
        return HF_ERR_ROLLBACK;
    return HF_OK;
}

/* A version that leaves no room for the next ones would shut everybody out. */
static enum hf_err
check_versions(const struct registry *r)
{
    const uint32_t root = r->version[REGISTRY_ROOT];

    if (root > REGISTRY_ROOT_MAX)
        return HF_ERR_JUMP;
    for (size_t i = REGISTRY_ORGS; i < REGISTRY_ROLES; i++)
        if (r->version[i] > root * REGISTRY_WINDOW)
            return HF_ERR_JUMP;
    return HF_OK;
}

static enum hf_err
fill(struct registry_set *set, struct registry *r)
{
    const struct hf_bytes root = set->root[set->n_roots - 1].doc;
    struct registry_root newest;
    enum hf_err err = registry_doc_read_root(root, &newest);

    if (err)
        return err;
    r->version[REGISTRY_ROOT] = newest.version;
    r->expires_ms[REGISTRY_ROOT] = newest.expires_ms;
    r->has_timestamps = newest.role[REGISTRY_TIMESTAMP].n > 0;
    registry_doc_hash(root, &r->root_hash);
    if (set->doc[REGISTRY_ORGS].doc.n == 0)
        return HF_ERR_MALFORMED;
    err = registry_doc_read_orgs(set->doc[REGISTRY_ORGS].doc, r);
    if (!err)
        err = registry_check(r);
    if (!err && set->doc[REGISTRY_SUSPEND].doc.n > 0)
        err = apply_suspend(set->doc[REGISTRY_SUSPEND].doc, r);
    if (!err && set->doc[REGISTRY_TIMESTAMP].doc.n > 0)
        err = apply_timestamp(set, r);
    if (!err)
        err = check_versions(r);
    if (!err)
        err = registry_index_links(r);
    return err;
}

enum hf_err
registry_make(struct registry_set *set, struct registry **ret)
{
    struct registry *r = calloc(1, sizeof(*r));
    enum hf_err err;

    HF_ASSERT(set->n_roots > 0);
    if (r == NULL)
        return HF_ERR_NOMEM;
    err = fill(set, r);
    if (err) {
        registry_free(r);
        return err;
    }
    *ret = r;
    return HF_OK;
}
