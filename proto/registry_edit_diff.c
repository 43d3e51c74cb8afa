#include "registry_edit_internal.h"

#include <stdlib.h>

#include "hf_assert.h"

/* What a signer reads first: how the new documents differ from what is in
 * force. The comparison is one of texts: what is not shown does not differ in
 * what a signer would be shown. */

/* Lines of one part, before and now; room for the largest that there is. */
struct parts {
    struct hf_buf before;
    struct hf_buf now;
    struct hf_buf *out;
    bool any; /* something was appended */
};

static struct hf_bytes
next_line(struct hf_bytes *text)
{
    const uint8_t *end = text->n > 0 ? memchr(text->p, '\n', text->n) : NULL;
    struct hf_bytes line = {text->p, end == NULL ? text->n
                                                 : (size_t)(end - text->p) + 1};

    text->p += line.n;
    text->n -= line.n;
    return line;
}

static bool
is_same(struct hf_bytes a, struct hf_bytes b)
{
    return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

/* How many lines of @text come before @line; SIZE_MAX: it is not there. */
static size_t
find_line(struct hf_bytes text, struct hf_bytes line)
{
    for (size_t n = 0; text.n > 0; n++)
        if (is_same(next_line(&text), line))
            return n;
    return SIZE_MAX;
}

/* What a line belongs to: the last ones that are indented less, so that a
 * changed period is read below its key, and that below its member. */
struct above {
    struct hf_bytes line[2];
    bool is_shown[2];
};

static size_t
depth(struct hf_bytes line)
{
    size_t n = 0;

    while (n < line.n && line.p[n] == ' ')
        n++;
    return n / 2;
}

static void
pass(struct above *a, struct hf_bytes line, bool is_shown)
{
    const size_t d = depth(line);

    for (size_t i = d; i < 2; i++) {
        a->line[i] = i == d ? line : (struct hf_bytes){NULL, 0};
        a->is_shown[i] = i == d && is_shown;
    }
}

static bool
add_line(struct parts *p, char mark, struct hf_bytes line)
{
    p->any = true;
    return hf_buf_printf(p->out, "%c ", mark) &&
           hf_buf_add(p->out, line.p, line.n);
}

static bool
show(struct parts *p, struct above *a, char mark, struct hf_bytes line)
{
    bool ok = true;

    for (size_t i = 0; ok && i < depth(line) && i < 2; i++) {
        if (!a->is_shown[i] && a->line[i].n > 0)
            ok = add_line(p, ' ', a->line[i]);
        a->is_shown[i] = true;
    }
    pass(a, line, true);
    return ok && add_line(p, mark, line);
}

/* An edit script from the one to the other, complete and in order: whichever
 * line is found again sooner on the other side is waited for. */
static bool
walk(struct parts *p, struct hf_bytes before, struct hf_bytes now)
{
    struct above a = {.is_shown = {false, false}};
    bool ok = true;

    while (ok && (before.n > 0 || now.n > 0)) {
        struct hf_bytes old_rest = before, new_rest = now;
        const struct hf_bytes old = next_line(&old_rest);
        const struct hf_bytes new = next_line(&new_rest);

        if (before.n > 0 && now.n > 0 && is_same(old, new)) {
            pass(&a, new, false);
            before = old_rest;
            now = new_rest;
        } else if (now.n == 0 ||
                   (before.n > 0 &&
                    find_line(new_rest, old) > find_line(old_rest, new))) {
            ok = show(p, &a, '-', old);
            before = old_rest;
        } else if (before.n > 0 && find_line(new_rest, old) == SIZE_MAX) {
            ok = show(p, &a, '-', old);
            before = old_rest;
        } else {
            ok = show(p, &a, '+', new);
            now = new_rest;
        }
    }
    return ok;
}

/* Compare what is in p->before and p->now, and empty them. */
static enum hf_err
compare(struct parts *p)
{
    const bool ok = !p->before.failed && !p->now.failed &&
                    walk(p, hf_buf_bytes(&p->before), hf_buf_bytes(&p->now));

    hf_buf_clear(&p->before);
    hf_buf_clear(&p->now);
    return ok ? HF_OK : HF_ERR_NOMEM;
}

/* Members of both lists, in the order of their ids. */
static enum hf_err
compare_orgs(struct parts *p, const struct registry *before,
             const struct registry *now)
{
    size_t i = 0, j = 0;
    enum hf_err err = HF_OK;

    while (!err && (i < before->n_orgs || j < now->n_orgs)) {
        int c = i == before->n_orgs ? 1 : j == now->n_orgs ? -1 : 0;

        if (i < before->n_orgs && j < now->n_orgs)
            c = memcmp(before->orgs[i].id.s, now->orgs[j].id.s, HF_ORG_BYTES);
        if (c <= 0)
            (void)registry_summary_org(before, &before->orgs[i++], &p->before);
        if (c >= 0)
            (void)registry_summary_org(now, &now->orgs[j++], &p->now);
        err = compare(p);
    }
    return err;
}

static enum hf_err
compare_brokers(struct parts *p, const struct registry *before,
                const struct registry *now)
{
    size_t i = 0, j = 0;
    enum hf_err err = HF_OK;

    while (!err && (i < before->n_brokers || j < now->n_brokers)) {
        int c = i == before->n_brokers ? 1 : j == now->n_brokers ? -1 : 0;

        if (i < before->n_brokers && j < now->n_brokers)
            c = memcmp(before->broker[i].id.s, now->broker[j].id.s,
                       HF_ORG_BYTES);
        if (c <= 0)
            (void)registry_summary_broker(&before->broker[i++], &p->before);
        if (c >= 0)
            (void)registry_summary_broker(&now->broker[j++], &p->now);
        err = compare(p);
    }
    return err;
}

/* Rulings are sorted by their tags; one that went would be an alarm. */
static enum hf_err
compare_rulings(struct parts *p, const struct registry *before,
                const struct registry *now)
{
    size_t i = 0, j = 0;
    enum hf_err err = HF_OK;

    while (!err && (i < before->n_rulings || j < now->n_rulings)) {
        int c = i == before->n_rulings ? 1 : j == now->n_rulings ? -1 : 0;

        if (i < before->n_rulings && j < now->n_rulings)
            c = memcmp(before->rulings[i].tag.b, now->rulings[j].tag.b,
                       HF_HASH_BYTES);
        if (c <= 0)
            (void)registry_summary_ruling(&before->rulings[i++], &p->before);
        if (c >= 0)
            (void)registry_summary_ruling(&now->rulings[j++], &p->now);
        err = compare(p);
    }
    return err;
}

static enum hf_err
compare_packs(struct parts *p, const struct registry *before,
              const struct registry *now)
{
    size_t i = 0, j = 0;
    enum hf_err err = HF_OK;

    while (!err && (i < before->n_packs || j < now->n_packs)) {
        int c = i == before->n_packs ? 1 : j == now->n_packs ? -1 : 0;

        if (i < before->n_packs && j < now->n_packs)
            c = registry_pack_order(&before->pack[i], &now->pack[j]);
        if (c <= 0)
            (void)registry_summary_pack(&before->pack[i++], &p->before);
        if (c >= 0)
            (void)registry_summary_pack(&now->pack[j++], &p->now);
        err = compare(p);
    }
    return err;
}

static enum hf_err
compare_settings(struct parts *p, const struct registry *before,
                const struct registry *now)
{
    static const char line[] = "figures: cells below %u, every %llu s\n";

    (void)hf_buf_printf(&p->before, line, (unsigned)before->figures_threshold,
                        (unsigned long long)before->figures_period_ms / 1000);
    (void)hf_buf_printf(&p->now, line, (unsigned)now->figures_threshold,
                        (unsigned long long)now->figures_period_ms / 1000);
    (void)registry_summary_attest(before, &p->before);
    (void)registry_summary_attest(now, &p->now);
    return compare(p);
}

static enum hf_err
changes_of_orgs(struct parts *p, struct registry_edit *e,
                struct registry_edit *held)
{
    struct registry *before = NULL, *now = NULL;
    enum hf_err err = registry_edit_preview(held, &before);

    if (!err)
        err = registry_edit_orgs(e, &now);
    if (!err)
        err = compare_settings(p, before, now);
    if (!err)
        err = compare_brokers(p, before, now);
    if (!err)
        err = compare_orgs(p, before, now);
    if (!err)
        err = compare_rulings(p, before, now);
    if (!err)
        err = compare_packs(p, before, now);
    registry_free(before);
    registry_free(now);
    return err;
}

static enum hf_err
changes_of_others(struct parts *p, struct registry_edit *e,
                  enum registry_role role, struct registry_edit *held)
{
    enum hf_err err = registry_edit_body(e, role, &p->now);

    if (!err && registry_set_signed(held->set, role) != NULL)
        err = registry_edit_body(held, role, &p->before);
    return err ? err : compare(p);
}

/* Changes against somebody else's registry would hide what they please. */
static bool
is_of_one_committee(const struct registry_edit *e,
                    const struct registry_edit *held)
{
    const struct hf_bytes root = held->set->root[held->set->n_roots - 1].doc;

    for (size_t i = 0; i < e->set->n_roots; i++)
        if (is_same(e->set->root[i].doc, root))
            return true;
    return false;
}

/* Versions only rise, and one version is one document. */
static enum hf_err
check_order(struct registry_edit *e, enum registry_role role,
            struct registry_edit *held, uint32_t version)
{
    struct registry_tally t;
    struct hf_hash mine, theirs;
    enum hf_err err = registry_edit_tally(held, role, &t);

    if (err || version > t.version)
        return err;
    if (version < t.version)
        return HF_ERR_ROLLBACK;
    err = registry_edit_hash(e, role, &mine);
    if (!err)
        err = registry_edit_hash(held, role, &theirs);
    if (!err && !hf_hash_eq(&mine, &theirs))
        err = HF_ERR_ROLLBACK;
    return err;
}

enum hf_err
registry_edit_changes(struct registry_edit *e, enum registry_role role,
                      struct hf_bytes held, struct hf_buf *out)
{
    struct parts p = {.out = out};
    struct registry_edit *h = NULL;
    struct registry_tally t;
    enum hf_err err = registry_edit_tally(e, role, &t);

    HF_ASSERT(role < REGISTRY_ROLES);
    if (err)
        return err;
    if (t.version == 0)
        return HF_ERR_NOT_FOUND;
    hf_buf_init(&p.before, REGISTRY_BYTES_MAX);
    hf_buf_init(&p.now, REGISTRY_BYTES_MAX);
    err = registry_edit_open(held, &h);
    if (!err && !is_of_one_committee(e, h))
        err = HF_ERR_UNTRUSTED;
    if (!err)
        err = check_order(e, role, h, t.version);
    if (!err && !registry_edit_head(e, role, &t, out))
        err = HF_ERR_NOMEM;
    if (!err)
        err = role == REGISTRY_ORGS ? changes_of_orgs(&p, e, h)
                                    : changes_of_others(&p, e, role, h);
    if (!err && !p.any && !hf_buf_printf(out, "  nothing but its end\n"))
        err = HF_ERR_NOMEM;
    registry_edit_free(h);
    hf_buf_free(&p.before);
    hf_buf_free(&p.now);
    return err;
}
