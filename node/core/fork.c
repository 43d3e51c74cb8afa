#include "fork.h"

#include "push.h"
#include "reach.h"

#define HOUR_MS      (60ull * 60 * 1000)
#define TRIES_MAX    8u  /* an hour, 2, 4 ... 10 days */
#define ROOM_EFFECTS 16u /* that a step keeps for others */

/* ---- an end: what it saw, and whom it told ---- */

static const struct hf_org *
author_of(const struct step *s, const struct node_object *o, int side)
{
    return side == (int)o->side ? step_me(s) : &o->peer;
}

void
fork_note(struct step *s, const struct node_object *o, enum side side)
{
    const struct hf_org *author = author_of(s, o, (int)side);
    struct node_fork f;

    /* Both chains of a peer without a node are written here. */
    if (o->is_local || fork_get(s->v, step_me(s), author, &o->id, &f))
        return;
    memset(&f, 0, sizeof(f));
    f.by = *step_me(s);
    f.author = *author;
    f.object = o->id;
    f.at_ms = s->now;
    fork_put(s->v, &f);
    /* Not now: the second entry is not yet where it will be. */
    due_put(s->v, s->now, &o->id, DUE_FORK);
    s->again = true;
}

/* Both entries out of the chains; from then on they are kept here. */
static bool
look_up(struct step *s, const struct node_object *o, int side,
        struct node_fork *f)
{
    f->n = o->fork[side];
    for (unsigned i = 0; i < 2; i++)
        if (!chain_get(s->v, &o->id, (enum side)side, f->n, i, f->entry[i],
                       f->sig[i]))
            return false;
    f->kind = o->kind;
    f->peer = side == (int)o->side ? o->peer : *step_me(s);
    return true;
}

static struct hf_id
send_fork(struct step *s, const struct hf_org *to, const struct node_fork *f)
{
    struct content *c = step_content(s, CONTENT_FORK);

    for (int i = 0; i < 2; i++) {
        struct content_entry *e = &c->u.fork.entry[i];

        e->bytes = step_copy(s, (struct hf_bytes){f->entry[i], ENTRY_BYTES});
        e->sig = step_copy(s, (struct hf_bytes){f->sig[i], ENTRY_SIG_BYTES});
    }
    return push_content(s, to, c, LANE_NORMAL, &f->object, 0);
}

/* Its place among those who are told; FORK_TOLD_MAX: there are enough. */
static size_t
place_of(const struct node_fork *f, const struct hf_org *org)
{
    size_t i = 0;

    while (i < FORK_TOLD_MAX && f->told[i].to.s[0] != '\0' &&
           !hf_org_eq(&f->told[i].to, org))
        i++;
    return i;
}

static bool
may_send(const struct step *s, const struct hf_org *to)
{
    return NODE_EFFECTS_MAX - s->out->n >= ROOM_EFFECTS &&
           reach_of(s, to) == REACH_ALL &&
           s->env->peer_until_ms(s->env->peer_ctx, to) > s->now;
}

/* False: somebody does not have it yet. */
static bool
tell(struct step *s, struct node_fork *f)
{
    const struct registry *r = s->env->registry;
    bool is_done = true;
    struct node_out out;

    for (size_t i = 0; r != NULL && i < r->n_orgs; i++) {
        const struct registry_org *org = &r->orgs[i];
        const size_t k = place_of(f, &org->id);

        if (!registry_has_duty(org, DUTY_EVIDENCE) ||
            org->status != MEMBER_ACTIVE || hf_org_eq(&org->id, step_me(s)) ||
            k == FORK_TOLD_MAX || f->told[k].is_done)
            continue;
        is_done = false;
        f->told[k].to = org->id;
        if ((hf_id_is_zero(&f->told[k].envelope) ||
             !out_get(s->v, &f->told[k].envelope, &out)) &&
            may_send(s, &org->id))
            f->told[k].envelope = send_fork(s, &org->id, f);
    }
    return is_done;
}

void
fork_due(struct step *s, const struct hf_id *object)
{
    uint8_t tries = TRIES_MAX;
    struct node_object o;
    struct node_fork f;
    bool is_done = true;

    if (!object_get(s->v, object, &o))
        return;
    for (int side = 0; side < 2; side++) {
        if (!fork_get(s->v, step_me(s), author_of(s, &o, side), object, &f) ||
            (f.kind == OBJECT_NONE && !look_up(s, &o, side, &f)))
            continue;
        if (!tell(s, &f)) {
            is_done = false;
            tries = f.tries < tries ? f.tries : tries;
            if (f.tries < TRIES_MAX)
                f.tries++;
        }
        fork_put(s->v, &f);
    }
    if (!is_done)
        due_put(s->v, s->now + (HOUR_MS << tries), object, DUE_FORK);
}

void
fork_receipted(struct step *s, const struct hf_org *from,
               const struct node_out *out, enum delivery status)
{
    struct node_object o;
    struct node_fork f;
    size_t k;

    if (!object_get(s->v, &out->fork, &o))
        return;
    for (int side = 0; side < 2; side++) {
        if (!fork_get(s->v, step_me(s), author_of(s, &o, side), &o.id, &f))
            continue;
        k = place_of(&f, from);
        if (k == FORK_TOLD_MAX || !hf_id_eq(&f.told[k].envelope, &out->id))
            continue;
        f.told[k].is_done = status == DELIVERY_OK;
        fork_put(s->v, &f);
    }
}

/* ---- the committee ---- */

/* What is emptied was not signed by its author. */
static bool
read_entry(const struct step *s, const struct content_entry *ce,
           struct entry *ret_e, struct hf_hash *ret_hash)
{
    if (ce->sig.n != ENTRY_SIG_BYTES || entry_unpack(ce->bytes, ret_e) != HF_OK)
        return false;
    step_hash(s, ENTRY_LABEL, ce->bytes.p, ENTRY_BYTES, ret_hash);
    return true;
}

/* The entries prove it by themselves; @from is one end of them. */
static bool
is_fork(const struct step *s, const struct content_fork *f,
        const struct hf_org *from)
{
    struct hf_hash ha, hb;
    struct entry a, b;

    return read_entry(s, &f->entry[0], &a, &ha) &&
           read_entry(s, &f->entry[1], &b, &hb) && !hf_hash_eq(&ha, &hb) &&
           a.n == b.n && hf_id_eq(&a.object, &b.object) &&
           hf_org_eq(&a.author, &b.author) && hf_org_eq(&a.peer, &b.peer) &&
           (hf_org_eq(from, &a.author) || hf_org_eq(from, &a.peer));
}

static void
fill_row(const struct step *s, const struct content_fork *f,
         const struct hf_org *from, struct node_fork *ret)
{
    struct entry e;

    memset(ret, 0, sizeof(*ret));
    if (entry_unpack(f->entry[0].bytes, &e) != HF_OK)
        return;
    ret->by = *from;
    ret->author = e.author;
    ret->peer = e.peer;
    ret->kind = e.kind;
    ret->object = e.object;
    ret->n = e.n;
    ret->at_ms = s->now;
    for (int i = 0; i < 2; i++) {
        memcpy(ret->entry[i], f->entry[i].bytes.p, ENTRY_BYTES);
        memcpy(ret->sig[i], f->entry[i].sig.p, ENTRY_SIG_BYTES);
    }
}

/* From either end: one row is enough. */
static bool
is_known(const struct step *s, const struct node_fork *f)
{
    struct node_fork other;

    return fork_get(s->v, &f->author, &f->author, &f->object, &other) ||
           fork_get(s->v, &f->peer, &f->author, &f->object, &other);
}

static bool
has_room_for(const struct step *s, const struct hf_org *by)
{
    struct node_fork at;
    unsigned n = 0;

    memset(&at, 0, sizeof(at));
    at.by = *by;
    while (n < FORKS_OF_ORG_MAX && fork_next(s->v, &at) &&
           hf_org_eq(&at.by, by))
        n++;
    return n < FORKS_OF_ORG_MAX;
}

static void
refuse(struct step *s, struct node_inbox *in, enum reason why)
{
    in->status = DELIVERY_REFUSED;
    in->reason = why;
    step_alarm(s, "fork_refused", OBJECT_NONE, &in->object, &in->from, why);
}

void
fork_take(struct step *s, const struct hf_org *from,
          const struct content_fork *f, struct node_inbox *in)
{
    const struct registry_org *me =
        s->env->registry == NULL ? NULL
                                 : registry_org(s->env->registry, step_me(s));
    struct node_fork row;

    if (me == NULL || !registry_has_duty(me, DUTY_EVIDENCE)) {
        refuse(s, in, REASON_NOT_KNOWN);
        return;
    }
    if (!is_fork(s, f, from)) {
        refuse(s, in, REASON_CHECK_FAILED);
        return;
    }
    fill_row(s, f, from, &row);
    if (is_known(s, &row))
        return;
    if (!has_room_for(s, from)) {
        refuse(s, in, REASON_NO_CAPACITY);
        return;
    }
    fork_put(s->v, &row);
    step_alarm(s, "chain_forked", row.kind, &row.object, &row.author,
               REASON_NONE);
}
