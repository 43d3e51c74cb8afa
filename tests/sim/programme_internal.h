/*
 * programme_internal.h - what the files of a programme share.
 */
#ifndef SIM_PROGRAMME_INTERNAL_H
#define SIM_PROGRAMME_INTERNAL_H

#include "programme.h"

#define DESK_SERVICES_MAX 4
#define PERSON_NEEDS_MAX  5
#define PROGRAMME_CODES   32
#define NOBODY            UINT32_MAX

enum desk_kind { DESK_COMMITTEE, DESK_HOST, DESK_ORIGIN, DESK_PROVIDER };

/* An organisation as its staff are. */
struct desk {
    enum desk_kind kind;
    unsigned country;     /* of origin; of a host office: 0 */
    unsigned pace;        /* 1 quick ... 4 slow */
    unsigned silent_in;   /* one in so many is never answered */
    uint8_t n_services;
    uint8_t service[DESK_SERVICES_MAX]; /* of programme_service[] */
    struct service offered[DESK_SERVICES_MAX];
    bool is_published;
    uint64_t version;
};

struct person_need {
    uint8_t service; /* of programme_service[] */
    uint8_t tries;
};

struct person {
    unsigned host, origin, next; /* nodes; next: where they move on to */
    uint32_t sections;
    struct hf_id case_id;        /* zero: not opened yet */
    uint8_t n_needs, n_referred;
    struct person_need need[PERSON_NEEDS_MAX];
    bool is_unannounced;         /* the origin office asks for the case */
    bool moves_on, withdraws, has_moved, has_withdrawn;
    bool is_assisted;            /* planning has begun */
    uint8_t offers;              /* tries */
};

/* The last look at an object. */
struct look {
    bool is_taken;
    unsigned node;
    struct hf_id object;
    uint64_t serial; /* of the task that will act; 0: none */
};

/* Who said of a case, at which epoch, that it is theirs. */
struct claim {
    bool is_taken;
    struct hf_id case_id;
    uint32_t epoch;
    unsigned node;
    uint32_t person; /* in the first claim of a case; else NOBODY */
};

struct programme {
    struct programme_options o;
    struct world_shape shape;
    unsigned n_countries;
    struct desk desk[WORLD_NODES_MAX];
    struct person *person;
    struct look *look; /* open addressing, as claims */
    size_t n_looks, looks_max;
    struct claim *claim;
    size_t n_claims, claims_max;
    uint64_t n_answers, n_done;
    uint64_t n_crashes, n_restores, n_away, n_jumps, n_withdrawn, n_moves;
    uint64_t n_alarms, n_deadlines, n_overdue;
    uint64_t serial;
    struct {
        char code[32];
        uint64_t n;
    } refusal[PROGRAMME_CODES]; /* commands, by the code of the refusal */
};

/* What is offered, and by which need it is asked for. */
struct programme_service {
    const char *code;
    const char *need;
};
extern const struct programme_service programme_service[];
#define PROGRAMME_SERVICES 8

/* programme.c */
struct order *programme_order(struct world *w, enum node_command_type type);
/** programme_give: the order is taken; false: the node is not there. */
bool programme_give(struct world *w, unsigned node, struct order *o);
uint64_t programme_days(struct world *w, unsigned from, unsigned until);
void programme_name(struct hf_name *n, const char *s);

/* staff.c */
/** staff_begin: users and services at every desk, and a look once a week. */
void staff_begin(struct world *w);

/* persons.c */
void persons_begin(struct world *w);
/** persons_reply: to an order of theirs (ticket with a person). */
void persons_reply(struct world *w, unsigned node, const struct node_reply *r);
/** persons_taken_over: the case has come to @node. */
void persons_taken_over(struct world *w, unsigned node,
                        const struct hf_id *case_id);
/** persons_try_again: the referral of @o came to nothing and is closed. */
void persons_try_again(struct world *w, unsigned node,
                       const struct node_object *o);

/* custody.c */
uint32_t custody_person(const struct programme *p, const struct hf_id *case_id);
void custody_opened(struct world *w, const struct hf_id *case_id, unsigned node,
                    uint32_t person);
/** custody_check: in the end each case has one holder, the newest. */
void custody_check(struct world *w);

#endif /* SIM_PROGRAMME_INTERNAL_H */
