#include "bare.h"
#include "push_internal.h"

/* What the first side's words would bring has to go there: it is owed no
 * more. */
static bool
is_over(const struct live *l)
{
    return l->o.side == SIDE_FIRST && l->o.kind != OBJECT_WITHDRAWAL &&
           (chain_must_erase(&l->pair) || chain_was_to_erase(&l->pair));
}

void
push_note_bare(struct step *s, struct live *l, uint32_t n)
{
    struct part head;

    if (!is_over(l) && body_part_get(s->v, &l->o.id, l->o.side, n,
                                     BODY_PART_HEAD, &head))
        bare_set(&l->o, l->o.side, n);
}

bool
push_owes_bodies(const struct live *l)
{
    return bare_next(&l->o, l->o.side, 0) != 0;
}

/* Each again with its body, if that still may go; the number of the last one
 * that is settled so. */
static uint32_t
add_bodies(struct step *s, struct live *l, struct content_push *p)
{
    const enum side mine = l->o.side;
    size_t bodies = 0;
    uint32_t last = 0;

    for (uint32_t n = bare_next(&l->o, mine, 0); n != 0;
         n = bare_next(&l->o, mine, n)) {
        if (!push_add_entry(s, l, mine, n, 0, p, &bodies))
            break;
        last = n;
        if (p->entry[p->n - 1].body.n > 0)
            continue;
        p->n--; /* it may not go any more, or was destroyed */
        bare_clear(&l->o, mine, n);
    }
    return last;
}

static void
send_bodies(struct step *s, struct live *l)
{
    struct content *c = push_begin(s, l);
    const uint32_t last = add_bodies(s, l, &c->u.push);
    struct node_out out;

    if (c->u.push.n == 0)
        return;
    l->o.envelope = push_content(s, &l->o.peer, c, LANE_NORMAL, &l->o.id,
                                 l->o.acked);
    if (out_get(s->v, &l->o.envelope, &out)) {
        out.bodies = last;
        out_put(s->v, &out);
    }
    push_waits_no_more(s, l);
    push_resend_at(s, l,
                   s->out->item[s->out->n - 1].u.send.expires_ms + DAY_MS);
    push_trace(s, &l->o.id, TRACE_SEALED, step_me(s), &l->o.envelope,
               REASON_NONE, l->o.acked);
}

bool
push_bodies(struct step *s, struct live *l)
{
    if (is_over(l))
        bare_forget(&l->o, l->o.side);
    if (!push_owes_bodies(l))
        return false;
    if (!l->resend && !hf_id_is_zero(&l->o.envelope))
        return true; /* on their way */
    if (!push_is_ready(s, &l->o.peer, REACH_ALL)) {
        push_waits(s, l);
    } else if (!push_has_room(s)) {
        push_resend_at(s, l, s->now);
        s->again = true;
    } else {
        send_bodies(s, l);
    }
    return push_owes_bodies(l);
}
