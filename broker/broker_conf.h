/*
 * broker_conf.h - DIR/broker.yaml as a plain struct.
 */
#ifndef BROKER_CONF_H
#define BROKER_CONF_H

#include <limits.h>
#include <stdio.h>

#include "broker.h"
#include "hf_conf.h"

struct broker_file {
    struct hf_org name;
    struct hf_org operated_by;              /* may be empty */
    char listen[REGISTRY_ENDPOINT_BYTES];   /* tcp://address:port to bind */
    char endpoint[REGISTRY_ENDPOINT_BYTES]; /* as others reach it */
    char key_file[PATH_MAX]; /* seals the keys; may be empty */
    uint64_t spool_bytes;
    int io_threads;
    struct broker_conf core;
};

/** broker_conf_load: DIR/broker.yaml, every value checked; on failure @error
 * says "path:line: what". HF_ERR_NOT_FOUND: there is none. */
HF_NODISCARD enum hf_err
broker_conf_load(const char *dir, struct broker_file *ret_file,
                 char error[static HF_CONF_ERROR_BYTES]);

/** broker_conf_write: a first DIR/broker.yaml: name, operator, listen. */
HF_NODISCARD enum hf_err broker_conf_write(const char *dir,
                                           const struct broker_file *file);

/** broker_conf_help: every key with its meaning (--help-config). */
void broker_conf_help(FILE *out);

#endif /* BROKER_CONF_H */
