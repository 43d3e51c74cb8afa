#include "registry_edit_internal.h"

#include <stdlib.h>

#include "hf_assert.h"

/* Signing, merging the signatures of several copies, and what is missing. */

static bool
is_key_of(const struct registry_role_keys *keys, const uint8_t *pk)
{
    for (size_t i = 0; i < keys->n; i++)
        if (memcmp(keys->pk[i], pk, HF_PK_BYTES) == 0)
            return true;
    return false;
}

/* The newest root, and the one before it where there is one: both crews sign
 * a new root. */
static enum hf_err
read_roots(const struct registry_edit *e, struct registry_root *newest,
           struct registry_root *before)
{
    const size_t n = e->set->n_roots;
    enum hf_err err = registry_edit_get_root(e, newest);

    *before = (struct registry_root){.version = 0};
    if (!err && n > 1)
        err = registry_doc_read_root(e->set->root[n - 2].doc, before);
    return err;
}

static enum hf_err
may_sign(const struct registry_edit *e, enum registry_role role,
         const uint8_t *pk)
{
    struct registry_root newest, before;
    const enum hf_err err = read_roots(e, &newest, &before);

    if (err)
        return err;
    if (is_key_of(&newest.role[role], pk) ||
        (role == REGISTRY_ROOT && is_key_of(&before.role[role], pk)))
        return HF_OK;
    return HF_ERR_UNTRUSTED;
}

/* Keep the list sorted: that is what makes each key count once. */
static enum hf_err
insert(struct registry_signed *s, const struct registry_sig *sig)
{
    size_t at = 0;

    while (at < s->n && memcmp(s->sig[at].pk, sig->pk, HF_PK_BYTES) < 0)
        at++;
    if (at < s->n && memcmp(s->sig[at].pk, sig->pk, HF_PK_BYTES) == 0)
        return HF_ERR_EXISTS;
    if (s->n == REGISTRY_SIGS_MAX)
        return HF_ERR_LIMIT;
    memmove(&s->sig[at + 1], &s->sig[at], (s->n - at) * sizeof(*sig));
    s->sig[at] = *sig;
    s->n++;
    return HF_OK;
}

/* Whether every identity key that is said to follow another was signed for.
 * Nodes rely on who signs orgs for that. */
static bool
are_succeeded(const struct registry *r)
{
    for (size_t i = 0; i < r->n_orgs; i++) {
        const struct registry_org *o = &r->orgs[i];

        if (o->succession.at_ms != 0 && !o->succession.is_vouched &&
            !registry_succeeds(&o->id, &o->succession, o->identity_pk))
            return false;
    }
    for (size_t i = 0; i < r->n_brokers; i++) {
        const struct registry_broker *b = &r->broker[i];

        if (b->succession.at_ms != 0 && !b->succession.is_vouched &&
            !registry_succeeds(&b->id, &b->succession, b->identity_pk))
            return false;
    }
    return true;
}

/* Nobody should sign what every node will refuse. A root comes before the
 * members, so it does not wait for them. */
static enum hf_err
check_form(struct registry_edit *e, enum registry_role role)
{
    struct registry *r = NULL;
    enum hf_err err;

    if (role == REGISTRY_ROOT)
        return HF_OK;
    err = registry_make(e->set, &r);
    if (!err && role == REGISTRY_ORGS && !are_succeeded(r))
        err = HF_ERR_SIGNATURE;
    registry_free(r);
    return err;
}

enum hf_err
registry_edit_sign(struct registry_edit *e, enum registry_role role,
                   const struct hf_secret *secret)
{
    struct registry_signed *s, before;
    struct registry_sig sig;
    enum hf_err err = registry_edit_finish_orgs(e);

    if (err)
        return err;
    s = registry_set_signed(e->set, role);
    if (s == NULL)
        return HF_ERR_NOT_FOUND;
    hf_secret_public(secret, sig.pk);
    err = may_sign(e, role, sig.pk);
    if (!err)
        err = check_form(e, role);
    if (err)
        return err;
    hf_sign(secret, registry_set_label(role), &s->doc, 1, sig.sig);
    before = *s;
    err = insert(s, &sig);
    if (err)
        return err;
    err = registry_edit_settle(e);
    if (err)
        *s = before;
    return err;
}

static size_t
merge_document(struct registry_edit *e, enum registry_role role,
               const struct registry_signed *other)
{
    struct registry_signed *s = registry_set_signed(e->set, role);
    size_t n = 0;

    if (s == NULL || other == NULL || s->doc.n != other->doc.n ||
        memcmp(s->doc.p, other->doc.p, s->doc.n) != 0)
        return 0;
    for (size_t i = 0; i < other->n; i++) {
        const struct registry_sig *sig = &other->sig[i];

        if (may_sign(e, role, sig->pk) == HF_OK &&
            hf_verify(sig->pk, registry_set_label(role), &s->doc, 1,
                      sig->sig) &&
            insert(s, sig) == HF_OK)
            n++;
    }
    return n;
}

enum hf_err
registry_edit_merge(struct registry_edit *e, struct hf_bytes other,
                    size_t *ret_taken)
{
    struct registry_set *set = NULL;
    size_t n = 0;
    enum hf_err err = registry_edit_finish_orgs(e);

    if (!err)
        err = registry_set_parse(other, &set);
    if (err)
        return err;
    for (int role = REGISTRY_ROOT; role < REGISTRY_ROLES; role++)
        n += merge_document(e, (enum registry_role)role,
                            registry_set_signed(set, (enum registry_role)role));
    free(set);
    err = registry_edit_settle(e);
    if (!err)
        *ret_taken = n;
    return err;
}

static enum hf_err
document_head(const struct registry_edit *e, enum registry_role role,
              struct hf_bytes doc, struct registry_tally *t)
{
    struct registry_root root;
    struct registry_suspend s;
    struct registry_timestamp ts;
    enum hf_err err = HF_OK;

    switch (role) {
    case REGISTRY_ROOT:
        err = registry_doc_read_root(doc, &root);
        t->version = err ? 0 : root.version;
        t->expires_ms = err ? 0 : root.expires_ms;
        break;
    case REGISTRY_ORGS:
        HF_ASSERT(e->orgs != NULL);
        t->version = e->orgs->version[REGISTRY_ORGS];
        t->expires_ms = e->orgs->expires_ms[REGISTRY_ORGS];
        break;
    case REGISTRY_SUSPEND:
        err = registry_doc_read_suspend(doc, &s);
        t->version = err ? 0 : s.version;
        t->expires_ms = err ? 0 : s.expires_ms;
        if (!err)
            free(s.org);
        break;
    case REGISTRY_TIMESTAMP:
        err = registry_doc_read_timestamp(doc, &ts);
        t->version = err ? 0 : ts.version;
        t->expires_ms = err ? 0 : ts.expires_ms;
        break;
    case REGISTRY_ROLES:
        err = HF_ERR_NOT_FOUND;
        break;
    }
    return err;
}

enum hf_err
registry_edit_tally(struct registry_edit *e, enum registry_role role,
                    struct registry_tally *ret)
{
    struct registry_tally t = {.version = 0};
    struct registry_root newest, before;
    const struct registry_signed *s;
    enum hf_err err = registry_edit_finish_orgs(e);

    if (err)
        return err;
    s = registry_set_signed(e->set, role);
    if (s == NULL) {
        *ret = t;
        return HF_OK;
    }
    if (role == REGISTRY_ORGS && e->orgs == NULL)
        err = registry_edit_decode_orgs(e);
    if (!err)
        err = read_roots(e, &newest, &before);
    if (!err)
        err = document_head(e, role, s->doc, &t);
    if (err)
        return err;
    t.need = newest.role[role].threshold;
    t.have = registry_set_count(s, role, &newest.role[role]);
    if (role == REGISTRY_ROOT && before.version != 0) {
        t.old_need = before.role[role].threshold;
        t.old_have = registry_set_count(s, role, &before.role[role]);
    }
    t.is_complete = t.need > 0 && t.have >= t.need && t.old_have >= t.old_need;
    *ret = t;
    return HF_OK;
}
