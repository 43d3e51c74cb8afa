/*
 * scoreset.h - indicator sets, and the scores that answers give by them.
 *
 * A set is data (node/scores/NAME.json): its elements, each of one dimension
 * and one scale, perhaps with a weight. Where a set has no weights all count
 * alike, and the score is marked unofficial. "dont_know" is counted, and
 * flagged above what the set lets pass; "not_applicable" is taken only where
 * the set says that an element may not apply. Neither enters a score.
 *
 * Pure but for jansson.
 */
#ifndef NODE_API_SCORESET_H
#define NODE_API_SCORESET_H

#include "filecheck.h"
#include "score.h"

/** What a score file says, computed. */
struct scoreset_result {
    struct node_score score;
    json_t *open; /* answers: economic and social; owned */
    json_t *mind; /* psychosocial; owned */
};

/**
 * scoreset_score: check a score file and compute it.
 *
 * @root    borrowed: set, version, when, answers; perhaps by, note
 * @now_ms  `when` may not be later
 *
 * false: *error says where and what, without any value; nothing is owned.
 */
bool scoreset_score(json_t *root, uint64_t now_ms, struct scoreset_result *ret,
                    struct filecheck_error *error);
void scoreset_free(struct scoreset_result *r);

#endif /* NODE_API_SCORESET_H */
