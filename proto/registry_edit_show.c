#include "registry_edit_internal.h"

#include <stdlib.h>

#include "hf_assert.h"
#include "hf_text.h"

/* What a signer reads before signing: each document in full. */

static const char *const names[REGISTRY_ROLES] = {"root", "orgs", "suspend",
                                                  "timestamp"};

enum hf_err
registry_edit_hash(struct registry_edit *e, enum registry_role role,
                   struct hf_hash *ret)
{
    const struct registry_signed *s;
    enum hf_err err = registry_edit_finish_orgs(e);

    if (err)
        return err;
    s = registry_set_signed(e->set, role);
    if (s == NULL)
        return HF_ERR_NOT_FOUND;
    registry_doc_hash(s->doc, ret);
    return HF_OK;
}

bool
registry_edit_head(struct registry_edit *e, enum registry_role role,
          const struct registry_tally *t, struct hf_buf *out)
{
    char words[REGISTRY_WORDS_BYTES], until[HF_TIME_TEXT_BYTES];
    struct hf_hash hash;

    return registry_edit_hash(e, role, &hash) == HF_OK &&
           hf_buf_printf(out,
                         "== %s, version %u, until %s\n"
                         "   in words: %s\n"
                         "   signed by %zu of the %zu needed%s\n",
                         names[role], (unsigned)t->version,
                         hf_time_format(t->expires_ms, until),
                         hf_words(hash.b, REGISTRY_WORDS, words), t->have,
                         t->need,
                         t->old_need > t->old_have
                             ? ", and not by enough of the root before"
                             : "");
}

static bool
show_role(const struct registry_root *root, size_t role, struct hf_buf *out)
{
    const struct registry_role_keys *k = &root->role[role];
    char words[REGISTRY_WORDS_BYTES], fp[REGISTRY_FINGERPRINT_BYTES];
    bool ok = k->n == 0
                  ? hf_buf_printf(out, "%s: nobody\n", names[role])
                  : hf_buf_printf(out, "%s: %u of these %zu keys\n",
                                  names[role], (unsigned)k->threshold, k->n);

    for (size_t i = 0; ok && i < k->n; i++)
        ok = hf_buf_printf(out, "  %s\n    %s\n",
                           registry_words(k->pk[i], words),
                           registry_fingerprint(k->pk[i], fp));
    return ok;
}

static enum hf_err
show_root(const struct registry_edit *e, struct hf_buf *out)
{
    struct registry_root root;
    enum hf_err err = registry_edit_get_root(e, &root);

    for (size_t i = 0; i < REGISTRY_ROLES && !err; i++)
        if (!show_role(&root, i, out))
            err = HF_ERR_NOMEM;
    return err;
}

static enum hf_err
show_suspend(const struct registry_edit *e, struct hf_buf *out)
{
    struct registry_suspend s;
    enum hf_err err =
        registry_doc_read_suspend(e->set->doc[REGISTRY_SUSPEND].doc, &s);

    if (err)
        return err;
    if (!hf_buf_printf(out, "Until orgs has a version after %u:\n",
                       (unsigned)s.orgs_version))
        err = HF_ERR_NOMEM;
    for (size_t i = 0; i < s.n && !err; i++)
        if (!hf_buf_printf(out, "  %s is SUSPENDED\n", s.org[i].s))
            err = HF_ERR_NOMEM;
    free(s.org);
    return err;
}

static bool
show_vouched(const char *name, uint32_t version, const struct hf_hash *hash,
             struct hf_buf *out)
{
    char words[REGISTRY_WORDS_BYTES];

    return version == 0 ||
           hf_buf_printf(out, "  %s, version %u\n    %s\n", name,
                         (unsigned)version,
                         hf_words(hash->b, REGISTRY_WORDS, words));
}

static enum hf_err
show_timestamp(const struct registry_edit *e, struct hf_buf *out)
{
    char made[HF_TIME_TEXT_BYTES];
    struct registry_timestamp t;
    const enum hf_err err =
        registry_doc_read_timestamp(e->set->doc[REGISTRY_TIMESTAMP].doc, &t);

    if (err)
        return err;
    if (!hf_buf_printf(out, "On %s these were the newest:\n",
                       hf_time_format(t.made_ms, made)) ||
        !show_vouched("root", t.root_version, &t.root_hash, out) ||
        !show_vouched("orgs", t.orgs_version, &t.orgs_hash, out) ||
        !show_vouched("suspend", t.suspend_version, &t.suspend_hash, out))
        return HF_ERR_NOMEM;
    return HF_OK;
}

enum hf_err
registry_edit_orgs(struct registry_edit *e, struct registry **ret)
{
    struct registry_signed *doc = e->set->doc;
    const struct registry_signed suspend = doc[REGISTRY_SUSPEND];
    const struct registry_signed timestamp = doc[REGISTRY_TIMESTAMP];
    enum hf_err err;

    doc[REGISTRY_SUSPEND].doc = (struct hf_bytes){NULL, 0};
    doc[REGISTRY_TIMESTAMP].doc = (struct hf_bytes){NULL, 0};
    err = registry_make(e->set, ret);
    doc[REGISTRY_SUSPEND] = suspend;
    doc[REGISTRY_TIMESTAMP] = timestamp;
    return err;
}

static enum hf_err
show_orgs(struct registry_edit *e, struct hf_buf *out)
{
    struct registry *r = NULL;
    enum hf_err err = registry_edit_orgs(e, &r);

    if (!err && !registry_summary(r, out))
        err = HF_ERR_NOMEM;
    registry_free(r);
    return err;
}

enum hf_err
registry_edit_body(struct registry_edit *e, enum registry_role role,
                   struct hf_buf *out)
{
    switch (role) {
    case REGISTRY_ROOT:
        return show_root(e, out);
    case REGISTRY_SUSPEND:
        return show_suspend(e, out);
    case REGISTRY_TIMESTAMP:
        return show_timestamp(e, out);
    case REGISTRY_ORGS:
        return show_orgs(e, out);
    case REGISTRY_ROLES:
        break;
    }
    return HF_ERR_NOT_FOUND;
}

enum hf_err
registry_edit_show(struct registry_edit *e, enum registry_role role,
                   struct hf_buf *out)
{
    struct registry_tally t;
    const enum hf_err err = registry_edit_tally(e, role, &t);

    HF_ASSERT(role < REGISTRY_ROLES);
    if (err)
        return err;
    if (t.version == 0)
        return HF_ERR_NOT_FOUND;
    if (!registry_edit_head(e, role, &t, out))
        return HF_ERR_NOMEM;
    return registry_edit_body(e, role, out);
}
