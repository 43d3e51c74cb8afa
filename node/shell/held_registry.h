/*
 * held_registry.h - the registry set in force: DIR/registry.set and what it
 * says. A newer one is durable on the disk before anybody acts on it.
 */
#ifndef NODE_SHELL_HELD_REGISTRY_H
#define NODE_SHELL_HELD_REGISTRY_H

#include <limits.h>

#include "fault.h"
#include "registry.h"
#include "shelf.h"

struct held_registry {
    char path[PATH_MAX];
    struct hf_buf set;      /* the signed bytes; empty: none yet */
    struct registry *r;     /* NULL: none yet */
};

/** held_registry_load: no file is fine: none yet. False with @fault set. */
HF_NODISCARD bool held_registry_load(struct held_registry *h, const char *dir,
                                     struct fault *fault);
void held_registry_clear(struct held_registry *h);

/** held_registry_offer: check @set, keep it, use it; h->r is another then.
 * What registry_accept() says, or what writing the file does. */
HF_NODISCARD enum hf_err held_registry_offer(struct held_registry *h,
                                             struct hf_bytes set,
                                             uint64_t now_ms);
/** held_registry_doc: as a shelf document; false when there is none. */
bool held_registry_doc(const struct held_registry *h, struct shelf_doc *ret);

#endif /* NODE_SHELL_HELD_REGISTRY_H */
