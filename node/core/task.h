/*
 * task.h - what somebody has to do, and by when.
 *
 * One record a task, found by id, by due instant, by case, by object and by
 * owner. Its id is made of what it is about, so that making the same task
 * again finds the first one, open or done. An open task whose instant passes
 * climbs the ladder (ladder.h) until it is done or cancelled; a done one is
 * kept with its case; a cancelled one is gone. Internal to the core, but for
 * the readers.
 */
#ifndef NODE_CORE_TASK_H
#define NODE_CORE_TASK_H

#include "step.h"

#define TASKS_OF_MAX 512 /* of a case (or of an object without one), kept */
#define TASK_LEAD_MS UINT64_C(2678400000) /* listed 31 days ahead */

/* X(id, word, what answers it; "": `tasks done`) */
#define TASK_MAP(X)                                                            \
    X(TASK_NONE, "", "")                                                       \
    X(TASK_DELIVER, "deliver", "the receiver's node")                          \
    X(TASK_DECIDE, "decide", "accept, decline or waitlist")                    \
    X(TASK_CONTACT, "contact", "contact --reached or attend")                  \
    X(TASK_REPORT, "report", "complete or fail")                               \
    X(TASK_QUERY, "query", "transfer arrive or query")                         \
    X(TASK_PREKEY, "waiting_for_prekey", "the receiver's node")                \
    X(TASK_UNCONFIRMED, "unconfirmed", "the receiver's node")                  \
    X(TASK_FIRST_CONTACT, "first_contact", "")                                 \
    X(TASK_PLAN, "plan", "")                                                   \
    X(TASK_FOLLOW_UP, "follow_up", "")                                         \
    X(TASK_SURVEY, "survey", "")                                               \
    X(TASK_SIX_MONTH_REPORT, "six_month_report", "")                           \
    X(TASK_FINAL_REPORT, "final_report", "")                                   \
    X(TASK_EXIT_REVIEW, "exit_review", "")                                     \
    X(TASK_FEEDBACK_READ, "feedback_read", "")                                 \
    X(TASK_DEATH_NOTICE, "death_notice", "")                                   \
    X(TASK_CONSENT_PLAN, "consent_plan", "consent amend")                      \
    X(TASK_CONSENT_SHELTER, "consent_shelter", "consent amend")                \
    X(TASK_CONSENT_RENEW, "consent_renew", "consent amend")                    \
    X(TASK_CONSENT_EXPIRES, "consent_expires", "consent amend")                \
    X(TASK_CONSENT_ASK, "consent_ask", "consent give or refuse")               \
    X(TASK_VITAL_CONFIRM, "vital_confirm", "approve")                          \
    X(TASK_VITAL_REVIEW, "vital_review", "review")                             \
    X(TASK_REVIEW_OVERDUE, "review_overdue", "the reviewer's verdict")         \
    X(TASK_CHASE_WITHDRAWAL, "chase_withdrawal", "")                           \
    X(TASK_SAFETY_PLAN, "safety_plan", "")                                     \
    X(TASK_FEEDBACK_PASS, "feedback_pass", "transfer supplement")              \
    X(TASK_TELL_FAMILY, "tell_family", "")                                     \
    X(TASK_TELL_AUTHORITIES, "tell_authorities", "")                           \
    X(TASK_CLOSE_APPROVE, "close_approve", "case close, or nothing")

enum task_what {
#define X(id, word, answer) id,
    TASK_MAP(X)
#undef X
        TASK_WHATS
};
const char *task_text(enum task_what what);
enum task_what task_parse(const char *word); /* TASK_NONE: no such word */
/** task_answer: what answers it other than `tasks done`; "": nothing. */
const char *task_answer(enum task_what what);

struct node_task {
    struct hf_id id;        /* HK-...; made from case, object, what, due */
    struct hf_id case_id;   /* zero: of no case, or of one not known here */
    struct hf_id object;    /* zero: of the case, or of the node itself */
    enum task_what what;
    enum reason reason;     /* why it was made, or how it ended; may be NONE */
    uint64_t due_ms;
    uint64_t made_ms;
    uint64_t done_ms;       /* 0: open */
    uint64_t next_ms;       /* when the ladder goes on; 0: it does not */
    struct hf_name owner;   /* user; empty: nobody in particular */
    struct hf_name done_by; /* user; empty: the node itself */
    uint8_t rung;           /* enum sop_rung_who that it has reached; 0: none */
    uint8_t weeks;          /* how often the last rung was said again */
};

/** task_get: false: no such task. */
bool task_get(const struct node_view *v, const struct hf_id *id,
              struct node_task *ret);
/** task_words: the file that `tasks done` brought; borrowed; false: none. */
bool task_words(const struct node_view *v, const struct hf_id *id,
                struct hf_bytes *ret_json);

/* Walkers, by due instant; begin with *at zeroed and pass it on unchanged;
 * false at the end. By due and by owner: open tasks only; of a case (those of
 * its objects, too) and of an object: done ones as well. */
bool task_next_due(const struct node_view *v, struct node_task *at);
bool task_next_of_owner(const struct node_view *v, const struct hf_name *owner,
                        struct node_task *at);
bool task_next_of_case(const struct node_view *v, const struct hf_id *case_id,
                       struct node_task *at);
bool task_next_of_object(const struct node_view *v, const struct hf_id *object,
                         struct node_task *at);
/** task_first_next: the open task whose ladder goes on first. */
bool task_first_next(const struct node_view *v, struct node_task *ret);

/** task_make: @want's case_id, object, what, due_ms, reason and owner (empty:
 * the case's) count. False if there are TASKS_OF_MAX open ones of that case
 * already. Made before: nothing changes. *ret_id may be NULL. */
bool task_make(struct step *s, const struct node_task *want,
               struct hf_id *ret_id);
/** task_find: the open task of @what of an object (or, with @object zero, of
 * the case itself) that is due first; false: none. */
bool task_find(const struct node_view *v, const struct hf_id *case_id,
               const struct hf_id *object, enum task_what what,
               struct node_task *ret);
/** task_finish: done now, by who commands (or the node itself). @words may be
 * empty; sealed under the case's key. */
void task_finish(struct step *s, struct node_task *t, enum reason reason,
                 struct hf_bytes words);
/** task_cancel: nothing is to be done any more; it was never there. */
void task_cancel(struct step *s, const struct node_task *t);
/** task_cancel_of_case: open ones of the case itself; @what NONE: all kinds.
 * task_cancel_of_object: of one object. */
void task_cancel_of_case(struct step *s, const struct hf_id *case_id,
                         enum task_what what);
void task_cancel_of_object(struct step *s, const struct hf_id *object,
                           enum task_what what);
/** task_assign: open ones of an object, or (object zero) of the case itself,
 * have this owner from now on. */
void task_assign(struct step *s, const struct hf_id *case_id,
                 const struct hf_id *object, const struct hf_name *owner);
/** task_put: a task that was changed; @was its record before. */
void task_put(const struct node_view *v, const struct node_task *t,
              const struct node_task *was);
/** task_shred: every task of a case, done ones too. */
void task_shred(struct step *s, const struct hf_id *case_id);

/** task_check: indices and records agree; false with a sentence in @why. */
bool task_check(const struct node_view *v, char *why, size_t why_bytes);

#endif /* NODE_CORE_TASK_H */
