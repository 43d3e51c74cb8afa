/* A request on the deciding thread: which path, who may, what body. */

#include <string.h>

#include "api_internal.h"

/* "/api/v1/cases/HC-..." into segments below the prefix. */
static bool
split_path(struct api_request *req)
{
    const size_t skip = strlen(API_PREFIX);
    char *p;

    req->split = strdup(req->path);
    if (req->split == NULL)
        return false;
    p = req->split;
    if (strncmp(p, API_PREFIX "/", skip + 1) == 0)
        p += skip;
    else if (strcmp(p, "/healthz") != 0 && strcmp(p, "/readyz") != 0)
        return false;
    while (*p == '/') {
        *p++ = '\0';
        if (req->n_parts == API_PARTS_MAX)
            return false;
        req->part[req->n_parts++] = p;
        p += strcspn(p, "/");
    }
    return true;
}

static bool
find_route(struct api_call *c)
{
    struct api_request *req = c->req;
    bool other = false;

    if (split_path(req))
        req->route =
            api_route_find(req->method, req->part, req->n_parts, &other);
    if (req->route != NULL)
        return true;
    if (other)
        api_set_problem(req, 405, EX_USAGE, "wrong_method",
                        "this path does not take this method",
                        "see " API_PREFIX "/openapi.json", NULL);
    else
        api_set_problem(req, 404, EX_NOINPUT, "no_such_path",
                        "there is no such path",
                        "see " API_PREFIX "/openapi.json", NULL);
    return false;
}

static bool
is_permitted(struct api_call *c)
{
    const struct api_request *req = c->req;
    const int permit = req->route->permit;
    bool ok;

    if (permit == API_ANYBODY)
        return true;
    if (req->who_wrong != NULL) {
        (void)api_refuse(c, req->who_exit, "not_permitted", NULL, "",
                         req->who_wrong);
        return false;
    }
    c->roles = permit_roles(c->env->view, &req->user, req->is_owner);
    ok = permit == API_KNOWN
             ? c->roles != 0
             : permit_query(c->roles, (enum permit_query)permit);
    if (!ok)
        (void)api_refuse(c, EX_NOPERM, "not_permitted", NULL,
                         "ask an administrator for a role (handoff user)",
                         c->roles == 0 ? "you are not a user of this node"
                                       : "your role may not do this");
    return ok;
}

/* Whether @word stands in @words; a "?" behind one is not part of it. */
static bool
is_in(const char *words, const char *word)
{
    const size_t n = strlen(word);

    while (words != NULL && *words != '\0') {
        const size_t k = strcspn(words, " ?");

        if (k == n && strncmp(words, word, n) == 0)
            return true;
        words += strcspn(words, " ");
        words += strspn(words, " ");
    }
    return false;
}

static bool
check_args(struct api_call *c)
{
    for (size_t i = 0; i < c->req->n_args; i++)
        if (!is_in(c->req->route->args, c->req->arg[i].key)) {
            (void)api_refuse(c, EX_USAGE, "bad_parameter", NULL,
                             "see " API_PREFIX "/openapi.json",
                             "this path does not know one of the parameters");
            return false;
        }
    return true;
}

static bool
check_fields(struct api_call *c)
{
    const char *key;
    json_t *value;

    json_object_foreach(c->req->json, key, value)
    {
        if (is_in(c->req->route->fields, key))
            continue;
        (void)api_refuse(c, EX_USAGE, "usage", NULL,
                         "see " API_PREFIX "/openapi.json",
                         "the body has a member that this path does not know");
        return false;
    }
    return true;
}

static bool
read_body(struct api_call *c)
{
    struct api_request *req = c->req;
    const char *fields = req->route->fields;
    char message[96];
    json_error_t error;

    if (strcmp(req->method, "GET") == 0 || (fields != NULL && fields[0] == '*'))
        return true;
    if (req->body.n == 0)
        req->json = json_object();
    else
        req->json = json_loadb((const char *)req->body.p, req->body.n,
                               JSON_REJECT_DUPLICATES, &error);
    if (req->json == NULL) { /* jansson's text may quote the body */
        (void)snprintf(message, sizeof(message),
                       "the body is not JSON, at line %d, column %d",
                       error.line, error.column);
        (void)api_refuse(c, EX_DATAERR, "bad_json", NULL,
                         "keys must not be repeated", message);
        return false;
    }
    if (!json_is_object(req->json)) {
        (void)api_refuse(c, EX_DATAERR, "bad_json", NULL, "",
                         "the body must be a JSON object");
        return false;
    }
    return fields == NULL || check_fields(c);
}

static enum api_verdict
run(struct api_call *c)
{
    if (c->req->is_too_big) {
        api_set_problem(c->req, 413, EX_DATAERR, "too_big",
                        "the body is larger than 4 MiB", "send less", NULL);
        return API_ANSWERED;
    }
    if (!find_route(c) || !is_permitted(c) || !check_args(c))
        return API_ANSWERED;
    if (c->req->route->shape != SHAPE_NONE && api_say_again(c))
        return API_ANSWERED;
    if (!read_body(c))
        return API_ANSWERED;
    c->command->user = c->req->user;
    c->command->is_node_owner = c->req->is_owner;
    return c->req->route->handle(c);
}

enum api_verdict
api_handle(struct api_request *req, const struct node_env *env,
           const struct api_status *status, uint64_t now_ms,
           struct node_command *ret_command, struct api_shell *ret_shell)
{
    struct api_call c = {.req = req,
                         .env = env,
                         .status = status,
                         .now_ms = now_ms,
                         .command = ret_command,
                         .shell = ret_shell};
    enum api_verdict verdict;

    memset(ret_command, 0, sizeof(*ret_command));
    memset(ret_shell, 0, sizeof(*ret_shell));
    verdict = run(&c);
    if (verdict == API_ANSWERED)
        api_finish(req);
    return verdict;
}
