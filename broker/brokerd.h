/*
 * brokerd.h - the running broker: feeds events to the core, carries out its
 * effects.
 */
#ifndef BROKERD_H
#define BROKERD_H

#include <stdbool.h>

#include "broker_conf.h"

struct brokerd;

/**
 * brokerd_open: everything a broker in @dir needs, listening at the end.
 *
 * @error  on failure one line: what, where, what to do
 *
 * HF_ERR_BUSY       another process holds the directory
 * HF_ERR_NOT_FOUND  not initialised
 * HF_ERR_MALFORMED, HF_ERR_FORBIDDEN  configuration or keys
 * HF_ERR_EXISTS     the address is in use
 */
HF_NODISCARD enum hf_err brokerd_open(const char *dir,
                                      struct brokerd **ret_broker,
                                      char error[static HF_CONF_ERROR_BYTES]);
/** brokerd_run: until SIGTERM or SIGINT, or until other keys are in place that
 * the broker has to start again with: brokerd_wants_restart(). */
void brokerd_run(struct brokerd *d);
bool brokerd_wants_restart(const struct brokerd *d);
void brokerd_close(struct brokerd **d); /* *d NULL is fine */

#endif /* BROKERD_H */
