/* Every path there is, and its description as OpenAPI. */
#include "api_internal.h"

/* limit and cursor are taken by every list. */
#define PAGE "limit cursor"
/* What happened elsewhere and is entered now. */
#define LATER "on_behalf? happened_at? by? spoke_to?"

static const struct api_route routes[] = {
    {"GET", "/cases", "the cases held here", query_case_list, PERMIT_CASES,
     "stage holder mine unassigned " PAGE, NULL, SHAPE_NONE},
    {"POST", "/cases", "open a case from a case file", command_case_new,
     API_KNOWN, NULL, NULL, SHAPE_CASE},
    {"GET", "/cases/{case}", "a case as far as you may read it",
     query_case_show, PERMIT_CASES, "custody matters why", NULL, SHAPE_NONE},
    {"GET", "/cases/{case}/export", "the person's own copy of everything",
     query_case_export, PERMIT_CASES, "why", NULL, SHAPE_NONE},
    {"PUT", "/cases/{case}", "replace the sections that the file gives",
     command_case_set, API_KNOWN, NULL, NULL, SHAPE_CASE},
    {"POST", "/cases/{case}/stage", "move a case to a stage",
     command_case_stage, API_KNOWN, NULL, "stage", SHAPE_STAGE},
    {"POST", "/cases/{case}/assign", "give a case to a case manager",
     command_case_assign, API_KNOWN, NULL, "to until?", SHAPE_ASSIGN},
    {"GET", "/cases/{case}/closing", "what the exit review lists",
     query_closing, PERMIT_CASES, "reason", NULL, SHAPE_NONE},
    {"POST", "/cases/{case}/close", "end of assistance", command_case_close,
     API_KNOWN, NULL, "reason reviewed?", SHAPE_CLOSING},
    {"POST", "/cases/{case}/reopen", "back from closed", command_case_reopen,
     API_KNOWN, NULL, "", SHAPE_CLOSING},
    {"POST", "/cases/{case}/hold", "keep it for an inquiry, or no longer",
     command_case_hold, API_KNOWN, NULL, "on", SHAPE_CLOSING},
    {"POST", "/cases/{case}/shred", "destroy a case and its keys, for good",
     command_case_shred, API_KNOWN, NULL, "", SHAPE_STAGE},
    {"GET", "/cases/{case}/plan", "the plan and its clocks", query_follow_plan,
     PERMIT_CASES, "why", NULL, SHAPE_NONE},
    {"PUT", "/cases/{case}/plan", "replace the plan", command_follow_plan,
     API_KNOWN, NULL, NULL, SHAPE_CASE},
    {"GET", "/cases/{case}/scores", "surveys, their scores and the trend",
     query_scores, PERMIT_CASES, "why", NULL, SHAPE_NONE},
    {"POST", "/cases/{case}/scores", "record a survey from a score file",
     command_score, API_KNOWN, NULL, NULL, SHAPE_CASE},
    {"GET", "/cases/{case}/report",
     "a report from what the case holds: kind six_month or final",
     query_follow_report, PERMIT_CASES, "kind why", NULL, SHAPE_NONE},
    {"GET", "/cases/{case}/consent", "what the person agreed to",
     query_consent_show, PERMIT_CASES, NULL, NULL, SHAPE_NONE},
    {"POST", "/cases/{case}/consent",
     "record a consent file: action give, "
     "amend or refuse",
     command_consent, API_KNOWN, NULL, NULL, SHAPE_CONSENT},
    {"POST", "/cases/{case}/consent/withdraw", "withdraw scopes or the whole",
     command_consent_withdraw, API_KNOWN, NULL, "scopes? effect?",
     SHAPE_WITHDRAW},
    {"POST", "/route", "where a referral would go, with which data, and why",
     query_plan, PERMIT_CASES, NULL,
     "case need urgency? wishes? to? incident_at? override_reason? replaces? "
     "draft?",
     SHAPE_NONE},
    {"POST", "/referrals", "draft a referral and send it when the gates pass",
     command_refer, API_KNOWN, NULL,
     "case need urgency? wishes? to? incident_at? draft? override_reason? "
     "replaces? together? vital_interest? attestation? " LATER,
     SHAPE_REFERRAL},
    {"POST", "/transfers", "offer a case to a new holder",
     command_transfer_offer, API_KNOWN, NULL, "case to travel? " LATER,
     SHAPE_TRANSFER},
    {"POST", "/transfers/request", "ask for a case by its number",
     command_transfer_request, API_KNOWN, NULL, "from number " LATER,
     SHAPE_TRANSFER},
    {"GET", "/objects", "referrals and transfers, newest change first",
     query_object_list, PERMIT_OBJECTS,
     "kind direction state household overdue mine unassigned since " PAGE, NULL,
     SHAPE_NONE},
    {"GET", "/objects/{id}", "a referral, transfer or withdrawal in full",
     query_object_show, PERMIT_TASKS, "trace why", NULL, SHAPE_NONE},
    {"POST", "/objects/{id}/assign", "give it to a user", command_object_assign,
     API_KNOWN, NULL, "to until?", SHAPE_ASSIGN},
    {"POST", "/objects/{id}/events", "an event of its lifecycle", command_event,
     API_KNOWN, NULL,
     "event reason? text? when? until? to? channel? reached? where? contact? "
     "bring? focal? contact_by? manager? outcome? report? unmet? "
     "sections? " LATER,
     SHAPE_EVENT},
    {"GET", "/objects/{id}/attestation",
     "why data went without consent, for the reviewer", query_vital,
     PERMIT_REVIEW, "from why", NULL, SHAPE_NONE},
    {"POST", "/objects/{id}/review",
     "whether a disclosure without consent was right", command_review,
     API_KNOWN, NULL, "upheld from? reason?", SHAPE_EVENT},
    {"POST", "/objects/{id}/feedback", "what the person says of a service",
     command_feedback_add, API_KNOWN, NULL, "kind text confidential?",
     SHAPE_ASSIGN},
    {"GET", "/feedback", "what persons said", query_feedback, PERMIT_CASES,
     "case " PAGE, NULL, SHAPE_NONE},
    {"GET", "/unmet", "needs that could not be met", query_unmet, PERMIT_CASES,
     "case open " PAGE, NULL, SHAPE_NONE},
    {"POST", "/unmet", "record a need that could not be met", command_unmet_add,
     API_KNOWN, NULL, "case need reason place? text? referral?", SHAPE_CASE},
    {"GET", "/audit/unmet", "unmet needs and feedback, in figures",
     query_audit_unmet, PERMIT_FIGURES, "from to " PAGE, NULL, SHAPE_NONE},
    {"POST", "/objects/{id}/withdraw",
     "withdraw the share of a consent that came with a referral",
     command_share_withdraw, API_KNOWN, NULL, "scopes? effect?",
     SHAPE_WITHDRAW},
    {"POST", "/objects/{id}/attachments",
     "begin a file, or go on with it: hash is FILE_LABEL over its chunks",
     command_attach, API_KNOWN, NULL, "bytes hash name? category?",
     SHAPE_FILE},
    {"POST", "/attachments/{id}/bytes", "the file's next bytes, in hex",
     command_attach_put, API_KNOWN, NULL, "at data", SHAPE_FILE},
    {"POST", "/attachments/{id}/done", "the file is whole: announce it",
     command_attach_done, API_KNOWN, NULL, "", SHAPE_FILE},
    {"GET", "/attachments/{id}", "an attachment that is here as a whole",
     query_file, PERMIT_OBJECTS, "why", NULL, SHAPE_NONE},
    {"GET", "/attachments/{id}/bytes", "some of its bytes, in hex",
     query_file_bytes, PERMIT_OBJECTS, "at why", NULL, SHAPE_NONE},
    {"POST", "/households", "cases of people who travel together, or apart",
     command_case_link, API_KNOWN, NULL, "cases apart?", SHAPE_HOUSEHOLD},
    {"POST", "/cases/{case}/pair",
     "whether another case is of the same person", command_case_pair,
     API_KNOWN, NULL, "other same", SHAPE_CASE},
    {"POST", "/slips", "a code on neutral paper for the person",
     command_slip_make, API_KNOWN, NULL, "of", SHAPE_SLIP_MADE},
    {"POST", "/slips/enter", "what a person with a code says",
     command_slip_enter, API_KNOWN, NULL, "code what checked?", SHAPE_SLIP},
    {"GET", "/slips", "codes that were taken here", query_slips,
     PERMIT_OBJECTS, NULL, NULL, SHAPE_NONE},
    {"GET", "/withdrawals", "withdrawals of consent and their answers",
     query_withdrawals, PERMIT_OBJECTS, "open " PAGE, NULL, SHAPE_NONE},
    {"GET", "/events", "what changed since an instant, newest first",
     query_events, PERMIT_OBJECTS, "since " PAGE, NULL, SHAPE_NONE},
    {"GET", "/tasks", "what somebody has to do, by due instant", query_tasks,
     PERMIT_TASKS, "overdue mine unassigned " PAGE, NULL, SHAPE_NONE},
    {"POST", "/tasks/{task}/done", "a task is done", command_task_done,
     API_KNOWN, NULL, "report?", SHAPE_TASK},
    {"GET", "/me", "who asks, in which roles and language", query_me, API_KNOWN,
     NULL, NULL, SHAPE_NONE},
    {"GET", "/users", "who may use this node", query_users, PERMIT_USERS, PAGE,
     NULL, SHAPE_NONE},
    {"GET", "/users/{name}", "one user, and who says what they may read",
     query_user, API_KNOWN, "case", NULL, SHAPE_NONE},
    {"POST", "/users", "add a user", command_user_add, API_KNOWN, NULL,
     "name roles language?", SHAPE_USER},
    {"POST", "/users/{name}/role", "change a user's roles", command_user_role,
     API_KNOWN, NULL, "roles", SHAPE_USER},
    {"POST", "/users/{name}/disable", "a user may do nothing from now on",
     command_user_disable, API_KNOWN, NULL, "", SHAPE_USER},
    {"POST", "/users/{name}/absent", "a user is away, and who stands in",
     command_user_absent, API_KNOWN, NULL, "until to?", SHAPE_USER},
    {"GET", "/services", "the service map", query_services, PERMIT_STATUS,
     "code place language age sex accessibility cost capacity fresh " PAGE,
     NULL, SHAPE_NONE},
    {"GET", "/services/documents", "service documents as published (HSDS)",
     query_service_documents, PERMIT_STATUS, "own " PAGE, NULL, SHAPE_NONE},
    {"POST", "/services", "publish this organisation's services (HSDS)",
     command_services, API_KNOWN, "on_behalf", NULL, SHAPE_SERVICES},
    {"GET", "/audit/flows", "counts by sender, receiver, service and state",
     query_flows, PERMIT_FIGURES, "from to by " PAGE, NULL, SHAPE_NONE},
    {"GET", "/audit/exceptions", "what does not fit together, with evidence",
     query_exceptions, PERMIT_FIGURES, "from to " PAGE, NULL, SHAPE_NONE},
    {"GET", "/audit/access", "who read what of whom, and why", query_access,
     PERMIT_ACCESS, "user case from to " PAGE, NULL, SHAPE_NONE},
    {"GET", "/decisions/{decision}", "a decision and the chain of its reasons",
     query_decision, PERMIT_OBJECTS, "replay", NULL, SHAPE_NONE},
    {"GET", "/policy", "the packs in force", query_policy, PERMIT_STATUS, PAGE,
     NULL, SHAPE_NONE},
    {"POST", "/policy", "install a pack; the body is its YAML",
     shell_policy_post, PERMIT_ADMIN, NULL, "*", SHAPE_NONE},
    {"POST", "/backup", "a snapshot of the store in DIR/backup.tmp",
     shell_backup_begin, PERMIT_ADMIN, NULL, "recovery?", SHAPE_NONE},
    {"POST", "/backup/done", "the snapshot lies sealed in this file",
     shell_backup_done, PERMIT_ADMIN, NULL, "file", SHAPE_NONE},
    {"POST", "/clock/confirm", "deadlines go by this machine's clock again",
     shell_clock_confirm, PERMIT_ADMIN, NULL, "", SHAPE_NONE},
    {"GET", "/registry", "the registry set as bytes", shell_registry_get,
     PERMIT_STATUS, NULL, NULL, SHAPE_NONE},
    {"POST", "/registry", "publish a registry set; the body is its bytes",
     shell_registry_post, PERMIT_ADMIN, NULL, "*", SHAPE_NONE},
    {"GET", "/status", "links, queues, ages and alarms", query_status,
     PERMIT_STATUS, NULL, NULL, SHAPE_NONE},
    {"GET", "/healthz", "the node answers", query_health, API_ANYBODY, NULL,
     NULL, SHAPE_NONE},
    {"GET", "/readyz", "the node has what it needs", query_ready, API_ANYBODY,
     NULL, NULL, SHAPE_NONE},
    {"GET", "/openapi.json", "this description", api_openapi, API_ANYBODY, NULL,
     NULL, SHAPE_NONE},
};
#define N_ROUTES (sizeof(routes) / sizeof(*routes))

/* Whether the segments of @path, from one slash to the next, are @part. */
static bool
is_path(const char *path, char *const *part, size_t n_parts)
{
    size_t i = 0;

    while (*path == '/') {
        const size_t n = strcspn(++path, "/");

        if (i == n_parts || part[i][0] == '\0')
            return false;
        if (*path != '{' &&
            (strlen(part[i]) != n || strncmp(part[i], path, n) != 0))
            return false;
        path += n;
        i++;
    }
    return i == n_parts;
}

const struct api_route *
api_route_find(const char *method, char *const *part, size_t n_parts,
               bool *ret_other)
{
    *ret_other = false;
    for (size_t i = 0; i < N_ROUTES; i++) {
        if (!is_path(routes[i].path, part, n_parts))
            continue;
        if (strcmp(routes[i].method, method) == 0)
            return &routes[i];
        *ret_other = true;
    }
    return NULL;
}

/* ---- OpenAPI ---- */

static json_t *
text_schema(void)
{
    return json_pack("{s:s}", "type", "string");
}

static void
add_parameter(json_t *list, const char *name, size_t n, const char *in)
{
    const bool in_path = strcmp(in, "path") == 0;
    json_t *o = json_object();

    (void)json_object_set_new(o, "name", json_stringn(name, n));
    api_put_text(o, "in", in);
    api_put_bool(o, "required", in_path);
    (void)json_object_set_new(o, "schema", text_schema());
    (void)json_array_append_new(list, o);
}

static json_t *
parameters_of(const struct api_route *route)
{
    json_t *list = json_array();
    const char *p;

    for (p = strchr(route->path, '{'); p != NULL; p = strchr(p, '{')) {
        p++;
        add_parameter(list, p, strcspn(p, "}"), "path");
    }
    for (p = route->args; p != NULL && *p != '\0';) {
        const size_t n = strcspn(p, " ");

        add_parameter(list, p, n, "query");
        p += n + (p[n] == ' ');
    }
    add_parameter(list, "X-Handoff-User", strlen("X-Handoff-User"), "header");
    if (strcmp(route->method, "POST") == 0)
        add_parameter(list, "Idempotency-Key", strlen("Idempotency-Key"),
                      "header");
    return list;
}

static json_t *
body_of(const struct api_route *route)
{
    const bool is_raw = route->fields != NULL && route->fields[0] == '*';
    json_t *properties = json_object(), *required = json_array();
    json_t *schema = json_object();
    const char *p = is_raw ? "" : route->fields;

    while (p != NULL && *p != '\0') {
        const size_t n = strcspn(p, " ?");

        (void)json_object_setn_new(properties, p, n, json_object());
        if (p[n] != '?')
            (void)json_array_append_new(required, json_stringn(p, n));
        p += strcspn(p, " ");
        p += strspn(p, " ");
    }
    api_put_text(schema, "type", is_raw ? "string" : "object");
    if (!is_raw && json_object_size(properties) > 0)
        (void)json_object_set(schema, "properties", properties);
    if (json_array_size(required) > 0)
        (void)json_object_set(schema, "required", required);
    json_decref(properties);
    json_decref(required);
    return json_pack("{s:{s:{s:o}}}", "content",
                     is_raw ? "application/octet-stream" : "application/json",
                     "schema", schema);
}

static json_t *
operation_of(const struct api_route *route)
{
    json_t *o = json_object();

    api_put_text(o, "summary", route->summary);
    (void)json_object_set_new(o, "parameters", parameters_of(route));
    if (strcmp(route->method, "GET") != 0)
        (void)json_object_set_new(o, "requestBody", body_of(route));
    (void)json_object_set_new(
        o, "responses",
        json_pack("{s:{s:s}, s:{s:s, s:{s:{}}}}", "200", "description", "done",
                  "default", "description",
                  "problem details (RFC 9457) with code, hint, exit and, for "
                  "bad input, pointer",
                  "content", "application/problem+json"));
    return o;
}

enum api_verdict
api_openapi(struct api_call *c)
{
    json_t *paths = json_object();
    json_t *o = json_object();

    for (size_t i = 0; i < N_ROUTES; i++) {
        json_t *path = json_object_get(paths, routes[i].path);
        char method[8] = "";

        if (path == NULL) {
            path = json_object();
            (void)json_object_set_new(paths, routes[i].path, path);
        }
        for (size_t k = 0; routes[i].method[k] != '\0'; k++)
            method[k] = (char)(routes[i].method[k] - 'A' + 'a');
        (void)json_object_set_new(path, method, operation_of(&routes[i]));
    }
    api_put_text(o, "openapi", "3.1.0");
    (void)json_object_set_new(
        o, "info",
        json_pack("{s:s, s:s}", "title", "handoff node", "version", "1"));
    (void)json_object_set_new(o, "servers",
                              json_pack("[{s:s}]", "url", API_PREFIX));
    (void)json_object_set_new(o, "paths", paths);
    return api_say(c, o);
}
