/* Consents: what was agreed to, what it covers now, when to ask again. */
#include "api_internal.h"
#include "hf_crypto.h"
#include "history.h"
#include "reconsent.h"

const char *
api_consent_state(enum consent_state s)
{
    switch (s) {
    case CONSENT_GIVEN:
        return "given";
    case CONSENT_REFUSED:
        return "refused";
    case CONSENT_WITHDRAWN:
        return "withdrawn";
    }
    return "";
}

static json_t *
scope_of(const struct consent_scope *s)
{
    json_t *o = json_object();
    json_t *recipients = json_array();

    api_put_text(o, "id", s->id.s);
    (void)json_object_set_new(o, "categories", api_categories(s->categories));
    for (size_t i = 0; i < s->n_recipients && i < CONSENT_RECIPIENTS_MAX; i++)
        (void)json_array_append_new(recipients, json_string(s->recipient[i].s));
    (void)json_object_set_new(o, "recipients", recipients);
    api_put_bool(o, "by_kind", s->by_kind);
    (void)json_object_set_new(o, "purposes", api_purposes(s->purposes));
    api_put_time(o, "from", s->from_ms);
    api_put_time(o, "until", s->until_ms);
    api_put_bool(o, "withdrawn", s->withdrawn);
    return o;
}

/* Who recorded this version, and the signature that says so. */
static void
put_signature(struct api_call *c, json_t *o, const struct hf_id *consent,
              uint32_t version)
{
    const struct registry_org *org;
    struct history h;
    struct hf_bytes row;
    bool verifies;

    if (!history_get(c->env->view, consent, version, &row, &h)) {
        api_put_bool(o, "unsigned", true); /* none came with the case */
        return;
    }
    org = c->env->registry == NULL ? NULL
                                   : registry_org(c->env->registry, &h.org);
    row.n = HISTORY_BYTES;
    verifies = org != NULL &&
               registry_op_verify(org, h.at_ms, HISTORY_LABEL, &row, 1,
                                  row.p + HISTORY_BYTES);
    api_put_time(o, "recorded_at", h.at_ms);
    api_put_text(o, "recorded_by", h.user.s);
    api_put_text(o, "role", role_text(h.role));
    api_put_text(o, "org", h.org.s);
    api_put_hex(o, "signed", row.p, HISTORY_BYTES);
    api_put_hex(o, "signature", row.p + HISTORY_BYTES, HF_SIG_BYTES);
    api_put_bool(o, "verifies", verifies);
}

/* A document from a giver is a peer's bytes: what only this node can say of it
 * is not taken from there. */
static void
drop_claims(json_t *doc)
{
    static const char *const ours[] = {
        "action", "version",     "at",  "state",  "recorded_at", "recorded_by",
        "role",   "signed",      "org", "signature", "verifies", "unsigned"};

    for (size_t i = 0; i < sizeof(ours) / sizeof(*ours); i++)
        (void)json_object_del(doc, ours[i]);
}

static const char *
action_state(enum history_action action)
{
    return action == HISTORY_GIVEN     ? "given"
           : action == HISTORY_AMENDED ? "amended"
           : action == HISTORY_REFUSED ? "refused"
                                       : "withdrawn";
}

/* One version: what was signed then, its scopes if @full; what happened. */
static json_t *
version_of(struct api_call *c, const struct consent *consent, uint32_t version,
           bool full)
{
    static const struct {
        const char *action, *state;
    } states[] = {
        {"give", "given"}, {"amend", "amended"}, {"refuse", "refused"}};
    json_t *o = json_object();
    json_t *doc = NULL;
    const char *action, *state = "withdrawn"; /* the one without a document */
    struct hf_bytes bytes, row;
    struct history h;

    if (consent_doc_get(c->env->view, &consent->id, version, &bytes))
        doc = json_loadb((const char *)bytes.p, bytes.n, 0, NULL);
    action = filecheck_string(doc, "action");
    for (size_t i = 0; i < sizeof(states) / sizeof(*states); i++)
        if (action != NULL && strcmp(action, states[i].action) == 0)
            state = states[i].state;
    /* of a version before the last one only that it was signed came here */
    if (doc == NULL &&
        history_get(c->env->view, &consent->id, version, &row, &h))
        state = action_state(h.action);
    if (!full)
        (void)json_object_del(doc, "scopes");
    drop_claims(doc);
    if (doc != NULL)
        (void)json_object_update(o, doc);
    api_put_u64(o, "version", version);
    api_put_text(o, "at", filecheck_string(doc, "given_at"));
    api_put_text(o, "state", state);
    put_signature(c, o, &consent->id, version);
    json_decref(doc);
    return o;
}

/* Given, and no scope is in force any more. */
static bool
is_over(const struct api_call *c, const struct consent *consent)
{
    bool had = false;

    for (size_t i = 0; i < consent->n_scopes && i < CONSENT_SCOPES_MAX; i++) {
        const struct consent_scope *s = &consent->scope[i];

        if (s->withdrawn)
            continue;
        if (s->until_ms == 0 || s->until_ms > c->now_ms)
            return false;
        had = true;
    }
    return had;
}

/* Whether no scope before names the @k-th recipient of scope @i. */
static bool
is_first_named(const struct consent *consent, size_t i, size_t k)
{
    const struct hf_org *org = &consent->scope[i].recipient[k];

    for (size_t b = 0; b < i; b++)
        for (size_t m = 0; m < consent->scope[b].n_recipients; m++)
            if (hf_org_eq(&consent->scope[b].recipient[m], org))
                return false;
    return true;
}

static void
add_covers(struct api_call *c, const struct consent *consent,
           const struct hf_org *to, json_t *list)
{
    for (enum purpose p = PURPOSE_NONE + 1; p < PURPOSE_END; p++) {
        const uint32_t set = consent_cover(consent, to, p, c->now_ms);
        json_t *item;

        if (set == 0)
            continue;
        item = json_object();
        api_put_text(item, "to", to->s);
        api_put_text(item, "purpose", purpose_text(p));
        (void)json_object_set_new(item, "categories", api_categories(set));
        (void)json_array_append_new(list, item);
    }
}

/* What may go now: each recipient and purpose with its categories. */
static json_t *
covers_of(struct api_call *c, const struct consent *consent)
{
    json_t *list = json_array();

    for (size_t i = 0; i < consent->n_scopes && i < CONSENT_SCOPES_MAX; i++) {
        const struct consent_scope *s = &consent->scope[i];

        for (size_t k = 0; k < s->n_recipients && k < CONSENT_RECIPIENTS_MAX;
             k++)
            if (is_first_named(consent, i, k))
                add_covers(c, consent, &s->recipient[k], list);
    }
    return list;
}

/* When the person is to be asked again, and why. */
static void
put_ask_again(struct api_call *c, json_t *o, const struct node_case *row)
{
    struct node_reconsent r;
    json_t *ask;

    if (!reconsent_get(c->env->view, &row->id, &r))
        return;
    ask = json_object();
    api_put_text(ask, "what", task_text(r.why));
    api_put_time(ask, "due", r.due_ms);
    api_put_bool(ask, "overdue", r.due_ms < c->now_ms);
    (void)json_object_set_new(o, "ask_again", ask);
}

json_t *
api_consent(struct api_call *c, const struct node_case *row, bool full)
{
    struct consent consent;
    json_t *o = json_object(), *scopes = json_array();
    json_t *history = json_array();

    api_put_id(o, "case", "HC", &row->id);
    if (!hf_id_is_zero(&row->consent) &&
        consent_get(c->env->view, &row->consent, &consent)) {
        api_put_id(o, "consent", "CO", &consent.id);
        api_put_text(o, "state", api_consent_state(consent.state));
        api_put_bool(o, "expired", is_over(c, &consent));
        api_put_u64(o, "version", consent.version);
        for (size_t i = 0; i < consent.n_scopes && i < CONSENT_SCOPES_MAX; i++)
            (void)json_array_append_new(scopes, scope_of(&consent.scope[i]));
        for (uint32_t v = 1; v <= consent.version && v <= API_LIST_MAX; v++)
            (void)json_array_append_new(history,
                                        version_of(c, &consent, v, full));
        (void)json_object_set_new(o, "covers", covers_of(c, &consent));
    } else {
        api_put_text(o, "consent", NULL);
        api_put_text(o, "state", "none");
    }
    (void)json_object_set_new(o, "scopes", scopes);
    (void)json_object_set_new(o, "history", history);
    put_ask_again(c, o, row);
    return o;
}

enum api_verdict
query_consent_show(struct api_call *c)
{
    struct node_case row;

    if (!api_find_open_case(c, c->req->part[1], &row))
        return API_ANSWERED;
    return api_say(c, api_consent(c, &row, false));
}
