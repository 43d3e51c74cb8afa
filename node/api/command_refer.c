/* Routes, referrals and transfers: bodies to commands. */
#include <strings.h>

#include "api_internal.h"
#include "attestfile.h"

/* ---- what /route and /referrals share ---- */

static bool
take_wish(struct api_call *c, const char *wish)
{
    struct node_command *m = c->command;
    const char *value = strchr(wish, '=');
    size_t n;

    if (value != NULL) {
        n = (size_t)(value++ - wish);
        if (n == 12 && strncmp(wish, "practitioner", n) == 0) {
            m->wish_female |= strcmp(value, "female") == 0;
            m->wish_male |= strcmp(value, "male") == 0;
            if (strcmp(value, "female") == 0 || strcmp(value, "male") == 0)
                return true;
        } else if (n == 11 && strncmp(wish, "interpreter", n) == 0 &&
                   filecheck_language_ok(value)) {
            filecheck_language_copy(value, m->interpreter,
                                    sizeof(m->interpreter));
            return true;
        } else if (n == 4 && strncmp(wish, "near", n) == 0) {
            if (hf_name_parse(value, &m->near))
                return true;
        } else if (n == 4 && strncmp(wish, "away", n) == 0) {
            if (hf_name_parse(value, &m->away))
                return true;
        }
    }
    (void)api_bad(c, "wishes",
                  "must be practitioner=female, "
                  "practitioner=male, interpreter=LANG, "
                  "near=PLACE or away=PLACE");
    return false;
}

static bool
take_wishes(struct api_call *c)
{
    json_t *list = json_object_get(c->req->json, "wishes");
    size_t i;
    json_t *item;

    if (list == NULL || json_is_null(list))
        return true;
    if (!json_is_array(list))
        return take_wish(c, "");
    json_array_foreach(list, i,
                       item) if (!take_wish(c, json_is_string(item)
                                                   ? json_string_value(item)
                                                   : "")) return false;
    return true;
}

static bool
take_urgency(struct api_call *c)
{
    json_t *value = json_object_get(c->req->json, "urgency");

    if (value == NULL || json_is_null(value))
        return true;
    if (json_is_string(value))
        c->command->urgency = urgency_parse(json_string_value(value));
    if (c->command->urgency != URGENCY_NONE)
        return true;
    (void)api_bad(c, "urgency", "must be normal, urgent or emergency");
    return false;
}

/* A reason of the vocabulary; anything else is "other" in those words. */
static bool
take_override(struct api_call *c)
{
    const char *text = filecheck_string(c->req->json, "override_reason");

    if (!api_body_text(c, "override_reason", &c->command->text))
        return false;
    if (text != NULL) {
        c->command->reason = reason_parse(text);
        if (c->command->reason == REASON_NONE)
            c->command->reason = REASON_OTHER;
    }
    return true;
}

/* A case; or a referral that the person is to be sent on from (part of). */
static bool
take_case(struct api_call *c)
{
    const char *text = filecheck_string(c->req->json, "case");
    struct node_case row;
    struct node_object o;

    if (text == NULL || strncasecmp(text, "HR-", 3) != 0 ||
        !permit_query(c->roles, PERMIT_OBJECTS))
        return api_body_case(c, &row);
    if (!api_find_object(c, text, &o))
        return false;
    if (!api_sees(c, &o)) {
        (void)api_refuse(c, EX_NOPERM, "not_permitted", NULL,
                         "its author, its owner, or somebody whose role covers "
                         "this service can send on from it",
                         "this service is confidential");
        return false;
    }
    c->command->part_of = o.id;
    return true;
}

static bool
take_request(struct api_call *c)
{
    c->command->type = CMD_REFER;
    return take_case(c) && api_need(c, "need") &&
           api_body_name(c, "need", &c->command->need) && take_urgency(c) &&
           take_wishes(c) && api_body_org(c, "to", &c->command->to) &&
           api_body_time(c, "incident_at", &c->command->incident_ms) &&
           take_override(c);
}

enum api_verdict
query_plan(struct api_call *c)
{
    struct node_decision d;
    struct node_reply reply;
    json_t *o;

    if (!take_request(c))
        return API_ANSWERED;
    memset(&reply, 0, sizeof(reply));
    memset(&d, 0, sizeof(d));
    if (!node_plan(c->env, c->command, c->now_ms, &d, &reply))
        return api_refuse(c, reply.status == 0 ? EX_SOFTWARE : reply.status,
                          reply.code, NULL, reply.hint, reply.message);
    o = api_decision(&d);
    api_put_ask(c, o, &d);
    return api_say(c, o);
}

/* Without consent, on an attestation: what the file says, by whom is seen by
 * the core. */
static bool
take_attest(struct api_call *c, bool is_vital)
{
    json_t *file = json_object_get(c->req->json, "attestation");
    struct filecheck_error error;

    if (!is_vital && file == NULL)
        return true;
    if (!is_vital || file == NULL) {
        (void)api_refuse(c, EX_USAGE, "usage", NULL,
                         "refer --vital-interest --attest F",
                         "a vital interest and its attestation go together");
        return false;
    }
    if (!attestfile_check(file, &c->req->attest, &c->command->has_attempts,
                          &error)) {
        (void)api_refuse_file(c, &error);
        return false;
    }
    c->command->attest = &c->req->attest;
    return api_keep_json(c, file, &c->command->details);
}

enum api_verdict
command_refer(struct api_call *c)
{
    const char *replaces = filecheck_string(c->req->json, "replaces");
    bool vital = false;
    struct node_object old;

    if (!api_body_bool(c, "vital_interest", &vital) || !take_request(c) ||
        !api_body_bool(c, "draft", &c->command->is_draft) ||
        !api_body_bool(c, "together", &c->command->is_together) ||
        !api_body_later_of_sender(c) || !take_attest(c, vital))
        return API_ANSWERED;
    if (replaces != NULL) {
        if (!api_find_object(c, replaces, &old))
            return API_ANSWERED;
        if (old.kind != OBJECT_REFERRAL)
            return api_bad(c, "replaces", "must be a referral's id");
        c->command->replaces = old.id;
    }
    return API_COMMAND;
}

/* ---- transfers ---- */

enum api_verdict
command_transfer_offer(struct api_call *c)
{
    const char *travel = filecheck_string(c->req->json, "travel");
    struct node_case row;

    c->command->type = CMD_TRANSFER_OFFER;
    if (!api_body_case(c, &row) || !api_need(c, "to") ||
        !api_body_org(c, "to", &c->command->to) || !api_body_later_of_sender(c))
        return API_ANSWERED;
    if (travel != NULL && strcmp(travel, "none") == 0)
        c->command->flags |= ENTRY_TRAVEL_NONE;
    else if (!api_body_time(c, "travel", &c->command->when_ms))
        return API_ANSWERED;
    else if (travel == NULL)
        c->command->when_ms = row.facts.travel_ms;
    return API_COMMAND;
}

enum api_verdict
command_transfer_request(struct api_call *c)
{
    c->command->type = CMD_TRANSFER_REQUEST;
    if (!api_need(c, "from") || !api_need(c, "number") ||
        !api_body_org(c, "from", &c->command->to) ||
        !api_body_name(c, "number", &c->command->number) ||
        !api_body_later_of_sender(c))
        return API_ANSWERED;
    return API_COMMAND;
}
