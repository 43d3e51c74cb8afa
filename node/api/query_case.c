/* Cases, as far as this user may read them. */
#include "api_internal.h"
#include "match.h"

/* ---- list ---- */

/* What a person is called, in one line; needs the right to read identity. */
void
api_put_name(struct api_call *c, json_t *o, const struct node_case *row)
{
    static const char *const parts[] = {"given_name", "name", "family_name"};
    struct hf_bytes bytes;
    json_t *identity;
    char name[256] = "";
    size_t n = 0;

    if ((api_reads_case(c, row) & CATEGORY_BIT(CATEGORY_IDENTITY)) == 0 ||
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
    api_put_loan(o, &row->loan);
    api_put_text(o, "origin", row->facts.origin);
    api_put_time(o, "changed", row->changed_ms);
    if (row->number.s[0] != '\0')
        api_put_text(o, "number", row->number.s);
    if (!hf_id_is_zero(&row->household))
        api_put_id(o, "household", "HH", &row->household);
    if (match_is_open(c->env->view, row))
        api_put_bool(o, "duplicate", true);
    api_put_name(c, o, row);
    return o;
}

struct case_filter {
    enum stage stage; /* NONE: all */
    struct hf_org holder;
    bool mine, unassigned;
};

static bool
read_filter(struct api_call *c, struct case_filter *f)
{
    const char *stage = api_arg(c, "stage");
    const char *holder = api_arg(c, "holder");

    memset(f, 0, sizeof(*f));
    f->mine = api_arg_flag(c, "mine");
    f->unassigned = api_arg_flag(c, "unassigned");
    if (stage != NULL && (f->stage = stage_parse(stage)) == STAGE_NONE) {
        (void)api_refuse(c, EX_USAGE, "bad_parameter", NULL, "",
                         "stage must be one of" FILECHECK_STAGES);
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
    if (f->unassigned && row->owner.s[0] != '\0')
        return false;
    return !f->mine || hf_name_eq(&row->owner, &c->req->user);
}

/* Of all, or by the index of owners. */
static bool
next_case(const struct api_call *c, const struct case_filter *f,
          struct hf_id *id, struct node_case *ret)
{
    static const struct hf_name nobody;

    if (!f->mine && !f->unassigned)
        return case_next(c->env->view, id, ret);
    return case_next_of_owner(c->env->view, f->mine ? &c->req->user : &nobody,
                              id, ret);
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
    while (!more && next_case(c, &filter, &id, &row)) {
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

        if (next_case(c, &filter, &after, &row))
            api_put_id(o, "next", "HC", &id);
    }
    return api_say(c, o);
}

/* ---- show ---- */

/* Returns what was shown. */
static uint32_t
put_sections(struct api_call *c, json_t *o, const struct node_case *row)
{
    const uint32_t may = api_reads_case(c, row);
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

/* All that was shared about it, as the list shows it. */
static json_t *
matters_of(struct api_call *c, const struct node_case *row)
{
    json_t *list = json_array();
    struct hf_id id = {{0}};
    struct node_object o;

    while (object_next_of_case(c->env->view, &row->id, &id, &o)) {
        if (o.kind != OBJECT_WITHDRAWAL)
            (void)json_array_append_new(list, api_object(c, &o));
        api_add_onward(c, &o, false, list);
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
    api_put_closing(o, &row);
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
    api_put_loan(o, &row.loan);
    api_put_id(o, "consent", "CO", &row.consent);
    api_put_text(o, "from", row.from.s);
    api_put_time(o, "created", row.created_ms);
    api_put_time(o, "changed", row.changed_ms);
    if (api_arg_flag(c, "matters"))
        (void)json_object_set_new(o, "matters", matters_of(c, &row));
    api_put_household(c, o, &row);
    api_put_duplicates(c, o, &row);
    if (api_arg_flag(c, "custody")) {
        (void)json_object_set_new(o, "transfers", transfers_of(c, &row));
        api_put_custody(c, o, &row);
    }
    return api_say_read(c, o, OBJECT_NONE, &row.id, shown,
                        api_is_own_case(c, &row));
}
