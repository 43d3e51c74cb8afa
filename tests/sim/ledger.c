/* The ledger of check.h: every envelope that was sealed, who took custody of
 * it, and whether it arrived. */
#include <stdlib.h>

#include "check.h"
#include "hf_assert.h"
#include "post.h"

#define SLOTS_FIRST   (1u << 15)
#define ENVELOPES_MAX 50000u /* a small world makes some 10 000 */

/* What is not settled yet. */
struct sealed {
    struct envelope_header h;
    bool is_push;
    unsigned rollbacks; /* of its sender when it was sealed */
    bool is_open;       /* has custody */
    size_t at;          /* then, in the list of these */
};

/* Every id there was, and what it still means. */
struct slot {
    struct hf_id id;
    bool is_taken;
    struct sealed *s; /* NULL: delivered, or given up with a notice */
};

struct ledger {
    struct slot *slot; /* open addressing by the id */
    size_t n_slots, n;
    struct sealed **open;
    size_t n_open, open_max;
};

static void *
must(void *p)
{
    HF_ASSERT(p != NULL);
    return p;
}

struct ledger *
ledger_new(void)
{
    struct ledger *l = must(calloc(1, sizeof(*l)));

    l->n_slots = SLOTS_FIRST;
    l->slot = must(calloc(l->n_slots, sizeof(l->slot[0])));
    return l;
}

void
ledger_free(struct ledger *l)
{
    for (size_t i = 0; i < l->n_slots; i++)
        free(l->slot[i].s);
    free(l->slot);
    free(l->open);
    free(l);
}

static struct slot *
find(const struct ledger *l, const struct hf_id *id)
{
    size_t at;
    uint32_t x;

    memcpy(&x, id->b, sizeof(x));
    at = x % l->n_slots;
    while (l->slot[at].is_taken && !hf_id_eq(&l->slot[at].id, id))
        at = (at + 1) % l->n_slots;
    return &l->slot[at];
}

static void
grow(struct ledger *l)
{
    struct ledger was = *l;

    l->n_slots *= 2;
    l->slot = must(calloc(l->n_slots, sizeof(l->slot[0])));
    for (size_t i = 0; i < was.n_slots; i++)
        if (was.slot[i].is_taken)
            *find(l, &was.slot[i].id) = was.slot[i];
    free(was.slot);
}

void
ledger_sealed(struct world *w, const struct envelope_header *h, bool is_push)
{
    struct slot *s = find(w->ledger, &h->id);
    const unsigned sender = world_org_index(w, &h->sender);

    if (s->is_taken) {
        world_fail(w, "the envelope id %s is used twice", world_id(&h->id));
        return;
    }
    if (++w->ledger->n > ENVELOPES_MAX && w->programme == NULL) {
        world_fail(w, "a storm: more than %u envelopes", ENVELOPES_MAX);
        return;
    }
    s->is_taken = true;
    s->id = h->id;
    s->s = must(calloc(1, sizeof(*s->s)));
    s->s->h = *h;
    s->s->is_push = is_push;
    s->s->rollbacks = knot_rollbacks(w->node[sender]);
    if (2 * w->ledger->n > w->ledger->n_slots)
        grow(w->ledger);
}

size_t
ledger_count(const struct world *w)
{
    return w->ledger->n;
}

void
ledger_custody(struct world *w, const struct hf_id *envelope)
{
    struct ledger *l = w->ledger;
    const struct slot *slot = find(l, envelope);
    struct sealed *s = slot->s;

    if (!slot->is_taken) {
        world_fail(w, "custody of %s, which nobody sealed", world_id(envelope));
        return;
    }
    if (s == NULL || s->is_open)
        return;
    if (l->n_open == l->open_max) {
        l->open_max = l->open_max == 0 ? 256 : 2 * l->open_max;
        l->open = must(realloc(l->open, l->open_max * sizeof(l->open[0])));
    }
    s->is_open = true;
    s->at = l->n_open;
    l->open[l->n_open++] = s;
}

/* It is not waited for any more. */
static void
settle(struct ledger *l, struct slot *slot)
{
    struct sealed *s = slot->s;

    slot->s = NULL;
    if (s->is_open) {
        l->open[s->at] = l->open[--l->n_open];
        l->open[s->at]->at = s->at;
    }
    free(s);
}

static void
finish(struct world *w, const struct hf_id *envelope)
{
    struct slot *s = find(w->ledger, envelope);

    if (s->is_taken && s->s != NULL) /* else a broker's notice */
        settle(w->ledger, s);
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
    for (unsigned b = 0; b < w->n_brokers; b++)
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
            settle(l, find(l, &s->h.id)); /* its time is up */
            i--;
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
