/* Referrals, transfers and withdrawals: lists, what changed. */
#include <inttypes.h>
#include <string.h>

#include "api_internal.h"
#include "deadline.h"
#include "lifecycle.h"

struct object_filter {
    uint32_t kinds;         /* bit a kind */
    int side;               /* -1: both */
    enum state state;       /* NONE: all */
    struct hf_id household; /* zero: all */
    bool overdue, mine, unassigned, open;
    uint64_t since_ms;
};

static bool
bad_word(struct api_call *c, const char *what)
{
    (void)api_refuse(c, EX_USAGE, "bad_parameter", NULL, "", what);
    return false;
}

static bool
read_kinds(struct api_call *c, struct object_filter *f)
{
    const char *text = api_arg(c, "kind");
    char word[32];

    f->kinds = (1u << OBJECT_REFERRAL) | (1u << OBJECT_TRANSFER);
    if (text == NULL)
        return true;
    f->kinds = 0;
    while (*text != '\0') {
        const size_t n = strcspn(text, ",");
        enum object_kind kind = OBJECT_NONE;

        if (n < sizeof(word)) {
            memcpy(word, text, n);
            word[n] = '\0';
            kind = object_kind_parse(word);
        }
        if (kind == OBJECT_NONE)
            return bad_word(c, "kind must be referral, transfer or "
                               "withdrawal, by commas");
        f->kinds |= 1u << kind;
        text += n + (text[n] == ',');
    }
    return true;
}

static bool
read_filter(struct api_call *c, struct object_filter *f)
{
    const char *direction = api_arg(c, "direction");
    const char *state = api_arg(c, "state");

    memset(f, 0, sizeof(*f));
    f->side = -1;
    f->overdue = api_arg_flag(c, "overdue");
    f->mine = api_arg_flag(c, "mine");
    f->unassigned = api_arg_flag(c, "unassigned");
    if (!read_kinds(c, f) || !api_arg_time(c, "since", &f->since_ms))
        return false;
    if (api_arg(c, "household") != NULL &&
        !hf_id_parse("HH", api_arg(c, "household"), &f->household))
        return bad_word(c, "household must be the whole id of one, HH-...");
    if (direction != NULL && strcmp(direction, "out") == 0)
        f->side = SIDE_FIRST;
    else if (direction != NULL && strcmp(direction, "in") == 0)
        f->side = SIDE_SECOND;
    else if (direction != NULL)
        return bad_word(c, "direction must be in or out");
    if (state != NULL && (f->state = state_parse(state)) == STATE_NONE)
        return bad_word(c, "state must be a state, such as sent or accepted");
    return true;
}

static bool
passes(const struct api_call *c, const struct object_filter *f,
       const struct node_object *o)
{
    if ((f->kinds & (1u << o->kind)) == 0)
        return false;
    if (f->side >= 0 && (int)o->side != f->side)
        return false;
    if (f->state != STATE_NONE && o->state != f->state)
        return false;
    if (!hf_id_is_zero(&f->household) &&
        !hf_id_eq(&f->household, &o->terms.household))
        return false;
    if (f->overdue && !deadline_is_over(o, c->now_ms))
        return false;
    if (f->mine && !hf_name_eq(&o->owner, &c->req->user))
        return false;
    if (f->open && (lifecycle_is_final(o->kind, o->state) || o->by_hand != 0))
        return false;
    return !f->unassigned || o->owner.s[0] == '\0';
}

/* A cursor is where the last page ended: "MILLISECONDS-ID in hex". */
static bool
read_cursor(struct api_call *c, uint64_t *ms, struct hf_id *id)
{
    const char *text = api_arg(c, "cursor");
    const char *dash = text == NULL ? NULL : strchr(text, '-');
    char digits[24];

    if (text == NULL)
        return true;
    if (dash == NULL || (size_t)(dash - text) >= sizeof(digits))
        return bad_word(c, "this cursor was not given by a list");
    memcpy(digits, text, (size_t)(dash - text));
    digits[dash - text] = '\0';
    if (!hf_parse_u64(digits, 0, UINT64_MAX, ms) ||
        !hf_unhex(dash + 1, id->b, HF_ID_BYTES))
        return bad_word(c, "this cursor was not given by a list");
    return true;
}

static void
put_cursor(struct api_call *c, json_t *o, uint64_t ms, struct hf_id id)
{
    char text[24 + HF_HEX_BYTES(HF_ID_BYTES)];
    char hex[HF_HEX_BYTES(HF_ID_BYTES)];
    struct node_object row;

    (void)snprintf(text, sizeof(text), "%" PRIu64 "-%s", ms,
                   hf_hex(id.b, HF_ID_BYTES, hex));
    if (object_next_changed(c->env->view, &ms, &id, &row))
        api_put_text(o, "next", text);
}

typedef json_t *item_of(struct api_call *c, const struct node_object *o);

/* Newest change first, as far as @f allows, a page of them. */
static enum api_verdict
say_objects(struct api_call *c, const struct object_filter *f, item_of *item)
{
    uint64_t ms = UINT64_MAX;
    struct hf_id id = {{0}};
    struct node_object row;
    size_t limit, rows = 0;
    bool is_full = false, is_over = false;
    json_t *list, *o;

    if (!api_arg_limit(c, &limit) || !read_cursor(c, &ms, &id))
        return API_ANSWERED;
    list = json_array();
    while (!is_full && object_next_changed(c->env->view, &ms, &id, &row)) {
        if (row.changed_ms < f->since_ms) {
            is_over = true;
            break;
        }
        if (passes(c, f, &row))
            (void)json_array_append_new(list, item(c, &row));
        is_full = json_array_size(list) == limit || ++rows == API_SCAN_MAX;
    }
    o = json_object();
    (void)json_object_set_new(o, "items", list);
    if (is_full && !is_over)
        put_cursor(c, o, ms, id);
    return api_say(c, o);
}

enum api_verdict
query_object_list(struct api_call *c)
{
    struct object_filter f;

    if (!read_filter(c, &f))
        return API_ANSWERED;
    return say_objects(c, &f, api_object);
}

static json_t *
event_of(struct api_call *c, const struct node_object *o)
{
    json_t *j = json_object();

    (void)c;
    api_put_id(j, "id", api_prefix(o->kind), &o->id);
    api_put_text(j, "kind", object_kind_text(o->kind));
    api_put_text(j, "direction", api_direction(o));
    api_put_text(j, "state", state_text(o->state));
    api_put_time(j, "at", o->changed_ms);
    return j;
}

enum api_verdict
query_events(struct api_call *c)
{
    struct object_filter f = {.kinds = UINT32_MAX, .side = -1};

    if (!api_arg_time(c, "since", &f.since_ms))
        return API_ANSWERED;
    return say_objects(c, &f, event_of);
}

enum api_verdict
query_withdrawals(struct api_call *c)
{
    struct object_filter f = {.kinds = 1u << OBJECT_WITHDRAWAL, .side = -1};

    f.open = api_arg_flag(c, "open");
    return say_objects(c, &f, api_withdrawal);
}
