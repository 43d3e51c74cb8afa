/*
 * review.h - another organisation looks at a disclosure without consent:
 * what its reviewer is told, and what the reviewer says of it.
 *
 * Two fixed layouts, each signed under a label of its own by who says it. No
 * words, no person, no case: the id of the referral, a ground, who attested by
 * profession, and sets of categories. Pure.
 */
#ifndef PROTO_REVIEW_H
#define PROTO_REVIEW_H

#include "attest.h"

#define REVIEW_NOTICE_LABEL  "handoff/1 review notice"
#define REVIEW_VERDICT_LABEL "handoff/1 review verdict"
#define REVIEW_FACTS_LABEL   "handoff/1 review facts" /* hash: see below */

#define REVIEW_NOTICE_BYTES  143
#define REVIEW_FACTS_BYTES   135 /* of a notice: all but when it was made */
#define REVIEW_VERDICT_BYTES 122
#define REVIEW_SIG_BYTES     64

/** Who attested: by profession, never by name. */
enum review_by {
    REVIEW_BY_NONE,
    REVIEW_BY_MENTAL_HEALTH,
    REVIEW_BY_CLINICIAN,
    REVIEW_BY_MANAGER, /* a case manager and a supervisor, at night */
    REVIEW_BY_END
};
const char *review_by_text(enum review_by by);
/** review_by_of: NONE for an attestation that never counts. */
enum review_by review_by_of(const struct attest *a);

/** To the reviewer, from who disclosed. */
struct review_notice {
    enum ground ground;
    enum review_by by;
    uint32_t categories;    /* what went, CATEGORY_BIT set; never empty */
    struct hf_id referral;
    struct hf_org from;     /* who disclosed, and signs */
    struct hf_org to;       /* to whom */
    struct hf_org reviewer; /* neither of them */
    uint64_t sent_ms;       /* the disclosure */
    uint64_t due_ms;        /* the review; later than sent_ms */
    uint64_t at_ms;         /* when this was made: its key counted then */
};

/** Back, from the reviewer. */
struct review_verdict {
    bool is_upheld;
    struct hf_id referral;
    struct hf_org reviewer; /* who signs */
    struct hf_org from;     /* who disclosed */
    struct hf_hash facts;   /* of the notice: REVIEW_FACTS_LABEL over its
                               first REVIEW_FACTS_BYTES */
    uint64_t at_ms;
};

void review_notice_pack(const struct review_notice *n,
                        uint8_t out[static REVIEW_NOTICE_BYTES]);
void review_verdict_pack(const struct review_verdict *v,
                         uint8_t out[static REVIEW_VERDICT_BYTES]);
/** review_notice_unpack, review_verdict_unpack: false when malformed: another
 * length, an unknown word, no referral, one organisation in two places, an
 * order of instants that cannot be. Whose signature it bears is for the caller
 * to ask. */
HF_NODISCARD bool review_notice_unpack(struct hf_bytes in,
                                       struct review_notice *ret);
HF_NODISCARD bool review_verdict_unpack(struct hf_bytes in,
                                        struct review_verdict *ret);

#endif /* PROTO_REVIEW_H */
