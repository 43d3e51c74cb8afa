/*
 * servicefile.h - a provider's service document, as JSON, to struct service.
 *
 * The shape is Open Referral HSDS 3: `services`, a list with id, name, status,
 * minimum_age, maximum_age, assured_date, languages, service_areas,
 * capacities, cost_options, attributes. Ours beside it: `code` (the SOP's
 * service code; or attributes' taxonomy_term.code), `accepting`,
 * `practitioners`, `only_sex`. All other fields stay in the document.
 *
 * Pure but for jansson. The node and the command line use it.
 */
#ifndef NODE_API_SERVICEFILE_H
#define NODE_API_SERVICEFILE_H

#include "filecheck.h"
#include "service.h"

#define SERVICEFILE_SERVICES_MAX 64

/** servicefile_uuid: RFC 9562 text to 16 bytes. */
HF_NODISCARD bool servicefile_uuid(const char *text, uint8_t ret_id[static 16]);

#define SERVICEFILE_UUID_BYTES 37
const char *servicefile_uuid_text(const uint8_t id[static 16],
                                  char out[static SERVICEFILE_UUID_BYTES]);

/**
 * servicefile_check: the form of a whole document.
 *
 * @root          borrowed; a service without id gets one, made of its
 *                organisation, code and name; one without assured_date, now
 * @org, @now_ms  what the document does not say: whose, and assured when
 * @ret           room for SERVICEFILE_SERVICES_MAX
 *
 * false: *error says where and what.
 */
bool servicefile_check(json_t *root, const struct hf_org *org, uint64_t now_ms,
                       struct service *ret, size_t *ret_n,
                       struct filecheck_error *error);

/** servicefile_hide: take the addresses out of what is published, where a
 * service says `confidential: true` or @is_sensitive says so of its code; it
 * says `confidential` then. After servicefile_check() gave @services. */
void servicefile_hide(json_t *root, const struct service *services, size_t n,
                      bool (*is_sensitive)(void *ctx,
                                           const struct hf_name *code),
                      void *ctx);

#endif /* NODE_API_SERVICEFILE_H */
