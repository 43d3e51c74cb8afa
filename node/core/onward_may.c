/* Whether a person may be sent on at all, and why not to this one: in words
 * that say whom to ask, and what for. */
#include "onward.h"

#include "ask.h"
#include "hf_text.h"
#include "lifecycle.h"
#include "tombstone.h"

/* ---- may it begin? ---- */

static const char *
asked(const struct node_object *x)
{
    return x->peer.s;
}

/* What keeps x from being sent on, whoever to. */
static bool
is_in_hand(const struct node_object *x, struct node_reply *r)
{
    char id[HF_ID_TEXT_BYTES];

    (void)ask_id(OBJECT_REFERRAL, &x->id, id);
    if (x->side == SIDE_FIRST)
        step_error(r, 64, "usage",
                   "name the case: handoff refer CASE --need NEED",
                   "%s went out from here", id);
    else if (!hf_id_is_zero(&x->terms.part_of))
        step_error(r, 1, "sent_on_before",
                   "ask them to send the person to the next one themselves",
                   "%s was itself sent on by %.31s: it goes no further from "
                   "here",
                   id, asked(x));
    else if (x->is_forked)
        step_error(r, 1, "wrong_state", "handoff show ID --trace",
                   "%s is forked; nothing more can be built on it", id);
    else if (LIFECYCLE_IN(x->state) & (LIFECYCLE_IN(STATE_SENT) |
                                       LIFECYCLE_IN(STATE_RECEIVED) |
                                       LIFECYCLE_IN(STATE_ON_HOLD)))
        step_error(r, 1, "not_accepted",
                   "handoff accept ID; or redirect ID --to ORG, so that "
                   "they refer the person there",
                   "%s is %s: only who has accepted sends on", id,
                   state_text(x->state));
    else if (!(ONWARD_TAKEN & LIFECYCLE_IN(x->state)))
        step_error(r, 1, "wrong_state", "ask who referred to refer the person",
                   "%s is %s: %.31s refers the person from there, if they "
                   "consent",
                   id, state_text(x->state), asked(x));
    return r->status == 0;
}

static bool
has_copy(const struct step *s, const struct node_object *x,
         struct node_reply *r)
{
    struct node_self self;

    if (x->is_local || !self_get(s->v, &self) ||
        hf_id_is_zero(&self.restored) || hf_id_eq(&self.restored, &x->copied))
        return true;
    step_error(r, 75, "awaits_copy", "wait for it, or call them",
               "after the restore %.31s has not yet returned its copy",
               asked(x));
    return false;
}

bool
onward_may_begin(const struct step *s, const struct hf_id *x,
                 struct node_reply *r)
{
    struct node_object o;

    if (!object_get(s->v, x, &o) || o.kind != OBJECT_REFERRAL) {
        step_error(r, 66, "no_such_thing", "handoff list --in shows them",
                   "no referral with this id here");
        return false;
    }
    if (!is_in_hand(&o, r) || !has_copy(s, &o, r))
        return false;
    if (hf_id_is_zero(&o.proof.consent)) {
        step_error(r, 1, "no_consent", "telephone them",
                   "what came went without consent: %.31s alone can refer "
                   "the person on",
                   asked(&o));
        return false;
    }
    if (tombstone_under(s, &o.proof) == CATEGORY_ALL) {
        step_error(r, 1, "consent_withdrawn", "",
                   "the consent that this came under was withdrawn");
        return false;
    }
    return true;
}

/* ---- why not to this one? ---- */

static void
not_in_list(const struct step *s, const struct node_object *x,
            const struct hf_org *to, struct node_reply *r)
{
    struct grant grants[GRANTS_MAX];
    const size_t n_grants = onward_grants(s->env, x, grants);
    char names[120] = "";

    for (size_t i = 0; i < n_grants; i++)
        hf_say_more(names, sizeof(names), " %.31s", grants[i].to.s);
    if (n_grants == 0)
        step_error(r, 1, "no_consent",
                   "ask them for consent with the purpose onward; then they: "
                   "handoff disclose ID",
                   "the consent that %.31s has lets nothing go onward from "
                   "here",
                   asked(x));
    else
        step_error(r, 1, "no_consent",
                   "ask them for consent with the purpose onward for it; then "
                   "they: handoff disclose ID",
                   "consent that %.31s has lets nothing go onward to %.31s; "
                   "only to:%s",
                   asked(x), to->s, names);
}

/* The first category of @set, for a sentence. */
static const char *
first_of(uint32_t set)
{
    for (enum category k = CATEGORY_IDENTITY; k < CATEGORY_END; k++)
        if (set & CATEGORY_BIT(k))
            return category_text(k);
    return "anything";
}

static bool
is_over(const struct consent *c, uint32_t lacks, uint64_t now_ms,
        uint64_t *ret_ms)
{
    const uint32_t any = lacks == 0 ? CATEGORY_ALL : lacks;

    for (int i = 0; i < c->n_scopes; i++)
        if ((c->scope[i].categories & any) != 0 &&
            c->scope[i].until_ms != 0 && now_ms >= c->scope[i].until_ms) {
            *ret_ms = c->scope[i].until_ms;
            return true;
        }
    return false;
}

void
onward_refuse(const struct step *s, const struct node_case *c,
              const struct hf_org *to, uint32_t lacks, struct node_reply *r)
{
    const uint32_t any = lacks == 0 ? CATEGORY_ALL : lacks;
    char when[HF_TIME_TEXT_BYTES];
    const struct consent *consent;
    struct consent room;
    struct node_object x;
    uint64_t until_ms;

    if (!object_get(s->v, &c->id, &x))
        return;
    consent = onward_consent(s, c, to, &room);
    if (consent == NULL)
        not_in_list(s, &x, to, r);
    else if (consent_withdrawn(consent, to, PURPOSE_REFERRAL) & any)
        step_error(r, 1, "consent_withdrawn",
                   "only the person can give it again, where they are served",
                   "the consent that let %s go onward to %.31s was withdrawn",
                   first_of(lacks), to->s);
    else if (is_over(consent, lacks, s->now, &until_ms))
        step_error(r, 1, "consent_over",
                   "ask who referred to renew it, and then: handoff disclose "
                   "ID",
                   "the consent that let %s go onward to %.31s ended at %s",
                   first_of(lacks), to->s, hf_time_format(until_ms, when));
    else
        step_error(r, 1, "no_consent",
                   "ask them for consent with the purpose onward for it; then "
                   "they: handoff disclose ID",
                   "consent that %.31s has does not let %s go onward to %.31s",
                   asked(&x), first_of(lacks), to->s);
}
