/*
 * ruling.h - a holder that cannot be reached is replaced by the committee: a
 * custody ruling in the registry ends the epoch it names (I-4).
 *
 * A ruling names a case by a tag that only those who know the case and its
 * epoch can make, so a registry full of rulings tells a stranger nothing.
 * Internal to the core.
 */
#ifndef NODE_CORE_RULING_H
#define NODE_CORE_RULING_H

#include "live.h"

/** ruling_apply_all: hold every case against the rulings of the registry, at
 * start and when it has changed: the ruled holder and epoch from now on, and
 * the open transfer ends as `ruled`. Does nothing without rulings. */
void ruling_apply_all(struct step *s);

#endif /* NODE_CORE_RULING_H */
