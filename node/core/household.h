/*
 * household.h - cases of people who travel together, HH-...: a mark in each
 * case, and a list to find them by. Nothing of one is ever part of another.
 * Internal to the core.
 */
#ifndef NODE_CORE_HOUSEHOLD_H
#define NODE_CORE_HOUSEHOLD_H

#include "step.h"

#define HOUSEHOLD_MAX NODE_CASES_MAX

/** household_set: @c belongs to it from now on (zero: to none); the caller
 * stores @c. */
void household_set(struct step *s, struct node_case *c,
                   const struct hf_id *household);
/** ask_case_link: all of the cases named, or none. */
void ask_case_link(struct step *s);
/** ask_case_pair: whether two cases are of one person. */
void ask_case_pair(struct step *s);

#endif /* NODE_CORE_HOUSEHOLD_H */
