/* A case ends: what the exit review lists, and close, reopen, hold. */
#include "api_internal.h"
#include "close.h"
#include "lifecycle.h"

/* Open: nobody has taken it up, or its answer was not read. Onward: somebody
 * is at it, and goes on when the case is closed; also where a provider has sent
 * the person on to another one. */
static void
put_referrals(struct api_call *c, json_t *o, const struct node_case *row)
{
    json_t *open = json_array(), *onward = json_array();
    struct hf_id at = {{0}};
    struct node_object object;

    while (object_next_of_case(c->env->view, &row->id, &at, &object)) {
        const enum state st = object.state;
        const bool is_onward = st == STATE_ACCEPTED || st == STATE_SCHEDULED ||
                               st == STATE_NO_SHOW ||
                               st == STATE_APPOINTMENT_CANCELLED ||
                               st == STATE_IN_SERVICE;

        if (object.kind != OBJECT_REFERRAL || object.side != SIDE_FIRST ||
            lifecycle_is_final(object.kind, st)) {
            api_add_onward(c, &object, true, onward);
            continue;
        }
        (void)json_array_append_new(is_onward ? onward : open,
                                    api_object(c, &object));
        api_add_onward(c, &object, true, onward);
    }
    (void)json_object_set_new(o, "open", open);
    (void)json_object_set_new(o, "onward", onward);
}

static void
put_rule(struct api_call *c, json_t *o, const struct node_case *row,
         enum sop_close reason)
{
    const struct sop_force f = {c->env->sops, &row->facts, c->now_ms};
    struct sop_closure rule;
    uint64_t over_ms;

    api_put_u64(o, "attempts",
                close_attempts(c->env->view, &row->id, &over_ms));
    if (reason == CLOSE_NONE || !sop_force_closure(&f, reason, &rule))
        return;
    api_put_bool(o, "exit_review", rule.exit_review);
    api_put_bool(o, "approval", rule.approval);
    api_put_u64(o, "attempts_needed", rule.attempts);
}

static enum api_verdict
bad_reason(struct api_call *c)
{
    return api_bad(c, "reason",
                   "must be support_ended, criteria_not_met, "
                   "returnee_choice, left_area, re_migrated, died, "
                   "lost_contact, access_barrier, repercussions, conduct, "
                   "security, funding, service_closed or transferred");
}

enum api_verdict
query_closing(struct api_call *c)
{
    const char *reason = api_arg(c, "reason");
    struct node_case row;
    json_t *o;

    if (!api_path_case(c, &row))
        return API_ANSWERED;
    if (reason != NULL && close_parse(reason) == CLOSE_NONE)
        return bad_reason(c);
    o = json_object();
    api_put_id(o, "case", "HC", &row.id);
    api_put_text(o, "stage", stage_text(row.stage));
    put_referrals(c, o, &row);
    (void)json_object_set_new(o, "unmet", api_unmet(c, &row.id));
    put_rule(c, o, &row, reason == NULL ? CLOSE_NONE : close_parse(reason));
    return api_say(c, o);
}

enum api_verdict
command_case_close(struct api_call *c)
{
    const char *reason = filecheck_string(c->req->json, "reason");
    struct node_case row;

    c->command->type = CMD_CASE_CLOSE;
    if (!api_path_case(c, &row) || !api_need(c, "reason") ||
        !api_body_bool(c, "reviewed", &c->command->is_reviewed))
        return API_ANSWERED;
    c->command->close_for = reason == NULL ? CLOSE_NONE : close_parse(reason);
    return c->command->close_for != CLOSE_NONE
               ? API_COMMAND
               : bad_reason(c);
}

enum api_verdict
command_case_reopen(struct api_call *c)
{
    struct node_case row;

    c->command->type = CMD_CASE_REOPEN;
    return api_path_case(c, &row) ? API_COMMAND : API_ANSWERED;
}

enum api_verdict
command_case_hold(struct api_call *c)
{
    struct node_case row;

    c->command->type = CMD_CASE_HOLD;
    return api_path_case(c, &row) && api_need(c, "on") &&
                   api_body_bool(c, "on", &c->command->is_on)
               ? API_COMMAND
               : API_ANSWERED;
}

void
api_put_closing(json_t *o, const struct node_case *row)
{
    api_put_text(o, "stage", stage_text(row->stage));
    if (row->closed_for != CLOSE_NONE) {
        api_put_text(o, "closed_for",
                     close_word((enum sop_close)row->closed_for));
        api_put_time(o, "closed", row->closed_ms);
    }
    if (row->close_asked != CLOSE_NONE) {
        api_put_text(o, "close_asked",
                     close_word((enum sop_close)row->close_asked));
        api_put_text(o, "close_asked_by", row->close_asked_by.s);
    }
    if (row->is_held)
        api_put_bool(o, "hold", true);
    if (row->is_dead)
        api_put_bool(o, "died", true);
}
