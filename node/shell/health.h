/*
 * health.h - how the node is: what status and doctor show beyond the store.
 */
#ifndef NODE_SHELL_HEALTH_H
#define NODE_SHELL_HEALTH_H

#include "clock_watch.h"
#include "backups.h"
#include "held_registry.h"
#include "links.h"
#include "node_store.h"
#include "notify.h"
#include "policies.h"
#include "prekeys.h"

/** What it is judged by; borrowed. */
struct health {
    const char *dir;      /* the node's folder */
    const struct hf_org *self;
    const struct node_env *env; /* of the core: who is in reach */
    const struct held_registry *held;
    const struct policies *policies;
    const struct prekeys *prekeys;
    const struct backups *backups;
    struct node_store *store;
    struct links *links;
    size_t n_queued;      /* delivered envelopes not yet looked at */
    const struct clock_watch *clock;
    const struct notify *notify;
    enum hf_err failing;  /* why commits fail; HF_OK: they do not */
};

/** health_look: fill *ret. Reads the store: not inside a transaction. */
void health_look(const struct health *h, uint64_t now_ms,
                 struct api_status *ret);

#endif /* NODE_SHELL_HEALTH_H */
