/*
 * vocab.h - the closed vocabularies of the network: wire number and word.
 *
 * One X-macro a vocabulary keeps the enum, the wire numbers and the words in
 * step. Numbers are for ever: never reuse one, only append. 0 is "none" in
 * every vocabulary, so that a zeroed field is recognisable. Words are the ones
 * of the command line and of JSON. Plain names only: policy may include this.
 */
#ifndef PROTO_VOCAB_H
#define PROTO_VOCAB_H

#include "hf_types.h"

/* Data categories of a case (the keys of a case file), also bit positions of
 * category sets: CATEGORY_BIT(c). */
#define CATEGORY_MAP(X)                                                        \
    X(CATEGORY_IDENTITY, 1, "identity")                                        \
    X(CATEGORY_CONTACT, 2, "contact")                                          \
    X(CATEGORY_TRAVEL, 3, "travel")                                            \
    X(CATEGORY_FAMILY, 4, "family")                                            \
    X(CATEGORY_DOCUMENTATION, 5, "documentation")                              \
    X(CATEGORY_SKILLS, 6, "skills")                                            \
    X(CATEGORY_EDUCATION, 7, "education")                                      \
    X(CATEGORY_ECONOMIC, 8, "economic")                                        \
    X(CATEGORY_HOUSING, 9, "housing")                                          \
    X(CATEGORY_HEALTH, 10, "health")                                           \
    X(CATEGORY_MHPSS, 11, "mhpss")                                             \
    X(CATEGORY_PROTECTION, 12, "protection")                                   \
    X(CATEGORY_VULNERABILITY, 13, "vulnerability")                             \
    X(CATEGORY_PLAN, 14, "plan")                                               \
    X(CATEGORY_WISHES, 15, "wishes")                                           \
    X(CATEGORY_NOTES, 16, "notes")

#define PURPOSE_MAP(X)                                                         \
    X(PURPOSE_ENQUIRY, 1, "enquiry")                                           \
    X(PURPOSE_OFFER, 2, "offer")                                               \
    X(PURPOSE_TRANSFER, 3, "transfer")                                         \
    X(PURPOSE_REFERRAL, 4, "referral")                                         \
    X(PURPOSE_FEEDBACK, 5, "feedback")                                         \
    X(PURPOSE_FOLLOW_UP, 6, "follow_up")                                       \
    X(PURPOSE_STATISTICS, 7, "statistics")                                     \
    X(PURPOSE_CASE_CONFERENCE, 8, "case_conference")                           \
    X(PURPOSE_ONWARD, 9, "onward")

#define URGENCY_MAP(X)                                                         \
    X(URGENCY_NORMAL, 1, "normal")                                             \
    X(URGENCY_URGENT, 2, "urgent")                                             \
    X(URGENCY_EMERGENCY, 3, "emergency")

#define OBJECT_MAP(X)                                                          \
    X(OBJECT_REFERRAL, 1, "referral")                                          \
    X(OBJECT_TRANSFER, 2, "transfer")                                          \
    X(OBJECT_WITHDRAWAL, 3, "withdrawal")

#define ORG_KIND_MAP(X)                                                        \
    X(ORG_IOM_OFFICE, 1, "iom_office")                                         \
    X(ORG_MINISTRY, 2, "ministry")                                             \
    X(ORG_MUNICIPALITY, 3, "municipality")                                     \
    X(ORG_NGO, 4, "ngo")                                                       \
    X(ORG_CLINIC, 5, "clinic")                                                 \
    X(ORG_HOSPITAL, 6, "hospital")                                             \
    X(ORG_SHELTER, 7, "shelter")                                               \
    X(ORG_SCHOOL, 8, "school")                                                 \
    X(ORG_TRAINING_CENTRE, 9, "training_centre")                               \
    X(ORG_EMPLOYMENT_SERVICE, 10, "employment_service")                        \
    X(ORG_EMPLOYER, 11, "employer")                                            \
    X(ORG_LEGAL_AID, 12, "legal_aid")                                          \
    X(ORG_CHILD_PROTECTION, 13, "child_protection")                            \
    X(ORG_MICROFINANCE, 14, "microfinance")                                    \
    X(ORG_BANK, 15, "bank")                                                    \
    X(ORG_POLICE_JUSTICE, 16, "police_justice")                                \
    X(ORG_COMMITTEE, 17, "committee")                                          \
    X(ORG_BROKER_OPERATOR, 18, "broker_operator")

#define MEMBER_STATUS_MAP(X)                                                   \
    X(MEMBER_ACTIVE, 1, "active")                                              \
    X(MEMBER_SUSPENDED, 2, "suspended")                                        \
    X(MEMBER_LEFT, 3, "left")

/* What a member does for the network; also bits: DUTY_BIT(d). The one with
 * `review` looks at vital-interest disclosures and has no other duty. */
#define DUTY_MAP(X)                                                            \
    X(DUTY_FIGURES, 1, "figures")       /* gets everybody's */                 \
    X(DUTY_EVIDENCE, 2, "evidence")     /* is shown forks and exceptions */    \
    X(DUTY_WITNESS, 3, "witness")       /* keeps and cosigns logs' heads */    \
    X(DUTY_ESCALATION, 4, "escalation") /* hears of what nobody answers */     \
    X(DUTY_REVIEW, 5, "review")

/* Roles of users inside an organisation; also bits: ROLE_BIT(r). */
#define ROLE_MAP(X)                                                            \
    X(ROLE_CASE_MANAGER, 1, "case_manager")                                    \
    X(ROLE_SUPERVISOR, 2, "supervisor")                                        \
    X(ROLE_FOCAL_POINT, 3, "focal_point")                                      \
    X(ROLE_HEALTH, 4, "health")                                                \
    X(ROLE_MENTAL_HEALTH, 5, "mental_health_professional")                     \
    X(ROLE_COMMITTEE, 6, "committee")                                          \
    X(ROLE_REVIEWER, 7, "reviewer")                                            \
    X(ROLE_AUDITOR, 8, "auditor")                                              \
    X(ROLE_ADMIN, 9, "admin")                                                  \
    X(ROLE_INTEGRATION, 10, "integration")                                     \
    X(ROLE_AUTOMATIC, 11, "automatic") /* the node itself */

#define SEX_MAP(X)                                                             \
    X(SEX_FEMALE, 1, "female")                                                 \
    X(SEX_MALE, 2, "male")                                                     \
    X(SEX_OTHER, 3, "other")                                                   \
    X(SEX_UNKNOWN, 4, "unknown")

#define AGE_BAND_MAP(X)                                                        \
    X(AGE_0_4, 1, "0-4")                                                       \
    X(AGE_5_11, 2, "5-11")                                                     \
    X(AGE_12_17, 3, "12-17")                                                   \
    X(AGE_18_24, 4, "18-24")                                                   \
    X(AGE_25_59, 5, "25-59")                                                   \
    X(AGE_60_UP, 6, "60+")                                                     \
    X(AGE_UNKNOWN, 7, "unknown")

/* Case stages. */
#define STAGE_MAP(X)                                                           \
    X(STAGE_PRE_DEPARTURE, 1, "pre_departure")                                 \
    X(STAGE_IN_TRANSIT, 2, "in_transit")                                       \
    X(STAGE_ARRIVED, 3, "arrived")                                             \
    X(STAGE_PLANNING, 4, "planning")                                           \
    X(STAGE_IN_ASSISTANCE, 5, "in_assistance")                                 \
    X(STAGE_FOLLOW_UP, 6, "follow_up")                                         \
    X(STAGE_CLOSED, 7, "closed")                                               \
    X(STAGE_ARCHIVED, 8, "archived")                                           \
    X(STAGE_SHREDDED, 9, "shredded")

/* Vulnerable groups that SOP conditions may name; bits of a set. */
#define GROUP_MAP(X)                                                           \
    X(GROUP_SINGLE_PARENT, 1, "single_parent")                                 \
    X(GROUP_TRAFFICKING, 2, "trafficking")                                     \
    X(GROUP_GBV, 3, "gbv")                                                     \
    X(GROUP_UNACCOMPANIED_CHILD, 4, "unaccompanied_child")                     \
    X(GROUP_SEPARATED_CHILD, 5, "separated_child")                             \
    X(GROUP_DISABILITY, 6, "disability")                                       \
    X(GROUP_OLDER_PERSON, 7, "older_person")                                   \
    X(GROUP_CHRONIC_ILLNESS, 8, "chronic_illness")                             \
    X(GROUP_PREGNANT, 9, "pregnant")                                           \
    X(GROUP_LGBTI, 10, "lgbti")                                                \
    X(GROUP_TORTURE, 11, "torture_survivor")                                   \
    X(GROUP_DETAINED, 12, "detained")                                          \
    X(GROUP_STATELESS, 13, "stateless")                                        \
    X(GROUP_CHILD_HEAD, 14, "child_head_of_household")                         \
    X(GROUP_SUBSTANCE_USE, 15, "substance_use")

/* Chain events: the union of all lifecycles. Which are legal when, and for
 * whom, is in node/core/lifecycle_*.c. */
#define EVENT_MAP(X)                                                           \
    X(EVENT_DRAFT, 1, "draft")                                                 \
    X(EVENT_SUBMIT, 2, "submit")                                               \
    X(EVENT_APPROVE, 3, "approve")                                             \
    X(EVENT_REFUSE, 4, "refuse")                                               \
    X(EVENT_SEND, 5, "send")                                                   \
    X(EVENT_DISCLOSE, 6, "disclose")                                           \
    X(EVENT_CANCEL, 7, "cancel")                                               \
    X(EVENT_EXPIRE, 8, "expire")                                               \
    X(EVENT_ABANDON, 9, "abandon")                                             \
    X(EVENT_CLOSE, 10, "close")                                                \
    X(EVENT_RECALL, 11, "recall")                                              \
    X(EVENT_VOID, 12, "void")                                                  \
    X(EVENT_RECEIVE, 13, "receive")                                            \
    X(EVENT_REJECT, 14, "reject")                                              \
    X(EVENT_ACCEPT, 15, "accept")                                              \
    X(EVENT_DECLINE, 16, "decline")                                            \
    X(EVENT_REDIRECT, 17, "redirect")                                          \
    X(EVENT_WAITLIST, 18, "waitlist")                                          \
    X(EVENT_CONTACT, 19, "contact")                                            \
    X(EVENT_SCHEDULE, 20, "schedule")                                          \
    X(EVENT_RESCHEDULE, 21, "reschedule")                                      \
    X(EVENT_NO_SHOW, 22, "no_show")                                            \
    X(EVENT_CANCEL_APPOINTMENT, 23, "cancel_appointment")                      \
    X(EVENT_ATTEND, 24, "attend")                                              \
    X(EVENT_NOTE, 25, "note")                                                  \
    X(EVENT_FAIL, 26, "fail")                                                  \
    X(EVENT_COMPLETE, 27, "complete")                                          \
    X(EVENT_REOPEN, 28, "reopen")                                              \
    X(EVENT_CONFIRM_CANCEL, 29, "confirm_cancel")                              \
    X(EVENT_ERASED, 30, "erased")                                              \
    X(EVENT_KEPT, 31, "kept")                                                  \
    X(EVENT_REQUEST, 32, "request")                                            \
    X(EVENT_REFUSE_REQUEST, 33, "refuse_request")                              \
    X(EVENT_OFFER, 34, "offer")                                                \
    X(EVENT_RELEASE, 35, "release")                                            \
    X(EVENT_AMEND, 36, "amend")                                                \
    X(EVENT_DEPART, 37, "depart")                                              \
    X(EVENT_POSTPONE, 38, "postpone")                                          \
    X(EVENT_QUERY, 39, "query")                                                \
    X(EVENT_ARRIVE, 40, "arrive")                                              \
    X(EVENT_NOT_DEPARTED, 41, "not_departed")                                  \
    X(EVENT_WITHDRAW, 42, "withdraw")                                          \
    X(EVENT_HAND_OVER, 43, "hand_over")                                        \
    X(EVENT_TAKE_OVER, 44, "take_over")                                        \
    X(EVENT_SUPPLEMENT, 45, "supplement")                                      \
    X(EVENT_PARTIAL, 46, "partial")                                            \
    X(EVENT_ONWARD, 47, "onward")

/* States of referral, transfer and withdrawal. */
#define STATE_MAP(X)                                                           \
    X(STATE_DRAFT, 1, "draft")                                                 \
    X(STATE_AWAITING_APPROVAL, 2, "awaiting_approval")                         \
    X(STATE_APPROVED, 3, "approved")                                           \
    X(STATE_SENT, 4, "sent")                                                   \
    X(STATE_RECEIVED, 5, "received")                                           \
    X(STATE_ON_HOLD, 6, "on_hold")                                             \
    X(STATE_ACCEPTED, 7, "accepted")                                           \
    X(STATE_SCHEDULED, 8, "scheduled")                                         \
    X(STATE_NO_SHOW, 9, "no_show")                                             \
    X(STATE_APPOINTMENT_CANCELLED, 10, "appointment_cancelled")                \
    X(STATE_IN_SERVICE, 11, "in_service")                                      \
    X(STATE_COMPLETED, 12, "completed")                                        \
    X(STATE_FAILED, 13, "failed")                                              \
    X(STATE_REJECTED, 14, "rejected")                                          \
    X(STATE_DECLINED, 15, "declined")                                          \
    X(STATE_EXPIRED, 16, "expired")                                            \
    X(STATE_LAPSED, 17, "lapsed")                                              \
    X(STATE_CANCEL_PENDING, 18, "cancel_pending")                              \
    X(STATE_CANCELLED, 19, "cancelled")                                        \
    X(STATE_CLOSED, 20, "closed")                                              \
    X(STATE_RECALLED, 21, "recalled")                                          \
    X(STATE_VOID, 22, "void")                                                  \
    X(STATE_REQUESTED, 23, "requested")                                        \
    X(STATE_OFFERED, 24, "offered")                                            \
    X(STATE_RELEASED, 25, "released")                                          \
    X(STATE_DEPARTED, 26, "departed")                                          \
    X(STATE_ARRIVED, 27, "arrived")                                            \
    X(STATE_HANDING_OVER, 28, "handing_over")                                  \
    X(STATE_HANDED_OVER, 29, "handed_over")                                    \
    X(STATE_RULED, 30, "ruled")                                                \
    X(STATE_ASKED, 31, "asked")                                                \
    X(STATE_PARTIAL, 32, "partial")                                            \
    X(STATE_ANSWERED, 33, "answered")                                          \
    /* In figures only: what became of a vital-interest disclosure. */         \
    X(STATE_REVIEW_DUE, 34, "review_due")                                      \
    X(STATE_REVIEW_OVERDUE, 35, "review_overdue")                              \
    X(STATE_UPHELD, 36, "upheld")                                              \
    X(STATE_NOT_UPHELD, 37, "not_upheld")                                      \
    /* In figures only: nobody did by its instant what was due. */             \
    X(STATE_OVERDUE, 38, "overdue")

/* Reasons carried by chain entries; which are allowed for which event is in
 * node/core/reason.c. */
#define REASON_MAP(X)                                                          \
    X(REASON_NO_CAPACITY, 1, "no_capacity")                                    \
    X(REASON_NOT_ELIGIBLE, 2, "not_eligible")                                  \
    X(REASON_OUT_OF_AREA, 3, "out_of_area")                                    \
    X(REASON_LANGUAGE, 4, "language")                                          \
    X(REASON_UNSAFE, 5, "unsafe")                                              \
    X(REASON_INSUFFICIENT_INFORMATION, 6, "insufficient_information")          \
    X(REASON_CONFLICT_OF_INTEREST, 7, "conflict_of_interest")                  \
    X(REASON_DUPLICATE, 8, "duplicate")                                        \
    X(REASON_SERVICE_SUSPENDED, 9, "service_suspended")                        \
    X(REASON_CLIENT_REFUSED, 10, "client_refused")                             \
    X(REASON_OTHER, 11, "other")                                               \
    X(REASON_NO_LONGER_NEEDED, 12, "no_longer_needed")                         \
    X(REASON_NO_RESPONSE, 13, "no_response")                                   \
    X(REASON_ORG_GONE, 14, "org_gone")                                         \
    X(REASON_COULD_NOT_CONTACT, 15, "could_not_contact")                       \
    X(REASON_DID_NOT_ATTEND, 16, "did_not_attend")                             \
    X(REASON_COULD_NOT_PROVIDE, 17, "could_not_provide")                       \
    X(REASON_CLIENT_WITHDREW, 18, "client_withdrew")                           \
    X(REASON_LEFT_AREA, 19, "left_area")                                       \
    X(REASON_DIED, 20, "died")                                                 \
    X(REASON_NO_CONSENT, 21, "no_consent")                                     \
    X(REASON_SOP_UNKNOWN, 22, "sop_unknown")                                   \
    X(REASON_NOT_ACCEPTING, 23, "not_accepting")                               \
    X(REASON_CONSENT_WITHDRAWN, 24, "consent_withdrawn")                       \
    X(REASON_MADE_IN_ERROR, 25, "made_in_error")                               \
    X(REASON_MET, 26, "met")                                                   \
    X(REASON_PARTLY_MET, 27, "partly_met")                                     \
    X(REASON_NOT_MET, 28, "not_met")                                           \
    X(REASON_MEDICAL_RECORD, 29, "medical_record")                             \
    X(REASON_LEGAL_OBLIGATION, 30, "legal_obligation")                         \
    X(REASON_PROVIDER_CANCELLED, 31, "provider_cancelled")                     \
    X(REASON_CLIENT_CANCELLED, 32, "client_cancelled")                         \
    X(REASON_NOT_ARRIVED, 33, "not_arrived")                                   \
    X(REASON_CHECK_FAILED, 34, "check_failed")                                 \
    X(REASON_NOT_KNOWN, 35, "not_known")                                       \
    X(REASON_REACHED, 36, "reached")                                           \
    X(REASON_ATTEMPT, 37, "attempt")                                           \
    X(REASON_ERASE, 38, "erase")                                               \
    X(REASON_STOP, 39, "stop")                                                 \
    X(REASON_NOTHING_HELD, 40, "nothing_held")                                 \
    X(REASON_NOT_REVIEWER, 41, "not_reviewer")                                 \
    X(REASON_BAD_HISTORY, 42, "bad_history")                                   \
    X(REASON_NO_SERVICE, 60, "no_service") /* unmet */                         \
    X(REASON_COST, 61, "cost")                                                 \
    X(REASON_ACCESS_BARRIER, 62, "access_barrier")                             \
    X(REASON_TRANSPORT, 63, "transport")                                       \
    X(REASON_DOCUMENTS, 64, "documents")                                       \
    X(REASON_COMPLAINT, 65, "complaint") /* feedback */                        \
    X(REASON_PRAISE, 66, "praise")                                             \
    X(REASON_SUGGESTION, 67, "suggestion")

/* Why data may go without consent. */
#define GROUND_MAP(X)                                                          \
    X(GROUND_UNABLE_TO_CONSENT, 1, "unable_to_consent")                        \
    X(GROUND_LIFE_AT_RISK, 2, "life_at_risk")

/* Why a provider was not chosen, as the one that was is told: by how many,
 * never by name, and without what a card does not say. */
#define PASSED_MAP(X)                                                          \
    X(PASSED_RANKED_LOWER, 1, "fits, but others come first")                   \
    X(PASSED_NOT_AVAILABLE, 2, "is not available")                             \
    X(PASSED_NOT_ELIGIBLE, 3, "is not for this person")                        \
    X(PASSED_PLACE, 4, "is in another place")                                  \
    X(PASSED_NO_ROOM, 5, "has no place free that is known")                    \
    X(PASSED_COST, 6, "costs more than the rule allows")                       \
    X(PASSED_LANGUAGE, 7, "speaks no common language")

/* What the receiving side said of an envelope. */
#define DELIVERY_MAP(X)                                                        \
    X(DELIVERY_OK, 1, "delivered")                                             \
    X(DELIVERY_REFUSED, 2, "refused")                                          \
    X(DELIVERY_UNOPENABLE, 3, "unopenable")

#define X(name, number, text) name = number,
enum category { CATEGORY_NONE, CATEGORY_MAP(X) CATEGORY_END };
enum purpose { PURPOSE_NONE, PURPOSE_MAP(X) PURPOSE_END };
enum urgency { URGENCY_NONE, URGENCY_MAP(X) URGENCY_END };
enum object_kind { OBJECT_NONE, OBJECT_MAP(X) OBJECT_END };
enum org_kind { ORG_KIND_NONE, ORG_KIND_MAP(X) ORG_KIND_END };
enum member_status { MEMBER_NONE, MEMBER_STATUS_MAP(X) MEMBER_END };
enum duty { DUTY_NONE, DUTY_MAP(X) DUTY_END };
enum role { ROLE_NONE, ROLE_MAP(X) ROLE_END };
enum sex { SEX_NONE, SEX_MAP(X) SEX_END };
enum age_band { AGE_NONE, AGE_BAND_MAP(X) AGE_END };
enum stage { STAGE_NONE, STAGE_MAP(X) STAGE_END };
enum group { GROUP_NONE, GROUP_MAP(X) GROUP_END };
enum event { EVENT_NONE, EVENT_MAP(X) EVENT_END };
enum state { STATE_NONE, STATE_MAP(X) STATE_END };
enum reason { REASON_NONE, REASON_MAP(X) REASON_END };
enum ground { GROUND_NONE, GROUND_MAP(X) GROUND_END };
enum passed { PASSED_NONE, PASSED_MAP(X) PASSED_END };
enum delivery { DELIVERY_NONE, DELIVERY_MAP(X) DELIVERY_END };
#undef X

#define CATEGORY_BIT(c) (UINT32_C(1) << (c))
#define PURPOSE_BIT(p)  (UINT32_C(1) << (p))
#define DUTY_BIT(d)     (UINT32_C(1) << ((d)-1))
#define ROLE_BIT(r)     (UINT32_C(1) << (r))
#define GROUP_BIT(g)    (UINT32_C(1) << (g))

/** Why a provider was chosen. */
#define FIT_WISHED     0x01u /* who refers named it */
#define FIT_PLACE      0x02u /* it names the place that is asked for */
#define FIT_EVERYWHERE 0x04u /* it serves every place */
#define FIT_LANGUAGE   0x08u /* it speaks a language of the person */
#define FIT_ROOM       0x10u /* it says that places are free */
#define FIT_COSTS      0x20u /* it is not free of charge */
#define FIT_ALL        0x3fu

/** Every category there is. */
#define CATEGORY_ALL (((UINT32_C(1) << CATEGORY_END) - 1) & ~UINT32_C(1))
/** Never ride on a consent by kind of organisation. */
#define CATEGORY_SENSITIVE                                                     \
    (CATEGORY_BIT(CATEGORY_HEALTH) | CATEGORY_BIT(CATEGORY_MHPSS) |            \
     CATEGORY_BIT(CATEGORY_PROTECTION) | CATEGORY_BIT(CATEGORY_VULNERABILITY))

/** x_text: the word, or "" for 0 and unknown numbers. x_parse: the number, or
 * 0 for an unknown word. */
const char *category_text(enum category v);
const char *purpose_text(enum purpose v);
const char *urgency_text(enum urgency v);
const char *object_kind_text(enum object_kind v);
const char *org_kind_text(enum org_kind v);
const char *member_status_text(enum member_status v);
const char *duty_text(enum duty v);
const char *role_text(enum role v);
const char *sex_text(enum sex v);
const char *age_band_text(enum age_band v);
const char *stage_text(enum stage v);
const char *group_text(enum group v);
const char *event_text(enum event v);
const char *state_text(enum state v);
const char *reason_text(enum reason v);
const char *ground_text(enum ground v);
const char *passed_text(enum passed v);
const char *delivery_text(enum delivery v);

enum category category_parse(const char *text);
enum purpose purpose_parse(const char *text);
enum urgency urgency_parse(const char *text);
enum object_kind object_kind_parse(const char *text);
enum org_kind org_kind_parse(const char *text);
enum member_status member_status_parse(const char *text);
enum duty duty_parse(const char *text);
enum role role_parse(const char *text);
enum sex sex_parse(const char *text);
enum age_band age_band_parse(const char *text);
enum stage stage_parse(const char *text);
enum group group_parse(const char *text);
enum event event_parse(const char *text);
enum state state_parse(const char *text);
enum reason reason_parse(const char *text);
enum ground ground_parse(const char *text);
enum passed passed_parse(const char *text);
enum delivery delivery_parse(const char *text);

/** age_band_of: years of age to a band. */
enum age_band age_band_of(unsigned years);

#endif /* PROTO_VOCAB_H */
