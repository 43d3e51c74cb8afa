/* What this user may read: the one gate of lists, show, files, reports and
 * copies. Packs speak of a person by the countries that the person comes from
 * and was in; what they say is looked up once a request and pair of countries,
 * however long the list. */
#include "api_internal.h"

/* A received referral names no case: its card says the country of origin; once
 * that is erased, and so is all else, the person was where we are. */
static void
facts_of(const struct api_call *c, const struct node_object *o,
         struct facts *ret)
{
    const struct registry_org *me =
        c->env->registry == NULL
            ? NULL
            : registry_org(c->env->registry, &c->env->config->org);
    struct node_case row;

    memset(ret, 0, sizeof(*ret));
    if (!hf_id_is_zero(&o->case_id) &&
        case_get(c->env->view, &o->case_id, &row))
        *ret = row.facts;
    else if (o->card.country[0] != '\0')
        memcpy(ret->origin, o->card.country, sizeof(ret->origin));
    else if (me != NULL)
        (void)snprintf(ret->origin, sizeof(ret->origin), "%.3s", me->country);
}

/* Of others' work, where packs have a say. */
static uint32_t
others_work(struct api_call *c, const struct permit_what *w)
{
    struct api_reads *r;

    for (size_t i = 0; i < API_READS_MAX; i++) {
        r = &c->reads[i];
        if (r->is_set && r->of_case == w->of_case &&
            memcmp(r->origin, w->facts->origin, sizeof(r->origin)) == 0 &&
            memcmp(r->host, w->facts->host, sizeof(r->host)) == 0)
            return r->categories;
    }
    r = &c->reads[c->n_reads++ % API_READS_MAX];
    *r = (struct api_reads){.is_set = true, .of_case = w->of_case};
    memcpy(r->origin, w->facts->origin, sizeof(r->origin));
    memcpy(r->host, w->facts->host, sizeof(r->host));
    r->categories = permit_categories(c->env, c->now_ms, c->roles, w);
    return r->categories;
}

static uint32_t
allowed(struct api_call *c, const struct permit_what *w)
{
    return w->is_staff ? permit_categories(c->env, c->now_ms, c->roles, w)
                       : others_work(c, w);
}

/* Where a reason is asked for, nothing sensitive of others' work without. */
static uint32_t
with_reason(const struct api_call *c, uint32_t may, bool is_own)
{
    if (c->env->config->is_why_required && !is_own && !c->is_copy &&
        api_arg(c, "why") == NULL)
        return may & ~CATEGORY_SENSITIVE;
    return may;
}

bool
api_reads_archive(const struct api_call *c, const struct hf_id *case_id)
{
    struct node_case row;

    return (c->roles & ROLE_BIT(ROLE_SUPERVISOR)) != 0 ||
           !case_get(c->env->view, case_id, &row) ||
           row.stage != STAGE_ARCHIVED;
}

/* ---- a case ---- */

bool
api_is_own_case(const struct api_call *c, const struct node_case *row)
{
    return row->owner.s[0] != '\0' && hf_name_eq(&row->owner, &c->req->user);
}

uint32_t
api_copies_case(struct api_call *c, const struct node_case *row)
{
    const struct permit_what w = {.facts = &row->facts,
                                  .of_case = true,
                                  .is_staff = api_is_own_case(c, row)};

    return api_reads_archive(c, &row->id) ? allowed(c, &w) : 0;
}

uint32_t
api_reads_case(struct api_call *c, const struct node_case *row)
{
    return with_reason(c, api_copies_case(c, row), api_is_own_case(c, row));
}

bool
api_knows_need(struct api_call *c, const struct hf_id *case_id,
               const struct hf_name *need)
{
    static const struct {
        const char *family;
        uint32_t categories;
    } families[] = {{"health.", CATEGORY_BIT(CATEGORY_HEALTH)},
                    {"mhpss.", CATEGORY_BIT(CATEGORY_MHPSS)},
                    {"protection.", CATEGORY_BIT(CATEGORY_PROTECTION)},
                    {"child.", CATEGORY_BIT(CATEGORY_PROTECTION)}};
    struct node_case row;

    for (size_t i = 0; i < sizeof(families) / sizeof(*families); i++) {
        if (strncmp(need->s, families[i].family, strlen(families[i].family)) !=
            0)
            continue;
        if (!case_get(c->env->view, case_id, &row))
            memset(&row, 0, sizeof(row));
        return (api_copies_case(c, &row) & families[i].categories) != 0;
    }
    return true;
}

/* ---- a referral, transfer, withdrawal ---- */

/* The service as the pack that decided has it; without that pack, by what the
 * referral takes. */
uint32_t
api_sensitive(const struct api_call *c, const struct node_object *o)
{
    const struct sop_pack *pack = NULL;
    struct sop_service service;
    const uint32_t categories =
        (o->terms.required | o->terms.allowed) & CATEGORY_SENSITIVE;
    bool is_sensitive = (o->terms.required & CATEGORY_SENSITIVE) != 0;

    if (o->kind == OBJECT_WITHDRAWAL)
        return o->scopes.categories & CATEGORY_SENSITIVE;
    if (o->kind != OBJECT_REFERRAL)
        return 0;
    if (c->env->sops != NULL)
        pack = sop_book_find(c->env->sops, &o->terms.pack, &o->terms.pack_hash);
    if (pack != NULL && sop_service(pack, &o->terms.service, &service))
        is_sensitive = service.sensitive;
    if (!is_sensitive)
        return 0;
    return categories != 0 ? categories : CATEGORY_BIT(CATEGORY_PROTECTION);
}

bool
api_is_own(const struct api_call *c, const struct node_object *o)
{
    struct node_case row;

    if (hf_name_eq(&o->author, &c->req->user) ||
        hf_name_eq(&o->owner, &c->req->user))
        return true;
    return !hf_id_is_zero(&o->case_id) &&
           case_get(c->env->view, &o->case_id, &row) &&
           api_is_own_case(c, &row);
}

/* What came and is nobody's yet is in the hands of all who could accept it. */
static bool
is_to_take(const struct api_call *c, const struct node_object *o)
{
    return o->kind == OBJECT_REFERRAL && o->side == SIDE_SECOND &&
           o->owner.s[0] == '\0' &&
           permit_command(c->roles, CMD_EVENT, o->kind, o->side, EVENT_ACCEPT);
}

/* What we shared of a case; not what is sent on of what came to us. */
static bool
is_of_case(const struct node_object *o)
{
    return o->kind == OBJECT_TRANSFER ||
           (o->side == SIDE_FIRST && hf_id_is_zero(&o->terms.part_of));
}

static uint32_t
of_object(struct api_call *c, const struct node_object *o, bool is_own)
{
    struct facts facts;
    const struct permit_what w = {.facts = &facts,
                                  .of_case = is_of_case(o),
                                  .is_staff = is_own || is_to_take(c, o)};

    facts_of(c, o, &facts);
    return allowed(c, &w);
}

uint32_t
api_reads_object(struct api_call *c, const struct node_object *o)
{
    const bool is_own = api_is_own(c, o);

    if (!api_reads_archive(c, &o->case_id))
        return 0;
    return with_reason(c, of_object(c, o, is_own), is_own);
}

bool
api_sees(struct api_call *c, const struct node_object *o)
{
    const uint32_t categories = api_sensitive(c, o);

    return categories == 0 || api_is_own(c, o) ||
           (categories & ~of_object(c, o, false)) == 0;
}
