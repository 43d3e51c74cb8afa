/*
 * policies.h - the SOP packs of this node, one file a version: DIR/policy the
 * organisation's own, DIR/policy/committee what the registry lists.
 *
 * The registry says by hash which files are the committee's and when they
 * decide. Versions stay side by side: a new one may begin later, and what was
 * sent under an old one is checked against that one, also after the committee
 * has dropped it; then it decides nothing more. A pack of our own whose name
 * the committee uses decides nothing either.
 */
#ifndef NODE_SHELL_POLICIES_H
#define NODE_SHELL_POLICIES_H

#include <limits.h>

#include "fault.h"
#include "registry.h"
#include "sop.h"

#define POLICIES_PACK_BYTES (512u * 1024u) /* as the shelf takes */
#define POLICIES_WHAT_BYTES 400

struct policies_item {
    struct sop_pack *pack;
    bool is_committee; /* its file lies there */
};

struct policies {
    char dir[PATH_MAX];       /* of our own */
    char committee[PATH_MAX]; /* below it */
    size_t n;
    struct policies_item item[SOP_BOOK_MAX];
    struct sop_book *book;
};

/** policies_load: what is on the disk. A pack of our own that does not parse
 * is a fault; one of the committee's that is not what its name says, or does
 * not parse, is left aside with a line: it is fetched again. @r may be NULL. */
HF_NODISCARD bool policies_load(struct policies *p, const char *dir,
                                const struct registry *r, struct fault *fault);
void policies_clear(struct policies *p);

/** policies_follow: which decide, and when, under this registry. @r may be
 * NULL: every pack is our own then. */
void policies_follow(struct policies *p, const struct registry *r);

/**
 * policies_install: check @yaml, which a person gave, keep it, use it.
 *
 * What the registry lists becomes the committee's; anything else our own, as
 * NAME.vVERSION.yaml.
 *
 * @what  on failure a sentence, with the line where there is one
 *
 * HF_ERR_MALFORMED, HF_ERR_ROLLBACK (an older version, or the same with other
 * bytes), HF_ERR_UNTRUSTED (the committee's name, and not its file),
 * HF_ERR_LIMIT (too many packs), HF_ERR_IO, HF_ERR_FULL, HF_ERR_NOMEM
 */
HF_NODISCARD enum hf_err
policies_install(struct policies *p, const struct registry *r,
                 struct hf_bytes yaml, char what[static POLICIES_WHAT_BYTES]);

/** policies_holds: whether a file with this hash is here. */
bool policies_holds(const struct policies *p, const struct hf_hash *hash);
/** policies_lacks: how many packs that @r lists are not here. */
size_t policies_lacks(const struct policies *p, const struct registry *r);
/** policies_read: the bytes of a held one; HF_ERR_NOT_FOUND. */
HF_NODISCARD enum hf_err policies_read(const struct policies *p,
                                       const struct hf_hash *hash,
                                       struct hf_buf *ret);

#endif /* NODE_SHELL_POLICIES_H */
