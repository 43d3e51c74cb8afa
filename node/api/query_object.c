/* A referral, transfer or withdrawal: as a line, and in full. */
#include <string.h>

#include "api_internal.h"
#include "deadline.h"
#include "reach.h"
#include "reviewer.h"

/* ---- one line ---- */

const char *
api_direction(const struct node_object *o)
{
    return o->side == SIDE_FIRST ? "out" : "in";
}

static enum urgency
urgency_of(const struct node_object *o)
{
    return o->terms.urgency != URGENCY_NONE ? o->terms.urgency
                                            : o->card.urgency;
}

/* Trouble worth a word in a list; only what is there. */
static void
put_trouble(struct api_call *c, json_t *j, const struct node_object *o)
{
    if (o->is_forked)
        api_put_bool(j, "forked", true);
    if (o->waits_prekey > 0) {
        const char *what = reach_waits_for(c->env, &o->peer);

        if (strcmp(what, "prekey") == 0)
            api_put_bool(j, "waiting_for_prekey", true);
        api_put_text(j, "waiting_for", what);
        api_put_time(j, "waiting_since",
                     waiting_since(c->env->view, &o->peer, &o->id));
    }
    if (o->is_unconfirmed)
        api_put_bool(j, "unconfirmed", true);
}

/* The first of the clocks that run; 0: none does. */
static uint64_t
next_due(const struct node_object *o)
{
    uint64_t first_ms = 0, due_ms, met_ms;
    bool runs;

    for (int k = 0; k < DEADLINES; k++)
        if (deadline_get(o, (enum deadline)k, &due_ms, &met_ms, &runs) &&
            runs && (first_ms == 0 || due_ms < first_ms))
            first_ms = due_ms;
    return first_ms;
}

json_t *
api_object(struct api_call *c, const struct node_object *o)
{
    const bool sees = api_sees(c, o);
    const struct hf_org *first, *second;
    const char *prefix = api_prefix(o->kind);
    json_t *j = json_object();

    api_sides(c->env, o, &first, &second);
    api_put_id(j, "id", prefix, &o->id);
    api_put_text(j, "kind", object_kind_text(o->kind));
    api_put_text(j, "direction", api_direction(o));
    api_put_text(j, "state", state_text(o->state));
    api_put_text(j, "from", sees || o->side == SIDE_FIRST ? first->s : NULL);
    api_put_text(j, "to", sees || o->side == SIDE_SECOND ? second->s : NULL);
    api_put_text(j, "service", sees ? o->terms.service.s : NULL);
    api_put_text(j, "urgency", urgency_text(urgency_of(o)));
    api_put_bool(j, "overdue", deadline_is_over(o, c->now_ms));
    api_put_time(j, "due", next_due(o));
    api_put_time(j, "at", o->changed_ms);
    api_put_time(j, "created", o->created_ms);
    api_put_text(j, "owner", o->owner.s);
    api_put_loan(j, &o->loan);
    api_put_text(j, "reason", reason_text(o->reason));
    if (!sees)
        api_put_bool(j, "hidden", true);
    if (!hf_id_is_zero(&o->terms.household))
        api_put_id(j, "household", "HH", &o->terms.household);
    if (o->number.s[0] != '\0')
        api_put_text(j, "number", o->number.s);
    put_trouble(c, j, o);
    return j;
}

/* ---- one in full ---- */

/* Who reads either reads what was attested of the person's state. */
#define ATTEST_READERS                                                         \
    (CATEGORY_BIT(CATEGORY_MHPSS) | CATEGORY_BIT(CATEGORY_HEALTH))

static json_t *
wishes_of(const struct card *card)
{
    json_t *o = json_object();

    if ((card->wishes & CARD_WISH_FEMALE) != 0)
        api_put_text(o, "practitioner", "female");
    else if ((card->wishes & CARD_WISH_MALE) != 0)
        api_put_text(o, "practitioner", "male");
    if (card->interpreter[0] != '\0')
        api_put_text(o, "interpreter", card->interpreter);
    return o;
}

static json_t *
card_of(const struct card *card)
{
    static const char *const bands[] = {NULL, "1", "2-4", "5+"};
    json_t *o = json_object();
    json_t *needs = json_array();
    json_t *languages = json_array();
    char quarter[16] = "";

    for (size_t i = 0; i < CARD_NEEDS_MAX && card->need[i].s[0] != '\0'; i++)
        (void)json_array_append_new(needs, json_string(card->need[i].s));
    for (size_t i = 0; i < CARD_LANGUAGES_MAX && card->language[i][0] != '\0';
         i++)
        (void)json_array_append_new(languages, json_string(card->language[i]));
    if (card->quarter != 0)
        (void)snprintf(quarter, sizeof(quarter), "%u-Q%u", card->quarter / 4u,
                       card->quarter % 4u + 1);
    api_put_text(o, "service", card->service.s);
    (void)json_object_set_new(o, "needs", needs);
    api_put_text(o, "urgency", urgency_text(card->urgency));
    api_put_text(o, "age_band", age_band_text(card->age_band));
    api_put_text(o, "sex", sex_text(card->sex));
    (void)json_object_set_new(o, "languages", languages);
    api_put_text(o, "country", card->country);
    api_put_text(o, "province", card->province.s);
    (void)json_object_set_new(o, "groups", api_groups(card->groups));
    api_put_text(o, "quarter", quarter);
    api_put_text(o, "family",
                 card->family_band < 4 ? bands[card->family_band] : NULL);
    (void)json_object_set_new(o, "wishes", wishes_of(card));
    return o;
}

/* Sections beside the entries of one side; of several copies of a category the
 * last one counts. */
static json_t *
sections_of(struct api_call *c, const struct node_object *o, enum side side,
            uint32_t may, uint32_t *shown, uint32_t *hidden)
{
    json_t *sections = json_object();

    for (uint32_t n = 1; n <= o->n[side]; n++) {
        for (unsigned i = 0; i < BODY_PARTS_MAX; i++) {
            struct part part;

            if (!body_part_get(c->env->view, &o->id, side, n, i, &part) ||
                part.type != PART_SECTION)
                continue;
            if ((may & CATEGORY_BIT(part.category)) == 0) {
                *hidden |= CATEGORY_BIT(part.category);
                continue;
            }
            *shown |= CATEGORY_BIT(part.category);
            api_put_json(sections, category_text(part.category), part.bytes);
        }
    }
    return sections;
}

/* What the first side has disclosed and this node still holds, and what a new
 * holder gave back. Returns what was shown. */
static uint32_t
put_sections(struct api_call *c, json_t *j, const struct node_object *o)
{
    const uint32_t may = api_reads_object(c, o);
    uint32_t hidden = 0, shown = 0;
    json_t *back;

    (void)json_object_set_new(
        j, "sections", sections_of(c, o, SIDE_FIRST, may, &shown, &hidden));
    back = sections_of(c, o, SIDE_SECOND, may, &shown, &hidden);
    if (json_object_size(back) > 0)
        (void)json_object_set(j, "sections_back", back);
    json_decref(back);
    (void)json_object_set_new(j, "withheld", api_categories(hidden));
    return shown;
}

/* The focal point that a side's newest details name. */
static void
put_focal(struct api_call *c, json_t *contact, const struct node_object *o,
          enum side side)
{
    static const char *const keys[] = {"focal", "manager", "contact_by",
                                       "phone"};

    for (uint32_t n = 1; n <= o->n[side]; n++) {
        for (unsigned i = 0; i < BODY_PARTS_MAX; i++) {
            struct part part;
            json_t *details;

            if (!body_part_get(c->env->view, &o->id, side, n, i, &part) ||
                part.type != PART_DETAILS)
                continue;
            details =
                json_loadb((const char *)part.bytes.p, part.bytes.n, 0, NULL);
            for (size_t k = 0; k < sizeof(keys) / sizeof(*keys); k++)
                if (filecheck_string(details, keys[k]) != NULL)
                    api_put_text(contact, keys[k],
                                 filecheck_string(details, keys[k]));
            json_decref(details);
        }
    }
}

static json_t *
contact_of(struct api_call *c, const struct node_object *o, enum side side,
           const struct hf_org *id)
{
    const struct registry_org *org =
        c->env->registry == NULL ? NULL : registry_org(c->env->registry, id);
    json_t *contact = json_object();

    api_put_text(contact, "org", id->s);
    if (org != NULL) {
        api_put_text(contact, "name", org->name);
        api_put_text(contact, "kind", org_kind_text(org->kind));
        api_put_text(contact, "country", org->country);
    }
    put_focal(c, contact, o, side);
    return contact;
}

static void
put_contacts(struct api_call *c, json_t *j, const struct node_object *o)
{
    const struct hf_org *first, *second;
    json_t *contacts = json_object();

    api_sides(c->env, o, &first, &second);
    (void)json_object_set_new(contacts, "from",
                              contact_of(c, o, SIDE_FIRST, first));
    (void)json_object_set_new(contacts, "to",
                              contact_of(c, o, SIDE_SECOND, second));
    (void)json_object_set_new(j, "contacts", contacts);
}

static void
put_clocks(json_t *j, const struct node_object *o)
{
    json_t *list = json_array();

    for (enum deadline k = DEADLINE_DELIVER; k < DEADLINES; k++) {
        uint64_t due, met;
        bool runs;
        json_t *item;

        if (!deadline_get(o, k, &due, &met, &runs))
            continue;
        item = json_object();
        api_put_text(item, "what", deadline_text(o, k));
        api_put_time(item, "due", due);
        api_put_time(item, "met", met);
        if (o->met_in_doubt & (1u << k))
            api_put_bool(item, "met_in_doubt", true);
        api_put_bool(item, "runs", runs);
        (void)json_array_append_new(list, item);
    }
    (void)json_object_set_new(j, "clocks", list);
}

static void
put_terms(struct api_call *c, json_t *j, const struct node_object *o)
{
    struct decision along;

    if (o->kind != OBJECT_REFERRAL || !api_sees(c, o))
        return;
    api_put_text(j, "need", o->terms.need.s);
    api_put_text(j, "pack", o->terms.pack.s);
    api_put_u64(j, "pack_version", o->terms.pack_version);
    api_put_text(j, "rule", o->terms.rule.s);
    api_put_id(j, "replaces", "HR", &o->terms.replaces);
    api_put_onward(c, j, o);
    if (o->side == SIDE_FIRST || along_find(c->env->view, o, &along))
        api_put_id(j, "decision", "HD", &o->terms.decision);
}

enum api_verdict
query_object_show(struct api_call *c)
{
    enum api_verdict verdict;
    struct node_review r;
    struct node_object o;
    uint32_t shown;
    bool told;
    json_t *j;

    if (api_find_review(c, c->req->part[1], NULL, &r, &verdict))
        return verdict == API_COMMAND ? api_say(c, api_review(c, &r)) : verdict;
    if (!permit_query(c->roles, PERMIT_OBJECTS))
        return api_refuse(c, EX_NOPERM, "not_permitted", NULL,
                          "handoff review ID shows what is to be reviewed",
                          "your role may not do this");
    if (!api_find_object(c, c->req->part[1], &o))
        return API_ANSWERED;
    if (!api_sees(c, &o))
        return api_refuse(c, EX_NOPERM, "not_permitted", NULL,
                          "its author, its owner, or somebody whose role "
                          "covers this service can open it",
                          "this service is confidential");
    j = api_object(c, &o);
    put_terms(c, j, &o);
    if (api_asks_next(c, &o))
        api_put_next(c, j, &o);
    if (o.kind == OBJECT_WITHDRAWAL)
        api_put_withdrawal(c, j, &o);
    /* A provider knows its referral, never the case behind it. */
    if (!hf_id_is_zero(&o.case_id) &&
        (o.side == SIDE_FIRST || o.kind == OBJECT_TRANSFER))
        api_put_id(j, "case", "HC", &o.case_id);
    (void)json_object_set_new(j, "card", card_of(&o.card));
    shown = put_sections(c, j, &o);
    api_put_files(c, j, &o);
    put_contacts(c, j, &o);
    put_clocks(j, &o);
    if (api_put_chain(c, j, &o, api_arg_flag(c, "trace")))
        shown |= api_sensitive(c, &o);
    told = (api_reads_object(c, &o) & ATTEST_READERS) != 0;
    if (api_put_vital(c, j, &o, told) && told)
        shown |= CATEGORY_BIT(CATEGORY_MHPSS); /* the attestation's words */
    api_put_receipts(c, j, &o);
    return api_say_read(c, j, o.kind, &o.id, shown, api_is_own(c, &o));
}
