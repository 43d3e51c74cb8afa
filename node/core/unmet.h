/*
 * unmet.h - needs that could not be met: what, where, why.
 *
 * One record a case and need, however often it was tried; counted for the
 * committee by need, place and reason, without a case. It is over when the
 * same need is met after all. Where nobody can help and the person is in
 * danger, a safety plan becomes a task. Words lie beside it under the
 * case's key. Internal to the core, but for the readers.
 */
#ifndef NODE_CORE_UNMET_H
#define NODE_CORE_UNMET_H

#include "step.h"

#define UNMET_SAFETY_MS (3ull * 24 * 3600 * 1000)

struct node_unmet {
    struct hf_id case_id;
    struct hf_id object; /* the last referral that came to nothing, or zero */
    struct hf_name need;
    struct hf_name place; /* province; empty: not known */
    enum reason reason;   /* of the last time */
    uint32_t times;       /* how often it was recorded */
    uint64_t first_ms, last_ms;
    uint64_t met_ms;     /* met after all; 0: no */
    struct hf_name user; /* who recorded it last */
};

/** ask_unmet: a person records one. */
void ask_unmet(struct step *s);
/** unmet_of_referral: it was closed with a need unmet. */
void unmet_of_referral(struct step *s, const struct node_object *o);
/** unmet_met: the need was met after all. */
void unmet_met(struct step *s, const struct hf_id *case_id,
               const struct hf_name *need);
/** unmet_shred: the records of a case; what was counted stays counted. */
void unmet_shred(struct step *s, const struct hf_id *case_id);

bool unmet_get(const struct node_view *v, const struct hf_id *case_id,
               const struct hf_name *need, struct node_unmet *ret);
/** unmet_next: by case and need; begin with *at zeroed. */
bool unmet_next(const struct node_view *v, struct node_unmet *at);
/** unmet_words: what was written beside it; borrowed; false: nothing. */
bool unmet_words(const struct node_view *v, const struct node_unmet *u,
                 struct hf_bytes *ret_json);

#endif /* NODE_CORE_UNMET_H */
