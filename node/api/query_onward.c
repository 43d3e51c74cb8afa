/* A person who is sent on (`part_of`): at who referred, what the provider says
 * of it; at the provider, what it may send on to whom, and what it did; at the
 * last receiver, who referred at first. */
#include "api_internal.h"
#include "onward.h"

/* ---- at who referred ---- */

/* What the service is about, and what went: not for everybody here. */
static bool
sees_note(struct api_call *c, const struct node_object *x,
          const struct onward_note *n)
{
    return api_is_own(c, x) ||
           (api_knows_need(c, &x->case_id, &n->need) &&
            (n->categories & CATEGORY_SENSITIVE & ~api_reads_object(c, x)) ==
                0);
}

static json_t *
note_of(struct api_call *c, const struct node_object *x,
        const struct onward_note *n, uint64_t at_ms)
{
    json_t *o = json_object();

    api_put_id(o, "id", "HR", &n->referral);
    api_put_id(o, "part_of", "HR", &x->id);
    api_put_text(o, "state", state_text(n->state));
    api_put_time(o, "at", at_ms);
    api_put_text(o, "from", x->peer.s);
    if (!sees_note(c, x, n)) {
        api_put_bool(o, "hidden", true);
        return o;
    }
    api_put_text(o, "to", n->to.s);
    api_put_text(o, "service", n->service.s);
    api_put_text(o, "need", n->need.s);
    api_put_text(o, "reason", reason_text(n->reason));
    (void)json_object_set_new(o, "categories", api_categories(n->categories));
    return o;
}

void
api_add_onward(struct api_call *c, const struct node_object *x, bool open_only,
               json_t *list)
{
    struct onward_told told[ONWARD_NOTES_MAX];
    const size_t n = onward_notes(c->env->view, x, told);

    for (size_t i = 0; i < n; i++)
        if (!open_only || onward_is_open(told[i].note.state))
            (void)json_array_append_new(
                list, note_of(c, x, &told[i].note, told[i].at_ms));
}

/* ---- at the provider ---- */

/* What of it is in force still. */
static json_t *
grant_of(const struct api_call *c, const struct node_object *x,
         const struct grant *g)
{
    const struct registry_org *org =
        c->env->registry == NULL ? NULL
                                 : registry_org(c->env->registry, &g->to);
    json_t *item = json_object();
    uint64_t until_ms = 0;

    for (int i = 0; i < g->proof.n; i++)
        if ((g->proof.item[i].purposes & PURPOSE_BIT(PURPOSE_ONWARD)) != 0 &&
            g->proof.item[i].until_ms > until_ms)
            until_ms = g->proof.item[i].until_ms;
    api_put_text(item, "to", g->to.s);
    api_put_text(item, "name", org != NULL ? org->name : NULL);
    (void)json_object_set_new(
        item, "categories",
        api_categories(onward_still(c->env, c->now_ms, x, &g->to)));
    api_put_time(item, "until", until_ms);
    return item;
}

static json_t *
grants_of(const struct api_call *c, const struct node_object *x)
{
    struct grant grants[GRANTS_MAX];
    const size_t n = onward_grants(c->env, x, grants);
    json_t *list = json_array();

    for (size_t i = 0; i < n; i++)
        (void)json_array_append_new(list, grant_of(c, x, &grants[i]));
    return list;
}

static void
add_sent_on(struct api_call *c, const struct node_object *x, json_t *list)
{
    struct hf_id at = {{0}};
    struct node_object y;

    while (object_next_of_case(c->env->view, &x->id, &at, &y))
        if (y.kind == OBJECT_REFERRAL && y.side == SIDE_FIRST &&
            hf_id_eq(&y.terms.part_of, &x->id))
            (void)json_array_append_new(list, api_object(c, &y));
}

/* ---- at the last receiver ---- */

static void
put_first(struct api_call *c, json_t *j, const struct node_object *y)
{
    struct hf_bytes what;
    const uint8_t *sig;
    struct grant g;
    struct part p;

    for (uint32_t n = 1; n <= y->n[SIDE_FIRST]; n++)
        for (unsigned i = 0; i < BODY_PARTS_MAX; i++)
            if (body_part_get(c->env->view, &y->id, SIDE_FIRST, n, i, &p) &&
                p.type == PART_GRANT && grant_unpack(p.bytes, &g, &what, &sig))
                api_put_text(j, "referred_at_first_by", g.from.s);
}

/* ---- all three ---- */

void
api_put_onward(struct api_call *c, json_t *j, const struct node_object *o)
{
    json_t *list, *may;

    if (o->kind != OBJECT_REFERRAL)
        return;
    if (!hf_id_is_zero(&o->terms.part_of)) {
        api_put_id(j, "part_of", "HR", &o->terms.part_of);
        put_first(c, j, o);
        return;
    }
    list = json_array();
    if (o->side == SIDE_FIRST) {
        api_add_onward(c, o, false, list);
    } else {
        add_sent_on(c, o, list);
        may = grants_of(c, o);
        if (json_array_size(may) > 0)
            (void)json_object_set(j, "may_send_on", may);
        json_decref(may);
    }
    if (json_array_size(list) > 0)
        (void)json_object_set(j, "onward", list);
    json_decref(list);
}
