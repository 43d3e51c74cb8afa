/* After a restore: scans over all objects, a page a step. Ours asks each peer
 * for its copies; one for a peer's ask gives them. */
#include "live.h"
#include "node_internal.h"
#include "push.h"
#include "shred.h"

#define SCAN_MS (10ull * 60 * 1000) /* until an asker may be told again */

void
node_after_restore(struct step *s)
{
    struct node_self self;
    struct node_scan scan;

    shred_again(s);
    if (!self_get(s->v, &self))
        memset(&self, 0, sizeof(self));
    self.restored = step_fresh_id(s);
    self.restored_ms = s->now;
    self_put(s->v, &self);
    memset(&scan, 0, sizeof(scan));
    scan.ask = self.restored;
    scan_put(s->v, &scan);
    due_put(s->v, s->now, &scan.ask, DUE_SCAN);
    s->again = true;
}

/* One object of a scan: our own after a restore, or one the asker shares. */
static void
scan_object(struct step *s, struct node_scan *scan, struct node_object *o)
{
    struct live l;

    const bool is_draft = o->n[0] + o->n[1] == 0;

    if (o->is_local || !live_load(s, &o->id, &l))
        return;
    /* a draft too: it may have been sent since the backup */
    if (scan->peer.s[0] == '\0') {
        push_ask_object(s, &l.o, &scan->ask);
        if (l.o.resend_ms == 0) {
            l.o.resend_ms = s->now + 3600000;
            due_put(s->v, l.o.resend_ms, &l.o.id, DUE_RESEND);
        }
    } else if (!is_draft && hf_org_eq(&l.o.peer, &scan->peer)) {
        l.o.copy_for = scan->ask;
        l.o.copy_at = 0;
        scan->shared++;
        push_copy(s, &l);
    } else {
        return;
    }
    object_put(s->v, &l.o, l.was_changed_ms);
}

/* All members at once would be more than a step has room for; who has no prekey
 * yet is asked when it comes. */
static bool
ask_everybody(struct step *s, const struct hf_id *ask)
{
    const struct registry *r = s->env->registry;

    for (size_t i = 0; r != NULL && i < r->n_orgs; i++) {
        if (!node_has_room(s))
            return false;
        if (!hf_org_eq(&r->orgs[i].id, step_me(s)))
            push_ask_all(s, &r->orgs[i].id, ask);
    }
    return true;
}

/* The asker is told when that was all: only then it knows what it forgot. */
static void
end_scan(struct step *s, const struct node_scan *scan)
{
    if (scan->peer.s[0] == '\0' ||
        push_answer(s, &scan->peer, &scan->ask, scan->shared)) {
        scan_del(s->v, &scan->ask);
        return;
    }
    scan_put(s->v, scan);
    due_put(s->v, s->now + SCAN_MS, &scan->ask, DUE_SCAN);
}

void
node_scan_page(struct step *s, const struct hf_id *ask)
{
    struct node_scan scan;
    struct node_object o;

    if (!scan_get(s->v, ask, &scan))
        return;
    if (scan.peer.s[0] == '\0' && !ask_everybody(s, ask)) {
        due_put(s->v, s->now, ask, DUE_SCAN);
        s->again = true;
        return;
    }
    for (int i = 0; i < NODE_PAGE && node_has_room(s); i++) {
        if (!object_next(s->v, &scan.at, &o)) {
            end_scan(s, &scan);
            return;
        }
        scan_object(s, &scan, &o);
    }
    scan_put(s->v, &scan);
    due_put(s->v, s->now, ask, DUE_SCAN);
    s->again = true;
}
