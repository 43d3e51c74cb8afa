/* Ids as people give them, whole or as a prefix, to rows of the store. */
#include <strings.h>

#include "along.h"
#include "api_internal.h"
#include "files.h"
#include "lifecycle.h"
#include "task.h"
#include "vital.h"

/* A table of rows by 16-byte id, and what a matching row must be. */
struct finder {
    enum node_table table;
    bool (*is_it)(const struct api_call *c, const struct hf_id *id,
                  enum object_kind kind);
    enum object_kind kind;
    const struct finder *also; /* another table with such ids; NULL: none */
};

static bool
is_case(const struct api_call *c, const struct hf_id *id, enum object_kind kind)
{
    struct node_case row;

    (void)kind;
    return case_get(c->env->view, id, &row);
}

static bool
is_object(const struct api_call *c, const struct hf_id *id,
          enum object_kind kind)
{
    struct node_object row;

    return object_get(c->env->view, id, &row) && row.kind == kind;
}

/* What this organisation disclosed without consent. */
static bool
is_disclosure(const struct api_call *c, const struct hf_id *id,
              enum object_kind kind)
{
    struct node_object row;
    struct node_vital v;

    return object_get(c->env->view, id, &row) && row.kind == kind &&
           row.side == SIDE_FIRST && vital_get(c->env->view, id, &v);
}

static bool
is_decision(const struct api_call *c, const struct hf_id *id,
            enum object_kind kind)
{
    struct node_decision row;

    (void)kind;
    return decision_get(c->env->view, id, &row);
}

static bool
is_along(const struct api_call *c, const struct hf_id *id,
         enum object_kind kind)
{
    struct hf_id object;

    (void)kind;
    return along_of(c->env->view, id, &object);
}

static bool
is_task(const struct api_call *c, const struct hf_id *id,
        enum object_kind kind)
{
    struct node_task row;

    (void)kind;
    return task_get(c->env->view, id, &row);
}

static bool
is_file(const struct api_call *c, const struct hf_id *id,
        enum object_kind kind)
{
    struct node_file row;

    (void)kind;
    return file_get(c->env->view, id, &row);
}

/* The next id of @table from *id on; false past the end. */
static bool
seek_id(const struct api_call *c, enum node_table table, struct hf_id *id)
{
    const struct node_view *v = c->env->view;
    struct hf_bytes key, value;

    if (!v->seek(v->ctx, table, (struct hf_bytes){id->b, HF_ID_BYTES}, &key,
                 &value) ||
        key.n != HF_ID_BYTES)
        return false;
    memcpy(id->b, key.p, HF_ID_BYTES);
    return true;
}

static bool
id_step(struct hf_id *id)
{
    for (size_t i = HF_ID_BYTES; i-- > 0;)
        if (++id->b[i] != 0)
            return true;
    return false;
}

/* The one id in low ... high; how many there are, 2 for more than one. */
static unsigned
count_between(const struct api_call *c, const struct finder *f,
              const struct hf_id *low, const struct hf_id *high,
              struct hf_id *ret)
{
    struct hf_id id = *low;
    unsigned n = 0;

    for (size_t rows = 0; rows < API_SCAN_MAX && n < 2; rows++) {
        if (!seek_id(c, f->table, &id) ||
            memcmp(id.b, high->b, HF_ID_BYTES) > 0)
            break;
        if (f->is_it(c, &id, f->kind)) {
            n++;
            if (n == 1)
                *ret = id;
        }
        if (!id_step(&id))
            break;
    }
    return n;
}

/* Whoever may not read any of them is not told which ids there are; who
 * reviews learns that of what there is to review. */
static bool
may_look(struct api_call *c, const struct finder *f)
{
    if (permit_query(c->roles, PERMIT_OBJECTS) ||
        permit_query(c->roles, PERMIT_CASES) ||
        permit_query(c->roles, PERMIT_ACCESS) ||
        (f->is_it == is_disclosure && permit_query(c->roles, PERMIT_REVIEW)))
        return true;
    (void)api_refuse(c, EX_NOPERM, "not_permitted", NULL,
                     "ask an administrator for a role (handoff user)",
                     "your role may not do this");
    return false;
}

/* An id of something else: of what, and which command takes it. */
static void
refuse_other(struct api_call *c, const char *what, const char *text,
             const char *hint)
{
    static const struct {
        const char *prefix, *is, *command;
    } others[] = {
        {"HC-", "a case", "handoff case show CASE"},
        {"HR-", "a referral", "handoff show ID"},
        {"HT-", "a transfer", "handoff show ID; handoff transfer --help"},
        {"HW-", "a withdrawal", "handoff show ID"},
        {"CO-", "a consent", "handoff consent show CASE"},
        {"HH-", "a household", "handoff transfer --help"},
        {"HD-", "a decision", "handoff policy explain DECISION"},
        {"HK-", "a task", "handoff tasks done TASK"},
        {"HA-", "an attachment", "handoff fetch ID --to F"},
        {"HS-", "a slip", "handoff slip list"}};
    char message[96];

    (void)snprintf(message, sizeof(message), "this is not a %s's id", what);
    for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++)
        if (strncasecmp(text, others[i].prefix, 3) == 0 &&
            strcmp(others[i].is + strcspn(others[i].is, " ") + 1, what) != 0) {
            hint = others[i].command;
            (void)snprintf(message, sizeof(message),
                           "this is the id of %s, not of a %s", others[i].is,
                           what);
        }
    (void)api_refuse(c, EX_NOINPUT, "not_found", NULL, hint, message);
}

static bool
find(struct api_call *c, const struct finder *f, const char *prefix,
     const char *what, const char *text, struct hf_id *ret)
{
    struct hf_id low, high, other;
    char message[96], hint[112];
    unsigned n;

    if (!may_look(c, f))
        return false;
    (void)snprintf(hint, sizeof(hint),
                   "the id of every %s begins with %s-; a typing error shows "
                   "in the last character",
                   what, prefix);
    if (!hf_id_parse_prefix(prefix, text, &low, &high)) {
        refuse_other(c, what, text, hint);
        return false;
    }
    n = count_between(c, f, &low, &high, ret);
    if (f->also != NULL && n < 2)
        n += count_between(c, f->also, &low, &high, n == 1 ? &other : ret);
    if (n == 1)
        return true;
    if (n == 0) {
        if (f->is_it == is_disclosure)
            what = "disclosure without consent";
        (void)snprintf(message, sizeof(message), "no such %s here", what);
        (void)api_refuse(c, EX_NOINPUT, "not_found", NULL, hint, message);
    } else {
        (void)snprintf(message, sizeof(message),
                       "more than one %s begins like this", what);
        (void)api_refuse(c, EX_NOINPUT, "ambiguous", NULL,
                         "the prefix is ambiguous; give more characters",
                         message);
    }
    return false;
}

bool
api_find_case(struct api_call *c, const char *text, struct node_case *ret)
{
    static const struct finder f = {NODE_CASES, is_case, OBJECT_NONE,
                                    NULL};
    struct hf_id id;

    return find(c, &f, "HC", "case", text, &id) &&
           case_get(c->env->view, &id, ret);
}

bool
api_find_open_case(struct api_call *c, const char *text, struct node_case *ret)
{
    if (!api_find_case(c, text, ret))
        return false;
    if (api_reads_archive(c, &ret->id))
        return true;
    (void)api_refuse(c, EX_NOPERM, "archived", NULL, "ask a supervisor",
                     "this case is in the archive");
    return false;
}

bool
api_find_disclosure(struct api_call *c, const char *text,
                    struct node_object *ret)
{
    static const struct finder f = {NODE_OBJECTS, is_disclosure,
                                    OBJECT_REFERRAL, NULL};
    struct hf_id id;

    return find(c, &f, "HR", "referral", text, &id) &&
           object_get(c->env->view, &id, ret);
}

bool
api_find_object(struct api_call *c, const char *text, struct node_object *ret)
{
    static const struct finder finders[] = {
        {NODE_OBJECTS, is_object, OBJECT_REFERRAL, NULL},
        {NODE_OBJECTS, is_object, OBJECT_TRANSFER, NULL},
        {NODE_OBJECTS, is_object, OBJECT_WITHDRAWAL, NULL}};
    const struct finder *f = &finders[0];
    struct hf_id id;

    if ((text[0] == 'H' || text[0] == 'h') &&
        (text[1] == 'T' || text[1] == 't'))
        f = &finders[1];
    if ((text[0] == 'H' || text[0] == 'h') &&
        (text[1] == 'W' || text[1] == 'w'))
        f = &finders[2];
    return find(c, f, api_prefix(f->kind), object_kind_text(f->kind), text,
                &id) &&
           object_get(c->env->view, &id, ret);
}

bool
api_is_object(const struct api_call *c, const char *text)
{
    static const struct finder f = {NODE_OBJECTS, is_object, OBJECT_REFERRAL,
                                    NULL};
    struct hf_id low, high, id;

    return hf_id_parse_prefix("HR", text, &low, &high) &&
           count_between(c, &f, &low, &high, &id) > 0;
}

bool
api_find_file(struct api_call *c, const char *text, struct node_file *ret)
{
    static const struct finder f = {NODE_FILES, is_file, OBJECT_NONE, NULL};
    struct hf_id id;

    return find(c, &f, "HA", "attachment", text, &id) &&
           file_get(c->env->view, &id, ret);
}

bool
api_find_decision(struct api_call *c, const char *text, struct hf_id *ret)
{
    static const struct finder along = {NODE_ALONG, is_along, OBJECT_NONE,
                                        NULL};
    static const struct finder f = {NODE_DECISIONS, is_decision, OBJECT_NONE,
                                    &along};

    return find(c, &f, "HD", "decision", text, ret);
}

bool
api_find_task(struct api_call *c, const char *text, struct hf_id *ret)
{
    static const struct finder f = {NODE_TASKS, is_task, OBJECT_NONE,
                                    NULL};

    return find(c, &f, "HK", "task", text, ret);
}

/* ---- what several queries ask of an object ---- */

void
api_sides(const struct node_env *env, const struct node_object *o,
          const struct hf_org **ret_first, const struct hf_org **ret_second)
{
    const bool ours_first = o->side == SIDE_FIRST;

    *ret_first = ours_first ? &env->config->org : &o->peer;
    *ret_second = ours_first ? &o->peer : &env->config->org;
}
