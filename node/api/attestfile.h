/*
 * attestfile.h - an attestation file, as JSON, to a struct attest.
 *
 * ground, by, role, text, attempts; every key is known or refused.
 */
#ifndef NODE_API_ATTESTFILE_H
#define NODE_API_ATTESTFILE_H

#include "attest.h"
#include "filecheck.h"

/** attestfile_check: time, approver and categories stay zero. false: *error
 * says where and what, without any value. */
bool attestfile_check(json_t *root, struct attest *ret, bool *ret_attempts,
                      struct filecheck_error *error);

#endif /* NODE_API_ATTESTFILE_H */
