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

static size_t
find_op(const struct registry_org *o, const uint8_t pk[static HF_PK_BYTES])
{
    size_t at = 0;

    while (at < o->n_op && memcmp(o->op[at].pk, pk, HF_PK_BYTES) != 0)
        at++;
    return at;
}

/* Those that count from now on end, or never counted. */
static void
end_old_keys(struct registry_org *o, const struct registry_change *change)
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
add_op_key(struct registry_org *o, const struct registry_key *fresh)
{
    if (o->n_op == REGISTRY_OP_KEYS_MAX)
        o->n_op--;
    memmove(&o->op[1], &o->op[0], o->n_op * sizeof(o->op[0]));
    o->op[0] = *fresh;
    o->n_op++;
}

static void
change_link(struct registry_org *o, const uint8_t pk[static HF_PK_BYTES],
            const struct registry_change *change)
{
    memset(o->old_link_pk, 0, HF_PK_BYTES);
    o->old_link_until_ms = 0;
    if (!change->is_stolen && change->overlap_ms > 0) {
        memcpy(o->old_link_pk, o->link_pk, HF_PK_BYTES);
        o->old_link_until_ms = change->from_ms + change->overlap_ms;
    }
    memcpy(o->link_pk, pk, HF_PK_BYTES);
}

static struct registry_org
rotated(const struct registry_org *old, const struct registry_org *fresh,
        const struct registry_change *change)
{
    struct registry_org o = *old;
    struct registry_key key = fresh->op[0];

    if (find_op(old, key.pk) == old->n_op) {
        /* The node may use it from when it asked. */
        if (key.from_ms == 0 || key.from_ms > change->from_ms)
            key.from_ms = change->from_ms;
        end_old_keys(&o, change);
        add_op_key(&o, &key);
    }
    if (memcmp(o.link_pk, fresh->link_pk, HF_PK_BYTES) != 0)
        change_link(&o, fresh->link_pk, change);
    memcpy(o.identity_pk, fresh->identity_pk, HF_PK_BYTES);
    return o;
}

static enum hf_err
check_rotation(const struct registry_org *old, const struct registry_org *fresh,
               const struct registry_change *change)
{
    const size_t at = find_op(old, fresh->op[0].pk);
    const bool same_op = at < old->n_op;
    const bool same_link =
        memcmp(old->link_pk, fresh->link_pk, HF_PK_BYTES) == 0;

    if (old->via.s[0] != '\0' || (same_op && old->op[at].revoked) ||
        (change->is_stolen && (same_op || same_link)))
        return HF_ERR_FORBIDDEN;
    if (same_op && same_link &&
        memcmp(old->identity_pk, fresh->identity_pk, HF_PK_BYTES) == 0)
        return HF_ERR_EXISTS;
    return HF_OK;
}

enum hf_err
registry_edit_rotate(struct registry_edit *e, const struct registry_org *fresh,
                     const struct registry_change *change)
{
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
    err = check_rotation(old, fresh, change);
    if (!err)
        err = registry_edit_begin_orgs(e);
    if (err)
        return err;
    /* Beginning has taken over what `suspend` said: new keys let nobody in. */
    o = rotated(old, fresh, change);
    return registry_edit_put_org(e, &o);
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
