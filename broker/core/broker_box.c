/*
 * broker_box.c - mailboxes: who they belong to, what the registry says of
 * them, who fetches them, and what their owners may still submit.
 */
#include "broker_internal.h"

static uint64_t
hash_who(const struct broker_who *who)
{
    uint64_t h = who->is_broker;

    for (size_t i = 0; i < HF_ORG_BYTES; i += sizeof(uint64_t)) {
        uint64_t word;

        memcpy(&word, who->id.s + i, sizeof(word));
        h = broker_map_mix(h ^ word);
    }
    return h;
}

uint32_t
broker_box_find(const struct broker *b, const struct broker_who *who)
{
    uint32_t i = broker_map_first(&b->by_who, hash_who(who));

    for (; i != BROKER_MAP_END; i = broker_map_next(&b->by_who, i)) {
        const struct box *x = &b->boxes[i];

        if (x->who.is_broker == who->is_broker &&
            hf_org_eq(&x->who.id, &who->id))
            return i;
    }
    return NONE;
}

uint32_t
broker_box_need(struct broker *b, const struct broker_who *who)
{
    uint32_t i = broker_box_find(b, who);
    struct box *x;

    if (i != NONE)
        return i;
    if (b->n_boxes == b->conf.boxes_max)
        return NONE;
    i = (uint32_t)b->n_boxes++;
    x = &b->boxes[i];
    x->who = *who;
    x->keeper = i;
    x->link_in = NONE;
    x->link_out = NONE;
    for (unsigned lane = 0; lane < BROKER_LANES; lane++) {
        x->lane[lane].resend = NONE;
        x->lane[lane].next = NONE;
    }
    broker_map_add(&b->by_who, hash_who(who), i);
    return i;
}

static uint32_t
need_broker(struct broker *b, const struct hf_org *id)
{
    struct broker_who who = {.id = *id, .is_broker = true};

    return broker_box_need(b, &who);
}

/** Homes of a member: its own, or those of who keeps its node. */
static void
set_homes(struct broker *b, struct box *x, const struct registry_org *org)
{
    const struct registry_org *at = org;

    if (org->n_homes == 0 && org->via.s[0] != '\0')
        at = registry_org(b->registry, &org->via);
    x->is_local = false;
    x->n_homes = 0;
    for (size_t i = 0; at != NULL && i < at->n_homes; i++) {
        const struct registry_broker *known =
            registry_broker(b->registry, &at->home[i]);
        uint32_t home;

        if (known == NULL || known->is_suspended)
            continue;
        if (hf_org_eq(&at->home[i], &b->conf.self)) {
            x->is_local = true;
            continue;
        }
        home = need_broker(b, &at->home[i]);
        if (home != NONE)
            x->home[x->n_homes++] = home;
    }
}

static void
set_org(struct broker *b, const struct registry_org *org)
{
    struct broker_who who = {.id = org->id};
    uint32_t i = broker_box_need(b, &who);
    struct box *x;

    if (i == NONE)
        return;
    x = &b->boxes[i];
    x->is_listed = true;
    x->org = org;
    x->standing = org->status == MEMBER_ACTIVE ? BOX_ACTIVE : BOX_RESTRICTED;
    x->keeper = i;
    if (org->via.s[0] != '\0') {
        who.id = org->via;
        x->keeper = broker_box_need(b, &who);
        if (x->keeper == NONE)
            x->keeper = i;
    }
    set_homes(b, x, org);
}

void
broker_box_registry(struct broker *b, const struct registry *r)
{
    b->registry = r;
    for (size_t i = 0; i < b->n_boxes; i++) {
        b->boxes[i].is_listed = false;
        b->boxes[i].org = NULL;
        b->boxes[i].standing = BOX_UNKNOWN;
        b->boxes[i].is_local = false;
        b->boxes[i].n_homes = 0;
    }
    for (size_t i = 0; i < r->n_brokers; i++) {
        uint32_t box = need_broker(b, &r->broker[i].id);

        if (box != NONE && !r->broker[i].is_suspended) {
            b->boxes[box].is_listed = true;
            b->boxes[box].standing = BOX_ACTIVE;
        }
    }
    for (size_t i = 0; i < r->n_orgs; i++)
        set_org(b, &r->orgs[i]);
    b->must_close = true;
    broker_link_requeue(b);
    broker_box_freshness(b);
}

void
broker_box_freshness(struct broker *b)
{
    const bool was_stale = b->is_stale;

    b->is_stale = b->registry != NULL &&
                  registry_fresh(b->registry, b->wall_ms) == REGISTRY_STALE;
    if (!b->is_stale || was_stale)
        return;
    /* What was sent before does not count against what may pass now. */
    for (size_t i = 0; i < b->n_boxes; i++)
        b->boxes[i].spent_count = 0;
}

uint32_t
broker_box_fetcher(const struct broker *b, uint32_t box)
{
    const struct box *x = &b->boxes[box];
    uint32_t link =
        x->who.is_broker ? x->link_out : b->boxes[x->keeper].link_in;

    if (x->standing == BOX_UNKNOWN || link == NONE ||
        b->links[link].handle == 0)
        return NONE;
    return link;
}

bool
broker_box_spend(struct broker *b, struct box *x, size_t bytes)
{
    uint64_t count_max = b->conf.quota_count;

    if (x->standing == BOX_RESTRICTED || b->is_stale)
        count_max = b->conf.restricted_count;
    if (b->now_ms - x->quota_from_ms >= b->conf.quota_period_ms) {
        x->quota_from_ms = b->now_ms;
        x->spent_count = 0;
        x->spent_bytes = 0;
    }
    if (x->spent_count >= count_max ||
        x->spent_bytes + bytes > b->conf.quota_bytes)
        return false;
    x->spent_count++;
    x->spent_bytes += bytes;
    return true;
}
