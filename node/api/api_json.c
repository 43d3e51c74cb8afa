#include <stdlib.h>

#include "api_internal.h"
#include "hf_crypto.h"

#define JSON_TYPE    "application/json; charset=utf-8"
#define PROBLEM_TYPE "application/problem+json"

static const char no_memory[] =
    "{\"type\":\"about:blank\",\"title\":\"internal\",\"status\":500,"
    "\"code\":\"internal\",\"detail\":\"out of memory\",\"hint\":\"\","
    "\"exit\":70}";

void
api_set_text(struct api_request *req, int http, const char *type, char *text,
             size_t n)
{
    if (req->answer != NULL) {
        hf_wipe(req->answer, req->answer_bytes);
        free(req->answer);
    }
    req->http = http;
    req->type = type;
    req->answer = text;
    req->answer_bytes = n;
    if (text != NULL)
        return;
    req->http = 500;
    req->type = PROBLEM_TYPE;
    req->answer = strdup(no_memory);
    req->answer_bytes = req->answer == NULL ? 0 : strlen(no_memory);
}

static void
set_json(struct api_request *req, int http, const char *type, json_t *json)
{
    char *text = json == NULL ? NULL : json_dumps(json, JSON_COMPACT);

    api_set_text(req, http, type, text, text == NULL ? 0 : strlen(text));
    json_decref(json);
}

int
api_http(int status)
{
    static const struct {
        int status, http;
    } map[] = {{0, 200},           {API_EX_REFUSED, 409}, {EX_USAGE, 400},
               {EX_DATAERR, 422},  {EX_NOINPUT, 404},     {EX_UNAVAILABLE, 503},
               {EX_SOFTWARE, 500}, {EX_TEMPFAIL, 503},    {EX_NOPERM, 403},
               {EX_CONFIG, 501}};

    for (size_t i = 0; i < sizeof(map) / sizeof(*map); i++)
        if (map[i].status == status)
            return map[i].http;
    return 500;
}

static const char *
title_of(int status)
{
    switch (status) {
    case API_EX_REFUSED:
        return "refused";
    case EX_USAGE:
        return "not understood";
    case EX_DATAERR:
        return "bad input";
    case EX_NOINPUT:
        return "no such thing";
    case EX_UNAVAILABLE:
        return "not reachable";
    case EX_TEMPFAIL:
        return "not now";
    case EX_NOPERM:
        return "not permitted";
    case EX_CONFIG:
        return "not available";
    default:
        return "internal";
    }
}

void
api_set_problem(struct api_request *req, int http, int status, const char *code,
                const char *message, const char *hint, const char *pointer)
{
    json_t *o = json_object();

    if (o != NULL) {
        api_put_text(o, "type", "about:blank");
        api_put_text(o, "title", title_of(status));
        (void)json_object_set_new(o, "status", json_integer(http));
        (void)json_object_set_new(o, "detail", json_string(message));
        (void)json_object_set_new(o, "code", json_string(code));
        (void)json_object_set_new(o, "hint",
                                  json_string(hint == NULL ? "" : hint));
        (void)json_object_set_new(o, "exit", json_integer(status));
        if (pointer != NULL && pointer[0] != '\0')
            api_put_text(o, "pointer", pointer);
    }
    set_json(req, http, PROBLEM_TYPE, o);
}

enum api_verdict
api_say(struct api_call *c, json_t *json)
{
    set_json(c->req, 200, JSON_TYPE, json);
    return API_ANSWERED;
}

enum api_verdict
api_refuse(struct api_call *c, int status, const char *code,
           const char *pointer, const char *hint, const char *message)
{
    api_set_problem(c->req, api_http(status), status, code, message, hint,
                    pointer);
    return API_ANSWERED;
}

enum api_verdict
api_refuse_file(struct api_call *c, const struct filecheck_error *error)
{
    char message[FILECHECK_PATH_BYTES + FILECHECK_WHAT_BYTES + 4];

    (void)snprintf(message, sizeof(message), "%s%s%s", error->path,
                   error->path[0] == '\0' ? "" : " ", error->what);
    return api_refuse(c, EX_DATAERR, "bad_input", error->path,
                      "mend this field and try again", message);
}

/* ---- members ---- */

void
api_put_text(json_t *o, const char *key, const char *text)
{
    const bool none = text == NULL || text[0] == '\0';

    (void)json_object_set_new(o, key, none ? json_null() : json_string(text));
}

void
api_put_time(json_t *o, const char *key, uint64_t ms)
{
    char text[HF_TIME_TEXT_BYTES];

    api_put_text(o, key, ms == 0 ? NULL : hf_time_format(ms, text));
}

void
api_put_loan(json_t *o, const struct node_loan *loan)
{
    if (loan->until_ms == 0)
        return;
    api_put_time(o, "owner_until", loan->until_ms);
    api_put_text(o, "owner_then", loan->back_to.s);
}

void
api_put_id(json_t *o, const char *key, const char *prefix,
           const struct hf_id *id)
{
    char text[HF_ID_TEXT_BYTES];

    api_put_text(o, key,
                 hf_id_is_zero(id) ? NULL : hf_id_format(prefix, id, text));
}

void
api_put_u64(json_t *o, const char *key, uint64_t v)
{
    (void)json_object_set_new(o, key, json_integer((json_int_t)v));
}

void
api_put_bool(json_t *o, const char *key, bool v)
{
    (void)json_object_set_new(o, key, json_boolean(v));
}

void
api_put_hex(json_t *o, const char *key, const uint8_t *p, size_t n)
{
    char *hex = malloc(HF_HEX_BYTES(n));

    if (hex != NULL)
        api_put_text(o, key, hf_hex(p, n, hex));
    free(hex);
}

void
api_put_json(json_t *o, const char *key, struct hf_bytes json)
{
    json_t *value = json_loadb((const char *)json.p, json.n,
                               JSON_DECODE_ANY | JSON_REJECT_DUPLICATES, NULL);

    if (value == NULL)
        value = json_stringn((const char *)json.p, json.n);
    (void)json_object_set_new(o, key, value == NULL ? json_null() : value);
}

static json_t *
words_of(uint32_t set, int end, const char *(*text)(int v))
{
    json_t *list = json_array();

    for (int v = 1; v < end; v++)
        if ((set & (UINT32_C(1) << v)) != 0)
            (void)json_array_append_new(list, json_string(text(v)));
    return list;
}

static const char *
text_of_category(int v)
{
    return category_text((enum category)v);
}

static const char *
text_of_purpose(int v)
{
    return purpose_text((enum purpose)v);
}

static const char *
text_of_role(int v)
{
    return role_text((enum role)v);
}

static const char *
text_of_group(int v)
{
    return group_text((enum group)v);
}

json_t *
api_categories(uint32_t set)
{
    return words_of(set, CATEGORY_END, text_of_category);
}

json_t *
api_purposes(uint32_t set)
{
    return words_of(set, PURPOSE_END, text_of_purpose);
}

json_t *
api_roles(uint32_t set)
{
    return words_of(set, ROLE_END, text_of_role);
}

json_t *
api_groups(uint32_t set)
{
    return words_of(set, GROUP_END, text_of_group);
}

const char *
api_prefix(enum object_kind kind)
{
    return node_prefix(kind);
}

/* ---- query parameters ---- */

const char *
api_arg(const struct api_call *c, const char *key)
{
    for (size_t i = 0; i < c->req->n_args; i++)
        if (strcmp(c->req->arg[i].key, key) == 0)
            return c->req->arg[i].value;
    return NULL;
}

bool
api_arg_flag(const struct api_call *c, const char *key)
{
    const char *value = api_arg(c, key);

    return value != NULL && strcmp(value, "0") != 0 &&
           strcmp(value, "false") != 0;
}

bool
api_bad_cursor(struct api_call *c)
{
    (void)api_refuse(c, EX_USAGE, "bad_parameter", NULL,
                     "leave it out: the list begins at its beginning",
                     "this cursor was not given by this list");
    return false;
}

bool
api_arg_limit(struct api_call *c, size_t *ret)
{
    const char *text = api_arg(c, "limit");
    uint64_t limit = API_LIST_DEFAULT;

    if (text != NULL && !hf_parse_u64(text, 1, API_LIST_MAX, &limit)) {
        (void)api_refuse(c, EX_USAGE, "bad_parameter", NULL, "",
                         "limit must be a number from 1 to 500");
        return false;
    }
    *ret = (size_t)limit;
    return true;
}

bool
api_arg_time(struct api_call *c, const char *key, uint64_t *ret_ms)
{
    const char *text = api_arg(c, key);
    char message[80];

    if (text == NULL || hf_time_parse(text, ret_ms))
        return true;
    (void)snprintf(message, sizeof(message),
                   "%s must be a date or a time of RFC 3339", key);
    (void)api_refuse(c, EX_USAGE, "bad_parameter", NULL,
                     "for example 2026-11-02 or 2026-11-02T18:00:00Z", message);
    return false;
}
