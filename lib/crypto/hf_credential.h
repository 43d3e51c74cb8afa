/*
 * hf_credential.h - what systemd gives a service to keep (LoadCredential=,
 * LoadCredentialEncrypted=): files in $CREDENTIALS_DIRECTORY, a folder that it
 * keeps to itself and to us.
 */
#ifndef HF_CREDENTIAL_H
#define HF_CREDENTIAL_H

#include <limits.h>

#include "hf_crypto.h"

/** hf_credential: the path of the credential @name; false: there is none. */
HF_NODISCARD bool hf_credential(const char *name, char path[static PATH_MAX]);
/** hf_credential_key: a credential that holds the bytes of a key file; whose
 * it is, is systemd's. HF_ERR_MALFORMED, HF_ERR_IO, HF_ERR_NOMEM. */
HF_NODISCARD enum hf_err hf_credential_key(const char *path,
                                           enum hf_key_use use,
                                           struct hf_secret **ret);

#endif /* HF_CREDENTIAL_H */
