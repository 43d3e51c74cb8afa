/* audit flows: the committee's sum of what was reported to it, or a node's own
 * figures. Fixed words and counts; nothing of a person. */
#include <stdlib.h>

#include "api_internal.h"

#define FLOWS_MAX 100000

/* Which of a cell's members a sum keeps apart. */
#define BY_FROM    0x1u
#define BY_TO      0x2u
#define BY_SERVICE 0x4u
#define BY_STATE   0x8u
#define BY_REASON  0x10u
#define BY_DEFAULT (BY_FROM | BY_TO | BY_SERVICE | BY_STATE)

struct flows {
    struct figure_cell *cell; /* owned */
    size_t n, room;
    unsigned by;
};

static bool
flows_add(struct flows *f, const struct figure_cell *cell)
{
    struct figure_cell *one;

    if (cell->kind >= OBJECT_END && cell->kind != FIGURE_CLOSED)
        return true; /* needs and feedback: audit unmet */
    if (f->n == f->room) {
        const size_t room = f->room == 0 ? 256 : f->room * 2;

        if (room > FLOWS_MAX)
            return false;
        one = realloc(f->cell, room * sizeof(*f->cell));
        if (one == NULL)
            return false;
        f->cell = one;
        f->room = room;
    }
    one = &f->cell[f->n++];
    *one = *cell;
    memset(&one->place, 0, sizeof(one->place));
    if ((f->by & BY_FROM) == 0)
        memset(&one->from, 0, sizeof(one->from));
    if ((f->by & BY_TO) == 0)
        memset(&one->to, 0, sizeof(one->to));
    /* of a case that was closed this is the reason */
    if ((f->by & (cell->kind == FIGURE_CLOSED ? BY_REASON : BY_SERVICE)) == 0)
        memset(&one->service, 0, sizeof(one->service));
    if ((f->by & BY_STATE) == 0)
        one->state = STATE_NONE;
    if ((f->by & BY_REASON) == 0)
        one->reason = REASON_NONE;
    return true;
}

static int
compare(const void *a, const void *b)
{
    const struct figure_cell *x = a, *y = b;
    int d = (int)x->kind - (int)y->kind;

    if (d == 0)
        d = memcmp(x->from.s, y->from.s, HF_ORG_BYTES);
    if (d == 0)
        d = memcmp(x->to.s, y->to.s, HF_ORG_BYTES);
    if (d == 0)
        d = memcmp(x->service.s, y->service.s, HF_NAME_BYTES);
    if (d == 0)
        d = (int)x->state - (int)y->state;
    if (d == 0)
        d = (int)x->reason - (int)y->reason;
    return d;
}

static json_t *
flow_of(const struct figure_cell *cell, unsigned by, uint64_t count)
{
    const bool is_case = cell->kind == FIGURE_CLOSED;
    json_t *o = json_object();

    api_put_text(o, "kind", is_case ? "case" : object_kind_text(cell->kind));
    api_put_text(o, "from", cell->from.s);
    api_put_text(o, "to", cell->to.s);
    api_put_text(o, "service", is_case ? "" : cell->service.s);
    api_put_text(o, "state", state_text(cell->state));
    if ((by & BY_REASON) != 0)
        api_put_text(o, "reason",
                     is_case ? cell->service.s : reason_text(cell->reason));
    api_put_u64(o, "count", count);
    return o;
}

static json_t *
flows_sum(struct flows *f)
{
    json_t *list = json_array();
    size_t i = 0;

    if (f->n > 0)
        qsort(f->cell, f->n, sizeof(*f->cell), compare);
    while (i < f->n) {
        const size_t first = i;
        uint64_t count = 0;

        for (; i < f->n && compare(&f->cell[first], &f->cell[i]) == 0; i++)
            count += f->cell[i].count;
        (void)json_array_append_new(list,
                                    flow_of(&f->cell[first], f->by, count));
    }
    return list;
}

/* One referral is reported by both of its ends; the referring one counts. A
 * cell whose sender was merged away is its reporter's own unless it is the
 * receiver. */
static bool
is_senders_own(const struct figure_row *row)
{
    if (row->cell.from.s[0] != '\0')
        return hf_org_eq(&row->cell.from, &row->by);
    return !hf_org_eq(&row->cell.to, &row->by);
}

bool
api_is_committee(const struct node_env *env)
{
    const struct registry_org *org =
        env->registry == NULL ? NULL
                              : registry_org(env->registry, &env->config->org);

    return env->config->kind == ORG_COMMITTEE ||
           (org != NULL && registry_has_duty(org, DUTY_FIGURES));
}

static bool
collect_reported(struct api_call *c, struct flows *f, uint64_t from_ms,
                 uint64_t to_ms)
{
    struct hf_org by = {{0}};
    uint32_t serial = 0;
    struct figure_row row;

    while (figure_next(c->env->view, &by, &serial, &row)) {
        if (!is_senders_own(&row) || row.until_ms < from_ms ||
            row.from_ms > to_ms)
            continue;
        if (!flows_add(f, &row.cell))
            return false;
    }
    return true;
}

static bool
collect_own(struct api_call *c, struct flows *f)
{
    struct figure_cell cell;

    memset(&cell, 0, sizeof(cell));
    while (cell_next(c->env->view, &cell))
        if (!flows_add(f, &cell))
            return false;
    return true;
}

static bool
read_by(struct api_call *c, unsigned *ret)
{
    static const struct {
        const char *word;
        unsigned bit;
    } words[] = {{"from", BY_FROM},
                 {"to", BY_TO},
                 {"service", BY_SERVICE},
                 {"state", BY_STATE},
                 {"reason", BY_REASON}};
    const char *text = api_arg(c, "by");
    unsigned by = 0;

    *ret = BY_DEFAULT;
    if (text == NULL)
        return true;
    while (*text != '\0') {
        const size_t n = strcspn(text, ",");
        unsigned bit = 0;

        for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
            if (strlen(words[i].word) == n &&
                strncmp(words[i].word, text, n) == 0)
                bit = words[i].bit;
        if (bit == 0) {
            (void)api_refuse(c, EX_USAGE, "bad_parameter", NULL, "",
                             "by must be from, to, service, state or reason, "
                             "by commas");
            return false;
        }
        by |= bit;
        text += n + (text[n] == ',');
    }
    *ret = by == 0 ? BY_DEFAULT : by;
    return true;
}

enum api_verdict
query_flows(struct api_call *c)
{
    struct flows f = {.cell = NULL};
    uint64_t from_ms = 0, to_ms = UINT64_MAX;
    const bool sums = api_is_committee(c->env);
    json_t *o;
    bool fits;

    if (!api_arg_time(c, "from", &from_ms) || !api_arg_time(c, "to", &to_ms) ||
        !read_by(c, &f.by))
        return API_ANSWERED;
    fits = sums ? collect_reported(c, &f, from_ms, to_ms) : collect_own(c, &f);
    if (!fits) {
        free(f.cell);
        return api_refuse(c, EX_SOFTWARE, "internal", NULL,
                          "ask for a "
                          "shorter period",
                          "too many figures to add up");
    }
    o = json_object();
    (void)json_object_set_new(o, "items", flows_sum(&f));
    api_put_text(o, "source", sums ? "reported" : "own");
    free(f.cell);
    return api_say(c, o);
}
