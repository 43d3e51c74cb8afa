/*
 * programme.h - a whole programme in the simulator: host offices, origin
 * offices, clinics, training centres, shelters, ministries and a committee,
 * with people who act by their procedures: they accept, decline, stay silent,
 * schedule, complete, hand over, follow up, withdraw. Months pass; nodes crash,
 * are away for weeks, are restored; clocks jump; brokers fall and lines break.
 *
 *   programme  who takes part, the SOP, what goes wrong, the report
 *   staff      what an organisation does with each referral and transfer
 *   persons    one returnee after the other, from the first interview on
 *   custody    who has said of which case that it is theirs (I-4)
 */
#ifndef SIM_PROGRAMME_H
#define SIM_PROGRAMME_H

#include "knot.h"

struct programme_options {
    uint64_t seed;
    unsigned orgs, cases, months;
    bool prints; /* the trace */
};

/** programme_run: play it to its end and say how it went; false: something
 * that must hold did not. */
bool programme_run(const struct programme_options *o, uint64_t *ret_digest);
/** programme_running: for whoever catches an assertion; NULL: none. */
struct world *programme_running(void);
void programme_free(struct programme *p);

/* What knots tell; people.h has the same for a small world. */
void programme_reply(struct world *w, struct knot *k,
                     const struct node_reply *r);
void programme_publish(struct world *w, struct knot *k);
bool programme_has_services(const struct world *w, unsigned node);
void programme_services(struct world *w, unsigned from,
                        struct node_event *ev);
/** programme_object: an object was written, and is about to be committed. */
void programme_object(struct world *w, struct knot *k,
                      const struct node_object *o);
/** programme_case: a case was written, and is about to be committed (I-4). */
void programme_case(struct world *w, struct knot *k, const struct node_case *c);
/** programme_alarm: a node said so. */
void programme_alarm(struct world *w, struct knot *k, const char *event,
                     const struct hf_id *object);

#endif /* SIM_PROGRAMME_H */
