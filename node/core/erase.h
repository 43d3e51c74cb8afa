/*
 * erase.h - what was received under a consent goes, with the keys under which
 * it lay; and what had to be kept. Internal to the core.
 */
#ifndef NODE_CORE_ERASE_H
#define NODE_CORE_ERASE_H

#include "live.h"

/** erase_received: sections, cards, facts and words that came to us from
 * others under @w->consent, in @w->categories. What we collected ourselves
 * stays: erase_left() says so. */
void erase_received(struct step *s, const struct scopes_withdrawn *w);

/** erase_case: the same for one case, if it came to us from somebody. */
void erase_case(struct step *s, const struct hf_id *case_id,
                uint32_t categories, bool is_whole);

/** erase_left: on what basis something of it is still held; REASON_NONE:
 * nothing is. */
enum reason erase_left(struct step *s, const struct scopes_withdrawn *w);

/** erase_next: the next referral or transfer under a case or consent.
 * Withdrawals stand there too, more with each: they are passed over. Whoever
 * erases or tells goes to the end: a peer adds to these links, and must not be
 * able to hide one behind many. */
bool erase_next(const struct step *s, const struct hf_id *to, struct hf_id *at,
                struct node_object *ret);

#endif /* NODE_CORE_ERASE_H */
