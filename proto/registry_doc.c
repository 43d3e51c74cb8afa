#include "registry_internal.h"

#include <stdlib.h>

#include "field.h"
#include "handoff/v1/registry.pb-c.h"
#include "hf_assert.h"
#include "scan.h"

/* A member of an orgs document at its largest: fields and bytes fields. */
#define ORG_FIELDS (12 + REGISTRY_HOMES_MAX + 5 * REGISTRY_OP_KEYS_MAX)
#define ORG_SPANS  (7 + REGISTRY_HOMES_MAX + REGISTRY_OP_KEYS_MAX)
#define FIELDS_MAX                                                             \
    (16 + 6 * REGISTRY_BROKERS_MAX + ORG_FIELDS * REGISTRY_ORGS_MAX)
#define SPANS_MAX                                                              \
    (16 + 5 * REGISTRY_BROKERS_MAX + ORG_SPANS * REGISTRY_ORGS_MAX)

/* A document being read: numbers from the generated structs, bytes from the
 * spans of the scan, which lie in the input in the same order. */
struct reading {
    struct hf_bytes *spans; /* owned */
    const struct hf_bytes *at;
    ProtobufCMessage *pb; /* owned */
};

static enum hf_err
start_reading(struct reading *r, const ProtobufCMessageDescriptor *type,
              struct hf_bytes in)
{
    struct scan scan = {.fields_left = FIELDS_MAX};

    *r = (struct reading){NULL, NULL, NULL};
    if (in.n == 0 || in.n > REGISTRY_BYTES_MAX)
        return HF_ERR_MALFORMED;
    /* Each bytes field takes two bytes or more, so this always suffices. */
    scan.spans_max = in.n / 2 < SPANS_MAX ? in.n / 2 : SPANS_MAX;
    scan.spans = calloc(scan.spans_max + 1, sizeof(*scan.spans));
    if (scan.spans == NULL)
        return HF_ERR_NOMEM;
    if (!scan_message(&scan, type, in)) {
        free(scan.spans);
        return HF_ERR_MALFORMED;
    }
    r->pb = protobuf_c_message_unpack(type, NULL, in.n, in.p);
    if (r->pb == NULL) {
        free(scan.spans);
        return HF_ERR_NOMEM; /* its form was checked above */
    }
    r->spans = scan.spans;
    r->at = scan.spans;
    return HF_OK;
}

static void
end_reading(struct reading *r)
{
    if (r->pb != NULL)
        protobuf_c_message_free_unpacked(r->pb, NULL);
    free(r->spans);
}

static bool
next_fixed(struct reading *r, void *out, size_t n)
{
    const struct hf_bytes *span = r->at++;

    if (span->n != n)
        return false;
    memcpy(out, span->p, n);
    return true;
}

/* @n bytes, or none for all zero, which may not be written out. */
static bool
next_optional(struct reading *r, void *out, size_t n)
{
    memset(out, 0, n);
    if (r->at->n == 0) {
        r->at++;
        return true;
    }
    return next_fixed(r, out, n) && !field_all_zero(out, n);
}

static bool
next_text(struct reading *r, char *out, size_t n)
{
    const struct hf_bytes *span = r->at++;

    if (span->n >= n || memchr(span->p, 0, span->n) != NULL)
        return false;
    memset(out, 0, n);
    memcpy(out, span->p, span->n);
    return true;
}

static bool
version_ok(uint32_t version, uint64_t expires_ms)
{
    return version >= 1 && version <= REGISTRY_VERSION_MAX && expires_ms >= 1 &&
           field_time(expires_ms);
}

static ProtobufCBinaryData
data(const void *p, size_t n)
{
    return (ProtobufCBinaryData){.len = n, .data = (uint8_t *)(uintptr_t)p};
}

static ProtobufCBinaryData
text(const char *s)
{
    return data(s, strlen(s));
}

static ProtobufCBinaryData
optional(const void *p, size_t n)
{
    return data(p, field_all_zero(p, n) ? 0 : n);
}

static enum hf_err
pack(const ProtobufCMessage *pb, struct hf_buf *out)
{
    const size_t n = protobuf_c_message_get_packed_size(pb);
    uint8_t *p;

    if (n > REGISTRY_BYTES_MAX)
        return HF_ERR_LIMIT;
    p = hf_buf_grow(out, n);
    if (p == NULL)
        return HF_ERR_NOMEM;
    HF_ASSERT(protobuf_c_message_pack(pb, p) == n);
    return HF_OK;
}

void
registry_doc_hash(struct hf_bytes doc, struct hf_hash *ret)
{
    hf_hash("handoff/1 registry document", &doc, 1, ret);
}

/* Root. */

static bool
role_ok(const struct registry_role_keys *k, bool may_be_absent)
{
    if (k->n == 0)
        return may_be_absent && k->threshold == 0;
    if (k->n > REGISTRY_KEYS_MAX || k->threshold == 0 || k->threshold > k->n)
        return false;
    for (size_t i = 1; i < k->n; i++)
        if (memcmp(k->pk[i - 1], k->pk[i], HF_PK_BYTES) >= 0)
            return false;
    return true;
}

static bool
root_ok(const struct registry_root *r)
{
    return version_ok(r->version, r->expires_ms) &&
           role_ok(&r->role[REGISTRY_ROOT], false) &&
           role_ok(&r->role[REGISTRY_ORGS], false) &&
           role_ok(&r->role[REGISTRY_SUSPEND], true) &&
           role_ok(&r->role[REGISTRY_TIMESTAMP], true);
}

static bool
take_role(struct reading *r, const Handoff__V1__RegistryRole *pb,
          struct registry_role_keys *k)
{
    if (pb->n_key > REGISTRY_KEYS_MAX)
        return false;
    k->threshold = pb->threshold;
    k->n = pb->n_key;
    for (size_t i = 0; i < k->n; i++)
        if (!next_fixed(r, k->pk[i], HF_PK_BYTES))
            return false;
    return true;
}

enum hf_err
registry_doc_read_root(struct hf_bytes in, struct registry_root *ret)
{
    struct reading r;
    struct registry_root root;
    const Handoff__V1__RegistryRoot *pb;
    enum hf_err err =
        start_reading(&r, &handoff__v1__registry_root__descriptor, in);

    if (err)
        return err;
    memset(&root, 0, sizeof(root));
    pb = (const Handoff__V1__RegistryRoot *)r.pb;
    root.version = pb->version;
    root.expires_ms = pb->expires_ms;
    if (take_role(&r, pb->root, &root.role[REGISTRY_ROOT]) &&
        take_role(&r, pb->orgs, &root.role[REGISTRY_ORGS]) &&
        take_role(&r, pb->suspend, &root.role[REGISTRY_SUSPEND]) &&
        take_role(&r, pb->timestamp, &root.role[REGISTRY_TIMESTAMP]) &&
        root_ok(&root))
        *ret = root;
    else
        err = HF_ERR_MALFORMED;
    end_reading(&r);
    return err;
}

enum hf_err
registry_doc_write_root(const struct registry_root *root, struct hf_buf *out)
{
    Handoff__V1__RegistryRoot pb = HANDOFF__V1__REGISTRY_ROOT__INIT;
    Handoff__V1__RegistryRole role[REGISTRY_ROLES];
    ProtobufCBinaryData key[REGISTRY_ROLES][REGISTRY_KEYS_MAX];

    if (!root_ok(root))
        return HF_ERR_MALFORMED;
    for (size_t i = 0; i < REGISTRY_ROLES; i++) {
        const struct registry_role_keys *k = &root->role[i];

        handoff__v1__registry_role__init(&role[i]);
        role[i].threshold = k->threshold;
        role[i].n_key = k->n;
        role[i].key = key[i];
        for (size_t j = 0; j < k->n; j++)
            key[i][j] = data(k->pk[j], HF_PK_BYTES);
    }
    pb.version = root->version;
    pb.expires_ms = root->expires_ms;
    pb.root = &role[REGISTRY_ROOT];
    pb.orgs = &role[REGISTRY_ORGS];
    pb.suspend = &role[REGISTRY_SUSPEND];
    pb.timestamp = &role[REGISTRY_TIMESTAMP];
    return pack(&pb.base, out);
}

/* Orgs. */

static bool
take_broker(struct reading *r, struct registry_broker *b)
{
    return next_text(r, b->id.s, HF_ORG_BYTES) &&
           next_text(r, b->operated_by.s, HF_ORG_BYTES) &&
           next_text(r, b->endpoint, sizeof(b->endpoint)) &&
           next_fixed(r, b->op_pk, HF_PK_BYTES) &&
           next_fixed(r, b->link_pk, HF_PK_BYTES) && registry_check_broker(b);
}

static bool
take_op_keys(struct reading *r, const Handoff__V1__RegistryOrg *pb,
             struct registry_org *o)
{
    if (pb->n_operation > REGISTRY_OP_KEYS_MAX)
        return false;
    o->n_op = (uint8_t)pb->n_operation;
    for (size_t i = 0; i < o->n_op; i++) {
        const Handoff__V1__RegistryKey *key = pb->operation[i];

        if (!next_fixed(r, o->op[i].pk, HF_PK_BYTES) || key->revoked > 1)
            return false;
        o->op[i].from_ms = key->from_ms;
        o->op[i].until_ms = key->until_ms;
        o->op[i].revoked = key->revoked == 1;
    }
    return true;
}

static bool
take_org(struct reading *r, const Handoff__V1__RegistryOrg *pb,
         struct registry_org *o)
{
    if (pb->n_home > REGISTRY_HOMES_MAX || pb->committee > 1)
        return false;
    o->kind = (enum org_kind)pb->kind;
    o->status = (enum member_status)pb->status;
    o->is_committee = pb->committee == 1;
    o->n_homes = (uint8_t)pb->n_home;
    if (!next_text(r, o->id.s, HF_ORG_BYTES) ||
        !next_text(r, o->name, sizeof(o->name)) ||
        !next_text(r, o->country, sizeof(o->country)) ||
        !next_text(r, o->level, sizeof(o->level)) ||
        !next_optional(r, o->identity_pk, HF_PK_BYTES) ||
        !take_op_keys(r, pb, o) || !next_optional(r, o->link_pk, HF_PK_BYTES))
        return false;
    for (size_t i = 0; i < o->n_homes; i++)
        if (!next_text(r, o->home[i].s, HF_ORG_BYTES))
            return false;
    return next_text(r, o->via.s, HF_ORG_BYTES) && registry_check_member(o);
}

static bool
take_orgs(struct reading *r, const Handoff__V1__RegistryOrgs *pb,
          struct registry *reg)
{
    reg->version[REGISTRY_ORGS] = pb->version;
    reg->expires_ms[REGISTRY_ORGS] = pb->expires_ms;
    reg->figures_threshold = pb->figures_threshold;
    reg->figures_period_ms = pb->figures_period_ms;
    if (!version_ok(pb->version, pb->expires_ms) ||
        pb->figures_threshold == 0 || pb->figures_period_ms == 0)
        return false;
    reg->n_brokers = pb->n_broker;
    for (size_t i = 0; i < pb->n_broker; i++)
        if (!take_broker(r, &reg->broker[i]))
            return false;
    reg->n_orgs = pb->n_org;
    for (size_t i = 0; i < pb->n_org; i++)
        if (!take_org(r, pb->org[i], &reg->orgs[i]))
            return false;
    return true;
}

enum hf_err
registry_doc_read_orgs(struct hf_bytes in, struct registry *reg)
{
    struct reading r;
    const Handoff__V1__RegistryOrgs *pb;
    enum hf_err err =
        start_reading(&r, &handoff__v1__registry_orgs__descriptor, in);

    if (err)
        return err;
    pb = (const Handoff__V1__RegistryOrgs *)r.pb;
    HF_ASSERT(reg->orgs == NULL);
    if (pb->n_broker > REGISTRY_BROKERS_MAX || pb->n_org > REGISTRY_ORGS_MAX) {
        err = HF_ERR_MALFORMED;
        goto out;
    }
    reg->orgs = calloc(pb->n_org + 1, sizeof(*reg->orgs));
    if (reg->orgs == NULL)
        err = HF_ERR_NOMEM;
    else if (!take_orgs(&r, pb, reg))
        err = HF_ERR_MALFORMED;
out:
    end_reading(&r);
    return err;
}

/* The generated structs of one member. */
struct pb_org {
    Handoff__V1__RegistryOrg org;
    Handoff__V1__RegistryKey key[REGISTRY_OP_KEYS_MAX];
    Handoff__V1__RegistryKey *keys[REGISTRY_OP_KEYS_MAX];
    ProtobufCBinaryData home[REGISTRY_HOMES_MAX];
};

static void
fill_org(const struct registry_org *o, struct pb_org *pb)
{
    handoff__v1__registry_org__init(&pb->org);
    pb->org.id = text(o->id.s);
    pb->org.name = text(o->name);
    pb->org.kind = o->kind;
    pb->org.country = text(o->country);
    pb->org.level = text(o->level);
    pb->org.status = o->status;
    pb->org.identity = optional(o->identity_pk, HF_PK_BYTES);
    for (size_t i = 0; i < o->n_op; i++) {
        handoff__v1__registry_key__init(&pb->key[i]);
        pb->key[i].key = data(o->op[i].pk, HF_PK_BYTES);
        pb->key[i].from_ms = o->op[i].from_ms;
        pb->key[i].until_ms = o->op[i].until_ms;
        pb->key[i].revoked = o->op[i].revoked ? 1 : 0;
        pb->keys[i] = &pb->key[i];
    }
    pb->org.n_operation = o->n_op;
    pb->org.operation = pb->keys;
    pb->org.link = optional(o->link_pk, HF_PK_BYTES);
    for (size_t i = 0; i < o->n_homes; i++)
        pb->home[i] = text(o->home[i].s);
    pb->org.n_home = o->n_homes;
    pb->org.home = pb->home;
    pb->org.via = text(o->via.s);
    pb->org.committee = o->is_committee ? 1 : 0;
}

static void
fill_broker(const struct registry_broker *b, Handoff__V1__RegistryBroker *pb)
{
    handoff__v1__registry_broker__init(pb);
    pb->id = text(b->id.s);
    pb->operated_by = text(b->operated_by.s);
    pb->endpoint = text(b->endpoint);
    pb->operation = data(b->op_pk, HF_PK_BYTES);
    pb->link = data(b->link_pk, HF_PK_BYTES);
}

enum hf_err
registry_doc_write_orgs(const struct registry *r, struct hf_buf *out)
{
    Handoff__V1__RegistryOrgs pb = HANDOFF__V1__REGISTRY_ORGS__INIT;
    Handoff__V1__RegistryBroker broker[REGISTRY_BROKERS_MAX];
    Handoff__V1__RegistryBroker *brokers[REGISTRY_BROKERS_MAX];
    struct pb_org *org = calloc(r->n_orgs + 1, sizeof(*org));
    Handoff__V1__RegistryOrg **orgs =
        calloc(r->n_orgs + 1, sizeof(Handoff__V1__RegistryOrg *));
    enum hf_err err = HF_ERR_NOMEM;

    if (org == NULL || orgs == NULL)
        goto out;
    for (size_t i = 0; i < r->n_brokers; i++) {
        fill_broker(&r->broker[i], &broker[i]);
        brokers[i] = &broker[i];
    }
    for (size_t i = 0; i < r->n_orgs; i++) {
        fill_org(&r->orgs[i], &org[i]);
        orgs[i] = &org[i].org;
    }
    pb.version = r->version[REGISTRY_ORGS];
    pb.expires_ms = r->expires_ms[REGISTRY_ORGS];
    pb.figures_threshold = r->figures_threshold;
    pb.figures_period_ms = r->figures_period_ms;
    pb.n_broker = r->n_brokers;
    pb.broker = brokers;
    pb.n_org = r->n_orgs;
    pb.org = orgs;
    err = version_ok(pb.version, pb.expires_ms) ? pack(&pb.base, out)
                                                : HF_ERR_MALFORMED;
out:
    free(org);
    free(orgs);
    return err;
}

/* Suspend. */

enum hf_err
registry_doc_read_suspend(struct hf_bytes in, struct registry_suspend *ret)
{
    struct reading r;
    struct registry_suspend s = {.n = 0};
    const Handoff__V1__RegistrySuspend *pb;
    enum hf_err err =
        start_reading(&r, &handoff__v1__registry_suspend__descriptor, in);

    if (err)
        return err;
    err = HF_ERR_MALFORMED;
    pb = (const Handoff__V1__RegistrySuspend *)r.pb;
    s.version = pb->version;
    s.expires_ms = pb->expires_ms;
    s.orgs_version = pb->orgs_version;
    s.n = pb->n_org;
    if (!version_ok(s.version, s.expires_ms) || s.orgs_version == 0 ||
        s.n > REGISTRY_ORGS_MAX)
        goto out;
    s.org = calloc(s.n + 1, sizeof(*s.org));
    if (s.org == NULL) {
        err = HF_ERR_NOMEM;
        goto out;
    }
    for (size_t i = 0; i < s.n; i++)
        if (!next_text(&r, s.org[i].s, HF_ORG_BYTES) || !field_org(&s.org[i]) ||
            (i > 0 && memcmp(s.org[i - 1].s, s.org[i].s, HF_ORG_BYTES) >= 0))
            goto out;
    *ret = s;
    s.org = NULL; /* the caller's now */
    err = HF_OK;
out:
    free(s.org);
    end_reading(&r);
    return err;
}

enum hf_err
registry_doc_write_suspend(const struct registry_suspend *s, struct hf_buf *out)
{
    Handoff__V1__RegistrySuspend pb = HANDOFF__V1__REGISTRY_SUSPEND__INIT;
    ProtobufCBinaryData *org;
    enum hf_err err;

    if (!version_ok(s->version, s->expires_ms))
        return HF_ERR_MALFORMED;
    org = calloc(s->n + 1, sizeof(*org));
    if (org == NULL)
        return HF_ERR_NOMEM;
    for (size_t i = 0; i < s->n; i++)
        org[i] = text(s->org[i].s);
    pb.version = s->version;
    pb.expires_ms = s->expires_ms;
    pb.orgs_version = s->orgs_version;
    pb.n_org = s->n;
    pb.org = org;
    err = pack(&pb.base, out);
    free(org);
    return err;
}

/* Timestamp. */

static bool
timestamp_ok(const struct registry_timestamp *t)
{
    return version_ok(t->version, t->expires_ms) && field_time(t->made_ms) &&
           t->made_ms < t->expires_ms && t->orgs_version >= 1 &&
           (t->suspend_version == 0) == field_hash_is_zero(&t->suspend_hash);
}

enum hf_err
registry_doc_read_timestamp(struct hf_bytes in, struct registry_timestamp *ret)
{
    struct reading r;
    struct registry_timestamp t;
    const Handoff__V1__RegistryTimestamp *pb;
    enum hf_err err =
        start_reading(&r, &handoff__v1__registry_timestamp__descriptor, in);

    if (err)
        return err;
    pb = (const Handoff__V1__RegistryTimestamp *)r.pb;
    t.version = pb->version;
    t.expires_ms = pb->expires_ms;
    t.made_ms = pb->made_ms;
    t.orgs_version = pb->orgs_version;
    t.suspend_version = pb->suspend_version;
    if (next_fixed(&r, t.orgs_hash.b, HF_HASH_BYTES) &&
        next_fixed(&r, t.suspend_hash.b, HF_HASH_BYTES) && timestamp_ok(&t))
        *ret = t;
    else
        err = HF_ERR_MALFORMED;
    end_reading(&r);
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
    pb.orgs_hash = data(t->orgs_hash.b, HF_HASH_BYTES);
    pb.suspend_version = t->suspend_version;
    pb.suspend_hash = data(t->suspend_hash.b, HF_HASH_BYTES);
    return pack(&pb.base, out);
}
