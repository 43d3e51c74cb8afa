/* The person's own copy: everything held here about them, and everyone
 * it was shared with, when, and on which consent. */
#include <stdlib.h>

#include "api_internal.h"
#include "onward.h"

static const char warning[] =
    "This is everything that the organisation below holds about you. Whoever "
    "finds it can read it. Think of searches at borders and checkpoints, of a "
    "lost bag, of others who use the same telephone or home. You need not "
    "take it along: you can have it again at any time, on paper or on a "
    "screen, from whoever holds your case.";

/* One scope of a proof, as it stood when it covered something. */
static json_t *
proof_item_of(const struct proof_item *item)
{
    json_t *o = json_object();

    api_put_text(o, "scope", item->scope.s);
    (void)json_object_set_new(o, "categories",
                              api_categories(item->categories));
    (void)json_object_set_new(o, "purposes", api_purposes(item->purposes));
    api_put_time(o, "until", item->until_ms);
    return o;
}

static void
put_proof(json_t *o, const struct proof *p)
{
    json_t *scopes = json_array();
    uint32_t categories = 0;

    for (size_t i = 0; i < p->n && i < PROOF_ITEMS_MAX; i++) {
        categories |= p->item[i].categories;
        (void)json_array_append_new(scopes, proof_item_of(&p->item[i]));
    }
    api_put_id(o, "consent", "CO", &p->consent);
    api_put_u64(o, "consent_version", p->version);
    (void)json_object_set_new(o, "scopes", scopes);
    (void)json_object_set_new(o, "categories", api_categories(categories));
}

/* What one of our entries carried to the peer; NULL when it was a bare event.
 * The proof stays when the sections are erased, so this is complete. */
static json_t *
share_of(struct api_call *c, const struct node_object *o, uint32_t n)
{
    json_t *share = NULL, *also = json_array();
    struct hf_bytes words, signed_part;
    struct attest attest;
    struct grant grant;
    struct proof proof;
    struct part part;
    const uint8_t *sig;

    for (unsigned i = 0; i < BODY_PARTS_MAX; i++) {
        if (!body_part_get(c->env->view, &o->id, o->side, n, i, &part))
            continue;
        if (part.type == PART_CUSTODY || part.type == PART_LOOKUP ||
            part.type == PART_TITLE || part.type == PART_HISTORY)
            continue; /* nothing of the person */
        if (share == NULL)
            share = json_object();
        if (part.type == PART_PROOF && proof_unpack(part.bytes, &proof))
            put_proof(share, &proof);
        else if (part.type == PART_ATTEST &&
                 attest_unpack(part.bytes, &attest, &words)) {
            api_put_text(share, "vital_interest", ground_text(attest.ground));
            (void)json_object_set_new(share, "categories",
                                      api_categories(attest.categories));
        } else if (part.type == PART_CARD)
            (void)json_array_append_new(also,
                                        json_string("a card without a name"));
        else if (part.type == PART_CONSENT)
            (void)json_array_append_new(also,
                                        json_string("the consent itself"));
        else if (part.type == PART_TEXT || part.type == PART_REPORT)
            (void)json_array_append_new(also, json_string("words"));
        else if (part.type == PART_FILE)
            (void)json_array_append_new(also, json_string("an attachment"));
        else if (part.type == PART_GRANT &&
                 grant_unpack(part.bytes, &grant, &signed_part, &sig))
            (void)json_array_append_new(
                also, json_sprintf("leave to send it on to %.31s",
                                   grant.to.s));
    }
    if (share != NULL)
        (void)json_object_set(share, "also", also);
    json_decref(also);
    return share;
}

static void
put_peer(struct api_call *c, json_t *o, const struct hf_org *peer)
{
    const struct registry_org *org =
        c->env->registry == NULL ? NULL : registry_org(c->env->registry, peer);

    api_put_text(o, "org", peer->s);
    api_put_text(o, "name", org != NULL ? org->name : NULL);
    api_put_text(o, "kind", org != NULL ? org_kind_text(org->kind) : NULL);
    api_put_text(o, "country", org != NULL ? org->country : NULL);
}

/* Every entry of ours that carried something. */
static void
add_shares(struct api_call *c, const struct node_object *o, json_t *list)
{
    for (uint32_t n = 1; n <= o->n[o->side]; n++) {
        uint8_t bytes[ENTRY_BYTES], sig[ENTRY_SIG_BYTES];
        struct entry e;
        json_t *share;

        if (!chain_get(c->env->view, &o->id, o->side, n, 0, bytes, sig) ||
            entry_unpack((struct hf_bytes){bytes, ENTRY_BYTES}, &e) != HF_OK)
            return;
        share = share_of(c, o, n);
        if (share == NULL)
            continue;
        put_peer(c, share, &o->peer);
        api_put_time(share, "at", e.at_ms);
        api_put_text(share, "event", event_text(e.event));
        api_put_id(share, "id", api_prefix(o->kind), &o->id);
        api_put_text(share, "service", o->terms.service.s);
        (void)json_array_append_new(list, share);
    }
}

/* What a provider says it sent on, in the same form. */
static void
add_onward(struct api_call *c, const struct node_object *o, json_t *list)
{
    struct onward_told told[ONWARD_NOTES_MAX];
    const size_t n = onward_notes(c->env->view, o, told);

    for (size_t i = 0; i < n; i++) {
        const struct onward_note *note = &told[i].note;
        json_t *share = json_object();

        api_put_time(share, "at", told[i].at_ms);
        put_peer(c, share, &note->to);
        api_put_text(share, "by", o->peer.s);
        api_put_text(share, "event", event_text(EVENT_ONWARD));
        api_put_id(share, "id", "HR", &note->referral);
        api_put_id(share, "part_of", "HR", &o->id);
        api_put_text(share, "service", note->service.s);
        api_put_text(share, "state", state_text(note->state));
        (void)json_object_set_new(share, "categories",
                                  api_categories(note->categories));
        (void)json_array_append_new(list, share);
    }
}

/* A referral or transfer with all that was said in it; a withdrawal with its
 * answer. */
static json_t *
matter_of(struct api_call *c, const struct node_object *o)
{
    json_t *j = api_object(c, o);

    put_peer(c, j, &o->peer);
    api_put_text(j, "need", o->terms.need.s);
    if (o->kind == OBJECT_WITHDRAWAL)
        (void)json_object_set_new(j, "categories",
                                  api_categories(o->scopes.categories));
    api_put_files(c, j, o);
    (void)api_put_chain(c, j, o, false);
    return j;
}

static void
put_matters(struct api_call *c, json_t *out, const struct node_case *row)
{
    json_t *shares = json_array(), *matters = json_array();
    struct hf_id id = {{0}};
    struct node_object o;

    while (object_next_of_case(c->env->view, &row->id, &id, &o)) {
        if (o.kind != OBJECT_WITHDRAWAL)
            add_shares(c, &o, shares);
        add_onward(c, &o, shares);
        (void)json_array_append_new(matters, matter_of(c, &o));
    }
    (void)json_object_set_new(out, "shared_with", shares);
    (void)json_object_set_new(out, "matters", matters);
}

static json_t *
sections_of(struct api_call *c, const struct node_case *row)
{
    json_t *sections = json_object();

    for (enum category k = CATEGORY_NONE + 1; k < CATEGORY_END; k++) {
        struct hf_bytes bytes;

        if (section_get(c->env->view, &row->id, k, &bytes))
            api_put_json(sections, category_text(k), bytes);
    }
    return sections;
}

/* A copy that leaves something out is no copy. */
static bool
may_export(struct api_call *c, const struct node_case *row)
{
    const uint32_t may = api_copies_case(c, row);
    uint32_t held = row->held;
    struct node_score survey;

    if (score_last(c->env->view, &row->id, &survey))
        held |= CATEGORY_BIT(CATEGORY_MHPSS); /* the psychosocial part */
    if ((c->roles &
         (ROLE_BIT(ROLE_CASE_MANAGER) | ROLE_BIT(ROLE_SUPERVISOR))) == 0) {
        (void)api_refuse(c, EX_NOPERM, "not_permitted", NULL,
                         "ask the case manager",
                         "a case manager or supervisor makes the copy");
        return false;
    }
    if ((held & ~may) == 0)
        return true;
    (void)api_refuse(c, EX_NOPERM, "not_permitted", NULL,
                     "ask who may read the whole case: its case manager, or a "
                     "supervisor",
                     "your role hides a part of this case, and a copy must be "
                     "complete");
    return false;
}

enum api_verdict
query_case_export(struct api_call *c)
{
    struct node_case row;
    json_t *o, *org, *custody;

    if (!api_find_open_case(c, c->req->part[1], &row) || !may_export(c, &row))
        return API_ANSWERED;
    c->is_copy = true;
    o = json_object();
    org = json_object();
    custody = json_object();
    api_put_id(o, "case", "HC", &row.id);
    api_put_text(o, "warning", warning);
    put_peer(c, org, &c->env->config->org);
    (void)json_object_set_new(o, "made_by", org);
    api_put_time(o, "made_at", c->now_ms);
    api_put_text(o, "number", row.number.s);
    api_put_text(o, "stage", stage_text(row.stage));
    api_put_text(o, "origin", row.facts.origin);
    api_put_text(o, "host", row.facts.host);
    api_put_text(o, "case_manager", row.owner.s);
    api_put_text(custody, "holder", row.holder.s);
    api_put_u64(custody, "epoch", row.epoch);
    api_put_text(custody, "from", row.from.s);
    (void)json_object_set_new(o, "custody", custody);
    api_put_time(o, "opened", row.created_ms);
    api_put_time(o, "changed", row.changed_ms);
    (void)json_object_set_new(o, "sections", sections_of(c, &row));
    (void)json_object_set_new(o, "consent", api_consent(c, &row, true));
    put_matters(c, o, &row);
    api_put_surveys(c, o, &row);
    return api_say_copy(c, o, &row.id, row.held);
}
