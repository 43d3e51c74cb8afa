/*
 * noded.h - the node's daemon: one thread that decides and stores.
 *
 * It waits for brokers, requests and time; carries what came through the core
 * in one transaction (batch.h); and after the commit lets it out: envelopes,
 * acknowledgements, replies, documents, log lines. libmicrohttpd's thread only
 * hands requests over.
 */
#ifndef NODE_SHELL_NODED_H
#define NODE_SHELL_NODED_H

#include <stdbool.h>

#include "fault.h"
#include "hf_err.h"

struct hf_secret;
struct noded;

/** noded_check: read and check all that needs no lock: before the lock, whose
 * folder it finds, and before a start in the background lets go of the
 * terminal, at which a passphrase may be asked. The store key is the caller's
 * to hand on to noded_open(), or to free. */
HF_NODISCARD bool noded_check(const char *dir, struct hf_secret **ret_store,
                              struct fault *fault);

/** noded_lock: take DIR for this process; kept until it ends. */
HF_NODISCARD bool noded_lock(const char *dir, struct fault *fault);

/** noded_open: everything, in a locked DIR, until the socket listens. @store is
 * taken in any case. False with @fault set. */
HF_NODISCARD bool noded_open(const char *dir, struct hf_secret **store,
                             struct noded **ret, struct fault *fault);
/** noded_run: until SIGTERM or SIGINT. */
void noded_run(struct noded *n);
void noded_close(struct noded *n); /* NULL is fine */

#endif /* NODE_SHELL_NODED_H */
