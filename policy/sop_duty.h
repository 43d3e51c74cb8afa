/*
 * sop_duty.h - what a pack says besides routing: first contact, follow-up,
 * score thresholds, calendars, need-to-know, closure, budgets, consent,
 * documentation (R-14's six contents; ).
 *
 * The engine uses calendars and names budgets. All else is read, checked and
 * handed out here; who makes tasks, roles' views and closing rules of it is
 * the node. Getters give copies; i counts from 0 and they are false at the end.
 */
#ifndef POLICY_SOP_DUTY_H
#define POLICY_SOP_DUTY_H

#include "sop.h"

#define SOP_HOLIDAYS_MAX 64
#define SOP_ZONE_BYTES   32
#define SOP_PROMPT_BYTES 96
#define SOP_PLACES_MAX   16 /* countries or provinces of one condition */
#define SOP_RUNGS_MAX    8

struct country {
    char s[4]; /* ISO 3166-1 alpha-2, or XXA */
};

/** Ways of a first contact, bits of a set. */
enum sop_channel { CHANNEL_PHONE = 1, CHANNEL_MESSAGE = 2, CHANNEL_VISIT = 4,
                   CHANNEL_IN_PERSON = 8 };

/** Who calls the person first, by when, and what they must have. */
struct sop_first_contact {
    enum role by;
    uint64_t call_back_ms;   /* after the decision */
    uint8_t attempts;        /* before it counts as failed; 0: not said */
    uint64_t every_ms;       /* between them */
    uint32_t channels;       /* enum sop_channel bits, 0: any */
    uint32_t needs;          /* CATEGORY_BIT set: what the caller must have */
    uint8_t calendar;        /* number and one; 0: around the clock */
};

enum sop_follow_what { FOLLOW_CALL = 1, FOLLOW_VISIT, FOLLOW_SURVEY,
                       FOLLOW_REPORT };
enum sop_count_from { COUNT_FROM_PLAN = 1, COUNT_FROM_RETURN,
                      COUNT_FROM_ARRIVAL, COUNT_FROM_COMPLETION };

/** A schedule: once @after_ms, then @every_ms until @until_ms. */
struct sop_follow_up {
    struct hf_name id;
    enum sop_follow_what what;
    enum sop_count_from from;
    uint64_t after_ms, every_ms, until_ms; /* every 0: once; until included */
    uint32_t groups, except; /* GROUP_BIT sets; 0: everybody, nobody */
};

/** A threshold that prompts the case manager; it never refers. */
struct sop_threshold {
    struct hf_name id;
    bool is_any;             /* the composite or any dimension */
    enum score of;           /* unless is_any */
    uint8_t below, above;    /* hundredths; 0: not asked */
    char prompt[SOP_PROMPT_BYTES];
};

/** Working hours of a service or a mechanism, or of the offices of some
 * countries. */
struct sop_calendar {
    struct hf_name id;
    char zone[SOP_ZONE_BYTES];
    int16_t offset_min;      /* of standard time, east of UTC */
    bool is_summer_time;     /* one hour more by the rule of the EU */
    uint8_t days;            /* bit 0 Monday ... bit 6 Sunday */
    uint16_t from_min, until_min; /* of the local day */
    uint8_t n_holidays;
    uint64_t holiday_ms[SOP_HOLIDAYS_MAX]; /* first instant in UTC */
    uint8_t n_countries; /* whose offices keep them; 0: where it is named */
    struct country country[SOP_PLACES_MAX];
};

/** Who is told when a clock has run out, in this order: the receiver's focal
 * point, its supervisor, the referrer with the next provider to confirm, the
 * committee. */
enum sop_rung_who { RUNG_FOCAL_POINT = 1, RUNG_SUPERVISOR, RUNG_NEXT_PROVIDER,
                    RUNG_COMMITTEE };
struct sop_rung {
    enum sop_rung_who who;
    enum urgency urgency; /* of the referral; URGENCY_NONE: any */
    uint64_t after_ms;    /* since the clock ran out */
    uint64_t every_ms;    /* again, until answered; 0: once */
};
struct sop_ladder {
    uint8_t n;
    struct sop_rung rung[SOP_RUNGS_MAX];
};

/** What a role may read where nothing else is set. */
struct sop_access {
    enum role role;
    uint32_t reads; /* CATEGORY_BIT set */
};

/** Why a case ends. */
#define SOP_CLOSE_MAP(X)                                                       \
    X(CLOSE_SUPPORT_ENDED, 1, "support_ended")                                 \
    X(CLOSE_CRITERIA_NOT_MET, 2, "criteria_not_met")                           \
    X(CLOSE_RETURNEE_CHOICE, 3, "returnee_choice")                             \
    X(CLOSE_LEFT_AREA, 4, "left_area")                                         \
    X(CLOSE_RE_MIGRATED, 5, "re_migrated")                                     \
    X(CLOSE_DIED, 6, "died")                                                   \
    X(CLOSE_LOST_CONTACT, 7, "lost_contact")                                   \
    X(CLOSE_ACCESS_BARRIER, 8, "access_barrier")                               \
    X(CLOSE_REPERCUSSIONS, 9, "repercussions")                                 \
    X(CLOSE_CONDUCT, 10, "conduct")                                            \
    X(CLOSE_SECURITY, 11, "security")                                          \
    X(CLOSE_FUNDING, 12, "funding")                                            \
    X(CLOSE_SERVICE_CLOSED, 13, "service_closed")                              \
    X(CLOSE_TRANSFERRED, 14, "transferred")
#define X(name, number, text) name = number,
enum sop_close { CLOSE_NONE, SOP_CLOSE_MAP(X) CLOSE_END };
#undef X

/** What must be before a case is closed for @reason. */
struct sop_closure {
    enum sop_close reason;
    bool exit_review, approval;
    uint8_t attempts;        /* to reach the person */
    uint64_t over_ms;        /* spread over at least this long */
};

/** Money that rules may name; spending is counted by its owner. */
struct sop_budget {
    struct hf_name id;
    char title[SOP_PROMPT_BYTES];
    char currency[4];        /* ISO 4217 */
    uint32_t per_person, total; /* minor units; 0: not limited */
};

/** How consent is asked for, and when again. */
struct sop_consent_rule {
    bool is_given;
    bool written, verbal_witnessed;
    uint8_t age;             /* from which one consents alone; 0: not said */
    uint64_t renew_ms;       /* asked again after; 0: not by time */
    uint64_t shelter_ms;     /* to a shelter stay; 0: not said */
};

/** How long a transfer waits for the other end. */
struct sop_transfer_rule {
    uint64_t request_ms; /* for an answer to a request; 0: not said */
    uint64_t query_ms;   /* from the departure, before one asks; 0: not said */
};

/** What is written down, how soon, and how long it is kept. */
struct sop_document {
    struct hf_name what;
    uint64_t within_ms, keep_ms; /* 0: not said */
};

/* As a pack keeps them; for sop_*.c. */
struct sop_duties {
    bool has_first_contact;
    struct sop_first_contact first_contact;
    struct sop_consent_rule consent;
    struct sop_transfer_rule transfer;
    uint8_t calendar; /* of clocks of normal urgency: number and one; 0: none */
    size_t n_follow_up, n_thresholds, n_calendars, n_access, n_closure,
        n_budgets, n_documents, n_ladder;
    struct sop_follow_up *follow_up;
    struct sop_threshold *threshold;
    struct sop_calendar *calendars;
    struct sop_access *access;
    struct sop_closure *closure;
    struct sop_budget *budget;
    struct sop_document *document;
    struct sop_rung *ladder;
};
void sop_duties_free(struct sop_duties *d);

bool sop_follow_up_at(const struct sop_pack *p, size_t i,
                      struct sop_follow_up *ret);
bool sop_threshold_at(const struct sop_pack *p, size_t i,
                      struct sop_threshold *ret);
bool sop_access_at(const struct sop_pack *p, size_t i, struct sop_access *ret);
bool sop_closure_at(const struct sop_pack *p, size_t i,
                    struct sop_closure *ret);
bool sop_budget_at(const struct sop_pack *p, size_t i, struct sop_budget *ret);
bool sop_document_at(const struct sop_pack *p, size_t i,
                     struct sop_document *ret);
/** sop_consent_rule: false when the pack says nothing. */
bool sop_consent_rule(const struct sop_pack *p, struct sop_consent_rule *ret);
/** sop_transfer_rule: what the pack says; zeros where it does not. */
void sop_transfer_rule(const struct sop_pack *p, struct sop_transfer_rule *ret);
/** sop_first_contact: of the service, else of the pack; false when neither
 * says anything. */
bool sop_first_contact(const struct sop_pack *p, const struct hf_name *code,
                       struct sop_first_contact *ret);

/** sop_ladder: what @p says for @urgency; false, and the default of the
 * urgency, when it says nothing. @p may be NULL. */
bool sop_ladder(const struct sop_pack *p, enum urgency urgency,
                struct sop_ladder *ret);
/** sop_calendar_of: the working hours of offices in @country; false when @p
 * says nothing of them. */
bool sop_calendar_of(const struct sop_pack *p, const char *country,
                     struct sop_calendar *ret);

/** sop_follow_up_due: the k-th instant (from 0) of @u counted from @from_ms;
 * 0 past the end. */
uint64_t sop_follow_up_due(const struct sop_follow_up *u, uint64_t from_ms,
                           size_t k);
/** sop_follow_up_for: whether it is for a person with these groups. */
bool sop_follow_up_for(const struct sop_follow_up *u, uint32_t groups);
/** sop_threshold_met: whether @score (as in struct facts) calls for the
 * prompt; an unknown score never does. */
bool sop_threshold_met(const struct sop_threshold *t,
                       const uint8_t score[static SCORE_END]);

/** sop_calendar_zone: a time zone by its name; false when not known here. */
bool sop_calendar_zone(const char *name, int16_t *ret_offset_min,
                       bool *ret_is_summer_time);
bool sop_calendar_is_of(const struct sop_calendar *c, const char *country);
bool sop_calendar_is_open(const struct sop_calendar *c, uint64_t at_ms);
/** sop_calendar_next: @at_ms when open then, else the next opening; @at_ms
 * when it does not open within 400 days. */
uint64_t sop_calendar_next(const struct sop_calendar *c, uint64_t at_ms);
/** sop_calendar_add: when @open_ms of working time from @from_ms on are over;
 * 0: sop_calendar_next(). UINT64_MAX when that takes more than 400 days. */
uint64_t sop_calendar_add(const struct sop_calendar *c, uint64_t from_ms,
                          uint64_t open_ms);

#endif /* POLICY_SOP_DUTY_H */
