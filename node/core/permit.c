#include "permit.h"

#include "sop_force.h"

#define CARE                                                                   \
    (ROLE_BIT(ROLE_CASE_MANAGER) | ROLE_BIT(ROLE_SUPERVISOR))
#define SERVE                                                                  \
    (CARE | ROLE_BIT(ROLE_FOCAL_POINT) | ROLE_BIT(ROLE_HEALTH) |               \
     ROLE_BIT(ROLE_MENTAL_HEALTH))
#define ANYONE                                                                 \
    (SERVE | ROLE_BIT(ROLE_COMMITTEE) | ROLE_BIT(ROLE_REVIEWER) |              \
     ROLE_BIT(ROLE_AUDITOR) | ROLE_BIT(ROLE_ADMIN) |                           \
     ROLE_BIT(ROLE_INTEGRATION))

uint32_t
permit_roles(const struct node_view *v, const struct hf_name *user,
             bool is_node_owner)
{
    struct node_user u;
    uint32_t roles = 0;

    if (user_get(v, user, &u) && !u.is_disabled)
        roles = u.roles;
    return is_node_owner ? roles | ROLE_BIT(ROLE_ADMIN) : roles;
}

/* An event: who cares for the case on the first side, who serves on the
 * second; approval is a supervisor's. */
static uint32_t
event_roles(enum object_kind kind, enum side side, enum event event)
{
    if (event == EVENT_APPROVE || event == EVENT_REFUSE)
        return kind == OBJECT_REFERRAL ? ROLE_BIT(ROLE_SUPERVISOR) : CARE;
    if (kind == OBJECT_REFERRAL && side == SIDE_SECOND)
        return SERVE;
    return CARE;
}

bool
permit_command(uint32_t roles, enum node_command_type type,
               enum object_kind kind, enum side side, enum event event)
{
    switch (type) {
    case CMD_CASE_NEW:
    case CMD_CASE_SET:
    case CMD_CASE_STAGE:
    case CMD_SCORE_ADD:
    case CMD_CONSENT_GIVE:
    case CMD_CONSENT_AMEND:
    case CMD_CONSENT_REFUSE:
    case CMD_SLIP_MAKE:
    case CMD_CASE_LINK:
    case CMD_CASE_PAIR:
    case CMD_TRANSFER_OFFER:
    case CMD_TRANSFER_REQUEST:
    case CMD_CASE_CLOSE:
    case CMD_CASE_REOPEN:
    case CMD_UNMET_ADD:
    case CMD_FEEDBACK_ADD:
        return (roles & CARE) != 0;
    case CMD_REFER: /* of a case; or on, of whom they serve */
        return (roles & (side == SIDE_SECOND ? SERVE : CARE)) != 0;
    case CMD_SLIP_ENTER:
    case CMD_CONSENT_WITHDRAW: /* wherever the person comes to */
        return (roles & SERVE) != 0;
    case CMD_CASE_HOLD:
    case CMD_CASE_SHRED: /* for good */
        return (roles & ROLE_BIT(ROLE_SUPERVISOR)) != 0;
    case CMD_ATTACH:
    case CMD_ATTACH_PUT:
    case CMD_ATTACH_DONE: /* an event announces it */
        return (roles & event_roles(kind, side, EVENT_DISCLOSE)) != 0;
    case CMD_CASE_ASSIGN:
    case CMD_TASK_DONE:
        return (roles & SERVE) != 0;
    case CMD_REVIEW:
        return (roles & ROLE_BIT(ROLE_REVIEWER)) != 0;
    case CMD_USER_ABSENT: /* whose, is looked at there */
    case CMD_ACCESS:
        return roles != 0; /* the question itself was permitted */
    case CMD_EVENT:
        return (roles & event_roles(kind, side, event)) != 0;
    case CMD_USER_ADD:
    case CMD_USER_ROLE:
    case CMD_USER_DISABLE:
        return (roles & ROLE_BIT(ROLE_ADMIN)) != 0;
    case CMD_SERVICES_SET:
        return (roles & (ROLE_BIT(ROLE_ADMIN) | ROLE_BIT(ROLE_FOCAL_POINT) |
                         ROLE_BIT(ROLE_SUPERVISOR))) != 0;
    case CMD_NONE:
    case CMD_END:
        break;
    }
    return false;
}

bool
permit_query(uint32_t roles, enum permit_query q)
{
    switch (q) {
    case PERMIT_CASES:
        return (roles & (CARE | ROLE_BIT(ROLE_HEALTH) |
                         ROLE_BIT(ROLE_MENTAL_HEALTH))) != 0;
    case PERMIT_OBJECTS:
        return (roles & (SERVE | ROLE_BIT(ROLE_INTEGRATION))) != 0;
    case PERMIT_TASKS:
        return (roles & (SERVE | ROLE_BIT(ROLE_INTEGRATION) |
                         ROLE_BIT(ROLE_REVIEWER))) != 0;
    case PERMIT_FIGURES:
        return (roles & (ROLE_BIT(ROLE_COMMITTEE) | ROLE_BIT(ROLE_AUDITOR) |
                         ROLE_BIT(ROLE_SUPERVISOR))) != 0;
    case PERMIT_REVIEW:
        return (roles & ROLE_BIT(ROLE_REVIEWER)) != 0;
    case PERMIT_ACCESS:
        return (roles & (ROLE_BIT(ROLE_AUDITOR) | ROLE_BIT(ROLE_SUPERVISOR))) !=
               0;
    case PERMIT_USERS:
        return (roles & (ROLE_BIT(ROLE_ADMIN) | CARE)) != 0;
    case PERMIT_STATUS:
        return (roles & ANYONE) != 0;
    case PERMIT_ADMIN:
        return (roles & ROLE_BIT(ROLE_ADMIN)) != 0;
    }
    return false;
}

#define BASIC                                                                  \
    (CATEGORY_BIT(CATEGORY_IDENTITY) | CATEGORY_BIT(CATEGORY_CONTACT) |        \
     CATEGORY_BIT(CATEGORY_WISHES) | CATEGORY_BIT(CATEGORY_FAMILY))

/* Who reads what unless the organisation says otherwise: case managers all,
 * health staff what they treat, a focal point what was sent to the service.
 * Roles that are not here read nothing, whatever a configuration says. */
static const uint32_t reads[ROLE_END] = {
    [ROLE_CASE_MANAGER] = CATEGORY_ALL,
    [ROLE_SUPERVISOR] = CATEGORY_ALL,
    [ROLE_FOCAL_POINT] = CATEGORY_ALL,
    [ROLE_HEALTH] = BASIC | CATEGORY_BIT(CATEGORY_HEALTH),
    [ROLE_MENTAL_HEALTH] = BASIC | CATEGORY_BIT(CATEGORY_HEALTH) |
                           CATEGORY_BIT(CATEGORY_MHPSS) |
                           CATEGORY_BIT(CATEGORY_VULNERABILITY),
};

bool
permit_reads(enum role role)
{
    return role > ROLE_NONE && role < ROLE_END && reads[role] != 0;
}

const char *
permit_source_text(enum permit_source s)
{
    static const char *const text[] = {"", "built_in", "pack", "handoff.yaml"};

    return (unsigned)s < 4 ? text[s] : "";
}

/* The organisation's own line alone, where it has one; else the default, of
 * which packs may take away, and to which none adds. */
static struct permit_word
own_word(const struct node_config *config, enum role role)
{
    struct permit_word w = {PERMIT_BUILT_IN, NULL, reads[role]};

    if (config->reads[role] != 0) {
        w.source = PERMIT_FILE;
        w.reads = config->reads[role] & CATEGORY_ALL;
    }
    return w;
}

struct permit_word
permit_role(const struct node_env *env, uint64_t now_ms, enum role role,
            const struct permit_what *w)
{
    const struct sop_force f = {env->sops, w->facts, now_ms};
    struct permit_word word = {PERMIT_BUILT_IN, NULL, 0};
    uint32_t left;

    if (!permit_reads(role) || (w->of_case && role == ROLE_FOCAL_POINT))
        return word;
    word = own_word(env->config, role);
    if (word.source == PERMIT_BUILT_IN && !w->is_staff &&
        sop_force_access(&f, role, &left, &word.pack)) {
        word.source = PERMIT_PACK;
        word.reads &= left;
    }
    return word;
}

bool
permit_role_at(const struct node_env *env, uint64_t now_ms, enum role role,
               size_t i, struct permit_word *ret)
{
    const struct sop_force f = {env->sops, NULL, now_ms};
    const struct sop_pack *before;
    uint32_t left;

    if (!permit_reads(role))
        return false;
    *ret = own_word(env->config, role);
    if (ret->source == PERMIT_FILE)
        return i == 0;
    if (sop_force_access_at(&f, role, i, &left, &ret->pack)) {
        ret->source = PERMIT_PACK;
        ret->reads &= left;
        return true;
    }
    return i == 0 || sop_force_access_at(&f, role, i - 1, &left, &before);
}

uint32_t
permit_categories(const struct node_env *env, uint64_t now_ms, uint32_t roles,
                  const struct permit_what *w)
{
    uint32_t may = 0;

    for (enum role r = ROLE_NONE + 1; r < ROLE_END; r++)
        if (roles & ROLE_BIT(r))
            may |= permit_role(env, now_ms, r, w).reads;
    return may;
}
