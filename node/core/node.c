#include "node.h"

#include "ask.h"
#include "custody.h"
#include "figures.h"
#include "hf_assert.h"
#include "ladder.h"
#include "node_internal.h"
#include "push.h"
#include "reviewer.h"
#include "ruling.h"

#define PEER_PAGE 256 /* objects that a prekey sets going at once */

bool
node_has_room(const struct step *s)
{
    return NODE_ARENA_BYTES - s->out->used >= NODE_STEP_ARENA_MIN &&
           NODE_EFFECTS_MAX - s->out->n >= NODE_STEP_EFFECTS_MIN;
}

/* A prekey came: what waited for it is due now, and after a restore what we
 * share with this peer; again each week until all of it has come back, since an
 * ask to whoever was away outlives neither its prekey nor a broker's patience.
 */
static void
step_peer(struct step *s)
{
    struct node_self self;
    struct hf_id object;

    if (custody_awaits(s, &s->ev->peer) && self_get(s->v, &self))
        push_ask_again(s, &s->ev->peer, &self.restored);

    /* Those beyond come up by themselves within minutes (push_waits). */
    for (int i = 0; i < PEER_PAGE && waiting_first(s->v, &s->ev->peer, &object);
         i++) {
        waiting_del(s->v, &s->ev->peer, &object);
        push_soon(s, &object);
        s->again = true;
    }
}

void
node_step(const struct node_env *env, const struct node_event *ev,
          struct node_effects *out)
{
    struct step s = {.env = env, .ev = ev, .v = env->view, .out = out,
                     .now = ev->now_ms};

    HF_ASSERT(node_has_room(&s));
    switch (ev->type) {
    case NODE_EV_START:
        figures_begin(&s);
        ruling_apply_all(&s);
        reviewer_begin(&s);
        break;
    case NODE_EV_RESTORED:
        node_after_restore(&s);
        break;
    case NODE_EV_COMMAND:
        node_do_command(&s);
        break;
    case NODE_EV_CONTENT:
        node_take_envelope(&s);
        break;
    case NODE_EV_UNOPENABLE:
        node_take_unopenable(&s);
        break;
    case NODE_EV_CUSTODY:
        push_custody(&s, &ev->header.id, &ev->broker, ev->is_taken,
                     ev->is_final);
        break;
    case NODE_EV_NOTICE:
        push_notice(&s, &ev->header.id, &ev->broker);
        break;
    case NODE_EV_PEER:
        step_peer(&s);
        break;
    case NODE_EV_SERVICES:
        ask_services_arrived(&s);
        break;
    case NODE_EV_NOTIFIED:
        ladder_notified(&s, &ev->task, ev->rung);
        break;
    case NODE_EV_TICK:
        node_tick(&s);
        break;
    }
    if (s.again)
        (void)step_effect(&s, NODE_DO_AGAIN);
}
