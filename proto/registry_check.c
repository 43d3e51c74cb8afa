#include "registry_internal.h"

#include <stdlib.h>

#include "field.h"
#include "hf_assert.h"
#include "hf_text.h"

/* The form of one member or broker, and the rules across all of one orgs
 * document. Also asked before a document is made, not only when one comes. */

static bool
level_ok(const char *level)
{
    return level[0] == '\0' || strcmp(level, "local") == 0 ||
           strcmp(level, "national") == 0 ||
           strcmp(level, "international") == 0;
}

static bool
op_keys_ok(const struct registry_key *keys, size_t n)
{
    if (n > REGISTRY_OP_KEYS_MAX)
        return false;
    for (size_t i = 0; i < n; i++) {
        const struct registry_key *k = &keys[i];

        if (field_all_zero(k->pk, HF_PK_BYTES) || !field_time(k->from_ms) ||
            !field_time(k->until_ms) ||
            (k->until_ms != 0 && k->until_ms <= k->from_ms))
            return false;
    }
    return true;
}

static bool
homes_ok(const struct registry_org *o)
{
    if (o->n_homes > REGISTRY_HOMES_MAX)
        return false;
    for (size_t i = 0; i < o->n_homes; i++)
        for (size_t j = 0; j <= i; j++)
            if (!field_org(&o->home[i]) ||
                (j < i && hf_org_eq(&o->home[j], &o->home[i])))
                return false;
    return true;
}

static bool
old_link_ok(const uint8_t pk[static HF_PK_BYTES], uint64_t until_ms)
{
    return (until_ms == 0) == field_all_zero(pk, HF_PK_BYTES) &&
           field_time(until_ms);
}

/* Its signature is the signers' to check: registry_edit_sign(). */
static bool
succession_ok(const struct registry_succession *s)
{
    if (s->at_ms == 0)
        return field_all_zero(s->before_pk, HF_PK_BYTES) && !s->is_vouched &&
               field_all_zero(s->sig, HF_SIG_BYTES);
    return field_time(s->at_ms) && !field_all_zero(s->before_pk, HF_PK_BYTES) &&
           s->is_vouched == field_all_zero(s->sig, HF_SIG_BYTES);
}

/* With a node of its own a member has keys and a home; without, neither a
 * link nor a home. */
static bool
reach_ok(const struct registry_org *o)
{
    if (!old_link_ok(o->old_link_pk, o->old_link_until_ms))
        return false;
    if (o->via.s[0] != '\0')
        return field_org(&o->via) && !hf_org_eq(&o->via, &o->id) &&
               field_all_zero(o->link_pk, HF_PK_BYTES) &&
               o->old_link_until_ms == 0 && o->n_homes == 0;
    return field_all_zero(o->via.s, HF_ORG_BYTES) &&
           !field_all_zero(o->identity_pk, HF_PK_BYTES) &&
           !field_all_zero(o->link_pk, HF_PK_BYTES) && o->n_op >= 1 &&
           o->n_homes >= 1;
}

/* Everything has one encoding: no limit. */
static bool
flow_ok(const struct registry_flow *f)
{
    if (!f->is_limited)
        return f->objects == 0 && f->families == 0;
    return (f->objects & ~REGISTRY_OBJECTS_ALL) == 0 &&
           (f->objects != REGISTRY_OBJECTS_ALL || f->families != UINT64_MAX);
}

/* Who reviews what others decided in an emergency stands apart from them. */
static bool
duties_ok(uint32_t duties)
{
    return duties < DUTY_BIT(DUTY_END) &&
           ((duties & DUTY_BIT(DUTY_REVIEW)) == 0 ||
            duties == DUTY_BIT(DUTY_REVIEW));
}

static bool
vetting_ok(const struct registry_org *o)
{
    return field_time(o->vetted_ms) &&
           field_padded(o->vetting, sizeof(o->vetting)) &&
           (o->vetted_ms == 0) == (o->vetting[0] == '\0');
}

bool
registry_check_member(const struct registry_org *o)
{
    return field_org(&o->id) && o->name[0] != '\0' &&
           field_padded(o->name, sizeof(o->name)) &&
           o->kind > ORG_KIND_NONE && o->kind < ORG_KIND_END &&
           field_padded(o->country, sizeof(o->country)) &&
           (o->country[0] == '\0' || hf_country_ok(o->country)) &&
           field_padded(o->level, sizeof(o->level)) && level_ok(o->level) &&
           o->status > MEMBER_NONE && o->status < MEMBER_END &&
           op_keys_ok(o->op, o->n_op) && succession_ok(&o->succession) &&
           homes_ok(o) && reach_ok(o) && duties_ok(o->duties) &&
           flow_ok(&o->may_send) && flow_ok(&o->may_receive) && vetting_ok(o);
}

/* tcp://host:port, host and port not empty. */
static bool
endpoint_ok(const char *s)
{
    static const char scheme[] = "tcp://";
    const char *host, *port;
    uint64_t n;

    if (strncmp(s, scheme, sizeof(scheme) - 1) != 0)
        return false;
    host = s + sizeof(scheme) - 1;
    for (const char *c = host; *c != '\0'; c++)
        if (*c <= ' ' || *c >= 0x7f || *c == '/' || *c == '*')
            return false;
    port = strrchr(host, ':');
    return port != NULL && port > host &&
           hf_parse_u64(port + 1, 1, UINT16_MAX, &n);
}

bool
registry_check_broker(const struct registry_broker *b)
{
    return field_org(&b->id) && field_org_or_empty(&b->operated_by) &&
           field_padded(b->endpoint, sizeof(b->endpoint)) &&
           endpoint_ok(b->endpoint) &&
           !field_all_zero(b->identity_pk, HF_PK_BYTES) && b->n_op >= 1 &&
           op_keys_ok(b->op, b->n_op) &&
           !field_all_zero(b->link_pk, HF_PK_BYTES) &&
           old_link_ok(b->old_link_pk, b->old_link_until_ms) &&
           succession_ok(&b->succession);
}

static bool
ids_ascend(const struct registry *r)
{
    for (size_t i = 1; i < r->n_orgs; i++)
        if (memcmp(r->orgs[i - 1].id.s, r->orgs[i].id.s, HF_ORG_BYTES) >= 0)
            return false;
    for (size_t i = 1; i < r->n_brokers; i++)
        if (memcmp(r->broker[i - 1].id.s, r->broker[i].id.s, HF_ORG_BYTES) >= 0)
            return false;
    /* Links are told apart by these ids: one name, one party. */
    for (size_t i = 0; i < r->n_brokers; i++)
        if (registry_org(r, &r->broker[i].id) != NULL)
            return false;
    return true;
}

static bool
names_are_listed(const struct registry *r)
{
    for (size_t i = 0; i < r->n_orgs; i++) {
        const struct registry_org *o = &r->orgs[i];

        for (size_t h = 0; h < o->n_homes; h++)
            if (registry_broker(r, &o->home[h]) == NULL)
                return false;
        if (o->via.s[0] != '\0') {
            const struct registry_org *keeper = registry_org(r, &o->via);

            if (keeper == NULL || keeper->via.s[0] != '\0')
                return false;
        }
    }
    for (size_t i = 0; i < r->n_rulings; i++)
        if (registry_org(r, &r->rulings[i].holder) == NULL)
            return false;
    return true;
}

static int
compare_keys(const void *a, const void *b)
{
    return memcmp(a, b, HF_PK_BYTES);
}

static void
add_key(uint8_t *keys, size_t *n, const uint8_t pk[static HF_PK_BYTES])
{
    if (!field_all_zero(pk, HF_PK_BYTES))
        memcpy(keys + HF_PK_BYTES * (*n)++, pk, HF_PK_BYTES);
}

/* A key has one owner and one use. */
static enum hf_err
keys_are_distinct(const struct registry *r)
{
    const size_t max = (r->n_orgs + r->n_brokers) * (3 + REGISTRY_OP_KEYS_MAX);
    uint8_t *keys = calloc(max + 1, HF_PK_BYTES);
    enum hf_err err = HF_OK;
    size_t n = 0;

    if (keys == NULL)
        return HF_ERR_NOMEM;
    for (size_t i = 0; i < r->n_orgs; i++) {
        add_key(keys, &n, r->orgs[i].identity_pk);
        add_key(keys, &n, r->orgs[i].link_pk);
        add_key(keys, &n, r->orgs[i].old_link_pk);
        for (size_t k = 0; k < r->orgs[i].n_op; k++)
            add_key(keys, &n, r->orgs[i].op[k].pk);
    }
    for (size_t i = 0; i < r->n_brokers; i++) {
        add_key(keys, &n, r->broker[i].identity_pk);
        add_key(keys, &n, r->broker[i].link_pk);
        add_key(keys, &n, r->broker[i].old_link_pk);
        for (size_t k = 0; k < r->broker[i].n_op; k++)
            add_key(keys, &n, r->broker[i].op[k].pk);
    }
    HF_ASSERT(n <= max);
    qsort(keys, n, HF_PK_BYTES, compare_keys);
    for (size_t i = 1; i < n; i++)
        if (memcmp(keys + HF_PK_BYTES * (i - 1), keys + HF_PK_BYTES * i,
                   HF_PK_BYTES) == 0)
            err = HF_ERR_MALFORMED;
    free(keys);
    return err;
}

static bool
rulings_ok(const struct registry *r)
{
    for (size_t i = 0; i < r->n_rulings; i++) {
        const struct registry_ruling *ruling = &r->rulings[i];

        if (field_hash_is_zero(&ruling->tag) || !field_org(&ruling->holder) ||
            ruling->epoch < 2 || !field_time(ruling->at_ms) ||
            (i > 0 && memcmp(r->rulings[i - 1].tag.b, ruling->tag.b,
                             HF_HASH_BYTES) >= 0))
            return false;
    }
    return true;
}

static bool
families_ok(const struct registry *r)
{
    const uint64_t named =
        r->n_families == 64 ? UINT64_MAX : (UINT64_C(1) << r->n_families) - 1;

    for (size_t i = 0; i < r->n_families; i++)
        for (size_t j = 0; j <= i; j++)
            if (!field_name(&r->family[i]) || r->family[i].s[0] == '\0' ||
                (j < i && hf_name_eq(&r->family[j], &r->family[i])))
                return false;
    for (size_t i = 0; i < r->n_orgs; i++) {
        const uint64_t out = r->orgs[i].may_send.families;
        const uint64_t in = r->orgs[i].may_receive.families;

        if ((out != UINT64_MAX && (out & ~named) != 0) ||
            (in != UINT64_MAX && (in & ~named) != 0))
            return false;
    }
    return true;
}

enum hf_err
registry_check(const struct registry *r)
{
    if (!ids_ascend(r) || !rulings_ok(r) || !families_ok(r) ||
        !registry_packs_ok(r))
        return HF_ERR_MALFORMED;
    if (!names_are_listed(r))
        return HF_ERR_UNKNOWN;
    return keys_are_distinct(r);
}
