/*
 * claim.h - what this node says of custodies, and what the committee makes of
 * it (I-4): two members that say to hold one, or one that nobody took.
 *
 * A claim is the tag of a custody, what the member did with it, and a day: no
 * case, no person, no peer. Only who knows the case can make its tag. At the
 * end of a period of figures the new ones go to the members whose duty is
 * evidence, the first four, until they are receipted. All of them age out.
 * Internal to the core; the API reads what was filed.
 */
#ifndef NODE_CORE_CLAIM_H
#define NODE_CORE_CLAIM_H

#include "step.h"

#define CLAIM_KEEP_MS    (400 * CLAIM_DAY_MS) /* here and at the committee */
#define CLAIM_GAP_MS     (14 * CLAIM_DAY_MS)  /* for the other end to say so */
#define CLAIMS_OF_ORG_MAX 16384u /* filed of one member; the rest is refused */

/** claim_moved: custody @epoch of a case has passed on, to us or from us. */
void claim_moved(struct step *s, const struct hf_id *case_id, uint32_t epoch,
                 bool is_ours);

/** claims_due: the period has ended: what is old goes, what is new is sent. */
void claims_due(struct step *s);
/** claims_receipted: what @from said of our claims in @out. */
void claims_receipted(struct step *s, const struct hf_org *from,
                      const struct node_out *out, enum delivery status);
/** claims_take: the committee files what a member says. */
void claims_take(struct step *s, const struct hf_org *from,
                 const struct content_claims *c, struct node_inbox *in);

enum claims_verdict {
    CLAIMS_FIT,
    CLAIMS_TWICE, /* two members say what only one can */
    CLAIMS_GAP    /* one end said nothing, for CLAIM_GAP_MS */
};
#define CLAIMS_OF_TAG_MAX 16u /* looked at; more are twice, too */

/** claims_judge: of all claims filed with one tag, which are @list. */
enum claims_verdict claims_judge(const struct registry *r, uint64_t now_ms,
                                 const struct node_claim *list, size_t n);

/** claims_next_tag: those with the first tag after *tag (zero: the first) into
 * @list and *tag; 0: no more. */
size_t claims_next_tag(const struct node_view *v, struct hf_hash *tag,
                       struct node_claim list[static CLAIMS_OF_TAG_MAX]);

#endif /* NODE_CORE_CLAIM_H */
