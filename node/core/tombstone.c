#include "tombstone.h"

static const struct hf_name whole;             /* the scope of one for all */
static const struct hf_name narrowed = {"-"};  /* no scope is called so */

/* ... nor so: who gets something onward, and shall not any more. Of two whose
 * names differ in their last letter only, both are meant. */
static struct hf_name
onward_name(const struct hf_org *to)
{
    struct hf_name name = {"-"};

    memcpy(name.s + 1, to->s, HF_NAME_BYTES - 2);
    return name;
}

static struct hf_name
name_of(const struct scopes_withdrawn *w)
{
    return w->onward.s[0] == '\0' ? narrowed : onward_name(&w->onward);
}

static bool
is_known(const struct step *s, const struct scopes_withdrawn *w,
         const struct hf_name *scope)
{
    struct node_tombstone t;

    return tombstone_get(s->v, &w->consent, scope, &t) &&
           t.version >= w->version && (t.erase || !w->erase);
}

bool
tombstone_knows(const struct step *s, const struct scopes_withdrawn *w)
{
    const struct hf_name who = name_of(w);

    if (is_known(s, w, &whole))
        return true;
    if (w->narrowed)
        return is_known(s, w, &who);
    for (int i = 0; !w->whole && i < w->n; i++)
        if (!is_known(s, w, &w->scope[i]))
            return false;
    return !w->whole;
}

static void
lay_one(struct step *s, const struct scopes_withdrawn *w,
        const struct hf_name *scope)
{
    struct node_tombstone t;

    if (!tombstone_get(s->v, &w->consent, scope, &t))
        memset(&t, 0, sizeof(t));
    t.consent = w->consent;
    t.scope = *scope;
    t.version = w->version > t.version ? w->version : t.version;
    t.categories |= w->categories;
    t.erase |= w->erase;
    t.at_ms = s->now;
    tombstone_put(s->v, &t);
}

void
tombstone_lay(struct step *s, const struct scopes_withdrawn *w)
{
    const struct hf_name who = name_of(w);

    if (w->whole)
        lay_one(s, w, &whole);
    else if (w->narrowed)
        lay_one(s, w, &who);
    else
        for (int i = 0; i < w->n; i++)
            lay_one(s, w, &w->scope[i]);
}

uint32_t
tombstone_under(const struct step *s, const struct proof *p)
{
    struct node_tombstone t;
    uint32_t gone = 0;

    if (tombstone_get(s->v, &p->consent, &whole, &t))
        return CATEGORY_ALL;
    if (tombstone_get(s->v, &p->consent, &narrowed, &t) &&
        p->version < t.version)
        gone = t.categories;
    for (int i = 0; i < p->n; i++)
        if (tombstone_get(s->v, &p->consent, &p->item[i].scope, &t))
            gone |= p->item[i].categories;
    return gone;
}

uint32_t
tombstone_onward(const struct step *s, const struct proof *p,
                 const struct hf_org *to)
{
    const struct hf_name name = onward_name(to);
    struct node_tombstone t;

    return tombstone_get(s->v, &p->consent, &name, &t) && p->version < t.version
               ? t.categories
               : 0;
}

bool
tombstone_erased(const struct step *s, const struct hf_id *consent)
{
    struct node_tombstone t;

    return tombstone_get(s->v, consent, &whole, &t) && t.erase;
}
