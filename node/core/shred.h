/*
 * shred.h - a case is destroyed: its rows go, and every key under which any of
 * it was sealed (I-9). Internal to the core.
 *
 * What stays says nothing about the person: the signed entries of its chains
 * (whose texts were salted hashes), ids, organisations, states and instants.
 * A mark by id keeps what comes later from bringing it back: a copy of the
 * peer's after a restore, an entry sent twice.
 */
#ifndef NODE_CORE_SHRED_H
#define NODE_CORE_SHRED_H

#include "step.h"

/** ask_case_shred: the command. Refused while something of the case is open
 * with another organisation, and by a holder who has not closed it. */
void ask_case_shred(struct step *s);

/** shred_again: after a restore: what was destroyed since the backup, also
 * withdrawn consents, is destroyed again. */
void shred_again(struct step *s);

#endif /* NODE_CORE_SHRED_H */
