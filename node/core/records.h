/*
 * records.h - the rows the core keeps, as fixed-size structs, and their keys.
 *
 * A record is stored as the struct's bytes behind a version byte, without the
 * zeros at its end: zeroed before it is filled, fixed-width fields,
 * little-endian machines only. Keys are big-endian where they sort. Readers get
 * copies, never pointers into the store. The API's queries read through the
 * same functions.
 */
#ifndef NODE_CORE_RECORDS_H
#define NODE_CORE_RECORDS_H

#include "body.h"
#include "chain.h"
#include "consent.h"
#include "content.h"
#include "facts.h"
#include "sop.h"
#include "view.h"

struct node_user {
    struct hf_name name;
    uint32_t roles; /* ROLE_BIT set */
    uint8_t is_disabled;
    char language[12];
    uint64_t absent_ms;      /* away until then; 0: here */
    struct hf_name stand_in; /* who does their work then; empty: a supervisor */
};

/** Work that was lent (people.h). */
struct node_loan {
    struct hf_name back_to; /* whose it is again then; empty: nobody's */
    uint64_t until_ms;      /* 0: it is not lent */
};

struct node_case {
    struct hf_id id;             /* HC-... */
    enum stage stage;
    struct hf_org holder;        /* who holds custody, as far as we know */
    uint32_t epoch;              /* of that custody, from 1 */
    uint32_t held;               /* CATEGORY_BIT set of sections stored */
    struct facts facts;
    struct hf_name number;       /* identifiable number; empty: none */
    struct hf_name owner;        /* the case manager */
    struct node_loan loan;       /* of it */
    enum stage was_stage;        /* before it was closed */
    uint8_t closed_for;          /* enum sop_close; 0: it is not closed */
    uint8_t close_asked;         /* the same, until another person agrees */
    struct hf_name close_asked_by;
    uint64_t closed_ms;
    struct hf_name closed_place; /* where the figures count that */
    uint8_t is_held; /* for an inquiry: neither archive nor shred */
    uint8_t is_dead;
    struct hf_id consent;        /* current consent; zero: none */
    struct hf_id open_transfer;  /* zero: none */
    struct hf_org from;          /* who handed it to us; empty: opened here */
    struct hf_hash match[2];     /* where its number and its person are found
                                    (match.h); zero: not */
    struct hf_id household;      /* HH-...; zero: alone */
    uint64_t created_ms;
    uint64_t changed_ms;
};

/** How far an object's own entries are known to have reached the peer. */
struct node_object {
    enum object_kind kind;
    enum side side;              /* which chain is ours */
    struct hf_id id;
    struct hf_org peer;
    struct hf_id case_id;        /* zero where we do not know one */
    enum state state;            /* of both chains, or a local draft state */
    uint8_t is_forked;
    uint8_t waits_prekey;        /* the peer has no valid prekey: the rung
                                    that this has climbed to; 0: it has one */
    uint8_t owes_disclose;       /* first: accepted, sections not yet gone;
                                    2: reopened, the card goes again */
    uint8_t erase_answered;      /* second: erased or kept since it was due */
    uint8_t is_ruled;            /* transfer: ended by a custody ruling */
    uint8_t erase_basis_kept;    /* withdrawal: something was kept */
    uint8_t is_local;            /* the peer has no node: both chains are
                                    written here (proxy.h) */
    enum reason refused;         /* second: why our gate said no; NONE */
    uint8_t tries;               /* of sending, since the peer last said that
                                    it holds more */
    uint8_t is_unconfirmed;      /* an envelope ran out without a receipt */
    uint32_t n[2];               /* entries held of each side, no gap */
    uint32_t applied[2];         /* of those, how many have had their effect */
    struct hf_hash last[2];      /* hash of the last one */
    uint32_t fork[2];
    uint8_t fork_recall[2];
    uint32_t acked;              /* own entries that the peer holds */
    uint32_t sent;               /* own entries in the newest envelope */
    struct hf_id envelope;       /* that envelope; zero: none on the way */
    struct hf_id copied;         /* the restore whose copy has come */
    struct hf_id copy_for;       /* the peer's ask that we still owe a copy */
    uint32_t copy_at;            /* entries of that copy sent so far */
    uint64_t asked_ms;           /* when we last asked for the peer's copy */
    uint64_t gave_ms;            /* when we last gave one */
    uint64_t resend_ms;          /* its due row; 0: nothing owed */
    uint16_t flags;              /* ENTRY_ON_SEND, ENTRY_TRAVEL_NONE */
    uint32_t sections;           /* first: disclosed; second: held */
    struct terms terms;          /* referral */
    struct card card;            /* referral, transfer */
    struct hf_name author;       /* who drafted it */
    struct hf_name owner;        /* focal point or case manager here */
    struct node_loan loan;       /* of it */
    enum reason reason;          /* of the last own-state change, either side */
    uint64_t decide_ms;          /* due instants; waitlist moves decide_ms */
    uint64_t contact_ms;
    uint64_t report_ms;
    uint64_t met_ms[4];          /* when deliver, decide, contact, report were
                                    answered; 0: not yet */
    uint8_t met_in_doubt;        /* a bit for each of them that our own clock
                                    said while it was in doubt */
    uint64_t created_ms;
    uint64_t changed_ms;
    struct hf_name number;       /* transfer: the one we asked for */
    struct hf_id parent;         /* withdrawal: the one that this passes on;
                                    zero: taken here */
    uint8_t by_hand;             /* withdrawal, first: answered by other means:
                                    EVENT_ERASED, EVENT_KEPT; 0: not */
    enum reason by_hand_basis;   /* of that KEPT */
    uint8_t had_case;            /* transfer, second: the case was here before
                                    its release */
    uint8_t onward_told;         /* first, part of another: how far whoever
                                    referred knows it to be (onward_tell.c) */
    /* last, because they are mostly empty: a row ends with what is set */
    struct proof proof;          /* second: the cover of what is held */
    struct scopes_withdrawn scopes; /* withdrawal */
    uint8_t bare[2][ENTRY_NUMBERS_MAX / 8]; /* a bit an entry (bare.h) */
};

/** An envelope on its way; its bytes are in NODE_SEALED. */
struct node_out {
    struct hf_id id;
    struct hf_org to;
    struct hf_id object;        /* zero: figures, receipts */
    uint8_t lane;
    uint8_t wants_receipt;      /* else it is done with custody */
    uint64_t created_ms;
    uint64_t expires_ms;
    uint64_t custody_ms;        /* 0: no broker has it yet */
    uint32_t n;                 /* own entries in it */
    uint32_t bodies;            /* it makes up for bodies up to this entry;
                                   0: it does not */
    struct hf_id answers;       /* a copy: the ask that it answers; or zero */
    struct hf_id fork;          /* evidence: of whose fork; or zero */
    uint8_t is_claims;          /* of custody, up to number `n` */
    struct hf_id review;        /* of a disclosure: the referral, or the
                                   reviewer's own row; or zero */
};

/** One line of `show --trace` that is not a chain entry. */
enum trace_stage {
    TRACE_SEALED = 1,  /* by us */
    TRACE_CUSTODY,     /* by a broker */
    TRACE_DELIVERED,   /* by the peer: its gates said yes */
    TRACE_REFUSED,     /* by the peer, with a reason */
    TRACE_UNOPENABLE,
    TRACE_EXPIRED,     /* by a broker: a hint */
    TRACE_UNCONFIRMED, /* by us: nothing came back in time */
    TRACE_ACK,         /* we acknowledged the peer's envelope */
    TRACE_LOCAL,       /* draft, submit, approve, refuse: event in `n` */
    TRACE_OVERDUE,     /* by us: the rung in `n`, the task in `what` */
    TRACE_CONFIRMED,   /* by the person, with a slip, at the one named */
    TRACE_NOBODY_CALLED,
    TRACE_WITHDREW
};
#define TRACE_ROWS_MAX 256
struct node_trace {
    enum trace_stage stage;
    struct hf_org by;
    struct hf_name user;       /* local events */
    struct hf_id envelope;
    enum reason reason;
    uint32_t n;                /* entries it covered, local event, or rung */
    uint8_t what;              /* enum task_what */
    uint64_t at_ms;
};
const char *trace_stage_text(enum trace_stage s);

/** Facts about the node itself; one row. */
struct node_self {
    struct hf_id restored;      /* ask of the last restore; zero: none */
    uint64_t restored_ms;
    uint64_t figures_ms;        /* when the running period ends */
    uint64_t figures_from_ms;
};

/** A scan over all objects, a page a step. */
struct node_scan {
    struct hf_id ask;           /* also its key */
    struct hf_org peer;         /* whose ask we answer; empty: our own restore*/
    struct hf_id at;            /* cursor */
    uint32_t shared;            /* objects found so far */
};

struct node_decision {
    struct hf_id id;           /* HD-... */
    struct hf_id case_id;
    struct hf_id object;
    uint64_t at_ms;
    struct hf_name user;
    uint8_t is_override;
    uint8_t is_onward;         /* case_id is that of a referral: onward.h */
    struct gate_out gate;
    struct sop_decision sop;
};

/* All sections and all words of one command fit into one body. */
#define SECTION_BYTES_MAX 40960u
#define TEXT_BYTES_MAX    16384u
#define DETAILS_BYTES_MAX 32768u
#define REPORT_BYTES_MAX  49152u
_Static_assert(CATEGORY_END * SECTION_BYTES_MAX + TEXT_BYTES_MAX +
                       DETAILS_BYTES_MAX + REPORT_BYTES_MAX + 4096 <=
                   BODY_BYTES_MAX + SECTION_BYTES_MAX,
               "a body has room for a whole profile and a report");

/** A withdrawn scope, kept for good; scope empty: the whole consent. */
struct node_tombstone {
    struct hf_id consent;
    struct hf_name scope;
    uint32_t version;
    uint32_t categories;       /* that the scope had, as we were told */
    uint8_t erase;             /* not only stopped */
    uint64_t at_ms;
};

/** An envelope that had its effect, and what was answered. */
struct node_inbox {
    struct hf_id envelope;
    struct hf_org from;
    struct hf_id object;       /* zero: not about a chain */
    enum delivery status;
    enum reason reason;
    uint64_t at_ms;
};

/** "Due" rows: what the clock will bring up. */
#define DUE_PAUSED (1ull << 63) /* later than any instant */

enum due_what {
    DUE_RESEND = 1, /* an object owes its peer something */
    DUE_OUTBOX,      /* an envelope's time is up */
    DUE_FIGURES,     /* the period ends; object zero */
    DUE_RULINGS,     /* more cases may be ruled upon; object zero */
    DUE_ANSWER,      /* a withdrawal may be answered now */
    DUE_SCAN,        /* go on with a scan (scan.c); object: the ask */
    DUE_REVIEW,      /* of a vital-interest disclosure */
    DUE_FOLLOW,      /* the next tasks of a case (follow.h) */
    DUE_OWNER,       /* a loan of a case or an object ends */
    DUE_CASE_OWNERS, /* users changed: go on behind this id (people.h) */
    DUE_OBJECT_OWNERS,
    DUE_INBOX,       /* an envelope may be forgotten; object: the envelope */
    DUE_ARCHIVE, /* the retention of a closed case is over */
    DUE_SLIP,        /* a code's time is over, or one is sent again */
    DUE_FILE,        /* chunks of an attachment are to be asked for */
    DUE_FORK,        /* the committee is to be told of a fork of the object */
    DUE_REVIEW_TELL, /* the reviewer is to be told of a disclosure */
    DUE_REVIEW_SAY,  /* the reviewer's verdict is to go; object: its row */
    DUE_REVIEWERS,   /* another registry: go on behind this referral */
    DUE_REVIEWS_HERE, /* ... at the reviewer */
    DUE_ONWARD       /* whoever referred is to be told of what was sent on */
};

/* Readers: false when there is no such row. */
bool user_get(const struct node_view *v, const struct hf_name *name,
              struct node_user *ret);
bool case_get(const struct node_view *v, const struct hf_id *id,
              struct node_case *ret);
/** section_get: JSON of a section, borrowed until the next view call. */
bool section_get(const struct node_view *v, const struct hf_id *case_id,
                 enum category c, struct hf_bytes *ret_json);
bool consent_get(const struct node_view *v, const struct hf_id *id,
                 struct consent *ret);
/** consent_doc_get: the JSON of one version, as it was given. */
bool consent_doc_get(const struct node_view *v, const struct hf_id *id,
                     uint32_t version, struct hf_bytes *ret_json);
bool object_get(const struct node_view *v, const struct hf_id *id,
                struct node_object *ret);
bool decision_get(const struct node_view *v, const struct hf_id *id,
                  struct node_decision *ret);
/** chain_get: an entry's bytes and signature. @branch 0; 1: the other branch
 * of a fork. */
bool chain_get(const struct node_view *v, const struct hf_id *object,
               enum side side, uint32_t n, unsigned branch,
               uint8_t ret_entry[static ENTRY_BYTES],
               uint8_t ret_sig[static ENTRY_SIG_BYTES]);
#define BODY_PART_KEPT 254u /* words beside an entry of ours that stay here */
#define BODY_PART_HEAD 255u /* the part index that keeps salt and count */
/** body_part_get: the @i-th part of an entry's body; borrowed; false past the
 * last or when it was erased (an erased part in the middle is skipped by
 * asking for i + 1 while i < BODY_PARTS_MAX). */
bool body_part_get(const struct node_view *v, const struct hf_id *object,
                   enum side side, uint32_t n, unsigned i,
                   struct part *ret_part);
bool out_get(const struct node_view *v, const struct hf_id *envelope,
             struct node_out *ret);

/* Walkers: set *id to zero (or *ms to UINT64_MAX) to begin; false at the end.*/
bool case_next(const struct node_view *v, struct hf_id *id,
               struct node_case *ret);
/** case_next_of_owner: in order of ids; empty @owner: those of nobody. */
bool case_next_of_owner(const struct node_view *v, const struct hf_name *owner,
                        struct hf_id *id, struct node_case *ret);
bool user_next(const struct node_view *v, struct hf_name *name,
               struct node_user *ret);
/** object_next_changed: newest change first. */
bool object_next_changed(const struct node_view *v, uint64_t *ms,
                         struct hf_id *id, struct node_object *ret);
bool object_next(const struct node_view *v, struct hf_id *id,
                 struct node_object *ret);
bool object_next_of_case(const struct node_view *v,
                         const struct hf_id *case_id, struct hf_id *id,
                         struct node_object *ret);
bool tombstone_get(const struct node_view *v, const struct hf_id *consent,
                   const struct hf_name *scope, struct node_tombstone *ret);
/** tombstone_next: begin with *ret zeroed and pass it on unchanged. */
bool tombstone_next(const struct node_view *v, struct node_tombstone *ret);
/** shredded_get: this id was destroyed here; nothing of it is kept again.
 * shredded_next: begin with zero. */
bool shredded_get(const struct node_view *v, const struct hf_id *id);
bool shredded_next(const struct node_view *v, struct hf_id *id);
bool inbox_get(const struct node_view *v, const struct hf_id *envelope,
               struct node_inbox *ret);
/** lost_get: when @peer sealed its newest ask after a restore; 0: none. */
uint64_t lost_get(const struct node_view *v, const struct hf_org *peer);
bool self_get(const struct node_view *v, struct node_self *ret);
bool scan_get(const struct node_view *v, const struct hf_id *ask,
              struct node_scan *ret);
/** asked_all: whether @peer was asked for all that we share, by this ask. */
bool asked_all(const struct node_view *v, const struct hf_org *peer,
               const struct hf_id *ask);
/** answered: how many objects @peer said, after the last copy, that it shares
 * with us, to this ask; false when it has not yet. */
bool answered(const struct node_view *v, const struct hf_org *peer,
              const struct hf_id *ask, uint32_t *ret_shared);
/** match_next: cases found at @index; begin with zero. */
bool match_next(const struct node_view *v, const struct hf_hash *index,
                struct hf_id *ret_case);
/** Whether two cases are of one person, as a case manager said. */
struct node_pair {
    uint8_t is_same;
    struct hf_name user;
    uint64_t at_ms;
};
bool pair_get(const struct node_view *v, const struct hf_id *a,
              const struct hf_id *b, struct node_pair *ret);
/** household_next: its cases; begin with zero. */
bool household_next(const struct node_view *v, const struct hf_id *household,
                    struct hf_id *ret_case);
/** due_first: the earliest due row. due_first_paused: of those that came while
 * the clock was in doubt; DUE_PAUSED is set in their instant. waiting_first: an
 * object that waits for @peer's prekey. */
bool due_first(const struct node_view *v, uint64_t *ret_ms,
               struct hf_id *ret_object, enum due_what *ret_what);
bool due_first_paused(const struct node_view *v, uint64_t *ret_ms,
                      struct hf_id *ret_object, enum due_what *ret_what);
bool waiting_first(const struct node_view *v, const struct hf_org *peer,
                   struct hf_id *ret_object);
/** waiting_since: since when it does; 0: it does not. waiting_next: by peer;
 * begin with both zeroed. */
uint64_t waiting_since(const struct node_view *v, const struct hf_org *peer,
                       const struct hf_id *object);
bool waiting_next(const struct node_view *v, struct hf_org *peer,
                  struct hf_id *object, uint64_t *ret_since_ms);
/** trace_next: oldest first; begin with *at_ms = 0 and *serial = 0. */
bool trace_next(const struct node_view *v, const struct hf_id *object,
                uint64_t *at_ms, uint32_t *serial, struct node_trace *ret);
bool service_get(const struct node_view *v, const struct hf_name *code,
                 const struct hf_org *org, const uint8_t uuid[static 16],
                 struct service *ret);
/** service_next: of @code (empty: of all), by organisation and UUID; begin
 * with both (and *ret) zeroed and pass *ret on unchanged. */
bool service_next(const struct node_view *v, const struct hf_name *code,
                  struct hf_org *org, uint8_t uuid[static 16],
                  struct service *ret);
/** What the committee received. */
struct figure_row {
    struct hf_org by; /* who reported it */
    uint64_t from_ms, until_ms;
    struct figure_cell cell;
};
/** Two entries of one author with one number: evidence, kept for good. An end
 * keeps its own (`by` is this organisation) and tells the committee of it,
 * which keeps what it is told. Signed bytes only: no body, nothing of a
 * person. */
#define FORK_TOLD_MAX 4u /* members of the committee that are told */
struct node_fork {
    struct hf_org by;
    struct hf_org author;
    struct hf_org peer;      /* the other end, as the entries say */
    enum object_kind kind;   /* NONE: noted, its entries not yet looked up */
    struct hf_id object;
    uint32_t n;
    uint64_t at_ms;          /* when it was seen, or told, here */
    uint8_t entry[2][ENTRY_BYTES];
    uint8_t sig[2][ENTRY_SIG_BYTES];
    uint8_t tries;           /* of telling, by an end */
    struct {
        struct hf_org to;      /* empty: a free place */
        struct hf_id envelope; /* zero: none was sent */
        uint8_t is_done;       /* it said that it has it */
    } told[FORK_TOLD_MAX];
};
/** fork_get: the fork of @author in @object, as @by saw it. fork_next: the one
 * after *at in order of by, author, object; begin with *at zeroed. */
bool fork_get(const struct node_view *v, const struct hf_org *by,
              const struct hf_org *author, const struct hf_id *object,
              struct node_fork *ret);
bool fork_next(const struct node_view *v, struct node_fork *at);

/** title_get, title_put: the link by which custody @epoch of a case ended
 * (title.h), TITLE_LINK_BYTES; it lies under the case's key. title_del: all. */
bool title_get(const struct node_view *v, const struct hf_id *case_id,
               uint32_t epoch, uint8_t *ret_link);
void title_put(const struct node_view *v, const struct hf_id *case_id,
               uint32_t epoch, const uint8_t *link);
void title_del(const struct node_view *v, const struct hf_id *case_id);

/** A claim of custody (claim.h): ours, or what a member told the committee. */
struct node_claim {
    struct hf_hash tag;
    struct hf_org by;
    enum custody_claim what;
    uint32_t day;
    uint64_t at_ms; /* when it was made, or filed, here */
};
/** How many we made, and how far each of the committee has them. */
#define TELLING_MAX 4u
struct node_telling {
    uint32_t made; /* the number of the newest */
    struct node_told {
        struct hf_org to;      /* empty: a free place */
        uint32_t upto;         /* it has those */
        struct hf_id envelope; /* on the way; zero: none */
    } told[TELLING_MAX];
};
void telling_get(const struct node_view *v, struct node_telling *ret);
void telling_put(const struct node_view *v, const struct node_telling *t);
/** claim_next: our own after *serial (0: the first). claim_del_before: the
 * oldest, if it was made before @ms; false: there is none. */
bool claim_next(const struct node_view *v, uint32_t *serial,
                struct node_claim *ret);
void claim_put(const struct node_view *v, uint32_t serial,
               const struct node_claim *c);
bool claim_del_before(const struct node_view *v, uint64_t ms);
/** filed_next: what was filed after *at in order of tag, what, by; begin with
 * *at zeroed. filed_count: of one member. claim_unfile_before: the oldest. */
bool filed_next(const struct node_view *v, struct node_claim *at);
bool filed_has(const struct node_view *v, const struct node_claim *c);
uint32_t filed_count(const struct node_view *v, const struct hf_org *by);
void filed_put(const struct node_view *v, const struct node_claim *c);
bool claim_unfile_before(const struct node_view *v, uint64_t ms);

/** cell_next: the own cell after *at (zeroed: the first), into *at.
 * figure_next: begin with *by and *serial zeroed. */
bool cell_next(const struct node_view *v, struct figure_cell *at);
bool figure_next(const struct node_view *v, struct hf_org *by,
                 uint32_t *serial, struct figure_row *ret);

/* Writers: put the record, keep the indices in step. Core only. */
void user_put(const struct node_view *v, const struct node_user *u);
void case_del(const struct node_view *v, const struct hf_id *id);
void case_put(const struct node_view *v, const struct node_case *c);
void section_put(const struct node_view *v, const struct hf_id *case_id,
                 enum category c, struct hf_bytes json);
void consent_put(const struct node_view *v, const struct consent *c,
                 struct hf_bytes json);
/** object_put: @was_ms is its changed_ms before this change; 0: new. */
void object_put(const struct node_view *v, const struct node_object *o,
                uint64_t was_ms);
void chain_put(const struct node_view *v, const struct hf_id *object,
               enum side side, uint32_t n, unsigned branch,
               const uint8_t entry[static ENTRY_BYTES],
               const uint8_t sig[static ENTRY_SIG_BYTES]);
/** body_part_put: sealed under @lock. @scratch has room for the part and two
 * bytes. */
void body_part_put(const struct node_view *v, const struct hf_id *object,
                   enum side side, uint32_t n, unsigned i,
                   const struct part *part, const struct node_lock *lock,
                   uint8_t *scratch);
void body_part_del(const struct node_view *v, const struct hf_id *object,
                   enum side side, uint32_t n, unsigned i);
/** section_del: the row, and its key for good. */
void section_del(const struct node_view *v, const struct hf_id *case_id,
                 enum category c);
/** shredded_put: for good, unless a new transfer brings the case anew:
 * shredded_del. */
void shredded_put(const struct node_view *v, const struct hf_id *id,
                  uint64_t at_ms);
void shredded_del(const struct node_view *v, const struct hf_id *id);
/** bodies_del: every part of every entry of @object, either side.
 * consent_del: the record and all its documents. */
void bodies_del(const struct node_view *v, const struct hf_id *object);
void consent_del(const struct node_view *v, const struct hf_id *id);
void decision_del(const struct node_view *v, const struct hf_id *id);
void match_del(const struct node_view *v, const struct hf_hash *index,
               const struct hf_id *case_id);
void pair_put(const struct node_view *v, const struct hf_id *a,
              const struct hf_id *b, const struct node_pair *p);
/** pairs_del: every verdict about @a. */
void pairs_del(const struct node_view *v, const struct hf_id *a);
void household_put(const struct node_view *v, const struct hf_id *household,
                   const struct hf_id *case_id);
void household_del(const struct node_view *v, const struct hf_id *household,
                   const struct hf_id *case_id);
void tombstone_put(const struct node_view *v, const struct node_tombstone *t);
/** object_link: find @object under @to, a case or consent, from now on. */
void object_link(const struct node_view *v, const struct hf_id *to,
                 const struct hf_id *object);
void decision_put(const struct node_view *v, const struct node_decision *d);
void out_put(const struct node_view *v, const struct node_out *o);
void out_del(const struct node_view *v, const struct hf_id *envelope);
void inbox_put(const struct node_view *v, const struct node_inbox *i);
void inbox_del(const struct node_view *v, const struct hf_id *envelope);
/** trace_put: of an object's rows the newest TRACE_ROWS_MAX stay. */
void trace_put(const struct node_view *v, const struct hf_id *object,
               const struct node_trace *t);
void service_put(const struct node_view *v, const struct service *sv);
void service_del(const struct node_view *v, const struct service *sv);
#define SERVICES_OF_ORG_MAX 64
/** services_note: which services of @org were put; services_clear: those go. */
void services_note(const struct node_view *v, const struct hf_org *org,
                   const struct service *services, size_t n);
void services_clear(const struct node_view *v, const struct hf_org *org);
void service_doc_put(const struct node_view *v, const struct hf_org *org,
                     struct hf_bytes json);
/** service_doc_next: the documents as they came, by member; begin with *org
 * zeroed; false at the end. @ret is borrowed. */
bool service_doc_next(const struct node_view *v, struct hf_org *org,
                      struct hf_bytes *ret);
/** cell_add: @by is +1 or -1. */
void cell_add(const struct node_view *v, const struct figure_cell *c, int by);
void figure_put(const struct node_view *v, uint32_t serial,
                const struct figure_row *row);
void figures_clear(const struct node_view *v, const struct hf_org *by);
void fork_put(const struct node_view *v, const struct node_fork *f);
void due_put(const struct node_view *v, uint64_t ms,
             const struct hf_id *object, enum due_what what);
void due_del(const struct node_view *v, uint64_t ms,
             const struct hf_id *object, enum due_what what);
void waiting_put(const struct node_view *v, const struct hf_org *peer,
                 const struct hf_id *object, uint64_t since_ms);
void waiting_del(const struct node_view *v, const struct hf_org *peer,
                 const struct hf_id *object);
void lost_put(const struct node_view *v, const struct hf_org *peer,
               uint64_t ms);
void self_put(const struct node_view *v, const struct node_self *s);
void asked_all_put(const struct node_view *v, const struct hf_org *peer,
                   const struct hf_id *ask);
void answered_put(const struct node_view *v, const struct hf_org *peer,
                  const struct hf_id *ask, uint32_t shared);
void scan_put(const struct node_view *v, const struct node_scan *s);
void scan_del(const struct node_view *v, const struct hf_id *ask);
void match_put(const struct node_view *v, const struct hf_hash *index,
               const struct hf_id *case_id);

#endif /* NODE_CORE_RECORDS_H */
