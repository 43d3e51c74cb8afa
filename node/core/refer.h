/*
 * refer.h - a referral until it is shared: plan (refer_plan.c), draft
 * (refer.c), approval and `send` (refer_send.c). Internal to these three.
 */
#ifndef NODE_CORE_REFER_H
#define NODE_CORE_REFER_H

#include "ask.h"

/* What was tried for this need before. */
struct refer_history {
    struct hf_id last; /* the newest that came to nothing; zero: none */
    uint64_t last_ms;
    struct hf_id open; /* one that said no and is not closed; zero: none */
};

/** refer_plan: SOP and gate as of now, nothing changed; false, and *r says
 * why, when there is nothing to decide about. */
bool refer_plan(const struct step *s, const struct node_command *cmd,
                struct node_decision *d, struct node_case *c,
                struct refer_history *h, struct node_reply *r);
/** refer_keep_trail: what @d was made of: this step's inputs, which nothing
 * has changed since. */
void refer_keep_trail(const struct step *s, const struct node_case *c,
                      const struct node_decision *d);

/** refer_covered: even where the SOP needs no section, a card tells of a
 * person: without any consent for this recipient nothing goes. Else replied. */
bool refer_covered(struct step *s, const struct node_case *c,
                   const struct hf_org *to);
/** refer_needs_approval: another person must approve before `send`. */
bool refer_needs_approval(const struct step *s, const struct live *l);
/** refer_store: the draft in @state, with its line in the trace. */
void refer_store(struct step *s, struct live *l, enum state state,
                 enum event event);

#endif /* NODE_CORE_REFER_H */
