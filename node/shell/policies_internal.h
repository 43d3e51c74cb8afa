/*
 * policies_internal.h - what policies.c (which decide) and policies_file.c
 * (the files) share; for them only.
 */
#ifndef NODE_SHELL_POLICIES_INTERNAL_H
#define NODE_SHELL_POLICIES_INTERNAL_H

#include "policies.h"

/** policies_add: takes over @pack; false when there is no room or it is in. */
bool policies_add(struct policies *p, struct sop_pack *pack, bool is_committee);
/** policies_parse: a pack with its hash; @name for people. HF_ERR_MALFORMED,
 * HF_ERR_NOMEM; the first complaint in @what. */
HF_NODISCARD enum hf_err policies_parse(const char *name, struct hf_bytes yaml,
                                        struct sop_pack **ret,
                                        char what[static POLICIES_WHAT_BYTES]);
/** policies_write: its file, durable. */
HF_NODISCARD enum hf_err policies_write(const struct policies *p,
                                        const struct sop_pack *pack,
                                        bool is_committee, struct hf_bytes yaml,
                                        char what[static POLICIES_WHAT_BYTES]);
/** policies_move: our own file has become the committee's; false: it could not
 * be moved, and is tried again with the next registry. */
bool policies_move(const struct policies *p, const struct sop_pack *pack);

#endif /* NODE_SHELL_POLICIES_INTERNAL_H */
