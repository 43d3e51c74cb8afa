/* A node's batches: steps in one transaction, then the effects, one by one. */
#include "knot_internal.h"
#include "people.h"
#include "programme.h"
#include "seal.h"

/* ---- when ---- */

uint64_t
knot_wall(const struct world *w, const struct knot *k)
{
    return (uint64_t)((int64_t)w->now_ms + k->skew_ms + k->jump_ms);
}

/* As noded does; the brokers' clocks are right here. */
void
knot_look(struct world *w, struct knot *k)
{
    bool is_linked = false;

    for (unsigned b = 0; b < w->n_brokers; b++)
        is_linked |= k->link[b].handle != 0;
    if (clock_watch_look(&k->clock, knot_wall(w, k), w->now_ms,
                         is_linked ? w->now_ms : 0)) {
        world_trace(w, "%s: doubt about the clock: %s",
                    world_name(w, k->index),
                    clock_doubt_text(k->clock.doubt));
        if (k->clock.doubt == CLOCK_SURE)
            knot_push_tick(k);
    }
    k->env.is_clock_doubtful = k->clock.doubt != CLOCK_SURE;
}

static void
wake(struct world *w, struct task *t)
{
    struct knot *k = w->node[t->who];

    if (t->incarnation != k->incarnation || t->at_ms != k->wake_ms)
        return;
    k->wake_ms = 0;
    knot_push_tick(k);
    knot_run(w, k);
}

/* When its own clock says so; never at once, so that time passes. */
void
knot_wake_later(struct world *w, struct knot *k)
{
    uint64_t due = node_wake_ms(&k->env), now_ms;
    struct task *t;

    if (due == UINT64_MAX || k->tick_queued)
        return;
    now_ms = knot_now(w, k);
    due = due <= now_ms ? w->now_ms + 1 : w->now_ms + (due - now_ms);
    if (k->wake_ms != 0 && k->wake_ms <= due)
        return;
    k->wake_ms = due;
    t = world_later(w, due - w->now_ms, wake, k->index);
    t->incarnation = k->incarnation;
}

/* ---- one step ---- */

static void
say_content(struct world *w, const struct knot *k, const struct knot_job *j)
{
    static const char *const words[] = {"", "push", "ask", "receipt",
                                        "figures", "chunk", "slip",
                                        "fork",    "claims",
                                        "review notice", "review verdict"};
    static const struct hf_id none;
    const struct content *c = &k->content;
    const struct hf_id *object =
        c->type == CONTENT_PUSH  ? &c->u.push.object
        : c->type == CONTENT_ASK ? &c->u.ask.object
        : c->type == CONTENT_RECEIPT && c->u.receipts.n > 0
            ? &c->u.receipts.item[0].object
            : &none;

    world_trace(w, "%s gets %s: %s of %s from %s", world_name(w, k->index),
                world_id(&j->ev.header.id), words[c->type], world_id(object),
                j->ev.header.sender.s);
}

/* What arrived, opened; false: nothing the core should hear of. */
static bool
open_job(struct world *w, struct knot *k, struct knot_job *j)
{
    const struct hf_bytes in = hf_buf_bytes(&j->bytes);
    struct content_push *push = &k->content.u.push;
    struct notice notice;

    if (envelope_peek(in, &j->ev.header) != HF_OK)
        return false;
    if (j->ev.header.suite == SUITE_NOTICE) {
        const unsigned b = world_broker_index(w, &j->ev.header.sender);

        if (b >= w->n_brokers ||
            notice_read(in, &w->registry.broker[b], &notice) != HF_OK)
            return false;
        j->ev.type = NODE_EV_NOTICE;
        j->ev.broker = j->ev.header.sender;
        j->ev.header.id = notice.envelope;
        return true;
    }
    if (j->ev.type == NODE_EV_UNOPENABLE) {
        world_trace(w, "%s cannot open %s", world_name(w, k->index),
                    world_id(&j->ev.header.id));
        return true;
    }
    if (content_decode(seal_open(in), &k->content) != HF_OK) {
        world_fail(w, "%s cannot decode what %s sent", world_name(w, k->index),
                   j->ev.header.sender.s);
        return false;
    }
    for (size_t i = 0; k->content.type == CONTENT_PUSH && i < push->n; i++)
        if (!knot_is_signed(&push->entry[i]))
            world_fail(w, "%s sent an entry without its author's signature",
                       j->ev.header.sender.s);
    for (int i = 0; k->content.type == CONTENT_FORK && i < 2; i++)
        if (!knot_is_signed(&k->content.u.fork.entry[i]))
            world_fail(w, "%s sent evidence that is not signed",
                       j->ev.header.sender.s);
    j->ev.content = &k->content;
    say_content(w, k, j);
    return true;
}

/* Sealing and forgetting belong to the transaction. */
static void
inside(struct world *w, struct knot *k, size_t from)
{
    for (size_t i = from; i < k->out->n; i++) {
        const struct node_effect *e = &k->out->item[i];

        if (e->type == NODE_DO_SEND)
            knot_seal(w, k, &e->u.send);
        else if (e->type == NODE_DO_FORGET)
            knot_forget(k, &e->u.forget);
    }
}

static void
step_job(struct world *w, struct knot *k, struct knot_job *j)
{
    const size_t before = k->out->n;
    const bool is_content = j->bytes.n > 0;

    k->done[k->n_done++] = j;
    if (j->ev.type == NODE_EV_TICK)
        k->tick_queued = false;
    if (is_content && !open_job(w, k, j))
        return;
    if (j->order != NULL)
        j->ev.command = &j->order->c;
    if (j->ev.type == NODE_EV_SERVICES)
        people_services(w, j->from, &j->ev);
    if (is_content && k->n_owed < KNOT_BATCH_MAX)
        k->owed[k->n_owed++] =
            (struct knot_owed){j->handle, j->token, j->ev.header.id};
    j->ev.now_ms = knot_now(w, k);
    world_random(w, j->ev.seed, sizeof(j->ev.seed));
    node_step(&k->env, &j->ev, k->out);
    inside(w, k, before);
    check_step(w, k);
}

/* ---- batches ---- */

static void
release(struct world *w, struct knot *k, const struct node_effect *e)
{
    switch (e->type) {
    case NODE_DO_SEND:
        knot_add_pending(w, k, &e->u.send.envelope);
        break;
    case NODE_DO_FORGET:
        knot_drop_pending(k, &e->u.forget);
        break;
    case NODE_DO_REPLY:
        people_reply(w, k, &e->u.reply);
        break;
    case NODE_DO_PUBLISH:
        people_publish(w, k);
        break;
    case NODE_DO_ALARM:
        world_trace(w, "%s alarm %s %s", world_name(w, k->index),
                    e->u.alarm.event, world_id(&e->u.alarm.object));
        if (w->programme != NULL)
            programme_alarm(w, k, e->u.alarm.event, &e->u.alarm.object);
        break;
    case NODE_DO_AGAIN:
        knot_push_tick(k);
        break;
    }
}

/* What a broker's answer did is done with only now. */
static void
finish_jobs(struct world *w, struct knot *k)
{
    for (size_t i = 0; i < k->n_owed; i++)
        ledger_delivered(w, &k->owed[i].envelope);
    for (size_t i = 0; i < k->n_done; i++) {
        const struct node_event *ev = &k->done[i]->ev;

        if (ev->type == NODE_EV_NOTICE)
            ledger_notice(w, &ev->header.id);
        if (ev->type == NODE_EV_CUSTODY && (ev->is_taken || ev->is_final))
            knot_drop_pending(k, &ev->header.id);
        if (ev->type == NODE_EV_RESTORED)
            k->must_restore = false;
        knot_free_job(k->done[i]);
    }
    k->n_done = 0;
}

static void
commit(struct world *w, struct task *t)
{
    struct knot *k = w->node[t->who];

    if (t->incarnation != k->incarnation)
        return;
    if (world_odds(w, 400)) {
        knot_crash(w, k, "before its commit");
        return;
    }
    check_commit(w, k);
    disk_commit(k->disk);
    k->is_busy = false;
    finish_jobs(w, k);
    if (world_odds(w, 400)) {
        knot_crash(w, k, "after its commit");
        return;
    }
    knot_acknowledge(w, k);
    for (size_t i = 0; i < k->out->n; i++) {
        release(w, k, &k->out->item[i]);
        if (world_odds(w, 1500)) {
            knot_crash(w, k, "between two effects");
            return;
        }
    }
    k->out->n = k->out->used = 0;
    k->n_owed = 0;
    knot_flush(w, k);
    knot_wake_later(w, k);
    knot_run(w, k);
}

void
knot_run(struct world *w, struct knot *k)
{
    const size_t want = 1 + world_chance(w, KNOT_BATCH_MAX);
    struct task *t;

    if (!k->is_up || k->is_busy || k->first == NULL || w->has_failed)
        return;
    k->is_busy = true;
    knot_look(w, k);
    disk_begin(k->disk);
    HF_ASSERT(k->out->n == 0);
    for (size_t i = 0; i < want && k->first != NULL; i++) {
        if (NODE_EFFECTS_MAX - k->out->n < NODE_STEP_EFFECTS_MIN ||
            NODE_ARENA_BYTES - k->out->used < NODE_STEP_ARENA_MIN)
            break;
        step_job(w, k, knot_pop(k));
    }
    t = world_later(w, 1 + world_chance(w, world_odds(w, 30) ? 3000 : 20),
                    commit, k->index);
    t->incarnation = k->incarnation;
}
