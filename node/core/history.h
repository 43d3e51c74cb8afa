/*
 * history.h - each version of a consent, signed when it was recorded: that it
 * was so then, who recorded it, and what was put down.
 *
 * The signed bytes are kept and shown as they are; whoever has the registry can
 * check them long after. They hold no more of the person than two ids.
 */
#ifndef NODE_CORE_HISTORY_H
#define NODE_CORE_HISTORY_H

#include "step.h"

#define HISTORY_LABEL "handoff/1 consent"

enum history_action {
    HISTORY_GIVEN = 1,
    HISTORY_AMENDED,
    HISTORY_REFUSED,
    HISTORY_WITHDRAWN
};

struct history {
    struct hf_id consent;
    struct hf_id case_id;
    uint32_t version;
    enum history_action action;
    enum role role;          /* of who recorded it; ROLE_AUTOMATIC: the node,
                                told by another */
    uint64_t at_ms;
    struct hf_org org;       /* who signed */
    struct hf_name user;     /* empty: the node itself */
    struct hf_hash document; /* of what was recorded; zero: nothing */
    struct hf_hash scopes;   /* of all scopes as they are from then on */
};
#define HISTORY_BYTES 174

/** A row: the signed bytes, then the signature. */
#define HISTORY_ROW_BYTES (HISTORY_BYTES + 64)

/** history_sign: @c as it is now, recorded by @action; @json may be empty. */
void history_sign(struct step *s, const struct consent *c,
                  enum history_action action, struct hf_bytes json);
/** history_get: @ret_row borrowed; false: not signed here, or erased. */
bool history_get(const struct node_view *v, const struct hf_id *consent,
                 uint32_t version, struct hf_bytes *ret_row,
                 struct history *ret);

/* What goes to a new holder with a release: rows as they are kept, oldest
 * first, of the newest versions; those before them are shown without one. */
#define HISTORY_ROWS_MAX 64u
_Static_assert(HISTORY_ROWS_MAX * HISTORY_ROW_BYTES <= PART_BYTES_MAX,
               "they are one part");

/** history_document: the consent as it was given, in a release: what stands
 * right behind the consent, not the words of the release itself; or NULL. */
const struct part *history_document(const struct body *b);
/** history_add: those of @c into @b. */
void history_add(struct step *s, const struct consent *c, struct body *b);
/** history_fits: what @b brings, if anything, is of @c in @case_id, in order of
 * its versions, each signed by the member that says it recorded it, and the
 * newest over the document that comes with it. */
bool history_fits(struct step *s, const struct body *b, const struct consent *c,
                  const struct hf_id *case_id);
/** history_take: keep those that fit, beside what is signed here already. */
void history_take(struct step *s, const struct body *b,
                  const struct consent *c);

#endif /* NODE_CORE_HISTORY_H */
