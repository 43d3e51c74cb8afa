/*
 * node.h - one organisation's node, deciding: node_step().
 *
 * The shell opens a write transaction, steps up to 64 queued events through
 * node_step(), commits once, and only then releases the effects: nobody hears
 * of a thing before the fsync that holds it. State stays in the store; a step
 * loads what it needs into fixed-size structs and never allocates. Two events
 * of one batch never see each other's half.
 *
 * No I/O, no clock, no randomness: time and a seed come in with the event,
 * what is to be done comes out as a list. Total: every event is legal at every
 * time; a refusal is a reply or a receipt, never an error code.
 */
#ifndef NODE_CORE_NODE_H
#define NODE_CORE_NODE_H

#include "attest.h"
#include "content.h"
#include "envelope.h"
#include "facts.h"
#include "records.h"
#include "registry.h"
#include "sop.h"
#include "sop_duty.h"
#include "view.h"

#define NODE_CASES_MAX       32 /* in one household, or one command */
#define NODE_EFFECTS_MAX     1024
#define NODE_ARENA_BYTES     (8u * 1024u * 1024u)
#define NODE_STEP_ARENA_MIN  (3u * 1024u * 1024u) /* room a step may need */
#define NODE_STEP_EFFECTS_MIN 512
#define NODE_MESSAGE_BYTES   240
/* An envelope lives as long as the prekey it is sealed to, which is weekly and
 * valid 45 days: whoever was away for 37 days gets each unchanged. */
#define NODE_TTL_MS          (45ull * 24 * 3600 * 1000)

struct node_config {
    struct hf_org org;
    enum org_kind kind;
    uint64_t figures_period_ms; /* 0: the registry's */
    uint32_t figures_threshold; /* 0: the registry's */
    /* Need-to-know: what a role reads, a CATEGORY_BIT set with
     * NODE_READS_SET; 0: permit.c's default. */
    uint32_t reads[ROLE_END];
    uint32_t consent_age; /* years; 0: a pack's, else NODE_CONSENT_AGE */
    struct hf_name focal_point; /* who looks at what arrives; empty: nobody */
    bool has_notify;      /* a command is to be run for each rung */
    bool is_why_required; /* to read a sensitive category of others' cases */
};
#define NODE_READS_SET   CATEGORY_BIT(CATEGORY_NONE)
#define NODE_CONSENT_AGE 18

/** All that a step may look at; borrowed for the call. */
struct node_env {
    const struct node_config *config;
    const struct node_view *view;
    const struct node_crypto *crypto;
    const struct registry *registry; /* NULL: none yet */
    bool is_registry_stale;          /* who is suspended is not known */
    bool is_clock_doubtful;          /* no deadline passes; all else goes on */
    const struct sop_book *sops;
    /** until when the peer's current prekey is valid; 0: none. */
    void *peer_ctx;
    uint64_t (*peer_until_ms)(void *ctx, const struct hf_org *peer);
    /** whether the entry in @bytes, @e, bears its author's signature, by a key
     * that counted when it was made. A pure function. */
    bool (*is_signed)(const struct registry *r, const struct entry *e,
                      struct hf_bytes bytes, const uint8_t sig[static 64]);
    /** the same of what @org says, at @at_ms, under @label. */
    bool (*is_said)(const struct registry *r, const struct hf_org *org,
                    uint64_t at_ms, const char *label, struct hf_bytes bytes,
                    const uint8_t sig[static 64]);
};

/* ---- events ---- */

enum node_event_type {
    NODE_EV_START,    /* once after start: pick up what is owed */
    NODE_EV_RESTORED, /* the store came from a backup */
    NODE_EV_COMMAND,  /* a person or a program asks something */
    NODE_EV_CONTENT,  /* an envelope was opened and verified */
    NODE_EV_UNOPENABLE, /* ... or could not be opened */
    NODE_EV_CUSTODY,  /* a broker answered a submit */
    NODE_EV_NOTICE,   /* a broker's hint that a TTL passed */
    NODE_EV_PEER,     /* a peer's prekey arrived or changed */
    NODE_EV_SERVICES, /* a provider's verified service document */
    NODE_EV_NOTIFIED, /* the command for a rung has been run */
    NODE_EV_TICK      /* time passed: now >= node_wake_ms() */
};

enum node_command_type {
    CMD_NONE,
    CMD_CASE_NEW,     /* facts, number, stage, sections */
    CMD_CASE_SET,     /* case_id, facts, sections given replace held ones,
                         plan_gains */
    CMD_CASE_STAGE,   /* case_id, stage */
    CMD_CASE_ASSIGN,  /* case_id or object, user_name, when_ms */
    CMD_CASE_SHRED,   /* case_id */
    CMD_CONSENT_GIVE, /* case_id, consent (id, version set by the core),
                         giver, has_document, details = its JSON */
    CMD_CONSENT_AMEND,
    CMD_CONSENT_REFUSE,
    CMD_CONSENT_WITHDRAW, /* case_id, scope[], n_scopes = 0: whole; erase */
    CMD_REFER,            /* case_id or part_of, need, urgency, to, wishes,
                             is_draft, incident_ms, replaces, reason
                             (override); in a vital interest attest,
                             has_attempts, details */
    CMD_EVENT,            /* object, event, reason, flags, when_ms, to, text,
                             details, report, user_name, sections */
    CMD_TRANSFER_OFFER,   /* case_id, to, flags, when_ms (travel) */
    CMD_TRANSFER_REQUEST, /* to, number */
    CMD_USER_ADD,         /* user_name, roles, language */
    CMD_USER_ROLE,        /* user_name, roles */
    CMD_USER_DISABLE,     /* user_name */
    CMD_USER_ABSENT,      /* user_name, when_ms, stand_in */
    CMD_SERVICES_SET,     /* services, n_services, details = JSON document */
    CMD_CASE_CLOSE,       /* case_id, close_for, is_reviewed */
    CMD_CASE_REOPEN,      /* case_id */
    CMD_CASE_HOLD,        /* case_id, is_on */
    CMD_UNMET_ADD,    /* case_id, need, reason, near (place), object, details */
    CMD_FEEDBACK_ADD, /* object, reason (kind), is_confidential, details */
    CMD_SLIP_MAKE,    /* case_id or object */
    CMD_SLIP_ENTER,   /* slip, slip_what, slip_check */
    CMD_REVIEW,       /* object, is_upheld: a vital-interest disclosure */
    CMD_SCORE_ADD,    /* case_id, score; details = JSON of its answers but the
                         psychosocial ones, which are report */
    CMD_TASK_DONE,    /* object: the task; report: the file about it */
    CMD_ACCESS,       /* access: a reading that is to be on record */
    CMD_CASE_LINK,    /* cases: one household; is_apart: each alone */
    CMD_CASE_PAIR,    /* case_id, other_id, is_same: one person or two */
    CMD_ATTACH,       /* object, category (NONE: the core's choice), n_bytes,
                         hash, file_name */
    CMD_ATTACH_PUT,   /* object = the file, offset, data */
    CMD_ATTACH_DONE,  /* object = the file: announce it */
    CMD_END
};

struct node_access; /* access.h */
struct node_score;  /* score.h */

/** A command. Only the fields its type names are read. Spans borrowed. */
struct node_command {
    enum node_command_type type;
    uint64_t ticket;         /* echoed in the reply */
    struct hf_name user;     /* who asks */
    bool is_node_owner;      /* the account that runs the node: may do what an
                                admin may, even as an unknown user */
    struct hf_id case_id;
    struct hf_id object;
    enum event event;
    enum reason reason;
    uint16_t flags;          /* ENTRY_* */
    uint64_t when_ms;
    uint64_t happened_ms;    /* 0: now */
    struct hf_org on_behalf; /* a member without a node; empty: ourselves */
    uint64_t incident_ms;
    enum stage stage;
    enum urgency urgency;
    struct hf_org to;
    struct hf_org not_to; /* node_plan: as if they had said no; empty: nobody */
    struct hf_name need;
    struct hf_name number;
    struct hf_name user_name;
    struct hf_name stand_in;
    uint32_t roles;
    char language[12];
    bool is_draft;
    bool erase;
    bool wish_female, wish_male;
    char interpreter[12];
    struct hf_name near, away;
    struct hf_id replaces;
    struct hf_id part_of;    /* the referral that the person is sent on from */
    struct facts facts;
    uint32_t sections;                      /* which of section[] are given */
    struct hf_bytes section[CATEGORY_END];  /* JSON */
    const struct consent *consent;
    enum consent_giver giver;
    bool has_document;       /* the giver's authority names one */
    bool plan_gains;         /* a component that the held plan had not */
    uint8_t n_scopes;
    struct hf_name scope[CONSENT_SCOPES_MAX];
    struct hf_bytes text;    /* a reason in words */
    struct hf_bytes details; /* JSON */
    struct hf_bytes later;   /* JSON: with whom, of what happened elsewhere;
                                where details are something else */
    struct hf_bytes report;  /* JSON */
    size_t n_services;
    const struct service *services;
    const struct attest *attest; /* instead of consent; NULL: none */
    bool has_attempts;       /* it says whom they tried to reach */
    bool is_upheld;
    uint8_t slip[SLIP_CODE_BYTES];
    enum slip_what slip_what;
    enum slip_check slip_check;
    bool is_confidential;
    enum sop_close close_for;
    bool is_reviewed, is_on;
    const struct node_score *score; /* made_ms, by set by the caller, too */
    struct hf_id other_id;
    size_t n_cases;
    struct hf_id cases[NODE_CASES_MAX];
    bool is_together;        /* with others of its household */
    bool is_apart, is_same;
    enum category category;
    uint64_t n_bytes, offset;
    struct hf_hash hash;     /* FILE_LABEL over all of the file's bytes */
    char file_name[64];      /* as it is to be called; may be empty */
    struct hf_bytes data;
    const struct node_access *access; /* time, user, roles set by the core */
};

struct node_event {
    enum node_event_type type;
    uint64_t now_ms;              /* wall clock, UTC */
    uint8_t seed[32];             /* fresh randomness for this event */
    /* NODE_EV_COMMAND */
    const struct node_command *command;
    /* CONTENT, UNOPENABLE: the clear header; CUSTODY, NOTICE: .id */
    struct envelope_header header;
    /* CONTENT: every entry in a push has a good signature of its author by
     * the key that counted at its time; others were taken out by the shell */
    const struct content *content;
    /* CUSTODY */
    struct hf_org broker;         /* NOTICE too */
    bool is_taken;                /* else refused: try again later or never */
    bool is_final;                /* not taken, and never will be */
    /* PEER, SERVICES */
    struct hf_org peer;
    size_t n_services;
    const struct service *services;
    struct hf_bytes document;     /* SERVICES: its JSON */
    uint64_t version;
    struct hf_id task;            /* NOTIFIED */
    uint8_t rung;
};

/* ---- effects ---- */

enum node_effect_type {
    NODE_DO_SEND,     /* seal in this transaction, send after the commit */
    NODE_DO_FORGET,   /* an envelope is settled: NODE_SEALED row may go */
    NODE_DO_REPLY,    /* answer a command after the commit */
    NODE_DO_PUBLISH,  /* put our services on the shelf */
    NODE_DO_ALARM,    /* a fact for the log: event word, ids */
    NODE_DO_AGAIN     /* more to do at once: feed a TICK */
};

/** Exit statuses are those of the command line (sysexits). */
struct node_reply {
    uint64_t ticket;
    int status;            /* 0, 1, 65, 66, 70, 75, 77, 78 */
    char code[32];         /* short, stable: "wrong_state", "no_consent" */
    char message[NODE_MESSAGE_BYTES]; /* what is wrong, where */
    char hint[NODE_MESSAGE_BYTES];    /* what to do; may be empty */
    struct hf_id id;       /* what was made or changed */
    enum object_kind kind; /* OBJECT_NONE: a case or consent */
    enum state state;
    struct hf_org to;
    struct hf_name service;
    struct hf_id decision;
    uint32_t version;      /* of a consent */
    uint32_t n;            /* neighbours told of a withdrawal, a slip's answer*/
    uint8_t slip[SLIP_CODE_BYTES]; /* a code that was made */
    uint64_t when_ms;      /* until when it is good */
    uint64_t at;           /* of an attachment: bytes held so far */
};

struct node_send {
    struct hf_id envelope;
    struct hf_org to;
    uint8_t lane;
    bool is_control;
    uint64_t created_ms;
    uint64_t expires_ms;   /* the shell lowers it to the prekey's end */
    const struct content *content; /* in the effects' arena */
};

struct node_effect {
    enum node_effect_type type;
    union {
        struct node_send send;
        struct hf_id forget;
        struct node_reply reply;
        struct {
            const char *event; /* static word for hf_log */
            struct hf_id object;
            enum object_kind kind;
            struct hf_org peer;
            enum reason reason;
            const char *what, *rung; /* static words, or NULL */
        } alarm;
    } u;
};

/** A bounded list and the bytes it points into. Allocate once. */
struct node_effects {
    size_t n;
    struct node_effect item[NODE_EFFECTS_MAX];
    size_t used;
    uint8_t arena[NODE_ARENA_BYTES];
};

/**
 * node_step: take one event. Appends to @out, which the shell empties
 * (n = used = 0) after releasing a batch; a batch ends early when less than
 * NODE_STEP_ARENA_MIN of the arena or NODE_STEP_EFFECTS_MIN effects are left.
 * Deterministic: equal store, event and seed give equal writes and effects.
 */
void node_step(const struct node_env *env, const struct node_event *ev,
               struct node_effects *out);

/** node_wake_ms: when a TICK is next due; UINT64_MAX: never. */
uint64_t node_wake_ms(const struct node_env *env);

/** node_prefix: what an id begins with: "HR", "HT", "HW"; of no kind, a case:
 * "HC". Static. */
const char *node_prefix(enum object_kind kind);

/** node_plan: the decision `refer` would make now, without doing it. Reads
 * only. False with *ret_reply set when it cannot be made (unknown case, need,
 * no permission). */
bool node_plan(const struct node_env *env, const struct node_command *c,
               uint64_t now_ms, struct node_decision *ret_d,
               struct node_reply *ret_reply);

/** node_check: walk the store and hold every object against its chains
 * (state, counts, hashes, indices). False with a sentence in @why. Reads only.
 */
bool node_check(const struct node_env *env, char *why, size_t why_bytes);

#endif /* NODE_CORE_NODE_H */
