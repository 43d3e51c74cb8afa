/*
 * match.h - cases of one person: found by number, and by name, year of birth
 * and sex, without the store holding any of these in the clear.
 *
 * Both indices hold hashes keyed with this node's own key: nobody else can
 * make or compare them, and nothing of them travels. Names are compared in a
 * plain form (names.h). A find is a proposal: nothing is merged by itself.
 * Internal to the core.
 */
#ifndef NODE_CORE_MATCH_H
#define NODE_CORE_MATCH_H

#include "step.h"

#define MATCH_NUMBER 0 /* node_case.match[] */
#define MATCH_PERSON 1

/** match_token: what names @number to @org alone, at a price to who guesses:
 * an organisation that does not hold it has to try every number. False without
 * memory for it. */
bool match_token(const struct step *s, const struct hf_org *org,
                 const struct hf_name *number, struct hf_hash *ret);
/** match_find: the case here that such a token, made for us, names; of several
 * the first that we hold. */
bool match_find(const struct step *s, const struct hf_hash *token,
                struct node_case *ret);

/** match_number, match_person: after the number, or the identity, of @c was
 * set: found by it from now on. Before case_put(). */
void match_number(struct step *s, struct node_case *c);
void match_person(struct step *s, struct node_case *c);
/** match_forget: found by nothing any more; its verdicts go, too. */
void match_forget(struct step *s, struct node_case *c);

/** match_next_other: the next other case of what may be the same person;
 * begin with zero. *ret_by: bits 1 << MATCH_x. */
bool match_next_other(const struct node_view *v, const struct node_case *c,
                      struct hf_id *at, unsigned *ret_by);
/** match_is_open: one that nobody has judged yet. */
bool match_is_open(const struct node_view *v, const struct node_case *c);
/** match_say: an alarm where match_is_open(), for what has just arrived. */
void match_say(struct step *s, const struct node_case *c,
               const struct hf_id *object);

#endif /* NODE_CORE_MATCH_H */
