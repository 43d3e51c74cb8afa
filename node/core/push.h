/*
 * push.h - what leaves this node: the unacknowledged end of a chain, receipts,
 * asks; and what is kept of each envelope until it is settled.
 *
 * An obligation lives in its object, not in an envelope: a chain's end is sent
 * again, sealed anew, until the peer has acknowledged it. Internal to the
 * core.
 */
#ifndef NODE_CORE_PUSH_H
#define NODE_CORE_PUSH_H

#include "live.h"

/** push_owed: send what the peer lacks and is not on its way; without a valid
 * prekey of the peer the object waits for one. */
void push_owed(struct step *s, struct live *l);
/** push_copy: both chains, as an answer to the peer's ask l->o.copy_for. */
void push_copy(struct step *s, struct live *l);
/** push_ask: ask the peer for both chains of this object. */
void push_ask(struct step *s, struct live *l);
/** push_ask_all: after a restore: everything we share with @peer; once a
 * restore, as soon as the peer has a prekey. */
void push_ask_all(struct step *s, const struct hf_org *peer,
                  const struct hf_id *ask);
/** push_ask_unknown: the whole of what we do not hold the beginning of. */
void push_ask_unknown(struct step *s, const struct hf_org *peer,
                      enum object_kind kind, const struct hf_id *object);
/** push_answer: that is all that we share with the asker; false when it cannot
 * be told now. push_ask_again: push_ask_all, though it was asked before. */
bool push_answer(struct step *s, const struct hf_org *asker,
                 const struct hf_id *ask, uint32_t shared);
void push_ask_again(struct step *s, const struct hf_org *peer,
                    const struct hf_id *ask);
void push_ask_object(struct step *s, const struct node_object *o,
                     const struct hf_id *ask);

/** push_is_receipted: whether who gets @c answers with a delivered receipt. */
bool push_is_receipted(const struct content *c);
/** push_receipt: answer an envelope; the same again for a duplicate. */
void push_receipt(struct step *s, const struct node_inbox *in);
/** push_receipted: the peer's word on one of our envelopes. */
void push_receipted(struct step *s, const struct hf_org *from,
                    const struct content_receipt *r);
/** push_have: what the peer says it holds of our chain. */
void push_have(struct step *s, struct live *l, uint32_t have_n,
               const struct hf_hash *have_hash);
/** push_custody, push_notice: a broker's word. */
void push_custody(struct step *s, const struct hf_id *envelope,
                  const struct hf_org *broker, bool is_taken, bool is_final);
void push_notice(struct step *s, const struct hf_id *envelope,
                 const struct hf_org *broker);
/** push_unknown: the answer to an ask for what we do not share with @to: an
 * empty push, so that a restored node need not wait for ever. */
void push_unknown(struct step *s, const struct hf_org *to,
                  const struct content_ask *a);
/** push_soon: what waited for a prekey is due now. */
void push_soon(struct step *s, const struct hf_id *object);
/** push_due: a resend instant, or an envelope's end, has come. */
void push_due(struct step *s, const struct hf_id *object);
void push_out_due(struct step *s, const struct hf_id *envelope);

/** push_content: any content to @to, on @lane; returns the envelope's id.
 * @object: that it is about, whose fork it shows, whose review; or zero. */
struct hf_id push_content(struct step *s, const struct hf_org *to,
                          const struct content *c, enum envelope_lane lane,
                          const struct hf_id *object, uint32_t n);

#endif /* NODE_CORE_PUSH_H */
