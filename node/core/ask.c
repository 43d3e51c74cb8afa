/* Cases, users, services; and what the commands share. */
#include "ask.h"

#include "custody.h"
#include "disclose.h"
#include "follow.h"
#include "hf_assert.h"
#include "hf_text.h"
#include "match.h"
#include "parts.h"
#include "people.h"
#include "permit.h"
#include "proxy.h"
#include "reconsent.h"
#include "shelf.h"

const char *
node_prefix(enum object_kind kind)
{
    static const char *const prefix[] = {"HC", "HR", "HT", "HW"};

    HF_ASSERT(kind < OBJECT_END);
    return prefix[kind];
}

const char *
ask_id(enum object_kind kind, const struct hf_id *id, char *room)
{
    return hf_id_format(node_prefix(kind), id, room);
}

bool
ask_permitted(struct step *s, enum object_kind kind, enum side side)
{
    if (permit_command(s->roles, s->cmd->type, kind, side, s->cmd->event))
        return true;
    step_refuse(s, 77, "not_permitted",
                "an administrator gives roles: handoff user role NAME --role R",
                "user %.31s has no role that may do this", s->cmd->user.s);
    return false;
}

bool
ask_case(struct step *s, bool must_hold, struct node_case *ret)
{
    char id[HF_ID_TEXT_BYTES];

    if (!case_get(s->v, &s->cmd->case_id, ret) &&
        shredded_get(s->v, &s->cmd->case_id)) {
        step_refuse(s, 66, "shredded", "", "case %s was shredded here",
                    ask_id(OBJECT_NONE, &s->cmd->case_id, id));
        return false;
    }
    if (!case_get(s->v, &s->cmd->case_id, ret)) {
        step_refuse(s, 66, "no_such_case", "handoff case list shows them",
                    "no case %s here",
                    ask_id(OBJECT_NONE, &s->cmd->case_id, id));
        return false;
    }
    if (must_hold && !hf_org_eq(&ret->holder, step_me(s))) {
        step_refuse(s, 1, "not_holder", "",
                    "custody of %s is with %.31s, not here",
                    ask_id(OBJECT_NONE, &ret->id, id), ret->holder.s);
        return false;
    }
    if (must_hold && ret->stage == STAGE_ARCHIVED) {
        step_refuse(s, 1, "archived", "", "case %s is in the archive",
                    ask_id(OBJECT_NONE, &ret->id, id));
        return false;
    }
    return true;
}

bool
ask_goes_on(struct step *s, const struct node_case *c)
{
    char id[HF_ID_TEXT_BYTES];

    if (c->stage >= STAGE_CLOSED)
        step_refuse(s, 1, "wrong_stage", "handoff case reopen CASE",
                    "case %s is %s", ask_id(OBJECT_NONE, &c->id, id),
                    stage_text(c->stage));
    else if (c->is_dead)
        step_refuse(s, 1, "died", "handoff case close CASE --reason died",
                    "the person of case %s has died",
                    ask_id(OBJECT_NONE, &c->id, id));
    else
        return true;
    return false;
}

void
ask_done(struct step *s, const struct live *l)
{
    struct node_reply *r = step_reply(s);

    r->id = l->o.id;
    r->kind = l->o.kind;
    r->state = l->o.state;
    r->to = l->o.peer;
    r->service = l->o.terms.service;
    r->decision = l->o.terms.decision;
}

bool
ask_words_fit(struct step *s)
{
    const struct node_command *c = s->cmd;
    const struct {
        const char *what;
        size_t n, max;
    } words[] = {{"text", c->text.n, TEXT_BYTES_MAX},
                 {"details", c->details.n, DETAILS_BYTES_MAX},
                 {"report", c->report.n, REPORT_BYTES_MAX}};

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (words[i].n <= words[i].max)
            continue;
        step_refuse(s, 65, "too_long", "shorten it",
                    "the %s is longer than %zu bytes", words[i].what,
                    words[i].max);
        return false;
    }
    return true;
}

void
ask_own_parts(struct step *s, struct body *b)
{
    const struct node_command *c = s->cmd;

    if (c->text.n > 0)
        disclose_add(b, PART_TEXT, CATEGORY_NONE, step_copy(s, c->text));
    if (c->details.n > 0)
        disclose_add(b, PART_DETAILS, CATEGORY_NONE,
                     step_copy(s, c->details));
    if (c->report.n > 0)
        disclose_add(b, PART_REPORT, CATEGORY_NONE, step_copy(s, c->report));
}

/* ---- cases ---- */

bool
ask_sections(struct step *s, struct node_case *c)
{
    const struct node_command *cmd = s->cmd;

    for (enum category k = CATEGORY_IDENTITY; k < CATEGORY_END; k++) {
        if ((cmd->sections & CATEGORY_BIT(k)) &&
            cmd->section[k].n > SECTION_BYTES_MAX) {
            step_refuse(s, 65, "section_too_large",
                        "shorten it, or keep documents as attachments",
                        "section %s is larger than %u bytes",
                        category_text(k), SECTION_BYTES_MAX);
            return false;
        }
    }
    for (enum category k = CATEGORY_IDENTITY; k < CATEGORY_END; k++)
        if (cmd->sections & CATEGORY_BIT(k))
            section_put(s->v, &c->id, k, cmd->section[k]);
    c->held |= cmd->sections & CATEGORY_ALL;
    return true;
}

static void
reply_case(struct step *s, const struct node_case *c)
{
    struct node_reply *r = step_reply(s);

    r->id = c->id;
}

void
ask_case_new(struct step *s)
{
    const struct node_command *cmd = s->cmd;
    struct node_case c;

    if (!ask_permitted(s, OBJECT_NONE, SIDE_FIRST))
        return;
    memset(&c, 0, sizeof(c));
    c.id = step_fresh_id(s);
    c.stage = cmd->stage == STAGE_NONE ? STAGE_PRE_DEPARTURE : cmd->stage;
    c.holder = *step_me(s);
    c.epoch = 1;
    c.facts = cmd->facts;
    c.facts.stage = c.stage;
    c.number = cmd->number;
    c.owner = cmd->user;
    c.created_ms = c.changed_ms = s->now;
    if (!ask_sections(s, &c))
        return;
    match_number(s, &c);
    match_person(s, &c);
    case_put(s->v, &c);
    follow_settle(s, &c);
    reply_case(s, &c);
}

/* A plan that does not say when it was agreed was agreed when it was first
 * written down after arrival; amended, it keeps its day. */
static void
date_plan(const struct step *s, struct node_case *c, uint64_t was_ms)
{
    if ((s->cmd->sections & CATEGORY_BIT(CATEGORY_PLAN)) == 0 ||
        c->facts.plan_ms != 0)
        return;
    c->facts.plan_ms = was_ms;
    if (was_ms == 0 && c->stage >= STAGE_ARRIVED)
        c->facts.plan_ms = s->now;
}

void
ask_case_set(struct step *s)
{
    uint64_t plan_ms;
    struct node_case c;

    if (!ask_permitted(s, OBJECT_NONE, SIDE_FIRST) ||
        !ask_case(s, true, &c) || !custody_of_is_sure(s, &c))
        return;
    if (!ask_sections(s, &c))
        return;
    plan_ms = c.facts.plan_ms;
    parts_facts_renew(&c.facts, &s->cmd->facts, s->cmd->sections);
    date_plan(s, &c, plan_ms);
    if (s->cmd->number.s[0] != '\0') {
        c.number = s->cmd->number;
        match_number(s, &c);
    }
    c.changed_ms = s->now;
    match_person(s, &c);
    case_put(s->v, &c);
    if (s->cmd->plan_gains)
        reconsent_plan(s, &c);
    follow_settle(s, &c);
    reply_case(s, &c);
}

void
ask_case_stage(struct step *s)
{
    const enum stage to = s->cmd->stage;
    struct node_case c;

    if (!ask_permitted(s, OBJECT_NONE, SIDE_FIRST) ||
        !ask_case(s, true, &c) || !ask_goes_on(s, &c) ||
        !custody_of_is_sure(s, &c))
        return;
    if (c.stage < STAGE_ARRIVED || to < STAGE_PLANNING ||
        to > STAGE_FOLLOW_UP) {
        step_refuse(s, 1, "wrong_stage",
                    "planning, in_assistance and follow_up are set by hand, "
                    "from arrived on",
                    "the case is %s; it cannot be set to %s",
                    stage_text(c.stage), stage_text(to));
        return;
    }
    c.stage = c.facts.stage = to;
    c.changed_ms = s->now;
    case_put(s->v, &c);
    follow_settle(s, &c);
    reply_case(s, &c);
}

/* ---- users and services ---- */

void
ask_user(struct step *s)
{
    const struct node_command *cmd = s->cmd;
    struct node_user u;
    const bool exists = user_get(s->v, &cmd->user_name, &u);

    if (!ask_permitted(s, OBJECT_NONE, SIDE_FIRST))
        return;
    if (cmd->type == CMD_USER_ADD && exists) {
        step_refuse(s, 1, "exists", "handoff user role NAME --role R",
                    "user %.31s exists", cmd->user_name.s);
        return;
    }
    if (cmd->type != CMD_USER_ADD && !exists) {
        step_refuse(s, 66, "no_such_user", "handoff user list shows them",
                    "no user %.31s", cmd->user_name.s);
        return;
    }
    if (cmd->type == CMD_USER_ADD) {
        memset(&u, 0, sizeof(u));
        u.name = cmd->user_name;
        memcpy(u.language, cmd->language, sizeof(u.language));
    }
    if (cmd->type == CMD_USER_DISABLE) {
        u.is_disabled = 1;
    } else {
        u.roles = cmd->roles;
        u.is_disabled = 0;
    }
    user_put(s->v, &u);
    if (cmd->type != CMD_USER_ADD)
        people_changed(s);
    (void)step_reply(s);
}

/* All rows of one provider go; the document says what stands now. */
static void
replace_services(struct step *s, const struct hf_org *org, size_t n,
                 const struct service *services)
{
    services_clear(s->v, org);
    for (size_t i = 0; i < n && i < SERVICES_OF_ORG_MAX; i++)
        if (hf_org_eq(&services[i].org, org))
            service_put(s->v, &services[i]);
    services_note(s->v, org, services, n);
}

void
ask_services_set(struct step *s)
{
    const struct node_command *cmd = s->cmd;
    const struct hf_org *org =
        cmd->on_behalf.s[0] != '\0' ? &cmd->on_behalf : step_me(s);

    if (!ask_permitted(s, OBJECT_NONE, SIDE_FIRST))
        return;
    if (cmd->details.n > SHELF_SMALL_MAX) {
        step_refuse(s, 65, "too_long", "shorten it",
                    "the services are longer than %u bytes", SHELF_SMALL_MAX);
        return;
    }
    if (cmd->on_behalf.s[0] != '\0' && !proxy_is_ours(s, &cmd->on_behalf)) {
        step_refuse(s, 1, "not_keeper", "handoff registry show says who does",
                    "the node of %.31s is not kept here", cmd->on_behalf.s);
        return;
    }
    replace_services(s, org, cmd->n_services, cmd->services);
    service_doc_put(s->v, org, cmd->details);
    if (org == step_me(s)) /* nobody else can refer to a member without one */
        step_effect(s, NODE_DO_PUBLISH);
    (void)step_reply(s);
}

void
ask_services_arrived(struct step *s)
{
    const struct node_event *ev = s->ev;

    if (hf_org_eq(&ev->peer, step_me(s)))
        return; /* our own, back from the shelf */
    replace_services(s, &ev->peer, ev->n_services, ev->services);
    service_doc_put(s->v, &ev->peer, ev->document);
}
