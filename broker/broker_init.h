/*
 * broker_init.h - `handoff-broker init`: keys, configuration, the request to
 * the committee; and a registry from a file.
 */
#ifndef BROKER_INIT_H
#define BROKER_INIT_H

#include "broker_conf.h"

struct broker_init {
    const char *dir;
    const char *name;        /* NULL: the broker is there already */
    const char *listen;      /* host:port; port 0 is resolved */
    const char *operated_by; /* or NULL */
    const char *registry;    /* file, or NULL */
};

/**
 * broker_init: make DIR/broker.yaml, DIR/keys/, DIR/request.yaml and append
 * the request's text to @request; or, in a directory that has one already,
 * install the registry (DIR/registry.set; a running broker is told), of which
 * @request then says version and root, for people to compare.
 *
 * @error  on failure one line: what, where, what to do
 *
 * HF_ERR_EXISTS     initialised already, and another name or address asked
 * HF_ERR_MALFORMED  a name or address; a registry that does not parse
 * HF_ERR_UNTRUSTED, HF_ERR_ROLLBACK, HF_ERR_EXPIRED  the registry
 */
HF_NODISCARD enum hf_err broker_init(const struct broker_init *how,
                                     struct hf_buf *request,
                                     char error[static HF_CONF_ERROR_BYTES]);

#endif /* BROKER_INIT_H */
