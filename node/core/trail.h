/*
 * trail.h - the inputs of a decision, beside the decision: sealed under the
 * case's key, so that shredding the case takes them along.
 */
#ifndef NODE_CORE_TRAIL_H
#define NODE_CORE_TRAIL_H

#include "consent.h"
#include "sop_trail.h"
#include "view.h"

void trail_put(const struct node_view *v, const struct hf_id *decision,
               const struct hf_id *case_id, const struct sop_trail *t);
/** trail_get: false when there is none, or it was shredded. */
HF_NODISCARD bool trail_get(const struct node_view *v,
                            const struct hf_id *decision,
                            struct sop_trail *ret);

/** trail_del: both rows of it. */
void trail_del(const struct node_view *v, const struct hf_id *decision);

/** What the consent gate looked at, beside what the decision says. */
struct trail_gate {
    struct hf_org to;
    uint64_t at_ms;
    uint32_t held;       /* CATEGORY_BIT set */
    uint8_t is_vital;    /* an attestation stood instead of consent */
    uint8_t has_consent;
    struct consent consent; /* its scopes that name @to, and of these
                               recipients only @to */
};

/** trail_gate_take: the share of @c, NULL for none, that the gate looks at;
 * the other fields of @g are the caller's. */
void trail_gate_take(const struct consent *c, struct trail_gate *g);
void trail_gate_put(const struct node_view *v, const struct hf_id *decision,
                    const struct hf_id *case_id, const struct trail_gate *g);
HF_NODISCARD bool trail_gate_get(const struct node_view *v,
                                 const struct hf_id *decision,
                                 struct trail_gate *ret);
/** trail_gate_replay: decide again what goes to a service of @sv. */
void trail_gate_replay(const struct trail_gate *g, const struct sop_service *sv,
                       struct gate_out *ret);

#endif /* NODE_CORE_TRAIL_H */
