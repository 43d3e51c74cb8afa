#include "custody.h"

#include "push.h"

/* Objects shared with @peer whose copies have come. */
static uint32_t
copies_of(const struct step *s, const struct hf_org *peer,
          const struct hf_id *restored)
{
    struct hf_id at = {{0}};
    struct node_object o;
    uint32_t n = 0;

    while (object_next(s->v, &at, &o))
        n += hf_org_eq(&o.peer, peer) && hf_id_eq(&o.copied, restored) &&
             o.n[0] + o.n[1] > 0;
    return n;
}

static bool
is_awaited(const struct step *s, const struct registry_org *org,
           const struct hf_id *restored)
{
    uint32_t shared;

    if (hf_org_eq(&org->id, step_me(s)) || org->status != MEMBER_ACTIVE ||
        s->env->peer_until_ms(s->env->peer_ctx, &org->id) <= s->now)
        return false;
    return !answered(s->v, &org->id, restored, &shared) ||
           copies_of(s, &org->id, restored) < shared;
}

const struct hf_org *
custody_awaited(const struct step *s)
{
    const struct registry *r = s->env->registry;
    struct node_self self;

    if (!self_get(s->v, &self) || hf_id_is_zero(&self.restored))
        return NULL;
    for (size_t i = 0; r != NULL && i < r->n_orgs; i++)
        if (is_awaited(s, &r->orgs[i], &self.restored))
            return &r->orgs[i].id;
    return NULL;
}

bool
custody_awaits(const struct step *s, const struct hf_org *org)
{
    const struct registry_org *r =
        s->env->registry == NULL ? NULL : registry_org(s->env->registry, org);
    struct node_self self;

    return r != NULL && self_get(s->v, &self) &&
           !hf_id_is_zero(&self.restored) && is_awaited(s, r, &self.restored);
}

bool
custody_is_sure(struct step *s)
{
    const struct hf_org *awaited = custody_awaited(s);
    struct node_self self;

    if (awaited == NULL)
        return true;
    if (self_get(s->v, &self))
        push_ask_again(s, awaited, &self.restored);
    step_refuse(s, 75, "awaits_copy",
                "wait for it, or call them; whom the committee suspends "
                "is not awaited",
                "after the restore %.31s has not yet said all that it "
                "shares with us: a case may have gone there",
                awaited->s);
    return false;
}

bool
custody_of_is_sure(struct step *s, const struct node_case *c)
{
    struct node_self self;

    return !self_get(s->v, &self) || c->created_ms > self.restored_ms ||
           custody_is_sure(s);
}
