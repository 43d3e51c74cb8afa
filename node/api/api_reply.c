/* What follows a command: its reply as JSON, each route in its shape. */
#include <stdlib.h>

#include "api_internal.h"
#include "hf_assert.h"
#include "records.h"

/* What a shape is made from. Once the step's transaction is gone @env is NULL,
 * and a reply says less. */
struct done {
    const struct api_request *req;
    const struct node_env *env;
    const struct node_reply *r;
    uint64_t now_ms;
};

static void
put_state(const struct done *d, json_t *o)
{
    api_put_text(o, "state", state_text(d->r->state));
}

/* What the command made or, if nothing, what it was about. */
static const struct hf_id *
object_of(const struct done *d)
{
    return hf_id_is_zero(&d->r->id) ? &d->req->object : &d->r->id;
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

/* The consent as it is after the step; what a reply alone does not say. */
static void
put_consent(const struct done *d, json_t *o)
{
    struct node_case row;
    struct consent consent;

    if (d->env == NULL || !case_get(d->env->view, &d->req->case_id, &row) ||
        !consent_get(d->env->view, &row.consent, &consent)) {
        api_put_id(o, "consent", "CO", &d->r->id);
        if (d->req->route->shape == SHAPE_WITHDRAW)
            api_put_text(o, "state", "withdrawn");
        return;
    }
    api_put_id(o, "consent", "CO", &consent.id);
    api_put_u64(o, "version", consent.version);
    api_put_text(o, "state", api_consent_state(consent.state));
}

/* ---- shapes ---- */

static void
shape_none(const struct done *d, json_t *o)
{
    (void)d;
    (void)o;
}

static void
shape_case(const struct done *d, json_t *o)
{
    api_put_id(o, "case", "HC",
               hf_id_is_zero(&d->req->case_id) ? &d->r->id : &d->req->case_id);
}

static void
shape_stage(const struct done *d, json_t *o)
{
    api_put_id(o, "case", "HC", &d->req->case_id);
    api_put_text(o, "stage", stage_text(d->req->stage));
}

static void
shape_closing(const struct done *d, json_t *o)
{
    struct node_case row;

    api_put_id(o, "case", "HC", &d->req->case_id);
    if (d->env != NULL && case_get(d->env->view, &d->req->case_id, &row))
        api_put_closing(o, &row);
}

static void
shape_assign(const struct done *d, json_t *o)
{
    if (hf_id_is_zero(&d->req->object))
        api_put_id(o, "case", "HC", &d->req->case_id);
    else
        api_put_id(o, "id", api_prefix(d->req->kind), &d->req->object);
    api_put_text(o, "to", d->req->user_name.s);
}

static void
shape_consent(const struct done *d, json_t *o)
{
    put_consent(d, o);
    if (d->r->n > 0) /* an amendment that takes something away */
        put_withdrawals(&d->req->case_id, d->env, d->now_ms, o);
}

static void
shape_withdraw(const struct done *d, json_t *o)
{
    put_consent(d, o);
    put_withdrawals(hf_id_is_zero(&d->req->object) ? &d->req->case_id
                                                   : &d->r->id,
                    d->env, d->now_ms, o);
}

static void
shape_referral(const struct done *d, json_t *o)
{
    api_put_id(o, "referral", "HR", &d->r->id);
    put_state(d, o);
    api_put_text(o, "to", d->r->to.s);
    api_put_text(o, "service", d->r->service.s);
    api_put_id(o, "decision", "HD", &d->r->decision);
}

static void
shape_transfer(const struct done *d, json_t *o)
{
    api_put_id(o, "transfer", "HT", &d->r->id);
    put_state(d, o);
}

static void
shape_event(const struct done *d, json_t *o)
{
    api_put_id(o, "id", api_prefix(d->req->kind), object_of(d));
    put_state(d, o);
}

static void
shape_user(const struct done *d, json_t *o)
{
    api_put_text(o, "user", d->req->user_name.s);
    (void)json_object_set_new(o, "roles", api_roles(d->req->roles));
}

static void
shape_services(const struct done *d, json_t *o)
{
    api_put_u64(o, "services", d->req->n_services);
}

static void
shape_file(const struct done *d, json_t *o)
{
    api_put_id(o, "attachment", "HA", &d->r->id);
    api_put_u64(o, "at", d->r->at);
    api_put_id(o, "id", api_prefix(d->r->kind), &d->r->decision);
    put_state(d, o);
}

static void
shape_household(const struct done *d, json_t *o)
{
    api_put_id(o, "household", "HH", &d->r->id);
}

static void
shape_task(const struct done *d, json_t *o)
{
    api_put_id(o, "task", "HK", object_of(d));
    api_put_time(o, "done", d->now_ms);
}

static void
shape_slip_made(const struct done *d, json_t *o)
{
    char code[SLIP_TEXT_BYTES];

    slip_format(d->r->slip, code);
    api_put_text(o, "code", code);
    api_put_time(o, "until", d->r->when_ms);
}

static void
shape_slip(const struct done *d, json_t *o)
{
    api_put_id(o, "slip", "HS", &d->r->id);
    api_put_text(o, "state", slip_answer_text((enum slip_answer)d->r->n));
}

#define SHAPE_MAP(X)                                                           \
    X(SHAPE_NONE, shape_none)                                                  \
    X(SHAPE_CASE, shape_case)                                                  \
    X(SHAPE_STAGE, shape_stage)                                                \
    X(SHAPE_CLOSING, shape_closing)                                            \
    X(SHAPE_ASSIGN, shape_assign)                                              \
    X(SHAPE_CONSENT, shape_consent)                                            \
    X(SHAPE_WITHDRAW, shape_withdraw)                                          \
    X(SHAPE_REFERRAL, shape_referral)                                          \
    X(SHAPE_TRANSFER, shape_transfer)                                          \
    X(SHAPE_EVENT, shape_event)                                                \
    X(SHAPE_USER, shape_user)                                                  \
    X(SHAPE_SERVICES, shape_services)                                          \
    X(SHAPE_FILE, shape_file)                                                  \
    X(SHAPE_HOUSEHOLD, shape_household)                                        \
    X(SHAPE_TASK, shape_task)                                                  \
    X(SHAPE_SLIP_MADE, shape_slip_made)                                        \
    X(SHAPE_SLIP, shape_slip)

/* As many rows as shapes, and the compiler refuses one twice: each has one. */
#define X(shape, put) +1
_Static_assert(SHAPE_MAP(X) == SHAPE_END, "a function for each shape");
#undef X

static void (*const shapes[SHAPE_END])(const struct done *d, json_t *o) = {
#define X(shape, put) [shape] = put,
    SHAPE_MAP(X)
#undef X
};

static void
compose(struct api_request *req, const struct node_env *env,
        const struct node_reply *r, uint64_t now_ms)
{
    const struct done done = {req, env, r, now_ms};
    json_t *o = json_object();
    char *text;

    HF_ASSERT(r->status == 0);
    shapes[req->route->shape](&done, o);
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
    api_keep_answer(req, env, now_ms);
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
