/*
 * live.h - one shared object, loaded: its record and both chains, judged.
 *
 * The common mechanism of referral, transfer and withdrawal. A step loads an
 * object, appends own entries or takes the peer's, and settles it: every entry
 * that has become valid has its effect exactly once (live_kind.apply), the
 * node answers by itself where the lifecycle says so (live_kind.react), the
 * state is computed, and what the peer lacks is sent. Internal to the core.
 */
#ifndef NODE_CORE_LIVE_H
#define NODE_CORE_LIVE_H

#include "body.h"
#include "chain.h"
#include "step.h"

struct live {
    struct node_object o;
    bool is_new;
    bool is_opened;             /* its flags are those of `send`, `offer` */
    uint64_t was_changed_ms;
    enum state was_state;       /* as the figures count it; NONE: not yet */
    enum reason was_reason;
    struct hf_name was_family;
    bool resend;                /* send from `acked` on, not from `sent` */
    bool is_proxied;            /* what is appended now is the peer's, who has
                                   no node (proxy.h) */
    struct chain_pair pair;
    struct chain_item item[2][ENTRY_NUMBERS_MAX];
    struct chain_sum sum[2][ENTRY_NUMBERS_MAX + 1];
    struct hf_hash hash[2][ENTRY_NUMBERS_MAX]; /* of entries held */
};

/** An entry about to be appended. Body: parts only; the salt is drawn. */
struct draft {
    enum event event;
    enum reason reason;
    uint16_t flags;
    uint64_t when_ms;
    uint64_t happened_ms;      /* 0: now */
    bool is_automatic;         /* the node itself, whoever set it off */
    struct body body;          /* n = 0: none */
};

/** live_load: false when there is no such object. */
bool live_load(struct step *s, const struct hf_id *id, struct live *ret);
/** live_make: a new one, not yet stored; @side is ours. */
void live_make(struct step *s, enum object_kind kind, enum side side,
               const struct hf_id *id, const struct hf_org *peer,
               struct live *ret);

/** live_may: chain_may() for our side, unless a restore forbids it. */
bool live_may(const struct step *s, const struct live *l, enum event event,
              uint16_t flags);
/** live_awaits_copy: restored, and the peer's copy has not come yet. */
bool live_awaits_copy(const struct step *s, const struct live *l);
/** live_append: sign and store our next entry; it must be allowed. */
void live_append(struct step *s, struct live *l, const struct draft *d);
/** live_auto: append an automatic entry with nothing beside it. */
void live_auto(struct step *s, struct live *l, enum event event,
               enum reason reason);

/** live_take: file one verified entry of either author. Fork evidence and
 * gaps are noticed here. False when it does not belong to this object. */
bool live_take(struct step *s, struct live *l, const struct content_entry *e);

/** live_settle: effects, automatic answers, state, figures, store, send. */
void live_settle(struct step *s, struct live *l);

/** live_state: now; the local draft state before `send`. */
enum state live_state(const struct live *l);

/** live_body: the stored body of an entry, parts copied to the arena; false
 * when there is none or it was erased. */
bool live_body(struct step *s, const struct live *l, enum side side,
               uint32_t n, struct body *ret);
/** live_keep_words: JSON beside our @n-th entry that never leaves: with whom,
 * of what was entered later, where the peer may hear no name yet. */
void live_keep_words(struct step *s, struct live *l, uint32_t n,
                     struct hf_bytes json);
/** live_packed_body: the same as one packed body, for sending; n = 0: none. */
struct hf_bytes live_packed_body(struct step *s, const struct live *l,
                                 enum side side, uint32_t n);
/** live_drop_sections: delete stored sections in @categories from the bodies
 * of @side and shred their keys. */
void live_drop_sections(struct step *s, struct live *l, enum side side,
                        uint32_t categories);
/** live_drop_peer: every body of the peer's side and the card, and the keys
 * under which they were; the chain stays. live_drop_all: our own words, too.
 * live_drop_case: only what the peer told of the person beside the sections:
 * the head of the case, the card as it came. */
void live_drop_peer(struct step *s, struct live *l);
void live_drop_all(struct step *s, struct live *l);
void live_drop_case(struct step *s, struct live *l);
/** live_holds_peer: whether a body of the peer's side is held. */
bool live_holds_peer(const struct step *s, const struct live *l);
/** live_entry: the entry itself; it must be held. */
void live_entry(struct step *s, const struct live *l, enum side side,
                uint32_t n, struct entry *ret);

/** What differs between the three kinds. */
struct live_kind {
    /** the effect of a valid entry, once; may not append */
    void (*apply)(struct step *s, struct live *l, enum side side, uint32_t n,
                  const struct entry *e);
    /** what its body brings, where that came after the entry; or NULL */
    void (*body_came)(struct step *s, struct live *l, enum side side,
                      uint32_t n, enum event event);
    /** what follows by itself from the state; true if it appended */
    bool (*react)(struct step *s, struct live *l);
};
extern const struct live_kind referral_kind, transfer_kind, withdrawal_kind;

#endif /* NODE_CORE_LIVE_H */
