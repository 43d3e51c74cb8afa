/*
 * reconsent.h - when the person is to be asked for consent again.
 *
 * One instant a case, and why: the plan was amended, a stay in a shelter goes
 * on, the SOP's interval has passed, or a scope runs out. Giving or amending
 * consent answers it. Only the holder is reminded; nothing is ever done
 * without the person.
 */
#ifndef NODE_CORE_RECONSENT_H
#define NODE_CORE_RECONSENT_H

#include "task.h"

struct node_reconsent {
    struct hf_id case_id;
    uint64_t due_ms;
    enum task_what why; /* TASK_CONSENT_... */
};

/** reconsent_given: consent was given or amended now; what was asked for is
 * answered. */
void reconsent_given(struct step *s, const struct node_case *c);
/** reconsent_plan: the plan gained a component. */
void reconsent_plan(struct step *s, const struct node_case *c);
/** reconsent_shelter: a stay began at @since_ms; 0: it ended. */
void reconsent_shelter(struct step *s, const struct hf_id *case_id,
                       uint64_t since_ms);
/** reconsent_settle: the case, its consent or its holder changed otherwise. */
void reconsent_settle(struct step *s, const struct node_case *c);

/** reconsent_get: of one case; false: nothing is to be asked. */
bool reconsent_get(const struct node_view *v, const struct hf_id *case_id,
                   struct node_reconsent *ret);

#endif /* NODE_CORE_RECONSENT_H */
