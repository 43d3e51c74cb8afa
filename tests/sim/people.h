/*
 * people.h - what people ask of the nodes: cases, consents, referrals,
 * transfers, every event that the lifecycles know, sensible and not.
 */
#ifndef SIM_PEOPLE_H
#define SIM_PEOPLE_H

#include "knot.h"

struct people *people_new(struct world *w);
void people_free(struct people *p);
/** people_begin: users, services; then something every few minutes. */
void people_begin(struct world *w);

/** people_reply: an answer to a command came out. */
void people_reply(struct world *w, struct knot *k, const struct node_reply *r);
/** people_publish: a node's services are on the shelf now. */
void people_publish(struct world *w, struct knot *k);
bool people_has_services(const struct world *w, unsigned node);
/** people_services: fill a SERVICES event with the document of @from. */
void people_services(struct world *w, unsigned from, struct node_event *ev);

/** people_counts: commands answered, and of them with status 0. */
void people_counts(const struct world *w, uint64_t *ret_answers,
                   uint64_t *ret_done);

#endif /* SIM_PEOPLE_H */
