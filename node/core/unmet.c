#include "unmet.h"

#include "ask.h"
#include "hf_text.h"
#include "row.h"
#include "task.h"

/* Two kinds of rows a case and need: the record, and the words beside it. */
#define RECORD 'r'
#define WORDS  'w'

static struct row_key
key_of(const struct hf_id *case_id, const struct hf_name *need, char what)
{
    struct row_key k = row_id(case_id);

    row_add(&k, need->s, HF_NAME_BYTES);
    row_add(&k, &what, 1);
    return k;
}

bool
unmet_get(const struct node_view *v, const struct hf_id *case_id,
          const struct hf_name *need, struct node_unmet *ret)
{
    const struct row_key k = key_of(case_id, need, RECORD);

    return row_get(v, NODE_UNMET, &k, ret, sizeof(*ret));
}

bool
unmet_words(const struct node_view *v, const struct node_unmet *u,
            struct hf_bytes *ret_json)
{
    const struct row_key k = key_of(&u->case_id, &u->need, WORDS);

    return v->get(v->ctx, NODE_UNMET, row_span(&k), ret_json);
}

bool
unmet_next(const struct node_view *v, struct node_unmet *at)
{
    struct row_key k = key_of(&at->case_id, &at->need, WORDS);
    struct hf_bytes key, row;

    row_add(&k, "", 1);
    while (v->seek(v->ctx, NODE_UNMET, row_span(&k), &key, &row)) {
        if (key.n == HF_ID_BYTES + HF_NAME_BYTES + 1 &&
            key.p[key.n - 1] == RECORD && row_unwrap(row, at, sizeof(*at)))
            return true;
        k.n = 0;
        row_add(&k, key.p, key.n);
        row_add(&k, "", 1);
    }
    return false;
}

static void
put(struct step *s, const struct node_unmet *u)
{
    const struct row_key k = key_of(&u->case_id, &u->need, RECORD);
    const struct node_lock lock = {u->case_id, CATEGORY_NONE};

    row_put(s->v, NODE_UNMET, &k, &lock, u, sizeof(*u));
}

void
unmet_shred(struct step *s, const struct hf_id *case_id)
{
    const struct row_key prefix = row_id(case_id);

    row_del_all(s->v, NODE_UNMET, &prefix);
}

/* ---- for the committee ---- */

static void
count(struct step *s, const struct node_unmet *u, int by)
{
    struct figure_cell c;

    memset(&c, 0, sizeof(c));
    c.kind = FIGURE_UNMET;
    c.from = *step_me(s);
    c.service = u->need;
    c.place = u->place;
    c.reason = u->reason;
    c.state = u->met_ms != 0 ? STATE_COMPLETED : STATE_NONE;
    cell_add(s->v, &c, by);
}

/* ---- records ---- */

static bool
begins(const struct hf_name *need, const char *family)
{
    return strncmp(need->s, family, strlen(family)) == 0;
}

/* Where the person is in danger and nobody can help, the plan is how to be
 * safe without. */
static bool
needs_safety(const struct node_unmet *u)
{
    return u->reason != REASON_CLIENT_REFUSED &&
           (begins(&u->need, "protection.") || begins(&u->need, "child.") ||
            begins(&u->need, "mhpss."));
}

static void
ask_safety_plan(struct step *s, const struct node_unmet *u)
{
    struct node_task t;

    if (!needs_safety(u) || task_find(s->v, &u->case_id, &(struct hf_id){{0}},
                                      TASK_SAFETY_PLAN, &t))
        return;
    memset(&t, 0, sizeof(t));
    t.case_id = u->case_id;
    t.what = TASK_SAFETY_PLAN;
    t.due_ms = s->now + UNMET_SAFETY_MS;
    t.reason = u->reason;
    (void)task_make(s, &t, NULL);
}

/* The same need of the same case is one, however often it was tried: counted
 * once, under the last reason. */
static void
record(struct step *s, const struct node_unmet *want,
       const struct hf_name *province)
{
    struct node_unmet u;

    if (!unmet_get(s->v, &want->case_id, &want->need, &u)) {
        u = *want;
        u.first_ms = s->now;
        if (u.place.s[0] == '\0')
            u.place = *province; /* where the person lives */
    } else {
        count(s, &u, -1);
        u.reason = want->reason;
        u.object = want->object;
        u.user = want->user;
        if (want->place.s[0] != '\0')
            u.place = want->place;
        u.met_ms = 0;
    }
    u.times++;
    u.last_ms = s->now;
    count(s, &u, +1);
    put(s, &u);
    ask_safety_plan(s, &u);
}

void
unmet_met(struct step *s, const struct hf_id *case_id,
          const struct hf_name *need)
{
    struct node_unmet u;

    if (!unmet_get(s->v, case_id, need, &u) || u.met_ms != 0)
        return;
    count(s, &u, -1);
    u.met_ms = s->now;
    count(s, &u, +1);
    put(s, &u);
}

/* ---- where they come from ---- */

void
unmet_of_referral(struct step *s, const struct node_object *o)
{
    struct node_unmet u;
    struct node_case c;

    if (!case_get(s->v, &o->case_id, &c))
        return;
    memset(&u, 0, sizeof(u));
    u.case_id = c.id;
    u.object = o->id;
    u.need = o->terms.need;
    u.reason = o->reason != REASON_NONE ? o->reason : REASON_NO_RESPONSE;
    u.user = s->cmd != NULL ? s->cmd->user : o->owner;
    record(s, &u, &c.facts.province);
}

static bool
is_reason(enum reason r)
{
    return r == REASON_NO_SERVICE || r == REASON_NO_CAPACITY ||
           r == REASON_NOT_ELIGIBLE || r == REASON_OUT_OF_AREA ||
           r == REASON_LANGUAGE || r == REASON_COST || r == REASON_UNSAFE ||
           r == REASON_ACCESS_BARRIER || r == REASON_TRANSPORT ||
           r == REASON_DOCUMENTS || r == REASON_SERVICE_SUSPENDED ||
           r == REASON_NO_RESPONSE || r == REASON_CLIENT_REFUSED ||
           r == REASON_NO_CONSENT || r == REASON_OTHER;
}

void
ask_unmet(struct step *s)
{
    const struct node_command *cmd = s->cmd;
    struct node_unmet u;
    struct node_case c;

    if (!ask_permitted(s, OBJECT_NONE, SIDE_FIRST) || !ask_case(s, true, &c) ||
        !ask_words_fit(s))
        return;
    if (!sop_need_known(cmd->need.s)) {
        step_refuse(s, 65, "unknown_need", "handoff policy needs lists them",
                    "unknown need %.31s", cmd->need.s);
        return;
    }
    if (!is_reason(cmd->reason)) {
        step_refuse(s, 65, "bad_reason",
                    "no_service no_capacity not_eligible out_of_area language "
                    "cost unsafe access_barrier transport documents "
                    "service_suspended no_response client_refused no_consent "
                    "other",
                    "an unmet need takes one of its own reasons");
        return;
    }
    memset(&u, 0, sizeof(u));
    u.case_id = c.id;
    u.object = cmd->object;
    u.need = cmd->need;
    u.place = cmd->near;
    u.reason = cmd->reason;
    u.user = cmd->user;
    record(s, &u, &c.facts.province);
    if (cmd->details.n > 0) {
        const struct row_key k = key_of(&c.id, &u.need, WORDS);
        const struct node_lock lock = {c.id, CATEGORY_NONE};

        s->v->put(s->v->ctx, NODE_UNMET, row_span(&k), &lock, cmd->details);
    }
    step_reply(s)->id = c.id;
}
