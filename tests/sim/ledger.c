/* The ledger of check.h: every envelope that was sealed, who took custody of
 * it, and whether it arrived. */
#include <stdlib.h>

#include "check.h"
#include "hf_assert.h"
#include "post.h"

#define SLOTS         (1u << 17)
#define ENVELOPES_MAX 50000u /* a world makes some 10 000 */

struct sealed {
    struct envelope_header h;
    bool is_push;
    bool has_custody;
    bool is_done;       /* delivered, or given up with a notice */
    unsigned rollbacks; /* of its sender when it was sealed */
};

struct ledger {
    struct sealed *slot[SLOTS]; /* open addressing by the id */
    struct sealed **open;       /* custody, not done */
    size_t n, n_open;
};

struct ledger *
ledger_new(void)
{
    struct ledger *l = calloc(1, sizeof(*l));

    HF_ASSERT(l != NULL);
    l->open = calloc(SLOTS, sizeof(l->open[0]));
    HF_ASSERT(l->open != NULL);
    return l;
}

void
ledger_free(struct ledger *l)
{
    for (size_t i = 0; i < SLOTS; i++)
        free(l->slot[i]);
    free(l->open);
    free(l);
}

static struct sealed **
find(struct ledger *l, const struct hf_id *id)
{
    uint32_t at;

    memcpy(&at, id->b, sizeof(at));
    at %= SLOTS;
    while (l->slot[at] != NULL && !hf_id_eq(&l->slot[at]->h.id, id))
        at = (at + 1) % SLOTS;
    return &l->slot[at];
}

void
ledger_sealed(struct world *w, const struct envelope_header *h, bool is_push)
{
    struct sealed **s = find(w->ledger, &h->id);
    const unsigned sender = world_org_index(w, &h->sender);

    if (*s != NULL) {
        world_fail(w, "the envelope id %s is used twice", world_id(&h->id));
        return;
    }
    if (++w->ledger->n > ENVELOPES_MAX) {
        world_fail(w, "a storm: more than %u envelopes", ENVELOPES_MAX);
        return;
    }
    *s = calloc(1, sizeof(**s));
    HF_ASSERT(*s != NULL);
    (*s)->h = *h;
    (*s)->is_push = is_push;
    (*s)->rollbacks = knot_rollbacks(w->node[sender]);
}

void
ledger_custody(struct world *w, const struct hf_id *envelope)
{
    struct sealed *s = *find(w->ledger, envelope);

    if (s == NULL) {
        world_fail(w, "custody of %s, which nobody sealed", world_id(envelope));
        return;
    }
    if (s->has_custody)
        return;
    s->has_custody = true;
    if (!s->is_done)
        w->ledger->open[w->ledger->n_open++] = s;
}

static void
finish(struct world *w, const struct hf_id *envelope)
{
    struct sealed *s = *find(w->ledger, envelope);

    if (s == NULL)
        return; /* a broker's notice */
    s->is_done = true;
    for (size_t i = 0; i < w->ledger->n_open; i++)
        if (w->ledger->open[i] == s) {
            w->ledger->open[i] = w->ledger->open[--w->ledger->n_open];
            return;
        }
}

void
ledger_delivered(struct world *w, const struct hf_id *envelope)
{
    finish(w, envelope);
}

void
ledger_notice(struct world *w, const struct hf_id *envelope)
{
    finish(w, envelope);
}

static bool
is_at_a_broker(const struct world *w, const struct hf_id *id)
{
    for (unsigned b = 0; b < WORLD_BROKERS; b++)
        if (post_holds(w->broker[b], id))
            return true;
    return false;
}

static bool
is_held_by_sender(struct world *w, const struct sealed *s)
{
    struct knot *k = w->node[world_org_index(w, &s->h.sender)];
    struct node_out out;

    return !s->is_push || s->rollbacks != knot_rollbacks(k) ||
           out_get(disk_view(knot_disk(k)), &s->h.id, &out);
}

void
ledger_check(struct world *w)
{
    struct ledger *l = w->ledger;

    for (size_t i = 0; i < l->n_open; i++) {
        const struct sealed *s = l->open[i];

        if (s->h.expires_ms <= w->now_ms + HOUR_MS) {
            l->open[i--] = l->open[--l->n_open]; /* its time is up */
            continue;
        }
        if (!is_at_a_broker(w, &s->h.id))
            world_fail(w, "%s from %s to %s had custody and is at no broker",
                       world_id(&s->h.id), s->h.sender.s, s->h.recipient.s);
        else if (!is_held_by_sender(w, s))
            world_fail(w, "%s is not delivered and %s has let go of it",
                       world_id(&s->h.id), s->h.sender.s);
    }
}
