/*
 * people.h - whose work it is: assigned, lent for a time, taken over.
 *
 * Work has one owner at every moment. `case assign --until` and `user absent`
 * lend it, and it comes back by itself; what a disabled user held goes to a
 * supervisor for good. Rows are put right a page at a time, from a cursor that
 * is the due row itself, so that a crash in the middle goes on. Internal.
 */
#ifndef NODE_CORE_PEOPLE_H
#define NODE_CORE_PEOPLE_H

#include "live.h"

/** ask_case_assign: a case or an object to a user, perhaps until then. */
void ask_case_assign(struct step *s);
/** ask_user_absent: away until then; somebody stands in. */
void ask_user_absent(struct step *s);

/** people_changed: a user went or came back: look through everything. */
void people_changed(struct step *s);
/** people_page: go on behind @at with cases or (@objects) objects. */
void people_page(struct step *s, const struct hf_id *at, bool objects);
/** people_due: one loan ends, of a case or an object. */
void people_due(struct step *s, const struct hf_id *id);
/** people_supervisor: who takes what nobody else does: an active supervisor
 * who is here, the first by name; empty when there is none. */
struct hf_name people_supervisor(const struct step *s);
/** people_focal: who looks at what arrives: the user that handoff.yaml names,
 * if active; empty: nobody, it is unassigned. */
struct hf_name people_focal(const struct step *s);
/** people_is_user: an active user of this node. */
bool people_is_user(const struct step *s, const struct hf_name *name);

#endif /* NODE_CORE_PEOPLE_H */
