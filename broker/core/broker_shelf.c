/*
 * broker_shelf.c - which version of each public document we hold. The bytes
 * lie in the store; the shell has verified what it offers.
 */
#include "broker_internal.h"

#define KINDS (SHELF_SERVICES + 1)

static uint32_t
find_owner(const struct broker *b, const struct hf_org *owner)
{
    return broker_box_find(b, &(struct broker_who){.id = *owner});
}

/** Whether that version, or a newer one, is being stored: several links bring
 * the same document at once. */
static bool
is_coming(const struct broker *b, uint32_t box, const struct shelf_doc *doc)
{
    for (size_t i = 0; i < PENDING_DOCS_MAX; i++)
        if (b->docs[i].ticket != 0 && b->docs[i].kind == doc->kind &&
            b->docs[i].box == box && b->docs[i].version >= doc->version)
            return true;
    return false;
}

static bool
may_take(struct broker *b, const struct broker_event *ev)
{
    const struct shelf_doc *doc = ev->doc;
    struct box *x;
    uint32_t owner;

    if (ev->link != 0 && broker_link_find(b, ev->link) == NONE)
        return false;
    if (doc->kind == SHELF_REGISTRY)
        return doc->version > b->registry_doc && !is_coming(b, NONE, doc);
    owner = find_owner(b, &doc->owner);
    if (owner == NONE || doc->kind >= KINDS)
        return false;
    x = &b->boxes[owner];
    if (is_coming(b, owner, doc))
        return false;
    broker_box_freshness(b);
    if (b->is_stale && doc->kind == SHELF_SERVICES)
        return false; /* prekeys must pass: withdrawals are sealed to them */
    return x->standing == BOX_ACTIVE && doc->version > x->doc[doc->kind] &&
           broker_box_spend(b, x, doc->bytes.n);
}

void
broker_shelf_offer(struct broker *b, const struct broker_event *ev)
{
    struct pending_doc *p = NULL;
    struct broker_effect *fx;

    for (size_t i = 0; i < PENDING_DOCS_MAX; i++)
        if (b->docs[i].ticket == 0)
            p = &b->docs[i];
    if (p == NULL || !may_take(b, ev))
        return; /* who offers it does so again on each connection */
    *p = (struct pending_doc){.ticket = broker_ticket(b),
                              .kind = ev->doc->kind,
                              .box = NONE,
                              .version = ev->doc->version,
                              .from = ev->link};
    if (p->kind != SHELF_REGISTRY)
        p->box = find_owner(b, &ev->doc->owner);
    fx = broker_ask(b, BROKER_DO_SAVE_SHELF);
    fx->ticket = p->ticket;
    fx->doc = ev->doc;
}

void
broker_shelf_loaded(struct broker *b, const struct shelf_doc *doc)
{
    struct broker_who who = {.id = doc->owner};
    uint32_t box;

    if (doc->kind == SHELF_REGISTRY) {
        b->registry_doc = doc->version;
        return;
    }
    box = broker_box_need(b, &who);
    if (box != NONE && doc->kind < KINDS)
        b->boxes[box].doc[doc->kind] = doc->version;
}

bool
broker_shelf_done(struct broker *b, uint64_t ticket, bool is_saved)
{
    struct pending_doc *p = NULL;
    struct broker_effect *fx;
    uint64_t *held;

    for (size_t i = 0; i < PENDING_DOCS_MAX; i++)
        if (b->docs[i].ticket == ticket)
            p = &b->docs[i];
    if (p == NULL)
        return false;
    held = p->box == NONE ? &b->registry_doc : &b->boxes[p->box].doc[p->kind];
    p->ticket = 0;
    if (!is_saved)
        return true;
    if (p->version > *held)
        *held = p->version;
    if (p->kind == SHELF_REGISTRY)
        broker_ask(b, BROKER_DO_INSTALL);
    fx = broker_ask(b, BROKER_DO_BROADCAST);
    fx->kind = p->kind;
    fx->link = p->from;
    if (p->box != NONE)
        fx->owner = b->boxes[p->box].who.id;
    return true;
}

uint64_t
broker_doc_version(const struct broker *b, enum shelf_kind kind,
                   const struct hf_org *owner)
{
    uint32_t box;

    if (kind == SHELF_REGISTRY)
        return b->registry_doc;
    box = find_owner(b, owner);
    return box == NONE || kind >= KINDS ? 0 : b->boxes[box].doc[kind];
}

void
broker_sync_begin(struct broker *b, struct hf_bytes haves)
{
    struct frame_have have;

    memset(b->sync_have, 0, (b->n_boxes + 1) * KINDS * sizeof(uint64_t));
    while (frame_next_have(&haves, &have)) {
        uint32_t box = find_owner(b, &have.owner);

        if (have.kind == SHELF_REGISTRY)
            b->sync_have[0] = have.version;
        else if (box != NONE && have.kind < KINDS)
            b->sync_have[(box + 1) * KINDS + have.kind] = have.version;
    }
}

bool
broker_sync_next(const struct broker *b, size_t *cursor,
                 enum shelf_kind *ret_kind, struct hf_org *ret_owner)
{
    while (*cursor < (b->n_boxes + 1) * KINDS) {
        size_t at = (*cursor)++;
        size_t kind = at % KINDS;

        if (at == 0 && b->registry_doc > b->sync_have[0]) {
            *ret_kind = SHELF_REGISTRY;
            *ret_owner = (struct hf_org){0};
            return true;
        }
        if (at < KINDS || kind <= SHELF_REGISTRY)
            continue;
        if (b->boxes[at / KINDS - 1].doc[kind] > b->sync_have[at]) {
            *ret_kind = (enum shelf_kind)kind;
            *ret_owner = b->boxes[at / KINDS - 1].who.id;
            return true;
        }
    }
    return false;
}
