#include "registry_edit_internal.h"

#include <stdlib.h>

#include "hf_assert.h"

/* Parts of the orgs document that change over the years: keys of a member,
 * custody rulings, families of services. */

/* The listed member, or NULL. */
static struct registry_org *
find_org(const struct registry_edit *e, const struct hf_org *id)
{
    bool found;
    const size_t at = registry_find_org(e->orgs, id, &found);

    return found ? &e->orgs->orgs[at] : NULL;
}

/* What of a member, or of a broker, is keys. */
struct keyring {
    struct hf_org id;
    uint8_t identity_pk[HF_PK_BYTES];
    struct registry_key op[REGISTRY_OP_KEYS_MAX];
    uint8_t n_op;
    uint8_t link_pk[HF_PK_BYTES];
    uint8_t old_link_pk[HF_PK_BYTES];
    uint64_t old_link_until_ms;
    struct registry_succession succession;
};

/* Members and brokers name these fields alike. */
#define TAKE_KEYS(from, to)                                                    \
    do {                                                                       \
        memcpy((to)->identity_pk, (from)->identity_pk, HF_PK_BYTES);           \
        memcpy((to)->op, (from)->op, sizeof((to)->op));                        \
        (to)->n_op = (from)->n_op;                                             \
        memcpy((to)->link_pk, (from)->link_pk, HF_PK_BYTES);                   \
        memcpy((to)->old_link_pk, (from)->old_link_pk, HF_PK_BYTES);           \
        (to)->old_link_until_ms = (from)->old_link_until_ms;                   \
        (to)->succession = (from)->succession;                                 \
    } while (0)

static size_t
find_op(const struct keyring *o, const uint8_t pk[static HF_PK_BYTES])
{
    size_t at = 0;

    while (at < o->n_op && memcmp(o->op[at].pk, pk, HF_PK_BYTES) != 0)
        at++;
    return at;
}

/* Those that count from now on end, or never counted. */
static void
end_old_keys(struct keyring *o, const struct registry_change *change)
{
    const uint64_t end = change->from_ms + change->overlap_ms;

    for (size_t i = 0; i < o->n_op; i++) {
        struct registry_key *k = &o->op[i];

        if (change->is_stolen)
            k->revoked = true;
        else if ((k->until_ms == 0 || k->until_ms > end) && k->from_ms < end)
            k->until_ms = end;
    }
}

/* The youngest stands first. */
static void
add_op_key(struct keyring *o, const struct registry_key *fresh)
{
    if (o->n_op == REGISTRY_OP_KEYS_MAX)
        o->n_op--;
    memmove(&o->op[1], &o->op[0], o->n_op * sizeof(o->op[0]));
    o->op[0] = *fresh;
    o->n_op++;
}

static void
change_link(struct keyring *o, const uint8_t pk[static HF_PK_BYTES],
            const struct registry_change *change)
{
    memset(o->old_link_pk, 0, HF_PK_BYTES);
    o->old_link_until_ms = 0;
    if (!change->is_stolen && change->link_overlap_ms > 0) {
        memcpy(o->old_link_pk, o->link_pk, HF_PK_BYTES);
        o->old_link_until_ms = change->from_ms + change->link_overlap_ms;
    }
    memcpy(o->link_pk, pk, HF_PK_BYTES);
}

/* Whether the identity key that is listed has signed for the one asked for.
 * What a stolen key signs counts for nothing. */
static bool
is_succeeded(const struct keyring *old, const struct keyring *fresh,
             const struct registry_change *change)
{
    return !change->is_stolen &&
           memcmp(fresh->succession.before_pk, old->identity_pk, HF_PK_BYTES) ==
               0 &&
           registry_succeeds(&old->id, &fresh->succession, fresh->identity_pk);
}

static void
change_identity(struct keyring *o, const struct keyring *fresh,
                const struct registry_change *change)
{
    if (is_succeeded(o, fresh, change)) {
        o->succession = fresh->succession;
    } else {
        o->succession = (struct registry_succession){.at_ms = change->from_ms,
                                                     .is_vouched = true};
        memcpy(o->succession.before_pk, o->identity_pk, HF_PK_BYTES);
    }
    memcpy(o->identity_pk, fresh->identity_pk, HF_PK_BYTES);
}

static bool
is_same_identity(const struct keyring *a, const struct keyring *b)
{
    return memcmp(a->identity_pk, b->identity_pk, HF_PK_BYTES) == 0;
}

static void
rotated(struct keyring *o, const struct keyring *fresh,
        const struct registry_change *change)
{
    struct registry_key key = fresh->op[0];

    if (find_op(o, key.pk) == o->n_op) {
        /* The node may use it from when it asked. */
        if (key.from_ms == 0 || key.from_ms > change->from_ms)
            key.from_ms = change->from_ms;
        end_old_keys(o, change);
        add_op_key(o, &key);
    }
    if (memcmp(o->link_pk, fresh->link_pk, HF_PK_BYTES) != 0)
        change_link(o, fresh->link_pk, change);
    if (!is_same_identity(o, fresh))
        change_identity(o, fresh, change);
}

static enum hf_err
check_rotation(const struct keyring *old, const struct keyring *fresh,
               const struct registry_change *change)
{
    const size_t at = find_op(old, fresh->op[0].pk);
    const bool same_op = at < old->n_op;
    const bool same_link =
        memcmp(old->link_pk, fresh->link_pk, HF_PK_BYTES) == 0;

    if ((same_op && old->op[at].revoked) ||
        (change->is_stolen && (same_op || same_link)))
        return HF_ERR_FORBIDDEN;
    if (is_same_identity(old, fresh))
        return same_op && same_link ? HF_ERR_EXISTS : HF_OK;
    return change->is_vouched || is_succeeded(old, fresh, change)
               ? HF_OK
               : HF_ERR_UNTRUSTED;
}

/* Beginning takes over what `suspend` said: new keys let nobody in. */
static enum hf_err
change_keys(struct registry_edit *e, struct keyring *keys,
            const struct keyring *asked, const struct registry_change *change)
{
    enum hf_err err = check_rotation(keys, asked, change);

    if (!err)
        err = registry_edit_begin_orgs(e);
    if (!err)
        rotated(keys, asked, change);
    return err;
}

enum hf_err
registry_edit_rotate(struct registry_edit *e, const struct registry_org *fresh,
                     const struct registry_change *change)
{
    struct keyring keys, asked;
    const struct registry_org *old;
    struct registry_org o;
    enum hf_err err = HF_OK;

    HF_ASSERT(fresh->n_op == 1);
    if (e->orgs == NULL)
        err = registry_edit_decode_orgs(e);
    if (err)
        return err;
    old = find_org(e, &fresh->id);
    if (old == NULL)
        return HF_ERR_NOT_FOUND;
    if (old->via.s[0] != '\0')
        return HF_ERR_FORBIDDEN;
    keys.id = asked.id = old->id;
    TAKE_KEYS(old, &keys);
    TAKE_KEYS(fresh, &asked);
    err = change_keys(e, &keys, &asked, change);
    if (err)
        return err;
    o = *old;
    TAKE_KEYS(&keys, &o);
    return registry_edit_put_org(e, &o);
}

enum hf_err
registry_edit_rotate_broker(struct registry_edit *e,
                            const struct registry_broker *fresh,
                            const struct registry_change *change)
{
    struct keyring keys, asked;
    const struct registry_broker *old;
    struct registry_broker b;
    enum hf_err err = HF_OK;

    HF_ASSERT(fresh->n_op == 1);
    if (e->orgs == NULL)
        err = registry_edit_decode_orgs(e);
    if (err)
        return err;
    old = registry_broker(e->orgs, &fresh->id);
    if (old == NULL)
        return HF_ERR_NOT_FOUND;
    keys.id = asked.id = old->id;
    TAKE_KEYS(old, &keys);
    TAKE_KEYS(fresh, &asked);
    err = change_keys(e, &keys, &asked, change);
    if (err)
        return err;
    b = *old;
    TAKE_KEYS(&keys, &b);
    memcpy(b.endpoint, fresh->endpoint, sizeof(b.endpoint));
    return registry_edit_put_broker(e, &b);
}

static size_t
find_ruling(const struct registry *r, const struct hf_hash *tag,
            bool *ret_found)
{
    size_t at = 0;
    int c = 1;

    while (at < r->n_rulings &&
           (c = memcmp(r->rulings[at].tag.b, tag->b, HF_HASH_BYTES)) < 0)
        at++;
    *ret_found = at < r->n_rulings && c == 0;
    return at;
}

static enum hf_err
insert_ruling(struct registry *r, size_t at, const struct registry_ruling *one)
{
    struct registry_ruling *more;

    if (r->n_rulings == REGISTRY_RULINGS_MAX)
        return HF_ERR_LIMIT;
    more = realloc(r->rulings, (r->n_rulings + 1) * sizeof(*more));
    if (more == NULL)
        return HF_ERR_NOMEM;
    r->rulings = more;
    memmove(&more[at + 1], &more[at], (r->n_rulings - at) * sizeof(*more));
    more[at] = *one;
    r->n_rulings++;
    return HF_OK;
}

enum hf_err
registry_edit_rule(struct registry_edit *e, const struct registry_ruling *r)
{
    bool found;
    size_t at;
    enum hf_err err = HF_OK;

    if (r->epoch < 2)
        return HF_ERR_MALFORMED;
    if (e->orgs == NULL)
        err = registry_edit_decode_orgs(e);
    if (err)
        return err;
    if (find_org(e, &r->holder) == NULL)
        return HF_ERR_UNKNOWN;
    at = find_ruling(e->orgs, &r->tag, &found);
    if (found)
        return HF_ERR_EXISTS;
    err = registry_edit_begin_orgs(e);
    return err ? err : insert_ruling(e->orgs, at, r);
}

enum hf_err
registry_edit_family(struct registry_edit *e, const struct hf_name *word,
                     unsigned *ret_bit)
{
    enum hf_err err = registry_edit_begin_orgs(e);
    struct registry *r = e->orgs;
    unsigned bit = 0;

    if (err)
        return err;
    while (bit < r->n_families && !hf_name_eq(&r->family[bit], word))
        bit++;
    if (bit == REGISTRY_FAMILIES_MAX)
        return HF_ERR_LIMIT;
    if (bit == r->n_families)
        r->family[r->n_families++] = *word;
    *ret_bit = bit;
    return HF_OK;
}
