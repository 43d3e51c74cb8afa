/* Which packs there are, and which decide. Their files: policies_file.c. */
#include "policies_internal.h"

#include <stdio.h>

#include "hf_assert.h"
#include "hf_log.h"

bool
policies_add(struct policies *p, struct sop_pack *pack, bool is_committee)
{
    if (p->n == SOP_BOOK_MAX || !sop_book_add(p->book, pack))
        return false;
    p->item[p->n++] = (struct policies_item){pack, is_committee};
    return true;
}

void
policies_clear(struct policies *p)
{
    sop_book_free(p->book);
    p->book = NULL;
    for (size_t i = 0; i < p->n; i++)
        sop_pack_free(p->item[i].pack);
    p->n = 0;
}

static bool
is_committees_name(const struct registry *r, const char *name)
{
    for (size_t i = 0; r != NULL && i < r->n_packs; i++)
        if (hf_name_is(&r->pack[i].name, name))
            return true;
    return false;
}

static void
follow_one(struct policies *p, struct policies_item *item,
           const struct registry *r)
{
    const struct registry_pack *listed =
        r == NULL ? NULL : registry_pack(r, sop_pack_hash(item->pack));
    struct sop_term term = {.is_idle = false};

    if (listed != NULL) {
        term.from_ms = listed->from_ms;
        term.until_ms = listed->until_ms;
        if (!item->is_committee)
            item->is_committee = policies_move(p, item->pack);
    } else {
        term.is_idle = item->is_committee ||
                       is_committees_name(r, sop_pack_name(item->pack));
    }
    term.is_committee = listed != NULL || item->is_committee;
    sop_book_set_term(p->book, item->pack, &term);
}

void
policies_follow(struct policies *p, const struct registry *r)
{
    for (size_t i = 0; i < p->n; i++)
        follow_one(p, &p->item[i], r);
}

bool
policies_holds(const struct policies *p, const struct hf_hash *hash)
{
    for (size_t i = 0; i < p->n; i++)
        if (hf_hash_eq(sop_pack_hash(p->item[i].pack), hash))
            return true;
    return false;
}

size_t
policies_lacks(const struct policies *p, const struct registry *r)
{
    size_t n = 0;

    for (size_t i = 0; r != NULL && i < r->n_packs; i++)
        n += !policies_holds(p, &r->pack[i].hash);
    return n;
}

/* The committee's file is the one it signed; ours may not take its name. */
static enum hf_err
check_listed(const struct registry *r, const struct sop_pack *pack,
             const struct registry_pack *listed,
             char what[static POLICIES_WHAT_BYTES])
{
    if (listed != NULL) {
        if (hf_name_is(&listed->name, sop_pack_name(pack)) &&
            listed->version == sop_pack_version(pack))
            return HF_OK;
        (void)snprintf(what, POLICIES_WHAT_BYTES,
                       "the registry calls this file pack %.31s version %u",
                       listed->name.s, (unsigned)listed->version);
        return HF_ERR_UNTRUSTED;
    }
    if (!is_committees_name(r, sop_pack_name(pack)))
        return HF_OK;
    (void)snprintf(what, POLICIES_WHAT_BYTES,
                   "pack %.31s is the committee's, and this file, version %u, "
                   "is none that its registry lists: not one byte may differ",
                   sop_pack_name(pack), (unsigned)sop_pack_version(pack));
    return HF_ERR_UNTRUSTED;
}

/* Of our own packs a changed one has a higher version. */
static enum hf_err
check_version(const struct policies *p, const struct sop_pack *pack,
              char what[static POLICIES_WHAT_BYTES])
{
    for (size_t i = 0; i < p->n; i++) {
        const struct sop_pack *other = p->item[i].pack;

        if (p->item[i].is_committee ||
            strcmp(sop_pack_name(other), sop_pack_name(pack)) != 0 ||
            sop_pack_version(pack) > sop_pack_version(other))
            continue;
        (void)snprintf(what, POLICIES_WHAT_BYTES,
                       "pack %s version %u is in force; a changed pack needs "
                       "a higher version",
                       sop_pack_name(pack), (unsigned)sop_pack_version(other));
        return HF_ERR_ROLLBACK;
    }
    return HF_OK;
}

/* Tried on a spare book first, so that no file is written in vain. */
static enum hf_err
check_room(const struct policies *p, const struct sop_pack *pack,
           char what[static POLICIES_WHAT_BYTES])
{
    struct sop_book *spare = sop_book_new();
    bool fits = spare != NULL && p->n < SOP_BOOK_MAX;

    if (spare == NULL)
        return HF_ERR_NOMEM;
    for (size_t i = 0; i < p->n && fits; i++)
        fits = sop_book_add(spare, p->item[i].pack);
    fits = fits && sop_book_add(spare, pack);
    sop_book_free(spare);
    if (fits)
        return HF_OK;
    (void)snprintf(what, POLICIES_WHAT_BYTES,
                   "there is no room: at most %d packs, %d with all their "
                   "versions; take an old one out of %.200s and start again",
                   SOP_PACKS_MAX, SOP_BOOK_MAX, p->dir);
    return HF_ERR_LIMIT;
}

enum hf_err
policies_install(struct policies *p, const struct registry *r,
                 struct hf_bytes yaml, char what[static POLICIES_WHAT_BYTES])
{
    const struct registry_pack *listed = NULL;
    struct sop_pack *pack = NULL;
    enum hf_err err;
    bool is_added;

    (void)snprintf(what, POLICIES_WHAT_BYTES, "out of memory");
    err = policies_parse("the pack", yaml, &pack, what);
    if (err)
        return err;
    if (r != NULL)
        listed = registry_pack(r, sop_pack_hash(pack));
    if (policies_holds(p, sop_pack_hash(pack))) {
        sop_pack_free(pack); /* this very file */
        return HF_OK;
    }
    err = check_listed(r, pack, listed, what);
    if (!err && listed == NULL)
        err = check_version(p, pack, what);
    if (!err)
        err = check_room(p, pack, what);
    if (!err)
        err = policies_write(p, pack, listed != NULL, yaml, what);
    if (err) {
        sop_pack_free(pack);
        return err;
    }
    is_added = policies_add(p, pack, listed != NULL);
    HF_ASSERT(is_added); /* its place was checked */
    policies_follow(p, r);
    return HF_OK;
}
