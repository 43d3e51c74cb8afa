#include "registry_reading.h"

#include <stdlib.h>

#include "field.h"
#include "handoff/v1/registry.pb-c.h"
#include "hf_assert.h"

/* The documents root, suspend and timestamp; orgs is in registry_doc_orgs.c. */

#define ROOT_BYTES_MAX      4096 /* 64 keys are half of it */
#define ROOT_FIELDS         (6 + REGISTRY_ROLES * (1 + REGISTRY_KEYS_MAX))
#define SUSPEND_BYTES_MAX   (1024u * 1024u)
#define SUSPENDED_MAX       (REGISTRY_ORGS_MAX + REGISTRY_BROKERS_MAX)
#define SUSPEND_FIELDS      (3 + SUSPENDED_MAX)
#define TIMESTAMP_BYTES_MAX 256
#define TIMESTAMP_FIELDS    9

void
registry_doc_hash(struct hf_bytes doc, struct hf_hash *ret)
{
    hf_hash("handoff/1 registry document", &doc, 1, ret);
}

/* Root. */

static enum hf_err
check_role(const struct registry_role_keys *k, bool may_be_absent)
{
    enum hf_err err = HF_OK;

    if (k->n == 0 && k->threshold == 0 && may_be_absent)
        return HF_OK;
    if (k->n > REGISTRY_KEYS_MAX)
        return HF_ERR_LIMIT;
    if (k->threshold == 0 || k->threshold > k->n)
        return HF_ERR_THRESHOLD;
    for (size_t i = 1; i < k->n && !err; i++) {
        const int c = memcmp(k->pk[i - 1], k->pk[i], HF_PK_BYTES);

        if (c >= 0)
            err = c == 0 ? HF_ERR_REPEATED : HF_ERR_MALFORMED;
    }
    return err;
}

static enum hf_err
check_root(const struct registry_root *r)
{
    enum hf_err err = registry_doc_head_ok(r->version, r->expires_ms)
                          ? HF_OK
                          : HF_ERR_MALFORMED;

    for (int i = REGISTRY_ROOT; i < REGISTRY_ROLES && !err; i++)
        err = check_role(&r->role[i],
                         i == REGISTRY_SUSPEND || i == REGISTRY_TIMESTAMP);
    return err;
}

static enum hf_err
take_role(struct reading *r, const Handoff__V1__RegistryRole *pb,
          struct registry_role_keys *k)
{
    if (pb->n_key > REGISTRY_KEYS_MAX)
        return HF_ERR_LIMIT;
    k->threshold = pb->threshold;
    k->n = pb->n_key;
    for (size_t i = 0; i < k->n; i++)
        if (!reading_fixed(r, k->pk[i], HF_PK_BYTES))
            return HF_ERR_MALFORMED;
    return HF_OK;
}

enum hf_err
registry_doc_read_root(struct hf_bytes in, struct registry_root *ret)
{
    struct reading r;
    struct registry_root root;
    const Handoff__V1__RegistryRoot *pb;
    const Handoff__V1__RegistryRole *role[REGISTRY_ROLES];
    enum hf_err err = reading_start(&r, &handoff__v1__registry_root__descriptor,
                                    in, ROOT_BYTES_MAX, ROOT_FIELDS);

    if (err)
        return err;
    memset(&root, 0, sizeof(root));
    pb = (const Handoff__V1__RegistryRoot *)r.pb;
    root.version = pb->version;
    root.expires_ms = pb->expires_ms;
    role[REGISTRY_ROOT] = pb->root;
    role[REGISTRY_ORGS] = pb->orgs;
    role[REGISTRY_SUSPEND] = pb->suspend;
    role[REGISTRY_TIMESTAMP] = pb->timestamp;
    for (size_t i = 0; i < REGISTRY_ROLES && !err; i++)
        err = take_role(&r, role[i], &root.role[i]);
    if (!err)
        err = check_root(&root);
    if (!err)
        *ret = root;
    reading_end(&r);
    return err;
}

enum hf_err
registry_doc_write_root(const struct registry_root *root, struct hf_buf *out)
{
    Handoff__V1__RegistryRoot pb = HANDOFF__V1__REGISTRY_ROOT__INIT;
    Handoff__V1__RegistryRole role[REGISTRY_ROLES];
    ProtobufCBinaryData key[REGISTRY_ROLES][REGISTRY_KEYS_MAX];
    const enum hf_err err = check_root(root);

    if (err)
        return err;
    for (size_t i = 0; i < REGISTRY_ROLES; i++) {
        const struct registry_role_keys *k = &root->role[i];

        handoff__v1__registry_role__init(&role[i]);
        role[i].threshold = k->threshold;
        role[i].n_key = k->n;
        role[i].key = key[i];
        for (size_t j = 0; j < k->n; j++)
            key[i][j] = reading_data(k->pk[j], HF_PK_BYTES);
    }
    pb.version = root->version;
    pb.expires_ms = root->expires_ms;
    pb.root = &role[REGISTRY_ROOT];
    pb.orgs = &role[REGISTRY_ORGS];
    pb.suspend = &role[REGISTRY_SUSPEND];
    pb.timestamp = &role[REGISTRY_TIMESTAMP];
    return reading_pack(&pb.base, ROOT_BYTES_MAX, out);
}

/* Suspend. */

enum hf_err
registry_doc_read_suspend(struct hf_bytes in, struct registry_suspend *ret)
{
    struct reading r;
    struct registry_suspend s = {.n = 0};
    const Handoff__V1__RegistrySuspend *pb;
    enum hf_err err =
        reading_start(&r, &handoff__v1__registry_suspend__descriptor, in,
                      SUSPEND_BYTES_MAX, SUSPEND_FIELDS);

    if (err)
        return err;
    err = HF_ERR_MALFORMED;
    pb = (const Handoff__V1__RegistrySuspend *)r.pb;
    s.version = pb->version;
    s.expires_ms = pb->expires_ms;
    s.orgs_version = pb->orgs_version;
    s.n = pb->n_org;
    if (!registry_doc_head_ok(s.version, s.expires_ms) || s.orgs_version == 0)
        goto out;
    s.org = calloc(s.n + 1, sizeof(*s.org));
    if (s.org == NULL) {
        err = HF_ERR_NOMEM;
        goto out;
    }
    for (size_t i = 0; i < s.n; i++)
        if (!reading_text(&r, s.org[i].s, HF_ORG_BYTES) ||
            !field_org(&s.org[i]) ||
            (i > 0 && memcmp(s.org[i - 1].s, s.org[i].s, HF_ORG_BYTES) >= 0))
            goto out;
    *ret = s;
    s.org = NULL; /* the caller's now */
    err = HF_OK;
out:
    free(s.org);
    reading_end(&r);
    return err;
}

enum hf_err
registry_doc_write_suspend(const struct registry_suspend *s, struct hf_buf *out)
{
    Handoff__V1__RegistrySuspend pb = HANDOFF__V1__REGISTRY_SUSPEND__INIT;
    ProtobufCBinaryData *org;
    enum hf_err err;

    if (!registry_doc_head_ok(s->version, s->expires_ms))
        return HF_ERR_MALFORMED;
    org = calloc(s->n + 1, sizeof(*org));
    if (org == NULL)
        return HF_ERR_NOMEM;
    for (size_t i = 0; i < s->n; i++)
        org[i] = reading_as_text(s->org[i].s);
    pb.version = s->version;
    pb.expires_ms = s->expires_ms;
    pb.orgs_version = s->orgs_version;
    pb.n_org = s->n;
    pb.org = org;
    err = reading_pack(&pb.base, SUSPEND_BYTES_MAX, out);
    free(org);
    return err;
}

/* Timestamp. */

static bool
timestamp_ok(const struct registry_timestamp *t)
{
    return registry_doc_head_ok(t->version, t->expires_ms) &&
           field_time(t->made_ms) && t->made_ms < t->expires_ms &&
           t->orgs_version >= 1 &&
           (t->suspend_version == 0) == field_hash_is_zero(&t->suspend_hash) &&
           (t->root_version == 0) == field_hash_is_zero(&t->root_hash);
}

enum hf_err
registry_doc_read_timestamp(struct hf_bytes in, struct registry_timestamp *ret)
{
    struct reading r;
    struct registry_timestamp t = {.version = 0};
    const Handoff__V1__RegistryTimestamp *pb;
    bool ok;
    enum hf_err err =
        reading_start(&r, &handoff__v1__registry_timestamp__descriptor, in,
                      TIMESTAMP_BYTES_MAX, TIMESTAMP_FIELDS);

    if (err)
        return err;
    pb = (const Handoff__V1__RegistryTimestamp *)r.pb;
    t.version = pb->version;
    t.expires_ms = pb->expires_ms;
    t.made_ms = pb->made_ms;
    t.orgs_version = pb->orgs_version;
    t.suspend_version = pb->suspend_version;
    t.root_version = pb->has_root_version ? pb->root_version : 0;
    ok = reading_fixed(&r, t.orgs_hash.b, HF_HASH_BYTES) &&
         reading_fixed(&r, t.suspend_hash.b, HF_HASH_BYTES) &&
         pb->has_root_version == pb->has_root_hash &&
         (!pb->has_root_hash ||
          (t.root_version > 0 &&
           reading_fixed(&r, t.root_hash.b, HF_HASH_BYTES))) &&
         timestamp_ok(&t);
    if (ok)
        *ret = t;
    else
        err = HF_ERR_MALFORMED;
    reading_end(&r);
    return err;
}

enum hf_err
registry_doc_write_timestamp(const struct registry_timestamp *t,
                             struct hf_buf *out)
{
    Handoff__V1__RegistryTimestamp pb = HANDOFF__V1__REGISTRY_TIMESTAMP__INIT;

    if (!timestamp_ok(t))
        return HF_ERR_MALFORMED;
    pb.version = t->version;
    pb.expires_ms = t->expires_ms;
    pb.made_ms = t->made_ms;
    pb.orgs_version = t->orgs_version;
    pb.orgs_hash = reading_data(t->orgs_hash.b, HF_HASH_BYTES);
    pb.suspend_version = t->suspend_version;
    pb.suspend_hash = reading_data(t->suspend_hash.b, HF_HASH_BYTES);
    pb.has_root_version = t->root_version > 0;
    pb.root_version = t->root_version;
    pb.has_root_hash = t->root_version > 0;
    pb.root_hash = reading_data(t->root_hash.b, HF_HASH_BYTES);
    return reading_pack(&pb.base, TIMESTAMP_BYTES_MAX, out);
}
