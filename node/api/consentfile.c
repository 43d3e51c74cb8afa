#include "consentfile.h"

#include <stdio.h>

#define DAY_MS UINT64_C(86400000)

/** What a scope's recipients are read into. */
struct reading {
    const struct registry *registry;
    struct consent_scope *scope;
};

/* ---- the head ---- */

static bool
check_given_by(struct filecheck *at, json_t *value)
{
    static const char *const words[] = {
        "self", "guardian", "legal_representative", "best_interest"};
    const char *text = json_string_value(value);

    for (size_t i = 0; text != NULL && i < sizeof(words) / sizeof(*words); i++)
        if (strcmp(text, words[i]) == 0)
            return true;
    return filecheck_fail(at, "must be self, guardian, legal_representative "
                              "or best_interest");
}

static bool
check_method(struct filecheck *at, json_t *value)
{
    const char *text = json_string_value(value);

    if (text == NULL ||
        (strcmp(text, "written") != 0 && strcmp(text, "verbal_witnessed") != 0))
        return filecheck_fail(at, "must be written or verbal_witnessed");
    return true;
}

static const struct filecheck_field authority_fields[] = {
    {"name", filecheck_text},
    {"relation", filecheck_text},
    {"document", filecheck_text},
    {NULL, NULL}};

static bool
check_authority(struct filecheck *at, json_t *value)
{
    if (!filecheck_map(at, value, authority_fields, true))
        return false;
    if (filecheck_string(value, "name") == NULL)
        return filecheck_fail(at, "needs the name of who decided");
    if (filecheck_string(value, "relation") == NULL)
        return filecheck_fail(at, "needs the relation to the person");
    return true;
}

/* Looked at later, scope by scope, with the registry at hand. */
static bool
check_later(struct filecheck *at, json_t *value)
{
    (void)at;
    (void)value;
    return true;
}

static bool
check_person(struct filecheck *at, json_t *value)
{
    static const struct filecheck_field fields[] = {{"name", filecheck_text},
                                                    {NULL, NULL}};

    if (json_is_object(value))
        return filecheck_map(at, value, fields, false);
    return filecheck_text(at, value);
}

static const struct filecheck_field head_fields[] = {
    {"given_at", filecheck_time},
    {"given_by", check_given_by},
    {"authority", check_authority},
    {"method", check_method},
    {"language", filecheck_language},
    {"interpreter", check_person},
    {"form", filecheck_text},
    {"witness", check_person},
    {"restrictions", filecheck_text},
    {"scopes", check_later},
    {NULL, NULL}};

static bool
check_head(struct filecheck *at, json_t *root, struct consent *ret)
{
    const char *by, *method;

    if (!filecheck_map(at, root, head_fields, true))
        return false;
    if (json_object_get(root, "given_at") == NULL)
        return filecheck_fail(at, "given_at is missing: when the person "
                                  "decided");
    by = filecheck_string(root, "given_by");
    if (by == NULL)
        return filecheck_fail(at, "given_by is missing: self, guardian, "
                                  "legal_representative or best_interest");
    if (strcmp(by, "self") != 0 && json_object_get(root, "authority") == NULL)
        return filecheck_fail(at, "authority is missing: who decided for the "
                                  "person, by what right");
    method = filecheck_string(root, "method");
    if (method != NULL && strcmp(method, "verbal_witnessed") == 0 &&
        json_object_get(root, "witness") == NULL)
        return filecheck_fail(at, "witness is missing: verbal consent needs "
                                  "one");
    return hf_time_parse(filecheck_string(root, "given_at"), &ret->given_ms);
}

/* ---- recipients ---- */

static bool
add_recipient(struct filecheck *at, struct consent_scope *scope,
              const struct hf_org *org)
{
    for (size_t i = 0; i < scope->n_recipients; i++)
        if (hf_org_eq(&scope->recipient[i], org))
            return true;
    if (scope->n_recipients == CONSENT_RECIPIENTS_MAX)
        return filecheck_fail(at, "names more than 16 organisations in all; "
                                  "split the scope");
    scope->recipient[scope->n_recipients++] = *org;
    return true;
}

static bool
add_org(struct filecheck *at, const struct reading *r, json_t *value)
{
    const char *text = json_string_value(value);
    struct hf_org org;

    if (text == NULL || !hf_org_parse(text, &org))
        return filecheck_fail(at, "must be an organisation's id, such as "
                                  "clinic-kbl");
    if (r->registry != NULL && registry_org(r->registry, &org) == NULL)
        return filecheck_fail(at, "is not in the registry");
    return add_recipient(at, r->scope, &org);
}

/* Every active member of that kind and country, and say so in the file. */
static bool
add_kind(struct filecheck *at, const struct reading *r, json_t *recipient,
         enum org_kind kind, const char *country)
{
    json_t *members = json_array();
    bool ok = members != NULL;

    r->scope->by_kind = true;
    for (size_t i = 0; ok && r->registry != NULL && i < r->registry->n_orgs;
         i++) {
        const struct registry_org *org = &r->registry->orgs[i];

        if (org->kind != kind || org->status != MEMBER_ACTIVE ||
            strcmp(org->country, country) != 0)
            continue;
        ok = add_recipient(at, r->scope, &org->id);
        if (ok && json_array_append_new(members, json_string(org->id.s)) != 0)
            ok = filecheck_fail(at, "does not fit into memory");
    }
    if (ok && r->registry != NULL && json_array_size(members) == 0)
        ok = filecheck_fail(at, "has no active member in the registry");
    if (ok && r->registry != NULL)
        (void)json_object_set(recipient, "members", members);
    json_decref(members);
    return ok;
}

static const struct filecheck_field recipient_fields[] = {
    {"org", check_later},
    {"kind", check_later},
    {"country", filecheck_country},
    {"members", check_later}, /* of an earlier signing: made anew */
    {NULL, NULL}};

static bool
add_recipients_of(struct filecheck *at, const struct reading *r,
                  json_t *recipient)
{
    const char *kind, *country;

    if (json_is_string(recipient)) /* short for {org: ID} */
        return add_org(at, r, recipient);
    if (!filecheck_map(at, recipient, recipient_fields, true))
        return false;
    if (json_object_get(recipient, "org") != NULL) {
        if (json_object_size(recipient) != 1)
            return filecheck_fail(at, "is either an org, or a kind and a "
                                      "country");
        (void)filecheck_enter(at, "org");
        return add_org(at, r, json_object_get(recipient, "org"));
    }
    kind = filecheck_string(recipient, "kind");
    country = filecheck_string(recipient, "country");
    if (kind == NULL || country == NULL)
        return filecheck_fail(at, "needs an org, or a kind and a country");
    if (org_kind_parse(kind) == ORG_KIND_NONE)
        return filecheck_fail_at(at, "kind",
                                 "must be a kind of organisation, such as "
                                 "clinic or ministry");
    return add_kind(at, r, recipient, org_kind_parse(kind), country);
}

static bool
take_recipients(struct filecheck *at, const struct reading *r, json_t *list)
{
    size_t i;
    json_t *item;

    if (!json_is_array(list) || json_array_size(list) == 0)
        return filecheck_fail(at, "must be a list with at least one "
                                  "organisation");
    json_array_foreach(list, i, item)
    {
        const size_t mark = filecheck_enter_item(at, i);

        if (!add_recipients_of(at, r, item))
            return false;
        filecheck_leave(at, mark);
    }
    return true;
}

/* ---- scopes ---- */

static bool
check_categories(struct filecheck *at, json_t *value)
{
    return filecheck_list(at, value, filecheck_category);
}

static bool
check_purposes(struct filecheck *at, json_t *value)
{
    return filecheck_list(at, value, filecheck_purpose);
}

static const struct filecheck_field scope_fields[] = {
    {"id", filecheck_word},
    {"categories", check_categories},
    {"recipients", check_later},
    {"purposes", check_purposes},
    {"from", filecheck_time},
    {"until", filecheck_time},
    {NULL, NULL}};

static bool
take_scope_times(struct filecheck *at, json_t *value,
                 struct consent_scope *scope)
{
    const char *from = filecheck_string(value, "from");
    const char *until = filecheck_string(value, "until");

    if (from != NULL && !hf_time_parse(from, &scope->from_ms))
        return false;
    if (until != NULL && !hf_time_parse(until, &scope->until_ms))
        return false;
    if (until != NULL && strlen(until) == 10)
        scope->until_ms += DAY_MS; /* a date: through that day */
    if (scope->until_ms != 0 && scope->until_ms <= scope->from_ms)
        return filecheck_fail_at(at, "until", "lies before from");
    return true;
}

static bool
take_scope(struct filecheck *at, const struct registry *registry, json_t *value,
           struct consent_scope *scope)
{
    struct reading r = {.registry = registry, .scope = scope};
    json_t *categories, *purposes;
    size_t mark;

    if (!filecheck_map(at, value, scope_fields, true))
        return false;
    if (json_object_get(value, "id") == NULL ||
        !hf_name_parse(filecheck_string(value, "id"), &scope->id))
        return filecheck_fail(at, "needs an id, so that it can be withdrawn");
    categories = json_object_get(value, "categories");
    purposes = json_object_get(value, "purposes");
    for (size_t i = 0; i < json_array_size(categories); i++)
        scope->categories |= CATEGORY_BIT(
            category_parse(json_string_value(json_array_get(categories, i))));
    for (size_t i = 0; i < json_array_size(purposes); i++)
        scope->purposes |= PURPOSE_BIT(
            purpose_parse(json_string_value(json_array_get(purposes, i))));
    if (scope->categories == 0)
        return filecheck_fail_at(at, "categories", "names no category");
    if (scope->purposes == 0)
        return filecheck_fail_at(at, "purposes", "names no purpose");
    if (!take_scope_times(at, value, scope))
        return false;
    mark = filecheck_enter(at, "recipients");
    if (!take_recipients(at, &r, json_object_get(value, "recipients")))
        return false;
    if (scope->by_kind && (scope->categories & CATEGORY_SENSITIVE) != 0)
        return filecheck_fail(at, "must name organisations one by one (org:) "
                                  "for health, mhpss, protection and "
                                  "vulnerability");
    filecheck_leave(at, mark);
    return true;
}

static bool
has_id_before(const struct consent *c, size_t i)
{
    for (size_t k = 0; k < i; k++)
        if (hf_name_eq(&c->scope[k].id, &c->scope[i].id))
            return true;
    return false;
}

static bool
take_scopes(struct filecheck *at, json_t *list, const struct registry *registry,
            struct consent *ret)
{
    size_t i;
    json_t *item;

    if (!json_is_array(list) || json_array_size(list) == 0)
        return filecheck_fail(at, "must be a list with at least one scope");
    if (json_array_size(list) > CONSENT_SCOPES_MAX)
        return filecheck_fail(at, "has more than 64 scopes");
    json_array_foreach(list, i, item)
    {
        const size_t mark = filecheck_enter_item(at, i);

        if (!take_scope(at, registry, item, &ret->scope[i]))
            return false;
        if (has_id_before(ret, i))
            return filecheck_fail_at(at, "id", "is that of a scope above");
        ret->n_scopes++;
        filecheck_leave(at, mark);
    }
    return true;
}

bool
consentfile_check(json_t *root, bool is_refusal,
                  const struct registry *registry, struct consent *ret,
                  struct filecheck_error *error)
{
    struct filecheck at;
    const char *wrong;
    json_t *scopes;

    filecheck_begin(&at, error);
    memset(ret, 0, sizeof(*ret));
    if (!filecheck_depth(&at, root) || !check_head(&at, root, ret))
        return false;
    ret->state = is_refusal ? CONSENT_REFUSED : CONSENT_GIVEN;
    ret->version = 1; /* the core counts on from what is recorded */
    scopes = json_object_get(root, "scopes");
    if (scopes == NULL && is_refusal)
        return true;
    (void)filecheck_enter(&at, "scopes");
    if (!take_scopes(&at, scopes, registry, ret))
        return false;
    wrong = registry == NULL || is_refusal ? NULL : consent_check(ret);
    if (wrong != NULL)
        return filecheck_fail(&at, wrong);
    return true;
}
