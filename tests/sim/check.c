#include "check.h"

#include <stdio.h>

#include "hf_assert.h"
#include "ladder.h"
#include "programme.h"
#include "sop.h"

/* ---- chains ---- */

static bool
read_entry(const struct node_view *v, const struct hf_id *id, enum side side,
           uint32_t n, unsigned branch, struct entry *ret,
           struct hf_hash *ret_hash)
{
    uint8_t bytes[ENTRY_BYTES], sig[ENTRY_SIG_BYTES];
    const struct hf_bytes span = {bytes, ENTRY_BYTES};

    if (!chain_get(v, id, side, n, branch, bytes, sig) ||
        entry_unpack(span, ret) != HF_OK)
        return false;
    if (ret_hash != NULL)
        hf_hash(ENTRY_LABEL, &span, 1, ret_hash);
    return true;
}

/* An entry that names another branch of its peer's chain names what is not
 * held: for the model, a number beyond all. */
static uint32_t
seen_by(const struct node_view *v, const struct node_object *o, int x,
        const struct entry *e)
{
    const int peer = 1 - x;
    struct hf_hash hash;
    struct entry named;

    if (e->seen == 0 || e->seen > o->n[peer] ||
        (o->fork[peer] != 0 && e->seen >= o->fork[peer]) ||
        (read_entry(v, &o->id, (enum side)peer, e->seen, 0, &named, &hash) &&
         hf_hash_eq(&hash, &e->seen_hash)))
        return e->seen;
    return MODEL_ENTRIES_MAX + 1;
}

void
check_chains(const struct node_view *v, const struct node_object *o,
             struct model *ret)
{
    struct entry e;

    memset(ret, 0, sizeof(*ret));
    ret->kind = o->kind;
    for (int x = 0; x < 2; x++) {
        ret->n[x] = o->n[x] < MODEL_ENTRIES_MAX ? o->n[x] : MODEL_ENTRIES_MAX;
        ret->fork[x] = o->fork[x];
        ret->fork_recall[x] = o->fork_recall[x] != 0;
        for (uint32_t n = 1; n <= ret->n[x]; n++) {
            if (!read_entry(v, &o->id, (enum side)x, n, 0, &e, NULL))
                continue; /* said by check_links() */
            ret->entry[x][n - 1] = (struct model_entry){
                e.event, seen_by(v, o, x, &e), (e.flags & ENTRY_REACHED) != 0};
            if (x == SIDE_FIRST && e.event == EVENT_SEND)
                ret->on_send = (e.flags & ENTRY_ON_SEND) != 0;
            if (x == SIDE_FIRST && e.event == EVENT_OFFER)
                ret->travel_none = (e.flags & ENTRY_TRAVEL_NONE) != 0;
        }
    }
}

/* Each number once, each entry linked to the one before (I-6). */
static bool
check_links(struct world *w, struct knot *k, const struct node_object *o)
{
    const struct node_view *v = disk_view(knot_disk(k));

    for (int x = 0; x < 2; x++) {
        struct hf_hash last = {{0}};
        struct entry e;

        for (uint32_t n = 1; n <= o->n[x]; n++) {
            struct hf_hash hash;

            if (!read_entry(v, &o->id, (enum side)x, n, 0, &e, &hash) ||
                e.n != n || !hf_hash_eq(&e.prev, &last) ||
                !hf_id_eq(&e.object, &o->id)) {
                world_fail(w, "%s %s: entry %u of side %d does not follow",
                           world_name(w, knot_index(k)), world_id(&o->id), n,
                           x);
                return false;
            }
            last = hash;
        }
        if (!hf_hash_eq(&last, &o->last[x])) {
            world_fail(w, "%s %s: the last hash of side %d is not its last",
                       world_name(w, knot_index(k)), world_id(&o->id), x);
            return false;
        }
    }
    return true;
}

/* The state is what the model makes of the chains (I-5). A chain too long for
 * the model is left to node_check(). */
static void
check_state(struct world *w, struct knot *k, const struct node_object *o)
{
    struct model m;
    enum state state;

    if (o->n[0] > MODEL_ENTRIES_MAX || o->n[1] > MODEL_ENTRIES_MAX)
        return;
    check_chains(disk_view(knot_disk(k)), o, &m);
    state = model_state(&m);
    if (state != o->state && !o->is_forked)
        world_fail(w, "%s %s is %s, the model says %s",
                   world_name(w, knot_index(k)), world_id(&o->id),
                   state_text(o->state), state_text(state));
}

static bool
same_holdings(const struct node_object *a, const struct node_object *b)
{
    for (int x = 0; x < 2; x++)
        if (a->n[x] != b->n[x] || !hf_hash_eq(&a->last[x], &b->last[x]) ||
            a->fork[x] != b->fork[x] || a->fork_recall[x] != b->fork_recall[x])
            return false;
    return true;
}

/* The other end's record; false while it has none or is in a transaction. */
static bool
other_end(struct world *w, const struct node_object *o, struct node_object *ret,
          struct knot **ret_knot)
{
    const unsigned i = world_org_index(w, &o->peer);

    if (i >= w->n_nodes)
        return false;
    *ret_knot = w->node[i];
    return !disk_is_open(knot_disk(w->node[i])) &&
           object_get(disk_view(knot_disk(w->node[i])), &o->id, ret);
}

/* Without a clone, chains only ever differ in length. */
static void
check_prefix(struct world *w, struct knot *k, const struct node_object *o,
             struct knot *other, const struct node_object *p)
{
    for (int x = 0; x < 2; x++) {
        const uint32_t n = o->n[x] < p->n[x] ? o->n[x] : p->n[x];
        struct hf_hash a, b;
        struct entry e;

        if (n == 0 ||
            !read_entry(disk_view(knot_disk(k)), &o->id, (enum side)x, n, 0, &e,
                        &a) ||
            !read_entry(disk_view(knot_disk(other)), &o->id, (enum side)x, n, 0,
                        &e, &b))
            continue;
        if (!hf_hash_eq(&a, &b))
            world_fail(w, "%s %s: both ends hold another entry %u of side %d",
                       world_name(w, knot_index(k)), world_id(&o->id), n, x);
    }
}

/* Withdrawals and recalls go on after a restore, so they may fork. */
static bool
may_fork(const struct world *w, const struct node_object *o)
{
    return w->was_cloned || o->kind == OBJECT_WITHDRAWAL ||
           o->state == STATE_RECALLED;
}

static void
check_object(struct world *w, struct knot *k, const struct hf_id *id)
{
    struct node_object o, p;
    struct knot *other;

    if (!object_get(disk_view(knot_disk(k)), id, &o) || o.n[0] + o.n[1] == 0)
        return;
    if (!check_links(w, k, &o))
        return;
    check_state(w, k, &o);
    if (w->programme != NULL)
        programme_object(w, k, &o);
    if (o.is_forked && !may_fork(w, &o))
        world_fail(w, "%s %s is forked, and nobody was cloned",
                   world_name(w, knot_index(k)), world_id(&o.id));
    world_trace(w, "%s %s %s %u/%u", world_name(w, knot_index(k)),
                world_id(&o.id), state_text(o.state), o.n[0], o.n[1]);
    if (!other_end(w, &o, &p, &other))
        return;
    if (same_holdings(&o, &p) && o.state != p.state)
        world_fail(w, "%s: %s says %s, %s says %s, of the same chains",
                   world_id(&o.id), world_name(w, knot_index(k)),
                   state_text(o.state), o.peer.s, state_text(p.state));
    if (same_holdings(&o, &p) && o.reason != p.reason)
        world_fail(w, "%s: %s for %s at %s, %s at %s, of the same chains",
                   world_id(&o.id), state_text(o.state),
                   reason_text(o.reason), world_name(w, knot_index(k)),
                   reason_text(p.reason), o.peer.s);
    if (!may_fork(w, &o) && !may_fork(w, &p))
        check_prefix(w, k, &o, other, &p);
}

/* ---- figures ---- */

/* Objects and figures by kind and state: each object counts once (I-6). */
static void
check_figures(struct world *w, struct knot *k)
{
    const struct node_view *v = disk_view(knot_disk(k));
    uint64_t count[OBJECT_END][STATE_END] = {{0}};
    struct figure_cell cell;
    struct node_task task;
    struct node_object o;
    struct hf_id id = {{0}};

    while (object_next(v, &id, &o))
        if (o.n[0] + o.n[1] > 0 && o.state != STATE_NONE)
            count[o.kind][o.state]++;
    memset(&task, 0, sizeof(task));
    while (task_next_due(v, &task))
        if (task.rung >= RUNG_COMMITTEE && object_get(v, &task.object, &o))
            count[o.kind][STATE_OVERDUE]++;
    memset(&cell, 0, sizeof(cell));
    while (cell_next(v, &cell))
        if (cell.state >= STATE_SENT)
            count[cell.kind][cell.state] -= cell.count;
    for (int kind = 1; kind < OBJECT_END; kind++)
        for (int s = STATE_SENT; s <= STATE_ANSWERED; s++) /* of objects */
            if (count[kind][s] != 0)
                world_fail(w, "%s counts %s %s wrongly, by %lld",
                           world_name(w, knot_index(k)),
                           object_kind_text((enum object_kind)kind),
                           state_text((enum state)s),
                           -(long long)count[kind][s]);
}

/* ---- what leaves ---- */

static uint32_t
sections_of(const struct node_view *v, const struct hf_id *id, enum side side,
            uint32_t n)
{
    struct part p;
    uint32_t set = 0;

    for (unsigned i = 0; i < BODY_PARTS_MAX; i++)
        if (body_part_get(v, id, side, n, i, &p) && p.type == PART_SECTION)
            set |= CATEGORY_BIT(p.category);
    return set;
}

/* I-1: an entry of ours, written just now. */
static void
check_leaving(struct world *w, struct knot *k, const struct node_object *o,
              const struct entry *e)
{
    const struct node_view *v = disk_view(knot_disk(k));
    const uint32_t sections = sections_of(v, &o->id, o->side, e->n);
    struct node_case c;
    struct consent consent;
    uint32_t covered = 0;

    if (sections == 0)
        return;
    memset(&consent, 0, sizeof(consent));
    if (case_get(v, &o->case_id, &c) && consent_get(v, &c.consent, &consent))
        covered = consent_cover(&consent, &o->peer,
                                o->kind == OBJECT_REFERRAL ? PURPOSE_REFERRAL
                                                           : PURPOSE_TRANSFER,
                                e->at_ms);
    if (e->event == EVENT_SUPPLEMENT)
        covered |=
            consent_cover(&consent, &o->peer, PURPOSE_FEEDBACK, e->at_ms);
    if (o->kind == OBJECT_REFERRAL)
        covered &= o->terms.required | o->terms.allowed;
    if ((sections & ~covered) != 0)
        world_fail(w, "%s %s: %s carries sections %x, covered are %x",
                   world_name(w, knot_index(k)), world_id(&o->id),
                   event_text(e->event), sections, covered);
}

/* Until the peer has returned its copy, only what must never wait. */
static void
check_extended(struct world *w, struct knot *k, const struct node_object *o,
               const struct entry *e)
{
    struct node_self self;

    if (!self_get(disk_view(knot_disk(k)), &self) ||
        hf_id_is_zero(&self.restored) || hf_id_eq(&self.restored, &o->copied))
        return;
    if (e->event != EVENT_RECALL && o->kind != OBJECT_WITHDRAWAL)
        world_fail(w, "%s %s: %s before the peer's copy came back",
                   world_name(w, knot_index(k)), world_id(&o->id),
                   event_text(e->event));
}

void
check_step(struct world *w, struct knot *k)
{
    const struct node_view *v = disk_view(knot_disk(k));
    struct hf_bytes key;
    struct node_object o;
    struct entry e;
    size_t i = 0;

    while (disk_touched(knot_disk(k), NODE_CHAINS, &i, &key)) {
        struct hf_id id;
        enum side side;
        uint32_t n;

        HF_ASSERT(key.n == HF_ID_BYTES + 6);
        memcpy(id.b, key.p, HF_ID_BYTES);
        side = (enum side)key.p[HF_ID_BYTES];
        n = (uint32_t)key.p[HF_ID_BYTES + 3] << 8 | key.p[HF_ID_BYTES + 4];
        if (!object_get(v, &id, &o) || side != o.side || n > o.n[side] ||
            !read_entry(v, &id, side, n, 0, &e, NULL) ||
            !hf_org_eq(&e.author, knot_org(k)) || e.at_ms != knot_now(w, k))
            continue; /* an old one, come back */
        check_leaving(w, k, &o, &e);
        check_extended(w, k, &o, &e);
    }
}

static void
check_cases(struct world *w, struct knot *k)
{
    struct hf_bytes key;
    struct node_case c;
    size_t i = 0;

    while (disk_touched(knot_disk(k), NODE_CASES, &i, &key)) {
        struct hf_id id;

        HF_ASSERT(key.n == HF_ID_BYTES);
        memcpy(id.b, key.p, HF_ID_BYTES);
        if (case_get(disk_view(knot_disk(k)), &id, &c))
            programme_case(w, k, &c);
    }
}

void
check_commit(struct world *w, struct knot *k)
{
    struct hf_bytes key;
    struct hf_id last = {{0}};
    size_t i = 0;

    while (disk_touched(knot_disk(k), NODE_OBJECTS, &i, &key)) {
        struct hf_id id;

        HF_ASSERT(key.n == HF_ID_BYTES);
        memcpy(id.b, key.p, HF_ID_BYTES);
        if (!hf_id_eq(&id, &last))
            check_object(w, k, &id);
        last = id;
    }
    if (w->programme != NULL)
        check_cases(w, k);
    if (w->steps % w->shape->figure_steps == 0)
        check_figures(w, k);
}

void
check_rolled_back(struct world *w, struct knot *k)
{
    check_figures(w, k);
}

/* I-11: nobody who is there to climb stands on a rung for longer than it takes
 * to notice. */
static void
check_silence(struct world *w, struct knot *k)
{
    const uint64_t patience_ms = 60 * 60 * 1000;
    struct node_task t;

    if (!knot_env(k)->is_clock_doubtful &&
        task_first_next(disk_view(knot_disk(k)), &t) &&
        t.next_ms + patience_ms < knot_now(w, k))
        world_fail(w, "%s is silent: %s of %s was to climb long ago",
                   world_name(w, knot_index(k)), task_text(t.what),
                   world_id(&t.object));
}

void
check_nodes(struct world *w)
{
    char why[256] = "";

    for (unsigned i = 0; i < w->n_nodes; i++) {
        if (!knot_is_idle(w->node[i]))
            continue;
        if (!node_check(knot_env(w->node[i]), why, sizeof(why)))
            world_fail(w, "%s: %s", world_name(w, i), why);
        check_figures(w, w->node[i]);
        if (knot_is_up(w->node[i]))
            check_silence(w, w->node[i]);
    }
}

/* ---- in the end ---- */

/* A fork is settled when both ends know of it: each holds its own branch. */
static bool
is_settled(const struct node_object *o, const struct node_object *p)
{
    if (o->is_forked && p->is_forked)
        return o->state == p->state;
    return same_holdings(o, p) && o->acked >= o->n[o->side] &&
           o->state == p->state;
}

bool
check_settled(struct world *w, bool complain)
{
    for (unsigned i = 0; i < w->n_nodes; i++) {
        struct node_object o, p;
        struct hf_id id = {{0}};
        struct knot *other;

        if (!knot_is_up(w->node[i]) || !knot_is_idle(w->node[i]))
            return false;
        while (object_next(disk_view(knot_disk(w->node[i])), &id, &o)) {
            if (o.n[0] + o.n[1] == 0)
                continue;
            memset(&p, 0, sizeof(p));
            if (other_end(w, &o, &p, &other) && is_settled(&o, &p))
                continue;
            if (w->was_cloned)
                continue;
            if (complain)
                world_fail(w,
                           "%s %s to %s: here %s %u/%u, %u acknowledged; "
                           "there %s %u/%u",
                           world_name(w, i), world_id(&o.id), o.peer.s,
                           state_text(o.state), o.n[0], o.n[1], o.acked,
                           state_text(p.state), p.n[0], p.n[1]);
            return false;
        }
    }
    return true;
}
