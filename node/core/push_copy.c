#include "push_internal.h"

#define ASK_MS (60ull * 1000) /* between two asks */

/* The i-th entry of both chains laid end to end: the peer's own first, since
 * that is what it waits for. */
static bool
add_nth(struct step *s, struct live *l, uint32_t i, struct content_push *p,
        size_t *bodies)
{
    const enum side peer = side_other(l->o.side);

    if (i < l->o.n[peer])
        return push_add_entry(s, l, peer, i + 1, 0, p, bodies);
    return push_add_entry(s, l, l->o.side, i - l->o.n[peer] + 1, 0, p, bodies);
}

void
push_copy(struct step *s, struct live *l)
{
    const uint32_t all = l->o.n[0] + l->o.n[1];
    struct content *c;
    size_t bodies = 0;

    if (!push_is_ready(s, &l->o.peer, REACH_ALL)) {
        push_waits(s, l);
        return;
    }
    push_waits_no_more(s, l);
    if (l->o.copy_at == 0) { /* a whole one, at most once a minute */
        if (l->o.gave_ms != 0 && s->now < l->o.gave_ms + ASK_MS) {
            push_resend_at(s, l, l->o.gave_ms + ASK_MS);
            return;
        }
        l->o.gave_ms = s->now;
    }
    c = push_begin(s, l);
    c->u.push.answers = l->o.copy_for;
    while (l->o.copy_at < all &&
           add_nth(s, l, l->o.copy_at, &c->u.push, &bodies))
        l->o.copy_at++;
    if (l->o.copy_at >= all)
        push_add_forks(s, l, &c->u.push, &bodies);
    (void)push_content(s, &l->o.peer, c, LANE_NORMAL, &l->o.id, 0);
    if (l->o.copy_at < all) {
        push_resend_at(s, l, s->now);
        return;
    }
    l->o.copy_for = (struct hf_id){{0}};
    l->o.copy_at = 0;
    if (live_awaits_copy(s, l))
        push_resend_at(s, l, s->now + COPY_MS);
    else
        push_resend_at(s, l,
                       l->o.acked < l->o.n[l->o.side] || push_owes_bodies(l)
                           ? s->now + RETRY_MS
                           : 0);
}

void
push_unknown(struct step *s, const struct hf_org *to,
             const struct content_ask *a)
{
    static const struct hf_id none;
    struct content *c;

    if (!push_is_ready(s, to, REACH_ALL))
        return; /* it asks again */
    c = step_content(s, CONTENT_PUSH);
    c->u.push.kind = a->kind;
    c->u.push.object = a->object;
    c->u.push.answers = a->ask;
    (void)push_content(s, to, c, LANE_NORMAL, &none, 0);
}

static bool
send_ask(struct step *s, const struct hf_org *peer, enum object_kind kind,
         const struct hf_id *object, const struct hf_id *ask)
{
    static const struct hf_id none;
    struct content *c;

    if (!push_is_ready(s, peer, REACH_ALL))
        return false; /* asked again when the object's resend instant comes */
    c = step_content(s, CONTENT_ASK);
    c->u.ask.kind = kind;
    c->u.ask.object = *object;
    c->u.ask.ask = *ask;
    (void)push_content(s, peer, c, LANE_URGENT, &none, 0);
    return true;
}

void
push_ask_all(struct step *s, const struct hf_org *peer, const struct hf_id *ask)
{
    static const struct hf_id none;

    if (!asked_all(s->v, peer, ask) &&
        send_ask(s, peer, OBJECT_NONE, &none, ask))
        asked_all_put(s->v, peer, ask);
}

void
push_ask_again(struct step *s, const struct hf_org *peer,
               const struct hf_id *ask)
{
    static const struct hf_id none;

    if (send_ask(s, peer, OBJECT_NONE, &none, ask))
        asked_all_put(s->v, peer, ask);
}

bool
push_answer(struct step *s, const struct hf_org *asker, const struct hf_id *ask,
            uint32_t shared)
{
    static const struct hf_id none;
    struct content *c;

    if (!push_is_ready(s, asker, REACH_ALL))
        return false;
    c = step_content(s, CONTENT_ASK);
    c->u.ask.ask = *ask;
    c->u.ask.shared = shared + 1;
    (void)push_content(s, asker, c, LANE_NORMAL, &none, 0);
    return true;
}

void
push_ask_unknown(struct step *s, const struct hf_org *peer,
                 enum object_kind kind, const struct hf_id *object)
{
    const struct hf_id ask = step_fresh_id(s);

    (void)send_ask(s, peer, kind, object, &ask);
}

void
push_ask_object(struct step *s, const struct node_object *o,
                const struct hf_id *ask)
{
    (void)send_ask(s, &o->peer, o->kind, &o->id, ask);
}

void
push_ask(struct step *s, struct live *l)
{
    struct hf_id ask;

    if (l->o.asked_ms != 0 && s->now < l->o.asked_ms + ASK_MS)
        return;
    l->o.asked_ms = s->now;
    ask = step_fresh_id(s);
    push_ask_object(s, &l->o, &ask);
}
