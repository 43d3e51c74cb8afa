/* Whom the SOP would ask next, where one provider said no or nothing: what the
 * rung `next_provider` of the ladder proposes, for a person to confirm. */
#include <string.h>

#include "api_internal.h"
#include "task.h"

static bool
said_no(enum state state)
{
    return state == STATE_DECLINED || state == STATE_REJECTED ||
           state == STATE_EXPIRED || state == STATE_LAPSED ||
           state == STATE_FAILED;
}

static bool
has_climbed(struct api_call *c, const struct node_object *o)
{
    struct node_task t;

    memset(&t, 0, sizeof(t));
    while (task_next_of_object(c->env->view, &o->id, &t))
        if (t.done_ms == 0 && t.rung >= RUNG_NEXT_PROVIDER)
            return true;
    return false;
}

bool
api_asks_next(struct api_call *c, const struct node_object *o)
{
    return o->kind == OBJECT_REFERRAL && o->side == SIDE_FIRST &&
           !hf_id_is_zero(&o->case_id) && api_sees(c, o) &&
           permit_query(c->roles, PERMIT_CASES) &&
           (said_no(o->state) || has_climbed(c, o));
}

void
api_put_next(struct api_call *c, json_t *j, const struct node_object *o)
{
    struct node_command cmd;
    struct node_decision d;
    struct node_reply reply;
    json_t *next;
    bool found;

    memset(&cmd, 0, sizeof(cmd));
    memset(&reply, 0, sizeof(reply));
    memset(&d, 0, sizeof(d));
    cmd.type = CMD_REFER;
    cmd.user = c->req->user;
    cmd.case_id = o->case_id;
    cmd.need = o->terms.need;
    cmd.not_to = o->peer;
    if (!node_plan(c->env, &cmd, c->now_ms, &d, &reply))
        return;
    found = d.sop.outcome == SOP_CHOSEN;
    next = json_object();
    api_put_text(next, "need", o->terms.need.s);
    api_put_text(next, "to", found ? d.sop.to.s : "");
    api_put_text(next, "service", found ? d.sop.service.code.s : "");
    (void)json_object_set_new(
        next, "missing_consent",
        api_categories(found ? d.sop.service.required & ~d.gate.sends : 0));
    (void)json_object_set_new(j, "next", next);
}
