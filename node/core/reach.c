#include "reach.h"

static enum reach
standing(enum member_status status)
{
    switch (status) {
    case MEMBER_ACTIVE:
        return REACH_ALL;
    case MEMBER_SUSPENDED:
    case MEMBER_LEFT:
        return REACH_RIGHTS;
    case MEMBER_NONE:
    case MEMBER_END:
        break;
    }
    return REACH_NONE;
}

static enum reach
reach_by_standing(const struct step *s, const struct hf_org *org)
{
    const struct registry *r = s->env->registry;
    const struct registry_org *o = r == NULL ? NULL : registry_org(r, org);
    const struct registry_org *me =
        r == NULL ? NULL : registry_org(r, step_me(s));
    enum reach reach = o == NULL ? REACH_NONE : standing(o->status);

    if (reach == REACH_ALL && me != NULL && standing(me->status) < reach)
        reach = REACH_RIGHTS;
    return reach;
}

enum reach
reach_of(const struct step *s, const struct hf_org *org)
{
    const enum reach reach = reach_by_standing(s, org);

    return reach == REACH_ALL && s->env->is_registry_stale ? REACH_RIGHTS
                                                           : reach;
}

const char *
reach_waits_for(const struct node_env *env, const struct hf_org *peer)
{
    const struct registry *r = env->registry;
    const struct registry_org *o = r == NULL ? NULL : registry_org(r, peer);
    const struct registry_org *me =
        r == NULL ? NULL : registry_org(r, &env->config->org);

    if (o == NULL)
        return "not_listed";
    if (standing(o->status) != REACH_ALL)
        return o->status == MEMBER_LEFT ? "left" : "suspended";
    if (me != NULL && standing(me->status) != REACH_ALL)
        return "we_are_suspended";
    return env->is_registry_stale ? "registry_stale" : "prekey";
}

bool
reach_is_right(enum event event)
{
    return event == EVENT_RECALL || event == EVENT_WITHDRAW ||
           event == EVENT_ERASED || event == EVENT_KEPT ||
           event == EVENT_PARTIAL;
}

/* Nothing beside rights, and at least one of them. */
static bool
is_rights(const struct content_push *p)
{
    bool found = false;
    struct entry e;

    for (size_t i = 0; i < p->n; i++) {
        if (entry_unpack(p->entry[i].bytes, &e) != HF_OK)
            return false;
        if (reach_is_right(e.event))
            found = true;
        else if (p->entry[i].body.n > 0)
            return false;
    }
    return found;
}

bool
reach_is_owed(const struct content *c)
{
    return c->type == CONTENT_RECEIPT ||
           (c->type == CONTENT_PUSH && is_rights(&c->u.push));
}

bool
reach_takes(const struct step *s, const struct hf_org *from,
            const struct content *c)
{
    const enum reach reach = reach_by_standing(s, from);

    return reach == REACH_ALL ||
           (reach == REACH_RIGHTS && reach_is_owed(c));
}

bool
reach_may(const struct step *s, const struct hf_org *from,
          const struct hf_org *to, enum object_kind kind,
          const struct hf_name *family)
{
    const struct registry *r = s->env->registry;
    const struct registry_org *sender = r ? registry_org(r, from) : NULL;
    const struct registry_org *recipient = r ? registry_org(r, to) : NULL;

    return (sender == NULL || registry_may_send(r, sender, kind, family)) &&
           (recipient == NULL ||
            registry_may_receive(r, recipient, kind, family));
}
