/*
 * giver.h - who may consent for a person. Internal to the core.
 */
#ifndef NODE_CORE_GIVER_H
#define NODE_CORE_GIVER_H

#include "step.h"

/** giver_refuses: whether the command's consent was given by somebody who
 * cannot give it, or on a day that is still to come; then that was replied. A
 * refusal is anybody's. */
bool giver_refuses(struct step *s, const struct node_case *c);

#endif /* NODE_CORE_GIVER_H */
