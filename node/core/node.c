#include "node.h"

#include "access.h"
#include "ask.h"
#include "close.h"
#include "figures.h"
#include "fork.h"
#include "files.h"
#include "follow.h"
#include "hf_assert.h"
#include "household.h"
#include "ladder.h"
#include "live.h"
#include "people.h"
#include "permit.h"
#include "push.h"
#include "reach.h"
#include "ruling.h"
#include "said.h"
#include "score.h"
#include "shred.h"
#include "slip.h"
#include "unmet.h"
#include "vital.h"

#define SCAN_MS (10ull * 60 * 1000) /* until an asker may be told again */
#define PEER_PAGE 256 /* objects that a prekey sets going at once */
#define FORGET_MS (26ull * 60 * 60 * 1000) /* after an envelope's end */
#define PAGE 32 /* due rows, waiting objects or scanned objects a step */

/* ---- commands ---- */

static void
step_command(struct step *s)
{
    s->cmd = s->ev->command;
    s->roles = permit_roles(s->v, &s->cmd->user, s->cmd->is_node_owner);
    switch (s->cmd->type) {
    case CMD_CASE_NEW:
        ask_case_new(s);
        break;
    case CMD_CASE_SET:
        ask_case_set(s);
        break;
    case CMD_CASE_STAGE:
        ask_case_stage(s);
        break;
    case CMD_CASE_ASSIGN:
        ask_case_assign(s);
        break;
    case CMD_CASE_SHRED:
        ask_case_shred(s);
        break;
    case CMD_CONSENT_GIVE:
    case CMD_CONSENT_AMEND:
    case CMD_CONSENT_REFUSE:
        ask_consent(s);
        break;
    case CMD_CONSENT_WITHDRAW:
        ask_consent_withdraw(s);
        break;
    case CMD_REFER:
        ask_refer(s);
        break;
    case CMD_EVENT:
        ask_event(s);
        break;
    case CMD_TRANSFER_OFFER:
        ask_transfer_offer(s);
        break;
    case CMD_TRANSFER_REQUEST:
        ask_transfer_request(s);
        break;
    case CMD_CASE_LINK:
        ask_case_link(s);
        break;
    case CMD_CASE_PAIR:
        ask_case_pair(s);
        break;
    case CMD_ATTACH:
        ask_attach(s);
        break;
    case CMD_ATTACH_PUT:
        ask_attach_put(s);
        break;
    case CMD_ATTACH_DONE:
        ask_attach_done(s);
        break;
    case CMD_USER_ADD:
    case CMD_USER_ROLE:
    case CMD_USER_DISABLE:
        ask_user(s);
        break;
    case CMD_USER_ABSENT:
        ask_user_absent(s);
        break;
    case CMD_SERVICES_SET:
        ask_services_set(s);
        break;
    case CMD_CASE_CLOSE:
        ask_case_close(s);
        break;
    case CMD_CASE_REOPEN:
        ask_case_reopen(s);
        break;
    case CMD_CASE_HOLD:
        ask_case_hold(s);
        break;
    case CMD_UNMET_ADD:
        ask_unmet(s);
        break;
    case CMD_FEEDBACK_ADD:
        ask_feedback(s);
        break;
    case CMD_SLIP_MAKE:
        ask_slip_make(s);
        break;
    case CMD_SLIP_ENTER:
        ask_slip_enter(s);
        break;
    case CMD_REVIEW:
        vital_review(s);
        break;
    case CMD_SCORE_ADD:
        ask_score_add(s);
        break;
    case CMD_TASK_DONE:
        ask_task_done(s);
        break;
    case CMD_ACCESS:
        ask_access(s);
        break;
    case CMD_NONE:
        step_refuse(s, 64, "no_command", "", "no command was given");
        break;
    }
    s->cmd = NULL; /* what follows happens by itself */
}

/* ---- envelopes ---- */

/* Which side an object's first entry makes us; false when it cannot open, or
 * is not between @from and us. */
static bool
side_of_opening(const struct step *s, const struct entry *e,
                const struct hf_org *from, enum side *ret_side)
{
    static const struct {
        enum object_kind kind;
        enum event event;
        enum side author;
    } openings[] = {{OBJECT_REFERRAL, EVENT_SEND, SIDE_FIRST},
                    {OBJECT_TRANSFER, EVENT_OFFER, SIDE_FIRST},
                    {OBJECT_TRANSFER, EVENT_REQUEST, SIDE_SECOND},
                    {OBJECT_WITHDRAWAL, EVENT_WITHDRAW, SIDE_FIRST}};
    const bool ours = hf_org_eq(&e->author, step_me(s));
    enum side author = SIDE_FIRST;
    size_t i = 0;

    while (i < sizeof(openings) / sizeof(openings[0]) &&
           (openings[i].kind != e->kind || openings[i].event != e->event))
        i++;
    if (i == sizeof(openings) / sizeof(openings[0]) ||
        !hf_org_eq(ours ? &e->peer : &e->author, from) ||
        !hf_org_eq(ours ? &e->author : &e->peer, step_me(s)))
        return false;
    author = openings[i].author;
    *ret_side = ours ? author : side_other(author);
    return true;
}

/* What its peer began before our restore we may have answered before it: the
 * copy comes first, as for what the backup held. */
static void
await_copy(struct step *s, struct live *l, uint64_t began_ms)
{
    const uint64_t clocks_part_ms = 60ull * 60 * 1000;
    struct node_self self;

    if (!self_get(s->v, &self) || hf_id_is_zero(&self.restored) ||
        began_ms > self.restored_ms + clocks_part_ms)
        return;
    l->o.copied = (struct hf_id){{0}};
    l->o.resend_ms = s->now;
    due_put(s->v, s->now, &l->o.id, DUE_RESEND);
}

/* An object we do not know yet, if the push holds its beginning. */
static bool
open_object(struct step *s, const struct content_push *p,
            const struct hf_org *from, struct live *l)
{
    struct entry e;
    enum side side;

    for (size_t i = 0; i < p->n; i++) {
        if (entry_unpack(p->entry[i].bytes, &e) != HF_OK || e.n != 1 ||
            e.kind != p->kind || !hf_id_eq(&e.object, &p->object) ||
            !side_of_opening(s, &e, from, &side))
            continue;
        live_make(s, p->kind, side, &p->object, from, l);
        await_copy(s, l, e.at_ms);
        return true;
    }
    return false;
}

/* The peer's copy after our restore: complete once we hold as much of our own
 * chain as the peer does. */
static void
note_copy(struct step *s, struct live *l, const struct content_push *p)
{
    struct node_self self;

    if (!self_get(s->v, &self) || hf_id_is_zero(&self.restored) ||
        !hf_id_eq(&p->answers, &self.restored))
        return;
    if (l->o.n[l->o.side] < p->have_n)
        return;
    l->o.copied = self.restored;
    /* an envelope that the backup knew of is not on its way any more */
    l->o.envelope = (struct hf_id){{0}};
    if (p->have_n < l->o.acked)
        l->o.acked = p->have_n; /* it was restored, too, and lost them */
    l->o.sent = l->o.acked;
}

static void
take_push(struct step *s, const struct hf_org *from,
          const struct content_push *p, struct node_inbox *in)
{
    struct live l;

    in->object = p->object;
    if (s->ev->header.created_ms < lost_get(s->v, from)) {
        /* Sealed before its maker lost, and asked for, what we hold: what it
         * brings the maker may not know any more, and would write again. */
        in->status = DELIVERY_UNOPENABLE;
        return;
    }
    if (!live_load(s, &p->object, &l)) {
        if (!open_object(s, p, from, &l)) {
            /* Its maker thinks that we hold the beginning: we lost it. An
             * answer without entries says that the maker does not, either. */
            if (p->n > 0 && hf_id_is_zero(&p->answers))
                push_ask_unknown(s, from, p->kind, &p->object);
            return;
        }
    } else if (!hf_org_eq(&l.o.peer, from) || l.o.kind != p->kind) {
        in->object = (struct hf_id){{0}};
        in->status = DELIVERY_REFUSED;
        in->reason = REASON_NOT_KNOWN;
        return;
    }
    for (size_t i = 0; i < p->n; i++)
        (void)live_take(s, &l, &p->entry[i]);
    push_have(s, &l, p->have_n, &p->have_hash);
    note_copy(s, &l, p);
    live_settle(s, &l);
    if (s->refused != REASON_NONE) {
        in->status = DELIVERY_REFUSED;
        in->reason = s->refused;
    }
}

/* Somebody lost what we share: note it at each object; the copies go out page
 * by page. */
static void
take_ask(struct step *s, const struct hf_org *from,
         const struct content_ask *a)
{
    struct node_scan scan;
    struct live l;

    if (a->shared > 0) {
        answered_put(s->v, from, &a->ask, a->shared - 1);
        return;
    }
    if (a->kind == OBJECT_NONE) {
        if (lost_get(s->v, from) < s->ev->header.created_ms)
            lost_put(s->v, from, s->ev->header.created_ms);
        if (scan_get(s->v, &a->ask, &scan))
            return; /* one scan an ask, whoever repeats it */
        memset(&scan, 0, sizeof(scan));
        scan.ask = a->ask;
        scan.peer = *from;
        scan_put(s->v, &scan);
        due_put(s->v, s->now, &scan.ask, DUE_SCAN);
        s->again = true;
        return;
    }
    if (!live_load(s, &a->object, &l) || !hf_org_eq(&l.o.peer, from) ||
        l.o.kind != a->kind) {
        push_unknown(s, from, a);
        return;
    }
    l.o.copy_for = a->ask;
    l.o.copy_at = 0;
    push_copy(s, &l);
    object_put(s->v, &l.o, l.was_changed_ms);
}

static void
take_content(struct step *s, const struct hf_org *from,
             const struct content *c, struct node_inbox *in)
{
    switch (c->type) {
    case CONTENT_PUSH:
        take_push(s, from, &c->u.push, in);
        break;
    case CONTENT_ASK:
        take_ask(s, from, &c->u.ask);
        break;
    case CONTENT_RECEIPT:
        for (size_t i = 0; i < c->u.receipts.n; i++)
            push_receipted(s, from, &c->u.receipts.item[i]);
        break;
    case CONTENT_FIGURES:
        figures_take(s, from, &c->u.figures);
        break;
    case CONTENT_CHUNK:
        file_take(s, from, &c->u.chunk);
        break;
    case CONTENT_SLIP:
        slip_take(s, from, &c->u.slip);
        break;
    case CONTENT_FORK:
        fork_take(s, from, &c->u.fork, in);
        break;
    }
}

/* When a copy would not be opened any more: it has expired, the shell drops it
 * a day later, and our prekey does not live longer. */
static uint64_t
forget_ms(const struct step *s, const struct envelope_header *h)
{
    const uint64_t last = s->now + NODE_TTL_MS + FORGET_MS;

    return h->expires_ms + FORGET_MS < last ? h->expires_ms + FORGET_MS : last;
}

static void
step_envelope(struct step *s)
{
    const struct hf_org *from = &s->ev->header.sender;
    const struct content *c = s->ev->content;
    struct node_inbox in;

    /* a second copy of a chunk finds the first one; thousands of rows would
     * say no more */
    if (c->type == CONTENT_CHUNK && c->u.chunk.n == 0) {
        if (reach_takes(s, from, c))
            file_take(s, from, &c->u.chunk);
        return;
    }
    if (inbox_get(s->v, &s->ev->header.id, &in)) {
        if (hf_org_eq(&in.from, from) && push_is_receipted(c))
            push_receipt(s, &in);
        return;
    }
    memset(&in, 0, sizeof(in));
    in.envelope = s->ev->header.id;
    in.from = *from;
    in.status = DELIVERY_OK;
    in.at_ms = s->now;
    if (reach_takes(s, from, c)) {
        take_content(s, from, c, &in);
    } else {
        in.status = DELIVERY_REFUSED;
        in.reason = REASON_NOT_ACCEPTING;
        step_alarm(s, "sender_restricted", OBJECT_NONE, &in.object, from,
                   in.reason);
    }
    inbox_put(s->v, &in);
    due_put(s->v, forget_ms(s, &s->ev->header), &in.envelope, DUE_INBOX);
    if (push_is_receipted(c))
        push_receipt(s, &in);
}

static void
step_unopenable(struct step *s)
{
    struct node_inbox in;

    memset(&in, 0, sizeof(in));
    in.envelope = s->ev->header.id;
    in.from = s->ev->header.sender;
    in.status = DELIVERY_UNOPENABLE;
    in.at_ms = s->now;
    step_alarm(s, "unopenable", OBJECT_NONE, &in.object, &in.from,
               REASON_NONE);
    if (s->ev->header.lane != LANE_BULK) /* itself such an answer */
        push_receipt(s, &in);
}

/* ---- restore ---- */

static void
step_restored(struct step *s)
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

static bool
has_room(const struct step *s)
{
    return NODE_ARENA_BYTES - s->out->used >= NODE_STEP_ARENA_MIN &&
           NODE_EFFECTS_MAX - s->out->n >= NODE_STEP_EFFECTS_MIN;
}

/* All members at once would be more than a step has room for; who has no prekey
 * yet is asked when it comes. */
static bool
ask_everybody(struct step *s, const struct hf_id *ask)
{
    const struct registry *r = s->env->registry;

    for (size_t i = 0; r != NULL && i < r->n_orgs; i++) {
        if (!has_room(s))
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

static void
scan_page(struct step *s, const struct hf_id *ask)
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
    for (int i = 0; i < PAGE && has_room(s); i++) {
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

/* ---- time ---- */

static void
settle_again(struct step *s, const struct hf_id *object)
{
    struct live l;

    if (live_load(s, object, &l))
        live_settle(s, &l);
}

static void
one_due(struct step *s, const struct hf_id *object, enum due_what what)
{
    switch (what) {
    case DUE_RESEND:
        push_due(s, object);
        break;
    case DUE_OUTBOX:
        push_out_due(s, object);
        break;
    case DUE_FIGURES:
        figures_due(s);
        break;
    case DUE_RULINGS:
        ruling_apply_all(s);
        break;
    case DUE_ANSWER:
        settle_again(s, object);
        break;
    case DUE_SCAN:
        scan_page(s, object);
        break;
    case DUE_INBOX:
        inbox_del(s->v, object);
        break;
    case DUE_FOLLOW:
        follow_due(s, object);
        break;
    case DUE_REVIEW:
        vital_due(s, object);
        break;
    case DUE_ARCHIVE:
        close_archive_due(s, object);
        break;
    case DUE_SLIP:
        slip_due(s, object);
        break;
    case DUE_OWNER:
        people_due(s, object);
        break;
    case DUE_CASE_OWNERS:
    case DUE_OBJECT_OWNERS:
        people_page(s, object, what == DUE_OBJECT_OWNERS);
        break;
    case DUE_FILE:
        file_due(s, object);
        break;
    case DUE_FORK:
        fork_due(s, object);
        break;
    }
}

/* What a clock that is in doubt must not set off. */
static bool
is_deadline(enum due_what what)
{
    switch (what) {
    case DUE_FIGURES:
    case DUE_REVIEW:
    case DUE_INBOX:
    case DUE_ARCHIVE:
    case DUE_FOLLOW:
    case DUE_SLIP:
        return true;
    case DUE_RESEND:
    case DUE_OUTBOX:
    case DUE_RULINGS:
    case DUE_ANSWER:
    case DUE_SCAN:
    case DUE_OWNER:
    case DUE_CASE_OWNERS:
    case DUE_OBJECT_OWNERS:
    case DUE_FILE:
    case DUE_FORK:
        return false;
    }
    return false;
}

/* Deadlines that came while the clock was in doubt are due as they were: some
 * not yet, if it had been ahead. */
static void
resume(struct step *s)
{
    struct hf_id object;
    enum due_what what;
    uint64_t ms;

    for (int i = 0; i < PAGE; i++) {
        if (!due_first_paused(s->v, &ms, &object, &what))
            return;
        due_del(s->v, ms, &object, what);
        due_put(s->v, ms & ~DUE_PAUSED, &object, what);
    }
    s->again = true;
}

static void
step_tick(struct step *s)
{
    struct hf_id object;
    enum due_what what;
    uint64_t ms;

    if (!s->env->is_clock_doubtful) {
        resume(s);
        s->again |= ladder_tick(s);
    }
    for (int i = 0; i < PAGE && has_room(s); i++) {
        if (!due_first(s->v, &ms, &object, &what) || ms > s->now)
            return;
        due_del(s->v, ms, &object, what);
        if (s->env->is_clock_doubtful && is_deadline(what))
            due_put(s->v, ms | DUE_PAUSED, &object, what);
        else
            one_due(s, &object, what);
    }
    s->again = true;
}

/* A prekey came: what waited for it is due now, and after a restore what we
 * share with this peer. */
static void
step_peer(struct step *s)
{
    struct node_self self;
    struct hf_id object;

    if (self_get(s->v, &self) && !hf_id_is_zero(&self.restored))
        push_ask_all(s, &s->ev->peer, &self.restored);

    /* Those beyond come up by themselves within minutes (push_waits). */
    for (int i = 0; i < PEER_PAGE && waiting_first(s->v, &s->ev->peer, &object);
         i++) {
        waiting_del(s->v, &s->ev->peer, &object);
        push_soon(s, &object);
        s->again = true;
    }
}

void
node_step(const struct node_env *env, const struct node_event *ev,
          struct node_effects *out)
{
    struct step s = {.env = env, .ev = ev, .v = env->view, .out = out,
                     .now = ev->now_ms};

    HF_ASSERT(has_room(&s));
    switch (ev->type) {
    case NODE_EV_START:
        figures_begin(&s);
        ruling_apply_all(&s);
        break;
    case NODE_EV_RESTORED:
        step_restored(&s);
        break;
    case NODE_EV_COMMAND:
        step_command(&s);
        break;
    case NODE_EV_CONTENT:
        step_envelope(&s);
        break;
    case NODE_EV_UNOPENABLE:
        step_unopenable(&s);
        break;
    case NODE_EV_CUSTODY:
        push_custody(&s, &ev->header.id, &ev->broker, ev->is_taken,
                     ev->is_final);
        break;
    case NODE_EV_NOTICE:
        push_notice(&s, &ev->header.id, &ev->broker);
        break;
    case NODE_EV_PEER:
        step_peer(&s);
        break;
    case NODE_EV_SERVICES:
        ask_services_arrived(&s);
        break;
    case NODE_EV_NOTIFIED:
        ladder_notified(&s, &ev->task, ev->rung);
        break;
    case NODE_EV_TICK:
        step_tick(&s);
        break;
    }
    if (s.again)
        (void)step_effect(&s, NODE_DO_AGAIN);
}

uint64_t
node_wake_ms(const struct node_env *env)
{
    struct hf_id object;
    enum due_what what;
    uint64_t ms, wake = UINT64_MAX;

    if (!env->is_clock_doubtful) {
        if (due_first_paused(env->view, &ms, &object, &what))
            return 0;
        wake = ladder_wake_ms(env->view);
    }
    return due_first(env->view, &ms, &object, &what) && ms < wake ? ms : wake;
}
