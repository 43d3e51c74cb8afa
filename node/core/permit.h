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
/** permit_categories: what these roles may read of a case (@of_case) or of a
 * referral received, by the node's need-to-know table. */
uint32_t permit_categories(const struct node_config *config, uint32_t roles,
                           bool of_case);
/** permit_reads: whether a role may ever be given categories to read. */
bool permit_reads(enum role role);

#endif /* NODE_CORE_PERMIT_H */
