/* Cases and consents, as far as this user may read them. */
#include "api_internal.h"

static const char *
consent_state_text(enum consent_state s)
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

/* ---- list ---- */

/* What a person is called, in one line; needs the right to read identity. */
static void
put_name(struct api_call *c, json_t *o, const struct node_case *row)
{
    static const char *const parts[] = {"given_name", "name", "family_name"};
    struct hf_bytes bytes;
    json_t *identity;
    char name[256] = "";
    size_t n = 0;

    if ((api_may_read(c, true, false) & CATEGORY_BIT(CATEGORY_IDENTITY)) == 0 ||
        !section_get(c->env->view, &row->id, CATEGORY_IDENTITY, &bytes))
        return;
    identity = json_loadb((const char *)bytes.p, bytes.n, 0, NULL);
    for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++) {
        const char *text = filecheck_string(identity, parts[i]);
        int k = 0;

        if (text != NULL && n + strlen(text) + 2 < sizeof(name))
            k = snprintf(name + n, sizeof(name) - n, "%s%s", n > 0 ? " " : "",
                         text);
        n += k > 0 ? (size_t)k : 0;
    }
    if (n > 0)
        api_put_text(o, "name", name);
    json_decref(identity);
}

static json_t *
list_item(struct api_call *c, const struct node_case *row)
{
    json_t *o = json_object();

    api_put_id(o, "case", "HC", &row->id);
    api_put_text(o, "stage", stage_text(row->stage));
    api_put_text(o, "holder", row->holder.s);
    api_put_u64(o, "epoch", row->epoch);
    api_put_text(o, "owner", row->owner.s);
    api_put_text(o, "origin", row->facts.origin);
    api_put_time(o, "changed", row->changed_ms);
    if (row->number.s[0] != '\0')
        api_put_text(o, "number", row->number.s);
    put_name(c, o, row);
    return o;
}

struct case_filter {
    enum stage stage; /* NONE: all */
    struct hf_org holder;
    bool mine;
};

static bool
read_filter(struct api_call *c, struct case_filter *f)
{
    const char *stage = api_arg(c, "stage");
    const char *holder = api_arg(c, "holder");

    memset(f, 0, sizeof(*f));
    f->mine = api_arg_flag(c, "mine");
    if (stage != NULL && (f->stage = stage_parse(stage)) == STAGE_NONE) {
        (void)api_refuse(c, EX_USAGE, "bad_parameter", NULL, "",
                         "stage must be a stage, such as arrived");
        return false;
    }
    if (holder != NULL && !hf_org_parse(holder, &f->holder)) {
        (void)api_refuse(c, EX_USAGE, "bad_parameter", NULL, "",
                         "holder must be an organisation's id");
        return false;
    }
    return true;
}

static bool
passes(const struct api_call *c, const struct case_filter *f,
       const struct node_case *row)
{
    if (f->stage != STAGE_NONE && row->stage != f->stage)
        return false;
    if (f->holder.s[0] != '\0' && !hf_org_eq(&f->holder, &row->holder))
        return false;
    return !f->mine || hf_name_eq(&row->owner, &c->req->user);
}

enum api_verdict
query_case_list(struct api_call *c)
{
    struct case_filter filter;
    const char *cursor = api_arg(c, "cursor");
    struct hf_id id = {{0}};
    struct node_case row;
    size_t limit, n = 0, rows = 0;
    bool more = false;
    json_t *list, *o;

    if (!api_arg_limit(c, &limit) || !read_filter(c, &filter))
        return API_ANSWERED;
    if (cursor != NULL && !hf_id_parse("HC", cursor, &id))
        return api_refuse(c, EX_USAGE, "bad_parameter", NULL, "",
                          "this cursor was not given by a list of cases");
    list = json_array();
    while (!more && case_next(c->env->view, &id, &row)) {
        rows++;
        if (passes(c, &filter, &row)) {
            (void)json_array_append_new(list, list_item(c, &row));
            n++;
        }
        more = n == limit || rows == API_SCAN_MAX;
    }
    o = json_object();
    (void)json_object_set_new(o, "items", list);
    if (more) {
        struct hf_id after = id;

        if (case_next(c->env->view, &after, &row))
            api_put_id(o, "next", "HC", &id);
    }
    return api_say(c, o);
}

/* ---- show ---- */

/* Returns what was shown. */
static uint32_t
put_sections(struct api_call *c, json_t *o, const struct node_case *row)
{
    const uint32_t may =
        api_may_read(c, true, hf_name_eq(&row->owner, &c->req->user));
    json_t *sections = json_object();
    uint32_t hidden = 0;

    for (enum category k = CATEGORY_NONE + 1; k < CATEGORY_END; k++) {
        struct hf_bytes bytes;

        if ((row->held & CATEGORY_BIT(k)) == 0)
            continue;
        if ((may & CATEGORY_BIT(k)) == 0)
            hidden |= CATEGORY_BIT(k);
        else if (section_get(c->env->view, &row->id, k, &bytes))
            api_put_json(sections, category_text(k), bytes);
    }
    (void)json_object_set_new(o, "sections", sections);
    (void)json_object_set_new(o, "withheld", api_categories(hidden));
    return row->held & ~hidden;
}

/* Through whose hands it went, as far as this node took part. */
static json_t *
transfers_of(struct api_call *c, const struct node_case *row)
{
    json_t *list = json_array();
    struct hf_id id = {{0}};
    struct node_object o;

    while (object_next_of_case(c->env->view, &row->id, &id, &o)) {
        const struct hf_org *first, *second;
        json_t *item;

        if (o.kind != OBJECT_TRANSFER)
            continue;
        item = json_object();
        api_sides(c->env, &o, &first, &second);
        api_put_id(item, "id", "HT", &o.id);
        api_put_text(item, "from", first->s);
        api_put_text(item, "to", second->s);
        api_put_text(item, "state", state_text(o.state));
        api_put_time(item, "at", o.changed_ms);
        (void)json_array_append_new(list, item);
    }
    return list;
}

enum api_verdict
query_case_show(struct api_call *c)
{
    struct node_case row;
    json_t *o, *custody;
    uint32_t shown;

    if (!api_find_case(c, c->req->part[1], &row))
        return API_ANSWERED;
    o = json_object();
    custody = json_object();
    api_put_id(o, "case", "HC", &row.id);
    api_put_text(o, "stage", stage_text(row.stage));
    api_put_text(custody, "holder", row.holder.s);
    api_put_u64(custody, "epoch", row.epoch);
    if (!hf_id_is_zero(&row.open_transfer))
        api_put_id(custody, "open_transfer", "HT", &row.open_transfer);
    (void)json_object_set_new(o, "custody", custody);
    shown = put_sections(c, o, &row);
    api_put_text(o, "number", row.number.s);
    api_put_text(o, "origin", row.facts.origin);
    api_put_text(o, "host", row.facts.host);
    api_put_text(o, "owner", row.owner.s);
    api_put_id(o, "consent", "CO", &row.consent);
    api_put_text(o, "from", row.from.s);
    api_put_time(o, "created", row.created_ms);
    api_put_time(o, "changed", row.changed_ms);
    if (api_arg_flag(c, "custody"))
        (void)json_object_set_new(o, "transfers", transfers_of(c, &row));
    return api_say_read(c, o, OBJECT_NONE, &row.id, shown,
                        hf_name_eq(&row.owner, &c->req->user));
}

/* ---- consent ---- */

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
    struct hf_bytes bytes;

    if (consent_doc_get(c->env->view, &consent->id, version, &bytes))
        doc = json_loadb((const char *)bytes.p, bytes.n, 0, NULL);
    action = filecheck_string(doc, "action");
    for (size_t i = 0; i < sizeof(states) / sizeof(*states); i++)
        if (action != NULL && strcmp(action, states[i].action) == 0)
            state = states[i].state;
    if (!full)
        (void)json_object_del(doc, "scopes");
    (void)json_object_del(doc, "action");
    if (doc != NULL)
        (void)json_object_update(o, doc);
    api_put_u64(o, "version", version);
    api_put_text(o, "at", filecheck_string(doc, "given_at"));
    api_put_text(o, "state", state);
    json_decref(doc);
    return o;
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
        api_put_text(o, "state", consent_state_text(consent.state));
        api_put_u64(o, "version", consent.version);
        for (size_t i = 0; i < consent.n_scopes && i < CONSENT_SCOPES_MAX; i++)
            (void)json_array_append_new(scopes, scope_of(&consent.scope[i]));
        for (uint32_t v = 1; v <= consent.version && v <= API_LIST_MAX; v++)
            (void)json_array_append_new(history,
                                        version_of(c, &consent, v, full));
    } else {
        api_put_text(o, "consent", NULL);
        api_put_text(o, "state", "none");
    }
    (void)json_object_set_new(o, "scopes", scopes);
    (void)json_object_set_new(o, "history", history);
    return o;
}

enum api_verdict
query_consent_show(struct api_call *c)
{
    struct node_case row;

    if (!api_find_case(c, c->req->part[1], &row))
        return API_ANSWERED;
    return api_say(c, api_consent(c, &row, false));
}
