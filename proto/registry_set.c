#include "registry_internal.h"

#include <stdlib.h>

#include "field.h"
#include "handoff/v1/registry.pb-c.h"
#include "hf_assert.h"
#include "scan.h"

#define DOCS_MAX   (REGISTRY_ROOTS_MAX + REGISTRY_ROLES)
#define FIELDS_MAX (DOCS_MAX * (2 + 3 * REGISTRY_SIGS_MAX))
#define SPANS_MAX  (DOCS_MAX * (1 + 2 * REGISTRY_SIGS_MAX))

const char *
registry_set_label(enum registry_role role)
{
    static const char *const label[REGISTRY_ROLES] = {
        [REGISTRY_ROOT] = "handoff/1 registry root",
        [REGISTRY_ORGS] = "handoff/1 registry orgs",
        [REGISTRY_SUSPEND] = "handoff/1 registry suspend",
        [REGISTRY_TIMESTAMP] = "handoff/1 registry timestamp",
    };

    HF_ASSERT(role < REGISTRY_ROLES);
    return label[role];
}

/* One signed document from the scan's spans: the bytes, then key and
 * signature in turn. Ascending keys make each key count once. */
static enum hf_err
take_signed(const Handoff__V1__RegistrySigned *pb, const struct hf_bytes **span,
            struct registry_signed *s)
{
    s->doc = *(*span)++;
    s->n = pb->n_signature;
    if (s->n > REGISTRY_SIGS_MAX)
        return HF_ERR_LIMIT;
    if (s->doc.n == 0)
        return HF_ERR_MALFORMED;
    for (size_t i = 0; i < s->n; i++) {
        const struct hf_bytes key = *(*span)++, sig = *(*span)++;

        if (key.n != HF_PK_BYTES || sig.n != HF_SIG_BYTES)
            return HF_ERR_MALFORMED;
        memcpy(s->sig[i].pk, key.p, HF_PK_BYTES);
        memcpy(s->sig[i].sig, sig.p, HF_SIG_BYTES);
        if (i > 0) {
            const int c = memcmp(s->sig[i - 1].pk, s->sig[i].pk, HF_PK_BYTES);

            if (c >= 0)
                return c == 0 ? HF_ERR_REPEATED : HF_ERR_MALFORMED;
        }
    }
    return HF_OK;
}

static enum hf_err
take_set(const Handoff__V1__RegistrySet *pb, const struct hf_bytes *span,
         struct registry_set *set)
{
    const Handoff__V1__RegistrySigned *const doc[REGISTRY_ROLES] = {
        [REGISTRY_ORGS] = pb->orgs,
        [REGISTRY_SUSPEND] = pb->suspend,
        [REGISTRY_TIMESTAMP] = pb->timestamp,
    };
    enum hf_err err = HF_OK;

    if (pb->n_root == 0)
        return HF_ERR_MALFORMED;
    if (pb->n_root > REGISTRY_ROOTS_MAX)
        return HF_ERR_LIMIT;
    set->n_roots = pb->n_root;
    for (size_t i = 0; i < pb->n_root && !err; i++)
        err = take_signed(pb->root[i], &span, &set->root[i]);
    for (int r = REGISTRY_ORGS; r < REGISTRY_ROLES && !err; r++)
        if (doc[r] != NULL)
            err = take_signed(doc[r], &span, &set->doc[r]);
    return err;
}

enum hf_err
registry_set_parse(struct hf_bytes in, struct registry_set **ret)
{
    struct scan scan = {.fields_left = FIELDS_MAX, .spans_max = SPANS_MAX};
    Handoff__V1__RegistrySet *pb = NULL;
    struct registry_set *set = NULL;
    enum hf_err err = HF_ERR_MALFORMED;

    if (in.n > REGISTRY_BYTES_MAX)
        return HF_ERR_LIMIT;
    if (in.n == 0)
        return HF_ERR_MALFORMED;
    scan.spans = calloc(SPANS_MAX, sizeof(*scan.spans));
    set = calloc(1, sizeof(*set));
    if (scan.spans == NULL || set == NULL) {
        err = HF_ERR_NOMEM;
        goto out;
    }
    if (!scan_message(&scan, &handoff__v1__registry_set__descriptor, in)) {
        if (scan.fields_left == 0 || scan.n_spans == SPANS_MAX)
            err = HF_ERR_ENDLESS;
        goto out;
    }
    pb = handoff__v1__registry_set__unpack(NULL, in.n, in.p);
    if (pb == NULL) {
        err = HF_ERR_NOMEM; /* its form was checked above */
        goto out;
    }
    err = take_set(pb, scan.spans, set);
    if (err)
        goto out;
    *ret = set;
    set = NULL; /* the caller's now */
out:
    if (pb != NULL)
        handoff__v1__registry_set__free_unpacked(pb, NULL);
    free(scan.spans);
    free(set);
    return err;
}

/* The generated structs of one signed document, lists included. */
struct pb_room {
    Handoff__V1__RegistrySigned s;
    Handoff__V1__RegistrySignature sig[REGISTRY_SIGS_MAX];
    Handoff__V1__RegistrySignature *list[REGISTRY_SIGS_MAX];
};

static ProtobufCBinaryData
data(const void *p, size_t n)
{
    return (ProtobufCBinaryData){.len = n, .data = (uint8_t *)(uintptr_t)p};
}

static Handoff__V1__RegistrySigned *
fill_signed(struct pb_room *room, const struct registry_signed *s)
{
    handoff__v1__registry_signed__init(&room->s);
    room->s.document = data(s->doc.p, s->doc.n);
    room->s.n_signature = s->n;
    room->s.signature = room->list;
    for (size_t i = 0; i < s->n; i++) {
        handoff__v1__registry_signature__init(&room->sig[i]);
        room->sig[i].key = data(s->sig[i].pk, HF_PK_BYTES);
        room->sig[i].signature = data(s->sig[i].sig, HF_SIG_BYTES);
        room->list[i] = &room->sig[i];
    }
    return &room->s;
}

static enum hf_err
pack_set(const Handoff__V1__RegistrySet *pb, struct hf_buf *out)
{
    const size_t n = handoff__v1__registry_set__get_packed_size(pb);
    uint8_t *p;

    if (n > REGISTRY_BYTES_MAX)
        return HF_ERR_LIMIT;
    p = hf_buf_grow(out, n);
    if (p == NULL)
        return HF_ERR_NOMEM;
    HF_ASSERT(handoff__v1__registry_set__pack(pb, p) == n);
    return HF_OK;
}

enum hf_err
registry_set_encode(const struct registry_set *set, struct hf_buf *out)
{
    Handoff__V1__RegistrySet pb = HANDOFF__V1__REGISTRY_SET__INIT;
    Handoff__V1__RegistrySigned *roots[REGISTRY_ROOTS_MAX];
    Handoff__V1__RegistrySigned **const doc[REGISTRY_ROLES] = {
        [REGISTRY_ORGS] = &pb.orgs,
        [REGISTRY_SUSPEND] = &pb.suspend,
        [REGISTRY_TIMESTAMP] = &pb.timestamp,
    };
    struct pb_room *room = calloc(DOCS_MAX, sizeof(*room));
    enum hf_err err;

    if (room == NULL)
        return HF_ERR_NOMEM;
    for (size_t i = 0; i < set->n_roots; i++)
        roots[i] = fill_signed(&room[i], &set->root[i]);
    pb.n_root = set->n_roots;
    pb.root = roots;
    for (int r = REGISTRY_ORGS; r < REGISTRY_ROLES; r++)
        if (set->doc[r].doc.n > 0)
            *doc[r] = fill_signed(&room[REGISTRY_ROOTS_MAX + r], &set->doc[r]);
    err = pack_set(&pb, out);
    free(room);
    return err;
}

size_t
registry_set_count(const struct registry_signed *s, enum registry_role role,
                   const struct registry_role_keys *keys)
{
    size_t n = 0;

    for (size_t i = 0; i < s->n; i++)
        for (size_t k = 0; k < keys->n; k++)
            if (memcmp(s->sig[i].pk, keys->pk[k], HF_PK_BYTES) == 0 &&
                hf_verify(keys->pk[k], registry_set_label(role), &s->doc, 1,
                          s->sig[i].sig))
                n++;
    HF_ASSERT(n <= keys->n);
    return n;
}

static bool
is_among(const struct registry_signed *s, const uint8_t pk[static HF_PK_BYTES])
{
    for (size_t i = 0; i < s->n; i++)
        if (memcmp(s->sig[i].pk, pk, HF_PK_BYTES) == 0)
            return true;
    return false;
}

enum hf_err
registry_set_met(const struct registry_signed *s, enum registry_role role,
                 const struct registry_role_keys *keys)
{
    const size_t good = registry_set_count(s, role, keys);
    size_t given = 0;

    if (keys->threshold > 0 && good >= keys->threshold)
        return HF_OK;
    for (size_t k = 0; k < keys->n; k++)
        given += is_among(s, keys->pk[k]);
    return given > good ? HF_ERR_SIGNATURE : HF_ERR_UNTRUSTED;
}

struct registry_signed *
registry_set_signed(struct registry_set *set, enum registry_role role)
{
    if (role == REGISTRY_ROOT)
        return set->n_roots > 0 ? &set->root[set->n_roots - 1] : NULL;
    return set->doc[role].doc.n > 0 ? &set->doc[role] : NULL;
}
