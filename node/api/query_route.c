/* Decisions: the one that would be made now, and those that were. */
#include "api_internal.h"
#include "trail.h"

static json_t *
withholds_of(const struct gate_out *gate)
{
    json_t *list = json_array();

    for (enum category k = CATEGORY_NONE + 1; k < CATEGORY_END; k++) {
        json_t *item;

        if (gate->why[k] == WITHHELD_NONE ||
            (gate->sends & CATEGORY_BIT(k)) != 0)
            continue;
        item = json_object();
        api_put_text(item, "category", category_text(k));
        api_put_text(item, "why", withheld_text(gate->why[k]));
        (void)json_array_append_new(list, item);
    }
    return list;
}

static json_t *
candidates_of(const struct sop_decision *d)
{
    json_t *list = json_array();

    for (size_t i = 0; i < d->n_candidates && i < SOP_CANDIDATES_MAX; i++) {
        json_t *item = json_object();

        api_put_text(item, "org", d->candidate[i].org.s);
        api_put_text(item, "service", d->candidate[i].code.s);
        api_put_bool(item, "chosen", d->candidate[i].chosen);
        api_put_text(item, "why", d->candidate[i].why);
        (void)json_array_append_new(list, item);
    }
    return list;
}

/* The rule that decided, with its clause. */
static json_t *
rules_of(const struct sop_decision *d)
{
    json_t *list = json_array();
    json_t *item;

    if (d->rule.s[0] == '\0')
        return list;
    item = json_object();
    api_put_text(item, "pack", d->pack.s);
    api_put_u64(item, "version", d->pack_version);
    api_put_text(item, "rule", d->rule.s);
    api_put_text(item, "clause", d->clause);
    api_put_hex(item, "hash", d->pack_hash.b, HF_HASH_BYTES);
    (void)json_array_append_new(list, item);
    return list;
}

static json_t *
rules_seen_of(const struct sop_decision *d)
{
    json_t *list = json_array();

    for (size_t i = 0; i < d->n_rules && i < SOP_RULES_SEEN_MAX; i++) {
        json_t *item = json_object();

        api_put_text(item, "pack", d->rule_seen[i].pack.s);
        api_put_text(item, "rule", d->rule_seen[i].rule.s);
        api_put_bool(item, "matched", d->rule_seen[i].matched);
        api_put_text(item, "why", d->rule_seen[i].why);
        (void)json_array_append_new(list, item);
    }
    return list;
}

static const char *
outcome_text(enum sop_outcome outcome)
{
    switch (outcome) {
    case SOP_CHOSEN:
        return "chosen";
    case SOP_NO_RULE:
        return "no_rule";
    case SOP_NO_PROVIDER:
        return "no_provider";
    }
    return "";
}

json_t *
api_decision(const struct node_decision *d)
{
    const struct sop_decision *sop = &d->sop;
    json_t *o = json_object();
    json_t *clocks = json_object();

    api_put_id(o, "decision", "HD", &d->id);
    if (d->is_onward)
        api_put_id(o, "part_of", "HR", &d->case_id);
    else
        api_put_id(o, "case", "HC", &d->case_id);
    api_put_text(o, "outcome", outcome_text(sop->outcome));
    api_put_text(o, "need", sop->need.s);
    api_put_text(o, "service", sop->service.code.s);
    api_put_text(o, "to", sop->to.s);
    api_put_text(o, "urgency", urgency_text(sop->urgency));
    (void)json_object_set_new(o, "sends", api_categories(d->gate.sends));
    (void)json_object_set_new(o, "withholds", withholds_of(&d->gate));
    (void)json_object_set_new(o, "missing_consent",
                              api_categories(d->gate.missing));
    (void)json_object_set_new(o, "candidates", candidates_of(sop));
    (void)json_object_set_new(o, "rules", rules_of(sop));
    (void)json_object_set_new(o, "rules_seen", rules_seen_of(sop));
    api_put_time(clocks, "deliver", sop->deliver_ms);
    api_put_time(clocks, "decide", sop->decide_ms);
    api_put_time(clocks, "contact", sop->contact_ms);
    api_put_time(clocks, "report", sop->report_ms);
    (void)json_object_set_new(o, "clocks", clocks);
    api_put_text(o, "disclose", sop->on_send ? "on_send" : "on_accept");
    api_put_bool(o, "approval", sop->approval);
    api_put_bool(o, "fallback", sop->is_fallback);
    api_put_bool(o, "override", d->is_override);
    api_put_time(o, "at", d->at_ms);
    return o;
}

/* The decision made again of its stored inputs, and whether it is the same to
 * the byte; false when it was refused. */
static bool
replay(struct api_call *c, const struct node_decision *d, json_t *o,
       struct sop_decision *ret)
{
    struct trail_gate inputs;
    struct sop_trail trail;
    struct gate_out gate;
    struct hf_name pack;
    enum hf_err err;
    char what[96];

    if (c->env->sops == NULL || !trail_get(c->env->view, &d->id, &trail) ||
        !trail_gate_get(c->env->view, &d->id, &inputs)) {
        (void)api_refuse(c, EX_NOINPUT, "no_inputs", NULL, "",
                         "the inputs of this decision are not kept, or were "
                         "erased with the case");
        return false;
    }
    err = sop_trail_replay(&trail, c->env->sops, ret, &pack);
    if (err) {
        (void)snprintf(what, sizeof(what),
                       "pack %.31s, as it was then, is not installed here",
                       pack.s);
        (void)api_refuse(c, EX_NOINPUT, "no_such_pack", NULL,
                         "handoff policy install FILE", what);
        return false;
    }
    if (d->is_override)
        (void)!sop_override(ret, &d->sop.to);
    trail_gate_replay(&inputs, &ret->service, &gate);
    api_put_bool(o, "same", memcmp(ret, &d->sop, sizeof(*ret)) == 0 &&
                                memcmp(&gate, &d->gate, sizeof(gate)) == 0);
    return true;
}

static enum api_verdict
is_confidential(struct api_call *c)
{
    return api_refuse(c, EX_NOPERM, "not_permitted", NULL,
                      "ask the case manager", "this service is confidential");
}

/* Its inputs stay where it was made. */
static enum api_verdict
say_along(struct api_call *c, const struct hf_id *id)
{
    struct node_object about;
    struct hf_id object;
    struct decision d;

    if (!along_of(c->env->view, id, &object) ||
        !object_get(c->env->view, &object, &about) ||
        !along_find(c->env->view, &about, &d))
        return api_refuse(c, EX_NOINPUT, "not_found", NULL, "",
                          "this decision was erased");
    if (!api_sees(c, &about))
        return is_confidential(c);
    if (api_arg(c, "replay") != NULL)
        return api_refuse(c, EX_NOINPUT, "no_inputs", NULL,
                          "who made it can decide it again",
                          "only the record of this decision came here, not "
                          "what it was made of");
    return api_say(c, api_along(c, &about, &d));
}

enum api_verdict
query_decision(struct api_call *c)
{
    const bool again = api_arg(c, "replay") != NULL;
    struct node_decision d;
    struct node_object about;
    struct sop_decision sop;
    struct hf_buf text;
    struct hf_id id;
    json_t *o;

    if (!api_find_decision(c, c->req->part[1], &id))
        return API_ANSWERED;
    if (!decision_get(c->env->view, &id, &d))
        return say_along(c, &id);
    if (!permit_query(c->roles, d.is_onward ? PERMIT_OBJECTS
                                            : PERMIT_CASES)) /* its subject */
        return api_refuse(c, EX_NOPERM, "not_permitted", NULL,
                          "ask the case manager",
                          "your role does not read decisions about a case");
    if (object_get(c->env->view, &d.object, &about) && !api_sees(c, &about))
        return is_confidential(c);
    o = api_decision(&d);
    if (again && !replay(c, &d, o, &sop)) {
        json_decref(o);
        return API_ANSWERED;
    }
    hf_buf_init(&text, 64 * 1024);
    sop_explain(again ? &sop : &d.sop, &text);
    (void)json_object_set_new(o, "text",
                              json_stringn((const char *)text.p, text.n));
    api_put_text(o, "by", d.user.s);
    hf_buf_free(&text);
    return api_say(c, o);
}
