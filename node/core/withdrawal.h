/*
 * withdrawal.h - a withdrawal that travels: to every direct neighbour that
 * gave or got data, and on from there (I-2). Internal to the core.
 */
#ifndef NODE_CORE_WITHDRAWAL_H
#define NODE_CORE_WITHDRAWAL_H

#include "live.h"

#define WITHDRAWAL_OBJECTS_MAX 128 /* objects of one case looked at */

/** withdrawal_begin: @what was withdrawn: tombstones, our own consent record,
 * sections we received, recalls, and one withdrawal to each neighbour but
 * @asked_by (empty: taken here); an absurd version in @what is put right.
 * Returns how many were told; *ret_first is
 * the first of them. */
unsigned withdrawal_begin(struct step *s, struct scopes_withdrawn *what,
                          const struct hf_org *asked_by,
                          struct hf_id *ret_first);

#endif /* NODE_CORE_WITHDRAWAL_H */
