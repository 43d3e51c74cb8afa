/*
 * registry_edit_internal.h - a working set from inside; only for
 * registry_edit*.c.
 */
#ifndef PROTO_REGISTRY_EDIT_INTERNAL_H
#define PROTO_REGISTRY_EDIT_INTERNAL_H

#include "registry_edit.h"
#include "registry_internal.h"

/* The set's spans lie in `bytes`. Orgs is kept decoded while it is edited, and
 * written only when somebody wants its bytes. */
struct registry_edit {
    struct hf_buf bytes;
    struct registry_set *set;
    struct registry *orgs; /* NULL until the first edit of orgs */
    size_t orgs_room;      /* members that orgs->orgs has room for */
    bool orgs_changed;     /* what the set holds of orgs is stale */
};

/** registry_edit_head: append the lines above a document: version, end, words,
 * signatures. */
bool registry_edit_head(struct registry_edit *e, enum registry_role role,
                        const struct registry_tally *t, struct hf_buf *out);
/** registry_edit_body: append what the newest document of @role, which is
 * there, says, without its head; not for orgs. registry_edit_orgs: what orgs
 * says, and not what `suspend` makes of it. */
HF_NODISCARD enum hf_err registry_edit_body(struct registry_edit *e,
                                            enum registry_role role,
                                            struct hf_buf *out);
HF_NODISCARD enum hf_err registry_edit_orgs(struct registry_edit *e,
                                            struct registry **ret);
/** registry_edit_settle: write the set anew, so that every span lies in
 * e->bytes again. */
HF_NODISCARD enum hf_err registry_edit_settle(struct registry_edit *e);
/** registry_edit_place: put @bytes, unsigned, in the place of document @s of
 * e->set. */
HF_NODISCARD enum hf_err registry_edit_place(struct registry_edit *e,
                                             struct registry_signed *s,
                                             struct hf_bytes bytes);
/** registry_edit_is_published: whether the newest document of @role ever met
 * its threshold: under the newest root or, while that is a draft, under one
 * before. Not for the root. */
bool registry_edit_is_published(const struct registry_edit *e,
                                enum registry_role role);
/** registry_edit_decode_orgs: fill e->orgs, which is NULL.
 * registry_edit_begin_orgs: ... and make it of a version not yet published.
 * registry_edit_finish_orgs: write it into the set, without signatures. */
HF_NODISCARD enum hf_err registry_edit_decode_orgs(struct registry_edit *e);
HF_NODISCARD enum hf_err registry_edit_begin_orgs(struct registry_edit *e);
HF_NODISCARD enum hf_err registry_edit_finish_orgs(struct registry_edit *e);

#endif /* PROTO_REGISTRY_EDIT_INTERNAL_H */
