/*
 * check.h - what must hold, after every step, at every commit, in the end.
 *
 * I-1  own entries carry no section that consent and SOP do not cover at that
 *      instant.
 * I-3  the ledger: an envelope with custody lies at a broker until it is
 *      delivered or its time is up, and its sender holds on to it; in the end
 *      both chains of every object are the same at both ends.
 * I-5  an object's state is what the model makes of the chains beside it, and
 *      the same at both ends when they hold the same.
 * I-6  entries have each number once, linked by hash; figures count each
 *      object once.
 *
 * A node that came back as a clone (an old copy, in silence) has forked its
 * chains and lost what it had acknowledged: then only I-5 is asked of its
 * objects. After a restore nobody may fork.
 */
#ifndef SIM_CHECK_H
#define SIM_CHECK_H

#include "envelope.h"
#include "knot.h"
#include "model.h"
#include "records.h"

/** check_step: right after node_step(), inside the transaction. */
void check_step(struct world *w, struct knot *k);
/** check_commit: just before the commit. */
void check_commit(struct world *w, struct knot *k);
/** check_rolled_back: @k has an older store now. */
void check_rolled_back(struct world *w, struct knot *k);
/** check_nodes: every node's own word on its store (node_check). */
void check_nodes(struct world *w);
/** check_settled: nothing is owed any more and both ends hold the same.
 * @complain: fail the world with what is not. */
bool check_settled(struct world *w, bool complain);

/** check_chains: the object's chains as the model takes them. */
void check_chains(const struct node_view *v, const struct node_object *o,
                  struct model *ret);

/* The ledger of envelopes. */
struct ledger *ledger_new(void);
void ledger_free(struct ledger *l);
void ledger_sealed(struct world *w, const struct envelope_header *h,
                   bool is_push);
void ledger_custody(struct world *w, const struct hf_id *envelope);
void ledger_delivered(struct world *w, const struct hf_id *envelope);
/** ledger_notice: a broker gave it up and says so. */
void ledger_notice(struct world *w, const struct hf_id *envelope);
void ledger_check(struct world *w);
/** ledger_count: envelopes sealed so far. */
size_t ledger_count(const struct world *w);

#endif /* SIM_CHECK_H */
