/*
 * policies.h - the SOP packs in force: DIR/policy, one file a pack.
 *
 * Versions stay side by side: a new one may begin later, and what was sent
 * under an old one is checked against that one.
 */
#ifndef NODE_SHELL_POLICIES_H
#define NODE_SHELL_POLICIES_H

#include <limits.h>

#include "fault.h"
#include "sop.h"

#define POLICIES_LABEL      "handoff/1 sop"
#define POLICIES_PACK_BYTES (1024u * 1024u)
#define POLICIES_WHAT_BYTES 400

struct policies {
    char dir[PATH_MAX];
    size_t n;
    struct sop_pack *pack[SOP_PACKS_MAX];
    struct sop_book *book;
};

HF_NODISCARD bool policies_load(struct policies *p, const char *dir,
                                struct fault *fault);
void policies_clear(struct policies *p);

/**
 * policies_install: check @yaml, keep it as NAME.vVERSION.yaml, use it.
 *
 * @what  on failure a sentence, with the line where there is one
 *
 * HF_ERR_MALFORMED, HF_ERR_ROLLBACK (an older version, or the same with other
 * bytes), HF_ERR_LIMIT (too many packs), HF_ERR_IO, HF_ERR_FULL, HF_ERR_NOMEM
 */
HF_NODISCARD enum hf_err
policies_install(struct policies *p, struct hf_bytes yaml,
                 char what[static POLICIES_WHAT_BYTES]);

#endif /* NODE_SHELL_POLICIES_H */
