#include "registry_edit_internal.h"

#include <stdlib.h>

/* Life. */

enum hf_err
registry_edit_open(struct hf_bytes set, struct registry_edit **ret)
{
    struct registry_edit *e = calloc(1, sizeof(*e));
    enum hf_err err = HF_ERR_NOMEM;

    if (e == NULL)
        return HF_ERR_NOMEM;
    hf_buf_init(&e->bytes, REGISTRY_BYTES_MAX);
    if (set.n > REGISTRY_BYTES_MAX) {
        err = HF_ERR_LIMIT;
    } else if (set.n == 0) {
        e->set = calloc(1, sizeof(*e->set));
        if (e->set != NULL)
            err = HF_OK;
    } else if (hf_buf_add(&e->bytes, set.p, set.n)) {
        err = registry_set_parse(hf_buf_bytes(&e->bytes), &e->set);
    }
    if (err)
        registry_edit_free(e);
    else
        *ret = e;
    return err;
}

void
registry_edit_free(struct registry_edit *e)
{
    if (e == NULL)
        return;
    hf_buf_free(&e->bytes);
    registry_free(e->orgs);
    free(e->set);
    free(e);
}

enum hf_err
registry_edit_settle(struct registry_edit *e)
{
    struct registry_set *set = NULL;
    struct hf_buf bytes;
    enum hf_err err;

    hf_buf_init(&bytes, REGISTRY_BYTES_MAX);
    err = registry_set_encode(e->set, &bytes);
    if (!err)
        err = registry_set_parse(hf_buf_bytes(&bytes), &set);
    if (err) {
        hf_buf_free(&bytes);
        return err;
    }
    hf_buf_free(&e->bytes);
    free(e->set);
    e->bytes = bytes; /* its memory moves along, so the spans stay good */
    e->set = set;
    return HF_OK;
}

enum hf_err
registry_edit_place(struct registry_edit *e, struct registry_signed *s,
                    struct hf_bytes bytes)
{
    const struct registry_signed before = *s;
    enum hf_err err;

    *s = (struct registry_signed){.doc = bytes};
    err = registry_edit_settle(e);
    if (err)
        *s = before;
    return err;
}

bool
registry_edit_is_published(const struct registry_edit *e,
                           enum registry_role role)
{
    const struct registry_signed *s = registry_set_signed(e->set, role);

    if (s == NULL)
        return false;
    for (size_t i = e->set->n_roots; i-- > 0;) {
        struct registry_root root;

        if (registry_doc_read_root(e->set->root[i].doc, &root) == HF_OK &&
            registry_set_met(s, role, &root.role[role]) == HF_OK)
            return true;
    }
    return false;
}

/* Root. */

enum hf_err
registry_edit_get_root(const struct registry_edit *e, struct registry_root *ret)
{
    if (e->set->n_roots == 0)
        return HF_ERR_NOT_FOUND;
    return registry_doc_read_root(e->set->root[e->set->n_roots - 1].doc, ret);
}

static int
compare_pk(const void *a, const void *b)
{
    return memcmp(a, b, HF_PK_BYTES);
}

/* A root counts as published once it met its own threshold and that of the
 * root before it. */
static bool
root_is_published(struct registry_edit *e)
{
    struct registry_tally t;

    return registry_edit_tally(e, REGISTRY_ROOT, &t) == HF_OK && t.is_complete;
}

enum hf_err
registry_edit_root(struct registry_edit *e, const struct registry_root *root)
{
    struct registry_root next = *root, now;
    struct hf_buf bytes;
    bool is_new = true;
    enum hf_err err;

    next.version = 1;
    if (e->set->n_roots > 0) {
        err = registry_edit_get_root(e, &now);
        if (err)
            return err;
        is_new = root_is_published(e);
        next.version = is_new ? now.version + 1 : now.version;
    }
    if (is_new && (e->set->n_roots == REGISTRY_ROOTS_MAX ||
                   next.version > REGISTRY_ROOT_MAX))
        return HF_ERR_LIMIT;
    for (size_t i = 0; i < REGISTRY_ROLES; i++) {
        if (next.role[i].n > REGISTRY_KEYS_MAX)
            return HF_ERR_LIMIT;
        qsort(next.role[i].pk, next.role[i].n, HF_PK_BYTES, compare_pk);
    }
    hf_buf_init(&bytes, REGISTRY_BYTES_MAX);
    err = registry_doc_write_root(&next, &bytes);
    if (!err) {
        if (is_new)
            e->set->n_roots++;
        err = registry_edit_place(e, registry_set_signed(e->set, REGISTRY_ROOT),
                                  hf_buf_bytes(&bytes));
        if (err && is_new)
            e->set->n_roots--;
    }
    hf_buf_free(&bytes);
    return err;
}

enum hf_err
registry_edit_preview(struct registry_edit *e, struct registry **ret)
{
    enum hf_err err = registry_edit_finish_orgs(e);

    if (err)
        return err;
    if (e->set->n_roots == 0)
        return HF_ERR_NOT_FOUND;
    return registry_make(e->set, ret);
}

enum hf_err
registry_edit_encode(struct registry_edit *e, struct hf_buf *out)
{
    enum hf_err err = registry_edit_finish_orgs(e);

    if (err)
        return err;
    if (e->set->n_roots == 0)
        return HF_ERR_NOT_FOUND;
    if (!hf_buf_add(out, e->bytes.p, e->bytes.n))
        return HF_ERR_NOMEM;
    return HF_OK;
}
