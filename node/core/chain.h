/*
 * chain.h - two chains, one state: the mechanism under referral, transfer and
 * withdrawal.
 *
 * Every shared object has one chain per organisation. An entry is valid iff
 * its row in the lifecycle's table allows it in the state computed from its
 * author's chain before it and the peer's chain up to the entry it names.
 * State is a pure function of both chains: never of arrival order or clocks.
 *
 * How: the valid entries of each chain fold, one by one, into a small summary;
 * the state is a function of two summaries (lifecycle.h). Judging an entry
 * looks up the summary of its author's chain before it and of the peer's chain
 * at `seen`: O(1) an entry, and the same answer on every machine.
 *
 * A fork (one author, two entries with one number) freezes that author's
 * summary before the fork; only a recall in either branch still counts.
 *
 * Pure; no allocation; the caller owns the arrays.
 */
#ifndef NODE_CORE_CHAIN_H
#define NODE_CORE_CHAIN_H

#include "entry.h"

/** Who writes a chain. The first side is S, H or G (refers, holds, tells);
 * the second is R, N or A (receives, new holder, told). */
enum side { SIDE_FIRST = 0, SIDE_SECOND = 1 };

static inline enum side
side_other(enum side s)
{
    return s == SIDE_FIRST ? SIDE_SECOND : SIDE_FIRST;
}

/** Why an entry counts or not. */
enum chain_why {
    CHAIN_VALID,
    CHAIN_WAITS,      /* names a peer entry not yet held, or one before it
                         in its own chain is missing */
    CHAIN_NOT_ALLOWED,/* no row allows it in the state it was made in */
    CHAIN_SEEN_FELL,  /* names an older peer entry than one before it did */
    CHAIN_FORKED,     /* at or after a fork of its author */
    CHAIN_CIRCULAR    /* names an entry that names it: impossible if signed */
};
const char *chain_why_text(enum chain_why why);

/** What the state function needs of one entry, and its verdict. */
struct chain_item {
    enum event event;
    uint32_t seen;      /* number of peer entries its author held */
    uint16_t flags;     /* ENTRY_* */
    enum reason reason;
    enum chain_why why; /* out: set by chain_judge() */
};

/** The fold of one chain's valid entries. Written by lifecycle.c only. */
struct chain_sum {
    uint64_t events;      /* bit EVENT_x: a valid x is in the chain */
    enum state own;       /* a second side's own state (referral) */
    enum state before;    /* own state before decline / complete / fail */
    enum event travel;    /* last of release, depart, postpone */
    uint32_t hand_over_n; /* number of the last hand_over */
    uint32_t refused_seen;/* `seen` of the last refuse */
    uint32_t seen;        /* the most that any entry named, valid or not: a
                             signed statement of having seen it */
    bool reached;         /* a contact(reached) or attend is in the chain */
};

/** Both chains of one object. */
struct chain_pair {
    enum object_kind kind;
    bool on_send;      /* referral: the opening entry says ENTRY_ON_SEND */
    bool travel_none;  /* transfer: ... ENTRY_TRAVEL_NONE */
    bool ruled;        /* transfer: the registry has a custody ruling */
    uint32_t n[2];     /* entries held, numbers 1 ... n without a gap */
    struct chain_item *item[2]; /* item[side][number - 1] */
    struct chain_sum *sum[2];   /* scratch: n + 1 each; sum[side][k] is the
                                   fold of the first k entries */
    uint32_t fork[2];  /* number of the first forked entry; 0: none */
    bool fork_recall[2]; /* a recall stands in either branch */
};

/** chain_judge: set `why` of every item and all of sum[]. */
void chain_judge(struct chain_pair *p);

/** chain_state: of a judged pair; STATE_NONE while both are empty. */
enum state chain_state(const struct chain_pair *p);

/** chain_may: whether an entry appended by @side now, having seen all that is
 * held of its peer, would be valid. Judged pair. */
bool chain_may(const struct chain_pair *p, enum side side, enum event event,
               uint16_t flags);

/** chain_must_erase: the state requires the second side to destroy what it was
 * given (node/DESIGN.md: "Destruction is required on ..."). */
bool chain_must_erase(const struct chain_pair *p);

/** chain_was_to_erase: the same for a referral as if it had not been closed: a
 * `close` can reach the second side together with what made it due. */
bool chain_was_to_erase(const struct chain_pair *p);

/** chain_has: a valid @event stands in the chain of @side. */
bool chain_has(const struct chain_pair *p, enum side side, enum event event);

/** chain_own: the second side's own state (referral); STATE_SENT at first. */
enum state chain_own(const struct chain_pair *p);

/** chain_reason: why it is as it is: of the last valid entry that gives a
 * reason for that; of two that did not know of each other, of the one whose
 * author made the state. The same at both ends, whatever came first. */
enum reason chain_reason(const struct chain_pair *p);

/** chain_is_final: nothing but recall, erased, kept and supplement can come. */
bool chain_is_final(const struct chain_pair *p);

#endif /* NODE_CORE_CHAIN_H */
