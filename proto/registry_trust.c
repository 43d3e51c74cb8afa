#include "registry_internal.h"

#include <stdlib.h>

#include "hf_assert.h"

/* Who must have signed has; nothing that is held is taken back; how fresh it
 * is. First what a set is by itself, then what it is beside the held one, so
 * that damage is called damage. */

/* Every root of the set follows from the one before, from the first on. */
static enum hf_err
check_roots(const struct registry_set *set, struct registry_root *ret_newest)
{
    struct registry_root root, before = {.version = 0};

    HF_ASSERT(set->n_roots > 0);
    for (size_t i = 0; i < set->n_roots; i++) {
        const struct registry_signed *s = &set->root[i];
        enum hf_err err = registry_doc_read_root(s->doc, &root);

        if (!err && i > 0 && root.version != before.version + 1)
            err = root.version > before.version ? HF_ERR_SKIPPED
                                                : HF_ERR_MALFORMED;
        if (!err)
            err = registry_set_met(s, REGISTRY_ROOT, &root.role[REGISTRY_ROOT]);
        if (!err && i > 0)
            err =
                registry_set_met(s, REGISTRY_ROOT, &before.role[REGISTRY_ROOT]);
        if (err)
            return err;
        before = root;
    }
    *ret_newest = root;
    return HF_OK;
}

/* From the held root to the first of the set, if that is not among them. */
static enum hf_err
check_way(const struct registry_set *set, struct hf_bytes held_doc,
          const struct registry_root *newest)
{
    struct registry_root held, first;
    struct hf_bytes same;
    enum hf_err err = registry_doc_read_root(held_doc, &held);

    if (!err)
        err = registry_doc_read_root(set->root[0].doc, &first);
    if (err)
        return err;
    if (newest->version < held.version)
        return HF_ERR_ROLLBACK;
    if (first.version > held.version + 1)
        return HF_ERR_SKIPPED;
    if (first.version == held.version + 1)
        return registry_set_met(&set->root[0], REGISTRY_ROOT,
                                &held.role[REGISTRY_ROOT]);
    same = set->root[held.version - first.version].doc;
    return same.n == held_doc.n && memcmp(same.p, held_doc.p, same.n) == 0
               ? HF_OK
               : HF_ERR_ROLLBACK;
}

enum hf_err
registry_trust(const struct registry_set *set, struct hf_bytes held)
{
    struct registry_root newest;
    enum hf_err err = check_roots(set, &newest);

    for (int role = REGISTRY_ORGS; role < REGISTRY_ROLES && !err; role++)
        if (set->doc[role].doc.n > 0)
            err = registry_set_met(&set->doc[role], (enum registry_role)role,
                                   &newest.role[role]);
    if (!err && held.n > 0)
        err = check_way(set, held, &newest);
    return err;
}

/* Nothing that is held may be missing, older, or the same with other bytes. */
static enum hf_err
compare_held(const struct registry_set *set, const struct registry *r,
             const struct registry_set *held_set, const struct registry *held)
{
    bool is_newer = r->version[REGISTRY_ROOT] > held->version[REGISTRY_ROOT];

    for (size_t role = REGISTRY_ORGS; role < REGISTRY_ROLES; role++) {
        const struct hf_bytes a = set->doc[role].doc;
        const struct hf_bytes b = held_set->doc[role].doc;

        if (r->version[role] > held->version[role])
            is_newer = true;
        else if (a.n != b.n || (a.n > 0 && memcmp(a.p, b.p, a.n) != 0))
            return HF_ERR_ROLLBACK;
    }
    return is_newer ? HF_OK : HF_ERR_EXISTS;
}

static enum hf_err
check_time(const struct registry *r, bool is_first, uint64_t now_ms)
{
    if (now_ms >= r->expires_ms[REGISTRY_ROOT] ||
        now_ms >= r->expires_ms[REGISTRY_ORGS])
        return HF_ERR_EXPIRED;
    if (is_first && r->version[REGISTRY_TIMESTAMP] > 0 &&
        now_ms >= r->expires_ms[REGISTRY_TIMESTAMP])
        return HF_ERR_STALE;
    return HF_OK;
}

static enum hf_err
load(struct hf_bytes in, struct hf_bytes held_root,
     struct registry_set **ret_set, struct registry **ret)
{
    struct registry_set *set = NULL;
    enum hf_err err = registry_set_parse(in, &set);

    if (!err)
        err = registry_trust(set, held_root);
    if (!err)
        err = registry_make(set, ret);
    if (err)
        free(set);
    else
        *ret_set = set;
    return err;
}

enum hf_err
registry_load(struct hf_bytes set, struct registry **ret)
{
    struct registry_set *parsed = NULL;
    const enum hf_err err = load(set, (struct hf_bytes){NULL, 0}, &parsed, ret);

    free(parsed);
    return err;
}

enum hf_err
registry_accept(struct hf_bytes set, struct hf_bytes held_set, uint64_t now_ms,
                struct registry **ret)
{
    struct registry_set *parsed = NULL, *held_parsed = NULL;
    struct registry *r = NULL, *held = NULL;
    struct hf_bytes held_root = {NULL, 0};
    enum hf_err err = HF_OK;

    if (held_set.n > 0) {
        err = registry_set_parse(held_set, &held_parsed);
        if (!err)
            err = registry_make(held_parsed, &held);
        if (err)
            goto out;
        held_root = held_parsed->root[held_parsed->n_roots - 1].doc;
    }
    err = load(set, held_root, &parsed, &r);
    if (!err && held != NULL)
        err = compare_held(parsed, r, held_parsed, held);
    if (!err)
        err = check_time(r, held == NULL, now_ms);
    if (!err) {
        *ret = r;
        r = NULL; /* the caller's now */
    }
out:
    registry_free(r);
    registry_free(held);
    free(parsed);
    free(held_parsed);
    return err;
}

/* Freshness. */

/* The grade of one document. Without timestamps only the others count. */
static enum registry_grade
grade(const struct registry *r, enum registry_role role, uint64_t now_ms)
{
    const uint64_t end = r->expires_ms[role];

    if (role == REGISTRY_SUSPEND)
        return REGISTRY_FRESH; /* it lasts as long as its orgs */
    if (role == REGISTRY_TIMESTAMP) {
        if (!r->has_timestamps)
            return REGISTRY_FRESH;
        if (r->vouched_ms == 0)
            return REGISTRY_UNVOUCHED;
        if (now_ms >= end)
            return REGISTRY_STALE;
        return now_ms >= r->vouched_ms + REGISTRY_AGEING_MS ? REGISTRY_AGEING
                                                            : REGISTRY_FRESH;
    }
    if (now_ms >= end)
        return REGISTRY_STALE;
    return end - now_ms <= REGISTRY_ENDING_MS ? REGISTRY_AGEING
                                              : REGISTRY_FRESH;
}

const char *
registry_grade_text(enum registry_grade grade)
{
    static const char *const texts[] = {"fresh", "unvouched", "ageing",
                                        "stale"};

    return texts[grade];
}

enum registry_grade
registry_fresh(const struct registry *r, uint64_t now_ms)
{
    return grade(r, registry_fresh_role(r, now_ms), now_ms);
}

/* When a fresh document begins to age. */
static uint64_t
ages_at(const struct registry *r, enum registry_role role)
{
    if (role == REGISTRY_TIMESTAMP)
        return r->has_timestamps ? r->vouched_ms + REGISTRY_AGEING_MS
                                 : UINT64_MAX;
    return r->expires_ms[role];
}

enum registry_role
registry_fresh_role(const struct registry *r, uint64_t now_ms)
{
    static const enum registry_role roles[] = {REGISTRY_ROOT, REGISTRY_ORGS,
                                               REGISTRY_TIMESTAMP};
    enum registry_role worst = REGISTRY_ROOT;

    for (size_t i = 1; i < sizeof(roles) / sizeof(roles[0]); i++) {
        const enum registry_grade a = grade(r, roles[i], now_ms);
        const enum registry_grade b = grade(r, worst, now_ms);

        if (a > b || (a == REGISTRY_FRESH && b == REGISTRY_FRESH &&
                      ages_at(r, roles[i]) < ages_at(r, worst)))
            worst = roles[i];
    }
    return worst;
}
