/*
 * permit.h - who may do and read what inside this organisation.
 *
 * One row a command or query: the roles that may. Category by role: what a
 * user may read of a case or referral.
 */
#ifndef NODE_CORE_PERMIT_H
#define NODE_CORE_PERMIT_H

#include "node.h"

/** What a person reads, as permissions go. */
enum permit_query {
    PERMIT_CASES = 1, /* case show, list, consent show, route */
    PERMIT_OBJECTS,   /* list, show */
    PERMIT_TASKS,     /* tasks; show, where it is to be reviewed */
    PERMIT_FIGURES,   /* audit ... */
    PERMIT_USERS,     /* user list */
    PERMIT_STATUS,    /* status, services search: everybody known */
    PERMIT_ADMIN,     /* policy install, registry publish, metrics */
    PERMIT_ACCESS,    /* audit access */
    PERMIT_REVIEW     /* the attestation of a vital-interest disclosure */
};

/** permit_roles: the roles of @user, 0 when unknown or disabled. The account
 * that owns the node has at least ROLE_ADMIN. */
uint32_t permit_roles(const struct node_view *v, const struct hf_name *user,
                      bool is_node_owner);
bool permit_command(uint32_t roles, enum node_command_type type,
                    enum object_kind kind, enum side side, enum event event);
bool permit_query(uint32_t roles, enum permit_query q);
/** What is read. Borrowed for the call. */
struct permit_what {
    const struct facts *facts; /* of the person: packs are for countries */
    bool of_case;  /* a case, or what we shared of it; else what came to us */
    bool is_staff; /* it is this reader's own work: no pack narrows it */
};
/** Who says what a role reads. A pack only takes away. */
enum permit_source { PERMIT_BUILT_IN = 1, PERMIT_PACK, PERMIT_FILE };
const char *permit_source_text(enum permit_source s);
struct permit_word {
    enum permit_source source;
    const struct sop_pack *pack; /* PERMIT_PACK: which; of the book */
    uint32_t reads;              /* CATEGORY_BIT set */
};
/** permit_role: what @role reads of @w at @now_ms: as handoff.yaml says, else
 * what a pack in force leaves of the default, else the default. */
struct permit_word permit_role(const struct node_env *env, uint64_t now_ms,
                               enum role role, const struct permit_what *w);
/** permit_role_at: the i-th of all that may be said of @role, in this order,
 * whatever country the person is of; false at the end. */
bool permit_role_at(const struct node_env *env, uint64_t now_ms, enum role role,
                    size_t i, struct permit_word *ret);
/** permit_categories: what either of these roles reads. */
uint32_t permit_categories(const struct node_env *env, uint64_t now_ms,
                           uint32_t roles, const struct permit_what *w);
/** permit_reads: whether a role may ever be given categories to read. */
bool permit_reads(enum role role);

#endif /* NODE_CORE_PERMIT_H */
