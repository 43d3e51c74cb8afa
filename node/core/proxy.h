/*
 * proxy.h - members without a node: who records what they do, and how.
 *
 * The registry says who keeps the node of such a member (`via`). That
 * organisation refers to it as to any other and holds both chains: the
 * member's entries are signed by the keeper and marked ENTRY_PROXIED, so that
 * nobody takes them for the member's own receipt. Nothing of such an object
 * travels; others refer to the keeper. Internal to the core.
 */
#ifndef NODE_CORE_PROXY_H
#define NODE_CORE_PROXY_H

#include "live.h"

/** proxy_is_ours: an active member whose node this is. */
bool proxy_is_ours(const struct step *s, const struct hf_org *org);
/** proxy_keeper: who keeps the node of @org; NULL: it has its own, or is not
 * known. */
const struct hf_org *proxy_keeper(const struct step *s,
                                  const struct hf_org *org);

/** proxy_begin: the command is entered on behalf of the peer of @l: from here
 * on entries are that side's. False and replied when it cannot be. */
bool proxy_begin(struct step *s, struct live *l);
/** proxy_needs_receive: the member has not been told of it on record yet, and
 * what is entered now says that it was. */
bool proxy_needs_receive(const struct step *s, const struct live *l);
/** proxy_receive: put that on record first; @d says when and how. */
void proxy_receive(struct step *s, struct live *l, const struct draft *d);

/** happened_fits: --happened-at is neither ahead nor before @start_ms; else
 * replied. */
bool happened_fits(struct step *s, uint64_t start_ms);
/** happened_start: when @l began. */
uint64_t happened_start(struct step *s, const struct live *l);

#endif /* NODE_CORE_PROXY_H */
