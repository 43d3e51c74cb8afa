#include "registry.h"

#include <stdlib.h>

#include "field.h"
#include "hf_assert.h"
#include "hf_text.h"
#include "registry_internal.h"

/* One row of the index by link key: a member's number, or a broker's after
 * all members. */
struct registry_link {
    uint8_t pk[HF_PK_BYTES];
    size_t at;
};

/* Lookups. */

size_t
registry_find_org(const struct registry *r, const struct hf_org *id,
                  bool *ret_found)
{
    size_t low = 0, high = r->n_orgs;

    *ret_found = false;
    while (low < high) {
        const size_t mid = low + (high - low) / 2;
        const int c = memcmp(r->orgs[mid].id.s, id->s, HF_ORG_BYTES);

        if (c == 0) {
            *ret_found = true;
            return mid;
        }
        if (c < 0)
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

const struct registry_org *
registry_org(const struct registry *r, const struct hf_org *id)
{
    bool found;
    const size_t i = registry_find_org(r, id, &found);

    return found ? &r->orgs[i] : NULL;
}

const struct registry_broker *
registry_broker(const struct registry *r, const struct hf_org *id)
{
    /* 64 at most: no search tree is worth its lines. */
    for (size_t i = 0; i < r->n_brokers; i++)
        if (hf_org_eq(&r->broker[i].id, id))
            return &r->broker[i];
    return NULL;
}

static int
compare_links(const void *a, const void *b)
{
    const struct registry_link *x = a, *y = b;

    return memcmp(x->pk, y->pk, HF_PK_BYTES);
}

static void
add_link(struct registry *r, const uint8_t pk[static HF_PK_BYTES], size_t at)
{
    struct registry_link *link;

    if (field_all_zero(pk, HF_PK_BYTES))
        return;
    link = &r->links[r->n_links++];
    memcpy(link->pk, pk, HF_PK_BYTES);
    link->at = at;
}

static enum hf_err
index_links(struct registry *r)
{
    r->links = calloc(r->n_orgs + r->n_brokers + 1, sizeof(*r->links));
    if (r->links == NULL)
        return HF_ERR_NOMEM;
    for (size_t i = 0; i < r->n_orgs; i++)
        add_link(r, r->orgs[i].link_pk, i);
    for (size_t i = 0; i < r->n_brokers; i++)
        add_link(r, r->broker[i].link_pk, r->n_orgs + i);
    qsort(r->links, r->n_links, sizeof(*r->links), compare_links);
    return HF_OK;
}

/* Which party has this link key; SIZE_MAX for none. */
static size_t
find_link(const struct registry *r, const uint8_t pk[static HF_PK_BYTES])
{
    size_t low = 0, high = r->n_links;

    while (low < high) {
        const size_t mid = low + (high - low) / 2;
        const int c = memcmp(r->links[mid].pk, pk, HF_PK_BYTES);

        if (c == 0)
            return r->links[mid].at;
        if (c < 0)
            low = mid + 1;
        else
            high = mid;
    }
    return SIZE_MAX;
}

/* The same without an index: for a struct that somebody filled by hand. */
static size_t
search_link(const struct registry *r, const uint8_t pk[static HF_PK_BYTES])
{
    for (size_t i = 0; i < r->n_orgs; i++)
        if (memcmp(r->orgs[i].link_pk, pk, HF_PK_BYTES) == 0)
            return i;
    for (size_t i = 0; i < r->n_brokers; i++)
        if (memcmp(r->broker[i].link_pk, pk, HF_PK_BYTES) == 0)
            return r->n_orgs + i;
    return SIZE_MAX;
}

void
registry_by_link(const struct registry *r, const uint8_t pk[static HF_PK_BYTES],
                 const struct registry_org **ret_org,
                 const struct registry_broker **ret_broker)
{
    size_t at = SIZE_MAX;

    *ret_org = NULL;
    *ret_broker = NULL;
    if (!field_all_zero(pk, HF_PK_BYTES)) /* members with `via` have zero */
        at = r->links != NULL ? find_link(r, pk) : search_link(r, pk);
    if (at == SIZE_MAX)
        return;
    if (at < r->n_orgs)
        *ret_org = &r->orgs[at];
    else
        *ret_broker = &r->broker[at - r->n_orgs];
}

const uint8_t *
registry_op_key(const struct registry_org *org, uint64_t at_ms)
{
    const struct registry_key *best = NULL;

    /* Keys overlap while they are rotated: the younger one is in use. */
    for (size_t i = 0; i < org->n_op; i++) {
        const struct registry_key *k = &org->op[i];

        if (!k->revoked && k->from_ms <= at_ms &&
            (k->until_ms == 0 || at_ms < k->until_ms) &&
            (best == NULL || k->from_ms > best->from_ms))
            best = k;
    }
    return best != NULL ? best->pk : NULL;
}

uint32_t
registry_latest(const struct registry *r)
{
    uint32_t sum = 0;

    for (size_t i = 0; i < REGISTRY_ROLES; i++)
        sum += r->version[i];
    return sum;
}

void
registry_free(struct registry *r)
{
    if (r == NULL)
        return;
    free(r->orgs);
    free(r->links);
    free(r);
}

/* Making one. */

static enum hf_err
apply_suspend(struct hf_bytes doc, struct registry *r)
{
    struct registry_suspend s;
    enum hf_err err = registry_doc_read_suspend(doc, &s);

    if (err)
        return err;
    r->version[REGISTRY_SUSPEND] = s.version;
    r->expires_ms[REGISTRY_SUSPEND] = s.expires_ms;
    /* Only over the orgs it was made for: a newer one says itself who is
     * active. */
    for (size_t i = 0; i < s.n; i++) {
        bool found;
        const size_t at = registry_find_org(r, &s.org[i], &found);

        if (s.orgs_version == r->version[REGISTRY_ORGS]) {
            if (!found)
                err = HF_ERR_MALFORMED;
            else if (r->orgs[at].status == MEMBER_ACTIVE)
                r->orgs[at].status = MEMBER_SUSPENDED;
        }
    }
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
        err = index_links(r);
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

/* Trusting one. */

static bool
is_met(const struct registry_signed *s, enum registry_role role,
       const struct registry_root *root)
{
    const struct registry_role_keys *keys = &root->role[role];

    return keys->threshold > 0 &&
           registry_set_count(s, role, keys) >= keys->threshold;
}

/* From the root we trust (version 0: none yet) to the newest of the set, one
 * version at a time, each signed by the one before it and by itself. */
static enum hf_err
follow_roots(const struct registry_set *set, struct hf_bytes held_doc,
             struct registry_root *trusted)
{
    uint32_t last = 0;

    for (size_t i = 0; i < set->n_roots; i++) {
        struct registry_root root;
        const enum hf_err err = registry_doc_read_root(set->root[i].doc, &root);

        if (err)
            return err;
        if (i > 0 && root.version != last + 1)
            return HF_ERR_MALFORMED;
        last = root.version;
        if (root.version == trusted->version &&
            (set->root[i].doc.n != held_doc.n ||
             memcmp(set->root[i].doc.p, held_doc.p, held_doc.n) != 0))
            return HF_ERR_ROLLBACK;
        if (root.version <= trusted->version)
            continue; /* history that others need */
        if (trusted->version != 0 && root.version != trusted->version + 1)
            return HF_ERR_UNTRUSTED;
        if (trusted->version != 0 &&
            !is_met(&set->root[i], REGISTRY_ROOT, trusted))
            return HF_ERR_UNTRUSTED;
        if (!is_met(&set->root[i], REGISTRY_ROOT, &root))
            return HF_ERR_UNTRUSTED;
        *trusted = root;
        held_doc = set->root[i].doc;
    }
    return HF_OK;
}

/* All of the set but expiry and what is held besides the root. */
static enum hf_err
verify_set(const struct registry_set *set, struct hf_bytes held_doc,
           const struct registry_root *held_root)
{
    struct registry_root trusted = *held_root, newest;
    enum hf_err err =
        registry_doc_read_root(set->root[set->n_roots - 1].doc, &newest);

    if (err)
        return err;
    if (newest.version < held_root->version)
        return HF_ERR_ROLLBACK;
    err = follow_roots(set, held_doc, &trusted);
    if (err)
        return err;
    HF_ASSERT(trusted.version == newest.version);
    for (int role = REGISTRY_ORGS; role < REGISTRY_ROLES; role++)
        if (set->doc[role].doc.n > 0 &&
            !is_met(&set->doc[role], (enum registry_role)role, &trusted))
            return HF_ERR_UNTRUSTED;
    return HF_OK;
}

/* Nothing that is held may be missing, older, or the same with other bytes. */
static enum hf_err
compare_held(const struct registry_set *set, const struct registry *r,
             const struct registry_set *held_set, const struct registry *held)
{
    bool is_newer = r->version[REGISTRY_ROOT] > held->version[REGISTRY_ROOT];

    for (size_t role = REGISTRY_ORGS; role < REGISTRY_ROLES; role++) {
        const struct hf_bytes a = set->doc[role].doc;
        const struct hf_bytes b = held_set->doc[role].doc;

        if (r->version[role] > held->version[role])
            is_newer = true;
        else if (a.n != b.n || (a.n > 0 && memcmp(a.p, b.p, a.n) != 0))
            return HF_ERR_ROLLBACK;
    }
    return is_newer ? HF_OK : HF_ERR_EXISTS;
}

static enum hf_err
load(struct hf_bytes in, struct hf_bytes held_doc,
     const struct registry_root *held_root, struct registry_set **ret_set,
     struct registry **ret)
{
    struct registry_set *set = NULL;
    enum hf_err err = registry_set_parse(in, &set);

    if (!err)
        err = verify_set(set, held_doc, held_root);
    if (!err)
        err = registry_make(set, ret);
    if (err)
        free(set);
    else
        *ret_set = set;
    return err;
}

enum hf_err
registry_load(struct hf_bytes set, struct registry **ret)
{
    const struct registry_root none = {.version = 0};
    struct registry_set *parsed = NULL;
    const enum hf_err err =
        load(set, (struct hf_bytes){NULL, 0}, &none, &parsed, ret);

    free(parsed);
    return err;
}

enum hf_err
registry_accept(struct hf_bytes set, struct hf_bytes held_set, uint64_t now_ms,
                struct registry **ret)
{
    struct registry_root held_root = {.version = 0};
    struct registry_set *parsed = NULL, *held_parsed = NULL;
    struct registry *r = NULL, *held = NULL;
    struct hf_bytes held_doc = {NULL, 0};
    enum hf_err err = HF_OK;

    if (held_set.n > 0) {
        err = registry_set_parse(held_set, &held_parsed);
        if (!err)
            err = registry_make(held_parsed, &held);
        if (err)
            goto out;
        held_doc = held_parsed->root[held_parsed->n_roots - 1].doc;
        err = registry_doc_read_root(held_doc, &held_root);
        if (err)
            goto out;
    }
    err = load(set, held_doc, &held_root, &parsed, &r);
    if (!err && held != NULL)
        err = compare_held(parsed, r, held_parsed, held);
    if (!err && (now_ms >= r->expires_ms[REGISTRY_ROOT] ||
                 now_ms >= r->expires_ms[REGISTRY_ORGS]))
        err = HF_ERR_EXPIRED;
    if (!err) {
        *ret = r;
        r = NULL; /* the caller's now */
    }
out:
    registry_free(r);
    registry_free(held);
    free(parsed);
    free(held_parsed);
    return err;
}
