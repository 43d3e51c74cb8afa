/* Packs as files: read at the start, written when they come. */
#include <dirent.h>
#include <stdio.h>
#include <unistd.h>

#include "hf_crypto.h"
#include "hf_file.h"
#include "hf_log.h"
#include "hf_text.h"
#include "policies_internal.h"

#define NAME_BYTES  (HF_NAME_BYTES + 48)
#define HASH_BYTES 8 /* of the committee's files, in their names */

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

enum hf_err
policies_parse(const char *name, struct hf_bytes yaml, struct sop_pack **ret,
               char what[static POLICIES_WHAT_BYTES])
{
    struct sop_findings findings = {0};
    struct hf_hash hash;
    enum hf_err err = sop_pack_load(yaml, &findings, ret);

    if (err) {
        tell(name, &findings, what);
        return err;
    }
    registry_pack_hash(yaml, &hash);
    sop_pack_set_hash(*ret, &hash);
    return HF_OK;
}

static void
name_of(const struct sop_pack *pack, bool is_committee,
        char out[static NAME_BYTES])
{
    char hex[HF_HEX_BYTES(HASH_BYTES)];

    (void)hf_hex(sop_pack_hash(pack)->b, HASH_BYTES, hex);
    (void)snprintf(out, NAME_BYTES, "%.31s.v%u%s%s.yaml", sop_pack_name(pack),
                   (unsigned)sop_pack_version(pack), is_committee ? "." : "",
                   is_committee ? hex : "");
}

static const char *
path_of(const struct policies *p, const struct sop_pack *pack,
        bool is_committee, char out[static PATH_MAX])
{
    char name[NAME_BYTES];

    name_of(pack, is_committee, name);
    return hf_path(out, PATH_MAX, is_committee ? p->committee : p->dir, name);
}

enum hf_err
policies_write(const struct policies *p, const struct sop_pack *pack,
               bool is_committee, struct hf_bytes yaml,
               char what[static POLICIES_WHAT_BYTES])
{
    char path[PATH_MAX];
    const enum hf_err err = hf_file_write(path_of(p, pack, is_committee, path),
                                          yaml.p, yaml.n, 0600);

    if (err)
        (void)snprintf(what, POLICIES_WHAT_BYTES, "%.250s: %s", path,
                       hf_err_text(err));
    return err;
}

bool
policies_move(const struct policies *p, const struct sop_pack *pack)
{
    char from[PATH_MAX], to[PATH_MAX];

    return rename(path_of(p, pack, false, from), path_of(p, pack, true, to)) ==
           0;
}

enum hf_err
policies_read(const struct policies *p, const struct hf_hash *hash,
              struct hf_buf *ret)
{
    for (size_t i = 0; i < p->n; i++) {
        const struct policies_item *item = &p->item[i];
        char path[PATH_MAX];

        if (hf_hash_eq(sop_pack_hash(item->pack), hash))
            return hf_file_read(
                path_of(p, item->pack, item->is_committee, path), ret);
    }
    return HF_ERR_NOT_FOUND;
}

/* ---- at the start ---- */

static bool
is_yaml(const char *name)
{
    const size_t n = strlen(name);

    return n > 5 && name[0] != '.' && strcmp(name + n - 5, ".yaml") == 0;
}

static enum hf_err
load_file(struct policies *p, const char *name, bool is_committee,
          char what[static POLICIES_WHAT_BYTES])
{
    struct sop_pack *pack = NULL;
    char path[PATH_MAX], right[NAME_BYTES];
    struct hf_buf buf;
    enum hf_err err;

    hf_buf_init(&buf, POLICIES_PACK_BYTES);
    hf_path(path, sizeof(path), is_committee ? p->committee : p->dir, name);
    err = hf_file_read(path, &buf);
    if (err)
        (void)snprintf(what, POLICIES_WHAT_BYTES, "%.250s: %s", path,
                       hf_err_text(err));
    else
        err = policies_parse(path, hf_buf_bytes(&buf), &pack, what);
    hf_buf_free(&buf);
    if (err)
        return err;
    name_of(pack, is_committee, right);
    if (is_committee && strcmp(right, name) != 0) {
        (void)snprintf(what, POLICIES_WHAT_BYTES,
                       "%.250s is not the file that its name says", path);
        err = HF_ERR_UNTRUSTED;
    } else if (!policies_add(p, pack, is_committee)) {
        (void)snprintf(what, POLICIES_WHAT_BYTES,
                       "%.250s: a pack twice, more than %d packs, or more "
                       "than %d with all their versions",
                       path, SOP_PACKS_MAX, SOP_BOOK_MAX);
        err = HF_ERR_LIMIT;
    }
    if (err)
        sop_pack_free(pack);
    return err;
}

/* The committee's come again by themselves: one that was damaged must not keep
 * a node from starting. */
static enum hf_err
load_one(struct policies *p, const char *name, bool is_committee,
         char what[static POLICIES_WHAT_BYTES])
{
    const enum hf_err err = load_file(p, name, is_committee, what);

    if (!err || !is_committee || err == HF_ERR_NOMEM)
        return err;
    hf_log(HF_LOG_WARN, "policy_refused", "source=disk why=%s",
           hf_err_text(err));
    return HF_OK;
}

static enum hf_err
load_folder(struct policies *p, bool is_committee,
            char what[static POLICIES_WHAT_BYTES])
{
    const char *path = is_committee ? p->committee : p->dir;
    enum hf_err err = hf_mkdir(path);
    const struct dirent *e;
    DIR *dir;

    if (err) {
        (void)snprintf(what, POLICIES_WHAT_BYTES, "%.250s: %s", path,
                       hf_err_text(err));
        return err;
    }
    dir = opendir(path);
    if (dir == NULL) {
        (void)snprintf(what, POLICIES_WHAT_BYTES, "%.250s: cannot be read",
                       path);
        return HF_ERR_IO;
    }
    while (!err && (e = readdir(dir)) != NULL)
        if (is_yaml(e->d_name))
            err = load_one(p, e->d_name, is_committee, what);
    (void)closedir(dir);
    return err;
}

bool
policies_load(struct policies *p, const char *dir, const struct registry *r,
              struct fault *fault)
{
    char what[POLICIES_WHAT_BYTES] = "out of memory";
    enum hf_err err = HF_ERR_NOMEM;

    hf_path(p->dir, sizeof(p->dir), dir, "policy");
    hf_path(p->committee, sizeof(p->committee), p->dir, "committee");
    p->n = 0;
    p->book = sop_book_new();
    if (p->book != NULL)
        err = load_folder(p, false, what);
    if (!err)
        err = load_folder(p, true, what);
    if (!err) {
        policies_follow(p, r);
        return true;
    }
    policies_clear(p);
    return fault_set(fault,
                     err == HF_ERR_MALFORMED || err == HF_ERR_LIMIT
                         ? FAULT_DATA
                         : FAULT_INTERNAL,
                     "%s; mend the pack or take the file away", what);
}
