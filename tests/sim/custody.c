/* I-4: who has said of which case, and at which epoch, that it is theirs. A
 * claim is noted in the very commit that makes it; no other node may make the
 * same one, whatever was restored. */
#include <stdlib.h>

#include "hf_assert.h"
#include "programme_internal.h"

#define CLAIMS_FIRST 1024u

static struct claim *
find(const struct programme *p, const struct hf_id *case_id, uint32_t epoch)
{
    uint32_t x;
    size_t at;

    memcpy(&x, case_id->b, sizeof(x));
    at = (x + epoch) % p->claims_max;
    while (p->claim[at].is_taken && (p->claim[at].epoch != epoch ||
                                     !hf_id_eq(&p->claim[at].case_id, case_id)))
        at = (at + 1) % p->claims_max;
    return &p->claim[at];
}

static void
grow(struct programme *p)
{
    const struct programme was = *p;

    p->claims_max = was.claims_max == 0 ? CLAIMS_FIRST : 2 * was.claims_max;
    p->claim = calloc(p->claims_max, sizeof(p->claim[0]));
    HF_ASSERT(p->claim != NULL);
    for (size_t i = 0; i < was.claims_max; i++)
        if (was.claim[i].is_taken)
            *find(p, &was.claim[i].case_id, was.claim[i].epoch) = was.claim[i];
    free(was.claim);
}

static struct claim *
claim(struct programme *p, const struct hf_id *case_id, uint32_t epoch,
      unsigned node)
{
    struct claim *c;

    if (2 * p->n_claims >= p->claims_max)
        grow(p);
    c = find(p, case_id, epoch);
    if (c->is_taken)
        return c;
    p->n_claims++;
    *c = (struct claim){.is_taken = true,
                        .case_id = *case_id,
                        .epoch = epoch,
                        .node = node,
                        .person = NOBODY};
    return c;
}

uint32_t
custody_person(const struct programme *p, const struct hf_id *case_id)
{
    const struct claim *c = p->claims_max == 0 ? NULL : find(p, case_id, 1);

    return c == NULL || !c->is_taken ? NOBODY : c->person;
}

void
custody_opened(struct world *w, const struct hf_id *case_id, unsigned node,
               uint32_t person)
{
    claim(w->programme, case_id, 1, node)->person = person;
}

void
programme_case(struct world *w, struct knot *k, const struct node_case *c)
{
    const struct claim *was;

    if (!hf_org_eq(&c->holder, knot_org(k)))
        return;
    was = claim(w->programme, &c->id, c->epoch, knot_index(k));
    if (was->node != knot_index(k))
        world_fail(w, "case %s: %s and %s both hold epoch %u", world_id(&c->id),
                   world_name(w, was->node), world_name(w, knot_index(k)),
                   c->epoch);
}

/* The newest claim there is of one case. */
static const struct claim *
newest(const struct programme *p, const struct hf_id *case_id)
{
    const struct claim *last = NULL;

    for (uint32_t epoch = 1;; epoch++) {
        const struct claim *c = find(p, case_id, epoch);

        if (!c->is_taken)
            return last;
        last = c;
    }
}

static bool
is_held_by(const struct world *w, unsigned node, const struct hf_id *case_id,
           uint32_t *ret_epoch)
{
    struct node_case c;

    if (!case_get(disk_view(knot_disk(w->node[node])), case_id, &c) ||
        !hf_org_eq(&c.holder, &w->org[node].id))
        return false;
    *ret_epoch = c.epoch;
    return true;
}

static void
check_one(struct world *w, const struct hf_id *case_id)
{
    const struct claim *last = newest(w->programme, case_id);
    unsigned holders = 0;
    uint32_t epoch = 0;

    HF_ASSERT(last != NULL);
    for (unsigned i = 0; i < w->n_nodes; i++)
        holders += is_held_by(w, i, case_id, &epoch);
    /* a case that was opened and rolled back with its node's store is not
     * anybody's any more, as long as nobody else has heard of it */
    if (holders == 0 && last->epoch == 1)
        return;
    if (holders != 1 || epoch != last->epoch)
        world_fail(w, "case %s: %u holders in the end, epoch %u, %s had %u",
                   world_id(case_id), holders, epoch, world_name(w, last->node),
                   last->epoch);
}

void
custody_check(struct world *w)
{
    const struct programme *p = w->programme;

    for (size_t i = 0; i < p->claims_max && !w->has_failed; i++)
        if (p->claim[i].is_taken && p->claim[i].epoch == 1)
            check_one(w, &p->claim[i].case_id);
}
