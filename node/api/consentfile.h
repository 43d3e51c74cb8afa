/*
 * consentfile.h - a consent file, as JSON, to a struct consent.
 *
 * given_at, given_by, authority (unless self), method, language, interpreter,
 * form, witness, restrictions, and scopes. Every key is known or refused: a
 * typing error must not widen or narrow what a person agreed to. A date as
 * `until` means through that day (UTC).
 *
 * Recipients are `org: ID`, or `kind:` + `country:`, which is resolved here,
 * at signing, to the active members named then; never for sensitive
 * categories.
 *
 * Pure but for jansson. The node and the command line use it.
 */
#ifndef NODE_API_CONSENTFILE_H
#define NODE_API_CONSENTFILE_H

#include "consent.h"
#include "filecheck.h"
#include "registry.h"

/**
 * consentfile_check: the form of a whole file.
 *
 * @root        borrowed; `members` is added to each recipient by kind, so that
 *              what is kept says who was meant
 * @is_refusal  scopes may be missing
 * @registry    NULL (the command line): organisations are not looked up and
 *              kinds stay unresolved
 * @ret         id, case_id and version stay zero
 *
 * false: *error says where and what, without any value.
 */
bool consentfile_check(json_t *root, bool is_refusal,
                       const struct registry *registry, struct consent *ret,
                       struct filecheck_error *error);

#endif /* NODE_API_CONSENTFILE_H */
