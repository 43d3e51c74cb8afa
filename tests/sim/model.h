/*
 * model.h - the lifecycles once more, written from their prose alone.
 *
 * A reference for the product's tables: slow, naive, and made without looking
 * at them. Nothing is folded or kept; whether an entry counts and what the
 * state is are worked out from the entries each time, by recursion, in the
 * words of the document. Where both agree on every history, a slip in one of
 * them would have to be made twice.
 *
 * Uses the vocabulary and nothing else of the product.
 */
#ifndef SIM_MODEL_H
#define SIM_MODEL_H

#include <stdbool.h>
#include <stdint.h>

#include "vocab.h"

#define MODEL_ENTRIES_MAX 64

/** One entry as its author wrote it. */
struct model_entry {
    enum event event;
    uint32_t seen; /* how many entries of the peer it names */
    bool reached;  /* contact: the person was reached */
};

enum model_verdict {
    MODEL_UNKNOWN, /* not worked out yet */
    MODEL_COUNTS,
    MODEL_WAITS,       /* names what is not held, or follows one that does */
    MODEL_FELL,        /* names less of the peer than an entry before it */
    MODEL_NOT_ALLOWED, /* its row does not allow it in that state */
    MODEL_FORKED,      /* at or after its author's fork */
    MODEL_CIRCULAR,    /* it depends on itself */
    MODEL_WORKING      /* being worked out: meeting it again is a circle */
};

/** Two chains of one object; number i of author x is entry[x][i - 1]. Author
 * 0 is S, H or G, author 1 is R, N or A. */
struct model {
    enum object_kind kind;
    bool on_send;
    bool travel_none;
    bool ruled;
    unsigned n[2];
    struct model_entry entry[2][MODEL_ENTRIES_MAX];
    unsigned fork[2];    /* first forked number, 0: none */
    bool fork_recall[2]; /* a recall in either branch */
    enum model_verdict verdict[2][MODEL_ENTRIES_MAX]; /* worked out so far */
};

/** model_forget: the entries changed; work everything out again. */
void model_forget(struct model *m);

/** model_verdict: of entry @number of @author. */
enum model_verdict model_verdict(struct model *m, unsigned author,
                                 unsigned number);

/** model_state: of all that is held. STATE_NONE: nothing was opened. */
enum state model_state(struct model *m);

/** model_may: of each event, whether it counts if @author, having seen
 * everything, appends it now. */
void model_may(struct model *m, unsigned author, bool ret_may[EVENT_END]);

/** model_must_erase: the state requires destruction. */
bool model_must_erase(struct model *m);

/** model_is_terminal: marked with a dot in the document. */
bool model_is_terminal(enum object_kind kind, enum state state);

#endif /* SIM_MODEL_H */
