/*
 * said.h - what the person says of a service, openly or in confidence
 * and what reaches the host country.
 *
 * Said openly it goes to the provider with the referral's `close`, within
 * consent to feedback. In confidence it stays here, under the case's key; the
 * provider does not learn of it, and the committee counts it as it counts the
 * rest: about whom, of what kind, never by whom. Internal to the core, but for
 * the readers.
 */
#ifndef NODE_CORE_SAID_H
#define NODE_CORE_SAID_H

#include "live.h"

struct node_said {
    struct hf_id id;
    struct hf_id case_id;
    struct hf_id object; /* the referral it is about */
    struct hf_org about;
    enum reason kind; /* complaint, praise, suggestion */
    uint8_t is_confidential;
    uint64_t at_ms;
    uint64_t passed_ms;  /* told to the provider; 0: not */
    struct hf_name user; /* who took it down */
};

/** ask_feedback: a person's words about a referral are taken down. */
void ask_feedback(struct step *s);
/** said_pass: `close` goes out: what was said openly, and not passed on
 * yet, into @b. */
void said_pass(struct step *s, struct live *l, struct body *b);
/** said_owed: a referral has come to an end; whoever had the case before,
 * or has it now, is to hear of it: a task. */
void said_owed(struct step *s, const struct node_object *o);
/** said_passed_on: a supplement went: that task is done. */
void said_passed_on(struct step *s, const struct live *l);
/** said_covered: consent lets feedback go to @org now. */
bool said_covered(const struct step *s, const struct hf_id *case_id,
                      const struct hf_org *org);
void said_shred(struct step *s, const struct hf_id *case_id);

/** said_next: by case; begin with *at zeroed. */
bool said_next(const struct node_view *v, struct node_said *at);
/** said_words: JSON text; borrowed; false: nothing. */
bool said_words(const struct node_view *v, const struct node_said *f,
                    struct hf_bytes *ret);

#endif /* NODE_CORE_SAID_H */
