/*
 * store_key.h - where the node's store key comes from: the first of
 *
 *   $CREDENTIALS_DIRECTORY/handoff-store-key   a systemd credential: the bytes
 *                                              of a key file
 *   DIR/keys/store.key                         a key file
 *   DIR/keys/store.sealed                      under a passphrase, which is in
 *       $CREDENTIALS_DIRECTORY/handoff-passphrase, in the file that
 *       `passphrase_file` of handoff.yaml names, or asked at the terminal
 *
 * Never from the command line or another environment variable.
 */
#ifndef NODE_SHELL_STORE_KEY_H
#define NODE_SHELL_STORE_KEY_H

#include "fault.h"
#include "hf_crypto.h"

/** store_key_load: @passphrase_file "" for none. False with @fault set. May
 * ask at the terminal; takes about 0.1 s and 64 MiB with a passphrase. */
HF_NODISCARD bool store_key_load(const char *dir, const char *passphrase_file,
                                 struct hf_secret **ret, struct fault *fault);

/** store_key_renew: the same key in memory of this process; @key is freed: what
 * a fork left is not locked into memory. HF_ERR_NOMEM. */
HF_NODISCARD enum hf_err store_key_renew(struct hf_secret **key);

#endif /* NODE_SHELL_STORE_KEY_H */
