/*
 * fork.h - evidence of a fork goes to the committee: two signed entries of one
 * author, object and number, without bodies. Nothing in them is of a person
 * (entry.h). Both ends tell each member of the committee whose duty evidence
 * is, once each, and again until it is receipted. Internal to the core.
 */
#ifndef NODE_CORE_FORK_H
#define NODE_CORE_FORK_H

#include "step.h"

/* Forks that the committee keeps of one reporter: what comes on top is
 * refused, and takes no place of the others' (I-12). */
#define FORKS_OF_ORG_MAX 256u

/** fork_note: @o is forked on @side; the rest follows in its own time. */
void fork_note(struct step *s, const struct node_object *o, enum side side);
/** fork_due: tell those who have not receipted it. */
void fork_due(struct step *s, const struct hf_id *object);
/** fork_receipted: what @from said of our evidence in @out. */
void fork_receipted(struct step *s, const struct hf_org *from,
                    const struct node_out *out, enum delivery status);
/** fork_take: the committee files what an end of the object shows it. What is
 * no fork changes nothing. The shell has emptied what is not signed. */
void fork_take(struct step *s, const struct hf_org *from,
               const struct content_fork *f, struct node_inbox *in);

#endif /* NODE_CORE_FORK_H */
