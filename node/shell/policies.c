#include "policies.h"

#include <dirent.h>
#include <stdio.h>

#include "hf_assert.h"
#include "hf_crypto.h"
#include "hf_file.h"
#include "hf_text.h"

/* The first error, else the first complaint; @file for people. */
static void
tell(const char *file, const struct sop_findings *f,
     char what[static POLICIES_WHAT_BYTES])
{
    const size_t n_kept = sizeof(f->item) / sizeof(f->item[0]);
    const struct sop_finding *at = &f->item[0];

    if (f->n == 0) {
        (void)snprintf(what, POLICIES_WHAT_BYTES, "%s: not a pack", file);
        return;
    }
    for (size_t i = f->n < n_kept ? f->n : n_kept; i-- > 0;)
        if (f->item[i].is_error)
            at = &f->item[i];
    (void)snprintf(what, POLICIES_WHAT_BYTES, "%s:%u: %s%s%s", file, at->line,
                   at->rule, at->rule[0] != '\0' ? ": " : "", at->what);
}

static enum hf_err
parse(const char *file, struct hf_bytes yaml, struct sop_pack **ret,
      char what[static POLICIES_WHAT_BYTES])
{
    struct sop_findings findings = {0};
    struct hf_hash hash;
    enum hf_err err = sop_pack_load(yaml, &findings, ret);

    if (err) {
        tell(file, &findings, what);
        return err;
    }
    hf_hash(POLICIES_LABEL, &yaml, 1, &hash);
    sop_pack_set_hash(*ret, &hash);
    return HF_OK;
}

static bool
add(struct policies *p, struct sop_pack *pack)
{
    if (p->n == SOP_PACKS_MAX || !sop_book_add(p->book, pack))
        return false;
    p->pack[p->n++] = pack;
    return true;
}

static enum hf_err
load_file(struct policies *p, const char *name,
          char what[static POLICIES_WHAT_BYTES])
{
    struct sop_pack *pack = NULL;
    char path[PATH_MAX];
    struct hf_buf buf;
    enum hf_err err;

    hf_buf_init(&buf, POLICIES_PACK_BYTES);
    hf_path(path, sizeof(path), p->dir, name);
    err = hf_file_read(path, &buf);
    if (err)
        (void)snprintf(what, POLICIES_WHAT_BYTES, "%.250s: %s", path,
                       hf_err_text(err));
    else
        err = parse(path, hf_buf_bytes(&buf), &pack, what);
    if (!err && !add(p, pack)) {
        (void)snprintf(what, POLICIES_WHAT_BYTES,
                       "%.250s: a pack twice, or more than %d packs", path,
                       SOP_PACKS_MAX);
        sop_pack_free(pack);
        err = HF_ERR_LIMIT;
    }
    hf_buf_free(&buf);
    return err;
}

static bool
is_yaml(const char *name)
{
    const size_t n = strlen(name);

    return n > 5 && name[0] != '.' && strcmp(name + n - 5, ".yaml") == 0;
}

static enum hf_err
load_all(struct policies *p, char what[static POLICIES_WHAT_BYTES])
{
    enum hf_err err = HF_OK;
    const struct dirent *e;
    DIR *dir = opendir(p->dir);

    if (dir == NULL) {
        (void)snprintf(what, POLICIES_WHAT_BYTES, "%.250s: cannot be read",
                       p->dir);
        return HF_ERR_IO;
    }
    while (!err && (e = readdir(dir)) != NULL)
        if (is_yaml(e->d_name))
            err = load_file(p, e->d_name, what);
    (void)closedir(dir);
    return err;
}

static enum hf_err
begin(struct policies *p)
{
    p->n = 0;
    p->book = sop_book_new();
    return p->book == NULL ? HF_ERR_NOMEM : HF_OK;
}

bool
policies_load(struct policies *p, const char *dir, struct fault *fault)
{
    char what[POLICIES_WHAT_BYTES] = "out of memory";
    enum hf_err err;

    hf_path(p->dir, sizeof(p->dir), dir, "policy");
    err = hf_mkdir(p->dir);
    if (err)
        (void)snprintf(what, sizeof(what), "%.250s: %s", p->dir,
                       hf_err_text(err));
    if (!err)
        err = begin(p);
    if (!err)
        err = load_all(p, what);
    if (!err)
        return true;
    policies_clear(p);
    return fault_set(fault,
                     err == HF_ERR_MALFORMED || err == HF_ERR_LIMIT
                         ? FAULT_DATA
                         : FAULT_INTERNAL,
                     "%s; mend the pack or take the file away", what);
}

void
policies_clear(struct policies *p)
{
    sop_book_free(p->book);
    p->book = NULL;
    for (size_t i = 0; i < p->n; i++)
        sop_pack_free(p->pack[i]);
    p->n = 0;
}

/* The pack of @pack's name and version, or the number of packs. */
static size_t
find_same(const struct policies *p, const struct sop_pack *pack)
{
    size_t i = 0;

    while (i < p->n &&
           (strcmp(sop_pack_name(p->pack[i]), sop_pack_name(pack)) != 0 ||
            sop_pack_version(p->pack[i]) != sop_pack_version(pack)))
        i++;
    return i;
}

/* HF_ERR_EXISTS: this very pack is in force. */
static enum hf_err
check_place(const struct policies *p, const struct sop_pack *pack,
            char what[static POLICIES_WHAT_BYTES])
{
    const size_t same = find_same(p, pack);

    if (same < p->n &&
        hf_hash_eq(sop_pack_hash(pack), sop_pack_hash(p->pack[same])))
        return HF_ERR_EXISTS;
    for (size_t i = 0; i < p->n; i++) {
        if (strcmp(sop_pack_name(p->pack[i]), sop_pack_name(pack)) != 0 ||
            sop_pack_version(pack) > sop_pack_version(p->pack[i]))
            continue;
        (void)snprintf(what, POLICIES_WHAT_BYTES,
                       "pack %s version %u is in force; a changed pack needs "
                       "a higher version",
                       sop_pack_name(pack),
                       (unsigned)sop_pack_version(p->pack[i]));
        return HF_ERR_ROLLBACK;
    }
    if (p->n == SOP_PACKS_MAX) {
        (void)snprintf(what, POLICIES_WHAT_BYTES,
                       "%d packs are in force, there is no room; take an old "
                       "version out of the policy folder and start again",
                       SOP_PACKS_MAX);
        return HF_ERR_LIMIT;
    }
    return HF_OK;
}

static enum hf_err
keep(const struct policies *p, const struct sop_pack *pack,
     struct hf_bytes yaml, char what[static POLICIES_WHAT_BYTES])
{
    char name[HF_NAME_BYTES + 32];
    char path[PATH_MAX];
    struct hf_name checked;
    enum hf_err err;

    if (!hf_name_parse(sop_pack_name(pack), &checked)) {
        (void)snprintf(what, POLICIES_WHAT_BYTES, "the pack's name is no word");
        return HF_ERR_MALFORMED;
    }
    (void)snprintf(name, sizeof(name), "%.31s.v%u.yaml", checked.s,
                   (unsigned)sop_pack_version(pack));
    err = hf_file_write(hf_path(path, sizeof(path), p->dir, name), yaml.p,
                        yaml.n, 0600);
    if (err)
        (void)snprintf(what, POLICIES_WHAT_BYTES, "%.250s: %s", path,
                       hf_err_text(err));
    return err;
}

enum hf_err
policies_install(struct policies *p, struct hf_bytes yaml,
                 char what[static POLICIES_WHAT_BYTES])
{
    struct sop_pack *pack = NULL;
    bool is_added;
    enum hf_err err;

    (void)snprintf(what, POLICIES_WHAT_BYTES, "out of memory");
    err = parse("the pack", yaml, &pack, what);
    if (!err)
        err = check_place(p, pack, what);
    if (!err)
        err = keep(p, pack, yaml, what);
    if (err) {
        sop_pack_free(pack);
        return err == HF_ERR_EXISTS ? HF_OK : err;
    }
    is_added = add(p, pack);
    HF_ASSERT(is_added); /* its place was checked */
    return HF_OK;
}
