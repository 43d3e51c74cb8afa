/*
 * trail.h - the inputs of a decision, beside the decision: sealed under the
 * case's key, so that shredding the case takes them along.
 */
#ifndef NODE_CORE_TRAIL_H
#define NODE_CORE_TRAIL_H

#include "sop_trail.h"
#include "view.h"

void trail_put(const struct node_view *v, const struct hf_id *decision,
               const struct hf_id *case_id, const struct sop_trail *t);
/** trail_get: false when there is none, or it was shredded. */
HF_NODISCARD bool trail_get(const struct node_view *v,
                            const struct hf_id *decision,
                            struct sop_trail *ret);

#endif /* NODE_CORE_TRAIL_H */
