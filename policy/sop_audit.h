/*
 * sop_audit.h - findings about packs beside each other and beside the service
 * map; sop_pack_load() has those about one pack alone. All are warnings, with
 * the pack's name where one is meant.
 */
#ifndef POLICY_SOP_AUDIT_H
#define POLICY_SOP_AUDIT_H

#include "sop.h"

/** sop_book_check: rules that a final one of a more general pack hides, one
 * service with two data needs, ceilings of another pack, needs without any
 * rule. Appends to @f. */
void sop_book_check(const struct sop_book *book, struct sop_findings *f);

/** sop_offer_check: rules whose service nobody of @codes offers. */
void sop_offer_check(const struct sop_pack *p, const struct hf_name *codes,
                     size_t n, struct sop_findings *f);

#endif /* POLICY_SOP_AUDIT_H */
