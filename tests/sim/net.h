/*
 * net.h - connections between nodes and brokers, and between brokers.
 *
 * While a connection lives its frames arrive in order, late; sometimes one
 * comes twice or out of turn, which no wire does and every core must bear.
 * What is on the way when a connection is lost is lost with it, and the two
 * ends notice at different times. A way may be shut in one direction only.
 */
#ifndef SIM_NET_H
#define SIM_NET_H

#include "world.h"

struct net *net_new(struct world *w);
void net_free(struct net *n);

/** net_want: @client is up and wants a connection to @broker, for as long as
 * it lives. */
void net_want(struct world *w, unsigned client, unsigned broker);
/** net_send: one frame from @from over this connection. */
void net_send(struct world *w, uint64_t handle, unsigned from,
              struct hf_bytes frame);
/** net_close: @by ends it; the other end hears of it. */
void net_close(struct world *w, uint64_t handle, unsigned by);
/** net_gone: @party has crashed. */
void net_gone(struct world *w, unsigned party);

/** net_cut: some living connection is lost. net_part: nothing goes from @from
 * to @to for @ms. */
void net_cut(struct world *w);
void net_part(struct world *w, unsigned from, unsigned to, uint64_t ms);

#endif /* SIM_NET_H */
