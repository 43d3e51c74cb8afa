#include "registry_edit_internal.h"

#include <stdlib.h>

#include "field.h"

/* The suspend and timestamp documents, and expiry. */

static enum hf_err
place_suspend(struct registry_edit *e, const struct registry_suspend *s)
{
    struct hf_buf bytes;
    enum hf_err err;

    hf_buf_init(&bytes, REGISTRY_BYTES_MAX);
    err = registry_doc_write_suspend(s, &bytes);
    if (!err)
        err = registry_edit_place(e, &e->set->doc[REGISTRY_SUSPEND],
                                  hf_buf_bytes(&bytes));
    hf_buf_free(&bytes);
    return err;
}

/* The suspend document to go on from: the draft, or the published one's next
 * version, or a first one. */
static enum hf_err
begin_suspend(struct registry_edit *e, uint32_t orgs_version,
              struct registry_suspend *s)
{
    const struct registry_signed *doc =
        registry_set_signed(e->set, REGISTRY_SUSPEND);
    struct registry_root root;
    enum hf_err err;

    if (doc == NULL) {
        err = registry_edit_get_root(e, &root);
        *s = (struct registry_suspend){.version = 1};
        if (!err)
            s->expires_ms = root.expires_ms;
    } else {
        err = registry_doc_read_suspend(doc->doc, s);
        if (!err && registry_edit_is_published(e, REGISTRY_SUSPEND))
            s->version++;
    }
    if (err)
        return err;
    if (s->orgs_version != orgs_version)
        s->n = 0; /* the newer orgs has taken those over */
    s->orgs_version = orgs_version;
    return HF_OK;
}

static enum hf_err
add_suspended(struct registry_suspend *s, const struct hf_org *id)
{
    struct hf_org *org;
    size_t at = 0;

    while (at < s->n && memcmp(s->org[at].s, id->s, HF_ORG_BYTES) < 0)
        at++;
    if (at < s->n && hf_org_eq(&s->org[at], id))
        return HF_OK;
    org = realloc(s->org, (s->n + 1) * sizeof(*org));
    if (org == NULL)
        return HF_ERR_NOMEM;
    s->org = org;
    memmove(&org[at + 1], &org[at], (s->n - at) * sizeof(*org));
    org[at] = *id;
    s->n++;
    return HF_OK;
}

enum hf_err
registry_edit_suspend(struct registry_edit *e, const struct hf_org *id)
{
    struct registry_suspend s = {.n = 0};
    enum hf_err err;

    if (e->orgs_changed || !registry_edit_is_published(e, REGISTRY_ORGS))
        return HF_ERR_FORBIDDEN;
    if (e->orgs == NULL) {
        err = registry_edit_decode_orgs(e);
        if (err)
            return err;
    }
    if (registry_status(e->orgs, id) == MEMBER_NONE)
        return HF_ERR_NOT_FOUND;
    err = begin_suspend(e, e->orgs->version[REGISTRY_ORGS], &s);
    if (!err)
        err = add_suspended(&s, id);
    if (!err)
        err = place_suspend(e, &s);
    free(s.org);
    return err;
}

enum hf_err
registry_edit_timestamp(struct registry_edit *e, uint64_t made_ms,
                        uint64_t expires_ms)
{
    struct registry_timestamp t = {.version = 0}, before;
    const struct registry_signed *doc =
        registry_set_signed(e->set, REGISTRY_TIMESTAMP);
    struct registry *r = NULL;
    struct hf_buf bytes;
    enum hf_err err = HF_OK;

    if (e->orgs_changed || !registry_edit_is_published(e, REGISTRY_ORGS) ||
        (e->set->doc[REGISTRY_SUSPEND].doc.n > 0 &&
         !registry_edit_is_published(e, REGISTRY_SUSPEND)))
        return HF_ERR_FORBIDDEN;
    if (doc != NULL) {
        err = registry_doc_read_timestamp(doc->doc, &before);
        if (!err)
            t.version = before.version;
    }
    if (!err)
        err = registry_make(e->set, &r);
    if (err)
        return err;
    if (doc == NULL || registry_edit_is_published(e, REGISTRY_TIMESTAMP))
        t.version++;
    t.made_ms = made_ms;
    t.expires_ms = expires_ms;
    t.orgs_version = r->version[REGISTRY_ORGS];
    registry_doc_hash(e->set->doc[REGISTRY_ORGS].doc, &t.orgs_hash);
    t.root_version = r->version[REGISTRY_ROOT];
    registry_doc_hash(registry_set_signed(e->set, REGISTRY_ROOT)->doc,
                      &t.root_hash);
    t.suspend_version = r->version[REGISTRY_SUSPEND];
    if (t.suspend_version > 0)
        registry_doc_hash(e->set->doc[REGISTRY_SUSPEND].doc, &t.suspend_hash);
    hf_buf_init(&bytes, REGISTRY_BYTES_MAX);
    err = registry_doc_write_timestamp(&t, &bytes);
    if (!err)
        err = registry_edit_place(e, &e->set->doc[REGISTRY_TIMESTAMP],
                                  hf_buf_bytes(&bytes));
    hf_buf_free(&bytes);
    registry_free(r);
    return err;
}

static enum hf_err
suspend_expiry(struct registry_edit *e, uint64_t expires_ms)
{
    const struct registry_signed *doc =
        registry_set_signed(e->set, REGISTRY_SUSPEND);
    struct registry_suspend s;
    enum hf_err err;

    if (doc == NULL)
        return HF_ERR_NOT_FOUND;
    err = registry_doc_read_suspend(doc->doc, &s);
    if (err)
        return err;
    if (registry_edit_is_published(e, REGISTRY_SUSPEND))
        s.version++;
    s.expires_ms = expires_ms;
    err = place_suspend(e, &s);
    free(s.org);
    return err;
}

enum hf_err
registry_edit_expiry(struct registry_edit *e, enum registry_role role,
                     uint64_t expires_ms)
{
    enum hf_err err;

    if (expires_ms == 0 || !field_time(expires_ms))
        return HF_ERR_MALFORMED;
    if (role == REGISTRY_SUSPEND)
        return suspend_expiry(e, expires_ms);
    if (role != REGISTRY_ORGS ||
        (e->orgs == NULL && registry_set_signed(e->set, role) == NULL))
        return HF_ERR_NOT_FOUND;
    err = registry_edit_begin_orgs(e);
    if (err)
        return err;
    e->orgs->expires_ms[REGISTRY_ORGS] = expires_ms;
    return HF_OK;
}
