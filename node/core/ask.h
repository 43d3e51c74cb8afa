/*
 * ask.h - what people ask: one function a command, each ending in exactly
 * one reply. Permission has been checked where it does not depend on the
 * object. Internal to the core.
 */
#ifndef NODE_CORE_ASK_H
#define NODE_CORE_ASK_H

#include "live.h"

void ask_case_new(struct step *s);
void ask_case_set(struct step *s);
void ask_case_stage(struct step *s);
void ask_consent(struct step *s); /* give, amend, refuse */
void ask_consent_withdraw(struct step *s);
void ask_refer(struct step *s);
void ask_event(struct step *s);
void ask_transfer_offer(struct step *s);
void ask_transfer_request(struct step *s);
void ask_user(struct step *s); /* add, role, disable */
void ask_services_set(struct step *s);
void ask_task_done(struct step *s);

/** ask_services_arrived: a provider's published services. */
void ask_services_arrived(struct step *s);

/** ask_permitted: else a 77 has been replied. */
bool ask_permitted(struct step *s, enum object_kind kind, enum side side);
/** ask_case: the case the command names; @must_hold: held here, and not in the
 * archive. Else replied. */
bool ask_case(struct step *s, bool must_hold, struct node_case *ret);
/** ask_goes_on: something new may begin for the person: the case is not closed,
 * and nobody has said that they died. Else replied. */
bool ask_goes_on(struct step *s, const struct node_case *c);
/** ask_done: the reply after an object was settled. */
void ask_done(struct step *s, const struct live *l);
/** ask_sections: check and store the command's sections in @c; false and
 * replied when one is too large. */
bool ask_sections(struct step *s, struct node_case *c);
/** ask_words_fit: text, details and report within their limits; else replied.
 */
bool ask_words_fit(struct step *s);
/** ask_own_parts: text, details and report of the command as parts. */
void ask_own_parts(struct step *s, struct body *b);
/** ask_id: "HR-..." of an object or "HC-..." of a case, for messages. */
const char *ask_id(enum object_kind kind, const struct hf_id *id,
                       char *room);

/** refer_send: a draft goes out; its gates are passed now. True if it did;
 * else replied. */
bool refer_send(struct step *s, struct live *l);
/** refer_draft_event: submit, approve, refuse, send, cancel of what is not
 * shared yet. */
void refer_draft_event(struct step *s, struct live *l);
/** transfer_mark: a case's id as an offer carries it: only its author can read
 * it, by the same function again. */
struct hf_id transfer_mark(const struct step *s, const struct hf_id *object,
                           const struct hf_id *id);
/** transfer_may_take_over: the case is here, and its custody with the giver. */
bool transfer_may_take_over(const struct step *s, const struct live *l);
/** transfer_allowed: whether the registry lets a case that goes from here go on
 * to its new holder; asked again at each step on that way, since the committee
 * may have changed its mind. Taking it back never asks. Else replied. */
bool transfer_allowed(struct step *s, const struct live *l);
/** transfer_custody: the only part of a hand_over and a take_over, by which
 * both sign the same custody (I-4); false where the case is not here. */
bool transfer_custody(struct step *s, const struct live *l, struct draft *d);
/** transfer_sections: release, amend, supplement: the gated sections of a
 * draft; false when refused (replied). */
bool transfer_sections(struct step *s, struct live *l, struct draft *d);

#endif /* NODE_CORE_ASK_H */
