/* A command to what does it: a table. */
#include "access.h"
#include "ask.h"
#include "close.h"
#include "files.h"
#include "hf_assert.h"
#include "household.h"
#include "node_internal.h"
#include "people.h"
#include "permit.h"
#include "said.h"
#include "score.h"
#include "shred.h"
#include "slip.h"
#include "unmet.h"
#include "vital.h"

static void
no_command(struct step *s)
{
    step_refuse(s, 64, "no_command", "", "no command was given");
}

#define COMMAND_MAP(X)                                                         \
    X(CMD_NONE, no_command)                                                    \
    X(CMD_CASE_NEW, ask_case_new)                                              \
    X(CMD_CASE_SET, ask_case_set)                                              \
    X(CMD_CASE_STAGE, ask_case_stage)                                          \
    X(CMD_CASE_ASSIGN, ask_case_assign)                                        \
    X(CMD_CASE_SHRED, ask_case_shred)                                          \
    X(CMD_CONSENT_GIVE, ask_consent)                                           \
    X(CMD_CONSENT_AMEND, ask_consent)                                          \
    X(CMD_CONSENT_REFUSE, ask_consent)                                         \
    X(CMD_CONSENT_WITHDRAW, ask_consent_withdraw)                              \
    X(CMD_REFER, ask_refer)                                                    \
    X(CMD_EVENT, ask_event)                                                    \
    X(CMD_TRANSFER_OFFER, ask_transfer_offer)                                  \
    X(CMD_TRANSFER_REQUEST, ask_transfer_request)                              \
    X(CMD_CASE_LINK, ask_case_link)                                            \
    X(CMD_CASE_PAIR, ask_case_pair)                                            \
    X(CMD_ATTACH, ask_attach)                                                  \
    X(CMD_ATTACH_PUT, ask_attach_put)                                          \
    X(CMD_ATTACH_DONE, ask_attach_done)                                        \
    X(CMD_USER_ADD, ask_user)                                                  \
    X(CMD_USER_ROLE, ask_user)                                                 \
    X(CMD_USER_DISABLE, ask_user)                                              \
    X(CMD_USER_ABSENT, ask_user_absent)                                        \
    X(CMD_SERVICES_SET, ask_services_set)                                      \
    X(CMD_CASE_CLOSE, ask_case_close)                                          \
    X(CMD_CASE_REOPEN, ask_case_reopen)                                        \
    X(CMD_CASE_HOLD, ask_case_hold)                                            \
    X(CMD_UNMET_ADD, ask_unmet)                                                \
    X(CMD_FEEDBACK_ADD, ask_feedback)                                          \
    X(CMD_SLIP_MAKE, ask_slip_make)                                            \
    X(CMD_SLIP_ENTER, ask_slip_enter)                                          \
    X(CMD_REVIEW, vital_review)                                                \
    X(CMD_SCORE_ADD, ask_score_add)                                            \
    X(CMD_TASK_DONE, ask_task_done)                                            \
    X(CMD_ACCESS, ask_access)

/* As many rows as kinds, and the compiler refuses a kind twice: each has one.*/
#define X(kind, handler) +1
_Static_assert(COMMAND_MAP(X) == CMD_END, "a handler for each command");
#undef X

static void (*const handlers[CMD_END])(struct step *s) = {
#define X(kind, handler) [kind] = handler,
    COMMAND_MAP(X)
#undef X
};

void
node_do_command(struct step *s)
{
    s->cmd = s->ev->command;
    s->roles = permit_roles(s->v, &s->cmd->user, s->cmd->is_node_owner);
    HF_ASSERT((unsigned)s->cmd->type < CMD_END);
    handlers[s->cmd->type](s);
    s->cmd = NULL; /* what follows happens by itself */
}
