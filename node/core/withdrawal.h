/*
 * withdrawal.h - a withdrawal that travels: to every direct neighbour that
 * gave or got data, and on from there (I-2). Internal to the core.
 *
 * Who is told first by somebody answers when all that it told itself have
 * answered; who is told again, by others, answers at once. So the answers run
 * back along a tree, whatever circles the data went (answer.c).
 */
#ifndef NODE_CORE_WITHDRAWAL_H
#define NODE_CORE_WITHDRAWAL_H

#include "live.h"

/** What became of a withdrawal in this step. */
struct withdrawal_told {
    unsigned n;         /* neighbours that were told */
    struct hf_id first; /* the first of them; zero: nobody */
};

/** withdrawal_begin: @what was withdrawn: tombstones, our own consent record,
 * what we received, recalls, and one withdrawal to each neighbour but the one
 * that asked. An absurd version in @what is put right.
 *
 * @parent  the withdrawal that told us; NULL: taken here
 * @was     the consent before an amendment; NULL: as it is stored
 */
void withdrawal_begin(struct step *s, struct scopes_withdrawn *what,
                      const struct node_object *parent,
                      const struct consent *was, struct withdrawal_told *ret);

/** withdrawal_amended: what an amendment takes away, of scopes or of single
 * recipients, travels like a withdrawal of it. */
void withdrawal_amended(struct step *s, const struct consent *was,
                        const struct consent *now, bool erase,
                        struct withdrawal_told *ret);

/** withdrawal_find: the consent that a withdrawal of this case is about: the
 * one in force, or, to be erased, one that was only stopped; behind refusals,
 * too. False: there is none. */
bool withdrawal_find(const struct step *s, const struct node_case *c,
                     bool erase, struct consent *ret);
/** withdrawal_of_case: all of it, to be erased. */
void withdrawal_of_case(struct step *s, const struct hf_id *case_id,
                        struct withdrawal_told *ret);

/** withdrawal_lost: what of @categories no scope in force lets @org have any
 * more; all of them without a record of the consent (@c NULL). */
uint32_t withdrawal_lost(const struct step *s, const struct consent *c,
                         const struct hf_org *org, uint32_t categories);

/** withdrawal_mark: @parent's id as the withdrawal @object carries it, which
 * only its author can read, by the same function again. */
struct hf_id withdrawal_mark(const struct step *s, const struct hf_id *object,
                             const struct hf_id *parent);

#endif /* NODE_CORE_WITHDRAWAL_H */
