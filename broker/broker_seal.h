/*
 * broker_seal.h - the key under which a broker's keys lie sealed, if there is
 * one: the first of
 *
 *   $CREDENTIALS_DIRECTORY/handoff-broker-key   a systemd credential: the bytes
 *                                               of a key file
 *   the file that `key-file` of broker.yaml names
 *
 * Without either the keys lie in clear, in files of mode 0600. A broker has
 * nobody to ask for a passphrase: it comes up by itself after a power cut.
 */
#ifndef BROKER_SEAL_H
#define BROKER_SEAL_H

#include "broker_conf.h"
#include "hf_crypto.h"

/** broker_seal_key: @key_file "" for none. *ret NULL: there is no such key.
 * HF_ERR_FORBIDDEN or HF_ERR_MALFORMED, and @error set. */
HF_NODISCARD enum hf_err
broker_seal_key(const char *key_file, struct hf_secret **ret,
                char error[static HF_CONF_ERROR_BYTES]);
/** broker_seal_load: a key of the broker, sealed under @wrap (NULL: none) or in
 * clear. HF_ERR_NOT_FOUND; else HF_ERR_FORBIDDEN, and @error set. */
HF_NODISCARD enum hf_err
broker_seal_load(const char *path, enum hf_key_use use,
                 const struct hf_secret *wrap, struct hf_secret **ret,
                 char error[static HF_CONF_ERROR_BYTES]);
/** broker_seal_files: what of @dir's keys lies in clear is sealed under @wrap;
 * nothing is, unless all that are there can be opened. */
HF_NODISCARD enum hf_err
broker_seal_files(const char *dir, const struct hf_secret *wrap,
                  char error[static HF_CONF_ERROR_BYTES]);
/** broker_seal: the command: all keys of a broker that does not run, under the
 * key of @file, which is made if it is not there. */
HF_NODISCARD enum hf_err broker_seal(const char *dir, const char *file,
                                     char error[static HF_CONF_ERROR_BYTES]);

#endif /* BROKER_SEAL_H */
