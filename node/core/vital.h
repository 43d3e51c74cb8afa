/*
 * vital.h - disclosure without consent in a vital interest: who may
 * attest, what goes, what must follow.
 *
 * Only by a rule of the SOP for emergencies, only what its service names, and
 * with the attestation beside the sections; the receiving gate looks at it as
 * the sending one does. What must follow are tasks: a professional's
 * confirmation within 24 h where there was none, the review by somebody who
 * had no part in it, and asking the person as soon as they can answer.
 * Figures tell the committee review_due, review_overdue, upheld, not_upheld.
 * Internal to the core, but for the record.
 */
#ifndef NODE_CORE_VITAL_H
#define NODE_CORE_VITAL_H

#include "attest.h"
#include "live.h"

#define VITAL_CONFIRM_MS (24ull * 3600 * 1000)
#define VITAL_REVIEW_MS  (7ull * 24 * 3600 * 1000)
#define VITAL_ASK_MS     (24ull * 3600 * 1000)

/** One disclosure; its words are beside it, under the case's key. */
struct node_vital {
    struct hf_id object;
    struct hf_id case_id;
    struct attest a;
    struct hf_name by;           /* who attested */
    struct hf_name approved_by;  /* empty: nobody had to */
    struct hf_name confirmed_by; /* the professional, afterwards */
    struct hf_name reviewed_by;  /* here; empty: by who was told (reviewer.h) */
    uint64_t sent_ms;            /* 0: still a draft */
    uint64_t confirmed_ms;
    uint64_t reviewed_ms;
    uint8_t is_upheld;
    uint8_t is_review_overdue;
};

/* ---- at the sender, in the order of a referral's life ---- */

/** vital_may_refer: the command's user may attest this; else replied. */
bool vital_may_refer(struct step *s);
/** vital_gate: all that is @held of what the service names, consent or not. */
void vital_gate(const struct sop_service *sv, uint32_t held,
                struct gate_out *ret);
/** vital_plan: an emergency's decision: what goes; false with *r set when the
 * rule is none for emergencies, whatever urgency was stated, or nothing is held
 * of what it names. */
bool vital_plan(const struct step *s, const struct node_case *c,
                struct node_decision *d, struct node_reply *r);
/** vital_make: keep the command's attestation for a new draft. */
void vital_make(struct step *s, const struct live *l, uint32_t categories);
/** vital_get: false: an ordinary referral. */
bool vital_get(const struct node_view *v, const struct hf_id *object,
               struct node_vital *ret);
/** vital_counts: with @approver (ROLE_NONE: nobody) the attestation counts by
 * the registry of now; else replied. */
bool vital_counts(struct step *s, const struct node_vital *v,
                  enum role approver);
/** vital_waits: a supervisor's approval is needed first. */
bool vital_waits(const struct step *s, const struct live *l);
void vital_approved(struct step *s, const struct live *l);
void vital_sent(struct step *s, const struct live *l);
/** vital_asked: consent was given or refused: the person has been asked. */
void vital_asked(struct step *s, const struct node_case *c);
/** vital_disclose: attestation and sections into @b; false: nothing held. */
bool vital_disclose(struct step *s, const struct node_vital *vital,
                    const struct node_case *c, struct body *b);

/* ---- afterwards ---- */

/** vital_review: the command's verdict, on one of ours or on one that we are
 * the registry's reviewer of. vital_judged: a verdict has been given. */
void vital_review(struct step *s);
void vital_judged(struct step *s, struct node_vital *v, bool is_upheld);
/** vital_confirm: `approve` of a sent one: a professional confirms; false when
 * it is not for that, else replied. */
bool vital_confirm(struct step *s, const struct live *l);
/** vital_due: the review should have been done by now. */
void vital_due(struct step *s, const struct hf_id *object);

/* ---- at the receiver ---- */

/** vital_inbound: the gate for sections under an attestation. */
enum reason vital_inbound(struct step *s, const struct live *l,
                          struct hf_bytes part, uint32_t sections);

/* ---- the record ---- */

/** vital_words: the attestation's JSON; borrowed; false when erased. */
bool vital_words(const struct node_view *v, const struct hf_id *object,
                 struct hf_bytes *ret_json);
/** vital_why: a reviewer's of ours, in their words. The same. */
bool vital_why(const struct node_view *v, const struct hf_id *object,
               struct hf_bytes *ret_text);
/** vital_next: begin with *id zeroed; false at the end. */
bool vital_next(const struct node_view *v, struct hf_id *id,
                struct node_vital *ret);

#endif /* NODE_CORE_VITAL_H */
