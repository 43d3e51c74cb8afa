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

static size_t
find_pack(const struct broker *b, const struct hf_org *name)
{
    size_t i = 0;

    while (i < b->n_packs && !hf_org_eq(&b->pack[i], name))
        i++;
    return i;
}

static void
add_pack(struct broker *b, const struct hf_org *name)
{
    if (find_pack(b, name) == b->n_packs && b->n_packs < BROKER_PACKS_MAX)
        b->pack[b->n_packs++] = *name;
}

/* Packs are nobody's: whoever brings one pays for it. */
static bool
may_take_pack(struct broker *b, const struct broker_event *ev)
{
    const struct shelf_doc *doc = ev->doc;
    size_t n_waiting = 0;

    for (size_t i = 0; i < PENDING_DOCS_MAX; i++) {
        if (b->docs[i].ticket == 0 || b->docs[i].kind != SHELF_PACK)
            continue;
        if (hf_org_eq(&b->docs[i].pack, &doc->owner))
            return false;
        n_waiting++;
    }
    if (find_pack(b, &doc->owner) < b->n_packs ||
        b->n_packs + n_waiting >= BROKER_PACKS_MAX)
        return false;
    if (ev->link == 0)
        return true;
    return broker_box_spend(
        b, &b->boxes[b->links[broker_link_find(b, ev->link)].box],
        doc->bytes.n);
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
    if (doc->kind == SHELF_PACK)
        return may_take_pack(b, ev);
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
    if (p->kind == SHELF_PACK)
        p->pack = ev->doc->owner;
    else if (p->kind != SHELF_REGISTRY)
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
    if (doc->kind == SHELF_PACK) {
        add_pack(b, &doc->owner);
        return;
    }
    box = broker_box_need(b, &who);
    if (box != NONE && doc->kind < KINDS)
        b->boxes[box].doc[doc->kind] = doc->version;
}

static void
note_held(struct broker *b, const struct pending_doc *p)
{
    uint64_t *held;

    if (p->kind == SHELF_PACK) {
        add_pack(b, &p->pack);
        return;
    }
    held = p->box == NONE ? &b->registry_doc : &b->boxes[p->box].doc[p->kind];
    if (p->version > *held)
        *held = p->version;
}

bool
broker_shelf_done(struct broker *b, uint64_t ticket, bool is_saved)
{
    struct pending_doc *p = NULL;
    struct broker_effect *fx;

    for (size_t i = 0; i < PENDING_DOCS_MAX; i++)
        if (b->docs[i].ticket == ticket)
            p = &b->docs[i];
    if (p == NULL)
        return false;
    p->ticket = 0;
    if (!is_saved)
        return true;
    note_held(b, p);
    if (p->kind == SHELF_REGISTRY)
        broker_ask(b, BROKER_DO_INSTALL);
    fx = broker_ask(b, BROKER_DO_BROADCAST);
    fx->kind = p->kind;
    fx->link = p->from;
    if (p->kind == SHELF_PACK)
        fx->owner = p->pack;
    else if (p->box != NONE)
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
    if (kind == SHELF_PACK)
        return find_pack(b, owner) < b->n_packs;
    box = find_owner(b, owner);
    return box == NONE || kind >= KINDS ? 0 : b->boxes[box].doc[kind];
}

void
broker_sync_begin(struct broker *b, struct hf_bytes haves)
{
    struct frame_have have;

    memset(b->sync_have, 0, (b->n_boxes + 1) * KINDS * sizeof(uint64_t));
    memset(b->sync_pack, 0, sizeof(b->sync_pack));
    while (frame_next_have(&haves, &have)) {
        uint32_t box = find_owner(b, &have.owner);

        if (have.kind == SHELF_PACK && find_pack(b, &have.owner) < b->n_packs)
            b->sync_pack[find_pack(b, &have.owner)] = true;
        else if (have.kind == SHELF_REGISTRY)
            b->sync_have[0] = have.version;
        else if (box != NONE && have.kind < KINDS)
            b->sync_have[(box + 1) * KINDS + have.kind] = have.version;
    }
}

bool
broker_sync_next(const struct broker *b, size_t *cursor,
                 enum shelf_kind *ret_kind, struct hf_org *ret_owner)
{
    const size_t n_docs = (b->n_boxes + 1) * KINDS;

    while (*cursor < n_docs) {
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
    while (*cursor < n_docs + b->n_packs) {
        const size_t at = (*cursor)++ - n_docs;

        if (b->sync_pack[at])
            continue;
        *ret_kind = SHELF_PACK;
        *ret_owner = b->pack[at];
        return true;
    }
    return false;
}
