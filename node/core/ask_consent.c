/* The commands on consents: given, amended, refused, withdrawn. */
#include "ask.h"
#include "erase.h"
#include "giver.h"
#include "history.h"
#include "reconsent.h"
#include "withdrawal.h"

static void
reply_consent(struct step *s, const struct consent *c,
              const struct withdrawal_told *told)
{
    struct node_reply *r = step_reply(s);

    r->id = c->id;
    r->version = c->version;
    r->n = told->n;
    r->decision = told->first;
}

/* What happened before this one, and is not forgotten with it. */
static void
follow(const struct consent *was, bool has, bool amends, struct consent *c)
{
    if (!has)
        return;
    c->previous = amends ? was->previous : was->id;
}

static bool
has_scope(const struct consent *c, const struct hf_name *id)
{
    for (int i = 0; i < c->n_scopes; i++)
        if (hf_name_eq(&c->scope[i].id, id))
            return true;
    return false;
}

/* Withdrawn scopes stay withdrawn whatever an amendment says: whoever holds a
 * tombstone refuses what comes under them. One that was left out cannot come
 * back under its old name; refused then. */
static bool
carry_withdrawn(struct step *s, const struct consent *was, struct consent *now)
{
    struct node_tombstone t;

    for (int i = 0; i < now->n_scopes; i++) {
        if (!tombstone_get(s->v, &now->id, &now->scope[i].id, &t))
            continue;
        if (!has_scope(was, &now->scope[i].id)) {
            step_refuse(s, 65, "scope_withdrawn",
                        "give what is agreed anew an id of its own",
                        "scope %.31s was taken back before",
                        now->scope[i].id.s);
            return false;
        }
        now->scope[i].withdrawn = true;
    }
    return true;
}

/* Whether it may come after the one that is held, if any is. */
static bool
may_follow(struct step *s, const struct consent *was, bool has)
{
    const bool is_given = has && was->state == CONSENT_GIVEN;

    if (s->cmd->type == CMD_CONSENT_AMEND) {
        if (!is_given)
            step_refuse(s, 1, "no_consent", "handoff consent give CASE",
                        "no consent is in force to be amended");
        return is_given;
    }
    if (is_given) /* whoever holds data under it must be told: a withdrawal */
        step_refuse(s, 1, "consent_exists",
                    "handoff consent amend CASE, or consent withdraw CASE",
                    "a consent is in force; amend or withdraw it");
    return !is_given;
}

/* What the command brings, as it is to be kept. */
static bool
make_consent(struct step *s, const struct node_case *kase,
             const struct consent *was, bool has, struct consent *c)
{
    const bool amends = s->cmd->type == CMD_CONSENT_AMEND;
    const bool refuses = s->cmd->type == CMD_CONSENT_REFUSE;
    const char *wrong;

    *c = *s->cmd->consent;
    c->id = amends ? was->id : step_fresh_id(s);
    c->version = amends ? was->version + 1 : 1;
    follow(was, has, amends, c);
    c->state = refuses ? CONSENT_REFUSED : CONSENT_GIVEN;
    c->case_id = kase->id;
    if (amends && !carry_withdrawn(s, was, c))
        return false;
    wrong = refuses ? NULL : consent_check(c);
    if (wrong != NULL)
        step_refuse(s, 65, "bad_consent", "", "%s", wrong);
    return wrong == NULL;
}

void
ask_consent(struct step *s)
{
    const bool amends = s->cmd->type == CMD_CONSENT_AMEND;
    struct withdrawal_told told = {.n = 0};
    struct consent was, c;
    struct node_case kase;
    bool has;

    if (!ask_permitted(s, OBJECT_NONE, SIDE_FIRST) ||
        !ask_case(s, true, &kase) || !ask_words_fit(s) ||
        giver_refuses(s, &kase))
        return;
    has = consent_get(s->v, &kase.consent, &was);
    if (!may_follow(s, &was, has) || !make_consent(s, &kase, &was, has, &c))
        return;
    consent_put(s->v, &c, s->cmd->details);
    history_sign(s, &c,
                 amends                       ? HISTORY_AMENDED
                 : c.state == CONSENT_REFUSED ? HISTORY_REFUSED
                                              : HISTORY_GIVEN,
                 s->cmd->details);
    kase.consent = c.id;
    kase.changed_ms = s->now;
    case_put(s->v, &kase);
    reconsent_given(s, &kase);
    if (amends)
        withdrawal_amended(s, &was, &c, s->cmd->erase, &told);
    reply_consent(s, &c, &told);
}

/* ---- withdrawn ---- */

static bool
is_named(const struct node_command *cmd, const struct hf_name *scope)
{
    for (int k = 0; k < cmd->n_scopes; k++)
        if (hf_name_eq(&cmd->scope[k], scope))
            return true;
    return cmd->n_scopes == 0;
}

static bool
all_named(struct step *s, const struct scopes_withdrawn *w)
{
    if (w->whole || w->n == s->cmd->n_scopes)
        return true;
    step_refuse(s, 66, "no_such_scope",
                "handoff consent show CASE lists the scopes",
                "the consent has no such scope");
    return false;
}

/* Which scopes, and all their categories. A whole one takes all with it, also
 * what an amendment left out before. */
static void
gather_scopes(const struct node_command *cmd, const struct consent *c,
              struct scopes_withdrawn *w)
{
    w->whole = cmd->n_scopes == 0;
    for (int i = 0; i < c->n_scopes; i++) {
        if (!is_named(cmd, &c->scope[i].id))
            continue;
        w->scope[w->n++] = c->scope[i].id;
        w->categories |= c->scope[i].categories;
    }
    if (w->whole)
        w->categories = CATEGORY_ALL;
}

static void
withdraw(struct step *s, struct scopes_withdrawn *w)
{
    struct withdrawal_told told;
    struct node_reply *r;

    withdrawal_begin(s, w, NULL, NULL, &told);
    r = step_reply(s);
    r->id = w->consent;
    r->version = w->version;
    r->n = told.n;
    r->decision = told.first;
}

/* Taken by who was only referred to: the person came there. It knows its own
 * share of the consent, and whom it got it from. */
static void
withdraw_share(struct step *s, const struct node_object *o)
{
    struct scopes_withdrawn w = {.consent = o->proof.consent,
                                 .version = o->proof.version + 1,
                                 .erase = s->cmd->erase,
                                 .whole = s->cmd->n_scopes == 0};

    for (int i = 0; i < o->proof.n; i++) {
        if (!is_named(s->cmd, &o->proof.item[i].scope))
            continue;
        w.scope[w.n++] = o->proof.item[i].scope;
        w.categories |= o->proof.item[i].categories;
    }
    if (w.whole)
        w.categories = CATEGORY_ALL;
    if (all_named(s, &w))
        withdraw(s, &w);
}

static void
withdraw_received(struct step *s)
{
    struct node_object o;

    if (object_get(s->v, &s->cmd->object, &o) && o.kind == OBJECT_REFERRAL &&
        o.side == SIDE_SECOND && o.proof.n > 0)
        withdraw_share(s, &o);
    else
        step_refuse(s, 1, "no_consent",
                    "decline it: handoff decline ID --reason client_refused",
                    "nothing was disclosed here under a consent");
}

/* Never blocked by any gate or state (I-2): whoever holds the record of the
 * consent, or a share of it, may take the withdrawal. */
void
ask_consent_withdraw(struct step *s)
{
    struct scopes_withdrawn w = {.n = 0};
    struct node_case kase;
    struct consent c;

    if (!ask_permitted(s, OBJECT_NONE, SIDE_FIRST))
        return;
    if (!hf_id_is_zero(&s->cmd->object)) {
        withdraw_received(s);
        return;
    }
    if (!ask_case(s, false, &kase))
        return;
    if (!withdrawal_find(s, &kase, s->cmd->erase, &c)) {
        step_refuse(s, 1, "no_consent", "", "no consent is in force");
        return;
    }
    w.consent = c.id;
    w.case_id = kase.id;
    w.version = c.version + 1;
    w.erase = s->cmd->erase;
    gather_scopes(s->cmd, &c, &w);
    if (!all_named(s, &w))
        return;
    withdraw(s, &w);
    if (case_get(s->v, &kase.id, &kase))
        reconsent_settle(s, &kase);
}
