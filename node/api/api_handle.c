/* A request on the deciding thread: which path, who may, what body; the stored
 * answer of an Idempotency-Key; and how a command's reply becomes JSON. */
#include <stdlib.h>

#include "api_internal.h"
#include "hf_assert.h"
#include "records.h"

/* ---- Idempotency-Key ---- */

/** What is kept of a done command, by hash of user and key. */
struct stored_answer {
    uint64_t at_ms;
    struct hf_hash request; /* method, path and body: another one is refused */
    int32_t http;
    uint32_t n; /* bytes of JSON that follow */
};

static void
key_hash(const struct api_request *req, const struct node_crypto *crypto,
         struct hf_hash *ret)
{
    const struct hf_bytes spans[] = {
        {(const uint8_t *)req->user.s, HF_NAME_BYTES},
        {(const uint8_t *)req->key, strlen(req->key)}};

    crypto->hash(crypto->ctx, "handoff/1 idempotency key", spans, 2, ret);
}

static void
request_hash(const struct api_request *req, const struct node_crypto *crypto,
             struct hf_hash *ret)
{
    const uint8_t zero = 0;
    const struct hf_bytes spans[] = {
        {(const uint8_t *)req->method, strlen(req->method)},
        {&zero, 1},
        {(const uint8_t *)req->path, strlen(req->path)},
        {&zero, 1},
        hf_buf_bytes(&req->body)};

    crypto->hash(crypto->ctx, "handoff/1 request", spans, 5, ret);
}

/* The kept answer, given again; false when there is none. */
static bool
say_again(struct api_call *c)
{
    const struct node_view *v = c->env->view;
    struct hf_hash key, request;
    struct stored_answer a;
    struct hf_bytes row;
    char *text;

    if (c->req->key[0] == '\0')
        return false;
    key_hash(c->req, c->env->crypto, &key);
    request_hash(c->req, c->env->crypto, &request);
    if (!v->get(v->ctx, NODE_ANSWERS, (struct hf_bytes){key.b, HF_HASH_BYTES},
                &row) ||
        row.n < sizeof(a))
        return false;
    memcpy(&a, row.p, sizeof(a));
    if (a.n != row.n - sizeof(a) || a.at_ms + API_ANSWER_LIFE_MS < c->now_ms)
        return false;
    if (!hf_hash_eq(&a.request, &request)) {
        (void)api_refuse(c, EX_DATAERR, "key_reused", NULL,
                         "use a new Idempotency-Key",
                         "this Idempotency-Key was used for another request");
        return true;
    }
    text = malloc(a.n + 1u);
    if (text != NULL)
        memcpy(text, row.p + sizeof(a), a.n);
    api_set_text(c->req, a.http, "application/json; charset=utf-8", text, a.n);
    return true;
}

/* Keys are hashes, so the rows behind a new one are a random sample: dropping
 * the old ones among them keeps the table from growing for ever. */
static void
sweep(const struct node_env *env, const struct hf_hash *from, uint64_t now_ms)
{
    const struct node_view *v = env->view;
    struct hf_hash at = *from;

    for (int i = 0; i < 8; i++) {
        uint8_t after[HF_HASH_BYTES + 1] = {0};
        struct hf_bytes key, row;
        struct stored_answer a;

        memcpy(after, at.b, HF_HASH_BYTES);
        if (!v->seek(v->ctx, NODE_ANSWERS,
                     (struct hf_bytes){after, sizeof(after)}, &key, &row) ||
            key.n != HF_HASH_BYTES || row.n < sizeof(a))
            return;
        memcpy(at.b, key.p, HF_HASH_BYTES);
        memcpy(&a, row.p, sizeof(a));
        if (a.at_ms + API_ANSWER_LIFE_MS < now_ms)
            v->del(v->ctx, NODE_ANSWERS,
                   (struct hf_bytes){at.b, HF_HASH_BYTES});
    }
}

static void
keep_answer(struct api_request *req, const struct node_env *env,
            uint64_t now_ms)
{
    const struct node_view *v = env->view;
    struct stored_answer a;
    struct hf_hash key;
    struct hf_buf row;

    if (req->key[0] == '\0' || req->answer == NULL)
        return;
    memset(&a, 0, sizeof(a));
    a.at_ms = now_ms;
    a.http = req->http;
    a.n = (uint32_t)req->answer_bytes;
    request_hash(req, env->crypto, &a.request);
    key_hash(req, env->crypto, &key);
    hf_buf_init(&row, 64 * 1024);
    if (hf_buf_add(&row, &a, sizeof(a)) &&
        hf_buf_add(&row, req->answer, req->answer_bytes)) {
        v->put(v->ctx, NODE_ANSWERS, (struct hf_bytes){key.b, HF_HASH_BYTES},
               NULL, hf_buf_bytes(&row));
        sweep(env, &key, now_ms);
    }
    hf_buf_free(&row);
}

/* ---- replies ---- */

static void
put_ids(const struct api_request *req, const struct node_reply *r, json_t *o)
{
    const bool is_case = hf_id_is_zero(&req->object);

    if (is_case)
        api_put_id(o, "case", "HC", &req->case_id);
    else
        api_put_id(o, "id", api_prefix(req->kind), &req->object);
    (void)r;
}

/* The consent as it is after the step; what a reply alone does not say. */
static void
put_consent(const struct api_request *req, const struct node_env *env,
            const struct node_reply *r, json_t *o)
{
    struct node_case row;
    struct consent consent;

    if (env == NULL || !case_get(env->view, &req->case_id, &row) ||
        !consent_get(env->view, &row.consent, &consent)) {
        api_put_id(o, "consent", "CO", &r->id);
        if (req->route->shape == SHAPE_WITHDRAW)
            api_put_text(o, "state", "withdrawn");
        return;
    }
    api_put_id(o, "consent", "CO", &consent.id);
    api_put_u64(o, "version", consent.version);
    api_put_text(o, "state",
                 consent.state == CONSENT_GIVEN     ? "given"
                 : consent.state == CONSENT_REFUSED ? "refused"
                                                    : "withdrawn");
}

/* Those who are told of this withdrawal. */
static void
put_withdrawals(const struct hf_id *of, const struct node_env *env,
                uint64_t now_ms, json_t *o)
{
    json_t *list = json_array(), *told = json_array();
    struct hf_id id = {{0}};
    struct node_object row;

    while (env != NULL && object_next_of_case(env->view, of, &id, &row)) {
        char text[HF_ID_TEXT_BYTES];

        if (row.kind != OBJECT_WITHDRAWAL || row.side != SIDE_FIRST ||
            row.created_ms != now_ms)
            continue;
        (void)json_array_append_new(
            list, json_string(hf_id_format("HW", &row.id, text)));
        (void)json_array_append_new(told, json_string(row.peer.s));
    }
    (void)json_object_set_new(o, "withdrawals", list);
    (void)json_object_set_new(o, "told", told);
}

static void
put_shape(const struct api_request *req, const struct node_env *env,
          const struct node_reply *r, uint64_t now_ms, json_t *o)
{
    const struct hf_id *object = hf_id_is_zero(&r->id) ? &req->object : &r->id;
    struct node_case row;
    char code[SLIP_TEXT_BYTES];

    switch (req->route->shape) {
    case SHAPE_CASE:
        api_put_id(o, "case", "HC",
                   hf_id_is_zero(&req->case_id) ? &r->id : &req->case_id);
        break;
    case SHAPE_STAGE:
        api_put_id(o, "case", "HC", &req->case_id);
        api_put_text(o, "stage", stage_text(req->stage));
        break;
    case SHAPE_CLOSING:
        api_put_id(o, "case", "HC", &req->case_id);
        if (env != NULL && case_get(env->view, &req->case_id, &row))
            api_put_closing(o, &row);
        break;
    case SHAPE_ASSIGN:
        put_ids(req, r, o);
        api_put_text(o, "to", req->user_name.s);
        break;
    case SHAPE_CONSENT:
        put_consent(req, env, r, o);
        if (r->n > 0) /* an amendment that takes something away */
            put_withdrawals(&req->case_id, env, now_ms, o);
        break;
    case SHAPE_WITHDRAW:
        put_consent(req, env, r, o);
        put_withdrawals(hf_id_is_zero(&req->object) ? &req->case_id : &r->id,
                        env, now_ms, o);
        break;
    case SHAPE_REFERRAL:
        api_put_id(o, "referral", "HR", &r->id);
        api_put_text(o, "state", state_text(r->state));
        api_put_text(o, "to", r->to.s);
        api_put_text(o, "service", r->service.s);
        api_put_id(o, "decision", "HD", &r->decision);
        break;
    case SHAPE_TRANSFER:
        api_put_id(o, "transfer", "HT", &r->id);
        api_put_text(o, "state", state_text(r->state));
        break;
    case SHAPE_EVENT:
        api_put_id(o, "id", api_prefix(req->kind), object);
        api_put_text(o, "state", state_text(r->state));
        break;
    case SHAPE_USER:
        api_put_text(o, "user", req->user_name.s);
        (void)json_object_set_new(o, "roles", api_roles(req->roles));
        break;
    case SHAPE_SERVICES:
        api_put_u64(o, "services", req->n_services);
        break;
    case SHAPE_SLIP_MADE:
        slip_format(r->slip, code);
        api_put_text(o, "code", code);
        api_put_time(o, "until", r->when_ms);
        break;
    case SHAPE_SLIP:
        api_put_id(o, "slip", "HS", &r->id);
        api_put_text(o, "state", slip_answer_text((enum slip_answer)r->n));
        break;
    case SHAPE_TASK:
        api_put_id(o, "task", "HK", object);
        api_put_time(o, "done", now_ms);
        break;
    case SHAPE_FILE:
        api_put_id(o, "attachment", "HA", &r->id);
        api_put_u64(o, "at", r->at);
        api_put_id(o, "id", api_prefix(r->kind), &r->decision);
        api_put_text(o, "state", state_text(r->state));
        break;
    case SHAPE_HOUSEHOLD:
        api_put_id(o, "household", "HH", &r->id);
        break;
    case SHAPE_NONE:
        break;
    }
}

static void
compose(struct api_request *req, const struct node_env *env,
        const struct node_reply *r, uint64_t now_ms)
{
    json_t *o = json_object();
    char *text;

    HF_ASSERT(r->status == 0);
    put_shape(req, env, r, now_ms, o);
    text = json_dumps(o, JSON_COMPACT);
    api_set_text(req, 200, "application/json; charset=utf-8", text,
                 text == NULL ? 0 : strlen(text));
    json_decref(o);
}

void
api_settle(struct api_request *req, const struct node_env *env,
           const struct node_reply *reply, uint64_t now_ms)
{
    HF_ASSERT(req->route != NULL);
    if (reply->status != 0)
        return; /* nothing was done: asking again may go better */
    if (req->route->shape == SHAPE_NONE)
        return; /* a reading on record: its answer is there already */
    compose(req, env, reply, now_ms);
    keep_answer(req, env, now_ms);
}

void
api_reply(struct api_request *req, const struct node_reply *reply)
{
    if (reply->status != 0)
        api_set_problem(req, api_http(reply->status), reply->status,
                        reply->code, reply->message, reply->hint, NULL);
    else if (req->answer == NULL)
        compose(req, NULL, reply, 0);
    api_finish(req);
}

void
api_shell_reply(struct api_request *req, int status, const char *message,
                const char *hint, struct hf_bytes body, bool is_json)
{
    if (status != 0) {
        api_set_problem(req, api_http(status), status, "refused",
                        message == NULL ? "" : message, hint, NULL);
    } else {
        char *text = malloc(body.n + 1);

        if (text != NULL && body.n > 0)
            memcpy(text, body.p, body.n);
        api_set_text(req, 200,
                     is_json ? "application/json; charset=utf-8"
                             : "application/octet-stream",
                     text, body.n);
    }
    api_finish(req);
}

/* ---- requests ---- */

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
    if (c->req->route->shape != SHAPE_NONE && say_again(c))
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
