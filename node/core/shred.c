#include "shred.h"

#include "ask.h"
#include "bare.h"
#include "erase.h"
#include "files.h"
#include "follow.h"
#include "hf_text.h"
#include "lifecycle.h"
#include "live.h"
#include "match.h"
#include "said.h"
#include "score.h"
#include "task.h"
#include "unmet.h"
#include "withdrawal.h"

static void
kill_all(struct step *s, const struct hf_id *id)
{
    const struct node_lock lock = {*id, CATEGORY_NONE};

    s->v->shred(s->v->ctx, &lock);
}

/* One object of the case: what was said, sent and got over it. Its chains
 * stay, and with them the proof that it took place. */
static void
empty_object(struct step *s, struct node_object *o)
{
    file_drop_all(s, &o->id);
    bodies_del(s->v, &o->id);
    decision_del(s->v, &o->terms.decision);
    kill_all(s, &o->id);
    shredded_put(s->v, &o->id, s->now);
    o->sections = 0;
    memset(&o->card, 0, sizeof(o->card));
    memset(&o->proof, 0, sizeof(o->proof));
    bare_forget(o, SIDE_FIRST);
    bare_forget(o, SIDE_SECOND);
    object_put(s->v, o, o->changed_ms);
}

static void
shred_case(struct step *s, const struct node_case *c)
{
    struct hf_id at = {{0}};
    struct node_case gone = *c;
    struct node_object o;

    while (object_next_of_case(s->v, &c->id, &at, &o))
        empty_object(s, &o);
    for (enum category k = CATEGORY_IDENTITY; k < CATEGORY_END; k++)
        section_del(s->v, &c->id, k);
    if (!hf_id_is_zero(&c->consent))
        consent_del(s->v, &c->consent);
    match_forget(s, &gone);
    if (!hf_id_is_zero(&c->household))
        household_del(s->v, &c->household, &c->id);
    task_shred(s, &c->id);
    unmet_shred(s, &c->id);
    said_shred(s, &c->id);
    follow_del(s, &c->id);
    score_del_all(s, &c->id);
    title_del(s->v, &c->id);
    case_del(s->v, &c->id);
    kill_all(s, &c->id);
    shredded_put(s->v, &c->id, s->now);
}

/* ---- the command ---- */

static bool
is_open(const struct node_object *o)
{
    return o->kind != OBJECT_WITHDRAWAL &&
           !lifecycle_is_final(o->kind, o->state);
}

/* Nothing may be under way that others still rely on; withdrawals go on by
 * themselves and are answered "erased" then. */
static bool
is_at_rest(struct step *s, const struct node_case *c)
{
    char room[HF_ID_TEXT_BYTES];
    struct hf_id at = {{0}};
    struct node_object o;
    bool is_shared = false;

    while (object_next_of_case(s->v, &c->id, &at, &o)) {
        is_shared |= o.n[0] + o.n[1] > 0;
        if (!is_open(&o))
            continue;
        step_refuse(s, 1, o.kind == OBJECT_TRANSFER ? "transfer_open"
                                                    : "referral_open",
                    "bring it to its end first: handoff show ID",
                    "%s of this case is %s", ask_id(o.kind, &o.id, room),
                    state_text(o.state));
        return false;
    }
    if (!is_shared || c->stage >= STAGE_CLOSED ||
        !hf_org_eq(&c->holder, step_me(s)))
        return true;
    step_refuse(s, 1, "not_closed", "handoff case close CASE --reason R",
                "this organisation holds the case, and it is %s",
                stage_text(c->stage));
    return false;
}

void
ask_case_shred(struct step *s)
{
    struct node_case c;

    if (!ask_permitted(s, OBJECT_NONE, SIDE_FIRST) ||
        !ask_case(s, false, &c) || !is_at_rest(s, &c))
        return;
    if (c.is_held) {
        step_refuse(s, 1, "on_hold", "handoff case hold CASE off",
                    "the case is kept for an inquiry");
        return;
    }
    shred_case(s, &c);
    step_reply(s)->id = c.id;
}

/* ---- after a restore ---- */

static void
withdraw_again(struct step *s, const struct node_tombstone *t)
{
    struct consent c;

    if (!consent_get(s->v, &t->consent, &c) || c.version >= t->version)
        return;
    for (int i = 0; i < c.n_scopes; i++)
        if (t->scope.s[0] == '\0' || hf_name_eq(&t->scope, &c.scope[i].id))
            c.scope[i].withdrawn = true;
    if (t->scope.s[0] == '\0')
        c.state = CONSENT_WITHDRAWN;
    consent_put(s->v, &c, (struct hf_bytes){NULL, 0});
}

/* The sections' keys are gone; what was read from them stands in records that
 * the backup brought back. */
static void
erase_again(struct step *s, const struct node_tombstone *t)
{
    const bool narrows = t->scope.s[0] == '-';
    struct scopes_withdrawn w = {.consent = t->consent,
                                 .erase = true,
                                 .whole = t->scope.s[0] == '\0',
                                 .narrowed = narrows,
                                 .categories = t->categories};
    struct consent c;

    if (!t->erase || (narrows && t->scope.s[1] != '\0'))
        return; /* the latter is about somebody else (tombstone.h) */
    if (!narrows && consent_get(s->v, &t->consent, &c))
        w.categories =
            withdrawal_lost(s, &c, step_me(s), w.categories);
    erase_received(s, &w);
}

/* Sections whose keys are gone are no longer held. */
static void
recount(struct step *s, struct node_case *c)
{
    const uint32_t held = c->held;
    struct hf_bytes json;

    for (enum category k = CATEGORY_IDENTITY; k < CATEGORY_END; k++)
        if ((c->held & CATEGORY_BIT(k)) && !section_get(s->v, &c->id, k, &json))
            c->held &= ~CATEGORY_BIT(k);
    if (c->held != held)
        case_put(s->v, c);
}

void
shred_again(struct step *s)
{
    struct node_tombstone t;
    struct node_object o;
    struct node_case c;
    struct hf_id at = {{0}};

    while (shredded_next(s->v, &at)) {
        if (case_get(s->v, &at, &c))
            shred_case(s, &c);
        else if (object_get(s->v, &at, &o))
            empty_object(s, &o);
    }
    memset(&t, 0, sizeof(t));
    while (tombstone_next(s->v, &t)) {
        withdraw_again(s, &t);
        erase_again(s, &t);
    }
    at = (struct hf_id){{0}};
    while (case_next(s->v, &at, &c))
        recount(s, &c);
}
