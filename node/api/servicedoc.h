/*
 * servicedoc.h - a published service document, as bytes, to struct service.
 *
 * What servicefile.h does, for those who may not know of JSON.
 */
#ifndef NODE_API_SERVICEDOC_H
#define NODE_API_SERVICEDOC_H

#include "hf_err.h"
#include "service.h"

#define SERVICEDOC_MAX 64 /* services of one document */

/**
 * servicedoc_read: @json is a list of HSDS services, or a map with one.
 *
 * @org, @at_ms  whose it is; when it was made, for services that do not say
 *               when they were assured
 * @ret          room for SERVICEDOC_MAX
 */
HF_NODISCARD bool servicedoc_read(struct hf_bytes json,
                                  const struct hf_org *org, uint64_t at_ms,
                                  struct service *ret, size_t *ret_n);

#endif /* NODE_API_SERVICEDOC_H */
