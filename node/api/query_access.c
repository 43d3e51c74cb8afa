/* Readings of sensitive categories: asked why, recorded, and who looks at the
 * record. */
#include <inttypes.h>
#include <string.h>

#include "api_internal.h"

/* ---- reading ---- */

/* The record outlives an erasure, so no name may get into it: at least not
 * one that stands on the screen. */
static bool
names_person(const json_t *answer, const char *why)
{
    static const char *const keys[] = {"name", "given_name", "family_name",
                                       "father_name", "grandfather_name"};
    json_t *identity =
        json_object_get(json_object_get(answer, "sections"), "identity");

    for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++) {
        const char *name = filecheck_string(identity, keys[i]);

        if (name != NULL && strlen(name) > 2 && strcasestr(why, name) != NULL)
            return true;
    }
    return false;
}

static const char *
wrong_why(const json_t *answer, const char *why)
{
    if (why[0] == '\0' || strlen(why) >= ACCESS_WHY_BYTES)
        return "why is a reason of at most 127 bytes";
    for (const char *p = why; *p != '\0'; p++)
        if ((unsigned char)*p < ' ' || *p == 0x7f)
            return "why is one line of text";
    if (names_person(answer, why))
        return "why names the person; this record is kept when theirs is "
               "erased";
    return NULL;
}

/* @json is taken; *a says what was read, and becomes the command's. */
static enum api_verdict
say_recorded(struct api_call *c, json_t *json, const struct node_access *a)
{
    const char *why = api_arg(c, "why");
    const char *wrong = why == NULL ? NULL : wrong_why(json, why);

    if (wrong != NULL) {
        json_decref(json);
        return api_refuse(c, EX_DATAERR, "bad_reason", NULL,
                          "say what it is for, without a name", wrong);
    }
    (void)api_say(c, json);
    if (a->what == ACCESS_SHOW && (a->categories & CATEGORY_SENSITIVE) == 0)
        return API_ANSWERED;
    c->req->access = *a;
    if (why != NULL) {
        c->req->access.reason = ACCESS_GIVEN;
        (void)snprintf(c->req->access.why, sizeof(a->why), "%s", why);
    }
    c->command->type = CMD_ACCESS;
    c->command->access = &c->req->access;
    return API_COMMAND;
}

enum api_verdict
api_say_read(struct api_call *c, json_t *json, enum object_kind kind,
             const struct hf_id *id, uint32_t categories, bool is_own)
{
    const struct node_access a = {.what = ACCESS_SHOW,
                                  .kind = kind,
                                  .id = *id,
                                  .categories = categories,
                                  .reason =
                                      is_own ? ACCESS_OWN : ACCESS_NO_REASON};

    return say_recorded(c, json, &a);
}

enum api_verdict
api_say_copy(struct api_call *c, json_t *json, const struct hf_id *case_id,
             uint32_t categories)
{
    const struct node_access a = {.what = ACCESS_EXPORT,
                                  .id = *case_id,
                                  .categories = categories,
                                  .reason = ACCESS_GIVEN,
                                  .why = "a copy for the person"};

    return say_recorded(c, json, &a);
}

/* ---- the record ---- */

struct access_filter {
    struct hf_name user; /* empty: all */
    struct hf_id id;     /* zero: all */
    uint64_t from_ms, to_ms;
};

static json_t *
access_item(const struct node_access *a)
{
    static const char *const reasons[] = {"", "given", "own"};
    json_t *o = json_object();

    api_put_time(o, "at", a->at_ms);
    api_put_text(o, "user", a->user.s);
    (void)json_object_set_new(o, "roles", api_roles(a->roles));
    api_put_text(o, "what", a->what == ACCESS_EXPORT ? "export" : "show");
    api_put_id(o, a->kind == OBJECT_NONE ? "case" : "id", api_prefix(a->kind),
               &a->id);
    (void)json_object_set_new(o, "categories", api_categories(a->categories));
    api_put_text(o, "reason",
                 (unsigned)a->reason < 3 ? reasons[a->reason] : NULL);
    api_put_text(o, "why", a->reason == ACCESS_OWN ? "own case" : a->why);
    return o;
}

static bool
passes(const struct access_filter *f, const struct node_access *a)
{
    return (f->user.s[0] == '\0' || hf_name_eq(&f->user, &a->user)) &&
           (hf_id_is_zero(&f->id) || hf_id_eq(&f->id, &a->id)) &&
           a->at_ms >= f->from_ms && (f->to_ms == 0 || a->at_ms <= f->to_ms);
}

static bool
read_filter(struct api_call *c, struct access_filter *f)
{
    const char *user = api_arg(c, "user"), *id = api_arg(c, "case");
    struct node_case row;

    memset(f, 0, sizeof(*f));
    if (user != NULL && !hf_name_parse(user, &f->user)) {
        (void)api_refuse(c, EX_USAGE, "bad_parameter", NULL,
                         "handoff user list shows them",
                         "user is not a user's name");
        return false;
    }
    if (id != NULL) {
        if (!api_find_case(c, id, &row))
            return false;
        f->id = row.id;
    }
    return api_arg_time(c, "from", &f->from_ms) &&
           api_arg_time(c, "to", &f->to_ms);
}

/* A cursor is where the last page ended: "MILLISECONDS-SERIAL". */
static bool
read_cursor(struct api_call *c, uint64_t *ms, uint32_t *serial)
{
    const char *text = api_arg(c, "cursor");
    char end;

    if (text == NULL ||
        sscanf(text, "%20" SCNu64 "-%10" SCNu32 "%c", ms, serial, &end) == 2)
        return true;
    (void)api_refuse(c, EX_USAGE, "bad_parameter", NULL, "",
                     "this cursor was not given by this list");
    return false;
}

enum api_verdict
query_access(struct api_call *c)
{
    uint64_t ms = UINT64_MAX;
    uint32_t serial = 0;
    struct access_filter f;
    struct node_access a;
    size_t limit, rows = 0;
    bool is_full = false;
    char next[40];
    json_t *list, *o;

    if (!read_filter(c, &f) || !api_arg_limit(c, &limit) ||
        !read_cursor(c, &ms, &serial))
        return API_ANSWERED;
    list = json_array();
    while (!is_full && access_next(c->env->view, &ms, &serial, &a)) {
        if (a.at_ms < f.from_ms)
            break;
        if (passes(&f, &a))
            (void)json_array_append_new(list, access_item(&a));
        is_full = json_array_size(list) == limit || ++rows == API_SCAN_MAX;
    }
    o = json_object();
    (void)json_object_set_new(o, "items", list);
    if (is_full) {
        (void)snprintf(next, sizeof(next), "%" PRIu64 "-%" PRIu32, ms, serial);
        if (access_next(c->env->view, &ms, &serial, &a))
            api_put_text(o, "next", next);
    }
    return api_say(c, o);
}
