/*
 * push_internal.h - what the files of push share: push.c (an envelope, and the
 * end of a chain), push_bodies.c (bodies of entries that went without),
 * push_copy.c (asks, and copies as answers), push_settle.c (receipts, brokers,
 * time).
 */
#ifndef NODE_CORE_PUSH_INTERNAL_H
#define NODE_CORE_PUSH_INTERNAL_H

#include "push.h"
#include "reach.h"

#define DAY_MS   (24ull * 3600 * 1000)
#define RETRY_MS (60ull * 1000)      /* a peer that lacks entries */
#define COPY_MS  (60ull * 60 * 1000) /* between two asks for a copy */

/** push_is_ready: an envelope could be sealed to @peer now, and it is in
 * reach at least so far. */
bool push_is_ready(const struct step *s, const struct hf_org *peer,
                   enum reach least);
/** push_trace: one more row of where an object's envelope got to. */
void push_trace(struct step *s, const struct hf_id *object,
                enum trace_stage stage, const struct hf_org *by,
                const struct hf_id *envelope, enum reason reason, uint32_t n);
/** push_resend_at: when the object comes up again; 0: not by itself. */
void push_resend_at(struct step *s, struct live *l, uint64_t ms);
/** push_waits, push_waits_no_more: for the peer's prekey. */
void push_waits(struct step *s, struct live *l);
void push_waits_no_more(struct step *s, struct live *l);

/** push_has_room: in this step, for one more envelope. */
bool push_has_room(const struct step *s);

/** push_note_bare: our entry @n goes without the body that it has: it is owed.
 * push_owes_bodies: whether one is. push_bodies: send them, or wait; true while
 * they are owed. */
void push_note_bare(struct step *s, struct live *l, uint32_t n);
bool push_owes_bodies(const struct live *l);
bool push_bodies(struct step *s, struct live *l);

/** push_begin: a push of this object without entries, in the arena. */
struct content *push_begin(struct step *s, const struct live *l);
/** push_add_entry: one stored entry; false when the push has no room. @bodies
 * counts the bytes of bodies so far. */
bool push_add_entry(struct step *s, struct live *l, enum side side, uint32_t n,
                    unsigned branch, struct content_push *p, size_t *bodies);
/** push_add_forks: both branches of every fork, as evidence. */
void push_add_forks(struct step *s, struct live *l, struct content_push *p,
                    size_t *bodies);

#endif /* NODE_CORE_PUSH_INTERNAL_H */
