/* One user: roles, and who says what these let the user read. */
#include "api_internal.h"

static json_t *
countries_of(const struct sop_pack *p,
             const char *country(const struct sop_pack *p, size_t i))
{
    json_t *list = json_array();

    for (size_t i = 0; country(p, i) != NULL; i++)
        (void)json_array_append_new(list, json_string(country(p, i)));
    return list;
}

static json_t *
word_json(enum role role, const struct permit_word *w)
{
    json_t *o = json_object();

    api_put_text(o, "role", role_text(role));
    api_put_bool(o, "of_cases", role != ROLE_FOCAL_POINT);
    (void)json_object_set_new(o, "categories", api_categories(w->reads));
    api_put_text(o, "source", permit_source_text(w->source));
    if (w->source != PERMIT_PACK)
        return o;
    api_put_text(o, "pack", sop_pack_name(w->pack));
    api_put_u64(o, "version", sop_pack_version(w->pack));
    (void)json_object_set_new(o, "origins",
                              countries_of(w->pack, sop_pack_origin));
    (void)json_object_set_new(o, "hosts", countries_of(w->pack, sop_pack_host));
    return o;
}

/* All that may be said of a role, the first whose countries fit holds; of one
 * case the one that does. */
static void
add_role(struct api_call *c, json_t *list, enum role role,
         const struct permit_what *of)
{
    struct permit_word w;

    if (of != NULL) {
        w = permit_role(c->env, c->now_ms, role, of);
        (void)json_array_append_new(list, word_json(role, &w));
        return;
    }
    for (size_t i = 0;
         permit_role_at(c->env, c->now_ms, role, i, &w); i++)
        (void)json_array_append_new(list, word_json(role, &w));
}

static json_t *
reads_of(struct api_call *c, const struct node_user *u,
         const struct permit_what *of)
{
    json_t *list = json_array();

    for (enum role r = ROLE_NONE + 1; r < ROLE_END; r++)
        if ((u->roles & ROLE_BIT(r)) != 0 && permit_reads(r) &&
            !(of != NULL && r == ROLE_FOCAL_POINT))
            add_role(c, list, r, of);
    return list;
}

static bool
find_user(struct api_call *c, struct node_user *ret)
{
    struct hf_name name;

    if (hf_name_parse(c->req->part[1], &name)) {
        if (!hf_name_eq(&name, &c->req->user) &&
            !permit_query(c->roles, PERMIT_USERS)) {
            (void)api_refuse(c, EX_NOPERM, "not_permitted", NULL,
                             "ask an administrator",
                             "your role sees no other user");
            return false;
        }
        if (user_get(c->env->view, &name, ret))
            return true;
    }
    (void)api_refuse(c, EX_NOINPUT, "not_found", NULL,
                     "handoff user list shows them", "no such user here");
    return false;
}

enum api_verdict
query_user(struct api_call *c)
{
    const char *text = api_arg(c, "case");
    struct permit_what of = {.of_case = true};
    struct node_user u;
    struct node_case row;
    json_t *o;

    if (!find_user(c, &u))
        return API_ANSWERED;
    if (text != NULL && !permit_query(c->roles, PERMIT_CASES))
        return api_refuse(c, EX_NOPERM, "not_permitted", NULL,
                          "leave out --case", "your role reads no case");
    if (text != NULL && !api_find_case(c, text, &row))
        return API_ANSWERED;
    o = json_object();
    api_put_text(o, "name", u.name.s);
    (void)json_object_set_new(o, "roles", api_roles(u.roles));
    api_put_text(o, "language", u.language);
    api_put_bool(o, "disabled", u.is_disabled != 0);
    if (u.absent_ms > c->now_ms) {
        api_put_time(o, "absent_until", u.absent_ms);
        api_put_text(o, "stand_in", u.stand_in.s);
    }
    if (text != NULL) {
        of.facts = &row.facts;
        of.is_staff = hf_name_eq(&row.owner, &u.name);
        api_put_id(o, "case", "HC", &row.id);
        api_put_bool(o, "own", of.is_staff);
    }
    (void)json_object_set_new(o, "reads",
                              reads_of(c, &u, text != NULL ? &of : NULL));
    return api_say(c, o);
}
