/*
 * onward.h - a provider sends a person on (`part_of`): x is the referral that
 * it accepted, y the one that it makes of it.
 *
 * At the provider x stands where a case stands for who holds one: a *view* of
 * x, in the form of a case, goes through plan, gates and disclosure as a case
 * does. Its consent is the grant that came with x for that receiver, signed by
 * whoever referred; so the same gate decides, and there is no second one. The
 * last receiver holds y against the same grant. Who referred is told of each y,
 * in x's chain (onward_tell.c). Internal to the core.
 */
#ifndef NODE_CORE_ONWARD_H
#define NODE_CORE_ONWARD_H

#include "grant.h"
#include "live.h"

/* ---- who referred: what may go onward ---- */

/** onward_add_grants: beside sections of @categories of a case, what the
 * receiver may send on, to whom: one signed part each. */
void onward_add_grants(struct step *s, const struct live *l,
                       const struct consent *c, uint32_t categories,
                       struct body *b);

/* ---- the provider: x as a case ---- */

/** ONWARD_TAKEN: states in which whoever accepted x has the person in hand, and
 * may send them on; a LIFECYCLE_IN set (lifecycle.h). */
#define ONWARD_TAKEN                                                           \
    (LIFECYCLE_IN(STATE_ACCEPTED) | LIFECYCLE_IN(STATE_SCHEDULED) |            \
     LIFECYCLE_IN(STATE_NO_SHOW) |                                             \
     LIFECYCLE_IN(STATE_APPOINTMENT_CANCELLED) |                               \
     LIFECYCLE_IN(STATE_IN_SERVICE))

/** onward_view: what is held over @x, in the form of a case with the id of x;
 * false unless x was accepted here and nothing of it had to go. */
bool onward_view(const struct step *s, const struct hf_id *x,
                 struct node_case *ret);
/** onward_is_view: such a form, and no case: no custody is with it. */
bool onward_is_view(const struct node_case *c);
/** onward_consent: what consent, as it was granted, lets go to @to; without
 * what was withdrawn or is over. NULL: nothing. */
const struct consent *onward_consent(const struct step *s,
                                     const struct node_case *c,
                                     const struct hf_org *to,
                                     struct consent *room);
/** onward_cover: the same as a CATEGORY_BIT set, for the object @y; for any
 * other object 0. */
uint32_t onward_cover(const struct step *s, const struct node_object *y);
/** onward_still: of x what may go to @to now; for who looks. */
uint32_t onward_still(const struct node_env *env, uint64_t now_ms,
                      const struct node_object *x, const struct hf_org *to);
/** onward_withdrawn: what @w takes from @y's receiver; @y is part of x.
 * *ret_named: it is about something of its share, taken or not. */
uint32_t onward_withdrawn(const struct step *s, const struct node_object *y,
                          const struct scopes_withdrawn *w, bool *ret_named);
/** onward_section: JSON of one category, borrowed. */
bool onward_section(const struct step *s, const struct node_case *c,
                    enum category category, struct hf_bytes *ret_json);
/** onward_add_grant: the grant for @to, as it came. */
void onward_add_grant(struct step *s, const struct node_case *c,
                      const struct hf_org *to, struct body *b);
/** onward_grants: those of x, of each receiver the newest; how many. */
size_t onward_grants(const struct node_env *env, const struct node_object *x,
                     struct grant ret[static GRANTS_MAX]);
/** onward_may_begin: x may be sent on at all, now; else *r says why, whom to
 * ask, and what for. */
bool onward_may_begin(const struct step *s, const struct hf_id *x,
                      struct node_reply *r);
/** onward_refuse: why @lacks may not go to @to: *r says which consent to ask
 * for, of whom. @lacks 0: not even a card may. */
void onward_refuse(const struct step *s, const struct node_case *c,
                   const struct hf_org *to, uint32_t lacks,
                   struct node_reply *r);
/** onward_link: y is found by x, and by the consent that x came under. */
void onward_link(struct step *s, const struct node_object *y);

/* ---- the last receiver ---- */

/** onward_proof: the share in the grant in @b, where that was signed by who
 * referred, for that referral, from y's first side to its second. */
bool onward_proof(const struct step *s, const struct live *y,
                  const struct terms *t, const struct body *b,
                  struct proof *ret);

/* ---- who referred is told; x ends (onward_tell.c) ---- */

/** onward_changed: y has settled; if who referred does not know how far it is,
 * x is due, to be settled again. */
void onward_changed(struct step *s, const struct node_object *y);
/** onward_tell: of x's automatic answers: append what its y's have come to;
 * true if something was. */
bool onward_tell(struct step *s, struct live *x);
/** onward_end: x has to be destroyed here: what was sent on by it is recalled,
 * and our copies go. */
void onward_end(struct step *s, const struct hf_id *x);
/** onward_erase: what we hold of y, beside its chain. */
void onward_erase(struct step *s, struct live *y, uint32_t categories,
                  bool is_whole);

/** onward_is_open: somebody has to do with it yet. */
bool onward_is_open(enum state state);
/** onward_notes: at who referred: what @x's receiver says it sent on, of each
 * the newest note, newest first; how many, at most ONWARD_NOTES_MAX. */
#define ONWARD_NOTES_MAX 96
struct onward_told {
    struct onward_note note;
    uint64_t at_ms;
};
size_t onward_notes(const struct node_view *v, const struct node_object *x,
                    struct onward_told ret[static ONWARD_NOTES_MAX]);

#endif /* NODE_CORE_ONWARD_H */
