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

enum hf_err
registry_index_links(struct registry *r)
{
    r->links = calloc(2 * (r->n_orgs + r->n_brokers) + 1, sizeof(*r->links));
    if (r->links == NULL)
        return HF_ERR_NOMEM;
    for (size_t i = 0; i < r->n_orgs; i++) {
        add_link(r, r->orgs[i].link_pk, i);
        add_link(r, r->orgs[i].old_link_pk, i);
    }
    for (size_t i = 0; i < r->n_brokers; i++) {
        add_link(r, r->broker[i].link_pk, r->n_orgs + i);
        add_link(r, r->broker[i].old_link_pk, r->n_orgs + i);
    }
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
        if (memcmp(r->orgs[i].link_pk, pk, HF_PK_BYTES) == 0 ||
            memcmp(r->orgs[i].old_link_pk, pk, HF_PK_BYTES) == 0)
            return i;
    for (size_t i = 0; i < r->n_brokers; i++)
        if (memcmp(r->broker[i].link_pk, pk, HF_PK_BYTES) == 0 ||
            memcmp(r->broker[i].old_link_pk, pk, HF_PK_BYTES) == 0)
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

bool
registry_link_counts(const struct registry_org *org,
                     const uint8_t pk[static HF_PK_BYTES], uint64_t now_ms)
{
    if (field_all_zero(pk, HF_PK_BYTES))
        return false;
    return memcmp(org->link_pk, pk, HF_PK_BYTES) == 0 ||
           (now_ms < org->old_link_until_ms &&
            memcmp(org->old_link_pk, pk, HF_PK_BYTES) == 0);
}

static bool
counted_at(const struct registry_key *k, uint64_t at_ms)
{
    return !k->revoked && k->from_ms <= at_ms &&
           (k->until_ms == 0 || at_ms < k->until_ms);
}

bool
registry_broker_link(const struct registry_broker *b,
                     const uint8_t pk[static HF_PK_BYTES], uint64_t now_ms)
{
    if (field_all_zero(pk, HF_PK_BYTES))
        return false;
    return memcmp(b->link_pk, pk, HF_PK_BYTES) == 0 ||
           (now_ms < b->old_link_until_ms &&
            memcmp(b->old_link_pk, pk, HF_PK_BYTES) == 0);
}

/* Those of @n keys that counted then, youngest first. */
static size_t
keys_at(const struct registry_key *keys, size_t n_keys, uint64_t at_ms,
        const uint8_t *ret[static REGISTRY_OP_KEYS_MAX])
{
    const struct registry_key *found[REGISTRY_OP_KEYS_MAX];
    size_t n = 0;

    HF_ASSERT(n_keys <= REGISTRY_OP_KEYS_MAX);
    for (size_t i = 0; i < n_keys; i++) {
        const struct registry_key *k = &keys[i];
        size_t at = n;

        if (!counted_at(k, at_ms))
            continue;
        for (; at > 0 && found[at - 1]->from_ms < k->from_ms; at--)
            found[at] = found[at - 1];
        found[at] = k;
        n++;
    }
    for (size_t i = 0; i < n; i++)
        ret[i] = found[i]->pk;
    return n;
}

size_t
registry_op_keys(const struct registry_org *org, uint64_t at_ms,
                 const uint8_t *ret[static REGISTRY_OP_KEYS_MAX])
{
    return keys_at(org->op, org->n_op, at_ms, ret);
}

size_t
registry_broker_keys(const struct registry_broker *b, uint64_t at_ms,
                     const uint8_t *ret[static REGISTRY_OP_KEYS_MAX])
{
    return keys_at(b->op, b->n_op, at_ms, ret);
}

/* What a succession's signature covers. */
static void
succession_spans(const struct hf_org *id, const struct registry_succession *s,
                 const uint8_t *pk, uint8_t at[static 8],
                 struct hf_bytes ret[static 4])
{
    uint8_t *p = at;

    hf_put_u64(&p, s->at_ms);
    ret[0] = (struct hf_bytes){(const uint8_t *)id->s, HF_ORG_BYTES};
    ret[1] = (struct hf_bytes){s->before_pk, HF_PK_BYTES};
    ret[2] = (struct hf_bytes){pk, HF_PK_BYTES};
    ret[3] = (struct hf_bytes){at, 8};
}

void
registry_succeed(const struct hf_org *id, const struct hf_secret *before,
                 const uint8_t pk[static HF_PK_BYTES], uint64_t at_ms,
                 struct registry_succession *ret)
{
    struct hf_bytes spans[4];
    uint8_t at[8];

    *ret = (struct registry_succession){.at_ms = at_ms};
    hf_secret_public(before, ret->before_pk);
    succession_spans(id, ret, pk, at, spans);
    hf_sign(before, SUCCESSION_LABEL, spans, 4, ret->sig);
}

bool
registry_succeeds(const struct hf_org *id, const struct registry_succession *s,
                  const uint8_t pk[static HF_PK_BYTES])
{
    struct hf_bytes spans[4];
    uint8_t at[8];

    if (s->at_ms == 0 || s->is_vouched)
        return false;
    succession_spans(id, s, pk, at, spans);
    return hf_verify(s->before_pk, SUCCESSION_LABEL, spans, 4, s->sig);
}

const uint8_t *
registry_op_key(const struct registry_org *org, uint64_t at_ms)
{
    const uint8_t *keys[REGISTRY_OP_KEYS_MAX];

    return registry_op_keys(org, at_ms, keys) > 0 ? keys[0] : NULL;
}

bool
registry_op_verify(const struct registry_org *org, uint64_t at_ms,
                   const char *label, const struct hf_bytes *spans,
                   size_t n_spans, const uint8_t sig[static HF_SIG_BYTES])
{
    const uint8_t *keys[REGISTRY_OP_KEYS_MAX];
    const size_t n = registry_op_keys(org, at_ms, keys);

    for (size_t i = 0; i < n; i++)
        if (hf_verify(keys[i], label, spans, n_spans, sig))
            return true;
    return false;
}

enum member_status
registry_status(const struct registry *r, const struct hf_org *id)
{
    const struct registry_org *org = registry_org(r, id);
    const struct registry_broker *broker;

    if (org != NULL)
        return org->status;
    broker = registry_broker(r, id);
    if (broker == NULL)
        return MEMBER_NONE;
    return broker->is_suspended ? MEMBER_SUSPENDED : MEMBER_ACTIVE;
}

/* A family that the registry never named is nobody's who is held to some. */
static bool
flows(const struct registry *r, const struct registry_flow *f,
      enum object_kind what, const struct hf_name *family)
{
    HF_ASSERT(what > OBJECT_NONE && what < OBJECT_END);
    if (!f->is_limited || what == OBJECT_WITHDRAWAL)
        return true;
    if ((f->objects & REGISTRY_OBJECT_BIT(what)) == 0)
        return false;
    if (f->families == UINT64_MAX || family == NULL || family->s[0] == '\0')
        return true;
    for (size_t i = 0; i < r->n_families; i++)
        if (hf_name_eq(&r->family[i], family))
            return (f->families >> i & 1) != 0;
    return false;
}

bool
registry_may_send(const struct registry *r, const struct registry_org *org,
                  enum object_kind what, const struct hf_name *family)
{
    return flows(r, &org->may_send, what, family);
}

bool
registry_may_receive(const struct registry *r, const struct registry_org *org,
                     enum object_kind what, const struct hf_name *family)
{
    return flows(r, &org->may_receive, what, family);
}

void
registry_custody_tag(const struct hf_id *case_id, uint32_t epoch,
                     struct hf_hash *ret)
{
    uint8_t number[4], *p = number;
    const struct hf_bytes spans[] = {{case_id->b, HF_ID_BYTES},
                                     {number, sizeof(number)}};

    hf_put_u32(&p, epoch);
    hf_hash("handoff/1 custody", spans, 2, ret);
}

const struct registry_ruling *
registry_ruling(const struct registry *r, const struct hf_hash *tag)
{
    size_t low = 0, high = r->n_rulings;

    while (low < high) {
        const size_t mid = low + (high - low) / 2;
        const int c = memcmp(r->rulings[mid].tag.b, tag->b, HF_HASH_BYTES);

        if (c == 0)
            return &r->rulings[mid];
        if (c < 0)
            low = mid + 1;
        else
            high = mid;
    }
    return NULL;
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
    free(r->rulings);
    free(r->links);
    free(r);
}
