/*
 * slip.h - a person with a code is heard by any member: that a service took
 * place, that nobody called, that they take their consent back.
 *
 * The maker keeps an index of the code, never the code. Whoever is given one
 * finds the maker by its tag among the registry's members, sends it there
 * sealed, and again until it is answered. A code works once and for half a
 * year; wrong codes from one member are counted, and beyond a bound the answer
 * is "later". Internal to the core, but for the readers.
 */
#ifndef NODE_CORE_SLIP_H
#define NODE_CORE_SLIP_H

#include "slip_code.h"
#include "step.h"

#define SLIP_LIFE_MS    (180ull * 24 * 3600 * 1000)
#define SLIP_TRY_MS     (30ull * 24 * 3600 * 1000) /* passed on so long */
#define SLIP_ASKED_MAX  4  /* members that share a tag, at most */
#define SLIP_WRONG_MAX  20 /* wrong codes of one member, or typed here, a day */

/** One that was taken here and passed on. */
struct slip_entered {
    struct hf_id id;
    uint8_t code[SLIP_CODE_BYTES]; /* zero once it was answered */
    enum slip_what what;
    enum slip_check check;
    enum slip_answer answer; /* SLIP_ASKS: none yet */
    struct hf_name user;
    uint64_t at_ms;
    uint64_t next_ms;        /* when it is sent again, or forgotten */
    uint8_t tries;
    uint8_t n_unknown;       /* members whose tag it is who do not know it */
    struct hf_org unknown[SLIP_ASKED_MAX]; /* who: each says it for itself */
};

void ask_slip_make(struct step *s);
void ask_slip_enter(struct step *s);
/** slip_take: a question or an answer from @from. */
void slip_take(struct step *s, const struct hf_org *from,
               const struct content_slip *c);
/** slip_due: send again, or forget; @id of one taken here or made here. */
void slip_due(struct step *s, const struct hf_id *id);

/** slip_next: those taken here; begin with *id zeroed. */
bool slip_next(const struct node_view *v, struct hf_id *id,
               struct slip_entered *ret);

#endif /* NODE_CORE_SLIP_H */
