#include "registry_edit_internal.h"

#include <stdlib.h>

#include "hf_assert.h"

/* The orgs document: members and brokers. */

#define FIGURES_THRESHOLD 10u
#define FIGURES_PERIOD_MS (UINT64_C(7) * 24 * 60 * 60 * 1000)

enum hf_err
registry_edit_decode_orgs(struct registry_edit *e)
{
    const struct registry_signed *s =
        registry_set_signed(e->set, REGISTRY_ORGS);
    struct registry *r = calloc(1, sizeof(*r));
    struct registry_root root;
    enum hf_err err = HF_OK;

    if (r == NULL)
        return HF_ERR_NOMEM;
    if (s != NULL) {
        err = registry_doc_read_orgs(s->doc, r);
    } else {
        err = registry_edit_get_root(e, &root);
        r->expires_ms[REGISTRY_ORGS] = root.expires_ms;
        r->figures_threshold = FIGURES_THRESHOLD;
        r->figures_period_ms = FIGURES_PERIOD_MS;
    }
    if (err) {
        registry_free(r);
        return err;
    }
    e->orgs = r;
    e->orgs_room = r->n_orgs;
    return HF_OK;
}

/* What the suspend document said of the orgs before becomes their status. */
static enum hf_err
take_over_suspended(struct registry_edit *e)
{
    const struct registry_signed *doc =
        registry_set_signed(e->set, REGISTRY_SUSPEND);
    struct registry_suspend s;
    enum hf_err err;

    if (doc == NULL || !registry_edit_is_published(e, REGISTRY_SUSPEND))
        return HF_OK;
    err = registry_doc_read_suspend(doc->doc, &s);
    if (err)
        return err;
    for (size_t i = 0; i < s.n; i++)
        if (s.orgs_version == e->orgs->version[REGISTRY_ORGS])
            (void)registry_suspend_one(e->orgs, &s.org[i]);
    free(s.org);
    return HF_OK;
}

enum hf_err
registry_edit_begin_orgs(struct registry_edit *e)
{
    enum hf_err err = HF_OK;

    if (e->orgs_changed)
        return HF_OK;
    if (e->orgs == NULL)
        err = registry_edit_decode_orgs(e);
    if (err)
        return err;
    if (registry_edit_is_published(e, REGISTRY_ORGS)) {
        err = take_over_suspended(e);
        if (err)
            return err;
        e->orgs->version[REGISTRY_ORGS]++;
    } else if (e->orgs->version[REGISTRY_ORGS] == 0) {
        e->orgs->version[REGISTRY_ORGS] = 1;
    }
    e->orgs_changed = true;
    return HF_OK;
}

enum hf_err
registry_edit_finish_orgs(struct registry_edit *e)
{
    struct hf_buf bytes;
    enum hf_err err;

    if (!e->orgs_changed)
        return HF_OK;
    hf_buf_init(&bytes, REGISTRY_BYTES_MAX);
    err = registry_doc_write_orgs(e->orgs, &bytes);
    if (!err)
        err = registry_edit_place(e, &e->set->doc[REGISTRY_ORGS],
                                  hf_buf_bytes(&bytes));
    if (!err)
        e->orgs_changed = false;
    hf_buf_free(&bytes);
    return err;
}

static bool
make_room(struct registry_edit *e)
{
    const size_t room = e->orgs_room < 16 ? 16 : e->orgs_room * 2;
    struct registry_org *orgs;

    if (e->orgs->n_orgs < e->orgs_room)
        return true;
    orgs = realloc(e->orgs->orgs, room * sizeof(*orgs));
    if (orgs == NULL)
        return false;
    e->orgs->orgs = orgs;
    e->orgs_room = room;
    return true;
}

/* One encoding of each member: nothing left over behind texts and lists. */
static struct registry_org
tidy(const struct registry_org *o)
{
    struct registry_org t = {.kind = o->kind,
                             .status = o->status,
                             .n_op = o->n_op,
                             .n_homes = o->n_homes,
                             .old_link_until_ms = o->old_link_until_ms,
                             .duties = o->duties,
                             .may_send = o->may_send,
                             .may_receive = o->may_receive,
                             .vetted_ms = o->vetted_ms,
                             .succession = o->succession};

    t.id = o->id;
    t.via = o->via;
    memcpy(t.vetting, o->vetting, strnlen(o->vetting, sizeof(t.vetting) - 1));
    memcpy(t.old_link_pk, o->old_link_pk, HF_PK_BYTES);
    memcpy(t.name, o->name, strnlen(o->name, sizeof(t.name) - 1));
    memcpy(t.country, o->country, strnlen(o->country, sizeof(t.country) - 1));
    memcpy(t.level, o->level, strnlen(o->level, sizeof(t.level) - 1));
    memcpy(t.identity_pk, o->identity_pk, HF_PK_BYTES);
    memcpy(t.link_pk, o->link_pk, HF_PK_BYTES);
    for (size_t i = 0; i < o->n_op && i < REGISTRY_OP_KEYS_MAX; i++)
        t.op[i] = o->op[i];
    for (size_t i = 0; i < o->n_homes && i < REGISTRY_HOMES_MAX; i++)
        t.home[i] = o->home[i];
    return t;
}

enum hf_err
registry_edit_put_org(struct registry_edit *e, const struct registry_org *o)
{
    const struct registry_org t = tidy(o);
    struct registry *r;
    bool found;
    size_t at;
    enum hf_err err;

    if (!registry_check_member(&t))
        return HF_ERR_MALFORMED;
    err = registry_edit_begin_orgs(e);
    if (err)
        return err;
    r = e->orgs;
    at = registry_find_org(r, &t.id, &found);
    if (!found) {
        if (r->n_orgs == REGISTRY_ORGS_MAX)
            return HF_ERR_LIMIT;
        if (!make_room(e))
            return HF_ERR_NOMEM;
        memmove(&r->orgs[at + 1], &r->orgs[at],
                (r->n_orgs - at) * sizeof(*r->orgs));
        r->n_orgs++;
    }
    r->orgs[at] = t;
    return HF_OK;
}

enum hf_err
registry_edit_put_broker(struct registry_edit *e,
                         const struct registry_broker *b)
{
    struct registry *r;
    size_t at = 0;
    enum hf_err err;

    if (!registry_check_broker(b))
        return HF_ERR_MALFORMED;
    err = registry_edit_begin_orgs(e);
    if (err)
        return err;
    r = e->orgs;
    while (at < r->n_brokers &&
           memcmp(r->broker[at].id.s, b->id.s, HF_ORG_BYTES) < 0)
        at++;
    if (at == r->n_brokers || !hf_org_eq(&r->broker[at].id, &b->id)) {
        if (r->n_brokers == REGISTRY_BROKERS_MAX)
            return HF_ERR_LIMIT;
        memmove(&r->broker[at + 1], &r->broker[at],
                (r->n_brokers - at) * sizeof(*r->broker));
        r->n_brokers++;
    }
    r->broker[at] = *b;
    return HF_OK;
}

static struct registry_broker *
find_broker(struct registry *r, const struct hf_org *id)
{
    for (size_t i = 0; i < r->n_brokers; i++)
        if (hf_org_eq(&r->broker[i].id, id))
            return &r->broker[i];
    return NULL;
}

enum hf_err
registry_edit_status(struct registry_edit *e, const struct hf_org *id,
                     enum member_status status)
{
    struct registry_broker *broker;
    bool found = false;
    size_t at = 0;
    enum hf_err err;

    if (status <= MEMBER_NONE || status >= MEMBER_END)
        return HF_ERR_MALFORMED;
    if (e->orgs == NULL) {
        err = registry_edit_decode_orgs(e);
        if (err)
            return err;
    }
    at = registry_find_org(e->orgs, id, &found);
    broker = find_broker(e->orgs, id);
    if (!found && broker == NULL)
        return HF_ERR_NOT_FOUND;
    if (!found && status == MEMBER_LEFT)
        return HF_ERR_FORBIDDEN; /* that is registry_edit_drop() */
    err = registry_edit_begin_orgs(e);
    if (err)
        return err;
    if (found)
        e->orgs->orgs[at].status = status;
    else
        broker->is_suspended = status == MEMBER_SUSPENDED;
    return HF_OK;
}

enum hf_err
registry_edit_drop(struct registry_edit *e, const struct hf_org *id)
{
    struct registry *r;
    bool found;
    size_t at;
    enum hf_err err = registry_edit_begin_orgs(e);

    if (err)
        return err;
    r = e->orgs;
    at = registry_find_org(r, id, &found);
    if (found) {
        r->n_orgs--;
        memmove(&r->orgs[at], &r->orgs[at + 1],
                (r->n_orgs - at) * sizeof(*r->orgs));
        return HF_OK;
    }
    for (at = 0; at < r->n_brokers; at++) {
        if (hf_org_eq(&r->broker[at].id, id)) {
            r->n_brokers--;
            memmove(&r->broker[at], &r->broker[at + 1],
                    (r->n_brokers - at) * sizeof(*r->broker));
            return HF_OK;
        }
    }
    return HF_ERR_NOT_FOUND;
}

enum hf_err
registry_edit_figures(struct registry_edit *e, uint32_t threshold,
                      uint64_t period_ms)
{
    enum hf_err err;

    if (threshold == 0 || period_ms == 0)
        return HF_ERR_MALFORMED;
    err = registry_edit_begin_orgs(e);
    if (err)
        return err;
    e->orgs->figures_threshold = threshold;
    e->orgs->figures_period_ms = period_ms;
    return HF_OK;
}

enum hf_err
registry_edit_attest(struct registry_edit *e, bool may_managers)
{
    enum hf_err err = registry_edit_begin_orgs(e);

    if (!err)
        e->orgs->may_managers_attest = may_managers;
    return err;
}
