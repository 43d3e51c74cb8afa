/*
 * reviewer.h - a disclosure without consent is looked at by another
 * organisation, the one that the registry names for it.
 *
 * Who disclosed tells it the first active member with the duty `review` that
 * is at neither end: ids, ground and categories (proto/review.h), no word of
 * the attestation, again until that is receipted, and each week until there is
 * a verdict. Another member gets the duty, or that one is suspended: the new
 * one is told, and the old one's verdict is not taken. Nobody has it: a user of
 * one's own with the role reviewer looks at it, and an alarm says so.
 *
 * The reviewer's node makes a task of it. Its first verdict counts; another
 * one that differs is kept as evidence. Internal to the core, but for the rows.
 */
#ifndef NODE_CORE_REVIEWER_H
#define NODE_CORE_REVIEWER_H

#include "review.h"
#include "step.h"
#include "vital.h"

#define REVIEWER_PAGE 64
/* Notices of one member without a verdict yet; more are refused (I-12). */
#define REVIEWS_OF_ORG_MAX 256u

/** An end's own row: whom it told, and what was answered. */
struct node_asked {
    struct hf_id object;
    struct hf_org reviewer; /* empty: there is none; it is reviewed here */
    uint64_t at_ms;         /* since when */
    struct hf_id envelope;  /* the newest notice; zero: none was sent */
    uint8_t is_open;        /* neither a verdict nor reviewed here */
    uint8_t is_receipted;
    uint8_t tries;
    enum reason refused;    /* what the reviewer's node said last; NONE */
    uint64_t next_ms;       /* its due row; 0: nothing is to follow */
    struct review_verdict verdict; /* at_ms 0: none yet */
    uint8_t sig[REVIEW_SIG_BYTES];
    struct review_verdict other;   /* a later one that differs: evidence */
    uint8_t other_sig[REVIEW_SIG_BYTES];
};

/** The reviewer's row. */
struct node_review {
    struct hf_id id; /* keyed, of member and referral: tasks are made of it */
    struct review_notice notice;
    uint8_t sig[REVIEW_SIG_BYTES];
    uint64_t taken_ms;
    struct review_verdict verdict; /* at_ms 0: none yet */
    uint8_t verdict_sig[REVIEW_SIG_BYTES];
    struct hf_name user;    /* whose verdict it is */
    struct hf_id envelope;
    uint8_t is_receipted;
    uint8_t tries;
    enum reason refused;    /* who disclosed did not take it; NONE */
    uint64_t next_ms;
};

/* ---- what both sides share ---- */

/** reviewer_wait_ms: until it is tried again; a minute, 2, 4 ... 17 hours. */
uint64_t reviewer_wait_ms(uint8_t *tries);
/** reviewer_may_send: an envelope to @to can be sealed in this step. */
bool reviewer_may_send(const struct step *s, const struct hf_org *to);
/** reviewer_is: the registry gives @org the duty, and it can be told. */
bool reviewer_is(const struct step *s, const struct hf_org *org);
/** reviewer_facts: what a verdict says it is about. */
void reviewer_facts(const struct step *s, const struct review_notice *n,
                    struct hf_hash *ret);
/** reviewer_refuse: what came is not taken, and says why. */
void reviewer_refuse(struct step *s, struct node_inbox *in,
                     const struct hf_id *referral, enum reason why);

/* ---- at the sender ---- */

/** reviewer_settle: who is to review it now is told, or it is reviewed here;
 * its tasks follow. For a disclosure that was sent and has no verdict. */
void reviewer_settle(struct step *s, const struct node_vital *v);
/** reviewer_elsewhere: another organisation reviews it: *ret. */
bool reviewer_elsewhere(const struct node_view *v, const struct hf_id *object,
                        struct node_asked *ret);
/** reviewer_late: the verdict should be here: somebody runs after it. */
void reviewer_late(struct step *s, const struct node_vital *v);
/** reviewer_end: it was reviewed here: nobody is told any more. */
void reviewer_end(struct step *s, const struct hf_id *object);
/** reviewer_tell_due: tell them (again), if there is no verdict. */
void reviewer_tell_due(struct step *s, const struct hf_id *object);
/** reviewer_verdict: what @from says. What is no verdict of who was told last
 * changes nothing. The shell has emptied a signature that is not @from's. */
void reviewer_verdict(struct step *s, const struct hf_org *from,
                      const struct content_signed *c, struct node_inbox *in);

/* ---- at the reviewer ---- */

/** reviewer_notice: what @from shows us becomes a task. The same. */
void reviewer_notice(struct step *s, const struct hf_org *from,
                     const struct content_signed *c, struct node_inbox *in);
/** reviewer_answer: the command's verdict, of a notice; false when its object
 * is none, else replied. */
bool reviewer_answer(struct step *s);
/** reviewer_say_due: the verdict goes (again) to who disclosed. */
void reviewer_say_due(struct step *s, const struct hf_id *id);

/* ---- both ---- */

/** reviewer_receipted: what @from said of our notice or verdict in @out. */
void reviewer_receipted(struct step *s, const struct hf_org *from,
                        const struct node_out *out,
                        const struct content_receipt *r);
/** reviewer_begin: the registry may be another one: go through what is open,
 * a page at a time. reviewer_page, reviewer_page_here: go on behind @at, an
 * end's; the reviewer's. */
void reviewer_begin(struct step *s);
void reviewer_page(struct step *s, const struct hf_id *at);
void reviewer_page_here(struct step *s, const struct hf_id *at);

/* ---- rows ---- */

/** told_get: false: never told. told_next_open: begin with zero; the next
 * disclosure without a verdict. told_next_odd: ... with two. */
bool told_get(const struct node_view *v, const struct hf_id *object,
              struct node_asked *ret);
bool told_next_open(const struct node_view *v, struct hf_id *object);
bool told_next_odd(const struct node_view *v, struct hf_id *object);
/** told_put: keeps the indices in step. */
void told_put(const struct node_view *v, const struct node_asked *t);

/** review_get: by the row's own id. review_of: of @from's @referral.
 * review_next: by referral, then member; begin with *at zeroed, its notice's
 * referral and from count. */
bool review_get(const struct node_view *v, const struct hf_id *id,
                struct node_review *ret);
bool review_of(const struct node_view *v, const struct hf_org *from,
               const struct hf_id *referral, struct node_review *ret);
bool review_next(const struct node_view *v, struct node_review *at);
/** review_put: @was: its row before; NULL: new. Counts those without a
 * verdict: review_open_of. */
void review_put(const struct node_view *v, const struct node_review *r,
                const struct node_review *was);
uint32_t review_open_of(const struct node_view *v, const struct hf_org *from);
/** review_words: why, in the reviewer's words; they stay there. Borrowed. */
bool review_words(const struct node_view *v, const struct hf_id *id,
                  struct hf_bytes *ret_text);
void review_words_put(const struct node_view *v, const struct hf_id *id,
                      struct hf_bytes text);

#endif /* NODE_CORE_REVIEWER_H */
