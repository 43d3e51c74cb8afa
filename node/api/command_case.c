/* Cases and consents: files to commands. */
#include <stdlib.h>

#include "api_internal.h"
#include "casefile.h"
#include "consentfile.h"
#include "records.h"

_Static_assert(CASEFILE_SECTION_BYTES_MAX <= SECTION_BYTES_MAX,
               "what a case file may hold fits into a body");

/* The file's sections as the JSON that is stored. */
static bool
keep_sections(struct api_call *c, const struct casefile *file)
{
    c->command->sections = file->sections;
    for (enum category k = CATEGORY_NONE + 1; k < CATEGORY_END; k++)
        if (file->section[k] != NULL &&
            !api_keep_json(c, file->section[k], &c->command->section[k]))
            return false;
    return true;
}

enum api_verdict
command_case_new(struct api_call *c)
{
    struct casefile file;
    struct filecheck_error error;

    if (!casefile_check(c->req->json, NULL, &file, &error))
        return api_refuse_file(c, &error);
    c->command->type = CMD_CASE_NEW;
    c->command->facts = file.facts;
    c->command->number = file.number;
    c->command->stage = file.facts.stage;
    return keep_sections(c, &file) ? API_COMMAND : API_ANSWERED;
}

static bool
has_equal(const json_t *list, const json_t *item)
{
    json_t *other;
    size_t i;

    json_array_foreach(list, i, other)
    {
        if (json_equal(other, (json_t *)(uintptr_t)item))
            return true;
    }
    return false;
}

/* Whether @now has an element of a list, or a field, that @was had not: the
 * plan is amended, and consent is asked for again. */
static bool
gains(json_t *was, json_t *now)
{
    const char *key;
    json_t *item;
    size_t i;

    json_array_foreach(now, i, item)
    {
        if (!has_equal(was, item))
            return true;
    }
    json_object_foreach(now, key, item)
    {
        json_t *old = json_object_get(was, key);

        if (old == NULL || (json_is_array(item) && gains(old, item)))
            return true;
    }
    return false;
}

static bool
plan_gains(struct api_call *c, const struct node_case *row, json_t *plan)
{
    struct hf_bytes held;
    json_t *was = NULL;
    bool result;

    if (plan == NULL || hf_id_is_zero(&row->consent))
        return false;
    if (section_get(c->env->view, &row->id, CATEGORY_PLAN, &held))
        was = json_loadb((const char *)held.p, held.n, JSON_DECODE_ANY, NULL);
    result = gains(was, plan);
    json_decref(was);
    return result;
}

enum api_verdict
command_case_set(struct api_call *c)
{
    struct node_case row;
    struct casefile file;
    struct filecheck_error error;

    if (!api_path_case(c, &row))
        return API_ANSWERED;
    if (!casefile_check(c->req->json, &row.facts, &file, &error))
        return api_refuse_file(c, &error);
    if (file.stage != STAGE_NONE && file.stage != row.stage)
        return api_refuse(c, EX_DATAERR, "bad_input", "stage",
                          "use handoff case stage",
                          "stage is not changed by a file");
    file.facts.stage = row.stage;
    c->command->type = CMD_CASE_SET;
    c->command->facts = file.facts;
    c->command->stage = row.stage;
    c->command->number = file.number; /* empty: stays */
    c->command->plan_gains =
        plan_gains(c, &row, file.section[CATEGORY_PLAN]);
    return keep_sections(c, &file) ? API_COMMAND : API_ANSWERED;
}

enum api_verdict
command_case_stage(struct api_call *c)
{
    const char *text = filecheck_string(c->req->json, "stage");
    struct node_case row;

    if (!api_path_case(c, &row) || !api_need(c, "stage"))
        return API_ANSWERED;
    c->command->type = CMD_CASE_STAGE;
    c->command->stage = text == NULL ? STAGE_NONE : stage_parse(text);
    if (c->command->stage == STAGE_NONE)
        return api_bad(c, "stage",
                       "must be planning, in_assistance or follow_up");
    c->req->stage = c->command->stage;
    return API_COMMAND;
}

enum api_verdict
command_case_shred(struct api_call *c)
{
    struct node_case row;

    if (!api_path_case(c, &row))
        return API_ANSWERED;
    c->command->type = CMD_CASE_SHRED;
    c->req->stage = STAGE_SHREDDED;
    return API_COMMAND;
}

static enum api_verdict
assign(struct api_call *c)
{
    c->command->type = CMD_CASE_ASSIGN;
    if (!api_need(c, "to") || !api_body_name(c, "to", &c->command->user_name) ||
        !api_body_time(c, "until", &c->command->when_ms))
        return API_ANSWERED;
    c->req->user_name = c->command->user_name;
    return API_COMMAND;
}

enum api_verdict
command_case_assign(struct api_call *c)
{
    struct node_case row;

    return api_path_case(c, &row) ? assign(c) : API_ANSWERED;
}

enum api_verdict
command_object_assign(struct api_call *c)
{
    struct node_object o;

    if (!api_find_object(c, c->req->part[1], &o))
        return API_ANSWERED;
    c->command->object = o.id;
    c->req->object = o.id;
    c->req->kind = o.kind;
    return assign(c);
}

/* ---- consent ---- */

/* "action" is ours, beside the members of the file. */
static bool
take_action(struct api_call *c)
{
    static const struct {
        const char *word;
        enum node_command_type type;
    } actions[] = {{"give", CMD_CONSENT_GIVE},
                   {"amend", CMD_CONSENT_AMEND},
                   {"refuse", CMD_CONSENT_REFUSE}};
    const char *word = filecheck_string(c->req->json, "action");

    for (size_t i = 0; word != NULL && i < sizeof(actions) / sizeof(*actions);
         i++)
        if (strcmp(word, actions[i].word) == 0)
            c->command->type = actions[i].type;
    if (c->command->type != CMD_NONE)
        return true;
    (void)api_bad(c, "action", "must be give, amend or refuse");
    return false;
}

/* Who decided, and whether a document says that they may. */
static void
take_giver(struct api_call *c)
{
    static const char *const words[] = {"", "self", "guardian",
                                        "legal_representative",
                                        "best_interest"};
    const char *by = filecheck_string(c->req->json, "given_by");
    json_t *authority = json_object_get(c->req->json, "authority");

    for (unsigned i = 1; by != NULL && i < sizeof(words) / sizeof(*words); i++)
        if (strcmp(by, words[i]) == 0)
            c->command->giver = (enum consent_giver)i;
    c->command->has_document = filecheck_string(authority, "document") != NULL;
}

/* What becomes of data that may be held no longer: purged, or only not used. */
static bool
take_effect(struct api_call *c, bool erases_by_itself)
{
    json_t *given = json_object_get(c->req->json, "effect");
    const char *effect = json_string_value(given);

    if (given != NULL && (effect == NULL || (strcmp(effect, "erase") != 0 &&
                                             strcmp(effect, "stop") != 0))) {
        (void)api_bad(c, "effect", "must be erase or stop");
        return false;
    }
    c->command->erase =
        given == NULL ? erases_by_itself : strcmp(effect, "erase") == 0;
    return true;
}

enum api_verdict
command_consent(struct api_call *c)
{
    struct node_case row;
    struct filecheck_error error;
    json_t *action;
    bool ok;

    if (!api_path_case(c, &row) || !take_action(c))
        return API_ANSWERED;
    c->req->consent = calloc(1, sizeof(*c->req->consent));
    if (c->req->consent == NULL)
        return api_refuse(c, EX_SOFTWARE, "internal", NULL, "",
                          "out of memory");
    if (!take_effect(c, false))
        return API_ANSWERED;
    (void)json_object_del(c->req->json, "effect");
    action = json_incref(json_object_get(c->req->json, "action"));
    (void)json_object_del(c->req->json, "action");
    ok = consentfile_check(c->req->json, c->command->type == CMD_CONSENT_REFUSE,
                           c->env->registry, c->req->consent, &error);
    (void)json_object_set_new(c->req->json, "action", action);
    if (!ok)
        return api_refuse_file(c, &error);
    c->req->consent->case_id = row.id;
    c->command->consent = c->req->consent;
    take_giver(c);
    return api_keep_json(c, c->req->json, &c->command->details) ? API_COMMAND
                                                                : API_ANSWERED;
}

static bool
take_scopes(struct api_call *c)
{
    json_t *list = json_object_get(c->req->json, "scopes");
    size_t i;
    json_t *item;

    if (list == NULL)
        return true; /* the whole consent */
    /* an empty list is a mistake, and not the whole: it cannot be undone */
    if (!json_is_array(list) || json_array_size(list) == 0 ||
        json_array_size(list) > CONSENT_SCOPES_MAX) {
        (void)api_bad(c, "scopes",
                      "must be a list of scope ids; left out, it is the whole");
        return false;
    }
    json_array_foreach(list, i, item)
    {
        if (!json_is_string(item) ||
            !hf_name_parse(json_string_value(item), &c->command->scope[i])) {
            (void)api_bad(c, "scopes", "must be a list of scope ids");
            return false;
        }
        c->command->n_scopes++;
    }
    return true;
}

enum api_verdict
command_consent_withdraw(struct api_call *c)
{
    struct node_case row;

    if (!api_path_case(c, &row) || !take_scopes(c) || !take_effect(c, true))
        return API_ANSWERED;
    c->command->type = CMD_CONSENT_WITHDRAW;
    return API_COMMAND;
}

/* At a provider: of the share of the consent that came with a referral. */
enum api_verdict
command_share_withdraw(struct api_call *c)
{
    struct node_object o;

    if (!api_find_object(c, c->req->part[1], &o) || !take_scopes(c) ||
        !take_effect(c, true))
        return API_ANSWERED;
    c->command->type = CMD_CONSENT_WITHDRAW;
    c->command->object = o.id;
    c->req->object = o.id;
    c->req->kind = o.kind;
    return API_COMMAND;
}
