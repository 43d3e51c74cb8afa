/* Users, services, packs and the registry. */
#include <stdlib.h>

#include "api_internal.h"
#include "servicefile.h"

static bool
take_roles(struct api_call *c)
{
    json_t *list = json_object_get(c->req->json, "roles");
    size_t i;
    json_t *item;

    if (!json_is_array(list) || json_array_size(list) == 0) {
        (void)api_bad(c, "roles", "must be a list of at least one role");
        return false;
    }
    json_array_foreach(list, i, item)
    {
        const enum role role = json_is_string(item)
                                   ? role_parse(json_string_value(item))
                                   : ROLE_NONE;

        if (role == ROLE_NONE || role == ROLE_AUTOMATIC) {
            (void)api_bad(c, "roles",
                          "must be of case_manager supervisor focal_point "
                          "health mental_health_professional committee "
                          "reviewer auditor admin integration");
            return false;
        }
        c->command->roles |= ROLE_BIT(role);
    }
    c->req->roles = c->command->roles;
    return true;
}

enum api_verdict
command_user_add(struct api_call *c)
{
    c->command->type = CMD_USER_ADD;
    if (!api_need(c, "name") ||
        !api_body_name(c, "name", &c->command->user_name) || !take_roles(c) ||
        !api_body_language(c, "language", c->command->language,
                           sizeof(c->command->language)))
        return API_ANSWERED;
    c->req->user_name = c->command->user_name;
    return API_COMMAND;
}

/* The user that the path names. */
static bool
path_user(struct api_call *c)
{
    struct node_user row;

    if (!hf_name_parse(c->req->part[1], &c->command->user_name) ||
        !user_get(c->env->view, &c->command->user_name, &row)) {
        (void)api_refuse(c, EX_NOINPUT, "no_such_user", NULL,
                         "handoff user list shows them",
                         "there is no such user");
        return false;
    }
    c->req->user_name = row.name;
    c->req->roles = row.roles;
    return true;
}

enum api_verdict
command_user_role(struct api_call *c)
{
    c->command->type = CMD_USER_ROLE;
    if (!path_user(c) || !take_roles(c))
        return API_ANSWERED;
    return API_COMMAND;
}

enum api_verdict
command_user_disable(struct api_call *c)
{
    c->command->type = CMD_USER_DISABLE;
    return path_user(c) ? API_COMMAND : API_ANSWERED;
}

enum api_verdict
command_user_absent(struct api_call *c)
{
    c->command->type = CMD_USER_ABSENT;
    return path_user(c) && api_need(c, "until") &&
                   api_body_time(c, "until", &c->command->when_ms) &&
                   api_body_name(c, "to", &c->command->stand_in)
               ? API_COMMAND
               : API_ANSWERED;
}

/* Whether a pack in force says so: a shelter's address is in no service map
 * because somebody forgot a word. */
static bool
is_sensitive(void *ctx, const struct hf_name *code)
{
    const struct api_call *c = ctx;
    const struct sop_pack *p;
    struct sop_service s;

    for (size_t i = 0;
         c->env->sops != NULL && (p = sop_book_at(c->env->sops, i)) != NULL;
         i++)
        if (sop_service(p, code, &s) && s.sensitive)
            return true;
    return false;
}

enum api_verdict
command_services(struct api_call *c)
{
    const char *on_behalf = api_arg(c, "on_behalf");
    struct filecheck_error error;
    size_t n = 0;

    c->req->services =
        calloc(SERVICEFILE_SERVICES_MAX, sizeof(*c->req->services));
    if (c->req->services == NULL)
        return api_refuse(c, EX_SOFTWARE, "internal", NULL, "",
                          "out of memory");
    if (on_behalf != NULL && !hf_org_parse(on_behalf, &c->command->on_behalf))
        return api_bad(c, "on_behalf", "must be an organisation's id");
    if (!servicefile_check(c->req->json,
                           on_behalf != NULL ? &c->command->on_behalf
                                             : &c->env->config->org,
                           c->now_ms, c->req->services, &n, &error))
        return api_refuse_file(c, &error);
    for (size_t i = 0; i < n; i++)
        c->req->services[i].confidential |=
            is_sensitive(c, &c->req->services[i].code);
    servicefile_hide(c->req->json, c->req->services, n, is_sensitive, c);
    c->command->type = CMD_SERVICES_SET;
    c->command->services = c->req->services;
    c->command->n_services = n;
    c->req->n_services = n;
    return api_keep_json(c, c->req->json, &c->command->details) ? API_COMMAND
                                                                : API_ANSWERED;
}

enum api_verdict
shell_registry_get(struct api_call *c)
{
    c->shell->op = API_REGISTRY_GET;
    return API_SHELL;
}

static enum api_verdict
shell_bytes(struct api_call *c, enum api_shell_op op)
{
    c->shell->op = op;
    c->shell->bytes = hf_buf_bytes(&c->req->body);
    if (c->shell->bytes.n == 0)
        return api_refuse(c, EX_DATAERR, "bad_input", NULL,
                          "send the file as the body", "the body is empty");
    return API_SHELL;
}

enum api_verdict
shell_registry_post(struct api_call *c)
{
    return shell_bytes(c, API_REGISTRY_PUBLISH);
}

enum api_verdict
shell_policy_post(struct api_call *c)
{
    return shell_bytes(c, API_POLICY_INSTALL);
}

enum api_verdict
shell_clock_confirm(struct api_call *c)
{
    c->shell->op = API_CLOCK_CONFIRM;
    return API_SHELL;
}

/* Who may say to which key a backup is sealed holds every key of the node: the
 * account that runs it and nobody else. */
static bool
is_owner(struct api_call *c)
{
    if (c->req->is_owner)
        return true;
    (void)api_refuse(c, EX_NOPERM, "not_owner", NULL,
                     "run it as the account of the node, without --user",
                     "only the account that runs the node makes backups");
    return false;
}

enum api_verdict
shell_backup_begin(struct api_call *c)
{
    const char *hex = filecheck_string(c->req->json, "recovery");

    if (!is_owner(c))
        return API_ANSWERED;
    c->shell->op = API_BACKUP_BEGIN;
    c->shell->has_key = json_object_get(c->req->json, "recovery") != NULL;
    if (c->shell->has_key &&
        (hex == NULL || !hf_unhex(hex, c->shell->key, sizeof(c->shell->key))))
        return api_bad(c, "recovery", "must be a public key in hex");
    return API_SHELL;
}

enum api_verdict
shell_backup_done(struct api_call *c)
{
    const char *file = filecheck_string(c->req->json, "file");

    if (!is_owner(c) || !api_need(c, "file"))
        return API_ANSWERED;
    c->shell->op = API_BACKUP_DONE;
    c->shell->path = file;
    if (file == NULL || file[0] != '/')
        return api_bad(c, "file", "must be a path from the root");
    return API_SHELL;
}
