/*
 * score.h - surveys of how a person fares: the answers, the scores made of
 * them, and by which indicator set.
 *
 * What a set asks and how it is scored is data (node/scores, node/api); the
 * core keeps, and puts the newest scores into the facts that rules look at.
 * Psychosocial answers, their score, and the composite that they are part of
 * lie in a row of their own under the lock of the category mhpss: who may not
 * read that does not see them, and they go when it is erased.
 */
#ifndef NODE_CORE_SCORE_H
#define NODE_CORE_SCORE_H

#include "step.h"

/** One survey. Scores as in struct facts: hundredths and one; 0: unknown. */
struct node_score {
    struct hf_name set; /* "rss-2017" */
    uint32_t version;
    uint64_t at_ms;   /* when it was asked */
    uint64_t made_ms; /* when it was entered */
    struct hf_name by;
    uint8_t score[SCORE_END];
    uint8_t n_elements;
    uint8_t dont_know;
    uint8_t not_applicable;
    uint8_t is_flagged;  /* more "don't know" than the set lets pass */
    uint8_t is_official; /* by the set's own weights, not equal ones */
};

/** score_next: of a case, oldest first; begin with *at_ms 0. Without the
 * psychosocial score and the composite: score_mind(). */
bool score_next(const struct node_view *v, const struct hf_id *case_id,
                uint64_t *at_ms, struct node_score *ret);
/** score_last: the newest. */
bool score_last(const struct node_view *v, const struct hf_id *case_id,
                struct node_score *ret);
/** score_answers: JSON, economic and social; borrowed. score_mind: the other
 * two scores into @score, and the psychosocial answers; false when erased. */
bool score_answers(const struct node_view *v, const struct hf_id *case_id,
                   uint64_t at_ms, struct hf_bytes *ret_json);
bool score_mind(const struct node_view *v, const struct hf_id *case_id,
                uint64_t at_ms, uint8_t score[static SCORE_END],
                struct hf_bytes *ret_json);

/** ask_score_add: CMD_SCORE_ADD. score_del_all: the case was shredded. */
void ask_score_add(struct step *s);
void score_del_all(struct step *s, const struct hf_id *case_id);

#endif /* NODE_CORE_SCORE_H */
