/* A referral's plan: what SOP and gate say now; nothing is changed. */

#include "deadline.h"
#include "disclose.h"
#include "hf_text.h"
#include "onward.h"
#include "proxy.h"
#include "reach.h"
#include "refer.h"
#include "trail.h"

/* The service map as the engine asks for it: active members but ourselves. */
struct map_walk {
    const struct step *s;
    const struct hf_org *wanted; /* whom the command names; may be empty */
    size_t n_named;              /* sent on: to whom consent lets it go */
    struct hf_org named[GRANTS_MAX];
    struct hf_org org;
    uint8_t uuid[16];
    struct service sv;
};

/* A person is sent on only to who consent names; there is nothing to choose
 * among the others. Where the command names somebody else, that one alone is
 * looked at; where consent names nobody, all: so the plan says which consent
 * is missing. */
static bool
is_open_to(const struct map_walk *w, const struct hf_org *org)
{
    bool is_wanted = w->wanted->s[0] == '\0', is_named = false;

    if (w->n_named == 0)
        return true;
    for (size_t i = 0; i < w->n_named; i++) {
        is_wanted |= hf_org_eq(&w->named[i], w->wanted);
        is_named |= hf_org_eq(&w->named[i], org);
    }
    return is_wanted ? is_named : hf_org_eq(w->wanted, org);
}

static bool
map_next(void *ctx, const struct hf_name *code, bool is_first,
         struct service *ret)
{
    static const struct hf_name any_family; /* its own at `send` */
    struct map_walk *w = ctx;

    if (is_first) {
        memset(&w->org, 0, sizeof(w->org));
        memset(w->uuid, 0, sizeof(w->uuid));
        memset(&w->sv, 0, sizeof(w->sv));
    }
    while (service_next(w->s->v, code, &w->org, w->uuid, &w->sv)) {
        const struct registry_org *member = step_member(w->s, &w->sv.org);

        if (member == NULL || !is_open_to(w, &w->sv.org) ||
            !reach_may(w->s, step_me(w->s), &w->sv.org, OBJECT_REFERRAL,
                       &any_family))
            continue;
        *ret = w->sv;
        memcpy(ret->country, member->country, sizeof(ret->country));
        return true;
    }
    return false;
}

static bool
said_no(enum state state)
{
    return state == STATE_DECLINED || state == STATE_REJECTED ||
           state == STATE_EXPIRED || state == STATE_LAPSED ||
           state == STATE_FAILED;
}

/* Providers that were asked for this need and said no, closed or not. */
static void
gather_tried(const struct step *s, const struct node_case *c,
             struct sop_request *req, struct refer_history *h)
{
    struct hf_id at = {{0}};
    struct node_object o;

    memset(h, 0, sizeof(*h));
    while (object_next_of_case(s->v, &c->id, &at, &o)) {
        const bool closed = o.state == STATE_CLOSED &&
                            o.met_ms[DEADLINE_REPORT] == 0;

        if (o.kind != OBJECT_REFERRAL || o.side != SIDE_FIRST ||
            !hf_name_eq(&o.terms.need, &req->need) ||
            !(said_no(o.state) || closed))
            continue;
        if (req->n_tried < SOP_TRIED_MAX)
            req->tried[req->n_tried++] = o.peer;
        if (!closed)
            h->open = o.id;
        if (o.created_ms >= h->last_ms) {
            h->last_ms = o.created_ms;
            h->last = o.id;
        }
    }
}

static void
fill_request(const struct step *s, const struct node_command *cmd,
             const struct node_case *c, struct sop_request *req,
             struct refer_history *h)
{
    memset(req, 0, sizeof(*req));
    req->facts = c->facts;
    req->need = cmd->need;
    req->urgency = cmd->urgency;
    /* by telephone, entered later: clocks run from then */
    req->now_ms = cmd->happened_ms != 0 ? cmd->happened_ms : s->now;
    req->incident_ms = cmd->incident_ms;
    req->wish_female = cmd->wish_female;
    req->wish_male = cmd->wish_male;
    memcpy(req->interpreter, cmd->interpreter, sizeof(req->interpreter));
    req->near = cmd->near;
    req->away = cmd->away;
    req->from = *step_me(s);
    req->to = cmd->to;
    gather_tried(s, c, req, h);
    if (cmd->not_to.s[0] != '\0' && req->n_tried < SOP_TRIED_MAX)
        req->tried[req->n_tried++] = cmd->not_to;
}

/* Another provider than the SOP's: it must offer the service, and the reason
 * stands in the decision. */
static bool
override(const struct node_command *cmd, struct node_decision *d)
{
    if (!sop_override(&d->sop, &cmd->to))
        return false;
    d->is_override = 1;
    return true;
}

static const char *
why_not(const struct sop_decision *sop, const struct hf_org *org)
{
    for (int i = 0; i < sop->n_candidates; i++)
        if (hf_org_eq(&sop->candidate[i].org, org))
            return sop->candidate[i].why;
    return "it offers no such service";
}

/* The organisation the command insists on. */
static bool
settle_provider(const struct step *s, const struct node_command *cmd,
                struct node_decision *d, struct node_reply *r)
{
    const struct hf_org *keeper;

    if (cmd->to.s[0] == '\0' ||
        (d->sop.outcome == SOP_CHOSEN && hf_org_eq(&d->sop.to, &cmd->to)))
        return true;
    if (step_member(s, &cmd->to) == NULL) {
        step_error(r, 66, "no_such_org", "handoff registry show lists members",
                   "no active organisation %.31s", cmd->to.s);
        return false;
    }
    keeper = proxy_keeper(s, &cmd->to);
    if (keeper != NULL && !hf_org_eq(keeper, step_me(s))) {
        step_error(r, 1, "no_node",
                   "refer to whoever keeps its node: they enter what it says",
                   "%.31s has no node; %.31s keeps it", cmd->to.s, keeper->s);
        return false;
    }
    if (d->sop.outcome == SOP_NO_RULE)
        return true; /* refused below, with that reason */
    if ((cmd->text.n > 0 || cmd->reason != REASON_NONE) && override(cmd, d))
        return true;
    step_error(r, 1, "not_by_sop",
               "add --override-reason to go against the SOP, or leave out --to",
               "the SOP does not choose %.31s: %.90s", cmd->to.s,
               why_not(&d->sop, &cmd->to));
    return false;
}

static struct map_walk
map_of(const struct step *s, const struct node_command *cmd,
       const struct node_case *c)
{
    struct map_walk w = {.s = s, .wanted = &cmd->to};
    struct grant grants[GRANTS_MAX];
    struct node_object x;

    if (!onward_is_view(c) || !object_get(s->v, &c->id, &x))
        return w;
    w.n_named = onward_grants(s->env, &x, grants);
    for (size_t i = 0; i < w.n_named; i++)
        w.named[i] = grants[i].to;
    return w;
}

/* The case; or, to send a person on, the referral that brought them. */
static bool
find_case(const struct step *s, const struct node_command *cmd,
          struct node_case *c, struct node_reply *r)
{
    char id[HF_ID_TEXT_BYTES];

    if (!hf_id_is_zero(&cmd->part_of)) {
        if (!onward_may_begin(s, &cmd->part_of, r))
            return false;
        if (cmd->attest == NULL && onward_view(s, &cmd->part_of, c))
            return true;
        step_error(r, 1, "no_case",
                   "telephone who referred; or open a case of your own: "
                   "handoff case new",
                   "a vital interest is attested for a case that is held "
                   "here");
        return false;
    }
    if (!case_get(s->v, &cmd->case_id, c)) {
        step_error(r, 66, "no_such_case", "handoff case list shows them",
                   "no case %s here", ask_id(OBJECT_NONE, &cmd->case_id, id));
        return false;
    }
    if (hf_org_eq(&c->holder, step_me(s)))
        return true;
    step_error(r, 1, "not_holder", "", "custody of %s is with %.31s, not here",
               ask_id(OBJECT_NONE, &c->id, id), c->holder.s);
    return false;
}

bool
refer_plan(const struct step *s, const struct node_command *cmd,
           struct node_decision *d, struct node_case *c,
           struct refer_history *h, struct node_reply *r)
{
    struct map_walk walk;
    const struct sop_services services = {&walk, map_next};
    struct sop_request req;

    memset(d, 0, sizeof(*d));
    if (!find_case(s, cmd, c, r))
        return false;
    walk = map_of(s, cmd, c);
    if (!sop_need_known(cmd->need.s)) {
        step_error(r, 65, "unknown_need", "handoff policy needs lists them",
                   "unknown need %.31s", cmd->need.s);
        return false;
    }
    fill_request(s, cmd, c, &req, h);
    sop_route(s->env->sops, &req, &services, &d->sop);
    if (!settle_provider(s, cmd, d, r))
        return false;
    d->case_id = c->id;
    d->is_onward = onward_is_view(c);
    d->at_ms = s->now;
    d->user = cmd->user;
    disclose_gate(s, c, &d->sop.to, PURPOSE_REFERRAL, d->sop.service.required,
                  d->sop.service.allowed, d->sop.service.never, &d->gate);
    return true;
}

bool
node_plan(const struct node_env *env, const struct node_command *c,
          uint64_t now_ms, struct node_decision *ret_d,
          struct node_reply *ret_reply)
{
    const struct step s = {.env = env, .v = env->view, .now = now_ms};
    struct node_case kase;
    struct refer_history h;

    if (env->sops == NULL) {
        step_error(ret_reply, 78, "no_sop", "handoff policy install FILE",
                   "no SOP pack is installed");
        return false;
    }
    return refer_plan(&s, c, ret_d, &kase, &h, ret_reply);
}

static void
keep_gate(const struct step *s, const struct node_case *c,
          const struct node_decision *d)
{
    struct trail_gate g;
    struct consent room;

    memset(&g, 0, sizeof(g));
    g.to = d->sop.to;
    g.at_ms = d->at_ms;
    g.held = c->held;
    g.is_vital = s->cmd->attest != NULL;
    trail_gate_take(disclose_consent(s, c, &d->sop.to, &room), &g);
    trail_gate_put(s->v, &d->id, &c->id, &g);
}

void
refer_keep_trail(const struct step *s, const struct node_case *c,
                 const struct node_decision *d)
{
    struct map_walk walk = map_of(s, s->cmd, c);
    const struct sop_services services = {&walk, map_next};
    struct sop_request req;
    struct sop_trail trail;
    struct refer_history h;

    fill_request(s, s->cmd, c, &req, &h);
    sop_trail_take(s->env->sops, &req, &services, &d->sop, &trail);
    trail_put(s->v, &d->id, &c->id, &trail);
    keep_gate(s, c, d);
}
